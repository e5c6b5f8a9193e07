//! Which nonces come next: by the ledger, and, for what ends access, by what else is known where the ledger does not tell.
//!
//! A transaction whose nonce is too high waits until somebody fills the nonces below it, and everything that is signed behind it
//! waits as well. A node that told a nonce too high once could so keep a patient from ending anything, for good. So whatever is
//! signed takes the lowest nonces that nobody has: those that are missing come first.
//!
//! A node that tells everything but an account could do the same. So an end takes the nonce behind the last that this profile
//! signed, or a higher one that others tell: never one of something of the person's own that waits. A nonce below what this
//! profile saw in blocks tells nothing, either. Whether it is the right one shows when a block has it. Nothing but an end is
//! signed so. On a Stacks network a node could also have claimed a block that there is not: see [`Session::used_below`].

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use mrms_core::{ChainId, Nonce, StandardPrincipal};

use super::first::nonce;
use crate::ledger::{Account, LedgerError};
use crate::profile::ProfileError;
use crate::profile::acts::Act;
use crate::sending::outcome::SendError;
use crate::session::{Actor, Session};

/// So many missing nonces are filled at most. A network lets no more than 25 transactions of an account wait.
const MOST_MISSING: usize = 64;

/// The nonces that an account's next transactions can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Nonces {
    /// Those that nobody has, below what waits.
    missing: BTreeSet<u64>,
    /// The first behind everything.
    next: u64,
}

impl Nonces {
    /// By what the ledger tells, beside one's own transactions that wait. What is below `floor` stands in blocks.
    fn of(told: &Account, own: &BTreeSet<u64>, floor: u64) -> Self {
        let behind_own = own.last().map_or(0, |last| last.saturating_add(1));
        let told_missing = told.missing.iter().map(|nonce| nonce.number());
        // Between what the ledger counts and one's own, nobody has any.
        let between = told.nonce.number()..behind_own;
        let mut missing: BTreeSet<u64> = told_missing.chain(between.take(MOST_MISSING)).collect();
        missing.retain(|nonce| *nonce >= floor && !own.contains(nonce));
        Self { missing, next: told.nonce.number().max(behind_own) }
    }

    /// The first behind everything.
    pub(super) const fn next(&self) -> u64 {
        self.next
    }

    /// So many for what is signed now: the lowest that nobody has.
    pub(super) fn take(&self, count: usize) -> Vec<Nonce> {
        let behind = (0..).map(|more| self.next.saturating_add(more));
        self.missing.iter().copied().chain(behind).take(count).map(Nonce::new).collect()
    }

    /// Whether something waits for nonces that nobody has.
    pub(super) fn are_missing(&self) -> bool {
        !self.missing.is_empty()
    }

    /// Those that this one waits for.
    pub(super) fn missing_below(&self, nonce: u64) -> impl Iterator<Item = Nonce> {
        self.missing.range(..nonce).copied().map(Nonce::new)
    }
}

/// What the ledger told of the account to an end. It is asked once, however many want to know: a node that does not answer is
/// waited for each time.
#[derive(Default)]
pub(super) struct ToldOnce {
    told: RefCell<Option<Told>>,
}

impl ToldOnce {
    /// Why nothing was told.
    fn error(&self) -> LedgerError {
        let error = self.told.take().and_then(|told| told.account.err());
        error.unwrap_or_else(|| LedgerError::Answer { reason: "it told no account".to_owned() })
    }
}

struct Told {
    account: Result<Account, LedgerError>,
    /// The nonces of one's own that waited then: once one of them does not any more, the answer is too old.
    waited: BTreeSet<u64>,
}

impl Session<'_> {
    /// The account's next nonces, beside those of operations that the ledger does not have yet.
    pub(super) fn next_nonces(&self, actor: &Actor) -> Result<Nonces, SendError> {
        // The outbox first: the ledger counts what leaves the outbox meanwhile.
        let own = self.waiting_nonces(actor)?;
        let told = self.ledger.account(&actor.principal)?;
        Ok(Nonces::of(&told, &own, self.used_below(&told)))
    }

    /// The same for what ends access. Where the ledger does not tell the account, it goes by what else is known, and the person
    /// is told.
    pub(super) fn next_nonces_of_end(
        &self,
        actor: &Actor,
        once: &ToldOnce,
    ) -> Result<Nonces, SendError> {
        if let Some((_, nonces)) = self.told_for_end(actor, once)? {
            return Ok(nonces);
        }
        let noted = self.noted_nonce(actor)?;
        let others = self.ledger.nonce_of_others(&actor.principal);
        let next = noted.max(others).ok_or_else(|| once.error())?;
        self.ledger.nonce_is_unsure(next);
        Ok(Nonces { missing: BTreeSet::new(), next: next.number() })
    }

    /// The nonces that nobody has and that something in the outbox waits for.
    ///
    /// # Errors
    ///
    /// [`SendError`].
    pub fn missing_nonces(&self) -> Result<Vec<Nonce>, SendError> {
        let mut own: BTreeMap<StandardPrincipal, BTreeSet<u64>> = BTreeMap::new();
        let unfinished = self.unfinished()?;
        for one in unfinished.iter().flat_map(|one| one.transactions.iter().flatten()) {
            own.entry(one.origin()).or_default().insert(nonce(one));
        }
        let mut missing = Vec::new();
        for (account, own) in own {
            let told = self.ledger.account(&account)?;
            let nonces = Nonces::of(&told, &own, self.used_below(&told));
            let last = own.last().copied().unwrap_or(0);
            missing.extend(nonces.missing_below(last));
        }
        Ok(missing)
    }

    /// What the ledger tells of the account to whom ends access; `None` where it tells nothing that can be so.
    pub(super) fn told_for_end(
        &self,
        actor: &Actor,
        once: &ToldOnce,
    ) -> Result<Option<(Account, Nonces)>, SendError> {
        let own = self.waiting_nonces(actor)?;
        let before = once.told.take().filter(|told| told.waited.is_subset(&own));
        let (account, waited) = match before {
            Some(told) => (told.account, told.waited),
            None => (self.ledger.account_at_a_glance(&actor.principal), own.clone()),
        };
        let account = account.and_then(|account| {
            let (told, used) = (account.nonce.number(), self.used_below(&account));
            if told < used {
                let reason =
                    format!("it tells the nonce {told} of an account that has {used} in blocks");
                return Err(LedgerError::Answer { reason });
            }
            Ok((account, used))
        });
        let told = account.as_ref().ok().map(|(account, used)| {
            let nonces = Nonces::of(account, &own, *used);
            (account.clone(), nonces)
        });
        let account = account.map(|(account, _)| account);
        once.told.replace(Some(Told { account, waited }));
        Ok(told)
    }

    /// The nonces of an account below this one stand in blocks: by what the ledger tells of it, and by what this profile saw there.
    ///
    /// Of a Stacks network, that was seen by one node's word, which may have been a lie. So where a node tells less, what was seen
    /// counts only if that node shows a transaction which has such a nonce: otherwise one lie would keep back, for good, whatever
    /// is signed later.
    pub(super) fn used_below(&self, told: &Account) -> u64 {
        let (seen, told) = (self.seen_in_blocks(), told.nonce.number());
        if seen <= told || self.ledger.network().chain_id == ChainId::EMBEDDED {
            return seen;
        }
        let is_shown = |act: &Act| {
            let is_above = act.nonce.is_some_and(|nonce| nonce.number() >= told);
            is_above && matches!(self.ledger.receipt(&act.txid), Ok(Some(_)))
        };
        if self.acts_here().iter().any(is_shown) { seen } else { told }
    }

    pub(super) fn seen_in_blocks(&self) -> u64 {
        self.nonce_in_blocks().map_or(0, Nonce::number)
    }

    /// The nonce behind the last that this profile has a note of: of what waits, and of what it saw in blocks.
    pub(super) fn noted_nonce(&self, actor: &Actor) -> Result<Option<Nonce>, ProfileError> {
        let waiting = self.waiting_nonces(actor)?.last().map(|last| Nonce::new(*last).plus(1));
        Ok(waiting.max(self.nonce_in_blocks()))
    }

    /// The nonce behind the last that this profile saw in a block.
    fn nonce_in_blocks(&self) -> Option<Nonce> {
        self.acts_here().into_iter().filter_map(|act| Some(act.nonce?.plus(1))).max()
    }

    /// What this profile saw in blocks of this ledger, of the chain that it is. What can't be read of that keeps nothing from
    /// being sent.
    pub(super) fn acts_here(&self) -> Vec<Act> {
        let acts = self.ledger.genesis().map(|genesis| self.profile.acts_on(&genesis));
        let mut acts = acts.and_then(Result::ok).unwrap_or_default();
        let chain = self.ledger.network().chain_id;
        acts.retain(|act| act.chain.is_none_or(|of| of == chain));
        acts
    }

    /// The nonces of one's own that wait in the outbox.
    fn waiting_nonces(&self, actor: &Actor) -> Result<BTreeSet<u64>, ProfileError> {
        let unfinished = self.unfinished()?;
        let all = unfinished.iter().flat_map(|one| one.transactions.iter().flatten());
        Ok(all.filter(|one| one.origin() == actor.principal).map(nonce).collect())
    }
}

#[cfg(test)]
mod tests {
    use mrms_core::MicroStx;

    use super::*;

    fn nonces(told: u64, missing: &[u64], own: &[u64], floor: u64) -> Vec<u64> {
        let missing = missing.iter().copied().map(Nonce::new).collect();
        let told = Account { nonce: Nonce::new(told), missing, balance: MicroStx::new(0) };
        let found = Nonces::of(&told, &own.iter().copied().collect(), floor);
        found.take(4).into_iter().map(Nonce::number).collect()
    }

    #[test]
    fn lowest_nonces_that_nobody_has_come_first() {
        assert_eq!(nonces(8, &[], &[], 0), [8, 9, 10, 11], "nothing waits");
        assert_eq!(nonces(8, &[], &[8, 9], 8), [10, 11, 12, 13], "one's own wait");
        assert_eq!(nonces(12, &[9, 10, 8], &[11], 8), [8, 9, 10, 12], "the ledger misses some");
        assert_eq!(nonces(8, &[], &[11], 8), [8, 9, 10, 12], "it does not have what is too high");
        assert_eq!(nonces(8, &[], &[9, 11], 8), [8, 10, 12, 13]);
        assert_eq!(nonces(8, &[], &[11], 11), [12, 13, 14, 15], "it is behind");
        assert_eq!(nonces(20, &[17], &[17], 8), [20, 21, 22, 23], "what waits here is not missing");
    }

    #[test]
    fn nonce_that_is_far_too_high_is_not_filled_up_to() {
        let told = Account { nonce: Nonce::new(3), missing: Vec::new(), balance: MicroStx::new(0) };
        let found = Nonces::of(&told, &BTreeSet::from([u64::MAX - 1]), 0);
        assert_eq!(found.missing.len(), MOST_MISSING);
        assert_eq!(found.take(1), [Nonce::new(3)]);
        assert_eq!(found.missing_below(5).count(), 2);
    }
}
