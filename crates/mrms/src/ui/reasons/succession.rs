//! Errors of handing over, and of contacts.

use mrms_app::beside::EndBesideError;
use mrms_app::contacts::ContactError;
use mrms_app::succession::HandOverError;

use super::refusal_failure;
use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::times;

impl From<HandOverError> for Failure {
    fn from(error: HandOverError) -> Self {
        let message = chain(&error);
        match error {
            HandOverError::Document(error) => error.into(),
            HandOverError::Ask(error) => error.into(),
            HandOverError::Send(error) => error.into(),
            HandOverError::Profile(error) => error.into(),
            HandOverError::Recipient(error) => error.into(),
            HandOverError::Refused(refusal) => refusal_failure(refusal),
            HandOverError::Elsewhere { .. } => Self::new(Exit::Failed, "handed-over-elsewhere", message)
                .hint("join the node that the former profile works with: mrms doctor shows it there"),
            HandOverError::NoGenesis { .. } => Self::new(Exit::Unreachable, "no-genesis", message)
                .hint("use a node that tells it: mrms doctor shows which ledger is in use"),
            HandOverError::Oneself => Self::new(Exit::Usage, "hand-over-to-oneself", message)
                .hint("make a new profile with new words first: mrms init on the new device, or mrms profile add"),
            HandOverError::ForAnother { .. } => Self::new(Exit::NotAllowed, "not-offered", message)
                .hint("mrms profile list shows the profiles here; --profile NAME acts as another"),
            HandOverError::NotSealedToYou | HandOverError::NotKeys(_) => {
                Self::new(Exit::Failed, "hand-over-sealed", message)
                    .hint("ask for the text again: mrms hand-over offer in the former profile makes it for your present key")
            }
            HandOverError::AnotherWon { .. } => Self::new(Exit::NotAllowed, "handed-over-to-another", message)
                .hint("nothing of yours has changed. Ask whoever took over; if you did not expect them, warn those who shared with you"),
            HandOverError::Already { .. } => Self::new(Exit::NotAllowed, "succeeded", message)
                .hint("nothing can be taken back from here; act as the new profile. docs/families.md says what to do when you did not do that"),
            HandOverError::StaffStands { .. } => Self::new(Exit::Failed, "staff-stands", message)
                .hint("end it first: mrms staff list, mrms staff remove NAME. Where your words were stolen and every minute counts, --leave-staff goes on without it"),
            HandOverError::OfferedToAnother { .. } => Self::new(Exit::NotAllowed, "not-offered", message)
                .hint("ask for it to be offered to you again: mrms hand-over offer in the former profile"),
            _ => Self::new(Exit::Failed, "hand-over", message),
        }
    }
}

impl From<EndBesideError> for Failure {
    fn from(error: EndBesideError) -> Self {
        match error {
            EndBesideError::Membership(error) => error.into(),
            EndBesideError::Offer(error) => error.into(),
            EndBesideError::Contact(error) => error.into(),
        }
    }
}

impl From<ContactError> for Failure {
    fn from(error: ContactError) -> Self {
        let message = chain(&error);
        match error {
            ContactError::Ask(error) => error.into(),
            ContactError::Send(error) => error.into(),
            ContactError::Share(error) => error.into(),
            ContactError::Refused(refusal) => refusal_failure(refusal),
            ContactError::NotNamed { .. } => Self::new(Exit::NotFound, "no-such-contact", message)
                .hint("only the patient can name you: mrms contact NAME --may see --wait 7d in their profile. Who was refused can't ask again until then"),
            ContactError::AskedAlready { ready, is_ready, .. } => {
                Self::new(Exit::Failed, "asked-already", message).hint(match is_ready {
                    true => "the wait is over: mrms contact accept makes you a delegate".to_owned(),
                    false => format!(
                        "unless they refuse, mrms contact accept works from {} on",
                        times::day_and_time(ready)
                    ),
                })
            }
            ContactError::NotAsked { .. } => Self::new(Exit::NotAllowed, "too-early", message)
                .hint("mrms contact ask begins the wait"),
            ContactError::TooEarly { ready, .. } => Self::new(Exit::NotAllowed, "too-early", message)
                .hint(format!(
                    "unless they refuse, it works from {} on (estimated)",
                    times::day_and_time(ready)
                )),
            ContactError::NoContact { .. } => Self::new(Exit::NotFound, "no-such-contact", message)
                .hint("mrms contacts lists whom you have named, mrms delegates who acts for you"),
            ContactError::ActsAlready { .. } => Self::new(Exit::Failed, "contact-acts", message)
                .hint("mrms delegate NAME --end ends that, and asks what becomes of whom they let in; mrms stop NAME ends all that they have of you"),
            _ => Self::new(Exit::Failed, "contact", message),
        }
    }
}
