//! A person's own records as lists show them: read once for each state of the ledger and the profile, so that a page of
//! ten thousand records is as quick as one of ten.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use mrms_app::audit::changes::Changes;
use mrms_app::audit::for_me::{ForMe, ForMeError};
use mrms_app::audit::shares::Share;
use mrms_app::records::catch_up::CatchUpError;
use mrms_app::records::index::Depth;
use mrms_app::records::labels::RecordLabel;
use mrms_app::records::list::OwnRecord;
use mrms_app::sharing::delegates::Delegate;
use mrms_app::staff::administer::STAFF_RECORD;
use mrms_contract::state::{EncryptionKey, Record};
use mrms_contract::{ids, read};
use mrms_core::{
    BlockHeight, BurnClock, BurnHeight, Powers, Principal, RecordId, UnixTime, Version,
};
use mrms_home::clock::rng;
use mrms_people::name::likeness;
use mrms_viewers::Kind;

use crate::error::{PortalError, refused};
use crate::looks::Looks;
use crate::words::{Language, Words};
use crate::work::Work;

/// The most deposits of keys that are made while lists are read.
const TENDED_BESIDE: usize = 50;

/// What lists depend on. Two equal states have equal lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    block: BlockHeight,
    newest: Option<[u8; 32]>,
    burn: BurnHeight,
    reviews: BTreeMap<String, String>,
    erased: BTreeSet<RecordId>,
    /// The person's language: the key of their staff is called by what it is.
    language: Language,
}

/// A record in a list.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// Its place in the contract's list.
    pub(crate) number: u64,
    pub(crate) id: RecordId,
    pub(crate) version: Version,
    pub(crate) name: Option<String>,
    pub(crate) kind: Kind,
    pub(crate) written: Option<UnixTime>,
    /// How many people can open it now.
    pub(crate) readers: usize,
    /// How many links open it now.
    pub(crate) links: usize,
    pub(crate) is_erased: bool,
    /// Whether another record that is there is called the same.
    pub(crate) has_twin: bool,
    /// The name as names are compared, in small letters.
    wanted: String,
    /// The name as a search compares it.
    looks: String,
}

impl Row {
    /// Whether its name has this word, which is a likeness.
    pub(crate) fn is_called(&self, word: &str) -> bool {
        self.looks.contains(word)
    }
}

/// A person's own records.
#[derive(Debug)]
pub(crate) struct Overview {
    state: State,
    /// How long the contract's list of them was.
    count: u64,
    pub(crate) clock: BurnClock,
    /// The newest first.
    pub(crate) rows: Vec<Row>,
    places: HashMap<RecordId, usize>,
    /// The records as the chain has them, in their order, without those that were erased.
    pub(crate) own: Vec<OwnRecord>,
    /// What each person can open now, without how often they did.
    pub(crate) shares: Vec<Share>,
    /// Who acts for the person now, whatever they may do.
    acting: Vec<Delegate>,
    /// Of those, who sees every record by that.
    pub(crate) seeing: Vec<Delegate>,
    /// The record that has the key of the person's staff, whether there is one or not.
    staff_record: Option<RecordId>,
    /// Which of those who can open something are links, and no people.
    links: BTreeSet<Principal>,
    /// The keys that those have published who see something.
    keys: Vec<(Principal, EncryptionKey)>,
}

impl Overview {
    /// What a record is called.
    pub(crate) fn name(&self, id: RecordId) -> Option<&str> {
        self.row(id)?.name.as_deref()
    }

    /// The same with its number where another record has the same name: in sentences.
    pub(crate) fn told_apart(&self, id: RecordId) -> Option<String> {
        let row = self.row(id)?;
        let name = row.name.as_deref()?;
        Some(if row.has_twin { format!("{name} (#{})", row.number) } else { name.to_owned() })
    }

    /// A record of the list.
    pub(crate) fn row(&self, id: RecordId) -> Option<&Row> {
        self.places.get(&id).and_then(|at| self.rows.get(*at))
    }

    /// How many records the person has. The key of their staff is none.
    pub(crate) fn records(&self) -> usize {
        self.own.iter().filter(|own| Some(own.id) != self.staff_record).count()
    }

    /// Whether it is the record that has the key of the person's staff.
    pub(crate) fn is_staff_record(&self, id: RecordId) -> bool {
        self.staff_record == Some(id)
    }

    /// How many records somebody can open. The key of the staff is none.
    pub(crate) fn records_seen(&self, share: &Share) -> usize {
        share.records.iter().filter(|record| !self.is_staff_record(record.id)).count()
    }

    /// Whether somebody can open something else than the key of the staff.
    fn sees_more(&self, share: &Share) -> bool {
        let mut by_name = share.by_name();
        share.standing.is_some() || by_name.any(|record| Some(record.id) != self.staff_record)
    }

    /// How many people can open something now: by what was shared with them, or because they act for the person.
    /// Links are none of them, nor is whoever has the key of the person's staff alone.
    pub(crate) fn people(&self) -> usize {
        let shares = || self.shares.iter().filter(|share| self.sees_more(share));
        let is_told = |one: &&Delegate| shares().any(|share| share.user == one.user);
        shares().filter(|share| !self.links.contains(&share.user)).count()
            + self.seeing.iter().filter(|one| !is_told(one)).count()
    }

    /// Those whose key is another one than the person compared: what the person adds does not reach them. A key is compared
    /// without any transaction, so that this is no part of what is read once. Where what was given, or the people, can't be read,
    /// nobody's is known to be: every page says that a file is damaged.
    pub(crate) fn with_new_keys(&self, work: &Work) -> BTreeSet<Principal> {
        work.session().with_other_keys(&work.actor, &self.keys).unwrap_or_default()
    }

    /// How many links open something now.
    pub(crate) fn links(&self) -> usize {
        self.shares.iter().filter(|share| self.links.contains(&share.user)).count()
    }

    /// The delegation by which somebody acts for the person now.
    pub(crate) fn acting(&self, user: &Principal) -> Option<&Delegate> {
        self.acting.iter().find(|one| one.user == *user)
    }

    /// The delegation by which somebody sees every record now.
    pub(crate) fn seeing(&self, user: &Principal) -> Option<&Delegate> {
        self.seeing.iter().find(|one| one.user == *user)
    }

    /// Records that somebody declared an emergency on, and the person has not reviewed.
    pub(crate) fn emergencies(&self) -> impl Iterator<Item = (&Principal, RecordId)> {
        self.own.iter().flat_map(|own| own.emergencies.iter().map(|(user, _)| (user, own.id)))
    }

    /// Reads everything.
    fn of(work: &Work, state: State, clock: BurnClock) -> Result<Self, PortalError> {
        let session = work.session();
        let me = work.actor.principal();
        let count = session.ask(&read::patient_counts(&me)).map_err(refused)?.records;
        // What did not change since the last command or visit is in the profile's index.
        let mut index = session.record_index(Some(&work.actor));
        let numbered = index.numbered(&session, &me).map_err(refused)?;
        let mut rng = mrms_home::clock::rng();
        let mut labels = session.labels(&work.actor, &numbered, &state.erased, &mut rng);
        let own = index.own_records(&session, &me, numbered, Depth::Readers).map_err(refused)?;
        index.keep(&session, Some(&work.actor), &mut rng);
        // What still stands on the ledger of an erased record has no label, and is not shown as if it were there.
        let staff_record = ids::staff_record(&me);
        let row = |record: &OwnRecord| {
            Row::of(record, labels.remove(&record.id), &state).called_in(staff_record, &state)
        };
        let rows = own.iter().map(row).collect();
        Self::made(work, state, count, clock, own, rows)
    }

    /// Reads what changed since another state; `None` where that can't be told.
    fn refreshed(
        work: &Work,
        before: &Self,
        state: State,
        clock: BurnClock,
    ) -> Result<Option<Self>, PortalError> {
        let (session, me) = (work.session(), work.actor.principal());
        let Some(changed) = state.changes_since(&before.state, work)? else { return Ok(None) };
        let mut own = before.own.clone();
        let count = session.refresh_own_records(&me, &mut own, before.count, &changed);
        let count = count.map_err(refused)?;
        let staff_record = ids::staff_record(&me);
        let mut rng = mrms_home::clock::rng();
        let mut rows: Vec<Row> = Vec::with_capacity(own.len());
        for record in &own {
            let known = before.row(record.id).filter(|_| !changed.contains(&record.id));
            rows.push(match known {
                Some(row) => row.clone(),
                None if state.erased.contains(&record.id) => Row::of(record, None, &state),
                None => {
                    let (id, of) = (record.id, &record.record);
                    let label = session.record_label(&work.actor, id, of, &mut rng);
                    Row::of(record, label, &state).called_in(staff_record, &state)
                }
            });
        }
        // Of what was erased before, the row alone is kept.
        let there: BTreeSet<RecordId> = own.iter().map(|one| one.id).collect();
        let gone = before.rows.iter().filter(|row| row.is_erased && !there.contains(&row.id));
        rows.extend(gone.cloned());
        Self::made(work, state, count, clock, own, rows).map(Some)
    }

    fn made(
        work: &Work,
        state: State,
        count: u64,
        clock: BurnClock,
        mut own: Vec<OwnRecord>,
        mut rows: Vec<Row>,
    ) -> Result<Self, PortalError> {
        for row in rows.iter_mut().filter(|row| state.erased.contains(&row.id)) {
            (row.is_erased, row.name) = (true, None);
            row.wanted.clear();
            row.looks.clear();
        }
        rows.sort_by_key(|row| std::cmp::Reverse(row.number));
        find_twins(&mut rows);
        own.retain(|record| !state.erased.contains(&record.id));
        tend(work, &own);
        let (session, me) = (work.session(), work.actor.principal());
        let shares = session.shares_now(&me, &own).map_err(refused)?;
        let acting = work.acting_for(&me)?;
        let seeing: Vec<_> = acting.iter().filter(|one| sees(one)).cloned().collect();
        work.memory.forget_missing_keys();
        let links = work.links_among(shares.iter().map(|share| &share.user))?;
        let keys = published_keys(work, &shares, &seeing, &links)?;
        let readers: HashMap<RecordId, (usize, usize)> =
            own.iter().map(|one| (one.id, readers(one, &seeing, &links))).collect();
        for row in &mut rows {
            (row.readers, row.links) = readers.get(&row.id).copied().unwrap_or_default();
        }
        let places = rows.iter().enumerate().map(|(at, row)| (row.id, at)).collect();
        let staff_record = ids::staff_record(&me);
        Ok(Self {
            state,
            count,
            clock,
            rows,
            places,
            own,
            shares,
            acting,
            seeing,
            staff_record,
            links,
            keys,
        })
    }
}

/// The keys that those have published who see something. Links have none.
fn published_keys(
    work: &Work,
    shares: &[Share],
    seeing: &[Delegate],
    links: &BTreeSet<Principal>,
) -> Result<Vec<(Principal, EncryptionKey)>, PortalError> {
    let users = shares.iter().map(|share| &share.user).chain(seeing.iter().map(|one| &one.user));
    let users: BTreeSet<&Principal> = users.filter(|user| !links.contains(user)).collect();
    let reads: Vec<_> = users.iter().map(|user| read::encryption_key(user)).collect();
    let keys = work.session().ask_all(&reads).map_err(refused)?;
    Ok(users.into_iter().zip(keys).filter_map(|(user, key)| Some((user.clone(), key?))).collect())
}

/// How many people can open a record, by a grant or as a delegate; and how many links.
pub(crate) fn readers(
    own: &OwnRecord,
    seeing: &[Delegate],
    links: &BTreeSet<Principal>,
) -> (usize, usize) {
    let by_grant = own.live_readers().count();
    let by_link = own.live_readers().filter(|reader| links.contains(&reader.user)).count();
    let has_grant = |one: &&Delegate| own.live_readers().any(|reader| reader.user == one.user);
    let acting = seeing.iter().filter(|one| !has_grant(one)).count();
    (by_grant - by_link + acting, by_link)
}

/// Marks the records that are called as another one is.
fn find_twins(rows: &mut [Row]) {
    let mut called: HashMap<String, usize> = HashMap::new();
    for row in rows.iter().filter(|row| row.name.is_some()) {
        *called.entry(row.wanted.clone()).or_default() += 1;
    }
    for row in rows {
        row.has_twin =
            row.name.is_some() && called.get(&row.wanted).is_some_and(|count| *count > 1);
    }
}

fn sees(one: &Delegate) -> bool {
    one.delegation.powers.include(Powers::SEE)
}

/// Leaves the keys of what is new for those who have a right to it. Pages come whether or not it can be done; what is left
/// over is done by the next page after a change, or by any other program of the person.
fn tend(work: &Work, own: &[OwnRecord]) {
    let records: Vec<_> = own.iter().map(|one| (one.id, one.record.clone())).collect();
    let mut rng = mrms_home::clock::rng();
    let session = work.session();
    // Pages show by themselves who added what; mrms doctor tells what is missing.
    let _ = session.catch_up_with(&work.actor, &records, &mut rng);
    let _ = session.tend(&work.actor, &records, TENDED_BESIDE, &mut |_, _| {}, &mut rng);
}

#[cfg(test)]
impl Row {
    /// A record that was erased, with one version.
    pub(crate) fn erased() -> Self {
        Self {
            number: 1,
            id: RecordId::new(1),
            version: Version::FIRST,
            name: None,
            kind: Kind::Other,
            written: None,
            readers: 0,
            links: 0,
            is_erased: true,
            has_twin: false,
            wanted: String::new(),
            looks: String::new(),
        }
    }
}

impl Row {
    /// The same with what the key of the staff is called in the person's language, where it is that record.
    fn called_in(mut self, staff_record: Option<RecordId>, state: &State) -> Self {
        if Some(self.id) == staff_record && self.name.as_deref() == Some(STAFF_RECORD) {
            let name = Words::of(state.language).say("staff-record");
            (self.wanted, self.looks) = (name.to_lowercase(), likeness(&name));
            self.name = Some(name);
        }
        self
    }

    fn of(record: &OwnRecord, label: Option<RecordLabel>, state: &State) -> Self {
        let name = label.as_ref().and_then(|label| label.name().map(str::to_owned));
        Self {
            number: record.number,
            id: record.id,
            version: record.record.version,
            wanted: name.as_deref().unwrap_or_default().to_lowercase(),
            looks: likeness(name.as_deref().unwrap_or_default()),
            name,
            kind: label
                .as_ref()
                .map_or(Kind::Other, |label| Kind::of_media_type(&label.media_type)),
            written: label.map(|label| label.time),
            readers: 0,
            links: 0,
            is_erased: state.erased.contains(&record.id),
            has_twin: false,
        }
    }
}

impl State {
    /// The records that changed since another state; `None` where it can't be told, and all is read anew.
    pub(crate) fn changes_since(
        &self,
        before: &Self,
        work: &Work,
    ) -> Result<Option<BTreeSet<RecordId>>, PortalError> {
        // A ledger that lost blocks goes on from another state than the one that is known.
        if self.block < before.block || !before.erased.is_subset(&self.erased) {
            return Ok(None);
        }
        let me = work.actor.principal();
        match work.session().changes(&me, before.burn, self.burn).map_err(refused)? {
            Changes::Records(mut records) => {
                records.extend(self.erased.difference(&before.erased));
                if self.language != before.language {
                    records.extend(ids::staff_record(&me));
                }
                Ok(Some(records))
            }
            Changes::Everything => Ok(None),
        }
    }

    /// The height of its newest block.
    pub(crate) const fn block(&self) -> BlockHeight {
        self.block
    }
}

impl Work {
    /// One of the person's own records, as it is now.
    pub(crate) fn own_record(&self, id: RecordId) -> Result<Record, PortalError> {
        let record = self.session().ask(&read::record(id)).map_err(refused)?;
        let me = self.actor.principal();
        record.filter(|record| record.patient == me).ok_or(PortalError::NoPage)
    }

    /// Who acts for a patient now, whatever they may do.
    fn acting_for(&self, patient: &Principal) -> Result<Vec<Delegate>, PortalError> {
        let session = self.session();
        // They act for the successor.
        if session.handed_over(patient).map_err(refused)?.is_some() {
            return Ok(Vec::new());
        }
        session.live_delegates(patient).map_err(refused)
    }

    /// Of those, who sees every record of theirs by that.
    pub(crate) fn seeing(&self, patient: &Principal) -> Result<Vec<Delegate>, PortalError> {
        let mut seeing = self.acting_for(patient)?;
        seeing.retain(sees);
        Ok(seeing)
    }

    fn state(&self) -> Result<(State, BurnClock), PortalError> {
        let session = self.session();
        let tip = session.ledger.tip().map_err(refused)?;
        let state = State {
            block: tip.block_height,
            newest: self.open.newest_block().map(|block| block.hash),
            burn: tip.burn_height,
            language: self.memory.language(),
            // What is not known to be reviewed is shown once more.
            reviews: session.profile.reviews().unwrap_or_default(),
            erased: self
                .memory
                .erased(session.profile.receipts_length(), || session.erased_records())
                .map_err(refused)?,
        };
        Ok((state, tip.clock()))
    }

    /// The person's own records.
    pub(crate) fn overview(&self) -> Result<Arc<Overview>, PortalError> {
        let (state, clock) = self.state()?;
        self.memory.overview(state.clone(), |before| {
            if let Some(before) = before
                && let Some(now) = Overview::refreshed(self, &before, state.clone(), clock)?
            {
                return Ok(now);
            }
            Overview::of(self, state, clock)
        })
    }

    /// What others did that concerns the person, and was not read yet.
    pub(crate) fn for_me(&self) -> Result<Arc<ForMe>, PortalError> {
        let (state, _) = self.state()?;
        let overview = self.overview()?;
        let found = self.memory.for_me(state, |_| {
            let session = self.session();
            let found = session.for_me_and_mine(&self.actor, &overview.own)?;
            // What can't be kept is told again; of an end without its beginning nothing is told then.
            let _ = session.are_told(&self.actor, &found, &mut rng());
            Ok(found)
        });
        match found {
            // What was told before is not known: nothing is told, and that is said.
            Err(ForMeError::Profile(error) | ForMeError::Added(CatchUpError::Profile(error))) => {
                self.is_damaged(error);
                Ok(Arc::default())
            }
            found => found.map_err(refused),
        }
    }

    /// The organisations that name the person as a member now, whether their key was taken or not.
    pub(crate) fn naming(&self) -> Result<Arc<BTreeSet<Principal>>, PortalError> {
        let (state, _) = self.state()?;
        let me = self.actor.principal();
        self.memory.naming(state, || self.session().organisations_that_name(&me)).map_err(refused)
    }

    /// Who looked at them.
    pub(crate) fn looks(&self) -> Result<Arc<Looks>, PortalError> {
        let overview = self.overview()?;
        let (state, clock) = self.state()?;
        self.memory.looks(state.clone(), |before| {
            if let Some(before) = before
                && let Some(now) = Looks::refreshed(self, &before, &overview, &state, clock)?
            {
                return Ok(now);
            }
            Looks::of(self, &overview, state, clock)
        })
    }
}
