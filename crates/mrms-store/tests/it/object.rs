//! What a store in a bucket does beyond what every store does.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::{Duration, SystemTime};

use mrms_store::{
    BlobId, BlobPromise, BlobStore as _, Owner, OwnerKind, StoreError, UploadId, UploadLimits,
    Uploads, conformance,
};
use sha2::{Digest as _, Sha256};

use crate::bucket::S3;
use crate::relay::{Relay, Way};

fn sample(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i % 251) as u8 ^ (i >> 16) as u8).collect()
}

fn id_of(bytes: &[u8]) -> BlobId {
    BlobId::from_bytes(Sha256::digest(bytes).into())
}

#[test]
fn object_store_conforms() {
    conformance::run(&S3::new().store());
}

#[test]
fn wrong_credentials_and_no_server_are_told_apart_from_a_missing_blob() {
    let s3 = S3::new();
    let id = id_of(b"x");
    assert!(matches!(s3.store().length(&id), Err(StoreError::Missing { .. })));
    let stranger = s3.store_with(s3.address, "another secret");
    assert!(matches!(stranger.length(&id), Err(StoreError::Unreachable { .. })));
    let refused = stranger.list().unwrap_err();
    let told = format!("{refused:?}");
    assert!(!told.contains("another secret"), "{told}");
}

#[test]
fn blob_longer_than_a_part_goes_in_parts_and_leaves_nothing_behind() {
    let s3 = S3::new();
    let store = s3.store();
    let bytes = sample(20_000_001);
    let mut writer = store.writer().unwrap();
    writer.write_all(&bytes).unwrap();
    assert_eq!(s3.objects("blobs"), 0, "nothing is seen before it is whole");
    let (id, length) = writer.commit().unwrap();
    assert_eq!((id, length), (id_of(&bytes), 20_000_001));
    assert_eq!(store.verify(&id).unwrap(), 20_000_001);
    assert_eq!((s3.objects("blobs"), s3.objects("incoming")), (1, 0));
    let mut part = store.open_range(&id, 9_000_000..9_000_010).unwrap();
    let mut read = Vec::new();
    part.reader.read_to_end(&mut read).unwrap();
    assert_eq!(read, bytes[9_000_000..9_000_010]);
}

#[test]
fn dropped_writer_leaves_nothing_to_be_seen() {
    let s3 = S3::new();
    let store = s3.store();
    let mut writer = store.writer().unwrap();
    writer.write_all(&sample(20_000_000)).unwrap();
    drop(writer);
    assert_eq!(store.list().unwrap(), []);
    assert_eq!((s3.objects("blobs"), s3.objects("incoming")), (0, 0));
}

#[test]
fn upload_goes_to_its_name_at_once() {
    let s3 = S3::new();
    let store = s3.store();
    let folder = tempfile::tempdir().unwrap();
    let uploads = Uploads::open_folder(folder.path(), UploadLimits::default()).unwrap();
    let owner = Owner { name: "owner".to_owned(), standing: OwnerKind::Known };
    let bytes = sample(20_000_000);
    let promise = BlobPromise { id: id_of(&bytes), length: bytes.len() as u64 };
    let begun =
        uploads.begin(&owner, promise, UploadId::from_random([1; 16]), SystemTime::now()).unwrap();
    let mut upload = uploads.resume(begun.id, 0).unwrap();
    upload.append(&bytes).unwrap();
    upload.finish(&store).unwrap();
    assert_eq!(store.verify(&promise.id).unwrap(), promise.length);
    assert_eq!((s3.objects("blobs"), s3.objects("incoming")), (1, 0));
}

#[test]
fn download_goes_on_after_a_broken_connection() {
    let s3 = S3::new();
    let bytes = sample(12_000_000);
    let mut writer = s3.store().writer().unwrap();
    writer.write_all(&bytes).unwrap();
    let (id, _) = writer.commit().unwrap();
    let relay = Relay::before(s3.address, Way::Down, 3_000_000, 2);
    assert_eq!(s3.store_at(relay.address).verify(&id).unwrap(), 12_000_000);
    assert!(relay.is_spent(), "connections did break");
}

#[test]
fn upload_goes_on_after_a_broken_connection() {
    let s3 = S3::new();
    let bytes = sample(20_000_000);
    let relay = Relay::before(s3.address, Way::Up, 3_000_000, 2);
    let store = s3.store_at(relay.address);
    let mut writer = store.writer().unwrap();
    writer.write_all(&bytes).unwrap();
    let (id, _) = writer.commit().unwrap();
    assert!(relay.is_spent(), "connections did break");
    assert_eq!(s3.store().verify(&id).unwrap(), 20_000_000);
}

#[test]
fn what_a_killed_writer_left_is_swept_after_its_time() {
    let s3 = S3::new();
    let store = s3.store();
    let incoming = s3.folder.path().join("bucket/some/prefix/incoming");
    std::fs::create_dir_all(&incoming).unwrap();
    std::fs::write(incoming.join("left"), b"half").unwrap();
    let (now, day) = (SystemTime::now(), Duration::from_secs(86_400));
    assert_eq!(store.sweep(now, day).unwrap(), 0);
    assert_eq!(store.sweep(now + day + day, day).unwrap(), 1);
    assert_eq!(s3.objects("incoming"), 0);
}

#[test]
fn store_may_be_dropped_where_blocking_is_not_allowed() {
    let s3 = S3::new();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let store = s3.store();
    runtime.block_on(async move { drop(store) });
    // A server that is not there at all.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    drop(s3.store_at(nobody));
}
