//! Proofs that a node of an embedded ledger serves (`/mrms/v1/proofs`). They come as bytes: whoever asks
//! knows the ledger's format, and checks them.

use mrms_core::{ContractId, TxId};
use serde::Deserialize;

use super::transport::Answer;
use super::{ClientError, RpcClient};

/// A block's header and the node's signature on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHeaderBytes {
    /// The header, encoded.
    pub header: Vec<u8>,
    /// The signature.
    pub signature: Vec<u8>,
}

/// Block 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenesisBytes {
    /// Its header.
    pub block: SignedHeaderBytes,
    /// Its operations, encoded.
    pub operations: Vec<Vec<u8>>,
}

/// A transaction, its receipt, and what leads from both to their block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProofBytes {
    /// The block's header.
    pub block: SignedHeaderBytes,
    /// The transaction's place in the block.
    pub position: u32,
    /// The transaction.
    pub raw: Vec<u8>,
    /// From its id to the root of transactions.
    pub transaction_path: Vec<Vec<u8>>,
    /// The receipt.
    pub receipt: Vec<u8>,
    /// From the receipt to the root of receipts.
    pub receipt_path: Vec<Vec<u8>>,
}

/// That one block is an ancestor of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AncestorBytes {
    /// The older block's header.
    pub ancestor: SignedHeaderBytes,
    /// The newer block's header.
    pub head: SignedHeaderBytes,
    /// From the older block to the root over all blocks below the newer one.
    pub inclusion_path: Vec<Vec<u8>>,
    /// From the root over all blocks below the older one to that root.
    pub consistency_path: Vec<Vec<u8>>,
}

#[derive(Deserialize)]
struct SignedHeaderJson {
    header: String,
    signature: String,
}

#[derive(Deserialize)]
struct GenesisJson {
    #[serde(flatten)]
    block: SignedHeaderJson,
    operations: Vec<String>,
}

#[derive(Deserialize)]
struct ProofJson {
    #[serde(flatten)]
    block: SignedHeaderJson,
    position: u32,
    transaction: String,
    transaction_path: Vec<String>,
    receipt: String,
    receipt_path: Vec<String>,
}

#[derive(Deserialize)]
struct AncestorJson {
    ancestor: SignedHeaderJson,
    head: SignedHeaderJson,
    inclusion_path: Vec<String>,
    consistency_path: Vec<String>,
}

impl RpcClient {
    /// Block 0; `None` when the node serves no proofs.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn genesis_proof(&self) -> Result<Option<GenesisBytes>, ClientError> {
        let answer = self.transport.get("/mrms/v1/proofs/genesis")?;
        // Other nodes know no such path; proxies before them have several ways to say so.
        if (400..500).contains(&answer.status) && answer.status != 429 {
            return Ok(None);
        }
        let found: GenesisJson = answer.json()?;
        Ok(Some(GenesisBytes {
            block: signed_header(&answer, &found.block)?,
            operations: list(&answer, &found.operations)?,
        }))
    }

    /// The newest block's header.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn signed_tip(&self) -> Result<SignedHeaderBytes, ClientError> {
        let answer = self.transport.get("/mrms/v1/proofs/tip")?;
        signed_header(&answer, &answer.json()?)
    }

    /// The proof of a transaction; `None` when it stands in no block.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn transaction_proof(&self, txid: &TxId) -> Result<Option<ProofBytes>, ClientError> {
        self.proof(&format!("/mrms/v1/proofs/transaction/{txid}"))
    }

    /// The proof of the transaction that deployed a contract; `None` when none did.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn deployment_proof(
        &self,
        contract: &ContractId,
    ) -> Result<Option<ProofBytes>, ClientError> {
        self.proof(&format!("/mrms/v1/proofs/deployment/{contract}"))
    }

    /// The proof that the block at a height is an ancestor of the one at another; `None` when the node has no such proof.
    ///
    /// # Errors
    ///
    /// [`ClientError`].
    pub fn ancestor_proof(
        &self,
        height: u32,
        head: u32,
    ) -> Result<Option<AncestorBytes>, ClientError> {
        let answer = self.transport.get(&format!("/mrms/v1/proofs/ancestor/{height}/{head}"))?;
        if answer.status == 404 {
            return Ok(None);
        }
        let found: AncestorJson = answer.json()?;
        Ok(Some(AncestorBytes {
            ancestor: signed_header(&answer, &found.ancestor)?,
            head: signed_header(&answer, &found.head)?,
            inclusion_path: list(&answer, &found.inclusion_path)?,
            consistency_path: list(&answer, &found.consistency_path)?,
        }))
    }

    fn proof(&self, path: &str) -> Result<Option<ProofBytes>, ClientError> {
        let answer = self.transport.get(path)?;
        if answer.status == 404 {
            return Ok(None);
        }
        let found: ProofJson = answer.json()?;
        Ok(Some(ProofBytes {
            block: signed_header(&answer, &found.block)?,
            position: found.position,
            raw: answer.bytes(&found.transaction)?,
            transaction_path: list(&answer, &found.transaction_path)?,
            receipt: answer.bytes(&found.receipt)?,
            receipt_path: list(&answer, &found.receipt_path)?,
        }))
    }
}

fn signed_header(
    answer: &Answer,
    found: &SignedHeaderJson,
) -> Result<SignedHeaderBytes, ClientError> {
    Ok(SignedHeaderBytes {
        header: answer.bytes(&found.header)?,
        signature: answer.bytes(&found.signature)?,
    })
}

fn list(answer: &Answer, texts: &[String]) -> Result<Vec<Vec<u8>>, ClientError> {
    texts.iter().map(|text| answer.bytes(text)).collect()
}
