//! Summaries of resources written here.

use serde_json::json;

use super::*;
use crate::document::Series;

fn shown(value: &Value) -> Document {
    document(value.to_string().as_bytes()).unwrap()
}

fn observation(date: &str, value: f64) -> Value {
    json!({"resource": {"resourceType": "Observation", "status": "final", "code": {"text": "Haemoglobin"},
        "effectiveDateTime": date, "valueQuantity": {"value": value, "unit": "g/dL"},
        "referenceRange": [{"low": {"value": 12, "unit": "g/dL"}, "high": {"value": 16, "unit": "g/dL"}}]}})
}

fn sample() -> Value {
    json!({"resourceType": "Bundle", "type": "document", "timestamp": "2026-05-05", "entry": [
        {"fullUrl": "urn:uuid:c", "resource": {"resourceType": "Composition", "title": "Patient Summary", "date": "2026-05-04",
            "author": [{"reference": "urn:uuid:d"}], "section": [
                {"title": "Plan", "text": {"div": "<div><p>Walk <b>daily</b><script>alert(1)</script></p></div>"}},
                {"title": "Problems", "text": {"div": "<div>told twice</div>"}, "entry": [{"reference": "Condition/1"}]}]}},
        {"fullUrl": "urn:uuid:d", "resource": {"resourceType": "Practitioner", "name": [{"given": ["Ada"], "family": "Quist", "prefix": ["Dr"]}]}},
        {"resource": {"resourceType": "Patient", "name": [{"given": ["Ana"], "family": "Muster"}], "birthDate": "1970-01-02"}},
        {"resource": {"resourceType": "Condition", "id": "1", "code": {"text": "Asthma"}, "clinicalStatus": {"coding": [{"code": "active"}]}, "onsetDateTime": "2010"}},
        {"resource": {"resourceType": "AllergyIntolerance", "code": {"coding": [{"display": "Penicillin"}]}, "reaction": [{"manifestation": [{"text": "Rash"}]}]}},
        {"resource": {"resourceType": "MedicationStatement", "status": "active", "medicationReference": {"reference": "Medication/m"}, "dosage": [{"text": "twice a day"}]}},
        {"resource": {"resourceType": "Medication", "id": "m", "code": {"text": "Salbutamol"}}},
        {"resource": {"resourceType": "Immunization", "status": "completed", "vaccineCode": {"text": "Tetanus"}, "occurrenceDateTime": "2020-02-03", "lotNumber": "L1"}},
        observation("2026-05-04", 13.2), observation("2025-05-04", 11.5),
        {"resource": {"resourceType": "Observation", "code": {"text": "Blood group"}, "valueCodeableConcept": {"text": "A+"}}},
        {"resource": {"resourceType": "Claim"}},
    ]})
}

#[test]
fn a_summary_has_what_a_person_looks_for_in_its_order() {
    let made = shown(&sample());
    assert_eq!(made.title.as_deref(), Some("Patient Summary"));
    assert_eq!(made.date.as_deref(), Some("2026-05-04"));
    assert_eq!(made.author.as_deref(), Some("Dr Ada Quist"));
    assert_eq!(made.patient.as_deref(), Some("Ana Muster"));
    let headings: Vec<String> = made
        .blocks
        .iter()
        .filter_map(|block| match block {
            Block::Heading { text: Cell::Word(word), .. } => Some(word.english().to_owned()),
            Block::Heading { text: Cell::Text(text), .. } => Some(text.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(
        headings,
        ["Allergies", "Medicines", "Problems", "Vaccinations", "Results", "Plan", "Also in it"]
    );
    let text = format!("{:?}", made.blocks);
    for word in [
        "Penicillin",
        "Rash",
        "Salbutamol",
        "twice a day",
        "Asthma",
        "Tetanus",
        "A+",
        "Claim",
        "daily",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
    assert!(!text.contains("alert") && !text.contains("told twice"), "{text}");
}

#[test]
fn several_results_of_a_kind_are_a_series_with_its_normal_band() {
    let made = shown(&sample());
    let series = made.blocks.iter().find_map(|block| match block {
        Block::Series(series) => Some(series),
        _ => None,
    });
    let Series { name, unit, low, high, points } = series.unwrap();
    assert_eq!(
        (name.said("en").as_str(), unit.as_str(), *low, *high),
        ("Haemoglobin", "g/dL", Some(12.0), Some(16.0))
    );
    let points: Vec<_> =
        points.iter().map(|point| (point.date.as_str(), point.text.as_str())).collect();
    assert_eq!(points, [("2025-05-04", "11.5 g/dL"), ("2026-05-04", "13.2 g/dL")]);
}

#[test]
fn each_observation_and_problem_stands_under_its_heading() {
    let made = shown(&json!({"resourceType": "Bundle", "type": "collection", "entry": [
        {"resource": {"resourceType": "Condition", "code": {"text": "Asthma"}, "clinicalStatus": {"coding": [{"code": "active"}]}}},
        {"resource": {"resourceType": "Condition", "code": {"text": "Measles"}, "clinicalStatus": {"coding": [{"code": "resolved"}]}}},
        {"resource": {"resourceType": "Observation", "id": "g", "status": "final", "code": {"text": "Blood typing"},
            "hasMember": [{"reference": "Observation/m"}]}},
        {"resource": {"resourceType": "Observation", "id": "m", "status": "final", "code": {"text": "Rh"}, "valueString": "positive"}},
        {"resource": {"resourceType": "Observation", "status": "registered", "code": {"text": "Ferritin"}}},
        {"resource": {"resourceType": "Observation", "status": "final", "code": {"text": "Smoking"}, "valueString": "never",
            "category": [{"coding": [{"code": "social-history"}]}]}},
        {"resource": {"resourceType": "Observation", "status": "final", "code": {"text": "Weight"}, "valueString": "70 kg",
            "category": [{"coding": [{"code": "vital-signs"}]}]}}]}));
    let mut under = Vec::new();
    for block in &made.blocks {
        match block {
            Block::Heading { text: Cell::Word(word), .. } => under.push((*word, Vec::new())),
            Block::Table(table) => {
                let cells = |row: &Vec<Cell>| (row[0].in_english(), row[1].in_english());
                under.last_mut().unwrap().1.extend(table.rows.iter().map(cells));
            }
            _ => {}
        }
    }
    let row = |what: &str, value: &str| (what.to_owned(), value.to_owned());
    assert_eq!(
        under,
        [
            (Word::Problems, vec![row("Asthma", "active")]),
            (Word::PastProblems, vec![row("Measles", "resolved")]),
            (
                Word::Results,
                vec![
                    row("Blood typing", "Rh"),
                    row("Ferritin", "pending: no result yet"),
                    row("Rh", "positive")
                ]
            ),
            (Word::VitalSigns, vec![row("Weight", "70 kg")]),
            (Word::SocialHistory, vec![row("Smoking", "never")]),
        ]
    );
}

#[test]
fn an_ecg_of_sampled_data_is_a_curve() {
    let made = shown(
        &json!({"resourceType": "Observation", "code": {"text": "ECG"}, "component": [
        {"code": {"text": "Lead I"}, "valueSampledData": {"origin": {"value": 0, "unit": "mV"}, "period": 10, "dimensions": 1, "data": "1 2 3"}},
        {"code": {"text": "Lead II"}, "valueSampledData": {"origin": {"value": 0}, "period": 10, "dimensions": 1, "data": "3 2 1"}}]}),
    );
    assert!(
        matches!(&made.blocks[..], [Block::Heading { .. }, Block::Waveform(one)] if one.traces.len() == 2),
        "{made:?}"
    );
}

#[test]
fn lines_are_one_summary_and_a_line_that_is_cut_off_is_left_out() {
    let one =
        json!({"resourceType": "Immunization", "vaccineCode": {"text": "Tetanus"}}).to_string();
    let made = document(format!("{one}\n{one}\n{}", &one[..30]).as_bytes()).unwrap();
    assert!(
        matches!(&made.blocks[..], [Block::Heading { .. }, Block::Table(table)] if table.rows.len() == 2)
    );
}

#[test]
fn depth_and_references_in_circles_end() {
    let deep = format!(
        "{}{}",
        "{\"resourceType\":\"Bundle\",\"a\":".to_owned() + &"[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert!(matches!(document(deep.as_bytes()), Err(NotShown::TooMuch)));
    let circle = json!({"resourceType": "Observation", "id": "o", "code": {"text": "x"}, "subject": {"reference": "Observation/o"}, "valueString": "y"});
    assert!(!shown(&circle).blocks.is_empty());
    assert!(document(b"{\"resourceType\"").is_err() && document(b"\xff\xfe").is_err());
    let other = json!({"resourceType": 5, "entry": {}, "code": []});
    assert!(shown(&other).blocks.is_empty());
}

fn named(id: &str, name: &str) -> Value {
    json!({"resourceType": "Patient", "id": id, "name": [{"text": name}], "birthDate": "1990-01-01"})
}

fn vaccination(vaccine: &str, patient: Value) -> Value {
    json!({"resourceType": "Immunization", "vaccineCode": {"text": vaccine}, "patient": patient})
}

/// What stands under each heading of people.
fn parts(made: &Document) -> Vec<(String, String)> {
    let mut parts: Vec<(String, String)> = Vec::new();
    for block in &made.blocks {
        match block {
            Block::Heading { level: 2, text: Cell::Text(text) } => {
                parts.push((text.clone(), String::new()));
            }
            Block::Heading { level: 2, text: Cell::Word(word) } => {
                parts.push((word.english().to_owned(), String::new()));
            }
            other => {
                if let Some((_, part)) = parts.last_mut() {
                    part.push_str(&format!("{other:?}"));
                }
            }
        }
    }
    parts
}

#[test]
fn what_is_about_one_person_is_never_shown_as_anothers() {
    let bundle = json!({"resourceType": "Bundle", "entry": [
        {"fullUrl": "urn:uuid:a", "resource": named("1", "Ana Muster")},
        {"fullUrl": "urn:uuid:b", "resource": named("2", "Ben Muster")},
        {"resource": vaccination("Tetanus", json!({"reference": "urn:uuid:a"}))},
        {"resource": vaccination("Measles", json!({"reference": "https://clinic.example/fhir/Patient/2"}))},
        {"resource": vaccination("Rabies", json!({"reference": "Patient/9", "display": "Cora"}))},
        {"resource": {"resourceType": "Condition", "code": {"text": "Asthma"}, "subject": {"reference": "Patient/2/_history/3"}}},
        {"resource": {"resourceType": "Condition", "code": {"text": "Migraine"}}},
    ]});
    let made = shown(&bundle);
    assert_eq!(made.patient.as_deref(), Some("Ana Muster, Ben Muster, Cora"));
    assert_eq!(made.blocks[0], Block::Text(Cell::Counted(Word::SeveralPeople, 3)));
    let parts = parts(&made);
    let people: Vec<&str> = parts.iter().map(|(name, _)| name.as_str()).collect();
    let nobody = Word::NobodyNamed.english();
    assert_eq!(people, ["Ana Muster", "Ben Muster", "Cora", nobody]);
    for (of, what) in
        [(0, "Tetanus"), (1, "Measles"), (1, "Asthma"), (2, "Rabies"), (3, "Migraine")]
    {
        for (at, (_, part)) in parts.iter().enumerate() {
            assert_eq!(part.contains(what), at == of, "{what}: {part}");
        }
    }
}

#[test]
fn cards_of_a_family_in_one_file_number_their_resources_anew_and_are_kept_apart() {
    let of = |name: &str, vaccine: &str| {
        json!({"resourceType": "Bundle", "entry": [
            {"fullUrl": "resource:0", "resource": named("", name)},
            {"fullUrl": "resource:1", "resource": vaccination(vaccine, json!({"reference": "resource:0"}))}]})
    };
    let made = summary(
        &[of("Ana", "Tetanus"), of("Ben", "Measles"), of("Ana", "Rabies")],
        Kind::HealthCard,
    );
    let parts = parts(&made);
    let [(ana, of_ana), (ben, of_ben)] = parts.as_slice() else { panic!("{parts:?}") };
    assert_eq!((ana.as_str(), ben.as_str()), ("Ana", "Ben"), "two cards of one person are one");
    assert!(of_ana.contains("Tetanus") && of_ana.contains("Rabies") && !of_ana.contains("Measles"));
    assert!(of_ben.contains("Measles") && !of_ben.contains("Tetanus"));
}

#[test]
fn one_person_is_shown_as_before() {
    let patient = json!({"resourceType": "Patient", "name": [{"text": "Ana"}]});
    for reference in [json!({"reference": "Patient/7"}), json!({"display": "Ana"})] {
        let bundle = json!({"resourceType": "Bundle", "entry": [
            {"resource": patient}, {"resource": vaccination("Tetanus", reference)}]});
        let made = shown(&bundle);
        assert_eq!(made.patient.as_deref(), Some("Ana"));
        assert!(!format!("{:?}", made.blocks).contains("SeveralPeople"), "{made:?}");
    }
}

#[test]
fn a_link_to_a_document_is_told_with_its_address() {
    let made = shown(&json!({"resourceType": "DocumentReference", "description": "Letter",
        "content": [{"attachment": {"url": "https://archive.example/7"}}]}));
    let text = format!("{:?}", made.blocks);
    assert!(text.contains("LinkElsewhere") && text.contains("https://archive.example/7"), "{text}");
}

#[test]
fn codes_alone_have_readable_names_or_their_system() {
    let coded =
        |system: &str, code: &str| concept(&json!({"coding": [{"system": system, "code": code}]}));
    assert_eq!(
        coded("http://hl7.org/fhir/sid/cvx", "208").unwrap(),
        "COVID-19, mRNA (Pfizer-BioNTech)"
    );
    assert_eq!(coded("http://snomed.info/sct", "1").unwrap(), "SNOMED CT 1");
}

/// The rows of each table by its heading, as a person reads them.
fn tables(made: &Document) -> Vec<(String, Vec<Vec<String>>)> {
    let mut tables: Vec<(String, Vec<Vec<String>>)> = Vec::new();
    for block in &made.blocks {
        match block {
            Block::Heading { text, .. } => tables.push((text.in_english(), Vec::new())),
            Block::Table(table) => {
                let rows = table.rows.iter().map(|row| row.iter().map(Cell::in_english).collect());
                tables.last_mut().unwrap().1.extend(rows);
            }
            _ => {}
        }
    }
    tables
}

/// What the column of the status says of one resource; `None` where it stands in no section of its own.
fn said(mut one: Value) -> Option<String> {
    let kind = one["resourceType"].as_str().unwrap().to_owned();
    if one.get("code").is_none() && one.get("medicationCodeableConcept").is_none() {
        one["code"] = json!({"text": "thing"});
    }
    let made = shown(&one);
    let found: Vec<_> = tables(&made).into_iter().collect();
    let [(heading, rows)] = found.as_slice() else { panic!("{kind}: {made:?}") };
    let head = made.blocks.iter().find_map(|block| match block {
        Block::Table(table) => table.head.iter().position(|cell| *cell == Word::Status.into()),
        _ => None,
    });
    (heading != Word::NotSo.english()).then(|| rows[0][head.unwrap()].clone())
}

#[test]
fn medicine_says_whether_it_is_taken_or_only_meant() {
    let medicine = |kind: &str, status: &str, intent: Option<&str>| {
        let mut one = json!({"resourceType": kind, "status": status,
            "medicationCodeableConcept": {"text": "Aspirin"}});
        if let Some(intent) = intent {
            one["intent"] = json!(intent);
        }
        said(one).unwrap()
    };
    let request = |status, intent| medicine("MedicationRequest", status, Some(intent));
    for status in ["active", "completed", "on-hold", "draft", "unknown"] {
        assert_eq!(request(status, "plan"), "planned", "{status}");
        assert_eq!(request(status, "proposal"), "proposed", "{status}");
        assert_eq!(request(status, "option"), "a possibility", "{status}");
    }
    assert_eq!(request("cancelled", "plan"), "cancelled");
    for (status, words) in [
        ("active", "prescribed"),
        ("draft", "draft"),
        ("on-hold", "on hold"),
        ("stopped", "stopped"),
        ("cancelled", "cancelled"),
        ("completed", "completed"),
        ("unknown", "unknown"),
    ] {
        assert_eq!(request(status, "order"), words);
        assert_eq!(medicine("MedicationRequest", status, None), words);
    }
    for (kind, status, words) in [
        ("MedicationStatement", "active", "active"),
        ("MedicationStatement", "intended", "planned"),
        ("MedicationStatement", "not-taken", "not taken"),
        ("MedicationStatement", "on-hold", "on hold"),
        ("MedicationStatement", "unknown", "unknown"),
        ("MedicationAdministration", "completed", "given"),
        ("MedicationAdministration", "not-done", "not given"),
        ("MedicationAdministration", "in-progress", "in progress"),
        ("MedicationDispense", "completed", "handed out"),
        ("MedicationDispense", "in-progress", "being prepared"),
        ("MedicationDispense", "declined", "declined"),
    ] {
        assert_eq!(medicine(kind, status, None), words, "{kind} {status}");
    }
}

#[test]
fn other_sections_say_how_things_stand() {
    let of = |kind: &str, field: &str, status: Value| {
        let mut one = json!({"resourceType": kind});
        one[field] = status;
        said(one).unwrap()
    };
    let coded = |code: &str| json!({"coding": [{"code": code}]});
    for (kind, field, status, words) in [
        ("Immunization", "status", "completed", "given"),
        ("Immunization", "status", "not-done", "not given"),
        ("Procedure", "status", "preparation", "planned"),
        ("Procedure", "status", "not-done", "not done"),
        ("Procedure", "status", "in-progress", "in progress"),
        ("Encounter", "status", "planned", "planned"),
        ("Encounter", "status", "cancelled", "cancelled"),
        ("Encounter", "status", "finished", "completed"),
        ("DiagnosticReport", "status", "final", ""),
        ("DiagnosticReport", "status", "preliminary", "preliminary"),
        ("DiagnosticReport", "status", "cancelled", "cancelled"),
        ("DocumentReference", "status", "current", ""),
        ("DocumentReference", "status", "superseded", "replaced by a newer one"),
        ("CarePlan", "status", "revoked", "cancelled"),
        ("Goal", "lifecycleStatus", "proposed", "proposed"),
        ("Goal", "lifecycleStatus", "rejected", "declined"),
        ("Procedure", "status", "made-up", "made-up"),
        // Exports in DSTU2.
        ("Condition", "verificationStatus", "provisional", "not confirmed"),
        ("AllergyIntolerance", "status", "unconfirmed", "not confirmed"),
    ] {
        assert_eq!(of(kind, field, json!(status)), words, "{kind} {status}");
    }
    for (status, words) in [
        ("active", "active"),
        ("recurrence", "came back"),
        ("remission", "in remission"),
        ("inactive", "inactive"),
    ] {
        assert_eq!(of("Condition", "clinicalStatus", coded(status)), words);
    }
    for kind in ["Condition", "AllergyIntolerance"] {
        let one = json!({"resourceType": kind, "clinicalStatus": coded("active"),
            "verificationStatus": coded("unconfirmed")});
        assert_eq!(said(one).unwrap(), "not confirmed");
    }
    // "No information" is not active.
    let system = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips";
    let nothing = json!({"resourceType": "AllergyIntolerance", "clinicalStatus": coded("active"),
        "code": {"coding": [{"system": system, "code": "no-allergy-info"}]}});
    assert_eq!(said(nothing).unwrap(), "");
    for (kind, field, value, words) in [
        ("MedicationStatement", "wasNotTaken", json!(true), "not taken"),
        ("MedicationStatement", "taken", json!("n"), "not taken"),
        ("Immunization", "notGiven", json!(true), "not given"),
        ("Procedure", "notPerformed", json!(true), "not done"),
        ("MedicationStatement", "wasNotTaken", json!(false), "active"),
    ] {
        let mut one = json!({"resourceType": kind, "status": "active"});
        one[field] = value;
        assert_eq!(said(one).unwrap(), words, "{kind} {field}");
    }
}

#[test]
fn what_is_refuted_or_a_mistake_stands_under_no_heading_of_facts() {
    let refuted = json!({"coding": [{"code": "refuted"}]});
    let mistaken = json!({"coding": [{"code": "entered-in-error"}]});
    let made = shown(&json!({"resourceType": "Bundle", "entry": [
        {"resource": {"resourceType": "AllergyIntolerance", "code": {"text": "Penicillin"},
            "clinicalStatus": {"coding": [{"code": "active"}]}, "verificationStatus": refuted,
            "reaction": [{"manifestation": [{"text": "Rash"}]}]}},
        {"resource": {"resourceType": "Condition", "code": {"text": "Asthma"}, "verificationStatus": mistaken}},
        {"resource": {"resourceType": "Encounter", "status": "entered-in-error", "type": [{"text": "Visit"}],
            "period": {"start": "2026-05-04"}}},
        {"resource": {"resourceType": "Observation", "status": "entered-in-error", "code": {"text": "Ferritin"}, "valueString": "7"}},
        {"resource": {"resourceType": "DocumentReference", "status": "current", "docStatus": "entered-in-error",
            "type": {"text": "Letter"}, "content": [{"attachment": {"url": "https://archive.example/7"}}]}},
        {"resource": {"resourceType": "Condition", "code": {"text": "Migraine"}, "clinicalStatus": {"coding": [{"code": "active"}]}}}]}));
    let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
    let [problems, not_so] = tables(&made).try_into().unwrap();
    assert_eq!(problems, ("Problems".to_owned(), vec![row(&["Migraine", "active", "", ""])]));
    assert_eq!(not_so.0, Word::NotSo.english());
    let expected = [
        row(&["Penicillin", "refuted", ""]),
        row(&["Asthma", "entered by mistake", ""]),
        row(&["Visit", "entered by mistake", "2026-05-04"]),
        row(&["Ferritin", "entered by mistake", ""]),
        row(&["Letter", "entered by mistake", ""]),
    ];
    assert_eq!(not_so.1, expected);
}

#[test]
fn value_that_may_change_says_so_and_one_that_was_cancelled_is_none() {
    let of = |date: &str, status: &str, value: f64| {
        let mut one = observation(date, value);
        one["resource"]["status"] = json!(status);
        one
    };
    let made = shown(&json!({"resourceType": "Bundle", "entry": [
        of("2026-01-01", "final", 12.5), of("2026-02-01", "final", 13.0),
        of("2026-03-01", "preliminary", 3.5), of("2026-04-01", "cancelled", 99.0)]}));
    let series = made.blocks.iter().find_map(|block| match block {
        Block::Series(series) => Some(series.points.len()),
        _ => None,
    });
    assert_eq!(series, Some(2));
    let [(_, rows)] = tables(&made).try_into().unwrap();
    let cells: Vec<_> = rows.iter().map(|row| (row[1].as_str(), row[3].as_str())).collect();
    assert_eq!(cells, [("could not be done", ""), ("3.5 g/dL", "preliminary")]);
    let mut high = of("2026-03-01", "preliminary", 3.5)["resource"].clone();
    high["interpretation"] = json!([{"text": "low"}]);
    let [(_, rows)] = tables(&shown(&high)).try_into().unwrap();
    assert_eq!(rows[0][3], "preliminary; low");
}
