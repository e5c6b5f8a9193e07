//! The home's own ledger: opened in this process, or served by a running `mrms node run`.
//!
//! A node is this home's if it is the process that has the ledger locked. Commands that only the home's
//! owner may give it go over the private socket in the home folder.

use std::path::PathBuf;
use std::time::Duration;

use mrms_app::ledger::{Ledger, LedgerError};
use mrms_core::StandardPrincipal;
use mrms_node::control::{self, Command, Done};

use super::embedded::{self, EmbeddedLedger};
use crate::error::HomeError;
use crate::folder::HomeFolder;

/// How long a command waits for another one before it says so.
const SHORT_WAIT: Duration = Duration::from_secs(1);

/// The home's own ledger.
#[derive(Debug)]
pub enum OwnLedger {
    /// In this process.
    Here(EmbeddedLedger),
    /// Served by a running node.
    Served(OwnNode),
}

/// The node that serves this home's ledger.
#[derive(Clone, Debug)]
pub struct OwnNode {
    url: String,
    socket: PathBuf,
}

impl OwnLedger {
    /// Opens the ledger, or finds the node that serves it. Waits up to `wait` if any other process has it, and tells
    /// that process's id if this takes longer than a moment.
    ///
    /// # Errors
    ///
    /// [`HomeError::Ledger`].
    pub fn open(home: &HomeFolder, wait: Duration, tell: &dyn Fn(&str)) -> Result<Self, HomeError> {
        let folder = home.ledger();
        // A running node does not end soon, so it is of no use to wait for it.
        let first_wait = match home.node() {
            Some(_) => Duration::ZERO,
            None => wait.min(SHORT_WAIT),
        };
        match EmbeddedLedger::open(&folder, first_wait) {
            Ok(ledger) => {
                ledger.wait_for(wait);
                Ok(Self::Here(ledger))
            }
            Err(LedgerError::Busy { pid }) => {
                let node = home.node().filter(|node| node.pid.to_string() == pid);
                match node {
                    Some(node) => {
                        let socket = home.node_socket();
                        Ok(Self::Served(OwnNode { url: node.url, socket }))
                    }
                    None => {
                        let rest = wait.saturating_sub(first_wait);
                        if !rest.is_zero() {
                            tell(&pid);
                        }
                        let ledger = EmbeddedLedger::open(&folder, rest)?;
                        ledger.wait_for(wait);
                        Ok(Self::Here(ledger))
                    }
                }
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl OwnNode {
    /// The address of its RPC.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Asks the node to carry out a command.
    ///
    /// # Errors
    ///
    /// [`HomeError::Node`].
    pub fn ask(&self, command: &Command) -> Result<Done, HomeError> {
        Ok(control::ask(&self.socket, command)?)
    }

    /// Gives an account what it needs to pay fees, if it has less than that. One that the node does not tell gets nothing: what
    /// can be sent all the same is not kept by that.
    ///
    /// # Errors
    ///
    /// [`HomeError::Node`].
    pub fn fund(&self, ledger: &dyn Ledger, account: &StandardPrincipal) -> Result<(), HomeError> {
        if ledger.account(account).is_ok_and(|told| embedded::is_short(told.balance)) {
            let (account, amount) = (account.to_string(), embedded::FAUCET.to_string());
            self.ask(&Command::Faucet { account, amount })?;
        }
        Ok(())
    }
}
