//! The desk: one request after the other, from the rules to the ledger.
//!
//! A transaction is in the books before it is handed over, and handed over before it is answered. What
//! was agreed to is never agreed to a second time: the same request gets the same bytes, another one
//! with that nonce of its origin is refused. The sponsor's nonces are given out without gaps; where one
//! opens, it is filled, because everything behind it would wait.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use mrms_core::{MicroStx, Nonce, StandardPrincipal, TxId};
use mrms_stacks::client::{ClientError, Rejection, TransactionState};
use mrms_stacks::keys::SigningKey;
use mrms_stacks::transaction::{Memo, Terms as SigningTerms, Transaction};

use super::books::{BooksError, Decision, Line};
use super::budget::{Allowance, Exhausted, Limits};
use super::chain::Chain;
use super::flights::{Flight, Purpose, State, day};
use super::metrics::Metrics;
use super::refusal::Refusal;
use super::rules::{Request, Rules};

/// Most transactions under way at once: nodes let 25 of an account wait.
const MOST_UNDER_WAY: usize = 20;
/// How many refusals go into the journal in a minute; further ones are only counted.
const REFUSALS_A_MINUTE: u32 = 600;

/// What is paid for, and how much.
#[derive(Clone, Debug)]
pub struct Terms {
    /// What is paid for.
    pub rules: Rules,
    /// What a day may cost.
    pub limits: Limits,
    /// Most that is paid for one transaction.
    pub fee_ceiling: MicroStx,
}

/// A transaction that the sponsor pays for, and that the ledger has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sponsored {
    /// Its id.
    pub txid: TxId,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Its fee.
    pub fee: MicroStx,
}

/// What is left of today's budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remaining {
    /// For the account that was named.
    pub each: Allowance,
    /// For all accounts together.
    pub all: Allowance,
    /// When it renews.
    pub renews_at: Timestamp,
}

/// Decides and signs, one request at a time.
pub struct Desk<C> {
    pub(super) terms: Terms,
    pub(super) metrics: Metrics,
    key: SigningKey,
    chain: C,
    state: Mutex<State>,
    refusals: Mutex<(i64, u32)>,
}

/// How handing over ended, where the ledger does not have the transaction.
enum NotHandedOver {
    Refused(Rejection),
    Unreachable(String),
}

impl<C: Chain> Desk<C> {
    /// Opens the desk with the books in `folder`.
    ///
    /// # Errors
    ///
    /// [`BooksError`].
    pub fn open(
        folder: &Path,
        key: SigningKey,
        terms: Terms,
        chain: C,
        now: Timestamp,
    ) -> Result<Self, BooksError> {
        let state = Mutex::new(State::open(folder, terms.limits, now)?);
        let (metrics, refusals) = (Metrics::default(), Mutex::default());
        Ok(Self { terms, metrics, key, chain, state, refusals })
    }

    /// Pays for a transaction and hands it over; its bytes as they come.
    ///
    /// # Errors
    ///
    /// [`Refusal`].
    pub fn sponsor(&self, bytes: &[u8], now: Timestamp) -> Result<Sponsored, Refusal> {
        // Signatures are checked before anybody waits for anybody.
        let examined = self.terms.rules.examine(bytes);
        let request = examined.inspect_err(|refusal| self.metrics.count(refusal.code()))?;
        let outcome = self.serve(&mut self.state(), &request, now);
        match &outcome {
            Ok(sponsored) => {
                self.metrics.count("sponsored");
                tracing::info!(origin = %request.origin, function = request.function, txid = %sponsored.txid, fee = sponsored.fee.number(), "sponsored");
            }
            Err(refusal) => self.note_refusal(&request, refusal, now),
        }
        outcome
    }

    /// What is left of today's budget, for an account and for all.
    pub fn remaining(&self, account: Option<&StandardPrincipal>, now: Timestamp) -> Remaining {
        let mut state = self.state();
        state.budget.turn_to(day(now));
        let (each, all) = state.budget.remaining(account);
        Remaining { each, all, renews_at: renewal(&state) }
    }

    /// How many transactions wait for a block.
    pub fn under_way(&self) -> usize {
        self.state().flights.len()
    }

    /// What must be done from time to time: what landed is forgotten, what the ledger has lost is handed
    /// over again, and nonces that nothing uses are filled.
    ///
    /// # Errors
    ///
    /// [`Refusal::Ledger`], [`Refusal::Books`]; the rest is done the next time.
    pub fn tend(&self, now: Timestamp) -> Result<(), Refusal> {
        let sponsor = self.terms.rules.sponsor;
        self.metrics.set_balance(self.chain.balance(&sponsor).map_err(unreachable)?);
        let mut state = self.state();
        state.budget.turn_to(day(now));
        if state.flights.is_empty() {
            return Ok(());
        }
        let nonces = self.chain.nonces(&sponsor).map_err(unreachable)?;
        self.settle(&mut state, nonces.in_blocks, now)?;
        for nonce in state.gaps(nonces) {
            self.fill(&mut state, nonce, MicroStx::new(0), now)?;
        }
        let waiting: Vec<_> =
            state.flights.iter().map(|(nonce, flight)| (*nonce, flight.clone())).collect();
        for (nonce, flight) in waiting {
            match self.chain.state(&flight.txid).map_err(unreachable)? {
                Some(TransactionState::Included(_) | TransactionState::Pending) => {}
                Some(TransactionState::Dropped { .. }) | None => {
                    let used = self.chain.nonces(&flight.origin).map_err(unreachable)?.in_blocks;
                    if flight.purpose == Purpose::Sponsorship && used > flight.origin_nonce {
                        // Its origin has used the nonce otherwise: it can't stand in a block any more.
                        self.fill(&mut state, nonce, flight.fee, now)?;
                    } else {
                        set_handed_over(&mut state, nonce, false);
                    }
                }
            }
        }
        self.hand_over_all(&mut state, now)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(
        &self,
        state: &mut State,
        request: &Request,
        now: Timestamp,
    ) -> Result<Sponsored, Refusal> {
        state.budget.turn_to(day(now));
        self.hand_over_all(state, now)?;
        let (origin, nonce) = (request.origin, request.nonce);
        if let Some(agreed) = state.agreed(&origin, nonce) {
            return if agreed.request == request.id {
                self.sign(request, agreed.nonce, agreed.fee).map(|(sponsored, _)| sponsored)
            } else {
                Err(Refusal::NonceTaken { origin, nonce: nonce.number() })
            };
        }
        self.must_be_next(state, request)?;
        // A second time, when the sponsor's nonce was used behind its back.
        match self.agree(state, request, now)? {
            Ok(sponsored) => Ok(sponsored),
            Err(rejection) if is_about_sponsors_nonce(&rejection) => {
                self.agree(state, request, now)?.map_err(|rejection| refusal_of(&rejection))
            }
            Err(rejection) => Err(refusal_of(&rejection)),
        }
    }

    /// A nonce that is used can't be paid for, and one ahead of its turn would hold up the sponsor's.
    fn must_be_next(&self, state: &State, request: &Request) -> Result<(), Refusal> {
        let Request { origin, nonce, .. } = request;
        let known = self.chain.nonces(origin).map_err(unreachable)?;
        let expected = state.next_of(origin).unwrap_or(known.next).max(known.next);
        let (origin, nonce, expected) = (*origin, nonce.number(), expected.number());
        match nonce.cmp(&expected) {
            std::cmp::Ordering::Equal => Ok(()),
            std::cmp::Ordering::Less => Err(Refusal::NonceUsed { origin, nonce, expected }),
            std::cmp::Ordering::Greater => Err(Refusal::NonceGap { origin, nonce, expected }),
        }
    }

    /// Agrees to pay and hands over; the ledger's reason where it won't have it.
    fn agree(
        &self,
        state: &mut State,
        request: &Request,
        now: Timestamp,
    ) -> Result<Result<Sponsored, Rejection>, Refusal> {
        let nonces = self.chain.nonces(&self.terms.rules.sponsor).map_err(unreachable)?;
        self.settle(state, nonces.in_blocks, now)?;
        if state.flights.len() >= MOST_UNDER_WAY {
            return Err(Refusal::Busy);
        }
        let fee = self.chain.fee(&request.transaction).map_err(unreachable)?;
        let ceiling = self.terms.fee_ceiling;
        if fee > ceiling {
            return Err(Refusal::FeeAboveCeiling { fee, ceiling });
        }
        state.budget.allows(&request.origin, fee).map_err(|exhausted| {
            Refusal::BudgetExhausted {
                whose: match exhausted {
                    Exhausted::Each => "for this account",
                    Exhausted::All => "for all accounts",
                },
                renews_at: renewal(state).to_string(),
            }
        })?;
        let nonce = state.free_nonce(nonces);
        let (sponsored, flight) = self.sign(request, nonce, fee)?;
        let line = Line {
            function: Some(request.function.clone()),
            request: Some(request.id),
            ..Line::of(&flight, nonce, Decision::Sponsored, now)
        };
        state.begin(nonce, flight, &line).map_err(books)?;
        match self.hand_over(state, nonce) {
            Ok(()) => Ok(Ok(sponsored)),
            Err(NotHandedOver::Unreachable(reason)) => Err(Refusal::Ledger { reason }),
            Err(NotHandedOver::Refused(rejection)) => {
                state.withdraw(nonce, &rejection.reason, now).map_err(books)?;
                Ok(Err(rejection))
            }
        }
    }

    /// The same request, nonce and fee give the same bytes (RFC 6979).
    fn sign(
        &self,
        request: &Request,
        nonce: Nonce,
        fee: MicroStx,
    ) -> Result<(Sponsored, Flight), Refusal> {
        let transaction = request.transaction.clone().sponsor(&self.key, nonce, fee);
        let transaction =
            transaction.map_err(|error| Refusal::Rejected { reason: error.to_string() })?;
        let flight = Flight::of(&transaction, transaction.encode());
        Ok((Sponsored { txid: flight.txid, bytes: flight.bytes.clone(), fee }, flight))
    }

    /// Hands over whatever the ledger is not known to have, in order.
    fn hand_over_all(&self, state: &mut State, now: Timestamp) -> Result<(), Refusal> {
        let waiting = state.flights.iter().filter(|(_, flight)| !flight.is_handed_over);
        let waiting: Vec<_> = waiting.map(|(nonce, _)| *nonce).collect();
        for nonce in waiting {
            match self.hand_over(state, nonce) {
                Ok(()) => {}
                Err(NotHandedOver::Unreachable(reason)) => return Err(Refusal::Ledger { reason }),
                Err(NotHandedOver::Refused(rejection)) => {
                    tracing::warn!(nonce = nonce.number(), %rejection, "the ledger refused what was agreed to");
                    state.withdraw(nonce, &rejection.reason, now).map_err(books)?;
                }
            }
        }
        Ok(())
    }

    fn hand_over(&self, state: &mut State, nonce: Nonce) -> Result<(), NotHandedOver> {
        let Some(flight) = state.flights.get(&nonce) else { return Ok(()) };
        let fault = |error: ClientError| NotHandedOver::Unreachable(error.to_string());
        match self.chain.broadcast(&flight.bytes) {
            Ok(_) => {}
            Err(ClientError::Rejected { rejection }) => {
                // It may have these bytes from an attempt whose answer was lost.
                match self.chain.state(&flight.txid).map_err(fault)? {
                    Some(TransactionState::Included(_) | TransactionState::Pending) => {}
                    _ => return Err(NotHandedOver::Refused(rejection)),
                }
            }
            Err(error) => return Err(fault(error)),
        }
        set_handed_over(state, nonce, true);
        Ok(())
    }

    /// Forgets what stands in blocks. What another transaction has taken the place of is void.
    fn settle(&self, state: &mut State, in_blocks: Nonce, now: Timestamp) -> Result<(), Refusal> {
        let passed = state.flights.range(..in_blocks);
        let passed: Vec<_> = passed.map(|(nonce, flight)| (*nonce, flight.clone())).collect();
        for (nonce, flight) in passed {
            let stands = match self.chain.state(&flight.txid).map_err(unreachable)? {
                Some(TransactionState::Included(_)) => true,
                // A node alone may not know what stands in its blocks; both nonces do.
                _ => {
                    let used = self.chain.nonces(&flight.origin).map_err(unreachable)?.in_blocks;
                    used > flight.origin_nonce
                }
            };
            let settled = match stands {
                true => state.land(nonce),
                false => state.withdraw(nonce, "the sponsor's nonce was used otherwise", now),
            };
            settled.map_err(books)?;
        }
        Ok(())
    }

    /// Uses up a nonce with the least that a transaction can do, for more than `outbid`.
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
        let flight = Flight::of(&transaction, transaction.encode());
        tracing::warn!(
            nonce = nonce.number(),
            fee = fee.number(),
            "filling a nonce that nothing uses"
        );
        let line = Line::of(&flight, nonce, Decision::Filled, now);
        state.begin(nonce, flight, &line).map_err(books)
    }

    /// Refusals go into the journal where their origin is sure; not more than so many a minute, because
    /// they cost whoever sends them nothing.
    fn note_refusal(&self, request: &Request, refusal: &Refusal, now: Timestamp) {
        self.metrics.count(refusal.code());
        tracing::info!(origin = %request.origin, function = request.function, code = refusal.code(), cause = refusal.cause(), "refused");
        let minute = now.as_second() / 60;
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        if refusals.0 != minute {
            *refusals = (minute, 0);
        }
        refusals.1 += 1;
        if refusals.1 > REFUSALS_A_MINUTE {
            return;
        }
        let line = Line {
            time: now,
            decision: Decision::Refused,
            principal: request.origin,
            function: Some(request.function.clone()),
            nonce: request.nonce,
            request: Some(request.id),
            txid: None,
            sponsor_nonce: None,
            fee: None,
            reason: Some(refusal.code().to_owned()),
        };
        if let Err(error) = self.state().note(&line) {
            tracing::error!(%error, "a refusal is not in the journal");
        }
    }
}

impl<C> std::fmt::Debug for Desk<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("terms", &self.terms).finish_non_exhaustive()
    }
}

fn set_handed_over(state: &mut State, nonce: Nonce, is_handed_over: bool) {
    if let Some(flight) = state.flights.get_mut(&nonce) {
        flight.is_handed_over = is_handed_over;
    }
}

fn renewal(state: &State) -> Timestamp {
    let end = i64::try_from(state.budget.day().end()).unwrap_or(i64::MAX);
    Timestamp::from_second(end).unwrap_or(Timestamp::MAX)
}

/// Whether a rejection is about a nonce of the sponsor's, which somebody has used behind its back.
fn is_about_sponsors_nonce(rejection: &Rejection) -> bool {
    let field = |name: &str| rejection.data.as_ref()?.get(name)?.as_bool();
    match rejection.reason.as_str() {
        "BadNonce" => field("is_origin") == Some(false),
        "ConflictingNonceInMempool" => true,
        _ => false,
    }
}

fn refusal_of(rejection: &Rejection) -> Refusal {
    match rejection.reason.as_str() {
        "NotEnoughFunds" => Refusal::OutOfFunds,
        "TooMuchChaining" => Refusal::Busy,
        _ => Refusal::Rejected { reason: rejection.to_string() },
    }
}

fn unreachable(error: ClientError) -> Refusal {
    Refusal::Ledger { reason: error.to_string() }
}

fn books(error: BooksError) -> Refusal {
    let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
    Refusal::Books { reason: format!("{error}{}", cause.unwrap_or_default()) }
}
