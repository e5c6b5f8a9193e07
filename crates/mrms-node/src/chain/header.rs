//! Block headers: what a block commits to, how a header is encoded, hashed and signed. Pure.
//!
//! The hash is SHA-256 over a tag and the header's encoding, which has one length for each format. Nothing else that
//! this system hashes begins with such a tag, so no other bytes can pass for a header.
//!
//! Headers have two formats. Format 2 adds the root of the [`ancestry`](super::ancestry). Blocks that were made before it
//! keep format 1, and no block of format 1 follows one of format 2.

use sha2::{Digest as _, Sha256};
use stacks_common::types::PublicKey as _;

use super::identifiers::BlockHash;
use super::merkle::Node;
use super::units::{BlockHeight, BurnHeight, UnixTime};
use super::wire::{ByteReader, ByteWriter, SignatureError, SigningKey, WireError, recover};

/// The format without a commitment to all blocks below.
const WITHOUT_ANCESTRY: u8 = 1;
/// The format with one.
const WITH_ANCESTRY: u8 = 2;
const FIRST_TAG: &[u8] = b"mrms ledger block header v1\0";
const SECOND_TAG: &[u8] = b"mrms ledger block header v2\0";

/// Length of an encoded header that begins with this byte; none if no format does.
pub(crate) fn encoded_length(format: u8) -> Option<usize> {
    match format {
        WITHOUT_ANCESTRY => Some(185),
        WITH_ANCESTRY => Some(217),
        _ => None,
    }
}

/// The header of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Network that the block's transactions are signed for.
    pub chain_id: u32,
    /// The block's height; genesis has 0.
    pub height: BlockHeight,
    /// Hash of the block below; all zeros at genesis.
    pub parent: BlockHash,
    /// Value of `burn-block-height` for the block's transactions. Never below the parent's.
    pub burn_height: BurnHeight,
    /// When the block was made. Never before the parent.
    pub time: UnixTime,
    /// Merkle root over the bytes of its operations.
    pub operations_root: Node,
    /// Number of its transactions.
    pub transactions: u32,
    /// Merkle root over the ids of its transactions.
    pub transactions_root: Node,
    /// Merkle root over the bytes of the receipts, in the same order.
    pub receipts_root: Node,
    /// Hash over its changes to the state.
    pub changes_hash: Node,
    /// Merkle root over the hashes of all blocks below ([`ancestry`](super::ancestry)); none in a block of format 1.
    pub ancestry_root: Option<Node>,
}

/// A header and the node's signature over its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHeader {
    /// The header.
    pub header: Header,
    /// Recovery id, r, s.
    pub signature: [u8; 65],
}

impl Header {
    /// Encodes the header: one length for each format, big-endian, in the order of the fields.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Without `..`, so that a new field does not compile until it is encoded and therefore hashed.
        let Self {
            chain_id,
            height,
            parent,
            burn_height,
            time,
            operations_root,
            transactions,
            transactions_root,
            receipts_root,
            changes_hash,
            ancestry_root,
        } = self;
        let format = if ancestry_root.is_some() { WITH_ANCESTRY } else { WITHOUT_ANCESTRY };
        let mut writer = ByteWriter::new();
        writer
            .u8(format)
            .u32(*chain_id)
            .u32(height.get())
            .raw(parent.as_bytes())
            .u32(burn_height.get())
            .u64(time.get())
            .raw(operations_root)
            .u32(*transactions)
            .raw(transactions_root)
            .raw(receipts_root)
            .raw(changes_hash);
        if let Some(root) = ancestry_root {
            writer.raw(root);
        }
        writer.into_bytes()
    }

    /// Decodes what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`WireError`] when the bytes are not a header.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = ByteReader::new(bytes);
        let has_ancestry = match reader.u8("header format")? {
            WITHOUT_ANCESTRY => false,
            WITH_ANCESTRY => true,
            byte => return Err(WireError::UnknownByte { field: "header format", byte }),
        };
        let header = Self {
            chain_id: reader.u32("chain id")?,
            height: BlockHeight::new(reader.u32("height")?),
            parent: BlockHash::new(reader.array("parent")?),
            burn_height: BurnHeight::new(reader.u32("burn height")?),
            time: UnixTime::new(reader.u64("time")?),
            operations_root: reader.array("operations root")?,
            transactions: reader.u32("transaction count")?,
            transactions_root: reader.array("transactions root")?,
            receipts_root: reader.array("receipts root")?,
            changes_hash: reader.array("changes hash")?,
            ancestry_root: match has_ancestry {
                true => Some(reader.array("ancestry root")?),
                false => None,
            },
        };
        reader.finish()?;
        Ok(header)
    }

    /// Hashes the header. The hash identifies the block.
    #[must_use]
    pub fn hash(&self) -> BlockHash {
        let tag = if self.ancestry_root.is_some() { SECOND_TAG } else { FIRST_TAG };
        BlockHash::new(
            Sha256::new().chain_update(tag).chain_update(self.encode()).finalize().into(),
        )
    }

    pub(crate) fn sign(&self, key: &SigningKey) -> Result<[u8; 65], SignatureError> {
        key.sign(self.hash().as_bytes())
    }

    /// Checks that the node with this public key signed the header.
    ///
    /// # Errors
    /// [`SignatureError`] when it did not.
    pub fn verify_signature(
        &self,
        node_key: &[u8; 33],
        signature: &[u8; 65],
    ) -> Result<(), SignatureError> {
        let signer = recover(self.hash().as_bytes(), signature)?;
        if signer.to_bytes() == node_key { Ok(()) } else { Err(SignatureError::WrongSigner) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn header() -> Header {
        Header {
            chain_id: 1,
            height: BlockHeight::new(2),
            parent: BlockHash::new([3; 32]),
            burn_height: BurnHeight::new(900_004),
            time: UnixTime::new(1_700_000_005),
            operations_root: [6; 32],
            transactions: 7,
            transactions_root: [8; 32],
            receipts_root: [9; 32],
            changes_hash: [10; 32],
            ancestry_root: Some([11; 32]),
        }
    }

    #[test]
    fn signature_of_another_header_or_key_is_refused() {
        let key = SigningKey::from_bytes([1; 32]).unwrap();
        let other = SigningKey::from_bytes([2; 32]).unwrap();
        let signature = header().sign(&key).unwrap();
        let node_key = key.public_key().unwrap();
        assert_eq!(header().verify_signature(&node_key, &signature), Ok(()));
        let altered = Header { transactions: 8, ..header() };
        assert!(altered.verify_signature(&node_key, &signature).is_err());
        assert!(header().verify_signature(&other.public_key().unwrap(), &signature).is_err());
    }

    #[test]
    fn header_of_each_format_round_trips_and_a_shortened_one_is_refused() {
        for ancestry_root in [None, Some([11; 32])] {
            let header = Header { ancestry_root, ..header() };
            let bytes = header.encode();
            assert_eq!(Header::decode(&bytes).unwrap(), header);
            assert_eq!(Some(bytes.len()), encoded_length(bytes[0]));
            for end in 0..bytes.len() {
                assert!(Header::decode(&bytes[..end]).is_err());
            }
        }
    }

    #[test]
    fn the_root_over_all_blocks_is_part_of_the_hash() {
        let one = header();
        let other = Header { ancestry_root: Some([12; 32]), ..header() };
        let without = Header { ancestry_root: None, ..header() };
        assert_ne!(one.hash(), other.hash());
        assert_ne!(one.hash(), without.hash());
    }
}
