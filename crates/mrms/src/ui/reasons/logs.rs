//! Errors of records' logs and evidence: trails, comparisons, bundles.

use mrms_app::audit::reconcile::ReconcileError;
use mrms_app::audit::trail::ReadTrailError;
use mrms_contract::ContractError;
use mrms_home::evidence::{CollectError, EvidenceError, Forked};

use super::ledger::refusal_failure;
use crate::ui::failure::{Exit, Failure, chain};

impl From<ReadTrailError> for Failure {
    fn from(error: ReadTrailError) -> Self {
        let message = chain(&error);
        match error {
            ReadTrailError::Ask(error) => error.into(),
            ReadTrailError::NotFound { .. } => refusal_failure(ContractError::RecordNotFound),
            ReadTrailError::Line { .. } | ReadTrailError::NoTrail => {
                Self::new(Exit::Integrity, "trail-unreadable", message)
                    .hint("mrms audit ID --json writes a trail that can be checked")
            }
            _ => Self::new(Exit::Integrity, "trail-altered", message)
                .hint("do not rely on this copy; mrms audit ID --json writes the ledger's own"),
        }
    }
}

impl From<EvidenceError> for Failure {
    fn from(error: EvidenceError) -> Self {
        let message = chain(&error);
        match error {
            EvidenceError::Unreadable { .. } => {
                Self::new(Exit::Integrity, "evidence-unreadable", message).hint(
                    "mrms evidence ID writes a bundle; one of a newer version needs that version",
                )
            }
            _ => Self::new(Exit::Integrity, "evidence-altered", message)
                .hint("do not rely on this copy; mrms evidence ID writes it anew from the ledger"),
        }
    }
}

impl From<Forked> for Failure {
    fn from(error: Forked) -> Self {
        Self::new(Exit::Integrity, "ledger-forked", error.to_string())
            .hint("keep the bundle and this home's ledger: both are signed by the node's key; whoever has it made two chains, or took the ledger back")
    }
}

impl From<CollectError> for Failure {
    fn from(error: CollectError) -> Self {
        let message = chain(&error);
        match error {
            CollectError::Trail(error) => error.into(),
            CollectError::Ask(error) => error.into(),
            CollectError::Profile(error) => error.into(),
            CollectError::NoTransaction { .. } => {
                Self::new(Exit::NotFound, "no-transaction", message)
                    .hint("the contract may have been put there without a transaction; mrms contract status tells")
            }
            CollectError::Evidence(_) => Self::new(Exit::Integrity, "ledger-damaged", message)
                .hint("mrms node fsck tells the first block that does not hold"),
            _ => Self::new(Exit::Unreachable, "ledger-storage", message)
                .hint("mrms doctor checks the ledger"),
        }
    }
}

impl From<ReconcileError> for Failure {
    fn from(error: ReconcileError) -> Self {
        match error {
            ReconcileError::NotFound { .. } => refusal_failure(ContractError::RecordNotFound),
            ReconcileError::Ask(error) => error.into(),
            ReconcileError::Profile(error) => error.into(),
            other => Self::new(Exit::Failed, "reconcile", chain(&other)),
        }
    }
}
