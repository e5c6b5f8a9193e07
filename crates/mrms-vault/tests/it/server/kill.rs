//! A server that is killed in the middle of an upload, and the next one that goes on with it.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mrms_store::{BlobStore as _, FileStore};

use super::http::Connection;
use super::support::{Account, LIMITS, Served, eventually, id_of, sample};

const FOLDER: &str = "MRMS_VAULT_TEST_FOLDER";

/// This very test binary as another process, which serves a folder until it is killed.
struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    fn serving(folder: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "server::kill::in_the_other_process", "--ignored", "--nocapture"])
            .env(FOLDER, folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut told = lines.map_while(Result::ok);
        let address = told.find_map(|line| line.strip_prefix("serving ").map(str::to_owned));
        Self { address: address.unwrap().parse().unwrap(), child }
    }

    fn offset(&self, upload: &str) -> usize {
        let answer = Connection::open(self.address).request("HEAD", upload, &[], b"");
        answer.header("upload-offset").unwrap().parse().unwrap()
    }

    /// Announces bytes: where to send them, and from where on.
    fn begin(&self, account: &Account, bytes: &[u8]) -> (String, usize) {
        let message = serde_json::to_vec(&account.announce(bytes)).unwrap();
        let answer = Connection::open(self.address).request("POST", "/v1/uploads", &[], &message);
        let told = answer.json();
        let upload = format!("/v1/uploads/{}", told["upload"].as_str().unwrap());
        (upload, told["offset"].as_u64().unwrap() as usize)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "the other process of the test below"]
fn in_the_other_process() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let served = Served::on(Path::new(&folder), |_| {}, LIMITS, Vec::new());
    println!("serving {}", served.address);
    std::thread::sleep(Duration::from_secs(120));
}

#[test]
fn killed_server_goes_on_with_an_upload_after_its_restart() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = sample(1, 12_000_000);
    let account = Account::new(1);
    let mut at = 0;
    for stop in [3_000_001, 7_500_000] {
        let process = Process::serving(folder.path());
        let (upload, offset) = process.begin(&account, &bytes);
        // What was gathered in memory and not yet written is gone with the process.
        assert!(offset <= at && at - offset <= 1 << 20, "{offset} of {at}");
        let mut connection = Connection::open(process.address);
        let header = offset.to_string();
        let rest = bytes.len() - offset;
        connection.begin("PATCH", &upload, &[("Upload-Offset", &header)], rest);
        connection.send(&bytes[offset..stop]);
        eventually("the bytes arrive", || process.offset(&upload) == stop);
        at = stop;
        drop(process);
        assert!(connection.try_answer("PATCH").is_none(), "killed before it could answer");
    }
    let process = Process::serving(folder.path());
    let (upload, offset) = process.begin(&account, &bytes);
    assert!(offset > 3_000_001, "{offset}");
    let header = offset.to_string();
    let mut connection = Connection::open(process.address);
    let sent =
        connection.request("PATCH", &upload, &[("Upload-Offset", &header)], &bytes[offset..]);
    assert_eq!(sent.status, 201, "{}", sent.text());
    drop(process);
    let store = FileStore::open_folder(folder.path()).unwrap();
    assert_eq!(store.verify(&id_of(&bytes)).unwrap(), 12_000_000);
}
