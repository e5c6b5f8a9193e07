//! Which blocks of a list were read: spans of heights, the newest first. Pure: no ledger and no file.

use mrms_core::BlockHeight;
use serde::{Deserialize, Serialize};

/// Blocks that were all read, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Span {
    /// The oldest; 0 where the list was read to its end.
    pub(super) first: u64,
    /// The newest.
    pub(super) last: u64,
    /// How many rows of the list are in them.
    pub(super) rows: u64,
}

impl Span {
    const fn has(&self, height: u64) -> bool {
        self.first <= height && height <= self.last
    }

    /// Whether no block lies between them.
    const fn touches(&self, other: &Self) -> bool {
        self.first <= other.last.saturating_add(1) && other.first <= self.last.saturating_add(1)
    }
}

/// Spans that do not touch, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Spans(Vec<Span>);

impl Spans {
    /// From spans in any order.
    pub(super) fn of(spans: Vec<Span>) -> Self {
        let mut all = Self::default();
        spans.into_iter().filter(|span| span.first <= span.last).for_each(|span| all.add(span));
        all
    }

    pub(super) fn all(&self) -> &[Span] {
        &self.0
    }

    /// The newest block that was read.
    pub(super) fn newest(&self) -> Option<BlockHeight> {
        self.0.first().map(|span| BlockHeight::new(span.last))
    }

    /// Whether a block was read.
    pub(super) fn has(&self, height: BlockHeight) -> bool {
        self.around(height).is_some()
    }

    /// The span that has a block.
    pub(super) fn around(&self, height: BlockHeight) -> Option<Span> {
        let height = height.number();
        self.0.iter().find(|span| span.has(height)).copied()
    }

    /// How many rows were read.
    pub(super) fn rows(&self) -> u64 {
        self.rows_from(0)
    }

    /// How many rows were read in the spans that begin with this block or a newer one.
    pub(super) fn rows_from(&self, first: u64) -> u64 {
        let newer = self.0.iter().filter(|span| span.first >= first);
        newer.fold(0, |rows, span| rows.saturating_add(span.rows))
    }

    /// Adds blocks of which none is here yet, but for those that lie in both: their rows are counted here already.
    pub(super) fn add(&mut self, mut added: Span) {
        self.0.retain(|span| {
            let apart = !span.touches(&added);
            if !apart {
                added = Span {
                    first: span.first.min(added.first),
                    last: span.last.max(added.last),
                    rows: span.rows.saturating_add(added.rows),
                };
            }
            apart
        });
        self.0.push(added);
        self.0.sort_by_key(|span| std::cmp::Reverse(span.last));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn span(first: u64, last: u64, rows: u64) -> Span {
        Span { first, last, rows }
    }

    #[test]
    fn blocks_between_two_spans_make_them_one() {
        let mut spans = Spans::of(vec![span(0, 9, 3), span(20, 29, 5)]);
        assert_eq!(spans.all(), [span(20, 29, 5), span(0, 9, 3)]);
        assert_eq!(spans.newest(), Some(BlockHeight::new(29)));
        assert!(spans.has(BlockHeight::new(20)) && !spans.has(BlockHeight::new(19)));
        spans.add(span(15, 19, 2));
        assert_eq!(spans.all(), [span(15, 29, 7), span(0, 9, 3)]);
        assert_eq!(spans.around(BlockHeight::new(15)), Some(span(15, 29, 7)));
        spans.add(span(10, 14, 1));
        assert_eq!(spans.all(), [span(0, 29, 11)]);
        assert_eq!((spans.rows(), spans.rows_from(1)), (11, 0));
    }

    #[test]
    fn one_that_touches_several_joins_them_in_whatever_order() {
        let parts = [span(40, 44, 1), span(0, 4, 1), span(10, 39, 1), span(5, 9, 1)];
        for turn in 0..parts.len() {
            let mut parts = parts.to_vec();
            parts.rotate_left(turn);
            assert_eq!(Spans::of(parts).all(), [span(0, 44, 4)]);
        }
    }
}
