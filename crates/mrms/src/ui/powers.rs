//! What somebody may do for a patient, as typed and as told.

use clap::ValueEnum;
use mrms_core::Powers;

/// One thing that somebody may do for a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Power {
    /// See every record.
    See,
    /// Share: grant and revoke.
    Share,
    /// Add records and versions.
    Add,
}

/// All that was typed together; `None` where nothing was.
pub(crate) fn together(typed: &[Power]) -> Option<Powers> {
    let powers = typed.iter().map(|power| match power {
        Power::See => Powers::SEE,
        Power::Share => Powers::SHARE,
        Power::Add => Powers::ADD,
    });
    powers.reduce(Powers::with)
}

/// Powers in words: `see every record, share, add`.
pub(crate) fn in_words(powers: Powers) -> String {
    let words = [(Powers::SEE, "see every record"), (Powers::SHARE, "share"), (Powers::ADD, "add")];
    let words: Vec<_> = words
        .into_iter()
        .filter(|(power, _)| powers.include(*power))
        .map(|(_, word)| word)
        .collect();
    words.join(", ")
}

/// What somebody with these powers may do: `may see all records, let others open them, and add to them`.
pub(crate) fn powers_words(powers: Powers) -> String {
    let sees = powers.include(Powers::SEE);
    let mut said = Vec::new();
    if sees {
        said.push("see all records");
    }
    if powers.include(Powers::SHARE) {
        said.push(if sees {
            "let others open them and end that"
        } else {
            "end what others may open"
        });
    }
    if powers.include(Powers::ADD) {
        said.push("add records and versions");
    }
    match said.as_slice() {
        [] => "may do nothing".to_owned(),
        [one] => format!("may {one}"),
        [rest @ .., last] => format!("may {}, and {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_told_as_they_were_typed() {
        assert_eq!(together(&[]), None);
        let some = together(&[Power::Add, Power::See, Power::See]);
        assert_eq!(some.map(in_words).as_deref(), Some("see every record, add"));
    }

    #[test]
    fn powers_are_told_as_what_they_let_somebody_do() {
        let words = |bits| powers_words(Powers::from_bits(bits).unwrap());
        assert_eq!(words(1), "may see all records");
        assert_eq!(words(2), "may end what others may open");
        assert_eq!(words(3), "may see all records, and let others open them and end that");
        assert_eq!(
            words(7),
            "may see all records, let others open them and end that, and add records and versions"
        );
    }
}
