//! Who is let in, and what every answer carries.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use mrms_fhir::{Refusal, Why};
use mrms_http::{GateRefusal, Wording};

use crate::answer::{FHIR, FhirError};
use crate::server::Server;

/// Refuses whoever does not have the token.
pub(crate) async fn must_have_token(
    State(server): State<Arc<Server>>,
    request: Request,
    next: Next,
) -> Response {
    let mut given = request.headers().get_all(AUTHORIZATION).iter();
    let is_right = match (given.next().and_then(|header| header.to_str().ok()), given.next()) {
        (Some(header), None) => server.token.is_in(header),
        _ => false,
    };
    if is_right {
        return next.run(request).await;
    }
    let refusal = Why::NoToken.because("The request has no valid token.").hint(
        "Send the token that mrms fhir showed or wrote when it began: Authorization: Bearer TOKEN.",
    );
    FhirError(refusal).into_response()
}

/// Puts the headers of every answer on it. What it has may be content that somebody else wrote: no browser runs it.
pub(crate) async fn put_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let is_said = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == FHIR);
    if response.status().is_client_error() && !is_said {
        // What the router refuses by itself, such as an address that is no text.
        response = FhirError(Why::Invalid.because("The request can't be read.")).into_response();
    }
    with_headers(response)
}

fn with_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let mut put = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    put(CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'; sandbox");
    put(CACHE_CONTROL, "no-store");
    put(REFERRER_POLICY, "no-referrer");
    put(X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    response
}

/// The words of what is refused before FHIR: a request that the gate does not let in, and a connection too many.
#[must_use]
pub fn wording() -> Wording {
    let too_many = too_many().to_outcome().to_string();
    Wording { gate: not_let_in, too_many: (FHIR, too_many) }
}

fn too_many() -> Refusal {
    Why::TooMany.because("There are too many connections.").hint("Close some, and try again.")
}

fn not_let_in(refusal: GateRefusal) -> Response {
    let here = "Ask by the address that mrms fhir told, such as http://127.0.0.1:20447/fhir.";
    let refusal = match refusal {
        GateRefusal::NotOneHost => {
            Why::Invalid.because("A request names one host, in one header Host.").hint(here)
        }
        GateRefusal::OtherHost { host } => Why::OtherServer
            .because(format!("This server does not answer to the name {host:?}."))
            .hint(here),
        GateRefusal::OtherOrigin => Why::Forbidden
            .because("Pages in a browser may not ask this server.")
            .hint("Ask from a program, and leave out the header Origin."),
        GateRefusal::OtherUser => Why::Forbidden
            .because("Another user of this machine runs this server.")
            .hint("Ask from a program of the same user."),
    };
    with_headers(FhirError(refusal).into_response())
}

/// Whether a media type is FHIR's JSON, or JSON.
fn is_fhir_json(kind: &str) -> bool {
    let plain = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(plain.as_str(), "application/fhir+json" | "application/json" | "text/json")
}

/// Whether the client wants a Binary as a resource and not as its bytes.
pub(crate) fn wants_resource(headers: &HeaderMap) -> bool {
    let kinds = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    kinds.flat_map(|value| value.split(',')).next().is_some_and(|first| {
        first.split(';').next().unwrap_or_default().trim() == "application/fhir+json"
    })
}

/// Fails if the client takes no JSON: `_format`, or else `Accept`.
pub(crate) fn must_accept_json(
    headers: &HeaderMap,
    parameters: &[(String, String)],
) -> Result<(), Refusal> {
    let refusal =
        || Why::NotAcceptable.because("This server speaks JSON alone: application/fhir+json.");
    let format = parameters.iter().find(|(name, _)| name == "_format");
    if let Some((_, format)) = format {
        // A plus sign that was not encoded arrives as a space.
        let format = format.replace(' ', "+");
        return if format == "json" || is_fhir_json(&format) { Ok(()) } else { Err(refusal()) };
    }
    let mut kinds =
        headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).peekable();
    if kinds.peek().is_none() {
        return Ok(());
    }
    let takes = |kind: &str| {
        let plain = kind.split(';').next().unwrap_or_default().trim();
        is_fhir_json(plain) || matches!(plain, "*/*" | "application/*")
    };
    match kinds.flat_map(|value| value.split(',')).any(takes) {
        true => Ok(()),
        false => Err(refusal()),
    }
}

/// Fails if a body is not said to be FHIR's JSON. A page in a browser can send other bodies without asking.
pub(crate) fn must_send_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    match is_fhir_json(kind) {
        true => Ok(()),
        false => {
            Err(Why::NotFhir.because("A body is sent with Content-Type: application/fhir+json."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_at_the_gate_is_an_outcome_too() {
        for (refusal, status, code) in [
            (GateRefusal::NotOneHost, 400, "invalid"),
            (GateRefusal::OtherHost { host: "elsewhere.example".to_owned() }, 421, "security"),
            (GateRefusal::OtherOrigin, 403, "forbidden"),
            (GateRefusal::OtherUser, 403, "forbidden"),
        ] {
            let response = (wording().gate)(refusal);
            assert_eq!(response.status().as_u16(), status);
            assert_eq!(response.headers()[CONTENT_TYPE], FHIR);
            assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
            let told = response.extensions().get::<mrms_http::RefusalCode>();
            assert_eq!(told.map(|told| told.0), Some(code));
        }
        let (kind, body) = wording().too_many;
        let outcome: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!((kind, &outcome["issue"][0]["code"]), (FHIR, &"throttled".into()));
    }

    #[test]
    fn json_is_what_clients_get_however_they_ask_for_it() {
        let accepting = |accept: Option<&'static str>, format: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(ACCEPT, HeaderValue::from_static(accept));
            }
            let format = format.map(|format| ("_format".to_owned(), format.to_owned()));
            must_accept_json(&headers, &format.into_iter().collect::<Vec<_>>()).is_ok()
        };
        for accept in [
            "*/*",
            "application/fhir+json",
            "application/json, text/plain, */*",
            "application/fhir+json; fhirVersion=4.0",
        ] {
            assert!(accepting(Some(accept), None), "{accept}");
        }
        assert!(accepting(None, None));
        assert!(!accepting(Some("application/fhir+xml"), None));
        assert!(accepting(Some("application/fhir+xml"), Some("json")));
        assert!(accepting(Some("text/html"), Some("application/fhir json")));
        assert!(!accepting(Some("*/*"), Some("xml")));
    }
}
