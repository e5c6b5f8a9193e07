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

impl Progress for Bar {
    fn advance(&mut self, bytes: u64) {
        self.0.inc(bytes);
    }
}
