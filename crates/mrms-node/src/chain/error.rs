//! Why the ledger refuses: a transaction ([`Rejection`], [`SubmitError`]), a question ([`ReadError`]), or to
//! open at all ([`OpenError`]).

use std::path::PathBuf;

use super::identifiers::{ContractId, NameError, Principal, TxId};
use super::receipt::Cost;
use super::units::MicroStx;
use super::wire::{SignatureError, WireError};

/// Why a node does not take a transaction. Nothing of it is on the chain: no nonce is used, no fee is paid.
///
/// The variants carry what the `reason` and `reason_data` of the Stacks node's answer need.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// Signed for mainnet.
    #[error("transaction is for mainnet, this ledger takes version 0x80")]
    BadTransactionVersion,
    /// Signed for another network.
    #[error("transaction is for chain {actual:#010x}, this ledger is {expected:#010x}")]
    BadChainId {
        /// This ledger's.
        expected: u32,
        /// The transaction's.
        actual: u32,
    },
    /// An address is spelt for another kind of network.
    #[error("{principal} is no address of this network")]
    BadAddressVersion {
        /// The address.
        principal: Principal,
    },
    /// A signature does not hold.
    #[error("signature refused: {0}")]
    SignatureValidation(SignatureError),
    /// Below one micro-STX per byte.
    #[error("fee of {actual} µSTX is below the floor of {expected} µSTX")]
    FeeTooLow {
        /// The least that is taken, in micro-STX.
        expected: u64,
        /// What was offered.
        actual: u64,
    },
    /// Not the account's next nonce.
    #[error("nonce of {principal} is {expected}, not {actual}")]
    BadNonce {
        /// The account's next nonce.
        expected: u64,
        /// The transaction's.
        actual: u64,
        /// Whose.
        principal: Principal,
        /// Whether it is the origin's or the sponsor's.
        signer: Signer,
    },
    /// The payer's balance does not cover fee and amount.
    #[error("{expected} µSTX needed, {actual} µSTX there")]
    NotEnoughFunds {
        /// What is needed.
        expected: MicroStx,
        /// What is there.
        actual: MicroStx,
    },
    /// A transfer to oneself.
    #[error("a transfer's recipient cannot be its sender")]
    TransferRecipientIsSender,
    /// A transfer of nothing.
    #[error("a transfer's amount must be above zero")]
    TransferAmountIsZero,
    /// A transfer with post-conditions, which SIP-005 does not allow.
    #[error("a transfer cannot have post-conditions")]
    TransferWithPostConditions,
    /// The contract that is called is not there.
    #[error("no contract {contract}")]
    NoSuchContract {
        /// Which.
        contract: ContractId,
    },
    /// The contract has no such public function.
    #[error("{contract} has no public function `{function}`")]
    NoSuchPublicFunction {
        /// The contract.
        contract: ContractId,
        /// The function.
        function: String,
    },
    /// Number or types of arguments do not fit the function.
    #[error("arguments do not fit: {message}")]
    BadFunctionArgument {
        /// What the type checker says.
        message: String,
    },
    /// The name is taken.
    #[error("contract {contract} exists already")]
    ContractAlreadyExists {
        /// Which.
        contract: ContractId,
    },
    /// It would cost more than a block may.
    #[error("transaction exceeds the limit of a block")]
    ExceedsBlockLimit {
        /// What it had cost when it was stopped, where known.
        cost: Option<Cost>,
    },
    /// The VM could not run it and a network would never include it.
    #[error("the VM refuses to run this transaction: {message}")]
    Unrunnable {
        /// What the VM says.
        message: String,
    },
}

/// Which signer of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    /// On whose behalf it acts.
    Origin,
    /// Who pays.
    Sponsor,
}

/// Why the ledger could not do what was asked, whoever asked. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerFailure {
    /// The disk is full, or the file has reached the size that it was allowed.
    #[error("no space left for the ledger")]
    Full,
    /// Reading or writing the file failed.
    #[error("ledger file failed: {message}")]
    Storage {
        /// What the file's library says.
        message: String,
    },
    /// The VM stopped in a way that it never should; what it was doing was undone.
    #[error("the Clarity VM broke off")]
    VmBrokeOff,
    /// The ledger is shut, or could not be opened again after a failure.
    #[error("ledger is closed")]
    Closed,
    /// What is stored contradicts itself.
    #[error("ledger file is damaged: {what}")]
    Damaged {
        /// What is wrong.
        what: &'static str,
    },
    /// The chain has reached the greatest block height that Clarity counts.
    #[error("no further block is possible")]
    HeightExhausted,
}

/// Why a transaction was not included.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// The bytes are no transaction.
    #[error("no transaction")]
    Undecodable {
        /// Why not.
        #[source]
        source: WireError,
    },
    /// A node does not take it.
    #[error("transaction {txid} rejected")]
    Rejected {
        /// Which.
        txid: TxId,
        /// Why.
        #[source]
        rejection: Box<Rejection>,
    },
    /// The ledger failed; sending the same transaction again is safe.
    #[error("transaction {txid} was not included")]
    Failed {
        /// Which.
        txid: TxId,
        /// Why.
        #[source]
        failure: LedgerFailure,
    },
}

/// Why an operator's act was not recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OperationError {
    /// More STX would exist than can be counted, or burn time would pass its last height.
    #[error("operation goes beyond what can be counted")]
    OutOfRange,
    /// The ledger failed.
    #[error("operation was not recorded")]
    Failed {
        /// Why.
        #[source]
        failure: LedgerFailure,
    },
}

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// There is no such contract.
    #[error("no contract {contract}")]
    NoSuchContract {
        /// Which.
        contract: ContractId,
    },
    /// The contract has no such function, map, variable or constant.
    #[error("{contract} has no {kind} `{name}`")]
    NoSuchMember {
        /// The contract.
        contract: ContractId,
        /// What was looked for.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// The function is public and may write; it can be tried out, not asked.
    #[error("{contract} may write in `{function}`: it is no read-only function")]
    NotReadOnly {
        /// The contract.
        contract: ContractId,
        /// The function.
        function: String,
    },
    /// Bytes that were given are no value of the type that is needed.
    #[error("`{field}` is no fitting Clarity value: {message}")]
    BadValue {
        /// Which.
        field: &'static str,
        /// What is wrong.
        message: String,
    },
    /// The function stopped with a runtime error.
    #[error("call stopped: {message}")]
    Stopped {
        /// What the VM says.
        message: String,
    },
    /// The call costs more than a read-only call may.
    #[error("call exceeds the limit of a read-only call")]
    TooCostly,
    /// The ledger failed.
    #[error("question was not answered")]
    Failed {
        /// Why.
        #[source]
        failure: LedgerFailure,
    },
}

/// Why a ledger does not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has it.
    #[error("ledger in {folder} is in use by process {pid}")]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// The other process; 0 when it did not say.
        pid: u32,
    },
    /// A file or folder cannot be made, read or locked.
    #[error("cannot use {path}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The ledger was begun for another network.
    #[error("ledger is for chain {actual:#010x}, not {expected:#010x}")]
    ChainId {
        /// What was asked for.
        expected: u32,
        /// What it is.
        actual: u32,
    },
    /// The node's key is missing, or is not the one that signed the ledger's blocks.
    #[error("node key in {path} is missing or not this ledger's")]
    NodeKey {
        /// Where it should be.
        path: PathBuf,
    },
    /// The file was written by a newer version of this program.
    #[error("ledger has format {found}, this program reads {supported}")]
    Format {
        /// The file's format.
        found: u32,
        /// What this program reads.
        supported: u32,
    },
    /// There is no ledger in the folder, and none was to be made.
    #[error("no ledger in {folder}")]
    Absent {
        /// The folder.
        folder: PathBuf,
    },
    /// No randomness for the node's key.
    #[error("the system gives no random bytes")]
    Randomness,
    /// The ledger failed while it was opened.
    #[error("ledger does not open")]
    Failed {
        /// Why.
        #[source]
        failure: LedgerFailure,
    },
}

impl From<rusqlite::Error> for LedgerFailure {
    fn from(error: rusqlite::Error) -> Self {
        // Without room for its index of the log, SQLite speaks of a fault of the disk.
        const NO_ROOM_FOR_INDEX: i32 = rusqlite::ffi::SQLITE_IOERR_SHMSIZE;
        if error.sqlite_error().is_some_and(|raw| raw.extended_code == NO_ROOM_FOR_INDEX) {
            return Self::Full;
        }
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
                Self::Damaged { what: "the file is no sound SQLite database" }
            }
            _ => Self::Storage { message: error.to_string() },
        }
    }
}

impl From<LedgerFailure> for OpenError {
    fn from(failure: LedgerFailure) -> Self {
        Self::Failed { failure }
    }
}

impl From<LedgerFailure> for ReadError {
    fn from(failure: LedgerFailure) -> Self {
        Self::Failed { failure }
    }
}

impl From<LedgerFailure> for OperationError {
    fn from(failure: LedgerFailure) -> Self {
        Self::Failed { failure }
    }
}

impl From<NameError> for LedgerFailure {
    fn from(_: NameError) -> Self {
        Self::Damaged { what: "a stored name" }
    }
}

impl From<WireError> for LedgerFailure {
    fn from(_: WireError) -> Self {
        Self::Damaged { what: "a stored record" }
    }
}
