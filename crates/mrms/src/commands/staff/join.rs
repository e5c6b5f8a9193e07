//! `mrms staff join` and `leave`: a member takes an organisation's key, and forgets it.

use clap::Args;
use mrms_contract::read;
use mrms_core::Principal;
use mrms_home::clock::rng;

use super::list::tell_joined;
use super::opening::with_its_end;
use super::quoted;
use crate::commands::people::known::root_of;
use crate::config::Settings;
use crate::ui::failure::{Exit, Failure};
use crate::ui::outcome::always_done;
use crate::ui::output::{Output, confirm};
use crate::ui::someone::Someone;

#[derive(Debug, Args)]
#[command(
    after_help = "The organisation reads in its log that you took the key. A key that it begins later comes by \
    itself. On a new device, after mrms key recover, take it again.\n\n\
    Examples:\n  \
    mrms staff join\n  \
    mrms staff join 'Clinic Nord'"
)]
pub(crate) struct JoinArgs {
    /// Which organisation: its name among your people, or its principal. Without it: every one that
    /// names you, after a question.
    #[arg(value_name = "NAME")]
    organisation: Option<Someone>,
}

#[derive(Debug, Args)]
pub(crate) struct LeaveArgs {
    /// Which organisation: its name among your people, or its principal.
    #[arg(value_name = "NAME")]
    organisation: Someone,
}

pub(super) fn run(args: &JoinArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_not_rehearse("staff join")?;
    let actor = settings.home.unlock()?;
    let names = settings.home.names(Some(&actor))?;
    let home = settings.home.open()?;
    home.fund(&actor)?;
    let session = home.session();
    let me = actor.principal();
    let wanted: Vec<Principal> = match &args.organisation {
        Some(one) => vec![one.resolve(&names)?],
        None => {
            let held = session.organisations(&actor)?;
            let naming = session.organisations_that_name(&me)?;
            naming.into_iter().filter(|one| !held.contains(one)).collect()
        }
    };
    if wanted.is_empty() {
        return Err(Failure::new(
            Exit::NotFound,
            "no-staff",
            "no organisation names you a member that you have not joined",
        )
        .hint(
            "give your card to whoever administers it: mrms card show; they run mrms staff add",
        ));
    }
    let clock = session.ledger.tip()?.clock();
    for organisation in &wanted {
        if args.organisation.is_none() {
            let question = format!(
                "{} names you a member. Do you open records for them?",
                names.shown(organisation)
            );
            session.ledger.step_aside();
            confirm(&question, settings.yes)?;
        }
        let taken = session.take_staff_key(&actor, organisation, &mut rng());
        let taken =
            taken.map_err(|error| with_its_end(error.into(), &session, organisation, &me))?;
        let taken = always_done(taken)?;
        if !taken.has_published {
            output.note(&format!(
                "{} has published another key than those it gave you: tell whoever administers it",
                names.shown(organisation)
            ));
        }
        let membership = session.ask(&read::member(organisation, &me))?;
        let held = session.profile.held_keys(&root_of(&actor)?, session.contract)?;
        let key = session.published_fingerprint(organisation).ok();
        let held = held.get(organisation).map(|held| (held, key));
        tell_joined(organisation, membership, held, (&names, clock), output)?;
        output.note(&format!(
            "mrms list --organisation {} lists what it was granted",
            quoted(&names, organisation)
        ));
    }
    Ok(())
}

pub(super) fn leave(args: &LeaveArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_not_rehearse("staff leave")?;
    let actor = settings.home.unlock()?;
    let names = settings.home.names(Some(&actor))?;
    let organisation = args.organisation.resolve(&names)?;
    let home = settings.home.open()?;
    let session = home.session();
    let clock = session.ledger.tip()?.clock();
    if !session.leave_staff(&actor, &organisation, &mut rng())? {
        return Err(Failure::new(
            Exit::NotFound,
            "no-staff",
            format!("you hold no key of {}", names.shown(&organisation)),
        )
        .hint("mrms staff list shows for whom you open"));
    }
    let membership = session.ask(&read::member(&organisation, &actor.principal()))?;
    tell_joined(&organisation, membership, None, (&names, clock), output)
}
