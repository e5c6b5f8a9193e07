//! Operator operations: what the node's operator changes on the ledger, without a signed transaction.
//!
//! A block records every operation, so that executing the chain again needs nothing but the chain. An
//! operation never acts for an account: it can create STX, move burn time, pin a source, and record that blocks
//! were dropped or lost. It cannot call a contract.

use super::identifiers::{BlockHash, Principal, SourceHash};
use super::units::{BlockHeight, BurnHeight, MicroStx};
use super::wire::{ByteReader, ByteWriter, WireError};

/// STX of an account that exist from block 0 on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// The account.
    pub account: Principal,
    /// Its STX.
    pub amount: MicroStx,
}

/// An operator operation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// Begins a chain. The first operation of block 0, and of no other block. The hash of block 0 identifies
    /// the ledger.
    Genesis {
        /// Public key (SEC 1, compressed) that signs every block.
        node_key: [u8; 33],
        /// Burn height of block 0.
        burn_height: BurnHeight,
        /// STX that exist from the start.
        allocations: Vec<Allocation>,
    },
    /// Pins a source: from this block on, contracts with this source run without metering.
    Pin {
        /// Hash of the contract's source text.
        source: SourceHash,
    },
    /// Moves burn time forward.
    Advance {
        /// By how many burn blocks.
        burn_blocks: u64,
    },
    /// Creates STX for an account.
    Faucet {
        /// The account.
        account: Principal,
        /// How much STX.
        amount: MicroStx,
    },
    /// Records a revert: the chain went back to the block below this one, and the blocks above that were
    /// dropped. Always the first operation of its block.
    Revert {
        /// Height of the newest dropped block. Not below the height of the block that records this.
        height: BlockHeight,
        /// Hash of that block.
        hash: BlockHash,
    },
    /// Records a loss: a block that was acknowledged is missing, those below it that this chain does not have
    /// are, too, and the operator went on without them. In no block 0.
    Loss {
        /// Height of the newest block that is missing.
        height: BlockHeight,
        /// Hash of that block.
        hash: BlockHash,
    },
}

impl Operation {
    /// Encodes the operation canonically. The block's operations root commits to these bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = ByteWriter::new();
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
            Self::Loss { height, hash } => {
                writer.u8(5).u32(height.get()).raw(hash.as_bytes());
            }
        }
        writer.into_bytes()
    }

    /// Decodes what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`WireError`] when the bytes are not an operation.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = ByteReader::new(bytes);
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
            5 => Self::Loss {
                height: BlockHeight::new(reader.u32("lost height")?),
                hash: BlockHash::new(reader.array("lost hash")?),
            },
            byte => return Err(WireError::UnknownByte { field: "operation", byte }),
        };
        reader.finish()?;
        Ok(operation)
    }
}

fn account(reader: &mut ByteReader<'_>) -> Result<Principal, WireError> {
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
    fn every_operation_round_trips_and_a_shortened_one_is_refused() {
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
            Operation::Loss { height: BlockHeight::new(9), hash: BlockHash::new([7; 32]) },
        ] {
            let bytes = operation.encode();
            assert_eq!(Operation::decode(&bytes).unwrap(), operation);
            for end in 0..bytes.len() {
                assert!(Operation::decode(&bytes[..end]).is_err());
            }
        }
    }
}
