//! How the sponsor refuses over HTTP: a status, a stable code and a sentence.
//!
//! Statuses below 500 are final: the transaction was not sent, and the same bytes will be refused again. From 500 on
//! the same bytes may be sent again later.

use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use mrms_core::principal::ParsePrincipalError;
use mrms_http::{BodyError, BrokeOff, Busy};
use serde_json::json;

use crate::Refusal;

/// Seconds after which a client may ask again, where the fault is the server's.
const RETRY_SECONDS: i64 = 5;

/// Why a request is not answered as asked.
#[derive(Debug)]
pub(super) enum HttpRefusal {
    /// The sponsor does not pay.
    Sponsor(Refusal),
    /// The query names no principal.
    NotAPrincipal(ParsePrincipalError),
    /// The body was not taken.
    Body(BodyError),
    /// The body is not said to be JSON. A page in a browser can send other bodies without asking.
    NotJson,
    /// The body is not a request.
    NotARequest { reason: String },

    /// A thread of the sponsor's panicked or was cut off.
    BrokeOff,
    /// There is no such path.
    NoRoute,
    /// The path is known, but not with this method.
    WrongMethod,
}

impl From<Refusal> for HttpRefusal {
    fn from(refusal: Refusal) -> Self {
        Self::Sponsor(refusal)
    }
}

impl From<BodyError> for HttpRefusal {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::NoRoom => Self::Sponsor(Refusal::Busy),
            error => Self::Body(error),
        }
    }
}

impl From<Busy> for HttpRefusal {
    fn from(_: Busy) -> Self {
        Self::Sponsor(Refusal::Busy)
    }
}

impl From<BrokeOff> for HttpRefusal {
    fn from(_: BrokeOff) -> Self {
        Self::BrokeOff
    }
}

impl Refusal {
    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::NotATransaction { .. } => 400,
            Self::NonceTaken { .. } | Self::NonceUsed { .. } | Self::NonceGap { .. } => 409,
            Self::Rejected { .. } => 422,
            Self::BudgetExhausted { .. } => 429,
            Self::OutOfFunds
            | Self::Busy
            | Self::Ledger { .. }
            | Self::Clock { .. }
            | Self::Books { .. } => 503,
            _ => 403,
        }
    }
}

impl HttpRefusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::Sponsor(refusal) => {
                StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            }
            Self::NotAPrincipal(_) => StatusCode::BAD_REQUEST,
            Self::Body(BodyError::TooSlow) => StatusCode::REQUEST_TIMEOUT,
            Self::Body(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NotARequest { .. } => StatusCode::BAD_REQUEST,

            Self::BrokeOff => StatusCode::INTERNAL_SERVER_ERROR,
            Self::NoRoute => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Sponsor(refusal) => refusal.code(),
            Self::NotAPrincipal(_) => "not-a-principal",
            Self::Body(_) => "body",
            Self::NotJson => "not-json",
            Self::NotARequest { .. } => "not-a-request",

            Self::BrokeOff => "broke-off",
            Self::NoRoute => "no-such-path",
            Self::WrongMethod => "wrong-method",
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Sponsor(refusal) => refusal.to_string(),
            Self::NotAPrincipal(error) => error.to_string(),
            Self::Body(BodyError::TooLong { limit }) => {
                format!("the body cannot be read, or is longer than {limit} bytes")
            }
            Self::Body(_) => "the body did not come in time".to_owned(),
            Self::NotJson => "the body must be of type application/json".to_owned(),
            Self::NotARequest { reason } => {
                format!(
                    "the body is not {{\"transaction\": \"0x…\"}}, with a voucher or without: {reason}"
                )
            }

            Self::BrokeOff => "the sponsor broke off".to_owned(),
            Self::NoRoute => "there is no such path".to_owned(),
            Self::WrongMethod => "the path wants another method".to_owned(),
        }
    }

    /// Seconds after which the client may ask again, where that helps.
    fn retry_after(&self) -> Option<i64> {
        match self {
            Self::Sponsor(Refusal::BudgetExhausted { renews_at, .. }) => {
                Some((renews_at.as_second() - Timestamp::now().as_second()).max(1))
            }
            Self::Sponsor(refusal) if refusal.status() >= 500 => Some(RETRY_SECONDS),
            _ => None,
        }
    }
}

impl IntoResponse for HttpRefusal {
    fn into_response(self) -> Response {
        let body = json!({"error": {"code": self.code(), "message": self.message()}});
        let mut response = (self.status(), Json(body)).into_response();
        if let Some(seconds) = self.retry_after() {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
