//! A link host as its operator sees it: figures, health, what `doctor` says, credentials, and who pays.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use mrms_app::profile::links::LinkId;
use serde_json::{Value, json};

use crate::clinic::{free_addresses, setup};
use crate::links::{OBSERVATION, Viewer, ask, hosted, make};
use crate::service::Service;
use crate::support::{Home, Run, text};

/// The value of a figure that a host tells.
#[track_caller]
fn figure(told: &str, name: &str) -> u64 {
    let line = told.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let line = line.unwrap_or_else(|| panic!("{name} is not in\n{told}"));
    line.parse().unwrap()
}

fn refusals(told: &str, reason: &str) -> u64 {
    figure(told, &format!("mrms_links_refusals_total{{reason=\"{reason}\"}}"))
}

/// The row of `doctor` about hosted links.
fn row(doctor: &Run) -> Option<Value> {
    doctor.rows().into_iter().find(|row| row["check"] == "links")
}

#[test]
fn figures_tell_what_was_given_and_refused_and_nothing_of_whom() {
    let (home, service, fhir, note) = hosted(&["--per-minute", "5"]);
    let url = text(&service.told, "url").to_owned();
    assert_eq!(row(&home.json("patient", &["doctor"]).ok()), None, "no link waits for anybody");
    let made = make(&home, &[&fhir, &note, "--passcode", "--label", "For the school"]);
    let (viewer, passcode) = (Viewer::of(&made), text(&made, "passcode").to_owned());
    assert_eq!(viewer.manifest(json!({})).status, 401);
    assert_eq!(viewer.manifest(json!({"passcode": "4711-0815"})).status, 401);
    let manifest = viewer.manifest(json!({"passcode": passcode})).json(200);
    assert_eq!(viewer.open(&manifest).len(), 2);
    let listed = json!({"passcode": passcode, "embeddedLengthMax": 0});
    assert_eq!(viewer.open(&viewer.manifest(listed).json(200)).len(), 2);
    assert_eq!(ask("POST", &format!("{}x", viewer.0.url), r#"{"recipient":"x"}"#).status, 404);
    assert_eq!(ask("POST", &viewer.0.url, "{").status, 400);

    let answer = ask("GET", &format!("{url}/metrics"), "");
    assert!(!answer.head.contains("access-control-allow"), "no page reads it: {}", answer.head);
    let told = answer.body;
    let openings =
        |what: &str| figure(&told, &format!("mrms_links_openings_total{{what=\"{what}\"}}"));
    assert_eq!(["manifest", "list", "file"].map(openings), [1, 1, 2]);
    assert_eq!(figure(&told, "mrms_links_given_files_total"), 4);
    assert!(figure(&told, "mrms_links_given_bytes_total") > 4 * OBSERVATION.len() as u64);
    let reasons = ["no-passcode", "wrong-passcode", "no-link", "malformed", "no-entry"];
    assert_eq!(reasons.map(|reason| refusals(&told, reason)), [1, 1, 1, 1, 0]);
    assert_eq!(figure(&told, "mrms_links_entry_seconds_count{outcome=\"entered\"}"), 3);
    assert_eq!(figure(&told, "mrms_links_entry_seconds_count{outcome=\"asked\"}"), 1);
    assert_eq!((figure(&told, "mrms_links_kept"), figure(&told, "mrms_links_kept_files")), (1, 2));
    assert_eq!(figure(&told, "mrms_links_trouble"), 0);
    let secret = viewer.0.url.rsplit('/').next().unwrap();
    let id = LinkId::of(secret);
    for private in [
        secret,
        id.as_str(),
        &passcode,
        "4711",
        "school",
        "Clinic Nord",
        text(&made, "user"),
        &fhir,
    ] {
        assert!(!told.contains(private), "{private} is in\n{told}");
    }

    let answer = ask("GET", &format!("{url}/v1/health"), "");
    assert_eq!((answer.status, answer.body.as_str()), (200, "ok\n"), "{}", answer.head);
    home.json("patient", &["doctor", "--service", &url]).ok();
    let found = row(&home.json("patient", &["doctor"]).ok()).unwrap();
    assert!(found["ok"] == true && text(&found, "message").contains(&url), "{found}");

    // The fifth in a minute, and one too many; why a link is not there is for the operator alone.
    viewer.manifest(json!({"passcode": passcode})).json(200);
    assert_eq!(viewer.manifest(json!({"passcode": passcode})).status, 429);
    let other = Viewer::of(&make(&home, &[&fhir]));
    home.json("patient", &["revoke", &fhir, "--from", "link 2"]).ok();
    let closed = other.manifest(json!({}));
    home.json("patient", &["link", "pause", "2"]).ok();
    let ended = other.manifest(json!({}));
    assert_eq!((closed.status, &closed.body), (404, &ended.body));
    let told = ask("GET", &format!("{url}/metrics"), "").body;
    let reasons = ["too-often", "closed", "ended"];
    assert_eq!(reasons.map(|reason| refusals(&told, reason)), [1, 1, 1]);

    service.stop();
    let doctor = home.json("patient", &["doctor"]);
    let found = row(&doctor).unwrap();
    assert!(found["ok"] == false && text(&found, "hint").contains("mrms link serve"), "{found}");
}

#[test]
fn host_without_a_profile_takes_its_key_as_a_credential_and_says_when_its_ledger_is_away() {
    let clinic = Home::with(&["patient"]);
    let node = Service::start(&clinic, "patient", &["node", "run"]);
    let host = Home::elsewhere(text(&node.told, "url"), &clinic.contract());
    // As the service manager hands it over: the access list of the service looks like the group's rights.
    let credentials = host.work().join("credentials");
    fs::create_dir(&credentials).unwrap();
    let file = credentials.join("deposit-key");
    fs::write(&file, format!("{}\n", "A".repeat(43))).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o440)).unwrap();
    let path = file.to_str().unwrap();
    let line = ["link", "serve", "--deposit-key-file", path];
    let refused = host.json("nobody", &line).refused(2, "usage");
    assert!(text(&refused, "hint").contains("mrms link serve makes a new one"), "{refused}");
    let variables = [("CREDENTIALS_DIRECTORY", credentials.to_str().unwrap())];
    let service = Service::start_with(&host, "nobody", &line, &variables);
    let url = text(&service.told, "url").to_owned();

    let fhir = clinic.create("potassium.json", OBSERVATION);
    clinic.file("deposit.key", "A".repeat(43));
    let made = make(&clinic, &[&fhir, "--host", &url, "--host-key-file", "deposit.key"]);
    let viewer = Viewer::of(&made);
    assert_eq!(viewer.open(&viewer.manifest(json!({})).json(200))[0].1, OBSERVATION.as_bytes());
    let told = ask("GET", &format!("{url}/metrics"), "").body;
    assert_eq!(figure(&told, "mrms_links_managed_total{what=\"put\"}"), 1);
    clinic.json("patient", &["doctor", "--service", &url]).ok();

    node.stop();
    assert_eq!(viewer.manifest(json!({})).status, 503, "without an entry nothing is given");
    // It was well a moment ago, and says so for ten seconds.
    let began = std::time::Instant::now();
    let health = || ask("GET", &format!("{url}/v1/health"), "");
    while health().status == 200 {
        assert!(began.elapsed().as_secs() < 30, "the host does not miss its ledger");
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    let answer = health().json(503);
    assert!(text(&answer["error"], "message").contains("ledger"), "{answer}");
    let asked = clinic.json("patient", &["doctor", "--service", &url]);
    assert_eq!(asked.code, Some(6), "{asked:?}");
    let told = ask("GET", &format!("{url}/metrics"), "").body;
    assert_eq!((refusals(&told, "no-entry"), figure(&told, "mrms_links_trouble")), (1, 1));
    assert_eq!(figure(&told, "mrms_links_entry_seconds_count{outcome=\"failed\"}"), 1);
    service.stop();
}

#[test]
fn clinic_hosts_links_of_patients_whose_fees_its_sponsor_pays() {
    let (clinic, addresses) = (Home::empty(), free_addresses());
    let done = setup(&clinic, &addresses, &[]).ok().rows();
    let shared = "a-voucher-of-the-host-of-links";
    let list = clinic.root().join("vouchers.txt");
    let vouchers = fs::read_to_string(&list).unwrap();
    fs::write(&list, format!("{vouchers}shared {shared}\n")).unwrap();
    let up = Service::start(&clinic, "clinic", &["up"]);
    let mut host = Home::elsewhere(text(&up.told["node"], "url"), &clinic.contract());
    let sponsor = text(&up.told["sponsor"], "url").to_owned();
    host.set("MRMS_SPONSOR_URL", &sponsor);
    host.set("MRMS_SPONSOR_VOUCHER", shared);
    let line = ["link", "serve", "--deposit-key-file", "deposit.key"];
    let service = Service::start(&host, "nobody", &line);
    let url = text(&service.told, "url").to_owned();

    let patient = Home::empty();
    let invitation = text(&done[0], "invitation");
    patient.json("patient", &["init", "--join", invitation, "--yes"]).ok();
    patient.file("potassium.json", OBSERVATION);
    let created = patient.json("patient", &["create", "potassium.json"]).ok().object();
    patient.file("deposit.key", host.read("deposit.key"));
    let id = text(&created, "record_id");
    let at = ["--host", &url, "--host-key-file", "deposit.key"];
    for number in [1, 2] {
        let viewer = Viewer::of(&make(&patient, &[&[id], &at[..]].concat()));
        let files = viewer.open(&viewer.manifest(json!({})).json(200));
        assert_eq!(files[0].1, OBSERVATION.as_bytes(), "link {number}");
    }
    service.stop();
    up.stop();
}
