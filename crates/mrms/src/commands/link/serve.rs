//! `mrms link serve`: the host of this home's links.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use mrms_http::{Gate, Listener, WebOrigin};
use mrms_link_host::{HostSettings, LinkHostServer};
use sha2::{Digest as _, Sha256};

use super::named::must_be_web;
use crate::config::Settings;
use crate::serving::token_file::token_in;
use crate::serving::{self, HostArgs, LogArgs};
use crate::ui::failure::Failure;
use crate::ui::output::Output;
use crate::ui::results::links::ServedLinks;

#[derive(Debug, Args)]
#[command(
    after_help = "It holds sealed files and no key to them, and makes the link's entry in each record's log before it gives \
    a file out; without a ledger it gives nothing. Others reach it through a reverse proxy with TLS: name the proxy's \
    address with --url, and let the proxy write no addresses of links into its log. It unlocks no profile. \
    docs/links.md has an example.\n\n\
    Example:\n  mrms link serve --url https://links.example.org --allow-host links.example.org"
)]
pub(crate) struct ServeArgs {
    /// Listen on this address and port; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:20448")]
    listen: SocketAddr,
    /// Listen where other machines reach it, without encryption. Without it: only on this machine.
    #[arg(long)]
    expose: bool,
    /// Address by which viewers reach it, for the links that are made from now on. Without it: where it listens.
    #[arg(long, value_name = "URL", env = "MRMS_LINK_HOST", hide_env_values = true)]
    url: Option<String>,
    /// How often one link may be asked for in a minute.
    #[arg(long, value_name = "COUNT", default_value = "30", value_parser = clap::value_parser!(u32).range(1..))]
    per_minute: u32,
    /// Take links of other homes from whoever has the deposit key in this file: the one that is there, or a new one. Give the
    /// key to your patients. Without it: this home's links alone.
    #[arg(long, value_name = "FILE")]
    deposit_key_file: Option<PathBuf>,
    #[command(flatten)]
    hosts: HostArgs,
    #[command(flatten)]
    log: LogArgs,
}

pub(super) fn run(args: &ServeArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    args.log.begin();
    settings.must_not_rehearse("link serve")?;
    if let Some(url) = &args.url {
        must_be_web(url, "--url")?;
    }
    let deposit_key = match &args.deposit_key_file {
        None => None,
        Some(path) => {
            let key = token_in(path, "mrms link serve")?;
            Some(Sha256::digest(key.expose().as_bytes()).into())
        }
    };
    // Also finds out whether there is a contract to ask.
    let home = &settings.home;
    home.contract()?;
    serving::run(async |stop| {
        let listener = Listener::bind(args.listen, serving::reach(args.expose)).await;
        let listener =
            listener.map_err(|error| serving::listen_failure("mrms link serve", &error))?;
        // Any page may be a viewer: what a link gives is for whoever has the link.
        let gate = Gate { origins: vec![WebOrigin::Any], ..args.hosts.gate(settings) };
        let listener = listener.behind(gate);
        let url = match &args.url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{}", listener.address()),
        };
        let listens = listener.address().to_string();
        home.hosted_links().announce(&url, &listens)?;
        let served = HostSettings { url: url.clone(), per_minute: args.per_minute, deposit_key };
        let server = LinkHostServer::new(home.folder().clone(), home.settings().clone(), served);
        tracing::info!(target: "mrms::link", %url, "answering for links");
        output.result(
            &ServedLinks { url: &url, listens: &listens },
            &format!("links are answered at {url}, listening on {listens}"),
        )?;
        server.serve(listener, stop).await;
        Ok(())
    })
}
