//! What an earlier command has begun and still waits for its block, so that a repeated command does not do it again.
//!
//! A repeated revoke would be refused behind the first one, and that refusal would stand in the record's log as an attempt; a
//! file would be put on record twice.

use std::collections::BTreeMap;

use mrms_core::{ContentHash, RecordId, TxId, Version};
use mrms_stacks::clarity::Value;
use mrms_stacks::transaction::{ContractCall, Payload, Transaction, Unsigned};

use super::first::{call, gives_back, nonce};
use super::nonces::ToldOnce;
use crate::profile::ProfileError;
use crate::sending::outcome::SendError;
use crate::session::{Actor, Session};

/// The functions that make a record.
const CREATES: [&str; 2] = ["create-medical-record", "create-record-for"];

/// The functions that put a content on record.
const WRITES: [&str; 3] = ["create-medical-record", "create-record-for", AMENDS];
/// The one that adds a version to a record.
const AMENDS: &str = "amend-record-version";

impl Session<'_> {
    /// One's own transactions that wait for a block, in their order.
    fn own_waiting(&self, actor: &Actor) -> Result<Vec<Transaction>, ProfileError> {
        let unfinished = self.unfinished()?.into_iter().filter_map(|one| one.transactions);
        let mut own: Vec<_> =
            unfinished.flatten().filter(|one| one.origin() == actor.principal).collect();
        own.sort_by_key(nonce);
        Ok(own)
    }

    /// Of transactions that end access, for each the one that waits for a block and does the same; `None` where there is
    /// none, where something behind it gives access back, or where it waits for nonces that nobody has.
    pub(crate) fn ended_already(
        &self,
        actor: &Actor,
        unsigned: &[Unsigned],
    ) -> Result<Vec<Option<TxId>>, SendError> {
        self.ended_already_by(actor, unsigned, &ToldOnce::default())
    }

    /// The same where the account may have been told already.
    pub(super) fn ended_already_by(
        &self,
        actor: &Actor,
        unsigned: &[Unsigned],
        once: &ToldOnce,
    ) -> Result<Vec<Option<TxId>>, SendError> {
        let waiting = self.own_waiting(actor)?;
        let is_there =
            |one: &Unsigned| waiting.iter().any(|other| other.payload() == one.payload());
        if !unsigned.iter().any(is_there) {
            return Ok(vec![None; unsigned.len()]);
        }
        // Where the ledger tells nothing, what was sent counts as on its way.
        let nonces = self.told_for_end(actor, once)?.map(|(_, nonces)| nonces);
        let is_stuck = |one: &Transaction| {
            nonces.as_ref().is_some_and(|nonces| nonces.missing_below(nonce(one)).next().is_some())
        };
        let already = |one: &Unsigned| {
            let same = |other: &Transaction| {
                call(other.payload()).is_some()
                    && other.payload() == one.payload()
                    && !is_stuck(other)
            };
            let place = waiting.iter().rposition(same)?;
            let behind = waiting[place + 1..].iter();
            // What ends something else of the same person gives nothing back.
            let behind = behind.filter(|other| !self.are_ends(std::slice::from_ref(other)));
            let behind: Vec<Transaction> = behind.cloned().collect();
            let undone = gives_back(actor, std::slice::from_ref(one), &behind);
            (!undone).then(|| waiting[place].txid())
        };
        Ok(unsigned.iter().map(already).collect())
    }

    /// The calls of the contract among one's own transactions that wait for a block.
    fn own_calls_waiting(
        &self,
        actor: &Actor,
    ) -> Result<impl Iterator<Item = (ContractCall, TxId)>, ProfileError> {
        let calls = self.own_waiting(actor)?.into_iter().filter_map(|one| match one.payload() {
            Payload::ContractCall(call) if call.contract == *self.contract => {
                Some((call.clone(), one.txid()))
            }
            _ => None,
        });
        Ok(calls)
    }

    /// The contents that one's own transactions put on record, of those that wait for a block; by their hashes.
    pub(crate) fn contents_on_their_way(
        &self,
        actor: &Actor,
    ) -> Result<BTreeMap<[u8; 32], TxId>, ProfileError> {
        let writes = self.own_calls_waiting(actor)?;
        let writes = writes.filter(|(call, _)| WRITES.contains(&call.function.as_str()));
        let content = |(call, txid): (ContractCall, TxId)| {
            let content = call.arguments.iter().find_map(|argument| match argument {
                Value::Buffer(content) => Some(*ContentHash::of(content).as_bytes()),
                _ => None,
            });
            Some((content?, txid))
        };
        Ok(writes.filter_map(content).collect())
    }

    /// The transaction of one's own that adds this version to a record and waits for a block, if there is one.
    pub(crate) fn version_on_its_way(
        &self,
        actor: &Actor,
        id: RecordId,
        version: Version,
    ) -> Result<Option<TxId>, ProfileError> {
        let added = [Value::uint(id.number()), Value::uint(version.number())];
        let mut waiting = self.own_calls_waiting(actor)?;
        let is_it = |call: &ContractCall| {
            call.function.as_str() == AMENDS && call.arguments.starts_with(&added)
        };
        Ok(waiting.find(|(call, _)| is_it(call)).map(|(_, txid)| txid))
    }

    /// A call of one's own about a record that waits for a block, if there is one.
    pub(crate) fn call_on_its_way(
        &self,
        actor: &Actor,
        id: RecordId,
    ) -> Result<Option<TxId>, ProfileError> {
        let record = Value::uint(id.number());
        let mut waiting = self.own_calls_waiting(actor)?;
        Ok(waiting.find(|(call, _)| call.arguments.first() == Some(&record)).map(|(_, txid)| txid))
    }

    /// The records that one's own transactions make, of those that wait for a block.
    pub(crate) fn records_on_their_way(
        &self,
        actor: &Actor,
    ) -> Result<BTreeMap<RecordId, TxId>, ProfileError> {
        let made = |one: &Transaction| {
            let Payload::ContractCall(call) = one.payload() else { return None };
            let is_one =
                call.contract == *self.contract && CREATES.contains(&call.function.as_str());
            let id = call.arguments.iter().find_map(|argument| match argument {
                Value::UInt(number) => Some(RecordId::new(*number)),
                _ => None,
            });
            Some((id.filter(|_| is_one)?, one.txid()))
        };
        Ok(self.own_waiting(actor)?.iter().filter_map(made).collect())
    }
}
