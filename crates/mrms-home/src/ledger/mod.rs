//! The ledger of a home: in this process, served by a node of this home, or elsewhere.
//!
//! All three implement the port `Ledger` of `mrms-app`, so that no use case knows which one it has.

pub mod embedded;
mod entries;
pub mod known;
pub mod lineage;
pub mod loss;
pub mod noted;
pub mod on_disk;
pub mod proofs;
pub mod remote;
pub mod served;
mod spare_room;
pub mod status;
mod translated;

use std::sync::Arc;

use mrms_app::ledger::{Ledger, LedgerError};
use mrms_core::{StandardPrincipal, TxId};

use mrms_node::chain;

use crate::error::HomeError;
use crate::folder::HomeFolder;
use embedded::EmbeddedLedger;
use proofs::ProofSource;
use remote::RemoteLedger;
use served::OwnNode;
use status::TransactionStatus;

/// The ledger that a home works with.
#[derive(Clone)]
pub enum HomeLedger {
    /// The home's own, in this process.
    Embedded(EmbeddedLedger),
    /// The home's own, served by a node.
    Served(RemoteLedger, OwnNode),
    /// A network's, over HTTP.
    Remote(RemoteLedger),
}

impl std::fmt::Debug for HomeLedger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HomeLedger({})", self.port().name())
    }
}

impl HomeLedger {
    /// The ledger as the use cases see it.
    #[must_use]
    pub fn port(&self) -> &dyn Ledger {
        match self {
            Self::Embedded(ledger) => ledger,
            Self::Served(ledger, _) | Self::Remote(ledger) => ledger,
        }
    }

    /// The same, shared, for those who keep it.
    #[must_use]
    pub fn shared(&self) -> Arc<dyn Ledger> {
        match self.clone() {
            Self::Embedded(ledger) => Arc::new(ledger),
            Self::Remote(ledger) | Self::Served(ledger, _) => Arc::new(ledger),
        }
    }

    /// The ledger over HTTP; `None` if it is in this process, where no other process reaches it.
    #[must_use]
    pub const fn over_http(&self) -> Option<&RemoteLedger> {
        match self {
            Self::Embedded(_) => None,
            Self::Served(ledger, _) | Self::Remote(ledger) => Some(ledger),
        }
    }

    /// The proofs of the ledger; `None` where none are served: by a Stacks network, and by an embedded ledger's node that
    /// withholds them. Those of the home's own ledger are read from its file, also beside a running node.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    pub fn proofs(&self, folder: &HomeFolder) -> Result<Option<Box<dyn ProofSource>>, LedgerError> {
        match self {
            Self::Embedded(_) | Self::Served(..) => {
                let proofs =
                    chain::Proofs::open(&folder.ledger()).map_err(translated::open_error)?;
                Ok(Some(Box::new(proofs)))
            }
            Self::Remote(ledger) => match ledger.proofs()? {
                Some((served, _)) => Ok(Some(Box::new(served))),
                None => Ok(None),
            },
        }
    }

    /// The same ledger for a last question of a command: a node elsewhere is asked once and for a moment only.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    pub(crate) fn at_a_glance(&self) -> Result<Self, LedgerError> {
        match self {
            Self::Remote(ledger) => Ok(Self::Remote(ledger.at_a_glance()?)),
            own => Ok(own.clone()),
        }
    }

    /// What became of a transaction.
    ///
    /// # Errors
    ///
    /// [`LedgerError`].
    pub fn status(&self, txid: &TxId) -> Result<TransactionStatus, LedgerError> {
        let included = |receipt| TransactionStatus::Included(Box::new(receipt));
        match self {
            Self::Embedded(ledger) => {
                Ok(ledger.receipt(txid)?.map_or(TransactionStatus::Unknown, included))
            }
            Self::Served(ledger, _) | Self::Remote(ledger) => ledger.status(txid),
        }
    }

    /// Gives an account what it needs to pay fees, on the home's own ledger, where fees have no monetary
    /// value. Elsewhere it does nothing.
    ///
    /// # Errors
    ///
    /// [`HomeError::Ledger`], [`HomeError::Node`].
    pub fn fund(&self, account: &StandardPrincipal) -> Result<(), HomeError> {
        match self {
            Self::Embedded(ledger) => Ok(ledger.fund(account)?),
            Self::Served(ledger, node) => node.fund(ledger, account),
            Self::Remote(_) => Ok(()),
        }
    }
}
