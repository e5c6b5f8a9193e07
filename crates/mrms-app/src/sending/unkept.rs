//! Ends access where nothing can be kept: a full disk keeps nobody from it, and a repeated command pays for nothing twice.
//!
//! What an earlier command sent, and could not keep either, is found at the ledger: a call of this account with the same
//! arguments, behind everything that this profile has a note of; or before some of that, where the ledger lists, and proves
//! if it gives proofs, each transaction in between: then it keeps nothing from view that gave access again. A ledger that
//! keeps no list of an account's calls tells none; there a repeated end is sent again, and refused.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::iter;

use mrms_contract::functions::OFFERS;
use mrms_contract::read;
use mrms_core::{MicroStx, Nonce, RecordId};
use mrms_stacks::clarity::Value;
use mrms_stacks::transaction::{ContractCall, Payload, Transaction, Unsigned};

use super::first::{call, names_those};
use super::nonces::Nonces;
use crate::ledger::{LedgerError, Receipt, Rivals, SentCall, Status};
use crate::sending::outbox::SigningLock;
use crate::sending::outcome::SendError;
use crate::session::{Actor, Session};

impl Session<'_> {
    /// Signs and sends what can't be kept, as far as nobody did before. If it is interrupted, it is begun anew.
    pub(super) fn send_unkept(
        &self,
        actor: &Actor,
        lock: SigningLock,
        priced: Vec<(Unsigned, MicroStx)>,
        nonces: &Nonces,
    ) -> Result<Vec<Receipt>, SendError> {
        let unsigned: Vec<_> = priced.iter().map(|(unsigned, _)| unsigned.clone()).collect();
        let before = self.sent_before(actor, &unsigned)?;
        let new = priced.into_iter().zip(&before).filter(|(_, before)| before.is_none());
        let signed = self.sign(actor, nonces.take(before.len()), new.map(|(priced, _)| priced))?;
        let mut sent = match signed.as_slice() {
            [] => Vec::new().into_iter(),
            signed => self.submit_unkept(lock, signed)?.into_iter(),
        };
        let no_receipt = || LedgerError::Answer { reason: "it gave no receipt".to_owned() };
        // Whatever is said of these, nothing here has them.
        let receipts = before.into_iter().map(|before| match before {
            None => sent.next().ok_or_else(|| SendError::Unkept(no_receipt())),
            Some(SentCall { receipt: Some(receipt), .. }) => Ok(receipt),
            Some(SentCall { txid, .. }) => Err(SendError::Unkept(LedgerError::Pending { txid })),
        });
        receipts.collect()
    }

    /// Sends signed transactions that can't be kept.
    pub(super) fn submit_unkept(
        &self,
        lock: SigningLock,
        signed: &[Transaction],
    ) -> Result<Vec<Receipt>, SendError> {
        let complete = |transaction: &Transaction| match transaction.awaits_sponsor() {
            true => self.ledger.sponsor(&transaction.encode()),
            false => Ok(transaction.encode()),
        };
        let bytes = signed.iter().map(complete).collect::<Result<Vec<_>, _>>().map_err(unkept)?;
        let lock = Cell::new(Some(lock));
        self.ledger.submit_over(&bytes, &Rivals::NONE, &|| drop(lock.take())).map_err(unkept)
    }

    /// Whether a block has this end, sent since this profile could note something.
    pub(crate) fn was_ended_unkept(
        &self,
        actor: &Actor,
        end: &Unsigned,
    ) -> Result<bool, SendError> {
        let before = self.sent_before(actor, std::slice::from_ref(end))?;
        Ok(before.into_iter().flatten().any(|one| one.receipt.is_some()))
    }

    /// What the ledger has of these already, sent since this profile could note something, or before that where all between is
    /// listed: for each the last such call, unless something behind it gives back what it ends.
    fn sent_before(
        &self,
        actor: &Actor,
        unsigned: &[Unsigned],
    ) -> Result<Vec<Option<SentCall>>, SendError> {
        let noted = self.noted_nonce(actor)?;
        let payloads: Vec<_> = unsigned.iter().map(Unsigned::payload).collect();
        let wanted = |asked: &ContractCall| payloads.iter().any(|one| call(one) == Some(asked));
        // A ledger that can't tell now keeps nothing from ending.
        let mut newest = self.ledger.newest_calls(&actor.principal, &wanted).unwrap_or_default();
        let is_before = |one: &SentCall| noted.is_some_and(|noted| one.nonce < noted);
        if newest.iter().any(|one| wanted(&one.call) && is_before(one)) {
            // Behind it, every call counts: none may be another than it is told to be.
            newest = self.ledger.newest_calls(&actor.principal, &|_| true).unwrap_or_default();
        }
        newest.sort_by_key(|one| one.nonce);
        let listed: BTreeSet<Nonce> = newest.iter().map(|one| one.nonce).collect();
        let stands = |one: &SentCall| {
            one.receipt.as_ref().is_none_or(|receipt| receipt.status == Status::Success)
        };
        let before = |end: &Unsigned| {
            let ends = call(end.payload())?;
            let place = newest.iter().rposition(|one| one.call == *ends && stands(one))?;
            if !is_all_listed(&listed, newest[place].nonce, noted) {
                return None;
            }
            // What ends something else of the same person gives nothing back.
            let behind =
                newest[place + 1..].iter().map(|one| Payload::ContractCall(one.call.clone()));
            let behind: Vec<_> = behind
                .filter(|other| !self.ends_access(&actor.principal, iter::once(other)))
                .collect();
            let found = &newest[place];
            let undone = names_those(actor, std::slice::from_ref(end), behind.iter())
                || found.receipt.is_some() && self.shows_open(actor, ends);
            (!undone).then(|| found.clone())
        };
        Ok(unsigned.iter().map(before).collect())
    }

    /// Whether the ledger shows that what a call ends is open: a delegate gave it again, for example. Where it does not answer,
    /// the transaction that ended it counts.
    fn shows_open(&self, actor: &Actor, ends: &ContractCall) -> bool {
        let arguments: Vec<_> = ends.arguments.iter().map(Value::read).collect();
        let record = || Some(RecordId::new(arguments.first()?.uint().ok()?));
        let Some(Ok(user)) = arguments.last().map(|last| last.principal()) else { return false };
        let me = actor.principal();
        let is_open = match ends.function.as_str() {
            "revoke-record-access" => record().and_then(|id| {
                let grant = self.ask(&read::grant(id, user)).ok()?;
                Some(grant.is_some_and(|grant| grant.rights.is_some()))
            }),
            "revoke-standing-access" => {
                let standing = self.ask(&read::standing_grant(&me, user)).ok();
                standing.map(|one| one.is_some_and(|one| one.rights.is_some()))
            }
            "remove-delegate" | "end-delegation" => self.ledger.tip().ok().and_then(|tip| {
                let delegate = self.ask(&read::delegate(&me, user)).ok()?;
                Some(delegate.is_some_and(|one| one.powers_at(tip.burn_height).is_some()))
            }),
            OFFERS => self.offered_to(&me).ok().map(|to| to.is_some()),
            "remove-member" => self.ledger.tip().ok().and_then(|tip| {
                let member = self.ask(&read::member(&me, user)).ok()?;
                Some(member.is_some_and(|one| one.is_live(tip.burn_height)))
            }),
            _ => None,
        };
        is_open.unwrap_or(false)
    }
}

/// Whether a list has every nonce behind one, up to what the profile has a note of.
fn is_all_listed(listed: &BTreeSet<Nonce>, from: Nonce, noted: Option<Nonce>) -> bool {
    let Some(noted) = noted.filter(|noted| from < *noted) else { return true };
    let between = from.number().saturating_add(1)..noted.number();
    let found = listed.range(from.plus(1)..noted).count();
    between.end.saturating_sub(between.start) == found as u64
}

/// What a failure means for transactions that nothing here has: that none was sent, or that one may have been.
fn unkept(error: LedgerError) -> SendError {
    let is_not_sent = error.is_final()
        || matches!(error, LedgerError::NoSponsor | LedgerError::SponsorshipVoid { .. });
    if is_not_sent { SendError::Ledger(error) } else { SendError::Unkept(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn call_before_what_is_noted_counts_where_each_one_between_is_listed() {
        let is_all = |listed: &[u64], from, noted: Option<u64>| {
            let listed = listed.iter().copied().map(Nonce::new).collect();
            is_all_listed(&listed, Nonce::new(from), noted.map(Nonce::new))
        };
        assert!(is_all(&[4], 4, None) && is_all(&[4], 4, Some(4)), "behind all that is noted");
        assert!(is_all(&[4], 4, Some(5)), "it was noted itself");
        assert!(is_all(&[3, 4, 5, 6], 4, Some(7)));
        assert!(!is_all(&[3, 4, 6], 4, Some(7)), "5 may give it back");
        assert!(!is_all(&[4], 4, Some(u64::MAX)));
    }

    #[test]
    fn only_what_no_ledger_can_have_is_told_as_not_sent() {
        let reason = || "any".to_owned();
        for error in [
            LedgerError::Unreachable { reason: reason() },
            LedgerError::Answer { reason: reason() },
            LedgerError::SponsorUnreachable { reason: reason() },
        ] {
            let told = unkept(error);
            assert!(matches!(told, SendError::Unkept(_)), "{told:?}");
            assert!(told.to_string().contains("may have been sent"), "{told}");
        }
        for error in [LedgerError::Rejected { reason: reason() }, LedgerError::NoSponsor] {
            let told = unkept(error);
            assert!(matches!(told, SendError::Ledger(_)), "{told:?}");
        }
    }
}
