//! [`Sponsor`]: takes one request at a time from the rules to the ledger.
//!
//! A transaction is written to the books before the ledger gets it, and the ledger has it before the client gets an
//! answer. The sponsor agrees once for each nonce of an origin: the same request gets the same bytes, and another
//! request with that nonce is refused. The sponsor's own nonces are given out without gaps. When a gap opens, the
//! sponsor fills it with a transfer, because every later transaction would wait for it. Knows no HTTP.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use mrms_core::{MicroStx, Nonce, StandardPrincipal, TxId};
use mrms_http::ClockWatch;
use mrms_stacks::client::{ClientError, Rejection, TransactionState, Voucher, VoucherState};
use mrms_stacks::keys::SigningKey;

use crate::books::BooksError;
use crate::budget::{Allowance, Exhausted, Limits, Purse, Urgency};
use crate::chain::Chain;
use crate::counts::Counts;
use crate::eligible::{Claim, Eligible};
use crate::in_flight::{InFlight, State, day};
use crate::journal::{Decision, Line};
use crate::refusal::Refusal;
use crate::refusal_log::RefusalLog;
use crate::rules::{Request, Rules};

mod settling;

/// Most transactions in flight at once. Nodes keep at most 25 of one account in their mempool.
const MOST_IN_FLIGHT: usize = 20;
/// The same with the places that only urgent calls get.
const MOST_URGENT_IN_FLIGHT: usize = 24;
/// How long the ledger may have been silent before the sponsor counts as unwell. The periodic work asks every ten
/// seconds.
const SILENCE: Duration = Duration::from_secs(45);
/// With less room than this on its disk the sponsor counts as unwell.
const LEAST_ROOM: u64 = 16 * 1024 * 1024;

/// Which transactions the sponsor pays for, and how much it pays.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Which transactions are paid for.
    pub rules: Rules,
    /// Whose transactions are paid for.
    pub eligible: Arc<Eligible>,
    /// What may be paid in a day.
    pub limits: Limits,
    /// Most that is paid for one transaction.
    pub fee_ceiling: MicroStx,
}

/// A transaction that the sponsor pays for and the ledger has.
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
    /// For the account that was named, by its own allowance.
    pub each: Allowance,
    /// For all accounts together.
    pub all: Allowance,
    /// For the urgent calls of the account that was named.
    pub urgent_each: Allowance,
    /// For the urgent calls of all accounts together.
    pub urgent_all: Allowance,
    /// When it renews.
    pub renews_at: Timestamp,
}

/// Decides and signs, one request at a time.
pub struct Sponsor<C> {
    terms: Terms,
    pub(crate) counts: Counts,
    key: SigningKey,
    chain: C,
    folder: PathBuf,
    clock: ClockWatch,
    /// When the ledger last answered the periodic work.
    answered: Mutex<Option<Instant>>,
    /// When what waits was last sent again.
    sent_again: Mutex<Timestamp>,
    state: Mutex<State>,
    refusals: Mutex<RefusalLog>,
}

/// Why the ledger does not have a transaction.
enum NotHandedOver {
    Refused(Rejection),
    Unreachable(String),
}

impl<C: Chain> Sponsor<C> {
    /// Opens the books in `folder`.
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
        let refusals = Mutex::new(RefusalLog::new(folder.to_owned(), now));
        let counts = Counts::default();
        let (folder, clock) = (folder.to_owned(), ClockWatch::begin());
        let (answered, sent_again) = (Mutex::default(), Mutex::new(now));
        Ok(Self { terms, counts, key, chain, folder, clock, answered, sent_again, state, refusals })
    }

    /// What it pays for, and how much.
    #[must_use]
    pub const fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Pays for the transaction in `bytes`, if the rules and the budget allow it and its account is eligible, and
    /// broadcasts it. The account may show a voucher.
    ///
    /// # Errors
    ///
    /// [`Refusal`].
    pub fn pay_for(
        &self,
        bytes: &[u8],
        voucher: Option<&Voucher>,
        now: Timestamp,
    ) -> Result<Sponsored, Refusal> {
        // Signatures are checked before the lock is taken.
        let examined = self.terms.rules.examine(bytes);
        let request = examined.inspect_err(|refusal| self.counts.count(refusal.code()))?;
        // Of those who are not eligible nothing is written, since there can be any number of them.
        let eligible = self.must_be_eligible(&request, voucher, now);
        eligible.inspect_err(|refusal| self.counts.count(refusal.code()))?;
        let outcome = self.serve(&mut self.state(), &request, now);
        match &outcome {
            Ok(sponsored) => {
                self.counts.count("sponsored");
                tracing::info!(target: "mrms::sponsor", origin = %request.origin, function = request.function, txid = %sponsored.txid, fee = sponsored.fee.number(), "sponsored");
            }
            Err(refusal) => self.note_refusal(&request, refusal, now),
        }
        outcome
    }

    fn must_be_eligible(
        &self,
        request: &Request,
        voucher: Option<&Voucher>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let account = request.origin;
        match self.terms.eligible.claim(&account, voucher) {
            Claim::Listed => Ok(()),
            Claim::Shows(id) => match self.state().owns(account, id, now).map_err(books)? {
                true => Ok(()),
                false => Err(Refusal::VoucherTaken { account }),
            },
            Claim::Nothing => Err(Refusal::NotEligible { account }),
        }
    }

    /// Whether a voucher would be taken from this account, or from one that is not made yet. Nobody has shown it by that.
    pub fn state_of(&self, voucher: &Voucher, account: Option<&StandardPrincipal>) -> VoucherState {
        let owner = |id| self.state().owner_of(id);
        self.terms.eligible.state_of(voucher, account, owner)
    }

    /// What is left of today's budget, for one account and for all together.
    pub fn remaining(&self, account: Option<&StandardPrincipal>, now: Timestamp) -> Remaining {
        let mut state = self.state();
        state.budget.turn_to(day(now));
        let (each, all) = state.budget.remaining(account);
        let (urgent_each, urgent_all) = state.budget.remaining_urgent(account);
        Remaining { each, all, urgent_each, urgent_all, renews_at: renewal(&state) }
    }

    /// How many transactions wait for a block.
    pub fn in_flight(&self) -> usize {
        self.state().in_flight.len()
    }

    /// Whether the sponsor can work: its ledger answered lately, its disk has room, its account has something to pay
    /// with, and its clock was not set. Asks nobody.
    ///
    /// # Errors
    ///
    /// The first [`Refusal`] that requests get, or will get soon.
    pub fn health(&self) -> Result<(), Refusal> {
        let answered = *self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        if answered.is_none_or(|then| then.elapsed() > SILENCE) {
            let reason = "it has not answered lately".to_owned();
            return Err(Refusal::Ledger { reason });
        }
        let room = mrms_files::free_bytes(&self.folder);
        match room {
            Ok(room) if room.is_none_or(|bytes| bytes >= LEAST_ROOM) => {}
            Ok(_) => return Err(Refusal::Books { reason: "the disk is full".to_owned() }),
            Err(error) => return Err(Refusal::Books { reason: error.to_string() }),
        }
        if self.counts.balance() == 0 {
            return Err(Refusal::OutOfFunds);
        }
        match self.clock.was_set_by() {
            None => Ok(()),
            Some(by) => Err(Refusal::Clock { seconds: by.as_secs() }),
        }
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
        if let Some(agreed) = state.agreed(&origin, nonce).map_err(books)? {
            return if agreed.request == request.id {
                self.sign(request, agreed.nonce, agreed.fee).map(|(sponsored, _)| sponsored)
            } else {
                Err(Refusal::NonceTaken { origin, nonce: nonce.number() })
            };
        }
        self.must_be_next(state, request)?;
        // Tried a second time if somebody else used the sponsor's nonce meanwhile.
        match self.agree(state, request, now)? {
            Ok(sponsored) => Ok(sponsored),
            Err(rejection) if is_about_sponsors_nonce(&rejection) => {
                self.agree(state, request, now)?.map_err(|rejection| refusal_of(&rejection))
            }
            Err(rejection) => Err(refusal_of(&rejection)),
        }
    }

    /// Refuses a nonce that is used, and one that is ahead: the sponsor's nonce would have to wait for it.
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

    /// Agrees to pay and broadcasts. The inner error is the ledger's reason for refusing the transaction.
    fn agree(
        &self,
        state: &mut State,
        request: &Request,
        now: Timestamp,
    ) -> Result<Result<Sponsored, Rejection>, Refusal> {
        let nonces = self.chain.nonces(&self.terms.rules.sponsor).map_err(unreachable)?;
        self.settle(state, nonces.in_blocks, now)?;
        let urgency = Urgency::of(request.does());
        let most = match urgency {
            Urgency::Urgent | Urgency::Emergency => MOST_URGENT_IN_FLIGHT,
            Urgency::Ordinary | Urgency::Opening => MOST_IN_FLIGHT,
        };
        if state.in_flight.len() >= most {
            return Err(Refusal::Busy);
        }
        let fee = self.chain.fee(&request.transaction).map_err(unreachable)?;
        let ceiling = self.terms.fee_ceiling;
        if fee > ceiling {
            return Err(Refusal::FeeAboveCeiling { fee, ceiling });
        }
        let covered = state.budget.covers(&request.origin, urgency, fee);
        let purse: Purse = covered.map_err(|exhausted| Refusal::BudgetExhausted {
            whose: match exhausted {
                Exhausted::Each => "for this account",
                Exhausted::All => "for all accounts",
            },
            renews_at: renewal(state),
        })?;
        let nonce = state.free_nonce(&nonces);
        let (sponsored, entry) = self.sign(request, nonce, fee)?;
        let line = Line {
            function: Some(request.function.clone()),
            request: Some(request.id),
            purse,
            ..Line::of(&entry, nonce, Decision::Sponsored, now)
        };
        state.begin(nonce, entry, &line).map_err(books)?;
        match self.hand_over(state, nonce) {
            Ok(()) => Ok(Ok(sponsored)),
            Err(NotHandedOver::Unreachable(reason)) => Err(Refusal::Ledger { reason }),
            Err(NotHandedOver::Refused(rejection)) => {
                state.withdraw(nonce, &rejection.reason, now).map_err(books)?;
                Ok(Err(rejection))
            }
        }
    }

    /// Signs as the sponsor. The same request, nonce and fee give the same bytes (RFC 6979).
    fn sign(
        &self,
        request: &Request,
        nonce: Nonce,
        fee: MicroStx,
    ) -> Result<(Sponsored, InFlight), Refusal> {
        let transaction = request.transaction.clone().sponsor(&self.key, nonce, fee);
        let transaction =
            transaction.map_err(|error| Refusal::Rejected { reason: error.to_string() })?;
        let entry = InFlight::of(&transaction, transaction.encode());
        Ok((Sponsored { txid: entry.txid, bytes: entry.bytes.clone(), fee }, entry))
    }

    /// Broadcasts whatever the ledger is not known to have, in the order of the nonces.
    fn hand_over_all(&self, state: &mut State, now: Timestamp) -> Result<(), Refusal> {
        let to_send = |entry: &InFlight| !entry.is_handed_over && entry.doubted.is_none();
        let waiting = state.in_flight.iter().filter(|(_, entry)| to_send(entry));
        let waiting: Vec<_> = waiting.map(|(nonce, _)| *nonce).collect();
        for nonce in waiting {
            match self.hand_over(state, nonce) {
                Ok(()) => {}
                Err(NotHandedOver::Unreachable(reason)) => return Err(Refusal::Ledger { reason }),
                Err(NotHandedOver::Refused(rejection)) => {
                    tracing::warn!(target: "mrms::sponsor", nonce = nonce.number(), %rejection, "the ledger refused what was agreed to");
                    state.withdraw(nonce, &rejection.reason, now).map_err(books)?;
                }
            }
        }
        Ok(())
    }

    fn hand_over(&self, state: &mut State, nonce: Nonce) -> Result<(), NotHandedOver> {
        let Some(entry) = state.in_flight.get(&nonce) else { return Ok(()) };
        let fault = |error: ClientError| NotHandedOver::Unreachable(error.to_string());
        match self.chain.broadcast(&entry.bytes) {
            Ok(_) => {}
            Err(ClientError::Rejected { rejection }) => {
                // It may have these bytes from an earlier attempt whose answer was lost.
                match self.chain.state(&entry.txid).map_err(fault)? {
                    Some(TransactionState::Included(_) | TransactionState::Pending) => {}
                    _ => return Err(NotHandedOver::Refused(rejection)),
                }
            }
            Err(error) => return Err(fault(error)),
        }
        set_handed_over(state, nonce, true);
        Ok(())
    }

    /// Writes a refusal to the list of refusals. Only requests with a valid signature come here.
    fn note_refusal(&self, request: &Request, refusal: &Refusal, now: Timestamp) {
        self.counts.count(refusal.code());
        tracing::info!(target: "mrms::sponsor", origin = %request.origin, function = request.function, code = refusal.code(), cause = refusal.cause(), "refused");
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
            purse: Purse::Ordinary,
            reason: Some(refusal.code().to_owned()),
        };
        self.write_refusals(|refusals| refusals.note(&line, refusal.code()));
    }

    fn write_refusals(&self, write: impl FnOnce(&mut RefusalLog) -> std::io::Result<()>) {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = write(&mut refusals) {
            tracing::error!(target: "mrms::sponsor", %error, "refusals are not in their list");
        }
    }
}

impl<C> Drop for Sponsor<C> {
    fn drop(&mut self) {
        let refusals = self.refusals.get_mut().unwrap_or_else(PoisonError::into_inner);
        // Nothing depends on it.
        let _ = refusals.write_numbers(Timestamp::now());
    }
}

impl<C> std::fmt::Debug for Sponsor<C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sponsor").field("terms", &self.terms).finish_non_exhaustive()
    }
}

fn set_handed_over(state: &mut State, nonce: Nonce, is_handed_over: bool) {
    if let Some(entry) = state.in_flight.get_mut(&nonce) {
        entry.is_handed_over = is_handed_over;
    }
}

fn renewal(state: &State) -> Timestamp {
    let end = i64::try_from(state.budget.day().end()).unwrap_or(i64::MAX);
    Timestamp::from_second(end).unwrap_or(Timestamp::MAX)
}

/// Whether a rejection means that somebody else used the sponsor's nonce.
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
