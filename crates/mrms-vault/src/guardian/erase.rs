//! Erasures: deletes what is kept of a record, for good, as its patient asked.
//!
//! One commit writes the line, marks the record as erased and deletes the rows: from then on nothing of the record is
//! released. Then the key files are destroyed. If the process is killed meanwhile, the next opening or sweep destroys
//! them.

use std::sync::atomic::Ordering;

use super::Guardian;
use super::admission::{Asker, Decision};
use super::chain::{ChainBlock, ChainError, Record};
use super::claims::{Proofs, deletable};
use super::database_writer::WriteTransaction;
use super::error::StorageFailure;
use super::finality::SeenChain;
use super::key_slots::KeySlotId;
use super::refusal_lines::LoggedMessage as _;
use super::store::{self, Deleted};
use crate::protocol::{Erased, Erasure, Hex, LogLine, Refusal, RefusalReason, Signed, Topic};

/// Most ciphertexts that one erasure can name.
const MOST_BLOBS: usize = 4_096;

/// What an erasure did.
struct Gone {
    deleted: Deleted,
    keys: Vec<KeySlotId>,
    blobs: Vec<Hex<32>>,
}

impl Guardian {
    /// Deletes shares and salts of a record for good; later deposits for it are refused. Doing it
    /// again does no harm.
    ///
    /// Ciphertext is kept elsewhere. The answer's `blobs` are those that were brought for this record
    /// (by their claims, as far as settled blocks bear them out), and `kept` those that were named and not brought for it. The caller deletes the former,
    /// calls [`Guardian::ciphertext_is_gone`], and keeps in both lists those that it had.
    ///
    /// # Errors
    ///
    /// [`Refusal`], with the line about it: `no-record`, `not-patient`, `not-final` if the signer is the record's patient
    /// only in blocks that are not settled yet, and the refusals that any message can get.
    /// `log-unavailable` with a line means that a key file could not be destroyed: the next sweep destroys it, and nothing
    /// of the record is released meanwhile.
    pub fn erase(&self, signed: &Signed<Erasure>) -> Result<Erased, Refusal> {
        let erasure = &signed.message;
        let asker = self.admit(signed, erasure.blobs.len() <= MOST_BLOBS)?;
        let refuse = |reason| self.refuse(&asker, erasure.refusal_line(), reason);
        let (record, seen) = self.clear_erasure(erasure, &asker).map_err(refuse)?;
        let proofs = self.prove_claims_for(erasure.record_id, &record, &seen).map_err(refuse)?;
        let settled = seen.settled;
        let decided = {
            let (erasure, asker) = (erasure.clone(), asker.clone());
            self.decide(move |transaction| decide(transaction, &erasure, &asker, &proofs, &settled))
        };
        let (gone, written) = decided.map_err(refuse)?;
        self.chain_memory.acted_on(&settled);
        self.counters.erased.fetch_add(1, Ordering::Relaxed);
        let destroyed = self.destroy(gone.keys);
        let receipt = self.receipt(written).map_err(refuse)?;
        if destroyed.is_err() {
            let receipt = Some(Box::new(receipt));
            return Err(Refusal { reason: RefusalReason::LogUnavailable, receipt });
        }
        let Deleted { shares, salts } = gone.deleted;
        let kept = erasure.blobs.iter().filter(|blob| !gone.blobs.contains(blob));
        let kept = kept.copied().collect();
        Ok(Erased { shares, salts, blobs: gone.blobs, kept, receipt })
    }

    /// The record as the settled block has it, if the signer is its patient there and now.
    fn clear_erasure(
        &self,
        erasure: &Erasure,
        asker: &Asker,
    ) -> Result<(Record, SeenChain), RefusalReason> {
        let seen = self.chain_for(asker.now)?;
        let down = |_: ChainError| RefusalReason::ChainUnreachable;
        let record = self.chain.record(erasure.record_id).map_err(down)?;
        let record = record.ok_or(RefusalReason::NoRecord)?;
        if record.patient != asker.principal {
            return Err(RefusalReason::NotPatient);
        }
        let then = self.record_then(erasure.record_id, record, &seen).map_err(down)?;
        match then {
            Some(then) if then.patient == asker.principal => Ok((then, seen)),
            _ => Err(RefusalReason::NotFinal),
        }
    }
}

fn decide(
    transaction: &mut WriteTransaction<'_>,
    erasure: &Erasure,
    asker: &Asker,
    proofs: &Proofs,
    settled: &ChainBlock,
) -> Result<Decision<Gone>, StorageFailure> {
    let (connection, record) = (transaction.connection, erasure.record_id);
    if asker.is_replay(connection)? {
        return Ok(Err(RefusalReason::RequestReplayed));
    }
    let (mut deleted, mut keys) = (Deleted::default(), Vec::new());
    for slot in store::key_slots_of(connection, record)? {
        let gone = store::delete_slot(connection, slot.id)?;
        deleted.shares += gone.shares;
        deleted.salts += gone.salts;
        keys.push(slot.id);
    }
    let blobs = deletable(transaction, record, proofs)?;
    asker.remember(connection)?;
    store::act_on(connection, settled)?;
    let count = deleted.shares + deleted.salts;
    let line = LogLine { topic: Topic::Erase, count, ..erasure.refusal_line() };
    let written = transaction.append(asker.line(line))?;
    store::mark_erased(connection, record, written.line.number)?;
    Ok(Ok((Gone { deleted, keys, blobs }, written)))
}
