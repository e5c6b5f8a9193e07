//! Identifiers on the chain: accounts and contracts ([`Principal`], [`ContractId`]), transactions ([`TxId`]),
//! blocks ([`BlockHash`]), contract sources ([`SourceHash`]).
//!
//! This module knows no balances and no code. Spelling follows SIP-005 (c32check addresses) and the Clarity
//! reference (contract names).

use std::fmt;

use clarity::vm::Value;
use clarity::vm::types::{
    PrincipalData, QualifiedContractIdentifier, SequenceData, StandardPrincipalData,
};

use crate::hexadecimal;

/// Highest address version that c32check can write (SIP-005: five bits).
pub(crate) const MAX_ADDRESS_VERSION: u8 = 31;
/// Address version of a single-signature account on mainnet, written `SP…`. No account of this ledger has it.
pub(crate) const MAINNET_SINGLE_SIG: u8 = 22;
/// Address version of a multi-signature account on mainnet, written `SM…`. No account of this ledger has it.
pub(crate) const MAINNET_MULTI_SIG: u8 = 20;
/// Address version of a single-signature account outside mainnet, written `ST…`.
pub(crate) const TESTNET_SINGLE_SIG: u8 = 26;
/// Address version of a multi-signature account outside mainnet, written `SN…`.
pub(crate) const TESTNET_MULTI_SIG: u8 = 21;

/// Finds the first address version in a value that c32check cannot write.
///
/// The VM accepts every byte as a version. Newer Stacks networks refuse the others, and a client could not
/// read such an address.
pub(crate) fn unspellable_version(value: &Value) -> Option<u8> {
    let of =
        |principal: &PrincipalData| Some(principal.version()).filter(|v| *v > MAX_ADDRESS_VERSION);
    match value {
        Value::Principal(principal) => of(principal),
        Value::CallableContract(callable) => {
            of(&PrincipalData::Contract(callable.contract_identifier.clone()))
        }
        Value::Sequence(SequenceData::List(list)) => list.data.iter().find_map(unspellable_version),
        Value::Tuple(tuple) => tuple.data_map.values().find_map(unspellable_version),
        Value::Optional(optional) => optional.data.as_deref().and_then(unspellable_version),
        Value::Response(response) => unspellable_version(&response.data),
        Value::Sequence(_) | Value::Int(_) | Value::UInt(_) | Value::Bool(_) => None,
    }
}

/// Why a text is not the identifier that was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentifierError {
    /// Not an address such as `ST…`, and not an address followed by `.contract-name`.
    #[error("`{text}` is no Stacks principal")]
    Principal {
        /// The text.
        text: String,
    },
    /// Not `ADDRESS.contract-name`.
    #[error("`{text}` is no contract identifier")]
    Contract {
        /// The text.
        text: String,
    },
    /// Not 64 hexadecimal digits, with or without `0x`.
    #[error("`{text}` is no 32-byte hash in hexadecimal")]
    Hash {
        /// The text.
        text: String,
    },
}

/// An account or a contract: whatever can hold STX and act.
///
/// Invariant: its text is the canonical c32check spelling, and parsing that text returns the same principal.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Principal(PrincipalData);

impl Principal {
    /// Parses `ST…` or `ST….contract-name`.
    ///
    /// # Errors
    /// [`IdentifierError::Principal`] when the checksum, the length or the contract name is wrong, or when
    /// the spelling is not canonical.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let refusal = || IdentifierError::Principal { text: text.to_owned() };
        let inner = PrincipalData::parse(text).map_err(|_| refusal())?;
        let principal = Self(inner);
        if principal.to_string() == text { Ok(principal) } else { Err(refusal()) }
    }

    /// Whether this is a contract, and not an account that signs.
    #[must_use]
    pub fn is_contract(&self) -> bool {
        matches!(self.0, PrincipalData::Contract(_))
    }

    pub(crate) fn from_vm(inner: PrincipalData) -> Self {
        Self(inner)
    }

    pub(crate) fn standard(version: u8, hash: [u8; 20]) -> Self {
        Self(PrincipalData::Standard(StandardPrincipalData(version, hash)))
    }

    pub(crate) fn as_vm(&self) -> &PrincipalData {
        &self.0
    }

    pub(crate) fn address_version(&self) -> u8 {
        self.0.version()
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Principal({self})")
    }
}

impl From<ContractId> for Principal {
    fn from(contract: ContractId) -> Self {
        Self(PrincipalData::Contract(contract.0))
    }
}

/// A contract's id: the deployer's address and the contract's name.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ContractId(QualifiedContractIdentifier);

impl ContractId {
    /// Parses `ST….contract-name`.
    ///
    /// # Errors
    /// [`IdentifierError::Contract`] when the address or the name is not valid.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let refusal = || IdentifierError::Contract { text: text.to_owned() };
        let inner = QualifiedContractIdentifier::parse(text).map_err(|_| refusal())?;
        let contract = Self(inner);
        if contract.to_string() == text { Ok(contract) } else { Err(refusal()) }
    }

    /// The account that deployed it.
    #[must_use]
    pub fn deployer(&self) -> Principal {
        Principal(PrincipalData::Standard(self.0.issuer.clone()))
    }

    /// The contract's name, without the address.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    pub(crate) fn from_vm(inner: QualifiedContractIdentifier) -> Self {
        Self(inner)
    }

    pub(crate) fn as_vm(&self) -> &QualifiedContractIdentifier {
        &self.0
    }
}

impl fmt::Display for ContractId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for ContractId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContractId({self})")
    }
}

macro_rules! hash_name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// The hash with these bytes.
            #[must_use]
            pub const fn new(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// Parses 64 hexadecimal digits, with or without a leading `0x`.
            ///
            /// # Errors
            /// [`IdentifierError::Hash`] for any other text.
            pub fn parse(text: &str) -> Result<Self, IdentifierError> {
                let mut bytes = [0; 32];
                let digits = text.strip_prefix("0x").unwrap_or(text);
                hexadecimal::decode_to_slice(digits, &mut bytes)
                    .ok_or_else(|| IdentifierError::Hash { text: text.to_owned() })?;
                Ok(Self(bytes))
            }

            /// The 32 bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "0x{}", hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
}

hash_name! {
    /// Identifies a transaction: SHA-512/256 of its bytes (SIP-005).
    TxId
}
hash_name! {
    /// Identifies a block: the domain-separated SHA-256 of its header, see [`super::Header`].
    BlockHash
}
hash_name! {
    /// SHA-256 of a contract's source text.
    SourceHash
}

impl SourceHash {
    /// Hashes a source text.
    #[must_use]
    pub fn of(source: &str) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(source.as_bytes()).into())
    }

    /// The hash that these bytes are.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn address_with_a_wrong_checksum_is_refused() {
        assert!(Principal::parse("ST000000000000000000002AMW42J").is_err());
    }

    #[test]
    fn misspelt_first_letter_is_refused() {
        assert!(Principal::parse("XT000000000000000000002AMW42H").is_err());
    }

    #[test]
    fn contract_text_round_trips() {
        let text = "ST000000000000000000002AMW42H.costs-3";
        assert_eq!(ContractId::parse(text).unwrap().to_string(), text);
        assert!(Principal::parse(text).unwrap().is_contract());
    }

    #[test]
    fn hash_of_31_bytes_is_refused() {
        assert!(TxId::parse(&"ab".repeat(31)).is_err());
        assert_eq!(TxId::parse(&format!("0x{}", "ab".repeat(32))).unwrap(), TxId::new([0xab; 32]));
    }
}
