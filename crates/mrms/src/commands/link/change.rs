//! `mrms link pause`, `rearm` and `destroy`.

use clap::Args;
use mrms_app::Actor;
use mrms_app::links::change::Ended;
use mrms_app::links::host::LinkHost;
use mrms_app::profile::links::{KeptLink, LinkState};
use mrms_home::OpenHome;
use mrms_home::clock::rng;

use super::shown::{HandOutArgs, Texts, hand_out, object};
use super::{open, tell_if_silent};
use crate::commands::sharing::end::EndTimeArgs;
use crate::config::Settings;
use crate::ui::failure::{Exit, Failure};
use crate::ui::naming::RecordNames;
use crate::ui::output::{Output, confirm};
use crate::ui::results::links::EndedLink;
use crate::ui::times;

#[derive(Debug, Args)]
pub(crate) struct NumberArgs {
    /// Its number in mrms link list.
    #[arg(value_name = "NUMBER")]
    number: u32,
}

#[derive(Debug, Args)]
#[command(
    after_help = "It gives the latest version of its records from now on. Uses and wrong passcodes are counted from \
    nothing. Its address and key stay, so that its text works again; a viewer may go by the end that the text says, so \
    give the new text out where the link is to last longer.\n\n\
    Example:\n  mrms link rearm 1 --for 1d"
)]
pub(crate) struct RearmArgs {
    /// Its number in mrms link list.
    #[arg(value_name = "NUMBER")]
    number: u32,
    #[command(flatten)]
    end: EndTimeArgs,
    #[command(flatten)]
    how: HandOutArgs,
}

/// What changing a link begins with.
struct Changing {
    actor: Actor,
    home: OpenHome,
    link: KeptLink,
    host: Box<dyn LinkHost>,
}

impl Changing {
    fn of(number: u32, command: &str, settings: &Settings) -> Result<Self, Failure> {
        let actor = settings.home.unlock()?;
        let home = open(settings, command)?;
        let link = home.session().link(&actor, number)?;
        let host = settings.home.link_host(&link);
        Ok(Self { actor, home, link, host })
    }
}

pub(super) fn pause(args: &NumberArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let Changing { actor, home, host, .. } = Changing::of(args.number, "link pause", settings)?;
    home.fund(&actor)?;
    let ended = home.session().pause_link(&actor, args.number, &*host, &mut rng())?;
    let name = ended.link.name();
    tell(
        &ended,
        &format!(
            "{name} is paused: it opens nothing now\n  what somebody saved before, they may keep\n  mrms link rearm {} --for 1d arms it again",
            ended.link.number
        ),
        output,
    )
}

pub(super) fn rearm(args: &RearmArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let end = args.end.must_be_said("the link is good", "--for 1d, or --until 2027-01-31")?;
    let Changing { actor, home, host, .. } = Changing::of(args.number, "link rearm", settings)?;
    let session = home.session();
    let clock = session.ledger.tip()?.clock();
    end.tell_shortest(output);
    let expiry = end.expiry(clock)?;
    home.fund(&actor)?;
    let link = session.rearm_link(&actor, args.number, expiry, &*host, &mut rng())?;
    session.ledger.step_aside();
    let url = link.url.rsplit_once("/l/").map_or("", |(base, _)| base);
    let answers = settings.home.answers_for(&link);
    tell_if_silent(&answers, url, output);
    let numbered = session.numbered_records_of(&actor.principal())?;
    let record_names = RecordNames::of(&session, Some(&actor), &numbered)?;
    let texts = Texts::of(&link, &args.how, &answers, settings)?;
    let mut lines = vec![format!(
        "{} is armed again, {}",
        link.name(),
        times::until_words(Some(expiry), clock)
    )];
    if let Some(texts) = &texts {
        hand_out(texts, &args.how, output)?;
        lines.extend(texts.lines());
    }
    let openness = session.openness(&link, clock.height, None)?;
    output.result(&object(&link, texts.as_ref(), &record_names, openness), &lines.join("\n"))
}

pub(super) fn destroy(
    args: &NumberArgs,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let changing = Changing::of(args.number, "link destroy", settings)?;
    let Changing { actor, home, link, host } = changing;
    let session = home.session();
    session.ledger.step_aside();
    let question = format!("{} can't be armed again. Destroy it?", link.name());
    confirm(&question, settings.yes || link.state == LinkState::Destroyed)?;
    home.fund(&actor)?;
    let ended = session.destroy_link(&actor, args.number, &*host, &mut rng())?;
    let name = ended.link.name();
    tell(
        &ended,
        &format!(
            "{name} is destroyed: its host and this profile have nothing of it that opens anything\n  what somebody saved before, they may keep"
        ),
        output,
    )
}

/// Tells what was ended. A host that was not told is a failure: access has ended, and the files are still there.
fn tell(ended: &Ended, text: &str, output: Output) -> Result<(), Failure> {
    let Ended { link, revoked, host_not_told, is_noted } = ended;
    if !is_noted {
        output.note(
            "the ledger has the end, and this machine could not write it down: make room on its disk",
        );
    }
    if let Some(error) = host_not_told {
        return Err(Failure::new(
            Exit::Failed,
            "link-host",
            format!("{} opens nothing now, and its host was not told: {error}", link.name()),
        )
        .hint("its grants are revoked; repeat the command, so that the host deletes the files as well"));
    }
    output.result(
        &EndedLink {
            link: link.number,
            user: &link.principal,
            destroyed: link.state == LinkState::Destroyed,
            revoked: revoked.clone(),
        },
        text,
    )
}
