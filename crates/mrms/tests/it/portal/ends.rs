//! What the portal's buttons end, on nodes that hide it, refuse it, or say something else than the next one.

use std::fs;

use serde_json::json;

use super::browser::{Browser, passphrase};
use crate::liars::{
    NONE, READS, changed_so, everything, handed_on, hidden, next_number, principal_value,
};
use crate::remote::proxy::Fault;
use crate::scene::Scene;
use crate::service::Service;
use crate::support::{Home, NOTE};

const RECORD: &str = "get-record HTTP";
const REFUSES: (&str, Fault) = ("v2/transactions", Fault::Refused);

/// The portal of somebody by the node that lies, with their profile open.
fn open(scene: &Scene, who: &str) -> (Service, Browser) {
    opened(scene, who, &[("MRMS_LEDGER_URL", scene.url())])
}

/// The same with another node in the settings, after the one that lies.
fn open_on_both(scene: &Scene, who: &str) -> (Service, Browser) {
    let settings = scene.home.root().join("mrms.toml");
    let own = fs::read_to_string(&settings).unwrap_or_default();
    let urls = json!([scene.url(), scene.node.url]);
    fs::write(&settings, format!("{own}\n[ledger]\nurls = {urls}\n")).unwrap();
    let opened = opened(scene, who, &[]);
    fs::write(&settings, own).unwrap();
    opened
}

fn opened(scene: &Scene, who: &str, more: &[(&str, &str)]) -> (Service, Browser) {
    let contract = scene.home.contract();
    let variables = [&[("MRMS_CONTRACT", contract.as_str())], more].concat();
    let service = Service::start_with(&scene.home, who, &["portal"], &variables);
    let browser = Browser::enter(service.told["link"].as_str().unwrap());
    browser.unlock(who, &passphrase(&scene.home)).leads_to("/");
    (service, browser)
}

/// The same browser, of somebody who reads another language.
fn reading(browser: &Browser, language: &str) -> Browser {
    Browser { cookie: format!("{}; mrms_language={language}", browser.cookie), ..browser.clone() }
}

#[test]
fn access_to_a_record_is_stopped_from_its_page_whatever_a_node_hides() {
    let scene = Scene::new();
    let clinic = scene.clinic();
    scene.run("patient", &["revoke", "--all-records", "--from", &clinic, "--yes"]).ok();
    let (service, browser) = open(&scene, "patient");
    let said = [
        ("en", "can't open this record any more: the ledger took that"),
        ("de", "kann diese Unterlage nicht mehr öffnen: Das Register hat das Ende angenommen"),
        ("es", "ya no puede abrir este documento: el registro ha aceptado la retirada"),
    ];
    for (lies, (language, sentence)) in [
        (vec![(RECORD, NONE)], said[0]),
        ([vec![(RECORD, NONE)], hidden()].concat(), said[1]),
        (vec![(RECORD, Fault::Nonsense)], said[2]),
        (vec![(READS, Fault::BadGateway)], said[0]),
    ] {
        scene.answers();
        scene.run("patient", &["grant", "7", &clinic, "--for", "30d", "--yes"]).ok();
        scene.answers_so(&lies);
        let page = reading(&browser, language).post("/records/7/stop", &[("user", &clinic)]);
        page.has(200, &[sentence, "href=\"/records/7\""]);
        scene.assert_shut_out();
    }
    scene.run("patient", &["grant", "7", &clinic, "--for", "30d", "--yes"]).ok();
    scene.answers_so(&[handed_on(&scene)]);
    let page = browser.post("/records/7/stop", &[("user", &clinic)]);
    page.leads_to(&format!("/records/7?done=stopped&user={clinic}"));
    scene.assert_shut_out();
    // What this profile gave nobody is not sent anywhere.
    scene.answers_so(&[(RECORD, NONE)]);
    let sent = scene.sent();
    browser.post("/records/8/stop", &[("user", &clinic)]).has(404, &[]);
    assert_eq!(scene.sent(), sent);
    service.stop();
    scene.end();
}

#[test]
fn record_that_was_stopped_says_that_what_a_node_refused_may_still_come() {
    let scene = Scene::new();
    let clinic = scene.clinic();
    scene.run("patient", &["revoke", "--all-records", "--from", &clinic, "--yes"]).ok();
    // For a number so far away that nothing can be sent before it.
    scene.answers_so(&[REFUSES, next_number(&scene, 100_000)]);
    let act = ["delegate", &clinic, "--may", "see", "--for", "30d", "--yes"];
    assert_ne!(scene.run("patient", &act).code, Some(0));
    scene.answers();
    let (service, browser) = open(&scene, "patient");
    for done in ["stopped", "stopped-before"] {
        let to = format!("/records/7?done={done}&user={clinic}");
        browser.post("/records/7/stop", &[("user", &clinic)]).leads_to(&to);
        let person = format!("href=\"/people/{clinic}\"");
        let page = browser.get(&to).has(200, &["may still come all the same", &person]);
        assert!(!page.text.contains("The vaults delete"), "{}", page.text);
        assert!(!page.text.contains("nothing left to stop"), "{}", page.text);
    }
    service.stop();
    scene.end();
}

#[test]
fn who_acts_for_a_patient_stops_what_they_gave_whatever_a_node_hides_or_refuses() {
    let home = Home::with(&["patient", "clinic", "daughter"]);
    home.file("note.txt", NOTE);
    home.json("patient", &["create", "note.txt", "--id", "7"]).ok();
    let [patient, clinic, daughter] =
        ["patient", "clinic", "daughter"].map(|name| home.principal(name).to_owned());
    home.json("patient", &["delegate", &daughter, "--may", "see,share", "--for", "30d", "--yes"])
        .ok();
    let scene = Scene::of(home, &[]);
    let give = || {
        scene.answers();
        let line = ["as", &patient, "grant", "id:7", &clinic, "--for", "30d", "--yes"];
        scene.run("daughter", &line).ok();
    };
    let is_shut_out = || {
        scene.answers();
        scene.run("clinic", &["access", "7", "-o", "one", "--force"]).refused(4, "grant-revoked");
    };
    let fields = [("patient", patient.as_str()), ("user", &clinic)];
    let (service, browser) = open(&scene, "daughter");
    browser.post("/acting/begin", &[("patient", &patient)]).leads_to("/acting");
    give();
    scene.answers_so(&[(RECORD, NONE)]);
    let page = browser.post("/acting/records/7/stop", &fields);
    page.has(200, &["any more: the ledger took that", "href=\"/acting/records/7\""]);
    is_shut_out();
    scene.answers_so(&[(RECORD, NONE)]);
    let sent = scene.sent_by("daughter");
    browser.post("/acting/records/8/stop", &fields).has(404, &[]);
    assert_eq!(scene.sent_by("daughter"), sent);
    scene.answers();
    service.stop();
    give();
    let (service, browser) = open_on_both(&scene, "daughter");
    browser.post("/acting/begin", &[("patient", &patient)]).leads_to("/acting");
    scene.answers_so(&[REFUSES]);
    let page = browser.post("/acting/records/7/stop", &fields);
    page.leads_to("/acting/records/7?done=stopped");
    is_shut_out();
    service.stop();
    scene.end();
}

#[test]
fn member_of_the_staff_is_removed_whatever_a_node_hides_or_refuses() {
    let scene = everything();
    let patient = scene.home.principal("patient").to_owned();
    let (remove, stays) = (format!("/staff/{patient}/remove"), [("key", "stays")]);
    let removed = format!("/staff?done=removed-kept&who={patient}&left=");
    let has_ended = || {
        scene.answers();
        let again = scene.run("clinic", &["staff", "remove", &patient, "--keep-key", "--yes"]);
        assert!(again.ok().object()["txid"].is_null(), "it had ended");
    };
    let (service, browser) = open(&scene, "clinic");
    scene.answers_so(&hidden());
    let sent = scene.sent_by("clinic");
    browser.post(&remove, &stays).leads_to(&removed);
    assert!(scene.sent_by("clinic") > sent);
    has_ended();
    service.stop();
    scene.run("clinic", &["staff", "add", &patient, "--for", "30d", "--yes"]).ok();
    let (service, browser) = open_on_both(&scene, "clinic");
    scene.answers_so(&[REFUSES]);
    browser.post(&remove, &stays).leads_to(&removed);
    has_ended();
    service.stop();
    scene.end();
}

#[test]
fn refusal_of_a_node_that_says_it_is_over_is_no_end() {
    let scene = everything();
    let (clinic, next) = (scene.clinic(), scene.home.principal("next").to_owned());
    // The node refuses whatever it is sent, and says that there is nothing, or that it has ended long ago.
    let arguments = [principal_value(scene.home.principal("patient")), principal_value(&clinic)];
    let over = changed_so(&scene, "get-delegate", &arguments, |said| {
        let name = b"expiry\x0a\x01";
        let at = said.windows(name.len()).position(|part| part == name).unwrap() + name.len();
        said[at..at + 16].copy_from_slice(&1_u128.to_be_bytes());
    });
    let (service, browser) = open(&scene, "patient");
    scene.answers_so(&[vec![REFUSES, ("get-delegate HTTP", over)], hidden()].concat());
    let sent = scene.sent();
    for (path, fields) in [
        (format!("/family/{clinic}/end"), vec![("granted", "keep")]),
        (format!("/family/contact/{next}/remove"), Vec::new()),
        (format!("/contacts/{next}/refuse"), Vec::new()),
        ("/hand-over/withdraw".to_owned(), Vec::new()),
    ] {
        let page = browser.post(&path, &fields);
        assert!(page.to.is_none() && page.status >= 400, "{path}: {page:?}");
    }
    assert_eq!(scene.sent(), sent, "nothing stands in a block");
    // By an honest node they end, once: the second press of a button finds that it is done.
    scene.answers();
    for (path, fields, to) in [
        (
            format!("/family/{clinic}/end"),
            vec![("granted", "keep")],
            format!("/family?done=kept&who={clinic}"),
        ),
        ("/hand-over/withdraw".to_owned(), Vec::new(), "/hand-over?done=withdrawn".to_owned()),
    ] {
        for _ in 0..2 {
            browser.post(&path, &fields).leads_to(&to);
        }
    }
    assert!(scene.sent() > sent);
    assert!(scene.run("patient", &["delegates"]).ok().rows().is_empty());
    service.stop();
    scene.end();
}
