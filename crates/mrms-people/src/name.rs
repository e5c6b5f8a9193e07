//! When two names look alike, and how a principal is written short.

use mrms_core::Principal;
use unicode_security::skeleton;

/// What is left of a name when everything goes that an eye passes over: case, spaces, and characters that
/// look like others (Unicode Technical Standard #39, confusable detection). Two names with one likeness can
/// be taken for each other.
#[must_use]
pub fn likeness(name: &str) -> String {
    let plain = |text: &str| -> String {
        text.chars().filter(|one| !one.is_whitespace()).flat_map(char::to_lowercase).collect()
    };
    // Lower case may make a character confusable, and the skeleton may bring capitals.
    let once: String = skeleton(&plain(name)).collect();
    let twice = plain(&once);
    skeleton(&twice).collect()
}

/// A principal as a person compares it: its beginning and its end, `ST1J…9G6Z`. A contract keeps its name.
#[must_use]
pub fn short(principal: &Principal) -> String {
    let text = principal.to_string();
    let (account, contract) = match text.split_once('.') {
        Some((account, contract)) => (account, format!(".{contract}")),
        None => (text.as_str(), String::new()),
    };
    match (account.get(..4), account.len().checked_sub(4).and_then(|at| account.get(at..))) {
        (Some(first), Some(last)) => format!("{first}…{last}{contract}"),
        _ => text,
    }
}

/// The end of a principal, which tells two people with one name apart: `…9G6Z`.
#[must_use]
pub fn end(principal: &Principal) -> String {
    let text = principal.to_string();
    let at = text.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
    format!("…{}", &text[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike_have_one_likeness() {
        for (one, other) in [
            ("Clinic B", "clinic b"),
            ("Clinic B", "Clinic  B"),
            ("Clinic B", "Clinic\u{a0}B"),
            ("Clinic B", "\u{421}linic B"),
            ("paypal", "p\u{430}yp\u{430}l"),
            ("Clinic I", "Clinic l"),
            ("Müller", "Mu\u{308}ller"),
        ] {
            assert_eq!(likeness(one), likeness(other), "{one} {other}");
        }
        assert_ne!(likeness("Clinic A"), likeness("Clinic B"));
    }

    #[test]
    fn principal_is_short() {
        let principal: Principal = "ST1J1XKQ76RV2250SQVS6P8NWHCC26CS8F4Q49G6Z".parse().unwrap();
        assert_eq!(short(&principal), "ST1J…9G6Z");
        assert_eq!(end(&principal), "…9G6Z");
        let contract: Principal = "ST000000000000000000002AMW42H.name".parse().unwrap();
        assert_eq!(short(&contract), "ST00…W42H.name");
    }
}
