//! Errors of an organisation's staff.

use mrms_app::staff::administer::StaffError;
use mrms_app::staff::open::OpenForError;
use mrms_contract::ContractError;
use mrms_home::staff::HomeStaffError;

use super::ledger::refusal_failure;
use crate::ui::failure::{Exit, Failure, chain};

impl From<StaffError> for Failure {
    fn from(error: StaffError) -> Self {
        let message = chain(&error);
        match error {
            StaffError::Ask(error) => error.into(),
            StaffError::Send(error) => error.into(),
            StaffError::Write(error) => error.into(),
            StaffError::Open(error) => error.into(),
            StaffError::Profile(error) => error.into(),
            StaffError::Received(error) => error.into(),
            StaffError::Key(_) => Self::new(Exit::Integrity, "staff-key", message)
                .hint("tell whoever administers the organisation: mrms key rotate there writes it anew"),
            StaffError::GivenAway => Self::new(Exit::Failed, "staff-record", message)
                .hint("name your staff from a new profile: this one gave its staff record to somebody else"),
            StaffError::NoStaff { .. } => Self::new(Exit::NotFound, "no-staff", message)
                .hint("ask whoever administers the organisation to run mrms staff add with your card"),
            StaffError::NotMember { ended, .. } => {
                Self::new(Exit::NotAllowed, "not-member", message).hint(match ended {
                    Some(_) => "if this is a mistake, ask whoever administers the organisation to run mrms staff add for you again; what you opened before you keep",
                    None => "ask whoever administers the organisation to run mrms staff add with your card",
                })
            }
            StaffError::HandingOver { .. } => Self::new(Exit::Failed, "handing-over", message)
                .hint("take the offer back first (mrms hand-over withdraw), or name your staff in the new profile"),
            StaffError::Share(error) => error.into(),
            StaffError::Publish(error) => error.into(),
            StaffError::Oneself => refusal_failure(ContractError::SelfMember).hint(
                "each person has a profile of their own: mrms init in their home, then mrms card show",
            ),
            StaffError::NotSent => Self::new(Exit::Failed, "not-sent", message),
            StaffError::NoSuchMember { .. } => Self::new(Exit::NotFound, "no-such-member", message)
                .hint("mrms staff list shows who is one"),
            _ => Self::new(Exit::Failed, "no-key", message),
        }
    }
}

impl From<HomeStaffError> for Failure {
    fn from(error: HomeStaffError) -> Self {
        match error {
            HomeStaffError::Staff(error) => error.into(),
            HomeStaffError::Home(error) => error.into(),
            other => Self::new(Exit::Failed, "failed", chain(&other)),
        }
    }
}

impl From<OpenForError> for Failure {
    fn from(error: OpenForError) -> Self {
        match error {
            OpenForError::Staff(error) => error.into(),
            OpenForError::Purpose(error) => error.into(),
            other => Self::new(Exit::Failed, "failed", chain(&other)),
        }
    }
}
