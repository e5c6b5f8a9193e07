//! Room for uploads: it is for bytes that came.
//!
//! Anybody can announce anything, so an announcement takes no room. What came of an upload keeps as much again free for the
//! rest of it: who brings the first half finds room for the second. Strangers share a small part of the room, and places of
//! their own. If it is full, uploads that hardly advance make way for a new one. Pure: knows no disk and no clock.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use super::limits::{UploadLimits, UploadUsage};
use super::{OwnerKind, State, Unfinished, UploadError, UploadId};

/// How long a new upload may take to show its pace.
const GRACE: Duration = Duration::from_secs(30);
/// Bytes a second, since it was begun, below which an upload makes way when others need its place.
const SLOW: u64 = 16 << 10;
/// Strangers have one part of this many of what is free.
const STRANGERS_PART: u64 = 4;

/// Bytes for which an upload keeps room: as many as came, and no more than are to come.
pub(super) fn reserved(offset: u64, length: u64) -> u64 {
    offset.min(length.saturating_sub(offset))
}

/// The room at one time.
pub(super) struct Room<'a> {
    pub(super) limits: &'a UploadLimits,
    pub(super) usage: UploadUsage,
    /// Free bytes of the disk, where the system tells.
    pub(super) free: Option<u64>,
}

/// Why there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// All places of known owners.
    Places,
    /// All places of strangers.
    StrangerPlaces { limit: u64 },
    /// All bytes of unfinished uploads.
    Bytes,
    /// All bytes of strangers.
    StrangerBytes { limit: u64 },
    /// The disk.
    Disk { length: u64 },
}

/// Which uploads may make way for a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    /// Those of owners of one standing alone.
    of: Option<OwnerKind>,
    /// Those that have bytes alone: it is bytes that are wanted, and no place.
    with_bytes: bool,
}

impl Full {
    /// Which uploads may make way for one of an owner of this standing. A stranger never displaces a known owner.
    pub(super) const fn way_for(self, standing: OwnerKind) -> Way {
        match (self, standing) {
            (Self::Places | Self::StrangerPlaces { .. }, of) => {
                Way { of: Some(of), with_bytes: false }
            }
            (_, OwnerKind::Known) => Way { of: None, with_bytes: true },
            (_, of) => Way { of: Some(of), with_bytes: true },
        }
    }
}

impl From<Full> for UploadError {
    fn from(full: Full) -> Self {
        match full {
            Full::Places | Full::Bytes => Self::AllLimit,
            Full::StrangerPlaces { limit } | Full::StrangerBytes { limit } => {
                Self::StrangersLimit { limit }
            }
            Full::Disk { length } => Self::NoRoom { length },
        }
    }
}

impl Room<'_> {
    /// Whether an upload of this length may begin.
    pub(super) fn admit(&self, standing: OwnerKind, length: u64) -> Result<(), Full> {
        let UploadUsage { uploads, stranger_uploads, reserved, .. } = self.usage;
        match standing {
            OwnerKind::Known if uploads - stranger_uploads >= self.limits.all_uploads => {
                return Err(Full::Places);
            }
            OwnerKind::Stranger if stranger_uploads >= self.limits.stranger_uploads => {
                return Err(Full::StrangerPlaces { limit: self.limits.stranger_uploads as u64 });
            }
            OwnerKind::Known | OwnerKind::Stranger => {}
        }
        self.admit_bytes(standing, length)?;
        self.disk_has(reserved.saturating_add(length), length)
    }

    /// Whether bytes of an upload that goes on may come. What is reserved is reserved for it, too.
    pub(super) fn admit_bytes(&self, standing: OwnerKind, length: u64) -> Result<(), Full> {
        let UploadUsage { bytes, reserved, stranger_bytes, .. } = self.usage;
        if standing == OwnerKind::Stranger {
            let limit = self.strangers();
            if stranger_bytes.saturating_add(length) > limit {
                return Err(Full::StrangerBytes { limit });
            }
        }
        if bytes.saturating_add(length) > self.limits.all_bytes {
            return Err(Full::Bytes);
        }
        self.disk_has(reserved.max(length), length)
    }

    fn disk_has(&self, needed: u64, length: u64) -> Result<(), Full> {
        match self.free {
            Some(free) if free < needed.saturating_add(self.limits.reserve_bytes) => {
                Err(Full::Disk { length })
            }
            _ => Ok(()),
        }
    }

    /// Bytes that strangers may have together.
    pub(super) fn strangers(&self) -> u64 {
        let limit = self.limits.stranger_bytes;
        self.free.map_or(limit, |free| {
            let open = free.saturating_add(self.usage.stranger_bytes);
            limit.min(open.saturating_sub(self.limits.reserve_bytes) / STRANGERS_PART)
        })
    }
}

/// The upload that makes way: the slowest one that had time to show its pace, and to which nobody appends now.
pub(super) fn slowest(
    unfinished: &BTreeMap<UploadId, Unfinished>,
    way: Way,
    now: SystemTime,
) -> Option<UploadId> {
    let candidates = unfinished.iter().filter_map(|(id, upload)| {
        let may_go = way.of.is_none_or(|standing| upload.owner.standing == standing)
            && (!way.with_bytes || upload.offset() > 0)
            && !matches!(upload.state, State::Appending { .. });
        let age = now.duration_since(upload.begun).unwrap_or_default();
        let pace = upload.offset() / age.as_secs().max(1);
        let is_slow = may_go && age >= GRACE && pace < SLOW;
        is_slow.then_some((pace, Reverse(age), *id))
    });
    candidates.min().map(|(_, _, id)| id)
}
