//! The workspace's build profiles: what a quick build leaves out, a shipped one has.

use std::path::Path;

use toml::Table;

fn profile(name: &str) -> Table {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml");
    let manifest: Table = std::fs::read_to_string(file).unwrap().parse().unwrap();
    manifest["profile"][name].as_table().unwrap().clone()
}

#[test]
fn every_package_that_a_release_optimises_less_is_fully_optimised_when_it_is_shipped() {
    let (release, dist) = (profile("release"), profile("dist"));
    assert_eq!(dist["opt-level"].as_integer(), Some(3));
    // A profile inherits what the other says of a package, unless it says it itself.
    let packages = release["package"].as_table().unwrap();
    assert!(packages.len() > 10, "{packages:?}");
    for name in packages.keys() {
        let level = dist["package"].get(name).and_then(|package| package["opt-level"].as_integer());
        assert_eq!(level, Some(3), "{name}");
    }
}
