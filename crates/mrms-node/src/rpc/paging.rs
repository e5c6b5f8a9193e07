//! Paging through lists: `limit` and `offset` as in the hosted API, and a cursor. The hosted API has cursors
//! only for newer lists. With a cursor, every page of a long list costs the same.

use serde::Deserialize;

use super::refusal::Refusal;
use crate::chain::Sequence;

/// Default number of entries in a page.
const DEFAULT_LIMIT: u32 = 20;
/// Maximum number of entries in a page.
const MAX_LIMIT: u32 = 50;
/// Maximum offset. Everything before an offset is read and thrown away; a cursor avoids that.
const MAX_OFFSET: u32 = 10_000;

#[derive(Debug, Default, Deserialize)]
pub(super) struct PageQuery {
    limit: Option<u32>,
    offset: Option<u32>,
    cursor: Option<String>,
}

/// The requested page of a list, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RequestedPage {
    pub(super) limit: u32,
    pub(super) offset: u32,
    pub(super) after: Option<Cursor>,
}

/// The last entry of the previous page: a transaction, and a position among its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) sequence: Sequence,
    pub(super) position: u32,
}

impl PageQuery {
    pub(super) fn page(&self) -> Result<RequestedPage, Refusal> {
        let (limit, offset) = (self.limit.unwrap_or(DEFAULT_LIMIT), self.offset.unwrap_or(0));
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(Refusal::request(format!("limit must be 1 to {MAX_LIMIT}")));
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
