//! What a patient's program gives a host: sealed files, the link's account, and the terms.

use std::fmt;

use mrms_core::hexadecimal;
use mrms_links::Flags;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

use crate::profile::links::{GivenVersion, LinkId};

/// How many wrong passcodes a link stands in its life.
pub const MOST_ATTEMPTS: u32 = 10;
/// The most files of a link.
pub const MOST_FILES: usize = 20;

/// The characters of a passcode that count. It is told in parts, and people type a space or a hyphen between them; telephones
/// make a dash of it.
pub fn passcode_characters(passcode: &str) -> impl Iterator<Item = char> {
    let is_between = |one: &char| {
        one.is_whitespace() || matches!(one, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
    };
    passcode.chars().filter(move |one| !is_between(one))
}

/// A passcode as a host keeps it. A host could guess it, and gains nothing: it has no key to the files.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasscodeHash {
    salt: String,
    hash: String,
}

impl PasscodeHash {
    /// The hash of a passcode under fresh salt.
    #[must_use]
    pub fn of(passcode: &str, rng: &mut dyn CryptoRng) -> Self {
        let mut salt = [0; 16];
        rng.fill_bytes(&mut salt);
        Self { salt: hex::encode(salt), hash: Self::hash(&salt, passcode) }
    }

    /// Whether this is the passcode.
    #[must_use]
    pub fn is(&self, passcode: &str) -> bool {
        let mut salt = [0; 16];
        hexadecimal::decode_to_slice(&self.salt, &mut salt).is_ok()
            && Self::hash(&salt, passcode) == self.hash
    }

    fn hash(salt: &[u8; 16], passcode: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(b"mrms link passcode 1\0");
        hash.update(salt);
        let mut bytes = [0; 4];
        passcode_characters(passcode).for_each(|one| hash.update(one.encode_utf8(&mut bytes)));
        bytes.zeroize();
        hex::encode(hash.finalize())
    }
}

impl fmt::Debug for PasscodeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasscodeHash(..)")
    }
}

/// A sealed file.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DepositedFile {
    /// What it is, without its encryption.
    pub content_type: String,
    /// What it has.
    pub has: Vec<GivenVersion>,
    /// When it was sealed, RFC 3339.
    pub sealed_at: String,
    /// The compact JWE.
    pub jwe: String,
}

/// What a patient's program gives a host.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deposit {
    /// The link.
    pub id: LinkId,
    /// The contract whose grants count.
    pub contract: String,
    /// The 24 words of the link's own account.
    pub words: Zeroizing<String>,
    /// What viewers are told of it.
    pub flags: Flags,
    /// When it ends, in seconds of Unix time.
    pub expires: u64,
    /// What its passcode is compared with.
    pub passcode: Option<PasscodeHash>,
    /// How often it can be used; `None` for any number.
    pub most_uses: Option<u32>,
    /// The files.
    pub files: Vec<DepositedFile>,
}

impl fmt::Debug for Deposit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deposit").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn passcode_is_known_again_and_shown_nowhere() {
        let hash = PasscodeHash::of("48219930", &mut StdRng::seed_from_u64(1));
        assert!(hash.is("48219930") && hash.is(" 4821 9930 "));
        assert!(!hash.is("48219931") && !hash.is(""));
        for typed in ["4821-9930", "4821\u{2013}9930", "4821\u{a0}9930", "48 21 99 30"] {
            assert!(hash.is(typed), "{typed}");
        }
        let chosen = PasscodeHash::of("blue-horse 7", &mut StdRng::seed_from_u64(1));
        assert!(chosen.is("bluehorse7") && chosen.is("blue horse-7") && !chosen.is("bluehorse"));
        assert_eq!(format!("{hash:?}"), "PasscodeHash(..)");
        assert!(!serde_json::to_string(&hash).unwrap().contains("48219930"));
    }
}
