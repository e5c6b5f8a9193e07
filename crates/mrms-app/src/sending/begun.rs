//! What an earlier command has begun and still waits for its block, so that a repeated command does not do it again.
//!
//! A repeated revoke would be refused behind the first one, and that refusal would stand in the record's log as an attempt; a
//! file would be put on record twice.

use std::collections::BTreeMap;
use std::iter;

use mrms_core::{RecordId, TxId};
use mrms_stacks::clarity::Value;
use mrms_stacks::transaction::{Payload, Transaction, Unsigned};

use super::first::{call, gives_back, nonce};
use crate::profile::ProfileError;
use crate::sending::outcome::SendError;
use crate::session::{Actor, Session};

/// The functions that make a record.
const CREATES: [&str; 2] = ["create-medical-record", "create-record-for"];

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
        let waiting = self.own_waiting(actor)?;
        if waiting.is_empty() {
            return Ok(vec![None; unsigned.len()]);
        }
        // Where the ledger tells nothing, what was sent counts as on its way.
        let nonces = self.told_for_end(actor)?.map(|(_, nonces)| nonces).ok();
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
            let behind = behind.filter(|other| !self.ends_access(iter::once(other.payload())));
            let behind: Vec<Transaction> = behind.cloned().collect();
            let undone = gives_back(actor, std::slice::from_ref(one), &behind);
            (!undone).then(|| waiting[place].txid())
        };
        Ok(unsigned.iter().map(already).collect())
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
