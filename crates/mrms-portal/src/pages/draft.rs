//! What somebody types into a form, kept for the case that the profile locks before it is sent.
//!
//! The browser gets the text back sealed under the profile's own key, and keeps it for its tab. Nothing of it is kept here, and
//! nobody reads it while the profile is locked: the key comes back with the passphrase, which opens the form again. Each text is
//! bound to the page that it was typed into.

use axum::Form;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use mrms_crypto::{Keyring, Words, own_notes};
use mrms_home::clock::rng;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::error::{PortalError, refused};
use crate::pages::view::View;
use crate::work::blocking;

/// The longest text that is sealed, in bytes.
const MOST: usize = 256 * 1024;

#[derive(Deserialize)]
pub(crate) struct Typed {
    token: String,
    page: String,
    text: Zeroizing<String>,
}

#[derive(Deserialize)]
pub(crate) struct Kept {
    token: String,
    page: String,
    sealed: String,
}

/// The name under which what is typed into a page is sealed.
fn name(page: &str) -> String {
    format!("typed into {page}")
}

fn sealed(phrase: &str, page: &str, text: &str) -> Result<String, PortalError> {
    let words = Words::parse(phrase).map_err(refused)?;
    let root = Keyring::from_words(&words).record_root().map_err(refused)?;
    let sealed = own_notes::seal(&root, &name(page), text.as_bytes(), &mut rng());
    Ok(URL_SAFE_NO_PAD.encode(sealed))
}

/// `None` for what this profile did not seal for this page.
fn opened(
    phrase: &str,
    page: &str,
    sealed: &str,
) -> Result<Option<Zeroizing<Vec<u8>>>, PortalError> {
    let words = Words::parse(phrase).map_err(refused)?;
    let root = Keyring::from_words(&words).record_root().map_err(refused)?;
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(sealed) else { return Ok(None) };
    Ok(own_notes::open(&root, &name(page), &bytes).ok())
}

/// `POST /draft`: seals what is typed. Whoever types is there.
pub(crate) async fn seal(view: View, Form(form): Form<Typed>) -> Result<String, PortalError> {
    view.must_have(&form.token)?;
    if form.text.len() > MOST {
        return Err(PortalError::TooLarge);
    }
    let phrase = view.person.phrase.clone();
    blocking(move || sealed(&phrase, &form.page, &form.text)).await
}

/// `POST /draft/open`: gives back what was typed before the profile locked.
pub(crate) async fn open(view: View, Form(form): Form<Kept>) -> Result<Response, PortalError> {
    view.must_have(&form.token)?;
    let phrase = view.person.phrase.clone();
    let found = blocking(move || opened(&phrase, &form.page, &form.sealed)).await?;
    Ok(match found.as_deref().map(|bytes| String::from_utf8_lossy(bytes).into_owned()) {
        Some(text) => text.into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_opened_by_its_own_profile_for_its_own_page_alone() {
        let phrase = || Words::generate(&mut rng()).to_phrase();
        let own = phrase();
        let text = sealed(&own, "/share", "for my sister").unwrap();
        assert!(!text.contains("sister"));
        let open = |phrase: &str, page: &str, text: &str| opened(phrase, page, text).unwrap();
        assert_eq!(open(&own, "/share", &text).unwrap().as_slice(), b"for my sister");
        assert!(open(&own, "/send", &text).is_none());
        assert!(open(&phrase(), "/share", &text).is_none());
        for other in ["", "AAAA", "!", &text[1..]] {
            assert!(open(&own, "/share", other).is_none());
        }
    }
}
