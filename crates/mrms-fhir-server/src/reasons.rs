//! Errors of the use cases as refusals of FHIR: which kind, found along an error's causes, and what to do next.

use std::error::Error;

use mrms_app::ledger::LedgerError;
use mrms_app::profile::ProfileError;
use mrms_app::sending::outcome::SendError;
use mrms_app::session::vaults::TooFewVaults;
use mrms_app::sharing::recipients::RecipientError;
use mrms_app::sharing::wanted::UnknownRights;
use mrms_contract::ContractError;
use mrms_fhir::{Refusal, Why};
use mrms_home::causes::causes;
use mrms_home::error::chain;

/// What to do where access is lacking.
pub(crate) const ASK_PATIENT: &str =
    "Ask the patient to grant it again: mrms request makes a request that they can answer.";

/// An error of a use case, for [`Result::map_err`].
pub(crate) fn refused(error: impl Error + 'static) -> Refusal {
    causes(&error).find_map(known).unwrap_or_else(|| {
        let message = chain(&error);
        tracing::warn!(target: "mrms::fhir", "a request failed: {message}");
        Why::Failed.because(sentence(&message))
    })
}

/// A message of the program as a sentence.
fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

fn known(error: &(dyn Error + 'static)) -> Option<Refusal> {
    let said = |why: Why| why.because(sentence(&chain(error)));
    if let Some(refusal) = error.downcast_ref::<ContractError>() {
        return Some(of_contract(*refusal));
    }
    if let Some(SendError::Refused { refusal, .. }) = error.downcast_ref::<SendError>() {
        return Some(of_contract(*refusal));
    }
    if let Some(SendError::Unkept(_)) = error.downcast_ref::<SendError>() {
        return Some(
            said(Why::Away).hint(
                "Make room on the disk, and repeat it: it is first looked for what was sent.",
            ),
        );
    }
    if let Some(ledger) = error.downcast_ref::<LedgerError>() {
        return Some(match ledger {
            LedgerError::Busy { .. }
            | LedgerError::Unreachable { .. }
            | LedgerError::SponsorUnreachable { .. } => {
                said(Why::Away).hint("Try again in a moment.")
            }
            LedgerError::Pending { .. } => said(Why::Away).hint(
                "It was sent and waits for a block. Ask again in a while; it is not done twice.",
            ),
            LedgerError::NotEnoughFunds { .. }
            | LedgerError::FeeAboveCeiling { .. }
            | LedgerError::SponsorRefused { .. } => {
                said(Why::Conflict).hint("See to the fee, and repeat it.")
            }
            _ => said(Why::Failed).hint("mrms doctor says what is wrong."),
        });
    }
    if let Some(recipient) = error.downcast_ref::<RecipientError>() {
        let hint = match recipient {
            RecipientError::Changed { .. } | RecipientError::NotOnCard { .. } => {
                "Compare their key with them, and accept it with mrms key trust; then repeat it."
            }
            _ => "They publish a key with mrms key publish; then repeat it.",
        };
        return Some(said(Why::Conflict).hint(hint));
    }
    if error.is::<UnknownRights>() {
        return Some(said(Why::Conflict).hint("Say in the Consent what they may do."));
    }
    if error.is::<TooFewVaults>() {
        return Some(
            said(Why::Away).hint("Try again later. What is begun goes on with the same entry."),
        );
    }
    if let Some(ProfileError::Busy) = error.downcast_ref::<ProfileError>() {
        return Some(said(Why::Away).hint("Try again in a moment."));
    }
    None
}

fn of_contract(refusal: ContractError) -> Refusal {
    use ContractError as E;
    let said = |why: Why| why.because(sentence(&refusal.to_string()));
    match refusal {
        E::NoAccess | E::GrantExpired | E::GrantRevoked | E::VersionNotGranted => {
            said(Why::Forbidden).hint(ASK_PATIENT)
        }
        E::NoReadRight => said(Why::Forbidden)
            .hint("In an emergency: mrms access RECORD --emergency REASON, or the portal."),
        E::RecordNotFound | E::VersionNotFound | E::NoSuchGrant => said(Why::NotFound),
        E::ExpiryInPast | E::SelfGrant | E::InvalidRights => said(Why::Unprocessable),
        E::RecordExists | E::VersionTaken => said(Why::Conflict),
        _ if refusal.code() < 200 => said(Why::Forbidden),
        _ => said(Why::Unprocessable),
    }
}

#[cfg(test)]
mod tests {
    use mrms_app::session::AskError;
    use mrms_app::sharing::grant::ShareError;

    use super::*;

    #[test]
    fn refusal_of_the_contract_is_no_failure_of_the_program() {
        let expired = refused(ShareError::Refused(ContractError::GrantExpired));
        assert_eq!(expired.why, Why::Forbidden);
        assert_eq!(expired.sentence, "The grant on this record has expired.");
        assert!(expired.hint.is_some());
        let busy = refused(AskError::Ledger(LedgerError::Busy { pid: "7".to_owned() }));
        assert_eq!(busy.why, Why::Away);
        for refusal in ContractError::ALL {
            assert_ne!(refused(ShareError::Refused(*refusal)).why, Why::Failed, "{refusal}");
        }
    }
}
