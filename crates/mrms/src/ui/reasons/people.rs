//! Errors of names, and of the documents that people hand to each other.

use mrms_app::people::card::CardError;
use mrms_app::people::directories::DirectoryError;
use mrms_app::people::known::OfferError;
use mrms_home::qr::code::{NotDrawn, TooLongForCode};
use mrms_home::qr::picture::PictureError;
use mrms_home::web::WebError;
use mrms_home::{HomeError, NameError, NamesError};
use mrms_people::DocumentError;

use crate::ui::failure::{Exit, Failure, chain};

impl From<NamesError> for Failure {
    fn from(error: NamesError) -> Self {
        HomeError::from(error).into()
    }
}

impl From<DocumentError> for Failure {
    fn from(error: DocumentError) -> Self {
        let message = chain(&error);
        match error {
            DocumentError::Signature(_) => Self::new(Exit::Integrity, "document-signature", message)
                .hint("ask whoever it is from to send it again, by another way"),
            DocumentError::OtherKind { .. } => Self::new(Exit::Usage, "document-kind", message)
                .hint("mrms people add takes a card, mrms join an invitation, mrms grant --request a request, mrms directory add a directory"),
            DocumentError::OtherForm => Self::new(Exit::Failed, "document-newer", message)
                .hint("install the newest mrms, or ask them for one that theirs makes for older programs"),
            _ => Self::new(Exit::Failed, "document", message)
                .hint("copy the whole text, from mrms: to its end, or ask them to send it as a file"),
        }
    }
}

impl From<PictureError> for Failure {
    fn from(error: PictureError) -> Self {
        let message = chain(&error);
        match error {
            PictureError::Document(error) => error.into(),
            PictureError::TooLarge { .. } => Self::new(Exit::Failed, "picture-too-large", message)
                .hint("cut out the QR code, or take the picture in a smaller size"),
            PictureError::OtherText => Self::new(Exit::Failed, "picture", message)
                .hint("take a picture of the code that mrms card show --qr draws"),
            PictureError::Several => Self::new(Exit::Failed, "picture", message)
                .hint("cut out the one you mean"),
            _ => Self::new(Exit::Failed, "picture", message)
                .hint("take the picture again, straight from above and with the whole code in it; or ask for the text"),
        }
    }
}

impl From<TooLongForCode> for Failure {
    fn from(error: TooLongForCode) -> Self {
        Self::new(Exit::Failed, "too-long-for-qr", error)
            .hint("send it as text, or as a file with -o FILE")
    }
}

impl From<NotDrawn> for Failure {
    fn from(error: NotDrawn) -> Self {
        Self::new(Exit::Failed, "qr", chain(&error)).hint("use a name that ends in .svg or .txt")
    }
}

impl From<NameError> for Failure {
    fn from(error: NameError) -> Self {
        match &error {
            NameError::Unclear { accepted, .. } => Self::new(Exit::Usage, "name-unclear", &error)
                .hint(format!(
                    "name the one you mean with the end of their account, such as {accepted:?}, or by the whole account"
                )),
            NameError::Nobody { near, .. } if near.is_empty() => {
                Self::new(Exit::NotFound, "name-unknown", &error)
                    .hint("mrms people list shows whom you know; mrms people add takes a card")
            }
            NameError::Nobody { near, .. } => Self::new(Exit::NotFound, "name-unknown", &error)
                .hint(format!("did you mean {}?", near.join(" or "))),
            NameError::ListedOnly { text, .. } => Self::new(
                Exit::NotFound,
                "name-listed-only",
                &error,
            )
            .hint(format!(
                "mrms people add {text:?} takes them into your people, and shows their card first"
            )),
            NameError::Locked { .. } => Self::new(Exit::Usage, "names-locked", &error)
                .hint("mrms key unlock opens them for a while; or give the principal"),
            _ => Self::new(Exit::Failed, "name", &error),
        }
    }
}

impl From<CardError> for Failure {
    fn from(error: CardError) -> Self {
        let message = chain(&error);
        match error {
            CardError::Document(error) => error.into(),
            CardError::Ask(error) => error.into(),
            CardError::Profile(error) => error.into(),
            CardError::NotSet => Self::new(Exit::NotFound, "no-card", message)
                .hint("mrms card set --name \"Clinic B\" --kind practice makes it; --organisation and --address say more"),
            CardError::NotPublished => {
                Self::new(Exit::NotFound, "no-encryption-key", message).hint("mrms key publish publishes it")
            }
            CardError::NoGenesis { .. } => Self::new(Exit::Unreachable, "no-genesis", message)
                .hint("use a node that tells it: mrms doctor shows which ledger is in use"),
            _ => Self::new(Exit::Failed, "card", message),
        }
    }
}

impl From<OfferError> for Failure {
    fn from(error: OfferError) -> Self {
        let message = chain(&error);
        match error {
            OfferError::Document(error) => error.into(),
            OfferError::Card(error) => error.into(),
            OfferError::Own => Self::new(Exit::Usage, "own-card", message)
                .hint("give it to others; mrms card set changes what it says"),
            OfferError::Elsewhere { .. } => Self::new(Exit::Failed, "card-elsewhere", message)
                .hint("nothing could be shared with them from here. Ask them which ledger they work with; --ledger names another, mrms doctor shows yours"),
            OfferError::Older { .. } => Self::new(Exit::NotAllowed, "card-old", message)
                .hint("the newer one stays. Ask them for what mrms card show prints now"),
            OfferError::Contradicts { .. } => Self::new(Exit::NotAllowed, "card-contradicts", message)
                .hint("the one you have stays. Ask them, by another way, to run mrms card set again and send that card"),
            _ => Self::new(Exit::Failed, "card", message),
        }
    }
}

impl From<DirectoryError> for Failure {
    fn from(error: DirectoryError) -> Self {
        let message = chain(&error);
        match error {
            DirectoryError::Document(error) => error.into(),
            DirectoryError::Profile(error) => error.into(),
            DirectoryError::OtherChain { .. } => Self::new(Exit::Failed, "card-elsewhere", message)
                .hint("nothing could be shared with those whom it lists. --ledger names another ledger, mrms doctor shows yours"),
            DirectoryError::Older { .. } => Self::new(Exit::NotAllowed, "directory-old", message)
                .hint("the newer one stays. Ask who serves it whether an old copy was put there"),
            DirectoryError::Contradicts { .. } => Self::new(Exit::NotAllowed, "directory-contradicts", message)
                .hint("the one you have stays. Ask its signer to make it again"),
            DirectoryError::OtherSigner { .. } => Self::new(Exit::Integrity, "directory-signer", message)
                .hint("the one you have stays. Ask the organisation, by another way; if the new signer is theirs, mrms directory remove forgets the old one, and mrms directory add takes the new one"),
            DirectoryError::Alike { .. } => Self::new(Exit::NotAllowed, "name-alike", message)
                .hint("give this one another name with --name"),
            DirectoryError::Unknown { .. } => Self::new(Exit::NotFound, "directory-unknown", message)
                .hint("mrms directory list shows those that you have"),
            _ => Self::new(Exit::Failed, "directory", message),
        }
    }
}

impl From<WebError> for Failure {
    fn from(error: WebError) -> Self {
        let message = chain(&error);
        match error {
            WebError::Document(error) => error.into(),
            _ => Self::new(Exit::Unreachable, "document-unreachable", message)
                .hint("check the address; unencrypted HTTP beyond this machine needs allow_plain_http under [ledger] in mrms.toml. Or ask for the file"),
        }
    }
}
