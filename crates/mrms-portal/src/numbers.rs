//! Numbers as people of each language write them: `13.2` and `12,480` in English, `13,2` and `12 480` in German and Spanish.
//!
//! Digits are put into groups from five on. Where the comma begins the decimals, a narrow space separates the groups, as
//! DIN 1333 and the Spanish academy have it: a point there would make `1.234` of a laboratory a thousand or one and a quarter,
//! by who reads it. What is no plain decimal number stays as it is. Documents themselves, and what programs read, keep the point.

use mrms_viewers::{Figures, four_digits, is_plain};

use crate::words::{Language, Words};

/// Fewest digits before the decimals that are put into groups.
const GROUPED: usize = 5;
/// Digits of a group.
const GROUP: usize = 3;

/// The sign before the decimals, and the one between groups.
const fn signs(language: Language) -> (char, char) {
    match language {
        Language::English => ('.', ','),
        Language::German | Language::Spanish => (',', '\u{202f}'),
    }
}

/// A number, as a document writes it.
pub(crate) fn number(words: &Words, plain: &str) -> String {
    let (decimal, between) = signs(words.language());
    let (whole, decimals) = match plain.split_once('.') {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (plain, None),
    };
    let (minus, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    // Zeros before it make it a number of something else.
    if !is_plain(plain) || (digits.starts_with('0') && digits.len() > 1) {
        return plain.to_owned();
    }
    let mut said = minus.to_owned();
    for (at, digit) in digits.chars().enumerate() {
        let left = digits.len() - at;
        if at > 0 && digits.len() >= GROUPED && left % GROUP == 0 {
            said.push(between);
        }
        said.push(digit);
    }
    if let Some(decimals) = decimals {
        said.push(decimal);
        said.push_str(decimals);
    }
    said
}

/// A number that was read.
pub(crate) fn value(words: &Words, value: f64) -> String {
    number(words, &value.to_string())
}

/// A number that was read, or computed, to four digits.
pub(crate) fn rounded(words: &Words, value: f64) -> String {
    number(words, &four_digits(value))
}

/// A text with numbers in it.
pub(crate) fn figures(words: &Words, figures: &Figures) -> String {
    figures.said(|plain| number(words, plain))
}

/// A quantity: perhaps a comparator, the number, and perhaps its unit.
pub(crate) fn quantity(words: &Words, text: &str) -> String {
    figures(words, &Figures::of_quantity(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_each_language_writes_them() {
        for (plain, english, other) in [
            ("13.2", "13.2", "13,2"),
            ("13.250", "13.250", "13,250"),
            ("-0.5", "-0.5", "-0,5"),
            ("7", "7", "7"),
            ("1234", "1234", "1234"),
            ("1234.5", "1234.5", "1234,5"),
            ("12480", "12,480", "12\u{202f}480"),
            ("-1234567.25", "-1,234,567.25", "-1\u{202f}234\u{202f}567,25"),
        ] {
            assert_eq!(number(&Words::of(Language::English), plain), english);
            for language in [Language::German, Language::Spanish] {
                assert_eq!(number(&Words::of(language), plain), other, "{language:?}");
            }
        }
    }

    #[test]
    fn what_is_no_number_stays_as_it_is() {
        for language in Language::ALL {
            let words = Words::of(language);
            for text in [
                "1.2.3",
                "v1.2",
                "2026-05-04",
                "J45.9",
                "007.5",
                "1.5e-7",
                "",
                ".5",
                "5.",
                "NaN",
                "12 345",
                "1,5",
            ] {
                assert_eq!(number(&words, text), text, "{language:?}");
            }
        }
    }

    #[test]
    fn quantity_keeps_its_unit_and_its_comparator() {
        let german = Words::of(Language::German);
        assert_eq!(quantity(&german, "< 0.5 mg/L"), "< 0,5 mg/L");
        assert_eq!(quantity(&german, "90.5 mL/min/1.73m2"), "90,5 mL/min/1.73m2");
        assert_eq!(quantity(&german, "see 1.5"), "see 1.5");
        assert_eq!(rounded(&german, 118.648_105), "118,6");
        assert_eq!(value(&german, 12.0), "12");
        assert_eq!(value(&german, f64::NAN), "NaN");
    }
}
