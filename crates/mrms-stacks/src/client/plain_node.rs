//! What a node alone tells of a block and of a transaction: `/v3/transaction`, where it keeps an index, and
//! whether it waits for a block (`/v2/transactions/unconfirmed`).
//!
//! Burn height and time are read from the block's header (SIP-021, "Nakamoto block headers") and
//! its sortition. The result comes as Clarity text, and is read exactly. The node does not tell
//! whether a post-condition undid a transaction whose result is `(ok …)`: that is found out from what the transaction could
//! do, and not guessed.

use mrms_core::{BlockHeight, BurnHeight, TxId, UnixTime};
use serde::Deserialize;

use super::transport::Answer;
use super::{ChainBlock, ClientError, Follows, Inclusion, Outcome, RpcClient, TransactionState};
use crate::clarity::Value;
use crate::transaction::{Payload, PostConditionMode, Transaction};

#[derive(Deserialize)]
struct IndexedJson {
    index_block_hash: String,
    tx: String,
    result: String,
    result_hex: Option<String>,
    block_height: Option<u64>,
    is_canonical: Option<bool>,
}

#[derive(Deserialize)]
struct SortitionJson {
    burn_block_height: u64,
}

/// Where a header has its height, the consensus hash of its sortition, its parent's id, and its time.
const HEIGHT: std::ops::Range<usize> = 1..9;
const CONSENSUS_HASH: std::ops::Range<usize> = 17..37;
const PARENT: std::ops::Range<usize> = 37..69;
const TIMESTAMP: std::ops::Range<usize> = 133..141;
const SHORT: &str = "a block of less than its header";

impl RpcClient {
    pub(super) fn transaction_of_node(
        &self,
        txid: &TxId,
    ) -> Result<Option<TransactionState>, ClientError> {
        if self.follows()? == Follows::Blocks {
            return Err(ClientError::NoIndex { url: self.url().to_owned() });
        }
        let Some((answer, found)) = self.indexed(txid)? else {
            return Ok(self.is_unconfirmed(txid)?.then_some(TransactionState::Pending));
        };
        let height = match found.block_height {
            Some(height) if found.is_canonical != Some(false) => height,
            _ => return Ok(Some(TransactionState::Pending)),
        };
        let (burn_height, time) = self.place_of(&found.index_block_hash)?;
        let result = match &found.result_hex {
            Some(hex) => answer.value(hex)?,
            None => Value::from_node_text(&found.result).map_err(|error| answer.wrong(error))?,
        };
        let outcome = match result {
            Value::Err(_) => Outcome::AbortedByResponse,
            _ => {
                let transaction = answer.transaction(&found.tx, txid)?;
                if !self.held_post_conditions(&transaction)? {
                    return Err(answer.wrong(
                        "whether its post-conditions held can't be told without the hosted API",
                    ));
                }
                Outcome::Success
            }
        };
        let block_height = BlockHeight::new(height);
        let inclusion = Inclusion { outcome, result, block_height, burn_height, time };
        Ok(Some(TransactionState::Included(Box::new(inclusion))))
    }

    /// Whether the node says that a transaction waits for a block (`/v2/transactions/unconfirmed`). Before epoch 3 it says so
    /// of some that stand in one.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn is_unconfirmed(&self, txid: &TxId) -> Result<bool, ClientError> {
        let digits = hex::encode(txid.as_bytes());
        let waiting = self.transport.get(&format!("/v2/transactions/unconfirmed/{digits}"))?;
        match waiting.status {
            404 => Ok(false),
            _ if waiting.is_success() => Ok(true),
            _ => Err(waiting.unexpected()),
        }
    }

    /// Whether no post-condition can have undone a transaction: it has none, and moves nothing that it would have to name.
    fn held_post_conditions(&self, transaction: &Transaction) -> Result<bool, ClientError> {
        if !transaction.post_conditions().is_empty() {
            return Ok(false);
        }
        if transaction.post_condition_mode() == PostConditionMode::Allow {
            return Ok(true);
        }
        Ok(match transaction.payload() {
            // The network takes none with post-conditions, and checks none.
            Payload::TokenTransfer { .. } => true,
            Payload::SmartContract(contract) => !may_move_assets(contract.source.as_str()),
            Payload::ContractCall(call) => {
                let called = self.source(&call.contract)?;
                called.is_some_and(|called| !may_move_assets(&called.source))
            }
        })
    }

    pub(super) fn signed_transaction_of_node(
        &self,
        txid: &TxId,
    ) -> Result<Option<Transaction>, ClientError> {
        let Some((answer, found)) = self.indexed(txid)? else { return Ok(None) };
        answer.transaction(&found.tx, txid).map(Some)
    }

    fn indexed(&self, txid: &TxId) -> Result<Option<(Answer, IndexedJson)>, ClientError> {
        let answer =
            self.transport.get(&format!("/v3/transaction/{}", hex::encode(txid.as_bytes())))?;
        match answer.status {
            404 => Ok(None),
            501 => Err(ClientError::NoIndex { url: self.url().to_owned() }),
            _ => {
                let found = answer.json()?;
                Ok(Some((answer, found)))
            }
        }
    }

    /// The block at a height (`/v3/blocks/height`). Its id stands in the block after it.
    pub(super) fn block_of_node(
        &self,
        height: BlockHeight,
    ) -> Result<Option<ChainBlock>, ClientError> {
        let Some(header) = self.header_at(height)? else {
            return match self.follows()? {
                Follows::Blocks => self.older_block(height),
                Follows::Api | Follows::Index => Ok(None),
            };
        };
        let next = BlockHeight::new(height.number().saturating_add(1));
        let Some(id) = self.parent_of(next)? else { return Ok(None) };
        Ok(Some(ChainBlock { height, id, burn_height: self.burn_height_of(&header)? }))
    }

    /// The id of the block before the one at a height; `None` when there is none at that height.
    pub(super) fn parent_of(&self, height: BlockHeight) -> Result<Option<[u8; 32]>, ClientError> {
        let Some(header) = self.header_at(height)? else { return Ok(None) };
        match header.body.get(PARENT).and_then(|bytes| bytes.try_into().ok()) {
            Some(id) => Ok(Some(id)),
            None => Err(header.wrong(SHORT)),
        }
    }

    pub(super) fn header_at(&self, height: BlockHeight) -> Result<Option<Answer>, ClientError> {
        let header = self.transport.get(&format!("/v3/blocks/height/{}", height.number()))?;
        if header.is_elsewhere() {
            return Ok(None);
        }
        if !header.is_success() {
            return Err(header.unexpected());
        }
        let stands_at = header.body.get(HEIGHT).and_then(|bytes| bytes.try_into().ok());
        match stands_at.map(u64::from_be_bytes) {
            Some(found) if found == height.number() => Ok(Some(header)),
            _ => Err(header.wrong("a block of another height")),
        }
    }

    pub(super) fn place_of(&self, block: &str) -> Result<(BurnHeight, UnixTime), ClientError> {
        let block = block.trim_start_matches("0x");
        let header = self.transport.get(&format!("/v3/blocks/{block}"))?;
        if !header.is_success() {
            return Err(header.unexpected());
        }
        let time = header.body.get(TIMESTAMP).and_then(|bytes| bytes.try_into().ok());
        let time = u64::from_be_bytes(time.ok_or_else(|| header.wrong(SHORT))?);
        Ok((self.burn_height_of(&header)?, UnixTime::from_seconds(time)))
    }

    /// The Bitcoin block of a header's sortition.
    fn burn_height_of(&self, header: &Answer) -> Result<BurnHeight, ClientError> {
        let hash = header.body.get(CONSENSUS_HASH).ok_or_else(|| header.wrong(SHORT))?;
        let path = format!("/v3/sortitions/consensus/{}", hex::encode(hash));
        let sortitions = self.transport.get(&path)?;
        let found: Vec<SortitionJson> = sortitions.json()?;
        let sortition = found.first().ok_or_else(|| sortitions.wrong("no sortition"))?;
        Ok(BurnHeight::new(sortition.burn_block_height))
    }
}

/// Whether code could move an asset: it names a function that does, or calls other contracts. Clarity has no other way.
fn may_move_assets(source: &str) -> bool {
    const MOVING: [&str; 6] =
        ["stx-", "ft-transfer?", "ft-mint?", "ft-burn?", "nft-", "contract-call?"];
    MOVING.iter().any(|word| source.contains(word))
}
