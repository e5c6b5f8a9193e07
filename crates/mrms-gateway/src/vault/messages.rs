//! Signed messages for the guardian, each answered after its line is durable.
//!
//! The guardian judges; here is only JSON and which message goes where.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use mrms_store::{BlobId, StoreError};
use mrms_vault::protocol::{
    Deposit, Erased, Erasure, LogPage, LogRequest, Receipt, Release, ReleaseRequest, SaltDeposit,
    SaltRelease, SaltRequest, Signed, VaultCard,
};
use serde::de::DeserializeOwned;

use super::desk::Desk;
use super::refusal::Refusal;

type Answer<T> = Result<Json<T>, Refusal>;

/// Reads a message. What is none is counted by the guardian.
pub(super) async fn read<M: DeserializeOwned + Send + 'static>(
    desk: &Arc<Desk>,
    body: &Bytes,
) -> Result<Signed<M>, Refusal> {
    match serde_json::from_slice(body) {
        Ok(message) => Ok(message),
        Err(_) => desk.ask(|guardian| Err(guardian.reject_unreadable())).await,
    }
}

/// `GET /v1/vault`.
pub(super) async fn card(State(desk): State<Arc<Desk>>) -> Json<VaultCard> {
    Json(desk.guardian.card())
}

/// A handler that hands one kind of message over.
macro_rules! hands_over {
    ($($(#[$doc:meta])* $name:ident($message:ty) -> $answer:ty;)*) => {$(
        $(#[$doc])*
        pub(super) async fn $name(State(desk): State<Arc<Desk>>, body: Bytes) -> Answer<$answer> {
            let message = read::<$message>(&desk, &body).await?;
            Ok(Json(desk.ask(move |guardian| guardian.$name(&message)).await?))
        }
    )*};
}

hands_over! {
    /// `POST /v1/deposits`.
    deposit(Deposit) -> Receipt;
    /// `POST /v1/salts`.
    deposit_salt(SaltDeposit) -> Receipt;
    /// `POST /v1/releases`.
    release(ReleaseRequest) -> Release;
    /// `POST /v1/salt-releases`.
    release_salt(SaltRequest) -> SaltRelease;
    /// `POST /v1/log`.
    lines(LogRequest) -> LogPage;
}

/// `POST /v1/erasures`: what the guardian keeps, then the ciphertext that it says may go. Where the
/// store fails the patient asks again.
pub(super) async fn erase(State(desk): State<Arc<Desk>>, body: Bytes) -> Answer<Erased> {
    let message = read::<Erasure>(&desk, &body).await?;
    let erased = desk.hand(move |desk| {
        let refuse = |refused| Refusal::Message { refused };
        let erased = desk.guardian.erase(&message).map_err(refuse)?;
        let mut gone = Vec::new();
        for blob in &erased.blobs {
            let id = BlobId::from_bytes(blob.0);
            match desk.blobs.length(&id) {
                Ok(_) => gone.push(*blob),
                Err(StoreError::Missing { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            desk.blobs.delete(&id)?;
            desk.uploads.forget(&id)?;
        }
        Ok(Erased { blobs: gone, ..erased })
    });
    Ok(Json(erased.await?))
}
