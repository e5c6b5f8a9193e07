//! What `ward` prints.

use mrms_core::{BurnHeight, Principal, StandardPrincipal};
use serde::Serialize;

/// A child's profile that was made.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct MadeWard<'a> {
    /// Name of the child's profile.
    pub(crate) profile: &'a str,
    /// The child's principal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) principal: StandardPrincipal,
    /// Principal of who acts for them.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) guardian: &'a Principal,
    /// When they grow up, RFC 3339 in UTC.
    pub(crate) grows_up: String,
    /// First burn height at which nobody acts for them by this any more.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) expiry: BurnHeight,
}

/// A child with a profile in this home; a line each.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ListedWard<'a> {
    /// Name of the child's profile.
    pub(crate) profile: &'a str,
    /// The child's principal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) principal: StandardPrincipal,
    /// Principal of who acts for them.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) guardian: &'a Principal,
    /// When they grow up, RFC 3339 in UTC.
    pub(crate) grows_up: String,
    /// Days until then, rounded up; 0 once the day has come.
    pub(crate) days_left: u64,
    /// Principal of who is the patient in the child's place now; null when nothing was handed over.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) handed_over_to: Option<&'a Principal>,
}
