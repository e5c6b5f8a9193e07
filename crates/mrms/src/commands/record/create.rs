//! `mrms create`: encrypts files and puts each on record, as version 1 of a new record.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::slice::from_ref;

use clap::Args;
use mrms_app::ledger::LedgerError;
use mrms_app::records::batch::{BatchFile, BegunFile, Said};
use mrms_app::records::drafts::{Intent, Interrupted, Purpose};
use mrms_app::records::file_names::NameOnRecord;
use mrms_app::records::write::{Added, LeftOut, Placement, Source};
use mrms_app::sending::outcome::Outcome;
use mrms_app::sharing::unknown::WhyLeftOut;
use mrms_app::{Actor, Session};
use mrms_contract::{ids, read};
use mrms_core::{Powers, Principal, RecordId, Version, visible};
use mrms_crypto::content::{Label, MediaType, Retention};
use mrms_crypto::envelope::Storage;
use rand_core::Rng;
use sha2::{Digest as _, Sha256};

use super::create_several::{self, numbers_of, tell_before};
use super::folders::batch_file;
use crate::commands::contract::sign::SignArgs;
use crate::commands::sharing::changed_key::{self, Consent};
use crate::commands::sharing::grant::note_missing;
use crate::config::Settings;
use crate::ui::acting::Acting;
use crate::ui::columns::cut;
use crate::ui::failure::Failure;
use crate::ui::named;
use crate::ui::output::{Output, let_out};
use crate::ui::reasons::cannot;
use crate::ui::results::record::Written;
use crate::ui::{input, progress};
use mrms_home::OpenHome;
use mrms_home::clock::rng;

/// The most bytes that are read from a pipe or device, which must fit into memory.
const PIPE_LIMIT: u64 = 256 << 20;

#[derive(Debug, Args)]
#[command(
    after_help = "Several files, and the files of folders, become a record each. One that can't be \
    put on record stops none of the others. A file that an earlier command has put on record from the \
    same place, with the same options, and that did not change, is told and not put there twice. \
    Repeat any command after an interruption: what it had put on record is told, and not put there twice.\n\n\
    Examples:\n  \
    mrms create blood-test.pdf --label 'Blood test, May'\n  \
    mrms create letters/ scan.dcm\n  \
    mrms create --erasable scan.dcm"
)]
pub(crate) struct CreateArgs {
    /// Files to encrypt, and folders whose files are, those below them too; files and folders whose
    /// names begin with a dot are left out. - alone reads standard input, at most 256 MiB, as of any
    /// pipe.
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
    /// Id of the new record: a number below 2^128 that nobody has taken yet. Without it: a random one that is
    /// bound to you, so that nobody else can take it first.
    #[arg(long, value_name = "N")]
    pub(super) id: Option<RecordId>,
    /// Keep the encrypted content with vaults only, whatever its size; after mrms erase nobody can
    /// decrypt a copy of it. Without it: small content goes onto the ledger, where it stays.
    #[arg(long)]
    erasable: bool,
    /// Also put files on record again that an earlier command has put there, unchanged, from the same
    /// place. Without it: they are told and left out, unless another option says of a single file what none said before.
    #[arg(long)]
    pub(super) again: bool,
    #[command(flatten)]
    pub(super) naming: Naming,
    #[command(flatten)]
    pub(super) sign: SignArgs,
}

/// How a version is named; the options of `mrms create` and `mrms amend`.
#[derive(Debug, Args)]
pub(super) struct Naming {
    /// Name of this version, encrypted with the content. Without it: a further version is called as
    /// the one before it, and a first one by its file's name.
    #[arg(long, value_name = "TEXT")]
    pub(super) label: Option<Label>,
    /// Media type of the document, such as application/pdf. Without it: the program tells it from
    /// the first bytes.
    #[arg(long, value_name = "TYPE")]
    pub(super) media_type: Option<MediaType>,
}

impl Naming {
    /// What is said of a version that can't be erased by itself.
    pub(super) fn said(&self) -> Said {
        Said {
            label: self.label.as_ref().map(ToString::to_string),
            media_type: self.media_type.as_ref().map(ToString::to_string),
            is_erasable: false,
        }
    }

    /// What the version will be called on screens.
    pub(super) fn shown(&self, path: &Path) -> String {
        let name = || path.file_name().map(|name| name.to_string_lossy().into_owned());
        let label = self.label.as_ref().map(ToString::to_string);
        let shown = label.or_else(name).unwrap_or_else(|| "content".to_owned());
        // A line break in a file's name begins no line here.
        visible::line(&shown).into_owned()
    }
}

pub(crate) fn create(args: CreateArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    match args.files.as_slice() {
        [one] if one == Path::new("-") || !one.is_dir() => one_file(args, settings, output),
        _ if settings.acting_for.is_some() => {
            Err(Failure::usage("for somebody else, one file is put on record at a time")
                .hint("repeat the command for each file"))
        }
        _ => create_several::run(&args, settings, output),
    }
}

impl CreateArgs {
    /// What is said of each file beside its content.
    pub(super) fn said(&self) -> Said {
        Said { is_erasable: self.erasable, ..self.naming.said() }
    }

    pub(super) fn placement(&self, settings: &Settings) -> Placement {
        let retention = if self.erasable { Retention::Erasable } else { Retention::Permanent };
        Placement { inline_limit: settings.inline_limit, retention }
    }
}

/// A new id that is bound to its maker: nobody who sees it on its way can take it.
pub(crate) fn new_id(actor: &Actor) -> Result<RecordId, Failure> {
    let bound = ids::bound_to(&actor.principal(), rng().next_u64());
    bound.ok_or_else(|| Failure::usage("choose an id with --id"))
}

fn one_file(args: CreateArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let placement = args.placement(settings);
    let [path] = args.files.as_slice() else { return Ok(()) };
    let name = args.naming.shown(path);
    let asked = Asked {
        said: args.said(),
        id: args.id,
        again: args.again,
        is_sent: args.sign.output.is_none(),
    };
    let opened = open(path, args.naming, output)?;
    let file = opened.file(path)?;
    let actor = settings.home.unlock()?;
    let home = args.sign.open(settings)?;
    let acting = Acting::of(settings, &home.session(), Some(&actor), Some(Powers::ADD), output)?;
    let session = home.session();
    let intent = asked.intent(file, &acting);
    match asked.begun(&session, &actor, &acting, &intent)? {
        BegunFile::OnRecord(id) => {
            let number = numbers_of(&home, &acting.patient)?.get(&id).copied();
            let shown = format!("“{}”", cut(&name, 60));
            tell_before(path, &shown, (id, number), output)?;
            let program = acting.program();
            output.note(&format!("{program} create --again puts it there once more"));
            note_found(&session, &actor, vec![id]);
            return Ok(());
        }
        BegunFile::OnItsWay(txid) => {
            return Err(LedgerError::Pending { txid }.into());
        }
        BegunFile::New => {}
    }
    home.fund(&actor)?;
    let id = match args.id {
        Some(id) => id,
        None => new_id(&actor)?,
    };
    let at_work = session.at_work(&mut rng())?;
    let begins: Vec<_> = at_work.iter().map(|at_work| at_work.begins(id, intent.clone())).collect();
    let (session, source) = (Session { begins: &begins, ..session }, opened.source);
    let added = match acting.other() {
        None => session.create(&actor, id, source, placement, &mut rng()),
        Some(patient) => {
            changed_key::settle(&session, Some(&actor), patient, Consent::Ask, output)?;
            session.create_for(&actor, patient, id, source, placement, &mut rng())
        }
    };
    home.tell_missing_copies();
    let added = added?;
    let is_signed_only = matches!(added, Outcome::Signed(_));
    let added = args.sign.done(added, output)?;
    if is_signed_only {
        output.note(&format!("it creates record {id}"));
    }
    let Some(added) = added else { return Ok(()) };
    let number = last_number(&home, &acting.patient)?;
    let told = Told { what: &name, number, file: None, details: settings.details };
    report(&added, &told, output)?;
    note_told(&session, &actor, vec![(id, added.version)]);
    Ok(())
}

/// The same of records that were found on record already.
pub(super) fn note_found(session: &Session<'_>, actor: &Actor, found: Vec<RecordId>) {
    // What is held back was not told yet.
    if let_out().is_err() {
        return;
    }
    let found = found.into_iter().map(|id| (id, Version::FIRST)).collect();
    let _ = session.note_found(actor, found, &mut rng());
}

/// From now on the same command makes further records.
pub(super) fn note_told(session: &Session<'_>, actor: &Actor, told: Vec<(RecordId, Version)>) {
    // What is held back was not told yet.
    if let_out().is_err() {
        return;
    }
    // Without this the same command says once more that they are there.
    let _ = session.note_told(actor, told, Vec::new(), &mut rng());
}

/// Which record a command means.
struct Asked {
    said: Said,
    id: Option<RecordId>,
    again: bool,
    is_sent: bool,
}

impl Asked {
    /// What the command makes of a file.
    fn intent(&self, file: BatchFile, acting: &Acting) -> Intent {
        let purpose = match acting.other() {
            None => Purpose::Create,
            Some(patient) => Purpose::CreateFor(patient.clone()),
        };
        let intent = Intent::new(file, self.said.clone(), purpose);
        Intent { again: self.again, id: self.id, ..intent }
    }

    /// What an earlier command made of the file, if it meant the same record.
    fn begun(
        &self,
        session: &Session<'_>,
        actor: &Actor,
        acting: &Acting,
        intent: &Intent,
    ) -> Result<BegunFile, Failure> {
        if !self.is_sent {
            return Ok(BegunFile::New);
        }
        let file = &intent.file;
        if !self.again && self.id.is_none() && !file.is_of_a_pipe() {
            return Ok(match self.said.is_nothing() {
                true => {
                    let begun = session.begun_in_batch(actor, &acting.patient, from_ref(file))?;
                    begun.first().copied().unwrap_or(BegunFile::New)
                }
                false => session.begun_as_said(actor, &acting.patient, file, &self.said)?,
            });
        }
        // A further record is meant, unless the same command was interrupted before.
        let found = session.interrupted_writes(actor, from_ref(intent))?;
        Ok(found.into_iter().next().map_or(BegunFile::New, of_interrupted))
    }
}

/// What became of a record that an interrupted command was to make.
pub(super) fn of_interrupted(found: Interrupted) -> BegunFile {
    match found {
        Interrupted::No => BegunFile::New,
        Interrupted::OnRecord(id, _) => BegunFile::OnRecord(id),
        Interrupted::OnItsWay(txid) => BegunFile::OnItsWay(txid),
    }
}

/// The number of the record that was just created.
fn last_number(home: &OpenHome, patient: &Principal) -> Result<Option<u64>, Failure> {
    let counts = home.session().ask(&read::patient_counts(patient))?;
    Ok(Some(counts.records))
}

/// A file that is open to be put on record.
pub(super) struct Opened {
    pub(super) source: Source<Box<dyn Read + Send>>,
    /// SHA-256 of what a pipe or a device gave, in hexadecimal: it is gone when it was read.
    piped: Option<String>,
}

impl Opened {
    /// The file as it is recognised when the command is repeated.
    pub(super) fn file(&self, path: &Path) -> Result<BatchFile, Failure> {
        match &self.piped {
            Some(sha256) => Ok(BatchFile::of_a_pipe(sha256.clone())),
            None => batch_file(path),
        }
    }
}

/// Opens the file that is put on record, and finds its name and kind.
pub(super) fn open(path: &Path, naming: Naming, output: Output) -> Result<Opened, Failure> {
    let is_stdin = path == Path::new("-");
    let (content, length, piped) = if is_stdin {
        in_memory(io::stdin(), Path::new("standard input"))?
    } else {
        let file = input::open(path)?;
        let metadata = file.metadata().map_err(|error| cannot("read", path, &error))?;
        if metadata.is_dir() {
            return Err(Failure::usage(format!("{} is not a file", path.display()))
                .hint("tar or zip the folder, or name its files"));
        }
        match metadata.is_file() {
            true => {
                let bar = progress::bar(metadata.len(), "encrypting");
                let content: Box<dyn Read + Send> = Box::new(bar.wrap_read(file));
                (content, metadata.len(), None)
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
    let source = Source { content, length, file_name, media_type, label };
    Ok(Opened { source, piped })
}

/// The whole of a pipe or device, whose length must be known before it is sealed; and its hash.
type InMemory = (Box<dyn Read + Send>, u64, Option<String>);

fn in_memory(pipe: impl Read, path: &Path) -> Result<InMemory, Failure> {
    let mut bytes = Vec::new();
    let read = pipe.take(PIPE_LIMIT + 1).read_to_end(&mut bytes);
    read.map_err(|error| cannot("read", path, &error))?;
    let length = bytes.len() as u64;
    if length > PIPE_LIMIT {
        return Err(Failure::usage(format!("{} goes on for more than 256 MiB", path.display()))
            .hint("give it as a file: its length must be known before it is sealed"));
    }
    let sha256 = hex::encode(Sha256::digest(&bytes));
    Ok((Box::new(io::Cursor::new(bytes)), length, Some(sha256)))
}

/// How a version is told that is on record now.
pub(super) struct Told<'t> {
    /// What it is called.
    pub(super) what: &'t str,
    /// The record's number, of one's own.
    pub(super) number: Option<u64>,
    /// The file, of several.
    pub(super) file: Option<&'t Path>,
    pub(super) details: bool,
}

pub(super) fn report(added: &Added, told: &Told<'_>, output: Output) -> Result<(), Failure> {
    note_missing(&added.missing, output);
    let what = cut(told.what, 60);
    let place = match (added.version.number(), told.number) {
        (1, Some(number)) => format!("“{what}” is on record as #{number}"),
        (1, None) => format!("“{what}” is on record, as {}", added.record),
        (version, Some(number)) => {
            format!("“{what}” is on record as version {version} of #{number}")
        }
        (version, None) => {
            format!("“{what}” is on record as version {version} of {}", added.record)
        }
    };
    let mut text = match told.file {
        // One line each, of several.
        Some(_) if !told.details => place,
        _ => format!("{place}\n  encrypted, {}", place_words(added.storage)),
    };
    if told.details {
        text.push_str(&format!(
            "\n  record {}\n  transaction {} in block {}",
            added.record, added.txid, added.block_height
        ));
    }
    if !added.shared_with.is_empty() {
        text.push_str(&match (added.shared_with.as_slice(), told.details) {
            ([_], false) => "\n  one other can open it, too: mrms show tells who".to_owned(),
            (several, false) => {
                format!("\n  {} others can open it, too: mrms show tells who", several.len())
            }
            (several, true) => {
                several.iter().map(|reader| format!("\n  its key shared with {reader}")).collect()
            }
        });
    }
    if let Some(fingerprint) = added.first_seen {
        output.note(&format!(
            "the patient's key is new to this profile: compare {fingerprint} with mrms key show of theirs"
        ));
    }
    for LeftOut { user, why } in &added.left_out {
        let text = format!("{user} got no key of it: {why}; {}", left_out_hint(*why));
        output.note(&if output.is_json() || told.details { text } else { named::in_text(&text) });
    }
    output.result(
        &Written {
            record_id: added.record,
            number: told.number,
            file: told.file.map(|file| file.display().to_string()),
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
        WhyLeftOut::KeyChanged => {
            "mrms key trust shows their new key and asks; when you have compared it, they get what they lack"
        }
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
