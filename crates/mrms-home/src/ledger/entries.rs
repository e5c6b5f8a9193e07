//! What read-only functions of the records contract answer from entries of its maps, read without the virtual machine.
//!
//! A list asks about thousands of records, and running `(map-get? …)` in the machine takes ten times as long as reading the
//! entry. What each function does besides is a [`Rule`]. This holds for the source that this program has, and for no other:
//! whoever calls this has compared it. A test over two years of a family and a clinic compares these answers with those of the
//! machine (`tests/it/life`).

use std::collections::BTreeMap;

use mrms_app::ledger::LedgerError;
use mrms_core::Principal;
use mrms_node::chain;
use mrms_stacks::clarity::{Tuple, Value};

use super::translated::{answer, call, decode};

/// The map of a patient's state: its lists, its log, its line.
const PATIENTS: &str = "patients";

/// An entry of a map, and what becomes of it.
pub(super) struct Entry {
    map: &'static str,
    /// Fields of the key, in the order of the arguments; none where the only argument is the key.
    names: &'static [&'static str],
    arguments: Vec<Value>,
    rule: Rule,
}

/// What a function does besides reading its entry.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Nothing.
    AsItIs,
    /// Puts the latest of a line in its patient's place.
    Record,
    /// Asks for the first of the line that the first argument is in.
    OfLine,
    /// A grant that ended with a delegation has no rights.
    Kept,
    /// Both.
    KeptOfLine,
    /// Adds what the entry is about.
    RecordAudit,
    /// The same in the log of a line.
    PatientAudit,
    /// Tells the state of somebody new where there is none, for the first of the line.
    Patient,
    /// Tells first and latest of the line that somebody is in.
    Line,
    /// Tells what the source says of itself, without an entry.
    Release,
}

/// The entry from which a function answers; `None` for a function that does more, or for other arguments than it takes.
pub(super) fn entry_of(function: &str, arguments: &[Value]) -> Option<Entry> {
    let (map, names, rule): (_, &[&str], _) = match function {
        "get-record" => ("records", &[], Rule::Record),
        "get-record-version" => ("record-versions", &["record-id", "version"], Rule::AsItIs),
        "get-record-reader" => ("record-readers", &["record-id", "index"], Rule::AsItIs),
        "get-shared-record" => ("shared-records", &["user", "index"], Rule::AsItIs),
        "get-emergency-opening" => ("emergency-openings", &["record-id", "user"], Rule::AsItIs),
        "get-encryption-key" => ("encryption-keys", &[], Rule::AsItIs),
        "get-key-envelope" => ("key-envelopes", &["record-id", "version", "user"], Rule::AsItIs),
        "get-vault-log" => ("vault-logs", &[], Rule::AsItIs),
        "get-grant" => ("access-grants", &["record-id", "user"], Rule::Kept),
        "get-standing-grant" => ("standing-grants", &["patient", "user"], Rule::KeptOfLine),
        "get-delegate" => ("delegates", &["patient", "delegate"], Rule::OfLine),
        "get-patient-record" => ("patient-records", &["patient", "index"], Rule::OfLine),
        "get-care-team-member" => ("care-team", &["patient", "index"], Rule::OfLine),
        "get-audit-entry" => ("audit-log", &["record-id", "index"], Rule::RecordAudit),
        "get-patient-audit-entry" => {
            ("patient-audit-log", &["patient", "index"], Rule::PatientAudit)
        }
        "get-patient" => (PATIENTS, &[], Rule::Patient),
        "get-line" => (PATIENTS, &[], Rule::Line),
        "get-contract-version" => ("", &[], Rule::Release),
        _ => return None,
    };
    // Without names the only argument is the key.
    let is_of_form = match rule {
        Rule::Release => arguments.is_empty(),
        _ => arguments.len() == names.len().max(1),
    };
    is_of_form.then(|| Entry { map, names, arguments: arguments.to_vec(), rule })
}

/// What the functions answer, by one state of the ledger.
pub(super) fn answers(
    snapshot: &mut chain::ReadSnapshot<'_>,
    contract: &chain::ContractId,
    entries: &[Entry],
) -> Result<Vec<Value>, LedgerError> {
    let mut maps = Maps { snapshot, contract, lines: BTreeMap::new(), ended: BTreeMap::new() };
    entries.iter().map(|entry| maps.answer(entry)).collect()
}

/// The maps in one state of the ledger, and what many entries have in common.
struct Maps<'m, 's> {
    snapshot: &'m mut chain::ReadSnapshot<'s>,
    contract: &'m chain::ContractId,
    /// The first and the latest of the lines that were asked for.
    lines: BTreeMap<Principal, Line>,
    /// Up to which term of a delegation everything has ended that was granted in it, by patient and delegate.
    ended: BTreeMap<(Principal, Principal), u128>,
}

#[derive(Clone)]
struct Line {
    root: Option<Principal>,
    successor: Option<Principal>,
}

impl Maps<'_, '_> {
    fn answer(&mut self, entry: &Entry) -> Result<Value, LedgerError> {
        let Entry { map, names, arguments, rule } = entry;
        if *rule == Rule::Release {
            return release();
        }
        let mut arguments = arguments.clone();
        if let (
            Rule::OfLine | Rule::KeptOfLine | Rule::PatientAudit | Rule::Patient | Rule::Line,
            Some(Value::Principal(of)),
        ) = (rule, arguments.first_mut())
            && let Some(root) = self.line(of)?.root
        {
            *of = root;
        }
        let value = self.entry(map, names, &arguments)?;
        match rule {
            Rule::AsItIs | Rule::OfLine | Rule::Release => Ok(value),
            Rule::Patient => match value {
                Value::Some(state) => Ok(*state),
                _ => new_patient(),
            },
            Rule::Line => {
                let [Value::Principal(root)] = arguments.as_slice() else {
                    return Err(answer("a line is asked for by a principal"));
                };
                let latest = self.line(root)?.successor.unwrap_or_else(|| root.clone());
                let line = [
                    ("root", Value::Principal(root.clone())),
                    ("patient", Value::Principal(latest)),
                ];
                tuple(line)
            }
            Rule::Record => {
                let Some(first) = principal(&value, "patient").cloned() else { return Ok(value) };
                match self.line(&first)?.successor {
                    Some(latest) => merge(value, [("patient", Value::Principal(latest))]),
                    None => Ok(value),
                }
            }
            Rule::Kept | Rule::KeptOfLine => match self.is_kept(&value)? {
                true => Ok(value),
                false => merge(value, [("rights", Value::uint(0_u8))]),
            },
            Rule::RecordAudit | Rule::PatientAudit => {
                let (topic, of) = match rule {
                    Rule::RecordAudit => ("record-audit", "record-id"),
                    _ => ("patient-audit", "patient"),
                };
                let topic = Value::StringAscii(topic.parse().map_err(answer)?);
                let mut about = [("topic", topic), (of, Value::None), ("index", Value::None)];
                about[1..].iter_mut().zip(arguments).for_each(|((_, place), value)| *place = value);
                merge(value, about)
            }
        }
    }

    /// An entry; `none` where there is none.
    fn entry(
        &mut self,
        map: &str,
        names: &[&str],
        arguments: &[Value],
    ) -> Result<Value, LedgerError> {
        let key = match (names, arguments) {
            ([], [only]) => only.encode(),
            _ => {
                let fields = names.iter().zip(arguments);
                let fields =
                    fields.map(|(name, value)| Ok((name.parse().map_err(answer)?, value.clone())));
                let fields: Vec<_> = fields.collect::<Result<_, LedgerError>>()?;
                Value::tuple(fields).map_err(answer)?.encode()
            }
        };
        let key = key.map_err(answer)?;
        decode(&self.snapshot.map_entry(self.contract, map, &key).map_err(call)?)
    }

    /// The line that somebody is in, as far as they are not alone in it.
    fn line(&mut self, of: &Principal) -> Result<Line, LedgerError> {
        if let Some(line) = self.lines.get(of) {
            return Ok(line.clone());
        }
        let state = self.entry(PATIENTS, &[], &[Value::Principal(of.clone())])?;
        let end = |name: &str| match fields(&state)?.field(name)? {
            Value::Some(inner) => match &**inner {
                Value::Principal(end) => Some(end.clone()),
                _ => None,
            },
            _ => None,
        };
        let line = Line { root: end("root"), successor: end("successor") };
        Ok(self.lines.entry(of.clone()).or_insert(line).clone())
    }

    /// Whether a grant was not ended with the delegation by which it was given.
    fn is_kept(&mut self, grant: &Value) -> Result<bool, LedgerError> {
        let Some(Value::Some(mark)) = fields(grant).and_then(|grant| grant.field("by")) else {
            return Ok(true);
        };
        let mark = Value::Some(mark.clone());
        let (Some(patient), Some(delegate), Some(term)) =
            (principal(&mark, "patient"), principal(&mark, "delegate"), uint(&mark, "term"))
        else {
            return Err(answer("a grant does not say by which delegation it was given"));
        };
        let pair = (patient.clone(), delegate.clone());
        let ended = match self.ended.get(&pair) {
            Some(ended) => *ended,
            None => {
                let (patient, delegate) = pair.clone();
                let key = [Value::Principal(patient), Value::Principal(delegate)];
                let delegation = self.entry("delegates", &["patient", "delegate"], &key)?;
                let ended = uint(&delegation, "ended").unwrap_or_default();
                *self.ended.entry(pair).or_insert(ended)
            }
        };
        Ok(term > ended)
    }
}

fn fields(entry: &Value) -> Option<&Tuple> {
    match entry {
        Value::Some(inner) => match &**inner {
            Value::Tuple(fields) => Some(fields),
            _ => None,
        },
        _ => None,
    }
}

fn principal<'e>(entry: &'e Value, name: &str) -> Option<&'e Principal> {
    match fields(entry)?.field(name)? {
        Value::Principal(principal) => Some(principal),
        _ => None,
    }
}

fn uint(entry: &Value, name: &str) -> Option<u128> {
    match fields(entry)?.field(name)? {
        Value::UInt(number) => Some(*number),
        _ => None,
    }
}

fn tuple<const N: usize>(fields: [(&str, Value); N]) -> Result<Value, LedgerError> {
    let fields = fields.into_iter().map(|(name, value)| Ok((name.parse().map_err(answer)?, value)));
    let fields: Vec<_> = fields.collect::<Result<_, LedgerError>>()?;
    Value::tuple(fields).map_err(answer)
}

/// What `get-contract-version` answers.
fn release() -> Result<Value, LedgerError> {
    let release = mrms_contract::RELEASE.parse().map_err(answer)?;
    tuple([
        ("interface", Value::uint(mrms_contract::INTERFACE)),
        ("release", Value::StringAscii(release)),
    ])
}

/// The state of somebody who has no record and no entry yet.
fn new_patient() -> Result<Value, LedgerError> {
    let none = || Value::uint(0_u8);
    tuple([
        ("records", none()),
        ("team", none()),
        ("audit-count", none()),
        ("audit-head", Value::buffer([0; 32])),
        ("root", Value::None),
        ("successor", Value::None),
    ])
}

/// An entry with these fields in place of its own, or beside them; no entry stays none.
fn merge<const N: usize>(entry: Value, with: [(&str, Value); N]) -> Result<Value, LedgerError> {
    let Some(fields) = fields(&entry) else { return Ok(entry) };
    let mut merged: BTreeMap<_, _> =
        fields.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    for (name, value) in with {
        merged.insert(name.parse().map_err(answer)?, value);
    }
    Ok(Value::optional(Some(Value::Tuple(Tuple::new(merged).map_err(answer)?))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_that_are_answered_from_a_map_do_in_the_source_what_is_done_here() {
        let words: Vec<_> = mrms_contract::SOURCE.split_whitespace().collect();
        let source = words.join(" ");
        for body in [
            "(get-record (record-id uint)) (match (map-get? records record-id) record (some (merge record { patient: (holder-of (get patient record)) })) none ) )",
            "(holder-of (patient principal)) (match (map-get? patients patient) state (default-to patient (get successor state)) patient ) )",
            "(get-record-version (record-id uint) (version uint)) (map-get? record-versions { record-id: record-id, version: version }) )",
            "(get-record-reader (record-id uint) (index uint)) (map-get? record-readers { record-id: record-id, index: index }) )",
            "(get-shared-record (user principal) (index uint)) (map-get? shared-records { user: user, index: index }) )",
            "(get-emergency-opening (record-id uint) (user principal)) (map-get? emergency-openings { record-id: record-id, user: user }) )",
            "(get-encryption-key (owner principal)) (map-get? encryption-keys owner) )",
            "(get-vault-log (vault principal)) (map-get? vault-logs vault) )",
            "(get-grant (record-id uint) (user principal)) (match (map-get? access-grants { record-id: record-id, user: user }) grant (some (if (is-kept (get by grant)) grant (merge grant { rights: u0 }))) none ) )",
            "(get-standing-grant (patient principal) (user principal)) (match (map-get? standing-grants { patient: (root-of patient), user: user }) grant (some (if (is-kept (get by grant)) grant (merge grant { rights: u0 }))) none ) )",
            "(is-kept (by (optional { patient: principal, delegate: principal, term: uint })) ) (match by mark (> (get term mark) (default-to u0 (get ended (map-get? delegates { patient: (get patient mark), delegate: (get delegate mark) } ) )) ) true ) )",
            "(get-delegate (patient principal) (delegate principal)) (map-get? delegates { patient: (root-of patient), delegate: delegate }) )",
            "(get-patient (patient principal)) (state-of (root-of patient)) )",
            "(state-of (patient principal)) (default-to NEW_PATIENT (map-get? patients patient)) )",
            "(define-constant NEW_PATIENT { records: u0, team: u0, audit-count: u0, audit-head: ZEROS, root: none, successor: none })",
            "(get-line (user principal)) (let ((root (root-of user))) { root: root, patient: (holder-of root) } ) )",
            "(get-patient-record (patient principal) (index uint)) (map-get? patient-records { patient: (root-of patient), index: index }) )",
            "(get-care-team-member (patient principal) (index uint)) (map-get? care-team { patient: (root-of patient), index: index }) )",
            "(get-audit-entry (record-id uint) (index uint)) (match (map-get? audit-log { record-id: record-id, index: index }) entry (some (merge entry { topic: \"record-audit\", record-id: record-id, index: index })) none ) )",
            "(get-patient-audit-entry (patient principal) (index uint)) (let ((root (root-of patient))) (match (map-get? patient-audit-log { patient: root, index: index }) entry (some (merge entry { topic: \"patient-audit\", patient: root, index: index })) none ) ) )",
            "(root-of (user principal)) (match (map-get? patients user) state (default-to user (get root state)) user ) )",
            "(get-key-envelope (record-id uint) (version uint) (user principal)) (map-get? key-envelopes { record-id: record-id, version: version, user: user }) )",
        ] {
            assert!(source.contains(body), "{body}");
        }
        let (interface, release) = (mrms_contract::INTERFACE, mrms_contract::RELEASE);
        let said = format!(
            "(get-contract-version) {{ interface: u{interface}, release: \"{release}\" }} )"
        );
        assert!(source.contains(&said), "{said}");
        assert!(entry_of("has-access", &[Value::uint(1_u8), Value::uint(1_u8)]).is_none());
        assert!(entry_of("get-grant", &[Value::uint(1_u8)]).is_none());
        assert!(entry_of("get-record", &[]).is_none());
    }
}
