//! `mrms up`: the home's ledger and its vault together, on this machine, until SIGTERM or SIGINT.
//!
//! What [`super::node::run`] and [`super::vault_run`] serve, in one process: the vault follows the node as any
//! other client does, and ends before it.

use std::net::SocketAddr;

use clap::Args;
use mrms_node::control::Rights;
use mrms_node::rpc::RpcSettings;
use tokio::sync::oneshot;

use crate::commands::node::run::{self as node, ServedNode};
use crate::commands::service::serving::{self, LogArgs};
use crate::commands::vault::run::{Prepared, VaultTerms};
use crate::config::Settings;
use crate::ui::failure::{Exit, Failure};
use crate::ui::output::Output;
use crate::ui::results::service::ServedHome;

#[derive(Debug, Args)]
pub(crate) struct UpArgs {
    /// Address and port of the ledger's RPC; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:20443")]
    node_listen: SocketAddr,
    /// Address and port of the vault; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:20444")]
    vault_listen: SocketAddr,
    /// How often head and count of the vault's log are anchored on chain. Never when left out.
    #[arg(long, value_name = "SECONDS", value_parser = 1..=31_536_000)]
    anchor_every: Option<i64>,
    #[command(flatten)]
    log: LogArgs,
}

pub(crate) fn run(args: &UpArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_be_embedded("up")?;
    settings.home.require()?;
    args.log.begin();
    let mut rpc = RpcSettings::default();
    rpc.listen = args.node_listen;
    rpc.control = node::control(Rights::Funds, settings)?;
    let terms = VaultTerms::on(args.vault_listen, args.anchor_every);
    let ledger = node::open(settings)?;
    serving::run(async |stop| {
        let node = ServedNode::bind(ledger, rpc, settings).await?;
        let (told, words) = (node.told(), node.words());
        let (end, ended) = oneshot::channel::<()>();
        let node = tokio::spawn(node.run(Ok(()), async { drop(ended.await) }));
        let up = async {
            // Asks the node, which the other threads serve meanwhile.
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
