//! What every back end must do, as one run of checks that each back end's tests call.
//!
//! Panics with a sentence at the first thing that does not hold: it is for tests alone.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{Read, Write};

use sha2::{Digest, Sha256};

use crate::{BlobId, BlobStore, StoreError};

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

fn the_same_bytes_are_kept_once(store: &dyn BlobStore) {
    let (first, _) = put(store, b"twice");
    let (second, _) = put(store, b"twice");
    assert_eq!(first, second);
    assert_eq!(store.list().unwrap(), [first]);
    store.delete(&first).unwrap();
}
