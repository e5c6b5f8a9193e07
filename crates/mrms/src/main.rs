//! The `mrms` binary: the command line as one face of a home.
//!
//! Reads the command line and the environment, runs one command, and turns its result into text or
//! JSON and an exit code. Only this crate knows clap, the environment and the terminal. What a
//! command does is in [`commands`], a file per verb; how it is done is in the libraries, and
//! `mrms-home` opens the home.

mod agent;
mod cli;
mod commands;
mod config;
mod ui;

use std::process::ExitCode;

/// The system's allocator takes a third of the time that the Clarity VM needs for a call.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    forbid_core_dumps();
    cli::run()
}

/// Keys in memory must not end up in a file when the process crashes.
fn forbid_core_dumps() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    // Where the system refuses, there is nothing better to do.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}
