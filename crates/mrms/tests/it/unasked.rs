//! A node that does not answer what there is to end keeps nobody from ending it.

use crate::remote::proxy::Fault;
use crate::scene::Scene;
use crate::support::text;

#[test]
fn stop_ends_what_the_profile_remembers_where_a_node_answers_nonsense() {
    for (function, fault) in [
        ("get-patient", Fault::Nonsense),
        ("get-patient", Fault::NotFound),
        ("get-record", Fault::Nonsense),
        ("get-standing-grant", Fault::NotFound),
    ] {
        let scene = Scene::new();
        let clinic = scene.home.principal("clinic").to_owned();
        scene.does_not_answer(function, fault);
        let run = scene.run("patient", &["stop", &clinic, "--yes"]);
        let rows = run.rows();
        let [stopped, error] = rows.as_slice() else { panic!("{function}: {run:?}") };
        // What else they can open is not known. That is one state, however the node does not answer.
        assert_eq!(
            (run.code, text(&error["error"], "code")),
            (Some(6), "ledger-answer"),
            "{run:?}"
        );
        assert_eq!((&stopped["records"][0], &stopped["all_records"]), (&"7".into(), &true.into()));
        assert!(text(&error["error"], "hint").contains("another connection"), "{run:?}");
        scene.assert_shut_out();
        // Nothing is left to end, and nothing is paid for again.
        let again = scene.run("patient", &["stop", &clinic, "--yes"]).ok();
        assert_eq!(text(&again.rows()[0], "user"), clinic);
        assert_eq!(again.rows()[0]["records"].as_array().map(Vec::len), Some(0), "{again:?}");
        scene.end();
    }
}

#[test]
fn end_that_could_not_be_sent_is_not_taken_for_done() {
    let scene = Scene::new();
    let clinic = scene.home.principal("clinic").to_owned();
    // The node hides what there is, and takes no transaction.
    scene.does_not_answer("transactions", Fault::BadGateway);
    let run = scene.run("patient", &["stop", &clinic, "--yes"]);
    assert_ne!(run.code, Some(0), "{run:?}");
    scene.answers();
    scene.run("patient", &["stop", &clinic, "--yes"]).ok();
    scene.assert_shut_out();
    scene.end();
}

#[test]
fn repeated_stop_signs_nothing_anew_while_nothing_is_taken() {
    let scene = Scene::new();
    let clinic = scene.home.principal("clinic").to_owned();
    scene.run("patient", &["revoke", "--all-records", "--from", &clinic, "--yes"]).ok();
    for id in ["8", "9"] {
        scene.home.file("other.txt", id);
        scene.run("patient", &["create", "other.txt", "--id", id]).ok();
        scene.run("patient", &["grant", id, &clinic, "--for", "30d"]).ok();
    }
    scene.does_not_answer("v2/transactions", Fault::BadGateway);
    for _ in 0..3 {
        assert_ne!(scene.run("patient", &["stop", &clinic, "--yes"]).code, Some(0));
    }
    scene.answers();
    scene.run("patient", &["stop", &clinic, "--yes"]).ok();
    for id in ["7", "8", "9"] {
        let trail = scene.run("patient", &["audit", id]).ok().rows();
        let refused: Vec<_> = trail.iter().filter(|line| !line["reason"].is_null()).collect();
        assert!(refused.is_empty(), "one was paid for twice: {refused:?}");
    }
    scene.assert_shut_out();
    scene.end();
}

#[test]
fn end_that_the_node_claims_and_does_not_prove_is_not_taken_for_done() {
    let scene = Scene::new();
    let clinic = scene.home.principal("clinic").to_owned();
    scene.run("patient", &["revoke", "--all-records", "--from", &clinic, "--yes"]).ok();
    scene.does_not_answer("mrms/v1/proofs/transaction", Fault::NotFound);
    let run = scene.run("patient", &["revoke", "7", "--from", &clinic]);
    let error = run.refused(6, "ledger");
    assert!(text(&error, "message").contains("no proof"), "{error}");
    scene.answers();
    let run = scene.run("patient", &["list"]).ok();
    assert!(run.stderr.contains("finished"), "{run:?}");
    scene.assert_shut_out();
    scene.end();
}

#[test]
fn revoke_ends_a_record_of_which_a_node_answers_nonsense() {
    let scene = Scene::new();
    let clinic = scene.home.principal("clinic").to_owned();
    scene.run("patient", &["revoke", "--all-records", "--from", &clinic, "--yes"]).ok();
    scene.does_not_answer("get-grant", Fault::Nonsense);
    let run = scene.run("patient", &["revoke", "7", "--from", &clinic]);
    let error = run.refused(6, "ledger-answer");
    assert!(text(&error, "hint").contains("that has ended"), "{error}");
    scene.assert_shut_out();
    scene.end();
}
