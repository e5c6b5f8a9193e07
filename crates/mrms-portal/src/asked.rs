//! About which openings and emergencies the vaults were asked what for, and why, during this visit: so that they are asked once,
//! and again about what is young, since a reader's program tells them right after the entry.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use mrms_core::{RecordId, UnixTime};

/// Seconds after which an opening of which nothing was said is taken to be one that nothing is said of.
const YOUNG: u64 = 10 * 60;
/// So long nobody is asked again about a young opening.
const PAUSE: Duration = Duration::from_secs(2);
/// How often a page comes again by itself while the vaults do not answer.
const MOST_AGAIN: u8 = 5;

/// An opening or an emergency of which nothing is known yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unexplained {
    record: RecordId,
    index: u64,
    is_young: bool,
}

impl Unexplained {
    /// An entry, of this time.
    pub(crate) fn new((record, index): (RecordId, u64), time: UnixTime, now: UnixTime) -> Self {
        let is_young = now.seconds().saturating_sub(time.seconds()) < YOUNG;
        Self { record, index, is_young }
    }
}

/// About which records the vaults were asked, and are being asked.
#[derive(Debug, Default)]
pub(crate) struct AskedWhatFor {
    /// Up to which entry, and when.
    done: BTreeMap<RecordId, (u64, Instant)>,
    /// Which are being asked about, and how many pages were told to come again.
    now: BTreeMap<RecordId, u8>,
}

impl AskedWhatFor {
    /// The records of these about which the vaults are to be asked now. They count as asked from now on.
    pub(crate) fn begin(&mut self, unexplained: &[Unexplained], now: Instant) -> Vec<RecordId> {
        let mut records = BTreeSet::new();
        for one in unexplained.iter().filter(|one| !self.now.contains_key(&one.record)) {
            let is_due = self.done.get(&one.record).is_none_or(|(known, asked)| {
                *known < one.index || one.is_young && now.duration_since(*asked) >= PAUSE
            });
            if is_due {
                records.insert(one.record);
            }
        }
        for id in &records {
            let newest = unexplained.iter().filter(|one| one.record == *id).map(|one| one.index);
            let known = self.done.get(id).map_or(0, |(known, _)| *known);
            self.done.insert(*id, (newest.max().unwrap_or_default().max(known), now));
            self.now.insert(*id, 0);
        }
        records.into_iter().collect()
    }

    /// They were asked; not all of them answered where they are to be asked again.
    pub(crate) fn end(&mut self, records: &[RecordId], has_all: bool) {
        for id in records {
            self.now.remove(id);
            if !has_all {
                self.done.remove(id);
            }
        }
    }

    /// Whether one of these is being asked about, and a page may come again.
    pub(crate) fn comes_again(&mut self, unexplained: &[Unexplained]) -> bool {
        let mut comes = false;
        let records: BTreeSet<_> = unexplained.iter().map(|one| one.record).collect();
        for (_, pages) in self.now.iter_mut().filter(|(id, _)| records.contains(id)) {
            comes |= *pages < MOST_AGAIN;
            *pages = pages.saturating_add(1);
        }
        comes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unexplained(record: u128, index: u64, age: u64) -> Unexplained {
        let now = UnixTime::from_seconds(1_000_000);
        let time = UnixTime::from_seconds(1_000_000 - age);
        Unexplained::new((RecordId::new(record), index), time, now)
    }

    #[test]
    fn vaults_are_asked_what_an_opening_was_for_once_unless_one_did_not_answer() {
        let mut asked = AskedWhatFor::default();
        let (one, other) = (RecordId::new(1), RecordId::new(2));
        let now = Instant::now();
        let old = [(1, 3), (2, 1), (1, 2)].map(|(id, index)| unexplained(id, index, 2 * YOUNG));
        assert_eq!(asked.begin(&old, now), [one, other]);
        asked.end(&[one, other], true);
        assert!(asked.begin(&old, now + 10 * PAUSE).is_empty());
        let later = [unexplained(1, 4, 2 * YOUNG), old[1]];
        assert_eq!(asked.begin(&later, now), [one], "a later opening");
        asked.end(&[one], false);
        assert_eq!(asked.begin(&later, now), [one], "not every vault answered");
    }

    #[test]
    fn young_opening_is_asked_about_again_since_its_reader_may_not_have_said_it_yet() {
        let mut asked = AskedWhatFor::default();
        let (one, now) = (RecordId::new(1), Instant::now());
        let young = [unexplained(1, 3, 5)];
        assert_eq!(asked.begin(&young, now), [one]);
        asked.end(&[one], true);
        assert!(asked.begin(&young, now + PAUSE / 2).is_empty(), "not at once");
        assert_eq!(asked.begin(&young, now + PAUSE), [one]);
        asked.end(&[one], true);
        assert!(asked.begin(&[unexplained(1, 3, YOUNG)], now + 10 * PAUSE).is_empty());
    }

    #[test]
    fn page_comes_again_a_few_times_while_a_vault_is_asked_and_asks_it_no_second_time() {
        let mut asked = AskedWhatFor::default();
        let (one, now) = (RecordId::new(1), Instant::now());
        let young = [unexplained(1, 3, 5)];
        assert!(!asked.comes_again(&young), "nobody is asked");
        assert_eq!(asked.begin(&young, now), [one]);
        assert!(asked.begin(&[unexplained(1, 9, 5)], now + 10 * PAUSE).is_empty(), "it is asked");
        assert!(!asked.comes_again(&[unexplained(2, 3, 5)]), "about another record");
        for _ in 0..MOST_AGAIN {
            assert!(asked.comes_again(&young));
        }
        assert!(!asked.comes_again(&young), "a page does not go on for ever");
        asked.end(&[one], false);
        assert!(!asked.comes_again(&young));
    }
}
