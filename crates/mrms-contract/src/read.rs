//! Calls of the contract's read-only functions, each with the type of its answer.
//!
//! Read-only calls leave no trace on the chain and cost nothing. Sends none of them.

use mrms_core::{AuditEntry, Grant, Principal, RecordId, StandingGrant, Version};
use mrms_stacks::clarity::{Reading, Value};

use crate::decode::{AnswerError, later_field, principal_value, record_value, version_value};
use crate::state::{
    self, Anchor, Contact, ContractVersion, Delegation, EmergencyOpening, EncryptionKey, Line,
    Membership, Record, StoredVersion,
};
use crate::trail::Head;

type Decode<T> = fn(&Reading<'_>) -> Result<T, AnswerError>;

/// A read-only call, and how to read its answer.
#[derive(Clone, Debug)]
pub struct Read<T> {
    /// The function's name.
    pub function: &'static str,
    /// Its arguments, in order.
    pub arguments: Vec<Value>,
    decode: Decode<T>,
}

impl<T> Read<T> {
    fn new<const N: usize>(
        function: &'static str,
        arguments: [Value; N],
        decode: Decode<T>,
    ) -> Self {
        Self { function, arguments: arguments.into(), decode }
    }

    /// Reads what the contract answered.
    ///
    /// # Errors
    ///
    /// [`AnswerError`] when the answer has another shape: it is not our contract, or a newer one.
    pub fn decode(&self, answer: &Value) -> Result<T, AnswerError> {
        (self.decode)(&answer.read())
    }
}

fn optional<T>(reading: &Reading<'_>, inner: Decode<T>) -> Result<Option<T>, AnswerError> {
    reading.optional()?.map(|some| inner(&some)).transpose()
}

fn principal(reading: &Reading<'_>) -> Result<Principal, AnswerError> {
    Ok(reading.principal()?.clone())
}

fn record_id(reading: &Reading<'_>) -> Result<RecordId, AnswerError> {
    Ok(RecordId::new(reading.uint()?))
}

/// `get-contract-version`.
#[must_use]
pub fn contract_version() -> Read<ContractVersion> {
    Read::new("get-contract-version", [], ContractVersion::read)
}

/// `get-record`.
#[must_use]
pub fn record(record: RecordId) -> Read<Option<Record>> {
    Read::new("get-record", [record_value(record)], |answer| optional(answer, Record::read))
}

/// `get-record-version`.
#[must_use]
pub fn record_version(record: RecordId, version: Version) -> Read<Option<StoredVersion>> {
    Read::new("get-record-version", [record_value(record), version_value(version)], |answer| {
        optional(answer, StoredVersion::read)
    })
}

/// `get-grant`: the record's own grant for a user, live, lapsed or revoked.
#[must_use]
pub fn grant(record: RecordId, user: &Principal) -> Read<Option<Grant>> {
    Read::new("get-grant", [record_value(record), principal_value(user)], |answer| {
        optional(answer, state::grant)
    })
}

/// `get-standing-grant`: a user's grant on all records of a patient, live, lapsed or revoked.
#[must_use]
pub fn standing_grant(patient: &Principal, user: &Principal) -> Read<Option<StandingGrant>> {
    Read::new("get-standing-grant", [principal_value(patient), principal_value(user)], |answer| {
        optional(answer, state::standing_grant)
    })
}

/// `get-grant`: the delegate by whose delegation the record's own grant was given; `None` where the patient gave it, and where
/// there is none.
#[must_use]
pub fn granted_by(record: RecordId, user: &Principal) -> Read<Option<Principal>> {
    Read::new("get-grant", [record_value(record), principal_value(user)], |answer| {
        Ok(optional(answer, state::given_by)?.flatten())
    })
}

/// `get-standing-grant`: the same of a user's grant on all records of a patient.
#[must_use]
pub fn standing_granted_by(patient: &Principal, user: &Principal) -> Read<Option<Principal>> {
    Read::new("get-standing-grant", [principal_value(patient), principal_value(user)], |answer| {
        Ok(optional(answer, state::given_by)?.flatten())
    })
}

/// `has-access`: whether a user could open the record's latest version now.
#[must_use]
pub fn has_access(record: RecordId, user: &Principal) -> Read<bool> {
    Read::new("has-access", [record_value(record), principal_value(user)], |answer| {
        Ok(answer.bool()?)
    })
}

/// `get-audit-entry`.
#[must_use]
pub fn audit_entry(record: RecordId, index: u64) -> Read<Option<AuditEntry>> {
    Read::new("get-audit-entry", [record_value(record), Value::uint(index)], |answer| {
        optional(answer, state::audit_entry)
    })
}

/// `get-emergency-opening`: a user's latest emergency opening of a record, open or past.
#[must_use]
pub fn emergency_opening(record: RecordId, user: &Principal) -> Read<Option<EmergencyOpening>> {
    Read::new("get-emergency-opening", [record_value(record), principal_value(user)], |answer| {
        optional(answer, EmergencyOpening::read)
    })
}

/// `get-delegate`: what somebody may do for a patient, or might, live or over.
#[must_use]
pub fn delegate(patient: &Principal, delegate: &Principal) -> Read<Option<Delegation>> {
    Read::new("get-delegate", [principal_value(patient), principal_value(delegate)], |answer| {
        optional(answer, Delegation::read)
    })
}

/// `get-contact`: somebody who may ask to become a delegate.
#[must_use]
pub fn contact(patient: &Principal, contact: &Principal) -> Read<Option<Contact>> {
    Read::new("get-contact", [principal_value(patient), principal_value(contact)], |answer| {
        optional(answer, Contact::read)
    })
}

/// `get-member`: a member of an organisation, live or over.
#[must_use]
pub fn member(organisation: &Principal, member: &Principal) -> Read<Option<Membership>> {
    Read::new("get-member", [principal_value(organisation), principal_value(member)], |answer| {
        optional(answer, Membership::read)
    })
}

/// `get-line`: the line of succession that somebody is in.
#[must_use]
pub fn line(user: &Principal) -> Read<Line> {
    Read::new("get-line", [principal_value(user)], Line::read)
}

/// `get-pending-succession`: to whom a patient offers everything.
#[must_use]
pub fn pending_succession(patient: &Principal) -> Read<Option<Principal>> {
    Read::new("get-pending-succession", [principal_value(patient)], |answer| {
        optional(answer, principal)
    })
}

/// `get-vault-log`: how long a vault's own log was, and its head, when the vault last anchored it.
#[must_use]
pub fn vault_log(vault: &Principal) -> Read<Option<Anchor>> {
    Read::new("get-vault-log", [principal_value(vault)], |answer| optional(answer, Anchor::read))
}

/// `get-encryption-key`.
#[must_use]
pub fn encryption_key(owner: &Principal) -> Read<Option<EncryptionKey>> {
    Read::new("get-encryption-key", [principal_value(owner)], |answer| {
        optional(answer, EncryptionKey::read)
    })
}

/// `get-key-envelope`.
#[must_use]
pub fn key_envelope(record: RecordId, version: Version, user: &Principal) -> Read<Option<Vec<u8>>> {
    Read::new(
        "get-key-envelope",
        [record_value(record), version_value(version), principal_value(user)],
        |answer| optional(answer, |some| Ok(some.buffer()?.to_vec())),
    )
}

/// `get-pending-transfer`: to whom a record is offered.
#[must_use]
pub fn pending_transfer(record: RecordId) -> Read<Option<Principal>> {
    Read::new("get-pending-transfer", [record_value(record)], |answer| optional(answer, principal))
}

/// How many records a patient ever had, and how many users ever had standing access or were delegates of theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatientCounts {
    /// Length of the list that [`patient_record`] reads.
    pub records: u64,
    /// Length of the list that [`care_team_member`] reads.
    pub team: u64,
    /// Length of the patient's own log, which [`patient_audit_entry`] reads.
    pub audit_count: u64,
    /// Head of that log.
    pub audit_head: Head,
    /// The latest of the line, if somebody succeeded its first.
    pub successor: Option<Principal>,
}

/// `get-patient`.
#[must_use]
pub fn patient_counts(patient: &Principal) -> Read<PatientCounts> {
    Read::new("get-patient", [principal_value(patient)], |answer| {
        Ok(PatientCounts {
            records: answer.field("records")?.uint64()?,
            team: answer.field("team")?.uint64()?,
            audit_count: answer.field("audit-count")?.uint64()?,
            audit_head: Head::from_bytes(answer.field("audit-head")?.array()?),
            successor: match later_field(answer, "successor")? {
                Some(successor) => optional(&successor, principal)?,
                None => None,
            },
        })
    })
}

/// `get-patient-audit-entry`: an entry of a patient's own log, which the line has in common.
#[must_use]
pub fn patient_audit_entry(patient: &Principal, index: u64) -> Read<Option<AuditEntry>> {
    Read::new("get-patient-audit-entry", [principal_value(patient), Value::uint(index)], |answer| {
        optional(answer, state::audit_entry)
    })
}

/// `get-care-team-member`: the user at this place of those.
#[must_use]
pub fn care_team_member(patient: &Principal, index: u64) -> Read<Option<Principal>> {
    Read::new("get-care-team-member", [principal_value(patient), Value::uint(index)], |answer| {
        optional(answer, principal)
    })
}

/// `get-patient-record`: the record at this place of a patient's list. It may have been given to
/// another patient since.
#[must_use]
pub fn patient_record(patient: &Principal, index: u64) -> Read<Option<RecordId>> {
    Read::new("get-patient-record", [principal_value(patient), Value::uint(index)], |answer| {
        optional(answer, record_id)
    })
}

/// How many records were ever shared with a user by name, and of how many patients the user was
/// ever given all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserCounts {
    /// Length of the list that [`shared_record`] reads.
    pub records: u64,
    /// Length of the list that [`care_patient`] reads.
    pub patients: u64,
}

/// `get-user`.
#[must_use]
pub fn user_counts(user: &Principal) -> Read<UserCounts> {
    Read::new("get-user", [principal_value(user)], |answer| {
        Ok(UserCounts {
            records: answer.field("records")?.uint64()?,
            patients: answer.field("patients")?.uint64()?,
        })
    })
}

/// `get-shared-record`: the record at this place of what was shared with a user.
#[must_use]
pub fn shared_record(user: &Principal, index: u64) -> Read<Option<RecordId>> {
    Read::new("get-shared-record", [principal_value(user), Value::uint(index)], |answer| {
        optional(answer, record_id)
    })
}

/// `get-care-patient`: the patient at this place of those who gave a user all their records.
#[must_use]
pub fn care_patient(user: &Principal, index: u64) -> Read<Option<Principal>> {
    Read::new("get-care-patient", [principal_value(user), Value::uint(index)], |answer| {
        optional(answer, principal)
    })
}

/// `get-record-reader`: the user at this place of those who were ever granted access by name.
#[must_use]
pub fn record_reader(record: RecordId, index: u64) -> Read<Option<Principal>> {
    Read::new("get-record-reader", [record_value(record), Value::uint(index)], |answer| {
        optional(answer, principal)
    })
}
