//! How the vault refuses over HTTP: a status, a stable code, a sentence, and the signed log line if the guardian wrote
//! one.
//!
//! Causes of internal failures go to the log, not to the client.

use crate::protocol::{Fault, FaultWord, Refusal as Refused, RefusalReason};
use axum::Json;
use axum::http::header::{CONNECTION, CONTENT_RANGE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use mrms_http::{BodyError, BrokeOff, Busy, RefusalCode};
use mrms_store::{StoreError, UploadError};

/// Where an upload continues.
pub(super) const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
/// How long an upload will be.
pub(super) const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");

/// Seconds after which the client may ask again.
const RETRY_SECONDS: HeaderValue = HeaderValue::from_static("1");

/// Why a request is not answered as asked.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The guardian refused a message.
    Message { refused: Refused },
    /// An upload failed.
    Upload { error: UploadError },
    /// The request itself is wrong.
    Request { message: &'static str },
    /// There is no such route.
    NoRoute,
    /// There is no such blob.
    NoBlob,
    /// The blob does not have the part that was asked for.
    NoSuchPart { length: u64 },
    /// The message is too long.
    TooLong { limit: usize },
    /// The client took too long.
    TooSlow,
    /// The transfer was slow, and another request needed its place.
    MadeWay,
    /// Too many requests at once.
    Busy,
    /// The store failed.
    Store { error: StoreError },
    /// The vault's clock or the chain that it sees is in doubt.
    Unwell { reason: RefusalReason },
    /// The work panicked or was cut off.
    BrokeOff,
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Missing { .. } => Self::NoBlob,
            error => Self::Store { error },
        }
    }
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLong { limit } => Self::TooLong { limit },
            BodyError::TooSlow => Self::TooSlow,
            BodyError::NoRoom => Self::Busy,
        }
    }
}

impl From<Busy> for Refusal {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

impl From<BrokeOff> for Refusal {
    fn from(_: BrokeOff) -> Self {
        Self::BrokeOff
    }
}

impl From<UploadError> for Refusal {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::Store(error) if !error.is_full() => error.into(),
            error => Self::Upload { error },
        }
    }
}

/// The status for the guardian's reason.
fn status_of(reason: RefusalReason) -> StatusCode {
    use RefusalReason as R;
    match reason {
        R::Malformed | R::WrongVault | R::WrongContract | R::Clock => StatusCode::BAD_REQUEST,
        R::BadSignature => StatusCode::UNAUTHORIZED,
        R::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        R::RequestReplayed | R::EntryUsed | R::NotFinal => StatusCode::CONFLICT,
        R::NoRecord | R::NoEntry | R::NoShare => StatusCode::NOT_FOUND,
        R::RecordErased => StatusCode::GONE,
        R::ChainUnreachable
        | R::ChainStale
        | R::ChainForkedBack
        | R::ChainForked
        | R::ChainJumped
        | R::LogUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::FORBIDDEN,
    }
}

/// Status and code of a failed upload.
fn upload_fault(error: &UploadError) -> (StatusCode, &'static str) {
    match error {
        UploadError::Unknown => (StatusCode::NOT_FOUND, "no-such-upload"),
        UploadError::Busy => (StatusCode::CONFLICT, "upload-in-hand"),
        UploadError::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "blob-too-large"),
        UploadError::OwnerLimit { .. } => (StatusCode::TOO_MANY_REQUESTS, "too-many-uploads"),
        UploadError::KeptLimit { .. } => (StatusCode::FORBIDDEN, "quota-exceeded"),
        UploadError::StrangersLimit { .. } => (StatusCode::INSUFFICIENT_STORAGE, "strangers-full"),
        UploadError::AllLimit => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
        UploadError::NoRoom { .. } | UploadError::Store(_) => {
            (StatusCode::INSUFFICIENT_STORAGE, "no-room")
        }
        UploadError::WrongOffset { .. } => (StatusCode::CONFLICT, "wrong-offset"),
        UploadError::TooLong { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "longer-than-promised"),
        UploadError::Incomplete { .. } => (StatusCode::CONFLICT, "incomplete"),
        UploadError::WrongHash { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "wrong-hash"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
    }
}

impl Refusal {
    /// The stable code, for clients and counters.
    fn code(&self) -> &'static str {
        match self {
            Self::Message { refused } => refused.reason.as_str(),
            Self::Upload { error } => upload_fault(error).1,
            Self::Request { .. } => "bad-request",
            Self::NoRoute => "no-such-route",
            Self::NoBlob => "no-such-blob",
            Self::NoSuchPart { .. } => "no-such-part",
            Self::TooLong { .. } => "message-too-long",
            Self::TooSlow => "too-slow",
            Self::MadeWay => "made-way",
            Self::Busy => "busy",
            Self::Store { .. } => "store",
            Self::Unwell { reason } => reason.as_str(),
            Self::BrokeOff => "internal",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Message { refused } => status_of(refused.reason),
            Self::Upload { error } => upload_fault(error).0,
            Self::Request { .. } => StatusCode::BAD_REQUEST,
            Self::NoRoute | Self::NoBlob => StatusCode::NOT_FOUND,
            Self::NoSuchPart { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::TooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::MadeWay | Self::Busy | Self::Store { .. } | Self::Unwell { .. } => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::BrokeOff => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The sentence for the client.
    fn message(&self) -> String {
        match self {
            Self::Message { refused } => refused.to_string(),
            Self::Upload { error: UploadError::Store(_) } => "the disk has no room".to_owned(),
            Self::Upload { error } => error.to_string(),
            Self::Request { message } => (*message).to_owned(),
            Self::NoRoute => "there is nothing at this address".to_owned(),
            Self::NoBlob => "there is no such ciphertext".to_owned(),
            Self::NoSuchPart { length } => format!("the ciphertext has {length} bytes"),
            Self::TooLong { limit } => format!("a message may have {limit} bytes"),
            Self::TooSlow => "the request took too long to arrive".to_owned(),
            Self::MadeWay => {
                "others wait, and this transfer was slow: go on with it later".to_owned()
            }
            Self::Busy => "too many requests at once".to_owned(),
            Self::Store { .. } => "the vault's store does not answer".to_owned(),
            Self::Unwell { reason } => reason.sentence().to_owned(),
            Self::BrokeOff => "the vault could not do this".to_owned(),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        if let Self::Store { error } = &self {
            let cause = std::error::Error::source(error).map(ToString::to_string);
            tracing::error!(target: "mrms::vault", %error, cause, "the store failed");
        }
        let code = RefusalCode(self.code());
        let error = FaultWord { code: code.0.to_owned(), message: self.message() };
        let status = self.status();
        let mut headers = axum::http::HeaderMap::new();
        match &self {
            Self::Upload { error: UploadError::WrongOffset { offset, .. } }
            | Self::Upload { error: UploadError::Incomplete { offset, .. } } => {
                headers.insert(UPLOAD_OFFSET, HeaderValue::from(*offset));
            }
            Self::NoSuchPart { length } => {
                if let Ok(range) = HeaderValue::from_str(&format!("bytes */{length}")) {
                    headers.insert(CONTENT_RANGE, range);
                }
            }
            // What else comes on this connection belongs to a body that nobody reads.
            Self::TooSlow | Self::MadeWay | Self::TooLong { .. } => {
                headers.insert(CONNECTION, HeaderValue::from_static("close"));
            }
            _ => {}
        }
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            headers.insert(RETRY_AFTER, RETRY_SECONDS);
        }
        let receipt = match self {
            Self::Message { refused } => refused.receipt,
            _ => None,
        };
        let mut response = (status, headers, Json(Fault { error, receipt })).into_response();
        response.extensions_mut().insert(code);
        response
    }
}
