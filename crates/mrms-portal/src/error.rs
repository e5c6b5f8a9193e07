//! Why a page can't be shown or an action not be done, as an answer in the person's language.

use std::error::Error;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use mrms_app::access::no_share::NoShare;
use mrms_core::visible;
use mrms_core::{Principal, RecordId};
use mrms_crypto::Fingerprint;
use mrms_home::HomeError;
use mrms_home::error::chain;

use crate::named::{Named, with_short_accounts};
use crate::pages::next;
use crate::reasons;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PortalError {
    /// Nobody came in with this browser.
    #[error("nobody came in")]
    NotIn,
    /// The session's profile is locked.
    #[error("the profile is locked")]
    Locked,
    /// Another page caused the request, or the form is of another session.
    #[error("another page caused this request")]
    OtherPage,
    /// The page is one of the person's own, and this session acts for somebody else.
    #[error("the page is of the person's own things")]
    OwnPage {
        /// Where the browser goes instead.
        to: &'static str,
    },
    /// The record was erased, and not by every vault: the page is the one that asks them again.
    #[error("record {record} is not wholly erased")]
    Unerased {
        /// Which.
        record: RecordId,
    },
    /// There is no such page.
    #[error("there is no such page")]
    NoPage,
    /// What was opened against an entry of a log can't be looked at any more.
    #[error("what was opened can be looked at no longer")]
    Over,
    /// The form is too long.
    #[error("the form is too long")]
    TooLarge,
    /// The form has something that can't be taken. The text is a key of the catalogues.
    #[error("a form has something that cannot be taken: {key}")]
    Form {
        /// What is wrong.
        key: &'static str,
    },
    /// The session acted for somebody, and that has ended meanwhile.
    #[error("the person acts for them no more")]
    ActsNoMore {
        /// For whom.
        who: Box<Named>,
        /// The account under which they go on, where the person acts for that as before.
        to: Option<Principal>,
    },
    /// The ledger can't be reached.
    #[error("the ledger cannot be reached")]
    Away,
    /// The home, the ledger or a vault refused.
    #[error("{message}")]
    Refused {
        /// The key of its sentence, where the catalogues have one.
        code: Option<&'static str>,
        /// Why, in the words of the program.
        message: String,
    },
    /// The vaults answered, and have no share of a version for the person.
    #[error("the vaults have no share for this person")]
    NoShare(Box<NoShareTold>),
    /// The work broke off.
    #[error("the work broke off")]
    BrokeOff,
}

/// What is told where the vaults have no share of a version: why, and the way to one that may open.
#[derive(Debug)]
pub(crate) struct NoShareTold {
    pub(crate) no_share: NoShare,
    /// Whether it was to be opened for an organisation.
    pub(crate) for_organisation: bool,
    /// The fingerprint of the key that the reader, or the organisation, has now: what the patient compares.
    pub(crate) fingerprint: Option<Fingerprint>,
    /// Where versions of the record are opened, and the fields of that form.
    pub(crate) path: String,
    pub(crate) fields: Vec<(&'static str, String)>,
}

impl PortalError {
    /// An error of a use case, in its own words.
    pub(crate) fn refused(error: &(dyn Error + 'static)) -> Self {
        if reasons::is_away(error) {
            return Self::Away;
        }
        let message = with_short_accounts(&visible::lines(&chain(error)));
        Self::Refused { code: reasons::key_of(error), message }
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NotIn | Self::Locked | Self::OwnPage { .. } | Self::Unerased { .. } => {
                StatusCode::SEE_OTHER
            }
            Self::OtherPage => StatusCode::FORBIDDEN,
            Self::NoPage | Self::Refused { code: Some("why-no-record" | "why-no-offer"), .. } => {
                StatusCode::NOT_FOUND
            }
            Self::Over => StatusCode::GONE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Form { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Refused { .. } | Self::NoShare(_) | Self::ActsNoMore { .. } => {
                StatusCode::CONFLICT
            }
            Self::Away => StatusCode::BAD_GATEWAY,
            Self::BrokeOff => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// An error of a use case, for [`Result::map_err`].
pub(crate) fn refused(error: impl Error + 'static) -> PortalError {
    PortalError::refused(&error)
}

impl From<HomeError> for PortalError {
    fn from(error: HomeError) -> Self {
        Self::refused(&error)
    }
}

impl IntoResponse for PortalError {
    fn into_response(self) -> Response {
        match self {
            Self::NotIn => (StatusCode::SEE_OTHER, [(LOCATION, "/enter")]).into_response(),
            Self::Locked => (StatusCode::SEE_OTHER, [(LOCATION, next::LOCK)]).into_response(),
            Self::OwnPage { to } => (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response(),
            Self::Unerased { record } => {
                let to = format!("/records/{record}/erase");
                (StatusCode::SEE_OTHER, [(LOCATION, to)]).into_response()
            }
            // The server makes a page of it, in the person's language.
            error => {
                let mut response = error.status().into_response();
                response.extensions_mut().insert(Arc::new(error));
                response
            }
        }
    }
}
