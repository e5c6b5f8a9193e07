//! `mrms node run`: the embedded ledger behind the RPC of a Stacks node, until SIGTERM or SIGINT.
//!
//! Creates neither STX nor time for whoever asks: those stay commands of the machine's owner. The home's
//! ledger belongs to this process while it runs.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use clap::{Args, ValueEnum};
use mrms_node::rpc::{ObserverUrl, Reach, RpcSettings, ServeError, Server};
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;

use crate::config::Settings;
use crate::embedded::EmbeddedLedger;
use crate::failure::{Exit, Failure, chain};
use crate::home::NodeCard;
use crate::output::Output;

/// How long work that was cut off may take to end before the process does.
pub(super) const LAST_WORK: Duration = Duration::from_secs(5);

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Address and port; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:20443")]
    listen: SocketAddr,
    /// Allow an address that other machines can reach. The RPC has neither encryption nor accounts.
    #[arg(long)]
    expose: bool,
    /// Tell this program of each block (POST /new_block), as a Stacks node does; may be repeated.
    #[arg(long, value_name = "URL")]
    observer: Vec<ObserverUrl>,
    /// How the log on stderr is written.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    log: LogFormat,
    /// What goes to the log.
    #[arg(long, value_enum, default_value_t = LogLevel::Info)]
    log_level: LogLevel,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum LogFormat {
    /// For people.
    Text,
    /// An object a line.
    Json,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum LogLevel {
    /// What needs somebody to look at it.
    Warn,
    /// Start, stop and each transaction, too.
    Info,
    /// Each request, too.
    Debug,
}

pub(crate) fn run(args: RunArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_be_embedded("node run")?;
    settings.require_home()?;
    log_to_stderr(args.log, args.log_level);
    let ledger = EmbeddedLedger::open(&settings.home.ledger(), settings.lock_wait)?.into_chain();
    let chain_id = ledger.identity().chain_id;
    let mut rpc = RpcSettings::default();
    rpc.listen = args.listen;
    rpc.reach = if args.expose { Reach::Network } else { Reach::Loopback };
    rpc.observers = args.observer;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(system)?;
    let outcome = runtime.block_on(async {
        // Before the address is told, so that whoever knows it can stop the node.
        let stop = stop_signal().map_err(system)?;
        let server = Server::bind(ledger, rpc).await.map_err(serve_failure)?;
        let url = format!("http://{}", server.address());
        tracing::info!(%url, chain_id, "serving");
        // Commands of this home find the node by it while the node holds their ledger.
        settings.home.write_node(&NodeCard { url: url.clone(), pid: std::process::id() })?;
        output.result(
            &json!({"url": url, "chain_id": chain_id}),
            &format!("the ledger's RPC is at {url}; Ctrl-C stops it"),
        )?;
        server.run(stop).await;
        settings.home.remove_node()
    });
    runtime.shutdown_timeout(LAST_WORK);
    tracing::info!("stopped");
    outcome
}

pub(super) fn log_to_stderr(format: LogFormat, level: LogLevel) {
    let level = match level {
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    let log = tracing_subscriber::fmt().with_writer(io::stderr).with_max_level(level);
    // Only fails when a log has been set up before.
    let _ = match format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
}

/// Ready when the process is asked to end.
#[cfg(unix)]
pub(super) fn stop_signal() -> io::Result<impl Future<Output = ()>> {
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
pub(super) fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    })
}

pub(super) fn system(error: io::Error) -> Failure {
    Failure::new(Exit::Failed, "system", error)
}

fn serve_failure(error: ServeError) -> Failure {
    let message = chain(&error);
    match error {
        ServeError::NotLoopback { .. } => Failure::new(Exit::Usage, "exposed", message)
            .hint("the RPC has neither encryption nor accounts; --expose allows it all the same"),
        ServeError::Listen { .. } => Failure::new(Exit::Failed, "listen", message)
            .hint("another node may be running; --listen takes another port"),
        _ => Failure::new(Exit::Unreachable, "ledger", message),
    }
}
