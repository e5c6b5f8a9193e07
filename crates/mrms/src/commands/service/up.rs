//! `mrms up`: runs the node and the vault of this home in one process, until SIGTERM or SIGINT; and its sponsor, where
//! the settings name one, and its pages, where they are asked for.
//!
//! Vault and sponsor ask the node over HTTP, like any other client, and stop before the node.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;
use mrms_app::Actor;
use mrms_home::HomeError;
use mrms_node::chain::Ledger;
use mrms_node::control::Rights;
use mrms_node::rpc::RpcSettings;
use mrms_sponsor::Eligible;
use tokio::sync::oneshot;
use tokio::task::JoinError;

use crate::commands::node::run::{self as node, ServedNode};
use crate::commands::service::fhir::BesideArgs;
use crate::commands::service::portal::{self, ListeningPortal};
use crate::commands::service::sponsor::{ListeningSponsor, PreparedSponsor, SponsorArgs};
use crate::commands::service::tender;
use crate::commands::vault::run::{Prepared, VaultTerms};
use crate::config::Settings;
use crate::serving::{self, HostArgs, LogArgs, OriginArgs};
use crate::ui::failure::{Exit, Failure};
use crate::ui::output::Output;
use crate::ui::results::service::ServedHome;

/// How often it is looked whether the pages have made a profile.
const LOOKS_AGAIN: Duration = Duration::from_millis(500);

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
    /// Also serve the pages for the person at this machine, as mrms portal does. In a home without a profile
    /// the pages make one first, and then the node and the vault start.
    #[arg(long)]
    portal: bool,
    /// Let the pages listen on this address and port; port 0 takes a free one.
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:20445",
        requires = "portal"
    )]
    portal_listen: SocketAddr,
    /// Let the pages answer to browsers of every user of this machine who has a link, as mrms portal --any-user does.
    #[arg(long, requires = "portal")]
    portal_any_user: bool,
    #[command(flatten)]
    fhir: BesideArgs,
    /// Do not run the sponsor, although profile and listen under [sponsor] of mrms.toml name one.
    #[arg(long)]
    without_sponsor: bool,
    /// Write the head and length of the vault log into the contract this often, in seconds, if the log
    /// has grown. The vault's account pays the fee. Without it: never.
    #[arg(long, value_name = "SECONDS", value_parser = 1..=31_536_000)]
    anchor_every: Option<i64>,
    /// Look this often, in seconds, whether keys are to be left for those who read everything, while the profile is
    /// unlocked.
    #[arg(
        long,
        value_name = "SECONDS",
        default_value_t = 60,
        value_parser = clap::value_parser!(u64).range(1..=86_400)
    )]
    tend_every: u64,
    #[command(flatten)]
    hosts: HostArgs,
    #[command(flatten)]
    origins: OriginArgs,
    #[command(flatten)]
    log: LogArgs,
}

pub(crate) fn run(args: UpArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_be_embedded("up")?;
    args.log.begin();
    if args.fhir.is_asked() && !args.portal {
        return Err(Failure::usage("--fhir is served beside the pages")
            .hint("add --portal, or run mrms fhir on its own"));
    }
    if args.portal {
        return with_portal(args, settings, output);
    }
    let prepared = PreparedHome::of(args, settings, output)?;
    serving::run(async |stop| prepared.run(settings, output, stop).await)
}

/// Serves the pages, and the node and the vault as soon as there is a ledger to serve.
fn with_portal(args: UpArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let (listen, whose) = (args.portal_listen, portal::whose(args.portal_any_user));
    let fhir = args.fhir.unlock(settings)?;
    // A sponsor's passphrase is asked for before anything is served.
    let prepared = match settings.home.require() {
        Ok(()) => Ok(PreparedHome::of(args, settings, output)?),
        Err(_) => Err(args),
    };
    serving::run(async |stop| {
        let portal = ListeningPortal::bind(listen, whose, settings, output).await?;
        let portal = match fhir {
            Some(fhir) => portal.beside(fhir.bind(settings, output).await?),
            None => portal,
        };
        let (end, ended) = oneshot::channel::<()>();
        let portal = tokio::spawn(portal.run(async { drop(ended.await) }));
        let mut stop = stop;
        let prepared = match prepared {
            Ok(prepared) => Ok(Some(prepared)),
            Err(args) => match first_profile(settings, &mut stop).await {
                true => tokio::task::block_in_place(|| PreparedHome::of(args, settings, output))
                    .map(Some),
                false => Ok(None),
            },
        };
        let up = match prepared {
            Ok(Some(prepared)) => prepared.run(settings, output, stop).await,
            Ok(None) => Ok(()),
            Err(failure) => Err(failure),
        };
        drop(end);
        up.and(portal.await.map_err(broke_off).and_then(|ended| ended))
    })
}

/// Waits until the pages have made a profile on a ledger of this home. Returns whether they did; a home that joined
/// somebody has no ledger to serve, and waits for the end.
async fn first_profile(settings: &Settings, stop: &mut serving::Stop) -> bool {
    loop {
        tokio::select! {
            () = &mut *stop => return false,
            () = tokio::time::sleep(LOOKS_AGAIN) => {}
        }
        let has_profile = settings.home.folder().profiles().is_ok_and(|all| !all.is_empty());
        if has_profile && settings.home.require().is_ok() {
            return true;
        }
    }
}

/// What is served, before it is.
struct PreparedHome {
    rpc: RpcSettings,
    terms: VaultTerms,
    paying: Option<Paying>,
    ledger: Ledger,
    tend_every: Duration,
}

impl PreparedHome {
    fn of(args: UpArgs, settings: &Settings, output: Output) -> Result<Self, Failure> {
        settings.home.require().map_err(without_home)?;
        let mut rpc = RpcSettings::default();
        rpc.listen = node::listen(args.node_listen, settings);
        rpc.gate = args.origins.gate(&args.hosts, settings);
        rpc.published = Some(serving::invitation(settings));
        rpc.control = node::control(Rights::Funds, settings)?;
        rpc.scrub = node::usual_scrub();
        let tend_every = Duration::from_secs(args.tend_every);
        let terms = VaultTerms::on(args.vault_listen, args.hosts, args.anchor_every);
        let paying = if args.without_sponsor { None } else { Paying::unlock(settings, output)? };
        let ledger = node::open(settings)?;
        Ok(Self { rpc, terms, paying, ledger, tend_every })
    }

    /// Serves until `stop` is ready.
    async fn run(
        self,
        settings: &Settings,
        output: Output,
        stop: serving::Stop,
    ) -> Result<(), Failure> {
        let Self { rpc, terms, paying, ledger, tend_every } = self;
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
            let tender = tender::begin(settings, tend_every, output);
            let up = vault.run(told, stop).await;
            tender.abort();
            drop(end);
            match sponsor {
                Some(sponsor) => up.and(sponsor.await.map_err(broke_off)),
                None => up,
            }
        };
        let up = up.await;
        drop(end);
        up.and(node.await.map_err(broke_off).and_then(|ended| ended))
    }
}

/// Nothing can be served in a folder without a home: says how to make one.
fn without_home(error: HomeError) -> Failure {
    let is_new = matches!(error, HomeError::NoHome { .. });
    let failure = Failure::from(error);
    match is_new {
        true => failure.hint(
            "for a clinic: mrms clinic setup NAME makes it; for yourself: mrms up --portal makes it in a browser, mrms init at the terminal; then mrms up serves it. MRMS_HOME or --home names another folder",
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
