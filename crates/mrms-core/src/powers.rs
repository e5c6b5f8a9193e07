//! Powers: what a delegate may do for a patient.
//!
//! Pure; the contract is the authority (`set-delegate`). Does not know who has them.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::Rights;

/// What a delegate may do for a patient. At least one power.
///
/// Source: the contract's `POWER_` constants.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Powers(u8);

impl Powers {
    /// See every record.
    pub const SEE: Self = Self(1);
    /// Share: grant and revoke.
    pub const SHARE: Self = Self(2);
    /// Add records and versions.
    pub const ADD: Self = Self(4);
    /// All of them.
    pub const ALL: Self = Self(7);

    /// The powers with these bits; `None` when a bit is unknown or none is set.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Option<Self> {
        if bits == 0 || bits > Self::ALL.0 { None } else { Some(Self(bits)) }
    }

    /// The bits, as the contract stores them.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// These powers and those of `other`.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` are among these.
    #[must_use]
    pub const fn include(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether somebody with these powers may give these rights: nobody gives what they do not have.
    #[must_use]
    pub const fn may_give(self, rights: Rights) -> bool {
        self.include(Self::SHARE.with(Self::SEE))
            && (self.include(Self::ADD) || !rights.may_amend())
    }
}

impl fmt::Display for Powers {
    /// Words joined by `+`: `see`, `share`, `add`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [(Self::SEE, "see"), (Self::SHARE, "share"), (Self::ADD, "add")];
        let mut separator = "";
        for (_, word) in words.into_iter().filter(|(power, _)| self.include(*power)) {
            write!(f, "{separator}{word}")?;
            separator = "+";
        }
        Ok(())
    }
}

impl fmt::Debug for Powers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Powers({self})")
    }
}

impl Serialize for Powers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_and_unknown_bits_are_no_powers() {
        for bits in [0, 8, 15, 255] {
            assert_eq!(Powers::from_bits(bits), None, "{bits}");
        }
        assert_eq!(Powers::from_bits(5).unwrap().to_string(), "see+add");
    }

    #[test]
    fn nobody_gives_a_right_that_their_powers_lack() {
        let see_and_share = Powers::SEE.with(Powers::SHARE);
        assert!(see_and_share.may_give(Rights::READ));
        assert!(see_and_share.may_give(Rights::EMERGENCY.with(Rights::HISTORY)));
        assert!(!see_and_share.may_give(Rights::AMEND));
        assert!(Powers::ALL.may_give(Rights::AMEND));
        for powers in [Powers::SEE, Powers::SHARE, Powers::SHARE.with(Powers::ADD)] {
            assert!(!powers.may_give(Rights::READ), "{powers}");
        }
    }
}
