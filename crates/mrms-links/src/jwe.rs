//! The files of a link: compact JWE with `dir` and `A256GCM`, under the link's key.
//!
//! Source: RFC 7516 sections 3.1 and 5, RFC 7518 sections 4.5 and 5.3, and SMART Health Links, "Encrypting and decrypting
//! files". Each sealing draws a nonce of 96 bits, so one key never sees a nonce twice: a link seals a few hundred files at
//! most.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{LinkKey, MOST_INFLATED};

/// Bytes of the tag.
const TAG: usize = 16;

/// The header, in the order in which it is written.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    alg: String,
    enc: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cty: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    zip: Option<String>,
}

/// Why a file can't be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JweError {
    /// It has not the five parts of a compact JWE.
    #[error("the file is no encrypted file of a link")]
    Form,
    /// It is encrypted in another way.
    #[error("the file is encrypted in a way that links do not use")]
    Algorithm,
    /// It was altered, or sealed under another key.
    #[error("the file was altered, or is not of this link")]
    Altered,
    /// What is compressed in it is damaged or too large.
    #[error("what is compressed in the file is damaged, or larger than 16 MiB")]
    Compressed,
    /// It could not be sealed.
    #[error("the file is too large to be encrypted")]
    TooLarge,
}

/// A file that was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Its bytes.
    pub content: Vec<u8>,
    /// What it says that it is.
    pub content_type: Option<String>,
}

/// Seals a file.
///
/// # Errors
///
/// [`JweError::TooLarge`].
pub fn seal(
    key: &LinkKey,
    content: &[u8],
    content_type: &str,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<String, JweError> {
    let header = Header {
        alg: "dir".to_owned(),
        enc: "A256GCM".to_owned(),
        cty: Some(content_type.to_owned()),
        zip: None,
    };
    let header = serde_json::to_vec(&header).map_err(|_| JweError::Form)?;
    let protected = URL_SAFE_NO_PAD.encode(header);
    let mut nonce = [0; NONCE_LEN];
    rng.fill_bytes(&mut nonce);
    let mut sealed = content.to_vec();
    let tag = cipher(key)?
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(protected.as_bytes()),
            &mut sealed,
        )
        .map_err(|_| JweError::TooLarge)?;
    let [nonce, sealed, tag] =
        [&nonce[..], &sealed, tag.as_ref()].map(|part| URL_SAFE_NO_PAD.encode(part));
    // The second part is empty: the key itself is shared.
    Ok(format!("{protected}..{nonce}.{sealed}.{tag}"))
}

/// Opens a file.
///
/// # Errors
///
/// [`JweError`].
pub fn open(key: &LinkKey, token: &str) -> Result<Opened, JweError> {
    let parts: Vec<&str> = token.trim().split('.').collect();
    let [protected, "", nonce, sealed, tag] = parts.as_slice() else { return Err(JweError::Form) };
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| JweError::Form);
    let header: Header = serde_json::from_slice(&decode(protected)?).map_err(|_| JweError::Form)?;
    if header.alg != "dir" || header.enc != "A256GCM" {
        return Err(JweError::Algorithm);
    }
    let nonce: [u8; NONCE_LEN] = decode(nonce)?.try_into().map_err(|_| JweError::Form)?;
    let tag = decode(tag)?;
    if tag.len() != TAG {
        return Err(JweError::Form);
    }
    let mut content = Zeroizing::new(decode(sealed)?);
    content.extend_from_slice(&tag);
    let aad = Aad::from(protected.as_bytes());
    let plain = cipher(key)?
        .open_in_place(Nonce::assume_unique_for_key(nonce), aad, &mut content)
        .map_err(|_| JweError::Altered)?;
    let content = match header.zip.as_deref() {
        None => plain.to_vec(),
        Some("DEF") => miniz_oxide::inflate::decompress_to_vec_with_limit(plain, MOST_INFLATED)
            .map_err(|_| JweError::Compressed)?,
        Some(_) => return Err(JweError::Algorithm),
    };
    Ok(Opened { content, content_type: header.cty })
}

fn cipher(key: &LinkKey) -> Result<LessSafeKey, JweError> {
    // A key of 32 bytes always fits.
    let key = UnboundKey::new(&AES_256_GCM, key.bytes()).map_err(|_| JweError::Algorithm)?;
    Ok(LessSafeKey::new(key))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    fn key(seed: u64) -> LinkKey {
        LinkKey::generate(&mut StdRng::seed_from_u64(seed))
    }

    #[test]
    fn file_opens_under_its_key_and_says_what_it_is() {
        let token =
            seal(&key(1), b"{}", "application/fhir+json", &mut StdRng::seed_from_u64(7)).unwrap();
        assert_eq!(token.split('.').nth(1), Some(""), "dir has no encrypted key");
        let opened = open(&key(1), &token).unwrap();
        assert_eq!(opened.content, b"{}");
        assert_eq!(opened.content_type.as_deref(), Some("application/fhir+json"));
        assert_eq!(open(&key(2), &token), Err(JweError::Altered));
    }

    #[test]
    fn every_altered_character_is_noticed() {
        let token = seal(&key(1), b"record", "x/y", &mut StdRng::seed_from_u64(7)).unwrap();
        for at in 0..token.len() {
            let mut other = token.clone().into_bytes();
            other[at] = if other[at] == b'A' { b'B' } else { b'A' };
            assert!(open(&key(1), std::str::from_utf8(&other).unwrap()).is_err(), "{at}");
        }
    }

    #[test]
    fn two_sealings_have_two_nonces() {
        let mut rng = StdRng::seed_from_u64(7);
        let nonce = |token: String| token.split('.').nth(2).unwrap().to_owned();
        let one = nonce(seal(&key(1), b"a", "x/y", &mut rng).unwrap());
        assert_ne!(one, nonce(seal(&key(1), b"a", "x/y", &mut rng).unwrap()));
    }

    /// A file of somebody else, with this header.
    fn foreign(header: &str, content: &[u8]) -> String {
        let protected = URL_SAFE_NO_PAD.encode(header);
        let mut sealed = content.to_vec();
        let tag = cipher(&key(1))
            .unwrap()
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key([3; NONCE_LEN]),
                Aad::from(protected.as_bytes()),
                &mut sealed,
            )
            .unwrap();
        let parts =
            [&[3; NONCE_LEN][..], &sealed, tag.as_ref()].map(|part| URL_SAFE_NO_PAD.encode(part));
        format!("{protected}..{}", parts.join("."))
    }

    #[test]
    fn compressed_file_is_inflated_within_bounds() {
        let header = r#"{"alg":"dir","enc":"A256GCM","zip":"DEF"}"#;
        let of =
            |content: &[u8]| foreign(header, &miniz_oxide::deflate::compress_to_vec(content, 6));
        assert_eq!(open(&key(1), &of(b"hello")).unwrap().content, b"hello");
        assert_eq!(open(&key(1), &of(&vec![0; MOST_INFLATED + 1])), Err(JweError::Compressed));
        assert_eq!(open(&key(1), &foreign(header, b"\xff\xff")), Err(JweError::Compressed));
    }

    #[test]
    fn other_ways_to_encrypt_are_refused() {
        for header in [
            r#"{"alg":"RSA-OAEP","enc":"A256GCM"}"#,
            r#"{"alg":"dir","enc":"A128GCM"}"#,
            r#"{"alg":"dir","enc":"A256GCM","zip":"LZ4"}"#,
        ] {
            assert_eq!(open(&key(1), &foreign(header, b"x")), Err(JweError::Algorithm), "{header}");
        }
        for broken in ["", "a.b.c", "....", "a..b.c.d.e"] {
            assert!(open(&key(1), broken).is_err());
        }
    }
}
