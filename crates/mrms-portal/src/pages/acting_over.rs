//! What it means that the person does not act for somebody any more: for what they opened, and for what they had begun.

use maud::{Markup, html};

use crate::named::Named;
use crate::words::Words;

pub(crate) fn title(words: &Words, who: &Named) -> String {
    words.with("acting-over-title", &[("who", (&who.say(words)).into())])
}

/// The same in one sentence.
pub(crate) fn sentence(words: &Words, who: &Named) -> String {
    words.with("news-delegate-over", &[("who", (&who.say(words)).into())])
}

/// What is to be known of it. `was_acting` where it ended in the middle of something.
pub(crate) fn card(words: &Words, who: &Named, was_acting: bool) -> Markup {
    html! {
        section.card role=[was_acting.then_some("alert")] {
            h1 { (title(words, who)) }
            p { (words.say("acting-over-why")) }
            @if was_acting { p { (words.say("acting-over-unsent")) } }
            p { (words.say("acting-over-saved")) }
            p.actions {
                a.button href="/" { (words.say("nav-home")) }
                a.button.second href="/family" { (words.say("nav-family")) }
            }
        }
    }
}
