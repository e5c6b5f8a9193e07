//! What a run reached: how often each function answered ok, and with which refusals.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use mrms_contract::ContractError;
use mrms_core::Action;

use super::call::FUNCTIONS;

#[derive(Default)]
pub(crate) struct Tally {
    /// By function and code, 0 for ok.
    outcomes: RefCell<BTreeMap<(String, u128), u64>>,
    actions: RefCell<BTreeMap<Action, u64>>,
}

impl Tally {
    pub(crate) fn outcome(&self, function: &str, refusal: Option<ContractError>) {
        let code = refusal.map_or(0, ContractError::code);
        *self.outcomes.borrow_mut().entry((function.to_owned(), code)).or_default() += 1;
    }

    pub(crate) fn action(&self, action: Action) {
        *self.actions.borrow_mut().entry(action).or_default() += 1;
    }

    /// How many calls were made.
    pub(crate) fn calls(&self) -> u64 {
        self.outcomes.borrow().values().sum()
    }

    /// Functions that never succeeded, refusals and actions that never came.
    pub(crate) fn missing(&self) -> Vec<String> {
        let outcomes = self.outcomes.borrow();
        let succeeded: BTreeSet<_> =
            outcomes.keys().filter(|(_, code)| *code == 0).map(|(name, _)| name.as_str()).collect();
        let refused: BTreeSet<_> = outcomes.keys().map(|(_, code)| *code).collect();
        let functions = FUNCTIONS.iter().map(|(name, _)| *name).filter(|f| !succeeded.contains(f));
        let refusals = ContractError::ALL.iter().filter(|error| !refused.contains(&error.code()));
        let done = self.actions.borrow();
        let actions = Action::ALL.iter().filter(|action| !done.contains_key(action));
        functions
            .map(str::to_owned)
            .chain(refusals.map(|error| error.constant().to_owned()))
            .chain(actions.map(|action| action.as_str().to_owned()))
            .collect()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcomes = self.outcomes.borrow();
        for (function, _) in FUNCTIONS {
            write!(f, "{function:26}")?;
            for ((_, code), count) in outcomes.iter().filter(|((name, _), _)| name == function) {
                match code {
                    0 => write!(f, " ok {count}")?,
                    code => write!(f, ", u{code} {count}")?,
                }
            }
            writeln!(f)?;
        }
        for error in ContractError::ALL {
            let of_error = outcomes.iter().filter(|((_, code), _)| *code == error.code());
            writeln!(f, "{:26} {}", error.constant(), of_error.map(|(_, n)| n).sum::<u64>())?;
        }
        for (action, count) in self.actions.borrow().iter() {
            writeln!(f, "{:26} {count}", action.as_str())?;
        }
        Ok(())
    }
}
