//! `mrms amend`: encrypts a file and adds it to a record, as its next version.

use std::path::PathBuf;

use clap::Args;
use mrms_core::RecordId;
use mrms_home::clock::rng;

use super::create::{Naming, open, report};
use crate::commands::contract::sign::SignArgs;
use crate::commands::sharing::unknown_reader;
use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::output::Output;
use crate::ui::someone::Someone;

#[derive(Debug, Args)]
#[command(
    after_help = "The older versions stay. When the patient amends, readers with a live grant can open \
    the new version, too: those to whom this profile remembers to have granted.\n\n\
    Example:\n  mrms amend 123 blood-test.pdf --label 'Blood test, May, corrected'"
)]
pub(crate) struct AmendArgs {
    /// Id of the record, as mrms list prints it.
    id: RecordId,
    /// File to encrypt; - reads standard input, at most 256 MiB, as of any pipe.
    file: PathBuf,
    #[command(flatten)]
    naming: Naming,
    /// Also give the new version to this reader, whom the ledger names and this profile does not
    /// remember; compare the fingerprint with them first. Without it: the command asks at a terminal,
    /// and leaves them out elsewhere.
    #[arg(long, value_name = "WHO")]
    accept_reader: Vec<Someone>,
    #[command(flatten)]
    sign: SignArgs,
}

pub(crate) fn amend(args: AmendArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let source = open(&args.file, args.naming, output)?;
    let actor = settings.home.unlock()?;
    let home = args.sign.open(settings)?;
    home.fund(&actor)?;
    unknown_reader::settle(&home.session(), &actor, args.id, &args.accept_reader, output)?;
    let added = home.session().amend(&actor, args.id, source, settings.inline_limit, &mut rng());
    home.tell_missing_copies();
    let added = args.sign.done(added?, output)?;
    added.map_or(Ok(()), |added| report(&added, output))
}
