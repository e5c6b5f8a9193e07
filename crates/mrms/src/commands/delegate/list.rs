//! `mrms delegates`: who acts for you, and for whom you act.

use clap::Args;
use mrms_contract::state::Delegation;
use mrms_core::{BurnClock, Principal};
use mrms_home::Names;

use crate::commands::sharing::catch_up;
use crate::config::Settings;
use crate::ui::columns::wrap;
use crate::ui::failure::Failure;
use crate::ui::naming::as_subject;
use crate::ui::output::Output;
use crate::ui::powers::powers_words;
use crate::ui::results::delegates::{ListedDelegate, Relation};
use crate::ui::times;

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
    let names = settings.home.names(actor.as_ref())?;
    if let Some(actor) = &actor {
        catch_up::run(&session, actor, &names, output);
    }
    let clock = session.ledger.tip()?.clock();
    let mine = session.delegates(&me)?;
    let theirs = session.represented_by(&me, clock.height)?;
    let lacking = match &actor {
        Some(actor) => Some(session.lacking_keys(actor, &session.records_of(&me)?)?),
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
        let listed = Listed { names: &names, clock, user: &one.user, delegation: &one.delegation };
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
        let listed = Listed { names: &names, clock, user: &one.patient, delegation };
        let who = names.shown(&one.patient);
        let text = format!("you act for {who}: you {}", powers_words(delegation.powers));
        let text = format!("{}\n{}", wrap(&text, 2), listed.end());
        output.result(&listed.object(Relation::IActFor, None), &text)?;
    }
    if told == 0 && !output.is_json() {
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

/// One of the list.
struct Listed<'l> {
    names: &'l Names,
    clock: BurnClock,
    user: &'l Principal,
    delegation: &'l Delegation,
}

impl<'l> Listed<'l> {
    fn end(&self) -> String {
        format!("  {}", times::expiry_words(self.delegation.expiry, self.clock))
    }

    fn object(&self, relation: Relation, keys_lacking: Option<usize>) -> ListedDelegate<'l> {
        let Delegation { powers, expiry, .. } = *self.delegation;
        ListedDelegate {
            user: self.user,
            user_name: self.names.name_of(self.user),
            relation,
            powers,
            live: self.delegation.powers_at(self.clock.height).is_some(),
            expiry,
            expires_at: times::expires_at(expiry, self.clock),
            keys_lacking,
        }
    }
}
