//! Who joins: their account, and the name that those with whom they share read. Asks for that name once.

use std::io::IsTerminal as _;

use mrms_app::Actor;
use mrms_app::profile::received::PersonName;
use mrms_core::StandardPrincipal;
use mrms_crypto::{IdentityIndex, Words};
use mrms_home::joining::Checked;
use mrms_home::keys::actor_of;
use mrms_people::name::quotable;

use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::output::typed;

/// The account that joins; `None` while it is not made.
pub(super) fn account(
    checked: &Checked,
    words: Option<&Words>,
    settings: &Settings,
) -> Result<Option<StandardPrincipal>, Failure> {
    if let Some(words) = words {
        let actor = actor_of(words, IdentityIndex::FIRST, checked.findings.network)?;
        return Ok(Some(actor.principal));
    }
    Ok(match settings.home.folder().has_profile(settings.home.profile()) {
        true => Some(settings.home.account_on(checked.findings.network)?),
        false => None,
    })
}

/// Whether a person has said before what those with whom they share read as their name.
pub(super) fn own_name_is_known(
    actor: Option<&Actor>,
    settings: &Settings,
) -> Result<bool, Failure> {
    Ok(match actor {
        Some(actor) => settings.home.called(actor)?.is_some(),
        None => false,
    })
}

/// Asks a person once what those with whom they share read as their name. Nothing is asked where nobody answers.
pub(super) fn ask_own_name(
    checked: &Checked,
    is_silent: bool,
) -> Result<Option<PersonName>, Failure> {
    if is_silent || !std::io::stdin().is_terminal() {
        return Ok(None);
    }
    let inviter = quotable(checked.invitation.document().card().name.as_str());
    let question = format!(
        "What is your name, for “{inviter}” and others with whom you share? It travels encrypted with what you\nshare with them; nobody else learns it. (Empty: they see the ends of your account)"
    );
    let said = typed(&question, "--name")?;
    if said.is_empty() {
        return Ok(None);
    }
    let name = PersonName::new(&said).map_err(|error| {
        Failure::usage(format!("this cannot be a name here: {error}"))
            .hint("nothing was made. Repeat the command; --name gives the name")
    })?;
    Ok(Some(name))
}
