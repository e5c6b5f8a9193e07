//! `mrms contract`: deploys, checks and calls contracts.

pub(crate) mod costs;
pub(crate) mod sign;
pub(crate) mod tx;
pub(crate) mod version;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use mrms_app::ledger::{Receipt, Status};
use mrms_contract::ContractError;
use mrms_core::{ContractId, ContractName};
use mrms_stacks::abi::{Access, Function, Interface};
use mrms_stacks::clarity::{ClarityName, Value};
use mrms_stacks::transaction::{ClarityVersion, ContractSource, Transaction};
use sha2::{Digest, Sha256};

use crate::config::Settings;
use crate::ui::failure::{Exit, Failure};
use crate::ui::input;
use crate::ui::output::Output;
use crate::ui::reasons::refusal_failure;
use crate::ui::results::contract::{CalledFunction, DeployedContract, ReadFunction};
use mrms_home::OpenHome;
use sign::SignArgs;
use version::OtherSource;

#[derive(Debug, Subcommand)]
pub(crate) enum ContractCommand {
    /// Deploy the records contract, or another one from a Clarity file.
    #[command(
        after_help = "With -o, --chain, --nonce and --fee the command asks no ledger, so the key can stay on a \
        machine without a network.\n\nExample:\n  \
        mrms contract deploy -o deploy.tx --chain testnet --nonce 0 --fee 200000"
    )]
    Deploy {
        /// Clarity file with the contract's source. Without it: the records contract of this program.
        file: Option<PathBuf>,
        /// Name of the contract. Without it: the file's name without its extension.
        #[arg(long)]
        name: Option<ContractName>,
        #[command(flatten)]
        sign: SignArgs,
    },
    /// Show a deployed contract, and compare its source with the one in this program.
    Status(Named),
    /// Use another records contract for new records; existing records stay with theirs.
    Use {
        /// Id of the contract, ADDRESS.NAME.
        id: ContractId,
        /// Accept a source that is not the one in this program; read it first (mrms contract source).
        /// Without it: such a contract is refused.
        #[arg(long)]
        accept_other_source: bool,
    },
    /// Call a public function of a contract, in a signed transaction.
    #[command(after_help = "Example:\n  \
        mrms contract call access-medical-record '{\"record-id\": \"123\"}'")]
    Call {
        /// Name of the function, such as access-medical-record.
        function: String,
        /// The function's arguments: a JSON object with the arguments' names.
        #[arg(default_value = "{}")]
        arguments: String,
        #[command(flatten)]
        named: Named,
        #[command(flatten)]
        sign: SignArgs,
    },
    /// Call a read-only function of a contract; it costs nothing and leaves no entry.
    #[command(after_help = "Example:\n  mrms contract read get-record '{\"record-id\": \"123\"}'")]
    Read {
        /// Name of the function, such as get-record.
        function: String,
        /// The function's arguments: a JSON object with the arguments' names.
        #[arg(default_value = "{}")]
        arguments: String,
        #[command(flatten)]
        named: Named,
    },
    /// Print the source of a deployed contract.
    Source(Named),
    /// Measure what each function costs, in the five limits of a Stacks network's block.
    Costs,
}

/// Which contract.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// Id of the contract. Without it: this home's records contract.
    #[arg(long, value_name = "ADDRESS.NAME")]
    pub(super) contract: Option<ContractId>,
}

impl Named {
    pub(crate) fn id(&self, home: &OpenHome) -> ContractId {
        self.contract.clone().unwrap_or_else(|| home.contract().clone())
    }

    /// Opens the home. If a contract is named on a network, no records contract need be known.
    pub(crate) fn open(&self, settings: &Settings) -> Result<OpenHome, Failure> {
        match (&self.contract, &settings.home.settings().ledger) {
            (Some(id), Some(_)) => {
                let known = settings.home.contract_known()?.unwrap_or_else(|| id.clone());
                Ok(OpenHome::open_for(&settings.home, known)?)
            }
            _ => Ok(settings.home.open()?),
        }
    }
}

impl ContractCommand {
    pub(crate) fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        match self {
            Self::Deploy { file, name, sign } => deploy(file, name, &sign, settings, output),
            Self::Status(named) => version::status(&named, settings, output),
            Self::Use { id, accept_other_source } => {
                let source =
                    if accept_other_source { OtherSource::Accept } else { OtherSource::Refuse };
                version::switch(&id, source, settings, output)
            }
            Self::Call { function, arguments, named, sign } => {
                call(&function, &arguments, &named, &sign, settings, output)
            }
            Self::Read { function, arguments, named } => {
                read(&function, &arguments, &named, settings, output)
            }
            Self::Source(named) => {
                let home = named.open(settings)?;
                let id = named.id(&home);
                output.foreign_text(&deployed(&home, &id)?.source)
            }
            Self::Costs => costs::run(settings, output),
        }
    }
}

fn deploy(
    file: Option<PathBuf>,
    name: Option<ContractName>,
    sign: &SignArgs,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let (source, default_name) = match &file {
        None => (mrms_contract::SOURCE.to_owned(), mrms_contract::NAME.to_owned()),
        Some(path) => {
            let source = input::read_text(path)?;
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
            (source, stem.to_owned())
        }
    };
    let name = match name {
        Some(name) => name,
        None => default_name
            .parse()
            .map_err(|error| Failure::usage(error).hint("name the contract with --name"))?,
    };
    let hash = hex::encode(Sha256::digest(&source));
    let body: ContractSource = source.parse().map_err(Failure::usage)?;
    let unsigned = Transaction::deploy(name.clone(), body, Some(ClarityVersion::CLARITY_2));
    if let (Some(path), Some(terms)) = (&sign.output, sign.given()) {
        let actor = settings.home.unlock_on(terms.network)?;
        let signed = unsigned.sign(&actor.key, terms).map_err(Failure::usage)?;
        return sign.write(&[signed], path, output);
    }
    let actor = settings.home.unlock()?;
    let id = ContractId { deployer: actor.principal, name };
    let home = match &settings.home.settings().ledger {
        // On a network no contract may be known yet; then this one is.
        Some(_) => {
            let known = settings.home.contract_known()?.unwrap_or_else(|| id.clone());
            OpenHome::open_for(&settings.home, known)?
        }
        None => settings.home.open()?,
    };
    let home = sign.prepare(home)?;
    let sent = home.session().send(&actor, &format!("deploy contract {id}"), vec![unsigned])?;
    let Some(receipts) = sign.done(sent, output)? else { return Ok(()) };
    let receipt = only(&receipts)?;
    if receipt.status != Status::Success {
        return Err(Failure::new(
            Exit::Failed,
            "deploy-failed",
            format!("the ledger did not accept {id}: {}", receipt.result),
        )
        .hint("its analysis failed: try it in Clarinet, under Clarity 2, which this ledger runs"));
    }
    if file.is_none() && settings.home.contract_known()?.is_none() {
        settings.home.folder().use_contract(settings.home.network()?, &id)?;
    }
    output.result(
        &DeployedContract {
            contract_id: &id,
            deployed: true,
            txid: receipt.txid,
            block_height: receipt.block_height,
            source_sha256: &hash,
        },
        &format!("deployed {id}\n  transaction {} in block {}", receipt.txid, receipt.block_height),
    )
}

fn call(
    function: &str,
    arguments: &str,
    named: &Named,
    sign: &SignArgs,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let actor = settings.home.unlock()?;
    let home = sign.prepare(named.open(settings)?)?;
    let id = named.id(&home);
    let values = arguments_of(&home, &id, function, Access::Public, arguments)?;
    let name: ClarityName = function.parse().map_err(Failure::usage)?;
    let unsigned = Transaction::contract_call(id.clone(), name, values);
    let sent = home.session().send(&actor, &format!("call {id} {function}"), vec![unsigned])?;
    let Some(receipts) = sign.done(sent, output)? else { return Ok(()) };
    let receipt = only(&receipts)?;
    if receipt.status == Status::Success {
        return output.result(
            &CalledFunction {
                txid: receipt.txid,
                status: receipt.status.into(),
                block_height: receipt.block_height,
                burn_height: receipt.burn_height,
                result: receipt.result.to_json(),
                result_repr: receipt.result.to_string(),
            },
            &format!(
                "{}\n  transaction {} in block {}",
                receipt.result, receipt.txid, receipt.block_height
            ),
        );
    }
    let ours = id == *home.contract();
    let failure = match ContractError::in_result(&receipt.result).filter(|_| ours) {
        Some(refusal) => refusal_failure(refusal),
        None => Failure::new(
            Exit::Failed,
            "transaction-failed",
            format!("{function} ended with {}", receipt.result),
        )
        .hint("nothing was changed but the account's nonce; the contract's source tells what it means"),
    };
    Err(failure.detail(|details| {
        details.txid = Some(receipt.txid);
        details.status = Some(receipt.status.into());
        details.block_height = Some(receipt.block_height);
        details.result_repr = Some(receipt.result.to_string());
    }))
}

fn read(
    function: &str,
    arguments: &str,
    named: &Named,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let home = named.open(settings)?;
    let id = named.id(&home);
    let values = arguments_of(&home, &id, function, Access::ReadOnly, arguments)?;
    let answer = home.session().ledger.call_read_only(&id, function, &values)?;
    output.result(
        &ReadFunction { result: answer.to_json(), result_repr: answer.to_string() },
        &answer.to_string(),
    )
}

fn arguments_of(
    home: &OpenHome,
    id: &ContractId,
    function: &str,
    access: Access,
    arguments: &str,
) -> Result<Vec<Value>, Failure> {
    let parsed: serde_json::Value = serde_json::from_str(arguments).map_err(|error| {
        Failure::usage(format!("the arguments are not JSON: {error}"))
            .hint(r#"for example '{"record-id": 123, "user": "ST…", "expiry": null}'"#)
    })?;
    let interface = home.session().ledger.interface(id)?.ok_or_else(|| no_contract(id))?;
    let found = interface.function(function).filter(|found| found.access == access);
    let found = found.ok_or_else(|| no_function(&interface, id, function, access))?;
    found.arguments_from_json(&parsed).map_err(|error| {
        Failure::usage(format!("{function}: {error}"))
            .hint(format!("its arguments are {}", signature(found)))
    })
}

fn no_function(interface: &Interface, id: &ContractId, function: &str, access: Access) -> Failure {
    let (kind, verb) = match access {
        Access::Public => ("public", "call"),
        _ => ("read-only", "read"),
    };
    let names: Vec<_> = interface
        .functions
        .iter()
        .filter(|found| found.access == access)
        .map(|found| found.name.to_string())
        .collect();
    Failure::new(
        Exit::NotFound,
        "no-such-function",
        format!("{id} has no {kind} function {function}"),
    )
    .hint(format!("mrms contract {verb} takes one of: {}", names.join(", ")))
}

fn signature(function: &Function) -> String {
    let arguments: Vec<_> = function
        .args
        .iter()
        .map(|argument| format!("{}: {}", argument.name, argument.kind))
        .collect();
    if arguments.is_empty() { "none".to_owned() } else { arguments.join(", ") }
}

pub(crate) fn deployed(
    home: &OpenHome,
    id: &ContractId,
) -> Result<mrms_app::ledger::Deployed, Failure> {
    home.session().ledger.deployed(id)?.ok_or_else(|| no_contract(id))
}

fn no_contract(id: &ContractId) -> Failure {
    Failure::new(Exit::NotFound, "no-such-contract", format!("there is no contract {id}"))
        .hint("mrms contract deploy deploys the records contract")
}

fn only(receipts: &[Receipt]) -> Result<&Receipt, Failure> {
    receipts.last().ok_or_else(|| {
        Failure::new(Exit::Unreachable, "ledger-answer", "the ledger gave no receipt")
    })
}
