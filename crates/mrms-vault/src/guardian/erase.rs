//! Erasures: deletes what is kept of a record, for good, as its patient asked.
//!
//! One commit writes the line, marks the record as erased and deletes the rows: from then on nothing of the record is
//! released. Then the key files are destroyed. If the process is killed meanwhile, the next opening or sweep destroys
//! them.

use std::sync::atomic::Ordering;

use mrms_core::Principal;

use super::Guardian;
use super::admission::{Asker, Decision};
use super::chain::{ChainBlock, ChainError};
use super::database_writer::WriteTransaction;
use super::error::StorageFailure;
use super::finality::SeenChain;
use super::key_slots::KeySlotId;
use super::refusal_lines::LoggedMessage as _;
use super::store::{self, Deleted};
use crate::protocol::{
    Erased, Erasure, Hex, LogLine, Refusal, RefusalReason, Signed, Topic, UploadRequest,
};

/// Most ciphertexts that one erasure can name.
const MOST_BLOBS: usize = 4_096;

/// A ciphertext that the record refers to, and the accounts whose announcements of it no longer count.
type Referred = (Hex<32>, Vec<Principal>);

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
    /// Ciphertext is kept elsewhere. The answer's `blobs` are those of the named ciphertexts that a version of this
    /// record on chain refers to and that nobody else has announced. The caller deletes them, and keeps in the list
    /// those that it had.
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
        let (referred, seen) = self.clear_erasure(erasure, &asker).map_err(refuse)?;
        let settled = seen.settled;
        let decided = {
            let (erasure, asker) = (erasure.clone(), asker.clone());
            self.decide(move |transaction| {
                decide(transaction, &erasure, &asker, &referred, &settled)
            })
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
        Ok(Erased { shares, salts, blobs: gone.blobs, receipt })
    }

    fn clear_erasure(
        &self,
        erasure: &Erasure,
        asker: &Asker,
    ) -> Result<(Vec<Referred>, SeenChain), RefusalReason> {
        let seen = self.chain_for(asker.now)?;
        let down = |_: ChainError| RefusalReason::ChainUnreachable;
        let record = self.chain.record(erasure.record_id).map_err(down)?;
        let record = record.ok_or(RefusalReason::NoRecord)?;
        if record.patient != asker.principal {
            return Err(RefusalReason::NotPatient);
        }
        if !self.was_patient(erasure.record_id, &asker.principal, &seen).map_err(down)? {
            return Err(RefusalReason::NotFinal);
        }
        let mut referred: Vec<Referred> = Vec::new();
        if !erasure.blobs.is_empty() {
            for version in record.version.up_to() {
                let origin = self.chain.version(erasure.record_id, version).map_err(down)?;
                let Some(origin) = origin else { continue };
                let Some(blob) = origin.ciphertext.map(Hex) else { continue };
                if erasure.blobs.contains(&blob) {
                    referred.push((blob, vec![origin.author, asker.principal.clone()]));
                }
            }
        }
        Ok((referred, seen))
    }

    /// Admits an announced upload and remembers who announced it, so that nobody else's erasure deletes the ciphertext.
    /// The caller decides whether there is room for it.
    ///
    /// # Errors
    ///
    /// [`Refusal`]: those that any message can get.
    pub fn admit_upload(&self, signed: &Signed<UploadRequest>) -> Result<(), Refusal> {
        let asker = self.admit(signed, true)?;
        let refuse = |reason| self.refuse(&asker, signed.message.refusal_line(), reason);
        let (blob, announcer) = (signed.message.sha256, asker.clone());
        let noted = self.writer.commit(move |transaction| {
            if announcer.is_replay(transaction.connection)? {
                return Ok(Err(RefusalReason::RequestReplayed));
            }
            announcer.remember(transaction.connection)?;
            store::put_upload(transaction.connection, &blob.0, &announcer.principal).map(Ok)
        });
        noted.unwrap_or(Err(RefusalReason::LogUnavailable)).map_err(refuse)
    }
}

fn decide(
    transaction: &mut WriteTransaction<'_>,
    erasure: &Erasure,
    asker: &Asker,
    referred: &[Referred],
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
    let mut blobs = Vec::new();
    for (blob, uploaders) in referred {
        if store::drop_uploads(connection, &blob.0, uploaders)? {
            blobs.push(*blob);
        }
    }
    asker.remember(connection)?;
    store::act_on(connection, settled)?;
    let count = deleted.shares + deleted.salts;
    let line = LogLine { topic: Topic::Erase, count, ..erasure.refusal_line() };
    let written = transaction.append(asker.line(line))?;
    store::mark_erased(connection, record, written.line.number)?;
    Ok(Ok((Gone { deleted, keys, blobs }, written)))
}
