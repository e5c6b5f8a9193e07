//! Post-conditions: what a transaction may move, or it is undone (SIP-005 "Transaction
//! Post-Conditions", SIP-040 for the originator mode and `maybe sent`, SIP-044 for staking).

use mrms_core::{ContractId, MicroStx, Principal};

use crate::clarity::{ClarityName, EncodeError, Value, decode_value, encode_value};
use crate::wire::{DecodeError, Reader, Writer};

/// What happens to movements of assets that no post-condition names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PostConditionMode {
    /// They are allowed.
    Allow,
    /// They undo the transaction.
    Deny,
    /// They undo it when the origin's assets move, and are allowed to everyone else (SIP-040).
    Originator,
}

impl PostConditionMode {
    pub(super) const fn to_byte(self) -> u8 {
        match self {
            Self::Allow => 0x01,
            Self::Deny => 0x02,
            Self::Originator => 0x03,
        }
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = reader.at();
        match reader.u8()? {
            0x01 => Ok(Self::Allow),
            0x02 => Ok(Self::Deny),
            0x03 => Ok(Self::Originator),
            byte => Err(DecodeError::Unknown { what: "a post-condition mode", at, byte }),
        }
    }
}

/// Whose assets a post-condition is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssetOwner {
    /// Whoever the transaction's origin is.
    Origin,
    /// This principal.
    Principal(Principal),
}

/// How an amount is compared: the amount sent, then this, then the amount named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// Exactly as much.
    Equal,
    /// More.
    Greater,
    /// As much or more.
    GreaterOrEqual,
    /// Less.
    Less,
    /// As much or less.
    LessOrEqual,
}

/// What must happen to a non-fungible token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenMovement {
    /// It is sent.
    Sent,
    /// It is kept.
    NotSent,
    /// Either (SIP-040).
    MaybeSent,
}

/// What must happen to proof-of-transfer actions that don't change what is locked (SIP-044).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PoxActions {
    /// There are none.
    WillNotPerform,
    /// Either.
    MayPerform,
    /// There are some.
    WillPerform,
}

/// A kind of token: the contract that defines it, and its name there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetId {
    /// The contract.
    pub contract: ContractId,
    /// The token's name in it.
    pub name: ClarityName,
}

/// A condition on what a transaction moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PostCondition {
    /// On the STX sent.
    Stx {
        /// Who sends them.
        owner: AssetOwner,
        /// How the amount is compared.
        comparison: Comparison,
        /// With this.
        amount: MicroStx,
    },
    /// On the amount of a fungible token sent.
    Fungible {
        /// Who sends it.
        owner: AssetOwner,
        /// The token.
        asset: AssetId,
        /// How the amount is compared.
        comparison: Comparison,
        /// With this, in the token's smallest unit.
        amount: u64,
    },
    /// On one non-fungible token.
    NonFungible {
        /// Whose it is.
        owner: AssetOwner,
        /// The kind of token.
        asset: AssetId,
        /// The value that names the one token.
        token: Value,
        /// What must happen to it.
        movement: TokenMovement,
    },
    /// On the STX staked (SIP-044).
    Staking {
        /// Who stakes them.
        owner: AssetOwner,
        /// How the amount is compared.
        comparison: Comparison,
        /// With this.
        amount: MicroStx,
    },
    /// On other proof-of-transfer actions (SIP-044).
    Pox {
        /// Who acts.
        owner: AssetOwner,
        /// What must happen.
        actions: PoxActions,
    },
}

const STX: u8 = 0x00;
const FUNGIBLE: u8 = 0x01;
const NON_FUNGIBLE: u8 = 0x02;
const STAKING: u8 = 0x03;
const POX: u8 = 0x04;

impl PostCondition {
    pub(super) fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match self {
            Self::Stx { owner, comparison, amount }
            | Self::Staking { owner, comparison, amount } => {
                out.push(if matches!(self, Self::Stx { .. }) { STX } else { STAKING });
                owner.encode(out);
                out.push(comparison.to_byte());
                out.extend_from_slice(&amount.number().to_be_bytes());
            }
            Self::Fungible { owner, asset, comparison, amount } => {
                out.push(FUNGIBLE);
                owner.encode(out);
                asset.encode(out);
                out.push(comparison.to_byte());
                out.extend_from_slice(&amount.to_be_bytes());
            }
            Self::NonFungible { owner, asset, token, movement } => {
                out.push(NON_FUNGIBLE);
                owner.encode(out);
                asset.encode(out);
                encode_value(token, out)?;
                out.push(match movement {
                    TokenMovement::Sent => 0x10,
                    TokenMovement::NotSent => 0x11,
                    TokenMovement::MaybeSent => 0x12,
                });
            }
            Self::Pox { owner, actions } => {
                out.push(POX);
                owner.encode(out);
                out.push(match actions {
                    PoxActions::WillNotPerform => 0x30,
                    PoxActions::MayPerform => 0x31,
                    PoxActions::WillPerform => 0x32,
                });
            }
        }
        Ok(())
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = reader.at();
        let kind = reader.u8()?;
        if !(STX..=POX).contains(&kind) {
            return Err(DecodeError::Unknown { what: "a kind of post-condition", at, byte: kind });
        }
        let owner = AssetOwner::decode(reader)?;
        Ok(match kind {
            STX | STAKING => {
                let comparison = Comparison::decode(reader)?;
                let amount = MicroStx::new(reader.u64()?);
                if kind == STX {
                    Self::Stx { owner, comparison, amount }
                } else {
                    Self::Staking { owner, comparison, amount }
                }
            }
            FUNGIBLE => Self::Fungible {
                owner,
                asset: AssetId::decode(reader)?,
                comparison: Comparison::decode(reader)?,
                amount: reader.u64()?,
            },
            NON_FUNGIBLE => Self::NonFungible {
                owner,
                asset: AssetId::decode(reader)?,
                token: decode_value(reader)?,
                movement: TokenMovement::decode(reader)?,
            },
            _ => Self::Pox { owner, actions: PoxActions::decode(reader)? },
        })
    }
}

impl AssetOwner {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Origin => out.push(0x01),
            Self::Principal(Principal::Standard(account)) => {
                out.push(0x02);
                out.account(account);
            }
            Self::Principal(Principal::Contract(id)) => {
                out.push(0x03);
                out.contract_id(id);
            }
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = reader.at();
        match reader.u8()? {
            0x01 => Ok(Self::Origin),
            0x02 => Ok(Self::Principal(reader.account()?.into())),
            0x03 => Ok(Self::Principal(reader.contract_id()?.into())),
            byte => Err(DecodeError::Unknown { what: "a post-condition's principal", at, byte }),
        }
    }
}

impl AssetId {
    fn encode(&self, out: &mut Vec<u8>) {
        out.contract_id(&self.contract);
        out.short_text(self.name.as_str());
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { contract: reader.contract_id()?, name: reader.clarity_name()? })
    }
}

impl Comparison {
    const fn to_byte(self) -> u8 {
        match self {
            Self::Equal => 0x01,
            Self::Greater => 0x02,
            Self::GreaterOrEqual => 0x03,
            Self::Less => 0x04,
            Self::LessOrEqual => 0x05,
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = reader.at();
        match reader.u8()? {
            0x01 => Ok(Self::Equal),
            0x02 => Ok(Self::Greater),
            0x03 => Ok(Self::GreaterOrEqual),
            0x04 => Ok(Self::Less),
            0x05 => Ok(Self::LessOrEqual),
            byte => Err(DecodeError::Unknown { what: "a fungible condition code", at, byte }),
        }
    }
}

impl TokenMovement {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = reader.at();
        match reader.u8()? {
            0x10 => Ok(Self::Sent),
            0x11 => Ok(Self::NotSent),
            0x12 => Ok(Self::MaybeSent),
            byte => Err(DecodeError::Unknown { what: "a non-fungible condition code", at, byte }),
        }
    }
}

impl PoxActions {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = reader.at();
        match reader.u8()? {
            0x30 => Ok(Self::WillNotPerform),
            0x31 => Ok(Self::MayPerform),
            0x32 => Ok(Self::WillPerform),
            byte => Err(DecodeError::Unknown { what: "a PoX condition code", at, byte }),
        }
    }
}
