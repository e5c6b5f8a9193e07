//! `-o FILE`: signs transactions and writes them to a file in place of sending them.
//!
//! `mrms tx send` sends the file, from any home with the same ledger. `contract deploy` with chain,
//! nonce and fee asks no ledger at all, so its key can stay on a machine without a network.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use mrms_app::sending::outcome::Outcome;
use mrms_app::session::SignOnly;
use mrms_core::{ChainId, MicroStx, Nonce};
use mrms_files::{Existing, Unfinished};
use mrms_stacks::network::Network;
use mrms_stacks::transaction::{Terms, Transaction};

use crate::config::Settings;
use crate::ui::failure::{Failure, chain};
use crate::ui::outcome;
use crate::ui::output::Output;
use crate::ui::reasons::cannot;
use crate::ui::results::transaction::SignedTransaction;
use mrms_home::OpenHome;
use mrms_home::ledger::remote::network_name;

#[derive(Debug, Args)]
#[command(next_help_heading = "Sign without sending")]
pub(crate) struct SignArgs {
    /// Sign the transactions and write them to this new file, for mrms tx send. Without it: they are
    /// sent.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
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
            return Err(Failure::usage(format!("the ledger is the {}", network_name(network)))
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
            (Some(path), Outcome::Signed(signed)) => write(&signed, path, output).map(|()| None),
            (_, outcome) => outcome::done(outcome, output),
        }
    }
}

/// Writes signed transactions: the bytes of one, or a line of hexadecimal for each of several.
pub(crate) fn write(signed: &[Transaction], path: &Path, output: Output) -> Result<(), Failure> {
    let bytes = match signed {
        [one] => one.encode(),
        several => several.iter().fold(Vec::new(), |mut text, transaction| {
            text.extend_from_slice(hex::encode(transaction.encode()).as_bytes());
            text.push(b'\n');
            text
        }),
    };
    let wrong = |error| cannot("write", path, &error);
    let mut file = Unfinished::beside(path).map_err(wrong)?;
    file.as_file_mut().write_all(&bytes).map_err(wrong)?;
    file.finish(path, Existing::Keep).map_err(wrong)?;
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
                network_name(network),
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
    let bytes = fs::read(path).map_err(|error| cannot("read", path, &error))?;
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
