//! What becomes of the entries of C-CDA documents in FHIR: of a sample of our own, of hostile ones, and of those of others.

use mrms_core::{RecordId, Version};
use mrms_fhir::stored::{Contents, NoResources, Origin, WhyNotTaken};
use serde_json::{Value, json};

use super::of_cda;

mod statements;

const SAMPLE: &str = include_str!("ccda-sample.xml");

fn origin() -> Origin {
    let (record, version) = (RecordId::new(7), Version::FIRST);
    Origin { record, version, patient: "ST1".to_owned(), updated: None, first: 0 }
}

fn converted(document: &str) -> Contents {
    of_cda(document.as_bytes(), &origin()).unwrap()
}

/// The resources of a type.
fn all(contents: &Contents, kind: &str) -> Vec<Value> {
    let of_kind = contents.resources.iter().filter(|one| one.kind.as_str() == kind);
    of_kind.map(|one| serde_json::from_str(&one.text()).unwrap()).collect()
}

fn code(value: &Value) -> (&str, &str) {
    let coding = &value["coding"][0];
    (coding["system"].as_str().unwrap(), coding["code"].as_str().unwrap())
}

const SNOMED: &str = "http://snomed.info/sct";
const ABSENT: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";

#[test]
fn problems_keep_codes_times_and_status() {
    let made = converted(SAMPLE);
    let [diabetes, pneumonia] = all(&made, "Condition").try_into().unwrap();
    assert_eq!(code(&diabetes["code"]), (SNOMED, "44054006"));
    assert_eq!(diabetes["code"]["coding"][1]["system"], "http://hl7.org/fhir/sid/icd-10-cm");
    assert_eq!(diabetes["code"]["text"], "Diabetes of the second & usual type");
    assert_eq!(code(&diabetes["clinicalStatus"]).1, "active");
    assert_eq!(code(&diabetes["category"][0]).1, "problem-list-item");
    assert_eq!(
        (&diabetes["onsetDateTime"], &diabetes["recordedDate"]),
        (&json!("2019"), &json!("2025-01-10"))
    );
    let id = "urn:uuid:ab1791b0-5c71-11db-b0de-0800200c9a66";
    assert_eq!(diabetes["identifier"], json!([{"system": "urn:ietf:rfc:3986", "value": id}]));
    assert_eq!(diabetes["subject"]["reference"], "Patient/ST1");
    // It ended, and nobody knows when.
    assert_eq!(code(&pneumonia["clinicalStatus"]).1, "resolved");
    assert_eq!(pneumonia["onsetDateTime"], "2015-01");
    let reason = json!({"extension": [{"url": ABSENT, "valueCode": "unknown"}]});
    assert_eq!(pneumonia["_abatementDateTime"], reason);
}

#[test]
fn negated_allergies_are_none_known_or_refuted() {
    let made = converted(SAMPLE);
    let [none, refuted, kiwi] = all(&made, "AllergyIntolerance").try_into().unwrap();
    assert_eq!(code(&none["code"]), (SNOMED, "716186003"));
    assert_eq!(none["verificationStatus"], Value::Null);
    assert_eq!(code(&refuted["code"]), ("http://www.nlm.nih.gov/research/umls/rxnorm", "7980"));
    assert_eq!(code(&refuted["verificationStatus"]).1, "refuted");
    assert_eq!(kiwi["code"], json!({"text": "Kiwi"}));
    assert_eq!(kiwi["category"], json!(["food"]));
    assert_eq!((&kiwi["type"], &kiwi["criticality"]), (&json!("allergy"), &json!("high")));
    assert_eq!(kiwi["reaction"][0]["severity"], "severe");
    assert_eq!(code(&kiwi["reaction"][0]["manifestation"][0]).1, "247472004");
    let of_drugs = SAMPLE.replacen("419199007", "416098002", 1);
    let none = all(&converted(&of_drugs), "AllergyIntolerance").remove(0);
    assert_eq!(code(&none["code"]).1, "409137002", "no known drug allergy");
}

#[test]
fn results_are_taken_for_curves_with_their_codes_and_the_documents_person() {
    let found = super::results_of_cda(SAMPLE.as_bytes());
    let potassium = found.iter().find(|one| one.what.code == "2823-3").unwrap();
    assert_eq!(potassium.what.system, "http://loinc.org");
    assert_eq!(potassium.date, "2026-05-04T10:15:00+02:00");
    assert!(potassium.whose.is_some() && potassium.low < potassium.high, "{potassium:?}");
    for other in ["", "<a/>", "<ClinicalDocument><component>"] {
        assert!(super::results_of_cda(other.as_bytes()).is_empty());
    }
}

#[test]
fn medicines_and_vaccinations_keep_doses_times_and_what_was_not_given() {
    let made = converted(SAMPLE);
    let [taken] = all(&made, "MedicationStatement").try_into().unwrap();
    assert_eq!(
        (&taken["status"], &taken["effectivePeriod"]),
        (&json!("active"), &json!({"start": "2020-01-03"}))
    );
    let dosage = &taken["dosage"][0];
    assert_eq!(dosage["text"], "One tablet twice a day");
    assert_eq!(
        dosage["timing"]["repeat"],
        json!({"frequency": 1, "period": 12, "periodUnit": "h"})
    );
    assert_eq!(code(&dosage["asNeededCodeableConcept"]).1, "56018004");
    let whole =
        made.resources.iter().find(|one| one.kind.as_str() == "MedicationStatement").unwrap();
    assert!(whole.text().contains(r#""value":500.0"#), "digits stay: {}", whole.text());
    let [planned] = all(&made, "MedicationRequest").try_into().unwrap();
    assert_eq!(
        (&planned["intent"], &planned["medicationCodeableConcept"]),
        (&json!("plan"), &json!({"text": "Aspirin"}))
    );
    assert_eq!(planned["dosageInstruction"][0]["timing"]["repeat"]["when"], json!(["HS"]));
    let [given, refused] = all(&made, "Immunization").try_into().unwrap();
    assert_eq!(code(&given["vaccineCode"]), ("http://hl7.org/fhir/sid/cvx", "141"));
    assert_eq!(
        (&given["occurrenceDateTime"], &given["lotNumber"]),
        (&json!("2025-11"), &json!("L-7"))
    );
    assert_eq!(
        (&refused["status"], code(&refused["statusReason"]).1),
        (&json!("not-done"), "PATOBJ")
    );
    assert_eq!(refused["occurrenceDateTime"], Value::Null);
}

#[test]
fn results_vital_signs_and_procedures_keep_values_and_precision() {
    let made = converted(SAMPLE);
    let found = all(&made, "Observation");
    let [potassium, sodium, chloride, pressure] = found.try_into().unwrap();
    let text = made
        .resources
        .iter()
        .find(|one| one.text().contains("2823-3"))
        .unwrap()
        .text()
        .into_owned();
    assert!(text.contains(r#""value":4.10"#), "digits stay: {text}");
    assert_eq!(potassium["effectiveDateTime"], "2026-05-04T10:15:00+02:00", "the organizer's");
    assert_eq!(potassium["referenceRange"][0]["high"]["value"], 5.1);
    assert_eq!(code(&potassium["category"][0]).1, "laboratory");
    // A time of day without a zone is no dateTime of FHIR.
    assert_eq!(
        (&sodium["effectiveDateTime"], &sodium["status"]),
        (&json!("2026-05-04"), &json!("preliminary"))
    );
    assert_eq!(code(&sodium["dataAbsentReason"]).1, "temp-unknown");
    assert_eq!(chloride["valueQuantity"]["comparator"], "<");
    assert_eq!(code(&pressure["category"][0]).1, "vital-signs");
    assert_eq!(pressure["valueQuantity"]["code"], "mm[Hg]");
    let [report] = all(&made, "DiagnosticReport").try_into().unwrap();
    assert_eq!(report["result"].as_array().unwrap().len(), 3);
    let potassium_is = format!("Observation/{}", potassium["id"].as_str().unwrap());
    assert_eq!(report["result"][0]["reference"], potassium_is);
    let [procedure] = all(&made, "Procedure").try_into().unwrap();
    assert_eq!(procedure["performedPeriod"], json!({"start": "2012-05-12", "end": "2012-05-13"}));
    assert_eq!(code(&procedure["bodySite"][0]).1, "71854001");
}

#[test]
fn narrative_is_kept_without_anything_that_acts_and_what_is_left_out_is_told() {
    let made = converted(SAMPLE);
    let [composition] = all(&made, "Composition").try_into().unwrap();
    assert_eq!(
        (&composition["title"], &composition["date"]),
        (&json!("Summary <of> care"), &json!("2026-05-04T11:30:00+02:00"))
    );
    assert_eq!(composition["author"], json!([{"display": "Ada Quist"}]));
    let sections = composition["section"].as_array().unwrap();
    assert_eq!(sections.len(), 7);
    let div = sections[0]["text"]["div"].as_str().unwrap();
    assert!(
        div.contains("<td colspan=\"2\"><span>Diabetes of the second &amp; usual type</span></td>"),
        "{div}"
    );
    assert!(div.contains("<ol><li>one<br/>two</li></ol>") && div.contains("see"), "{div}");
    for word in ["alert", "styleCode", "hidden", "root:", "href"] {
        assert!(!div.contains(word), "{word}: {div}");
    }
    assert_eq!(sections[0]["entry"].as_array().unwrap().len(), 2);
    assert_eq!(sections[6]["section"][0]["title"], "Within");
    let left: Vec<_> =
        made.not_taken.iter().map(|one| (one.what.as_str(), one.count, one.why)).collect();
    let why = WhyNotTaken::NoConversion;
    assert_eq!(left, [("entry of “Medicines”", 1, why), ("entry of “Procedures”", 1, why)]);
    assert_eq!(made.patients[0]["birthDate"], "1980-02-01");
    assert_eq!(made.patients[0]["name"][0]["given"], json!(["Ana", "Maria"]));
    assert_eq!(made.patients[0]["gender"], "female");
}

#[test]
fn no_text_of_a_document_passes_for_a_number() {
    let marked = SAMPLE.replacen("No known allergies;", "\"\u{e000}1, \"status\":\"x", 1).replacen(
        "displayName=\"Potassium\"",
        "displayName=\"\u{e000}2\"",
        1,
    );
    let made = converted(&marked);
    assert_eq!(made.resources.len(), converted(SAMPLE).resources.len());
    let [composition] = all(&made, "Composition").try_into().unwrap();
    let div = composition["section"][1]["text"]["div"].as_str().unwrap();
    assert!(div.contains("\"1, \"status\":\"x"), "{div}");
    assert_eq!(all(&made, "Observation")[0]["code"]["coding"][0]["display"], "2");
}

#[test]
fn document_about_several_or_nobody_gives_no_resources_and_broken_ones_are_told() {
    let second = "<recordTarget><patientRole><patient><name>Ben</name></patient></patientRole></recordTarget><author>";
    let several = converted(&SAMPLE.replacen("<author>", second, 1));
    assert!(several.resources.is_empty());
    assert_eq!(several.not_taken[0].why, WhyNotTaken::SeveralPeople);
    let begin = SAMPLE.find("<structuredBody>").unwrap();
    let unstructured = format!(
        "{}<nonXMLBody><text>words</text></nonXMLBody></component></ClinicalDocument>",
        &SAMPLE[..begin]
    );
    assert_eq!(converted(&unstructured).not_taken[0].why, WhyNotTaken::NoEntries);
    let broken = |text: &str| of_cda(text.as_bytes(), &origin()).unwrap_err();
    assert_eq!(broken(&SAMPLE[..SAMPLE.len() / 2]), NoResources::NotCda);
    assert_eq!(broken("<other/>"), NoResources::NotCda);
    assert_eq!(broken(&"<ClinicalDocument>".repeat(100_000)), NoResources::NotCda);
    assert_eq!(
        broken(&format!("<ClinicalDocument>{}</ClinicalDocument>", "<a/>".repeat(1_000_001))),
        NoResources::TooMany
    );
}

/// Over documents that others made, where `MRMS_CORPUS` names a folder of them.
#[test]
fn documents_of_others_are_converted() {
    let Some(corpus) = std::env::var_os("MRMS_CORPUS") else { return };
    let folder = std::path::Path::new(&corpus).join("ccda");
    let mut kinds = std::collections::BTreeSet::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let made = of_cda(&std::fs::read(&path).unwrap(), &origin()).unwrap();
        kinds.extend(made.resources.iter().map(|one| one.kind.as_str()));
        // Everything refers to what is there.
        let known: Vec<_> = made.resources.iter().map(|one| one.address()).collect();
        let whole: String = made.resources.iter().map(|one| one.text().into_owned()).collect();
        for part in whole.split("\"reference\":\"").skip(1) {
            let address = part.split('"').next().unwrap();
            assert!(
                address == "Patient/ST1" || known.iter().any(|one| one == address),
                "{path:?}: {address}"
            );
        }
    }
    for kind in [
        "AllergyIntolerance",
        "Composition",
        "Condition",
        "DiagnosticReport",
        "Immunization",
        "MedicationStatement",
        "Observation",
        "Procedure",
    ] {
        assert!(kinds.contains(kind), "{kind}: {kinds:?}");
    }
}
