//! What `profile` prints.

use mrms_core::{Principal, StandardPrincipal};
use serde::Serialize;

/// A profile of this home; a line each.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ListedProfile<'a> {
    /// The profile's name.
    pub(crate) profile: &'a str,
    /// Its principal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) principal: StandardPrincipal,
    /// Whether commands act as it now.
    pub(crate) in_use: bool,
}

/// The profile that acts from now on where no other is named.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct UsedProfile<'a> {
    /// The profile's name.
    pub(crate) profile: &'a str,
    /// Its principal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) principal: StandardPrincipal,
}

/// Whom the profile ignores.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct IgnoredPatients<'a> {
    /// Principals of the patients.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub(crate) ignored: Vec<&'a Principal>,
    /// This person's own names for them, in the same order; null for who has none.
    pub(crate) ignored_names: Vec<Option<&'a str>>,
}
