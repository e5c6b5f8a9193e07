//! Whose ciphertext it is: who announced it, for which version, and whether the chain bears that out.
//!
//! What is proven stays so, and what is forgotten does not come back: both follow the settled block
//! ([`finality`](super::finality)). What only the blocks above it say makes a claim wait.
//!
//! Ciphertext and its hash are public, so anybody can bring a copy, and anybody can make a record that refers to it. An
//! erasure deletes what was brought for its record, by the version's author or the record's patient, and only if no other
//! record referred to it before. Ciphertext that nobody announced is nobody's, and stays: announcing it when it is here
//! already makes it nobody's own.

use std::collections::{BTreeMap, BTreeSet};

use mrms_core::{BurnHeight, Principal, RecordId, Version};

use super::Guardian;
use super::admission::Asker;
use super::chain::{ChainBlock, ChainError, ChainTip, Record, VersionOrigin};
use super::database_writer::WriteTransaction;
use super::error::{StorageFailure, WatchError};
use super::finality::SeenChain;
use super::refusal_lines::LoggedMessage as _;
use super::release::is_beyond;
use super::rules;
use super::store::{self, Claim, NewClaim};
use crate::protocol::{Hex, Refusal, RefusalReason, Signed, UploadRequest};

/// Claims of one account that may wait for their versions.
const MOST_WAITING: u64 = 1_024;
/// Claims of all unknown accounts that may wait for ciphertext and version. Beyond that the oldest ones are forgotten.
const MOST_STRANGERS: u64 = 65_536;
/// Versions of a record that one erasure asks the chain about. A proven claim needs no question.
const MOST_VERSIONS: usize = 64;
/// Claims for other records that the vault asks the chain about before it deletes a ciphertext. If more wait, it keeps
/// the ciphertext.
const MOST_RIVALS: usize = 16;
/// Such claims that one erasure asks the chain about, all ciphertexts together. The rest is kept, and erased when the
/// patient asks again.
const MOST_RIVALS_IN_ALL: usize = 256;

/// Whether the vault knows an account that brings ciphertext.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Something of it stands on the chain: it is the record's patient, may add the version, has shares here, or brought
    /// ciphertext that a version refers to.
    Known,
    /// It is not known yet. All such accounts have a small part of the room together.
    Stranger,
}

/// Whether the vault has a ciphertext when it is announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It has all bytes.
    Here,
    /// It has not.
    Absent,
}

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

/// What the chain said about the version of an announcement.
struct Place {
    settled: ChainBlock,
    burn_height: BurnHeight,
    /// Height of the version, if a settled block has it.
    on_chain: Option<BurnHeight>,
    standing: Standing,
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
    /// Admits an announced upload, and notes for which version it is. The caller decides whether there is room for it.
    ///
    /// # Errors
    ///
    /// [`Refusal`]: `no-record` for a version beyond the next one, `not-author` if somebody else wrote the version,
    /// `other-ciphertext` if the version refers to another one, the reasons for which an account may not add a version,
    /// `record-erased`, `too-much-waits`, and those that any message can get.
    pub fn admit_upload(
        &self,
        signed: &Signed<UploadRequest>,
        presence: Presence,
    ) -> Result<Standing, Refusal> {
        let request = &signed.message;
        let asker = self.admit(signed, true)?;
        let refuse = |reason| self.refuse(&asker, request.refusal_line(), reason);
        let Place { settled, burn_height, on_chain, standing } =
            self.place_of_upload(request, &asker).map_err(refuse)?;
        let claim = NewClaim {
            blob: request.sha256,
            record: request.record_id,
            version: request.version,
            uploader: asker.principal.clone(),
            left_at: burn_height,
            on_chain,
            is_stranger: standing == Standing::Stranger,
        };
        let announcer = asker.clone();
        let noted = self
            .writer
            .commit(move |transaction| note(transaction, &announcer, &claim, &settled, presence));
        noted.unwrap_or(Err(RefusalReason::LogUnavailable)).map_err(refuse)?;
        if on_chain.is_some() {
            self.chain_memory.acted_on(&settled);
        }
        Ok(standing)
    }

    fn place_of_upload(
        &self,
        request: &UploadRequest,
        asker: &Asker,
    ) -> Result<Place, RefusalReason> {
        let seen = self.chain_for(asker.now)?;
        let down = |_: ChainError| RefusalReason::ChainUnreachable;
        let (id, version) = (request.record_id, request.version);
        let place = |on_chain, standing| {
            let (settled, burn_height) = (seen.settled, seen.tip.burn_height);
            Place { settled, burn_height, on_chain, standing }
        };
        let Some(record) = self.chain.record(id).map_err(down)? else {
            if version != Version::FIRST {
                return Err(RefusalReason::NoRecord);
            }
            let standing = self.standing_of(&asker.principal)?;
            return Ok(place(None, standing));
        };
        if is_beyond(version, record.version) {
            return Err(RefusalReason::NoRecord);
        }
        let Some(origin) = self.chain.version(id, version).map_err(down)? else {
            self.may_write(id, &record, &asker.principal, &seen.tip)?;
            return Ok(place(None, Standing::Known));
        };
        if asker.principal != origin.author && asker.principal != record.patient {
            return Err(RefusalReason::NotAuthor);
        }
        if origin.ciphertext != Some(request.sha256.0) {
            return Err(RefusalReason::OtherCiphertext);
        }
        if seen.tip_is_settled() {
            return Ok(place(Some(origin.burn_height), Standing::Known));
        }
        let then = self.origin_then(id, version, &seen).map_err(down)?;
        let then = then.filter(|(origin, record)| {
            is_of(&request.sha256, &asker.principal, origin, &record.patient)
        });
        Ok(place(then.map(|(origin, _)| origin.burn_height), Standing::Known))
    }

    /// Checks that an account may add the next version of a record.
    pub(crate) fn may_write(
        &self,
        id: RecordId,
        record: &Record,
        account: &Principal,
        tip: &ChainTip,
    ) -> Result<(), RefusalReason> {
        if record.patient == *account {
            return Ok(());
        }
        let held = self.chain.grants(id, &record.patient, account);
        let held = held.map_err(|_| RefusalReason::ChainUnreachable)?;
        rules::may_write(id, &held, tip.burn_height)
    }

    /// Whether something of an account stands on the chain, by what the vault keeps.
    pub(crate) fn standing_of(&self, account: &Principal) -> Result<Standing, RefusalReason> {
        let known = self.reading.ask(|connection| -> Result<bool, StorageFailure> {
            Ok(store::is_known(connection, account)? || store::has_proven(connection, account)?)
        });
        match known {
            Ok(true) => Ok(Standing::Known),
            Ok(false) => Ok(Standing::Stranger),
            Err(_) => Err(RefusalReason::LogUnavailable),
        }
    }

    /// Notes that all bytes of an announced ciphertext are here. Returns whether anybody has announced it: the record may
    /// have been erased meanwhile.
    ///
    /// # Errors
    ///
    /// [`StorageFailure`].
    pub fn ciphertext_is_here(&self, blob: Hex<32>) -> Result<bool, StorageFailure> {
        self.writer.commit(move |transaction| {
            store::mark_brought(transaction.connection, &blob)?;
            store::is_claimed(transaction.connection, &blob)
        })
    }

    /// Forgets who announced a ciphertext that was deleted.
    ///
    /// # Errors
    ///
    /// [`StorageFailure`].
    pub fn ciphertext_is_gone(&self, blob: Hex<32>) -> Result<(), StorageFailure> {
        self.writer.commit(move |transaction| store::drop_claims_of(transaction.connection, &blob))
    }

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
    fn origin_then(
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

fn is_of(blob: &Hex<32>, by: &Principal, origin: &VersionOrigin, patient: &Principal) -> bool {
    origin.ciphertext == Some(blob.0) && (*by == origin.author || by == patient)
}

fn note(
    transaction: &mut WriteTransaction<'_>,
    asker: &Asker,
    claim: &NewClaim,
    settled: &ChainBlock,
    presence: Presence,
) -> Result<Result<(), RefusalReason>, StorageFailure> {
    let connection = transaction.connection;
    if asker.is_replay(connection)? {
        return Ok(Err(RefusalReason::RequestReplayed));
    }
    if store::is_erased(connection, claim.record)? {
        return Ok(Err(RefusalReason::RecordErased));
    }
    asker.remember(connection)?;
    // What is here and was never announced came in another way: it stays nobody's.
    if presence == Presence::Here && !store::is_claimed(connection, &claim.blob)? {
        return Ok(Ok(()));
    }
    if claim.on_chain.is_none() && store::waiting_of(connection, &claim.uploader)? >= MOST_WAITING {
        return Ok(Err(RefusalReason::TooMuchWaits));
    }
    store::put_claim(connection, claim)?;
    if claim.on_chain.is_some() {
        store::act_on(connection, settled)?;
    }
    if presence == Presence::Here {
        store::mark_brought(connection, &claim.blob)?;
    }
    if claim.is_stranger {
        store::bound_strangers(connection, MOST_STRANGERS)?;
    }
    Ok(Ok(()))
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
