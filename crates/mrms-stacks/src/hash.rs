//! The hashes that Stacks uses for addresses, transaction ids (SIP-005) and structured messages
//! (SIP-018).

use ripemd::Ripemd160;
use sha2::{Digest, Sha256, Sha512_256};

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// SHA-512/256 over the parts in order: transaction ids and what is signed (SIP-005).
pub(crate) fn sha512_256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha512_256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// RIPEMD-160 of SHA-256: what an address holds of a key or script.
pub(crate) fn hash160(bytes: &[u8]) -> [u8; 20] {
    Ripemd160::digest(Sha256::digest(bytes)).into()
}
