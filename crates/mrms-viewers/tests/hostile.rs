//! Documents that were made to do harm, and documents that were damaged: each ends in an answer, soon.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use mrms_viewers::{Answer, Head, NotShown, Request, Want, WindowChoice, answer, describe};
use proptest::prelude::*;

fn asked(bytes: &[u8], want: Want) -> Answer {
    answer(&Request { name: "record".to_owned(), want }, bytes)
}

fn everything(bytes: &[u8]) -> Answer {
    for number in [1, 2] {
        let window = WindowChoice::Listed(number);
        let _ = asked(bytes, Want::Picture { number, window });
    }
    for is_whole in [true, false] {
        let _ = describe(Head { bytes, is_whole }, "record");
    }
    asked(bytes, Want::Document)
}

#[test]
fn documents_that_were_made_to_do_harm_give_a_sentence_or_what_they_say() {
    let deep_json = format!("{{\"resourceType\":{}", "[".repeat(100_000));
    assert_eq!(everything(deep_json.as_bytes()), Answer::NotShown(NotShown::TooMuch));

    let mut laughs = "<!DOCTYPE ClinicalDocument [<!ENTITY l0 \"haha\">".to_owned();
    for number in 1..30 {
        laughs.push_str(&format!(
            "<!ENTITY l{number} \"{}\">",
            format!("&l{};", number - 1).repeat(10)
        ));
    }
    laughs.push_str("<!ENTITY passwd SYSTEM \"file:///etc/passwd\">]><ClinicalDocument><title>&l29; &passwd;</title></ClinicalDocument>");
    let Answer::Document(shown) = everything(laughs.as_bytes()) else {
        panic!("the title is shown")
    };
    assert_eq!(shown.title.as_deref(), Some("&l29; &passwd;"), "no entity was put in");

    let deep_xml =
        format!("<ClinicalDocument><title>x</title><component>{}", "<section>".repeat(100_000));
    assert!(matches!(everything(deep_xml.as_bytes()), Answer::Document(_)));

    let wide = format!(
        "{{\"resourceType\":\"Bundle\",\"entry\":[{}]}}",
        vec!["{\"resource\":{\"resourceType\":\"Condition\",\"code\":{\"text\":\"x\"}}}"; 50_000]
            .join(",")
    );
    let Answer::Document(shown) = everything(wide.as_bytes()) else { panic!() };
    assert!(shown.is_cut, "rows have a bound, and it is told");

    for bytes in
        [&b""[..], b"%PDF-", b"%PDF-1.7\n%%EOF", b"PK\x05\x06", b"MSH", b"shc:/", b"{", b"<", b"\0"]
    {
        let _ = everything(bytes);
    }
}

const SAMPLES: [&str; 6] = [
    "{\"resourceType\":\"Bundle\",\"entry\":[{\"resource\":{\"resourceType\":\"Observation\",\"code\":{\"text\":\"Hb\"},\"valueQuantity\":{\"value\":13.2,\"unit\":\"g/dL\"},\"effectiveDateTime\":\"2026-05-04\"}}]}",
    "<?xml version=\"1.0\"?><ClinicalDocument><title>t</title><component><structuredBody><component><section><title>a</title><text><table><tr><td>x</td></tr></table><list><item>i</item></list></text></section></component></structuredBody></component></ClinicalDocument>",
    "MSH|^~\\&|LAB|H|E|H|20260504||ORU^R01|1|P|2.5\rPID|1||1||M^A\rOBX|1|NM|7^Hb^LN||13.2|g/dL|12-16|N",
    "name;value\n\"a\";1\nb;2\n",
    "<HealthData><ExportDate value=\"2026-05-04\"/><Record type=\"HKQuantityTypeIdentifierStepCount\" startDate=\"2026-05-04\" value=\"5\"/></HealthData>",
    "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj 3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R>>endobj 4 0 obj<</Length 20>>stream\n0 0 50 50 re f\nendstream endobj\ntrailer<</Root 1 0 R>>",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn samples_that_were_cut_and_altered_end_in_an_answer(
        which in 0..SAMPLES.len(),
        keep in 0.0..1.0_f64,
        places in prop::collection::vec((0.0..1.0_f64, any::<u8>()), 0..12),
    ) {
        let mut bytes = SAMPLES[which].as_bytes().to_vec();
        bytes.truncate((bytes.len() as f64 * keep).ceil() as usize);
        for (place, byte) in places {
            let at = (bytes.len() as f64 * place) as usize;
            if let Some(one) = bytes.get_mut(at) {
                *one = byte;
            }
        }
        let _ = everything(&bytes);
    }

    #[test]
    fn bytes_behind_any_beginning_end_in_an_answer(
        beginning in prop::sample::select(vec!["%PDF-1.4\n", "PK\x03\x04", "MSH|^~\\&", "<ClinicalDocument>", "{\"resourceType\":", "shc:/56", "\x08\0\x05\0CS\x02\0"]),
        rest in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let _ = everything(&[beginning.as_bytes(), &rest].concat());
    }
}
