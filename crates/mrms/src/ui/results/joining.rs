//! What `join`, `clinic` and `vault join` print.

use std::path::Path;

use mrms_core::{ContractId, RecordId, StandardPrincipal};
use serde::Serialize;

/// Whom this home works with now. `init --join` and `key recover --join` print this after the profile.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Joined<'a> {
    /// Principal of who invited.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) inviter: StandardPrincipal,
    /// How they are shown among your people.
    pub(crate) inviter_name: &'a str,
    /// Address of the ledger.
    pub(crate) ledger: &'a str,
    /// The records contract, `ADDRESS.NAME`.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) contract_id: &'a ContractId,
    /// The vaults, in the order of their shares.
    pub(crate) vaults: Vec<JoinedVault<'a>>,
    /// How many of the vaults are needed.
    pub(crate) threshold: u8,
    /// Address of who pays fees; null if you pay them.
    pub(crate) sponsor: Option<&'a str>,
    /// Until when the invitation could be taken, RFC 3339 in UTC.
    pub(crate) valid_until: String,
    /// Whether your encryption key is published, so that others can share with you.
    pub(crate) key_published: bool,
    /// What those with whom the person shares read as their name; null when there is none.
    pub(crate) own_name: Option<&'a str>,
    /// Why it is not; null when it is.
    pub(crate) reason: Option<&'a str>,
}

/// A vault of an invitation.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct JoinedVault<'a> {
    /// Its address.
    pub(crate) url: &'a str,
    /// Its account.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) account: StandardPrincipal,
    /// Whether it answered, as the account that is named.
    pub(crate) answers: bool,
}

/// Whom this home joined has published nothing newer.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct NothingNewer {
    /// Principal of who invited.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) inviter: StandardPrincipal,
    /// Always false.
    pub(crate) newer: bool,
}

/// The clinic that is set up. The checks of `doctor` follow, a line each.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SetUpClinic<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// Its principal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) principal: StandardPrincipal,
    /// The records contract, `ADDRESS.NAME`.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) contract_id: &'a ContractId,
    /// Address by which others reach the node.
    pub(crate) node: &'a str,
    /// Address by which others reach the sponsor.
    pub(crate) sponsor: &'a str,
    /// Addresses of the vaults, its own first.
    pub(crate) vaults: Vec<&'a str>,
    /// How many of the vaults are needed.
    pub(crate) threshold: u8,
    /// Whether the invitation that node and vault show was made anew.
    pub(crate) published: bool,
    /// An invitation for one person, as text. It is secret: it has a voucher.
    pub(crate) invitation: &'a str,
    /// The unit for systemd that was written.
    pub(crate) unit: &'a Path,
}

/// The vault that was made.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct NewVault<'a> {
    /// Address by which others reach it.
    pub(crate) url: &'a str,
    /// Its account.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) account: StandardPrincipal,
    /// Address of the ledger that it follows.
    pub(crate) ledger: &'a str,
    /// The records contract, `ADDRESS.NAME`.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) contract_id: &'a ContractId,
    /// What the clinic adds to `mrms clinic setup`.
    pub(crate) option: &'a str,
    /// The unit for systemd that was written.
    pub(crate) unit: &'a Path,
}

/// A record that was brought along from this home's own ledger.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct BroughtRecord<'a> {
    /// The record here.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// The record on the home's own ledger, where it stays.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) former_record_id: RecordId,
    /// What it is called; null for nothing.
    pub(crate) name: Option<&'a str>,
    /// How many of its versions came with this command.
    pub(crate) versions: u64,
}

/// What was brought along, after all of it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct BroughtRecords {
    /// How many records came, whole or in part.
    pub(crate) records: u64,
}
