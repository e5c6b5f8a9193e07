//! The contract's refusals: one enum, one stable code and one sentence each.
//!
//! The twin of the `ERR_` constants; a test reads them out of the source and compares.

use mrms_stacks::clarity::{ReadError, Reading, Value};

macro_rules! contract_errors {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $constant:literal, $slug:literal, $sentence:literal;)*) => {
        /// A refusal by the contract: the `uN` of its `(err uN)`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
        #[non_exhaustive]
        pub enum ContractError {
            $($(#[$doc])* #[error($sentence)] $variant,)*
        }

        impl ContractError {
            /// Every refusal, by ascending code.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The number in `(err uN)`.
            #[must_use]
            pub const fn code(self) -> u128 {
                match self { $(Self::$variant => $code,)* }
            }

            /// The constant's name in the contract's source.
            #[must_use]
            pub const fn constant(self) -> &'static str {
                match self { $(Self::$variant => $constant,)* }
            }

            /// A stable word for scripts, such as `grant-expired`.
            #[must_use]
            pub const fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug,)* }
            }
        }
    };
}

contract_errors! {
    /// The caller is neither the patient nor, where delegates may act, a live delegate.
    NotPatient = 101, "ERR_NOT_PATIENT", "not-patient",
        "only the record's patient or a delegate of theirs may do that";
    /// The caller was never granted anything that covers the record.
    NoAccess = 102, "ERR_NO_ACCESS", "no-access", "access to this record was never granted";
    /// The caller's grant closed at its expiry.
    GrantExpired = 103, "ERR_GRANT_EXPIRED", "grant-expired", "the grant on this record has expired";
    /// The caller's grant was revoked.
    GrantRevoked = 104, "ERR_GRANT_REVOKED", "grant-revoked", "access to this record was revoked";
    /// The grant opens the record only in an emergency, and none is open.
    NoReadRight = 105, "ERR_NO_READ_RIGHT", "no-read-right",
        "the grant opens this record only in an emergency, and none is open";
    /// The grant doesn't allow adding versions.
    NoAmendRight = 106, "ERR_NO_AMEND_RIGHT", "no-amend-right",
        "the grant on this record does not allow adding versions";
    /// The grant doesn't allow declaring an emergency.
    NoEmergencyRight = 107, "ERR_NO_EMERGENCY_RIGHT", "no-emergency-right",
        "the grant on this record does not allow opening it in an emergency";
    /// The version is older than those that the grant opens.
    VersionNotGranted = 108, "ERR_VERSION_NOT_GRANTED", "version-not-granted",
        "the grant opens only versions from the grant on, not this older one";
    /// Neither the record nor the succession was offered to the caller.
    NotOffered = 109, "ERR_NOT_OFFERED", "not-offered", "it was not offered to this principal";
    /// The caller is a delegate, and has not the power to do that.
    NoPower = 110, "ERR_NO_POWER", "no-power",
        "the patient gave this delegate no power to do that";
    /// The caller was succeeded, and is nobody.
    Succeeded = 111, "ERR_SUCCEEDED", "succeeded",
        "this principal handed everything over to a successor, who alone may do that now";
    /// The caller is no live member of that organisation.
    NotMember = 112, "ERR_NOT_MEMBER", "not-member", "this principal is no member of that organisation";
    /// No record has this id.
    RecordNotFound = 201, "ERR_RECORD_NOT_FOUND", "record-not-found", "there is no record with this id";
    /// The id is taken.
    RecordExists = 202, "ERR_RECORD_EXISTS", "record-exists", "a record with this id exists already";
    /// A version can't be empty.
    EmptyContent = 203, "ERR_EMPTY_CONTENT", "empty-content", "a version cannot be empty";
    /// The record has no version of this number.
    VersionNotFound = 204, "ERR_VERSION_NOT_FOUND", "version-not-found",
        "the record has no version of this number";
    /// Neither the record nor the succession is offered to anybody.
    NoOffer = 205, "ERR_NO_OFFER", "no-offer", "it is not offered to anybody";
    /// Somebody else added a version meanwhile.
    VersionTaken = 206, "ERR_VERSION_TAKEN", "version-taken",
        "somebody else added a version meanwhile";
    /// The id is bound to somebody else.
    ForeignId = 207, "ERR_FOREIGN_ID", "foreign-id",
        "this id is one of those that are bound to their maker, and its maker is somebody else";
    /// The expiry is not above the current burn block height.
    ExpiryInPast = 301, "ERR_EXPIRY_IN_PAST", "expiry-in-past",
        "the expiry is not above the current burn block height";
    /// There is nothing to revoke.
    NoSuchGrant = 302, "ERR_NO_SUCH_GRANT", "no-such-grant", "there is no grant to revoke";
    /// A patient needs no grant from themselves, and who was the patient gets none.
    SelfGrant = 303, "ERR_SELF_GRANT", "self-grant", "a patient needs no grant on their own record";
    /// Rights are 1 to 15 and not 8 alone.
    InvalidRights = 304, "ERR_INVALID_RIGHTS", "invalid-rights", "these rights do not exist";
    /// There is no live delegate to remove.
    NoSuchDelegate = 305, "ERR_NO_SUCH_DELEGATE", "no-such-delegate",
        "there is no such delegate to remove";
    /// Neither a patient nor who was the patient can be their own delegate or contact.
    SelfDelegate = 306, "ERR_SELF_DELEGATE", "self-delegate",
        "a patient cannot be their own delegate or contact";
    /// An emergency needs a reason.
    NoReason = 307, "ERR_NO_REASON", "no-reason", "an emergency needs a reason";
    /// Powers are 1 to 7.
    InvalidPowers = 308, "ERR_INVALID_POWERS", "invalid-powers", "these powers do not exist";
    /// There is no live member to remove.
    NoSuchMember = 309, "ERR_NO_SUCH_MEMBER", "no-such-member", "there is no such member to remove";
    /// An organisation can't be its own member.
    SelfMember = 310, "ERR_SELF_MEMBER", "self-member", "an organisation cannot be its own member";
    /// The patient named no such contact, or the contact was refused.
    NoSuchContact = 311, "ERR_NO_SUCH_CONTACT", "no-such-contact",
        "the patient named no such contact, or the contact was refused";
    /// A wait is 1 to 52,560 burn blocks long.
    InvalidWait = 312, "ERR_INVALID_WAIT", "invalid-wait", "a wait is 1 to 52,560 burn blocks long";
    /// The contact asked already.
    AskedAlready = 313, "ERR_ASKED_ALREADY", "asked-already", "the contact asked already";
    /// The contact did not ask, or the wait is not over.
    TooEarly = 314, "ERR_TOO_EARLY", "too-early", "the contact did not ask, or the wait is not over";
    /// A successor must be new.
    NotNew = 315, "ERR_NOT_NEW", "not-new",
        "a successor must be new, and this principal has records, a log or a former patient of their own";
    /// An encryption key can't be empty.
    EmptyKey = 401, "ERR_EMPTY_KEY", "empty-key", "an encryption key cannot be empty";
    /// A key envelope can't be empty.
    EmptyEnvelope = 402, "ERR_EMPTY_ENVELOPE", "empty-envelope", "a key envelope cannot be empty";
    /// The envelope's user could not read that version now.
    UserCannotRead = 403, "ERR_USER_CANNOT_READ", "user-cannot-read",
        "the envelope is for somebody who may not read that version now";
    /// A vault log never gets shorter.
    CountFell = 404, "ERR_COUNT_FELL", "count-fell", "a vault log cannot get shorter";
    /// A vault log of the same length has the same head.
    HeadChanged = 405, "ERR_HEAD_CHANGED", "head-changed",
        "a vault log of the same length cannot have another head";
}

impl ContractError {
    /// The refusal with this code; `None` for a code that the contract does not have.
    #[must_use]
    pub fn from_code(code: u128) -> Option<Self> {
        Self::ALL.iter().copied().find(|error| error.code() == code)
    }

    /// The refusal in a public function's result; `None` when the result is no `(err uN)` of ours.
    #[must_use]
    pub fn in_result(result: &Value) -> Option<Self> {
        match result {
            Value::Err(inner) => match **inner {
                Value::UInt(code) => Self::from_code(code),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Splits a public function's result into its `ok` value and the contract's refusal.
///
/// # Errors
///
/// The outer error when the result is no response, or an `err` with a code that the contract does
/// not have; the inner one is the contract's refusal.
pub fn split_result(result: &Value) -> Result<Result<Reading<'_>, ContractError>, ReadError> {
    if let Some(refusal) = ContractError::in_result(result) {
        return Ok(Err(refusal));
    }
    result.read().ok().map(Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every `(define-constant ERR_… (err u…))` of the source.
    fn constants() -> Vec<(String, u128)> {
        crate::SOURCE
            .lines()
            .filter_map(|line| {
                let rest = line.strip_prefix("(define-constant ERR_")?;
                let (name, rest) = rest.split_once(" (err u")?;
                let code = rest.trim_end_matches(')').parse().ok()?;
                Some((format!("ERR_{name}"), code))
            })
            .collect()
    }

    #[test]
    fn every_error_of_the_contract_has_its_twin_here() {
        let ours: Vec<_> =
            ContractError::ALL.iter().map(|e| (e.constant().to_owned(), e.code())).collect();
        assert_eq!(ours, constants());
    }

    #[test]
    fn foreign_codes_are_not_taken_for_ours() {
        assert_eq!(ContractError::from_code(1), None);
        assert!(split_result(&Value::err(Value::uint(1u8))).is_err());
        assert!(split_result(&Value::uint(1u8)).is_err());
        assert_eq!(
            ContractError::in_result(&Value::err(Value::uint(103u8))),
            Some(ContractError::GrantExpired)
        );
    }
}
