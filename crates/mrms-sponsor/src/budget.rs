//! Budget: how many transactions, and how many micro-STX, the sponsor pays in a day (UTC), for each account and for all
//! accounts together.
//!
//! Revokes and emergencies have a budget of their own: they must not fail because an ordinary day was a busy one.
//!
//! Pure: the caller counts what was spent before, and the day is an argument. Anybody can make accounts for free, so
//! the limit that protects the sponsor is the one for all accounts.

use std::collections::HashMap;

use mrms_contract::functions::Does;
use mrms_core::{MicroStx, StandardPrincipal};
use serde::{Deserialize, Serialize};

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

    const fn sum(self, other: Self) -> Self {
        Self {
            transactions: self.transactions.saturating_add(other.transactions),
            fees: MicroStx::new(self.fees.number().saturating_add(other.fees.number())),
        }
    }

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
    /// For the urgent calls of each account, beside `each`.
    pub urgent_each: Allowance,
    /// For the urgent calls of all accounts together, beside `all`.
    pub urgent_all: Allowance,
}

/// What a call is to the budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// One like most.
    Ordinary,
    /// One that opens a record. It is urgent after an emergency of the same account on the same day.
    Opening,
    /// One that takes access away.
    Urgent,
    /// One that declares an emergency.
    Emergency,
}

impl Urgency {
    /// The urgency of a call that does this; `None` where the records contract has no such function.
    #[must_use]
    pub const fn of(does: Option<Does>) -> Self {
        match does {
            Some(Does::Ends) => Self::Urgent,
            Some(Does::Declares) => Self::Emergency,
            Some(Does::Opens) => Self::Opening,
            Some(Does::Other) | None => Self::Ordinary,
        }
    }
}

/// Which budget pays a fee.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purse {
    /// The one for everything.
    #[default]
    Ordinary,
    /// The one for urgent calls.
    Urgent,
    /// The same, for an emergency.
    Emergency,
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
    each: HashMap<StandardPrincipal, Spent>,
    all: Spent,
}

/// What was spent on a day, for one account or for all.
#[derive(Clone, Copy, Debug)]
struct Spent {
    ordinary: Allowance,
    urgent: Allowance,
    /// How often an emergency was declared.
    emergencies: u64,
}

impl Spent {
    const NOTHING: Self =
        Self { ordinary: Allowance::NONE, urgent: Allowance::NONE, emergencies: 0 };

    fn spend(&mut self, purse: Purse, fee: MicroStx) {
        match purse {
            Purse::Ordinary => self.ordinary.add(fee),
            Purse::Urgent | Purse::Emergency => self.urgent.add(fee),
        }
        self.emergencies += u64::from(purse == Purse::Emergency);
    }

    fn take_back(&mut self, purse: Purse, fee: MicroStx) {
        match purse {
            Purse::Ordinary => self.ordinary.take_back(fee),
            Purse::Urgent | Purse::Emergency => self.urgent.take_back(fee),
        }
        let undone = u64::from(purse == Purse::Emergency);
        self.emergencies = self.emergencies.saturating_sub(undone);
    }
}

impl Budget {
    /// A day on which nothing was spent yet.
    #[must_use]
    pub fn new(limits: Limits, day: Day) -> Self {
        Self { limits, day, each: HashMap::new(), all: Spent::NOTHING }
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

    /// What is left for an account by its own allowance, and for all: of the budget for everything.
    #[must_use]
    pub fn remaining(&self, account: Option<&StandardPrincipal>) -> (Allowance, Allowance) {
        let spent = self.spent(account);
        (self.limits.each.less(spent.ordinary), self.limits.all.less(self.all.ordinary))
    }

    /// The same of the budget for urgent calls.
    #[must_use]
    pub fn remaining_urgent(&self, account: Option<&StandardPrincipal>) -> (Allowance, Allowance) {
        let spent = self.spent(account);
        (self.limits.urgent_each.less(spent.urgent), self.limits.urgent_all.less(self.all.urgent))
    }

    fn spent(&self, account: Option<&StandardPrincipal>) -> Spent {
        account.and_then(|account| self.each.get(account)).copied().unwrap_or(Spent::NOTHING)
    }

    /// Which budget covers a fee for this account.
    ///
    /// # Errors
    ///
    /// Which allowance does not cover it.
    pub fn covers(
        &self,
        account: &StandardPrincipal,
        urgency: Urgency,
        fee: MicroStx,
    ) -> Result<Purse, Exhausted> {
        let ordinary = covered(self.remaining(Some(account)), fee);
        let urgent = covered(self.remaining_urgent(Some(account)), fee);
        let had_emergency = self.spent(Some(account)).emergencies > 0;
        match urgency {
            Urgency::Urgent => urgent.map(|()| Purse::Urgent),
            Urgency::Emergency => urgent.map(|()| Purse::Emergency),
            Urgency::Opening if ordinary.is_err() && had_emergency => {
                urgent.map(|()| Purse::Urgent)
            }
            Urgency::Ordinary | Urgency::Opening => ordinary.map(|()| Purse::Ordinary),
        }
        // Whoever has used up the urgent budget still has the other one.
        .or_else(|exhausted| ordinary.map(|()| Purse::Ordinary).map_err(|_| exhausted))
    }

    /// Counts a fee that is paid. A fee of another day is not counted.
    pub fn spend(&mut self, day: Day, account: StandardPrincipal, purse: Purse, fee: MicroStx) {
        if day == self.day {
            self.each.entry(account).or_insert(Spent::NOTHING).spend(purse, fee);
            self.all.spend(purse, fee);
        }
    }

    /// Takes back a fee that was not paid in the end.
    pub fn refund(&mut self, day: Day, account: &StandardPrincipal, purse: Purse, fee: MicroStx) {
        if day == self.day {
            if let Some(each) = self.each.get_mut(account) {
                each.take_back(purse, fee);
            }
            self.all.take_back(purse, fee);
        }
    }
}

impl Limits {
    /// The most that a day can cost.
    #[must_use]
    pub const fn of_a_day(&self) -> Allowance {
        self.all.sum(self.urgent_all)
    }
}

fn covered((each, all): (Allowance, Allowance), fee: MicroStx) -> Result<(), Exhausted> {
    match (each.covers(fee), all.covers(fee)) {
        (false, _) => Err(Exhausted::Each),
        (_, false) => Err(Exhausted::All),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use mrms_contract::functions::does;

    use super::*;

    const FEE: MicroStx = MicroStx::new(300);

    fn account(byte: u8) -> StandardPrincipal {
        StandardPrincipal::new(StandardPrincipal::TESTNET_SINGLE_SIG, [byte; 20]).unwrap()
    }

    impl Budget {
        fn ordinary(&self, who: u8, fee: MicroStx) -> Result<(), Exhausted> {
            self.covers(&account(who), Urgency::Ordinary, fee).map(drop)
        }
    }

    fn budget(each: (u64, u64), all: (u64, u64)) -> Budget {
        let allowance =
            |(transactions, fees)| Allowance { transactions, fees: MicroStx::new(fees) };
        let (each, all) = (allowance(each), allowance(all));
        let limits = Limits { each, all, urgent_each: each, urgent_all: all };
        Budget::new(limits, Day::of(0))
    }

    #[test]
    fn number_of_transactions_is_bounded_for_each_account() {
        let mut budget = budget((2, 10_000), (10, 10_000));
        for _ in 0..2 {
            budget.ordinary(1, FEE).unwrap();
            budget.spend(Day::of(0), account(1), Purse::Ordinary, FEE);
        }
        assert_eq!(budget.ordinary(1, FEE), Err(Exhausted::Each));
        assert_eq!(budget.ordinary(2, FEE), Ok(()));
    }

    #[test]
    fn fees_are_bounded_for_each_account_to_the_last_one() {
        let mut budget = budget((100, 600), (100, 10_000));
        budget.spend(Day::of(0), account(1), Purse::Ordinary, FEE);
        assert_eq!(budget.ordinary(1, FEE), Ok(()));
        assert_eq!(budget.ordinary(1, MicroStx::new(301)), Err(Exhausted::Each));
    }

    #[test]
    fn all_accounts_together_are_bounded() {
        let mut budget = budget((2, 600), (3, 10_000));
        for number in 1..=3 {
            budget.spend(Day::of(0), account(number), Purse::Ordinary, FEE);
        }
        assert_eq!(budget.ordinary(4, FEE), Err(Exhausted::All));
        let (each, all) = budget.remaining(Some(&account(4)));
        assert_eq!((each.transactions, all.transactions), (2, 0));
    }

    #[test]
    fn what_was_not_paid_in_the_end_is_available_again() {
        let mut budget = budget((1, 300), (1, 300));
        budget.spend(Day::of(0), account(1), Purse::Ordinary, FEE);
        budget.refund(Day::of(0), &account(1), Purse::Ordinary, FEE);
        assert_eq!(budget.ordinary(1, FEE), Ok(()));
        budget.refund(Day::of(0), &account(1), Purse::Ordinary, FEE);
        assert_eq!(budget.remaining(None).1.transactions, 1, "never more than the limit");
    }

    #[test]
    fn everything_renews_at_midnight_and_not_when_the_clock_goes_back() {
        let mut budget = budget((1, 300), (1, 300));
        budget.spend(Day::of(0), account(1), Purse::Ordinary, FEE);
        budget.turn_to(Day::of(86_399));
        assert_eq!(budget.ordinary(1, FEE), Err(Exhausted::Each));
        budget.turn_to(Day::of(86_400));
        assert_eq!(budget.ordinary(1, FEE), Ok(()));
        budget.spend(Day::of(86_400), account(1), Purse::Ordinary, FEE);
        budget.turn_to(Day::of(0));
        assert_eq!(budget.ordinary(1, FEE), Err(Exhausted::Each));
        assert_eq!(budget.day().end(), 2 * 86_400);
    }

    #[test]
    fn revokes_and_emergencies_pass_a_used_up_budget_and_have_a_bound_of_their_own() {
        let mut budget = budget((1, 10_000), (1, 10_000));
        let covers = |budget: &Budget, who, function| {
            budget.covers(&account(who), Urgency::of(does(function)), FEE)
        };
        budget.spend(Day::of(0), account(1), Purse::Ordinary, FEE);
        assert_eq!(covers(&budget, 1, "create-medical-record"), Err(Exhausted::Each));
        assert_eq!(covers(&budget, 1, "access-medical-record"), Err(Exhausted::Each));
        assert_eq!(covers(&budget, 1, "revoke-record-access"), Ok(Purse::Urgent));
        assert_eq!(covers(&budget, 2, "emergency-access"), Ok(Purse::Emergency));
        budget.spend(Day::of(0), account(1), Purse::Urgent, FEE);
        assert_eq!(covers(&budget, 1, "revoke-record-access"), Err(Exhausted::Each));
        assert_eq!(covers(&budget, 2, "emergency-access"), Err(Exhausted::All));
        budget.turn_to(Day::of(86_400));
        assert_eq!(covers(&budget, 1, "create-medical-record"), Ok(Purse::Ordinary));
    }

    #[test]
    fn opening_after_an_emergency_passes_as_well() {
        let mut budget = budget((1, 10_000), (9, 10_000));
        budget.limits.urgent_each.transactions = 2;
        let opening = |budget: &Budget| budget.covers(&account(1), Urgency::Opening, FEE);
        budget.spend(Day::of(0), account(1), Purse::Ordinary, FEE);
        assert_eq!(opening(&budget), Err(Exhausted::Each));
        budget.spend(Day::of(0), account(1), Purse::Emergency, FEE);
        assert_eq!(opening(&budget), Ok(Purse::Urgent));
        budget.refund(Day::of(0), &account(1), Purse::Emergency, FEE);
        assert_eq!(opening(&budget), Err(Exhausted::Each), "it was not declared in the end");
    }

    #[test]
    fn urgent_call_over_its_own_bound_may_use_the_ordinary_budget() {
        let mut budget = budget((9, 10_000), (9, 10_000));
        budget.limits.urgent_each.transactions = 0;
        let revoke = Urgency::of(does("revoke-record-access"));
        assert_eq!(budget.covers(&account(1), revoke, FEE), Ok(Purse::Ordinary));
        budget.spend(Day::of(0), account(1), Purse::Ordinary, FEE);
        assert_eq!(budget.remaining(Some(&account(1))).0.transactions, 8);
    }
}
