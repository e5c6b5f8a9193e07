//! Nodes that refuse what they pass on, hide what was given, answer nothing, or say something else than the next one: what was
//! given can be ended all the same, and nothing is told as ended that is not.

use std::fs;
use std::time::{Duration, Instant};

use mrms_core::{ContractId, Principal};
use mrms_stacks::clarity::Value;
use serde_json::json;

use crate::remote::proxy::Fault;
use crate::scene::Scene;
use crate::support::{Home, NOTE, Run, text};

pub(crate) const NONE: Fault = Fault::Says(r#"{"okay":true,"result":"0x09"}"#);
/// What tells who was given what.
const GIVEN: [&str; 8] = [
    "get-grant",
    "get-record-reader",
    "get-standing-grant",
    "get-delegate",
    "get-care-team-member",
    "get-member",
    "get-contact",
    "get-pending-succession",
];
/// All reads of contracts.
pub(crate) const READS: &str = "v2/contracts/call-read";

pub(crate) fn hidden() -> Vec<(&'static str, Fault)> {
    GIVEN.iter().map(|part| (*part, NONE)).collect()
}

/// A patient who gave nobody anything, on a node that can lie.
fn scene() -> Scene {
    let scene = Scene::new();
    scene.run("patient", &["stop", &scene.clinic(), "--yes"]).ok();
    scene
}

/// A patient who let a clinic in, in each way, and offered everything to a new account; and who is on the clinic's staff.
pub(crate) fn everything() -> Scene {
    let home = Home::with(&["patient", "clinic", "next", "third"]);
    home.file("note.txt", NOTE);
    let clinic = home.principal("clinic").to_owned();
    home.json("patient", &["create", "note.txt", "--id", "7"]).ok();
    home.json("patient", &["grant", "7", &clinic, "--for", "30d"]).ok();
    let (patient, next) = (home.principal("patient").to_owned(), home.principal("next").to_owned());
    home.json("clinic", &["staff", "add", &patient, "--for", "30d", "--yes"]).ok();
    let may = ["--may", "see,share"];
    let lets = |line: &[&str]| drop(home.json("patient", line).ok());
    lets(&[&["delegate", &clinic, "--for", "30d", "--yes"][..], &may].concat());
    lets(&["contact", &next, "--wait", "3d", "--may", "see", "--yes"]);
    lets(&["hand-over", "offer", &next, "--yes"]);
    lets(&["list"]);
    Scene::of(home, &[])
}

/// Every end of what [`everything`] gave, by whom.
fn ends(scene: &Scene) -> Vec<(&'static str, Vec<String>)> {
    let (clinic, next) = (scene.clinic(), scene.home.principal("next").to_owned());
    let patient = scene.home.principal("patient").to_owned();
    let line = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
    vec![
        ("clinic", line(&["staff", "remove", &patient, "--keep-key", "--yes"])),
        ("patient", line(&["contact", "--remove", &next, "--yes"])),
        ("patient", line(&["hand-over", "withdraw", "--yes"])),
        ("patient", line(&["delegate", &clinic, "--end", "--end-grants", "--yes"])),
        ("patient", line(&["revoke", "1", "--from", &clinic, "--yes"])),
    ]
}

/// By an honest node, nothing of what [`everything`] gave is left.
#[track_caller]
fn assert_nothing_is_left(scene: &Scene) {
    scene.answers();
    scene.run("clinic", &["access", "7", "-o", "one", "--force"]).refused(4, "grant-revoked");
    assert!(scene.run("patient", &["contacts"]).ok().rows().is_empty());
    assert!(scene.run("patient", &["delegates"]).ok().rows().is_empty());
    let shown = scene.run("patient", &["hand-over", "withdraw", "--yes"]);
    assert_eq!(shown.code, Some(3), "{shown:?}");
    let shown = scene.run(
        "clinic",
        &["staff", "remove", scene.home.principal("patient"), "--keep-key", "--yes"],
    );
    assert!(shown.ok().object()["txid"].is_null(), "it had ended");
}

/// It did what it was to do, and ends with what the nodes disagree about.
#[track_caller]
fn assert_told(run: &Run) {
    let last = run.rows().pop().unwrap();
    assert_eq!((run.code, text(&last["error"], "code")), (Some(6), "ledger-answer"), "{run:?}");
    assert!(run.stderr.contains("nodes disagree"), "{run:?}");
}

/// With another node in the settings, after the one that lies.
fn run_on_both(scene: &Scene, first: &str, name: &str, line: &[&str]) -> Run {
    let settings = scene.home.root().join("mrms.toml");
    let own = fs::read_to_string(&settings).unwrap_or_default();
    let urls = json!([first, scene.node.url]);
    fs::write(&settings, format!("{own}\n[ledger]\nurls = {urls}\n")).unwrap();
    let mut command = scene.command(name, line);
    command.env_remove("MRMS_LEDGER_URL");
    let run = scene.home.run(command);
    fs::write(&settings, own).unwrap();
    run
}

#[test]
fn what_a_node_refused_and_passed_on_counts_as_given_until_stop_has_ended_it() {
    let scene = scene();
    let clinic = scene.clinic();
    let gives: [&[&str]; 3] = [
        &["grant", "7", &clinic, "--for", "30d"],
        &["grant", "--all-records", &clinic, "--for", "30d", "--yes"],
        &["delegate", &clinic, "--may", "see", "--for", "30d", "--yes"],
    ];
    for line in gives {
        scene.answers_so(&[
            ("v2/transactions", Fault::TakenAndRefused),
            ("extended/v1/tx/0x", Fault::NotFound),
            ("mrms/v1/proofs/transaction", Fault::NotFound),
        ]);
        let run = scene.run("patient", line);
        assert!(run.code != Some(0) && run.stderr.contains("pass it on"), "{line:?}: {run:?}");
        scene.answers_so(&hidden());
        let sent = scene.sent();
        let run = scene.run("patient", &["stop", &clinic, "--yes"]).ok();
        assert!(scene.sent() > sent, "{line:?}: {run:?}");
        scene.assert_shut_out();
    }
    scene.end();
}

#[test]
fn what_a_node_refused_and_kept_for_later_can_not_come_after_stop() {
    let scene = scene();
    let clinic = scene.clinic();
    scene.answers_so(&[("v2/transactions", Fault::Refused), next_number(&scene, 2)]);
    let run = scene.run("patient", &["grant", "7", &clinic, "--for", "30d"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    let signed = refused_ones(&scene).pop().unwrap();
    scene.answers();
    let told = scene.run("patient", &["shared"]).ok().stderr;
    assert!(told.contains("a node refused this"), "{told}");
    scene.run("patient", &["stop", &clinic, "--yes"]).ok();
    let comes = scene.client().broadcast(&signed);
    assert!(comes.is_err(), "its number is used: {comes:?}");
    let told = scene.run("patient", &["shared"]).ok().stderr;
    assert!(!told.contains("a node refused this"), "{told}");
    assert!(refused_ones(&scene).is_empty());
    scene.assert_shut_out();
    scene.end();
}

#[test]
fn what_a_profile_remembers_is_ended_whatever_a_node_hides() {
    let scene = everything();
    for (who, line) in ends(&scene) {
        scene.answers_so(&hidden());
        let line: Vec<_> = line.iter().map(String::as_str).collect();
        scene.run(who, &line).ok();
    }
    assert_nothing_is_left(&scene);
    scene.end();
}

#[test]
fn what_a_profile_remembers_is_ended_whatever_a_node_does_not_answer() {
    let scene = everything();
    for (who, line) in ends(&scene) {
        scene.answers_so(&[(READS, Fault::BadGateway)]);
        let sent = scene.sent_by(who);
        let line: Vec<_> = line.iter().map(String::as_str).collect();
        let run = scene.run(who, &line);
        assert!(matches!(run.code, Some(0 | 6)), "{line:?}: {run:?}");
        assert!(scene.sent_by(who) > sent, "{line:?}: {run:?}");
    }
    assert_nothing_is_left(&scene);
    scene.end();
}

/// Stops everybody by their names alone, as somebody does who does not know what each of them was given.
fn stop_everybody(scene: &Scene) -> [Run; 2] {
    let (clinic, next) = (scene.clinic(), scene.home.principal("next").to_owned());
    let patient = scene.home.principal("patient").to_owned();
    [
        scene.run("clinic", &["stop", &patient, "--yes"]),
        scene.run("patient", &["stop", &clinic, &next, "--yes"]),
    ]
}

#[test]
fn stop_ends_what_could_become_access_whatever_a_node_hides() {
    let scene = everything();
    scene.answers_so(&hidden());
    let [clinics, patients] = stop_everybody(&scene).map(|run| run.ok().rows());
    assert_eq!(clinics.last().unwrap()["membership"], true, "{clinics:?}");
    let next = patients.iter().find(|row| row["user"] == scene.home.principal("next")).unwrap();
    assert_eq!((&next["offer"], &next["contact"]), (&json!(true), &json!(true)), "{next}");
    // What was ended is not sent again, for a fee.
    let sent = scene.sent_by("patient");
    for run in stop_everybody(&scene) {
        run.ok();
    }
    assert_eq!(scene.sent_by("patient"), sent);
    assert_nothing_is_left(&scene);
    scene.end();
}

#[test]
fn stop_ends_what_could_become_access_whatever_a_node_does_not_answer() {
    let scene = everything();
    scene.answers_so(&[(READS, Fault::BadGateway)]);
    for run in stop_everybody(&scene) {
        assert_eq!(run.code, Some(6), "{run:?}");
    }
    assert_nothing_is_left(&scene);
    scene.end();
}

#[test]
fn contact_who_became_a_delegate_is_ended_where_a_node_hides_both() {
    let home = Home::with(&["patient", "clinic", "next"]);
    home.file("note.txt", NOTE);
    home.json("patient", &["create", "note.txt", "--id", "7"]).ok();
    let (patient, next) = (home.principal("patient").to_owned(), home.principal("next").to_owned());
    home.json("patient", &["contact", &next, "--wait", "3d", "--may", "see", "--yes"]).ok();
    home.json("next", &["contact", "ask", &patient]).ok();
    home.json("patient", &["node", "advance", "500"]).ok();
    home.json("next", &["contact", "accept", &patient]).ok();
    let scene = Scene::of(home, &[]);
    assert_eq!(scene.run("patient", &["delegates"]).ok().rows().len(), 1);
    scene.answers_so(&hidden());
    scene.run("patient", &["stop", &next, "--yes"]).ok();
    scene.answers();
    assert!(scene.run("patient", &["delegates"]).ok().rows().is_empty());
    scene.end();
}

#[test]
fn contact_who_became_a_delegate_is_ended_where_a_node_still_shows_the_contact() {
    for removes_first in [false, true] {
        let home = Home::with(&["patient", "clinic", "next"]);
        let (patient, next) =
            (home.principal("patient").to_owned(), home.principal("next").to_owned());
        home.json("patient", &["contact", &next, "--wait", "3d", "--may", "see", "--yes"]).ok();
        home.json("next", &["contact", "ask", &patient]).ok();
        let scene = Scene::of(home, &["--admin"]);
        let pair = [principal_value(&patient), principal_value(&next)];
        let as_before = changed_so(&scene, "get-contact", &pair, |_| {});
        scene.home.json("patient", &["node", "advance", "500"]).ok();
        scene.run("next", &["contact", "accept", &patient]).ok();
        scene.answers_so(&[&[("get-contact HTTP", as_before)][..], &hidden()].concat());
        if removes_first {
            // The contract had no such contact: that ends nothing of what they may be by now.
            let removed = scene.run("patient", &["contact", "--remove", &next, "--yes"]);
            assert!(
                String::from_utf8_lossy(&removed.stdout).contains("no-such-contact"),
                "{removed:?}"
            );
            scene.answers_so(&hidden());
        }
        let stopped = scene.run("patient", &["stop", &next, "--yes"]).ok().rows();
        let stopped = stopped.last().unwrap();
        assert_eq!(stopped["delegation"], true, "{stopped}");
        assert_eq!(stopped["contact"], false, "{stopped}");
        scene.answers();
        assert!(scene.run("patient", &["delegates"]).ok().rows().is_empty());
        scene.end();
    }
}

#[test]
fn later_offer_to_hand_over_stands_when_whoever_had_the_earlier_one_is_stopped() {
    let scene = everything();
    let (clinic, next) = (scene.clinic(), scene.home.principal("next").to_owned());
    scene.run("clinic", &["stop", scene.home.principal("patient"), "--yes"]).ok();
    scene.run("patient", &["stop", &clinic, "--yes"]).ok();
    let third = scene.home.principal("third").to_owned();
    let offer = ["hand-over", "offer", &third, "--accept-changed-key", "--yes"];
    scene.run("patient", &offer).ok();
    let stopped = scene.run("patient", &["stop", &next, "--yes"]).ok().rows();
    assert_eq!(stopped.last().unwrap()["offer"], false, "{stopped:?}");
    let withdrawn = scene.run("patient", &["hand-over", "withdraw", "--yes"]).ok();
    assert!(withdrawn.object().to_string().contains(&third), "{withdrawn:?}");
    scene.end();
}

#[test]
fn offer_that_may_come_beside_an_older_one_can_not_come_after_stop() {
    let scene = everything();
    let (patient, clinic) = (scene.home.principal("patient").to_owned(), scene.clinic());
    scene.run("clinic", &["stop", &patient, "--yes"]).ok();
    scene.run("patient", &["stop", &clinic, "--yes"]).ok();
    let third = scene.home.principal("third").to_owned();
    // The node shows the older offer, and keeps the later one for a number that is not used yet.
    scene.answers_so(&[("v2/transactions", Fault::Refused), next_number(&scene, 2)]);
    let offer = ["hand-over", "offer", &third, "--accept-changed-key", "--yes"];
    assert_ne!(scene.run("patient", &offer).code, Some(0));
    let signed = refused_ones(&scene).pop().unwrap();
    scene.answers();
    let shown = scene.run("patient", &["shared"]);
    assert!(shown.stderr.contains("a node refused this"), "{shown:?}");
    // It takes every number up to the one at which that could come.
    let sent = scene.sent();
    scene.run("patient", &["stop", &third, "--yes"]).ok();
    assert!(scene.sent() >= sent + 3);
    let comes = scene.client().broadcast(&signed);
    assert!(comes.is_err(), "its number is used: {comes:?}");
    assert!(refused_ones(&scene).is_empty());
    scene.end();
}

/// What the node says of the patient's account: so many numbers are used that are not.
pub(crate) fn next_number(scene: &Scene, further: u64) -> (&'static str, Fault) {
    let account = json!({
        "balance": format!("0x{:032x}", 1_000_000_000), "locked": "0x0", "unlock_height": 0,
        "nonce": scene.sent() + further,
    });
    ("v2/accounts", Fault::Says(account.to_string().leak()))
}

/// The transactions that a node refused to the patient, and that may come all the same.
fn refused_ones(scene: &Scene) -> Vec<Vec<u8>> {
    let folder = scene.home.profile_folder("patient").join("refused");
    let files = fs::read_dir(&folder).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap());
    let all = files.map(|file| serde_json::from_slice::<serde_json::Value>(&file).unwrap());
    let signed = all.map(|one| one["transactions"][0].as_str().unwrap().to_owned());
    signed.map(|one| mrms_core::hexadecimal::decode(&one).unwrap()).collect()
}

/// What the node says to a read-only call, with some bytes in the place of others.
fn changed(scene: &Scene, function: &str, arguments: &[Value], from: &[u8], to: &[u8]) -> Fault {
    changed_so(scene, function, arguments, |honest| {
        let at = honest.windows(from.len()).position(|part| part == from);
        let at = at.unwrap_or_else(|| panic!("{honest:?}"));
        honest.splice(at..at + from.len(), to.iter().copied());
    })
}

/// What the node says to a read-only call, after this.
pub(crate) fn changed_so(
    scene: &Scene,
    function: &str,
    arguments: &[Value],
    change: impl FnOnce(&mut Vec<u8>),
) -> Fault {
    let contract: ContractId = scene.home.contract().parse().unwrap();
    let sender = Principal::from(contract.deployer);
    let said = scene.client().call_read_only(&contract, function, arguments, &sender).unwrap();
    let mut said = said.encode().unwrap();
    change(&mut said);
    let result = format!("0x{}", hex::encode(said));
    Fault::Says(json!({"okay": true, "result": result}).to_string().leak())
}

pub(crate) fn principal_value(principal: &str) -> Value {
    Value::principal(principal.parse::<Principal>().unwrap())
}

/// The node says that record 7 is somebody else's.
pub(crate) fn handed_on(scene: &Scene) -> (&'static str, Fault) {
    let bytes = |name: &str| principal_value(scene.home.principal(name)).encode().unwrap();
    let (patient, clinic) = (bytes("patient"), bytes("clinic"));
    ("get-record HTTP", changed(scene, "get-record", &[Value::uint(7_u8)], &patient, &clinic))
}

/// The node says that what the clinic was given has ended.
fn shown_as_ended(scene: &Scene) -> Vec<(&'static str, Fault)> {
    let clinic = principal_value(&scene.clinic());
    let patient = principal_value(scene.home.principal("patient"));
    let rights = [b"rights".as_slice(), &[1]].concat();
    let had = |rights_then: u8| [&rights[..], &[0; 15], &[rights_then]].concat();
    let ended =
        |function: &str, arguments: &[Value]| changed(scene, function, arguments, &had(1), &had(0));
    vec![
        ("get-grant HTTP", ended("get-grant", &[Value::uint(7_u8), clinic.clone()])),
        ("get-standing-grant HTTP", ended("get-standing-grant", &[patient, clinic])),
        ("get-record-reader HTTP", NONE),
        ("get-care-team-member HTTP", NONE),
    ]
}

#[test]
fn node_that_names_another_network_is_found_out_before_anything_is_signed() {
    let scene = Scene::new();
    let testnet = [
        ("v2/info", Fault::Number("network_id", 0x8000_0000)),
        ("mrms/v1/proofs", Fault::NotFound),
    ];
    scene.answers_so(&testnet);
    let (stop, sent) = (["stop", &scene.clinic(), "--yes"], scene.sent());
    let error = scene.run("patient", &stop).refused(5, "other-ledger");
    assert!(error.to_string().contains("testnet"), "{error}");
    assert_eq!(scene.sent(), sent);
    // Another node holds nothing up, and the first is told.
    let run = run_on_both(&scene, scene.url(), "patient", &stop);
    assert!(run.stderr.contains("testnet"), "{run:?}");
    scene.assert_shut_out();
    scene.end();
}

/// A node of which nothing is the ledger that the profile saw, and which says that a block has what it is sent.
fn another_chain() -> Vec<(&'static str, Fault)> {
    let info = json!({
        "network_id": 0x8000_0000_u32, "genesis_chainstate_hash": "ab".repeat(32), "stacks_tip": "cd".repeat(32),
        "stacks_tip_consensus_hash": "ef".repeat(20), "stacks_tip_height": 50, "burn_block_height": 900_000,
    });
    let lies =
        [("v2/info", Fault::Says(info.to_string().leak())), ("v2/transactions", Fault::Swallowed)];
    [&lies[..], &hidden()].concat()
}

#[test]
fn node_of_another_chain_at_an_address_that_was_never_used_is_believed_nothing() {
    let scene = Scene::new();
    let profile = scene.home.root().join("profiles/patient");
    let elsewhere = scene.url().replace("127.0.0.1", "localhost");
    let at = |line: &[&str]| {
        let mut command = scene.command("patient", line);
        command.env("MRMS_LEDGER_URL", &elsewhere);
        scene.home.run(command)
    };
    let (clinic, sent) = (scene.clinic(), scene.sent());
    let stop = ["stop", &clinic, "--yes"];
    scene.answers_so(&another_chain());
    let kept = ["heads.json", "chains.json"].map(|name| fs::read(profile.join(name)).unwrap());
    let damages =
        [None, Some(("heads.json", "{")), Some(("chains.json", "{")), Some(("chains.json", "{}"))];
    for damage in damages {
        if let Some((name, bytes)) = damage {
            fs::write(profile.join(name), bytes).unwrap();
        }
        for line in [&stop[..], &["grant", "7", &clinic, "--for", "3d"], &["list"]] {
            let error = at(line).refused(5, "other-ledger");
            assert!(error.to_string().contains("testnet"), "{error}");
        }
        for (name, bytes) in ["heads.json", "chains.json"].iter().zip(&kept) {
            fs::write(profile.join(name), bytes).unwrap();
        }
    }
    assert_eq!(scene.sent(), sent);
    scene.answers();
    at(&stop).ok();
    scene.assert_shut_out();
    scene.end();
}

#[test]
fn another_ledger_is_gone_on_with_once_the_person_says_so() {
    let scene = Scene::new();
    scene.answers_so(&another_chain());
    scene.run("patient", &["list"]).refused(5, "other-ledger");
    let told = |run: &Run| String::from_utf8_lossy(&run.stdout).contains("another one for good");
    let doctor = scene.run("patient", &["doctor"]);
    assert!(told(&doctor), "{doctor:?}");
    let doctor = scene.run("patient", &["doctor", "--accept-ledger"]);
    assert!(!told(&doctor), "{doctor:?}");
    let run = scene.run("patient", &["list"]);
    assert!(!run.stderr.contains("other-ledger"), "{run:?}");
    // What was given on the one before is not ended by anything here.
    scene.answers();
    scene.run("clinic", &["access", "7", "-o", "one", "--force"]).ok();
    scene.end();
}

#[test]
fn node_of_another_chain_among_several_ends_nothing_and_holds_nothing_up() {
    let scene = Scene::new();
    scene.answers_so(&another_chain());
    run_on_both(&scene, scene.url(), "patient", &["stop", &scene.clinic(), "--yes"]).ok();
    scene.assert_shut_out();
    scene.end();
}

#[test]
fn record_that_a_node_says_is_somebody_elses_is_ended_all_the_same() {
    let scene = Scene::new();
    let lies = [vec![handed_on(&scene)], hidden()].concat();
    scene.answers_so(&lies);
    scene.run("patient", &["stop", &scene.clinic(), "--yes"]).ok();
    scene.assert_shut_out();
    scene.end();
}

#[test]
fn end_that_a_node_refused_is_sent_until_it_is_proven_whatever_the_node_shows() {
    let scene = Scene::new();
    let stop = ["stop", &scene.clinic(), "--yes"];
    let lies = shown_as_ended(&scene);
    scene.answers_so(&[("v2/transactions", Fault::Refused)]);
    assert_ne!(scene.run("patient", &stop).code, Some(0));
    let sent = scene.sent();
    scene.answers_so(&lies);
    scene.run("patient", &stop).ok();
    assert!(scene.sent() > sent);
    scene.assert_shut_out();
    scene.end();
}

#[test]
fn revoke_ends_a_record_that_a_node_hides_or_says_is_somebody_elses() {
    let scene = Scene::new();
    let clinic = scene.clinic();
    scene.run("patient", &["list"]).ok();
    scene.run("patient", &["revoke", "--all-records", "--from", &clinic, "--yes"]).ok();
    let (record, list) = ("get-record HTTP", "get-patient-record HTTP");
    for (meant, lies) in [
        ("1", vec![(record, NONE)]),
        ("id:7", vec![(record, NONE)]),
        ("note.txt", vec![(record, NONE)]),
        ("note.txt", vec![("get-patient HTTP", NONE)]),
        ("Note.txt", vec![(list, NONE)]),
        ("1-3", vec![(list, NONE)]),
        ("1", vec![(list, NONE)]),
        ("all", vec![(list, NONE)]),
        ("1", vec![("get-patient HTTP", NONE)]),
        ("all", vec![("get-patient HTTP", NONE)]),
        ("id:7", vec![(record, Fault::Nonsense)]),
        ("id:7", vec![handed_on(&scene)]),
        ("all", vec![handed_on(&scene)]),
    ] {
        scene.answers();
        scene.run("patient", &["grant", "7", &clinic, "--for", "30d", "--yes"]).ok();
        scene.answers_so(&lies);
        let run = scene.run("patient", &["revoke", meant, "--from", &clinic, "--yes"]);
        assert!(matches!(run.code, Some(0 | 6)), "{meant} {lies:?}: {run:?}");
        assert!(!run.stderr.contains("could not write it down"), "{meant} {lies:?}: {run:?}");
        scene.assert_shut_out();
    }
    // What this profile gave nobody is not sent anywhere.
    scene.answers_so(&[(record, NONE)]);
    let sent = scene.sent();
    scene
        .run("patient", &["revoke", "id:8", "--from", &clinic, "--yes"])
        .refused(3, "record-not-found");
    assert_eq!(scene.sent(), sent);
    scene.end();
}

#[test]
fn nothing_to_end_is_told_as_what_the_node_says() {
    let scene = scene();
    let clinic = scene.clinic();
    let ends: [&[&str]; 3] = [
        &["staff", "remove", &clinic, "--keep-key", "--yes"],
        &["contact", "--remove", &clinic, "--yes"],
        &["hand-over", "withdraw", "--yes"],
    ];
    for line in ends {
        let run = scene.run("patient", line);
        let error = run.rows().pop().unwrap();
        assert_eq!(run.code, Some(3), "{run:?}");
        assert!(error.to_string().contains(scene.url()), "{line:?}: {error}");
    }
    scene.end();
}

#[test]
fn nodes_that_disagree_hold_no_end_up_and_are_told() {
    let scene = everything();
    for (who, line) in ends(&scene) {
        scene.answers_so(&hidden());
        let sent = scene.sent_by(who);
        let line: Vec<_> = line.iter().map(String::as_str).collect();
        let run = run_on_both(&scene, scene.url(), who, &line);
        assert_told(&run);
        assert!(scene.sent_by(who) > sent, "{line:?}");
    }
    assert_nothing_is_left(&scene);
    scene.end();
}

#[test]
fn what_any_node_shows_is_ended_by_who_remembers_nothing() {
    let scene = Scene::new();
    for file in ["granted.json", "granted.mark"] {
        fs::remove_file(scene.home.profile_folder("patient").join(file)).unwrap();
    }
    scene.answers_so(&hidden());
    let run = run_on_both(&scene, scene.url(), "patient", &["stop", &scene.clinic(), "--yes"]);
    assert_told(&run);
    scene.assert_shut_out();
    scene.end();
}

#[test]
fn end_by_the_word_of_a_node_alone_is_told_as_that() {
    let scene = Scene::new();
    let folder = scene.home.profile_folder("patient");
    let files = ["granted.json", "granted.mark"].map(|name| folder.join(name));
    let kept = files.each_ref().map(|path| fs::read(path).unwrap());
    let stop = ["stop", &scene.clinic(), "--yes"];
    scene.answers_so(&hidden());
    for damage in [None, Some(&b""[..]), Some(b"{ damaged")] {
        match damage {
            None => fs::remove_file(&files[0]).unwrap(),
            Some(bytes) => fs::write(&files[0], bytes).unwrap(),
        }
        let run = scene.run("patient", &stop);
        assert!(run.stderr.contains("what you gave is not known here"), "{damage:?}: {run:?}");
        let error = run.rows().pop().unwrap()["error"].clone();
        assert_eq!((run.code, text(&error, "code")), (Some(5), "profile-damaged"), "{run:?}");
        assert!(text(&error, "message").contains(scene.url()), "{error}");
        let run = scene.text("patient", &["revoke", "all", "--from", &scene.clinic()]);
        assert!(run.printed().contains(scene.url()), "{run:?}");
    }
    // A profile that was recovered from its words remembers nobody.
    files.iter().for_each(|path| fs::remove_file(path).unwrap());
    let run = scene.text("patient", &stop).ok();
    let said = run.printed();
    assert!(said.contains(scene.url()) && said.contains("remembers nothing"), "{said}");
    for (path, bytes) in files.iter().zip(kept) {
        fs::write(path, bytes).unwrap();
    }
    let said = scene.run("patient", &stop).ok();
    assert!(!String::from_utf8_lossy(&said.stdout).contains("remembers nothing"), "{said:?}");
    scene.assert_shut_out();
    scene.end();
}

#[test]
fn contact_who_asked_and_whom_one_node_hides_is_noticed_and_refused() {
    let scene = everything();
    let (patient, next) =
        (scene.home.principal("patient").to_owned(), scene.home.principal("next").to_owned());
    scene.run("next", &["contact", "ask", &patient]).ok();
    scene.answers_so(&[("get-contact", NONE)]);
    let told = run_on_both(&scene, scene.url(), "patient", &["list"]).stderr;
    assert!(told.contains("nodes disagree") && told.contains("get-contact"), "{told}");
    let doctor = run_on_both(&scene, scene.url(), "patient", &["doctor"]).rows();
    let nodes = doctor.iter().find(|row| row["check"] == "nodes").unwrap();
    assert_eq!(nodes["ok"], false, "{nodes}");
    let refused = run_on_both(&scene, scene.url(), "patient", &["contact", "refuse", &next]);
    assert_told(&refused);
    scene.answers();
    assert!(scene.run("patient", &["contacts"]).ok().rows().is_empty());
    scene.end();
}

#[test]
fn node_that_never_answers_is_told_soon_and_another_ends_it() {
    let scene = Scene::new();
    let stop = ["stop", &scene.clinic(), "--yes"];
    scene.answers_so(&[("", Fault::Late(Duration::from_secs(100)))]);
    let begun = Instant::now();
    let run = scene.run("patient", &stop);
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}: {run:?}", begun.elapsed());
    assert!(run.stderr.contains(&format!("{} does not answer yet", scene.url())), "{run:?}");
    let error = run.refused(6, "ledger-unreachable");
    assert!(text(&error, "hint").contains("--ledger"), "{error}");
    for first in [scene.url(), "http://127.0.0.1:1"] {
        let run = run_on_both(&scene, first, "patient", &stop).ok();
        assert!(run.stderr.contains("next node"), "{run:?}");
    }
    scene.assert_shut_out();
    scene.end();
}
