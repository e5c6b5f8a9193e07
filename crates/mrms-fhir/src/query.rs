//! [`Query`]: what a search asks for, read from its parameters.
//!
//! A parameter that the face does not know is refused, unless the client wants it ignored (`Prefer: handling=lenient`):
//! an ignored filter gives somebody else's data, or too much of it.

use crate::kind::Kind;
use crate::matching::Test;
use crate::outcome::{Refusal, Why};
use crate::page::Cursor;
use crate::parameters::{self, How, Parameter};

/// Entries of a page where nothing is said.
pub const USUAL_PAGE: usize = 20;
/// Most entries of a page.
pub const MOST_PAGE: usize = 1_000;
/// The parameter with the place of the next page.
pub(crate) const CURSOR: &str = "_cursor";

/// What is done with parameters that the face does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Handling {
    /// They are refused.
    #[default]
    Strict,
    /// They are ignored, and the answer says so.
    Lenient,
}

/// One parameter of a search: a resource must meet one of the values.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    pub(crate) parameter: &'static Parameter,
    pub(crate) test: Test,
}

/// The order of an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    pub(crate) by: &'static Parameter,
    pub(crate) is_descending: bool,
}

/// What a search asks for.
#[derive(Clone, Debug)]
pub struct Query {
    /// The type.
    pub kind: Kind,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) order: Order,
    /// Entries of a page; 0 for the number alone.
    pub(crate) count: usize,
    pub(crate) after: Option<Cursor>,
    /// Parameters that were ignored.
    pub ignored: Vec<String>,
    /// What counts, as it was asked.
    pub(crate) asked: Vec<(String, String)>,
}

impl Query {
    /// Reads the parameters of a search for a type. `base` is the face's address, which references may begin with.
    ///
    /// # Errors
    ///
    /// [`Why::NotSupported`] for what the face does not know, [`Why::Invalid`] for values that are none.
    pub fn parse(
        kind: Kind,
        parameters: &[(String, String)],
        handling: Handling,
        base: &str,
    ) -> Result<Self, Refusal> {
        let newest = Order { by: updated(), is_descending: true };
        let (conditions, ignored, asked) = (Vec::new(), Vec::new(), Vec::new());
        let mut query = Self {
            kind,
            conditions,
            order: newest,
            count: USUAL_PAGE,
            after: None,
            ignored,
            asked,
        };
        for (name, value) in parameters {
            match query.take(name, value, base) {
                Err(refusal)
                    if refusal.why == Why::NotSupported && handling == Handling::Lenient =>
                {
                    query.ignored.push(name.clone());
                }
                taken => taken?,
            }
        }
        Ok(query)
    }

    fn take(&mut self, name: &str, value: &str, base: &str) -> Result<(), Refusal> {
        match name {
            CURSOR => self.after = Some(Cursor::parse(value)?),
            // What the answer looks like: there is one look, and it always has the total.
            "_format" | "_pretty" | "_total" | "_totalMethod" => return Ok(()),
            "_count" => {
                let wrong = || Why::Invalid.because(format!("_count is a number, not {value:?}."));
                self.count = value.parse::<usize>().map_err(|_| wrong())?.min(MOST_PAGE);
                self.remember(name, value);
            }
            "_summary" if value == "count" => {
                self.count = 0;
                self.remember(name, value);
            }
            "_summary" if value == "false" => return Ok(()),
            "_sort" => {
                self.order = self.order(value)?;
                self.remember(name, value);
            }
            _ => {
                let (plain, modifier) = match name.split_once(':') {
                    Some((plain, modifier)) => (plain, Some(modifier)),
                    None => (name, None),
                };
                let parameter = self.parameter(plain)?;
                let test = Test::parse(parameter, modifier, value, base)?;
                self.conditions.push(Condition { parameter, test });
                self.remember(name, value);
            }
        }
        Ok(())
    }

    fn remember(&mut self, name: &str, value: &str) {
        self.asked.push((name.to_owned(), value.to_owned()));
    }

    fn parameter(&self, name: &str) -> Result<&'static Parameter, Refusal> {
        parameters::of(self.kind).find(|known| known.name == name).ok_or_else(|| {
            let known: Vec<_> = parameters::of(self.kind).map(|known| known.name).collect();
            Why::NotSupported
                .because(format!("{} can't be searched by {name:?}.", self.kind))
                .hint(format!("It can be searched by {}.", known.join(", ")))
        })
    }

    fn order(&self, value: &str) -> Result<Order, Refusal> {
        let (name, is_descending) = match value.strip_prefix('-') {
            Some(name) => (name, true),
            None => (value, false),
        };
        let by = parameters::of(self.kind).find(|known| {
            known.name == name && matches!(known.how, How::Date | How::Updated | How::Id)
        });
        by.map(|by| Order { by, is_descending }).ok_or_else(|| {
            Why::NotSupported
                .because(format!("{} can't be sorted by {name:?}.", self.kind))
                .hint("It can be sorted by one of its dates, _lastUpdated or _id.")
        })
    }

    /// The ids that are asked for, if only some are: nothing else needs to be read.
    #[must_use]
    pub fn ids(&self) -> Option<&[String]> {
        self.conditions.iter().find_map(|condition| match &condition.test {
            Test::Ids(ids) => Some(ids.as_slice()),
            _ => None,
        })
    }
}

fn updated() -> &'static Parameter {
    const UPDATED: Parameter = Parameter { name: "_lastUpdated", how: How::Updated, paths: &[] };
    &UPDATED
}

/// Splits at a sign that has no backslash before it, and takes the backslashes out of the parts' escapes where `last`.
pub(crate) fn split(text: &str, sign: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut is_escaped = false;
    for one in text.chars() {
        let last = parts.len() - 1;
        match one {
            _ if is_escaped => {
                parts[last].push('\\');
                parts[last].push(one);
                is_escaped = false;
            }
            '\\' => is_escaped = true,
            one if one == sign => parts.push(String::new()),
            one => parts[last].push(one),
        }
    }
    parts
}

/// A part without the backslashes of its escapes.
pub(crate) fn plain(part: &str) -> String {
    let mut text = String::with_capacity(part.len());
    let mut signs = part.chars();
    while let Some(one) = signs.next() {
        text.push(if one == '\\' { signs.next().unwrap_or('\\') } else { one });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(parameters: &[(&str, &str)], handling: Handling) -> Result<Query, Refusal> {
        let owned: Vec<_> = parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Query::parse(Kind::Consent, &owned, handling, "http://127.0.0.1:1/fhir")
    }

    #[test]
    fn unknown_filter_is_refused_and_ignored_only_where_the_client_says_so() {
        let refusal = query(&[("colour", "red")], Handling::Strict).unwrap_err();
        assert_eq!(refusal.why, Why::NotSupported);
        assert!(refusal.hint.unwrap().contains("actor"));
        let lenient = query(&[("colour", "red"), ("status", "active")], Handling::Lenient).unwrap();
        assert_eq!(lenient.ignored, ["colour"]);
        assert_eq!(lenient.asked.len(), 1, "the answer's address has what counted");
        let wrong = query(&[("_count", "many")], Handling::Lenient).unwrap_err();
        assert_eq!(wrong.why, Why::Invalid, "nonsense is never ignored");
    }

    #[test]
    fn page_has_a_usual_size_and_a_most() {
        assert_eq!(query(&[], Handling::Strict).unwrap().count, 20);
        assert_eq!(query(&[("_count", "5000")], Handling::Strict).unwrap().count, 1_000);
        assert_eq!(query(&[("_summary", "count")], Handling::Strict).unwrap().count, 0);
    }

    #[test]
    fn only_dates_sort() {
        assert!(query(&[("_sort", "-date")], Handling::Strict).unwrap().order.is_descending);
        assert!(!query(&[("_sort", "_id")], Handling::Strict).unwrap().order.is_descending);
        assert_eq!(
            query(&[("_sort", "status")], Handling::Strict).unwrap_err().why,
            Why::NotSupported
        );
    }

    #[test]
    fn escaped_signs_part_nothing() {
        assert_eq!(split(r"a\,b,c", ','), [r"a\,b", "c"]);
        assert_eq!(plain(r"a\,b\\c\|"), r"a,b\c|");
    }
}
