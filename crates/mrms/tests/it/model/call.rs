//! A call of one public function, as the model understands it and as the contract takes it.
//!
//! Arguments are as wide as Clarity's, so that invalid ones can be written down. Goes through the
//! builders of `mrms_contract::call` wherever they can express the call.

use mrms_contract::call;
use mrms_core::{BurnHeight, Powers, Principal, RecordId, Rights, Version};
use mrms_stacks::clarity::{ClarityName, Value};

/// Record, user and expiry of one grant of `grant-many`.
pub(crate) type OneGrant = (RecordId, Principal, Option<u128>);

/// A call, not yet made by anybody.
#[derive(Clone, Debug)]
pub(crate) enum Call {
    Create { record: RecordId, content: Vec<u8> },
    CreateFor { patient: Principal, record: RecordId, content: Vec<u8> },
    Amend { record: RecordId, content: Vec<u8> },
    AmendVersion { record: RecordId, version: u64, content: Vec<u8> },
    Access { record: RecordId },
    AccessVersion { record: RecordId, version: u64 },
    AccessFor { record: RecordId, version: u64, organisation: Principal },
    Grant { record: RecordId, user: Principal, expiry: Option<u128> },
    GrantRights { record: RecordId, user: Principal, rights: u128, expiry: Option<u128> },
    GrantMany { grants: Vec<OneGrant> },
    Revoke { record: RecordId, user: Principal },
    GrantStanding { patient: Principal, user: Principal, rights: u128, expiry: Option<u128> },
    RevokeStanding { patient: Principal, user: Principal },
    Emergency { record: RecordId, reason: Vec<u8> },
    SetDelegate { delegate: Principal, powers: u128, expiry: Option<u128> },
    RemoveDelegate { delegate: Principal },
    EndDelegation { delegate: Principal },
    NameContact { contact: Principal, powers: u128, wait: u128 },
    Ask { patient: Principal },
    Refuse { patient: Principal, contact: Principal },
    AcceptDelegation { patient: Principal },
    SetMember { member: Principal, expiry: Option<u128> },
    RemoveMember { member: Principal },
    OfferSuccession { successor: Principal },
    AcceptSuccession { patient: Principal },
    Transfer { record: RecordId, new_patient: Principal },
    Accept { record: RecordId },
    PublishKey { recipient: Vec<u8> },
    PutEnvelope { record: RecordId, version: u64, user: Principal, envelope: Vec<u8> },
    Anchor { head: Vec<u8>, count: u128 },
}

/// The public functions with the types of their arguments, for a contract that passes calls on.
pub(crate) const FUNCTIONS: [(&str, &[&str]); 30] = [
    ("create-medical-record", &["uint", "(buff 65536)"]),
    ("create-record-for", &["principal", "uint", "(buff 65536)"]),
    ("amend-medical-record", &["uint", "(buff 65536)"]),
    ("amend-record-version", &["uint", "uint", "(buff 65536)"]),
    ("access-medical-record", &["uint"]),
    ("access-record-version", &["uint", "uint"]),
    ("access-for", &["uint", "uint", "principal"]),
    ("grant-record-access", &["uint", "principal", "(optional uint)"]),
    ("grant-record-rights", &["uint", "principal", "uint", "(optional uint)"]),
    ("grant-many", &["(list 20 { record-id: uint, user: principal, expiry: (optional uint) })"]),
    ("revoke-record-access", &["uint", "principal"]),
    ("grant-standing-access", &["principal", "principal", "uint", "(optional uint)"]),
    ("revoke-standing-access", &["principal", "principal"]),
    ("emergency-access", &["uint", "(buff 32)"]),
    ("set-delegate", &["principal", "uint", "(optional uint)"]),
    ("remove-delegate", &["principal"]),
    ("end-delegation", &["principal"]),
    ("name-contact", &["principal", "uint", "uint"]),
    ("ask-for-delegation", &["principal"]),
    ("refuse-delegation", &["principal", "principal"]),
    ("accept-delegation", &["principal"]),
    ("set-member", &["principal", "(optional uint)"]),
    ("remove-member", &["principal"]),
    ("offer-succession", &["principal"]),
    ("accept-succession", &["principal"]),
    ("transfer-patient", &["uint", "principal"]),
    ("accept-patient", &["uint"]),
    ("publish-encryption-key", &["(buff 1280)"]),
    ("put-key-envelope", &["uint", "uint", "principal", "(buff 2048)"]),
    ("anchor-vault-log", &["(buff 32)", "uint"]),
];

impl Call {
    /// The call for the ledger.
    pub(crate) fn to_contract(&self) -> call::Call {
        match self.clone() {
            Self::Create { record, content } => call::create_medical_record(record, content),
            Self::CreateFor { patient, record, content } => {
                call::create_record_for(&patient, record, content)
            }
            Self::Amend { record, content } => {
                raw("amend-medical-record", [id(record), Value::buffer(content)])
            }
            Self::AmendVersion { record, version, content } => match Version::new(version) {
                Some(version) => call::amend_record_version(record, version, content),
                None => raw(
                    "amend-record-version",
                    [id(record), Value::uint(version), Value::buffer(content)],
                ),
            },
            Self::Access { record } => call::access_medical_record(record),
            Self::AccessVersion { record, version } => match Version::new(version) {
                Some(version) => call::access_record_version(record, version),
                None => raw("access-record-version", [id(record), Value::uint(version)]),
            },
            Self::AccessFor { record, version, organisation } => match Version::new(version) {
                Some(version) => call::access_for(record, version, &organisation),
                None => raw("access-for", [id(record), Value::uint(version), who(organisation)]),
            },
            Self::Grant { record, user, expiry } => {
                call::grant_record_access(record, &user, expiry.map(BurnHeight::from_uint))
            }
            Self::GrantRights { record, user, rights, expiry } => {
                match u8::try_from(rights).ok().and_then(Rights::from_bits) {
                    Some(rights) => call::grant_record_rights(
                        record,
                        &user,
                        rights,
                        expiry.map(BurnHeight::from_uint),
                    ),
                    None => raw(
                        "grant-record-rights",
                        [id(record), who(user), Value::UInt(rights), until(expiry)],
                    ),
                }
            }
            Self::GrantMany { grants } => {
                raw("grant-many", [Value::List(grants.into_iter().map(one_grant).collect())])
            }
            Self::Revoke { record, user } => call::revoke_record_access(record, &user),
            Self::GrantStanding { patient, user, rights, expiry } => raw(
                "grant-standing-access",
                [who(patient), who(user), Value::UInt(rights), until(expiry)],
            ),
            Self::RevokeStanding { patient, user } => {
                raw("revoke-standing-access", [who(patient), who(user)])
            }
            Self::Emergency { record, reason } => {
                raw("emergency-access", [id(record), Value::buffer(reason)])
            }
            Self::SetDelegate { delegate, powers, expiry } => match known(powers) {
                Some(powers) => {
                    call::set_delegate(&delegate, powers, expiry.map(BurnHeight::from_uint))
                }
                None => raw("set-delegate", [who(delegate), Value::UInt(powers), until(expiry)]),
            },
            Self::RemoveDelegate { delegate } => call::remove_delegate(&delegate),
            Self::EndDelegation { delegate } => call::end_delegation(&delegate),
            Self::NameContact { contact, powers, wait } => {
                match (known(powers), u64::try_from(wait)) {
                    (Some(powers), Ok(wait)) => call::name_contact(&contact, powers, wait),
                    _ => {
                        raw("name-contact", [who(contact), Value::UInt(powers), Value::UInt(wait)])
                    }
                }
            }
            Self::Ask { patient } => call::ask_for_delegation(&patient),
            Self::Refuse { patient, contact } => call::refuse_delegation(&patient, &contact),
            Self::AcceptDelegation { patient } => call::accept_delegation(&patient),
            Self::SetMember { member, expiry } => {
                call::set_member(&member, expiry.map(BurnHeight::from_uint))
            }
            Self::RemoveMember { member } => call::remove_member(&member),
            Self::OfferSuccession { successor } => call::offer_succession(&successor),
            Self::AcceptSuccession { patient } => call::accept_succession(&patient),
            Self::Transfer { record, new_patient } => {
                raw("transfer-patient", [id(record), who(new_patient)])
            }
            Self::Accept { record } => raw("accept-patient", [id(record)]),
            Self::PublishKey { recipient } => call::publish_encryption_key(recipient),
            Self::PutEnvelope { record, version, user, envelope } => match Version::new(version) {
                Some(version) => call::put_key_envelope(record, version, &user, envelope),
                None => raw(
                    "put-key-envelope",
                    [id(record), Value::uint(version), who(user), Value::buffer(envelope)],
                ),
            },
            Self::Anchor { head, count } => {
                raw("anchor-vault-log", [Value::buffer(head), Value::UInt(count)])
            }
        }
    }
}

fn known(powers: u128) -> Option<Powers> {
    u8::try_from(powers).ok().and_then(Powers::from_bits)
}

fn raw<const N: usize>(function: &'static str, arguments: [Value; N]) -> call::Call {
    call::Call { function: ClarityName::literal(function), arguments: arguments.into() }
}

fn one_grant((record, user, expiry): OneGrant) -> Value {
    tuple([("record-id", id(record)), ("user", who(user)), ("expiry", until(expiry))])
}

/// A tuple with these fields.
pub(crate) fn tuple<const N: usize>(fields: [(&'static str, Value); N]) -> Value {
    Value::tuple(fields.map(|(name, value)| (ClarityName::literal(name), value))).unwrap()
}

/// A record's id as a value.
pub(crate) fn id(record: RecordId) -> Value {
    Value::UInt(record.number())
}

/// A principal as a value.
pub(crate) fn who(principal: Principal) -> Value {
    Value::principal(principal)
}

/// An optional height as a value.
pub(crate) fn until(expiry: Option<u128>) -> Value {
    Value::optional(expiry.map(Value::uint))
}
