use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use super::*;

fn home() -> (tempfile::TempDir, HomeFolder) {
    let folder = tempfile::tempdir().unwrap();
    let home = HomeFolder::new(folder.path().join("home"));
    mrms_files::make_private_folder(&home.root().join("profiles/ana")).unwrap();
    mrms_files::write_new(&home.root().join("profiles/ana/keystore.age"), b"words").unwrap();
    (folder, home)
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn mend_all(home: &HomeFolder) {
    flaws(home).unwrap().iter().for_each(|flaw| flaw.mend().unwrap());
    assert_eq!(flaws(home).unwrap(), []);
}

#[test]
fn home_as_the_program_makes_it_has_no_flaw() {
    let (_folder, home) = home();
    let announced = home.announce(Service::Node, "http://127.0.0.1:1").unwrap();
    assert_eq!(flaws(&home).unwrap(), []);
    announced.withdraw().unwrap();
}

#[test]
fn what_others_may_use_becomes_its_owners_alone_and_keeps_its_content() {
    let (folder, home) = home();
    let (keystore, profiles) =
        (home.root().join("profiles/ana/keystore.age"), home.root().join("profiles"));
    set_mode(&keystore, 0o644);
    set_mode(&profiles, 0o755);
    // What lies outside, and what units are read for, stays as it is.
    let outside = folder.path().join("outside");
    fs::write(&outside, b"x").unwrap();
    set_mode(&outside, 0o644);
    symlink(&outside, home.root().join("link")).unwrap();
    fs::create_dir(home.root().join("units")).unwrap();
    fs::write(home.root().join("units/mrms-clinic.service"), b"[Unit]").unwrap();
    let found = flaws(&home).unwrap();
    let paths: Vec<_> = found.iter().map(Flaw::path).collect();
    assert_eq!(paths, [profiles.as_path(), keystore.as_path()]);
    assert!(found[1].to_string().contains("mode 600"), "{}", found[1]);
    mend_all(&home);
    assert_eq!((mode(&keystore), mode(&profiles), mode(&outside)), (0o600, 0o700, 0o644));
    assert_eq!(fs::read(&keystore).unwrap(), b"words");
}

#[test]
fn files_of_another_user_are_given_to_the_homes_owner() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let (_folder, home) = home();
    for path in
        [home.root().to_owned(), home.root().join("profiles"), home.root().join("profiles/ana")]
    {
        std::os::unix::fs::lchown(&path, Some(4_711), Some(4_712)).unwrap();
    }
    let keystore = home.root().join("profiles/ana/keystore.age");
    let owner = (4_711, 4_712);
    assert_eq!(flaws(&home).unwrap(), [Flaw::Foreign { path: keystore.clone(), owner }]);
    mend_all(&home);
    let about = fs::metadata(&keystore).unwrap();
    assert_eq!((about.uid(), about.gid()), owner);
}

#[test]
fn what_a_killed_service_left_goes_and_what_a_running_one_needs_stays() {
    let (_folder, home) = home();
    let running = home.announce(Service::Vault, "http://127.0.0.1:2").unwrap();
    let killed = home.announce(Service::Node, "http://127.0.0.1:1").unwrap();
    let card = home.server_card(Service::Node);
    let text = fs::read(&card).unwrap();
    drop(killed);
    mrms_files::write_whole(&card, &text).unwrap();
    drop(UnixListener::bind(home.node_socket()).unwrap());
    set_mode(&home.node_socket(), 0o600);
    let found = flaws(&home).unwrap();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].to_string().contains("no longer runs"), "{}", found[0]);
    // Somebody begins to serve before it is mended: nothing of theirs goes.
    let again = home.announce(Service::Node, "http://127.0.0.1:3").unwrap();
    found.iter().for_each(|flaw| flaw.mend().unwrap());
    assert_eq!(home.node().unwrap().url, "http://127.0.0.1:3");
    again.withdraw().unwrap();
    mend_all(&home);
    assert!(!is_there(&home.node_socket()) && !card.exists());
    assert!(home.vault_server().is_some());
    running.withdraw().unwrap();
}

#[test]
fn sockets_of_agents_and_copies_of_backups_go_when_nobody_uses_them() {
    let (_folder, home) = home();
    let agents = home.root().join(HomeFolder::AGENT);
    mrms_files::make_private_folder(&agents).unwrap();
    let (dead, live) = (agents.join("dead.sock"), agents.join("live.sock"));
    drop(UnixListener::bind(&dead).unwrap());
    let _listener = UnixListener::bind(&live).unwrap();
    let copies = home.backup_work();
    mrms_files::make_private_folder(&copies.join("ledger")).unwrap();
    let lock = FileLock::take(&copies.join("lock"), Duration::ZERO).unwrap();
    assert_eq!(flaws(&home).unwrap(), [Flaw::LeftByAgent { path: dead.clone() }]);
    drop(lock);
    mend_all(&home);
    assert!(!is_there(&dead) && is_there(&live) && !copies.exists());
}
