//! The keystore: the 24 words under a passphrase, as a standard age file.
//!
//! Stock tools open it (`age -d keystore.age` prints the words), so that nobody depends on this
//! software to get their keys back. Knows only bytes: the caller chooses the file and its mode.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::age_file::{
    DecryptError, Encoding, EncryptedFile, HeaderFault, Passphrase, Protection, SealedFor, Unlock,
    WorkFactor, encrypt,
};
use crate::stream::Workers;
use crate::words::{Words, WordsError};

/// More than the words and a line end can take up.
const MOST_PLAINTEXT: usize = 1_024;
/// What comes after a header at least: a nonce, a tag, and 24 words of three letters with spaces between them.
const LEAST_PAYLOAD: u64 = 16 + 16 + 24 * 3 + 23;

/// Why a keystore did not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeystoreError {
    /// The passphrase is wrong. Damage to the few bytes that it is checked with looks the same.
    #[error("wrong passphrase")]
    WrongPassphrase,
    /// It is an age file, but not one with a passphrase.
    #[error("the keystore is not protected by a passphrase")]
    NotAPassphraseFile,
    /// The file was altered or cut short, or is no age file at all.
    #[error("the keystore is damaged")]
    Damaged {
        /// Where it fails.
        #[source]
        source: DecryptError,
    },
    /// It opened, but has no 24 words in it.
    #[error("the keystore does not hold 24 words")]
    NotWords {
        /// What is wrong with them.
        #[source]
        source: WordsError,
    },
}

/// The bytes of a keystore file: binary age, the words and a line end under the passphrase.
///
/// Takes as long as `work` asks for: about a second and 256 MiB of memory at the default.
pub fn seal(
    words: &Words,
    passphrase: &Passphrase,
    work: WorkFactor,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Vec<u8> {
    let phrase = words.to_phrase();
    let mut line = Zeroizing::new(Vec::with_capacity(phrase.len() + 1));
    line.extend_from_slice(phrase.as_bytes());
    line.push(b'\n');
    let mut file = Vec::new();
    let protection = Protection::Passphrase(passphrase, work);
    match encrypt(&protection, Encoding::Binary, line.as_slice(), &mut file, Workers::ONE, rng) {
        Ok(_) => file,
        Err(error) => unreachable!("reading and writing memory: {error}"),
    }
}

/// Whether a file can be a keystore, as far as that is seen without its passphrase: its header is one of a passphrase, and
/// what follows has room for 24 words.
///
/// # Errors
///
/// [`KeystoreError`].
pub fn look(file: &[u8]) -> Result<(), KeystoreError> {
    let damaged = |source| KeystoreError::Damaged { source };
    let file = EncryptedFile::read(file).map_err(damaged)?;
    if file.sealed_for() != SealedFor::Passphrase {
        return Err(KeystoreError::NotAPassphraseFile);
    }
    match file.payload_length().map_err(damaged)? {
        length if length < LEAST_PAYLOAD => Err(damaged(HeaderFault::NoPayload.into())),
        _ => Ok(()),
    }
}

/// The words of a keystore file, binary or armored.
///
/// # Errors
///
/// [`KeystoreError`]. A work factor above 22 counts as damage: no program writes it, and trying it
/// would take hours and all memory.
pub fn open(file: &[u8], passphrase: &Passphrase) -> Result<Words, KeystoreError> {
    let damaged = |source| match source {
        DecryptError::WrongPassphrase => KeystoreError::WrongPassphrase,
        DecryptError::IdentityNeeded => KeystoreError::NotAPassphraseFile,
        source => KeystoreError::Damaged { source },
    };
    let file = EncryptedFile::read(file).map_err(damaged)?;
    let buffer = Zeroizing::new(Vec::with_capacity(MOST_PLAINTEXT));
    let mut plaintext = Plaintext { buffer, overflowed: false };
    file.decrypt(&Unlock::Passphrase(passphrase), &mut plaintext, Workers::ONE).map_err(damaged)?;
    // Text that is too long or not UTF-8 has no words.
    let text = match std::str::from_utf8(&plaintext.buffer) {
        Ok(text) if !plaintext.overflowed => text,
        _ => "",
    };
    Words::parse(text).map_err(|source| KeystoreError::NotWords { source })
}

/// A buffer that never grows, so that no copy of the words stays behind in freed memory.
struct Plaintext {
    buffer: Zeroizing<Vec<u8>>,
    overflowed: bool,
}

impl std::io::Write for Plaintext {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if bytes.len() <= self.buffer.capacity() - self.buffer.len() {
            self.buffer.extend_from_slice(bytes);
        } else {
            self.overflowed = true;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{SeedableRng, rngs::StdRng};

    fn rng() -> StdRng {
        StdRng::seed_from_u64(7)
    }

    fn passphrase(text: &str) -> Passphrase {
        Passphrase::new(text.to_owned().into()).unwrap()
    }

    fn work() -> WorkFactor {
        WorkFactor::new(10).unwrap()
    }

    fn sealed() -> (Words, Vec<u8>) {
        let words = Words::generate(&mut rng());
        let file = seal(&words, &passphrase("correct horse"), work(), &mut rng());
        (words, file)
    }

    #[test]
    fn a_wrong_passphrase_is_told_from_a_damaged_file() {
        let (_, file) = sealed();
        let wrong = open(&file, &passphrase("correct h0rse")).unwrap_err();
        assert!(matches!(wrong, KeystoreError::WrongPassphrase));
        let mut altered = file.clone();
        *altered.last_mut().unwrap() ^= 1;
        for damaged in [&altered[..], &file[..file.len() - 1], &file[..20], &[], b"hello"] {
            let error = open(damaged, &passphrase("correct horse")).unwrap_err();
            assert!(matches!(error, KeystoreError::Damaged { .. }), "{error:?}");
        }
    }

    #[test]
    fn a_file_that_was_cut_is_seen_without_the_passphrase() {
        let (_, file) = sealed();
        look(&file).unwrap();
        for kept in [0, 20, file.len() / 2, file.len() - 100] {
            let error = look(&file[..kept]).unwrap_err();
            assert!(matches!(error, KeystoreError::Damaged { .. }), "{kept}: {error:?}");
        }
    }

    #[test]
    fn a_file_for_recipients_or_with_other_contents_is_no_keystore() {
        let identity = crate::HybridIdentity::generate(&mut rng());
        let recipients = vec![identity.recipient().clone().into()];
        let recipients = crate::age_file::Recipients::new(recipients).unwrap();
        let secret = passphrase("correct horse");
        let file = |protection: &Protection<'_>, plaintext: &[u8]| {
            let mut file = Vec::new();
            let workers = Workers::ONE;
            let rng = &mut rng();
            encrypt(protection, Encoding::Binary, plaintext, &mut file, workers, rng).unwrap();
            file
        };
        let other = file(&Protection::Recipients(&recipients), b"words");
        assert!(matches!(open(&other, &secret), Err(KeystoreError::NotAPassphraseFile)));
        let with_passphrase = Protection::Passphrase(&secret, work());
        for contents in [b"no words".as_slice(), &[0xff; 3_000]] {
            let other = file(&with_passphrase, contents);
            assert!(matches!(open(&other, &secret), Err(KeystoreError::NotWords { .. })));
        }
    }

    #[test]
    fn the_words_come_back() {
        let (words, file) = sealed();
        assert_eq!(
            *open(&file, &passphrase("correct horse")).unwrap().to_phrase(),
            *words.to_phrase()
        );
        assert!(file.starts_with(b"age-encryption.org/v1\n-> scrypt "));
    }
}
