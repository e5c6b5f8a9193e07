//! Looks for a transaction in the blocks of a node that keeps no index of transactions.
//!
//! A node answers for the state that any of its blocks left, so an account's nonce tells between which two blocks its
//! transaction was executed, and the block itself has the transaction's bytes. That is a search by doubling and halving
//! from the newest block, and needs no index. Blocks of epoch 3 are found by height (`/v3/blocks/height`), older ones in the
//! newest headers (`/v2/headers`). Source: `docs/rpc` of stacks-core.

use mrms_core::{BlockHeight, BurnHeight, Nonce, StandardPrincipal, UnixTime};
use serde::Deserialize;
use sha2::{Digest as _, Sha512_256};

use super::{ChainBlock, ClientError, Follows, History, RpcClient};
use crate::transaction::Transaction;

/// How many headers of blocks before epoch 3 are asked for: those in which a transaction is looked for.
const HEADERS: u64 = 500;

/// The block in which an account's nonce was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NonceBlock {
    /// Its height.
    pub height: BlockHeight,
    /// Its id.
    pub id: [u8; 32],
    /// The id of the block that it stands on.
    pub parent_id: [u8; 32],
    /// The Bitcoin block of its sortition. The contract can have seen a later one.
    pub burn_height: BurnHeight,
    /// Its time, or that of its Bitcoin block for a block before epoch 3.
    pub time: UnixTime,
    /// Whether the block has the bytes of the transaction that was looked for.
    pub has_transaction: bool,
    /// The account's next nonce before the block.
    pub before: Nonce,
    /// The account's next nonce after the block.
    pub after: Nonce,
}

#[derive(Deserialize)]
struct TipJson {
    stacks_tip_height: u64,
    stacks_tip: String,
    stacks_tip_consensus_hash: String,
}

#[derive(Deserialize)]
struct HeaderJson {
    consensus_hash: String,
    parent_block_id: String,
}

#[derive(Deserialize)]
struct SortitionJson {
    burn_block_height: u64,
    #[serde(default)]
    burn_header_timestamp: u64,
}

/// The blocks of a node, from the newest back.
enum Chain {
    /// By height, as epoch 3 has them.
    Heights { tip: u64, tip_id: [u8; 32] },
    /// Ids and consensus hashes of blocks before epoch 3, the newest first.
    Headers { tip: u64, ids: Vec<[u8; 32]>, consensus_hashes: Vec<String> },
}

impl Chain {
    const fn tip(&self) -> u64 {
        match self {
            Self::Heights { tip, .. } | Self::Headers { tip, .. } => *tip,
        }
    }
}

impl RpcClient {
    /// How a node alone tells what became of a transaction. Only a node in epoch 3 has an index that is of use.
    pub(super) fn node_follows(&self) -> Result<Follows, ClientError> {
        let nobodys = "0".repeat(64);
        let asked = self.transport.get(&format!("/v3/transaction/{nobodys}"))?;
        let keeps_index = match asked.status {
            // An older node does not know the path, and says nothing of a transaction.
            404 => asked.text().to_ascii_lowercase().contains("no such transaction"),
            501 => false,
            _ if asked.is_success() => true,
            _ => return Err(asked.unexpected()),
        };
        if !keeps_index {
            return Ok(Follows::Blocks);
        }
        let tenure = self.transport.get("/v3/tenures/info")?;
        match tenure.is_success() {
            true => Ok(Follows::Index),
            false if tenure.status == 404 => Ok(Follows::Blocks),
            false => Err(tenure.unexpected()),
        }
    }

    /// Whether the address gives its newest blocks, in which a transaction can be looked for. To be asked before anything is
    /// signed that is to be found so.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn shows_blocks(&self) -> Result<bool, ClientError> {
        Ok(self.chain()?.is_some())
    }

    /// Whether a node alone is in an epoch before 3: then an index of transactions is of no use to anybody.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn is_before_epoch_3(&self) -> Result<bool, ClientError> {
        if self.history()? != History::NodeOnly {
            return Ok(false);
        }
        let tenure = self.transport.get("/v3/tenures/info")?;
        match tenure.is_success() || tenure.status == 404 {
            true => Ok(tenure.status == 404),
            false => Err(tenure.unexpected()),
        }
    }

    /// The block in which this account used this nonce, and whether it holds the transaction. `None` while the nonce is
    /// not used, and where the block lies too far back to be found.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn block_with_nonce(
        &self,
        account: &StandardPrincipal,
        nonce: Nonce,
        transaction: &Transaction,
    ) -> Result<Option<NonceBlock>, ClientError> {
        let no_blocks = || ClientError::NoIndex { url: self.url().to_owned() };
        let chain = self.chain()?.ok_or_else(no_blocks)?;
        let mut high = chain.tip();
        let Some(mut after) = self.nonce_in(&chain, account, high)?.filter(|after| *after > nonce)
        else {
            return Ok(None);
        };
        // A state in which the nonce was not used: by doubling from the newest block, then by halving. One that the node does
        // not give counts as one before it: what lies there is not found.
        let (mut low, mut before, mut step) = (high, None, 1);
        while low > 0 {
            low = high.saturating_sub(step);
            match self.nonce_in(&chain, account, low)? {
                Some(found) if found > nonce => (high, after) = (low, found),
                found => {
                    before = found;
                    break;
                }
            }
            step = step.saturating_mul(2);
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            match self.nonce_in(&chain, account, middle)? {
                Some(found) if found > nonce => (high, after) = (middle, found),
                found => (low, before) = (middle, found),
            }
        }
        let Some(before) = before else { return Ok(None) };
        let (Some(id), Some(parent_id)) = (self.id_in(&chain, high)?, self.id_in(&chain, low)?)
        else {
            return Ok(None);
        };
        let (bytes, burn_height, time) = self.block_in(&chain, high, &id)?;
        let wanted = transaction.encode();
        let has_transaction = bytes.windows(wanted.len()).any(|found| found == wanted);
        let height = BlockHeight::new(high);
        Ok(Some(NonceBlock {
            height,
            id,
            parent_id,
            burn_height,
            time,
            has_transaction,
            before,
            after,
        }))
    }

    /// The chain; `None` from an address that gives no blocks.
    fn chain(&self) -> Result<Option<Chain>, ClientError> {
        let answer = self.transport.get("/v2/info")?;
        let found: TipJson = answer.json()?;
        let tip = found.stacks_tip_height;
        let mut hash = Sha512_256::new();
        hash.update(answer.bytes(&found.stacks_tip)?);
        hash.update(answer.bytes(&found.stacks_tip_consensus_hash)?);
        let tip_id: [u8; 32] = hash.finalize().into();
        if self.header_at(BlockHeight::new(tip))?.is_some() {
            return Ok(Some(Chain::Heights { tip, tip_id }));
        }
        let headers = self.transport.get(&format!("/v2/headers/{HEADERS}"))?;
        if headers.is_elsewhere() {
            return Ok(None);
        }
        let rows: Vec<HeaderJson> = headers.json()?;
        let mut ids = vec![tip_id];
        for row in &rows {
            let id = headers.bytes(&row.parent_block_id)?;
            ids.push(id.try_into().map_err(|_| headers.wrong("not a block id"))?);
        }
        let consensus_hashes = rows.into_iter().map(|row| row.consensus_hash).collect();
        Ok(Some(Chain::Headers { tip, ids, consensus_hashes }))
    }

    /// A block before epoch 3, among the newest.
    pub(super) fn older_block(
        &self,
        height: BlockHeight,
    ) -> Result<Option<ChainBlock>, ClientError> {
        let chain = self.chain()?;
        let Some(chain @ Chain::Headers { .. }) = chain else { return Ok(None) };
        let Some(id) = self.id_in(&chain, height.number())? else { return Ok(None) };
        let Some((burn_height, _)) = self.sortition_in(&chain, height.number())? else {
            return Ok(None);
        };
        Ok(Some(ChainBlock { height, id, burn_height }))
    }

    /// The Bitcoin block of a block before epoch 3, and its time.
    fn sortition_in(
        &self,
        chain: &Chain,
        height: u64,
    ) -> Result<Option<(BurnHeight, UnixTime)>, ClientError> {
        let Chain::Headers { tip, consensus_hashes, .. } = chain else { return Ok(None) };
        let back = usize::try_from(tip.saturating_sub(height)).ok();
        let Some(hash) = back.and_then(|back| consensus_hashes.get(back)) else { return Ok(None) };
        let hash = hash.trim_start_matches("0x");
        let sortitions = self.transport.get(&format!("/v3/sortitions/consensus/{hash}"))?;
        let found: Vec<SortitionJson> = sortitions.json()?;
        let found = found.first().ok_or_else(|| sortitions.wrong("no sortition"))?;
        let time = UnixTime::from_seconds(found.burn_header_timestamp);
        Ok(Some((BurnHeight::new(found.burn_block_height), time)))
    }

    /// The id of the block at a height; `None` where that is not known.
    fn id_in(&self, chain: &Chain, height: u64) -> Result<Option<[u8; 32]>, ClientError> {
        match chain {
            Chain::Heights { tip, tip_id } if height == *tip => Ok(Some(*tip_id)),
            Chain::Heights { .. } => self.parent_of(BlockHeight::new(height.saturating_add(1))),
            Chain::Headers { tip, ids, .. } => {
                let back = tip.checked_sub(height).and_then(|back| usize::try_from(back).ok());
                Ok(back.and_then(|back| ids.get(back)).copied())
            }
        }
    }

    fn nonce_in(
        &self,
        chain: &Chain,
        account: &StandardPrincipal,
        height: u64,
    ) -> Result<Option<Nonce>, ClientError> {
        let Some(id) = self.id_in(chain, height)? else { return Ok(None) };
        Ok(Some(self.account_at(Some(&id), account)?.nonce))
    }

    /// The bytes of a block, and when it was made.
    fn block_in(
        &self,
        chain: &Chain,
        height: u64,
        id: &[u8; 32],
    ) -> Result<(Vec<u8>, BurnHeight, UnixTime), ClientError> {
        let id = hex::encode(id);
        match chain {
            Chain::Heights { .. } => {
                let (burn_height, time) = self.place_of(&id)?;
                let block = self.transport.get(&format!("/v3/blocks/{id}"))?;
                match block.is_success() {
                    true => Ok((block.body, burn_height, time)),
                    false => Err(block.unexpected()),
                }
            }
            Chain::Headers { .. } => {
                let block = self.transport.get(&format!("/v2/blocks/{id}"))?;
                if !block.is_success() {
                    return Err(block.unexpected());
                }
                let sortition = self.sortition_in(chain, height)?;
                let (burn_height, time) =
                    sortition.ok_or_else(|| block.wrong("a block without its header"))?;
                Ok((block.body, burn_height, time))
            }
        }
    }
}
