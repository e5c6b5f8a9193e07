//! Fees, nonces, chain ids and transaction ids of Stacks.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::hexadecimal;

/// An amount of STX in millionths (micro-STX, µSTX), the unit of fees and balances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MicroStx(u64);

impl MicroStx {
    /// This many millionths of an STX.
    #[must_use]
    pub const fn new(micro_stx: u64) -> Self {
        Self(micro_stx)
    }

    /// Millionths of an STX.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for MicroStx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} µSTX", self.0)
    }
}

/// Count of transactions that an account has sent; the next one carries this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Nonce(u64);

impl Nonce {
    /// The nonce with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The nonce of the transaction after this many more.
    #[must_use]
    pub const fn plus(self, transactions: u64) -> Self {
        Self(self.0.saturating_add(transactions))
    }
}

/// The number that keeps a transaction from being replayed on another chain (SIP-005).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ChainId(u32);

impl ChainId {
    /// Stacks mainnet.
    pub const MAINNET: Self = Self(0x0000_0001);
    /// Stacks testnet.
    pub const TESTNET: Self = Self(0x8000_0000);
    /// The embedded ledger: the letters MRMS, so that nothing signed for it is valid elsewhere.
    pub const EMBEDDED: Self = Self(0x4d52_4d53);

    /// The chain with this id.
    #[must_use]
    pub const fn new(id: u32) -> Self {
        Self(id)
    }

    /// The id.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// Its name, for people.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::MAINNET => "Stacks mainnet".to_owned(),
            Self::TESTNET => "Stacks testnet".to_owned(),
            Self::EMBEDDED => "embedded ledger".to_owned(),
            other => format!("Stacks chain {other}"),
        }
    }
}

impl fmt::Display for ChainId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:08x}", self.0)
    }
}

/// Why a text is not a transaction id.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a transaction id is 64 hexadecimal digits, with or without 0x")]
pub struct ParseTxIdError;

/// SHA-512/256 of a signed transaction (SIP-005). Shown as `0x` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TxId([u8; 32]);

impl TxId {
    /// An id that was computed or read somewhere.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for TxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(self.0))
    }
}

impl fmt::Debug for TxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TxId({self})")
    }
}

impl FromStr for TxId {
    type Err = ParseTxIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let mut bytes = [0; 32];
        hexadecimal::decode_to_slice(digits, &mut bytes).map_err(|_| ParseTxIdError)?;
        Ok(Self(bytes))
    }
}

impl Serialize for TxId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TxId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
