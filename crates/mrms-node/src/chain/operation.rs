//! What an operator does to the ledger, as opposed to what a signed transaction does.
//!
//! Every operation is recorded in a block, so that executing the chain again needs nothing but the chain.
//! Nothing here acts for an account: an operation can give STX, move burn time and say that blocks were
//! dropped, never call a contract.

use super::identifiers::{BlockHash, Principal, SourceHash};
use super::units::{BlockHeight, BurnHeight, MicroStx};
use super::wire::{Reader, WireError, Writer};

/// STX that exist from the first block on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// Whose.
    pub account: Principal,
    /// How much.
    pub amount: MicroStx,
}

/// An operator's act.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// Begins a chain; the only operation of block 0 and nowhere else. Its hash names the ledger.
    Genesis {
        /// Public key (SEC 1, compressed) that signs every block.
        node_key: [u8; 33],
        /// Burn height of block 0.
        burn_height: BurnHeight,
        /// STX that exist from the start.
        allocations: Vec<Allocation>,
    },
    /// Lets contracts with this source run without metering from here on.
    Pin {
        /// Hash of the source text.
        source: SourceHash,
    },
    /// Moves burn time forward.
    Advance {
        /// By how many burn blocks.
        burn_blocks: u64,
    },
    /// Creates STX.
    Faucet {
        /// For whom.
        account: Principal,
        /// How much.
        amount: MicroStx,
    },
    /// Says that the chain went back to the block below this one and dropped those above it. The first
    /// operation of its block.
    Revert {
        /// Height of the newest block that was dropped; not below that of the block which says so.
        height: BlockHeight,
        /// Hash of that block.
        hash: BlockHash,
    },
}

impl Operation {
    /// Its canonical bytes, which the block's operations root commits to.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        match self {
            Self::Genesis { node_key, burn_height, allocations } => {
                writer.u8(0).raw(node_key).u32(burn_height.get());
                writer.u32(u32::try_from(allocations.len()).unwrap_or(u32::MAX));
                for Allocation { account, amount } in allocations {
                    writer.long(account.to_string().as_bytes()).u128(amount.get());
                }
            }
            Self::Pin { source } => {
                writer.u8(1).raw(source.as_bytes());
            }
            Self::Advance { burn_blocks } => {
                writer.u8(2).u64(*burn_blocks);
            }
            Self::Faucet { account, amount } => {
                writer.u8(3).long(account.to_string().as_bytes()).u128(amount.get());
            }
            Self::Revert { height, hash } => {
                writer.u8(4).u32(height.get()).raw(hash.as_bytes());
            }
        }
        writer.into_bytes()
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`WireError`] when the bytes are no operation.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        let operation = match reader.u8("operation")? {
            0 => {
                let node_key = reader.array("node key")?;
                let burn_height = BurnHeight::new(reader.u32("burn height")?);
                let count = reader.u32("allocation count")?;
                let mut allocations = Vec::new();
                for _ in 0..count {
                    let account = account(&mut reader)?;
                    allocations.push(Allocation {
                        account,
                        amount: MicroStx::new(reader.u128("amount")?),
                    });
                }
                Self::Genesis { node_key, burn_height, allocations }
            }
            1 => Self::Pin { source: SourceHash::new(reader.array("source hash")?) },
            2 => Self::Advance { burn_blocks: reader.u64("burn blocks")? },
            3 => Self::Faucet {
                account: account(&mut reader)?,
                amount: MicroStx::new(reader.u128("amount")?),
            },
            4 => Self::Revert {
                height: BlockHeight::new(reader.u32("dropped height")?),
                hash: BlockHash::new(reader.array("dropped hash")?),
            },
            byte => return Err(WireError::UnknownByte { field: "operation", byte }),
        };
        reader.finish()?;
        Ok(operation)
    }
}

fn account(reader: &mut Reader<'_>) -> Result<Principal, WireError> {
    const FIELD: &str = "account";
    let text = std::str::from_utf8(reader.long(FIELD)?)
        .map_err(|_| WireError::BadName { field: FIELD })?;
    Principal::parse(text).map_err(|_| WireError::BadName { field: FIELD })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_operation_round_trips_and_no_part_of_it_decodes() {
        let account = Principal::parse("ST000000000000000000002AMW42H").unwrap();
        let amount = MicroStx::new(1_000_000);
        for operation in [
            Operation::Genesis {
                node_key: [2; 33],
                burn_height: BurnHeight::new(900_000),
                allocations: vec![Allocation { account: account.clone(), amount }],
            },
            Operation::Pin { source: SourceHash::new([5; 32]) },
            Operation::Advance { burn_blocks: 144 },
            Operation::Faucet { account, amount },
            Operation::Revert { height: BlockHeight::new(9), hash: BlockHash::new([7; 32]) },
        ] {
            let bytes = operation.encode();
            assert_eq!(Operation::decode(&bytes).unwrap(), operation);
            for end in 0..bytes.len() {
                assert!(Operation::decode(&bytes[..end]).is_err());
            }
        }
    }
}
