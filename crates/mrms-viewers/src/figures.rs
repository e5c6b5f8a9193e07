//! A text of which is known what in it is a number: `13.2 g/dL`, `≥ 4.5 mmol/L`, `12-16`.
//!
//! Documents write numbers with a point, and a face writes them as its language does. Whoever reads a document says what is a
//! number; a code, a date, a version or somebody's own words have none, whatever they look like.

use serde::{Deserialize, Serialize};

/// The longest number that is taken for one, in digits and signs. Nobody measures longer ones.
const LONGEST: usize = 40;

/// A text with numbers in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// As the document writes it.
    written: String,
    /// Where the numbers in it begin and end, in bytes.
    numbers: Vec<(usize, usize)>,
}

impl Figures {
    /// A quantity as documents and this crate write it: perhaps a comparator, then the number, then its unit.
    #[must_use]
    pub fn of_quantity(text: &str) -> Self {
        let begins = |c: char| c.is_ascii_digit() || c == '-';
        let Some(begin) = text.find(begins) else { return Self::of_text(text) };
        let (before, rest) = text.split_at(begin);
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        if before.chars().any(char::is_alphanumeric) {
            return Self::of_text(text);
        }
        Self::of_text(before).number(&rest[..end]).text(&rest[end..])
    }

    /// A text without a number.
    pub(crate) fn of_text(text: &str) -> Self {
        Self { written: text.to_owned(), numbers: Vec::new() }
    }

    /// A number alone, as a document writes it.
    pub(crate) fn of_number(number: &str) -> Self {
        Self::default().number(number)
    }

    /// The same with more text behind it.
    pub(crate) fn text(mut self, text: &str) -> Self {
        self.written.push_str(text);
        self
    }

    /// The same with a number behind it. What is no plain decimal number is text.
    pub(crate) fn number(mut self, number: &str) -> Self {
        let begin = self.written.len();
        self.written.push_str(number);
        if is_plain(number) {
            self.numbers.push((begin, self.written.len()));
        }
        self
    }

    /// The same with another one behind it.
    pub(crate) fn then(mut self, other: &Self) -> Self {
        let shift = self.written.len();
        self.written.push_str(&other.written);
        let moved = other.numbers.iter().map(|(begin, end)| (begin + shift, end + shift));
        self.numbers.extend(moved);
        self
    }

    /// As the document writes it.
    #[must_use]
    pub fn written(&self) -> &str {
        &self.written
    }

    /// As somebody says it who writes numbers in another way.
    #[must_use]
    pub fn said(&self, number: impl Fn(&str) -> String) -> String {
        let mut said = String::with_capacity(self.written.len());
        let mut at = 0;
        for (begin, end) in &self.numbers {
            // Another process may have written the places.
            let (Some(before), Some(found)) =
                (self.written.get(at..*begin), self.written.get(*begin..*end))
            else {
                return self.written.clone();
            };
            said.push_str(before);
            said.push_str(&number(found));
            at = *end;
        }
        said.push_str(self.written.get(at..).unwrap_or_default());
        said
    }
}

/// Whether a text is a plain decimal number: digits, perhaps a minus before and decimals behind them.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let amount = text.strip_prefix('-').unwrap_or(text);
    let (whole, decimals) = amount.split_once('.').unwrap_or((amount, "0"));
    text.len() <= LONGEST && digits(whole) && digits(decimals)
}

/// A number that a program computed, rounded to four digits: more of them nobody measures.
#[must_use]
pub fn four_digits(value: f64) -> String {
    format!("{value:.3e}").parse::<f64>().unwrap_or(value).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_commas(figures: &Figures) -> String {
        figures.said(|number| number.replace('.', ","))
    }

    #[test]
    fn number_of_a_quantity_is_known_and_nothing_else_in_it_is_one() {
        for (text, expected) in [
            ("13.2 g/dL", "13,2 g/dL"),
            ("< 0.5 mg/L", "< 0,5 mg/L"),
            ("<0.5", "<0,5"),
            ("-1.25 dpt", "-1,25 dpt"),
            ("90.5 mL/min/1.73m2", "90,5 mL/min/1.73m2"),
            ("1.2.3", "1.2.3"),
            ("1.5e-7 mol/L", "1.5e-7 mol/L"),
            ("v1.2", "v1.2"),
            ("2026-05-04", "2026-05-04"),
            ("10.5-12.5", "10.5-12.5"),
            ("", ""),
        ] {
            assert_eq!(with_commas(&Figures::of_quantity(text)), expected);
            assert_eq!(Figures::of_quantity(text).written(), text);
        }
    }

    #[test]
    fn parts_keep_their_numbers_and_damaged_places_change_nothing() {
        let end = |number| Figures::of_number(number).text(" g/dL");
        let both = end("12.5").text(" – ").then(&end("16.0"));
        assert_eq!(both.written(), "12.5 g/dL – 16.0 g/dL");
        assert_eq!(with_commas(&both), "12,5 g/dL – 16,0 g/dL");
        let damaged = Figures { written: "ä 1.5".to_owned(), numbers: vec![(1, 99), (3, 2)] };
        assert_eq!(with_commas(&damaged), "ä 1.5");
        let backwards = Figures { written: "1.5 2.5".to_owned(), numbers: vec![(4, 7), (0, 3)] };
        assert_eq!(with_commas(&backwards), "1.5 2.5");
    }

    #[test]
    fn computed_numbers_are_rounded_to_four_digits() {
        for (value, expected) in [
            (118.648_105_168, "118.6"),
            (0.000_123_456_7, "0.0001235"),
            (13.25, "13.25"),
            (12_346.0, "12350"),
            (0.0, "0"),
        ] {
            assert_eq!(four_digits(value), expected);
        }
    }
}
