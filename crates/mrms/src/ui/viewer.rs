//! This program as a viewer: a process that looks at one document and ends (`mrms-home/src/viewing.rs`).
//!
//! It reads no settings and opens no home. Before the first byte it gives up what it does not need: memory, time, files.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use mrms_home::viewing::{self, Viewers};
use rustix::process::{Resource, Rlimit, setrlimit};

/// Address space of a viewer, in bytes.
const MOST_MEMORY: u64 = 2 << 30;
/// Processor time of a viewer, in seconds.
const MOST_TIME: u64 = 20;
/// Files that are open at once; three are, when it starts.
const MOST_FILES: u64 = 8;

/// Starts viewers, which are this program.
pub(crate) fn viewers() -> io::Result<Viewers> {
    // This very program, also when a newer one has taken its place on the disk.
    let own = PathBuf::from("/proc/self/exe");
    let program = if own.exists() { own } else { std::env::current_exe()? };
    Ok(Viewers::of(&program))
}

/// Runs as a viewer, if that is what the command line asks for.
pub(crate) fn run_if_asked() -> Option<ExitCode> {
    if std::env::args_os().nth(1).as_deref() != Some(viewing::ARGUMENT.as_ref()) {
        return None;
    }
    let limits = [
        (Resource::As, MOST_MEMORY),
        (Resource::Cpu, MOST_TIME),
        (Resource::Nofile, MOST_FILES),
        (Resource::Fsize, 0),
    ];
    for (resource, most) in limits {
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        if setrlimit(resource, limit).is_err() {
            return Some(ExitCode::FAILURE);
        }
    }
    let looked = viewing::look(io::stdin().lock(), io::stdout().lock());
    Some(if looked.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
