//! [`HandOver`]: what a patient gives a successor, so that the successor opens what the patient could.
//!
//! The keys in it are sealed to the successor's encryption key: nobody else opens them, whoever has the document. It
//! makes nobody the patient; the contract does, after the patient has offered and the successor has accepted there.

use mrms_core::{ChainId, ContractId, StandardPrincipal, UnixTime};
use mrms_stacks::clarity::{Reading, Value};

use crate::document::{Document, DocumentError};

/// The longest sealed part, in bytes.
pub const MOST_SEALED: usize = 600_000;

/// What a patient gives a successor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandOver {
    /// The patient, who signs it.
    pub patient: StandardPrincipal,
    /// The successor.
    pub successor: StandardPrincipal,
    /// Digest of the encryption key that it is sealed to, as a card names one.
    pub key_hash: [u8; 32],
    /// The chain.
    pub chain_id: ChainId,
    /// Hash of the chain's first block, as its nodes tell it.
    pub genesis: [u8; 32],
    /// The records contract.
    pub contract: ContractId,
    /// When it was made, by its maker's clock.
    pub issued: UnixTime,
    /// Keys and memory, sealed to the successor.
    pub sealed: Vec<u8>,
}

impl Document for HandOver {
    const TOPIC: &'static str = "hand-over";
    const CALLED: &'static str = "what somebody hands over";
    /// A profile that remembers much has a long one; without its memory a QR code holds it.
    const MOST_BYTES: usize = MOST_SEALED + 1_000;

    fn signer(&self) -> StandardPrincipal {
        self.patient
    }

    fn chain_id(&self) -> ChainId {
        self.chain_id
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let Self { patient, successor, key_hash, chain_id, genesis, contract, issued, sealed } =
            self;
        vec![
            ("who", Value::principal(*patient)),
            ("successor", Value::principal(*successor)),
            ("key", Value::buffer(*key_hash)),
            ("chain", Value::uint(chain_id.number())),
            ("genesis", Value::buffer(*genesis)),
            ("contract", Value::principal(contract.clone())),
            ("issued", Value::uint(issued.seconds())),
            ("sealed", Value::buffer(sealed.clone())),
        ]
    }

    fn from_fields(fields: &Reading<'_>) -> Result<Self, DocumentError> {
        let chain = fields.field("chain")?.uint64()?;
        Ok(Self {
            patient: *fields.field("who")?.account()?,
            successor: *fields.field("successor")?.account()?,
            key_hash: fields.field("key")?.array()?,
            chain_id: u32::try_from(chain)
                .map(ChainId::new)
                .map_err(|_| DocumentError::Unknown { field: "chain" })?,
            genesis: fields.field("genesis")?.array()?,
            contract: fields.field("contract")?.contract()?.clone(),
            issued: UnixTime::from_seconds(fields.field("issued")?.uint64()?),
            sealed: fields.field("sealed")?.buffer()?.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use mrms_stacks::keys::SigningKey;
    use mrms_stacks::network::TransactionVersion;

    use super::*;
    use crate::document::SignedDocument;

    fn key(byte: u8) -> SigningKey {
        SigningKey::from_bytes(&[byte; 32]).unwrap()
    }

    fn hand_over(length: usize) -> HandOver {
        HandOver {
            patient: key(1).address(TransactionVersion::Testnet),
            successor: key(2).address(TransactionVersion::Testnet),
            key_hash: [9; 32],
            chain_id: ChainId::EMBEDDED,
            genesis: [7; 32],
            contract: "ST000000000000000000002AMW42H.medical-records-management".parse().unwrap(),
            issued: UnixTime::from_seconds(1_700_000_000),
            sealed: vec![5; length],
        }
    }

    #[test]
    fn document_is_read_as_it_was_signed_up_to_its_greatest_length() {
        for length in [1_300, MOST_SEALED] {
            let signed = SignedDocument::sign(hand_over(length), &key(1)).unwrap();
            assert_eq!(SignedDocument::from_text(&signed.to_text()).unwrap(), signed);
        }
        assert!(SignedDocument::sign(hand_over(MOST_SEALED + 1_000), &key(1)).is_err());
    }

    #[test]
    fn document_that_was_changed_on_its_way_is_refused() {
        let bytes = SignedDocument::sign(hand_over(64), &key(1)).unwrap().to_bytes();
        for position in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[position] ^= 1;
            assert!(SignedDocument::<HandOver>::from_bytes(&altered).is_err(), "byte {position}");
        }
        // Another's records, under one's own signature.
        assert!(SignedDocument::sign(hand_over(64), &key(3)).is_err());
    }
}
