//! [`Purpose`]: what somebody opens a record for, in the terms of HL7.
//!
//! Terms and codes are those of the value set PurposeOfUse in the code system ActReason of HL7 version 3. No term says
//! whether the purpose is allowed.

use std::fmt;
use std::str::FromStr;

macro_rules! purposes {
    ($($variant:ident = $code:literal, $display:literal, $words:literal;)*) => {
        /// What a record is opened for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs)]
        #[non_exhaustive]
        pub enum Purpose {
            $($variant,)*
        }

        impl Purpose {
            /// Every purpose that this program knows.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }

            /// The code system's own name for it.
            #[must_use]
            pub const fn display(self) -> &'static str {
                match self {
                    $(Self::$variant => $display,)*
                }
            }

            /// What follows "for" in a sentence.
            #[must_use]
            pub const fn words(self) -> &'static str {
                match self {
                    $(Self::$variant => $words,)*
                }
            }
        }
    };
}

purposes! {
    Treatment = "TREAT", "treatment", "treatment";
    EmergencyTreatment = "ETREAT", "Emergency Treatment", "emergency treatment";
    Coordination = "COC", "coordination of care", "coordination of care";
    CareManagement = "CAREMGT", "care management", "care management";
    Payment = "HPAYMT", "healthcare payment", "payment";
    Coverage = "COVERAGE", "coverage under policy or program", "questions of insurance";
    Operations = "HOPERAT", "healthcare operations", "operations of the organisation";
    Quality = "HQUALIMP", "health quality improvement", "quality improvement";
    PatientSafety = "PATSFTY", "patient safety", "patient safety";
    Administration = "PATADMIN", "patient administration", "patient administration";
    Compliance = "HCOMPL", "health compliance", "compliance";
    Legal = "HLEGAL", "legal", "legal questions";
    Training = "TRAIN", "training", "training";
    Research = "HRESCH", "healthcare research", "research";
    ClinicalTrial = "CLINTRCH", "clinical trial research", "a clinical trial";
    PublicHealth = "PUBHLTH", "public health", "public health";
    PatientRequest = "PATRQT", "patient requested", "the patient, who asked for it";
    FamilyRequest = "FAMRQT", "family requested", "the family, who asked for it";
    PowerOfAttorney = "PWATRNY", "power of attorney", "somebody with power of attorney";
    SupportNetwork = "SUPNWK", "support network", "the patient's support network";
    Marketing = "HMARKT", "healthcare marketing", "marketing";
}

impl Purpose {
    /// The code system's URI in FHIR.
    pub const SYSTEM: &'static str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The text is no code of a purpose that this program knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code:?} is no purpose: {}", codes())]
pub struct ParsePurposeError {
    /// The text.
    pub code: String,
}

fn codes() -> String {
    Purpose::ALL.iter().map(|one| one.code()).collect::<Vec<_>>().join(", ")
}

impl FromStr for Purpose {
    type Err = ParsePurposeError;

    fn from_str(code: &str) -> Result<Self, ParsePurposeError> {
        let known = Self::ALL.iter().find(|one| one.code().eq_ignore_ascii_case(code));
        known.copied().ok_or_else(|| ParsePurposeError { code: code.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_read_as_it_is_written_and_nothing_else_is() {
        for purpose in Purpose::ALL {
            assert_eq!(purpose.to_string().parse(), Ok(*purpose));
            assert_eq!(purpose.code().to_lowercase().parse(), Ok(*purpose));
            assert!(purpose.code().len() <= 16, "a note has room for 16 bytes");
        }
        for text in ["", "TREATMENT", "treat ", "X"] {
            assert!(text.parse::<Purpose>().is_err(), "{text}");
        }
    }
}
