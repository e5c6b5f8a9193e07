//! What a patient calls a record and themselves, and of which kind and day it is, for one reader of it.
//!
//! The names travel as a note that is sealed to the reader. It lies with the vaults beside the reader's shares. The patient
//! signs it, so that no vault can give other names. Names are no keys: a vault that does not take them, or that knows no
//! notes, keeps nobody from sharing. Direct sharing needs no vault, so no names travel with it.

use std::collections::BTreeMap;

use mrms_core::{Powers, Principal, RecordId, Rights};
use mrms_crypto::HybridRecipient;
use mrms_crypto::content::ContentHeader;
use mrms_vault::protocol::{
    MOST_NOTED_RECORDS, MemberNotesRequest, ReaderNote, ReaderNotesRequest, Signed,
};
use rand_core::CryptoRng;

use crate::access::holder::Organisation;
use crate::profile::ProfileError;
use crate::profile::received::{GivenNames, PersonName, RecordName, RecordSaid, ToldMediaType};
use crate::session::vaults::Member;
use crate::session::{Actor, Session};
use crate::sharing::note;

/// Notes have a multiple of this many bytes before they are sealed, so that their length tells little.
const PADDED_TO: usize = 384;

/// The bytes that are sealed.
fn bytes_of(names: &GivenNames) -> Vec<u8> {
    // Plain fields: nothing here can fail to serialize.
    let mut bytes = serde_json::to_vec(names).unwrap_or_default();
    bytes.resize(bytes.len().next_multiple_of(PADDED_TO), b' ');
    bytes
}

/// The label, or else the file name, of a version; `None` when there is neither, or it can't be shown.
#[must_use]
pub fn name_in(header: &ContentHeader) -> Option<RecordName> {
    let label = header.label.as_ref().and_then(|label| RecordName::new(label.as_str()).ok());
    label.or_else(|| RecordName::new(header.file_name.as_ref()?.as_str()).ok())
}

/// What tells a version from others without its content.
pub(crate) fn said_in(header: &ContentHeader) -> RecordSaid {
    RecordSaid {
        name: name_in(header),
        media_type: ToldMediaType::new(header.media_type.as_str()).ok(),
        written: Some(header.time),
    }
}

/// What a reader with these rights is told.
pub(crate) fn given(patient: Option<PersonName>, rights: Rights, said: RecordSaid) -> GivenNames {
    let RecordSaid { name: record, media_type, written } = match rights.may_read() {
        true => said,
        false => RecordSaid::default(),
    };
    GivenNames { record, patient, media_type, written }
}

impl Session<'_> {
    /// What a reader with these rights is told. Whoever may open the record in an emergency alone is told whose it is, and
    /// not what it is.
    pub(crate) fn names_for(
        &self,
        actor: &Actor,
        rights: Rights,
        said: RecordSaid,
    ) -> Result<GivenNames, ProfileError> {
        Ok(given(self.called(actor)?, rights, said))
    }

    /// What a patient calls themselves.
    pub(crate) fn called(&self, actor: &Actor) -> Result<Option<PersonName>, ProfileError> {
        match actor.keyring.record_root() {
            Ok(root) => self.profile.called(&root),
            Err(_) => Ok(None),
        }
    }

    /// What a patient for whom the actor acts calls themselves, as far as the actor was told: on their card, or with what they gave.
    /// What the actor calls them is the actor's own.
    pub(crate) fn said_of_themselves(
        &self,
        actor: &Actor,
        patient: &Principal,
    ) -> Result<Option<PersonName>, ProfileError> {
        let Ok(root) = actor.keyring.record_root() else { return Ok(None) };
        let people = self.profile.people(&root)?;
        let card = people.get(patient).and_then(|person| person.card().ok().flatten());
        if let Some(card) = card {
            return Ok(PersonName::new(card.document().name.as_str()).ok());
        }
        let received = self.profile.received(&root)?.records(self.contract);
        let of_patient = received.into_values().filter(|one| one.patient == *patient);
        Ok(of_patient.filter_map(|one| one.patient_name().cloned()).next())
    }

    /// Leaves the names with a vault that has just taken the reader's shares. Sharing does not depend on it.
    pub(crate) fn leave_names(
        &self,
        actor: &Actor,
        member: &Member,
        (record_id, reader): (RecordId, &Principal),
        sealed: &[u8],
        rng: &mut dyn CryptoRng,
    ) {
        let message = ReaderNote { record_id, reader: reader.clone(), note: sealed.to_vec() };
        let left = self.send_to_vault(actor, member, message, rng, |vault, signed| {
            vault.leave_reader_note(signed)
        });
        // An older vault knows no notes; the reader then sees the record's number.
        drop(left);
    }

    /// Asks the vaults for the names of these records, each with its patient: those that came for the actor, or for an
    /// organisation of theirs. Also returns the records about
    /// which every vault has answered.
    pub(crate) fn ask_names(
        &self,
        actor: &Actor,
        organisation: Option<&Organisation>,
        records: &BTreeMap<RecordId, Principal>,
        rng: &mut dyn CryptoRng,
    ) -> (BTreeMap<RecordId, GivenNames>, bool) {
        let (mut found, mut all_answered) = (BTreeMap::new(), true);
        for member in self.vaults.members() {
            let lacking = records.keys().filter(|id| !found.contains_key(*id));
            let lacking: Vec<_> = lacking.copied().collect();
            for some in lacking.chunks(MOST_NOTED_RECORDS) {
                let records_of_some = some.to_vec();
                let answer = match organisation {
                    None => {
                        let message = ReaderNotesRequest { records: records_of_some };
                        self.send_to_vault(actor, member, message, rng, |vault, signed| {
                            vault.reader_notes(signed)
                        })
                    }
                    Some(organisation) => {
                        let organisation = organisation.principal().clone();
                        let message = MemberNotesRequest { organisation, records: records_of_some };
                        self.send_to_vault(actor, member, message, rng, |vault, signed| {
                            vault.member_notes(signed)
                        })
                    }
                };
                let Ok((given, _)) = answer else {
                    all_answered = false;
                    break;
                };
                for signed in given.notes {
                    let record = signed.message.record_id;
                    let Some(patient) = records.get(&record).filter(|_| some.contains(&record))
                    else {
                        continue;
                    };
                    if let Some(names) =
                        self.checked_names((actor, organisation), member, patient, &signed)
                    {
                        found.insert(record, names);
                    }
                }
            }
        }
        (found, all_answered)
    }

    /// The names in a note, if the record's patient, or a delegate who may share, signed it for this reader and this vault.
    fn checked_names(
        &self,
        (actor, organisation): (&Actor, Option<&Organisation>),
        member: &Member,
        patient: &Principal,
        signed: &Signed<ReaderNote>,
    ) -> Option<GivenNames> {
        let reader = organisation.map_or_else(|| actor.principal(), |one| one.principal().clone());
        let is_for_me = signed.message.reader == reader
            && signed.header.contract == *self.contract
            && signed.header.vault == self.vault_card(member).ok()?.vault;
        // The patient, or a delegate of theirs who may share.
        let standing = self.standing_of(&signed.signer.into(), patient).ok()?;
        if !is_for_me || standing.must_have(Powers::SHARE).is_err() {
            return None;
        }
        signed.verify(self.ledger.network().chain_id).ok()?;
        let bytes = match organisation {
            None => note::open(actor, &signed.message.note)?,
            Some(one) => note::open_with(one.copy_of_identities(), &signed.message.note)?,
        };
        serde_json::from_slice(&bytes).ok()
    }
}

/// Seals names to a reader; `None` when there are none.
pub(crate) fn seal_names(
    names: &GivenNames,
    recipient: &HybridRecipient,
    rng: &mut dyn CryptoRng,
) -> Option<Vec<u8>> {
    if *names == GivenNames::default() {
        return None;
    }
    note::seal(recipient.clone(), &bytes_of(names), rng)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::received::PersonName;

    #[test]
    fn names_have_one_length_and_take_nothing_that_acts_on_a_screen() {
        let names = |text: &str| GivenNames {
            record: Some(RecordName::new(text).unwrap()),
            patient: Some(PersonName::new("Maria").unwrap()),
            ..GivenNames::default()
        };
        let (short, long) = (bytes_of(&names("ECG")), bytes_of(&names("Blood test, May 2026")));
        assert_eq!(short.len(), long.len());
        assert_eq!(serde_json::from_slice::<GivenNames>(&short).unwrap(), names("ECG"));
        for bad in ["a\\u001b[2J", "a\\u202eb", "a\\nb", ""] {
            let text = format!("{{\"record\":\"{bad}\"}}");
            assert!(serde_json::from_str::<GivenNames>(&text).is_err(), "{bad}");
        }
        let told = GivenNames {
            media_type: Some(ToldMediaType::new("application/pdf").unwrap()),
            written: Some(mrms_core::UnixTime::from_seconds(1_779_969_600)),
            ..names("ECG")
        };
        assert_eq!(serde_json::from_slice::<GivenNames>(&bytes_of(&told)).unwrap(), told);
        let newer = r#"{"record":"ECG","patient":"Maria","colour":"blue"}"#;
        assert_eq!(serde_json::from_str::<GivenNames>(newer).unwrap(), names("ECG"));
    }

    #[test]
    fn who_may_open_in_an_emergency_alone_is_told_of_the_patient_and_not_of_the_record() {
        let said = RecordSaid {
            name: RecordName::new("HIV test").ok(),
            media_type: ToldMediaType::new("application/pdf").ok(),
            written: Some(mrms_core::UnixTime::from_seconds(1)),
        };
        let maria = PersonName::new("Maria").ok();
        let read = given(maria.clone(), Rights::READ, said.clone());
        assert_eq!((&read.record, &read.media_type), (&said.name, &said.media_type));
        assert_eq!(read.written, said.written);
        let emergency = given(maria.clone(), Rights::EMERGENCY, said);
        assert_eq!(emergency, GivenNames { patient: maria, ..GivenNames::default() });
    }

    #[test]
    fn name_that_would_act_on_a_screen_is_not_shown() {
        use mrms_core::{UnixTime, Version};
        use mrms_crypto::VersionContext;
        use mrms_crypto::content::MediaType;
        let patient: Principal = "ST000000000000000000002AMW42H".parse().unwrap();
        let header = |label: &str, file_name: &str| ContentHeader {
            context: VersionContext {
                record: RecordId::new(1),
                version: Version::FIRST,
                patient: patient.clone(),
                author: patient.clone(),
            },
            time: UnixTime::from_seconds(1),
            length: 1,
            media_type: MediaType::octet_stream(),
            file_name: file_name.parse().ok(),
            label: label.parse().ok(),
        };
        let name = |label, file_name| name_in(&header(label, file_name)).map(String::from);
        assert_eq!(name("Blood test", "a.pdf").as_deref(), Some("Blood test"));
        assert_eq!(name("Blood\u{202e}test", "a.pdf").as_deref(), Some("a.pdf"));
        assert_eq!(name("Blood\u{202e}test", "a\u{202e}.pdf"), None);
        assert_eq!(name("\u{200b}", ""), None);
    }
}
