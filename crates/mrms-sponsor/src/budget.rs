//! Budget: how many transactions, and how many micro-STX, the sponsor pays in a day (UTC), for each account and for all
//! accounts together.
//!
//! Pure: the caller counts what was spent before, and the day is an argument. Anybody can make accounts for free, so
//! the limit that protects the sponsor is the one for all accounts.

use std::collections::HashMap;

use mrms_core::{MicroStx, StandardPrincipal};

/// A day (UTC), counted from 1970-01-01.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(u64);

/// Seconds of a day.
const SECONDS: u64 = 86_400;

impl Day {
    /// The day of a time, in seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn of(seconds: u64) -> Self {
        Self(seconds / SECONDS)
    }

    /// When it ends, in seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn end(self) -> u64 {
        (self.0 + 1) * SECONDS
    }
}

/// A number of transactions and a sum of fees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Number of transactions.
    pub transactions: u64,
    /// Fees in all.
    pub fees: MicroStx,
}

impl Allowance {
    const NONE: Self = Self { transactions: 0, fees: MicroStx::new(0) };

    const fn less(self, spent: Self) -> Self {
        Self {
            transactions: self.transactions.saturating_sub(spent.transactions),
            fees: MicroStx::new(self.fees.number().saturating_sub(spent.fees.number())),
        }
    }

    fn add(&mut self, fee: MicroStx) {
        self.transactions += 1;
        self.fees = MicroStx::new(self.fees.number().saturating_add(fee.number()));
    }

    fn take_back(&mut self, fee: MicroStx) {
        *self = self.less(Self { transactions: 1, fees: fee });
    }

    const fn covers(self, fee: MicroStx) -> bool {
        self.transactions >= 1 && self.fees.number() >= fee.number()
    }
}

/// What may be paid in a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For each account.
    pub each: Allowance,
    /// For all accounts together.
    pub all: Allowance,
}

/// Which allowance does not cover a fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exhausted {
    /// The account's.
    Each,
    /// The one for all accounts.
    All,
}

/// What was spent on a day.
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    day: Day,
    each: HashMap<StandardPrincipal, Allowance>,
    all: Allowance,
}

impl Budget {
    /// A day on which nothing was spent yet.
    #[must_use]
    pub fn new(limits: Limits, day: Day) -> Self {
        Self { limits, day, each: HashMap::new(), all: Allowance::NONE }
    }

    /// The day.
    #[must_use]
    pub const fn day(&self) -> Day {
        self.day
    }

    /// Moves on to `today` if that is later: the whole budget is available again.
    pub fn turn_to(&mut self, today: Day) {
        if today > self.day {
            *self = Self::new(self.limits, today);
        }
    }

    /// What is left for an account by its own allowance, and for all.
    #[must_use]
    pub fn remaining(&self, account: Option<&StandardPrincipal>) -> (Allowance, Allowance) {
        let spent = account.and_then(|account| self.each.get(account)).copied();
        (self.limits.each.less(spent.unwrap_or(Allowance::NONE)), self.limits.all.less(self.all))
    }

    /// Whether a fee for this account is covered.
    ///
    /// # Errors
    ///
    /// Which allowance does not cover it.
    pub fn allows(&self, account: &StandardPrincipal, fee: MicroStx) -> Result<(), Exhausted> {
        let (each, all) = self.remaining(Some(account));
        match (each.covers(fee), all.covers(fee)) {
            (false, _) => Err(Exhausted::Each),
            (_, false) => Err(Exhausted::All),
            _ => Ok(()),
        }
    }

    /// Counts a fee that is paid. A fee of another day is not counted.
    pub fn spend(&mut self, day: Day, account: StandardPrincipal, fee: MicroStx) {
        if day == self.day {
            self.each.entry(account).or_insert(Allowance::NONE).add(fee);
            self.all.add(fee);
        }
    }

    /// Takes back a fee that was not paid in the end.
    pub fn refund(&mut self, day: Day, account: &StandardPrincipal, fee: MicroStx) {
        if day == self.day {
            if let Some(each) = self.each.get_mut(account) {
                each.take_back(fee);
            }
            self.all.take_back(fee);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEE: MicroStx = MicroStx::new(300);

    fn account(byte: u8) -> StandardPrincipal {
        StandardPrincipal::new(StandardPrincipal::TESTNET_SINGLE_SIG, [byte; 20]).unwrap()
    }

    fn budget(each: (u64, u64), all: (u64, u64)) -> Budget {
        let allowance =
            |(transactions, fees)| Allowance { transactions, fees: MicroStx::new(fees) };
        Budget::new(Limits { each: allowance(each), all: allowance(all) }, Day::of(0))
    }

    #[test]
    fn number_of_transactions_is_bounded_for_each_account() {
        let mut budget = budget((2, 10_000), (10, 10_000));
        for _ in 0..2 {
            budget.allows(&account(1), FEE).unwrap();
            budget.spend(Day::of(0), account(1), FEE);
        }
        assert_eq!(budget.allows(&account(1), FEE), Err(Exhausted::Each));
        assert_eq!(budget.allows(&account(2), FEE), Ok(()));
    }

    #[test]
    fn fees_are_bounded_for_each_account_to_the_last_one() {
        let mut budget = budget((100, 600), (100, 10_000));
        budget.spend(Day::of(0), account(1), FEE);
        assert_eq!(budget.allows(&account(1), FEE), Ok(()));
        assert_eq!(budget.allows(&account(1), MicroStx::new(301)), Err(Exhausted::Each));
    }

    #[test]
    fn all_accounts_together_are_bounded() {
        let mut budget = budget((2, 600), (3, 10_000));
        for number in 1..=3 {
            budget.spend(Day::of(0), account(number), FEE);
        }
        assert_eq!(budget.allows(&account(4), FEE), Err(Exhausted::All));
        let (each, all) = budget.remaining(Some(&account(4)));
        assert_eq!((each.transactions, all.transactions), (2, 0));
    }

    #[test]
    fn what_was_not_paid_in_the_end_is_available_again() {
        let mut budget = budget((1, 300), (1, 300));
        budget.spend(Day::of(0), account(1), FEE);
        budget.refund(Day::of(0), &account(1), FEE);
        assert_eq!(budget.allows(&account(1), FEE), Ok(()));
        budget.refund(Day::of(0), &account(1), FEE);
        assert_eq!(budget.remaining(None).1.transactions, 1, "never more than the limit");
    }

    #[test]
    fn everything_renews_at_midnight_and_not_when_the_clock_goes_back() {
        let mut budget = budget((1, 300), (1, 300));
        budget.spend(Day::of(0), account(1), FEE);
        budget.turn_to(Day::of(86_399));
        assert_eq!(budget.allows(&account(1), FEE), Err(Exhausted::Each));
        budget.turn_to(Day::of(86_400));
        assert_eq!(budget.allows(&account(1), FEE), Ok(()));
        budget.spend(Day::of(86_400), account(1), FEE);
        budget.turn_to(Day::of(0));
        assert_eq!(budget.allows(&account(1), FEE), Err(Exhausted::Each));
        assert_eq!(budget.day().end(), 2 * 86_400);
    }
}
