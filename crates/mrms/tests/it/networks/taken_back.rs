//! A fork takes back blocks with what people did: it is not lost, not done twice, and told as it stands now.

use super::software::Software;
use super::{People, WHOLE, actions};
use crate::support::{NOTE, text};

/// People of whom the clinic may open record 7; and the place on the chain after that.
fn people_before_a_fork(software: Software) -> People {
    let people = People::on(software);
    people.home.file("note.txt", NOTE);
    people.run("patient", &["create", "note.txt", "--id", "7"]).ok();
    people.run("patient", &["grant", "7", &people.principal("clinic"), "--forever"]).ok();
    people
}

/// On each kind of software that tells a node's blocks.
const EACH: [Software; 4] = [Software::Api8, Software::Api9, Software::Indexed, Software::Bare];

#[test]
fn revoke_whose_block_was_taken_back_is_sent_again_as_it_was_signed() {
    for software in EACH {
        let people = people_before_a_fork(software);
        let place = people.network.chain().place();
        let clinic = people.principal("clinic");
        let revoked = people.run("patient", &["revoke", "7", &clinic]).ok().object();
        people.network.chain().fork_at(&place);
        let next = people.run("patient", &["list"]).ok();
        assert!(next.stderr.contains("was taken back"), "{software:?}: {next:?}");
        assert!(next.stderr.contains("is sent again"), "{software:?}: {next:?}");
        people.run("clinic", &["access", "7", "-o", "late"]).refused(4, "grant-revoked");
        let shown = people.run("patient", &["audit", "7"]).ok();
        let revokes: Vec<_> =
            shown.rows().into_iter().filter(|row| row["action"] == "revoke").collect();
        assert_eq!(revokes.len(), 1, "{software:?}");
        if software.has_lists() {
            assert_eq!(text(&revokes[0], "txid"), text(&revoked, "txid"), "the same bytes");
        }
        // It stands, and nothing more is said of it.
        assert!(!shown.stderr.contains("taken back"), "{software:?}: {shown:?}");
        let outbox = people.home.profile_folder("patient").join("outbox");
        assert_eq!(std::fs::read_dir(outbox).map_or(0, Iterator::count), 0, "{software:?}");
    }
}

#[test]
fn revoke_that_is_repeated_after_a_fork_is_the_one_that_was_sent() {
    let people = people_before_a_fork(Software::Api8);
    let place = people.network.chain().place();
    let line = ["revoke", "7", &people.principal("clinic")];
    let revoked = people.run("patient", &line).ok().object();
    people.network.chain().fork_at(&place);
    let again = people.run("patient", &line).ok().object();
    assert_eq!(text(&again, "txid"), text(&revoked, "txid"));
    let (trail, _) = people.trail("7");
    assert_eq!(actions(&trail), ["create", "grant", "revoke"], "no refusal");
}

#[test]
fn what_was_taken_back_goes_before_what_is_signed_next() {
    let mut people = people_before_a_fork(Software::Api8);
    let place = people.network.chain().place();
    let clinic = people.principal("clinic");
    people.home.file("more.txt", "more");
    people.run("patient", &["amend", "7", "more.txt"]).ok();
    people.run("patient", &["revoke", "7", &clinic]).ok();
    people.network.chain().fork_at(&place);
    people.network.hold();
    people.home.set("MRMS_WAIT", "1");
    people.run("patient", &["create", "note.txt", "--id", "8"]).refused(6, "transaction-pending");
    let waits = people.run("patient", &["tx", "list"]).ok().rows();
    assert_eq!(waits.len(), 3, "{waits:?}");
    people.network.release(0);
    people.run("patient", &["list"]).ok();
    people.network.go_on_at_once();
    let (trail, said) = people.trail("7");
    assert_eq!(actions(&trail), ["create", "grant", "amend", "revoke"]);
    assert!(!said.contains("taken back"), "{said}");
    people.run("patient", &["verify", "8"]).ok();
    people.run("patient", &["doctor"]).ok();
}

#[test]
fn what_is_mined_again_elsewhere_is_read_as_it_stands_now_and_sent_no_more() {
    for software in [Software::Api8, Software::Api9, Software::Indexed] {
        let people = people_before_a_fork(software);
        let (place, height) = (people.network.chain().place(), people.network.chain().tip());
        people.opens("patient", "7", NOTE);
        people.opens("clinic", "7", NOTE);
        let actors = |people: &People| -> Vec<String> {
            let trail = people.trail("7").0;
            trail.iter().map(|row| format!("{} {}", row["action"], row["actor"])).collect()
        };
        let before = actors(&people);
        people.network.chain().fork_and_mine_again(&place, height);
        people.network.take_asked();
        let (trail, said) = people.trail("7");
        assert_eq!(actions(&trail), ["create", "grant", "access", "access"], "{software:?}");
        assert!(!said.contains("taken back"), "{software:?}: {said}");
        let after = actors(&people);
        // The two openings stand the other way round, at another index each.
        assert_eq!(after[2..], [before[3].clone(), before[2].clone()], "{software:?}");
        if software.has_lists() {
            assert!(trail.iter().all(|line| line["txid"].is_string()), "{trail:?}");
            assert!(!said.contains("could not be compared"), "{said}");
        }
        let asked = people.network.take_asked();
        assert!(!asked.iter().any(|line| line == "POST /v2/transactions"), "{asked:?}");
        people.run("patient", &["audit", "7", "--verify"]).ok();
    }
}

#[test]
fn life_goes_on_after_a_fork_as_if_there_had_been_none() {
    let people = People::on(Software::Api8);
    people.live();
    let (before, _) = people.trail("7");
    let place = people.network.chain().place();
    people.opens("patient", "7", b"answered");
    people.network.chain().fork_at(&place);
    people.run("patient", &["list"]).ok();
    let (trail, _) = people.trail("7");
    assert_eq!(actions(&trail)[..WHOLE.len()], actions(&before));
    assert_eq!(actions(&trail)[WHOLE.len()..], ["access"]);
}
