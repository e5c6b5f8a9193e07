//! A tag under notes that a person's program keeps for itself: whoever lacks the person's words can't
//! make one, so an altered note is noticed.
//!
//! Hides nothing, and does not tell an older note from the newest one. Knows no files.

use aws_lc_rs::hmac;

use crate::kdf;
use crate::keyring::RecordRoot;

const KEY_INFO: &[u8] = b"mrms/own-notes/v1";

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

fn key(root: &RecordRoot, name: &str) -> hmac::Key {
    let key = kdf::hkdf::<32>(root.expose(), &[], &[KEY_INFO, name.as_bytes()]);
    hmac::Key::new(hmac::HMAC_SHA256, key.as_slice())
}

#[cfg(test)]
mod tests {
    use zeroize::Zeroizing;

    use super::*;

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
