//! Ciphertext on its way in: announced under a signature, sent in pieces, kept when it is whole.
//!
//! The announcement (`POST`) says who, which hash and how long; its answer has the id under which
//! the bytes are sent (`PATCH`), and how many are here already. Whoever knows that id needs no further
//! signature. A broken connection loses nothing but what was on the wire.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use hyper::body::{Body as _, Frame};
use mrms_store::{BlobId, BlobPromise, Progress, StoreError, UploadError, UploadId};
use mrms_vault::protocol::{Hex, Signed, UploadAnswer, UploadRequest};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::desk::Desk;
use super::holds::Hold;
use super::messages::read;
use super::patience::Pace;
use super::refusal::{Refusal, UPLOAD_LENGTH, UPLOAD_OFFSET};

/// Pieces that may wait for the disk.
const AHEAD: usize = 4;
/// How long an earlier request may take to put down what it had in hand.
const HANDING_OVER: Duration = Duration::from_millis(20);
const HANDINGS_OVER: usize = 250;

/// `POST /v1/uploads`: announces ciphertext.
pub(super) async fn announce(
    State(desk): State<Arc<Desk>>,
    body: Bytes,
) -> Result<Response, Refusal> {
    let signed = read::<UploadRequest>(&desk, &body).await?;
    let (answer, status) = desk.hand(move |desk| begin(desk, &signed)).await?;
    let location = match &answer.upload {
        Some(upload) => format!("/v1/uploads/{upload}"),
        None => format!("/v1/blobs/{}", answer.sha256),
    };
    let location = HeaderValue::from_str(&location).map_err(|_| Refusal::BrokeOff)?;
    let headers = [(LOCATION, location), (UPLOAD_OFFSET, HeaderValue::from(answer.offset))];
    Ok((status, headers, Json(answer)).into_response())
}

fn begin(
    desk: &Desk,
    signed: &Signed<UploadRequest>,
) -> Result<(UploadAnswer, StatusCode), Refusal> {
    let UploadRequest { sha256, length } = signed.message;
    let promise = BlobPromise { id: BlobId::from_bytes(sha256.0), length };
    // Before the guardian notes who announced it: what is here belongs to who brought it.
    match desk.blobs.length(&promise.id) {
        Ok(here) if here == length => return Ok((kept(promise), StatusCode::OK)),
        Ok(_) => return Err(Refusal::Request { message: "this ciphertext has another length" }),
        Err(StoreError::Missing { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let admitted = desk.guardian.admit_upload(signed);
    admitted.map_err(|refused| Refusal::Message { refused })?;
    let mut fresh = [0; 16];
    getrandom::fill(&mut fresh).map_err(|_| Refusal::BrokeOff)?;
    let fresh = UploadId::from_random(fresh);
    let progress = desk.uploads.begin(&signed.signer.to_string(), promise, fresh)?;
    if length == 0 {
        desk.uploads.resume(progress.id, 0)?.finish(&*desk.blobs)?;
        return Ok((kept(promise), StatusCode::CREATED));
    }
    Ok((under_way(progress), StatusCode::CREATED))
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

/// `HEAD /v1/uploads/{upload}`: how far it is.
pub(super) async fn progress(
    State(desk): State<Arc<Desk>>,
    Path(upload): Path<String>,
) -> Result<Response, Refusal> {
    let progress = desk.uploads.progress(id_of(&upload)?)?;
    Ok((StatusCode::NO_CONTENT, headers(&progress)).into_response())
}

/// `DELETE /v1/uploads/{upload}`: gives it up.
pub(super) async fn discard(
    State(desk): State<Arc<Desk>>,
    Path(upload): Path<String>,
) -> Result<StatusCode, Refusal> {
    let id = id_of(&upload)?;
    desk.uploads.progress(id)?;
    let hold = take_over(&desk, id).await?;
    desk.look(move |desk| Ok(desk.uploads.discard(id)?)).await?;
    drop(hold);
    Ok(StatusCode::NO_CONTENT)
}

/// What comes out of a request that brought bytes.
enum Brought {
    /// The blob is kept.
    All(BlobPromise),
    /// More is to come.
    Some(Progress),
}

/// A piece of the body, or its end: a body that breaks off has none.
enum Piece {
    Bytes(Bytes),
    End,
}

/// `PATCH /v1/uploads/{upload}`: more of its bytes, from the one on that the header `Upload-Offset`
/// names.
pub(super) async fn append(
    State(desk): State<Arc<Desk>>,
    Path(upload): Path<String>,
    headers_sent: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let id = id_of(&upload)?;
    let at = headers_sent.get(UPLOAD_OFFSET).and_then(|text| text.to_str().ok()?.parse().ok());
    let at: u64 = at.ok_or(Refusal::Request { message: "the header Upload-Offset is missing" })?;
    desk.uploads.progress(id)?;
    let hold = take_over(&desk, id).await?;
    let place = desk.place().await?;
    let (pieces, inbox) = mpsc::channel(AHEAD);
    let keeper = Arc::clone(&desk);
    let keeping = tokio::task::spawn_blocking(move || {
        let brought = take_in(&keeper, id, at, inbox);
        drop(place);
        brought
    });
    let passed = pass_on(&desk, &hold, body, pieces).await;
    let brought = keeping.await.unwrap_or(Err(Refusal::BrokeOff));
    drop(hold);
    match brought? {
        Brought::All(blob) => {
            let location = HeaderValue::from_str(&format!("/v1/blobs/{}", blob.id));
            let location = [(LOCATION, location.map_err(|_| Refusal::BrokeOff)?)];
            let offset = [(UPLOAD_OFFSET, HeaderValue::from(blob.length))];
            Ok((StatusCode::CREATED, location, offset, Json(kept(blob))).into_response())
        }
        Brought::Some(progress) => {
            passed?;
            Ok((StatusCode::NO_CONTENT, headers(&progress)).into_response())
        }
    }
}

async fn take_over(desk: &Desk, id: UploadId) -> Result<Hold<'_>, Refusal> {
    let turn = tokio::time::timeout(desk.settings.patience, desk.holds.take(id));
    turn.await.map_err(|_| UploadError::Busy.into())
}

/// Passes a body on to the disk, at the pace that is asked of its sender.
async fn pass_on(
    desk: &Desk,
    hold: &Hold<'_>,
    body: Body,
    pieces: mpsc::Sender<Piece>,
) -> Result<(), Refusal> {
    let pace = Pace { span: desk.settings.stall, slowest: desk.settings.slowest };
    let mut body = std::pin::pin!(body);
    let mut ends = Instant::now() + pace.span;
    let mut taken = 0;
    loop {
        let frame = std::future::poll_fn(|context| body.as_mut().poll_frame(context));
        let frame = tokio::select! {
            frame = tokio::time::timeout_at(ends, frame) => frame,
            () = hold.is_wanted() => return Err(UploadError::Busy.into()),
        };
        let bytes = match frame.map(|frame| frame.map(|frame| frame.map(Frame::into_data))) {
            Err(_) if pace.is_too_slow(taken) => return Err(Refusal::TooSlow),
            Err(_) => {
                (ends, taken) = (Instant::now() + pace.span, 0);
                continue;
            }
            Ok(None) => {
                // Whoever keeps the bytes has the answer, whether they listen or not.
                let _ = pieces.send(Piece::End).await;
                return Ok(());
            }
            Ok(Some(Err(_))) => return Err(Refusal::Request { message: "the body broke off" }),
            Ok(Some(Ok(Err(_trailers)))) => continue,
            Ok(Some(Ok(Ok(bytes)))) => bytes,
        };
        taken += bytes.len() as u64;
        desk.metrics.received(bytes.len());
        let began = Instant::now();
        if pieces.send(Piece::Bytes(bytes)).await.is_err() {
            return Ok(());
        }
        // How long our disk takes is not the sender's fault.
        ends += began.elapsed();
    }
}

/// Writes what comes, on a thread of its own. A body that breaks off leaves what it brought.
fn take_in(
    desk: &Desk,
    id: UploadId,
    at: u64,
    mut inbox: mpsc::Receiver<Piece>,
) -> Result<Brought, Refusal> {
    let mut handings_over = 0;
    let mut upload = loop {
        match desk.uploads.resume(id, at) {
            // The request before this one was cut off and is just putting it down.
            Err(UploadError::Busy) if handings_over < HANDINGS_OVER => {
                handings_over += 1;
                std::thread::sleep(HANDING_OVER);
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
        return Ok(Brought::All(upload.finish(&*desk.blobs)?));
    }
    Ok(Brought::Some(progress))
}
