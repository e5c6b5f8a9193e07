//! Makes a bundle: reads the trail from the ledger, and the proofs from the ledger's file or from the node
//! that serves it.

use std::collections::BTreeSet;
use std::path::Path;

use mrms_app::Session;
use mrms_app::audit::trail::{ActionOutcome, ReadTrailError, TrailLine};
use mrms_app::ledger::LedgerError;
use mrms_app::profile::ProfileError;
use mrms_app::session::AskError;
use mrms_core::{RecordId, TxId};
use mrms_node::chain::{self, BlockHeight, SignedHeader, TransactionProof};
use mrms_vault::protocol::VaultReceipt;
use sha2::{Digest, Sha256};

use super::EvidenceError;
use super::assemble::{self, AncestorPath, NetworkTrail, Proofs};
use super::format::{Bundle, NetworkPart};
use crate::folder::HomeFolder;
use crate::ledger::HomeLedger;
use crate::ledger::proofs::ProofSource;

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

/// The evidence on a record of this home's ledger, wherever that is: with proofs, unless the ledger gives none.
///
/// # Errors
///
/// [`CollectError`].
pub fn collect(
    session: &Session<'_>,
    record: RecordId,
    ledger: &HomeLedger,
    folder: &HomeFolder,
) -> Result<Bundle, CollectError> {
    match ledger.proofs(folder)? {
        Some(source) => from_source(session, record, &*source),
        None => from_network(session, record),
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
    from_source(session, record, &chain::Proofs::open(folder)?)
}

fn from_source(
    session: &Session<'_>,
    record: RecordId,
    source: &dyn ProofSource,
) -> Result<Bundle, CollectError> {
    // Read before the trail, so that the trail has the entry of every release.
    let receipts = receipts_of(session, record)?;
    // Read before the trail, so that the trail has everything up to this block.
    let tip = source.tip()?;
    let trail = session.trail(record)?;
    let proof = |txid: Option<TxId>, what: &dyn Fn() -> String| {
        let missing = || CollectError::NoTransaction { what: what() };
        source.transaction(&txid.ok_or_else(missing)?)?.ok_or_else(missing)
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
    let unknown = || CollectError::NoTransaction { what: format!("deployed {contract}") };
    let deployed = source.deployment(&contract)?.ok_or_else(unknown)?;
    let block_0 = source.genesis()?;
    let blocks = std::iter::once(&block_0.block.header)
        .chain([&deployed.header])
        .chain(transactions.iter().map(|proof| &proof.header));
    let heights: BTreeSet<_> = blocks.map(|header| header.height).collect();
    let ancestors = ancestors(source, &heights, &as_of)?;
    Ok(assemble::from_proofs(Proofs {
        record,
        contract,
        block_0,
        as_of,
        deployed,
        transactions,
        ancestors,
        vault_receipts: receipts,
    })?)
}

/// By height, the paths that show these blocks to be ancestors of the newest; `None` if that was made before blocks
/// committed to all blocks below, or if the node does not know such proofs.
fn ancestors(
    source: &dyn ProofSource,
    heights: &BTreeSet<BlockHeight>,
    as_of: &SignedHeader,
) -> Result<Option<Vec<AncestorPath>>, CollectError> {
    let head = as_of.header.height;
    if as_of.header.ancestry_root.is_none() {
        return Ok(None);
    }
    let mut paths = Vec::new();
    for height in heights.iter().filter(|height| **height < head) {
        let Some(proof) = source.ancestor(*height, head)? else { return Ok(None) };
        paths.push(AncestorPath { height: height.get(), nodes: proof.inclusion_path });
    }
    Ok(Some(paths))
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
