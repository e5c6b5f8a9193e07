//! `mrms amend RECORD --label NAME`, without a file: the record's document under another name, as its next version.

use mrms_home::clock::rng;

use super::amend::{Place, erased_record, number_of, tell_before};
use super::create::{Naming, Told, report};
use crate::commands::contract::sign::SignArgs;
use crate::config::Settings;
use crate::ui::acting::Acting;
use crate::ui::failure::Failure;
use crate::ui::output::Output;
use crate::ui::record_ref::RecordRef;

pub(super) fn run(
    record: &RecordRef,
    naming: Naming,
    sign: &SignArgs,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let Some(label) = naming.label.filter(|_| naming.media_type.is_none()) else {
        return Err(Failure::usage("a name alone keeps the document as it is")
            .hint("give the file as well, or leave out --media-type"));
    };
    if settings.acting_for.is_some() {
        return Err(Failure::usage("a record is renamed by its patient")
            .hint("to add a version for somebody else, give its file"));
    }
    let actor = settings.home.unlock()?;
    let home = sign.open(settings)?;
    home.fund(&actor)?;
    let session = home.session();
    let acting = Acting::of(settings, &session, Some(&actor), None, output)?;
    let id = acting.find_one(record, session, Some(&actor))?;
    if session.erased_records()?.contains(&id) {
        return Err(erased_record(id));
    }
    // A repeated command, for example.
    if sign.output.is_none()
        && let Some(version) = session.named_before(&actor, id, &label, &mut rng())
    {
        let number = number_of(&session, Some(&actor), &actor.principal(), id)?;
        let place = Place { id, number, version };
        return tell_before(None, label.as_str(), &place, output);
    }
    let renamed = session.rename(&actor, id, &label, settings.inline_limit, &mut rng());
    home.tell_missing_copies();
    let Some(added) = sign.done(renamed?, output)? else { return Ok(()) };
    let number = number_of(&session, Some(&actor), &actor.principal(), id)?;
    let told = Told { what: label.as_str(), number, file: None, details: settings.details };
    report(&added, &told, output)
}
