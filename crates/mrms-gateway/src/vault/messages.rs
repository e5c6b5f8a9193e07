//! Signed messages for the vault, each answered after its line is durable.
//!
//! The vault judges; here is only JSON and which message goes where.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use mrms_vault::protocol::{
    Deposit, Erased, Erasure, LogPage, LogRequest, Reason, Receipt, Release, ReleaseRequest,
    SaltDeposit, SaltRelease, SaltRequest, Signed, VaultCard,
};
use serde::de::DeserializeOwned;

use super::desk::Desk;
use super::refusal::Refusal;

type Answer<T> = Result<Json<T>, Refusal>;

fn read<M: DeserializeOwned>(body: &Bytes) -> Result<M, Refusal> {
    serde_json::from_slice(body).map_err(|_| Reason::Malformed.into())
}

/// `GET /v1/vault`.
pub(super) async fn card(State(desk): State<Arc<Desk>>) -> Answer<VaultCard> {
    Ok(Json(desk.card().await?))
}

/// A handler that hands one kind of message over.
macro_rules! hands_over {
    ($($(#[$doc:meta])* $name:ident($message:ty) -> $answer:ty;)*) => {$(
        $(#[$doc])*
        pub(super) async fn $name(State(desk): State<Arc<Desk>>, body: Bytes) -> Answer<$answer> {
            let message = read::<Signed<$message>>(&body)?;
            Ok(Json(desk.ask(move |vault| vault.$name(&message)).await?))
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
    /// `POST /v1/erasures`.
    erase(Erasure) -> Erased;
    /// `POST /v1/log`.
    log(LogRequest) -> LogPage;
}
