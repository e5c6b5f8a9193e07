//! `mrms tx`: lists and follows transactions, and sends those that were signed with `-o`.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use clap::Subcommand;
use mrms_app::ledger::{LedgerError, Payer, Receipt, Status, Tip};
use mrms_app::sending::outcome::check;
use mrms_app::sending::replace::{ReplaceError, Waiting};
use mrms_core::{Finality, MicroStx, TxId, visible};
use mrms_stacks::transaction::{Payload, Transaction};

use crate::commands::contract::sign;
use crate::config::Settings;
use crate::ui::failure::{Exit, Failure};
use crate::ui::output::{Output, confirm};
use crate::ui::results::transaction::{
    self as results, DroppedOperation, ExecutionStatus, IncludedTransaction, ListedTransaction,
    WaitingTransaction,
};
use crate::ui::times;
use mrms_home::OpenHome;
use mrms_home::ledger::status::TransactionStatus;

/// The longest pause between two questions to the ledger.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

#[derive(Debug, Subcommand)]
pub(crate) enum TxCommand {
    /// List the transactions of this profile that are not in a block yet.
    List,
    /// Show a transaction's status, result and block.
    Show {
        /// Id of the transaction, in hexadecimal.
        txid: TxId,
    },
    /// Wait until a transaction is in a block.
    #[command(
        after_help = "It waits as long as [ledger] wait of mrms.toml says: 600 seconds, unless set. \
        If the transaction is still not in a block, the exit code is 6."
    )]
    Wait {
        /// Id of the transaction, in hexadecimal.
        txid: TxId,
    },
    /// Offer a higher fee for what waits for a block.
    #[command(
        after_help = "The same calls are signed again with the same nonces, so that each happens once, whichever of them \
        gets into a block.\n\n\
        Examples:\n  \
        mrms tx bump\n  \
        mrms tx bump --fee 5000"
    )]
    Bump {
        /// Id of a transaction of what is meant, as mrms tx list prints it. Without it: all that waits.
        txid: Option<TxId>,
        /// The fee of each transaction, in micro-STX. Without it: the network's estimate, and a quarter more than before.
        #[arg(long)]
        fee: Option<u64>,
    },
    /// Take back what waits: a transaction and all behind it, or everything.
    #[command(
        after_help = "What stands in a block can't be taken back. In the place of what the ledger may have, a transaction that \
        does nothing is signed and sent, with a higher fee; if the other one comes first after all, the command says \
        so. What waits for a sponsor is forgotten; the sponsor may have sent it, and then mrms audit shows it.\n\n\
        Example:\n  mrms tx drop"
    )]
    Drop {
        /// Id of the first transaction to take back, as mrms tx list prints it. Without it: all.
        txid: Option<TxId>,
    },
    /// Pay the fees yourself of what waits for a sponsor, and send it.
    #[command(
        after_help = "The same calls are signed again with the same nonces. If the sponsor sends them \
        after all, each still happens once."
    )]
    Pay,
    /// Send the transactions that a command wrote with -o, here or on another machine.
    #[command(after_help = "Examples:\n  \
        mrms revoke 123 ST1CKZ8375QQB3BEXZ7TR2TWN1XK65YS3ZNBRZPXC -o revoke.tx\n  \
        mrms tx send revoke.tx")]
    Send {
        /// File with one transaction's bytes, or with transactions in hexadecimal, one on each line.
        file: PathBuf,
    },
}

impl TxCommand {
    pub(crate) fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        match self {
            Self::List => list(settings, output),
            Self::Show { txid } => {
                let home = settings.home.open()?;
                let status = home.ledger().status(&txid)?;
                report(&txid, &status, &home, output)?;
                match status {
                    TransactionStatus::Unknown => Err(unknown(&txid)),
                    _ => Ok(()),
                }
            }
            Self::Wait { txid } => wait(&txid, settings, output),
            Self::Bump { txid, fee } => bump(txid.as_ref(), fee, settings, output),
            Self::Drop { txid } => drop_waiting(txid.as_ref(), settings, output),
            Self::Pay => pay(settings, output),
            Self::Send { file } => send(&file, settings, output),
        }
    }
}

fn list(settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.home.folder().card(settings.home.profile())?;
    // Opening the home finishes what was begun, as far as it can; the rest still waits.
    let home = settings.home.open()?;
    let unfinished = home.session().unfinished()?;
    if unfinished.is_empty() && !output.is_json() {
        // What can't be read was told when the home was opened.
        let is_all = home.session().profile.unreadable_operations()?.is_empty();
        return output.text(match is_all {
            true => "nothing waits: all that was sent stands in a block",
            false => "nothing waits of what can be read",
        });
    }
    for operation in unfinished {
        for transaction in operation.transactions.iter().flatten() {
            let txid = transaction.txid();
            let nonce = transaction.authorization().origin().nonce;
            let status = results::TransactionStatus::from(&home.ledger().status(&txid)?);
            output.result(
                &ListedTransaction {
                    txid,
                    status,
                    description: &operation.description,
                    nonce,
                    fee: transaction.fee(),
                },
                &format!(
                    "{txid}  {:<10} nonce {}, {}: {}",
                    status.word(),
                    nonce.number(),
                    transaction.fee(),
                    operation.description,
                ),
            )?;
        }
    }
    Ok(())
}

fn drop_waiting(from: Option<&TxId>, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_not_rehearse("tx drop")?;
    settings.home.folder().card(settings.home.profile())?;
    let home = settings.home.open()?;
    let waiting = home.session().waiting(from)?;
    let what: Vec<_> = waiting.iter().map(|one| one.description.as_str()).collect();
    // Nobody else waits for the answer.
    drop(home);
    confirm(&format!("This will not be done: {}. Take it back?", what.join("; ")), settings.yes)?;
    let home = settings.home.open()?;
    let dropped = match home.session().drop_waiting(None, from) {
        Err(ReplaceError::NeedsKey { .. }) => {
            let actor = settings.home.unlock()?;
            home.session().drop_waiting(Some(&actor), from)?
        }
        dropped => dropped?,
    };
    for Waiting { description, txids, needs_sponsor } in dropped {
        let remark = match needs_sponsor {
            true => " (unless the sponsor has sent it already)",
            false => "",
        };
        output.result(
            &DroppedOperation { description: &description, txids: &txids },
            &format!("forgotten: {description}{remark}"),
        )?;
    }
    Ok(())
}

fn bump(
    which: Option<&TxId>,
    fee: Option<u64>,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    settings.must_not_rehearse("tx bump")?;
    let actor = settings.home.unlock()?;
    let home = settings.home.open()?;
    let receipts = home.session().bump_waiting(&actor, which, fee.map(MicroStx::new))?;
    report_all(&receipts, &home, output)
}

fn pay(settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_not_rehearse("tx pay")?;
    let actor = settings.home.unlock()?;
    let home = settings.home.open()?;
    home.fund(&actor)?;
    report_all(&home.session().pay_waiting(&actor)?, &home, output)
}

fn wait(txid: &TxId, settings: &Settings, output: Output) -> Result<(), Failure> {
    let home = settings.home.open()?;
    let began = Instant::now();
    let mut pause = Duration::from_millis(200);
    loop {
        let status = home.ledger().status(txid)?;
        match status {
            TransactionStatus::Included(_) => return report(txid, &status, &home, output),
            TransactionStatus::Unknown => {
                report(txid, &status, &home, output)?;
                return Err(unknown(txid));
            }
            TransactionStatus::Pending | TransactionStatus::Dropped { .. } => {}
        }
        if began.elapsed() >= settings.home.settings().remote.wait {
            return Err(LedgerError::Pending { txid: *txid }.into());
        }
        thread::sleep(pause);
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
    }
}

fn unknown(txid: &TxId) -> Failure {
    Failure::new(Exit::NotFound, "no-such-transaction", format!("nobody has transaction {txid}"))
        .hint("compare the id; a transaction can be forgotten before it stands in a block, and is then sent again by the next command")
}

fn report(
    txid: &TxId,
    status: &TransactionStatus,
    home: &OpenHome,
    output: Output,
) -> Result<(), Failure> {
    let TransactionStatus::Included(receipt) = status else {
        return match status {
            TransactionStatus::Unknown => Ok(()),
            _ => output.result(
                &WaitingTransaction { txid: *txid, status: status.into() },
                &format!("{txid}\n  {}", status_words(status)),
            ),
        };
    };
    let tip = home.session().ledger.tip()?;
    let final_after = Finality::of(home.ledger().port().network().chain_id);
    let status = ExecutionStatus::from(receipt.status);
    let finality = finality(final_after, receipt, tip);
    output.result(
        &IncludedTransaction {
            txid: *txid,
            status,
            result: receipt.result.to_json(),
            result_repr: receipt.result.to_string(),
            block_height: receipt.block_height,
            burn_height: receipt.burn_height,
            time: times::rfc3339(receipt.time),
            confirmations: confirmations(receipt, tip),
            burn_confirmations: burn_confirmations(receipt, tip),
            is_final: final_after.is_final(receipt.burn_height, tip.burn_height),
        },
        &format!(
            "{txid}\n  {}: {}\n  in block {} of the {}, {}: {finality}",
            status.word(),
            receipt.result,
            receipt.block_height,
            home.session().ledger.name(),
            times::local(receipt.time),
        ),
    )
}

fn confirmations(receipt: &Receipt, tip: Tip) -> u64 {
    (tip.block_height.number() + 1).saturating_sub(receipt.block_height.number())
}

fn burn_confirmations(receipt: &Receipt, tip: Tip) -> u64 {
    tip.burn_height.since(receipt.burn_height)
}

/// How final a block is, for people.
fn finality(final_after: Finality, receipt: &Receipt, tip: Tip) -> String {
    if final_after == Finality::AT_ONCE {
        return "final".to_owned();
    }
    match final_after.missing(receipt.burn_height, tip.burn_height) {
        0 => format!("final, as Bitcoin is after {} blocks", burn_confirmations(receipt, tip)),
        missing => format!(
            "confirmed by {} Stacks blocks; final with Bitcoin after {missing} more Bitcoin blocks",
            confirmations(receipt, tip),
        ),
    }
}

fn send(path: &Path, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_not_rehearse("tx send")?;
    let transactions = sign::read(path)?;
    settings.home.folder().card(settings.home.profile())?;
    let home = settings.home.open()?;
    let session = home.session();
    let elsewhere = |one: &&Transaction| one.network() != session.ledger.network();
    if let Some(transaction) = transactions.iter().find(elsewhere) {
        return Err(Failure::usage(format!(
            "the transaction is for the {}, the ledger is the {}",
            transaction.network().chain_id.name(),
            session.ledger.name(),
        ))
        .hint("--ledger URL reaches another ledger"));
    }
    let awaits_sponsor = transactions.iter().any(Transaction::awaits_sponsor);
    if awaits_sponsor && session.ledger.payer() != Payer::Sponsor {
        return Err(LedgerError::NoSponsor.into());
    }
    let own = transactions.iter().filter(|transaction| !transaction.awaits_sponsor());
    let fees =
        own.clone().fold(0_u64, |sum, transaction| sum.saturating_add(transaction.fee().number()));
    if fees > 0 {
        session.ledger.agree(MicroStx::new(fees), own.count())?;
    }
    let what: Vec<_> = transactions.iter().map(description).collect();
    let receipts = session.send_signed(&what.join(", "), &transactions)?;
    report_all(&receipts, &home, output)
}

fn report_all(receipts: &[Receipt], home: &OpenHome, output: Output) -> Result<(), Failure> {
    for receipt in receipts {
        let status = TransactionStatus::Included(Box::new(receipt.clone()));
        report(&receipt.txid, &status, home, output)?;
    }
    match receipts.iter().find(|receipt| receipt.status != Status::Success) {
        None => Ok(()),
        Some(receipt) => Ok(check(receipt)?),
    }
}

fn description(transaction: &Transaction) -> String {
    match transaction.payload() {
        Payload::ContractCall(call) => format!("call {} {}", call.contract, call.function),
        Payload::SmartContract(contract) => format!("deploy contract {}", contract.name),
        Payload::TokenTransfer { recipient, amount, .. } => format!("send {amount} to {recipient}"),
    }
}

/// The status of a transaction, for people.
fn status_words(status: &TransactionStatus) -> String {
    match status {
        TransactionStatus::Unknown => "nobody has it".to_owned(),
        TransactionStatus::Pending => "pending: it waits for a block".to_owned(),
        TransactionStatus::Dropped { reason } => {
            format!("the network dropped it: {}", visible::line(reason))
        }
        TransactionStatus::Included(_) => "it stands in a block".to_owned(),
    }
}
