//! Gets an invitation from the address where a node or a vault shows it.

use std::time::Duration;

use mrms_people::{Invitation, ServiceUrl, SignedDocument};
use mrms_stacks::client::{ClientSettings, PlainHttp, Transport};

use super::error::JoinError;
use super::published::PATH;

/// The longest answer that is looked at, in bytes: the text of the longest invitation, and white space.
const LONGEST: usize = 32 * 1024;

/// How patient whoever asks is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchPolicy {
    /// A person waits for it.
    Asked,
    /// It is looked at beside other work.
    Beside,
}

/// The invitation that is shown at an address, with its signature checked.
///
/// # Errors
///
/// [`JoinError::NotPublished`], [`JoinError::Document`], [`JoinError::PlainHttp`].
pub fn fetch(
    url: &ServiceUrl,
    plain_http: PlainHttp,
    policy: FetchPolicy,
) -> Result<SignedDocument<Invitation>, JoinError> {
    if url.is_open_to_all() && plain_http != PlainHttp::Anywhere {
        return Err(JoinError::PlainHttp { url: url.clone() });
    }
    let (timeout, attempts) = match policy {
        FetchPolicy::Asked => (Duration::from_secs(15), 2),
        FetchPolicy::Beside => (Duration::from_secs(3), 1),
    };
    let settings = ClientSettings { plain_http, timeout, attempts, ..ClientSettings::default() };
    let away = |reason: String| JoinError::NotPublished { url: url.clone(), reason };
    let transport =
        Transport::new(url.as_str(), settings).map_err(|error| away(error.to_string()))?;
    let answer = transport.get(PATH).map_err(|error| away(error.to_string()))?;
    if answer.status == 404 {
        return Err(away("its operator has published none".to_owned()));
    }
    if !answer.is_success() {
        return Err(away(answer.unexpected().to_string()));
    }
    let text = std::str::from_utf8(&answer.body).ok().filter(|text| text.len() <= LONGEST);
    let text = text.ok_or_else(|| away("what it shows is no text, or too long".to_owned()))?;
    Ok(SignedDocument::from_text(text)?)
}
