//! Encryption for MRMS: keys from 24 words, age files, content envelopes and key sharing.
//!
//! Everything that keeps a record secret is in this crate, so that it can be audited alone. It
//! knows no chain, no HTTP, no paths, no environment and no clock; randomness is an argument
//! (`rand_core` 0.10's `CryptoRng`). What it writes:
//!
//! * [`age_file`]: standard age v1 files, which stock tools open; [`keystore`] is one of them.
//! * [`envelope`]: the bytes that go to the contract as `encrypted-content`.
//! * [`content`]: what is inside the ciphertext of a record version.
//! * [`sharing`]: the bytes that go to the contract as a key envelope, and to vaults as shares.
//! * [`emergency_reason`]: what commits to the reason of an emergency.
//! * [`at_rest`]: small secrets that a vault keeps, under keys that it erases.
//! * [`inheritance`]: the keys that a successor gets of who was the patient before.
//! * [`own_notes`]: what notices that a person's own notes were altered.
//! * [`trustees`]: the words in shares, as text.
//!
//! Keys come from [`words`] by way of [`keyring`]. Secrets are wiped when dropped, print as `..`,
//! and are neither `Clone` nor serializable.
//!
//! Sources: the C2SP age specification, RFC 9180 (HPKE), X-Wing (draft-connolly-cfrg-xwing-kem),
//! RFC 5869 (HKDF), RFC 8439 (ChaCha20-Poly1305), BIP-32, BIP-39 and BIP-85.

pub mod age_file;
pub mod at_rest;
pub mod content;
pub mod context;
pub mod emergency_reason;
pub mod envelope;
pub mod hybrid;
pub mod inheritance;
pub mod keyring;
pub mod keystore;
pub mod own_notes;
pub mod sharing;
pub mod stream;
pub mod trustees;
pub mod words;
pub mod x25519;

mod bytes;
mod kdf;
mod key_text;
mod secret;

pub use context::{ErasureSalt, PayloadDigest, VersionContext};
pub use hybrid::{Fingerprint, HybridIdentity, HybridRecipient};
pub use inheritance::InheritedKeys;
pub use key_text::ParseKeyError;
pub use keyring::{IdentityIndex, Keyring, RecordRoot, StacksSecretKey};
pub use stream::Workers;
pub use words::Words;
pub use x25519::{X25519Identity, X25519Recipient};
