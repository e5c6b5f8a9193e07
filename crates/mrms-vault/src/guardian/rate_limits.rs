//! Rate limits: how many requests an account may make in a minute, and how many lines of the log anybody can cause.
//!
//! Anybody can make keys for free and send captured messages again, so a line for each refused message would fill the
//! disk. Of messages without a valid signature, and of replays, the first of a minute and reason has a line at once;
//! the others of that minute share one line with their number. Each account has a number of requests a minute, and all
//! accounts that the vault does not know share one. Pure: the time is an argument. Addresses on the network are
//! not known here; limits by address are a reverse proxy's.

use std::collections::HashMap;

use mrms_core::{StandardPrincipal, UnixTime};

use crate::protocol::RefusalReason;

/// Accounts that are counted in a minute. Further accounts share the limit for unknown accounts.
const MOST_ACCOUNTS: usize = 65_536;
/// Lines a minute for refusals of a known signer: replays, wrong clocks, too many requests.
const MOST_OWN_LINES: u32 = 60;

/// How a refusal that anybody can cause is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entered {
    /// With a line of its own, now.
    Now,
    /// It is counted; a line with the number follows.
    Later,
}

/// The number of messages that were refused for one reason and have no line yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) reason: RefusalReason,
    pub(crate) count: u64,
}

/// The counts of the current minute.
#[derive(Debug, Default)]
pub(crate) struct RateLimits {
    minute: u64,
    asked: HashMap<StandardPrincipal, u32>,
    strangers: u32,
    refused: HashMap<(RefusalReason, Option<StandardPrincipal>), u64>,
    own_lines: u32,
    uncounted: Vec<Tally>,
}

impl RateLimits {
    /// Starts the counts of a new minute if one has begun.
    fn advance(&mut self, now: UnixTime) {
        let minute = now.seconds() / 60;
        if minute == self.minute {
            return;
        }
        let mut sums: HashMap<RefusalReason, u64> = HashMap::new();
        for ((reason, _), count) in self.refused.drain() {
            if count > 0 {
                *sums.entry(reason).or_default() += count;
            }
        }
        let sums = sums.into_iter().map(|(reason, count)| Tally { reason, count });
        self.uncounted.extend(sums);
        *self = Self { minute, uncounted: std::mem::take(&mut self.uncounted), ..Self::default() };
    }

    /// Counts a request of an account. Returns whether it is within the limit of this minute.
    pub(crate) fn admit(&mut self, who: &StandardPrincipal, limit: u32, now: UnixTime) -> bool {
        self.advance(now);
        if self.asked.len() >= MOST_ACCOUNTS && !self.asked.contains_key(who) {
            return self.admit_stranger(limit, now);
        }
        let asked = self.asked.entry(*who).or_default();
        *asked = asked.saturating_add(1);
        *asked <= limit
    }

    /// Counts a request of an unknown account. Returns whether it is within the limit of this minute for all of them.
    pub(crate) fn admit_stranger(&mut self, limit: u32, now: UnixTime) -> bool {
        self.advance(now);
        self.strangers = self.strangers.saturating_add(1);
        self.strangers <= limit
    }

    /// Counts a refusal that anybody can cause. `signer` is given only if the signature is valid.
    pub(crate) fn refuse(
        &mut self,
        reason: RefusalReason,
        signer: Option<&StandardPrincipal>,
        now: UnixTime,
    ) -> Entered {
        self.advance(now);
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

    /// Takes the counts of minutes that have passed, to be written now.
    pub(crate) fn take_due(&mut self, now: UnixTime) -> Vec<Tally> {
        self.advance(now);
        std::mem::take(&mut self.uncounted)
    }

    /// Takes all counts, when the vault is closing.
    pub(crate) fn take_all(&mut self) -> Vec<Tally> {
        let next = UnixTime::from_seconds((self.minute + 1) * 60);
        self.take_due(next)
    }

    /// Puts back counts that could not be written.
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
        let mut rate_limits = RateLimits::default();
        let asked: Vec<bool> = (0..4).map(|_| rate_limits.admit(&account(1), 3, at(60))).collect();
        assert_eq!(asked, [true, true, true, false]);
        assert!(rate_limits.admit(&account(2), 3, at(60)), "another account");
        assert!(rate_limits.admit(&account(1), 3, at(120)), "another minute");
    }

    #[test]
    fn what_nobody_signed_is_one_line_now_and_one_when_the_minute_is_over() {
        let mut rate_limits = RateLimits::default();
        let entered: Vec<Entered> = (0..1_000)
            .map(|_| rate_limits.refuse(RefusalReason::BadSignature, None, at(60)))
            .collect();
        assert_eq!(entered.iter().filter(|entered| **entered == Entered::Now).count(), 1);
        assert_eq!(rate_limits.take_due(at(119)), []);
        let tally = Tally { reason: RefusalReason::BadSignature, count: 999 };
        assert_eq!(rate_limits.take_due(at(120)), [tally]);
        assert_eq!(rate_limits.take_due(at(121)), []);
        assert_eq!(rate_limits.take_all(), []);
    }

    #[test]
    fn replays_of_many_accounts_have_no_more_lines_than_the_bound() {
        let mut rate_limits = RateLimits::default();
        let now = (0..200)
            .filter(|byte| {
                let signer = account(*byte);
                rate_limits.refuse(RefusalReason::RequestReplayed, Some(&signer), at(60))
                    == Entered::Now
            })
            .count();
        assert_eq!(now, 61);
        let tally = Tally { reason: RefusalReason::RequestReplayed, count: 139 };
        assert_eq!(rate_limits.take_all(), [tally]);
    }
}
