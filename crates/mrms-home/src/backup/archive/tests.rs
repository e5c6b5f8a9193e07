use super::*;

fn about() -> Manifest {
    Manifest {
        made: "2026-01-01T00:00:00Z".to_owned(),
        software: "0".to_owned(),
        profiles: Vec::new(),
        ledger: None,
        left_out: Vec::new(),
        follows: None,
        files: BTreeMap::new(),
    }
}

/// An archive as somebody else might make it: entries in this order, then the manifest of the
/// files among them.
fn forged(entries: &[(&str, &[u8])], manifest: bool) -> Vec<u8> {
    let mut archive = Builder::new(Vec::new());
    let mut about = about();
    for (name, content) in entries {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_size(content.len() as u64);
        // Names that the library would not write.
        let field = &mut header.as_old_mut().name;
        field[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        archive.append(&header, *content).unwrap();
        if let Some(inside) = name.strip_prefix(PREFIX) {
            let mut hashing = Hashing::new(*content);
            io::copy(&mut hashing, &mut io::sink()).unwrap();
            about.files.insert(inside.to_owned(), hashing.listed());
        }
    }
    if manifest {
        let bytes = serde_json::to_vec(&about).unwrap();
        append(&mut archive, MANIFEST_NAME, bytes.len() as u64, bytes.as_slice()).unwrap();
    }
    archive.into_inner().unwrap()
}

const FIRST: (&str, &[u8]) = (FORMAT_NAME, FORMAT.as_bytes());

fn refused(bytes: &[u8]) -> ArchiveError {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("a").join("b");
    fs::create_dir_all(&inside).unwrap();
    let error = unpack(bytes, Target::Folder(&inside)).unwrap_err();
    let outside = fs::read_dir(folder.path().join("a")).unwrap().count();
    assert_eq!(outside, 1, "something was written outside of the folder");
    error
}

#[test]
fn names_that_lead_out_of_the_folder_are_refused() {
    for name in [
        "home/../x",
        "home/..",
        "home/a/../../x",
        "home//x",
        "home/./x",
        "home/",
        "/etc/x",
        "x",
        "../x",
        "home/a\\b",
    ] {
        let error = refused(&forged(&[FIRST, (name, b"1")], true));
        assert!(matches!(error, ArchiveError::Damaged { .. }), "{name}: {error}");
    }
}

#[test]
fn links_and_folders_in_place_of_files_are_refused() {
    for kind in [EntryType::Symlink, EntryType::Link, EntryType::Directory, EntryType::Fifo] {
        let mut archive = Builder::new(Vec::new());
        append(&mut archive, FORMAT_NAME, FORMAT.len() as u64, FORMAT.as_bytes()).unwrap();
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        if matches!(kind, EntryType::Symlink | EntryType::Link) {
            archive.append_link(&mut header, "home/x", "../../x").unwrap();
        } else {
            archive.append_data(&mut header, "home/x", io::empty()).unwrap();
        }
        let error = refused(&archive.into_inner().unwrap());
        assert!(error.to_string().contains("no plain file"), "{kind:?}: {error}");
    }
}

#[test]
fn what_is_no_backup_or_of_a_newer_format_is_refused() {
    let other = (FORMAT_NAME, b"mrms backup 3\n".as_slice());
    for bytes in [forged(&[other], true), forged(&[("home/x", b"1")], true), vec![0; 2_048]] {
        assert!(matches!(refused(&bytes), ArchiveError::Format));
    }
}

#[test]
fn archive_that_differs_from_its_manifest_is_refused() {
    let good = forged(&[FIRST, ("home/x", b"content"), ("home/y", b"1")], true);
    unpack(good.as_slice(), Target::Nowhere).unwrap();
    let at = good.windows(7).position(|window| window == b"content").unwrap();
    let mut altered = good.clone();
    altered[at] ^= 1;
    assert!(refused(&altered).to_string().contains("x is not as the manifest says"));
    // The file's blocks are cut out: header and content, 512 bytes each.
    let mut missing = good.clone();
    missing.drain(at - 512..at + 512);
    assert!(refused(&missing).to_string().contains("x is not as the manifest says"));
    let twice = forged(&[FIRST, ("home/x", b"1"), ("home/x", b"1")], true);
    assert!(refused(&twice).to_string().contains("twice"));
    let none = forged(&[FIRST, ("home/x", b"1")], false);
    assert!(refused(&none).to_string().contains("no manifest"));
    let mut after = Builder::new(Vec::new());
    append(&mut after, FORMAT_NAME, FORMAT.len() as u64, FORMAT.as_bytes()).unwrap();
    let manifest = serde_json::to_vec(&about()).unwrap();
    append(&mut after, MANIFEST_NAME, manifest.len() as u64, manifest.as_slice()).unwrap();
    append(&mut after, "home/x", 1, [1].as_slice()).unwrap();
    assert!(refused(&after.into_inner().unwrap()).to_string().contains("after the manifest"));
}

#[test]
fn archive_that_was_cut_anywhere_is_refused() {
    let good = forged(&[FIRST, ("home/x", &[7; 700])], true);
    // Its end mark is two empty blocks; whether those are there is the encryption's to tell.
    let end = good.len() - 1_024;
    for length in (0..end).step_by(97) {
        refused(&good[..length]);
    }
}

#[test]
fn files_come_back_as_they_were_with_their_unfinished_neighbours_left_out() {
    let home = tempfile::tempdir().unwrap();
    let long = format!("deep/{}/{}", "n".repeat(120), "m".repeat(120));
    for (name, content) in [("a", "1"), ("b/c", "22"), (long.as_str(), "333"), ("b/.half", "x")] {
        let path = home.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    fs::create_dir(home.path().join("kept-out")).unwrap();
    fs::write(home.path().join("kept-out/key"), "secret").unwrap();
    let members = files_below(home.path(), &|name| name != "kept-out").unwrap();
    let mut bytes = Vec::new();
    let written = pack(&members, about(), &mut bytes).unwrap();
    let copy = tempfile::tempdir().unwrap();
    let read = unpack(bytes.as_slice(), Target::Folder(copy.path())).unwrap();
    assert_eq!(read, written);
    let again = files_below(copy.path(), &|_| true).unwrap();
    let names =
        |members: &[Member<'_>]| members.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&again), ["a", "b/c", &long]);
    assert_eq!(names(&again), names(&members));
    for member in &again {
        assert_eq!(
            fs::read(&member.path).unwrap(),
            fs::read(home.path().join(&member.name)).unwrap()
        );
    }
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_named_and_not_passed_over() {
    let home = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/", home.path().join("vault")).unwrap();
    let error = files_below(home.path(), &|_| true).unwrap_err();
    assert!(matches!(error, ArchiveError::Link { .. }), "{error}");
    files_below(home.path(), &|name| name != "vault").unwrap();
}

#[test]
fn file_that_shrinks_while_it_is_read_ends_the_backup_and_one_that_grows_is_cut() {
    let mut archive = Builder::new(Vec::new());
    let path = Path::new("x");
    let short = append_home_file(&mut archive, "x", path, 5, [1, 2].as_slice()).unwrap_err();
    assert!(matches!(short, ArchiveError::Changed { .. }), "{short}");
    let mut archive = Builder::new(Vec::new());
    let listed = append_home_file(&mut archive, "x", path, 1, [1, 2].as_slice()).unwrap();
    assert_eq!(listed.bytes, 1);
}

#[test]
fn every_folder_above_a_restored_file_is_made_durable() {
    let folders: Vec<_> = folders_of("profiles/patient/outbox/1.json").collect();
    assert_eq!(
        folders,
        ["profiles/patient/outbox", "profiles/patient", "profiles", ""].map(Path::new)
    );
    assert_eq!(folders_of("mrms.toml").collect::<Vec<_>>(), [Path::new("")]);
}
