//! `mrms up`: runs the node and the vault of this home in one process, until SIGTERM or SIGINT; and its sponsor, where
//! the settings name one.
//!
//! Vault and sponsor ask the node over HTTP, like any other client, and stop before the node.

use std::net::SocketAddr;

use clap::Args;
use mrms_app::Actor;
use mrms_home::HomeError;
use mrms_node::control::Rights;
use mrms_node::rpc::RpcSettings;
use mrms_sponsor::Eligible;
use tokio::sync::oneshot;
use tokio::task::JoinError;

use crate::commands::node::run::{self as node, ServedNode};
use crate::commands::service::serving::{self, HostArgs, LogArgs, OriginArgs};
use crate::commands::service::sponsor::{ListeningSponsor, PreparedSponsor, SponsorArgs};
use crate::commands::vault::run::{Prepared, VaultTerms};
use crate::config::Settings;
use crate::ui::failure::{Exit, Failure};
use crate::ui::output::Output;
use crate::ui::results::service::ServedHome;

#[derive(Debug, Args)]
#[command(
    after_help = "All listen on loopback only and speak no TLS. To serve other machines, put a \
    reverse proxy with TLS in front."
)]
pub(crate) struct UpArgs {
    /// Let the node listen on this address and port; port 0 takes a free one. Without it: node_listen
    /// under [serve] of mrms.toml, else 127.0.0.1:20443.
    #[arg(long, value_name = "ADDRESS:PORT")]
    node_listen: Option<SocketAddr>,
    /// Let the vault listen on this address and port; port 0 takes a free one. Without it: vault_listen
    /// under [serve] of mrms.toml, else 127.0.0.1:20444.
    #[arg(long, value_name = "ADDRESS:PORT")]
    vault_listen: Option<SocketAddr>,
    /// Do not run the sponsor, although profile and listen under [sponsor] of mrms.toml name one.
    #[arg(long)]
    without_sponsor: bool,
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
    settings.home.require().map_err(without_home)?;
    args.log.begin();
    let mut rpc = RpcSettings::default();
    rpc.listen = node::listen(args.node_listen, settings);
    rpc.gate = args.origins.gate(&args.hosts, settings);
    rpc.published = Some(serving::invitation(settings));
    rpc.control = node::control(Rights::Funds, settings)?;
    rpc.scrub = node::usual_scrub();
    let terms = VaultTerms::on(args.vault_listen, args.hosts, args.anchor_every);
    let paying = if args.without_sponsor { None } else { Paying::unlock(settings, output)? };
    let ledger = node::open(settings)?;
    serving::run(async |stop| {
        let node = ServedNode::bind(ledger, rpc, settings).await?;
        let (told, words) = (node.told(), node.words());
        let (end, ended) = oneshot::channel::<()>();
        let node = tokio::spawn(node.run(Ok(()), async { drop(ended.await) }));
        let up = async {
            // They ask the node, which other threads serve meanwhile.
            let sponsor = paying.map(|paying| tokio::task::block_in_place(|| paying.open()));
            let sponsor = match sponsor.transpose()? {
                Some(prepared) => Some(prepared.bind().await?),
                None => None,
            };
            let vault = tokio::task::block_in_place(|| Prepared::open(&terms, settings))?;
            let vault = vault.bind(settings).await?;
            let payer = sponsor.as_ref().map(|sponsor| format!("\n{}", sponsor.words()));
            let text = format!(
                "{words}\n{}{}\nmrms invite makes an invitation for somebody; mrms portal --open shows your records\nCtrl-C stops them",
                vault.words(),
                payer.unwrap_or_default()
            );
            let served = ServedHome {
                node: told,
                vault: vault.told(),
                sponsor: sponsor.as_ref().map(ListeningSponsor::told),
            };
            let told = output.result(&served, &text);
            let (end, ended) = oneshot::channel::<()>();
            let sponsor =
                sponsor.map(|sponsor| tokio::spawn(sponsor.run(async { drop(ended.await) })));
            let up = vault.run(told, stop).await;
            drop(end);
            match sponsor {
                Some(sponsor) => up.and(sponsor.await.map_err(broke_off)),
                None => up,
            }
        };
        let up = up.await;
        drop(end);
        up.and(node.await.map_err(broke_off).and_then(|ended| ended))
    })
}

/// Nothing can be served in a folder without a home: says how to make one.
fn without_home(error: HomeError) -> Failure {
    let is_new = matches!(error, HomeError::NoHome { .. });
    let failure = Failure::from(error);
    match is_new {
        true => failure.hint(
            "for a clinic: mrms clinic setup NAME makes it; for yourself: mrms init; then mrms up serves it. MRMS_HOME or --home names another folder",
        ),
        false => failure,
    }
}

fn broke_off(error: JoinError) -> Failure {
    Failure::new(Exit::Failed, "system", error)
}

/// The sponsor of this home, whose profile is unlocked.
struct Paying {
    args: SponsorArgs,
    eligible: Eligible,
    actor: Actor,
    settings: Settings,
}

impl Paying {
    /// Unlocks the profile that pays, if the settings name one. Asks for its passphrase before anything is served.
    fn unlock(settings: &Settings, output: Output) -> Result<Option<Self>, Failure> {
        let Some((profile, _)) = &settings.serving.sponsor else { return Ok(None) };
        let settings = settings.as_profile(profile.clone(), output);
        let args = SponsorArgs::standard()?;
        let eligible = args.eligible(&settings)?;
        let actor = settings.home.unlock()?;
        Ok(Some(Self { args, eligible, actor, settings }))
    }

    /// Opens the books. The account gets what it pays with from the node's own money, on this home's own ledger.
    fn open(self) -> Result<PreparedSponsor, Failure> {
        let Self { args, eligible, actor, settings } = self;
        settings.home.ledger()?.fund(&actor.principal)?;
        PreparedSponsor::open(&args, eligible, actor, &settings)
    }
}
