//! Errors of the bucket's client, without the secrets that may be in their addresses.

use std::error::Error as _;
use std::io;

use crate::StoreError;

/// An error of the bucket. Queries are cut from the addresses in its text, because they may have a signature or token.
pub(super) fn fault(action: &'static str) -> impl Fn(object_store::Error) -> StoreError {
    move |error| {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(inner) = cause {
            let inner_text = inner.to_string();
            if !text.contains(&inner_text) {
                text = format!("{text}: {inner_text}");
            }
            cause = inner.source();
        }
        StoreError::Unreachable { action, source: io::Error::other(without_queries(&text)) }
    }
}

/// The text without the queries of its addresses.
fn without_queries(text: &str) -> String {
    let words = text.split(' ').map(|word| match word.split_once('?') {
        Some((address, _)) if address.contains("://") => format!("{address}?.."),
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_of_addresses_are_left_out() {
        let text = "no answer from https://a.example/b/c?sig=SECRET&se=1 after 3 tries, really?";
        let shown = "no answer from https://a.example/b/c?.. after 3 tries, really?";
        assert_eq!(without_queries(text), shown);
    }
}
