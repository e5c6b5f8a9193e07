//! Checks the vault receipts of a bundle. Each must be signed by its vault and be about this record of this
//! contract. What a receipt tells against its own vault is flagged and stays in the bundle: that is what
//! convicts the vault.
//!
//! The receipts do not prove that the vault gave no others. Two receipts with the same number and different
//! lines prove that the vault lied; a missing one proves nothing.

use std::collections::BTreeMap;

use mrms_core::{ChainId, Principal};
use mrms_vault::protocol::{Topic, VaultReceipt};

use super::EvidenceError;
use super::format::{Bundle, Flag, FlagPart};

/// Checks receipts and adds them, in order of vault and number, with the flags that they give.
pub(super) fn add(
    bundle: &mut Bundle,
    mut receipts: Vec<VaultReceipt>,
    chain_id: u32,
) -> Result<(), EvidenceError> {
    receipts.sort_by_key(|receipt| {
        (receipt.vault.to_string(), receipt.line.number, receipt.signature.to_string())
    });
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
    }
    bundle.flagged = flags(bundle, &receipts);
    bundle.vault_receipts = receipts;
    Ok(())
}

/// What the receipts tell against the vaults that signed them, in the order of the receipts.
fn flags(bundle: &Bundle, receipts: &[VaultReceipt]) -> Vec<FlagPart> {
    let mut found = Vec::new();
    let mut released: BTreeMap<(String, Option<u64>), usize> = BTreeMap::new();
    for (number, receipt) in receipts.iter().enumerate() {
        let mut flag = |flag, receipts: Vec<usize>| {
            found.push(FlagPart { vault: receipt.vault, flag, receipts });
        };
        let before = number.checked_sub(1).and_then(|before| receipts.get(before));
        let contradicts = before.is_some_and(|before| {
            before.vault == receipt.vault && before.line.number == receipt.line.number
        });
        if contradicts {
            flag(Flag::TwoLinesOfOneNumber, vec![number - 1, number]);
            continue;
        }
        if receipt.line.topic != Topic::Release {
            continue;
        }
        if !is_entered(bundle, receipt) {
            flag(Flag::ReleaseWithoutEntry, vec![number]);
            continue;
        }
        let entry = (receipt.vault.to_string(), receipt.line.audit_index);
        if let Some(first) = released.insert(entry, number) {
            flag(Flag::ReleasedTwice, vec![first, number]);
        }
    }
    found
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
