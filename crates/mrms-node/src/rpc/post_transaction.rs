//! `POST /v2/transactions`: takes a signed transaction, includes it in a durable block, and only then answers
//! with its id.
//!
//! A transaction whose nonce is ahead of its account's goes to the mempool, and is answered when it is in the
//! mempool's file ([`super::waiting_file`]). While mining is not automatic, every transaction does (see
//! [`super::mining`]). Sources: `posttransaction.rs` and `can_include_tx` of stacks-core.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use mrms_http::run_blocking;
use serde::Deserialize;
use tokio::sync::oneshot;

use super::mempool::{InsertError, MAX_CHAINING, MempoolTransaction, SignerNonce, signer_nonces};
use super::node::Node;
use super::refusal::{Reason, Refusal};
use super::waiting_file::KeptTransaction;
use crate::chain::wire::{Payload, Transaction, sha512_256};
use crate::chain::{
    Account, Clock as _, Included, LedgerFailure, MicroStx, Principal, ReadError, Rejection,
    Signer, SourceHash, SubmitError, SystemClock, TxId,
};
use crate::hexadecimal;

/// The JSON form of the body. Its attachment is for the name system of the Stacks network; this ledger
/// ignores it.
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
    // A separate task runs to its end even when the client disconnects.
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
            hexadecimal::decode(posted.tx.strip_prefix("0x").unwrap_or(&posted.tx))
                .map(Bytes::from)
                .ok_or_else(|| Refusal::request("Failed to parse tx: it is no hexadecimal"))
        }
        "" => Err(Refusal::request("Missing Content-Type for transaction")),
        _ => Err(Refusal::request(
            "Wrong Content-Type for transaction; expected application/json or application/octet-stream",
        )),
    }
}

/// The answer that a transaction is refused for a reason.
fn refused(txid: TxId, reason: Reason) -> Refusal {
    Refusal::Transaction { txid, reason }
}

impl Node {
    /// Includes a transaction, or adds it to the mempool. An included one is durable when this returns.
    async fn take(self: Arc<Self>, raw: Bytes) -> Result<TxId, Refusal> {
        let txid = TxId::new(sha512_256(&[&raw]));
        if self.mempool().find(&txid).is_some() {
            return Ok(txid);
        }
        let is_foreign = self.runs_foreign_code(&raw).await?;
        let mut turn = if is_foreign {
            self.turn_to_write_foreign().await?
        } else {
            self.turn_to_write().await?
        };
        let height = self.height();
        let taken = match self.submit(txid, raw.clone()).await {
            Ok(None) => self.queue(txid, raw).await,
            Ok(Some(included)) => {
                // A transaction that the chain included before was counted then.
                if included.height > height {
                    self.note_included(&included);
                }
                if !is_foreign && self.waits_for_foreign_code(&raw) {
                    drop(turn);
                    // When there is no turn, the account's next transaction promotes them.
                    let Ok(foreign) = self.turn_to_write_foreign().await else { return Ok(txid) };
                    turn = foreign;
                }
                self.promote_signers(raw).await;
                Ok(txid)
            }
            Err(SubmitError::Rejected { rejection, .. }) => match *rejection {
                Rejection::BadNonce { expected, actual, .. } if actual > expected => {
                    self.queue(txid, raw).await
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
            tracing::info!(target: "mrms::node", %txid, reason = reason.name, "transaction refused");
        }
        taken
    }

    /// Whether a transaction calls or publishes a contract that is not pinned.
    async fn runs_foreign_code(&self, raw: &[u8]) -> Result<bool, Refusal> {
        let Ok(transaction) = Transaction::decode(raw) else { return Ok(false) };
        match transaction.payload {
            Payload::Transfer { .. } => Ok(false),
            Payload::Call { contract, .. } => self.is_foreign(&contract).await,
            Payload::Deploy { source, .. } => {
                let source = SourceHash::of(&source);
                self.read(move |snapshot| Ok(!snapshot.is_pinned(&source))).await
            }
        }
    }

    /// Whether transactions that wait for this one may run foreign code.
    fn waits_for_foreign_code(&self, raw: &[u8]) -> bool {
        let Ok(transaction) = Transaction::decode(raw) else { return false };
        let signers = signer_nonces(&transaction.authorization);
        let mempool = self.mempool();
        signers.iter().any(|signer| {
            mempool.has_any(&signer.account, |payload| self.may_run_foreign_code(payload))
        })
    }

    /// Checks a transaction on a blocking thread and submits it to the ledger, which answers this task
    /// directly. Returns none when the transaction passes all checks and must wait for a block.
    async fn submit(
        self: &Arc<Self>,
        txid: TxId,
        raw: Bytes,
    ) -> Result<Option<Included>, SubmitError> {
        let (reply, answer) = oneshot::channel();
        let node = Arc::clone(self);
        tokio::task::spawn_blocking(move || {
            let outcome = match node.must_wait_for_block(&txid) {
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

    /// Includes the transactions that waited for the one that was just included.
    async fn promote_signers(self: &Arc<Self>, raw: Bytes) {
        if self.mempool().len() == 0 {
            return;
        }
        let node = Arc::clone(self);
        // When this breaks off, the account's next transaction promotes them.
        let _ = run_blocking(move || {
            let authorization = Transaction::decode(&raw).map(|tx| tx.authorization);
            for signer in authorization.as_ref().map(signer_nonces).unwrap_or_default() {
                node.promote(&signer.account);
            }
            Ok::<_, Refusal>(())
        })
        .await;
    }

    /// Adds a transaction to the mempool, on a blocking thread.
    async fn queue(self: &Arc<Self>, txid: TxId, raw: Bytes) -> Result<TxId, Refusal> {
        let node = Arc::clone(self);
        run_blocking(move || node.add_to_mempool(txid, raw.into())).await
    }

    fn failed(&self, txid: TxId, failure: &LedgerFailure) -> Refusal {
        tracing::error!(target: "mrms::node", %txid, %failure, "transaction was not included");
        refused(txid, Reason::failure(failure))
    }

    /// Adds a transaction to the mempool, when it came before its nonce or before its block. It is on disk when this returns.
    fn add_to_mempool(&self, txid: TxId, raw: Vec<u8>) -> Result<TxId, Refusal> {
        let transaction = Transaction::decode(&raw)
            .map_err(|error| Refusal::request(format!("Failed to deserialize: {error}")))?;
        let waiting = MempoolTransaction {
            txid,
            raw,
            transaction,
            received: SystemClock.now(),
            queued_at: Instant::now(),
        };
        let signers = waiting.signer_nonces();
        let accounts = self.read_accounts(&signers).map_err(|error| match error {
            ReadError::Failed { failure } => self.failed(txid, &failure),
            other => other.into(),
        })?;
        let roles = [Signer::Origin, Signer::Sponsor];
        for ((signer, account), role) in signers.iter().zip(&accounts).zip(roles) {
            let expected = account.nonce;
            if signer.nonce < expected {
                let rejection = Rejection::BadNonce {
                    expected,
                    actual: signer.nonce,
                    principal: signer.account.clone(),
                    signer: role,
                };
                return Err(refused(txid, Reason::from(&rejection)));
            }
            let last = expected.saturating_add(1 + MAX_CHAINING);
            if signer.nonce > last {
                let principal = signer.account.to_string();
                let reason = Reason::too_much_chaining(last, signer.nonce, &principal, role);
                return Err(refused(txid, reason));
            }
        }
        // The last signer pays: the sponsor when there is one.
        if let Some(payer) = accounts.last() {
            let (fee, balance) = (MicroStx::new(waiting.fee().into()), payer.balance);
            if balance < fee {
                let rejection = Rejection::NotEnoughFunds { expected: fee, actual: balance };
                return Err(refused(txid, Reason::from(&rejection)));
            }
        }
        let kept = KeptTransaction { txid, raw: waiting.raw.clone(), received: waiting.received };
        self.waiting.keep(kept).map_err(|failure| self.failed(txid, &failure))?;
        self.mempool().insert(waiting).map_err(|error| {
            self.waiting.leaving().left(txid);
            let reason = match error {
                InsertError::Conflict => Reason::conflicting_nonce(),
                InsertError::Full => Reason::no_room(),
            };
            refused(txid, reason)
        })?;
        self.metrics.transaction("pending");
        tracing::info!(target: "mrms::node", %txid, "transaction waits");
        // Since the read above, the nonce gap may have closed, or mining may have become automatic.
        for signer in signers {
            self.promote(&signer.account);
        }
        Ok(txid)
    }

    /// Reads the signers' accounts, all from one state of the ledger.
    fn read_accounts(&self, signers: &[SignerNonce]) -> Result<Vec<Account>, ReadError> {
        let accounts: Vec<Principal> =
            signers.iter().map(|signer| signer.account.clone()).collect();
        self.ledger.read(move |snapshot| {
            accounts.iter().map(|account| snapshot.account(account)).collect()
        })
    }
}
