//! Vaults as processes of their own: thresholds over several, and what an attacker gets from one
//! that follows the real chain.

use std::fs;
use std::path::{Path, PathBuf};

use mrms_core::{ChainId, Principal, RecordId, StandardPrincipal, TxId, Version};
use mrms_crypto::{Keyring, Words};
use mrms_stacks::client::ClientSettings;
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::TransactionVersion;
use mrms_vault::client::HttpVault;
use mrms_vault::protocol::{Header, Message, Nonce, ReleaseRequest, Signed, VaultCard};
use mrms_vault::{Vault, VaultError};
use serde_json::json;

use crate::remote::Node;
use crate::service::Service;
use crate::support::{Home, NOTE, Run, number, text};

/// A patient's and a clinic's home with its node, and vaults elsewhere that follow it.
pub(crate) struct Town {
    pub(crate) home: Home,
    // Each has a home of its own, kept as long as it runs.
    vaults: Vec<(Option<Service>, Home)>,
    pub(crate) urls: Vec<String>,
    node: Node,
}

impl Town {
    pub(crate) fn with_vaults(count: usize) -> Self {
        Self::of(Home::with(&["patient", "clinic", "stranger"]), count)
    }

    /// The same around this home, whose node lets its owner advance time.
    pub(crate) fn of(home: Home, count: usize) -> Self {
        let node = Node::start_with(&home, &["--admin"]);
        let mut town = Self { home, vaults: Vec::new(), urls: Vec::new(), node };
        for _ in 0..count {
            let place = Home::empty();
            let service = town.serve(&place, &[]);
            town.urls.push(text(&service.told, "url").to_owned());
            town.vaults.push((Some(service), place));
        }
        town
    }

    fn serve(&self, place: &Home, more: &[&str]) -> Service {
        let line = ["vault", "run", "--watch-every", "1", "--ledger", &self.node.url];
        let contract = self.home.contract();
        let variables = [("MRMS_CONTRACT", contract.as_str())];
        Service::start_with(place, "operator", &[&line, more].concat(), &variables)
    }

    /// A vault that was stopped comes back where it was.
    pub(crate) fn restart(&mut self, vault: usize) {
        let address = self.urls[vault].trim_start_matches("http://").to_owned();
        let service = self.serve(&self.vaults[vault].1, &["--listen", &address]);
        self.vaults[vault].0 = Some(service);
    }

    /// Another vault, in a home of its own, takes the place of one.
    pub(crate) fn replace(&mut self, vault: usize) {
        self.stop(vault);
        self.vaults[vault].1 = Home::empty();
        self.restart(vault);
    }

    /// The account under which a vault answers.
    pub(crate) fn account(&self, vault: usize) -> String {
        let client = HttpVault::new(&self.urls[vault], ClientSettings::default()).unwrap();
        Principal::from(client.card().unwrap().vault).to_string()
    }

    /// A command of the home, with all vaults in its settings.
    pub(crate) fn run(&self, name: &str, line: &[&str]) -> Run {
        let mut command = self.home.command(name, line);
        command.arg("--json").env("MRMS_VAULT_URLS", self.urls.join(","));
        self.home.run(command)
    }

    /// The same as people read it.
    pub(crate) fn text(&self, name: &str, line: &[&str]) -> Run {
        let mut command = self.home.command(name, line);
        command.env("MRMS_VAULT_URLS", self.urls.join(","));
        self.home.run(command)
    }

    pub(crate) fn create(&self, bytes: &[u8]) -> String {
        self.home.file("content", bytes);
        let created = self.run("patient", &["create", "content", "--again"]).ok().object();
        text(&created, "record_id").to_owned()
    }

    pub(crate) fn opens(&self, id: &str, bytes: &[u8]) {
        self.run("clinic", &["access", id, "-o", "opened", "--force"]).ok();
        assert!(self.home.read("opened") == bytes);
    }

    pub(crate) fn stop(&mut self, vault: usize) {
        self.vaults[vault].0.take().unwrap().stop();
    }

    fn lives_with_a_threshold(mut self, needed: usize) {
        let large: Vec<u8> = (0..300_000_u32).map(|place| (place % 251) as u8).collect();
        let (small, blob) = (self.create(NOTE), self.create(&large));
        let clinic = self.home.principal("clinic").to_owned();
        for id in [&small, &blob] {
            self.run("patient", &["grant", id, &clinic, "--forever"]).ok();
            self.opens(id, if *id == small { NOTE } else { &large });
        }
        let reconciled = self.run("patient", &["audit", &small, "--reconcile"]).ok().object();
        assert_eq!(reconciled["differences"], json!([]));
        let released = reconciled["openings"][0]["vaults"].as_array().unwrap().len();
        assert_eq!(released, needed, "no more vaults are asked than are needed");
        // As many may be away as the threshold leaves.
        for away in 0..self.urls.len() - needed {
            self.stop(away);
        }
        self.opens(&small, NOTE);
        self.opens(&blob, &large);
        self.stop(self.urls.len() - 1);
        self.run("clinic", &["access", &small, "-o", "late"]).refused(6, "vault-unreachable");
        assert!(!self.home.has("late"));
    }
}

#[test]
fn two_of_three_vaults_release_a_key_and_one_does_not() {
    Town::with_vaults(3).lives_with_a_threshold(2);
}

#[test]
fn three_of_five_vaults_release_a_key_and_two_do_not() {
    Town::with_vaults(5).lives_with_a_threshold(3);
}

/// A clinic got the share of the first of two vaults, and the second one was away.
fn interrupted_between_two_vaults() -> (Town, String) {
    let mut town = Town::with_vaults(2);
    let id = town.create(NOTE);
    let clinic = town.home.principal("clinic").to_owned();
    town.run("patient", &["grant", &id, &clinic, "--forever"]).ok();
    town.stop(1);
    town.run("clinic", &["access", &id, "-o", "out"]).refused(6, "vault-unreachable");
    town.restart(1);
    (town, id)
}

#[test]
fn access_goes_on_with_the_shares_that_it_has() {
    let (town, id) = interrupted_between_two_vaults();
    let opened = town.run("clinic", &["access", &id, "-o", "out"]).ok();
    assert!(opened.stderr.contains("taken up"), "{}", opened.stderr);
    assert_eq!(town.home.read("out"), NOTE);
}

#[test]
fn shares_of_an_older_grant_do_not_keep_anybody_from_the_present_one() {
    for sync in [false, true] {
        let (town, id) = interrupted_between_two_vaults();
        let clinic = town.home.principal("clinic").to_owned();
        match sync {
            false => town.run("patient", &["grant", &id, &clinic, "--for", "2d"]).ok(),
            true => town.run("patient", &["vault", "sync", "--keys"]).ok(),
        };
        town.opens(&id, NOTE);
        town.opens(&id, NOTE);
    }
}

#[test]
fn share_that_is_kept_of_an_access_goes_when_the_grant_was_revoked() {
    let (town, id) = interrupted_between_two_vaults();
    let clinic = town.home.principal("clinic").to_owned();
    let kept = town.home.profile_folder("clinic").join("openings");
    assert_eq!(fs::read_dir(&kept).unwrap().count(), 1);
    town.run("patient", &["revoke", &id, &clinic]).ok();
    let error = town.run("clinic", &["access", &id, "-o", "out"]).refused(4, "grant-revoked");
    assert!(text(&error, "message").contains("closed meanwhile"), "{error}");
    assert_eq!(fs::read_dir(&kept).unwrap().count(), 0);
    assert!(!town.home.has("out"));
}

/// Every file below a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

#[test]
fn vault_that_gives_other_ciphertext_keeps_nobody_from_the_next_ones() {
    let town = Town::with_vaults(3);
    let large: Vec<u8> = (0..300_000_u32).map(|place| (place % 239) as u8).collect();
    let id = town.create(&large);
    let clinic = town.home.principal("clinic").to_owned();
    town.run("patient", &["grant", &id, &clinic, "--forever"]).ok();
    let mut kept = Vec::new();
    files(&town.vaults[0].1.root().join("vault"), &mut kept);
    let blob = kept.into_iter().max_by_key(|path| fs::metadata(path).unwrap().len()).unwrap();
    let mut bytes = fs::read(&blob).unwrap();
    bytes[200_000] ^= 1;
    fs::write(&blob, bytes).unwrap();
    town.opens(&id, &large);
}

#[test]
fn vault_erases_what_was_revoked_without_being_asked() {
    let town = Town::with_vaults(1);
    let id = town.create(NOTE);
    let clinic = town.home.principal("clinic").to_owned();
    town.run("patient", &["grant", &id, &clinic, "--forever"]).ok();
    let epochs = fs::read_dir(town.vaults[0].1.root().join("vault")).unwrap();
    let guardian = epochs
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().unwrap().to_str().unwrap().starts_with("guardian"));
    let epochs = guardian.unwrap().join("epochs");
    assert_eq!(fs::read_dir(&epochs).unwrap().count(), 1);
    town.run("patient", &["revoke", &id, &clinic]).ok();
    for _ in 0..100 {
        if fs::read_dir(&epochs).unwrap().count() == 0 {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("the watcher did not look");
}

/// Somebody with an account who talks to a vault by hand.
pub(crate) struct Attacker<'t> {
    town: &'t Town,
    pub(crate) vault: HttpVault,
    card: VaultCard,
}

impl<'t> Attacker<'t> {
    fn at(town: &'t Town) -> Self {
        Self::of(town, 0)
    }

    pub(crate) fn of(town: &'t Town, vault: usize) -> Self {
        let vault = HttpVault::new(&town.urls[vault], ClientSettings::default()).unwrap();
        Self { town, card: vault.card().unwrap(), vault }
    }

    pub(crate) fn header(&self) -> Header {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Header {
            vault: self.card.vault,
            contract: self.card.contract.clone(),
            time: now.as_secs(),
            nonce: Nonce::generate(&mut rand_core::UnwrapErr(rand::rngs::SysRng)),
        }
    }

    fn key(&self, name: &str) -> (StandardPrincipal, SigningKey) {
        let words = Words::parse(&self.town.home.phrase(name)).unwrap();
        let secret = Keyring::from_words(&words).stacks_secret_key().unwrap();
        let key = SigningKey::from_bytes(secret.expose_bytes()).unwrap();
        (key.address(TransactionVersion::Testnet), key)
    }

    pub(crate) fn signed<M: Message>(&self, name: &str, header: Header, request: M) -> Signed<M> {
        let (account, key) = self.key(name);
        Signed::sign(request, header, ChainId::EMBEDDED, account, &key).unwrap()
    }

    /// An entry of the clinic's in the log, without asking the vault.
    fn entry(&self, id: &str) -> ReleaseRequest {
        let arguments = format!(r#"{{"record-id": {id:?}}}"#);
        let line = ["contract", "call", "access-medical-record", &arguments];
        let called = self.town.home.json("clinic", &line).ok().object();
        let shown = self.town.home.json("patient", &["show", id]).ok().object();
        ReleaseRequest {
            record_id: id.parse::<RecordId>().unwrap(),
            version: Version::new(number(&shown, "version")).unwrap(),
            audit_index: number(&shown, "audit_entries") - 1,
            txid: text(&called, "txid").parse::<TxId>().unwrap(),
            note: Vec::new(),
        }
    }

    #[track_caller]
    fn refused(&self, attack: &str, request: &Signed<ReleaseRequest>, reason: &str) {
        match self.vault.release(request) {
            Err(VaultError::Refused(refusal)) => {
                assert_eq!(refusal.reason.as_str(), reason, "{attack}");
            }
            other => panic!("{attack}: {other:?}"),
        }
    }
}

#[test]
fn attacks_on_a_vault_get_nothing_and_stand_in_its_log() {
    let mut town = Town::with_vaults(1);
    let attacker = Attacker::at(&town);
    let clinic = town.home.principal("clinic").to_owned();
    let (id, other) = (town.create(b"first"), town.create(b"other"));
    town.home.file("content", NOTE);
    town.run("patient", &["amend", &id, "content"]).ok();
    for record in [&id, &other] {
        town.run("patient", &["grant", record, &clinic, "--forever"]).ok();
    }
    let mine = || attacker.header();
    let good = attacker.entry(&id);
    let elsewhere = attacker.entry(&other);
    let with = |change: &dyn Fn(&mut ReleaseRequest)| {
        let mut request = good.clone();
        change(&mut request);
        request
    };
    let wrong_vault = Header { vault: attacker.key("stranger").0, ..mine() };
    let late = Header { time: mine().time - 600, ..mine() };
    let mut forged = attacker.signed("clinic", mine(), good.clone());
    forged.signature.0[40] ^= 1;
    let mut taken_over = attacker.signed("stranger", mine(), good.clone());
    taken_over.signer = attacker.key("clinic").0;
    let by = |name: &str, request: ReleaseRequest| attacker.signed(name, mine(), request);
    let table = [
        (
            "a message for another vault",
            attacker.signed("clinic", wrong_vault, good.clone()),
            "wrong-vault",
        ),
        ("a forged signature", forged, "bad-signature"),
        ("somebody else's signature", taken_over, "bad-signature"),
        ("a forged time", attacker.signed("clinic", late, good.clone()), "clock"),
        ("another's entry", by("stranger", good.clone()), "other-reader"),
        ("an entry that is none", by("clinic", with(&|r| r.audit_index += 7)), "no-entry"),
        ("an entry that is no access", by("clinic", with(&|r| r.audit_index = 0)), "not-an-access"),
        ("an older version", by("clinic", with(&|r| r.version = Version::FIRST)), "other-version"),
        (
            "another transaction",
            by("clinic", with(&|r| r.txid = elsewhere.txid)),
            "other-transaction",
        ),
        ("another record", by("clinic", with(&|r| r.record_id = elsewhere.record_id)), "no-entry"),
    ];
    let mut expected = Vec::new();
    for (attack, request, reason) in &table {
        attacker.refused(attack, request, reason);
        expected.push(*reason);
    }
    let request = attacker.signed("clinic", mine(), good.clone());
    attacker.vault.release(&request).unwrap();
    attacker.refused("the same request again", &request, "request-replayed");
    attacker.refused("the same entry again", &by("clinic", good.clone()), "entry-used");
    expected.extend(["request-replayed", "entry-used"]);

    let unused = attacker.entry(&id);
    town.run("patient", &["revoke", &id, &clinic]).ok();
    attacker.refused("after a revoke", &by("clinic", unused), "revoked");
    expected.push("revoked");

    // Each stands in the log, but for what nobody signed, which is counted.
    let own = Principal::from(attacker.card.vault).to_string();
    assert_ne!(own, clinic);
    drop(attacker);
    town.stop(0);
    let place = &town.vaults[0].1;
    let line = ["vault", "log", "--ledger", &town.node.url];
    let mut command = place.command("operator", &line);
    command.arg("--json").env("MRMS_CONTRACT", town.home.contract());
    let rows = place.run(command).ok().rows();
    let logged: Vec<_> = rows.iter().filter_map(|row| row["reason"].as_str()).collect();
    for reason in expected {
        assert!(logged.contains(&reason), "{reason} is not in {logged:?}");
    }
    let releases = rows.iter().filter(|row| row["topic"] == "release");
    assert_eq!(releases.count(), 1, "one share left, for the one entry that allowed it");
}
