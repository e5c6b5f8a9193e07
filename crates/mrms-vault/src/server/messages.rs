//! Handlers for signed messages. Each passes its message to the guardian, which answers after its log line is durable.
//!
//! Knows the JSON of a message and which method of the guardian takes it. Judges nothing.

use std::sync::Arc;

use crate::protocol::{
    Deposit, Deposits, Erased, Erasure, LogPage, LogRequest, MemberNotesRequest, ReaderNote,
    ReaderNoteKept, ReaderNotes, ReaderNotesRequest, RecordLines, RecordLinesRequest,
    RefusalReason, Release, ReleaseRequest, SaltDeposit, SaltRelease, SaltRequest, Signed,
    VaultCard, VaultReceipt,
};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use mrms_store::{BlobId, StoreError};
use serde::de::DeserializeOwned;

use super::app_state::AppState;
use super::refusal::Refusal;

type Answer<T> = Result<Json<T>, Refusal>;

/// Reads a message. The guardian counts what can't be read.
pub(super) async fn read<M: DeserializeOwned + Send + 'static>(
    state: &Arc<AppState>,
    body: &Bytes,
) -> Result<Signed<M>, Refusal> {
    match serde_json::from_slice(body) {
        Ok(message) => Ok(message),
        Err(_) => state.ask_guardian(|guardian| Err(guardian.reject_unreadable())).await,
    }
}

/// `GET /v1/vault`.
pub(super) async fn card(State(state): State<Arc<AppState>>) -> Json<VaultCard> {
    Json(state.guardian.card())
}

/// Defines handlers that pass one kind of message to the guardian's method of the same name.
macro_rules! message_handlers {
    ($($(#[$doc:meta])* $name:ident($message:ty) -> $answer:ty;)*) => {$(
        $(#[$doc])*
        pub(super) async fn $name(State(state): State<Arc<AppState>>, body: Bytes) -> Answer<$answer> {
            let message = read::<$message>(&state, &body).await?;
            Ok(Json(state.ask_guardian(move |guardian| guardian.$name(&message)).await?))
        }
    )*};
}

message_handlers! {
    /// `POST /v1/deposits`.
    deposit(Deposit) -> VaultReceipt;
    /// `POST /v1/deposit-batches`.
    deposit_all(Deposits) -> Vec<VaultReceipt>;
    /// `POST /v1/salts`.
    deposit_salt(SaltDeposit) -> VaultReceipt;
    /// `POST /v1/releases`.
    release(ReleaseRequest) -> Release;
    /// `POST /v1/salt-releases`.
    release_salt(SaltRequest) -> SaltRelease;
    /// `POST /v1/reader-notes`.
    leave_reader_note(ReaderNote) -> ReaderNoteKept;
    /// `POST /v1/reader-note-releases`.
    reader_notes(ReaderNotesRequest) -> ReaderNotes;
    /// `POST /v1/member-note-releases`.
    member_notes(MemberNotesRequest) -> ReaderNotes;
    /// `POST /v1/log`.
    lines(LogRequest) -> LogPage;
    /// `POST /v1/record-lines`.
    record_lines(RecordLinesRequest) -> RecordLines;
}

/// `POST /v1/erasures`: deletes what the guardian keeps, then the ciphertext that the guardian says may go. If the store
/// fails, the patient asks again.
pub(super) async fn erase(State(state): State<Arc<AppState>>, body: Bytes) -> Answer<Erased> {
    let message = read::<Erasure>(&state, &body).await?;
    let erased = state.run_message(move |state| {
        let refuse = |refused| Refusal::Message { refused };
        let erased = state.guardian.erase(&message).map_err(refuse)?;
        let mut gone = Vec::new();
        for blob in &erased.blobs {
            let id = BlobId::from_bytes(blob.0);
            if is_here(state, &id)? {
                gone.push(*blob);
            }
            state.blobs.delete(&id)?;
            state.uploads.discard_blob(&id)?;
            state.uploads.forget(&id)?;
            let forgotten = state.guardian.ciphertext_is_gone(*blob);
            forgotten
                .map_err(|_| Refusal::Message { refused: RefusalReason::LogUnavailable.into() })?;
        }
        let mut kept = Vec::new();
        for blob in &erased.kept {
            if is_here(state, &BlobId::from_bytes(blob.0))? {
                kept.push(*blob);
            }
        }
        Ok(Erased { blobs: gone, kept, ..erased })
    });
    Ok(Json(erased.await?))
}

fn is_here(state: &AppState, id: &BlobId) -> Result<bool, Refusal> {
    match state.blobs.length(id) {
        Ok(_) => Ok(true),
        Err(StoreError::Missing { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
