//! `mrms completions`: prints the script with which a shell completes mrms commands.

use clap::Args;
use clap_complete::Shell;

use crate::ui::failure::Failure;
use crate::ui::output::Output;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  source <(mrms completions bash)")]
pub(crate) struct CompletionsArgs {
    /// Name of the shell.
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
