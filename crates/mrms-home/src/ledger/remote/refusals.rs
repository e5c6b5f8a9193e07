//! Reads the calls that a contract refused.
//!
//! A served embedded ledger lists just those. A hosted API has no such list: it lists all transactions of the contract, by 50,
//! and nothing narrows that to a record or to refusals. So that list is walked from the newest page to older ones, once: what is
//! settled is remembered ([`super::memory`]), also where the walk was interrupted, and skipped from then on. Where the newer
//! pages give no arguments, 50 calls are asked for at a time.
//!
//! The rows of one page come in any order, so every row of a page is looked at. Offsets count from the newest row: when a
//! fork takes rows back between two pages, older ones move up and would be passed over. So each further page begins with the
//! last row of the one before, and where that row is not there, the walk begins anew.

use std::collections::{BTreeSet, HashMap};

use mrms_app::ledger::{IncludedCall, LedgerError};
use mrms_core::{BlockHeight, BurnHeight, ContractId, Finality, Principal, TxId};
use mrms_stacks::client::{
    CallDetails, ListFrom, ListPage, ListedStanding, ListedTransaction, Outcome, TransactionState,
};

use super::memory::Remembered;
use super::spans::Span;
use super::{RemoteLedger, ledger_error, receipt};
use crate::face::{Notice, Progress, Task};

/// How often a list is walked along whose rows vanish meanwhile.
const TRIES: u32 = 4;
/// After how many pages what was read is remembered.
const KEEP_EVERY: usize = 20;
/// From how many pages on the person is told.
const LONG: usize = 4;

type Page = ListPage<ListedTransaction, ListFrom>;

/// How a walk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    /// Every row was looked at, or was read before.
    Whole,
    /// Rows vanished between two pages, so others may have been passed over.
    Shortened,
}

/// A walk along the transactions of a contract, from the newest to older ones.
struct Walk<'a> {
    ledger: &'a RemoteLedger,
    contract: &'a ContractId,
    principal: Principal,
    tip: BurnHeight,
    /// What was read before, and the blocks that this walk has read.
    known: Remembered,
    /// Whether this walk has read blocks that are to be remembered.
    is_news: bool,
    /// The newest block that is settled and not in `known`.
    top: Option<u64>,
    /// The rows that were seen, and their blocks.
    seen: HashMap<TxId, Option<u64>>,
    /// Blocks of the rows that were seen and whose blocks are not in `known`.
    heights: Vec<u64>,
    /// Where each failed call stands within its block.
    failed: Vec<(Option<u64>, CallDetails)>,
    pages: usize,
    /// The newest block that is to be remembered, and its id.
    newest: Option<(BlockHeight, [u8; 32])>,
    progress: Option<Box<dyn Progress>>,
    /// How many rows the progress shows.
    shown: usize,
}

impl RemoteLedger {
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

    fn failures_by_page(
        &self,
        contract: &ContractId,
        may_concern: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Vec<IncludedCall>, LedgerError> {
        for tries in 1..=TRIES {
            // What is remembered may be the reason why rows are not found.
            let known = match &self.memory {
                Some(memory) if tries < TRIES => {
                    memory.refusals(contract, &|height| self.block_id(height))?
                }
                _ => None,
            };
            let mut walk = Walk::of(self, contract, known.unwrap_or_default())?;
            let ended = walk.walk_to_end();
            // Not what was read before a fork: its blocks have other ids now.
            if !matches!(ended, Ok(Ended::Shortened)) {
                walk.keep(ended.is_ok())?;
            }
            if ended? == Ended::Whole {
                let calls = walk.calls().into_iter().map(included_call);
                return Ok(calls.filter(|call| call.may_concern(may_concern)).collect());
            }
        }
        Err(vanishing("transactions", contract))
    }

    fn block_id(&self, height: BlockHeight) -> Result<Option<[u8; 32]>, LedgerError> {
        Ok(self.block_at(height)?.map(|block| block.id))
    }

    fn details(&self, txids: &[TxId]) -> Result<Vec<CallDetails>, LedgerError> {
        if txids.is_empty() {
            return Ok(Vec::new());
        }
        self.client.call_details(txids).map_err(ledger_error)
    }
}

/// The error for a list from which rows vanish again and again.
pub(super) fn vanishing(what: &str, contract: &ContractId) -> LedgerError {
    let reason = format!("{what} of {contract} vanish from its list while it is read");
    LedgerError::Unreachable { reason }
}

/// A call as the hosted API tells of it.
pub(super) fn included_call(details: CallDetails) -> IncludedCall {
    let CallDetails { txid, sender, call, inclusion } = details;
    IncludedCall { sender, call: Some(call), receipt: receipt(txid, inclusion) }
}

impl<'a> Walk<'a> {
    fn of(
        ledger: &'a RemoteLedger,
        contract: &'a ContractId,
        known: Remembered,
    ) -> Result<Self, LedgerError> {
        Ok(Self {
            ledger,
            contract,
            principal: contract.clone().into(),
            tip: ledger.info()?.burn_height,
            known,
            is_news: false,
            top: None,
            seen: HashMap::new(),
            heights: Vec::new(),
            failed: Vec::new(),
            pages: 0,
            newest: None,
            progress: None,
            shown: 0,
        })
    }

    fn walk_to_end(&mut self) -> Result<Ended, LedgerError> {
        let mut next = Some(ListFrom::Newest);
        while let Some(from) = next {
            let Some(page) = self.page(&from)? else { return Ok(Ended::Shortened) };
            self.pages += 1;
            let (total, begins) = (page.total, page.begins);
            next = page.next;
            let lowest = self.look_at(page.rows)?;
            let is_reached = lowest.is_some_and(|lowest| self.known.read.has(lowest));
            if let Some(begins) = begins.filter(|_| next.is_none() && !is_reached) {
                return Err(ledger_error(self.ledger.client.begins_late(begins)));
            }
            self.note_read(match next {
                None => Some(0),
                Some(_) => lowest.map(|lowest| lowest.number() + 1),
            });
            if let Some(span) = lowest.and_then(|lowest| self.known.read.around(lowest)) {
                next = next.filter(|_| span.first > 0).map(|next| self.below(&span, next));
            }
            if next.is_some() {
                self.tell(total);
                if self.pages.is_multiple_of(KEEP_EVERY) {
                    self.keep(true)?;
                }
            }
        }
        Ok(Ended::Whole)
    }

    /// A page. It begins with the last row of the one before; `None` where that row is not there any more.
    fn page(&self, from: &ListFrom) -> Result<Option<Page>, LedgerError> {
        let ask = |from: &ListFrom| {
            let page = self.ledger.client.transactions_of(&self.principal, from);
            page.map_err(ledger_error)
        };
        let ListFrom::Offset(offset) = from else { return ask(from).map(Some) };
        let page = ask(&ListFrom::Offset(offset.saturating_sub(1)))?;
        let is_known = |row: &ListedTransaction| {
            let is_read = |height| self.known.read.has(height);
            self.seen.contains_key(&row.txid) || row.block_height.is_some_and(is_read)
        };
        // Servers that are at different places have different rows at each offset.
        if !page.rows.iter().any(is_known) && !self.ledger.backends.differ() {
            return Ok(None);
        }
        // A page that was cut short may have that row alone.
        let is_stuck = page.rows.iter().all(is_known) && page.next.as_ref() == Some(from);
        if is_stuck { ask(from).map(Some) } else { Ok(Some(page)) }
    }

    /// Looks at each row that is new. Returns the oldest block of the page.
    fn look_at(
        &mut self,
        rows: Vec<ListedTransaction>,
    ) -> Result<Option<BlockHeight>, LedgerError> {
        let mut without_details = BTreeSet::new();
        let mut positions = HashMap::new();
        let lowest = rows.iter().filter_map(|row| row.block_height).min();
        for row in rows {
            let is_read = row.block_height.is_some_and(|height| self.known.read.has(height));
            let height = row.block_height.map(BlockHeight::number);
            if is_read || self.seen.insert(row.txid, height).is_some() {
                continue;
            }
            self.heights.extend(height);
            if row.burn_height.is_some_and(|height| Finality::NETWORK.is_final(height, self.tip)) {
                self.top = self.top.max(height);
            }
            let is_failure = matches!(row.standing, ListedStanding::Ended(outcome) if outcome != Outcome::Success);
            match row.details {
                _ if !is_failure => {}
                Some(details) => self.failed.push((row.position, details)),
                None => {
                    without_details.insert(row.txid);
                    positions.insert(row.txid, row.position);
                }
            }
        }
        let txids: Vec<_> = without_details.into_iter().collect();
        for details in self.ledger.details(&txids)? {
            let position = positions.get(&details.txid).copied().flatten();
            self.failed.push((position, details));
        }
        Ok(lowest)
    }

    /// All rows of the blocks from this one on were looked at.
    fn note_read(&mut self, first: Option<u64>) {
        let (Some(first), Some(last)) = (first, self.top) else { return };
        if first > last {
            return;
        }
        let is_within = |height: &&u64| (first..=last).contains(*height);
        let rows = self.heights.iter().filter(is_within).count() as u64;
        self.known.read.add(Span { first, last, rows });
        self.is_news |= rows > 0 || first == 0;
        self.heights.retain(|height| *height < first);
        self.top = first.checked_sub(1);
    }

    /// Where the rows begin that are older than these blocks. The next page begins at or after the place where it would
    /// without them.
    fn below(&self, span: &Span, next: ListFrom) -> ListFrom {
        let ListFrom::Offset(offset) = next else {
            return ListFrom::Block(BlockHeight::new(span.first.saturating_sub(1)));
        };
        let read = &self.known.read;
        let is_newer = |at: u64| at > span.last && !read.has(BlockHeight::new(at));
        let newer = self.seen.values().filter(|height| height.is_none_or(is_newer)).count() as u64;
        ListFrom::Offset(offset.max(newer.saturating_add(read.rows_from(span.first))))
    }

    /// Tells the person of a long walk.
    fn tell(&mut self, total: Option<u64>) {
        let seen = self.seen.len();
        if let Some(progress) = &mut self.progress {
            progress.advance((seen - self.shown) as u64);
            self.shown = seen;
        } else if self.pages == LONG && self.is_remembered() {
            let is_unread = |height: &&Option<u64>| {
                height.is_none_or(|at| !self.known.read.has(BlockHeight::new(at)))
            };
            let known = self.seen.values().filter(is_unread).count() as u64;
            let known = known.saturating_add(self.known.read.rows());
            // An index tells how many there are with the last page only.
            let left = total.map(|total| total.saturating_sub(known)).filter(|left| *left > 1);
            self.ledger.face.notice(&Notice::ReadingCalls { left });
            self.progress = left.map(|left| self.ledger.face.progress(Task::ReadCalls, left));
            self.shown = seen;
        }
    }

    /// Pages of several servers may leave out a row between them: those are read again each time.
    fn is_remembered(&self) -> bool {
        self.ledger.memory.is_some() && !self.ledger.backends.differ()
    }

    /// Remembers what was read of settled blocks. A ledger that does not answer is not asked for the id of the newest.
    fn keep(&mut self, answers: bool) -> Result<(), LedgerError> {
        let ledger = self.ledger;
        let Some(memory) = ledger.memory.as_ref() else { return Ok(()) };
        let Some(newest) = self.known.read.newest() else { return Ok(()) };
        if !self.is_news || !self.is_remembered() {
            return Ok(());
        }
        if answers && self.newest.is_none_or(|(height, _)| height != newest) {
            self.newest = ledger.block_id(newest)?.map(|id| (newest, id));
        }
        if let Some((_, id)) = self.newest.filter(|(height, _)| *height == newest) {
            let read = Remembered { read: self.known.read.clone(), calls: self.calls() };
            memory.remember(self.contract, &read, &id);
            self.is_news = false;
        }
        Ok(())
    }

    /// All refused calls, oldest first.
    fn calls(&self) -> Vec<CallDetails> {
        let mut failed: Vec<_> = self.failed.iter().collect();
        failed.sort_by_key(|(position, _)| *position);
        let failed = failed.into_iter().map(|(_, details)| details);
        let mut all: Vec<_> = self.known.calls.iter().chain(failed).cloned().collect();
        // Blocks that are remembered are remembered as a whole, in their order.
        all.sort_by_key(|details| details.inclusion.block_height);
        all
    }
}
