//! Principals: who may own, sign and be granted, written in c32check (SIP-005, SIP-001's c32).
//!
//! Parsing is strict: the checksum must be right, and the text must be exactly the one that the
//! bytes are written as. Knows nothing of keys: `mrms-stacks` derives an address from a key.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const HASH_LENGTH: usize = 20;
const CHECKSUM_LENGTH: usize = 4;
/// Longest contract name that a node accepts in a principal (SIP-002: 40 characters for deploys).
const CONTRACT_NAME_MAX: usize = 40;

/// Why a text is not a principal.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParsePrincipalError {
    /// It does not begin with `S` and a version character.
    #[error("a Stacks address begins with SP, SM, ST or SN, not as {text:?}")]
    NotAnAddress {
        /// The text as given.
        text: String,
    },
    /// A character that c32 does not have, or a wrong length.
    #[error("{text:?} is not a Stacks address: wrong characters or length")]
    Malformed {
        /// The text as given.
        text: String,
    },
    /// The checksum does not match: usually a typing error.
    #[error("{text:?} is not a Stacks address: its checksum is wrong, perhaps mistyped")]
    Checksum {
        /// The text as given.
        text: String,
    },
    /// The part after the dot is not a contract name.
    #[error("{name:?} is not a contract name: 1 to 40 letters, digits, - and _, a letter first")]
    ContractName {
        /// The name as given.
        name: String,
    },
    /// A contract was needed and the text names an account.
    #[error("{text:?} names an account, not a contract: ADDRESS.NAME is needed")]
    NotAContract {
        /// The text as given.
        text: String,
    },
}

/// An account: a version byte (0 to 31) and the hash of a public key or script.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StandardPrincipal {
    version: u8,
    hash160: [u8; HASH_LENGTH],
}

impl StandardPrincipal {
    /// Version byte of a single-signature account on mainnet (`SP…`).
    pub const MAINNET_SINGLE_SIG: u8 = 22;
    /// Version byte of a single-signature account on testnets and the embedded ledger (`ST…`).
    pub const TESTNET_SINGLE_SIG: u8 = 26;

    /// An account from its parts; `None` when `version` is above 31.
    #[must_use]
    pub const fn new(version: u8, hash160: [u8; HASH_LENGTH]) -> Option<Self> {
        if version < 32 { Some(Self { version, hash160 }) } else { None }
    }

    /// The version byte, 0 to 31.
    #[must_use]
    pub const fn version(&self) -> u8 {
        self.version
    }

    /// RIPEMD-160 of SHA-256 of the public key or script.
    #[must_use]
    pub const fn hash160(&self) -> &[u8; HASH_LENGTH] {
        &self.hash160
    }

    fn checksum(&self) -> [u8; CHECKSUM_LENGTH] {
        let Self { version, hash160 } = self;
        let once = Sha256::new().chain_update([*version]).chain_update(hash160).finalize();
        let twice = Sha256::digest(once);
        [twice[0], twice[1], twice[2], twice[3]]
    }
}

impl fmt::Display for StandardPrincipal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [0; HASH_LENGTH + CHECKSUM_LENGTH];
        bytes[..HASH_LENGTH].copy_from_slice(&self.hash160);
        bytes[HASH_LENGTH..].copy_from_slice(&self.checksum());
        let version = char::from(ALPHABET[usize::from(self.version & 31)]);
        write!(f, "S{version}{}", c32_encode(&bytes))
    }
}

impl fmt::Debug for StandardPrincipal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for StandardPrincipal {
    type Err = ParsePrincipalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || ParsePrincipalError::Malformed { text: text.to_owned() };
        let mut characters = text.chars();
        let version = match (characters.next(), characters.next().and_then(c32_digit)) {
            (Some('S'), Some(version)) => version,
            _ => return Err(ParsePrincipalError::NotAnAddress { text: text.to_owned() }),
        };
        let bytes = c32_decode(characters.as_str()).ok_or_else(malformed)?;
        let (hash160, checksum) = bytes.split_at(HASH_LENGTH);
        let principal = Self { version, hash160: hash160.try_into().map_err(|_| malformed())? };
        if checksum != principal.checksum() {
            return Err(ParsePrincipalError::Checksum { text: text.to_owned() });
        }
        Ok(principal)
    }
}

/// Name of a contract under its deployer: 1 to 40 characters, a letter first, then letters,
/// digits, `-` and `_`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContractName(String);

impl ContractName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ContractName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ContractName {
    type Err = ParsePrincipalError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let first = name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
        let rest = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if first && rest && name.len() <= CONTRACT_NAME_MAX {
            Ok(Self(name.to_owned()))
        } else {
            Err(ParsePrincipalError::ContractName { name: name.to_owned() })
        }
    }
}

/// A contract: its deployer and its name, written `ADDRESS.NAME`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContractId {
    /// The account that deployed it.
    pub deployer: StandardPrincipal,
    /// Its name under that account.
    pub name: ContractName,
}

impl fmt::Display for ContractId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.deployer, self.name)
    }
}

impl fmt::Debug for ContractId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ContractId {
    type Err = ParsePrincipalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse()? {
            Principal::Contract(id) => Ok(id),
            Principal::Standard(_) => {
                Err(ParsePrincipalError::NotAContract { text: text.to_owned() })
            }
        }
    }
}

/// Whoever can call a contract: an account, or another contract (a smart wallet, say).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principal {
    /// An account.
    Standard(StandardPrincipal),
    /// A contract.
    Contract(ContractId),
}

impl Principal {
    /// The account, or the contract's deployer.
    #[must_use]
    pub const fn standard(&self) -> &StandardPrincipal {
        match self {
            Self::Standard(account) => account,
            Self::Contract(id) => &id.deployer,
        }
    }

    /// The Clarity consensus serialization (SIP-005): type byte 5 or 6, version, hash, and for a
    /// contract the length and characters of its name.
    #[must_use]
    pub fn to_consensus_bytes(&self) -> Vec<u8> {
        let (kind, account, name) = match self {
            Self::Standard(account) => (5, account, None),
            Self::Contract(ContractId { deployer, name }) => (6, deployer, Some(name)),
        };
        let StandardPrincipal { version, hash160 } = account;
        let mut bytes = Vec::with_capacity(2 + HASH_LENGTH);
        bytes.extend_from_slice(&[kind, *version]);
        bytes.extend_from_slice(hash160);
        if let Some(ContractName(name)) = name {
            // At most 40 characters, by construction.
            bytes.push(name.len() as u8);
            bytes.extend_from_slice(name.as_bytes());
        }
        bytes
    }
}

impl From<StandardPrincipal> for Principal {
    fn from(account: StandardPrincipal) -> Self {
        Self::Standard(account)
    }
}

impl From<ContractId> for Principal {
    fn from(id: ContractId) -> Self {
        Self::Contract(id)
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Standard(account) => fmt::Display::fmt(account, f),
            Self::Contract(id) => fmt::Display::fmt(id, f),
        }
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Principal {
    type Err = ParsePrincipalError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('.') {
            None => Ok(Self::Standard(text.parse()?)),
            Some((deployer, name)) => {
                Ok(Self::Contract(ContractId { deployer: deployer.parse()?, name: name.parse()? }))
            }
        }
    }
}

macro_rules! serde_as_text {
    ($($type:ty),*) => {$(
        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}
serde_as_text!(StandardPrincipal, ContractId, Principal);

/// The bytes as one big-endian number in base 32, after a `0` for each leading zero byte.
fn c32_encode(bytes: &[u8]) -> String {
    let mut digits = Vec::with_capacity(bytes.len() * 8 / 5 + 1);
    let (mut pending, mut bits) = (0u32, 0u32);
    for byte in bytes.iter().rev() {
        pending |= u32::from(*byte) << bits;
        bits += 8;
        while bits >= 5 {
            digits.push(ALPHABET[(pending & 31) as usize]);
            pending >>= 5;
            bits -= 5;
        }
    }
    digits.push(ALPHABET[(pending & 31) as usize]);
    while digits.last() == Some(&b'0') {
        digits.pop();
    }
    digits.extend(bytes.iter().take_while(|byte| **byte == 0).map(|_| b'0'));
    digits.iter().rev().map(|digit| char::from(*digit)).collect()
}

/// The inverse of [`c32_encode`] for a hash with its checksum; `None` for any other text than the
/// one that the bytes encode to.
fn c32_decode(text: &str) -> Option<[u8; HASH_LENGTH + CHECKSUM_LENGTH]> {
    let mut bytes = [0u8; HASH_LENGTH + CHECKSUM_LENGTH];
    for character in text.chars() {
        let mut carry = u32::from(c32_digit(character)?);
        for byte in bytes.iter_mut().rev() {
            let wide = (u32::from(*byte) << 5) | carry;
            *byte = wide as u8;
            carry = wide >> 8;
        }
        if carry != 0 {
            return None;
        }
    }
    (c32_encode(&bytes) == text).then_some(bytes)
}

fn c32_digit(character: char) -> Option<u8> {
    ALPHABET.iter().position(|c| char::from(*c) == character).map(|index| index as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // The testnet boot address, and an address of SIP-005's own examples.
    const BOOT: &str = "ST000000000000000000002AMW42H";
    const EXAMPLE: &str = "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7";

    #[test]
    fn a_mistyped_address_is_refused() {
        let mistyped = EXAMPLE.replace("48GV", "48GW");
        assert!(matches!(mistyped.parse::<Principal>(), Err(ParsePrincipalError::Checksum { .. })));
        for text in ["", "S", "SP", "hello", "sp2j6zy48gv1ez5v2v5rb9mp66sw86pykknrv9ej7", "ST0000"]
        {
            assert!(text.parse::<Principal>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn contract_names_keep_the_rules_of_the_chain() {
        for name in ["", "1a", "-a", "a b", "a.b", &"a".repeat(41)] {
            assert!(format!("{BOOT}.{name}").parse::<Principal>().is_err(), "{name:?}");
        }
        let id: ContractId = format!("{BOOT}.medical-records-management").parse().unwrap();
        assert_eq!(id.name.as_str(), "medical-records-management");
        assert!(BOOT.parse::<ContractId>().is_err());
    }

    #[test]
    fn known_addresses_round_trip() {
        let boot: StandardPrincipal = BOOT.parse().unwrap();
        assert_eq!((boot.version(), boot.hash160()), (26, &[0; 20]));
        for text in [BOOT, EXAMPLE] {
            assert_eq!(text.parse::<Principal>().unwrap().to_string(), text);
        }
        let example: StandardPrincipal = EXAMPLE.parse().unwrap();
        assert_eq!(hex::encode(example.hash160()), "a46ff88886c2ef9762d970b4d2c63678835bd39d");
    }

    proptest! {
        #[test]
        fn every_account_is_its_own_text(version in 0u8..32, hash160: [u8; 20], zeros in 0usize..20) {
            let mut hash160 = hash160;
            hash160[..zeros].fill(0);
            let account = StandardPrincipal::new(version, hash160).unwrap();
            prop_assert_eq!(account.to_string().parse::<StandardPrincipal>(), Ok(account));
        }

        #[test]
        fn no_text_makes_parsing_panic(text in "\\PC*") {
            let _ = text.parse::<Principal>();
        }
    }
}
