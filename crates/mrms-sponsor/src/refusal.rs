//! [`Refusal`]: why the sponsor does not pay, with a stable code for programs and a sentence for people.
//!
//! The HTTP status of each is in [`server`](crate::server).

use jiff::Timestamp;
use mrms_core::{ContractId, MicroStx, StandardPrincipal};
use mrms_stacks::DecodeError;
use mrms_stacks::transaction::VerifyError;

/// Why the sponsor does not pay.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The bytes are no transaction.
    #[error("the body is no Stacks transaction: {problem}")]
    NotATransaction {
        /// What is wrong with it.
        problem: DecodeError,
    },
    /// The transaction is for another chain.
    #[error("the transaction is for another chain than the one that this sponsor pays on")]
    WrongNetwork,
    /// The transaction has no place for a sponsor.
    #[error("the transaction has no place for a sponsor: its origin pays")]
    NotSponsored,
    /// Somebody has sponsored the transaction already.
    #[error("the transaction has a sponsor already")]
    AlreadySponsored,
    /// The origin is the sponsor itself: both places would use the same nonce.
    #[error("the transaction is the sponsor's own")]
    OwnTransaction,
    /// The origin offers a fee of its own.
    #[error("the origin of a sponsored transaction pays nothing, this one says {fee}")]
    OriginFee {
        /// The fee that it offers.
        fee: MicroStx,
    },
    /// The transaction is not a contract call.
    #[error("this sponsor pays for contract calls alone")]
    NotAContractCall,
    /// The transaction calls another contract.
    #[error("this sponsor pays for calls of its records contract, not of {contract}")]
    NotOurContract {
        /// The contract that it calls.
        contract: ContractId,
    },
    /// The contract has no such public function.
    #[error("the records contract has no public function {function}")]
    NotOurFunction {
        /// The function that it calls.
        function: String,
    },
    /// The transaction could move assets.
    #[error("this sponsor pays for transactions that move no assets: mode deny, no post-condition")]
    PostConditions,
    /// The origin did not sign the transaction.
    #[error("the transaction is not its origin's: {problem}")]
    OriginSignature {
        /// What is wrong with the signature.
        problem: VerifyError,
    },
    /// The account is in no list, and shows no voucher of the list.
    #[error(
        "this sponsor pays for accounts that it knows, and does not know {account}: give whoever runs it this account, or ask them for a voucher"
    )]
    NotEligible {
        /// The account.
        account: StandardPrincipal,
    },
    /// The voucher that the account shows is another account's.
    #[error("the voucher that {account} shows belongs to another account: ask for one of your own")]
    VoucherTaken {
        /// The account that shows it.
        account: StandardPrincipal,
    },
    /// Another transaction with this nonce of the origin was sponsored.
    #[error("another transaction of {origin} with nonce {nonce} was sponsored")]
    NonceTaken {
        /// Its origin.
        origin: StandardPrincipal,
        /// The nonce.
        nonce: u64,
    },
    /// The origin has used this nonce already.
    #[error("nonce {nonce} of {origin} is used already, the next one is {expected}")]
    NonceUsed {
        /// Its origin.
        origin: StandardPrincipal,
        /// The nonce.
        nonce: u64,
        /// The origin's next nonce.
        expected: u64,
    },
    /// The nonce is ahead: the transaction, and every later one of the sponsor, would wait.
    #[error("nonce {nonce} of {origin} is ahead of its next one, {expected}")]
    NonceGap {
        /// Its origin.
        origin: StandardPrincipal,
        /// The nonce.
        nonce: u64,
        /// The origin's next nonce.
        expected: u64,
    },
    /// The budget of the day is used up.
    #[error("the sponsor's budget {whose} is used up; it renews at {renews_at}")]
    BudgetExhausted {
        /// `for this account` or `for all accounts`.
        whose: &'static str,
        /// When it renews.
        renews_at: Timestamp,
    },
    /// The network asks for a higher fee than the sponsor pays.
    #[error("the network's fee is {fee}, more than the {ceiling} that this sponsor pays at most")]
    FeeAboveCeiling {
        /// What it asks for.
        fee: MicroStx,
        /// Most that is paid for one transaction.
        ceiling: MicroStx,
    },
    /// The ledger refused the transaction.
    #[error("the ledger refused the transaction: {reason}")]
    Rejected {
        /// The node's reason.
        reason: String,
    },
    /// The sponsor has no STX left.
    #[error("the sponsor's account cannot pay the fee")]
    OutOfFunds,
    /// Too many transactions are in flight.
    #[error("too many transactions wait for a block")]
    Busy,
    /// The node does not answer.
    #[error("the sponsor cannot reach its ledger now")]
    Ledger {
        /// What happened, for the log.
        reason: String,
    },
    /// The clock of the sponsor's machine was set while it ran, so its days are wrong.
    #[error("the clock of the sponsor's machine was set by {seconds} seconds while it ran")]
    Clock {
        /// By how much.
        seconds: u64,
    },
    /// The sponsor's disk failed.
    #[error("the sponsor cannot keep its books now")]
    Books {
        /// What happened, for the log.
        reason: String,
    },
}

impl Refusal {
    /// A stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotATransaction { .. } => "not-a-transaction",
            Self::WrongNetwork => "wrong-network",
            Self::NotSponsored => "not-sponsored",
            Self::AlreadySponsored => "already-sponsored",
            Self::OwnTransaction => "own-transaction",
            Self::OriginFee { .. } => "origin-fee",
            Self::NotAContractCall => "not-a-contract-call",
            Self::NotOurContract { .. } => "not-our-contract",
            Self::NotOurFunction { .. } => "not-our-function",
            Self::PostConditions => "post-conditions",
            Self::OriginSignature { .. } => "origin-signature",
            Self::NotEligible { .. } => "not-eligible",
            Self::VoucherTaken { .. } => "voucher-taken",
            Self::NonceTaken { .. } => "nonce-taken",
            Self::NonceUsed { .. } => "nonce-used",
            Self::NonceGap { .. } => "nonce-gap",
            Self::BudgetExhausted { .. } => "budget-exhausted",
            Self::FeeAboveCeiling { .. } => "fee-above-ceiling",
            Self::Rejected { .. } => "rejected",
            Self::OutOfFunds => "out-of-funds",
            Self::Busy => "busy",
            Self::Ledger { .. } => "ledger-unreachable",
            Self::Clock { .. } => "clock",
            Self::Books { .. } => "books",
        }
    }

    /// The cause, for the log only.
    #[must_use]
    pub fn cause(&self) -> Option<&str> {
        match self {
            Self::Ledger { reason } | Self::Books { reason } => Some(reason),
            _ => None,
        }
    }
}
