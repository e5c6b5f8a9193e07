//! Asks about readers whom the ledger names and this profile does not remember.
//!
//! A ledger elsewhere could invent a reader. The person sees who it is, what the ledger says of them,
//! and the fingerprint of their key, and answers once for all records. `--yes` does not answer for them;
//! `--accept-reader WHO` does, for the one whom it names.

use std::io::{self, IsTerminal};

use mrms_app::Session;
use mrms_app::session::Actor;
use mrms_app::sharing::unknown::UnknownReader;
use mrms_core::{BurnClock, Principal, RecordId};
use mrms_home::Names;

use crate::ui::failure::Failure;
use crate::ui::naming::{RecordNames, as_subject};
use crate::ui::output::{Output, asked};
use crate::ui::rights::rights_words;
use crate::ui::short_times;
use crate::ui::someone::Someone;

/// Asks about each reader of these records whom this profile does not remember, once for all records that the ledger names
/// them on. Those without an answer are left out, and named later.
pub(crate) fn settle(
    session: &Session<'_>,
    actor: &Actor,
    ids: &[RecordId],
    accepted: &[Someone],
    output: Output,
) -> Result<(), Failure> {
    let names = Names::of(session.profile, actor)?;
    let accepted: Vec<Principal> =
        accepted.iter().map(|one| one.resolve(&names)).collect::<Result<_, _>>()?;
    // In the order in which the ledger names them.
    let mut unknown: Vec<(Principal, Vec<(RecordId, UnknownReader)>)> = Vec::new();
    for id in ids {
        for reader in session.unknown_readers(actor, *id)? {
            match unknown.iter_mut().find(|(user, _)| *user == reader.user) {
                Some((_, readings)) => readings.push((*id, reader)),
                None => unknown.push((reader.user.clone(), vec![(*id, reader)])),
            }
        }
    }
    if unknown.is_empty() {
        return Ok(());
    }
    let clock = session.ledger.tip()?.clock();
    let mut own = session.numbered_records_of(&actor.principal())?;
    own.retain(|one| ids.contains(&one.id));
    let record_names = RecordNames::of(session, Some(actor), &own)?;
    for (user, readings) in unknown {
        let is_accepted = accepted.contains(&user);
        if !is_accepted && !io::stdin().is_terminal() {
            continue;
        }
        output.note(&description(&user, &readings, clock, &names, &record_names));
        let is_accepted = is_accepted || {
            // They may telephone.
            session.ledger.step_aside();
            asked(QUESTION)?
        };
        for (id, reader) in readings {
            match is_accepted {
                true => session.accept_reader(actor, id, reader)?,
                false => session.decline_reader(actor, id, &reader)?,
            }
        }
    }
    Ok(())
}

const QUESTION: &str = "Did you give them access, and did they read you this fingerprint by another \
    way than this (by telephone, say)?";

/// How many records are named.
const SHOWN: usize = 10;

fn description(
    user: &Principal,
    readings: &[(RecordId, UnknownReader)],
    clock: BurnClock,
    names: &Names,
    record_names: &RecordNames,
) -> String {
    let records = if readings.len() == 1 { "this record" } else { "these records" };
    let mut text = format!(
        "the ledger says that {} may open {records}, and this profile does not remember that",
        as_subject(names, user)
    );
    for (id, reader) in readings.iter().take(SHOWN) {
        text.push_str(&format!(
            "\n  {}: {}, from version {}, {}",
            record_names.words(*id),
            rights_words(reader.rights),
            reader.from_version,
            short_times::until(reader.expiry, clock),
        ));
    }
    if readings.len() > SHOWN {
        text.push_str(&format!("\n  … and {} more", readings.len() - SHOWN));
    }
    let key = readings.first().map(|(_, reader)| (&reader.fingerprint, reader.is_on_card));
    if let Some((fingerprint, is_on_card)) = key {
        let card = if is_on_card { "" } else { ", which is NOT the one on their card" };
        text.push_str(&format!("\n  account {user}\n  key     {fingerprint}{card}"));
    }
    text + "\nThe owner of the key finds the fingerprint with mrms key show, or in the portal under People, My card.\nThis is so after a recovery, or when you granted on another machine; and also when the ledger lies."
}
