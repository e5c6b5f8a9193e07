//! Named points at which a test can stop a guardian for good, to look at what is left.
//!
//! Without the feature `faults` a point is nothing at all.

/// A moment between two steps that must not be torn apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Point {
    /// A key file is made and synced; no row speaks of it yet.
    KeyFileMade,
    /// Rows and lines are written, not committed.
    BeforeCommit,
    /// They are committed; nobody was told.
    AfterCommit,
    /// A key file is overwritten, not removed.
    KeyFileOverwritten,
    /// A key file is removed; the row about it stands.
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
