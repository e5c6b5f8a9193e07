//! `mrms index`: keeps what a Stacks node tells of its blocks, and answers for it as the hosted API does.
//!
//! Opens no profile and no ledger: an index is for a node that somebody runs, and may stand beside any home.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use mrms_home::Service;
use mrms_node::index::{GapRule, Index, IndexError, IndexServer, IndexSettings, NodeUrl};

use crate::config::Settings;
use crate::serving::{self, HostArgs, LogArgs};
use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::output::Output;
use crate::ui::results::service::ServedIndex;

#[derive(Debug, Args)]
#[command(
    after_help = "The node must tell the index of its blocks. In the configuration of a Stacks node, best before its \
    first start:\n\n  \
    [[events_observer]]\n  \
    endpoint = \"127.0.0.1:20449\"\n  \
    events_keys = [\"*\"]\n\n\
    A node tells only of what comes after that. An index that begins later says so, and so do commands that ask it for \
    what lies before. docs/networks.md has all of it.\n\n\
    Examples:\n  \
    mrms index --node http://127.0.0.1:20443\n  \
    mrms node run --observer http://127.0.0.1:20449"
)]
pub(crate) struct IndexArgs {
    /// Answer on this address and port; port 0 takes a free one. Name it as the ledger: mrms --ledger URL. Without it:
    /// index_listen under [serve] of mrms.toml, else 127.0.0.1:20450.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Let the node tell of its blocks on this address and port of this machine. Without it: index_events under [serve]
    /// of mrms.toml, else 127.0.0.1:20449.
    #[arg(long, value_name = "ADDRESS:PORT")]
    events: Option<SocketAddr>,
    /// The node, which answers whatever the index does not have. Without it: index_node under [serve] of mrms.toml, else
    /// http://127.0.0.1:20443.
    #[arg(long, value_name = "URL", env = "MRMS_INDEX_NODE", hide_env_values = true)]
    node: Option<NodeUrl>,
    /// Keep the index in this file. Without it: index.sqlite in the home folder.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Take a block although those before it are missing, and say from then on that history before it is not here.
    /// Without it: such a block is refused, and the node repeats it.
    #[arg(long)]
    accept_gap: bool,
    /// Allow an address that other machines can reach; there is no TLS, so put a reverse proxy with TLS in front. Without
    /// it: only loopback is allowed.
    #[arg(long)]
    expose: bool,
    #[command(flatten)]
    hosts: HostArgs,
    #[command(flatten)]
    log: LogArgs,
}

pub(crate) fn run(args: IndexArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    args.log.begin();
    let serving = &settings.serving;
    let node = match args.node.or_else(|| serving.index_node.clone()) {
        Some(node) => node,
        None => "http://127.0.0.1:20443".parse().map_err(Failure::usage)?,
    };
    let mut served = IndexSettings::of(node);
    served.listen = args.listen.or(serving.index_listen).unwrap_or(served.listen);
    served.events = args.events.or(serving.index_events).unwrap_or(served.events);
    served.reach = serving::reach(args.expose);
    served.gate = args.hosts.gate(settings);
    served.rule = if args.accept_gap { GapRule::Accept } else { GapRule::Refuse };
    // One that is kept elsewhere is none of this home.
    let own = args.file.is_none();
    let file = match args.file {
        Some(file) => file,
        None => {
            // A home of its own has nothing but the index.
            let folder = settings.home.folder();
            if !folder.root().is_dir() {
                return Err(folder.is_missing().into());
            }
            folder.index()
        }
    };
    let index = Index::open(&file).map_err(|error| index_failure(&error))?;
    let node = served.node.to_string();
    serving::run(async |stop| {
        let server = IndexServer::bind(index, served).await;
        let server = server.map_err(|error| serving::listen_failure("mrms index", &error))?;
        let url = format!("http://{}", server.address());
        let events_url = format!("http://{}", server.events_address());
        let announced = own.then(|| settings.home.folder().announce(Service::Index, &url));
        let announced = announced.transpose()?;
        tracing::info!(target: "mrms::index", %url, events = %events_url, %node, "serving the index");
        let words = format!(
            "the index answers at {url}, as the ledger of mrms --ledger {url}\nits node tells of blocks at {events_url}; Ctrl-C stops it"
        );
        output.result(&ServedIndex { url: &url, events_url: &events_url, node: &node }, &words)?;
        server.run(stop).await;
        if let Some(announced) = announced {
            announced.withdraw()?;
        }
        Ok(())
    })
}

fn index_failure(error: &IndexError) -> Failure {
    let message = chain(error);
    match error {
        IndexError::OtherFile { .. } => Failure::usage(message)
            .hint("name a file that mrms index made, or one that is not there yet"),
        IndexError::Format { .. } => Failure::new(Exit::Failed, "newer-index", message)
            .hint("run the newer program, or let the node tell a new index of everything"),
        _ => Failure::new(Exit::Failed, "index", message)
            .hint("the index must be on a disk of this machine that can be written"),
    }
}
