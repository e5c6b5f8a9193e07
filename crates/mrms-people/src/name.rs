//! When two names look alike, and how a principal is written short.

use std::sync::LazyLock;

use mrms_core::Principal;
use unicode_security::skeleton;

/// What is left of a name when everything goes that an eye passes over: case, spaces, and characters that
/// look like others (Unicode Technical Standard #39, confusable detection). Two names with one likeness can
/// be taken for each other.
#[must_use]
pub fn likeness(name: &str) -> String {
    if !name.is_ascii() {
        return likeness_of_any(name);
    }
    // Of these characters each stands for itself, and most names have no others: a person's whole list is compared with one
    // text.
    static OF_ASCII: LazyLock<[String; 128]> = LazyLock::new(|| {
        std::array::from_fn(|byte| {
            u8::try_from(byte).map_or_else(
                |_| String::new(),
                |byte| likeness_of_any(char::from(byte).encode_utf8(&mut [0; 4])),
            )
        })
    });
    let mut alike = String::with_capacity(name.len() + 8);
    name.bytes()
        .filter_map(|byte| OF_ASCII.get(usize::from(byte)))
        .for_each(|one| alike.push_str(one));
    alike
}

fn likeness_of_any(name: &str) -> String {
    let plain = |text: &str| -> String {
        text.chars().filter(|one| !one.is_whitespace()).flat_map(char::to_lowercase).collect()
    };
    // A capital may look like a Latin one when its small letter does not, as the Cyrillic В does; and the other way round.
    let capital = |one: char| -> String {
        let upper: String = one.to_uppercase().collect();
        let looks: String = skeleton(&upper).collect();
        if looks.is_ascii() && !one.is_ascii() { looks } else { one.to_string() }
    };
    let capitals: String = name.chars().map(capital).collect();
    // Lower case may make a character confusable, and the skeleton may bring capitals.
    let once: String = skeleton(&plain(&capitals)).collect();
    let twice: String = skeleton(&plain(&once)).collect();
    // A capital I looks like an l, and its small letter does not.
    twice.replace('i', "l")
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

/// A name that somebody gave themselves, as it stands between quotation marks: nothing in it ends them, and nothing in
/// it looks like a principal that was written short.
#[must_use]
pub fn quotable(name: &str) -> String {
    name.replace(['“', '”', '„', '‟', '«', '»'], "\"").replace('…', "...")
}

/// Why a name can't be one's own name for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotAName {
    /// It is read as an account, or as its beginning or end.
    #[error("it reads like an account, or like the end of one")]
    LikeAccount,
    /// It is read as the number of a record or a person.
    #[error("it reads like a number")]
    LikeNumber,
    /// It means the reader in lists and sentences, or everybody.
    #[error("it means somebody already")]
    Reserved,
    /// Lists and sentences say it themselves.
    #[error("it is a word with which mrms marks something in its lists")]
    ListWord,
    /// It has a mark in which lists quote what others call themselves.
    #[error("it has “, ” or …, with which mrms marks what others say of themselves")]
    Mark,
    /// It stands in parentheses, as what lists say where there is no name.
    #[error("it is in parentheses, as what mrms writes where there is no name")]
    Parentheses,
}

/// Words that mean the reader, everybody or nobody.
const RESERVED: [&str; 10] = [
    "you",
    "me",
    "myself",
    "yours",
    "all",
    "everybody",
    "anybody",
    "nobody",
    "nobody else",
    "others",
];

/// Words with which lists and sentences mark something, alone or before a colon.
const LIST_WORDS: [&str; 22] = [
    "refused",
    "emergency",
    "grave",
    "review",
    "erased",
    "denied",
    "careful",
    "proven",
    "not proven",
    "not done",
    "not exported",
    "not notified",
    "withdrawn",
    "locked",
    "no name",
    "unknown",
    "none",
    "ended",
    "open",
    "new",
    "hint",
    "error",
];

/// Digits of Stacks' base 32, in which accounts are written.
fn is_c32(text: &str) -> bool {
    text.bytes().all(|byte| {
        byte.is_ascii_digit() || (byte.is_ascii_uppercase() && !b"ILOU".contains(&byte))
    })
}

/// Whether a text reads like the end of an account as lists write it: four digits of base 32. Four letters alone are a
/// name, such as MARK, unless points stand before them.
fn reads_as_end(text: &str) -> bool {
    let end = text.trim_start_matches(['.', '(']).trim_end_matches(')');
    let is_marked = text.starts_with("..") || text.starts_with("(..");
    end.len() == 4 && is_c32(end) && (is_marked || end.bytes().any(|byte| byte.is_ascii_digit()))
}

/// Whether a name can be one's own name for somebody: commands and lists could take others for something else.
///
/// # Errors
///
/// [`NotAName`].
pub fn check_own(name: &str) -> Result<(), NotAName> {
    let name = name.trim();
    let alike = likeness(name);
    if quotable(name) != name {
        return Err(NotAName::Mark);
    }
    if name.starts_with('(') && name.ends_with(')') {
        return Err(NotAName::Parentheses);
    }
    if RESERVED.iter().any(|word| likeness(word) == alike) {
        return Err(NotAName::Reserved);
    }
    let mark = likeness(name.split([':', ';']).next().unwrap_or_default());
    if LIST_WORDS.iter().any(|word| likeness(word) == mark) {
        return Err(NotAName::ListWord);
    }
    let number = name.trim_start_matches("id:").trim_start_matches(['#', 's', 'S', 'v']);
    if !number.chars().any(char::is_alphabetic) {
        return Err(NotAName::LikeNumber);
    }
    // As lists write an account, with the three points that a keyboard has as well.
    let is_short = |text: &str| {
        text.starts_with("ST")
            || text.starts_with("SP")
            || text.starts_with("SM")
            || text.starts_with("SN")
    };
    let is_account = name.parse::<Principal>().is_ok()
        || (is_short(name) && (name.contains("..") || name.len() > 30))
        || name.split_whitespace().next_back().is_some_and(|last| {
            // A name of its own, or what lists put behind one: Clinic B (…9G6Z).
            (last == name || last.starts_with(['(', '.'])) && reads_as_end(last)
        })
        || ["notamongyourpeople", "listedby", "whocallsthemselves", "withoutaname"]
            .iter()
            .any(|words| alike.contains(&likeness(words)));
    if is_account { Err(NotAName::LikeAccount) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn likeness_of_plain_text_is_that_of_its_characters(name in "[ -~\\t]{0,24}") {
            prop_assert_eq!(likeness(&name), likeness_of_any(&name));
        }
    }

    #[test]
    fn names_that_look_alike_have_one_likeness() {
        for (one, other) in [
            ("Clinic B", "clinic b"),
            ("Clinic B", "Clinic  B"),
            ("Clinic B", "Clinic\u{a0}B"),
            ("Clinic B", "\u{421}linic B"),
            ("Clinic B", "Clinic \u{412}"),
            ("Clinic B", "clinic \u{432}"),
            ("Clinic B", "Clinic \u{392}"),
            ("Dr Hans", "Dr \u{397}ans"),
            ("Dr Hans", "Dr \u{41d}an\u{455}"),
            ("Dr Hans", "Dr \u{13bb}ans"),
            ("Ben", "\u{412}\u{435}n"),
            ("paypal", "p\u{430}yp\u{430}l"),
            ("Clinic I", "Clinic l"),
            ("Clinic 1", "Clinic l"),
            ("Clinic 0", "clinic O"),
            ("Müller", "Mu\u{308}ller"),
        ] {
            assert_eq!(likeness(one), likeness(other), "{one} {other}");
        }
        assert_ne!(likeness("Clinic A"), likeness("Clinic B"));
    }

    #[test]
    fn names_that_mean_something_already_are_refused() {
        for (name, why) in [
            ("You", NotAName::Reserved),
            ("\u{443}ou", NotAName::Reserved),
            ("ALL", NotAName::Reserved),
            ("Clinic B (…9G6Z)", NotAName::Mark),
            ("x”, or “y", NotAName::Mark),
            ("ST1J1XKQ76RV2250SQVS6P8NWHCC26CS8F4Q49G6Z", NotAName::LikeAccount),
            ("ST1J...9G6Z", NotAName::LikeAccount),
            ("Dr A, not among your people", NotAName::LikeAccount),
            ("Dr A, listed by Region Nord", NotAName::LikeAccount),
            ("MED4", NotAName::LikeAccount),
            ("...MEDA", NotAName::LikeAccount),
            ("Clinic B (MED4)", NotAName::LikeAccount),
            ("Clinic B (...MEDA)", NotAName::LikeAccount),
            ("REFUSED", NotAName::ListWord),
            ("R\u{415}FUSED: Clinic", NotAName::ListWord),
            ("Not done", NotAName::ListWord),
            ("1", NotAName::LikeNumber),
            ("#1", NotAName::LikeNumber),
            ("s1", NotAName::LikeNumber),
            ("7-9", NotAName::LikeNumber),
            ("id:5", NotAName::LikeNumber),
            ("\u{661}\u{662}", NotAName::LikeNumber),
            ("(no name)", NotAName::Parentheses),
        ] {
            assert_eq!(check_own(name), Err(why), "{name}");
        }
        for name in [
            "Clinic B",
            "Dr. Young",
            "STAR Clinic",
            "Käthe",
            "Allgemeine Praxis",
            "MARK",
            "Mark4",
            "Clinic 4",
            "Ward 2B",
            "Praxis (Nord)",
            "Clinic (MARK)",
            "Newton",
            "\u{674e}\u{660e}",
        ] {
            assert_eq!(check_own(name), Ok(()), "{name}");
        }
        assert_eq!(quotable("a”, or “b…"), "a\", or \"b...");
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
