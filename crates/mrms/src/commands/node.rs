//! `mrms node`: the embedded ledger itself.

use clap::Subcommand;
use mrms_app::ledger::Ledger;
use serde_json::json;

use super::node_run::{self, RunArgs};
use crate::config::Settings;
use crate::embedded::{self, EmbeddedLedger};
use crate::failure::Failure;
use crate::output::Output;

#[derive(Debug, Subcommand)]
pub(crate) enum NodeCommand {
    /// Serve the ledger over the RPC of a Stacks node, until it is stopped.
    Run(RunArgs),
    /// Let burn blocks pass, as if time had: for trying out expiries. Recorded on chain.
    Advance {
        /// How many burn blocks, of about ten minutes each.
        blocks: u64,
    },
    /// Execute the whole chain anew from genesis and compare every root and receipt.
    Fsck,
}

impl NodeCommand {
    pub(crate) fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        match self {
            Self::Run(args) => node_run::run(args, settings, output),
            Self::Advance { blocks } => advance(blocks, settings, output),
            Self::Fsck => fsck(settings, output),
        }
    }
}

fn advance(blocks: u64, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_not_rehearse("node advance")?;
    settings.must_be_embedded("node advance")?;
    settings.require_home()?;
    let ledger = EmbeddedLedger::open(&settings.home.ledger(), settings.lock_wait)?;
    ledger.advance(blocks)?;
    let tip = ledger.tip()?;
    output.result(
        &json!({"burn_height": tip.burn_height, "block_height": tip.block_height}),
        &format!("burn height is now {}, recorded in block {}", tip.burn_height, tip.block_height),
    )
}

fn fsck(settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_be_embedded("node fsck")?;
    settings.require_home()?;
    let checked = embedded::fsck(&settings.home.ledger())?;
    output.result(
        &json!({
            "intact": true,
            "blocks": checked.blocks,
            "transactions": checked.transactions,
        }),
        &format!(
            "the ledger is intact: {} blocks with {} transactions, executed anew from genesis, give every root and receipt",
            checked.blocks, checked.transactions,
        ),
    )
}
