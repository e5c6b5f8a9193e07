//! What an operation was to do, as a face says it in its own language: from the calls that were signed, and not from the words
//! with which the outbox describes it.

use mrms_core::{Principal, RecordId};
use mrms_stacks::clarity::Value;
use mrms_stacks::transaction::{Payload, Transaction};

/// What an operation was to do. Of several calls the first that says it counts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Act {
    /// Records are added, or versions of them.
    Add,
    /// A record is shared with somebody.
    Share {
        /// Which.
        record: RecordId,
        /// With whom.
        with: Principal,
    },
    /// All records are shared with somebody.
    ShareAll {
        /// With whom.
        with: Principal,
    },
    /// Somebody becomes a delegate.
    Delegate {
        /// Who.
        who: Principal,
    },
    /// Somebody becomes a trusted contact.
    Contact {
        /// Who.
        who: Principal,
    },
    /// A record is sent to somebody.
    Send {
        /// To whom.
        to: Principal,
    },
    /// A record is opened.
    Open {
        /// Which.
        record: RecordId,
    },
    /// Something else.
    Other,
}

impl Act {
    /// What these transactions were to do.
    #[must_use]
    pub fn of(transactions: &[Transaction]) -> Self {
        let mut payloads = transactions.iter().map(Transaction::payload);
        payloads.find_map(Self::of_payload).unwrap_or(Self::Other)
    }

    fn of_payload(payload: &Payload) -> Option<Self> {
        let Payload::ContractCall(call) = payload else { return None };
        let record = |at: usize| -> Option<RecordId> {
            Some(RecordId::new(call.arguments.get(at)?.read().uint().ok()?))
        };
        let who = |at: usize| match call.arguments.get(at)? {
            Value::Principal(principal) => Some(principal.clone()),
            _ => None,
        };
        Some(match call.function.as_str() {
            "create-medical-record" | "create-record-for" | "amend-record-version" => Self::Add,
            "grant-record-access" | "grant-record-rights" => {
                Self::Share { record: record(0)?, with: who(1)? }
            }
            "grant-standing-access" => Self::ShareAll { with: who(1)? },
            "set-delegate" => Self::Delegate { who: who(0)? },
            "name-contact" => Self::Contact { who: who(0)? },
            "transfer-patient" => Self::Send { to: who(1)? },
            "access-medical-record"
            | "access-record-version"
            | "access-for"
            | "emergency-access" => Self::Open { record: record(0)? },
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use mrms_contract::call;
    use mrms_core::{Powers, Version};
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::session::Sending;
    use crate::testing::{Fakes, actor};

    #[test]
    fn operation_is_told_by_the_first_call_that_says_what_it_was_to_do() {
        let patient = actor(&mut StdRng::seed_from_u64(5));
        let fakes = Fakes::new(patient.principal).unwrap();
        let clinic: Principal = "ST000000000000000000002AMW42H".parse().unwrap();
        let record = RecordId::new(7);
        let act = |calls: Vec<call::Call>| {
            let session = fakes.session(Sending::Send);
            let before = fakes.ledger.submitted().len();
            for _ in &calls {
                fakes.ledger.result(Value::ok(Value::Bool(true)));
            }
            session.carry_out(&patient, "something", calls).unwrap().done().unwrap();
            Act::of(&fakes.ledger.submitted().split_off(before))
        };
        for (call, expected) in [
            (call::create_medical_record(record, vec![1]), Act::Add),
            (call::amend_record_version(record, Version::FIRST, vec![1]), Act::Add),
            (
                call::grant_record_access(record, &clinic, None),
                Act::Share { record, with: clinic.clone() },
            ),
            (call::set_delegate(&clinic, Powers::SEE, None), Act::Delegate { who: clinic.clone() }),
            (call::name_contact(&clinic, Powers::SEE, 144), Act::Contact { who: clinic.clone() }),
            (call::transfer_patient(record, &clinic), Act::Send { to: clinic.clone() }),
            (call::access_medical_record(record), Act::Open { record }),
            (call::accept_patient(record), Act::Other),
        ] {
            assert_eq!(act(vec![call]), expected);
        }
        assert_eq!(Act::of(&[]), Act::Other);
    }
}
