//! [`LeftNames`]: what somebody who acts for a patient calls the people whom the patient meets through them.
//!
//! The names in it are sealed to the patient's encryption key. The document lies in the patient's profile until a program
//! of theirs takes it up; it says nothing about anybody's rights.

use mrms_core::{ChainId, StandardPrincipal, UnixTime};
use mrms_stacks::clarity::{Reading, Value};

use crate::document::{Document, DocumentError};

/// The longest sealed part, in bytes.
pub const MOST_SEALED: usize = 200_000;

/// Names that somebody leaves for a patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftNames {
    /// Who leaves them, and signs.
    pub giver: StandardPrincipal,
    /// For whom they are.
    pub patient: StandardPrincipal,
    /// The chain.
    pub chain_id: ChainId,
    /// When they were left, by the giver's clock.
    pub issued: UnixTime,
    /// The people, sealed to the patient.
    pub sealed: Vec<u8>,
}

impl Document for LeftNames {
    const TOPIC: &'static str = "left-names";
    const CALLED: &'static str = "what somebody left of names";
    const MOST_BYTES: usize = MOST_SEALED + 1_000;

    fn signer(&self) -> StandardPrincipal {
        self.giver
    }

    fn chain_id(&self) -> ChainId {
        self.chain_id
    }

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let Self { giver, patient, chain_id, issued, sealed } = self;
        vec![
            ("who", Value::principal(*giver)),
            ("patient", Value::principal(*patient)),
            ("chain", Value::uint(chain_id.number())),
            ("issued", Value::uint(issued.seconds())),
            ("sealed", Value::buffer(sealed.clone())),
        ]
    }

    fn from_fields(fields: &Reading<'_>) -> Result<Self, DocumentError> {
        let chain = fields.field("chain")?.uint64()?;
        Ok(Self {
            giver: *fields.field("who")?.account()?,
            patient: *fields.field("patient")?.account()?,
            chain_id: u32::try_from(chain)
                .map(ChainId::new)
                .map_err(|_| DocumentError::Unknown { field: "chain" })?,
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

    #[test]
    fn names_are_read_as_they_were_signed_and_nobody_leaves_them_for_another() {
        let [giver, other] = [1, 2].map(|byte| SigningKey::from_bytes(&[byte; 32]).unwrap());
        let names = LeftNames {
            giver: giver.address(TransactionVersion::Testnet),
            patient: other.address(TransactionVersion::Testnet),
            chain_id: ChainId::EMBEDDED,
            issued: UnixTime::from_seconds(1_700_000_000),
            sealed: vec![5; MOST_SEALED],
        };
        assert!(SignedDocument::sign(names.clone(), &other).is_err());
        let signed = SignedDocument::sign(names, &giver).unwrap();
        assert_eq!(SignedDocument::from_text(&signed.to_text()).unwrap(), signed);
        let mut altered = signed.to_bytes();
        let middle = altered.len() / 2;
        altered[middle] ^= 1;
        assert!(SignedDocument::<LeftNames>::from_bytes(&altered).is_err());
    }
}
