//! `mrms verify`: a record's log and content against the chain, or an exported trail by itself.

use std::fs;
use std::path::Path;

use clap::Args;
use mrms_app::trail;
use mrms_contract::read;
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
    let (expected, source) = match head {
        Some(head) => (Some(head.trim_start_matches("0x").to_ascii_lowercase()), "given"),
        None => (chain_head(&checked, settings, output)?, "on the ledger"),
    };
    match &expected {
        Some(expected) if *expected != found => Err(Failure::new(
            Exit::Integrity,
            "trail-altered",
            format!("the trail ends in head {found}, the head {source} is {expected}"),
        )
        .hint("it was cut, extended or rewritten; mrms audit ID --json writes it anew")),
        _ => output.result(
            &json!({
                "record_id": checked.record,
                "intact": true,
                "entries": checked.entries,
                "denied": checked.denied,
                "head": found,
                "head_compared": expected.is_some(),
            }),
            &format!(
                "{} entries of record {} are intact\n  head {found}{}",
                checked.entries,
                checked.record,
                if expected.is_some() {
                    format!(", which is the one {source}")
                } else {
                    "; compare it with one that you know from elsewhere (--head)".to_owned()
                },
            ),
        ),
    }
}

/// The head that this home's ledger had after as many entries.
fn chain_head(
    checked: &trail::CheckedTrail,
    settings: &Settings,
    output: Output,
) -> Result<Option<String>, Failure> {
    if settings.home.contract()?.is_none() {
        return Ok(None);
    }
    let place = Workplace::open(settings, output)?;
    let session = place.session();
    let Some(record) = session.ask(&read::record(checked.record))? else { return Ok(None) };
    if record.audit_count == checked.entries {
        return Ok(Some(record.audit_head.to_string()));
    }
    // The trail has grown since the export, or the export is longer than the chain.
    let lines = session.trail(checked.record)?.lines;
    let last = checked.entries.checked_sub(1);
    let then = lines.iter().find(|line| line.index == last && last.is_some());
    Ok(Some(
        then.and_then(|line| line.head.clone()).unwrap_or_else(|| record.audit_head.to_string()),
    ))
}
