//! What a patient's program says to a host elsewhere, over HTTP.
//!
//! A host takes links from those to whom its operator gave its deposit key. Only who made a link changes it or reads its log:
//! they prove it with the link's *manager secret*, which is made from the words of the link's account.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::deposit::Deposit;
use crate::profile::links::LinkId;

/// The longest message with a deposit, in bytes.
pub const MOST_DEPOSIT: usize = 64 * 1024 * 1024;

/// The secret with which a link is managed.
#[must_use]
pub fn manager_secret(words: &str) -> Zeroizing<String> {
    let mut hash = Sha256::new();
    hash.update(b"mrms link manager 1\0");
    hash.update(words.as_bytes());
    Zeroizing::new(hex::encode(hash.finalize()))
}

/// Takes a link, or takes it anew.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PutLink {
    /// What is deposited. Its words prove who made it.
    pub deposit: Deposit,
}

/// Pauses or removes a link, or tells how it stands.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManageLink {
    /// The link.
    pub id: LinkId,
    /// Its manager secret.
    pub manager: Zeroizing<String>,
}

/// What was done.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct ManagedLink {}
