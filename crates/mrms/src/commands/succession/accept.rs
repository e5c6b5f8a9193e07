//! `mrms hand-over accept`: the successor looks through who may do what, and takes over.

use std::io::{self, IsTerminal as _};

use clap::Args;
use mrms_app::succession::accept::{Ended, Taking};
use mrms_app::succession::holders::Holder;
use mrms_core::Principal;
use mrms_home::Names;
use mrms_home::clock::rng;

use super::review;
use crate::config::Settings;
use crate::ui::document::read_document;
use crate::ui::failure::{Exit, Failure};
use crate::ui::outcome::done;
use crate::ui::output::{Output, asked, confirm};
use crate::ui::results::succession::{Reviewed, TakenOver};
use crate::ui::someone::Someone;

#[derive(Debug, Args)]
#[command(
    after_help = "Before anything happens you see everybody who may open records or act for the patient, and say for \
    each whether that goes on. Without a terminal, say so beforehand: --keep-all, --end-all, or --end NAME for some. If \
    the command is interrupted, run it again with the same text: it goes on. Keep the text with your 24 words: the words \
    alone do not open the records from before.\n\n\
    Examples:\n  \
    mrms hand-over accept for-my-new-device.txt\n  \
    mrms hand-over accept text.txt --end 'Clinic A' --yes"
)]
pub(crate) struct AcceptArgs {
    /// What you were given: the text, a file with it, or a picture of its QR code; - is standard input.
    #[arg(value_name = "TEXT")]
    document: String,
    /// End everything that this person may do: a name, or a principal. May be given more than once; what others may do
    /// goes on.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["keep_all", "end_all"])]
    end: Vec<Someone>,
    /// Let everything go on that others may do.
    #[arg(long, conflicts_with = "end_all")]
    keep_all: bool,
    /// End everything that others may do.
    #[arg(long)]
    end_all: bool,
}

pub(super) fn run(args: &AcceptArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let bytes = read_document(&args.document)?;
    let mut actor = settings.home.unlock()?;
    let home = settings.home.open()?;
    let session = home.session();
    let taking = session.look_at_hand_over(&actor, &bytes)?;
    let names = settings.home.names(Some(&actor))?.with(taking.people());
    let patient = if taking.is_accepted { actor.principal() } else { taking.from.clone() };
    let mut holders = session.holders(&patient)?;
    holders.retain(|holder| holder.who != actor.principal());
    let clock = session.ledger.tip()?.clock();
    if !output.is_json() {
        output.note(&review::heading(&taking, holders.len(), &names));
        for holder in &holders {
            output.note(&review::lines(holder, &names, clock));
        }
    }
    // They read, and may telephone.
    session.ledger.step_aside();
    let ending = chosen(args, &holders, &names, output)?;
    if !taking.is_accepted {
        confirm(&question(&taking, holders.len(), ending.len(), &names), settings.yes)?;
    }
    home.fund(&actor)?;
    // Others can encrypt to the new patient from the first moment on.
    let _ = session.publish_recipient(&actor)?.done();
    let (from, was_accepted) = (taking.from.clone(), taking.is_accepted);
    let taken = session.take_over(&mut actor, taking, &ending, &mut rng())?;
    let Some(ended) = done(taken, output)? else { return Ok(()) };
    home.watch_own_vault();
    let records = session.numbered_records_of(&actor.principal())?.len();
    tell_refused(&ended, &names, output);
    let reviewed: Vec<_> = holders
        .iter()
        .map(|holder| Reviewed {
            who: &holder.who,
            who_name: names.name_of(&holder.who),
            kept: !ending.contains(holder),
        })
        .collect();
    let begins = match was_accepted {
        true => "you had taken over already, and the keys are here",
        false => "you have taken over: you alone are the patient now",
    };
    let links = review::kept_links(&holders, &ending, &names);
    output.result(
        &TakenOver {
            from: &from,
            from_name: names.name_of(&from),
            records,
            reviewed,
            before: was_accepted,
        },
        &format!(
            "{begins}\n  records   {records}: mrms list\n  ended     {} of {}\n\
             Keep the text with your 24 words: the words alone do not open what was written before today.\n\
             Whoever has the former words keeps what they could read until now, and gets nothing new of yours. What others\n\
             shared with the former account, and its staff, stays open there until they end it: ask them to share with\n\
             the new one.{}",
            ending.len(),
            holders.len(),
            links.map(|links| format!("\n{links}")).unwrap_or_default(),
        ),
    )?;
    must_have_ended(&ended)
}

/// Whose powers and access end, as the person says.
fn chosen(
    args: &AcceptArgs,
    holders: &[Holder],
    names: &Names,
    output: Output,
) -> Result<Vec<Holder>, Failure> {
    if args.end_all {
        return Ok(holders.to_vec());
    }
    if args.keep_all || holders.is_empty() {
        return Ok(Vec::new());
    }
    if !args.end.is_empty() {
        let mut ending = Vec::new();
        for someone in &args.end {
            let who = someone.resolve(names)?;
            let holder = holders.iter().find(|holder| holder.who == who).ok_or_else(|| {
                let message = format!("{} may do nothing here that could end", names.shown(&who));
                Failure::new(Exit::NotFound, "nothing-to-end", message)
                    .hint("leave out --end to see who may do what")
            })?;
            ending.push(holder.clone());
        }
        return Ok(ending);
    }
    if !io::stdin().is_terminal() || output.is_json() {
        let whole = |who: &Principal| match names.name_of(who) {
            Some(_) => names.shown(who),
            None => who.to_string(),
        };
        let who: Vec<_> = holders.iter().map(|holder| whole(&holder.who)).collect();
        let message = format!("{} may open records or act for the patient", who.join("; "));
        return Err(Failure::new(Exit::Failed, "not-reviewed", message).hint(
            "nothing has happened yet. Say whether that goes on: --keep-all, --end-all, or --end NAME for some",
        ));
    }
    let mut ending = Vec::new();
    for holder in holders {
        if !asked(&format!("{}: shall this go on?", names.shown(&holder.who)))? {
            ending.push(holder.clone());
        }
    }
    Ok(ending)
}

fn question(taking: &Taking, all: usize, ending: usize, names: &Names) -> String {
    let from = names.shown(&taking.from);
    let review = match (all, ending) {
        (0, _) => String::new(),
        (all, 0) => format!(" What the others ({all}) may do goes on."),
        (all, ending) => format!(" For {ending} of {all} others it ends."),
    };
    format!(
        "Take over from {from}? You alone are the patient then, and nobody can undo it.{review} Go ahead?"
    )
}

fn tell_refused(ended: &[Ended], names: &Names, output: Output) {
    for one in ended {
        if let Some(refusal) = one.refused {
            output.note(&format!("NOT ENDED: {}: {refusal}", names.shown(&one.who)));
        }
    }
}

fn must_have_ended(ended: &[Ended]) -> Result<(), Failure> {
    match ended.iter().filter(|one| one.refused.is_some()).count() {
        0 => Ok(()),
        some => Err(Failure::new(
            Exit::Failed,
            "not-ended",
            format!("you are the patient, and {some} of what should end has not"),
        )
        .hint("run the same command again, or end it with mrms stop NAME")),
    }
}
