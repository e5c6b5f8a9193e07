//! A full disk keeps nobody from ending anything, and no repeated end is paid for again.

use crate::remote::proxy::Fault;
use crate::scene::Scene;
use crate::support::text;

/// A scene in which the clinic has record 7 by name alone.
fn by_name() -> Scene {
    let scene = Scene::new();
    scene.run("patient", &["revoke", "--all-records", "--from", &scene.clinic(), "--yes"]).ok();
    scene
}

#[test]
fn revoke_and_stop_are_sent_where_nothing_can_be_written_once() {
    for line in [&["revoke", "7", "--from"][..], &["stop", "--yes"]] {
        let scene = by_name();
        let clinic = scene.clinic();
        let line = [line, &[clinic.as_str()]].concat();
        let sent = scene.sent();
        let run = scene.run_on_a_full_disk("patient", &line).ok();
        assert!(run.stderr.contains("make room on its disk"), "{run:?}");
        assert_eq!(scene.sent(), sent + 1);
        for _ in 0..2 {
            scene.run_on_a_full_disk("patient", &line).ok();
            assert_eq!(scene.sent(), sent + 1, "it was paid for again");
        }
        scene.assert_shut_out();
        if line[0] == "stop" {
            // There is room again, and nothing to end any more.
            scene.run("patient", &line);
            assert_eq!(scene.sent(), sent + 1, "it was paid for again");
        }
        let trail = scene.run("patient", &["audit", "7"]).ok().rows();
        let refused: Vec<_> = trail.iter().filter(|row| row["action"] == "revoke").collect();
        assert_eq!(refused.len(), 1, "{trail:?}");
        scene.end();
    }
}

#[test]
fn what_waits_for_a_block_is_found_on_a_full_disk() {
    let scene = Scene::by_hand();
    let stop = ["stop", &scene.clinic(), "--yes"];
    let sent = scene.sent();
    for _ in 0..3 {
        let run = scene.run_on_a_full_disk("patient", &stop);
        assert_eq!(run.code, Some(6), "{run:?}");
        assert_eq!(scene.sent(), sent + 2, "access to all records, and to one");
    }
    scene.home.json("patient", &["node", "mine"]).ok();
    scene.run_on_a_full_disk("patient", &stop).ok();
    assert_eq!(scene.sent(), sent + 2);
    scene.assert_shares_nothing();
    scene.end();
}

#[test]
fn end_of_what_was_given_again_is_sent_again() {
    let scene = by_name();
    let clinic = scene.clinic();
    let revoke = ["revoke", "7", "--from", &clinic];
    scene.run_on_a_full_disk("patient", &revoke).ok();
    scene.run("patient", &["grant", "7", &clinic, "--for", "30d"]).ok();
    let sent = scene.sent();
    scene.run_on_a_full_disk("patient", &revoke).ok();
    assert_eq!(scene.sent(), sent + 1, "the one before the grant ended another grant");
    scene.assert_shut_out();
    scene.end();
}

#[test]
fn end_is_found_behind_which_something_else_was_noted() {
    for line in [&["revoke", "7", "--from"][..], &["stop", "--yes"]] {
        let scene = by_name();
        let clinic = scene.clinic();
        let line = [line, &[clinic.as_str()]].concat();
        scene.run_on_a_full_disk("patient", &line).ok();
        // There is room for a moment, and then none again.
        scene.home.file("other.txt", "another one");
        scene.run("patient", &["create", "other.txt"]).ok();
        let sent = scene.sent();
        for _ in 0..2 {
            scene.run_on_a_full_disk("patient", &line).ok();
            assert_eq!(scene.sent(), sent, "it was paid for again");
        }
        scene.assert_shut_out();
        scene.end();
    }
}

#[test]
fn what_stands_behind_something_that_waits_is_ended_on_a_full_disk() {
    let scene = Scene::by_hand();
    scene.home.file("other.txt", "another one");
    scene.run("patient", &["create", "other.txt"]).refused(6, "transaction-pending");
    let sent = scene.sent();
    let run = scene.run_on_a_full_disk("patient", &["stop", &scene.clinic(), "--yes"]);
    assert_eq!((run.code, scene.sent()), (Some(6), sent + 2), "{run:?}");
    scene.home.json("patient", &["node", "mine"]).ok();
    scene.assert_shares_nothing();
    scene.end();
}

#[test]
fn membership_and_the_access_to_an_erased_record_end_on_a_full_disk() {
    let scene = by_name();
    let patient = scene.home.principal("patient").to_owned();
    scene.run("clinic", &["staff", "add", &patient, "--forever"]).ok();
    let remove = ["staff", "remove", &patient, "--keep-key", "--yes"];
    scene.run_on_a_full_disk("clinic", &remove).ok();
    let staff = scene.run("clinic", &["staff", "list"]).ok().rows();
    assert!(staff.iter().all(|row| row["state"] != "open"), "{staff:?}");
    let sent = scene.sent();
    for _ in 0..2 {
        // The vault of this very disk can't write its log; access ends all the same.
        let run = scene.run_on_a_full_disk("patient", &["erase", "7", "--yes"]);
        let rows = run.rows();
        assert_eq!(run.code, Some(6), "{run:?}");
        let error = rows.last().unwrap();
        assert_eq!(text(&error["error"], "code"), "erasure-unfinished", "{run:?}");
        assert_eq!(scene.sent(), sent + 1);
    }
    scene.assert_shut_out();
    scene.run("patient", &["erase", "7", "--yes"]).ok();
    scene.end();
}

#[test]
fn end_whose_answer_is_lost_on_a_full_disk_is_told_as_one_that_may_have_been_sent() {
    for line in [&["revoke", "7", "--from"][..], &["stop", "--yes"]] {
        let scene = by_name();
        let clinic = scene.clinic();
        let line = [line, &[clinic.as_str()]].concat();
        let sent = scene.sent();
        // The node has it, and answers with an error.
        scene.does_not_answer("v2/transactions", Fault::GatewayTimeout);
        let run = scene.run_on_a_full_disk("patient", &line);
        let error = run.rows().pop().unwrap()["error"].clone();
        assert_eq!((run.code, text(&error, "code")), (Some(6), "maybe-sent"), "{run:?}");
        let (message, hint) = (text(&error, "message"), text(&error, "hint"));
        assert!(message.contains("may have been sent"), "{error}");
        assert!(hint.contains("repeat") && hint.contains("what was sent"), "{error}");
        assert!(!run.printed().contains("nothing was sent") && !run.printed().contains("is kept"));
        assert_eq!((scene.sent(), scene.waiting()), (sent + 1, 0), "{run:?}");
        scene.answers();
        scene.run_on_a_full_disk("patient", &line).ok();
        assert_eq!(scene.sent(), sent + 1, "it was paid for again");
        scene.assert_shut_out();
        scene.end();
    }
}

#[test]
fn end_that_no_node_can_have_is_told_as_not_sent_on_a_full_disk() {
    let scene = by_name();
    let sent = scene.sent();
    scene.does_not_answer("v2/", Fault::BadGateway);
    let line = ["revoke", "7", "--from", &scene.clinic()];
    let run = scene.run_on_a_full_disk("patient", &line);
    let error = run.refused(6, "ledger-unreachable");
    assert!(text(&error, "hint").contains("nothing was sent"), "{error}");
    assert_eq!(scene.sent(), sent);
    scene.end();
}
