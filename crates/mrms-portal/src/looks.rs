//! Who looked at a person's own records: all of it, the newest first, read once for each state of the ledger.

use std::collections::{BTreeMap, BTreeSet};

use mrms_app::audit::who::{Deed, Look, Wanted};
use mrms_core::{BurnClock, Principal, RecordId, UnixTime};

use crate::error::{PortalError, refused};
use crate::overview::{Overview, State};
use crate::times;
use crate::work::Work;

/// Everybody else's, from the beginning.
const WANTED: Wanted = Wanted { since: None, own: false };

/// A look, and when it was.
#[derive(Clone, Debug)]
pub(crate) struct Timed {
    pub(crate) look: Look,
    pub(crate) time: UnixTime,
}

impl Timed {
    pub(crate) const fn is_refused(&self) -> bool {
        matches!(self.look.deed, Deed::Refused { .. })
    }

    /// Whether they saw it: neither a refusal nor the declaration of an emergency alone.
    pub(crate) const fn is_opening(&self) -> bool {
        matches!(self.look.deed, Deed::Opened | Deed::OpenedInEmergency)
    }

    /// The record and the entry of an opening or an emergency, of which whoever it was may have said what for, or why.
    pub(crate) fn entry(&self) -> Option<(RecordId, u64)> {
        self.look.index.filter(|_| !self.is_refused()).map(|index| (self.look.record, index))
    }

    /// Whether it was this account's, or that of a member who acted for it.
    pub(crate) fn is_of(&self, account: &Principal) -> bool {
        self.look.who == *account || self.look.organisation.as_ref() == Some(account)
    }

    pub(crate) const fn is_emergency(&self) -> bool {
        matches!(self.look.deed, Deed::DeclaredEmergency | Deed::OpenedInEmergency)
    }
}

/// How often records were opened, and how often somebody was refused: never one number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) opened: usize,
    pub(crate) refused: usize,
    /// Emergencies that were declared.
    pub(crate) declared: usize,
}

impl Counts {
    pub(crate) fn of<'l>(looks: impl IntoIterator<Item = &'l Timed>) -> Self {
        let mut counts = Self::default();
        for one in looks {
            counts.add(one);
        }
        counts
    }

    pub(crate) fn add(&mut self, one: &Timed) {
        let count = match one.look.deed {
            Deed::Refused { .. } => &mut self.refused,
            Deed::DeclaredEmergency => &mut self.declared,
            Deed::Opened | Deed::OpenedInEmergency => &mut self.opened,
        };
        *count += 1;
    }
}

/// All looks, the newest first.
#[derive(Debug)]
pub(crate) struct Looks {
    state: State,
    pub(crate) all: Vec<Timed>,
}

/// A look with its time.
pub(crate) fn timed(look: Look, clock: BurnClock) -> Timed {
    // Heights are ten minutes apart; the block has its own time.
    let time = look.time.as_deref().and_then(times::of_block);
    Timed { time: time.unwrap_or_else(|| clock.time_of(look.burn_height)), look }
}

/// Openings for which the vaults gave no key are refusals, as far as this profile read the vaults' logs.
fn tell_without_key(work: &Work, looks: &mut [Look]) {
    let mut opened: BTreeMap<RecordId, BTreeSet<u64>> = BTreeMap::new();
    for look in looks.iter() {
        if matches!(look.deed, Deed::Opened | Deed::OpenedInEmergency) {
            opened.entry(look.record).or_default().extend(look.index);
        }
    }
    for (id, opened) in opened {
        let without = work.session().known_without_key(&work.actor, id, &opened);
        Look::tell_without_key(looks, id, &without);
    }
}

impl Looks {
    /// Reads everything.
    pub(crate) fn of(
        work: &Work,
        overview: &Overview,
        state: State,
        clock: BurnClock,
    ) -> Result<Self, PortalError> {
        let me = work.actor.principal();
        let records = overview.own.iter().map(|own| (own.id, own.record.clone())).collect();
        let mut looks = work.session().looks(&me, records, WANTED).map_err(refused)?;
        tell_without_key(work, &mut looks);
        Ok(Self::made(state, looks.into_iter().map(|look| timed(look, clock)).collect()))
    }

    /// Reads what changed since another state; `None` where that can't be told.
    pub(crate) fn refreshed(
        work: &Work,
        before: &Self,
        overview: &Overview,
        state: &State,
        clock: BurnClock,
    ) -> Result<Option<Self>, PortalError> {
        let (session, me) = (work.session(), work.actor.principal());
        let Some(changed) = state.changes_since(&before.state, work)? else { return Ok(None) };
        let own: BTreeSet<RecordId> = overview.own.iter().map(|own| own.id).collect();
        let stays =
            |one: &&Timed| own.contains(&one.look.record) && !changed.contains(&one.look.record);
        let mut all: Vec<Timed> = before.all.iter().filter(stays).cloned().collect();
        let again = overview.own.iter().filter(|own| changed.contains(&own.id));
        let again = again.map(|own| (own.id, own.record.clone())).collect();
        let mut looks = session.looks(&me, again, WANTED).map_err(refused)?;
        tell_without_key(work, &mut looks);
        // What was refused leaves no entry, so that nothing changed.
        let refusals = session.refused_since(&me, &own, before.state.block());
        let refusals = refusals.map_err(refused)?;
        looks.extend(refusals.into_iter().filter(|look| !changed.contains(&look.record)));
        all.extend(looks.into_iter().map(|look| timed(look, clock)));
        Ok(Some(Self::made(state.clone(), all)))
    }

    fn made(state: State, mut all: Vec<Timed>) -> Self {
        all.sort_by_key(|one| std::cmp::Reverse(one.time));
        Self { state, all }
    }

    /// Those since a time, the newest first.
    pub(crate) fn since(&self, time: UnixTime) -> &[Timed] {
        let count = self.all.partition_point(|one| one.time >= time);
        &self.all[..count]
    }
}
