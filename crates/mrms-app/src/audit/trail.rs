//! The audit trail of a record: every entry with its transaction and time, and the refusals.
//!
//! Actions that succeeded stand in the contract's log, and the log's head commits to them. Refused
//! actions left no entry there: they are read from the ledger's failed transactions and marked
//! `denied`. A line of an exported trail ([`TrailLine`] as JSON) has all that is needed to check it
//! offline.

use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::state::Record;
use mrms_contract::trail::{self, Head, TrailError};
use mrms_contract::{ContractError, read};
use mrms_core::{
    Action, AuditEntry, BlockHeight, BurnHeight, Principal, RecordId, Rights, TxId, UnixTime,
};
use mrms_stacks::clarity::Value;
use mrms_stacks::transaction::ContractCall;
use serde::{Deserialize, Serialize};

use crate::ledger::IncludedCall;
use crate::session::{AskError, Session};
use crate::times::rfc3339;

/// Whether an action was done or refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActionOutcome {
    /// It was done and stands in the log.
    Ok,
    /// It was refused; it stands among the ledger's failed transactions.
    Denied,
}

/// One line of a trail, as it is exported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)] // Nobody checks a field that nobody knows.
pub struct TrailLine {
    /// The record.
    pub record_id: RecordId,
    /// Position in the record's log; none for what was refused.
    pub index: Option<u64>,
    /// What was done or attempted, in the contract's word.
    pub action: String,
    /// Who did it.
    pub actor: Principal,
    /// Whom it concerned.
    pub subject: Option<Principal>,
    /// The version concerned; none when the call named none.
    pub version: Option<u64>,
    /// The expiry that was set.
    pub expiry: Option<BurnHeight>,
    /// The burn height at which it happened.
    pub burn_height: BurnHeight,
    /// The time of the block, RFC 3339; none when the ledger no longer tells.
    pub time: Option<String>,
    /// The transaction; none when the ledger no longer tells.
    pub txid: Option<TxId>,
    /// Whether it was done or refused.
    pub outcome: ActionOutcome,
    /// Why it was refused, as a stable word.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// The entry's 32 bytes of detail, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub detail: Option<String>,
    /// The head of the trail after this entry, in hexadecimal.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub head: Option<String>,
}

/// A record's trail.
#[derive(Clone, Debug)]
pub struct Trail {
    /// The record as the contract has it.
    pub record: Record,
    /// Its lines, oldest first.
    pub lines: Vec<TrailLine>,
    /// How many of its entries could not be compared with what the contract printed, and have neither a transaction nor
    /// the time of their block. The head commits to them all the same.
    pub uncompared: usize,
    /// Whether the ledger tells what was refused. A node alone does not.
    pub refusals: Refusals,
}

/// Whether a trail has what was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusals {
    /// It has.
    Told,
    /// The ledger keeps no list of them.
    NotTold,
}

/// Why a trail could not be read, or does not hold.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadTrailError {
    /// There is no such record.
    #[error("there is no record {record}")]
    NotFound {
        /// The id asked for.
        record: RecordId,
    },
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The trail does not hold.
    #[error(transparent)]
    Trail(#[from] TrailError),
    /// A line of an exported trail can't be read.
    #[error("line {line} of the trail is not an audit line: {reason}")]
    Line {
        /// The line's number, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A line of an exported trail is not the one that the ledger has at this place.
    #[error("line {line}, of record {record}, is not what the ledger has in its place")]
    LineDiffers {
        /// The record that it is about.
        record: RecordId,
        /// The line's number in the file, from 1.
        line: usize,
    },
    /// The trail of one record in an exported file does not hold.
    #[error("the trail of record {record} does not hold")]
    OfRecord {
        /// Which.
        record: RecordId,
        /// Why.
        #[source]
        source: TrailError,
    },
    /// A file has no line of a trail.
    #[error("the file is no exported trail: none of its lines is an audit line")]
    NoTrail,
    /// The log and what the contract printed differ.
    #[error("entry {index} of the log is not what the contract printed in transaction {txid}")]
    EventDiffers {
        /// Index of the entry.
        index: u64,
        /// The transaction that printed it.
        txid: TxId,
    },
}

/// An entry as the contract printed it, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    /// The entry.
    pub entry: AuditEntry,
    /// The transaction that printed it.
    pub txid: TxId,
    /// The block of that transaction.
    pub block_height: BlockHeight,
    /// The time of that block.
    pub time: UnixTime,
}

impl TrailLine {
    /// The line of an entry. `event` tells where it was printed, if the ledger still tells; `head`
    /// is the trail's head after it.
    #[must_use]
    pub fn of_entry(
        record: RecordId,
        entry: &AuditEntry,
        event: Option<&Printed>,
        head: Head,
    ) -> Self {
        Self {
            record_id: record,
            index: Some(entry.index),
            action: entry.action.to_string(),
            actor: entry.actor.clone(),
            subject: entry.subject.clone(),
            version: Some(entry.version),
            expiry: entry.expiry,
            burn_height: entry.burn_height,
            time: event.map(|event| rfc3339(event.time)),
            txid: event.map(|event| event.txid),
            outcome: ActionOutcome::Ok,
            reason: None,
            detail: Some(hex::encode(entry.detail)),
            head: Some(head.to_string()),
        }
    }

    /// The entry that the line is about, and the head beside it.
    ///
    /// # Errors
    ///
    /// What is missing or can't be read. A refusal has no entry.
    pub fn to_entry(&self) -> Result<(AuditEntry, Head), String> {
        let bytes = |name: &str, text: &Option<String>| {
            let mut bytes = [0; 32];
            match text
                .as_ref()
                .map(|text| mrms_core::hexadecimal::decode_to_slice(text, &mut bytes))
            {
                Some(Ok(())) => Ok(bytes),
                _ => Err(format!("{name} is not 64 hexadecimal digits")),
            }
        };
        let entry = AuditEntry {
            index: self.index.ok_or("index is missing")?,
            action: self.action.parse().map_err(|error| format!("action: {error}"))?,
            actor: self.actor.clone(),
            subject: self.subject.clone(),
            version: self.version.ok_or("version is missing")?,
            expiry: self.expiry,
            detail: bytes("detail", &self.detail)?,
            burn_height: self.burn_height,
        };
        Ok((entry, Head::from_bytes(bytes("head", &self.head)?)))
    }

    /// The organisation for which somebody opened the record, or tried to, as its member.
    #[must_use]
    pub fn organisation(&self) -> Option<&Principal> {
        let is_opening = matches!(self.action.parse(), Ok(Action::Access | Action::EmergencyRead));
        self.subject.as_ref().filter(|_| is_opening)
    }

    /// What a grant allows, by the detail of its entry: 31 zero bytes and the byte of the rights.
    #[must_use]
    pub fn rights(&self) -> Option<Rights> {
        let is_grant = matches!(self.action.as_str(), "grant" | "standing-grant");
        let detail = self.detail.as_deref().filter(|_| is_grant)?;
        let mut bytes = [0; 32];
        mrms_core::hexadecimal::decode_to_slice(detail, &mut bytes).ok()?;
        match bytes.split_last() {
            Some((bits, zeros)) if zeros.iter().all(|byte| *byte == 0) => Rights::from_bits(*bits),
            _ => None,
        }
    }

    /// The records that a refused call was about, each once.
    pub(crate) fn refused_records(call: &IncludedCall) -> Vec<RecordId> {
        let Some(payload) = &call.call else { return Vec::new() };
        let id = |value: &Value| match value {
            Value::UInt(number) => Some(RecordId::new(*number)),
            _ => None,
        };
        let mut records: Vec<_> = match named_first(payload).first() {
            Some(Value::List(grants)) => grants
                .iter()
                .filter_map(|grant| id(grant.read().field("record-id").ok()?.value()))
                .collect(),
            first => first.and_then(id).into_iter().collect(),
        };
        records.sort_unstable();
        records.dedup();
        records
    }

    /// The line of a refused call; `None` when it was not about this record.
    #[must_use]
    pub fn of_refusal(record: RecordId, call: &IncludedCall) -> Option<Self> {
        let payload = call.call.as_ref()?;
        let function = payload.function.as_str();
        let action = match function {
            "create-medical-record" => Action::Create,
            "create-record-for" => Action::CreateFor,
            "amend-medical-record" | "amend-record-version" => Action::Amend,
            "grant-record-access" | "grant-record-rights" | "grant-many" => Action::Grant,
            "revoke-record-access" => Action::Revoke,
            "access-medical-record" | "access-record-version" | "access-for" => Action::Access,
            "emergency-access" => Action::Emergency,
            "put-key-envelope" => Action::Envelope,
            "transfer-patient" => Action::TransferOffer,
            "accept-patient" => Action::TransferAccept,
            _ => return None,
        };
        let arguments = &payload.arguments;
        let named = named_first(payload);
        let about = |value: &Value| *value == Value::UInt(record.number());
        let concerned = match named.first()? {
            Value::List(grants) => grants
                .iter()
                .any(|grant| grant.read().field("record-id").is_ok_and(|id| about(id.value()))),
            id => about(id),
        };
        let named_version = matches!(
            function,
            "amend-record-version" | "access-record-version" | "access-for" | "put-key-envelope"
        );
        let version = match arguments.get(1) {
            Some(Value::UInt(number)) if named_version => u64::try_from(*number).ok(),
            _ => None,
        };
        let subject = arguments.iter().find_map(|argument| match argument {
            Value::Principal(principal) => Some(principal.clone()),
            _ => None,
        });
        let expiry = match arguments.last() {
            Some(Value::Some(height)) => height.read().uint().ok().map(BurnHeight::from_uint),
            _ => None,
        };
        concerned.then(|| Self {
            record_id: record,
            index: None,
            action: action.to_string(),
            actor: call.sender.into(),
            subject,
            version,
            expiry,
            burn_height: call.receipt.burn_height,
            time: Some(rfc3339(call.receipt.time)),
            txid: Some(call.receipt.txid),
            outcome: ActionOutcome::Denied,
            reason: ContractError::in_result(&call.receipt.result)
                .map(|refusal| refusal.slug().to_owned()),
            detail: None,
            head: None,
        })
    }
}

/// An exported trail that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedTrail {
    /// The record that it is about.
    pub record: RecordId,
    /// How many entries it has.
    pub entries: u64,
    /// How many refusals stand beside them; no head commits to those.
    pub denied: u64,
    /// The head that the entries give.
    pub head: Head,
    /// All lines, in their order.
    pub lines: Vec<TrailLine>,
    /// The number of each line in the file, from 1.
    places: Vec<usize>,
}

/// How an exported trail compares with the one on a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Lines that the ledger has added since the export.
    pub newer: usize,
}

impl CheckedTrail {
    /// Compares every line, refusals, times and transactions included, with the trail that a ledger
    /// has now. The ledger may have added lines since the export.
    ///
    /// # Errors
    ///
    /// [`ReadTrailError::LineDiffers`] with the first line that is not the ledger's.
    pub fn compare(&self, ledger: &Trail) -> Result<Compared, ReadTrailError> {
        for (number, (line, place)) in self.lines.iter().zip(&self.places).enumerate() {
            if ledger.lines.get(number) != Some(line) {
                return Err(ReadTrailError::LineDiffers { record: self.record, line: *place });
            }
        }
        Ok(Compared { newer: ledger.lines.len() - self.lines.len() })
    }
}

/// Checks exported trails, one JSON object a line, of one record or of many: every entry against the head beside it, in the
/// order of the file. To know that one is whole, compare [`CheckedTrail::head`] with a head that is known from elsewhere: from
/// the chain, or on paper. Returns at least one, by the record's first line.
///
/// # Errors
///
/// The first entry that does not hold, by its record and index. [`ReadTrailError::NoTrail`] for a file of another kind.
pub fn check_exported(text: &str) -> Result<Vec<CheckedTrail>, ReadTrailError> {
    let mut order = Vec::new();
    let mut of_record: BTreeMap<RecordId, Lines> = BTreeMap::new();
    let mut unread = None;
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |reason: String| ReadTrailError::Line { line: number + 1, reason };
        let line = serde_json::from_str::<Exported>(line);
        match line.map_err(|error| error.to_string()).and_then(Exported::line) {
            Ok(line) => {
                let lines = of_record.entry(line.record_id).or_insert_with(|| {
                    order.push(line.record_id);
                    Lines::default()
                });
                if line.outcome == ActionOutcome::Ok {
                    lines.entries.push(line.to_entry().map_err(wrong)?);
                }
                lines.lines.push(line);
                lines.places.push(number + 1);
            }
            Err(reason) => unread = unread.or_else(|| Some(wrong(reason))),
        }
    }
    match unread {
        Some(error) if !order.is_empty() => return Err(error),
        _ if order.is_empty() => return Err(ReadTrailError::NoTrail),
        _ => {}
    }
    let lines = order.into_iter().filter_map(|id| Some((id, of_record.remove(&id)?)));
    lines.map(|(record, lines)| lines.check(record)).collect()
}

/// The lines of one record in a file.
#[derive(Default)]
struct Lines {
    entries: Vec<(AuditEntry, Head)>,
    lines: Vec<TrailLine>,
    places: Vec<usize>,
}

impl Lines {
    fn check(self, record: RecordId) -> Result<CheckedTrail, ReadTrailError> {
        let Self { entries, lines, places } = self;
        let head = entries.last().map_or(Head::EMPTY, |(_, head)| *head);
        let pairs = entries.iter().map(|(entry, head)| (entry, Some(*head)));
        let of_record = |source| ReadTrailError::OfRecord { record, source };
        let count = trail::verify(record, pairs, head).map_err(of_record)?;
        let denied = lines.iter().filter(|line| line.outcome == ActionOutcome::Denied).count();
        let denied = u64::try_from(denied).unwrap_or(u64::MAX);
        Ok(CheckedTrail { record, entries: count, denied, head, lines, places })
    }
}

impl Session<'_> {
    /// Compares exported trails with the ones on the ledger, in their order; `None` for a record that it does not have.
    ///
    /// # Errors
    ///
    /// As [`CheckedTrail::compare`]; [`ReadTrailError::Ask`] where the ledger does not answer.
    pub fn compare_exported(
        &self,
        checked: &[CheckedTrail],
    ) -> Result<Vec<Option<Compared>>, ReadTrailError> {
        let asked: Vec<_> = checked.iter().map(|one| read::record(one.record)).collect();
        let records = self.ask_all(&asked)?;
        let here = checked.iter().zip(records).filter_map(|(one, here)| Some((one.record, here?)));
        let here: Vec<_> = here.collect();
        let known: BTreeSet<_> = here.iter().map(|(id, _)| *id).collect();
        let mut trails = self.trails(here);
        let compare = |one: &CheckedTrail| match known.contains(&one.record) {
            true => one.compare(&trails.read(one.record)?).map(Some),
            false => Ok(None),
        };
        checked.iter().map(compare).collect()
    }
}

/// A line as it is exported: with the names that its exporter gave to the accounts. Nothing can prove a name, so that
/// none is compared and none is kept.
#[derive(Deserialize)]
struct Exported {
    #[serde(flatten)]
    fields: serde_json::Map<String, serde_json::Value>,
}

impl Exported {
    fn line(self) -> Result<TrailLine, String> {
        let Self { mut fields } = self;
        for name in ["actor_name", "subject_name"] {
            match fields.remove(name) {
                None | Some(serde_json::Value::Null | serde_json::Value::String(_)) => {}
                Some(_) => return Err(format!("{name} is no name")),
            }
        }
        serde_json::from_value(fields.into()).map_err(|error| error.to_string())
    }
}

/// A call's arguments from the record on: creating for a patient names the patient before it.
fn named_first(call: &ContractCall) -> &[Value] {
    let skipped = usize::from(call.function.as_str() == "create-record-for");
    call.arguments.get(skipped..).unwrap_or_default()
}
