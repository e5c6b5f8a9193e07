//! Lists of a [`ReadSnapshot`]: which transactions and events a page has. Each is then read by itself
//! ([`ReadSnapshot::transaction_at`]), so that a page need not be in memory as a whole.

use super::error::LedgerFailure;
use super::identifiers::{ContractId, Principal};
use super::query_results::{ContractEvent, EventPlace, StoredTransaction};
use super::read_snapshot::ReadSnapshot;
use super::receipt::Event;
use super::store;
use super::units::{BurnHeight, Sequence};

impl ReadSnapshot<'_> {
    /// The transaction at a place of the chain.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read.
    pub fn transaction_at(
        &self,
        sequence: Sequence,
    ) -> Result<Option<StoredTransaction>, LedgerFailure> {
        store::transaction_at(self.connection(), sequence)
    }

    /// The places of a principal's newest transactions before `before`, newest first, without the first `skip`.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read.
    pub fn transactions_before(
        &self,
        principal: &Principal,
        before: Sequence,
        skip: u32,
        limit: u32,
    ) -> Result<Vec<Sequence>, LedgerFailure> {
        store::sequences_of_address(self.connection(), principal, before, skip, limit)
    }

    /// How many transactions a principal has before `before`, counted up to `most`.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read.
    pub fn count_transactions_before(
        &self,
        principal: &Principal,
        before: Sequence,
        most: u32,
    ) -> Result<u32, LedgerFailure> {
        store::count_of_address(self.connection(), principal, before, most)
    }

    /// The places of the newest calls and deployments of a contract that did not succeed, before `before`, newest first.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read.
    pub fn failed_calls_before(
        &self,
        contract: &ContractId,
        before: Sequence,
        limit: u32,
    ) -> Result<Vec<Sequence>, LedgerFailure> {
        store::failed_sequences(self.connection(), contract, before, limit)
    }

    /// The places of the newest events that a contract printed before `before`, newest first, without the first `skip`.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read.
    pub fn events_before(
        &self,
        contract: &ContractId,
        before: EventPlace,
        skip: u32,
        limit: u32,
    ) -> Result<Vec<EventPlace>, LedgerFailure> {
        store::events_before(self.connection(), contract, before, skip, limit)
    }

    /// The places of the events that a contract printed in the blocks of a burn height, oldest first, after `after`.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read.
    pub fn events_at(
        &self,
        contract: &ContractId,
        height: BurnHeight,
        after: Option<EventPlace>,
        limit: u32,
    ) -> Result<Vec<EventPlace>, LedgerFailure> {
        store::events_at(self.connection(), contract, height, after, limit)
    }

    /// The events that a contract printed in the blocks of a burn height, oldest first, after `after`. Each transaction is
    /// read once, and forgotten before the next.
    ///
    /// # Errors
    /// [`LedgerFailure`] when the file cannot be read.
    pub fn contract_events_at(
        &self,
        contract: &ContractId,
        height: BurnHeight,
        after: Option<EventPlace>,
        limit: u32,
    ) -> Result<Vec<ContractEvent>, LedgerFailure> {
        let damaged = LedgerFailure::Damaged { what: "an index without its event" };
        let mut events = Vec::new();
        let mut read: Option<StoredTransaction> = None;
        for place in self.events_at(contract, height, after, limit)? {
            let stored = match read.take().filter(|one| one.included.sequence == place.sequence) {
                Some(stored) => stored,
                None => self.transaction_at(place.sequence)?.ok_or_else(|| damaged.clone())?,
            };
            let included = &stored.included;
            let value = match included.receipt.events.get(place.position as usize) {
                Some(Event::Print { contract: printer, value }) if printer == contract => {
                    value.clone()
                }
                _ => return Err(damaged),
            };
            events.push(ContractEvent {
                txid: included.txid,
                sequence: place.sequence,
                height: included.height,
                time: included.time,
                burn_height: included.burn_height,
                position: place.position,
                value,
            });
            read = Some(stored);
        }
        Ok(events)
    }
}
