//! Reads what a contract printed and refused, page by page.
//!
//! A served embedded ledger has lists for just that, which go on after a cursor: the work grows with what is found. The
//! hosted API's lists come newest first, by offset, and have no burn heights, so each transaction is asked for once and
//! gives the height of its events. While pages are read, new rows move the older ones on: a row can come twice, and none
//! is skipped. Where an API's list ends before the chain does, it says so and the trail is not told as whole.

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
        let page = self.client.printed(contract, offset, 1).map_err(ledger_error)?;
        let Some(event) = page.rows.into_iter().next() else { return Ok(None) };
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
        if self.is_embedded()
            && let Some(printed) = self.printed_by_cursor(contract, height)?
        {
            return Ok(printed);
        }
        self.printed_by_offset(contract, height)
    }

    /// `None` from a node that has no such list.
    fn printed_by_cursor(
        &self,
        contract: &ContractId,
        height: BurnHeight,
    ) -> Result<Option<Vec<PrintedEvent>>, LedgerError> {
        let mut printed = Vec::new();
        let mut cursor = None;
        loop {
            let page = self.client.printed_at(contract, height, cursor.as_deref());
            let Some(page) = page.map_err(ledger_error)? else { return Ok(None) };
            for event in page.rows {
                if let Some(place) = self.place_of(&event)?
                    && place.burn_height == height
                {
                    printed.push(printed_event(event, place));
                }
            }
            cursor = page.next;
            if cursor.is_none() {
                return Ok(Some(printed));
            }
        }
    }

    fn printed_by_offset(
        &self,
        contract: &ContractId,
        height: BurnHeight,
    ) -> Result<Vec<PrintedEvent>, LedgerError> {
        let mut next = Some(self.events_above(contract, height)?);
        let mut seen = BTreeSet::new();
        let mut printed = Vec::new();
        'pages: while let Some(offset) = next {
            let page = self.client.printed(contract, offset, PAGE).map_err(ledger_error)?;
            next = page.next;
            for event in page.rows {
                let Some(place) = self.place_of(&event)? else { continue };
                if place.burn_height < height {
                    break 'pages;
                }
                if place.burn_height == height && seen.insert((event.txid, event.index)) {
                    printed.push(printed_event(event, place));
                }
            }
        }
        printed.reverse();
        Ok(printed)
    }

    pub(super) fn failures_of(
        &self,
        contract: &ContractId,
        may_concern: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Vec<IncludedCall>, LedgerError> {
        if self.is_embedded()
            && let Some(failed) = self.failures_by_cursor(contract, may_concern)?
        {
            return Ok(failed);
        }
        self.failures_by_offset(contract, may_concern)
    }

    /// `None` from a node that has no such list.
    fn failures_by_cursor(
        &self,
        contract: &ContractId,
        may_concern: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Option<Vec<IncludedCall>>, LedgerError> {
        let mut failed = Vec::new();
        let mut cursor = None;
        loop {
            let page = self.client.refusals_of(contract, cursor.as_deref());
            let Some(page) = page.map_err(ledger_error)? else { return Ok(None) };
            for row in page.rows.into_iter().filter(|row| may_concern(&row.raw)) {
                let transaction =
                    row.transaction().map_err(|reason| LedgerError::Answer { reason })?;
                let TransactionState::Included(place) = row.state else { continue };
                if place.outcome != Outcome::Success {
                    failed.push(IncludedCall { transaction, receipt: receipt(row.txid, *place) });
                }
            }
            cursor = page.next;
            if cursor.is_none() {
                failed.reverse();
                return Ok(Some(failed));
            }
        }
    }

    fn failures_by_offset(
        &self,
        contract: &ContractId,
        may_concern: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Vec<IncludedCall>, LedgerError> {
        let principal = contract.clone().into();
        let mut seen = BTreeSet::new();
        let mut failed = Vec::new();
        let mut next = Some(0);
        while let Some(offset) = next {
            let page = self.client.transactions_of(&principal, offset).map_err(ledger_error)?;
            next = page.next;
            for row in page.rows {
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
        }
        failed.reverse();
        Ok(failed)
    }
}

fn printed_event(event: ListedEvent, place: EventPlace) -> PrintedEvent {
    PrintedEvent {
        txid: event.txid,
        block_height: place.block_height,
        time: place.time,
        value: event.value,
    }
}
