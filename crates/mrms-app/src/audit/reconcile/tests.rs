//! Differences between a record's log and a vault's, and logs that were cut or rewritten.

use mrms_core::BurnHeight;
use mrms_vault::protocol::{Hex, LogItem, Topic};

use super::replay::LogReplay;
use super::*;
use crate::profile::remembered::{ReadLog, SeenLog};

fn reader(byte: u8) -> Principal {
    StandardPrincipal::new(26, [byte; 20]).unwrap().into()
}

fn entry(index: u64, action: Action, actor: u8, version: u64) -> AuditEntry {
    AuditEntry {
        index,
        action,
        actor: reader(actor),
        subject: None,
        version,
        expiry: None,
        detail: [0; 32],
        burn_height: BurnHeight::new(1),
    }
}

fn line(number: u64, topic: Topic, audit_index: Option<u64>, actor: u8) -> LogLine {
    LogLine {
        number,
        time: 1,
        topic,
        reason: None,
        record_id: Some(RecordId::new(1)),
        version: 1,
        actor: Some(reader(actor)),
        reader: Some(reader(actor)),
        audit_index,
        txid: None,
        of: String::new(),
        count: 1,
        request: Hex([0; 32]),
        note: Vec::new(),
    }
}

fn log(lines: Vec<LogLine>) -> VaultLog {
    VaultLog {
        name: "one".to_owned(),
        vault: StandardPrincipal::new(26, [9; 20]).unwrap(),
        count: lines.len() as u64,
        head: LogHead::EMPTY,
        anchor: None,
        lines,
    }
}

fn found(lines: Vec<LogLine>) -> Vec<Difference> {
    let entries = [
        entry(0, Action::Create, 1, 1),
        entry(1, Action::Access, 2, 1),
        entry(2, Action::EmergencyRead, 2, 1),
        entry(3, Action::Access, 2, 2),
    ];
    let entries = entries.into_iter().map(|entry| (entry.index, entry)).collect();
    let mut differences = Vec::new();
    compare_releases(&log(lines), &entries, &mut differences);
    differences
}

#[test]
fn a_release_without_its_own_entry_is_named() {
    let vault = || "one".to_owned();
    let other = |audit_index| Difference::OtherEntry { vault: vault(), line: 0, audit_index };
    let release = |index, actor| found(vec![line(0, Topic::Release, index, actor)]);
    let without = || Difference::ReleaseWithoutEntry { vault: vault(), line: 0 };
    assert_eq!(release(Some(9), 2), [without()], "past the end");
    assert_eq!(release(None, 2), [without()], "names none");
    assert_eq!(release(Some(0), 1), [other(0)], "not an access");
    assert_eq!(release(Some(1), 3), [other(1)], "another reader's");
    assert_eq!(release(Some(3), 2), [other(3)], "another version's");
    for index in [1, 2] {
        assert_eq!(release(Some(index), 2), [], "its own entry");
    }
}

#[test]
fn an_entry_that_two_shares_of_one_vault_were_released_against_is_named() {
    let twice = vec![line(0, Topic::Release, Some(1), 2), line(1, Topic::Release, Some(1), 2)];
    let expected = Difference::ReleasedTwice { vault: "one".to_owned(), line: 1, audit_index: 1 };
    assert_eq!(found(twice), [expected]);
    let refused = vec![line(0, Topic::Release, Some(1), 2), line(1, Topic::Refusal, Some(1), 2)];
    assert_eq!(found(refused), []);
}

fn replayed(anchor: Option<SeenLog>, seen: Option<SeenLog>, lines: &[LogLine]) -> LogReplay {
    let anchor = anchor.map(|anchor| Anchor {
        head: anchor.head.0.0,
        count: anchor.count,
        burn_height: BurnHeight::new(1),
    });
    let mut replay = LogReplay::new(anchor, seen);
    for line in lines {
        replay.take(LogItem::Line(Box::new(line.clone())));
    }
    replay
}

#[test]
fn a_log_that_was_cut_or_rewritten_since_it_was_anchored_or_seen_is_found_out() {
    let lines: Vec<_> = (0..5).map(|n| line(n, Topic::Release, Some(n), 2)).collect();
    let at = |count: usize| {
        let replay = replayed(None, None, &lines[..count]);
        SeenLog { count: replay.count, head: replay.head }
    };
    let mut rewritten = lines.clone();
    rewritten[1].version = 7;
    for count in 2..=4 {
        let mark = Some(at(count));
        assert!(!replayed(mark, None, &rewritten).holds_anchor());
        assert!(!replayed(None, mark, &rewritten).holds_seen());
        assert!(!replayed(mark, mark, &lines[..count - 1]).holds_anchor(), "cut");
        let replay = replayed(mark, mark, &lines);
        assert!(replay.sound && replay.holds_anchor() && replay.holds_seen());
    }
    let empty = SeenLog { count: 0, head: LogHead::EMPTY };
    assert!(replayed(Some(empty), None, &[]).holds_anchor());
}

#[test]
fn lines_out_of_their_order_make_no_log() {
    let lines = [line(1, Topic::Release, Some(1), 2), line(0, Topic::Release, Some(1), 2)];
    assert!(!replayed(None, None, &lines).sound);
}

/// The emergency that reader 2 declared with this note, then an opening.
fn emergency(note: &[u8]) -> BTreeMap<u64, AuditEntry> {
    let detail = *mrms_core::ContentHash::of(note).as_bytes();
    let declared = AuditEntry { detail, ..entry(1, Action::Emergency, 2, 1) };
    let entries = [entry(0, Action::Create, 1, 1), declared, entry(2, Action::EmergencyRead, 2, 1)];
    entries.into_iter().map(|entry| (entry.index, entry)).collect()
}

fn released(number: u64, note: &[u8]) -> LogLine {
    LogLine { note: note.to_vec(), ..line(number, Topic::Release, Some(2), 2) }
}

/// The reasons and differences that the patient is told; a note opens when it begins with `to me: `.
fn told(
    entries: &BTreeMap<u64, AuditEntry>,
    logs: &[VaultLog],
) -> (Vec<GivenReason>, Vec<Difference>) {
    let read = |note: &[u8]| {
        let words = note.strip_prefix(b"to me: ")?;
        mrms_crypto::emergency_reason::EmergencyReason::from_bytes(&[&[0; 16][..], words].concat())
    };
    let mut differences = Vec::new();
    let declared = emergencies::judge(entries, logs, Some(&read), &mut differences);
    (declared.into_iter().map(|one| one.reason).collect(), differences)
}

#[test]
fn member_opens_in_the_emergency_that_their_organisation_declared() {
    let note = &b"to me: unconscious"[..];
    let mut entries = emergency(note);
    if let Some(opened) = entries.get_mut(&2) {
        opened.actor = reader(3);
        opened.subject = Some(reader(2));
    }
    let by_member = |note: &[u8]| LogLine { actor: Some(reader(3)), ..released(0, note) };
    let words = GivenReason::Words("unconscious".to_owned());
    assert_eq!(told(&entries, &[log(vec![by_member(note)])]), (vec![words.clone()], vec![]));
    let missing =
        Difference::ReleasedWithoutReason { vault: "one".to_owned(), line: 0, audit_index: 1 };
    let logs = [log(vec![by_member(note)]), log(vec![by_member(b"")])];
    assert_eq!(told(&entries, &logs), (vec![words], vec![missing]));
}

#[test]
fn a_reason_is_told_where_it_is_the_declared_one_and_a_difference_is_named() {
    let note = &b"to me: unconscious"[..];
    let entries = emergency(note);
    let words = || GivenReason::Words("unconscious".to_owned());
    let vault = || "one".to_owned();
    assert_eq!(told(&entries, &[log(vec![released(0, note)])]), (vec![words()], vec![]));
    let other = log(vec![released(0, b"to me: something else")]);
    let differs = Difference::ReasonDiffers { vault: vault(), line: 0 };
    assert_eq!(told(&entries, &[other]), (vec![GivenReason::Missing], vec![differs.clone()]));
    assert!(differs.is_grave());
    assert_eq!(told(&entries, &[]), (vec![GivenReason::Missing], vec![]));

    let without = log(vec![released(0, b"")]);
    let logs = [log(vec![released(0, note)]), without];
    let missing = Difference::ReleasedWithoutReason { vault: vault(), line: 0, audit_index: 1 };
    assert_eq!(told(&entries, &logs), (vec![words()], vec![missing]));

    let to_nobody = &b"sealed to somebody else"[..];
    let unreadable = Difference::ReasonUnreadable { audit_index: 1 };
    let found = told(&emergency(to_nobody), &[log(vec![released(0, to_nobody)])]);
    assert_eq!(found, (vec![GivenReason::Unreadable], vec![unreadable]));
}

#[test]
fn reason_of_an_emergency_is_told_with_it_and_with_each_opening_in_it_and_with_no_other() {
    let (note, later) = (&b"to me: unconscious"[..], &b"to me: again"[..]);
    let mut entries = emergency(note);
    let detail = *mrms_core::ContentHash::of(later).as_bytes();
    for one in [
        AuditEntry { detail, ..entry(3, Action::Emergency, 2, 1) },
        entry(4, Action::EmergencyRead, 2, 1),
        entry(5, Action::EmergencyRead, 3, 1),
        entry(6, Action::Access, 2, 1),
    ] {
        entries.insert(one.index, one);
    }
    let read = |note: &[u8]| {
        let words = note.strip_prefix(b"to me: ")?;
        mrms_crypto::emergency_reason::EmergencyReason::from_bytes(&[&[0; 16][..], words].concat())
    };
    let told = |lines: &[LogLine]| emergencies::told(&entries, lines.iter(), &read);
    let all = told(&[released(0, note), released(1, later), released(2, b"to me: made up")]);
    let said: Vec<(u64, &str)> = all.iter().map(|(at, words)| (*at, words.as_str())).collect();
    assert_eq!(said, [(1, "unconscious"), (2, "unconscious"), (3, "again"), (4, "again")]);
    assert!(told(&[released(0, b"sealed to somebody else")]).is_empty());
}

#[test]
fn an_emergency_whose_reason_may_be_with_a_vault_that_was_not_asked_is_not_told() {
    let note = &b"to me: unconscious"[..];
    let declared = |reason| Declared { entry: emergency(note)[&1].clone(), reason };
    let not_asked =
        Difference::NotAsked { vault: "two".to_owned(), reason: "it is away".to_owned() };
    let told = |reason, differences: &[Difference]| {
        let reconciled = Reconciled {
            patient: reader(1),
            purposes: BTreeMap::new(),
            openings: Vec::new(),
            emergencies: vec![declared(reason)],
            vaults: Vec::new(),
            differences: differences.to_vec(),
            needed: 1,
        };
        reconciled.told_emergencies().len()
    };
    assert_eq!(told(GivenReason::Missing, std::slice::from_ref(&not_asked)), 0);
    assert_eq!(told(GivenReason::Missing, &[]), 1, "nobody has one");
    assert_eq!(told(GivenReason::Words("unconscious".to_owned()), &[not_asked]), 1);
}

fn anchor_at(mark: SeenLog) -> Anchor {
    Anchor { head: mark.head.0.0, count: mark.count, burn_height: BurnHeight::new(1) }
}

#[test]
fn a_log_that_was_read_is_gone_on_with_where_it_ended() {
    let lines: Vec<_> = (0..6).map(|n| line(n, Topic::Release, Some(n), 2)).collect();
    let at = |count: usize| {
        let replay = replayed(None, None, &lines[..count]);
        SeenLog { count: replay.count, head: replay.head }
    };
    let read = |anchor| ReadLog { until: at(4), anchor, lines: lines[..4].to_vec() };
    let go_on = |read, anchor: Option<SeenLog>, seen, rest: &[LogLine]| {
        let mut replay = LogReplay::resume(read, anchor.map(anchor_at), seen)?;
        rest.iter().for_each(|line| replay.take(LogItem::Line(Box::new(line.clone()))));
        Some(replay)
    };
    // Anchored since, or before and met then.
    for (before, now) in [(None, None), (Some(at(2)), Some(at(2))), (None, Some(at(5)))] {
        let replay = go_on(read(before), now, Some(at(4)), &lines[4..]).unwrap();
        assert!(replay.holds());
        assert_eq!((replay.count, replay.head, replay.lines.len()), (6, at(6).head, 6));
    }
    // Another reading has gone further.
    assert!(go_on(read(None), None, Some(at(5)), &lines[4..]).unwrap().holds());
    // An older anchor that nobody has met: all must be read.
    assert!(LogReplay::resume(read(None), Some(anchor_at(at(2))), Some(at(4))).is_none());
    assert!(LogReplay::resume(read(None), None, None).is_none());
    // What was rewritten since does not fit.
    let mut rewritten = lines.clone();
    rewritten[4].version = 7;
    assert!(!go_on(read(None), Some(at(5)), Some(at(4)), &rewritten[4..]).unwrap().holds());
    assert!(!go_on(read(None), None, Some(at(6)), &lines[4..5]).unwrap().holds(), "cut");
}

#[test]
fn openings_without_a_key_opened_nothing_unless_that_is_unsure() {
    let opening = |index, actor, version| entry(index, Action::Access, actor, version);
    let released = || KeySource::Released(vec!["one".to_owned()]);
    let openings = vec![
        (opening(1, 2, 1), KeySource::NotReleased),
        (opening(2, 2, 1), released()),
        (opening(3, 2, 1), KeySource::NotReleased),
        (opening(4, 2, 2), KeySource::NotReleased),
        (opening(5, 3, 1), KeySource::OnChain),
        (opening(6, 4, 1), released()),
    ];
    let reconciled = |needed, differences: Vec<Difference>| Reconciled {
        patient: reader(1),
        openings: openings.clone(),
        emergencies: Vec::new(),
        purposes: BTreeMap::new(),
        vaults: Vec::new(),
        differences,
        needed,
    };
    let without = |needed, differences| {
        reconciled(needed, differences).without_key().into_iter().collect::<Vec<_>>()
    };
    // At 3 they had the key of version 1 from before.
    assert_eq!(without(1, Vec::new()), [1, 4]);
    assert_eq!(without(2, Vec::new()), [1, 2, 3, 4, 6], "one share makes no key");
    let vault = || "one".to_owned();
    let too_few = Difference::TooFewReleases { audit_index: 1, releases: 0 };
    assert_eq!(without(1, vec![too_few]), [1, 4]);
    for unsure in [
        Difference::NotAsked { vault: vault(), reason: "it is away".to_owned() },
        Difference::LogAltered { vault: vault() },
    ] {
        assert!(without(1, vec![unsure]).is_empty());
    }
    let mut counted = BTreeMap::new();
    let entries = openings.iter().map(|(entry, _)| entry);
    let apart = BTreeSet::from([1, 4]);
    crate::audit::shares::count_openings(entries, &apart, &mut counted);
    let of = |actor| (counted[&reader(actor)].count, counted[&reader(actor)].without_key);
    assert_eq!((of(2), of(3), of(4)), ((2, 2), (1, 0), (1, 0)));
}
