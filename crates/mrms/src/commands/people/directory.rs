//! `mrms directory`: lists the cards of an organisation in one signed file, and reads such files of others.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use mrms_app::people::directories::{DirectoryError, DirectoryNews};
use mrms_app::profile::directories::{KeptDirectory, ListedCard};
use mrms_home::clock::{now, rng};
use mrms_home::web;
use mrms_people::name::{check_own, likeness, quotable, short};
use mrms_people::{Card, Directory, FieldText, SignedDocument};

use super::known::{opened, root_of};
use crate::config::Settings;
use crate::ui::amounts::counted;
use crate::ui::document::{ShowDocument, read_document, write_document};
use crate::ui::failure::{Exit, Failure};
use crate::ui::output::{Output, confirm};
use crate::ui::results::people::{
    KnownDirectory, MadeDirectory, RemovedDirectory, UpdatedDirectory,
};

#[derive(Debug, Subcommand)]
pub(crate) enum DirectoryCommand {
    /// Sign a list of cards as one file, for a web server or to hand over.
    Make(MakeArgs),
    /// Take a directory; from now on only its signer can replace it.
    Add(AddArgs),
    /// List your directories, and whom they list.
    List,
    /// Read your directories again, and tell who came and who left.
    Update {
        /// Name of the directory. Without it: all of them.
        name: Option<String>,
    },
    /// Forget a directory. Whom you added from it stays among your people.
    Remove {
        /// Name of the directory.
        name: String,
    },
}

#[derive(Debug, Args)]
#[command(
    after_help = "A web server serves the file as it is. To change the list, make it again: a \
    later directory of yours replaces the one before wherever it was added.\n\n\
    Example:\n  \
    mrms directory make --name \"Region Nord\" -o nord.mrms dr-a.txt ward-3.png"
)]
pub(crate) struct MakeArgs {
    /// The cards: texts, files, or pictures of their QR codes.
    #[arg(required = true)]
    cards: Vec<String>,
    /// What you call the directory; at most 64 bytes.
    #[arg(long, value_parser = FieldText::<64>::new)]
    name: FieldText<64>,
    /// File to write; one in .txt gets the text, any other the bytes.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Replace the file if it exists. Without it: the command stops.
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Whom a directory lists is shown with its name, and is none of your people: \
    mrms people add NAME takes somebody of it.\n\n\
    Example:\n  mrms directory add https://nord.example/people.mrms"
)]
pub(crate) struct AddArgs {
    /// Address of the directory, or a file with it.
    source: String,
    /// Your own name for it; at most 64 bytes. Without it: what its signer calls it.
    #[arg(long, value_parser = FieldText::<64>::new)]
    name: Option<FieldText<64>>,
}

/// Of a directory that was added in the portal.
const BY_HAND: &str = "given by hand in the portal: ask its signer for a newer one, and add it there or with mrms directory add";

impl DirectoryCommand {
    pub(crate) fn run(self, settings: &Settings, output: Output) -> Result<(), Failure> {
        match self {
            Self::Make(args) => make(args, settings, output),
            Self::Add(args) => add(&args, settings, output),
            Self::List => list(settings, output),
            Self::Update { name } => update(name.as_deref(), settings, output),
            Self::Remove { name } => remove(&name, settings, output),
        }
    }
}

fn make(args: MakeArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_not_rehearse("directory make")?;
    let how = ShowDocument { qr: false, output: Some(args.output.clone()), force: args.force };
    how.must_be_free()?;
    let mut cards: Vec<SignedDocument<Card>> = Vec::new();
    for given in &args.cards {
        let card = SignedDocument::<Card>::from_bytes(&read_document(given)?)?;
        let who = card.document().principal;
        if cards.iter().any(|other| other.document().principal == who) {
            return Err(Failure::usage(format!("there are two cards of {who}"))
                .hint("give the newer one alone: mrms people show NAME tells its number"));
        }
        cards.push(card);
    }
    let actor = settings.home.unlock()?;
    let home = settings.home.open()?;
    let session = home.session();
    cards.iter().try_for_each(|card| session.must_be_for_here(card.document()))?;
    let made = session.make_directory(&actor, args.name, cards, now(), &mut rng())?;
    if write_document(&made.to_bytes(), &how)? {
        return Ok(());
    }
    let Directory { name, serial, cards, .. } = made.document();
    output.result(
        &MadeDirectory {
            name: name.as_str(),
            serial: *serial,
            cards: cards.len(),
            output: &args.output,
        },
        &format!(
            "{}: {} in the directory “{name}”\n  mrms directory add takes it, from the file or from where a web server has it",
            args.output.display(),
            people_words(cards.len()),
        ),
    )
}

fn add(args: &AddArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_not_rehearse("directory add")?;
    let source = source_of(&args.source)?;
    let directory = read(&source, settings)?;
    let (actor, names) = opened(settings)?;
    let home = settings.home.open()?;
    let session = home.session();
    let news = session.look_at_directory(&actor, &directory)?;
    let said = directory.document();
    output.note(&format!(
        "the directory “{}” lists {}\n  signed by {} ({})",
        quotable(said.name.as_str()),
        people_words(said.cards.len()),
        names.shown(&said.publisher.into()),
        said.publisher,
    ));
    let called = args.name.as_ref().unwrap_or(&said.name);
    check_own(called.as_str()).map_err(|why| {
        Failure::new(
            Exit::Usage,
            "name-refused",
            format!("“{called}” cannot be its name here: {why}"),
        )
        .hint("give it another one with --name")
    })?;
    if news == DirectoryNews::First {
        session.ledger.step_aside();
        confirm(
            "Have you this address or file from the organisation itself? From now on, only this signer can replace it. Add it?",
            settings.yes,
        )?;
    }
    let name = args.name.clone();
    let kept = session.keep_directory(&actor, &directory, name, &source, &mut rng())?;
    let is_new = news == DirectoryNews::First;
    output.result(
        &KnownDirectory::of(&kept),
        &match is_new {
            true => format!("{} is added: {}", kept.name, people_words(kept.listed.len())),
            false => updated_words(&kept, &news),
        },
    )
}

fn list(settings: &Settings, output: Output) -> Result<(), Failure> {
    let (actor, names) = opened(settings)?;
    let root = root_of(&actor)?;
    let all = settings.home.folder().profile(settings.home.profile()).directories(&root)?;
    if all.is_empty() && !output.is_json() {
        return output.text("no directories yet: mrms directory add takes one");
    }
    for directory in &all {
        let mut text =
            format!("{}, signed by {}", directory.name, names.shown(&directory.publisher.into()));
        text.push_str(&match directory.source.as_str() {
            "" => format!("\n  {BY_HAND}"),
            source => format!("\n  from {source}"),
        });
        for one in &directory.listed {
            // One's own name for somebody is the one that counts.
            let known =
                names.name_of(&one.principal).map(|name| format!("  among your people: {name}"));
            text.push_str(&format!(
                "\n  {}  {}{}",
                short(&one.principal),
                one.name,
                known.unwrap_or_default()
            ));
        }
        for one in &directory.left {
            text.push_str(&format!(
                "\n  {}  {}: listed no longer",
                short(&one.principal),
                one.name
            ));
        }
        output.result(&KnownDirectory::of(directory), &text)?;
    }
    Ok(())
}

fn update(name: Option<&str>, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_not_rehearse("directory update")?;
    let (actor, _) = opened(settings)?;
    let root = root_of(&actor)?;
    let profile = settings.home.folder().profile(settings.home.profile());
    let mut all = profile.directories(&root)?;
    if let Some(name) = name {
        let wanted = likeness(name);
        all.retain(|one| likeness(one.name.as_str()) == wanted);
        if all.is_empty() {
            return Err(DirectoryError::Unknown { name: name.to_owned() }.into());
        }
    }
    let home = settings.home.open()?;
    let session = home.session();
    let mut failed: Option<Failure> = None;
    for before in &all {
        if before.source.is_empty() {
            output.note(&format!("{}: {BY_HAND}", before.name));
            continue;
        }
        let updated = read(&before.source, settings).and_then(|directory| {
            let found = directory.document().publisher;
            if found != before.publisher {
                return Err(DirectoryError::OtherSigner {
                    name: before.name.to_string(),
                    pinned: before.publisher,
                    found,
                }
                .into());
            }
            let news = session.look_at_directory(&actor, &directory)?;
            let kept =
                session.keep_directory(&actor, &directory, None, &before.source, &mut rng())?;
            Ok((kept, news))
        });
        match updated {
            Ok((kept, news)) => {
                output.result(&UpdatedDirectory::of(&kept, &news), &updated_words(&kept, &news))?;
            }
            // The others are looked at all the same.
            Err(failure) => {
                output.note(&format!("{}: {}", before.name, failure.message));
                failed.get_or_insert(failure);
            }
        }
    }
    failed.map_or(Ok(()), Err)
}

fn remove(name: &str, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_not_rehearse("directory remove")?;
    let (actor, _) = opened(settings)?;
    confirm(&format!("Forget the directory {name}, and who signs it? Go ahead?"), settings.yes)?;
    let home = settings.home.open()?;
    let removed = home.session().remove_directory(&actor, name, &mut rng())?;
    output.result(
        &RemovedDirectory { name: removed.name.as_str(), publisher: removed.publisher },
        &format!("{}: forgotten", removed.name),
    )
}

/// What is read again later: an address as it is, a file by its whole path.
fn source_of(given: &str) -> Result<String, Failure> {
    if web::is_address(given) {
        return Ok(given.to_owned());
    }
    let path = std::path::absolute(Path::new(given))
        .map_err(|error| crate::ui::reasons::cannot("read", Path::new(given), &error))?;
    path.to_str().map(ToOwned::to_owned).ok_or_else(|| {
        Failure::usage("the file's path is no text").hint("give the file another name")
    })
}

fn read(source: &str, settings: &Settings) -> Result<SignedDocument<Directory>, Failure> {
    let bytes = match web::is_address(source) {
        true => web::document_at(source, settings.home.settings().remote.plain_http)?,
        false => read_document(source)?,
    };
    Ok(SignedDocument::from_bytes(&bytes)?)
}

fn updated_words(kept: &KeptDirectory, news: &DirectoryNews) -> String {
    match news {
        DirectoryNews::First => format!("{} is added", kept.name),
        DirectoryNews::Same => format!("{}: nothing new", kept.name),
        DirectoryNews::Newer { joined, left } => {
            let mut text = format!("{}: a newer one is kept", kept.name);
            let mut tell = |what: &str, these: &[ListedCard]| {
                for one in these {
                    text.push_str(&format!("\n  {what} {} ({})", one.name, short(&one.principal)));
                }
            };
            tell("came:", joined);
            tell("listed no longer:", left);
            text
        }
    }
}

fn people_words(count: usize) -> String {
    counted(count as u64, "card", "cards")
}
