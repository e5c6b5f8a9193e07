//! Bounds: what is too long, too slow, too many.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mrms_core::RecordId;
use mrms_store::{BlobStore as _, UploadLimits};

use super::support::{Account, LIMITS, Served, eventually, id_of, put, sample};

#[test]
fn message_that_is_too_long_is_not_read() {
    let served = Served::with(|settings| settings.body_bytes = 1_000, LIMITS);
    let answer = served.connect().request("POST", "/v1/releases", &[], &[b' '; 1_001]);
    assert_eq!((answer.status, answer.code().as_str()), (413, "message-too-long"));
    let mut connection = served.connect();
    let head =
        "POST /v1/releases HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    connection.send(head.as_bytes());
    for _ in 0..3 {
        let _ = connection.try_send(format!("200\r\n{}\r\n", "x".repeat(512)).as_bytes());
    }
    assert_eq!(connection.answer("POST").status, 413);
}

#[test]
fn client_that_sends_nothing_is_dropped() {
    let served = Served::with(
        |settings| {
            settings.head_time = Duration::from_millis(200);
            settings.body_time = Duration::from_millis(200);
        },
        LIMITS,
    );
    let mut silent = served.connect();
    assert!(silent.is_closed_within(Duration::from_secs(5)));
    let mut half = served.connect();
    half.begin("POST", "/v1/log", &[], 100);
    half.send(b"{");
    assert_eq!(half.answer("POST").code(), "too-slow");
    assert!(half.is_closed_within(Duration::from_secs(5)));
}

#[test]
fn upload_that_crawls_is_cut_off_and_keeps_what_it_brought() {
    let served = Served::with(
        |settings| {
            settings.stall = Duration::from_secs(1);
            settings.slowest = 10_000;
        },
        LIMITS,
    );
    let bytes = sample(1, 100_000);
    let upload = served.begin(&Account::new(1), &bytes);
    let mut crawling = served.connect();
    crawling.begin("PATCH", &upload, &[("Upload-Offset", "0")], bytes.len());
    let began = Instant::now();
    let mut sent = 0;
    while began.elapsed() < Duration::from_secs(10)
        && crawling.try_send(&bytes[sent..sent + 100]).is_ok()
        && served.offset(&upload) <= sent
    {
        sent += 100;
        std::thread::sleep(Duration::from_millis(100));
        if sent > 3_000 {
            break;
        }
    }
    assert!(crawling.is_closed_within(Duration::from_secs(5)));
    assert!(began.elapsed() < Duration::from_secs(10));
    let brought = served.offset(&upload);
    assert!(brought > 0 && brought < 5_000, "{brought}");
    assert_eq!(served.patch(&upload, brought, &bytes[brought..]).status, 201);
}

#[test]
fn reader_that_takes_nothing_is_cut_off_and_gives_its_place_back() {
    let served = Served::with(
        |settings| {
            settings.stall = Duration::from_secs(1);
            settings.slowest = 100_000;
            settings.transfers = 1;
            settings.queue_timeout = Duration::from_secs(20);
        },
        LIMITS,
    );
    // More than the system's buffers take.
    let bytes = sample(2, 32 << 20);
    let id = put(&served.store, &bytes);
    let path = format!("/v1/blobs/{id}");
    let mut stuck = served.connect();
    stuck.begin("GET", &path, &[], 0);
    std::thread::sleep(Duration::from_millis(300));
    let began = Instant::now();
    assert!(served.get(&path).body == bytes, "the only place is free again");
    assert!(began.elapsed() < Duration::from_secs(15));
}

#[test]
fn reader_that_crawls_makes_way_for_the_next_one() {
    let served = Served::with(
        |settings| {
            settings.transfers = 1;
            settings.stall = Duration::from_secs(600);
            // The system's buffers take megabytes at once.
            settings.busy_pace = 1 << 30;
            settings.pace_grace = Duration::from_millis(500);
            settings.queue_timeout = Duration::from_secs(20);
        },
        LIMITS,
    );
    // More than the system's buffers take.
    let large = put(&served.store, &sample(2, 32 << 20));
    let small = put(&served.store, &sample(3, 1_000));
    let mut stuck = served.connect();
    stuck.begin("GET", &format!("/v1/blobs/{large}"), &[], 0);
    std::thread::sleep(Duration::from_millis(300));
    let began = Instant::now();
    assert_eq!(served.get(&format!("/v1/blobs/{small}")).status, 200);
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert!(stuck.try_answer("GET").is_none(), "its connection is broken");
}

#[test]
fn transfers_beyond_the_places_wait_and_are_then_told_to_come_later() {
    let served = Served::with(
        |settings| {
            settings.transfers = 1;
            settings.queue_timeout = Duration::from_millis(200);
        },
        LIMITS,
    );
    let id = put(&served.store, &sample(3, 100));
    let upload = served.begin(&Account::new(1), &sample(4, 1_000));
    let mut holding = served.connect();
    holding.begin("PATCH", &upload, &[("Upload-Offset", "0")], 1_000);
    holding.send(&[0; 10]);
    eventually("the upload is in hand", || served.offset(&upload) == 10);
    let bytes = sample(5, 1_000);
    let other = served.begin(&Account::new(2), &bytes);
    let answer = served.patch(&other, 0, &bytes);
    assert_eq!((answer.status, answer.code().as_str()), (503, "busy"));
    assert_eq!(answer.header("retry-after"), Some("1"));
    let down = served.get(&format!("/v1/blobs/{id}"));
    assert_eq!(down.status, 200, "downloads have places of their own");
    drop(holding);
    eventually("the place is free again", || served.patch(&other, 0, &bytes).status == 201);
}

/// Uploads of strangers that bring a byte now and then, until the flood is dropped.
struct Flood {
    stop: Arc<AtomicBool>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Flood {
    fn on(served: &Served, accounts: std::ops::RangeInclusive<u8>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let threads = accounts
            .map(|number| {
                let upload = served.begin(&Account::new(number), &sample(number, 100_000));
                let mut connection = served.connect();
                connection.begin("PATCH", &upload, &[("Upload-Offset", "0")], 100_000);
                let stop = Arc::clone(&stop);
                std::thread::spawn(move || {
                    while !stop.load(Ordering::Acquire) && connection.try_send(b"x").is_ok() {
                        std::thread::sleep(Duration::from_millis(50));
                    }
                })
            })
            .collect();
        Self { stop, threads }
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

#[test]
fn slow_uploads_of_strangers_shut_nobody_out() {
    let served = Served::with(
        |settings| {
            settings.transfers = 4;
            settings.slowest = 1;
            settings.pace_grace = Duration::from_secs(1);
            settings.queue_timeout = Duration::from_secs(20);
        },
        LIMITS,
    );
    let (record, patient) = (RecordId::new(7), Account::new(1));
    let bytes = sample(1, 10_000);
    served.create(record, &patient, Some(*id_of(&bytes).as_bytes()));
    let here = put(&served.store, &sample(2, 100));
    let flood = Flood::on(&served, 100..=111);
    std::thread::sleep(Duration::from_millis(200));
    let at_once = |what: &str, began: Instant| {
        assert!(began.elapsed() < Duration::from_millis(900), "{what}: {:?}", began.elapsed());
    };
    let began = Instant::now();
    assert_eq!(served.get(&format!("/v1/blobs/{here}")).status, 200);
    at_once("a download", began);
    let began = Instant::now();
    let answer = served.post("/v1/uploads", &patient.announce_for(record, &bytes));
    let upload = format!("/v1/uploads/{}", answer.json()["upload"].as_str().unwrap());
    assert_eq!(served.patch(&upload, 0, &bytes).status, 201);
    at_once("an upload of somebody known", began);
    let new = sample(3, 10_000);
    let upload = served.begin(&Account::new(2), &new);
    assert_eq!(served.patch(&upload, 0, &new).status, 201, "a slow one makes way for a stranger");
    drop(flood);
}

#[test]
fn announcements_without_bytes_take_nothing_from_those_who_bring_them() {
    let limits = UploadLimits {
        blob_bytes: 1 << 30,
        owner_bytes: 1 << 30,
        kept_bytes: 1 << 30,
        all_bytes: 300 << 20,
        stranger_uploads: 20,
        ..LIMITS
    };
    let served = Served::with(|_| {}, limits);
    let mut refused = 0_u32;
    for number in 100..140 {
        let id = id_of(&sample(number, 10));
        let answer = served.post("/v1/uploads", &Account::new(number).announce_as(id, 256 << 20));
        if answer.status != 201 {
            assert_eq!((answer.status, answer.code().as_str()), (507, "strangers-full"));
            refused += 1;
        }
    }
    assert!(refused >= 20, "strangers have places of their own: {refused} refused");
    let text = served.get("/metrics").text();
    let told = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap();
        line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()
    };
    let begun = u64::from(40 - refused);
    assert_eq!(told("mrms_vault_uploads_bytes"), 0);
    assert_eq!(told("mrms_vault_uploads_promised_bytes"), begun * (256 << 20));
    assert_eq!(told("mrms_vault_uploads_reserved_bytes"), 0);
    let (record, patient) = (RecordId::new(7), Account::new(1));
    let bytes = sample(1, 100_000);
    served.create(record, &patient, Some(*id_of(&bytes).as_bytes()));
    put(&served.remote_for(served.address, 1, record), &bytes);
    assert_eq!(served.store.verify(&id_of(&bytes)).unwrap(), 100_000);
}

#[test]
fn hundred_clients_at_once_are_all_served() {
    let served = Served::new();
    std::thread::scope(|scope| {
        for number in 1..=100_u8 {
            let served = &served;
            scope.spawn(move || {
                let bytes = sample(number, 200_000 + usize::from(number));
                let upload = served.begin(&Account::new(number), &bytes);
                let answer = served.patch(&upload, 0, &bytes);
                assert_eq!(answer.status, 201, "{}", answer.text());
                let answer = served.get(&format!("/v1/blobs/{}", id_of(&bytes)));
                assert!(answer.body == bytes);
            });
        }
    });
    assert_eq!(served.store.list().unwrap().len(), 100);
    assert_eq!(served.uploads.unfinished(), (0, 0));
}

#[test]
fn idle_connection_makes_way_beyond_the_limit_and_one_in_use_stays() {
    let served = Served::with(|settings| settings.connections = 2, LIMITS);
    let mut idle = served.connect();
    std::thread::sleep(Duration::from_millis(20));
    let mut used = served.connect();
    assert_eq!(used.request("GET", "/v1/health", &[], b"").status, 200);
    let began = Instant::now();
    let mut third = served.connect();
    assert_eq!(third.request("GET", "/v1/health", &[], b"").status, 200);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert!(idle.is_closed_within(Duration::from_secs(2)));
    assert_eq!(used.request("GET", "/v1/health", &[], b"").status, 200);
}
