//! Grows the tree over all blocks, and makes paths out of the hashes of its complete subtrees.
//!
//! A complete subtree has two to the power of its level leaves, and is numbered among those of its level. Its hash
//! never changes again. A tree of `n` leaves has fewer than `n` of them, and each path needs only as many as the
//! tree is high.

use crate::chain::merkle::{Node, empty_root, inner_hash, leaf_hash};

/// A complete subtree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subtree {
    /// It has two to the power of `level` leaves.
    pub level: u32,
    /// Its number among those of its level, from 0.
    pub position: u64,
    /// Its root.
    pub hash: Node,
}

/// The right edge of the tree: the roots of the largest complete subtrees, from left to right. It is all that is needed
/// for adding leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    edge: Vec<Node>,
}

impl Frontier {
    /// The frontier of a tree of `size` leaves, whose largest complete subtrees have these roots. None when their number
    /// is wrong.
    pub(crate) fn of(size: u64, edge: Vec<Node>) -> Option<Self> {
        (edge.len() == size.count_ones() as usize).then_some(Self { size, edge })
    }

    /// Adds a leaf. Returns the subtrees of two or more leaves that it completes, the smallest first.
    pub fn push(&mut self, leaf: &[u8]) -> Vec<Subtree> {
        let mut completed = Vec::new();
        let (mut level, mut position, mut hash) = (0, self.size, leaf_hash(leaf));
        while position % 2 == 1 {
            // For each bit that is set in the size there is a subtree on the edge.
            let Some(left) = self.edge.pop() else { break };
            hash = inner_hash(&left, &hash);
            (level, position) = (level + 1, position / 2);
            completed.push(Subtree { level, position, hash });
        }
        self.edge.push(hash);
        self.size += 1;
        completed
    }

    /// The root of the tree.
    #[must_use]
    pub fn root(&self) -> Node {
        let from_the_right = self.edge.iter().rev().copied();
        from_the_right.reduce(|right, left| inner_hash(&left, &right)).unwrap_or_else(empty_root)
    }
}

/// Level and position of the subtrees on the frontier of a tree of `size` leaves, from left to right.
pub(crate) fn frontier_places(size: u64) -> impl Iterator<Item = (u32, u64)> {
    let levels = (0..u64::BITS).rev().filter(move |level| (size >> level) & 1 == 1);
    // The leaves to the left of this subtree are those of the larger ones.
    levels.map(move |level| (level, (size >> level) - 1))
}

/// Path from the leaf at `index` to the root of the tree of `size` leaves (RFC 6962, section 2.1.1). `index` must be
/// below `size`. `subtree` gives the hash of a complete subtree by level and position; level 0 has the leaves.
pub(crate) fn inclusion<E>(
    subtree: &dyn Fn(u32, u64) -> Result<Node, E>,
    index: u64,
    size: u64,
) -> Result<Vec<Node>, E> {
    let (mut first, mut count) = (0, size);
    let mut path = Vec::new();
    while count > 1 {
        let left = split(count);
        if index - first < left {
            path.push(root_of(subtree, first + left, count - left)?);
            count = left;
        } else {
            path.push(root_of(subtree, first, left)?);
            (first, count) = (first + left, count - left);
        }
    }
    path.reverse();
    Ok(path)
}

/// Path that shows that the tree of `old` leaves is the beginning of the tree of `size` leaves (RFC 6962, section 2.1.2).
/// `old` must not be above `size`. Empty for a tree of no leaves, which every tree begins with.
pub(crate) fn consistency<E>(
    subtree: &dyn Fn(u32, u64) -> Result<Node, E>,
    old: u64,
    size: u64,
) -> Result<Vec<Node>, E> {
    if old == 0 || old == size {
        return Ok(Vec::new());
    }
    // The subtree in which the old tree ends, and whether it begins where the whole tree begins.
    let (mut first, mut count) = (0, size);
    let mut path = Vec::new();
    while first + count != old {
        let left = split(count);
        if old - first <= left {
            path.push(root_of(subtree, first + left, count - left)?);
            count = left;
        } else {
            path.push(root_of(subtree, first, left)?);
            (first, count) = (first + left, count - left);
        }
    }
    // Whoever checks the path has the root of the old tree itself.
    if first > 0 {
        path.push(root_of(subtree, first, count)?);
    }
    path.reverse();
    Ok(path)
}

/// Root over the `count` leaves from `first` on, which must be where a split of the tree puts a subtree.
fn root_of<E>(
    subtree: &dyn Fn(u32, u64) -> Result<Node, E>,
    first: u64,
    count: u64,
) -> Result<Node, E> {
    if count.is_power_of_two() {
        let level = count.trailing_zeros();
        return subtree(level, first >> level);
    }
    let left = split(count);
    Ok(inner_hash(&root_of(subtree, first, left)?, &root_of(subtree, first + left, count - left)?))
}

/// Largest power of two below `count`. `count` must be at least 2.
fn split(count: u64) -> u64 {
    1 << (u64::BITS - 1 - (count - 1).leading_zeros())
}
