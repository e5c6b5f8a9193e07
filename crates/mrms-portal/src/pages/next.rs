//! The page that somebody asked for while their profile was locked: it stands in the address of the lock, and they go on to it
//! once it is open. A path of this portal and nothing else.

use axum::http::header::{HOST, HeaderName, LOCATION, REFERER};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::Response;

use crate::pages::paging::encoded;

/// The lock.
pub(crate) const LOCK: &str = "/unlock";
/// The longest path that is kept, in bytes.
const MOST: usize = 1_000;
/// The last parts of addresses that lead to no page: files, and what stands in a frame.
const NO_PAGES: [&str; 7] = ["file", "export", "text", "code.png", "picture", "document", "page"];
/// What a browser does with the answer.
const DESTINATION: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// A page of this portal to which one can go on; `None` for whatever else was sent.
pub(crate) fn of(text: &str) -> Option<&str> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let path = text.split(['?', '#']).next().unwrap_or_default();
    // Two slashes begin the name of another host.
    let is_own = text.starts_with('/') && !text.starts_with("//") && text.len() <= MOST;
    let last = path.rsplit('/').next().unwrap_or_default();
    let is_page =
        !["/", "/enter", "/lock", LOCK, "/welcome"].contains(&path) && !NO_PAGES.contains(&last);
    (is_plain && is_own && is_page).then_some(text)
}

/// The page that a request asks for, if a person would see it; of a form the page that it was on.
pub(crate) fn asked(method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let is_seen = headers.get(DESTINATION).is_none_or(|to| to == "document");
    let asked = match *method {
        _ if !is_seen => None,
        Method::GET => uri.path_and_query().map(PathAndQuery::as_str),
        // Whoever locks is done with the page.
        Method::POST if uri.path() != "/lock" => came_from(headers),
        _ => None,
    };
    of(asked?).map(str::to_owned)
}

/// The page of this origin from which a request came.
pub(crate) fn came_from(headers: &HeaderMap) -> Option<&str> {
    let header = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let (_, rest) = header(REFERER)?.split_once("://")?;
    let path = rest.strip_prefix(header(HOST)?)?;
    (path.starts_with('/') && !path.starts_with("//")).then_some(path)
}

/// Puts the page that was asked for into the address of the lock, where an answer leads there.
pub(crate) fn keep(asked: &str, response: &mut Response) {
    let is_lock = response.headers().get(LOCATION).is_some_and(|to| to == LOCK);
    if response.status() == StatusCode::SEE_OTHER
        && is_lock
        && let Ok(to) = HeaderValue::try_from(format!("{LOCK}?next={}", encoded(asked)))
    {
        response.headers_mut().insert(LOCATION, to);
    }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;

    use super::*;
    use crate::error::PortalError;

    #[test]
    fn only_a_page_of_this_portal_is_gone_on_to() {
        for page in ["/records", "/records/7?version=2", "/share?with=ST1&record=7", "/check"] {
            assert_eq!(of(page), Some(page));
        }
        for other in [
            "",
            "records",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/ x",
            "http://evil.example/",
            "https:evil",
            "/r\r\nset-cookie: a=b",
            "/\u{e9}",
            "/",
            "/unlock",
            "/unlock?next=/records",
            "/lock",
            "/enter",
            "/records/7/file",
            "/who/export?format=csv",
            "/opened/x/page?page=2",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
        assert_eq!(of(&format!("/{}", "x".repeat(MOST))), None);
    }

    #[test]
    fn lock_knows_which_page_was_asked_for_and_no_frame_or_form() {
        let uri: Uri = "/records/7?version=2".parse().unwrap();
        let mut headers = HeaderMap::new();
        let page = asked(&Method::GET, &uri, &headers).unwrap();
        assert_eq!(asked(&Method::POST, &uri, &headers), None);
        headers.insert(DESTINATION, HeaderValue::from_static("iframe"));
        assert_eq!(asked(&Method::GET, &uri, &headers), None);
        headers.insert(DESTINATION, HeaderValue::from_static("document"));
        let host = HeaderValue::from_static("127.0.0.1:20445");
        headers.insert(HOST, host);
        for (from, page) in [
            ("http://127.0.0.1:20445/records/7/share", Some("/records/7/share")),
            ("http://127.0.0.1:2044/records/7/share", None),
            ("http://127.0.0.1:20445.evil.example/records", None),
            ("http://127.0.0.1:20445//evil.example", None),
        ] {
            headers.insert(REFERER, HeaderValue::from_static(from));
            assert_eq!(asked(&Method::POST, &uri, &headers).as_deref(), page, "{from}");
            assert_eq!(asked(&Method::POST, &Uri::from_static("/lock"), &headers), None);
        }
        assert_eq!(asked(&Method::GET, &uri, &headers), Some(page.clone()));
        let mut locked = PortalError::Locked.into_response();
        keep(&page, &mut locked);
        assert_eq!(locked.headers()[LOCATION], "/unlock?next=%2Frecords%2F7%3Fversion%3D2");
        let mut elsewhere = PortalError::NotIn.into_response();
        keep(&page, &mut elsewhere);
        assert_eq!(elsewhere.headers()[LOCATION], "/enter");
    }
}
