//! The causes of an error, those included that an error passes on as its own.
//!
//! A face that says errors in words of its own looks along them for one that it knows. [`error::chain`](crate::error::chain)
//! has their messages.

use std::error::Error;

use mrms_app::access::open::OpenRecordError;
use mrms_app::audit::for_me::ForMeError;
use mrms_app::audit::reconcile::ReconcileError;
use mrms_app::audit::trail::ReadTrailError;
use mrms_app::people::card::CardError;
use mrms_app::people::known::OfferError;
use mrms_app::records::bring::BringError;
use mrms_app::records::catch_up::CatchUpError;
use mrms_app::records::erase::EraseError;
use mrms_app::records::inbox::InboxError;
use mrms_app::records::pass_on::PassOnError;
use mrms_app::records::received::ReceivedError;
use mrms_app::records::rename::RenameError;
use mrms_app::records::shared::SharedError;
use mrms_app::records::write::WriteError;
use mrms_app::sending::outcome::SendError;
use mrms_app::session::AskError;
use mrms_app::sharing::emergency::EmergencyError;
use mrms_app::sharing::grant::ShareError;
use mrms_app::sharing::keys::KeyError;
use mrms_app::sharing::purpose::PurposeError;
use mrms_app::staff::administer::StaffError;
use mrms_app::staff::open::OpenForError;

use crate::erasing::EraseRecordError;
use crate::error::HomeError;
use crate::staff::HomeStaffError;

/// An error and all that caused it, the outermost first. Faces look here for the error that they have a sentence for.
pub fn causes<'e>(
    error: &'e (dyn Error + 'static),
) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| {
        let error: &'e (dyn Error + 'static) = *error;
        within(error).or_else(|| error.source())
    })
}

/// The error that another one passes on as its own: such an error is no cause of itself.
fn within<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e (dyn Error + 'static)> {
    /// Looks for the variants of an enum that hold an error.
    macro_rules! passed_on {
        ($($of:ident: $($variant:ident),*;)*) => {
            $(if let Some(error) = error.downcast_ref::<$of>() {
                // An enum of this crate may have no other variant.
                #[allow(unreachable_patterns)]
                return match error {
                    $($of::$variant(inner) => Some(inner),)*
                    _ => None,
                };
            })*
        };
    }
    passed_on! {
        AskError: Ledger;
        HomeError: Ledger, Ask, Send, Profile, Store, Key;
        KeyError: Ask, Send;
        SendError: Ledger, Kept, Unkept, Unnoted, Profile;
        ShareError: Refused, Recipient, Ask, Send, Open, Vaults, Profile;
        OpenRecordError: Send, Ask, Vaults, Profile, Store;
        WriteError: Refused, Ask, Send, Store, Recipient, Vaults, Profile;
        EraseRecordError: Erase, Home;
        EraseError: Refused, Ask, Send, Profile;
        ReconcileError: Ask, Profile;
        ReadTrailError: Ask;
        EmergencyError: Refused, Ask, Recipient, Open, Profile;
        PurposeError: Refused, Ask, Recipient, Open;
        PassOnError: Open, Write;
        RenameError: Ask, PassOn;
        BringError: Ask, Profile, PassOn;
        ForMeError: Ask, Shared, Profile, Added;
        CatchUpError: Ask, Profile;
        OpenForError: Staff, Purpose;
        StaffError: Ask, Send, Write, Open, Profile, Received, Publish, Share;
        HomeStaffError: Staff, Home;
        SharedError: Ask, Profile;
        InboxError: Refused, Shared, Ask, Send, Profile;
        ReceivedError: Ask, Profile;
        CardError: Ask, Profile;
        OfferError: Card;
    }
    None
}

#[cfg(test)]
mod tests {
    use mrms_app::ledger::LedgerError;

    use super::*;

    #[test]
    fn error_that_is_passed_on_is_found() {
        let busy = LedgerError::Busy { pid: "7".to_owned() };
        let error = OpenRecordError::Ask(AskError::Ledger(busy));
        assert!(causes(&error).any(|cause| cause.is::<LedgerError>()));
        assert!(causes(&error).any(|cause| cause.is::<AskError>()));
    }
}
