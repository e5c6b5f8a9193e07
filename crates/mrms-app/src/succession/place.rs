//! Where somebody is in a line of succession: the patient, or who was.

use std::collections::BTreeSet;

use mrms_contract::ContractError;
use mrms_contract::read::{self, PatientCounts};
use mrms_core::{Action, BurnHeight, Principal, RecordId};

use crate::sending::outcome::SendError;
use crate::session::{AskError, Sending, Session};
use crate::succession::HandedOver;

impl Session<'_> {
    /// To whom this account handed over, if it did. One read where it did not.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn handed_over(&self, who: &Principal) -> Result<Option<HandedOver>, AskError> {
        let counts = self.ask(&read::patient_counts(who))?;
        self.handed_over_by(who, &counts)
    }

    /// Whether an account handed everything over, so that what it gave gives nothing any more.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn is_handed_over(&self, who: &Principal) -> Result<bool, AskError> {
        Ok(self.handed_over_to(who)?.is_some())
    }

    /// The account that has everything now which this one handed over.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn handed_over_to(&self, who: &Principal) -> Result<Option<Principal>, AskError> {
        let successor = self.ask(&read::patient_counts(who))?.successor;
        Ok(successor.filter(|latest| latest != who))
    }

    /// The same, with what the contract says of the patient.
    pub(crate) fn handed_over_by(
        &self,
        who: &Principal,
        counts: &PatientCounts,
    ) -> Result<Option<HandedOver>, AskError> {
        let Some(to) = counts.successor.clone().filter(|latest| latest != who) else {
            return Ok(None);
        };
        let entries =
            self.ask_list(counts.audit_count, |index| read::patient_audit_entry(who, index))?;
        let accepted = entries.into_iter().find(|entry| {
            entry.action == Action::SuccessionAccept && entry.subject.as_ref() == Some(who)
        });
        Ok(Some(HandedOver { to, since: accepted.map(|entry| entry.burn_height) }))
    }

    /// Whom this account, and who was before it, took over from, with the burn height of that; the first of the line first.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn predecessors(&self, who: &Principal) -> Result<Vec<(Principal, BurnHeight)>, AskError> {
        let counts = self.ask(&read::patient_counts(who))?;
        if counts.successor.is_none() {
            return Ok(Vec::new());
        }
        let entries =
            self.ask_list(counts.audit_count, |index| read::patient_audit_entry(who, index))?;
        let mut found = Vec::new();
        for entry in entries.into_iter().filter(|one| one.action == Action::SuccessionAccept) {
            if entry.subject.as_ref() == Some(who) {
                break;
            }
            found.extend(entry.subject.map(|former| (former, entry.burn_height)));
        }
        Ok(found)
    }

    /// Notes in the profile in whose place this account is the patient, so that pages and commands call those accounts the
    /// person's own.
    pub(crate) fn note_formers(&self, me: &Principal) -> Result<(), AskError> {
        let formers: BTreeSet<_> = self.predecessors(me)?.into_iter().map(|(who, _)| who).collect();
        if !formers.is_empty() && self.sending == Sending::Send {
            // Names are a help: without the file the accounts are shown as others are.
            let _ = self.profile.note_former_accounts(&formers);
        }
        Ok(())
    }

    /// To whom this patient offers everything now.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn offered_to(&self, patient: &Principal) -> Result<Option<Principal>, AskError> {
        self.ask(&read::pending_succession(patient))
    }

    /// A refusal about a record that somebody meets because they were succeeded, with that reason. To the contract, who
    /// is neither the first nor the latest of a line is a stranger.
    pub(crate) fn or_succeeded(&self, me: &Principal, id: RecordId, error: SendError) -> SendError {
        if !is_of_a_stranger(&error) {
            return error;
        }
        match self.ask(&read::record(id)).ok().flatten() {
            Some(record) => self.or_succeeded_by(me, &record.patient, error),
            None => error,
        }
    }

    /// The same about one's own records as a whole.
    pub(crate) fn or_nobody(&self, me: &Principal, error: SendError) -> SendError {
        if !is_of_a_stranger(&error) {
            return error;
        }
        match self.handed_over_to(me) {
            Ok(Some(latest)) => self.or_succeeded_by(me, &latest, error),
            Ok(None) | Err(_) => error,
        }
    }

    fn or_succeeded_by(&self, me: &Principal, patient: &Principal, error: SendError) -> SendError {
        match (self.why_not_patient(me, patient), error) {
            (refusal @ ContractError::Succeeded, SendError::Refused { txid, .. }) => {
                SendError::Refused { refusal, txid }
            }
            (_, error) => error,
        }
    }

    /// Why the contract lets somebody do nothing as a record's patient. Where it does not tell, the plainer reason.
    pub(crate) fn why_not_patient(&self, me: &Principal, patient: &Principal) -> ContractError {
        match self.ask(&read::patient_counts(me)) {
            Ok(counts) if counts.successor.as_ref() == Some(patient) => ContractError::Succeeded,
            _ => ContractError::NotPatient,
        }
    }
}

/// Whether the contract refused somebody as it refuses strangers.
const fn is_of_a_stranger(error: &SendError) -> bool {
    use ContractError::{NoAccess, NotPatient};
    matches!(error, SendError::Refused { refusal: NoAccess | NotPatient, .. })
}
