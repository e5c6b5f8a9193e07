//! The words that are not the document's own: headings, columns, what was left out. A face says them in its language.

use serde::{Deserialize, Serialize};

macro_rules! words {
    ($($name:ident $key:literal $english:literal;)*) => {
        /// A word of ours in a document.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        #[expect(missing_docs, reason = "`english` says what each means")]
        pub enum Word { $($name,)* }

        impl Word {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its key in a catalogue.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }

            /// What it says in English.
            #[must_use]
            pub const fn english(self) -> &'static str {
                match self { $(Self::$name => $english,)* }
            }
        }
    };
}

words! {
    Active "viewer-active" "active";
    Allergies "viewer-allergies" "Allergies";
    AlsoInIt "viewer-also" "Also in it";
    AsStored "viewer-as-stored" "As the scanner set it";
    AttachmentInside "viewer-attachment" "A further document is inside this file. Download the file to read it.";
    Author "viewer-author" "Who";
    Automatic "viewer-automatic" "Automatic";
    BeingPrepared "viewer-being-prepared" "being prepared";
    Born "viewer-born" "Born";
    CameBack "viewer-came-back" "came back";
    Cancelled "viewer-cancelled" "cancelled";
    Code "viewer-code" "Code";
    Completed "viewer-completed" "completed";
    Conclusion "viewer-conclusion" "Conclusion";
    Corrected "viewer-corrected" "corrected";
    Curves "viewer-curves" "Curves";
    Date "viewer-date" "Date";
    Declined "viewer-declined" "declined";
    Documents "viewer-documents" "Documents";
    Dose "viewer-dose" "Dose";
    DoseNumber "viewer-dose-number" "Dose no.";
    Draft "viewer-draft" "draft";
    Field "viewer-field" "Field";
    Files "viewer-files" "Files in this archive";
    FullRange "viewer-full-range" "All values";
    Given "viewer-given" "given";
    HandedOut "viewer-handed-out" "handed out";
    HowMany "viewer-how-many" "How many";
    Image "viewer-image" "Image";
    InProgress "viewer-in-progress" "in progress";
    InRemission "viewer-in-remission" "in remission";
    Inactive "viewer-inactive" "inactive";
    Issuer "viewer-issuer" "Issuer, not verified";
    Lead "viewer-lead" "Lead";
    LeftOutImage "viewer-left-out-image" "A picture of the original is not shown here.";
    LinkElsewhere "viewer-link" "This document is not in the file: the file has only its address, which was not opened:";
    Lot "viewer-lot" "Lot";
    Medicines "viewer-medicines" "Medicines";
    Message "viewer-message" "Message";
    Mistaken "viewer-mistaken" "entered by mistake";
    Name "viewer-name" "Name";
    NoImages "viewer-no-images" "This object has no picture. It says:";
    NobodyNamed "viewer-nobody-named" "It does not say whom this is about";
    Normal "viewer-normal" "Normal";
    NotDone "viewer-not-done" "not done";
    NotGiven "viewer-not-given" "not given";
    NotObtained "viewer-not-obtained" "could not be done";
    NotSo "viewer-not-so" "Not so: refuted, or entered by mistake";
    NotTaken "viewer-not-taken" "not taken";
    NotVerified "viewer-not-verified" "The signature of this card was not checked. Ask the issuer if it matters.";
    Number "viewer-number" "Number";
    OnHold "viewer-on-hold" "on hold";
    Outside "viewer-outside" "outside of normal";
    PastProblems "viewer-past-problems" "Past problems";
    Patient "viewer-patient" "Patient";
    Pending "viewer-pending" "pending: no result yet";
    Planned "viewer-planned" "planned";
    Plans "viewer-plans" "Plans";
    Possible "viewer-possible" "a possibility";
    Preliminary "viewer-preliminary" "preliminary";
    Prescribed "viewer-prescribed" "prescribed";
    Problems "viewer-problems" "Problems";
    Procedures "viewer-procedures" "Procedures";
    Proposed "viewer-proposed" "proposed";
    Range "viewer-range" "From – to";
    Reaction "viewer-reaction" "Reaction";
    Reason "viewer-reason" "Reason";
    Refuted "viewer-refuted" "refuted";
    Remark "viewer-remark" "Remark";
    Reports "viewer-reports" "Reports";
    Resolved "viewer-resolved" "resolved";
    Results "viewer-results" "Results";
    Row "viewer-row" "Row";
    Segment "viewer-segment" "Part";
    SeveralPeople "viewer-several-people" "Careful: this document is about more than one person. How many people:";
    Severity "viewer-severity" "Severity";
    Sex "viewer-sex" "Sex";
    Since "viewer-since" "Since";
    Size "viewer-size" "Bytes";
    SocialHistory "viewer-social-history" "Social history";
    Status "viewer-status" "Status";
    Stopped "viewer-stopped" "stopped";
    Study "viewer-study" "Scan";
    Superseded "viewer-superseded" "replaced by a newer one";
    Unconfirmed "viewer-unconfirmed" "not confirmed";
    Unknown "viewer-unknown" "unknown";
    Until "viewer-until" "Until";
    Vaccinations "viewer-vaccinations" "Vaccinations";
    Value "viewer-value" "Value";
    Visits "viewer-visits" "Visits";
    VitalSigns "viewer-vital-signs" "Vital signs";
    What "viewer-what" "What";
    Window "viewer-window" "Brightness";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_word_has_a_key_of_its_own() {
        let mut keys: Vec<_> = Word::ALL.iter().map(|word| word.key()).collect();
        keys.sort_unstable();
        assert!(keys.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(keys.iter().all(|key| key.starts_with("viewer-")));
    }
}
