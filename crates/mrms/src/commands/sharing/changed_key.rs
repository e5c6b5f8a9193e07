//! Asks about a key that is not the one this profile saw before, not the one on its owner's card, or seen for the first
//! time.
//!
//! The person sees the fingerprints. Nothing is encrypted to the key before they say that they trust it. `--yes` does not
//! answer these questions: a script has not spoken with the reader.

use std::io::{self, IsTerminal};

use mrms_app::Session;
use mrms_app::session::{Actor, Sending};
use mrms_app::sharing::recipients::{ChangedKey, ChangedRecipient, DiffersFrom, RecipientError};
use mrms_app::vaults::new_key::LeftForKey;
use mrms_core::Principal;
use mrms_home::Names;
use mrms_home::clock::rng;

use crate::ui::failure::{Failure, chain};
use crate::ui::output::{Output, confirm};

/// What the person said on the command line about a changed key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consent {
    /// Nothing: they are asked, if there is a terminal.
    Ask,
    /// `--accept-changed-key`.
    Given,
}

impl Consent {
    pub(crate) fn of_flag(accept_changed_key: bool) -> Self {
        if accept_changed_key { Self::Given } else { Self::Ask }
    }
}

/// Asks whether a key of `owner` is trusted that has changed, that is not the one on their card, or that this profile
/// sees for the first time, before anything is encrypted to it. The person trusts the one key that was shown; a key that
/// is published later is asked about again. With `actor`, the keys to which the actor's grants were made and the cards
/// that the actor has count as well. Without a terminal, a key that is seen for the first time is taken and told.
pub(crate) fn settle(
    session: &Session<'_>,
    actor: Option<&Actor>,
    owner: &Principal,
    consent: Consent,
    output: Output,
) -> Result<ChangedKey, Failure> {
    let settled = settle_changed(session, actor, owner, consent, output)?;
    if let (Settled::Same, Some(actor)) = (settled, actor) {
        settle_new(session, actor, owner, output)?;
    }
    Ok(settled.for_grants())
}

/// What became of the question whether a key has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settled {
    /// There is no key that could be used.
    NoKey,
    /// It is not another one than before.
    Same,
    /// It was accepted and is remembered.
    Trusted,
    /// It was accepted in a dry run, which remembers nothing.
    DryRun,
}

impl Settled {
    const fn for_grants(self) -> ChangedKey {
        match self {
            Self::DryRun => ChangedKey::Accept,
            Self::NoKey | Self::Same | Self::Trusted => ChangedKey::Refuse,
        }
    }
}

/// The part of [`settle`] that asks about a changed key. That alone is asked where the owner's card was given with the
/// command, and names the published key.
pub(crate) fn settle_changed(
    session: &Session<'_>,
    actor: Option<&Actor>,
    owner: &Principal,
    consent: Consent,
    output: Output,
) -> Result<Settled, Failure> {
    let changed = match session.changed_recipient(actor, owner) {
        // Without a published key there is nothing to ask; who needs the key finds that out.
        Err(error) if error.has_no_key() => return Ok(Settled::NoKey),
        Ok(None) => return Ok(Settled::Same),
        Ok(Some(changed)) => changed,
        Err(error) => return Err(error.into()),
    };
    let names = names_of(session, actor)?;
    match consent {
        Consent::Given => output.note(&difference(&changed, &names)),
        Consent::Ask if io::stdin().is_terminal() => {
            output.note(&difference(&changed, &names));
            // They may telephone.
            session.ledger.step_aside();
            confirm(QUESTION, false)?;
        }
        Consent::Ask => {
            let ChangedRecipient { owner, from, before, after, .. } = changed;
            return Err(match from {
                DiffersFrom::Seen => RecipientError::Changed { owner, before, after },
                DiffersFrom::Card => {
                    RecipientError::NotOnCard { owner, card: before, published: after }
                }
            }
            .into());
        }
    }
    if session.sending == Sending::DryRun {
        return Ok(Settled::DryRun);
    }
    match actor {
        Some(actor) => trust(session, actor, changed, &names, output)?,
        None => session.trust(None, changed, &mut rng())?,
    }
    Ok(Settled::Trusted)
}

/// Trusts a key, and leaves for it what its owner may open. That vaults are away keeps nobody from trusting it.
fn trust(
    session: &Session<'_>,
    actor: &Actor,
    changed: ChangedRecipient,
    names: &Names,
    output: Output,
) -> Result<(), Failure> {
    let who = names.shown(&changed.owner);
    let failed = match session.trust_and_leave(actor, changed.clone(), &mut rng()) {
        Ok(LeftForKey { records, failed }) => {
            if records > 0 {
                let records =
                    if records == 1 { "1 record".to_owned() } else { format!("{records} records") };
                output.note(&format!(
                    "{who} can open {records} with the new key, newest versions too"
                ));
            }
            failed
        }
        Err(error) => {
            session.trust(Some(actor), changed, &mut rng())?;
            Some(error)
        }
    };
    if let Some(error) = failed {
        output.note(&format!(
            "not everything could be left for the new key of {who}: {}; mrms grant leaves it of a record, mrms vault sync --keys of all",
            chain(&error)
        ));
    }
    Ok(())
}

const QUESTION: &str = "Have you asked them by another way than this (by telephone, say), and did \
    they read you the new fingerprint?";

const NEW: &str =
    "Have they read you this fingerprint by another way than this (by telephone, say)?";

/// Asks about a key that this profile sees for the first time, where there is a terminal.
fn settle_new(
    session: &Session<'_>,
    actor: &Actor,
    owner: &Principal,
    output: Output,
) -> Result<(), Failure> {
    if session.sending == Sending::DryRun || !io::stdin().is_terminal() {
        return Ok(());
    }
    let new = match session.new_recipient(actor, owner) {
        Err(error) if error.has_no_key() => return Ok(()),
        found => found?,
    };
    let Some(new) = new else { return Ok(()) };
    let names = names_of(session, Some(actor))?;
    output.note(&format!(
        "you have not shared with them before: {}\n  account      {owner}\n  fingerprint  {}\nmrms key show prints the fingerprint for its owner, and the portal has it under People, My card; with a card of theirs there is no need to ask.",
        names.shown(owner),
        new.fingerprint,
    ));
    session.ledger.step_aside();
    confirm(NEW, false)?;
    Ok(session.trust_new(new)?)
}

fn names_of(session: &Session<'_>, actor: Option<&Actor>) -> Result<Names, Failure> {
    match actor {
        Some(actor) => Ok(Names::of(session.profile, actor)?),
        None => Ok(Names::new(None, None)),
    }
}

/// Both fingerprints, one above the other.
fn difference(changed: &ChangedRecipient, names: &Names) -> String {
    let (who, before, after) = (names.shown(&changed.owner), &changed.before, &changed.after);
    match changed.from {
        DiffersFrom::Seen => format!(
            "the encryption key of {who} has changed:\n  before  {before}\n  now     {after}\nThis is usual when somebody has left a clinic, or after mrms key rotate; it looks the same when somebody has taken over their account. Once you say that it is theirs, what they may open is shared again with the new key."
        ),
        DiffersFrom::Card => format!(
            "the encryption key of {who} is not the one on their card:\n  on the card  {before}\n  published    {after}\nThis is usual when somebody has left a clinic, or after mrms key rotate, until they send their new card; it looks the same when somebody has taken over their account. Once you say that it is theirs, what they may open is shared again with the new key."
        ),
    }
}
