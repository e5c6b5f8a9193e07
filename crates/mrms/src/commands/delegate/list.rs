//! `mrms delegates`: who acts for you, and for whom you act.

use clap::Args;
use mrms_app::Session;
use mrms_app::profile::ProfileError;
use mrms_app::sharing::grant::ShareError;
use mrms_contract::state::Delegation;
use mrms_core::{BurnClock, Principal};
use mrms_home::Names;
use mrms_home::clock::rng;
use mrms_home::wards::Ward;
use mrms_people::FieldText;
use mrms_people::name::quotable;

use crate::commands::sharing::catch_up;
use crate::config::Settings;
use crate::ui::columns::wrap;
use crate::ui::failure::Failure;
use crate::ui::naming::as_subject;
use crate::ui::output::Output;
use crate::ui::powers::powers_words;
use crate::ui::results::delegates::{ListedDelegate, Relation};
use crate::ui::someone::names_or_accounts;
use crate::ui::{short_times, times};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  mrms delegates\n  mrms delegates --all")]
pub(crate) struct DelegatesArgs {
    /// Also show those whose delegation has ended.
    #[arg(long)]
    all: bool,
}

pub(crate) fn run(
    args: &DelegatesArgs,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let me = Principal::from(settings.home.account()?);
    let actor = settings.home.unlock_quietly()?;
    let home = settings.home.open()?;
    let session = home.session();
    let names = names_or_accounts(&[], actor.as_ref(), settings, output)?;
    if let Some(actor) = &actor {
        catch_up::run(&session, actor, &names, output);
    }
    let clock = session.ledger.tip()?.clock();
    let handed_over = session.handed_over(&me)?;
    // Whoever acts for the patient acts for the successor from then on.
    let mine = match &handed_over {
        Some(_) => Vec::new(),
        None => session.delegates(&me)?,
    };
    let in_care = settings.home.wards()?;
    let ward_of = |patient: &Principal, guardian: &Principal, delegation: &Delegation| {
        in_care.iter().find(|ward| ward.ends(patient, guardian, delegation.expiry))
    };
    let theirs = session.represented_by(&me, clock.height)?;
    let lacking = match &actor {
        // What is damaged was named before; who acts is told all the same.
        Some(actor) => match session.lacking_keys(actor, &session.records_of(&me)?) {
            Err(ShareError::Profile(ProfileError::Damaged { .. })) => None,
            lacking => Some(lacking?),
        },
        None => None,
    };
    let mut told = 0;
    for one in &mine {
        let is_live = one.delegation.powers_at(clock.height).is_some();
        if !is_live && !args.all {
            continue;
        }
        told += 1;
        let sees = one.delegation.powers.include(mrms_core::Powers::SEE);
        let keys = lacking.as_ref().filter(|_| is_live && sees);
        let lacks = keys.map(|keys| keys.get(&one.user).copied());
        let (user, delegation) = (&one.user, &one.delegation);
        let ward = ward_of(&me, user, delegation).filter(|_| is_live);
        let listed = Listed { names: &names, clock, user, says: None, delegation, ward };
        let who = as_subject(&names, &one.user);
        let mut text = match is_live {
            true => format!("{who} acts for you: {}", powers_words(one.delegation.powers)),
            false => format!("{who} acted for you: {}", powers_words(one.delegation.powers)),
        };
        text = format!("{}\n{}", wrap(&text, 2), listed.end());
        match lacks {
            Some(None) => text.push_str(
                "\n  no keys were left: this profile does not remember that it named them; name them again",
            ),
            Some(Some(lacking)) if lacking > 0 => {
                text.push_str(&format!("\n  the keys of {lacking} records are still to be left"));
            }
            _ => {}
        }
        output.result(&listed.object(Relation::ActsForMe, lacks.flatten()), &text)?;
    }
    for one in &theirs {
        told += 1;
        let delegation = &one.delegation;
        let ward = ward_of(&one.patient, &me, delegation);
        let former = former_name(&session, &names, &one.patient)?;
        let is_named = former.is_some() || names.name_of(&one.patient).is_some();
        let says = match actor.as_ref().filter(|_| !is_named) {
            // Without it the account is shown.
            Some(actor) => session.learn_patient(actor, &one.patient, &mut rng()).ok().flatten(),
            None => None,
        };
        let says = says.as_ref().map(FieldText::as_str);
        let listed = Listed { names: &names, clock, user: &one.patient, says, delegation, ward };
        let who = match (former, says) {
            (Some(former), _) => format!("{former} (new account {})", one.patient),
            (None, Some(says)) => {
                format!("{}, said to be “{}”", names.shown(&one.patient), quotable(says))
            }
            (None, None) => names.shown(&one.patient),
        };
        let text = format!("you act for {who}: you {}", powers_words(delegation.powers));
        let text = format!("{}\n{}", wrap(&text, 2), listed.end());
        output.result(&listed.object(Relation::IActFor, None), &text)?;
    }
    if let Some(it) = handed_over.as_ref().filter(|_| !output.is_json()) {
        let to = as_subject(&names, &it.to);
        output.text(&wrap(
            &format!("nobody acts for you as a patient any more: everything was handed over. {to} says who acts for them"),
            2,
        ))?;
    } else if told == 0 && !output.is_json() {
        output.text(
            "nobody acts for you, and you act for nobody\n\
             mrms delegate NAME --may see,share,add --for 365d lets somebody act for you",
        )?;
    }
    if !theirs.is_empty() && !output.is_json() {
        output.text("mrms as NAME COMMAND acts for somebody, such as mrms as NAME list")?;
    }
    Ok(())
}

/// What somebody without a name is called by the name of who handed over to them.
fn former_name(
    session: &Session<'_>,
    names: &Names,
    patient: &Principal,
) -> Result<Option<String>, Failure> {
    if names.name_of(patient).is_some() {
        return Ok(None);
    }
    let formers = session.predecessors(patient)?;
    // The latest is who they were last.
    let named = formers.iter().rev().find(|(former, _)| names.name_of(former).is_some());
    Ok(named.map(|(former, _)| names.shown(former)))
}

/// One of the list.
struct Listed<'l> {
    names: &'l Names,
    clock: BurnClock,
    user: &'l Principal,
    /// What a patient without a name calls themselves.
    says: Option<&'l str>,
    delegation: &'l Delegation,
    /// The ward, where it ends with the day on which they grow up.
    ward: Option<&'l Ward>,
}

impl<'l> Listed<'l> {
    fn end(&self) -> String {
        match self.ward {
            Some(ward) => format!("  {}", short_times::until_said(ward.terms.grows_up, self.clock)),
            None => format!("  {}", times::expiry_words(self.delegation.expiry, self.clock)),
        }
    }

    fn object(&self, relation: Relation, keys_lacking: Option<usize>) -> ListedDelegate<'l> {
        let Delegation { powers, expiry, .. } = *self.delegation;
        ListedDelegate {
            user: self.user,
            user_name: self.names.name_of(self.user),
            user_calls_themselves: self.says,
            relation,
            powers,
            live: self.delegation.powers_at(self.clock.height).is_some(),
            expiry,
            expires_at: times::expires_at(expiry, self.clock),
            keys_lacking,
        }
    }
}
