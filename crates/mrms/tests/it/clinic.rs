//! A clinic from nothing to a first patient's record, and what the set-up leaves behind.

use std::fs;
use std::net::TcpListener;

use serde_json::Value;

use crate::service::Service;
use crate::support::{Home, NOTE, Run, text};

/// Three addresses of this machine that nobody listens on.
fn free_addresses() -> [String; 3] {
    let listeners = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().to_string())
}

fn setup(home: &Home, addresses: &[String; 3], more: &[&str]) -> Run {
    let [node, vault, sponsor] = addresses.each_ref().map(String::as_str);
    let places = ["--node-listen", node, "--vault-listen", vault, "--sponsor-listen", sponsor];
    home.json("clinic", &[&["clinic", "setup", "Clinic B"], &places[..], more].concat())
}

/// Counts what people do.
#[derive(Default)]
struct Tally {
    clinic: usize,
    patient: usize,
    pasted: usize,
}

impl Tally {
    fn clinic<T>(&mut self, did: T) -> T {
        self.clinic += 1;
        did
    }

    fn patient<T>(&mut self, did: T) -> T {
        self.patient += 1;
        did
    }

    fn pasted(&mut self, text: &str) -> String {
        self.pasted += 1;
        text.to_owned()
    }
}

#[test]
fn clinic_takes_two_commands_and_a_patient_three_with_one_pasted_text() {
    let mut count = Tally::default();
    let addresses = free_addresses();
    let (mut clinic, mut patient) = (Home::empty(), Home::empty());
    let done = count.clinic(setup(&clinic, &addresses, &[])).ok().rows();
    let up = count.clinic(Service::start(&clinic, "clinic", &["up"]));

    let invitation = count.pasted(text(&done[0], "invitation"));
    let made = count.patient(patient.json("patient", &["init", "--join", &invitation, "--yes"]));
    let made = made.ok().rows();
    patient.file("note.txt", NOTE);
    let created = count.patient(patient.json("patient", &["create", "note.txt"])).ok().object();
    let id = text(&created, "record_id").to_owned();
    let sharing = ["grant", "note.txt", "--to", "Clinic B", "--for", "30d"];
    count.patient(patient.json("patient", &sharing)).ok();

    clinic.assert_opens("clinic", &id, NOTE);
    println!(
        "the clinic took {} commands, the patient {} with {} pasted text",
        count.clinic, count.patient, count.pasted
    );
    assert_eq!((count.clinic, count.patient, count.pasted), (2, 3, 1));

    // What they left is searched for their secrets from now on, and nothing is wrong anywhere.
    patient.remember("patient", text(&made[0], "principal"));
    clinic.remember("clinic", text(&done[0], "principal"));
    assert!(done[1..].iter().all(|check| check["ok"] == true), "{done:?}");
    for (home, name) in [(&clinic, "clinic"), (&patient, "patient")] {
        let checks = home.json(name, &["doctor"]).ok().rows();
        assert!(checks.iter().all(|check| check["ok"] == true), "{checks:?}");
    }
    assert_eq!(text(&up.told["node"], "url"), format!("http://{}", addresses[0]));
    assert_eq!(text(&up.told["vault"], "url"), format!("http://{}", addresses[1]));
    assert_eq!(text(&up.told["sponsor"], "url"), format!("http://{}", addresses[2]));
    up.stop();
}

#[test]
fn setup_goes_on_where_it_was_and_changes_what_is_asked_for() {
    let (home, addresses) = (Home::empty(), free_addresses());
    let first = setup(&home, &addresses, &[]).ok().rows();
    // As if it had been interrupted before its end: the profile that pays, its list and the invitation are gone.
    fs::remove_dir_all(home.profile_folder("sponsor")).unwrap();
    for name in ["vouchers.txt", "invitation"] {
        fs::remove_file(home.root().join(name)).unwrap();
    }
    let again = home.json("clinic", &["clinic", "setup", "Clinic B"]).ok().rows();
    for field in ["principal", "contract_id", "node", "vaults", "sponsor"] {
        assert_eq!(again[0][field], first[0][field], "{field}");
    }
    assert_eq!(again[0]["published"], true);
    let same = home.json("clinic", &["clinic", "setup", "Clinic B"]).ok().rows();
    assert_eq!(same[0]["published"], false, "nothing is new");
    let settings = || fs::read_to_string(home.root().join("mrms.toml")).unwrap();
    let before = settings();
    let named = ["--node-url", "https://node.clinic.example"];
    let moved = home.json("clinic", &[&["clinic", "setup", "Clinic B"], &named[..]].concat());
    let moved = moved.ok().rows();
    assert_eq!((&moved[0]["node"], &moved[0]["published"]), (&Value::from(named[1]), &true.into()));
    assert!(settings().contains("hosts = [\"node.clinic.example\"]"), "{}", settings());
    assert_ne!(settings(), before);
    let told = home.text("clinic", &["clinic", "setup", "Clinic B"]).ok();
    let screen = told.printed().split("mrms:").next().unwrap();
    let folder = home.root().display().to_string();
    for line in screen.lines().filter(|line| !line.contains(&folder)) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    for wrong in [
        ["--node-listen", "0.0.0.0:20443"],
        ["--vault-listen", "127.0.0.1:0"],
        ["--threshold", "2"],
    ] {
        home.json("clinic", &[&["clinic", "setup", "Clinic B"], &wrong[..]].concat())
            .refused(2, "usage");
    }
}

#[test]
fn address_alone_is_enough_where_the_sponsor_pays_for_anyone() {
    let (clinic, addresses) = (Home::empty(), free_addresses());
    let done = setup(&clinic, &addresses, &["--anyone"]).ok().rows();
    let up = Service::start(&clinic, "clinic", &["up"]);
    for (at, service) in ["node", "vault"].into_iter().enumerate() {
        let home = Home::empty();
        let url = text(&up.told[service], "url");
        assert!(url.ends_with(&addresses[at]));
        let whom = text(&done[0], "principal");
        let line = ["init", "--join", url, "--inviter", whom, "--yes"];
        let rows = home.json("patient", &line).ok().rows();
        assert_eq!(rows[1]["key_published"], true, "{service}: {rows:?}");
    }
    up.stop();
}

#[test]
fn vault_of_another_operator_joins_with_one_text_and_is_added_with_one_option() {
    let (clinic, addresses) = (Home::empty(), free_addresses());
    let done = setup(&clinic, &addresses, &[]).ok().rows();
    let up = Service::start(&clinic, "clinic", &["up"]);
    let (operator, [listen, ..]) = (Home::empty(), free_addresses());
    let invitation = text(&done[0], "invitation");
    let line = ["vault", "join", invitation, "--listen", &listen, "--yes"];
    let made = operator.json("none", &line).ok().object();
    let option = text(&made, "option").to_owned();
    let add = |option: &str| {
        let (flag, value) = option.split_once(' ').unwrap();
        let line = ["clinic", "setup", "Clinic B", flag, value, "--threshold", "2"];
        clinic.json("clinic", &line)
    };
    add(&option).refused(6, "vault-unknown");
    let vault = Service::start(&operator, "none", &["vault", "run", "--listen", &listen]);
    let other = text(&done[0], "principal");
    let wrong = format!("--vault {}={other}", text(&made, "url"));
    add(&wrong).refused(5, "vault-not-trusted");
    let added = add(&option).ok().rows();
    assert_eq!(added[0]["vaults"].as_array().unwrap().len(), 2, "{added:?}");
    assert_eq!((&added[0]["threshold"], &added[0]["published"]), (&2.into(), &true.into()));

    let mut patient = Home::empty();
    let joining = ["init", "--join", text(&added[0], "invitation"), "--yes"];
    let rows = patient.json("patient", &joining).ok().rows();
    patient.remember("patient", text(&rows[0], "principal"));
    let id = patient.create("note.txt", NOTE);
    patient.json("patient", &["grant", &id, other, "--for", "1d"]).ok();
    clinic.assert_opens("clinic", &id, NOTE);
    let unit = fs::read_to_string(text(&made, "unit")).unwrap();
    assert!(unit.contains("User=mrms-vault") && !unit.contains("LoadCredential"), "{unit}");
    operator.json("none", &line).ok();

    // The operator's machine is gone, and a new vault stands at its address. It is not taken for the old one.
    vault.stop();
    let new = Home::empty();
    let joining = ["vault", "join", text(&done[0], "invitation"), "--listen", &listen, "--yes"];
    let made = new.json("none", &joining).ok().object();
    let vault = Service::start(&new, "none", &["vault", "run", "--listen", &listen]);
    let opening = clinic.json("clinic", &["access", &id, "-o", "refused"]);
    assert_ne!(opening.code, Some(0), "{opening:?}");
    let replaced = add(text(&made, "option")).ok().rows();
    assert_eq!(replaced[0]["vaults"], added[0]["vaults"]);
    assert_eq!(replaced[0]["published"], true);
    let updated = patient.json("patient", &["join", "--update", "--yes"]).ok();
    assert!(updated.stderr.contains("no more"), "{updated:?}");
    let is_key = |row: &Value| row["piece"] == "key" && row["done"] == true;
    assert!(updated.rows().iter().any(is_key), "{updated:?}");
    // Both vaults are needed: the new one has what was missing.
    clinic.assert_opens("clinic", &id, NOTE);
    vault.stop();
    up.stop();
}

#[test]
fn unit_has_a_user_of_its_own_and_no_secret() {
    let (home, addresses) = (Home::empty(), free_addresses());
    let image = home.work().join("image");
    let more = ["--install", "--install-root", image.to_str().unwrap()];
    let done = setup(&home, &addresses, &more).ok().rows();
    let unit = fs::read_to_string(text(&done[0], "unit")).unwrap();
    for line in [
        "User=mrms-clinic",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "CapabilityBoundingSet=",
        "Restart=on-failure",
    ] {
        assert!(unit.lines().any(|one| one == line), "{line}: {unit}");
    }
    assert!(unit.contains("--passphrase-file %d/passphrase"), "{unit}");
    let passphrase = home.root().parent().unwrap().join("passphrase");
    assert!(
        unit.contains(&format!("LoadCredential=passphrase:{}", passphrase.display())),
        "{unit}"
    );
    let secret = fs::read_to_string(passphrase).unwrap();
    assert!(!unit.contains(secret.trim()));
    let strict = std::process::Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--threshold=15", "--no-pager"])
        .arg(image.join("etc/systemd/system/mrms-clinic.service"))
        .output();
    if let Ok(strict) = strict {
        assert!(strict.status.success(), "{}", String::from_utf8_lossy(&strict.stdout));
    }
    let users = fs::read_to_string(image.join("etc/sysusers.d/mrms-clinic.conf")).unwrap();
    assert!(users.starts_with("u mrms-clinic - "), "{users}");
}
