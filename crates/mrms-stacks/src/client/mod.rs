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
mod api;
mod blocks;
mod history;
mod lists;
mod node;
mod plain_node;
mod proofs;
mod sponsor;
mod stream;
mod transport;

use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use mrms_core::{
    BlockHeight, BurnHeight, ChainId, ContractId, MicroStx, Nonce, StandardPrincipal, TxId,
    UnixTime, visible,
};
use zeroize::Zeroizing;

use self::api::Routes;
pub use self::blocks::NonceBlock;
use crate::clarity::Value;
use crate::transaction::ContractCall;
pub use lists::{CursorPage, EventLog, EventsFrom, ListFrom, ListPage, ListedRefusal};
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
    /// How long an address that has not answered yet is tried: it bounds the making of a connection, and no try begins later.
    /// Whoever is connected may take the whole time for an answer. `None`: as every other request.
    pub reach: Option<Duration>,
    /// The key that the address wants to see (`x-api-key`); `None` for one that wants none.
    pub api_key: Option<ApiKey>,
    /// For whom a person waits; `None` for the usual patience.
    pub hurry: Option<Hurry>,
}

/// A person waits for something that must not be held up. The first try of each request is short; where it is not answered that
/// is told once, and a request to an address that left one wholly unanswered is tried once, for as short a time.
#[derive(Clone)]
pub struct Hurry {
    /// How long the first try may take.
    pub first: Duration,
    /// Told the address that does not answer.
    pub tell: Arc<dyn Fn(&str) + Send + Sync>,
}

impl std::fmt::Debug for Hurry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hurry").field("first", &self.first).finish_non_exhaustive()
    }
}

/// A secret by which a hosted API knows who asks. Never printed.
#[derive(Clone)]
pub struct ApiKey(Zeroizing<String>);

/// Why a text is no [`ApiKey`]. It does not have the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an API key has 1 to 256 letters, digits and signs, and no space")]
pub struct NoApiKey;

impl std::str::FromStr for ApiKey {
    type Err = NoApiKey;

    fn from_str(text: &str) -> Result<Self, NoApiKey> {
        let is_one = (1..=256).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        is_one.then(|| Self(Zeroizing::new(text.to_owned()))).ok_or(NoApiKey)
    }
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiKey(..)")
    }
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            plain_http: PlainHttp::LoopbackOnly,
            timeout: Duration::from_secs(60),
            attempts: 5,
            pause: Duration::from_millis(250),
            reach: None,
            hurry: None,
            api_key: None,
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
    /// The node has no lists of what happened: those are the hosted API's, or an index's.
    #[error("{url} keeps no history of what contracts printed and refused")]
    NoHistory {
        /// The node.
        url: String,
    },
    /// The history of the address begins later than what was asked for: an index whose node told it nothing before.
    #[error(
        "{url} has no history before block {begins}; ask an API that has all of it, or let an index begin earlier"
    )]
    HistoryBegins {
        /// The address.
        url: String,
        /// The first block whose history is there.
        begins: BlockHeight,
    },
    /// The node keeps no index of transactions, and can't be asked for one by its id.
    #[error("{url} keeps no index of transactions")]
    NoIndex {
        /// The node.
        url: String,
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
    /// Its id, where the node tells: SHA-512/256 of its hash and the consensus hash of its Bitcoin block.
    pub tip_id: Option<[u8; 32]>,
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonces {
    /// The next one to use, after those of transactions that wait for a block, where the node
    /// tells of them.
    pub next: Nonce,
    /// The first one that no transaction in a block has.
    pub in_blocks: Nonce,
    /// Those below the next that no transaction has: whatever has a higher one waits for them. In no order.
    pub missing: Vec<Nonce>,
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
    /// The network put it into a block without running it (`problematic_skipped`, from epoch 4.0 on): its fee and its
    /// nonce are used up.
    Skipped,
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

/// What a list says of one of its transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListedStanding {
    /// It stands in no block.
    Waiting,
    /// It stands in a block, and ended so.
    Ended(Outcome),
    /// It has a status that this client does not know: a newer network's.
    Unknown,
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
    pub standing: ListedStanding,
    /// The block that it stands in, where it does.
    pub block_height: Option<BlockHeight>,
    /// The Bitcoin block under which that block was made, where the list tells.
    pub burn_height: Option<BurnHeight>,
    /// Its place within that block, where the list tells.
    pub position: Option<u64>,
    /// What it calls, where it is a call and the list tells all of it.
    pub call: Option<ContractCall>,
    /// Where it stands and what it returned, where the list tells both.
    pub inclusion: Option<Inclusion>,
    /// The same with its call, where it is one and the list tells all of it.
    pub details: Option<CallDetails>,
}

/// A call that stands in a block, as the hosted API tells of it.
#[derive(Clone, Debug, PartialEq)]
pub struct CallDetails {
    /// The transaction.
    pub txid: TxId,
    /// The account that signed it.
    pub sender: StandardPrincipal,
    /// What it called.
    pub call: ContractCall,
    /// Where it stands, and what it returned.
    pub inclusion: Inclusion,
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

/// How an index of a node's blocks stands (`mrms index`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexStanding {
    /// Its newest block.
    pub newest: Option<BlockHeight>,
    /// The block before which history is missing; `None` if the index has all of it.
    pub begins: Option<BlockHeight>,
    /// What is wrong with it, in its own words.
    pub trouble: Option<String>,
}

/// How what became of a transaction is found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follows {
    /// The hosted API tells.
    Api,
    /// The node tells: it keeps an index of transactions (`txindex`).
    Index,
    /// The node has blocks and states alone: the transaction is looked for in them.
    Blocks,
}

/// A client of one node, or of the hosted API.
#[derive(Debug)]
pub struct RpcClient {
    transport: Transport,
    history: OnceLock<History>,
    follows: OnceLock<Follows>,
    routes: Routes,
}

impl RpcClient {
    /// A client of the node at this address, such as `https://api.testnet.hiro.so`. Asks nothing
    /// yet.
    ///
    /// # Errors
    ///
    /// [`ClientError::Url`].
    pub fn new(url: &str, settings: ClientSettings) -> Result<Self, ClientError> {
        Ok(Self {
            transport: Transport::new(url, settings)?,
            history: OnceLock::new(),
            follows: OnceLock::new(),
            routes: Routes::default(),
        })
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
