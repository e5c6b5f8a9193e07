//! Recipients and identities of either kind, and the text files that list them.
//!
//! A key file has the form of age's: a key on each line, blank lines, and comments after `#`.

use std::fmt;
use std::str::FromStr;

use crate::hybrid::{self, HybridIdentity, HybridRecipient};
use crate::key_text::ParseKeyError;
use crate::x25519::{X25519Identity, X25519Recipient};

/// Who can open a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// `age1pq1…`
    Hybrid(HybridRecipient),
    /// `age1…`
    X25519(X25519Recipient),
}

impl FromStr for Recipient {
    type Err = ParseKeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if hybrid::RECIPIENT.matches(text) {
            text.parse().map(Self::Hybrid)
        } else {
            text.parse().map(Self::X25519)
        }
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hybrid(recipient) => recipient.fmt(f),
            Self::X25519(recipient) => fmt::Display::fmt(recipient, f),
        }
    }
}

impl From<HybridRecipient> for Recipient {
    fn from(recipient: HybridRecipient) -> Self {
        Self::Hybrid(recipient)
    }
}

impl From<X25519Recipient> for Recipient {
    fn from(recipient: X25519Recipient) -> Self {
        Self::X25519(recipient)
    }
}

/// Who opens a file.
#[derive(Debug)]
pub enum Identity {
    /// `AGE-SECRET-KEY-PQ-1…`
    Hybrid(HybridIdentity),
    /// `AGE-SECRET-KEY-1…`
    X25519(X25519Identity),
}

impl Identity {
    /// Reads an identity of either kind.
    ///
    /// # Errors
    ///
    /// [`ParseKeyError`] for any other text.
    pub fn parse(text: &str) -> Result<Self, ParseKeyError> {
        if hybrid::IDENTITY.matches(text) {
            HybridIdentity::parse(text).map(Self::Hybrid)
        } else {
            X25519Identity::parse(text).map(Self::X25519)
        }
    }

    /// The public half.
    #[must_use]
    pub fn recipient(&self) -> Recipient {
        match self {
            Self::Hybrid(identity) => identity.recipient().clone().into(),
            Self::X25519(identity) => identity.recipient().into(),
        }
    }
}

impl From<HybridIdentity> for Identity {
    fn from(identity: HybridIdentity) -> Self {
        Self::Hybrid(identity)
    }
}

impl From<X25519Identity> for Identity {
    fn from(identity: X25519Identity) -> Self {
        Self::X25519(identity)
    }
}

/// Why a file can't be encrypted to these recipients.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecipientsError {
    /// There is none.
    #[error("at least one recipient is needed")]
    None,
    /// Some are hybrid and some X25519.
    #[error("hybrid recipients (age1pq1) and X25519 recipients (age1) cannot be mixed in one file")]
    Mixed,
}

/// At least one recipient, all hybrid or all X25519.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipients(Vec<Recipient>);

impl Recipients {
    /// One recipient alone.
    #[must_use]
    pub fn of_one(recipient: Recipient) -> Self {
        Self(vec![recipient])
    }

    /// These recipients.
    ///
    /// # Errors
    ///
    /// [`RecipientsError`] for none or a mixture.
    pub fn new(recipients: Vec<Recipient>) -> Result<Self, RecipientsError> {
        let hybrid = recipients.iter().filter(|one| matches!(one, Recipient::Hybrid(_))).count();
        match hybrid {
            _ if recipients.is_empty() => Err(RecipientsError::None),
            0 => Ok(Self(recipients)),
            count if count == recipients.len() => Ok(Self(recipients)),
            _ => Err(RecipientsError::Mixed),
        }
    }

    /// The recipients.
    #[must_use]
    pub fn as_slice(&self) -> &[Recipient] {
        &self.0
    }
}

/// A line of a key file that is no key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is not a key")]
pub struct KeyFileError {
    /// Which line, from 1.
    pub line: usize,
    /// What is wrong with it.
    #[source]
    pub source: ParseKeyError,
}

/// The identities in a key file's text; perhaps none.
///
/// # Errors
///
/// [`KeyFileError`] for the first line that is neither an identity nor blank nor a comment.
pub fn parse_identities(text: &str) -> Result<Vec<Identity>, KeyFileError> {
    parse_lines(text, Identity::parse)
}

/// The recipients in a key file's text; perhaps none.
///
/// # Errors
///
/// [`KeyFileError`] for the first line that is neither a recipient nor blank nor a comment.
pub fn parse_recipients(text: &str) -> Result<Vec<Recipient>, KeyFileError> {
    parse_lines(text, str::parse)
}

fn parse_lines<T>(
    text: &str,
    parse: fn(&str) -> Result<T, ParseKeyError>,
) -> Result<Vec<T>, KeyFileError> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(line, key)| parse(key).map_err(|source| KeyFileError { line, source }))
        .collect()
}
