//! All that ends when everything is stopped that somebody can do: what the ledger shows, and what it does not.

use std::collections::BTreeSet;

use maud::{Markup, html};
use mrms_app::audit::shares::Share;
use mrms_app::beside::Beside;
use mrms_app::sharing::not_shown::NotShown;
use mrms_core::{Principal, RecordId};

use crate::overview::Overview;
use crate::words::Words;
use crate::work::Work;

/// How many records are named.
const MOST: usize = 20;

/// What ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ends {
    all_records: bool,
    /// What the records are called that are open by name.
    by_name: Vec<Option<String>>,
    acts: bool,
    hidden: Hidden,
    beside: Beside,
}

/// What the person gave, and the ledger does not show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Hidden {
    all_records: bool,
    records: Vec<Option<String>>,
    acts: bool,
    beside: [bool; 3],
}

/// What the ledger does not show of what the person gave somebody. Where that can't be told, the end itself says so.
pub(crate) fn hidden(work: &Work, overview: &Overview, user: &Principal) -> NotShown {
    let share = overview.shares.iter().find(|share| share.user == *user);
    let own: BTreeSet<RecordId> = overview.own.iter().map(|record| record.id).collect();
    let found = work.session().given_and_not_shown(&work.actor, user, &own, share);
    found.unwrap_or_default()
}

impl Ends {
    pub(crate) fn of(
        overview: &Overview,
        share: Option<&Share>,
        acts: bool,
        hidden: &NotShown,
        beside: Beside,
    ) -> Self {
        let name = |id: &RecordId| overview.told_apart(*id);
        Self {
            all_records: share.is_some_and(|share| share.standing.is_some()),
            by_name: share
                .into_iter()
                .flat_map(Share::by_name)
                .map(|record| name(&record.id))
                .collect(),
            acts,
            hidden: Hidden {
                all_records: hidden.all_records,
                records: hidden.records.iter().chain(&hidden.unseen).map(name).collect(),
                acts: hidden.delegation,
                beside: [hidden.membership, hidden.offer, hidden.contact],
            },
            beside,
        }
    }

    /// Whether there is nothing to end.
    pub(crate) fn are_none(&self) -> bool {
        *self == Self::default()
    }

    /// The list, before the button that ends it.
    pub(crate) fn said(&self, words: &Words, user: &Principal) -> Markup {
        let Self { all_records, by_name, acts, hidden, beside } = self;
        html! {
            p { (words.say("ends-title")) }
            ul {
                (list(words, *all_records, by_name, *acts))
                (list_beside(words, [beside.membership.is_some(), beside.offer, beside.contact.is_some()]))
            }
            @if *hidden != Hidden::default() {
                p { (words.say("ends-hidden")) }
                ul {
                    (list(words, hidden.all_records, &hidden.records, hidden.acts))
                    (list_beside(words, hidden.beside))
                }
            }
            @if *acts || hidden.acts {
                p {
                    (words.say("ends-not-let-in")) " "
                    a href=(format!("/family/{user}/end")) { (words.say("ends-let-in")) }
                }
            }
            p { (words.say("person-stop-explained")) }
        }
    }
}

/// A membership, the offer to hand over, and being a contact.
fn list_beside(words: &Words, what: [bool; 3]) -> Markup {
    let said = ["ends-member", "ends-offer", "ends-contact"];
    html! {
        @for (_, key) in what.into_iter().zip(said).filter(|(is, _)| *is) { li { (words.say(key)) } }
    }
}

fn list(words: &Words, all_records: bool, records: &[Option<String>], acts: bool) -> Markup {
    let (named, more) = records.split_at(records.len().min(MOST));
    html! {
        @if all_records { li { (words.say("ends-all")) } }
        @for name in named {
            li { bdi { (name.clone().unwrap_or_else(|| words.say("records-unnamed"))) } }
        }
        @if !more.is_empty() { li { (words.with("list-more", &[("count", more.len().into())])) } }
        @if acts { li { (words.say("ends-acts")) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Language;

    fn said(ends: &Ends, language: Language) -> String {
        let user = "ST000000000000000000002AMW42H".parse().unwrap();
        ends.said(&Words::of(language), &user).into_string()
    }

    #[test]
    fn all_that_ends_is_named_also_what_the_ledger_hides_and_the_right_to_act() {
        assert!(Ends::default().are_none());
        let names = |count: usize| (0..count).map(|at| Some(format!("Letter {at};"))).collect();
        let whole = Ends {
            all_records: true,
            by_name: names(22),
            acts: true,
            hidden: Hidden {
                records: vec![Some("Hidden one".to_owned()), None],
                ..Hidden::default()
            },
            beside: Beside { offer: true, ..Beside::default() },
        };
        assert!(!whole.are_none());
        for language in Language::ALL {
            let words = Words::of(language);
            let text = said(&whole, language);
            for key in [
                "ends-all",
                "ends-acts",
                "ends-hidden",
                "ends-not-let-in",
                "ends-offer",
                "records-unnamed",
            ] {
                assert!(text.contains(&words.say(key)), "{language:?} {key}: {text}");
            }
            assert!(text.contains("Letter 19;") && !text.contains("Letter 20;"), "{text}");
            assert!(text.contains("Hidden one") && text.contains('2'), "{text}");
            let single = Ends { by_name: names(1), ..Ends::default() };
            let text = said(&single, language);
            assert!(text.contains("Letter 0;") && !text.contains(&words.say("ends-all")), "{text}");
            assert!(
                !text.contains(&words.say("ends-hidden")) && !text.contains("/family"),
                "{text}"
            );
        }
    }

    #[test]
    fn what_the_ledger_hides_alone_is_something_to_end() {
        let hidden = Hidden { acts: true, beside: [true, false, true], ..Hidden::default() };
        let ends = Ends { hidden, ..Ends::default() };
        assert!(!ends.are_none());
        let (said, words) = (said(&ends, Language::English), Words::of(Language::English));
        assert!(said.contains("/family/ST000"));
        for (key, is_said) in [("ends-member", true), ("ends-offer", false), ("ends-contact", true)]
        {
            assert_eq!(said.contains(&words.say(key)), is_said, "{key}: {said}");
        }
    }
}
