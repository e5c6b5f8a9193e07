//! [`Kind`]: the types of resources that the face has.

use std::fmt;

/// Clinical types, which come out of stored FHIR documents and are read only.
pub const CLINICAL: [&str; 29] = [
    "AllergyIntolerance",
    "CarePlan",
    "CareTeam",
    "Composition",
    "Condition",
    "Device",
    "DiagnosticReport",
    "Encounter",
    "FamilyMemberHistory",
    "Goal",
    "ImagingStudy",
    "Immunization",
    "Location",
    "Medication",
    "MedicationAdministration",
    "MedicationDispense",
    "MedicationRequest",
    "MedicationStatement",
    "NutritionOrder",
    "Observation",
    "Organization",
    "Practitioner",
    "PractitionerRole",
    "Procedure",
    "QuestionnaireResponse",
    "RelatedPerson",
    "RiskAssessment",
    "ServiceRequest",
    "Specimen",
];

/// A type of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Kind {
    Patient,
    DocumentReference,
    Binary,
    Consent,
    AuditEvent,
    Provenance,
    /// One of [`CLINICAL`].
    Clinical(&'static str),
}

impl Kind {
    /// The types that this program writes itself.
    pub const OWN: [Self; 6] = [
        Self::Patient,
        Self::DocumentReference,
        Self::Binary,
        Self::Consent,
        Self::AuditEvent,
        Self::Provenance,
    ];

    /// Every type.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::OWN.into_iter().chain(CLINICAL.into_iter().map(Self::Clinical))
    }

    /// The type of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::all().find(|kind| kind.as_str() == name)
    }

    /// The clinical type of this name.
    #[must_use]
    pub fn clinical(name: &str) -> Option<Self> {
        CLINICAL.into_iter().find(|known| *known == name).map(Self::Clinical)
    }

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Patient => "Patient",
            Self::DocumentReference => "DocumentReference",
            Self::Binary => "Binary",
            Self::Consent => "Consent",
            Self::AuditEvent => "AuditEvent",
            Self::Provenance => "Provenance",
            Self::Clinical(name) => name,
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
