//! Handing over: a patient gives everything to a successor, whose account alone is the patient from then on.
//!
//! The contract hands over records, grants, delegates and log in two transactions, whatever there is: the patient offers
//! ([`offer`]), and the successor accepts ([`accept`]). The keys to what was encrypted before travel beside it, in a
//! [`HandOver`](mrms_people::HandOver) that is sealed to the successor and stays in the successor's profile ([`kept`]). The
//! successor first looks through what others may do ([`holders`]).

pub mod accept;
pub mod holders;
pub mod kept;
pub(crate) mod memory;
pub mod offer;
pub mod offers;
pub mod place;
#[cfg(test)]
mod tests;

use mrms_contract::ContractError;
use mrms_core::{BurnHeight, Principal};
use mrms_crypto::keyring::NoKeyError;
use mrms_people::DocumentError;

use crate::people::known::Place;
use crate::profile::ProfileError;
use crate::sending::outcome::SendError;
use crate::session::AskError;
use crate::sharing::grant::ShareError;
use crate::sharing::recipients::RecipientError;

/// Who is the patient in place of somebody now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedOver {
    /// The latest of the line.
    pub to: Principal,
    /// When the former patient's time ended, where the log tells.
    pub since: Option<BurnHeight>,
}

/// Why nothing was handed over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HandOverError {
    /// What was given is no document of this kind, or was altered; or the document can't be made.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// It is for another ledger or contract.
    #[error("this was handed over on {theirs}, and you work with {ours}")]
    Elsewhere {
        /// What it is for.
        theirs: Place,
        /// What this session works with.
        ours: Place,
    },
    /// The ledger does not tell its first block.
    #[error("{ledger} does not tell its first block, so nothing can be handed over on it")]
    NoGenesis {
        /// The ledger.
        ledger: String,
    },
    /// The successor named is the patient.
    #[error("nobody hands over to themselves")]
    Oneself,
    /// It is for another account.
    #[error("this was handed over to {successor}, not to you")]
    ForAnother {
        /// Whom it is for.
        successor: Principal,
    },
    /// None of the keys of this profile opens it.
    #[error("none of your encryption keys opens what was handed over")]
    NotSealedToYou,
    /// The keys in it are in no form that this program knows.
    #[error(transparent)]
    NotKeys(#[from] mrms_crypto::inheritance::NotKeysError),
    /// Somebody else took over first.
    #[error("{to} took over before you: only one can, and the first one did")]
    AnotherWon {
        /// Who, and when.
        to: Principal,
        /// When.
        since: Option<BurnHeight>,
    },
    /// This account handed over already, to somebody else.
    #[error("you have handed over to {to} already")]
    Already {
        /// To whom.
        to: Principal,
        /// When.
        since: Option<BurnHeight>,
    },
    /// The offer is another one now.
    #[error("the offer is to {to} now, not to you")]
    OfferedToAnother {
        /// To whom.
        to: Principal,
    },
    /// Members of an organisation would go on, and nobody could end that.
    #[error(
        "{} on your staff, and after the hand-over nobody can end that",
        if *count == 1 { "somebody is".to_owned() } else { format!("{count} people are") }
    )]
    StaffStands {
        /// How many.
        count: usize,
    },
    /// The contract would refuse.
    #[error("{0}")]
    Refused(ContractError),
    /// The successor's encryption key can't be used.
    #[error(transparent)]
    Recipient(#[from] RecipientError),
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The ledger or the contract refused.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The profile's files could not be read or written.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The keyring has no key.
    #[error(transparent)]
    NoKey(#[from] NoKeyError),
    /// What was given could not be remembered, or be sent, for another reason.
    #[error(transparent)]
    Share(ShareError),
}

impl From<ShareError> for HandOverError {
    fn from(error: ShareError) -> Self {
        match error {
            ShareError::Send(error) => error.into(),
            ShareError::Ask(error) => error.into(),
            ShareError::Profile(error) => error.into(),
            ShareError::NoKey(error) => error.into(),
            ShareError::Recipient(error) => error.into(),
            ShareError::Refused(refusal) => Self::Refused(refusal),
            error => Self::Share(error),
        }
    }
}
