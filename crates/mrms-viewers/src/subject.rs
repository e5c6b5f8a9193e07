//! Whom a document is about, as it says: for whoever has to know whose it is before it is kept.
//!
//! A name in a document is a text of somebody else. Nothing here says that two of them are one person.

use serde::{Deserialize, Serialize};

use crate::bounds;
use crate::document::{date_of, one_line};

/// How many people of one document are told at most.
pub(crate) const MOST: usize = 50;

/// Somebody whom a document is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// Their name, as one would say it: given names first. `None` where the document has none.
    pub name: Option<String>,
    /// Their date of birth: ISO 8601, perhaps without day or month. `None` where the document does not tell it, or no date
    /// stands there.
    pub born: Option<String>,
}

impl Subject {
    pub(crate) fn of(name: &str, born: &str) -> Self {
        let name = one_line(name, bounds::MOST_TITLE);
        let born = date_of(born).map(|date| date.split('T').next().unwrap_or_default().to_owned());
        Self { name: Some(name).filter(|name| !name.is_empty()), born }
    }

    /// Somebody for comparing: the parts of a name in any order and case, and the date of birth.
    #[must_use]
    pub fn likeness(&self) -> (Vec<String>, Option<&str>) {
        let name = self.name.as_deref().unwrap_or_default();
        let parts = name.split(|sign: char| !sign.is_alphanumeric());
        let parts = parts.filter(|part| !part.is_empty()).map(str::to_lowercase);
        let mut parts: Vec<String> = parts.collect();
        parts.sort();
        (parts, self.born.as_deref())
    }

    /// Whether the document says anything of them.
    pub(crate) const fn is_told(&self) -> bool {
        self.name.is_some() || self.born.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_a_line_and_a_day() {
        let of = |name: &str, born: &str| {
            let Subject { name, born } = Subject::of(name, born);
            (name.unwrap_or_default(), born.unwrap_or_default())
        };
        let said = |name: &str, born: &str| (name.to_owned(), born.to_owned());
        assert_eq!(of(" Ana \n Muster ", "19500503"), said("Ana Muster", "1950-05-03"));
        assert_eq!(of("Ana", "1950-05-03T10:00:00Z"), said("Ana", "1950-05-03"));
        assert_eq!(of("Ana", "1950"), said("Ana", "1950"));
        assert!(!Subject::of("", "unknown").is_told());
        assert!(!of("Ana\u{202e}x", "").0.contains('\u{202e}'), "nothing acts on a screen");
    }
}
