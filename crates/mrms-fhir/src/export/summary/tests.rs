use super::*;
use crate::stored::{Origin, contents};

const VERSION: Version = Version::FIRST;

fn source(record: u128, time: u64, document: &str) -> Source {
    let record = RecordId::new(record);
    let origin =
        Origin { record, version: VERSION, patient: "ST1".to_owned(), updated: None, first: 0 };
    Source {
        record,
        version: VERSION,
        time: UnixTime::from_seconds(time),
        kind: "Health data (FHIR)".to_owned(),
        contents: Some(contents(document, &origin)),
    }
}

fn made(sources: Vec<Source>) -> (Summary, Value) {
    let party = Party {
        account: "stacks:1:ST1".to_owned(),
        patient: Some("ST1".to_owned()),
        name: Some("Ana".to_owned()),
    };
    let about = About {
        patient: ("ST1".to_owned(), party),
        space: "stacks:1:ST0.records",
        now: UnixTime::from_seconds(1_777_883_400),
        program: "1",
    };
    let summary = summary(&about, sources).unwrap();
    let value = serde_json::from_str(&summary.bundle).unwrap();
    (summary, value)
}

#[test]
fn the_patient_is_whom_the_documents_name() {
    assert_eq!(made(Vec::new()).0.patient, None);
    let (summary, value) = made(vec![source(1, 10, &bundle(&[PATIENT, ALLERGY]))]);
    assert_eq!(summary.patient.as_deref(), Some("Ana Sample"));
    assert_eq!(of_type(&value, "Patient")[0]["name"][0]["family"], "Sample");
}

fn bundle(resources: &[&str]) -> String {
    let entries: Vec<_> = resources.iter().map(|one| format!(r#"{{"resource":{one}}}"#)).collect();
    format!(r#"{{"resourceType":"Bundle","type":"collection","entry":[{}]}}"#, entries.join(","))
}

fn of_type<'v>(bundle: &'v Value, kind: &str) -> Vec<&'v Value> {
    let entries = bundle["entry"].as_array().unwrap().iter().map(|entry| &entry["resource"]);
    entries.filter(|one| one["resourceType"] == kind).collect()
}

fn why(summary: &Summary) -> Vec<(u128, &str, usize, Why)> {
    let left = summary.left_out.iter();
    left.map(|one| (one.record.number(), one.what.as_str(), one.count, one.why)).collect()
}

const PATIENT: &str = r#"{"resourceType":"Patient","id":"p","name":[{"family":"Sample","given":["Ana"]}],"birthDate":"1980-02-01","gender":"female"}"#;
const ALLERGY: &str = r#"{"resourceType":"AllergyIntolerance","id":"a","clinicalStatus":{"coding":[{"code":"active"}]},"code":{"text":"Penicillin <b>"},"patient":{"reference":"Patient/p"},"recorder":{"reference":"Practitioner/d"}}"#;
const DOCTOR: &str = r#"{"resourceType":"Practitioner","id":"d","name":[{"text":"Dr Sample"}]}"#;

fn potassium(value: &str, date: &str) -> String {
    format!(
        r#"{{"resourceType":"Observation","status":"final","code":{{"coding":[{{"system":"http://loinc.org","code":"2823-3"}}],"text":"Potassium"}},"subject":{{"reference":"Patient/p"}},"effectiveDateTime":"{date}","valueQuantity":{{"value":{value},"unit":"mmol/l"}}}}"#
    )
}

#[test]
fn sections_that_ips_requires_say_that_nothing_is_known() {
    let (summary, bundle) = made(Vec::new());
    assert_eq!(bundle["type"], "document");
    let composition = &bundle["entry"][0]["resource"];
    assert_eq!(composition["type"]["coding"][0]["code"], "60591-5");
    let codes: Vec<_> = composition["section"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"]["coding"][0]["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["48765-2", "10160-0", "11450-4"]);
    for (kind, code) in [
        ("AllergyIntolerance", "no-allergy-info"),
        ("MedicationStatement", "no-medication-info"),
        ("Condition", "no-problem-info"),
    ] {
        let [one] = of_type(&bundle, kind)[..] else { panic!("{kind}") };
        assert_eq!(one["id"], code);
    }
    let urls: Vec<_> =
        bundle["entry"].as_array().unwrap().iter().map(|entry| &entry["fullUrl"]).collect();
    for section in composition["section"].as_array().unwrap() {
        assert!(urls.contains(&&section["entry"][0]["reference"]), "{section}");
        assert_eq!(section["text"]["status"], "generated");
    }
    let [patient] = of_type(&bundle, "Patient")[..] else { panic!("one patient") };
    assert_eq!(patient["name"][0]["text"], "Ana");
    assert_eq!(patient["_birthDate"]["extension"][0]["valueCode"], "unknown");
    assert!(!summary.has_birth_date && summary.sections.iter().all(|one| one.entries == 0));
}

#[test]
fn the_same_in_two_records_is_there_once_and_references_lead_to_it() {
    let one = bundle(&[PATIENT, ALLERGY, DOCTOR]);
    let report = r#"{"resourceType":"DiagnosticReport","status":"final","code":{"text":"Letter"},"subject":{"reference":"Patient/p"},"resultsInterpreter":[{"reference":"Practitioner/d"}]}"#;
    let other = bundle(&[
        PATIENT,
        &ALLERGY.replace(r#""id":"a""#, r#""id":"z","meta":{"versionId":"2"}"#),
        DOCTOR,
        report,
    ]);
    let (summary, bundle) = made(vec![source(1, 10, &one), source(2, 20, &other)]);
    let [allergy] = of_type(&bundle, "AllergyIntolerance")[..] else { panic!("one allergy") };
    assert_eq!(allergy["id"], "2.1.1", "of the newer record");
    let [doctor] = of_type(&bundle, "Practitioner")[..] else { panic!("one doctor") };
    assert_eq!(doctor["id"], "2.1.2");
    let url = |id: &str| {
        let entries = bundle["entry"].as_array().unwrap().iter();
        let mut found = entries.filter(|entry| entry["resource"]["id"] == id);
        found.next().unwrap()["fullUrl"].clone()
    };
    assert_eq!(allergy["recorder"]["reference"], url("2.1.2"));
    assert_eq!(allergy["patient"]["reference"], url("ST1"));
    assert_eq!(of_type(&bundle, "Patient")[0]["birthDate"], "1980-02-01");
    assert_eq!(
        why(&summary),
        [(1, "AllergyIntolerance", 1, Why::Repeated), (1, "Practitioner", 1, Why::NoSection)]
    );
    let div = bundle["entry"][0]["resource"]["section"][0]["text"]["div"].as_str().unwrap();
    assert!(div.contains("Penicillin &lt;b&gt;"), "no markup of others: {div}");
}

#[test]
fn of_measurements_the_newest_counts_with_its_digits() {
    let old = bundle(&[PATIENT, &potassium("3.9", "2025-01-01")]);
    let new = bundle(&[
        PATIENT,
        &potassium("4.10", "2026-05-04T08:00:00+02:00"),
        &potassium("4.2", "2026-03"),
    ]);
    let (summary, value) = made(vec![source(1, 30, &old), source(2, 20, &new)]);
    assert!(summary.bundle.contains(r#""value":4.10"#), "{}", summary.bundle);
    let div = value["entry"][0]["resource"]["section"][3]["text"]["div"].as_str().unwrap();
    assert!(div.contains("Potassium, 4.10 mmol/l (2026-05-04T08:00:00+02:00)"), "{div}");
    assert_eq!(of_type(&value, "Observation").len(), 1);
    assert_eq!(
        why(&summary),
        [(1, "Observation", 1, Why::Older), (2, "Observation", 1, Why::Older)]
    );
}

#[test]
fn measurement_that_was_cancelled_does_not_push_out_the_last_result() {
    let cancelled =
        |date: &str| potassium("1", date).replace(r#""status":"final""#, r#""status":"cancelled""#);
    let (old, new) = (cancelled("2025-01-01"), cancelled("2026-06-01"));
    let all = bundle(&[PATIENT, &potassium("4.10", "2026-05-04"), &old, &new]);
    let (summary, value) = made(vec![source(1, 30, &all)]);
    let dates: Vec<_> =
        of_type(&value, "Observation").iter().map(|one| &one["effectiveDateTime"]).collect();
    assert_eq!(dates, ["2026-05-04", "2026-06-01"]);
    assert_eq!(why(&summary), [(1, "Observation", 1, Why::Older)]);
    // Where nothing came to a result, the newest is told.
    let (_, value) = made(vec![source(1, 30, &bundle(&[PATIENT, &old, &new]))]);
    assert_eq!(of_type(&value, "Observation").len(), 1);
}

#[test]
fn what_a_report_refers_to_comes_with_it_also_where_it_is_older_or_was_written_twice() {
    let named = |id: &str, observation: String| {
        observation.replace(
            r#""resourceType":"Observation""#,
            &format!(r#""resourceType":"Observation","id":"{id}""#),
        )
    };
    let old = named("o", potassium("3.9", "2025-01-01"));
    let report = r#"{"resourceType":"DiagnosticReport","status":"final","code":{"text":"Blood"},"subject":{"reference":"Patient/p"},"result":[{"reference":"Observation/o"}]}"#;
    let one = bundle(&[PATIENT, &old, report]);
    let again = bundle(&[PATIENT, &old, &potassium("4.10", "2026-05-04")]);
    let (summary, value) = made(vec![source(1, 10, &one), source(2, 20, &again)]);
    let report = of_type(&value, "DiagnosticReport")[0];
    let target = &report["result"][0]["reference"];
    let mut entries = value["entry"].as_array().unwrap().iter();
    let result = entries.find(|entry| entry["fullUrl"] == *target).unwrap();
    assert_eq!(result["resource"]["effectiveDateTime"], "2025-01-01");
    assert_eq!(summary.sections[3].entries, 2, "the newest value, and the report");
    assert_eq!(why(&summary), [(1, "Observation", 1, Why::Repeated)]);
}

#[test]
fn a_newer_state_of_the_same_problem_replaces_the_older_one() {
    let problem = |status: &str| {
        bundle(&[
            PATIENT,
            &format!(
                r#"{{"resourceType":"Condition","identifier":[{{"system":"urn:x","value":"7"}}],"clinicalStatus":{{"coding":[{{"code":"{status}"}}]}},"code":{{"text":"Asthma"}},"subject":{{"reference":"Patient/p"}}}}"#
            ),
        ])
    };
    let (summary, value) =
        made(vec![source(1, 10, &problem("active")), source(2, 20, &problem("resolved"))]);
    let sections: Vec<_> = summary.sections.iter().map(|one| (one.title, one.entries)).collect();
    assert_eq!(sections[2..], [("Problems", 0), ("Past problems", 1)]);
    assert_eq!(of_type(&value, "Condition").len(), 2, "the resolved one, and no information");
    assert_eq!(why(&summary), [(1, "Condition", 1, Why::Older)]);
}

#[test]
fn what_does_not_go_in_is_listed_with_its_reason() {
    let mistaken = ALLERGY.replace(
        r#""code":{"#,
        r#""verificationStatus":{"coding":[{"code":"entered-in-error"}]},"code":{"#,
    );
    let elsewhere = ALLERGY.replace("Patient/p", "Patient/somebody");
    let nothing = r#"{"resourceType":"Condition","code":{"coding":[{"system":"http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips","code":"no-problem-info"}]},"subject":{"reference":"Patient/p"}}"#;
    let goal = r#"{"resourceType":"Goal","lifecycleStatus":"active","description":{"text":"Walk"},"subject":{"reference":"Patient/p"}}"#;
    let coverage = r#"{"resourceType":"Coverage"}"#;
    let composition = r#"{"resourceType":"Composition","subject":{"reference":"Patient/p"}}"#;
    let one = bundle(&[PATIENT, &mistaken, &elsewhere, nothing, goal, coverage, composition]);
    let pair = bundle(&[PATIENT, PATIENT, ALLERGY]);
    let mut letter = source(3, 5, "{}");
    (letter.contents, letter.kind) = (None, "Document (PDF)".to_owned());
    let broken = source(4, 4, "{");
    let (summary, _) = made(vec![source(1, 10, &one), source(2, 9, &pair), letter, broken]);
    let mut found = why(&summary);
    found.sort();
    assert_eq!(
        found,
        [
            (1, "AllergyIntolerance", 1, Why::OtherPerson),
            (1, "AllergyIntolerance", 1, Why::Mistaken),
            (1, "Composition", 1, Why::OwnWords),
            (1, "Condition", 1, Why::SaysNothing),
            (1, "Coverage", 1, Why::OtherType),
            (1, "Goal", 1, Why::NoSection),
            (2, "document", 1, Why::SeveralPeople),
            (3, "Document (PDF)", 1, Why::NotFhir),
            (4, "document", 1, Why::NotRead),
        ]
    );
}

#[test]
fn a_document_without_a_patient_is_about_the_records_patient_unless_it_names_several() {
    let one = bundle(&[&potassium("4", "2026")]);
    let (summary, value) = made(vec![source(1, 10, &one)]);
    let observation = of_type(&value, "Observation")[0];
    assert!(observation["subject"]["reference"].as_str().unwrap().starts_with("urn:uuid:"));
    assert_eq!(summary.left_out, []);
    let two = bundle(&[
        &potassium("4", "2026"),
        &potassium("5", "2026").replace("Patient/p", "Patient/q"),
    ]);
    let (summary, _) = made(vec![source(1, 10, &two)]);
    assert_eq!(why(&summary), [(1, "document", 1, Why::SeveralPeople)]);
}

#[test]
fn documents_about_people_born_on_different_days_make_no_summary() {
    let child = bundle(&[&PATIENT.replace("1980-02-01", "2015-06-01"), ALLERGY]);
    let about = About {
        patient: ("ST1".to_owned(), Party { account: "a".to_owned(), patient: None, name: None }),
        space: "s",
        now: UnixTime::from_seconds(0),
        program: "1",
    };
    let sources = vec![source(1, 1, &bundle(&[PATIENT])), source(2, 2, &child)];
    let NoSummary::SeveralPeople { births } = summary(&about, sources).unwrap_err();
    assert_eq!(births, ["1980-02-01 (record 1)", "2015-06-01 (record 2)"]);
    let year = bundle(&[&PATIENT.replace("1980-02-01", "1980")]);
    let (_, value) = made(vec![source(1, 1, &bundle(&[PATIENT])), source(2, 2, &year)]);
    assert_eq!(of_type(&value, "Patient")[0]["birthDate"], "1980-02-01");
}

#[test]
fn section_of_which_all_is_refuted_does_not_say_that_nothing_is_there() {
    let refuted = ALLERGY
        .replace(r#""code":{"#, r#""verificationStatus":{"coding":[{"code":"refuted"}]},"code":{"#);
    let (summary, value) = made(vec![source(1, 10, &bundle(&[PATIENT, &refuted]))]);
    assert_eq!(why(&summary), [(1, "AllergyIntolerance", 1, Why::Refuted)]);
    let counts = |section: &Written| (section.entries, section.refuted);
    assert_eq!(summary.sections.iter().map(counts).collect::<Vec<_>>(), [(0, 1), (0, 0), (0, 0)]);
    let sections = &value["entry"][0]["resource"]["section"];
    let words = "Only refuted entries are on record about allergies; they are left out here";
    assert!(sections[0]["text"]["div"].to_string().contains(words), "{sections}");
    let [entry] = of_type(&value, "AllergyIntolerance")[..] else { panic!("one entry") };
    assert_eq!((&entry["id"], &entry["code"]["text"]), (&json!("no-allergy-info"), &json!(words)));
    // Of the other sections nothing was left out.
    assert!(sections[2]["text"]["div"].to_string().contains("No information about problems"));
    assert_eq!(of_type(&value, "Condition")[0]["code"]["text"], Value::Null);
    // Beside an entry that counts the section has that one.
    let both = bundle(&[PATIENT, &refuted, &ALLERGY.replace(r#""id":"a""#, r#""id":"b""#)]);
    let (summary, value) = made(vec![source(1, 10, &both)]);
    let div = value["entry"][0]["resource"]["section"][0]["text"]["div"].to_string();
    assert!(div.contains("Penicillin") && !div.contains("refuted"), "{div}");
    assert_eq!(counts(&summary.sections[0]), (1, 1));
}

#[test]
fn request_says_that_it_is_one() {
    let request = |intent: &str| {
        let one = format!(
            r#"{{"resourceType":"MedicationRequest","status":"active","intent":"{intent}","medicationCodeableConcept":{{"text":"Aspirin"}},"subject":{{"reference":"Patient/p"}}}}"#
        );
        let (_, value) = made(vec![source(1, 10, &bundle(&[PATIENT, &one]))]);
        value["entry"][0]["resource"]["section"][1]["text"]["div"].to_string()
    };
    for (intent, words) in [
        ("plan", "Aspirin, planned<"),
        ("order", "Aspirin, ordered<"),
        ("proposal", "Aspirin, proposed<"),
        ("else", "Aspirin, requested<"),
    ] {
        let div = request(intent);
        assert!(div.contains(words) && !div.contains("active"), "{div}");
    }
}
