//! The `mrms` binary: the command line.
//!
//! It reads the command line and the environment, runs one command, prints the result as text or
//! JSON, and ends with an exit code. Only this crate knows clap, the environment and the terminal.
//! Each command has a file in [`commands`]. The work itself is done by the libraries; `mrms-home`
//! opens the home.

mod agent;
mod cli;
mod commands;
mod config;
mod environment;
mod serving;
mod settings_file;
mod ui;

use std::process::ExitCode;

/// mimalloc: with the system's allocator, a third of the time of a contract call goes to allocating.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    forbid_core_dumps();
    ui::viewer::run_if_asked().unwrap_or_else(cli::run)
}

/// Turns core dumps off, so that no key in memory gets into a file when the process crashes. Where the system hands
/// dumps to a program, the limit alone does not count; so no other process of this user may read the memory either.
fn forbid_core_dumps() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    // If the system refuses, the program still runs: there is no other way to turn dumps off.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

#[cfg(test)]
mod tests {
    #[test]
    #[cfg(target_os = "linux")]
    fn memory_gets_into_no_dump() {
        super::forbid_core_dumps();
        let behavior = rustix::process::dumpable_behavior().unwrap();
        assert_eq!(behavior, rustix::process::DumpableBehavior::NotDumpable);
        let limit = rustix::process::getrlimit(rustix::process::Resource::Core);
        assert_eq!(limit.maximum, Some(0));
    }
}
