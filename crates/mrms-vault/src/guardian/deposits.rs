//! Several deposits in one message and one commit: what is left for somebody who reads everything. Each is judged as one by
//! itself. If one is refused, none is kept.

use std::sync::atomic::Ordering;

use super::Guardian;
use super::admission::Asker;
use super::database_writer::{WriteTransaction, WrittenLine};
use super::deposit::{ReaderOnChain, keep_shares};
use super::error::StorageFailure;
use super::key_slots::KeySlotId;
use super::reader_notes::keep_note;
use super::refusal_lines::LoggedMessage as _;
use super::store;
use crate::protocol::{Deposits, Refusal, RefusalReason, Signed, VaultReceipt};

/// What a commit kept.
struct Kept {
    to_destroy: Vec<KeySlotId>,
    written: Vec<WrittenLine>,
}

impl Guardian {
    /// Keeps shares for readers of records, and notes beside them. Answers with a receipt for each deposit, in their order.
    ///
    /// # Errors
    ///
    /// [`Refusal`], with the line about it: that of the first deposit that is refused; then nothing is kept.
    pub fn deposit_all(&self, signed: &Signed<Deposits>) -> Result<Vec<VaultReceipt>, Refusal> {
        let all = &signed.message;
        let asker = self.admit(signed, all.is_sound())?;
        let refuse = |reason| self.refuse(&asker, all.refusal_line(), reason);
        self.check_notes(all, &asker).map_err(refuse)?;
        let standings = self.clear_deposits(&all.deposits, &asker).map_err(refuse)?;
        let settled = standings.last().map(|standing| standing.settled);
        let kept = {
            let (all, asker) = (all.clone(), asker.clone());
            self.writer.commit(move |transaction| decide(transaction, &all, &asker, &standings))
        };
        let kept = kept.unwrap_or(Err(RefusalReason::LogUnavailable)).map_err(refuse)?;
        if let Some(settled) = settled {
            self.chain_memory.acted_on(&settled);
        }
        self.counters.deposited.fetch_add(kept.written.len() as u64, Ordering::Relaxed);
        // The next sweep tries again what fails. The rows are deleted already.
        let _ = self.destroy(kept.to_destroy);
        let receipts = kept.written.into_iter().map(|written| self.receipt(written));
        receipts.collect::<Result<_, _>>().map_err(refuse)
    }

    /// Checks that the signer signed each note, for this vault.
    fn check_notes(&self, all: &Deposits, asker: &Asker) -> Result<(), RefusalReason> {
        for note in &all.notes {
            let is_for_here = note.header.vault == self.settings.vault
                && note.header.contract == self.settings.contract
                && note.signer == asker.account;
            if !is_for_here || note.verify(self.settings.chain_id).is_err() {
                return Err(RefusalReason::BadSignature);
            }
        }
        Ok(())
    }
}

/// The last checks, rows and lines, in one transaction. What refuses is looked at before anything is written.
fn decide(
    transaction: &mut WriteTransaction<'_>,
    all: &Deposits,
    asker: &Asker,
    standings: &[ReaderOnChain],
) -> Result<Result<Kept, RefusalReason>, StorageFailure> {
    let connection = transaction.connection;
    if asker.is_replay(connection)? {
        return Ok(Err(RefusalReason::RequestReplayed));
    }
    for (deposit, standing) in all.deposits.iter().zip(standings) {
        if store::is_erased(connection, deposit.record_id)? {
            return Ok(Err(RefusalReason::RecordErased));
        }
        if standing.must_wait(transaction, deposit)? {
            return Ok(Err(RefusalReason::NotFinal));
        }
    }
    let mut kept = Kept { to_destroy: Vec::new(), written: Vec::new() };
    for (deposit, standing) in all.deposits.iter().zip(standings) {
        let written = keep_shares(transaction, deposit, asker, standing, &mut kept.to_destroy)?;
        // Whether one must wait was looked at above, in this transaction.
        let Some(written) = written else { return Ok(Err(RefusalReason::NotFinal)) };
        kept.written.push(written);
    }
    for note in &all.notes {
        // Plain fields: nothing here can fail to serialize.
        let whole = serde_json::to_vec(note).unwrap_or_default();
        let of = (note.message.record_id, &note.message.reader);
        keep_note(transaction, of, &whole)?;
    }
    asker.remember(connection)?;
    Ok(Ok(kept))
}
