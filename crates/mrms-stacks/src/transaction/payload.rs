//! What a transaction does (SIP-005 "Transaction Payloads"): transfer STX, deploy a contract or
//! call one.
//!
//! The payloads that only miners send (poison microblock, coinbases, tenure change) are named when
//! they are refused.

use std::fmt;
use std::str::FromStr;

use mrms_core::{ContractId, ContractName, MicroStx, Principal};

use crate::clarity::{ClarityName, EncodeError, TextError, Value, decode_value, encode_value};
use crate::wire::{DecodeError, Reader, Writer};

const TOKEN_TRANSFER: u8 = 0x00;
const SMART_CONTRACT: u8 = 0x01;
const CONTRACT_CALL: u8 = 0x02;
const VERSIONED_SMART_CONTRACT: u8 = 0x06;
const STANDARD_RECIPIENT: u8 = 0x05;
const CONTRACT_RECIPIENT: u8 = 0x06;

/// Most arguments of a call that are read; a node charges for each and stops long before.
const MAX_ARGUMENTS: usize = 65_535;
/// Longest source of a contract, in bytes: what a transaction has room for.
const MAX_SOURCE_LENGTH: usize = super::MAX_LENGTH;

/// What a transaction does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// Sends STX.
    TokenTransfer {
        /// Who gets them.
        recipient: Principal,
        /// How many.
        amount: MicroStx,
        /// A note that everyone can read.
        memo: Memo,
    },
    /// Calls a public function.
    ContractCall(ContractCall),
    /// Deploys a contract under the origin's account.
    SmartContract(SmartContract),
}

/// A call of a contract's public function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractCall {
    /// The contract.
    pub contract: ContractId,
    /// The function.
    pub function: ClarityName,
    /// Its arguments in their order.
    pub arguments: Vec<Value>,
}

/// A contract to deploy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmartContract {
    /// Its name under the origin's account.
    pub name: ContractName,
    /// Its source.
    pub source: ContractSource,
    /// The Clarity version to read it by; none (payload 1) leaves it to the node's epoch.
    pub clarity_version: Option<ClarityVersion>,
}

impl Payload {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::TokenTransfer { recipient, amount, memo } => {
                out.push(TOKEN_TRANSFER);
                out.extend_from_slice(&recipient.to_consensus_bytes());
                out.extend_from_slice(&amount.number().to_be_bytes());
                out.extend_from_slice(&memo.0);
            }
            Self::ContractCall(ContractCall { contract, function, arguments }) => {
                out.push(CONTRACT_CALL);
                out.contract_id(contract);
                out.short_text(function.as_str());
                let (what, length, limit) = ("an argument list", arguments.len(), MAX_ARGUMENTS);
                if length > limit {
                    return Err(EncodeError::TooLong { what, length, limit });
                }
                out.length(length);
                for argument in arguments {
                    encode_value(argument, out)?;
                }
            }
            Self::SmartContract(SmartContract { name, source, clarity_version }) => {
                match clarity_version {
                    None => out.push(SMART_CONTRACT),
                    Some(ClarityVersion(version)) => {
                        out.extend_from_slice(&[VERSIONED_SMART_CONTRACT, *version]);
                    }
                }
                out.short_text(name.as_str());
                out.length(source.0.len());
                out.extend_from_slice(source.0.as_bytes());
            }
        }
        Ok(())
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = reader.at();
        let unsupported = |what| Err(DecodeError::Unsupported { what, at });
        match reader.u8()? {
            TOKEN_TRANSFER => Ok(Self::TokenTransfer {
                recipient: decode_recipient(reader)?,
                amount: MicroStx::new(reader.u64()?),
                memo: Memo(reader.array()?),
            }),
            CONTRACT_CALL => {
                let contract = reader.contract_id()?;
                let function = reader.clarity_name()?;
                let length = reader.length("an argument list", MAX_ARGUMENTS)?;
                let mut arguments = reader.room_for(length);
                for _ in 0..length {
                    arguments.push(decode_value(reader)?);
                }
                Ok(Self::ContractCall(ContractCall { contract, function, arguments }))
            }
            SMART_CONTRACT => decode_smart_contract(reader, None),
            VERSIONED_SMART_CONTRACT => {
                let at = reader.at();
                let byte = reader.u8()?;
                let what = "a known Clarity version";
                let version =
                    ClarityVersion::new(byte).ok_or(DecodeError::Unknown { what, at, byte })?;
                decode_smart_contract(reader, Some(version))
            }
            0x03 => unsupported("a poison-microblock payload"),
            0x04 => unsupported("a coinbase payload"),
            0x05 => unsupported("a coinbase-to-recipient payload"),
            0x07 => unsupported("a tenure-change payload"),
            0x08 => unsupported("a Nakamoto coinbase payload"),
            byte => Err(DecodeError::Unknown { what: "a kind of payload", at, byte }),
        }
    }
}

fn decode_recipient(reader: &mut Reader<'_>) -> Result<Principal, DecodeError> {
    let at = reader.at();
    match reader.u8()? {
        STANDARD_RECIPIENT => Ok(reader.account()?.into()),
        CONTRACT_RECIPIENT => Ok(reader.contract_id()?.into()),
        byte => Err(DecodeError::Unknown { what: "a kind of principal", at, byte }),
    }
}

fn decode_smart_contract(
    reader: &mut Reader<'_>,
    clarity_version: Option<ClarityVersion>,
) -> Result<Payload, DecodeError> {
    let name = reader.contract_name()?;
    let at = reader.at();
    let length = reader.length("a contract's source", MAX_SOURCE_LENGTH)?;
    let refused = DecodeError::Text { what: "a contract's source", at };
    let text = std::str::from_utf8(reader.take(length)?).map_err(|_| refused.clone())?;
    let source = text.parse().map_err(|_| refused)?;
    Ok(Payload::SmartContract(SmartContract { name, source, clarity_version }))
}

/// Source of a contract: printable ASCII, tabs and line feeds, as a node wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractSource(String);

impl ContractSource {
    /// The source.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ContractSource {
    type Err = TextError;

    fn from_str(source: &str) -> Result<Self, Self::Err> {
        TextError::check(source, |c| matches!(c, ' '..='~' | '\t' | '\n'))?;
        Ok(Self(source.to_owned()))
    }
}

/// A version of Clarity that a versioned deploy can name: 1 to 6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClarityVersion(u8);

impl ClarityVersion {
    /// Clarity 2 (SIP-015), the version the embedded ledger runs.
    pub const CLARITY_2: Self = Self(2);

    /// The version with this number; `None` unless it is 1 to 6.
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        if matches!(number, 1..=6) { Some(Self(number)) } else { None }
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }
}

impl fmt::Display for ClarityVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clarity {}", self.0)
    }
}

/// Why a text is no memo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a memo has {} bytes at most, this one has {length}", Memo::LENGTH)]
pub struct MemoError {
    /// Its length in bytes.
    pub length: usize,
}

/// A transfer's note: 34 bytes, filled up with zeros.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Memo([u8; Self::LENGTH]);

impl Memo {
    /// Length in bytes.
    pub const LENGTH: usize = 34;
    /// No note.
    pub const EMPTY: Self = Self([0; Self::LENGTH]);

    /// All 34 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

impl FromStr for Memo {
    type Err = MemoError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let length = text.len();
        let mut memo = Self::EMPTY;
        memo.0.get_mut(..length).ok_or(MemoError { length })?.copy_from_slice(text.as_bytes());
        Ok(memo)
    }
}

impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = String::from_utf8_lossy(&self.0);
        write!(f, "Memo({:?})", text.trim_end_matches('\0'))
    }
}
