//! `mrms staff list`: who belongs to one's organisation, and for which organisations one opens.

use std::collections::BTreeMap;

use clap::Args;
use mrms_app::profile::staff::HeldKeys;
use mrms_app::staff::members::{Staff, StaffMember};
use mrms_app::staff::unconfirmed::Unconfirmed;
use mrms_contract::read;
use mrms_contract::state::Membership;
use mrms_core::{BurnClock, Principal};
use mrms_crypto::Fingerprint;
use mrms_home::Names;

use super::quoted;
use crate::commands::people::known::root_of;
use crate::config::Settings;
use crate::ui::columns::{cut, pad};
use crate::ui::failure::{Failure, chain};
use crate::ui::naming::{as_subject, in_column};
use crate::ui::output::Output;
use crate::ui::results::record::GrantState;
use crate::ui::results::staff::{JoinedStaff, ListedMember};
use crate::ui::someone::names_or_accounts;
use crate::ui::{short_times, times};

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Also list those whose membership has ended.
    #[arg(long)]
    all: bool,
}

pub(super) fn run(args: &ListArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let me = Principal::from(settings.home.account()?);
    let actor = settings.home.unlock_quietly()?;
    let names = names_or_accounts(&[], actor.as_ref(), settings, output)?;
    let home = settings.home.open()?;
    let session = home.session();
    let clock = session.ledger.tip()?.clock();
    let staff = session.staff(&me)?;
    let unconfirmed = match &actor {
        Some(actor) => session.unconfirmed_staff(actor, &staff).unwrap_or_else(|error| {
            // The list is of the ledger, and goes without.
            output.note(&format!("what is not confirmed yet is not known: {}", chain(&error)));
            BTreeMap::new()
        }),
        None => BTreeMap::new(),
    };
    let listed: Vec<_> = staff
        .members
        .iter()
        .filter(|one| args.all || one.membership.is_live(clock.height))
        .collect();
    for member in &listed {
        let is_ending = unconfirmed.get(&member.principal) == Some(&Unconfirmed::Ending);
        let object = ListedMember { ending: is_ending, ..object(member, &staff, &names, clock) };
        output.result(&object, &line(member, &staff, &names, clock))?;
    }
    let mut has_joined = false;
    if let Some(actor) = &actor {
        for (organisation, keys) in session.profile.held_keys(&root_of(actor)?, session.contract)? {
            let membership = session.ask(&read::member(&organisation, &me))?;
            // What patients compare with whoever works there; without the ledger's word the list goes without.
            let key = session.published_fingerprint(&organisation).ok();
            tell_joined(&organisation, membership, Some((&keys, key)), (&names, clock), output)?;
            has_joined = true;
        }
    }
    for (member, what) in &unconfirmed {
        let who = as_subject(&names, member);
        output.note(&match what {
            Unconfirmed::Ending => format!(
                "{who} was removed by you, and no block is known to have that: mrms staff remove {} sends it again",
                quoted(&names, member)
            ),
            Unconfirmed::Naming => format!(
                "{who} was named by you, and the ledger does not show it: mrms staff add {} names them again",
                quoted(&names, member)
            ),
        });
    }
    if output.is_json() {
        return Ok(());
    }
    if listed.is_empty() && !has_joined {
        output.text(
            "nobody is on your staff, and you are on nobody's: mrms staff add names somebody",
        )?;
    }
    if staff.is_key_due {
        output.note("somebody who has your newest key was removed, or their time ran out: mrms staff remove NAME, without --keep-key, begins a new one");
    }
    let ended = staff.members.len() - listed.len();
    if ended > 0 {
        output.note(&match ended {
            1 => "1 more is no member any more: --all lists them".to_owned(),
            ended => format!("{ended} more are no members any more: --all lists them"),
        });
    }
    if actor.is_none() && !listed.is_empty() {
        output.note("names are encrypted: mrms key unlock shows them for a while");
    }
    Ok(())
}

/// Tells an organisation that one belongs to, or did.
pub(super) fn tell_joined(
    organisation: &Principal,
    membership: Option<Membership>,
    keys: Option<(&HeldKeys, Option<Fingerprint>)>,
    (names, clock): (&Names, BurnClock),
    output: Output,
) -> Result<(), Failure> {
    let is_live = membership.is_some_and(|membership| membership.is_live(clock.height));
    let expiry = membership.and_then(|membership| membership.expiry);
    let shown = names.shown(organisation);
    let held = keys.as_ref().map(|(held, _)| *held);
    let fingerprint = keys.and_then(|(_, key)| key).filter(|_| is_live).map(|key| key.to_string());
    let text = match (is_live, held) {
        (true, Some(_)) => {
            let text = format!("you open for {shown}, {}", times::until_words(expiry, clock));
            match &fingerprint {
                Some(key) => format!(
                    "{text}\n  fingerprint of its key, which patients compare with you:\n  {key}"
                ),
                None => text,
            }
        }
        (true, None) => format!("you hold no key of {shown}: mrms staff join takes it"),
        (false, _) => match expiry {
            Some(height) => {
                let day = short_times::day(clock.time_of(height));
                format!("you opened for {shown} until {day}; mrms staff leave forgets its key")
            }
            None => format!("{shown} does not name you a member"),
        },
    };
    output.result(
        &JoinedStaff {
            organisation,
            organisation_name: names.name_of(organisation),
            state: state(is_live),
            expiry,
            expires_at: times::expires_at(expiry, clock),
            key: held.map(|held| held.version),
            fingerprint,
        },
        &text,
    )
}

const fn state(is_live: bool) -> GrantState {
    if is_live { GrantState::Open } else { GrantState::Closed }
}

fn line(member: &StaffMember, staff: &Staff, names: &Names, clock: BurnClock) -> String {
    let until = match member.membership.is_live(clock.height) {
        true => short_times::until(member.membership.expiry, clock),
        false => short_times::ended(member.membership.expiry, clock),
    };
    let key = match (member.has_key, staff.key) {
        (None, _) => "has not taken the key yet",
        (Some(has), Some(newest)) if has == newest => "has the key",
        (Some(_), _) => "has an older key",
    };
    let name = cut(&in_column(names, &member.principal), 30);
    format!("{}  {until:<20}  {key}", pad(&name, 30))
}

fn object<'a>(
    member: &'a StaffMember,
    staff: &Staff,
    names: &'a Names,
    clock: BurnClock,
) -> ListedMember<'a> {
    let expiry = member.membership.expiry;
    ListedMember {
        member: &member.principal,
        member_name: names.name_of(&member.principal),
        state: state(member.membership.is_live(clock.height)),
        expiry,
        expires_at: times::expires_at(expiry, clock),
        since: times::rfc3339(clock.time_of(member.since)),
        has_key: member.has_key,
        key: staff.key,
        key_due: staff.is_key_due,
        ending: false,
    }
}
