//! The hosted API's two generations of routes: `/extended/v3`, and those of version 1 and 2 that it replaces.
//!
//! An API has the newer ones, the older ones, or both. Of a route that was switched off it says `410 Gone`, of one that it
//! never had `404`, which also means that there is no such transaction. So both mean: elsewhere. Which generation has
//! answered a question is kept, and is asked first from then on. Where both say that they have no such route, the API has no
//! history to ask. Here are also the JSON shapes of both, in one form.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use mrms_core::{BlockHeight, BurnHeight, ContractId, Nonce, StandardPrincipal, TxId, UnixTime};
use serde::Deserialize;

use super::answer::Hex;
use super::transport::Answer;
use super::{
    CallDetails, ClientError, Inclusion, ListedStanding, ListedTransaction, Outcome, RpcClient,
    TransactionState,
};
use crate::clarity::ClarityName;
use crate::transaction::ContractCall;

/// Most transactions in one question for the details of several.
const SEVERAL: usize = 50;

/// A generation of routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Generation {
    /// `/extended/v3`, and the contract logs of `/extended/v2`.
    Newer,
    /// `/extended/v1`.
    Older,
}

/// Which generation has answered each kind of question.
#[derive(Debug, Default)]
pub(super) struct Routes {
    pub(super) transaction: OnceLock<Generation>,
    pub(super) nonces: OnceLock<Generation>,
    pub(super) lists: OnceLock<Generation>,
    pub(super) events: OnceLock<Generation>,
}

impl Answer {
    /// Whether the address does not have what was asked for, or not there.
    pub(super) const fn is_elsewhere(&self) -> bool {
        matches!(self.status, 404 | 410)
    }

    /// Whether it says of a transaction that it is not there, and not of the route.
    fn speaks_of_a_transaction(&self) -> bool {
        self.status == 404
            && !self.is_no_route()
            && self.text().to_lowercase().contains("transaction")
    }

    /// Whether the address has no such route. A transaction that is not there is answered in other words.
    pub(super) fn is_no_route(&self) -> bool {
        self.status == 410 || (self.status == 404 && self.text().contains("Route GET:"))
    }
}

impl RpcClient {
    /// Asks the newer route, and the older one for what is not there. `None` when neither has it. Only 404 and 410 lead
    /// on; whatever else was answered is given back. [`ClientError::NoHistory`] where neither route is there.
    pub(super) fn either(
        &self,
        known: &OnceLock<Generation>,
        newer: &str,
        older: &str,
    ) -> Result<Option<(Answer, Generation)>, ClientError> {
        let order = match known.get() {
            Some(Generation::Older) => [Generation::Older, Generation::Newer],
            _ => [Generation::Newer, Generation::Older],
        };
        let mut are_there = false;
        for generation in order {
            let path = match generation {
                Generation::Newer => newer,
                Generation::Older => older,
            };
            let answer = self.transport.get(path)?;
            if answer.is_success() {
                let _ = known.set(generation);
            }
            if !answer.is_elsewhere() {
                return Ok(Some((answer, generation)));
            }
            are_there |= !answer.is_no_route();
            // This route is there, and says that nothing is.
            if known.get() == Some(&generation) && !answer.is_no_route() {
                return Ok(None);
            }
        }
        match are_there {
            true => Ok(None),
            false => Err(ClientError::NoHistory { url: self.url().to_owned() }),
        }
    }

    /// Whether the API can tell what becomes of a transaction. Asked before one is signed.
    pub(super) fn api_follows(&self) -> Result<bool, ClientError> {
        if self.routes.transaction.get().is_some() {
            return Ok(true);
        }
        let newer = self.transport.get("/extended/v3/transactions?limit=1")?;
        if newer.is_success() {
            return Ok(true);
        }
        if !newer.is_elsewhere() {
            return Err(newer.unexpected());
        }
        let nobodys = TxId::from_bytes([0; 32]);
        let older = self.transport.get(&format!("/extended/v1/tx/{nobodys}"))?;
        match older.is_success() || older.is_elsewhere() {
            // Whoever has no such route says nothing of a transaction.
            true => Ok(older.is_success() || older.speaks_of_a_transaction()),
            false => Err(older.unexpected()),
        }
    }

    /// What these transactions called, where they stand and what they returned: those that stand in a block.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn call_details(&self, txids: &[TxId]) -> Result<Vec<CallDetails>, ClientError> {
        let mut found = Vec::new();
        for some in txids.chunks(SEVERAL) {
            let ids: Vec<_> = some.iter().map(ToString::to_string).collect();
            let path = format!("/extended/v1/tx/multiple?tx_id={}", ids.join(","));
            let answer = self.transport.get(&path)?;
            if answer.is_elsewhere() {
                for txid in some {
                    found.extend(self.details_of_one(txid)?);
                }
                continue;
            }
            let rows: BTreeMap<String, FoundJson> = answer.json()?;
            for row in rows.into_values().filter(|row| row.found) {
                let told: OlderJson =
                    serde_json::from_value(row.result).map_err(|error| answer.wrong(error))?;
                found.extend(self.details(&answer, Told::from(told))?);
            }
        }
        Ok(found)
    }

    fn details_of_one(&self, txid: &TxId) -> Result<Option<CallDetails>, ClientError> {
        match self.told(txid)? {
            Some((answer, told)) => self.details(&answer, told),
            None => Ok(None),
        }
    }

    /// A transaction as the API tells of it; `None` when it has none of that id.
    pub(super) fn told(&self, txid: &TxId) -> Result<Option<(Answer, Told)>, ClientError> {
        let found = self.either(
            &self.routes.transaction,
            &format!("/extended/v3/transactions/{txid}?include=result,function_args"),
            &format!("/extended/v1/tx/{txid}"),
        )?;
        let Some((answer, generation)) = found else { return Ok(None) };
        let told = match generation {
            Generation::Newer => answer.json::<NewerJson>()?.into(),
            Generation::Older => answer.json::<OlderJson>()?.into(),
        };
        Ok(Some((answer, told)))
    }

    /// The call of a transaction that stands in a block, where all of it is told.
    pub(super) fn details(
        &self,
        answer: &Answer,
        told: Told,
    ) -> Result<Option<CallDetails>, ClientError> {
        let Some((sender, call)) = called(answer, &told)? else { return Ok(None) };
        let txid = answer.parsed(&told.tx_id)?;
        Ok(self.inclusion(answer, told)?.map(|inclusion| CallDetails {
            txid,
            sender,
            call,
            inclusion,
        }))
    }

    /// Where a transaction stands and what it returned, where both are told.
    fn inclusion(&self, answer: &Answer, told: Told) -> Result<Option<Inclusion>, ClientError> {
        let is_ended = matches!(told.standing(), Standing::Ended(_));
        if !is_ended || told.result.is_none() {
            return Ok(None);
        }
        Ok(match self.state(answer, told)? {
            TransactionState::Included(inclusion) => Some(*inclusion),
            TransactionState::Pending | TransactionState::Dropped { .. } => None,
        })
    }

    /// A row of a list. What its status is need not be known.
    pub(super) fn listed(
        &self,
        answer: &Answer,
        told: Told,
    ) -> Result<ListedTransaction, ClientError> {
        let standing = match told.standing() {
            Standing::Pending | Standing::Dropped => ListedStanding::Waiting,
            Standing::Ended(outcome) => ListedStanding::Ended(outcome),
            Standing::Unknown => ListedStanding::Unknown,
        };
        let sender = told.sender.as_deref();
        let txid = answer.parsed(&told.tx_id)?;
        let sender = sender.map(|text| answer.parsed::<StandardPrincipal>(text)).transpose()?;
        let nonce = told.nonce.map(Nonce::new);
        let block_height = told.block_height.map(BlockHeight::new);
        let burn_height = told.burn_height.map(BurnHeight::new);
        let position = told.position;
        let called = called(answer, &told)?;
        let inclusion = self.inclusion(answer, told)?;
        let call = called.as_ref().map(|(_, call)| call.clone());
        let details = called.zip(inclusion.clone());
        let details = details.map(|((sender, call), inclusion)| CallDetails {
            txid,
            sender,
            call,
            inclusion,
        });
        Ok(ListedTransaction {
            txid,
            sender,
            nonce,
            standing,
            block_height,
            burn_height,
            position,
            call,
            inclusion,
            details,
        })
    }

    pub(super) fn state(
        &self,
        answer: &Answer,
        found: Told,
    ) -> Result<TransactionState, ClientError> {
        let outcome = match found.standing() {
            Standing::Pending => return Ok(TransactionState::Pending),
            Standing::Dropped => return Ok(TransactionState::Dropped { reason: found.status }),
            Standing::Ended(outcome) => outcome,
            Standing::Unknown => {
                return Err(answer.wrong(format!("unknown status {:?}", found.status)));
            }
        };
        let height = found.block_height.ok_or_else(|| answer.wrong("no block height"))?;
        let time = found.time.ok_or_else(|| answer.wrong("no time of its block"))?;
        let result = found.result.ok_or_else(|| answer.wrong("no result"))?;
        let burn_height = match found.burn_height {
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

/// Who called what, where all of it is told.
fn called(
    answer: &Answer,
    told: &Told,
) -> Result<Option<(StandardPrincipal, ContractCall)>, ClientError> {
    let (Some(sender), Some(call)) = (&told.sender, &told.call) else { return Ok(None) };
    let (Some(contract), Some(function), Some(arguments)) =
        (&call.contract, &call.function, &call.arguments)
    else {
        return Ok(None);
    };
    let arguments = arguments.iter().map(|argument| answer.value(&argument.hex));
    let call = ContractCall {
        contract: answer.parsed::<ContractId>(contract)?,
        function: answer.parsed::<ClarityName>(function)?,
        arguments: arguments.collect::<Result<_, _>>()?,
    };
    Ok(Some((answer.parsed(sender)?, call)))
}

/// What a status says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Pending,
    Dropped,
    Ended(Outcome),
    /// A word of a newer network.
    Unknown,
}

/// A transaction as either generation tells of it.
pub(super) struct Told {
    pub(super) tx_id: String,
    status: String,
    is_canonical: bool,
    result: Option<Hex>,
    block_height: Option<u64>,
    burn_height: Option<u64>,
    position: Option<u64>,
    time: Option<u64>,
    sender: Option<String>,
    nonce: Option<u64>,
    call: Option<CallJson>,
}

impl Told {
    fn standing(&self) -> Standing {
        match self.status.as_str() {
            // A block that is no longer part of the chain: its transactions wait again.
            _ if !self.is_canonical => Standing::Pending,
            "pending" => Standing::Pending,
            "success" => Standing::Ended(Outcome::Success),
            "abort_by_response" => Standing::Ended(Outcome::AbortedByResponse),
            "abort_by_post_condition" => Standing::Ended(Outcome::AbortedByPostCondition),
            "problematic_skipped" => Standing::Ended(Outcome::Skipped),
            other if other.starts_with("dropped_") => Standing::Dropped,
            _ => Standing::Unknown,
        }
    }
}

#[derive(Deserialize)]
struct BlockJson {
    burn_block_height: u64,
}

#[derive(Deserialize)]
struct FoundJson {
    found: bool,
    result: serde_json::Value,
}

#[derive(Deserialize)]
struct CallJson {
    #[serde(rename = "contract_id")]
    contract: Option<String>,
    #[serde(rename = "function_name")]
    function: Option<String>,
    #[serde(rename = "function_args")]
    arguments: Option<Vec<Hex>>,
}

/// Version 1's transaction, in a block or not.
#[derive(Deserialize)]
pub(super) struct OlderJson {
    pub(super) tx_id: String,
    tx_status: String,
    tx_result: Option<Hex>,
    block_height: Option<u64>,
    burn_block_height: Option<u64>,
    tx_index: Option<u64>,
    block_time: Option<u64>,
    burn_block_time: Option<u64>,
    canonical: Option<bool>,
    sender_address: Option<String>,
    nonce: Option<u64>,
    contract_call: Option<CallJson>,
}

impl From<OlderJson> for Told {
    fn from(json: OlderJson) -> Self {
        Self {
            tx_id: json.tx_id,
            status: json.tx_status,
            is_canonical: json.canonical != Some(false),
            result: json.tx_result,
            block_height: json.block_height,
            burn_height: json.burn_block_height,
            position: json.tx_index,
            time: json.block_time.or(json.burn_block_time),
            sender: json.sender_address,
            nonce: json.nonce,
            call: json.contract_call,
        }
    }
}

/// Version 3's transaction: one of a block has `block` and `bitcoin_block`, and it tells only of the chain that counts.
#[derive(Deserialize)]
pub(super) struct NewerJson {
    tx_id: String,
    status: String,
    sender: SenderJson,
    block: Option<PlaceJson>,
    bitcoin_block: Option<PlaceJson>,
    result: Option<Hex>,
    contract_call: Option<CallJson>,
}

#[derive(Deserialize)]
struct SenderJson {
    address: String,
    nonce: u64,
}

#[derive(Deserialize)]
struct PlaceJson {
    height: u64,
    time: u64,
    tx_index: Option<u64>,
}

impl From<NewerJson> for Told {
    fn from(json: NewerJson) -> Self {
        Self {
            tx_id: json.tx_id,
            status: json.status,
            is_canonical: true,
            result: json.result,
            block_height: json.block.as_ref().map(|block| block.height),
            burn_height: json.bitcoin_block.map(|block| block.height),
            position: json.block.as_ref().and_then(|block| block.tx_index),
            time: json.block.map(|block| block.time),
            sender: Some(json.sender.address),
            nonce: Some(json.sender.nonce),
            call: json.contract_call,
        }
    }
}
