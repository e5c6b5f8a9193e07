//! The tables of the ledger's file.

/// Format of the file, stored in SQLite's `user_version`.
pub(crate) const FORMAT: u32 = 3;

/// The format before the table [`ANCESTRY`]. A file of an older format is taken to the present one when it is opened for
/// writing.
pub(crate) const WITHOUT_ANCESTRY: u32 = 1;
/// The last format without check sums ([`ADD_SUMS`]).
pub(crate) const WITHOUT_SUMS: u32 = 2;

/// Name of the table that format 2 added.
pub(crate) const ANCESTRY: &str = "ancestry";

/// Every table. No block commits to the `note` of a transaction, a message for people; executing the transaction
/// again gives it again.
pub(crate) const TABLES: [&str; 9] = [
    "blocks",
    ANCESTRY,
    "operations",
    "transactions",
    "participants",
    "events",
    "contracts",
    "contract_metadata",
    "state",
];

/// SQL that creates the table that format 2 added.
pub(crate) const CREATE_ANCESTRY: &str = "
-- Complete subtrees of two to the power of level blocks, in the Merkle tree over the hashes of all blocks. Level 0
-- would have the blocks themselves.
CREATE TABLE ancestry (
    level       INTEGER NOT NULL,
    position    INTEGER NOT NULL,
    hash        BLOB NOT NULL,
    PRIMARY KEY (level, position)
) STRICT, WITHOUT ROWID;
";

/// SQL that adds what format 3 added: to each row its check sum, and to each block the total over the state after it (see
/// [`super::sums`]). A new file gets them in the same way, so that both define the same. Rows from before have none,
/// except for the state.
pub(crate) const ADD_SUMS: &str = "
ALTER TABLE blocks ADD COLUMN state_total INTEGER;
ALTER TABLE blocks ADD COLUMN sum INTEGER;
ALTER TABLE operations ADD COLUMN sum INTEGER;
ALTER TABLE transactions ADD COLUMN sum INTEGER;
ALTER TABLE contracts ADD COLUMN sum INTEGER;
ALTER TABLE contract_metadata ADD COLUMN sum INTEGER;
ALTER TABLE state ADD COLUMN sum INTEGER;
";

/// SQL that creates the other tables of an empty ledger.
pub(crate) const CREATE: &str = "
-- A block: the header's bytes are what was signed, the other columns are for finding it.
CREATE TABLE blocks (
    height      INTEGER PRIMARY KEY,
    hash        BLOB NOT NULL UNIQUE,
    header      BLOB NOT NULL,
    signature   BLOB NOT NULL,
    time        INTEGER NOT NULL,
    burn_height INTEGER NOT NULL
) STRICT;

CREATE TABLE operations (
    height      INTEGER NOT NULL,
    position    INTEGER NOT NULL,
    operation   BLOB NOT NULL,
    PRIMARY KEY (height, position)
) STRICT, WITHOUT ROWID;

-- sequence counts transactions from genesis. note is for people and not part of the receipt.
CREATE TABLE transactions (
    sequence    INTEGER PRIMARY KEY,
    txid        BLOB NOT NULL UNIQUE,
    height      INTEGER NOT NULL,
    position    INTEGER NOT NULL,
    raw         BLOB NOT NULL,
    receipt     BLOB NOT NULL,
    status      INTEGER NOT NULL,
    contract    TEXT,
    note        TEXT
) STRICT;
CREATE INDEX transactions_by_block ON transactions (height, position);
CREATE INDEX transactions_by_contract ON transactions (contract, status, sequence) WHERE contract IS NOT NULL;

-- clarity_version is what the deploy asked for; none for the older form of the payload.
CREATE TABLE contracts (
    contract    TEXT PRIMARY KEY,
    txid        BLOB NOT NULL,
    height      INTEGER NOT NULL,
    clarity_version INTEGER
) STRICT, WITHOUT ROWID;

-- What the VM knows about contracts: source, analysis, parsed form.
CREATE TABLE contract_metadata (
    contract    TEXT NOT NULL,
    key         TEXT NOT NULL,
    value       TEXT NOT NULL,
    PRIMARY KEY (contract, key)
) STRICT, WITHOUT ROWID;

-- Clarity state, newest values only. Hexadecimal values are stored as the bytes they spell.
CREATE TABLE state (
    key         TEXT NOT NULL PRIMARY KEY,
    value       ANY NOT NULL
) STRICT, WITHOUT ROWID;
";

/// SQL that creates the tables of lists. An index of another node's blocks has the same.
pub(crate) const CREATE_LISTS: &str = "
-- Whoever signs, pays for, receives from or is called by a transaction.
CREATE TABLE participants (
    address     TEXT NOT NULL,
    sequence    INTEGER NOT NULL,
    PRIMARY KEY (address, sequence)
) STRICT, WITHOUT ROWID;

-- Printed events, by position among all events of the receipt.
CREATE TABLE events (
    contract    TEXT NOT NULL,
    sequence    INTEGER NOT NULL,
    position    INTEGER NOT NULL,
    PRIMARY KEY (contract, sequence, position)
) STRICT, WITHOUT ROWID;
";
