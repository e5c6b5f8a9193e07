//! The sponsor after a crash, and a ledger that loses, delays and forgets: nothing is paid twice, and
//! nothing stays behind.

use std::fs;

use mrms_stacks::transaction::Payload;

use crate::chain::{Place, SPONSOR, account, ask, now, refused, request, sponsor_nonce};

#[test]
fn what_was_agreed_to_and_spent_is_known_after_a_restart() {
    let place = Place::new(2, 2);
    let first = ask(&place.open(), &request(1, 0, 7)).unwrap();
    let sponsor = place.open();
    assert_eq!(ask(&sponsor, &request(1, 0, 7)).unwrap(), first);
    assert_eq!(refused(&sponsor, &request(1, 0, 8)), "nonce-taken");
    assert_eq!(sponsor.remaining(Some(&account(1)), now()).each.transactions, 1);
}

#[test]
fn nothing_is_agreed_to_while_the_ledger_is_away() {
    let place = Place::new(10, 10);
    let sponsor = place.open();
    place.ledger.state().is_away = true;
    assert_eq!(refused(&sponsor, &request(1, 0, 7)), "ledger-unreachable");
    assert_eq!((sponsor.in_flight(), sponsor.remaining(None, now()).all.transactions), (0, 10));
    place.ledger.state().is_away = false;
    ask(&sponsor, &request(1, 0, 8)).unwrap();
}

/// A sponsor that was cut off after it had signed for account 1 and before the ledger had it.
fn cut_off(place: &Place) {
    let sponsor = place.open();
    place.ledger.state().is_slow = true;
    place.ledger.state().is_mute = true;
    assert_eq!(refused(&sponsor, &request(1, 0, 7)), "ledger-unreachable");
    place.ledger.forget();
    place.ledger.state().is_mute = false;
    place.ledger.state().is_slow = false;
}

#[test]
fn crash_between_signing_and_sending_is_taken_up() {
    let place = Place::new(10, 10);
    cut_off(&place);
    let sponsor = place.open();
    assert_eq!(sponsor.in_flight(), 1);
    sponsor.maintain(now()).unwrap();
    assert_eq!(place.ledger.state().mined.len(), 1);
    let again = ask(&sponsor, &request(1, 0, 7)).unwrap();
    assert_eq!(place.ledger.state().mined[0].txid(), again.txid);
    assert_eq!(sponsor.remaining(Some(&account(1)), now()).each.transactions, 9);
}

#[test]
fn crash_between_the_bytes_and_the_journal_is_taken_up() {
    let place = Place::new(10, 10);
    cut_off(&place);
    // The journal ends before the line, or within it.
    let journal = place.journal();
    for left in [0, 40] {
        fs::write(place.journal_path(), &journal[..left]).unwrap();
        let sponsor = place.open();
        assert_eq!(sponsor.remaining(Some(&account(1)), now()).each.transactions, 9);
        assert_eq!(refused(&sponsor, &request(1, 0, 8)), "nonce-taken");
    }
    assert_eq!(place.ledger.state().mined.len(), 1);
    let row: serde_json::Value =
        serde_json::from_str(place.journal().lines().next().unwrap()).unwrap();
    assert_eq!(row["function"], "access-medical-record");
}

#[test]
fn lost_answer_is_no_second_fee() {
    let place = Place::new(10, 10);
    let sponsor = place.open();
    place.ledger.state().is_mute = true;
    assert_eq!(refused(&sponsor, &request(1, 0, 7)), "ledger-unreachable");
    place.ledger.state().is_mute = false;
    let paid = ask(&sponsor, &request(1, 0, 7)).unwrap();
    assert_eq!(sponsor_nonce(&paid), 0);
    assert_eq!(place.ledger.state().mined.len(), 1);
}

#[test]
fn what_the_ledger_has_forgotten_is_handed_over_again() {
    let place = Place::new(10, 10);
    let sponsor = place.open();
    place.ledger.state().is_slow = true;
    for who in 1..4 {
        ask(&sponsor, &request(who, 0, 7)).unwrap();
    }
    place.ledger.forget();
    sponsor.maintain(now()).unwrap();
    place.ledger.mine();
    sponsor.maintain(now()).unwrap();
    assert_eq!((place.ledger.state().mined.len(), sponsor.in_flight()), (3, 0));
}

#[test]
fn what_the_node_lost_is_sent_again_although_an_api_calls_it_pending() {
    let place = Place::new(10, 10);
    let sponsor = place.open();
    place.ledger.state().is_slow = true;
    for who in 1..4 {
        ask(&sponsor, &request(who, 0, 7)).unwrap();
    }
    place.ledger.forget_behind_an_api();
    let later = "2026-11-22T10:02:00Z".parse().unwrap();
    sponsor.maintain(later).unwrap();
    place.ledger.mine();
    sponsor.maintain(later).unwrap();
    assert_eq!((place.ledger.state().mined.len(), sponsor.in_flight()), (3, 0));
}

#[test]
fn nonce_whose_transaction_its_origin_replaced_is_filled_and_the_others_go_on() {
    let place = Place::new(10, 10);
    let sponsor = place.open();
    place.ledger.state().is_slow = true;
    let replaced = ask(&sponsor, &request(1, 0, 7)).unwrap();
    ask(&sponsor, &request(2, 0, 7)).unwrap();
    // Account 1 uses its nonce itself: what the sponsor signed for it can't stand in a block any more.
    place.ledger.uses_nonce(&account(1));
    place.ledger.forget();
    sponsor.maintain(now()).unwrap();
    place.ledger.mine();
    sponsor.maintain(now()).unwrap();
    let state = place.ledger.state();
    assert!(matches!(state.mined[0].payload(), Payload::TokenTransfer { .. }));
    assert!(state.mined[0].fee() > replaced.fee, "it takes the place of the other");
    assert_eq!(state.mined[1].origin(), account(2));
    assert_eq!(sponsor.in_flight(), 0);
    assert!(place.journal().contains(r#""decision":"filled""#));
}

#[test]
fn gap_below_what_waits_is_filled() {
    let place = Place::new(10, 10);
    let sponsor = place.open();
    place.ledger.state().is_slow = true;
    for who in 1..4 {
        ask(&sponsor, &request(who, 0, 7)).unwrap();
    }
    // A node that starts anew refuses the first and takes the others.
    place.ledger.forget();
    drop(sponsor);
    place.ledger.state().refusals.push_back("BadFunctionArgument");
    let sponsor = place.open();
    sponsor.maintain(now()).unwrap();
    sponsor.maintain(now()).unwrap();
    place.ledger.mine();
    sponsor.maintain(now()).unwrap();
    assert_eq!((place.ledger.state().mined.len(), sponsor.in_flight()), (3, 0));
    assert_eq!(
        sponsor.remaining(Some(&account(1)), now()).each.transactions,
        10,
        "it was not paid"
    );
}

#[test]
fn what_a_lagging_ledger_does_not_know_stays_paid_for() {
    let place = Place::new(10, 10);
    let sponsor = place.open();
    place.ledger.state().is_slow = true;
    let paid = ask(&sponsor, &request(1, 0, 7)).unwrap();
    place.ledger.mine();
    // The sponsor's nonce is seen used, the transaction is not known, and neither is its origin's nonce.
    place.ledger.state().is_behind = true;
    sponsor.maintain(now()).unwrap();
    assert_eq!(ask(&sponsor, &request(1, 0, 7)).unwrap(), paid);
    assert_eq!(sponsor.remaining(Some(&account(1)), now()).each.transactions, 9);
    assert!(!place.journal().contains("returned"), "{}", place.journal());
    place.ledger.state().is_behind = false;
    sponsor.maintain(now()).unwrap();
    assert_eq!((sponsor.in_flight(), place.ledger.state().mined.len()), (0, 1));
}

#[test]
fn what_nobody_knows_for_long_after_its_nonce_was_used_is_returned() {
    let place = Place::new(10, 10);
    let sponsor = place.open();
    place.ledger.state().is_slow = true;
    ask(&sponsor, &request(1, 0, 7)).unwrap();
    place.ledger.forget();
    place.ledger.uses_nonce(&account(SPONSOR));
    sponsor.maintain(now()).unwrap();
    assert_eq!(sponsor.in_flight(), 1);
    let later = "2026-11-22T10:02:00Z".parse().unwrap();
    sponsor.maintain(later).unwrap();
    assert_eq!(sponsor.in_flight(), 0);
    assert_eq!(sponsor.remaining(Some(&account(1)), later).each.transactions, 10);
    assert!(place.journal().contains(r#""decision":"returned""#));
}
