//! Long lists in pages: which rows are shown, and the way to the others.

use maud::{Markup, html};

use crate::words::Words;

/// Rows of one page.
pub(crate) const ROWS: usize = 50;

/// One page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    number: usize,
    rows: usize,
}

impl Page {
    /// The page of this number, from 1, of so many rows; the last one for a number that is too high.
    pub(crate) fn of(asked: Option<usize>, rows: usize) -> Self {
        let last = rows.div_ceil(ROWS).max(1);
        Self { number: asked.unwrap_or(1).clamp(1, last), rows }
    }

    /// The rows of this page.
    pub(crate) fn of_all<T>(self, all: &[T]) -> &[T] {
        let first = ((self.number - 1) * ROWS).min(all.len());
        &all[first..(first + ROWS).min(all.len())]
    }

    /// Its number, from 1.
    pub(crate) const fn number(self) -> usize {
        self.number
    }

    /// The same as buttons of a form, which sends what was chosen on this page: `do` is `page-2`, for example.
    pub(crate) fn buttons(self, words: &Words) -> Markup {
        let last = self.rows.div_ceil(ROWS).max(1);
        html! {
            @if last > 1 {
                nav.pages aria-label=(words.say("pages-label")) {
                    @if self.number > 1 {
                        button.second type="submit" name="do" value=(format!("page-{}", self.number - 1)) {
                            (words.say("pages-before"))
                        }
                    }
                    span { (words.with("pages-of", &[("page", self.number.into()), ("pages", last.into())])) }
                    @if self.number < last {
                        button.second type="submit" name="do" value=(format!("page-{}", self.number + 1)) {
                            (words.say("pages-after"))
                        }
                    }
                }
            }
        }
    }

    /// Links to the pages before and after. `query` is what stands in the address beside the number.
    pub(crate) fn links(self, words: &Words, path: &str, query: &[(&str, &str)]) -> Markup {
        let last = self.rows.div_ceil(ROWS).max(1);
        let to = |number: usize| {
            let mut address = format!("{path}?page={number}");
            for (name, value) in query.iter().filter(|(_, value)| !value.is_empty()) {
                address.push_str(&format!("&{name}={}", encoded(value)));
            }
            address
        };
        html! {
            @if last > 1 {
                nav.pages aria-label=(words.say("pages-label")) {
                    @if self.number > 1 {
                        a.button.second href=(to(self.number - 1)) rel="prev" { (words.say("pages-before")) }
                    }
                    span { (words.with("pages-of", &[("page", self.number.into()), ("pages", last.into())])) }
                    @if self.number < last {
                        a.button.second href=(to(self.number + 1)) rel="next" { (words.say("pages-after")) }
                    }
                }
            }
        }
    }
}

/// A text as a value in an address.
pub(crate) fn encoded(text: &str) -> String {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match is_plain(&byte) {
            true => encoded.push(char::from(byte)),
            false => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_on_one_page() {
        let all: Vec<usize> = (0..120).collect();
        let pages: Vec<&[usize]> =
            (1..=3).map(|number| Page::of(Some(number), all.len()).of_all(&all)).collect();
        assert_eq!(pages.concat(), all);
        assert_eq!(Page::of(Some(9), all.len()).of_all(&all).len(), 20);
        assert_eq!(Page::of(Some(0), all.len()).of_all(&all)[0], 0);
        assert!(Page::of(None, 0).of_all(&all[..0]).is_empty());
        assert_eq!(encoded("a&b=ü"), "a%26b%3D%C3%BC");
    }
}
