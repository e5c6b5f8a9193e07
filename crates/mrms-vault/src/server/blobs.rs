//! Handlers for downloads: ciphertext by its hash, whole or in part (RFC 9110 sections 13 and 14).
//!
//! Anyone who knows the hash may download: ciphertext is useless without its key. The bytes are not verified here,
//! because the reader compares the hash anyway.

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

use super::app_state::AppState;
use super::blob_body::BlobBody;
use super::ranges::{Asked, asked};
use super::refusal::Refusal;

/// A year: a blob never changes.
const CACHE_FOREVER: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");

/// `HEAD /v1/blobs/{sha256}`.
pub(super) async fn head(
    State(state): State<Arc<AppState>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id: BlobId = name.parse().map_err(|_| Refusal::NoBlob)?;
    let length = state.run_lookup(move |state| Ok(state.blobs.length(&id)?)).await?;
    let tag = tag(&id);
    if is_cached(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, headers_of(&tag)).into_response());
    }
    let length = [(CONTENT_LENGTH, HeaderValue::from(length))];
    Ok((StatusCode::OK, headers_of(&tag), length, Body::empty()).into_response())
}

/// `GET /v1/blobs/{sha256}`.
pub(super) async fn get(
    State(state): State<Arc<AppState>>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id: BlobId = name.parse().map_err(|_| Refusal::NoBlob)?;
    let place = state.transfer_place().await?;
    let length = state.run_lookup(move |state| Ok(state.blobs.length(&id)?)).await?;
    let tag = tag(&id);
    if is_cached(&headers, &tag) {
        return Ok((StatusCode::NOT_MODIFIED, headers_of(&tag)).into_response());
    }
    // With If-Range, the client wants a part only if the blob is still the same.
    let is_same = headers.get(IF_RANGE).is_none_or(|known| *known == tag);
    let range = headers.get(RANGE).filter(|_| is_same).and_then(|text| text.to_str().ok());
    let (status, range) = match asked(range, length) {
        Asked::Whole => (StatusCode::OK, 0..length),
        Asked::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Asked::Nothing => return Err(Refusal::NoSuchPart { length }),
    };
    let part = state.run_lookup(move |state| Ok(state.blobs.open_range(&id, range)?)).await?;
    let mut response = (status, headers_of(&tag)).into_response();
    if status == StatusCode::PARTIAL_CONTENT {
        let (first, last) = (part.range.start, part.range.end.saturating_sub(1));
        let range = HeaderValue::from_str(&format!("bytes {first}-{last}/{length}"));
        response.headers_mut().insert(CONTENT_RANGE, range.map_err(|_| Refusal::BrokeOff)?);
    }
    *response.body_mut() = Body::new(BlobBody::read(part, Arc::clone(&state), place));
    Ok(response)
}

fn tag(id: &BlobId) -> String {
    format!("\"{id}\"")
}

/// Whether the client says that it has this blob already.
fn is_cached(headers: &HeaderMap, tag: &str) -> bool {
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|text| text.to_str().ok());
    let mut known = known.flat_map(|text| text.split(',')).map(str::trim);
    known.any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}

fn headers_of(tag: &str) -> [(HeaderName, HeaderValue); 4] {
    let tag = HeaderValue::from_str(tag).unwrap_or(HeaderValue::from_static("\"\""));
    [
        (ETAG, tag),
        (ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        (CACHE_CONTROL, CACHE_FOREVER),
        (CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
    ]
}
