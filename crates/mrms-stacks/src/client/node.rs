//! What every node answers: accounts, fees, contracts, and taking transactions.

use mrms_core::{
    BlockHeight, BurnHeight, ChainId, ContractId, MicroStx, Nonce, Principal, StandardPrincipal,
    TxId, UnixTime, hexadecimal,
};
use serde::Deserialize;
use serde_json::json;

use super::{
    AccountState, ClientError, ContractDetails, NodeInfo, Rejection, RpcClient, contract_path,
};
use crate::abi::Interface;
use crate::clarity::{ClarityName, EncodeError, Value};
use crate::hash::sha512_256;
use crate::transaction::Payload;

#[derive(Deserialize)]
struct InfoJson {
    network_id: u32,
    burn_block_height: u64,
    burn_block_time: Option<u64>,
    stacks_tip_height: u64,
    genesis_chainstate_hash: Option<String>,
    stacks_tip: Option<String>,
    stacks_tip_consensus_hash: Option<String>,
}

#[derive(Deserialize)]
struct AccountJson {
    balance: String,
    nonce: u64,
}

#[derive(Deserialize)]
struct EstimatesJson {
    estimations: Vec<EstimateJson>,
}

#[derive(Deserialize)]
struct EstimateJson {
    fee: u64,
}

#[derive(Deserialize)]
struct RejectionJson {
    reason: Option<String>,
    reason_data: Option<serde_json::Value>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct CallJson {
    okay: bool,
    result: Option<String>,
    cause: Option<String>,
}

#[derive(Deserialize)]
struct EntryJson {
    data: String,
}

#[derive(Deserialize)]
struct SourceJson {
    source: String,
    publish_height: u64,
}

impl InfoJson {
    /// The id of the latest block (`StacksBlockId::new` of stacks-core).
    fn tip_id(&self) -> Option<[u8; 32]> {
        let bytes = |text: &Option<String>| {
            hexadecimal::decode(text.as_ref()?.trim_start_matches("0x")).ok()
        };
        let (block, consensus) =
            (bytes(&self.stacks_tip)?, bytes(&self.stacks_tip_consensus_hash)?);
        (block.len() == 32 && consensus.len() == 20).then(|| sha512_256(&[&block, &consensus]))
    }
}

impl RpcClient {
    /// Where the node's chain stands (`/v2/info`).
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn info(&self) -> Result<NodeInfo, ClientError> {
        let info: InfoJson = self.transport.get("/v2/info")?.json()?;
        Ok(NodeInfo {
            tip_id: info.tip_id(),
            chain_id: ChainId::new(info.network_id),
            genesis: info.genesis_chainstate_hash,
            burn_height: BurnHeight::new(info.burn_block_height),
            burn_began: info.burn_block_time.map(UnixTime::from_seconds),
            block_height: BlockHeight::new(info.stacks_tip_height),
        })
    }

    /// An account as the latest block has it (`/v2/accounts`). One that nobody has used yet has
    /// nothing.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn account(&self, account: &StandardPrincipal) -> Result<AccountState, ClientError> {
        self.account_at(None, account)
    }

    /// The same as the block with this id left it; without one, as the latest did.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn account_at(
        &self,
        block: Option<&[u8; 32]>,
        account: &StandardPrincipal,
    ) -> Result<AccountState, ClientError> {
        let at = block.map(|id| format!("&tip={}", hex::encode(id))).unwrap_or_default();
        let answer = self.transport.get(&format!("/v2/accounts/{account}?proof=0{at}"))?;
        let found: AccountJson = answer.json()?;
        let digits = found.balance.trim_start_matches("0x");
        let balance = u128::from_str_radix(digits, 16).map_err(|error| answer.wrong(error))?;
        Ok(AccountState {
            nonce: Nonce::new(found.nonce),
            balance: MicroStx::new(u64::try_from(balance).unwrap_or(u64::MAX)),
        })
    }

    /// What to pay for a transaction of so many bytes, as three guesses from low to high
    /// (`/v2/fees/transaction`). A node that can't tell gives its rate for transfers
    /// (`/v2/fees/transfer`, per byte) three times.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn fee_estimates(
        &self,
        payload: &Payload,
        length: u64,
    ) -> Result<[MicroStx; 3], ClientError> {
        let mut bytes = Vec::new();
        payload.encode(&mut bytes).map_err(unencodable)?;
        let question = json!({"transaction_payload": hex::encode(bytes), "estimated_len": length});
        let answer = self.transport.ask("/v2/fees/transaction", &question)?;
        if answer.is_success() {
            let estimates: EstimatesJson = answer.json()?;
            let mut fees: Vec<_> = estimates.estimations.iter().map(|row| row.fee).collect();
            fees.sort_unstable();
            let fees: [u64; 3] =
                fees.try_into().map_err(|_| answer.wrong("not three estimates"))?;
            return Ok(fees.map(MicroStx::new));
        }
        let rate: u64 = self.transport.get("/v2/fees/transfer")?.json()?;
        Ok([MicroStx::new(rate.saturating_mul(length)); 3])
    }

    /// Hands a signed transaction to the node (`/v2/transactions`). After a fault on the way the
    /// same bytes are sent again; a node takes them once.
    ///
    /// # Errors
    ///
    /// [`ClientError::Rejected`] when the node says no; after [`ClientError::Transport`] and
    /// [`ClientError::Answer`] it may have the transaction.
    pub fn broadcast(&self, transaction: &[u8]) -> Result<TxId, ClientError> {
        let answer = self.transport.post("/v2/transactions", transaction)?;
        if answer.is_success() {
            let txid: String = answer.json()?;
            return answer.parsed(&txid);
        }
        if answer.status != 400 {
            return Err(answer.unexpected());
        }
        let rejection = match serde_json::from_slice::<RejectionJson>(&answer.body) {
            Ok(RejectionJson { reason: Some(reason), reason_data: data, .. }) => {
                Rejection { reason, data }
            }
            Ok(RejectionJson { error: Some(reason), .. }) => Rejection { reason, data: None },
            _ => Rejection { reason: answer.told(), data: None },
        };
        Err(ClientError::Rejected { rejection })
    }

    /// Calls a read-only function (`/v2/contracts/call-read`).
    ///
    /// # Errors
    ///
    /// [`ClientError::Call`] when there is no such function or it fails.
    pub fn call_read_only(
        &self,
        contract: &ContractId,
        function: &str,
        arguments: &[Value],
        sender: &Principal,
    ) -> Result<Value, ClientError> {
        self.call_read_only_at(None, contract, function, arguments, sender)
    }

    /// The same on the state that the block with this id left; without one, that of the latest.
    ///
    /// # Errors
    ///
    /// As [`Self::call_read_only`].
    pub fn call_read_only_at(
        &self,
        block: Option<&[u8; 32]>,
        contract: &ContractId,
        function: &str,
        arguments: &[Value],
        sender: &Principal,
    ) -> Result<Value, ClientError> {
        let mut encoded = Vec::new();
        for argument in arguments {
            let bytes = argument.encode().map_err(unencodable)?;
            encoded.push(format!("0x{}", hex::encode(bytes)));
        }
        // What is no name of Clarity could be read as another path.
        let function: ClarityName =
            function.parse().map_err(|_| no_call(format!("{function:?} is not a name")))?;
        let at = block.map(|id| format!("?tip={}", hex::encode(id))).unwrap_or_default();
        let path = format!("/v2/contracts/call-read/{}/{function}{at}", contract_path(contract));
        let question = json!({"sender": sender, "arguments": encoded});
        let answer = self.transport.ask(&path, &question)?;
        if answer.status == 404 || answer.status == 400 {
            return Err(no_call(answer.told()));
        }
        let called: CallJson = answer.json()?;
        match called {
            CallJson { okay: true, result: Some(result), .. } => answer.value(&result),
            CallJson { cause: Some(cause), .. } => Err(no_call(cause)),
            _ => Err(answer.wrong("neither result nor cause")),
        }
    }

    /// What a map has for a key (`/v2/map_entry`); `None` for a key, or a map, that is not there.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn map_entry(
        &self,
        contract: &ContractId,
        map: &ClarityName,
        key: &Value,
    ) -> Result<Option<Value>, ClientError> {
        let key = hex::encode(key.encode().map_err(unencodable)?);
        let path = format!("/v2/map_entry/{}/{map}?proof=0", contract_path(contract));
        let answer = self.transport.ask(&path, &json!(format!("0x{key}")))?;
        if answer.status == 404 {
            return Ok(None);
        }
        let entry: EntryJson = answer.json()?;
        match answer.value(&entry.data)? {
            Value::None => Ok(None),
            Value::Some(value) => Ok(Some(*value)),
            _ => Err(answer.wrong("not an optional value")),
        }
    }

    /// A contract's interface (`/v2/contracts/interface`); `None` when there is no such contract.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn interface(&self, contract: &ContractId) -> Result<Option<Interface>, ClientError> {
        let path = format!("/v2/contracts/interface/{}", contract_path(contract));
        let answer = self.transport.get(&path)?;
        if answer.status == 404 {
            return Ok(None);
        }
        answer.json().map(Some)
    }

    /// A contract's source (`/v2/contracts/source`) with the little that a node tells beside it;
    /// `None` when there is no such contract.
    pub(super) fn source(
        &self,
        contract: &ContractId,
    ) -> Result<Option<ContractDetails>, ClientError> {
        let path = format!("/v2/contracts/source/{}?proof=0", contract_path(contract));
        let answer = self.transport.get(&path)?;
        if answer.status == 404 {
            return Ok(None);
        }
        let found: SourceJson = answer.json()?;
        let version = self.interface(contract)?.and_then(|interface| interface.clarity_version);
        Ok(Some(ContractDetails {
            source: found.source,
            // The node names it Clarity2.
            clarity_version: version.map(|name| name.trim_start_matches("Clarity").to_owned()),
            txid: None,
            block_height: BlockHeight::new(found.publish_height),
        }))
    }
}

fn no_call(cause: String) -> ClientError {
    ClientError::Call { cause }
}

fn unencodable(error: EncodeError) -> ClientError {
    ClientError::Call { cause: error.to_string() }
}
