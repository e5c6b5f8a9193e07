//! What each public function of the contract does to access: one list for whoever treats them differently. What ends access goes
//! before what waits and is paid from a budget of its own; what opens a record leaves an entry that vaults look for.
//!
//! A function that is new in the contract has to be put in here, which a test asks for. Others pass over a name that they do not
//! know: `Action::of_refusal` and `patient_trail` in `mrms-app/src/audit/`, `Act` in `mrms-app/src/ledger/act.rs`.

use mrms_core::Principal;
use mrms_stacks::clarity::Value;

/// What a call does to somebody's access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Does {
    /// It ends somebody's access, and gives none.
    Ends,
    /// It opens a record.
    Opens,
    /// It declares an emergency, and opens a record.
    Declares,
    /// Anything else.
    Other,
}

/// What a public function does, where the contract has one of this name.
#[must_use]
pub fn does(function: &str) -> Option<Does> {
    Some(match function {
        "revoke-record-access"
        | "revoke-standing-access"
        | "remove-delegate"
        | "end-delegation"
        | "refuse-delegation"
        | "remove-member" => Does::Ends,
        "access-medical-record" | "access-record-version" | "access-for" => Does::Opens,
        "emergency-access" => Does::Declares,
        "create-medical-record"
        | "create-record-for"
        | "amend-medical-record"
        | "amend-record-version"
        | "grant-record-access"
        | "grant-record-rights"
        | "grant-many"
        | "grant-standing-access"
        | "transfer-patient"
        | "accept-patient"
        | "publish-encryption-key"
        | "put-key-envelope"
        | "set-delegate"
        | "name-contact"
        | "ask-for-delegation"
        | "accept-delegation"
        | "set-member"
        | "offer-succession"
        | "accept-succession"
        | "anchor-vault-log" => Does::Other,
        _ => return None,
    })
}

/// What a call by this account does. Offering everything to oneself takes an offer back: whoever was offered it can't come to have
/// access any more.
#[must_use]
pub fn does_by(caller: &Principal, function: &str, arguments: &[Value]) -> Option<Does> {
    match (function, arguments) {
        (OFFERS, [Value::Principal(to)]) if to == caller => Some(Does::Ends),
        _ => does(function),
    }
}

/// The function that offers everything.
pub const OFFERS: &str = "offer-succession";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offer_to_oneself_ends_and_one_to_another_does_not() {
        let principal = |text: &str| text.parse::<Principal>().unwrap();
        let me = principal("ST000000000000000000002AMW42H");
        let other = principal("ST000000000000000000002AMW42H.other");
        let offer = |to: &Principal| does_by(&me, OFFERS, &[Value::principal(to.clone())]);
        assert_eq!((offer(&me), offer(&other)), (Some(Does::Ends), Some(Does::Other)));
        assert_eq!(does_by(&me, "remove-member", &[]), Some(Does::Ends));
    }

    #[test]
    fn each_public_function_is_known() {
        let begins = crate::SOURCE.split("(define-public (").skip(1);
        let is_of_name = |c: char| c.is_ascii_lowercase() || c == '-';
        let names: Vec<&str> =
            begins.map(|rest| &rest[..rest.find(|c| !is_of_name(c)).unwrap_or(0)]).collect();
        assert!(names.len() > 25, "{names:?}");
        let unknown: Vec<_> = names.iter().filter(|name| does(name).is_none()).collect();
        assert!(unknown.is_empty(), "what do these do? {unknown:?}");
        assert_eq!(does("get-contract-version"), None);
    }
}
