//! What a transaction offers: what the ledger tells, at least what a node takes and never more than the ceiling.
//!
//! A node that tells no fee, or one above the ceiling, could keep a patient from ending anything. So an end offers something
//! all the same, and the person is told.

use mrms_app::ledger::LedgerError;
use mrms_core::MicroStx;
use mrms_stacks::client::RpcClient;
use mrms_stacks::transaction::Unsigned;

use super::{RemoteLedger, ledger_error};

/// What an end offers where nobody tells a fee: so many times the least that a node takes.
const UNTOLD_FEE: u64 = 10;

impl RemoteLedger {
    pub(super) fn usual_fee(&self, transaction: &Unsigned) -> Result<MicroStx, LedgerError> {
        let floor = least(transaction)?;
        if self.is_embedded() {
            return Ok(floor);
        }
        let fee = told(&self.client, transaction, floor)?;
        let ceiling = self.settings.fee_ceiling;
        if fee > ceiling {
            return Err(LedgerError::FeeAboveCeiling { fee, ceiling });
        }
        Ok(fee)
    }

    /// What an end offers where the usual fee is not to be had: what another node tells, else the ceiling where more was told,
    /// else by the least.
    pub(super) fn unsure_fee(
        &self,
        transaction: &Unsigned,
        why: &LedgerError,
    ) -> Result<MicroStx, LedgerError> {
        let (floor, ceiling) = (least(transaction)?, self.settings.fee_ceiling);
        if floor > ceiling {
            return Err(LedgerError::FeeAboveCeiling { fee: floor, ceiling });
        }
        let others = self.witnesses.iter();
        let mut by_others = others.filter_map(|one| told(one, transaction, floor).ok());
        if let Some(fee) = by_others.find(|fee| *fee <= ceiling) {
            return Ok(fee);
        }
        Ok(match why {
            LedgerError::FeeAboveCeiling { .. } => ceiling,
            _ => MicroStx::new(floor.number().saturating_mul(UNTOLD_FEE)).min(ceiling),
        })
    }
}

/// The least that a node takes.
fn least(transaction: &Unsigned) -> Result<MicroStx, LedgerError> {
    transaction.minimum_fee().map_err(|error| LedgerError::Rejected { reason: error.to_string() })
}

fn told(
    node: &RpcClient,
    transaction: &Unsigned,
    floor: MicroStx,
) -> Result<MicroStx, LedgerError> {
    // One micro-STX per byte: the floor is the length.
    let estimates = node.fee_estimates(transaction.payload(), floor.number());
    let [_, middle, _] = estimates.map_err(ledger_error)?;
    Ok(middle.max(floor))
}
