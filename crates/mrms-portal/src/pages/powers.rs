//! Powers in words: what a delegate may do, and what not.

use maud::{Markup, html};
use mrms_core::Powers;

use crate::pages::typed::Typed;
use crate::words::Words;

/// What is said of each power, by the keys of the words.
struct Said {
    see: &'static str,
    share: &'static str,
    /// Sharing without seeing: nobody gives what they do not have.
    end: &'static str,
    add: &'static str,
}

/// Of somebody else: "opens all your records".
const OF_THEM: Said =
    Said { see: "powers-see", share: "powers-share", end: "powers-end-only", add: "powers-add" };
/// Of the person at work: "open all records".
const OF_YOU: Said = Said {
    see: "powers-you-see",
    share: "powers-you-share",
    end: "powers-you-end-only",
    add: "powers-you-add",
};

impl Said {
    fn keys(&self, powers: Powers) -> Vec<&'static str> {
        let sees = powers.include(Powers::SEE);
        let mut keys = Vec::new();
        if sees {
            keys.push(self.see);
        }
        if powers.include(Powers::SHARE) {
            keys.push(if sees { self.share } else { self.end });
        }
        if powers.include(Powers::ADD) {
            keys.push(self.add);
        }
        keys
    }

    fn together(&self, words: &Words, powers: Powers) -> String {
        let said: Vec<_> = self.keys(powers).into_iter().map(|key| words.say(key)).collect();
        said.join("; ")
    }
}

/// What somebody may do, in a few words: `May open all your records; add records and versions.`
pub(crate) fn they_may(words: &Words, powers: Powers) -> String {
    words.with("powers-they-may", &[("what", (&OF_THEM.together(words, powers)).into())])
}

/// What the person at work may do for somebody.
pub(crate) fn you_may(words: &Words, powers: Powers) -> String {
    words.with("powers-you-may", &[("what", (&OF_YOU.together(words, powers)).into())])
}

/// Exactly what somebody will be able to do, and what not, a sentence each.
pub(crate) fn exactly(words: &Words, powers: Powers) -> Markup {
    let (sees, shares) = (powers.include(Powers::SEE), powers.include(Powers::SHARE));
    html! {
        ul {
            @if sees { li { (words.say("exactly-see")) } }
            @if shares { li { (words.say(if sees { "exactly-share" } else { "exactly-end" })) } }
            @if powers.include(Powers::ADD) { li { (words.say("exactly-add")) } }
            @if !sees { li { (words.say("exactly-not-see")) } }
            @if !shares { li { (words.say("exactly-not-share")) } }
            @if !powers.include(Powers::ADD) { li { (words.say("exactly-not-add")) } }
            li { (words.say("exactly-never")) }
            li { (words.say("exactly-log")) }
        }
    }
}

/// The powers that a form has: a preset, or the ticked ones.
pub(crate) fn of_form(preset: &str, see: &str, share: &str, add: &str) -> Option<Powers> {
    match preset {
        "full" => Some(Powers::ALL),
        "reader" => Some(Powers::SEE),
        "adolescent" => Some(Powers::ADD),
        "chosen" => {
            let ticked = [(see, Powers::SEE), (share, Powers::SHARE), (add, Powers::ADD)];
            let ticked = ticked.into_iter().filter(|(tick, _)| *tick == "yes");
            ticked.map(|(_, power)| power).reduce(Powers::with)
        }
        _ => None,
    }
}

/// The fields that [`of_form`] reads, with what was chosen before.
pub(crate) fn fields(words: &Words, typed: Typed<'_>) -> Markup {
    let presets = [
        ("full", "preset-full", "preset-full-for"),
        ("reader", "preset-reader", "preset-reader-for"),
        ("adolescent", "preset-adolescent", "preset-adolescent-for"),
        ("chosen", "preset-chosen", "preset-chosen-for"),
    ];
    let ticks = [("see", "preset-see"), ("share", "preset-share"), ("add", "preset-add")];
    html! {
        fieldset {
            legend { (words.say("preset-title")) }
            @for (preset, key, why) in presets {
                div.choice {
                    input type="radio" name="preset" id=(key) value=(preset) required
                        checked[typed.chose("preset", preset, false)];
                    label for=(key) { (words.say(key)) " " span.hint { (words.say(why)) } }
                }
            }
            @for (name, key) in ticks {
                div.choice.below {
                    input type="checkbox" id=(key) name=(name) value="yes"
                        checked[typed.chose(name, "yes", false)];
                    label for=(key) { (words.say(key)) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    #[test]
    fn powers_are_said_as_what_they_let_somebody_do_and_who_sees_nothing_lets_nobody_in() {
        let words = Words::of(Language::English);
        let may = |bits| they_may(&words, Powers::from_bits(bits).unwrap());
        assert_eq!(may(1), "May open all your records.");
        assert_eq!(
            may(7),
            "May open all your records; give others access, and end it; add records and versions."
        );
        assert_eq!(may(2), "May end what others may open.");
        let said = |bits: u8| exactly(&words, Powers::from_bits(bits).unwrap()).into_string();
        assert!(said(4).contains(&words.say("exactly-not-see")), "{}", said(4));
        assert!(!said(7).contains(&words.say("exactly-not-see")));
        assert!(said(2).contains(&words.say("exactly-end")));
        for language in Language::ALL {
            let words = Words::of(language);
            for bits in 1..=7 {
                let powers = Powers::from_bits(bits).unwrap();
                assert!(
                    they_may(&words, powers).ends_with('.')
                        && you_may(&words, powers).ends_with('.')
                );
            }
        }
    }

    #[test]
    fn presets_are_those_of_the_command_line_and_ticks_count_where_they_are_chosen() {
        assert_eq!(of_form("full", "", "", ""), Some(Powers::ALL));
        assert_eq!(of_form("reader", "", "", "yes"), Some(Powers::SEE));
        assert_eq!(of_form("adolescent", "yes", "", ""), Some(Powers::ADD));
        assert_eq!(of_form("chosen", "yes", "yes", ""), Some(Powers::SEE.with(Powers::SHARE)));
        assert_eq!(of_form("chosen", "", "", ""), None);
        assert_eq!(of_form("owner", "yes", "yes", "yes"), None);
    }
}
