//! Paging through lists: `limit` and `offset` as in the hosted API, a cursor, and a bound on the bytes of an answer. The
//! hosted API has cursors only for newer lists. With a cursor, every page of a long list costs the same.

use serde::Deserialize;

use super::refusal::Refusal;
use crate::chain::{EventPlace, Sequence};

/// Default number of entries in a page.
const DEFAULT_LIMIT: u32 = 20;
/// Maximum number of entries in a page.
const MAX_LIMIT: u32 = 50;
/// The same in this node's own lists.
const LONG_LIMIT: u32 = 500;
/// Maximum offset. The index entries before an offset are walked over; a cursor avoids that.
const MAX_OFFSET: u32 = 10_000;

#[derive(Debug, Default, Deserialize)]
pub(crate) struct PageQuery {
    limit: Option<u32>,
    offset: Option<u32>,
    cursor: Option<String>,
}

/// The requested page of a list, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RequestedPage {
    pub(crate) limit: u32,
    pub(crate) offset: u32,
    pub(crate) after: Option<Cursor>,
}

/// The last entry of the previous page: a transaction, and a position among its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) sequence: Sequence,
    pub(crate) position: u32,
}

impl PageQuery {
    /// The page of a list in the hosted API's shape.
    pub(crate) fn page(&self) -> Result<RequestedPage, Refusal> {
        self.page_of(MAX_LIMIT)
    }

    /// The page of a list of this node's own. They have no offsets.
    pub(crate) fn long_page(&self) -> Result<RequestedPage, Refusal> {
        if self.offset.is_some() {
            return Err(Refusal::request("this list has no offset; follow next_cursor"));
        }
        self.page_of(LONG_LIMIT)
    }

    fn page_of(&self, most: u32) -> Result<RequestedPage, Refusal> {
        let (limit, offset) = (self.limit.unwrap_or(DEFAULT_LIMIT), self.offset.unwrap_or(0));
        if !(1..=most).contains(&limit) {
            return Err(Refusal::request(format!("limit must be 1 to {most}")));
        }
        if offset > MAX_OFFSET {
            return Err(Refusal::request(format!(
                "offset must be at most {MAX_OFFSET}; follow next_cursor instead"
            )));
        }
        let after = self.cursor.as_deref().map(parse_cursor).transpose()?;
        Ok(RequestedPage { limit, offset, after })
    }
}

impl Cursor {
    pub(crate) const fn place(self) -> EventPlace {
        EventPlace { sequence: self.sequence, position: self.position }
    }
}

/// Bytes that the entries of an answer may still take. The first entry is always taken.
pub(crate) struct ByteBudget {
    left: usize,
    is_empty: bool,
}

impl ByteBudget {
    pub(crate) const fn new(bytes: usize) -> Self {
        Self { left: bytes, is_empty: true }
    }

    /// Whether there is room for an entry. Counts it, if there is.
    pub(crate) fn takes(&mut self, entry: &serde_json::Value) -> bool {
        let mut length = Length(0);
        // A counter takes everything.
        let _ = serde_json::to_writer(&mut length, entry);
        let fits = self.is_empty || length.0 <= self.left;
        self.is_empty = false;
        self.left = if fits { self.left.saturating_sub(length.0) } else { 0 };
        fits
    }
}

/// Counts what is written.
struct Length(usize);

impl std::io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.sequence, self.position)
    }
}

fn parse_cursor(text: &str) -> Result<Cursor, Refusal> {
    let parts = text.split_once(':').and_then(|(sequence, position)| {
        Some(Cursor {
            sequence: Sequence::new(sequence.parse().ok()?),
            position: position.parse().ok()?,
        })
    });
    parts.ok_or_else(|| Refusal::request("cursor is none that this node has given"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn query(limit: Option<u32>, offset: Option<u32>, cursor: Option<&str>) -> PageQuery {
        PageQuery { limit, offset, cursor: cursor.map(str::to_owned) }
    }

    #[test]
    fn page_that_is_empty_too_long_or_too_far_is_refused() {
        assert!(query(Some(0), None, None).page().is_err());
        assert!(query(Some(MAX_LIMIT + 1), None, None).page().is_err());
        assert!(query(None, Some(MAX_OFFSET + 1), None).page().is_err());
        assert!(query(None, None, Some("7")).page().is_err());
    }

    #[test]
    fn cursor_is_read_as_it_was_written() {
        let cursor = Cursor { sequence: Sequence::new(7), position: 3 };
        let page = query(None, None, Some(&cursor.to_string())).page().unwrap();
        assert_eq!(page, RequestedPage { limit: DEFAULT_LIMIT, offset: 0, after: Some(cursor) });
    }
}
