//! What a document is called, when, by whom: for lists and search, without showing it.

use serde_json::Value;

use crate::description::Description;
use crate::document::{date_of, one_line};
use crate::fhir::{self, Resources};
use crate::kind::Kind;
use crate::subject::{self, Subject};
use crate::{bounds, card, cda, dicom, hl7, json};

/// The beginning of a file.
#[derive(Clone, Copy, Debug)]
pub struct Head<'b> {
    /// The first bytes, as many as the caller wants to hold.
    pub bytes: &'b [u8],
    /// Whether they are the whole file.
    pub is_whole: bool,
}

/// What a document says of itself. Of a file that is long, its beginning is enough.
#[must_use]
pub fn describe(head: Head<'_>, name: &str) -> Description {
    let kind = Kind::of(head.bytes, name);
    let mut found = Description::of(kind);
    match kind {
        Kind::Fhir => of_fhir(head, &mut found),
        Kind::Cda => {
            let header = cda::Header::of(head.bytes);
            let author = header.author().to_owned();
            put(&mut found, &header.title, header.date, &author, header.about);
        }
        Kind::Hl7 => {
            if let Some(head) = hl7::head_of(head.bytes) {
                put(&mut found, &head.title, head.date, &head.author, head.about);
            }
        }
        Kind::Dicom => {
            if let Some(head) = dicom::head_of(head.bytes) {
                put(&mut found, &head.title, head.date, &head.author, vec![head.about]);
            }
        }
        Kind::HealthCard => of_card(head, &mut found),
        Kind::AppleHealth => {
            let crate::apple::Head { exported, about } = crate::apple::head_of(head.bytes);
            put(&mut found, "Apple Health", exported, "", vec![about]);
        }
        _ => {}
    }
    found
}

fn put(
    found: &mut Description,
    title: &str,
    date: Option<String>,
    author: &str,
    mut about: Vec<Subject>,
) {
    let named =
        |text: &str| Some(one_line(text, bounds::MOST_TITLE)).filter(|line| !line.is_empty());
    (found.title, found.author) = (named(title), named(author));
    found.date = date;
    about.retain(Subject::is_told);
    about.truncate(subject::MOST);
    found.about = about;
}

fn of_fhir(head: Head<'_>, found: &mut Description) {
    // Half of a bundle is no JSON. Lines of resources are read one by one.
    let whole = match (head.is_whole, fhir::values(head.bytes)) {
        (true, Ok(values)) => values,
        (false, Ok(values)) if values.len() > 1 => values,
        _ => return,
    };
    let resources = Resources::of(&whole);
    let (people, _) = fhir::people(&resources);
    let patient = patient_of(&resources, &people);
    let (title, date, author) = match whole.as_slice() {
        [one] => {
            let mut compositions = resources.of_type("Composition");
            let first = compositions.next();
            // Of several people's parts, none is called as the whole.
            let is_one = people.len() <= 1 || compositions.next().is_none();
            let main = first.filter(|_| is_one).unwrap_or(one);
            (fhir::title(main, &resources), fhir::date(main), fhir::author(main, &resources))
        }
        [first, ..] => (of_lines(first, whole.len()), None, None),
        [] => (None, None, None),
    };
    let title = title.or_else(|| patient.as_ref().map(|patient| format!("FHIR: {patient}")));
    let text = |text: Option<String>| text.unwrap_or_default();
    put(found, &text(title), date, &text(author), fhir::subjects(&people));
}

/// Lines of one type are called by it, as in exports of whole systems.
fn of_lines(first: &Value, count: usize) -> Option<String> {
    json::text(first, "resourceType").map(|kind| format!("{kind} × {count}"))
}

/// Whom it is about: all of them, where there are several.
fn patient_of(resources: &Resources<'_>, people: &[fhir::About<'_>]) -> Option<String> {
    if people.len() > 1 {
        return Some(fhir::names(people));
    }
    resources.of_type("Patient").next().and_then(fhir::person)
}

fn of_card(head: Head<'_>, found: &mut Description) {
    let Ok(payloads) = card::payloads(head.bytes) else { return };
    let Some(first) = payloads.first() else { return };
    let bundles: Vec<Value> = payloads
        .iter()
        .filter_map(|payload| json::at(payload, "vc.credentialSubject.fhirBundle").cloned())
        .collect();
    let resources = Resources::of(&bundles);
    let (people, _) = fhir::people(&resources);
    let issuer = json::text(first, "iss").unwrap_or_default();
    put(
        found,
        "SMART Health Card",
        card::issued(first).and_then(|date| date_of(&date)),
        issuer,
        fhir::subjects(&people),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str, name: &str) -> Description {
        describe(Head { bytes: text.as_bytes(), is_whole: true }, name)
    }

    #[test]
    fn documents_say_whom_they_are_about() {
        let about = |text: &str, name: &str| {
            let found = whole(text, name).about.into_iter();
            found
                .map(|one| [one.name.unwrap_or_default(), one.born.unwrap_or_default()].join("|"))
                .collect::<Vec<_>>()
        };
        let patient = |name: &str, born: &str| {
            format!(
                r#"{{"resourceType":"Patient","id":"{name}","name":[{{"given":["{name}"],"family":"Muster"}}],"birthDate":"{born}"}}"#
            )
        };
        let bundle = |entries: &[String]| {
            let entries: Vec<_> =
                entries.iter().map(|one| format!(r#"{{"resource":{one}}}"#)).collect();
            format!(r#"{{"resourceType":"Bundle","entry":[{}]}}"#, entries.join(","))
        };
        let (ana, ben) = (patient("Ana", "1950-05-03"), patient("Ben", "1980"));
        assert_eq!(about(&bundle(std::slice::from_ref(&ana)), "x"), ["Ana Muster|1950-05-03"]);
        assert_eq!(about(&bundle(&[ana, ben]), "x"), ["Ana Muster|1950-05-03", "Ben Muster|1980"]);
        let observation = |subject: &str| {
            format!(
                r#"{{"resourceType":"Observation","code":{{"text":"Iron"}},"subject":{subject}}}"#
            )
        };
        let named = observation(r#"{"reference":"Patient/7","display":"Ana Muster"}"#);
        assert_eq!(about(&named, "x"), ["Ana Muster|"]);
        assert!(about(&observation(r#"{"reference":"Patient/7"}"#), "x").is_empty());
        let message =
            "MSH|^~\\&|LAB|N|||20260504||ORU^R01|1|P|2.5\rPID|1||77||Muster^Ana||19500503\r";
        assert_eq!(about(message, "x.hl7"), ["Ana Muster|1950-05-03"]);
        assert!(about("plain text", "letter.txt").is_empty());
        let dicom = crate::dicom::tests::scan();
        let found = describe(Head { bytes: &dicom, is_whole: true }, "IMG1").about;
        assert_eq!(found, [Subject::of("Dr Ana Muster", "19500503")]);
    }

    #[test]
    fn documents_say_what_they_are_called() {
        let observation = r#"{"resourceType":"Observation","code":{"text":"Haemoglobin"},"effectiveDateTime":"2026-05-04T08:00:00Z","performer":[{"display":"Lab North"}]}"#;
        let found = whole(observation, "x.json");
        assert_eq!(found.line().as_deref(), Some("Haemoglobin, 2026-05-04, Lab North"));
        assert_eq!(found.author.as_deref(), Some("Lab North"));
        let long = Description { author: Some("x".repeat(190)), ..found.clone() };
        assert_eq!(long.line().as_deref(), Some("Haemoglobin, 2026-05-04"));
        let same = Description { title: Some("Letter of Lab North".to_owned()), ..found };
        assert_eq!(
            same.line().as_deref(),
            Some("Letter of Lab North, 2026-05-04"),
            "once is enough"
        );
        let bundle = format!(
            r#"{{"resourceType":"Bundle","entry":[{{"resource":{observation}}},{{"resource":{{"resourceType":"Patient","name":[{{"text":"Ana"}}]}}}}]}}"#
        );
        assert_eq!(whole(&bundle, "x").line().as_deref(), Some("FHIR: Ana"));
        let lines = format!("{observation}\n{observation}\n");
        assert_eq!(whole(&lines, "x").title.as_deref(), Some("Observation × 2"));
        let dicom = crate::dicom::tests::scan();
        let found = describe(Head { bytes: &dicom[..dicom.len() - 4], is_whole: false }, "IMG1");
        assert_eq!(found.line().as_deref(), Some("CT: Head, 2026-05-04"));
        assert_eq!(whole("plain text", "letter.txt"), Description::of(Kind::Text));
        let half = describe(Head { bytes: &bundle.as_bytes()[..100], is_whole: false }, "x");
        assert_eq!(half, Description::of(Kind::Fhir));
    }
}
