//! What every answer carries, and which requests may change something.
//!
//! A browser tells who caused a request (`Sec-Fetch-Site`, `Origin`). A request that changes something must come
//! from a page of the portal itself. [`mrms_http::Gate`] has looked at the names in its head before.

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, HOST, ORIGIN, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use mrms_http::{GateRefusal, Wording};

use crate::error::PortalError;
use crate::words::{Language, Words};

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' blob:; connect-src 'self'; frame-src 'self'; frame-ancestors 'none'; base-uri 'none'; \
    form-action 'self'; require-trusted-types-for 'script'; trusted-types 'none'";

/// The policy of content that somebody else wrote: it runs nothing, loads nothing and has no origin.
pub(crate) const FOREIGN_CONTENT: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; \
    frame-ancestors 'self'; sandbox";

const POLICY: HeaderName = HeaderName::from_static("content-security-policy");

/// The words of what is refused before a page is asked.
#[must_use]
pub fn wording() -> Wording {
    Wording { gate: not_let_in, ..Wording::default() }
}

/// Another user is told in every language, since nothing of their request counts.
fn not_let_in(refusal: GateRefusal) -> Response {
    if refusal != GateRefusal::OtherUser {
        return refusal.into_response();
    }
    let all = Language::ALL.map(|language| Words::of(language).say("error-other-user"));
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (StatusCode::FORBIDDEN, headers, all.join("\n\n") + "\n").into_response()
}

/// Refuses what no page of the portal caused.
pub(crate) async fn admit(request: Request, next: Next) -> Response {
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    if changes && !is_of_own_page(request.headers()) {
        return PortalError::OtherPage.into_response();
    }
    next.run(request).await
}

/// Puts the headers of every answer on it.
pub(crate) async fn put_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut put = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    put(POLICY, CONTENT_SECURITY_POLICY);
    put(CACHE_CONTROL, "no-store");
    // To nobody else. With no-referrer browsers would say nothing of where a form comes from (`Origin: null`).
    put(REFERRER_POLICY, "same-origin");
    put(X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    put(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    put(HeaderName::from_static("permissions-policy"), "geolocation=(), microphone=(), payment=()");
    response
}

fn is_of_own_page(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| {
        let mut all = headers.get_all(name).iter();
        match (all.next(), all.next()) {
            (Some(one), None) => one.to_str().ok(),
            _ => None,
        }
    };
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin";
    }
    match (text(ORIGIN), text(HOST)) {
        (Some(origin), Some(host)) => origin.strip_prefix("http://") == Some(host),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn another_user_is_told_in_each_language_and_other_refusals_are_as_everywhere() {
        let answer = not_let_in(GateRefusal::OtherUser);
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        for language in Language::ALL {
            assert!(text.contains(&Words::of(language).say("error-other-user")), "{text}");
        }
        let other = not_let_in(GateRefusal::OtherOrigin);
        assert_eq!(other.status(), StatusCode::FORBIDDEN);
        assert_eq!(other.headers()[CONTENT_TYPE], "application/json");
    }

    #[test]
    fn only_a_page_of_the_portal_changes_something() {
        let asked = |pairs: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(*name, HeaderValue::from_static(value));
            }
            is_of_own_page(&headers)
        };
        let host = ("host", "127.0.0.1:20445");
        assert!(asked(&[host, ("sec-fetch-site", "same-origin")]));
        assert!(asked(&[host, ("origin", "http://127.0.0.1:20445")]));
        for other in [
            &[host][..],
            &[host, ("sec-fetch-site", "same-site"), ("origin", "http://127.0.0.1:20445")],
            &[host, ("sec-fetch-site", "none")],
            &[host, ("origin", "http://127.0.0.1:9999")],
            &[host, ("origin", "null")],
            &[host, ("origin", "http://127.0.0.1:20445"), ("origin", "http://evil.example")],
        ] {
            assert!(!asked(other), "{other:?}");
        }
    }
}
