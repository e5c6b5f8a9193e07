//! `mrms sponsor`: pays, with this profile's STX, the fees of transactions that call the records
//! contract, until SIGTERM or SIGINT.
//!
//! The rules for what is paid are in `mrms_sponsor`. The ledger must be one that the patients reach,
//! too: a node's or hosted API's address, or the `mrms node run` of this home.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use mrms_app::ledger::Ledger;
use mrms_core::{MicroStx, StandardPrincipal};
use mrms_http::{ListenError, Listener};
use mrms_sponsor::budget::{Allowance, Limits};
use mrms_sponsor::rules::Rules;
use mrms_sponsor::{BooksError, Eligible, ListError, Sources, Sponsor, Terms, server};
use mrms_stacks::abi::Access;
use mrms_stacks::client::{ClientSettings, RpcClient};
use mrms_stacks::network::Network;
use sha2::{Digest as _, Sha256};

use crate::commands::service::serving::{self, HostArgs, LogArgs};
use crate::config::Settings;
use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::output::{Output, confirm};
use crate::ui::reasons::cannot;
use crate::ui::results::service::ServedSponsor;
use mrms_home::OpenHome;
use mrms_home::ledger::HomeLedger;
use mrms_home::ledger::remote::RemoteLedger;

/// Time limit for one answer of the ledger. Patients wait one after the other, so it is short.
const LEDGER_TIME: Duration = Duration::from_secs(15);
/// The ledger is asked this many times at most.
const LEDGER_ATTEMPTS: u32 = 3;

#[derive(Debug, Args)]
#[command(
    after_help = "It pays with the STX of the profile, which should do nothing else. The days are \
    UTC. Revokes and emergencies have a budget of their own. Without --ledger, start mrms node run \
    in this home first.\n\n\
    Example:\n  mrms --profile clinic sponsor --accounts patients.txt"
)]
pub(crate) struct SponsorArgs {
    /// Listen on this address and port; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:20446")]
    listen: SocketAddr,
    /// Allow an address that other machines can reach; there is no TLS, so put a reverse proxy with
    /// TLS in front. Without it: only loopback is allowed.
    #[arg(long)]
    expose: bool,
    #[command(flatten)]
    hosts: HostArgs,
    /// Pay for the accounts in this file: one principal on each line. It is read again when it
    /// changes. Without it: accounts under [sponsor] of mrms.toml.
    #[arg(long, value_name = "FILE")]
    accounts: Option<PathBuf>,
    /// Pay for accounts that show a voucher of this file: one on each line, 16 to 128 letters and
    /// digits. Each is good for the first account that shows it. Without it: vouchers under [sponsor].
    #[arg(long, value_name = "FILE")]
    vouchers: Option<PathBuf>,
    /// Pay for whoever reaches the address. Anybody can make any number of accounts, and spend the
    /// whole budget of each day.
    #[arg(long, conflicts_with_all = ["accounts", "vouchers"])]
    anyone: bool,
    /// Pay for at most this many transactions of one account in a day.
    #[arg(long, value_name = "N", default_value_t = 50)]
    daily_per_principal: u64,
    /// Pay for at most this many transactions of all accounts together in a day.
    #[arg(long, value_name = "N", default_value_t = 5_000)]
    daily_total: u64,
    /// Pay for at most this many revokes and emergencies of one account in a day, beside the others.
    #[arg(long, value_name = "N", default_value_t = 20)]
    urgent_per_principal: u64,
    /// Pay at most these fees for one account in a day, in micro-STX (1,000,000 are 1 STX).
    #[arg(long, value_name = "MICROSTX", default_value_t = 5_000_000)]
    daily_fees_per_principal: u64,
    /// Pay at most these fees for all accounts together in a day, in micro-STX.
    #[arg(long, value_name = "MICROSTX", default_value_t = 100_000_000)]
    daily_fees_total: u64,
    /// Pay at most this fee for one transaction, in micro-STX. Without it: the fee_ceiling of
    /// mrms.toml.
    #[arg(long, value_name = "MICROSTX")]
    fee_ceiling: Option<u64>,
    #[command(flatten)]
    log: LogArgs,
}

pub(crate) fn run(args: &SponsorArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_not_rehearse("sponsor")?;
    args.log.begin();
    // Before anything takes time.
    if !args.expose && !args.listen.ip().is_loopback() {
        let error = ListenError::NotLoopback { address: args.listen };
        return Err(serving::listen_failure("mrms sponsor", &error));
    }
    let eligible = Arc::new(args.eligible(settings)?);
    let actor = settings.home.unlock()?;
    let home = settings.home.open()?;
    let (HomeLedger::Remote(ledger) | HomeLedger::Served(ledger, _)) = home.ledger() else {
        return Err(Failure::usage(
            "a sponsor needs a ledger that others reach, and this home's own is not served",
        )
        .hint("start mrms node run first, or name a node with --ledger"));
    };
    let rules = rules(&home, ledger, actor.principal)?;
    let limits = args.limits();
    let terms = Terms { limits, fee_ceiling: args.ceiling(settings), eligible, rules };
    if ledger.network() != Network::EMBEDDED {
        let question = format!(
            "{} pays fees of up to {} a day on {}. Go ahead?",
            actor.principal,
            terms.limits.of_a_day().fees,
            ledger.name(),
        );
        confirm(&question, settings.yes)?;
    }
    let genesis = ledger.genesis().unwrap_or_default();
    let books = format!("{}-{}", ledger.network().chain_id, genesis.get(..16).unwrap_or_default());
    let folder =
        settings.home.folder().profile(settings.home.profile()).path().join("sponsor").join(books);
    let client_settings = ClientSettings {
        plain_http: settings.home.settings().remote.plain_http,
        timeout: LEDGER_TIME,
        attempts: LEDGER_ATTEMPTS,
        ..ClientSettings::default()
    };
    let client = RpcClient::new(ledger.url(), client_settings)
        .map_err(|error| Failure::usage(chain(&error)))?;
    let contract = terms.rules.contract.clone();
    let sponsor = Sponsor::open(&folder, actor.key, terms, client, Timestamp::now());
    let sponsor = Arc::new(sponsor.map_err(|error| books_failure(&error))?);
    // First send what was signed and not sent before a crash.
    if let Err(refusal) = sponsor.maintain(Timestamp::now()) {
        tracing::warn!(target: "mrms::sponsor", cause = refusal.cause(), "{refusal}");
    }
    serving::run(async |stop| {
        let listener = Listener::bind(args.listen, serving::reach(args.expose)).await;
        let listener = listener.map_err(|error| serving::listen_failure("mrms sponsor", &error))?;
        let listener = listener.behind(args.hosts.gate(settings));
        let url = format!("http://{}", listener.address());
        tracing::info!(target: "mrms::sponsor", %url, principal = %actor.principal, %contract, "paying fees");
        output.result(
            &ServedSponsor {
                url: &url,
                principal: actor.principal,
                contract_id: &contract,
                chain_id: ledger.network().chain_id.to_string(),
            },
            &format!(
                "{} pays the fees of calls of {contract} on the {}\n  at {url}; Ctrl-C stops it",
                actor.principal,
                ledger.name(),
            ),
        )?;
        let maintenance = tokio::spawn(server::maintain(Arc::clone(&sponsor)));
        listener.serve(server::router(sponsor), stop).await;
        maintenance.abort();
        Ok(())
    })
}

impl SponsorArgs {
    fn limits(&self) -> Limits {
        let allowance = |transactions, fees| Allowance { transactions, fees: MicroStx::new(fees) };
        let all = allowance(self.daily_total, self.daily_fees_total);
        Limits {
            each: allowance(self.daily_per_principal, self.daily_fees_per_principal),
            all,
            urgent_each: allowance(self.urgent_per_principal, self.daily_fees_per_principal),
            urgent_all: all,
        }
    }

    /// Whom it pays for. Somebody must have decided that.
    fn eligible(&self, settings: &Settings) -> Result<Eligible, Failure> {
        if self.anyone {
            return Ok(Eligible::anyone());
        }
        let named = self.accounts.is_some() || self.vouchers.is_some();
        let sources = match named {
            true => Sources { accounts: self.accounts.clone(), vouchers: self.vouchers.clone() },
            false => settings.sponsored.clone(),
        };
        if sources.accounts.is_none() && sources.vouchers.is_none() {
            return Err(Failure::usage("it is not said whom this sponsor pays for").hint(
                "name your patients' accounts with --accounts FILE, or give out vouchers and name them with --vouchers FILE",
            ));
        }
        Eligible::of(sources).map_err(|error| match &error {
            ListError::Read { path, source } => cannot("read", path, source),
            _ => Failure::new(Exit::Usage, "sponsor-list", chain(&error))
                .hint("correct the line; a line that begins with # counts for nothing"),
        })
    }

    fn ceiling(&self, settings: &Settings) -> MicroStx {
        self.fee_ceiling.map_or(settings.home.settings().remote.fee_ceiling, MicroStx::new)
    }
}

/// Pays for every public function of the records contract, if its source is one that this program knows.
fn rules(
    home: &OpenHome,
    ledger: &RemoteLedger,
    sponsor: StandardPrincipal,
) -> Result<Rules, Failure> {
    let contract = home.contract().clone();
    let source = ledger.deployed(&contract)?.map(|deployed| deployed.source);
    let known = source.and_then(|source| mrms_contract::release_of(&Sha256::digest(source).into()));
    if known.is_none() {
        let message = format!("{contract} is not the records contract that this program knows");
        return Err(Failure::new(Exit::Integrity, "source-differs", message)
            .hint("mrms contract status tells what is deployed; MRMS_CONTRACT names another"));
    }
    let interface = ledger.interface(&contract)?.map(|interface| interface.functions);
    let public = interface.into_iter().flatten().filter(|one| one.access == Access::Public);
    let functions = public.map(|function| function.name.to_string()).collect();
    Ok(Rules { network: ledger.network(), contract, functions, sponsor })
}

fn books_failure(error: &BooksError) -> Failure {
    let message = chain(error);
    match error {
        BooksError::InUse { .. } => Failure::new(Exit::Unreachable, "sponsor-busy", message)
            .hint("one sponsor at a time pays from an account: stop the other one"),
        BooksError::Damaged { .. } => Failure::new(Exit::Integrity, "sponsor-books", message).hint(
            "restore the file from a backup; without it the sponsor does not know what it has paid for",
        ),
        _ => Failure::new(Exit::Failed, "sponsor-books", message)
            .hint("check that the disk has room and the home folder can be written"),
    }
}
