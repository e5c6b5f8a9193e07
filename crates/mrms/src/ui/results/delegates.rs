//! What `delegate`, `delegates`, and `grant` and `revoke` with `--all-records` print.

use mrms_core::{BurnHeight, Powers, Principal, RecordId, Rights, TxId};
use serde::Serialize;

/// Somebody who acts for the patient now.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct NamedDelegate<'a> {
    /// Their principal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) user: &'a Principal,
    /// The person's own name for them; null when they are not among the person's people.
    pub(crate) user_name: Option<&'a str>,
    /// What they may do: `see`, `share`, `add`, joined by `+`.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) powers: Powers,
    /// First burn height at which it is over; null when it holds until it is ended.
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    pub(crate) expiry: Option<BurnHeight>,
    /// When that is, estimated, RFC 3339 in UTC; null when `expiry` is.
    pub(crate) expires_at: Option<String>,
    /// The transaction.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) txid: TxId,
    /// The live delegation that this one replaced; null when there was none.
    pub(crate) before: Option<DelegationBefore>,
    /// How many records' keys were left for those who read everything.
    pub(crate) keys_left: usize,
    /// How many are still to be left; the next commands do it.
    pub(crate) keys_to_do: usize,
}

/// A live delegation that another one replaced.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct DelegationBefore {
    /// What they could do, as `powers`.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) powers: Powers,
    /// First burn height at which it was to be over; null when it was to be ended.
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    pub(crate) expiry: Option<BurnHeight>,
    /// When that is, estimated, RFC 3339 in UTC; null when `expiry` is.
    pub(crate) expires_at: Option<String>,
}

/// Somebody who no longer acts for the patient.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct EndedDelegate<'a> {
    /// Their principal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) user: &'a Principal,
    /// The person's own name for them; null when they are not among the person's people.
    pub(crate) user_name: Option<&'a str>,
    /// Whether what they granted ended with it.
    pub(crate) granted_ends: bool,
    /// How many records they can still open, by grants to themselves.
    pub(crate) still_open: usize,
    /// The transaction.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) txid: TxId,
}

/// Who acts for whom.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Relation {
    /// They act for the profile.
    ActsForMe,
    /// The profile acts for them.
    IActFor,
}

/// A delegation of the profile, or one that was given to it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ListedDelegate<'a> {
    /// Principal of the other one.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) user: &'a Principal,
    /// The person's own name for them; null when they are not among the person's people.
    pub(crate) user_name: Option<&'a str>,
    /// Of a patient without such a name: what they call themselves, as it came with the keys of their records. Nobody else
    /// says that it is true. Null for others, where no name came, and while the profile is locked.
    pub(crate) user_calls_themselves: Option<&'a str>,
    /// Who acts for whom.
    pub(crate) relation: Relation,
    /// What may be done: `see`, `share`, `add`, joined by `+`.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) powers: Powers,
    /// Whether it holds now.
    pub(crate) live: bool,
    /// First burn height at which it is over, or was; null when it holds until it is ended.
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    pub(crate) expiry: Option<BurnHeight>,
    /// When that is, estimated, RFC 3339 in UTC; null when `expiry` is.
    pub(crate) expires_at: Option<String>,
    /// Of a delegate who may see: how many records' keys are still to be left for them. Null for others, while the profile
    /// is locked, and where the profile does not remember that it named them.
    pub(crate) keys_lacking: Option<usize>,
}

/// Access to all records, later ones too.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct GrantedAllRecords<'a> {
    /// Principal of who may open them.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) user: &'a Principal,
    /// The person's own name for them; null when they are not among the person's people.
    pub(crate) user_name: Option<&'a str>,
    /// Always true.
    pub(crate) all_records: bool,
    /// What it allows, as in `grant`.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) rights: Rights,
    /// First burn height at which it is closed; null when it ends only by a revoke.
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    pub(crate) expiry: Option<BurnHeight>,
    /// When that is, estimated, RFC 3339 in UTC; null when `expiry` is.
    pub(crate) expires_at: Option<String>,
    /// The transaction.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) txid: TxId,
    /// How many records' keys were left for those who read everything.
    pub(crate) keys_left: usize,
    /// How many are still to be left; the next commands do it.
    pub(crate) keys_to_do: usize,
    /// Records that stay closed to them, since you revoked their access to each by name: ids in decimal.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub(crate) shut_out: &'a [RecordId],
}

/// Access to all records that was ended. Grants on single records stay.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RevokedAllRecords<'a> {
    /// Principal of whose access it was.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) user: &'a Principal,
    /// The person's own name for them; null when they are not among the person's people.
    pub(crate) user_name: Option<&'a str>,
    /// Always true.
    pub(crate) all_records: bool,
    /// The transaction.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) txid: TxId,
    /// Whether they can still open everything, as a delegate.
    pub(crate) sees_as_delegate: bool,
}
