//! The program's own client, over connections that break.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use mrms_core::{RecordId, Version};
use mrms_stacks::client::ClientSettings;
use mrms_store::{BlobStore as _, StoreError};
use mrms_vault::client::HttpVault;
use mrms_vault::protocol::{RefusalReason, ReleaseRequest};
use mrms_vault::{Vault as _, VaultError};

use super::messages::deposit;
use super::relay::{Fate, Relay};
use super::support::{Account, Served, id_of, put, sample};

fn client(address: std::net::SocketAddr) -> HttpVault {
    let settings =
        ClientSettings { pause: std::time::Duration::from_millis(10), ..ClientSettings::default() };
    HttpVault::new(&format!("http://{address}"), settings).unwrap()
}

#[test]
fn what_is_not_there_is_missing() {
    let served = Served::new();
    let remote = served.remote(served.address, 1);
    let id = id_of(b"absent");
    assert!(matches!(remote.open(&id), Err(StoreError::Missing { .. })));
    assert!(matches!(remote.length(&id), Err(StoreError::Missing { .. })));
    let put_there = put(&served.store, b"x");
    let beyond = remote.open_range(&put_there, 2..3);
    assert!(matches!(beyond, Err(StoreError::BeyondEnd { start: 2, length: 1, .. })));
}

#[test]
fn vault_that_is_not_there_is_unreachable_and_our_copy_stays() {
    let served = Served::new();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let remote = served.remote(nobody, 1);
    let mut writer = remote.writer().unwrap();
    writer.write_all(b"ciphertext").unwrap();
    assert!(matches!(writer.commit(), Err(StoreError::Unreachable { .. })));
    assert!(matches!(remote.length(&id_of(b"ciphertext")), Err(StoreError::Unreachable { .. })));
    // The same staging folder, with the vault there again.
    let remote = served.remote(served.address, 1);
    remote.send(&id_of(b"ciphertext")).unwrap();
    assert_eq!(served.store.verify(&id_of(b"ciphertext")).unwrap(), 10);
}

#[test]
fn blob_goes_there_and_comes_back() {
    let served = Served::new();
    let remote = served.remote(served.address, 1);
    for length in [0, 1, 70_000, 40 << 20] {
        let bytes = sample(9, length);
        let id = put(&remote, &bytes);
        assert_eq!(id, id_of(&bytes));
        assert_eq!(served.store.verify(&id).unwrap(), length as u64);
        assert_eq!(remote.verify(&id).unwrap(), length as u64);
    }
    let bytes = sample(9, 70_000);
    let mut part = remote.open_range(&id_of(&bytes), 100..60_000).unwrap();
    let mut read = Vec::new();
    part.reader.read_to_end(&mut read).unwrap();
    assert!(read == bytes[100..60_000]);
}

#[test]
fn blob_beyond_the_limit_is_declined_in_the_vaults_words() {
    let served = Served::new();
    let message = Account::new(1).announce_as(id_of(b"huge"), 65 << 20);
    match client(served.address).announce(&message) {
        Err(VaultError::Declined { code, .. }) => assert_eq!(code, "blob-too-large"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn upload_goes_on_where_connections_broke() {
    let served = Served::new();
    let bytes = sample(1, 5_000_000);
    // The announcement's answer is lost; then the bytes break off, twice; then an answer is lost.
    let fates =
        vec![Fate::CutDown(0), Fate::CutUp(1_500_000), Fate::CutUp(2_000_000), Fate::CutDown(0)];
    let relay = Relay::before(served.address, fates);
    let id = put(&served.remote(relay.address, 1), &bytes);
    assert_eq!(relay.left(), 0, "connections did break");
    assert_eq!(served.store.verify(&id).unwrap(), 5_000_000);
    assert_eq!(served.uploads.unfinished(), (0, 0));
}

#[test]
fn download_goes_on_where_connections_broke() {
    let served = Served::new();
    let bytes = sample(2, 5_000_000);
    let id = put(&served.store, &bytes);
    let fates = vec![Fate::CutDown(1_000_000), Fate::CutUp(0), Fate::CutDown(2_000_000)];
    let relay = Relay::before(served.address, fates);
    let remote = served.remote(relay.address, 1);
    let mut read = Vec::new();
    remote.open(&id).unwrap().0.read_to_end(&mut read).unwrap();
    assert!(read == bytes);
    assert_eq!(relay.left(), 0, "connections did break");
}

#[test]
fn request_for_a_share_is_sent_once_even_if_its_answer_is_lost() {
    let served = Served::new();
    let (patient, reader) = (Account::new(1), Account::new(2));
    let record = RecordId::new(1);
    served.create(record, &patient, None);
    served.grant(record, &reader);
    client(served.address).deposit(&patient.sign(deposit(record, &reader))).unwrap();
    let (audit_index, txid) = served.access(record, &reader);
    let version = Version::FIRST;
    let ask = ReleaseRequest { record_id: record, version, audit_index, txid, note: Vec::new() };
    let relay = Relay::before(served.address, vec![Fate::CutDown(0)]);
    let lost = client(relay.address).release(&reader.sign(ask.clone()));
    assert!(matches!(lost, Err(VaultError::Unreachable { .. })), "{lost:?}");
    // It had arrived: the entry is used, and nobody asked a second time.
    let card = client(served.address).card().unwrap();
    assert_eq!(card.log_count, 2);
    let again = client(served.address).release(&reader.sign(ask));
    let Err(VaultError::Refused(refusal)) = again else { panic!("{again:?}") };
    assert_eq!(refusal.reason, RefusalReason::EntryUsed);
}

#[test]
fn deposit_whose_answer_was_lost_is_done_again_with_a_new_signature() {
    let served = Served::new();
    let (patient, reader) = (Account::new(1), Account::new(2));
    let record = RecordId::new(1);
    served.create(record, &patient, None);
    let relay = Relay::before(served.address, vec![Fate::CutDown(0)]);
    let vault = client(relay.address);
    let lost = vault.deposit(&patient.sign(deposit(record, &reader)));
    // Sent a second time as it was, and known to the vault: done, with its answer lost.
    assert!(matches!(lost, Err(VaultError::Unreachable { .. })), "{lost:?}");
    vault.deposit(&patient.sign(deposit(record, &reader))).unwrap();
}
