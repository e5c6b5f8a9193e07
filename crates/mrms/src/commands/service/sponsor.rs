//! `mrms sponsor`: pays, with this profile's STX, the fees of transactions that call the records
//! contract, until SIGTERM or SIGINT.
//!
//! The rules for what is paid are in `mrms_sponsor`. The ledger must be one that the patients reach,
//! too: a node's or hosted API's address, or the `mrms node run` of this home.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, FromArgMatches as _};
use jiff::Timestamp;
use mrms_app::Actor;
use mrms_app::ledger::Ledger;
use mrms_core::{ContractId, MicroStx, StandardPrincipal};
use mrms_http::{Gate, ListenError, Listener, Reach};
use mrms_sponsor::budget::{Allowance, Limits};
use mrms_sponsor::rules::Rules;
use mrms_sponsor::{BooksError, Eligible, ListError, Sources, Sponsor, Terms, server};
use mrms_stacks::abi::Access;
use mrms_stacks::client::{ClientSettings, RpcClient};
use mrms_stacks::network::Network;
use sha2::{Digest as _, Sha256};

use crate::config::Settings;
use crate::serving::{self, HostArgs, LogArgs};
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
    /// Listen on this address and port; port 0 takes a free one. Without it: listen under [sponsor] of
    /// mrms.toml, else 127.0.0.1:20446.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
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
    /// digits. Each is good for the first account that shows it; with the word shared before it, for every one. Without it:
    /// vouchers under [sponsor].
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
    let listen = args.listen(settings);
    // Before anything takes time.
    if !args.expose && !listen.ip().is_loopback() {
        let error = ListenError::NotLoopback { address: listen };
        return Err(serving::listen_failure("mrms sponsor", &error));
    }
    let eligible = args.eligible(settings)?;
    let actor = settings.home.unlock()?;
    let prepared = PreparedSponsor::open(args, eligible, actor, settings)?;
    serving::run(async |stop| {
        let sponsor = prepared.bind().await?;
        output.result(&sponsor.told(), &format!("{}; Ctrl-C stops it", sponsor.words()))?;
        sponsor.run(stop).await;
        Ok(())
    })
}

/// The sponsor of this home, which is not listening yet.
pub(crate) struct PreparedSponsor {
    sponsor: Arc<Sponsor<RpcClient>>,
    principal: StandardPrincipal,
    contract: ContractId,
    network: Network,
    ledger_name: String,
    listen: SocketAddr,
    reach: Reach,
    gate: Gate,
}

impl PreparedSponsor {
    /// Opens the books, and sends what was signed and not sent before a crash. Blocks.
    pub(crate) fn open(
        args: &SponsorArgs,
        eligible: Eligible,
        actor: Actor,
        settings: &Settings,
    ) -> Result<Self, Failure> {
        let home = settings.home.open()?;
        let (HomeLedger::Remote(ledger) | HomeLedger::Served(ledger, _)) = home.ledger() else {
            return Err(Failure::usage(
                "a sponsor needs a ledger that others reach, and this home's own is not served",
            )
            .hint("start mrms node run first, or name a node with --ledger"));
        };
        let principal = actor.principal;
        let rules = rules(&home, ledger, principal)?;
        let limits = args.limits();
        let eligible = Arc::new(eligible);
        let terms = Terms { limits, fee_ceiling: args.ceiling(settings), eligible, rules };
        if ledger.network() != Network::EMBEDDED {
            let question = format!(
                "{principal} pays fees of up to {} a day on {}. Go ahead?",
                terms.limits.of_a_day().fees,
                ledger.name(),
            );
            confirm(&question, settings.yes)?;
        }
        let genesis = ledger.genesis().unwrap_or_default();
        let books =
            format!("{}-{}", ledger.network().chain_id, genesis.get(..16).unwrap_or_default());
        let profile = settings.home.folder().profile(settings.home.profile());
        let folder = profile.path().join("sponsor").join(books);
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
        Ok(Self {
            sponsor,
            principal,
            contract,
            network: ledger.network(),
            ledger_name: ledger.name().to_owned(),
            listen: args.listen(settings),
            reach: serving::reach(args.expose),
            gate: args.hosts.gate(settings),
        })
    }

    /// Listens on the address.
    pub(crate) async fn bind(self) -> Result<ListeningSponsor, Failure> {
        let listener = Listener::bind(self.listen, self.reach).await;
        let listener = listener.map_err(|error| serving::listen_failure("mrms sponsor", &error))?;
        let listener = listener.behind(self.gate.clone());
        let url = format!("http://{}", listener.address());
        let Self { principal, contract, .. } = &self;
        tracing::info!(target: "mrms::sponsor", %url, %principal, %contract, "paying fees");
        Ok(ListeningSponsor { prepared: self, listener, url })
    }
}

/// The sponsor of this home, listening.
pub(crate) struct ListeningSponsor {
    prepared: PreparedSponsor,
    listener: Listener,
    url: String,
}

impl ListeningSponsor {
    /// Its address, account and contract, for scripts.
    pub(crate) fn told(&self) -> ServedSponsor<'_> {
        ServedSponsor {
            url: &self.url,
            principal: self.prepared.principal,
            contract_id: &self.prepared.contract,
            chain_id: self.prepared.network.chain_id.to_string(),
        }
    }

    /// The same for people.
    pub(crate) fn words(&self) -> String {
        let PreparedSponsor { principal, contract, ledger_name, .. } = &self.prepared;
        format!(
            "{principal} pays the fees of calls of {contract} on the {ledger_name}\n  at {}",
            self.url
        )
    }

    /// Serves until `stop` is ready.
    pub(crate) async fn run(self, stop: impl Future<Output = ()>) {
        let sponsor = self.prepared.sponsor;
        let maintenance = tokio::spawn(server::maintain(Arc::clone(&sponsor)));
        self.listener.serve(server::router(sponsor), stop).await;
        maintenance.abort();
    }
}

impl SponsorArgs {
    /// As `mrms sponsor` without options.
    pub(crate) fn standard() -> Result<Self, Failure> {
        let command = Self::augment_args(clap::Command::new("sponsor").no_binary_name(true));
        let matches = command.try_get_matches_from(std::iter::empty::<String>());
        matches.and_then(|matches| Self::from_arg_matches(&matches)).map_err(Failure::usage)
    }

    fn listen(&self, settings: &Settings) -> SocketAddr {
        let in_settings = settings.serving.sponsor.as_ref().map(|(_, listen)| *listen);
        let listen = self.listen.or(in_settings);
        listen.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 20_446)))
    }

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
    pub(crate) fn eligible(&self, settings: &Settings) -> Result<Eligible, Failure> {
        let is_named = self.accounts.is_some() || self.vouchers.is_some();
        if self.anyone || (settings.serving.pays_for_anyone && !is_named) {
            return Ok(Eligible::anyone());
        }
        let sources = match is_named {
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
