//! Looks up what a person calls a record: among their own, and among what others share with them.
//!
//! [`super::handles`] has the rules; this reads the ledger and the profile's memory for them, no more than a text needs.

use mrms_contract::{ids, read};
use mrms_core::{Powers, Principal, RecordId, Version, grant};
use mrms_people::name::likeness;
use rand_core::CryptoRng;

use super::handles::{Handle, HandleError, Handles, NamedBy, id_alone, place, reads_as_handle};
use crate::records::list::NumberedRecord;
use crate::records::shared::SharedBounds;
use crate::session::{Actor, AskError, Session};

/// Why records could not be looked up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FindRecordError {
    /// The text means none.
    #[error(transparent)]
    Handle(#[from] HandleError),
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The profile's memory could not be read.
    #[error(transparent)]
    Profile(#[from] crate::profile::ProfileError),
    /// A number was named, and the ledger numbers the records otherwise than before.
    #[error(
        "the ledger numbers your records otherwise than it did before: blocks were dropped and made anew, or it lies"
    )]
    Renumbered,
}

/// In whose lists a text is looked up.
#[derive(Clone, Copy, Debug)]
pub enum Lists<'p> {
    /// This person's: their own records, and what others share with them.
    Own(&'p Principal),
    /// A patient's, for whom this person acts: by the patient's numbers, and the names that came with the keys.
    Represented(&'p Principal),
    /// Of what an organisation was granted of which this person is a member: by the numbers of its list, and the names that
    /// this person knows.
    Granted(&'p Principal),
}

impl Session<'_> {
    /// The records that a text means in some lists: by number, name or id. Without an unlocked `actor` names mean nothing.
    ///
    /// # Errors
    ///
    /// [`FindRecordError`].
    pub fn find_records(
        &self,
        text: &str,
        lists: Lists<'_>,
        actor: Option<&Actor>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<RecordId>, FindRecordError> {
        let text = text.trim();
        if let Some(id) = id_alone(text) {
            return Ok(vec![id]);
        }
        match lists {
            Lists::Own(me) => self.find_own_or_shared(text, me, actor, rng),
            Lists::Represented(patient) => self.find_represented(text, patient, actor, rng),
            Lists::Granted(organisation) => self.find_granted(text, organisation, actor),
        }
    }

    /// The records that a text means by what this profile keeps of its own list, and by these ids: the ledger is not asked, which
    /// may leave records out.
    ///
    /// # Errors
    ///
    /// [`HandleError`].
    pub fn find_remembered(
        &self,
        text: &str,
        actor: &Actor,
        given: &[RecordId],
    ) -> Result<Vec<RecordId>, HandleError> {
        let index = self.record_index(Some(actor));
        let mut names = self.remembered_names(actor);
        let listed = index.kept();
        let numbered = (1..).zip(listed).map(|(number, id)| (*id, Some(number)));
        let unlisted = given.iter().filter(|id| !listed.contains(id)).map(|id| (*id, None));
        let handles = numbered.chain(unlisted).map(|(id, number)| Handle {
            id,
            number,
            shared_number: None,
            label: names.remove(&id),
            named_by: NamedBy::Oneself,
            is_passed_over: false,
        });
        Handles::new(handles.collect(), false).find(text)
    }

    fn find_own_or_shared(
        &self,
        text: &str,
        me: &Principal,
        actor: Option<&Actor>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<RecordId>, FindRecordError> {
        let as_id: Option<RecordId> = text.parse().ok();
        let mut shared = None;
        let mut whose = Whose::NotTheirs;
        if let Some(id) = as_id {
            whose = self.whose(id, me)?;
            match whose {
                // As scripts give it: no list has to be read.
                Whose::Own | Whose::Shared if place(text).is_none() => return Ok(vec![id]),
                Whose::Shared => shared = Some(id),
                Whose::Own | Whose::NotTheirs => {}
            }
        }
        if whose == Whose::NotTheirs
            && let Some(id) = self.by_own_number(text, me, actor, rng)?
        {
            return Ok(vec![id]);
        }
        let mut handles = self.own_handles(me, actor, rng)?;
        let (own, is_locked) = (handles.clone(), actor.is_none());
        if !Self::is_own_number(text, &own) {
            handles.extend(self.shared_handles(text, shared, me, actor, Whose::Shared)?);
        }
        let mut found = Handles::new(handles, is_locked).find(text);
        // A name that came with a grant since this person last looked.
        if let (Err(HandleError::Nothing { .. }), Some(actor)) = (&found, actor)
            && let Ok(shared) = self.shared_with(me, SharedBounds::USUAL)
            && self.look_at_received(actor, (&shared.records, None), rng).is_ok()
        {
            let mut handles = own.clone();
            handles.extend(self.shared_handles(text, None, me, Some(actor), Whose::Shared)?);
            found = Handles::new(handles, false).find(text);
        }
        // Whose grant has ended is told that, and the attempt stands on record: so the record is found.
        let is_nothing = match (&found, as_id) {
            (Err(HandleError::Nothing { .. }), _) => true,
            (Ok(ids), Some(id)) => *ids == [id] && self.ask(&read::record(id))?.is_none(),
            _ => false,
        };
        if is_nothing {
            let mut handles = own;
            handles.extend(self.shared_handles(text, None, me, actor, Whose::NotTheirs)?);
            if let Ok(ended) = Handles::new(handles, is_locked).find(text) {
                return Ok(ended);
            }
            if let Some(granted) = self.find_by_name_for_organisations(text, actor, rng)? {
                return Ok(granted);
            }
        }
        Ok(found?)
    }

    /// The record that a number of this person's own list means, where no label of theirs reads the same. The list is not read
    /// for it. Of records that were on record when the labels were last read, the labels of that time count.
    fn by_own_number(
        &self,
        text: &str,
        me: &Principal,
        actor: Option<&Actor>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Option<RecordId>, FindRecordError> {
        let Some(number) = place(text.strip_prefix('#').unwrap_or(text)) else { return Ok(None) };
        let mut index = self.record_index(actor);
        let found = index.at_number(self, me, number)?;
        if index.is_renumbered() {
            return Err(FindRecordError::Renumbered);
        }
        let Some(found) = found else { return Ok(None) };
        // With its mark it is the list's number, and without keys nothing has a label.
        let is_clear = match actor.filter(|_| !text.starts_with('#')) {
            Some(actor) => !self.may_be_labelled(text, actor, index.all(self, me)?, rng)?,
            None => true,
        };
        index.keep(self, actor, rng);
        Ok(is_clear.then_some(found.id))
    }

    /// The records that a name means among those that this person's organisations were granted.
    fn find_by_name_for_organisations(
        &self,
        text: &str,
        actor: Option<&Actor>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Option<Vec<RecordId>>, FindRecordError> {
        let Some(actor) = actor else { return Ok(None) };
        for organisation in self.organisations(actor)? {
            // Names that came since this person last looked; without an answer those that are known count.
            if let (Ok(shared), Ok(held)) = (
                self.shared_with(&organisation, SharedBounds::USUAL),
                self.held(actor, &organisation),
            ) {
                let _ = self.look_at_received(actor, (&shared.records, Some(&held)), rng);
            }
            let granted =
                self.shared_handles(text, None, &organisation, Some(actor), Whose::Shared)?;
            let named = granted.into_iter().filter(|one| one.shared_number.is_none()).collect();
            if let Ok(granted) = Handles::new(named, false).find(text) {
                return Ok(Some(granted));
            }
        }
        Ok(None)
    }

    fn find_granted(
        &self,
        text: &str,
        organisation: &Principal,
        actor: Option<&Actor>,
    ) -> Result<Vec<RecordId>, FindRecordError> {
        let granted = self.shared_handles(text, None, organisation, actor, Whose::Shared)?;
        let found = Handles::new(granted, actor.is_none()).find(text);
        let is_nothing = match (&found, text.parse::<RecordId>()) {
            (Err(HandleError::Nothing { .. }), _) => true,
            (Ok(ids), Ok(id)) => *ids == [id] && self.ask(&read::record(id))?.is_none(),
            _ => false,
        };
        if is_nothing {
            let ended = self.shared_handles(text, None, organisation, actor, Whose::NotTheirs)?;
            if let Ok(ended) = Handles::new(ended, actor.is_none()).find(text) {
                return Ok(ended);
            }
        }
        Ok(found?)
    }

    /// Whether a text is a number of this person's own list: nothing of others has to be looked up for it.
    fn is_own_number(text: &str, own: &[Handle]) -> bool {
        place(text).is_some_and(|place| own.iter().any(|one| one.number == Some(place)))
    }

    /// The records of others that a text may mean, of those that are shared now or of those that were: by the id, by the number in the list of what others shared, or by the
    /// name that came with it.
    fn shared_handles(
        &self,
        text: &str,
        by_id: Option<RecordId>,
        me: &Principal,
        actor: Option<&Actor>,
        whose: Whose,
    ) -> Result<Vec<Handle>, FindRecordError> {
        let (named_by, is_passed_over) = (NamedBy::Others, false);
        let handle = |id, shared_number, label| Handle {
            id,
            number: None,
            shared_number,
            label,
            named_by,
            is_passed_over,
        };
        let mut handles: Vec<_> = by_id.map(|id| handle(id, None, None)).into_iter().collect();
        if let Some(place) = place(text.strip_prefix('s').unwrap_or(text)) {
            let id = self.ask(&read::shared_record(me, place - 1))?;
            if let Some(id) = id.filter(|id| Some(*id) != by_id)
                && self.whose(id, me)? == whose
            {
                handles.push(handle(id, Some(place), None));
            }
        }
        let wanted = likeness(text);
        for (id, record) in
            actor.map(|actor| self.kept_received(actor)).transpose()?.unwrap_or_default()
        {
            let name = record.record_name().map(|name| name.as_str().to_owned());
            let is_meant = name.as_deref().is_some_and(|name| likeness(name).contains(&wanted));
            let is_known = handles.iter().any(|one| one.id == id);
            if is_meant && !wanted.is_empty() && !is_known && self.whose(id, me)? == whose {
                handles.push(handle(id, None, name));
            }
        }
        Ok(handles)
    }

    /// One's own records as texts may mean them.
    fn own_handles(
        &self,
        me: &Principal,
        actor: Option<&Actor>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<Handle>, FindRecordError> {
        let mut index = self.record_index(actor);
        let records = index.numbered(self, me)?;
        let listed = index.all(self, me)?.len();
        let has_numbers = !index.is_renumbered();
        index.keep(self, actor, rng);
        let erased = self.erased_records()?;
        let mut labels = match actor {
            Some(actor) => self.labels(actor, &records, &erased, rng),
            None => std::collections::BTreeMap::new(),
        };
        if let Some(root) = actor.and_then(|actor| actor.keyring.record_root().ok()) {
            self.keep_number_labels(&root, &labels, Some(listed), rng);
        }
        let mut handles = Vec::with_capacity(records.len());
        for NumberedRecord { number, id, .. } in records {
            let label = labels.remove(&id);
            let name = label.as_ref().and_then(|label| label.name().map(str::to_owned));
            // Asked for those alone whose label could be taken for something else.
            let looks_odd = name.as_deref().is_some_and(reads_as_handle);
            let titled = label.map(|label| label.titled_by.unwrap_or(label.version));
            let version = titled.filter(|_| looks_odd);
            let named_by = match version {
                Some(version) => self.named_by(id, version, me)?,
                None => NamedBy::Oneself,
            };
            handles.push(Handle {
                id,
                number: has_numbers.then_some(number),
                shared_number: None,
                label: name,
                named_by,
                // Nobody means the staff key when they say "all".
                is_passed_over: erased.contains(&id) || ids::staff_record(me) == Some(id),
            });
        }
        Ok(handles)
    }

    /// Who wrote the version of one's own record whose label it has: a provider may have sent the record.
    fn named_by(
        &self,
        id: RecordId,
        version: Version,
        me: &Principal,
    ) -> Result<NamedBy, AskError> {
        let stored = self.ask(&read::record_version(id, version))?;
        Ok(match stored.is_some_and(|stored| stored.author == *me) {
            true => NamedBy::Oneself,
            false => NamedBy::Others,
        })
    }

    /// Whose record this id is to a person.
    fn whose(&self, id: RecordId, me: &Principal) -> Result<Whose, AskError> {
        let Some(record) = self.ask(&read::record(id))? else { return Ok(Whose::NotTheirs) };
        if record.patient == *me {
            return Ok(Whose::Own);
        }
        let (own, standing) = self.grants(id, &record.patient, me)?;
        let now = self.ledger.tip()?.burn_height;
        let in_force = grant::effective(id, own.as_ref(), standing.as_ref(), now);
        if in_force.is_ok() {
            return Ok(Whose::Shared);
        }
        let standing = self.standing_of(me, &record.patient)?;
        Ok(match standing.must_have(Powers::SEE) {
            Ok(()) => Whose::Shared,
            Err(_) => Whose::NotTheirs,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Own,
    Shared,
    NotTheirs,
}
