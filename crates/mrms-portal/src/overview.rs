//! A person's own records as lists show them: read once for each state of the ledger and the profile, so that a page of
//! ten thousand records is as quick as one of ten.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use mrms_app::audit::shares::Share;
use mrms_app::records::list::OwnRecord;
use mrms_contract::read;
use mrms_contract::state::Record;
use mrms_core::{BlockHeight, BurnClock, BurnHeight, Principal, RecordId, UnixTime, Version};

use crate::error::{PortalError, refused};
use crate::looks::Looks;
use crate::pages::records::kind;
use crate::work::Work;

/// What lists depend on. Two equal states have equal lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    block: BlockHeight,
    newest: Option<[u8; 32]>,
    burn: BurnHeight,
    reviews: BTreeMap<String, String>,
    erased: BTreeSet<RecordId>,
}

/// A record in a list.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) id: RecordId,
    pub(crate) version: Version,
    pub(crate) name: Option<String>,
    /// A key of the catalogues.
    pub(crate) kind: &'static str,
    pub(crate) written: Option<UnixTime>,
    /// How many can open it now.
    pub(crate) readers: usize,
    pub(crate) is_erased: bool,
    /// The name as a search compares it.
    wanted: String,
}

impl Row {
    /// Whether a search for this text, in small letters, finds it.
    pub(crate) fn fits(&self, wanted: &str, kind: &str) -> bool {
        self.wanted.contains(wanted) || kind.contains(wanted)
    }
}

/// A person's own records.
#[derive(Debug)]
pub(crate) struct Overview {
    pub(crate) clock: BurnClock,
    /// The newest first.
    pub(crate) rows: Vec<Row>,
    places: HashMap<RecordId, usize>,
    /// The records as the chain has them, in their order, without those that were erased.
    pub(crate) own: Vec<OwnRecord>,
    /// What each person can open now, without how often they did.
    pub(crate) shares: Vec<Share>,
}

impl Overview {
    /// What a record is called.
    pub(crate) fn name(&self, id: RecordId) -> Option<&str> {
        self.row(id)?.name.as_deref()
    }

    /// A record of the list.
    pub(crate) fn row(&self, id: RecordId) -> Option<&Row> {
        self.places.get(&id).and_then(|at| self.rows.get(*at))
    }

    /// Records that somebody declared an emergency on, and the person has not reviewed.
    pub(crate) fn emergencies(&self) -> impl Iterator<Item = (&Principal, RecordId)> {
        self.own.iter().flat_map(|own| own.emergencies.iter().map(|(user, _)| (user, own.id)))
    }

    fn of(work: &Work, state: &State, clock: BurnClock) -> Result<Self, PortalError> {
        let session = work.session();
        let me = work.actor.principal();
        let erased = &state.erased;
        let numbered = session.numbered_records_of(&me).map_err(refused)?;
        let mut rng = mrms_home::clock::rng();
        let mut labels = session.labels(&work.actor, &numbered, erased, &mut rng);
        let mut own = session.own_records(&me, numbered).map_err(refused)?;
        let mut rows = Vec::with_capacity(own.len());
        for record in own.iter().rev() {
            // What still stands on the ledger of an erased record has no label, and is not shown as if it were there.
            let label = labels.remove(&record.id);
            let name = label.as_ref().and_then(|label| label.name().map(str::to_owned));
            rows.push(Row {
                id: record.id,
                version: record.record.version,
                wanted: name.as_deref().unwrap_or_default().to_lowercase(),
                name,
                kind: label.as_ref().map_or("kind-file", |label| kind(&label.media_type)),
                written: label.map(|label| label.time),
                readers: record.live_readers().count(),
                is_erased: erased.contains(&record.id),
            });
        }
        own.retain(|record| !erased.contains(&record.id));
        let shares = session.shares_now(&me, &own).map_err(refused)?;
        let places = rows.iter().enumerate().map(|(at, row)| (row.id, at)).collect();
        Ok(Self { clock, rows, places, own, shares })
    }
}

impl Work {
    /// One of the person's own records, as it is now.
    pub(crate) fn own_record(&self, id: RecordId) -> Result<Record, PortalError> {
        let record = self.session().ask(&read::record(id)).map_err(refused)?;
        let me = self.actor.principal();
        record.filter(|record| record.patient == me).ok_or(PortalError::NoPage)
    }

    fn state(&self) -> Result<(State, BurnClock), PortalError> {
        let session = self.session();
        let tip = session.ledger.tip().map_err(refused)?;
        let state = State {
            block: tip.block_height,
            newest: self.open.newest_block().map(|block| block.hash),
            burn: tip.burn_height,
            reviews: session.profile.reviews().map_err(refused)?,
            erased: session.erased_records().map_err(refused)?,
        };
        Ok((state, tip.clock()))
    }

    /// The person's own records.
    pub(crate) fn overview(&self) -> Result<Arc<Overview>, PortalError> {
        let (state, clock) = self.state()?;
        self.memory.overview(state.clone(), || Overview::of(self, &state, clock))
    }

    /// Who looked at them.
    pub(crate) fn looks(&self) -> Result<Arc<Looks>, PortalError> {
        let overview = self.overview()?;
        let (state, clock) = self.state()?;
        self.memory.looks(state, |_| Looks::of(self, &overview, clock))
    }
}
