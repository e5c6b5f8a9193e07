//! What was opened by the log and is not decrypted yet: kept in the profile, so that an opening
//! that was interrupted is taken up with the entry that it has, and not paid for by another.
//!
//! Holds what vaults released so far; all of it is sealed to the reader.

use crate::ledger::Receipt;
use crate::profile::ProfileError;
use crate::profile::remembered::Opening;
use crate::sending::outcome::ok_value;
use crate::session::Session;
use mrms_contract::state::{Opened, StoredVersion};
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
        opened(record, asked, receipt).map(|(opening, _)| opening)
    }
}

/// What an access has opened, by its receipt: the opening to be kept, and the version as the
/// contract returned it. `None` when the receipt is not that of such an access.
pub(crate) fn opened(
    record: RecordId,
    asked: Option<Version>,
    receipt: &Receipt,
) -> Option<(Opening, StoredVersion)> {
    // The head is for whoever follows the log; an access does not need it.
    let Opened { version, stored, audit_index, audit_head: _ } =
        ok_value(receipt, Opened::read).ok()?;
    if asked.is_some_and(|asked| asked != version) {
        return None;
    }
    let Receipt { txid, burn_height, .. } = *receipt;
    let releases = Vec::new();
    let opening = Opening { record, asked, version, txid, audit_index, burn_height, releases };
    Some((opening, stored))
}
