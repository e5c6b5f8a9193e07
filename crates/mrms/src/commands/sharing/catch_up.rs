//! Tells which versions others added to one's records, after their keys went to the records' other readers.

use std::io::{self, IsTerminal as _};

use mrms_app::records::catch_up::{AddedByOthers, CatchUpError};
use mrms_app::records::list::NumberedRecord;
use mrms_app::{Actor, Session};
use mrms_contract::state::Record;
use mrms_core::RecordId;
use mrms_home::Names;
use mrms_home::clock::rng;

use super::tending;
use crate::ui::failure::chain;
use crate::ui::output::Output;

/// Whether something is still to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    Nothing,
    Some,
}

/// Gives on what others added, tends the keys of those who read everything, and tells the patient. What can't be done now
/// is tried again by the next command.
pub(crate) fn run(session: &Session<'_>, actor: &Actor, names: &Names, output: Output) -> Rest {
    match session.records_of(&actor.principal()) {
        Ok(records) => with(session, actor, &records, names, output),
        Err(error) => {
            output.note(&format!("whether others added versions is not known: {}", chain(&error)));
            Rest::Some
        }
    }
}

/// The same for one's own records as they were just read, while the profile is unlocked.
pub(crate) fn run_with(
    session: &Session<'_>,
    actor: Option<&Actor>,
    records: &[NumberedRecord],
    names: &Names,
    output: Output,
) {
    let Some(actor) = actor else { return };
    let records: Vec<_> = records.iter().map(|one| (one.id, one.record.clone())).collect();
    with(session, actor, &records, names, output);
}

fn with(
    session: &Session<'_>,
    actor: &Actor,
    records: &[(RecordId, Record)],
    names: &Names,
    output: Output,
) -> Rest {
    let added = session.catch_up_with(actor, records, &mut rng());
    let is_done = added.as_ref().is_ok_and(|added| added.iter().all(|one| one.failed.is_none()));
    tell(&added, names, output);
    if let Ok(added) = &added
        && io::stderr().is_terminal()
        && !output.is_json()
    {
        let told = added.iter().map(|one| (one.record, one.versions.iter().cloned().collect()));
        // What can't be kept is told again.
        let _ = session.additions_are_told(actor, &told.collect(), &mut rng());
    }
    let to_do = tending::beside(session, actor, records, names, output);
    if is_done && to_do == 0 { Rest::Nothing } else { Rest::Some }
}

fn tell(added: &Result<Vec<AddedByOthers>, CatchUpError>, names: &Names, output: Output) {
    match added {
        Ok(added) => added.iter().for_each(|one| output.note(&words(one, names))),
        Err(error) => {
            output.note(&format!("whether others added versions is not known: {}", chain(error)));
        }
    }
}

fn words(added: &AddedByOthers, names: &Names) -> String {
    let record = match &added.name {
        Some(name) => format!("“{name}”"),
        None => format!("record {}", added.record),
    };
    let mut lines = Vec::new();
    for (version, author) in &added.versions {
        lines.push(format!("{} added version {version} of {record}", names.shown(author)));
    }
    if added.versions.is_empty() {
        lines.push(record);
    }
    if let Some(title) = &added.title {
        lines.push(format!("  they call it “{title}”; in your list it keeps its name"));
    }
    for closed in &added.closed {
        lines.push(format!("  version {} can't be opened: {}", closed.version, closed.why));
    }
    let readers = |readers: &[mrms_core::Principal]| -> String {
        readers.iter().map(|one| names.shown(one)).collect::<Vec<_>>().join(", ")
    };
    if !added.given_to.is_empty() {
        lines.push(format!("  its key was left for {}", readers(&added.given_to)));
    }
    if !added.direct_readers.is_empty() {
        let readers = readers(&added.direct_readers);
        lines.push(format!("  no key went on chain for {readers}: mrms grant --direct shares it"));
    }
    if let Some(error) = &added.failed {
        let why = chain(error);
        lines.push(format!("  the other readers have no key of it yet; it is tried again: {why}"));
    }
    lines.join("\n")
}
