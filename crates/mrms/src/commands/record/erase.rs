//! `mrms erase`: makes the vaults delete what they keep of a record, and says what stays.

use std::collections::BTreeSet;

use clap::Args;
use mrms_app::Session;
use mrms_app::profile::ProfileError;
use mrms_app::records::erase::{Erasing, Remains};
use mrms_app::records::find::Lists;
use mrms_contract::ids;
use mrms_core::{RecordId, Version, visible};
use mrms_home::Names;
use mrms_home::joining::Kept;

use crate::commands::sharing::unasked::tell_unknown;
use crate::config::Settings;
use crate::ui::columns::wrap;
use crate::ui::failure::{Exit, Failure};
use crate::ui::naming::{RecordNames, as_subject};
use crate::ui::output::{Output, confirm};
use crate::ui::record_ref::{Finder, RecordRef};
use crate::ui::results::record::{Erased, ErasedAtVault, ErasedVersion, OpenedBefore};
use crate::ui::someone::{names_or_accounts, tell_damaged};

#[derive(Debug, Args)]
#[command(
    after_help = "Everybody's access ends. The ledger keeps the record's entries, grants and \
    hashes, and the ciphertext of small versions. Only a record made with mrms create --erasable \
    leaves nothing that anyone could decrypt. The command says what stays, and asks before it begins."
)]
pub(crate) struct EraseArgs {
    /// The record, one of your own: its number in mrms list, its label, or its id.
    #[arg(value_name = "RECORD")]
    record: RecordRef,
}

pub(crate) fn run(args: &EraseArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    settings.must_not_rehearse("erase")?;
    let actor = settings.home.unlock()?;
    let home = settings.home.open()?;
    let session = home.session();
    let me = actor.principal();
    let id = args.record.one(Finder { session, lists: Lists::Own(&me), actor: Some(&actor) })?;
    if ids::staff_record(&me) == Some(id) {
        return Err(Failure::usage(
            "this is the staff key: without it no member could open anything",
        )
        .hint("mrms staff remove NAME takes somebody off the staff"));
    }
    let versions = session.erasable(&actor, id)?;
    tell_unknown(&session, &actor, output);
    tell_damaged(&home, &actor, &["unerased.json"], output);
    let names = names_or_accounts(&[], Some(&actor), settings, output)?;
    let mut own = session.numbered_records_of(&me)?;
    own.retain(|one| one.id == id);
    let record = RecordNames::of(&session, Some(&actor), &own)?.words(id);
    let staying = versions.iter().map(|one| (one.version, one.remains)).collect();
    let own_ledger_copy = settings.home.copy_beside(&home, &actor, id);
    let copy = copy_words(settings, own_ledger_copy);
    let question =
        format!("Erasing {record} cannot be undone.{}{copy}\nGo ahead?", lines_of(staying));
    session.ledger.step_aside();
    confirm(&question, settings.yes)?;
    let erasing = home.erase_record(&settings.home, &actor, id)?;
    let failed = erasing.unfinished();
    let mut links = Vec::new();
    // The record is erased, whatever is known of its links.
    let mut unknown_links = None;
    match home.destroy_links_to(&settings.home, &actor, id) {
        Err(error) => {
            let failure = Failure::from(error);
            output.note(&format!("links that gave it were not destroyed: {}", failure.message));
            unknown_links = Some(failure);
        }
        Ok(destroyed) => {
            for link in destroyed {
                match link.host_not_told {
                    None => links.push(link.number),
                    Some(error) => output.note(&format!(
                        "link {0} gave it, and its host still has a sealed copy: {error}; repeat mrms link destroy {0}",
                        link.number
                    )),
                }
            }
        }
    }
    let mut told = text(&record, &erasing, &names, settings.details);
    for number in &links {
        told.push_str(&format!("\n  link {number}, which gave it, is destroyed"));
    }
    told.push_str(&copy);
    if settings.details {
        told.push_str(&format!("\n  id {id}"));
        for user in erasing.revoked.iter().chain(erasing.opened.keys()) {
            told.push_str(&format!("\n  account {user}"));
        }
    }
    let result = Erased { own_ledger_copy, ..object(id, &erasing, links) };
    output.result(&result, &told)?;
    if failed == 0 {
        return unknown_links.map_or(Ok(()), Err);
    }
    Err(Failure::new(
        Exit::Unreachable,
        "erasure-unfinished",
        format!(
            "{failed} of {} vaults did not erase",
            erasing.vaults.len() + erasing.not_asked.len()
        ),
    )
    .hint(
        format!(
            "repeat it by number or id (mrms erase {id}) when they can be reached: until then they keep what they have, and mrms list says so. A vault that moved is asked when its new address stands under urls in mrms.toml"
        ),
    ))
}

/// The records that vaults may still keep something of. Where that can't be read, it is told, and none is one of them.
pub(super) fn unerased(
    session: &Session<'_>,
    output: Output,
) -> Result<BTreeSet<RecordId>, Failure> {
    match session.profile.unerased() {
        Err(error @ ProfileError::Damaged { .. }) => {
            let Failure { message, hint, .. } = error.into();
            let hint = hint.unwrap_or_default();
            output.note(&format!(
                "whether vaults still keep what was erased is not known: {message}\n  {hint}"
            ));
            Ok(BTreeSet::new())
        }
        unerased => Ok(unerased?),
    }
}

/// Where a copy of it is that this command does not reach.
fn copy_words(settings: &Settings, own_ledger_copy: Option<RecordId>) -> String {
    if let Some(copy) = own_ledger_copy {
        return format!(
            "\n  BUT your own ledger on this machine has the record from which it was brought along: mrms --own-ledger erase id:{copy}"
        );
    }
    let is_own = settings.home.settings().ledger.is_none();
    match Kept::load(settings.home.folder()) {
        Ok(Some(_)) if is_own => "\n  BUT if it was brought along to whom you joined, the copy there stays: mrms erase, without --own-ledger, erases that".to_owned(),
        _ => String::new(),
    }
}

fn text(record: &str, erasing: &Erasing, names: &Names, details: bool) -> String {
    let mut text = format!("{record} is erased");
    if erasing.unfinished() > 0 {
        text = format!("{record} is NOT WHOLLY ERASED");
    }
    for user in &erasing.revoked {
        let line = format!("  {} can no longer open it", as_subject(names, user));
        text.push_str(&format!("\n{}", wrap(&line, 4)));
    }
    for (name, erased) in &erasing.vaults {
        text.push_str(&match erased {
            Ok(erased) if !details => format!(
                "\n  {name} deleted what it kept of it{}",
                kept_words(erased.kept.len()),
            ),
            Ok(erased) => format!(
                "\n  {name} deleted {} ciphertext(s), {} share(s), {} salt(s): line {} of its log{}",
                erased.blobs.len(),
                erased.shares,
                erased.salts,
                erased.receipt.line.number,
                kept_words(erased.kept.len()),
            ),
            Err(error) => format!("\n  NOT ERASED: {}", visible::line(&error.to_string())),
        });
    }
    for account in &erasing.not_asked {
        text.push_str(&format!(
            "\n  NOT ASKED: the vault {account} left a receipt, and nobody knows its address"
        ));
    }
    for (user, versions) in &erasing.opened {
        let versions: Vec<_> = versions.iter().map(ToString::to_string).collect();
        let line = format!(
            "  {} opened version {} before; what they kept then stays with them",
            as_subject(names, user),
            versions.join(", ")
        );
        text.push_str(&format!("\n{}", wrap(&line, 4)));
    }
    text + &lines_of(erasing.versions.clone())
        + "\n  its entries, grants and hashes stay on the chain"
}

fn kept_words(kept: usize) -> String {
    match kept {
        0 => String::new(),
        kept => format!(
            "\n    it keeps {kept} ciphertext(s): nobody told it that they are this record's, or \
            another record referred to them before"
        ),
    }
}

fn lines_of(versions: Vec<(Version, Remains)>) -> String {
    let line = |(version, remains)| format!("\n  version {version}: {}", words(remains));
    versions.into_iter().map(line).collect()
}

fn words(remains: Remains) -> &'static str {
    match remains {
        Remains::CiphertextOnChain => {
            "its ciphertext is on chain and stays there; whoever has its key or your words can read it"
        }
        Remains::WrapsOnChain => {
            "its ciphertext goes; the wraps of its key stay on chain, and open copies of it if there are any"
        }
        Remains::Nothing => "nothing that anyone could decrypt stays",
        Remains::AtVaults => {
            "vaults that did not erase may still have its ciphertext, and what opens it"
        }
        Remains::Unknown => "it was written by other software and is left alone",
    }
}

fn object(id: RecordId, erasing: &Erasing, links: Vec<u32>) -> Erased<'_> {
    let versions = erasing.versions.iter();
    let versions = versions
        .map(|(version, remains)| ErasedVersion { version: *version, remains: (*remains).into() });
    let vaults = erasing.vaults.iter().map(|(vault, erased)| match erased {
        Ok(erased) => ErasedAtVault {
            vault,
            erased: true,
            blobs: Some(erased.blobs.iter().map(ToString::to_string).collect()),
            kept: Some(erased.kept.iter().map(ToString::to_string).collect()),
            shares: Some(erased.shares),
            salts: Some(erased.salts),
            receipt: Some((&erased.receipt).into()),
            reason: None,
        },
        Err(error) => {
            let reason = Some(visible::line(&error.to_string()).into_owned());
            ErasedAtVault { vault, reason, ..ErasedAtVault::default() }
        }
    });
    Erased {
        record_id: id,
        revoked: &erasing.revoked,
        versions: versions.collect(),
        vaults: vaults.collect(),
        links_destroyed: links,
        not_asked: &erasing.not_asked,
        opened: erasing
            .opened
            .iter()
            .map(|(user, versions)| OpenedBefore { user, versions: versions.iter().collect() })
            .collect(),
        own_ledger_copy: None,
    }
}
