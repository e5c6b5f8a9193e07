//! Wards: children whose profile lies in a parent's home until the day on which they grow up.
//!
//! A small file in the child's profile says who looks after them, and when that day is. What the parent may do until then,
//! the contract says; it ends there by itself.

use std::io;

use mrms_core::{BurnHeight, Principal, StandardPrincipal, UnixTime};
use serde::{Deserialize, Serialize};

use crate::error::{HomeError, file_error};
use crate::folder::ProfileName;
use crate::home::Home;

const FILE: &str = "ward.json";
/// Burn blocks of a day.
const A_DAY: u64 = 144;
/// So many days before the day both are told.
const TOLD_BEFORE: [u64; 3] = [7, 30, 90];

/// What the file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WardTerms {
    /// Who looks after them.
    pub guardian: Principal,
    /// The day on which they grow up: the end of it.
    pub grows_up: UnixTime,
    /// The burn height of that time, at which the guardian's power ends.
    pub until: BurnHeight,
}

/// A child with a profile in this home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ward {
    /// Their profile.
    pub profile: ProfileName,
    /// Their account.
    pub principal: StandardPrincipal,
    /// What was set when the profile was made.
    pub terms: WardTerms,
}

impl Ward {
    /// How near the day is, as both are told: 90, 30 or 7 days before at most, or 0 once it has come; `None` while it is far.
    #[must_use]
    pub fn days_told(&self, now: BurnHeight) -> Option<u64> {
        if now >= self.terms.until {
            return Some(0);
        }
        let left = self.terms.until.since(now);
        TOLD_BEFORE.into_iter().find(|days| left <= days.saturating_mul(A_DAY))
    }
}

impl Home {
    /// Notes that the profile of this home is a ward's.
    ///
    /// # Errors
    ///
    /// [`HomeError::File`].
    pub fn note_ward(&self, terms: &WardTerms) -> Result<(), HomeError> {
        let path = self.folder().profile(self.profile()).path().join(FILE);
        // Plain fields: nothing here can fail to serialize.
        let bytes = serde_json::to_vec_pretty(terms).unwrap_or_default();
        mrms_files::write_whole(&path, &bytes).map_err(file_error("write", &path))
    }

    /// The wards with a profile in this home.
    ///
    /// # Errors
    ///
    /// [`HomeError::File`], [`HomeError::CardDamaged`]; [`HomeError::Damaged`] where a ward's file is.
    pub fn wards(&self) -> Result<Vec<Ward>, HomeError> {
        let mut wards = Vec::new();
        for profile in self.folder().profiles()? {
            let path = self.folder().profile(&profile).path().join(FILE);
            let bytes = match std::fs::read(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                bytes => bytes.map_err(file_error("read", &path))?,
            };
            let terms = serde_json::from_slice(&bytes)
                .map_err(|error| HomeError::Damaged { path, reason: error.to_string() })?;
            let principal = self.folder().card(&profile)?.principal;
            wards.push(Ward { profile, principal, terms });
        }
        Ok(wards)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_is_told_ninety_thirty_and_seven_days_before_and_when_it_has_come() {
        let until = BurnHeight::new(100_000);
        let ward = Ward {
            profile: "anna".parse().unwrap(),
            principal: "ST000000000000000000002AMW42H".parse().unwrap(),
            terms: WardTerms {
                guardian: "ST000000000000000000002AMW42H".parse().unwrap(),
                grows_up: UnixTime::from_seconds(2_000_000_000),
                until,
            },
        };
        let told =
            |days: u64, blocks: u64| ward.days_told(BurnHeight::new(100_000 - days * 144 - blocks));
        assert_eq!(told(90, 1), None);
        assert_eq!((told(90, 0), told(31, 0)), (Some(90), Some(90)));
        assert_eq!((told(30, 0), told(8, 0)), (Some(30), Some(30)));
        assert_eq!((told(7, 0), told(0, 1)), (Some(7), Some(7)));
        assert_eq!(told(0, 0), Some(0));
        assert_eq!(ward.days_told(BurnHeight::new(100_001)), Some(0));
    }
}
