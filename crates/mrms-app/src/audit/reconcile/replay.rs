//! [`LogReplay`]: a vault's log while its lines are read, and what it must have had.

use std::collections::BTreeSet;

use mrms_contract::state::Anchor;
use mrms_vault::protocol::{Hex, LogHead, LogItem, LogLine};

use super::Difference;
use crate::profile::remembered::{ReadLog, SeenLog};

/// A log while its lines are read.
pub(super) struct LogReplay {
    pub(super) count: u64,
    pub(super) head: LogHead,
    pub(super) lines: Vec<LogLine>,
    /// The hash of every line that was taken.
    pub(super) hashes: Vec<Hex<32>>,
    pub(super) sound: bool,
    /// Heads that the log must have had, at these counts.
    pub(super) anchor: Option<SeenLog>,
    seen: Option<SeenLog>,
    met: BTreeSet<u64>,
}

impl LogReplay {
    pub(super) fn new(anchor: Option<Anchor>, seen: Option<SeenLog>) -> Self {
        let anchor = anchor.map(anchored);
        let mut replay = Self {
            count: 0,
            head: LogHead::EMPTY,
            lines: Vec::new(),
            hashes: Vec::new(),
            sound: true,
            anchor,
            seen,
            met: BTreeSet::new(),
        };
        replay.meet();
        replay
    }

    /// A log that is not to be gone on with.
    pub(super) fn broken(anchor: Option<Anchor>, seen: Option<SeenLog>) -> Self {
        Self { sound: false, ..Self::new(anchor, seen) }
    }

    /// Goes on after what was read and checked before; `None` if that does not tell whether the anchor and what was seen
    /// last hold.
    pub(super) fn resume(
        read: ReadLog,
        anchor: Option<Anchor>,
        seen: Option<SeenLog>,
    ) -> Option<Self> {
        let ReadLog { until, anchor: met, lines } = read;
        let now = anchor.map(anchored);
        let holds_anchor = now.is_none_or(|now| now.count >= until.count || met == Some(now));
        if !holds_anchor || seen.is_none_or(|seen| seen.count < until.count) {
            return None;
        }
        let mut replay = Self::new(anchor, seen);
        (replay.count, replay.head, replay.lines) = (until.count, until.head, lines);
        replay.met.extend(now.filter(|now| met == Some(*now)).map(|now| now.count));
        replay.meet();
        Some(replay)
    }

    /// Whether the log is whole, and has everything that it must have.
    pub(super) fn holds(&self) -> bool {
        self.sound && self.holds_anchor() && self.holds_seen()
    }

    /// What is wrong with the log as a whole.
    pub(super) fn differences(&self, vault: &str) -> Vec<Difference> {
        let vault = || vault.to_owned();
        let all = [
            (self.sound, Difference::LogAltered { vault: vault() }),
            (self.holds_anchor(), Difference::NotAsAnchored { vault: vault() }),
            (self.holds_seen(), Difference::NotAsSeen { vault: vault() }),
        ];
        all.into_iter().filter(|(holds, _)| !holds).map(|(_, difference)| difference).collect()
    }

    pub(super) fn take(&mut self, item: LogItem) {
        let Ok(hash) = item.hash() else {
            self.sound = false;
            return;
        };
        self.head = self.head.after(&hash);
        self.hashes.push(hash);
        if let LogItem::Line(line) = item {
            self.sound &= line.number == self.count;
            self.lines.push(*line);
        }
        self.count += 1;
        self.meet();
    }

    fn meet(&mut self) {
        for expected in [self.anchor, self.seen].into_iter().flatten() {
            if expected.count == self.count && expected.head == self.head {
                self.met.insert(expected.count);
            }
        }
    }

    pub(super) fn holds_anchor(&self) -> bool {
        self.anchor.is_none_or(|anchor| self.met.contains(&anchor.count))
    }

    pub(super) fn holds_seen(&self) -> bool {
        self.seen.is_none_or(|seen| self.met.contains(&seen.count))
    }
}

fn anchored(anchor: Anchor) -> SeenLog {
    SeenLog { count: anchor.count, head: LogHead(Hex(anchor.head)) }
}
