//! [`RecordRef`]: a record on the command line, by number, range, label or id.

use std::convert::Infallible;
use std::str::FromStr;

use mrms_app::records::find::Lists;
use mrms_app::records::handles::HandleError;
use mrms_app::{Actor, Session};
use mrms_core::RecordId;
use mrms_home::clock::rng;

use crate::config::Settings;

use super::failure::Failure;

/// A record as typed: its number in `mrms list`, a range of numbers, `all`, its label, or its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecordRef(String);

impl FromStr for RecordRef {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

/// By whom records are looked up.
#[derive(Clone, Copy)]
pub(crate) struct Finder<'f> {
    pub(crate) session: Session<'f>,
    /// In whose lists.
    pub(crate) lists: Lists<'f>,
    /// `None` while the profile is locked: then labels mean nothing.
    pub(crate) actor: Option<&'f Actor>,
}

impl RecordRef {
    /// A record as typed.
    pub(crate) fn of(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// What was typed, so that a hint says it as the person does.
    pub(crate) fn typed(&self) -> &str {
        self.0.trim()
    }

    /// Whether it means all records, whatever there are.
    pub(crate) fn is_all(&self) -> bool {
        self.0.trim().eq_ignore_ascii_case("all")
    }

    /// The id, if it was typed as a number: for a command that looks nothing up.
    pub(crate) fn id(&self) -> Option<RecordId> {
        let text = self.0.trim();
        text.strip_prefix("id:").unwrap_or(text).parse().ok()
    }

    /// The profile's keys, if they are needed for what was typed: a label can't be read without them. Otherwise those
    /// that need no question.
    pub(crate) fn keys(&self, settings: &Settings) -> Result<Option<Actor>, Failure> {
        let is_word =
            self.0.chars().any(char::is_alphabetic) && self.id().is_none() && !self.is_all();
        Ok(match is_word {
            true => Some(settings.home.unlock()?),
            false => settings.home.unlock_quietly()?,
        })
    }

    /// The one record that it means.
    pub(crate) fn one(&self, finder: Finder<'_>) -> Result<RecordId, Failure> {
        match self.many(finder)?.as_slice() {
            [one] => Ok(*one),
            several => {
                let (text, count) = (self.0.clone(), several.len());
                Err(HandleError::Several { text, count }.into())
            }
        }
    }

    /// The records that it means, at least one.
    pub(crate) fn many(&self, finder: Finder<'_>) -> Result<Vec<RecordId>, Failure> {
        let Finder { session, lists, actor } = finder;
        Ok(session.find_records(&self.0, lists, actor, &mut rng())?)
    }
}

/// The records that several texts mean, each once, in their order.
pub(crate) fn all_of(typed: &[RecordRef], finder: Finder<'_>) -> Result<Vec<RecordId>, Failure> {
    let mut found = Vec::new();
    for one in typed {
        for id in one.many(finder)? {
            if !found.contains(&id) {
                found.push(id);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_is_an_id_where_nothing_is_looked_up() {
        let typed = |text: &str| text.parse::<RecordRef>().unwrap().id();
        assert_eq!(typed("123"), Some(RecordId::new(123)));
        assert_eq!(typed("id:123"), Some(RecordId::new(123)));
        for text in ["#5", "7-9", "all", "Blood test", "", "-1", "+1"] {
            assert_eq!(typed(text), None, "{text}");
        }
    }
}
