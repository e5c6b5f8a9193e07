//! Shared code of the commands that serve until they are stopped: the log on stderr, the async runtime,
//! and the signal to stop.

use std::io::{self, IsTerminal};
use std::time::Duration;

use clap::{Args, ValueEnum};
use mrms_http::{ListenError, Reach};
use tracing_subscriber::filter::LevelFilter;

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
        // Fails only if a log was started before.
        let _ = match self.log {
            LogFormat::Text => log.try_init(),
            LogFormat::Json => log.json().flatten_event(true).try_init(),
        };
    }
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
    tracing::info!("stopped");
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
