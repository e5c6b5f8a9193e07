//! What `key` prints.

use std::path::Path;

use mrms_core::{Principal, StandardPrincipal};
use serde::Serialize;

/// What others need to share with the profile.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ShownKey<'a> {
    /// The profile's name.
    pub(crate) profile: &'a str,
    /// Its principal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) principal: StandardPrincipal,
    /// Its recipient, `age1pq1…`: what keys are wrapped to.
    pub(crate) recipient: &'a str,
    /// Fingerprint of the recipient: five groups of four hexadecimal digits.
    pub(crate) fingerprint: &'a str,
}

/// The profile that was made anew, and how many of its records open with it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RecoveredProfile<'a> {
    /// The profile's name.
    pub(crate) profile: &'a str,
    /// Its principal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) principal: StandardPrincipal,
    /// Its recipient.
    pub(crate) recipient: &'a str,
    /// How many records it has on chain.
    pub(crate) records: usize,
    /// How many of these open in every version.
    pub(crate) records_recovered: usize,
    /// Whether the command made the ledger, so that no record can be on it.
    pub(crate) new_ledger: bool,
}

/// The recipient that the contract's directory has now.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct PublishedKey<'a> {
    /// The profile's principal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) principal: StandardPrincipal,
    /// Its recipient.
    pub(crate) recipient: &'a str,
}

/// The new encryption key, which is published.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RotatedKey<'a> {
    /// The profile's principal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) principal: StandardPrincipal,
    /// The new recipient.
    pub(crate) recipient: &'a str,
    /// Fingerprint of the new recipient.
    pub(crate) fingerprint: String,
    /// Number of the new encryption key, from 0 for the first.
    pub(crate) identity: u16,
}

/// The key of somebody else that is taken from now on.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct TrustedKey<'a> {
    /// Their principal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) principal: &'a Principal,
    /// This person's own name for them; null when they have none.
    pub(crate) principal_name: Option<&'a str>,
    /// Their recipient.
    pub(crate) recipient: String,
    /// Fingerprint of their recipient.
    pub(crate) fingerprint: &'a str,
}

/// The profile is unlocked.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Unlocked<'a> {
    /// The profile's name.
    pub(crate) profile: &'a str,
    /// For how long, in seconds.
    pub(crate) unlocked_seconds: u64,
}

/// The profile opens with another passphrase.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ChangedPassphrase<'a> {
    /// The profile's name.
    pub(crate) profile: &'a str,
    /// Whether a key agent had it unlocked. The command ends that agent.
    pub(crate) was_unlocked: bool,
}

/// The profile is locked.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Locked {
    /// Always true.
    pub(crate) locked: bool,
    /// Whether it was unlocked before.
    pub(crate) was_unlocked: bool,
}

/// The set of shares that was written.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SplitWords<'a> {
    /// Principal of the account whose words they give back.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) principal: StandardPrincipal,
    /// Name of the set: 8 hexadecimal digits.
    pub(crate) set: String,
    /// How many of the shares give the words back.
    pub(crate) threshold: u8,
    /// The shares.
    pub(crate) shares: Vec<WrittenShare<'a>>,
}

/// A share, and the trustee whom it is for.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct WrittenShare<'a> {
    /// Number of the share, from 1.
    pub(crate) number: u8,
    /// The trustee's name in your own list; null when none was given.
    pub(crate) name: Option<&'a str>,
    /// The trustee's principal; null for one who was named by a recipient.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) principal: Option<&'a Principal>,
    /// Fingerprint of the trustee's recipient.
    pub(crate) fingerprint: String,
    /// The file that was written.
    pub(crate) output: &'a Path,
}

/// A trustee's answer: their share.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct AnsweredShare<'a> {
    /// Principal of the account whose words the shares give back.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) principal: StandardPrincipal,
    /// Name of the set: 8 hexadecimal digits.
    pub(crate) set: String,
    /// Number of the share, from 1.
    pub(crate) number: u8,
    /// How many of the shares give the words back.
    pub(crate) threshold: u8,
    /// How many shares the set has.
    pub(crate) shares: u8,
    /// Whether the answer is encrypted to a recipient (`--to`).
    pub(crate) encrypted: bool,
    /// The share as text, or an armored age file with it. Secret where it is not encrypted.
    pub(crate) answer: &'a str,
}

/// The one-time key that trustees can encrypt their answers to.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct OneTimeKey<'a> {
    /// Its recipient, for the trustees.
    pub(crate) recipient: String,
    /// Fingerprint of the recipient.
    pub(crate) fingerprint: &'a str,
    /// The file with the identity.
    pub(crate) output: &'a Path,
}
