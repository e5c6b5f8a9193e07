//! Calls of the contract's public functions, with typed arguments in the contract's order.
//!
//! Each function is named as in Clarity. Signs nothing: a session turns a [`Call`] into a
//! transaction.

use mrms_core::{BurnHeight, Powers, Principal, RecordId, Rights, Version};
use mrms_stacks::clarity::{ClarityName, Value};

use crate::decode::{expiry_value, principal_value, record_value, version_value};

/// A call of one public function, not yet signed.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The function's name.
    pub function: ClarityName,
    /// Its arguments, in order.
    pub arguments: Vec<Value>,
}

impl Call {
    fn new<const N: usize>(function: &'static str, arguments: [Value; N]) -> Self {
        Self { function: ClarityName::literal(function), arguments: arguments.into() }
    }
}

/// `create-medical-record`: the caller becomes the patient of a new record with one version.
#[must_use]
pub fn create_medical_record(record: RecordId, encrypted_content: Vec<u8>) -> Call {
    Call::new("create-medical-record", [record_value(record), Value::buffer(encrypted_content)])
}

/// `create-record-for`: a record of `patient`, written by the caller, a delegate.
#[must_use]
pub fn create_record_for(
    patient: &Principal,
    record: RecordId,
    encrypted_content: Vec<u8>,
) -> Call {
    Call::new(
        "create-record-for",
        [principal_value(patient), record_value(record), Value::buffer(encrypted_content)],
    )
}

/// `amend-record-version`: adds exactly `version`, and is refused when another was added meanwhile.
#[must_use]
pub fn amend_record_version(
    record: RecordId,
    version: Version,
    encrypted_content: Vec<u8>,
) -> Call {
    Call::new(
        "amend-record-version",
        [record_value(record), version_value(version), Value::buffer(encrypted_content)],
    )
}

/// `grant-record-access`: lets `user` read from the latest version on, until `expiry` (exclusive).
#[must_use]
pub fn grant_record_access(record: RecordId, user: &Principal, expiry: Option<BurnHeight>) -> Call {
    Call::new(
        "grant-record-access",
        [record_value(record), principal_value(user), expiry_value(expiry)],
    )
}

/// `grant-record-rights`: the same with these rights.
#[must_use]
pub fn grant_record_rights(
    record: RecordId,
    user: &Principal,
    rights: Rights,
    expiry: Option<BurnHeight>,
) -> Call {
    Call::new(
        "grant-record-rights",
        [
            record_value(record),
            principal_value(user),
            Value::uint(rights.bits()),
            expiry_value(expiry),
        ],
    )
}

/// The most grants of one call of [`grant_many`].
pub const GRANTS_AT_ONCE: usize = 20;

/// `grant-many`: lets `user` read all of these records until `expiry` (exclusive), or none of them. The contract takes
/// [`GRANTS_AT_ONCE`] at most.
#[must_use]
pub fn grant_many(records: &[RecordId], user: &Principal, expiry: Option<BurnHeight>) -> Call {
    let grant = |record: &RecordId| {
        let fields = [
            ("record-id", record_value(*record)),
            ("user", principal_value(user)),
            ("expiry", expiry_value(expiry)),
        ];
        let fields = fields.map(|(name, value)| (ClarityName::literal(name), value));
        Value::tuple(fields).unwrap_or_else(|_| unreachable!("three different names"))
    };
    Call::new("grant-many", [Value::List(records.iter().map(grant).collect())])
}

/// `revoke-record-access`: ends whatever access `user` has to the record.
#[must_use]
pub fn revoke_record_access(record: RecordId, user: &Principal) -> Call {
    Call::new("revoke-record-access", [record_value(record), principal_value(user)])
}

/// `grant-standing-access`: lets `user` open all records of `patient`, later ones and all versions included, until `expiry`
/// (exclusive).
#[must_use]
pub fn grant_standing_access(
    patient: &Principal,
    user: &Principal,
    rights: Rights,
    expiry: Option<BurnHeight>,
) -> Call {
    Call::new(
        "grant-standing-access",
        [
            principal_value(patient),
            principal_value(user),
            Value::uint(rights.bits()),
            expiry_value(expiry),
        ],
    )
}

/// `revoke-standing-access`: ends a user's access to all records of a patient that they have by the grant on all.
#[must_use]
pub fn revoke_standing_access(patient: &Principal, user: &Principal) -> Call {
    Call::new("revoke-standing-access", [principal_value(patient), principal_value(user)])
}

/// `access-medical-record`: opens the latest version and leaves an entry.
#[must_use]
pub fn access_medical_record(record: RecordId) -> Call {
    Call::new("access-medical-record", [record_value(record)])
}

/// `access-record-version`: opens this version and leaves an entry.
#[must_use]
pub fn access_record_version(record: RecordId, version: Version) -> Call {
    Call::new("access-record-version", [record_value(record), version_value(version)])
}

/// `access-for`: opens this version by what was granted to `organisation`, and leaves an entry that names both.
#[must_use]
pub fn access_for(record: RecordId, version: Version, organisation: &Principal) -> Call {
    Call::new(
        "access-for",
        [record_value(record), version_value(version), principal_value(organisation)],
    )
}

/// `emergency-access`: opens the record to the caller for about a day; `reason` commits to why.
#[must_use]
pub fn emergency_access(record: RecordId, reason: [u8; 32]) -> Call {
    Call::new("emergency-access", [record_value(record), Value::buffer(reason)])
}

/// `anchor-vault-log`: where the caller's own log stands.
#[must_use]
pub fn anchor_vault_log(head: [u8; 32], count: u64) -> Call {
    Call::new("anchor-vault-log", [Value::buffer(head), Value::uint(count)])
}

/// `publish-encryption-key`: the caller's recipient, for others to wrap keys to.
#[must_use]
pub fn publish_encryption_key(recipient: Vec<u8>) -> Call {
    Call::new("publish-encryption-key", [Value::buffer(recipient)])
}

/// `put-key-envelope`: a version's key, wrapped for `user`.
#[must_use]
pub fn put_key_envelope(
    record: RecordId,
    version: Version,
    user: &Principal,
    envelope: Vec<u8>,
) -> Call {
    Call::new(
        "put-key-envelope",
        [
            record_value(record),
            version_value(version),
            principal_value(user),
            Value::buffer(envelope),
        ],
    )
}

/// `set-delegate`: lets `delegate` act for the caller until `expiry` (exclusive).
#[must_use]
pub fn set_delegate(delegate: &Principal, powers: Powers, expiry: Option<BurnHeight>) -> Call {
    Call::new(
        "set-delegate",
        [principal_value(delegate), Value::uint(powers.bits()), expiry_value(expiry)],
    )
}

/// `remove-delegate`: stops that. What the delegate granted stays.
#[must_use]
pub fn remove_delegate(delegate: &Principal) -> Call {
    Call::new("remove-delegate", [principal_value(delegate)])
}

/// `end-delegation`: stops that, and ends all that the delegate granted.
#[must_use]
pub fn end_delegation(delegate: &Principal) -> Call {
    Call::new("end-delegation", [principal_value(delegate)])
}

/// `name-contact`: lets `contact` become a delegate, `wait` burn blocks after they asked for it.
#[must_use]
pub fn name_contact(contact: &Principal, powers: Powers, wait: u64) -> Call {
    Call::new(
        "name-contact",
        [principal_value(contact), Value::uint(powers.bits()), Value::uint(wait)],
    )
}

/// `ask-for-delegation`: the caller, a contact, asks to become a delegate.
#[must_use]
pub fn ask_for_delegation(patient: &Principal) -> Call {
    Call::new("ask-for-delegation", [principal_value(patient)])
}

/// `refuse-delegation`: the contact does not, until the patient names them again.
#[must_use]
pub fn refuse_delegation(patient: &Principal, contact: &Principal) -> Call {
    Call::new("refuse-delegation", [principal_value(patient), principal_value(contact)])
}

/// `accept-delegation`: the caller, a contact who waited, becomes a delegate.
#[must_use]
pub fn accept_delegation(patient: &Principal) -> Call {
    Call::new("accept-delegation", [principal_value(patient)])
}

/// `set-member`: lets `member` open until `expiry` (exclusive) what the caller was granted.
#[must_use]
pub fn set_member(member: &Principal, expiry: Option<BurnHeight>) -> Call {
    Call::new("set-member", [principal_value(member), expiry_value(expiry)])
}

/// `remove-member`: stops that.
#[must_use]
pub fn remove_member(member: &Principal) -> Call {
    Call::new("remove-member", [principal_value(member)])
}

/// `offer-succession`: offers everything that the caller has as a patient, in place of any earlier offer; to oneself, takes
/// the offer back.
#[must_use]
pub fn offer_succession(successor: &Principal) -> Call {
    Call::new("offer-succession", [principal_value(successor)])
}

/// `accept-succession`: the caller becomes the patient in place of `patient`.
#[must_use]
pub fn accept_succession(patient: &Principal) -> Call {
    Call::new("accept-succession", [principal_value(patient)])
}

/// `transfer-patient`: offers a record to a new patient, in place of any earlier offer; to oneself, takes the offer back.
#[must_use]
pub fn transfer_patient(record: RecordId, new_patient: &Principal) -> Call {
    Call::new("transfer-patient", [record_value(record), principal_value(new_patient)])
}

/// `accept-patient`: the caller becomes the patient of a record that was offered to them.
#[must_use]
pub fn accept_patient(record: RecordId) -> Call {
    Call::new("accept-patient", [record_value(record)])
}
