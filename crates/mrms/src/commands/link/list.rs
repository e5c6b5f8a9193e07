//! `mrms link list` and `mrms link show`: one's links, what they give, and who used them.

use clap::Args;
use mrms_app::links::check::LinkDifference;
use mrms_app::links::host::{Answered, HostError, HostStanding};
use mrms_app::links::openness::Openness;
use mrms_app::profile::links::{KeptLink, LinkState};
use mrms_core::{BurnClock, Principal, UnixTime, visible};
use mrms_home::link_host::HostAnswers;

use super::shown::{HandOutArgs, Texts, hand_out, object, spoken, state_words};
use super::tell_if_silent;
use crate::config::Settings;
use crate::ui::amounts::how_often;
use crate::ui::columns::{pad, wrap};
use crate::ui::failure::{Exit, Failure};
use crate::ui::naming::RecordNames;
use crate::ui::output::Output;
use crate::ui::results::links::{LinkUse, ShownLinkUses, UseOutcome};
use crate::ui::someone::names_or_accounts;
use crate::ui::{short_times, times};

#[derive(Debug, Args)]
#[command(
    after_help = "The host's log of the link is compared with the records' logs: every file that it gave out has entries \
    that stood before. If it gave one out without them, or its log was altered, the exit code is 5.\n\n\
    Example:\n  mrms link show 1 --qr"
)]
pub(crate) struct ShowArgs {
    /// Its number in mrms link list.
    #[arg(value_name = "NUMBER")]
    number: u32,
    #[command(flatten)]
    how: HandOutArgs,
}

pub(super) fn list(settings: &Settings, output: Output) -> Result<(), Failure> {
    let actor = settings.home.unlock()?;
    let home = settings.home.open()?;
    let session = home.session();
    let clock = session.ledger.tip()?.clock();
    let links = session.links(&actor)?;
    let numbered = session.numbered_records_of(&actor.principal())?;
    let record_names = RecordNames::of(&session, Some(&actor), &numbered)?;
    for link in &links {
        let what = match (&link.label, link.gives.as_slice()) {
            (Some(label), _) => label.clone(),
            (None, [one]) => record_names.name(one.record).unwrap_or("one record").to_owned(),
            (None, several) => format!("{} records", several.len()),
        };
        // A host elsewhere is asked by link show.
        let standing = settings.home.standing_here(link);
        let openness = session.openness(link, clock.height, standing.as_ref())?;
        let line = format!(
            "{:>4}  {}  {}",
            link.number,
            pad(&visible::line(&what), 30),
            state_words(link, openness, clock)
        );
        output.result(&object(link, None, &record_names, openness), &line)?;
    }
    if links.is_empty() && !output.is_json() {
        output.text("you have made no links\nmrms link create RECORD --for 1d makes one")?;
    }
    let is_own = |account: &Principal| links.iter().any(|link| link.principal == *account);
    let names = names_or_accounts(&[], Some(&actor), settings, output)?;
    let mut others = names.links();
    others.retain(|(account, _)| !is_own(account));
    if let Some((_, first)) = others.first()
        && !output.is_json()
    {
        let first = visible::line(first);
        let all: Vec<_> = others.iter().map(|(_, name)| visible::line(name)).collect();
        output.text(&format!(
            "of the profile that handed over to you: {}\nmrms shared shows what they still open, and mrms stop '{first}' ends one",
            all.join(", ")
        ))?;
    }
    Ok(())
}

pub(super) fn show(args: &ShowArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let actor = settings.home.unlock()?;
    let home = settings.home.open()?;
    let session = home.session();
    let clock = session.ledger.tip()?.clock();
    let link = session.link(&actor, args.number)?;
    let numbered = session.numbered_records_of(&actor.principal())?;
    let record_names = RecordNames::of(&session, Some(&actor), &numbered)?;
    let standing = match settings.home.link_host(&link).standing(&link.id) {
        Ok(standing) => Some(standing),
        Err(HostError::Unknown) => None,
        Err(error) => return Err(error.into()),
    };
    let differences = match &standing {
        Some(standing) => session.check_link(&link, standing)?,
        None => Vec::new(),
    };
    let openness = session.openness(&link, clock.height, standing.as_ref())?;
    let answers = match openness {
        Openness::Armed => settings.home.answers_for(&link),
        _ => HostAnswers::NotAsked,
    };
    let url = link.url.rsplit_once("/l/").map_or("", |(base, _)| base);
    tell_if_silent(&answers, url, output);
    let texts = Texts::of(&link, &args.how, &answers, settings)?;
    if let Some(texts) = &texts {
        hand_out(texts, &args.how, output)?;
    }
    let lines = lines(
        &link,
        texts.as_ref(),
        &record_names,
        standing.as_ref(),
        &differences,
        (openness, clock),
    );
    output.result(
        &ShownLinkUses {
            link: object(&link, texts.as_ref(), &record_names, openness),
            uses: standing.as_ref().map(|standing| standing.uses),
            attempts_left: standing.as_ref().and_then(|standing| standing.attempts_left),
            log: standing.iter().flat_map(|standing| &standing.lines).map(use_of).collect(),
            differences: differences.iter().map(ToString::to_string).collect(),
        },
        &lines.join("\n"),
    )?;
    match differences.iter().any(LinkDifference::is_grave) {
        false => Ok(()),
        true => Err(Failure::new(
            Exit::Integrity,
            "logs-differ",
            "the host's log of the link and the records' logs do not fit",
        )
        .hint("end the link with mrms link destroy, and use another host")),
    }
}

/// How often a link was used, and how often it can be.
fn used(uses: u32, most: Option<u32>) -> String {
    match (uses, most) {
        (uses, None) => format!("used {}", how_often(uses.into())),
        (uses, Some(1)) => format!("used {uses} of 1 time"),
        (uses, Some(most)) => format!("used {uses} of {most} times"),
    }
}

fn lines(
    link: &KeptLink,
    texts: Option<&Texts>,
    record_names: &RecordNames,
    standing: Option<&HostStanding>,
    differences: &[LinkDifference],
    (openness, clock): (Openness, BurnClock),
) -> Vec<String> {
    let mut lines = vec![format!("{}: {}", link.name(), state_words(link, openness, clock))];
    lines.extend(link.label.as_ref().map(|label| format!("  “{}”", visible::line(label))));
    for given in &link.gives {
        lines.push(format!(
            "  gives {}, version {}",
            record_names.words(given.record),
            given.version
        ));
    }
    lines.extend(texts.into_iter().flat_map(Texts::lines));
    lines.extend(link.passcode.as_ref().map(|code| format!("  passcode {}", spoken(code))));
    let Some(standing) = standing else {
        if link.state != LinkState::Destroyed {
            lines.push("  its host does not have it".to_owned());
        }
        return lines;
    };
    lines.push(format!("  {} since it was armed", used(standing.uses, link.most_uses)));
    lines.extend(
        standing.attempts_left.map(|left| format!("  it stands {left} more wrong passcodes")),
    );
    for line in &standing.lines {
        let when = short_times::near_time(UnixTime::from_seconds(line.time), clock.now);
        let who = visible::line(&line.recipient);
        let what = match line.answered {
            Answered::Given => format!("opened by somebody said to be “{who}”"),
            Answered::Listed => format!("its list of files was asked for by “{who}”"),
            Answered::WrongPasscode => format!("WRONG PASSCODE from somebody said to be “{who}”"),
            Answered::Refused => format!("refused to somebody said to be “{who}”: it had ended"),
        };
        lines.push(wrap(&format!("  {when}  {what}"), 4));
    }
    for difference in differences {
        let mark = if difference.is_grave() { "GRAVE: " } else { "" };
        lines.push(wrap(&format!("  {mark}{difference}"), 4));
    }
    if differences.is_empty() && !standing.lines.is_empty() {
        lines.push("  the host's log and the records' logs agree".to_owned());
    }
    lines
}

fn use_of(line: &mrms_app::links::host::HostLine) -> LinkUse<'_> {
    LinkUse {
        index: line.index,
        time: times::rfc3339(UnixTime::from_seconds(line.time)),
        said_to_be: &line.recipient,
        outcome: match line.answered {
            Answered::Given => UseOutcome::Given,
            Answered::Listed => UseOutcome::Listed,
            Answered::WrongPasscode => UseOutcome::WrongPasscode,
            Answered::Refused => UseOutcome::Refused,
        },
        txids: &line.txids,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_are_counted_as_people_say_it() {
        assert_eq!(used(0, None), "used 0 times");
        assert_eq!(used(1, None), "used once");
        assert_eq!(used(1, Some(3)), "used 1 of 3 times");
        assert_eq!(used(1, Some(1)), "used 1 of 1 time");
    }
}
