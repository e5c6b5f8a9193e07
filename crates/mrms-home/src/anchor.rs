//! Anchors a vault log: writes its head and length into the contract, under the vault's own account.
//!
//! Contract function: `anchor-vault-log`. The vault's account pays the fee, or the sponsor of the settings.

use mrms_app::ledger::Payer;
use mrms_app::sending::outcome::{SendError, check};
use mrms_app::session::AskError;
use mrms_contract::{call, read};
use mrms_core::{ContractId, Principal};
use mrms_stacks::keys::SigningKey;
use mrms_stacks::transaction::{Terms, Transaction};
use mrms_vault::guardian::Anchor;

use crate::error::HomeError;
use crate::ledger::HomeLedger;

/// Anchors the log, unless it is empty or its length is anchored already. Returns the transaction's id. On the home's
/// own ledger the vault's account gets what it needs for the fee.
///
/// # Errors
///
/// [`HomeError::Ledger`], [`HomeError::Node`], [`HomeError::Ask`], [`HomeError::Send`].
pub fn anchor_log(
    log: Anchor,
    home_ledger: &HomeLedger,
    contract: &ContractId,
    key: &SigningKey,
) -> Result<Option<String>, HomeError> {
    let ledger = home_ledger.port();
    let Anchor { head, count } = log;
    let vault = key.address(ledger.network().version);
    let known = read::vault_log(&Principal::from(vault));
    let answer = ledger.call_read_only(contract, known.function, &known.arguments)?;
    let known = known.decode(&answer).map_err(AskError::from)?;
    if known.is_some_and(|known| known.count == count) || count == 0 {
        return Ok(None);
    }
    let call = call::anchor_vault_log(head.0.0, count);
    let unsigned = Transaction::contract_call(contract.clone(), call.function, call.arguments);
    let network = ledger.network();
    let bytes = match ledger.payer() {
        Payer::Sender => {
            home_ledger.fund(&vault)?;
            let fee = ledger.fee(&unsigned)?;
            let nonce = ledger.account(&vault)?.nonce;
            let terms = Terms { network, nonce, fee };
            unsigned.sign(key, terms).map_err(SendError::from)?.encode()
        }
        Payer::Sponsor => {
            let nonce = ledger.account(&vault)?.nonce;
            let signed = unsigned.sign_for_sponsor(key, network, nonce).map_err(SendError::from)?;
            ledger.sponsor(&signed.encode())?
        }
    };
    let receipts = ledger.submit(&[bytes], &|| {})?;
    let Some(receipt) = receipts.first() else { return Ok(None) };
    check(receipt)?;
    Ok(Some(receipt.txid.to_string()))
}
