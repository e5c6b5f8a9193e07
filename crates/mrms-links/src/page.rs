//! The page with which a link's host opens its links in any browser, and how a program finds out that a host has one.

use zeroize::Zeroizing;

/// Where a host serves it, below the address that its links name.
pub const PATH: &str = "/view";
/// What its text has in it, so that it is not taken for another page at the same address.
pub const MARK: &str = r#"name="application-name" content="mrms-link-view""#;

/// A link's text behind the address of a page.
#[must_use]
pub fn behind(page: &str, text: &str) -> Zeroizing<String> {
    Zeroizing::new(format!("{}#{text}", page.trim_end_matches('#')))
}
