//! How a link is given away: its plain text, which programs for health links read, and the same behind the address of a page,
//! which any browser opens.
//!
//! Source: SMART Health Links, "Construct a SMART Health Link Payload": the text may be prefixed with a viewer's URL that ends
//! with `#`, and whoever reads links takes what follows it.

use std::fmt;

use zeroize::Zeroizing;

use crate::profile::links::KeptLink;

/// The texts of a link.
pub struct GivenLink {
    plain: Zeroizing<String>,
    page: Option<Zeroizing<String>>,
}

impl GivenLink {
    /// `shlink:/…`, for programs.
    #[must_use]
    pub fn plain(&self) -> &str {
        &self.plain
    }

    /// `https://…#shlink:/…`, for people; `None` where no page is known that opens it.
    #[must_use]
    pub fn page(&self) -> Option<&str> {
        self.page.as_ref().map(|page| page.as_str())
    }

    /// Whether the page opens on this machine alone: an address without encryption is allowed nowhere else.
    #[must_use]
    pub fn is_near(&self) -> bool {
        self.page().is_some_and(|page| page.starts_with("http://"))
    }

    /// What a code has and a sheet says: a telephone's camera opens no bare `shlink:/`, and programs read both.
    #[must_use]
    pub fn for_anybody(&self) -> &str {
        self.page().unwrap_or(&self.plain)
    }
}

impl fmt::Debug for GivenLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GivenLink").field("has_page", &self.page.is_some()).finish_non_exhaustive()
    }
}

impl KeptLink {
    /// The texts to give away, with the page at this address.
    ///
    /// # Errors
    ///
    /// [`mrms_links::LinkError`], also for a link that was destroyed.
    pub fn given(&self, page: Option<&str>) -> Result<GivenLink, mrms_links::LinkError> {
        let plain = self.shlink()?.to_text()?;
        let page = page.map(|page| mrms_links::page::behind(page, &plain));
        Ok(GivenLink { plain, page })
    }
}
