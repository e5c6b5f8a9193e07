//! Progress bars on stderr, for work on more than 64 MiB, and only if stderr is a terminal.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mrms_home::Progress;

/// The least bytes of work that get a bar. Work on fewer takes less than a second.
const WORTH_A_BAR: u64 = 64 << 20;

/// A bar for work of `length` bytes. It is hidden for little work, and without a terminal.
pub(crate) fn bar(length: u64, what: &'static str) -> Bar {
    let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::hidden());
    let style = "{msg} {bar:30} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar.set_message(what);
    if io::stderr().is_terminal() && length > WORTH_A_BAR {
        bar.set_draw_target(ProgressDrawTarget::stderr());
    }
    Bar(bar)
}

/// A progress bar.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// A reader that moves the bar with every byte that is read.
    pub(crate) fn wrap_read<R: io::Read>(&self, reader: R) -> impl io::Read + use<R> {
        self.0.wrap_read(reader)
    }
}

/// A line that counts several things of one kind. It is hidden for one, and without a terminal.
pub(crate) struct Count(ProgressBar);

/// Counts what is done of `all`.
pub(crate) fn count(all: usize, what: &'static str) -> Count {
    let bar = ProgressBar::with_draw_target(Some(all as u64), ProgressDrawTarget::hidden());
    if let Ok(style) = ProgressStyle::with_template("{msg} {pos} of {len}") {
        bar.set_style(style);
    }
    bar.set_message(what);
    if all > 1 && io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::stderr());
    }
    Count(bar)
}

/// Counts what is done where nobody knows how much there is. It is hidden without a terminal.
pub(crate) fn endless(what: &'static str) -> Count {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    if let Ok(style) = ProgressStyle::with_template("{msg} {pos}") {
        bar.set_style(style);
    }
    bar.set_message(what);
    if io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::stderr());
    }
    Count(bar)
}

impl Count {
    /// So many more are done.
    pub(crate) fn add(&self, done: usize) {
        self.0.inc(done as u64);
    }

    /// Takes the line away.
    pub(crate) fn clear(&self) {
        self.0.finish_and_clear();
    }
}

/// A count that goes away with its task.
pub(crate) struct TaskCount(Count);

/// Counts what a task of a home has done of `all`.
pub(crate) fn counted(all: u64, what: &'static str) -> TaskCount {
    TaskCount(count(usize::try_from(all).unwrap_or(usize::MAX), what))
}

impl Progress for Bar {
    fn advance(&mut self, bytes: u64) {
        self.0.inc(bytes);
    }
}

impl Progress for TaskCount {
    fn advance(&mut self, done: u64) {
        self.0.add(usize::try_from(done).unwrap_or(usize::MAX));
    }
}

impl Drop for TaskCount {
    fn drop(&mut self) {
        self.0.clear();
    }
}
