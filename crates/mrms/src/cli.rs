//! The command line: parses it, runs the command, and reports how it ended.

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use crate::commands::Command;
use crate::config::{GlobalFlags, Settings};
use crate::ui::failure::Failure;
use crate::ui::output::Output;
use crate::ui::start;

/// Medical records that belong to the patient: encrypted, shared for a time, every access on
/// record.
#[derive(Debug, Parser)]
#[command(name = "mrms", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: GlobalFlags,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Runs the command of this process.
pub(crate) fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return misused(&error),
    };
    let output = Output::new(cli.global.json);
    let outcome = match cli.command {
        Some(command) => Settings::merge(cli.global)
            .and_then(|settings| command.run(settings, output, command_line)),
        None => start::tell(output),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => report(&failure, output),
    }
}

/// The command line as clap knows it, for completions and the manual page.
pub(crate) fn command_line() -> clap::Command {
    Cli::command()
}

/// Prints what clap has to say: help and version, which are no failures, or wrong usage.
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

fn report(failure: &Failure, output: Output) -> ExitCode {
    if failure.code != "closed" {
        if output.is_json() {
            // When stdout is gone, the exit code still tells.
            let _ = output.object(&failure.object());
        } else {
            output.note(&format!("error: {failure}"));
        }
    }
    ExitCode::from(failure.exit as u8)
}
