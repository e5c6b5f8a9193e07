//! `-o FILE`: signs transactions and writes them to a file in place of sending them.
//!
//! `mrms tx send` sends the file, from any home with the same ledger. With chain, nonce and fee,
//! `contract deploy`, `revoke` and `key publish` ask no ledger at all, so the key can stay on a machine
//! without a network. The other commands need the ledger for what they sign.

use std::path::{Path, PathBuf};

use clap::Args;
use mrms_app::Actor;
use mrms_app::sending::outcome::Outcome;
use mrms_app::session::{Sending, SignOnly};
use mrms_contract::Call;
use mrms_core::{ChainId, MicroStx, Nonce};
use mrms_files::Target;
use mrms_stacks::network::Network;
use mrms_stacks::transaction::{Terms, Transaction};

use crate::config::Settings;
use crate::ui::failure::{Failure, chain};
use crate::ui::output::Output;
use crate::ui::reasons::not_written;
use crate::ui::results::transaction::SignedTransaction;
use crate::ui::{input, outcome, target};
use mrms_home::OpenHome;

#[derive(Debug, Args)]
#[command(next_help_heading = "Sign without sending")]
pub(crate) struct SignArgs {
    /// Sign the transactions and write them to this file, pipe or device, for mrms tx send. Without
    /// it: they are sent.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Replace the file of -o if it exists. Without it: the command stops.
    #[arg(long, requires = "output")]
    pub(crate) force: bool,
    /// Nonce of the first transaction. Without it: the account's next one, as the ledger has it.
    #[arg(long, value_name = "N", requires = "output")]
    nonce: Option<u64>,
    /// Fee of each transaction in micro-STX (1,000,000 are 1 STX). Without it: what the ledger
    /// estimates.
    #[arg(long, value_name = "N", requires = "output")]
    fee: Option<u64>,
    /// Chain that the transactions are for: mainnet, testnet, embedded, or a chain id such as
    /// 0x80000000. Without it: the ledger's.
    #[arg(long, value_name = "CHAIN", requires = "output", value_parser = parse_chain)]
    chain: Option<ChainId>,
}

fn parse_chain(text: &str) -> Result<ChainId, String> {
    match text {
        "mainnet" => Ok(ChainId::MAINNET),
        "testnet" => Ok(ChainId::TESTNET),
        "embedded" => Ok(ChainId::EMBEDDED),
        _ => text
            .strip_prefix("0x")
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .map(ChainId::new)
            .ok_or_else(|| {
                "a chain is mainnet, testnet, embedded, or an id in hexadecimal".to_owned()
            }),
    }
}

impl SignArgs {
    /// The terms, when all of them are given: then no ledger is needed.
    pub(crate) fn given(&self) -> Option<Terms> {
        let network = Network::of(self.chain?);
        Some(Terms { network, nonce: Nonce::new(self.nonce?), fee: MicroStx::new(self.fee?) })
    }

    /// Signs a call of the records contract without asking a ledger, when nonce, fee and chain are given and
    /// the signer pays the fee. `None` when a ledger is needed.
    pub(crate) fn sign_without_ledger(
        &self,
        settings: &Settings,
        output: Output,
        call: impl FnOnce(&Actor) -> Result<Call, Failure>,
    ) -> Result<Option<()>, Failure> {
        let sponsored = settings.home.settings().remote.sponsor.is_some();
        let (Some(path), Some(terms)) = (&self.output, self.given().filter(|_| !sponsored)) else {
            return Ok(None);
        };
        if settings.home.settings().sending == Sending::DryRun {
            return Ok(None);
        }
        let actor = settings.home.unlock_on(terms.network)?;
        let contract = settings.home.contract_on(terms.network)?;
        let call = call(&actor)?;
        let unsigned = Transaction::contract_call(contract, call.function, call.arguments);
        let signed = unsigned.sign(&actor.key, terms).map_err(Failure::usage)?;
        self.write(&[signed], path, output).map(Some)
    }

    /// Fails where several things are to be signed into one file.
    pub(crate) fn must_be_one(&self, count: usize) -> Result<(), Failure> {
        match (&self.output, count) {
            (None, _) | (_, 0 | 1) => Ok(()),
            (Some(_), count) => {
                Err(Failure::usage(format!("{count} things are to be signed, and -o takes one"))
                    .hint("sign them one by one, each into a file of its own"))
            }
        }
    }

    /// Opens the home; with a file to write, transactions are signed and not sent.
    pub(crate) fn open(&self, settings: &Settings) -> Result<OpenHome, Failure> {
        self.prepare(settings.home.open()?)
    }

    /// The same for a home that is open.
    pub(crate) fn prepare(&self, mut home: OpenHome) -> Result<OpenHome, Failure> {
        if self.output.is_none() {
            return Ok(home);
        }
        let network = home.ledger().port().network();
        if self.chain.is_some_and(|chain| chain != network.chain_id) {
            return Err(Failure::usage(format!("the ledger is the {}", network.chain_id.name()))
                .hint("name the ledger of that chain with --ledger"));
        }
        let (nonce, fee) = (self.nonce.map(Nonce::new), self.fee.map(MicroStx::new));
        home.sign_only(SignOnly { nonce, fee });
        Ok(home)
    }

    /// What a use case has done; `None` where its transactions were written to the file, or a dry
    /// run's plan was printed.
    pub(crate) fn done<T>(
        &self,
        outcome: Outcome<T>,
        output: Output,
    ) -> Result<Option<T>, Failure> {
        match (&self.output, outcome) {
            (Some(path), Outcome::Signed(signed)) => {
                self.write(&signed, path, output).map(|()| None)
            }
            (_, outcome) => outcome::done(outcome, output),
        }
    }
}

impl SignArgs {
    /// Writes signed transactions: the bytes of one, or a line of hexadecimal for each of several.
    pub(crate) fn write(
        &self,
        signed: &[Transaction],
        path: &Path,
        output: Output,
    ) -> Result<(), Failure> {
        let target = target::open(path, self.force)?;
        if target.is_stdout() && output.is_json() {
            return Err(Failure::usage("transactions and JSON cannot both go to standard output")
                .hint("name a file with -o"));
        }
        write(signed, target, output)
    }
}

fn write(signed: &[Transaction], mut target: Target, output: Output) -> Result<(), Failure> {
    let (path, to_stdout) = (target.path().to_owned(), target.is_stdout());
    let path = path.as_path();
    let bytes = match signed {
        [one] => one.encode(),
        several => several.iter().fold(Vec::new(), |mut text, transaction| {
            text.extend_from_slice(hex::encode(transaction.encode()).as_bytes());
            text.push(b'\n');
            text
        }),
    };
    let written = target.as_write().write_all(&bytes);
    written.map_err(|error| not_written(target::name_of(&target), &error))?;
    target::finish(target)?;
    if to_stdout {
        return Ok(());
    }
    for transaction in signed {
        let floor = transaction.minimum_fee();
        if !transaction.awaits_sponsor() && transaction.fee() < floor {
            output.note(&format!("note: nodes take this transaction for {floor} or more"));
        }
        let (network, sender) = (transaction.network(), transaction.origin());
        let origin = transaction.authorization().origin();
        let fee = match transaction.awaits_sponsor() {
            true => "the fee for a sponsor to pay".to_owned(),
            false => format!("fee {}", transaction.fee()),
        };
        output.result(
            &SignedTransaction {
                txid: transaction.txid(),
                output: path,
                chain_id: network.chain_id.to_string(),
                sender,
                nonce: origin.nonce,
                fee: transaction.fee(),
                sponsored: transaction.awaits_sponsor(),
            },
            &format!(
                "{} holds transaction {}\n  for the {}, from {sender}, nonce {}, {fee}",
                path.display(),
                transaction.txid(),
                network.chain_id.name(),
                origin.nonce.number(),
            ),
        )?;
    }
    output.note(&format!("mrms tx send {} sends it", path.display()));
    Ok(())
}

/// The transactions in a file that [`write()`] wrote, or another program: bytes, or hexadecimal, one
/// a line.
pub(crate) fn read(path: &Path) -> Result<Vec<Transaction>, Failure> {
    let bytes = input::read(path, input::MOST_EXPORT)?;
    let wrong = |error: &dyn std::error::Error| {
        Failure::usage(format!("{} is no signed transaction: {}", path.display(), chain(error)))
            .hint("create, amend, grant, revoke, key publish, contract call and contract deploy write one with -o FILE")
    };
    let line =
        |line: &str| mrms_core::hexadecimal::decode(line.trim().trim_start_matches("0x")).ok();
    let text = std::str::from_utf8(&bytes).ok();
    let lines = text.and_then(|text| text.split_whitespace().map(line).collect::<Option<Vec<_>>>());
    let mut transactions = Vec::new();
    for bytes in lines.filter(|lines| !lines.is_empty()).unwrap_or_else(|| vec![bytes]) {
        let transaction = Transaction::decode(&bytes).map_err(|error| wrong(&error))?;
        match transaction.awaits_sponsor() {
            true => transaction.verify_origin(),
            false => transaction.verify(),
        }
        .map_err(|error| wrong(&error))?;
        transactions.push(transaction);
    }
    Ok(transactions)
}
