//! IHE's Basic Audit Log Patterns (BALP 1.1), and the codes in them.
//!
//! Source: <https://profiles.ihe.net/ITI/BALP/>.

use mrms_core::Action;

use super::elements::Coding;

const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const INTERACTION: &str = "http://hl7.org/fhir/restful-interaction";
const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";

pub(super) const DESTINATION: Coding = Coding::new(DICOM, "110152", "Destination Role ID");
pub(super) const SOURCE: Coding = Coding::new(DICOM, "110153", "Source Role ID");
pub(super) const APPLICATION: Coding = Coding::new(DICOM, "110150", "Application");
pub(super) const RECIPIENT: Coding = Coding::new(PARTICIPATION, "IRCP", "information recipient");
pub(super) const AUTHOR: Coding = Coding::new(PARTICIPATION, "AUT", "author (originator)");
pub(super) const PROVIDER: Coding = Coding::new(
    "http://terminology.hl7.org/CodeSystem/v3-RoleClass",
    "PROV",
    "healthcare provider",
);
pub(super) const AUTHORIZER: Coding = Coding::new(
    "http://terminology.hl7.org/CodeSystem/extra-security-role-type",
    "authserver",
    "authorization server",
);
pub(super) const ADVOCATE: Coding =
    Coding::new("http://snomed.info/sct", "429577009", "Patient Advocate");
pub(super) const SERVER: Coding = Coding::new(
    "http://terminology.hl7.org/CodeSystem/security-source-type",
    "4",
    "Application Server",
);
pub(super) const BREAK_THE_GLASS: Coding =
    Coding::new("http://terminology.hl7.org/CodeSystem/v3-ActReason", "BTG", "break the glass");

pub(super) const fn entity_type(code: &'static str, display: &'static str) -> Coding {
    Coding::new("http://terminology.hl7.org/CodeSystem/audit-entity-type", code, display)
}

pub(super) const fn object_role(code: &'static str, display: &'static str) -> Coding {
    Coding::new("http://terminology.hl7.org/CodeSystem/object-role", code, display)
}

/// The pattern that an event follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    Read,
    Create,
    Update,
    /// A decision whether somebody may do something.
    Decision,
    /// A key was handed to somebody.
    Disclosure,
}

/// Whether an event is about a patient's things: a patient has patterns of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Concerns {
    Patient,
    /// The staff of an organisation, for example.
    NoPatient,
}

impl Pattern {
    /// The pattern for an action.
    pub(super) const fn of(action: Option<Action>) -> Self {
        match action {
            Some(Action::Access | Action::EmergencyRead) => Self::Read,
            Some(
                Action::Create
                | Action::CreateFor
                | Action::Grant
                | Action::StandingGrant
                | Action::DelegateSet
                | Action::ContactName
                | Action::ContactAccept
                | Action::MemberSet,
            ) => Self::Create,
            Some(Action::Emergency) => Self::Decision,
            Some(Action::Envelope) => Self::Disclosure,
            _ => Self::Update,
        }
    }

    pub(super) const fn profile(self, concerns: Concerns) -> &'static str {
        match (self, concerns) {
            (Self::Read, _) => {
                "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PatientRead"
            }
            (Self::Create, Concerns::Patient) => {
                "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PatientCreate"
            }
            (Self::Create, Concerns::NoPatient) => {
                "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.Create"
            }
            (Self::Update, Concerns::Patient) => {
                "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PatientUpdate"
            }
            (Self::Update, Concerns::NoPatient) => {
                "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.Update"
            }
            (Self::Decision, _) => {
                "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.AuthZconsent"
            }
            (Self::Disclosure, _) => {
                "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PrivacyDisclosure.Source"
            }
        }
    }

    pub(super) const fn kind(self) -> Coding {
        match self {
            Self::Read | Self::Create | Self::Update => Coding::new(
                "http://terminology.hl7.org/CodeSystem/audit-event-type",
                "rest",
                "RESTful Operation",
            ),
            Self::Decision => Coding::new(DICOM, "110113", "Security Alert"),
            Self::Disclosure => Coding::new(DICOM, "110106", "Export"),
        }
    }

    pub(super) const fn subtype(self, has_version: bool) -> Coding {
        match self {
            Self::Read if has_version => Coding::new(INTERACTION, "vread", "vread"),
            Self::Read => Coding::new(INTERACTION, "read", "read"),
            Self::Create => Coding::new(INTERACTION, "create", "create"),
            Self::Update => Coding::new(INTERACTION, "update", "update"),
            Self::Decision => Coding::new(
                "https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType",
                "AuthZ-Consent",
                "Authorization Decision using Roles and Consent",
            ),
            Self::Disclosure => Coding::new(
                "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle",
                "disclose",
                "Disclose Record Lifecycle Event",
            ),
        }
    }

    pub(super) const fn action(self) -> &'static str {
        match self {
            Self::Read | Self::Disclosure => "R",
            Self::Create => "C",
            Self::Update => "U",
            Self::Decision => "E",
        }
    }
}
