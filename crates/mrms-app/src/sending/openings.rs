//! What was opened by the log and is not decrypted yet: kept in the profile, so that an opening
//! that was interrupted is taken up with the entry that it has, and not paid for by another.
//!
//! Holds what vaults released so far; all of it is sealed to the reader.

use crate::ledger::Receipt;
use crate::profile::ProfileError;
use crate::profile::remembered::Opening;
use crate::sending::outcome::ok_value;
use crate::session::Session;
use mrms_contract::state::Opened;
use mrms_core::{RecordId, Version};
use mrms_stacks::transaction::{Payload, Transaction};

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
}
