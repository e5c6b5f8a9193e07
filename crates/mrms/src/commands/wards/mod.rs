//! `mrms ward`: a child's profile in a parent's home, with the day on which the child grows up.

use clap::Subcommand;
use mrms_app::Actor;
use mrms_app::ledger::LedgerError;
use mrms_app::sharing::of_all::TermsOfAll;
use mrms_app::sharing::recipients::ChangedKey;
use mrms_core::{BurnClock, BurnHeight, Powers, Principal, UnixTime};
use mrms_crypto::{IdentityIndex, Words};
use mrms_home::clock::{now, rng};
use mrms_home::keys::actor_of;
use mrms_home::wards::WardTerms;
use mrms_home::{HomeError, ProfileName};

use crate::commands::home::init;
use crate::commands::sharing::tending;
use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::outcome::always_done;
use crate::ui::output::Output;
use crate::ui::results::wards::{ListedWard, MadeWard};
use crate::ui::{short_times, times};

#[derive(Debug, Subcommand)]
pub(crate) enum WardCommand {
    /// Make a profile for a child: you act for them until they grow up.
    Add {
        /// Name of the child's profile: small letters, digits and -, at most 32.
        name: ProfileName,
        /// The day on which they grow up, such as 2040-05-17: what you may do for them ends with it.
        #[arg(long, value_name = "DAY")]
        grows_up: String,
    },
    /// List the children with a profile in this home, and when they grow up.
    List,
}

impl WardCommand {
    pub(crate) fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        match self {
            Self::Add { name, grows_up } => add(name, &grows_up, settings, output),
            Self::List => list(settings, output),
        }
    }
}

fn add(name: ProfileName, day: &str, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_not_rehearse("ward add")?;
    let guardian = Principal::from(settings.home.account()?);
    let grows_up = times::grant_end(day, now())?;
    let (until, clock) = height_of(grows_up, settings)?;
    let terms = WardTerms { guardian: guardian.clone(), grows_up, until };
    let child = settings.as_profile(name.clone(), output);
    let actor = begun(&name, &terms, &child, output)?;
    let home = child.home.open()?;
    home.fund(&actor)?;
    let session = home.session();
    // The guardian's key is of this home: nobody has to compare it.
    let terms =
        TermsOfAll { allows: Powers::ALL, expiry: Some(until), changed_key: ChangedKey::Accept };
    always_done(session.name_delegate(&actor, &guardian, terms)?)?;
    let names = child.home.names(Some(&actor))?;
    tending::everything(&session, &actor, &names, output)?;
    drop(home);
    // The child reads who looks after them by name. Whoever would have to be asked for their passphrase leaves it with the
    // first command that acts for the child.
    if let Some(own) = settings.home.unlock_quietly()? {
        let (home, child) = (settings.home.open()?, actor.principal());
        settings.home.know_ward(&home, &own, &child);
        settings.home.leave_names(&home, &own, &child);
    }
    output.result(
        &MadeWard {
            profile: name.as_str(),
            principal: actor.principal,
            guardian: &guardian,
            grows_up: times::rfc3339(grows_up),
            expiry: until,
        },
        &format!(
            "profile {name} is ready: {}\n  you act for them {}: it stands in their log\n  use       mrms --profile {name} COMMAND\n  then      mrms --profile {name} hand-over offer CARD, with the card of their own new profile\nWrite down the 24 words of the profile: mrms --profile {name} key words shows them.",
            actor.principal,
            short_times::until_said(grows_up, clock),
        ),
    )
}

/// The burn height of the day, as the ledger counts now.
fn height_of(grows_up: UnixTime, settings: &Settings) -> Result<(BurnHeight, BurnClock), Failure> {
    let home = settings.home.open()?;
    let clock = home.session().ledger.tip()?.clock();
    Ok((times::expiry_until(grows_up, clock)?, clock))
}

/// The child's profile, made now, or by an earlier command that was interrupted.
fn begun(
    name: &ProfileName,
    terms: &WardTerms,
    child: &Settings,
    output: Output,
) -> Result<Actor, Failure> {
    let wards = child.home.wards()?;
    let is_begun =
        wards.iter().any(|ward| ward.profile == *name && ward.terms.guardian == terms.guardian);
    if is_begun {
        let actor = child.home.unlock()?;
        child.home.note_ward(terms)?;
        child.home.keep_settings_voucher(&actor.principal)?;
        return Ok(actor);
    }
    let words = Words::generate(&mut rng());
    // Before anything is made: a profile that can't let its guardian act helps nobody.
    let account = actor_of(&words, IdentityIndex::FIRST, child.home.network()?)?.principal;
    if !child.home.pays_for(&account)? {
        let refusal = LedgerError::SponsorRefused {
            code: "not-eligible".to_owned(),
            reason: "it does not know the child's account, and your voucher is for your own"
                .to_owned(),
        };
        return Err(Failure::from(HomeError::from(refusal)).hint(
            "nothing was made. Ask whoever runs the sponsor for a voucher for the child, and run this again with MRMS_SPONSOR_VOUCHER set to it; or make the profile under Family in mrms portal, with an invitation for the child",
        ));
    }
    let made = init::make(&words, IdentityIndex::FIRST, child)?;
    child.home.note_ward(terms)?;
    child.home.keep_settings_voucher(&account)?;
    init::show_new_words(&words, output)?;
    Ok(made.actor)
}

fn list(settings: &Settings, output: Output) -> Result<(), Failure> {
    let wards = settings.home.wards()?;
    if wards.is_empty() && !output.is_json() {
        return output
            .text("no children have a profile here: mrms ward add NAME --grows-up DAY makes one");
    }
    let home = settings.home.open()?;
    let session = home.session();
    let clock = session.ledger.tip()?.clock();
    for ward in &wards {
        let handed_over = session.handed_over(&ward.principal.into())?;
        let days = ward.terms.until.since(clock.height).div_ceil(144);
        let state = match (&handed_over, days) {
            (Some(it), _) => format!("has taken everything over as {}", it.to),
            (None, 0) => "has grown up; nothing was handed over yet".to_owned(),
            (None, _) => format!("{} left", times::time_left(ward.terms.grows_up, clock)),
        };
        output.result(
            &ListedWard {
                profile: ward.profile.as_str(),
                principal: ward.principal,
                guardian: &ward.terms.guardian,
                grows_up: times::rfc3339(ward.terms.grows_up),
                days_left: days,
                handed_over_to: handed_over.as_ref().map(|it| &it.to),
            },
            &format!(
                "{:<16} grows up on {}: {state}",
                ward.profile,
                short_times::day(times::said_day(ward.terms.grows_up))
            ),
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_that_was_said_is_told_and_not_the_midnight_after_it() {
        let now = UnixTime::from_seconds(1_795_856_400);
        let clock = BurnClock { height: BurnHeight::new(900_000), began: now, now };
        let Ok(grows_up) = times::grant_end("2044-05-17", now) else { panic!("a day") };
        let told = short_times::until_said(grows_up, clock);
        assert!(told.starts_with("until 17 May 2044 (") && told.ends_with(" days left)"), "{told}");
    }
}
