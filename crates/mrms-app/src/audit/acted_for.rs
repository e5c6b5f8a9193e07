//! Who acted for a patient at which time, by the patient's own log.
//!
//! An entry of a record names who did something. Whether they did it for the patient, as a delegate, follows from the
//! delegations of that time. Heights are all that is compared: within a burn block, before and after count as during.

use mrms_contract::read;
use mrms_core::{Action, AuditEntry, BurnHeight, Powers, Principal};

use crate::session::{AskError, Session};

/// A time in which somebody could act for a patient.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Span {
    delegate: Principal,
    powers: Powers,
    from: BurnHeight,
    /// The last height at which it held.
    to: Option<BurnHeight>,
}

/// Who could act for a patient, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delegations {
    spans: Vec<Span>,
}

impl Delegations {
    /// By the entries of a patient's own log, in their order.
    fn of(entries: impl IntoIterator<Item = AuditEntry>) -> Self {
        let mut spans: Vec<Span> = Vec::new();
        for entry in entries {
            let begins = matches!(entry.action, Action::DelegateSet | Action::ContactAccept);
            let ends = matches!(entry.action, Action::DelegateRemove | Action::DelegateEnd);
            let (true, Some(delegate)) = (begins || ends, entry.subject) else { continue };
            for span in spans.iter_mut().filter(|span| span.delegate == delegate) {
                let is_later = span.to.is_none_or(|to| to > entry.burn_height);
                if is_later {
                    span.to = Some(entry.burn_height);
                }
            }
            if begins {
                let [.., bits] = entry.detail;
                let powers = Powers::from_bits(bits).unwrap_or(Powers::ALL);
                spans.push(Span { delegate, powers, from: entry.burn_height, to: entry.expiry });
            }
        }
        Self { spans }
    }

    /// Whether somebody had this power for the patient at a height.
    #[must_use]
    pub fn had(&self, who: &Principal, power: Powers, at: BurnHeight) -> bool {
        self.spans.iter().any(|span| {
            span.delegate == *who
                && span.powers.include(power)
                && span.from <= at
                && span.to.is_none_or(|to| at <= to)
        })
    }

    /// Whether somebody did this for the patient, as a delegate of that time. What only a delegate or the patient can do is
    /// done for the patient; an opening or an amendment may have been by a grant as well.
    #[must_use]
    pub fn did(&self, who: &Principal, action: Action, at: BurnHeight) -> bool {
        match action {
            Action::Access => self.had(who, Powers::SEE, at),
            Action::Grant | Action::Revoke | Action::Envelope => self.had(who, Powers::SHARE, at),
            Action::Create | Action::CreateFor | Action::Amend => self.had(who, Powers::ADD, at),
            _ => false,
        }
    }
}

impl Session<'_> {
    /// Who could act for a patient, and when. Reads the patient's own log.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn delegations_of(&self, patient: &Principal) -> Result<Delegations, AskError> {
        let count = self.ask(&read::patient_counts(patient))?.audit_count;
        let entries = self.ask_list(count, |index| read::patient_audit_entry(patient, index))?;
        Ok(Delegations::of(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(action: Action, powers: u8, at: u64, expiry: Option<u64>) -> AuditEntry {
        let mut detail = [0; 32];
        detail[31] = powers;
        AuditEntry {
            index: 0,
            action,
            actor: patient(),
            subject: Some(daughter()),
            version: 0,
            expiry: expiry.map(BurnHeight::new),
            detail,
            burn_height: BurnHeight::new(at),
        }
    }

    fn patient() -> Principal {
        "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG".parse().unwrap()
    }

    fn daughter() -> Principal {
        "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM".parse().unwrap()
    }

    #[test]
    fn somebody_acted_for_the_patient_while_they_had_the_power() {
        let delegations = Delegations::of([
            entry(Action::DelegateSet, 3, 100, Some(200)),
            entry(Action::DelegateSet, 1, 120, None),
            entry(Action::DelegateRemove, 0, 150, None),
            entry(Action::StandingGrant, 7, 300, None),
        ]);
        let did = |action, at| delegations.did(&daughter(), action, BurnHeight::new(at));
        for (action, at, expected) in [
            (Action::Access, 99, false),
            (Action::Access, 100, true),
            (Action::Grant, 110, true),
            (Action::Grant, 130, false),
            (Action::Access, 150, true),
            (Action::Access, 151, false),
            (Action::Access, 301, false),
            (Action::Amend, 110, false),
            (Action::EmergencyRead, 110, false),
        ] {
            assert_eq!(did(action, at), expected, "{action} at {at}");
        }
        assert!(!delegations.did(&patient(), Action::Access, BurnHeight::new(110)));
    }
}
