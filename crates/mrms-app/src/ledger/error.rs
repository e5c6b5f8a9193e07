//! Why a ledger could not do what was asked.

use mrms_core::{MicroStx, StandardPrincipal, TxId, visible};

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
    /// The burn height that it told can't be so, or can't be checked; nothing was signed.
    #[error("when something is to end cannot be told: {}", visible::line(reason))]
    BurnHeight {
        /// What is wrong with the height.
        reason: String,
    },
    /// It is not the chain that this profile knows: what ends access there ends nothing on the one where it was given.
    #[error(
        "{} says that it is {}; this profile knows it as {}",
        visible::line(who),
        visible::line(is),
        visible::line(was)
    )]
    OtherChain {
        /// Its address, or what else names it.
        who: String,
        /// The chain that it names.
        is: String,
        /// The one that the profile knows.
        was: String,
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
