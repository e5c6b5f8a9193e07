//! What this person got from others: the names that patients gave for their records, and one's own openings of them.
//!
//! Sealed under the person's own key. Losing the file costs questions to the vaults and the chain.

use std::collections::BTreeMap;

use mrms_core::{BurnHeight, ContractId, Principal, RecordId, UnixTime, Version};
use mrms_crypto::RecordRoot;
use mrms_people::card::MOST_NAME;
use mrms_people::{Card, FieldText, SignedDocument};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use super::{ProfileError, ProfileFolder};

/// The file's name, and the name under which it is sealed.
const NAME: &str = "received.sealed";
/// The person's own card, as text.
const CARD: &str = "card.sealed";
/// The file with the name that this person gives others for themselves.
const CALLED: &str = "called.sealed";
/// Openings of one record that are kept; the oldest go first.
const MOST_OPENINGS: usize = 256;

/// Longest name of a record, in bytes, as of a label.
pub const MOST_RECORD_NAME: usize = 255;
/// What a record is called.
pub type RecordName = FieldText<MOST_RECORD_NAME>;
/// What a person is called.
pub type PersonName = FieldText<MOST_NAME>;

/// Longest media type that is told, in bytes.
pub const MOST_MEDIA_TYPE: usize = 127;
/// What kind of bytes a record has.
pub type ToldMediaType = FieldText<MOST_MEDIA_TYPE>;

/// What tells a record from others without its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecordSaid {
    /// What it is called.
    pub name: Option<RecordName>,
    /// What kind of bytes its newest version has.
    pub media_type: Option<ToldMediaType>,
    /// When that was written, by its author's clock.
    pub written: Option<UnixTime>,
}

impl RecordSaid {
    /// Whether nothing is known of it: no key of the record came, which brings that.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What a patient says of a record, and what they call themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct GivenNames {
    /// What the record is called.
    pub record: Option<RecordName>,
    /// What the patient is called.
    pub patient: Option<PersonName>,
    /// What kind of bytes the record has; programs of earlier versions say nothing of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_type: Option<ToldMediaType>,
    /// When its newest version was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<UnixTime>,
}

/// One's own opening of somebody else's record, as the record's log has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnOpening {
    /// The entry's place in the log.
    pub index: u64,
    /// The version that was opened.
    pub version: u64,
    /// The burn height of the entry.
    pub burn_height: BurnHeight,
    /// Whether it was opened in an emergency.
    pub is_emergency: bool,
    /// The organisation for which it was opened, as its member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Principal>,
}

/// What is known of one record of somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedRecord {
    /// Whose it was when this was last looked at.
    pub patient: Principal,
    /// The names that the patient gave.
    pub names: GivenNames,
    /// What the content was called when it was opened.
    pub seen_name: Option<RecordName>,
    /// What kind of bytes it had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_media_type: Option<ToldMediaType>,
    /// When they were written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_written: Option<UnixTime>,
    /// The state of the grant for which the vaults were asked for names.
    pub(crate) asked: Option<String>,
    /// One's own openings, the newest last.
    pub openings: Vec<OwnOpening>,
    /// How many entries of the record's log were read.
    pub(crate) read_to: u64,
}

impl ReceivedRecord {
    pub(crate) fn new(patient: Principal) -> Self {
        let names = GivenNames::default();
        Self {
            patient,
            names,
            seen_name: None,
            seen_media_type: None,
            seen_written: None,
            asked: None,
            openings: Vec::new(),
            read_to: 0,
        }
    }

    /// What the record is called: by its patient, else in the content that was opened.
    #[must_use]
    pub fn record_name(&self) -> Option<&RecordName> {
        self.names.record.as_ref().or(self.seen_name.as_ref())
    }

    /// What tells it from others, as its patient says, else as it was when it was opened.
    #[must_use]
    pub fn said(&self) -> RecordSaid {
        let told = &self.names;
        RecordSaid {
            name: self.record_name().cloned(),
            media_type: told.media_type.clone().or_else(|| self.seen_media_type.clone()),
            written: told.written.or(self.seen_written),
        }
    }

    /// What the patient calls themselves.
    #[must_use]
    pub const fn patient_name(&self) -> Option<&PersonName> {
        self.names.patient.as_ref()
    }

    /// Whether this version, or a later one, was opened.
    #[must_use]
    pub fn has_opened(&self, version: Version) -> bool {
        self.openings.iter().any(|one| one.version >= version.number())
    }

    /// Whether this profile has had the content of a version: an opening that gave no key is none.
    #[must_use]
    pub const fn was_read(&self) -> bool {
        self.seen_name.is_some() || self.seen_media_type.is_some() || self.seen_written.is_some()
    }

    pub(crate) fn add(&mut self, opening: OwnOpening) {
        if !self.openings.contains(&opening) {
            self.openings.push(opening);
        }
        let oldest = self.openings.len().saturating_sub(MOST_OPENINGS);
        self.openings.drain(..oldest);
    }
}

/// What is known of the records of others, by contract and record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Received {
    contracts: BTreeMap<String, BTreeMap<RecordId, ReceivedRecord>>,
}

impl Received {
    /// The records of a contract.
    pub(crate) fn of(&mut self, contract: &ContractId) -> &mut BTreeMap<RecordId, ReceivedRecord> {
        self.contracts.entry(contract.to_string()).or_default()
    }

    /// The same, to look at.
    #[must_use]
    pub fn records(&self, contract: &ContractId) -> BTreeMap<RecordId, ReceivedRecord> {
        self.contracts.get(&contract.to_string()).cloned().unwrap_or_default()
    }
}

/// What this person calls themselves for others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Called {
    name: Option<PersonName>,
}

impl ProfileFolder {
    /// What this person got from others.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Damaged`] also when somebody without this person's words wrote the file.
    pub fn received(&self, root: &RecordRoot) -> Result<Received, ProfileError> {
        self.load_sealed(root, NAME)
    }

    /// Changes what is known of the records of others, while no other command does.
    pub(crate) fn change_received<T>(
        &self,
        root: &RecordRoot,
        rng: &mut dyn CryptoRng,
        change: impl FnOnce(&mut Received) -> T,
    ) -> Result<T, ProfileError> {
        self.change_sealed(root, NAME, rng, change)
    }

    /// What this person calls themselves for those with whom they share: as they said with a grant, else as their own
    /// card says; `None` until they said so.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn called(&self, root: &RecordRoot) -> Result<Option<PersonName>, ProfileError> {
        if let Some(name) = self.load_sealed::<Called>(root, CALLED)?.name {
            return Ok(Some(name));
        }
        let card: Option<String> = self.load_sealed(root, CARD)?;
        let card = card.and_then(|text| SignedDocument::<Card>::from_text(&text).ok());
        Ok(card.map(|card| card.document().name.clone()))
    }

    /// Remembers what this person calls themselves.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn call_me(
        &self,
        root: &RecordRoot,
        name: PersonName,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), ProfileError> {
        self.change_sealed(root, CALLED, rng, |called: &mut Called| called.name = Some(name))
    }
}

#[cfg(test)]
mod tests {
    use mrms_crypto::{Keyring, Words};
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn openings_of_one_record_are_bounded_and_each_is_kept_once() {
        let patient: Principal = "ST000000000000000000002AMW42H".parse().unwrap();
        let mut record = ReceivedRecord::new(patient);
        for index in 0..MOST_OPENINGS as u64 + 10 {
            let burn_height = BurnHeight::new(index);
            let (is_emergency, organisation) = (false, None);
            let opening = OwnOpening { index, version: 1, burn_height, is_emergency, organisation };
            record.add(opening.clone());
            record.add(opening);
        }
        assert_eq!(record.openings.len(), MOST_OPENINGS);
        assert_eq!(record.openings[0].index, 10);
        assert!(record.has_opened(Version::FIRST) && !record.has_opened(Version::FIRST.next()));
    }

    #[test]
    fn name_for_oneself_is_kept_for_its_person_alone() {
        let folder = tempfile::tempdir().unwrap();
        let profile = ProfileFolder::new(folder.path());
        let mut rng = StdRng::seed_from_u64(1);
        let root = Keyring::from_words(&Words::generate(&mut rng)).record_root().unwrap();
        assert_eq!(profile.called(&root).unwrap(), None);
        let name = PersonName::new("Maria Muster").unwrap();
        profile.call_me(&root, name.clone(), &mut rng).unwrap();
        assert_eq!(profile.called(&root).unwrap(), Some(name));
        let bytes = std::fs::read(folder.path().join(CALLED)).unwrap();
        assert!(!bytes.windows(5).any(|part| part == b"Maria"));
    }
}
