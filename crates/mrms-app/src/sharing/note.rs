//! Notes that one person seals to another: small age files, to the other's published recipient.
//!
//! Says nothing of what is in a note, or of how it comes to the other.

use mrms_crypto::age_file::{Encoding, EncryptedFile, Protection, Recipient, Recipients, Unlock};
use mrms_crypto::{HybridIdentity, HybridRecipient, Workers};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::session::Actor;

/// Seals bytes to a recipient.
pub(crate) fn seal(
    recipient: HybridRecipient,
    bytes: &[u8],
    rng: &mut dyn CryptoRng,
) -> Option<Vec<u8>> {
    let recipients = Recipients::new(vec![Recipient::Hybrid(recipient)]).ok()?;
    let protection = Protection::Recipients(&recipients);
    let mut note = Vec::new();
    let binary = Encoding::Binary;
    mrms_crypto::age_file::encrypt(&protection, binary, bytes, &mut note, Workers::ONE, rng)
        .ok()?;
    Some(note)
}

/// Opens a note; `None` when it is not for this actor.
pub(crate) fn open(actor: &Actor, note: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    open_with(actor.patient_identities().ok()?, note)
}

/// Opens a note with one of these identities.
pub(crate) fn open_with(
    identities: Vec<HybridIdentity>,
    note: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let identities: Vec<_> = identities.into_iter().map(Into::into).collect();
    let mut bytes = Zeroizing::new(Vec::new());
    let file = EncryptedFile::read(note).ok()?;
    file.decrypt(&Unlock::Identities(&identities), &mut *bytes, Workers::ONE).ok()?;
    Some(bytes)
}
