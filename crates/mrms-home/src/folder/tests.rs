//! What is in a home folder, and how its profiles are named.

use super::*;

#[test]
fn profile_names_stay_inside_their_folder() {
    for name in ["", ".", "..", "a/b", "A", "-a", "a-", "ä", &"a".repeat(33)] {
        assert!(name.parse::<ProfileName>().is_err(), "{name:?}");
    }
    assert!("dr-ada-2".parse::<ProfileName>().is_ok());
}

#[test]
fn home_says_what_it_serves_and_what_is_of_no_use_elsewhere_is_in_no_backup() {
    let folder = tempfile::tempdir().unwrap();
    let home = HomeFolder::new(folder.path().to_owned());
    assert!(matches!(home.is_missing(), HomeError::NoHome { .. }));
    fs::write(home.index(), "").unwrap();
    assert_eq!(home.serves(), ["an index"]);
    assert!(matches!(home.is_missing(), HomeError::NoProfiles { what: "an index", .. }));
    // As a link host leaves it.
    fs::create_dir_all(home.vault().join("incoming")).unwrap();
    fs::create_dir_all(home.links()).unwrap();
    fs::write(home.links().join("url"), "https://links.example.org").unwrap();
    assert_eq!(home.serves(), ["a link host", "an index"]);
    fs::write(folder.path().join("vaults"), "guardian").unwrap();
    assert_eq!(home.serves(), ["a vault", "a link host", "an index"]);
    for passing in ["index.sqlite", "index.sqlite-wal", "index.json", "node.json", "portal.json"] {
        assert!(!HomeFolder::is_backed_up(passing), "{passing}");
    }
    for kept in ["links/0f/link.json", "mrms.toml", "contract"] {
        assert!(HomeFolder::is_backed_up(kept), "{kept}");
    }
}
