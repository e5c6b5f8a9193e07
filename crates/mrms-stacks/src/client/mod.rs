//! A client of the Stacks node RPC, of the hosted API's history where there is one, and of a fee
//! sponsor.
//!
//! Knows shapes, faults and retries; decides nothing: when to wait, what a fee may be and whether
//! a transaction is lost are questions for its caller. Shapes after the node's `docs/rpc` and the
//! hosted API's OpenAPI description.
//!
//! Reads are repeated after a fault. A transaction is only ever sent as the same signed bytes, so
//! that sending it again can't do anything twice.

mod answer;
mod history;
mod lists;
mod node;
mod plain_node;
mod proofs;
mod sponsor;
mod stream;
mod transport;

use std::sync::OnceLock;
use std::time::Duration;

use mrms_core::{
    BlockHeight, BurnHeight, ChainId, ContractId, MicroStx, Nonce, StandardPrincipal, TxId,
    UnixTime, visible,
};

use crate::clarity::Value;
pub use lists::{CursorPage, ListedRefusal, OffsetPage, PAGE};
pub use proofs::{AncestorBytes, GenesisBytes, ProofBytes, SignedHeaderBytes};
pub use sponsor::{NoVoucher, SponsorClient, SponsorDetails, Voucher, VoucherState};
pub use stream::Download;
pub use transport::{Answer, Repeat, Transport};

/// How a client behaves.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// Where unencrypted HTTP may be spoken.
    pub plain_http: PlainHttp,
    /// How long a whole request may take.
    pub timeout: Duration,
    /// How often a request is tried at most.
    pub attempts: u32,
    /// How long the first pause between two tries is; each further one is twice as long.
    pub pause: Duration,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            plain_http: PlainHttp::LoopbackOnly,
            timeout: Duration::from_secs(60),
            attempts: 5,
            pause: Duration::from_millis(250),
        }
    }
}

/// Where unencrypted HTTP may be spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainHttp {
    /// Only to this machine.
    LoopbackOnly,
    /// To any host: whoever is on the way can read and alter the answers.
    Anywhere,
}

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The address is none that can be asked.
    #[error("{url:?} is not the address of a node: {reason}")]
    Url {
        /// The address.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The node would not take a transaction.
    #[error("{rejection}")]
    Rejected {
        /// Its reason.
        rejection: Rejection,
    },
    /// A sponsor will not pay for a transaction.
    #[error("{}", visible::line(message))]
    Sponsor {
        /// Its stable word for the reason.
        code: String,
        /// Its sentence.
        message: String,
    },
    /// A contract's function could not be called.
    #[error("the call failed: {}", visible::line(cause))]
    Call {
        /// What the node said.
        cause: String,
    },
    /// No answer, or none that is one. What was sent may have arrived.
    #[error("{url}: {}", visible::line(reason))]
    Transport {
        /// What was asked.
        url: String,
        /// What happened.
        reason: String,
    },
    /// The answer can't be understood.
    #[error("the answer to {url} cannot be understood: {}", visible::line(reason))]
    Answer {
        /// What was asked.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Why a node would not take a transaction, in its own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The reason, such as `BadNonce`; the whole answer where it has no reason.
    pub reason: String,
    /// The data beside it, as JSON.
    pub data: Option<serde_json::Value>,
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.data {
            Some(data) => write!(f, "{} {data}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

/// Where a node's chain stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeInfo {
    /// Which chain it is.
    pub chain_id: ChainId,
    /// Hash of the state that the chain began with, in hexadecimal, where the node tells.
    pub genesis: Option<String>,
    /// Height of the latest Bitcoin block that it knows.
    pub burn_height: BurnHeight,
    /// When that Bitcoin block was made, where the node tells.
    pub burn_began: Option<UnixTime>,
    /// Height of the latest Stacks block.
    pub block_height: BlockHeight,
}

/// A block of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainBlock {
    /// Its height.
    pub height: BlockHeight,
    /// Its id (`index_block_hash`): it also commits to the blocks before it.
    pub id: [u8; 32],
    /// The Bitcoin block under which it was made.
    pub burn_height: BurnHeight,
}

/// An account as the latest block has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountState {
    /// How many transactions it has in blocks; the nonce of the next.
    pub nonce: Nonce,
    /// What it can spend.
    pub balance: MicroStx,
}

/// The nonces of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nonces {
    /// The next one to use, after those of transactions that wait for a block, where the node
    /// tells of them.
    pub next: Nonce,
    /// The first one that no transaction in a block has.
    pub in_blocks: Nonce,
}

/// A contract as it stands on the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractDetails {
    /// Its source.
    pub source: String,
    /// The Clarity version that it was deployed for, where the node tells.
    pub clarity_version: Option<String>,
    /// The transaction that deployed it, where the node tells.
    pub txid: Option<TxId>,
    /// The block of that transaction.
    pub block_height: BlockHeight,
}

/// How a transaction that stands in a block ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It did what it was for.
    Success,
    /// The contract answered `(err …)`.
    AbortedByResponse,
    /// A post-condition did not hold.
    AbortedByPostCondition,
}

/// What became of a transaction.
#[derive(Clone, Debug, PartialEq)]
pub enum TransactionState {
    /// It waits for a block.
    Pending,
    /// The node forgot it, for this reason: `dropped_replace_by_fee` and so on.
    Dropped {
        /// The hosted API's word.
        reason: String,
    },
    /// It stands in a block.
    Included(Box<Inclusion>),
}

/// Where a transaction stands, and what it did.
#[derive(Clone, Debug, PartialEq)]
pub struct Inclusion {
    /// How it ended.
    pub outcome: Outcome,
    /// What it returned.
    pub result: Value,
    /// The block.
    pub block_height: BlockHeight,
    /// The Bitcoin block under which that block was made.
    pub burn_height: BurnHeight,
    /// The time of the block.
    pub time: UnixTime,
}

/// A transaction in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedTransaction {
    /// Its id.
    pub txid: TxId,
    /// The account that signed it, where the list tells.
    pub sender: Option<StandardPrincipal>,
    /// Its nonce, where the list tells.
    pub nonce: Option<Nonce>,
    /// What became of it.
    pub state: TransactionState,
    /// The arguments of its call, serialized, where it is a call and the list tells them.
    pub arguments: Option<Vec<Vec<u8>>>,
}

/// A value that a contract printed.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedEvent {
    /// The transaction that printed it.
    pub txid: TxId,
    /// Its place among the events of that transaction.
    pub index: u64,
    /// What was printed.
    pub value: Value,
    /// Where it stands, where the list tells.
    pub place: Option<EventPlace>,
}

/// The block of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventPlace {
    /// Its height.
    pub block_height: BlockHeight,
    /// The Bitcoin block under which it was made.
    pub burn_height: BurnHeight,
    /// Its time.
    pub time: UnixTime,
}

/// Where the history of the chain comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum History {
    /// The hosted API: transactions, events, what waits for a block.
    Extended,
    /// A node alone: single transactions, where it keeps an index of them.
    NodeOnly,
}

/// A client of one node, or of the hosted API.
#[derive(Debug)]
pub struct RpcClient {
    transport: Transport,
    history: OnceLock<History>,
}

impl RpcClient {
    /// A client of the node at this address, such as `https://api.testnet.hiro.so`. Asks nothing
    /// yet.
    ///
    /// # Errors
    ///
    /// [`ClientError::Url`].
    pub fn new(url: &str, settings: ClientSettings) -> Result<Self, ClientError> {
        Ok(Self { transport: Transport::new(url, settings)?, history: OnceLock::new() })
    }

    /// The address.
    #[must_use]
    pub fn url(&self) -> &str {
        self.transport.url()
    }
}

fn contract_path(contract: &ContractId) -> String {
    let deployer: &StandardPrincipal = &contract.deployer;
    format!("{deployer}/{}", contract.name)
}
