//! Proofs of claims: what the chain says about who announced a ciphertext for which version.
//!
//! What is proven stays so, and what is forgotten does not come back: both follow the settled block
//! ([`finality`](super::finality)). What only the blocks above it say makes a claim wait.

use std::collections::{BTreeMap, BTreeSet};

use mrms_core::{BurnHeight, Principal, RecordId, Version};

use super::Guardian;
use super::chain::{ChainError, Record, VersionOrigin};
use super::database_writer::WriteTransaction;
use super::error::{StorageFailure, WatchError};
use super::finality::SeenChain;
use super::store::{self, Claim};
use crate::protocol::{Hex, RefusalReason};

/// Versions of a record that one erasure asks the chain about. A proven claim needs no question.
const MOST_VERSIONS: usize = 64;
/// Claims for other records that the vault asks the chain about before it deletes a ciphertext. If more wait, it keeps
/// the ciphertext.
const MOST_RIVALS: usize = 16;
/// Such claims that one erasure asks the chain about, all ciphertexts together. The rest is kept, and erased when the
/// patient asks again.
const MOST_RIVALS_IN_ALL: usize = 256;

/// Whether a version in a settled block refers to a ciphertext that was announced for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proven {
    /// One does.
    Yes,
    /// None does yet, and an announcement waits for its version.
    NotYet,
    /// None does in any block, and every announcement has waited for longer than a version may take.
    Overdue,
    /// Nobody announced it.
    Nobody,
}

/// What the chain says about a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Borne {
    /// A settled block bears it out: the version's height.
    Out(BurnHeight),
    /// Only blocks do that can still go away, so it waits.
    NotYet(BurnHeight),
    /// The version is in a settled block, and none bears the claim out.
    False,
    /// There is no such version, or it can still go away.
    Open,
}

/// Claims that the chain bears out, and ciphertext that is not deleted because too many claims on it wait, or one that may
/// be the first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proofs {
    heights: BTreeMap<i64, BurnHeight>,
    contested: BTreeSet<Hex<32>>,
}

impl Guardian {
    /// Whether the vault knows that a ciphertext, which it has, is of this version. If nobody announced it, there is nothing
    /// to be known. Asks the chain about claims that wait: one that the version bears out is proven.
    ///
    /// # Errors
    ///
    /// [`RefusalReason`]: the chain can't be asked, or the disk failed.
    pub fn is_ciphertext_of(
        &self,
        blob: Hex<32>,
        id: RecordId,
        version: Version,
    ) -> Result<bool, RefusalReason> {
        let unreadable = |_: StorageFailure| RefusalReason::LogUnavailable;
        let known = self.reading.ask(|connection| -> Result<bool, StorageFailure> {
            Ok(store::is_proven_for(connection, &blob, id, version)?
                || !store::is_claimed(connection, &blob)?)
        });
        if known.map_err(unreadable)? {
            return Ok(true);
        }
        let waiting = self.reading.ask(|connection| -> Result<_, StorageFailure> {
            store::waiting_for(connection, &blob, id, version, MOST_RIVALS)
        });
        let waiting = waiting.map_err(unreadable)?;
        if waiting.is_empty() {
            return Ok(false);
        }
        let down = |_: ChainError| RefusalReason::ChainUnreachable;
        let seen = self.chain_for(self.clock.now())?;
        let mut judged = Vec::new();
        for claim in &waiting {
            judged.push((claim.id, self.judge(claim, &seen).map_err(down)?));
        }
        // One that waits for its block to settle needs no other announcement.
        let is_known =
            judged.iter().any(|(_, borne)| matches!(borne, Borne::Out(_) | Borne::NotYet(_)));
        self.settle(judged, &seen).map_err(unreadable)?;
        Ok(is_known)
    }

    /// Asks the chain about the claims on a ciphertext that wait, the first ones of them.
    ///
    /// # Errors
    ///
    /// [`WatchError`].
    pub fn prove_ciphertext(&self, blob: Hex<32>) -> Result<Proven, WatchError> {
        let seen = self.believed_chain(self.clock.now())?;
        let claims = self.reading.ask(|connection| -> Result<_, StorageFailure> {
            store::claims_of(connection, &blob, MOST_RIVALS)
        })?;
        if claims.iter().any(|claim| claim.on_chain.is_some()) {
            return Ok(Proven::Yes);
        }
        let mut comes = false;
        for claim in &claims {
            match self.judge(claim, &seen)? {
                proven @ Borne::Out(_) => {
                    self.settle(vec![(claim.id, proven)], &seen)?;
                    return Ok(Proven::Yes);
                }
                Borne::NotYet(_) => comes = true,
                Borne::False | Borne::Open => {}
            }
        }
        let (height, wait) = (seen.settled.burn_height, self.settings.deposit_wait);
        let is_overdue = |claim: &Claim| height.since(claim.left_at) > wait;
        Ok(match &*claims {
            [] => Proven::Nobody,
            claims if !comes && claims.iter().all(is_overdue) => Proven::Overdue,
            _ => Proven::NotYet,
        })
    }

    /// Forgets at most `limit` claims whose ciphertext and version did not come in time. Returns how many.
    ///
    /// # Errors
    ///
    /// [`WatchError`].
    pub fn sweep_claims(&self, limit: usize) -> Result<usize, WatchError> {
        let seen = self.believed_chain(self.clock.now())?;
        let waited = u128::from(self.settings.deposit_wait);
        let height = seen.settled.burn_height.number();
        let before = BurnHeight::from_uint(height.saturating_sub(waited));
        let overdue = self.reading.ask(|connection| -> Result<_, StorageFailure> {
            store::overdue_claims(connection, before, limit)
        })?;
        let mut judged = Vec::new();
        for claim in overdue {
            let borne = match self.judge(&claim, &seen)? {
                // Its time is over.
                Borne::Open => Borne::False,
                borne => borne,
            };
            judged.push((claim.id, borne));
        }
        let forgotten = judged.iter().filter(|(_, borne)| *borne == Borne::False).count();
        self.settle(judged, &seen)?;
        Ok(forgotten)
    }

    /// What the chain says about a claim.
    fn judge(&self, claim: &Claim, seen: &SeenChain) -> Result<Borne, ChainError> {
        let (id, version) = (claim.record, claim.version);
        if !seen.tip_is_settled() {
            let then = self.origin_then(id, version, seen)?;
            if let Some((origin, record)) = &then
                && bears_out(claim, origin, &record.patient)
            {
                return Ok(Borne::Out(origin.burn_height));
            }
            return Ok(match self.origin_now(id, version)? {
                Some((origin, record)) if bears_out(claim, &origin, &record.patient) => {
                    Borne::NotYet(origin.burn_height)
                }
                Some(_) if then.is_some() => Borne::False,
                _ => Borne::Open,
            });
        }
        Ok(match self.origin_now(id, version)? {
            Some((origin, record)) if bears_out(claim, &origin, &record.patient) => {
                Borne::Out(origin.burn_height)
            }
            Some(_) => Borne::False,
            None => Borne::Open,
        })
    }

    /// A version and its record at the tip.
    fn origin_now(
        &self,
        id: RecordId,
        version: Version,
    ) -> Result<Option<(VersionOrigin, Record)>, ChainError> {
        let Some(record) = self.chain.record(id)? else { return Ok(None) };
        Ok(self.chain.version(id, version)?.map(|origin| (origin, record)))
    }

    /// A version and its record in the settled block.
    pub(super) fn origin_then(
        &self,
        id: RecordId,
        version: Version,
        seen: &SeenChain,
    ) -> Result<Option<(VersionOrigin, Record)>, ChainError> {
        let Some(record) = self.chain.record_at(id, &seen.settled)? else { return Ok(None) };
        let origin = self.chain.version_at(id, version, &seen.settled)?;
        Ok(origin.map(|origin| (origin, record)))
    }

    /// Writes which claims are proven, and forgets those that are false. The others wait.
    fn settle(&self, judged: Vec<(i64, Borne)>, seen: &SeenChain) -> Result<(), StorageFailure> {
        let settled = seen.settled;
        let proves = judged.iter().any(|(_, borne)| matches!(borne, Borne::Out(_)));
        self.writer.commit(move |transaction| {
            let connection = transaction.connection;
            for (id, borne) in &judged {
                match borne {
                    Borne::Out(height) => store::mark_proven(connection, *id, *height)?,
                    Borne::False => store::drop_waiting(connection, *id)?,
                    Borne::NotYet(_) | Borne::Open => {}
                }
            }
            if proves { store::act_on(connection, &settled) } else { Ok(()) }
        })?;
        if proves {
            self.chain_memory.acted_on(&settled);
        }
        Ok(())
    }

    /// Asks the chain about the claims for a record that wait, and about the waiting claims for other records on the same
    /// ciphertext. `record` is what the settled block has.
    pub(crate) fn prove_claims_for(
        &self,
        id: RecordId,
        record: &Record,
        seen: &SeenChain,
    ) -> Result<Proofs, RefusalReason> {
        let unreadable = |_: StorageFailure| RefusalReason::LogUnavailable;
        let down = |_: ChainError| RefusalReason::ChainUnreachable;
        let own = self.reading.ask(|connection| store::claims_for(connection, id));
        let mut own = own.map_err(unreadable)?;
        let mut origins: BTreeMap<Version, Option<VersionOrigin>> = BTreeMap::new();
        let mut proofs = Proofs::default();
        for claim in own.iter_mut().filter(|claim| claim.on_chain.is_none()) {
            let version = claim.version;
            if version > record.version {
                continue;
            }
            if !origins.contains_key(&version) {
                if origins.len() == MOST_VERSIONS {
                    continue;
                }
                let origin = if seen.tip_is_settled() {
                    self.chain.version(id, version)
                } else {
                    self.chain.version_at(id, version, &seen.settled)
                };
                origins.insert(version, origin.map_err(down)?);
            }
            let origin = origins.get(&version).and_then(Option::as_ref);
            let origin = origin.filter(|origin| bears_out(claim, origin, &record.patient));
            if let Some(origin) = origin {
                claim.on_chain = Some(origin.burn_height);
                proofs.heights.insert(claim.id, origin.burn_height);
            }
        }
        let mut asked = 0;
        for claim in &own {
            let Some(height) = claim.on_chain else { continue };
            let rivals = self.reading.ask(|connection| {
                store::waiting_rivals(connection, &claim.blob, id, height, MOST_RIVALS + 1)
            });
            let rivals = rivals.map_err(unreadable)?;
            asked += rivals.len();
            if rivals.len() > MOST_RIVALS || asked > MOST_RIVALS_IN_ALL {
                proofs.contested.insert(claim.blob);
                continue;
            }
            for rival in rivals {
                match self.judge(&rival, seen).map_err(down)? {
                    Borne::Out(height) => {
                        proofs.heights.insert(rival.id, height);
                    }
                    // It may turn out to have been first.
                    Borne::NotYet(first) if first <= height => {
                        proofs.contested.insert(claim.blob);
                    }
                    Borne::NotYet(_) | Borne::False | Borne::Open => {}
                }
            }
        }
        Ok(proofs)
    }
}

/// Whether a version refers to the ciphertext of a claim, and the claim is its author's or the patient's.
fn bears_out(claim: &Claim, origin: &VersionOrigin, patient: &Principal) -> bool {
    is_of(&claim.blob, &claim.uploader, origin, patient)
}

pub(super) fn is_of(
    blob: &Hex<32>,
    by: &Principal,
    origin: &VersionOrigin,
    patient: &Principal,
) -> bool {
    origin.ciphertext == Some(blob.0) && (*by == origin.author || by == patient)
}

/// The ciphertexts that were brought for a record and to which no other record referred before. Writes what the chain has
/// borne out.
pub(crate) fn deletable(
    transaction: &WriteTransaction<'_>,
    record: RecordId,
    proofs: &Proofs,
) -> Result<Vec<Hex<32>>, StorageFailure> {
    let connection = transaction.connection;
    for (id, height) in &proofs.heights {
        store::mark_proven(connection, *id, *height)?;
    }
    let mut eldest: BTreeMap<Hex<32>, (BurnHeight, i64)> = BTreeMap::new();
    for claim in store::claims_for(connection, record)? {
        if let Some(height) = claim.on_chain {
            let place = (height, claim.id);
            let kept = eldest.entry(claim.blob).or_insert(place);
            *kept = place.min(*kept);
        }
    }
    let mut blobs = Vec::new();
    for (blob, place) in eldest {
        if !proofs.contested.contains(&blob) && !store::has_elder(connection, &blob, record, place)?
        {
            blobs.push(blob);
        }
    }
    Ok(blobs)
}
