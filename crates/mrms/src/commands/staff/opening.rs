//! Opening for an organisation: which one is meant, and why it was refused.

use mrms_app::staff::open::OpenForError;
use mrms_app::{Actor, Session};
use mrms_contract::read;
use mrms_core::{Principal, RecordId};
use mrms_home::Names;

use crate::ui::failure::Failure;
use crate::ui::output::Output;
use crate::ui::times;

/// The organisation for which a person opens a record that they were not granted themselves, told on stderr; none where
/// nothing was granted to one of theirs.
pub(crate) fn found_for(
    session: &Session<'_>,
    actor: &Actor,
    id: RecordId,
    output: Output,
) -> Result<Option<Principal>, Failure> {
    let found = session.organisations_that_open(actor, id)?;
    // Where they can't be read, it is opened all the same.
    let names = Names::of(session.profile, actor)
        .unwrap_or_else(|_| Names::new(Some(actor.principal()), None));
    match found.as_slice() {
        [] => Ok(None),
        [one] => {
            output.note(&format!("opening it for {}, by its grant", names.shown(one)));
            Ok(Some(one.clone()))
        }
        several => {
            let several: Vec<_> = several.iter().map(|one| names.shown(one)).collect();
            Err(Failure::usage(format!("you can open it for {}", several.join(", or for ")))
                .hint("say for which one: --organisation NAME"))
        }
    }
}

/// Why a record was not opened for an organisation.
pub(crate) fn not_opened_for(
    error: OpenForError,
    session: &Session<'_>,
    organisation: &Principal,
    me: &Principal,
) -> Failure {
    let failure = Failure::from(error);
    match failure.code {
        "not-member" => with_its_end(failure, session, organisation, me),
        "no-access" | "grant-expired" | "grant-revoked" => {
            let message =
                format!("{}: what counts is the grant to {organisation}", failure.message);
            Failure { message, ..failure }
        }
        _ => failure,
    }
}

/// A refusal of somebody who is no member any more, with the time at which that ended.
pub(super) fn with_its_end(
    failure: Failure,
    session: &Session<'_>,
    organisation: &Principal,
    me: &Principal,
) -> Failure {
    if failure.code != "not-member" {
        return failure;
    }
    let ended = session.ask(&read::member(organisation, me)).ok().flatten();
    let ended = ended.and_then(|membership| membership.expiry);
    match (ended, session.ledger.tip()) {
        (Some(height), Ok(tip)) => {
            let clock = tip.clock();
            let when = times::local(clock.time_of(height));
            let message =
                format!("{}: it ended about {when} (burn block {height})", failure.message);
            Failure { message, ..failure }
        }
        _ => failure,
    }
}
