//! `mrms hand-over`: everything passes to a new account, in one step, whatever there is. The contract calls it a
//! succession.

mod accept;
mod offer;
mod review;
mod show;
pub(crate) mod stolen;

use clap::Subcommand;

use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::output::Output;
use crate::ui::terminal;

#[derive(Debug, Subcommand)]
pub(crate) enum HandOverCommand {
    /// Offer everything you have as a patient to a new account, and make the text with the keys for it.
    Offer(offer::OfferArgs),
    /// In the new profile: look through who may do what, and take over.
    Accept(accept::AcceptArgs),
    /// Take the offer back, as long as nobody has accepted it.
    Withdraw,
    /// Show whether this profile has offered, handed over or taken over.
    Show,
    /// Say that what was offered or handed over with your words and not by this program was you, so that it is told no more.
    WasMe,
}

impl HandOverCommand {
    /// Whether it ends something that somebody was given.
    pub(crate) const fn ends(&self) -> bool {
        matches!(self, Self::Withdraw)
    }

    pub(crate) fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        terminal::hands_over();
        match self {
            Self::Offer(args) => offer::run(&args, settings, output),
            Self::Accept(args) => accept::run(&args, settings, output),
            Self::Withdraw => offer::withdraw(settings, output),
            Self::Show => show::run(settings, output),
            Self::WasMe => offer::was_me(settings, output),
        }
    }
}
