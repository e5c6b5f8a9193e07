//! `mrms contacts`: whom the patient has named, and who named this person.

use mrms_contract::state::Contact;
use mrms_core::{BurnClock, Principal};

use super::SECONDS_A_BLOCK;
use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::output::Output;
use crate::ui::powers::in_words;
use crate::ui::results::contacts::{ContactRelation, ListedContact};
use crate::ui::someone::names_or_accounts;
use crate::ui::times;

pub(crate) fn list(settings: &Settings, output: Output) -> Result<(), Failure> {
    let me = Principal::from(settings.home.account()?);
    let actor = settings.home.unlock_quietly()?;
    let names = names_or_accounts(&[], actor.as_ref(), settings, output)?;
    let home = settings.home.open()?;
    let session = home.session();
    let clock = session.ledger.tip()?.clock();
    let mine = session.contacts_of(&me)?;
    let theirs = session.contact_for(actor.as_ref(), &me)?;
    let object = |who, contact: &Contact, relation| {
        let ready = contact.ready_at.map(|height| clock.time_of(height));
        ListedContact {
            who,
            who_name: names.name_of(who),
            relation,
            powers: contact.powers,
            wait: contact.wait,
            ready_at: contact.ready_at,
            ready: ready.map(times::rfc3339),
        }
    };
    for (who, contact) in &mine {
        output.result(
            &object(who, contact, ContactRelation::MyContact),
            &format!(
                "{}\n  may, as a delegate: {}\n  {}",
                names.shown(who),
                in_words(contact.powers),
                state(contact, clock)
            ),
        )?;
    }
    for (patient, contact) in &theirs {
        output.result(
            &object(patient, contact, ContactRelation::IAmTheirs),
            &format!(
                "you are a contact of {}\n  you may, as a delegate: {}\n  {}",
                names.shown(patient),
                in_words(contact.powers),
                own_state(contact, clock)
            ),
        )?;
    }
    if output.is_json() {
        return Ok(());
    }
    if mine.is_empty() && theirs.is_empty() {
        output.text("no contacts: mrms contact NAME --may see --wait 7d names one")?;
    }
    match actor {
        None => output.note(
            "who named you as a contact is looked for among your people, who are locked: mrms key unlock opens them for a while",
        ),
        Some(_) if theirs.is_empty() => output.note(
            "nobody among your people named you as a contact; somebody else may have: mrms people add adds them",
        ),
        Some(_) => {}
    }
    Ok(())
}

/// How it stands, to the patient.
fn state(contact: &Contact, clock: BurnClock) -> String {
    match contact.ready_at {
        None => format!("has not asked; waits {} after that", wait(contact)),
        Some(height) if clock.height >= height => {
            "ASKED, and can begin at any moment: mrms contact refuse stops it".to_owned()
        }
        Some(height) => format!(
            "ASKED, and can begin from {} on: mrms contact refuse stops it",
            times::day_and_time(clock.time_of(height))
        ),
    }
}

/// How it stands, to the contact.
fn own_state(contact: &Contact, clock: BurnClock) -> String {
    match contact.ready_at {
        None => format!(
            "you have not asked: mrms contact ask begins the wait of {}, in which they can refuse",
            wait(contact)
        ),
        Some(height) if clock.height >= height => {
            "you asked, and the wait is over: mrms contact accept makes you their delegate"
                .to_owned()
        }
        Some(height) => format!(
            "you asked: mrms contact accept works from {} on (estimated), unless they refuse",
            times::day_and_time(clock.time_of(height))
        ),
    }
}

fn wait(contact: &Contact) -> String {
    times::duration_words(contact.wait.saturating_mul(SECONDS_A_BLOCK))
}
