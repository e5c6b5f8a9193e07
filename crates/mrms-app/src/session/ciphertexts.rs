//! [`Ciphertexts`]: where ciphertext beyond the inline limit lies, a port.
//!
//! Whoever writes ciphertext says for which version it is: a vault deletes it only when that record is erased.

use mrms_core::{RecordId, Version};
use mrms_store::{BlobStore, BlobWriter, DiscardingStore, StoreError};

use crate::session::Actor;

/// The version that a ciphertext is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CiphertextOf {
    /// The record.
    pub record: RecordId,
    /// The version.
    pub version: Version,
}

/// Ciphertext by its hash, to read, and to write in the name of an actor.
pub trait Ciphertexts: BlobStore {
    /// Begins the ciphertext of a version, which this actor writes.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    fn writer_of(&self, actor: &Actor, of: CiphertextOf)
    -> Result<Box<dyn BlobWriter>, StoreError>;
}

impl Ciphertexts for DiscardingStore {
    fn writer_of(&self, _: &Actor, _: CiphertextOf) -> Result<Box<dyn BlobWriter>, StoreError> {
        self.writer()
    }
}
