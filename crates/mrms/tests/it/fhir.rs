//! The FHIR face, as a program of this machine uses it over HTTP. Clients that others wrote are in `tests/clients/`.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::remote::Node;
use crate::remote::proxy::{Fault, Proxy};
use crate::service::Service;
use crate::support::{Home, NOTE, text};

const BUNDLE: &str = r#"{"resourceType":"Bundle","type":"collection","entry":[
 {"fullUrl":"urn:uuid:p","resource":{"resourceType":"Patient","name":[{"text":"Sample"}]}},
 {"fullUrl":"urn:uuid:o","resource":{"resourceType":"Observation","id":"x","status":"final",
  "code":{"coding":[{"system":"http://loinc.org","code":"2823-3"}]},"subject":{"reference":"urn:uuid:p"},
  "effectiveDateTime":"2026-05-04","valueQuantity":{"value":4.10,"unit":"mmol/l"}}}]}"#;

/// A served profile.
struct Face {
    _service: Service,
    address: String,
    token: String,
}

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    #[track_caller]
    fn json(&self, status: u16) -> Value {
        let body = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, status, "{}\n{body}", self.head);
        assert!(self.header("content-type").contains("application/fhir+json"), "{}", self.head);
        serde_json::from_str(&body).unwrap()
    }

    #[track_caller]
    fn refused(&self, status: u16) -> String {
        let outcome = self.json(status);
        assert_eq!(outcome["resourceType"], "OperationOutcome");
        outcome["issue"][0].to_string()
    }

    fn header(&self, name: &str) -> &str {
        let line = self
            .head
            .lines()
            .find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")));
        line.and_then(|line| line.split_once(':')).map_or("", |(_, value)| value.trim())
    }
}

impl Face {
    fn of(home: &Home, name: &str, more: &[&str]) -> Self {
        let service = Service::start(home, name, &[&["fhir"], more].concat());
        let url = text(&service.told, "url").to_owned();
        let address = url.trim_start_matches("http://").trim_end_matches("/fhir").to_owned();
        let token = service.told["token"].as_str().unwrap_or_default().to_owned();
        Self { _service: service, address, token }
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let host = [("Host", self.address.as_str())];
        self.send_plain(method, path, &[&host[..], headers].concat(), body)
    }

    /// The same without a header `Host`.
    fn send_plain(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let mut request = format!(
            "{method} /fhir/{path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n",
            body.len()
        );
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all(format!("{request}\r\n{body}").as_bytes()).unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        let end = all.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(all[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head, body: all[end + 4..].to_vec() }
    }

    fn ask(&self, method: &str, path: &str, more: &[(&str, &str)], body: &str) -> Answer {
        let token = format!("Bearer {}", self.token);
        let own = [("Authorization", token.as_str()), ("Content-Type", "application/fhir+json")];
        self.send(method, path, &[&own[..], more].concat(), body)
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }

    #[track_caller]
    fn found(&self, path: &str) -> Vec<Value> {
        let bundle = self.get(path).json(200);
        let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
        entries.into_iter().map(|entry| entry["resource"].clone()).collect()
    }
}

#[test]
fn portal_serves_the_face_in_its_process_where_a_port_is_named() {
    let home = Home::with(&["patient"]);
    let id = home.create("note.txt", NOTE);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let address = free.to_string();
    let line = ["portal", "--fhir", &address, "--fhir-token-file", "fhir.token"];
    let service = Service::start(&home, "patient", &line);
    assert!(service.told["link"].is_string(), "the pages are there: {}", service.told);
    // The pages tell their link first; the face listens right after.
    let is_there = (0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        TcpStream::connect(&address).is_ok()
    });
    assert!(is_there);
    let token = String::from_utf8(home.read("fhir.token")).unwrap().trim().to_owned();
    let face = Face { _service: service, address, token };
    face.send("GET", "Patient", &[], "").refused(401);
    assert_eq!(face.found("DocumentReference")[0]["id"], id.as_str());
    let Face { _service: service, .. } = face;
    service.stop();
    let up = ["up", "--fhir", "127.0.0.1:0"];
    home.json("patient", &up).refused(2, "usage");
    home.json("patient", &["portal", "--fhir-purpose", "treatment"]).refused(2, "usage");
}

fn openings(home: &Home, id: &str) -> Vec<Value> {
    let rows = home.json("patient", &["audit", id]).ok().rows();
    rows.into_iter().filter(|row| row["action"] == "access").collect()
}

#[test]
fn nobody_without_the_token_sees_more_than_what_the_face_can_do() {
    let home = Home::with(&["patient"]);
    let face = Face::of(&home, "patient", &[]);
    let statement = face.send("GET", "metadata", &[], "").json(200);
    assert_eq!(statement["fhirVersion"], "4.0.1");
    assert_eq!(face.send("GET", ".well-known/smart-configuration", &[], "").status, 200);
    for path in ["Patient", "Patient/x", "Binary/1.1", "nothing", ""] {
        for token in ["", "Bearer ", "Bearer wrong", &format!("Basic {}", face.token)] {
            let answer = face.send("GET", path, &[("Authorization", token)], "");
            assert!(answer.refused(401).contains("login"), "{path} {token}");
            assert!(answer.header("www-authenticate").starts_with("Bearer"));
        }
    }
    let token = format!("Bearer {}", face.token);
    let other_page = [("Authorization", token.as_str()), ("Origin", "https://page.example")];
    assert!(
        face.send("GET", "Patient", &other_page, "").refused(403).contains("Pages in a browser")
    );
    let elsewhere = [("Host", "elsewhere.example"), ("Authorization", token.as_str())];
    let refusal = face.send_plain("GET", "Patient", &elsewhere, "");
    assert!(refusal.refused(421).contains("elsewhere.example"));
    assert_eq!(refusal.header("cache-control"), "no-store");
    face.send_plain("GET", "metadata", &[], "").refused(400);
    let long = "a".repeat(46 * 1024 * 1024);
    for path in ["Consent", "Patient/_search"] {
        let kind = match path {
            "Consent" => "application/fhir+json",
            _ => "application/x-www-form-urlencoded",
        };
        let headers = [("Authorization", token.as_str()), ("Content-Type", kind)];
        assert!(
            face.send("POST", path, &headers, &long).refused(413).contains("too-long"),
            "{path}"
        );
    }
    face.get("Unknown").refused(404);
    face.get("Patient/nobody").refused(404);
    face.get("Patient?colour=red").refused(400);
    face.get("Patient?_count=x").refused(400);
    face.ask("DELETE", "Consent/1.0", &[], "").refused(405);
    face.ask("GET", "Patient", &[("Accept", "application/fhir+xml")], "").refused(406);
    face.send(
        "POST",
        "Consent",
        &[("Authorization", &token), ("Content-Type", "text/plain")],
        "{}",
    )
    .refused(415);
    face.ask("POST", "Consent", &[], "{").refused(400);
}

#[test]
fn search_opens_nothing_and_a_binary_makes_its_entry_first() {
    let home = Home::with(&["patient", "clinic"]);
    let (note, bundle) = (home.create("note.txt", NOTE), home.create("bundle.json", BUNDLE));
    home.grant(&note, "clinic", &["--for", "30d"]);
    home.grant(&bundle, "clinic", &["--for", "30d"]);
    let face = Face::of(&home, "clinic", &["--purpose", "treatment"]);
    let patient = home.principal("patient").to_owned();

    let documents = face.found(&format!("DocumentReference?patient={patient}&status=current"));
    assert_eq!(documents.len(), 2);
    assert_eq!(face.found(&format!("Patient?_id={patient}")).len(), 1);
    assert_eq!(face.found("Provenance").len(), 2);
    assert_eq!(face.found("Observation").len(), 0, "nobody opened it");
    face.ask("HEAD", &format!("Binary/{bundle}.1"), &[], "");
    assert_eq!(openings(&home, &bundle).len(), 0, "none of this opens anything");

    let answer = face.get(&format!("Binary/{bundle}.1"));
    assert_eq!((answer.status, answer.body.as_slice()), (200, BUNDLE.as_bytes()));
    assert_eq!(openings(&home, &bundle).len(), 1);
    let resource = face
        .ask("GET", &format!("Binary/{note}.1"), &[("Accept", "application/fhir+json")], "")
        .json(200);
    assert_eq!(resource["contentType"], "text/plain");
    assert_eq!(openings(&home, &note).len(), 1);
    home.json("patient", &["audit", "--reconcile"]).ok();
    let purposes = home.text("patient", &["audit", &note, "--csv"]).ok();
    assert!(purposes.printed().contains("TREAT"), "the patient is told what for");

    let observations = face
        .found(&format!("Observation?patient={patient}&code=http://loinc.org|2823-3&date=2026-05"));
    assert_eq!(observations.len(), 1, "it is open now");
    assert_eq!(observations[0]["subject"]["reference"], format!("Patient/{patient}"));
    let id = text(&observations[0], "id").to_owned();
    assert_eq!(openings(&home, &bundle).len(), 1);

    // What the face did, and who it was, by literal references.
    let events = face.found(&format!("AuditEvent?patient={patient}&action=R&outcome=0"));
    assert_eq!(events.len(), 2);
    assert_eq!(face.found(&format!("AuditEvent?entity=DocumentReference/{note}")).len(), 1);

    home.json("patient", &["revoke", &bundle, home.principal("clinic")]).ok();
    let refusal = face.get(&format!("Binary/{bundle}.1")).refused(403);
    assert!(refusal.contains("ended") && refusal.contains("mrms request"), "{refusal}");
    face.get(&format!("DocumentReference/{bundle}")).refused(403);
    face.get(&format!("Observation/{id}")).refused(403);
    assert_eq!(face.found("Observation").len(), 0, "access has ended");
    let trail = home.json("patient", &["audit", &bundle]).ok().rows();
    assert!(
        trail.iter().any(|row| row["action"] == "access" && row["outcome"] == "denied"),
        "the attempt is told"
    );
    face.get("Binary/999.1").refused(404);
    face.get(&format!("Binary/{note}.2")).refused(404);
}

#[test]
fn own_resources_come_out_as_they_went_in() {
    let home = Home::with(&["patient"]);
    let bundle = home.create("bundle.json", BUNDLE);
    let face = Face::of(&home, "patient", &[]);
    let answer = face.get(&format!("Observation/{bundle}.1.1"));
    let patient = home.principal("patient");
    let expected = BUNDLE
        [BUNDLE.find(r#"{"resourceType":"Observation"#).unwrap()..BUNDLE.len() - 3]
        .replace("\"id\":\"x\"", &format!("\"id\":\"{bundle}.1.1\""))
        .replace("urn:uuid:p", &format!("Patient/{patient}"));
    assert_eq!(String::from_utf8(answer.body).unwrap(), expected, "4.10 stays 4.10");
    assert_eq!(answer.head.lines().find(|line| line.starts_with("etag")), Some("etag: W/\"1\""));
    assert_eq!(openings(&home, &bundle).len(), 0, "one's own needs no entry");

    home.file("second.json", BUNDLE.replace("4.10", "4.20"));
    home.json("patient", &["amend", &bundle, "second.json"]).ok();
    let document = face.get(&format!("DocumentReference/{bundle}"));
    assert_eq!(document.header("etag"), "W/\"2\"");
    let history = face.get(&format!("DocumentReference/{bundle}/_history")).json(200);
    assert_eq!((&history["type"], &history["total"]), (&json!("history"), &json!(2)));
    let first = face.get(&format!("DocumentReference/{bundle}/_history/1")).json(200);
    assert_eq!(first["status"], "superseded");
    face.get(&format!("DocumentReference/{bundle}/_history/3")).refused(404);
    let same = face.ask(
        "GET",
        &format!("DocumentReference/{bundle}"),
        &[("If-None-Match", "W/\"2\"")],
        "",
    );
    assert_eq!(same.status, 304);
    let [observation] = &face.found("Observation")[..] else { panic!("the latest version counts") };
    assert_eq!(observation["valueQuantity"]["value"].as_f64(), Some(4.2));

    let form = [
        ("Content-Type", "application/x-www-form-urlencoded"),
        ("Authorization", &format!("Bearer {}", face.token)),
    ];
    let posted = face.send("POST", "Observation/_search", &form, "code=2823-3").json(200);
    assert_eq!(posted["total"], 1);

    let made = json!({"resourceType": "DocumentReference", "status": "current", "description": "Letter",
        "content": [{"attachment": {"contentType": "text/plain", "data": "aGVsbG8="}}]});
    let made = face.ask("POST", "DocumentReference", &[], &made.to_string());
    let id = text(&made.json(201), "id").to_owned();
    assert!(made.header("location").ends_with(&format!("/DocumentReference/{id}/_history/1")));
    assert_eq!(face.get(&format!("Binary/{id}.1")).body, b"hello");
    home.json("patient", &["create", "second.json", "--id", "77", "--erasable"]).ok();
    home.json("patient", &["erase", "77", "--yes"]).ok();
    face.get("DocumentReference/77").refused(410);
    face.get("Binary/77.1").refused(410);
}

#[test]
fn pages_lead_from_one_to_the_next() {
    let home = Home::with(&["patient"]);
    let ids: Vec<_> = (0..3).map(|number| home.create(&format!("{number}.txt"), NOTE)).collect();
    let face = Face::of(&home, "patient", &[]);
    let (mut path, mut seen) = ("DocumentReference?_count=2&_sort=_id".to_owned(), Vec::new());
    loop {
        let page = face.get(&path).json(200);
        assert_eq!(page["total"], 3);
        seen.extend(
            page["entry"]
                .as_array()
                .unwrap()
                .iter()
                .map(|entry| text(&entry["resource"], "id").to_owned()),
        );
        let next = page["link"].as_array().unwrap().iter().find(|link| link["relation"] == "next");
        match next {
            Some(next) => path = text(next, "url").split_once("/fhir/").unwrap().1.to_owned(),
            None => break,
        }
    }
    let mut expected = ids;
    expected.sort();
    seen.sort();
    assert_eq!(seen, expected);
}

fn consent(record: &str, reader: &str, end: Option<&str>) -> Value {
    let mut consent = json!({
        "resourceType": "Consent",
        "status": "active",
        "provision": {
            "type": "permit",
            "actor": [{"reference": {"identifier": {"value": reader}}}],
            "data": [{"meaning": "instance", "reference": {"reference": format!("DocumentReference/{record}")}}],
        },
    });
    if let Some(end) = end {
        consent["provision"]["period"] = json!({"end": end});
    }
    consent
}

#[test]
fn consent_grants_is_narrowed_and_ends() {
    let home = Home::with(&["patient", "clinic"]);
    let (first, second) = (home.create("first.txt", NOTE), home.create("second.txt", NOTE));
    let clinic = home.principal("clinic").to_owned();
    let cautious = Face::of(&home, "patient", &[]);
    let (near, far) = ("2090-01-01T00:00:00Z", "2091-01-01T00:00:00Z");
    let wanted = consent(&first, &clinic, Some(near)).to_string();
    assert!(cautious.ask("POST", "Consent", &[], &wanted).refused(403).contains("--grants"));
    drop(cautious);
    let face = Face::of(&home, "patient", &["--grants", "allow"]);
    assert!(face.ask("POST", "Consent", &[], &wanted).refused(409).contains("new to this profile"));
    assert!(home.json("clinic", &["access", &first, "-o", "no"]).object()["error"].is_object());
    // The person compares the key with a first grant.
    home.grant(&second, "clinic", &["--for", "1d"]);

    face.ask("POST", "Consent", &[], &consent(&first, &clinic, None).to_string()).refused(422);
    face.ask("POST", "Consent", &[], &consent(&first, "nobody", Some(near)).to_string())
        .refused(422);
    face.ask("POST", "Consent", &[], &consent("999", &clinic, Some(near)).to_string()).refused(404);
    let mut purposeful = consent(&first, &clinic, Some(near));
    purposeful["provision"]["purpose"] = json!([{"code": "TREAT"}]);
    face.ask("POST", "Consent", &[], &purposeful.to_string()).refused(422);

    let unless = [("If-None-Exist", &*format!("data=DocumentReference/{first}&status=active"))];
    let granted = face.ask("POST", "Consent", &unless, &wanted);
    let made = granted.json(201);
    let id = text(&made, "id").to_owned();
    assert_eq!(made["status"], "active");
    // A grant ends in steps of ten minutes, never sooner than was asked.
    let end_of = |consent: &Value| text(&consent["provision"]["period"], "end").to_owned();
    let end = end_of(&made);
    assert!(end.as_str() >= near && end.as_str() < "2090-01-01T00:11", "{end}");
    assert!(granted.header("location").ends_with(&format!("/Consent/{id}/_history/1")));
    assert_eq!(face.ask("POST", "Consent", &unless, &wanted).status, 200, "it is there already");
    assert!(face.ask("POST", "Consent", &[], &wanted).refused(409).contains(&id));
    home.assert_opens("clinic", &first, NOTE);

    let address = format!("Consent/{id}");
    let wider = consent(&first, &clinic, Some(far)).to_string();
    face.ask("PUT", &address, &[("If-Match", "W/\"7\"")], &wider).refused(412);
    let widened = face.ask("PUT", &address, &[("If-Match", "W/\"1\"")], &wider);
    let end = end_of(&widened.json(200));
    assert!(end.as_str() >= far && end.as_str() < "2091-01-01T00:11", "{end}");
    face.ask("PUT", &address, &[], &consent(&second, &clinic, Some(near)).to_string()).refused(422);
    drop(face);

    // Without leave to grant, less is still granted, and ended.
    let face = Face::of(&home, "patient", &[]);
    face.ask(
        "PUT",
        &address,
        &[],
        &consent(&first, &clinic, Some("2092-01-01T00:00:00Z")).to_string(),
    )
    .refused(403);
    assert_eq!(face.ask("PUT", &address, &[], &wanted).header("etag"), "W/\"3\"");
    let mut ended = consent(&first, &clinic, Some(near));
    ended["status"] = json!("inactive");
    assert_eq!(face.ask("PUT", &address, &[], &ended.to_string()).json(200)["status"], "inactive");
    home.json("clinic", &["access", &first, "-o", "no"]).refused(4, "grant-revoked");
    assert_eq!(face.get(&format!("{address}/_history")).json(200)["total"], 4);
    assert_eq!(face.found(&format!("Consent?data={first}&status=active")).len(), 0);
    let theirs = Face::of(&home, "clinic", &[]);
    assert_eq!(theirs.found("Consent").len(), 2, "a reader sees what was granted to them");
    theirs.ask("PUT", &address, &[], &wanted).refused(403);
}

#[test]
fn consent_ends_also_where_the_ledger_hides_the_grant_or_does_not_answer_about_it() {
    for fault in [Fault::Says(r#"{"okay":true,"result":"0x09"}"#), Fault::NotFound] {
        let mut home = Home::with(&["patient", "clinic"]);
        let id = home.create("note.txt", NOTE);
        home.grant(&id, "clinic", &["--for", "30d"]);
        let clinic = home.principal("clinic").to_owned();
        let node = Node::start(&home);
        let hides = Arc::new(AtomicBool::new(false));
        let script = Arc::clone(&hides);
        let proxy = Proxy::before(&node.url, move |line| {
            let is_hidden = script.load(Ordering::SeqCst) && line.contains("/get-grant");
            if is_hidden { fault } else { Fault::None }
        });
        home.set("MRMS_CONTRACT", &home.contract());
        home.set("MRMS_LEDGER_URL", &proxy.url);
        let face = Face::of(&home, "patient", &[]);
        let granted = face.found("Consent").remove(0);
        let address = format!("Consent/{}", text(&granted, "id"));
        let mut ended = consent(&id, &clinic, Some("2090-01-01T00:00:00Z"));
        ended["status"] = json!("inactive");
        hides.store(true, Ordering::SeqCst);
        face.ask("PUT", &address, &[], &ended.to_string());
        hides.store(false, Ordering::SeqCst);
        home.json("clinic", &["access", &id, "-o", "no"]).refused(4, "grant-revoked");
        drop(face);
        node.stop();
    }
}

#[test]
fn consent_names_who_gave_it_for_the_patient_as_a_related_person() {
    let home = Home::with(&["patient", "clinic", "helper"]);
    let (first, second) = (home.create("first.txt", NOTE), home.create("second.txt", NOTE));
    let who = ["patient", "helper", "clinic"].map(|name| home.principal(name).to_owned());
    let [patient, helper, clinic] = who.each_ref().map(String::as_str);
    home.json("patient", &["people", "add", helper, "--name", "My daughter"]).ok();
    let may = ["delegate", helper, "--may", "see,share", "--for", "30d", "--yes"];
    home.json("patient", &may).ok();
    home.json("helper", &["as", patient, "grant", &first, clinic, "--for", "30d", "--yes"]).ok();
    home.grant(&second, "clinic", &[]);
    let face = Face::of(&home, "patient", &[]);
    let performer = |record: &str| {
        let consents = face.found(&format!("Consent?data=DocumentReference/{record}"));
        assert_eq!(consents.len(), 1, "{consents:?}");
        consents[0]["performer"][0].clone()
    };
    let theirs = performer(&first);
    assert_eq!(
        (&theirs["type"], &theirs["display"]),
        (&json!("RelatedPerson"), &json!("My daughter"))
    );
    assert!(text(&theirs["identifier"], "value").ends_with(helper), "{theirs}");
    assert_eq!(theirs.get("reference"), None, "they are no Patient here");
    let own = performer(&second);
    assert_eq!(
        (&own["type"], &own["reference"]),
        (&json!("Patient"), &json!(format!("Patient/{patient}")))
    );
}

#[test]
fn access_to_all_records_is_a_consent_that_names_none() {
    let home = Home::with(&["patient", "clinic"]);
    home.create("note.txt", NOTE);
    let (patient, clinic) = (home.principal("patient"), home.principal("clinic").to_owned());
    let all = ["grant", "--all-records", "--to", clinic.as_str(), "--for", "30d", "--yes"];
    home.json("patient", &all).ok();
    let id = format!("{patient}.-all.0");
    let (own, theirs) = (Face::of(&home, "patient", &[]), Face::of(&home, "clinic", &[]));
    for face in [&own, &theirs] {
        let found = face.found(&format!("Consent?status=active&patient={patient}"));
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((&found[0]["id"], found[0]["provision"].get("data")), (&json!(id), None));
        assert!(found[0]["provision"]["period"]["end"].is_string(), "{found:?}");
        assert_eq!(face.get(&format!("Consent/{id}")).json(200), found[0]);
    }
    let mut wanted = own.get(&format!("Consent/{id}")).json(200);
    wanted["status"] = json!("inactive");
    let path = format!("Consent/{id}");
    let refused =
        own.ask("PUT", &path, &[("If-Match", "W/\"1\"")], &wanted.to_string()).refused(422);
    assert!(refused.contains("all records"), "{refused}");
    home.json("patient", &["revoke", "--all-records", "--from", &clinic, "--yes"]).ok();
    assert_eq!(own.get(&path).json(200)["status"], "inactive");
    let history = own.get(&format!("{path}/_history")).json(200);
    assert_eq!(history["total"], 2, "{history}");
    own.get(&format!("Consent/{patient}.-all.7")).refused(404);
}

/// What an event of a patient's own log was about, in words: the entity that was acted upon has the fields of the line.
fn detail<'e>(event: &'e Value, name: &str) -> Option<&'e str> {
    let acted_upon = event["entity"].as_array()?.last()?;
    let fields = acted_upon["detail"].as_array()?.iter();
    fields.clone().find(|field| field["type"] == name)?["valueString"].as_str()
}

/// What these events did, the oldest first; those alone that stand in a patient's own log.
fn done(events: &[Value]) -> Vec<(&str, &str)> {
    let own = events.iter().filter(|event| text(event, "id").contains(".-log."));
    let mut done: Vec<_> = own
        .map(|event| {
            let place = detail(event, "index").map_or(u64::MAX, |index| index.parse().unwrap());
            (place, detail(event, "action").unwrap(), text(event, "outcome"))
        })
        .collect();
    done.sort_unstable();
    done.into_iter().map(|(_, action, outcome)| (action, outcome)).collect()
}

#[test]
fn what_concerns_the_patient_as_a_whole_is_an_event_as_well() {
    let home = Home::with(&["patient", "clinic", "helper", "neighbour"]);
    let id = home.create("note.txt", NOTE);
    let who = ["patient", "clinic", "helper", "neighbour"];
    let [patient, clinic, helper, neighbour] = who.map(|name| home.principal(name).to_owned());
    let all = ["grant", "--all-records", "--to", &clinic, "--for", "30d", "--yes"];
    home.json("patient", &all).ok();
    let may = ["delegate", &helper, "--may", "see,share", "--for", "30d", "--yes"];
    home.json("patient", &may).ok();
    home.json("patient", &["contact", &neighbour, "--may", "see", "--wait", "1d", "--yes"]).ok();
    home.json("neighbour", &["contact", "ask", &patient]).ok();
    let refused = json!({"patient": patient, "contact": neighbour}).to_string();
    home.json("helper", &["contract", "call", "refuse-delegation", &refused]).ok();
    home.json("patient", &["delegate", &helper, "--end", "--keep-grants", "--yes"]).ok();
    // Nobody who is no contact becomes a delegate, and the attempt is told.
    let asked = json!({"patient": patient}).to_string();
    home.json("clinic", &["contract", "call", "ask-for-delegation", &asked])
        .refused(3, "no-such-contact");

    let face = Face::of(&home, "patient", &[]);
    let events = face.found(&format!("AuditEvent?patient={patient}&_count=1000"));
    let own = [
        ("standing-grant", "0"),
        ("delegate-set", "0"),
        ("contact-name", "0"),
        ("contact-ask", "0"),
        ("contact-refuse", "0"),
        ("delegate-remove", "0"),
        ("contact-ask", "4"),
    ];
    assert_eq!(done(&events), own);
    assert_eq!(events.len(), own.len() + 1, "and the record's one line");
    let of =
        |action: &str| events.iter().find(|event| detail(event, "action") == Some(action)).unwrap();
    assert_eq!(detail(of("standing-grant"), "rights"), Some("read"));
    assert_eq!(detail(of("delegate-set"), "powers"), Some("see+share"));
    assert_eq!(detail(of("delegate-set"), "subject"), Some(helper.as_str()));
    let refusal = of("contact-refuse");
    assert!(text(&refusal["agent"][2]["who"]["identifier"], "value").ends_with(&helper));
    let whole = &of("standing-grant")["entity"][1]["what"];
    assert_eq!(whole["reference"], format!("Consent/{patient}.-all.0"));
    assert_eq!(face.get(text(whole, "reference")).json(200)["resourceType"], "Consent");
    assert_eq!(face.found(&format!("AuditEvent?entity={}", text(whole, "reference"))).len(), 1);
    // Each is there by itself, and the same each time.
    for event in &events {
        let address = format!("AuditEvent/{}", text(event, "id"));
        assert_eq!(&face.get(&address).json(200), event);
    }
    face.get(&format!("AuditEvent/{patient}.-log.99")).refused(404);
    assert_eq!(
        face.found(&format!("AuditEvent?agent:identifier=stacks:1297239379:{neighbour}")).len(),
        1
    );

    // Of another's log, a profile is told what concerns it.
    let theirs = Face::of(&home, "clinic", &[]);
    let events = theirs.found(&format!("AuditEvent?patient={patient}"));
    assert_eq!(done(&events), [("standing-grant", "0"), ("contact-ask", "4")]);
    theirs.get(&format!("AuditEvent/{patient}.-log.1")).refused(404);
    let printed = home.text("patient", &["audit", "--fhir"]).ok();
    let printed: Vec<Value> =
        printed.printed().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(done(&printed), own, "what is printed says the same");
    let of_one = home.text("patient", &["audit", &id, "--fhir"]).ok();
    assert_eq!(of_one.printed().lines().count(), 1, "a record alone");
}

#[test]
fn successor_finds_the_events_of_before_and_staff_are_no_patients_things() {
    let home = Home::with(&["patient", "clinic", "doctor", "next"]);
    home.create("note.txt", NOTE);
    let (clinic, doctor) = (home.principal("clinic").to_owned(), home.principal("doctor"));
    let member = json!({"member": doctor, "expiry": null}).to_string();
    home.json("clinic", &["contract", "call", "set-member", &member]).ok();
    let face = Face::of(&home, "clinic", &[]);
    let [event] = &face.found("AuditEvent")[..] else { panic!("one") };
    let profile = event["meta"]["profile"][0].as_str().unwrap();
    assert!(profile.ends_with("IHE.BasicAudit.Create"), "{profile}");
    assert_eq!(event["entity"][0]["what"]["type"], "PractitionerRole");
    assert_eq!(face.found(&format!("AuditEvent?patient={clinic}")).len(), 0);
    drop(face);

    let next = home.principal("next").to_owned();
    let offer = ["hand-over", "offer", &next, "--yes", "--accept-changed-key"];
    let offer = home.json("patient", &offer).ok().object();
    let accept = ["hand-over", "accept", text(&offer, "text"), "--keep-all", "--yes"];
    home.json("next", &accept).ok();
    let face = Face::of(&home, "next", &[]);
    let events = face.found(&format!("AuditEvent?patient={next}"));
    assert_eq!(done(&events), [("succession-offer", "0"), ("succession-accept", "0")]);
    assert_eq!(events.len(), 3, "the record's line is from before, and about the same patient");
}

#[test]
#[cfg(unix)]
fn token_in_a_file_is_for_its_owner_alone_and_stays() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::with(&["patient"]);
    let path = home.work().join("fhir.token");
    let more = ["--token-file", path.to_str().unwrap()];
    let face = Face::of(&home, "patient", &more);
    assert_eq!(face.token, "", "it is shown nowhere");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let token = std::fs::read_to_string(&path).unwrap().trim().to_owned();
    let face = Face { token, ..face };
    face.get("Patient").json(200);
    let token = face.token.clone();
    drop(face);
    let again = Face { token, ..Face::of(&home, "patient", &more) };
    again.get("Patient").json(200);
    drop(again);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    home.json("patient", &[&["fhir"], &more[..]].concat()).refused(2, "usage");
    home.json("patient", &["fhir", "--grants", "ask"]).refused(2, "usage");
    home.json("patient", &["fhir", "--listen", "0.0.0.0:0"]).refused(2, "exposed");
}
