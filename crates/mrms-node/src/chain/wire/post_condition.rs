//! Post-conditions: what a signer allows a transaction to move (SIP-005 "Transaction Post-Conditions",
//! SIP-040).
//!
//! This module knows their form only; `vm::post_conditions` compares them with what the transaction moved.

use clarity::vm::types::PrincipalData;

use super::{ByteReader, ByteWriter, WireError};
use crate::chain::identifiers::{ContractId, Principal};

/// What happens to assets that no post-condition names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostConditionMode {
    /// They may move.
    Allow,
    /// They must not move, whoever owns them.
    Deny,
    /// Those of the origin must not move; those of everybody else may (SIP-040).
    Originator,
}

/// Whose assets a post-condition is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostConditionSubject {
    /// The origin of this transaction.
    Origin,
    /// This account.
    Account(Principal),
    /// This contract.
    Contract(ContractId),
}

/// How the sum that was sent must compare with the amount in the condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountTest {
    /// Exactly the amount.
    Equal,
    /// More than the amount.
    Greater,
    /// The amount or more.
    GreaterOrEqual,
    /// Less than the amount.
    Less,
    /// The amount or less.
    LessOrEqual,
}

/// Whether one token must have left its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NftTest {
    /// It must have been sent.
    Sent,
    /// It must not have been sent.
    NotSent,
    /// It may have been sent (SIP-040).
    MaybeSent,
}

/// A token of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// The contract that defines it.
    pub contract: ContractId,
    /// Its name in that contract.
    pub name: String,
}

/// A condition on the sum that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    /// The comparison.
    pub test: AmountTest,
    /// The amount that the sum is compared with, in micro-STX or in the token's smallest unit.
    pub amount: u64,
}

/// One condition on what leaves one owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostCondition {
    /// On STX. Burnt STX count as sent.
    Stx {
        /// The owner.
        subject: PostConditionSubject,
        /// How much may be sent.
        amount: Amount,
    },
    /// On a fungible token.
    Fungible {
        /// The owner.
        subject: PostConditionSubject,
        /// The token.
        asset: Asset,
        /// How much may be sent.
        amount: Amount,
    },
    /// On one non-fungible token.
    NonFungible {
        /// The owner.
        subject: PostConditionSubject,
        /// The kind of token.
        asset: Asset,
        /// The token's identifier, in Clarity's consensus encoding.
        token: Vec<u8>,
        /// Whether it must, must not or may be sent.
        test: NftTest,
    },
}

pub(super) fn as_contract(principal: &Principal) -> Option<ContractId> {
    match principal.as_vm() {
        PrincipalData::Contract(contract) => Some(ContractId::from_vm(contract.clone())),
        PrincipalData::Standard(_) => None,
    }
}

impl PostConditionMode {
    pub(crate) fn decode(reader: &mut ByteReader<'_>) -> Result<Self, WireError> {
        match reader.u8("post-condition mode")? {
            1 => Ok(Self::Allow),
            2 => Ok(Self::Deny),
            3 => Ok(Self::Originator),
            byte => Err(WireError::UnknownByte { field: "post-condition mode", byte }),
        }
    }

    pub(crate) fn byte(self) -> u8 {
        match self {
            Self::Allow => 1,
            Self::Deny => 2,
            Self::Originator => 3,
        }
    }
}

impl PostConditionSubject {
    fn decode(reader: &mut ByteReader<'_>) -> Result<Self, WireError> {
        const FIELD: &str = "post-condition principal";
        match reader.u8(FIELD)? {
            1 => Ok(Self::Origin),
            2 => Ok(Self::Account(reader.account(FIELD)?)),
            3 => Ok(Self::Contract(reader.contract(FIELD)?)),
            byte => Err(WireError::UnknownByte { field: FIELD, byte }),
        }
    }

    fn encode(&self, writer: &mut ByteWriter) {
        match self {
            Self::Origin => writer.u8(1),
            Self::Account(account) => writer.u8(2).account(account),
            Self::Contract(contract) => writer.u8(3).contract(contract),
        };
    }
}

impl Asset {
    fn decode(reader: &mut ByteReader<'_>) -> Result<Self, WireError> {
        Ok(Self {
            contract: reader.contract("asset contract")?,
            name: reader.clarity_name("asset name")?,
        })
    }

    fn encode(&self, writer: &mut ByteWriter) {
        let Self { contract, name } = self;
        writer.contract(contract).short(name);
    }
}

impl Amount {
    fn decode(reader: &mut ByteReader<'_>) -> Result<Self, WireError> {
        let test = match reader.u8("condition code")? {
            1 => AmountTest::Equal,
            2 => AmountTest::Greater,
            3 => AmountTest::GreaterOrEqual,
            4 => AmountTest::Less,
            5 => AmountTest::LessOrEqual,
            byte => return Err(WireError::UnknownByte { field: "condition code", byte }),
        };
        Ok(Self { test, amount: reader.u64("condition amount")? })
    }

    fn encode(self, writer: &mut ByteWriter) {
        let Self { test, amount } = self;
        let code = match test {
            AmountTest::Equal => 1,
            AmountTest::Greater => 2,
            AmountTest::GreaterOrEqual => 3,
            AmountTest::Less => 4,
            AmountTest::LessOrEqual => 5,
        };
        writer.u8(code).u64(amount);
    }

    /// Whether the condition allows that `sent` was sent.
    pub(crate) fn admits(self, sent: u128) -> bool {
        let amount = u128::from(self.amount);
        match self.test {
            AmountTest::Equal => sent == amount,
            AmountTest::Greater => sent > amount,
            AmountTest::GreaterOrEqual => sent >= amount,
            AmountTest::Less => sent < amount,
            AmountTest::LessOrEqual => sent <= amount,
        }
    }
}

impl PostCondition {
    pub(crate) fn decode(reader: &mut ByteReader<'_>) -> Result<Self, WireError> {
        match reader.u8("post-condition")? {
            0 => Ok(Self::Stx {
                subject: PostConditionSubject::decode(reader)?,
                amount: Amount::decode(reader)?,
            }),
            1 => Ok(Self::Fungible {
                subject: PostConditionSubject::decode(reader)?,
                asset: Asset::decode(reader)?,
                amount: Amount::decode(reader)?,
            }),
            2 => Ok(Self::NonFungible {
                subject: PostConditionSubject::decode(reader)?,
                asset: Asset::decode(reader)?,
                token: reader.value("post-condition token")?,
                test: match reader.u8("condition code")? {
                    0x10 => NftTest::Sent,
                    0x11 => NftTest::NotSent,
                    0x12 => NftTest::MaybeSent,
                    byte => return Err(WireError::UnknownByte { field: "condition code", byte }),
                },
            }),
            3 => Err(WireError::Unsupported { what: "staking post-condition" }),
            4 => Err(WireError::Unsupported { what: "proof-of-transfer post-condition" }),
            byte => Err(WireError::UnknownByte { field: "post-condition", byte }),
        }
    }

    pub(crate) fn encode(&self, writer: &mut ByteWriter) {
        match self {
            Self::Stx { subject, amount } => {
                writer.u8(0);
                subject.encode(writer);
                amount.encode(writer);
            }
            Self::Fungible { subject, asset, amount } => {
                writer.u8(1);
                subject.encode(writer);
                asset.encode(writer);
                amount.encode(writer);
            }
            Self::NonFungible { subject, asset, token, test } => {
                writer.u8(2);
                subject.encode(writer);
                asset.encode(writer);
                writer.raw(token).u8(match test {
                    NftTest::Sent => 0x10,
                    NftTest::NotSent => 0x11,
                    NftTest::MaybeSent => 0x12,
                });
            }
        }
    }
}
