//! Rules for a release: what must hold of the chain's answers before a share is released. Pure.
//!
//! The contract is the authority (`check-read`, `access-for`, `is-emergency-open`). The vault applies the same rules again
//! at the time of the release, since a grant, or who belongs to whom, may have ended after the entry was made. A delegate who
//! may see gets shares as a reader does, and one who may share leaves shares for others.

use mrms_core::grant::{self, AccessError};
use mrms_core::{Action, AuditEntry, BurnHeight, Powers, Principal, RecordId, Version};
use sha2::{Digest, Sha256};

use super::chain::{DeclaredUnder, EmergencyOpening, GrantsHeld, IncludedTransaction};
use super::finality::SeenChain;
use super::settings::GuardianSettings;
use crate::protocol::{RefusalReason, ReleaseRequest};

/// Checks that the entry is an opening of this version by this principal.
pub(crate) fn is_opening(
    entry: &AuditEntry,
    signer: &Principal,
    version: Version,
) -> Result<(), RefusalReason> {
    if !matches!(entry.action, Action::Access | Action::EmergencyRead) {
        return Err(RefusalReason::NotAnAccess);
    }
    if entry.actor != *signer {
        return Err(RefusalReason::OtherReader);
    }
    if entry.version != version.number() {
        return Err(RefusalReason::OtherVersion);
    }
    Ok(())
}

/// Whose grants and shares an opening is about: the organisation's for which a member opened, else the reader's own.
pub(crate) fn holder_of(entry: &AuditEntry) -> &Principal {
    entry.subject.as_ref().unwrap_or(&entry.actor)
}

/// Whether a delegate with these powers may leave shares.
pub(crate) fn may_share(powers: Powers) -> bool {
    powers.include(Powers::SHARE)
}

/// Whether somebody opens every record of the patient at `now`, as a delegate who may see. What a grant forbids them does not
/// count then.
pub(crate) fn may_see(held: &GrantsHeld, now: BurnHeight) -> bool {
    has_power(held, Powers::SEE, now)
}

fn has_power(held: &GrantsHeld, power: Powers, now: BurnHeight) -> bool {
    let powers = held.delegation.and_then(|delegation| delegation.powers_at(now));
    powers.is_some_and(|powers| powers.include(power))
}

/// Checks that the named transaction made the entry, deep enough in the chain and not too long ago. `restored` is the
/// block height at which this vault was restored from a backup: it does not know which entries up to there
/// were used.
pub(crate) fn is_usable(
    request: &ReleaseRequest,
    entry: &AuditEntry,
    made: Option<&IncludedTransaction>,
    seen: &SeenChain,
    restored: Option<u64>,
    settings: &GuardianSettings,
) -> Result<(), RefusalReason> {
    let made = made
        .filter(|made| made.entries.contains(&request.audit_index))
        .ok_or(RefusalReason::OtherTransaction)?;
    if !seen.has_settled(made.block_height) {
        return Err(RefusalReason::NotFinal);
    }
    let too_old = seen.tip.burn_height.since(entry.burn_height) > settings.entry_age_limit;
    if too_old || restored.is_some_and(|restored| made.block_height.number() <= restored) {
        return Err(RefusalReason::EntryStale);
    }
    Ok(())
}

/// Checks that the grants let their user read `version` at `now`. Calls `opening` only if the user may read in an
/// emergency alone.
pub(crate) fn may_open<E>(
    record: RecordId,
    version: Version,
    held: &GrantsHeld,
    now: BurnHeight,
    opening: impl FnOnce() -> Result<Option<EmergencyOpening>, E>,
) -> Result<Result<(), RefusalReason>, E> {
    let (own, standing) = (held.grant.as_ref(), held.standing.as_ref());
    let (rights, from_version) = match grant::effective(record, own, standing, now) {
        Ok(in_force) => in_force,
        Err(error) => return Ok(Err(reason_of(held, &error))),
    };
    if !rights.may_read() {
        let is_open = rights.may_declare_emergency()
            && opening()?
                .is_some_and(|opening| now < opening.until && is_under(&opening, held, now));
        if !is_open {
            return Ok(Err(RefusalReason::NoEmergency));
        }
    }
    Ok(if version < from_version { Err(RefusalReason::VersionBeforeGrant) } else { Ok(()) })
}

/// Checks that the note is the one that the reader committed to when they declared the emergency: so every
/// release of an emergency leaves the patient the reason, in the vault's log.
pub(crate) fn has_reason(
    note: &[u8],
    declared: Option<&EmergencyOpening>,
) -> Result<(), RefusalReason> {
    let committed = declared.ok_or(RefusalReason::NoEmergency)?.reason;
    if !note.is_empty() && <[u8; 32]>::from(Sha256::digest(note)) == committed {
        Ok(())
    } else {
        Err(RefusalReason::NoEmergencyNote)
    }
}

/// Checks that a grant is in force, or a delegation to see.
pub(crate) fn is_in_force(
    record: RecordId,
    held: &GrantsHeld,
    now: BurnHeight,
) -> Result<(), RefusalReason> {
    if may_see(held, now) {
        return Ok(());
    }
    grant::effective(record, held.grant.as_ref(), held.standing.as_ref(), now)
        .map(|_| ())
        .map_err(|error| reason_of(held, &error))
}

/// Checks that the grants, or a delegation to add, let their user add a version.
pub(crate) fn may_write(
    record: RecordId,
    held: &GrantsHeld,
    now: BurnHeight,
) -> Result<(), RefusalReason> {
    if has_power(held, Powers::ADD, now) {
        return Ok(());
    }
    match grant::effective(record, held.grant.as_ref(), held.standing.as_ref(), now) {
        Ok((rights, _)) if rights.may_amend() => Ok(()),
        Ok(_) => Err(RefusalReason::NotGranted),
        Err(error) => Err(reason_of(held, &error)),
    }
}

/// Whether an emergency was declared by the very grant that is in force. Where the contract does not tell it, heights do, by
/// burn blocks.
fn is_under(opening: &EmergencyOpening, held: &GrantsHeld, now: BurnHeight) -> bool {
    let own = held.grant.filter(|own| grant::is_live(own.expiry, now));
    let (granted_at, entry) = match (own, held.standing) {
        (Some(own), _) => (own.granted_at, own.entry.map(DeclaredUnder::Own)),
        (None, Some(all)) => (all.granted_at, all.entry.map(DeclaredUnder::Standing)),
        (None, None) => return false,
    };
    match entry {
        Some(entry) => opening.under == Some(entry),
        None => opening.opened_at >= granted_at,
    }
}

fn reason_of(held: &GrantsHeld, error: &AccessError) -> RefusalReason {
    match error {
        // All that they ever had was a delegation, and it does not open this now.
        AccessError::NotGranted { .. } if held.delegation.is_some() => RefusalReason::NotDelegate,
        AccessError::Revoked { .. } => RefusalReason::Revoked,
        AccessError::Expired { .. } => RefusalReason::Expired,
        AccessError::VersionBeforeGrant { .. } => RefusalReason::VersionBeforeGrant,
        AccessError::NoReadRight { .. } => RefusalReason::NoEmergency,
        // Errors that are added later refuse as well.
        _ => RefusalReason::NotGranted,
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
            entry: None,
        };
        GrantsHeld { grant: Some(grant), standing: None, delegation: None }
    }

    fn with_opening(held: &GrantsHeld, opened_at: u64, until: u64) -> Result<(), RefusalReason> {
        let opening = EmergencyOpening {
            until: BurnHeight::new(until),
            opened_at: BurnHeight::new(opened_at),
            reason: [1; 32],
            under: None,
        };
        may_open(RECORD, Version::FIRST, held, NOW, || Ok::<_, ()>(Some(opening))).unwrap()
    }

    #[test]
    fn an_emergency_opens_until_its_end_and_not_under_a_later_grant() {
        let held = emergency_grant();
        let none = may_open(RECORD, Version::FIRST, &held, NOW, || Ok::<_, ()>(None)).unwrap();
        assert_eq!(none, Err(RefusalReason::NoEmergency));
        assert_eq!(with_opening(&held, 60, 100), Err(RefusalReason::NoEmergency), "at its end");
        assert_eq!(
            with_opening(&held, 49, 200),
            Err(RefusalReason::NoEmergency),
            "before the grant"
        );
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
            entry: None,
        });
        assert_eq!(with_opening(&held, 60, 200), Err(RefusalReason::NoEmergency));
        assert_eq!(with_opening(&held, 80, 200), Ok(()));
    }

    #[test]
    fn an_emergency_ends_with_the_grant_that_it_was_declared_by_within_one_burn_block_too() {
        let mut held = emergency_grant();
        held.standing = Some(StandingGrant {
            rights: Some(Rights::EMERGENCY),
            expiry: None,
            granted_at: BurnHeight::new(50),
            entry: Some(4),
        });
        let open = |held: &GrantsHeld, under| {
            let opening = EmergencyOpening {
                until: BurnHeight::new(200),
                opened_at: BurnHeight::new(50),
                reason: [1; 32],
                under,
            };
            may_open(RECORD, Version::FIRST, held, NOW, || Ok::<_, ()>(Some(opening))).unwrap()
        };
        if let Some(grant) = &mut held.grant {
            grant.entry = Some(4);
        }
        assert_eq!(open(&held, Some(DeclaredUnder::Own(4))), Ok(()));
        // Revoked and made again, all at height 50: nothing but the entry tells it.
        assert_eq!(open(&held, Some(DeclaredUnder::Own(2))), Err(RefusalReason::NoEmergency));
        assert_eq!(open(&held, Some(DeclaredUnder::Standing(4))), Err(RefusalReason::NoEmergency));
        assert_eq!(open(&held, None), Err(RefusalReason::NoEmergency));
        // The record's own lapses: what was declared by it does not go on under the standing one.
        if let Some(grant) = &mut held.grant {
            grant.expiry = Some(NOW);
        }
        assert_eq!(open(&held, Some(DeclaredUnder::Own(4))), Err(RefusalReason::NoEmergency));
        assert_eq!(open(&held, Some(DeclaredUnder::Standing(4))), Ok(()));
    }

    #[test]
    fn an_opening_is_about_the_organisation_for_which_a_member_opened() {
        let [member, organisation] = [
            "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5",
            "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG",
        ]
        .map(|text| text.parse::<Principal>().unwrap());
        let mut entry = AuditEntry {
            index: 0,
            action: Action::Access,
            actor: member.clone(),
            subject: None,
            version: 1,
            expiry: None,
            detail: [0; 32],
            burn_height: NOW,
        };
        assert_eq!(*holder_of(&entry), member);
        entry.subject = Some(organisation.clone());
        assert_eq!(*holder_of(&entry), organisation);
        assert_eq!(is_opening(&entry, &member, Version::FIRST), Ok(()));
        assert_eq!(
            is_opening(&entry, &organisation, Version::FIRST),
            Err(RefusalReason::OtherReader)
        );
    }

    #[test]
    fn only_the_note_that_was_committed_to_is_the_reason() {
        let declared = |note: &[u8]| EmergencyOpening {
            until: BurnHeight::new(200),
            opened_at: BurnHeight::new(60),
            reason: Sha256::digest(note).into(),
            under: None,
        };
        assert_eq!(has_reason(b"sealed", Some(&declared(b"sealed"))), Ok(()));
        let missing = Err(RefusalReason::NoEmergencyNote);
        assert_eq!(has_reason(b"other", Some(&declared(b"sealed"))), missing);
        assert_eq!(has_reason(b"", Some(&declared(b"sealed"))), missing);
        assert_eq!(has_reason(b"", Some(&declared(b""))), missing, "no note is no reason");
        assert_eq!(has_reason(b"sealed", None), Err(RefusalReason::NoEmergency));
    }

    #[test]
    fn a_failing_question_is_no_answer() {
        let held = emergency_grant();
        assert_eq!(may_open(RECORD, Version::FIRST, &held, NOW, || Err("down")), Err("down"));
    }
}
