//! The `mrms` binary: reads the command line and the environment, runs one command, and turns its
//! outcome into text or JSON and an exit code.
//!
//! The only crate that knows clap, the environment and the terminal. What a command does is in
//! [`commands`], one file per verb; how it is done is in the libraries.

mod agent;
mod archive;
mod chain_view;
mod commands;
mod config;
mod embedded;
mod evidence;
mod failure;
mod home;
mod outcome;
mod output;
mod own_node;
mod own_vault;
mod passphrase;
mod reasons;
mod remote;
mod service;
mod times;
mod vaults;
mod workplace;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use commands::Command;
use config::{GlobalFlags, Settings};
use failure::Failure;
use output::Output;

/// The system's own takes a third of the time that the Clarity VM needs for a call.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Medical records that belong to the patient: encrypted, shared for a time, every access on
/// record.
#[derive(Debug, Parser)]
#[command(name = "mrms", version, max_term_width = 100, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    global: GlobalFlags,
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    no_core_dumps();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return misused(&error),
    };
    let output = Output::new(cli.global.json);
    let outcome =
        Settings::merge(cli.global).and_then(|settings| cli.command.run(settings, output));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => report(&failure, output),
    }
}

/// What clap has to say: help and version, which are no failures, or wrong usage.
fn misused(error: &clap::Error) -> ExitCode {
    let wants_json = std::env::args_os().any(|argument| argument == "--json");
    if error.use_stderr() && wants_json {
        let text = error.render().to_string();
        let first = text.lines().next().unwrap_or_default();
        let failure = Failure::usage(first.trim_start_matches("error: "))
            .hint("mrms COMMAND --help shows what a command takes");
        return report(&failure, Output::new(true));
    }
    // Nobody is left to be told when the stream is closed.
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// Keys in memory must not end up in a file when the process breaks off.
fn no_core_dumps() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    // Where the system refuses, there is nothing better to do.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

fn report(failure: &Failure, output: Output) -> ExitCode {
    if failure.code != "closed" {
        if output.is_json() {
            // When stdout is gone, the exit code still tells.
            let _ = output.object(&failure.to_json());
        } else {
            output.note(&format!("error: {failure}"));
        }
    }
    ExitCode::from(failure.exit as u8)
}

/// The command line as clap knows it, for completions and the manual page.
fn command_line() -> clap::Command {
    Cli::command()
}
