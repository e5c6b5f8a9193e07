//! `POST /v2/transactions`: a signed transaction comes in, is included in a block and made durable, and only
//! then answered with its id.
//!
//! A transaction whose nonce is ahead of its account's is answered at once and waits, as in a node's mempool;
//! so does every transaction while blocks are not made at once (see [`super::mining`]).
//! Sources: `posttransaction.rs` and `can_include_tx` of stacks-core.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use mrms_http::aside;
use serde::Deserialize;
use tokio::sync::oneshot;

use super::mempool::{CHAINING, NoPlace, Place, Waiting, places};
use super::node::Node;
use super::refusal::{Reason, Refusal};
use crate::chain::wire::{Transaction, sha512_256};
use crate::chain::{
    Clock as _, Included, LedgerFailure, MicroStx, ReadError, Rejection, Signer, SubmitError,
    SystemClock, TxId,
};

/// The JSON form of the body. An attachment is for the name system of the Stacks network and unused here.
#[derive(Deserialize)]
struct PostedTransaction {
    tx: String,
}

pub(super) async fn post_transaction(
    State(node): State<Arc<Node>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<String>, Refusal> {
    let raw = transaction_bytes(&headers, body)?;
    // A task of its own goes on to its end even if the client goes away.
    let taken = tokio::spawn(node.take(raw));
    let txid = taken.await.unwrap_or(Err(Refusal::BrokeOff))?;
    Ok(Json(hex::encode(txid.as_bytes())))
}

fn transaction_bytes(headers: &HeaderMap, body: Bytes) -> Result<Bytes, Refusal> {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if body.is_empty() {
        return Err(Refusal::request("Invalid Http request: expected a transaction in the body"));
    }
    match kind.as_str() {
        "application/octet-stream" => Ok(body),
        "application/json" => {
            let posted: PostedTransaction = serde_json::from_slice(&body)
                .map_err(|error| Refusal::request(format!("Failed to parse body: {error}")))?;
            hex::decode(posted.tx.strip_prefix("0x").unwrap_or(&posted.tx))
                .map(Bytes::from)
                .map_err(|_| Refusal::request("Failed to parse tx: it is no hexadecimal"))
        }
        "" => Err(Refusal::request("Missing Content-Type for transaction")),
        _ => Err(Refusal::request(
            "Wrong Content-Type for transaction; expected application/json or application/octet-stream",
        )),
    }
}

/// A transaction's refusal, on its way to the client.
fn refused(txid: TxId, reason: Reason) -> Refusal {
    Refusal::Transaction { txid, reason }
}

impl Node {
    /// Includes a transaction, or lets it wait. One that is included is durable when this returns.
    async fn take(self: Arc<Self>, raw: Bytes) -> Result<TxId, Refusal> {
        let txid = TxId::new(sha512_256(&[&raw]));
        if self.pending().find(&txid).is_some() {
            return Ok(txid);
        }
        let turn = self.turn_to_write().await?;
        let height = self.height();
        let taken = match self.submit(txid, raw.clone()).await {
            Ok(None) => self.let_wait_aside(txid, raw).await,
            Ok(Some(included)) => {
                // One that was there already is answered too, and has been counted then.
                if included.height > height {
                    self.has_included(&included);
                }
                self.promote_signers(raw).await;
                Ok(txid)
            }
            Err(SubmitError::Rejected { rejection, .. }) => match *rejection {
                Rejection::BadNonce { expected, actual, .. } if actual > expected => {
                    self.let_wait_aside(txid, raw).await
                }
                rejection => Err(refused(txid, Reason::from(&rejection))),
            },
            Err(SubmitError::Undecodable { source }) => {
                Err(Refusal::request(format!("Failed to deserialize posted transaction: {source}")))
            }
            Err(SubmitError::Failed { failure, .. }) => Err(self.failed(txid, &failure)),
        };
        drop(turn);
        if let Err(Refusal::Transaction { reason, .. }) = &taken {
            self.metrics.transaction(reason.name);
            tracing::info!(%txid, reason = reason.name, "transaction refused");
        }
        taken
    }

    /// Has a transaction checked on a thread of its own and included by the ledger, which answers to this task
    /// directly. None when it is in order and has to wait for a block.
    async fn submit(
        self: &Arc<Self>,
        txid: TxId,
        raw: Bytes,
    ) -> Result<Option<Included>, SubmitError> {
        let (reply, answer) = oneshot::channel();
        let node = Arc::clone(self);
        tokio::task::spawn_blocking(move || {
            let outcome = match node.is_to_wait(&txid) {
                Err(failure) => Err(SubmitError::Failed { txid, failure }),
                Ok(true) => node.ledger.try_out(&raw).map(|()| None),
                Ok(false) => {
                    return node.ledger.submit_then(&raw, move |included| {
                        let _ = reply.send(included.map(Some));
                    });
                }
            };
            let _ = reply.send(outcome);
        });
        let failure = LedgerFailure::Closed;
        answer.await.unwrap_or(Err(SubmitError::Failed { txid, failure }))
    }

    /// Lets in what has waited for a transaction that was just included.
    async fn promote_signers(self: &Arc<Self>, raw: Bytes) {
        if self.pending().len() == 0 {
            return;
        }
        let node = Arc::clone(self);
        // When it breaks off, what waits goes in with its account's next one.
        let _ = aside(move || {
            let authorization = Transaction::decode(&raw).map(|tx| tx.authorization);
            for place in authorization.as_ref().map(places).unwrap_or_default() {
                node.promote(&place.account);
            }
            Ok::<_, Refusal>(())
        })
        .await;
    }

    async fn let_wait_aside(self: &Arc<Self>, txid: TxId, raw: Bytes) -> Result<TxId, Refusal> {
        let node = Arc::clone(self);
        aside(move || node.let_wait(txid, raw.into())).await
    }

    fn failed(&self, txid: TxId, failure: &LedgerFailure) -> Refusal {
        tracing::error!(%txid, %failure, "transaction was not included");
        refused(txid, Reason::failure(failure))
    }

    /// Gives a transaction that comes too early, or before its block, its place, if it may have one.
    fn let_wait(&self, txid: TxId, raw: Vec<u8>) -> Result<TxId, Refusal> {
        let transaction = Transaction::decode(&raw)
            .map_err(|error| Refusal::request(format!("Failed to deserialize: {error}")))?;
        let waiting =
            Waiting { txid, raw, transaction, received: SystemClock.now(), since: Instant::now() };
        let places = waiting.places();
        let account = |place: &Place| {
            self.ledger.account(&place.account).map_err(|error| match error {
                ReadError::Failed { failure } => self.failed(txid, &failure),
                other => other.into(),
            })
        };
        for (place, signer) in places.iter().zip([Signer::Origin, Signer::Sponsor]) {
            let expected = account(place)?.nonce;
            if place.nonce < expected {
                let rejection = Rejection::BadNonce {
                    expected,
                    actual: place.nonce,
                    principal: place.account.clone(),
                    signer,
                };
                return Err(refused(txid, Reason::from(&rejection)));
            }
            let last = expected.saturating_add(1 + CHAINING);
            if place.nonce > last {
                let account = place.account.to_string();
                let reason = Reason::too_much_chaining(last, place.nonce, &account, signer);
                return Err(refused(txid, reason));
            }
        }
        if let Some(payer) = places.last() {
            let (fee, there) = (MicroStx::new(waiting.fee().into()), account(payer)?.balance);
            if there < fee {
                let rejection = Rejection::NotEnoughFunds { expected: fee, actual: there };
                return Err(refused(txid, Reason::from(&rejection)));
            }
        }
        self.pending().insert(waiting).map_err(|no_place| {
            let reason = match no_place {
                NoPlace::Conflict => Reason::conflicting_nonce(),
                NoPlace::Full => Reason::no_room(),
            };
            refused(txid, reason)
        })?;
        self.metrics.transaction("pending");
        tracing::info!(%txid, "transaction waits");
        // The gap may have closed since the ledger was asked, or blocks be made at once again.
        for place in places {
            self.promote(&place.account);
        }
        Ok(txid)
    }
}
