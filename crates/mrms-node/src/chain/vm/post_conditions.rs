//! Checks what a transaction moved against its post-conditions (SIP-005 "Transaction Post-Conditions",
//! SIP-040). Pure.

use std::collections::HashSet;

use clarity::vm::contexts::{AssetMap, AssetMapEntry};
use clarity::vm::representations::ClarityName;
use clarity::vm::types::{AssetIdentifier, PrincipalData};

use super::RunError;
use super::outcome::encode;
use crate::chain::error::Rejection;
use crate::chain::wire::{Asset, NftTest, PostCondition, PostConditionMode, PostConditionSubject};

/// Returns the first violated post-condition, as a message for people; none when all hold.
pub(super) fn violation(
    conditions: &[PostCondition],
    mode: PostConditionMode,
    origin: &PrincipalData,
    moved: &AssetMap,
) -> Result<Option<String>, RunError> {
    let mut named = Named::default();
    for condition in conditions {
        if let Some(why) = check(condition, origin, moved, &mut named)? {
            return Ok(Some(why));
        }
    }
    match mode {
        PostConditionMode::Allow => Ok(None),
        PostConditionMode::Deny => unnamed(moved, &named, |_| true),
        PostConditionMode::Originator => unnamed(moved, &named, |holder| holder == origin),
    }
}

/// The assets that the conditions name.
#[derive(Default)]
struct Named {
    sums: HashSet<(PrincipalData, AssetIdentifier)>,
    tokens: HashSet<(PrincipalData, AssetIdentifier, Vec<u8>)>,
}

fn holder(subject: &PostConditionSubject, origin: &PrincipalData) -> PrincipalData {
    match subject {
        PostConditionSubject::Origin => origin.clone(),
        PostConditionSubject::Account(account) => account.as_vm().clone(),
        PostConditionSubject::Contract(contract) => {
            PrincipalData::Contract(contract.as_vm().clone())
        }
    }
}

fn identifier(asset: &Asset) -> Result<AssetIdentifier, RunError> {
    let asset_name = ClarityName::try_from(asset.name.clone()).map_err(|error| {
        RunError::Rejected(Rejection::Unrunnable { message: error.to_string() })
    })?;
    Ok(AssetIdentifier { contract_identifier: asset.contract.as_vm().clone(), asset_name })
}

fn check(
    condition: &PostCondition,
    origin: &PrincipalData,
    moved: &AssetMap,
    named: &mut Named,
) -> Result<Option<String>, RunError> {
    match condition {
        PostCondition::Stx { subject, amount } => {
            let holder = holder(subject, origin);
            let sent = moved
                .get_stx(&holder)
                .unwrap_or(0)
                .saturating_add(moved.get_stx_burned(&holder).unwrap_or(0));
            let kept = amount.admits(sent);
            let why = (!kept).then(|| format!("{holder} sent {sent} µSTX"));
            named.sums.insert((holder.clone(), AssetIdentifier::STX()));
            named.sums.insert((holder, AssetIdentifier::STX_burned()));
            Ok(why)
        }
        PostCondition::Fungible { subject, asset, amount } => {
            let holder = holder(subject, origin);
            let asset = identifier(asset)?;
            let sent = moved.get_fungible_tokens(&holder, &asset).unwrap_or(0);
            let kept = amount.admits(sent);
            let why = (!kept).then(|| format!("{holder} sent {sent} of {asset}"));
            named.sums.insert((holder, asset));
            Ok(why)
        }
        PostCondition::NonFungible { subject, asset, token, test } => {
            let holder = holder(subject, origin);
            let asset = identifier(asset)?;
            let mut sent = false;
            for value in moved.get_nonfungible_tokens(&holder, &asset).into_iter().flatten() {
                sent |= encode(value)? == *token;
            }
            let kept = match test {
                NftTest::Sent => sent,
                NftTest::NotSent => !sent,
                NftTest::MaybeSent => true,
            };
            let did = if sent { "sent" } else { "did not send" };
            let why = (!kept).then(|| format!("{holder} {did} the token of {asset}"));
            named.tokens.insert((holder, asset, token.clone()));
            Ok(why)
        }
    }
}

/// Returns the first asset, by its message, that moved from a holder for whom `must_be_named` is true and
/// that no condition names.
fn unnamed(
    moved: &AssetMap,
    named: &Named,
    must_be_named: impl Fn(&PrincipalData) -> bool,
) -> Result<Option<String>, RunError> {
    let mut breaches = Vec::new();
    for (holder, assets) in moved.clone().to_table() {
        if !must_be_named(&holder) {
            continue;
        }
        for (asset, entry) in assets {
            let covered = match entry {
                AssetMapEntry::Asset(tokens) => {
                    let mut all = true;
                    for token in &tokens {
                        all &=
                            named.tokens.contains(&(holder.clone(), asset.clone(), encode(token)?));
                    }
                    all
                }
                AssetMapEntry::STX(_) | AssetMapEntry::Burn(_) | AssetMapEntry::Token(_) => {
                    named.sums.contains(&(holder.clone(), asset.clone()))
                }
            };
            if !covered {
                breaches.push(format!("{holder} sent {asset}, of which no condition speaks"));
            }
        }
    }
    // The table has no fixed order. Sorting makes the message the same every time.
    breaches.sort();
    Ok(breaches.into_iter().next())
}
