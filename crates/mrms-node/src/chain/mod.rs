//! The chain: takes signed transactions, makes durable blocks, answers reads about them.
//!
//! [`Ledger`] is the entry point. Any number of threads may share a handle. One thread behind it runs the VM
//! and writes blocks; other threads read. When a call returns success, its result is already durable.
//!
//! The node signs each block with its own key. A block names the hash of the block below it, and commits to
//! its transactions, their receipts and the state that they changed. [`fsck`] executes a whole chain again
//! and compares everything.

pub mod ancestry;
mod batch;
mod block_check;
mod block_writer;
mod changes;
pub mod clock;
mod copy;
mod error;
mod foreign_queue;
mod fsck;
mod gap;
mod header;
mod held;
mod history;
mod identifiers;
mod incoming;
mod json_depth;
mod key;
mod ledger;
mod listings;
mod mark;
pub mod merkle;
mod open_ledger;
mod operation;
mod page;
mod problematic;
mod producer;
mod proof_reader;
mod proofs;
mod query_results;
mod read_snapshot;
mod read_threads;
mod receipt;
mod replay;
mod saved_snapshot;
mod scrub;
mod settings;
pub(crate) mod store;
mod units;
mod vm;
pub mod wire;

pub use ancestry::{AncestorProof, AncestryError};
pub use clock::{Clock, SteadyClock, SystemClock};
pub use copy::{Copied, copy};
pub use error::{
    LedgerFailure, OpenError, OperationError, ReadError, Rejection, Signer, SubmitError,
};
pub use fsck::{FsckError, FsckPlan, FsckStart, Sound, fsck, fsck_with};
pub use gap::{Fate, Gap, Mark, NotedMark};
pub use header::{Header, SignedHeader};
pub use held::HeldLedger;
pub use history::{
    ExportError, HistoryFileError, HistoryHead, ImportError, append_later, check_export, export,
    export_key, export_later, import, inspect,
};
pub use identifiers::{BlockHash, ContractId, IdentifierError, Principal, SourceHash, TxId};
pub use ledger::{Ledger, accept_loss, has_ledger};
pub use mark::{must_have_blocks, read_mark};
pub use operation::{Allocation, Operation};
pub use page::{Outcomes, Page};
pub use proof_reader::Proofs;
pub use proofs::{Genesis, GenesisError, GenesisProof, ProofError, TransactionProof};
pub use query_results::{
    Block, ContractEvent, ContractRecord, EventPlace, Identity, Included, Mined, StoredTransaction,
    Tip,
};
pub use read_snapshot::ReadSnapshot;
pub(crate) use read_threads::{Lane, ReadTerms};
pub use receipt::{Cost, Event, Receipt, Status};
pub use replay::Difference;
pub use saved_snapshot::{RevertError, SnapshotId};
pub use scrub::{ScrubPace, ScrubStatus, Scrubbed, scrub, scrub_until_stopped};
pub use settings::{DEFAULT_CHAIN_ID, DEFAULT_GENESIS_BURN_HEIGHT, Settings};
pub use units::{BlockHeight, BurnHeight, MicroStx, Sequence, UnixTime};
pub use vm::{Account, Simulation};
pub(crate) use vm::{Cancellation, Signal};
