//! Compares the emergencies in a record's log with the sealed reasons that vaults have of them.
//!
//! The chain has the hash of the sealed reason. So a reason that a vault shows is the one that was
//! declared, or it differs. Only the patient can read the words.

use std::collections::BTreeMap;

use mrms_core::{Action, AuditEntry, ContentHash};
use mrms_crypto::emergency_reason::EmergencyReason;
use mrms_vault::protocol::{LogLine, Message as _, ReleaseRequest, Topic};

use super::{Difference, VaultLog};

/// An emergency that was declared on a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Its entry in the log.
    pub entry: AuditEntry,
    /// Its reason, as far as it came.
    pub reason: GivenReason,
}

/// What came of the reason of an emergency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GivenReason {
    /// These words, to which the chain commits.
    Words(String),
    /// It is there, sealed to the patient, who is somebody else.
    Sealed,
    /// The note to which the chain commits does not open with the patient's keys.
    Unreadable,
    /// No vault that was asked has it.
    Missing,
}

/// Opens a note; `None` when it is not for whoever reads it.
pub(super) type ReadNote<'r> = dyn Fn(&[u8]) -> Option<EmergencyReason> + 'r;

/// A note that stands in the line of a release, or of one that the vault had no share for.
struct Note<'v> {
    vault: &'v VaultLog,
    line: &'v LogLine,
}

/// The emergencies in a log, each with its reason. `read` opens a note; it is none where the reader of these
/// logs is not the patient.
pub(super) fn judge(
    entries: &BTreeMap<u64, AuditEntry>,
    vaults: &[VaultLog],
    read: Option<&ReadNote<'_>>,
    differences: &mut Vec<Difference>,
) -> Vec<Declared> {
    let mut declared: BTreeMap<u64, GivenReason> = entries
        .values()
        .filter(|entry| entry.action == Action::Emergency)
        .map(|entry| (entry.index, GivenReason::Missing))
        .collect();
    // What was declared before the record came to this patient is sealed to the one before.
    let came = entries.values().rev().find(|entry| entry.action == Action::TransferAccept);
    let given_over = came.map_or(0, |entry| entry.index);
    let releases = vaults.iter().flat_map(|vault| {
        let lines = vault.lines.iter().filter(|line| may_have_reason(line));
        lines.map(move |line| Note { vault, line })
    });
    let (with, without): (Vec<_>, Vec<_>) =
        releases.partition(|release| !release.line.note.is_empty());
    let without = without.into_iter().filter(|release| release.line.topic == Topic::Release);
    for note in with {
        let words = read.map(|read| read(&note.line.note));
        let of = emergency_of(entries, note.line, words.as_ref().and_then(Option::as_ref));
        let Some(index) = of else {
            // Others can't tell the notes of programs that committed to the words.
            let of_own = |index| index > given_over;
            if read.is_some() && opens_in_emergency(entries, note.line).is_some_and(of_own) {
                differences.push(Difference::ReasonDiffers {
                    vault: note.vault.name.clone(),
                    line: note.line.number,
                });
            }
            continue;
        };
        let given = match words {
            None => GivenReason::Sealed,
            Some(None) if index < given_over => GivenReason::Sealed,
            Some(None) => GivenReason::Unreadable,
            Some(Some(reason)) => GivenReason::Words(reason.words().to_owned()),
        };
        declared.insert(index, given);
    }
    for release in without {
        let Some(index) = opens_in_emergency(entries, release.line) else { continue };
        // A program that committed to the words gave the note with the first release alone. Where another
        // vault has the note whose hash is on chain, this one was to have it, too.
        if commits_to_note(entries, index, vaults) {
            differences.push(Difference::ReleasedWithoutReason {
                vault: release.vault.name.clone(),
                line: release.line.number,
                audit_index: index,
            });
        }
    }
    let unreadable = declared.iter().filter(|(_, reason)| **reason == GivenReason::Unreadable);
    differences
        .extend(unreadable.map(|(index, _)| Difference::ReasonUnreadable { audit_index: *index }));
    declared
        .into_iter()
        .filter_map(|(index, reason)| {
            Some(Declared { entry: entries.get(&index)?.clone(), reason })
        })
        .collect()
}

/// The emergency whose reason is in the note of this line: the chain has the hash of the note, or, by older
/// programs, a commitment to the words.
fn emergency_of(
    entries: &BTreeMap<u64, AuditEntry>,
    line: &LogLine,
    reason: Option<&EmergencyReason>,
) -> Option<u64> {
    let hash = *ContentHash::of(&line.note).as_bytes();
    let older = reason.map(EmergencyReason::commitment);
    let is_of = |entry: &&AuditEntry| {
        entry.action == Action::Emergency
            && Some(&entry.actor) == line.reader.as_ref().or(line.actor.as_ref())
            && (entry.detail == hash || Some(entry.detail) == older)
    };
    entries.values().rev().find(is_of).map(|entry| entry.index)
}

/// The emergency under which the entry of a release was made; `None` for an entry that needed none.
fn opens_in_emergency(entries: &BTreeMap<u64, AuditEntry>, line: &LogLine) -> Option<u64> {
    declared_before(entries, entries.get(&line.audit_index?)?)
}

/// The emergency in which an entry opened the record; `None` for an entry that needed none.
fn declared_before(entries: &BTreeMap<u64, AuditEntry>, opened: &AuditEntry) -> Option<u64> {
    if opened.action != Action::EmergencyRead {
        return None;
    }
    // A member opens in an emergency that their organisation declared.
    let declarer = opened.subject.as_ref().unwrap_or(&opened.actor);
    let mut before = entries.range(..opened.index).rev().map(|(_, entry)| entry);
    before
        .find(|entry| entry.action == Action::Emergency && entry.actor == *declarer)
        .map(|entry| entry.index)
}

/// The reasons in these lines, in the words that the patient was told, by the entries that they are about: of each emergency,
/// and of each opening in it.
pub(super) fn told<'l>(
    entries: &BTreeMap<u64, AuditEntry>,
    lines: impl Iterator<Item = &'l LogLine>,
    read: &ReadNote<'_>,
) -> BTreeMap<u64, String> {
    let mut told = BTreeMap::new();
    for line in lines.filter(|line| may_have_reason(line) && !line.note.is_empty()) {
        let Some(reason) = read(&line.note) else { continue };
        if let Some(index) = emergency_of(entries, line, Some(&reason)) {
            told.insert(index, reason.words().to_owned());
        }
    }
    let openings = entries.values().filter_map(|entry| {
        let reason = told.get(&declared_before(entries, entry)?)?;
        Some((entry.index, reason.clone()))
    });
    let openings: Vec<_> = openings.collect();
    told.extend(openings);
    told
}

/// Whether a line is of a release, or of one that the vault had no share for: there a reason stands.
fn may_have_reason(line: &LogLine) -> bool {
    line.topic == Topic::Release || line.topic == Topic::Refusal && line.of == ReleaseRequest::TOPIC
}

/// Whether some vault has the note whose hash this emergency has on chain.
fn commits_to_note(entries: &BTreeMap<u64, AuditEntry>, index: u64, vaults: &[VaultLog]) -> bool {
    let Some(entry) = entries.get(&index) else { return false };
    vaults.iter().flat_map(|vault| &vault.lines).any(|line| {
        !line.note.is_empty() && ContentHash::of(&line.note).as_bytes() == &entry.detail
    })
}
