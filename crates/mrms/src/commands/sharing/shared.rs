//! `mrms shared`: what you share, by person: which records, until when, and whether they were opened.

use std::collections::BTreeMap;

use clap::Args;
use mrms_app::audit::shares::{EndedRecord, KeyOnChain, OpenRecord, Openings, Share};
use mrms_app::records::index::Depth;
use mrms_app::records::list::OwnRecord;
use mrms_app::sharing::delegates::Delegate;
use mrms_core::{BurnClock, Principal, Rights};
use mrms_home::Names;
use mrms_home::clock::rng;

use super::catch_up;
use crate::config::Settings;
use crate::ui::acting::Acting;
use crate::ui::columns::{pad, wrap};
use crate::ui::failure::Failure;
use crate::ui::naming::{RecordNames, as_subject, in_column, title};
use crate::ui::output::Output;
use crate::ui::powers::powers_words;
use crate::ui::results::sharing::{
    EndedRecord as EndedResult, OpeningMember, SharedRecord, SharedWith,
};
use crate::ui::rights::{on_chain_words, rights_words, without_key_words};
use crate::ui::someone::{Someone, names_or_accounts};
use crate::ui::{named, news, short_times, times};

/// How many records are compared with the vaults' logs.
const COMPARED: usize = 50;
/// How many records of one person are shown where all people are.
const SHOWN: usize = 10;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  mrms shared\n  mrms shared 'Clinic B'")]
pub(crate) struct SharedArgs {
    /// Show these people alone, with all that they can open. Without it: everybody.
    #[arg(value_name = "NAME")]
    people: Vec<Someone>,
}

pub(crate) fn run(args: &SharedArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let actor = settings.home.unlock_quietly()?;
    let home = settings.home.open()?;
    let session = home.session();
    let acting = Acting::of(settings, &session, actor.as_ref(), None, output)?;
    let me = acting.patient.clone();
    // The index is of the profile's own records.
    let indexing = actor.as_ref().filter(|_| !acting.is_other());
    let clock = session.ledger.tip()?.clock();
    let names = names_or_accounts(&args.people, actor.as_ref(), settings, output)?;
    let mut wanted = Vec::new();
    for one in &args.people {
        wanted.push(one.resolve(&names)?);
    }
    let mut index = session.record_index(indexing);
    let numbered = index.numbered(&session, &me)?;
    let record_names = acting.record_names(&session, actor.as_ref(), &numbered)?;
    if !acting.is_other() {
        news::tell(&session, actor.as_ref(), &numbered, output);
        catch_up::run_with(&session, actor.as_ref(), &numbered, &names, output);
    }
    let mut records = index.own_records(&session, &me, numbered, Depth::Openings)?;
    index.keep(&session, indexing, &mut rng());
    if let Some(actor) = indexing {
        for record in &mut records {
            let of = (record.id, record.record.version);
            if let Some(openings) = &mut record.openings {
                session.try_keys_on_chain(actor, of, openings, &mut rng())?;
            }
        }
        // Those opened last: each may take a question to every vault.
        let newest = |record: &OwnRecord| {
            record.openings.iter().flat_map(BTreeMap::values).filter_map(|one| one.last).max()
        };
        records.sort_by_key(|record| std::cmp::Reverse(newest(record)));
        for record in records.iter_mut().take(COMPARED) {
            if let Some(openings) = &mut record.openings {
                session.tell_without_key(actor, record.id, openings, &mut rng());
            }
        }
        records.sort_by_key(|record| record.number);
    }
    let shares = session.shares(&me, &records)?;
    let chosen: Vec<_> =
        shares.iter().filter(|share| wanted.is_empty() || wanted.contains(&share.user)).collect();
    let mut ended = BTreeMap::new();
    for user in &wanted {
        ended.insert(user.clone(), session.ended_for(user, &records)?);
    }
    let listing = Listing { names: &names, record_names: &record_names, clock };
    let mut delegates = session.live_delegates(&me)?;
    // Who acts for the patient now was told in the first line.
    delegates.retain(|one| !names.is_me(&one.user));
    let is_told = |user: &Principal| wanted.is_empty() || wanted.contains(user);
    for Delegate { user, delegation } in delegates.iter().filter(|one| is_told(&one.user)) {
        if !output.is_json() {
            let (who, whom) = (as_subject(&names, user), names.shown(&me));
            let end = short_times::until(delegation.expiry, clock);
            let text = format!("{who} acts for {whom}: {}, {end}", powers_words(delegation.powers));
            output.text(&wrap(&text, 2))?;
        }
    }
    let whose = acting.other().map_or("yours".to_owned(), |other| names.shown(other));
    for user in wanted.iter().filter(|user| !chosen.iter().any(|share| share.user == **user)) {
        let share = Share { user: user.clone(), standing: None, records: Vec::new() };
        let theirs = ended.get(user).map(Vec::as_slice).unwrap_or_default();
        let acts = delegates.iter().any(|one| one.user == *user);
        let what = match acts {
            true => "was given no record by name".to_owned(),
            false => format!("can open nothing of {whose}"),
        };
        let mut text = format!("{} {what}", as_subject(&names, user));
        listing.ended_lines(theirs).iter().for_each(|line| text.push_str(&format!("\n{line}")));
        output.result(&listing.object(&share, theirs), &text)?;
    }
    if shares.is_empty()
        && wanted.is_empty()
        && delegates.is_empty()
        && !output.is_json()
        && session.perhaps_given()?.is_empty()
    {
        return output.text(&format!(
            "nobody else can open anything of {whose}\n\
             {} grant RECORD --to NAME --for 30d shares a record",
            acting.program()
        ));
    }
    let most = if wanted.is_empty() { SHOWN } else { usize::MAX };
    for share in &chosen {
        let theirs = ended.get(&share.user).map(Vec::as_slice).unwrap_or_default();
        let object = listing.object(share, theirs);
        let mut text = person_lines(share, &names, &record_names, clock, (most, acting.program()));
        listing.ended_lines(theirs).iter().for_each(|line| text.push_str(&format!("\n{line}")));
        if settings.details {
            text.push_str(&format!("\n  account {}", share.user));
        }
        output.result(&object, &text)?;
    }
    if let (Some(first), false) = (chosen.first(), output.is_json() || acting.is_other()) {
        output.text(&what_next(first, &names))?;
    }
    if !acting.is_other() {
        for one in session.perhaps_given()? {
            if wanted.is_empty() || wanted.iter().any(|user| one.is_to(user)) {
                output.note(&named::in_text(&format!(
                    "a node refused this, and it may come all the same: {}. mrms stop NAME ends it",
                    one.description
                )));
            }
        }
    }
    if actor.is_none() && !output.is_json() {
        output.note("names are encrypted: mrms key unlock shows them for a while");
    }
    Ok(())
}

/// What one person can open.
fn person_lines(
    share: &Share,
    names: &Names,
    record_names: &RecordNames,
    clock: BurnClock,
    (most, program): (usize, &str),
) -> String {
    let mut lines = vec![names.shown(&share.user)];
    if let Some(standing) = share.standing {
        let rights = standing.rights.map_or("may open nothing", rights_words);
        lines.push(wrap(
            &format!(
                "  all your records, later ones too, {}: {rights}",
                short_times::until(standing.expiry, clock)
            ),
            4,
        ));
    }
    for record in share.records.iter().take(most) {
        lines.push(record_line(record, record_names, clock));
        lines.extend(members_line(&record.openings, names));
    }
    if share.records.len() > most {
        let rest = share.records.len() - most;
        lines.push(format!("       … and {rest} more: {program} shared {}", quoted(share, names)));
    }
    lines.join("\n")
}

/// A record that somebody can open: number, name, until when, and whether it was opened.
pub(crate) fn record_line(
    record: &OpenRecord,
    record_names: &RecordNames,
    clock: BurnClock,
) -> String {
    let end = match record.by_standing {
        true => "like all".to_owned(),
        false => short_times::until(record.until, clock),
    };
    let line = format!(
        "{:>5}  {}  {end:<17}  {}",
        record.number,
        pad(&record_names.name(record.id).map_or("(no name)".into(), title), 26),
        opened(&record.openings, clock),
    );
    let is_plain = record.rights == Rights::READ || record.by_standing;
    let mut lines = vec![line];
    if !is_plain && record.rights != Rights::READ.with(Rights::HISTORY) {
        lines.push(format!("       {}", rights_words(record.rights)));
    }
    lines.extend(without_key_line(&record.openings));
    if record.openings.key_on_chain.is_there() {
        lines.push(format!("       {}", on_chain_words(&record.openings)));
    }
    lines.join("\n")
}

/// How often somebody asked for it, and got no key.
fn without_key_line(openings: &Openings) -> Option<String> {
    let words = without_key_words(openings)?;
    Some(format!("       {words}"))
}

/// Which members of an organisation opened a record for it.
fn members_line(openings: &Openings, names: &Names) -> Option<String> {
    if openings.by_members.is_empty() {
        return None;
    }
    let called = |who: &Principal| match names.name_of(who) {
        None => names.listings().shown(who).unwrap_or_else(|| in_column(names, who)),
        Some(_) => in_column(names, who),
    };
    let member = |(who, count): (&Principal, &u64)| match count {
        1 => called(who),
        many => format!("{} {many}x", called(who)),
    };
    let members: Vec<_> = openings.by_members.iter().map(member).collect();
    Some(wrap(&format!("       by {}", members.join("; ")), 10))
}

fn opened(openings: &Openings, clock: BurnClock) -> String {
    let day = openings.last.map(|height| short_times::near_day(clock.time_of(height), clock.now));
    match (openings.count, day) {
        (0, _) | (_, None) if openings.key_on_chain.is_there() => "not known".to_owned(),
        (0, _) | (_, None) => "not opened".to_owned(),
        (1, Some(day)) => format!("opened {day}"),
        (many, Some(day)) => format!("opened {many}x, {day}"),
    }
}

/// How to go on from what was shown, with one of its people as the example.
fn what_next(share: &Share, names: &Names) -> String {
    let who = quoted(share, names);
    let number = share.by_name().next().map_or(1, |record| record.number);
    format!(
        "longer:  mrms grant {number} --to {who} --for 30d\n\
         end one: mrms revoke {number} --from {who}\n\
         stop:    mrms stop {who}"
    )
}

/// A person as a command takes them.
fn quoted(share: &Share, names: &Names) -> String {
    match names.name_of(&share.user) {
        Some(_) => format!("\"{}\"", names.shown(&share.user)),
        None => share.user.to_string(),
    }
}

/// What people can open is shown with.
struct Listing<'l> {
    names: &'l Names,
    record_names: &'l RecordNames,
    clock: BurnClock,
}

impl Listing<'_> {
    /// What somebody could open and can't any more, a line for each record.
    fn ended_lines(&self, ended: &[EndedRecord]) -> Vec<String> {
        let line = |record: &EndedRecord| {
            let line = format!(
                "{:>5}  {}  {:<17}  {}",
                record.number,
                pad(&self.record_names.name(record.id).map_or("(no name)".into(), title), 26),
                short_times::ended(record.expired, self.clock),
                opened(&record.openings, self.clock),
            );
            [Some(line), without_key_line(&record.openings)].into_iter().flatten()
        };
        ended.iter().flat_map(line).collect()
    }

    fn object<'s>(&'s self, share: &'s Share, ended: &[EndedRecord]) -> SharedWith<'s> {
        let ended = ended.iter().map(|record| EndedResult {
            record_id: record.id,
            number: record.number,
            name: self.record_names.name(record.id).map(str::to_owned),
            expired: record.expired,
            expired_at: times::expires_at(record.expired, self.clock),
            openings: record.openings.count,
            openings_without_key: record.openings.without_key,
        });
        let ended = ended.collect();
        let object = object(share, self.names, self.record_names, self.clock);
        SharedWith { ended, ..object }
    }
}

fn opened_by(openings: &Openings, names: &Names) -> Vec<OpeningMember> {
    let member = |(who, count): (&Principal, &u64)| OpeningMember {
        who: who.clone(),
        who_name: names.name_of(who).map(str::to_owned),
        openings: *count,
    };
    openings.by_members.iter().map(member).collect()
}

fn object<'s>(
    share: &'s Share,
    names: &'s Names,
    record_names: &'s RecordNames,
    clock: BurnClock,
) -> SharedWith<'s> {
    let record = |record: &OpenRecord| SharedRecord {
        record_id: record.id,
        number: record.number,
        name: record_names.name(record.id).map(str::to_owned),
        rights: record.rights,
        from_version: record.from_version,
        expiry: record.until,
        expires_at: times::expires_at(record.until, clock),
        all_records: record.by_standing,
        openings: record.openings.count,
        openings_without_key: record.openings.without_key,
        opened_by: opened_by(&record.openings, names),
        key_on_chain: record.openings.key_on_chain.is_there(),
        key_opens: record.openings.key_on_chain == KeyOnChain::Opens,
        last_opened: record.openings.last.map(|height| times::rfc3339(clock.time_of(height))),
    };
    let standing = share.standing;
    SharedWith {
        user: &share.user,
        user_name: names.name_of(&share.user),
        all_records: standing.is_some(),
        rights: standing.and_then(|standing| standing.rights),
        expiry: standing.and_then(|standing| standing.expiry),
        expires_at: times::expires_at(standing.and_then(|standing| standing.expiry), clock),
        records: share.records.iter().map(record).collect(),
        ended: Vec::new(),
    }
}
