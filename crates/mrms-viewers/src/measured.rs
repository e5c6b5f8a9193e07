//! What lists and curves over several documents take of one, as values.

use serde::{Deserialize, Serialize};

use crate::bounds;
use crate::coded::Coded;
use crate::codes;
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

/// What is measured, in which unit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Measured {
    /// The system of the code: LOINC's where there is one.
    pub system: String,
    /// The code.
    pub code: String,
    /// What the unit is known by: its code of UCUM, or what is written where there is none.
    pub unit: String,
    /// What the document calls it; empty where it has the code alone.
    pub name: String,
    /// The unit as the document writes it.
    pub unit_name: String,
    /// Whether it is a vital sign.
    pub is_vital: bool,
}

impl Measured {
    /// What it is called, and its code.
    #[must_use]
    pub fn coded(&self) -> Coded {
        let name = Some(self.name.clone()).filter(|name| !name.is_empty());
        Coded { name, system: self.system.clone(), code: self.code.clone() }
    }

    /// Whether its code is of LOINC, which is the same with every laboratory.
    #[must_use]
    pub fn is_loinc(&self) -> bool {
        self.system == codes::LOINC
    }
}

/// A unit as it is compared: one of the spellings that mean exactly the same. Nothing is converted.
#[must_use]
pub fn same_unit(unit: &str) -> String {
    let unit = unit.trim().replace(['\u{b5}', '\u{3bc}'], "u");
    let (what, last) =
        unit.rsplit_once('/').map_or(("", unit.as_str()), |(what, last)| (what, last));
    let last = match last {
        "l" | "dl" | "ml" | "ul" | "fl" => last.replace('l', "L"),
        "mmHg" | "mmhg" | "mm Hg" => "mm[Hg]".to_owned(),
        last => last.to_owned(),
    };
    if what.is_empty() { last } else { format!("{what}/{last}") }
}

impl Facts {
    /// Takes results that were found elsewhere, within the bounds.
    pub fn take(&mut self, results: Vec<Measurement>) {
        self.results.extend(results);
        self.is_cut |= self.results.len() > bounds::MOST_RESULTS;
        self.results.truncate(bounds::MOST_RESULTS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_unit_are_one_and_other_units_stay_others() {
        for (one, other) in [
            ("g/dl", "g/dL"),
            ("µmol/l", "umol/L"),
            ("10*3/ul", "10*3/uL"),
            ("fl", "fL"),
            ("mmHg", "mm[Hg]"),
        ] {
            assert_eq!(same_unit(one), same_unit(other));
        }
        for (one, other) in
            [("g/dl", "g/l"), ("mmol/l", "Mmol/l"), ("U/L", "u/L"), ("mg", "Mg"), ("", "%")]
        {
            assert_ne!(same_unit(one), same_unit(other));
        }
    }
}
