//! `-o OUT.tx`: signs a transaction and writes it to a file instead of sending it.
//!
//! With the chain, the nonce and the fee given, no ledger is asked: the key can stay on a machine
//! without a network, and another one sends the file (`mrms tx send`).

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use mrms_app::files::{Existing, Unfinished};
use mrms_core::{ChainId, MicroStx, Nonce};
use mrms_stacks::network::Network;
use mrms_stacks::transaction::{Terms, Unsigned};
use serde_json::json;

use crate::config::Settings;
use crate::failure::Failure;
use crate::home::cannot;
use crate::output::Output;
use crate::remote::network_name;
use crate::workplace::Workplace;

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

/// Signs and writes.
pub(crate) fn write(
    unsigned: Unsigned,
    path: &Path,
    args: &SignArgs,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let (actor, terms) = match (args.chain, args.nonce, args.fee) {
        (Some(chain), Some(nonce), Some(fee)) => {
            let network = Network::of(chain);
            let actor = settings.unlock_on(network)?;
            (actor, Terms { network, nonce: Nonce::new(nonce), fee: MicroStx::new(fee) })
        }
        _ => asked(&unsigned, args, settings, output)?,
    };
    let floor = unsigned.minimum_fee().map_err(Failure::usage)?;
    if terms.fee < floor {
        output.note(&format!("note: nodes take this transaction for {floor} or more"));
    }
    let transaction = unsigned.sign(&actor.key, terms).map_err(Failure::usage)?;
    let wrong = |error| cannot("write", path, &error);
    let mut file = Unfinished::beside(path).map_err(wrong)?;
    file.as_file_mut().write_all(&transaction.encode()).map_err(wrong)?;
    file.finish(path, Existing::Keep).map_err(wrong)?;
    let network = network_name(terms.network);
    output.result(
        &json!({
            "txid": transaction.txid(),
            "output": path,
            "chain_id": terms.network.chain_id.to_string(),
            "sender": actor.principal,
            "nonce": terms.nonce,
            "fee": terms.fee,
        }),
        &format!(
            "{} holds transaction {}\n  for the {network}, from {}, nonce {}, fee {}\n  mrms tx send {} sends it",
            path.display(),
            transaction.txid(),
            actor.principal,
            terms.nonce.number(),
            terms.fee,
            path.display(),
        ),
    )
}

/// What was left open, from the ledger.
fn asked(
    unsigned: &Unsigned,
    args: &SignArgs,
    settings: &Settings,
    output: Output,
) -> Result<(mrms_app::Actor, Terms), Failure> {
    let actor = settings.unlock()?;
    let place = match settings.contract_known()? {
        Some(contract) => Workplace::open_for(settings, contract, output)?,
        None => Workplace::open(settings, output)?,
    };
    let ledger = place.ledger.port();
    let network = ledger.network();
    if args.chain.is_some_and(|chain| chain != network.chain_id) {
        return Err(Failure::usage(format!("the ledger is the {}", network_name(network)))
            .hint("for another chain, give --nonce and --fee as well"));
    }
    let nonce = match args.nonce {
        Some(nonce) => Nonce::new(nonce),
        None => ledger.account(&actor.principal)?.nonce,
    };
    let fee = match args.fee {
        Some(fee) => MicroStx::new(fee),
        None => ledger.fee(unsigned)?,
    };
    Ok((actor, Terms { network, nonce, fee }))
}
