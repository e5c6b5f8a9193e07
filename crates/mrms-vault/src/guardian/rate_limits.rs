//! Rate limits: how often somebody may ask, how many requests of theirs are worked on at once, and how many lines of the
//! log anybody can cause.
//!
//! Anybody can make keys for free and send captured messages again, so a line for each refused message would fill the
//! disk, and a limit for each account would limit nobody. Three kinds of accounts have shares of their own:
//!
//! - *Known* ones: shares were left by or for them, under a grant that was seen in force. Each has a number of requests a
//!   minute.
//! - Accounts that are *on the chain*: with a record, or with a grant for shares that lie here. Both cost a transaction. They
//!   have the same number of requests. The chain is asked about an account only so often.
//! - *Strangers*: all others together. Their quota comes back evenly, so that a flood takes no minute as a whole from them.
//!
//! Of refusals that anybody can cause, a few a minute have a line at once; the others share one line with their number.
//! Pure: the time is an argument. Addresses on the network are not known here; limits by address are the server's.

use std::collections::{HashMap, HashSet};

use mrms_core::{StandardPrincipal, UnixTime};

use crate::protocol::RefusalReason;

/// Accounts that were found on the chain and are remembered.
const MOST_FOUND: usize = 16_384;
/// Questions to the chain a second about accounts that are not known.
const QUESTIONS_A_SECOND: u32 = 50;
/// Lines a minute that name who caused them, for refusals that anybody can cause.
const MOST_NAMED_LINES: u32 = 10;
/// Requests of one account that are worked on at once.
const AT_ONCE: u32 = 16;

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

/// What the vault knows of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AskerKind {
    /// Shares were left by or for it, under a grant that was seen in force.
    Known,
    /// It has a record on the chain, or a grant.
    OnChain,
    /// Nothing.
    Stranger,
}

/// A quota of requests that comes back evenly: up to a burst, so many a minute.
#[derive(Clone, Copy, Debug, Default)]
struct Quota {
    /// In sixtieths of a request.
    left: u64,
    at: u64,
}

impl Quota {
    /// Whether there is a request left.
    fn has(&self, limit: u32, burst: u32, now: UnixTime) -> bool {
        let mut left = *self;
        left.take(limit, burst, now)
    }

    /// Takes one request from a quota of `limit` a minute, of which `burst` may come at once.
    fn take(&mut self, limit: u32, burst: u32, now: UnixTime) -> bool {
        let now = now.seconds();
        let most = u64::from(burst.max(1)) * 60;
        let come = now.saturating_sub(self.at).saturating_mul(u64::from(limit));
        self.left = if self.at == 0 { most } else { self.left.saturating_add(come).min(most) };
        // A clock that went back gives nothing and takes nothing.
        self.at = now;
        let is_enough = limit > 0 && self.left >= 60;
        if is_enough {
            self.left -= 60;
        }
        is_enough
    }
}

/// How many of the strangers' requests of a minute may come at once.
fn burst(strangers: u32) -> u32 {
    (strangers / 30).max(5).min(strangers)
}

/// The counts of the current minute, and what is worked on now.
#[derive(Debug, Default)]
pub(crate) struct RateLimits {
    minute: u64,
    asked: HashMap<StandardPrincipal, u32>,
    strangers: Quota,
    questions: Quota,
    on_chain: HashSet<StandardPrincipal>,
    at_once: HashMap<StandardPrincipal, u32>,
    refused: HashMap<(RefusalReason, Option<StandardPrincipal>), u64>,
    named_lines: u32,
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
        self.minute = minute;
        self.asked.clear();
        self.named_lines = 0;
    }

    /// Counts a request. Returns whether it is within the limit of its account, or of all strangers.
    pub(crate) fn admit(
        &mut self,
        who: &StandardPrincipal,
        standing: AskerKind,
        limits: (u32, u32),
        now: UnixTime,
    ) -> bool {
        self.advance(now);
        let (limit, strangers) = limits;
        if standing == AskerKind::Stranger {
            return self.strangers.take(strangers, burst(strangers), now);
        }
        let asked = self.asked.entry(*who).or_default();
        *asked = asked.saturating_add(1);
        *asked <= limit
    }

    /// Whether a stranger's request can't be heard now, and the chain can't be asked whether it is one. Then nothing more
    /// is spent on it.
    pub(crate) fn is_flooded(&self, strangers: u32, now: UnixTime) -> bool {
        !self.strangers.has(strangers, burst(strangers), now)
            && !self.questions.has(QUESTIONS_A_SECOND * 60, QUESTIONS_A_SECOND, now)
    }

    /// Whether an account was found on the chain.
    pub(crate) fn is_on_chain(&self, who: &StandardPrincipal) -> bool {
        self.on_chain.contains(who)
    }

    /// Whether the chain may be asked about an account that is not known.
    pub(crate) fn may_ask(&mut self, now: UnixTime) -> bool {
        self.questions.take(QUESTIONS_A_SECOND * 60, QUESTIONS_A_SECOND, now)
    }

    /// Remembers that an account was found on the chain.
    pub(crate) fn note_on_chain(&mut self, who: &StandardPrincipal) {
        if self.on_chain.len() >= MOST_FOUND {
            // They are asked about again.
            self.on_chain.clear();
        }
        self.on_chain.insert(*who);
    }

    /// Takes a place among the requests that are worked on. Returns whether there was one.
    pub(crate) fn begin(&mut self, who: &StandardPrincipal, standing: AskerKind) -> bool {
        // Strangers have a new account for each request, and a limit for all together.
        if standing == AskerKind::Stranger {
            return true;
        }
        let at_once = self.at_once.entry(*who).or_default();
        let is_free = *at_once < AT_ONCE;
        *at_once += u32::from(is_free);
        is_free
    }

    /// Gives the place back.
    pub(crate) fn end(&mut self, who: &StandardPrincipal, standing: AskerKind) {
        if standing == AskerKind::Stranger {
            return;
        }
        if let Some(at_once) = self.at_once.get_mut(who) {
            *at_once = at_once.saturating_sub(1);
            if *at_once == 0 {
                self.at_once.remove(who);
            }
        }
    }

    /// Counts a refusal that anybody can cause. `signer` is given only if the signature is valid.
    pub(crate) fn refuse(
        &mut self,
        reason: RefusalReason,
        signer: Option<&StandardPrincipal>,
        now: UnixTime,
    ) -> Entered {
        self.advance(now);
        let named = signer.filter(|_| self.named_lines < MOST_NAMED_LINES);
        match self.refused.entry((reason, named.copied())) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(0);
                self.named_lines += u32::from(named.is_some());
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

    const LIMITS: (u32, u32) = (3, 600);

    fn account(byte: u8) -> StandardPrincipal {
        StandardPrincipal::new(26, [byte; 20]).unwrap()
    }

    const fn at(seconds: u64) -> UnixTime {
        UnixTime::from_seconds(seconds)
    }

    #[test]
    fn an_account_asks_so_often_a_minute_and_no_more() {
        let mut rate_limits = RateLimits::default();
        let mut admit =
            |who, time| rate_limits.admit(&account(who), AskerKind::Known, LIMITS, at(time));
        let asked: Vec<bool> = (0..4).map(|_| admit(1, 60)).collect();
        assert_eq!(asked, [true, true, true, false]);
        assert!(admit(2, 60), "another account");
        assert!(admit(1, 120), "another minute");
    }

    #[test]
    fn strangers_share_comes_back_evenly() {
        let mut rate_limits = RateLimits::default();
        // A hundred a second, each with a key of its own and in any order, and an honest one among them.
        let (mut flood, mut honest) = (0, 0);
        for second in 60..180 {
            for place in 0..100_u64 {
                let number = u8::try_from((place * 7 + second * 13) % 100).unwrap();
                let who = account(number);
                let admitted = rate_limits.admit(&who, AskerKind::Stranger, LIMITS, at(second));
                match number {
                    5 => honest += u32::from(admitted),
                    _ => flood += u32::from(admitted),
                }
            }
        }
        assert!(flood + honest <= 600 * 2 + 20, "{flood}");
        assert!(honest >= 8, "of 120 tries {honest}: as many as everybody's");
    }

    #[test]
    fn a_flood_of_strangers_takes_nothing_from_accounts_that_are_known() {
        let mut rate_limits = RateLimits::default();
        for number in 0..200_000_u32 {
            let mut bytes = [9; 20];
            bytes[..4].copy_from_slice(&number.to_be_bytes());
            let who = StandardPrincipal::new(26, bytes).unwrap();
            rate_limits.admit(&who, AskerKind::Stranger, LIMITS, at(60));
        }
        assert!(rate_limits.admit(&account(1), AskerKind::Known, LIMITS, at(60)));
        assert!(rate_limits.admit(&account(2), AskerKind::OnChain, LIMITS, at(60)));
        assert_eq!(rate_limits.asked.len(), 2, "strangers are not counted one by one");
    }

    #[test]
    fn a_flood_is_told_when_neither_a_request_nor_a_question_is_left() {
        let mut rate_limits = RateLimits::default();
        for number in 0..20 {
            assert!(!rate_limits.is_flooded(600, at(60)));
            assert!(rate_limits.admit(&account(number), AskerKind::Stranger, LIMITS, at(60)));
        }
        assert!(!rate_limits.is_flooded(600, at(60)), "the chain can be asked");
        assert_eq!((0..100).filter(|_| rate_limits.may_ask(at(60))).count(), 50);
        assert!(rate_limits.is_flooded(600, at(60)));
        assert!(!rate_limits.is_flooded(600, at(61)));
    }

    #[test]
    fn one_account_has_so_many_places_at_once() {
        let mut rate_limits = RateLimits::default();
        let (one, other) = (account(1), account(2));
        let begun = (0..64).filter(|_| rate_limits.begin(&one, AskerKind::Known)).count();
        assert_eq!(begun, 16);
        assert!(rate_limits.begin(&other, AskerKind::Known));
        rate_limits.end(&one, AskerKind::Known);
        assert!(rate_limits.begin(&one, AskerKind::Known));
        assert!(!rate_limits.begin(&one, AskerKind::Known));
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
        assert_eq!(now, 11);
        let tally = Tally { reason: RefusalReason::RequestReplayed, count: 189 };
        assert_eq!(rate_limits.take_all(), [tally]);
    }
}
