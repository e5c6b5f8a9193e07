//! An API that takes so many requests and no more, and one of a network that has statuses which nobody knows yet.

use super::software::Software;
use super::{People, WHOLE, actions};
use crate::support::text;

#[test]
fn record_lives_on_an_api_that_asks_to_come_again_later() {
    let people = People::on(Software::Api8);
    people.network.limit_requests(25);
    people.live();
    let (trail, said) = people.trail("7");
    let (refused, too_early) = people.network.end_limit();
    assert!(refused > 5, "{refused}");
    assert_eq!(too_early, 0, "of {refused} pauses");
    assert_eq!(actions(&trail), WHOLE);
    assert!(!said.contains("could not be compared"), "{said}");
}

#[test]
fn status_that_nobody_knows_stands_in_no_way() {
    for software in [Software::Api8, Software::Api9] {
        let people = People::on(software);
        people.network.list_an_unknown_status();
        people.live();
        for _ in 0..2 {
            let (trail, said) = people.trail("7");
            assert_eq!(actions(&trail), WHOLE, "{software:?}");
            assert!(!said.contains("sideways"), "{said}");
            people.network.chain().advance(10);
        }
        people.run("patient", &["who"]).ok();
        people.run("patient", &["doctor"]).ok();
    }
}

#[test]
fn what_a_node_forgot_is_sent_again_as_it_was() {
    for software in [Software::Api8, Software::Api9] {
        let mut people = People::on(software);
        people.home.file("note.txt", crate::support::NOTE);
        people.network.hold();
        people.home.set("MRMS_WAIT", "1");
        let create = ["create", "note.txt", "--id", "7"];
        people.run("patient", &create).refused(6, "transaction-pending");
        let waits = || people.run("patient", &["tx", "list"]).ok().rows();
        let [sent] = waits().try_into().unwrap();
        people.network.drop_what_waits();
        people.network.take_asked();
        let next = people.run("patient", &["list"]).ok();
        assert!(next.stderr.contains("still waiting for a block"), "{software:?}: {next:?}");
        let asked = people.network.take_asked();
        let posts = asked.iter().filter(|line| *line == "POST /v2/transactions").count();
        assert!(posts >= 1, "{software:?}: {asked:?}");
        let [again] = waits().try_into().unwrap();
        assert_eq!(text(&again, "txid"), text(&sent, "txid"), "the same bytes");
        people.network.release(0);
        let next = people.run("patient", &["list"]).ok();
        assert!(next.stderr.contains("finished what an interrupted command"), "{next:?}");
        people.network.go_on_at_once();
        let (trail, _) = people.trail("7");
        assert_eq!(actions(&trail), ["create"], "{software:?}: once");
        assert_eq!(text(&trail[0], "txid"), text(&sent, "txid"));
    }
}
