//! Opens a SMART Health Link of somebody else: asks its host, and decrypts what it gives.
//!
//! The host and the files are somebody else's: everything is bounded, and nothing is run or followed. The host learns this
//! machine's address, and who is said to ask. [`given`] finds the link in what somebody has, and [`claim`] says whether a file is
//! what it says that it is. Source: SMART Health Cards and Links IG 1.0.0.

pub mod claim;
pub mod given;

use std::time::Duration;

use mrms_core::UnixTime;
use mrms_links::Shlink;
use mrms_links::jwe::{self, JweError, Opened};
use mrms_links::manifest::{Manifest, ManifestRequest, WrongPasscode};
use mrms_stacks::client::{Answer, ClientError, ClientSettings, PlainHttp, Repeat, Transport};

/// How long a request may take.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The most files that are opened of one link.
const MOST_FILES: usize = 50;
/// Files up to so many bytes are wanted in the manifest itself.
const EMBEDDED: u64 = 4 * 1024 * 1024;

/// Why a link was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ForeignLinkError {
    /// It says itself that it has ended.
    #[error("the link has ended")]
    Ended,
    /// It wants a passcode, and none was given.
    #[error("the link wants a passcode")]
    NoPasscode,
    /// The passcode is wrong.
    #[error("the passcode is wrong; the link stands {} more wrong ones", remaining.map_or_else(|| "a few".to_owned(), |left| left.to_string()))]
    WrongPasscode {
        /// How many, if its host says it.
        remaining: Option<u32>,
    },
    /// Its host does not have it, or no longer.
    #[error("the link's host does not have it: it has ended, was used up, or was never there")]
    NotThere,
    /// Its host is asked too much.
    #[error("the link's host is asked too often")]
    TooMuch,
    /// Its host can't be reached, or answers something else.
    #[error("the link's host cannot be asked")]
    Host(#[source] ClientError),
    /// It names more files than are opened.
    #[error("the link names {count} files, and at most {MOST_FILES} are opened")]
    TooMany {
        /// How many.
        count: usize,
    },
    /// A host that is asked over HTTPS names a file elsewhere: on this machine, say, where it could make requests.
    #[error("the link's host names an address without HTTPS")]
    Unencrypted,
    /// A file can't be opened.
    #[error("file {file} of the link can't be opened")]
    File {
        /// Which, from 1.
        file: usize,
        /// Why.
        #[source]
        source: JweError,
    },
}

/// Who asks, and how.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// Who asks: the host and its patient read it.
    pub recipient: &'a str,
    /// The passcode.
    pub passcode: Option<&'a str>,
    /// Where unencrypted HTTP may be spoken.
    pub plain_http: PlainHttp,
}

/// Asks for the files of a link, and opens all of them.
///
/// # Errors
///
/// [`ForeignLinkError`]; then nothing is given.
pub fn open(
    link: &Shlink,
    asking: Asking<'_>,
    now: UnixTime,
) -> Result<Vec<Opened>, ForeignLinkError> {
    if link.expires.is_some_and(|expires| expires <= now.seconds()) {
        return Err(ForeignLinkError::Ended);
    }
    if link.flags.passcode && asking.passcode.is_none() {
        return Err(ForeignLinkError::NoPasscode);
    }
    let mut sealed = Vec::new();
    if link.flags.single_file {
        let query = if link.url.contains('?') { '&' } else { '?' };
        let url = format!("{}{query}recipient={}", link.url, encoded(asking.recipient));
        sealed.push(fetched(&url, asking.plain_http)?);
    } else {
        let manifest = manifest(link, asking)?;
        if manifest.files.len() > MOST_FILES {
            return Err(ForeignLinkError::TooMany { count: manifest.files.len() });
        }
        for file in manifest.files {
            sealed.push(match (file.embedded, file.location) {
                (Some(embedded), _) => embedded,
                (None, Some(location)) => {
                    must_stay_encrypted(&link.url, &location)?;
                    fetched(&location, asking.plain_http)?
                }
                (None, None) => String::new(),
            });
        }
    }
    let open = |(place, sealed): (usize, &String)| {
        jwe::open(&link.key, sealed)
            .map_err(|source| ForeignLinkError::File { file: place + 1, source })
    };
    sealed.iter().enumerate().map(open).collect()
}

fn manifest(link: &Shlink, asking: Asking<'_>) -> Result<Manifest, ForeignLinkError> {
    let request = ManifestRequest {
        recipient: asking.recipient.to_owned(),
        passcode: asking.passcode.map(ToOwned::to_owned),
        embedded_length_max: Some(EMBEDDED),
    };
    let (base, query) = split(&link.url);
    let transport =
        Transport::new(base, settings(asking.plain_http)).map_err(ForeignLinkError::Host)?;
    // A request may count as a use, so it is not repeated.
    let answer = transport.post_json(query, &request, Repeat::Never);
    let answer = must_be_given(answer.map_err(ForeignLinkError::Host)?)?;
    answer.json().map_err(ForeignLinkError::Host)
}

fn fetched(url: &str, plain_http: PlainHttp) -> Result<String, ForeignLinkError> {
    let (base, query) = split(url);
    let transport = Transport::new(base, settings(plain_http)).map_err(ForeignLinkError::Host)?;
    let answer = must_be_given(transport.get(query).map_err(ForeignLinkError::Host)?)?;
    String::from_utf8(answer.body.clone())
        .map_err(|_| ForeignLinkError::Host(answer.wrong("it is no encrypted file")))
}

fn must_stay_encrypted(link: &str, location: &str) -> Result<(), ForeignLinkError> {
    let is_https =
        |url: &str| url.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://"));
    match is_https(link) && !is_https(location) {
        true => Err(ForeignLinkError::Unencrypted),
        false => Ok(()),
    }
}

/// An address and its query.
fn split(url: &str) -> (&str, &str) {
    url.split_at(url.find('?').unwrap_or(url.len()))
}

fn settings(plain_http: PlainHttp) -> ClientSettings {
    ClientSettings { plain_http, timeout: TIMEOUT, attempts: 1, ..ClientSettings::default() }
}

fn must_be_given(answer: Answer) -> Result<Answer, ForeignLinkError> {
    match answer.status {
        200..300 => Ok(answer),
        401 => {
            let said: Result<WrongPasscode, _> = serde_json::from_slice(&answer.body);
            let remaining = said.ok().map(|said| said.remaining_attempts);
            Err(ForeignLinkError::WrongPasscode { remaining })
        }
        404 | 410 => Err(ForeignLinkError::NotThere),
        429 => Err(ForeignLinkError::TooMuch),
        _ => Err(ForeignLinkError::Host(answer.unexpected())),
    }
}

/// A text as it stands in a query (RFC 3986, section 2.3).
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_behind_https_names_no_address_without_it() {
        for (link, location, is_taken) in [
            ("https://a.example/x", "https://b.example/y", true),
            ("https://a.example/x", "HTTPS://b.example/y", true),
            ("https://a.example/x", "http://127.0.0.1:20443/v2/info", false),
            ("https://a.example/x", "", false),
            ("http://127.0.0.1:1/x", "http://127.0.0.1:1/x/y", true),
        ] {
            assert_eq!(must_stay_encrypted(link, location).is_ok(), is_taken, "{location}");
        }
    }

    #[test]
    fn recipient_stands_in_a_query_as_it_is() {
        assert_eq!(encoded("Dr Käthe & Co/ä?"), "Dr%20K%C3%A4the%20%26%20Co%2F%C3%A4%3F");
        assert_eq!(split("https://a.example/x?y=z"), ("https://a.example/x", "?y=z"));
        assert_eq!(split("https://a.example/x"), ("https://a.example/x", ""));
    }
}
