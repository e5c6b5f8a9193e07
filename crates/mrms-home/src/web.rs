//! Gets a document that somebody shows on a web server. It is not checked yet, so that nothing but its length counts here.

use std::time::Duration;

use mrms_people::document::{self, DocumentError};
use mrms_stacks::client::{ClientError, ClientSettings, PlainHttp, Transport};

/// How long a request may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The longest file that is looked at, in bytes: the longest document as text, and white space.
const MOST_BYTES: usize = 3 * document::MOST_BYTES;

/// Why there is no document at an address.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WebError {
    /// It can't be reached, or answers something else.
    #[error("{url} cannot be read")]
    Away {
        /// The address.
        url: String,
        /// What happened.
        #[source]
        source: ClientError,
    },
    /// What is there is longer than any document.
    #[error("what {url} shows is longer than any document")]
    TooLong {
        /// The address.
        url: String,
    },
    /// What is there is no document.
    #[error(transparent)]
    Document(#[from] DocumentError),
}

/// Whether a text is meant as an address.
#[must_use]
pub fn is_address(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// The bytes of the document at an address, from a file with its bytes or its text.
///
/// # Errors
///
/// [`WebError`].
pub fn document_at(url: &str, plain_http: PlainHttp) -> Result<Vec<u8>, WebError> {
    let settings =
        ClientSettings { plain_http, timeout: TIMEOUT, attempts: 2, ..ClientSettings::default() };
    let away = |source| WebError::Away { url: url.to_owned(), source };
    let answer =
        Transport::new(url, settings).and_then(|transport| transport.get("")).map_err(away)?;
    if !answer.is_success() {
        return Err(away(answer.unexpected()));
    }
    if answer.body.len() > MOST_BYTES {
        return Err(WebError::TooLong { url: url.to_owned() });
    }
    Ok(document::bytes_of_file(&answer.body)?)
}
