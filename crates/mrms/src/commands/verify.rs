//! `mrms verify`: a record's log and content against the chain, or an exported trail by itself.

use std::fs;
use std::path::Path;

use clap::Args;
use mrms_app::trail::{self, Compared, ReadTrailError, Trail};
use mrms_core::RecordId;
use serde_json::json;

use crate::config::Settings;
use crate::failure::{Exit, Failure};
use crate::home::cannot;
use crate::output::Output;
use crate::workplace::Workplace;

#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// A record's id, or a file that `mrms audit ID --json` wrote.
    #[arg(value_name = "ID|FILE")]
    what: String,
    /// The head that the trail must end in, in hexadecimal; that of this home's ledger when left
    /// out and the record is known there.
    #[arg(long, value_name = "HEX")]
    head: Option<String>,
}

pub(crate) fn run(args: &VerifyArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    match args.what.parse::<RecordId>() {
        Ok(id) if !Path::new(&args.what).exists() => record(id, settings, output),
        _ => exported(Path::new(&args.what), args.head.as_deref(), settings, output),
    }
}

fn record(id: RecordId, settings: &Settings, output: Output) -> Result<(), Failure> {
    let place = Workplace::open(settings, output)?;
    let session = place.session();
    let trail = session.trail(id)?;
    let mut bytes = 0;
    for version in trail.record.version.up_to() {
        bytes += session.check_version(id, version)?.length;
    }
    output.result(
        &json!({
            "record_id": id,
            "intact": true,
            "versions": trail.record.version,
            "ciphertext_bytes": bytes,
            "entries": trail.record.audit_count,
            "head": trail.record.audit_head.to_string(),
        }),
        &format!(
            "record {id} is intact\n  {} version(s), {bytes} bytes of ciphertext, as their authors put them on chain\n  log: {} entries give the contract's head {}",
            trail.record.version, trail.record.audit_count, trail.record.audit_head,
        ),
    )
}

fn exported(
    path: &Path,
    head: Option<&str>,
    settings: &Settings,
    output: Output,
) -> Result<(), Failure> {
    let text = fs::read_to_string(path).map_err(|error| cannot("read", path, &error))?;
    let checked = trail::check_exported(&text)?;
    let found = checked.head.to_string();
    let expected = head.map(|head| head.trim_start_matches("0x").to_ascii_lowercase());
    if let Some(expected) = expected.as_ref().filter(|expected| **expected != found) {
        return Err(Failure::new(
            Exit::Integrity,
            "trail-altered",
            format!("the trail ends in head {found}, not in {expected}"),
        )
        .hint("it was cut, extended or rewritten; mrms audit ID --json writes it anew"));
    }
    let compared = match ledger_trail(checked.record, settings, output)? {
        Some(trail) => Some(checked.compare(&trail)?),
        None => None,
    };
    let against = match compared {
        Some(Compared { newer: 0 }) => "every line is the ledger's, to the last".to_owned(),
        Some(Compared { newer }) => {
            format!("every line is the ledger's, which has {newer} more since")
        }
        None if expected.is_some() => "it is the head that was given".to_owned(),
        None => "compare the head with one that you know from elsewhere (--head)".to_owned(),
    };
    output.result(
        &json!({
            "record_id": checked.record,
            "intact": true,
            "entries": checked.entries,
            "denied": checked.denied,
            "head": found,
            "head_compared": expected.is_some() || compared.is_some(),
            "newer_on_ledger": compared.map(|compared| compared.newer),
        }),
        &format!(
            "{} entries of record {} are intact\n  head {found}\n  {against}",
            checked.entries, checked.record,
        ),
    )
}

/// The trail of the record on this home's ledger, where it is known there.
fn ledger_trail(
    record: RecordId,
    settings: &Settings,
    output: Output,
) -> Result<Option<Trail>, Failure> {
    if settings.contract_known()?.is_none() {
        return Ok(None);
    }
    let place = Workplace::open(settings, output)?;
    match place.session().trail(record) {
        Err(ReadTrailError::NotFound { .. }) => Ok(None),
        trail => Ok(Some(trail?)),
    }
}
