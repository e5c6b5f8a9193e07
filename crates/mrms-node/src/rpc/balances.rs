//! What accounts hold, in the hosted API's shapes: STX, and the tokens of contracts.
//!
//! Source: `address.ts` and `v2/addresses.ts` of stacks-blockchain-api. The amounts are counted by [`super::holdings`].

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use serde_json::{Map, Value as JsonValue, json};

use super::explorer::number;
use super::holdings::{Held, Holding, Kind};
use super::mempool::Mempool;
use super::node::Node;
use super::paging::ByteBudget;
use super::refusal::Refusal;
use crate::chain::Principal;
use crate::chain::wire::Payload;

/// Tokens in a page where nobody asks for a number, and the maximum.
const TOKENS: usize = 100;
const MOST_TOKENS: usize = 200;

/// What waits for a block would bring an account, and take from it, in micro-STX.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Pending {
    inbound: u128,
    outbound: u128,
}

impl Pending {
    fn of(mempool: &Mempool, account: &Principal) -> Self {
        let mut pending = Self::default();
        for waiting in mempool.all() {
            let transaction = &waiting.transaction;
            if transaction.authorization.payer().account() == *account {
                pending.outbound = pending.outbound.saturating_add(waiting.fee().into());
            }
            if let Payload::Transfer { recipient, amount, .. } = &transaction.payload {
                if transaction.origin() == *account {
                    pending.outbound = pending.outbound.saturating_add((*amount).into());
                }
                if recipient == account {
                    pending.inbound = pending.inbound.saturating_add((*amount).into());
                }
            }
        }
        pending
    }

    /// A balance with it. Below zero when not all that waits can be paid.
    fn applied(self, balance: u128) -> String {
        let after = balance.saturating_add(self.inbound);
        match after.checked_sub(self.outbound) {
            Some(after) => after.to_string(),
            None => format!("-{}", self.outbound - after),
        }
    }
}

impl Node {
    async fn held(self: &Arc<Self>, account: &Principal) -> Result<Held, Refusal> {
        let (node, account) = (Arc::clone(self), account.clone());
        self.counting.run(move || node.holdings.of(&node.ledger, &account)).await
    }

    fn pending(&self, account: &Principal) -> Pending {
        Pending::of(&self.mempool(), account)
    }
}

/// STX of an account. Nothing is locked on this ledger, and nobody gets rewards.
fn stx(held: &Held, pending: Pending) -> JsonValue {
    let Holding { received, sent, .. } = held.stx(Kind::Stx);
    let balance = held.balance.get();
    json!({
        "balance": balance.to_string(),
        "estimated_balance": pending.applied(balance),
        "pending_balance_inbound": pending.inbound.to_string(),
        "pending_balance_outbound": pending.outbound.to_string(),
        "total_sent": sent.to_string(),
        "total_received": received.to_string(),
        "total_fees_sent": held.stx(Kind::Fees).sent.to_string(),
        "total_miner_rewards_received": "0",
        "lock_tx_id": "",
        "locked": "0",
        "lock_height": 0,
        "burnchain_lock_height": 0,
        "burnchain_unlock_height": 0,
    })
}

/// Tokens of a kind by their identifiers; `name` is what the API calls how many there are.
fn tokens(
    held: &Held,
    kind: Kind,
    name: &str,
    budget: &mut ByteBudget,
) -> Result<JsonValue, Refusal> {
    let mut tokens = Map::new();
    for (asset, Holding { balance, received, sent }) in held.of_kind(kind) {
        let token = json!({
            name: balance.to_string(),
            "total_sent": sent.to_string(),
            "total_received": received.to_string(),
        });
        if !budget.takes(&json!([asset, token])) {
            return Err(Refusal::request(
                "it holds too many kinds of tokens for one answer; ask for its fungible ones by pages",
            ));
        }
        tokens.insert(asset.to_owned(), token);
    }
    Ok(JsonValue::Object(tokens))
}

/// STX of an account, in the format of the hosted API; `None` if it never had anything, tokens included.
pub(super) async fn of(
    node: &Arc<Node>,
    account: &Principal,
) -> Result<Option<JsonValue>, Refusal> {
    let held = node.held(account).await?;
    let has_had = held.balance.get() > 0
        || [Kind::Stx, Kind::Fungible, Kind::NonFungible]
            .into_iter()
            .any(|kind| held.of_kind(kind).next().is_some());
    Ok(has_had.then(|| stx(&held, node.pending(account))))
}

/// `GET /extended/v1/address/{address}/stx`.
pub(super) async fn of_stx(
    State(node): State<Arc<Node>>,
    Path(text): Path<String>,
) -> Result<Json<JsonValue>, Refusal> {
    let principal = node.principal(&text)?;
    let held = node.held(&principal).await?;
    Ok(Json(stx(&held, node.pending(&principal))))
}

/// `GET /extended/v1/address/{address}/balances`.
pub(super) async fn all(
    State(node): State<Arc<Node>>,
    Path(text): Path<String>,
) -> Result<Json<JsonValue>, Refusal> {
    let principal = node.principal(&text)?;
    let held = node.held(&principal).await?;
    let mut budget = ByteBudget::new(node.answer_bytes);
    Ok(Json(json!({
        "stx": stx(&held, node.pending(&principal)),
        "fungible_tokens": tokens(&held, Kind::Fungible, "balance", &mut budget)?,
        "non_fungible_tokens": tokens(&held, Kind::NonFungible, "count", &mut budget)?,
    })))
}

/// `GET /extended/v2/addresses/{address}/balances/ft`: the fungible tokens that an account has some of.
pub(super) async fn fungible(
    State(node): State<Arc<Node>>,
    Path(text): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<JsonValue>, Refusal> {
    let principal = node.principal(&text)?;
    let limit = number(query.as_deref(), "limit")?.unwrap_or(TOKENS);
    if limit > MOST_TOKENS {
        return Err(Refusal::request(format!("limit must be at most {MOST_TOKENS}")));
    }
    let offset = number(query.as_deref(), "offset")?.unwrap_or(0);
    let held = node.held(&principal).await?;
    let some: Vec<_> =
        held.of_kind(Kind::Fungible).filter(|(_, holding)| holding.balance > 0).collect();
    let page = some.iter().skip(offset).take(limit);
    let page: Vec<JsonValue> = page
        .map(|(asset, holding)| json!({"token": asset, "balance": holding.balance.to_string()}))
        .collect();
    Ok(Json(json!({"limit": limit, "offset": offset, "total": some.len(), "results": page})))
}

/// `GET /extended/v2/addresses/{address}/balances/ft/{token}`: how many an account has of one token.
pub(super) async fn of_token(
    State(node): State<Arc<Node>>,
    Path((text, token)): Path<(String, String)>,
) -> Result<Json<JsonValue>, Refusal> {
    let principal = node.principal(&text)?;
    let held = node.held(&principal).await?;
    let found = held.of_kind(Kind::Fungible).find(|(asset, _)| *asset == token);
    let balance = found.map_or(0, |(_, holding)| holding.balance);
    Ok(Json(json!({"balance": balance.to_string()})))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_may_be_more_than_there_is() {
        let pending = Pending { inbound: 5, outbound: 20 };
        assert_eq!(pending.applied(30), "15");
        assert_eq!(pending.applied(15), "0");
        assert_eq!(pending.applied(10), "-5");
    }
}
