//! Members, delegates and successors, on a vault that follows the real chain.

use mrms_core::{RecordId, TxId, Version};
use mrms_vault::protocol::{Deposit, DepositedVersion, Erasure, Hex, ReleaseRequest, Split};
use mrms_vault::{Vault as _, VaultError};
use serde_json::{Value, json};

use crate::support::{NOTE, number, text};
use crate::vaults::{Attacker, Town};

/// Calls the contract as somebody; what the command printed.
#[track_caller]
fn call(town: &Town, name: &str, function: &str, arguments: &Value) -> Value {
    let arguments = arguments.to_string();
    town.home.json(name, &["contract", "call", function, &arguments]).ok().object()
}

/// The stranger opens the record for the clinic, without asking a vault.
fn opened_for_the_clinic(town: &Town, id: &str) -> ReleaseRequest {
    let arguments =
        json!({"record-id": id, "version": 1, "organisation": town.home.principal("clinic")});
    let called = call(town, "stranger", "access-for", &arguments);
    let shown = town.home.json("patient", &["show", id]).ok().object();
    ReleaseRequest {
        record_id: id.parse::<RecordId>().unwrap(),
        version: Version::FIRST,
        audit_index: number(&shown, "audit_entries") - 1,
        txid: text(&called, "txid").parse::<TxId>().unwrap(),
        note: Vec::new(),
    }
}

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(answer: Result<T, VaultError>, reason: &str) {
    match answer {
        Err(VaultError::Refused(refusal)) => assert_eq!(refusal.reason.as_str(), reason),
        other => panic!("{other:?}"),
    }
}

#[test]
fn share_of_an_organisation_is_released_to_a_live_member_alone() {
    let town = Town::with_vaults(1);
    let attacker = Attacker::of(&town, 0);
    let id = town.create(NOTE);
    let (clinic, member) = (town.home.principal("clinic"), town.home.principal("stranger"));
    town.run("patient", &["grant", &id, clinic, "--forever"]).ok();
    call(&town, "clinic", "set-member", &json!({"member": member, "expiry": null}));

    let used = opened_for_the_clinic(&town, &id);
    let late = opened_for_the_clinic(&town, &id);
    let foreign = attacker.signed("clinic", attacker.header(), used.clone());
    assert_refused(attacker.vault.release(&foreign), "other-reader");
    let own = attacker.signed("stranger", attacker.header(), used.clone());
    let release = attacker.vault.release(&own).unwrap();
    let line = &release.receipt.line;
    let told =
        (line.actor.as_ref().unwrap().to_string(), line.reader.as_ref().unwrap().to_string());
    assert_eq!(told, (member.to_owned(), clinic.to_owned()));
    let again = attacker.signed("stranger", attacker.header(), used);
    assert_refused(attacker.vault.release(&again), "entry-used");

    // Between entry and release the membership ends.
    call(&town, "clinic", "remove-member", &json!({"member": member}));
    let removed = attacker.signed("stranger", attacker.header(), late);
    assert_refused(attacker.vault.release(&removed), "not-member");
    let arguments = json!({"record-id": id, "version": 1, "organisation": clinic}).to_string();
    let line = ["contract", "call", "access-for", &arguments];
    town.home.json("stranger", &line).refused(4, "not-member");
}

#[test]
fn share_of_a_delegate_is_released_while_they_may_see_and_not_after() {
    let town = Town::with_vaults(1);
    let attacker = Attacker::of(&town, 0);
    let id = town.create(NOTE);
    let delegate = town.home.principal("stranger").to_owned();
    let may = |powers: &str| {
        town.run("patient", &["delegate", &delegate, "--may", powers, "--forever"]).ok();
    };
    may("see");
    // The delegate opens the record on chain, without asking a vault.
    let opened = || {
        let arguments = json!({"record-id": id, "version": 1});
        let called = call(&town, "stranger", "access-record-version", &arguments);
        let shown = town.home.json("patient", &["show", &id]).ok().object();
        ReleaseRequest {
            record_id: id.parse::<RecordId>().unwrap(),
            version: Version::FIRST,
            audit_index: number(&shown, "audit_entries") - 1,
            txid: text(&called, "txid").parse::<TxId>().unwrap(),
            note: Vec::new(),
        }
    };
    let (used, without_power, late) = (opened(), opened(), opened());
    let foreign = attacker.signed("clinic", attacker.header(), used.clone());
    assert_refused(attacker.vault.release(&foreign), "other-reader");
    let own = attacker.signed("stranger", attacker.header(), used.clone());
    let line = attacker.vault.release(&own).unwrap().receipt.line;
    assert_eq!(line.actor.unwrap().to_string(), delegate);
    let again = attacker.signed("stranger", attacker.header(), used);
    assert_refused(attacker.vault.release(&again), "entry-used");

    // Between entry and release they lose the power, and then the delegation.
    may("share,add");
    let refused = attacker.signed("stranger", attacker.header(), without_power);
    assert_refused(attacker.vault.release(&refused), "not-delegate");
    may("see");
    town.run("patient", &["delegate", &delegate, "--end", "--keep-grants"]).ok();
    let refused = attacker.signed("stranger", attacker.header(), late);
    assert_refused(attacker.vault.release(&refused), "not-delegate");
    let arguments = json!({"record-id": id, "version": 1}).to_string();
    let line = ["contract", "call", "access-record-version", &arguments];
    town.home.json("stranger", &line).refused(4, "no-access");
}

/// Shares for the clinic, made up.
fn deposit(town: &Town, id: &str) -> Deposit {
    Deposit {
        record_id: id.parse().unwrap(),
        reader: town.home.principal("clinic").parse().unwrap(),
        epoch: 1,
        deposit_id: Hex([1; 16]),
        split: Split { threshold: 1, count: 1, place: 1 },
        pair_header: Hex([2; 1152]),
        versions: vec![DepositedVersion {
            version: Version::FIRST,
            wrap: Hex([3; 32]),
            share: Hex([4; 48]),
        }],
    }
}

#[test]
fn delegate_leaves_shares_while_they_may_share_and_not_after() {
    let town = Town::with_vaults(1);
    let attacker = Attacker::of(&town, 0);
    let id = town.create(NOTE);
    let delegate = town.home.principal("stranger").to_owned();
    let by = |name: &str| attacker.signed(name, attacker.header(), deposit(&town, &id));
    assert_refused(attacker.vault.deposit(&by("stranger")), "not-patient");
    let only_see = json!({"delegate": delegate, "powers": 1, "expiry": null});
    call(&town, "patient", "set-delegate", &only_see);
    assert_refused(attacker.vault.deposit(&by("stranger")), "not-patient");
    let share = json!({"delegate": delegate, "powers": 3, "expiry": null});
    call(&town, "patient", "set-delegate", &share);
    let receipt = attacker.vault.deposit(&by("stranger")).unwrap();
    assert_eq!(receipt.line.actor.unwrap().to_string(), delegate);
    call(&town, "patient", "end-delegation", &json!({"delegate": delegate}));
    assert_refused(attacker.vault.deposit(&by("stranger")), "not-patient");
}

#[test]
fn former_patient_is_nobody_to_contract_and_vault_and_the_successor_is_the_patient() {
    let town = Town::with_vaults(1);
    let attacker = Attacker::of(&town, 0);
    let id = town.create(NOTE);
    let (former, next) = (town.home.principal("patient"), town.home.principal("stranger"));
    let clinic = town.home.principal("clinic").to_owned();
    town.run("patient", &["grant", &id, &clinic, "--forever"]).ok();
    call(&town, "patient", "offer-succession", &json!({"successor": next}));
    call(&town, "stranger", "accept-succession", &json!({"patient": former}));

    let line = json!({"user": former}).to_string();
    let line = town
        .home
        .json("clinic", &["contract", "read", "get-line", &line])
        .ok()
        .printed()
        .to_owned();
    assert!(line.contains(next), "{line}");
    // What was granted holds, keys included.
    town.opens(&id, NOTE);
    town.run("patient", &["revoke", &id, &clinic]).refused(4, "succeeded");
    town.run("patient", &["access", &id, "-o", "out"]).refused(4, "succeeded");
    let by = |name: &str| attacker.signed(name, attacker.header(), deposit(&town, &id));
    assert_refused(attacker.vault.deposit(&by("patient")), "not-patient");
    let erase = |name: &str| {
        let request = Erasure { record_id: id.parse().unwrap(), blobs: Vec::new() };
        attacker.signed(name, attacker.header(), request)
    };
    assert_refused(attacker.vault.erase(&erase("patient")), "not-patient");
    attacker.vault.deposit(&by("stranger")).unwrap();
    let revoke = json!({"record-id": id, "user": clinic});
    call(&town, "stranger", "revoke-record-access", &revoke);
    town.run("clinic", &["access", &id, "-o", "late"]).refused(4, "grant-revoked");
    attacker.vault.erase(&erase("stranger")).unwrap();
}
