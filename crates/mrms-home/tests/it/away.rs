//! A ledger that does not answer.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use mrms_app::ledger::LedgerError;
use mrms_home::{Home, HomeError, HomeFolder, HomeSettings, ProfileName, RemoteSettings};

use crate::face::Nobody;
use crate::settings;

#[test]
fn ledger_that_is_away_is_waited_for_once_and_not_by_each_step() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let tries = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&tries);
    thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            drop(stream);
        }
    });
    let home = settings::home(ProfileName::standard());
    let reach = Some(Duration::from_millis(200));
    let remote = RemoteSettings { reach, ..home.remote };
    let settings = HomeSettings { ledger: Some(url), remote, ..home };
    let folder = tempfile::tempdir().unwrap();
    let home = HomeFolder::new(folder.path().join("home"));
    let home = Home::new(home, settings, Arc::new(Nobody));
    let is_away = |error: HomeError| {
        let is_away = matches!(&error, HomeError::Ledger(LedgerError::Unreachable { .. }));
        assert!(is_away, "{error}");
    };
    is_away(home.connection().map(drop).unwrap_err());
    is_away(home.network().map(drop).unwrap_err());
    is_away(home.ledger().map(drop).unwrap_err());
    assert_eq!(tries.load(Ordering::SeqCst), 1);
}
