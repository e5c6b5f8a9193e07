//! [`Someone`]: a person on the command line, by name or by principal.

use std::convert::Infallible;
use std::str::FromStr;

use mrms_app::Actor;
use mrms_core::Principal;
use mrms_home::{Names, OpenHome};

use super::failure::Failure;
use super::output::Output;
use crate::config::Settings;

/// A person as typed: a name that this person gave, or a principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Someone(String);

impl FromStr for Someone {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl Someone {
    /// The principal, if it was typed as one: then no name needs to be read.
    pub(crate) fn principal(&self) -> Option<Principal> {
        self.0.trim().parse().ok()
    }

    /// Whom it means.
    pub(crate) fn resolve(&self, names: &Names) -> Result<Principal, Failure> {
        Ok(names.resolve(&self.0)?)
    }
}

/// The names for a command that ends access. Where they can't be read, and everybody is named by account, it goes on without.
pub(crate) fn names_to_end(
    people: &[Someone],
    actor: &Actor,
    settings: &Settings,
    output: Output,
) -> Result<Names, Failure> {
    names_or_accounts(people, Some(actor), settings, output)
}

/// The names for a command that ends access, protects something or shows what happened; these people were typed. Where the names
/// can't be read, and everybody is named by account, it goes on without.
pub(crate) fn names_or_accounts(
    people: &[Someone],
    actor: Option<&Actor>,
    settings: &Settings,
    output: Output,
) -> Result<Names, Failure> {
    match settings.home.names(actor) {
        Err(error) if people.iter().all(|one| one.principal().is_some()) => {
            let Failure { message, hint, .. } = error.into();
            let hint = hint.unwrap_or_default();
            output.note(&format!(
                "your people's names cannot be read: {message}. It goes on by account\n  {hint}"
            ));
            Ok(Names::new(actor.map(Actor::principal), None))
        }
        names => Ok(names?),
    }
}

/// Tells which files of the profile's memory a command goes on without.
pub(crate) fn tell_damaged(home: &OpenHome, actor: &Actor, names: &[&str], output: Output) {
    let Ok(root) = actor.keyring.record_root() else { return };
    for (path, error) in home.session().profile.damaged(Some(&root)) {
        if names.iter().any(|name| path.ends_with(name)) {
            let Failure { message, hint, .. } = error.into();
            let hint = hint.unwrap_or_default();
            output.note(&format!("it goes on without what was remembered: {message}\n  {hint}"));
        }
    }
}

/// The names that this profile knows, where that takes no question; else none. For commands that need no key.
pub(crate) fn names_quietly(settings: &Settings, output: Output) -> Result<Names, Failure> {
    // Without a profile, or with another passphrase, what needs no name is shown all the same.
    match settings.home.unlock_quietly() {
        Ok(Some(actor)) => names_or_accounts(&[], Some(&actor), settings, output),
        Ok(None) | Err(_) => Ok(Names::new(None, None)),
    }
}
