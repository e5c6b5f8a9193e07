//! `mrms amend`: encrypts a file and adds it to a record, as its next version.

use std::path::{Path, PathBuf};
use std::slice::from_ref;

use clap::Args;
use mrms_app::ledger::LedgerError;
use mrms_app::records::batch::BatchFile;
use mrms_app::records::drafts::{Intent, Interrupted, Purpose};
use mrms_app::{Actor, Session};
use mrms_core::{Powers, Principal, RecordId, Version};
use mrms_home::clock::rng;

use super::create::{Naming, Told, open, report};
use super::rename;
use crate::commands::contract::sign::SignArgs;
use crate::commands::sharing::unknown_reader;
use crate::config::Settings;
use crate::ui::acting::Acting;
use crate::ui::columns::cut;
use crate::ui::failure::{Exit, Failure};
use crate::ui::output::{Output, let_out};
use crate::ui::record_ref::RecordRef;
use crate::ui::results::record::AmendedBefore;
use crate::ui::someone::Someone;

#[derive(Debug, Args)]
#[command(
    after_help = "The older versions stay. When the patient amends, readers with a live grant can open \
    the new version, too: those to whom this profile remembers to have granted. \
    Repeat the command after an interruption: what it had added is told, and not added twice.\n\n\
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
    let said = args.naming.said();
    let is_sent = args.sign.output.is_none();
    let opened = open(&path, args.naming, output)?;
    let file = opened.file(&path)?;
    let mut source = opened.source;
    let actor = settings.home.unlock()?;
    let home = args.sign.open(settings)?;
    let acting = Acting::of(settings, &home.session(), Some(&actor), Some(Powers::ADD), output)?;
    home.fund(&actor)?;
    let id = acting.find_one(&args.record, home.session(), Some(&actor))?;
    let patient = match &args.patient {
        Some(who) => Some(who.resolve(&settings.home.names(Some(&actor))?)?),
        None => Some(acting.patient.clone()).filter(|_| acting.is_other()),
    };
    if let Some(patient) = patient {
        home.session().know_patient(&actor, id, &patient, &mut rng())?;
    }
    if home.session().erased_records()?.contains(&id) {
        return Err(erased_record(id));
    }
    let intent = Intent::new(file.clone(), said, Purpose::Amend(id));
    let session = home.session();
    if is_sent {
        match session.interrupted_writes(&actor, from_ref(&intent))?.as_slice() {
            [Interrupted::OnRecord(_, version)] => {
                let own = Some(&actor).filter(|_| !acting.is_other());
                let number = number_of(&session, own, &acting.patient, id)?;
                let place = Place { id, number, version: *version };
                tell_before(Some(&path), &name, &place, output)?;
                output.note("the same command again adds a further version");
                note_told(&session, &actor, (id, *version), file);
                return Ok(());
            }
            [Interrupted::OnItsWay(txid)] => {
                return Err(LedgerError::Pending { txid: *txid }.into());
            }
            _ => {}
        }
    }
    unknown_reader::settle(&session, &actor, &[id], &args.accept_reader, output)?;
    // A correction is called as what it corrects.
    if source.label.is_none()
        && let Some(label) =
            home.session().latest_label(&actor, id, source.file_name.as_ref(), &mut rng())
    {
        name = label.to_string();
        source.label = Some(label);
    }
    let at_work = session.at_work(&mut rng())?;
    let begins: Vec<_> = at_work.iter().map(|at_work| at_work.begins(id, intent.clone())).collect();
    let session = Session { begins: &begins, ..session };
    let added = session.amend(&actor, id, source, settings.inline_limit, &mut rng());
    home.tell_missing_copies();
    let added = args.sign.done(added?, output)?;
    let Some(added) = added else { return Ok(()) };
    // The index is of one's own records.
    let own = Some(&actor).filter(|_| !acting.is_other());
    let number = number_of(&home.session(), own, &acting.patient, id)?;
    report(&added, &Told { what: &name, number, file: None, details: settings.details }, output)?;
    note_told(&session, &actor, (id, added.version), file);
    Ok(())
}

/// Where a version stands.
pub(super) struct Place {
    pub(super) id: RecordId,
    pub(super) number: Option<u64>,
    pub(super) version: Version,
}

/// Tells that an earlier command has added the version already.
pub(super) fn tell_before(
    path: Option<&Path>,
    name: &str,
    place: &Place,
    output: Output,
) -> Result<(), Failure> {
    let Place { id, number, version } = *place;
    let record = number.map_or_else(|| id.to_string(), |number| format!("#{number}"));
    output.result(
        &AmendedBefore { record_id: id, number, file: path, version, created: true },
        &format!("“{}” is on record already, as version {version} of {record}", cut(name, 60)),
    )
}

/// From now on the same command adds a further version, and `create` knows the file.
fn note_told(session: &Session<'_>, actor: &Actor, version: (RecordId, Version), file: BatchFile) {
    // What is held back was not told yet.
    if let_out().is_err() {
        return;
    }
    let files = Some((file, version.0)).filter(|(file, _)| !file.is_of_a_pipe());
    // Without this the same command says once more that it is there, and a later create puts the file on record once more.
    let _ = session.note_told(actor, vec![version], files.into_iter().collect(), &mut rng());
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
