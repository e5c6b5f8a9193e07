//! Lists over HTTP: transactions of an account, events of a contract, refused calls of a contract.
//!
//! The first two have the shape of the hosted API, newest first. The others are this node's own (`/mrms/v1/contract`):
//! events of one burn height, oldest first, and refused calls with their bytes. A page is found by index, its transactions
//! are read one by one, and it ends before its answer is too long; `next_cursor` then goes on with the rest.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value as JsonValue, json};

use super::clarity_text::{hex_0x, hex_and_repr};
use super::events::hosted_event;
use super::history::History;
use super::hosted_api::TransactionFormatter;
use super::moves::with_moves;
use super::node::Node;
use super::paging::{ByteBudget, Cursor, PageQuery, RequestedPage};
use super::refusal::Refusal;
use crate::chain::{
    BlockHeight, BurnHeight, ContractId, Event, EventPlace, LedgerFailure, Principal, Sequence,
    StoredTransaction,
};

/// The end of the chain, and behind it.
pub(super) const END: EventPlace =
    EventPlace { sequence: Sequence::new(u64::MAX), position: u32::MAX };

#[derive(Deserialize)]
pub(crate) struct HeightQuery {
    pub(crate) burn_height: u32,
}

/// A page that is being filled.
struct List {
    requested: RequestedPage,
    budget: ByteBudget,
    results: Vec<JsonValue>,
    last: Option<Cursor>,
}

impl List {
    const fn new(requested: RequestedPage, bytes: usize) -> Self {
        Self { requested, budget: ByteBudget::new(bytes), results: Vec::new(), last: None }
    }

    /// Adds a row. False when the page is too long for it.
    fn add(&mut self, row: JsonValue, cursor: Cursor) -> bool {
        let fits = self.budget.takes(&row);
        if fits {
            self.results.push(row);
            self.last = Some(cursor);
        }
        fits
    }

    /// The answer. `found` rows were there for the page, and one more if another page follows. `limit` is how many rows
    /// the page could have, so that a page that was cut short does not look like the last one.
    ///
    /// `begins` is the block before which rows may be missing, where the history does not go back further: whoever reads
    /// the list to its end is told.
    fn answer(self, found: usize, begins: Option<BlockHeight>) -> JsonValue {
        let has_more = found > self.results.len();
        let is_cut = has_more && self.results.len() < self.requested.limit as usize;
        let limit = if is_cut { self.results.len() } else { self.requested.limit as usize };
        let mut body = json!({
            "limit": limit,
            "offset": self.requested.offset,
            "results": self.results,
            "next_cursor": self.last.filter(|_| has_more).map(|cursor| cursor.to_string()),
        });
        if let Some(begins) = begins {
            body["begins_at_block"] = json!(begins.get());
        }
        body
    }
}

/// Reads the transaction that an index names.
fn indexed(history: &impl History, sequence: Sequence) -> Result<StoredTransaction, LedgerFailure> {
    let found = history.included_at(sequence)?;
    found.ok_or(LedgerFailure::Damaged { what: "an index without its transaction" })
}

/// `GET /extended/v1/address/{address}/transactions`. `total` only shows whether there is another page; it is
/// exact only on the last page.
pub(super) async fn transactions(
    State(node): State<Arc<Node>>,
    Path(text): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<JsonValue>, Refusal> {
    let (principal, requested) = (node.principal(&text)?, query.page()?);
    let bytes = node.answer_bytes;
    let page = node.read(move |snapshot| {
        transactions_page(snapshot, &principal, Rows::Transactions, requested, bytes)
    });
    Ok(Json(page.await?))
}

/// `GET /extended/v2/addresses/{address}/transactions`: the same list, with what each transaction moved.
pub(super) async fn transactions_with_moves(
    State(node): State<Arc<Node>>,
    Path(text): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<JsonValue>, Refusal> {
    let (principal, requested) = (node.principal(&text)?, query.page()?);
    let bytes = node.answer_bytes;
    let page = node.read(move |snapshot| {
        transactions_page(snapshot, &principal, Rows::WithMoves, requested, bytes)
    });
    Ok(Json(page.await?))
}

/// What the rows of a list of transactions have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rows {
    /// The transaction.
    Transactions,
    /// The transaction, and what it moved from and to the account.
    WithMoves,
}

/// A page of the transactions of a principal.
pub(crate) fn transactions_page(
    history: &mut impl History,
    principal: &Principal,
    rows: Rows,
    requested: RequestedPage,
    bytes: usize,
) -> Result<JsonValue, Refusal> {
    let RequestedPage { limit, offset, after } = requested;
    let before = after.map_or(END.sequence, |cursor| cursor.sequence);
    let found = history.of_principal(principal, before, offset, limit + 1)?;
    let mut total = offset as usize + found.len();
    if found.is_empty() && offset > 0 {
        total = history.count_of_principal(principal, before, offset)? as usize;
    }
    let begins = history.begins_for(principal)?;
    let mut formatter = TransactionFormatter::new(history);
    let mut list = List::new(requested, bytes);
    for sequence in found.iter().take(limit as usize) {
        let stored = indexed(formatter.history, *sequence)?;
        let row = formatter.included(&stored)?;
        let row = match rows {
            Rows::Transactions => row,
            Rows::WithMoves => with_moves(principal, &stored, row),
        };
        if !list.add(row, Cursor { sequence: *sequence, position: 0 }) {
            break;
        }
    }
    let mut body = list.answer(found.len(), begins);
    body["total"] = json!(total);
    Ok(body)
}

/// `GET /extended/v1/contract/{contract}/events`: the events that a contract printed. Each also tells its
/// block, which the hosted API does not: so a reader of many events need not ask for each transaction.
pub(super) async fn contract_events(
    State(node): State<Arc<Node>>,
    Path(text): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<JsonValue>, Refusal> {
    let contract = contract_id(&text)?;
    let (requested, bytes) = (query.page()?, node.answer_bytes);
    let page = node.read(move |snapshot| events_page(snapshot, &contract, requested, bytes));
    Ok(Json(page.await?))
}

/// A page of what a contract printed, newest first.
pub(crate) fn events_page(
    history: &mut impl History,
    contract: &ContractId,
    requested: RequestedPage,
    bytes: usize,
) -> Result<JsonValue, Refusal> {
    let before = requested.after.map_or(END, Cursor::place);
    let RequestedPage { limit, offset, .. } = requested;
    let found = history.printed_before(contract, before, offset, limit + 1)?;
    let begins = history.begins_for(&contract.clone().into())?;
    events(history, contract, &found, begins, List::new(requested, bytes))
}

/// `GET /mrms/v1/contract/{contract}/events?burn_height=…`: what a contract printed in the blocks of a burn height,
/// oldest first.
pub(super) async fn events_at(
    State(node): State<Arc<Node>>,
    Path(text): Path<String>,
    Query(HeightQuery { burn_height }): Query<HeightQuery>,
    Query(query): Query<PageQuery>,
) -> Result<Json<JsonValue>, Refusal> {
    let contract = contract_id(&text)?;
    let (requested, bytes) = (query.long_page()?, node.answer_bytes);
    let height = BurnHeight::new(burn_height);
    let page =
        node.read(move |snapshot| events_at_page(snapshot, &contract, height, requested, bytes));
    Ok(Json(page.await?))
}

/// A page of what a contract printed in the blocks of a burn height, oldest first.
pub(crate) fn events_at_page(
    history: &mut impl History,
    contract: &ContractId,
    height: BurnHeight,
    requested: RequestedPage,
    bytes: usize,
) -> Result<JsonValue, Refusal> {
    let (after, limit) = (requested.after.map(Cursor::place), requested.limit);
    let found = history.printed_at(contract, height, after, limit + 1)?;
    let begins = history.begins_at(contract, height)?;
    events(history, contract, &found, begins, List::new(requested, bytes))
}

/// `GET /mrms/v1/contract/{contract}/refusals`: the calls of a contract that did not succeed, newest first, with their
/// bytes.
pub(super) async fn refusals(
    State(node): State<Arc<Node>>,
    Path(text): Path<String>,
    Query(query): Query<PageQuery>,
) -> Result<Json<JsonValue>, Refusal> {
    let contract = contract_id(&text)?;
    let (requested, bytes) = (query.long_page()?, node.answer_bytes);
    let page = node.read(move |snapshot| refusals_page(snapshot, &contract, requested, bytes));
    Ok(Json(page.await?))
}

/// A page of the calls of a contract that did not succeed, newest first.
pub(crate) fn refusals_page(
    history: &mut impl History,
    contract: &ContractId,
    requested: RequestedPage,
    bytes: usize,
) -> Result<JsonValue, Refusal> {
    let before = requested.after.map_or(END.sequence, |cursor| cursor.sequence);
    let limit = requested.limit;
    let found = history.refused_before(contract, before, limit + 1)?;
    let mut list = List::new(requested, bytes);
    for sequence in found.iter().take(limit as usize) {
        let row = refusal(&indexed(history, *sequence)?);
        if !list.add(row, Cursor { sequence: *sequence, position: 0 }) {
            break;
        }
    }
    let begins = history.begins_for(&contract.clone().into())?;
    Ok(list.answer(found.len(), begins))
}

pub(crate) fn contract_id(text: &str) -> Result<ContractId, Refusal> {
    ContractId::parse(text).map_err(|error| Refusal::request(error.to_string()))
}

fn refusal(stored: &StoredTransaction) -> JsonValue {
    let included = &stored.included;
    json!({
        "tx_id": included.txid.to_string(),
        "tx_status": included.receipt.status.as_str(),
        "tx_result": hex_and_repr(&included.receipt.result),
        "block_height": included.height.get(),
        "burn_block_height": included.burn_height.get(),
        "block_time": included.time.get(),
        "raw_tx": hex_0x(&stored.raw),
    })
}

/// Fills a page with events. The transaction of several events is read once.
fn events(
    history: &impl History,
    contract: &ContractId,
    found: &[EventPlace],
    begins: Option<BlockHeight>,
    mut list: List,
) -> Result<JsonValue, Refusal> {
    let mut read: Option<(Sequence, StoredTransaction)> = None;
    for place in found.iter().take(list.requested.limit as usize) {
        let stored = match read.take().filter(|(sequence, _)| *sequence == place.sequence) {
            Some((_, stored)) => stored,
            None => indexed(history, place.sequence)?,
        };
        let row = printed_event(contract, &stored, place.position)?;
        read = Some((place.sequence, stored));
        if !list.add(row, Cursor { sequence: place.sequence, position: place.position }) {
            break;
        }
    }
    Ok(list.answer(found.len(), begins))
}

fn printed_event(
    contract: &ContractId,
    stored: &StoredTransaction,
    position: u32,
) -> Result<JsonValue, LedgerFailure> {
    let included = &stored.included;
    let event = included.receipt.events.get(position as usize);
    let print = event.filter(
        |event| matches!(event, Event::Print { contract: printer, .. } if printer == contract),
    );
    let print = print.ok_or(LedgerFailure::Damaged { what: "an index without its event" })?;
    let mut described = hosted_event(&included.txid, position as usize, print);
    described["block_height"] = json!(included.height.get());
    described["burn_block_height"] = json!(included.burn_height.get());
    described["block_time"] = json!(included.time.get());
    Ok(described)
}
