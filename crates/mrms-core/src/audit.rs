//! The audit trail's vocabulary: what happened, who did it, to whom.
//!
//! An entry is as the contract keeps it (`audit-log`). Does not know how entries are hashed into a
//! head: `mrms-contract` does.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::{BurnHeight, Principal};

/// Why a text is not an action of the trail.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown audit action {text:?}")]
pub struct ParseActionError {
    /// The text as read.
    pub text: String,
}

macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// What an audit entry says was done. The text is the contract's `action`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Action {
            $($(#[$doc])* $variant,)*
        }

        impl Action {
            /// Every action, in the contract's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The contract's word for it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }
    };
}

actions! {
    /// A record was created.
    Create = "create",
    /// A record was created for its patient by a delegate. The subject is the patient, as the first of their line.
    CreateFor = "create-for",
    /// A version was added.
    Amend = "amend",
    /// Access was granted, renewed or shortened.
    Grant = "grant",
    /// Access was revoked.
    Revoke = "revoke",
    /// A version was opened.
    Access = "access",
    /// An emergency was declared.
    Emergency = "emergency",
    /// A version was opened, which only a declared emergency allowed.
    EmergencyRead = "emergency-read",
    /// A wrapped key was put on chain for a user.
    Envelope = "envelope",
    /// The record was offered to another patient principal.
    TransferOffer = "transfer-offer",
    /// The offer was taken up.
    TransferAccept = "transfer-accept",
    /// Access to all records of a patient was granted.
    StandingGrant = "standing-grant",
    /// Access to all records of a patient was revoked.
    StandingRevoke = "standing-revoke",
    /// Somebody was allowed to act for the patient.
    DelegateSet = "delegate-set",
    /// Somebody may no longer act for the patient.
    DelegateRemove = "delegate-remove",
    /// The same, and all that they granted has ended.
    DelegateEnd = "delegate-end",
    /// Somebody was named who may ask to act for the patient.
    ContactName = "contact-name",
    /// They asked.
    ContactAsk = "contact-ask",
    /// They were refused.
    ContactRefuse = "contact-refuse",
    /// They were not, and act for the patient.
    ContactAccept = "contact-accept",
    /// Somebody became a member of an organisation.
    MemberSet = "member-set",
    /// Somebody is no longer a member of an organisation.
    MemberRemove = "member-remove",
    /// Everything of the patient was offered to a successor.
    SuccessionOffer = "succession-offer",
    /// The successor took it.
    SuccessionAccept = "succession-accept",
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Action {
    type Err = ParseActionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .iter()
            .copied()
            .find(|action| action.as_str() == text)
            .ok_or_else(|| ParseActionError { text: text.to_owned() })
    }
}

impl Serialize for Action {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One entry of a record's trail, or of a patient's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Position in its trail, from 0.
    pub index: u64,
    /// What was done.
    pub action: Action,
    /// Who did it: the contract's caller.
    pub actor: Principal,
    /// Whom it concerned: the user of a grant, say.
    pub subject: Option<Principal>,
    /// The version concerned; 0 where none is (a patient's own trail).
    pub version: u64,
    /// The expiry that was set, where one was.
    pub expiry: Option<BurnHeight>,
    /// 32 bytes whose meaning depends on the action: a content hash, a reason's hash, rights.
    pub detail: [u8; 32],
    /// The height at which it was done.
    pub burn_height: BurnHeight,
}

impl AuditEntry {
    /// Whether a version was opened.
    #[must_use]
    pub const fn is_opening(&self) -> bool {
        matches!(self.action, Action::Access | Action::EmergencyRead)
    }

    /// By whose grants a version was opened: the organisation's for which a member opened it, else the actor's own.
    #[must_use]
    pub fn holder(&self) -> &Principal {
        match &self.subject {
            Some(organisation) if self.is_opening() => organisation,
            _ => &self.actor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_actions_are_refused() {
        assert!("delete".parse::<Action>().is_err());
    }

    #[test]
    fn actions_are_their_own_text() {
        for action in Action::ALL {
            assert_eq!(action.as_str().parse(), Ok(*action));
        }
    }
}
