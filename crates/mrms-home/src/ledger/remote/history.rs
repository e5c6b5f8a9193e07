//! Reads what a contract printed, page by page.
//!
//! A served embedded ledger has a list for just that, which goes on after a cursor: the work grows with what is found. The
//! hosted API's list comes newest first, page by page; the rows of one page can come in any order, so every row of a page is
//! looked at, and the walk ends between two pages only. What was printed is found by the burn height in it, which the contract saw: the API
//! may tell an earlier one of the same transaction, when a Bitcoin block had no sortition. Only what concerns who asks is
//! looked up further. While pages are read, new rows move the older ones on, and rows that a fork takes back let them move up:
//! so each page by offset begins with a row that is known to be before it, and where that is not there, the walk begins anew.
//! Where an API's list ends before the chain does, it says so and the trail is not told as whole.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use mrms_app::ledger::{LedgerError, PrintedEvent};
use mrms_core::{BlockHeight, BurnHeight, ContractId, TxId};
use mrms_stacks::clarity::Value;
use mrms_stacks::client::{
    EventLog, EventPlace, EventsFrom, Inclusion, ListedEvent, TransactionState,
};

use super::refusals::vanishing;
use super::{RemoteLedger, ledger_error};

/// Rows of a page of events.
const PAGE: usize = 50;
/// How often a list is looked through whose rows vanish meanwhile.
const TRIES: u32 = 4;

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
        for _ in 0..TRIES {
            if let Some(printed) = self.printed_in_one_walk(contract, height, concerns)? {
                return Ok(printed);
            }
        }
        Err(vanishing("events", contract))
    }

    /// `None` where events vanished meanwhile, so that others may have been passed over.
    fn printed_in_one_walk(
        &self,
        contract: &ContractId,
        height: BurnHeight,
        concerns: &dyn Fn(&Value) -> bool,
    ) -> Result<Option<Vec<PrintedEvent>>, LedgerError> {
        let mut next = Some(self.begin_of(contract, height)?);
        let mut seen = BTreeSet::new();
        let mut printed = Vec::new();
        let mut is_stuck = false;
        while let Some(from) = next {
            // By offset, the row before these comes first: one that was seen, or one of a newer height.
            let (asked, begins_with_known) = match from {
                EventsFrom::Offset(offset) if offset > 0 && !is_stuck => {
                    (EventsFrom::Offset(offset - 1), true)
                }
                ref from => (from.clone(), false),
            };
            let page = self.client.printed(contract, &asked, PAGE).map_err(ledger_error)?;
            // A page that was cut short may have that row alone.
            is_stuck = begins_with_known && page.next.as_ref() == Some(&from);
            next = page.next;
            let mut begins = page.begins.filter(|_| next.is_none());
            let mut has_known = false;
            for event in page.rows {
                let found = self.height_of(&event)?;
                if found < height {
                    (next, begins) = (None, None);
                }
                let is_new = seen.insert((event.txid, event.index));
                has_known |= !is_new || found > height;
                if is_new
                    && found == height
                    && concerns(&event.value)
                    && let Some(place) = self.place_of(&event)?
                {
                    printed.push(printed_event(event, place));
                }
            }
            if begins_with_known && !has_known && !self.backends.differ() {
                return Ok(None);
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
        Ok(Some(printed))
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
