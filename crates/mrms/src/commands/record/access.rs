//! `mrms access`: opens a record. First comes the entry in the log, then the key, then the content in
//! a file.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use clap::Args;
use mrms_app::access::open::EntryOrigin;
use mrms_core::{RecordId, Version};
use mrms_files::{Existing, Unfinished};

use crate::config::Settings;
use crate::ui::failure::{Exit, Failure};
use crate::ui::outcome::done;
use crate::ui::output::{Output, confirm};
use crate::ui::reasons::cannot;
use crate::ui::results::record::Opened;
use mrms_home::clock::rng;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mrms access 123\n  \
    mrms access 123 -o letter.pdf --version 1\n  \
    mrms access 123 --emergency 'unconscious, no next of kin'")]
pub(crate) struct AccessArgs {
    /// Id of the record, as mrms list or mrms list --shared-with-me prints it.
    id: RecordId,
    /// File to write; - writes to standard output. Without it: the document's own name, in this
    /// folder; another name where that is taken.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Version to open, from 1. Without it: the latest.
    #[arg(long, value_name = "N")]
    version: Option<Version>,
    /// Declare an emergency, with this reason, and open the latest version. The patient will read the
    /// reason. Needed where your grant is for emergencies only. The emergency ends after 144 burn
    /// blocks, about a day.
    #[arg(long, value_name = "REASON", conflicts_with = "version")]
    emergency: Option<String>,
    /// Replace the file of -o if it exists. Without it: the command stops before it opens the record.
    #[arg(long)]
    force: bool,
}

const EMERGENCY: &str = "This declares an emergency. The patient sees that you did and your reason, \
    and it is flagged for review. Go ahead?";

pub(crate) fn run(args: &AccessArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let to_stdout = args.output.as_deref() == Some(Path::new("-"));
    if to_stdout && output.is_json() {
        return Err(Failure::usage("content and JSON cannot both go to standard output")
            .hint("name a file with -o"));
    }
    // Checked before the access, so that no entry is written for a file that can't be.
    if let Some(path) =
        args.output.as_deref().filter(|path| !to_stdout && !args.force && path.exists())
    {
        return Err(exists(path));
    }
    let actor = settings.home.unlock()?;
    let home = settings.home.open()?;
    home.fund(&actor)?;
    let session = home.session();
    let beside = match args.output.as_deref() {
        Some(path) if !to_stdout => path.to_owned(),
        _ if to_stdout => std::env::temp_dir().join("content"),
        _ => PathBuf::from("content"),
    };
    let mut file = Unfinished::beside(&beside)
        .map_err(|error| cannot("write in the folder of", &beside, &error))?;
    let access = match &args.emergency {
        None => session.access(&actor, args.id, args.version, &mut rng())?,
        Some(reason) => {
            session.ledger.step_aside();
            confirm(EMERGENCY, settings.yes)?;
            session.emergency_access(&actor, args.id, reason, &mut rng())?
        }
    };
    let Some(access) = done(access, output)? else { return Ok(()) };
    if access.entry == EntryOrigin::Interrupted {
        output.note("an access that was interrupted is taken up, with the entry that it made");
    }
    let unlocked = &access.unlocked;
    let header = session.decrypt(unlocked, file.as_file_mut())?;
    let path = if to_stdout {
        // It may be read in a pager.
        session.ledger.step_aside();
        copy_out(file.as_file_mut())?;
        PathBuf::from("-")
    } else {
        let fallback = format!("record-{}-version-{}", args.id, unlocked.version);
        let own = header.file_name.as_ref().map_or(fallback, ToString::to_string);
        match &args.output {
            Some(path) => {
                let existing = if args.force { Existing::Replace } else { Existing::Keep };
                file.finish(path, existing).map_err(|error| match error.kind() {
                    io::ErrorKind::AlreadyExists => exists(path),
                    _ => cannot("write", path, &error),
                })?;
                path.clone()
            }
            None => finish_under_free_name(&mut file, &own)?,
        }
    };
    session.finish(&access)?;
    if to_stdout {
        return Ok(());
    }
    output.result(
        &Opened {
            record_id: args.id,
            version: unlocked.version,
            txid: access.txid,
            audit_index: access.audit_index,
            bytes: header.length,
            media_type: header.media_type.as_str(),
            file_name: header.file_name.as_ref().map(|name| name.as_str()),
            output: &path,
        },
        &format!(
            "record {} version {} is in {}\n  {} bytes, {}, written by {}\n  your access is entry {} of its log, transaction {}",
            args.id,
            unlocked.version,
            path.display(),
            header.length,
            header.media_type,
            unlocked.stored.author,
            access.audit_index,
            access.txid,
        ),
    )
}

/// Keeps the file under its own name, or as `name (2).ext` and so on where that is taken. The access
/// is in the log already, so the content must not be lost for want of a name.
fn finish_under_free_name(file: &mut Unfinished, name: &str) -> Result<PathBuf, Failure> {
    let own = Path::new(name);
    let stem = own.file_stem().unwrap_or(own.as_os_str()).to_string_lossy();
    let extension = own
        .extension()
        .map_or_else(String::new, |extension| format!(".{}", extension.to_string_lossy()));
    let others = (2..1_000).map(|number| PathBuf::from(format!("{stem} ({number}){extension}")));
    for path in std::iter::once(own.to_owned()).chain(others) {
        match file.finish(&path, Existing::Keep) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(cannot("write", &path, &error)),
        }
    }
    Err(exists(own))
}

/// Copies the content to standard output, once all of it has been verified.
fn copy_out(file: &mut File) -> Result<(), Failure> {
    file.seek(SeekFrom::Start(0))
        .and_then(|_| io::copy(file, &mut io::stdout().lock()))
        .map(drop)
        .map_err(|error| cannot("write", Path::new("standard output"), &error))
}

fn exists(path: &Path) -> Failure {
    Failure::new(Exit::Failed, "file-exists", format!("{} exists already", path.display()))
        .hint("name another file with -o, or replace it with --force")
}
