//! For whom a command acts: for oneself, or for a patient whose delegate one is (`mrms as NAME`).
//!
//! Whoever acts for somebody else sees it in the first line of each command and before each question.

use mrms_app::records::find::Lists;
use mrms_app::records::list::NumberedRecord;
use mrms_app::sharing::delegates::Standing;
use mrms_app::{Actor, Session};
use mrms_contract::read;
use mrms_core::{Powers, Principal, RecordId};
use mrms_home::clock::rng;
use mrms_people::name::short;

use super::columns::wrap;
use super::failure::{Exit, Failure};
use super::naming::RecordNames;
use super::output::{self, Output};
use super::powers::powers_words;
use super::reasons::refusal_failure;
use super::record_ref::{Finder, RecordRef, all_of};
use super::someone::{Someone, names_or_accounts};
use super::{short_times, times};
use crate::config::Settings;

/// For whom a command acts.
pub(crate) struct Acting {
    /// Whose records it works on.
    pub(crate) patient: Principal,
    is_other: bool,
    /// How a command begins that works on the same records.
    program: String,
}

/// That somebody has handed over to a new account, which is the patient now, and what to do about it.
fn new_account(former: &str, to: &Principal) -> String {
    format!(
        "{former} has a new account: {to}. This is done for that account. Ask them whether it is theirs, \
         and add their new card: mrms people add CARD"
    )
}

/// A text as it is typed as one word.
fn quoted(text: &str) -> String {
    let is_plain = |one: char| one.is_ascii_alphanumeric() || "/._-+@%:".contains(one);
    match text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

impl Acting {
    /// For whom the command acts, by the command line. For somebody else the power must be there; who acts is told.
    pub(crate) fn of(
        settings: &Settings,
        session: &Session<'_>,
        actor: Option<&Actor>,
        power: Option<Powers>,
        output: Output,
    ) -> Result<Self, Failure> {
        let me = Principal::from(settings.home.account()?);
        let Some(who) = &settings.acting_for else {
            return Ok(Self { patient: me, is_other: false, program: "mrms".to_owned() });
        };
        let program = format!("mrms as {}", quoted(who));
        let Ok(who) = who.parse::<Someone>();
        let names = names_or_accounts(std::slice::from_ref(&who), actor, settings, output)?;
        let typed = who.resolve(&names)?;
        let (patient, shown) = match session.handed_over(&typed)? {
            Some(it) if it.to != me => {
                let former = names.shown(&typed);
                let shown = match names.name_of(&it.to) {
                    Some(_) => names.shown(&it.to),
                    None => format!("{former} (new account {})", short(&it.to)),
                };
                output.note(&wrap(&new_account(&former, &it.to), 2));
                (it.to, shown)
            }
            _ => {
                let shown = names.shown(&typed);
                (typed, shown)
            }
        };
        match session.standing_of(&me, &patient)? {
            Standing::Patient => {
                return Err(Failure::usage("that is yourself").hint("leave out mrms as NAME"));
            }
            Standing::Neither => {
                return Err(Failure::new(
                    Exit::NotAllowed,
                    "not-delegate",
                    format!("you do not act for {shown}: they did not name you, or it has ended"),
                )
                .hint("mrms delegates shows for whom you act; they name you with mrms delegate"));
            }
            Standing::Delegate(powers) => {
                let clock = session.ledger.tip()?.clock();
                let expiry =
                    session.ask(&read::delegate(&patient, &me))?.and_then(|found| found.expiry);
                // What a guardian may do ends with the day that was said.
                let wards = settings.home.wards()?;
                let ward = wards.iter().find(|ward| ward.ends(&patient, &me, expiry));
                let until = match ward {
                    Some(ward) => short_times::until_said(ward.terms.grows_up, clock),
                    None => times::expiry_words(expiry, clock),
                };
                let may = powers_words(powers);
                output.note(&wrap(&format!("for {shown}: you {may}, {until}"), 2));
            }
        }
        if let Some(power) = power {
            let standing = session.standing_of(&me, &patient)?;
            standing.must_have(power).map_err(refusal_failure)?;
        }
        output::act_for(&shown);
        Ok(Self { patient, is_other: true, program })
    }

    /// How a command begins that works on the same records: `mrms`, or `mrms as NAME`.
    pub(crate) fn program(&self) -> &str {
        &self.program
    }

    /// The patient, if it is somebody else.
    pub(crate) fn other(&self) -> Option<&Principal> {
        Some(&self.patient).filter(|_| self.is_other)
    }

    pub(crate) const fn is_other(&self) -> bool {
        self.is_other
    }

    /// In whose lists records are looked up.
    const fn lists(&self) -> Lists<'_> {
        match self.is_other {
            true => Lists::Represented(&self.patient),
            false => Lists::Own(&self.patient),
        }
    }

    /// The records that texts mean.
    pub(crate) fn find(
        &self,
        typed: &[RecordRef],
        session: Session<'_>,
        actor: Option<&Actor>,
    ) -> Result<Vec<RecordId>, Failure> {
        all_of(typed, Finder { session, lists: self.lists(), actor })
    }

    /// The one record that a text means.
    pub(crate) fn find_one(
        &self,
        typed: &RecordRef,
        session: Session<'_>,
        actor: Option<&Actor>,
    ) -> Result<RecordId, Failure> {
        typed.one(Finder { session, lists: self.lists(), actor })
    }

    /// What these records are called.
    pub(crate) fn record_names(
        &self,
        session: &Session<'_>,
        actor: Option<&Actor>,
        records: &[NumberedRecord],
    ) -> Result<RecordNames, Failure> {
        match (self.is_other, actor) {
            (false, actor) => RecordNames::of(session, actor, records),
            (true, Some(actor)) => {
                // Without names the records are shown all the same.
                let names = session.represented_names(actor, records, &mut rng());
                Ok(RecordNames::given(records, names.unwrap_or_default()))
            }
            (true, None) => Ok(RecordNames::given(records, Default::default())),
        }
    }
}
