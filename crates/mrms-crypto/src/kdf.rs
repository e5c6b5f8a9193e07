//! The two symmetric steps of every key: derive it (HKDF-SHA256, RFC 5869), and wrap one secret of
//! 16 or 32 bytes with it (ChaCha20-Poly1305, RFC 8439).
//!
//! Knows no format. The zero nonce of [`wrap`] is safe only when each key wraps one value; the
//! callers ensure that, and say why where they derive the key.

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use zeroize::Zeroizing;

/// Bytes of a ChaCha20-Poly1305 tag.
pub(crate) const TAG_LENGTH: usize = 16;
/// Bytes that [`wrap`] makes of a 16-byte secret.
pub(crate) const WRAP_LENGTH: usize = 16 + TAG_LENGTH;

/// A 32-byte symmetric key.
pub(crate) type Key = Zeroizing<[u8; 32]>;

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// HKDF-SHA256: `N` bytes from `secret`; the parts of `info` are taken as one string.
pub(crate) fn hkdf<const N: usize>(
    secret: &[u8],
    salt: &[u8],
    info: &[&[u8]],
) -> Zeroizing<[u8; N]> {
    const { assert!(N <= 32, "one block is all that is needed here") };
    let mut out = Zeroizing::new([0; N]);
    let filled = Salt::new(HKDF_SHA256, salt)
        .extract(secret)
        .expand(info, Length(N))
        .and_then(|okm| okm.fill(out.as_mut_slice()));
    if filled.is_err() {
        unreachable!("HKDF-SHA256 gives up to 8,160 bytes");
    }
    out
}

/// A cipher under this key.
pub(crate) fn cipher(key: &[u8; 32]) -> LessSafeKey {
    match UnboundKey::new(&CHACHA20_POLY1305, key) {
        Ok(key) => LessSafeKey::new(key),
        Err(_) => unreachable!("a ChaCha20-Poly1305 key is 32 bytes"),
    }
}

/// Encrypts one secret under a key that never encrypts another: the nonce is zero.
pub(crate) fn wrap(key: &Key, secret: &[u8; 16]) -> [u8; WRAP_LENGTH] {
    wrap_once(key, secret)
}

/// The inverse of [`wrap`]; `None` when the key is another or the bytes were altered.
pub(crate) fn unwrap(key: &Key, wrapped: &[u8; WRAP_LENGTH]) -> Option<Zeroizing<[u8; 16]>> {
    unwrap_once(key, wrapped)
}

/// Bytes that [`wrap_long`] makes of a 32-byte secret.
pub(crate) const LONG_WRAP_LENGTH: usize = 32 + TAG_LENGTH;

/// As [`wrap`], for a secret of 32 bytes.
pub(crate) fn wrap_long(key: &Key, secret: &[u8; 32]) -> [u8; LONG_WRAP_LENGTH] {
    wrap_once(key, secret)
}

/// The inverse of [`wrap_long`]; `None` when the key is another or the bytes were altered.
pub(crate) fn unwrap_long(
    key: &Key,
    wrapped: &[u8; LONG_WRAP_LENGTH],
) -> Option<Zeroizing<[u8; 32]>> {
    unwrap_once(key, wrapped)
}

/// Encrypts under a key that encrypts nothing else.
fn wrap_once<const N: usize, const M: usize>(key: &Key, secret: &[u8; N]) -> [u8; M] {
    const { assert!(M == N + TAG_LENGTH, "the secret, then its tag") };
    let mut out = [0; M];
    let (body, tag) = out.split_at_mut(N);
    body.copy_from_slice(secret);
    seal_chunk(&cipher(key), [0; 12], body, tag);
    out
}

/// Opens what was encrypted under a key that encrypts nothing else.
fn unwrap_once<const N: usize, const M: usize>(
    key: &Key,
    wrapped: &[u8; N],
) -> Option<Zeroizing<[u8; M]>> {
    const { assert!(N == M + TAG_LENGTH, "the secret, then its tag") };
    let mut buffer = Zeroizing::new(*wrapped);
    let nonce = Nonce::assume_unique_for_key([0; 12]);
    let opened = cipher(key).open_in_place(nonce, Aad::empty(), buffer.as_mut_slice()).ok()?;
    let mut secret = Zeroizing::new([0; M]);
    secret.copy_from_slice(opened);
    Some(secret)
}

/// Encrypts `body` in place and writes its tag.
pub(crate) fn seal_chunk(key: &LessSafeKey, nonce: [u8; 12], body: &mut [u8], tag: &mut [u8]) {
    let nonce = Nonce::assume_unique_for_key(nonce);
    match key.seal_in_place_separate_tag(nonce, Aad::empty(), body) {
        Ok(sealed) => tag.copy_from_slice(sealed.as_ref()),
        Err(_) => unreachable!("a chunk is far below the cipher's limit of 256 GiB"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrap_opens_under_its_own_key_only() {
        let (key, other) = (Key::new([1; 32]), Key::new([2; 32]));
        let wrapped = wrap(&key, &[7; 16]);
        assert!(unwrap(&other, &wrapped).is_none());
        for position in 0..wrapped.len() {
            let mut altered = wrapped;
            altered[position] ^= 1;
            assert!(unwrap(&key, &altered).is_none(), "byte {position}");
        }
        assert_eq!(unwrap(&key, &wrapped).unwrap().as_slice(), [7; 16]);
    }

    // RFC 5869, test case 1 (its first 32 bytes).
    #[test]
    fn hkdf_gives_the_published_bytes() {
        let salt: Vec<u8> = (0..=0x0c).collect();
        let info: Vec<u8> = (0xf0..=0xf9).collect();
        let out = hkdf::<32>(&[0x0b; 22], &salt, &[&info[..3], &info[3..]]);
        let expected = "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf";
        assert_eq!(hex::encode(out.as_slice()), expected);
    }
}
