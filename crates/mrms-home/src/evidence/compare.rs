//! Compares a bundle with what is known here of its ledger, so that two people notice it if the ledger showed each of them
//! another chain.

use std::collections::BTreeMap;

use mrms_app::ledger::{Ledger as _, LedgerError};
use mrms_core::BlockHeight;
use mrms_node::chain;

use super::format::{Bundle, EmbeddedPart, Hex, LedgerPart, TransactionPart};
use crate::home::Home;
use crate::ledger::lineage::{Lineage, SeenBlock, lineage, signed_tip};
use crate::ledger::remote::RemoteLedger;

/// How a bundle stands to what is known here of its ledger.
#[derive(Debug)]
pub enum Comparison {
    /// Nothing is known here of its ledger.
    Unknown,
    /// The ledger of the settings could not be asked.
    NotReached {
        /// Why.
        error: LedgerError,
    },
    /// The blocks that are known here are the same; the bundle is of a later day.
    Later,
    /// Every block of it is on the chain that is known here.
    OneChain,
}

/// A ledger made two chains under one name, or was taken back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "two chains under one name: block {height} is {there} in the bundle, and {here} on the ledger that is known here"
)]
pub struct Forked {
    /// Height of a block that differs.
    pub height: u32,
    /// Its hash here.
    pub here: Hex,
    /// Its hash in the bundle.
    pub there: Hex,
}

/// Compares a bundle that was checked with the home's ledger, and with the blocks that the profile saw of it. Makes no
/// home and needs no lock.
///
/// # Errors
///
/// [`Forked`].
pub(super) fn compare(bundle: &Bundle, home: &Home) -> Result<Comparison, Forked> {
    let LedgerPart::Embedded(ledger) = &bundle.ledger else { return Ok(Comparison::Unknown) };
    let blocks = blocks_in(bundle, ledger);
    let seen = home.folder().profile(home.profile()).heads().unwrap_or_default();
    let genesis = ledger.genesis.to_string();
    for head in seen.values().filter(|head| head.genesis == genesis) {
        let here = mrms_core::hexadecimal::decode(&head.hash).unwrap_or_default();
        match blocks.get(&head.height) {
            Some(there) if there[..] != here[..] => return Err(forked(head.height, &here, there)),
            _ => {}
        }
    }
    let compared = if home.settings().ledger.is_some() {
        with_settings(bundle, ledger, &blocks, home)
    } else {
        with_file(ledger, &blocks, home)
    };
    match compared {
        Ok(compared) => Ok(compared),
        Err(Stopped::Forked(forked)) => Err(forked),
        Err(Stopped::Ledger(error)) => Ok(Comparison::NotReached { error }),
    }
}

/// Why a comparison ended early.
enum Stopped {
    Forked(Forked),
    Ledger(LedgerError),
}

impl From<LedgerError> for Stopped {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

fn forked(height: u32, here: &[u8], there: &[u8; 32]) -> Forked {
    Forked { height, here: Hex(here.to_vec()), there: Hex(there.to_vec()) }
}

/// The hashes of the bundle's blocks, by height. The bundle was checked, so each has its length.
fn blocks_in(bundle: &Bundle, ledger: &EmbeddedPart) -> BTreeMap<u32, [u8; 32]> {
    let of_transaction =
        |part: &TransactionPart| Some((part.block_height, hash(&part.block_hash)?));
    let transactions = bundle.contract.deployed.iter().chain(&bundle.transactions);
    let ends = [(0, &ledger.genesis), (ledger.as_of.block_height, &ledger.as_of.hash)];
    let ends = ends.into_iter().filter_map(|(height, bytes)| Some((height, hash(bytes)?)));
    transactions.filter_map(of_transaction).chain(ends).collect()
}

fn hash(bytes: &Hex) -> Option<[u8; 32]> {
    bytes.as_bytes().try_into().ok()
}

/// Compares with the file of the home's own ledger.
fn with_file(
    ledger: &EmbeddedPart,
    blocks: &BTreeMap<u32, [u8; 32]>,
    home: &Home,
) -> Result<Comparison, Stopped> {
    // What can't be opened, as where there is none, can't contradict the bundle either.
    let Ok(file) = chain::Proofs::open(&home.folder().ledger()) else {
        return Ok(Comparison::Unknown);
    };
    let genesis = file.genesis().ok().and_then(|block| block.verify().ok());
    if genesis.is_none_or(|genesis| genesis.hash.as_bytes()[..] != *ledger.genesis.as_bytes()) {
        return Ok(Comparison::Unknown);
    }
    let hash_at = |height| {
        let found = file.header(chain::BlockHeight::new(height));
        let found = found.map_err(|error| LedgerError::Storage { reason: error.to_string() })?;
        Ok(found.map(|signed| *signed.header.hash().as_bytes()))
    };
    each(blocks, &hash_at)
}

/// Compares each block with the one that `hash_at` gives.
fn each(
    blocks: &BTreeMap<u32, [u8; 32]>,
    hash_at: &dyn Fn(u32) -> Result<Option<[u8; 32]>, LedgerError>,
) -> Result<Comparison, Stopped> {
    let mut compared = Comparison::OneChain;
    for (height, there) in blocks {
        match hash_at(*height)? {
            Some(here) if here == *there => {}
            Some(here) => return Err(Stopped::Forked(forked(*height, &here, there))),
            None => compared = Comparison::Later,
        }
    }
    Ok(compared)
}

/// Compares with the ledger of the settings, elsewhere.
fn with_settings(
    bundle: &Bundle,
    ledger: &EmbeddedPart,
    blocks: &BTreeMap<u32, [u8; 32]>,
    home: &Home,
) -> Result<Comparison, Stopped> {
    let reached = home
        .connection()
        .map_err(|error| LedgerError::Unreachable { reason: crate::error::chain(&error) })?;
    let Some(remote) = reached else { return Ok(Comparison::Unknown) };
    if remote.genesis() != Some(ledger.genesis.to_string()) {
        return Ok(Comparison::Unknown);
    }
    let Some((proofs, node_key)) = remote.proofs()? else { return Ok(Comparison::Unknown) };
    let tip = signed_tip(&proofs, &node_key)?;
    let Some(as_of) = hash(&ledger.as_of.hash) else { return Ok(Comparison::Unknown) };
    let seen = SeenBlock { height: ledger.as_of.block_height, hash: as_of };
    // One signed proof for the newest block, which brings the others with it.
    match lineage(&proofs, &node_key, &seen, &tip)? {
        Lineage::Continues if bundle.shows_one_chain() => Ok(Comparison::OneChain),
        Lineage::Forked => {
            let here = hash_on(remote, seen.height)?.unwrap_or_default();
            Err(Stopped::Forked(forked(seen.height, &here, &as_of)))
        }
        Lineage::Continues | Lineage::EndsBelow | Lineage::NotShown => {
            each(blocks, &|height| hash_on(remote, height))
        }
    }
}

fn hash_on(remote: &RemoteLedger, height: u32) -> Result<Option<[u8; 32]>, LedgerError> {
    Ok(remote.block(BlockHeight::new(u64::from(height)))?.map(|block| block.id))
}
