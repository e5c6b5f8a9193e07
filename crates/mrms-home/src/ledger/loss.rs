//! What is missing of the home's own ledger, and going on without it. Only a person decides that, after everything was
//! done to find it: what is lost is lost for everybody.

use std::path::Path;
use std::time::Duration;

use mrms_app::ledger::{Block, Ledger as _, LedgerError};
use mrms_core::BlockHeight;
use mrms_node::chain::{self, BlockHash, Mark};
use mrms_vault::guardian::{self, ChainBlock};

use super::embedded::{self, EmbeddedLedger, settings};
use super::translated::open_error;
use crate::error::HomeError;
use crate::folder::HomeFolder;

/// A loss that was accepted.
#[derive(Clone, Debug)]
pub struct AcceptedLoss {
    /// The newest block that is lost.
    pub newest: Mark,
    /// How many blocks that somebody had noted are lost. There may be others that nobody noted.
    pub noted: usize,
    /// The block that says so for ever.
    pub recorded_in: BlockHeight,
}

impl HomeFolder {
    /// Height at which the home's own ledger ends now, however much of it is missing.
    ///
    /// # Errors
    ///
    /// [`HomeError::Ledger`], [`HomeError::LedgerMissing`].
    pub fn ledger_ends_at(&self) -> Result<u32, HomeError> {
        self.must_keep_its_ledger()?;
        Ok(ends_at(&self.ledger())?)
    }

    /// Lets the home's own ledger go on without the blocks that are missing: a block names them, and the home's vault
    /// goes by what is there. `None` if nothing is missing; then nothing is done.
    ///
    /// # Errors
    ///
    /// [`HomeError::Ledger`], also when there is no chain to go on with; [`HomeError::OwnVault`].
    pub fn accept_loss(&self, wait: Duration) -> Result<Option<AcceptedLoss>, HomeError> {
        self.must_keep_its_ledger()?;
        let folder = self.ledger();
        let genesis = embedded::genesis(&folder).and_then(|text| BlockHash::parse(&text).ok());
        let noted = match genesis {
            Some(genesis) => self.noted_blocks(genesis)?,
            None => Vec::new(),
        };
        let lost = accept_loss(&folder, wait, &noted)?;
        let ledger = EmbeddedLedger::open(&folder, wait)?;
        // Also if nothing is lost: an earlier command may have ended before this.
        self.vault_goes_by(&ledger)?;
        if let Some(genesis) = genesis {
            self.profiles_go_by(&hex::encode(genesis.as_bytes()))?;
        }
        let Some(newest) = lost.first().copied() else { return Ok(None) };
        let recorded_in = ledger.tip()?.block_height;
        Ok(Some(AcceptedLoss { newest, noted: lost.len(), recorded_in }))
    }

    /// Lets every profile forget which newest block it saw of this ledger: the loss is on record.
    fn profiles_go_by(&self, genesis: &str) -> Result<(), HomeError> {
        for name in self.profiles()? {
            let profile = self.profile(&name);
            let mut heads = profile.heads()?;
            heads.retain(|_, seen| seen.genesis.trim_start_matches("0x") != genesis);
            profile.remember_heads(&heads)?;
        }
        Ok(())
    }

    /// Lets the home's own vault go by this ledger, if the ledger lacks the block that the vault acted on.
    fn vault_goes_by(&self, ledger: &EmbeddedLedger) -> Result<(), HomeError> {
        let Some(vault) = self.vault_of_own_ledger()? else { return Ok(()) };
        let Ok(Some((height, id))) = guardian::acted_block(vault.path()) else { return Ok(()) };
        if ledger.block(height)?.is_some_and(|block| block.id == id) {
            return Ok(());
        }
        let newest = ledger.tip()?.block_height;
        if let Some(Block { height, id, burn_height }) = ledger.block(newest)? {
            guardian::accept_chain(vault.path(), &ChainBlock { height, id, burn_height })?;
        }
        Ok(())
    }
}

/// Height of the newest block in `folder`, whatever is missing.
fn ends_at(folder: &Path) -> Result<u32, LedgerError> {
    let tip =
        chain::Proofs::open(folder).and_then(|proofs| Ok(proofs.tip()?)).map_err(open_error)?;
    Ok(tip.header.height.get())
}

/// Lets the ledger in `folder` go on without blocks that are missing; a block of it names them. Returns them, the
/// newest first.
fn accept_loss(
    folder: &Path,
    wait: Duration,
    noted: &[chain::NotedMark],
) -> Result<Vec<chain::Mark>, LedgerError> {
    chain::accept_loss(folder, &settings(folder, wait), noted).map_err(open_error)
}
