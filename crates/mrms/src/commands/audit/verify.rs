//! `mrms verify`: checks a record against the ledger, or checks a file: an exported trail or an evidence
//! bundle.

use std::path::Path;

use clap::Args;
use mrms_app::access::open::OpenRecordError;
use mrms_app::audit::trail;
use mrms_app::audit::trail::{CheckedTrail, Compared};
use mrms_app::records::find::Lists;
use mrms_core::RecordId;
use mrms_store::StoreError;

use crate::commands::sharing::grant::versions_words;
use crate::config::Settings;
use crate::ui::failure::{Exit, Failure};
use crate::ui::input;
use crate::ui::output::Output;
use crate::ui::record_ref::{Finder, RecordRef};
use crate::ui::results::audit::{VerifiedRecord, VerifiedTrail};
use mrms_home::clock::rng;
use mrms_home::evidence;

#[derive(Debug, Args)]
#[command(
    after_help = "For an evidence bundle, the first line is PROVEN or NOT PROVEN, with the reason. Exit \
    code 0: proven. 5: something was altered, or the ledger that is known here has other blocks. 7: nothing was \
    altered, but the bundle has no proofs, or does not show that its blocks are on one chain.\n\n\
    Examples:\n  \
    mrms verify 123\n  \
    mrms verify trail.ndjson\n  \
    mrms verify evidence.json --genesis GENESIS --head HEAD"
)]
pub(crate) struct VerifyArgs {
    /// A record, by its number in mrms list, its label or its id; or a file that mrms audit --json,
    /// for one record or all, or mrms evidence RECORD wrote, or the whole log that the portal saved.
    #[arg(value_name = "RECORD|FILE")]
    what: String,
    /// Head in which the log in the file must end, in hexadecimal, as you know it from elsewhere. An
    /// exported trail is also compared with this home's ledger, if that has the record.
    #[arg(long, value_name = "HEX")]
    head: Option<String>,
    /// Genesis of the ledger that an evidence bundle must be from: the hash of its block 0, in
    /// hexadecimal. Without it: a bundle of this home's ledger is recognized; of any other, it stays
    /// unproven whose ledger it is.
    #[arg(long, value_name = "HEX")]
    genesis: Option<String>,
}

pub(crate) fn run(args: &VerifyArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let path = Path::new(&args.what);
    if path.exists() {
        return file(path, args, settings, output);
    }
    match named(&args.what, settings)? {
        Some(id) => record(id, settings, output),
        None => file(path, args, settings, output),
    }
}

/// The record of this name; `None` where there is none.
fn named(what: &str, settings: &Settings) -> Result<Option<RecordId>, Failure> {
    let Ok(record) = what.parse::<RecordRef>();
    if !settings.home.folder().has_profile(settings.home.profile()) {
        return Ok(record.id());
    }
    let me = settings.home.account()?.into();
    let actor = settings.home.unlock_quietly()?;
    let home = settings.home.open()?;
    let finder = Finder { session: home.session(), lists: Lists::Own(&me), actor: actor.as_ref() };
    match record.one(finder) {
        Err(failure) if ["record-unknown", "names-locked"].contains(&failure.code) => Ok(None),
        found => found.map(Some),
    }
}

fn file(
    path: &Path,
    args: &VerifyArgs,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let text = String::from_utf8(input::read(path, input::MOST_EXPORT)?).map_err(|_| {
        let message = format!("{} is not a text file", path.display());
        Failure::new(Exit::Integrity, "trail-unreadable", message)
            .hint("mrms audit ID --json and mrms evidence ID write what can be checked")
    })?;
    let expected = |given: &Option<String>| {
        given.as_ref().map(|hex| hex.trim_start_matches("0x").to_ascii_lowercase())
    };
    let (head, genesis) = (expected(&args.head), expected(&args.genesis));
    if evidence::is_bundle(&text) {
        return super::evidence::verify(&text, head, genesis, settings, output);
    }
    if genesis.is_some() {
        return Err(Failure::usage("--genesis is for evidence bundles")
            .hint("an exported trail does not name its ledger"));
    }
    exported(&text, head, settings, output)
}

fn record(id: RecordId, settings: &Settings, output: Output) -> Result<(), Failure> {
    // Whoever has a profile here can ask the vaults whether something was erased.
    let has_profile = settings.home.folder().has_profile(settings.home.profile());
    let actor = if has_profile { settings.home.unlock_quietly()? } else { None };
    let home = settings.home.open()?;
    let session = home.session();
    let trail = session.trail(id)?;
    super::trail::tell_what_is_missing(&trail, id, output);
    let (mut bytes, mut erased) = (0_u64, Vec::new());
    for version in trail.record.version.up_to() {
        match session.check_version(id, version) {
            // The length is its author's word: whoever may add versions can write any number there.
            Ok(checked) => bytes = bytes.saturating_add(checked.length),
            // Ciphertext that was erased is missing, and nothing is wrong with the record.
            Err(OpenRecordError::Store(StoreError::Missing { .. }))
                if session.was_erased(actor.as_ref(), id, version, &mut rng())? =>
            {
                erased.push(version);
            }
            Err(error) => return Err(error.into()),
        }
    }
    let gone = match erased.as_slice() {
        [] => String::new(),
        gone => format!(
            "\n  the ciphertext of {} was erased, as the patient asked",
            versions_words(gone)
        ),
    };
    output.result(
        &VerifiedRecord {
            record_id: id,
            intact: true,
            versions: trail.record.version,
            ciphertext_bytes: bytes,
            erased_versions: erased,
            entries: trail.record.audit_count,
            head: trail.record.audit_head.to_string(),
        },
        &format!(
            "record {id} is intact\n  {} version(s), {bytes} bytes of ciphertext, as their authors put them on chain{gone}\n  log: {} entries give the contract's head {}",
            trail.record.version, trail.record.audit_count, trail.record.audit_head,
        ),
    )
}

fn exported(
    text: &str,
    expected: Option<String>,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let checked = trail::check_exported(text)?;
    let [checked] = checked.as_slice() else {
        return several(&checked, expected, settings, output);
    };
    let found = checked.head.to_string();
    if let Some(expected) = expected.as_ref().filter(|expected| **expected != found) {
        return Err(Failure::new(
            Exit::Integrity,
            "trail-altered",
            format!("the trail ends in head {found}, not in {expected}"),
        )
        .hint("it was cut, extended or rewritten; mrms audit ID --json writes it anew"));
    }
    let compared = compared(std::slice::from_ref(checked), settings)?.into_iter().next().flatten();
    let against = match compared {
        Some(Compared { newer: 0 }) => "every line is the ledger's, to the last".to_owned(),
        Some(Compared { newer }) => {
            format!("every line is the ledger's, which has {newer} more since")
        }
        None if expected.is_some() => "it is the head that was given".to_owned(),
        None => "compare the head with one that you know from elsewhere (--head)".to_owned(),
    };
    output.result(
        &VerifiedTrail {
            record_id: checked.record,
            intact: true,
            entries: checked.entries,
            denied: checked.denied,
            head: &found,
            head_compared: expected.is_some() || compared.is_some(),
            newer_on_ledger: compared.map(|compared| compared.newer),
        },
        &format!(
            "{} entries of record {} are intact\n  head {found}\n  {against}",
            checked.entries, checked.record,
        ),
    )
}

/// The trails of several records in one file, as `mrms audit --json` writes them without a record.
fn several(
    checked: &[CheckedTrail],
    expected: Option<String>,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    if expected.is_some() {
        return Err(Failure::usage("--head is for the log of one record")
            .hint("mrms audit ID --json writes that of one"));
    }
    let compared = compared(checked, settings)?;
    if output.is_json() {
        for (one, compared) in checked.iter().zip(compared) {
            output.object(&VerifiedTrail {
                record_id: one.record,
                intact: true,
                entries: one.entries,
                denied: one.denied,
                head: &one.head.to_string(),
                head_compared: compared.is_some(),
                newer_on_ledger: compared.map(|compared| compared.newer),
            })?;
        }
        return Ok(());
    }
    let entries: u64 = checked.iter().map(|one| one.entries).sum();
    output.text(&format!("{entries} entries of {} records are intact", checked.len()))?;
    for (one, compared) in checked.iter().zip(compared) {
        let against = match compared {
            Some(Compared { newer: 0 }) => "as on the ledger".to_owned(),
            Some(Compared { newer }) => format!("as on the ledger, which has {newer} more since"),
            None => "not on the ledger here".to_owned(),
        };
        output.text(&format!(
            "  record {}: {} entries, head {}, {against}",
            one.record, one.entries, one.head,
        ))?;
    }
    Ok(())
}

/// How trails compare with those on this home's ledger; `None` for what that ledger does not have.
fn compared(
    checked: &[CheckedTrail],
    settings: &Settings,
) -> Result<Vec<Option<Compared>>, Failure> {
    if settings.home.contract_known()?.is_none() {
        return Ok(vec![None; checked.len()]);
    }
    Ok(settings.home.open()?.session().compare_exported(checked)?)
}
