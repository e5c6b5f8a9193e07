//! A revoke goes before what waits for a block on a network, whoever comes first.

use super::software::Software;
use super::{People, actions};
use crate::support::{NOTE, number, text};

/// A clinic may open record 7, and two operations of the patient's wait for a block.
fn people_whose_work_waits() -> People {
    people_whose_work_waits_on(Software::Api8)
}

fn people_whose_work_waits_on(software: Software) -> People {
    let mut people = People::on(software);
    people.home.file("note.txt", NOTE);
    people.run("patient", &["create", "note.txt", "--id", "7"]).ok();
    people.run("patient", &["grant", "7", &people.principal("clinic"), "--forever"]).ok();
    people.network.hold();
    people.home.set("MRMS_WAIT", "1");
    for id in ["8", "9"] {
        let created = people.run("patient", &["create", "note.txt", "--id", id]);
        created.refused(6, "transaction-pending");
    }
    people
}

impl People {
    fn waiting(&self) -> usize {
        let outbox = self.home.profile_folder("patient").join("outbox");
        std::fs::read_dir(outbox).map_or(0, Iterator::count)
    }

    fn revokes(&self) -> usize {
        let (trail, _) = self.trail("7");
        actions(&trail).iter().filter(|action| action.as_str() == "revoke").count()
    }
}

#[test]
fn revoke_goes_before_what_offers_too_little() {
    for software in [Software::Api8, Software::Api9, Software::Indexed] {
        assert_revoke_goes_first(software);
    }
}

fn assert_revoke_goes_first(software: Software) {
    let people = people_whose_work_waits_on(software);
    let listed = people.run("patient", &["tx", "list"]).ok().rows();
    assert_eq!(listed.len(), 2);
    let clinic = people.principal("clinic");
    let line = ["revoke", "7", &clinic];
    // What it would cost is told in STX, and nothing is signed.
    let planned = people.run("patient", &[&line[..], &["--dry-run"]].concat()).ok().object();
    let message = text(&planned, "message");
    assert!(message.contains("take back") && message.contains("record 8"), "{message}");
    assert!(message.contains(" STX"), "{message}");
    assert_eq!(people.waiting(), 2);

    let pending = people.run("patient", &line);
    assert!(pending.stderr.contains("it takes the place of: create record 8"), "{pending:?}");
    assert!(pending.stderr.contains("it costs 0.00"), "{pending:?}");
    pending.refused(6, "transaction-pending");
    let [kept, first] = people.run("patient", &["tx", "list"]).ok().rows().try_into().unwrap();
    assert_eq!(first["nonce"], listed[0]["nonce"], "the first place");
    assert_eq!(kept["txid"], listed[1]["txid"], "what it does not need stays");
    assert!(number(&first, "fee") >= number(&listed[0], "fee") * 5 / 4, "{first} {listed:?}");
    // Blocks come for who pays as much as the revoke: it stands, and what is behind it waits on.
    people.network.release(number(&first, "fee"));
    let next = people.run("patient", &["list"]).ok();
    assert!(next.stderr.contains("taken back: create record 8"), "{next:?}");
    assert!(
        next.stderr.contains("finished what an interrupted command had begun: revoke"),
        "{next:?}"
    );
    assert_eq!((people.revokes(), people.waiting()), (1, 1));
    people.run("clinic", &["access", "7", "-o", "late"]).refused(6, "transaction-pending");
    people.network.release(0);
    people.run("clinic", &["list"]).ok();
    people.run("patient", &["list"]).ok();
    assert_eq!(people.waiting(), 0);
    people.run("patient", &["verify", "9"]).ok();
    people.run("patient", &["audit", "8"]).refused(3, "record-not-found");
    assert_eq!(people.revokes(), 1);
    // It can be done again, once.
    people.network.go_on_at_once();
    people.run("patient", &["create", "note.txt", "--id", "8"]).ok();
    people.run("patient", &["verify", "8"]).ok();
}

#[test]
fn revoke_that_others_were_faster_than_is_sent_again_at_once_and_not_told_before() {
    let people = people_whose_work_waits();
    let clinic = people.principal("clinic");
    people.network.release_before_next();
    let revoked = people.run("patient", &["revoke", "7", &clinic]);
    assert!(revoked.stderr.contains("it takes the place of: create record 8"), "{revoked:?}");
    revoked.refused(6, "transaction-pending");
    // Both are in blocks, and the revoke waits behind them without anybody having been asked.
    let [again] = people.run("patient", &["tx", "list"]).ok().rows().try_into().unwrap();
    assert!(text(&again, "description").starts_with("revoke"), "{again}");
    assert_eq!((people.revokes(), people.waiting()), (0, 1));
    people.network.release(0);
    let next = people.run("patient", &["list"]).ok();
    assert!(
        next.stderr.contains("finished what an interrupted command had begun: revoke"),
        "{next:?}"
    );
    assert!(!next.stderr.contains("taken back"), "{next:?}");
    assert_eq!((people.revokes(), people.waiting()), (1, 0));
    for id in ["8", "9"] {
        let (trail, _) = people.trail(id);
        assert_eq!(actions(&trail), ["create"]);
    }
}

#[test]
fn stop_takes_back_a_grant_that_waits_for_the_same_person() {
    let people = people_whose_work_waits();
    let clinic = people.principal("clinic");
    people
        .run("patient", &["grant", "7", &clinic, "--forever", "--amend"])
        .refused(6, "transaction-pending");
    let stopped = people.run("patient", &["stop", &clinic]);
    assert!(stopped.stderr.contains("it takes the place of: grant"), "{stopped:?}");
    assert_ne!(stopped.code, Some(0), "{stopped:?}");
    people.network.release(0);
    let next = people.run("patient", &["list"]).ok();
    assert!(next.stderr.contains("taken back: grant"), "{next:?}");
    people.network.go_on_at_once();
    people.run("clinic", &["access", "7", "-o", "late"]).refused(4, "grant-revoked");
}

#[test]
fn repeated_revoke_that_waits_is_sent_once_and_leaves_no_refusal() {
    let people = people_whose_work_waits();
    let clinic = people.principal("clinic");
    let line = ["revoke", "7", &clinic];
    let first = people.run("patient", &line).refused(6, "transaction-pending");
    for _ in 0..2 {
        let again = people.run("patient", &line);
        assert!(again.stderr.contains("still waiting for a block: revoke"), "{again:?}");
        assert_eq!(
            text(&again.refused(6, "transaction-pending"), "message"),
            text(&first, "message")
        );
    }
    // By another command, too.
    let stopped = people.run("patient", &["stop", &clinic]);
    assert!(stopped.printed().contains("transaction-pending"), "{stopped:?}");
    assert_eq!(people.waiting(), 2, "the revoke, and what it left its place");
    people.network.release(0);
    people.run("patient", &["list"]).ok();
    let (trail, _) = people.trail("7");
    assert_eq!(actions(&trail), ["create", "grant", "revoke"]);
    assert_eq!(people.waiting(), 0);
    // What ended is not sent once more, by one command or another.
    people.network.go_on_at_once();
    people.run("patient", &["revoke", "7", "9", "--from", &clinic]);
    let (trail, _) = people.trail("7");
    assert_eq!(actions(&trail), ["create", "grant", "revoke"]);
}

#[test]
fn revoke_after_a_grant_that_waits_behind_one_is_another_revoke() {
    let people = people_whose_work_waits();
    let clinic = people.principal("clinic");
    let revoke = ["revoke", "7", &clinic];
    people.run("patient", &revoke).refused(6, "transaction-pending");
    people
        .run("patient", &["grant", "7", &clinic, "--forever", "--amend"])
        .refused(6, "transaction-pending");
    let again = people.run("patient", &revoke);
    assert!(again.stderr.contains("it takes the place of: grant"), "{again:?}");
    people.network.release(0);
    people.run("patient", &["list"]);
    people.network.go_on_at_once();
    people.run("clinic", &["access", "7", "-o", "late"]).refused(4, "grant-revoked");
}

#[test]
fn file_that_waits_for_its_block_is_not_put_on_record_twice() {
    let people = people_whose_work_waits();
    people.home.file("letter.txt", "a letter");
    people.run("patient", &["create", "letter.txt"]).refused(6, "transaction-pending");
    let waiting = people.waiting();
    people.run("patient", &["create", "letter.txt"]).refused(6, "transaction-pending");
    let several = people.run("patient", &["create", "letter.txt", "note.txt", "--again"]);
    assert_eq!(several.code, Some(6), "{several:?}");
    assert!(people.waiting() > waiting, "asked for, it is made");
    people.network.release(0);
    people.run("patient", &["list"]).ok();
    people.network.go_on_at_once();
    let before = people.run("patient", &["list"]).ok().rows().len();
    let told = people.run("patient", &["create", "letter.txt", "note.txt"]).ok().rows();
    assert!(told.iter().all(|row| row["created"] == true), "{told:?}");
    assert_eq!(people.run("patient", &["list"]).ok().rows().len(), before);
}
