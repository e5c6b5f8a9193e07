//! Decides what becomes of an access that was interrupted: whether its entry is used once more.
//!
//! Asks the ledger where the entry stands now, and the contract whether the grant is live now. What
//! the profile remembers decides neither. Knows no keys.

use mrms_contract::state::StoredVersion;
use mrms_contract::{ContractError, read};
use mrms_core::Version;
use mrms_core::grant::{self, AccessError};
use mrms_vault::protocol::RefusalReason;

use crate::access::open::OpenRecordError;
use crate::profile::ProfileError;
use crate::profile::remembered::{Asked, Opening};
use crate::sending::openings::{is_fresh, opened};
use crate::session::vaults::{MemberError, TooFewVaults};
use crate::session::{Actor, AskError, Session};

impl Session<'_> {
    /// The opening that an interrupted access left, as it stands on the ledger now, and the version
    /// that it opened. `None` when it is of no more use, so that the access needs a new entry: the
    /// entry is too old or no longer on the ledger, or the record has a later version than the one
    /// that was the latest then.
    ///
    /// # Errors
    ///
    /// [`OpenRecordError::Closed`] when the grant has ended since; then nothing is kept any more.
    pub(super) fn interrupted(
        &self,
        actor: &Actor,
        asked: Asked<'_>,
    ) -> Result<Option<(Opening, StoredVersion)>, OpenRecordError> {
        let id = asked.record;
        let kept = match self.profile.opening(asked) {
            // Losing it costs another entry, no more.
            Err(ProfileError::Damaged { .. }) => None,
            kept => kept?,
        };
        let Some(kept) = kept else { return Ok(None) };
        let Some((opening, stored)) = self.where_it_stands(kept)? else { return Ok(None) };
        let now = self.ledger.tip().map_err(AskError::from)?.burn_height;
        let Some(record) = self.ask(&read::record(id))? else { return Ok(None) };
        let is_latest = opening.version == record.version;
        if !is_fresh(&opening, now) || (asked.version.is_none() && !is_latest) {
            return Ok(None);
        }
        let me = asked.organisation.cloned().unwrap_or_else(|| actor.principal());
        if let Some(organisation) = asked.organisation {
            let member = self.ask(&read::member(organisation, &actor.principal()))?;
            if !member.is_some_and(|member| member.is_live(now)) {
                self.profile.forget_opening(asked)?;
                let reason = ContractError::NotMember;
                return Err(OpenRecordError::Closed { record: id, reason });
            }
        } else if me == record.patient {
            return Ok(Some((opening, stored)));
        }
        let has_access = self.ask(&read::has_access(id, &me))?;
        if has_access && is_latest {
            return Ok(Some((opening, stored)));
        }
        let own = self.ask(&read::grant(id, &me))?;
        let standing = self.ask(&read::standing_grant(&record.patient, &me))?;
        let granted = grant::effective(id, own.as_ref(), standing.as_ref(), now);
        if !has_access {
            self.profile.forget_opening(asked)?;
            return Err(OpenRecordError::Closed { record: id, reason: why_closed(granted) });
        }
        // The contract has answered for the latest version.
        let opens_it = granted.is_ok_and(|(_, from)| opening.version >= from);
        Ok(opens_it.then_some((opening, stored)))
    }

    /// The opening by the receipt that its transaction has now: when blocks were made anew, its
    /// entry may have another place, or be gone.
    fn where_it_stands(&self, kept: Opening) -> Result<Option<(Opening, StoredVersion)>, AskError> {
        let Some(receipt) = self.ledger.receipt(&kept.txid)? else { return Ok(None) };
        Ok(opened(kept.was_asked(), &receipt).map(|(now, stored)| {
            let releases = if now.version == kept.version { kept.releases } else { Vec::new() };
            (Opening { releases, note: kept.note, ..now }, stored)
        }))
    }
}

/// The contract's reason for refusing somebody whose grants are these.
fn why_closed(granted: Result<(mrms_core::Rights, Version), AccessError>) -> ContractError {
    match granted {
        Ok((rights, _)) if rights.may_read() => ContractError::VersionNotGranted,
        Ok(_) => ContractError::NoReadRight,
        Err(AccessError::Revoked { .. }) => ContractError::GrantRevoked,
        Err(AccessError::Expired { .. }) => ContractError::GrantExpired,
        Err(_) => ContractError::NoAccess,
    }
}

/// Whether vaults say that the grant has ended or the record is gone.
pub(super) fn is_closed(refused: &TooFewVaults) -> bool {
    refused
        .failures
        .iter()
        .filter_map(MemberError::reason)
        .any(|reason| closing_reason(reason).is_some() || reason == RefusalReason::RecordErased)
}

/// Why vaults say that the grant has ended, in the contract's words.
pub(super) fn closed_by(refused: &TooFewVaults) -> Option<ContractError> {
    refused.failures.iter().filter_map(MemberError::reason).find_map(closing_reason)
}

const fn closing_reason(reason: RefusalReason) -> Option<ContractError> {
    match reason {
        RefusalReason::Revoked => Some(ContractError::GrantRevoked),
        RefusalReason::Expired => Some(ContractError::GrantExpired),
        RefusalReason::NotDelegate => Some(ContractError::NoAccess),
        RefusalReason::NoEmergency => Some(ContractError::NoReadRight),
        RefusalReason::VersionBeforeGrant => Some(ContractError::VersionNotGranted),
        RefusalReason::NotMember => Some(ContractError::NotMember),
        _ => None,
    }
}

/// Whether another entry may bring what this one does not: a vault has used it up, finds it too old,
/// or gave something of no use for it.
pub(super) fn needs_another_entry(refused: &TooFewVaults) -> bool {
    let spent = [RefusalReason::EntryUsed, RefusalReason::EntryStale];
    refused.failures.iter().any(|failure| {
        failure.is_wrong_answer() || failure.reason().is_some_and(|reason| spent.contains(&reason))
    })
}
