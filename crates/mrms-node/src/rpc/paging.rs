//! Parts of long lists: `limit` and `offset` as the hosted API has them, and a cursor that it has only for
//! newer lists, for going through a long one to its end at the same cost per page.

use serde::Deserialize;

use super::refusal::Refusal;
use crate::chain::Sequence;

/// Entries in a page when none is said.
const USUAL: u32 = 20;
/// Most entries in a page.
const MOST: u32 = 50;
/// Furthest that an offset reaches. Everything before it is read and thrown away; a cursor is not.
const FURTHEST: u32 = 10_000;

#[derive(Debug, Default, Deserialize)]
pub(super) struct PageQuery {
    limit: Option<u32>,
    offset: Option<u32>,
    cursor: Option<String>,
}

/// Which part of a list, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) limit: u32,
    pub(super) offset: u32,
    pub(super) after: Option<Cursor>,
}

/// The last entry of the page before: a transaction, and a place among its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) sequence: Sequence,
    pub(super) position: u32,
}

impl PageQuery {
    pub(super) fn part(&self) -> Result<Part, Refusal> {
        let (limit, offset) = (self.limit.unwrap_or(USUAL), self.offset.unwrap_or(0));
        if !(1..=MOST).contains(&limit) {
            return Err(Refusal::request(format!("limit must be 1 to {MOST}")));
        }
        if offset > FURTHEST {
            return Err(Refusal::request(format!(
                "offset must be at most {FURTHEST}; follow next_cursor instead"
            )));
        }
        let after = self.cursor.as_deref().map(parse_cursor).transpose()?;
        Ok(Part { limit, offset, after })
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
        assert!(query(Some(0), None, None).part().is_err());
        assert!(query(Some(MOST + 1), None, None).part().is_err());
        assert!(query(None, Some(FURTHEST + 1), None).part().is_err());
        assert!(query(None, None, Some("7")).part().is_err());
    }

    #[test]
    fn cursor_is_read_as_it_was_written() {
        let cursor = Cursor { sequence: Sequence::new(7), position: 3 };
        let part = query(None, None, Some(&cursor.to_string())).part().unwrap();
        assert_eq!(part, Part { limit: USUAL, offset: 0, after: Some(cursor) });
    }
}
