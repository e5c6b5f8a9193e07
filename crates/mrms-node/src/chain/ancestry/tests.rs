//! The published test vectors; and trees of any size, compared with a recursion that is written as the RFC defines it.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::convert::Infallible;

use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

use super::*;
use crate::chain::merkle::{Node, leaf_hash};

/// The definitions of RFC 6962, section 2.1, word for word.
mod naive {
    use super::*;

    fn hash(parts: &[&[u8]]) -> Node {
        parts.iter().fold(Sha256::new(), |hasher, part| hasher.chain_update(part)).finalize().into()
    }

    fn largest_power_of_two_below(count: usize) -> usize {
        (0..).map(|exponent| 1 << exponent).take_while(|power| *power < count).last().unwrap()
    }

    pub(super) fn mth(leaves: &[Vec<u8>]) -> Node {
        match leaves {
            [] => hash(&[]),
            [leaf] => hash(&[&[0], leaf]),
            many => {
                let (left, right) = many.split_at(largest_power_of_two_below(many.len()));
                hash(&[&[1], &mth(left), &mth(right)])
            }
        }
    }

    pub(super) fn path(index: usize, leaves: &[Vec<u8>]) -> Vec<Node> {
        if leaves.len() == 1 {
            return Vec::new();
        }
        let at = largest_power_of_two_below(leaves.len());
        let (left, right) = leaves.split_at(at);
        let (mut path, sibling) = match index < at {
            true => (path(index, left), mth(right)),
            false => (path(index - at, right), mth(left)),
        };
        path.push(sibling);
        path
    }

    pub(super) fn proof(old: usize, leaves: &[Vec<u8>]) -> Vec<Node> {
        subproof(old, leaves, true)
    }

    fn subproof(old: usize, leaves: &[Vec<u8>], is_whole: bool) -> Vec<Node> {
        if old == leaves.len() {
            return if is_whole { Vec::new() } else { vec![mth(leaves)] };
        }
        let at = largest_power_of_two_below(leaves.len());
        let (left, right) = leaves.split_at(at);
        let (mut proof, sibling) = match old <= at {
            true => (subproof(old, left, is_whole), mth(right)),
            false => (subproof(old - at, right, false), mth(left)),
        };
        proof.push(sibling);
        proof
    }
}

/// A tree that grew leaf by leaf, with everything that a ledger would store.
struct Grown {
    frontier: Frontier,
    subtrees: BTreeMap<(u32, u64), Node>,
}

impl Grown {
    fn of(leaves: &[Vec<u8>]) -> Self {
        let mut grown = Self { frontier: Frontier::default(), subtrees: BTreeMap::new() };
        for (position, leaf) in (0..).zip(leaves) {
            grown.subtrees.insert((0, position), leaf_hash(leaf));
            for Subtree { level, position, hash } in grown.frontier.push(leaf) {
                assert_eq!(grown.subtrees.insert((level, position), hash), None);
            }
        }
        grown
    }

    /// Calls `make` with a source of subtrees, and returns how often it was asked.
    fn ask<T>(
        &self,
        make: impl FnOnce(&dyn Fn(u32, u64) -> Result<Node, Infallible>) -> Result<T, Infallible>,
    ) -> (T, usize) {
        let asked = std::cell::Cell::new(0);
        let stored = |level, position| {
            asked.set(asked.get() + 1);
            Ok(*self.subtrees.get(&(level, position)).unwrap())
        };
        let Ok(made) = make(&stored);
        (made, asked.get())
    }

    fn inclusion(&self, index: usize, size: usize) -> Vec<Node> {
        self.ask(|stored| inclusion(stored, index as u64, size as u64)).0
    }

    fn consistency(&self, old: usize, size: usize) -> Vec<Node> {
        self.ask(|stored| consistency(stored, old as u64, size as u64)).0
    }
}

fn leaves(count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|number| Sha256::digest(number.to_be_bytes()).to_vec()).collect()
}

/// The eight leaves of the reference implementation of Certificate Transparency.
fn published_leaves() -> Vec<Vec<u8>> {
    let leaves = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];
    leaves.iter().map(|text| crate::hexadecimal::decode(text).unwrap()).collect()
}

fn nodes(texts: &[&str]) -> Vec<Node> {
    let node = |text: &&str| crate::hexadecimal::decode(text).unwrap().try_into().unwrap();
    texts.iter().map(node).collect()
}

const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn roots_are_the_published_ones() {
    let leaves = published_leaves();
    for (size, expected) in ROOTS.iter().enumerate() {
        let frontier = Grown::of(&leaves[..size]).frontier;
        assert_eq!(hex::encode(frontier.root()), *expected, "{size} leaves");
    }
}

#[test]
fn inclusion_paths_are_the_published_ones() {
    let leaves = published_leaves();
    let grown = Grown::of(&leaves);
    let roots = nodes(&ROOTS);
    let published: [(usize, usize, &[&str]); 5] = [
        (0, 1, &[]),
        (
            0,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            8,
            &[
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (2, 3, &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
        (
            1,
            5,
            &[
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ];
    for (index, size, expected) in published {
        let expected = nodes(expected);
        assert_eq!(grown.inclusion(index, size), expected, "leaf {index} of {size}");
        assert!(includes(&roots[size], size as u64, index as u64, &leaves[index], &expected));
    }
}

#[test]
fn consistency_paths_are_the_published_ones() {
    let grown = Grown::of(&published_leaves());
    let roots = nodes(&ROOTS);
    let published: [(usize, usize, &[&str]); 4] = [
        (1, 1, &[]),
        (
            1,
            8,
            &[
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            6,
            8,
            &[
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
        (
            2,
            5,
            &[
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            ],
        ),
    ];
    for (old, size, expected) in published {
        let expected = nodes(expected);
        assert_eq!(grown.consistency(old, size), expected, "{old} of {size}");
        assert!(extends(&roots[size], size as u64, &roots[old], old as u64, &expected));
    }
}

#[test]
fn paths_of_every_small_tree_are_those_of_the_definition_and_hold() {
    let leaves = leaves(40);
    let grown = Grown::of(&leaves);
    let roots: Vec<Node> = (0..=leaves.len()).map(|size| naive::mth(&leaves[..size])).collect();
    for size in 1..=leaves.len() {
        let root = &roots[size];
        for (old, old_root) in roots.iter().enumerate().take(size + 1) {
            let path = grown.consistency(old, size);
            if old > 0 {
                assert_eq!(path, naive::proof(old, &leaves[..size]), "{old} of {size}");
            }
            assert!(extends(root, size as u64, old_root, old as u64, &path), "{old} of {size}");
        }
        for index in 0..size {
            let path = grown.inclusion(index, size);
            assert_eq!(path, naive::path(index, &leaves[..size]), "leaf {index} of {size}");
            assert!(includes(root, size as u64, index as u64, &leaves[index], &path));
        }
    }
}

#[test]
fn frontier_is_found_again_among_the_stored_subtrees() {
    let leaves = leaves(70);
    for size in 0..=leaves.len() {
        let grown = Grown::of(&leaves[..size]);
        let edge = frontier_places(size as u64).map(|place| grown.subtrees[&place]).collect();
        assert_eq!(Frontier::of(size as u64, edge), Some(grown.frontier), "{size} leaves");
    }
    assert_eq!(Frontier::of(3, vec![[0; 32]]), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Every proof of a random tree holds, takes few reads, and holds for nothing else.
    #[test]
    fn any_proof_holds_and_nothing_altered_does(
        size in 1_usize..600,
        pick in any::<[u16; 3]>(),
        flip in any::<u8>(),
    ) {
        let leaves = leaves(size);
        let grown = Grown::of(&leaves);
        let root = naive::mth(&leaves);
        prop_assert_eq!(grown.frontier.root(), root);
        let most_reads = 3 * (usize::BITS - size.leading_zeros()) as usize;

        let index = usize::from(pick[0]) % size;
        let (path, reads) = grown.ask(|stored| inclusion(stored, index as u64, size as u64));
        prop_assert!(reads <= most_reads, "{} reads of {}", reads, size);
        prop_assert_eq!(&path, &naive::path(index, &leaves));
        let holds = |root: &Node, size: usize, index: usize, leaf: &[u8], path: &[Node]| {
            includes(root, size as u64, index as u64, leaf, path)
        };
        let leaf = &leaves[index];
        prop_assert!(holds(&root, size, index, leaf, &path));
        prop_assert!(!holds(&altered(&root, flip), size, index, leaf, &path));
        prop_assert!(!holds(&root, size, index, b"another leaf", &path));
        let other = usize::from(pick[1]) % (size + 2);
        if other != index {
            prop_assert!(!holds(&root, size, other, leaf, &path));
        }
        for wrong in altered_paths(&path, usize::from(pick[2]), flip) {
            prop_assert!(!holds(&root, size, index, leaf, &wrong));
        }

        let old = usize::from(pick[1]) % (size + 1);
        let (path, reads) = grown.ask(|stored| consistency(stored, old as u64, size as u64));
        prop_assert!(reads <= most_reads, "{} reads of {}", reads, size);
        let old_root = naive::mth(&leaves[..old]);
        let holds = |root: &Node, size: usize, old_root: &Node, old: usize, path: &[Node]| {
            extends(root, size as u64, old_root, old as u64, path)
        };
        prop_assert!(holds(&root, size, &old_root, old, &path));
        prop_assert!(!holds(&root, size, &altered(&old_root, flip), old, &path));
        if old > 0 {
            prop_assert!(!holds(&altered(&root, flip), size, &old_root, old, &path));
        }
        let other = usize::from(pick[0]) % (size + 2);
        if other != old {
            prop_assert!(!holds(&root, size, &old_root, other, &path));
        }
        for wrong in altered_paths(&path, usize::from(pick[2]), flip) {
            prop_assert!(!holds(&root, size, &old_root, old, &wrong));
        }
    }

    /// Two trees that differ in one old leaf are never consistent, whatever of them is shown.
    #[test]
    fn a_tree_with_another_past_is_not_consistent(size in 2_usize..300, pick in any::<[u16; 2]>()) {
        let leaves = leaves(size);
        let old = 1 + usize::from(pick[0]) % (size - 1);
        let mut forked = leaves.clone();
        forked[usize::from(pick[1]) % old] = b"another block".to_vec();
        let (root, old_root) = (naive::mth(&forked), naive::mth(&leaves[..old]));
        for shown in [&leaves, &forked] {
            let path = naive::proof(old, shown);
            prop_assert!(!extends(&root, size as u64, &old_root, old as u64, &path));
        }
    }
}

fn altered(node: &Node, flip: u8) -> Node {
    let mut altered = *node;
    altered[usize::from(flip) % 32] ^= 1 << (flip % 8);
    altered
}

/// The path with a hash altered, left out, repeated or added.
fn altered_paths(path: &[Node], pick: usize, flip: u8) -> Vec<Vec<Node>> {
    let mut longer = path.to_vec();
    longer.push([flip; 32]);
    let mut all = vec![longer];
    if !path.is_empty() {
        let at = pick % path.len();
        let mut other = path.to_vec();
        other[at] = altered(&other[at], flip);
        let mut shorter = path.to_vec();
        shorter.remove(at);
        let mut twice = path.to_vec();
        twice.insert(at, path[at]);
        all.extend([other, shorter, twice]);
    }
    all
}
