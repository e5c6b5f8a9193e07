//! Whether a ledger still has a block that somebody saw of it: by proof where it gives proofs.
//!
//! Decides nothing about what follows from it: a vault refuses, a command warns (`docs/design/embedded-ledger.md`).

use mrms_app::ledger::{Descent, LedgerError};
use mrms_node::chain::{AncestorProof, AncestryError, BlockHeight, SignedHeader};

use super::proofs::{ProofSource, unreadable};

/// A block that was seen of a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenBlock {
    /// Its height.
    pub height: u32,
    /// Its hash.
    pub hash: [u8; 32],
}

impl SeenBlock {
    /// The block of a header.
    #[must_use]
    pub fn of(signed: &SignedHeader) -> Self {
        let header = &signed.header;
        Self { height: header.height.get(), hash: *header.hash().as_bytes() }
    }
}

/// How a ledger stands to a block that was seen of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lineage {
    /// Its newest block is that block, or was made on top of it.
    Continues,
    /// It ends below that block.
    EndsBelow,
    /// It has another block in the place of that block.
    Forked,
    /// It ends above that block, and its newest block is from before blocks committed to all blocks below.
    NotShown,
}

/// Reads the newest block and checks that the ledger's key signed it.
///
/// # Errors
///
/// [`LedgerError`].
pub fn signed_tip(
    source: &dyn ProofSource,
    node_key: &[u8; 33],
) -> Result<SignedHeader, LedgerError> {
    let tip = source.tip()?;
    let signed = tip.header.verify_signature(node_key, &tip.signature);
    signed.map_err(|_| unreadable("the signature of the newest block"))?;
    Ok(tip)
}

/// How the ledger that ends with `tip` stands to a block that was seen of it. Asks for no proof if that is the tip.
///
/// # Errors
///
/// [`LedgerError`], also if the ledger has no proof and must have one.
pub fn lineage(
    source: &dyn ProofSource,
    node_key: &[u8; 33],
    seen: &SeenBlock,
    tip: &SignedHeader,
) -> Result<Lineage, LedgerError> {
    let newest = SeenBlock::of(tip);
    if newest.height < seen.height {
        return Ok(Lineage::EndsBelow);
    }
    let ask = |height, head| source.ancestor(height, head);
    match descent(ask, node_key, seen, &newest)? {
        Descent::Shown => Ok(Lineage::Continues),
        Descent::Denied => Ok(Lineage::Forked),
        Descent::NotShown if tip.header.ancestry_root.is_none() => Ok(Lineage::NotShown),
        Descent::NotShown => {
            let reason = format!(
                "it does not show that its block {} comes after its block {}",
                newest.height, seen.height
            );
            Err(LedgerError::Answer { reason })
        }
    }
}

/// What a ledger shows about two blocks, of which the older is not above the newer. `ask` asks it for the proof.
///
/// # Errors
///
/// [`LedgerError`].
pub fn descent(
    ask: impl FnOnce(BlockHeight, BlockHeight) -> Result<Option<AncestorProof>, LedgerError>,
    node_key: &[u8; 33],
    older: &SeenBlock,
    newer: &SeenBlock,
) -> Result<Descent, LedgerError> {
    let told = |is_so: bool| Ok(if is_so { Descent::Shown } else { Descent::Denied });
    if older.height == newer.height {
        return told(older == newer);
    }
    let (height, head) = (BlockHeight::new(older.height), BlockHeight::new(newer.height));
    let Some(proof) = ask(height, head)? else { return Ok(Descent::NotShown) };
    match proof.verify(node_key) {
        Ok(()) => {
            told(SeenBlock::of(&proof.ancestor) == *older && SeenBlock::of(&proof.head) == *newer)
        }
        Err(AncestryError::NoAncestor | AncestryError::Forked) => Ok(Descent::Denied),
        Err(_) => Err(unreadable("a block")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;

    use mrms_app::ledger::{Block, Ledger as _};
    use mrms_core::{BlockHeight as Height, BurnHeight};
    use mrms_node::chain;

    use super::*;
    use crate::ledger::embedded::EmbeddedLedger;
    use crate::ledger::on_disk;
    use crate::ledger::translated;

    fn open(folder: &Path) -> EmbeddedLedger {
        EmbeddedLedger::open_with(folder, chain::Settings::default()).unwrap()
    }

    fn block(ledger: &EmbeddedLedger, height: u64) -> Block {
        ledger.block(Height::new(height)).unwrap().unwrap()
    }

    fn newest(ledger: &EmbeddedLedger) -> Block {
        block(ledger, ledger.tip().unwrap().block_height.number())
    }

    /// A ledger of four blocks and a copy of it, each of which has gone on: the first to seven, the other to nine.
    fn forked(folder: &Path) -> (EmbeddedLedger, EmbeddedLedger) {
        let (one, other) = (folder.join("one"), folder.join("other"));
        let first = open(&one);
        (0..3).for_each(|_| first.mine().unwrap());
        on_disk::copy(&one, &other).unwrap();
        let second = open(&other);
        (0..3).for_each(|_| first.advance(1).unwrap());
        (0..5).for_each(|_| second.advance(2).unwrap());
        (first, second)
    }

    #[test]
    fn a_ledger_shows_that_it_goes_on_and_denies_the_blocks_of_a_fork() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = forked(folder.path());
        for height in 0..=6 {
            let older = block(&first, height);
            assert_eq!(first.descent(&older, &newest(&first)).unwrap(), Descent::Shown);
            let expected = if height <= 3 { Descent::Shown } else { Descent::Denied };
            assert_eq!(second.descent(&older, &newest(&second)).unwrap(), expected, "{height}");
        }
        let nowhere =
            Block { height: Height::new(3), id: [7; 32], burn_height: BurnHeight::new(1) };
        assert_eq!(first.descent(&nowhere, &newest(&first)).unwrap(), Descent::Denied);
        // The proof is for blocks that have these ids, and for no others of their heights.
        let forged = Block { id: [7; 32], ..newest(&first) };
        assert_eq!(first.descent(&block(&first, 3), &forged).unwrap(), Descent::Denied);
    }

    #[test]
    fn what_was_seen_is_found_again_or_told_to_be_gone() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = forked(folder.path());
        let proofs = |name: &str| chain::Proofs::open(&folder.path().join(name)).unwrap();
        let (one, other) = (proofs("one"), proofs("other"));
        let key = one.genesis().unwrap().verify().unwrap().node_key;
        let seen = |block: &Block| translated::seen(block).unwrap();
        let of = |file: &chain::Proofs, block: &Block| {
            let tip = signed_tip(file, &key).unwrap();
            lineage(file, &key, &seen(block), &tip).unwrap()
        };
        assert_eq!(of(&one, &block(&first, 3)), Lineage::Continues);
        assert_eq!(of(&one, &newest(&first)), Lineage::Continues);
        assert_eq!(of(&other, &block(&first, 3)), Lineage::Continues);
        assert_eq!(of(&other, &newest(&first)), Lineage::Forked);
        assert_eq!(of(&one, &newest(&second)), Lineage::EndsBelow);
        assert!(signed_tip(&one, &[2; 33]).is_err());
    }
}
