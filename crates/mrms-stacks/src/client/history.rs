//! What became of transactions, and what stands on the chain: the hosted API's `/extended` calls.
//!
//! Lists are in [`super::lists`]. A node alone has fewer of them; what it can tell instead is in [`super::plain_node`].

use mrms_core::{BlockHeight, BurnHeight, ContractId, Nonce, StandardPrincipal, TxId, UnixTime};
use serde::Deserialize;

use super::answer::Hex;
use super::transport::Answer;
use super::{
    ChainBlock, ClientError, ContractDetails, History, Inclusion, Nonces, Outcome, RpcClient,
    TransactionState,
};
use crate::transaction::Transaction;

#[derive(Deserialize)]
pub(super) struct TransactionJson {
    pub(super) tx_id: String,
    tx_status: String,
    tx_result: Option<Hex>,
    block_height: Option<u64>,
    burn_block_height: Option<u64>,
    block_time: Option<u64>,
    burn_block_time: Option<u64>,
    canonical: Option<bool>,
    pub(super) sender_address: Option<String>,
    pub(super) nonce: Option<u64>,
    pub(super) contract_call: Option<CallJson>,
}

#[derive(Deserialize)]
pub(super) struct CallJson {
    pub(super) function_args: Option<Vec<Hex>>,
}

#[derive(Deserialize)]
struct RawJson {
    raw_tx: String,
}

#[derive(Deserialize)]
struct NoncesJson {
    possible_next_nonce: u64,
    last_executed_tx_nonce: Option<u64>,
}

#[derive(Deserialize)]
struct ContractJson {
    tx_id: String,
    block_height: u64,
    clarity_version: Option<u8>,
    source_code: String,
}

#[derive(Deserialize)]
struct BlockJson {
    burn_block_height: u64,
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

    /// An account's nonces, with what waits for a block where the API tells
    /// (`/extended/v1/address/…/nonces`); else as the latest block has them.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn nonces(&self, account: &StandardPrincipal) -> Result<Nonces, ClientError> {
        if self.history()? == History::Extended {
            let answer = self.transport.get(&format!("/extended/v1/address/{account}/nonces"))?;
            if answer.is_success() {
                let found: NoncesJson = answer.json()?;
                let in_blocks = found.last_executed_tx_nonce.map_or(0, |last| last + 1);
                return Ok(Nonces {
                    next: Nonce::new(found.possible_next_nonce),
                    in_blocks: Nonce::new(in_blocks),
                });
            }
        }
        let nonce = self.account(account)?.nonce;
        Ok(Nonces { next: nonce, in_blocks: nonce })
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
        let answer = self.transport.get(&format!("/extended/v1/tx/{txid}"))?;
        if answer.status == 404 {
            return Ok(None);
        }
        let found: TransactionJson = answer.json()?;
        self.state(&answer, found).map(Some)
    }

    /// A transaction as it was signed; `None` when it is not there.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn signed_transaction(&self, txid: &TxId) -> Result<Option<Transaction>, ClientError> {
        if self.history()? == History::NodeOnly {
            return self.signed_transaction_of_node(txid);
        }
        let answer = self.transport.get(&format!("/extended/v1/tx/{txid}/raw"))?;
        if answer.status == 404 {
            return self.signed_transaction_of_node(txid);
        }
        let found: RawJson = answer.json()?;
        answer.transaction(&found.raw_tx, txid).map(Some)
    }

    /// A contract as it stands on the chain; `None` when there is none of that name.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn contract(&self, contract: &ContractId) -> Result<Option<ContractDetails>, ClientError> {
        if self.history()? == History::Extended {
            let answer = self.transport.get(&format!("/extended/v1/contract/{contract}"))?;
            if answer.is_success() {
                let found: ContractJson = answer.json()?;
                return Ok(Some(ContractDetails {
                    source: found.source_code,
                    clarity_version: found.clarity_version.map(|version| version.to_string()),
                    txid: Some(answer.parsed(&found.tx_id)?),
                    block_height: BlockHeight::new(found.block_height),
                }));
            }
        }
        self.source(contract)
    }

    pub(super) fn needs_history(&self) -> Result<(), ClientError> {
        match self.history()? {
            History::Extended => Ok(()),
            History::NodeOnly => {
                let url = self.url();
                let cause = format!("{url} keeps no history: a node with the hosted API is needed");
                Err(ClientError::Call { cause })
            }
        }
    }

    pub(super) fn state(
        &self,
        answer: &Answer,
        found: TransactionJson,
    ) -> Result<TransactionState, ClientError> {
        let outcome = match found.tx_status.as_str() {
            // A block that is no longer part of the chain: its transactions wait again.
            _ if found.canonical == Some(false) => return Ok(TransactionState::Pending),
            "pending" => return Ok(TransactionState::Pending),
            "success" => Outcome::Success,
            "abort_by_response" => Outcome::AbortedByResponse,
            "abort_by_post_condition" => Outcome::AbortedByPostCondition,
            other if other.starts_with("dropped_") => {
                return Ok(TransactionState::Dropped { reason: other.to_owned() });
            }
            other => return Err(answer.wrong(format!("unknown status {other:?}"))),
        };
        let height = found.block_height.ok_or_else(|| answer.wrong("no block height"))?;
        let time = found.block_time.or(found.burn_block_time);
        let time = time.ok_or_else(|| answer.wrong("no time of its block"))?;
        let result = found.tx_result.ok_or_else(|| answer.wrong("no result"))?;
        let burn_height = match found.burn_block_height {
            Some(burn_height) => burn_height,
            None => {
                let block = self.transport.get(&format!("/extended/v2/blocks/{height}"))?;
                block.json::<BlockJson>()?.burn_block_height
            }
        };
        Ok(TransactionState::Included(Box::new(Inclusion {
            outcome,
            result: answer.value(&result.hex)?,
            block_height: BlockHeight::new(height),
            burn_height: BurnHeight::new(burn_height),
            time: UnixTime::from_seconds(time),
        })))
    }
}
