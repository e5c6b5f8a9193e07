//! The tour in the README runs as it stands there.

use std::path::Path;
use std::process::Command;

/// The shell blocks between the tour's markers, joined.
fn script() -> String {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let text = std::fs::read_to_string(readme).unwrap();
    let (_, rest) = text.split_once("<!-- tour:begin -->").unwrap();
    let (tour, _) = rest.split_once("<!-- tour:end -->").unwrap();
    let blocks = tour.split("```sh\n").skip(1).filter_map(|block| block.split("```").next());
    blocks.collect()
}

#[test]
fn the_tour_of_the_readme_runs_from_end_to_end() {
    let folder = tempfile::tempdir().unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_mrms"));
    let path = format!(
        "{}:{}",
        binary.parent().unwrap().display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let output = Command::new("bash")
        .args(["-e", "-u", "-o", "pipefail", "-c", &script()])
        .current_dir(folder.path())
        .env("PATH", path)
        .env("MRMS_WORK_FACTOR", "10")
        .env_remove("MRMS_HOME")
        .env_remove("MRMS_PROFILE")
        .env_remove("MRMS_PASSPHRASE_FILE")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
