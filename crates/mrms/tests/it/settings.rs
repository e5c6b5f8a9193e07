//! Flags before variables before the file before defaults, and nothing misspelt taken silently.

use crate::support::{Home, NOTE, text};

#[test]
fn misspelt_settings_are_refused_by_file_and_key() {
    let home = Home::with(&["patient"]);
    let file = home.root().join("mrms.toml");
    for (wrong, named) in [
        ("inline_limits = 5\n", "inline_limits"),
        ("[keystore]\nfactor = 5\n", "factor"),
        ("lock_wait = \"long\"\n", "lock_wait"),
        ("profile = \"No Name\"\n", "profile"),
        ("inline_limit = 65537\n", "65536"),
        ("[keystore]\nwork_factor = 30\n", "30"),
        ("profile = \n", "mrms.toml"),
    ] {
        std::fs::write(&file, wrong).unwrap();
        let mut command = home.command("patient", &["list", "--json"]);
        command.env_remove("MRMS_PROFILE").env_remove("MRMS_WORK_FACTOR");
        let run = home.run(command);
        assert_eq!(run.code, Some(2), "{wrong:?}: {run:?}");
        let error = &run.object()["error"];
        assert!(text(error, "message").contains(named), "{wrong:?}: {error}");
        assert!(error["hint"].is_string(), "{wrong:?}: {error}");
    }
    std::fs::remove_file(file).unwrap();
    home.assert_unharmed();
}

#[test]
fn variables_out_of_range_are_refused() {
    let home = Home::with(&["patient"]);
    for (variable, value) in [
        ("MRMS_INLINE_LIMIT", "65537"),
        ("MRMS_INLINE_LIMIT", "much"),
        ("MRMS_LOCK_WAIT", "-1"),
        ("MRMS_WORK_FACTOR", "9"),
    ] {
        let mut command = home.command("patient", &["list", "--json"]);
        command.env(variable, value);
        let error = home.run(command).refused(2, "usage");
        assert!(text(&error, "message").contains(variable), "{error}");
    }
}

#[test]
fn flag_wins_over_variable_over_file_over_choice() {
    let home = Home::with(&["patient", "clinic", "stranger"]);
    let who = |flag: Option<&str>, variable: Option<&str>| {
        let mut command = home.command("patient", &["key", "show", "--json"]);
        command.env_remove("MRMS_PROFILE");
        command.args(flag.iter().flat_map(|name| ["--profile", name]));
        command.envs(variable.map(|name| ("MRMS_PROFILE", name)));
        text(&home.run(command).ok().object(), "profile").to_owned()
    };
    assert_eq!(who(None, None), "patient", "the first that was made");
    home.json("patient", &["profile", "use", "stranger"]).ok();
    assert_eq!(who(None, None), "stranger");
    std::fs::write(home.root().join("mrms.toml"), "profile = \"clinic\"\n").unwrap();
    assert_eq!(who(None, None), "clinic");
    assert_eq!(who(None, Some("patient")), "patient");
    assert_eq!(who(Some("stranger"), Some("patient")), "stranger");
}

#[test]
fn profiles_are_added_and_chosen_and_never_overwritten() {
    let mut home = Home::with(&["patient"]);
    home.json("patient", &["profile", "use", "nobody"]).refused(3, "no-profile");
    home.json("nobody", &["list"]).refused(3, "no-profile");
    let added = home.json("patient", &["profile", "add", "clinic"]).ok().object();
    home.remember("clinic", text(&added, "principal"));
    let keystore = home.profile_folder("patient").join("keystore.age");
    let before = std::fs::read(&keystore).unwrap();
    home.json("patient", &["init"]).refused(1, "profile-exists");
    home.json("clinic", &["profile", "add", "patient"]).refused(1, "profile-exists");
    assert_eq!(std::fs::read(&keystore).unwrap(), before);
    home.assert_unharmed();
}

#[test]
fn inline_limit_moves_content_between_chain_and_vault() {
    let home = Home::with(&["patient"]);
    home.file("note.txt", NOTE);
    for (limit, storage) in [("10", "vault"), ("65536", "chain")] {
        std::fs::write(home.root().join("mrms.toml"), format!("inline_limit = {limit}\n")).unwrap();
        let created = home.json("patient", &["create", "note.txt", "--again"]).ok().object();
        assert_eq!(created["storage"], storage);
        home.assert_opens("patient", text(&created, "record_id"), NOTE);
    }
}

#[test]
fn doctor_finds_a_whole_installation_well_and_open_files_not() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::with(&["patient"]);
    let rows = home.json("patient", &["doctor"]).ok().rows();
    let checks: Vec<_> = rows.iter().map(|row| text(row, "check")).collect();
    for check in ["home", "keystore", "key agent", "ledger", "clock", "contract", "vault"] {
        assert!(checks.contains(&check), "{checks:?}");
    }
    let keystore = home.profile_folder("patient").join("keystore.age");
    std::fs::set_permissions(&keystore, std::fs::Permissions::from_mode(0o644)).unwrap();
    let run = home.json("patient", &["doctor"]);
    assert_eq!(run.code, Some(1));
    let rows = run.rows();
    let row = rows.iter().find(|row| row["check"] == "keystore").unwrap();
    assert_eq!(row["ok"], false);
    assert!(text(row, "hint").starts_with("chmod 600"), "{row}");
}

#[test]
fn example_settings_are_taken_as_they_are() {
    let home = Home::with(&["patient"]);
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../mrms.example.toml");
    std::fs::copy(example, home.root().join("mrms.toml")).unwrap();
    let id = home.create("note.txt", "note");
    home.assert_opens("patient", &id, "note");
}
