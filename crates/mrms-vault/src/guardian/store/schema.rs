//! The tables.

/// Format of the file; kept in SQLite's `user_version`.
pub(crate) const FORMAT: u32 = 1;

/// Statements that make an empty vault. Records are 16 bytes, big-endian; principals their
/// consensus serialization (SIP-005).
pub(crate) const CREATE: &str = "
-- Whose vault it is, and the highest block that it has acted on. place: inode, which tells this file from a copy.
-- restored_*: the chain's height and the time when the vault was last restored.
CREATE TABLE vault (
    one             INTEGER PRIMARY KEY CHECK (one = 0),
    account         TEXT NOT NULL,
    contract        TEXT NOT NULL,
    chain_id        INTEGER NOT NULL,
    acted_height    INTEGER NOT NULL DEFAULT 0,
    place           TEXT,
    restored_height INTEGER,
    restored_time   INTEGER
) STRICT;

-- The log. line is JSON; hash and head are what the line gives.
CREATE TABLE lines (
    number  INTEGER PRIMARY KEY,
    time    INTEGER NOT NULL,
    hash    BLOB NOT NULL,
    head    BLOB NOT NULL,
    record  BLOB,
    line    TEXT NOT NULL
) STRICT;

-- Entries of the contract's log that a share was released against, with the line about it.
CREATE TABLE used_entries (
    record      BLOB NOT NULL,
    audit_index INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    PRIMARY KEY (record, audit_index)
) STRICT, WITHOUT ROWID;

-- Requests that came, until they are too old to be admitted again.
CREATE TABLE requests (
    signer  BLOB NOT NULL,
    nonce   BLOB NOT NULL,
    time    INTEGER NOT NULL,
    PRIMARY KEY (signer, nonce)
) STRICT, WITHOUT ROWID;
CREATE INDEX requests_by_time ON requests (time);

-- Key slots. kind: 0 for the shares of a reader, 1 for the salts of the account that left them.
-- left_at: burn height of the newest deposit, line: number of the line about it. seen: digest of the grants at that time.
-- in_force: whether a grant was ever seen in force since the slot was made.
CREATE TABLE epochs (
    id       BLOB PRIMARY KEY,
    kind     INTEGER NOT NULL,
    record   BLOB NOT NULL,
    holder   BLOB NOT NULL,
    patient  BLOB NOT NULL,
    left_at  INTEGER NOT NULL,
    line     INTEGER NOT NULL,
    seen     BLOB NOT NULL,
    in_force INTEGER NOT NULL,
    UNIQUE (record, kind, holder)
) STRICT, WITHOUT ROWID;
CREATE INDEX epochs_by_holder ON epochs (holder);
CREATE INDEX epochs_by_patient ON epochs (patient);

-- epoch: the key slot, here and below. pair: the protocol's epoch of patient and reader.
-- sealed: under the key of the slot.
CREATE TABLE pair_headers (
    epoch   BLOB NOT NULL,
    pair    INTEGER NOT NULL,
    sealed  BLOB NOT NULL,
    PRIMARY KEY (epoch, pair)
) STRICT, WITHOUT ROWID;

CREATE TABLE shares (
    epoch   BLOB NOT NULL,
    version INTEGER NOT NULL,
    pair    INTEGER NOT NULL,
    sealed  BLOB NOT NULL,
    PRIMARY KEY (epoch, version)
) STRICT, WITHOUT ROWID;

-- on_chain: whether the version was ever seen on the chain.
CREATE TABLE salts (
    epoch    BLOB NOT NULL,
    version  INTEGER NOT NULL,
    left_at  INTEGER NOT NULL,
    on_chain INTEGER NOT NULL,
    sealed   BLOB NOT NULL,
    PRIMARY KEY (epoch, version)
) STRICT, WITHOUT ROWID;

-- Slots whose rows are deleted and whose key files must be destroyed.
CREATE TABLE doomed (id BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;

-- Records that were erased for good, with the line about it.
CREATE TABLE erased (
    record  BLOB PRIMARY KEY,
    number  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who announced a ciphertext.
CREATE TABLE uploads (
    blob     BLOB NOT NULL,
    uploader BLOB NOT NULL,
    PRIMARY KEY (blob, uploader)
) STRICT, WITHOUT ROWID;
";

/// Tables that a vault of earlier software gets when it is opened.
pub(crate) const ADD: &str = "
-- Id of the block that vault.acted_height names.
CREATE TABLE IF NOT EXISTS acted_block (
    one     INTEGER PRIMARY KEY CHECK (one = 0),
    height  INTEGER NOT NULL,
    id      BLOB NOT NULL
) STRICT;

-- Periods of ten minutes (time / 600) whose requests were forgotten.
CREATE TABLE IF NOT EXISTS forgotten_periods (period INTEGER PRIMARY KEY) STRICT;
";
