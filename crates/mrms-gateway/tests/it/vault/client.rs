//! The program's own client, over connections that break.

use std::io::{Read as _, Write as _};

use mrms_store::{BlobStore as _, StoreError};
use mrms_vault::Vault as _;
use mrms_vault::client::HttpVault;

use super::support::{Served, id_of, put, sample, vault_account};

#[test]
fn what_is_not_there_is_missing() {
    let served = Served::new();
    let remote = served.remote(served.address, 1);
    let id = id_of(b"absent");
    assert!(matches!(remote.open(&id), Err(StoreError::Missing { .. })));
    assert!(matches!(remote.length(&id), Err(StoreError::Missing { .. })));
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
        let mut part = remote.open_range(&id, 1..u64::MAX.min(length as u64 / 2 + 1));
        if let Ok(part) = &mut part {
            let mut read = Vec::new();
            part.reader.read_to_end(&mut read).unwrap();
            assert!(read == bytes[1.min(length)..length / 2 + usize::from(length > 0)]);
        }
    }
}
