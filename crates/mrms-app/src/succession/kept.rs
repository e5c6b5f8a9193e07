//! The documents with the keys of former patients, as the successor's profile keeps them.
//!
//! They stay sealed to the successor's own encryption key, so the successor's words open them. They are kept before the
//! contract is asked to accept: whatever is interrupted later, the keys are there.

use mrms_crypto::InheritedKeys;
use mrms_people::{HandOver, SignedDocument};

use crate::profile::{ProfileError, ProfileFolder};
use crate::session::Actor;
use crate::sharing::note;
use crate::succession::memory;

impl ProfileFolder {
    /// Keeps what was handed over, once.
    pub(crate) fn keep_hand_over(
        &self,
        document: &SignedDocument<HandOver>,
    ) -> Result<(), ProfileError> {
        let text = document.to_text();
        let mut kept = match self.hand_overs() {
            // The document that is kept now takes the place of what can't be read.
            Err(ProfileError::Damaged { .. }) => Vec::new(),
            kept => kept?,
        };
        if !kept.contains(&text) {
            kept.push(text);
            self.save_hand_overs(&kept)?;
        }
        Ok(())
    }
}

/// The keys that a document has for this actor; `None` where it is not for them, or damaged.
pub(crate) fn opened(actor: &Actor, sealed: &[u8]) -> Option<(InheritedKeys, memory::Memory)> {
    let bytes = note::open(actor, sealed)?;
    let (keys, memory) = memory::from_bytes(&bytes)?;
    Some((InheritedKeys::from_secret_bytes(keys).ok()?, memory))
}

/// Gives an actor the keys of those whom they succeeded, from what the profile keeps. Returns how many of the documents
/// there did not open: the others count all the same.
///
/// # Errors
///
/// [`ProfileError`].
pub fn inherit(profile: &ProfileFolder, actor: &mut Actor) -> Result<usize, ProfileError> {
    let mut closed = 0;
    for text in profile.hand_overs()? {
        let document = SignedDocument::<HandOver>::from_text(&text).ok();
        let found = document.and_then(|signed| opened(actor, &signed.document().sealed));
        match found {
            Some((keys, _)) => actor.keyring.inherit(keys),
            None => closed += 1,
        }
    }
    Ok(closed)
}
