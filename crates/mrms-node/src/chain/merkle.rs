//! Merkle trees over the transactions, receipts and operations of a block. Pure.
//!
//! The tree of RFC 6962, section 2.1: SHA-256, leaves hashed as `00 ‖ leaf`, inner nodes as `01 ‖ left ‖
//! right`, split at the largest power of two below the count. The root of an empty tree is the hash of the
//! empty string. Any implementation of the RFC can check a path.

use sha2::{Digest as _, Sha256};

/// A SHA-256 hash in the tree.
pub type Node = [u8; 32];

pub(crate) fn leaf_hash(leaf: &[u8]) -> Node {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

pub(crate) fn inner_hash(left: &Node, right: &Node) -> Node {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// Root of a tree without leaves.
pub(crate) fn empty_root() -> Node {
    Sha256::digest([]).into()
}

fn root_of(hashes: &[Node]) -> Node {
    match hashes {
        [] => empty_root(),
        [only] => *only,
        many => {
            let (left, right) = many.split_at(split(many.len()));
            inner_hash(&root_of(left), &root_of(right))
        }
    }
}

/// Largest power of two below `count`. `count` must be at least 2.
fn split(count: usize) -> usize {
    count.next_power_of_two() / 2
}

/// Computes the root over `leaves`, in order.
pub fn root<L: AsRef<[u8]>>(leaves: &[L]) -> Node {
    root_of(&leaves.iter().map(|leaf| leaf_hash(leaf.as_ref())).collect::<Vec<_>>())
}

/// Computes the audit path of the leaf at `position`: its siblings, from the leaf to the root. None when
/// there is no such leaf.
pub fn path<L: AsRef<[u8]>>(leaves: &[L], position: usize) -> Option<Vec<Node>> {
    path_of(&leaves.iter().map(|leaf| leaf_hash(leaf.as_ref())).collect::<Vec<_>>(), position)
}

/// The same from the hashes of the leaves.
pub(crate) fn path_of(hashes: &[Node], position: usize) -> Option<Vec<Node>> {
    if position >= hashes.len() {
        return None;
    }
    let mut siblings = Vec::new();
    let (mut rest, mut at) = (hashes, position);
    while rest.len() > 1 {
        let (left, right) = rest.split_at(split(rest.len()));
        if at < left.len() {
            siblings.push(root_of(right));
            rest = left;
        } else {
            siblings.push(root_of(left));
            at -= left.len();
            rest = right;
        }
    }
    siblings.reverse();
    Some(siblings)
}

/// Whether `path` leads from `leaf`, at `position` among `count` leaves, to `root`.
pub fn verify(leaf: &[u8], position: u64, count: u64, path: &[Node], root: &Node) -> bool {
    if position >= count {
        return false;
    }
    // On which side each sibling is, from the root down to the leaf: the reverse order of `path`.
    let mut sides = Vec::new();
    let (mut at, mut size) = (position, count);
    while size > 1 {
        let left = size.next_power_of_two() / 2;
        if at < left {
            sides.push(Side::Right);
            size = left;
        } else {
            sides.push(Side::Left);
            at -= left;
            size -= left;
        }
    }
    if sides.len() != path.len() {
        return false;
    }
    let hash =
        sides.iter().rev().zip(path).fold(leaf_hash(leaf), |hash, (side, sibling)| match side {
            Side::Left => inner_hash(sibling, &hash),
            Side::Right => inner_hash(&hash, sibling),
        });
    hash == *root
}

enum Side {
    Left,
    Right,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn path_to_another_leaf_or_position_is_refused() {
        let leaves: Vec<[u8; 1]> = (0..7).map(|n| [n]).collect();
        let root = root(&leaves);
        let path = path(&leaves, 3).unwrap();
        assert!(verify(&[3], 3, 7, &path, &root));
        assert!(!verify(&[4], 3, 7, &path, &root));
        assert!(!verify(&[3], 2, 7, &path, &root));
        assert!(!verify(&[3], 3, 6, &path[1..], &root));
        assert!(!verify(&[3], 7, 7, &path, &root));
    }

    #[test]
    fn every_leaf_of_every_small_tree_is_proved() {
        for count in 1_u8..40 {
            let leaves: Vec<[u8; 1]> = (0..count).map(|n| [n]).collect();
            let root = root(&leaves);
            for (position, leaf) in leaves.iter().enumerate() {
                let path = path(&leaves, position).unwrap();
                assert!(verify(leaf, position as u64, u64::from(count), &path, &root));
            }
        }
    }

    /// Roots that the reference implementation of RFC 6962 publishes for its eight test leaves.
    #[test]
    fn roots_are_those_of_certificate_transparency() {
        let leaves: Vec<Vec<u8>> = [
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        ]
        .iter()
        .map(|text| crate::hexadecimal::decode(text).unwrap())
        .collect();
        let roots = [
            (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            (1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
            (2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
            (3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
            (8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"),
        ];
        for (count, expected) in roots {
            assert_eq!(hex::encode(root(&leaves[..count])), expected, "{count} leaves");
        }
    }
}
