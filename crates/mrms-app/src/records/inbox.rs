//! What others sent to this person: records that are offered to them, and what became of earlier offers.
//!
//! An offered record is one that was shared with this person as well, so it is looked for among those: within bounds, and
//! nothing of a sender whom the profile ignores. The profile remembers the offers that it has shown, sealed under the
//! person's own key: whatever was refused stays out of the way, and whatever was withdrawn is told once. A sender does not
//! learn of a refusal.

use std::collections::BTreeMap;

use mrms_contract::{ContractError, call, read};
use mrms_core::{Action, BurnHeight, Principal, RecordId, Version};
use mrms_crypto::keyring::NoKeyError;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::access::open::OpenRecordError;
use crate::profile::ProfileError;
use crate::profile::received::RecordName;
use crate::records::handles::{Handle, HandleError, Handles, NamedBy};
use crate::records::shared::{SharedBounds, SharedError, SharedRecord, SharedRecords};
use crate::sending::outcome::{Outcome, SendError};
use crate::session::{Actor, AskError, Sending, Session};
use crate::sharing::given_names::name_in;

/// The file's name, and the name under which it is sealed.
const NAME: &str = "inbox.sealed";
/// What is looked at: so much that nobody misses a letter, so little that no sender can make it slow.
const BOUNDS: SharedBounds = SharedBounds { entries: 2_000, of_one_patient: 100 };
/// Newest records among which a hint looks for offers.
const MOST_HINTED: u64 = 64;
/// Newest entries of a record's log among which its offer is looked for.
const MOST_ENTRIES: u64 = 64;

/// A record that is offered to this person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The record.
    pub record: RecordId,
    /// Its number in the list of what was shared.
    pub number: Option<u64>,
    /// Who offers it: its patient until it is accepted.
    pub from: Principal,
    /// Who wrote its latest version.
    pub author: Principal,
    /// Its latest version.
    pub version: Version,
    /// The burn height of the offer; `None` where the log has it too far back.
    pub offered_at: Option<BurnHeight>,
    /// What it is called, and whether it can be read.
    pub content: OfferedContent,
}

/// What can be seen of an offered record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfferedContent {
    /// It can be read, and is called this.
    Readable(Option<RecordName>),
    /// Its key did not come with it, or does not fit: whoever accepts it has a record that they can't read.
    KeyMissing,
    /// It was not looked at, since the profile is locked.
    Locked,
}

/// An offer that was shown before and is no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawn {
    /// The record.
    pub record: RecordId,
    /// Who had offered it.
    pub from: Principal,
    /// What it was called.
    pub name: Option<RecordName>,
}

/// What others sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inbox {
    /// What waits for an answer, the oldest first.
    pub offers: Vec<Offer>,
    /// What was refused before.
    pub refused: Vec<Offer>,
    /// What was withdrawn since the inbox was last looked at.
    pub withdrawn: Vec<Withdrawn>,
    /// Whether others shared or sent more than was looked at.
    pub is_cut_short: bool,
    /// Senders of more than was looked at.
    pub flooding: Vec<Principal>,
}

impl Inbox {
    /// The offers that a text means: by their numbers here, ranges, `all` (those that wait for an answer), names or ids.
    ///
    /// # Errors
    ///
    /// [`HandleError`].
    pub fn find(&self, text: &str) -> Result<Vec<&Offer>, HandleError> {
        let waiting = self.offers.iter().map(|offer| offer.handle(false));
        let refused = self.refused.iter().map(|offer| offer.handle(true));
        let ids = Handles::new(waiting.chain(refused).collect(), false).find(text)?;
        let all = || self.offers.iter().chain(&self.refused);
        let meant: Vec<_> =
            ids.iter().filter_map(|id| all().find(|offer| offer.record == *id)).collect();
        match meant.is_empty() {
            true => Err(HandleError::Nothing { text: text.to_owned(), near: Vec::new() }),
            false => Ok(meant),
        }
    }
}

impl Offer {
    fn handle(&self, is_passed_over: bool) -> Handle {
        let label = match &self.content {
            OfferedContent::Readable(name) => name.clone().map(String::from),
            OfferedContent::KeyMissing | OfferedContent::Locked => None,
        };
        Handle {
            id: self.record,
            number: self.number,
            shared_number: self.number,
            label,
            named_by: NamedBy::Others,
            is_passed_over,
        }
    }
}

/// Why the inbox could not be read, or an offer not be answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InboxError {
    /// What others shared could not be listed.
    #[error(transparent)]
    Shared(#[from] SharedError),
    /// The contract refuses, as can be seen before anything is sent.
    #[error("{0}")]
    Refused(ContractError),
    /// The record is offered, and its key did not come with it.
    #[error("the key of record {record} did not come with it: you could not read it")]
    KeyMissing {
        /// The record.
        record: RecordId,
    },
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The ledger or the contract refused.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The profile's memory could not be read or written.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The keyring has no key.
    #[error(transparent)]
    NoKey(#[from] NoKeyError),
}

/// An offer that was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Shown {
    from: Principal,
    name: Option<RecordName>,
    is_refused: bool,
}

/// The file: offers that were shown and not answered yet, or refused, by contract and record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    contracts: BTreeMap<String, BTreeMap<RecordId, Shown>>,
}

impl Session<'_> {
    /// What others sent to this person. Without an unlocked `actor` nothing is known of what was refused or withdrawn.
    ///
    /// # Errors
    ///
    /// [`InboxError`].
    pub fn inbox(
        &self,
        me: &Principal,
        actor: Option<&Actor>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Inbox, InboxError> {
        let SharedRecords { records, older_entries, cut_short } = self.shared_with(me, BOUNDS)?;
        let mut inbox = Inbox {
            is_cut_short: older_entries > 0 || !cut_short.is_empty(),
            flooding: cut_short.into_iter().collect(),
            ..Inbox::default()
        };
        let mut offers = Vec::new();
        for shared in &records {
            if self.ask(&read::pending_transfer(shared.id))?.as_ref() == Some(me) {
                offers.push(self.offer(shared, actor, rng)?);
            }
        }
        offers.sort_by_key(|offer| (offer.offered_at, offer.number, offer.record));
        let Some(actor) = actor else {
            inbox.offers = offers;
            return Ok(inbox);
        };
        let root = actor.keyring.record_root()?;
        let contract = self.contract.to_string();
        let memory: Memory = self.profile.load_sealed(&root, NAME)?;
        let before = memory.contracts.get(&contract).cloned().unwrap_or_default();
        let mut now = BTreeMap::new();
        for offer in offers {
            let name = match &offer.content {
                OfferedContent::Readable(name) => name.clone(),
                OfferedContent::KeyMissing | OfferedContent::Locked => None,
            };
            let is_refused = before.get(&offer.record).is_some_and(|shown| {
                // Whoever offers it next is another sender, whose offer was not refused.
                shown.is_refused && shown.from == offer.from
            });
            now.insert(offer.record, Shown { from: offer.from.clone(), name, is_refused });
            if is_refused { inbox.refused.push(offer) } else { inbox.offers.push(offer) }
        }
        for (record, shown) in before.iter().filter(|(record, _)| !now.contains_key(record)) {
            match self.ask(&read::record(*record))? {
                Some(found) if found.patient != *me && !shown.is_refused => {
                    let (from, name) = (shown.from.clone(), shown.name.clone());
                    inbox.withdrawn.push(Withdrawn { record: *record, from, name });
                }
                _ => {}
            }
        }
        if now != before && self.sending != Sending::DryRun {
            self.profile.change_sealed(&root, NAME, rng, |memory: &mut Memory| {
                memory.contracts.insert(contract, now);
            })?;
        }
        Ok(inbox)
    }

    /// How many offers wait for an answer, among the newest that others shared: enough for a hint, and quick however
    /// much was ever shared. What was refused does not count.
    ///
    /// # Errors
    ///
    /// [`InboxError`].
    pub fn offers_waiting(&self, actor: &Actor) -> Result<usize, InboxError> {
        let me = actor.principal();
        let count = self.ask(&read::user_counts(&me))?.records;
        let places = count.saturating_sub(MOST_HINTED)..count;
        let reads: Vec<_> = places.map(|index| read::shared_record(&me, index)).collect();
        let ids: Vec<RecordId> = self.ask_all(&reads)?.into_iter().flatten().collect();
        let reads: Vec<_> = ids.iter().map(|id| read::pending_transfer(*id)).collect();
        let pending = self.ask_all(&reads)?;
        let root = actor.keyring.record_root()?;
        let memory: Memory = self.profile.load_sealed(&root, NAME)?;
        let shown = memory.contracts.get(&self.contract.to_string());
        let is_refused = |id: &RecordId| {
            shown.and_then(|shown| shown.get(id)).is_some_and(|shown| shown.is_refused)
        };
        let offered = ids.iter().zip(&pending).filter(|(_, to)| to.as_ref() == Some(&me));
        let waiting: std::collections::BTreeSet<_> = offered.map(|(id, _)| *id).collect();
        Ok(waiting.iter().filter(|id| !is_refused(id)).count())
    }

    fn offer(
        &self,
        shared: &SharedRecord,
        actor: Option<&Actor>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Offer, InboxError> {
        let SharedRecord { id, number, record, .. } = shared;
        let version = record.version;
        let author = self.ask(&read::record_version(*id, version))?.map(|stored| stored.author);
        let first = record.audit_count.saturating_sub(MOST_ENTRIES);
        let reads: Vec<_> =
            (first..record.audit_count).map(|index| read::audit_entry(*id, index)).collect();
        let entries = self.ask_all(&reads)?;
        let offered = entries.into_iter().flatten().rev();
        let offered_at = offered
            .filter(|entry| entry.action == Action::TransferOffer)
            .map(|entry| entry.burn_height)
            .next();
        let content = match actor {
            None => OfferedContent::Locked,
            Some(actor) => match self.own_version(actor, *id, version, rng) {
                Err(OpenRecordError::Ask(error)) => return Err(error.into()),
                Err(_) => OfferedContent::KeyMissing,
                Ok(unlocked) => match self.header(&unlocked) {
                    Ok(header) => OfferedContent::Readable(name_in(&header)),
                    // Its bytes may be with a vault that is away.
                    Err(_) => OfferedContent::Readable(None),
                },
            },
        };
        Ok(Offer {
            record: *id,
            number: *number,
            from: record.patient.clone(),
            author: author.unwrap_or_else(|| record.patient.clone()),
            version,
            offered_at,
            content,
        })
    }

    /// Makes an offered record this person's own. Refuses one whose key did not come with it, unless `even_unreadable`.
    ///
    /// # Errors
    ///
    /// [`InboxError`].
    pub fn accept_offer(
        &self,
        actor: &Actor,
        id: RecordId,
        even_unreadable: bool,
        rng: &mut dyn CryptoRng,
    ) -> Result<Outcome<Principal>, InboxError> {
        let record = self.ask(&read::record(id))?;
        let record = record.ok_or(InboxError::Refused(ContractError::RecordNotFound))?;
        match self.ask(&read::pending_transfer(id))? {
            Some(to) if to == actor.principal() => {}
            Some(_) => return Err(InboxError::Refused(ContractError::NotOffered)),
            None => return Err(InboxError::Refused(ContractError::NoOffer)),
        }
        for version in record.version.up_to().filter(|_| !even_unreadable) {
            match self.own_version(actor, id, version, rng) {
                Ok(_) => {}
                Err(OpenRecordError::Ask(error)) => return Err(error.into()),
                Err(_) => return Err(InboxError::KeyMissing { record: id }),
            }
        }
        let from = record.patient;
        let sent = self.carry_out(
            actor,
            &format!("accept record {id} from {from}"),
            vec![call::accept_patient(id)],
        )?;
        sent.try_map(|_| {
            self.forget_offer(actor, id, rng)?;
            self.note_versions(actor, [(id, record.version)], rng)?;
            Ok(from)
        })
    }

    /// Keeps an offer out of the inbox from now on. Nothing is sent, so its sender does not learn of it.
    ///
    /// # Errors
    ///
    /// [`InboxError`].
    pub fn refuse_offer(
        &self,
        actor: &Actor,
        id: RecordId,
        rng: &mut dyn CryptoRng,
    ) -> Result<Principal, InboxError> {
        let record = self.ask(&read::record(id))?;
        let record = record.ok_or(InboxError::Refused(ContractError::RecordNotFound))?;
        if self.ask(&read::pending_transfer(id))? != Some(actor.principal()) {
            return Err(InboxError::Refused(ContractError::NotOffered));
        }
        let (root, from) = (actor.keyring.record_root()?, record.patient);
        if self.sending != Sending::DryRun {
            let (contract, from) = (self.contract.to_string(), from.clone());
            self.profile.change_sealed(&root, NAME, rng, |memory: &mut Memory| {
                let shown = Shown { from, name: None, is_refused: true };
                memory.contracts.entry(contract).or_default().insert(id, shown);
            })?;
        }
        Ok(from)
    }

    fn forget_offer(
        &self,
        actor: &Actor,
        id: RecordId,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), InboxError> {
        let (root, contract) = (actor.keyring.record_root()?, self.contract.to_string());
        self.profile.change_sealed(&root, NAME, rng, |memory: &mut Memory| {
            if let Some(shown) = memory.contracts.get_mut(&contract) {
                shown.remove(&id);
            }
        })?;
        Ok(())
    }
}
