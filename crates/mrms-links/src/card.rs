//! The signature of a health card: whether the issuer's key made it.
//!
//! The issuer's keys are on the internet, and nothing here asks there: whoever calls has them at hand, or has not. What a
//! card says is read by `mrms-viewers`. Sources: SMART Health Cards Framework, RFC 7515, RFC 7517, RFC 7638.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::Value;

use crate::MOST_INFLATED;

/// The keys of an issuer, as it publishes them (`/.well-known/jwks.json`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IssuerKeys(Vec<PublicKey>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct PublicKey {
    kid: String,
    /// Uncompressed: 4, x, y.
    point: [u8; 65],
}

/// What is known of a card's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signature {
    /// One of the keys made it.
    Valid,
    /// The key that the card names is not among those at hand.
    NoKey,
    /// The card was altered, or somebody else made it.
    Wrong,
}

/// A card whose signature was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedCard {
    /// The address of who is said to have issued it.
    pub issuer: String,
    /// What is known of its signature.
    pub signature: Signature,
}

/// Why a card or a file of keys can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CardError {
    /// It is no health card.
    #[error("this is no health card")]
    Form,
    /// It is signed in another way than cards are.
    #[error("the card is signed in a way that health cards do not use")]
    Algorithm,
    /// The file has no keys for health cards.
    #[error("the file has no keys of an issuer of health cards")]
    Keys,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: String,
    #[serde(default)]
    zip: Option<String>,
}

impl IssuerKeys {
    /// Reads a set of keys. Keys that are none for health cards are passed over.
    ///
    /// # Errors
    ///
    /// [`CardError::Keys`] when none is left.
    pub fn parse(json: &[u8]) -> Result<Self, CardError> {
        let set: Value = serde_json::from_slice(json).map_err(|_| CardError::Keys)?;
        let keys = set.get("keys").and_then(Value::as_array).ok_or(CardError::Keys)?;
        let found: Vec<_> = keys.iter().filter_map(PublicKey::read).collect();
        if found.is_empty() { Err(CardError::Keys) } else { Ok(Self(found)) }
    }

    /// These and others.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }
}

impl PublicKey {
    /// A key for ES256 whose name is the thumbprint of it, as cards want it.
    fn read(key: &Value) -> Option<Self> {
        let text = |name: &str| key.get(name).and_then(Value::as_str);
        if text("kty") != Some("EC") || text("crv") != Some("P-256") {
            return None;
        }
        let (x, y) = (text("x")?, text("y")?);
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let thumbprint = URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()));
        if text("kid").is_some_and(|kid| kid != thumbprint) {
            return None;
        }
        let mut point = [4; 65];
        point[1..33].copy_from_slice(&coordinate(x)?);
        point[33..].copy_from_slice(&coordinate(y)?);
        Some(Self { kid: thumbprint, point })
    }
}

fn coordinate(text: &str) -> Option<[u8; 32]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

/// Looks at the signature of a card, which is a token of three parts.
///
/// # Errors
///
/// [`CardError::Form`], [`CardError::Algorithm`].
pub fn check(token: &str, keys: &IssuerKeys) -> Result<CheckedCard, CardError> {
    let (signed, signature) = token.trim().rsplit_once('.').ok_or(CardError::Form)?;
    let (header, payload) = signed.split_once('.').ok_or(CardError::Form)?;
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| CardError::Form);
    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| CardError::Form)?;
    if header.alg != "ES256" {
        return Err(CardError::Algorithm);
    }
    let payload = decode(payload)?;
    let payload = match header.zip.as_deref() {
        Some("DEF") => miniz_oxide::inflate::decompress_to_vec_with_limit(&payload, MOST_INFLATED)
            .map_err(|_| CardError::Form)?,
        Some(_) => return Err(CardError::Algorithm),
        None => payload,
    };
    let payload: Value = serde_json::from_slice(&payload).map_err(|_| CardError::Form)?;
    let issuer = payload.get("iss").and_then(Value::as_str).ok_or(CardError::Form)?.to_owned();
    let signature = decode(signature)?;
    let signature = match keys.0.iter().find(|key| key.kid == header.kid) {
        None => Signature::NoKey,
        Some(key) => {
            let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.point);
            match key.verify(signed.as_bytes(), &signature) {
                Ok(()) => Signature::Valid,
                Err(_) => Signature::Wrong,
            }
        }
    };
    Ok(CheckedCard { issuer, signature })
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};

    use super::*;

    /// An issuer: its key pair, and its set of keys.
    fn issuer() -> (EcdsaKeyPair, String, String) {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let point = pair.public_key().as_ref().to_vec();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..]));
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let kid = URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()));
        let set = format!(
            r#"{{"keys":[{{"kty":"RSA"}},{{"kty":"EC","use":"sig","alg":"ES256","crv":"P-256","kid":"{kid}","x":"{x}","y":"{y}"}}]}}"#
        );
        (pair, kid, set)
    }

    fn card(pair: &EcdsaKeyPair, kid: &str, payload: &str) -> String {
        let header =
            URL_SAFE_NO_PAD.encode(format!(r#"{{"zip":"DEF","alg":"ES256","kid":"{kid}"}}"#));
        let payload = miniz_oxide::deflate::compress_to_vec(payload.as_bytes(), 6);
        let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(payload));
        let signature = pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    const PAYLOAD: &str = r#"{"iss":"https://issuer.example"}"#;

    #[test]
    fn card_is_valid_under_its_issuers_key_alone() {
        let (pair, kid, set) = issuer();
        let keys = IssuerKeys::parse(set.as_bytes()).unwrap();
        let of = |token: &str, keys: &IssuerKeys| check(token, keys).unwrap().signature;
        let token = card(&pair, &kid, PAYLOAD);
        assert_eq!(check(&token, &keys).unwrap().issuer, "https://issuer.example");
        assert_eq!(of(&token, &keys), Signature::Valid);
        assert_eq!(of(&token, &IssuerKeys::default()), Signature::NoKey);
        let (stranger, _, other_set) = issuer();
        assert_eq!(of(&token, &IssuerKeys::parse(other_set.as_bytes()).unwrap()), Signature::NoKey);
        assert_eq!(of(&card(&stranger, &kid, PAYLOAD), &keys), Signature::Wrong);
    }

    #[test]
    fn altered_card_and_key_under_a_false_name_are_noticed() {
        let (pair, kid, set) = issuer();
        let keys = IssuerKeys::parse(set.as_bytes()).unwrap();
        let token = card(&pair, &kid, PAYLOAD);
        let other = card(&pair, &kid, r#"{"iss":"https://other.example"}"#);
        let parts: Vec<_> = token.split('.').collect();
        let swapped = format!("{}.{}.{}", parts[0], other.split('.').nth(1).unwrap(), parts[2]);
        assert_eq!(check(&swapped, &keys).unwrap().signature, Signature::Wrong);
        let renamed = set.replace(&kid, &"A".repeat(43));
        assert_eq!(IssuerKeys::parse(renamed.as_bytes()), Err(CardError::Keys));
    }

    #[test]
    fn what_is_no_card_is_refused() {
        let keys = IssuerKeys::default();
        assert_eq!(check("", &keys), Err(CardError::Form));
        assert_eq!(check("a.b.c", &keys), Err(CardError::Form));
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        assert_eq!(check(&format!("{none}.e30."), &keys), Err(CardError::Algorithm));
        assert_eq!(IssuerKeys::parse(b"{}"), Err(CardError::Keys));
    }
}
