//! What the host answers, and the headers of every answer.
//!
//! A page in any browser may be a viewer, so the data may be read by pages of every origin. The host's own page is one of them.

use axum::Json;
use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, CACHE_CONTROL, CONTENT_TYPE,
    REFERRER_POLICY, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use mrms_http::{BrokeOff, Busy, RefusalCode};
use mrms_links::manifest::{Manifest, WrongPasscode};
use serde_json::json;

/// The media type of a sealed file.
const JOSE: &str = "application/jose";

/// What a request gets.
pub(crate) enum Answer {
    /// The list of files.
    Manifest(Manifest),
    /// One sealed file.
    File(String),
}

/// Why something is not there. Who asks does not learn it; log and metrics have it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Gone {
    /// Nothing is ever at this address.
    NoRoute,
    /// There is no such link or ticket.
    Unknown,
    /// It is paused, used up, shut by wrong passcodes, or at its end by the host's clock.
    Ended,
    /// The contract opens nothing to the link any more.
    Closed,
}

/// Why a request gets nothing.
#[derive(Debug)]
pub(crate) enum Refused {
    /// There is no such link, or it is paused, ended or used up.
    NotHere(Gone),
    /// The passcode is wrong or missing.
    WrongPasscode { remaining: u32, was_given: bool },
    /// The request can't be read.
    Malformed(&'static str),
    /// Too much was asked of this link; there is room again after so many seconds.
    TooMuch { seconds: u64 },
    /// Others are being answered, and none of them came to its end in time.
    Busy,
    /// The ledger can't be used now, so that no entry can be made.
    NoEntry,
    /// Who asks may not do this.
    NotAllowed(&'static str),
    /// This host is not the right one.
    Conflict(&'static str),
    /// Something broke.
    Failed,
    /// The host can give nothing now; for whoever watches it.
    Unwell(&'static str),
}

impl Refused {
    /// The reason for log and metrics.
    const fn reason(&self) -> &'static str {
        match self {
            Self::NotHere(Gone::NoRoute) => "no-route",
            Self::NotHere(Gone::Unknown) => "no-link",
            Self::NotHere(Gone::Ended) => "ended",
            Self::NotHere(Gone::Closed) => "closed",
            Self::WrongPasscode { was_given: true, .. } => "wrong-passcode",
            Self::WrongPasscode { was_given: false, .. } => "no-passcode",
            Self::Malformed(_) => "malformed",
            Self::TooMuch { .. } => "too-often",
            Self::Busy => "busy",
            Self::NoEntry => "no-entry",
            Self::NotAllowed(_) => "not-allowed",
            Self::Conflict(_) => "other-ledger",
            Self::Failed => "failed",
            Self::Unwell(_) => "unwell",
        }
    }
}

impl From<Busy> for Refused {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

impl From<BrokeOff> for Refused {
    fn from(_: BrokeOff) -> Self {
        Self::Failed
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        match self {
            Self::Manifest(manifest) => Json(manifest).into_response(),
            Self::File(jwe) => ([(CONTENT_TYPE, JOSE)], jwe).into_response(),
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, code, message) = match &self {
            Self::NotHere(_) => {
                (StatusCode::NOT_FOUND, "no-link", "There is no such link, or it has ended.")
            }
            Self::WrongPasscode { .. } => (StatusCode::UNAUTHORIZED, "wrong-passcode", ""),
            Self::Malformed(message) => (StatusCode::BAD_REQUEST, "malformed", *message),
            Self::TooMuch { .. } | Self::Busy => (
                StatusCode::TOO_MANY_REQUESTS,
                "too-many-requests",
                "This was asked too often. Try again in a moment.",
            ),
            Self::NoEntry => (
                StatusCode::SERVICE_UNAVAILABLE,
                "no-entry",
                "The ledger can't be used now, so nothing is given. Try again later.",
            ),
            Self::NotAllowed(message) => (StatusCode::FORBIDDEN, "not-allowed", *message),
            Self::Conflict(message) => (StatusCode::CONFLICT, "other-ledger", *message),
            Self::Failed => (StatusCode::INTERNAL_SERVER_ERROR, "failed", "Something broke here."),
            Self::Unwell(message) => (StatusCode::SERVICE_UNAVAILABLE, "unwell", *message),
        };
        let body = match &self {
            Self::WrongPasscode { remaining, .. } => {
                json!(WrongPasscode { remaining_attempts: *remaining })
            }
            _ => json!({"error": {"code": code, "message": message}}),
        };
        let mut response = (status, Json(body)).into_response();
        let wait = match &self {
            Self::TooMuch { seconds } => Some(*seconds),
            Self::Busy => Some(2),
            Self::NoEntry => Some(30),
            _ => None,
        };
        if let Some(seconds) = wait {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(RefusalCode(self.reason()));
        response
    }
}

/// Lets pages of every origin read an answer: what a link gives is for whoever has the link.
pub(crate) async fn let_pages_read(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("retry-after"));
    response
}

/// Puts the headers of every answer on it.
pub(crate) async fn put_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut put = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    put(CACHE_CONTROL, "no-store");
    put(REFERRER_POLICY, "no-referrer");
    put(X_CONTENT_TYPE_OPTIONS, "nosniff");
    response
}

/// What a browser asks before a page of another origin may ask.
pub(crate) async fn preflight() -> Response {
    let headers = [
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
        (ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}
