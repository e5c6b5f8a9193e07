//! Notes that a person's program keeps for itself: a tag, so that whoever lacks the person's words can't
//! alter one unnoticed; or a seal, so that nobody else can read it either.
//!
//! Does not tell an older note from the newest one. Knows no files.

use aws_lc_rs::hmac;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::at_rest::{AtRestError, SlotKey};
use crate::kdf;
use crate::keyring::RecordRoot;

const KEY_INFO: &[u8] = b"mrms/own-notes/v1";
const SEAL_INFO: &[u8] = b"mrms/own-notes/sealed/v1";

/// Bytes of a tag.
pub const TAG_LENGTH: usize = 32;

/// The tag of these bytes, as the note of this name. HMAC-SHA256 under HKDF(record root,
/// `mrms/own-notes/v1` ‖ name).
#[must_use]
pub fn tag(root: &RecordRoot, name: &str, bytes: &[u8]) -> [u8; TAG_LENGTH] {
    let mut tag = [0; TAG_LENGTH];
    if hmac::sign_to_buffer(&key(root, name), bytes, &mut tag).is_err() {
        unreachable!("HMAC-SHA256 fills 32 bytes");
    }
    tag
}

/// Whether this is the tag of these bytes, compared in constant time.
#[must_use]
pub fn verify(root: &RecordRoot, name: &str, bytes: &[u8], tag: &[u8]) -> bool {
    hmac::verify(&key(root, name), bytes, tag).is_ok()
}

/// Seals these bytes as the note of this name, for whoever has the person's words.
#[must_use]
pub fn seal(
    root: &RecordRoot,
    name: &str,
    bytes: &[u8],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Vec<u8> {
    seal_key(root, name).seal(name.as_bytes(), bytes, rng)
}

/// Opens a note of this name.
///
/// # Errors
///
/// [`AtRestError`] when it is another note or person's, or was altered.
pub fn open(
    root: &RecordRoot,
    name: &str,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, AtRestError> {
    seal_key(root, name).open(name.as_bytes(), sealed)
}

fn seal_key(root: &RecordRoot, name: &str) -> SlotKey {
    SlotKey::from_bytes(kdf::hkdf::<32>(root.expose(), &[], &[SEAL_INFO, name.as_bytes()]))
}

fn key(root: &RecordRoot, name: &str) -> hmac::Key {
    let key = kdf::hkdf::<32>(root.expose(), &[], &[KEY_INFO, name.as_bytes()]);
    hmac::Key::new(hmac::HMAC_SHA256, key.as_slice())
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

    #[test]
    fn sealed_note_opens_for_its_person_and_name() {
        let root = |byte| RecordRoot::new(Zeroizing::new([byte; 32]));
        let mut rng = <rand::rngs::StdRng as rand::SeedableRng>::seed_from_u64(1);
        let mut sealed = seal(&root(1), "people", b"Clinic B", &mut rng);
        assert_eq!(open(&root(1), "people", &sealed).unwrap().as_slice(), b"Clinic B");
        assert!(open(&root(2), "people", &sealed).is_err());
        assert!(open(&root(1), "other", &sealed).is_err());
        sealed[20] ^= 1;
        assert!(open(&root(1), "people", &sealed).is_err());
    }

    #[test]
    fn tag_is_of_one_person_one_name_and_one_text() {
        let root = |byte| RecordRoot::new(Zeroizing::new([byte; 32]));
        let one = tag(&root(1), "granted", b"[]");
        assert!(verify(&root(1), "granted", b"[]", &one));
        assert!(!verify(&root(2), "granted", b"[]", &one));
        assert!(!verify(&root(1), "other", b"[]", &one));
        assert!(!verify(&root(1), "granted", b"[1]", &one));
        assert!(!verify(&root(1), "granted", b"[]", &one[..31]));
        assert!(!verify(&root(1), "granted", b"[]", &[]));
    }
}
