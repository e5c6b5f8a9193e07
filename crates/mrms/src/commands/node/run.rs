//! `mrms node run`: the embedded ledger behind the RPC of a Stacks node, until SIGTERM or SIGINT.
//!
//! Creates neither STX nor time for whoever asks over HTTP: those are for the machine's owner, over a socket in
//! the home folder. The home's
//! ledger belongs to this process while it runs.

use std::net::SocketAddr;

use clap::{Args, ValueEnum};
use mrms_node::chain::Ledger;
use mrms_node::control::{ControlSettings, Rights};
use mrms_node::rpc::{Mining, ObserverUrl, RpcSettings, ServeError, Server};

use super::control::Pace;
use crate::commands::service::serving::{self, LogArgs};
use crate::config::Settings;
use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::output::Output;
use crate::ui::results::node as results;
use mrms_home::ledger::embedded::EmbeddedLedger;
use mrms_home::{HomeFolder, Service};

/// Longest name of a Unix socket, in bytes: 108 on Linux and 104 on others, with a zero at the end.
const SOCKET_NAME_BYTES: usize = 103;

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Address and port; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:20443")]
    listen: SocketAddr,
    /// Allow an address that other machines can reach. The RPC has neither encryption nor accounts.
    #[arg(long)]
    expose: bool,
    /// Tell this program of each block (POST /new_block), as a Stacks node does; may be repeated.
    #[arg(long, value_name = "URL")]
    observer: Vec<ObserverUrl>,
    /// Let this machine's owner do more than ask for funds, over a private socket in the home folder: move
    /// burn time, ask for blocks, take snapshots, go back. For tests and demonstrations.
    #[arg(long)]
    admin: bool,
    /// When blocks are made: at once (auto), or when mrms node mine asks for one (manual, with --admin).
    #[arg(long, value_enum, default_value_t = Mine::Auto)]
    mine: Mine,
    /// Make a block each time such as 5s, 500ms or 2m, while anything waits.
    #[arg(long, value_name = "TIME", conflicts_with = "mine")]
    mine_every: Option<Pace>,
    #[command(flatten)]
    log: LogArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Mine {
    /// As soon as there is a transaction.
    Auto,
    /// When one is asked for.
    Manual,
}

pub(crate) fn run(args: RunArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_be_embedded("node run")?;
    settings.home.require()?;
    args.log.begin();
    let mut rpc = RpcSettings::default();
    rpc.listen = args.listen;
    rpc.reach = serving::reach(args.expose);
    rpc.mining = mining(&args)?;
    let rights = if args.admin { Rights::Everything } else { Rights::Funds };
    rpc.control = control(rights, settings)?;
    rpc.observers = args.observer;
    let ledger = open(settings)?;
    serving::run(async |stop| {
        let node = ServedNode::bind(ledger, rpc, settings).await?;
        let told = output.result(&node.told(), &format!("{}; Ctrl-C stops it", node.words()));
        node.run(told, stop).await
    })
}

/// The home's ledger, for as long as it is served.
pub(crate) fn open(settings: &Settings) -> Result<Ledger, Failure> {
    let ledger =
        EmbeddedLedger::open(&settings.home.folder().ledger(), settings.home.settings().lock_wait)?;
    Ok(ledger.into_chain())
}

/// The node of this home, which its commands find.
pub(crate) struct ServedNode {
    server: Server,
    url: String,
    chain_id: u32,
    home: HomeFolder,
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
        tracing::info!(%url, chain_id, "serving the ledger");
        // Commands of this home find the node by it while the node holds their ledger.
        settings.home.folder().announce(Service::Node, &url)?;
        Ok(Self { server, url, chain_id, home: settings.home.folder().clone() })
    }

    /// Where it is.
    pub(crate) fn told(&self) -> results::ServedNode {
        results::ServedNode { url: self.url.clone(), chain_id: self.chain_id }
    }

    /// The same in words.
    pub(crate) fn words(&self) -> String {
        format!("the ledger's RPC is at {}", self.url)
    }

    /// Serves until `stop` is ready; not at all where nobody could be told of it.
    pub(crate) async fn run(
        self,
        told: Result<(), Failure>,
        stop: impl Future<Output = ()>,
    ) -> Result<(), Failure> {
        if told.is_ok() {
            self.server.run(stop).await;
        }
        told.and(self.home.withdraw(Service::Node).map_err(Failure::from))
    }
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

/// The owner's socket. Without --admin the node runs without it where its name would be too long.
pub(crate) fn control(
    rights: Rights,
    settings: &Settings,
) -> Result<Option<ControlSettings>, Failure> {
    let path = settings.home.folder().node_socket();
    let length = path.as_os_str().len();
    if length <= SOCKET_NAME_BYTES {
        return Ok(Some(ControlSettings { path, rights }));
    }
    if rights == Rights::Everything {
        return Err(Failure::usage(format!(
            "the name of {} is too long for a socket",
            path.display()
        ))
        .hint("put the home folder where its name is shorter, or leave out --admin"));
    }
    tracing::warn!(path = %path.display(), "no control socket: its name is too long");
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
