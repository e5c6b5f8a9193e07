//! Named points at which a test can kill a guardian, to examine what is left.
//!
//! Without the feature `faults` a point does nothing.

/// A point between two steps of one change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Point {
    /// Key files are made and synced; the rows that refer to them are not committed.
    KeyFileMade,
    /// Rows and lines are written and not committed.
    BeforeCommit,
    /// Rows and lines are committed; nobody has an answer yet.
    AfterCommit,
    /// A key file is overwritten and not removed.
    KeyFileOverwritten,
    /// A key file is removed; its row in the list of keys to destroy is still there.
    KeyFileRemoved,
}

impl Point {
    /// Every point.
    pub const ALL: [Self; 5] = [
        Self::KeyFileMade,
        Self::BeforeCommit,
        Self::AfterCommit,
        Self::KeyFileOverwritten,
        Self::KeyFileRemoved,
    ];
}

#[cfg(feature = "faults")]
mod hook {
    use std::sync::OnceLock;

    use super::Point;

    type Hook = Box<dyn Fn(Point) + Send + Sync>;
    static HOOK: OnceLock<Hook> = OnceLock::new();

    /// Calls `hook` at every point from now on, in this process. The first call counts.
    pub fn at_every_point(hook: impl Fn(Point) + Send + Sync + 'static) {
        let _ = HOOK.set(Box::new(hook));
    }

    pub(crate) fn reached(point: Point) {
        if let Some(hook) = HOOK.get() {
            hook(point);
        }
    }
}

#[cfg(feature = "faults")]
pub use hook::at_every_point;
#[cfg(feature = "faults")]
pub(crate) use hook::reached;

#[cfg(not(feature = "faults"))]
pub(crate) const fn reached(_: Point) {}
