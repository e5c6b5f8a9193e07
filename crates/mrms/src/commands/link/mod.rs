//! `mrms link`: SMART Health Links to one's records, for people who have no MRMS, and the host that answers for them.

mod change;
mod create;
mod list;
pub(crate) mod named;
pub(crate) mod open;
mod serve;
mod shown;

use clap::Subcommand;
use mrms_core::visible;
use mrms_home::OpenHome;
use mrms_home::link_host::HostAnswers;

use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::output::Output;

#[derive(Debug, Subcommand)]
pub(crate) enum LinkCommand {
    /// Make a link to records, which any browser opens, and any viewer of SMART Health Links.
    Create(create::CreateArgs),
    /// List your links.
    List,
    /// Show a link, what it gives, and who used it.
    Show(list::ShowArgs),
    /// End a link's access now; it can be armed again.
    Pause(change::NumberArgs),
    /// Arm a link again, with the latest versions.
    Rearm(change::RearmArgs),
    /// End a link for good: host and profile delete it.
    Destroy(change::NumberArgs),
    /// Answer for the links of this home.
    Serve(serve::ServeArgs),
}

impl LinkCommand {
    /// Whether it serves until it is stopped.
    pub(crate) const fn is_service(&self) -> bool {
        matches!(self, Self::Serve(_))
    }

    /// Whether it ends something that was given.
    pub(crate) const fn ends(&self) -> bool {
        matches!(self, Self::Pause(_) | Self::Destroy(_))
    }

    pub(crate) fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        match self {
            Self::Create(args) => create::run(&args, settings, output),
            Self::List => list::list(settings, output),
            Self::Show(args) => list::show(&args, settings, output),
            Self::Pause(args) => change::pause(&args, settings, output),
            Self::Rearm(args) => change::rearm(&args, settings, output),
            Self::Destroy(args) => change::destroy(&args, settings, output),
            Self::Serve(args) => serve::run(&args, settings, output),
        }
    }
}

/// Says, where a host does not answer, that its links open nothing meanwhile, and what to do.
fn tell_if_silent(answers: &HostAnswers, url: &str, output: Output) {
    if let HostAnswers::No(why) = answers {
        output.note(&format!(
            "nobody answers for links at {url} now: {}\n  until somebody does, they open nothing: start mrms link serve, with --url where others reach it by another address, and leave it running",
            visible::line(why)
        ));
    }
}

/// Refuses what links can't do: a dry run, and signing for later.
fn open(settings: &Settings, command: &str) -> Result<OpenHome, Failure> {
    settings.must_not_rehearse(command)?;
    Ok(settings.home.open()?)
}
