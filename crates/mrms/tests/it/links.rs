//! SMART Health Links: made, opened by a viewer over HTTP, shown to the patient, and ended. Viewers that others wrote are in
//! `tests/clients/`.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Barrier;
use std::thread;

use mrms_links::{Shlink, jwe};
use serde_json::{Value, json};

use crate::remote::proxy::Fault;
use crate::scene::Scene;
use crate::service::Service;
use crate::support::{Home, NOTE, text};

pub(crate) const OBSERVATION: &str = r#"{"resourceType":"Observation","status":"final","code":{"text":"Potassium"},"valueQuantity":{"value":4.10}}"#;

/// What a host answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}\n{}", self.head, self.body);
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Asks an address as a viewer does.
pub(crate) fn ask(method: &str, url: &str, body: &str) -> Answer {
    let rest = url.strip_prefix("http://").unwrap();
    let (address, path) = rest.split_once('/').unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!(
        "{method} /{path} HTTP/1.1\r\nHost: {address}\r\nOrigin: https://viewer.example.org\r\n\
         Content-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    let all = String::from_utf8(all).unwrap();
    let (head, body) = all.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
}

/// A link as a viewer has it.
pub(crate) struct Viewer(pub(crate) Shlink);

impl Viewer {
    pub(crate) fn of(made: &Value) -> Self {
        Self(Shlink::parse(text(made, "text")).unwrap())
    }

    pub(crate) fn manifest(&self, more: Value) -> Answer {
        let mut request = json!({"recipient": "Clinic Nord"});
        for (name, value) in more.as_object().unwrap() {
            request[name] = value.clone();
        }
        ask("POST", &self.0.url, &request.to_string())
    }

    /// The files that a manifest names, opened: content type and content.
    pub(crate) fn open(&self, manifest: &Value) -> Vec<(String, Vec<u8>)> {
        let open = |file: &Value| {
            let sealed = match file["embedded"].as_str() {
                Some(sealed) => sealed.to_owned(),
                None => {
                    let answer = ask("GET", text(file, "location"), "");
                    assert_eq!(answer.status, 200, "{}", answer.body);
                    answer.body
                }
            };
            let opened = jwe::open(&self.0.key, &sealed).unwrap();
            assert_eq!(opened.content_type.as_deref(), file["contentType"].as_str());
            (text(file, "contentType").to_owned(), opened.content)
        };
        manifest["files"].as_array().unwrap().iter().map(open).collect()
    }
}

/// A patient with two records, and the host of their home.
pub(crate) fn hosted(more: &[&str]) -> (Home, Service, String, String) {
    let home = Home::with(&["patient"]);
    let fhir = home.create("potassium.json", OBSERVATION);
    let note = home.create("note.txt", NOTE);
    let service = Service::start(&home, "patient", &[&["link", "serve"], more].concat());
    (home, service, fhir, note)
}

pub(crate) fn make(home: &Home, arguments: &[&str]) -> Value {
    let line = [&["link", "create"], arguments, &["--for", "1d", "--yes"]].concat();
    home.json("patient", &line).ok().object()
}

/// How the first link stands, by the list.
fn state(home: &Home) -> Value {
    home.json("patient", &["link", "list"]).ok().rows()[0]["state"].clone()
}

fn openings(home: &Home, id: &str) -> usize {
    let rows = home.json("patient", &["audit", id]).ok().rows();
    rows.iter().filter(|row| row["action"] == "access").count()
}

#[test]
fn viewer_opens_a_link_and_every_retrieval_has_its_entry_first() {
    let (home, _service, fhir, note) = hosted(&[]);
    let made = make(&home, &[&fhir, &note, "--label", "Blood test"]);
    assert_eq!((text(&made, "state"), text(&made, "flags")), ("armed", ""));
    let viewer = Viewer::of(&made);
    assert_eq!(viewer.0.label.as_deref(), Some("Blood test"));
    assert_eq!(openings(&home, &fhir), 0, "making it opens nothing");
    let granted = |id: &str| {
        let rows = home.json("patient", &["audit", id]).ok().rows();
        let grants: Vec<_> = rows.iter().filter(|row| row["action"] == "grant").collect();
        assert_eq!(grants.len(), 1, "{rows:?}");
        text(grants[0], "txid").to_owned()
    };
    assert_eq!(granted(&fhir), granted(&note), "one transaction gives all of it, or nothing");

    let answer = viewer.manifest(json!({}));
    assert!(answer.head.contains("access-control-allow-origin: *"), "{}", answer.head);
    let manifest = answer.json(200);
    assert_eq!(manifest["status"], "finalized");
    let files = viewer.open(&manifest);
    assert_eq!(files[0], ("application/fhir+json".to_owned(), OBSERVATION.as_bytes().to_vec()));
    let wrapped: Value = serde_json::from_slice(&files[1].1).unwrap();
    assert_eq!(wrapped["entry"][0]["resource"]["resourceType"], "DocumentReference");
    for id in [&fhir, &note] {
        assert_eq!(openings(&home, id), 1);
    }

    let looked = home.json("patient", &["who"]).ok().rows();
    let looks: Vec<_> = looked.iter().filter(|row| row["what"] == "opened").collect();
    assert_eq!(looks.len(), 2);
    for look in looks {
        assert_eq!((text(look, "who_name"), text(look, "said_to_be")), ("link 1", "Clinic Nord"));
        assert_eq!(look["who"], made["user"]);
    }
    let said = home.text("patient", &["who"]).ok();
    assert!(said.printed().contains("the vaults' logs agree\n"), "no vault is needed: {said:?}");
    let reconciled = home.json("patient", &["audit", &fhir, "--reconcile"]).ok().object();
    assert_eq!(reconciled["differences"], json!([]));
    assert_eq!(reconciled["openings"][0]["key"], "link");
    assert!(said.printed().contains("link 1, said to be “Clinic Nord”, opened"), "{said:?}");
    let shared = home.text("patient", &["shared"]).ok();
    assert!(shared.printed().contains("link 1"), "{shared:?}");

    let shown = home.json("patient", &["link", "show", "1"]).ok().object();
    assert_eq!(shown["uses"], 1);
    assert_eq!(shown["log"][0]["outcome"], "given");
    assert_eq!(shown["log"][0]["txids"].as_array().unwrap().len(), 2);
    assert_eq!(shown["differences"], json!([]));
}

#[test]
fn page_of_the_host_opens_its_links_and_is_named_by_them_unless_it_is_not_wanted() {
    let (home, service, fhir, _) = hosted(&[]);
    let url = text(&service.told, "url").to_owned();
    let page = ask("GET", &format!("{url}/view"), "");
    assert_eq!(page.status, 200, "{}", page.body);
    let files: Vec<_> = page.body.split('"').filter(|part| part.starts_with("view/")).collect();
    assert_eq!(files, ["view/icon.svg", "view/view.css", "view/view.js"]);
    for file in files.into_iter().chain(["view", "view/words.js"]) {
        let answer = ask("GET", &format!("{url}/{file}"), "");
        assert_eq!(answer.status, 200, "{file}");
        for header in [
            "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'",
            "connect-src 'self'; frame-ancestors 'none'",
            "referrer-policy: no-referrer",
            "cache-control: no-store",
            "x-content-type-options: nosniff",
        ] {
            assert!(answer.head.contains(header), "{file} has no {header}: {}", answer.head);
        }
        for header in ["access-control-allow-origin", "set-cookie", "unsafe-inline", "http:"] {
            assert!(!answer.head.contains(header), "{file} has {header}: {}", answer.head);
        }
    }
    for (method, path) in [("GET", "view/routes.rs"), ("GET", "view/"), ("POST", "view")] {
        assert_eq!(ask(method, &format!("{url}/{path}"), "").status, 404, "{method} {path}");
    }

    let made = make(&home, &[&fhir]);
    let (plain, page) = (text(&made, "text"), text(&made, "page"));
    assert!(plain.starts_with("shlink:/"), "programs read it as before");
    assert_eq!(page, format!("{url}/view#{plain}"));
    let told = home.text("patient", &["link", "show", "1"]).ok();
    for line in [format!("for a browser of this machine: {page}"), format!("reads links: {plain}")]
    {
        assert!(told.printed().contains(&line), "{line} is not in {told:?}");
    }
    home.json("patient", &["link", "show", "1", "-o", "link.png"]).ok();
    home.json("patient", &["link", "show", "1", "--plain", "-o", "plain.txt"]).ok();
    assert_eq!(home.read("plain.txt"), format!("{plain}\n").into_bytes());
    for given in [page, "link.png", "plain.txt"] {
        let opened = home.json("patient", &["open", given, "--recipient", "Clinic Nord"]).ok();
        assert!(text(&opened.object(), "text").contains("Potassium"), "{given}");
    }

    let shown = |home: &Home, line: &[&str]| {
        home.json("patient", &[&["link", "show"], line].concat()).ok().object()
    };
    assert_eq!(shown(&home, &["1", "--plain"])["page"], Value::Null);
    let other = make(&home, &[&fhir, "--viewer", "https://viewer.example.org/"]);
    assert!(text(&other, "page").starts_with("https://viewer.example.org/#shlink:/"));
    assert_eq!(other["page"], other["text"], "as before there was a page");
    let bare = shown(&home, &["2", "--plain"]);
    assert!(text(&bare, "text").starts_with("shlink:/") && bare["page"].is_null(), "{bare}");
    let mut home = home;
    home.set("MRMS_LINK_VIEWER", "none");
    assert_eq!(make(&home, &[&fhir])["page"], Value::Null);
    assert_eq!(shown(&home, &["2"])["page"], Value::Null);
    home.set("MRMS_LINK_VIEWER", "viewer.example.org");
    home.json("patient", &["link", "create", &fhir, "--for", "1d"]).refused(2, "usage");
    home.set("MRMS_LINK_VIEWER", "");
    service.stop();
    let silent = shown(&home, &["1"]);
    assert_eq!((&silent["page"], &silent["text"]), (&Value::Null, &made["text"]));
}

#[test]
fn large_files_are_fetched_once_each_and_entered_when_they_are() {
    let (home, _service, fhir, note) = hosted(&[]);
    let viewer = Viewer::of(&make(&home, &[&fhir, &note]));
    let manifest = viewer.manifest(json!({"embeddedLengthMax": 0})).json(200);
    assert_eq!(openings(&home, &fhir), 0, "nothing was given yet");
    let location = text(&manifest["files"][0], "location").to_owned();
    assert_eq!(viewer.open(&manifest)[0].1, OBSERVATION.as_bytes());
    assert_eq!((openings(&home, &fhir), openings(&home, &note)), (1, 1));
    assert_eq!(ask("GET", &location, "").status, 404, "a ticket is good once");
    let shown = home.json("patient", &["link", "show", "1"]).ok().object();
    assert_eq!((&shown["uses"], &shown["differences"]), (&json!(1), &json!([])));
}

#[test]
fn passcode_is_wanted_and_wrong_ones_are_counted_over_the_links_life_also_at_once() {
    let (home, _service, fhir, _) = hosted(&["--per-minute", "100"]);
    let made = make(&home, &[&fhir, "--passcode"]);
    assert_eq!(text(&made, "flags"), "P");
    let (viewer, right) = (Viewer::of(&made), text(&made, "passcode"));
    assert_eq!(viewer.manifest(json!({})).json(401), json!({"remainingAttempts": 10}));
    assert_eq!(
        viewer.manifest(json!({"passcode": "0"})).json(401),
        json!({"remainingAttempts": 9})
    );
    assert_eq!(viewer.open(&viewer.manifest(json!({"passcode": right})).json(200)).len(), 1);
    let barrier = Barrier::new(16);
    let mut left: Vec<u64> = thread::scope(|scope| {
        let guess = |number: usize| {
            let (barrier, viewer) = (&barrier, &viewer);
            scope.spawn(move || {
                barrier.wait();
                let answer = viewer.manifest(json!({"passcode": format!("guess {number}")}));
                match answer.status {
                    401 => answer.json(401)["remainingAttempts"].as_u64(),
                    _ => None,
                }
            })
        };
        let threads: Vec<_> = (0..16).map(guess).collect();
        threads.into_iter().filter_map(|thread| thread.join().unwrap()).collect()
    });
    left.sort_unstable();
    assert_eq!(left, (0..9).collect::<Vec<_>>(), "nine more guesses, each counted once");
    assert_eq!(viewer.manifest(json!({"passcode": right})).status, 404, "the link is shut");
    assert_eq!(state(&home), "shut");
    assert_eq!(openings(&home, &fhir), 1);
    home.json("patient", &["link", "rearm", "1", "--for", "1d"]).ok();
    assert_eq!(
        viewer.manifest(json!({"passcode": right})).status,
        200,
        "its person armed it again"
    );
}

#[test]
fn link_that_is_paused_used_up_destroyed_or_unknown_is_not_there() {
    let (home, _service, fhir, _) = hosted(&[]);
    let viewer = Viewer::of(&make(&home, &[&fhir, "--max-uses", "2"]));
    assert_eq!(viewer.manifest(json!({})).status, 200);
    assert_eq!(viewer.manifest(json!({"recipient": ""})).status, 400, "no use is lost by it");
    assert_eq!(viewer.manifest(json!({})).status, 200);
    assert_eq!(viewer.manifest(json!({})).status, 404, "used up");
    assert_eq!(state(&home), "used-up");
    home.file("potassium.json", OBSERVATION.replace("4.10", "4.20"));
    home.json("patient", &["amend", &fhir, "potassium.json"]).ok();
    home.json("patient", &["link", "rearm", "1", "--for", "1d"]).ok();
    let files = viewer.open(&viewer.manifest(json!({})).json(200));
    assert!(String::from_utf8_lossy(&files[0].1).contains("4.20"), "the latest version");

    let paused = home.json("patient", &["link", "pause", "1"]).ok().object();
    assert_eq!((&paused["revoked"], &paused["destroyed"]), (&json!([fhir]), &json!(false)));
    assert_eq!(viewer.manifest(json!({})).status, 404, "paused");
    home.json("patient", &["link", "rearm", "1", "--for", "1d"]).ok();
    assert_eq!(viewer.manifest(json!({})).status, 200);
    let key = viewer.0.key.expose();
    home.json("patient", &["link", "destroy", "1", "--yes"]).ok();
    assert_eq!(viewer.manifest(json!({})).status, 404, "destroyed");
    home.json("patient", &["link", "destroy", "1", "--yes"]).ok();
    home.json("patient", &["link", "rearm", "1", "--for", "1d"]).refused(1, "link-destroyed");
    let shown = home.text("patient", &["link", "show", "1"]).ok();
    assert!(shown.printed().contains("destroyed") && !shown.printed().contains("shlink"));
    assert!(!shown.printed().contains(key.as_str()));
    home.json("patient", &["link", "show", "2"]).refused(3, "no-link");
    let other = format!("{}x", viewer.0.url);
    assert_eq!(ask("POST", &other, r#"{"recipient":"x"}"#).status, 404);
    assert_eq!(openings(&home, &fhir), 4);
    home.assert_unharmed();
}

#[test]
fn link_ends_where_the_ledger_hides_its_grant_or_does_not_answer_and_on_a_full_disk() {
    let none = Fault::Says(r#"{"okay":true,"result":"0x09"}"#);
    for (fault, end) in [(none, "pause"), (Fault::NotFound, "pause"), (none, "destroy")] {
        let (home, host, fhir, _) = hosted(&[]);
        make(&home, &[&fhir]);
        drop(host);
        let scene = Scene::of(home, &[]);
        scene.does_not_answer("get-grant", fault);
        let run = scene.run("patient", &["link", end, "1", "--yes"]);
        scene.answers();
        let shown = scene.run("patient", &["show", &fhir]).ok().object();
        assert_eq!(shown["grants"][0]["state"], "closed", "{fault:?} {end}: {run:?} {shown}");
        scene.end();
    }
    let (home, host, fhir, _) = hosted(&[]);
    make(&home, &[&fhir]);
    drop(host);
    let scene = Scene::of(home, &[]);
    let sent = scene.sent();
    for _ in 0..2 {
        let paused = scene.run_on_a_full_disk("patient", &["link", "pause", "1", "--yes"]);
        assert!(paused.stderr.contains("make room on its disk"), "{paused:?}");
        assert_eq!(scene.sent(), sent + 1);
    }
    let shown = scene.run("patient", &["show", &fhir]).ok().object();
    assert_eq!(shown["grants"][0]["state"], "closed", "{shown}");
    scene.end();
}

#[test]
fn grant_decides_whatever_the_host_was_told() {
    let (home, _service, fhir, _) = hosted(&[]);
    let made = make(&home, &[&fhir]);
    let viewer = Viewer::of(&made);
    home.json("patient", &["revoke", &fhir, "--from", "link 1"]).ok();
    assert_eq!(viewer.manifest(json!({})).status, 404);
    assert_eq!(openings(&home, &fhir), 0);
    let shown = home.json("patient", &["link", "show", "1"]).ok().object();
    assert_eq!((&shown["state"], state(&home)), (&json!("revoked"), json!("revoked")));
    assert_eq!(shown["log"][0]["outcome"], "refused");
    assert_eq!(shown["uses"], 0, "nothing was given");
    home.json("patient", &["link", "rearm", "1", "--for", "1h"]).ok();
    assert_eq!(viewer.manifest(json!({})).status, 200);
    home.json("patient", &["node", "advance", "200"]).ok();
    assert_eq!(viewer.manifest(json!({})).status, 404, "the contract's expiry counts");
}

#[test]
fn one_file_is_given_at_the_address_itself() {
    let (home, _service, fhir, note) = hosted(&[]);
    let made = make(&home, &[&fhir, &note, "--single-file", "--long-term"]);
    assert_eq!(text(&made, "flags"), "LU");
    let viewer = Viewer::of(&made);
    assert_eq!(ask("GET", &viewer.0.url, "").status, 400, "recipient is missing");
    let answer = ask("GET", &format!("{}?recipient=Dr%20Example", viewer.0.url), "");
    assert_eq!(answer.status, 200, "{}", answer.body);
    let bundle = jwe::open(&viewer.0.key, &answer.body).unwrap();
    let bundle = String::from_utf8(bundle.content).unwrap();
    assert!(bundle.contains(OBSERVATION), "FHIR in it stands as it was: {bundle}");
    assert_eq!((openings(&home, &fhir), openings(&home, &note)), (1, 1));
    assert_eq!(viewer.manifest(json!({})).status, 404, "it has no manifest");
    let looked = home.json("patient", &["who"]).ok().rows();
    assert_eq!(text(&looked[0], "said_to_be"), "Dr Example");
}

#[test]
fn clinics_kind_has_a_patient_an_end_and_no_passcode() {
    let (home, _service, _, note) = hosted(&[]);
    let patient = ["--patient-name", "Maria Muster", "--birth-date", "1980-02-29"];
    let more = [&[note.as_str(), "--kind", "ktc"][..], &patient].concat();
    let made = make(&home, &more);
    assert_eq!((text(&made, "flags"), text(&made, "kind")), ("U", "ktc"));
    let viewer = Viewer::of(&made);
    assert!(viewer.0.expires.is_some());
    // A preview with HEAD is no opening: it makes no entry and counts as no use.
    assert_eq!(ask("HEAD", &format!("{}?recipient=Clinic", viewer.0.url), "").status, 405);
    assert_eq!(home.json("patient", &["link", "show", "1"]).ok().object()["uses"], 0);
    let answer = ask("GET", &format!("{}?recipient=Clinic", viewer.0.url), "");
    let bundle = jwe::open(&viewer.0.key, &answer.body).unwrap();
    let bundle: Value = serde_json::from_slice(&bundle.content).unwrap();
    assert_eq!(bundle["entry"][0]["resource"]["name"][0]["text"], "Maria Muster");
    assert_eq!(bundle["entry"].as_array().unwrap().len(), 2);
    let with_passcode =
        [&["link", "create", &note, "--for", "1d", "--kind", "ktc", "--passcode"][..], &patient]
            .concat();
    home.json("patient", &with_passcode).refused(2, "usage");
    home.json("patient", &["link", "create", &note, "--for", "1d", "--kind", "ktc"])
        .refused(2, "usage");
}

#[test]
fn host_slows_down_who_asks_without_end() {
    let (home, _service, fhir, _) = hosted(&["--per-minute", "2"]);
    let viewer = Viewer::of(&make(&home, &[&fhir]));
    for _ in 0..2 {
        assert_eq!(viewer.manifest(json!({})).status, 200);
    }
    let answer = viewer.manifest(json!({}));
    assert_eq!(answer.status, 429);
    assert!(answer.head.contains("retry-after: "), "{}", answer.head);
    assert_eq!(openings(&home, &fhir), 2);
}

#[test]
fn host_that_hides_or_invents_answers_is_found_out() {
    let (home, service, fhir, _) = hosted(&[]);
    let viewer = Viewer::of(&make(&home, &[&fhir]));
    assert_eq!(viewer.manifest(json!({})).status, 200);
    assert_eq!(viewer.manifest(json!({})).status, 200);
    service.stop();
    let folder = home.root().join("links");
    let log = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().join("log.jsonl"))
        .find(|path| path.exists())
        .unwrap();
    let lines = std::fs::read_to_string(&log).unwrap();
    let first = lines.lines().next().unwrap();
    std::fs::write(&log, format!("{first}\n")).unwrap();
    let shown = home.json("patient", &["link", "show", "1"]).ok().object();
    assert_eq!(shown["differences"].as_array().unwrap().len(), 1, "an answer is missing: {shown}");
    std::fs::write(&log, lines.replace("Clinic Nord", "Clinic South")).unwrap();
    let refused = home.json("patient", &["link", "show", "1"]);
    assert_eq!(refused.code, Some(5), "rewritten: {refused:?}");
}

#[test]
fn host_has_nothing_that_opens_the_files_and_nobody_elses_link_is_made() {
    let (mut home, _service, fhir, _) = hosted(&[]);
    home.join("stranger");
    let made = make(&home, &[&fhir]);
    let key = Viewer::of(&made).0.key.expose();
    let mut folders = vec![home.root().join("links")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let found = |part: &[u8]| bytes.windows(part.len()).any(|here| here == part);
            assert!(!found(key.as_bytes()) && !found(b"Potassium"), "{}", path.display());
        }
    }
    let line = ["link", "create", &format!("id:{fhir}"), "--for", "1d", "--yes"];
    let refused = home.json("stranger", &line);
    assert!(matches!(refused.code, Some(3 | 4)), "{refused:?}");
    assert_eq!(home.json("stranger", &["link", "list"]).ok().rows().len(), 0);
}

#[test]
fn erased_record_takes_its_links_along() {
    let (home, _service, fhir, note) = hosted(&[]);
    let viewer = Viewer::of(&make(&home, &[&fhir, &note]));
    let other = Viewer::of(&make(&home, &[&note]));
    let erased = home.json("patient", &["erase", &fhir, "--yes"]).ok().object();
    assert_eq!(erased["links_destroyed"], json!([1]));
    assert_eq!(viewer.manifest(json!({})).status, 404);
    assert_eq!(other.manifest(json!({})).status, 200, "it does not give that record");
}

#[test]
fn amending_does_not_tell_that_a_link_got_no_key() {
    let (home, _service, fhir, _) = hosted(&[]);
    make(&home, &[&fhir]);
    home.file("potassium.json", OBSERVATION.replace("4.10", "4.20"));
    let amended = home.json("patient", &["amend", &fhir, "potassium.json"]).ok();
    assert_eq!(amended.object()["left_out"], json!([]), "{amended:?}");
}

#[test]
fn link_that_was_given_is_opened_and_put_on_record_once() {
    let (mut home, _service, fhir, note) = hosted(&[]);
    home.join("other");
    let made = make(&home, &[&fhir, &note, "--passcode", "-o", "code.png"]);
    // As `link create` prints it.
    let passcode = text(&made, "passcode");
    home.file("passcode", format!("{} {}\n", &passcode[..4], &passcode[4..]));
    let asks = ["open", text(&made, "text"), "--recipient", "Ben Beispiel", "--passcode-file"];
    home.json("other", &asks[..4]).refused(2, "no-passcode");
    home.file("wrong", "0000");
    home.json("other", &[&asks[..], &["wrong"]].concat()).refused(4, "wrong-passcode");
    let opened = home.json("other", &[&asks[..], &["passcode", "-o", "saved"]].concat()).ok();
    // The second file wraps the note.
    assert_eq!(opened.rows().len(), 3);
    assert_eq!(home.read("saved/link-file-1.json"), OBSERVATION.as_bytes());
    assert_eq!(home.read("saved/link-file-2-document-1.txt"), NOTE);
    // The picture of its code, and on record, twice.
    for known in [false, true] {
        let line = ["open", "code.png", "--passcode-file", "passcode", "--keep"];
        let rows = home.json("other", &line).ok().rows();
        assert_eq!((rows.len(), &rows[0]["known"]), (3, &json!(known)));
        home.assert_opens("other", text(&rows[0], "record_id"), OBSERVATION);
        assert_eq!(rows[1]["record_id"], Value::Null, "it only wraps the note");
        assert_eq!((&rows[2]["document"], &rows[2]["known"]), (&json!(1), &json!(known)));
        home.assert_opens("other", text(&rows[2], "record_id"), NOTE);
    }
    assert_eq!(home.json("other", &["list"]).ok().rows().len(), 2);
    let said = home.json("patient", &["who"]).ok().rows();
    assert!(said.iter().any(|look| look["said_to_be"] == "Ben Beispiel"), "{said:?}");
    home.json("patient", &["link", "pause", "1"]).ok();
    home.json("other", &[&asks[..], &["passcode"]].concat()).refused(3, "link-not-there");
    home.json("other", &["open", "https://example.org"]).refused(3, "file-not-found");
    home.json("other", &["open", "shlink:/abc"]).refused(2, "link");
}

#[test]
fn link_is_told_in_the_report_and_to_whoever_takes_over() {
    let (mut home, _service, fhir, _) = hosted(&[]);
    let made = make(&home, &[&fhir, "--label", "For the school"]);
    let viewer = Viewer::of(&made);
    viewer.manifest(json!({})).json(200);
    let words = "link 1 (“For the school”), said to be “Clinic Nord”";
    for extent in ["--statutory", "--full"] {
        let line = ["report", "disclosures", extent, "-o", "report.csv", "--force"];
        home.json("patient", &line).ok();
        let report = String::from_utf8(home.read("report.csv")).unwrap();
        assert!(report.contains(words), "{report}");
    }
    home.join("next");
    let next = home.principal("next");
    let offer = home
        .json("patient", &["hand-over", "offer", next, "--yes", "--accept-changed-key"])
        .ok()
        .object();
    let line = ["hand-over", "accept", text(&offer, "text"), "--keep-all", "--yes"];
    let taken = home.text("next", &line).ok();
    assert!(taken.printed().contains("mrms stop 'link 1' ends it"), "{taken:?}");
    assert_eq!(viewer.manifest(json!({})).status, 200, "it goes on");
    let list = home.text("next", &["link", "list"]).ok();
    assert!(list.printed().contains("handed over to you: link 1"), "{list:?}");
    // Whoever reads the log, the former patient or the next one: no vault was needed for its openings.
    for who in ["patient", "next"] {
        let reconciled = home.json(who, &["audit", &fhir, "--reconcile"]).ok().rows();
        let openings: Vec<_> =
            reconciled.iter().flat_map(|row| row["openings"].as_array()).flatten().collect();
        assert_eq!(openings.len(), 2, "{reconciled:?}");
        assert!(openings.iter().all(|one| one["key"] == "link"), "{who}: {openings:?}");
    }
    home.json("next", &["stop", "link 1", "--yes"]).ok();
    assert_eq!(viewer.manifest(json!({})).status, 404, "its end");
}

#[test]
fn links_and_cards_of_the_corpus_are_opened() {
    let Some(corpus) = std::env::var_os("MRMS_CORPUS") else { return };
    let corpus = std::path::PathBuf::from(corpus).join("shc-shl");
    let read = |name: &str| std::fs::read_to_string(corpus.join(name)).unwrap();
    let link = Shlink::parse(&read("IPS_IG-bundle-01-shl.txt")).unwrap();
    assert_eq!(link.flags.letters(), "LU");
    let opened = jwe::open(&link.key, &read("IPS_IG-bundle-01-enc.txt")).unwrap();
    let bundle: Value = serde_json::from_slice(&opened.content).unwrap();
    assert_eq!(bundle["resourceType"], "Bundle");
    let mut home = Home::empty();
    home.join("patient");
    for name in [
        "example-00-d-jws.txt",
        "example-00-e-file.smart-health-card",
        "example-00-f-qr-code-numeric-value-0.txt",
    ] {
        let card = corpus.join(name);
        let opened = home.json("patient", &["open", card.to_str().unwrap()]).ok().object();
        assert_eq!(opened["cards"][0]["issuer"], "https://spec.smarthealth.cards/examples/issuer");
        assert_eq!(opened["cards"][0]["signature"], "not-checked");
    }
}

#[test]
fn link_lies_with_a_host_elsewhere_that_knows_neither_key_nor_patient() {
    let clinic = Home::with(&["patient"]);
    let node = Service::start(&clinic, "patient", &["node", "run"]);
    let ledger = text(&node.told, "url").to_owned();
    let mut host = Home::elsewhere(&ledger, &clinic.contract());
    host.join("operator");
    let line = ["link", "serve", "--deposit-key-file", "deposit.key"];
    let service = Service::start(&host, "operator", &line);
    let url = text(&service.told, "url").to_owned();
    let key = String::from_utf8(host.read("deposit.key")).unwrap();
    clinic.file("deposit.key", &key);
    clinic.file("wrong.key", "A".repeat(43));
    let fhir = clinic.create("potassium.json", OBSERVATION);

    let at = ["--host", &url, "--passcode", "--max-uses", "2", "--host-key-file"];
    let more = ["wrong.key", "--for", "1d", "--yes"];
    let line = [&["link", "create", fhir.as_str()], &at[..], &more].concat();
    clinic.json("patient", &line).refused(4, "link-host-refused");
    // The host took nothing, so nothing is left of it.
    assert_eq!(
        text(&clinic.json("patient", &["link", "list"]).ok().object(), "state"),
        "destroyed"
    );

    let made = make(&clinic, &[&[fhir.as_str()], &at[..], &["deposit.key"]].concat());
    let viewer = Viewer::of(&made);
    assert!(viewer.0.url.starts_with(&url), "{}", viewer.0.url);
    assert!(!clinic.root().join("links").exists(), "nothing lies at home");
    let passcode = json!({"passcode": made["passcode"]});
    let files = viewer.open(&viewer.manifest(passcode.clone()).json(200));
    assert_eq!(files[0].1, OBSERVATION.as_bytes());
    assert_eq!(openings(&clinic, &fhir), 1);
    let looked = clinic.json("patient", &["who"]).ok().rows();
    assert_eq!(text(&looked[0], "said_to_be"), "Clinic Nord");
    let shown = clinic.json("patient", &["link", "show", "2"]).ok().object();
    assert_eq!((&shown["uses"], &shown["differences"]), (&json!(1), &json!([])));

    // Nobody manages it without its secret, or without the key.
    let id = mrms_app::profile::links::LinkId::of(viewer.0.url.rsplit('/').next().unwrap());
    let body = json!({"id": id.as_str(), "manager": "0".repeat(64)}).to_string();
    assert_eq!(ask("POST", &format!("{url}/manage/standing"), &body).status, 403);
    clinic.json("patient", &["link", "pause", "2"]).ok();
    assert_eq!(viewer.manifest(passcode.clone()).status, 404);
    clinic.json("patient", &["link", "rearm", "2", "--for", "1d"]).ok();
    assert_eq!(viewer.manifest(passcode.clone()).status, 200);

    // The settings name the host and its key as well as the options do.
    let named = format!("[links]\nhost = \"{url}/\"\nhost_key_file = \"named.key\"\n");
    fs::write(clinic.root().join("mrms.toml"), named).unwrap();
    fs::write(clinic.root().join("named.key"), &key).unwrap();
    let by_settings = make(&clinic, &[fhir.as_str()]);
    assert!(Viewer::of(&by_settings).0.url.starts_with(&url));
    // A host that an option names has no key from the settings: it is this home's own, under that address.
    let own = make(&clinic, &[fhir.as_str(), "--host", "https://links.example.org"]);
    assert!(Viewer::of(&own).0.url.starts_with("https://links.example.org/l/"));
    assert!(clinic.root().join("links").exists());

    // A host that is away: access ends, and what it keeps goes when the command is repeated.
    service.stop();
    clinic.json("patient", &["link", "destroy", "2", "--yes"]).refused(1, "link-host");
    let state = |number: usize| {
        let rows = clinic.json("patient", &["link", "list"]).ok().rows();
        text(&rows[number - 1], "state").to_owned()
    };
    assert_eq!(state(2), "destroying");
    let address = url.strip_prefix("http://").unwrap();
    let line = ["link", "serve", "--deposit-key-file", "deposit.key", "--listen", address];
    let mut command =
        host.command("operator", &[&line[..], &["--json", "--log-level", "warn"]].concat());
    let mut again = command.stdout(std::process::Stdio::null()).spawn().unwrap();
    while TcpStream::connect(address).is_err() {
        thread::sleep(std::time::Duration::from_millis(100));
    }
    assert_eq!(viewer.manifest(passcode).status, 404, "its grants are revoked");
    clinic.json("patient", &["link", "destroy", "2", "--yes"]).ok();
    assert_eq!(state(2), "destroyed");
    again.kill().unwrap();
    again.wait().unwrap();
}

#[test]
fn link_whose_host_does_not_answer_is_told_when_it_is_made_armed_or_shown() {
    let (home, service, fhir, _) = hosted(&[]);
    let line = ["link", "create", &fhir, "--for", "1d", "--yes"];
    let told = home.text("patient", &line).ok().stderr;
    assert!(!told.contains("nobody answers"), "{told}");
    let url = std::fs::read_to_string(home.root().join("links").join("url")).unwrap();
    drop(service);
    let words = format!("nobody answers for links at {url} now");
    for line in [&line[..], &["link", "rearm", "1", "--for", "1d"], &["link", "show", "1"]] {
        let told = home.text("patient", line).ok().stderr;
        assert!(told.contains(&words) && told.contains("mrms link serve"), "{line:?}: {told}");
    }
    // Something else at the address is no host, and another page at the place of the host's own is none that opens links.
    let address = url.strip_prefix("http://").unwrap().to_owned();
    let answering = |answers: &'static [(&str, &str)]| {
        let listener = std::net::TcpListener::bind(&address).unwrap();
        thread::spawn(move || {
            let mut asked = Vec::new();
            for (status, body) in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = [0; 1024];
                let length = stream.read(&mut request).unwrap();
                let request = String::from_utf8_lossy(&request[..length]).into_owned();
                asked.push(request.split(' ').nth(1).unwrap().to_owned());
                let length = body.len();
                let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}");
                let _ = write!(stream, "{head}\r\nConnection: close\r\n\r\n{body}");
            }
            asked
        })
    };
    let other = answering(&[("200 OK", "")]);
    let told = home.text("patient", &["link", "show", "1"]).ok().stderr;
    assert!(told.contains("something else answers there"), "{told}");
    other.join().unwrap();
    let other = answering(&[
        ("400 Bad Request", r#"{"error":{"code":"malformed","message":"Say who asks."}}"#),
        ("200 OK", "<!doctype html><title>Welcome to the clinic</title>"),
    ]);
    let shown = home.json("patient", &["link", "show", "1"]).ok().object();
    assert_eq!((&shown["page"], shown["text"].is_string()), (&Value::Null, true));
    assert_eq!(other.join().unwrap(), ["/l/-", "/view"]);
}
