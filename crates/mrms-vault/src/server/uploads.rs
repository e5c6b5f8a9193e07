//! Handlers for uploads: ciphertext is announced with a signature, sent in pieces, and kept when it is complete.
//!
//! The announcement (`POST`) says who uploads, which hash and how many bytes, and for which version. The answer has the id under which the
//! bytes are sent (`PATCH`), and how many have arrived already. Whoever knows the id needs no further signature. A
//! broken connection loses only the bytes that were on the wire.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::guardian::{Presence, UploaderKind};
use crate::protocol::{Hex, RefusalReason, Signed, UploadAnswer, UploadRequest};
use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use hyper::body::{Body as _, Frame};
use mrms_store::{
    BlobId, BlobPromise, Owner, OwnerKind, PartialUpload, Progress, StoreError, UploadError,
    UploadId,
};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::app_state::AppState;
use super::messages::read;
use super::refusal::{Refusal, UPLOAD_LENGTH, UPLOAD_OFFSET};
use super::transfers::Transfer;
use super::upload_locks::UploadLock;

/// Pieces that may wait for the disk.
const AHEAD: usize = 4;
/// Pause before an upload is tried again that an earlier request is just closing, and the number of tries.
const CLOSING_PAUSE: Duration = Duration::from_millis(20);
const CLOSING_TRIES: usize = 250;

/// `POST /v1/uploads`: announces ciphertext.
pub(super) async fn announce(
    State(state): State<Arc<AppState>>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let signed = read::<UploadRequest>(&state, &body).await?;
    let (answer, status) = state.run_message(move |state| begin(state, &signed)).await?;
    let location = match &answer.upload {
        Some(upload) => format!("/v1/uploads/{upload}"),
        None => format!("/v1/blobs/{}", answer.sha256),
    };
    let location = HeaderValue::from_str(&location).map_err(|_| Refusal::BrokeOff)?;
    let headers = [(LOCATION, location), (UPLOAD_OFFSET, HeaderValue::from(answer.offset))];
    Ok((status, headers, Json(answer)).into_response())
}

fn begin(
    state: &AppState,
    signed: &Signed<UploadRequest>,
) -> Result<(UploadAnswer, StatusCode), Refusal> {
    let UploadRequest { sha256, length, .. } = signed.message;
    let promise = BlobPromise { id: BlobId::from_bytes(sha256.0), length };
    let presence = match state.blobs.length(&promise.id) {
        Ok(here) if here == length => Presence::Here,
        Ok(_) => return Err(Refusal::Request { message: "this ciphertext has another length" }),
        Err(StoreError::Missing { .. }) => Presence::Absent,
        Err(error) => return Err(error.into()),
    };
    let admitted = state.guardian.admit_upload(signed, presence);
    let standing = match admitted.map_err(|refused| Refusal::Message { refused })? {
        UploaderKind::Known => OwnerKind::Known,
        UploaderKind::Stranger => OwnerKind::Stranger,
    };
    if presence == Presence::Here {
        return Ok((kept(promise), StatusCode::OK));
    }
    let mut fresh = [0; 16];
    getrandom::fill(&mut fresh).map_err(|_| Refusal::BrokeOff)?;
    let fresh = UploadId::from_random(fresh);
    let owner = Owner { name: signed.signer.to_string(), standing };
    let progress = state.uploads.begin(&owner, promise, fresh, SystemTime::now())?;
    if length == 0 {
        let blob = finish(state, state.uploads.resume(progress.id, 0)?)?;
        return Ok((kept(blob), StatusCode::CREATED));
    }
    Ok((under_way(progress), StatusCode::CREATED))
}

/// Keeps a complete upload, if it is still wanted: the record may have been erased while the bytes came.
fn finish(state: &AppState, upload: PartialUpload<'_>) -> Result<BlobPromise, Refusal> {
    let id = upload.progress().promise.id;
    let was_here = state.blobs.length(&id).is_ok();
    let by = upload.owner().and_then(|owner| owner.parse().ok()).ok_or(UploadError::Unknown)?;
    let blob = upload.finish(&*state.blobs)?;
    let announced = state.guardian.ciphertext_is_here(Hex(*id.as_bytes()), &by);
    let announced = announced
        .map_err(|_| Refusal::Message { refused: RefusalReason::LogUnavailable.into() })?;
    if !announced && !was_here {
        state.blobs.delete(&id)?;
        state.uploads.forget(&id)?;
        return Err(UploadError::Unknown.into());
    }
    Ok(blob)
}

fn kept(blob: BlobPromise) -> UploadAnswer {
    let sha256 = Hex(*blob.id.as_bytes());
    UploadAnswer { sha256, length: blob.length, offset: blob.length, upload: None }
}

fn under_way(progress: Progress) -> UploadAnswer {
    UploadAnswer {
        sha256: Hex(*progress.promise.id.as_bytes()),
        length: progress.promise.length,
        offset: progress.offset,
        upload: Some(progress.id.to_string()),
    }
}

fn headers(progress: &Progress) -> [(HeaderName, HeaderValue); 2] {
    [
        (UPLOAD_OFFSET, HeaderValue::from(progress.offset)),
        (UPLOAD_LENGTH, HeaderValue::from(progress.promise.length)),
    ]
}

fn id_of(text: &str) -> Result<UploadId, Refusal> {
    text.parse().map_err(|_| UploadError::Unknown.into())
}

/// `HEAD /v1/uploads/{upload}`: how many bytes have arrived.
pub(super) async fn progress(
    State(state): State<Arc<AppState>>,
    Path(upload): Path<String>,
) -> Result<Response, Refusal> {
    let progress = state.uploads.progress(id_of(&upload)?)?;
    Ok((StatusCode::NO_CONTENT, headers(&progress)).into_response())
}

/// `DELETE /v1/uploads/{upload}`: discards the upload.
pub(super) async fn discard(
    State(state): State<Arc<AppState>>,
    Path(upload): Path<String>,
) -> Result<StatusCode, Refusal> {
    let id = id_of(&upload)?;
    state.uploads.progress(id)?;
    let lock = take_over(&state, id).await?;
    state.run_lookup(move |state| Ok(state.uploads.discard(id)?)).await?;
    drop(lock);
    Ok(StatusCode::NO_CONTENT)
}

/// The state of an upload after a request that brought bytes.
enum Received {
    /// The blob is complete and kept.
    All(BlobPromise),
    /// Bytes are missing.
    Part(Progress),
}

/// A piece of the body, or its end. A body that breaks off has no end.
enum Piece {
    Bytes(Bytes),
    End,
}

/// `PATCH /v1/uploads/{upload}`: adds bytes at the place that the header `Upload-Offset` gives.
pub(super) async fn append(
    State(state): State<Arc<AppState>>,
    Path(upload): Path<String>,
    headers_sent: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let id = id_of(&upload)?;
    let at = headers_sent.get(UPLOAD_OFFSET).and_then(|text| text.to_str().ok()?.parse().ok());
    let at: u64 = at.ok_or(Refusal::Request { message: "the header Upload-Offset is missing" })?;
    state.uploads.progress(id)?;
    let lock = take_over(&state, id).await?;
    let place = state.transfers.upload(state.uploads.owner(id)?.standing).await?;
    let transfer = Arc::clone(place.transfer());
    let (pieces, inbox) = mpsc::channel(AHEAD);
    let shared = Arc::clone(&state);
    let writing = tokio::task::spawn_blocking(move || {
        let received = write_pieces(&shared, id, at, inbox);
        drop(place);
        received
    });
    let passed = pass_on(&state, &lock, &transfer, body, pieces).await;
    let received = writing.await.unwrap_or(Err(Refusal::BrokeOff));
    drop(lock);
    match received? {
        Received::All(blob) => {
            let location = HeaderValue::from_str(&format!("/v1/blobs/{}", blob.id));
            let location = [(LOCATION, location.map_err(|_| Refusal::BrokeOff)?)];
            let offset = [(UPLOAD_OFFSET, HeaderValue::from(blob.length))];
            Ok((StatusCode::CREATED, location, offset, Json(kept(blob))).into_response())
        }
        Received::Part(progress) => {
            passed?;
            Ok((StatusCode::NO_CONTENT, headers(&progress)).into_response())
        }
    }
}

/// Takes an upload over from the request that writes to it, if there is one.
async fn take_over(state: &AppState, id: UploadId) -> Result<UploadLock<'_>, Refusal> {
    let lock = state.upload_locks.lock(id);
    tokio::time::timeout(state.settings.queue_timeout, lock)
        .await
        .map_err(|_| UploadError::Busy.into())
}

/// Passes a body to the thread that writes it. Fails if the sender is too slow, or another request wants the upload or the
/// place.
async fn pass_on(
    state: &AppState,
    lock: &UploadLock<'_>,
    transfer: &Transfer,
    body: Body,
    pieces: mpsc::Sender<Piece>,
) -> Result<(), Refusal> {
    let min_rate = state.settings.min_rate();
    let mut body = std::pin::pin!(body);
    let mut ends = Instant::now() + min_rate.window;
    let mut taken = 0;
    loop {
        let frame = std::future::poll_fn(|context| body.as_mut().poll_frame(context));
        let frame = tokio::select! {
            frame = tokio::time::timeout_at(ends, frame) => frame,
            () = lock.is_wanted() => return Err(UploadError::Busy.into()),
            () = transfer.makes_way() => return Err(Refusal::MadeWay),
        };
        let bytes = match frame.map(|frame| frame.map(|frame| frame.map(Frame::into_data))) {
            Err(_) if min_rate.is_missed_by(taken) => return Err(Refusal::TooSlow),
            Err(_) => {
                (ends, taken) = (Instant::now() + min_rate.window, 0);
                continue;
            }
            Ok(None) => {
                // The writing thread has the answer, whether it still listens or not.
                let _ = pieces.send(Piece::End).await;
                return Ok(());
            }
            Ok(Some(Err(_))) => return Err(Refusal::Request { message: "the body broke off" }),
            Ok(Some(Ok(Err(_trailers)))) => continue,
            Ok(Some(Ok(Ok(bytes)))) => bytes,
        };
        taken += bytes.len() as u64;
        state.metrics.received(bytes.len());
        transfer.moved(bytes.len());
        let began = Instant::now();
        if pieces.send(Piece::Bytes(bytes)).await.is_err() {
            return Ok(());
        }
        // Time that our disk takes is not counted against the sender.
        ends += began.elapsed();
    }
}

/// Writes the pieces to the upload. A body that breaks off leaves what it has brought. Blocks.
fn write_pieces(
    state: &AppState,
    id: UploadId,
    at: u64,
    mut inbox: mpsc::Receiver<Piece>,
) -> Result<Received, Refusal> {
    let mut tries = 0;
    let mut upload = loop {
        match state.uploads.resume(id, at) {
            // The request before this one was cut off and is just closing the upload.
            Err(UploadError::Busy) if tries < CLOSING_TRIES => {
                tries += 1;
                std::thread::sleep(CLOSING_PAUSE);
            }
            resumed => break resumed?,
        }
    };
    let mut is_whole = false;
    while let Some(piece) = inbox.blocking_recv() {
        match piece {
            Piece::Bytes(bytes) => upload.append(&bytes)?,
            Piece::End => is_whole = true,
        }
    }
    let progress = upload.progress();
    if is_whole && progress.offset == progress.promise.length {
        return Ok(Received::All(finish(state, upload)?));
    }
    Ok(Received::Part(progress))
}
