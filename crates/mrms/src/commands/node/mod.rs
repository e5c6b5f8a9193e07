//! `mrms node`: serves, checks, copies and controls the embedded ledger.

mod check;
mod control;
mod history;
mod loss;
pub(crate) mod run;

use std::path::PathBuf;

use clap::Subcommand;
use mrms_node::chain::FsckStart;

use self::control::{FaucetArgs, Pace};
use self::history::{ExportArgs, ImportArgs};
use self::loss::LossArgs;
use self::run::RunArgs;
use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::output::Output;

#[derive(Debug, Subcommand)]
pub(crate) enum NodeCommand {
    /// Serve the embedded ledger over the RPC of a Stacks node, until it is stopped (Ctrl-C).
    Run(RunArgs),
    /// Add burn blocks, as if time had passed, to try out expiries; a block records it.
    Advance {
        /// Number of burn blocks, of about ten minutes each: 4320 are 30 days.
        blocks: u64,
    },
    /// Make STX for an account, so that it can pay fees; a block records it.
    Faucet(FaucetArgs),
    /// Make a block now, with the transactions in the node's mempool, or an empty one.
    Mine,
    /// Change when the running node makes blocks.
    Mining {
        /// When to make blocks: auto (as soon as a transaction waits), manual (only for mrms node mine),
        /// or an interval such as 5s, 500ms or 2m.
        #[arg(value_name = "WHEN")]
        pace: Pace,
    },
    /// Make a snapshot of the ledger in the running node; it lasts until the node stops.
    Snapshot,
    /// Take the running node back to a snapshot; later blocks are dropped for good.
    Revert {
        /// Id of the snapshot, as mrms node snapshot printed it.
        snapshot: String,
    },
    /// Execute the whole ledger again from genesis, and compare every root and receipt.
    Fsck {
        /// Check this file, which mrms node export wrote. Without it: this home's ledger.
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
        /// Go on where the last check was stopped, or ended: read what it executed, and execute what is
        /// new. Without it: execute everything.
        #[arg(long, conflicts_with = "file")]
        from_checkpoint: bool,
    },
    /// Read the whole ledger once, and compare it with its check sums, headers and lists; executes nothing.
    Scrub,
    /// Go on without blocks that are lost; a block of the ledger says so for ever.
    AcceptLoss(LossArgs),
    /// Write the whole ledger into one file, also while mrms node run serves it.
    Export(ExportArgs),
    /// Make this home's ledger from an exported file; every block is executed and compared.
    Import(ImportArgs),
}

impl NodeCommand {
    pub(crate) fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        match self {
            Self::Run(args) => run::run(args, settings, output),
            Self::Advance { blocks } => control::advance(blocks, settings, output),
            Self::Faucet(args) => control::faucet(&args, settings, output),
            Self::Mine => control::mine(settings, output),
            Self::Mining { pace } => control::mining(pace, settings, output),
            Self::Snapshot => control::snapshot(settings, output),
            Self::Revert { snapshot } => control::revert(snapshot, settings, output),
            Self::Fsck { file, from_checkpoint } => {
                let start =
                    if from_checkpoint { FsckStart::Checkpoint } else { FsckStart::Genesis };
                check::fsck(file.as_deref(), start, settings, output)
            }
            Self::Scrub => check::scrub(settings, output),
            Self::AcceptLoss(args) => loss::accept(&args, settings, output),
            Self::Export(args) => history::export(&args, settings, output),
            Self::Import(args) => history::import(&args, settings, output),
        }
    }
}
