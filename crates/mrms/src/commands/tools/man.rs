//! `mrms man`: prints the manual page, in roff.

use crate::ui::failure::{Exit, Failure};
use crate::ui::output::Output;

pub(crate) fn run(command_line: clap::Command, output: Output) -> Result<(), Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command_line)
        .render(&mut page)
        .map_err(|error| Failure::new(Exit::Failed, "output", error))?;
    output.bytes(&page)
}
