//! Lists: what contracts printed, and the transactions of an account or a contract.
//!
//! The hosted API's lists go by offsets, newest first, and an API need not go on for ever. A node of the embedded ledger
//! has lists of its own beside them: they go on after a cursor, each page costs the same, and they give just what an audit
//! asks for.

use mrms_core::{
    BlockHeight, BurnHeight, ContractId, Nonce, Principal, StandardPrincipal, TxId, UnixTime,
};
use serde::{Deserialize, Deserializer};

use super::answer::Hex;
use super::history::TransactionJson;
use super::transport::Answer;
use super::{
    ClientError, EventPlace, History, ListedEvent, ListedTransaction, RpcClient, TransactionState,
};
use crate::transaction::Transaction;

/// Rows of a page; the hosted API gives no more at a time.
pub const PAGE: usize = 50;
/// How many of an account's newest transactions are looked through for a nonce.
const NONCES_WITHIN: u64 = 2_000;
/// Rows of a page of an embedded ledger's own lists.
const LONG_PAGE: usize = 500;

/// A page of a list that goes by offsets.
#[derive(Clone, Debug)]
pub struct OffsetPage<T> {
    /// Its rows.
    pub rows: Vec<T>,
    /// Where the next page begins; `None` after the last one.
    pub next: Option<u64>,
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
}

#[derive(Deserialize)]
struct CursorRows<T> {
    results: Vec<T>,
    /// It must be there, so that nobody takes another list for one that has ended.
    #[serde(deserialize_with = "present")]
    next_cursor: Option<String>,
}

fn present<'de, D: Deserializer<'de>>(text: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(text)
}

#[derive(Deserialize)]
struct RefusalJson {
    raw_tx: String,
    #[serde(flatten)]
    transaction: TransactionJson,
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
    /// A page of what a contract printed, newest first, beginning `offset` events before the
    /// newest. New events move the older ones along: a reader who goes on to greater offsets may
    /// see one twice and misses none.
    ///
    /// # Errors
    ///
    /// [`ClientError::Call`] from a node alone, which keeps no events, and where the list ends before the chain does.
    pub fn printed(
        &self,
        contract: &ContractId,
        offset: u64,
        limit: usize,
    ) -> Result<OffsetPage<ListedEvent>, ClientError> {
        self.needs_history()?;
        let path = format!("/extended/v1/contract/{contract}/events?limit={limit}&offset={offset}");
        let answer = self.transport.get(&path)?;
        if answer.status == 404 {
            return Ok(OffsetPage { rows: Vec::new(), next: None });
        }
        self.must_go_so_far(&answer, offset, "events")?;
        let found: OffsetRows<EventJson> = answer.json()?;
        let next = found.next(offset, limit);
        let rows = found.results.into_iter().filter_map(|row| row.listed(&answer));
        Ok(OffsetPage { rows: rows.collect::<Result<_, _>>()?, next })
    }

    /// A page of the transactions of an account, or of those that called or deployed a contract, failed ones included,
    /// newest first, beginning `offset` transactions before the newest.
    ///
    /// # Errors
    ///
    /// As [`printed`](Self::printed).
    pub fn transactions_of(
        &self,
        principal: &Principal,
        offset: u64,
    ) -> Result<OffsetPage<ListedTransaction>, ClientError> {
        self.needs_history()?;
        let path =
            format!("/extended/v1/address/{principal}/transactions?limit={PAGE}&offset={offset}");
        let answer = self.transport.get(&path)?;
        if answer.status == 404 {
            return Ok(OffsetPage { rows: Vec::new(), next: None });
        }
        self.must_go_so_far(&answer, offset, "transactions")?;
        let found: OffsetRows<TransactionJson> = answer.json()?;
        let next = found.next(offset, PAGE);
        let rows = found.results.into_iter().map(|row| self.listed(&answer, row));
        Ok(OffsetPage { rows: rows.collect::<Result<_, _>>()?, next })
    }

    fn listed(
        &self,
        answer: &Answer,
        mut row: TransactionJson,
    ) -> Result<ListedTransaction, ClientError> {
        let txid = answer.parsed(&row.tx_id)?;
        let arguments = row.contract_call.take().and_then(|call| call.function_args);
        let arguments = arguments
            .map(|told| told.iter().map(|argument| answer.bytes(&argument.hex)).collect())
            .transpose()?;
        let sender = row.sender_address.take();
        let sender = sender.map(|text| answer.parsed::<StandardPrincipal>(&text)).transpose()?;
        let nonce = row.nonce.map(Nonce::new);
        Ok(ListedTransaction { txid, sender, nonce, state: self.state(answer, row)?, arguments })
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
        let mut next = Some(0);
        while let Some(offset) = next.filter(|offset| *offset < NONCES_WITHIN) {
            let page = self.transactions_of(&principal, offset)?;
            for row in page.rows {
                let TransactionState::Included(_) = row.state else { continue };
                match row.nonce.filter(|_| row.sender == Some(*account)) {
                    Some(found) if found == nonce => return Ok(Some(row)),
                    Some(found) if found < nonce => return Ok(None),
                    _ => {}
                }
            }
            next = page.next;
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
        Ok(Some(CursorPage { rows, next: further(&answer, after, found.next_cursor)? }))
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
                state: self.state(&answer, row.transaction)?,
                raw: answer.bytes(&row.raw_tx)?,
            })
        };
        let rows = found.results.into_iter().map(listed).collect::<Result<_, ClientError>>()?;
        Ok(Some(CursorPage { rows, next: further(&answer, after, found.next_cursor)? }))
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
