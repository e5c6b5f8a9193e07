//! Which part of a list a read returns: how many entries, from where, in which order.

use super::units::Sequence;

/// One page of a list, in the order of the chain or in the reverse order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    pub(crate) start: PageStart,
    pub(crate) limit: u32,
}

/// Where a page starts, and therefore its order: `Oldest` and `After` go forward, `Newest` and `Before` back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PageStart {
    Oldest,
    After(Sequence),
    Newest,
    Before(Sequence),
}

impl Page {
    /// The first `limit` entries, oldest first.
    #[must_use]
    pub const fn oldest(limit: u32) -> Self {
        Self { start: PageStart::Oldest, limit }
    }

    /// The next `limit` entries after `sequence`, oldest first. The entry at `sequence` is not in it.
    #[must_use]
    pub const fn after(sequence: Sequence, limit: u32) -> Self {
        Self { start: PageStart::After(sequence), limit }
    }

    /// The last `limit` entries, newest first.
    #[must_use]
    pub const fn newest(limit: u32) -> Self {
        Self { start: PageStart::Newest, limit }
    }

    /// The `limit` entries before `sequence`, newest first. The entry at `sequence` is not in it.
    #[must_use]
    pub const fn before(sequence: Sequence, limit: u32) -> Self {
        Self { start: PageStart::Before(sequence), limit }
    }
}

/// Which transactions a list contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcomes {
    /// All of them.
    All,
    /// Only those that did not succeed.
    Failed,
}
