//! [`Shlink`]: the text that a person gives away, and that a viewer reads.
//!
//! Source: SMART Health Links, "SMART Health Links payload". Whatever was written by somebody else is bounded here; it is
//! shown through `mrms_core::visible` by whoever shows it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// What a link begins with.
const SCHEME: &str = "shlink:/";
/// The longest address in a link that is made here, in characters.
pub const MOST_URL: usize = 128;
/// The longest label in a link that is made here, in characters.
pub const MOST_LABEL: usize = 80;
/// The longest link of somebody else that is read, in bytes.
const MOST_TEXT: usize = 16 * 1024;
/// The longest address of somebody else's link, in bytes. Some hosts write more than the 128 characters that they may.
const MOST_FOREIGN_URL: usize = 2_048;

/// The key under which a link's files are sealed. It is in the link and nowhere else.
#[derive(PartialEq, Eq)]
pub struct LinkKey(Zeroizing<[u8; 32]>);

impl LinkKey {
    /// A fresh key.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill_bytes(bytes.as_mut_slice());
        Self(bytes)
    }

    /// The key that a text of 43 characters stands for.
    ///
    /// # Errors
    ///
    /// [`LinkError::Key`].
    pub fn parse(text: &str) -> Result<Self, LinkError> {
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).map_err(|_| LinkError::Key)?);
        let bytes: [u8; 32] = bytes.as_slice().try_into().map_err(|_| LinkError::Key)?;
        Ok(Self(Zeroizing::new(bytes)))
    }

    /// The key as a text of 43 characters: whoever reads it can open the files.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(URL_SAFE_NO_PAD.encode(self.0.as_slice()))
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkKey(..)")
    }
}

/// What a viewer must know of a link before it asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flags {
    /// `L`: what it gives may change, and it may be asked again.
    pub long_term: bool,
    /// `P`: it wants a passcode.
    pub passcode: bool,
    /// `U`: the address gives the one file itself, without a manifest. Never with `P`.
    pub single_file: bool,
}

impl Flags {
    /// The letters, in the order of the alphabet.
    #[must_use]
    pub fn letters(self) -> String {
        let letters = [(self.long_term, 'L'), (self.passcode, 'P'), (self.single_file, 'U')];
        letters.iter().filter(|(is_set, _)| *is_set).map(|(_, letter)| *letter).collect()
    }

    fn parse(text: &str) -> Result<Self, LinkError> {
        let has = |letter: char| text.contains(letter);
        let flags = Self { long_term: has('L'), passcode: has('P'), single_file: has('U') };
        match flags.passcode && flags.single_file {
            true => Err(LinkError::Flags),
            // Letters of later versions of the standard say nothing that is needed here.
            false => Ok(flags),
        }
    }
}

/// Why a text is no link, or a link can't be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// There is no `shlink:/` in it.
    #[error("the text has no shlink:/ in it")]
    NoLink,
    /// What follows `shlink:/` can't be read.
    #[error("the link is damaged: what follows shlink:/ cannot be read")]
    Damaged,
    /// Its address can't be used.
    #[error(
        "the link's address is not one that can be asked: it begins with https:// and has {most} characters at most"
    )]
    Url {
        /// The most characters.
        most: usize,
    },
    /// The key has not 32 bytes.
    #[error("the link's key is damaged")]
    Key,
    /// It says that it wants a passcode and gives a file without a manifest, which excludes each other.
    #[error("the link's flags P and U exclude each other")]
    Flags,
    /// The label is too long.
    #[error("a link's label has {MOST_LABEL} characters at most")]
    Label,
    /// It is of a later version of the standard.
    #[error("the link is of version {version} of the standard, and this program reads version 1")]
    Version {
        /// Which.
        version: u64,
    },
}

/// A SMART Health Link. Whoever has its text can ask its host, and open the files.
#[derive(Debug, PartialEq, Eq)]
pub struct Shlink {
    /// Where its files are asked for.
    pub url: String,
    /// The key of its files.
    pub key: LinkKey,
    /// When it ends, in seconds of Unix time; it may end before.
    pub expires: Option<u64>,
    /// What a viewer must know.
    pub flags: Flags,
    /// What its maker calls it.
    pub label: Option<String>,
}

/// The payload as it is written: the fields in this order.
#[derive(Serialize, Deserialize)]
struct Payload {
    url: String,
    key: Zeroizing<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exp: Option<serde_json::Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    flag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    v: Option<u64>,
}

impl Shlink {
    /// The link as a text that begins with `shlink:/`.
    ///
    /// # Errors
    ///
    /// [`LinkError::Url`], [`LinkError::Label`], [`LinkError::Flags`].
    pub fn to_text(&self) -> Result<Zeroizing<String>, LinkError> {
        if !is_address(&self.url) || self.url.chars().count() > MOST_URL {
            return Err(LinkError::Url { most: MOST_URL });
        }
        if self.label.as_ref().is_some_and(|label| label.chars().count() > MOST_LABEL) {
            return Err(LinkError::Label);
        }
        if self.flags.passcode && self.flags.single_file {
            return Err(LinkError::Flags);
        }
        let flag = self.flags.letters();
        let payload = Payload {
            url: self.url.clone(),
            key: self.key.expose(),
            exp: self.expires.map(Into::into),
            flag: Some(flag).filter(|flag| !flag.is_empty()),
            label: self.label.clone(),
            v: Some(1),
        };
        // Plain fields: nothing here can fail to serialize.
        let json = Zeroizing::new(serde_json::to_vec(&payload).map_err(|_| LinkError::Damaged)?);
        Ok(Zeroizing::new(format!("{SCHEME}{}", URL_SAFE_NO_PAD.encode(json.as_slice()))))
    }

    /// Reads a link: the text itself, or the address of a viewer with the link behind its `#`.
    ///
    /// # Errors
    ///
    /// [`LinkError`].
    pub fn parse(text: &str) -> Result<Self, LinkError> {
        let text = text.trim();
        if text.len() > MOST_TEXT {
            return Err(LinkError::Damaged);
        }
        let (_, payload) = text.split_once(SCHEME).ok_or(LinkError::NoLink)?;
        let payload = payload.trim_end_matches('=');
        let json = URL_SAFE_NO_PAD.decode(payload).map_err(|_| LinkError::Damaged)?;
        let json = Zeroizing::new(json);
        let payload: Payload = serde_json::from_slice(&json).map_err(|_| LinkError::Damaged)?;
        if let Some(version) = payload.v.filter(|version| *version != 1) {
            return Err(LinkError::Version { version });
        }
        if !is_address(&payload.url) || payload.url.len() > MOST_FOREIGN_URL {
            return Err(LinkError::Url { most: MOST_URL });
        }
        let seconds = |number: &serde_json::Number| {
            // Some write a fraction.
            number.as_u64().or_else(|| {
                number.as_f64().filter(|time| (0.0..1e12).contains(time)).map(|time| time as u64)
            })
        };
        let expires = match &payload.exp {
            None => None,
            Some(number) => Some(seconds(number).ok_or(LinkError::Damaged)?),
        };
        Ok(Self {
            key: LinkKey::parse(&payload.key)?,
            url: payload.url,
            expires,
            flags: Flags::parse(payload.flag.as_deref().unwrap_or_default())?,
            label: payload.label.map(|label| label.chars().take(4 * MOST_LABEL).collect()),
        })
    }

    /// Whether a text has a link in it.
    #[must_use]
    pub fn is_in(text: &str) -> bool {
        text.contains(SCHEME)
    }
}

/// Whether an address can be asked. Unencrypted ones are refused by the client, unless they lead to this machine.
fn is_address(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty())
        && url.bytes().all(|byte| {
            byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'#')
        })
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    fn link() -> Shlink {
        Shlink {
            url: format!("https://links.example.org/l/{}", "x".repeat(43)),
            key: LinkKey::generate(&mut StdRng::seed_from_u64(1)),
            expires: Some(1_800_000_000),
            flags: Flags { long_term: true, passcode: true, single_file: false },
            label: Some("Blood test".to_owned()),
        }
    }

    #[test]
    fn link_is_read_as_it_was_made_also_behind_a_viewers_address() {
        let text = link().to_text().unwrap();
        assert!(text.starts_with("shlink:/eyJ1cmwiOiJodHRwczovL"), "{}", *text);
        assert_eq!(Shlink::parse(&text).unwrap(), link());
        let viewer = format!(" https://viewer.example.org/open?x=1#{}\n", *text);
        assert_eq!(Shlink::parse(&viewer).unwrap(), link());
    }

    #[test]
    fn the_standards_own_example_is_read() {
        // SMART Health Links, "Example SMART Health Link Generation", its payload written anew.
        let payload = r#"{"url":"https://ehr.example.org/qr/Y9xwkUdtmN9wwoJoN3ffJIhX2UGvCL1JnlPVNL3kDWM/m","flag":"LP","key":"rxTgYlOaKJPFtcEd0qcceN8wEU4p94SqAwIWQe6uX7Q","label":"Back-to-school immunizations for Oliver Brown"}"#;
        let text = format!("shlink:/{}", URL_SAFE_NO_PAD.encode(payload));
        let link = Shlink::parse(&text).unwrap();
        assert_eq!(link.flags.letters(), "LP");
        assert_eq!(&*link.key.expose(), "rxTgYlOaKJPFtcEd0qcceN8wEU4p94SqAwIWQe6uX7Q");
        assert_eq!(link.expires, None);
    }

    #[test]
    fn what_is_no_link_is_refused_with_its_reason() {
        let of =
            |payload: &str| Shlink::parse(&format!("shlink:/{}", URL_SAFE_NO_PAD.encode(payload)));
        let key = "A".repeat(43);
        assert_eq!(Shlink::parse("https://example.org"), Err(LinkError::NoLink));
        assert_eq!(Shlink::parse("shlink:/!!"), Err(LinkError::Damaged));
        assert_eq!(of("{}"), Err(LinkError::Damaged));
        let short = r#"{"url":"https://a.example","key":"AAAA"}"#;
        assert_eq!(of(short), Err(LinkError::Key));
        for url in [
            "ftp://a.example/x",
            "https://",
            "https://a b",
            "javascript:alert(1)",
            "https://a\\u0007",
        ] {
            let of_it = of(&format!(r#"{{"url":"{url}","key":"{key}"}}"#));
            assert_eq!(of_it, Err(LinkError::Url { most: MOST_URL }), "{url}");
        }
        assert_eq!(
            of(&format!(r#"{{"url":"https://a.example","key":"{key}","flag":"PU"}}"#)),
            Err(LinkError::Flags)
        );
        assert_eq!(
            of(&format!(r#"{{"url":"https://a.example","key":"{key}","v":2}}"#)),
            Err(LinkError::Version { version: 2 })
        );
    }

    #[test]
    fn what_no_viewer_would_take_is_not_made() {
        let long_url = Shlink { url: format!("https://a.example/{}", "x".repeat(120)), ..link() };
        assert_eq!(long_url.to_text().unwrap_err(), LinkError::Url { most: MOST_URL });
        let long_label = Shlink { label: Some("x".repeat(81)), ..link() };
        assert_eq!(long_label.to_text().unwrap_err(), LinkError::Label);
        let flags = Flags { single_file: true, ..link().flags };
        assert_eq!(Shlink { flags, ..link() }.to_text().unwrap_err(), LinkError::Flags);
    }

    #[test]
    fn key_shows_itself_nowhere() {
        let link = link();
        assert!(!format!("{link:?}").contains(link.key.expose().as_str()));
    }
}
