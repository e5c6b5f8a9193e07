//! Messages written here, as documents.

use super::*;

const LAB: &str = "MSH|^~\\&|LAB|HOSP|EHR|HOSP|20260504113000||ORU^R01|1|P|2.5\r\
    PID|1||123^^^H||Muster^Ana^B||19700102|F\r\
    OBR|1|||718-7^Blood count^LN|||20260503080000\r\
    OBX|1|NM|718-7^Haemoglobin^LN||13.2|g/dL|12-16|N|||F|||20260503080000\r\
    OBX|2|NM|718-7^Haemoglobin^LN||11.0|g/dL|12-16|L|||F|||20260401080000\r\
    OBX|3|TX|N^Note||fine \\T\\ dandy\\.br\\second||\rNTE|1||a note";

#[test]
fn results_are_a_table_and_a_series() {
    let made = document(LAB.as_bytes()).unwrap();
    assert_eq!(made.title.as_deref(), Some("Blood count"));
    assert_eq!(made.date.as_deref(), Some("2026-05-03T08:00:00"));
    assert_eq!(made.patient.as_deref(), Some("Ana Muster"));
    let series = made.blocks.iter().find_map(|one| match one {
        Block::Series(series) => Some(series),
        _ => None,
    });
    let series = series.unwrap();
    assert_eq!((series.low, series.high, series.points.len()), (Some(12.0), Some(16.0), 2));
    assert_eq!(series.points[0].value, 11.0, "the oldest first");
    let text = format!("{:?}", made.blocks);
    assert!(text.contains("fine & dandy\\nsecond") && text.contains("a note"), "{text}");
    assert!(text.contains("PID-5") && text.contains("MSH-9"), "{text}");
}

#[test]
fn a_result_without_a_value_says_that_it_is_pending() {
    for (kind, status, word) in [
        ("NM", "I", "Word(Pending)"),
        ("TX", "I", "Word(Pending)"),
        ("", "I", "Word(Pending)"),
        ("NM", "X", "Word(NotObtained)"),
    ] {
        let file = format!("{LAB}\rOBX|4|{kind}|2823-3^Potassium^LN|||mmol/L|3.5-5||||{status}");
        let text = format!("{:?}", document(file.as_bytes()).unwrap().blocks);
        assert!(text.contains(word) && text.contains("Potassium"), "{kind} {status}: {text}");
        let text = format!("{:?}", document(file.replace("LN|||m", "LN||4.1|m").as_bytes()));
        assert!(!text.contains(word), "{text}");
    }
}

#[test]
fn results_of_several_patients_stand_under_their_names() {
    let two = LAB.replace("Muster^Ana^B", "Beispiel^Ben").replace("123^^^H", "456^^^H");
    for (file, count) in [
        (format!("{LAB}\r{two}"), 2),
        // One message with two groups of results.
        (format!("{LAB}\r{}", two.split_once('\r').unwrap().1), 2),
        (format!("{LAB}\r{LAB}"), 1),
    ] {
        let made = document(file.as_bytes()).unwrap();
        let warned = made.blocks.first();
        let warning = Block::Text(Cell::Counted(Word::SeveralPeople, 2));
        assert_eq!(warned == Some(&warning), count == 2, "{warned:?}");
        if count == 2 {
            assert_eq!(made.patient.as_deref(), Some("Ana Muster, Ben Beispiel"));
            let names: Vec<_> = made
                .blocks
                .iter()
                .filter_map(|block| match block {
                    Block::Heading { level: 2, text: Cell::Text(text) } => Some(text.as_str()),
                    _ => None,
                })
                .collect();
            assert_eq!(names, ["Ana Muster", "Ben Beispiel"]);
        }
    }
}

#[test]
fn a_link_is_told_as_a_link_with_its_address() {
    let linked = format!("{LAB}\rOBX|4|RP|18842-5^^LN||https://archive.example/7^PACS^AP||");
    let text = format!("{:?}", document(linked.as_bytes()).unwrap().blocks);
    assert!(text.contains("LinkElsewhere") && text.contains("https://archive.example/7"));
    assert!(text.contains("Discharge summary"), "{text}");
    assert!(!text.contains("AttachmentInside"), "{text}");
    let inside = format!("{LAB}\rOBX|4|ED|N^Letter||LAB^AP^PDF^Base64^AAAA||");
    let text = format!("{:?}", document(inside.as_bytes()).unwrap().blocks);
    assert!(text.contains("AttachmentInside") && !text.contains("LinkElsewhere"), "{text}");
}

#[test]
fn times_of_fields_are_dates_and_numbers_are_not() {
    let text = format!("{:?}", document(LAB.as_bytes()).unwrap().blocks);
    assert!(text.contains("Date(\"2026-05-04T11:30:00\")"), "{text}");
    assert!(text.contains("Date(\"1970-01-02\")") && !text.contains("20260504113000"));
    assert!(text.contains("Text(\"1\")"), "{text}");
}

#[test]
fn broken_messages_are_shown_or_refused() {
    assert!(document(b"nothing").is_err());
    for broken in [
        "MSH",
        "MSH|",
        "MSH|^~\\&|\\\\\\",
        "MSHéàü",
        "MSH|^~\\&\rOBX|1|NM|||||||",
        "MSH|^~\\&\rPID",
    ] {
        assert!(document(broken.as_bytes()).is_ok(), "{broken}");
    }
    let many = format!("MSH|^~\\&\r{}", "OBX|1|NM|A||1|u\r".repeat(200_000));
    assert!(document(many.as_bytes()).unwrap().is_cut);
}
