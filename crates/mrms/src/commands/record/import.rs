//! `mrms import`: puts what other systems gave on record: files, folders, archives, discs.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::Args;
use mrms_app::Actor;
use mrms_app::import::{
    Choose, ComparedWith, Estimate, How, ImportError, LeftOut, Outcome, Seen, Told, Whose,
};
use mrms_app::records::write::Placement;
use mrms_app::sending::outcome::SendError;
use mrms_app::session::Sending;
use mrms_core::{RecordId, visible};
use mrms_crypto::content::Retention;
use mrms_home::OpenHome;
use mrms_home::clock::rng;
use mrms_viewers::Subject;

use crate::commands::sharing::several::ENDS_ALL;
use crate::config::Settings;
use crate::ui::columns::cut;
use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::outcome::{ceiling_words, in_stx};
use crate::ui::output::Output;
use crate::ui::progress;
use crate::ui::reasons::cannot;
use crate::ui::results::import::{About, Imported, ImportedAll, State};

#[derive(Debug, Args)]
#[command(
    after_help = "Each file becomes a record, byte for byte, or is told with the reason why not. \
    Archives are unpacked; the scans of one study become one record. Programs, and what systems make for \
    themselves, are left out. What was imported before is not put on record again, so an import that was \
    interrupted is repeated.\n\n\
    Whose each document is stands beside it. One that names somebody else than your card, or than most of \
    the others, is left out: what is on record stays there.\n\n\
    Examples:\n  \
    mrms import export.zip --dry-run\n  \
    mrms import export.zip --leave-out 'export.zip › viewer/'\n  \
    mrms import /media/cdrom letters/"
)]
pub(crate) struct ImportArgs {
    /// Files, folders and ZIP archives: exports of portals and of Apple Health, discs with scans, FHIR,
    /// C-CDA, HL7, health cards, and whatever else was given to you.
    #[arg(value_name = "FILE", required = true)]
    paths: Vec<PathBuf>,
    /// Keep the encrypted content with vaults only, whatever its size; after mrms erase nobody can
    /// decrypt a copy of it. Without it: small content goes onto the ledger, where it stays.
    #[arg(long)]
    erasable: bool,
    /// Leave this out: a file, a folder, or a place in an archive, as --dry-run tells it. Can be repeated.
    #[arg(long, value_name = "PLACE")]
    leave_out: Vec<String>,
    /// Put documents on record that name somebody else, too.
    #[arg(long)]
    of_anybody: bool,
}

impl ImportArgs {
    /// Why a document is left out, if the person wants it so.
    fn leaves_out(&self, seen: Seen<'_>) -> Option<LeftOut> {
        if self.leave_out.iter().any(|place| lies_in(seen.place, place)) {
            Some(LeftOut::NotChosen)
        } else if seen.whose.is_doubted() && !self.of_anybody {
            Some(LeftOut::OtherPerson)
        } else {
            None
        }
    }
}

/// Whether something lies at a place, or in it.
fn lies_in(file: &str, place: &str) -> bool {
    let place = place.trim_end_matches(['/', '›', ' ']);
    file.strip_prefix(place).is_some_and(|rest| {
        rest.is_empty() || rest.starts_with('/') || rest.trim_start().starts_with('›')
    })
}

/// Whom a document is about, in words.
fn whom(about: &[Subject]) -> String {
    let one = |subject: &Subject| {
        let name = subject.name.as_deref().unwrap_or("somebody");
        match &subject.born {
            Some(born) => format!("{name}, born {born}"),
            None => name.to_owned(),
        }
    };
    match about {
        [] => "nobody named".to_owned(),
        about => about.iter().map(one).collect::<Vec<_>>().join("; "),
    }
}

/// What speaks against it being about the person.
const fn doubt(whose: Option<Whose>) -> &'static str {
    match whose {
        Some(Whose::OtherName) => ": not the name on your card",
        Some(Whose::OtherBirth) => ": not the date of birth of most of these documents",
        Some(Whose::OtherThanMost) => ": most of these documents name somebody else",
        Some(Whose::Unclear) => ": these documents name several people",
        Some(Whose::Several) => ": several people",
        _ => "",
    }
}

/// What an import has done so far.
#[derive(Default)]
struct Counts {
    created: u64,
    would_create: u64,
    known: u64,
    left_out: u64,
    other_people: u64,
    failed: u64,
    bytes: u64,
    /// The bytes of each that would be put on record.
    lengths: Vec<u64>,
    failures: Vec<Failure>,
    /// Whether something ended it before all was looked at.
    is_cut: bool,
}

pub(crate) fn run(args: &ImportArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    for path in &args.paths {
        std::fs::metadata(path).map_err(|error| cannot("read", path, &error))?;
    }
    let retention = if args.erasable { Retention::Erasable } else { Retention::Permanent };
    let placement = Placement { inline_limit: settings.inline_limit, retention };
    let how = match settings.home.settings().sending {
        Sending::DryRun => How::Preview,
        _ => How::Write(placement),
    };
    let actor = settings.home.unlock()?;
    let home = settings.home.open()?;
    if !args.leave_out.is_empty() {
        places_are_there(args, &home, &actor)?;
    }
    if how != How::Preview {
        home.fund(&actor)?;
    }
    let bar = progress::endless("importing");
    let mut counts = Counts::default();
    let mut told = Ok(());
    let mut tell = |one: Told| {
        bar.add(1);
        match counts.tell(one, output) {
            Ok(flow) => flow,
            Err(failure) => {
                told = Err(failure);
                ControlFlow::Break(())
            }
        }
    };
    let choose = |seen: Seen<'_>| args.leaves_out(seen);
    let with = home.session().import(&actor, &args.paths, (how, &choose), &mut rng(), &mut tell);
    bar.clear();
    home.tell_missing_copies();
    told?;
    let session = home.session();
    let cost =
        session.fee_of_records(&actor, &counts.lengths, placement).map_err(SendError::from)?;
    counts.end(how, &with, cost, output)
}

/// Refuses a place to be left out where nothing lies: what was meant would be on record for good.
fn places_are_there(args: &ImportArgs, home: &OpenHome, actor: &Actor) -> Result<(), Failure> {
    let mut missing: Vec<&String> = args.leave_out.iter().collect();
    let mut look = |told: Told| {
        missing.retain(|place| !lies_in(&told.place, place));
        ControlFlow::Continue(())
    };
    let preview: (How, &Choose<'_>) = (How::Preview, &|_| None);
    home.session().import(actor, &args.paths, preview, &mut rng(), &mut look);
    let Some(place) = missing.first() else { return Ok(()) };
    let message = format!("nothing lies at {}, which is to be left out", visible::line(place));
    Err(Failure::new(Exit::Failed, "leave-out", message)
        .hint("mrms import --dry-run tells where each file lies"))
}

impl Counts {
    fn tell(&mut self, told: Told, output: Output) -> Result<ControlFlow<()>, Failure> {
        let Told { place, length, files, label, kind, about, whose, outcome, .. } = told;
        let shown = visible::line(&place).into_owned();
        let name = label.as_deref().map(|label| cut(&visible::line(label), 70)).unwrap_or_default();
        let people: Vec<About<'_>> = about
            .iter()
            .map(|one| About { name: one.name.as_deref(), born: one.born.as_deref() })
            .collect();
        let whom = format!("{}{}", whom(&about), doubt(whose));
        let row = Imported {
            file: &place,
            bytes: length,
            files,
            state: State::Created,
            record_id: None,
            label: label.as_deref(),
            kind: kind.map(mrms_viewers::Kind::word),
            about: &people,
            whose: whose.map(Whose::code),
            code: None,
            message: None,
        };
        let with = |state, record_id: Option<RecordId>| Imported { state, record_id, ..row };
        let (row, text) = match outcome {
            Outcome::Created(id) => {
                self.created += 1;
                self.bytes += length;
                (
                    with(State::Created, Some(id)),
                    format!("on record: “{name}” ({whom}), from {shown}"),
                )
            }
            Outcome::WouldCreate => {
                self.would_create += 1;
                self.bytes += length;
                self.lengths.push(length);
                (
                    with(State::WouldCreate, None),
                    format!("would be on record: “{name}” ({whom}), from {shown}"),
                )
            }
            Outcome::Known(id) => {
                self.known += 1;
                (
                    with(State::Known, Some(id)),
                    format!("on record already: “{name}” ({whom}), from {shown}"),
                )
            }
            Outcome::LeftOut(why) => {
                self.left_out += 1;
                self.other_people += u64::from(why == LeftOut::OtherPerson);
                let message = why.to_string();
                let text = match why {
                    LeftOut::OtherPerson => format!("LEFT OUT: {shown} ({whom})"),
                    _ => format!("left out: {shown}: {message}"),
                };
                let row = Imported {
                    code: Some(why.code()),
                    message: Some(&message),
                    ..with(State::LeftOut, None)
                };
                output.result(&row, &text)?;
                return Ok(ControlFlow::Continue(()));
            }
            Outcome::Unread(error) => {
                return self.fail(&row, &shown, cannot("read", Path::new(&place), &error), output);
            }
            Outcome::Failed(error) => return self.fail(&row, &shown, error.into(), output),
            _ => return Ok(ControlFlow::Continue(())),
        };
        output.result(&row, &text)?;
        Ok(ControlFlow::Continue(()))
    }

    fn fail(
        &mut self,
        row: &Imported<'_>,
        shown: &str,
        failure: Failure,
        output: Output,
    ) -> Result<ControlFlow<()>, Failure> {
        self.failed += 1;
        let hint =
            failure.hint.as_ref().map_or_else(String::new, |hint| format!("\n  hint: {hint}"));
        let text = format!("NOT ON RECORD: {shown}: {}{hint}", failure.message);
        let row = Imported {
            state: State::Failed,
            code: Some(failure.code),
            message: Some(&failure.message),
            ..*row
        };
        output.result(&row, &text)?;
        let is_over = ENDS_ALL.contains(&failure.code);
        self.is_cut |= is_over;
        // The worst counts; a thousand files of one kind need no thousand reasons.
        if self.failures.len() < 100 || is_over {
            self.failures.push(failure);
        }
        Ok(if is_over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn end(
        self,
        how: How,
        with: &ComparedWith,
        cost: Option<Estimate>,
        output: Output,
    ) -> Result<(), Failure> {
        let Self {
            lengths,
            created,
            would_create,
            known,
            left_out,
            other_people,
            failed,
            bytes,
            failures,
            is_cut,
        } = self;
        let rest =
            if is_cut { "; the import ended there, and the rest was not looked at" } else { "" };
        let done = match how {
            How::Preview => format!("{would_create} would be put on record"),
            How::Write(_) => format!("{created} put on record"),
        };
        let others = match (other_people, with.name.as_deref()) {
            (0, _) => String::new(),
            (count, name) => {
                let than =
                    name.map_or_else(String::new, |name| format!(" than {}", visible::line(name)));
                format!(
                    "\nleft out because they name somebody else{than}, or several people: {count}\n\
                     --of-anybody puts them on record, too"
                )
            }
        };
        let cost_words = cost.map_or_else(String::new, |Estimate { fee, ceiling }| {
            let ceiling = ceiling_words(lengths.len(), ceiling);
            format!("\nin all {}, as the network estimates it now{ceiling}", in_stx(fee))
        });
        let text = format!(
            "{done}, {known} were there already, {left_out} left out, {failed} failed{rest}{others}{cost_words}"
        );
        let complete = !is_cut;
        let all = ImportedAll {
            created,
            would_create,
            known,
            left_out,
            other_people,
            compared_name: with.name.as_deref(),
            compared_born: with.born.as_deref(),
            failed,
            bytes,
            fee: cost.map(|cost| cost.fee.number()),
            complete,
        };
        output.result(&all, &text)?;
        let Some(worst) = failures.iter().map(|one| one.exit).max_by_key(|exit| exit.severity())
        else {
            return Ok(());
        };
        let message = match failed {
            1 => format!("one file is not on record{rest}"),
            failed => format!("{failed} files are not on record{rest}"),
        };
        let failure = Failure::new(Exit::Failed, "import-incomplete", message).hint(
            "follow the hint beside each, and repeat the command: what is on record is not put there twice",
        );
        Err(Failure { exit: worst, ..failure })
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        let message = chain(&error);
        match error {
            ImportError::Write(error) => error.into(),
            ImportError::Ask(error) => error.into(),
            ImportError::Open(error) => error.into(),
            ImportError::Together { .. } => Self::new(Exit::Failed, "import-together", message)
                .hint("mrms tx list shows what waits; the next command finishes it"),
            ImportError::NotTried => {
                Self::new(Exit::Failed, "import-not-tried", message).hint("repeat the command")
            }
            _ => Self::new(Exit::Failed, "import-no-id", message)
                .hint("put it on record with mrms create"),
        }
    }
}
