//! Opens a record in an emergency, with a written reason that the patient can read and that the
//! chain commits to.
//!
//! Declares the emergency and opens the record in one operation; the contract ends the emergency by
//! itself. The reason goes to the patient through the vaults, sealed to the patient's recipient.
//! Follows `emergency-access`.

use mrms_contract::state::EmergencyOpening;
use mrms_contract::{ContractError, call, read};
use mrms_core::{Principal, RecordId, visible};
use mrms_crypto::Workers;
use mrms_crypto::age_file::{Encoding, EncryptedFile, Protection, Recipient, Recipients, Unlock};
use mrms_crypto::emergency_reason::EmergencyReason;
use mrms_vault::protocol::MOST_NOTE;
use rand_core::CryptoRng;

use crate::access::open::{Access, OpenRecordError};
use crate::profile::ProfileError;
use crate::sending::outcome::Outcome;
use crate::session::{Actor, AskError, Session};
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
        let patient = self.recipient_of(&record.patient, ChangedKey::Refuse)?;
        let note = seal_to(Recipient::Hybrid(patient), &reason.to_bytes(), rng);
        let note = note.filter(|note| note.len() <= MOST_NOTE).ok_or(EmergencyError::NoReason)?;
        let calls =
            vec![call::emergency_access(id, reason.commitment()), call::access_medical_record(id)];
        Ok(self.access_by(actor, id, None, calls, &note, rng)?)
    }

    /// The latest emergency of each user on a record, unless the patient has reviewed it.
    ///
    /// # Errors
    ///
    /// [`AskError`]. When the remembered reviews can't be read, nothing counts as reviewed.
    pub fn unreviewed_emergencies(
        &self,
        id: RecordId,
        readers: &[Reader],
    ) -> Result<Vec<(Principal, EmergencyOpening)>, AskError> {
        let reviews = self.profile.reviews().unwrap_or_default();
        let mut found = self.emergencies(id, readers)?;
        found.retain(|(user, opening)| {
            reviews.get(&review_key(id, user)) != Some(&review_mark(opening))
        });
        Ok(found)
    }

    /// Notes that the patient has seen the emergencies that were declared on a record.
    ///
    /// # Errors
    ///
    /// [`ReviewError`].
    pub fn review_emergencies(&self, id: RecordId, readers: &[Reader]) -> Result<(), ReviewError> {
        let emergencies = self.emergencies(id, readers)?;
        if emergencies.is_empty() {
            return Ok(());
        }
        let mut reviews = self.profile.reviews()?;
        reviews.extend(
            emergencies.iter().map(|(user, opening)| (review_key(id, user), review_mark(opening))),
        );
        Ok(self.profile.remember_reviews(&reviews)?)
    }

    fn emergencies(
        &self,
        id: RecordId,
        readers: &[Reader],
    ) -> Result<Vec<(Principal, EmergencyOpening)>, AskError> {
        let mut found = Vec::new();
        for reader in readers {
            let rights = reader.grant.and_then(|grant| grant.rights);
            // After a revoke, emergencies that were declared before are still looked for.
            if rights.is_some_and(|rights| !rights.may_declare_emergency()) {
                continue;
            }
            let opening = self.ask(&read::emergency_opening(id, &reader.user))?;
            found.extend(opening.map(|opening| (reader.user.clone(), opening)));
        }
        Ok(found)
    }

    /// The reason in a note that a reader left for this patient; `None` when it is not for them.
    #[must_use]
    pub fn read_note(&self, actor: &Actor, note: &[u8]) -> Option<EmergencyReason> {
        let identities = actor.identities().ok()?;
        let identities: Vec<_> = identities.into_iter().map(Into::into).collect();
        let mut bytes = zeroize::Zeroizing::new(Vec::new());
        let file = EncryptedFile::read(note).ok()?;
        file.decrypt(&Unlock::Identities(&identities), &mut *bytes, Workers::ONE).ok()?;
        EmergencyReason::from_bytes(&bytes)
    }
}

/// The key under which a review of this user's emergency is remembered.
fn review_key(id: RecordId, user: &Principal) -> String {
    format!("{id} {user}")
}

/// Tells one emergency from the next.
fn review_mark(opening: &EmergencyOpening) -> String {
    format!("{} {}", opening.opened_at, hex::encode(opening.reason))
}

/// Why a review could not be noted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReviewError {
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The profile's memory could not be read or written.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

fn seal_to(recipient: Recipient, bytes: &[u8], rng: &mut dyn CryptoRng) -> Option<Vec<u8>> {
    let recipients = Recipients::new(vec![recipient]).ok()?;
    let protection = Protection::Recipients(&recipients);
    let mut note = Vec::new();
    mrms_crypto::age_file::encrypt(
        &protection,
        Encoding::Binary,
        bytes,
        &mut note,
        Workers::ONE,
        rng,
    )
    .ok()?;
    Some(note)
}
