//! What stands in a block that a network can still take back: kept as it was signed, until that block is final.
//!
//! A fork of Bitcoin takes the newest blocks with it. Mostly their transactions get into other blocks; one that does not
//! goes back into the outbox, and from there to the ledger, as the same bytes. So a revoke whose block was taken back is not lost
//! with it, and needs neither the person nor a key. Blocks of the embedded ledger are final: of that, nothing is kept.

use std::path::{Path, PathBuf};

use mrms_core::{BurnHeight, Finality, TxId};
use serde::{Deserialize, Serialize};

use crate::ledger::{LedgerError, Receipt};
use crate::profile::kept_files::KeptFiles;
use crate::profile::{ProfileError, ProfileFolder, io_error};
use crate::sending::outbox::{ClaimedOperation, Operation};
use crate::sending::outcome::SendError;
use crate::sending::send::{NOBODYS_BLOCK, decoded};
use crate::session::Session;

/// An operation whose transactions stand in blocks that are not final.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Unsettled {
    /// The operation, as the outbox had it.
    operation: Operation,
    /// Those of its transactions that a sponsor completed, in hexadecimal.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    sponsored: Vec<String>,
    /// The transactions that stand in blocks.
    stand: Vec<TxId>,
    /// Burn height of the newest of those blocks.
    burn_height: BurnHeight,
}

impl Unsettled {
    /// The first nonce of the operation.
    fn nonce(&self) -> Option<u64> {
        let transactions = decoded(&self.operation.transactions)?;
        transactions.first().map(|one| one.authorization().origin().nonce.number())
    }
}

impl ProfileFolder {
    fn unsettled_files(&self) -> KeptFiles {
        self.kept_files("unsettled")
    }

    fn keep_unsettled(&self, one: &Unsettled) -> Result<(), ProfileError> {
        let Some(txid) = one.stand.first() else { return Ok(()) };
        self.unsettled_files().keep(&hex::encode(txid.as_bytes()), one)
    }

    /// All that is kept, in the order of nonces.
    fn unsettled(&self) -> Result<Vec<(PathBuf, Unsettled)>, ProfileError> {
        let mut found: Vec<(_, Unsettled)> = self.unsettled_files().all()?;
        found.sort_by_key(|(_, one)| one.nonce());
        Ok(found)
    }

    /// The files that can't be read, each with why.
    pub(super) fn unreadable_unsettled(
        &self,
    ) -> Result<Vec<(PathBuf, ProfileError)>, ProfileError> {
        self.unsettled_files().unreadable::<Unsettled>()
    }
}

fn forget(path: &Path) -> Result<(), ProfileError> {
    mrms_files::remove(path).map_err(io_error(path, "remove"))
}

impl Session<'_> {
    fn finality(&self) -> Finality {
        Finality::of(self.ledger.network().chain_id)
    }

    /// Keeps an operation whose transactions stand in blocks, until these are final, and forgets those that are. To be done
    /// before the outbox forgets it.
    pub(super) fn keep_unsettled(
        &self,
        entry: &ClaimedOperation,
        receipts: &[Receipt],
    ) -> Result<(), ProfileError> {
        let newest = receipts.iter().map(|receipt| receipt.burn_height).max();
        let Some(burn_height) = newest.filter(|_| self.finality() != Finality::AT_ONCE) else {
            return Ok(());
        };
        for (path, one) in self.profile.unsettled()? {
            let is_here = one.operation.genesis == self.ledger.genesis();
            if is_here && self.finality().is_final(one.burn_height, burn_height) {
                forget(&path)?;
            }
        }
        self.profile.keep_unsettled(&Unsettled {
            operation: entry.operation.clone(),
            sponsored: entry.sponsored().to_vec(),
            stand: receipts.iter().map(|receipt| receipt.txid).collect(),
            burn_height,
        })
    }

    /// The nonces below this one are used in blocks that count: this profile saw them, with the proofs that there are, and they
    /// are final. 0 where nothing is known.
    pub(super) fn nonces_that_count(&self) -> Result<u64, ProfileError> {
        let now = self.ledger.tip().ok().map(|tip| tip.burn_height);
        let is_final =
            |one: &Unsettled| now.is_some_and(|now| self.finality().is_final(one.burn_height, now));
        let open = self.profile.unsettled()?.into_iter().map(|(_, one)| one);
        let open: Vec<_> = open.filter(|one| !is_final(one)).flat_map(|one| one.stand).collect();
        let counts = self
            .acts_here()
            .into_iter()
            .filter(|act| act.block_id != NOBODYS_BLOCK && !open.contains(&act.txid));
        Ok(counts.filter_map(|act| Some(act.nonce?.number() + 1)).max().unwrap_or(0))
    }

    /// To be called where the ledger does not show a block that it had: puts what stands in no block any more back into the
    /// outbox, for [`Session::resume`] to send again, and notes the new blocks of the rest. Returns what was put back.
    ///
    /// # Errors
    ///
    /// [`SendError`] when the ledger can't be used now; what is kept stays kept.
    pub fn put_back_unsettled(&self) -> Result<Vec<String>, SendError> {
        let outbox = self.profile.outbox();
        let kept = self.profile.unsettled()?;
        if kept.is_empty() {
            return Ok(Vec::new());
        }
        let Some(lock) = outbox.try_lock_signing()? else { return Ok(Vec::new()) };
        let mut put_back = Vec::new();
        let mut moved = Vec::new();
        for (path, one) in kept {
            if one.operation.genesis != self.ledger.genesis() {
                continue;
            }
            if let Some(receipts) = self.standing_now(&one)? {
                moved.push((one, receipts));
                continue;
            }
            let Unsettled { operation, sponsored, .. } = one;
            let waits = outbox.operations()?;
            if !waits.iter().any(|(other, _)| other.transactions == operation.transactions) {
                put_back.push(operation.description.clone());
                let mut entry = outbox.begin(&lock, operation)?;
                for transaction in sponsored {
                    entry.keep_sponsored(transaction)?;
                }
            }
            forget(&path)?;
        }
        // The newest block last, as it counts.
        moved.sort_by_key(|(_, receipts)| receipts.iter().map(|one| one.block_height).max());
        for (one, receipts) in moved {
            let signed = decoded(&one.operation.transactions).unwrap_or_default();
            self.remember_act(&one.operation.description, &signed, &receipts)?;
            let burn_height = receipts.iter().map(|receipt| receipt.burn_height).max();
            let burn_height = burn_height.unwrap_or(one.burn_height);
            self.profile.keep_unsettled(&Unsettled { burn_height, ..one })?;
        }
        Ok(put_back)
    }

    /// Whether a transaction still stands where its receipt says. A ledger that can't be asked now says nothing.
    pub(super) fn stands_still(&self, receipt: &Receipt) -> bool {
        self.finality() == Finality::AT_ONCE
            || match self.ledger.receipt(&receipt.txid) {
                Ok(found) => found.is_some_and(|now| now.block_height == receipt.block_height),
                Err(_) => true,
            }
    }

    /// The receipts of an operation's transactions; `None` if one of them stands in no block, or the ledger can't tell of one
    /// that an earlier command sent.
    fn standing_now(&self, one: &Unsettled) -> Result<Option<Vec<Receipt>>, SendError> {
        let mut receipts = Vec::new();
        for txid in &one.stand {
            match self.ledger.receipt(txid) {
                Ok(Some(receipt)) => receipts.push(receipt),
                Ok(None) | Err(LedgerError::NoHistory { .. }) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Some(receipts))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_cannot_be_read_is_named_and_passed_by() {
        let folder = tempfile::tempdir().unwrap();
        let profile = ProfileFolder::new(folder.path());
        let one = |byte: u8| Unsettled {
            operation: Operation {
                description: "revoke".to_owned(),
                genesis: None,
                transactions: Vec::new(),
                replaced: Vec::new(),
                first: None,
            },
            sponsored: Vec::new(),
            stand: vec![TxId::from_bytes([byte; 32])],
            burn_height: BurnHeight::new(7),
        };
        profile.keep_unsettled(&one(1)).unwrap();
        let damaged = profile.path().join("unsettled").join("damaged.json");
        fs::write(&damaged, b"").unwrap();
        assert_eq!(profile.unsettled().unwrap().len(), 1);
        let unreadable = profile.unreadable_operations().unwrap();
        let paths: Vec<_> = unreadable.iter().map(|(path, _)| path).collect();
        assert_eq!(paths, [&damaged]);
    }
}
