//! `mrms create` for several files: a group of them at a time becomes records, with one message to the ledger.
//!
//! A file that can't be put on record stops none of the others. What an earlier command has put there is told and left out.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use mrms_app::Actor;
use mrms_app::ledger::LedgerError;
use mrms_app::records::batch::{BatchFile, BegunFile};
use mrms_app::records::drafts::{AtWork, Intent, Purpose};
use mrms_app::records::several::AT_ONCE;
use mrms_app::records::write::{Added, Source, WriteError};
use mrms_app::session::{Sending, Session};
use mrms_contract::read;
use mrms_core::{Principal, RecordId, visible};
use mrms_home::OpenHome;
use mrms_home::clock::rng;

use super::create::{
    CreateArgs, Naming, Opened, Told, new_id, note_found, note_told, of_interrupted, open, report,
};
use super::folders::{Found, batch_file};
use crate::commands::sharing::several::ENDS_ALL;
use crate::config::Settings;
use crate::ui::failure::{Exit, Failure};
use crate::ui::output::Output;
use crate::ui::progress;
use crate::ui::results::record::{NotWritten, WrittenBefore};

/// The most bytes of files whose content goes onto the ledger with one message.
const BYTES_AT_ONCE: u64 = 1 << 20;

pub(super) fn run(args: &CreateArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let one_only = [
        ("--label", args.naming.label.is_some()),
        ("--id", args.id.is_some()),
        ("-o", args.sign.output.is_some()),
        ("standard input", args.files.iter().any(|path| path == Path::new("-"))),
    ];
    if let Some((what, _)) = one_only.iter().find(|(_, is_given)| *is_given) {
        return Err(Failure::usage(format!("{what} is for one file, and there are several"))
            .hint("put that file on record by itself"));
    }
    let found = Found::of(&args.files)?;
    found.tell(output);
    if found.files.is_empty() {
        return Err(Failure::usage("there is no file to put on record"));
    }
    let actor = settings.home.unlock()?;
    let home = args.sign.open(settings)?;
    let counted = progress::count(found.files.len(), "putting on record");
    let mut several = Several {
        args,
        settings,
        output,
        home: &home,
        actor: &actor,
        numbers: None,
        failed: Vec::new(),
    };
    let mut tried = 0_usize;
    for group in groups(&found.files, settings) {
        several.put(group)?;
        tried += group.len();
        counted.add(group.len());
        if several.failed.iter().any(|failure| ENDS_ALL.contains(&failure.code)) {
            break;
        }
    }
    counted.clear();
    home.tell_missing_copies();
    let failed = several.failed;
    let Some(worst) = failed.iter().map(|one| one.exit).max_by_key(|exit| exit.severity()) else {
        return Ok(());
    };
    let left = match found.files.len() - tried {
        0 => String::new(),
        left => format!(", and {left} were not tried"),
    };
    let message =
        format!("{} of {} files are not on record{left}", failed.len(), found.files.len());
    let failure = Failure::new(Exit::Failed, "create-incomplete", message).hint(
        "follow the hint beside each, and repeat the command: what is on record is not put there twice",
    );
    Err(Failure { exit: worst, ..failure })
}

/// The files in groups that are put on record together. A dry run shows one at a time.
fn groups<'f>(files: &'f [PathBuf], settings: &Settings) -> Vec<&'f [PathBuf]> {
    let is_rehearsed = settings.home.settings().sending == Sending::DryRun;
    let most = if is_rehearsed { 1 } else { AT_ONCE };
    let inline = |path: &PathBuf| {
        let length = fs::metadata(path).map_or(0, |about| about.len());
        length.min(settings.inline_limit as u64)
    };
    let mut groups = Vec::new();
    let (mut first, mut bytes) = (0, 0);
    for (place, path) in files.iter().enumerate() {
        bytes += inline(path);
        if place + 1 - first == most || bytes >= BYTES_AT_ONCE {
            groups.push(&files[first..=place]);
            (first, bytes) = (place + 1, 0);
        }
    }
    groups.push(&files[first..]);
    groups.retain(|group| !group.is_empty());
    groups
}

/// What became of one file.
enum Ended {
    /// It was on record already.
    Before(RecordId),
    /// It is the next of those that are sent.
    Sent,
    /// It is not on record.
    Failed(Failure),
}

/// A file that is open, and the id of the record that it becomes.
type Begun = (BatchFile, RecordId, Source<Box<dyn Read + Send>>);
/// What became of a file, and the number of its record.
type Numbered = (Option<u64>, Result<Added, WriteError>);

struct Several<'c> {
    args: &'c CreateArgs,
    settings: &'c Settings,
    output: Output,
    home: &'c OpenHome,
    actor: &'c Actor,
    /// The numbers of the records that the person had; read once, when they are asked for.
    numbers: Option<BTreeMap<RecordId, u64>>,
    failed: Vec<Failure>,
}

impl Several<'_> {
    /// Puts files on record together, and tells of each.
    fn put(&mut self, files: &[PathBuf]) -> Result<(), Failure> {
        let session = self.home.session();
        self.home.fund(self.actor)?;
        let known: Vec<_> = files.iter().map(|path| batch_file(path)).collect();
        let readable: Vec<_> = known.iter().flatten().cloned().collect();
        let mut before = match self.args.again {
            // Further records are meant, but for those that the same command made before it was interrupted.
            true => {
                let intents: Vec<_> = readable.into_iter().map(|file| self.intent(file)).collect();
                let found = session.interrupted_writes(self.actor, &intents)?;
                found.into_iter().map(of_interrupted).collect()
            }
            false => session.begun_in_batch(self.actor, &self.actor.principal(), &readable)?,
        }
        .into_iter();
        let at_work = session.at_work(&mut rng())?;
        let (mut ended, mut begins, mut wanted) = (Vec::new(), Vec::new(), Vec::new());
        for (path, known) in files.iter().zip(known) {
            let begun = known.map(|file| (file, before.next().unwrap_or(BegunFile::New)));
            ended.push(match begun {
                Err(failure) => Ended::Failed(failure),
                Ok((_, BegunFile::OnRecord(id))) => Ended::Before(id),
                Ok((_, BegunFile::OnItsWay(txid))) => {
                    Ended::Failed(LedgerError::Pending { txid }.into())
                }
                Ok((file, BegunFile::New)) => match self.begin(path, file) {
                    Ok((file, id, source)) => {
                        let begun = |one: &AtWork| one.begins(id, self.intent(file.clone()));
                        begins.extend(at_work.iter().map(begun));
                        wanted.push((id, source));
                        Ended::Sent
                    }
                    Err(failure) => Ended::Failed(failure),
                },
            });
        }
        let placement = self.args.placement(self.settings);
        let mut sent = match wanted.is_empty() {
            true => Vec::new(),
            false => {
                let last = self.count()?;
                let session = Session { begins: &begins, ..session };
                match session.create_several(self.actor, wanted, placement, &mut rng()) {
                    Ok(outcome) => match self.args.sign.done(outcome, self.output)? {
                        Some(added) => self.numbered(last, added)?,
                        // A dry run has told its plan.
                        None => return Ok(()),
                    },
                    Err(error) => return self.tell_all_failed(files, ended, error.into()),
                }
            }
        }
        .into_iter();
        let (mut told, mut found) = (Vec::new(), Vec::new());
        for (path, ended) in files.iter().zip(ended) {
            match ended {
                Ended::Failed(failure) => self.tell_failed(path, failure)?,
                Ended::Before(id) => {
                    self.tell_before(path, id)?;
                    found.push(id);
                }
                Ended::Sent => match sent.next() {
                    Some((number, Ok(added))) => {
                        self.tell_added(path, number, &added)?;
                        told.push((added.record, added.version));
                    }
                    Some((_, Err(error))) => self.tell_failed(path, error.into())?,
                    None => {}
                },
            }
        }
        note_told(&session, self.actor, told);
        note_found(&session, self.actor, found);
        Ok(())
    }

    fn intent(&self, file: BatchFile) -> Intent {
        let intent = Intent::new(file, self.args.said(), Purpose::Create);
        Intent { again: self.args.again, ..intent }
    }

    /// Opens a file, and chooses the id of its record.
    fn begin(&self, path: &Path, file: BatchFile) -> Result<Begun, Failure> {
        let naming = Naming { label: None, media_type: self.args.naming.media_type.clone() };
        let Opened { source, .. } = open(path, naming, self.output)?;
        Ok((file, new_id(self.actor)?, source))
    }

    /// How many records the person has.
    fn count(&self) -> Result<u64, Failure> {
        let counts = self.home.session().ask(&read::patient_counts(&self.actor.principal()))?;
        Ok(counts.records)
    }

    /// Each with its number, where the list goes on after `last`.
    fn numbered(
        &self,
        last: u64,
        added: Vec<Result<Added, WriteError>>,
    ) -> Result<Vec<Numbered>, Failure> {
        let me = self.actor.principal();
        let listed = self.home.session().listed_records(&me, last..self.count()?)?;
        let numbers: BTreeMap<_, _> = listed.into_iter().map(|(number, id)| (id, number)).collect();
        let number = |one: &Result<Added, WriteError>| {
            one.as_ref().ok().and_then(|added| numbers.get(&added.record).copied())
        };
        Ok(added.into_iter().map(|one| (number(&one), one)).collect())
    }

    fn tell_added(&self, path: &Path, number: Option<u64>, added: &Added) -> Result<(), Failure> {
        let shown = shown(path);
        let details = self.settings.details;
        report(added, &Told { what: &shown, number, file: Some(path), details }, self.output)
    }

    fn tell_before(&mut self, path: &Path, id: RecordId) -> Result<(), Failure> {
        let numbers = match &mut self.numbers {
            Some(numbers) => numbers,
            none => none.insert(numbers_of(self.home, &self.actor.principal())?),
        };
        tell_before(path, &shown(path), (id, numbers.get(&id).copied()), self.output)
    }

    fn tell_failed(&mut self, path: &Path, failure: Failure) -> Result<(), Failure> {
        self.tell_not_written(path, &failure)?;
        self.failed.push(failure);
        Ok(())
    }

    fn tell_not_written(&self, path: &Path, failure: &Failure) -> Result<(), Failure> {
        let hint =
            failure.hint.as_ref().map_or_else(String::new, |hint| format!("\n  hint: {hint}"));
        self.output.result(
            &NotWritten {
                file: path,
                created: false,
                code: failure.code,
                message: &failure.message,
                hint: failure.hint.as_deref(),
            },
            &format!("NOT ON RECORD: {}: {}{hint}", path.display(), failure.message),
        )
    }

    /// The ledger took none of those that were to be sent.
    fn tell_all_failed(
        &mut self,
        files: &[PathBuf],
        ended: Vec<Ended>,
        failure: Failure,
    ) -> Result<(), Failure> {
        for (path, ended) in files.iter().zip(ended) {
            match ended {
                Ended::Failed(own) => self.tell_failed(path, own)?,
                Ended::Before(id) => self.tell_before(path, id)?,
                Ended::Sent => {
                    self.tell_not_written(path, &failure)?;
                    self.failed.push(Failure::new(failure.exit, failure.code, &failure.message));
                }
            }
        }
        Ok(())
    }
}

/// The numbers of a patient's records.
pub(super) fn numbers_of(
    home: &OpenHome,
    patient: &Principal,
) -> Result<BTreeMap<RecordId, u64>, Failure> {
    let listed = home.session().listed_records(patient, 0..u64::MAX)?;
    Ok(listed.into_iter().map(|(number, id)| (id, number)).collect())
}

/// Tells that a file is on record already.
pub(super) fn tell_before(
    path: &Path,
    name: &str,
    (id, number): (RecordId, Option<u64>),
    output: Output,
) -> Result<(), Failure> {
    let told = number.map_or_else(|| id.to_string(), |number| format!("#{number}"));
    output.result(
        &WrittenBefore { record_id: id, number, file: path, created: true },
        &format!("{name} is on record already, as {told}"),
    )
}

/// A file's name, on one line.
fn shown(path: &Path) -> String {
    visible::line(&path.display().to_string()).into_owned()
}
