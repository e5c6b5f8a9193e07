//! The home's own ledger: in this process, or behind the `mrms node run` that holds it.
//!
//! A node is believed to be this home's when it is the process that has the ledger locked. What it does for
//! the home's owner and for nobody else goes over the private socket that it keeps in the home folder.

use std::path::PathBuf;

use mrms_app::ledger::{Ledger, LedgerError};
use mrms_core::StandardPrincipal;
use mrms_node::control::{self, Command, Done};

use crate::config::Settings;
use crate::embedded::{self, EmbeddedLedger};
use crate::failure::Failure;

/// The home's own ledger.
pub(crate) enum OwnLedger {
    /// In this process.
    Here(EmbeddedLedger),
    /// Held by a node that runs.
    Served(OwnNode),
}

/// The node that serves this home's ledger.
#[derive(Clone, Debug)]
pub(crate) struct OwnNode {
    /// Its RPC.
    pub(crate) url: String,
    socket: PathBuf,
}

impl OwnLedger {
    /// Opens the ledger, or finds the node that has it; waits for any other process.
    pub(crate) fn open(settings: &Settings) -> Result<Self, Failure> {
        let folder = settings.home.ledger();
        // Where a node may be running, it is no use to wait for it to end.
        let first_wait = match settings.home.node() {
            Some(_) => std::time::Duration::ZERO,
            None => settings.lock_wait,
        };
        match EmbeddedLedger::open(&folder, first_wait) {
            Ok(ledger) => Ok(Self::Here(ledger)),
            Err(LedgerError::Busy { pid }) => {
                let node = settings.home.node().filter(|node| node.pid.to_string() == pid);
                match node {
                    Some(node) => {
                        let socket = settings.home.node_socket();
                        Ok(Self::Served(OwnNode { url: node.url, socket }))
                    }
                    None => {
                        let rest = settings.lock_wait.saturating_sub(first_wait);
                        Ok(Self::Here(EmbeddedLedger::open(&folder, rest)?))
                    }
                }
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl OwnNode {
    /// Has the node do something.
    pub(crate) fn ask(&self, command: &Command) -> Result<Done, Failure> {
        Ok(control::ask(&self.socket, command)?)
    }

    /// Gives an account what it needs to pay fees, when it has less than that.
    pub(crate) fn fund(
        &self,
        ledger: &dyn Ledger,
        account: &StandardPrincipal,
    ) -> Result<(), Failure> {
        if embedded::is_short(ledger.account(account)?.balance) {
            let (account, amount) = (account.to_string(), embedded::FAUCET.to_string());
            self.ask(&Command::Faucet { account, amount })?;
        }
        Ok(())
    }
}
