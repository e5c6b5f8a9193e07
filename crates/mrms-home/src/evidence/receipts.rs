//! Checks the vault receipts of a bundle. Each must be signed by its vault and be about this record of this
//! contract. A release must name an entry of the trail in which that reader opened that version.
//!
//! The receipts do not prove that the vault gave no others. Two receipts with the same number and different
//! lines prove that the vault lied; a missing one proves nothing.

use mrms_core::{ChainId, Principal};
use mrms_vault::protocol::{Topic, VaultReceipt};

use super::EvidenceError;
use super::format::Bundle;

/// Checks receipts and adds them, in order of vault and number.
pub(super) fn add(
    bundle: &mut Bundle,
    mut receipts: Vec<VaultReceipt>,
    chain_id: u32,
) -> Result<(), EvidenceError> {
    receipts.sort_by_key(|receipt| (receipt.vault.to_string(), receipt.line.number));
    receipts.dedup();
    for (number, receipt) in receipts.iter().enumerate() {
        let refused = |reason| EvidenceError::VaultReceipt { number, vault: receipt.vault, reason };
        if receipt.verify(ChainId::new(chain_id)).is_err() {
            return Err(refused("the vault did not sign it for this chain"));
        }
        if receipt.contract != bundle.contract.id {
            return Err(refused("it is about another contract"));
        }
        if receipt.line.record_id != Some(bundle.record_id) {
            return Err(refused("it is about another record"));
        }
        if receipt.line.topic == Topic::Release && !is_entered(bundle, receipt) {
            return Err(refused("the trail has no such access"));
        }
    }
    let contradicts = |pair: &[VaultReceipt]| {
        pair[0].vault == pair[1].vault && pair[0].line.number == pair[1].line.number
    };
    if let Some(number) = receipts.windows(2).position(contradicts) {
        let (vault, reason) = (receipts[number].vault, "the vault signed another of this number");
        return Err(EvidenceError::VaultReceipt { number, vault, reason });
    }
    bundle.vault_receipts = receipts;
    Ok(())
}

fn is_entered(bundle: &Bundle, receipt: &VaultReceipt) -> bool {
    let line = &receipt.line;
    bundle.trail.lines.iter().any(|entry| {
        entry.index.is_some()
            && entry.index == line.audit_index
            && Some(&entry.actor) == line.actor.as_ref()
            && entry.version == Some(line.version)
            && matches!(entry.action.as_str(), "access" | "emergency-read")
            && line.actor.as_ref().is_some_and(|actor| matches!(actor, Principal::Standard(_)))
    })
}
