//! What becomes of transactions that were handed over: they stand in a block, are handed over again, or make room for a
//! transfer that uses up their nonce.

use std::sync::PoisonError;
use std::time::Instant;

use jiff::Timestamp;
use mrms_core::{MicroStx, Nonce, StandardPrincipal};
use mrms_stacks::client::TransactionState;
use mrms_stacks::transaction::{Memo, Terms as SigningTerms, Transaction};

use super::{Sponsor, books, set_handed_over, unreachable};
use crate::chain::Chain;
use crate::in_flight::{InFlight, Purpose, State, day};
use crate::journal::{Decision, Line};
use crate::refusal::Refusal;

/// How long, in seconds, a transaction may be unknown after the sponsor's nonce was used, before another one counts as
/// having used it. Answers of a ledger can come from several servers, one of which is behind.
const DOUBT: i64 = 120;
/// How often, in seconds, what waits is sent again: an API goes on to call pending what its node has lost.
const AGAIN_AFTER: i64 = 60;

impl<C: Chain> Sponsor<C> {
    /// Periodic work: forgets transactions that stand in a block, broadcasts again what the ledger has lost, and fills
    /// nonces that nothing uses.
    ///
    /// # Errors
    ///
    /// [`Refusal::Ledger`], [`Refusal::Books`]; the rest is done the next time.
    pub fn maintain(&self, now: Timestamp) -> Result<(), Refusal> {
        self.write_refusals(|refusals| refusals.turn_to(now));
        let sponsor = self.terms.rules.sponsor;
        let balance = self.chain.balance(&sponsor).map_err(unreachable)?;
        *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.counts.set_balance(balance);
        let mut state = self.state();
        state.budget.turn_to(day(now));
        if state.in_flight.is_empty() {
            return Ok(());
        }
        let nonces = self.chain.nonces(&sponsor).map_err(unreachable)?;
        self.settle(&mut state, nonces.in_blocks, now)?;
        for nonce in state.gaps(&nonces) {
            self.fill(&mut state, nonce, MicroStx::new(0), now)?;
        }
        let is_due = self.may_send_again(now);
        let waiting: Vec<_> =
            state.in_flight.iter().map(|(nonce, entry)| (*nonce, entry.clone())).collect();
        for (nonce, entry) in waiting.into_iter().filter(|(_, entry)| entry.doubted.is_none()) {
            match self.chain.state(&entry.txid).map_err(unreachable)? {
                // A node that has it only says so, and the chain decides what becomes of it.
                Some(TransactionState::Pending) if is_due => {
                    let _ = self.chain.broadcast(&entry.bytes);
                }
                Some(TransactionState::Included(_) | TransactionState::Pending) => {}
                Some(TransactionState::Dropped { .. }) | None => {
                    let used = self.chain.nonces(&entry.origin).map_err(unreachable)?.in_blocks;
                    if entry.purpose == Purpose::Sponsorship && used > entry.origin_nonce {
                        // Its origin used the nonce for something else: this one can't stand in a block any more.
                        self.fill(&mut state, nonce, entry.fee, now)?;
                    } else {
                        set_handed_over(&mut state, nonce, false);
                    }
                }
            }
        }
        self.hand_over_all(&mut state, now)
    }

    /// Whether what waits is to be sent again now.
    fn may_send_again(&self, now: Timestamp) -> bool {
        let mut last = self.sent_again.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = now.as_second().saturating_sub(last.as_second()) >= AGAIN_AFTER;
        if is_due {
            *last = now;
        }
        is_due
    }

    /// Forgets transactions whose nonces are used up: those that stand in a block, and those that another transaction
    /// replaced, which are void.
    pub(super) fn settle(
        &self,
        state: &mut State,
        in_blocks: Nonce,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let passed = state.in_flight.range(..in_blocks);
        let passed: Vec<_> = passed.map(|(nonce, entry)| (*nonce, entry.clone())).collect();
        for (nonce, entry) in passed {
            let stands = match self.chain.state(&entry.txid).map_err(unreachable)? {
                Some(TransactionState::Included(_)) => true,
                // A node may not remember the transaction. Then both nonces tell.
                _ => {
                    let used = self.chain.nonces(&entry.origin).map_err(unreachable)?.in_blocks;
                    used > entry.origin_nonce
                }
            };
            let settled = if stands {
                state.forget(nonce)
            } else if is_doubted_for_long(state, nonce, now) {
                state.withdraw(nonce, "the sponsor's nonce was used otherwise", now)
            } else {
                Ok(())
            };
            settled.map_err(books)?;
        }
        Ok(())
    }

    /// Uses up a nonce with the smallest transfer there is, for a higher fee than `outbid`.
    fn fill(
        &self,
        state: &mut State,
        nonce: Nonce,
        outbid: MicroStx,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let refused =
            |error: &dyn std::fmt::Display| Refusal::Rejected { reason: error.to_string() };
        let Some(nobody) = StandardPrincipal::new(self.terms.rules.sponsor.version(), [0; 20])
        else {
            return Ok(());
        };
        let transfer = Transaction::token_transfer(nobody, MicroStx::new(1), Memo::EMPTY);
        let floor = transfer.minimum_fee().map_err(|error| refused(&error))?;
        let fee = floor.max(MicroStx::new(outbid.number().saturating_add(1)));
        let terms = SigningTerms { network: self.terms.rules.network, nonce, fee };
        let transaction = transfer.sign(&self.key, terms).map_err(|error| refused(&error))?;
        let entry = InFlight::of(&transaction, transaction.encode());
        tracing::warn!(target: "mrms::sponsor",
            nonce = nonce.number(),
            fee = fee.number(),
            "filling a nonce that nothing uses"
        );
        let line = Line::of(&entry, nonce, Decision::Filled, now);
        state.begin(nonce, entry, &line).map_err(books)
    }
}

/// Whether it has long been unknown what used the sponsor's nonce.
fn is_doubted_for_long(state: &mut State, nonce: Nonce, now: Timestamp) -> bool {
    let Some(entry) = state.in_flight.get_mut(&nonce) else { return false };
    let since = *entry.doubted.get_or_insert(now);
    now.as_second().saturating_sub(since.as_second()) >= DOUBT
}
