//! Starting, stopping, and what is said about both.

use std::net::TcpStream;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use mrms_http::{ListenError, Reach};
use mrms_store::{FileStore, Uploads};
use mrms_vault::server::{Backing, PeriodicTask, ServeError, Server, VaultSettings};

use super::support::{Account, LIMITS, Served, current_chain, eventually, guardian, id_of, sample};

#[test]
fn address_beyond_this_machine_is_refused_unless_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let bind = |reach| {
        let store = FileStore::open_folder(folder.path()).unwrap();
        let uploads = Uploads::open_folder(&folder.path().join("uploads"), LIMITS).unwrap();
        let backing = Backing {
            guardian: Arc::new(guardian(folder.path(), &Arc::new(current_chain()))),
            blobs: Arc::new(store),
            uploads: Arc::new(uploads),
            periodic_tasks: Vec::new(),
        };
        let mut settings = VaultSettings::default();
        settings.listen = ([0, 0, 0, 0], 0).into();
        settings.reach = reach;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(Server::bind(backing, settings)).map(|server| server.address())
    };
    assert_eq!(VaultSettings::default().reach, Reach::Loopback);
    let refused = bind(Reach::Loopback);
    assert!(
        matches!(refused, Err(ServeError::Listen(ListenError::NotLoopback { address })) if address.port() == 0)
    );
    assert!(bind(Reach::Network).is_ok());
}

#[test]
fn unknown_paths_and_methods_are_refused() {
    let served = Served::new();
    let answer = served.get("/v2/anything");
    assert_eq!((answer.status, answer.code().as_str()), (404, "no-such-route"));
    let answer = served.connect().request("DELETE", "/v1/vault", &[], b"");
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET,HEAD")));
}

#[test]
fn stopped_server_answers_what_is_under_way_and_runs_its_tasks_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let (told, tells) = channel();
    let task = PeriodicTask {
        name: "test",
        every: Duration::from_millis(10),
        run: Box::new(move || told.send(()).map(|()| None).map_err(|error| error.to_string())),
    };
    let mut served = Served::on(folder.path(), |_| {}, LIMITS, vec![task]);
    tells.recv().unwrap();
    let bytes = sample(1, 100_000);
    let upload = served.begin(&Account::new(1), &bytes);
    let mut busy = served.connect();
    busy.begin("PATCH", &upload, &[("Upload-Offset", "0")], bytes.len());
    busy.send(&bytes[..50_000]);
    eventually("the upload is in hand", || served.offset(&upload) == 50_000);
    served.begin_stop();
    std::thread::sleep(Duration::from_millis(100));
    busy.send(&bytes[50_000..]);
    assert_eq!(busy.answer("PATCH").status, 201);
    let began = Instant::now();
    served.stop();
    assert!(began.elapsed() < Duration::from_secs(5));
    assert!(TcpStream::connect(served.address).is_err());
    while tells.try_recv().is_ok() {}
    assert!(tells.recv().is_err(), "nobody tells any more");
    assert!(mrms_store::BlobStore::verify(&served.store, &id_of(&bytes)).is_ok());
}

#[test]
fn client_that_never_finishes_does_not_hold_the_stop_up_for_ever() {
    let mut served = Served::with(|settings| settings.grace = Duration::from_millis(300), LIMITS);
    let upload = served.begin(&Account::new(1), &sample(1, 100));
    let mut stuck = served.connect();
    stuck.begin("PATCH", &upload, &[("Upload-Offset", "0")], 100);
    stuck.send(&[0; 10]);
    eventually("the upload is in hand", || served.offset(&upload) == 10);
    let began = Instant::now();
    served.stop();
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn figures_and_health_are_told_and_name_no_upload() {
    let served = Served::new();
    assert_eq!(served.get("/v1/health").text(), "ok\n");
    let bytes = sample(2, 10_000);
    let upload = served.begin(&Account::new(1), &bytes);
    served.patch(&upload, 0, &bytes[..4_000]);
    served.get(&format!("/v1/blobs/{}", id_of(&bytes)));
    let text = served.get("/metrics").text();
    for line in [
        "mrms_vault_requests_total{route=\"/v1/uploads/{upload}\",status=\"204\"} 1",
        "mrms_vault_refusals_total{reason=\"no-such-blob\"} 1",
        "mrms_vault_ciphertext_received_bytes_total 4000",
        "mrms_vault_uploads 1",
        "mrms_vault_uploads_bytes 4000",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    assert!(!text.contains(upload.rsplit('/').next().unwrap()));
}

#[test]
fn health_tells_that_the_node_is_down_and_that_it_is_back() {
    let served = Served::new();
    served.chain.lock().trouble = mrms_vault::testing::Trouble::Unreachable;
    eventually("the node is missed", || served.get("/v1/health").status == 503);
    let answer = served.get("/v1/health");
    assert_eq!(answer.json()["error"]["code"], "chain-unreachable");
    let in_doubt = |state: &str| {
        let text = served.get("/metrics").text();
        text.lines().any(|line| line == format!("mrms_vault_in_doubt {state}"))
    };
    assert!(in_doubt("1"));
    served.chain.lock().trouble = mrms_vault::testing::Trouble::None;
    eventually("the node is back", || served.get("/v1/health").status == 200);
    assert!(in_doubt("0"));
}

/// Names and types that dashboards and alerts rely on.
const METRICS: [(&str, &str); 27] = [
    ("mrms_vault_requests_total", "counter"),
    ("mrms_vault_request_seconds", "histogram"),
    ("mrms_vault_connections", "gauge"),
    ("mrms_vault_refusals_total", "counter"),
    ("mrms_vault_ciphertext_received_bytes_total", "counter"),
    ("mrms_vault_ciphertext_sent_bytes_total", "counter"),
    ("mrms_vault_uploads", "gauge"),
    ("mrms_vault_uploads_bytes", "gauge"),
    ("mrms_vault_uploads_promised_bytes", "gauge"),
    ("mrms_vault_uploads_reserved_bytes", "gauge"),
    ("mrms_vault_stranger_uploads", "gauge"),
    ("mrms_vault_stranger_bytes", "gauge"),
    ("mrms_vault_log_lines", "gauge"),
    ("mrms_vault_log_time_seconds", "gauge"),
    ("mrms_vault_pairs", "gauge"),
    ("mrms_vault_shares", "gauge"),
    ("mrms_vault_salts", "gauge"),
    ("mrms_vault_keys_to_destroy", "gauge"),
    ("mrms_vault_acted_height", "gauge"),
    ("mrms_vault_log_cut", "gauge"),
    ("mrms_vault_released_total", "counter"),
    ("mrms_vault_deposited_total", "counter"),
    ("mrms_vault_erased_total", "counter"),
    ("mrms_vault_forgotten_total", "counter"),
    ("mrms_vault_in_doubt", "gauge"),
    ("mrms_vault_up_seconds", "gauge"),
    ("process_resident_memory_bytes", "gauge"),
];

#[test]
fn metrics_keep_their_names_and_types() {
    let served = Served::new();
    let answer = served.get("/metrics");
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4"));
    let text = answer.text();
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    // Only Linux tells how much memory a process has.
    let expected = METRICS.into_iter().take(if cfg!(target_os = "linux") { 27 } else { 26 });
    assert_eq!(types.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
}
