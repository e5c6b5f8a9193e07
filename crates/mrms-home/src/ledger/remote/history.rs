//! Reads what a contract printed and refused, page by page.
//!
//! A served embedded ledger has lists for just that, which go on after a cursor: the work grows with what is found. The
//! hosted API's lists come newest first, page by page; the rows of one page can come in any order, so every row of a page is
//! looked at, and the walk ends between two pages only. What was printed is found by the burn height in it, which the contract saw: the API
//! may tell an earlier one of the same transaction, when a Bitcoin block had no sortition. Only what concerns who asks is
//! looked up further. While pages are read, new rows move the older ones on: a row can come twice, and none is skipped.
//! Where an API's list ends before the chain does, it says so and the trail is not told as whole.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use mrms_app::ledger::{IncludedCall, LedgerError, PrintedEvent};
use mrms_core::{BlockHeight, BurnHeight, ContractId, Finality, TxId};
use mrms_stacks::clarity::Value;
use mrms_stacks::client::{
    CallDetails, EventLog, EventPlace, EventsFrom, Inclusion, ListFrom, ListedEvent,
    ListedStanding, Outcome, TransactionState,
};

use super::{RemoteLedger, ledger_error, receipt};

/// Rows of a page of events.
const PAGE: usize = 50;

/// The blocks of transactions, as far as this process has asked for them.
#[derive(Debug, Default)]
pub(super) struct Known {
    places: Mutex<HashMap<TxId, Inclusion>>,
}

impl Known {
    pub(super) fn inclusion(&self, txid: &TxId) -> Option<Inclusion> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner).get(txid).cloned()
    }

    pub(super) fn remember(&self, txid: TxId, inclusion: Inclusion) {
        self.places.lock().unwrap_or_else(PoisonError::into_inner).insert(txid, inclusion);
    }
}

/// The burn height that the contract saw when it printed this.
fn printed_height(value: &Value) -> Option<BurnHeight> {
    value.read().field("burn-height").ok()?.uint().ok().map(BurnHeight::from_uint)
}

impl RemoteLedger {
    fn inclusion(&self, txid: &TxId) -> Result<Option<Inclusion>, LedgerError> {
        if let Some(known) = self.known.inclusion(txid) {
            return Ok(Some(known));
        }
        let Some(TransactionState::Included(found)) = self.state(txid)? else { return Ok(None) };
        self.known.remember(*txid, (*found).clone());
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

    /// The burn height of an event: as the contract printed it, or as its block has it.
    fn height_of(&self, event: &ListedEvent) -> Result<BurnHeight, LedgerError> {
        if let Some(height) = printed_height(&event.value) {
            return Ok(height);
        }
        // A transaction that has just left the chain counts as the newest.
        let newest = BurnHeight::new(u64::MAX);
        Ok(self.place_of(event)?.map_or(newest, |found| found.burn_height))
    }

    /// Whether the newest event at this place and before it is above a burn height.
    fn is_above(
        &self,
        contract: &ContractId,
        from: &EventsFrom,
        height: BurnHeight,
    ) -> Result<bool, LedgerError> {
        let page = self.client.printed(contract, from, 1).map_err(ledger_error)?;
        match page.rows.first() {
            Some(event) => Ok(self.height_of(event)? > height),
            None => Ok(false),
        }
    }

    /// Where to begin to read the events of a burn height: nothing newer than this place is of it. Found by doubling from
    /// the newest, then by halving.
    fn begin_of(
        &self,
        contract: &ContractId,
        height: BurnHeight,
    ) -> Result<EventsFrom, LedgerError> {
        let log = self.client.event_log(contract).map_err(ledger_error)?;
        let tip = match log {
            EventLog::ByOffset => 0,
            EventLog::ByBlock => self.info()?.block_height.number(),
        };
        let place = |back: u64| match log {
            EventLog::ByOffset => EventsFrom::Offset(back),
            EventLog::ByBlock => EventsFrom::Block(BlockHeight::new(tip.saturating_sub(back))),
        };
        let is_above = |back: u64| match log {
            EventLog::ByBlock if back > tip => Ok(false),
            _ => self.is_above(contract, &place(back), height),
        };
        // Several servers count differently: what one has at a place, another has elsewhere.
        if self.backends.differ() || !is_above(0)? {
            return Ok(place(0));
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
        Ok(place(high))
    }

    pub(super) fn printed_under(
        &self,
        contract: &ContractId,
        height: BurnHeight,
        concerns: &dyn Fn(&Value) -> bool,
    ) -> Result<Vec<PrintedEvent>, LedgerError> {
        if self.is_embedded()
            && let Some(printed) = self.printed_by_cursor(contract, height, concerns)?
        {
            return Ok(printed);
        }
        // A server that is behind has fewer.
        self.longest(|| self.printed_by_page(contract, height, concerns))
    }

    /// `None` from a node that has no such list.
    fn printed_by_cursor(
        &self,
        contract: &ContractId,
        height: BurnHeight,
        concerns: &dyn Fn(&Value) -> bool,
    ) -> Result<Option<Vec<PrintedEvent>>, LedgerError> {
        let mut printed = Vec::new();
        let mut cursor = None;
        loop {
            let page = self.client.printed_at(contract, height, cursor.as_deref());
            let Some(page) = page.map_err(ledger_error)? else { return Ok(None) };
            for event in page.rows.into_iter().filter(|event| concerns(&event.value)) {
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

    fn printed_by_page(
        &self,
        contract: &ContractId,
        height: BurnHeight,
        concerns: &dyn Fn(&Value) -> bool,
    ) -> Result<Vec<PrintedEvent>, LedgerError> {
        let mut next = Some(self.begin_of(contract, height)?);
        let mut seen = BTreeSet::new();
        let mut printed = Vec::new();
        while let Some(from) = next {
            let page = self.client.printed(contract, &from, PAGE).map_err(ledger_error)?;
            next = page.next;
            let mut begins = page.begins.filter(|_| next.is_none());
            for event in page.rows {
                let found = self.height_of(&event)?;
                if found < height {
                    (next, begins) = (None, None);
                }
                let is_new = found == height && seen.insert((event.txid, event.index));
                if is_new
                    && concerns(&event.value)
                    && let Some(place) = self.place_of(&event)?
                {
                    printed.push(printed_event(event, place));
                }
            }
            // It was read to its end. It has all of this height if its first block is of an earlier one.
            if let Some(begins) = begins {
                let first = self.block_at(begins)?;
                if first.is_none_or(|first| first.burn_height >= height) {
                    return Err(ledger_error(self.client.begins_late(begins)));
                }
            }
        }
        printed.reverse();
        printed.sort_by_key(|event| event.block_height);
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
        self.longest(|| self.failures_by_page(contract, may_concern))
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
                    failed.push(IncludedCall::of(&transaction, receipt(row.txid, *place)));
                }
            }
            cursor = page.next;
            if cursor.is_none() {
                failed.reverse();
                return Ok(Some(failed));
            }
        }
    }

    /// Reads the refused calls that are newer than those that are remembered, and remembers them once they are settled. So
    /// refusals of strangers cost a part of a page once, and nothing afterwards.
    fn failures_by_page(
        &self,
        contract: &ContractId,
        may_concern: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Vec<IncludedCall>, LedgerError> {
        let block_id = |height| -> Result<Option<[u8; 32]>, LedgerError> {
            Ok(self.block_at(height)?.map(|block| block.id))
        };
        let remembered = match &self.memory {
            Some(memory) => memory.refusals(contract, &block_id)?,
            None => None,
        };
        let read_before = remembered.as_ref().map(|refusals| refusals.up_to);
        let tip = self.info()?.burn_height;
        let mut settled = read_before;
        // Where each failed call stands within its block.
        let mut positions = HashMap::new();
        let mut failed = Vec::new();
        let principal = contract.clone().into();
        let mut next = Some(ListFrom::Newest);
        while let Some(from) = next {
            let page = self.client.transactions_of(&principal, &from).map_err(ledger_error)?;
            next = page.next;
            let mut begins = page.begins.filter(|_| next.is_none());
            let mut without_details = Vec::new();
            for row in page.rows {
                if row.block_height.is_some() && row.block_height <= read_before {
                    (next, begins) = (None, None);
                    continue;
                }
                if row.burn_height.is_some_and(|height| Finality::NETWORK.is_final(height, tip)) {
                    settled = settled.max(row.block_height);
                }
                let is_failure = matches!(row.standing, ListedStanding::Ended(outcome) if outcome != Outcome::Success);
                if !is_failure || positions.insert(row.txid, row.position).is_some() {
                    continue;
                }
                match row.details {
                    Some(details) => failed.push(details),
                    None => without_details.push(row.txid),
                }
            }
            failed.extend(self.details(&without_details)?);
            if let Some(begins) = begins {
                return Err(ledger_error(self.client.begins_late(begins)));
            }
        }
        failed.sort_by_key(|details| {
            (details.inclusion.block_height, positions.get(&details.txid).copied().flatten())
        });
        let mut all = remembered.map(|refusals| refusals.calls).unwrap_or_default();
        all.extend(failed);
        // Pages of several servers may leave out a row between them: those are read again each time.
        if let (Some(memory), Some(up_to)) = (&self.memory, settled)
            && !self.backends.differ()
            && settled > read_before
        {
            memory.remember(contract, &all, up_to, &block_id)?;
        }
        let calls = all.into_iter().map(included_call);
        Ok(calls.filter(|call| call.may_concern(may_concern)).collect())
    }

    fn details(&self, txids: &[TxId]) -> Result<Vec<CallDetails>, LedgerError> {
        if txids.is_empty() {
            return Ok(Vec::new());
        }
        self.client.call_details(txids).map_err(ledger_error)
    }
}

/// A call as the hosted API tells of it.
pub(super) fn included_call(details: CallDetails) -> IncludedCall {
    let CallDetails { txid, sender, call, inclusion } = details;
    IncludedCall { sender, call: Some(call), receipt: receipt(txid, inclusion) }
}

fn printed_event(event: ListedEvent, place: EventPlace) -> PrintedEvent {
    PrintedEvent {
        txid: event.txid,
        block_height: place.block_height,
        time: place.time,
        value: event.value,
    }
}
