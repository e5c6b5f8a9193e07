//! The port to a ledger: what the use cases need of any Stacks node.
//!
//! The embedded ledger implements it, and so does an HTTP client of the standard node RPC; nothing
//! here depends on which one it is. Values cross it as the client's own [`Value`], transactions as
//! their wire bytes.

use mrms_core::{
    BlockHeight, BurnClock, BurnHeight, ContractId, MicroStx, Nonce, StandardPrincipal, TxId,
    UnixTime, visible,
};
use mrms_stacks::abi::Interface;
use mrms_stacks::clarity::Value;
use mrms_stacks::network::Network;
use mrms_stacks::transaction::{ContractCall, Payload, Transaction, Unsigned};

/// The latest block, and the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Height of the latest Stacks block.
    pub block_height: BlockHeight,
    /// The burn height that a transaction would see now.
    pub burn_height: BurnHeight,
    /// When that height began; `None` where the ledger does not tell.
    pub burn_began: Option<UnixTime>,
    /// The ledger's time now.
    pub time: UnixTime,
}

impl Tip {
    /// The anchor for estimates between heights and times.
    #[must_use]
    pub const fn clock(self) -> BurnClock {
        let began = match self.burn_began {
            Some(began) => began,
            None => self.time,
        };
        BurnClock { height: self.burn_height, began, now: self.time }
    }
}

/// A block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its height.
    pub height: BlockHeight,
    /// What tells it from every other block, those of the same height on another branch included.
    pub id: [u8; 32],
    /// The burn height that it was made at.
    pub burn_height: BurnHeight,
}

/// What a ledger shows about two of its blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Descent {
    /// The newer one was made on top of the older one: what the node signed proves it.
    Shown,
    /// It was not: the newer one has another block in the place of the older one.
    Denied,
    /// The ledger gives no proof, and a Stacks network never does.
    NotShown,
}

/// An account's next nonce and its balance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// The nonce that its next transaction carries.
    pub nonce: Nonce,
    /// What it can spend.
    pub balance: MicroStx,
}

/// How a transaction that stands in a block ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It did what it was for.
    Success,
    /// The contract answered `(err …)` and everything was rolled back.
    AbortedByResponse,
    /// A post-condition did not hold and everything was rolled back.
    AbortedByPostCondition,
    /// The network put it into a block without running it. The fee is paid, and nothing else happened.
    Skipped,
}

/// What is known of a transaction that stands in a block.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    /// Its id.
    pub txid: TxId,
    /// How it ended.
    pub status: Status,
    /// What it returned.
    pub result: Value,
    /// The block that it stands in.
    pub block_height: BlockHeight,
    /// The burn height of that block.
    pub burn_height: BurnHeight,
    /// The time of that block.
    pub time: UnixTime,
}

/// A value that a contract printed.
#[derive(Clone, Debug, PartialEq)]
pub struct PrintedEvent {
    /// The transaction that it was printed in.
    pub txid: TxId,
    /// The block of that transaction.
    pub block_height: BlockHeight,
    /// The time of that block.
    pub time: UnixTime,
    /// What was printed.
    pub value: Value,
}

/// A transaction that stands in a block, however it ended: who signed it, and what it called.
#[derive(Clone, Debug, PartialEq)]
pub struct IncludedCall {
    /// Who signed it.
    pub sender: StandardPrincipal,
    /// The function and its arguments; `None` for a transaction that calls none.
    pub call: Option<ContractCall>,
    /// How it ended.
    pub receipt: Receipt,
}

impl IncludedCall {
    /// That of a transaction whose bytes are at hand.
    #[must_use]
    pub fn of(transaction: &Transaction, receipt: Receipt) -> Self {
        let call = match transaction.payload() {
            Payload::ContractCall(call) => Some(call.clone()),
            Payload::SmartContract(_) | Payload::TokenTransfer { .. } => None,
        };
        Self { sender: transaction.origin(), call, receipt }
    }

    /// Whether one of its arguments, encoded, may concern somebody.
    #[must_use]
    pub fn may_concern(&self, concerns: &dyn Fn(&[u8]) -> bool) -> bool {
        let arguments = self.call.iter().flat_map(|call| &call.arguments);
        arguments.filter_map(|argument| argument.encode().ok()).any(|bytes| concerns(&bytes))
    }
}

/// A contract as it stands on the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployed {
    /// Its source.
    pub source: String,
    /// The version of Clarity that it runs under, where the ledger tells.
    pub clarity_version: Option<String>,
    /// The transaction that deployed it, where the ledger tells.
    pub txid: Option<TxId>,
    /// The block that it was deployed in.
    pub block_height: BlockHeight,
}

/// What a call would cost, in the five dimensions of the network's block limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Units of computation.
    pub runtime: u64,
    /// Number of reads.
    pub read_count: u64,
    /// Bytes read.
    pub read_length: u64,
    /// Number of writes.
    pub write_count: u64,
    /// Bytes written.
    pub write_length: u64,
}

/// Why a ledger could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// It would not take the transaction; nothing changed.
    #[error("the ledger refused the transaction: {}", visible::line(reason))]
    Rejected {
        /// The node's reason, such as `BadNonce`, and its data.
        reason: String,
    },
    /// The sender can't pay the fee.
    #[error("the account {account} cannot pay the fee of {fee}")]
    NotEnoughFunds {
        /// Who was to pay.
        account: StandardPrincipal,
        /// What was to be paid.
        fee: MicroStx,
    },
    /// Another process holds the embedded ledger.
    #[error("another process is using this home folder (process {pid})")]
    Busy {
        /// Its process id, as far as known.
        pid: String,
    },
    /// The contract or function is not there, or the call can't be made.
    #[error("the contract cannot be called: {}", visible::line(reason))]
    Call {
        /// What the node said.
        reason: String,
    },
    /// The disk is full, can't be written, or fails.
    #[error("the ledger cannot be written or read: {}", visible::line(reason))]
    Storage {
        /// What the storage said.
        reason: String,
    },
    /// A newer version of this program wrote it.
    #[error("the ledger cannot be read: {}", visible::line(reason))]
    Newer {
        /// Which format it has, and which ones this program reads.
        reason: String,
    },
    /// What is stored is not what was written.
    #[error("the ledger is damaged: {}", visible::line(reason))]
    Damaged {
        /// What does not fit.
        reason: String,
    },
    /// Blocks are missing that were acknowledged.
    #[error("the ledger is not complete: {}", visible::line(reason))]
    Behind {
        /// Which, and who knows of them.
        reason: String,
    },
    /// The answer can't be understood.
    #[error("the ledger's answer cannot be understood: {}", visible::line(reason))]
    Answer {
        /// What is wrong with it.
        reason: String,
    },
    /// It can't be reached.
    #[error("the ledger cannot be reached: {}", visible::line(reason))]
    Unreachable {
        /// What the transport said.
        reason: String,
    },
    /// Its address can't be used.
    #[error("the ledger's address is not usable: {}", visible::line(reason))]
    Address {
        /// What is wrong with it.
        reason: String,
    },
    /// The transaction was sent, and does not stand in a block yet.
    #[error("transaction {txid} was sent and waits for a block")]
    Pending {
        /// The first transaction that stands in no block.
        txid: TxId,
    },
    /// The network asks for more than was allowed; nothing was sent.
    #[error("the network's fee is {fee}, more than the ceiling of {ceiling}")]
    FeeAboveCeiling {
        /// What it asks for.
        fee: MicroStx,
        /// What was allowed.
        ceiling: MicroStx,
    },
    /// Who was to pay the fee did not agree; nothing was sent.
    #[error("the fee of {fee} was not agreed to")]
    NotAgreed {
        /// The fee.
        fee: MicroStx,
    },
    /// A sponsor will not pay for the transaction; it was not sent.
    #[error("the sponsor does not pay for this: {}", visible::line(reason))]
    SponsorRefused {
        /// Its stable word for the reason, such as `budget-exhausted`.
        code: String,
        /// Its sentence.
        reason: String,
    },
    /// The sponsor can't be reached, or can't pay now. It may have the transaction.
    #[error("the sponsor cannot be reached: {}", visible::line(reason))]
    SponsorUnreachable {
        /// What happened.
        reason: String,
    },
    /// The sponsor's signature is void, since the sponsor has used its nonce for something else. It
    /// must be asked again.
    #[error("the sponsor's part of transaction {txid} is void")]
    SponsorshipVoid {
        /// The transaction.
        txid: TxId,
    },
    /// The transaction leaves its fee to a sponsor, and there is none.
    #[error("the transaction waits for a sponsor to pay its fee, and none is named")]
    NoSponsor,
    /// Nodes of one network give different answers where it matters.
    #[error("the nodes disagree about {}: {}", visible::line(what), visible::line(answers))]
    Disagreement {
        /// What was asked.
        what: String,
        /// Both answers, and whose they are.
        answers: String,
    },
    /// It would not be known what became of a transaction; nothing was signed.
    #[error("what becomes of {what} cannot be found out at this ledger: {}", visible::line(reason))]
    CannotFollow {
        /// The transaction: the function that it calls, for example.
        what: String,
        /// Why.
        reason: String,
    },
    /// The node has no lists of what contracts printed and refused.
    #[error("the ledger keeps no history: {}", visible::line(reason))]
    NoHistory {
        /// Which node, and what would have it.
        reason: String,
    },
    /// The ledger's lists begin later than what was asked for. A part of a history looks like a whole one.
    #[error("{}", visible::line(reason))]
    HistoryBegins {
        /// Where, and from which block on.
        reason: String,
    },
    /// This ledger can't try a call without sending it.
    #[error("only the embedded ledger can try a call")]
    CannotTry,
}

impl LedgerError {
    /// Whether the ledger surely did not take the transaction, so that it may be forgotten. After
    /// any other error it may stand in a block.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(
            self,
            Self::Rejected { .. } | Self::NotEnoughFunds { .. } | Self::SponsorRefused { .. }
        )
    }
}

/// Other transactions with the nonces of those that are sent, which were signed before and may come first.
#[derive(Clone, Copy)]
pub struct Rivals<'r> {
    /// They.
    pub transactions: &'r [Transaction],
    /// So many of those that are sent must not come too late: where a rival stands in the place of one of them, that is told
    /// at once.
    pub own: usize,
    /// Whether to wait no longer for a block, since something that goes first asks for the place.
    pub give_way: &'r dyn Fn() -> bool,
}

impl Rivals<'_> {
    /// None.
    pub const NONE: Self = Self { transactions: &[], own: 0, give_way: &|| false };
}

/// An operation that is about to go before others.
#[derive(Clone, Copy, Debug)]
pub struct GoingFirst<'g> {
    /// What it does.
    pub what: &'g str,
    /// What it takes the place of.
    pub displaces: &'g [String],
    /// What keeps its place before it.
    pub behind: &'g [String],
    /// What it costs with whatever fills the places.
    pub fee: MicroStx,
    /// The most that it can cost, if others come first.
    pub most: MicroStx,
}

/// What became of an operation that an earlier command had started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resumed {
    /// What it does.
    pub description: String,
    /// Its transactions; none where its file is damaged.
    pub txids: Vec<TxId>,
    /// How it ended, if it did.
    pub ending: Ending,
}

/// How an operation that was resumed ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every transaction stands in a block and succeeded.
    Finished,
    /// It was sent and does not stand in a block yet; a later command resumes it again.
    Pending {
        /// The first transaction that stands in no block.
        txid: TxId,
    },
    /// Another operation went before it and took its place.
    TakenBack {
        /// What that one does.
        by: String,
        /// So many of its transactions were faster and stand in blocks.
        done: usize,
        /// So many it has.
        of: usize,
    },
    /// The ledger or the contract refused.
    RolledBack {
        /// The reason.
        reason: String,
    },
}

/// Who pays for transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payer {
    /// Whoever signs them.
    Sender,
    /// A sponsor, who completes them: see [`Ledger::sponsor`].
    Sponsor,
}

/// A Stacks ledger.
pub trait Ledger: Send + Sync {
    /// Which network its transactions are for.
    fn network(&self) -> Network;

    /// Its name in messages, such as `embedded ledger`.
    fn name(&self) -> &str;

    /// Hash of its first block in hexadecimal, where it tells. It tells two ledgers with the same
    /// chain id apart.
    fn genesis(&self) -> Option<String>;

    /// Who pays for transactions here.
    fn payer(&self) -> Payer {
        Payer::Sender
    }

    /// The latest block, and the time.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn tip(&self) -> Result<Tip, LedgerError>;

    /// The block at a height; `None` when the chain has none there.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn block(&self, height: BlockHeight) -> Result<Option<Block>, LedgerError>;

    /// Whether the ledger shows that `newer` was made on top of `older`, which is not above it.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn descent(&self, older: &Block, newer: &Block) -> Result<Descent, LedgerError> {
        let _ = (older, newer);
        Ok(Descent::NotShown)
    }

    /// The account's next nonce and balance.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn account(&self, account: &StandardPrincipal) -> Result<Account, LedgerError>;

    /// The fee to offer for this transaction.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn fee(&self, transaction: &Unsigned) -> Result<MicroStx, LedgerError>;

    /// The highest fee that a transaction may have here; `None` where fees have no monetary value.
    fn fee_ceiling(&self) -> Option<MicroStx> {
        None
    }

    /// Whether the ledger surely does not have what it says that it does not have. One that answers from several servers,
    /// or to which others have passed a transaction on, may yet put it into a block.
    fn knows_all(&self) -> bool {
        true
    }

    /// Makes sure that it can be found out what becomes of these transactions. Asked before they are signed.
    ///
    /// # Errors
    ///
    /// [`LedgerError::CannotFollow`].
    fn must_follow(&self, transactions: &[&Payload]) -> Result<(), LedgerError> {
        let _ = transactions;
        Ok(())
    }

    /// Asks who pays to agree to `fee` for transactions that are about to be kept and sent. Where
    /// fees have no monetary value, nobody is asked.
    ///
    /// # Errors
    ///
    /// [`LedgerError::NotAgreed`].
    fn agree(&self, fee: MicroStx) -> Result<(), LedgerError> {
        let _ = fee;
        Ok(())
    }

    /// Has the sponsor pay for a transaction that its origin has signed; returns it complete. The
    /// sponsor may send it at once. The same bytes give the same answer.
    ///
    /// # Errors
    ///
    /// [`LedgerError::SponsorRefused`], [`LedgerError::SponsorUnreachable`],
    /// [`LedgerError::NoSponsor`].
    fn sponsor(&self, transaction: &[u8]) -> Result<Vec<u8>, LedgerError> {
        let _ = transaction;
        Err(LedgerError::NoSponsor)
    }

    /// The same for a transaction of an earlier command. Asks once and waits a moment only, since the present command
    /// has work of its own.
    ///
    /// # Errors
    ///
    /// As [`Self::sponsor`].
    fn sponsor_at_a_glance(&self, transaction: &[u8]) -> Result<Vec<u8>, LedgerError> {
        self.sponsor(transaction)
    }

    /// Lets other commands use the ledger while a person reads or thinks. Whatever is asked of it next takes it up again.
    /// Meanwhile others may have changed it.
    fn step_aside(&self) {}

    /// Whether the ledger has a transaction, in a block or waiting for one.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn has(&self, txid: &TxId) -> Result<bool, LedgerError> {
        Ok(self.receipt(txid)?.is_some())
    }

    /// Sends transactions in order and waits until each stands in a block, durably. Stops at the
    /// first that is not taken; those before it stand. Calls `handed_over` when the ledger has all
    /// of them, before it waits for blocks.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] of the first that was not taken.
    fn submit(
        &self,
        transactions: &[Vec<u8>],
        handed_over: &dyn Fn(),
    ) -> Result<Vec<Receipt>, LedgerError>;

    /// The same for transactions that may have been sent before. A ledger with slow blocks does not
    /// wait for them, and answers [`LedgerError::Pending`].
    ///
    /// # Errors
    ///
    /// As [`submit`](Self::submit).
    fn resubmit(&self, transactions: &[Vec<u8>]) -> Result<Vec<Receipt>, LedgerError> {
        self.submit(transactions, &|| {})
    }

    /// The same as [`submit`](Self::submit) where others may have been sent with the same nonces. Where one of them stands in
    /// a block, its receipt is in the place of ours; if that was one of the `own`, it is the last one.
    ///
    /// # Errors
    ///
    /// As [`submit`](Self::submit).
    fn submit_over(
        &self,
        transactions: &[Vec<u8>],
        rivals: &Rivals<'_>,
        handed_over: &dyn Fn(),
    ) -> Result<Vec<Receipt>, LedgerError> {
        let _ = rivals;
        self.submit(transactions, handed_over)
    }

    /// The same for transactions that may have been sent before, as [`resubmit`](Self::resubmit).
    ///
    /// # Errors
    ///
    /// As [`submit`](Self::submit).
    fn resubmit_over(
        &self,
        transactions: &[Vec<u8>],
        rivals: &Rivals<'_>,
    ) -> Result<Vec<Receipt>, LedgerError> {
        let _ = rivals;
        self.resubmit(transactions)
    }

    /// Tells the person that an operation goes before others, and what it costs, before they are asked to pay.
    fn going_first(&self, going: &GoingFirst<'_>) {
        let _ = going;
    }

    /// Tells the person what became of an operation whose place was taken.
    fn became(&self, what: &Resumed) {
        let _ = what;
    }

    /// What became of a transaction; `None` when it stands in no block.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn receipt(&self, txid: &TxId) -> Result<Option<Receipt>, LedgerError>;

    /// A transaction that stands in a block, as it was signed; `None` when it stands in none.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn included(&self, txid: &TxId) -> Result<Option<IncludedCall>, LedgerError>;

    /// Calls a read-only function.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn call_read_only(
        &self,
        contract: &ContractId,
        function: &str,
        arguments: &[Value],
    ) -> Result<Value, LedgerError>;

    /// Calls read-only functions one after the other, and may see the ledger move between them. A ledger in
    /// this process answers many at once in less time than one by one.
    ///
    /// # Errors
    ///
    /// [`LedgerError`] of the first that fails.
    fn call_read_only_all(
        &self,
        contract: &ContractId,
        calls: &[(&str, &[Value])],
    ) -> Result<Vec<Value>, LedgerError> {
        let call = |(function, arguments): &(&str, &[Value])| {
            self.call_read_only(contract, function, arguments)
        };
        calls.iter().map(call).collect()
    }

    /// Calls a read-only function on the state that a block left. A ledger whose blocks are final at
    /// once may answer with the state of the latest one.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn call_read_only_at(
        &self,
        block: &Block,
        contract: &ContractId,
        function: &str,
        arguments: &[Value],
    ) -> Result<Value, LedgerError> {
        let _ = block;
        self.call_read_only(contract, function, arguments)
    }

    /// A contract's source and where it came from; `None` when there is none of that name.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn deployed(&self, contract: &ContractId) -> Result<Option<Deployed>, LedgerError>;

    /// A contract's interface; `None` when there is none of that name.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn interface(&self, contract: &ContractId) -> Result<Option<Interface>, LedgerError>;

    /// What a contract printed at this burn height, in order, as far as `concerns` holds of it. The height is the one that
    /// the contract saw and printed; a block can be told to be of an earlier one.
    ///
    /// # Errors
    ///
    /// [`LedgerError::NoHistory`] from a node that keeps no events.
    fn printed_at(
        &self,
        contract: &ContractId,
        height: BurnHeight,
        concerns: &dyn Fn(&Value) -> bool,
    ) -> Result<Vec<PrintedEvent>, LedgerError>;

    /// The calls of a contract that ended in a refusal, oldest first: those of which `may_concern` holds.
    /// It is asked with the bytes of a whole transaction, or with those of each of its arguments.
    ///
    /// # Errors
    ///
    /// [`LedgerError::NoHistory`] from a node that keeps no lists.
    fn failed_calls(
        &self,
        contract: &ContractId,
        may_concern: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Vec<IncludedCall>, LedgerError>;

    /// What a call would return and cost, without sending it.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    fn simulate(
        &self,
        contract: &ContractId,
        sender: &StandardPrincipal,
        function: &str,
        arguments: &[Value],
    ) -> Result<(Value, Cost), LedgerError>;
}
