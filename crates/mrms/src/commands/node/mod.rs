//! `mrms node`: the embedded ledger itself.

mod control;
mod history;
pub(crate) mod run;

use std::path::{Path, PathBuf};

use clap::Subcommand;

use self::control::{FaucetArgs, Pace};
use self::history::{ExportArgs, ImportArgs};
use self::run::RunArgs;
use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::output::Output;
use crate::ui::results::node::CheckedLedger;
use mrms_home::ledger::embedded;

#[derive(Debug, Subcommand)]
pub(crate) enum NodeCommand {
    /// Serve the ledger over the RPC of a Stacks node, until it is stopped.
    Run(RunArgs),
    /// Let burn blocks pass, as if time had: for trying out expiries. Recorded on chain.
    Advance {
        /// How many burn blocks, of about ten minutes each.
        blocks: u64,
    },
    /// Make STX for an account. Recorded on chain.
    Faucet(FaucetArgs),
    /// Make a block now: of all that waits for one in a running node, or an empty one.
    Mine,
    /// Have the running node (--admin) make blocks at once (auto), at a pace (5s), or when asked (manual).
    Mining {
        /// auto, manual, or a time such as 5s, 500ms or 2m.
        #[arg(value_name = "PACE")]
        pace: Pace,
    },
    /// Have the running node (--admin) keep a copy of the ledger to go back to, for as long as it runs.
    Snapshot,
    /// Have the running node (--admin) go back to a snapshot. Drops blocks; the next one says which.
    Revert {
        /// What `mrms node snapshot` printed.
        snapshot: String,
    },
    /// Execute the whole chain anew from genesis and compare every root and receipt.
    Fsck {
        /// Check what `mrms node export` wrote, in place of this home's ledger.
        #[arg(long, value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Write the whole ledger to one file. Works beside `mrms node run`, too.
    Export(ExportArgs),
    /// Make this home's ledger from such a file: every block is executed anew and compared.
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
            Self::Fsck { file } => fsck(file.as_deref(), settings, output),
            Self::Export(args) => history::export(&args, settings, output),
            Self::Import(args) => history::import(&args, settings, output),
        }
    }
}

fn fsck(file: Option<&Path>, settings: &Settings, output: Output) -> Result<(), Failure> {
    let (what, checked) = match file {
        Some(file) => ("the exported ledger", history::check(file)?),
        None => {
            settings.must_be_embedded("node fsck")?;
            settings.home.require()?;
            ("the ledger", embedded::fsck(&settings.home.folder().ledger())?)
        }
    };
    let blocks = u64::from(checked.height.get()) + 1;
    let mut text = format!(
        "{what} is intact: {blocks} blocks with {} transactions, executed anew from genesis, give every root and receipt",
        checked.transactions,
    );
    if checked.reverts > 0 {
        text.push_str(&format!(
            "\nit was taken back {} times: blocks that had been acknowledged were dropped",
            checked.reverts
        ));
    }
    output.result(
        &CheckedLedger {
            intact: true,
            blocks,
            transactions: checked.transactions,
            reverts: checked.reverts,
        },
        &text,
    )
}
