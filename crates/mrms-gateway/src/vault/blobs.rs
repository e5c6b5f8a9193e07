//! Ciphertext by its hash, whole or in part (RFC 9110 sections 13 and 14).
//!
//! Whoever knows the hash may have it: it stands on the chain, and says nothing without a key. The
//! bytes are not verified here; the reader compares the hash anyway.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    IF_RANGE, RANGE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use mrms_store::BlobId;
use tokio::sync::OwnedSemaphorePermit;

use super::body::BlobBody;
use super::desk::Desk;
use super::ranges::{Asked, asked};
use super::refusal::Refusal;

/// A year: what has this name never changes.
const FOR_GOOD: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");

/// `HEAD /v1/blobs/{sha256}`.
pub(super) async fn head(
    State(desk): State<Arc<Desk>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id: BlobId = name.parse().map_err(|_| Refusal::NoBlob)?;
    let length = desk.look(move |desk| Ok(desk.blobs.length(&id)?)).await?;
    let tag = tag(&id);
    if has_it(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, about(&tag)).into_response());
    }
    let length = [(CONTENT_LENGTH, HeaderValue::from(length))];
    Ok((StatusCode::OK, about(&tag), length, Body::empty()).into_response())
}

/// `GET /v1/blobs/{sha256}`.
pub(super) async fn get(
    State(desk): State<Arc<Desk>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id: BlobId = name.parse().map_err(|_| Refusal::NoBlob)?;
    let place = desk.place().await?;
    let length = desk.look(move |desk| Ok(desk.blobs.length(&id)?)).await?;
    let tag = tag(&id);
    if has_it(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, about(&tag)).into_response());
    }
    // With If-Range the part is wanted only of the very same bytes.
    let is_same = headers.get(IF_RANGE).is_none_or(|known| *known == tag);
    let range = headers.get(RANGE).filter(|_| is_same).and_then(|text| text.to_str().ok());
    let (status, range) = match asked(range, length) {
        Asked::Whole => (StatusCode::OK, 0..length),
        Asked::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Asked::Nothing => return Err(Refusal::NoSuchPart { length }),
    };
    let part = desk.look(move |desk| Ok(desk.blobs.open_range(&id, range)?)).await?;
    let mut response = (status, about(&tag)).into_response();
    if status == StatusCode::PARTIAL_CONTENT {
        let (first, last) = (part.range.start, part.range.end.saturating_sub(1));
        let range = HeaderValue::from_str(&format!("bytes {first}-{last}/{length}"));
        response.headers_mut().insert(CONTENT_RANGE, range.map_err(|_| Refusal::BrokeOff)?);
    }
    *response.body_mut() = Body::new(BlobBody::read(part, Arc::clone(&desk), place));
    Ok(response)
}

fn tag(id: &BlobId) -> String {
    format!("\"{id}\"")
}

/// Whether the client says that it has these bytes.
fn has_it(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|text| text.to_str().ok());
    let mut known = known.flat_map(|text| text.split(',')).map(str::trim);
    known.any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

fn about(tag: &str) -> [(HeaderName, HeaderValue); 4] {
    let tag = HeaderValue::from_str(tag).unwrap_or(HeaderValue::from_static("\"\""));
    [
        (ETAG, tag),
        (ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        (CACHE_CONTROL, FOR_GOOD),
        (CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
    ]
}

impl Desk {
    /// A place for a transfer, as soon as there is one.
    pub(super) async fn place(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        let place = Arc::clone(&self.transfers).acquire_owned();
        match tokio::time::timeout(self.settings.patience, place).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) | Err(_) => Err(Refusal::Busy),
        }
    }
}
