//! What `who` prints.

use mrms_core::{BurnHeight, Principal, RecordId, TxId};
use serde::Serialize;

/// One time that somebody looked at a record, or tried to; a line each, oldest first.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Looked<'a> {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// Its number in `mrms list`.
    pub(crate) number: Option<u64>,
    /// What it was called then: the label or file name of the version that they opened, or else the record's own name at that
    /// time; null when it has neither, or while the profile is locked.
    pub(crate) name: Option<&'a str>,
    /// Principal of who looked.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) who: &'a Principal,
    /// The person's own name for them; null when there is none, or while the profile is locked.
    pub(crate) who_name: Option<&'a str>,
    /// Who used the link that opened it, as they said themselves to its host; null where no link of this home did, or while
    /// the profile is locked.
    pub(crate) said_to_be: Option<&'a str>,
    /// Principal of the organisation for which they opened it, or tried to, as a member of it; null where they acted for
    /// themselves.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) organisation: Option<&'a Principal>,
    /// The person's own name for it, as `who_name`.
    pub(crate) organisation_name: Option<&'a str>,
    /// Whether they opened it for the patient: they were a delegate who might see at that time. They may have had a grant as
    /// well.
    pub(crate) for_patient: bool,
    /// Principal of whom they gave the record right after, as a delegate: the opening was made to leave the keys; null where they
    /// gave it to nobody.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) given_to: Option<&'a Principal>,
    /// The person's own name for them, as `who_name`.
    pub(crate) given_to_name: Option<&'a str>,
    /// What they did.
    pub(crate) what: LookKind,
    /// What they tried, in the [contract's word](../clarity/README.md); null unless it was refused.
    pub(crate) action: Option<&'a str>,
    /// Stable word for why they were refused, `no-key` where the contract allowed it and the vaults gave no key; null unless they
    /// were, or where the ledger does not tell.
    pub(crate) refused: Option<&'a str>,
    /// The reason of an emergency, as they told the patient; null where there is none, or while the profile is locked.
    pub(crate) reason: Option<&'a str>,
    /// What for, as they told the patient: a code of HL7's PurposeOfUse such as `TREAT`; null where they told nothing, or
    /// while the profile is locked.
    pub(crate) purpose: Option<&'static str>,
    /// Number of the version; null when the attempt named none.
    pub(crate) version: Option<u64>,
    /// Time of the block, RFC 3339 in UTC; null when the ledger no longer tells.
    pub(crate) time: Option<&'a str>,
    /// Burn height at which it happened.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) burn_height: BurnHeight,
    /// Position in the record's log, from 0; null for what the contract refused.
    pub(crate) index: Option<u64>,
    /// The transaction; null when the ledger no longer tells.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) txid: Option<TxId>,
}

/// What somebody did.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LookKind {
    /// They opened the record.
    Opened,
    /// They declared an emergency.
    Emergency,
    /// They opened it in an emergency.
    OpenedInEmergency,
    /// They were refused.
    Refused,
}

/// How the vaults' logs compare with the records that were looked at; the last line, where the profile is
/// unlocked. Where they differ, an error (exit code 5) follows.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ComparedLogs {
    /// Whether nothing differs that would mean that a rule was broken.
    pub(crate) vaults_agree: bool,
    /// The records, in decimal, that were compared.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub(crate) compared: Vec<RecordId>,
    /// How many records were looked at and not compared, since the newest 50 are.
    pub(crate) not_compared: usize,
    /// Every difference, in words; `mrms audit --reconcile` has them in parts.
    pub(crate) differences: Vec<String>,
}
