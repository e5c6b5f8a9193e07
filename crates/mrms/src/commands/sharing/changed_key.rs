//! When somebody's encryption key is not the one that was seen before: both are shown, and nothing
//! is wrapped to the new one until the person at work has said that they trust it.
//!
//! `--yes` is no answer to this question: whoever scripts a grant has not spoken with the reader.

use std::io::{self, IsTerminal};

use mrms_app::Session;
use mrms_app::session::Sending;
use mrms_app::sharing::recipients::{ChangedKey, ChangedRecipient, RecipientError};
use mrms_core::Principal;

use crate::ui::failure::Failure;
use crate::ui::output::{Output, confirm};

/// What the person said before the question came up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consent {
    /// Nothing: they are asked where they can be.
    Ask,
    /// `--accept-changed-key`.
    Given,
}

impl Consent {
    pub(crate) fn of_flag(accept_changed_key: bool) -> Self {
        if accept_changed_key { Self::Given } else { Self::Ask }
    }
}

/// Settles whether a changed key of `owner` is trusted, before anything is wrapped to it. What was
/// trusted is the key that was shown: one that is published after that is refused again.
pub(crate) fn settle(
    session: &Session<'_>,
    owner: &Principal,
    consent: Consent,
    output: Output,
) -> Result<ChangedKey, Failure> {
    let changed = match session.changed_recipient(owner) {
        // Who has published nothing is refused where their key is needed, if it is.
        Err(RecipientError::NotPublished { .. }) | Ok(None) => return Ok(ChangedKey::Refuse),
        Ok(Some(changed)) => changed,
        Err(error) => return Err(error.into()),
    };
    match consent {
        Consent::Given => output.note(&difference(&changed)),
        Consent::Ask if io::stdin().is_terminal() => {
            output.note(&difference(&changed));
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
    session.trust(changed)?;
    Ok(ChangedKey::Refuse)
}

const QUESTION: &str = "Have you asked them by another way than this (by telephone, say), and did \
    they read you the new fingerprint?";

/// Both keys, one above the other.
fn difference(changed: &ChangedRecipient) -> String {
    format!(
        "the encryption key of {} has changed:\n  before  {}\n  now     {}\nThis is so after mrms key rotate, and also when somebody has taken over their account.",
        changed.owner, changed.before, changed.after,
    )
}
