//! What a transaction moved from an account and to it, in the hosted API's shape.
//!
//! Source: `v2/addresses.ts` of stacks-blockchain-api.

use serde_json::{Value as JsonValue, json};

use crate::chain::wire::Signers;
use crate::chain::{Event, Principal, StoredTransaction};

/// How often a kind of token was moved with an account on one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Moves {
    transfer: u32,
    mint: u32,
    burn: u32,
}

impl Moves {
    /// Counts a move, if the account is on a side of it.
    fn count(
        &mut self,
        account: &Principal,
        sender: Option<&Principal>,
        recipient: Option<&Principal>,
    ) {
        if sender != Some(account) && recipient != Some(account) {
            return;
        }
        *match (sender, recipient) {
            (None, _) => &mut self.mint,
            (_, None) => &mut self.burn,
            _ => &mut self.transfer,
        } += 1;
    }

    fn body(self) -> JsonValue {
        json!({"transfer": self.transfer, "mint": self.mint, "burn": self.burn})
    }
}

/// The fee that this account paid for a transaction.
fn fee_of(account: &Principal, stored: &StoredTransaction) -> u64 {
    // What Bitcoin ordered has nobody who signs, and no fee.
    let Ok(Signers { version, authorization }) = Signers::decode(&stored.raw) else { return 0 };
    let payer = authorization.payer();
    if version.account(payer) == *account { payer.fee } else { 0 }
}

/// A row with a transaction, and what it moved from an account and to it. What it paid counts as sent.
pub(super) fn with_moves(
    account: &Principal,
    stored: &StoredTransaction,
    transaction: JsonValue,
) -> JsonValue {
    let (mut sent, mut received) = (u128::from(fee_of(account, stored)), 0_u128);
    let [mut stx, mut fungible, mut non_fungible] = [Moves::default(); 3];
    for event in &stored.included.receipt.events {
        match event {
            Event::Print { .. } => {}
            Event::StxTransfer { sender, recipient, amount, .. } => {
                stx.count(account, Some(sender), Some(recipient));
                if sender == account {
                    sent = sent.saturating_add(amount.get());
                }
                if recipient == account {
                    received = received.saturating_add(amount.get());
                }
            }
            Event::StxBurn { sender, amount } => {
                stx.count(account, Some(sender), None);
                if sender == account {
                    sent = sent.saturating_add(amount.get());
                }
            }
            Event::Fungible { sender, recipient, .. } => {
                fungible.count(account, sender.as_ref(), recipient.as_ref());
            }
            Event::NonFungible { sender, recipient, .. } => {
                non_fungible.count(account, sender.as_ref(), recipient.as_ref());
            }
        }
    }
    json!({
        "tx": transaction,
        "stx_sent": sent.to_string(),
        "stx_received": received.to_string(),
        "events": {"stx": stx.body(), "ft": fungible.body(), "nft": non_fungible.body()},
    })
}
