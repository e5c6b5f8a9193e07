//! `mrms open`: opens a SMART Health Link or a health card of somebody else, shows it, saves it, or puts it on record.

mod given;
mod keeping;
mod told;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use mrms_app::Actor;
use mrms_home::clock::now;
use mrms_home::foreign_link::given::{Given, GivenFile};
use mrms_home::foreign_link::{self, Asking};
use mrms_links::Shlink;
use mrms_links::card::IssuerKeys;
use mrms_links::jwe::Opened;
use zeroize::Zeroizing;

use self::given::{contents, read};
use self::keeping::Keeping;
use self::told::{Found, Told};
use crate::config::Settings;
use crate::ui::failure::{Exit, Failure};
use crate::ui::input;
use crate::ui::output::Output;
use crate::ui::reasons::cannot;

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
    /// Put each file on record, unless it is there already. What can't be read as what it says that it is, and a card
    /// whose signature is wrong, is left out.
    #[arg(long)]
    keep: bool,
    /// Save each file in this folder, which is made if it is not there.
    #[arg(short, long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Replace files in the folder. Without it: the command stops.
    #[arg(long, requires = "output")]
    force: bool,
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
        Given::Card(content) => vec![GivenFile::card(content)],
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
    let (mut wrong, mut unread) = (0, 0);
    let mut count = |found| match found {
        Found::Sound => {}
        Found::Unread => unread += 1,
        Found::WrongSignature => wrong += 1,
    };
    for given in GivenFile::all(files) {
        let told = Told { args, label: label.as_deref(), output };
        // What only wraps documents is not put on record beside them.
        let keeping_it = keeping.as_ref().filter(|_| !given.is_wrapping);
        count(told.tell(&given, &keys, keeping_it)?);
    }
    if wrong > 0 {
        return Err(Failure::new(
            Exit::Integrity,
            "card-signature",
            "a health card was altered, or is not by its issuer",
        )
        .hint("do not rely on it; ask its issuer for another one"));
    }
    match unread {
        0 => Ok(()),
        count => Err(Failure::new(
            Exit::Integrity,
            "not-readable",
            match count {
                1 => "one file is not what it says that it is, and can't be read".to_owned(),
                many => format!("{many} files are not what they say that they are, and can't be read"),
            },
        )
        .hint("ask whoever gave it to you for another one; -o FOLDER saves the bytes as they are, and mrms create puts them on record as a file")),
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
