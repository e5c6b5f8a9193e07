//! Brings signed transactions into blocks: sends them in order, waits, and finds out which were lost.
//!
//! After a network error it is not known whether a transaction arrived. So the ledger is asked first, and
//! then gets the same bytes again. It gets them also when a transaction waits for long: an API goes on to call one pending that
//! its node has lost, and a node that has it only says so. Of two transactions with the same nonce only one can be in a block. But answers can come
//! from several servers, one of which is behind: that the nonce is used and ours is not known says nothing yet. Ours is
//! lost when another transaction is seen in its place, or the nonce was used blocks ago and still nobody knows ours.

use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use mrms_app::ledger::{LedgerError, Receipt, Rivals};
use mrms_core::{MicroStx, Nonce, StandardPrincipal, TxId};
use mrms_stacks::client::{ClientError, Rejection, TransactionState};
use mrms_stacks::transaction::Transaction;

use super::backends::SERVERS;
use super::{RemoteLedger, ledger_error, receipt};
use crate::face::Notice;

/// How long a command waits for what earlier commands sent.
pub(super) const GLANCE: Duration = Duration::from_secs(2);
/// After how long a process that works on waits again for what was sent before.
const GLANCE_ANEW: Duration = Duration::from_secs(20);
/// The first pause between two questions to the ledger, and the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How often it is looked whether to give way meanwhile.
const GIVE_WAY: Duration = Duration::from_millis(200);
/// How long to wait before the person is told about it.
const SPEAK_AFTER: Duration = Duration::from_secs(1);
/// How long a transaction may be unknown to the ledger before it is sent again.
const UNKNOWN_AFTER: Duration = Duration::from_secs(10);
/// How long a transaction may wait before it is sent again.
const LOST_AFTER: Duration = Duration::from_secs(60);
/// How often the nonce must be seen used by another transaction before that is believed.
const SIGHTINGS: u32 = 2;

/// The time that a command spends on what earlier ones sent, for all of it together.
#[derive(Default)]
pub(super) struct Glances {
    began: Mutex<Option<Instant>>,
}

impl Glances {
    /// What is left of it. Where nothing is, the ledger is asked once.
    pub(super) fn left(&self) -> Duration {
        let mut began = self.began.lock().unwrap_or_else(PoisonError::into_inner);
        let first =
            began.filter(|first| first.elapsed() < GLANCE_ANEW).unwrap_or_else(Instant::now);
        *began = Some(first);
        GLANCE.saturating_sub(first.elapsed())
    }
}

/// Whether the transactions were sent before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    Never,
    Perhaps,
}

/// A transaction to be brought into a block.
struct Submission<'a> {
    bytes: &'a [u8],
    txid: TxId,
    origin: StandardPrincipal,
    nonce: Nonce,
    payer: StandardPrincipal,
    fee: MicroStx,
    /// Others with this nonce that were signed before, and may come first.
    rivals: Vec<TxId>,
}

/// The ledger's answer to a transaction.
enum Reply {
    /// It has the transaction, or another one with the nonce. The chain shows which.
    Taken,
    /// The account has too many transactions in the mempool.
    Crowded(Rejection),
    /// It refuses the transaction.
    Refused(Rejection),
}

impl RemoteLedger {
    /// Sends transactions and waits until each is in a block, for `wait` at most, or a rival of it is. Calls
    /// `handed_all_over` when the ledger has all of them.
    pub(super) fn deliver(
        &self,
        transactions: &[Vec<u8>],
        sent: Sent,
        wait: Duration,
        handed_all_over: &dyn Fn(),
        rivals: &Rivals<'_>,
    ) -> Result<Vec<Receipt>, LedgerError> {
        let mut submissions = Vec::with_capacity(transactions.len());
        for bytes in transactions {
            let transaction = Transaction::decode(bytes)
                .map_err(|error| LedgerError::Rejected { reason: error.to_string() })?;
            submissions.push(submission(bytes, &transaction, rivals));
            self.sent.remember(transaction);
        }
        rivals.transactions.iter().for_each(|rival| self.sent.remember(rival.clone()));
        let deadline = Deadline::new(wait, rivals.give_way);
        let mut receipts = Vec::with_capacity(submissions.len());
        let mut handed_over = 0;
        while let Some(next) = submissions.get(handed_over) {
            match self.hand_over(next, sent) {
                Ok(Reply::Taken) => handed_over += 1,
                // There is room again when the first one is in a block.
                Ok(Reply::Crowded(rejection)) => match submissions.get(receipts.len()) {
                    Some(first) if receipts.len() < handed_over => {
                        receipts.push(self.settle(first, &deadline)?);
                        if came_too_late(&submissions, &receipts, rivals.own) {
                            handed_all_over();
                            return Ok(receipts);
                        }
                    }
                    _ => return Err(refused(next, &rejection)),
                },
                Ok(Reply::Refused(rejection)) => {
                    self.settle_all(&submissions[..handed_over], &mut receipts, &deadline, 0)?;
                    return Err(refused(next, &rejection));
                }
                Err(error) => return Err(error),
            }
        }
        handed_all_over();
        self.settle_all(&submissions, &mut receipts, &deadline, rivals.own)?;
        Ok(receipts)
    }

    fn settle_all(
        &self,
        submissions: &[Submission<'_>],
        receipts: &mut Vec<Receipt>,
        deadline: &Deadline<'_>,
        own: usize,
    ) -> Result<(), LedgerError> {
        while let Some(next) = submissions.get(receipts.len()) {
            receipts.push(self.settle(next, deadline)?);
            if came_too_late(submissions, receipts, own) {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Hands a transaction over. Of several servers behind the address, one that is behind does not know what it rests on.
    fn hand_over(&self, submission: &Submission<'_>, sent: Sent) -> Result<Reply, LedgerError> {
        let mut tries = 1;
        loop {
            match self.hand_over_once(submission, sent)? {
                Reply::Refused(_) if tries < SERVERS && self.backends.differ() => tries += 1,
                reply => return Ok(reply),
            }
        }
    }

    fn hand_over_once(
        &self,
        submission: &Submission<'_>,
        sent: Sent,
    ) -> Result<Reply, LedgerError> {
        if sent == Sent::Perhaps {
            match self.state(&submission.txid)? {
                Some(TransactionState::Included(_)) => return Ok(Reply::Taken),
                Some(TransactionState::Pending) => {
                    self.send_again(submission);
                    return Ok(Reply::Taken);
                }
                Some(TransactionState::Dropped { .. }) | None => {}
            }
        }
        // An end goes to every node of the settings: one that keeps it back holds nothing up.
        let is_taken_elsewhere = self.settings.ending
            && self.answering().into_iter().filter(|node| node.url() != self.url()).fold(
                false,
                |taken, node| {
                    let took = node.broadcast(submission.bytes);
                    took.is_ok_and(|txid| txid == submission.txid) || taken
                },
            );
        let rejection = match self.client.broadcast(submission.bytes) {
            Ok(txid) if txid == submission.txid => return Ok(Reply::Taken),
            Ok(txid) => {
                let reason = format!("it took {} for {txid}", submission.txid);
                return Err(LedgerError::Answer { reason });
            }
            Err(_) if is_taken_elsewhere => return Ok(Reply::Taken),
            Err(ClientError::Rejected { rejection }) => rejection,
            Err(error) => return Err(ledger_error(error)),
        };
        match rejection.reason.as_str() {
            "TooMuchChaining" => return Ok(Reply::Crowded(rejection)),
            "BadNonce" if is_sponsors(&rejection) => {
                return match self.state(&submission.txid)? {
                    Some(TransactionState::Included(_) | TransactionState::Pending) => {
                        Ok(Reply::Taken)
                    }
                    _ => Err(LedgerError::SponsorshipVoid { txid: submission.txid }),
                };
            }
            // The node may have had these bytes from an attempt whose answer was lost.
            "BadNonce" if is_used(&rejection) => return Ok(Reply::Taken),
            // What it is to replace may pay as much already: the chain shows which of them comes.
            "ConflictingNonceInMempool"
                if sent == Sent::Perhaps || !submission.rivals.is_empty() =>
            {
                return Ok(Reply::Taken);
            }
            _ => {}
        }
        Ok(match self.state(&submission.txid)? {
            Some(TransactionState::Included(_) | TransactionState::Pending) => Reply::Taken,
            _ => Reply::Refused(rejection),
        })
    }

    /// Sends a transaction that is said to wait. Whether it arrives, and what the node says to it, decides nothing: the chain
    /// does.
    fn send_again(&self, submission: &Submission<'_>) {
        let _ = self.client.broadcast(submission.bytes);
    }

    /// Waits until a transaction stands in a block, or another one stands in its place. A rival's receipt is as good.
    fn settle(
        &self,
        submission: &Submission<'_>,
        deadline: &Deadline<'_>,
    ) -> Result<Receipt, LedgerError> {
        let mut pause = FIRST_PAUSE;
        let mut sightings = 0;
        let mut told_again = Instant::now();
        loop {
            match self.look(submission).and_then(|look| self.or_rival(look, submission)) {
                Ok(Look::Included(receipt)) => return Ok(receipt),
                Ok(Look::Waiting) => {
                    sightings = 0;
                    if told_again.elapsed() >= LOST_AFTER {
                        told_again = Instant::now();
                        self.send_again(submission);
                    }
                }
                Ok(Look::Unsure) => sightings = 0,
                // Where nobody can tell what became of it, it may be what has the nonce.
                Ok(Look::Replaced) if !self.can_follow()? => sightings = 0,
                Ok(Look::Replaced) => {
                    sightings += 1;
                    if sightings >= SIGHTINGS {
                        return Err(LedgerError::Rejected {
                            reason: format!(
                                "another transaction of {} with nonce {} stands in a block",
                                submission.origin,
                                submission.nonce.number()
                            ),
                        });
                    }
                }
                Ok(Look::Unknown { dropped }) => {
                    sightings = 0;
                    if dropped || told_again.elapsed() >= UNKNOWN_AFTER {
                        told_again = Instant::now();
                        match self.hand_over(submission, Sent::Perhaps) {
                            Ok(Reply::Refused(rejection)) => {
                                return Err(refused(submission, &rejection));
                            }
                            Ok(_) | Err(LedgerError::Unreachable { .. }) => {}
                            Err(error) => return Err(error),
                        }
                    }
                }
                // It was sent: a fault now says nothing about it.
                Err(LedgerError::Unreachable { .. }) => {}
                Err(error) => return Err(error),
            }
            if deadline.is_over() {
                return Err(LedgerError::Pending { txid: submission.txid });
            }
            deadline.speak(self, &submission.txid);
            if !deadline.sleep(pause) {
                return Err(LedgerError::Pending { txid: submission.txid });
            }
            pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        }
    }

    /// Where a transaction is in no block: whether one of its rivals is.
    fn or_rival(&self, look: Look, submission: &Submission<'_>) -> Result<Look, LedgerError> {
        if matches!(look, Look::Included(_)) {
            return Ok(look);
        }
        for rival in &submission.rivals {
            if let Some(TransactionState::Included(place)) = self.state(rival)? {
                return Ok(Look::Included(receipt(*rival, *place)));
            }
        }
        Ok(look)
    }

    fn look(&self, submission: &Submission<'_>) -> Result<Look, LedgerError> {
        let dropped = match self.state(&submission.txid)? {
            Some(TransactionState::Included(inclusion)) => {
                return Ok(Look::Included(receipt(submission.txid, *inclusion)));
            }
            Some(TransactionState::Pending) => return Ok(Look::Waiting),
            Some(TransactionState::Dropped { .. }) => true,
            None => false,
        };
        // The nonce first. If our transaction used it, the second question below finds it, unless its server is behind.
        match self.furthest_account(&submission.origin) {
            Ok((_, nonces)) if nonces.in_blocks <= submission.nonce => {
                return Ok(Look::Unknown { dropped });
            }
            Ok(_) => {}
            // It was sent: that the account is not told says nothing about it. The list of its transactions may.
            Err(_) => {
                return Ok(match self.look_at_nonce(submission)? {
                    Look::Unsure => Look::Unknown { dropped },
                    look => look,
                });
            }
        }
        Ok(match self.state(&submission.txid)? {
            Some(TransactionState::Included(inclusion)) => {
                Look::Included(receipt(submission.txid, *inclusion))
            }
            Some(TransactionState::Pending) => Look::Waiting,
            Some(TransactionState::Dropped { .. }) | None => self.look_at_nonce(submission)?,
        })
    }

    /// Finds out which transaction used a nonce.
    fn look_at_nonce(&self, submission: &Submission<'_>) -> Result<Look, LedgerError> {
        let Submission { origin, nonce, txid, .. } = submission;
        let ask = || self.client.included_with_nonce(origin, *nonce).map_err(ledger_error);
        let found = self.until_known(ask, Option::is_some)?;
        if let Some(found) = found {
            if found.txid == *txid {
                // The list knows it already; whoever answers for single transactions may be behind.
                if let Some(inclusion) = found.inclusion {
                    return Ok(Look::Included(receipt(found.txid, inclusion)));
                }
                return Ok(match self.state(txid)? {
                    Some(TransactionState::Included(place)) => {
                        Look::Included(receipt(found.txid, *place))
                    }
                    _ => Look::Unsure,
                });
            }
            // Blocks of an embedded ledger are final.
            if self.is_embedded() {
                return Ok(Look::Replaced);
            }
        } else if self.is_embedded() {
            return Ok(Look::Unsure);
        }
        Ok(if self.was_used_before(origin, *nonce)? { Look::Replaced } else { Look::Unsure })
    }

    /// Whether an account had used a nonce already in a block that is final: no server is that far behind, and no branch
    /// that long.
    fn was_used_before(
        &self,
        account: &StandardPrincipal,
        nonce: Nonce,
    ) -> Result<bool, LedgerError> {
        let tip = self.info()?.block_height;
        let Some(height) = self.newest_final(tip)? else { return Ok(false) };
        let block = self.block_at(height)?;
        let Some(block) = block else { return Ok(false) };
        // A node that no longer has that state, or none yet, does not know.
        match self.client.account_at(Some(&block.id), account) {
            Ok(then) => Ok(then.nonce > nonce),
            Err(ClientError::Answer { .. }) => Ok(false),
            Err(error) => Err(ledger_error(error)),
        }
    }
}

/// What the ledger says of a transaction.
enum Look {
    Included(Receipt),
    Waiting,
    /// Another transaction has used its nonce.
    Replaced,
    /// Its nonce is used, and it is not known by which transaction.
    Unsure,
    /// The ledger does not have it, and its nonce is not used.
    Unknown {
        /// The ledger dropped it from the mempool.
        dropped: bool,
    },
}

fn submission<'a>(
    bytes: &'a [u8],
    transaction: &Transaction,
    rivals: &Rivals<'_>,
) -> Submission<'a> {
    let place = |one: &Transaction| (one.origin(), one.authorization().origin().nonce);
    let is_rival =
        |one: &&Transaction| place(one) == place(transaction) && one.txid() != transaction.txid();
    Submission {
        rivals: rivals.transactions.iter().filter(is_rival).map(Transaction::txid).collect(),
        bytes,
        txid: transaction.txid(),
        origin: transaction.origin(),
        nonce: transaction.authorization().origin().nonce,
        payer: transaction.payer(),
        fee: transaction.fee(),
    }
}

/// Whether the newest receipt is a rival's in the place of one that must not come too late.
fn came_too_late(submissions: &[Submission<'_>], receipts: &[Receipt], own: usize) -> bool {
    let newest = receipts.len().checked_sub(1).filter(|newest| *newest < own);
    newest.is_some_and(|newest| submissions[newest].txid != receipts[newest].txid)
}

/// Whether a `BadNonce` says that the nonce is used, not that it is too far ahead.
fn is_used(rejection: &Rejection) -> bool {
    let number = |field: &str| rejection.data.as_ref()?.get(field)?.as_u64();
    match (number("expected"), number("actual")) {
        (Some(expected), Some(actual)) => actual < expected,
        _ => true,
    }
}

/// Whether a `BadNonce` is about the sponsor's nonce.
fn is_sponsors(rejection: &Rejection) -> bool {
    let is_origin = rejection.data.as_ref().and_then(|data| data.get("is_origin"));
    is_origin.and_then(serde_json::Value::as_bool) == Some(false)
}

fn refused(submission: &Submission<'_>, rejection: &Rejection) -> LedgerError {
    if rejection.reason == "NotEnoughFunds" {
        LedgerError::NotEnoughFunds { account: submission.payer, fee: submission.fee }
    } else {
        LedgerError::Rejected { reason: rejection.to_string() }
    }
}

/// When the waiting ends, and whether the person was told that it goes on.
struct Deadline<'w> {
    began: Instant,
    wait: Duration,
    /// Whether something that goes first asks for the place.
    give_way: &'w dyn Fn() -> bool,
    spoken: std::cell::Cell<bool>,
}

impl<'w> Deadline<'w> {
    fn new(wait: Duration, give_way: &'w dyn Fn() -> bool) -> Self {
        Self { began: Instant::now(), wait, give_way, spoken: std::cell::Cell::new(false) }
    }

    /// Waits until the next question; false when there is to be none.
    fn sleep(&self, pause: Duration) -> bool {
        let until = Instant::now() + pause.min(self.left());
        while let Some(left) =
            until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())
        {
            if (self.give_way)() {
                return false;
            }
            thread::sleep(left.min(GIVE_WAY));
        }
        true
    }

    fn left(&self) -> Duration {
        self.wait.saturating_sub(self.began.elapsed())
    }

    fn is_over(&self) -> bool {
        self.left().is_zero()
    }

    fn speak(&self, ledger: &RemoteLedger, txid: &TxId) {
        if self.began.elapsed() >= SPEAK_AFTER && self.wait > GLANCE && !self.spoken.replace(true) {
            let (network, txid) = (ledger.name.as_str(), *txid);
            ledger.face.notice(&Notice::WaitingForBlock { network, txid });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(ago: u64) -> Glances {
        let began = Instant::now().checked_sub(Duration::from_secs(ago));
        Glances { began: Mutex::new(began) }
    }

    #[test]
    fn all_that_waits_shares_one_glance_and_a_later_look_gets_another() {
        let first = Glances::default().left();
        assert!(first > Duration::from_secs(1) && first <= GLANCE);
        assert!(begun(1).left() <= Duration::from_secs(1));
        assert_eq!(begun(3).left(), Duration::ZERO);
        assert!(begun(60).left() > Duration::from_secs(1));
    }
}
