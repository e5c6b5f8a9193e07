//! A share on its way: an age file for its trustee, or for the owner's one-time identity.
//!
//! Knows no trustee's name and no file on disk.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::Share;
use crate::age_file::{
    DecryptError, Encoding, EncryptedFile, Identity, Protection, Recipient, Recipients, Unlock,
    encrypt,
};
use crate::stream::StreamError;
use crate::{HybridIdentity, HybridRecipient, Workers};

/// The most bytes that a share, or a whole set as text, takes up.
pub const MOST_BYTES: usize = 16 * 1024;

/// A share as an armored age file for one recipient.
///
/// # Errors
///
/// [`StreamError`].
pub fn seal(
    share: &Share,
    to: &HybridRecipient,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<Vec<u8>, StreamError> {
    let recipients = Recipients::of_one(Recipient::from(to.clone()));
    let mut sealed = Vec::new();
    let text = share.to_text();
    let to = Protection::Recipients(&recipients);
    encrypt(&to, Encoding::Armored, text.as_bytes(), &mut sealed, Workers::ONE, rng)?;
    Ok(sealed)
}

/// A one-time identity as a file that [`parse_identities`](crate::age_file::parse_identities) reads: a secret.
#[must_use]
pub fn one_time_file(identity: &HybridIdentity) -> Zeroizing<String> {
    let secret = identity.to_secret_text();
    let about = format!(
        "# one-time identity for the answers of trustees; delete it after mrms key join\n# public key: {}\n",
        identity.recipient()
    );
    let mut text = Zeroizing::new(String::with_capacity(about.len() + secret.len() + 1));
    text.push_str(&about);
    text.push_str(&secret);
    text.push('\n');
    text
}

/// The lines between which an armored age file stands.
const ARMOR: (&str, &str) =
    ("-----BEGIN AGE ENCRYPTED FILE-----", "-----END AGE ENCRYPTED FILE-----");

/// Whether an armored age file begins somewhere in a text.
#[must_use]
pub fn is_armored(text: &str) -> bool {
    text.contains(ARMOR.0)
}

/// What somebody pasted: the armored age files in it, and the text beside them.
#[must_use]
pub fn parts_of(message: &str) -> (Vec<String>, Zeroizing<String>) {
    let (mut files, mut open) = (Vec::new(), None::<String>);
    let mut beside = Zeroizing::new(String::with_capacity(message.len() + 1));
    for line in message.lines() {
        let trimmed = line.trim();
        match &mut open {
            None if trimmed == ARMOR.0 => open = Some(format!("{trimmed}\n")),
            None => {
                beside.push_str(line);
                beside.push('\n');
            }
            Some(file) => {
                file.push_str(trimmed);
                file.push('\n');
                if trimmed == ARMOR.1 {
                    files.extend(open.take());
                }
            }
        }
    }
    // One that was cut short opens for nobody, and is told as such.
    files.extend(open);
    (files, beside)
}

/// Whether these bytes begin like an age file.
#[must_use]
pub fn is_sealed(bytes: &[u8]) -> bool {
    let head = bytes.trim_ascii_start();
    head.starts_with(b"age-encryption.org/") || head.starts_with(b"-----BEGIN AGE")
}

/// The text in an age file; empty if it is no UTF-8, for then there is no share in it.
///
/// # Errors
///
/// [`DecryptError`].
pub fn open(file: &[u8], identities: &[Identity]) -> Result<Zeroizing<String>, DecryptError> {
    // Large enough from the start: a buffer that grows leaves copies of the secret in memory.
    let mut content = Zeroizing::new(Vec::with_capacity(MOST_BYTES));
    let unlock = Unlock::Identities(identities);
    EncryptedFile::read(file)?.decrypt(&unlock, &mut *content, Workers::ONE)?;
    Ok(text_of(&content))
}

/// Bytes as text; empty if they are no UTF-8.
#[must_use]
pub fn text_of(bytes: &[u8]) -> Zeroizing<String> {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let mut copy = Zeroizing::new(String::with_capacity(text.len()));
    copy.push_str(text);
    copy
}
