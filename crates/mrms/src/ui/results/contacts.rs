//! What `contact` and `contacts` print.

use mrms_core::{BurnHeight, Powers, Principal};
use serde::Serialize;

/// Somebody who may become a delegate.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct NamedContact<'a> {
    /// Their principal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) who: &'a Principal,
    /// The person's own name for them; null when there is none.
    pub(crate) who_name: Option<&'a str>,
    /// What they may do then: `see`, `share`, `add`, joined by `+`.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) powers: Powers,
    /// How many burn blocks they wait after they asked.
    pub(crate) wait: u64,
}

/// Somebody who is no contact any more.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RemovedContact<'a> {
    /// Their principal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) who: &'a Principal,
    /// The person's own name for them; null when there is none.
    pub(crate) who_name: Option<&'a str>,
    /// Whether they had asked to become a delegate.
    pub(crate) had_asked: bool,
}

/// What a contact has asked for.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct AskedToAct<'a> {
    /// Principal of the patient.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) patient: &'a Principal,
    /// The person's own name for them; null when there is none.
    pub(crate) patient_name: Option<&'a str>,
    /// What they may do then: `see`, `share`, `add`, joined by `+`.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) powers: Powers,
    /// Burn height from which on it can be accepted.
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    pub(crate) ready_at: Option<BurnHeight>,
    /// When that is, estimated, RFC 3339 in UTC.
    pub(crate) ready: String,
}

/// Somebody who acts for a patient from now on.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct BecameDelegate<'a> {
    /// Principal of the patient.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) patient: &'a Principal,
    /// The person's own name for them; null when there is none.
    pub(crate) patient_name: Option<&'a str>,
    /// What they may do: `see`, `share`, `add`, joined by `+`.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) powers: Powers,
}

/// Who named whom.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ContactRelation {
    /// They are a contact of the profile's.
    MyContact,
    /// They named the profile as a contact of theirs.
    IAmTheirs,
}

/// A contact, or somebody whose contact the profile is; a line each.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ListedContact<'a> {
    /// Their principal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) who: &'a Principal,
    /// The person's own name for them; null when there is none, or while the profile is locked.
    pub(crate) who_name: Option<&'a str>,
    /// Who named whom.
    pub(crate) relation: ContactRelation,
    /// What the contact may do as a delegate: `see`, `share`, `add`, joined by `+`.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) powers: Powers,
    /// How many burn blocks the contact waits after they asked.
    pub(crate) wait: u64,
    /// Burn height from which on the contact can become a delegate; null when they have not asked.
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    pub(crate) ready_at: Option<BurnHeight>,
    /// When that is, estimated, RFC 3339 in UTC; null when they have not asked.
    pub(crate) ready: Option<String>,
}
