//! Lists: what contracts printed, and the transactions of an account or a contract.
//!
//! The hosted API's lists come newest first, page by page; the rows of one page may come in any order. The older ones go by offsets, and an API need not go on for ever; the newer
//! ones go by cursors, and one over what was printed can begin at any block. A node of the embedded ledger has lists of its
//! own beside them: they give just what an audit asks for.

use mrms_core::{
    BlockHeight, BurnHeight, ContractId, Nonce, Principal, StandardPrincipal, TxId, UnixTime,
};
use serde::{Deserialize, Deserializer};

use super::answer::Hex;
use super::api::{Generation, NewerJson, OlderJson, Told};
use super::transport::Answer;
use super::{
    ClientError, EventPlace, History, ListedEvent, ListedStanding, ListedTransaction, RpcClient,
    TransactionState,
};
use crate::transaction::Transaction;

/// Rows of a page; the hosted API gives no more at a time.
const PAGE: usize = 50;
/// Beyond every place within a block that the hosted API has: its order is by microblock, transaction and event.
const END_OF_BLOCK: &str = "2147483647:32767:2147483647";
/// The same where the order is by microblock and transaction.
const END_OF_TRANSACTIONS: &str = "2147483647:32767";
/// How many of an account's newest transactions are looked through for a nonce.
const NONCES_WITHIN: usize = 2_000;
/// Rows of a page of an embedded ledger's own lists.
const LONG_PAGE: usize = 500;

/// How an API's list of what a contract printed can be entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventLog {
    /// At any number of events before the newest.
    ByOffset,
    /// At any block.
    ByBlock,
}

/// Where a page of what a contract printed begins. It goes on to older events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventsFrom {
    /// So many events before the newest ([`EventLog::ByOffset`]).
    Offset(u64),
    /// At the end of this block ([`EventLog::ByBlock`]).
    Block(BlockHeight),
    /// After another page ([`EventLog::ByBlock`]).
    Cursor(String),
}

/// Where a page of transactions begins. It goes on to older ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListFrom {
    /// At the newest.
    Newest,
    /// So many before the newest. Rows that come or go meanwhile move the others.
    Offset(u64),
    /// After another page: only where a page led there by a cursor.
    Cursor(String),
    /// At the end of this block: only where pages lead on by cursors.
    Block(BlockHeight),
}

/// A page of a list of the hosted API.
#[derive(Clone, Debug)]
pub struct ListPage<T, F> {
    /// Its rows. They are newer than those of the next page, and come in any order.
    pub rows: Vec<T>,
    /// Where the next page begins; `None` after the last one.
    pub next: Option<F>,
    /// The block before which rows may be missing, where the address says so: whoever reads the list to its end does not
    /// have all of it.
    pub begins: Option<BlockHeight>,
    /// How many rows the whole list has, where the address says so. It may say less before the last page.
    pub total: Option<u64>,
}

/// A page of a list that goes by cursors.
#[derive(Clone, Debug)]
pub struct CursorPage<T> {
    /// Its rows.
    pub rows: Vec<T>,
    /// After which the next page begins; `None` after the last one.
    pub next: Option<String>,
}

/// A call that a contract refused.
#[derive(Clone, Debug)]
pub struct ListedRefusal {
    /// Its id.
    pub txid: TxId,
    /// What became of it.
    pub state: TransactionState,
    /// The transaction as it was signed, encoded.
    pub raw: Vec<u8>,
}

#[derive(Deserialize)]
struct OffsetRows<T> {
    /// How many rows the page could have. An answer that would be too long has fewer than were asked for, and says so.
    limit: Option<usize>,
    total: Option<u64>,
    results: Vec<T>,
    begins_at_block: Option<u64>,
}

/// Version 3's list: its cursors lead to older rows by `next`.
#[derive(Deserialize)]
struct NewerRows<T> {
    total: Option<u64>,
    cursor: CursorsJson,
    results: Vec<T>,
}

#[derive(Deserialize)]
struct CursorsJson {
    next: Option<String>,
}

#[derive(Deserialize)]
struct PrincipalRow {
    transaction: NewerJson,
}

/// The contract logs of version 2: what it calls the next page is newer, and the previous one older.
#[derive(Deserialize)]
struct LogRows {
    prev_cursor: Option<String>,
    results: Vec<EventJson>,
}

#[derive(Deserialize)]
struct CursorRows<T> {
    results: Vec<T>,
    /// It must be there, so that nobody takes another list for one that has ended.
    #[serde(deserialize_with = "present")]
    next_cursor: Option<String>,
    begins_at_block: Option<u64>,
}

fn present<'de, D: Deserializer<'de>>(text: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(text)
}

#[derive(Deserialize)]
struct RefusalJson {
    raw_tx: String,
    #[serde(flatten)]
    transaction: OlderJson,
}

#[derive(Deserialize)]
struct EventJson {
    event_index: u64,
    tx_id: String,
    contract_log: Option<LogJson>,
    // Only a node of the embedded ledger tells these.
    block_height: Option<u64>,
    burn_block_height: Option<u64>,
    block_time: Option<u64>,
}

#[derive(Deserialize)]
struct LogJson {
    value: Hex,
}

impl EventJson {
    fn place(&self) -> Option<EventPlace> {
        Some(EventPlace {
            block_height: BlockHeight::new(self.block_height?),
            burn_height: BurnHeight::new(self.burn_block_height?),
            time: UnixTime::from_seconds(self.block_time?),
        })
    }

    fn listed(self, answer: &Answer) -> Option<Result<ListedEvent, ClientError>> {
        let place = self.place();
        let log = self.contract_log?;
        Some(answer.parsed(&self.tx_id).and_then(|txid| {
            let value = answer.value(&log.value.hex)?;
            Ok(ListedEvent { txid, index: self.event_index, value, place })
        }))
    }
}

impl<T> OffsetRows<T> {
    /// Where the next page begins, after a page of `limit` rows at `offset`.
    fn next(&self, offset: u64, limit: usize) -> Option<u64> {
        let next = offset + self.results.len() as u64;
        let is_last = match self.total {
            Some(total) => next >= total,
            None => self.results.len() < self.limit.unwrap_or(limit).min(limit),
        };
        (!is_last && next > offset).then_some(next)
    }
}

impl RpcClient {
    /// How the API's list of what a contract printed is entered; asked once.
    ///
    /// # Errors
    ///
    /// As [`printed`](Self::printed).
    pub fn event_log(&self, contract: &ContractId) -> Result<EventLog, ClientError> {
        self.needs_history()?;
        let newer = format!("/extended/v2/smart-contracts/{contract}/logs?limit=1");
        let older = format!("/extended/v1/contract/{contract}/events?limit=1&offset=0");
        if self.routes.events.get().is_none()
            && let Some((answer, _)) = self.either(&self.routes.events, &newer, &older)?
            && !answer.is_success()
        {
            return Err(answer.unexpected());
        }
        Ok(match self.routes.events.get() {
            Some(Generation::Newer) => EventLog::ByBlock,
            Some(Generation::Older) | None => EventLog::ByOffset,
        })
    }

    /// A page of what a contract printed, newest first. New events move the older ones along: a reader who goes on to
    /// older ones may see one twice and misses none.
    ///
    /// # Errors
    ///
    /// [`ClientError::Call`] from a node alone, which keeps no events, and where the list ends before the chain does.
    pub fn printed(
        &self,
        contract: &ContractId,
        from: &EventsFrom,
        limit: usize,
    ) -> Result<ListPage<ListedEvent, EventsFrom>, ClientError> {
        self.needs_history()?;
        let limit = limit.min(PAGE);
        let logs = format!("/extended/v2/smart-contracts/{contract}/logs?limit={limit}&cursor=");
        let path = match from {
            EventsFrom::Offset(offset) => {
                format!("/extended/v1/contract/{contract}/events?limit={limit}&offset={offset}")
            }
            EventsFrom::Block(height) => format!("{logs}{}:{END_OF_BLOCK}", height.number()),
            EventsFrom::Cursor(cursor) => format!("{logs}{cursor}"),
        };
        let answer = self.transport.get(&path)?;
        if answer.is_elsewhere() {
            return Ok(ListPage { rows: Vec::new(), next: None, begins: None, total: None });
        }
        let (rows, next, begins) = if let EventsFrom::Offset(offset) = from {
            self.must_go_so_far(&answer, *offset, "events")?;
            let found: OffsetRows<EventJson> = answer.json()?;
            let next = found.next(*offset, limit).map(EventsFrom::Offset);
            (found.results, next, found.begins_at_block)
        } else {
            let found: LogRows = answer.json()?;
            let after = match from {
                EventsFrom::Cursor(cursor) => Some(cursor.as_str()),
                EventsFrom::Offset(_) | EventsFrom::Block(_) => None,
            };
            let next = further(&answer, after, found.prev_cursor)?.map(EventsFrom::Cursor);
            (found.results, next, None)
        };
        let begins = begins.map(BlockHeight::new);
        let rows = rows.into_iter().filter_map(|row| row.listed(&answer));
        Ok(ListPage { rows: rows.collect::<Result<_, _>>()?, next, begins, total: None })
    }

    /// A page of the transactions of an account, or of those that called or deployed a contract, failed ones included. The
    /// newest page comes first.
    ///
    /// # Errors
    ///
    /// As [`printed`](Self::printed).
    pub fn transactions_of(
        &self,
        principal: &Principal,
        from: &ListFrom,
    ) -> Result<ListPage<ListedTransaction, ListFrom>, ClientError> {
        self.needs_history()?;
        let newer = format!("/extended/v3/principals/{principal}/transactions?limit={PAGE}");
        let older = format!("/extended/v1/address/{principal}/transactions?limit={PAGE}&offset=");
        let found = match from {
            ListFrom::Newest => self.either(&self.routes.lists, &newer, &format!("{older}0"))?,
            ListFrom::Offset(offset) => {
                let answer = self.transport.get(&format!("{older}{offset}"))?;
                Some((answer, Generation::Older))
            }
            ListFrom::Cursor(cursor) => {
                let answer = self.transport.get(&format!("{newer}&cursor={cursor}"))?;
                Some((answer, Generation::Newer))
            }
            ListFrom::Block(height) => {
                let cursor = format!("{}:{END_OF_TRANSACTIONS}", height.number());
                let answer = self.transport.get(&format!("{newer}&cursor={cursor}"))?;
                Some((answer, Generation::Newer))
            }
        };
        let Some((answer, generation)) = found.filter(|(answer, _)| !answer.is_elsewhere()) else {
            return Ok(ListPage { rows: Vec::new(), next: None, begins: None, total: None });
        };
        let (rows, next, begins, total): (Vec<Told>, _, _, _) = match generation {
            Generation::Newer => {
                let found: NewerRows<PrincipalRow> = answer.json()?;
                let after = match from {
                    ListFrom::Cursor(cursor) => Some(cursor.as_str()),
                    ListFrom::Newest | ListFrom::Offset(_) | ListFrom::Block(_) => None,
                };
                let next = further(&answer, after, found.cursor.next)?.map(ListFrom::Cursor);
                let rows = found.results.into_iter().map(|row| row.transaction.into());
                (rows.collect(), next, None, found.total)
            }
            Generation::Older => {
                let offset = match from {
                    ListFrom::Offset(offset) => *offset,
                    ListFrom::Newest | ListFrom::Cursor(_) | ListFrom::Block(_) => 0,
                };
                self.must_go_so_far(&answer, offset, "transactions")?;
                let found: OffsetRows<OlderJson> = answer.json()?;
                let next = found.next(offset, PAGE).map(ListFrom::Offset);
                let rows = found.results.into_iter().map(Told::from);
                (rows.collect(), next, found.begins_at_block, found.total)
            }
        };
        let begins = begins.map(BlockHeight::new);
        let rows = rows.into_iter().map(|row| self.listed(&answer, row));
        Ok(ListPage { rows: rows.collect::<Result<_, _>>()?, next, begins, total })
    }

    /// What an account sent and waits for a block (`/extended/v1/tx/mempool`), newest first and up to a page; nothing from an
    /// address that has no such list.
    ///
    /// # Errors
    ///
    /// As [`printed`](Self::printed).
    pub fn waiting_of(
        &self,
        account: &StandardPrincipal,
    ) -> Result<Vec<ListedTransaction>, ClientError> {
        self.needs_history()?;
        let path = format!("/extended/v1/tx/mempool?sender_address={account}&limit={PAGE}");
        let answer = self.transport.get(&path)?;
        if answer.is_elsewhere() {
            return Ok(Vec::new());
        }
        let found: OffsetRows<OlderJson> = answer.json()?;
        let rows = found.results.into_iter().map(|row| self.listed(&answer, Told::from(row)));
        let mut rows = rows.collect::<Result<Vec<_>, _>>()?;
        rows.retain(|row| row.sender == Some(*account) && row.standing == ListedStanding::Waiting);
        Ok(rows)
    }

    /// The transaction of an account that stands in a block with this nonce. `None` also where that is not known: the list
    /// is behind, or there is none.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn included_with_nonce(
        &self,
        account: &StandardPrincipal,
        nonce: Nonce,
    ) -> Result<Option<ListedTransaction>, ClientError> {
        if self.history()? == History::NodeOnly {
            return Ok(None);
        }
        let principal = (*account).into();
        let mut next = Some(ListFrom::Newest);
        let mut looked_through = 0;
        while let Some(from) = next.filter(|_| looked_through < NONCES_WITHIN) {
            let page = match self.transactions_of(&principal, &from) {
                Err(ClientError::NoHistory { .. }) => return Ok(None),
                page => page?,
            };
            looked_through += page.rows.len();
            // An earlier nonce means that the next page has only earlier ones. This page may come in any order.
            let mut is_beyond = false;
            for row in page.rows {
                if row.standing == ListedStanding::Waiting {
                    continue;
                }
                match row.nonce.filter(|_| row.sender == Some(*account)) {
                    Some(found) if found == nonce => return Ok(Some(row)),
                    Some(found) => is_beyond |= found < nonce,
                    None => {}
                }
            }
            next = page.next.filter(|_| !is_beyond);
        }
        Ok(None)
    }

    /// A page of what a contract printed in the blocks of a burn height, oldest first, after a cursor. `None` from a node
    /// that has no such list: only those of the embedded ledger have.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn printed_at(
        &self,
        contract: &ContractId,
        height: BurnHeight,
        after: Option<&str>,
    ) -> Result<Option<CursorPage<ListedEvent>>, ClientError> {
        // No chain has a height beyond that, and no node reads one.
        let height = height.number().min(u128::from(u32::MAX));
        let path =
            format!("/mrms/v1/contract/{contract}/events?burn_height={height}&limit={LONG_PAGE}");
        let answer = self.transport.get(&(path + &cursor(after)))?;
        if answer.status == 404 {
            return Ok(None);
        }
        let found: CursorRows<EventJson> = answer.json()?;
        let rows = found.results.into_iter().filter_map(|row| row.listed(&answer));
        let rows = rows.collect::<Result<_, _>>()?;
        let next = further(&answer, after, found.next_cursor)?;
        self.must_be_whole(next.is_none(), found.begins_at_block)?;
        Ok(Some(CursorPage { rows, next }))
    }

    /// A page of the calls that a contract refused, newest first, after a cursor. `None` from a node that has no such
    /// list.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn refusals_of(
        &self,
        contract: &ContractId,
        after: Option<&str>,
    ) -> Result<Option<CursorPage<ListedRefusal>>, ClientError> {
        let path = format!("/mrms/v1/contract/{contract}/refusals?limit={LONG_PAGE}");
        let answer = self.transport.get(&(path + &cursor(after)))?;
        if answer.status == 404 {
            return Ok(None);
        }
        let found: CursorRows<RefusalJson> = answer.json()?;
        let listed = |row: RefusalJson| {
            Ok(ListedRefusal {
                txid: answer.parsed(&row.transaction.tx_id)?,
                state: self.state(&answer, row.transaction.into())?,
                raw: answer.bytes(&row.raw_tx)?,
            })
        };
        let rows = found.results.into_iter().map(listed).collect::<Result<_, ClientError>>()?;
        let next = further(&answer, after, found.next_cursor)?;
        self.must_be_whole(next.is_none(), found.begins_at_block)?;
        Ok(Some(CursorPage { rows, next }))
    }

    /// A list that was read to its end must have everything.
    fn must_be_whole(&self, is_last: bool, begins: Option<u64>) -> Result<(), ClientError> {
        match begins.filter(|_| is_last) {
            None => Ok(()),
            Some(begins) => Err(self.begins_late(BlockHeight::new(begins))),
        }
    }

    /// The error for a list that does not go back far enough.
    #[must_use]
    pub fn begins_late(&self, begins: BlockHeight) -> ClientError {
        ClientError::HistoryBegins { url: self.url().to_owned(), begins }
    }

    /// An API may refuse to go on beyond some offset.
    fn must_go_so_far(&self, answer: &Answer, offset: u64, what: &str) -> Result<(), ClientError> {
        if answer.status != 400 || offset == 0 {
            return Ok(());
        }
        let url = self.url();
        let cause = format!(
            "{url} lists only its newest {offset} {what}; for older ones ask another API, or one of your own"
        );
        Err(ClientError::Call { cause })
    }
}

impl ListedRefusal {
    /// The transaction as it was signed.
    ///
    /// # Errors
    ///
    /// What is wrong with its bytes.
    pub fn transaction(&self) -> Result<Transaction, String> {
        let transaction = Transaction::decode(&self.raw).map_err(|error| error.to_string())?;
        if transaction.txid() == self.txid {
            Ok(transaction)
        } else {
            Err(format!("the bytes of {} are another transaction's", self.txid))
        }
    }
}

fn cursor(after: Option<&str>) -> String {
    after.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default()
}

/// The next cursor. It must lead on, and have nothing that could change the question.
fn further(
    answer: &Answer,
    after: Option<&str>,
    next: Option<String>,
) -> Result<Option<String>, ClientError> {
    let is_plain = |cursor: &String| {
        cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":_-".contains(&byte))
    };
    match next {
        Some(next) if after == Some(next.as_str()) || !is_plain(&next) => {
            Err(answer.wrong("its cursor does not lead on"))
        }
        next => Ok(next),
    }
}
