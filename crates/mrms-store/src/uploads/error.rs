//! [`UploadError`]: why an upload was not begun, or not continued.

use crate::{BlobId, StoreError};

/// Why an upload was not begun, or not continued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UploadError {
    /// There is no such upload: never begun, finished, discarded or swept.
    #[error("no such upload")]
    Unknown,
    /// Another connection is appending to it.
    #[error("the upload is being continued elsewhere")]
    Busy,
    /// The blob would be too large.
    #[error("a blob may have {limit} bytes, not {length}")]
    TooLarge {
        /// The bytes promised.
        length: u64,
        /// The bytes allowed.
        limit: u64,
    },
    /// The owner's unfinished uploads have reached a limit.
    #[error("{limit} unfinished uploads or bytes of one owner are too many")]
    OwnerLimit {
        /// Uploads or bytes.
        limit: u64,
    },
    /// The owner has stored as much as allowed.
    #[error("more than {limit} bytes of one owner")]
    KeptLimit {
        /// Bytes that one owner may store.
        limit: u64,
    },
    /// All owners whom the vault does not know have taken what they may take together.
    #[error(
        "accounts that the vault does not know yet may leave {limit} bytes or uploads together, and have"
    )]
    StrangersLimit {
        /// Bytes or uploads.
        limit: u64,
    },
    /// With this upload the disk would be too full.
    #[error("the disk has no room for {length} bytes more")]
    NoRoom {
        /// The bytes promised.
        length: u64,
    },
    /// All unfinished uploads together have reached a limit.
    #[error("too much is being uploaded by all together")]
    AllLimit,
    /// The bytes sent do not begin where the last ones ended.
    #[error("the upload continues at byte {offset}, not {given}")]
    WrongOffset {
        /// Where it continues.
        offset: u64,
        /// Where the bytes were meant to go.
        given: u64,
    },
    /// More bytes came than promised. The upload is as it was before them.
    #[error("more than the {length} bytes that were promised")]
    TooLong {
        /// The bytes promised.
        length: u64,
    },
    /// Fewer bytes than promised: it can't be finished yet.
    #[error("{offset} of {length} bytes have arrived")]
    Incomplete {
        /// Bytes that have arrived.
        offset: u64,
        /// Bytes promised.
        length: u64,
    },
    /// All bytes have arrived and do not have the promised hash. The upload was discarded.
    #[error("the bytes hash to {found}, not to {promised}")]
    WrongHash {
        /// The hash promised.
        promised: BlobId,
        /// The hash of the bytes that came.
        found: BlobId,
    },
    /// The disk or the store failed. If the disk was full, the upload was discarded to free room.
    #[error(transparent)]
    Store(#[from] StoreError),
}
