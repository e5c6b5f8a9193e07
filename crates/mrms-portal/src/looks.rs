//! Who looked at a person's own records: all of it, the newest first, read once for each state of the ledger.

use std::collections::{BTreeMap, BTreeSet};

use mrms_app::audit::who::{Deed, Look, NO_KEY, Wanted};
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

    /// Whether the contract let them in, and the vaults gave no key: they opened nothing.
    pub(crate) fn got_no_key(&self) -> bool {
        matches!(&self.look.deed, Deed::Refused { reason: Some(reason), .. } if reason == NO_KEY)
    }

    /// What came of an attempt that opened nothing, as a key of the catalogues.
    pub(crate) fn refusal_key(&self) -> &'static str {
        if self.got_no_key() { "record-without-key" } else { "record-refused" }
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
    /// How many of those were let in by the contract, and got no key.
    pub(crate) without_key: usize,
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
        self.without_key += usize::from(one.got_no_key());
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
    for (id, without) in without_key(work, looks.iter()) {
        Look::tell_without_key(looks, id, &without);
    }
}

/// Of these, the openings for which the vaults gave no key, by record and entry.
fn without_key<'l>(
    work: &Work,
    looks: impl IntoIterator<Item = &'l Look>,
) -> BTreeMap<RecordId, BTreeSet<u64>> {
    let mut opened: BTreeMap<RecordId, BTreeSet<u64>> = BTreeMap::new();
    for look in looks {
        if matches!(look.deed, Deed::Opened | Deed::OpenedInEmergency) {
            opened.entry(look.record).or_default().extend(look.index);
        }
    }
    let without = opened.into_iter().map(|(id, opened)| {
        let without = work.session().known_without_key(&work.actor, id, &opened);
        (id, without)
    });
    without.filter(|(_, without)| !without.is_empty()).collect()
}

impl Work {
    /// The vaults' logs of these records were read: openings of them may turn out to have opened nothing.
    pub(crate) fn retell_looks(&self, records: &[RecordId]) -> Result<(), PortalError> {
        let looks = self.looks()?;
        let of = looks.all.iter().filter(|one| records.contains(&one.look.record));
        let without = without_key(self, of.map(|one| &one.look));
        if !without.is_empty() {
            self.memory.change_looks(|looks| looks.told_without_key(&without));
        }
        Ok(())
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

    /// The same, where these openings are known by now to have opened nothing.
    fn told_without_key(&self, without: &BTreeMap<RecordId, BTreeSet<u64>>) -> Self {
        let mut all = self.all.clone();
        for one in &mut all {
            if let Some(without) = without.get(&one.look.record) {
                let record = one.look.record;
                Look::tell_without_key(std::slice::from_mut(&mut one.look), record, without);
            }
        }
        Self { state: self.state.clone(), all }
    }

    /// Those since a time, the newest first.
    pub(crate) fn since(&self, time: UnixTime) -> &[Timed] {
        let count = self.all.partition_point(|one| one.time >= time);
        &self.all[..count]
    }
}

#[cfg(test)]
mod tests {
    use mrms_app::audit::who::FormerPart;
    use mrms_core::{BurnHeight, Principal};

    use super::*;

    #[test]
    fn opening_without_a_key_is_counted_once_and_told_apart_from_a_refusal() {
        let who: Principal = "ST000000000000000000002AMW42H".parse().unwrap();
        let look = |deed| Timed {
            look: Look {
                record: RecordId::new(1),
                who: who.clone(),
                organisation: None,
                deed,
                version: Some(1),
                newest_then: None,
                time: None,
                burn_height: BurnHeight::new(1),
                index: Some(4),
                txid: None,
                reason: None,
                purpose: None,
                part: FormerPart::None,
                for_patient: false,
                given_to: None,
            },
            time: UnixTime::from_seconds(0),
        };
        let opened = look(Deed::Opened);
        assert_eq!(Counts::of([&opened]), Counts { opened: 1, ..Counts::default() });
        let mut without = opened;
        let of = std::slice::from_mut(&mut without.look);
        Look::tell_without_key(of, RecordId::new(1), &BTreeSet::from([4]));
        let counts = Counts { refused: 1, without_key: 1, ..Counts::default() };
        assert_eq!(Counts::of([&without]), counts);
        assert!(without.got_no_key() && without.is_refused() && !without.is_opening());
        let refused = Deed::Refused { action: "access".to_owned(), reason: None };
        assert_ne!(look(refused).refusal_key(), without.refusal_key());
    }
}
