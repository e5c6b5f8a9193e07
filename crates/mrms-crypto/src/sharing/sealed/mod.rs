//! Sealed sharing: vaults keep, in shares, what a reader needs beside their own key.
//!
//! Each version and reader gets a fresh [`ReleaseSecret`], split into [`ReleaseShare`]s; any
//! `threshold` of them give it back (Shamir over GF(256), crate `blahaj`). The version's file key
//! is wrapped under pair secret and release secret together ([`SealedWrap`]). Each share is sealed
//! under the pair secret before it leaves ([`SealedShare`]). So vaults alone, however many, learn
//! nothing, and a reader with too few shares learns nothing.
//!
//! Knows nothing of vaults, grants or logs: only of these secrets and what they are bound to.

use std::fmt;

use blahaj::Sharks;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{Pair, PairSecret};
use crate::bytes::sealed_bytes;
use crate::context::{Binding, ContentKey, ErasureSalt, PayloadDigest, VersionContext};
use crate::envelope::{ContentEnvelope, UnlockError};
use crate::kdf::{self, Key, LONG_WRAP_LENGTH, WRAP_LENGTH};
use crate::secret::{self, FileKey, secret_bytes};

const SHARE_INFO: &[u8] = b"mrms/release-share/v1";
const WRAP_INFO: &[u8] = b"mrms/sealed-wrap/v1";

/// How a release secret is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Threshold {
    needed: u8,
    count: u8,
}

impl Threshold {
    /// Shares that there can be at most.
    pub const MOST: u8 = 16;

    /// Any `needed` of `count` shares give the secret; `None` unless 1 ≤ needed ≤ count ≤ 16.
    #[must_use]
    pub const fn new(needed: u8, count: u8) -> Option<Self> {
        if 1 <= needed && needed <= count && count <= Self::MOST {
            Some(Self { needed, count })
        } else {
            None
        }
    }

    /// Shares that are needed.
    #[must_use]
    pub const fn needed(self) -> u8 {
        self.needed
    }

    /// Shares that there are.
    #[must_use]
    pub const fn count(self) -> u8 {
        self.count
    }
}

/// Names one deposit; its shares and wraps are bound to it. Drawn anew with each release secret, so
/// that no key is ever used for two values. Not a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DepositId([u8; 16]);

impl DepositId {
    /// A fresh one.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self(*secret::random(rng))
    }

    /// One that was read.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// A version for one reader, in one deposit: every key of this module is bound to all of it.
#[derive(Clone, Debug)]
pub struct Sealing<'a> {
    /// Patient, reader and epoch.
    pub pair: &'a Pair,
    /// The record and version, and whose.
    pub context: &'a VersionContext,
    /// The version's payload.
    pub payload: PayloadDigest,
    /// The deposit.
    pub deposit: DepositId,
    /// How the release secret is split.
    pub threshold: Threshold,
}

impl Sealing<'_> {
    fn bound_to(&self, domain: &[u8]) -> Vec<u8> {
        let Self { pair, context, payload, deposit, threshold } = self;
        let Threshold { needed, count } = threshold;
        let binding = Binding::new(context, payload);
        let pair = pair.bound_to(domain);
        [&pair, binding.as_bytes().as_slice(), &deposit.0, &[*needed, *count]].concat()
    }
}

secret_bytes! {
    /// What the vaults hold together: with the pair secret it opens one version for one reader.
    pub ReleaseSecret, 32
}

/// Shares that give no secret.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{given} different shares were given, {needed} are needed")]
pub struct TooFewShares {
    /// Different shares that were given.
    pub given: usize,
    /// How many are needed.
    pub needed: u8,
}

impl ReleaseSecret {
    /// A fresh secret.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        Self(secret::random(rng))
    }

    /// The shares, in order of their places from 1.
    pub fn split(&self, threshold: Threshold, mut rng: &mut dyn CryptoRng) -> Vec<ReleaseShare> {
        let shares = Sharks(threshold.needed).dealer_rng(self.expose(), &mut rng);
        let shares = shares.take(usize::from(threshold.count)).map(|share| {
            let bytes = Zeroizing::new(Vec::from(&share));
            let mut value = Zeroizing::new([0; 32]);
            value.copy_from_slice(&bytes[1..]);
            ReleaseShare { place: bytes[0], value }
        });
        shares.collect()
    }

    /// Joins shares. Whether they belong to one secret shows when the wrap opens.
    ///
    /// # Errors
    ///
    /// [`TooFewShares`] when fewer than the threshold have different places.
    pub fn join(threshold: Threshold, shares: &[ReleaseShare]) -> Result<Self, TooFewShares> {
        let mut places: Vec<u8> = shares.iter().map(|share| share.place).collect();
        places.sort_unstable();
        places.dedup();
        let (given, needed) = (places.len(), threshold.needed);
        let too_few = || TooFewShares { given, needed };
        if given < usize::from(needed) {
            return Err(too_few());
        }
        let parsed = shares.iter().map(|share| {
            let bytes = Zeroizing::new([&[share.place], share.value.as_slice()].concat());
            blahaj::Share::try_from(bytes.as_slice())
        });
        let parsed: Vec<_> = parsed.collect::<Result<_, _>>().map_err(|_| too_few())?;
        let joined = Sharks(needed).recover(&parsed).map_err(|_| too_few())?;
        let joined = Zeroizing::new(joined);
        let mut secret = Zeroizing::new([0; 32]);
        secret.copy_from_slice(&joined);
        Ok(Self(secret))
    }
}

/// One share of a release secret, unencrypted: the patient has it before it is sealed, and the
/// reader after it is opened.
pub struct ReleaseShare {
    place: u8,
    value: Zeroizing<[u8; 32]>,
}

impl ReleaseShare {
    /// Which share it is: 1 to the count.
    #[must_use]
    pub const fn place(&self) -> u8 {
        self.place
    }
}

impl fmt::Debug for ReleaseShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReleaseShare({}, ..)", self.place)
    }
}

sealed_bytes! {
    /// A share as a vault keeps it: nothing without the pair secret.
    SealedShare, LONG_WRAP_LENGTH
}

/// The share does not open: another pair, record, version, deposit or place, or it was altered.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the vault's share does not open for this version and reader")]
pub struct SealedShareError;

impl SealedShare {
    /// Seals a share to the reader of the pair.
    #[must_use]
    pub fn seal(share: &ReleaseShare, secret: &PairSecret, sealing: &Sealing<'_>) -> Self {
        let key = share_key(secret, sealing, share.place);
        Self(kdf::wrap_long(&key, &share.value))
    }

    /// Opens it with the pair secret.
    ///
    /// # Errors
    ///
    /// [`SealedShareError`].
    pub fn open(
        &self,
        place: u8,
        secret: &PairSecret,
        sealing: &Sealing<'_>,
    ) -> Result<ReleaseShare, SealedShareError> {
        let key = share_key(secret, sealing, place);
        let value = kdf::unwrap_long(&key, &self.0).ok_or(SealedShareError)?;
        Ok(ReleaseShare { place, value })
    }
}

/// HKDF(pair secret, "mrms/release-share/v1" ‖ pair ‖ binding ‖ deposit ‖ threshold ‖ place). The
/// deposit is drawn with the release secret, so that each such key seals one share.
fn share_key(secret: &PairSecret, sealing: &Sealing<'_>, place: u8) -> Key {
    kdf::hkdf(secret.expose(), &[], &[&sealing.bound_to(SHARE_INFO), &[place]])
}

sealed_bytes! {
    /// The file key of one version under pair secret and release secret together.
    SealedWrap, WRAP_LENGTH
}

impl SealedWrap {
    /// Wraps the key of the version that `sealing` names.
    #[must_use]
    pub fn seal(
        secret: &PairSecret,
        release: &ReleaseSecret,
        sealing: &Sealing<'_>,
        key: &ContentKey,
    ) -> Self {
        let wrap_key = wrap_key(secret, release, sealing, key.erasure_salt());
        Self(kdf::wrap(&wrap_key, key.file_key.expose()))
    }

    /// Unwraps the version's key, and checks it against the commitment of its envelope. `salt` is
    /// needed for an erasable version, and ignored for another.
    ///
    /// # Errors
    ///
    /// [`UnlockError`].
    pub fn open(
        &self,
        secret: &PairSecret,
        release: &ReleaseSecret,
        sealing: &Sealing<'_>,
        envelope: &ContentEnvelope,
        salt: Option<&ErasureSalt>,
    ) -> Result<ContentKey, UnlockError> {
        let salt = envelope.needed_salt(salt)?;
        let key = wrap_key(secret, release, sealing, salt);
        let file_key = kdf::unwrap(&key, &self.0).map(FileKey::new).ok_or(UnlockError::NoWrap)?;
        envelope.accept(file_key, sealing.context, envelope.payload_digest(), salt)
    }
}

/// HKDF(pair secret ‖ release secret, salt = erasure salt or none, "mrms/sealed-wrap/v1" ‖ pair ‖
/// binding ‖ deposit ‖ threshold). The release secret is fresh, so that each such key wraps one
/// file key.
fn wrap_key(
    secret: &PairSecret,
    release: &ReleaseSecret,
    sealing: &Sealing<'_>,
    salt: Option<&ErasureSalt>,
) -> Key {
    let mut both = Zeroizing::new([0; 48]);
    both[..16].copy_from_slice(secret.expose());
    both[16..].copy_from_slice(release.expose());
    let salt = salt.map_or(&[][..], |salt| salt.expose());
    kdf::hkdf(both.as_slice(), salt, &[&sealing.bound_to(WRAP_INFO)])
}

#[cfg(test)]
mod tests;
