//! Ends access where the ledger does not answer what there is to end: what this profile remembers to have given, and what
//! the person named.

use mrms_app::sharing::grant::ShareError;
use mrms_app::sharing::not_shown::{Unasked, What};
use mrms_app::sharing::revoke::StandingAccess;
use mrms_app::{Actor, Session};
use mrms_core::Principal;
use mrms_home::{Names, OpenHome};

use super::revoke::Ending;
use crate::config::Settings;
use crate::ui::failure::{Exit, Failure};
use crate::ui::naming::{RecordNames, as_subject};
use crate::ui::outcome;
use crate::ui::output::{Output, confirm};
use crate::ui::reasons::refusal_failure;
use crate::ui::record_ref::RecordRef;
use crate::ui::results::sharing::Stopped;

/// How many records are shown before the question.
const SHOWN: usize = 20;

/// `mrms stop` after the ledger did not answer what these people can open.
pub(super) fn stop(
    users: &[Principal],
    failure: Failure,
    (actor, home, names): (&Actor, &OpenHome, &Names),
    (settings, output): (&Settings, Output),
) -> Result<(), Failure> {
    let session = home.session();
    let mut given = Vec::new();
    for user in users {
        let what = session.given_unasked(actor, user)?;
        if !what.is_empty() {
            given.push((user, what));
        }
    }
    if given.is_empty() {
        return Err(failure);
    }
    let index = session.record_index(Some(actor));
    let ids = given.iter().flat_map(|(_, what)| what.iter().copied().filter_map(What::record));
    let record_names = RecordNames::numbered(ids.filter_map(|id| Some((id, index.number_of(id)?))));
    let ending = Ending { settings, output, actor, home, names, record_names: &record_names };
    let what: Vec<_> = given.iter().map(|(user, what)| ending.given_words(user, what)).collect();
    session.ledger.step_aside();
    let question = format!(
        "the ledger does not answer what they can open: {}\n{}\nEnd that?",
        failure.message,
        what.join("\n")
    );
    confirm(&question, settings.yes)?;
    home.fund(actor)?;
    let mut not_ended = None;
    for (user, what) in &given {
        match ending.unasked(user, what.clone()) {
            Ok(Sent::No) => return Ok(()),
            Ok(Sent::Yes) => ending.has_stopped(user, what)?,
            Err(failure) => {
                output.note(&format!("NOT DONE: {}: {}", names.shown(user), failure.message));
                not_ended.get_or_insert(failure);
            }
        }
    }
    home.watch_own_vault();
    Err(not_ended.unwrap_or_else(|| {
        unanswered(&failure).hint(
            "what this profile remembers has ended. Repeat the command on another connection: it tells what else they can open",
        )
    }))
}

/// Whether a node that can't be trusted may be why the records that were meant are not known: it does not answer, answers
/// nonsense, or leaves them out.
pub(super) fn may_be_hidden(failure: &Failure) -> bool {
    const LEFT_OUT: [&str; 4] =
        ["contract-answer", "record-unknown", "record-not-found", "records-renumbered"];
    failure.exit.is_unreachable() || LEFT_OUT.contains(&failure.code)
}

/// `mrms revoke` after the ledger did not answer which records were meant: by their ids, and by the numbers and names that this
/// profile keeps; where the ledger answered otherwise, of those that this profile remembers to have given.
pub(super) fn revoke(
    records: &[RecordRef],
    users: &[Principal],
    failure: Failure,
    (actor, home, names): (&Actor, &OpenHome, &Names),
    (settings, output): (&Settings, Output),
) -> Result<(), Failure> {
    let session = home.session();
    let index = session.record_index(Some(actor));
    let mut given = Vec::new();
    for user in users {
        let what = match session.given_unasked(actor, user) {
            // What is named ends also where the memory can't be read.
            Err(ShareError::Profile(_)) => Vec::new(),
            what => what?,
        };
        given.extend(what.into_iter().filter_map(What::record));
    }
    let mut ids = Vec::new();
    for record in records {
        if record.is_all() {
            ids.extend(&given);
            continue;
        }
        let Ok(mut meant) = session.find_remembered(record.typed(), actor, &given) else {
            return Err(failure);
        };
        // A range means those of them that were given.
        if !failure.exit.is_unreachable() || meant.len() > 1 {
            meant.retain(|id| given.contains(id));
        }
        if meant.is_empty() {
            return Err(failure);
        }
        ids.extend(meant);
    }
    ids.sort_unstable();
    ids.dedup();
    let is_all = records.iter().all(RecordRef::is_all);
    if ids.is_empty() && !(is_all && failure.code == "record-unknown") {
        return Err(failure);
    }
    let numbered = ids.iter().filter_map(|id| Some((*id, index.number_of(*id)?)));
    let record_names = RecordNames::numbered(numbered);
    let ending = Ending { settings, output, actor, home, names, record_names: &record_names };
    if ids.is_empty() {
        // There are no records here, by what the ledger says.
        return users.iter().try_for_each(|user| {
            let says = by_what(home, actor, user);
            ending.tell_rest(user, 0, &says)
        });
    }
    home.fund(actor)?;
    let leave = StandingAccess::Leave;
    let mut told: Vec<_> =
        users.iter().map(|user| ending.several_unasked(user, &ids, leave, &failure)).collect();
    home.watch_own_vault();
    // What did not end is told before that the ledger did not answer.
    told.sort_by_key(|one| one.code == "ledger-answer");
    Err(told.into_iter().next().unwrap_or(failure))
}

/// Tells that what this profile remembers to have given can't be read: then only what the ledger shows is known.
pub(crate) fn tell_unknown(session: &Session<'_>, actor: &Actor, output: Output) {
    if let Err(error) = session.must_remember_grants(actor) {
        let Failure { message, hint, .. } = error.into();
        let hint = hint.unwrap_or_default();
        output.note(&format!(
            "what you gave is not known here: {message}. What the ledger shows, and what you name, ends all the same\n  {hint}"
        ));
    }
}

/// By whose word somebody has nothing, where a node alone says so and this profile remembers nothing of them.
pub(super) fn by_what(home: &OpenHome, actor: &Actor, user: &Principal) -> String {
    match home.ledger().over_http() {
        Some(node) if !home.session().knows_of(actor, user) => format!(
            ", by what {} says: this profile remembers nothing that it gave them. --ledger URL asks another node",
            node.url()
        ),
        _ => String::new(),
    }
}

/// Fails where a node alone says what ended, since what this person gave can't be read here.
pub(super) fn must_be_remembered(home: &OpenHome, actor: &Actor) -> Result<(), Failure> {
    let Some(node) = home.ledger().over_http() else { return Ok(()) };
    home.session().must_remember_grants(actor).map_err(|error| {
        let failure = Failure::from(error);
        let says = format!(
            "what {} shows has ended, and whether that is all is not known here: {}",
            node.url(),
            failure.message
        );
        Failure { message: says, ..failure }
    })
}

/// Says by whom there is nothing to end, where this profile remembers nothing: a node can hide what there is.
pub(crate) fn by_node(failure: Failure, home: &OpenHome) -> Failure {
    const NOTHING: [&str; 3] = ["no-such-contact", "no-such-member", "no-offer"];
    let Some(node) = home.ledger().over_http().filter(|_| NOTHING.contains(&failure.code)) else {
        return failure;
    };
    let before = failure.hint.clone().unwrap_or_default();
    let says = format!(
        "this goes by what {} says: this profile remembers nothing of it. --ledger URL asks another node",
        node.url()
    );
    failure.hint(if before.is_empty() { says } else { format!("{before}; {says}") })
}

/// Fails where a node was shown something that gives these people access, and refused it: that proves nothing, and it may come.
pub(crate) fn must_not_come(session: &Session<'_>, users: &[Principal]) -> Result<(), Failure> {
    let mut all = Vec::new();
    for user in users {
        all.extend(session.perhaps_given_to(user)?.into_iter().map(|one| one.description));
    }
    if all.is_empty() {
        return Ok(());
    }
    let what = all.join("; ");
    Err(Failure::new(
        Exit::Unreachable,
        "perhaps-given",
        format!("a node refused this, and it may come all the same: {what}"),
    )
    .hint("repeat the command, also on another connection: it is over when something else of yours stands in its place in a block"))
}

/// That the ledger did not answer, however it did not: one state with one exit code.
pub(crate) fn unanswered(failure: &Failure) -> Failure {
    Failure::new(Exit::Unreachable, "ledger-answer", &failure.message)
}

/// What was given that is about no single record.
pub(super) const fn given(what: What) -> &'static str {
    match what {
        What::Record(_) => "a record",
        What::AllRecords => "all your records, later ones too",
        What::Delegation => "to act for you",
        What::Membership => "to open for you, as a member of your staff",
        What::Offer => "the offer to take over everything",
        What::Contact => "to come to act for you, as a contact",
    }
}

/// Whether something was sent, or only planned or signed.
pub(super) enum Sent {
    Yes,
    No,
}

impl Ending<'_> {
    /// Ends these without a question to the ledger, and tells what the contract says to each.
    pub(super) fn unasked(&self, user: &Principal, what: Vec<What>) -> Result<Sent, Failure> {
        let ended = self.home.session().end_unasked(self.actor, user, what)?;
        let Some(ended) = outcome::done(ended, self.output)? else { return Ok(Sent::No) };
        let mut refused = None;
        for one in ended {
            let Unasked { what, txid, refusal } = one;
            let told = self.told_unasked(user, what);
            match (refusal, one.failure()) {
                (None, _) => self.output.note(&format!("{told}: ended by transaction {txid}")),
                (Some(_), None) => {
                    self.output.note(&format!("{told}: the contract had nothing to end"));
                }
                (_, Some(refusal)) => {
                    let failure = refusal_failure(refusal);
                    self.output.note(&format!("{told}: {}", failure.message));
                    refused.get_or_insert(failure);
                }
            }
        }
        refused.map_or(Ok(Sent::Yes), Err)
    }

    fn told_unasked(&self, user: &Principal, what: What) -> String {
        let whom = self.names.shown(user);
        match what {
            What::Record(id) => format!("{} to {whom}", self.record_names.words(id)),
            What::AllRecords => format!("all records to {whom}"),
            What::Delegation => format!("what {whom} may do for you"),
            What::Membership => format!("that {whom} opens for you, as a member of your staff"),
            What::Offer => format!("your offer to hand over to {whom}"),
            What::Contact => format!("that {whom} is a contact of yours"),
        }
    }

    /// What this profile remembers to have given somebody.
    fn given_words(&self, user: &Principal, what: &[What]) -> String {
        let whom = self.names.shown(user);
        let mut lines = vec![format!("this profile remembers that you gave {whom}")];
        lines.extend(what.iter().take(SHOWN).map(|one| match one {
            What::Record(id) => format!("  {}", self.record_names.words(*id)),
            of_all => format!("  {}", given(*of_all)),
        }));
        if what.len() > SHOWN {
            lines.push(format!("  … and {} more records", what.len() - SHOWN));
        }
        lines.join("\n")
    }

    fn has_stopped(&self, user: &Principal, what: &[What]) -> Result<(), Failure> {
        let text = format!(
            "what you gave {} has ended, as far as this profile remembers",
            as_subject(self.names, user).trim_end_matches(',')
        );
        let stopped = Stopped::of(user, self.names.name_of(user), what);
        self.output.result(&stopped, &text)
    }
}
