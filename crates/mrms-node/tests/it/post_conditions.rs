//! Post-conditions are enforced, in each mode.

use mrms_node::chain::wire::{
    Amount, AmountTest, Asset, NftTest, PostCondition, PostConditionMode, PostConditionSubject,
};
use mrms_node::chain::{ContractId, Event, Included, Status};

use crate::support::{Bench, RICH, call, ok, uint};

const BANK: &str = r#"
(define-fungible-token coin)
(define-non-fungible-token deed uint)
(define-public (pay (amount uint))
  (begin (print "paid") (stx-transfer? amount tx-sender (as-contract tx-sender))))
(define-public (pay-back (amount uint))
  (let ((to tx-sender)) (as-contract (stx-transfer? amount tx-sender to))))
(define-public (burn (amount uint)) (stx-burn? amount tx-sender))
(define-public (mint (amount uint)) (ft-mint? coin amount tx-sender))
(define-public (send-coin (amount uint)) (ft-transfer? coin amount tx-sender (as-contract tx-sender)))
(define-public (mint-deed (id uint)) (nft-mint? deed id tx-sender))
(define-public (send-deed (id uint)) (nft-transfer? deed id tx-sender (as-contract tx-sender)))
(define-public (refuse (amount uint)) (err amount))
"#;

fn stx(test: AmountTest, amount: u64) -> PostCondition {
    PostCondition::Stx { subject: PostConditionSubject::Origin, amount: Amount { test, amount } }
}

fn bob_calls(
    bench: &mut Bench,
    bank: &ContractId,
    function: &str,
    number: u128,
    mode: PostConditionMode,
    conditions: Vec<PostCondition>,
) -> Included {
    let bytes = bench.bob.sign_with(call(bank, function, &[uint(number)]), mode, conditions);
    bench.submit(&bytes)
}

fn bank() -> (Bench, ContractId) {
    let mut bench = Bench::new();
    let bank = bench.publish("bank", BANK);
    (bench, bank)
}

#[test]
fn deny_mode_undoes_what_no_condition_names() {
    let (mut bench, bank) = bank();
    let included = bob_calls(&mut bench, &bank, "pay", 500, PostConditionMode::Deny, vec![]);
    assert_eq!(included.receipt.status, Status::AbortByPostCondition);
    assert_eq!(included.receipt.result, ok(&[3]));
    assert!(included.receipt.events.is_empty());
    assert_eq!(bench.balance(&bank.clone().into()), 0);
    let fee = u128::from(included.receipt.fee);
    assert_eq!(bench.balance(&bench.bob.principal), RICH - fee);
    assert_eq!(bench.nonce(&bench.bob.principal), 1);
}

#[test]
fn sum_outside_the_condition_undoes_the_call_in_every_mode() {
    for mode in [PostConditionMode::Allow, PostConditionMode::Deny, PostConditionMode::Originator] {
        let (mut bench, bank) = bank();
        let condition = vec![stx(AmountTest::LessOrEqual, 499)];
        let included = bob_calls(&mut bench, &bank, "pay", 500, mode, condition);
        assert_eq!(included.receipt.status, Status::AbortByPostCondition, "{mode:?}");
    }
}

#[test]
fn each_comparison_holds_at_and_around_its_amount() {
    let cases = [
        (AmountTest::Equal, [false, true, false]),
        (AmountTest::Greater, [true, false, false]),
        (AmountTest::GreaterOrEqual, [true, true, false]),
        (AmountTest::Less, [false, false, true]),
        (AmountTest::LessOrEqual, [false, true, true]),
    ];
    let (mut bench, bank) = bank();
    for (test, expected) in cases {
        // 500 are sent: more than 499, as much as 500, less than 501.
        for (amount, passes) in [499, 500, 501].into_iter().zip(expected) {
            let conditions = vec![stx(test, amount)];
            let included =
                bob_calls(&mut bench, &bank, "pay", 500, PostConditionMode::Deny, conditions);
            let succeeded = included.receipt.status == Status::Success;
            assert_eq!(succeeded, passes, "{test:?} {amount}: {:?}", included.note);
        }
    }
}

#[test]
fn burnt_stx_count_as_sent() {
    let (mut bench, bank) = bank();
    let deny = PostConditionMode::Deny;
    let included = bob_calls(&mut bench, &bank, "burn", 40, deny, vec![stx(AmountTest::Equal, 39)]);
    assert_eq!(included.receipt.status, Status::AbortByPostCondition);
    let included = bob_calls(&mut bench, &bank, "burn", 40, deny, vec![stx(AmountTest::Equal, 40)]);
    assert_eq!(included.receipt.status, Status::Success);
    assert_eq!(bench.read(|snapshot| snapshot.supply()).get(), 2 * RICH - 40);
}

#[test]
fn originator_mode_restricts_the_origin_and_nobody_else() {
    let (mut bench, bank) = bank();
    let conditions = vec![stx(AmountTest::Equal, 500)];
    let paid = bob_calls(&mut bench, &bank, "pay", 500, PostConditionMode::Originator, conditions);
    assert_eq!(paid.receipt.status, Status::Success);
    let deny = bob_calls(&mut bench, &bank, "pay-back", 100, PostConditionMode::Deny, vec![]);
    assert_eq!(deny.receipt.status, Status::AbortByPostCondition);
    let own = bob_calls(&mut bench, &bank, "pay-back", 100, PostConditionMode::Originator, vec![]);
    assert_eq!(own.receipt.status, Status::Success, "{:?}", own.note);
    let pays = bob_calls(&mut bench, &bank, "pay", 1, PostConditionMode::Originator, vec![]);
    assert_eq!(pays.receipt.status, Status::AbortByPostCondition);
}

#[test]
fn fungible_tokens_are_checked_like_stx() {
    let (mut bench, bank) = bank();
    let deny = PostConditionMode::Deny;
    let minted = bob_calls(&mut bench, &bank, "mint", 10, deny, vec![]);
    assert_eq!(minted.receipt.status, Status::Success, "minting sends nothing");
    assert!(matches!(
        minted.receipt.events[..],
        [Event::Fungible { sender: None, amount: 10, .. }]
    ));
    let unnamed = bob_calls(&mut bench, &bank, "send-coin", 4, deny, vec![]);
    assert_eq!(unnamed.receipt.status, Status::AbortByPostCondition);
    let coin = |amount| PostCondition::Fungible {
        subject: PostConditionSubject::Account(crate::support::Actor::new(2).principal),
        asset: Asset { contract: bank.clone(), name: "coin".to_owned() },
        amount: Amount { test: AmountTest::Equal, amount },
    };
    let wrong = bob_calls(&mut bench, &bank, "send-coin", 4, deny, vec![coin(3)]);
    assert_eq!(wrong.receipt.status, Status::AbortByPostCondition);
    let right = bob_calls(&mut bench, &bank, "send-coin", 4, deny, vec![coin(4)]);
    assert_eq!(right.receipt.status, Status::Success);
}

#[test]
fn each_non_fungible_token_is_checked_separately() {
    let (mut bench, bank) = bank();
    let deny = PostConditionMode::Deny;
    for id in [1, 2] {
        bob_calls(&mut bench, &bank, "mint-deed", id, deny, vec![]);
    }
    let deed = |id, test| PostCondition::NonFungible {
        subject: PostConditionSubject::Origin,
        asset: Asset { contract: bank.clone(), name: "deed".to_owned() },
        token: uint(id),
        test,
    };
    for (conditions, expected) in [
        (vec![], Status::AbortByPostCondition),
        (vec![deed(2, NftTest::Sent)], Status::AbortByPostCondition),
        (vec![deed(1, NftTest::NotSent)], Status::AbortByPostCondition),
        (vec![deed(2, NftTest::NotSent)], Status::AbortByPostCondition),
        (vec![deed(1, NftTest::MaybeSent), deed(2, NftTest::NotSent)], Status::Success),
    ] {
        let included = bob_calls(&mut bench, &bank, "send-deed", 1, deny, conditions.clone());
        assert_eq!(included.receipt.status, expected, "{conditions:?}: {:?}", included.note);
    }
}

#[test]
fn failed_call_that_had_to_send_violates_its_condition() {
    let (mut bench, bank) = bank();
    let allow = PostConditionMode::Allow;
    let included =
        bob_calls(&mut bench, &bank, "refuse", 1, allow, vec![stx(AmountTest::Greater, 0)]);
    assert_eq!(included.receipt.status, Status::AbortByPostCondition);
    let included = bob_calls(&mut bench, &bank, "refuse", 1, allow, vec![]);
    assert_eq!(included.receipt.status, Status::AbortByResponse);
}

#[test]
fn transfer_with_conditions_is_refused() {
    let mut bench = Bench::new();
    let bob = bench.bob.principal.clone();
    let bytes = bench.alice.sign_with(
        crate::support::transfer(&bob, 5),
        PostConditionMode::Deny,
        vec![stx(AmountTest::Equal, 5)],
    );
    assert_eq!(bench.rejection(&bytes), mrms_node::chain::Rejection::TransferWithPostConditions);
}
