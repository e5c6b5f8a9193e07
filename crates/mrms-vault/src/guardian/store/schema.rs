//! The tables.

/// Format of the file; kept in SQLite's `user_version`.
pub(crate) const FORMAT: u32 = 1;

/// Statements that make an empty vault. Records are 16 bytes, big-endian; principals their
/// consensus serialization (SIP-005).
pub(crate) const CREATE: &str = "
-- Whose vault it is and for what, and the highest block that it has acted on. place tells this
-- file from a copy of it. restored_*: the chain's height and the time when it last was restored.
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

-- Requests that came, until no clock lets them in again.
CREATE TABLE requests (
    signer  BLOB NOT NULL,
    nonce   BLOB NOT NULL,
    time    INTEGER NOT NULL,
    PRIMARY KEY (signer, nonce)
) STRICT, WITHOUT ROWID;
CREATE INDEX requests_by_time ON requests (time);

-- A key file, and what it is for: 0 the shares of a reader, 1 the salts of who left them.
-- left_at: burn height of the newest deposit, line: number of the line about it. seen: digest of the grants at that time.
-- in_force: whether a grant was ever seen in force while the shares lay here.
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

-- Sealed under the epoch's key.
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

-- Keys whose rows have gone and whose files must go.
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
