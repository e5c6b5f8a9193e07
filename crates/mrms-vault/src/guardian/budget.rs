//! Bounds on what anybody can make the vault write.
//!
//! Keys cost nothing, and a captured message can be sent again: a line for each such message would
//! fill the disk. So of what nobody is known to have signed just now, the first of a minute and
//! reason has a line at once, and the rest of that minute one line with their number. An account
//! has so many requests a minute; accounts that the vault never heard of have so many together.
//! Pure: the time is an argument.

use std::collections::HashMap;

use mrms_core::{StandardPrincipal, UnixTime};

use crate::protocol::Reason;

/// Accounts counted at a time. When there are more, the minute's counts are kept for those that
/// were there first, and the others are strangers to each other: they share the strangers' bound.
const MOST_ACCOUNTS: usize = 65_536;
/// Lines of their own in a minute for replays, clocks and too many requests of known signers.
const MOST_OWN_LINES: u32 = 60;

/// How a refusal that anybody can cause goes into the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entered {
    /// By a line of its own, now.
    Now,
    /// Counted; a line with the number follows.
    Later,
}

/// Messages of a reason that were counted and have no line yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) reason: Reason,
    pub(crate) count: u64,
}

/// The counts of the current minute.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    minute: u64,
    asked: HashMap<StandardPrincipal, u32>,
    strangers: u32,
    refused: HashMap<(Reason, Option<StandardPrincipal>), u64>,
    own_lines: u32,
    uncounted: Vec<Tally>,
}

impl Budget {
    /// Begins a new minute where one has begun.
    fn turn(&mut self, now: UnixTime) {
        let minute = now.seconds() / 60;
        if minute == self.minute {
            return;
        }
        let mut sums: HashMap<Reason, u64> = HashMap::new();
        for ((reason, _), count) in self.refused.drain() {
            if count > 0 {
                *sums.entry(reason).or_default() += count;
            }
        }
        let sums = sums.into_iter().map(|(reason, count)| Tally { reason, count });
        self.uncounted.extend(sums);
        *self = Self { minute, uncounted: std::mem::take(&mut self.uncounted), ..Self::default() };
    }

    /// Whether an account may ask once more this minute.
    pub(crate) fn admit(&mut self, who: &StandardPrincipal, limit: u32, now: UnixTime) -> bool {
        self.turn(now);
        if self.asked.len() >= MOST_ACCOUNTS && !self.asked.contains_key(who) {
            return self.admit_stranger(limit, now);
        }
        let asked = self.asked.entry(*who).or_default();
        *asked = asked.saturating_add(1);
        *asked <= limit
    }

    /// Whether one more request of any stranger may be looked at this minute.
    pub(crate) fn admit_stranger(&mut self, limit: u32, now: UnixTime) -> bool {
        self.turn(now);
        self.strangers = self.strangers.saturating_add(1);
        self.strangers <= limit
    }

    /// Notes a refusal that anybody can cause. `signer` is known only where a signature held.
    pub(crate) fn refuse(
        &mut self,
        reason: Reason,
        signer: Option<&StandardPrincipal>,
        now: UnixTime,
    ) -> Entered {
        self.turn(now);
        let own = signer.filter(|_| self.own_lines < MOST_OWN_LINES);
        match self.refused.entry((reason, own.copied())) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(0);
                self.own_lines += u32::from(own.is_some());
                Entered::Now
            }
            std::collections::hash_map::Entry::Occupied(mut entry) => {
                *entry.get_mut() += 1;
                Entered::Later
            }
        }
    }

    /// What was counted in minutes that have passed, to be written now.
    pub(crate) fn take_due(&mut self, now: UnixTime) -> Vec<Tally> {
        self.turn(now);
        std::mem::take(&mut self.uncounted)
    }

    /// Everything that was counted: the vault is closing.
    pub(crate) fn take_all(&mut self) -> Vec<Tally> {
        let next = UnixTime::from_seconds((self.minute + 1) * 60);
        self.take_due(next)
    }

    /// Gives back what could not be written.
    pub(crate) fn put_back(&mut self, tallies: Vec<Tally>) {
        self.uncounted.extend(tallies);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(byte: u8) -> StandardPrincipal {
        StandardPrincipal::new(26, [byte; 20]).unwrap()
    }

    const fn at(seconds: u64) -> UnixTime {
        UnixTime::from_seconds(seconds)
    }

    #[test]
    fn an_account_asks_so_often_a_minute_and_no_more() {
        let mut budget = Budget::default();
        let asked: Vec<bool> = (0..4).map(|_| budget.admit(&account(1), 3, at(60))).collect();
        assert_eq!(asked, [true, true, true, false]);
        assert!(budget.admit(&account(2), 3, at(60)), "another account");
        assert!(budget.admit(&account(1), 3, at(120)), "another minute");
    }

    #[test]
    fn what_nobody_signed_is_one_line_now_and_one_when_the_minute_is_over() {
        let mut budget = Budget::default();
        let entered: Vec<Entered> =
            (0..1_000).map(|_| budget.refuse(Reason::BadSignature, None, at(60))).collect();
        assert_eq!(entered.iter().filter(|entered| **entered == Entered::Now).count(), 1);
        assert_eq!(budget.take_due(at(119)), []);
        let tally = Tally { reason: Reason::BadSignature, count: 999 };
        assert_eq!(budget.take_due(at(120)), [tally]);
        assert_eq!(budget.take_due(at(121)), []);
        assert_eq!(budget.take_all(), []);
    }

    #[test]
    fn replays_of_many_accounts_have_no_more_lines_than_the_bound() {
        let mut budget = Budget::default();
        let now = (0..200)
            .filter(|byte| {
                let signer = account(*byte);
                budget.refuse(Reason::RequestReplayed, Some(&signer), at(60)) == Entered::Now
            })
            .count();
        assert_eq!(now, 61);
        let tally = Tally { reason: Reason::RequestReplayed, count: 139 };
        assert_eq!(budget.take_all(), [tally]);
    }
}
