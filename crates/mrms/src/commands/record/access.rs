//! `mrms access`: opens a record. First comes the entry in the log, then the key, then the content in
//! a file, a pipe or a device.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use mrms_app::access::open::{Access, EntryOrigin, OpenRecordError};
use mrms_app::records::file_names::{self, name_here};
use mrms_app::records::find::Lists;
use mrms_app::sharing::emergency::EmergencyError;
use mrms_app::sharing::given_names::name_in;
use mrms_app::sharing::purpose::PurposeError;
use mrms_app::{Actor, Session};
use mrms_core::{Powers, Principal, Purpose, RecordId, Version};
use mrms_files::{Existing, Target, TargetError, Unfinished};

use super::without_share::{NO_VAULT, names_no_vault, without_share};
use crate::commands::staff;
use crate::config::Settings;
use crate::ui::acting::Acting;
use crate::ui::failure::{Exit, Failure};
use crate::ui::outcome::done;
use crate::ui::output::{Output, confirm};
use crate::ui::reasons::{cannot, target_failure};
use crate::ui::record_ref::{Finder, RecordRef};
use crate::ui::results::record::Opened;
use crate::ui::someone::Someone;
use crate::ui::target;
use mrms_home::Names;
use mrms_home::clock::rng;
use mrms_people::name::{end, quotable};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mrms access 123\n  \
    mrms access 123 -o letter.pdf --version 1\n  \
    mrms access 123 --emergency 'unconscious, no next of kin'\n  \
    mrms access s3 --organisation 'Clinic Nord'\n\n\
    An access that was interrupted before it had the content goes on with the entry that it made, for \
    up to 6 burn blocks (about an hour), if the grant is still live. Content that goes to standard \
    output counts as opened from its first byte on: reading it again makes a new entry.")]
pub(crate) struct AccessArgs {
    /// The record: its number in mrms list, its label, or its id, as mrms list or mrms list
    /// --shared-with-me prints it.
    #[arg(value_name = "RECORD")]
    record: RecordRef,
    /// File, pipe or device to write to; - is standard output. Without it: the document's own name,
    /// in this folder; another name where that is taken.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Version to open, from 1. Without it: the latest.
    #[arg(long, value_name = "N")]
    version: Option<Version>,
    /// Open it for an organisation that you are a member of, by what it was granted: its name or principal.
    /// The log names you both. Without it: by your own grant; where you have none and one of your
    /// organisations has, for that one.
    #[arg(long, value_name = "NAME", conflicts_with = "emergency")]
    organisation: Option<Someone>,
    /// Declare an emergency, with this reason, and open the latest version. The patient will read the
    /// reason. Needed where your grant is for emergencies only. The emergency ends after 144 burn
    /// blocks, about a day.
    #[arg(long, value_name = "REASON", conflicts_with = "version")]
    emergency: Option<String>,
    /// Tell the patient what you open it for: treatment, payment, operations, research, patient-asked or
    /// another word or code of HL7's PurposeOfUse (TREAT, HPAYMT …). It is sealed to the patient; nothing of it is on the ledger. An emergency is always
    /// for emergency treatment (ETREAT).
    #[arg(long, value_name = "PURPOSE", conflicts_with = "emergency")]
    purpose: Option<Purpose>,
    /// Replace the file if it exists: the one of -o, or the one that has the document's own name.
    /// Without it: the command stops before it opens the record when the file of -o exists.
    #[arg(long)]
    force: bool,
}

const EMERGENCY: &str = "This declares an emergency. The patient sees that you did and your reason, \
    and it is flagged for review. Go ahead?";

pub(crate) fn run(args: &AccessArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    // Opened before the access, so that no entry is written for content that can't be.
    let mut place = Place::open(args)?;
    let to_stdout = place.is_stdout();
    if to_stdout && output.is_json() {
        return Err(Failure::usage("content and JSON cannot both go to standard output")
            .hint("name a file with -o"));
    }
    let actor = settings.home.unlock()?;
    let home = settings.home.open()?;
    let session = home.session();
    let me = actor.principal();
    let acting = Acting::of(settings, &session, Some(&actor), Some(Powers::SEE), output)?;
    home.fund(&actor)?;
    let organisation = match &args.organisation {
        Some(organisation) => Some(organisation.resolve(&settings.home.names(Some(&actor))?)?),
        None => None,
    };
    let id = match &organisation {
        Some(organisation) => args.record.one(Finder {
            session,
            lists: Lists::Granted(organisation),
            actor: Some(&actor),
        })?,
        None => acting.find_one(&args.record, session, Some(&actor))?,
    };
    let organisation = match organisation {
        None if args.emergency.is_none() && !acting.is_other() => {
            staff::found_for(&session, &actor, id, output)?
        }
        named => named,
    };
    let not_opened = |error| not_opened(error, &session, &actor, (id, args.version), settings);
    let access = match (&args.emergency, args.purpose) {
        (None, purpose) if organisation.is_some() => {
            let organisation = organisation.as_ref().unwrap_or(&me);
            let which = (id, args.version);
            session
                .access_for_organisation(&actor, organisation, which, purpose, &mut rng())
                .map_err(|error| {
                    let failure = staff::not_opened_for(error, &session, organisation, &me);
                    without_share(failure, &session, &actor, which, Some(organisation), settings)
                })?
        }
        (None, None) => session.access(&actor, id, args.version, &mut rng()).map_err(not_opened)?,
        (None, Some(purpose)) => {
            let opened = session.access_for(&actor, id, args.version, purpose, &mut rng());
            opened.map_err(|error| match error {
                PurposeError::Open(error) => not_opened(error),
                other => other.into(),
            })?
        }
        (Some(reason), _) => {
            session.ledger.step_aside();
            confirm(EMERGENCY, settings.yes)?;
            session.emergency_access(&actor, id, reason, &mut rng()).map_err(
                |error| match error {
                    EmergencyError::Open(error) => not_opened(error),
                    other => other.into(),
                },
            )?
        }
    };
    let Some(access) = done(access, output)? else { return Ok(()) };
    if access.entry == EntryOrigin::Interrupted {
        output.note("an access that was interrupted is taken up, with the entry that it made");
    }
    note_wrong_answers(&access, output);
    if args.purpose.is_some() && !access.is_by_vaults {
        output.note("no vault took part in this opening, so nobody is told what it was for");
    }
    let unlocked = &access.unlocked;
    let header = session.decrypt(unlocked, place.content()).map_err(not_opened)?;
    let fallback = format!("record-{}-version-{}", id, unlocked.version);
    let own = header.file_name.as_ref().map_or(fallback, ToString::to_string);
    let own = name_here(&own, file_names::MOST_BYTES);
    // Whoever reads along has what leaves, even if the rest can't be written, or this process is killed now: this
    // entry gives it once.
    session.finish(&access)?;
    // For lists, where no name came with the grant. What was opened is not lost for want of it.
    if let Err(error) = session.remember_opened(&actor, &header, &mut rng()) {
        output.note(&format!("what it is called could not be kept for your lists: {error}"));
    }
    let names = settings.home.names(Some(&actor))?;
    let author = shown_author(&session, &actor, &names, id, &unlocked.stored.author);
    // It may be read in a pager for an hour, which keeps nobody from the ledger and the vault.
    drop(home);
    let path = place.fill(&own, args.force)?;
    if to_stdout {
        return Ok(());
    }
    output.result(
        &Opened {
            record_id: id,
            version: unlocked.version,
            txid: access.txid,
            audit_index: access.audit_index,
            organisation: access.organisation.as_ref(),
            organisation_name: access.organisation.as_ref().and_then(|one| names.name_of(one)),
            bytes: header.length,
            media_type: header.media_type.as_str(),
            file_name: header.file_name.as_ref().map(|name| name.as_str()),
            output: &path,
        },
        &format!(
            "{}, version {}, is in {}\n  {} bytes, {}, written by {}\n  your access{} is entry {} of its log{}",
            match name_in(&header) {
                Some(name) => format!("“{}”", quotable(name.as_str())),
                None => format!("record id:{id}"),
            },
            unlocked.version,
            path.display(),
            header.length,
            header.media_type,
            author,
            match &access.organisation {
                Some(organisation) => format!(" for {}", names.shown(organisation)),
                None => String::new(),
            },
            access.audit_index,
            match settings.details {
                true => format!("\n  record {id}, transaction {}", access.txid),
                false => String::new(),
            },
        ),
    )
}

/// Who wrote a version: a patient without a name of this person's as they call themselves.
fn shown_author(
    session: &Session<'_>,
    actor: &Actor,
    names: &Names,
    id: RecordId,
    author: &Principal,
) -> String {
    let kept = session.kept_of(actor, id).ok().flatten().filter(|kept| kept.patient == *author);
    match kept.as_ref().and_then(|kept| kept.patient_name()) {
        Some(name) if names.name_of(author).is_none() => {
            format!("“{}” ({})", quotable(name.as_str()), end(author))
        }
        _ => names.shown(author),
    }
}

/// Names the vaults that gave something of no use, though others had enough.
pub(crate) fn note_wrong_answers(access: &Access, output: Output) {
    for error in &access.wrong_answers {
        output.note(&format!("{error}; other vaults had what was needed"));
    }
}

/// Where the content goes.
enum Place {
    /// A file in this folder, under the document's own name.
    Own(Unfinished),
    /// The file of `-o`.
    Named(Target),
    /// A pipe, a device or standard output. It gets the content when all of it has been verified;
    /// until then the content is in a file without a name.
    Stream(Target, File),
}

impl Place {
    fn open(args: &AccessArgs) -> Result<Self, Failure> {
        let Some(path) = &args.output else {
            let here = Path::new(".");
            let file = Unfinished::beside(&here.join("content"));
            return file.map(Self::Own).map_err(|error| cannot("write in", here, &error));
        };
        let target = target::open(path, args.force)?;
        if !target.is_stream() {
            return Ok(Self::Named(target));
        }
        let kept = tempfile::tempfile();
        let kept = kept.map_err(|error| cannot("write in", &std::env::temp_dir(), &error))?;
        Ok(Self::Stream(target, kept))
    }

    fn is_stdout(&self) -> bool {
        matches!(self, Self::Stream(target, _) if target.is_stdout())
    }

    /// The writer for content that is being verified.
    fn content(&mut self) -> &mut (dyn Write + Send) {
        match self {
            Self::Own(file) => file.as_file_mut(),
            Self::Named(target) => target.as_write(),
            Self::Stream(_, kept) => kept,
        }
    }

    /// Puts the verified content in its place. Returns where it is.
    fn fill(self, own: &str, force: bool) -> Result<PathBuf, Failure> {
        match self {
            Self::Own(mut file) if force => {
                let path = PathBuf::from(own);
                let placed = file.finish_at(&path, Existing::Replace);
                placed.map_err(|error| target_failure(&error))?;
                Ok(path)
            }
            Self::Own(file) => finish_under_free_name(file, own),
            Self::Named(target) => {
                let path = target.path().to_owned();
                target::finish(target)?;
                Ok(path)
            }
            Self::Stream(target, mut kept) => {
                let path = target.path().to_owned();
                kept.seek(SeekFrom::Start(0)).map_err(|error| cannot("read", &path, &error))?;
                target::copy(&mut kept, target)?;
                Ok(path)
            }
        }
    }
}

/// Keeps the file under its own name, or as `name (2).ext` and so on where that is taken. The access
/// is in the log already, so the content must not be lost for want of a name.
fn finish_under_free_name(mut file: Unfinished, name: &str) -> Result<PathBuf, Failure> {
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => (stem, format!(".{extension}")),
        _ => (name, String::new()),
    };
    let numbered = |number: u32| {
        let end = format!(" ({number}){extension}");
        let room = file_names::MOST_BYTES.saturating_sub(end.len());
        PathBuf::from(file_names::shortened(stem, room) + &end)
    };
    for path in std::iter::once(PathBuf::from(name)).chain((2..1_000).map(numbered)) {
        match file.finish_at(&path, Existing::Keep) {
            Ok(()) => return Ok(path),
            Err(TargetError::File { path, source }) => return Err(cannot("write", &path, &source)),
            // Something has this name.
            Err(_) => {}
        }
    }
    Err(target_failure(&TargetError::Exists { path: PathBuf::from(name) }))
}

/// Why a record was not opened, where the settings or an erasure are the cause.
pub(super) fn not_opened(
    error: OpenRecordError,
    session: &Session<'_>,
    actor: &Actor,
    (id, version): (RecordId, Option<Version>),
    settings: &Settings,
) -> Failure {
    // Who lacks the salt of their own record asks nobody for a grant.
    let lacks_salt = matches!(error, OpenRecordError::NoSalt { .. });
    let failure = Failure::from(error);
    match failure.code {
        "content-missing" if was_erased(session, actor, id) => erased(id),
        "key-not-shared" if names_no_vault(settings) => failure.hint(format!(
            "{NO_VAULT}; where they share through this home, ask them to run mrms grant again"
        )),
        "no-share" if !lacks_salt => {
            without_share(failure, session, actor, (id, version), None, settings)
        }
        _ => failure,
    }
}

fn was_erased(session: &Session<'_>, actor: &Actor, id: RecordId) -> bool {
    // Without an answer, the ciphertext is missing, and nobody knows why.
    session.was_erased(Some(actor), id, Version::FIRST, &mut rng()).unwrap_or_default()
}

/// The failure for a record whose content was erased at its patient's word.
pub(crate) fn erased(id: RecordId) -> Failure {
    Failure::new(Exit::NotFound, "record-erased", format!("the content of record {id} was erased"))
        .hint("its patient has erased it; what others saved, they may keep")
}
