//! `--as NAME`: what those with whom one shares read as one's name.

use clap::Args;
use mrms_app::profile::received::PersonName;
use mrms_app::{Actor, Session};

use crate::ui::failure::Failure;
use mrms_home::clock::rng;

/// The option of commands that give access.
#[derive(Debug, Args)]
pub(crate) struct OwnName {
    /// Call yourself this for those with whom you share, from now on; it travels encrypted. Without it:
    /// the name on your card, if you made one.
    #[arg(long = "as", value_name = "NAME", value_parser = name)]
    own_name: Option<PersonName>,
}

fn name(text: &str) -> Result<PersonName, String> {
    PersonName::new(text).map_err(|error| error.to_string())
}

impl OwnName {
    /// Remembers the name, if one was given.
    pub(crate) fn remember(&self, session: &Session<'_>, actor: &Actor) -> Result<(), Failure> {
        match self.own_name.clone() {
            Some(name) => Ok(session.call_me(actor, name, &mut rng())?),
            None => Ok(()),
        }
    }
}
