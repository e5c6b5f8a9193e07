//! Who may do what with a patient's records, in the words in which a successor looks through it.

use mrms_app::succession::accept::Taking;
use mrms_app::succession::holders::{Held, Holder};
use mrms_core::{BurnClock, BurnHeight, visible};
use mrms_home::Names;
use mrms_people::name::{quotable, short};

use crate::ui::amounts::counted;
use crate::ui::{powers, short_times, times};

/// What comes before the list.
pub(super) fn heading(taking: &Taking, holders: usize, names: &Names) -> String {
    let from = names.shown(&taking.from);
    let from = match taking.called() {
        Some(name) if names.name_of(&taking.from).is_none() => {
            format!("{}, who calls themselves “{}”,", short(&taking.from), quotable(name.as_str()))
        }
        _ => from,
    };
    let begins = match taking.is_accepted {
        true => format!("you have taken over from {}", from.trim_end_matches(',')),
        false => format!("{from} hands everything over to you"),
    };
    match holders {
        0 => format!("{begins}. Nobody else may open a record or act for the patient."),
        _ => format!("{begins}. Besides you, these may open records or act for the patient:"),
    }
}

/// Somebody, and what they may do, a line each.
pub(super) fn lines(holder: &Holder, names: &Names, clock: BurnClock) -> String {
    let mut text = names.shown(&holder.who);
    if let Some(link) = names.link_of(&holder.who) {
        // Nobody has to be known for it: who has the text, opens it.
        text =
            format!("{}, a link made with the former profile: whoever has it", visible::line(link));
    }
    for held in &holder.held {
        text.push_str(&format!("\n    {}", words(held, clock)));
    }
    text
}

/// What is to be known of links that go on, and how they end.
pub(super) fn kept_links(holders: &[Holder], ending: &[Holder], names: &Names) -> Option<String> {
    let kept = holders.iter().filter(|holder| !ending.contains(holder));
    let kept: Vec<_> = kept
        .filter_map(|holder| Some(visible::line(names.link_of(&holder.who)?).into_owned()))
        .collect();
    let first = kept.first()?;
    Some(format!(
        "Links of the former profile go on: {}. Whoever has one opens the records until it ends: mrms stop '{first}' ends it. \
         mrms link list has only the links that you make.",
        kept.join(", ")
    ))
}

fn words(held: &Held, clock: BurnClock) -> String {
    let until = |end: &Option<BurnHeight>| match end {
        Some(end) => format!("until {}", short_times::day(clock.time_of(*end))),
        None => "until you end it".to_owned(),
    };
    match held {
        Held::Records { records, until: end } => {
            let count = counted(records.len() as u64, "record", "records");
            format!("may open {count}, {}", until(end))
        }
        Held::AllRecords { until: end, .. } => {
            format!("may open all records, later ones too, {}", until(end))
        }
        Held::Delegate { powers, until: end } => {
            format!("acts for you ({}), {}", powers::in_words(*powers), until(end))
        }
        Held::Contact { powers, wait, ready_at } => {
            let powers = powers::in_words(*powers);
            match ready_at {
                Some(ready) => format!(
                    "asked to act for you ({powers}), and can from {} on",
                    short_times::day(clock.time_of(*ready))
                ),
                None => format!(
                    "is a contact: may act for you ({powers}) {} after they ask",
                    times::duration_words(wait.saturating_mul(600))
                ),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use mrms_core::{Powers, RecordId, UnixTime};

    use super::*;

    #[test]
    fn everything_that_somebody_may_do_is_told_with_its_end() {
        let time = UnixTime::from_seconds(1_795_856_400);
        let clock = BurnClock { height: BurnHeight::new(1_000), began: time, now: time };
        let holder = Holder {
            who: "ST000000000000000000002AMW42H".parse().unwrap(),
            held: vec![
                Held::Delegate { powers: Powers::SEE.with(Powers::ADD), until: None },
                Held::Contact { powers: Powers::SEE, wait: 1_008, ready_at: None },
                Held::Records {
                    records: vec![RecordId::new(1), RecordId::new(2)],
                    until: Some(BurnHeight::new(1_144)),
                },
            ],
        };
        let told = lines(&holder, &Names::new(None, None), clock);
        for part in [
            "ST000000000000000000002AMW42H",
            "acts for you (see every record, add), until you end it",
            "is a contact: may act for you (see every record) 7 days after they ask",
            "may open 2 records, until ",
        ] {
            assert!(told.contains(part), "{part:?} in {told}");
        }
    }
    #[test]
    fn links_that_go_on_are_told_with_what_ends_them() {
        let link: mrms_core::Principal = "ST000000000000000000002AMW42H".parse().unwrap();
        let mut people = mrms_people::People::default();
        people.set(mrms_people::Person {
            principal: link.clone(),
            own_name: Some(mrms_people::FieldText::new("link 2").unwrap()),
            card: None,
            added: 0,
        });
        let names = Names::new(None, Some(people));
        let held = Held::Records { records: vec![RecordId::new(1)], until: None };
        let holders = [Holder { who: link, held: vec![held] }];
        let time = UnixTime::from_seconds(1_795_856_400);
        let clock = BurnClock { height: BurnHeight::new(1_000), began: time, now: time };
        let told = lines(&holders[0], &names, clock);
        assert!(told.starts_with("link 2, a link made with the former profile"), "{told}");
        let kept = kept_links(&holders, &[], &names).unwrap();
        assert!(kept.contains("mrms stop 'link 2'"), "{kept}");
        assert_eq!(kept_links(&holders, &holders, &names), None, "it ends");
    }
}
