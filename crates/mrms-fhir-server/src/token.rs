//! The token that lets a client in: random, shown or written once, kept as a hash.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// Random bytes of a token.
const LENGTH: usize = 32;

/// A token, as clients send it.
pub struct Token(Zeroizing<String>);

impl Token {
    /// A fresh one of 256 random bits.
    ///
    /// # Errors
    ///
    /// When the system gives no randomness.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        getrandom::fill(bytes.as_mut_slice())?;
        Ok(Self(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes.as_slice()))))
    }

    /// The token in a file that was written for another start; `None` if the text is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().map(Zeroizing::new)?;
        (bytes.len() == LENGTH).then(|| Self(Zeroizing::new(text.to_owned())))
    }

    /// The text, for the client that gets it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(crate) fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// SHA-256 of a token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenHash([u8; 32]);

impl TokenHash {
    /// Whether a header `Authorization` has the token.
    pub(crate) fn is_in(&self, header: &str) -> bool {
        let Some((scheme, given)) = header.split_once(' ') else { return false };
        let given: [u8; 32] = Sha256::digest(given.trim().as_bytes()).into();
        scheme.eq_ignore_ascii_case("bearer") && bool::from(self.0.ct_eq(&given))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_is_known_by_its_hash_and_shown_to_nobody_else() {
        let token = Token::generate().unwrap();
        let hash = token.hash();
        assert!(hash.is_in(&format!("Bearer {}", token.expose())));
        assert!(hash.is_in(&format!("bearer  {}", token.expose())));
        for other in
            ["", "Bearer", "Bearer x", token.expose(), &format!("Basic {}", token.expose())]
        {
            assert!(!hash.is_in(other), "{other}");
        }
        assert_eq!(format!("{token:?}"), "Token(..)");
        assert_eq!(
            Token::parse(&format!("{}\n", token.expose())).unwrap().expose(),
            token.expose()
        );
        assert!(Token::parse("short").is_none());
        assert!(Token::parse("").is_none());
    }
}
