//! `mrms contact` and `mrms contacts`: people whom a patient trusts to act for them later, after a wait.

mod list;

pub(crate) use list::list;

use std::slice::from_ref;

use clap::{Args, Subcommand};
use mrms_app::Actor;
use mrms_app::contacts::{LONGEST_WAIT, TermsOfContact};
use mrms_app::sharing::recipients::ChangedKey;
use mrms_contract::ContractError;
use mrms_core::{Powers, Principal};
use mrms_home::{Names, OpenHome};

use crate::commands::sharing::changed_key::{self, Consent};
use crate::commands::sharing::unasked::{by_node, must_not_come};
use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::outcome::done;
use crate::ui::output::{Output, confirm};
use crate::ui::powers::{self, Power, in_words};
use crate::ui::reasons::refusal_failure;
use crate::ui::results::contacts::{AskedToAct, BecameDelegate, NamedContact, RemovedContact};
use crate::ui::someone::{Someone, names_or_accounts};
use crate::ui::terminal;
use crate::ui::times::{self, LetterM};

/// About how long a burn block lasts.
const SECONDS_A_BLOCK: u64 = 600;

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "A contact can do nothing yet. When they ask, every command of yours tells you, and so does mrms \
    watch; you can refuse during the whole wait, and after it as long as they have not accepted. Then they are a \
    delegate until you end it. Naming somebody again replaces what you said before. Somebody who is called ask, \
    accept or refuse is meant by their principal.\n\n\
    Examples:\n  \
    mrms contact 'My neighbour' --may see --wait 7d\n  \
    mrms contact 'My neighbour' --remove\n  \
    mrms contact refuse 'My neighbour'\n\n\
    As the contact:\n  \
    mrms contacts\n  \
    mrms contact ask Maria\n  \
    mrms contact accept Maria"
)]
pub(crate) struct ContactArgs {
    /// Who may become a delegate after a wait: a name among your people, or a principal.
    #[arg(value_name = "NAME", required = true)]
    who: Option<Someone>,
    /// What they may do for you then: see, share, add; joined by commas.
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "POWERS",
        hide_possible_values = true,
        required_unless_present = "remove"
    )]
    may: Vec<Power>,
    /// How long they wait after they ask, and you can refuse: 12h, 7d, 8w; at most a year.
    #[arg(long, value_name = "DURATION", required_unless_present = "remove")]
    wait: Option<String>,
    /// They are no contact any more, whether they have asked or not.
    #[arg(long, conflicts_with_all = ["may", "wait"])]
    remove: bool,
    /// Trust their new key if it changed since you last shared with them; compare the fingerprint
    /// with them first. Without it: the command shows both fingerprints and asks.
    #[arg(long, conflicts_with = "remove")]
    accept_changed_key: bool,
    #[command(subcommand)]
    step: Option<Step>,
}

impl ContactArgs {
    /// Whether it ends something that somebody was given.
    pub(crate) const fn ends(&self) -> bool {
        self.remove || matches!(self.step, Some(Step::Refuse { .. }))
    }
}

#[derive(Debug, Subcommand)]
enum Step {
    /// As a contact: ask to act for a patient. The wait begins.
    Ask {
        /// The patient: a name among your people, or a principal.
        patient: Someone,
    },
    /// As a contact: become a delegate, after the wait.
    Accept {
        /// The patient: a name among your people, or a principal.
        patient: Someone,
    },
    /// As the patient: refuse a contact who asked. They can't ask again until you name them again.
    Refuse {
        /// The contact: a name among your people, or a principal.
        contact: Someone,
    },
}

/// What every one of these works with.
struct Scene {
    actor: Actor,
    home: OpenHome,
    names: Names,
    other: Principal,
}

impl Scene {
    fn of(
        other: &Someone,
        is_refusal: bool,
        settings: &Settings,
        output: Output,
    ) -> Result<Self, Failure> {
        let actor = settings.home.unlock()?;
        let names = names_or_accounts(from_ref(other), Some(&actor), settings, output)?;
        let other = other.resolve(&names)?;
        if is_refusal {
            terminal::refuse(&other);
        }
        let home = settings.home.open()?;
        home.fund(&actor)?;
        Ok(Self { actor, home, names, other })
    }

    fn shown(&self) -> String {
        self.names.shown(&self.other)
    }

    fn name(&self) -> Option<&str> {
        self.names.name_of(&self.other)
    }
}

pub(crate) fn run(args: ContactArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    match args.step {
        Some(Step::Ask { patient }) => ask(&patient, settings, output),
        Some(Step::Accept { patient }) => accept(&patient, settings, output),
        Some(Step::Refuse { contact }) => remove(&contact, settings, output),
        None => {
            let missing = || Failure::usage("say who").hint("mrms contact --help shows examples");
            let who = args.who.as_ref().ok_or_else(missing)?;
            if args.remove {
                return remove(who, settings, output);
            }
            let consent = Consent::of_flag(args.accept_changed_key);
            let wait = args.wait.as_deref().unwrap_or_default();
            name(who, (&args.may, wait), consent, settings, output)
        }
    }
}

/// The wait in burn blocks, rounded up.
fn blocks(text: &str) -> Result<u64, Failure> {
    let blocks = times::parse_duration(text, LetterM::Unclear)?.div_ceil(SECONDS_A_BLOCK);
    if blocks > LONGEST_WAIT {
        return Err(Failure::usage(format!("{text:?} is longer than a year"))
            .hint("a contact waits a year at most: 52w"));
    }
    Ok(blocks)
}

fn name(
    who: &Someone,
    (may, wait): (&[Power], &str),
    consent: Consent,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let wait = blocks(wait)?;
    let nothing =
        || Failure::usage("say what they may do").hint("--may see,share,add, or some of it");
    let powers = powers::together(may).ok_or_else(nothing)?;
    let scene = Scene::of(who, false, settings, output)?;
    let session = scene.home.session();
    if scene.other == scene.actor.principal() {
        return Err(refusal_failure(ContractError::SelfDelegate));
    }
    let mut changed_key = ChangedKey::Refuse;
    if powers.include(Powers::SEE) {
        scene.home.must_be_reached_by(&scene.other, &settings.home)?;
        changed_key =
            changed_key::settle(&session, Some(&scene.actor), &scene.other, consent, output)?;
    }
    let waiting = times::duration_words(wait.saturating_mul(SECONDS_A_BLOCK));
    session.ledger.step_aside();
    confirm(
        &format!(
            "{} may then act for you ({}), {waiting} after they ask and unless you refuse meanwhile. Go ahead?",
            scene.shown(),
            in_words(powers)
        ),
        settings.yes,
    )?;
    let terms = TermsOfContact { powers, wait, changed_key };
    let named = session.name_contact(&scene.actor, &scene.other, terms)?;
    let Some(()) = done(named, output)? else { return Ok(()) };
    output.result(
        &NamedContact { who: &scene.other, who_name: scene.name(), powers, wait },
        &format!(
            "{} is a contact of yours\n  may       {}\n  waits     {waiting} after they ask: mrms contact ask, in their profile\n  you       are told by every command, and refuse with mrms contact refuse",
            scene.shown(),
            in_words(powers)
        ),
    )
}

fn remove(who: &Someone, settings: &Settings, output: Output) -> Result<(), Failure> {
    let scene = Scene::of(who, true, settings, output)?;
    let session = scene.home.session();
    let refused = session.refuse_contact(&scene.actor, &scene.other);
    let refused = refused.map_err(|error| by_node(error.into(), &scene.home))?;
    let Some(contact) = done(refused, output)? else { return Ok(()) };
    let had_asked = contact.is_some_and(|contact| contact.ready_at.is_some());
    let begins = if had_asked { "refused" } else { "no contact any more" };
    output.result(
        &RemovedContact { who: &scene.other, who_name: scene.name(), had_asked },
        &format!(
            "{}: {begins}\n  they can't ask until you name them again: mrms contact NAME --may … --wait …",
            scene.shown()
        ),
    )?;
    must_not_come(&session, std::slice::from_ref(&scene.other))
}

fn ask(patient: &Someone, settings: &Settings, output: Output) -> Result<(), Failure> {
    let scene = Scene::of(patient, false, settings, output)?;
    let asked = scene.home.session().ask_for_delegation(&scene.actor, &scene.other)?;
    let Some((contact, ready)) = done(asked, output)? else { return Ok(()) };
    output.result(
        &AskedToAct {
            patient: &scene.other,
            patient_name: scene.name(),
            powers: contact.powers,
            ready_at: contact.ready_at,
            ready: times::rfc3339(ready),
        },
        &format!(
            "asked to act for {}: {}\n  they are told, and can refuse\n  otherwise mrms contact accept works from {} on (estimated)",
            scene.shown(),
            in_words(contact.powers),
            times::day_and_time(ready)
        ),
    )
}

fn accept(patient: &Someone, settings: &Settings, output: Output) -> Result<(), Failure> {
    let scene = Scene::of(patient, false, settings, output)?;
    let accepted = scene.home.session().accept_delegation(&scene.actor, &scene.other)?;
    let Some(powers) = done(accepted, output)? else { return Ok(()) };
    output.result(
        &BecameDelegate { patient: &scene.other, patient_name: scene.name(), powers },
        &format!(
            "you act for {} now: {}\n  it stands in their log, and they can end it{}",
            scene.shown(),
            in_words(powers),
            match powers.include(Powers::SEE) {
                true => "\n  a program of theirs leaves you the keys, and has to run once: any command, mrms up or the portal",
                false => "",
            }
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wait_is_counted_in_whole_burn_blocks_and_is_a_year_at_most() {
        assert_eq!(blocks("7d").ok(), Some(1_008));
        assert_eq!(blocks("1min").ok(), Some(1));
        assert_eq!(blocks("365d").ok(), Some(LONGEST_WAIT));
        assert!(blocks("366d").is_err());
        assert!(blocks("7").is_err());
    }
}
