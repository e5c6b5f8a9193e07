//! `mrms up`: runs the node and the vault of this home in one process, until SIGTERM or SIGINT.
//!
//! The vault asks the node over HTTP, like any other client, and stops before the node.

use std::net::SocketAddr;

use clap::Args;
use mrms_node::control::Rights;
use mrms_node::rpc::RpcSettings;
use tokio::sync::oneshot;

use crate::commands::node::run::{self as node, ServedNode};
use crate::commands::service::serving::{self, HostArgs, LogArgs, OriginArgs};
use crate::commands::vault::run::{Prepared, VaultTerms};
use crate::config::Settings;
use crate::ui::failure::{Exit, Failure};
use crate::ui::output::Output;
use crate::ui::results::service::ServedHome;

#[derive(Debug, Args)]
#[command(
    after_help = "Both listen on loopback only and speak no TLS. To serve other machines, put a \
    reverse proxy with TLS in front."
)]
pub(crate) struct UpArgs {
    /// Let the node listen on this address and port; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:20443")]
    node_listen: SocketAddr,
    /// Let the vault listen on this address and port; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:20444")]
    vault_listen: SocketAddr,
    /// Write the head and length of the vault log into the contract this often, in seconds, if the log
    /// has grown. The vault's account pays the fee. Without it: never.
    #[arg(long, value_name = "SECONDS", value_parser = 1..=31_536_000)]
    anchor_every: Option<i64>,
    #[command(flatten)]
    hosts: HostArgs,
    #[command(flatten)]
    origins: OriginArgs,
    #[command(flatten)]
    log: LogArgs,
}

pub(crate) fn run(args: UpArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_be_embedded("up")?;
    settings.home.require()?;
    args.log.begin();
    let mut rpc = RpcSettings::default();
    rpc.listen = args.node_listen;
    rpc.gate = args.origins.gate(&args.hosts, settings);
    rpc.control = node::control(Rights::Funds, settings)?;
    let terms = VaultTerms::on(args.vault_listen, args.hosts, args.anchor_every);
    let ledger = node::open(settings)?;
    serving::run(async |stop| {
        let node = ServedNode::bind(ledger, rpc, settings).await?;
        let (told, words) = (node.told(), node.words());
        let (end, ended) = oneshot::channel::<()>();
        let node = tokio::spawn(node.run(Ok(()), async { drop(ended.await) }));
        let up = async {
            // It asks the node, which other threads serve meanwhile.
            let vault = tokio::task::block_in_place(|| Prepared::open(&terms, settings))?;
            let vault = vault.bind(settings).await?;
            let text = format!("{words}\n{}\nCtrl-C stops both", vault.words());
            let told = output.result(&ServedHome { node: told, vault: vault.told() }, &text);
            vault.run(told, stop).await
        };
        let up = up.await;
        drop(end);
        let broke_off = |error| Failure::new(Exit::Failed, "system", error);
        up.and(node.await.map_err(broke_off).and_then(|ended| ended))
    })
}
