//! [`LeftOut`]: what is not in an export, and why.

use mrms_core::{RecordId, Version};

/// Something of a version that is not in an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The record.
    pub record: RecordId,
    /// Its version.
    pub version: Version,
    /// What it is: a type of resource, or what kind of document the whole is.
    pub what: String,
    /// How many of it.
    pub count: usize,
    /// Why.
    pub why: Why,
}

/// Why something is not in an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The document is of a kind out of which nothing is taken.
    NotFhir,
    /// Entries of its kind are not converted into FHIR.
    NoConversion,
    /// It has no structured entries.
    NoEntries,
    /// It should be health data, and can't be read.
    NotRead,
    /// It is longer than a bundle takes.
    TooLong,
    /// It has more resources than are taken out of one document.
    TooMany,
    /// The type is none that this program knows.
    OtherType,
    /// The document is about several people.
    SeveralPeople,
    /// It is about somebody else than the patient.
    OtherPerson,
    /// A summary has no section for it, and nothing in the summary refers to it.
    NoSection,
    /// It was marked as entered in error.
    Mistaken,
    /// It says that something is not so.
    Refuted,
    /// It is a goal, a plan or a promise, of a kind that is only taken when it is so.
    Intended,
    /// It contradicts itself, or whether it is negated can't be read.
    Unclear,
    /// It does not say what it is about.
    Unnamed,
    /// The same stands in the summary already.
    Repeated,
    /// A newer state of it, or a newer value, stands in the summary.
    Older,
    /// It only says that nothing is known.
    SaysNothing,
    /// The words of a stored document's own sections.
    OwnWords,
}

impl Why {
    /// Every reason.
    pub const ALL: [Self; 19] = [
        Self::NotFhir,
        Self::NoConversion,
        Self::NoEntries,
        Self::NotRead,
        Self::TooLong,
        Self::TooMany,
        Self::OtherType,
        Self::SeveralPeople,
        Self::OtherPerson,
        Self::NoSection,
        Self::Mistaken,
        Self::Refuted,
        Self::Intended,
        Self::Unclear,
        Self::Unnamed,
        Self::Repeated,
        Self::Older,
        Self::SaysNothing,
        Self::OwnWords,
    ];

    /// A stable word for programs. What is refuted has the word of a mistake, as it always had: its [`words`](Self::words) differ.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotFhir => "not-fhir",
            Self::NoConversion => "no-conversion",
            Self::NoEntries => "no-entries",
            Self::NotRead => "not-read",
            Self::TooLong => "too-long",
            Self::TooMany => "too-many",
            Self::OtherType => "other-type",
            Self::SeveralPeople => "several-people",
            Self::OtherPerson => "other-person",
            Self::NoSection => "no-section",
            Self::Mistaken | Self::Refuted => "mistaken",
            Self::Intended => "intended",
            Self::Unclear => "unclear",
            Self::Unnamed => "unnamed",
            Self::Repeated => "repeated",
            Self::Older => "older",
            Self::SaysNothing => "says-nothing",
            Self::OwnWords => "own-words",
        }
    }

    /// The reason in words for people.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotFhir => "nothing is taken out of a document of this kind",
            Self::NoConversion => "entries of this kind are not converted into FHIR",
            Self::NoEntries => "it has no structured entries about one patient",
            Self::NotRead => "it should be health data and can't be read",
            Self::TooLong => "it is too long for a bundle",
            Self::TooMany => "it has more resources than are taken out of one document",
            Self::OtherType => "the type is not known here",
            Self::SeveralPeople => "the document is about several people",
            Self::OtherPerson => "it is about somebody else",
            Self::NoSection => "a summary has no section for it",
            Self::Mistaken => "it was marked as a mistake",
            Self::Refuted => "it was refuted: it says that this is not so",
            Self::Intended => "it is a goal or a plan, and not something that is so",
            Self::Unclear => "it contradicts itself, or can't be read with certainty",
            Self::Unnamed => "it does not say what it is about",
            Self::Repeated => "the same is in the summary already",
            Self::Older => "something newer is in the summary",
            Self::SaysNothing => "it only says that nothing is known",
            Self::OwnWords => "the words of the document's own sections are not taken over",
        }
    }
}

/// Puts what is alike together: of a version, what and why.
#[must_use]
pub(super) fn counted(all: Vec<LeftOut>) -> Vec<LeftOut> {
    let mut counted: Vec<LeftOut> = Vec::new();
    for one in all {
        let alike = counted.iter_mut().find(|other| {
            (other.record, other.version, other.why) == (one.record, one.version, one.why)
                && other.what == one.what
        });
        match alike {
            Some(other) => other.count += one.count,
            None => counted.push(one),
        }
    }
    counted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_words_of_its_own_and_programs_know_a_refutation_as_a_mistake() {
        let distinct = |words: fn(Why) -> &'static str| {
            let mut all: Vec<_> = Why::ALL.iter().map(|why| words(*why)).collect();
            all.sort_unstable();
            all.dedup();
            all.len()
        };
        assert_eq!(distinct(Why::words), Why::ALL.len());
        assert_eq!(distinct(Why::as_str), Why::ALL.len() - 1);
        assert_eq!(Why::Refuted.as_str(), Why::Mistaken.as_str());
    }
}
