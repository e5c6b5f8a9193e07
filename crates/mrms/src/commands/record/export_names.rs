//! Whether the documents of an export are about the patient: their names, beside the one that the patient has here.
//!
//! A difference is told and asked about, since a person may have two names, and another person's document may lie among
//! theirs.

use std::io::{self, IsTerminal as _};

use mrms_app::records::health_data::{Naming, OpenedDocument};
use mrms_core::{Principal, visible};
use mrms_fhir::export::{is_same_name, patient_names};
use mrms_fhir::stored::Contents;

use crate::ui::failure::{Exit, Failure};
use crate::ui::naming::RecordNames;
use crate::ui::output::{Output, confirm};

/// The names of a patient in one place.
struct Called {
    patient: Principal,
    names: Vec<String>,
    /// Where they stand.
    place: String,
}

/// What the patients of an export are called, and what does not fit.
pub(super) struct PatientNames<'p> {
    naming: &'p Naming<'p>,
    records: &'p RecordNames,
    called: Vec<Called>,
    differences: Vec<String>,
}

impl<'p> PatientNames<'p> {
    pub(super) const fn new(naming: &'p Naming<'p>, records: &'p RecordNames) -> Self {
        Self { naming, records, called: Vec::new(), differences: Vec::new() }
    }

    /// Compares what a document calls its patient with what they were called before.
    pub(super) fn note(&mut self, opened: &OpenedDocument, contents: &Contents) {
        let names = patient_names(contents);
        let Some(name) = names.first() else { return };
        let patient = &opened.patient;
        if !self.called.iter().any(|one| one.patient == *patient)
            && let Some(name) = (self.naming.name_of)(patient)
        {
            self.called.push(Called {
                patient: patient.clone(),
                names: vec![name],
                place: "the name of the patient here".to_owned(),
            });
        }
        let mut before = self.called.iter().filter(|one| one.patient == *patient);
        // What was told once is not told of each document.
        if before.clone().any(|one| one.names == names) {
            return;
        }
        let is_same = |one: &Called| {
            one.names.iter().any(|one| names.iter().any(|name| is_same_name(one, name)))
        };
        let place = self.records.words(opened.record());
        if let Some(other) = before.find(|one| !is_same(one)) {
            let known = other.names.first().map(String::as_str).unwrap_or_default();
            self.differences.push(format!(
                "“{}” in {place}, “{}” is {}",
                visible::line(name),
                visible::line(known),
                other.place
            ));
        }
        let place = format!("in {place}");
        self.called.push(Called { patient: patient.clone(), names, place });
    }

    /// Asks about what does not fit, each difference once.
    pub(super) fn agree(&mut self, yes: bool, output: Output) -> Result<(), Failure> {
        if self.differences.is_empty() {
            return Ok(());
        }
        let told = std::mem::take(&mut self.differences).join("; ");
        let message = format!("the documents have another name for the patient: {told}");
        if yes {
            output.note(&message);
            return Ok(());
        }
        if !io::stdin().is_terminal() {
            return Err(Failure::new(Exit::Failed, "names-differ", message).hint(
                "if they are one person, repeat it with --yes; else name the records that are about the patient, instead of all",
            ));
        }
        confirm(&format!("{message}. Are they all one person?"), false)
    }
}
