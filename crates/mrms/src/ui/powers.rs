//! Powers, and what a delegate may do, in words.

use mrms_core::Powers;

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
