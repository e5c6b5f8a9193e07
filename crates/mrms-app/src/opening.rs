//! What was opened by the log and is not decrypted yet: kept in the profile, so that an opening
//! that was interrupted is taken up with the entry that it has, and not paid for by another.
//!
//! Holds what vaults released so far; all of it is sealed to the reader.

use mrms_core::{BurnHeight, RecordId, TxId, Version};
use mrms_vault::protocol::Release;
use serde::{Deserialize, Serialize};

use crate::ledger::Receipt;
use crate::profile::ProfileError;
use crate::session::{Session, ok_value};
use mrms_contract::state::Opened;
use mrms_stacks::transaction::{Payload, Transaction};

/// How old the entry may be that is taken up: in burn blocks, as for the vaults.
pub const FRESH_BLOCKS: u64 = 6;

/// An entry in a record's log that let the profile in, and what it has brought so far.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// The record.
    pub record: RecordId,
    /// The version that was asked for by number.
    pub asked: Option<Version>,
    /// The version that was opened.
    pub version: Version,
    /// The transaction of the entry.
    pub txid: TxId,
    /// The entry's index.
    #[serde(with = "crate::profile::as_text")]
    pub audit_index: u64,
    /// The burn height of the entry.
    pub burn_height: BurnHeight,
    /// What vaults have released, with the name of each.
    pub releases: Vec<(String, Release)>,
}

impl Session<'_> {
    /// Keeps what these transactions opened, before they are forgotten as operations.
    pub(crate) fn keep_openings(
        &self,
        signed: &[Vec<u8>],
        receipts: &[Receipt],
    ) -> Result<(), ProfileError> {
        for (bytes, receipt) in signed.iter().zip(receipts) {
            if let Some(opening) = self.opening(bytes, receipt) {
                self.profile.keep_opening(&opening)?;
            }
        }
        Ok(())
    }

    fn opening(&self, signed: &[u8], receipt: &Receipt) -> Option<Opening> {
        let transaction = Transaction::decode(signed).ok()?;
        let Payload::ContractCall(call) = transaction.payload() else { return None };
        if call.contract != *self.contract {
            return None;
        }
        let record = RecordId::new(call.arguments.first()?.read().uint().ok()?);
        let asked = match call.function.as_str() {
            "access-medical-record" => None,
            "access-record-version" => {
                let number = call.arguments.get(1)?.read().uint64().ok()?;
                Some(Version::new(number)?)
            }
            _ => return None,
        };
        let opened = ok_value(receipt, Opened::read).ok()?;
        Some(Opening {
            record,
            asked,
            version: opened.version,
            txid: receipt.txid,
            audit_index: opened.audit_index,
            burn_height: receipt.burn_height,
            releases: Vec::new(),
        })
    }

    /// An opening that was interrupted and is still fresh.
    pub(crate) fn interrupted(
        &self,
        record: RecordId,
        asked: Option<Version>,
        now: BurnHeight,
    ) -> Result<Option<Opening>, ProfileError> {
        let opening = match self.profile.opening(record, asked) {
            // It is worth an entry, no more.
            Err(ProfileError::Damaged { .. }) => None,
            kept => kept?,
        };
        Ok(opening.filter(|opening| now.since(opening.burn_height) <= FRESH_BLOCKS))
    }
}
