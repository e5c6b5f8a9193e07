//! Deleting what is kept of a record, for good, at its patient's word.
//!
//! Line, tombstone and the rows' deletion are one commit: from then on nothing of the record is
//! released. Then the key files go. What a kill leaves of that the next opening or sweep finishes.

use std::sync::atomic::Ordering;

use mrms_core::Principal;

use super::Guardian;
use super::admission::{Asker, Decision};
use super::chain::ChainError;
use super::epochs::EpochId;
use super::error::StorageFailure;
use super::store::{self, Deleted};
use super::subject::Subject as _;
use super::writer::Page;
use crate::protocol::{
    Erased, Erasure, Hex, LogLine, Reason, Refusal, Signed, Topic, UploadRequest,
};

/// Ciphertexts that one erasure can name.
const MOST_BLOBS: usize = 4_096;

/// A ciphertext that the record refers to, and who may take back that they announced it.
type Referred = (Hex<32>, Vec<Principal>);

/// What an erasure did.
struct Gone {
    deleted: Deleted,
    keys: Vec<EpochId>,
    blobs: Vec<Hex<32>>,
}

impl Guardian {
    /// Deletes shares and salts of a record for good; later deposits for it are refused. Doing it
    /// again does no harm.
    ///
    /// Ciphertext is kept elsewhere. The answer's `blobs` are those of the ciphertexts named that
    /// a version of this record on chain refers to and that nobody else has announced: the caller
    /// deletes them, and leaves in the list those that were there.
    ///
    /// # Errors
    ///
    /// [`Refusal`], with the line about it: `no-record`, `not-patient`, and what every message can
    /// meet. `log-unavailable` with a line: everything is deleted but a key file, which the next
    /// sweep removes; nothing of the record is released meanwhile.
    pub fn erase(&self, signed: &Signed<Erasure>) -> Result<Erased, Refusal> {
        let erasure = &signed.message;
        let asker = self.admit(signed, erasure.blobs.len() <= MOST_BLOBS)?;
        let refuse = |reason| self.refuse(&asker, erasure.refused(), reason);
        let (referred, height) = self.clear_erasure(erasure, &asker).map_err(refuse)?;
        let decided = {
            let (erasure, asker) = (erasure.clone(), asker.clone());
            self.decide(move |page| decide(page, &erasure, &asker, &referred, height))
        };
        let (gone, written) = decided.map_err(refuse)?;
        self.acted_on(height);
        self.counters.erased.fetch_add(1, Ordering::Relaxed);
        let destroyed = self.destroy(gone.keys);
        let receipt = self.receipt(written).map_err(refuse)?;
        if destroyed.is_err() {
            let receipt = Some(Box::new(receipt));
            return Err(Refusal { reason: Reason::LogUnavailable, receipt });
        }
        let Deleted { shares, salts } = gone.deleted;
        Ok(Erased { shares, salts, blobs: gone.blobs, receipt })
    }

    fn clear_erasure(
        &self,
        erasure: &Erasure,
        asker: &Asker,
    ) -> Result<(Vec<Referred>, u64), Reason> {
        let tip = self.believed_tip(asker.now)?;
        let down = |_: ChainError| Reason::ChainUnreachable;
        let record = self.chain.record(erasure.record_id).map_err(down)?;
        let record = record.ok_or(Reason::NoRecord)?;
        if record.patient != asker.principal {
            return Err(Reason::NotPatient);
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
        Ok((referred, tip.block_height.number()))
    }

    /// Lets an announced upload in and remembers who announced it, so that nobody else's erasure
    /// takes the ciphertext away. Whether there is room for it is the caller's business.
    ///
    /// # Errors
    ///
    /// [`Refusal`]: what every message can meet.
    pub fn admit_upload(&self, signed: &Signed<UploadRequest>) -> Result<(), Refusal> {
        let asker = self.admit(signed, true)?;
        let refuse = |reason| self.refuse(&asker, signed.message.refused(), reason);
        let (blob, announcer) = (signed.message.sha256, asker.clone());
        let noted = self.writer.commit(move |page| {
            if announcer.was_here(page.connection)? {
                return Ok(Err(Reason::RequestReplayed));
            }
            announcer.remember(page.connection)?;
            store::put_upload(page.connection, &blob.0, &announcer.principal).map(Ok)
        });
        noted.unwrap_or(Err(Reason::LogUnavailable)).map_err(refuse)
    }
}

fn decide(
    page: &mut Page<'_>,
    erasure: &Erasure,
    asker: &Asker,
    referred: &[Referred],
    height: u64,
) -> Result<Decision<Gone>, StorageFailure> {
    let (connection, record) = (page.connection, erasure.record_id);
    if asker.was_here(connection)? {
        return Ok(Err(Reason::RequestReplayed));
    }
    let (mut deleted, mut keys) = (Deleted::default(), Vec::new());
    for epoch in store::epochs_of(connection, record)? {
        let gone = store::doom(connection, epoch.id)?;
        deleted.shares += gone.shares;
        deleted.salts += gone.salts;
        keys.push(epoch.id);
    }
    let mut blobs = Vec::new();
    for (blob, uploaders) in referred {
        if store::drop_uploads(connection, &blob.0, uploaders)? {
            blobs.push(*blob);
        }
    }
    asker.remember(connection)?;
    store::act_on(connection, height)?;
    let count = deleted.shares + deleted.salts;
    let line = LogLine { topic: Topic::Erase, count, ..erasure.refused() };
    let written = page.append(asker.line(line))?;
    store::mark_erased(connection, record, written.line.number)?;
    Ok(Ok((Gone { deleted, keys, blobs }, written)))
}
