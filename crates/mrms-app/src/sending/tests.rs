//! How a use case ends when nothing is sent.

use mrms_contract::call;
use mrms_core::{BlockHeight, ChainId, MicroStx, Nonce, RecordId, TxId};
use mrms_stacks::clarity::Value;
use mrms_stacks::network::Network;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::outcome::{Outcome, PlannedTransaction, SendError};
use crate::ledger::LedgerError;
use crate::profile::acts::Act;
use crate::session::{Actor, Sending, SignOnly};
use crate::testing::{FakeLedger, Fakes, actor};

fn scene() -> (Actor, Fakes) {
    let patient = actor(&mut StdRng::seed_from_u64(3));
    let fakes = Fakes::new(patient.principal).unwrap();
    (patient, fakes)
}

fn calls(user: &Actor) -> Vec<call::Call> {
    let record = RecordId::new(1);
    let revoke = call::revoke_record_access(record, &user.principal());
    vec![revoke, call::access_medical_record(record)]
}

#[test]
fn dry_run_signs_sends_and_keeps_nothing() {
    let (patient, fakes) = scene();
    let would_return = Value::ok(Value::Bool(true));
    fakes.ledger.result(would_return.clone());
    let session = fakes.session(Sending::DryRun);
    let ended = session.carry_out(&patient, "end access", calls(&patient)).unwrap();
    let Outcome::Planned(plan) = ended else { panic!("{ended:?}") };
    let planned = |what: &str| PlannedTransaction { what: what.to_owned(), fee: FakeLedger::FEE };
    assert_eq!(plan.result, Some(would_return));
    assert_eq!(
        plan.transactions,
        [planned("revoke-record-access"), planned("access-medical-record")]
    );
    assert_eq!(fakes.ledger.take_requests(), ["fee", "fee", "revoke-record-access"]);
    assert!(fakes.profile.outbox().is_empty().unwrap());
}

#[test]
fn signing_only_gives_the_transactions_back_on_the_terms_that_were_named() {
    let (patient, fakes) = scene();
    let terms = SignOnly { nonce: Some(Nonce::new(7)), fee: Some(MicroStx::new(11)) };
    let session = fakes.session(Sending::SignOnly(terms));
    let ended = session.carry_out(&patient, "end access", calls(&patient)).unwrap();
    let Outcome::Signed(signed) = ended else { panic!("{ended:?}") };
    let nonces: Vec<_> = signed.iter().map(|one| one.authorization().origin().nonce).collect();
    assert_eq!(nonces, [Nonce::new(7), Nonce::new(8)]);
    assert!(signed.iter().all(|one| one.fee() == MicroStx::new(11) && one.verify().is_ok()));
    assert_eq!(fakes.ledger.take_requests(), [""; 0], "the ledger was not needed");
    assert!(fakes.profile.outbox().is_empty().unwrap());
}

#[test]
fn what_is_sent_is_done_once_and_leaves_the_outbox() {
    let (patient, fakes) = scene();
    fakes.ledger.result(Value::ok(Value::Bool(true)));
    fakes.ledger.result(Value::err(Value::uint(102_u8)));
    let session = fakes.session(Sending::Send);
    let refused = session.carry_out(&patient, "end access", calls(&patient)).unwrap_err();
    assert_eq!(refused.to_string(), "access to this record was never granted");
    assert_eq!(fakes.ledger.submitted().len(), 2);
    assert!(fakes.profile.outbox().is_empty().unwrap());
}

/// Sends an end, and tells its nonce.
fn nonce_of_end(patient: &Actor, fakes: &Fakes) -> u64 {
    fakes.ledger.result(Value::ok(Value::Bool(true)));
    let end = calls(patient).into_iter().take(1).collect();
    fakes.session(Sending::Send).carry_out(patient, "end access", end).unwrap().done().unwrap();
    fakes.ledger.submitted().last().unwrap().authorization().origin().nonce.number()
}

#[test]
fn nonce_that_one_node_claimed_to_have_in_a_block_keeps_nothing_back_at_another() {
    const GENESIS: &str = "ab";
    let (patient, fakes) = scene();
    let act = |nonce, chain, txid| Act {
        genesis: GENESIS.to_owned(),
        chain: Some(chain),
        block_height: BlockHeight::new(1),
        block_id: vec![7; 32],
        txid,
        what: "end access".to_owned(),
        nonce: Some(Nonce::new(nonce)),
    };
    let nowhere = TxId::from_bytes([9; 32]);
    fakes.ledger.is_of(Network::EMBEDDED, GENESIS);
    // It said that it was of another chain: there this embedded ledger's nonces are none.
    fakes.profile.remember_act(&act(60, ChainId::TESTNET, nowhere)).unwrap();
    assert_eq!(nonce_of_end(&patient, &fakes), 0);
    // Accepted as another ledger.
    fakes.profile.forget_chain(&fakes.contract).unwrap();
    fakes.ledger.is_of(Network::TESTNET, GENESIS);
    fakes.profile.remember_act(&act(50, ChainId::TESTNET, nowhere)).unwrap();
    assert_eq!(nonce_of_end(&patient, &fakes), 1, "this node shows nothing with such a nonce");
    // One that shows it, and tells less of the account, contradicts itself.
    let stands = fakes.ledger.submitted()[1].txid();
    fakes.profile.remember_act(&act(70, ChainId::TESTNET, stands)).unwrap();
    assert_eq!(nonce_of_end(&patient, &fakes), 71);
}

#[test]
fn nothing_is_signed_on_another_chain_than_the_one_of_before() {
    let (patient, fakes) = scene();
    let sent = |network, genesis: &str| {
        fakes.ledger.is_of(network, genesis);
        fakes.ledger.result(Value::ok(Value::Bool(true)));
        fakes.ledger.result(Value::ok(Value::Bool(true)));
        let before = fakes.ledger.submitted().len();
        let session = fakes.session(Sending::Send);
        let ended = session.carry_out(&patient, "end access", calls(&patient));
        (ended.is_ok(), fakes.ledger.submitted().len() - before)
    };
    assert_eq!(sent(Network::TESTNET, "ab"), (true, 2));
    for (network, genesis) in
        [(Network::TESTNET, "cd"), (Network::MAINNET, "ab"), (Network::EMBEDDED, "ab")]
    {
        assert_eq!(sent(network, genesis), (false, 0), "{genesis}");
        let session = fakes.session(Sending::DryRun);
        let planned = session.carry_out(&patient, "end access", calls(&patient));
        assert!(matches!(planned, Err(SendError::Ledger(LedgerError::OtherChain { .. }))));
    }
    assert_eq!(sent(Network::TESTNET, "0xAB"), (true, 2), "as another server writes it");
    fakes.profile.forget_chain(&fakes.contract).unwrap();
    assert_eq!(sent(Network::MAINNET, "cd"), (true, 2));
    assert_eq!(sent(Network::TESTNET, "ab"), (false, 0));
}
