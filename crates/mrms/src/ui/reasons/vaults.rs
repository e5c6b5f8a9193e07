//! Errors of the vaults and what they keep.

use mrms_app::session::vaults::{MemberError, TooFewVaults};
use mrms_app::vaults::replicate::ReplicateError;
use mrms_store::StoreError;
use mrms_vault::protocol::RefusalReason;

use super::home::vault_missing;
use crate::ui::failure::{Exit, Failure, chain};

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let message = chain(&error);
        match error {
            StoreError::Missing { .. } => Self::new(Exit::Integrity, "content-missing", message)
                .hint("its patient may have had it erased; if not, restore the vault's folder from a backup"),
            StoreError::Altered { .. } => Self::new(Exit::Integrity, "content-altered", message)
                .hint("restore the vault folder of this home from a backup"),
            StoreError::VaultMissing { .. } => vault_missing(message),
            StoreError::Unreachable { .. } => {
                Self::new(Exit::Unreachable, "vault-unreachable", message)
                    .hint("repeat the command when it can be reached; mrms doctor asks each vault")
            }
            _ => Self::new(Exit::Unreachable, "vault-storage", message)
                .hint("check that the disk has room and the home folder can be written"),
        }
    }
}

impl From<TooFewVaults> for Failure {
    fn from(error: TooFewVaults) -> Self {
        let reasons = || error.failures.iter().filter_map(MemberError::reason);
        let away = || error.failures.iter().any(MemberError::is_unreachable);
        // A vault that has no share is the cause only where those that are away could not make up for it.
        let lacks = error.lacks_shares() || !away();
        let refused = reasons().find(|reason| *reason != RefusalReason::NoShare);
        let refused = refused.or_else(|| reasons().next().filter(|_| lacks));
        let message = error.to_string();
        match refused {
            Some(reason) => refused_by_vault(reason, message),
            None if error.failures.iter().any(MemberError::is_missing) => vault_missing(message),
            None if away() => {
                Self::new(Exit::Unreachable, "vault-unreachable", message)
                    .hint("repeat the command when they can be reached: it goes on with the log entry that it made")
            }
            None if error.failures.is_empty() && error.done > 0 => {
                Self::new(Exit::Failed, "too-few-vaults", message)
                    .hint("name all vaults of the patient under [vault] urls in mrms.toml (MRMS_VAULT_URLS): their shares are split over more vaults than you have")
            }
            None if error.failures.iter().any(MemberError::is_wrong_share) => {
                Self::new(Exit::Integrity, "shares-do-not-fit", message)
                    .hint("tell whoever runs the vault that is named; mrms grant again, or mrms vault sync --keys, by the patient leaves new shares with all vaults")
            }
            None => Self::new(Exit::Integrity, "vault-not-trusted", message)
                .hint(TRUST_HINT),
        }
    }
}

/// The hint for a vault whose account has changed.
const TRUST_HINT: &str = "ask whoever runs the vault what has changed; where it is another one now, mrms vault trust URL ACCOUNT accepts it";

impl From<MemberError> for Failure {
    fn from(error: MemberError) -> Self {
        let message = chain(&error);
        if let Some(reason) = error.reason() {
            return refused_by_vault(reason, message);
        }
        match error {
            _ if error.is_missing() => vault_missing(message),
            MemberError::Vault { .. } => Self::new(Exit::Unreachable, "vault-unreachable", message)
                .hint("repeat the command when it can be reached; mrms doctor asks each vault"),
            MemberError::Profile(error) => error.into(),
            _ => Self::new(Exit::Integrity, "vault-not-trusted", message).hint(TRUST_HINT),
        }
    }
}

impl From<ReplicateError> for Failure {
    fn from(error: ReplicateError) -> Self {
        match error {
            ReplicateError::Ask(error) => error.into(),
            ReplicateError::Profile(error) => error.into(),
            ReplicateError::Shared(error) => error.into(),
            _ => Self::new(Exit::Failed, "sync", chain(&error)),
        }
    }
}

/// A vault's refusal.
pub(crate) fn refused_by_vault(reason: RefusalReason, message: String) -> Failure {
    use RefusalReason as R;
    let (exit, hint) = match reason {
        R::NotGranted | R::VersionBeforeGrant | R::NoEmergency => {
            (Exit::NotAllowed, "ask the patient to run mrms grant")
        }
        R::NotMember => (
            Exit::NotAllowed,
            "ask whoever administers the organisation to run mrms staff add with your card",
        ),
        R::NotDelegate => (
            Exit::NotAllowed,
            "the patient ended your delegation, or did not let you see: mrms delegates shows it",
        ),
        R::NoEmergencyNote => (
            Exit::NotAllowed,
            "declare the emergency again, with its reason: mrms access ID --emergency REASON",
        ),
        R::Revoked => {
            (Exit::NotAllowed, "the patient has ended this access; only they can grant it again")
        }
        R::Expired => (Exit::NotAllowed, "ask the patient to grant it again"),
        R::NotPatient | R::NotAuthor => {
            (Exit::NotAllowed, "mrms profile list shows who can act here")
        }
        R::NoShare => (
            Exit::NotAllowed,
            "the vaults answered and have no share for you: ask the patient to run mrms grant again, which leaves new ones",
        ),
        R::RecordErased => {
            (Exit::NotFound, "its patient has erased it; what others saved, they may keep")
        }
        R::NoRecord => (Exit::NotFound, "mrms list --shared-with-me shows what there is"),
        R::NotFinal => (
            Exit::Unreachable,
            "repeat the command in a minute; an access goes on with the log entry that it made",
        ),
        R::ChainUnreachable
        | R::ChainStale
        | R::ChainForkedBack
        | R::ChainForked
        | R::ChainJumped => (
            Exit::Unreachable,
            "the vault waits for its view of the chain; repeat the command later",
        ),
        R::LogUnavailable => (
            Exit::Unreachable,
            "the vault's disk needs room, or to be writable; nothing was released",
        ),
        R::Clock => (Exit::Unreachable, "set this machine's clock; mrms doctor compares it"),
        R::TooManyRequests => (Exit::Unreachable, "wait a minute and repeat the command"),
        R::TooMuchWaits => (
            Exit::Unreachable,
            "wait until earlier versions stand on the chain, and repeat the command",
        ),
        _ => (Exit::Failed, "mrms audit ID --reconcile compares the vault's log with the chain's"),
    };
    Failure::new(exit, reason.as_str(), message).hint(hint)
}
