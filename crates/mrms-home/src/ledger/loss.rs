//! What is missing of the home's own ledger, and going on without it. Only a person decides that, after everything was
//! done to find it: what is lost is lost for everybody.

use std::time::Duration;

use mrms_app::ledger::Ledger as _;
use mrms_core::BlockHeight;
use mrms_node::chain::{BlockHash, Mark};
use mrms_vault::guardian::{self, ChainBlock};

use super::embedded::{self, EmbeddedLedger};
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
        Ok(embedded::ends_at(&self.ledger())?)
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
        let lost = embedded::accept_loss(&folder, wait, &noted)?;
        let Some(newest) = lost.first().copied() else { return Ok(None) };
        let ledger = EmbeddedLedger::open(&folder, wait)?;
        let recorded_in = ledger.tip()?.block_height;
        if let Some(vault) = self.vault_of_own_ledger()?
            && let Some(block) = ledger.block(recorded_in)?
        {
            let (height, id, burn_height) = (block.height, block.id, block.burn_height);
            guardian::accept_chain(vault.path(), &ChainBlock { height, id, burn_height })?;
        }
        Ok(Some(AcceptedLoss { newest, noted: lost.len(), recorded_in }))
    }
}
