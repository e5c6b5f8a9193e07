//! Grants: who may open a record, and until when.
//!
//! Pure rules; the caller supplies the current height. The contract is the authority
//! (`grant-record-access`, `get-effective-grant`). This copy lets a screen explain a refusal
//! before anyone pays a fee.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::{BurnHeight, RecordId, Version};

/// What a grant allows: a sum of the contract's right bits.
///
/// Bits: 1 read, 2 amend (implies read), 4 emergency, 8 history (read versions from before the
/// grant; only together with read or amend). 0 is no right at all and never stands in a live grant.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rights(u8);

impl Rights {
    /// Read the versions from the grant on.
    pub const READ: Self = Self(1);
    /// Add versions; reading is implied.
    pub const AMEND: Self = Self(2);
    /// Open in an emergency, with a reason, for a limited time.
    pub const EMERGENCY: Self = Self(4);
    /// Read the versions from before the grant, too.
    pub const HISTORY: Self = Self(8);

    /// The rights with these bits; `None` when a bit is unknown, none is set, or history stands
    /// alone.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        if bits == 0 || bits > 15 || bits == Self::HISTORY.0 { None } else { Some(Self(bits)) }
    }

    /// The bits, as the contract stores them.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// These rights and those of `other`.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether reading without an emergency is allowed: by read or amend.
    #[must_use]
    pub const fn may_read(self) -> bool {
        self.0 & (Self::READ.0 | Self::AMEND.0) != 0
    }

    /// Whether versions may be added.
    #[must_use]
    pub const fn may_amend(self) -> bool {
        self.0 & Self::AMEND.0 != 0
    }

    /// Whether an emergency may be declared.
    #[must_use]
    pub const fn may_declare_emergency(self) -> bool {
        self.0 & Self::EMERGENCY.0 != 0
    }

    /// Whether the versions from before the grant are open, too.
    #[must_use]
    pub const fn includes_history(self) -> bool {
        self.0 & Self::HISTORY.0 != 0
    }
}

impl fmt::Display for Rights {
    /// Words joined by `+`: `read`, `amend`, `emergency`, `history`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [
            (Self::READ, "read"),
            (Self::AMEND, "amend"),
            (Self::EMERGENCY, "emergency"),
            (Self::HISTORY, "history"),
        ];
        let mut separator = "";
        for (right, word) in words {
            if self.0 & right.0 != 0 {
                write!(f, "{separator}{word}")?;
                separator = "+";
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rights({self})")
    }
}

impl Serialize for Rights {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A grant on one record, as `access-grants` holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// What it allows; `None` is the mark that a revoke leaves.
    pub rights: Option<Rights>,
    /// First height at which it is closed; `None` holds until revoked.
    pub expiry: Option<BurnHeight>,
    /// Height at which it was made.
    pub granted_at: BurnHeight,
    /// The oldest version that it opens.
    pub from_version: Version,
    /// Index of its entry in the record's log: tells two grants of one burn block apart. Contracts before release 2.0.0
    /// do not tell it.
    pub entry: Option<u64>,
}

/// A grant on all records of a patient, later ones too, as `standing-grants` holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandingGrant {
    /// What it allows; `None` is the mark that a revoke leaves.
    pub rights: Option<Rights>,
    /// First height at which it is closed; `None` holds until revoked.
    pub expiry: Option<BurnHeight>,
    /// Height at which it was made.
    pub granted_at: BurnHeight,
    /// Index of its entry in the patient's log. Contracts before release 2.0.0 do not tell it.
    pub entry: Option<u64>,
}

/// Why the rules refuse to open a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccessError {
    /// Nobody ever granted anything.
    #[error("no access to record {record} was ever granted")]
    NotGranted {
        /// The record asked for.
        record: RecordId,
    },
    /// The grant closed at `expiry`; `now` is that height or later.
    #[error("grant on record {record} closed at burn block {expiry}, now {now}")]
    Expired {
        /// The record asked for.
        record: RecordId,
        /// First height at which the grant is closed.
        expiry: BurnHeight,
        /// The current height.
        now: BurnHeight,
    },
    /// The patient took the grant back.
    #[error("access to record {record} was revoked")]
    Revoked {
        /// The record asked for.
        record: RecordId,
    },
    /// The grant is live but does not include reading.
    #[error("the grant on record {record} allows {rights}, not reading")]
    NoReadRight {
        /// The record asked for.
        record: RecordId,
        /// What the grant allows.
        rights: Rights,
    },
    /// The version is older than the grant opens.
    #[error("the grant on record {record} opens version {from_version} and later, not {version}")]
    VersionBeforeGrant {
        /// The record asked for.
        record: RecordId,
        /// The version asked for.
        version: Version,
        /// The oldest version that the grant opens.
        from_version: Version,
    },
}

/// Whether a grant with this expiry is open at `now`. Expiry is exclusive: at that height the
/// grant is already closed.
#[must_use]
pub fn is_live(expiry: Option<BurnHeight>, now: BurnHeight) -> bool {
    expiry.is_none_or(|expiry| now < expiry)
}

/// The rights of one user on one record, and the oldest version that they open. The record's own
/// grant counts while it is live; after a revoke nothing does; else the standing grant counts while
/// it is live.
///
/// # Errors
///
/// Why no grant counts: the reason of the record's own grant if there is one, else that of the
/// standing grant.
pub fn effective(
    record: RecordId,
    grant: Option<&Grant>,
    standing: Option<&StandingGrant>,
    now: BurnHeight,
) -> Result<(Rights, Version), AccessError> {
    let mut lapsed = None;
    if let Some(grant) = grant {
        let rights = grant.rights.ok_or(AccessError::Revoked { record })?;
        if is_live(grant.expiry, now) {
            return Ok((rights, grant.from_version));
        }
        lapsed = grant.expiry;
    }
    if let Some(standing) = standing {
        match standing.rights {
            Some(rights) if is_live(standing.expiry, now) => return Ok((rights, Version::FIRST)),
            None if lapsed.is_none() => return Err(AccessError::Revoked { record }),
            _ => lapsed = lapsed.or(standing.expiry),
        }
    }
    match lapsed {
        Some(expiry) => Err(AccessError::Expired { record, expiry, now }),
        None => Err(AccessError::NotGranted { record }),
    }
}

/// Whether a user with these grants may read `version` of `record` at `now`, without an emergency.
///
/// # Errors
///
/// The reason for the refusal.
pub fn may_read(
    record: RecordId,
    version: Version,
    grant: Option<&Grant>,
    standing: Option<&StandingGrant>,
    now: BurnHeight,
) -> Result<(), AccessError> {
    let (rights, from_version) = effective(record, grant, standing, now)?;
    if !rights.may_read() {
        return Err(AccessError::NoReadRight { record, rights });
    }
    if version < from_version {
        return Err(AccessError::VersionBeforeGrant { record, version, from_version });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: RecordId = RecordId::new(7);
    const NOW: BurnHeight = BurnHeight::new(100);

    fn version(number: u64) -> Version {
        Version::new(number).unwrap()
    }

    fn grant(rights: Option<Rights>, expiry: Option<u64>) -> Grant {
        Grant {
            rights,
            expiry: expiry.map(BurnHeight::new),
            granted_at: BurnHeight::new(50),
            from_version: version(2),
            entry: None,
        }
    }

    fn standing(expiry: Option<u64>) -> StandingGrant {
        StandingGrant {
            rights: Some(Rights::READ),
            expiry: expiry.map(BurnHeight::new),
            granted_at: BurnHeight::new(10),
            entry: None,
        }
    }

    #[test]
    fn without_a_grant_nothing_opens() {
        assert_eq!(
            may_read(RECORD, version(1), None, None, NOW),
            Err(AccessError::NotGranted { record: RECORD })
        );
    }

    #[test]
    fn a_grant_is_closed_at_its_expiry_and_open_one_block_before() {
        let expired = Err(AccessError::Expired { record: RECORD, expiry: NOW, now: NOW });
        assert_eq!(
            may_read(RECORD, version(2), Some(&grant(Some(Rights::READ), Some(100))), None, NOW),
            expired
        );
        assert_eq!(
            may_read(RECORD, version(2), Some(&grant(Some(Rights::READ), Some(101))), None, NOW),
            Ok(())
        );
        assert_eq!(
            may_read(RECORD, version(2), Some(&grant(Some(Rights::READ), None)), None, NOW),
            Ok(())
        );
    }

    #[test]
    fn a_revoke_shuts_the_standing_grant_out() {
        assert_eq!(
            may_read(RECORD, version(2), Some(&grant(None, None)), Some(&standing(None)), NOW),
            Err(AccessError::Revoked { record: RECORD })
        );
    }

    #[test]
    fn a_standing_grant_never_widens_a_live_record_grant() {
        let narrow = grant(Some(Rights::READ), None);
        assert!(may_read(RECORD, version(1), Some(&narrow), Some(&standing(None)), NOW).is_err());
    }

    #[test]
    fn a_standing_grant_holds_when_the_record_grant_has_lapsed() {
        let lapsed = grant(Some(Rights::READ), Some(60));
        assert_eq!(may_read(RECORD, version(1), Some(&lapsed), Some(&standing(None)), NOW), Ok(()));
        assert_eq!(
            may_read(RECORD, version(1), Some(&lapsed), Some(&standing(Some(80))), NOW),
            Err(AccessError::Expired { record: RECORD, expiry: BurnHeight::new(60), now: NOW })
        );
    }

    #[test]
    fn a_revoked_standing_grant_is_named_as_such_unless_the_record_had_its_own() {
        let revoked = StandingGrant { rights: None, ..standing(Some(20)) };
        assert_eq!(
            may_read(RECORD, version(1), None, Some(&revoked), NOW),
            Err(AccessError::Revoked { record: RECORD })
        );
        let lapsed = grant(Some(Rights::READ), Some(60));
        assert_eq!(
            may_read(RECORD, version(1), Some(&lapsed), Some(&revoked), NOW),
            Err(AccessError::Expired { record: RECORD, expiry: BurnHeight::new(60), now: NOW })
        );
    }

    #[test]
    fn emergency_alone_does_not_read() {
        assert!(
            may_read(RECORD, version(2), Some(&grant(Some(Rights::EMERGENCY), None)), None, NOW)
                .is_err()
        );
    }

    #[test]
    fn history_alone_and_unknown_bits_are_no_rights() {
        for bits in [0, 8, 16, 255] {
            assert_eq!(Rights::from_bits(bits), None, "{bits}");
        }
        assert_eq!(Rights::READ.with(Rights::HISTORY).to_string(), "read+history");
    }
}
