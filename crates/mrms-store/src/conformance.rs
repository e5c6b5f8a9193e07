//! Conformance suite: the checks that every back end must pass. The tests of each back end call [`run`].
//!
//! Panics at the first check that fails: it is for tests alone.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{Read, Write};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use crate::{
    BlobId, BlobPromise, BlobStore, Owner, OwnerKind, StoreError, UploadId, UploadLimits, Uploads,
};

/// Runs every check on a store that is empty when it is passed in, and empties it again.
///
/// # Panics
///
/// When the store does not do what [`BlobStore`] promises.
pub fn run(store: &dyn BlobStore) {
    missing_blobs_are_missing(store);
    what_was_dropped_leaves_no_trace(store);
    what_was_committed_comes_back(store);
    the_same_bytes_are_kept_once(store);
    parts_are_what_the_range_says(store);
    what_an_upload_brought_is_kept(store);
    many_write_and_read_at_once(store);
}

fn id_of(bytes: &[u8]) -> BlobId {
    BlobId::from_bytes(Sha256::digest(bytes).into())
}

fn put(store: &dyn BlobStore, bytes: &[u8]) -> (BlobId, u64) {
    let mut writer = store.writer().unwrap();
    for part in bytes.chunks(1_000) {
        writer.write_all(part).unwrap();
    }
    writer.commit().unwrap()
}

fn get(store: &dyn BlobStore, id: &BlobId) -> Vec<u8> {
    let (mut reader, length) = store.open(id).unwrap();
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, length, "the length told is the length read");
    bytes
}

fn missing_blobs_are_missing(store: &dyn BlobStore) {
    let id = id_of(b"never stored");
    assert!(matches!(store.open(&id), Err(StoreError::Missing { .. })));
    assert!(matches!(store.verify(&id), Err(StoreError::Missing { .. })));
    assert!(matches!(store.length(&id), Err(StoreError::Missing { .. })));
    assert!(matches!(store.open_range(&id, 1..2), Err(StoreError::Missing { .. })));
    store.delete(&id).unwrap();
}

fn what_was_dropped_leaves_no_trace(store: &dyn BlobStore) {
    let mut writer = store.writer().unwrap();
    writer.write_all(b"half a blob").unwrap();
    drop(writer);
    assert_eq!(store.list().unwrap(), [], "a dropped writer keeps nothing");
}

fn what_was_committed_comes_back(store: &dyn BlobStore) {
    for length in [0, 1, 64 * 1024, 1_000_003] {
        let bytes: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
        let (id, told) = put(store, &bytes);
        assert_eq!((id, told), (id_of(&bytes), length as u64));
        assert_eq!(get(store, &id), bytes);
        assert_eq!(store.verify(&id).unwrap(), length as u64);
        assert_eq!(store.list().unwrap(), [id]);
        store.delete(&id).unwrap();
        assert!(matches!(store.open(&id), Err(StoreError::Missing { .. })));
    }
}

fn parts_are_what_the_range_says(store: &dyn BlobStore) {
    let bytes: Vec<u8> = (0..300_000_u32).map(|i| (i % 249) as u8).collect();
    let length = bytes.len() as u64;
    let (id, _) = put(store, &bytes);
    assert_eq!(store.length(&id).unwrap(), length);
    for (range, given) in [
        (0..1, 0..1),
        (0..length, 0..length),
        (70_000..200_001, 70_000..200_001),
        (length - 1..length, length - 1..length),
        (length - 5..u64::MAX, length - 5..length),
        (5..5, 5..5),
        (length..length + 9, length..length),
    ] {
        let mut part = store.open_range(&id, range.clone()).unwrap();
        assert_eq!((part.range.clone(), part.blob_length), (given.clone(), length), "{range:?}");
        let mut read = Vec::new();
        part.reader.read_to_end(&mut read).unwrap();
        assert_eq!(read, bytes[given.start as usize..given.end as usize], "{range:?}");
    }
    let beyond = store.open_range(&id, length + 1..length + 2);
    assert!(matches!(beyond, Err(StoreError::BeyondEnd { start, .. }) if start == length + 1));
    store.delete(&id).unwrap();
    let (empty, _) = put(store, b"");
    assert_eq!(store.open_range(&empty, 0..9).unwrap().range, 0..0);
    store.delete(&empty).unwrap();
}

fn what_an_upload_brought_is_kept(store: &dyn BlobStore) {
    let folder = tempfile::tempdir().unwrap();
    let limits = UploadLimits {
        blob_bytes: 1 << 20,
        owner_bytes: 1 << 20,
        owner_uploads: 9,
        kept_bytes: 1 << 20,
        all_bytes: 1 << 20,
        all_uploads: 9,
        stranger_bytes: 0,
        stranger_uploads: 0,
        reserve_bytes: 0,
    };
    let uploads = Uploads::open_folder(folder.path(), limits).unwrap();
    let owner = Owner { name: "owner".to_owned(), standing: OwnerKind::Known };
    let bytes: Vec<u8> = (0..100_000_u32).map(|i| (i % 247) as u8).collect();
    let promise = BlobPromise { id: id_of(&bytes), length: bytes.len() as u64 };
    // The second time it is here already.
    for number in [1, 2] {
        let begun = uploads
            .begin(&owner, promise, UploadId::from_random([number; 16]), SystemTime::UNIX_EPOCH)
            .unwrap();
        let mut upload = uploads.resume(begun.id, 0).unwrap();
        upload.append(&bytes).unwrap();
        assert_eq!(upload.finish(store).unwrap(), promise);
        assert_eq!(get(store, &promise.id), bytes);
        assert_eq!(store.list().unwrap(), [promise.id]);
    }
    store.delete(&promise.id).unwrap();
}

fn many_write_and_read_at_once(store: &dyn BlobStore) {
    let bytes = |n: u8| vec![n % 4; 20_000];
    std::thread::scope(|scope| {
        for n in 0..8 {
            scope.spawn(move || {
                let (id, _) = put(store, &bytes(n));
                assert_eq!(get(store, &id), bytes(n));
            });
        }
    });
    let listed = store.list().unwrap();
    assert_eq!(listed.len(), 4);
    assert!(listed.is_sorted());
    listed.iter().for_each(|id| store.delete(id).unwrap());
}

fn the_same_bytes_are_kept_once(store: &dyn BlobStore) {
    let (first, _) = put(store, b"twice");
    let (second, _) = put(store, b"twice");
    assert_eq!(first, second);
    assert_eq!(store.list().unwrap(), [first]);
    store.delete(&first).unwrap();
}
