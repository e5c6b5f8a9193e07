//! The page that opens a link of this host in any browser: fixed files, of which none depends on who asks or for what.
//!
//! What opens a link stands behind the `#` of the page's address, which browsers send nowhere. The page asks this host as any
//! viewer does, and opens the files itself. So serving it tells the host nothing. Whoever changes the page could have it tell:
//! `docs/threat-model.md` says what that means.

use axum::Router;
use axum::extract::Path;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use crate::answer::{Gone, Refused};

/// It runs its own scripts alone, asks nobody but this host, and is in no frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
    connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

const PAGE: &str = include_str!("view/index.html");
const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// What the page loads.
const FILES: [(&str, &str, &str); 14] = [
    ("view.css", "text/css; charset=utf-8", include_str!("view/view.css")),
    ("icon.svg", "image/svg+xml", include_str!("view/icon.svg")),
    ("view.js", SCRIPT, include_str!("view/view.js")),
    ("attached.js", SCRIPT, include_str!("view/attached.js")),
    ("card.js", SCRIPT, include_str!("view/card.js")),
    ("content.js", SCRIPT, include_str!("view/content.js")),
    ("draw.js", SCRIPT, include_str!("view/draw.js")),
    ("fhir.js", SCRIPT, include_str!("view/fhir.js")),
    ("host.js", SCRIPT, include_str!("view/host.js")),
    ("jwe.js", SCRIPT, include_str!("view/jwe.js")),
    ("link.js", SCRIPT, include_str!("view/link.js")),
    ("parts.js", SCRIPT, include_str!("view/parts.js")),
    ("values.js", SCRIPT, include_str!("view/values.js")),
    ("words.js", SCRIPT, include_str!("view/words.js")),
];

/// The routes at and below [`mrms_links::page::PATH`].
pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route(mrms_links::page::PATH, get(async || ([(CONTENT_TYPE, HTML)], PAGE)))
        .route("/view/{file}", get(file))
        .layer(from_fn(put_policy))
}

async fn file(Path(name): Path<String>) -> Result<Response, Refused> {
    let found = FILES.iter().find(|(file, ..)| *file == name);
    let (_, kind, text) = found.ok_or(Refused::NotHere(Gone::NoRoute))?;
    Ok(([(CONTENT_TYPE, *kind)], *text).into_response())
}

async fn put_policy(request: axum::extract::Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut put = |name: HeaderName, value| headers.insert(name, HeaderValue::from_static(value));
    put(CONTENT_SECURITY_POLICY, POLICY);
    put(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    put(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    let unused = "geolocation=(), microphone=(), camera=(), payment=()";
    put(HeaderName::from_static("permissions-policy"), unused);
    response
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_page_is_served_and_the_page_is_known_by_its_mark() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/view");
        let there = fs::read_dir(folder).unwrap();
        let there = there.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let there: BTreeSet<_> = there.filter(|name| name != "index.html").collect();
        let served: BTreeSet<_> = FILES.iter().map(|(name, ..)| (*name).to_owned()).collect();
        assert_eq!(served, there);
        assert!(PAGE.contains(mrms_links::page::MARK), "hosts are known by it");
    }

    #[test]
    fn page_has_nothing_inline_nothing_of_others_and_keeps_nothing() {
        let inline = [" style=", " onclick=", "<style", "javascript:", "http://", "https://"];
        for what in inline {
            assert!(!PAGE.contains(what), "{what} is in the page");
        }
        assert_eq!(PAGE.matches("<script").count(), 1, "and that one has a source");
        let never = ["localStorage", "sessionStorage", "indexedDB", "cookie", "innerHTML", "eval("];
        for (name, kind, text) in FILES.into_iter().filter(|(_, kind, _)| *kind == SCRIPT) {
            let code: Vec<_> = text.lines().filter(|line| !line.starts_with("//")).collect();
            for what in never {
                assert!(!code.join("\n").contains(what), "{what} is in {name} ({kind})");
            }
        }
    }
}
