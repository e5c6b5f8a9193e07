//! `mrms man`: prints the manual page of a command, or writes the pages of all of them, in roff.

use std::path::PathBuf;

use clap::Args;

use crate::ui::failure::{Exit, Failure};
use crate::ui::output::Output;
use crate::ui::reasons::cannot;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mrms man access | man -l -\n  \
    mrms man -o ~/.local/share/man/man1")]
pub(crate) struct ManArgs {
    /// Command whose page is printed, such as: vault run. Without it: the page of mrms itself.
    command: Vec<String>,
    /// Write the pages of all commands into this folder; it is made if it is not there.
    #[arg(short, long, value_name = "FOLDER", conflicts_with = "command")]
    output: Option<PathBuf>,
}

impl ManArgs {
    pub(crate) fn run(self, command_line: clap::Command, output: Output) -> Result<(), Failure> {
        let mut all = command_line;
        // Gives each command below its whole name, such as mrms-vault-run.
        all.build();
        if let Some(folder) = self.output {
            let make = std::fs::create_dir_all(&folder);
            make.map_err(|error| cannot("make", &folder, &error))?;
            return clap_mangen::generate_to(all, &folder)
                .map_err(|error| cannot("write in", &folder, &error));
        }
        let mut named = &all;
        for name in &self.command {
            named = named.find_subcommand(name).filter(|found| !found.is_hide_set()).ok_or_else(
                || {
                    Failure::usage(format!("there is no command mrms {}", self.command.join(" ")))
                        .hint("mrms --help lists the commands")
                },
            )?;
        }
        let mut page = Vec::new();
        clap_mangen::Man::new(named.clone())
            .render(&mut page)
            .map_err(|error| Failure::new(Exit::Failed, "output", error))?;
        output.bytes(&page)
    }
}
