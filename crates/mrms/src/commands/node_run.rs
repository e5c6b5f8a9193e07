//! `mrms node run`: the embedded ledger behind the RPC of a Stacks node, until SIGTERM or SIGINT.
//!
//! Creates neither STX nor time for whoever asks: those stay commands of the machine's owner. The home's
//! ledger belongs to this process while it runs.

use std::net::SocketAddr;

use clap::Args;
use mrms_node::rpc::{ObserverUrl, Reach, RpcSettings, ServeError, Server};
use serde_json::json;

use crate::config::Settings;
use crate::embedded::EmbeddedLedger;
use crate::failure::{Exit, Failure, chain};
use crate::home::NodeCard;
use crate::output::Output;
use crate::service::{self, LogArgs};

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
    #[command(flatten)]
    log: LogArgs,
}

pub(crate) fn run(args: RunArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_be_embedded("node run")?;
    settings.require_home()?;
    args.log.begin();
    let ledger = EmbeddedLedger::open(&settings.home.ledger(), settings.lock_wait)?.into_chain();
    let chain_id = ledger.identity().chain_id;
    let mut rpc = RpcSettings::default();
    rpc.listen = args.listen;
    rpc.reach = if args.expose { Reach::Network } else { Reach::Loopback };
    rpc.observers = args.observer;
    service::run(async |stop| {
        let server = Server::bind(ledger, rpc).await.map_err(serve_failure)?;
        let url = format!("http://{}", server.address());
        tracing::info!(%url, chain_id, "serving");
        // Commands of this home find the node by it while the node holds their ledger.
        settings.home.write_node(&NodeCard { url: url.clone(), pid: std::process::id() })?;
        output.result(
            &json!({"url": url, "chain_id": chain_id}),
            &format!("the ledger's RPC is at {url}; Ctrl-C stops it"),
        )?;
        server.run(stop).await;
        settings.home.remove_node()
    })
}

fn serve_failure(error: ServeError) -> Failure {
    let message = chain(&error);
    match error {
        ServeError::NotLoopback { .. } => Failure::new(Exit::Usage, "exposed", message)
            .hint("the RPC has neither encryption nor accounts; --expose allows it all the same"),
        ServeError::Listen { .. } => Failure::new(Exit::Failed, "listen", message)
            .hint("another node may be running; --listen takes another port"),
        _ => Failure::new(Exit::Unreachable, "ledger", message),
    }
}
