//! `mrms create`: encrypts a file and puts it on record, as version 1 of a new record.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use mrms_app::records::file_names::NameOnRecord;
use mrms_app::records::write::{Added, LeftOut, Placement, Source};
use mrms_app::sending::outcome::Outcome;
use mrms_app::sharing::unknown::WhyLeftOut;
use mrms_contract::ids;
use mrms_core::RecordId;
use mrms_crypto::content::{Label, MediaType, Retention};
use mrms_crypto::envelope::Storage;
use rand_core::Rng;

use crate::commands::contract::sign::SignArgs;
use crate::commands::sharing::grant::note_missing;
use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::output::Output;
use crate::ui::reasons::cannot;
use crate::ui::results::record::Written;
use crate::ui::{input, progress};
use mrms_home::clock::rng;

/// The most bytes that are read from a pipe or device, which must fit into memory.
const PIPE_LIMIT: u64 = 256 << 20;

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mrms create blood-test.pdf --label 'Blood test, May'\n  \
    mrms create --erasable scan.dcm")]
pub(crate) struct CreateArgs {
    /// File to encrypt; - reads standard input, at most 256 MiB, as of any pipe.
    file: PathBuf,
    /// Id of the new record: a number below 2^128 that nobody has taken yet. Without it: a random one that is
    /// bound to you, so that nobody else can take it first.
    #[arg(long, value_name = "N")]
    id: Option<RecordId>,
    /// Keep the encrypted content with vaults only, whatever its size; after mrms erase nobody can
    /// decrypt a copy of it. Without it: small content goes onto the ledger, where it stays.
    #[arg(long)]
    erasable: bool,
    #[command(flatten)]
    naming: Naming,
    #[command(flatten)]
    sign: SignArgs,
}

/// How a version is named; the options of `mrms create` and `mrms amend`.
#[derive(Debug, Args)]
pub(super) struct Naming {
    /// Name of this version, encrypted with the content. Without it: mrms list shows the file's
    /// name.
    #[arg(long, value_name = "TEXT")]
    label: Option<Label>,
    /// Media type of the document, such as application/pdf. Without it: the program tells it from
    /// the first bytes.
    #[arg(long, value_name = "TYPE")]
    media_type: Option<MediaType>,
}

pub(crate) fn create(args: CreateArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let source = open(&args.file, args.naming, output)?;
    let actor = settings.home.unlock()?;
    let home = args.sign.open(settings)?;
    home.fund(&actor)?;
    let mut rng = rng();
    // An id that is bound to its maker can't be taken by whoever sees it on its way.
    let bound = || ids::bound_to(&actor.principal(), rng.next_u64());
    let id = args.id.or_else(bound).ok_or_else(|| Failure::usage("choose an id with --id"))?;
    let retention = if args.erasable { Retention::Erasable } else { Retention::Permanent };
    let placement = Placement { inline_limit: settings.inline_limit, retention };
    let added = home.session().create(&actor, id, source, placement, &mut rng);
    home.tell_missing_copies();
    let added = added?;
    let is_signed_only = matches!(added, Outcome::Signed(_));
    let added = args.sign.done(added, output)?;
    if is_signed_only {
        output.note(&format!("it creates record {id}"));
    }
    added.map_or(Ok(()), |added| report(&added, output))
}

/// Opens the file that is put on record, and finds its name and kind.
pub(super) fn open(
    path: &Path,
    naming: Naming,
    output: Output,
) -> Result<Source<Box<dyn Read + Send>>, Failure> {
    let is_stdin = path == Path::new("-");
    let (content, length) = if is_stdin {
        in_memory(io::stdin(), Path::new("standard input"))?
    } else {
        let file = input::open(path)?;
        let metadata = file.metadata().map_err(|error| cannot("read", path, &error))?;
        if metadata.is_dir() {
            return Err(Failure::usage(format!("{} is not a file", path.display()))
                .hint("a folder is put on record as an archive: tar or zip it first"));
        }
        match metadata.is_file() {
            true => {
                let bar = progress::bar(metadata.len(), "encrypting");
                let content: Box<dyn Read + Send> = Box::new(bar.wrap_read(file));
                (content, metadata.len())
            }
            false => in_memory(file, path)?,
        }
    };
    let name = path.file_name().filter(|_| !is_stdin).map(NameOnRecord::of);
    if let Some(NameOnRecord::Changed(name)) = &name {
        output.note(&format!(
            "note: the file's name cannot go on record as it is; it does as {name} (a name has up to 255 bytes of UTF-8, without \\ and control characters)"
        ));
    }
    let file_name = name.and_then(NameOnRecord::into_name);
    let Naming { label, media_type } = naming;
    Ok(Source { content, length, file_name, media_type, label })
}

/// The whole of a pipe or device, whose length must be known before it is sealed.
fn in_memory(pipe: impl Read, path: &Path) -> Result<(Box<dyn Read + Send>, u64), Failure> {
    let mut bytes = Vec::new();
    let read = pipe.take(PIPE_LIMIT + 1).read_to_end(&mut bytes);
    read.map_err(|error| cannot("read", path, &error))?;
    let length = bytes.len() as u64;
    if length > PIPE_LIMIT {
        return Err(Failure::usage(format!("{} goes on for more than 256 MiB", path.display()))
            .hint("give it as a file: its length must be known before it is sealed"));
    }
    Ok((Box::new(io::Cursor::new(bytes)), length))
}

pub(super) fn report(added: &Added, output: Output) -> Result<(), Failure> {
    note_missing(&added.missing, output);
    let mut text = format!(
        "record {} version {}\n  transaction {} in block {}\n  encrypted content {}",
        added.record,
        added.version,
        added.txid,
        added.block_height,
        place_words(added.storage),
    );
    for reader in &added.shared_with {
        text.push_str(&format!("\n  its key shared with {reader}"));
    }
    if let Some(fingerprint) = added.first_seen {
        output.note(&format!(
            "the patient's key is new to this profile: compare {fingerprint} with mrms key show of theirs"
        ));
    }
    for LeftOut { user, why } in &added.left_out {
        output.note(&format!("{user} got no key of it: {why}; {}", left_out_hint(*why)));
    }
    output.result(
        &Written {
            record_id: added.record,
            version: added.version,
            txid: added.txid,
            block_height: added.block_height,
            burn_height: added.burn_height,
            content_hash: added.content_hash.to_string(),
            storage: added.storage.into(),
            left_out: added.left_out.iter().map(Into::into).collect(),
        },
        &text,
    )
}

/// How somebody who was left out gets the version's key after all.
fn left_out_hint(why: WhyLeftOut) -> &'static str {
    match why {
        WhyLeftOut::NotRemembered => "if you did, mrms grant gives it to them",
        WhyLeftOut::Ended => "mrms grant would make them a reader again",
        WhyLeftOut::KeyChanged => "mrms grant shows their new key and asks",
        WhyLeftOut::NoKey => "ask them to run mrms key publish, then grant again",
    }
}

/// Where a payload is, for people.
pub(crate) fn place_words(storage: Storage) -> &'static str {
    match storage {
        Storage::Inline => "on chain",
        Storage::Reference => "in the vault, its hash on chain",
        Storage::Erasable => "in the vault, its hash on chain, erasable",
    }
}
