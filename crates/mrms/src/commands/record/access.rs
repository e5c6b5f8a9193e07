//! `mrms access`: the entry in the log, then the key, then the content in a file.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use clap::Args;
use mrms_app::access::open::Entry;
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
pub(crate) struct AccessArgs {
    /// The record.
    id: RecordId,
    /// Where to write it; `-` for standard output. Its own file name, here, when left out.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Which version; the latest when left out.
    #[arg(long, value_name = "N")]
    version: Option<Version>,
    /// Declare an emergency, for this reason: for a grant that allows no more. The patient gets to
    /// read the reason; the emergency ends by itself after about a day.
    #[arg(long, value_name = "REASON", conflicts_with = "version")]
    emergency: Option<String>,
    /// Replace the file where it exists.
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
    // Before an entry is written, not after: the name that was asked for can be used.
    if let Some(path) =
        args.output.as_deref().filter(|path| !to_stdout && !args.force && path.exists())
    {
        return Err(exists(path));
    }
    let actor = settings.home.unlock()?;
    let place = settings.home.open()?;
    place.fund(&actor)?;
    let session = place.session();
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
            confirm(EMERGENCY, settings.yes)?;
            session.emergency_access(&actor, args.id, reason, &mut rng())?
        }
    };
    let Some(access) = done(access, output)? else { return Ok(()) };
    if access.entry == Entry::TakenUp {
        output.note("an access that was interrupted is taken up, with the entry that it made");
    }
    let unlocked = &access.unlocked;
    let header = session.decrypt(unlocked, file.as_file_mut())?;
    let path = if to_stdout {
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

/// Keeps the file under its own name, or `name (2).ext` and so on where that is taken: the access
/// is on record already, and its content is not thrown away for a name.
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

/// Only what has been verified to its end goes to standard output.
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
