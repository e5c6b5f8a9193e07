//! Receipts: what a transaction did. Its status, result, fee, events and cost.
//!
//! A receipt has one canonical encoding. The block header commits to it, so a receipt can be proved years
//! later. A receipt contains only what is certain to be the same when the chain is executed again. A
//! failure's message for people is therefore not in it; the store keeps that text beside the receipt.

use super::identifiers::{ContractId, Principal, TxId};
use super::units::MicroStx;
use super::wire::{ByteReader, ByteWriter, WireError};

const FORMAT: u8 = 1;

/// How an included transaction ended. In every case its nonce is used and its fee is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Its changes are in the state.
    Success,
    /// The contract returned `(err …)`, or stopped with an error, or failed its analysis. Its changes are
    /// undone.
    AbortByResponse,
    /// It moved something that its post-conditions forbid. Its changes are undone.
    AbortByPostCondition,
}

impl Status {
    /// The status's name in the Stacks APIs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::AbortByResponse => "abort_by_response",
            Self::AbortByPostCondition => "abort_by_post_condition",
        }
    }

    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::AbortByResponse => 1,
            Self::AbortByPostCondition => 2,
        }
    }

    pub(crate) fn from_code(byte: u8) -> Result<Self, WireError> {
        match byte {
            0 => Ok(Self::Success),
            1 => Ok(Self::AbortByResponse),
            2 => Ok(Self::AbortByPostCondition),
            byte => Err(WireError::UnknownByte { field: "status", byte }),
        }
    }
}

/// Execution cost, in the five dimensions of SIP-006.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Bytes written.
    pub write_length: u64,
    /// Number of writes.
    pub write_count: u64,
    /// Bytes read.
    pub read_length: u64,
    /// Number of reads.
    pub read_count: u64,
    /// Abstract units of computation.
    pub runtime: u64,
}

/// An event of a transaction. Values are in Clarity's consensus encoding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A contract printed a value: `(print value)`.
    Print {
        /// The contract that printed.
        contract: ContractId,
        /// The printed value.
        value: Vec<u8>,
    },
    /// STX moved.
    StxTransfer {
        /// Who sent.
        sender: Principal,
        /// Who received.
        recipient: Principal,
        /// How much.
        amount: MicroStx,
        /// A memo of the sender's, without meaning for the chain.
        memo: Vec<u8>,
    },
    /// STX were burnt.
    StxBurn {
        /// Who burnt them.
        sender: Principal,
        /// How much.
        amount: MicroStx,
    },
    /// Fungible tokens moved, were minted (no sender) or burnt (no recipient).
    Fungible {
        /// The token, as `contract::name`.
        asset: String,
        /// Who sent.
        sender: Option<Principal>,
        /// Who received.
        recipient: Option<Principal>,
        /// How many of the token's smallest unit.
        amount: u128,
    },
    /// A non-fungible token moved, was minted (no sender) or burnt (no recipient).
    NonFungible {
        /// The kind of token, as `contract::name`.
        asset: String,
        /// Who sent.
        sender: Option<Principal>,
        /// Who received.
        recipient: Option<Principal>,
        /// The token's identifier.
        token: Vec<u8>,
    },
}

/// What one included transaction did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The transaction's id.
    pub txid: TxId,
    /// How it ended.
    pub status: Status,
    /// What the contract returned, in Clarity's consensus encoding. `(ok true)` for a transfer or a deploy,
    /// `(err none)` when the VM stopped before the contract returned.
    pub result: Vec<u8>,
    /// The fee that was paid, in micro-STX.
    pub fee: u64,
    /// The transaction's events, in order; empty when its changes were undone.
    pub events: Vec<Event>,
    /// What it cost; none for transfers and for contracts that run unmetered.
    pub cost: Option<Cost>,
}

impl Receipt {
    /// Encodes the receipt canonically. The block's receipts root commits to these bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Without `..` here and below, so that a new field does not compile until it is encoded.
        let Self { txid, status, result, fee, events, cost } = self;
        let mut writer = ByteWriter::new();
        writer.u8(FORMAT).raw(txid.as_bytes()).u8(status.code()).long(result).u64(*fee);
        match cost {
            None => writer.u8(0),
            Some(Cost { write_length, write_count, read_length, read_count, runtime }) => writer
                .u8(1)
                .u64(*write_length)
                .u64(*write_count)
                .u64(*read_length)
                .u64(*read_count)
                .u64(*runtime),
        };
        writer.u32(u32::try_from(events.len()).unwrap_or(u32::MAX));
        for event in events {
            event.encode(&mut writer);
        }
        writer.into_bytes()
    }

    /// Decodes what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`WireError`] when the bytes are not a receipt.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = ByteReader::new(bytes);
        match reader.u8("receipt format")? {
            FORMAT => {}
            byte => return Err(WireError::UnknownByte { field: "receipt format", byte }),
        }
        let txid = TxId::new(reader.array("transaction id")?);
        let status = Status::from_code(reader.u8("status")?)?;
        let result = reader.long("result")?.to_vec();
        let fee = reader.u64("fee")?;
        let cost = match reader.u8("cost")? {
            0 => None,
            1 => Some(Cost {
                write_length: reader.u64("cost")?,
                write_count: reader.u64("cost")?,
                read_length: reader.u64("cost")?,
                read_count: reader.u64("cost")?,
                runtime: reader.u64("cost")?,
            }),
            byte => return Err(WireError::UnknownByte { field: "cost", byte }),
        };
        let count = reader.u32("event count")?;
        let mut events = Vec::new();
        for _ in 0..count {
            events.push(Event::decode(&mut reader)?);
        }
        reader.finish()?;
        Ok(Self { txid, status, result, fee, events, cost })
    }
}

fn put_principal(writer: &mut ByteWriter, principal: &Principal) {
    writer.long(principal.to_string().as_bytes());
}

fn put_optional(writer: &mut ByteWriter, principal: Option<&Principal>) {
    match principal {
        None => {
            writer.u8(0);
        }
        Some(principal) => {
            writer.u8(1);
            put_principal(writer, principal);
        }
    }
}

fn text(reader: &mut ByteReader<'_>, field: &'static str) -> Result<String, WireError> {
    String::from_utf8(reader.long(field)?.to_vec()).map_err(|_| WireError::BadName { field })
}

fn principal(reader: &mut ByteReader<'_>) -> Result<Principal, WireError> {
    const FIELD: &str = "principal";
    Principal::parse(&text(reader, FIELD)?).map_err(|_| WireError::BadName { field: FIELD })
}

fn optional(reader: &mut ByteReader<'_>) -> Result<Option<Principal>, WireError> {
    match reader.u8("principal")? {
        0 => Ok(None),
        1 => principal(reader).map(Some),
        byte => Err(WireError::UnknownByte { field: "principal", byte }),
    }
}

impl Event {
    fn encode(&self, writer: &mut ByteWriter) {
        match self {
            Self::Print { contract, value } => {
                writer.u8(0).long(contract.to_string().as_bytes()).long(value);
            }
            Self::StxTransfer { sender, recipient, amount, memo } => {
                writer.u8(1);
                put_principal(writer, sender);
                put_principal(writer, recipient);
                writer.u128(amount.get()).long(memo);
            }
            Self::StxBurn { sender, amount } => {
                writer.u8(2);
                put_principal(writer, sender);
                writer.u128(amount.get());
            }
            Self::Fungible { asset, sender, recipient, amount } => {
                writer.u8(3).long(asset.as_bytes());
                put_optional(writer, sender.as_ref());
                put_optional(writer, recipient.as_ref());
                writer.u128(*amount);
            }
            Self::NonFungible { asset, sender, recipient, token } => {
                writer.u8(4).long(asset.as_bytes());
                put_optional(writer, sender.as_ref());
                put_optional(writer, recipient.as_ref());
                writer.long(token);
            }
        }
    }

    fn decode(reader: &mut ByteReader<'_>) -> Result<Self, WireError> {
        match reader.u8("event")? {
            0 => Ok(Self::Print {
                contract: ContractId::parse(&text(reader, "contract")?)
                    .map_err(|_| WireError::BadName { field: "contract" })?,
                value: reader.long("event value")?.to_vec(),
            }),
            1 => Ok(Self::StxTransfer {
                sender: principal(reader)?,
                recipient: principal(reader)?,
                amount: MicroStx::new(reader.u128("amount")?),
                memo: reader.long("memo")?.to_vec(),
            }),
            2 => Ok(Self::StxBurn {
                sender: principal(reader)?,
                amount: MicroStx::new(reader.u128("amount")?),
            }),
            3 => Ok(Self::Fungible {
                asset: text(reader, "asset")?,
                sender: optional(reader)?,
                recipient: optional(reader)?,
                amount: reader.u128("amount")?,
            }),
            4 => Ok(Self::NonFungible {
                asset: text(reader, "asset")?,
                sender: optional(reader)?,
                recipient: optional(reader)?,
                token: reader.long("token")?.to_vec(),
            }),
            byte => Err(WireError::UnknownByte { field: "event", byte }),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn receipt() -> Receipt {
        let account = Principal::parse("ST000000000000000000002AMW42H").unwrap();
        let contract = ContractId::parse("ST000000000000000000002AMW42H.costs-3").unwrap();
        Receipt {
            txid: TxId::new([7; 32]),
            status: Status::Success,
            result: vec![7, 3],
            fee: 180,
            events: vec![
                Event::Print { contract, value: vec![3] },
                Event::StxTransfer {
                    sender: account.clone(),
                    recipient: account.clone(),
                    amount: MicroStx::new(5),
                    memo: vec![0; 34],
                },
                Event::StxBurn { sender: account.clone(), amount: MicroStx::new(1) },
                Event::Fungible {
                    asset: "a::b".into(),
                    sender: None,
                    recipient: Some(account),
                    amount: 3,
                },
                Event::NonFungible {
                    asset: "a::c".into(),
                    sender: None,
                    recipient: None,
                    token: vec![3],
                },
            ],
            cost: Some(Cost { runtime: 9, ..Cost::default() }),
        }
    }

    #[test]
    fn shortened_receipt_is_refused() {
        let bytes = receipt().encode();
        for end in 0..bytes.len() {
            assert!(Receipt::decode(&bytes[..end]).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn receipt_round_trips() {
        assert_eq!(Receipt::decode(&receipt().encode()).unwrap(), receipt());
    }
}
