//! Errors of the use cases as sentences of the catalogues: which key says an error, found along its causes. What has no
//! sentence is shown in the words of the program.

use std::error::Error;

use mrms_app::access::open::OpenRecordError;
use mrms_app::contacts::ContactError;
use mrms_app::ledger::LedgerError;
use mrms_app::links::host::HostError;
use mrms_app::links::make::LinkError;
use mrms_app::people::card::CardError;
use mrms_app::profile::ProfileError;
use mrms_app::records::inbox::InboxError;
use mrms_app::records::write::WriteError;
use mrms_app::sending::outcome::SendError;
use mrms_app::session::vaults::TooFewVaults;
use mrms_app::sharing::emergency::EmergencyError;
use mrms_app::sharing::recipients::RecipientError;
use mrms_app::sharing::wanted::UnknownRights;
use mrms_app::staff::administer::StaffError;
use mrms_app::succession::HandOverError;
use mrms_contract::ContractError;
use mrms_home::causes::causes;
use mrms_store::StoreError;

/// The key of what is said where vaults answer, and have no share of a version for the person.
pub(crate) const NO_SHARE: &str = "why-no-share";

/// Whether the ledger does not answer.
pub(crate) fn is_away(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| {
        matches!(cause.downcast_ref::<LedgerError>(), Some(LedgerError::Unreachable { .. }))
    })
}

/// The key of the sentence of an error.
pub(crate) fn key_of(error: &(dyn Error + 'static)) -> Option<&'static str> {
    causes(error).find_map(key)
}

fn key(error: &(dyn Error + 'static)) -> Option<&'static str> {
    if let Some(refusal) = error.downcast_ref::<ContractError>() {
        return refusal_key(*refusal);
    }
    if let Some(SendError::Refused { refusal, .. }) = error.downcast_ref::<SendError>() {
        return refusal_key(*refusal);
    }
    if let Some(SendError::Unkept(_)) = error.downcast_ref::<SendError>() {
        return Some("why-maybe-sent");
    }
    if let Some(StaffError::NotMember { .. }) = error.downcast_ref::<StaffError>() {
        return refusal_key(ContractError::NotMember);
    }
    if let Some(ledger) = error.downcast_ref::<LedgerError>() {
        return ledger_key(ledger);
    }
    if let Some(recipient) = error.downcast_ref::<RecipientError>() {
        return match recipient {
            RecipientError::NotPublished { .. } => Some("why-no-key"),
            RecipientError::Changed { .. } => Some("why-key-changed"),
            RecipientError::NotOnCard { .. } => Some("why-key-not-on-card"),
            _ => None,
        };
    }
    if let Some(OpenRecordError::NoSalt { unanswered, .. }) =
        error.downcast_ref::<OpenRecordError>()
    {
        return Some(match unanswered.is_empty() {
            true => "why-no-salt",
            false => "why-salt-away",
        });
    }
    if let Some(OpenRecordError::NotFound { .. }) = error.downcast_ref::<OpenRecordError>() {
        return Some("why-no-record");
    }
    if let Some(key) = error.downcast_ref::<ContactError>().and_then(contact_key) {
        return Some(key);
    }
    if let Some(key) = error.downcast_ref::<HandOverError>().and_then(hand_over_key) {
        return Some(key);
    }
    if let Some(refused) = error.downcast_ref::<TooFewVaults>() {
        return Some(vaults_key(refused));
    }
    if let Some(WriteError::Empty) = error.downcast_ref::<WriteError>() {
        return Some("why-empty");
    }
    if error.is::<UnknownRights>() {
        return Some("why-unknown-rights");
    }
    if let Some(card) = error.downcast_ref::<CardError>() {
        return match card {
            CardError::NotSet => Some("why-no-card"),
            CardError::NotPublished => Some("why-own-key"),
            _ => None,
        };
    }
    match error.downcast_ref::<ProfileError>() {
        Some(ProfileError::Busy) => return Some("why-busy"),
        Some(ProfileError::Damaged { .. }) => return Some("why-damaged"),
        _ => {}
    }
    if let Some(EmergencyError::NoReason | EmergencyError::Characters { .. }) =
        error.downcast_ref::<EmergencyError>()
    {
        return Some("why-no-reason");
    }
    if let Some(InboxError::KeyMissing { .. }) = error.downcast_ref::<InboxError>() {
        return Some("why-key-missing");
    }
    match error.downcast_ref::<LinkError>() {
        Some(LinkError::TooLarge { .. }) => return Some("new-link-too-large"),
        // It is no cause of its own along the way, since the one has the words of the other.
        Some(LinkError::Host(host)) => return host_key(host),
        _ => {}
    }
    match error.downcast_ref::<StoreError>() {
        Some(StoreError::Missing { .. }) => Some("content-away"),
        Some(StoreError::Unreachable { .. }) => Some("why-vaults-away"),
        _ => None,
    }
}

/// Vaults that answered and refused are not away.
fn vaults_key(refused: &TooFewVaults) -> &'static str {
    match refused.refusal() {
        _ if refused.lacks_shares() => NO_SHARE,
        Some(refusal) => refusal_key(refusal).unwrap_or("why-vaults-away"),
        None => "why-vaults-away",
    }
}

const fn host_key(error: &HostError) -> Option<&'static str> {
    match error {
        HostError::Unreachable { .. } => Some("new-link-host-away"),
        HostError::NotAllowed { .. } => Some("new-link-host-refuses"),
        _ => None,
    }
}

const fn contact_key(error: &ContactError) -> Option<&'static str> {
    Some(match error {
        ContactError::NotNamed { .. } => "why-not-named",
        ContactError::AskedAlready { .. } => "why-asked-already",
        ContactError::NotAsked { .. } => "why-not-asked",
        ContactError::TooEarly { .. } => "why-too-early",
        ContactError::NoContact { .. } => "why-no-contact",
        ContactError::ActsAlready { .. } => "why-contact-acts",
        ContactError::Refused(refusal) => return refusal_key(*refusal),
        _ => return None,
    })
}

const fn hand_over_key(error: &HandOverError) -> Option<&'static str> {
    Some(match error {
        HandOverError::Document(_) | HandOverError::NotKeys(_) => "why-no-text",
        HandOverError::Elsewhere { .. } => "why-elsewhere",
        HandOverError::Oneself => "hand-over-oneself",
        HandOverError::ForAnother { .. } => "why-for-another",
        HandOverError::NotSealedToYou => "why-not-sealed",
        HandOverError::AnotherWon { .. } => "why-another-won",
        HandOverError::Already { .. } => "why-handed-over",
        HandOverError::StaffStands { .. } => "why-staff-stands",
        HandOverError::OfferedToAnother { .. } => "why-offered-to-another",
        HandOverError::Refused(refusal) => return refusal_key(*refusal),
        _ => return None,
    })
}

const fn ledger_key(error: &LedgerError) -> Option<&'static str> {
    Some(match error {
        LedgerError::Busy { .. } => "why-busy",
        LedgerError::NotEnoughFunds { .. } => "why-no-funds",
        LedgerError::Pending { .. } => "why-pending",
        LedgerError::FeeAboveCeiling { .. } => "why-fee",
        LedgerError::BurnHeight { .. } => "why-burn-height",
        LedgerError::SponsorRefused { .. } => "why-sponsor",
        LedgerError::SponsorUnreachable { .. } => "why-sponsor-away",
        LedgerError::Behind { .. } | LedgerError::Damaged { .. } => "why-ledger-damaged",
        LedgerError::Storage { .. } => "why-storage",
        _ => return None,
    })
}

const fn refusal_key(refusal: ContractError) -> Option<&'static str> {
    use ContractError as E;
    Some(match refusal {
        E::NoAccess => "why-no-access",
        E::GrantExpired => "why-expired",
        E::GrantRevoked => "why-revoked",
        E::NoReadRight => "why-emergency-only",
        E::NoAmendRight => "why-no-amend",
        E::NoEmergencyRight => "why-no-emergency",
        E::VersionNotGranted => "why-old-version",
        E::NotMember => "why-no-member",
        E::NotPatient => "why-not-yours",
        E::NoPower => "why-no-power",
        E::NoSuchDelegate => "why-no-delegate",
        E::NoSuchContact => "why-not-named",
        E::TooEarly => "why-too-early",
        E::AskedAlready => "why-asked-already",
        E::NotNew => "why-not-new",
        E::Succeeded => "why-handed-over",
        E::RecordNotFound => "why-no-record",
        E::SelfGrant => "why-self",
        E::NotOffered | E::NoOffer => "why-no-offer",
        E::RecordExists => "why-record-exists",
        E::EmptyContent => "why-empty",
        E::VersionNotFound => "why-no-version",
        E::VersionTaken => "why-version-taken",
        E::ForeignId => "why-foreign-id",
        E::ExpiryInPast => "why-end-past",
        E::NoSuchGrant => "why-no-grant",
        E::InvalidRights | E::InvalidPowers => "why-invalid-rights",
        E::SelfDelegate | E::SelfMember => "why-self",
        E::NoReason => "why-no-reason",
        E::NoSuchMember => "why-no-such-member",
        E::InvalidWait => "why-invalid-wait",
        E::EmptyKey | E::EmptyEnvelope => "why-not-whole",
        E::UserCannotRead => "why-cannot-read",
        E::CountFell | E::HeadChanged => "why-vault-log",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use mrms_app::access::open::OpenRecordError;
    use mrms_app::session::AskError;
    use mrms_app::sharing::grant::ShareError;

    use super::*;

    #[test]
    fn error_is_known_along_its_causes() {
        let refused = ShareError::Refused(ContractError::GrantExpired);
        assert_eq!(key_of(&refused), Some("why-expired"));
        let busy = || AskError::Ledger(LedgerError::Busy { pid: "7".to_owned() });
        assert_eq!(key_of(&busy()), Some("why-busy"));
        assert_eq!(key_of(&OpenRecordError::Ask(busy())), Some("why-busy"));
        assert_eq!(key_of(&AskError::Ledger(LedgerError::NoSponsor)), None);
        let away = HostError::Unreachable { reason: "refused".to_owned() };
        assert_eq!(key_of(&LinkError::Host(away)), Some("new-link-host-away"));
        assert_eq!(key_of(&LinkError::TooLarge { most: 1 }), Some("new-link-too-large"));
        assert!(!is_away(&refused));
        let nobody = TooFewVaults { done: 0, needed: 1, failures: Vec::new() };
        assert_eq!(key_of(&nobody), Some("why-vaults-away"));
        for refusal in ContractError::ALL {
            // Nobody reads the program's English for it.
            let key =
                refusal_key(*refusal).unwrap_or_else(|| panic!("{refusal:?} has no sentence"));
            for language in crate::words::Language::ALL {
                assert_ne!(crate::words::Words::of(language).say(key), key, "{key}");
            }
        }
    }
}
