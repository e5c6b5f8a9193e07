//! What commands share that serve until they are stopped: a log on stderr, a runtime, and the signal
//! to end.

use std::io::{self, IsTerminal};
use std::time::Duration;

use clap::{Args, ValueEnum};
use mrms_http::{ListenError, Reach};
use tracing_subscriber::filter::LevelFilter;

use crate::ui::failure::{Exit, Failure, chain};

/// How long work that was cut off may take to end before the process does.
const LAST_WORK: Duration = Duration::from_secs(5);

/// How a service writes its log.
#[derive(Debug, Args)]
pub(crate) struct LogArgs {
    /// How the log on stderr is written.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    log: LogFormat,
    /// What goes to the log.
    #[arg(long, value_enum, default_value_t = LogLevel::Info)]
    log_level: LogLevel,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogFormat {
    /// For people.
    Text,
    /// An object a line.
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum LogLevel {
    /// What needs somebody to look at it.
    Warn,
    /// Start, stop and each transaction, too.
    Info,
    /// Each request, too.
    Debug,
}

impl LogArgs {
    /// Sets the log up.
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
        // Only fails when a log has been set up before.
        let _ = match self.log {
            LogFormat::Text => log.try_init(),
            LogFormat::Json => log.json().flatten_event(true).try_init(),
        };
    }
}

/// From where a service may be reached.
pub(crate) const fn reach(expose: bool) -> Reach {
    if expose { Reach::Network } else { Reach::Loopback }
}

/// Why a service, which is called so, has no address.
pub(crate) fn listen_failure(command: &str, error: &ListenError) -> Failure {
    let message = chain(error);
    match error {
        ListenError::NotLoopback { .. } => Failure::new(Exit::Usage, "exposed", message).hint(format!(
            "put a reverse proxy with TLS before it; {command} --expose does without: there is no encryption"
        )),
        ListenError::Listen { .. } => Failure::new(Exit::Failed, "listen", message)
            .hint(format!("another {command} may be running; give this one another port")),
    }
}

/// When the process is asked to end.
pub(crate) type Stop = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs a service to its end. What it gets is ready when the process is asked to end.
pub(crate) fn run(serve: impl AsyncFnOnce(Stop) -> Result<(), Failure>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .on_thread_start(mrms_node::lower_thread_priority)
        .enable_all()
        .build()
        .map_err(system)?;
    let outcome = runtime.block_on(async {
        // Before anything else, so that whoever knows of the service can stop it.
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
