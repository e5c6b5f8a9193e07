//! Asks about a changed key: a recipient that is not the one this profile saw before.
//!
//! The person sees both fingerprints. Nothing is encrypted to the new key before they say that they
//! trust it. `--yes` does not answer this question: a script has not spoken with the reader.

use std::io::{self, IsTerminal};

use mrms_app::Session;
use mrms_app::session::{Actor, Sending};
use mrms_app::sharing::recipients::{ChangedKey, ChangedRecipient, RecipientError};
use mrms_core::Principal;

use crate::ui::failure::Failure;
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

/// Asks whether a changed key of `owner` is trusted, before anything is encrypted to it. The person
/// trusts the one key that was shown; a key that is published later is asked about again. With
/// `actor`, the key to which the actor's grants were made counts as well.
pub(crate) fn settle(
    session: &Session<'_>,
    actor: Option<&Actor>,
    owner: &Principal,
    consent: Consent,
    output: Output,
) -> Result<ChangedKey, Failure> {
    let changed = match session.changed_recipient(actor, owner) {
        // Without a published key there is nothing to ask; who needs the key finds that out.
        Err(error) if error.has_no_key() => return Ok(ChangedKey::Refuse),
        Ok(None) => return Ok(ChangedKey::Refuse),
        Ok(Some(changed)) => changed,
        Err(error) => return Err(error.into()),
    };
    match consent {
        Consent::Given => output.note(&difference(&changed)),
        Consent::Ask if io::stdin().is_terminal() => {
            output.note(&difference(&changed));
            // They may telephone.
            session.ledger.step_aside();
            confirm(QUESTION, false)?;
        }
        Consent::Ask => {
            let ChangedRecipient { owner, before, after, .. } = changed;
            return Err(RecipientError::Changed { owner, before, after }.into());
        }
    }
    if session.sending == Sending::DryRun {
        return Ok(ChangedKey::Accept);
    }
    session.trust(actor, changed)?;
    Ok(ChangedKey::Refuse)
}

const QUESTION: &str = "Have you asked them by another way than this (by telephone, say), and did \
    they read you the new fingerprint?";

/// Both fingerprints, one above the other.
fn difference(changed: &ChangedRecipient) -> String {
    format!(
        "the encryption key of {} has changed:\n  before  {}\n  now     {}\nThis is so after mrms key rotate, and also when somebody has taken over their account.",
        changed.owner, changed.before, changed.after,
    )
}
