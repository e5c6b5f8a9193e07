//! `mrms export`: saves records as standard age files, which other programs can decrypt.

use std::path::{Path, PathBuf};

use clap::Args;
use mrms_app::session::Actor;
use mrms_core::{Principal, RecordId};
use mrms_crypto::Workers;
use mrms_crypto::age_file::{Encoding, Protection, Recipient, Recipients, encrypt};
use mrms_files::{Existing, Unfinished};
use std::io::{Seek, SeekFrom};

use crate::commands::record::access::note_wrong_answers;
use crate::config::Settings;
use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::outcome::done;
use crate::ui::output::Output;
use crate::ui::reasons::cannot;
use crate::ui::results::record::Exported;
use mrms_home::OpenHome;
use mrms_home::clock::rng;

#[derive(Debug, Args)]
#[command(
    after_help = "The latest version is written, encrypted, as ID-vVERSION-NAME.age. Each export \
    is an access and adds an entry to the record's log.\n\n\
    Examples:\n  \
    mrms export 123 -o letters\n  \
    mrms decrypt letters/123-v1-letter.pdf.age -o letter.pdf"
)]
pub(crate) struct ExportArgs {
    /// Id of the record, as mrms list prints it.
    #[arg(required_unless_present = "all")]
    id: Option<RecordId>,
    /// Export all records of this profile.
    #[arg(long, conflicts_with = "id")]
    all: bool,
    /// Folder to write to; it is made if it is not there.
    #[arg(short, long, value_name = "FOLDER", default_value = ".")]
    output: PathBuf,
    /// Encrypt to this recipient (age1pq1…, age1…); may be given more than once. Without it: to your
    /// own.
    #[arg(short, long = "recipient", value_name = "RECIPIENT")]
    recipients: Vec<Recipient>,
}

pub(crate) fn run(args: &ExportArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let actor = settings.home.unlock()?;
    let home = settings.home.open()?;
    home.fund(&actor)?;
    let ids = match args.id {
        Some(id) => vec![id],
        None => {
            let me = Principal::from(actor.principal);
            home.session().records_of(&me)?.into_iter().map(|(id, _)| id).collect()
        }
    };
    let recipients = recipients(args, &actor)?;
    mrms_files::make_private_folder(&args.output)
        .map_err(|error| cannot("make", &args.output, &error))?;
    for id in ids {
        let exported = export(id, &recipients, &args.output, &actor, &home, output)?;
        if exported.is_none() {
            break;
        }
    }
    Ok(())
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

/// `None` after a dry run: its plan, of one record, stands for the others.
fn export(
    id: RecordId,
    recipients: &Recipients,
    folder: &Path,
    actor: &Actor,
    home: &OpenHome,
    output: Output,
) -> Result<Option<()>, Failure> {
    let session = home.session();
    let write = |error| cannot("write in", folder, &error);
    let access = session.access(actor, id, None, &mut rng())?;
    let Some(access) = done(access, output)? else { return Ok(None) };
    note_wrong_answers(&access, output);
    // The plaintext is in a file without a name; the system deletes it when this process ends.
    let mut plain = tempfile::tempfile_in(folder).map_err(write)?;
    let header = session.decrypt(&access.unlocked, &mut plain)?;
    plain.seek(SeekFrom::Start(0)).map_err(write)?;
    let version = access.unlocked.version;
    let name = header.file_name.as_ref().map_or("content", |name| name.as_str());
    let path = folder.join(format!("{id}-v{version}-{name}.age"));
    let mut file = Unfinished::beside(&path).map_err(write)?;
    encrypt(
        &Protection::Recipients(recipients),
        Encoding::Binary,
        &mut plain,
        file.as_file_mut(),
        Workers::available(),
        &mut rng(),
    )
    .map_err(|error| Failure::new(Exit::Failed, "export", chain(&error)))?;
    file.finish(&path, Existing::Keep).map_err(|error| cannot("write", &path, &error))?;
    session.finish(&access)?;
    output.result(
        &Exported {
            record_id: id,
            version,
            txid: access.txid,
            audit_index: access.audit_index,
            bytes: header.length,
            media_type: header.media_type.as_str(),
            output: &path,
        },
        &format!("record {id} version {version} is in {}", path.display()),
    )?;
    Ok(Some(()))
}
