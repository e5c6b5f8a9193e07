//! `-o OUT.tx`: signs a transaction and writes it to a file instead of sending it.
//!
//! With the chain, the nonce and the fee given, no ledger is asked: the key can stay on a machine
//! without a network, and another one sends the file (`mrms tx send`).

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use mrms_app::Actor;
use mrms_app::files::{Existing, Unfinished};
use mrms_app::ledger::Ledger;
use mrms_core::{ChainId, MicroStx, Nonce, StandardPrincipal};
use mrms_stacks::network::Network;
use mrms_stacks::transaction::{Terms, Unsigned};
use serde_json::json;

use crate::failure::Failure;
use crate::home::cannot;
use crate::output::Output;
use crate::remote::network_name;

#[derive(Debug, Args)]
pub(crate) struct SignArgs {
    /// Sign the transaction and write it to this file instead of sending it.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Its nonce; asked of the ledger when left out.
    #[arg(long, value_name = "N", requires = "output")]
    nonce: Option<u64>,
    /// Its fee in micro-STX; asked of the ledger when left out.
    #[arg(long, value_name = "N", requires = "output")]
    fee: Option<u64>,
    /// The chain that it is for: mainnet, testnet, embedded, or a chain id like 0x80000000; the
    /// ledger's when left out.
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
    /// The terms, when all of them are given.
    pub(crate) fn given(&self) -> Option<Terms> {
        let network = Network::of(self.chain?);
        Some(Terms { network, nonce: Nonce::new(self.nonce?), fee: MicroStx::new(self.fee?) })
    }

    /// The terms, what is not given asked of the ledger.
    pub(crate) fn ask(
        &self,
        unsigned: &Unsigned,
        sender: &StandardPrincipal,
        ledger: &dyn Ledger,
    ) -> Result<Terms, Failure> {
        let network = ledger.network();
        if self.chain.is_some_and(|chain| chain != network.chain_id) {
            return Err(Failure::usage(format!("the ledger is the {}", network_name(network)))
                .hint("name the ledger of that chain with --ledger, or give --nonce and --fee"));
        }
        let nonce = match self.nonce {
            Some(nonce) => Nonce::new(nonce),
            None => ledger.account(sender)?.nonce,
        };
        let fee = match self.fee {
            Some(fee) => MicroStx::new(fee),
            None => ledger.fee(unsigned)?,
        };
        Ok(Terms { network, nonce, fee })
    }
}

/// Signs, and writes the file.
pub(crate) fn write(
    unsigned: Unsigned,
    actor: &Actor,
    terms: Terms,
    path: &Path,
    output: Output,
) -> Result<(), Failure> {
    let floor = unsigned.minimum_fee().map_err(Failure::usage)?;
    if terms.fee < floor {
        output.note(&format!("note: nodes take this transaction for {floor} or more"));
    }
    let transaction = unsigned.sign(&actor.key, terms).map_err(Failure::usage)?;
    let wrong = |error| cannot("write", path, &error);
    let mut file = Unfinished::beside(path).map_err(wrong)?;
    file.as_file_mut().write_all(&transaction.encode()).map_err(wrong)?;
    file.finish(path, Existing::Keep).map_err(wrong)?;
    let sender = transaction.origin();
    output.result(
        &json!({
            "txid": transaction.txid(),
            "output": path,
            "chain_id": terms.network.chain_id.to_string(),
            "sender": sender,
            "nonce": terms.nonce,
            "fee": terms.fee,
        }),
        &format!(
            "{} holds transaction {}\n  for the {}, from {sender}, nonce {}, fee {}\n  mrms tx send {} sends it",
            path.display(),
            transaction.txid(),
            network_name(terms.network),
            terms.nonce.number(),
            terms.fee,
            path.display(),
        ),
    )
}
