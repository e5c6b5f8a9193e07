//! Several servers behind one address that are at different tips, one of them on another branch: nothing is repeated, nothing
//! is told as lost, and nothing as done that is not.

use std::collections::BTreeSet;

use super::software::Software;
use super::{People, WHOLE, actions};
use crate::support::{NOTE, text};

#[test]
fn record_lives_on_servers_at_different_tips() {
    let people = People::on(Software::Api8);
    people.home.file("note.txt", NOTE);
    people.network.balance_over_servers();
    people.live();
    let run = people.run("patient", &["audit", "7"]).ok();
    let trail = run.rows();
    assert_eq!(actions(&trail), WHOLE, "each once");
    let txids: BTreeSet<_> = trail.iter().map(|line| text(line, "txid")).collect();
    assert_eq!(txids.len(), WHOLE.len(), "{trail:?}");
    assert!(!run.stderr.contains("could not be compared"), "{run:?}");
}

#[test]
fn what_was_done_a_moment_ago_is_neither_missing_nor_told_as_lost() {
    let people = People::on(Software::Api8);
    people.home.file("note.txt", NOTE);
    people.network.balance_over_servers();
    let clinic = people.principal("clinic");
    for id in ["7", "8", "9"] {
        for line in [
            &["create", "note.txt", "--id", id][..],
            &["grant", id, &clinic, "--forever"],
            &["show", id],
            &["revoke", id, &clinic],
            &["verify", id],
        ] {
            let run = people.run("patient", line).ok();
            for word in ["rolled back", "taken back", "does not show", "WARNING", "waiting"] {
                assert!(!run.stderr.contains(word), "{line:?}: {run:?}");
            }
        }
        let trail = people.run("patient", &["audit", id]).ok().rows();
        assert_eq!(actions(&trail), ["create", "grant", "revoke"]);
    }
    let outbox = people.home.profile_folder("patient").join("outbox");
    assert_eq!(std::fs::read_dir(outbox).map_or(0, Iterator::count), 0);
}
