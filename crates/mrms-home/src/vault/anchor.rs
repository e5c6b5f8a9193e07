//! Anchors a vault log: writes its head and length into the contract, under the vault's own account.
//!
//! Contract function: `anchor-vault-log`.

use mrms_app::ledger::Ledger;
use mrms_app::sending::outcome::{SendError, check};
use mrms_app::session::AskError;
use mrms_contract::{call, read};
use mrms_core::{ContractId, Principal};
use mrms_stacks::keys::SigningKey;
use mrms_stacks::transaction::{Terms, Transaction};
use mrms_vault::guardian::{Anchor, Guardian};

use crate::error::HomeError;

/// Anchors the log, unless it is empty or its length is anchored already. Returns the transaction's id.
///
/// # Errors
///
/// [`HomeError::Ledger`], [`HomeError::Ask`], [`HomeError::Send`].
pub fn anchor_log(
    guardian: &Guardian,
    ledger: &dyn Ledger,
    contract: &ContractId,
    key: &SigningKey,
) -> Result<Option<String>, HomeError> {
    let Anchor { head, count } = guardian.anchor();
    let vault = guardian.card().vault;
    let known = read::vault_log(&Principal::from(vault));
    let answer = ledger.call_read_only(contract, known.function, &known.arguments)?;
    let known = known.decode(&answer).map_err(AskError::from)?;
    if known.is_some_and(|known| known.count == count) || count == 0 {
        return Ok(None);
    }
    let call = call::anchor_vault_log(head.0.0, count);
    let unsigned = Transaction::contract_call(contract.clone(), call.function, call.arguments);
    let fee = ledger.fee(&unsigned)?;
    let nonce = ledger.account(&vault)?.nonce;
    let signed = unsigned
        .sign(key, Terms { network: ledger.network(), nonce, fee })
        .map_err(SendError::from)?;
    let receipts = ledger.submit(&[signed.encode()], &|| {})?;
    let Some(receipt) = receipts.first() else { return Ok(None) };
    check(receipt)?;
    Ok(Some(receipt.txid.to_string()))
}
