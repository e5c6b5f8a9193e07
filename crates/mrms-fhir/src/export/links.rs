//! [`Links`]: the addresses of resources in a bundle that no server has.

use std::collections::HashMap;

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::scan::strings_named;

/// Addresses of the face (`Patient/ST…`), and what they are in a bundle (`urn:uuid:…`).
#[derive(Clone, Debug, Default)]
pub struct Links(HashMap<String, String>);

impl Links {
    /// Gives a name for this address, the same one in each export of a contract's records.
    pub fn add(&mut self, space: &str, address: &str) -> String {
        let url = urn(&[space, address]);
        self.0.insert(address.to_owned(), url.clone());
        url
    }

    /// Lets an address lead to what another one leads to.
    pub(super) fn alias(&mut self, address: &str, url: &str) {
        self.0.insert(address.to_owned(), url.to_owned());
    }

    /// What an address is in the bundle.
    #[must_use]
    pub fn url(&self, address: &str) -> Option<&str> {
        self.0.get(address).map(String::as_str)
    }

    /// A resource's text with these links in place of the addresses; every other byte stays.
    pub(super) fn applied(&self, text: &str) -> String {
        let mut places = strings_named(text, 0..text.len(), "reference");
        places.extend(strings_named(text, 0..text.len(), "url"));
        places.sort_by_key(|place| place.start);
        let (mut linked, mut at) = (String::with_capacity(text.len()), 0);
        for place in places {
            let address = serde_json::from_str::<String>(&text[place.clone()]).ok();
            let Some(url) = address.and_then(|address| self.0.get(&address)) else { continue };
            linked.push_str(&text[at..place.start]);
            linked.push_str(&json!(url).to_string());
            at = place.end;
        }
        linked.push_str(&text[at..]);
        linked
    }
}

/// A name that nothing else has: a UUID of version 8 (RFC 9562) out of what it names.
pub(super) fn urn(of: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in of {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let hash = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    bytes[6] = 0x80 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    let digits = hex::encode(bytes);
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    format!("urn:uuid:{}", parts.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_lead_to_the_bundle_and_other_bytes_stay() {
        let mut links = Links::default();
        let url = links.add("stacks:1:ST1.records", "Patient/ST1");
        let text = r#"{"subject" : {"reference":"Patient\/ST1"},"note":"Patient/ST1","v":4.10,"url":"http://x"}"#;
        let expected = format!(
            r#"{{"subject" : {{"reference":"{url}"}},"note":"Patient/ST1","v":4.10,"url":"http://x"}}"#
        );
        assert_eq!(links.applied(text), expected);
    }

    #[test]
    fn names_are_uuids_and_stay_the_same() {
        let one = urn(&["a", "b"]);
        assert_eq!(one.len(), "urn:uuid:".len() + 36);
        assert_eq!((&one[23..24], one.clone()), ("8", urn(&["a", "b"])));
        assert!("89ab".contains(&one[28..29]), "{one}");
        assert_ne!(urn(&["ab", ""]), urn(&["a", "b"]));
    }
}
