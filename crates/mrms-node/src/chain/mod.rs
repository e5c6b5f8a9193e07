//! The chain: signed transactions in, durable blocks out, and answers about them.
//!
//! [`Ledger`] is the way in. It is a handle that any number of threads may share; one thread behind it runs
//! the VM and writes, others read. A call that returns success has been made durable first.
//!
//! A block is signed by the node's own key and chained by hash to the one below it, and says which
//! transactions it has, what came of them and what they changed. [`fsck`] executes a whole chain again and
//! compares everything.

mod batch;
mod block_writer;
pub mod clock;
mod copy;
mod error;
mod fsck;
mod header;
mod history;
mod identifiers;
mod key;
mod ledger;
pub mod merkle;
mod operation;
mod private;
mod producer;
mod proofs;
mod query_results;
mod read_snapshot;
mod read_threads;
mod receipt;
mod replay;
mod saved_snapshot;
mod settings;
mod store;
mod units;
mod vm;
pub mod wire;

pub use clock::{Clock, SystemClock};
pub use copy::{Copied, copy};
pub use error::{
    LedgerFailure, OpenError, OperationError, ReadError, Rejection, Signer, SubmitError,
};
pub use fsck::{FsckError, Sound, fsck};
pub use header::Header;
pub use history::{
    ExportError, HistoryFileError, HistoryHead, ImportError, check_export, export, export_key,
    import, inspect,
};
pub use identifiers::{BlockHash, ContractId, NameError, Principal, SourceHash, TxId};
pub use ledger::Ledger;
pub use operation::{Allocation, Operation};
pub use proofs::{Genesis, GenesisError, GenesisProof, Proofs, SignedHeader};
pub use query_results::{
    Block, ContractEvent, ContractRecord, Identity, Included, Mined, Outcomes, Page, ProofError,
    StoredTransaction, Tip, TransactionProof,
};
pub use read_snapshot::Moment;
pub use receipt::{Cost, Event, Receipt, Status};
pub use replay::Difference;
pub use saved_snapshot::{RevertError, SnapshotId};
pub use settings::{DEFAULT_CHAIN_ID, DEFAULT_GENESIS_BURN_HEIGHT, Settings};
pub use units::{BlockHeight, BurnHeight, MicroStx, Sequence, UnixTime};
pub use vm::{Account, Simulation};
