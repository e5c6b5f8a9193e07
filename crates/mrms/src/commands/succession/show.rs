//! `mrms hand-over show`: whether this profile has offered, handed over or taken over.

use mrms_core::Principal;

use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::output::Output;
use crate::ui::results::succession::ShownHandOver;
use crate::ui::someone::names_quietly;
use crate::ui::{short_times, times};

pub(super) fn run(settings: &Settings, output: Output) -> Result<(), Failure> {
    let me = Principal::from(settings.home.account()?);
    let names = names_quietly(settings, output)?;
    let home = settings.home.open()?;
    let session = home.session();
    let clock = session.ledger.tip()?.clock();
    let handed_over = session.handed_over(&me)?;
    let offered_to = match handed_over {
        Some(_) => None,
        None => session.offered_to(&me)?,
    };
    let predecessors = session.predecessors(&me)?;
    let when = handed_over.as_ref().and_then(|it| it.since).map(|height| clock.time_of(height));
    let mut lines = Vec::new();
    if let Some(it) = &handed_over {
        let on = when.map_or_else(String::new, |when| format!(" on {}", short_times::day(when)));
        lines.push(format!(
            "handed over to {}{on}\n  they alone are the patient; you can change nothing\n  whoever has this profile's words keeps what they could read until then",
            names.shown(&it.to)
        ));
    }
    if let Some(to) = &offered_to {
        lines.push(format!(
            "offered to {}, who has not accepted yet\n  mrms hand-over offer makes the text for them again; mrms hand-over withdraw takes it back",
            names.shown(to)
        ));
    }
    for (from, height) in &predecessors {
        lines.push(format!(
            "taken over from {} on {}",
            names.shown(from),
            short_times::day(clock.time_of(*height))
        ));
    }
    if lines.is_empty() {
        lines.push("nothing was offered, handed over or taken over".to_owned());
    }
    output.result(
        &ShownHandOver {
            handed_over_to: handed_over.as_ref().map(|it| &it.to),
            handed_over_to_name: handed_over.as_ref().and_then(|it| names.name_of(&it.to)),
            handed_over_at: when.map(times::rfc3339),
            offered_to: offered_to.as_ref(),
            offered_to_name: offered_to.as_ref().and_then(|to| names.name_of(to)),
            took_over_from: predecessors.iter().map(|(from, _)| from).collect(),
        },
        &lines.join("\n"),
    )
}
