//! Parses the command line, runs the command, and reports how it ended.

use std::borrow::Cow;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use mrms_core::visible;

use crate::commands::Command;
use crate::commands::joining::JoinedNode;
use crate::config::{GlobalFlags, Settings, home_folder};
use crate::ui::failure::{Exit, Failure};
use crate::ui::output::{Output, hold_back, let_out};
use crate::ui::terminal::disagreement;
use crate::ui::{named, start, topics};

/// Keeps medical records encrypted. Patients share them for a time, and see who opened them.
#[derive(Debug, Parser)]
#[command(
    name = "mrms",
    version,
    max_term_width = 100,
    help_template = topics::help_template(&commands())
)]
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
        Some(command) => {
            if !command.prints_as_it_goes() {
                hold_back();
            }
            settings(cli.global, command.is_of_a_home()).and_then(|settings| {
                let node = JoinedNode::of(&settings);
                let ends = command.ends();
                let settings = if ends { settings.for_an_end() } else { settings };
                let outcome = command.run(settings, output, command_line);
                let outcome = if ends { ended(outcome) } else { outcome };
                outcome.map_err(|failure| match node {
                    Some(node) => node.explain(failure),
                    None => failure,
                })
            })
        }
        None => start::tell(settings(cli.global, true).ok().as_ref(), output),
    };
    // The home is closed now. What was done before a failure is told as well.
    let outcome = match (outcome, let_out()) {
        (Ok(()), told) => told,
        (Err(failure), _) => Err(failure),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => report(&failure, output),
    }
}

/// How a command ended that ends something. It is not held up by nodes that disagree, or do not answer, and says so.
fn ended(outcome: Result<(), Failure>) -> Result<(), Failure> {
    match (outcome, disagreement()) {
        (Ok(()), Some(disagreement)) => {
            Err(Failure::new(Exit::Unreachable, "ledger-answer", disagreement).hint(
                "it has ended, by what each of them shows. Ask whoever runs the nodes, and mrms doctor compares them again",
            ))
        }
        (Err(failure), _) if failure.code == "ledger-unreachable" => {
            let hint = failure.hint.clone().unwrap_or_default();
            Err(failure.hint(format!("{hint}; --ledger URL ends it by another node")))
        }
        (outcome, _) => outcome,
    }
}

/// The settings of a command. A home that a later program made is refused before anything in it is read.
fn settings(flags: GlobalFlags, is_of_a_home: bool) -> Result<Settings, Failure> {
    if is_of_a_home {
        home_folder(&flags)?.must_be_of_known_format()?;
    }
    Settings::merge(flags)
}

/// The commands alone, as clap knows them.
fn commands() -> clap::Command {
    Command::augment_subcommands(clap::Command::new("mrms"))
}

/// The command line as clap knows it, for completions and the manual page.
pub(crate) fn command_line() -> clap::Command {
    Cli::command()
}

/// Prints clap's message. Help and version end with exit code 0, wrong usage with 2.
fn misused(error: &clap::Error) -> ExitCode {
    let wants_json = std::env::args_os().any(|argument| argument == "--json");
    if error.use_stderr() && wants_json {
        let text = error.render().to_string();
        let first = text.lines().next().unwrap_or_default();
        let failure = Failure::usage(first.trim_start_matches("error: "))
            .hint("mrms COMMAND --help shows what a command takes");
        return report(&failure, Output::new(true));
    }
    let text = error.render().to_string();
    match visible::lines(&text) {
        // What was typed or pasted acts on no screen.
        Cow::Owned(text) if error.use_stderr() => Output::new(false).note(text.trim_end()),
        // If the stream is closed, the exit code still tells.
        _ => drop(error.print()),
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

fn report(failure: &Failure, output: Output) -> ExitCode {
    if failure.code != "closed" {
        let in_words = || output.note(&named::in_text(&format!("error: {failure}")));
        if output.is_json() {
            match output.object(&failure.object()).and_then(|()| let_out()) {
                // Whoever read it has gone: the exit code still tells.
                Err(gone) if gone.code == "closed" => {}
                Err(_) => in_words(),
                Ok(()) => {}
            }
        } else {
            in_words();
        }
    }
    ExitCode::from(failure.exit as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The command and everything below it, built for a terminal of 80 columns.
    fn all(command: clap::Command) -> Vec<clap::Command> {
        let mut command = command.term_width(80);
        command.build();
        let below = command.get_subcommands().filter(|one| one.get_name() != "help").cloned();
        let below: Vec<_> = below.flat_map(all).collect();
        std::iter::once(command).chain(below).collect()
    }

    #[test]
    fn every_command_has_a_line_in_the_help() {
        let help = command_line().term_width(80).render_help().to_string();
        for command in commands().get_subcommands() {
            let line = format!("  {} ", command.get_name());
            assert!(help.lines().any(|one| one.starts_with(&line)), "{line}");
        }
    }

    #[test]
    fn help_fits_into_eighty_columns() {
        for mut command in all(command_line()) {
            // clap wraps the help; a wrapped example could not be copied.
            let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let examples = after.lines().filter(|line| line.starts_with("  "));
            let help = command.render_help().to_string();
            for line in help.lines().chain(examples) {
                assert!(line.chars().count() <= 80, "{}: {line}", command.get_name());
            }
        }
    }

    #[test]
    fn help_is_as_short_with_two_dashes_as_with_one() {
        for mut command in all(command_line()) {
            let help = command.render_help().to_string();
            assert!(!help.contains("see more with"), "{}", command.get_name());
        }
    }
}
