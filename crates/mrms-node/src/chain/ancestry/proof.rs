//! Checks that a block is an ancestor of another: RFC 9162, sections 2.1.3.2 and 2.1.4.2, which are for the trees
//! of RFC 6962.

use crate::chain::header::{Header, SignedHeader};
use crate::chain::merkle::{Node, empty_root, inner_hash, leaf_hash};
use crate::chain::wire::SignatureError;

/// Whether `path` leads from the leaf at `index` to the `root` of a tree of `size` leaves.
#[must_use]
pub fn includes(root: &Node, size: u64, index: u64, leaf: &[u8], path: &[Node]) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = leaf_hash(leaf);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if node % 2 == 1 || node == last {
            hash = inner_hash(sibling, &hash);
            while node % 2 == 0 && node != 0 {
                (node, last) = (node / 2, last / 2);
            }
        } else {
            hash = inner_hash(&hash, sibling);
        }
        (node, last) = (node / 2, last / 2);
    }
    last == 0 && hash == *root
}

/// Whether `path` shows that the tree of `size` leaves with this `root` begins with the tree of `old_size` leaves
/// with `old_root`.
#[must_use]
pub fn extends(root: &Node, size: u64, old_root: &Node, old_size: u64, path: &[Node]) -> bool {
    if old_size == 0 {
        return path.is_empty() && *old_root == empty_root();
    }
    if old_size >= size {
        return old_size == size && path.is_empty() && old_root == root;
    }
    // A complete old tree is a subtree of the new one, and the path leaves its root out.
    let mut path = path.iter();
    let first = if old_size.is_power_of_two() { Some(old_root) } else { path.next() };
    let Some(first) = first else { return false };
    let (mut node, mut last) = (old_size - 1, size - 1);
    while node % 2 == 1 {
        (node, last) = (node / 2, last / 2);
    }
    let (mut old_hash, mut hash) = (*first, *first);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if node % 2 == 1 || node == last {
            old_hash = inner_hash(sibling, &old_hash);
            hash = inner_hash(sibling, &hash);
            while node % 2 == 0 && node != 0 {
                (node, last) = (node / 2, last / 2);
            }
        } else {
            hash = inner_hash(&hash, sibling);
        }
        (node, last) = (node / 2, last / 2);
    }
    last == 0 && old_hash == *old_root && hash == *root
}

/// Proof that one block is an ancestor of another, and that both have the same blocks below the older one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AncestorProof {
    /// The older block.
    pub ancestor: SignedHeader,
    /// The newer block, whose header commits to all blocks below it.
    pub head: SignedHeader,
    /// From the older block's hash to the root in the newer block's header.
    pub inclusion_path: Vec<Node>,
    /// From the root in the older block's header to the one in the newer block's.
    pub consistency_path: Vec<Node>,
}

/// Why a block is not shown to be an ancestor of another.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AncestryError {
    /// The node's key did not sign one of the headers.
    #[error("block is not signed by the node")]
    Block {
        /// What is wrong with the signature.
        #[source]
        source: SignatureError,
    },
    /// The newer block is of an older format and commits to no other block than its parent.
    #[error("block does not commit to the blocks below it")]
    NoCommitment,
    /// The newer block has another block at that height below it, or none.
    #[error("block is no ancestor of the other")]
    NoAncestor,
    /// The two blocks commit to different blocks below the older one.
    #[error("the two blocks have different blocks below them")]
    Forked,
}

impl AncestorProof {
    /// Checks the proof against the node's public key. The caller compares the headers with those that it asked for.
    ///
    /// # Errors
    /// [`AncestryError`] for the first check that fails.
    pub fn verify(&self, node_key: &[u8; 33]) -> Result<(), AncestryError> {
        for signed in [&self.ancestor, &self.head] {
            signed
                .header
                .verify_signature(node_key, &signed.signature)
                .map_err(|source| AncestryError::Block { source })?;
        }
        let (ancestor, head) = (&self.ancestor.header, &self.head.header);
        head.must_include(ancestor, &self.inclusion_path)?;
        match (ancestor.ancestry_root, head.ancestry_root) {
            // A block of an older format commits to its parent alone.
            (None, _) => Ok(()),
            (Some(old), Some(new)) => {
                let (old_size, size) = (ancestor.ancestors(), head.ancestors());
                let path = &self.consistency_path;
                let same = extends(&new, size, &old, old_size, path);
                if same { Ok(()) } else { Err(AncestryError::Forked) }
            }
            (Some(_), None) => Err(AncestryError::NoCommitment),
        }
    }
}

impl Header {
    /// Checks that `path` shows another block to be an ancestor of this one.
    ///
    /// # Errors
    /// [`AncestryError::NoCommitment`], [`AncestryError::NoAncestor`].
    pub fn must_include(&self, ancestor: &Header, path: &[Node]) -> Result<(), AncestryError> {
        let root = self.ancestry_root.ok_or(AncestryError::NoCommitment)?;
        let index = ancestor.ancestors();
        if includes(&root, self.ancestors(), index, ancestor.hash().as_bytes(), path) {
            Ok(())
        } else {
            Err(AncestryError::NoAncestor)
        }
    }

    /// Number of blocks below this one.
    fn ancestors(&self) -> u64 {
        u64::from(self.height.get())
    }
}
