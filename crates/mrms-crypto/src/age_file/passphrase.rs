//! Passphrases and the work of trying one (C2SP age, "The scrypt recipient type"; RFC 7914).

use std::fmt;

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use zeroize::Zeroizing;

use super::header::HeaderFault;
use crate::kdf::Key;

/// Bytes of the salt in a stanza.
pub(super) const SALT_LENGTH: usize = 16;
const SALT_LABEL: &[u8] = b"age-encryption.org/v1/scrypt";

/// What an editor puts before the first letter of a file.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// Text that a person remembers. Wiped when dropped.
///
/// The same letters can be typed as different bytes: é is one character (NFC) or two (NFD), and an editor may put a byte
/// order mark first. So what is encrypted is encrypted under the *normal form*: NFC, without that mark. What is decrypted
/// is tried as it was typed and in both forms, since other programs, and earlier versions of this one, encrypt under what
/// was typed.
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// A passphrase as it was typed; `None` when it is empty.
    #[must_use]
    pub fn new(text: Zeroizing<String>) -> Option<Self> {
        (!without_mark(&text).is_empty()).then_some(Self(text))
    }

    /// The normal form.
    #[must_use]
    pub fn normal(&self) -> Zeroizing<String> {
        let composed = ComposingNormalizerBorrowed::new_nfc().normalize(without_mark(&self.0));
        Zeroizing::new(composed.into_owned())
    }

    /// What to try, the likeliest first. Letters without accents have one form only.
    fn forms(&self) -> Vec<Zeroizing<String>> {
        let parted = DecomposingNormalizerBorrowed::new_nfd().normalize(without_mark(&self.0));
        let mut forms = vec![self.0.clone()];
        for form in [self.normal(), Zeroizing::new(parted.into_owned())] {
            if !forms.contains(&form) {
                forms.push(form);
            }
        }
        forms
    }

    /// Tries each form until one opens what it should.
    pub(super) fn find<T>(&self, mut open: impl FnMut(&str) -> Option<T>) -> Option<T> {
        self.forms().iter().find_map(|form| open(form))
    }
}

fn without_mark(text: &str) -> &str {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(..)")
    }
}

/// How much work each try of a passphrase is: scrypt with N = 2^`log_n`, r = 8, p = 1, which takes
/// N KiB of memory.
///
/// Written: 10 to 22. Read: also 1 to 9, which others may have written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WorkFactor(u8);

impl WorkFactor {
    /// Least work that is written: a millisecond and 1 MiB, for tests.
    const LEAST: u8 = 10;
    /// Most work that is written or tried: some 15 seconds and 4 GiB.
    const MOST: u8 = 22;

    /// This much work; `None` unless `log_n` is 10 to 22.
    #[must_use]
    pub const fn new(log_n: u8) -> Option<Self> {
        match log_n {
            Self::LEAST..=Self::MOST => Some(Self(log_n)),
            _ => None,
        }
    }

    /// The exponent.
    #[must_use]
    pub const fn log_n(self) -> u8 {
        self.0
    }

    /// From a stanza: a decimal number without leading zeros.
    pub(super) fn from_stanza(text: &str) -> Result<Self, HeaderFault> {
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || text.is_empty() || text.starts_with('0') {
            return Err(HeaderFault::Arguments);
        }
        match text.parse() {
            Ok(log_n) if log_n <= Self::MOST => Ok(Self(log_n)),
            _ => Err(HeaderFault::WorkFactor),
        }
    }
}

impl Default for WorkFactor {
    /// 2^18: about a second and 256 MiB, as stock age takes.
    fn default() -> Self {
        Self(18)
    }
}

/// Derives the key that wraps the file key. The salt is fresh, so this key wraps one value.
pub(super) fn derive(form: &str, salt: &[u8; SALT_LENGTH], work: WorkFactor) -> Key {
    let salt = [SALT_LABEL, salt].concat();
    let mut key = Key::new([0; 32]);
    let done = scrypt::Params::new(work.0, 8, 1)
        .map(|params| scrypt::scrypt(form.as_bytes(), &salt, &params, key.as_mut_slice()));
    match done {
        Ok(Ok(())) => key,
        _ => unreachable!("2^1 to 2^22 with r = 8 and p = 1 are within scrypt's limits"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_factors_out_of_range_are_refused() {
        assert_eq!(WorkFactor::new(9), None);
        assert_eq!(WorkFactor::new(23), None);
        assert_eq!(WorkFactor::new(18), Some(WorkFactor::default()));
        for text in ["", "0", "010", "+10", "-10", "0xa", "10 ", "1e1"] {
            assert_eq!(WorkFactor::from_stanza(text), Err(HeaderFault::Arguments), "{text:?}");
        }
        for text in ["23", "255", "256", "18446744073709551617"] {
            assert_eq!(WorkFactor::from_stanza(text), Err(HeaderFault::WorkFactor), "{text:?}");
        }
        assert_eq!(WorkFactor::from_stanza("1"), Ok(WorkFactor(1)));
    }

    #[test]
    fn same_letters_have_one_normal_form_however_they_were_typed() {
        let typed = ["caf\u{e9} \u{c5}", "cafe\u{301} A\u{30a}", "\u{feff}cafe\u{301} \u{212b}"];
        for text in typed {
            let passphrase = Passphrase::new(text.to_owned().into()).unwrap();
            assert_eq!(passphrase.normal().as_str(), "caf\u{e9} \u{c5}");
            for other in ["caf\u{e9} \u{c5}", "cafe\u{301} A\u{30a}", text] {
                assert_eq!(passphrase.find(|form| (form == other).then_some(())), Some(()));
            }
        }
        let plain = Passphrase::new("no accent".to_owned().into()).unwrap();
        assert_eq!(plain.forms().len(), 1, "nothing is tried twice");
    }

    #[test]
    fn an_empty_passphrase_is_none() {
        assert!(Passphrase::new(String::new().into()).is_none());
        assert!(Passphrase::new("\u{feff}".to_owned().into()).is_none());
        let passphrase = Passphrase::new("secret".to_owned().into());
        assert_eq!(format!("{passphrase:?}"), "Some(Passphrase(..))");
    }
}
