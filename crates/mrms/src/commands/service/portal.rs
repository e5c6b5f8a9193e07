//! `mrms portal`: serves the pages for the person at this machine; `mrms portal link` lets another browser in.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;

use clap::{Args, Subcommand};
use mrms_crypto::age_file::WorkFactor;
use mrms_home::{Announcement, ProfileName, Service};
use mrms_http::{Gate, Listener, Reach, Whose};
use mrms_portal::{
    EndedAgent, Invites, KeyAgents, Links, NotALink, Portal, PortalSettings, ToldBy,
};
use tokio::sync::oneshot;

use crate::agent::Agent;
use crate::commands::link::named;
use crate::commands::service::fhir::{BesideArgs, ListeningFace};
use crate::config::Settings;
use crate::serving::{self, LogArgs};
use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::output::Output;
use crate::ui::reasons::cannot;
use crate::ui::results::service::ServedPortal;
use crate::ui::viewer::viewers;

#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "It answers to browsers on this machine alone. The link that it prints lets one browser in, \
    once, within ten minutes; the profile is then opened with its passphrase. In a home without a profile, \
    the pages make one."
)]
pub(crate) struct PortalArgs {
    #[command(subcommand)]
    command: Option<PortalCommand>,
    /// Listen on this address and port; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:20445")]
    listen: SocketAddr,
    /// Answer to browsers of every user of this machine who has a link, and not only to those of the user who runs this, and of
    /// root. A session is of the user who began it. Only Linux tells users apart.
    #[arg(long)]
    any_user: bool,
    /// Open the link in this machine's browser.
    #[arg(long)]
    open: bool,
    #[command(flatten)]
    fhir: BesideArgs,
    #[command(flatten)]
    log: LogArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PortalCommand {
    /// Print another link for the portal of this home that runs.
    Link,
}

pub(crate) fn run(args: &PortalArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    match args.command {
        Some(PortalCommand::Link) => link(settings, output),
        None => serve(args, settings, output),
    }
}

fn link(settings: &Settings, output: Output) -> Result<(), Failure> {
    let folder = settings.home.folder();
    let Some(card) = folder.portal() else {
        return Err(Failure::new(
            Exit::NotFound,
            "portal-not-running",
            "no portal of this home is running",
        )
        .hint("start one: mrms portal"));
    };
    tell(&card.url, &make(folder, &card.url)?, output)
}

fn make(folder: &mrms_home::HomeFolder, url: &str) -> Result<String, Failure> {
    Links::of(folder).make(url).map_err(|error| match &error {
        NotALink::File { path, source } => cannot("write", path, source),
        _ => Failure::new(Exit::Failed, "system", chain(&error)),
    })
}

fn tell(url: &str, link: &str, output: Output) -> Result<(), Failure> {
    output.result(
        &ServedPortal { url, link },
        &format!(
            "the portal is at {url}\nopen this link; it works once, for ten minutes:\n  {link}"
        ),
    )
}

fn serve(args: &PortalArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    args.log.begin();
    let fhir = args.fhir.unlock(settings)?;
    serving::run(async |stop| {
        let whose = whose(args.any_user);
        let portal = ListeningPortal::bind(args.listen, whose, settings, output).await?;
        let portal = match fhir {
            Some(fhir) => portal.beside(fhir.bind(settings, output).await?),
            None => portal,
        };
        if args.open {
            open(&portal.link, output);
        }
        portal.run(stop).await
    })
}

/// To whom the portal answers. A browser sends a cookie to every port of a machine, so that another user's server may have it. It
/// must be of no use to them: nobody else is let in, or each session is of the user who began it.
pub(crate) const fn whose(any_user: bool) -> Whose {
    if any_user { Whose::EachUser } else { Whose::ThisUser }
}

/// The key agents of this home.
#[derive(Debug)]
struct Agents(Agent);

impl KeyAgents for Agents {
    fn end(&self, profile: &ProfileName) -> EndedAgent {
        match (Agent { profile: profile.clone(), ..self.0.clone() }).end() {
            Ok(true) => EndedAgent::Ended,
            Ok(false) => EndedAgent::None,
            Err(_) => EndedAgent::GoesOn,
        }
    }
}

/// A portal that listens, and has told its first link.
pub(crate) struct ListeningPortal {
    listener: Listener,
    portal: Portal,
    announced: Announcement,
    link: String,
    /// The FHIR face in the same process.
    fhir: Option<ListeningFace>,
}

impl ListeningPortal {
    /// Listens on this address, for these users, and prints a link that lets one browser in.
    pub(crate) async fn bind(
        listen: SocketAddr,
        whose: Whose,
        settings: &Settings,
        output: Output,
    ) -> Result<Self, Failure> {
        let home = &settings.home;
        let viewers =
            viewers().map_err(|error| Failure::new(Exit::Failed, "system", chain(&error)))?;
        let link_hosts = named::for_portal(settings)?;
        mrms_files::make_private_folder(home.folder().root())
            .map_err(|error| cannot("make", home.folder().root(), &error))?;
        let listener = Listener::bind(listen, Reach::Loopback).await;
        let listener = listener.map_err(|error| match &error {
            mrms_http::ListenError::NotLoopback { .. } => {
                Failure::new(Exit::Usage, "exposed", chain(&error)).hint(
                    "the portal is for the person at this machine: let it listen on 127.0.0.1",
                )
            }
            _ => serving::listen_failure("mrms portal", &error),
        })?;
        // Its own names, and pages of its own: a setting for other servers opens nothing here.
        let listener = listener.behind(Gate::default()).answering_to(whose);
        let listener = listener.saying(mrms_portal::wording());
        let url = format!("http://{}", listener.address());
        let announced = home.folder().announce(Service::Portal, &url)?;
        let portal = Portal::new(
            home.folder().clone(),
            home.settings().clone(),
            PortalSettings {
                inline_limit: settings.inline_limit,
                viewers,
                link_hosts,
                told_by: ToldBy {
                    desktop: settings.watch.desktop,
                    webhook: settings.watch.webhook.is_some(),
                    ntfy: settings.watch.ntfy.is_some(),
                    names: settings.watch.names,
                },
                invites: Invites {
                    own: settings.serving.own.clone(),
                    vouchers: settings.sponsored.vouchers.clone(),
                },
                overriding: settings.overriding.clone(),
                work_factor: WorkFactor::new(settings.work_factor).unwrap_or_default(),
                agents: Arc::new(Agents(settings.agent.clone())),
            },
            listener.address().port(),
        );
        let link = make(home.folder(), &url)?;
        tracing::info!(target: "mrms::portal", %url, "serving pages");
        tell(&url, &link, output)?;
        Ok(Self { listener, portal, announced, link, fhir: None })
    }

    /// The same with the FHIR face in its process.
    pub(crate) fn beside(self, fhir: ListeningFace) -> Self {
        Self { fhir: Some(fhir), ..self }
    }

    /// Serves until `stop` is ready.
    pub(crate) async fn run(
        self,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), Failure> {
        let (end, ended) = oneshot::channel::<()>();
        let fhir = self.fhir.map(|face| tokio::spawn(face.run(async { drop(ended.await) })));
        self.listener.serve(mrms_portal::router(self.portal), stop).await;
        drop(end);
        if let Some(fhir) = fhir {
            fhir.await.map_err(|error| Failure::new(Exit::Failed, "system", error))?;
        }
        Ok(self.announced.withdraw()?)
    }
}

/// Opens a link in the browser of this machine. The link lets in once, so it may stand in a command line.
fn open(link: &str, output: Output) {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = Command::new(program);
    command.arg(link).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if command.spawn().is_err() {
        output.note(&format!(
            "no browser was opened, because {program} is not here: open the link yourself"
        ));
    }
}
