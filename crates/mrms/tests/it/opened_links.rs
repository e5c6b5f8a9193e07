//! What others give as a link or a health card, and is none of what it says: it is told, and never put on record silently.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use mrms_links::{Flags, LinkKey, Shlink, jwe};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::support::{Home, text};

const RESOURCE: &[u8] = br#"{"entry":[],"type":"collection","resourceType":"Bundle"}"#;

/// A link to these files, and somebody else's host that answers for it `times` times.
fn served(files: &[(&str, &[u8])], times: usize) -> String {
    let mut rng = StdRng::seed_from_u64(7);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/l/x", listener.local_addr().unwrap());
    let (flags, label) = (Flags::default(), Some("From the clinic".to_owned()));
    let link = Shlink { url, key: LinkKey::generate(&mut rng), expires: None, flags, label };
    let sealed = files.iter().map(|(content_type, content)| {
        let sealed = jwe::seal(&link.key, content, content_type, &mut rng).unwrap();
        json!({"contentType": content_type, "embedded": sealed})
    });
    let manifest = json!({"files": sealed.collect::<Vec<Value>>()}).to_string();
    thread::spawn(move || {
        for _ in 0..times {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut part = [0; 4096];
            // The request is a line of JSON, and ends with it.
            while !request.ends_with(b"}") {
                let count = stream.read(&mut part).unwrap();
                assert!(count > 0, "{}", String::from_utf8_lossy(&request));
                request.extend_from_slice(&part[..count]);
            }
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
            let length = manifest.len();
            let _ = write!(stream, "{head}\r\nContent-Length: {length}\r\n\r\n{manifest}");
        }
    });
    link.to_text().unwrap().to_string()
}

fn records(home: &Home) -> usize {
    home.json("patient", &["list"]).ok().rows().len()
}

#[test]
fn what_is_no_health_card_is_refused_and_nothing_goes_on_record() {
    let home = Home::with(&["patient"]);
    home.file("card.smart-health-card", r#"{"verifiableCredential":["eyJ.not.one"]}"#);
    home.file(
        "half.txt",
        "shc:/567629095243206034602924374044603122295953265460346029254077280433",
    );
    for given in ["shc:/5676", "shc:/hello", "card.smart-health-card", "half.txt"] {
        for line in [&["open", given, "--keep"][..], &["open", given], &["open", given, "-o", "x"]]
        {
            home.json("patient", line).refused(2, "health-card");
        }
    }
    assert_eq!(records(&home), 0);
    assert!(!home.has("x"));
}

#[test]
fn file_of_a_link_that_is_not_what_it_says_is_told_and_not_kept_and_the_others_are() {
    let home = Home::with(&["patient"]);
    let files: [(&str, &[u8]); 4] = [
        ("application/smart-health-card", b"shc:/5676"),
        ("application/fhir+json", b"a letter"),
        ("application/pdf", b"%PDF-1.4 nothing"),
        ("application/fhir+json", RESOURCE),
    ];
    let link = served(&files, 2);
    let kept = home.json("patient", &["open", &link, "--keep", "-o", "saved"]);
    assert_eq!(kept.code, Some(5), "{kept:?}");
    let rows = kept.rows();
    let told: Vec<_> = rows[..4].iter().map(|row| row["unread"].as_str()).collect();
    assert_eq!(told, [Some("no-card"), Some("other-kind"), Some("damaged"), None]);
    let on_record: Vec<_> = rows[..4].iter().map(|row| row["record_id"].is_string()).collect();
    assert_eq!(on_record, [false, false, false, true]);
    assert_eq!(rows[4]["error"]["code"], "not-readable");
    assert_eq!(records(&home), 1);
    home.assert_opens("patient", text(&rows[3], "record_id"), RESOURCE);
    // Whoever asked for the bytes has them, as they came.
    assert_eq!(home.read("saved/link-file-2.json"), b"a letter");
    let said = home.text("patient", &["open", &link, "--keep"]);
    assert!(said.printed().contains("CAN'T BE READ: it should be a health card"), "{said:?}");
    assert!(said.printed().contains("it was not put on record"), "{said:?}");
}
