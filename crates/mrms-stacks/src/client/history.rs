//! What became of transactions, and what stands on the chain: the hosted API's `/extended` calls.
//!
//! Lists are in [`super::lists`]. A node alone has fewer of them; what it can tell instead is in [`super::plain_node`].

use mrms_core::{BlockHeight, BurnHeight, ContractId, Nonce, StandardPrincipal, TxId};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::api::Generation;
use super::{
    ChainBlock, ClientError, ContractDetails, Follows, History, IndexStanding, Nonces, RpcClient,
    TransactionState,
};
use crate::transaction::Transaction;

#[derive(Deserialize)]
struct RawJson {
    raw_tx: String,
}

#[derive(Deserialize)]
struct StatusJson {
    index: Option<IndexJson>,
}

#[derive(Deserialize)]
struct IndexJson {
    newest_block: Option<u64>,
    begins_at_block: Option<u64>,
    trouble: Option<String>,
}

#[derive(Deserialize)]
struct NoncesJson {
    possible_next_nonce: u64,
    last_executed_tx_nonce: Option<u64>,
    #[serde(default)]
    detected_missing_nonces: Vec<u64>,
}

#[derive(Deserialize)]
struct NewerNoncesJson {
    next_nonce: u64,
    last_confirmed_nonce: Option<u64>,
    #[serde(default)]
    mempool: MempoolNoncesJson,
}

#[derive(Default, Deserialize)]
struct MempoolNoncesJson {
    #[serde(default)]
    missing_nonces: Vec<u64>,
}

#[derive(Deserialize)]
struct ContractJson {
    tx_id: Option<String>,
    block_height: u64,
    clarity_version: Option<u8>,
    source_code: String,
    canonical: Option<bool>,
    /// The API also tells of deployments that failed, and of these without an interface.
    #[serde(default, rename = "abi", deserialize_with = "is_null")]
    has_no_interface: bool,
}

fn is_null<'de, D: Deserializer<'de>>(text: D) -> Result<bool, D::Error> {
    Ok(Option::<IgnoredAny>::deserialize(text)?.is_none())
}

#[derive(Deserialize)]
struct FullBlockJson {
    height: u64,
    index_block_hash: String,
    burn_block_height: u64,
    canonical: Option<bool>,
}

impl RpcClient {
    /// Where the history of the chain comes from; asked once.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn history(&self) -> Result<History, ClientError> {
        if let Some(known) = self.history.get() {
            return Ok(*known);
        }
        let answer = self.transport.get("/extended")?;
        let found = match answer.status {
            200 => History::Extended,
            400..500 if answer.status != 429 => History::NodeOnly,
            _ => return Err(answer.unexpected()),
        };
        Ok(*self.history.get_or_init(|| found))
    }

    /// How the index behind the address stands; `None` where there is none, as at a hosted API or a node.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn index(&self) -> Result<Option<IndexStanding>, ClientError> {
        let answer = self.transport.get("/extended")?;
        if !answer.is_success() {
            return Ok(None);
        }
        let status: StatusJson = answer.json()?;
        Ok(status.index.map(|index| IndexStanding {
            newest: index.newest_block.map(BlockHeight::new),
            begins: index.begins_at_block.map(BlockHeight::new),
            trouble: index.trouble,
        }))
    }

    /// How what became of a transaction can be found out; asked once. To be asked before anything is signed.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn follows(&self) -> Result<Follows, ClientError> {
        if let Some(known) = self.follows.get() {
            return Ok(*known);
        }
        let found = match self.history()? {
            History::Extended if self.api_follows()? => Follows::Api,
            _ => self.node_follows()?,
        };
        Ok(*self.follows.get_or_init(|| found))
    }

    /// An account's nonces, with what waits for a block where the API tells
    /// (`/extended/v3/principals/…/nonces`, `/extended/v1/address/…/nonces`); else as the latest block has them.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn nonces(&self, account: &StandardPrincipal) -> Result<Nonces, ClientError> {
        if self.history()? == History::Extended {
            let newer = format!("/extended/v3/principals/{account}/nonces");
            let older = format!("/extended/v1/address/{account}/nonces");
            let found = match self.either(&self.routes.nonces, &newer, &older) {
                Err(ClientError::NoHistory { .. }) => None,
                found => found?,
            };
            if let Some((answer, generation)) = found.filter(|(answer, _)| answer.is_success()) {
                let (next, last, missing) = match generation {
                    Generation::Newer => {
                        let found: NewerNoncesJson = answer.json()?;
                        let missing = found.mempool.missing_nonces;
                        (found.next_nonce, found.last_confirmed_nonce, missing)
                    }
                    Generation::Older => {
                        let found: NoncesJson = answer.json()?;
                        let missing = found.detected_missing_nonces;
                        (found.possible_next_nonce, found.last_executed_tx_nonce, missing)
                    }
                };
                let in_blocks = Nonce::new(last.map_or(0, |last| last.saturating_add(1)));
                let is_between = |nonce: &Nonce| *nonce >= in_blocks && nonce.number() < next;
                let missing = missing.into_iter().map(Nonce::new).filter(is_between).collect();
                return Ok(Nonces { next: Nonce::new(next), in_blocks, missing });
            }
        }
        let nonce = self.account(account)?.nonce;
        Ok(Nonces { next: nonce, in_blocks: nonce, missing: Vec::new() })
    }

    /// The block at a height of the chain that counts (`/extended/v2/blocks`); `None` when it has none
    /// there. A node alone knows the id of a block only when the next one stands on it: for its newest
    /// block it answers `None`.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn block(&self, height: BlockHeight) -> Result<Option<ChainBlock>, ClientError> {
        if self.history()? == History::NodeOnly {
            return self.block_of_node(height);
        }
        let answer = self.transport.get(&format!("/extended/v2/blocks/{}", height.number()))?;
        if answer.is_no_route() {
            return self.block_of_node(height);
        }
        if answer.status == 404 {
            return Ok(None);
        }
        let found: FullBlockJson = answer.json()?;
        if found.canonical == Some(false) {
            return Ok(None);
        }
        let mut id = [0; 32];
        let digits = found.index_block_hash.trim_start_matches("0x");
        mrms_core::hexadecimal::decode_to_slice(digits, &mut id)
            .map_err(|error| answer.wrong(error))?;
        Ok(Some(ChainBlock {
            height: BlockHeight::new(found.height),
            id,
            burn_height: BurnHeight::new(found.burn_block_height),
        }))
    }

    /// What became of a transaction; `None` when nobody there has heard of it.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn transaction(&self, txid: &TxId) -> Result<Option<TransactionState>, ClientError> {
        if self.history()? == History::NodeOnly {
            return self.transaction_of_node(txid);
        }
        match self.told(txid) {
            Ok(Some((answer, told))) => self.state(&answer, told).map(Some),
            // It has no such route, as was found out before anything was signed.
            Ok(None) if matches!(self.follows.get(), Some(Follows::Index | Follows::Blocks)) => {
                self.transaction_of_node(txid)
            }
            Ok(None) => Ok(None),
            Err(ClientError::NoHistory { .. }) => self.transaction_of_node(txid),
            Err(error) => Err(error),
        }
    }

    /// A transaction as it was signed; `None` when it is not there. Version 3 of the API tells none: see
    /// [`call_details`](Self::call_details).
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn signed_transaction(&self, txid: &TxId) -> Result<Option<Transaction>, ClientError> {
        if self.history()? == History::NodeOnly {
            return self.signed_transaction_of_node(txid);
        }
        let answer = self.transport.get(&format!("/extended/v1/tx/{txid}/raw"))?;
        if answer.is_elsewhere() {
            return self.signed_transaction_of_node(txid);
        }
        let found: RawJson = answer.json()?;
        answer.transaction(&found.raw_tx, txid).map(Some)
    }

    /// A contract as it stands on the chain; `None` when there is none of that name. A deployment that failed leaves none:
    /// where the API tells of one, or is not sure, the node is asked.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn contract(&self, contract: &ContractId) -> Result<Option<ContractDetails>, ClientError> {
        if self.history()? == History::Extended {
            let answer = self.transport.get(&format!("/extended/v1/contract/{contract}"))?;
            if answer.is_success() {
                let found: ContractJson = answer.json()?;
                if found.canonical != Some(false) && !found.has_no_interface {
                    let txid = found.tx_id.as_deref().map(|text| answer.parsed(text));
                    return Ok(Some(ContractDetails {
                        source: found.source_code,
                        clarity_version: found.clarity_version.map(|version| version.to_string()),
                        txid: txid.transpose()?,
                        block_height: BlockHeight::new(found.block_height),
                    }));
                }
            }
        }
        self.source(contract)
    }

    pub(super) fn needs_history(&self) -> Result<(), ClientError> {
        match self.history()? {
            History::Extended => Ok(()),
            History::NodeOnly => Err(ClientError::NoHistory { url: self.url().to_owned() }),
        }
    }
}
