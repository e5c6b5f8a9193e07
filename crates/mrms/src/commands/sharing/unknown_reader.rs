//! Asks about readers whom the ledger names and this profile does not remember.
//!
//! A ledger elsewhere could invent a reader. The person sees who it is, what the ledger says of them,
//! and the fingerprint of their key, and answers once. `--yes` does not answer for them;
//! `--accept-reader WHO` does, for the one whom it names.

use std::io::{self, IsTerminal};

use mrms_app::Session;
use mrms_app::session::Actor;
use mrms_app::sharing::unknown::UnknownReader;
use mrms_core::{BurnClock, Principal, RecordId};
use mrms_home::Names;

use crate::ui::failure::Failure;
use crate::ui::output::{Output, asked};
use crate::ui::someone::Someone;
use crate::ui::times;

/// Asks about each reader of a record whom this profile does not remember. Those without an answer
/// are left out, and named later.
pub(crate) fn settle(
    session: &Session<'_>,
    actor: &Actor,
    id: RecordId,
    accepted: &[Someone],
    output: Output,
) -> Result<(), Failure> {
    let names = Names::of(session.profile, actor)?;
    let accepted: Vec<Principal> =
        accepted.iter().map(|one| one.resolve(&names)).collect::<Result<_, _>>()?;
    let unknown = session.unknown_readers(actor, id)?;
    if unknown.is_empty() {
        return Ok(());
    }
    let clock = session.ledger.tip()?.clock();
    for reader in unknown {
        if accepted.contains(&reader.user) {
            output.note(&description(&reader, id, clock, &names));
            session.accept_reader(actor, id, reader)?;
        } else if io::stdin().is_terminal() {
            output.note(&description(&reader, id, clock, &names));
            // They may telephone.
            session.ledger.step_aside();
            if asked(QUESTION)? {
                session.accept_reader(actor, id, reader)?;
            } else {
                session.decline_reader(actor, id, &reader)?;
            }
        }
    }
    Ok(())
}

const QUESTION: &str = "Did you give them access, and did they read you this fingerprint by another \
    way than this (by telephone, say)?";

fn description(reader: &UnknownReader, id: RecordId, clock: BurnClock, names: &Names) -> String {
    format!(
        "the ledger says that {} may open record {id}, and this profile does not remember that\n  rights  {}, from version {}, {}\n  account {}\n  key     {}{}\nThis is so after a recovery, or when you granted on another machine; and also when the ledger lies.",
        names.shown(&reader.user),
        reader.rights,
        reader.from_version,
        times::expiry_words(reader.expiry, clock),
        reader.user,
        reader.fingerprint,
        if reader.is_on_card { "" } else { ", which is NOT the one on their card" },
    )
}
