//! `mrms completions`: what a shell needs to complete our commands.

use clap::Args;
use clap_complete::Shell;

use crate::ui::failure::Failure;
use crate::ui::output::Output;

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    shell: Shell,
}

impl CompletionsArgs {
    pub(crate) fn run(self, output: Output) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut crate::cli::command_line(), "mrms", &mut script);
        output.bytes(&script)
    }
}
