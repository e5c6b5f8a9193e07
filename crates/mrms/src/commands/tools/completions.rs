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
    pub(crate) fn run(
        self,
        mut command_line: clap::Command,
        output: Output,
    ) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command_line, "mrms", &mut script);
        output.bytes(&script)
    }
}
