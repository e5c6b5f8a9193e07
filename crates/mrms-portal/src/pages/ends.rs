//! All that ends when everything is stopped that somebody can do: what the ledger shows, and what it does not.

use std::collections::BTreeSet;

use maud::{Markup, html};
use mrms_app::audit::shares::Share;
use mrms_app::beside::Beside;
use mrms_app::sharing::not_shown::{NotShown, What};
use mrms_core::{Principal, RecordId};

use crate::overview::Overview;
use crate::words::Words;
use crate::work::Work;

/// How many records are named.
const MOST: usize = 20;

/// What ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ends {
    shown: Group,
    /// What the person gave, and the ledger does not show.
    hidden: Group,
}

/// Some of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Group {
    /// What the records are called that are open by name.
    records: Vec<Option<String>>,
    /// What is of no single record.
    others: Vec<What>,
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
        let mut others = Vec::new();
        let has_all = share.is_some_and(|share| share.standing.is_some());
        others.extend(has_all.then_some(What::AllRecords));
        others.extend(acts.then_some(What::Delegation));
        others.extend(beside.what());
        let by_name = share.into_iter().flat_map(Share::by_name);
        let shown = Group { records: by_name.map(|record| name(&record.id)).collect(), others };
        let records = hidden.records.iter().chain(&hidden.unseen).map(name).collect();
        Self { shown, hidden: Group { records, others: hidden.others.clone() } }
    }

    /// Whether there is nothing to end.
    pub(crate) fn are_none(&self) -> bool {
        *self == Self::default()
    }

    /// The list, before the button that ends it.
    pub(crate) fn said(&self, words: &Words, user: &Principal) -> Markup {
        let Self { shown, hidden } = self;
        let acts = |group: &Group| group.others.contains(&What::Delegation);
        html! {
            p { (words.say("ends-title")) }
            ul { (shown.said(words)) }
            @if *hidden != Group::default() {
                p { (words.say("ends-hidden")) }
                ul { (hidden.said(words)) }
            }
            @if acts(shown) || acts(hidden) {
                p {
                    (words.say("ends-not-let-in")) " "
                    a href=(format!("/family/{user}/end")) { (words.say("ends-let-in")) }
                }
            }
            p { (words.say("person-stop-explained")) }
        }
    }
}

impl Group {
    fn said(&self, words: &Words) -> Markup {
        let (named, more) = self.records.split_at(self.records.len().min(MOST));
        html! {
            @for what in &self.others {
                li { (words.say(match what {
                    What::AllRecords => "ends-all",
                    What::Delegation => "ends-acts",
                    What::Membership => "ends-member",
                    What::Offer => "ends-offer",
                    What::Contact => "ends-contact",
                    What::Record(_) => "records-unnamed",
                })) }
            }
            @for name in named {
                li { bdi { (name.clone().unwrap_or_else(|| words.say("records-unnamed"))) } }
            }
            @if !more.is_empty() { li { (words.with("list-more", &[("count", more.len().into())])) } }
        }
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
            shown: Group {
                records: names(22),
                others: vec![What::AllRecords, What::Delegation, What::Offer],
            },
            hidden: Group {
                records: vec![Some("Hidden one".to_owned()), None],
                ..Group::default()
            },
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
            let shown = Group { records: names(1), ..Group::default() };
            let single = Ends { shown, ..Ends::default() };
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
        let others = vec![What::Membership, What::Delegation, What::Contact];
        let hidden = Group { others, ..Group::default() };
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
