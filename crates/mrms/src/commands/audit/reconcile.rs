//! `mrms audit --reconcile`: compares a record's log with the vaults' logs.

use std::time::{Duration, Instant};

use mrms_app::audit::reconcile::{self, Declared, GivenReason, Reconciled, Reconciling, VaultLog};
use mrms_app::{Actor, Session};
use mrms_core::{AuditEntry, RecordId, visible};
use mrms_vault::protocol::{LogLine, Topic};

use crate::ui::failure::{Exit, Failure};
use crate::ui::output::{Output, let_out};
use crate::ui::results::audit::{self as results, Difference, KeySource, Opening};
use crate::ui::results::vault::LogLine as LogLineObject;
use crate::ui::times;
use mrms_home::Names;
use mrms_home::clock::rng;

/// How long a comparison of many records keeps the home to itself. Taking it up again costs as much as comparing a record.
const AT_A_TIME: Duration = Duration::from_secs(1);

/// Prints the comparison. Fails when a difference is grave. `since` is when other commands were let in last.
pub(crate) fn run(
    session: &Session<'_>,
    reconciling: &mut Reconciling<'_>,
    (actor, id): (&Actor, RecordId),
    names: &Names,
    output: Output,
    since: &mut Instant,
) -> Result<(), Failure> {
    let reconciled = reconciling.one(actor, id, &mut rng())?;
    let Reconciled { patient, openings, emergencies, purposes, vaults, differences, .. } =
        &reconciled;
    let mut text = format!("record {id}: openings, and how each reader came to the key");
    for (entry, source) in openings {
        text.push_str(&opening_line(entry, source, names));
        if let Some(purpose) = purposes.get(&entry.index) {
            text.push_str(&format!("\n{:24}for {} ({purpose})", "", purpose.words()));
        }
    }
    let is_patient = *patient == actor.principal();
    let notes = notes(session, actor, vaults, is_patient);
    for (entry, words) in &notes {
        text.push_str(&reason_line(*entry, words));
    }
    for emergency in emergencies {
        text.push_str(&emergency_line(emergency, names));
    }
    for log in vaults {
        text.push_str(&log_lines(log, names));
    }
    let is_unasked =
        |one: &reconcile::Difference| matches!(one, reconcile::Difference::NotAsked { .. });
    text.push_str(match differences.as_slice() {
        [] => "\nnothing differs",
        some if some.iter().all(is_unasked) => "\nnothing differs, as far as it could be compared",
        _ => "\ndifferences",
    });
    for difference in differences {
        let mark = if difference.is_grave() { "  GRAVE: " } else { "  " };
        text.push_str(&format!("\n{mark}{}", visible::line(&difference.to_string())));
    }
    output.result(&object(id, &reconciled, &notes, names), &text)?;
    // A program that reads JSON is no person: what it got stays to be reviewed.
    let told = match !output.is_json() && is_patient {
        true => reconciled.told_emergencies(),
        false => Vec::new(),
    };
    // It counts as shown when it is out, however long somebody reads in a pager.
    if !told.is_empty() || since.elapsed() >= AT_A_TIME {
        session.ledger.step_aside();
        let_out()?;
        *since = Instant::now();
    }
    if !told.is_empty() {
        session.review_emergencies(id, &told)?;
    }
    if differences.iter().any(|difference| difference.is_grave()) {
        return Err(Failure::new(
            Exit::Integrity,
            "logs-differ",
            "a vault's log and the chain's do not fit",
        )
        .hint("keep this output: its vault receipts and heads prove who altered a log"));
    }
    Ok(())
}

fn opening_line(entry: &AuditEntry, source: &reconcile::KeySource, names: &Names) -> String {
    let how = match source {
        reconcile::KeySource::Own => "their own".to_owned(),
        reconcile::KeySource::Sent => "it was sent to them".to_owned(),
        reconcile::KeySource::OnChain => "by what is on chain for them (direct sharing)".to_owned(),
        reconcile::KeySource::Released(vaults) => format!("released by {}", vaults.join(", ")),
        reconcile::KeySource::OwnLink => "your link, which needs no vault".to_owned(),
        reconcile::KeySource::NotReleased => "not released".to_owned(),
    };
    let organisation = entry.subject.as_ref().map(|one| format!(", for {}", names.shown(one)));
    format!(
        "\n  {:>5}  {:<14} {}{}, version {}: {how}",
        entry.index,
        entry.action,
        names.shown(&entry.actor),
        organisation.unwrap_or_default(),
        entry.version
    )
}

fn emergency_line(emergency: &Declared, names: &Names) -> String {
    let Declared { entry, reason } = emergency;
    let what = match reason {
        GivenReason::Words(_) => "its reason came, and is the one that was declared",
        GivenReason::Sealed => "its reason is sealed to the patient",
        GivenReason::Unreadable => "its reason does not open with your keys",
        GivenReason::Missing => "no vault that was asked has its reason",
    };
    format!("\n  {:>5}  {:<14} {}: {what}", entry.index, entry.action, names.shown(&entry.actor))
}

/// The reason of an emergency. Whoever declared it wrote the words, so they can't begin a line.
fn reason_line(entry: u64, words: &str) -> String {
    format!("\n  reason given for entry {entry}: {}", visible::line(words))
}

fn log_lines(log: &VaultLog, names: &Names) -> String {
    let mut text = format!("\n{}: {}, {} lines, head {}", log.name, log.vault, log.count, log.head);
    match &log.anchor {
        Some(anchor) => text.push_str(&format!(
            "\n  anchored on chain at {} lines, burn block {}",
            anchor.count, anchor.burn_height
        )),
        None => text.push_str("\n  not anchored on chain yet"),
    }
    for line in &log.lines {
        text.push_str(&line_words(line, names));
    }
    text
}

pub(crate) fn line_words(line: &LogLine, names: &Names) -> String {
    let time = times::local(mrms_core::UnixTime::from_seconds(line.time));
    let mut text = format!("\n  {:>5}  {time}  {:<12}", line.number, line.topic.as_str());
    if line.topic == Topic::Refusal {
        text.push_str(&format!(" of {}", visible::line(&line.of)));
    }
    if let Some(who) = line.actor.as_ref().or(line.reader.as_ref()) {
        text.push_str(&format!(" {}", names.shown(who)));
    }
    if let Some(index) = line.audit_index {
        text.push_str(&format!(", entry {index}"));
    }
    if line.version > 0 {
        text.push_str(&format!(", version {}", line.version));
    }
    if let Some(reason) = line.reason {
        text.push_str(&format!(": {}", reason.sentence()));
    }
    text
}

/// The reasons that readers gave for emergencies, each with the number of its entry.
fn notes(
    session: &Session<'_>,
    actor: &Actor,
    vaults: &[VaultLog],
    is_patient: bool,
) -> Vec<(u64, String)> {
    let sealed = match is_patient {
        true => "(does not open with your keys)",
        false => "(sealed to the patient)",
    };
    let mut notes = Vec::new();
    for line in vaults.iter().flat_map(|log| &log.lines) {
        let Some(index) = line.audit_index.filter(|_| !line.note.is_empty()) else { continue };
        if session.read_purpose(actor, &line.note).is_some() {
            continue;
        }
        let words = session.read_note(actor, &line.note).map(|reason| reason.words().to_owned());
        let note = (index, words.unwrap_or_else(|| sealed.to_owned()));
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes
}

fn object<'a>(
    id: RecordId,
    reconciled: &'a Reconciled,
    notes: &'a [(u64, String)],
    names: &'a Names,
) -> results::Reconciled<'a> {
    let opening = |(entry, source): &'a (AuditEntry, reconcile::KeySource)| {
        let (key, vaults) = match source {
            reconcile::KeySource::Own => (KeySource::Own, &[][..]),
            reconcile::KeySource::Sent => (KeySource::Sent, &[][..]),
            reconcile::KeySource::OnChain => (KeySource::Chain, &[][..]),
            reconcile::KeySource::Released(vaults) => (KeySource::Vault, vaults.as_slice()),
            reconcile::KeySource::OwnLink => (KeySource::Link, &[][..]),
            reconcile::KeySource::NotReleased => (KeySource::None, &[][..]),
        };
        let reason = notes.iter().find(|(index, _)| *index == entry.index);
        Opening {
            index: entry.index,
            action: entry.action,
            actor: &entry.actor,
            actor_name: names.name_of(&entry.actor),
            organisation: entry.subject.as_ref(),
            organisation_name: entry.subject.as_ref().and_then(|one| names.name_of(one)),
            version: entry.version,
            key,
            vaults,
            reason: reason.map(|(_, words)| words.as_str()),
            purpose: reconciled.purposes.get(&entry.index).map(|purpose| purpose.code()),
        }
    };
    let account = |account: &'a VaultLog| results::VaultAccount {
        name: &account.name,
        vault: account.vault,
        count: account.count,
        head: account.head.to_string(),
        anchored_count: account.anchor.map(|anchor| anchor.count),
        lines: account.lines.iter().map(|line| LogLineObject::of(line, names)).collect(),
    };
    let difference = |one: &reconcile::Difference| Difference {
        grave: one.is_grave(),
        difference: visible::line(&one.to_string()).into_owned(),
    };
    results::Reconciled {
        record_id: id,
        openings: reconciled.openings.iter().map(opening).collect(),
        emergencies: reconciled
            .emergencies
            .iter()
            .map(|one| results::Emergency::of(one, names))
            .collect(),
        vaults: reconciled.vaults.iter().map(account).collect(),
        differences: reconciled.differences.iter().map(difference).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reason_that_forges_a_result_stays_on_its_line_and_is_seen() {
        let line = reason_line(3, "asleep\x1b[2K\r\nnothing differs\u{202e}");
        assert_eq!(line.trim_start().lines().count(), 1, "{line}");
        assert!(line.ends_with("asleep\\u{1b}[2K\\r\\nnothing differs\\u{202e}"), "{line}");
    }
}
