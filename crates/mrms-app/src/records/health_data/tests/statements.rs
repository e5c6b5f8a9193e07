//! What a C-CDA document does not clearly say of its patient is not said in FHIR either: it is left out, with the reason.

use mrms_core::{RecordId, UnixTime, Version};
use mrms_fhir::export::Why;
use mrms_fhir::export::summary::{About, Source, Summary, summary};
use mrms_fhir::stored::{Contents, WhyNotTaken};
use mrms_fhir::write::Party;
use serde_json::{Value, json};

use super::{SNOMED, all, code, converted};

const DIABETES: &str = r#"<value xsi:type="CD" code="73211009" codeSystem="2.16.840.1.113883.6.96" displayName="Diabetes mellitus"/>"#;
const TO_SUBSTANCE: &str =
    r#"<value xsi:type="CD" code="419199007" codeSystem="2.16.840.1.113883.6.96"/>"#;
const PENICILLIN: &str = r#"<participant typeCode="CSM"><participantRole><playingEntity><code code="7980" codeSystem="2.16.840.1.113883.6.88" displayName="Penicillin G"/></playingEntity></participantRole></participant>"#;
const LISINOPRIL: &str =
    r#"<code code="314076" codeSystem="2.16.840.1.113883.6.88" displayName="Lisinopril"/>"#;

/// A document with one section, called “Here”, of these entries.
fn document(section: &str, entries: &str) -> String {
    format!(
        r#"<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><recordTarget><patientRole><patient><name>Ana</name></patient></patientRole></recordTarget><component><structuredBody><component><section {section}><code code="11450-4" codeSystem="2.16.840.1.113883.6.1"/><title>Here</title><text>words</text>{entries}</section></component></structuredBody></component></ClinicalDocument>"#
    )
}

/// A concern about one finding; each has attributes, and the finding what stands in it.
fn concern(act: &str, template: &str, finding: &str, inside: &str) -> String {
    let act = with_mood(act);
    let finding = with_mood(finding);
    format!(
        r#"<entry><act {act}><statusCode code="active"/><entryRelationship typeCode="SUBJ"><observation {finding}><templateId root="2.16.840.1.113883.10.20.22.4.{template}"/><code code="55607006" codeSystem="2.16.840.1.113883.6.96"/><statusCode code="completed"/>{inside}</observation></entryRelationship></act></entry>"#
    )
}

fn with_mood(attributes: &str) -> String {
    match attributes.contains("moodCode") {
        true => attributes.to_owned(),
        false => format!(r#"moodCode="EVN" {attributes}"#),
    }
}

fn problem(act: &str, finding: &str, inside: &str) -> Contents {
    converted(&document("", &concern(act, "4", finding, inside)))
}

fn allergy(finding: &str, inside: &str) -> Contents {
    converted(&document("", &concern("", "7", finding, inside)))
}

fn given(template: &str, attributes: &str, material: &str) -> Contents {
    let attributes = with_mood(attributes);
    converted(&document(
        "",
        &format!(
            r#"<entry><substanceAdministration {attributes}><templateId root="2.16.840.1.113883.10.20.22.4.{template}"/><statusCode code="active"/><consumable><manufacturedProduct><manufacturedMaterial>{material}</manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration></entry>"#
        ),
    ))
}

/// Nothing but the document's words is there, and one entry is told to be left out.
#[track_caller]
fn is_left_out(made: &Contents, why: WhyNotTaken) {
    let kinds: Vec<_> = made.resources.iter().map(|one| one.kind.as_str()).collect();
    assert_eq!(kinds, ["Composition"]);
    let left: Vec<_> =
        made.not_taken.iter().map(|one| (one.what.as_str(), one.count, one.why)).collect();
    assert_eq!(left, [("entry of “Here”", 1, why)]);
}

#[track_caller]
fn only(made: &Contents, kind: &str) -> Value {
    assert_eq!(made.not_taken, []);
    let [one] = all(made, kind).try_into().unwrap();
    one
}

fn snomed_value(code: &str, more: &str) -> String {
    format!(
        r#"<value xsi:type="CD" code="{code}" codeSystem="2.16.840.1.113883.6.96" displayName="None" {more}/>"#
    )
}

#[test]
fn codes_for_none_known_are_none_known() {
    for none in ["716186003", "409137002", "428607008", "429625007", "716184000", "716185004"] {
        let made = only(&allergy("", &snomed_value(none, "")), "AllergyIntolerance");
        assert_eq!(code(&made["code"]), (SNOMED, none));
        assert_eq!(made["verificationStatus"], Value::Null);
        let denied = allergy(r#"negationInd="true""#, &snomed_value(none, ""));
        is_left_out(&denied, WhyNotTaken::Unclear);
        let named = allergy("", &format!("{}{PENICILLIN}", snomed_value(none, "")));
        is_left_out(&named, WhyNotTaken::Unclear);
    }
    let none = snomed_value("160245001", "");
    assert_eq!(code(&only(&problem("", "", &none), "Condition")["code"]), (SNOMED, "160245001"));
    is_left_out(&problem("", r#"negationInd="true""#, &none), WhyNotTaken::Unclear);
    let drug = |code: &str| format!(r#"<code code="{code}" codeSystem="2.16.840.1.113883.6.96"/>"#);
    let none = only(&given("16", "", &drug("787481004")), "MedicationStatement");
    assert_eq!(none["status"], "unknown");
    assert_eq!(code(&none["medicationCodeableConcept"]), (SNOMED, "787481004"));
    // That it is not known is no statement that there is none.
    is_left_out(&given("16", "", &drug("182904002")), WhyNotTaken::Null);
    is_left_out(&given("16", r#"moodCode="INT""#, &drug("787481004")), WhyNotTaken::Unclear);
    let vaccine = r#"<code code="998" codeSystem="2.16.840.1.113883.12.292"/>"#;
    is_left_out(&given("52", "", vaccine), WhyNotTaken::Null);
}

#[test]
fn what_is_denied_of_one_thing_does_not_deny_all() {
    let denied = r#"negationInd="true""#;
    let kiwi = r#"<participant typeCode="CSM"><participantRole><playingEntity><code nullFlavor="OTH"/><name>Kiwi</name></playingEntity></participantRole></participant>"#;
    let made = only(&allergy(denied, &format!("{TO_SUBSTANCE}{kiwi}")), "AllergyIntolerance");
    assert_eq!(made["code"], json!({"text": "Kiwi"}));
    assert_eq!(code(&made["verificationStatus"]).1, "refuted");
    let made = given("16", denied, r#"<code nullFlavor="OTH"/><name>Aspirin</name>"#);
    let made = only(&made, "MedicationStatement");
    assert_eq!(made["medicationCodeableConcept"], json!({"text": "Aspirin"}));
    assert_eq!(made["status"], "not-taken");
    let words =
        r#"<value xsi:type="CD" nullFlavor="OTH"><originalText>Gout</originalText></value>"#;
    let made = only(&problem("", denied, words), "Condition");
    assert_eq!(made["code"], json!({"text": "Gout"}));
    assert_eq!(code(&made["verificationStatus"]).1, "refuted");
    // Neither is a disorder, or nothing at all, an allergy to anything.
    is_left_out(&allergy(denied, &snomed_value("91936005", "")), WhyNotTaken::Unnamed);
    is_left_out(&given("16", denied, ""), WhyNotTaken::Unnamed);
    let any = r#"<code nullFlavor="OTH"><translation code="410942007" codeSystem="2.16.840.1.113883.6.96"/></code>"#;
    let none = only(&given("16", denied, any), "MedicationStatement");
    assert_eq!(code(&none["medicationCodeableConcept"]), (SNOMED, "787481004"));
}

#[test]
fn null_entries_are_left_out() {
    for null in [r#"nullFlavor="NI""#, r#"nullFlavor="UNK""#, r#"nullFlavor="""#] {
        is_left_out(&problem("", null, DIABETES), WhyNotTaken::Null);
        is_left_out(&problem(null, "", DIABETES), WhyNotTaken::Null);
        is_left_out(&allergy(null, &format!("{TO_SUBSTANCE}{PENICILLIN}")), WhyNotTaken::Null);
        is_left_out(&given("16", null, LISINOPRIL), WhyNotTaken::Null);
        is_left_out(&given("52", null, LISINOPRIL), WhyNotTaken::Null);
        let section = document(null, &concern("", "4", "", DIABETES));
        is_left_out(&converted(&section), WhyNotTaken::Null);
        let relation = concern("", "4", "", DIABETES)
            .replace(r#"typeCode="SUBJ""#, &format!(r#"typeCode="SUBJ" {null}"#));
        is_left_out(&converted(&document("", &relation)), WhyNotTaken::Null);
    }
}

#[test]
fn what_names_nothing_is_left_out() {
    is_left_out(&problem("", "", r#"<value xsi:type="CD" nullFlavor="UNK"/>"#), WhyNotTaken::Null);
    is_left_out(
        &problem("", "", &snomed_value("73211009", r#"nullFlavor="NI""#)),
        WhyNotTaken::Null,
    );
    is_left_out(
        &problem("", "", &snomed_value("73211009", r#"nullFlavor="UNK""#)),
        WhyNotTaken::Null,
    );
    is_left_out(&problem("", "", ""), WhyNotTaken::Unnamed);
    is_left_out(&problem("", r#"negationInd="true""#, ""), WhyNotTaken::Unnamed);
    is_left_out(&allergy("", r#"<value xsi:type="CD" nullFlavor="UNK"/>"#), WhyNotTaken::Null);
    is_left_out(&allergy("", TO_SUBSTANCE), WhyNotTaken::Unnamed);
    is_left_out(&given("16", "", r#"<code nullFlavor="UNK"/>"#), WhyNotTaken::Unnamed);
    is_left_out(&given("52", "", r#"<code nullFlavor="UNK" code="88"/>"#), WhyNotTaken::Unnamed);
}

#[test]
fn negation_counts_wherever_it_stands_and_is_a_boolean_of_xml() {
    for denied in ["true", "1", " true ", "\n1"] {
        let denied = format!(r#"negationInd="{denied}""#);
        for made in [problem("", &denied, DIABETES), problem(&denied, "", DIABETES)] {
            let made = only(&made, "Condition");
            assert_eq!(code(&made["verificationStatus"]).1, "refuted", "{denied}");
        }
        is_left_out(&problem(&denied, &denied, DIABETES), WhyNotTaken::Unclear);
    }
    let act = concern(r#"negationInd="true""#, "7", "", &format!("{TO_SUBSTANCE}{PENICILLIN}"));
    let made = only(&converted(&document("", &act)), "AllergyIntolerance");
    assert_eq!(code(&made["verificationStatus"]).1, "refuted");
    for so in ["false", "0", " 0 "] {
        let made = problem("", &format!(r#"negationInd="{so}""#), DIABETES);
        assert_eq!(only(&made, "Condition")["verificationStatus"], Value::Null);
    }
    for bad in [" TRUE ", "True", "yes", "", "-1"] {
        let bad = format!(r#"negationInd="{bad}""#);
        is_left_out(&problem("", &bad, DIABETES), WhyNotTaken::Unclear);
        is_left_out(&problem(&bad, "", DIABETES), WhyNotTaken::Unclear);
        is_left_out(&given("16", &bad, LISINOPRIL), WhyNotTaken::Unclear);
        is_left_out(&given("52", &bad, LISINOPRIL), WhyNotTaken::Unclear);
    }
    // A result that is not so has no place in FHIR.
    let result = |attributes: &str| {
        converted(&document(
            "",
            &format!(
                r#"<entry><observation {attributes}><templateId root="2.16.840.1.113883.10.20.22.4.2"/><code code="2823-3" codeSystem="2.16.840.1.113883.6.1"/><statusCode code="completed"/><value xsi:type="PQ" value="4" unit="mmol/L"/></observation></entry>"#
            ),
        ))
    };
    only(&result(r#"moodCode="EVN""#), "Observation");
    is_left_out(&result(r#"moodCode="EVN" negationInd="true""#), WhyNotTaken::Negated);
    is_left_out(&result(r#"moodCode="GOL""#), WhyNotTaken::Intended);
}

#[test]
fn goals_and_plans_are_no_findings_and_other_people_are_not_the_patient() {
    for mood in ["GOL", "INT", "PRMS", "RQO", "evn"] {
        let mood = format!(r#"moodCode="{mood}""#);
        is_left_out(&problem("", &mood, DIABETES), WhyNotTaken::Intended);
        is_left_out(&problem(&mood, "", DIABETES), WhyNotTaken::Intended);
        is_left_out(&allergy(&mood, &format!("{TO_SUBSTANCE}{PENICILLIN}")), WhyNotTaken::Intended);
        is_left_out(&given("52", &mood, LISINOPRIL), WhyNotTaken::Intended);
    }
    is_left_out(&given("16", r#"moodCode="GOL""#, LISINOPRIL), WhyNotTaken::Intended);
    for (mood, intent) in [("INT", "plan"), ("PRP", "plan"), ("RQO", "order")] {
        let made = given("16", &format!(r#"moodCode="{mood}""#), LISINOPRIL);
        assert_eq!(only(&made, "MedicationRequest")["intent"], intent);
    }
    let of_another = format!("<subject><relatedSubject/></subject>{DIABETES}");
    is_left_out(&problem("", "", &of_another), WhyNotTaken::OtherPerson);
}

#[test]
fn reactions_that_did_not_occur_are_not_said() {
    let with = |attributes: &str, value: &str| {
        let reaction = format!(
            r#"<entryRelationship typeCode="MFST" inversionInd="true"><observation {}><templateId root="2.16.840.1.113883.10.20.22.4.9"/>{value}</observation></entryRelationship>"#,
            with_mood(attributes)
        );
        allergy("", &format!("{TO_SUBSTANCE}{PENICILLIN}{reaction}"))
    };
    let hives = snomed_value("247472004", "");
    let made = only(&with("", &hives), "AllergyIntolerance");
    assert_eq!(code(&made["reaction"][0]["manifestation"][0]).1, "247472004");
    let unknown = r#"<value xsi:type="CD" nullFlavor="UNK"/>"#;
    for (attributes, value, why) in [
        (r#"negationInd="true""#, hives.as_str(), WhyNotTaken::Negated),
        (r#"nullFlavor="NI""#, &hives, WhyNotTaken::Null),
        ("", unknown, WhyNotTaken::Null),
    ] {
        let made = with(attributes, value);
        let left: Vec<_> = made.not_taken.iter().map(|one| (one.what.as_str(), one.why)).collect();
        assert_eq!(left, [("reaction in “Here”", why)]);
        let [allergy] = all(&made, "AllergyIntolerance").try_into().unwrap();
        assert_eq!(allergy["reaction"], Value::Null);
    }
}

fn summary_of(contents: Contents) -> (Summary, Value) {
    let party = Party { account: "a".to_owned(), patient: None, name: None };
    let about = About {
        patient: ("ST1".to_owned(), party),
        space: "s",
        now: UnixTime::from_seconds(0),
        program: "1",
    };
    let source = Source {
        record: RecordId::new(7),
        version: Version::FIRST,
        time: UnixTime::from_seconds(0),
        kind: "Clinical document (C-CDA)".to_owned(),
        contents: Some(Ok(contents)),
    };
    let made = summary(&about, vec![source]).unwrap();
    let bundle = serde_json::from_str(&made.bundle).unwrap();
    (made, bundle)
}

#[test]
fn summary_tells_none_known_refuted_and_planned_apart() {
    let section = |bundle: &Value, place: usize| {
        bundle["entry"][0]["resource"]["section"][place]["text"]["div"].to_string()
    };
    let (made, bundle) = summary_of(allergy("", &snomed_value("716186003", "")));
    assert!(section(&bundle, 0).contains("None"), "{bundle}");
    assert_eq!(made.sections[0].entries, 1);
    let refuted = allergy(r#"negationInd="true""#, &format!("{TO_SUBSTANCE}{PENICILLIN}"));
    let (made, bundle) = summary_of(refuted);
    let left: Vec<_> = made.left_out.iter().map(|one| (one.what.as_str(), one.why)).collect();
    assert!(left.contains(&("AllergyIntolerance", Why::Refuted)), "{left:?}");
    assert!(Why::Refuted.words().contains("refuted"));
    let said = section(&bundle, 0);
    assert!(said.contains("refuted") && !said.contains("No information"), "{said}");
    let (_, bundle) = summary_of(given("16", r#"moodCode="RQO""#, LISINOPRIL));
    assert!(section(&bundle, 1).contains("Lisinopril, ordered"), "{bundle}");
    let (_, bundle) = summary_of(given("16", r#"moodCode="INT""#, LISINOPRIL));
    assert!(section(&bundle, 1).contains("Lisinopril, planned"), "{bundle}");
}
