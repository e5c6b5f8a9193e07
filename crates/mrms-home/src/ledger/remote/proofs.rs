//! Proofs that a node serves (`/mrms/v1/proofs`), read from its answers. They are not checked here.

use std::sync::Arc;

use mrms_app::ledger::LedgerError;
use mrms_core::{ContractId, TxId};
use mrms_node::chain::{
    AncestorProof, BlockHeight, GenesisProof, Header, SignedHeader, TransactionProof,
};
use mrms_stacks::client::{ProofBytes, RpcClient, SignedHeaderBytes};

use super::ledger_error;
use crate::ledger::proofs::{ProofSource, unreadable};

/// A node that serves proofs of its ledger.
#[derive(Clone)]
pub struct ServedProofs {
    client: Arc<RpcClient>,
    genesis: GenesisProof,
}

impl std::fmt::Debug for ServedProofs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServedProofs").field("url", &self.client.url()).finish_non_exhaustive()
    }
}

impl ServedProofs {
    /// The proofs of a served ledger; `None` where none are served: by a Stacks network, and by an embedded ledger's node
    /// that is older than its proofs.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    pub(super) fn of(client: &Arc<RpcClient>) -> Result<Option<Self>, LedgerError> {
        let Some(found) = client.genesis_proof().map_err(ledger_error)? else { return Ok(None) };
        let genesis = GenesisProof { block: signed(&found.block)?, operations: found.operations };
        Ok(Some(Self { client: Arc::clone(client), genesis }))
    }

    /// The same proofs, asked for by another client.
    pub(super) fn through(&self, client: &Arc<RpcClient>) -> Self {
        Self { client: Arc::clone(client), genesis: self.genesis.clone() }
    }
}

impl ProofSource for ServedProofs {
    fn genesis(&self) -> Result<GenesisProof, LedgerError> {
        Ok(self.genesis.clone())
    }

    fn tip(&self) -> Result<SignedHeader, LedgerError> {
        signed(&self.client.signed_tip().map_err(ledger_error)?)
    }

    fn transaction(&self, txid: &TxId) -> Result<Option<TransactionProof>, LedgerError> {
        let found = self.client.transaction_proof(txid).map_err(ledger_error)?;
        found.map(proof).transpose()
    }

    fn deployment(&self, contract: &ContractId) -> Result<Option<TransactionProof>, LedgerError> {
        let found = self.client.deployment_proof(contract).map_err(ledger_error)?;
        found.map(proof).transpose()
    }

    fn ancestor(
        &self,
        height: BlockHeight,
        head: BlockHeight,
    ) -> Result<Option<AncestorProof>, LedgerError> {
        let found = self.client.ancestor_proof(height.get(), head.get()).map_err(ledger_error)?;
        let Some(found) = found else { return Ok(None) };
        let proof = AncestorProof {
            ancestor: signed(&found.ancestor)?,
            head: signed(&found.head)?,
            inclusion_path: path(found.inclusion_path)?,
            consistency_path: path(found.consistency_path)?,
        };
        // The paths are checked later; whether this is what was asked for is known here alone.
        let heights = (proof.ancestor.header.height, proof.head.header.height);
        if heights == (height, head) {
            Ok(Some(proof))
        } else {
            Err(unreadable("a proof of others"))
        }
    }
}

fn signed(bytes: &SignedHeaderBytes) -> Result<SignedHeader, LedgerError> {
    let header = Header::decode(&bytes.header).map_err(|_| unreadable("a block header"))?;
    let signature = bytes.signature.as_slice().try_into();
    Ok(SignedHeader { header, signature: signature.map_err(|_| unreadable("a signature"))? })
}

fn path(nodes: Vec<Vec<u8>>) -> Result<Vec<[u8; 32]>, LedgerError> {
    let node = |node: Vec<u8>| node.as_slice().try_into();
    let nodes: Result<_, std::array::TryFromSliceError> = nodes.into_iter().map(node).collect();
    nodes.map_err(|_| unreadable("a path"))
}

fn proof(bytes: ProofBytes) -> Result<TransactionProof, LedgerError> {
    let SignedHeader { header, signature } = signed(&bytes.block)?;
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
