//! `mrms report disclosures`: the accounting of disclosures that a patient, an auditor or an authority asks for.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use mrms_app::records::find::Lists;
use mrms_core::{Principal, UnixTime};
use mrms_home::clock::{now, rng};
use mrms_home::report::{Asked, DisclosureReport, Extent, HostOf, Paper, SIX_YEARS};

use crate::config::Settings;
use crate::ui::amounts::counted;
use crate::ui::failure::{Exit, Failure};
use crate::ui::output::Output;
use crate::ui::reasons::not_written;
use crate::ui::record_ref::{Finder, RecordRef, all_of};
use crate::ui::results::audit::MadeReport;
use crate::ui::someone::names_or_accounts;
use crate::ui::{target, times};

#[derive(Debug, Subcommand)]
pub(crate) enum ReportCommand {
    /// Who received which of your records, when and what for.
    Disclosures(DisclosuresArgs),
}

impl ReportCommand {
    pub(crate) fn run(&self, settings: &Settings, output: Output) -> Result<(), Failure> {
        match self {
            Self::Disclosures(args) => disclosures(args, settings, output),
        }
    }
}

#[derive(Debug, Args)]
#[command(
    after_help = "The report has no content of a record. Every entry is checked against the contract's head, and the logs of \
    the vaults are compared with it, before anything is written. Names and addresses come from your people's cards; what \
    is missing is counted at the end of the report, and empty in its lines. If a vault's log does not fit, the report says so \
    and the exit code is 5.\n\n\
    --statutory has what 45 CFR 164.528 asks for: openings by others, with name, address, description and purpose, repeats \
    together, six years back. --full has every line of the logs, refusals, grants and your own actions included.\n\n\
    Examples:\n  \
    mrms report disclosures -o disclosures.pdf\n  \
    mrms report disclosures --full --since 2026-01-01 -o log.csv 'Blood test, May'"
)]
pub(crate) struct DisclosuresArgs {
    /// The records: numbers in mrms list, ranges such as 7-9, labels, or ids. Without it: all yours.
    #[arg(value_name = "RECORD")]
    records: Vec<RecordRef>,
    /// What the law asks for; this is the default.
    #[arg(long, conflicts_with = "full")]
    statutory: bool,
    /// Every line of the logs.
    #[arg(long)]
    full: bool,
    /// Leave out what was before: a time ago, such as 1w or "2 years"; or a date. Without it: six years ago, and with
    /// --full the beginning.
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// File to write: a name that ends in .pdf, .csv, .ndjson or .json (a FHIR bundle); - is standard output and needs
    /// --format.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// What to write, whatever the file is called.
    #[arg(long)]
    format: Option<Format>,
    /// Paper of a PDF.
    #[arg(long, default_value = "a4")]
    paper: PaperSize,
    /// Replace the file if it exists. Without it: the command stops.
    #[arg(long)]
    force: bool,
}

/// What kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Pdf,
    Csv,
    Ndjson,
    Fhir,
}

impl Format {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Csv => "csv",
            Self::Ndjson => "ndjson",
            Self::Fhir => "fhir",
        }
    }

    /// The end of its files' names.
    const fn extension(self) -> &'static str {
        match self {
            Self::Fhir => "json",
            other => other.as_str(),
        }
    }
}

/// What the pages are printed on.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum PaperSize {
    A4,
    Letter,
}

impl PaperSize {
    /// The paper.
    pub(crate) const fn paper(self) -> Paper {
        match self {
            Self::A4 => Paper::A4,
            Self::Letter => Paper::Letter,
        }
    }
}

/// What the file's name says, if nothing else does.
fn format_of(args: &DisclosuresArgs) -> Result<Format, Failure> {
    let by_name = || {
        let extension = args.output.extension()?.to_str()?.to_ascii_lowercase();
        let all = [Format::Pdf, Format::Csv, Format::Ndjson, Format::Fhir];
        all.into_iter().find(|one| one.extension() == extension)
    };
    args.format.or_else(by_name).ok_or_else(|| {
        Failure::new(
            Exit::Usage,
            "usage",
            "the file's name does not say what kind of file it is to be",
        )
        .hint("end it in .pdf, .csv, .ndjson or .json (FHIR), or add --format pdf, csv, ndjson or fhir")
    })
}

fn disclosures(args: &DisclosuresArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let format = format_of(args)?;
    let now = now();
    let since = args.since.as_deref().map(|text| times::past_time(text, now)).transpose()?;
    let six_years_ago = UnixTime::from_seconds(now.seconds().saturating_sub(SIX_YEARS));
    let (extent, since) = match args.full {
        true => (Extent::Full, since),
        false => (Extent::Statutory, Some(since.unwrap_or(six_years_ago))),
    };
    // A file that can't be written is told before anything is asked of anybody.
    let mut file = target::open(&args.output, args.force)?;
    let actor = settings.home.unlock()?;
    let me = Principal::from(settings.home.account()?);
    let names = names_or_accounts(&[], Some(&actor), settings, output)?;
    let home = settings.home.open()?;
    let session = home.session();
    let finder = Finder { session, lists: Lists::Own(&me), actor: Some(&actor) };
    let wanted = all_of(&args.records, finder)?;
    let mut records = session.numbered_records_of(&me)?;
    if let Some(other) = wanted.iter().find(|id| !records.iter().any(|own| own.id == **id)) {
        return Err(Failure::new(
            Exit::NotAllowed,
            "not-patient",
            format!("record {other} is none of yours"),
        )
        .hint("a report is made by the patient: nobody else can read what openings were for"));
    }
    records.retain(|one| wanted.is_empty() || wanted.contains(&one.id));
    let asked = Asked { extent, since, now };
    let report = {
        let hosts: HostOf<'_> = &|link| settings.home.link_host(link);
        DisclosureReport::make(&session, &actor, &names, &records, asked, hosts, &mut rng())?
    };
    session.ledger.step_aside();
    let bytes = match format {
        Format::Pdf => report.to_pdf(args.paper.paper())?,
        Format::Csv => report.to_csv(),
        Format::Ndjson => report.to_ndjson(),
        Format::Fhir => report.to_fhir(),
    };
    file.as_write()
        .write_all(&bytes)
        .map_err(|error| not_written(target::name_of(&file), &error))?;
    let is_stdout = file.is_stdout();
    target::finish(file)?;
    if !is_stdout {
        tell(&report, extent, format, args, output)?;
    }
    match report.missing.differences.as_slice() {
        [] => Ok(()),
        [first, ..] => Err(Failure::new(
            Exit::Integrity,
            "logs-differ",
            format!("the report is written, and a vault's log does not fit the chain's: {first}"),
        )
        .hint("mrms audit RECORD --reconcile shows both logs; keep its output")),
    }
}

fn tell(
    report: &DisclosureReport,
    extent: Extent,
    format: Format,
    args: &DisclosuresArgs,
    output: Output,
) -> Result<(), Failure> {
    let file = args.output.display().to_string();
    let missing = &report.missing;
    let made = MadeReport {
        file: &file,
        extent: match extent {
            Extent::Statutory => "statutory",
            Extent::Full => "full",
        },
        format: format.as_str(),
        from: report.about.from.as_deref(),
        lines: report.len(),
        openings: report.openings,
        without_name: missing.without_name,
        without_address: missing.without_address,
        without_purpose: missing.without_purpose,
        keys_on_chain: missing.keys_on_chain,
        vaults_not_asked: &missing.vaults_not_asked,
        differences: &missing.differences,
    };
    let mut text = format!(
        "{}, {} by others, are in {file}",
        counted(report.len() as u64, "line", "lines"),
        counted(report.openings, "opening", "openings"),
    );
    let mut lacks = Vec::new();
    if missing.without_name > 0 {
        lacks.push(counted(missing.without_name as u64, "name", "names"));
    }
    if missing.without_address > 0 {
        lacks.push(counted(missing.without_address as u64, "postal address", "postal addresses"));
    }
    if missing.without_purpose > 0 {
        lacks.push(counted(missing.without_purpose, "purpose", "purposes"));
    }
    if !lacks.is_empty() {
        text.push_str(&format!("\nmissing: {}", lacks.join(", ")));
        text.push_str("\nmrms people add takes the card of a recipient, with name and address");
    }
    if !missing.vaults_not_asked.is_empty() {
        text.push_str(&format!(
            "\nnot asked, so that purposes may be missing: {}",
            missing.vaults_not_asked.join(", ")
        ));
    }
    output.result(&made, &text)
}
