//! The tables.

/// Format of the file; kept in SQLite's `user_version`.
pub(crate) const FORMAT: u32 = 2;

/// Statements that make an empty vault, with [`CLAIMS`] after them. Records are 16 bytes, big-endian; principals their
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

-- on_chain: whether the version was ever seen in a settled block.
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
";

/// The table of claims and an index of salts, new in format 2.
pub(crate) const CLAIMS: &str = "
-- Who announced a ciphertext, and for which version. id: the order in which they came. left_at: burn height then.
-- on_chain: burn height of the version, once the chain showed that it refers to the ciphertext and that the account is its
-- author or the record's patient. is_stranger: whether the vault knew the account. is_brought: whether the bytes came.
CREATE TABLE claims (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    blob        BLOB NOT NULL,
    record      BLOB NOT NULL,
    version     INTEGER NOT NULL,
    uploader    BLOB NOT NULL,
    left_at     INTEGER NOT NULL,
    on_chain    INTEGER,
    is_stranger INTEGER NOT NULL,
    is_brought  INTEGER NOT NULL,
    UNIQUE (blob, record, version, uploader)
) STRICT;
CREATE INDEX claims_by_record ON claims (record);
CREATE INDEX claims_by_uploader ON claims (uploader, on_chain);
CREATE INDEX salts_waiting ON salts (epoch) WHERE on_chain = 0;
CREATE INDEX claims_waiting ON claims (is_stranger, is_brought, left_at) WHERE on_chain IS NULL;
";

/// What brings a vault of format 1 to format 2, before [`CLAIMS`]. Who announced what named no version there: it counts no
/// longer, and an erasure keeps such ciphertext.
pub(crate) const LEAVE_FORMAT_1: &str = "DROP TABLE uploads;";

/// Tables that a vault of earlier software gets when it is opened.
pub(crate) const ADD: &str = "
-- Id of the block that vault.acted_height names.
CREATE TABLE IF NOT EXISTS acted_block (
    one     INTEGER PRIMARY KEY CHECK (one = 0),
    height  INTEGER NOT NULL,
    id      BLOB NOT NULL
) STRICT;

-- Finds the lines about one record without going through all others.
CREATE INDEX IF NOT EXISTS lines_of_records ON lines (record, number) WHERE record IS NOT NULL;

-- Has a row once the chain has proved that a block lies above vault.acted_height.
CREATE TABLE IF NOT EXISTS proving_chain (one INTEGER PRIMARY KEY CHECK (one = 0)) STRICT;

-- Periods of ten minutes (time / 600) whose requests were forgotten.
CREATE TABLE IF NOT EXISTS forgotten_periods (period INTEGER PRIMARY KEY) STRICT;

-- Entries of emergencies for which the vault had no share, with the line that has the reason: one for each.
CREATE TABLE IF NOT EXISTS told_reasons (
    record      BLOB NOT NULL,
    audit_index INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    PRIMARY KEY (record, audit_index)
) STRICT, WITHOUT ROWID;

-- What patients call their records, for one reader each. epoch: the key slot of the reader's shares. sealed: the patient's
-- signed message, under the key of the slot.
CREATE TABLE IF NOT EXISTS reader_notes (
    epoch  BLOB PRIMARY KEY,
    sealed BLOB NOT NULL
) STRICT, WITHOUT ROWID;
";
