//! Makes one bundle of a real ledger, and tries every change that somebody could make to it.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use mrms_app::profile::ProfileFolder;
use mrms_app::records::write::{Placement, Source};
use mrms_app::session::vaults::Vaults;
use mrms_app::session::{Sending, Session};
use mrms_app::sharing::grant::{GrantTerms, Sharing};
use mrms_app::sharing::recipients::ChangedKey;
use mrms_app::{Actor, ledger::Ledger};
use mrms_core::{BurnHeight, ChainId, ContractId, RecordId, Rights};
use mrms_crypto::content::Retention;
use mrms_crypto::{IdentityIndex, Words};
use mrms_node::chain;
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::{Network, TransactionVersion};
use mrms_store::FileStore;
use mrms_vault::protocol::{self, LogHead, LogLine, Topic, VaultReceipt};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::format::{AncestorPart, FORMAT, Hex, LedgerPart, WITHOUT_ANCESTRY};
use super::*;
use crate::clock::rng;
use crate::folder::HomeFolder;
use crate::keys::actor_of;
use crate::ledger::embedded::EmbeddedLedger;
use crate::setup::deploy_contract as deploy;
use crate::vault::bringing::{Follows, OwnCiphertext};
use crate::vault::configured::own_vault_here as own_alone;
use crate::vault::own::{OwnVault, VaultFolder};

const RECORD: RecordId = RecordId::new(123);
const PLACEMENT: Placement = Placement { inline_limit: 4_096, retention: Retention::Permanent };

/// A ledger on which a record was created, refused, granted, opened, amended and revoked.
struct Scene {
    folder: tempfile::TempDir,
    ledger: EmbeddedLedger,
    ciphertext: OwnCiphertext,
    vaults: Vaults,
    contract: ContractId,
    profile: ProfileFolder,
}

impl Scene {
    fn play(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger");
        let ledger = EmbeddedLedger::begin(&path, Duration::from_secs(5)).unwrap();
        let mut random = StdRng::seed_from_u64(seed);
        let [patient, provider, stranger]: [Actor; 3] = std::array::from_fn(|_| {
            let words = Words::generate(&mut random);
            actor_of(&words, IdentityIndex::FIRST, Network::EMBEDDED).unwrap()
        });
        let name = mrms_contract::NAME.parse().unwrap();
        let contract = ContractId { deployer: patient.principal, name };
        let vault = folder.path().join("vault");
        let blobs = FileStore::open_folder(&vault).unwrap();
        let own = OwnVault::new(
            VaultFolder::on(
                &HomeFolder::new(folder.path().to_owned()),
                Network::EMBEDDED,
                &contract,
            ),
            Arc::new(ledger.clone()),
            contract.clone(),
            blobs.clone(),
            Duration::from_secs(5),
        );
        let own = Arc::new(own);
        let follows = Follows { contract: contract.clone(), chain: Network::EMBEDDED.chain_id };
        let scene = Self {
            vaults: own_alone(&own),
            ciphertext: OwnCiphertext::new(blobs, own, follows),
            contract,
            profile: ProfileFolder::new(folder.path()),
            folder,
            ledger,
        };
        let session = scene.session();
        for person in [&patient, &provider, &stranger] {
            scene.ledger.fund(&person.principal).unwrap();
        }
        deploy(&session, &patient, &scene.contract).unwrap();
        for person in [&patient, &provider] {
            session.publish_recipient(person).unwrap().done().unwrap();
        }
        let content = |length: usize| Source {
            content: std::io::Cursor::new(vec![7; length]),
            length: length as u64,
            file_name: Some("secret-name.txt".parse().unwrap()),
            media_type: None,
            label: Some("secret label".parse().unwrap()),
        };
        session
            .create(&patient, RECORD, content(300), PLACEMENT, &mut rng())
            .unwrap()
            .done()
            .unwrap();
        assert!(session.access(&stranger, RECORD, None, &mut rng()).is_err());
        let user = provider.principal();
        let terms = GrantTerms {
            rights: Rights::READ,
            expiry: Some(BurnHeight::new(2_000_000)),
            sharing: Sharing::Direct,
            changed_key: ChangedKey::Refuse,
        };
        session.grant(&patient, RECORD, &user, terms, &mut rng()).unwrap().done().unwrap();
        session.access(&provider, RECORD, None, &mut rng()).unwrap().done().unwrap();
        session.amend(&patient, RECORD, content(9_000), 4_096, &mut rng()).unwrap().done().unwrap();
        session.revoke(&patient, RECORD, &user).unwrap().done().unwrap();
        // Another record of the same people, which must not get into the bundle.
        session
            .create(&patient, RecordId::new(124), content(10), PLACEMENT, &mut rng())
            .unwrap()
            .done()
            .unwrap();
        scene
    }

    fn session(&self) -> Session<'_> {
        Session {
            ledger: &self.ledger,
            contract: &self.contract,
            blobs: &self.ciphertext,
            vaults: &self.vaults,
            profile: &self.profile,
            sending: Sending::Send,
            begins: &[],
        }
    }

    fn bundle(&self) -> Bundle {
        from_file(&self.session(), RECORD, &self.folder.path().join("ledger")).unwrap()
    }
}

static SCENE: LazyLock<Scene> = LazyLock::new(|| Scene::play(1));
static TEXT: LazyLock<String> = LazyLock::new(|| SCENE.bundle().to_text());

fn refused(bundle: &Bundle) -> EvidenceError {
    check(&bundle.to_text()).unwrap_err()
}

fn altered(change: impl FnOnce(&mut Bundle)) -> EvidenceError {
    let mut bundle = Bundle::parse(&TEXT).unwrap();
    change(&mut bundle);
    refused(&bundle)
}

fn embedded(bundle: &mut Bundle) -> &mut EmbeddedPart {
    match &mut bundle.ledger {
        LedgerPart::Embedded(ledger) => ledger,
        LedgerPart::Network(_) => panic!("an embedded ledger"),
    }
}

fn ancestors(bundle: &mut Bundle) -> &mut Vec<AncestorPart> {
    embedded(bundle).ancestors.as_mut().unwrap()
}

/// Takes a transaction out, and the path of its block if no other one is in that block.
fn without_transaction(bundle: &mut Bundle, number: usize) {
    let height = bundle.transactions.remove(number).block_height;
    if bundle.transactions.iter().all(|other| other.block_height != height) {
        ancestors(bundle).retain(|part| part.block_height != height);
    }
}

/// The bundle as a program made it that knew no ancestry.
fn without_ancestry(mut bundle: Bundle) -> Bundle {
    bundle.format = WITHOUT_ANCESTRY.to_owned();
    embedded(&mut bundle).ancestors = None;
    bundle
}

/// Every value in a JSON document that holds no others, by its pointer.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| leaves(value, &format!("{path}/{name}"), found))
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(number, value)| leaves(value, &format!("{path}/{number}"), found)),
        _ => found.push(path.to_owned()),
    }
}

/// Every array, by its pointer.
fn arrays(value: &Value, path: &str, found: &mut Vec<String>) {
    if let Value::Array(_) = value {
        found.push(path.to_owned());
    }
    match value {
        Value::Object(fields) => {
            fields.iter().for_each(|(name, value)| arrays(value, &format!("{path}/{name}"), found))
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(number, value)| arrays(value, &format!("{path}/{number}"), found)),
        _ => {}
    }
}

/// Another value of the same kind.
fn another(value: &Value) -> Value {
    match value {
        Value::Null => 1.into(),
        Value::Bool(truth) => (!truth).into(),
        Value::Number(number) => (number.as_u64().unwrap() + 1).into(),
        Value::String(text) => {
            let (at, last) = text.char_indices().next_back().unwrap();
            let other = if last == '1' { '2' } else { '1' };
            format!("{}{other}", &text[..at]).into()
        }
        _ => panic!("a leaf"),
    }
}

/// Checks a document that was changed, spelled as a bundle is; one that is none is refused as well.
fn is_refused(document: &Value) -> bool {
    match serde_json::from_value::<Bundle>(document.clone()) {
        Ok(bundle) => check(&bundle.to_text()).is_err(),
        Err(_) => true,
    }
}

#[test]
fn every_field_that_is_changed_is_found_out() {
    let document: Value = serde_json::from_str(&TEXT).unwrap();
    let mut found = Vec::new();
    leaves(&document, "", &mut found);
    assert!(found.len() > 200, "{}", found.len());
    for pointer in found {
        let mut changed = document.clone();
        let place = changed.pointer_mut(&pointer).unwrap();
        *place = another(place);
        assert!(is_refused(&changed), "{pointer}");
    }
}

#[test]
fn everything_that_is_left_out_doubled_or_swapped_is_found_out() {
    let document: Value = serde_json::from_str(&TEXT).unwrap();
    let mut found = Vec::new();
    arrays(&document, "", &mut found);
    assert!(found.iter().any(|pointer| pointer == "/transactions"));
    for pointer in found {
        let length = document.pointer(&pointer).unwrap().as_array().unwrap().len();
        let changed = |change: &dyn Fn(&mut Vec<Value>)| {
            let mut changed = document.clone();
            change(changed.pointer_mut(&pointer).unwrap().as_array_mut().unwrap());
            changed
        };
        for number in 0..length {
            let left_out = changed(&|items| drop(items.remove(number)));
            assert!(is_refused(&left_out), "{pointer}/{number} left out");
            let doubled = changed(&|items| items.insert(number, items[number].clone()));
            assert!(is_refused(&doubled), "{pointer}/{number} doubled");
            if number > 0 {
                let swapped = changed(&|items| items.swap(number - 1, number));
                assert!(is_refused(&swapped), "{pointer}/{number} swapped");
            }
        }
    }
}

#[test]
fn another_spelling_of_the_same_is_refused() {
    let upper = TEXT.replacen("\"head\": \"", "\"head\":  \"", 1);
    assert!(matches!(check(&upper), Err(EvidenceError::Spelling)));
    let minified = serde_json::to_string(&Bundle::parse(&TEXT).unwrap()).unwrap();
    assert!(matches!(check(&minified), Err(EvidenceError::Spelling)));
    assert!(matches!(check(&format!("{}\n", *TEXT)), Err(EvidenceError::Spelling)));
    let added = TEXT.replacen("{\n", "{\n  \"note\": 1,\n", 1);
    assert!(matches!(check(&added), Err(EvidenceError::Unreadable { .. })));
    let newer = TEXT.replacen(FORMAT, "mrms-evidence-3", 1);
    assert!(is_bundle(&newer));
    assert!(matches!(check(&newer), Err(EvidenceError::Unreadable { .. })));
    assert!(!is_bundle("{\"record_id\":\"1\"}") && !is_bundle(""));
}

#[test]
fn what_does_not_hold_is_named() {
    let error = altered(|bundle| bundle.trail.lines[1].burn_height = BurnHeight::new(1));
    assert!(matches!(error, EvidenceError::Differs { section: "the trail" }), "{error}");
    let error = altered(|bundle| bundle.grants[0].rights = 9);
    assert!(matches!(error, EvidenceError::Differs { section: "a grant" }), "{error}");
    let error = altered(|bundle| bundle.versions[0].content_hash.0[0] ^= 1);
    assert!(matches!(error, EvidenceError::Differs { section: "a version" }), "{error}");
    let error = altered(|bundle| bundle.transactions[2].receipt.0[40] ^= 1);
    assert!(matches!(error, EvidenceError::Proof { number: 3, .. }), "{error}");
    let error = altered(|bundle| bundle.transactions[0].transaction.0[60] ^= 1);
    assert!(matches!(error, EvidenceError::Proof { number: 1, .. }), "{error}");
    let error = altered(|bundle| embedded(bundle).as_of.signature.0[5] ^= 1);
    assert!(matches!(error, EvidenceError::AsOf), "{error}");
    let error = altered(|bundle| embedded(bundle).block_0.operations[0].0[9] ^= 1);
    assert!(matches!(error, EvidenceError::Genesis { .. }), "{error}");
    let error = altered(|bundle| bundle.contract.deployed = None);
    assert!(matches!(error, EvidenceError::Deployment { .. }), "{error}");
    let error = altered(|bundle| bundle.record_id = RecordId::new(124));
    assert!(matches!(error, EvidenceError::Unrelated { .. }), "{error}");
    // An entry in the middle, with everything that tells of it.
    let error = altered(|bundle| without_transaction(bundle, 2));
    assert!(matches!(error, EvidenceError::Trail(_)), "{error}");
    let error = altered(|bundle| drop(bundle.transactions.remove(0)));
    assert!(matches!(error, EvidenceError::AncestorPaths), "{error}");
    let error = altered(|bundle| ancestors(bundle)[1].path[0].0[0] ^= 1);
    assert!(matches!(error, EvidenceError::Ancestor { .. }), "{error}");
}

#[test]
fn proof_from_another_ledger_is_refused() {
    let other = Scene::play(2).bundle();
    let error = altered(|bundle| bundle.transactions[0] = other.transactions[0].clone());
    assert!(matches!(error, EvidenceError::Proof { number: 1, .. }), "{error}");
    let error = altered(|bundle| bundle.contract.deployed = other.contract.deployed.clone());
    assert!(matches!(error, EvidenceError::Proof { number: 0, .. }), "{error}");
    // The bundle as a whole holds. Only its genesis shows that it is from another ledger.
    let mut own = Bundle::parse(&TEXT).unwrap();
    let mut other = check(&other.to_text()).unwrap();
    assert_ne!(embedded(&mut own).genesis, embedded(&mut other).genesis);
}

#[test]
fn proved_transaction_that_is_not_about_the_record_is_refused() {
    let file = chain::Proofs::open(&SCENE.folder.path().join("ledger")).unwrap();
    let trail = SCENE.session().trail(RecordId::new(124)).unwrap();
    let txid = chain::TxId::parse(&trail.lines[0].txid.unwrap().to_string()).unwrap();
    let proof = file.transaction(&txid).unwrap().unwrap();
    let bundle = Bundle::parse(&TEXT).unwrap();
    let other =
        from_file(&SCENE.session(), RecordId::new(124), &SCENE.folder.path().join("ledger"))
            .unwrap();
    assert_eq!(other.transactions[0].transaction.0, proof.raw);
    let mut padded = bundle;
    padded.transactions.push(other.transactions[0].clone());
    let error = refused(&padded);
    assert!(matches!(error, EvidenceError::Unrelated { .. }), "{error}");
}

#[test]
fn every_block_is_shown_to_be_on_the_chain_of_the_newest() {
    let mut bundle = check(&TEXT).unwrap();
    assert!(bundle.shows_one_chain());
    assert_eq!(bundle.format, "mrms-evidence-2");
    let mut heights: BTreeSet<_> = bundle.transactions.iter().map(|one| one.block_height).collect();
    heights.extend([0, bundle.contract.deployed.as_ref().unwrap().block_height]);
    heights.remove(&embedded(&mut bundle).as_of.block_height);
    let shown: Vec<_> = ancestors(&mut bundle).iter().map(|part| part.block_height).collect();
    assert_eq!(shown, Vec::from_iter(heights));
}

#[test]
fn bundle_without_ancestry_is_whole_and_shows_no_chain() {
    let bundle = without_ancestry(Bundle::parse(&TEXT).unwrap());
    assert!(!bundle.to_text().contains("ancestors"));
    let checked = check(&bundle.to_text()).unwrap();
    assert!(!checked.shows_one_chain());
    // Neither half of it can be had alone.
    let named = Bundle { format: FORMAT.to_owned(), ..bundle };
    assert!(matches!(refused(&named), EvidenceError::Differs { .. }));
    let error = altered(|bundle| bundle.format = WITHOUT_ANCESTRY.to_owned());
    assert!(matches!(error, EvidenceError::Differs { .. }), "{error}");
}

#[test]
fn a_block_that_was_dropped_has_no_place_in_a_later_bundle() {
    let scene = Scene::play(3);
    let chain = scene.ledger.clone().into_chain().unwrap();
    let snapshot = chain.save_snapshot().unwrap();
    let stranger = actor_of(
        &Words::generate(&mut StdRng::seed_from_u64(99)),
        IdentityIndex::FIRST,
        Network::EMBEDDED,
    )
    .unwrap();
    scene.ledger.fund(&stranger.principal).unwrap();
    assert!(scene.session().access(&stranger, RECORD, None, &mut rng()).is_err());
    let before = scene.bundle();
    assert_eq!(before.trail.refusals, 2);

    chain.revert(&snapshot).unwrap();
    (0..5).for_each(|_| chain.advance(1).unwrap());
    let mut after = scene.bundle();
    assert_eq!(after.trail.refusals, 1);
    // The old bundle, as of the newest block: every signature and path in it is the node's.
    let as_of = embedded(&mut after).as_of.clone();
    let head = chain::BlockHeight::new(as_of.block_height);
    let mut mixed = before.clone();
    embedded(&mut mixed).as_of = as_of;
    let proofs = chain::Proofs::open(&scene.folder.path().join("ledger")).unwrap();
    let mut heights: BTreeSet<_> =
        ancestors(&mut mixed).iter().map(|part| part.block_height).collect();
    heights.extend(mixed.transactions.iter().map(|one| one.block_height));
    *ancestors(&mut mixed) = Vec::from_iter(heights.into_iter().map(|block_height| {
        let proof = proofs.ancestor(chain::BlockHeight::new(block_height), head).unwrap().unwrap();
        let path = proof.inclusion_path.iter().map(|node| Hex(node.to_vec())).collect();
        AncestorPart { block_height, path }
    }));
    let dropped = mixed.transactions.last().unwrap().block_height;
    let error = refused(&mixed);
    assert!(
        matches!(error, EvidenceError::Ancestor { height, .. } if height == dropped),
        "{error}"
    );
    // Nothing tells when the ancestry is left out, so such a bundle counts as not proven.
    let silent = check(&without_ancestry(mixed).to_text()).unwrap();
    assert!(!silent.shows_one_chain());
    // As of its own newest block it is what the node signed then.
    assert!(check(&before.to_text()).unwrap().shows_one_chain());
}

/// SHA-256 of the bundle on record 123 that the program made of the old ledger, before headers committed to all blocks.
const OLD_BUNDLE: &str = "9049b436835ee9c47a3a34c81f8aff3494ace9b153ae1a8a55d055ea3fd9f2ee";

#[test]
fn bundle_of_an_old_ledger_is_as_it_was_until_the_next_block() {
    let ledgers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mrms-node/tests/ledgers");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger");
    let mut history = std::fs::File::open(ledgers.join("format-1.history")).unwrap();
    let pin = "1a24f607bf7706c16680102664aed3f065451bb45aa466c6e29ca36ce130053a";
    let pin = chain::SourceHash::from_bytes(
        mrms_core::hexadecimal::decode(pin).unwrap().try_into().unwrap(),
    );
    chain::import(&path, &mut history, &ledgers.join("format-1.key"), &[pin]).unwrap();
    // Without pins, so that opening it makes no block.
    let ledger = EmbeddedLedger::open_with(&path, chain::Settings::default()).unwrap();
    let contract = ledger.records_contract().unwrap().unwrap();
    let scene = Scene { contract, ledger, folder, ..Scene::play(4) };
    let old = scene.bundle();
    assert_eq!(hex::encode(Sha256::digest(old.to_text())), OLD_BUNDLE);
    assert!(!check(&old.to_text()).unwrap().shows_one_chain());

    scene.ledger.mine().unwrap();
    let new = check(&scene.bundle().to_text()).unwrap();
    assert!(new.shows_one_chain());
    assert_eq!(new.transactions, old.transactions);
}

/// As the documents say: nothing commits to refusals.
#[test]
fn refusal_that_was_left_out_with_all_that_tells_of_it_is_not_noticed() {
    let mut bundle = Bundle::parse(&TEXT).unwrap();
    let refused = bundle.transactions.iter().position(|one| one.status != "success").unwrap();
    without_transaction(&mut bundle, refused);
    bundle.trail.lines.retain(|line| line.index.is_some());
    bundle.trail.refusals = 0;
    check(&bundle.to_text()).unwrap();
}

#[test]
fn trail_that_ends_earlier_holds_and_says_of_how_many_entries() {
    // As it was before the revoke: a bundle of an earlier day.
    let mut bundle = Bundle::parse(&TEXT).unwrap();
    let last = bundle.transactions.len() - 1;
    without_transaction(&mut bundle, last);
    bundle.trail.lines.pop();
    bundle.trail.entries -= 1;
    let before = bundle.trail.lines.iter().rev().find_map(|line| line.head.clone()).unwrap();
    bundle.trail.head.0 = mrms_core::hexadecimal::decode(before).unwrap();
    bundle.grants[0].ended_by = None;
    let whole = Bundle::parse(&TEXT).unwrap();
    let checked = check(&bundle.to_text()).unwrap();
    assert_eq!(checked.trail.entries + 1, whole.trail.entries);
    assert_ne!(checked.trail.head, whole.trail.head);
}

#[test]
fn bundle_tells_what_happened() {
    let bundle = check(&TEXT).unwrap();
    let actions: Vec<_> = bundle.trail.lines.iter().map(|line| line.action.as_str()).collect();
    let expected =
        ["create", "access", "grant", "envelope", "access", "amend", "envelope", "revoke"];
    assert_eq!(actions, expected);
    assert_eq!((bundle.trail.entries, bundle.trail.refusals), (7, 1));
    let record = SCENE.session().trail(RECORD).unwrap().record;
    assert_eq!(bundle.trail.head.0, record.audit_head.as_bytes());
    assert_eq!(bundle.patient, record.patient);
    let stored: Vec<_> = bundle
        .versions
        .iter()
        .map(|version| version.payload.as_ref().unwrap().storage.as_str())
        .collect();
    assert_eq!(stored, ["chain", "vault"]);
    assert_eq!((bundle.grants.len(), bundle.grants[0].ended_by), (1, Some(6)));
    assert_eq!(bundle.contract.source_sha256.0, mrms_contract::source_hash());
    assert_eq!(bundle.vault_receipts.len(), 0);
    let tip = SCENE.ledger.tip().unwrap();
    let LedgerPart::Embedded(ledger) = &bundle.ledger else { panic!("an embedded ledger") };
    assert_eq!(u64::from(ledger.as_of.block_height), tip.block_height.number());
}

#[test]
fn bundle_has_neither_names_nor_labels_nor_content() {
    for secret in ["secret-name.txt", "secret label"] {
        assert!(!TEXT.contains(secret) && !TEXT.contains(&hex::encode(secret)), "{secret}");
    }
    assert!(!TEXT.contains(&"07".repeat(16)), "content");
}

#[test]
fn trail_from_elsewhere_is_checked_as_far_as_it_goes() {
    let whole = from_network(&SCENE.session(), RECORD).unwrap();
    assert_eq!(whole.transactions, []);
    let checked = check(&whole.to_text()).unwrap();
    assert!(matches!(checked.ledger, LedgerPart::Network(_)));
    assert_eq!(checked.trail.lines, check(&TEXT).unwrap().trail.lines);
    let document = serde_json::to_value(&whole).unwrap();
    for pointer in ["/trail/lines/0/actor", "/trail/head", "/trail/lines/4/detail", "/patient"] {
        let mut changed = document.clone();
        let place = changed.pointer_mut(pointer).unwrap();
        *place = another(place);
        assert!(is_refused(&changed), "{pointer}");
    }
    // Proofs of an embedded ledger don't make it one.
    let mut mixed = whole;
    mixed.transactions = check(&TEXT).unwrap().transactions;
    assert!(matches!(refused(&mixed), EvidenceError::Differs { section: "a transaction" }));
}

/// A vault's receipt for the release against the provider's first opening.
fn receipt(bundle: &Bundle, number: u64, change: impl FnOnce(&mut LogLine)) -> VaultReceipt {
    let key = SigningKey::from_bytes(&[9; 32]).unwrap();
    let entry =
        bundle.trail.lines.iter().find(|line| line.action == "access" && line.index.is_some());
    let entry = entry.unwrap();
    let mut line = LogLine {
        number,
        time: 1,
        topic: Topic::Release,
        reason: None,
        record_id: Some(RECORD),
        version: entry.version.unwrap(),
        actor: Some(entry.actor.clone()),
        reader: Some(entry.actor.clone()),
        audit_index: entry.index,
        txid: entry.txid,
        of: "release".to_owned(),
        count: 1,
        request: protocol::Hex([1; 32]),
        note: Vec::new(),
    };
    change(&mut line);
    let (vault, contract) = (key.address(TransactionVersion::Testnet), bundle.contract.id.clone());
    VaultReceipt::sign(line, LogHead::EMPTY, vault, contract, ChainId::EMBEDDED, &key).unwrap()
}

/// The bundle that is made of the scene's proofs and these receipts.
fn made_with(receipts: &[VaultReceipt]) -> Bundle {
    let mut bundle = Bundle::parse(&TEXT).unwrap();
    receipts::add(&mut bundle, receipts.to_vec(), ChainId::EMBEDDED.number()).unwrap();
    bundle
}

#[test]
fn guilty_vault_does_not_prevent_evidence_and_is_flagged() {
    let bundle = Bundle::parse(&TEXT).unwrap();
    let good = receipt(&bundle, 3, |_| {});
    let vault = good.vault;
    let part = |flag, receipts: &[usize]| FlagPart { vault, flag, receipts: receipts.to_vec() };
    let without = receipt(&bundle, 4, |line| line.audit_index = Some(0));
    let again = receipt(&bundle, 5, |line| line.time += 1);
    let other_line = receipt(&bundle, 3, |line| line.time += 1);
    let other_reader = receipt(&bundle, 6, |line| line.actor = Some(bundle.patient.clone()));
    let rows = [
        (vec![good.clone()], vec![]),
        (vec![good.clone(), without], vec![part(Flag::ReleaseWithoutEntry, &[1])]),
        (vec![good.clone(), again], vec![part(Flag::ReleasedTwice, &[0, 1])]),
        (vec![good.clone(), other_line], vec![part(Flag::TwoLinesOfOneNumber, &[0, 1])]),
        (vec![other_reader, good], vec![part(Flag::ReleaseWithoutEntry, &[1])]),
    ];
    for (row, (receipts, expected)) in rows.into_iter().enumerate() {
        let made = made_with(&receipts);
        assert_eq!(made.flagged, expected, "row {row}");
        let checked = check(&made.to_text()).unwrap();
        assert_eq!(
            (checked.flagged.len(), checked.vault_receipts.len()),
            (expected.len(), receipts.len())
        );
        let unflagged = Bundle { flagged: Vec::new(), ..made.clone() };
        assert_eq!(check(&unflagged.to_text()).is_ok(), expected.is_empty(), "row {row}");
    }
    let accused = Bundle { flagged: vec![part(Flag::ReleasedTwice, &[0, 0])], ..bundle };
    assert!(matches!(refused(&accused), EvidenceError::Differs { section: "a flag" }));
}

#[test]
fn receipts_of_vaults_are_checked_against_the_trail() {
    let with = |receipts: Vec<VaultReceipt>| {
        let mut bundle = Bundle::parse(&TEXT).unwrap();
        bundle.vault_receipts = receipts;
        check(&bundle.to_text())
    };
    let bundle = Bundle::parse(&TEXT).unwrap();
    let good = || receipt(&bundle, 0, |_| {});
    let unsigned = VaultReceipt { signature: protocol::Hex([0; 65]), ..good() };
    let elsewhere =
        VaultReceipt { contract: "ST000000000000000000002AMW42H.other".parse().unwrap(), ..good() };
    let refused = [
        vec![unsigned],
        vec![elsewhere],
        vec![receipt(&bundle, 0, |line| line.record_id = Some(RecordId::new(124)))],
        vec![receipt(&bundle, 0, |line| line.audit_index = Some(0))],
        vec![receipt(&bundle, 0, |line| line.version += 1)],
        vec![receipt(&bundle, 0, |line| line.actor = Some(bundle.patient.clone()))],
        vec![good(), receipt(&bundle, 0, |line| line.time += 1)],
        vec![good(), good()],
        vec![receipt(&bundle, 1, |_| {}), good()],
    ];
    for (row, receipts) in refused.into_iter().enumerate() {
        assert!(with(receipts).is_err(), "row {row}");
    }
    let two = vec![good(), receipt(&bundle, 1, |line| line.topic = Topic::Deposit)];
    assert_eq!(with(two.clone()).unwrap().vault_receipts, two);
    let document = serde_json::to_value(with(two).unwrap()).unwrap();
    for field in ["time", "count", "request", "of", "number", "reader"] {
        let mut changed = document.clone();
        let place = changed.pointer_mut(&format!("/vault_receipts/0/line/{field}")).unwrap();
        *place = another(place);
        assert!(is_refused(&changed), "{field}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(250))]

    #[test]
    fn any_byte_that_is_flipped_is_found_out(at in any::<prop::sample::Index>(), bit in 0..8_u32) {
        let mut bytes = TEXT.as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        // What is no text any more is refused where the file is read.
        if let Ok(text) = std::str::from_utf8(&bytes) {
            prop_assert!(check(text).is_err(), "byte {at}, bit {bit}");
        }
    }

    #[test]
    fn any_cut_is_found_out(at in any::<prop::sample::Index>()) {
        let end = at.index(TEXT.len());
        prop_assert!(check(&TEXT[..end]).is_err(), "cut at {end}");
    }
}
