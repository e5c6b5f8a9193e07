//! Checks a bundle: takes the proofs out, derives everything from them again, and compares.

use mrms_node::chain::{GenesisProof, SignedHeader};

use super::EvidenceError;
use super::assemble::{self, AncestorPath, NetworkTrail, Proofs};
use super::format::{AncestorPart, Bundle, EmbeddedPart, Hex, LedgerPart};
use super::proven::{header_in, proof_in};

/// Reads a bundle and checks it to the last byte. Needs nothing but the text.
///
/// # Errors
///
/// [`EvidenceError`] for the first part that does not hold.
pub fn check(text: &str) -> Result<Bundle, EvidenceError> {
    let bundle = Bundle::parse(text)?;
    let derived = match &bundle.ledger {
        LedgerPart::Embedded(ledger) => assemble::from_proofs(proofs_in(&bundle, ledger)?)?,
        LedgerPart::Network(ledger) => {
            let trail = NetworkTrail {
                record: bundle.record_id,
                contract: bundle.contract.id.clone(),
                source_sha256: bundle.contract.source_sha256.array("hash of the source")?,
                ledger: ledger.clone(),
                lines: bundle.trail.lines.clone(),
            };
            assemble::from_network(trail, bundle.vault_receipts.clone())?
        }
    };
    match difference(&bundle, &derived) {
        None => Ok(bundle),
        Some(section) => Err(EvidenceError::Differs { section }),
    }
}

fn proofs_in(bundle: &Bundle, ledger: &EmbeddedPart) -> Result<Proofs, EvidenceError> {
    let deployed = bundle.contract.deployed.as_ref();
    let no_deployment = || EvidenceError::Deployment { contract: bundle.contract.id.to_string() };
    Ok(Proofs {
        record: bundle.record_id,
        contract: bundle.contract.id.clone(),
        block_0: GenesisProof {
            block: signed(&ledger.block_0.header, &ledger.block_0.signature)?,
            operations: ledger.block_0.operations.iter().map(|bytes| bytes.0.clone()).collect(),
        },
        as_of: signed(&ledger.as_of.header, &ledger.as_of.signature)?,
        deployed: proof_in(deployed.ok_or_else(no_deployment)?)?,
        transactions: bundle.transactions.iter().map(proof_in).collect::<Result<_, _>>()?,
        ancestors: match &ledger.ancestors {
            Some(parts) => Some(parts.iter().map(ancestor).collect::<Result<_, _>>()?),
            None => None,
        },
        vault_receipts: bundle.vault_receipts.clone(),
    })
}

fn ancestor(part: &AncestorPart) -> Result<AncestorPath, EvidenceError> {
    let nodes: Result<_, _> = part.path.iter().map(|node| node.array("path")).collect();
    Ok(AncestorPath { height: part.block_height, nodes: nodes? })
}

fn signed(header: &Hex, signature: &Hex) -> Result<SignedHeader, EvidenceError> {
    Ok(SignedHeader { header: header_in(header)?, signature: signature.array("signature")? })
}

/// The first section in which a bundle is not what its proofs give.
fn difference(bundle: &Bundle, derived: &Bundle) -> Option<&'static str> {
    let parts = [
        ("the patient", bundle.patient == derived.patient),
        ("the contract", bundle.contract == derived.contract),
        ("the ledger", bundle.ledger == derived.ledger),
        ("the trail", bundle.trail == derived.trail),
        ("a version", bundle.versions == derived.versions),
        ("a grant", bundle.grants == derived.grants),
        ("a transaction", bundle.transactions == derived.transactions),
        ("a flag", bundle.flagged == derived.flagged),
        ("something", bundle == derived),
    ];
    parts.into_iter().find(|(_, same)| !same).map(|(section, _)| section)
}
