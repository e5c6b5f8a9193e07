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
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use mrms_core::{RecordId, Version};
use mrms_store::BlobId;

use super::app_state::AppState;
use super::blob_body::BlobBody;
use super::ranges::{Asked, asked};
use super::refusal::Refusal;
use crate::protocol::Hex;

/// A year: a blob never changes.
const CACHE_FOREVER: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");

/// The version that a question is about: `record_id` and `version` in the query.
fn version_in(query: Option<&str>) -> Result<Option<(RecordId, Version)>, Refusal> {
    let wrong = || Refusal::Request { message: "record_id and version are two decimal numbers" };
    let (mut record, mut version) = (None, None);
    for (name, value) in query.unwrap_or("").split('&').filter_map(|pair| pair.split_once('=')) {
        match name {
            "record_id" => record = Some(value.parse::<RecordId>().map_err(|_| wrong())?),
            "version" => {
                let number = value.parse::<u64>().ok().and_then(Version::new);
                version = Some(number.ok_or_else(wrong)?);
            }
            _ => {}
        }
    }
    match (record, version) {
        (None, None) => Ok(None),
        (Some(record), Some(version)) => Ok(Some((record, version))),
        _ => Err(wrong()),
    }
}

fn is_of(
    state: &AppState,
    id: &BlobId,
    record: RecordId,
    version: Version,
) -> Result<bool, Refusal> {
    let known = state.guardian.is_ciphertext_of(Hex(*id.as_bytes()), record, version);
    known.map_err(|reason| Refusal::Message { refused: reason.into() })
}

/// `HEAD /v1/blobs/{sha256}`. With `record_id` and `version` in the query: whether it is here as the ciphertext of that
/// version. If it is not, whoever brings it for that version announces it, and sends nothing that is here.
pub(super) async fn head(
    State(state): State<Arc<AppState>>,
    Path(name): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id: BlobId = name.parse().map_err(|_| Refusal::NoBlob)?;
    let of = version_in(uri.query())?;
    let looked = state.run_lookup(move |state| {
        let length = state.blobs.length(&id)?;
        match of {
            Some((record, version)) if !is_of(state, &id, record, version)? => Err(Refusal::NoBlob),
            _ => Ok(length),
        }
    });
    let length = looked.await?;
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
    let place = state.transfers.download().await?;
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
