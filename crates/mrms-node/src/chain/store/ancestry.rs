//! Stores the complete subtrees of the ancestry, and makes proofs from them.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::queries::stored_block_at;
use crate::chain::ancestry::{
    AncestorProof, Frontier, Subtree, consistency, frontier_places, inclusion,
};
use crate::chain::error::LedgerFailure;
use crate::chain::header::SignedHeader;
use crate::chain::merkle::{Node, leaf_hash};
use crate::chain::units::BlockHeight;

type Found<T> = Result<T, LedgerFailure>;

/// Writes subtrees that a block has completed, in the caller's database transaction.
pub(super) fn append_subtrees(connection: &Connection, completed: &[Subtree]) -> Found<()> {
    for Subtree { level, position, hash } in completed {
        connection
            .prepare_cached("INSERT INTO ancestry (level, position, hash) VALUES (?, ?, ?)")?
            .execute(params![level, position, &hash[..]])?;
    }
    Ok(())
}

/// Writes the subtrees of all blocks into the empty table, in the caller's database transaction.
pub(super) fn build(connection: &Connection) -> Found<()> {
    let mut frontier = Frontier::default();
    let mut statement = connection.prepare("SELECT hash FROM blocks ORDER BY height")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let hash: [u8; 32] = row.get(0)?;
        append_subtrees(connection, &frontier.push(&hash))?;
    }
    Ok(())
}

/// Reads the right edge of the tree over the first `size` blocks.
pub(crate) fn frontier(connection: &Connection, size: u64) -> Found<Frontier> {
    let edge = frontier_places(size)
        .map(|(level, position)| subtree(connection, level, position))
        .collect::<Found<Vec<_>>>()?;
    Frontier::of(size, edge).ok_or(LedgerFailure::Damaged { what: "the ancestry" })
}

fn subtree(connection: &Connection, level: u32, position: u64) -> Found<Node> {
    let missing = LedgerFailure::Damaged { what: "a part of the ancestry is missing" };
    if level == 0 {
        let hash: Option<[u8; 32]> = connection
            .prepare_cached("SELECT hash FROM blocks WHERE height = ?")?
            .query_row([position], |row| row.get(0))
            .optional()?;
        return hash.map(|hash| leaf_hash(&hash)).ok_or(missing);
    }
    connection
        .prepare_cached("SELECT hash FROM ancestry WHERE level = ? AND position = ?")?
        .query_row(params![level, position], |row| row.get(0))
        .optional()?
        .ok_or(missing)
}

/// Makes the proof that the block at `height` is an ancestor of the one at `head`; none when it is not below it, when
/// there is no such block, or when the newer block is of header format 1 and commits to its parent alone.
pub(crate) fn ancestor_proof(
    connection: &Connection,
    height: BlockHeight,
    head: BlockHeight,
) -> Found<Option<AncestorProof>> {
    if height >= head {
        return Ok(None);
    }
    let (Some(ancestor), Some(head)) =
        (stored_block_at(connection, height)?, stored_block_at(connection, head)?)
    else {
        return Ok(None);
    };
    if head.header.ancestry_root.is_none() {
        return Ok(None);
    }
    let (index, size) = (u64::from(height.get()), u64::from(head.header.height.get()));
    let stored = |level, position| subtree(connection, level, position);
    Ok(Some(AncestorProof {
        inclusion_path: inclusion(&stored, index, size)?,
        consistency_path: consistency(&stored, index, size)?,
        ancestor: SignedHeader { header: ancestor.header, signature: ancestor.signature },
        head: SignedHeader { header: head.header, signature: head.signature },
    }))
}
