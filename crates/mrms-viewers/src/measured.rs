//! What lists and curves over several documents take of one, as values.

use serde::{Deserialize, Serialize};

use crate::bounds;
use crate::description::Description;
use crate::subject::Subject;

/// What a document has for lists and curves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// What it says of itself.
    pub description: Description,
    /// Its results.
    pub results: Vec<Measurement>,
    /// Whether it has more of them than are taken.
    pub is_cut: bool,
}

/// A result: a number of something that has a code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// What was measured.
    pub what: Measured,
    /// Whom it is of, where the document names somebody.
    pub whose: Option<Subject>,
    /// When: ISO 8601, perhaps without day or month.
    pub date: String,
    /// The value, finite.
    pub value: f64,
    /// The value as the document writes it: perhaps a comparator, the number, and its unit.
    pub text: String,
    /// The lower end of what is normal, as this document says.
    pub low: Option<f64>,
    /// The upper end.
    pub high: Option<f64>,
}

/// What is measured, in which unit. Results of the same are those with the same code and unit, whatever they are called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Measured {
    /// The system of the code: LOINC's where there is one.
    pub system: String,
    /// The code.
    pub code: String,
    /// What the unit is known by: its code of UCUM, or what is written where there is none.
    pub unit: String,
    /// What the document calls it.
    pub name: String,
    /// The unit as the document writes it.
    pub unit_name: String,
    /// Whether it is a vital sign.
    pub is_vital: bool,
}

impl Facts {
    /// Takes results that were found elsewhere, within the bounds.
    pub fn take(&mut self, results: Vec<Measurement>) {
        self.results.extend(results);
        self.is_cut |= self.results.len() > bounds::MOST_RESULTS;
        self.results.truncate(bounds::MOST_RESULTS);
    }
}
