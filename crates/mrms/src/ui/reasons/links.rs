//! Errors of links.

use mrms_app::links::entry::EntryError;
use mrms_app::links::host::HostError;
use mrms_app::links::make::LinkError;
use mrms_home::foreign_link::ForeignLinkError;
use mrms_home::foreign_link::given::GivenError;

use crate::ui::failure::{Exit, Failure, chain};

impl From<LinkError> for Failure {
    fn from(error: LinkError) -> Self {
        let message = chain(&error);
        match error {
            LinkError::Open(error) => error.into(),
            LinkError::Ask(error) => error.into(),
            LinkError::Send(error) => error.into(),
            LinkError::Host(error) => error.into(),
            LinkError::Account(error) => error.into(),
            LinkError::Profile(error) => error.into(),
            LinkError::TooMany { .. } => Self::new(Exit::Usage, "link-records", message)
                .hint("make several links, or name fewer records"),
            LinkError::TooLarge { .. } => Self::new(Exit::Usage, "link-too-large", message)
                .hint("make several links; for larger documents, grant access: mrms grant RECORD --to NAME --for 30d"),
            LinkError::NotYours { .. } => Self::new(Exit::NotAllowed, "not-patient", message)
                .hint("mrms list shows your records; only their patient makes links to them"),
            LinkError::NoLink { .. } => Self::new(Exit::NotFound, "no-link", message)
                .hint("mrms link list shows yours"),
            LinkError::Gone { .. } => Self::new(Exit::Failed, "link-destroyed", message)
                .hint("make another one: mrms link create RECORD --for 1d"),
            LinkError::Elsewhere { .. } => Self::new(Exit::Failed, "link-elsewhere", message)
                .hint("work on the ledger on which it was made"),
            LinkError::Text(_) => Self::new(Exit::Usage, "link-text", message)
                .hint("the host's address can have about 80 characters, and a label 80"),
            _ => Self::new(Exit::Failed, "link", message),
        }
    }
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        let message = chain(&error);
        match error {
            HostError::Damaged { .. } => Self::new(Exit::Integrity, "link-host-damaged", message)
                .hint("destroy the link and make another one, or restore the home from a backup"),
            HostError::Unreachable { .. } => Self::new(Exit::Unreachable, "link-host", message)
                .hint("check the network, and repeat the command; mrms link list shows what is not done yet"),
            HostError::NotAllowed { .. } => Self::new(Exit::NotAllowed, "link-host-refused", message)
                .hint("ask the host's operator for the deposit key, and whether it works on your ledger"),
            HostError::Busy => Self::new(Exit::Unreachable, "busy", message).hint("try again"),
            HostError::Unknown => Self::new(Exit::NotFound, "no-link", message)
                .hint("mrms link rearm NUMBER gives it to the host again"),
            _ => Self::new(Exit::Failed, "link-host", message)
                .hint("check the folder links in the home, and that there is room"),
        }
    }
}

impl From<EntryError> for Failure {
    fn from(error: EntryError) -> Self {
        match error {
            EntryError::Ask(error) => error.into(),
            EntryError::Send(error) => error.into(),
            EntryError::Profile(error) => error.into(),
            other => Self::new(Exit::Failed, "link", chain(&other)),
        }
    }
}

impl From<GivenError> for Failure {
    fn from(error: GivenError) -> Self {
        let message = chain(&error);
        match error {
            GivenError::Picture(error) => error.into(),
            GivenError::Link(_) => Self::new(Exit::Usage, "link", message)
                .hint("copy all of it, from shlink:/ to its end"),
            GivenError::Card => Self::new(Exit::Usage, "health-card", message)
                .hint("copy all of it, from shc:/ to its end, every code of it; or give the .smart-health-card file"),
            _ => Self::new(Exit::Usage, "link", message)
                .hint("give the text that begins with shlink:/ or shc:/, a file with it, or a picture of its QR code"),
        }
    }
}

impl From<ForeignLinkError> for Failure {
    fn from(error: ForeignLinkError) -> Self {
        use ForeignLinkError as E;
        let message = chain(&error);
        match error {
            E::Ended => Self::new(Exit::NotAllowed, "link-ended", message)
                .hint("ask whoever gave it to you for another one"),
            E::NoPasscode => Self::new(Exit::Usage, "no-passcode", message)
                .hint("ask whoever gave it to you, and write it into a file: mrms open LINK --passcode-file FILE"),
            E::WrongPasscode { .. } => Self::new(Exit::NotAllowed, "wrong-passcode", message)
                .hint("ask whoever gave you the link; too many wrong ones shut it for good"),
            E::NotThere => Self::new(Exit::NotFound, "link-not-there", message)
                .hint("ask whoever gave it to you for another one"),
            E::TooMuch => Self::new(Exit::Unreachable, "link-host", message).hint("try again in a minute"),
            E::Host(_) => Self::new(Exit::Unreachable, "link-host", message)
                .hint("check the network; an address that begins with http:// is asked on this machine alone"),
            E::File { .. } => Self::new(Exit::Integrity, "link-file", message)
                .hint("ask whoever gave you the link for another one: its host may have altered the file"),
            _ => Self::new(Exit::Failed, "link", message),
        }
    }
}
