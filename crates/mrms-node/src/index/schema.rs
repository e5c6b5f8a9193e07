//! The tables of the index's file.
//!
//! `blocks` and `transactions` have every block that the node told of, also those of forks that it left. The tables for
//! lists, and a transaction's `sequence`, are of the chain that counts alone. So a fork is followed by taking places away
//! and giving them, and nothing that was told is lost.

/// Format of the file, stored in SQLite's `user_version`.
pub(super) const FORMAT: u32 = 1;

/// SQL that creates the tables of an empty index, beside those of lists.
pub(super) const CREATE: &str = "
-- follows: whether the parent is here, too. A block without it begins a part of the history.
CREATE TABLE blocks (
    id          BLOB PRIMARY KEY,
    hash        BLOB NOT NULL,
    height      INTEGER NOT NULL,
    parent_id   BLOB NOT NULL,
    parent_hash BLOB NOT NULL,
    time        INTEGER NOT NULL,
    burn_height INTEGER NOT NULL,
    burn_hash   BLOB NOT NULL,
    burn_time   INTEGER NOT NULL,
    count       INTEGER NOT NULL,
    follows     INTEGER NOT NULL,
    counts      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX chain ON blocks (height) WHERE counts = 1;
CREATE INDEX chain_by_burn_height ON blocks (burn_height, height) WHERE counts = 1;
CREATE INDEX chain_beginnings ON blocks (height) WHERE counts = 1 AND follows = 0;
CREATE INDEX blocks_by_hash ON blocks (hash);

-- sequence is the place in the chain that counts: the block's height and the position. None in a block of another fork.
CREATE TABLE transactions (
    number      INTEGER PRIMARY KEY,
    block       BLOB NOT NULL,
    position    INTEGER NOT NULL,
    sequence    INTEGER,
    txid        BLOB NOT NULL,
    raw         BLOB NOT NULL,
    receipt     BLOB NOT NULL,
    status      INTEGER NOT NULL,
    contract    TEXT,
    note        TEXT,
    interface   TEXT
) STRICT;
CREATE UNIQUE INDEX transactions_by_block ON transactions (block, position);
CREATE UNIQUE INDEX transactions_by_sequence ON transactions (sequence) WHERE sequence IS NOT NULL;
CREATE INDEX transactions_by_txid ON transactions (txid);
CREATE INDEX transactions_by_contract ON transactions (contract, status, sequence) WHERE contract IS NOT NULL;

CREATE TABLE contracts (
    contract    TEXT PRIMARY KEY,
    sequence    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Transactions in no block. dropped is the hosted API's word for why one waits no more.
CREATE TABLE waiting (
    txid        BLOB PRIMARY KEY,
    raw         BLOB NOT NULL,
    account     TEXT NOT NULL,
    nonce       INTEGER NOT NULL,
    received    INTEGER NOT NULL,
    dropped     TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX waiting_by_account ON waiting (account, nonce) WHERE dropped IS NULL;
CREATE INDEX waiting_by_time ON waiting (received);

-- Which chain this is, as its node said when it was first asked.
CREATE TABLE chain_of (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    network_id  INTEGER NOT NULL,
    genesis     TEXT
) STRICT;
";
