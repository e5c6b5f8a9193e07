//! What it means that the person does not act for somebody any more, or for their new account: for what they opened, and for
//! what they had begun.

use maud::{Markup, html};
use mrms_core::Principal;

use crate::entrance::sessions::Visitor;
use crate::named::Named;
use crate::pages::layout::token;
use crate::words::Words;

/// For whom the person acted, and what came of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Over<'o> {
    pub(crate) who: &'o Named,
    /// The account under which they go on, where the person acts for that as before.
    pub(crate) to: Option<&'o Principal>,
    /// The files that were to be sent, and were not.
    pub(crate) unsent: &'o [String],
}

impl Over<'_> {
    pub(crate) fn title(self, words: &Words) -> String {
        let key = if self.to.is_some() { "acting-moved-title" } else { "acting-over-title" };
        words.with(key, &[("who", (&self.who.say(words)).into())])
    }

    /// The same in one sentence.
    pub(crate) fn sentence(self, words: &Words) -> String {
        let key = if self.to.is_some() { "news-new-account" } else { "news-delegate-over" };
        words.with(key, &[("who", (&self.who.say(words)).into())])
    }

    /// What is to be known of it. `visitor` is whoever was in the middle of something when it ended.
    pub(crate) fn card(self, words: &Words, visitor: Option<&Visitor>) -> Markup {
        let who = self.who.say(words);
        html! {
            section.card role=[visitor.map(|_| "alert")] {
                h1 { (self.title(words)) }
                @match self.to {
                    Some(_) => p { (words.with("acting-moved-why", &[("who", (&who).into())])) },
                    None => p { (words.say("acting-over-why")) },
                }
                @if visitor.is_some() {
                    @if !self.unsent.is_empty() {
                        p { strong { bdi {
                            (words.with("acting-over-files", &[("names", (&self.unsent.join(", ")).into())]))
                        } } }
                    }
                    p { (words.say("acting-over-unsent")) }
                }
                @if self.to.is_none() { p { (words.say("acting-over-saved")) } }
                @if let (Some(to), Some(visitor)) = (self.to, visitor) {
                    form method="post" action="/acting/begin" {
                        (token(visitor))
                        input type="hidden" name="patient" value=(to);
                        button type="submit" { (words.say("acting-moved-go")) }
                    }
                }
                p.actions {
                    a.button.second[self.to.is_some()] href="/" { (words.say("nav-home")) }
                    a.button.second href="/family" { (words.say("nav-family")) }
                }
            }
        }
    }
}
