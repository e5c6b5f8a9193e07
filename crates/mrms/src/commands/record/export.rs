//! `mrms export`: saves records in a folder, as standard age files, which other programs can decrypt,
//! or decrypted. With `--format` it writes one file for other health software instead (`export_health.rs`).
//!
//! One version after the other: what can't be exported is reported, and the rest goes on. A version
//! that is in the folder already is left there, so that a command that broke off can be repeated.

use std::collections::BTreeSet;
use std::io::{self, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use clap::Args;
use mrms_app::access::open::OpenRecordError;
use mrms_app::records::export_index::IndexRow;
use mrms_app::records::find::Lists;
use mrms_app::records::shared::{SharedBounds, SharedRecord};
use mrms_app::records::titles::own_title;
use mrms_app::session::Actor;
use mrms_contract::{ContractError, ids, read};
use mrms_core::{Principal, RecordId, Version};
use mrms_crypto::Workers;
use mrms_crypto::age_file::{Encoding, Protection, Recipient, Recipients, encrypt};
use mrms_files::Unfinished;

use super::access::{erased, not_opened, note_wrong_answers};
use super::export_folder::{Folder, Form, file_name, is_same};
use super::export_health::{self, HealthFormat};
use super::without_share::without_share;
use crate::commands::audit::report::PaperSize;
use crate::commands::staff;
use crate::config::Settings;
use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::naming::RecordNames;
use crate::ui::outcome::done;
use crate::ui::output::Output;
use crate::ui::reasons::{cannot, encryption_failure, refusal_failure, target_failure};
use crate::ui::record_ref::{Finder, RecordRef, all_of};
use crate::ui::results::record::{Exported, ExportedBefore, NotExported};
use crate::ui::someone::Someone;
use crate::ui::target;
use mrms_home::OpenHome;
use mrms_home::clock::rng;

#[derive(Debug, Args)]
#[command(
    after_help = "Files are named ID-vVERSION-NAME.age; with --plain, ID-vVERSION-NAME, and \
    index.csv says which is what. Each export of a version is an access and adds an entry to the \
    record's log. What is in the folder already is not exported again, so the command can be \
    repeated. If a version could not be exported, the others are, and the exit code is not 0.\n\n\
    Examples:\n  \
    mrms export 123 -o letters\n  \
    mrms decrypt letters/123-v1-letter.pdf.age -o letter.pdf\n  \
    mrms export --all --plain --all-versions -o everything\n  \
    mrms export --all --organisation 'Clinic Nord' -o of-the-clinic\n  \
    mrms export --all --format ips -o summary.json\n\n\
    With --format, -o names one file: fhir has the documents and the health data in them, as a FHIR R4 bundle; ips \
    is an International Patient Summary out of that data, and pdf is the same on paper. What is not in the file is \
    listed with the reason. Your own records are read without an entry, those of others with one."
)]
pub(crate) struct ExportArgs {
    /// The records: their numbers in mrms list, ranges such as 7-9, labels, or ids.
    #[arg(value_name = "RECORD", required_unless_present = "all")]
    records: Vec<RecordRef>,
    /// Export all records of this profile.
    #[arg(long, conflicts_with = "records")]
    all: bool,
    /// Export what this organisation was granted, as a member of it: its name or principal. With --all: everything that
    /// it can open now. Without it: where you have no grant of your own and one of your organisations has, for that one.
    #[arg(long, value_name = "NAME")]
    organisation: Option<Someone>,
    /// Export every version. Without it: the latest one.
    #[arg(long)]
    all_versions: bool,
    /// Folder to write to; it is made if it is not there. Without it: this folder. With --format: the file; - is
    /// standard output.
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Write the documents as they are, decrypted, and an index. Without it: they are encrypted.
    #[arg(long, conflicts_with = "recipients")]
    plain: bool,
    /// Write one file for other health software, decrypted: fhir, ips or pdf. Without it: a file for each version.
    #[arg(long, value_name = "FORMAT", value_enum, conflicts_with_all = ["plain", "recipients", "organisation"], hide_possible_values = true)]
    format: Option<HealthFormat>,
    /// Paper of a PDF: a4 or letter.
    #[arg(
        long,
        value_name = "SIZE",
        default_value = "a4",
        requires = "format",
        hide_possible_values = true
    )]
    paper: PaperSize,
    /// Encrypt to this recipient (age1pq1…, age1…); may be given more than once. Without it: to your
    /// own.
    #[arg(short, long = "recipient", value_name = "RECIPIENT")]
    recipients: Vec<Recipient>,
    /// Export again what is in the folder already, and replace it.
    #[arg(long)]
    force: bool,
}

impl ExportArgs {
    pub(super) const fn has_all_versions(&self) -> bool {
        self.all_versions
    }

    pub(super) const fn is_of_all(&self) -> bool {
        self.all
    }

    pub(super) const fn replaces(&self) -> bool {
        self.force
    }

    pub(super) fn file(&self) -> Option<&Path> {
        self.output.as_deref()
    }

    pub(super) const fn paper(&self) -> PaperSize {
        self.paper
    }
}

pub(crate) fn run(args: &ExportArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    if let Some(format) = args.format {
        return export_health::run(args, format, settings, output);
    }
    let actor = settings.home.unlock()?;
    let home = settings.home.open()?;
    home.fund(&actor)?;
    let organisation = match &args.organisation {
        Some(organisation) => Some(organisation.resolve(&settings.home.names(Some(&actor))?)?),
        None => None,
    };
    let wanted = wanted(args, &actor, organisation.as_ref(), &home)?;
    let form = match args.plain {
        true => Form::Plain,
        false => Form::Sealed(recipients(args, &actor)?),
    };
    let mut own = home.session().numbered_records_of(&actor.principal())?;
    own.retain(|one| wanted.iter().any(|(id, _)| *id == one.id));
    let names = RecordNames::of(&home.session(), Some(&actor), &own)?;
    let folder = Folder::open(args.output.as_deref().unwrap_or(Path::new(".")))?;
    let mut export = Export { folder, form, args, actor, organisation, home, names, settings };
    let (mut missing, mut stopped) = (Vec::new(), None);
    let left_out = if args.all { export.home.session().erased_records()? } else { BTreeSet::new() };
    for (number, (id, version)) in wanted.iter().enumerate() {
        // Nothing that could be exported is missing: it is told, and no failure.
        if left_out.contains(id) {
            report_missing(*id, *version, &erased(*id), &export.names, output)?;
            continue;
        }
        match export.one(*id, *version, output) {
            // The plan of one version stands for the others.
            Ok(Ended::Planned) => break,
            Ok(Ended::There) => {}
            // Erased on another machine of this person.
            Err(failure) if args.all && failure.code == "record-erased" => {
                report_missing(*id, *version, &failure, &export.names, output)?;
            }
            // One version was asked for: its failure is the command's.
            Err(failure) if wanted.len() == 1 => return Err(failure),
            Err(failure) => {
                report_missing(*id, *version, &failure, &export.names, output)?;
                let ends_all = ENDS_ALL.contains(&failure.code);
                missing.push(failure.exit);
                if ends_all {
                    stopped = Some(wanted.len() - number - 1);
                    break;
                }
            }
        }
    }
    if export.folder.has_index {
        export.folder.write_index()?;
    }
    incomplete(&missing, wanted.len(), stopped)
}

/// Fails if versions are missing: as each is told already, with the kind of cause that all have.
pub(super) fn incomplete(
    missing: &[Exit],
    wanted: usize,
    stopped: Option<usize>,
) -> Result<(), Failure> {
    match missing.first() {
        None => Ok(()),
        Some(first) => {
            let left = stopped.filter(|left| *left > 0);
            let left = left.map_or_else(String::new, |left| format!(", and {left} were not tried"));
            let message =
                format!("{} of {} versions were not exported{left}", missing.len(), wanted);
            let mut failure = Failure::new(Exit::Failed, "export-incomplete", message).hint(
                "follow the hint beside each, and repeat the command: it goes on with what is missing",
            );
            // Where all have one kind of cause, so has the whole.
            if missing.iter().all(|exit| exit == first) {
                failure.exit = *first;
            }
            Err(failure)
        }
    }
}

/// Failures after which no other version can be exported either; going on would only add entries.
pub(super) const ENDS_ALL: [&str; 4] =
    ["disk-full", "home-busy", "ledger-unreachable", "ledger-storage"];

/// The versions to export. `None` is the latest, whose number stands beside it.
pub(super) type Wanted = (RecordId, Asked);

#[derive(Clone, Copy)]
pub(super) struct Asked {
    pub(super) version: Version,
    pub(super) is_latest: bool,
}

pub(super) fn wanted(
    args: &ExportArgs,
    actor: &Actor,
    organisation: Option<&Principal>,
    home: &OpenHome,
) -> Result<Vec<Wanted>, Failure> {
    let session = home.session();
    let me = Principal::from(actor.principal);
    let mut records = Vec::new();
    let lists = organisation.map_or(Lists::Own(&me), Lists::Granted);
    let mut found = all_of(&args.records, Finder { session, lists, actor: Some(actor) })?;
    match organisation {
        None => {
            if args.all {
                records = session.records_of(&me)?;
            }
        }
        Some(organisation) => {
            if args.all {
                let shared = session.shared_with(organisation, SharedBounds::NONE)?.records;
                let is_key =
                    |one: &&SharedRecord| ids::staff_record(&one.record.patient) == Some(one.id);
                let open = shared.iter().filter(|one| one.now.is_ok() && !is_key(one));
                found.extend(open.map(|one| one.id));
            }
        }
    }
    for id in found {
        let record = session.ask(&read::record(id))?;
        let record = record.ok_or_else(|| refusal_failure(ContractError::RecordNotFound))?;
        records.push((id, record));
    }
    let mut wanted = Vec::new();
    for (id, record) in records {
        let latest = record.version;
        let versions = latest.up_to().filter(|version| args.all_versions || *version == latest);
        wanted
            .extend(versions.map(|version| (id, Asked { version, is_latest: version == latest })));
    }
    Ok(wanted)
}

fn recipients(args: &ExportArgs, actor: &Actor) -> Result<Recipients, Failure> {
    let chosen = if args.recipients.is_empty() {
        let own = actor.keyring.identity(actor.identity);
        let own = own.map_err(|error| Failure::new(Exit::Failed, "no-key", chain(&error)))?;
        vec![Recipient::from(own.recipient().clone())]
    } else {
        args.recipients.clone()
    };
    Recipients::new(chosen).map_err(Failure::usage)
}

pub(super) fn report_missing(
    id: RecordId,
    asked: Asked,
    failure: &Failure,
    names: &RecordNames,
    output: Output,
) -> Result<(), Failure> {
    let hint = failure.hint.as_ref().map_or_else(String::new, |hint| format!("\n  hint: {hint}"));
    output.result(
        &NotExported {
            record_id: id,
            version: asked.version,
            exported: false,
            code: failure.code,
            message: &failure.message,
            hint: failure.hint.as_deref(),
        },
        &format!(
            "NOT EXPORTED: {}, version {}: {}{hint}",
            names.words(id),
            asked.version,
            failure.message
        ),
    )
}

/// How the export of one version ended.
enum Ended {
    /// The file is in the folder.
    There,
    /// A dry run's plan was printed.
    Planned,
}

struct Export<'a> {
    folder: Folder,
    form: Form,
    args: &'a ExportArgs,
    actor: Actor,
    /// For which organisation records are opened; without one, where the person has no grant, for theirs that has.
    organisation: Option<Principal>,
    home: OpenHome,
    /// What the records are called.
    names: RecordNames,
    settings: &'a Settings,
}

impl Export<'_> {
    fn one(&mut self, id: RecordId, asked: Asked, output: Output) -> Result<Ended, Failure> {
        if let Some(name) = self.folder.has(id, asked.version, &self.form)
            && !self.args.force
        {
            let path = self.folder.path.join(name);
            output.result(
                &ExportedBefore {
                    record_id: id,
                    version: asked.version,
                    exported: true,
                    output: &path,
                },
                &format!(
                    "{}, version {}, is in {} already",
                    self.names.words(id),
                    asked.version,
                    path.display()
                ),
            )?;
            return Ok(Ended::There);
        }
        let session = self.home.session();
        let write = |error: io::Error| cannot("write in", &self.folder.path, &error);
        // Begun before the access, so that no entry is written for a file that can't be.
        let mut file = Unfinished::beside(&self.folder.path.join("file")).map_err(write)?;
        let version = (!asked.is_latest).then_some(asked.version);
        let which = (id, version);
        let not_opened =
            |error: OpenRecordError| not_opened(error, &session, &self.actor, which, self.settings);
        let organisation = match &self.organisation {
            Some(organisation) => Some(organisation.clone()),
            None => staff::found_for(&session, &self.actor, id, output)?,
        };
        let access = match &organisation {
            None => session.access(&self.actor, id, version, &mut rng()).map_err(not_opened)?,
            Some(organisation) => {
                let me = self.actor.principal();
                session
                    .access_for_organisation(&self.actor, organisation, which, None, &mut rng())
                    .map_err(|error| {
                        let failure = staff::not_opened_for(error, &session, organisation, &me);
                        let by = Some(organisation);
                        without_share(failure, &session, &self.actor, which, by, self.settings)
                    })?
            }
        };
        let Some(access) = done(access, output)? else { return Ok(Ended::Planned) };
        note_wrong_answers(&access, output);
        let version = access.unlocked.version;
        let header = match &self.form {
            Form::Plain => {
                session.decrypt(&access.unlocked, file.as_file_mut()).map_err(not_opened)?
            }
            Form::Sealed(recipients) => {
                // The system deletes this nameless file when the process ends.
                let mut plain = tempfile::tempfile_in(&self.folder.path).map_err(write)?;
                let header = session.decrypt(&access.unlocked, &mut plain).map_err(not_opened)?;
                plain.seek(SeekFrom::Start(0)).map_err(write)?;
                encrypt(
                    &Protection::Recipients(recipients),
                    Encoding::Binary,
                    &mut plain,
                    file.as_file_mut(),
                    Workers::available(),
                    &mut rng(),
                )
                .map_err(|error| encryption_failure(&error, &self.folder.path))?;
                header
            }
        };
        let own = header.file_name.as_ref().map_or("content", |name| name.as_str());
        let name = file_name(id, version, own, &self.form);
        let path = self.folder.path.join(&name);
        // Once the file has its name, this entry has given what it gives, even if the process is killed then.
        session.finish(&access)?;
        // A command that was killed before it had written the row of the index left the whole file: it stays, and gets
        // its row.
        if !self.folder.has_without_row(&name, &self.form)
            || self.args.force
            || !is_same(file.as_file_mut(), &path).map_err(write)?
        {
            file.finish_at(&path, target::existing(self.args.force))
                .map_err(|error| target_failure(&error))?;
        }
        if let Form::Plain = self.form {
            let organisation = access.organisation.as_ref();
            // What the patient called this version is what the record was called then; nobody else's title is.
            let title = match access.unlocked.stored.author == header.context.patient {
                true => own_title(&header),
                false => session.title_beside(&self.actor, organisation, &header, &mut rng()),
            };
            self.folder.note(IndexRow::of(&name, &header, title))?;
        }
        self.folder.has_now(name);
        output.result(
            &Exported {
                record_id: id,
                version,
                exported: true,
                txid: access.txid,
                audit_index: access.audit_index,
                bytes: header.length,
                media_type: header.media_type.as_str(),
                output: &path,
                organisation: access.organisation.as_ref(),
            },
            &format!("{}, version {version}, is in {}", self.names.words(id), path.display()),
        )?;
        Ok(Ended::There)
    }
}
