//! `mrms export --format`: one file for other health software: a FHIR bundle, an International Patient Summary, or that
//! summary on paper.
//!
//! Like the export to a folder it goes on after what can't be opened, and tells it. What is in the records and not in the file
//! is listed with its reason.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use clap::ValueEnum;
use mrms_app::audit::fhir::Namespace;
use mrms_app::records::health_data::{Naming, OpenedDocument};
use mrms_app::session::Actor;
use mrms_app::times::rfc3339;
use mrms_core::{Principal, visible};
use mrms_fhir::export::summary::{About, NoSummary, Source, Summary, summary};
use mrms_fhir::export::{Collection, LeftOut, Version as CollectedVersion, Why};
use mrms_fhir::write::patient_id;
use mrms_files::Target;
use mrms_home::OpenHome;
use mrms_home::clock::{now, rng};
use mrms_home::summary_paper::SummaryPaper;
use mrms_viewers::{Answer, Request, Want};

use super::access::{erased, not_opened, note_wrong_answers};
use super::export::{ENDS_ALL, ExportArgs, Wanted, incomplete, report_missing, wanted};
use super::export_names::PatientNames;
use crate::config::Settings;
use crate::ui::amounts::counted;
use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::naming::RecordNames;
use crate::ui::outcome::done;
use crate::ui::output::Output;
use crate::ui::reasons::not_written;
use crate::ui::results::health_data::{ExportedHealthData, LeftOutOfExport, SummarySection};
use crate::ui::someone::names_or_accounts;
use crate::ui::target;
use crate::ui::viewer::viewers;

/// Which file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum HealthFormat {
    /// A bundle of everything.
    Fhir,
    /// An International Patient Summary.
    Ips,
    /// The summary on paper.
    Pdf,
}

impl HealthFormat {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Fhir => "fhir",
            Self::Ips => "ips",
            Self::Pdf => "pdf",
        }
    }
}

/// What was written.
#[derive(Default)]
struct Made {
    resources: usize,
    sections: Vec<SummarySection>,
    /// How many entries of all sections are reports.
    reports: usize,
    left_out: Vec<LeftOut>,
}

pub(super) fn run(
    args: &ExportArgs,
    format: HealthFormat,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let Some(path) = args.file() else {
        return Err(
            Failure::usage("--format writes one file, and none is named").hint("add -o FILE")
        );
    };
    if args.has_all_versions() && format != HealthFormat::Fhir {
        return Err(Failure::usage("a summary is made of the latest versions")
            .hint("leave out --all-versions, or take --format fhir"));
    }
    // A file that can't be written is told before anything is opened.
    let file = target::open(path, args.replaces())?;
    let actor = settings.home.unlock()?;
    let names = names_or_accounts(&[], Some(&actor), settings, output)?;
    let home = settings.home.open()?;
    let wanted = wanted(args, &actor, None, &home)?;
    let mut own = home.session().numbered_records_of(&actor.principal())?;
    own.retain(|one| wanted.iter().any(|(id, _)| *id == one.id));
    let record_names = RecordNames::of(&home.session(), Some(&actor), &own)?;
    let clock = home.session().ledger.tip().map_err(mrms_app::session::AskError::from)?.clock();
    let me = actor.principal();
    let called = || {
        let root = actor.keyring.record_root().ok()?;
        Some(home.session().profile.called(&root).ok()??.as_str().to_owned())
    };
    let own_name = called();
    let name_of = |account: &Principal| match *account == me {
        true => own_name.clone(),
        false => names.name_of(account).map(str::to_owned),
    };
    let naming = Naming {
        namespace: Namespace {
            chain_id: home.session().ledger.network().chain_id,
            contract: home.contract(),
        },
        clock,
        name_of: &name_of,
    };
    let reading =
        Reading { args, actor: &actor, home: &home, settings, names: &record_names, output };
    match format {
        HealthFormat::Fhir => collection(&reading, &wanted, &naming, file),
        HealthFormat::Ips | HealthFormat::Pdf => {
            of_summary(&reading, &wanted, &naming, file, format)
        }
    }
}

/// What opens the versions.
struct Reading<'r> {
    args: &'r ExportArgs,
    actor: &'r Actor,
    home: &'r OpenHome,
    settings: &'r Settings,
    names: &'r RecordNames,
    output: Output,
}

/// The versions that could not be opened.
#[derive(Default)]
struct Missing {
    exits: Vec<Exit>,
    /// Versions that were not tried after a failure that ends all.
    stopped: Option<usize>,
    /// A dry run's plan was printed.
    is_planned: bool,
    /// What is missing, in lines for paper.
    lines: Vec<String>,
}

impl Reading<'_> {
    /// Opens each version, and gives it to `take`. What can't be opened is told, and the rest goes on.
    fn each(
        &self,
        wanted: &[Wanted],
        mut take: impl FnMut(OpenedDocument) -> Result<(), Failure>,
    ) -> Result<Missing, Failure> {
        let session = self.home.session();
        let gone = session.erased_records()?;
        let mut missing = Missing::default();
        let mut is_funded = false;
        for (place, (id, asked)) in wanted.iter().enumerate() {
            let is_all = self.args.is_of_all();
            let failure = if is_all && gone.contains(id) {
                erased(*id)
            } else {
                // Only an access costs a fee.
                if !is_all && !is_funded {
                    self.home.fund(self.actor)?;
                    is_funded = true;
                }
                let version = (!asked.is_latest).then_some(asked.version);
                let opened = session.open_document(self.actor, *id, version, &mut rng());
                let which = (*id, version);
                let opened = opened
                    .map_err(|error| not_opened(error, &session, self.actor, which, self.settings));
                match opened {
                    Ok(opened) => {
                        let Some(opened) = done(opened, self.output)? else {
                            missing.is_planned = true;
                            return Ok(missing);
                        };
                        if let Some(access) = &opened.access {
                            note_wrong_answers(access, self.output);
                        }
                        take(opened)?;
                        continue;
                    }
                    // One version was asked for: its failure is the command's.
                    Err(failure) if wanted.len() == 1 => return Err(failure),
                    Err(failure) => failure,
                }
            };
            report_missing(*id, *asked, &failure, self.names, self.output)?;
            missing.lines.push(format!("{}: {}", self.names.words(*id), failure.message));
            if is_all && failure.code == "record-erased" {
                continue;
            }
            missing.exits.push(failure.exit);
            if ENDS_ALL.contains(&failure.code) {
                missing.stopped = Some(wanted.len() - place - 1);
                break;
            }
        }
        Ok(missing)
    }

    /// Says what was written and what was not, and fails if versions are missing.
    fn tell(
        &self,
        file: Target,
        format: HealthFormat,
        made: &Made,
        missing: &Missing,
        wanted: usize,
    ) -> Result<(), Failure> {
        let (is_stdout, path) = (file.is_stdout(), file.path().to_owned());
        target::finish(file)?;
        let left_out: Vec<_> = made.left_out.iter().map(LeftOutOfExport::of).collect();
        let mut text = match format {
            HealthFormat::Fhir => counted(made.resources as u64, "resource", "resources"),
            _ => {
                let entries: usize = made.sections.iter().map(|section| section.entries).sum();
                format!("a patient summary with {}", counted(entries as u64, "entry", "entries"))
            }
        };
        text = format!("{text}: {}", path.display());
        for section in &made.sections {
            let entries = match section.entries {
                0 if section.refuted > 0 => {
                    let words = ("entry that says", "entries that say");
                    let refuted = counted(section.refuted as u64, words.0, words.1);
                    format!("{refuted} that something is not so, left out")
                }
                0 => "no information".to_owned(),
                count if section.title == "Results" && made.reports > 0 => {
                    let reports = counted(made.reports as u64, "report", "reports");
                    format!("{count}, of them {reports}")
                }
                count => count.to_string(),
            };
            text.push_str(&format!("\n  {}: {entries}", section.title));
        }
        if !left_out.is_empty() {
            text.push_str("\nnot in it:");
            for line in self.lines(&made.left_out) {
                text.push_str(&format!("\n  {line}"));
            }
        }
        match is_stdout {
            // The result itself is there.
            true => text.lines().for_each(|line| self.output.note(line)),
            false => self.output.result(
                &ExportedHealthData {
                    output: &path,
                    format: format.as_str(),
                    resources: made.resources,
                    sections: &made.sections,
                    left_out: &left_out,
                },
                &text,
            )?,
        }
        incomplete(&missing.exits, wanted, missing.stopped)
    }

    /// What was left out, in lines for people.
    fn lines(&self, left_out: &[LeftOut]) -> Vec<String> {
        let line = |one: &LeftOut| {
            let what = match one.count {
                1 => visible::line(&one.what).into_owned(),
                count => format!("{count} {}", visible::line(&one.what)),
            };
            format!(
                "{}, version {}: {what}: {}",
                self.names.words(one.record),
                one.version,
                one.why.words()
            )
        };
        left_out.iter().map(line).collect()
    }
}

fn collection(
    reading: &Reading<'_>,
    wanted: &[Wanted],
    naming: &Naming<'_>,
    mut file: Target,
) -> Result<(), Failure> {
    let name = target::name_of(&file).to_owned();
    let mut made = Made::default();
    let missing = match file.is_terminal() {
        true => {
            let mut shown = target::Shown::new(file.as_write());
            write_collection(reading, wanted, naming, &mut made, (&mut shown, &name))?
        }
        false => {
            let mut buffered = BufWriter::new(file.as_write());
            write_collection(reading, wanted, naming, &mut made, (&mut buffered, &name))?
        }
    };
    match missing.is_planned {
        true => Ok(()),
        false => reading.tell(file, HealthFormat::Fhir, &made, &missing, wanted.len()),
    }
}

/// Writes each version as soon as it is opened, so that one of them is in memory at a time.
fn write_collection(
    reading: &Reading<'_>,
    wanted: &[Wanted],
    naming: &Naming<'_>,
    made: &mut Made,
    (writer, name): (&mut dyn Write, &Path),
) -> Result<Missing, Failure> {
    let failed = |error: io::Error| not_written(name, &error);
    let mut bundle = Collection::begin(writer, &naming.space(), now()).map_err(failed)?;
    let mut names = PatientNames::new(naming, reading.names);
    let missing = reading.each(wanted, |opened| {
        let Some(content) = &opened.content else {
            made.left_out.push(LeftOut {
                record: opened.record(),
                version: opened.version(),
                what: opened.kind().english().to_owned(),
                count: 1,
                why: Why::TooLong,
            });
            return Ok(());
        };
        let contents = opened.contents(naming.clock);
        if let Some(Ok(contents)) = &contents {
            names.note(&opened, contents);
            names.agree(reading.settings.yes, reading.output)?;
        }
        let left_out = bundle.add(CollectedVersion {
            document: opened.document(naming),
            media_type: opened.header.media_type.as_str(),
            content,
            contents,
        });
        made.left_out.extend(left_out.map_err(failed)?);
        Ok(())
    })?;
    made.resources = bundle.entries();
    bundle.end().and_then(|writer| writer.flush()).map_err(failed)?;
    Ok(missing)
}

fn of_summary(
    reading: &Reading<'_>,
    wanted: &[Wanted],
    naming: &Naming<'_>,
    mut file: Target,
    format: HealthFormat,
) -> Result<(), Failure> {
    let mut sources: Vec<Source> = Vec::new();
    let mut patients: Vec<Principal> = Vec::new();
    let mut names = PatientNames::new(naming, reading.names);
    let missing = reading.each(wanted, |opened| {
        if !patients.contains(&opened.patient) {
            patients.push(opened.patient.clone());
        }
        if patients.len() > 1 {
            return Err(Failure::usage(
                "a summary is about one patient, and these records are of several",
            )
            .hint("name the records of one patient; --format fhir takes those of several"));
        }
        let source = opened.source(naming.clock);
        if let Some(Ok(contents)) = &source.contents {
            names.note(&opened, contents);
        }
        sources.push(source);
        Ok(())
    })?;
    if missing.is_planned {
        return Ok(());
    }
    let patient = patients.pop().unwrap_or_else(|| reading.actor.principal());
    let time = now();
    let about = About {
        patient: (patient_id(&patient), naming.party(&patient, true)),
        space: &naming.space(),
        now: time,
        program: env!("CARGO_PKG_VERSION"),
    };
    let summary = summary(&about, sources).map_err(no_summary)?;
    names.agree(reading.settings.yes, reading.output)?;
    let mut lines = missing.lines.clone();
    lines.extend(reading.lines(&summary.left_out));
    let bytes = match format {
        HealthFormat::Pdf => {
            // The one whom the documents are about, as in the summary itself.
            let known = summary.patient.clone().or_else(|| about.patient.1.name.clone());
            let patient = known.unwrap_or_else(|| patient.to_string());
            on_paper(&summary, &patient, &rfc3339(time), &lines, reading.args)?
        }
        _ => summary.bundle.clone().into_bytes(),
    };
    let name = target::name_of(&file).to_owned();
    let written = match file.is_terminal() && format == HealthFormat::Ips {
        true => {
            let mut shown = target::Shown::new(file.as_write());
            shown.write_all(&bytes).and_then(|()| shown.end())
        }
        false => file.as_write().write_all(&bytes),
    };
    written.map_err(|error| not_written(&name, &error))?;
    let section = |one: &mrms_fhir::export::summary::Written| SummarySection {
        title: one.title,
        entries: one.entries,
        refuted: one.refuted,
    };
    let made = Made {
        resources: summary.resources,
        sections: summary.sections.iter().map(section).collect(),
        reports: summary.sections.iter().map(|one| one.reports).sum(),
        left_out: summary.left_out,
    };
    reading.tell(file, format, &made, &missing, wanted.len())
}

fn no_summary(error: NoSummary) -> Failure {
    Failure::new(Exit::Failed, "several-people", chain(&error))
        .hint("a summary is about one person: name the records that are about the patient, instead of all")
}

/// Draws the summary as its viewer shows it.
fn on_paper(
    summary: &Summary,
    patient: &str,
    made: &str,
    left_out: &[String],
    args: &ExportArgs,
) -> Result<Vec<u8>, Failure> {
    let failed = |error: &dyn std::error::Error| Failure::new(Exit::Failed, "viewer", chain(error));
    let viewers = viewers().map_err(|error| failed(&error))?;
    let request = Request { name: "summary.json".to_owned(), want: Want::Document };
    let mut viewing = viewers.begin(&request).map_err(|error| failed(&error))?;
    viewing.write_all(summary.bundle.as_bytes()).map_err(|error| failed(&error))?;
    let document = match viewing.answer() {
        Answer::Document(document) => document,
        Answer::NotShown(why) => {
            return Err(Failure::new(Exit::Failed, "not-shown", why)
                .hint("take --format ips, and another program that prints it"));
        }
        Answer::Picture(_) | Answer::Facts(_) => {
            return Err(Failure::new(Exit::Failed, "not-shown", "no pages"));
        }
    };
    let paper = args.paper().paper();
    let pages = SummaryPaper { document: &document, patient, made, left_out, paper };
    pages.to_pdf().map_err(|error| Failure::new(Exit::Failed, "report", chain(&error)))
}
