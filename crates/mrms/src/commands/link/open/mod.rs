//! `mrms open`: opens a SMART Health Link or a health card of somebody else, shows it, saves it, or puts it on record.

use std::io::{Cursor, Read as _, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use mrms_app::records::write::{Placement, Source};
use mrms_app::{Actor, Session};
use mrms_core::{RecordId, visible};
use mrms_crypto::content::{FileName, Label, MediaType, Retention};
use mrms_home::OpenHome;
use mrms_home::clock::{now, rng};
use mrms_home::foreign_link::{self, Asking};
use mrms_home::qr::picture;
use mrms_links::card::{self, CheckedCard, IssuerKeys, Signature};
use mrms_links::jwe::Opened;
use mrms_links::{HEALTH_CARD, Shlink};
use mrms_viewers::{
    Answer, AttachedFiles, Head, Kind, Request, Want, attached_files, card_tokens, describe,
    plain_text,
};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::commands::record::create::new_id;
use crate::config::Settings;
use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::outcome::done;
use crate::ui::output::Output;
use crate::ui::reasons::{cannot, not_written};
use crate::ui::results::links::{CardSignature, OpenedCard, OpenedFile};
use crate::ui::{input, target};
use crate::viewer::viewers;

/// The width of the text, in characters.
const WIDTH: usize = 80;
/// The largest file that is read: a photograph of a QR code.
const MOST_FILE: u64 = 32 * 1024 * 1024;
/// The longest passcode that is read from a file, in bytes.
const MOST_PASSCODE: u64 = 1_024;
/// As whom a person without a card asks.
const NOBODY: &str = "somebody with MRMS";

#[derive(Debug, Args)]
#[command(
    after_help = "The link's host learns the address of your network, and who you say you are; whoever made the link may \
    read that, too. What you open, you can put on record as yours (--keep) or save (-o). \
    Documents inside a file, such as a PDF, come out as files and records of their own. A health card is signed by its \
    issuer: give the issuer's keys with --issuer-keys, and the command checks that. It asks no issuer by itself.\n\n\
    Examples:\n  \
    mrms open 'shlink:/eyJ1cmwi…' --recipient 'Dr Example'\n  \
    mrms open 'shlink:/eyJ1cmwi…' --passcode-file passcode.txt -o folder\n  \
    mrms open photo-of-the-code.jpg --keep\n  \
    mrms open card.smart-health-card --issuer-keys jwks.json"
)]
pub(crate) struct OpenArgs {
    /// The link (shlink:/…, alone or behind a viewer's address), a health card (shc:/…), or a file with one: its text, a
    /// picture of its QR code, or a .smart-health-card; - reads standard input.
    #[arg(value_name = "LINK")]
    given: String,
    /// Who you say you are. Without it: the name on your card.
    #[arg(long, value_name = "NAME")]
    recipient: Option<String>,
    /// Take the passcode from the first line of this file. Spaces and hyphens in it may be as you were told them.
    #[arg(long, value_name = "FILE")]
    passcode_file: Option<PathBuf>,
    /// Check health cards with the keys in this file, as their issuer publishes them (jwks.json); may be given more than
    /// once.
    #[arg(long, value_name = "FILE")]
    issuer_keys: Vec<PathBuf>,
    /// Put each file on record, unless it is there already. A card whose signature is wrong is left out.
    #[arg(long)]
    keep: bool,
    /// Save each file in this folder, which is made if it is not there.
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Replace files in the folder. Without it: the command stops.
    #[arg(long, requires = "output")]
    force: bool,
}

/// What was given.
enum Given {
    Link(Box<Shlink>),
    Card(Vec<u8>),
}

pub(crate) fn run(args: &OpenArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let keys = issuer_keys(&args.issuer_keys)?;
    let given = read(&args.given)?;
    if args.keep {
        settings.must_not_rehearse("open --keep")?;
    }
    let actor = match args.keep {
        true => Some(settings.home.unlock()?),
        false => settings.home.unlock_quietly()?,
    };
    let label = match &given {
        Given::Link(link) => link.label.clone(),
        Given::Card(_) => None,
    };
    let files = match given {
        Given::Card(content) => {
            vec![Opened { content, content_type: Some(HEALTH_CARD.to_owned()) }]
        }
        Given::Link(link) => asked(args, &link, settings, actor.as_ref())?,
    };
    if let Some(folder) = &args.output {
        std::fs::create_dir_all(folder).map_err(|error| cannot("make", folder, &error))?;
    }
    let keeping = match (&actor, args.keep) {
        (Some(actor), true) => {
            let home = settings.home.open()?;
            home.fund(actor)?;
            Some((home, actor))
        }
        _ => None,
    };
    let keeping = keeping.as_ref().map(|(home, actor)| Keeping { home, actor, settings });
    let mut wrong = 0;
    for (place, file) in files.iter().enumerate() {
        let AttachedFiles { documents, is_wrapping } = attached_files(&file.content);
        let told = Told { args, place: place + 1, document: None, label: label.as_deref(), output };
        // What only wraps documents is not put on record beside them.
        let keeping_it = keeping.as_ref().filter(|_| !is_wrapping);
        wrong += usize::from(!told.tell(file, &keys, keeping_it)?);
        for (number, document) in documents.into_iter().enumerate() {
            let title = document.title.as_deref().or(told.label);
            let told = Told { document: Some(number + 1), label: title, ..told };
            let inside = Opened { content: document.content, content_type: document.media_type };
            wrong += usize::from(!told.tell(&inside, &keys, keeping.as_ref())?);
        }
    }
    match wrong {
        0 => Ok(()),
        _ => Err(Failure::new(
            Exit::Integrity,
            "card-signature",
            "a health card was altered, or is not by its issuer",
        )
        .hint("do not rely on it; ask its issuer for another one")),
    }
}

/// Asks the link's host.
fn asked(
    args: &OpenArgs,
    link: &Shlink,
    settings: &Settings,
    actor: Option<&Actor>,
) -> Result<Vec<Opened>, Failure> {
    let recipient = match (&args.recipient, actor) {
        (Some(name), _) => name.clone(),
        (None, Some(actor)) => own_name(settings, actor).unwrap_or_else(|| NOBODY.to_owned()),
        (None, None) => NOBODY.to_owned(),
    };
    let passcode = args.passcode_file.as_deref().map(passcode_in).transpose()?;
    let asking = Asking {
        recipient: &recipient,
        passcode: passcode.as_ref().map(|passcode| passcode.as_str()),
        plain_http: settings.home.settings().remote.plain_http,
    };
    Ok(foreign_link::open(link, asking, now())?)
}

/// The name on one's own card, without asking a ledger.
fn own_name(settings: &Settings, actor: &Actor) -> Option<String> {
    let profile = settings.home.folder().profile(settings.home.profile());
    let root = actor.keyring.record_root().ok()?;
    Some(profile.own_card(&root).ok()??.document().name.to_string())
}

fn passcode_in(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::new());
    input::open(path)?
        .take(MOST_PASSCODE)
        .read_to_string(&mut text)
        .map_err(|error| cannot("read", path, &error))?;
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().trim().to_owned()))
}

fn issuer_keys(paths: &[PathBuf]) -> Result<IssuerKeys, Failure> {
    let mut keys = IssuerKeys::default();
    for path in paths {
        let bytes = contents(path.to_str().unwrap_or_default())?;
        let more = IssuerKeys::parse(&bytes).map_err(|error| {
            Failure::new(Exit::Usage, "issuer-keys", format!("{}: {error}", path.display()))
                .hint("issuers publish theirs at their address, in /.well-known/jwks.json")
        })?;
        keys = keys.and(more);
    }
    Ok(keys)
}

/// Reads what was given: a text, or a file with one.
fn read(given: &str) -> Result<Given, Failure> {
    if let Some(found) = in_text(given)? {
        return Ok(found);
    }
    let bytes = contents(given)?;
    if picture::is_picture(&bytes) {
        for text in picture::texts_in(&bytes)? {
            if let Some(found) = in_text(&text)? {
                return Ok(found);
            }
        }
        return Err(nothing("the QR code in the picture has neither a link nor a health card"));
    }
    let text = String::from_utf8(bytes).map_err(|_| nothing("the file has no link in it"))?;
    if let Some(found) = in_text(&text)? {
        return Ok(found);
    }
    let is_card = Kind::of(text.as_bytes(), "") == Kind::HealthCard
        || card_tokens(text.as_bytes()).is_ok_and(|tokens| !tokens.is_empty())
            && card::check(text.trim(), &IssuerKeys::default()).is_ok();
    match is_card {
        true => Ok(Given::Card(text.into_bytes())),
        false => Err(nothing("the file has neither a link nor a health card")),
    }
}

fn in_text(text: &str) -> Result<Option<Given>, Failure> {
    if Shlink::is_in(text) {
        let link = Shlink::parse(text).map_err(|error| {
            Failure::new(Exit::Usage, "link", chain(&error))
                .hint("copy all of it, from shlink:/ to its end")
        })?;
        return Ok(Some(Given::Link(Box::new(link))));
    }
    Ok(text.trim_start().starts_with("shc:/").then(|| Given::Card(text.as_bytes().to_vec())))
}

fn nothing(message: &str) -> Failure {
    Failure::new(Exit::Usage, "link", message)
        .hint("give the text that begins with shlink:/ or shc:/, a file with it, or a picture of its QR code")
}

fn contents(given: &str) -> Result<Vec<u8>, Failure> {
    let path = Path::new(given);
    let mut bytes = Vec::new();
    let read = match given {
        "-" => std::io::stdin().lock().take(MOST_FILE + 1).read_to_end(&mut bytes),
        _ => input::open(path)?.take(MOST_FILE + 1).read_to_end(&mut bytes),
    };
    read.map_err(|error| cannot("read", path, &error))?;
    if bytes.len() as u64 > MOST_FILE {
        return Err(nothing("the file is larger than any link, card or picture of one"));
    }
    Ok(bytes)
}

/// With what files are put on record.
struct Keeping<'k> {
    home: &'k OpenHome,
    actor: &'k Actor,
    settings: &'k Settings,
}

/// How one file is told, or a document inside it.
#[derive(Clone, Copy)]
struct Told<'t> {
    args: &'t OpenArgs,
    place: usize,
    /// Its number among the documents inside the file; `None` for the file itself.
    document: Option<usize>,
    /// What it is called by who made it.
    label: Option<&'t str>,
    output: Output,
}

impl Told<'_> {
    /// Shows a file, saves it and puts it on record, as was asked. Returns whether no signature in it is wrong.
    fn tell(
        &self,
        file: &Opened,
        keys: &IssuerKeys,
        keeping: Option<&Keeping<'_>>,
    ) -> Result<bool, Failure> {
        let Opened { content, content_type } = file;
        let cards = cards_in(content, content_type.as_deref(), keys);
        let is_wrong = cards.iter().any(|card| card.signature == Signature::Wrong);
        let head = Head { bytes: content, is_whole: true };
        let described = describe(head, "");
        let text = shown(content)?;
        // The file that it is in showed it already.
        let is_shown = self.document.is_some() && described.kind == Kind::Text;
        let output = match &self.args.output {
            Some(folder) => Some(self.save(folder, content, content_type.as_deref())?),
            None => None,
        };
        let kept = match keeping {
            Some(keeping) if !is_wrong => {
                let label = self.label.map(ToOwned::to_owned);
                // A file says best what it is; a document inside one has its title there.
                let name = match self.document {
                    None => described.line().or(label),
                    Some(_) => label.or_else(|| described.line()),
                };
                let file_name = self.file_name(content_type.as_deref());
                keeping.keep(content, content_type.as_deref(), &file_name, name)?
            }
            _ => None,
        };
        let mut lines = vec![format!(
            "{}: {}, {} bytes",
            self.words(),
            visible::line(content_type.as_deref().unwrap_or("it does not say what it is")),
            content.len()
        )];
        lines.extend(cards.iter().map(|card| {
            let issuer = visible::line(&card.issuer);
            match card.signature {
                Signature::Valid => format!("  signed by {issuer}"),
                Signature::NoKey => {
                    format!("  said to be by {issuer}: not checked, its key is not at hand")
                }
                Signature::Wrong => {
                    format!("  NOT BY {issuer}: it was altered, or somebody else made it")
                }
            }
        }));
        lines.extend(output.as_ref().map(|path| format!("  saved as {path}")));
        lines.extend(kept.map(|(id, known)| match known {
            true => format!("  on record already: {id}"),
            false => format!("  on record now: {id}; mrms list shows it"),
        }));
        lines.extend(text.as_ref().filter(|_| !is_shown).map(|text| format!("\n{text}\n")));
        let cards: Vec<_> = cards
            .iter()
            .map(|card| OpenedCard {
                issuer: &card.issuer,
                signature: match card.signature {
                    Signature::Valid => CardSignature::Valid,
                    Signature::NoKey => CardSignature::NotChecked,
                    Signature::Wrong => CardSignature::Wrong,
                },
            })
            .collect();
        let object = OpenedFile {
            file: self.place,
            document: self.document,
            content_type: content_type.as_deref(),
            bytes: content.len() as u64,
            kind: described.kind.word(),
            text: text.as_deref(),
            cards,
            output,
            record_id: kept.map(|(id, _)| id),
            known: kept.is_some_and(|(_, known)| known),
        };
        self.output.result(&object, &lines.join("\n"))?;
        Ok(!is_wrong)
    }

    fn save(
        &self,
        folder: &Path,
        content: &[u8],
        content_type: Option<&str>,
    ) -> Result<String, Failure> {
        let path = folder.join(self.file_name(content_type));
        let mut target = target::open(&path, self.args.force)?;
        let written = target.as_write().write_all(content);
        written.map_err(|error| not_written(target::name_of(&target), &error))?;
        target::finish(target)?;
        Ok(path.display().to_string())
    }

    fn words(&self) -> String {
        match self.document {
            None => format!("file {}", self.place),
            Some(number) => format!("document {number} in file {}", self.place),
        }
    }

    /// No word of whoever made it is in a file's name.
    fn file_name(&self, content_type: Option<&str>) -> String {
        let kind = content_type.and_then(|kind| kind.split(';').next()).unwrap_or_default();
        let ending = match kind.trim().to_ascii_lowercase().as_str() {
            HEALTH_CARD => "smart-health-card",
            "application/pdf" => "pdf",
            "application/dicom" => "dcm",
            "image/jpeg" => "jpg",
            "image/png" => "png",
            "text/plain" => "txt",
            "text/html" => "html",
            kind if kind.contains("json") => "json",
            kind if kind.contains("xml") => "xml",
            _ => "bin",
        };
        match self.document {
            None => format!("link-file-{}.{ending}", self.place),
            Some(number) => format!("link-file-{}-document-{number}.{ending}", self.place),
        }
    }
}

impl Keeping<'_> {
    /// Puts a file on record, unless it is there. Returns its record, and whether it was there.
    fn keep(
        &self,
        content: &[u8],
        content_type: Option<&str>,
        file_name: &str,
        name: Option<String>,
    ) -> Result<Option<(RecordId, bool)>, Failure> {
        let session = self.home.session();
        if let Some(id) = self.known(session, content)? {
            return Ok(Some((id, true)));
        }
        let name = name.map(|name| visible::line(&name).chars().take(60).collect::<String>());
        let source = Source {
            length: content.len() as u64,
            content: Cursor::new(content.to_vec()),
            file_name: file_name.parse::<FileName>().ok(),
            media_type: content_type.and_then(|kind| kind.parse::<MediaType>().ok()),
            label: name.and_then(|name| name.parse::<Label>().ok()),
        };
        let placement =
            Placement { inline_limit: self.settings.inline_limit, retention: Retention::Permanent };
        let id = new_id(self.actor)?;
        let added = session.create(self.actor, id, source, placement, &mut rng());
        self.home.tell_missing_copies();
        let added = done(added?, Output::new(false))?;
        Ok(added.map(|added| (added.record, false)))
    }

    fn known(&self, session: Session<'_>, content: &[u8]) -> Result<Option<RecordId>, Failure> {
        let numbered = session.numbered_records_of(&self.actor.principal())?;
        let erased = session.erased_records()?;
        let lengths = session.own_lengths(self.actor, &numbered, &erased, &mut rng());
        let sha256: [u8; 32] = Sha256::digest(content).into();
        let length = content.len() as u64;
        Ok(session.record_with_content(self.actor, &lengths, length, sha256, &mut rng())?)
    }
}

/// The health cards in a file, with what is known of their signatures.
fn cards_in(content: &[u8], content_type: Option<&str>, keys: &IssuerKeys) -> Vec<CheckedCard> {
    if content_type != Some(HEALTH_CARD) && Kind::of(content, "") != Kind::HealthCard {
        return Vec::new();
    }
    let tokens = card_tokens(content).unwrap_or_default();
    tokens.iter().filter_map(|token| card::check(token, keys).ok()).collect()
}

/// What a file says, as text; `None` where it can't be shown. A process of its own looks at it.
fn shown(content: &[u8]) -> Result<Option<String>, Failure> {
    let failed = |error: &dyn std::error::Error| Failure::new(Exit::Failed, "viewer", chain(error));
    let viewers = viewers().map_err(|error| failed(&error))?;
    let request = Request { name: String::new(), want: Want::Document };
    let mut viewing = viewers.begin(&request).map_err(|error| failed(&error))?;
    // A viewer that has seen enough ends before it has all of it.
    let _ = viewing.write_all(content);
    Ok(match viewing.answer() {
        Answer::Document(document) => {
            let text = plain_text(&document, WIDTH);
            Some(visible::lines(text.trim_end()).into_owned())
        }
        Answer::NotShown(_) | Answer::Picture(_) => None,
    })
}
