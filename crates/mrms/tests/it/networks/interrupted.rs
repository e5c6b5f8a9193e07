//! What is read in several requests, while the ledger changes between two of them or gives no more: nothing is passed over,
//! nothing is told that is not so any more, and what was read is not read again.

use super::software::Software;
use super::{People, actions};
use crate::support::{NOTE, text};

/// On the API of today and that of tomorrow.
const APIS: [Software; 2] = [Software::Api8, Software::Api9];

/// People of whom one was refused record 7, a number of blocks ago.
fn people_with_a_refusal(software: Software) -> People {
    let people = People::on(software);
    people.home.file("note.txt", NOTE);
    people.run("patient", &["create", "note.txt", "--id", "7"]).ok();
    people.run("stranger", &["access", "7", "-o", "stolen"]).refused(4, "no-access");
    people.network.chain().advance(10);
    people
}

#[test]
fn refusal_that_moves_up_between_two_pages_is_not_passed_over() {
    for software in APIS {
        let people = people_with_a_refusal(software);
        people.network.refuse_strangers(49);
        let place = people.network.chain().place();
        // One at the top of the list; the one of the stranger is the first row of the second page.
        people.run("clinic", &["access", "7", "-o", "stolen"]).refused(4, "no-access");
        // The first page and the second.
        let pages = match software {
            Software::Api9 => ["/transactions?limit=50", "/transactions?limit=50&cursor="],
            _ => ["/transactions?limit=50&offset=0", "/transactions?limit=50&offset="],
        };
        people.network.fork_before(&place, &pages);
        let (trail, _) = people.trail("7");
        assert!(people.network.has_forked(), "{software:?}");
        let told = actions(&trail);
        assert!(told.starts_with(&["create".into(), "access denied".into()]), "{told:?}");
        if software == Software::Api8 {
            // By offset, all was read anew.
            assert_eq!(told.len(), 2, "{told:?}");
        }
        for _ in 0..2 {
            people.network.chain().advance(10);
            assert_eq!(actions(&people.trail("7").0), ["create", "access denied"], "{software:?}");
        }
    }
}

#[test]
fn event_that_moves_up_between_two_requests_is_not_passed_over() {
    let people = people_with_a_refusal(Software::Api8);
    people.home.file("more.txt", "more");
    people.run("patient", &["amend", "7", "more.txt"]).ok();
    people.network.chain().advance(10);
    let place = people.network.chain().place();
    // Newer than all events of the record, and gone when its page is asked for.
    for id in ["8", "9"] {
        people.run("clinic", &["create", "note.txt", "--id", id]).ok();
    }
    people.network.fork_before(&place, &["/events?limit=1&", "/events?limit=50&"]);
    let run = people.run("patient", &["audit", "7"]).ok();
    assert!(people.network.has_forked());
    assert!(!run.stderr.contains("could not be compared"), "{run:?}");
    let trail = run.rows();
    assert_eq!(actions(&trail), ["create", "access denied", "amend"]);
    assert!(trail.iter().all(|line| line["txid"].is_string()), "{trail:?}");
}

#[test]
fn fork_while_a_command_ends_is_noticed_by_the_next_one() {
    for software in APIS {
        for takes_an_earlier_one in [true, false] {
            let people = people_with_a_refusal(software);
            let place = people.network.chain().place();
            let mut expected = vec!["create", "access denied"];
            if takes_an_earlier_one {
                people.home.file("more.txt", "more");
                people.run("patient", &["amend", "7", "more.txt"]).ok();
                expected.push("amend");
            }
            // The block of what was sent is asked for when the receipt is there already.
            let requests = ["POST /v2/transactions", "/extended/v2/blocks/"];
            people.network.fork_before(&place, &requests);
            let sent = people.run("patient", &["create", "note.txt", "--id", "8"]).ok().object();
            assert!(people.network.has_forked(), "{software:?}");
            let next = people.run("patient", &["list"]).ok();
            assert!(next.stderr.contains("was taken back"), "{software:?}: {next:?}");
            assert!(next.stderr.contains("is sent again"), "{software:?}: {next:?}");
            let (trail, said) = people.trail("8");
            assert_eq!(actions(&trail), ["create"], "{software:?}: once");
            assert_eq!(text(&trail[0], "txid"), text(&sent, "txid"), "the same bytes");
            assert!(!said.contains("taken back"), "{said}");
            assert_eq!(actions(&people.trail("7").0), expected, "{software:?}");
        }
    }
}

#[test]
fn audit_that_was_interrupted_goes_on_where_it_was() {
    /// Pages that the API gives before it gives no more.
    const GIVEN: usize = 60;
    for software in APIS {
        let people = people_with_a_refusal(software);
        let count = |expected: &[&str]| {
            people.network.take_asked();
            let (trail, said) = people.trail("7");
            assert_eq!(actions(&trail), expected, "{software:?}");
            (people.network.take_asked().len(), said)
        };
        count(&["create", "access denied"]);
        let (before, said) = count(&["create", "access denied"]);
        assert!(!said.contains("refused attempts"), "{said}");
        for _ in 0..20 {
            people.network.chain().go_on();
        }
        people.network.refuse_strangers_in_blocks_of(100, 5_000);
        people.network.chain().advance(10);
        people.network.give_pages(Some(GIVEN));
        let stopped = people.run("patient", &["audit", "7"]);
        assert!(stopped.code != Some(0), "{stopped:?}");
        assert!(stopped.printed().lines().count() == 1, "no part of a trail: {stopped:?}");
        let told = "transactions of the contract that were not looked through yet";
        assert!(stopped.stderr.contains(told), "{stopped:?}");
        assert!(stopped.stderr.contains("goes on from there"), "{stopped:?}");
        people.network.give_pages(None);
        // What comes on top meanwhile does not hide what is still to be read.
        people.run("stranger", &["access", "7", "-o", "stolen"]).refused(4, "no-access");
        people.network.chain().advance(10);
        let expected = ["create", "access denied", "access denied"];
        let (went_on, _) = count(&expected);
        // What was left, and a few for the place where it goes on. The newer pages need a second request each.
        let left = 5_000 / 49 + 2 - GIVEN;
        let most = before + 6 + if software == Software::Api9 { 2 * left } else { left };
        assert!(went_on <= most, "{software:?}: {went_on} of {most}");
        let (after, said) = count(&expected);
        assert!(after <= before + 1, "{software:?}: {after} after {before}");
        assert!(!said.contains("refused attempts"), "{said}");
    }
}
