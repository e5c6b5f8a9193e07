//! `mrms key split`, `share`, `receive` and `join`: split the 24 words among trustees, and put them
//! together again.
//!
//! Each trustee gets an age file for their own key, with the share as text in it. What these commands
//! print beside a share is public: numbers, the owner's account, fingerprints.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use mrms_app::Actor;
use mrms_core::Principal;
use mrms_crypto::age_file::Identity;
use mrms_crypto::trustees::{self, Quorum, Share, Threshold, sealed};
use mrms_crypto::{HybridIdentity, HybridRecipient, IdentityIndex};
use zeroize::Zeroizing;

use crate::commands::key::bring_back;
use crate::commands::sharing::changed_key::{self, Consent};
use crate::config::Settings;
use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::identities::{own_identities, read_identities};
use crate::ui::input;
use crate::ui::output::{Output, confirm};
use crate::ui::reasons::{cannot, decryption_failure};
use crate::ui::results::key::{AnsweredShare, OneTimeKey, SplitWords, WrittenShare};
use crate::ui::someone::Someone;
use mrms_home::clock::rng;
use mrms_home::keys::actor_of;

#[derive(Debug, Args)]
#[command(
    after_help = "Give each trustee their file; only their key opens it. You cannot take a set of \
    shares back.\n\n\
    Example, for a file with five trustees of whom three are needed:\n  \
    mrms key split --trustees-file trustees.txt --threshold 3 -o shares"
)]
pub(crate) struct SplitArgs {
    /// Give a share to this trustee: one of your people, by name; a principal that has published its
    /// recipient; or a recipient (age1pq1…). After = comes a name for your own list. May be given
    /// more than once.
    #[arg(long = "trustee", value_name = "WHO|RECIPIENT[=NAME]")]
    trustees: Vec<Trustee>,
    /// Read trustees from this file, one on each line in the same form; a line that
    /// begins with # is skipped.
    #[arg(long, value_name = "FILE")]
    trustees_file: Option<PathBuf>,
    /// How many shares are needed to give the words back.
    #[arg(long, value_name = "N", default_value_t = 3)]
    threshold: u8,
    /// Folder for the shares, one file for each trustee; it is made if it is not there.
    #[arg(short, long, value_name = "FOLDER")]
    output: PathBuf,
    /// Trust a trustee's new key if it changed since you last saw it; compare the fingerprint with
    /// them first. Without it: the command shows both fingerprints and asks.
    #[arg(long)]
    accept_changed_key: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Speak with the owner first: whoever collects enough shares can open all of \
    their records. Use --to only after the owner read you the fingerprint of that recipient.\n\n\
    Examples:\n  \
    mrms key share share-1-of-5.age\n  \
    mrms key share share-1-of-5.age --to RECIPIENT > answer.age"
)]
pub(crate) struct ShareArgs {
    /// File that the owner gave you.
    file: PathBuf,
    /// Open it with the identities in this file. Without it: with this profile's own.
    #[arg(short, long = "identity", value_name = "IDENTITY-FILE")]
    identities: Vec<PathBuf>,
    /// Encrypt the share to this recipient, which the owner made with mrms key receive. Without it:
    /// the share is printed as text.
    #[arg(long, value_name = "RECIPIENT")]
    to: Option<HybridRecipient>,
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    mrms key receive once.txt\n  \
    mrms key join -i once.txt answer-1.age answer-2.age answer-3.age")]
pub(crate) struct ReceiveArgs {
    /// File for the one-time identity, which must not exist. Delete it after mrms key join.
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct JoinArgs {
    /// Files with the shares that trustees sent. Without any: mrms reads typed or pasted shares.
    files: Vec<PathBuf>,
    /// Open encrypted shares with the identity in this file, which mrms key receive wrote.
    #[arg(short, long = "identity", value_name = "IDENTITY-FILE")]
    identities: Vec<PathBuf>,
}

/// Who gets a share.
#[derive(Clone, Debug)]
struct Trustee {
    who: Who,
    name: Option<String>,
}

#[derive(Clone, Debug)]
enum Who {
    Someone(Someone),
    Recipient(HybridRecipient),
}

impl FromStr for Trustee {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (who, name) = match text.split_once('=') {
            Some((who, name)) => (who.trim(), Some(name.trim().to_owned())),
            None => (text.trim(), None),
        };
        let who = if who.starts_with("age1") {
            // The words must stay secret for a lifetime, so X25519 alone is not enough.
            Who::Recipient(who.parse().map_err(|error| format!("{error}"))?)
        } else {
            Who::Someone(who.parse().unwrap_or_else(|error: Infallible| match error {}))
        };
        Ok(Self { who, name })
    }
}

/// A trustee with their recipient.
struct Holder {
    name: Option<String>,
    principal: Option<Principal>,
    recipient: HybridRecipient,
}

impl Holder {
    fn called(&self) -> String {
        match (&self.name, &self.principal) {
            (Some(name), _) => name.clone(),
            (None, Some(principal)) => principal.to_string(),
            (None, None) => format!("the key {}", self.recipient.fingerprint()),
        }
    }
}

pub(crate) fn split(args: &SplitArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_not_rehearse("key split")?;
    let trustees = gather(args)?;
    let quorum = Quorum::new(Threshold::new(args.threshold), trustees.len()).map_err(|error| {
        Failure::usage(error).hint("five trustees of whom three are needed is a good choice")
    })?;
    let card = settings.home.folder().card(settings.home.profile())?;
    let owner = settings.home.account()?;
    let words = settings.home.words_by_passphrase()?;
    let actor = actor_of(&words, IdentityIndex::new(card.identity), settings.home.network()?)?;
    let holders = holders(trustees, args, &actor, settings, output)?;
    let shares = trustees::split(&words, &owner, quorum, &mut rng());
    // The shares are needed in years; whether they work is tried now, with all of them.
    if trustees::join(&shares).ok().map(|joined| joined.to_phrase()) != Some(words.to_phrase()) {
        return Err(Failure::new(Exit::Failed, "split", "the shares do not give the words back")
            .hint("nothing was written: repeat the command"));
    }
    let written = write_shares(&args.output, &shares, &holders)?;
    let mut text = format!(
        "any {} of these {} give back the words of {owner} (set {}):",
        quorum.threshold(),
        quorum.shares(),
        shares.first().map(Share::set).unwrap_or_default(),
    );
    let mut rows = Vec::new();
    for ((share, holder), path) in shares.iter().zip(&holders).zip(&written) {
        text.push_str(&format!("\n  {}  for {}", path.display(), holder.called()));
        rows.push(WrittenShare {
            number: share.number(),
            name: holder.name.as_deref(),
            principal: holder.principal.as_ref(),
            fingerprint: holder.recipient.fingerprint().to_string(),
            output: path,
        });
    }
    text.push_str(
        "\nGive each their file; it opens with their key only. Keep a list of who has one, apart from your own files.",
    );
    output.result(
        &SplitWords {
            principal: owner,
            set: shares.first().map(Share::set).unwrap_or_default(),
            threshold: quorum.threshold(),
            shares: rows,
        },
        &text,
    )
}

fn gather(args: &SplitArgs) -> Result<Vec<Trustee>, Failure> {
    let mut trustees = args.trustees.clone();
    if let Some(path) = &args.trustees_file {
        let text = input::read_text(path)?;
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            trustees.push(line.parse().map_err(|error| {
                Failure::usage(format!("{} line {number}: {error}", path.display()))
                    .hint("each line is a name, a principal or a recipient, and =NAME after it if you like")
            })?);
        }
    }
    Ok(trustees)
}

/// The trustees with their recipients, as published or as given. Refuses the owner's own recipient, and
/// one that is given twice.
fn holders(
    trustees: Vec<Trustee>,
    args: &SplitArgs,
    actor: &Actor,
    settings: &Settings,
    output: Output,
) -> Result<Vec<Holder>, Failure> {
    let own = settings.home.card()?.recipient;
    let by_account = trustees.iter().any(|one| matches!(one.who, Who::Someone(_)));
    let names = settings.home.names(Some(actor))?;
    let home = by_account.then(|| settings.home.open()).transpose()?;
    let mut holders = Vec::new();
    let mut seen = BTreeMap::new();
    for (number, Trustee { who, name }) in (1..).zip(trustees) {
        let (principal, recipient) = match (who, &home) {
            (Who::Someone(someone), Some(home)) => {
                let principal = someone.resolve(&names)?;
                let consent = Consent::of_flag(args.accept_changed_key);
                let session = home.session();
                let changed =
                    changed_key::settle(&session, Some(actor), &principal, consent, output)?;
                let recipient = session.recipient_of(Some(actor), &principal, changed)?;
                (Some(principal), recipient)
            }
            (Who::Recipient(recipient), _) => (None, recipient),
            (Who::Someone(_), None) => continue,
        };
        let own_name = principal.as_ref().and_then(|principal| names.name_of(principal));
        let name = name.or_else(|| own_name.map(ToOwned::to_owned));
        let text = recipient.to_string();
        if text == own {
            return Err(Failure::usage(format!("trustee {number} is yourself"))
                .hint("your own key is what is lost when the shares are needed"));
        }
        if let Some(other) = seen.insert(text, number) {
            return Err(Failure::usage(format!("trustees {other} and {number} have the same key"))
                .hint("give each person one share: somebody with two shares needs fewer others"));
        }
        holders.push(Holder { name, principal, recipient });
    }
    Ok(holders)
}

/// Writes all shares, or none.
fn write_shares(
    folder: &Path,
    shares: &[Share],
    holders: &[Holder],
) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for (share, holder) in shares.iter().zip(holders) {
        let name = format!("share-{}-of-{}.age", share.number(), share.quorum().shares());
        files.push((folder.join(name), seal(share, &holder.recipient)?));
    }
    mrms_files::make_private_folder(folder).map_err(|error| cannot("make", folder, &error))?;
    let mut written: Vec<PathBuf> = Vec::new();
    for (path, bytes) in files {
        if let Err(error) = mrms_files::write_new(&path, &bytes) {
            // An incomplete set must not stay. A share that can't be removed is useless by itself.
            written.iter().for_each(|path| drop(mrms_files::remove(path)));
            return Err(cannot("write", &path, &error));
        }
        written.push(path);
    }
    Ok(written)
}

/// A share as an armored age file for one recipient.
fn seal(share: &Share, recipient: &HybridRecipient) -> Result<Vec<u8>, Failure> {
    sealed::seal(share, recipient, &mut rng())
        .map_err(|error| Failure::new(Exit::Failed, "encrypt", chain(&error)))
}

pub(crate) fn share(args: &ShareArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let file = read_bounded(&args.file)?;
    let identities = match args.identities.is_empty() {
        true => own_identities(settings)?,
        false => read_identities(&args.identities)?,
    };
    let text = open(&file, &identities)?;
    let shares = parse(&text, &args.file)?;
    let [share] = shares.as_slice() else {
        return Err(Failure::usage("the file holds more than one share")
            .hint("give the file that mrms key split wrote"));
    };
    let quorum = share.quorum();
    output.note(&format!(
        "share {} of {} (set {}): any {} of them give back the keys of {}",
        share.number(),
        quorum.shares(),
        share.set(),
        quorum.threshold(),
        share.owner(),
    ));
    let answer = match &args.to {
        None => {
            confirm(
                "Have you spoken with the person whose keys these are? Whoever collects enough shares has all of their records. Show it?",
                settings.yes,
            )?;
            share.to_text()
        }
        Some(recipient) => {
            confirm(
                &format!(
                    "The answer is for the key {}. Have you spoken with the person whose keys these are, and did they read you this?",
                    recipient.fingerprint()
                ),
                settings.yes,
            )?;
            let sealed = seal(share, recipient)?;
            Zeroizing::new(String::from_utf8_lossy(&sealed).into_owned())
        }
    };
    output.result(
        &AnsweredShare {
            principal: *share.owner(),
            set: share.set(),
            number: share.number(),
            threshold: quorum.threshold(),
            shares: quorum.shares(),
            encrypted: args.to.is_some(),
            answer: &answer,
        },
        answer.trim_end(),
    )
}

pub(crate) fn receive(
    args: &ReceiveArgs,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    settings.must_not_rehearse("key receive")?;
    let identity = HybridIdentity::generate(&mut rng());
    let recipient = identity.recipient();
    let text = sealed::one_time_file(&identity);
    mrms_files::write_new(&args.file, text.as_bytes())
        .map_err(|error| cannot("write", &args.file, &error))?;
    let fingerprint = recipient.fingerprint().to_string();
    output.result(
        &OneTimeKey {
            recipient: recipient.to_string(),
            fingerprint: &fingerprint,
            output: &args.file,
        },
        &format!(
            "{recipient}\n\nSend this to your trustees and read them its fingerprint by telephone:\n  {fingerprint}\nThey answer with mrms key share FILE --to RECIPIENT; then:\n  mrms key join -i {} ANSWER…",
            args.file.display(),
        ),
    )
}

pub(crate) fn join(args: &JoinArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_not_rehearse("key join")?;
    let identities = read_identities(&args.identities)?;
    let mut shares = Vec::new();
    for path in &args.files {
        let file = read_bounded(path)?;
        let text = match sealed::is_sealed(&file) {
            true if identities.is_empty() => {
                return Err(Failure::usage(format!("{} is encrypted", path.display())).hint(
                    "-i names the identity that it was encrypted to; a trustee's own file is opened by the trustee: mrms key share",
                ));
            }
            true => open(&file, &identities)?,
            false => sealed::text_of(&file),
        };
        shares.extend(parse(&text, path)?);
    }
    if args.files.is_empty() {
        if io::stdin().is_terminal() {
            output.note(
                "Type or paste the shares, one after the other; Ctrl-D on a line of its own ends:",
            );
        }
        let name = Path::new("standard input");
        shares = parse(&sealed::text_of(&bounded(io::stdin(), name)?), name)?;
    }
    let words = trustees::join(&shares).map_err(|error| {
        use trustees::JoinError as E;
        let (exit, code, hint) = match error {
            E::None | E::TooFew { .. } => {
                (Exit::Failed, "too-few-shares", "ask another trustee for theirs")
            }
            E::OtherSet { .. } => (
                Exit::Usage,
                "mixed-shares",
                "leave it out, and ask that trustee for the file of the same set as the others",
            ),
            E::Twice { .. } => (Exit::Usage, "share-twice", "leave one of the two out"),
            _ => (
                Exit::Integrity,
                "share-altered",
                "take the shares anew from their files; with more shares than needed, leave out one after the other",
            ),
        };
        Failure::new(exit, code, error).hint(hint)
    })?;
    bring_back(&words, settings, output).map(drop)
}

fn open(file: &[u8], identities: &[Identity]) -> Result<Zeroizing<String>, Failure> {
    sealed::open(file, identities).map_err(|error| decryption_failure(&error))
}

fn parse(text: &str, path: &Path) -> Result<Vec<Share>, Failure> {
    Share::parse_all(text).map_err(|error| {
        let (exit, code) = match error {
            trustees::ParseShareError::Mistyped { .. } => (Exit::Usage, "share-mistyped"),
            _ => (Exit::Usage, "not-a-share"),
        };
        Failure::new(exit, code, format!("{}: {error}", path.display()))
            .hint("compare it with what the trustee sent, group by group")
    })
}

fn read_bounded(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    bounded(input::open(path)?, path)
}

fn bounded(input: impl Read, path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(sealed::MOST_BYTES));
    input
        .take(sealed::MOST_BYTES as u64)
        .read_to_end(&mut bytes)
        .map_err(|error| cannot("read", path, &error))?;
    Ok(bytes)
}
