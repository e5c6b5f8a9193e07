//! Answers: resources, bundles and refusals as HTTP, with FHIR's headers.

use axum::http::header::{
    ALLOW, CONTENT_TYPE, ETAG, LAST_MODIFIED, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use mrms_fhir::time::http_date;
use mrms_fhir::{Refusal, Resource, Why, etag};
use mrms_http::{BrokeOff, Busy, RefusalCode};

/// The media type of everything that is said here.
pub(crate) const FHIR: &str = "application/fhir+json; charset=utf-8";

/// A refusal as an answer.
#[derive(Debug)]
pub(crate) struct FhirError(pub(crate) Refusal);

impl From<Refusal> for FhirError {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl From<Busy> for FhirError {
    fn from(_: Busy) -> Self {
        Self(Why::TooMany.because("Too many requests at once.").hint("Try again in a moment."))
    }
}

impl From<BrokeOff> for FhirError {
    fn from(_: BrokeOff) -> Self {
        Self(Why::Failed.because("The work broke off."))
    }
}

impl IntoResponse for FhirError {
    fn into_response(self) -> Response {
        let Self(refusal) = self;
        let mut response = json(status(refusal.why), &refusal.to_outcome().to_string());
        let mut put = |name: HeaderName, value: &'static str| {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        };
        match refusal.why {
            Why::NoToken => put(WWW_AUTHENTICATE, "Bearer realm=\"MRMS\""),
            Why::TooMany | Why::Away => put(RETRY_AFTER, "2"),
            Why::NoSuchAction => put(ALLOW, "GET"),
            _ => {}
        }
        response.extensions_mut().insert(RefusalCode(refusal.why.issue()));
        response
    }
}

fn status(why: Why) -> StatusCode {
    StatusCode::from_u16(why.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// Text of FHIR as an answer.
pub(crate) fn json(status: StatusCode, text: &str) -> Response {
    (status, [(CONTENT_TYPE, HeaderValue::from_static(FHIR))], text.to_owned()).into_response()
}

/// A resource as an answer.
pub(crate) fn resource(resource: &Resource) -> Response {
    versioned(json(StatusCode::OK, &resource.text()), resource)
}

/// What a write gives: the resource, or nothing where the client wants less.
pub(crate) fn wrote(base: &str, resource: &Resource, is_new: bool, asked: &HeaderMap) -> Response {
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let text = match prefers(asked, "return=minimal") {
        true => String::new(),
        false => resource.text().into_owned(),
    };
    let mut response = versioned(json(status, &text), resource);
    let place = format!("{base}/{}", resource.versioned_address());
    if let Ok(place) = HeaderValue::try_from(place) {
        response.headers_mut().insert(LOCATION, place);
    }
    response
}

/// Whether the header `Prefer` has this.
pub(crate) fn prefers(headers: &HeaderMap, what: &str) -> bool {
    let all = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let mut said = all.flat_map(|value| value.split([',', ';'])).map(str::trim);
    said.any(|said| said.eq_ignore_ascii_case(what))
}

fn versioned(mut response: Response, resource: &Resource) -> Response {
    let headers = response.headers_mut();
    let mut put = |name: HeaderName, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    };
    put(ETAG, etag::of(resource.version));
    if let Some(updated) = resource.updated {
        put(LAST_MODIFIED, http_date(updated));
    }
    response
}
