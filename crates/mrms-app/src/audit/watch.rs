//! What happened on a patient's records that they want to be told while nobody looks: each event once, also after a
//! restart.
//!
//! The profile keeps what was told, and what waits to be told, sealed under the person's own key in `watch.sealed`. Only
//! entries that came since are read. An event is taken off the list before it is told, and put back where telling fails:
//! a program that ends in between tells it to nobody rather than twice. Knows no way of telling and no names.

use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::read;
use mrms_core::{Action, BlockHeight, BurnHeight, Principal, RecordId};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::audit::news::NewsError;
use crate::session::{Actor, AskError, Sending, Session};

/// The file's name, and the name under which it is sealed.
const NAME: &str = "watch.sealed";
/// A grant that ends within so many burn blocks, about a day, ends soon.
const SOON: u64 = 144;
/// Newest records of others among which offers are looked for.
const MOST_OFFERS: u64 = 64;
/// Events that wait to be told; older ones make way.
const MOST_WAITING: usize = 1_000;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Happening {
    /// Somebody opened a record.
    Opened,
    /// Somebody tried to, and was refused.
    Refused,
    /// Somebody declared an emergency.
    Emergency,
    /// Somebody opened a record in an emergency.
    OpenedInEmergency,
    /// Somebody sent a record.
    Sent,
    /// Somebody's access ends within about a day.
    EndsSoon,
    /// A contact asked to become a delegate.
    ContactAsked,
    /// Everything was offered to a successor.
    HandOverOffered,
    /// Another account is the patient now.
    HandedOver,
    /// A ward grows up soon, or has: who watches is the ward or their guardian.
    GrowsUp,
}

/// Something that a person is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// What happened.
    pub what: Happening,
    /// Who.
    pub who: Principal,
    /// The organisation for which they opened it, or tried to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Principal>,
    /// The record; `None` where it concerns the patient as a whole.
    pub record: Option<RecordId>,
    /// What tells it from every other event of this kind: an entry, a transaction, or a height.
    pub mark: String,
}

/// The file: what was seen of the records of one contract on one ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Watched {
    contract: String,
    genesis: Option<String>,
    /// How long each record's log was.
    entries: Vec<(RecordId, u64)>,
    /// The block up to which refusals were read.
    refusals: u64,
    /// Offers and endings that stand now and were noted.
    noted: BTreeSet<String>,
    waiting: Vec<Event>,
}

impl Session<'_> {
    /// Notes what happened since this was last asked, and returns all that waits to be told, the oldest first. The first
    /// time everything counts as told. `more` is what stands now beside the ledger: each is told once as long as it stands.
    ///
    /// # Errors
    ///
    /// [`NewsError`].
    pub fn watch(
        &self,
        actor: &Actor,
        more: Vec<Event>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<Event>, NewsError> {
        let root = actor.keyring.record_root()?;
        let kept: Watched = self.profile.load_sealed(&root, NAME)?;
        let (contract, genesis) = (self.contract.to_string(), self.ledger.genesis());
        let is_first = kept.contract != contract || kept.genesis != genesis;
        let before = if is_first { Watched::default() } else { kept.clone() };
        let mut now =
            Watched { contract, genesis, waiting: before.waiting.clone(), ..before.clone() };
        let tip = self.ledger.tip().map_err(AskError::from)?;
        let me = actor.principal();
        let numbered = self.numbered_records_of(&me)?;
        let mut found = Vec::new();
        let known: BTreeMap<RecordId, u64> = before.entries.iter().copied().collect();
        now.entries = numbered.iter().map(|one| (one.id, one.record.audit_count)).collect();
        for one in numbered.iter().filter(|_| !is_first) {
            let from = known.get(&one.id).copied().unwrap_or_default();
            found.extend(self.entries_since(&me, one.id, from, one.record.audit_count)?);
        }
        let ids: BTreeSet<RecordId> = numbered.iter().map(|one| one.id).collect();
        let refused = self.refused_since(&me, &ids, BlockHeight::new(before.refusals))?;
        found.extend(refused.into_iter().map(|look| Event {
            what: Happening::Refused,
            who: look.who,
            organisation: look.organisation,
            record: Some(look.record),
            mark: look.txid.map(|txid| txid.to_string()).unwrap_or_default(),
        }));
        now.refusals = tip.block_height.number();
        let own = self.own_records(&me, numbered)?;
        let mut standing = self.offers_now(&me)?;
        standing.extend(self.of_the_whole(&me)?);
        standing.extend(more);
        for record in &own {
            for reader in record.live_readers() {
                let end = reader
                    .until(tip.burn_height)
                    .filter(|_| !reader.is_by_standing(tip.burn_height));
                let end = end.filter(|end| end.since(tip.burn_height) <= SOON);
                standing.extend(end.map(|end| ending(&reader.user, record.id, end)));
            }
        }
        let (noted, new): (Vec<_>, Vec<_>) =
            standing.into_iter().partition(|event| before.noted.contains(&key(event)));
        now.noted = noted.iter().chain(&new).map(key).collect();
        found.extend(new);
        if !is_first {
            now.waiting.extend(found);
        }
        let excess = now.waiting.len().saturating_sub(MOST_WAITING);
        now.waiting.drain(..excess);
        if now != kept && self.sending == Sending::Send {
            self.profile
                .change_sealed(&root, NAME, rng, |kept: &mut Watched| *kept = now.clone())?;
        }
        Ok(now.waiting)
    }

    /// Takes an event off the list, to tell it. Returns whether it was there: then it is for the caller to tell.
    ///
    /// # Errors
    ///
    /// [`NewsError`].
    pub fn take_event(
        &self,
        actor: &Actor,
        event: &Event,
        rng: &mut dyn CryptoRng,
    ) -> Result<bool, NewsError> {
        let root = actor.keyring.record_root()?;
        let taken = self.profile.change_sealed(&root, NAME, rng, |kept: &mut Watched| {
            let before = kept.waiting.len();
            kept.waiting.retain(|waiting| waiting != event);
            kept.waiting.len() < before
        })?;
        Ok(taken)
    }

    /// Puts an event back that could not be told.
    ///
    /// # Errors
    ///
    /// [`NewsError`].
    pub fn put_back(
        &self,
        actor: &Actor,
        event: Event,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), NewsError> {
        let root = actor.keyring.record_root()?;
        Ok(self.profile.change_sealed(&root, NAME, rng, |kept: &mut Watched| {
            if !kept.waiting.contains(&event) {
                kept.waiting.insert(0, event);
            }
        })?)
    }

    fn entries_since(
        &self,
        me: &Principal,
        record: RecordId,
        from: u64,
        count: u64,
    ) -> Result<Vec<Event>, AskError> {
        let reads: Vec<_> = (from..count).map(|index| read::audit_entry(record, index)).collect();
        let entries = self.ask_all(&reads)?.into_iter().flatten();
        let event = entries.filter(|entry| entry.actor != *me).filter_map(|entry| {
            let what = match entry.action {
                Action::Access => Happening::Opened,
                Action::Emergency => Happening::Emergency,
                Action::EmergencyRead => Happening::OpenedInEmergency,
                _ => return None,
            };
            let mark = entry.index.to_string();
            let organisation = entry.subject.clone().filter(|_| entry.is_opening());
            Some(Event { what, who: entry.actor, organisation, record: Some(record), mark })
        });
        Ok(event.collect())
    }

    /// What concerns the patient as a whole: who wants to act for them, and who takes over.
    fn of_the_whole(&self, me: &Principal) -> Result<Vec<Event>, AskError> {
        let told = self.at_once(me)?;
        let event = |what, who, mark| Event { what, who, organisation: None, record: None, mark };
        let asked = told
            .asking
            .into_iter()
            .map(|asking| event(Happening::ContactAsked, asking.who, asking.ready_at.to_string()));
        let mut found: Vec<_> = asked.collect();
        let handed_over = told.handed_over.map(|it| (Happening::HandedOver, it.to));
        let offered = told.offered_to.map(|to| (Happening::HandOverOffered, to));
        found.extend(
            handed_over.into_iter().chain(offered).map(|(what, to)| event(what, to, String::new())),
        );
        Ok(found)
    }

    /// What is offered to this person now, among the newest that others shared.
    fn offers_now(&self, me: &Principal) -> Result<Vec<Event>, AskError> {
        let count = self.ask(&read::user_counts(me))?.records;
        let reads: Vec<_> = (count.saturating_sub(MOST_OFFERS)..count)
            .map(|index| read::shared_record(me, index))
            .collect();
        let mut found = Vec::new();
        for id in self.ask_all(&reads)?.into_iter().flatten() {
            if self.ask(&read::pending_transfer(id))?.as_ref() != Some(me) {
                continue;
            }
            let Some(record) = self.ask(&read::record(id))? else { continue };
            let (what, mark) = (Happening::Sent, String::new());
            let (who, organisation) = (record.patient, None);
            found.push(Event { what, who, organisation, record: Some(id), mark });
        }
        Ok(found)
    }
}

fn ending(user: &Principal, record: RecordId, end: BurnHeight) -> Event {
    let (what, mark) = (Happening::EndsSoon, end.to_string());
    Event { what, who: user.clone(), organisation: None, record: Some(record), mark }
}

/// What tells an event that stands for a while from another one.
fn key(event: &Event) -> String {
    let record = event.record.map_or_else(|| "-".to_owned(), |record| record.to_string());
    format!("{:?} {record} {} {}", event.what, event.who, event.mark)
}
