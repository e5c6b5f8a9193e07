//! Notes for readers: keeps what a patient, or a delegate who may share, calls a record, and gives it to its reader.
//!
//! A note lies under the key slot of the reader's shares and goes with it. Without shares there is no note. It is given
//! while the reader's grant is live, without an entry in the record's log and without a line in the vault's: it is sealed
//! to the reader, and only a name. The vault asks the chain about each record, so a request names few.

use mrms_core::{Principal, RecordId};

use super::Guardian;
use super::admission::{Asker, Objection};
use super::chain::{ChainBlock, ChainError};
use super::database_writer::WriteTransaction;
use super::error::StorageFailure;
use super::refusal_lines::LoggedMessage as _;
use super::rules;
use super::sealing::Sealer;
use super::store::{self, Kind};
use crate::protocol::{
    MemberNotesRequest, ReaderNote, ReaderNoteKept, ReaderNotes, ReaderNotesRequest, Refusal,
    RefusalReason, Signed,
};

impl Guardian {
    /// Keeps a note for a reader, beside the shares that were left for them. Replaces the note before. Writes no line.
    ///
    /// # Errors
    ///
    /// [`Refusal`], with the line about it: `no-record`, `not-patient`, `no-share` if no shares were left for the reader,
    /// `record-erased`, and the refusals that any message can get.
    pub fn leave_reader_note(
        &self,
        signed: &Signed<ReaderNote>,
    ) -> Result<ReaderNoteKept, Refusal> {
        let note = &signed.message;
        let asker = self.admit(signed, note.is_sound())?;
        let refuse = |reason| self.refuse(&asker, note.refusal_line(), reason);
        let settled = self.clear_patient(note.record_id, &asker).map_err(refuse)?;
        // Plain fields: nothing here can fail to serialize.
        let whole = serde_json::to_vec(signed).unwrap_or_default();
        let kept = {
            let (note, asker) = (note.clone(), asker.clone());
            self.writer
                .commit(move |transaction| keep(transaction, &note, &whole, &asker, &settled))
        };
        kept.unwrap_or(Err(RefusalReason::LogUnavailable)).map_err(refuse)?;
        self.chain_memory.acted_on(&settled);
        Ok(ReaderNoteKept { record_id: note.record_id })
    }

    fn clear_patient(&self, record: RecordId, asker: &Asker) -> Result<ChainBlock, RefusalReason> {
        let seen = self.chain_for(asker.now)?;
        let down = |_: ChainError| RefusalReason::ChainUnreachable;
        let record = self.chain.record(record).map_err(down)?.ok_or(RefusalReason::NoRecord)?;
        match self.may_share_for(&record.patient, asker, &seen).map_err(down)? {
            true => Ok(seen.settled),
            false => Err(RefusalReason::NotPatient),
        }
    }

    /// Gives a reader the notes that were left for them about these records, where their grant is live.
    ///
    /// # Errors
    ///
    /// [`Refusal`], with the line about it: the refusals that any message can get.
    pub fn reader_notes(
        &self,
        signed: &Signed<ReaderNotesRequest>,
    ) -> Result<ReaderNotes, Refusal> {
        let request = &signed.message;
        let asker = self.admit(signed, request.is_sound())?;
        let given = self.notes_for(&asker, &asker.principal, &request.records);
        given.map_err(|reason| self.refuse(&asker, request.refusal_line(), reason))
    }

    /// Gives a live member of an organisation the notes that were left for it about these records, where its grant is live.
    ///
    /// # Errors
    ///
    /// [`Refusal`], with the line about it: `not-member`, and the refusals that any message can get.
    pub fn member_notes(
        &self,
        signed: &Signed<MemberNotesRequest>,
    ) -> Result<ReaderNotes, Refusal> {
        let request = &signed.message;
        let asker = self.admit(signed, request.is_sound())?;
        let given = self.notes_for(&asker, &request.organisation, &request.records);
        given.map_err(|reason| self.refuse(&asker, request.refusal_line(), reason))
    }

    /// The notes for a holder of grants, who asks for themselves or through a member.
    fn notes_for(
        &self,
        asker: &Asker,
        holder: &Principal,
        records: &[RecordId],
    ) -> Result<ReaderNotes, RefusalReason> {
        let seen = self.chain_for(asker.now)?;
        let (now, down) = (seen.tip.burn_height, |_: ChainError| RefusalReason::ChainUnreachable);
        if *holder != asker.principal
            && !self.chain.is_member(holder, &asker.principal, now).map_err(down)?
        {
            return Err(RefusalReason::NotMember);
        }
        let spent = {
            let asker = asker.clone();
            self.writer.commit(move |transaction| {
                if asker.is_replay(transaction.connection)? {
                    return Ok(Err(RefusalReason::RequestReplayed));
                }
                asker.remember(transaction.connection).map(Ok)
            })
        };
        spent.unwrap_or(Err(RefusalReason::LogUnavailable))?;
        let mut notes = Vec::new();
        for record in records {
            let Some(kept) = self.kept_note(*record, holder)? else { continue };
            let Some(found) = self.chain.record(*record).map_err(down)? else { continue };
            let held = self.chain.grants(*record, &found.patient, holder);
            if rules::is_in_force(*record, &held.map_err(down)?, now).is_ok() {
                notes.push(kept);
            }
        }
        Ok(ReaderNotes { notes })
    }

    /// The note that was left for a reader of a record.
    fn kept_note(
        &self,
        record: RecordId,
        reader: &Principal,
    ) -> Result<Option<Signed<ReaderNote>>, Objection> {
        let stored = self.reading.ask(|connection| -> Result<_, Objection> {
            let slot = store::find_key_slot(connection, Kind::Shares, record, reader)?;
            let Some(slot) = slot else { return Ok(None) };
            let sealed = store::reader_note(connection, slot.id)?;
            Ok(sealed.map(|sealed| (slot.id, sealed)))
        })?;
        let Some((id, sealed)) = stored else { return Ok(None) };
        let Some(key) = self.key_slots.read(id)? else { return Ok(None) };
        let whole = Sealer { id, key: &key }.open_note(&sealed);
        Ok(whole.and_then(|whole| serde_json::from_slice(&whole).ok()))
    }
}

fn keep(
    transaction: &mut WriteTransaction<'_>,
    note: &ReaderNote,
    whole: &[u8],
    asker: &Asker,
    settled: &ChainBlock,
) -> Result<Result<(), RefusalReason>, StorageFailure> {
    let (connection, record) = (transaction.connection, note.record_id);
    if asker.is_replay(connection)? {
        return Ok(Err(RefusalReason::RequestReplayed));
    }
    if store::is_erased(connection, record)? {
        return Ok(Err(RefusalReason::RecordErased));
    }
    if !keep_note(transaction, (record, &note.reader), whole)? {
        return Ok(Err(RefusalReason::NoShare));
    }
    asker.remember(connection)?;
    store::act_on(connection, settled)?;
    Ok(Ok(()))
}

/// Keeps a note beside the shares that were left for a reader. Returns whether there are any.
pub(crate) fn keep_note(
    transaction: &mut WriteTransaction<'_>,
    (record, reader): (RecordId, &Principal),
    whole: &[u8],
) -> Result<bool, StorageFailure> {
    let connection = transaction.connection;
    let slot = store::find_key_slot(connection, Kind::Shares, record, reader)?;
    let Some(slot) = slot else { return Ok(false) };
    let Some(key) = transaction.key_slots.read(slot.id)? else { return Ok(false) };
    let sealed = Sealer { id: slot.id, key: &key }.seal_note(whole, transaction.rng);
    store::put_reader_note(connection, slot.id, &sealed)?;
    Ok(true)
}
