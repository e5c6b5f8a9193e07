//! What a profile remembers of a ledger: the newest block that it saw, and whether the ledger still has that block.
//!
//! Asked once when a home is opened, for a ledger of MRMS alone: a Stacks network gives no proofs, and its newest blocks
//! may go away. The home's own ledger is read from its file; a served one gets three small requests then and two when the
//! command ends. What is found is told and decides nothing: a command goes on, and the block is not forgotten until the person
//! says so. A vault has a memory of its own and refuses (`mrms-vault`, `guardian::finality`).

use std::collections::BTreeMap;

use mrms_app::ledger::LedgerError;
use mrms_app::profile::ProfileFolder;
use mrms_app::profile::chains::KnownChain;
use mrms_app::profile::remembered::SeenHead;
use mrms_core::ChainId;
use mrms_stacks::network::Network;

use crate::breaks::{Break, HeadError};
use crate::folder::HomeFolder;
use crate::ledger::HomeLedger;
use crate::ledger::lineage::{self, Lineage, SeenBlock};
use crate::ledger::proofs::ProofSource;

/// Where the home's own ledger is reached, also when a node serves it.
const OWN: &str = "own";

/// What a look at a ledger gave.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// The ledger as it is; `None` if it gives no proofs.
    pub(crate) at: Option<LookedAt>,
    /// How it is not what the profile saw of it before.
    pub(crate) broken: Option<Break>,
}

/// A ledger as it was when a profile looked at it.
#[derive(Debug)]
pub(crate) struct LookedAt {
    place: String,
    genesis: String,
    node_key: [u8; 33],
    newest: SeenBlock,
}

impl Look {
    /// Looks at a ledger, and compares it with what the profile saw of it before. Nothing can be compared on a Stacks
    /// network, and with a node that serves no proofs of a ledger that the profile never saw.
    pub(crate) fn at(
        ledger: &HomeLedger,
        folder: &HomeFolder,
        profile: &ProfileFolder,
    ) -> Result<Self, HeadError> {
        if ledger.port().network() != Network::EMBEDDED {
            return Ok(Self::default());
        }
        let heads = profile.heads()?;
        let place = place_of(ledger);
        let before = heads.get(&place);
        let Some(proofs) = ledger.proofs(folder)? else {
            // The same ledger may have been reached elsewhere before.
            let name = ledger.port().genesis();
            let elsewhere = heads.values().filter(|seen| Some(&seen.genesis) == name.as_ref());
            let seen = before.or_else(|| elsewhere.max_by_key(|seen| seen.height));
            let broken = seen.map(|seen| Break::NoProofs { seen: seen.clone() });
            return Ok(Self { at: None, broken });
        };
        let (genesis, node_key) = named(&*proofs)?;
        let tip = lineage::signed_tip(&*proofs, &node_key)?;
        let at = LookedAt { place, genesis, node_key, newest: SeenBlock::of(&tip) };
        // The same ledger may have been reached elsewhere since.
        let same = heads.values().filter(|seen| seen.genesis == at.genesis);
        let highest = same.max_by_key(|seen| seen.height);
        let broken = match (before, highest) {
            (Some(seen), _) if seen.genesis != at.genesis => {
                let chain = |genesis: &str| KnownChain::new(ChainId::EMBEDDED, Some(genesis));
                Some(Break::OtherLedger { was: chain(&seen.genesis), is: chain(&at.genesis) })
            }
            (_, None) => None,
            (_, Some(seen)) => match lineage::lineage(&*proofs, &node_key, &block(seen)?, &tip)? {
                Lineage::Continues | Lineage::NotShown => None,
                Lineage::Forked => Some(Break::Forked { seen: seen.clone() }),
                Lineage::EndsBelow => {
                    Some(Break::TakenBack { seen: seen.clone(), newest: at.newest.height })
                }
            },
        };
        Ok(Self { at: Some(at), broken })
    }

    /// From now on the profile goes by the ledger as it was looked at, whatever it saw of it before.
    pub(crate) fn accept(
        &mut self,
        ledger: &HomeLedger,
        profile: &ProfileFolder,
    ) -> Result<(), HeadError> {
        let mut heads = profile.heads()?;
        let genesis = self.at.as_ref().map(|at| at.genesis.as_str());
        heads.retain(|_, seen| Some(seen.genesis.as_str()) != genesis);
        heads.remove(&place_of(ledger));
        profile.remember_heads(&heads)?;
        if let Some(at) = &self.at {
            at.write(at.newest, profile)?;
        }
        self.broken = None;
        Ok(())
    }
}

impl LookedAt {
    /// The newest block then.
    pub(crate) const fn newest(&self) -> &SeenBlock {
        &self.newest
    }

    /// Remembers the newest block now, if the ledger went on from the one that was looked at.
    pub(crate) fn remember(
        &self,
        ledger: &HomeLedger,
        folder: &HomeFolder,
        profile: &ProfileFolder,
    ) -> Result<(), HeadError> {
        if !profile.path().is_dir() {
            return Ok(());
        }
        let Some(proofs) = ledger.proofs(folder)? else { return Ok(()) };
        let tip = lineage::signed_tip(&*proofs, &self.node_key)?;
        match lineage::lineage(&*proofs, &self.node_key, &self.newest, &tip)? {
            Lineage::Continues | Lineage::NotShown => self.write(SeenBlock::of(&tip), profile),
            Lineage::Forked | Lineage::EndsBelow => Ok(()),
        }
    }

    fn write(&self, newest: SeenBlock, profile: &ProfileFolder) -> Result<(), HeadError> {
        let mut heads: BTreeMap<_, _> = profile.heads()?;
        let head = SeenHead {
            genesis: self.genesis.clone(),
            height: newest.height,
            hash: hex::encode(newest.hash),
        };
        if heads.get(&self.place) != Some(&head) {
            heads.insert(self.place.clone(), head);
            profile.remember_heads(&heads)?;
        }
        Ok(())
    }
}

fn place_of(ledger: &HomeLedger) -> String {
    match ledger {
        HomeLedger::Embedded(_) | HomeLedger::Served(..) => OWN.to_owned(),
        HomeLedger::Remote(remote) => remote.url().to_owned(),
    }
}

/// A ledger's name and the key that signs its blocks, as its block 0 says.
fn named(proofs: &dyn ProofSource) -> Result<(String, [u8; 33]), LedgerError> {
    let genesis = proofs.genesis()?.verify();
    let genesis = genesis.map_err(|error| LedgerError::Answer { reason: error.to_string() })?;
    Ok((hex::encode(genesis.hash.as_bytes()), genesis.node_key))
}

/// The block that is remembered.
fn block(seen: &SeenHead) -> Result<SeenBlock, LedgerError> {
    let hash = mrms_core::hexadecimal::decode(&seen.hash).ok();
    let hash = hash.and_then(|bytes| bytes.try_into().ok());
    let reason = || format!("the hash of block {} in heads.json cannot be read", seen.height);
    let hash = hash.ok_or_else(|| LedgerError::Damaged { reason: reason() })?;
    Ok(SeenBlock { height: seen.height, hash })
}
