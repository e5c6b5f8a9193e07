//! A proved transaction: the proof of its bytes holds, and the client's codec has read them.

use mrms_app::ledger::{IncludedCall, Receipt, Status};
use mrms_core::{BlockHeight, BurnHeight, ContractId, TxId, UnixTime};
use mrms_node::chain::{self, Header, TransactionProof};
use mrms_stacks::clarity::Value;
use mrms_stacks::transaction::{Payload, Transaction};

use super::EvidenceError;
use super::format::{Hex, TransactionPart};

/// A proved transaction.
#[derive(Debug)]
pub(super) struct Proven {
    pub(super) proof: TransactionProof,
    pub(super) txid: TxId,
    pub(super) transaction: Transaction,
    pub(super) receipt: chain::Receipt,
}

impl Proven {
    /// Checks the proof under the node's key and every signature of the transaction. `number` is its
    /// place in the bundle, from 1; 0 is the contract's deployment.
    pub(super) fn check(
        proof: TransactionProof,
        chain_id: u32,
        node_key: &[u8; 33],
        number: usize,
    ) -> Result<Self, EvidenceError> {
        let (txid, receipt) =
            proof.verify(node_key).map_err(|source| EvidenceError::Proof { number, source })?;
        // Node and client have a type of their own for ids, with the same text form.
        let txid: TxId = txid
            .to_string()
            .parse()
            .map_err(|_| EvidenceError::Bytes { what: "transaction id" })?;
        let wrong = |reason: String| EvidenceError::Transaction { txid, reason };
        let transaction =
            Transaction::decode(&proof.raw).map_err(|error| wrong(error.to_string()))?;
        transaction.verify().map_err(|error| wrong(error.to_string()))?;
        let signed_for = transaction.network().chain_id.number();
        if signed_for != chain_id || proof.header.chain_id != chain_id {
            return Err(wrong("it was signed for another chain".to_owned()));
        }
        Ok(Self { proof, txid, transaction, receipt })
    }

    pub(super) fn header(&self) -> &Header {
        &self.proof.header
    }

    pub(super) fn block_height(&self) -> BlockHeight {
        BlockHeight::new(u64::from(self.header().height.get()))
    }

    pub(super) fn time(&self) -> UnixTime {
        UnixTime::from_seconds(self.header().time.get())
    }

    /// Whether it called this contract directly, not through another contract.
    pub(super) fn calls(&self, contract: &ContractId) -> bool {
        matches!(self.transaction.payload(), Payload::ContractCall(call) if call.contract == *contract)
    }

    /// What the contract printed in it, in order; nothing if the transaction was undone.
    pub(super) fn printed(&self, contract: &ContractId) -> Result<Vec<Value>, EvidenceError> {
        let name = contract.to_string();
        let printed = |event: &chain::Event| match event {
            chain::Event::Print { contract, value } if contract.to_string() == name => {
                Some(Value::decode(value).map_err(|error| EvidenceError::Transaction {
                    txid: self.txid,
                    reason: error.to_string(),
                }))
            }
            _ => None,
        };
        match self.receipt.status {
            chain::Status::Success => self.receipt.events.iter().filter_map(printed).collect(),
            _ => Ok(Vec::new()),
        }
    }

    /// The transaction as a refused call; `None` if it was not refused.
    pub(super) fn refusal(&self) -> Result<Option<IncludedCall>, EvidenceError> {
        let status = match self.receipt.status {
            chain::Status::Success => return Ok(None),
            chain::Status::AbortByResponse => Status::AbortedByResponse,
            chain::Status::AbortByPostCondition => Status::AbortedByPostCondition,
        };
        let wrong = |reason: String| EvidenceError::Transaction { txid: self.txid, reason };
        let result = Value::decode(&self.receipt.result);
        let receipt = Receipt {
            txid: self.txid,
            status,
            result: result.map_err(|error| wrong(error.to_string()))?,
            block_height: self.block_height(),
            burn_height: BurnHeight::new(u64::from(self.header().burn_height.get())),
            time: self.time(),
        };
        Ok(Some(IncludedCall::of(&self.transaction, receipt)))
    }

    /// The transaction as a part of a bundle.
    pub(super) fn to_part(&self) -> TransactionPart {
        let path = |nodes: &[[u8; 32]]| nodes.iter().map(|node| Hex(node.to_vec())).collect();
        let header = self.header();
        TransactionPart {
            txid: self.txid,
            sender: self.transaction.origin(),
            calls: match self.transaction.payload() {
                Payload::ContractCall(call) => call.function.to_string(),
                Payload::SmartContract(contract) => contract.name.to_string(),
                Payload::TokenTransfer { .. } => "transfer".to_owned(),
            },
            status: self.receipt.status.as_str().to_owned(),
            block_height: header.height.get(),
            block_hash: Hex(header.hash().as_bytes().to_vec()),
            header: Hex(header.encode()),
            signature: Hex(self.proof.signature.to_vec()),
            position: self.proof.position,
            transaction: Hex(self.proof.raw.clone()),
            transaction_path: path(&self.proof.transaction_path),
            receipt: Hex(self.proof.receipt.clone()),
            receipt_path: path(&self.proof.receipt_path),
        }
    }
}

/// The proof in a part of a bundle. The other fields are compared later with what the proof gives.
pub(super) fn proof_in(part: &TransactionPart) -> Result<TransactionProof, EvidenceError> {
    let path = |nodes: &[Hex]| -> Result<Vec<[u8; 32]>, EvidenceError> {
        nodes.iter().map(|node| node.array("path")).collect()
    };
    Ok(TransactionProof {
        header: header_in(&part.header)?,
        signature: part.signature.array("signature")?,
        position: part.position,
        raw: part.transaction.0.clone(),
        transaction_path: path(&part.transaction_path)?,
        receipt: part.receipt.0.clone(),
        receipt_path: path(&part.receipt_path)?,
    })
}

pub(super) fn header_in(bytes: &Hex) -> Result<Header, EvidenceError> {
    Header::decode(&bytes.0).map_err(|_| EvidenceError::Bytes { what: "block header" })
}
