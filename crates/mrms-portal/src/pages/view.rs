//! What a request brings to a page: the session, its profile, and the person's language.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE};
use axum::http::request::Parts;
use mrms_http::LocalUser;

use crate::entrance::sessions::{Use, Visitor};
use crate::error::PortalError;
use crate::opened::OpenProfile;
use crate::portal::Portal;
use crate::words::{Language, Words};

/// The cookie that has the person's language.
pub(crate) const LANGUAGE: &str = "mrms_language";
/// The header of a request that a page makes by itself.
const BACKGROUND: &str = "x-mrms-background";

/// The value of a cookie.
pub(crate) fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(COOKIE).iter().filter_map(|one| one.to_str().ok());
    let mut pairs =
        all.flat_map(|one| one.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// The language of a request: the one that the person chose, else the browser's, else English.
pub(crate) fn language(headers: &HeaderMap) -> Language {
    let chosen = cookie(headers, LANGUAGE).and_then(Language::of_tag);
    let accepted = || Language::accepted(headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?);
    chosen.or_else(accepted).unwrap_or(Language::English)
}

/// A request of anybody.
pub(crate) struct Anybody {
    pub(crate) words: Words,
    /// Who of this machine asks, where that is told.
    pub(crate) user: Option<LocalUser>,
    pub(crate) visitor: Option<Visitor>,
}

impl FromRequestParts<Arc<Portal>> for Anybody {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        portal: &Arc<Portal>,
    ) -> Result<Self, Infallible> {
        let used =
            if parts.headers.contains_key(BACKGROUND) { Use::Background } else { Use::Person };
        let cookie = cookie(&parts.headers, portal.cookie());
        let user = parts.extensions.get().copied();
        let now = mrms_files::seconds_since_boot();
        let visitor = cookie.and_then(|cookie| portal.sessions.find(cookie, user, now, used));
        Ok(Self { words: Words::of(language(&parts.headers)), user, visitor })
    }
}

/// A request of a browser that came in.
pub(crate) struct Entered {
    pub(crate) words: Words,
    pub(crate) visitor: Visitor,
}

impl FromRequestParts<Arc<Portal>> for Entered {
    type Rejection = PortalError;

    async fn from_request_parts(
        parts: &mut Parts,
        portal: &Arc<Portal>,
    ) -> Result<Self, PortalError> {
        let Ok(Anybody { words, visitor, .. }) = Anybody::from_request_parts(parts, portal).await;
        Ok(Self { words, visitor: visitor.ok_or(PortalError::NotIn)? })
    }
}

/// A request of a person whose profile is open.
pub(crate) struct View {
    pub(crate) words: Words,
    pub(crate) visitor: Visitor,
    pub(crate) person: OpenProfile,
}

impl FromRequestParts<Arc<Portal>> for View {
    type Rejection = PortalError;

    async fn from_request_parts(
        parts: &mut Parts,
        portal: &Arc<Portal>,
    ) -> Result<Self, PortalError> {
        let Entered { words, visitor } = Entered::from_request_parts(parts, portal).await?;
        let person = visitor.open.clone().ok_or(PortalError::Locked)?;
        person.memory.reads_in(words.language());
        Ok(Self { words, visitor, person })
    }
}

impl View {
    /// Fails unless a form is of this session.
    pub(crate) fn must_have(&self, token: &str) -> Result<(), PortalError> {
        must_have(&self.visitor, token)
    }
}

/// Fails unless a form is of this session.
pub(crate) fn must_have(visitor: &Visitor, token: &str) -> Result<(), PortalError> {
    if visitor.has_token(token) { Ok(()) } else { Err(PortalError::OtherPage) }
}
