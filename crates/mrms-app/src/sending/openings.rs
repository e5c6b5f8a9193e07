//! Keeps in the profile what accesses have opened, as soon as they stand in a block.
//!
//! An access that is interrupted before it has the content goes on with this entry later, and does
//! not pay for another one. `access::take_up` decides whether that may still be.

use crate::ledger::{LedgerError, Receipt};
use crate::profile::ProfileError;
use crate::profile::remembered::{Asked, Opening};
use crate::sending::outcome::ok_value;
use crate::session::Session;
use mrms_contract::state::{Opened, StoredVersion};
use mrms_core::{BurnHeight, RecordId, Version};
use mrms_stacks::transaction::{Payload, Transaction};

/// How old the entry of an interrupted access may be to be used: in burn blocks, as for the vaults.
const FRESH_BLOCKS: u64 = 6;

impl Session<'_> {
    /// Keeps what these transactions opened, before the outbox forgets them.
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

    /// Deletes what is kept of openings whose entry has become too old to be used. A file that can't
    /// be removed now stays for the next time.
    pub(crate) fn forget_old_openings(&self) -> Result<(), LedgerError> {
        let kept = self.profile.openings().unwrap_or_default();
        if kept.is_empty() {
            return Ok(());
        }
        let now = self.ledger.tip()?.burn_height;
        for old in kept.iter().filter(|kept| !is_fresh(kept, now)) {
            let _ = self.profile.forget_opening(old.was_asked());
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
        let version = || Version::new(call.arguments.get(1)?.read().uint64().ok()?);
        let (version, organisation) = match call.function.as_str() {
            "access-medical-record" => (None, None),
            "access-record-version" => (Some(version()?), None),
            "access-for" => {
                let organisation = call.arguments.get(2)?.read().principal().ok()?.clone();
                (Some(version()?), Some(organisation))
            }
            _ => return None,
        };
        let asked = Asked { record, version, organisation: organisation.as_ref() };
        opened(asked, receipt).map(|(opening, _)| opening)
    }
}

/// Whether the entry of an opening is young enough for the vaults.
pub(crate) const fn is_fresh(opening: &Opening, now: BurnHeight) -> bool {
    now.since(opening.burn_height) <= FRESH_BLOCKS
}

/// What an access has opened, by its receipt: the opening to be kept, and the version as the
/// contract returned it. `None` when the receipt is of something else.
pub(crate) fn opened(asked: Asked<'_>, receipt: &Receipt) -> Option<(Opening, StoredVersion)> {
    // An access does not need the log's head.
    let Opened { version, stored, audit_index, audit_head: _ } =
        ok_value(receipt, Opened::read).ok()?;
    if asked.version.is_some_and(|asked| asked != version) {
        return None;
    }
    let Receipt { txid, burn_height, .. } = *receipt;
    let (releases, note) = (Vec::new(), Vec::new());
    let opening = Opening {
        record: asked.record,
        asked: asked.version,
        organisation: asked.organisation.cloned(),
        version,
        txid,
        audit_index,
        burn_height,
        releases,
        note,
    };
    Some((opening, stored))
}
