//! Pages of an answer: what fits, in its order, from the place of a cursor on.
//!
//! A cursor names the last entry of the page before by its place in the order, so that what is added or goes away
//! meanwhile neither repeats an entry nor loses one.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::matching::date_of;
use crate::outcome::{Refusal, Why};
use crate::parameters::How;
use crate::query::{CURSOR, Query};
use crate::resource::Resource;

/// The place after which a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The entry's key in the order.
    key: i64,
    id: String,
}

impl Cursor {
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let read = || {
            let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
            let value: Value = serde_json::from_slice(&bytes).ok()?;
            Some(Self { key: value.get(0)?.as_i64()?, id: value.get(1)?.as_str()?.to_owned() })
        };
        read().ok_or_else(|| {
            Why::Invalid
                .because("This is the address of no page.")
                .hint("Begin with the first page.")
        })
    }

    fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(json!([self.key, self.id]).to_string())
    }
}

/// A page.
#[derive(Debug)]
pub struct Page {
    /// How many there are on all pages.
    pub total: usize,
    /// Those of this page.
    pub entries: Vec<Resource>,
    /// The parameters of this page, for its address.
    pub own: String,
    /// The parameters of the next page, if there is one.
    pub next: Option<String>,
}

/// The page that a query asks for, of all resources that there are.
#[must_use]
pub fn page(query: &Query, all: Vec<Resource>) -> Page {
    let fits = |one: &Resource| query.conditions.iter().all(|condition| condition.fits(one));
    let mut found: Vec<(i64, Resource)> =
        all.into_iter().filter(fits).map(|one| (key(query, &one), one)).collect();
    let compare = |a: (i64, &str), b: (i64, &str)| match query.order.is_descending {
        true => b.cmp(&a),
        false => a.cmp(&b),
    };
    found.sort_by(|(a, one), (b, other)| compare((*a, &one.id), (*b, &other.id)));
    let total = found.len();
    if let Some(cursor) = &query.after {
        found.retain(|(key, one)| compare((*key, &one.id), (cursor.key, &cursor.id)).is_gt());
    }
    let more = found.len() > query.count && query.count > 0;
    found.truncate(query.count);
    let next = found.last().filter(|_| more);
    let next = next.map(|(key, one)| Cursor { key: *key, id: one.id.clone() }.to_text());
    let own = query.after.as_ref().map(Cursor::to_text);
    Page {
        total,
        own: address(query, own.as_deref()),
        next: next.map(|cursor| address(query, Some(&cursor))),
        entries: found.into_iter().map(|(_, one)| one).collect(),
    }
}

/// The key of the order: seconds, or 0 where it is sorted by id.
fn key(query: &Query, resource: &Resource) -> i64 {
    match query.order.by.how {
        How::Id => 0,
        _ => date_of(query.order.by, resource).map_or(i64::MIN, |span| span.from.as_second()),
    }
}

fn address(query: &Query, cursor: Option<&str>) -> String {
    let cursor = cursor.map(|cursor| (CURSOR.to_owned(), cursor.to_owned()));
    let pairs: Vec<_> = query
        .asked
        .iter()
        .chain(&cursor)
        .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)))
        .collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

/// A text as part of a query (RFC 3986).
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z'
            | b'a'..=b'z'
            | b'0'..=b'9'
            | b'-'
            | b'.'
            | b'_'
            | b'~'
            | b':'
            | b'/'
            | b',' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use mrms_core::UnixTime;

    use super::*;
    use crate::kind::Kind;
    use crate::query::Handling;

    fn resources(times: &[u64]) -> Vec<Resource> {
        let one = |(at, time): (usize, &u64)| {
            let updated = Some(UnixTime::from_seconds(*time));
            Resource::written(Kind::Provenance, format!("r{at:02}"), 1, updated, None, json!({}))
        };
        times.iter().enumerate().map(one).collect()
    }

    fn query(text: &str) -> Query {
        let pairs = text.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty());
        let pairs: Vec<_> = pairs
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Query::parse(Kind::Provenance, &pairs, Handling::Strict, "").unwrap()
    }

    #[test]
    fn pages_have_each_entry_once_whatever_comes_and_goes_between_them() {
        let times: Vec<u64> = (0..25).map(|at| 1_000 + at / 3).collect();
        let mut all = resources(&times);
        let (mut seen, mut asked) = (Vec::new(), "?_count=10".to_owned());
        loop {
            let page = page(&query(&asked), all.clone());
            seen.extend(page.entries.iter().map(|one| one.id.clone()));
            // A newer one comes, and one that was told goes away.
            for mut newer in resources(&[9_999]) {
                newer.id = format!("n{}", seen.len());
                all.push(newer);
            }
            all.retain(|one| one.id != seen[0]);
            match page.next {
                Some(next) => asked = next,
                None => break,
            }
        }
        let mut once = seen.clone();
        once.sort();
        once.dedup();
        assert_eq!((seen.len(), once.len()), (25, 25));
    }

    #[test]
    fn order_is_as_asked_and_the_total_counts_all_pages() {
        let page = page(&query("?_sort=_lastUpdated&_count=2"), resources(&[30, 10, 20]));
        assert_eq!(page.total, 3);
        assert_eq!(
            page.entries.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(),
            ["r01", "r02"]
        );
        assert!(page.next.unwrap().starts_with("?_sort=_lastUpdated&_count=2&_cursor="));
        assert_eq!(super::page(&query("?_summary=count"), resources(&[1, 2])).entries.len(), 0);
        assert_eq!(Cursor::parse("x y").unwrap_err().why, Why::Invalid);
    }
}
