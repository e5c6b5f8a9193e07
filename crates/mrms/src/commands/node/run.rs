//! `mrms node run`: serves the embedded ledger over the RPC of a Stacks node, until SIGTERM or SIGINT.
//!
//! Over HTTP nobody can make STX or move time. The owner of the home folder can, over a socket in it. This
//! process alone has the home's ledger while it runs.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use clap::{Args, ValueEnum};
use mrms_app::ledger::LedgerError;
use mrms_node::chain::{Ledger, ScrubPace};
use mrms_node::control::{ControlSettings, Rights};
use mrms_node::rpc::{Mining, ObserverUrl, RpcSettings, ServeError, Server};

use super::control::Pace;
use crate::config::Settings;
use crate::serving::{self, HostArgs, LogArgs, OriginArgs};
use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::output::Output;
use crate::ui::results::node as results;
use mrms_home::ledger::embedded::EmbeddedLedger;
use mrms_home::{Announcement, Service};

/// The longest path of a Unix socket, in bytes. Linux allows 108, others 104, with a zero at the end.
const SOCKET_NAME_BYTES: usize = 103;

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Listen on this address and port; port 0 takes a free one. Without it: node_listen under [serve] of
    /// mrms.toml, else 127.0.0.1:20443.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Allow an address that other machines can reach; there is no TLS, so put a reverse proxy with
    /// TLS in front. Without it: only loopback is allowed.
    #[arg(long)]
    expose: bool,
    #[command(flatten)]
    hosts: HostArgs,
    #[command(flatten)]
    origins: OriginArgs,
    /// Send each block to this program (POST /new_block), as a Stacks node does; may be given more than
    /// once.
    #[arg(
        long,
        value_name = "URL",
        env = "MRMS_OBSERVER",
        hide_env_values = true,
        value_delimiter = ','
    )]
    observer: Vec<ObserverUrl>,
    /// Allow mrms node advance, mine, mining, snapshot and revert in this home while the node runs. For
    /// tests and demonstrations. Without it: only mrms node faucet.
    #[arg(long)]
    admin: bool,
    /// When to make blocks: auto (as soon as a transaction waits) or manual (only for mrms node mine;
    /// needs --admin).
    #[arg(
        long,
        value_name = "WHEN",
        value_enum,
        default_value_t = Mine::Auto,
        hide_possible_values = true
    )]
    mine: Mine,
    /// Make blocks at this interval, such as 5s, 500ms or 2m, while a transaction waits. Without it:
    /// as --mine says.
    #[arg(long, value_name = "TIME", conflicts_with = "mine")]
    mine_every: Option<Pace>,
    /// Read the whole ledger again and again, so many MiB a second (4 without a number), and compare it with
    /// its check sums, headers and lists; rest for a day after each time. GET /v3/health and GET /metrics
    /// say what was found.
    #[arg(
        long,
        value_name = "MIB",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "4",
        value_parser = clap::value_parser!(u64).range(1..=100_000)
    )]
    scrub: Option<u64>,
    #[command(flatten)]
    log: LogArgs,
}

/// How fast a node that is not told otherwise reads its ledger to check it, in MiB a second.
const USUAL_SCRUB: u64 = 4;

/// The pace of a scrub, from MiB a second.
fn scrub_pace(mebibytes: u64) -> ScrubPace {
    ScrubPace::BytesPerSecond(mebibytes.saturating_mul(1024 * 1024))
}

/// The pace of a node that scrubs without being asked.
pub(crate) fn usual_scrub() -> Option<ScrubPace> {
    Some(scrub_pace(USUAL_SCRUB))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Mine {
    /// As soon as a transaction waits.
    Auto,
    /// Only for mrms node mine.
    Manual,
}

pub(crate) fn run(args: RunArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_be_embedded("node run")?;
    settings.home.require()?;
    args.log.begin();
    let mut rpc = RpcSettings::default();
    rpc.listen = listen(args.listen, settings);
    rpc.reach = serving::reach(args.expose);
    rpc.gate = args.origins.gate(&args.hosts, settings);
    rpc.mining = mining(&args)?;
    rpc.scrub = args.scrub.map(scrub_pace);
    rpc.published = Some(serving::invitation(settings));
    let rights = if args.admin { Rights::Everything } else { Rights::Funds };
    rpc.control = control(rights, settings)?;
    rpc.observers = args.observer;
    rpc.observer_cursors = Some(settings.home.folder().observers());
    let ledger = open(settings)?;
    serving::run(async |stop| {
        let node = ServedNode::bind(ledger, rpc, settings).await?;
        let told = output.result(&node.told(), &format!("{}; Ctrl-C stops it", node.words()));
        node.run(told, stop).await
    })
}

/// Opens the home's ledger, to serve it.
pub(crate) fn open(settings: &Settings) -> Result<Ledger, Failure> {
    let folder = settings.home.folder();
    folder.must_keep_its_ledger()?;
    let (path, wait) = (folder.ledger(), settings.home.settings().lock_wait);
    let opened = match EmbeddedLedger::open(&path, Duration::ZERO) {
        Err(LedgerError::Busy { pid }) => {
            // A node does not end soon, so it is of no use to wait for it.
            if let Some(node) = folder.node().filter(|node| node.pid.to_string() == pid) {
                let message = format!("a node serves this home already, at {}", node.url);
                return Err(Failure::new(Exit::Unreachable, "home-busy", message)
                    .hint(format!("use it, or stop it first: it is process {pid}")));
            }
            tracing::info!(target: "mrms::node", pid, "waiting for another command of this home");
            EmbeddedLedger::open(&path, wait)
        }
        opened => opened,
    };
    let ledger = opened?;
    folder.must_have_its_blocks(&ledger)?;
    Ok(ledger.into_chain()?)
}

/// The node of this home, listening. Commands of the home find it.
pub(crate) struct ServedNode {
    server: Server,
    url: String,
    chain_id: u32,
    announcement: Announcement,
}

impl ServedNode {
    pub(crate) async fn bind(
        ledger: Ledger,
        rpc: RpcSettings,
        settings: &Settings,
    ) -> Result<Self, Failure> {
        let chain_id = ledger.identity().chain_id;
        let server = Server::bind(ledger, rpc).await.map_err(serve_failure)?;
        let url = format!("http://{}", server.address());
        tracing::info!(target: "mrms::node", %url, chain_id, "serving the ledger");
        // The node has the home's ledger locked; commands of the home find the node through this file.
        let announcement = settings.home.folder().announce(Service::Node, &url)?;
        Ok(Self { server, url, chain_id, announcement })
    }

    /// Its address and chain id, for scripts.
    pub(crate) fn told(&self) -> results::ServedNode {
        results::ServedNode { url: self.url.clone(), chain_id: self.chain_id }
    }

    /// Its address, for people.
    pub(crate) fn words(&self) -> String {
        format!("the ledger's RPC is at {}", self.url)
    }

    /// Serves until `stop` is ready. Does not serve if the address could not be printed (`told`).
    pub(crate) async fn run(
        self,
        told: Result<(), Failure>,
        stop: impl Future<Output = ()>,
    ) -> Result<(), Failure> {
        if told.is_ok() {
            self.server.run(stop).await;
        }
        told.and(self.announcement.withdraw().map_err(Failure::from))
    }
}

/// Where the node listens: as the flag says, else as the settings say.
pub(crate) fn listen(flag: Option<SocketAddr>, settings: &Settings) -> SocketAddr {
    let listen = flag.or(settings.serving.node_listen);
    listen.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 20_443)))
}

fn mining(args: &RunArgs) -> Result<Mining, Failure> {
    match (args.mine_every, args.mine) {
        (Some(pace), _) => Ok(pace.mining()),
        (None, Mine::Auto) => Ok(Mining::Automatic),
        (None, Mine::Manual) if args.admin => Ok(Mining::Manual),
        (None, Mine::Manual) => {
            Err(Failure::usage("--mine manual without --admin would never make a block")
                .hint("add --admin, or use --mine-every 5s"))
        }
    }
}

/// The owner's socket. If its path is too long for the system, a node without --admin runs without the
/// socket.
pub(crate) fn control(
    rights: Rights,
    settings: &Settings,
) -> Result<Option<ControlSettings>, Failure> {
    let path = settings.home.folder().node_socket();
    let length = path.as_os_str().len();
    // On Linux the length of the path does not matter: see `mrms_files::SocketPath`.
    if length <= SOCKET_NAME_BYTES || cfg!(target_os = "linux") {
        return Ok(Some(ControlSettings { path, rights }));
    }
    if rights == Rights::Everything {
        return Err(Failure::usage(format!(
            "the name of {} is too long for a socket",
            path.display()
        ))
        .hint("put the home folder where its name is shorter, or leave out --admin"));
    }
    tracing::warn!(target: "mrms::node", path = %path.display(), "no control socket: its name is too long");
    Ok(None)
}

fn serve_failure(error: ServeError) -> Failure {
    let message = chain(&error);
    match error {
        ServeError::Listen(error) => serving::listen_failure("mrms node run", &error),
        ServeError::Control { .. } => Failure::new(Exit::Failed, "control-socket", message)
            .hint("let the home folder be written, and put it on a disk of this machine"),
        _ => Failure::new(Exit::Unreachable, "ledger", message),
    }
}
