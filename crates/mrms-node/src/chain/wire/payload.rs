//! Payloads of transactions: transfer, call, deploy (SIP-005 "Transaction Payloads", SIP-015).
//!
//! Payloads that only miners of the Stacks network use are refused by name.

use super::{ByteReader, ByteWriter, WireError};
use crate::chain::identifiers::{ContractId, Principal};

const TRANSFER: u8 = 0;
const DEPLOY: u8 = 1;
const CALL: u8 = 2;
const VERSIONED_DEPLOY: u8 = 6;
const STANDARD_PRINCIPAL: u8 = 5;
const CONTRACT_PRINCIPAL: u8 = 6;
const MEMO_BYTES: usize = 34;

/// The Clarity version that a deploy asks for, 1 to 6.
///
/// This ledger runs version 1 as Clarity 1 and every other version as Clarity 2, the newest that its VM has.
/// A contract that uses a name of a later version fails its analysis, because the name is unresolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClarityVersionByte(u8);

impl ClarityVersionByte {
    /// The version with this number.
    ///
    /// # Errors
    /// [`WireError::UnknownByte`] outside 1 to 6.
    pub fn try_new(byte: u8) -> Result<Self, WireError> {
        if (1..=6).contains(&byte) {
            Ok(Self(byte))
        } else {
            Err(WireError::UnknownByte { field: "Clarity version", byte })
        }
    }

    /// Its number, 1 to 6.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

/// What a transaction does after its fee is paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// Move STX from the origin.
    Transfer {
        /// Who receives the STX.
        recipient: Principal,
        /// How much, in micro-STX.
        amount: u64,
        /// A memo of the sender's, without meaning for the chain.
        memo: [u8; MEMO_BYTES],
    },
    /// Publish a contract under the origin's address.
    Deploy {
        /// The contract's name.
        name: String,
        /// The contract's source text.
        source: String,
        /// The Clarity version that the deploy asks for. None in the older form of the payload, which means
        /// the newest version that the VM has.
        version: Option<ClarityVersionByte>,
    },
    /// Call a public function.
    Call {
        /// The contract.
        contract: ContractId,
        /// The function's name.
        function: String,
        /// The arguments, each in Clarity's consensus encoding (SIP-005, "Clarity Value Representation").
        arguments: Vec<Vec<u8>>,
    },
}

impl Payload {
    pub(crate) fn decode(reader: &mut ByteReader<'_>) -> Result<Self, WireError> {
        match reader.u8("payload")? {
            TRANSFER => Self::decode_transfer(reader),
            DEPLOY => Self::decode_deploy(reader, None),
            CALL => Self::decode_call(reader),
            VERSIONED_DEPLOY => {
                let version = ClarityVersionByte::try_new(reader.u8("Clarity version")?)?;
                Self::decode_deploy(reader, Some(version))
            }
            3 => Err(WireError::Unsupported { what: "poison-microblock payload" }),
            4 | 5 | 8 => Err(WireError::Unsupported { what: "coinbase payload" }),
            7 => Err(WireError::Unsupported { what: "tenure-change payload" }),
            byte => Err(WireError::UnknownByte { field: "payload", byte }),
        }
    }

    fn decode_transfer(reader: &mut ByteReader<'_>) -> Result<Self, WireError> {
        let recipient = match reader.u8("recipient")? {
            STANDARD_PRINCIPAL => reader.account("recipient")?,
            CONTRACT_PRINCIPAL => reader.contract("recipient")?.into(),
            byte => return Err(WireError::UnknownByte { field: "recipient", byte }),
        };
        Ok(Self::Transfer { recipient, amount: reader.u64("amount")?, memo: reader.array("memo")? })
    }

    fn decode_deploy(
        reader: &mut ByteReader<'_>,
        version: Option<ClarityVersionByte>,
    ) -> Result<Self, WireError> {
        let name = reader.contract_name("contract name")?.to_string();
        let source = String::from_utf8(reader.long("contract source")?.to_vec())
            .ok()
            .filter(|text| text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t' | b'\n')))
            .ok_or(WireError::SourceNotText)?;
        Ok(Self::Deploy { name, source, version })
    }

    fn decode_call(reader: &mut ByteReader<'_>) -> Result<Self, WireError> {
        let contract = reader.contract("contract")?;
        let function = reader.clarity_name("function name")?;
        let count = reader.u32("argument count")?;
        // Nothing is allocated for the unchecked count: each argument must take at least one of the bytes
        // left.
        let mut arguments = Vec::new();
        for _ in 0..count {
            arguments.push(reader.value("argument")?);
        }
        Ok(Self::Call { contract, function, arguments })
    }

    pub(crate) fn encode(&self, writer: &mut ByteWriter) {
        match self {
            Self::Transfer { recipient, amount, memo } => {
                writer.u8(TRANSFER);
                match super::post_condition::as_contract(recipient) {
                    Some(contract) => writer.u8(CONTRACT_PRINCIPAL).contract(&contract),
                    None => writer.u8(STANDARD_PRINCIPAL).account(recipient),
                };
                writer.u64(*amount).raw(memo);
            }
            Self::Deploy { name, source, version } => {
                match version {
                    None => writer.u8(DEPLOY),
                    Some(version) => writer.u8(VERSIONED_DEPLOY).u8(version.get()),
                };
                writer.short(name).long(source.as_bytes());
            }
            Self::Call { contract, function, arguments } => {
                writer.u8(CALL).contract(contract).short(function);
                writer.u32(u32::try_from(arguments.len()).unwrap_or(u32::MAX));
                for argument in arguments {
                    writer.raw(argument);
                }
            }
        }
    }
}
