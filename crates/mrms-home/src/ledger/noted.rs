//! The blocks of this home's ledger that the home has noted outside of it: each profile those of its own transactions,
//! and the home's vault the newest one that it acted on. By them a ledger is noticed that lost these blocks, or an older
//! copy of it in its place. The ledger's own marks are in `mrms_node::chain`.
//! A ledger elsewhere is only told about: `withheld`.

use std::path::Path;

use mrms_app::ledger::LedgerError;
use mrms_app::profile::acts::Act;
use mrms_node::chain::{self, BlockHash, Mark, NotedMark};
use mrms_stacks::network::Network;
use mrms_vault::guardian;

use super::embedded::{self, EmbeddedLedger};
use super::translated::open_error;
use crate::error::HomeError;
use crate::folder::{HomeFolder, mark_beside};
use crate::vault::own::VaultFolder;

impl HomeFolder {
    /// The blocks that this home has noted of the ledger which began with `genesis`.
    ///
    /// # Errors
    ///
    /// [`HomeError::File`], [`HomeError::Profile`], [`HomeError::Damaged`].
    pub fn noted_blocks(&self, genesis: BlockHash) -> Result<Vec<NotedMark>, HomeError> {
        let name = hex::encode(genesis.as_bytes());
        let mut noted = Vec::new();
        for profile in self.profiles()? {
            for act in newest(self.profile(&profile).acts_on(&name)?) {
                let Some((height, hash)) = position(&act) else { continue };
                let Act { what, txid, .. } = act;
                let noted_by =
                    format!("profile {profile} noted it for: {what} (transaction {txid})");
                let mark = Mark { genesis, height, hash };
                noted.push(NotedMark { mark, noted: noted_by });
            }
        }
        noted.extend(self.acted_on_by_vault(genesis)?);
        Ok(noted)
    }

    /// The newest block that the home's own vault acted on. A vault that can't be read says so when it is opened.
    fn acted_on_by_vault(&self, genesis: BlockHash) -> Result<Option<NotedMark>, HomeError> {
        let Some(vault) = self.vault_of_own_ledger()? else { return Ok(None) };
        let Ok(Some((height, id))) = guardian::acted_block(vault.path()) else { return Ok(None) };
        let Ok(height) = u32::try_from(height.number()) else { return Ok(None) };
        let (height, hash) = (chain::BlockHeight::new(height), BlockHash::new(id));
        let noted = format!("the vault in {} acted on it", vault.path().display());
        Ok(Some(NotedMark { mark: Mark { genesis, height, hash }, noted }))
    }

    /// The home's vault that follows the contract on the home's own ledger, if there is one.
    pub(crate) fn vault_of_own_ledger(&self) -> Result<Option<VaultFolder>, HomeError> {
        let Some(contract) = self.contract()? else { return Ok(None) };
        let vault = VaultFolder::on(self, Network::EMBEDDED, &contract);
        Ok(vault.is_used().then_some(vault))
    }

    /// Fails if the home's own ledger, which is open, lacks a block that the home has noted.
    ///
    /// # Errors
    ///
    /// [`LedgerError::Behind`]; else as [`Self::noted_blocks`].
    pub fn must_have_its_blocks(&self, ledger: &EmbeddedLedger) -> Result<(), HomeError> {
        let noted = self.noted_blocks(ledger.first_block()?)?;
        Ok(ledger.must_have(&self.ledger(), &noted)?)
    }

    /// The same for the ledger in the home's folder, which another process may have open.
    ///
    /// # Errors
    ///
    /// As [`Self::must_have_its_blocks`].
    pub fn must_have_its_blocks_on_disk(&self) -> Result<(), HomeError> {
        let folder = self.ledger();
        // The marks first: a block is noted after it is made.
        let mut noted = marks_beside(&folder)?;
        if let Some(genesis) = embedded::genesis(&folder)
            && let Ok(genesis) = BlockHash::parse(&genesis)
        {
            noted.extend(self.noted_blocks(genesis)?);
        }
        Ok(chain::must_have_blocks(&folder, &noted).map_err(open_error)?)
    }
}

/// The last act, and the one in the highest block, where that is another: those before them are below them on the same
/// chain.
fn newest(mut acts: Vec<Act>) -> Vec<Act> {
    let last = acts.pop();
    let highest = acts.into_iter().max_by_key(|act| act.block_height);
    let is_higher =
        |one: &Act| last.as_ref().is_none_or(|last| one.block_height > last.block_height);
    highest.filter(is_higher).into_iter().chain(last).collect()
}

fn position(act: &Act) -> Option<(chain::BlockHeight, BlockHash)> {
    let height = u32::try_from(act.block_height.number()).ok()?;
    let hash: [u8; 32] = act.block_id.as_slice().try_into().ok()?;
    Some((chain::BlockHeight::new(height), BlockHash::new(hash)))
}

/// The mark in the file beside a ledger's folder, if there is one.
fn marks_beside(folder: &Path) -> Result<Vec<chain::NotedMark>, LedgerError> {
    let path = mark_beside(folder);
    let mark = chain::read_mark(&path).map_err(open_error)?;
    let noted = format!("{} names it", path.display());
    Ok(mark.into_iter().map(|mark| chain::NotedMark { mark, noted: noted.clone() }).collect())
}
