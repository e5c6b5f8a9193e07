//! `mrms vault sync` and `mrms vault trust`: commands of a patient or reader on the vaults of their settings.

use clap::Args;
use mrms_app::session::vaults::{Member, MemberError};
use mrms_app::vaults::replicate::{NotDone, Piece, ReaderKeys, Replicated, Step};
use mrms_core::StandardPrincipal;
use mrms_store::FileStore;

use crate::commands::sharing::unknown_reader;
use crate::config::Settings;
use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::output::Output;
use crate::ui::results::vault::{self as results, SyncStep, TrustedVault};
use crate::ui::someone::Someone;
use mrms_home::Names;
use mrms_home::clock::rng;

#[derive(Debug, Args)]
#[command(
    after_help = "It needs urls under [vault] in mrms.toml. It can be repeated: what was done is \
    not done again."
)]
pub(crate) struct SyncArgs {
    /// Also leave new shares for everybody who may read your records: after a vault lost them, or was
    /// replaced. Without it: vaults get ciphertext and salts only.
    #[arg(long)]
    keys: bool,
    /// With --keys, also leave shares for this reader, of every record of yours on which the ledger
    /// names them and this profile does not remember it; compare the fingerprint with them first. Without it: the command asks at a terminal,
    /// and leaves them out elsewhere.
    #[arg(long, value_name = "WHO", requires = "keys")]
    accept_reader: Vec<Someone>,
}

impl SyncArgs {
    /// Also leaves new shares for readers.
    pub(crate) const fn with_keys() -> Self {
        Self { keys: true, accept_reader: Vec::new() }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    mrms vault trust https://vault.clinic.example \\\n    \
    ST1CKZ8375QQB3BEXZ7TR2TWN1XK65YS3ZNBRZPXC")]
pub(crate) struct TrustArgs {
    /// Address of the vault, as in the settings.
    url: String,
    /// Account of the vault, as its operator told you; mrms vault run and mrms vault status print it
    /// for the operator.
    account: StandardPrincipal,
}

/// Gives every vault what it lacks of this profile's records.
pub(crate) fn sync(args: &SyncArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let actor = settings.home.unlock()?;
    let names = settings.home.names(Some(&actor))?;
    let home = settings.home.open()?;
    home.fund(&actor)?;
    let copies = home.copies().ok_or_else(|| {
        Failure::usage("no vaults are named in the settings").hint(
            "this folder's own vault has everything; name others with urls under [vault] in mrms.toml",
        )
    })?;
    let folder = settings.home.folder().vault();
    let own = if folder.is_dir() { Some(FileStore::open_folder(&folder)?) } else { None };
    let keys = if args.keys { ReaderKeys::Renew } else { ReaderKeys::Leave };
    if args.keys {
        let me = actor.principal();
        let records = home.session().records_of(&me)?;
        let ids: Vec<_> = records.into_iter().map(|(id, _)| id).collect();
        unknown_reader::settle(&home.session(), &actor, &ids, &args.accept_reader, output)?;
    }
    let (mut failures, mut done, mut printed) = (0_u64, 0_u64, Ok(()));
    let looked =
        home.session().replicate(&actor, &copies.replicas(own), keys, &mut rng(), &mut |step| {
            if step.outcome.is_ok() {
                done += 1
            } else {
                failures += 1
            }
            if printed.is_ok() {
                printed = output.result(&object(&step, &names), &text(&step, &names));
            }
        })?;
    printed?;
    summary(&looked, done, failures, output);
    if failures == 0 {
        return Ok(());
    }
    let message = match failures {
        1 => "one thing could not be done".to_owned(),
        many => format!("{many} things could not be done"),
    };
    Err(Failure::new(Exit::Unreachable, "sync-unfinished", message)
        .hint("repeat the command when that is mended: what was done is not done again"))
}

fn summary(looked: &Replicated, done: u64, failures: u64, output: Output) {
    for record in &looked.erased {
        output.note(&format!("record {record} was erased: left alone"));
    }
    for ((record, version), why) in &looked.left_out_versions {
        output.note(&format!("record {record}: no reader got a key of version {version}: {why}"));
    }
    if looked.passed_over {
        output.note(
            "others shared more than was looked at: mrms list --shared-with-me names them, mrms profile ignore passes over one of them",
        );
    }
    let versions = match looked.versions {
        1 => "1 version is".to_owned(),
        many => format!("{many} versions are"),
    };
    let lacked = match (done, failures) {
        (0, 0) => "nothing was lacking",
        (0, _) => "nothing was done",
        _ => "what was lacking is told above",
    };
    output.note(&format!("{versions} with the vaults; {lacked}"));
}

/// What the piece is, for people.
fn words(piece: &Piece, names: &Names) -> String {
    match piece {
        Piece::Answer => "an answer".to_owned(),
        Piece::Ciphertext(version) => format!("the ciphertext of version {version}"),
        Piece::Salt(version) => format!("the erasure salt of version {version}"),
        Piece::Key(reader) => format!("shares for {}", names.shown(reader)),
    }
}

fn object<'a>(step: &'a Step, names: &'a Names) -> SyncStep<'a> {
    let (piece, version, user) = match &step.piece {
        Piece::Answer => (results::Piece::Answer, None, None),
        Piece::Ciphertext(version) => (results::Piece::Ciphertext, Some(*version), None),
        Piece::Salt(version) => (results::Piece::Salt, Some(*version), None),
        Piece::Key(reader) => (results::Piece::Key, None, Some(reader)),
    };
    SyncStep {
        record_id: step.record,
        vault: step.vault.as_deref(),
        piece,
        version,
        user,
        user_name: user.and_then(|user| names.name_of(user)),
        done: step.outcome.is_ok(),
        reason: step.outcome.as_ref().err().map(NotDone::to_string),
    }
}

fn text(step: &Step, names: &Names) -> String {
    let record = step.record.map(|record| format!("record {record}: ")).unwrap_or_default();
    let to = step.vault.as_deref().unwrap_or("the vaults");
    let what = words(&step.piece, names);
    match &step.outcome {
        Ok(()) => format!("{record}{to} got {what}"),
        Err(error @ NotDone::Vault(MemberError::OtherVault { .. })) => {
            format!("NOT DONE: {}; mrms vault trust accepts another", chain(error))
        }
        Err(error) if matches!(step.piece, Piece::Answer) => format!("NOT DONE: {}", chain(error)),
        Err(error) => format!("{record}NOT DONE: {what} for {to}: {}", chain(error)),
    }
}

/// Remembers that the vault at an address is the one with this account.
pub(crate) fn trust(args: &TrustArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let home = settings.home.open()?;
    let session = home.session();
    let wanted = args.url.trim_end_matches('/');
    let is_wanted = |member: &&Member| member.name().trim_end_matches('/') == wanted;
    let member = session.vaults.members().iter().find(is_wanted).ok_or_else(|| {
        Failure::usage(format!("{} is none of this profile's vaults", args.url))
            .hint("its vaults are named with urls under [vault] in mrms.toml")
    })?;
    let before = session.trust_vault(member, args.account)?;
    let name = member.name();
    let text = match before.filter(|before| *before != args.account) {
        None => format!("{name} is {}", args.account),
        Some(before) => format!(
            "{name} is {}, and was {before}\n  what it lacks of your records it gets with mrms vault sync --keys",
            args.account
        ),
    };
    output.result(&TrustedVault { vault: name, account: args.account, before }, &text)
}
