//! Post-conditions in the format of the hosted API (`post-conditions.ts` of stacks-blockchain-api).

use serde_json::{Value as JsonValue, json};

use super::clarity_text::hex_and_repr;
use crate::chain::wire::{
    Amount, AmountTest, Asset, NftTest, PostCondition, PostConditionMode, PostConditionSubject,
};

pub(super) fn mode(mode: PostConditionMode) -> &'static str {
    match mode {
        PostConditionMode::Allow => "allow",
        PostConditionMode::Deny => "deny",
        PostConditionMode::Originator => "originator",
    }
}

pub(super) fn post_condition(condition: &PostCondition) -> JsonValue {
    match condition {
        PostCondition::Stx { subject, amount } => json!({
            "type": "stx",
            "principal": principal(subject),
            "condition_code": amount_code(*amount),
            "amount": amount.amount.to_string(),
        }),
        PostCondition::Fungible { subject, asset, amount } => json!({
            "type": "fungible",
            "principal": principal(subject),
            "condition_code": amount_code(*amount),
            "amount": amount.amount.to_string(),
            "asset": token(asset),
        }),
        PostCondition::NonFungible { subject, asset, token: which, test } => json!({
            "type": "non_fungible",
            "principal": principal(subject),
            "condition_code": match test {
                NftTest::Sent => "sent",
                NftTest::NotSent => "not_sent",
                NftTest::MaybeSent => "maybe_sent",
            },
            "asset": token(asset),
            "asset_value": hex_and_repr(which),
        }),
    }
}

fn principal(subject: &PostConditionSubject) -> JsonValue {
    match subject {
        PostConditionSubject::Origin => json!({"type_id": "principal_origin"}),
        PostConditionSubject::Account(account) => {
            json!({"type_id": "principal_standard", "address": account.to_string()})
        }
        PostConditionSubject::Contract(contract) => json!({
            "type_id": "principal_contract",
            "address": contract.deployer().to_string(),
            "contract_name": contract.name(),
        }),
    }
}

fn amount_code(amount: Amount) -> &'static str {
    match amount.test {
        AmountTest::Equal => "sent_equal_to",
        AmountTest::Greater => "sent_greater_than",
        AmountTest::GreaterOrEqual => "sent_greater_than_or_equal_to",
        AmountTest::Less => "sent_less_than",
        AmountTest::LessOrEqual => "sent_less_than_or_equal_to",
    }
}

fn token(asset: &Asset) -> JsonValue {
    json!({
        "asset_name": asset.name,
        "contract_address": asset.contract.deployer().to_string(),
        "contract_name": asset.contract.name(),
    })
}
