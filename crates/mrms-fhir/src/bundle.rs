//! Bundles: answers of searches, and histories. Entries keep their bytes, so a bundle is text.

use serde_json::{Value, json};

use crate::outcome::warning;
use crate::page::Page;
use crate::query::Query;
use crate::resource::Resource;

/// The answer of a search: `base` is the face's address.
#[must_use]
pub fn searchset(base: &str, query: &Query, page: &Page) -> String {
    let address = |parameters: &str| format!("{base}/{}{parameters}", query.kind);
    let mut links = vec![json!({"relation": "self", "url": address(&page.own)})];
    if let Some(next) = &page.next {
        links.push(json!({"relation": "next", "url": address(next)}));
    }
    let mut entries: Vec<_> =
        page.entries.iter().map(|one| entry(base, one, r#""search":{"mode":"match"}"#)).collect();
    if !query.ignored.is_empty() {
        let outcome = warning(&format!(
            "Ignored, since they are not known here: {}.",
            query.ignored.join(", ")
        ));
        entries.push(format!(r#"{{"resource":{outcome},"search":{{"mode":"outcome"}}}}"#));
    }
    bundle("searchset", Some(page.total), &links, &entries)
}

/// The versions of a resource, the newest first.
#[must_use]
pub fn history(base: &str, versions: &[Resource]) -> String {
    let entries: Vec<_> = versions
        .iter()
        .map(|one| {
            let (method, status) = if one.version <= 1 { ("POST", "201") } else { ("PUT", "200") };
            let url = if one.version <= 1 { one.kind.to_string() } else { one.address() };
            let etag = crate::etag::of(one.version);
            let request = json!({"method": method, "url": url});
            let mut response = json!({"status": status, "etag": etag});
            if let Some(updated) = one.updated {
                response["lastModified"] = json!(crate::time::instant(updated));
            }
            entry(base, one, &format!(r#""request":{request},"response":{response}"#))
        })
        .collect();
    let own = versions.first().map(Resource::address).unwrap_or_default();
    let links = [json!({"relation": "self", "url": format!("{base}/{own}/_history")})];
    bundle("history", Some(versions.len()), &links, &entries)
}

fn entry(base: &str, resource: &Resource, more: &str) -> String {
    let url = json!(format!("{base}/{}", resource.address()));
    format!(r#"{{"fullUrl":{url},"resource":{},{more}}}"#, resource.text())
}

fn bundle(kind: &str, total: Option<usize>, links: &[Value], entries: &[String]) -> String {
    let mut text = format!(r#"{{"resourceType":"Bundle","type":"{kind}""#);
    if let Some(total) = total {
        text.push_str(&format!(r#","total":{total}"#));
    }
    text.push_str(&format!(r#","link":{}"#, json!(links)));
    // An empty array is no FHIR.
    if !entries.is_empty() {
        text.push_str(&format!(r#","entry":[{}]"#, entries.join(",")));
    }
    text.push('}');
    text
}
