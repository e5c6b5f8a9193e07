//! `mrms show`: shows the versions of a record and who may open it.

use clap::Args;
use mrms_app::audit::trail::Trail;
use mrms_contract::read;
use mrms_core::{RecordId, Version};
use mrms_crypto::envelope::ContentEnvelope;

use crate::commands::record::list::name_of;
use crate::config::Settings;
use crate::ui::failure::Failure;
use crate::ui::output::Output;
use crate::ui::results::record::{GrantState, Shown, ShownGrant, ShownVersion, Storage};
use crate::ui::times;

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Id of the record, as mrms list prints it.
    id: RecordId,
}

pub(crate) fn run(args: &ShowArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let id = args.id;
    let me = settings.home.account()?.into();
    let actor = settings.home.unlock_quietly()?;
    let home = settings.home.open()?;
    let session = home.session();
    let clock = session.ledger.tip()?.clock();
    let trail = session.trail(id)?;
    let record = &trail.record;
    let is_mine = record.patient == me;
    let erased = session.erased_records()?.contains(&id);
    let mut versions = Vec::new();
    let mut text =
        format!("record {id} of {}{}", record.patient, if is_mine { " (you)" } else { "" });
    if erased {
        text.push_str("\nERASED: the vaults deleted what they kept of it, as you asked");
    }
    text.push_str("\nversions");
    for version in record.version.up_to() {
        let Some(stored) = session.ask(&read::record_version(id, version))? else { continue };
        let storage = ContentEnvelope::parse(&stored.encrypted_content)
            .map_or(Storage::Unknown, |envelope| envelope.storage().into());
        let name = match &actor {
            Some(actor) if is_mine => name_of(&session, actor, id, version),
            _ => None,
        };
        text.push_str(&format!(
            "\n  {version:>3}  {}  {}  by {}",
            written_at(&trail, version)
                .unwrap_or_else(|| format!("burn block {}", stored.burn_height)),
            name.as_deref().unwrap_or(if erased { "(erased)" } else { "(name not at hand)" }),
            stored.author,
        ));
        versions.push(ShownVersion {
            version,
            author: stored.author,
            burn_height: stored.burn_height,
            content_hash: stored.content_hash.to_string(),
            storage,
            name,
        });
    }
    let readers = session.readers_of(id, record)?;
    text.push_str(if readers.is_empty() {
        "\nnobody else was ever given access"
    } else {
        "\nwho can see it"
    });
    let mut grants = Vec::new();
    for reader in readers {
        let expiry = reader.grant.and_then(|grant| grant.expiry);
        let (state, words) = match &reader.now {
            Ok((rights, from)) => (
                GrantState::Open,
                format!("{rights}, from version {from}, {}", times::expiry_words(expiry, clock)),
            ),
            Err(error) => (GrantState::Closed, error.to_string()),
        };
        text.push_str(&format!("\n  {}  {words}", reader.user));
        grants.push(ShownGrant {
            user: reader.user,
            state,
            rights: reader.now.as_ref().ok().map(|(rights, _)| *rights),
            from_version: reader.now.as_ref().ok().map(|(_, from)| *from),
            expiry,
            expires_at: times::expires_at(expiry, clock),
        });
    }
    text.push_str(&format!("\nlog: {} entries, head {}", record.audit_count, record.audit_head));
    output.result(
        &Shown {
            record_id: id,
            patient: &record.patient,
            version: record.version,
            versions,
            erased,
            grants,
            audit_entries: record.audit_count,
            audit_head: record.audit_head.to_string(),
        },
        &text,
    )
}

/// When a version was written: the time of its entry's block.
fn written_at(trail: &Trail, version: Version) -> Option<String> {
    let wrote = |action: &str| matches!(action, "create" | "amend");
    let line = trail.lines.iter().find(|line| {
        line.index.is_some() && line.version == Some(version.number()) && wrote(&line.action)
    })?;
    line.time.as_deref().map(times::local_of_rfc3339)
}
