//! The mempool's file: transactions that the node has taken and that wait for an earlier nonce or for a block.
//!
//! A transaction is in the file before whoever sent it is answered, so a node that was killed has it again after its next
//! start. The file is beside the ledger's, and no part of the ledger: a transaction of the mempool may still be dropped.
//! One thread writes; what comes meanwhile shares its next `fsync`. It learns in order what is to be kept and what has
//! left the mempool. The latter may be lost in a kill: at the start, what is in a block by then is left out.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use rusqlite::{Connection, TransactionBehavior, params};

use crate::chain::{BlockHash, LedgerFailure, TxId, UnixTime, store};

/// Name of the file in the ledger's folder.
const FILE: &str = "waiting.sqlite";
/// SQLite's mark of what a file is for: `mrmp`.
const APPLICATION: i32 = 0x6d72_6d70;
const FORMAT: u32 = 1;
/// Most changes that share an `fsync`.
const TOGETHER: usize = 256;

/// `number` counts in the order of arrival. `genesis` is the hash of block 0 of the ledger to which all of it belongs.
const CREATE: &str = "
CREATE TABLE waiting (
    number      INTEGER PRIMARY KEY,
    txid        BLOB NOT NULL UNIQUE,
    raw         BLOB NOT NULL,
    received    INTEGER NOT NULL
) STRICT;
CREATE TABLE chain_of (
    one         INTEGER PRIMARY KEY CHECK (one = 1),
    genesis     BLOB NOT NULL
) STRICT;
";

/// Why the file does not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WaitingFileError {
    /// It can't be made or opened.
    #[error("cannot open")]
    File {
        /// The cause.
        #[from]
        source: std::io::Error,
    },
    /// Reading or writing it failed.
    #[error("its database fails")]
    Failed {
        /// The failure.
        #[from]
        failure: LedgerFailure,
    },
    /// It is something else, or of a newer program.
    #[error("it is no file of waiting transactions that this program reads")]
    OtherFile,
}

impl From<rusqlite::Error> for WaitingFileError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed { failure: error.into() }
    }
}

/// A transaction of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct KeptTransaction {
    pub(super) txid: TxId,
    pub(super) raw: Vec<u8>,
    /// Wall-clock time at which it came.
    pub(super) received: UnixTime,
}

enum Change {
    Keep { transaction: KeptTransaction, done: Sender<Result<(), LedgerFailure>> },
    Forget { txid: TxId },
    End,
}

/// Tells the file what has left the mempool. Never waits.
#[derive(Clone, Debug)]
pub(super) struct Leaving(Sender<Change>);

impl Leaving {
    pub(super) fn left(&self, txid: TxId) {
        // Without its thread the node ends; the next start leaves out what is in a block.
        let _ = self.0.send(Change::Forget { txid });
    }
}

/// The open file.
pub(super) struct WaitingFile {
    changes: Sender<Change>,
    thread: Option<JoinHandle<()>>,
}

/// Path of the file in a ledger's folder.
pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

impl WaitingFile {
    /// Opens the file in a ledger's folder, makes it if there is none, and returns what it has, in the order of arrival.
    /// What belongs to another ledger is deleted.
    pub(super) fn open(
        folder: &Path,
        genesis: &BlockHash,
    ) -> Result<(Self, Vec<KeptTransaction>), WaitingFileError> {
        let path = path(folder);
        mrms_files::private_options().create(true).append(true).open(&path)?;
        let mut connection = store::connect_writable(&path, None)?;
        store::check_planted(&connection)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if store::is_empty(&transaction)? {
            transaction.execute_batch(CREATE)?;
            transaction.pragma_update(None, "application_id", APPLICATION)?;
            transaction.pragma_update(None, "user_version", FORMAT)?;
        }
        let application: i32 =
            transaction.pragma_query_value(None, "application_id", |row| row.get(0))?;
        if application != APPLICATION || store::format_of(&transaction)? != FORMAT {
            return Err(WaitingFileError::OtherFile);
        }
        let genesis = &genesis.as_bytes()[..];
        transaction.execute(
            "DELETE FROM waiting WHERE NOT EXISTS (SELECT 1 FROM chain_of WHERE genesis = ?)",
            [genesis],
        )?;
        transaction
            .execute("INSERT OR REPLACE INTO chain_of (one, genesis) VALUES (1, ?)", [genesis])?;
        let kept = kept(&transaction)?;
        transaction.commit()?;
        let (changes, received) = channel();
        let thread = std::thread::Builder::new().name("mempool-file".to_owned());
        let thread = thread.spawn(move || write(&mut connection, &received))?;
        Ok((Self { changes, thread: Some(thread) }, kept))
    }

    /// Keeps a transaction: it is durable when this returns. One that is there stays as it is.
    pub(super) fn keep(&self, transaction: KeptTransaction) -> Result<(), LedgerFailure> {
        let (done, outcome) = channel();
        let change = Change::Keep { transaction, done };
        self.changes.send(change).map_err(|_| LedgerFailure::Closed)?;
        outcome.recv().unwrap_or(Err(LedgerFailure::Closed))
    }

    /// For whoever learns first what has left the mempool.
    pub(super) fn leaving(&self) -> Leaving {
        Leaving(self.changes.clone())
    }
}

impl Drop for WaitingFile {
    /// Ends when all that was told before is written.
    fn drop(&mut self) {
        let _ = self.changes.send(Change::End);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn kept(connection: &Connection) -> rusqlite::Result<Vec<KeptTransaction>> {
    let mut statement =
        connection.prepare("SELECT txid, raw, received FROM waiting ORDER BY number")?;
    let rows = statement.query_map([], |row| {
        Ok(KeptTransaction {
            txid: TxId::new(row.get(0)?),
            raw: row.get(1)?,
            received: UnixTime::new(row.get(2)?),
        })
    })?;
    rows.collect()
}

/// Writes what comes, until it is told to end.
fn write(connection: &mut Connection, changes: &Receiver<Change>) {
    while let Ok(first) = changes.recv() {
        let together: Vec<Change> =
            std::iter::once(first).chain(changes.try_iter().take(TOGETHER - 1)).collect();
        let ends = together.iter().any(|change| matches!(change, Change::End));
        let outcome = apply(connection, &together);
        if let Err(failure) = &outcome {
            tracing::error!(target: "mrms::node", %failure, "waiting transactions were not kept");
        }
        for change in together {
            if let Change::Keep { done, .. } = change {
                // Nobody may wait for it any more.
                let _ = done.send(outcome.clone());
            }
        }
        if ends {
            return;
        }
    }
}

fn apply(connection: &mut Connection, changes: &[Change]) -> Result<(), LedgerFailure> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for change in changes {
        match change {
            Change::Keep { transaction: KeptTransaction { txid, raw, received }, .. } => {
                transaction
                    .prepare_cached(
                        "INSERT OR IGNORE INTO waiting (txid, raw, received) VALUES (?, ?, ?)",
                    )?
                    .execute(params![&txid.as_bytes()[..], raw, received.get()])?;
            }
            Change::Forget { txid } => {
                transaction
                    .prepare_cached("DELETE FROM waiting WHERE txid = ?")?
                    .execute([&txid.as_bytes()[..]])?;
            }
            Change::End => {}
        }
    }
    Ok(transaction.commit()?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const GENESIS: BlockHash = BlockHash::new([1; 32]);

    fn transaction(number: u8) -> KeptTransaction {
        KeptTransaction {
            txid: TxId::new([number; 32]),
            raw: vec![number; 3],
            received: UnixTime::new(u64::from(number)),
        }
    }

    #[test]
    fn what_was_kept_and_has_not_left_is_there_again_in_its_order() {
        let folder = tempfile::tempdir().unwrap();
        let (file, kept) = WaitingFile::open(folder.path(), &GENESIS).unwrap();
        assert_eq!(kept, []);
        for number in [3, 1, 2, 1] {
            file.keep(transaction(number)).unwrap();
        }
        file.leaving().left(TxId::new([1; 32]));
        // What is kept after it is written after it.
        file.keep(transaction(4)).unwrap();
        // A second one reads what a kill would have left.
        let (_, kept) = WaitingFile::open(folder.path(), &GENESIS).unwrap();
        assert_eq!(kept, [transaction(3), transaction(2), transaction(4)]);
    }

    #[test]
    fn what_waited_for_another_ledger_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let (file, _) = WaitingFile::open(folder.path(), &GENESIS).unwrap();
        file.keep(transaction(1)).unwrap();
        let (_, kept) = WaitingFile::open(folder.path(), &BlockHash::new([2; 32])).unwrap();
        assert_eq!(kept, []);
    }

    #[test]
    fn other_file_in_its_place_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let other = Connection::open(path(folder.path())).unwrap();
        other.execute_batch("CREATE TABLE notes (text TEXT)").unwrap();
        let refused = WaitingFile::open(folder.path(), &GENESIS).err().unwrap();
        assert!(matches!(refused, WaitingFileError::OtherFile), "{refused:?}");
        std::fs::write(path(folder.path()), [7; 4096]).unwrap();
        assert!(WaitingFile::open(folder.path(), &GENESIS).is_err());
    }
}
