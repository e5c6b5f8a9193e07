//! Whose ciphertext it is: who announced it, for which version, and whether the chain bears that out.
//!
//! Ciphertext and its hash are public, so anybody can bring a copy, and anybody can make a record that refers to it. An
//! erasure deletes what was brought for its record, by the version's author or the record's patient, and only if no other
//! record referred to it before. Ciphertext that nobody announced is nobody's, and stays: announcing it when it is here
//! already makes it nobody's own. What the chain says about claims is in [`proofs`](super::proofs).

use mrms_core::{BurnHeight, Principal, RecordId, Version};

use super::Guardian;
use super::admission::Asker;
use super::chain::{ChainBlock, ChainError, ChainTip, Record};
use super::database_writer::WriteTransaction;
use super::error::StorageFailure;
use super::proofs::is_of;
use super::refusal_lines::LoggedMessage as _;
use super::release::is_beyond;
use super::rules;
use super::store::{self, NewClaim};
use crate::protocol::{Hex, Refusal, RefusalReason, Signed, UploadRequest};

/// Claims of one account that may wait for their versions.
const MOST_WAITING: u64 = 1_024;
/// Claims of all unknown accounts that may wait for ciphertext and version. Beyond that the oldest ones are forgotten.
const MOST_STRANGERS: u64 = 65_536;

/// Whether the vault knows an account that brings ciphertext.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UploaderKind {
    /// Something of it stands on the chain: it is the record's patient, may add the version, has shares here, or brought
    /// ciphertext that a version refers to. Shares count if they were left under a grant that was seen in force.
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

/// What the chain said about the version of an announcement.
struct Place {
    settled: ChainBlock,
    burn_height: BurnHeight,
    /// Height of the version, if a settled block has it.
    on_chain: Option<BurnHeight>,
    standing: UploaderKind,
}

impl Guardian {
    /// Admits an announced upload, and notes for which version it is. The caller decides whether there is room for it.
    ///
    /// # Errors
    ///
    /// [`Refusal`]: `no-record` for a version beyond the next one, `not-author` if somebody else wrote the version,
    /// `other-ciphertext` if the version refers to another one, the reasons for which an account may not add a version,
    /// `record-erased` (unless the ciphertext is here and a settled version refers to it), `too-much-waits`, and those
    /// that any message can get.
    pub fn admit_upload(
        &self,
        signed: &Signed<UploadRequest>,
        presence: Presence,
    ) -> Result<UploaderKind, Refusal> {
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
            is_stranger: standing == UploaderKind::Stranger,
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
            return Ok(place(None, UploaderKind::Known));
        };
        if asker.principal != origin.author && asker.principal != record.patient {
            return Err(RefusalReason::NotAuthor);
        }
        if origin.ciphertext != Some(request.sha256.0) {
            return Err(RefusalReason::OtherCiphertext);
        }
        if seen.tip_is_settled() {
            return Ok(place(Some(origin.burn_height), UploaderKind::Known));
        }
        let then = self.origin_then(id, version, &seen).map_err(down)?;
        let then = then.filter(|(origin, record)| {
            is_of(&request.sha256, &asker.principal, origin, &record.patient)
        });
        Ok(place(then.map(|(origin, _)| origin.burn_height), UploaderKind::Known))
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
    pub(crate) fn standing_of(&self, account: &Principal) -> Result<UploaderKind, RefusalReason> {
        let known = self.reading.ask(|connection| -> Result<bool, StorageFailure> {
            Ok(store::is_known(connection, account)? || store::has_proven(connection, account)?)
        });
        match known {
            Ok(true) => Ok(UploaderKind::Known),
            Ok(false) => Ok(UploaderKind::Stranger),
            Err(_) => Err(RefusalReason::LogUnavailable),
        }
    }

    /// Notes that all bytes of an announced ciphertext are here, and that this account brought them: others who announced
    /// it brought nothing. Returns whether anybody has announced it: the record may have been erased meanwhile.
    ///
    /// # Errors
    ///
    /// [`StorageFailure`].
    pub fn ciphertext_is_here(
        &self,
        blob: Hex<32>,
        by: &Principal,
    ) -> Result<bool, StorageFailure> {
        let by = by.clone();
        self.writer.commit(move |transaction| {
            store::mark_brought(transaction.connection, &blob, &by)?;
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
    // Of an erased record no byte comes back. But a settled version refers to what is here, and somebody else may have
    // brought it: only if its claim is noted can the next erasure delete it.
    let is_left_over = presence == Presence::Here && claim.on_chain.is_some();
    if !is_left_over && store::is_erased(connection, claim.record)? {
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
    if claim.is_stranger {
        store::bound_strangers(connection, MOST_STRANGERS)?;
    }
    Ok(Ok(()))
}
