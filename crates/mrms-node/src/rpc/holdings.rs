//! What accounts hold and have moved: STX, fees, fungible and non-fungible tokens of any contract.
//!
//! The ledger's state has a balance for each token and account, and no list by account. So the events of all blocks are
//! added up, in a file of their own beside the ledger's. They are when somebody asks: a node that nobody asks does
//! nothing for it, and the file remembers how far it is. It follows from the ledger alone. After a revert, or when it is
//! damaged, all is counted anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior, params};

use super::refusal::Refusal;
use crate::chain::{
    Account, Block, BlockHash, BlockHeight, Event, Ledger, LedgerFailure, MicroStx, Operation,
    Principal, ReadSnapshot, StoredTransaction, store,
};

/// Name of the file in the ledger's folder.
const FILE: &str = "holdings.sqlite";
/// SQLite's mark of what a file is for: `mrho`.
const APPLICATION: i32 = 0x6d72_686f;
const FORMAT: u32 = 1;
/// Transactions that are added up in one snapshot of the ledger, and in one commit.
const TOGETHER: usize = 2_000;
/// How long one question counts. The next one goes on.
const LONGEST: Duration = Duration::from_secs(5);

/// `kind` is that of [`Kind`]. Amounts are 16 bytes, the highest first.
const CREATE: &str = "
CREATE TABLE holdings (
    address     TEXT NOT NULL,
    kind        INTEGER NOT NULL,
    asset       TEXT NOT NULL,
    balance     BLOB NOT NULL,
    received    BLOB NOT NULL,
    sent        BLOB NOT NULL,
    PRIMARY KEY (address, kind, asset)
) STRICT, WITHOUT ROWID;
CREATE TABLE counted (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    height      INTEGER NOT NULL,
    hash        BLOB NOT NULL
) STRICT;
";

/// What is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// STX, without fees.
    Stx = 0,
    /// STX that were paid as fees.
    Fees = 1,
    /// A fungible token; in its smallest unit.
    Fungible = 2,
    /// A kind of non-fungible tokens; counted.
    NonFungible = 3,
}

/// What an account holds of something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Holding {
    pub(super) balance: u128,
    /// All that ever came. It stops at the greatest number: who mints and burns can pass that.
    pub(super) received: u128,
    /// All that ever went.
    pub(super) sent: u128,
}

impl Holding {
    fn and(self, more: Self) -> Self {
        Self {
            // A part of a history may have sent more than it received: only the whole is not below zero.
            balance: self.balance.wrapping_add(more.balance),
            received: self.received.saturating_add(more.received),
            sent: self.sent.saturating_add(more.sent),
        }
    }
}

type Key = (String, Kind, String);

/// What some blocks moved.
#[derive(Default)]
struct Moves(BTreeMap<Key, Holding>);

impl Moves {
    fn add(&mut self, account: &Principal, kind: Kind, asset: &str, moved: Holding) {
        let key = (account.to_string(), kind, asset.to_owned());
        let held = self.0.entry(key).or_default();
        *held = held.and(moved);
    }

    fn received(&mut self, account: &Principal, kind: Kind, asset: &str, amount: u128) {
        self.add(account, kind, asset, Holding { balance: amount, received: amount, sent: 0 });
    }

    fn sent(&mut self, account: &Principal, kind: Kind, asset: &str, amount: u128) {
        let balance = amount.wrapping_neg();
        self.add(account, kind, asset, Holding { balance, received: 0, sent: amount });
    }

    fn token(
        &mut self,
        kind: Kind,
        asset: &str,
        (sender, recipient): (Option<&Principal>, Option<&Principal>),
        amount: u128,
    ) {
        if let Some(sender) = sender {
            self.sent(sender, kind, asset, amount);
        }
        if let Some(recipient) = recipient {
            self.received(recipient, kind, asset, amount);
        }
    }

    fn event(&mut self, event: &Event) {
        match event {
            Event::Print { .. } => {}
            Event::StxTransfer { sender, recipient, amount, .. } => {
                self.token(Kind::Stx, "", (Some(sender), Some(recipient)), amount.get());
            }
            Event::StxBurn { sender, amount } => self.sent(sender, Kind::Stx, "", amount.get()),
            Event::Fungible { asset, sender, recipient, amount } => {
                let sides = (sender.as_ref(), recipient.as_ref());
                self.token(Kind::Fungible, asset, sides, *amount);
            }
            Event::NonFungible { asset, sender, recipient, .. } => {
                self.token(Kind::NonFungible, asset, (sender.as_ref(), recipient.as_ref()), 1);
            }
        }
    }

    fn operation(&mut self, operation: &Operation) {
        match operation {
            Operation::Genesis { allocations, .. } => {
                for allocation in allocations {
                    self.received(&allocation.account, Kind::Stx, "", allocation.amount.get());
                }
            }
            Operation::Faucet { account, amount } => {
                self.received(account, Kind::Stx, "", amount.get());
            }
            _ => {}
        }
    }

    fn transaction(&mut self, stored: &StoredTransaction) -> Result<(), LedgerFailure> {
        let damaged = |_| LedgerFailure::Damaged { what: "a stored transaction" };
        let transaction = stored.transaction().map_err(damaged)?;
        let payer = transaction.authorization.payer().account();
        let receipt = &stored.included.receipt;
        self.sent(&payer, Kind::Fees, "", receipt.fee.into());
        receipt.events.iter().for_each(|event| self.event(event));
        Ok(())
    }
}

/// The block up to which everything is counted.
type Counted = (BlockHeight, BlockHash);

/// What one snapshot of the ledger gave.
struct Counting {
    /// Whether what was counted before is on the chain no more.
    anew: bool,
    moves: Moves,
    counted: Option<Counted>,
    newest: BlockHeight,
    /// The account that is asked for, if everything is counted now.
    account: Option<Account>,
}

/// The file of what accounts hold.
pub(super) struct Holdings {
    path: PathBuf,
    connection: Mutex<Option<Connection>>,
}

/// What an account holds.
#[derive(Debug)]
pub(super) struct Held {
    /// Its STX, as the ledger's state has them.
    pub(super) balance: MicroStx,
    /// All holdings, in the order of their assets.
    pub(super) rows: Vec<(Kind, String, Holding)>,
}

impl Held {
    /// What it holds of STX, or paid as fees.
    pub(super) fn stx(&self, kind: Kind) -> Holding {
        self.of_kind(kind).next().map(|(_, holding)| holding).unwrap_or_default()
    }

    pub(super) fn of_kind(&self, kind: Kind) -> impl Iterator<Item = (&str, Holding)> {
        let rows = self.rows.iter().filter(move |(of, ..)| *of == kind);
        rows.map(|(_, asset, holding)| (asset.as_str(), *holding))
    }
}

impl Holdings {
    /// The file in a ledger's folder, which is opened when it is first asked.
    pub(super) fn new(folder: &Path) -> Self {
        Self { path: folder.join(FILE), connection: Mutex::default() }
    }

    /// What an account holds now. Counts what is new before; may take [`LONGEST`], and refuses then.
    pub(super) fn of(&self, ledger: &Ledger, account: &Principal) -> Result<Held, Refusal> {
        let mut open = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let connection = match &mut *open {
            Some(connection) => connection,
            closed => closed.insert(self.open()?),
        };
        let held = count_and_read(connection, ledger, account);
        if matches!(&held, Err(Refusal::Ledger { .. })) {
            // Opened anew the next time: what is damaged is counted anew.
            *open = None;
        }
        held
    }

    fn open(&self) -> Result<Connection, LedgerFailure> {
        if let Ok(Some(connection)) = self.opened() {
            return Ok(connection);
        }
        for suffix in ["", "-wal", "-shm"] {
            let mut path = self.path.clone().into_os_string();
            path.push(suffix);
            // What is not there need not go.
            let _ = std::fs::remove_file(path);
        }
        let damaged = LedgerFailure::Damaged { what: "the file of holdings" };
        self.opened()?.ok_or(damaged)
    }

    /// Opens the file; none if it is something else.
    fn opened(&self) -> Result<Option<Connection>, LedgerFailure> {
        let storage = |error: std::io::Error| LedgerFailure::Storage { message: error.to_string() };
        mrms_files::private_options()
            .create(true)
            .append(true)
            .open(&self.path)
            .map_err(storage)?;
        let mut connection = store::connect_writable(&self.path, None)?;
        store::check_planted(&connection)?;
        if store::is_empty(&connection)? {
            let transaction =
                connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            transaction.execute_batch(CREATE)?;
            transaction.pragma_update(None, "application_id", APPLICATION)?;
            transaction.pragma_update(None, "user_version", FORMAT)?;
            transaction.commit()?;
        }
        let application: i32 =
            connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        let is_ours = application == APPLICATION && store::format_of(&connection)? == FORMAT;
        Ok(is_ours.then_some(connection))
    }
}

fn count_and_read(
    connection: &mut Connection,
    ledger: &Ledger,
    account: &Principal,
) -> Result<Held, Refusal> {
    let began = Instant::now();
    loop {
        let counted = counted(connection).map_err(LedgerFailure::from)?;
        let asked = account.clone();
        let counting = ledger.read(move |snapshot| count(snapshot, counted, &asked))?;
        keep(connection, &counting)?;
        if let Some(Account { balance, .. }) = counting.account {
            let rows = rows(connection, account).map_err(LedgerFailure::from)?;
            return Ok(Held { balance, rows });
        }
        if began.elapsed() > LONGEST {
            let at = counting.counted.map_or(0, |(height, _)| height.get());
            let message = format!(
                "what accounts hold is being counted: {at} of {} blocks; ask again",
                counting.newest
            );
            return Err(Refusal::unwell(message));
        }
    }
}

/// Adds up some of the blocks after those that are counted.
fn count(
    snapshot: &mut ReadSnapshot<'_>,
    counted: Option<Counted>,
    account: &Principal,
) -> Result<Counting, Refusal> {
    let newest = snapshot.tip()?.height;
    let block =
        |snapshot: &ReadSnapshot<'_>, height: BlockHeight| -> Result<Block, LedgerFailure> {
            let missing = LedgerFailure::Damaged { what: "a block is missing" };
            snapshot.block(height)?.ok_or(missing)
        };
    let mut counting =
        Counting { anew: false, moves: Moves::default(), counted, newest, account: None };
    if let Some((height, hash)) = counted {
        let found = snapshot.block(height)?;
        counting.anew = found.is_none_or(|found| found.hash != hash);
    }
    if counting.anew {
        counting.counted = None;
    }
    let mut transactions = 0;
    while transactions < TOGETHER {
        let next = match counting.counted {
            None => BlockHeight::new(0),
            Some((height, _)) if height >= newest => {
                counting.account = Some(snapshot.account(account)?);
                break;
            }
            Some((height, _)) => BlockHeight::new(height.get().saturating_add(1)),
        };
        let block = block(snapshot, next)?;
        block.operations.iter().for_each(|operation| counting.moves.operation(operation));
        for txid in &block.transactions {
            let missing = LedgerFailure::Damaged { what: "a transaction is missing" };
            let stored = snapshot.transaction(txid)?.ok_or(missing)?;
            counting.moves.transaction(&stored)?;
        }
        transactions += 1 + block.transactions.len();
        counting.counted = Some((next, block.hash));
    }
    Ok(counting)
}

fn counted(connection: &Connection) -> rusqlite::Result<Option<Counted>> {
    connection
        .prepare_cached("SELECT height, hash FROM counted")?
        .query_row([], |row| Ok((BlockHeight::new(row.get(0)?), BlockHash::new(row.get(1)?))))
        .optional()
}

fn holding(row: &Row<'_>, first: usize) -> rusqlite::Result<Holding> {
    let number = |column| row.get(column).map(u128::from_be_bytes);
    Ok(Holding { balance: number(first)?, received: number(first + 1)?, sent: number(first + 2)? })
}

/// Writes what was counted, all or nothing.
fn keep(connection: &mut Connection, counting: &Counting) -> Result<(), LedgerFailure> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if counting.anew {
        transaction.execute_batch("DELETE FROM holdings; DELETE FROM counted;")?;
    }
    for ((address, kind, asset), moved) in &counting.moves.0 {
        let key = params![address, *kind as u8, asset];
        let before = transaction
            .prepare_cached(
                "SELECT balance, received, sent FROM holdings
                 WHERE address = ? AND kind = ? AND asset = ?",
            )?
            .query_row(key, |row| holding(row, 0))
            .optional()?;
        let now = before.unwrap_or_default().and(*moved);
        transaction
            .prepare_cached(
                "INSERT OR REPLACE INTO holdings (address, kind, asset, balance, received, sent)
                 VALUES (?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                address,
                *kind as u8,
                asset,
                now.balance.to_be_bytes(),
                now.received.to_be_bytes(),
                now.sent.to_be_bytes(),
            ])?;
    }
    if let Some((height, hash)) = counting.counted {
        transaction
            .prepare_cached("INSERT OR REPLACE INTO counted (one, height, hash) VALUES (1, ?, ?)")?
            .execute(params![height.get(), &hash.as_bytes()[..]])?;
    }
    Ok(transaction.commit()?)
}

fn rows(
    connection: &Connection,
    account: &Principal,
) -> rusqlite::Result<Vec<(Kind, String, Holding)>> {
    let mut statement = connection.prepare_cached(
        "SELECT kind, asset, balance, received, sent FROM holdings WHERE address = ?
         ORDER BY kind, lower(asset), asset",
    )?;
    let rows = statement.query_map([account.to_string()], |row| {
        let kind = match row.get(0)? {
            0_u8 => Kind::Stx,
            1 => Kind::Fees,
            2 => Kind::Fungible,
            _ => Kind::NonFungible,
        };
        Ok((kind, row.get(1)?, holding(row, 2)?))
    })?;
    rows.collect()
}
