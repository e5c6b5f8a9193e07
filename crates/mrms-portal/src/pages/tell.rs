//! A text for the other side, after something was done that concerns them: what happened, and what they do next. The person
//! sends it as they like. It has no secret, no account and nothing of what records say.

use maud::{Markup, html};

use crate::opened::OpenProfile;
use crate::pages::layout::copy;
use crate::words::{Place, Words};

/// The texts after which the other side meets the person by name: they should have their card.
const SHOWS_WHO: [&str; 2] = ["tell-delegate", "tell-contact"];

/// The text that this sentence makes, with a greeting by the person's own name.
fn text(
    words: &Words,
    me: Option<&str>,
    key: &str,
    places: &[(&'static str, Place<'_>)],
) -> String {
    let hello = match me {
        Some(me) => words.with("tell-hello", &[("me", me.into())]),
        None => words.say("tell-hello-unnamed"),
    };
    format!("{hello}\n\n{}\n", words.with(key, places))
}

/// The text, to copy, below what was just done.
pub(crate) fn them(
    words: &Words,
    person: &OpenProfile,
    key: &str,
    places: &[(&'static str, Place<'_>)],
) -> Markup {
    let text = text(words, person.memory.own_name().as_deref(), key, places);
    html! {
        details.card {
            summary { (words.say("tell-title")) }
            p { (words.say("tell-explained")) }
            label for="tell" { (words.say("tell-text")) }
            textarea id="tell" rows="7" readonly { (text) }
            (copy(words, "tell"))
            // Whoever acts for somebody meets them in lists before a record is opened.
            @if SHOWS_WHO.contains(&key) { p { (words.say("tell-card")) " " a href="/card" { (words.say("tell-card-link")) } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    /// The keys of all texts that pages offer.
    const ALL: [&str; 9] = [
        "tell-delegate",
        "tell-contact",
        "tell-delegate-over",
        "tell-contact-over",
        "tell-shared",
        "tell-shared-for",
        "tell-stopped",
        "tell-offered",
        "tell-member",
    ];

    #[test]
    fn texts_say_who_writes_and_what_to_do_and_lead_to_pages_that_there_are() {
        for language in Language::ALL {
            let words = Words::of(language);
            for key in ALL {
                let said = text(&words, Some("Ana Ruiz"), key, &[("who", "Ben".into())]);
                assert!(said.contains("Ana Ruiz") && said.contains("MRMS"), "{said}");
                assert!(!said.contains('{') && !said.contains("tell-"), "{said}");
                let nameless = text(&words, None, key, &[("who", "Ben".into())]);
                assert!(!nameless.contains("Ana") && nameless.len() > 60, "{nameless}");
            }
            // They name pages as the menu does.
            let family = words.say("nav-family");
            for key in ["tell-delegate", "tell-contact", "tell-delegate-over"] {
                assert!(words.say(key).contains(&family), "{language:?} {key}");
            }
            for page in ["nav-people", "staff-title", "nav-shared"] {
                assert!(words.say("tell-member").contains(&words.say(page)), "{language:?} {page}");
            }
            for key in ["tell-shared", "tell-shared-for"] {
                assert!(words.say(key).contains(&words.say("nav-shared")), "{language:?} {key}");
            }
            assert!(words.say("tell-offered").contains(&words.say("hand-over-take")));
        }
    }
}
