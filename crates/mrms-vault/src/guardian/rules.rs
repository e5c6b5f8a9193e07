//! What must hold before a share leaves, as pure rules over what the chain answered.
//!
//! The contract is the authority (`check-read`, `is-emergency-open`); the vault applies its rules
//! again at the moment of the release, since a grant may have ended after the entry was made. A
//! patient's delegates are not known here: they have no shares.

use mrms_core::grant::{self, AccessError};
use mrms_core::{Action, AuditEntry, BurnHeight, Principal, RecordId, Version};

use super::chain::{ChainTip, EmergencyOpening, GrantsHeld, IncludedTransaction};
use super::settings::GuardianSettings;
use crate::protocol::{Reason, ReleaseRequest};

/// Whether the entry is an opening of this version by this principal.
pub(crate) fn is_opening(
    entry: &AuditEntry,
    signer: &Principal,
    version: Version,
) -> Result<(), Reason> {
    if !matches!(entry.action, Action::Access | Action::EmergencyRead) {
        return Err(Reason::NotAnAccess);
    }
    if entry.actor != *signer {
        return Err(Reason::OtherReader);
    }
    if entry.version != version.number() {
        return Err(Reason::OtherVersion);
    }
    Ok(())
}

/// Whether the transaction named made the entry, deep enough and not too long ago. `restored` is
/// the block height at which this vault was restored from a backup: it does not know what was
/// released against entries up to it.
pub(crate) fn is_usable(
    request: &ReleaseRequest,
    entry: &AuditEntry,
    made: Option<&IncludedTransaction>,
    tip: &ChainTip,
    restored: Option<u64>,
    settings: &GuardianSettings,
) -> Result<(), Reason> {
    let made = made
        .filter(|made| made.entries.contains(&request.audit_index))
        .ok_or(Reason::OtherTransaction)?;
    let block = made.block_height.number();
    if tip.block_height.number().saturating_sub(block) < settings.finality_blocks {
        return Err(Reason::NotFinal);
    }
    let too_old = tip.burn_height.since(entry.burn_height) > settings.entry_age_limit;
    if too_old || restored.is_some_and(|restored| block <= restored) {
        return Err(Reason::EntryStale);
    }
    Ok(())
}

/// Whether the grants let their user read `version` at `now`. `opening` is asked for only where
/// an emergency alone could let them in.
pub(crate) fn may_open<E>(
    record: RecordId,
    version: Version,
    held: &GrantsHeld,
    now: BurnHeight,
    opening: impl FnOnce() -> Result<Option<EmergencyOpening>, E>,
) -> Result<Result<(), Reason>, E> {
    let (own, standing) = (held.grant.as_ref(), held.standing.as_ref());
    let (rights, from_version) = match grant::effective(record, own, standing, now) {
        Ok(in_force) => in_force,
        Err(error) => return Ok(Err(reason_of(&error))),
    };
    if !rights.may_read() {
        let granted_at = granted_at(held, now);
        let is_open = rights.may_declare_emergency()
            && opening()?
                .is_some_and(|opening| now < opening.until && opening.opened_at >= granted_at);
        if !is_open {
            return Ok(Err(Reason::NoEmergency));
        }
    }
    Ok(if version < from_version { Err(Reason::VersionBeforeGrant) } else { Ok(()) })
}

/// Whether any grant is in force.
pub(crate) fn is_in_force(
    record: RecordId,
    held: &GrantsHeld,
    now: BurnHeight,
) -> Result<(), Reason> {
    grant::effective(record, held.grant.as_ref(), held.standing.as_ref(), now)
        .map(|_| ())
        .map_err(|error| reason_of(&error))
}

/// When the grant that is in force was made.
fn granted_at(held: &GrantsHeld, now: BurnHeight) -> BurnHeight {
    let own = held.grant.filter(|own| grant::is_live(own.expiry, now));
    own.map(|own| own.granted_at)
        .or(held.standing.map(|standing| standing.granted_at))
        .unwrap_or(now)
}

fn reason_of(error: &AccessError) -> Reason {
    match error {
        AccessError::Revoked { .. } => Reason::Revoked,
        AccessError::Expired { .. } => Reason::Expired,
        AccessError::VersionBeforeGrant { .. } => Reason::VersionBeforeGrant,
        AccessError::NoReadRight { .. } => Reason::NoEmergency,
        // A refusal that is not known here is one all the same.
        _ => Reason::NotGranted,
    }
}

#[cfg(test)]
mod tests {
    use mrms_core::{Grant, Rights, StandingGrant};

    use super::*;

    const RECORD: RecordId = RecordId::new(7);
    const NOW: BurnHeight = BurnHeight::new(100);

    fn emergency_grant() -> GrantsHeld {
        let grant = Grant {
            rights: Some(Rights::EMERGENCY),
            expiry: None,
            granted_at: BurnHeight::new(50),
            from_version: Version::FIRST,
        };
        GrantsHeld { grant: Some(grant), standing: None }
    }

    fn with_opening(held: &GrantsHeld, opened_at: u64, until: u64) -> Result<(), Reason> {
        let opening = EmergencyOpening {
            until: BurnHeight::new(until),
            opened_at: BurnHeight::new(opened_at),
            reason: [1; 32],
        };
        may_open(RECORD, Version::FIRST, held, NOW, || Ok::<_, ()>(Some(opening))).unwrap()
    }

    #[test]
    fn an_emergency_opens_until_its_end_and_not_under_a_later_grant() {
        let held = emergency_grant();
        let none = may_open(RECORD, Version::FIRST, &held, NOW, || Ok::<_, ()>(None)).unwrap();
        assert_eq!(none, Err(Reason::NoEmergency));
        assert_eq!(with_opening(&held, 60, 100), Err(Reason::NoEmergency), "at its end");
        assert_eq!(with_opening(&held, 49, 200), Err(Reason::NoEmergency), "before the grant");
        assert_eq!(with_opening(&held, 50, 101), Ok(()));
    }

    #[test]
    fn an_emergency_under_a_standing_grant_counts_from_that_grant() {
        let mut held = emergency_grant();
        if let Some(grant) = &mut held.grant {
            grant.expiry = Some(BurnHeight::new(90));
        }
        held.standing = Some(StandingGrant {
            rights: Some(Rights::EMERGENCY),
            expiry: None,
            granted_at: BurnHeight::new(80),
        });
        assert_eq!(with_opening(&held, 60, 200), Err(Reason::NoEmergency));
        assert_eq!(with_opening(&held, 80, 200), Ok(()));
    }

    #[test]
    fn a_failing_question_is_no_answer() {
        let held = emergency_grant();
        assert_eq!(may_open(RECORD, Version::FIRST, &held, NOW, || Err("down")), Err("down"));
    }
}
