//! What gives somebody something, was signed and shown to a node, and refused by it.
//!
//! That a node refuses proves nothing: it may have the bytes in a block, keep them for later, or pass them on. So they count as
//! perhaps given until their nonce is used, by whatever, in a block that counts for ends as well. Nothing of it is sent again,
//! and it takes no nonce from what is signed next: that uses the same one, which settles it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use mrms_contract::functions::OFFERS;
use mrms_core::Principal;
use mrms_stacks::clarity::Value;
use mrms_stacks::transaction::{ContractCall, Payload, Transaction};

use super::first::{call, nonce};
use super::replace::nothing;
use super::send::decoded;
use crate::ledger::Payer;
use crate::ledger::act::Act;
use crate::profile::kept_files::KeptFiles;
use crate::profile::{ProfileError, ProfileFolder};
use crate::sending::outbox::Operation;
use crate::sending::outcome::SendError;
use crate::session::{Actor, Session};

/// The functions that give somebody something.
const GIVES: [&str; 10] = [
    "grant-record-access",
    "grant-record-rights",
    "grant-many",
    "grant-standing-access",
    "set-delegate",
    "name-contact",
    "set-member",
    OFFERS,
    "transfer-patient",
    "put-key-envelope",
];
/// So many unused nonces are filled at most, so that nothing can come at a later one.
const MOST_FILLED: u64 = 20;

/// Something that a node refused and that may be given all the same.
#[derive(Clone, Debug)]
pub struct PerhapsGiven {
    /// What it does, in words for the person who signed it.
    pub description: String,
    transactions: Vec<Transaction>,
}

impl PerhapsGiven {
    pub(crate) fn calls(&self) -> impl Iterator<Item = &ContractCall> {
        self.transactions.iter().filter_map(|one| call(one.payload()))
    }

    /// The last nonce at which something of it can come.
    fn last(&self) -> u64 {
        self.transactions.iter().map(nonce).max().unwrap_or(0)
    }

    /// Whether it offers somebody everything.
    fn offers(&self) -> bool {
        self.calls().any(|call| call.function.as_str() == OFFERS)
    }

    /// The accounts that it names.
    pub(crate) fn names(&self) -> BTreeSet<Principal> {
        let mut names = BTreeSet::new();
        for argument in self.calls().flat_map(|call| &call.arguments) {
            accounts_in(argument, &mut names);
        }
        names
    }

    /// Whether it gives this person anything.
    #[must_use]
    pub fn is_to(&self, user: &Principal) -> bool {
        let Ok(user) = Value::principal(user.clone()).encode() else { return false };
        let arguments = self.calls().flat_map(|call| &call.arguments);
        arguments
            .filter_map(|argument| argument.encode().ok())
            .any(|argument| argument.windows(user.len()).any(|part| part == user.as_slice()))
    }
}

/// The accounts in a value, however deep.
fn accounts_in(value: &Value, names: &mut BTreeSet<Principal>) {
    match value {
        Value::Principal(one @ Principal::Standard(_)) => drop(names.insert(one.clone())),
        Value::Some(inner) | Value::Ok(inner) | Value::Err(inner) => accounts_in(inner, names),
        Value::List(all) => all.iter().for_each(|one| accounts_in(one, names)),
        Value::Tuple(fields) => fields.iter().for_each(|(_, one)| accounts_in(one, names)),
        _ => {}
    }
}

impl ProfileFolder {
    fn refused(&self) -> KeptFiles {
        self.kept_files("refused")
    }

    /// The files that can't be read, each with why.
    pub(super) fn unreadable_refused(&self) -> Result<Vec<(PathBuf, ProfileError)>, ProfileError> {
        self.refused().unreadable::<Operation>()
    }
}

impl Session<'_> {
    /// Whether an operation gives somebody else something.
    fn gives(&self, transactions: &[Transaction]) -> bool {
        transactions.iter().any(|one| {
            let Payload::ContractCall(call) = one.payload() else { return false };
            let me = Principal::from(one.origin());
            let names_another = |value: &Value| match value {
                Value::Principal(other) => *other != me,
                // Several at once.
                Value::List(_) => true,
                _ => false,
            };
            call.contract == *self.contract
                && GIVES.contains(&call.function.as_str())
                && call.arguments.iter().any(names_another)
        })
    }

    /// Keeps what a node refused and may yet give, before the outbox forgets it. A ledger in this process knows what it refused.
    pub(super) fn keep_refused(&self, operation: &Operation) -> Result<(), ProfileError> {
        let Some(transactions) = decoded(&operation.transactions) else { return Ok(()) };
        if self.ledger.refuses_for_good() || !self.gives(&transactions) {
            return Ok(());
        }
        let Some(first) = transactions.first() else { return Ok(()) };
        self.profile.refused().keep(&hex::encode(first.txid().as_bytes()), operation)?;
        self.ledger.may_be_given(&operation.description, &Act::of(&transactions));
        Ok(())
    }

    /// What was refused and may be given all the same. Forgets what can't come any more, or has come: its nonces are used.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn perhaps_given(&self) -> Result<Vec<PerhapsGiven>, ProfileError> {
        let mut found = Vec::new();
        let kept: Vec<(_, Operation)> = self.profile.refused().all()?;
        if kept.is_empty() {
            return Ok(found);
        }
        let used = self.nonces_that_count()?;
        for (path, operation) in kept {
            let Some(transactions) = decoded(&operation.transactions) else { continue };
            if !self.is_here(&operation, Some(&transactions)) {
                continue;
            }
            let one = PerhapsGiven { description: operation.description, transactions };
            if one.last() < used {
                // That it can't be removed keeps it for the next time.
                let _ = mrms_files::remove(&path);
                continue;
            }
            found.push(one);
        }
        Ok(found)
    }

    /// The same of one person.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn perhaps_given_to(&self, user: &Principal) -> Result<Vec<PerhapsGiven>, ProfileError> {
        let mut found = self.perhaps_given()?;
        found.retain(|one| one.is_to(user));
        Ok(found)
    }

    /// After an end: where something that was refused could still come at a nonce behind it, and give back what it ends, those
    /// nonces are filled with nothing.
    pub(super) fn fill_behind_end(&self, actor: &Actor, ends: &[Payload]) -> Result<(), SendError> {
        if self.ledger.payer() != Payer::Sender {
            return Ok(());
        }
        let mut last = None;
        for ended in ends.iter().filter_map(call) {
            // Taking an offer back names nobody, and means whoever was offered everything.
            if ended.function.as_str() == OFFERS {
                let offers = self.perhaps_given()?.into_iter().filter(PerhapsGiven::offers);
                last = last.max(offers.map(|one| one.last()).max());
            }
            for argument in &ended.arguments {
                let Value::Principal(user) = argument else { continue };
                if *user != actor.principal() {
                    let given = self.perhaps_given_to(user)?;
                    last = last.max(given.iter().map(PerhapsGiven::last).max());
                }
            }
        }
        let Some(last) = last else { return Ok(()) };
        let missing = last.saturating_add(1).saturating_sub(self.seen_in_blocks());
        if missing == 0 || missing > MOST_FILLED {
            return Ok(());
        }
        let fillers = (0..missing).map(|_| nothing(actor)).collect::<Result<Vec<_>, _>>()?;
        self.send(actor, "let nothing that was refused come later", fillers).map(drop)
    }
}
