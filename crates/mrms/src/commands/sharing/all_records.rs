//! `--all-records` of `mrms grant` and `mrms revoke`: access to everything of a patient, later records too.

use mrms_app::sharing::of_all::TermsOfAll;
use mrms_app::sharing::wanted::Wanted;
use mrms_contract::read;

use super::and_yet::Left;
use super::changed_key::{self, Consent};
use super::end::End;
use super::own_name::OwnName;
use super::sooner::Sooner;
use super::tending;
use super::unasked::{must_not_come, tell_unknown};
use crate::commands::contract::sign::SignArgs;
use crate::config::Settings;
use crate::ui::amounts::counted;
use crate::ui::columns::wrap;
use crate::ui::failure::Failure;
use crate::ui::naming::as_subject;
use crate::ui::output::Output;
use crate::ui::results::delegates::{GrantedAllRecords, RevokedAllRecords};
use crate::ui::rights::rights_words;
use crate::ui::someone::{Someone, names_to_end};
use crate::ui::{short_times, times};

/// What was said on the command line of `mrms grant --all-records`.
pub(super) struct AllRecords<'a> {
    pub(super) typed: &'a [String],
    pub(super) people: &'a [Someone],
    pub(super) wanted: Wanted,
    pub(super) end: End,
    pub(super) accept_changed_key: bool,
    pub(super) own_name: &'a OwnName,
    pub(super) sign: &'a SignArgs,
}

/// Whom it is about: with the flag, or the one word that was typed.
fn people(typed: &[String], people: &[Someone], flag: &str) -> Result<Vec<Someone>, Failure> {
    match (typed, people) {
        ([], people) if !people.is_empty() => Ok(people.to_vec()),
        ([one], []) => Ok(vec![one.parse::<Someone>().unwrap_or_else(|never| match never {})]),
        ([], _) => {
            Err(Failure::usage("nobody is named").hint(format!("name the person with {flag}")))
        }
        _ => Err(Failure::usage("--all-records means every record")
            .hint(format!("name the people with {flag}, and no records"))),
    }
}

pub(super) fn grant(
    all: &AllRecords<'_>,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let people = people(all.typed, all.people, "--to")?;
    let actor = settings.home.unlock()?;
    let home = all.sign.open(settings)?;
    let names = settings.home.names(Some(&actor))?;
    let session = home.session();
    all.sign.must_be_one(people.len())?;
    let clock = session.ledger.tip()?.clock();
    let expiry = all.end.expiry(clock)?;
    all.end.tell_shortest(output);
    all.own_name.remember(&session, &actor)?;
    home.fund(&actor)?;
    for one in &people {
        let user = one.resolve(&names)?;
        home.must_be_reached_by(&user, &settings.home)?;
        let consent = Consent::of_flag(all.accept_changed_key);
        let changed_key = changed_key::settle(&session, Some(&actor), &user, consent, output)?;
        let live = session.live_standing(&actor, &user)?;
        let rights = all.wanted.rights(live).map_err(|error| {
            Failure::usage(error).hint("say what they may do: --read-only, or --amend, --emergency")
        })?;
        if !Sooner::is_not_asked(settings)
            && let Some(had) = session.ask(&read::standing_grant(&actor.principal(), &user))?
            && had.rights.is_some()
        {
            let mut sooner = Sooner::than(expiry, clock);
            sooner.note(&format!("all your records to {}", names.shown(&user)), had.expiry);
            sooner.confirm(&session, settings)?;
        }
        let terms = TermsOfAll { allows: rights, expiry, changed_key };
        let granted = session.grant_all(&actor, &user, terms)?;
        let Some(granted) = all.sign.done(granted, output)? else { continue };
        if let Some(fingerprint) = granted.first_seen {
            output.note(&format!(
                "their key is new to this profile: compare {fingerprint} with mrms key show of theirs"
            ));
        }
        let keys = tending::everything(&session, &actor, &names, output)?;
        let own = session.numbered_records_of(&actor.principal())?;
        let shut_out = session.shut_out_of(&user, own.iter().map(|one| one.id))?;
        let mut lines = vec![
            wrap(
                &format!(
                    "{} {}: all your records, later ones too",
                    as_subject(&names, &user),
                    rights_words(rights)
                ),
                2,
            ),
            format!("  {}", times::expiry_words(expiry, clock)),
        ];
        if let Some(before) = granted.before {
            let old = before.rights.map_or("nothing", rights_words);
            lines.push(format!("  before: {old}, {}", short_times::until(before.expiry, clock)));
            let until = short_times::until(expiry, clock);
            lines.push(format!("  now:    {}, {until}", rights_words(rights)));
        }
        lines.push(wrap(&format!("  {}", keys.words()), 4));
        if !shut_out.is_empty() {
            let numbers = own.iter().filter(|one| shut_out.contains(&one.id));
            let numbers: Vec<_> = numbers.map(|one| one.number.to_string()).collect();
            let stay = counted(shut_out.len() as u64, "record stays", "records stay");
            lines.push(wrap(
                &format!(
                    "  but not #{}: {stay} closed to them, since you ended their access to {} before; mrms grant {} --to WHO gives it again",
                    numbers.join(" #"),
                    if shut_out.len() == 1 { "it" } else { "them" },
                    numbers.join(" "),
                ),
                4,
            ));
        }
        if settings.details {
            lines.push(format!("  account      {user}\n  transaction  {}", granted.txid));
        }
        output.result(
            &GrantedAllRecords {
                user: &user,
                user_name: names.name_of(&user),
                all_records: true,
                rights,
                expiry,
                expires_at: times::expires_at(expiry, clock),
                txid: granted.txid,
                keys_left: keys.records,
                keys_to_do: keys.to_do,
                shut_out: &shut_out,
            },
            &lines.join("\n"),
        )?;
    }
    Ok(())
}

pub(super) fn revoke(
    typed: &[String],
    from: &[Someone],
    sign: &SignArgs,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let people = people(typed, from, "--from")?;
    let actor = settings.home.unlock()?;
    let home = sign.open(settings)?;
    let names = names_to_end(&people, &actor, settings, output)?;
    let session = home.session();
    tell_unknown(&session, &actor, output);
    sign.must_be_one(people.len())?;
    home.fund(&actor)?;
    let mut ended = Vec::new();
    for one in &people {
        let user = one.resolve(&names)?;
        let Some(txid) = sign.done(session.end_standing(&actor, &user)?, output)? else { continue };
        let who = as_subject(&names, &user);
        let left = Left::to(&session, &actor, &user);
        let says = match left.sentence(who.trim_end_matches(',')) {
            None => format!("{who} can no longer open all your records, nor later ones"),
            Some(left) => format!("{who}: the grant on all your records has ended\n  {left}"),
        };
        let text = format!(
            "{says}\n  grants on single records stay: mrms shared shows them, mrms stop ends all"
        );
        let result = RevokedAllRecords {
            user: &user,
            user_name: names.name_of(&user),
            all_records: true,
            txid,
            sees_as_delegate: left.acts(),
        };
        output.result(&result, &text)?;
        ended.push(user);
    }
    home.watch_own_vault();
    must_not_come(&session, &ended)
}
