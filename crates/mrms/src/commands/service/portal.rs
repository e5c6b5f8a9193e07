//! `mrms portal`: serves the pages for the person at this machine; `mrms portal link` lets another browser in.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use clap::{Args, Subcommand};
use mrms_home::Service;
use mrms_http::{Gate, Listener, Reach};
use mrms_portal::{Links, NotALink, Portal, PortalSettings};

use crate::commands::service::serving::{self, LogArgs};
use crate::config::Settings;
use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::output::Output;
use crate::ui::reasons::cannot;
use crate::ui::results::service::ServedPortal;
use crate::viewer::viewers;

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
    /// Open the link in this machine's browser.
    #[arg(long)]
    open: bool,
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
    let home = &settings.home;
    let viewers = viewers().map_err(|error| Failure::new(Exit::Failed, "system", chain(&error)))?;
    mrms_files::make_private_folder(home.folder().root())
        .map_err(|error| cannot("make", home.folder().root(), &error))?;
    serving::run(async |stop| {
        let listener = Listener::bind(args.listen, Reach::Loopback).await;
        let listener = listener.map_err(|error| match &error {
            mrms_http::ListenError::NotLoopback { .. } => {
                Failure::new(Exit::Usage, "exposed", chain(&error)).hint(
                    "the portal is for the person at this machine: let it listen on 127.0.0.1",
                )
            }
            _ => serving::listen_failure("mrms portal", &error),
        })?;
        // Its own names, and pages of its own: a setting for other servers opens nothing here.
        let listener = listener.behind(Gate::default());
        let url = format!("http://{}", listener.address());
        let announced = home.folder().announce(Service::Portal, &url)?;
        let portal = Portal::new(
            home.folder().clone(),
            home.settings().clone(),
            PortalSettings { inline_limit: settings.inline_limit, viewers },
            listener.address().port(),
        );
        let link = make(home.folder(), &url)?;
        tracing::info!(target: "mrms::portal", %url, "serving pages");
        tell(&url, &link, output)?;
        if args.open {
            open(&link, output);
        }
        listener.serve(mrms_portal::router(portal), stop).await;
        Ok(announced.withdraw()?)
    })
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
