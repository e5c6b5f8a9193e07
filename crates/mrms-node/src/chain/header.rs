//! Block headers: what a block commits to, how a header is encoded, hashed and signed. Pure.
//!
//! The hash is SHA-256 over a tag and the header's fixed-length encoding. Nothing else that this system
//! hashes begins with that tag, so no other bytes can pass for a header.

use sha2::{Digest as _, Sha256};
use stacks_common::types::PublicKey as _;

use super::identifiers::BlockHash;
use super::merkle::Node;
use super::units::{BlockHeight, BurnHeight, UnixTime};
use super::wire::{ByteReader, ByteWriter, SignatureError, SigningKey, WireError, recover};

const FORMAT: u8 = 1;
/// Length of an encoded header.
pub(crate) const HEADER_BYTES: usize = 185;
const HASH_TAG: &[u8] = b"mrms ledger block header v1\0";

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
}

impl Header {
    /// Encodes the header: fixed length, big-endian, in the order of the fields.
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
        } = self;
        let mut writer = ByteWriter::new();
        writer
            .u8(FORMAT)
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
        writer.into_bytes()
    }

    /// Decodes what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`WireError`] when the bytes are not a header.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = ByteReader::new(bytes);
        match reader.u8("header format")? {
            FORMAT => {}
            byte => return Err(WireError::UnknownByte { field: "header format", byte }),
        }
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
        };
        reader.finish()?;
        Ok(header)
    }

    /// Hashes the header. The hash identifies the block.
    #[must_use]
    pub fn hash(&self) -> BlockHash {
        BlockHash::new(
            Sha256::new().chain_update(HASH_TAG).chain_update(self.encode()).finalize().into(),
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
    fn header_round_trips_and_a_shortened_one_is_refused() {
        let bytes = header().encode();
        assert_eq!(Header::decode(&bytes).unwrap(), header());
        assert_eq!(bytes.len(), HEADER_BYTES);
        for end in 0..bytes.len() {
            assert!(Header::decode(&bytes[..end]).is_err());
        }
    }
}
