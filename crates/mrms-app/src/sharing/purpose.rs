//! What a reader opens a record for: sealed to the patient, through the vaults, like the reason of an emergency.
//!
//! Nothing of it is on chain, and a vault can't read it. It is the reader's word: nobody checks that it is true. Programs
//! that know no purposes show the patient its code, as they show a reason.

use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::{ContractError, call, read};
use mrms_core::{Action, AuditEntry, Principal, Purpose, RecordId, StandardPrincipal, Version};
use mrms_crypto::keyring::NoKeyError;
use mrms_vault::protocol::{LogLine, Topic};
use rand_core::CryptoRng;

use crate::access::holder::OpensBy;
use crate::access::open::{Access, Beginning, Interrupted, OpenRecordError};
use crate::profile::ProfileError;
use crate::sending::outcome::Outcome;
use crate::session::{Actor, AskError, Session};
use crate::sharing::note;
use crate::sharing::recipients::{ChangedKey, RecipientError};

/// What a note with a purpose begins with. It stands where the reason of an emergency has 16 random bytes.
const MARK: &[u8; 16] = b"mrms-purpose/v1\0";
/// The code has this many bytes, so that the length of a note does not tell the purpose.
const CODE_LENGTH: usize = 16;

/// Why a record could not be opened for a purpose.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PurposeError {
    /// The contract refuses, as can be seen before anything is sent.
    #[error("{0}")]
    Refused(ContractError),
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The patient has no key to which the purpose could be sealed.
    #[error(transparent)]
    Recipient(#[from] RecipientError),
    /// It could not be sealed.
    #[error("the purpose cannot be sealed to the patient")]
    Seal,
    /// The record could not be opened.
    #[error(transparent)]
    Open(#[from] OpenRecordError),
}

/// Why purposes could not be looked up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KnownPurposesError {
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The profile's memory could not be read.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The keyring has no key.
    #[error(transparent)]
    NoKey(#[from] NoKeyError),
}

fn to_bytes(purpose: Purpose) -> Vec<u8> {
    let mut bytes = [MARK.as_slice(), purpose.code().as_bytes()].concat();
    bytes.resize(MARK.len() + CODE_LENGTH, b' ');
    bytes
}

/// The purpose in an opened note; `None` for any other note.
fn from_bytes(bytes: &[u8]) -> Option<Purpose> {
    let code = bytes.strip_prefix(MARK)?;
    std::str::from_utf8(code).ok()?.trim_end().parse().ok()
}

impl Session<'_> {
    /// Accesses a version as [`Session::access`] does, and tells the patient what for. In an emergency that this
    /// profile declared, its reason goes to the patient in its place: its purpose is emergency treatment.
    ///
    /// # Errors
    ///
    /// [`PurposeError`]; the entry stands in the log even when what follows it fails.
    pub fn access_for(
        &self,
        actor: &Actor,
        id: RecordId,
        version: Option<Version>,
        purpose: Purpose,
        rng: &mut dyn CryptoRng,
    ) -> Result<Outcome<Access>, PurposeError> {
        let record = self.ask(&read::record(id))?;
        let record = record.ok_or(PurposeError::Refused(ContractError::RecordNotFound))?;
        let mut note = self.emergency_note(actor, id)?;
        if note.is_empty() && record.patient != actor.principal() {
            note = self.purpose_note(actor, &record.patient, purpose, rng)?;
        }
        let call = match version {
            None => call::access_medical_record(id),
            Some(version) => call::access_record_version(id, version),
        };
        let begin = Beginning {
            calls: vec![call],
            note: &note,
            interrupted: Interrupted::TakeUp,
            by: OpensBy::Oneself,
        };
        Ok(self.access_by(actor, id, version, begin, rng)?)
    }

    /// A purpose, sealed to the patient.
    pub(crate) fn purpose_note(
        &self,
        actor: &Actor,
        patient: &Principal,
        purpose: Purpose,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<u8>, PurposeError> {
        let patient = self.recipient_of(Some(actor), patient, ChangedKey::Refuse)?;
        note::seal(patient, &to_bytes(purpose), rng).ok_or(PurposeError::Seal)
    }

    /// The purpose in a note that a reader left for this patient; `None` when it is not for them, or another note.
    #[must_use]
    pub fn read_purpose(&self, actor: &Actor, note: &[u8]) -> Option<Purpose> {
        from_bytes(&note::open(actor, note)?)
    }

    /// What the openings of one's own record were for, by their places in its log: as far as the vaults' logs were
    /// read by this profile (`audit --reconcile` reads them).
    ///
    /// # Errors
    ///
    /// [`KnownPurposesError`].
    pub fn known_purposes(
        &self,
        actor: &Actor,
        id: RecordId,
    ) -> Result<BTreeMap<u64, Purpose>, KnownPurposesError> {
        let vaults = self.remembered_vaults()?;
        self.purposes_by(actor, id, vaults.iter().map(|(_, vault)| vault))
    }

    /// The same of several records, by record and entry.
    ///
    /// # Errors
    ///
    /// [`KnownPurposesError`].
    pub fn known_purposes_of(
        &self,
        actor: &Actor,
        ids: &BTreeSet<RecordId>,
    ) -> Result<BTreeMap<(RecordId, u64), Purpose>, KnownPurposesError> {
        let vaults = self.remembered_vaults()?;
        let mut all = BTreeMap::new();
        for id in ids {
            let purposes = self.purposes_by(actor, *id, vaults.iter().map(|(_, vault)| vault))?;
            all.extend(purposes.into_iter().map(|(index, purpose)| ((*id, index), purpose)));
        }
        Ok(all)
    }

    fn purposes_by<'v>(
        &self,
        actor: &Actor,
        id: RecordId,
        vaults: impl Iterator<Item = &'v StandardPrincipal>,
    ) -> Result<BTreeMap<u64, Purpose>, KnownPurposesError> {
        let mut lines = Vec::new();
        let root = actor.keyring.record_root()?;
        for vault in vaults {
            let log = self.profile.read_log(&root, vault, id);
            lines.extend(log.map(|log| log.lines).unwrap_or_default());
        }
        let mut purposes = BTreeMap::new();
        for line in &lines {
            let Some(index) = opening_of(line).filter(|index| !purposes.contains_key(index)) else {
                continue;
            };
            let Some(purpose) = self.read_purpose(actor, &line.note) else { continue };
            // A vault may name another's entry.
            let entry = self.ask(&read::audit_entry(id, index))?;
            if entry.is_some_and(|entry| is_theirs(&entry, line.actor.as_ref())) {
                purposes.insert(index, purpose);
            }
        }
        Ok(purposes)
    }
}

/// The entry that a line with a note of a reader is about.
pub(crate) fn opening_of(line: &LogLine) -> Option<u64> {
    line.audit_index.filter(|_| line.topic == Topic::Release && !line.note.is_empty())
}

/// Whether an entry is an opening by the account that gave the purpose.
pub(crate) fn is_theirs(entry: &AuditEntry, actor: Option<&Principal>) -> bool {
    entry.action == Action::Access && Some(&entry.actor) == actor
}

#[cfg(test)]
mod tests {
    use mrms_crypto::emergency_reason::EmergencyReason;
    use mrms_crypto::{Keyring, Words};
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn notes_of_both_kinds_are_told_apart_and_have_one_length() {
        for purpose in Purpose::ALL {
            let bytes = to_bytes(*purpose);
            assert_eq!(from_bytes(&bytes), Some(*purpose));
            assert_eq!(bytes.len(), 32);
            // A program of before shows the code.
            let older = EmergencyReason::from_bytes(&bytes).unwrap();
            assert_eq!(older.words().trim_end(), purpose.code());
        }
        let mut rng = StdRng::seed_from_u64(1);
        let root = Keyring::from_words(&Words::generate(&mut rng)).record_root().unwrap();
        let reason = EmergencyReason::new(&root, RecordId::new(1), "TREAT").unwrap();
        assert_eq!(from_bytes(&reason.to_bytes()), None);
        let mut newer = to_bytes(Purpose::Treatment);
        newer[16..21].copy_from_slice(b"OTHER");
        assert_eq!(from_bytes(&newer), None, "then it is shown as its words");
    }
}
