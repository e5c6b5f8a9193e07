//! `mrms amend`: encrypts a file and adds it to a record, as its next version.

use std::path::PathBuf;

use clap::Args;
use mrms_app::records::batch::Said;
use mrms_app::{Actor, Session};
use mrms_core::{Powers, Principal, RecordId};
use mrms_home::clock::rng;

use super::create::{Naming, Told, open, report};
use super::folders::one_batch_file;
use super::rename;
use crate::commands::contract::sign::SignArgs;
use crate::commands::sharing::unknown_reader;
use crate::config::Settings;
use crate::ui::acting::Acting;
use crate::ui::failure::{Exit, Failure};
use crate::ui::output::Output;
use crate::ui::record_ref::RecordRef;
use crate::ui::someone::Someone;

#[derive(Debug, Args)]
#[command(
    after_help = "The older versions stay. When the patient amends, readers with a live grant can open \
    the new version, too: those to whom this profile remembers to have granted.\n\n\
    Examples:\n  mrms amend 123 blood-test.pdf --label 'Blood test, May, corrected'\n  \
    mrms amend 123 --label 'Blood test, May'    (only the name)"
)]
pub(crate) struct AmendArgs {
    /// The record: its number in mrms list, its label, or its id.
    #[arg(value_name = "RECORD")]
    record: RecordRef,
    /// File to encrypt; - reads standard input, at most 256 MiB, as of any pipe. Without it, --label renames your record:
    /// the new version has the same document and that name.
    #[arg(required_unless_present = "label")]
    file: Option<PathBuf>,
    #[command(flatten)]
    naming: Naming,
    /// Also give the new version to this reader, whom the ledger names and this profile does not
    /// remember; compare the fingerprint with them first. Without it: the command asks at a terminal,
    /// and leaves them out elsewhere.
    #[arg(long, value_name = "WHO")]
    accept_reader: Vec<Someone>,
    /// Whose record it is, where the ledger names somebody other than its maker: the new version is sealed to them.
    #[arg(long, value_name = "WHO")]
    patient: Option<Someone>,
    #[command(flatten)]
    sign: SignArgs,
}

pub(crate) fn amend(args: AmendArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let Some(path) = args.file else {
        return rename::run(&args.record, args.naming, &args.sign, settings, output);
    };
    let mut name = args.naming.shown(&path);
    let mut source = open(&path, args.naming, output)?;
    let file = one_batch_file(&path)?;
    let actor = settings.home.unlock()?;
    let home = args.sign.open(settings)?;
    let acting = Acting::of(settings, &home.session(), Some(&actor), Some(Powers::ADD), output)?;
    home.fund(&actor)?;
    let id = acting.find_one(&args.record, home.session(), Some(&actor))?;
    let said = match &args.patient {
        Some(who) => Some(who.resolve(&settings.home.names(Some(&actor))?)?),
        None => Some(acting.patient.clone()).filter(|_| acting.is_other()),
    };
    if let Some(patient) = said {
        home.session().know_patient(&actor, id, &patient, &mut rng())?;
    }
    unknown_reader::settle(&home.session(), &actor, &[id], &args.accept_reader, output)?;
    if home.session().erased_records()?.contains(&id) {
        return Err(erased_record(id));
    }
    // A correction is called as what it corrects.
    if source.label.is_none()
        && let Some(label) =
            home.session().latest_label(&actor, id, source.file_name.as_ref(), &mut rng())
    {
        name = label.to_string();
        source.label = Some(label);
    }
    let added = home.session().amend(&actor, id, source, settings.inline_limit, &mut rng());
    home.tell_missing_copies();
    let added = args.sign.done(added?, output)?;
    let Some(added) = added else { return Ok(()) };
    if let Some(file) = file {
        // Without this the file is put on record once more by a later create.
        let _ =
            home.session().begin_in_batch(&actor, vec![(file, id)], &Said::default(), &mut rng());
    }
    // The index is of one's own records.
    let own = Some(&actor).filter(|_| !acting.is_other());
    let number = number_of(&home.session(), own, &acting.patient, id)?;
    report(&added, &Told { what: &name, number, file: None, details: settings.details }, output)
}

/// The number of a patient's record in their list. The index is kept for `own`, whose records they are.
pub(super) fn number_of(
    session: &Session<'_>,
    own: Option<&Actor>,
    patient: &Principal,
    id: RecordId,
) -> Result<Option<u64>, Failure> {
    let mut index = session.record_index(own);
    let one = index.numbered_one(session, patient, id)?;
    index.keep(session, own, &mut rng());
    Ok(one.map(|one| one.number))
}

/// An erased record takes no further version: a version goes on from the one before it, of which nothing is left.
pub(super) fn erased_record(id: RecordId) -> Failure {
    Failure::new(
        Exit::NotFound,
        "record-erased",
        format!("record {id} was erased: there is nothing left that a version could be added to"),
    )
    .hint("mrms create FILE puts it on record as a new record")
}
