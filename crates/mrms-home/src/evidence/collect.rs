//! Makes a bundle: reads the trail from the ledger, and the proofs from the ledger's file.

use std::collections::BTreeSet;
use std::path::Path;

use mrms_app::Session;
use mrms_app::audit::trail::{ActionOutcome, ReadTrailError, TrailLine};
use mrms_app::ledger::LedgerError;
use mrms_app::profile::ProfileError;
use mrms_app::session::AskError;
use mrms_core::{RecordId, TxId};
use mrms_node::chain::{self, SignedHeader, TransactionProof};
use mrms_vault::protocol::VaultReceipt;
use sha2::{Digest, Sha256};

use super::EvidenceError;
use super::assemble::{self, NetworkTrail, Proofs};
use super::format::{Bundle, NetworkPart};

/// Why no bundle could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollectError {
    /// The trail could not be read, or does not hold.
    #[error(transparent)]
    Trail(#[from] ReadTrailError),
    /// The ledger could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The ledger's file could not be read.
    #[error(transparent)]
    Open(#[from] chain::OpenError),
    /// The ledger's file could not be read on.
    #[error(transparent)]
    File(#[from] chain::LedgerFailure),
    /// The profile's vault receipts could not be read.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// A line of the trail, or the contract, has no transaction on this ledger.
    #[error("the ledger does not tell which transaction {what}")]
    NoTransaction {
        /// What the transaction did.
        what: String,
    },
    /// What the ledger gave does not hold.
    #[error(transparent)]
    Evidence(#[from] EvidenceError),
}

impl From<LedgerError> for CollectError {
    fn from(error: LedgerError) -> Self {
        Self::Ask(error.into())
    }
}

/// The evidence on a record of the ledger in `folder`. A node may be running on it.
///
/// # Errors
///
/// [`CollectError`].
pub fn from_file(
    session: &Session<'_>,
    record: RecordId,
    folder: &Path,
) -> Result<Bundle, CollectError> {
    let file = chain::Proofs::open(folder)?;
    // Read before the trail, so that the trail has the entry of every release.
    let receipts = receipts_of(session, record)?;
    // Read before the trail, so that the trail has everything up to this block.
    let tip = file.tip()?;
    let trail = session.trail(record)?;
    let proof = |txid: Option<TxId>, what: &dyn Fn() -> String| {
        let missing = || CollectError::NoTransaction { what: what() };
        let txid = txid.ok_or_else(missing)?;
        let id = chain::TxId::parse(&txid.to_string()).map_err(|_| missing())?;
        file.transaction(&id)?.ok_or_else(missing)
    };
    let of_line =
        |line: &TrailLine| proof(line.txid, &|| format!("did {} for {}", line.action, line.actor));
    let mut known = BTreeSet::new();
    let mut transactions = Vec::new();
    let mut as_of = tip;
    for line in trail.lines.iter().filter(|line| line.outcome == ActionOutcome::Ok) {
        if known.insert(line.txid) {
            let proof = of_line(line)?;
            // This entry came after the tip was read. Every entry up to its block was read with it.
            if proof.header.height > as_of.header.height {
                as_of = header_of(&proof);
            }
            transactions.push(proof);
        }
    }
    for line in trail.lines.iter().filter(|line| line.outcome == ActionOutcome::Denied) {
        let proof = of_line(line)?;
        if proof.header.height <= as_of.header.height && known.insert(line.txid) {
            transactions.push(proof);
        }
    }
    let contract = session.contract.clone();
    // Also from the file, because a node does not say which transaction deployed a contract.
    let unknown = || CollectError::NoTransaction { what: format!("deployed {contract}") };
    let id = chain::ContractId::parse(&contract.to_string()).map_err(|_| unknown())?;
    let deployed = file.deployment(&id)?.ok_or_else(unknown)?;
    Ok(assemble::from_proofs(Proofs {
        record,
        contract,
        block_0: file.genesis()?,
        as_of,
        deployed,
        transactions,
        vault_receipts: receipts,
    })?)
}

/// The profile's vault receipts about a record of this contract.
fn receipts_of(session: &Session<'_>, record: RecordId) -> Result<Vec<VaultReceipt>, CollectError> {
    let mut receipts = session.profile.receipts(record)?;
    receipts.retain(|receipt| receipt.contract == *session.contract);
    Ok(receipts)
}

fn header_of(proof: &TransactionProof) -> SignedHeader {
    SignedHeader { header: proof.header.clone(), signature: proof.signature }
}

/// The bundle of a record on a ledger elsewhere: a trail that is consistent in itself, and no proofs.
///
/// # Errors
///
/// [`CollectError`].
pub fn from_network(session: &Session<'_>, record: RecordId) -> Result<Bundle, CollectError> {
    let receipts = receipts_of(session, record)?;
    let tip = session.ledger.tip()?;
    let trail = session.trail(record)?;
    let contract = session.contract.clone();
    let missing = || CollectError::NoTransaction { what: format!("deployed {contract}") };
    let deployed = session.ledger.deployed(&contract)?.ok_or_else(missing)?;
    let chain_id = session.ledger.network().chain_id.number();
    let trail = NetworkTrail {
        record,
        contract: contract.clone(),
        source_sha256: Sha256::digest(&deployed.source).into(),
        ledger: NetworkPart {
            chain_id,
            block_height: tip.block_height.number(),
            burn_height: tip.burn_height,
        },
        lines: trail.lines,
    };
    Ok(assemble::from_network(trail, receipts)?)
}
