//! What accounts hold, over HTTP: STX with fees, and tokens of any contract, as the hosted API tells them.

use mrms_node::chain::wire::Transaction;
use mrms_node::chain::{ContractId, MicroStx, Principal};
use mrms_node::rpc::Mining;
use serde_json::{Value, json};

use crate::rpc_server::Served;
use crate::support::{Bench, RICH, principal, uint};

const TOKENS: &str = r#"
(define-fungible-token coin)
(define-non-fungible-token card uint)
(define-public (mint (to principal) (n uint)) (ft-mint? coin n to))
(define-public (give (to principal) (n uint)) (ft-transfer? coin n tx-sender to))
(define-public (burn (n uint)) (ft-burn? coin n tx-sender))
(define-public (mint-card (to principal) (id uint)) (nft-mint? card id to))
(define-public (give-card (to principal) (id uint)) (nft-transfer? card id tx-sender to))
(define-public (burn-card (id uint)) (nft-burn? card id tx-sender))
(define-public (pay (to principal) (n uint)) (stx-transfer? n tx-sender to))
(define-public (burn-stx (n uint)) (stx-burn? n tx-sender))
(define-public (mint-then-fail (to principal)) (begin (try! (ft-mint? coin u5 to)) (err u9)))
"#;

struct Place {
    bench: Bench,
    tokens: ContractId,
    served: Served,
}

impl Place {
    fn new() -> Self {
        let mut bench = Bench::new();
        let tokens = bench.publish("tokens", TOKENS);
        let served = Served::new(bench.ledger());
        Self { bench, tokens, served }
    }

    /// Bob calls the contract. Returns the fee.
    fn call(&mut self, function: &str, arguments: &[Vec<u8>]) -> u128 {
        let included = self.bench.bob_calls(&self.tokens.clone(), function, arguments);
        included.receipt.fee.into()
    }

    fn get(&self, path: &str) -> Value {
        let answer = self.served.get(&format!("/extended/{path}"));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    fn balances(&self, account: &Principal) -> Value {
        self.get(&format!("v1/address/{account}/balances"))
    }
}

#[test]
fn tokens_are_counted_as_their_contracts_minted_moved_and_burnt_them() {
    let mut place = Place::new();
    let (alice, bob) = (place.bench.alice.principal.clone(), place.bench.bob.principal.clone());
    assert_eq!(place.balances(&bob)["fungible_tokens"], json!({}));
    place.call("mint", &[principal(&bob), uint(100)]);
    place.call("give", &[principal(&alice), uint(30)]);
    place.call("burn", &[uint(10)]);
    place.call("mint-then-fail", &[principal(&bob)]);
    for id in 1..=3 {
        place.call("mint-card", &[principal(&bob), uint(id)]);
    }
    place.call("give-card", &[principal(&alice), uint(2)]);
    place.call("burn-card", &[uint(3)]);
    let (coin, card) = (format!("{}::coin", place.tokens), format!("{}::card", place.tokens));
    let held = place.balances(&bob);
    let coins = json!({"balance": "60", "total_sent": "40", "total_received": "100"});
    assert_eq!(held["fungible_tokens"], json!({&coin: coins}));
    let cards = json!({"count": "1", "total_sent": "2", "total_received": "3"});
    assert_eq!(held["non_fungible_tokens"], json!({&card: cards}));
    let others = place.balances(&alice);
    assert_eq!(others["fungible_tokens"][&coin]["balance"], "30");
    assert_eq!(others["non_fungible_tokens"][&card]["count"], "1");

    let paged = place.get(&format!("v2/addresses/{bob}/balances/ft"));
    let row = json!({"token": coin, "balance": "60"});
    assert_eq!(paged, json!({"limit": 100, "offset": 0, "total": 1, "results": [row]}));
    let one = |token: &str| place.get(&format!("v2/addresses/{bob}/balances/ft/{token}"));
    assert_eq!(one(&coin), json!({"balance": "60"}));
    assert_eq!(one("nothing"), json!({"balance": "0"}));
    // What is all gone is in no page, and stays in what was ever moved.
    place.call("burn", &[uint(60)]);
    assert_eq!(place.get(&format!("v2/addresses/{bob}/balances/ft"))["total"], 0);
    assert_eq!(place.balances(&bob)["fungible_tokens"][&coin]["total_sent"], "100");
}

#[test]
fn totals_of_stx_and_fees_add_up_to_the_balance() {
    let mut place = Place::new();
    let (alice, bob) = (place.bench.alice.principal.clone(), place.bench.bob.principal.clone());
    let mut fees = place.call("pay", &[principal(&alice), uint(1_000)]);
    fees += place.call("burn-stx", &[uint(7)]);
    fees += place.call("mint-then-fail", &[principal(&bob)]);
    place.bench.ledger().faucet(&bob, MicroStx::new(500)).unwrap();
    let stx = place.get(&format!("v1/address/{bob}/stx"));
    let balance = RICH + 500 - 1_007 - fees;
    assert_eq!(balance, place.bench.balance(&bob));
    for (field, amount) in [
        ("balance", balance),
        ("estimated_balance", balance),
        ("total_received", RICH + 500),
        ("total_sent", 1_007),
        ("total_fees_sent", fees),
        ("pending_balance_outbound", 0),
    ] {
        assert_eq!(stx[field], json!(amount.to_string()), "{field}");
    }
    assert_eq!(place.balances(&bob)["stx"], stx);
}

#[test]
fn what_waits_is_in_the_estimate_alone() {
    let mut bench = Bench::new();
    let served = Served::with(bench.ledger(), |settings| settings.mining = Mining::Manual);
    let bob = bench.bob.principal.clone();
    let transfer = bench.alice.transfer(&bob, 40);
    let fee = u128::from(Transaction::decode(&transfer).unwrap().authorization.payer().fee);
    assert_eq!(served.submit(&transfer).status, 200);
    let stx =
        |account: &Principal| served.get(&format!("/extended/v1/address/{account}/stx")).json();
    let (from, to) = (stx(&bench.alice.principal), stx(&bob));
    assert_eq!(
        (&from["balance"], &to["balance"]),
        (&json!(RICH.to_string()), &json!(RICH.to_string()))
    );
    assert_eq!(from["estimated_balance"], (RICH - 40 - fee).to_string());
    assert_eq!(from["pending_balance_outbound"], (40 + fee).to_string());
    assert_eq!(
        (&to["pending_balance_inbound"], &to["estimated_balance"]),
        (&json!("40"), &json!((RICH + 40).to_string()))
    );
}

#[test]
fn after_a_revert_and_with_a_damaged_file_all_is_counted_anew() {
    let mut place = Place::new();
    let bob = place.bench.bob.principal.clone();
    let coin = format!("{}::coin", place.tokens);
    place.call("mint", &[principal(&bob), uint(1)]);
    let snapshot = place.bench.ledger().save_snapshot().unwrap();
    place.call("mint", &[principal(&bob), uint(10)]);
    assert_eq!(place.balances(&bob)["fungible_tokens"][&coin]["balance"], "11");
    place.bench.ledger().revert(&snapshot).unwrap();
    assert_eq!(place.balances(&bob)["fungible_tokens"][&coin]["balance"], "1");
    place.served.stop();
    std::fs::write(place.bench.folder.path().join("holdings.sqlite"), [7; 4096]).unwrap();
    place.served = Served::new(place.bench.ledger());
    assert_eq!(place.balances(&bob)["fungible_tokens"][&coin]["total_received"], "1");
}

#[test]
fn deployment_that_failed_is_told_as_such_until_another_succeeds() {
    let mut place = Place::new();
    let failed = place.bench.alice_deploys("later", "(/ u1 u0)");
    let later = place.bench.alice.contract("later");
    let status = |place: &Place| {
        place.get(&format!("v2/smart-contracts/status?contract_id={later}"))[later.to_string()]
            .clone()
    };
    let told = status(&place);
    assert_eq!(
        (&told["found"], &told["result"]["status"]),
        (&json!(true), &json!("abort_by_response"))
    );
    assert_eq!(told["result"]["tx_id"], failed.txid.to_string());
    place.bench.publish("later", "(define-read-only (one) u1)");
    assert_eq!(status(&place)["result"]["status"], "success");
}

#[test]
fn several_transactions_come_with_their_events() {
    let mut place = Place::new();
    let bob = place.bench.bob.principal.clone();
    let paid = place.bench.alice.principal.clone();
    let included =
        place.bench.bob_calls(&place.tokens.clone(), "pay", &[principal(&paid), uint(3)]);
    let txid = included.txid.to_string();
    let told = place.get(&format!("v1/tx/multiple?tx_id={txid}"));
    assert_eq!(told[&txid]["result"], place.get(&format!("v1/tx/{txid}")));
    let asset = json!({
        "asset_event_type": "transfer",
        "sender": bob.to_string(),
        "recipient": paid.to_string(),
        "amount": "3",
    });
    // A contract's own transfer has no memo.
    assert_eq!(told[&txid]["result"]["events"][0]["asset"], asset);
}

#[test]
fn transactions_of_an_account_come_with_what_they_moved() {
    let mut place = Place::new();
    let (alice, bob) = (place.bench.alice.principal.clone(), place.bench.bob.principal.clone());
    let paid = place.call("pay", &[principal(&alice), uint(1_000)]);
    let burnt = place.call("burn-stx", &[uint(7)]);
    let minted = place.call("mint", &[principal(&bob), uint(100)]);
    place.call("give", &[principal(&alice), uint(30)]);
    place.call("mint-card", &[principal(&alice), uint(1)]);
    let failed = place.call("mint-then-fail", &[principal(&bob)]);
    let transfer = place.bench.alice.transfer(&bob, 40);
    place.bench.submit(&transfer);
    let count = |transfer: u8, mint: u8, burn: u8| json!({"transfer": transfer, "mint": mint, "burn": burn});
    let none = count(0, 0, 0);
    let moves = |stx: &Value, ft: &Value, nft: &Value| json!({"stx": stx, "ft": ft, "nft": nft});

    let of_bob = place.get(&format!("v2/addresses/{bob}/transactions?limit=10"));
    assert_eq!((&of_bob["total"], &of_bob["limit"]), (&json!(7), &json!(10)));
    let rows = of_bob["results"].as_array().unwrap();
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row["stx_sent"].clone(), row["stx_received"].clone(), row["events"].clone()))
        .collect();
    let amount = |amount: u128| json!(amount.to_string());
    // Newest first: what he got of alice, and what he did before.
    assert_eq!(told[0], (json!("0"), json!("40"), moves(&count(1, 0, 0), &none, &none)));
    assert_eq!(told[1], (amount(failed), json!("0"), moves(&none, &none, &none)));
    // A card that somebody else got.
    assert_eq!(told[2].2, moves(&none, &none, &none));
    assert_eq!(told[3].2, moves(&none, &count(1, 0, 0), &none));
    assert_eq!(told[4], (amount(minted), json!("0"), moves(&none, &count(0, 1, 0), &none)));
    assert_eq!(told[5], (amount(7 + burnt), json!("0"), moves(&count(0, 0, 1), &none, &none)));
    assert_eq!(told[6], (amount(1_000 + paid), json!("0"), moves(&count(1, 0, 0), &none, &none)));
    // The transaction is told as in the older list, and pages go on in the same way.
    let older = place.get(&format!("v1/address/{bob}/transactions?limit=10"));
    let bare: Vec<_> = rows.iter().map(|row| row["tx"].clone()).collect();
    assert_eq!(older["results"], json!(bare));
    let first = place.get(&format!("v2/addresses/{bob}/transactions?limit=5"));
    let cursor = first["next_cursor"].as_str().unwrap();
    for from in [format!("cursor={cursor}"), "offset=5".to_owned()] {
        let rest = place.get(&format!("v2/addresses/{bob}/transactions?limit=5&{from}"));
        assert_eq!(rest["results"], json!(rows[5..]), "{from}");
    }
    // The same transfer, as who sent it sees it.
    let of_alice = place.get(&format!("v2/addresses/{alice}/transactions?limit=1"));
    let fee = Transaction::decode(&transfer).unwrap().authorization.payer().fee;
    assert_eq!(of_alice["results"][0]["stx_sent"], (40 + fee).to_string());
    assert_eq!(of_alice["results"][0]["stx_received"], "0");
    // A contract has what is done to it.
    let of_contract = place.get(&format!("v2/addresses/{}/transactions", place.tokens));
    assert_eq!(of_contract["results"][0]["stx_sent"], "0");
    assert_eq!(place.served.get("/extended/v2/addresses/nobody/transactions").status, 400);
}
