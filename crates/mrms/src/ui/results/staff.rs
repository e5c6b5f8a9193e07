//! What `staff` prints.

use mrms_core::{BurnHeight, Principal, TxId, Version};
use serde::Serialize;

use super::record::GrantState;

/// A member of one's organisation, after they were named or their time was changed.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct NamedMember<'a> {
    /// Principal of the member.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) member: &'a Principal,
    /// Your own name for them; null when you gave none.
    pub(crate) member_name: Option<&'a str>,
    /// First burn height at which the membership is over; null when it ends only by `staff remove`.
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    pub(crate) expiry: Option<BurnHeight>,
    /// When that is, estimated, RFC 3339 in UTC; null when `expiry` is.
    pub(crate) expires_at: Option<String>,
    /// Number of the staff key that they can take.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) key: Version,
    /// The transaction that named them; null where they were a member until that time already.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) txid: Option<TxId>,
}

/// A membership that was ended.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct EndedMember<'a> {
    /// Principal of the member.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) member: &'a Principal,
    /// Your own name for them; null when you gave none.
    pub(crate) member_name: Option<&'a str>,
    /// The transaction that ended it; null where it had ended before.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) txid: Option<TxId>,
    /// Number of the new staff key; null with `--keep-key`, and where none was due.
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    pub(crate) key: Option<Version>,
    /// Fingerprint of the new encryption key, for your new card; null when `key` is.
    pub(crate) fingerprint: Option<String>,
    /// Principals of members who got no share of the new key: name them again with `staff add`.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub(crate) left_out: Vec<&'a Principal>,
}

/// Somebody on one's staff; a line each.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ListedMember<'a> {
    /// Principal of the member.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) member: &'a Principal,
    /// Your own name for them; null when you gave none, or while the profile is locked.
    pub(crate) member_name: Option<&'a str>,
    /// Whether they are a member now.
    pub(crate) state: GrantState,
    /// First burn height at which the membership is over, or was; null when it ends only by `staff remove`.
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    pub(crate) expiry: Option<BurnHeight>,
    /// When that is, estimated, RFC 3339 in UTC; null when `expiry` is.
    pub(crate) expires_at: Option<String>,
    /// When they were named first, estimated, RFC 3339 in UTC.
    pub(crate) since: String,
    /// Number of the newest staff key that they have taken; null before they took one.
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    pub(crate) has_key: Option<Version>,
    /// Number of the newest staff key; null before there is one.
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    pub(crate) key: Option<Version>,
    /// Whether a new key is due, since somebody who could take the newest one was removed.
    pub(crate) key_due: bool,
    /// Whether you removed them, and no block is known to have that; false also while the profile is locked.
    pub(crate) ending: bool,
}

/// An organisation that one is a member of, or was; a line each.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct JoinedStaff<'a> {
    /// Principal of the organisation.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) organisation: &'a Principal,
    /// Your own name for it; null when you gave none.
    pub(crate) organisation_name: Option<&'a str>,
    /// Whether you are a member now.
    pub(crate) state: GrantState,
    /// First burn height at which the membership is over, or was; null when it ends only by their word.
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    pub(crate) expiry: Option<BurnHeight>,
    /// When that is, estimated, RFC 3339 in UTC; null when `expiry` is.
    pub(crate) expires_at: Option<String>,
    /// Number of the staff key that this profile holds; null after `staff leave`.
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    pub(crate) key: Option<Version>,
    /// Fingerprint of the key that it has now, which patients compare; null unless you open for it.
    pub(crate) fingerprint: Option<String>,
}
