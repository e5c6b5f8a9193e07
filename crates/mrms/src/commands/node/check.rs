//! `mrms node fsck` and `mrms node scrub`: check a ledger, and repair nothing.

use std::path::Path;

use mrms_app::ledger::LedgerError;
use mrms_home::HomeError;
use mrms_home::ledger::on_disk;
use mrms_node::chain::FsckStart;

use super::history;
use crate::config::Settings;
use crate::ui::amounts::how_often;
use crate::ui::failure::Failure;
use crate::ui::output::Output;
use crate::ui::results::node::{CheckedLedger, ScrubbedLedger};

pub(super) fn fsck(
    file: Option<&Path>,
    start: FsckStart,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let (what, checked) = match file {
        Some(file) => ("the exported ledger", history::check(file)?),
        None => {
            must_have_a_ledger("node fsck", settings)?;
            ("the ledger", on_disk::fsck(&settings.home.folder().ledger(), start)?)
        }
    };
    let blocks = u64::from(checked.height.get()) + 1;
    let executed = match checked.executed_from.get() {
        0 => "executed anew from genesis".to_owned(),
        from => format!("executed anew from block {from} on, and read below it"),
    };
    let mut text = format!(
        "{what} is intact: {blocks} blocks with {} transactions, {executed}, give every root and receipt",
        checked.transactions,
    );
    if checked.reverts > 0 {
        text.push_str(&format!(
            "\nit was taken back {}: blocks that had been acknowledged were dropped",
            how_often(checked.reverts)
        ));
    }
    if checked.losses > 0 {
        text.push_str(&format!(
            "\nblocks were lost {}, and its operator went on without them",
            how_often(checked.losses)
        ));
    }
    output.result(
        &CheckedLedger {
            intact: true,
            blocks,
            transactions: checked.transactions,
            reverts: checked.reverts,
            losses: checked.losses,
            executed_from: checked.executed_from.get(),
        },
        &text,
    )
}

/// Fails if the home has no ledger, or lacks blocks that somebody noted.
fn must_have_a_ledger(command: &'static str, settings: &Settings) -> Result<(), Failure> {
    settings.must_be_embedded(command)?;
    settings.home.require()?;
    settings.home.folder().must_keep_its_ledger()?;
    match settings.home.folder().must_have_its_blocks_on_disk() {
        // The check tells more of what is damaged.
        Ok(()) | Err(HomeError::Ledger(LedgerError::Damaged { .. })) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn scrub(settings: &Settings, output: Output) -> Result<(), Failure> {
    must_have_a_ledger("node scrub", settings)?;
    let scrubbed = on_disk::scrub(&settings.home.folder().ledger())?;
    let blocks = u64::from(scrubbed.height.get()) + 1;
    let mut text = format!(
        "the ledger is as it was written: {blocks} blocks with {} transactions and {} values of contracts were read and compared",
        scrubbed.transactions, scrubbed.state_values,
    );
    if scrubbed.without_sum + scrubbed.blocks_without_sum > 0 {
        text.push_str(&format!(
            "\n{} blocks and {} transactions are from before there were check sums: their hashes were compared",
            scrubbed.blocks_without_sum, scrubbed.without_sum
        ));
    }
    if scrubbed.values_without_sum > 0 {
        text.push_str(&format!(
            "\n{} values of contracts have no check sum: only mrms node fsck can tell whether they are right",
            scrubbed.values_without_sum
        ));
    }
    text.push_str("\nmrms node fsck also executes everything again");
    output.result(
        &ScrubbedLedger {
            intact: true,
            blocks,
            transactions: scrubbed.transactions,
            state_values: scrubbed.state_values,
            without_sum: scrubbed.without_sum,
            blocks_without_sum: scrubbed.blocks_without_sum,
            values_without_sum: scrubbed.values_without_sum,
        },
        &text,
    )
}
