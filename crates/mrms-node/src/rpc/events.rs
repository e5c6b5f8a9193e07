//! Events of transactions in two formats: that of the hosted API, and that of a node's messages to observers.
//!
//! Sources: `transaction-events.ts` of stacks-blockchain-api, `clarity/src/vm/events.rs` of stacks-core.

use serde_json::{Value as JsonValue, json};

use super::clarity_text::{hex_0x, hex_and_repr};
use crate::chain::{Event, Principal, TxId};

fn name(principal: Option<&Principal>) -> String {
    principal.map(Principal::to_string).unwrap_or_default()
}

/// What happened to a token: without a sender it was minted, without a recipient it was burnt.
fn token_action(sender: Option<&Principal>, recipient: Option<&Principal>) -> &'static str {
    match (sender, recipient) {
        (None, _) => "mint",
        (_, None) => "burn",
        _ => "transfer",
    }
}

/// An event in the format of the hosted API.
pub(super) fn hosted_event(txid: &TxId, index: usize, event: &Event) -> JsonValue {
    let (kind, key, detail) = match event {
        Event::Print { contract, value } => (
            "smart_contract_log",
            "contract_log",
            json!({
                "contract_id": contract.to_string(),
                "topic": "print",
                "value": hex_and_repr(value),
            }),
        ),
        Event::StxTransfer { sender, recipient, amount, memo } => {
            let mut moved = json!({
                "asset_event_type": "transfer",
                "sender": sender.to_string(),
                "recipient": recipient.to_string(),
                "amount": amount.to_string(),
            });
            // What a contract moves has none.
            if !memo.is_empty() {
                moved["memo"] = json!(hex_0x(memo));
            }
            ("stx_asset", "asset", moved)
        }
        Event::StxBurn { sender, amount } => (
            "stx_asset",
            "asset",
            json!({
                "asset_event_type": "burn",
                "sender": sender.to_string(),
                "recipient": "",
                "amount": amount.to_string(),
            }),
        ),
        Event::Fungible { asset, sender, recipient, amount } => (
            "fungible_token_asset",
            "asset",
            json!({
                "asset_event_type": token_action(sender.as_ref(), recipient.as_ref()),
                "asset_id": asset,
                "sender": name(sender.as_ref()),
                "recipient": name(recipient.as_ref()),
                "amount": amount.to_string(),
            }),
        ),
        Event::NonFungible { asset, sender, recipient, token } => (
            "non_fungible_token_asset",
            "asset",
            json!({
                "asset_event_type": token_action(sender.as_ref(), recipient.as_ref()),
                "asset_id": asset,
                "sender": name(sender.as_ref()),
                "recipient": name(recipient.as_ref()),
                "value": hex_and_repr(token),
            }),
        ),
    };
    json!({"event_index": index, "event_type": kind, "tx_id": txid.to_string(), key: detail})
}

/// An event in the format of a node's messages to observers.
pub(super) fn observed_event(txid: &TxId, index: usize, event: &Event) -> JsonValue {
    let (kind, detail) = match event {
        Event::Print { contract, value } => (
            "contract_event".to_owned(),
            json!({
                "contract_identifier": contract.to_string(),
                "topic": "print",
                "raw_value": hex_0x(value),
            }),
        ),
        Event::StxTransfer { sender, recipient, amount, memo } => (
            "stx_transfer_event".to_owned(),
            json!({
                "sender": sender.to_string(),
                "recipient": recipient.to_string(),
                "amount": amount.to_string(),
                "memo": hex::encode(memo),
            }),
        ),
        Event::StxBurn { sender, amount } => (
            "stx_burn_event".to_owned(),
            json!({"sender": sender.to_string(), "amount": amount.to_string()}),
        ),
        Event::Fungible { asset, sender, recipient, amount } => {
            let mut detail = token_event(asset, sender.as_ref(), recipient.as_ref());
            detail["amount"] = json!(amount.to_string());
            (format!("ft_{}_event", token_action(sender.as_ref(), recipient.as_ref())), detail)
        }
        Event::NonFungible { asset, sender, recipient, token } => {
            let mut detail = token_event(asset, sender.as_ref(), recipient.as_ref());
            detail["raw_value"] = json!(hex_0x(token));
            (format!("nft_{}_event", token_action(sender.as_ref(), recipient.as_ref())), detail)
        }
    };
    let mut event = json!({
        "txid": txid.to_string(),
        "event_index": index,
        "committed": true,
        "type": kind,
    });
    event[kind.as_str()] = detail;
    event
}

fn token_event(
    asset: &str,
    sender: Option<&Principal>,
    recipient: Option<&Principal>,
) -> JsonValue {
    let mut detail = json!({ "asset_identifier": asset });
    for (side, principal) in [("sender", sender), ("recipient", recipient)] {
        if let Some(principal) = principal {
            detail[side] = json!(principal.to_string());
        }
    }
    detail
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn token_without_a_sender_is_minted_and_without_a_recipient_burnt() {
        let holder = Principal::parse("ST000000000000000000002AMW42H").unwrap();
        let asset = "ST000000000000000000002AMW42H.tokens::coin".to_owned();
        let txid = TxId::new([1; 32]);
        let mint = Event::Fungible {
            asset: asset.clone(),
            sender: None,
            recipient: Some(holder.clone()),
            amount: 5,
        };
        let burn =
            Event::NonFungible { asset, sender: Some(holder), recipient: None, token: vec![3] };
        let event = observed_event(&txid, 2, &mint);
        assert_eq!(event["type"], "ft_mint_event");
        assert_eq!(event["ft_mint_event"]["amount"], "5");
        assert!(event["ft_mint_event"].get("sender").is_none());
        assert_eq!(observed_event(&txid, 2, &burn)["nft_burn_event"]["raw_value"], "0x03");
        let hosted = hosted_event(&txid, 2, &burn);
        assert_eq!(hosted["asset"]["asset_event_type"], "burn");
        assert_eq!(hosted["asset"]["recipient"], "");
        assert_eq!(hosted["asset"]["value"]["repr"], "true");
    }
}
