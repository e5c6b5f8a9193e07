//! What a ledger elsewhere does not show of a profile's own transactions. It is told, and nothing is refused for it: the
//! node may be behind its network, and a network's newest blocks can change.

use mrms_app::ledger::{Ledger, LedgerError};
use mrms_app::profile::ProfileFolder;
use mrms_app::profile::acts::Act;
use mrms_core::BlockHeight;

/// How often the block is asked for.
const SERVERS: u32 = 4;

/// A ledger that lacks a block with a transaction of this profile.
#[derive(Clone, Debug)]
pub struct Withheld {
    /// The newest transaction that it lacks.
    pub act: Act,
    /// Height of the ledger's newest block.
    pub ends: BlockHeight,
}

/// The newest transaction of this profile there.
pub(crate) fn newest_act(ledger: &dyn Ledger, profile: &ProfileFolder) -> Option<Act> {
    profile.acts_on(&ledger.genesis()?).ok()?.pop()
}

/// Whether a ledger elsewhere lacks the newest block that has a transaction of this profile. Says nothing if the ledger
/// can't be asked.
pub(crate) fn withheld(ledger: &dyn Ledger, profile: &ProfileFolder) -> Option<Withheld> {
    let act = newest_act(ledger, profile)?;
    // Several servers may answer at one address: one that is behind, or on another branch, withholds nothing.
    for _ in 0..SERVERS {
        let there = ledger.block(act.block_height).ok()?;
        if there.is_some_and(|block| block.id[..] == act.block_id[..]) {
            return None;
        }
    }
    let ends = ledger.tip().ok()?.block_height;
    Some(Withheld { act, ends })
}

impl From<&Withheld> for LedgerError {
    fn from(withheld: &Withheld) -> Self {
        let Withheld { act, ends } = withheld;
        let Act { block_height, txid, what, .. } = act;
        let height = block_height.number();
        let found = if *ends < *block_height {
            format!("it ends at block {}", ends.number())
        } else {
            format!("it has another block {height}")
        };
        let reason = format!(
            "block {height} has a transaction of yours ({what}, {txid}), and the ledger does not show that block: {found}. It is behind, or the block is withheld, or was taken back"
        );
        Self::Behind { reason }
    }
}
