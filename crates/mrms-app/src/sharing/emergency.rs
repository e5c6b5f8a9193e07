//! Opens a record in an emergency, with a written reason that the patient can read and that the
//! chain commits to.
//!
//! Declares the emergency and opens the record in one operation, where the grant allows it; the
//! contract ends the emergency by itself. The reason goes to the patient through the vaults, sealed to the patient's
//! recipient. The chain has the hash of the sealed reason, and vaults release nothing without it: so the patient gets
//! the reason with the first share. Follows `emergency-access`.

use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::state::{EmergencyOpening, Record};
use mrms_contract::{ContractError, call, read};
use mrms_core::{AuditEntry, BurnHeight, ContentHash, Principal, RecordId, grant, visible};
use mrms_crypto::emergency_reason::EmergencyReason;
use mrms_vault::protocol::MOST_NOTE;
use rand_core::CryptoRng;

use crate::access::holder::OpensBy;
use crate::access::open::{Access, Beginning, Interrupted, OpenRecordError};
use crate::profile::ProfileError;
use crate::sending::outcome::Outcome;
use crate::session::{Actor, AskError, Sending, Session};
use crate::sharing::note;
use crate::sharing::readers::Reader;
use crate::sharing::recipients::{ChangedKey, RecipientError};

/// Why an emergency could not be declared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EmergencyError {
    /// There is no reason, or it is too long.
    #[error("a reason has 1 to {} bytes of text", EmergencyReason::MOST_WORDS)]
    NoReason,
    /// The reason has a character that would act on the patient's screen in place of being read.
    #[error(
        "a reason is one line of text, without control characters: it has {}",
        visible::line(&character.to_string())
    )]
    Characters {
        /// The first such character.
        character: char,
    },
    /// The contract refuses, as can be seen before anything is sent.
    #[error("{0}")]
    Refused(ContractError),
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The patient has no key that the reason could be sealed to.
    #[error(transparent)]
    Recipient(#[from] RecipientError),
    /// The profile's memory could not be written.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The record could not be opened.
    #[error(transparent)]
    Open(#[from] OpenRecordError),
    /// The keyring has no key.
    #[error(transparent)]
    NoKey(#[from] mrms_crypto::keyring::NoKeyError),
}

impl Session<'_> {
    /// Declares an emergency and opens the latest version of a record.
    ///
    /// # Errors
    ///
    /// [`EmergencyError`]; the entries stand in the log even when what follows fails.
    pub fn emergency_access(
        &self,
        actor: &Actor,
        id: RecordId,
        words: &str,
        rng: &mut dyn CryptoRng,
    ) -> Result<Outcome<Access>, EmergencyError> {
        if let Some(character) = visible::acting(words.trim()) {
            return Err(EmergencyError::Characters { character });
        }
        let root = actor.keyring.record_root()?;
        let reason = EmergencyReason::new(&root, id, words).ok_or(EmergencyError::NoReason)?;
        let record = self
            .ask(&read::record(id))?
            .ok_or(EmergencyError::Refused(ContractError::RecordNotFound))?;
        let patient = self.recipient_of(Some(actor), &record.patient, ChangedKey::Refuse)?;
        let note = note::seal(patient, &reason.to_bytes(), rng);
        let note = note.filter(|note| note.len() <= MOST_NOTE).ok_or(EmergencyError::NoReason)?;
        if self.sending != Sending::DryRun {
            self.profile.keep_emergency_note(id, &note)?;
        }
        let commitment = *ContentHash::of(&note).as_bytes();
        let (declare, open) =
            (call::emergency_access(id, commitment), call::access_medical_record(id));
        let me = actor.principal();
        let calls = if self.sending == Sending::DryRun || self.may_declare(&me, id, &record)? {
            vec![declare, open]
        } else {
            // The two are separate transactions: the access would stand even if the declaration is
            // refused. So the declaration goes alone, and the refusal stands on the record.
            let sent =
                self.carry_out(actor, &format!("declare an emergency on {id}"), vec![declare]);
            let sent = sent.map_err(|error| self.or_succeeded(&me, id, error));
            match sent.map_err(OpenRecordError::from)? {
                // A grant came meanwhile.
                Outcome::Done(_) => vec![open],
                Outcome::Planned(plan) => return Ok(Outcome::Planned(plan)),
                Outcome::Signed(signed) => return Ok(Outcome::Signed(signed)),
            }
        };
        // A reason that was typed stands on chain. What was interrupted has another one, or none.
        let (interrupted, by) = (Interrupted::Forget, OpensBy::Oneself);
        let begin = Beginning { calls, note: &note, interrupted, by };
        Ok(self.access_by(actor, id, None, begin, rng)?)
    }

    /// Whether a user's grant on a record lets them declare an emergency now.
    fn may_declare(
        &self,
        user: &Principal,
        id: RecordId,
        record: &Record,
    ) -> Result<bool, AskError> {
        let now = self.ledger.tip()?.burn_height;
        let (own, standing) = self.grants(id, &record.patient, user)?;
        let granted = grant::effective(id, own.as_ref(), standing.as_ref(), now);
        Ok(granted.is_ok_and(|(rights, _)| rights.may_declare_emergency()))
    }

    /// The sealed reason of the emergency under which this actor may open a record, as far as this profile
    /// declared it; empty where there is none.
    ///
    /// # Errors
    ///
    /// [`AskError`]. Where the notes can't be read, there is none, and vaults say that it is missing.
    pub(crate) fn emergency_note(&self, actor: &Actor, id: RecordId) -> Result<Vec<u8>, AskError> {
        let notes = self.profile.emergency_notes(id).unwrap_or_default();
        if notes.is_empty() {
            return Ok(Vec::new());
        }
        let opening = self.ask(&read::emergency_opening(id, &actor.principal()))?;
        let of_opening = |note: &Vec<u8>| {
            opening
                .as_ref()
                .is_some_and(|opening| ContentHash::of(note).as_bytes() == &opening.reason)
        };
        Ok(notes.into_iter().rev().find(of_opening).unwrap_or_default())
    }

    /// Everybody who ever had standing access from a patient: with it they may declare emergencies on all of
    /// the patient's records.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn standing_users(&self, patient: &Principal) -> Result<Vec<Principal>, AskError> {
        let count = self.ask(&read::patient_counts(patient))?.team;
        self.ask_list(count, |index| read::care_team_member(patient, index))
    }

    /// The latest emergency of each user on a record, unless the patient has reviewed it: of the record's
    /// readers, and of those with standing access, live or ended.
    ///
    /// # Errors
    ///
    /// [`AskError`]. When the remembered reviews can't be read, nothing counts as reviewed.
    pub fn unreviewed_emergencies(
        &self,
        id: RecordId,
        readers: &[Reader],
        standing: &[Principal],
    ) -> Result<Vec<(Principal, EmergencyOpening)>, AskError> {
        let reviews = self.profile.reviews().unwrap_or_default();
        let users = readers.iter().map(|reader| &reader.user).chain(standing);
        let mut found = self.emergencies(id, users)?;
        found.retain(|(user, opening)| !is_reviewed(&reviews, id, user, opening));
        Ok(found)
    }

    /// Notes that the patient was shown these entries of the log, which declared emergencies. What was declared
    /// since, and what was not shown, stays to be reviewed.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn review_emergencies(
        &self,
        id: RecordId,
        shown: &[&AuditEntry],
    ) -> Result<(), ProfileError> {
        if shown.is_empty() {
            return Ok(());
        }
        let mut reviews = self.profile.reviews()?;
        // In the order of the log: of several by one user, the last one counts.
        reviews.extend(shown.iter().map(|entry| {
            (review_key(id, &entry.actor), review_mark(entry.burn_height, &entry.detail))
        }));
        self.profile.remember_reviews(&reviews)
    }

    fn emergencies<'a>(
        &self,
        id: RecordId,
        users: impl Iterator<Item = &'a Principal>,
    ) -> Result<Vec<(Principal, EmergencyOpening)>, AskError> {
        // Also of those whose grant has ended, or no longer has the right: they may have declared one before.
        let users: BTreeSet<_> = users.collect();
        let mut found = Vec::new();
        for user in users {
            let opening = self.ask(&read::emergency_opening(id, user))?;
            found.extend(opening.map(|opening| (user.clone(), opening)));
        }
        Ok(found)
    }

    /// The reason in a note that a reader left for this patient; `None` when it is not for them.
    #[must_use]
    pub fn read_note(&self, actor: &Actor, note: &[u8]) -> Option<EmergencyReason> {
        EmergencyReason::from_bytes(&note::open(actor, note)?)
    }
}

/// Whether the patient was shown this emergency of a user on a record.
pub(crate) fn is_reviewed(
    reviews: &BTreeMap<String, String>,
    id: RecordId,
    user: &Principal,
    opening: &EmergencyOpening,
) -> bool {
    let mark = review_mark(opening.opened_at, &opening.reason);
    reviews.get(&review_key(id, user)) == Some(&mark)
}

/// The key under which a review of this user's emergency is remembered.
fn review_key(id: RecordId, user: &Principal) -> String {
    format!("{id} {user}")
}

/// Tells one emergency from the next.
fn review_mark(declared_at: BurnHeight, reason: &[u8; 32]) -> String {
    format!("{declared_at} {}", hex::encode(reason))
}
