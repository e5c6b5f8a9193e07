//! Errors of the chain: why it rejects a transaction ([`Rejection`], [`SubmitError`]), why a read fails
//! ([`ReadError`]), why a ledger does not open ([`OpenError`]), and what can fail in all of them
//! ([`LedgerFailure`]).

use std::path::PathBuf;

use super::gap::Gap;
use super::identifiers::{ContractId, IdentifierError, Principal, TxId};
use super::receipt::Cost;
use super::store::WrongSum;
use super::units::MicroStx;
use super::wire::{SignatureError, WireError};

/// Why a node rejects a transaction. A rejected transaction leaves no trace on the chain: no nonce is used,
/// no fee is paid.
///
/// The variants contain what the RPC needs for `reason` and `reason_data`, the fields of a Stacks node's
/// answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// It is signed for mainnet.
    #[error("transaction is for mainnet, this ledger takes version 0x80")]
    BadTransactionVersion,
    /// It is signed for another network.
    #[error("transaction is for chain {actual:#010x}, this ledger is {expected:#010x}")]
    BadChainId {
        /// This ledger's chain id.
        expected: u32,
        /// The transaction's chain id.
        actual: u32,
    },
    /// An address is for another kind of network.
    #[error("{principal} is no address of this network")]
    BadAddressVersion {
        /// The address.
        principal: Principal,
    },
    /// A signature is not valid.
    #[error("signature refused: {0}")]
    SignatureValidation(SignatureError),
    /// The fee is below one micro-STX per byte.
    #[error("fee of {actual} µSTX is below the floor of {expected} µSTX")]
    FeeTooLow {
        /// The lowest fee that is taken, in micro-STX.
        expected: u64,
        /// The transaction's fee, in micro-STX.
        actual: u64,
    },
    /// The nonce is not the account's next one.
    #[error("nonce of {principal} is {expected}, not {actual}")]
    BadNonce {
        /// The account's next nonce.
        expected: u64,
        /// The transaction's nonce.
        actual: u64,
        /// The account.
        principal: Principal,
        /// Whether the account is the origin or the sponsor.
        signer: Signer,
    },
    /// The payer's balance does not cover fee and amount.
    #[error("{expected} µSTX needed, {actual} µSTX there")]
    NotEnoughFunds {
        /// The STX that the transaction needs.
        expected: MicroStx,
        /// The account's balance.
        actual: MicroStx,
    },
    /// A transfer from an account to itself.
    #[error("a transfer's recipient cannot be its sender")]
    TransferRecipientIsSender {
        /// The account.
        account: Principal,
    },
    /// A transfer of 0 STX.
    #[error("a transfer's amount must be above zero")]
    TransferAmountIsZero,
    /// A transfer with post-conditions, which SIP-005 does not allow.
    #[error("a transfer cannot have post-conditions")]
    TransferWithPostConditions,
    /// The called contract does not exist.
    #[error("no contract {contract}")]
    NoSuchContract {
        /// The contract.
        contract: ContractId,
    },
    /// The contract has no public function of that name.
    #[error("{contract} has no public function `{function}`")]
    NoSuchPublicFunction {
        /// The contract.
        contract: ContractId,
        /// The function.
        function: String,
    },
    /// The arguments have the wrong number or types.
    #[error("arguments do not fit: {message}")]
    BadFunctionArgument {
        /// The type checker's message.
        message: String,
    },
    /// A contract of that name exists already.
    #[error("contract {contract} exists already")]
    ContractAlreadyExists {
        /// The contract.
        contract: ContractId,
    },
    /// It costs more, or takes more steps, than one transaction may.
    #[error("transaction exceeds the limits of work for one transaction")]
    ExceedsBlockLimit {
        /// Its cost when it was stopped, where known.
        cost: Option<Cost>,
    },
    /// It was stopped because it ran for too long.
    #[error("transaction ran for too long and was stopped")]
    TookTooLong,
    /// It was stopped because the ledger closes. Submitting it again is safe.
    #[error("transaction was stopped because the ledger closes")]
    Stopped,
    /// The contract that it publishes is too long.
    #[error("a contract's source may have {longest} bytes here")]
    SourceTooLong {
        /// The longest source that is taken, in bytes.
        longest: usize,
    },
    /// It was refused for what it did when it ran, not long ago. It is not run again now.
    #[error("refused before, and not tried again for {seconds} seconds: {reason}")]
    RefusedBefore {
        /// Why it was refused then.
        reason: String,
        /// How long it is remembered.
        seconds: u64,
    },
    /// Its account sent calls of contracts that took too much, and has to wait.
    #[error(
        "{account} sent calls that took too much; other calls of such contracts are taken again in {seconds} seconds"
    )]
    BackOff {
        /// The account.
        account: Principal,
        /// How long it has to wait.
        seconds: u64,
    },
    /// The VM cannot run it. A Stacks network would never include it either.
    #[error("the VM refuses to run this transaction: {message}")]
    Unrunnable {
        /// The VM's message.
        message: String,
    },
}

/// A signer's role in a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    /// The transaction acts for this account.
    Origin,
    /// This account pays the fee.
    Sponsor,
}

/// Why the ledger itself failed. It is not the caller's fault, and nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerFailure {
    /// The disk is full, or the file has reached its maximum size.
    #[error("no space left for the ledger")]
    Full,
    /// Reading or writing the file failed.
    #[error("ledger file failed: {message}")]
    Storage {
        /// Message of SQLite or of the system.
        message: String,
    },
    /// The VM panicked or broke one of its own rules. What it was doing was undone.
    #[error("the Clarity VM broke off")]
    VmBrokeOff,
    /// The ledger is closed, or could not be opened again after a failure.
    #[error("ledger is closed")]
    Closed,
    /// The stored data contradicts itself.
    #[error("ledger file is damaged: {what}")]
    Damaged {
        /// What is wrong.
        what: &'static str,
    },
    /// The chain has reached the highest block height that Clarity can count.
    #[error("no further block is possible")]
    HeightExhausted,
}

/// Why a transaction was not included.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubmitError {
    /// The bytes are not a transaction.
    #[error("no transaction")]
    Undecodable {
        /// What is wrong with the bytes.
        #[source]
        source: WireError,
    },
    /// The ledger rejects the transaction.
    #[error("transaction {txid} rejected")]
    Rejected {
        /// The transaction's id.
        txid: TxId,
        /// The reason.
        #[source]
        rejection: Box<Rejection>,
    },
    /// The ledger failed. Submitting the same transaction again is safe.
    #[error("transaction {txid} was not included")]
    Failed {
        /// The transaction's id.
        txid: TxId,
        /// The failure.
        #[source]
        failure: LedgerFailure,
    },
}

/// Why an operator operation was not recorded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OperationError {
    /// More STX would exist than can be counted, or burn time would pass its last height.
    #[error("operation goes beyond what can be counted")]
    OutOfRange,
    /// The ledger failed.
    #[error("operation was not recorded")]
    Failed {
        /// The failure.
        #[source]
        failure: LedgerFailure,
    },
}

/// Why a read has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The contract does not exist.
    #[error("no contract {contract}")]
    NoSuchContract {
        /// The contract.
        contract: ContractId,
    },
    /// The contract has no function, map, variable or constant of that name.
    #[error("{contract} has no {kind} `{name}`")]
    NoSuchMember {
        /// The contract.
        contract: ContractId,
        /// What was looked for: `function`, `map` and so on.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// The function is public and may write. Simulate the call instead.
    #[error("{contract} may write in `{function}`: it is no read-only function")]
    NotReadOnly {
        /// The contract.
        contract: ContractId,
        /// The function.
        function: String,
    },
    /// The given bytes are not a Clarity value of the right type.
    #[error("`{field}` is no fitting Clarity value: {message}")]
    BadValue {
        /// Which of the given values.
        field: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// The function stopped with a runtime error.
    #[error("call stopped: {message}")]
    Stopped {
        /// The VM's message.
        message: String,
    },
    /// The call costs more than a read-only call may cost.
    #[error("call exceeds the limit of a read-only call")]
    TooCostly,
    /// The call was stopped because it ran for too long.
    #[error("call ran for too long and was stopped")]
    TookTooLong,
    /// The call was stopped because nobody waits for it any more.
    #[error("call was stopped")]
    Interrupted,
    /// The ledger failed.
    #[error("question was not answered")]
    Failed {
        /// The failure.
        #[source]
        failure: LedgerFailure,
    },
}

/// Why a ledger does not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has locked the folder.
    #[error("ledger in {folder} is in use by process {pid}")]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// The other process; 0 when its id is not in the lock file.
        pid: u32,
    },
    /// A file or folder cannot be created, read or locked.
    #[error("cannot use {path}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The ledger was created for another network.
    #[error("ledger is for chain {actual:#010x}, not {expected:#010x}")]
    ChainId {
        /// The chain id in the settings.
        expected: u32,
        /// The ledger's chain id.
        actual: u32,
    },
    /// The node's key is missing, or is not the one that signed the ledger's blocks.
    #[error("node key in {path} is missing or not this ledger's")]
    NodeKey {
        /// Where the key should be.
        path: PathBuf,
    },
    /// A newer version of this program wrote the file.
    #[error("ledger has format {found}, this program reads {supported}")]
    Format {
        /// The file's format.
        found: u32,
        /// The newest format that this program reads.
        supported: u32,
    },
    /// The folder contains no ledger, and the caller did not want a new one.
    #[error("no ledger in {folder}")]
    Absent {
        /// The folder.
        folder: PathBuf,
    },
    /// Blocks are missing that the ledger had acknowledged, or all of them.
    #[error("{gap}")]
    Behind {
        /// What is missing.
        gap: Box<Gap>,
    },
    /// The file that names the newest block cannot be read.
    #[error("{path}, which names the newest block, is damaged")]
    MarkDamaged {
        /// The file.
        path: PathBuf,
    },
    /// The system has no random bytes for the node's key.
    #[error("the system gives no random bytes")]
    Randomness,
    /// The ledger failed while it was opened.
    #[error("ledger does not open")]
    Failed {
        /// The failure.
        #[source]
        failure: LedgerFailure,
    },
}

impl From<rusqlite::Error> for LedgerFailure {
    fn from(error: rusqlite::Error) -> Self {
        // When SQLite has no room for the index of its log, it reports an I/O error and not a full disk.
        const NO_ROOM_FOR_INDEX: i32 = rusqlite::ffi::SQLITE_IOERR_SHMSIZE;
        if error.sqlite_error().is_some_and(|raw| raw.extended_code == NO_ROOM_FOR_INDEX) {
            return Self::Full;
        }
        if let rusqlite::Error::FromSqlConversionFailure(_, _, cause) = &error
            && let Some(WrongSum { what }) = cause.downcast_ref()
        {
            return Self::Damaged { what };
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

impl From<IdentifierError> for LedgerFailure {
    fn from(_: IdentifierError) -> Self {
        Self::Damaged { what: "a stored name" }
    }
}

impl From<WireError> for LedgerFailure {
    fn from(_: WireError) -> Self {
        Self::Damaged { what: "a stored record" }
    }
}
