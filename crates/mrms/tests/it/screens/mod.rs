//! What people read, line by line, in 80 columns: a file for each subject.

mod received;
mod sent;

use crate::support::Run;

/// What a command printed for people: every line fits.
#[track_caller]
fn screen(run: &Run) -> String {
    let printed = run.printed().to_owned();
    for line in printed.lines() {
        assert!(line.chars().count() <= 80, "{} columns: {line}", line.chars().count());
    }
    printed
}
