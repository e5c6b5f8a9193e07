//! Where proofs come from: the ledger's file, or a node that serves the ledger. Neither is trusted: what they
//! give is checked like a bundle from somebody else.

use mrms_core::{ContractId, TxId};
use mrms_node::chain::{self, GenesisProof, Header, LedgerFailure, SignedHeader, TransactionProof};
use mrms_stacks::client::{ClientError, ProofBytes, SignedHeaderBytes};

use super::{CollectError, EvidenceError};
use crate::ledger::remote::RemoteLedger;

/// Somebody who has the proofs of a ledger.
pub(super) trait ProofSource {
    /// Block 0.
    fn genesis(&self) -> Result<GenesisProof, CollectError>;

    /// The newest block.
    fn tip(&self) -> Result<SignedHeader, CollectError>;

    /// A transaction that stands in a block.
    fn transaction(&self, txid: &TxId) -> Result<Option<TransactionProof>, CollectError>;

    /// The transaction that deployed a contract.
    fn deployment(&self, contract: &ContractId) -> Result<Option<TransactionProof>, CollectError>;
}

impl ProofSource for chain::Proofs {
    fn genesis(&self) -> Result<GenesisProof, CollectError> {
        Ok(self.genesis()?)
    }

    fn tip(&self) -> Result<SignedHeader, CollectError> {
        Ok(self.tip()?)
    }

    fn transaction(&self, txid: &TxId) -> Result<Option<TransactionProof>, CollectError> {
        // Node and client have a type of their own for ids, with the same text form.
        let id = chain::TxId::parse(&txid.to_string());
        let id = id.map_err(|_| LedgerFailure::Damaged { what: "a transaction id" })?;
        Ok(self.transaction(&id)?)
    }

    fn deployment(&self, contract: &ContractId) -> Result<Option<TransactionProof>, CollectError> {
        let id = chain::ContractId::parse(&contract.to_string());
        let id = id.map_err(|_| LedgerFailure::Damaged { what: "a contract id" })?;
        Ok(self.deployment(&id)?)
    }
}

/// A node that serves proofs of its ledger.
pub(super) struct ServedProofs<'l> {
    ledger: &'l RemoteLedger,
    genesis: GenesisProof,
}

impl<'l> ServedProofs<'l> {
    /// The proofs of a served ledger; `None` where none are served: by a Stacks network, and by an embedded
    /// ledger's node that is older than its proofs.
    pub(super) fn of(ledger: &'l RemoteLedger) -> Result<Option<Self>, CollectError> {
        let Some(found) = ledger.client().genesis_proof().map_err(served)? else {
            return Ok(None);
        };
        let genesis = GenesisProof { block: signed(&found.block)?, operations: found.operations };
        Ok(Some(Self { ledger, genesis }))
    }
}

impl ProofSource for ServedProofs<'_> {
    fn genesis(&self) -> Result<GenesisProof, CollectError> {
        Ok(self.genesis.clone())
    }

    fn tip(&self) -> Result<SignedHeader, CollectError> {
        signed(&self.ledger.client().signed_tip().map_err(served)?)
    }

    fn transaction(&self, txid: &TxId) -> Result<Option<TransactionProof>, CollectError> {
        let found = self.ledger.client().transaction_proof(txid).map_err(served)?;
        found.map(proof).transpose()
    }

    fn deployment(&self, contract: &ContractId) -> Result<Option<TransactionProof>, CollectError> {
        let found = self.ledger.client().deployment_proof(contract).map_err(served)?;
        found.map(proof).transpose()
    }
}

fn signed(bytes: &SignedHeaderBytes) -> Result<SignedHeader, CollectError> {
    let header = Header::decode(&bytes.header);
    let header = header.map_err(|_| EvidenceError::Bytes { what: "block header" })?;
    let signature = bytes.signature.as_slice().try_into();
    let signature = signature.map_err(|_| EvidenceError::Bytes { what: "signature" })?;
    Ok(SignedHeader { header, signature })
}

fn proof(bytes: ProofBytes) -> Result<TransactionProof, CollectError> {
    let SignedHeader { header, signature } = signed(&bytes.block)?;
    let path = |nodes: Vec<Vec<u8>>| -> Result<Vec<[u8; 32]>, EvidenceError> {
        let node = |node: Vec<u8>| node.as_slice().try_into();
        let nodes: Result<_, std::array::TryFromSliceError> = nodes.into_iter().map(node).collect();
        nodes.map_err(|_| EvidenceError::Bytes { what: "path" })
    };
    Ok(TransactionProof {
        header,
        signature,
        position: bytes.position,
        raw: bytes.raw,
        transaction_path: path(bytes.transaction_path)?,
        receipt: bytes.receipt,
        receipt_path: path(bytes.receipt_path)?,
    })
}

fn served(error: ClientError) -> CollectError {
    CollectError::Ask(crate::ledger::remote::ledger_error(error).into())
}
