//! [`Purpose`]: what somebody opens a record for, in the terms of HL7.
//!
//! Terms and codes are those of the value set PurposeOfUse in the code system ActReason of HL7 version 3. No term says
//! whether the purpose is allowed.

use std::fmt;
use std::str::FromStr;

macro_rules! purposes {
    ($($variant:ident = $code:literal, $display:literal, $word:literal, $words:literal;)*) => {
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

            /// A plain word for it, as a person types it.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
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
    Treatment = "TREAT", "treatment", "treatment", "treatment";
    EmergencyTreatment = "ETREAT", "Emergency Treatment", "emergency", "emergency treatment";
    Coordination = "COC", "coordination of care", "coordination", "coordination of care";
    CareManagement = "CAREMGT", "care management", "care-management", "care management";
    Payment = "HPAYMT", "healthcare payment", "payment", "payment";
    Coverage = "COVERAGE", "coverage under policy or program", "insurance", "questions of insurance";
    Operations = "HOPERAT", "healthcare operations", "operations", "operations of the organisation";
    Quality = "HQUALIMP", "health quality improvement", "quality", "quality improvement";
    PatientSafety = "PATSFTY", "patient safety", "safety", "patient safety";
    Administration = "PATADMIN", "patient administration", "administration", "patient administration";
    Compliance = "HCOMPL", "health compliance", "compliance", "compliance";
    Legal = "HLEGAL", "legal", "legal", "legal questions";
    Training = "TRAIN", "training", "training", "training";
    Research = "HRESCH", "healthcare research", "research", "research";
    ClinicalTrial = "CLINTRCH", "clinical trial research", "trial", "a clinical trial";
    PublicHealth = "PUBHLTH", "public health", "public-health", "public health";
    PatientRequest = "PATRQT", "patient requested", "patient-asked", "the patient, who asked for it";
    FamilyRequest = "FAMRQT", "family requested", "family-asked", "the family, who asked for it";
    PowerOfAttorney = "PWATRNY", "power of attorney", "power-of-attorney", "somebody with power of attorney";
    SupportNetwork = "SUPNWK", "support network", "support-network", "the patient's support network";
    Marketing = "HMARKT", "healthcare marketing", "marketing", "marketing";
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

/// The text is no purpose that this program knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code:?} is no purpose. A purpose is one of these words, or its code: {}", choices())]
pub struct ParsePurposeError {
    /// The text.
    pub code: String,
}

fn choices() -> String {
    let one = |one: &Purpose| format!("{} ({})", one.word(), one.code());
    Purpose::ALL.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// A text without what people write in different ways: case, spaces and signs.
fn plain(text: &str) -> String {
    text.chars().filter(|one| one.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl FromStr for Purpose {
    type Err = ParsePurposeError;

    /// Its code, its plain word, what follows "for" in a sentence, or the code system's name for it, in any case.
    fn from_str(text: &str) -> Result<Self, ParsePurposeError> {
        let wanted = plain(text);
        let is_meant = |one: &&Self| {
            [one.code(), one.word(), one.words(), one.display()]
                .into_iter()
                .any(|known| plain(known) == wanted)
        };
        let known = Self::ALL.iter().find(is_meant).copied();
        known.ok_or_else(|| ParsePurposeError { code: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_plain_words_are_read_and_the_error_tells_both() {
        for purpose in Purpose::ALL {
            assert_eq!(purpose.to_string().parse(), Ok(*purpose));
            assert_eq!(purpose.code().to_lowercase().parse(), Ok(*purpose));
            assert!(purpose.code().len() <= 16, "a note has room for 16 bytes");
            for words in [purpose.word(), purpose.words(), purpose.display()] {
                assert_eq!(words.parse(), Ok(*purpose), "{words} means one purpose");
            }
        }
        for (text, purpose) in [
            ("treatment", Purpose::Treatment),
            ("Treatment", Purpose::Treatment),
            (" treat ", Purpose::Treatment),
            ("public health", Purpose::PublicHealth),
            ("power of attorney", Purpose::PowerOfAttorney),
        ] {
            assert_eq!(text.parse(), Ok(purpose), "{text}");
        }
        for text in ["", "X", "treatments", "all"] {
            let error = text.parse::<Purpose>().unwrap_err().to_string();
            assert!(error.contains("treatment (TREAT)"), "{error}");
            assert!(error.contains("patient-asked (PATRQT)"), "{error}");
        }
    }
}
