//! What lists and curves over several documents take of one: its name, date and author, and its results by their codes.
//!
//! A result is taken where it is a number with a code or a name, a date and nothing that speaks against it: what may still change, was
//! cancelled or was entered by mistake is not. Nothing is converted: what was measured in two units is two things.

use crate::bounds;
use crate::describe::{Head, describe};
use crate::fhir;
use crate::hl7;
use crate::kind::Kind;
use crate::measured::{Facts, Measurement};

/// What a document has for lists and curves. Results are those of FHIR and of HL7 version 2: whoever can read C-CDA as FHIR
/// [takes](Facts::take) [`results_of_fhir`].
#[must_use]
pub fn facts(content: &[u8], name: &str) -> Facts {
    let description = describe(Head { bytes: content, is_whole: true }, name);
    let kind = description.kind;
    let mut facts = Facts { description, results: Vec::new(), is_cut: false };
    match kind {
        Kind::Fhir => facts.take(results_of_fhir(content)),
        Kind::Hl7 if content.len() <= bounds::MOST_BYTES => facts.take(hl7::measurements(content)),
        _ => {}
    }
    facts
}

/// The results in a file of FHIR; none where it is damaged.
#[must_use]
pub fn results_of_fhir(content: &[u8]) -> Vec<Measurement> {
    if content.len() > bounds::MOST_BYTES {
        return Vec::new();
    }
    fhir::values(content).map(|values| fhir::measurements(&values)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::measured::Measured;
    use crate::subject::Subject;

    fn haemoglobin(date: &str, value: f64, more: Value) -> Value {
        let mut one = json!({
            "resourceType": "Observation", "status": "final",
            "code": {"text": "Haemoglobin", "coding": [
                {"system": "http://lab.example", "code": "HB"}, {"system": "http://loinc.org", "code": "718-7"},
            ]},
            "effectiveDateTime": date,
            "valueQuantity": {"value": value, "unit": "g/dl", "system": "http://unitsofmeasure.org", "code": "g/dL"},
            "referenceRange": [{"low": {"value": 12, "unit": "g/dl"}, "high": {"value": 16}}],
        });
        for (name, value) in more.as_object().unwrap() {
            one[name] = value.clone();
        }
        one
    }

    fn results(resources: &[Value]) -> Vec<Measurement> {
        let entries: Vec<_> = resources.iter().map(|one| json!({"resource": one})).collect();
        let bundle = json!({"resourceType": "Bundle", "type": "collection", "entry": entries});
        facts(bundle.to_string().as_bytes(), "lab.json").results
    }

    #[test]
    fn result_has_its_code_unit_value_band_and_person() {
        let ana = json!({"resourceType": "Patient", "id": "a", "name": [{"given": ["Ana"], "family": "Muster"}], "birthDate": "1970-01-02"});
        let found = results(&[ana, haemoglobin("2026-05-04T08:00:00Z", 13.2, json!({}))]);
        let whose = Subject::of("Ana Muster", "1970-01-02");
        let expected = Measurement {
            what: Measured {
                system: "http://loinc.org".to_owned(),
                code: "718-7".to_owned(),
                unit: "g/dL".to_owned(),
                name: "Haemoglobin".to_owned(),
                unit_name: "g/dl".to_owned(),
                is_vital: false,
            },
            whose: Some(whose.clone()),
            date: "2026-05-04T08:00:00Z".to_owned(),
            value: 13.2,
            text: "13.2 g/dl".to_owned(),
            low: Some(12.0),
            high: Some(16.0),
        };
        assert_eq!(found, [expected]);
        let other = Subject::of("MUSTER, Ana", "1970-01-02");
        assert_eq!(other.likeness(), whose.likeness());
        assert_ne!(Subject::of("Ana Muster", "").likeness(), whose.likeness());
    }

    #[test]
    fn what_may_change_or_counts_for_nothing_is_no_result() {
        for more in [
            json!({"status": "preliminary"}),
            json!({"status": "registered"}),
            json!({"status": "cancelled"}),
            json!({"status": "entered-in-error"}),
            json!({"code": {"coding": [{"system": "http://loinc.org"}]}}),
            json!({"valueQuantity": null, "valueString": "see the letter"}),
            json!({"effectiveDateTime": "some day"}),
            json!({"category": [{"coding": [{"code": "social-history"}]}]}),
        ] {
            assert_eq!(results(&[haemoglobin("2026-05-04", 13.2, more.clone())]), [], "{more}");
        }
        let other_unit = json!({"referenceRange": [{"low": {"value": 120, "unit": "g/L"}}]});
        let found = results(&[haemoglobin("2026-05-04", 13.2, other_unit)]);
        assert_eq!(found[0].low, None, "a band in another unit is none of these");
    }

    #[test]
    fn parts_are_results_of_their_own_and_people_are_told_apart() {
        let pressure = json!({
            "resourceType": "Observation", "status": "final", "effectiveDateTime": "2026-05-04",
            "category": [{"coding": [{"code": "vital-signs"}]}],
            "code": {"text": "Blood pressure", "coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
            "subject": {"reference": "Patient/b"},
            "component": [
                {"code": {"coding": [{"system": "http://loinc.org", "code": "8480-6"}]}, "valueQuantity": {"value": 120, "unit": "mmHg"}},
                {"code": {"coding": [{"system": "http://loinc.org", "code": "8462-4"}]}, "valueQuantity": {"value": 80, "unit": "mmHg"}},
            ],
        });
        let person = |id: &str, name: &str| json!({"resourceType": "Patient", "id": id, "name": [{"text": name}], "birthDate": "2001-01-01"});
        let found = results(&[
            person("a", "Ana"),
            person("b", "Ben"),
            pressure,
            haemoglobin("2026-05-04", 13.2, json!({"subject": {"reference": "Patient/a"}})),
            haemoglobin("2026-05-05", 13.3, json!({})),
        ]);
        let told = |one: &Measurement| {
            let whose = one.whose.as_ref().and_then(|whose| whose.name.clone()).unwrap_or_default();
            (one.what.code.clone(), whose, one.what.is_vital)
        };
        let mut all: Vec<_> = found.iter().map(told).collect();
        all.sort();
        let expected = [
            ("718-7", "", false),
            ("718-7", "Ana", false),
            ("8462-4", "Ben", true),
            ("8480-6", "Ben", true),
        ];
        let expected =
            expected.map(|(code, who, is_vital)| (code.to_owned(), who.to_owned(), is_vital));
        assert_eq!(all, expected);
        let systolic = found.iter().find(|one| one.what.code == "8480-6").unwrap();
        assert_eq!(systolic.what.name, "", "the code alone");
        assert_eq!(systolic.what.coded().said("de"), "Blutdruck, systolisch");
    }

    #[test]
    fn code_in_place_of_a_name_is_none_and_a_name_without_a_code_is_one() {
        let loinc = |said: Value| {
            let mut code = json!({"coding": [{"system": "http://loinc.org", "code": "718-7"}]});
            for (name, value) in said.as_object().unwrap() {
                code[name] = value.clone();
            }
            results(&[haemoglobin("2026-05-04", 13.2, json!({"code": code}))])[0].what.clone()
        };
        assert_eq!(loinc(json!({"text": "718-7"})).name, "");
        assert_eq!(loinc(json!({"text": "HGB"})).coded().said("de"), "HGB");
        assert_eq!(loinc(json!({})).coded().said("de"), "Hämoglobin");
        let named = json!({"code": {"text": "Haemoglobin"}});
        let found = results(&[haemoglobin("2026-05-04", 13.2, named)]);
        assert_eq!((found[0].what.name.as_str(), found[0].what.code.as_str()), ("Haemoglobin", ""));
    }

    #[test]
    fn results_of_messages_have_their_code_patient_time_and_band() {
        let lab = |code: &str, status: &str| {
            let message = format!(
                "MSH|^~\\&|LAB|North|||20260504||ORU^R01|1|P|2.5\rPID|1||123||Muster^Ana||19700102\r\
                 OBR|1||||||20260503080000\rOBX|1|NM|{code}||13.2|g/dl^^UCUM|12-16||||{status}\r\
                 OBX|2|NM|Z^Other^L||<5|g|||||F||\rOBX|3|ST|Z^Other^L||5|g|||||F"
            );
            facts(message.as_bytes(), "lab.hl7").results
        };
        let found = lab("HB^Hemoglobin^L^718-7^Hemoglobin in Blood^LN", "F");
        assert_eq!(found.len(), 1, "what is a number: {found:?}");
        let one = &found[0];
        assert_eq!((one.what.code.as_str(), one.what.is_loinc()), ("718-7", true), "LOINC's");
        assert_eq!((one.what.name.as_str(), one.what.unit.as_str()), ("Hemoglobin", "g/dl"));
        assert_eq!(one.whose, Some(Subject::of("Ana Muster", "19700102")));
        assert_eq!(one.date, "2026-05-03T08:00:00", "of its order");
        assert_eq!((one.value, one.low, one.high), (13.2, Some(12.0), Some(16.0)));
        assert_eq!(one.text, "13.2 g/dl");
        let alone = &lab("718-7^^LN", "C")[0];
        assert_eq!(alone.what.coded().said("es"), "Hemoglobina");
        let own = &lab("HB^Hb^L", "")[0].what;
        assert_eq!((own.system.as_str(), own.code.as_str()), ("urn:hl7v2:L:North", "HB"));
        for unsettled in ["P", "I", "X", "D", "W"] {
            assert_eq!(lab("718-7^^LN", unsettled), [], "{unsettled}");
        }
    }

    #[test]
    fn results_have_a_bound_and_texts_of_others_act_on_no_screen() {
        let many: Vec<_> = (0..bounds::MOST_RESULTS + 5)
            .map(|at| haemoglobin("2026-05-04", at as f64, json!({"code": {"text": "H\u{1b}[2K", "coding": [{"system": "s", "code": "c"}]}})))
            .collect();
        let entries: Vec<_> = many.iter().map(|one| json!({"resource": one})).collect();
        let bundle = json!({"resourceType": "Bundle", "entry": entries}).to_string();
        let found = facts(bundle.as_bytes(), "");
        assert_eq!((found.results.len(), found.is_cut), (bounds::MOST_RESULTS, true));
        assert_eq!(found.results[0].what.name, "H\\u{1b}[2K");
        for damaged in [&b"{\"resourceType\":\"Bundle\""[..], b"\xff\xfe", b""] {
            assert!(facts(damaged, "x.json").results.is_empty());
        }
    }
}
