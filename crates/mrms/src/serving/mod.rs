//! Shared code of the commands that serve until they are stopped: the log on stderr, the async runtime,
//! and the signal to stop. [`token_file`] has the token that a client must show, [`units`] the units for systemd.

pub(crate) mod token_file;
pub(crate) mod units;

use std::io::{self, IsTerminal};
use std::time::Duration;

use clap::{Args, ValueEnum};
use mrms_home::joining::published;
use mrms_http::{Gate, HostName, ListenError, PublishedFile, Reach, WebOrigin};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::Settings;

use crate::ui::failure::{Exit, Failure, chain};

/// How long unfinished work may take to end, after the service has stopped.
const LAST_WORK: Duration = Duration::from_secs(5);

/// How a service writes its log.
#[derive(Debug, Args)]
#[command(next_help_heading = "Log")]
pub(crate) struct LogArgs {
    /// Write the log on stderr as text, or as json with one object on each line.
    #[arg(
        long,
        value_name = "FORMAT",
        value_enum,
        default_value_t = LogFormat::Text,
        hide_possible_values = true
    )]
    log: LogFormat,
    /// Log this much: warn (what somebody must look at), info (also start, stop and each transaction)
    /// or debug (also each request).
    #[arg(
        long,
        value_name = "LEVEL",
        value_enum,
        default_value_t = LogLevel::Info,
        hide_possible_values = true
    )]
    log_level: LogLevel,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object on each line.
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogLevel {
    /// What somebody must look at.
    Warn,
    /// Also start, stop and each transaction.
    Info,
    /// Also each request.
    Debug,
}

impl LogArgs {
    /// Starts the log.
    pub(crate) fn begin(&self) {
        let level = match self.log_level {
            LogLevel::Warn => LevelFilter::WARN,
            LogLevel::Info => LevelFilter::INFO,
            LogLevel::Debug => LevelFilter::DEBUG,
        };
        let is_colored = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let log = tracing_subscriber::fmt()
            .with_writer(io::stderr)
            .with_ansi(is_colored)
            .with_max_level(level);
        // The program's own lines: the name of a part, such as mrms::http, and nothing of how it was built.
        let own = Targets::new().with_target("mrms", level);
        // Fails only if a log was started before.
        let _ = match self.log {
            LogFormat::Text => log.finish().with(own).try_init(),
            LogFormat::Json => log.json().flatten_event(true).finish().with(own).try_init(),
        };
    }
}

/// Names by which clients reach a service.
#[derive(Debug, Default, Args)]
pub(crate) struct HostArgs {
    /// Answer to this name as well, as a reverse proxy passes it on; may be given more than once.
    /// Without it: to hosts under [serve] of mrms.toml, and always to this machine's own names.
    #[arg(
        long,
        value_name = "NAME",
        env = "MRMS_ALLOW_HOST",
        hide_env_values = true,
        value_delimiter = ','
    )]
    allow_host: Vec<HostName>,
}

/// Web pages that may ask the node.
#[derive(Debug, Default, Args)]
pub(crate) struct OriginArgs {
    /// Let web pages of this origin ask the node, such as https://tools.example.org; * lets all. May
    /// be given more than once. Without it: origins under [serve] of mrms.toml, else no page.
    #[arg(
        long,
        value_name = "ORIGIN",
        env = "MRMS_ALLOW_ORIGIN",
        hide_env_values = true,
        value_delimiter = ','
    )]
    allow_origin: Vec<WebOrigin>,
}

impl HostArgs {
    /// Which requests a service lets in that no web page asks.
    pub(crate) fn gate(&self, settings: &Settings) -> Gate {
        let hosts =
            if self.allow_host.is_empty() { &settings.gate.hosts } else { &self.allow_host };
        Gate { hosts: hosts.clone(), origins: Vec::new() }
    }
}

impl OriginArgs {
    /// The same for a node.
    pub(crate) fn gate(&self, hosts: &HostArgs, settings: &Settings) -> Gate {
        let origins = match self.allow_origin.is_empty() {
            true => &settings.gate.origins,
            false => &self.allow_origin,
        };
        Gate { origins: origins.clone(), ..hosts.gate(settings) }
    }
}

/// What the services of a home show to everybody: the invitation that was published.
pub(crate) fn invitation(settings: &Settings) -> PublishedFile {
    PublishedFile::at(published::file(settings.home.folder()))
}

/// From where a service can be reached.
pub(crate) const fn reach(expose: bool) -> Reach {
    if expose { Reach::Network } else { Reach::Loopback }
}

/// Why the service of `command` can't listen on its address.
pub(crate) fn listen_failure(command: &str, error: &ListenError) -> Failure {
    let message = chain(error);
    match error {
        ListenError::NotLoopback { .. } => Failure::new(Exit::Usage, "exposed", message).hint(format!(
            "put a reverse proxy with TLS in front of it; or, without encryption: {command} --expose"
        )),
        ListenError::Listen { .. } => Failure::new(Exit::Failed, "listen", message)
            .hint(format!("another {command} may be running; give this one another port")),
    }
}

/// Ready when the process is asked to end.
pub(crate) type Stop = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs a service to its end. `serve` gets a future that is ready when the process is asked to end.
pub(crate) fn run(serve: impl AsyncFnOnce(Stop) -> Result<(), Failure>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .on_thread_start(mrms_node::lower_thread_priority)
        .enable_all()
        .build()
        .map_err(system)?;
    let outcome = runtime.block_on(async {
        // First of all, so that the service can be stopped as soon as somebody knows of it.
        serve(Box::pin(stop_signal().map_err(system)?)).await
    });
    runtime.shutdown_timeout(LAST_WORK);
    // Of a service that never started, the failure is told and nothing else.
    if outcome.is_ok() {
        tracing::info!(target: "mrms::service", "stopped");
    }
    outcome
}

/// Ready when the process is asked to end.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Ready when the process is asked to end.
#[cfg(not(unix))]
fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    })
}

fn system(error: io::Error) -> Failure {
    Failure::new(Exit::Failed, "system", error)
}
