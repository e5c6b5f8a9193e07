//! `mrms amend`: encrypts a file and adds it to a record, as its next version.

use std::path::PathBuf;

use clap::Args;
use mrms_core::RecordId;
use mrms_home::clock::rng;

use super::create::{Naming, open, report};
use crate::commands::contract::sign::SignArgs;
use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::output::Output;

#[derive(Debug, Args)]
#[command(
    after_help = "The older versions stay. When the patient amends, readers with a live grant can open \
    the new version, too.\n\n\
    Example:\n  mrms amend 123 blood-test.pdf --label 'Blood test, May, corrected'"
)]
pub(crate) struct AmendArgs {
    /// Id of the record, as mrms list prints it.
    id: RecordId,
    /// File to encrypt; - reads standard input, at most 256 MiB, as of any pipe.
    file: PathBuf,
    #[command(flatten)]
    naming: Naming,
    #[command(flatten)]
    sign: SignArgs,
}

pub(crate) fn amend(args: AmendArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let source = open(&args.file, args.naming, output)?;
    let actor = settings.home.unlock()?;
    let home = args.sign.open(settings)?;
    home.fund(&actor)?;
    let added = home.session().amend(&actor, args.id, source, settings.inline_limit, &mut rng());
    home.tell_missing_copies();
    let added = args.sign.done(added?, output)?;
    added.map_or(Ok(()), |added| report(&added, output))
}
