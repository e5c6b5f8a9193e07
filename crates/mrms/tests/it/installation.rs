//! The first minutes with the program, and an installation that is to be mended.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::Path;

use crate::service::Service;
use crate::support::{Home, NOTE, text};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn program_alone_says_where_to_begin_and_then_how_to_go_on() {
    let mut home = Home::empty();
    let told = home.text("patient", &[]).ok().printed().to_owned();
    assert!(told.contains("There is no home in") && told.contains("mrms init"), "{told}");
    let refused = home.json("patient", &["up"]).refused(3, "no-home");
    assert!(text(&refused, "hint").contains("mrms clinic setup NAME"), "{refused}");
    home.join("patient");
    let told = home.text("patient", &[]).ok().printed().to_owned();
    assert!(told.contains("you are patient in it") && told.contains("mrms create FILE"), "{told}");
    let told = home.text("nobody", &[]).ok().printed().to_owned();
    assert!(told.contains("none named nobody"), "{told}");
    home.json("patient", &[]).ok();
}

#[test]
fn doctor_mends_what_it_may_and_tells_it_before_and_after() {
    let home = Home::with(&["patient"]);
    let id = home.create("note.txt", NOTE);
    let keystore = home.profile_folder("patient").join("keystore.age");
    set_mode(home.root(), 0o755);
    set_mode(&keystore, 0o644);
    // As a killed node leaves them.
    let (card, socket) = (home.root().join("node.json"), home.root().join("node.sock"));
    fs::write(&card, r#"{"url":"http://127.0.0.1:9","pid":1}"#).unwrap();
    set_mode(&card, 0o600);
    drop(UnixListener::bind(&socket).unwrap());

    let run = home.json("patient", &["doctor"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    let rows = run.rows();
    let files = rows.iter().find(|row| row["check"] == "files").unwrap();
    assert!(files["ok"] == false && text(files, "hint").contains("--fix"), "{files}");
    let tried = home.json("patient", &["doctor", "--fix", "--dry-run"]).rows();
    assert!(tried.iter().any(|row| row["mended"] == false), "{tried:?}");
    assert!(card.exists() && mode(&keystore) == 0o644, "a dry run changes nothing");

    let rows = home.json("patient", &["doctor", "--fix"]).ok().rows();
    let mended: Vec<_> = rows.iter().filter(|row| row.get("mended").is_some()).collect();
    assert_eq!(mended.len(), 4, "{mended:?}");
    assert!(mended.iter().all(|row| row["mended"] == true && row["trouble"].is_null()), "{rows:?}");
    assert_eq!((mode(home.root()), mode(&keystore)), (0o700, 0o600));
    assert!(!card.exists() && fs::symlink_metadata(&socket).is_err());
    home.assert_opens("patient", &id, NOTE);
    home.assert_unharmed();

    set_mode(&keystore, 0o640);
    let told = home.text("patient", &["doctor", "--fix"]).ok().printed().to_owned();
    let (before, after) = (told.find("MENDING").unwrap(), told.find("mended\n").unwrap());
    assert!(before < after && told.contains("keystore.age"), "{told}");
}

#[test]
fn doctor_says_whether_files_are_private_or_only_their_folder() {
    let home = Home::with(&["patient"]);
    let files = || {
        let rows = home.json("patient", &["doctor"]).ok().rows();
        let row = rows.into_iter().find(|row| row["check"] == "files").unwrap();
        text(&row, "message").to_owned()
    };
    assert!(files().contains("each is private"), "{}", files());
    let card = home.profile_folder("patient").join("profile.json");
    set_mode(&card, 0o644);
    let told = files();
    assert!(
        told.contains("nobody else comes into the home folder; 1 file or folder in it"),
        "{told}"
    );
    assert!(!told.contains("each is private"), "{told}");
}

#[test]
fn doctor_leaves_what_a_running_service_needs_and_says_if_it_can_work() {
    let home = Home::with(&["patient"]);
    let up = Service::start(
        &home,
        "patient",
        &["up", "--node-listen", "127.0.0.1:0", "--vault-listen", "127.0.0.1:0"],
    );
    let (node, vault) = (text(&up.told["node"], "url"), text(&up.told["vault"], "url"));
    let rows = home.json("patient", &["doctor", "--fix"]).ok().rows();
    assert!(rows.iter().all(|row| row.get("mended").is_none()), "{rows:?}");
    let line = ["doctor", "--service", node, "--service", vault];
    let rows = home.json("patient", &line).ok().rows();
    assert!(rows.len() == 2 && rows.iter().all(|row| row["ok"] == true), "{rows:?}");
    let line = line.map(str::to_owned);
    let line: Vec<_> = line.iter().map(String::as_str).collect();
    up.stop();
    // It needs no home and no profile: a health check has neither.
    let run = Home::empty().json("patient", &line);
    assert_eq!(run.code, Some(6), "{run:?}");
    let rows = run.rows();
    assert!(rows[..2].iter().all(|row| row["ok"] == false), "{rows:?}");
    assert_eq!(rows[2]["error"]["code"], "service-unwell");
}

#[test]
fn home_of_a_later_program_is_refused_in_words_and_left_as_it_is() {
    let home = Home::with(&["patient"]);
    home.create("note.txt", NOTE);
    let file = home.root().join("format");
    let format: u32 = fs::read_to_string(&file).unwrap().trim().parse().unwrap();
    fs::write(&file, format!("{}\n", format + 1)).unwrap();
    // Whatever a later program writes into its settings, it is not read before.
    fs::write(home.root().join("mrms.toml"), "of_a_later_program = true\n").unwrap();
    for line in [&["list"][..], &["create", "note.txt"], &["doctor"], &["up"], &["init"]] {
        let refused = home.json("patient", line).refused(1, "home-newer");
        assert!(text(&refused, "hint").contains("newest mrms"), "{refused}");
    }
    fs::remove_file(home.root().join("mrms.toml")).unwrap();
    home.text("patient", &["completions", "bash"]).ok();
    fs::write(&file, format!("{format}\n")).unwrap();
    assert_eq!(home.json("patient", &["list"]).ok().rows().len(), 1);
    home.assert_unharmed();
}
