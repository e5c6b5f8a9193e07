//! `mrms node accept-loss`: lets the ledger go on without blocks that it had acknowledged, and that are lost.

use clap::Args;

use crate::config::Settings;
use crate::ui::failure::{Exit, Failure};
use crate::ui::output::{Output, typed};
use crate::ui::results::node::AcceptedLoss;
use mrms_app::ledger::LedgerError;
use mrms_home::HomeError;

#[derive(Debug, Args)]
#[command(
    after_help = "Every other command refuses to work on a ledger that lacks blocks, and says which. Look for them \
    first: the file ledger.sqlite-wal belongs beside ledger.sqlite, and a backup may have them. What is accepted as lost \
    is lost for everybody: records, grants, revokes and entries of the logs. A revoke that is lost no longer counts.\n\n\
    Example:\n  mrms node accept-loss --ends-at 41"
)]
pub(crate) struct LossArgs {
    /// Height of the newest block that is left, as the refusal names it. Without it: the command asks. --yes does
    /// not answer that.
    #[arg(long, value_name = "HEIGHT")]
    ends_at: Option<u32>,
}

pub(super) fn accept(args: &LossArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_not_rehearse("node accept-loss")?;
    settings.must_be_embedded("node accept-loss")?;
    settings.home.require()?;
    let home = settings.home.folder();
    let missing = match home.must_have_its_blocks_on_disk() {
        Ok(()) => {
            home.accept_loss(settings.home.settings().lock_wait)?;
            return nothing(output);
        }
        Err(HomeError::Ledger(error @ LedgerError::Behind { .. })) => error.to_string(),
        Err(error) => return Err(error.into()),
    };
    let ends = home.ledger_ends_at()?;
    let answer = match args.ends_at {
        Some(height) => height.to_string(),
        None => typed(
            &format!(
                "{missing}\nWhat is missing stays lost, for everybody, and a block of the ledger says so for ever. Type the height of the newest block that is left to go on without it:"
            ),
            "--ends-at HEIGHT",
        )?,
    };
    if answer != ends.to_string() {
        return Err(Failure::new(
            Exit::Usage,
            "not-confirmed",
            format!("the ledger ends at block {ends}, and not at {answer}: nothing was done"),
        )
        .hint("look again which blocks are missing: mrms node fsck says so"));
    }
    let accepted = home.accept_loss(settings.home.settings().lock_wait)?;
    let Some(loss) = accepted else { return nothing(output) };
    let recorded = loss.recorded_in.number();
    output.result(
        &AcceptedLoss {
            lost_height: Some(loss.newest.height.get()),
            lost_hash: Some(loss.newest.hash.to_string()),
            recorded_in: Some(recorded),
        },
        &format!(
            "the ledger goes on after block {ends}; block {recorded} says that block {} ({}) is lost\ntell everybody who works on this ledger: what they did after block {ends} has to be done again, above all what they revoked",
            loss.newest.height, loss.newest.hash,
        ),
    )
}

fn nothing(output: Output) -> Result<(), Failure> {
    let nothing = AcceptedLoss { lost_height: None, lost_hash: None, recorded_in: None };
    output.result(&nothing, "nothing is missing: no block was made")
}
