//! Who may do what with a patient's records, in the words in which a successor looks through it, and says for each of them
//! whether it goes on.

use std::collections::BTreeSet;

use maud::{Markup, html};
use mrms_app::succession::holders::{Held, Holder};
use mrms_core::{BurnClock, Principal};
use mrms_home::Names;

use crate::named::Named;
use crate::pages::{left, powers};
use crate::times;
use crate::words::Words;

/// Burn blocks of a day.
const A_DAY: u64 = 144;

/// Somebody, and how they are called here.
pub(super) struct Told {
    pub(super) holder: Holder,
    who: Named,
    /// The name of a link of the former account: whoever has it opens what it gives.
    link: Option<String>,
}

impl Told {
    pub(super) fn of(holder: Holder, names: &Names, me: &Principal) -> Self {
        let link = names.link_of(&holder.who).map(ToOwned::to_owned);
        Self { who: Named::of(names, me, &holder.who), link, holder }
    }
}

/// The list with its questions. `answered` are those that were answered already: who ends, and who goes on.
pub(super) fn questions(words: &Words, clock: BurnClock, told: &[Told]) -> Markup {
    html! {
        @for (at, one) in told.iter().enumerate() {
            fieldset.card {
                legend {
                    @match &one.link {
                        Some(link) => (words.with("held-link", &[("name", link.into())])),
                        None => bdi { (one.who.say(words)) },
                    }
                }
                ul { @for held in &one.holder.held { li { (line(words, held, clock)) } } }
                @for (answer, key) in [("keep", "held-keep"), ("end", "held-end")] {
                    div.choice {
                        input type="radio" name=(one.holder.who) id=(format!("{answer}-{at}")) value=(answer) required;
                        label for=(format!("{answer}-{at}")) { (words.say(key)) }
                    }
                }
            }
        }
    }
}

fn line(words: &Words, held: &Held, clock: BurnClock) -> Markup {
    let until = |end: &Option<mrms_core::BurnHeight>| {
        left::until(words, clock.now, end.map(|end| clock.time_of(end)))
    };
    html! {
        @match held {
            Held::Records { records, until: end } => {
                (words.with("held-records", &[("count", records.len().into())])) " " (until(end))
            },
            Held::AllRecords { until: end, .. } => { (words.say("held-all")) " " (until(end)) },
            Held::Delegate { powers, until: end } => {
                (words.say("person-acts")) " " (powers::they_may(words, *powers)) " " (until(end))
            },
            Held::Contact { powers, wait, ready_at } => {
                (words.say("held-contact")) " " (powers::they_may(words, *powers)) " "
                @match ready_at {
                    Some(ready) => {
                        (words.with("contact-asked", &[("end", (&times::day_and_time(words, clock.time_of(*ready))).into())]))
                    },
                    None => (words.with("contact-waits", &[("count", wait.div_ceil(A_DAY).into())])),
                }
            },
        }
    }
}

/// Those for whom it ends, by the answers of a form; `None` where somebody was not answered.
pub(super) fn ending(told: &[Told], answers: &[(String, String)]) -> Option<Vec<Holder>> {
    let answered = |who: &Principal, answer: &str| {
        let who = who.to_string();
        answers.iter().any(|(name, value)| *name == who && value == answer)
    };
    let unanswered = told
        .iter()
        .any(|one| answered(&one.holder.who, "keep") == answered(&one.holder.who, "end"));
    let ends: BTreeSet<_> =
        told.iter().map(|one| &one.holder.who).filter(|who| answered(who, "end")).collect();
    let holders = told.iter().map(|one| &one.holder).filter(|one| ends.contains(&one.who));
    (!unanswered).then(|| holders.cloned().collect())
}

#[cfg(test)]
mod tests {
    use mrms_core::Powers;

    use super::*;

    #[test]
    fn everybody_has_to_be_answered_once_and_who_ends_is_taken() {
        let accounts =
            ["ST000000000000000000002AMW42H", "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM"];
        let told = accounts.map(|who| {
            let held = vec![Held::Delegate { powers: Powers::ALL, until: None }];
            let holder = Holder { who: who.parse().unwrap(), held };
            Told { who: Named::Unknown(who.to_owned()), link: None, holder }
        });
        let answers = |pairs: &[(usize, &str)]| {
            let pair =
                |(at, answer): &(usize, &str)| (accounts[*at].to_owned(), (*answer).to_owned());
            ending(&told, &pairs.iter().map(pair).collect::<Vec<_>>())
        };
        assert_eq!(answers(&[]), None);
        assert_eq!(answers(&[(0, "keep")]), None);
        assert_eq!(answers(&[(0, "keep"), (1, "perhaps")]), None);
        assert_eq!(answers(&[(0, "keep"), (1, "end"), (1, "keep")]), None, "not both");
        let ends = answers(&[(0, "keep"), (1, "end")]).unwrap();
        assert_eq!(ends, [told[1].holder.clone()]);
        assert_eq!(answers(&[(0, "keep"), (1, "keep")]).unwrap(), []);
    }
}
