//! The header of an age file: its grammar and its MAC (C2SP age, "Header").
//!
//! Strict: each header has one encoding, with LF line ends and canonical base64. [`super::stanza`]
//! knows what stanzas mean.

use std::io::{BufRead, Read};

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;

use super::DecryptError;
use super::stanza::Sealed;
use crate::kdf;
use crate::secret::FileKey;

const VERSION: &str = "age-encryption.org/v1";
const VERSION_PREFIX: &[u8] = b"age-encryption.org/";
const STANZA_PREFIX: &str = "-> ";
const MAC_PREFIX: &str = "---";
/// Characters of a full line of a stanza's body.
const COLUMNS: usize = 64;
/// Longest header that is read, in bytes: some 600 hybrid recipients.
const MOST_BYTES: u64 = 1024 * 1024;

/// What is wrong with an age file's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderFault {
    /// The file ends inside the header, or the header is longer than 1 MiB.
    #[error("it has no end")]
    NoEnd,
    /// No payload follows the header.
    #[error("no payload follows it")]
    NoPayload,
    /// A line that is neither a stanza nor the end, or a stanza without a proper first line.
    #[error("a line is not a stanza's")]
    Stanza,
    /// The body of a stanza is not canonical base64 in lines of 64 columns.
    #[error("a stanza's body is not in order")]
    Body,
    /// The last line is not a MAC.
    #[error("its last line is not in order")]
    Mac,
    /// A stanza of a known kind has the wrong arguments or a body of the wrong length.
    #[error("a stanza of a known kind is not in order")]
    Arguments,
    /// A key share gives the same secret to everyone.
    #[error("a stanza's key share is not a valid one")]
    LowOrder,
    /// A passphrase stanza beside another: anybody could have added one.
    #[error("a passphrase stanza is not alone")]
    PassphraseNotAlone,
    /// A passphrase stanza asks for more work than this software is willing to do.
    #[error("its work factor is above 22")]
    WorkFactor,
}

/// A stanza as it is written: its arguments, of which the first is the kind, and a body.
#[derive(Debug)]
pub(super) struct Stanza {
    pub(super) arguments: Vec<String>,
    pub(super) body: Vec<u8>,
}

/// A header that follows the grammar.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) stanzas: Vec<Stanza>,
    /// What the MAC covers: the header up to and including `---`.
    authenticated: Vec<u8>,
    mac: Vec<u8>,
}

impl Header {
    /// Reads a header, and no byte after it.
    pub(super) fn read(input: &mut dyn BufRead) -> Result<Self, DecryptError> {
        let mut lines = Lines { input: input.take(MOST_BYTES), bytes: Vec::new() };
        match lines.next() {
            Ok(VERSION) => {}
            Err(DecryptError::Header { .. }) | Ok(_) => {
                let known = lines.bytes.starts_with(VERSION_PREFIX);
                let whole = lines.bytes.ends_with(b"\n") && !lines.bytes.ends_with(b"\r\n");
                return Err(match known {
                    true if whole => DecryptError::UnsupportedVersion,
                    true => HeaderFault::NoEnd.into(),
                    false => DecryptError::NotAgeFile,
                });
            }
            Err(error) => return Err(error),
        }
        let mut stanzas = Vec::new();
        loop {
            let before = lines.bytes.len();
            let line = lines.next()?;
            if let Some(arguments) = line.strip_prefix(STANZA_PREFIX) {
                let arguments = arguments.split(' ').map(str::to_owned).collect::<Vec<_>>();
                if arguments.iter().any(|argument| !is_argument(argument)) {
                    return Err(HeaderFault::Stanza.into());
                }
                stanzas.push(Stanza { arguments, body: lines.body()? });
            } else if let Some(mac) = line.strip_prefix(MAC_PREFIX) {
                let mac = mac.strip_prefix(' ').and_then(|mac| BASE64.decode(mac).ok());
                let mac = mac.filter(|mac| mac.len() == 32).ok_or(HeaderFault::Mac)?;
                if stanzas.is_empty() {
                    return Err(HeaderFault::Stanza.into());
                }
                let mut authenticated = lines.bytes;
                authenticated.truncate(before + MAC_PREFIX.len());
                return Ok(Self { stanzas, authenticated, mac });
            } else {
                return Err(HeaderFault::Stanza.into());
            }
        }
    }

    /// Checks the MAC, in constant time.
    pub(super) fn verify(&self, file_key: &FileKey) -> Result<(), DecryptError> {
        hmac::verify(&mac_key(file_key), &self.authenticated, &self.mac)
            .map_err(|_| DecryptError::HeaderAltered)
    }
}

/// The text of a header.
pub(super) fn write(stanzas: &[Sealed], file_key: &FileKey) -> String {
    let mut text = format!("{VERSION}\n");
    for stanza in stanzas {
        let (arguments, body) = stanza.to_text(|bytes| BASE64.encode(bytes));
        // A body of 32 bytes is one line of 43 columns.
        text.extend([STANZA_PREFIX, &arguments, "\n", &BASE64.encode(body), "\n"]);
    }
    text.push_str(MAC_PREFIX);
    let mac = hmac::sign(&mac_key(file_key), text.as_bytes());
    text.extend([" ", &BASE64.encode(mac), "\n"]);
    text
}

/// Decodes base64 as stanzas have it: without padding, canonical.
pub(super) fn decode(argument: &str) -> Result<Vec<u8>, HeaderFault> {
    BASE64.decode(argument).map_err(|_| HeaderFault::Arguments)
}

fn mac_key(file_key: &FileKey) -> hmac::Key {
    let key = kdf::hkdf::<32>(file_key.expose(), &[], &[b"header"]);
    hmac::Key::new(hmac::HMAC_SHA256, key.as_slice())
}

fn is_argument(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Reads lines, and keeps all of them for the MAC.
struct Lines<'a> {
    input: std::io::Take<&'a mut dyn BufRead>,
    bytes: Vec<u8>,
}

impl Lines<'_> {
    /// The next line, without its end.
    fn next(&mut self) -> Result<&str, DecryptError> {
        let start = self.bytes.len();
        self.input.read_until(b'\n', &mut self.bytes).map_err(DecryptError::reading)?;
        let line = self.bytes[start..].strip_suffix(b"\n").ok_or(HeaderFault::NoEnd)?;
        Ok(std::str::from_utf8(line).map_err(|_| HeaderFault::Stanza)?)
    }

    /// The body of a stanza: full lines, then one that is shorter, or empty.
    fn body(&mut self) -> Result<Vec<u8>, DecryptError> {
        let mut body = Vec::new();
        loop {
            let line = self.next()?;
            let full = match line.len() {
                COLUMNS => true,
                length if length < COLUMNS => false,
                _ => return Err(HeaderFault::Body.into()),
            };
            BASE64.decode_vec(line, &mut body).map_err(|_| HeaderFault::Body)?;
            if !full {
                return Ok(body);
            }
        }
    }
}
