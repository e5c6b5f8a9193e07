//! `mrms stop`: ends everything that somebody can open now.

use std::collections::BTreeSet;

use clap::Args;
use mrms_app::audit::shares::Share;
use mrms_app::beside::Beside;
use mrms_app::session::{Actor, Session};
use mrms_app::sharing::delegates::Delegate;
use mrms_app::sharing::not_shown::{NotShown, Unasked, What};
use mrms_app::sharing::of_all::WhatTheyGranted;
use mrms_app::sharing::revoke::StandingAccess;
use mrms_contract::ContractError;
use mrms_core::{BurnClock, Principal, RecordId};
use mrms_home::Names;

use super::revoke::{Absent, Ending};
use super::several::Tally;
use super::unasked;
use crate::commands::sharing::shared::record_line;
use crate::config::Settings;
use crate::ui::failure::{Exit, Failure};
use crate::ui::naming::{RecordNames, as_subject};
use crate::ui::outcome::done;
use crate::ui::output::{Output, confirm};
use crate::ui::powers::powers_words;
use crate::ui::reasons::refusal_failure;
use crate::ui::results::sharing::Stopped;
use crate::ui::short_times;
use crate::ui::someone::{Someone, names_to_end};

/// How many records are shown before the question.
const SHOWN: usize = 20;

#[derive(Debug, Args)]
#[command(
    after_help = "Access to single records ends, access to all records with later ones, and what they may do \
    for you as a delegate; whom they let in as a delegate stays. So do a membership of your staff, your offer to hand over \
    to them, and their being a contact of yours. The command shows first what ends, and asks. It takes nothing back: what was opened or saved before stays with \
    them. If it is interrupted, repeat it: it goes on with what is still open.\n\n\
    Example:\n  mrms stop 'Clinic B'"
)]
pub(crate) struct StopArgs {
    /// Whose access ends: a name among your people, or a principal; may be several.
    #[arg(value_name = "NAME", required = true)]
    people: Vec<Someone>,
}

pub(crate) fn run(args: &StopArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let actor = settings.home.unlock()?;
    let home = settings.home.open()?;
    let names = names_to_end(&args.people, &actor, settings, output)?;
    let mut users = Vec::new();
    for one in &args.people {
        let user = one.resolve(&names)?;
        if !users.contains(&user) {
            users.push(user);
        }
    }
    let session = home.session();
    unasked::tell_unknown(&session, &actor, output);
    // Before anything is noted.
    let remembered = unasked::must_be_remembered(&home, &actor);
    // A ledger that does not answer must not keep the person from ending what they know that they gave.
    let unasked =
        |failure| unasked::stop(&users, failure, (&actor, &home, &names), (settings, output));
    let seen = match Seen::of(&session, &actor) {
        Ok(seen) => seen,
        Err(failure) => return unasked(failure),
    };
    let all = match seen.open(&session, &actor, &users) {
        Ok(all) => all,
        Err(failure) => return unasked(failure),
    };
    let Seen { record_names, clock, .. } = &seen;
    let elsewhere = Elsewhere::of(&session, &actor, &users);
    let (open, none): (Vec<_>, Vec<_>) = all.iter().partition(|one| one.is_open());
    for Open { user, .. } in none {
        if !session.perhaps_given_to(user)?.is_empty() {
            continue;
        }
        output.result(
            &Stopped::of(user, names.name_of(user), &[]),
            &format!(
                "{} can open nothing of yours{}{}",
                as_subject(&names, user),
                elsewhere.on_this(),
                unasked::by_what(&home, &actor, user)
            ),
        )?;
    }
    if open.is_empty() {
        unasked::must_not_come(&session, &users)?;
        remembered?;
        return elsewhere.must_be_none(&names);
    }
    let what: Vec<_> =
        open.iter().map(|one| ending_words(one, &names, record_names, *clock)).collect();
    session.ledger.step_aside();
    confirm(&format!("{}\nEnd all of it?", what.join("\n")), settings.yes)?;
    home.fund(&actor)?;
    let ending =
        Ending { settings, output, actor: &actor, home: &home, names: &names, record_names };
    let all = open.iter().map(|one| one.records().len().max(1)).sum();
    let mut tally = Tally::new(all, "ending access", output);
    // What fails keeps nothing else from ending.
    let mut not_ended = None;
    for one in open {
        let ids = one.records();
        let standing = one.not_shown.standing_with(one.shown);
        let all_records = standing == StandingAccess::End;
        let failed_before = tally.failures();
        let mut failed = None;
        let mut ended = What::named(&ids, standing);
        if one.acts.is_some() || one.not_shown.has(What::Delegation) {
            failed = end_delegation(&ending, one).err();
            ended.push(What::Delegation);
        }
        if all_records || !ids.is_empty() {
            let absent = Absent::Tell(&one.not_shown.records);
            let several = ending.several(one.user, &ids, standing, absent, &mut tally);
            failed = failed.or(several.err());
        }
        match end_unseen(&ending, one) {
            Ok(unseen) => ended.extend(unseen),
            Err(failure) => drop(failed.get_or_insert(failure)),
        }
        // What ended beside access itself.
        for (what, of_it) in session.end_beside(&actor, one.user, &one.beside) {
            ended.push(what);
            let of_it = of_it.map_err(Failure::from).and_then(|of_it| done(of_it, output));
            failed = failed.or(of_it.err());
        }
        let is_whole = failed.is_none();
        if let Some(failure) = failed {
            output.note(&format!("NOT ALL DONE: {}: {}", names.shown(one.user), failure.message));
            not_ended.get_or_insert(failure);
        }
        if settings.home.settings().sending != mrms_app::session::Sending::Send
            || tally.failures() > failed_before
            || !is_whole
            || !session.perhaps_given_to(one.user)?.is_empty()
        {
            continue;
        }
        let stopped = Stopped::of(one.user, names.name_of(one.user), &ended);
        let text = stopped_words(&as_subject(&names, one.user), &stopped, elsewhere.on_this());
        output.result(&stopped, &text)?;
    }
    home.watch_own_vault();
    tally.end(Exit::Failed, "stop-incomplete", "accesses were not ended")?;
    not_ended.map_or(Ok(()), |failure| Err(again(failure)))?;
    match settings.home.settings().sending {
        mrms_app::session::Sending::Send => {
            unasked::must_not_come(&session, &users)?;
            remembered?;
            elsewhere.must_be_none(&names)
        }
        _ => Ok(()),
    }
}

/// What has ended for one person.
fn stopped_words(who: &str, stopped: &Stopped<'_>, on_this: &str) -> String {
    let mut text = format!("{who} can open nothing of yours now{on_this}");
    if stopped.all_records || stopped.delegation {
        text.push_str(", and no later record");
    }
    for (has_ended, says) in [
        (
            stopped.delegation,
            "they no longer act for you. Whom they let in stays until their own end: mrms shared shows who",
        ),
        (
            stopped.membership,
            "they are no member of your staff any more. Your key is as it was: mrms staff remove begins a new one",
        ),
        (stopped.offer, "your offer to hand over to them is withdrawn"),
        (stopped.contact, "they are no contact of yours any more"),
    ] {
        if has_ended {
            text.push_str(&format!("\n  {says}"));
        }
    }
    text
}

/// What these people were given on other contracts, and have still, by the profile's memory. Where that can't be read, nothing
/// is known, and the person was told so.
struct Elsewhere<'u>(Vec<(&'u Principal, BTreeSet<String>)>);

impl<'u> Elsewhere<'u> {
    fn of(session: &Session<'_>, actor: &Actor, users: &'u [Principal]) -> Self {
        let of_one = |user| Some((user, session.given_elsewhere(actor, user).ok()?));
        Self(users.iter().filter_map(of_one).filter(|(_, all)| !all.is_empty()).collect())
    }

    /// That an end is of this contract alone.
    fn on_this(&self) -> &'static str {
        if self.0.is_empty() { "" } else { " on this contract" }
    }

    /// Fails where somebody can open something by another contract.
    fn must_be_none(&self, names: &Names) -> Result<(), Failure> {
        let Some((user, contracts)) = self.0.first() else { return Ok(()) };
        let all: Vec<_> = contracts.iter().map(String::as_str).collect();
        let message = format!(
            "{} can open something of yours by another contract: what you gave there has not ended: {}",
            as_subject(names, user),
            all.join(", ")
        );
        let hint = format!(
            "MRMS_CONTRACT={} mrms stop ends that, on the ledger that has this contract",
            all[0]
        );
        Err(Failure::new(Exit::Failed, "open-elsewhere", message).hint(hint))
    }
}

/// What did not end, with what to do next: to repeat the command, where that goes on.
fn again(failure: Failure) -> Failure {
    // Its own hint says what is to be mended first, or what is not known.
    let says = failure.exit.is_integrity() || failure.code == "maybe-sent";
    if says && failure.hint.is_some() {
        return failure;
    }
    failure.hint("repeat the command: it goes on with what is still open, and sends nothing twice")
}

/// Ends what somebody may do for this person. What they granted to others stays.
fn end_delegation(ending: &Ending<'_>, one: &Open<'_>) -> Result<(), Failure> {
    let session = ending.home.session();
    match session.end_delegate(ending.actor, one.user, WhatTheyGranted::Stays) {
        Ok(ended) => done(ended, ending.output).map(drop),
        // It was only remembered.
        Err(error)
            if one.acts.is_none() && error.refusal() == Some(ContractError::NoSuchDelegate) =>
        {
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// Ends access to records that the ledger does not show, and what could become access. What of it ended.
fn end_unseen(ending: &Ending<'_>, one: &Open<'_>) -> Result<Vec<What>, Failure> {
    let session = ending.home.session();
    let ended = session.end_unasked(ending.actor, one.user, one.not_shown.unseen())?;
    let Some(ended) = done(ended, ending.output)? else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for Unasked { what, txid, refusal } in ended {
        all.extend(refusal.is_none().then_some(what));
        let What::Record(record) = what else {
            let failed = Unasked { what, txid, refusal }.failure().map(refusal_failure);
            failed.map_or(Ok(()), Err)?;
            continue;
        };
        let whom = ending.names.shown(one.user);
        ending.output.note(&match refusal {
            None => {
                format!("the ledger does not show record {record}, and took the end of {whom}'s access to it: transaction {txid}")
            }
            Some(ContractError::NotPatient | ContractError::Succeeded) => format!("record {record}, which you gave {whom}, is another person's by the contract: they decide who opens it"),
            Some(_) => format!("the ledger does not know record {record}, which you gave {whom}: look again on another connection"),
        });
    }
    Ok(all)
}

/// What the ledger shows of the person's records.
struct Seen {
    record_names: RecordNames,
    own: BTreeSet<RecordId>,
    shares: Vec<Share>,
    delegates: Vec<Delegate>,
    clock: BurnClock,
}

impl Seen {
    fn of(session: &Session<'_>, actor: &Actor) -> Result<Self, Failure> {
        let me = actor.principal();
        let clock = session.ledger.tip()?.clock();
        let numbered = session.numbered_records_of(&me)?;
        let record_names = RecordNames::of(session, Some(actor), &numbered)?;
        let records = session.own_records(&me, numbered)?;
        let shares = session.shares(&me, &records)?;
        let own = records.iter().map(|record| record.id).collect();
        let delegates = session.live_delegates(&me)?;
        Ok(Self { record_names, own, shares, delegates, clock })
    }

    /// What each of these people can open.
    fn open<'a>(
        &'a self,
        session: &Session<'_>,
        actor: &Actor,
        users: &'a [Principal],
    ) -> Result<Vec<Open<'a>>, Failure> {
        let open = users.iter().map(|user| {
            let shown = self.shares.iter().find(|share| share.user == *user);
            let not_shown = session.given_and_not_shown(actor, user, &self.own, shown)?;
            let acts = self.delegates.iter().find(|one| one.user == *user);
            let beside = session.beside(actor, user)?;
            Ok(Open { user, shown, acts, not_shown, beside })
        });
        open.collect()
    }
}

/// What one person can open.
struct Open<'a> {
    user: &'a Principal,
    /// By the ledger.
    shown: Option<&'a Share>,
    /// As a delegate, by the ledger.
    acts: Option<&'a Delegate>,
    /// By what this person gave.
    not_shown: NotShown,
    /// What could become access, by the ledger.
    beside: Beside,
}

impl Open<'_> {
    fn is_open(&self) -> bool {
        let has_access = self.shown.is_some() || self.acts.is_some();
        has_access || !self.not_shown.is_empty() || !self.beside.is_empty()
    }

    /// The records whose access is ended one by one.
    fn records(&self) -> Vec<RecordId> {
        self.not_shown.records_with(self.shown)
    }
}

/// What ends for one person.
fn ending_words(
    one: &Open<'_>,
    names: &Names,
    record_names: &RecordNames,
    clock: BurnClock,
) -> String {
    let who = as_subject(names, one.user);
    let mut lines = Vec::new();
    if let Some(share) = one.shown {
        lines.extend(shown_words(share, &who, record_names, clock));
    }
    if let Some(acts) = one.acts {
        let (powers, end) = (acts.delegation.powers, acts.delegation.expiry);
        let until = short_times::until(end, clock);
        lines.push(format!("{who} acts for you: {}, {until}", powers_words(powers)));
    }
    lines.extend(beside_words(&one.beside, &who, clock));
    if !one.not_shown.is_empty() {
        let whom = names.shown(one.user);
        lines.push(format!("you gave {whom} what follows, and the ledger does not show it"));
        let others = one.not_shown.others.iter();
        lines.extend(others.map(|what| format!("  {}", unasked::given(*what))));
        let records = one.not_shown.records.iter().take(SHOWN);
        lines.extend(records.map(|id| format!("  {}", record_names.words(*id))));
        let unseen = one.not_shown.unseen.len();
        let more = one.not_shown.records.len().saturating_sub(SHOWN) + unseen;
        if more > 0 {
            lines.push(format!("  … and {more} more records"));
        }
    }
    lines.join("\n")
}

/// What could become access.
fn beside_words(beside: &Beside, who: &str, clock: BurnClock) -> Vec<String> {
    let Beside { membership, offer, contact } = beside;
    let mut lines = Vec::new();
    if let Some(membership) = membership {
        let until = short_times::until(membership.expiry, clock);
        lines.push(format!("{who} opens for you as a member of your staff, {until}"));
    }
    if *offer {
        lines.push(format!("{who} can take over everything: you offered it"));
    }
    if let Some(contact) = contact {
        let powers = powers_words(contact.powers);
        let asked = match contact.ready_at {
            Some(ready) if ready <= clock.height => "; they asked, and the wait is over",
            Some(_) => "; they asked, and wait",
            None => "",
        };
        lines.push(format!(
            "{who} is a contact of yours, and may come to act for you ({powers}){asked}"
        ));
    }
    lines
}

/// What the ledger shows that one person can open.
fn shown_words(
    share: &Share,
    who: &str,
    record_names: &RecordNames,
    clock: BurnClock,
) -> Vec<String> {
    let mut lines = vec![format!("{who} can open now")];
    if let Some(standing) = share.standing {
        lines.push(format!(
            "  all your records, later ones too, {}",
            short_times::until(standing.expiry, clock)
        ));
    }
    let by_name: Vec<_> = share.by_name().collect();
    lines.extend(by_name.iter().take(SHOWN).map(|record| record_line(record, record_names, clock)));
    if by_name.len() > SHOWN {
        lines.push(format!("  … and {} more records", by_name.len() - SHOWN));
    }
    lines
}
