//! Wards: children whose profile lies in a parent's home until the day on which they grow up.
//!
//! A small file in the child's profile says who looks after them, and when that day is. What the parent may do until then,
//! the contract says; it ends there by itself. Reads and writes no file: `ward_files` does.

use mrms_core::{BurnHeight, Principal, StandardPrincipal, UnixTime};
use serde::{Deserialize, Serialize};

use crate::folder::ProfileName;

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
    /// Whether what this guardian may do for a patient ends with the day on which this ward grows up.
    #[must_use]
    pub fn ends(
        &self,
        patient: &Principal,
        guardian: &Principal,
        expiry: Option<BurnHeight>,
    ) -> bool {
        Principal::from(self.principal) == *patient
            && self.terms.guardian == *guardian
            && expiry == Some(self.terms.until)
    }

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
