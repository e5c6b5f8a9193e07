//! What the sponsor pays for, how often, and in which order.

use std::collections::BTreeSet;
use std::thread;

use crate::chain::{Place, account, ask, now, refused, request, revoke, sponsor_nonce};

#[test]
fn another_request_with_a_nonce_that_was_paid_for_is_refused() {
    let place = Place::new(10, 10);
    let sponsor = place.open();
    ask(&sponsor, &request(1, 0, 7)).unwrap();
    assert_eq!(refused(&sponsor, &request(1, 0, 8)), "nonce-taken");
    assert_eq!(place.ledger.state().mined.len(), 1);
}

#[test]
fn same_request_again_gets_the_same_bytes_and_costs_nothing_more() {
    let place = Place::new(10, 10);
    let sponsor = place.open();
    let first = ask(&sponsor, &request(1, 0, 7)).unwrap();
    let other = ask(&sponsor, &request(2, 0, 7)).unwrap();
    assert_eq!(ask(&sponsor, &request(1, 0, 7)).unwrap(), first);
    assert_eq!((sponsor_nonce(&first), sponsor_nonce(&other)), (0, 1));
    let left = sponsor.remaining(Some(&account(1)), now());
    assert_eq!((left.each.transactions, left.all.transactions), (9, 8));
    assert_eq!(place.ledger.state().mined.len(), 2);
}

#[test]
fn nonces_that_are_used_or_ahead_of_their_turn_are_refused() {
    let place = Place::new(10, 10);
    let sponsor = place.open();
    place.ledger.uses_nonce(&account(1));
    assert_eq!(refused(&sponsor, &request(1, 0, 7)), "nonce-used");
    assert_eq!(refused(&sponsor, &request(1, 2, 7)), "nonce-gap");
    ask(&sponsor, &request(1, 1, 7)).unwrap();
}

#[test]
fn several_of_one_account_may_wait_for_a_block() {
    let place = Place::new(50, 50);
    let sponsor = place.open();
    place.ledger.state().is_slow = true;
    for nonce in 0..3 {
        ask(&sponsor, &request(1, nonce, 7)).unwrap();
    }
    assert_eq!(sponsor.in_flight(), 3);
    for who in 10..27 {
        ask(&sponsor, &request(who, 0, 7)).unwrap();
    }
    assert_eq!(refused(&sponsor, &request(30, 0, 7)), "busy");
    place.ledger.mine();
    ask(&sponsor, &request(30, 0, 7)).unwrap();
    assert_eq!(sponsor.in_flight(), 1);
}

#[test]
fn used_up_budget_does_not_refuse_a_revoke() {
    let place = Place::new(1, 1);
    let sponsor = place.open();
    ask(&sponsor, &request(1, 0, 7)).unwrap();
    assert_eq!(refused(&sponsor, &request(1, 1, 7)), "budget-exhausted");
    ask(&sponsor, &revoke(1, 1, 7)).unwrap();
    drop(sponsor);
    // The books know which budget paid.
    let sponsor = place.open();
    assert_eq!(refused(&sponsor, &revoke(1, 2, 7)), "budget-exhausted", "its own bound");
    let left = sponsor.remaining(Some(&account(1)), now());
    assert_eq!((left.each.transactions, left.urgent_each.transactions), (0, 0));
}

#[test]
fn revoke_has_a_place_where_everything_waits_for_a_block() {
    let place = Place::new(50, 50);
    let sponsor = place.open();
    place.ledger.state().is_slow = true;
    for who in 10..30 {
        ask(&sponsor, &request(who, 0, 7)).unwrap();
    }
    assert_eq!(refused(&sponsor, &request(30, 0, 7)), "busy");
    ask(&sponsor, &revoke(30, 0, 7)).unwrap();
}

#[test]
fn budget_of_an_account_and_that_of_all_end_and_renew() {
    let place = Place::new(2, 3);
    let sponsor = place.open();
    for nonce in 0..2 {
        ask(&sponsor, &request(1, nonce, 7)).unwrap();
    }
    let refusal = ask(&sponsor, &request(1, 2, 7)).unwrap_err();
    assert_eq!((refusal.code(), refusal.status()), ("budget-exhausted", 429));
    assert!(refusal.to_string().contains("renews at 2026-11-23T00:00:00Z"), "{refusal}");
    ask(&sponsor, &request(2, 0, 7)).unwrap();
    assert_eq!(refused(&sponsor, &request(3, 0, 7)), "budget-exhausted");
    let tomorrow = "2026-11-23T00:00:00Z".parse().unwrap();
    sponsor.pay_for(&request(1, 2, 7), None, tomorrow).unwrap();
}

#[test]
fn fee_beyond_the_ceiling_is_not_paid() {
    let place = Place::new(10, 10);
    let sponsor = place.open();
    place.ledger.state().fee = 5_001;
    assert_eq!(refused(&sponsor, &request(1, 0, 7)), "fee-above-ceiling");
    place.ledger.state().fee = 5_000;
    assert_eq!(ask(&sponsor, &request(1, 0, 7)).unwrap().fee.number(), 5_000);
}

#[test]
fn what_the_ledger_refuses_costs_nothing_and_frees_both_nonces() {
    let place = Place::new(1, 1);
    let sponsor = place.open();
    for (reason, code) in [("NotEnoughFunds", "out-of-funds"), ("BadFunctionArgument", "rejected")]
    {
        place.ledger.state().refusals.push_back(reason);
        assert_eq!(refused(&sponsor, &request(1, 0, 7)), code);
    }
    let paid = ask(&sponsor, &request(1, 0, 8)).unwrap();
    assert_eq!(sponsor_nonce(&paid), 0);
    assert!(place.journal().contains(r#""decision":"returned""#));
}

#[test]
fn nonce_that_the_sponsor_used_otherwise_is_passed_over() {
    let place = Place::new(10, 10);
    let sponsor = place.open();
    ask(&sponsor, &request(1, 0, 7)).unwrap();
    place.ledger.uses_nonce(&account(9));
    assert_eq!(sponsor_nonce(&ask(&sponsor, &request(2, 0, 7)).unwrap()), 2);
    // A mempool that does not tell: what it says of the conflict is believed once.
    place.ledger.state().refusals.push_back("ConflictingNonceInMempool");
    assert_eq!(sponsor_nonce(&ask(&sponsor, &request(3, 0, 7)).unwrap()), 3);
}

#[test]
fn requests_at_once_get_nonces_without_gaps() {
    let place = Place::new(10, 100);
    let sponsor = place.open();
    let nonces: BTreeSet<_> = thread::scope(|scope| {
        let threads: Vec<_> = (10..18)
            .map(|who| {
                let sponsor = &sponsor;
                scope.spawn(move || {
                    (0..5)
                        .map(|nonce| sponsor_nonce(&ask(sponsor, &request(who, nonce, 7)).unwrap()))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(nonces, (0..40).collect());
    assert_eq!(place.ledger.state().mined.len(), 40);
}

#[test]
fn journal_tells_who_did_what_and_never_what_was_in_it() {
    let place = Place::new(1, 1);
    let sponsor = place.open();
    let bytes = request(1, 0, 0x5eed_5eed);
    let paid = ask(&sponsor, &bytes).unwrap();
    refused(&sponsor, &request(1, 1, 7));
    let journal = place.journal();
    let rows: Vec<serde_json::Value> =
        journal.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let field = |row: usize, name: &str| rows[row][name].as_str().unwrap_or_default().to_owned();
    assert_eq!(rows.len(), 1, "payments alone");
    assert_eq!(field(0, "decision"), "sponsored");
    assert_eq!(field(0, "principal"), account(1).to_string());
    assert_eq!(field(0, "function"), "access-medical-record");
    assert_eq!(field(0, "txid"), paid.txid.to_string());
    assert!(!journal.contains("5eed5eed"), "{journal}");
    let refusal: serde_json::Value = serde_json::from_str(place.refusals().trim()).unwrap();
    assert_eq!(refusal["decision"], "refused");
    assert_eq!(refusal["reason"], "budget-exhausted");
    assert_eq!(refusal["principal"], account(1).to_string());
}

#[test]
fn refusals_fill_neither_the_disk_nor_the_journal() {
    let place = Place::new(1, 1);
    let sponsor = place.open();
    ask(&sponsor, &request(1, 0, 7)).unwrap();
    for _ in 0..70 {
        assert_eq!(refused(&sponsor, &request(1, 0, 8)), "nonce-taken");
    }
    assert_eq!(place.journal().lines().count(), 1);
    assert_eq!(place.refusals().lines().count(), 20);
    // The periodic work writes the numbers of an hour that is over.
    sponsor.maintain("2026-11-22T11:00:00Z".parse().unwrap()).unwrap();
    assert_eq!(place.refusals().lines().count(), 21);
    assert!(place.refusals().contains(r#""reason":"nonce-taken","count":50"#));
}
