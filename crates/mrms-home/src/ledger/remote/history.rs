//! Reads what a contract printed and refused from the hosted API, page by page.
//!
//! The lists come newest first and have no burn heights, so each transaction is asked for once and gives
//! the height of its events. While pages are read, new rows move the older ones on: a row can come twice,
//! and none is skipped.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use mrms_app::ledger::{IncludedCall, LedgerError, PrintedEvent};
use mrms_core::{BurnHeight, ContractId, TxId};
use mrms_stacks::client::{EventPlace, Inclusion, ListedEvent, Outcome, PAGE, TransactionState};

use super::{RemoteLedger, ledger_error, receipt};

/// The blocks of transactions, as far as this process has asked for them.
#[derive(Debug, Default)]
pub(super) struct Known {
    places: Mutex<HashMap<TxId, Inclusion>>,
}

impl RemoteLedger {
    fn inclusion(&self, txid: &TxId) -> Result<Option<Inclusion>, LedgerError> {
        let places = || self.known.places.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = places().get(txid) {
            return Ok(Some(known.clone()));
        }
        let Some(TransactionState::Included(found)) = self.state(txid)? else { return Ok(None) };
        places().insert(*txid, (*found).clone());
        Ok(Some(*found))
    }

    /// Where an event stands: as its list told, or as its transaction does.
    fn place_of(&self, event: &ListedEvent) -> Result<Option<EventPlace>, LedgerError> {
        if event.place.is_some() {
            return Ok(event.place);
        }
        Ok(self.inclusion(&event.txid)?.map(|found| EventPlace {
            block_height: found.block_height,
            burn_height: found.burn_height,
            time: found.time,
        }))
    }

    fn event_at(
        &self,
        contract: &ContractId,
        offset: u64,
    ) -> Result<Option<(ListedEvent, BurnHeight)>, LedgerError> {
        let events = self.client.printed(contract, offset, 1).map_err(ledger_error)?;
        let Some(event) = events.into_iter().next() else { return Ok(None) };
        // A transaction that has just left the chain counts as the newest.
        let newest = BurnHeight::new(u64::MAX);
        let height = self.place_of(&event)?.map_or(newest, |found| found.burn_height);
        Ok(Some((event, height)))
    }

    /// How many of the newest events are certainly above a burn height. Finds out by doubling, then by
    /// halving.
    fn events_above(&self, contract: &ContractId, height: BurnHeight) -> Result<u64, LedgerError> {
        let is_above = |offset| -> Result<bool, LedgerError> {
            Ok(self.event_at(contract, offset)?.is_some_and(|(_, found)| found > height))
        };
        if !is_above(0)? {
            return Ok(0);
        }
        let (mut low, mut high) = (0_u64, 1_u64);
        while is_above(high)? {
            low = high;
            high = high.saturating_mul(2);
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if is_above(middle)? { low = middle } else { high = middle }
        }
        Ok(high)
    }

    pub(super) fn printed_under(
        &self,
        contract: &ContractId,
        height: BurnHeight,
    ) -> Result<Vec<PrintedEvent>, LedgerError> {
        let mut offset = self.events_above(contract, height)?;
        let mut seen = BTreeSet::new();
        let mut printed = Vec::new();
        loop {
            let events = self.client.printed(contract, offset, PAGE).map_err(ledger_error)?;
            let is_last = events.len() < PAGE;
            offset += events.len() as u64;
            for event in events {
                let Some(place) = self.place_of(&event)? else { continue };
                if place.burn_height < height {
                    printed.reverse();
                    return Ok(printed);
                }
                if place.burn_height == height && seen.insert((event.txid, event.index)) {
                    printed.push(PrintedEvent {
                        txid: event.txid,
                        block_height: place.block_height,
                        time: place.time,
                        value: event.value,
                    });
                }
            }
            if is_last {
                printed.reverse();
                return Ok(printed);
            }
        }
    }

    pub(super) fn failures_of(
        &self,
        contract: &ContractId,
        may_concern: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Vec<IncludedCall>, LedgerError> {
        let mut seen = BTreeSet::new();
        let mut failed = Vec::new();
        let mut offset = 0;
        loop {
            let listed = self.client.transactions_of(contract, offset).map_err(ledger_error)?;
            let is_last = listed.len() < PAGE;
            offset += listed.len() as u64;
            for row in listed {
                let TransactionState::Included(place) = row.state else { continue };
                if place.outcome == Outcome::Success || !seen.insert(row.txid) {
                    continue;
                }
                // Where the list tells the arguments, what concerns others is not fetched.
                let told = row.arguments.as_ref();
                if told.is_some_and(|told| !told.iter().any(|argument| may_concern(argument))) {
                    continue;
                }
                let signed = self.client.signed_transaction(&row.txid).map_err(ledger_error)?;
                let transaction = signed.ok_or_else(|| LedgerError::Answer {
                    reason: format!("it lists transaction {} and does not have it", row.txid),
                })?;
                failed.push(IncludedCall { transaction, receipt: receipt(row.txid, *place) });
            }
            if is_last {
                failed.reverse();
                return Ok(failed);
            }
        }
    }
}
