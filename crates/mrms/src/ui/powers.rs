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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_are_told_as_they_were_typed() {
        assert_eq!(together(&[]), None);
        let some = together(&[Power::Add, Power::See, Power::See]);
        assert_eq!(some.map(in_words).as_deref(), Some("see every record, add"));
    }
}
