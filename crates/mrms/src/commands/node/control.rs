//! `mrms node advance`, `mine`, `mining`, `faucet`, `snapshot` and `revert`: an operator's control of the
//! embedded ledger. A running node does the work; if none runs, this process opens the ledger itself.

use std::num::ParseIntError;
use std::str::FromStr;

use clap::Args;
use mrms_core::StandardPrincipal;
use mrms_node::control::{Command, Done, MiningText};
use mrms_node::rpc::Mining;

use crate::config::Settings;
use crate::ui::failure::{Exit, Failure};
use crate::ui::output::{Output, confirm};
use crate::ui::results::node::{FundedAccount, Heights, MadeBlock, RevertedLedger, SavedSnapshot};
use mrms_home::ledger::embedded::EmbeddedLedger;
use mrms_home::ledger::served::{OwnLedger, OwnNode};

#[derive(Debug, Args)]
pub(crate) struct FaucetArgs {
    /// Principal of the account.
    #[arg(value_name = "PRINCIPAL")]
    account: StandardPrincipal,
    /// Amount in micro-STX (1,000,000 are 1 STX).
    amount: u64,
}

/// When blocks are made, as it is written: `auto`, `manual`, `5s`, `500ms` or `2m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pace(MiningText);

impl Pace {
    /// The setting that a node starts with.
    pub(crate) fn mining(self) -> Mining {
        self.0.into()
    }
}

impl FromStr for Pace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str, milliseconds: u32| {
            let number: Result<u32, ParseIntError> = text.parse();
            let time = number.ok().and_then(|number| number.checked_mul(milliseconds));
            time.filter(|time| *time > 0)
        };
        let time = match text {
            "auto" => return Ok(Self(MiningText::Auto)),
            "manual" => return Ok(Self(MiningText::Manual)),
            _ => text
                .strip_suffix("ms")
                .map(|digits| number(digits, 1))
                .or_else(|| text.strip_suffix('s').map(|digits| number(digits, 1_000)))
                .or_else(|| text.strip_suffix('m').map(|digits| number(digits, 60_000))),
        };
        time.flatten()
            .map(|time| Self(MiningText::EveryMilliseconds(time)))
            .ok_or_else(|| "write auto, manual, or a time such as 5s, 500ms or 2m".to_owned())
    }
}

pub(super) fn advance(blocks: u64, settings: &Settings, output: Output) -> Result<(), Failure> {
    let done =
        operate("node advance", &Command::Advance { burn_blocks: blocks }, settings, |ledger| {
            Ok(ledger.advance(blocks)?)
        })?;
    output.result(
        &Heights::from(&done),
        &format!(
            "burn height is now {}, recorded in block {}",
            done.burn_height, done.block_height
        ),
    )
}

pub(super) fn mine(settings: &Settings, output: Output) -> Result<(), Failure> {
    let done = operate("node mine", &Command::Mine {}, settings, |ledger| Ok(ledger.mine()?))?;
    let transactions = done.transactions.unwrap_or(0);
    let object = MadeBlock { heights: (&done).into(), transactions };
    let text = format!("block {} with {transactions} waiting transactions", done.block_height);
    output.result(&object, &text)
}

pub(super) fn faucet(
    args: &FaucetArgs,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let FaucetArgs { account, amount } = args;
    let command = Command::Faucet { account: account.to_string(), amount: amount.to_string() };
    let done = operate("node faucet", &command, settings, |ledger| {
        Ok(ledger.faucet(account, u128::from(*amount))?)
    })?;
    let object = FundedAccount { heights: (&done).into(), account: *account, amount: *amount };
    let block = done.block_height;
    let text = format!("{amount} micro-STX were made for {account}, recorded in block {block}");
    output.result(&object, &text)
}

pub(super) fn mining(pace: Pace, settings: &Settings, output: Output) -> Result<(), Failure> {
    let done = ask("node mining", &Command::Mining { mode: pace.0 }, settings)?;
    let text = match pace.0 {
        MiningText::Manual => "blocks are made when mrms node mine asks for one".to_owned(),
        MiningText::EveryMilliseconds(time) => {
            format!("a block is made every {time} ms while anything waits")
        }
        _ => "blocks are made at once".to_owned(),
    };
    output.result(&Heights::from(&done), &text)
}

pub(super) fn snapshot(settings: &Settings, output: Output) -> Result<(), Failure> {
    let done = ask("node snapshot", &Command::Snapshot {}, settings)?;
    let snapshot = done.snapshot.clone().unwrap_or_default();
    let object = SavedSnapshot { heights: (&done).into(), snapshot: &snapshot };
    let text =
        format!("{snapshot}\nmrms node revert {snapshot} goes back to it while this node runs");
    output.result(&object, &text)
}

pub(super) fn revert(snapshot: String, settings: &Settings, output: Output) -> Result<(), Failure> {
    // Without a running node there is nothing to confirm.
    let node = running("node revert", settings)?;
    let question = format!(
        "Blocks after snapshot {snapshot} are dropped for good, with all acknowledged transactions in them; the next block records it. Go ahead?"
    );
    confirm(&question, settings.yes)?;
    let done = node.ask(&Command::Revert { snapshot })?;
    let dropped = done.dropped_blocks.unwrap_or(0);
    let object = RevertedLedger { heights: (&done).into(), dropped_blocks: dropped };
    let text = match dropped {
        0 => "nothing has happened since: nothing was dropped".to_owned(),
        _ => format!("{dropped} blocks were dropped; block {} says so", done.block_height),
    };
    output.result(&object, &text)
}

/// Lets the running node do it; if none runs, does it to the ledger in this process.
fn operate(
    name: &str,
    command: &Command,
    settings: &Settings,
    here: impl FnOnce(&EmbeddedLedger) -> Result<(), Failure>,
) -> Result<Done, Failure> {
    match own(name, settings)? {
        OwnLedger::Served(node) => Ok(node.ask(command)?),
        OwnLedger::Here(ledger) => {
            here(&ledger)?;
            Ok(ledger.heights()?)
        }
    }
}

/// Lets the running node do it. Fails if none runs.
fn ask(name: &str, command: &Command, settings: &Settings) -> Result<Done, Failure> {
    Ok(running(name, settings)?.ask(command)?)
}

fn running(name: &str, settings: &Settings) -> Result<OwnNode, Failure> {
    match own(name, settings)? {
        OwnLedger::Served(node) => Ok(node),
        OwnLedger::Here(_) => {
            Err(Failure::new(Exit::Failed, "no-node", format!("mrms {name} needs a running node"))
                .hint("start one that allows it: mrms node run --admin"))
        }
    }
}

fn own(name: &str, settings: &Settings) -> Result<OwnLedger, Failure> {
    settings.must_not_rehearse(name)?;
    settings.must_be_embedded(name)?;
    settings.home.require()?;
    Ok(settings.home.own_ledger()?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn pace_has_a_unit_and_is_not_zero() {
        for text in ["", "5", "0s", "-1s", "5h", "s", "automatic", "99999999m", "1.5s"] {
            assert!(text.parse::<Pace>().is_err(), "{text}");
        }
        let every = |text: &str| text.parse::<Pace>().unwrap().0;
        assert_eq!(every("5s"), MiningText::EveryMilliseconds(5_000));
        assert_eq!(every("500ms"), MiningText::EveryMilliseconds(500));
        assert_eq!(every("2m"), MiningText::EveryMilliseconds(120_000));
        assert_eq!(every("manual"), MiningText::Manual);
    }
}
