//! What read-only functions of the records contract answer from one entry of a map, read without the virtual machine.
//!
//! A list asks about thousands of records, and running `(map-get? …)` in the machine takes ten times as long as reading the
//! entry. The functions here do nothing else; `get-record` also puts the latest of a line in its patient's place. This holds
//! for the source that this program has, and for no other: whoever calls this has compared it. A test over two years of a
//! family and a clinic compares these answers with those of the machine (`tests/it/life`).

use std::collections::BTreeMap;

use mrms_app::ledger::LedgerError;
use mrms_core::Principal;
use mrms_node::chain;
use mrms_stacks::clarity::{Tuple, Value};

use super::embedded::{answer, call, decode};

/// The map of a patient's state: its lists, its log, its line.
const PATIENTS: &str = "patients";

/// An entry of a map, and what becomes of it.
pub(super) struct Entry {
    map: &'static str,
    /// In Clarity's consensus encoding.
    key: Vec<u8>,
    is_record: bool,
}

/// The entry from which a function answers; `None` for a function that does more, or for other arguments than it takes.
pub(super) fn entry_of(function: &str, arguments: &[Value]) -> Option<Entry> {
    let (map, names): (_, &[&str]) = match function {
        "get-record" => ("records", &[]),
        "get-record-version" => ("record-versions", &["record-id", "version"]),
        "get-record-reader" => ("record-readers", &["record-id", "index"]),
        "get-shared-record" => ("shared-records", &["user", "index"]),
        "get-emergency-opening" => ("emergency-openings", &["record-id", "user"]),
        "get-encryption-key" => ("encryption-keys", &[]),
        "get-key-envelope" => ("key-envelopes", &["record-id", "version", "user"]),
        _ => return None,
    };
    let key = match (names, arguments) {
        ([], [only]) => only.encode().ok()?,
        ([_, ..], arguments) if names.len() == arguments.len() => {
            let fields = names.iter().map(|name| name.parse().ok()).zip(arguments);
            let fields = fields.map(|(name, value)| Some((name?, value.clone())));
            let fields: Vec<_> = fields.collect::<Option<_>>()?;
            Value::Tuple(Tuple::new(fields).ok()?).encode().ok()?
        }
        _ => return None,
    };
    Some(Entry { map, key, is_record: function == "get-record" })
}

/// What the functions answer, by one state of the ledger.
pub(super) fn answers(
    snapshot: &mut chain::ReadSnapshot<'_>,
    contract: &chain::ContractId,
    entries: &[Entry],
) -> Result<Vec<Value>, LedgerError> {
    let mut latest: BTreeMap<Principal, Principal> = BTreeMap::new();
    let mut answers = Vec::with_capacity(entries.len());
    for Entry { map, key, is_record } in entries {
        let value = decode(&snapshot.map_entry(contract, map, key).map_err(call)?)?;
        let Some(first) = stored_patient(&value).filter(|_| *is_record).cloned() else {
            answers.push(value);
            continue;
        };
        if !latest.contains_key(&first) {
            let key = Value::Principal(first.clone()).encode().map_err(answer)?;
            let state = decode(&snapshot.map_entry(contract, PATIENTS, &key).map_err(call)?)?;
            let successor = successor(&state).cloned();
            latest.insert(first.clone(), successor.unwrap_or_else(|| first.clone()));
        }
        answers.push(match latest.get(&first) {
            Some(patient) if *patient != first => with_patient(value, patient)?,
            _ => value,
        });
    }
    Ok(answers)
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

fn stored_patient(record: &Value) -> Option<&Principal> {
    match fields(record)?.field("patient")? {
        Value::Principal(patient) => Some(patient),
        _ => None,
    }
}

/// The latest of the line that begins with a patient, by the patient's state.
fn successor(state: &Value) -> Option<&Principal> {
    match fields(state)?.field("successor")? {
        Value::Some(inner) => match &**inner {
            Value::Principal(successor) => Some(successor),
            _ => None,
        },
        _ => None,
    }
}

fn with_patient(record: Value, patient: &Principal) -> Result<Value, LedgerError> {
    let Some(fields) = fields(&record) else { return Ok(record) };
    let fields = fields.iter().map(|(name, value)| {
        let is_patient = name.as_str() == "patient";
        (name.clone(), if is_patient { Value::Principal(patient.clone()) } else { value.clone() })
    });
    let fields: Vec<_> = fields.collect();
    Ok(Value::optional(Some(Value::Tuple(Tuple::new(fields).map_err(answer)?))))
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
            "(get-key-envelope (record-id uint) (version uint) (user principal)) (map-get? key-envelopes { record-id: record-id, version: version, user: user }) )",
        ] {
            assert!(source.contains(body), "{body}");
        }
        assert!(entry_of("get-grant", &[Value::uint(1_u8), Value::uint(1_u8)]).is_none());
        assert!(entry_of("get-record", &[]).is_none());
    }
}
