//! Tells passphrases that are among the first that a guesser tries. It judges new ones only, and does not say how good
//! another one is.

use std::collections::BTreeSet;

/// Fewest characters of a new passphrase.
const LEAST: usize = 8;
/// Letters of a word that is short: with a number behind it, it is soon guessed.
const SHORT_WORD: usize = 8;
/// Fewest different characters.
const LEAST_DIFFERENT: usize = 4;
/// Rows of neighbours: on keyboards, and in the order of letters and digits.
const ROWS: [&str; 7] = [
    "01234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "qwertzuiopü",
    "azertyuiop",
    "asdfghjkl",
    "zxcvbnm",
];
/// Words that people take for a password. Digits and signs at their ends do not help.
const WORDS: [&str; 24] = [
    "password",
    "passwort",
    "passphrase",
    "passw0rd",
    "p@ssword",
    "p@ssw0rd",
    "kennwort",
    "motdepasse",
    "contraseña",
    "wachtwoord",
    "secret",
    "geheim",
    "welcome",
    "willkommen",
    "letmein",
    "iloveyou",
    "football",
    "princess",
    "sunshine",
    "superman",
    "changeme",
    "administrator",
    "mrms",
    "medicalrecords",
];

/// Why a passphrase is too easy to guess; `None` if it is none of the easiest.
#[must_use]
pub fn reason(passphrase: &str) -> Option<String> {
    let small = passphrase.to_lowercase();
    let letters: Vec<char> = small.chars().collect();
    if letters.len() < LEAST {
        return Some(format!("it has {} characters, and {LEAST} are the least", letters.len()));
    }
    if letters.iter().collect::<BTreeSet<_>>().len() < LEAST_DIFFERENT {
        return Some("it has too few different characters".to_owned());
    }
    let core: String = small.chars().filter(|letter| letter.is_alphabetic()).collect();
    let plain = small.trim_matches(|c: char| c.is_ascii_digit() || c.is_ascii_punctuation());
    let is_core = core.chars().count() + 4 >= letters.len();
    if WORDS.iter().any(|word| plain == *word || (core == *word && is_core)) {
        return Some("it is a word that everybody tries first".to_owned());
    }
    let is_word = plain.chars().all(char::is_alphabetic) && plain.chars().count() <= SHORT_WORD;
    if is_word && plain.len() < small.len() && letters.len() <= SHORT_WORD + 4 {
        return Some("it is one short word or name with a number".to_owned());
    }
    if ROWS.iter().any(|row| runs_along(&letters, row)) {
        return Some(
            "its characters follow one another on the keyboard or in the alphabet".to_owned(),
        );
    }
    if repeats(&letters) {
        return Some("it repeats the same few characters".to_owned());
    }
    None
}

/// Whether all but one pair of neighbours are neighbours in the row, in the same direction.
fn runs_along(letters: &[char], row: &str) -> bool {
    let row: Vec<char> = row.chars().collect();
    let place = |letter: &char| row.iter().position(|one| one == letter);
    let steps = |forward: bool| {
        let follows = |pair: &&[char]| match (place(&pair[0]), place(&pair[1])) {
            (Some(first), Some(second)) if forward => second == first + 1,
            (Some(first), Some(second)) => first == second + 1,
            _ => false,
        };
        letters.windows(2).filter(follows).count()
    };
    steps(true).max(steps(false)) + 2 >= letters.len()
}

/// Whether it is a part of up to four characters, again and again.
fn repeats(letters: &[char]) -> bool {
    (1..=4).any(|length| {
        letters.iter().zip(letters.iter().skip(length)).all(|(first, again)| first == again)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_tries_first_is_told() {
        for weak in [
            "",
            "secret",
            "papa2026",
            "Mueller1950",
            "1234567",
            "aaaaaaaa",
            "abababab",
            "12345678",
            "0123456789",
            "87654321",
            "abcdefgh",
            "qwertyui",
            "qwertzuiop",
            "Password",
            "password123",
            "P@ssw0rd!",
            "Passwort1",
            "1welcome!",
            "abcabcabc",
            "k7#fk7#fk7#f",
            "contraseña",
        ] {
            assert!(reason(weak).is_some(), "{weak}");
        }
    }

    #[test]
    fn what_is_not_among_the_easiest_is_taken() {
        for passphrase in [
            "seventeen green lanterns over the harbour",
            "correct horse battery staple",
            "k7#fQ9zp",
            "vier Wörter am Hafen",
            "日本語の合言葉です",
        ] {
            assert_eq!(reason(passphrase), None, "{passphrase}");
        }
    }
}
