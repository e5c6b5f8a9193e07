//! Joining somebody by an invitation: what is checked, what is asked, and what works at once.

use std::fs;
use std::net::TcpListener;

use mrms_core::{StandardPrincipal, UnixTime};
use mrms_people::{Card, FieldText, Invitation, InvitedVault, SignedDocument};
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::TransactionVersion;
use serde_json::{Value, json};

#[cfg(unix)]
use crate::changed_key::answered;
use crate::service::Service;
use crate::support::{Home, NOTE, Run, text};

/// A clinic with node, vault and a sponsor that takes vouchers.
struct Clinic {
    home: Home,
    up: Service,
    sponsor: Service,
}

impl Clinic {
    fn open() -> Self {
        let home = Home::with(&["clinic"]);
        fs::write(home.root().join("vouchers.txt"), "").unwrap();
        let settings = "[sponsor]\nvouchers = \"vouchers.txt\"\n";
        fs::write(home.root().join("mrms.toml"), settings).unwrap();
        let line = ["up", "--node-listen", "127.0.0.1:0", "--vault-listen", "127.0.0.1:0"];
        let up = Service::start(&home, "clinic", &line);
        let sponsor = Service::start(&home, "clinic", &["sponsor"]);
        home.json("clinic", &["card", "set", "--name", "Clinic B", "--kind", "practice"]).ok();
        Self { home, up, sponsor }
    }

    fn node(&self) -> &str {
        text(&self.up.told["node"], "url")
    }

    fn invite(&self, more: &[&str]) -> String {
        let sponsor = text(&self.sponsor.told, "url");
        let line = [&["invite", "--sponsor-url", sponsor], more].concat();
        let shown = self.home.json("clinic", &line).ok().object();
        text(&shown, "text").to_owned()
    }

    fn invitation(&self) -> Invitation {
        SignedDocument::<Invitation>::from_text(&self.invite(&[])).unwrap().document().clone()
    }
}

/// An attacker's key, with which they sign what they like.
fn attacker() -> SigningKey {
    SigningKey::from_bytes(&[9; 32]).unwrap()
}

fn signed(invitation: Invitation) -> SignedDocument<Invitation> {
    let name = invitation.card().name.clone();
    signed_as(invitation, name.as_str())
}

fn signed_as(mut invitation: Invitation, name: &str) -> SignedDocument<Invitation> {
    let principal = attacker().address(TransactionVersion::Testnet);
    let card = Card {
        name: FieldText::new(name).unwrap(),
        principal,
        genesis: invitation.genesis,
        chain_id: invitation.chain_id,
        contract: invitation.contract.clone(),
        ..invitation.card().clone()
    };
    invitation.inviter = SignedDocument::sign(card, &attacker()).unwrap();
    SignedDocument::sign(invitation, &attacker()).unwrap()
}

fn init(home: &Home, invitation: &str, more: &[&str]) -> Run {
    home.json("patient", &[&["init", "--join", invitation], more].concat())
}

#[test]
fn one_text_is_enough_to_share_with_who_invited() {
    let clinic = Clinic::open();
    let invitation = clinic.invite(&[]);
    let mut patient = Home::empty();
    let made = init(&patient, &invitation, &["--yes"]).ok();
    let shown = &made.stderr;
    for told in ["“Clinic B” invites you", "practice", "answers as named", clinic.node()] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    let rows = made.rows();
    let [profile, joined] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!(joined["inviter_name"], "Clinic B");
    assert_eq!(joined["inviter"], clinic.home.principal("clinic"));
    assert_eq!((&joined["key_published"], &joined["reason"]), (&json!(true), &Value::Null));
    assert_eq!(joined["own_name"], Value::Null, "with --yes nothing is asked");
    patient.remember("patient", text(profile, "principal"));
    let id = patient.create("note.txt", NOTE);
    patient.json("patient", &["grant", &id, clinic.home.principal("clinic"), "--for", "1d"]).ok();
    clinic.home.assert_opens("clinic", &id, NOTE);
    // The settings are where a person looks for them, and what works is told.
    let settings = fs::read_to_string(patient.root().join("mrms.toml")).unwrap();
    for part in
        [clinic.node(), text(&clinic.up.told["vault"], "url"), "threshold = 1", "sponsor_voucher"]
    {
        assert!(settings.contains(part), "{part}: {settings}");
    }
    let checks = patient.json("patient", &["doctor"]).ok().rows();
    assert!(checks.iter().all(|check| check["ok"] == true), "{checks:?}");
    // The voucher belongs to the first account that showed it: another one is told before anything is made.
    let second = Home::empty();
    init(&second, &invitation, &["--yes"]).refused(4, "invitation-used");
    assert!(
        !second.profile_folder("patient").exists() && !second.root().join("mrms.toml").exists()
    );
    init(&second, &clinic.invite(&[]), &["--yes"]).ok();
    home_of_the_same_words(&patient, &invitation);
    let again = patient.json("patient", &["join", &invitation, "--yes"]).ok().object();
    assert_eq!(again["key_published"], true);
    clinic.sponsor.stop();
    clinic.up.stop();
}

/// Somebody who has the words of the account that used an invitation may use it again.
fn home_of_the_same_words(patient: &Home, invitation: &str) {
    let again = Home::empty();
    again.file("words", patient.phrase("patient"));
    let made = init(&again, invitation, &["--yes", "--words-file", "words"]).ok().rows();
    assert_eq!(made[1]["key_published"], true, "{made:?}");
}

#[test]
fn home_that_is_there_already_joins_and_keeps_what_its_settings_say() {
    let clinic = Clinic::open();
    // An island: its own ledger, and a record on it.
    let home = Home::with(&["patient"]);
    fs::write(home.root().join("mrms.toml"), "# mine\nlock_wait = 29\n").unwrap();
    let id = home.create("note.txt", NOTE);
    let invitation = clinic.invite(&[]);
    home.file("invitation", &invitation);
    let error = home.json("patient", &["join", "invitation", "--yes"]).refused(1, "own-records");
    assert!(text(&error, "hint").contains("--bring-records"), "{error}");
    home.json("patient", &["join", "--bring-records"]).refused(1, "nothing-beside");
    home.json("patient", &["access", &id, "-o", "still-here"]).ok();
    home.json("patient", &["join", "invitation", "--yes", "--anyway", "--call", "My clinic"]).ok();
    let settings = fs::read_to_string(home.root().join("mrms.toml")).unwrap();
    assert!(settings.starts_with("# mine\nlock_wait = 29\n"), "{settings}");
    assert!(home.json("patient", &["list"]).ok().rows().is_empty());
    // What stayed behind is told, and can be reached.
    let told = "1 record from before you joined stayed on this machine's own ledger";
    let listed = home.text("patient", &["list"]).ok();
    assert!(listed.stderr.contains(told), "{listed:?}");
    let doctor = home.text("patient", &["doctor"]);
    assert!(doctor.printed().contains(told), "{doctor:?}");
    let earlier = home.json("patient", &["--own-ledger", "list"]).ok().object();
    assert_eq!(earlier["record_id"], json!(id));
    let opened = home.json("patient", &["--own-ledger", "access", &id, "-o", "earlier"]).ok();
    assert!(!opened.stderr.contains("WARNING"), "{opened:?}");
    assert_eq!(home.read("earlier"), NOTE);
    let back = home.json("patient", &["list"]).ok();
    assert!(back.rows().is_empty() && !back.stderr.contains("WARNING"), "{back:?}");
    // It comes along, once.
    home.file("later.txt", "Later.");
    home.json("patient", &["--own-ledger", "amend", &id, "later.txt"]).ok();
    let brought = home.json("patient", &["join", "--bring-records"]).ok().rows();
    assert_eq!((&brought[0]["versions"], &brought[1]["records"]), (&json!(2), &json!(1)));
    assert_eq!(brought[0]["name"], "note.txt", "a new version keeps the name");
    let here = text(&brought[0], "record_id").to_owned();
    for (version, content) in [("1", NOTE), ("2", b"Later.".as_slice())] {
        home.json("patient", &["access", &here, "--version", version, "-o", version]).ok();
        assert_eq!(home.read(version), content);
    }
    assert_ne!(here, id, "what is remembered of the one is not taken for the other's");
    let again = home.json("patient", &["join", "--bring-records"]).ok().rows();
    assert_eq!(again, [json!({"records": 0})]);
    // What could be erased there can be erased here, and one is not taken for the other.
    home.file("erasable.txt", "for a while");
    let own = ["--own-ledger", "create", "erasable.txt", "--erasable"];
    let there = home.json("patient", &own).ok().object();
    let brought = home.json("patient", &["join", "--bring-records"]).ok().rows();
    let here = text(&brought[0], "record_id").to_owned();
    let shown = home.json("patient", &["show", &here]).ok().object();
    assert_eq!(shown["versions"][0]["storage"], "vault", "{shown}");
    let there = text(&there, "record_id");
    let erased = home.text("patient", &["erase", &here, "--yes"]).ok();
    let copy = format!("mrms --own-ledger erase id:{there}");
    assert!(erased.printed().contains(&copy), "{erased:?}");
    home.json("patient", &["--own-ledger", "access", there, "-o", "there"]).ok();
    assert_eq!(home.read("there"), b"for a while");
    // And so can the one there be, by the command that was told.
    let line = ["--own-ledger", "erase", &format!("id:{there}"), "--yes"];
    let erased = home.text("patient", &line).ok();
    assert!(erased.printed().contains("the copy there stays"), "{erased:?}");
    home.json("patient", &["--own-ledger", "access", there, "-o", "gone"])
        .refused(3, "record-erased");
    assert!(!home.has("gone"));
    let listed = home.text("patient", &["list"]).ok();
    assert!(!listed.stderr.contains(told), "{listed:?}");
    // Again, by the address: whoever answers there must be known, since nobody handed it over.
    clinic.invite(&["--publish"]);
    let by_address = ["join", clinic.node(), "--yes"];
    home.json("patient", &by_address).refused(1, "not-confirmed");
    let stranger = attacker().address(TransactionVersion::Testnet).to_string();
    let expect = |who: &str| home.json("patient", &[&by_address[..], &["--inviter", who]].concat());
    expect(&stranger).refused(5, "other-inviter");
    let joined = expect(clinic.home.principal("clinic")).ok().object();
    // The name that the person gave stays, and so does the voucher.
    assert_eq!(joined["inviter_name"], "My clinic");
    assert!(fs::read_to_string(home.root().join("mrms.toml")).unwrap().contains("sponsor_voucher"));
    // Somebody else with the clinic's name is not taken for it.
    let mut theirs = clinic.invitation();
    theirs.sponsor = None;
    home.file("theirs", signed(theirs).to_text());
    home.json("patient", &["join", "theirs", "--yes"]).refused(2, "name-unclear");
    home.json("patient", &["join", "theirs", "--yes", "--call", "My cl\u{456}nic"])
        .refused(2, "name-unclear");
    let other =
        home.json("patient", &["join", "theirs", "--yes", "--call", "Another"]).ok().object();
    assert_eq!((&other["inviter_name"], &other["sponsor"]), (&json!("Another"), &Value::Null));
    let mut overridden = home.command("patient", &["join", "invitation", "--yes", "--json"]);
    overridden.env("MRMS_VAULT_URLS", "http://127.0.0.1:1");
    let error = home.run(overridden).refused(2, "usage");
    assert!(text(&error, "message").contains("MRMS_VAULT_URLS"), "{error}");
}

#[test]
fn inviter_whose_name_poses_as_text_of_a_list_is_not_taken_with_a_yes() {
    let clinic = Clinic::open();
    let mut theirs = clinic.invitation();
    theirs.sponsor = None;
    let home = Home::with(&["other"]);
    for name in ["MED4", "REFUSED", "1", "#1", "all", "you", "(no name)"] {
        let fresh = Home::empty();
        let text_of_it = signed_as(theirs.clone(), name).to_text();
        init(&fresh, &text_of_it, &["--yes"]).refused(2, "name-refused");
        assert!(!fresh.profile_folder("patient").exists(), "{name}");
        home.json("other", &["join", &text_of_it, "--yes"]).refused(2, "name-refused");
        init(&fresh, &text_of_it, &["--yes", "--call", name]).refused(2, "name-refused");
    }
    let fresh = Home::empty();
    let text_of_it = signed_as(theirs, "REFUSED").to_text();
    let joined = init(&fresh, &text_of_it, &["--yes", "--call", "My clinic"]).ok().rows();
    assert_eq!(joined[1]["inviter_name"], "My clinic");
}

#[test]
fn invitation_that_leads_elsewhere_than_it_says_is_refused_and_nothing_is_made() {
    let clinic = Clinic::open();
    let good = clinic.invitation();
    let elsewhere = {
        let other = Home::with(&["other"]);
        let line = ["up", "--node-listen", "127.0.0.1:0", "--vault-listen", "127.0.0.1:0"];
        (Service::start(&other, "other", &line), other)
    };
    let url = |service: &str| text(&elsewhere.0.told[service], "url").parse().unwrap();
    let account: StandardPrincipal = attacker().address(TransactionVersion::Testnet);
    let changed = |change: &dyn Fn(&mut Invitation)| {
        let mut invitation = good.clone();
        change(&mut invitation);
        signed(invitation).to_text()
    };
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = format!("http://{free}");
    let mut bytes =
        SignedDocument::<Invitation>::from_text(&clinic.invite(&[])).unwrap().to_bytes();
    let last = bytes.len() - 1;
    bytes[last - 40] ^= 1;
    let altered = mrms_people::document::armor(&bytes);
    let cases: Vec<(&str, String, i32, &str)> = vec![
        ("a node of another chain", changed(&|one| one.node = url("node")), 5, "other-ledger"),
        (
            "another chain id",
            changed(&|one| one.chain_id = mrms_core::ChainId::TESTNET),
            5,
            "other-ledger",
        ),
        ("a node that is away", changed(&|one| one.node = nobody.parse().unwrap()), 6, "node-away"),
        (
            "a contract that is none",
            changed(&|one| one.contract = "ST000000000000000000002AMW42H.x".parse().unwrap()),
            5,
            "other-contract",
        ),
        (
            "a vault of another account",
            changed(&|one| one.vaults[0].account = account),
            5,
            "vault-not-trusted",
        ),
        (
            "a vault of another ledger",
            changed(&|one| {
                let account = text(&elsewhere.0.told["vault"], "vault").parse().unwrap();
                one.vaults.push(InvitedVault { url: url("vault"), account });
            }),
            5,
            "vault-not-trusted",
        ),
        (
            "one that is over",
            changed(&|one| one.valid_until = UnixTime::from_seconds(one.issued.seconds() - 1)),
            4,
            "invitation-expired",
        ),
        (
            "one from a later day",
            changed(&|one| one.issued = UnixTime::from_seconds(one.issued.seconds() + 86_400)),
            4,
            "invitation-from-later",
        ),
        (
            "unencrypted to another machine",
            changed(&|one| one.node = "http://192.0.2.1:20443".parse().unwrap()),
            4,
            "plain-http",
        ),
        ("one that was altered", altered, 5, "document-signature"),
        (
            "a card",
            text(&clinic.home.json("clinic", &["card", "show"]).ok().object(), "text").to_owned(),
            2,
            "document-kind",
        ),
    ];
    for (what, invitation, exit, code) in cases {
        let home = Home::empty();
        home.file("invitation", &invitation);
        let run = init(&home, "invitation", &["--yes"]);
        assert_eq!(run.code, Some(exit), "{what}: {run:?}");
        run.refused(exit, code);
        assert!(!home.root().exists(), "{what}: something was made");
    }
    // What acts on a screen, what is too long, and what is no address.
    for garbage in [
        format!("mrms:{}", "A".repeat(100_000)),
        "mrms:\u{1b}[2J\u{202e}AAAA".to_owned(),
        "https://node.clinic.example\u{202e}".to_owned(),
        "http://192.0.2.1:20443".to_owned(),
        format!("https://{}.example", "a".repeat(100_000)),
    ] {
        let home = Home::empty();
        let run = init(&home, &garbage, &["--yes"]);
        assert_ne!(run.code, Some(0), "{run:?}");
        assert!(
            !run.stderr.contains(['\u{1b}', '\u{202e}']) && run.stderr.len() < 2_000,
            "{run:?}"
        );
        assert!(!home.root().exists(), "something was made");
    }
}

#[test]
fn vault_that_is_away_is_told_and_too_few_stop_the_joining() {
    let clinic = Clinic::open();
    let mut invitation = clinic.invitation();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}").parse().unwrap();
    let account = attacker().address(TransactionVersion::Testnet);
    invitation.vaults.push(InvitedVault { url, account });
    let one_is_enough = signed(invitation.clone()).to_text();
    let home = Home::empty();
    let joined = init(&home, &one_is_enough, &["--yes"]).ok();
    assert!(joined.stderr.contains("DOES NOT ANSWER NOW"), "{joined:?}");
    assert_eq!(joined.rows()[1]["vaults"][1]["answers"], false);
    // Whoever comes up there with another account later is not the vault that was named.
    let known = fs::read_to_string(home.profile_folder("patient").join("vaults.json")).unwrap();
    assert!(known.contains(&account.to_string()), "{known}");
    // With a voucher of its own: the first one was used.
    let both_are_needed =
        Invitation { threshold: 2, vaults: invitation.vaults, ..clinic.invitation() };
    let both_are_needed = signed(both_are_needed).to_text();
    let home = Home::empty();
    init(&home, &both_are_needed, &["--yes"]).refused(6, "vaults-away");
    assert!(!home.root().exists());
    init(&home, &both_are_needed, &["--yes", "--anyway"]).ok();
}

#[test]
fn newer_invitation_is_noticed_once_and_taken_once() {
    let clinic = Clinic::open();
    clinic.invite(&["--publish"]);
    let mut patient = Home::empty();
    let made = init(&patient, &clinic.invite(&[]), &["--yes"]).ok().rows();
    patient.remember("patient", text(&made[0], "principal"));
    let same = patient.json("patient", &["join", "--update"]).ok().object();
    assert_eq!(same["newer"], false, "{same}");
    let id = patient.create("note.txt", NOTE);
    patient.json("patient", &["grant", &id, clinic.home.principal("clinic"), "--for", "1d"]).ok();
    // The clinic's vault gets another address, and a second one comes beside it.
    let second = Home::elsewhere(clinic.node(), &clinic.home.contract());
    fs::create_dir_all(second.root()).unwrap();
    let vault = Service::start(&second, "none", &["vault", "run"]);
    let vaults = [text(&clinic.up.told["vault"], "url"), text(&vault.told, "url")];
    let mut line = clinic.home.command(
        "clinic",
        &["invite", "--publish", "--sponsor-url", text(&clinic.sponsor.told, "url"), "--json"],
    );
    line.env("MRMS_VAULT_URLS", vaults.join(",")).env("MRMS_VAULT_THRESHOLD", "1");
    clinic.home.run(line).ok();

    // It looked when it joined: not again today.
    let listed = patient.json("patient", &["list"]).ok();
    assert!(!listed.stderr.contains("newer invitation"), "{listed:?}");
    let is_told = || {
        let file = patient.root().join("joined.json");
        let mut kept: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        kept["looked"] = json!(0);
        fs::write(&file, kept.to_string()).unwrap();
        patient.json("patient", &["list"]).ok().stderr.contains("mrms join --update")
    };
    // It waits for a moment only, which a busy machine may miss; then the next day's look finds it.
    assert!((0..10).any(|_| is_told()));
    let again = patient.json("patient", &["list"]).ok();
    assert!(!again.stderr.contains("newer invitation"), "{again:?}");

    patient.json("patient", &["join", "--update"]).refused(1, "not-confirmed");
    let rows = patient.json("patient", &["join", "--update", "--yes"]).ok().rows();
    assert_eq!(rows[0]["vaults"].as_array().unwrap().len(), 2, "{rows:?}");
    assert!(rows[1..].iter().any(|row| row["piece"] == "key" && row["done"] == true), "{rows:?}");
    let checks = patient.json("patient", &["doctor"]).ok().rows();
    let vaults = checks.iter().filter(|check| check["check"] == "vault").count();
    assert_eq!(vaults, 2, "{checks:?}");
    vault.stop();
}

#[test]
fn words_and_an_invitation_bring_a_profile_back() {
    let clinic = Clinic::open();
    let mut patient = Home::empty();
    let made = init(&patient, &clinic.invite(&[]), &["--yes"]).ok().rows();
    patient.remember("patient", text(&made[0], "principal"));
    patient.create("note.txt", NOTE);
    let again = Home::empty();
    again.file("words", patient.phrase("patient"));
    again.file("invitation", clinic.invite(&[]));
    let line = ["key", "recover", "--words-file", "words", "--join", "invitation", "--yes"];
    let rows = again.json("patient", &line).ok().rows();
    assert_eq!(rows[0]["records_recovered"], 1, "{rows:?}");
    assert_eq!(rows[1]["key_published"], true, "{rows:?}");
    assert_eq!(again.json("patient", &["list"]).ok().rows().len(), 1);
}

#[test]
fn words_that_come_back_before_the_invitation_keep_the_key_that_was_changed() {
    let clinic = Clinic::open();
    let mut patient = Home::empty();
    let made = init(&patient, &clinic.invite(&[]), &["--yes"]).ok().rows();
    patient.remember("patient", text(&made[0], "principal"));
    patient.create("note.txt", NOTE);
    patient.json("patient", &["key", "rotate", "--yes"]).ok();
    let key_of =
        |home: &Home| home.json("patient", &["key", "show"]).ok().object()["recipient"].clone();
    let changed = key_of(&patient);
    // Words alone know no ledger: the profile begins with its first key.
    let again = Home::empty();
    again.file("words", patient.phrase("patient"));
    again.file("invitation", clinic.invite(&[]));
    again.json("patient", &["key", "recover", "--words-file", "words"]).ok();
    assert_ne!(key_of(&again), changed);
    let joined = again.json("patient", &["join", "invitation", "--yes"]).ok().object();
    assert_eq!(joined["key_published"], true, "{joined}");
    assert_eq!(key_of(&again), changed, "the key that was left behind is not published again");
    let rows = again.json("patient", &["list"]).ok().rows();
    again.assert_opens("patient", text(&rows[0], "record_id"), NOTE);
}

#[test]
fn ledger_of_init_is_remembered() {
    let clinic = Clinic::open();
    let home = Home::empty();
    home.json("patient", &["init", "--ledger", clinic.node()]).ok();
    let settings = fs::read_to_string(home.root().join("mrms.toml")).unwrap();
    assert!(settings.contains(clinic.node()), "{settings}");
}

#[test]
#[cfg(unix)]
fn init_asks_at_a_terminal_whom_to_join() {
    let clinic = Clinic::open();
    let invitation = clinic.invite(&[]);
    let home = Home::empty();
    let refused = answered(&home, "patient", &["init"], &format!("y\n{invitation}\nn"));
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(!home.root().exists(), "something was made");
    let answers = format!("y\n{invitation}\ny\nMaria Muster");
    let mut home = home;
    let made = answered(&home, "patient", &["init"], &answers).ok();
    assert!(
        made.stderr.contains("nobody else learns it"),
        "it is said before it is sent: {made:?}"
    );
    assert!(made.printed().contains("will read your name, Maria Muster"), "{made:?}");
    let principal = home.json("patient", &["key", "show"]).ok().object();
    home.remember("patient", text(&principal, "principal"));
    let id = home.create("note.txt", NOTE);
    home.json("patient", &["grant", &id, clinic.home.principal("clinic"), "--for", "1d"]).ok();
    let shared = clinic.home.json("clinic", &["list", "--shared-with-me"]).ok().object();
    assert_eq!(shared["patient_calls_themselves"], "Maria Muster");
    // It is asked once.
    let again = answered(&home, "patient", &["join", &invitation], "y").ok();
    assert!(!again.stderr.contains("What is your name"), "{again:?}");
    assert!(made.printed().contains("you work with “Clinic B” now"), "{made:?}");
    assert!(made.stderr.starts_with("Were you invited"), "{made:?}");
    let alone = Home::empty();
    answered(&alone, "patient", &["init"], "n").ok();
    assert!(alone.root().join("ledger").is_dir() && !alone.root().join("mrms.toml").exists());
}

#[test]
fn node_that_is_away_is_named_with_since_when_and_what_works_without_it() {
    let clinic = Clinic::open();
    let mut patient = Home::empty();
    let made = init(&patient, &clinic.invite(&[]), &["--yes"]).ok().rows();
    patient.remember("patient", text(&made[0], "principal"));
    let id = patient.create("note.txt", NOTE);
    let card = ["card", "set", "--name", "Maria Muster"];
    let card = patient.json("patient", &card).ok().object();
    patient.json("patient", &["access", &id, "-o", "opened"]).ok();
    let key = patient.json("patient", &["key", "show"]).ok().object();
    let encrypt = ["encrypt", "-r", text(&key, "recipient"), "opened", "-o", "sealed"];
    patient.text("patient", &encrypt).ok();
    clinic.sponsor.stop();
    clinic.up.stop();

    for line in [&["list"][..], &["shared"], &["create", "note.txt"]] {
        let refused = patient.json("patient", line).refused(6, "ledger-unreachable");
        let message = text(&refused, "message");
        let begin =
            "the node of “Clinic B”, whom you joined, does not answer; it last answered on ";
        assert!(message.starts_with(begin), "{line:?}: {message}");
        assert!(text(&refused, "hint").contains("mrms decrypt"), "{line:?}: {refused}");
    }
    let doctor = patient.text("patient", &["doctor"]);
    assert!(doctor.printed().contains("the node of “Clinic B”"), "{doctor:?}");
    // What the hint names works.
    assert_eq!(patient.read("opened"), NOTE);
    patient.text("patient", &["decrypt", "sealed", "-o", "again"]).ok();
    patient.text("patient", &["key", "words", "--yes"]).ok();
    assert_eq!(patient.json("patient", &["people", "list"]).ok().rows()[0]["name"], "Clinic B");
    let shown = patient.json("patient", &["card", "show"]).ok();
    assert_eq!(shown.object()["text"], card["text"]);
    assert!(shown.stderr.contains("was not checked"), "{shown:?}");
}

#[test]
fn key_of_whoever_joined_without_money_is_published_by_the_next_program_that_can() {
    let clinic = Home::with(&["clinic"]);
    let line = ["up", "--node-listen", "127.0.0.1:0", "--vault-listen", "127.0.0.1:0"];
    let up = Service::start(&clinic, "clinic", &line);
    clinic.json("clinic", &["card", "set", "--name", "Clinic B"]).ok();
    let invited = clinic.json("clinic", &["invite"]).ok().object();
    let lacks = |home: &Home| -> Vec<String> {
        let checks = home.json("patient", &["doctor"]).rows();
        let bad = checks.iter().filter(|check| check["ok"] == false);
        bad.filter_map(|check| check["check"].as_str().map(str::to_owned)).collect()
    };
    for next in [&["create", "note.txt"][..], &["watch", "--once"]] {
        let mut patient = Home::empty();
        let made = init(&patient, text(&invited, "text"), &["--yes"]).ok().rows();
        assert_eq!(made[1]["key_published"], false, "{made:?}");
        let account = text(&made[0], "principal").to_owned();
        patient.remember("patient", &account);
        patient.file("note.txt", NOTE);
        assert_eq!(lacks(&patient), ["account", "own key"]);
        patient.json("patient", next);
        assert_eq!(lacks(&patient), ["account", "own key"], "{next:?} without money");
        clinic.json("clinic", &["node", "faucet", &account, "1000000000"]).ok();
        assert_eq!(lacks(&patient), ["own key"]);
        let said = patient.json("patient", next).ok().stderr;
        assert!(said.contains("your encryption key is published now"), "{next:?}: {said}");
        assert_eq!(lacks(&patient), [""; 0], "{next:?}");
    }
    up.stop();
}
