//! The name of a profile, which is the name of its folder as well.

use std::fmt;
use std::str::FromStr;

/// Name of a profile: 1 to 32 small letters, digits and `-`, which is neither first nor last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProfileName(String);

impl ProfileName {
    /// The name of the first profile, if nobody chose one.
    #[must_use]
    pub fn standard() -> Self {
        Self("default".to_owned())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ProfileName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let edges = !text.starts_with('-') && !text.ends_with('-');
        if (1..=32).contains(&text.len()) && edges && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err("a profile's name is 1 to 32 small letters, digits and -".to_owned())
        }
    }
}
