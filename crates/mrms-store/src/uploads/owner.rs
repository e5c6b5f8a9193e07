//! [`Owner`]: who uploads, and how much each of them and all strangers have stored.

use std::collections::BTreeMap;

use super::kept::Uploader;

/// Who uploads, as the caller has verified it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The owner's name.
    pub name: String,
    /// Whether the caller knows the owner.
    pub standing: OwnerKind,
}

/// Whether the caller knows an owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerKind {
    /// It does.
    Known,
    /// It does not: anybody can be as many of these owners as they like. All of them have a small part of the room together.
    Stranger,
}

/// Bytes that are stored.
#[derive(Debug, Default)]
pub(super) struct Totals {
    /// Of each owner.
    pub(super) owners: BTreeMap<String, u64>,
    /// Of all strangers, as long as they are strangers.
    pub(super) strangers: u64,
}

impl Totals {
    pub(super) fn add(&mut self, uploader: &Uploader) {
        let total = self.owners.entry(uploader.owner.clone()).or_default();
        *total = total.saturating_add(uploader.length);
        if uploader.is_stranger {
            self.strangers = self.strangers.saturating_add(uploader.length);
        }
    }

    pub(super) fn take(&mut self, uploader: &Uploader) {
        if let Some(total) = self.owners.get_mut(&uploader.owner) {
            *total = total.saturating_sub(uploader.length);
        }
        if uploader.is_stranger {
            self.strangers = self.strangers.saturating_sub(uploader.length);
        }
    }
}
