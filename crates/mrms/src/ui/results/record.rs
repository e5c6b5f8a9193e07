//! What the commands on a record print: add, list, show, open, export, erase.

use std::path::Path;

use mrms_app::records::{erase, write};
use mrms_app::sharing::unknown::WhyLeftOut;
use mrms_core::{
    BlockHeight, BurnHeight, Principal, RecordId, Rights, StandardPrincipal, TxId, Version,
};
use mrms_crypto::envelope;
use serde::Serialize;

use super::vault::VaultReceipt;

/// The version that is on record now.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Written {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// Its number in `mrms list`; null for a record of somebody else.
    pub(crate) number: Option<u64>,
    /// The file, where several were put on record; null for one alone.
    pub(crate) file: Option<String>,
    /// Number of the version, from 1.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) version: Version,
    /// The transaction that put it on record: `0x` and 64 hexadecimal digits.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) txid: TxId,
    /// Height of the block with this transaction.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) block_height: BlockHeight,
    /// Burn height of that block.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) burn_height: BurnHeight,
    /// SHA-256 of what is on chain, in hexadecimal.
    pub(crate) content_hash: String,
    /// Where the ciphertext is.
    pub(crate) storage: Storage,
    /// Those whom the ledger lets open the record, and who got no key of this version.
    pub(crate) left_out: Vec<LeftOut>,
}

/// A file that an earlier command has put on record.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct WrittenBefore<'a> {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// Its number in `mrms list`.
    pub(crate) number: Option<u64>,
    /// The file.
    pub(crate) file: &'a Path,
    /// Always true: it is on record.
    pub(crate) created: bool,
}

/// What an interrupted command has added to a record already, or a name that it has already.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct AmendedBefore<'a> {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// Its number in `mrms list`; null for a record of somebody else.
    pub(crate) number: Option<u64>,
    /// The file; null for a name alone.
    pub(crate) file: Option<&'a Path>,
    /// Number of the version that has it.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) version: Version,
    /// Always true: it is on record.
    pub(crate) created: bool,
}

/// One of several files that is not on record; an error follows.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct NotWritten<'a> {
    /// The file.
    pub(crate) file: &'a Path,
    /// Always false.
    pub(crate) created: bool,
    /// Stable word for why, as in an error.
    pub(crate) code: &'a str,
    /// Why, in words.
    pub(crate) message: &'a str,
    /// What to do next; null when nothing is known.
    pub(crate) hint: Option<&'a str>,
}

/// Somebody whom the ledger lets open a record, and who got no key of a new version.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LeftOut {
    /// Their principal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) user: Principal,
    /// Why they got none.
    pub(crate) reason: LeftOutReason,
}

/// Why somebody got no key.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LeftOutReason {
    /// This profile does not remember that it granted to them.
    NotRemembered,
    /// This profile has ended their access, or was told that they are no reader.
    Ended,
    /// Their key is not the one to which this profile granted.
    KeyChanged,
    /// They have published no key that can be used.
    NoKey,
}

impl From<&write::LeftOut> for LeftOut {
    fn from(left_out: &write::LeftOut) -> Self {
        let reason = match left_out.why {
            WhyLeftOut::NotRemembered => LeftOutReason::NotRemembered,
            WhyLeftOut::Ended => LeftOutReason::Ended,
            WhyLeftOut::KeyChanged => LeftOutReason::KeyChanged,
            WhyLeftOut::NoKey => LeftOutReason::NoKey,
        };
        Self { user: left_out.user.clone(), reason }
    }
}

/// Where a version's ciphertext is.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub(crate) enum Storage {
    /// On chain.
    Chain,
    /// In the vault, with its hash on chain.
    Vault,
    /// Another program made the version (`show` only).
    Unknown,
}

impl From<envelope::Storage> for Storage {
    fn from(storage: envelope::Storage) -> Self {
        match storage {
            envelope::Storage::Inline => Self::Chain,
            envelope::Storage::Reference | envelope::Storage::Erasable => Self::Vault,
        }
    }
}

/// One of the profile's own records; a line each.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Listed<'a> {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// Its number in this list, from 1. It never changes, and commands take it in place of the id.
    pub(crate) number: u64,
    /// Number of the latest version.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) version: Version,
    /// When it was put on record, estimated from the burn height, RFC 3339 in UTC.
    pub(crate) created: Option<String>,
    /// Label of the latest version, or its file name; null when it has neither, or when the profile
    /// is locked.
    pub(crate) name: Option<&'a str>,
    /// Media type of the latest version; null when the profile is locked, or where it can't be read.
    pub(crate) media_type: Option<&'a str>,
    /// The date that the document has by its own words, ISO 8601, perhaps without day or month; null when it has none, or
    /// was not read yet: the portal reads documents while it shows them.
    pub(crate) document_date: Option<&'a str>,
    /// Who wrote the document, by its own words; null as above.
    pub(crate) document_author: Option<&'a str>,
    /// How many others can open the record now.
    pub(crate) readers: usize,
    /// Who can open the record now.
    pub(crate) shared_with: Vec<ListedReader<'a>>,
    /// Those who could open it by name, and can't any more.
    pub(crate) ended: Vec<ListedReader<'a>>,
    /// How many entries the record's log has.
    pub(crate) audit_entries: u64,
    /// Whether this profile had the record erased: the vaults deleted what they kept of it.
    pub(crate) erased: bool,
    /// Whether an erasure was begun and a vault may still keep the record: it has to be repeated.
    pub(crate) erasure_unfinished: bool,
    /// Principals of those who declared an emergency that the patient has not reviewed yet.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub(crate) emergencies: Vec<&'a Principal>,
}

/// Somebody who can open one of the profile's own records.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ListedReader<'a> {
    /// Their principal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) user: &'a Principal,
    /// The person's own name for them; null when they are not among the person's people, or while the
    /// profile is locked.
    pub(crate) user_name: Option<&'a str>,
    /// What they may do: `read`, `amend`, `emergency`, `history`, joined by `+`.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) rights: Option<Rights>,
    /// First burn height at which it is closed to them; null when it ends only by a revoke.
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    pub(crate) expiry: Option<BurnHeight>,
    /// When that is, estimated, RFC 3339 in UTC; null when `expiry` is.
    pub(crate) expires_at: Option<String>,
    /// Whether they have it by a grant on all of the patient's records.
    pub(crate) all_records: bool,
}

/// A record that somebody shared with the profile; a line each.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Shared<'a> {
    /// Its number in this list, which stays; null for a record that is shared with all others of its patient alone.
    pub(crate) number: Option<u64>,
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// What the patient calls the record, or what its content was called when you opened it; null when unknown or
    /// locked.
    pub(crate) name: Option<&'a str>,
    /// Principal of the patient.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) patient: &'a Principal,
    /// Your own name for the patient; null when you gave none, or locked.
    pub(crate) patient_name: Option<&'a str>,
    /// What the patient calls themselves; null when they did not say, or locked.
    pub(crate) patient_calls_themselves: Option<&'a str>,
    /// Whether you have not opened the latest version yet; null when you can't open it, or locked.
    pub(crate) new: Option<bool>,
    /// Principal of the organisation that it was granted to, with `--organisation`; null where it was granted to the
    /// profile itself.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) organisation: Option<&'a Principal>,
    /// Number of the latest version.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) version: Version,
    /// Whether the profile can open the record now.
    pub(crate) state: GrantState,
    /// What the grant allows: `read`, `amend`, `emergency`, `history`, joined by `+`; null when it is
    /// closed.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) rights: Option<Rights>,
    /// First burn height at which the grant is closed; null when it ends only by a revoke.
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    pub(crate) expiry: Option<BurnHeight>,
    /// When that is, estimated, RFC 3339 in UTC; null when `expiry` is.
    pub(crate) expires_at: Option<String>,
}

/// An opening of your own of somebody else's record.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct OwnOpening<'a> {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// What the record is called; null when unknown.
    pub(crate) name: Option<&'a str>,
    /// Principal of the patient.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) patient: &'a Principal,
    /// Your own name for the patient; null when you gave none.
    pub(crate) patient_name: Option<&'a str>,
    /// What the patient calls themselves; null when they did not say.
    pub(crate) patient_calls_themselves: Option<&'a str>,
    /// Number of the version that you opened.
    pub(crate) version: u64,
    /// Index of your entry in the record's log.
    pub(crate) audit_index: u64,
    /// Burn height of the entry.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) burn_height: BurnHeight,
    /// When that was, estimated, RFC 3339 in UTC.
    pub(crate) opened_at: String,
    /// Whether you opened it in an emergency.
    pub(crate) emergency: bool,
    /// Principal of the organisation for which you opened it; null where you opened it by your own grant.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) organisation: Option<&'a Principal>,
    /// Your own name for it; null when you gave none.
    pub(crate) organisation_name: Option<&'a str>,
}

/// Whether a grant is in force.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub(crate) enum GrantState {
    /// It is in force.
    Open,
    /// It has expired or was revoked.
    Closed,
}

/// A record, its versions, and who can see it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Shown<'a> {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// Principal of the patient.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) patient: &'a Principal,
    /// Number of the latest version.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) version: Version,
    /// The versions, oldest first.
    pub(crate) versions: Vec<ShownVersion>,
    /// Whether this profile had the record erased: the vaults deleted what they kept of it.
    pub(crate) erased: bool,
    /// Whether an erasure was begun and a vault may still keep the record: it has to be repeated.
    pub(crate) erasure_unfinished: bool,
    /// Its number in `mrms list`; null for a record of somebody else.
    pub(crate) number: Option<u64>,
    /// The person's own name for the patient; null when there is none, or while the profile is locked.
    pub(crate) patient_name: Option<&'a str>,
    /// Everybody who was ever given access.
    pub(crate) grants: Vec<ShownGrant>,
    /// How many entries the record's log has.
    pub(crate) audit_entries: u64,
    /// Head of the log after the last entry: 64 hexadecimal digits.
    pub(crate) audit_head: String,
}

/// A version of a record.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ShownVersion {
    /// Its number, from 1.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) version: Version,
    /// Principal of who wrote it.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) author: Principal,
    /// The person's own name for the author; null when there is none, or while the profile is locked.
    pub(crate) author_name: Option<String>,
    /// When it was put on record, RFC 3339 in UTC; null when the ledger no longer tells.
    pub(crate) written: Option<String>,
    /// Burn height at which it was written.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) burn_height: BurnHeight,
    /// SHA-256 of what is on chain, in hexadecimal.
    pub(crate) content_hash: String,
    /// Where the ciphertext is.
    pub(crate) storage: Storage,
    /// Its label or file name; null when it has neither, when the profile is locked, or when the
    /// record is somebody else's.
    pub(crate) name: Option<String>,
}

/// Somebody who was given access to a record.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ShownGrant {
    /// Their principal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) user: Principal,
    /// The person's own name for them; null when there is none, or while the profile is locked.
    pub(crate) user_name: Option<String>,
    /// Whether they can open it by a grant on all of the patient's records.
    pub(crate) all_records: bool,
    /// How often they opened it.
    pub(crate) openings: u64,
    /// How often they made the entry and the vaults gave them no key, so that they opened nothing.
    pub(crate) openings_without_key: u64,
    /// Whether something lies on the chain as their key of it (direct sharing), for one's own record: then they can open it without an
    /// entry, and `openings` may be too few.
    pub(crate) key_on_chain: bool,
    /// Whether that key was tried and opens a version; false also where this can't be told: while the profile is locked, or
    /// where somebody else than the patient put it there.
    pub(crate) key_opens: bool,
    /// When they last did, estimated, RFC 3339 in UTC; null when they never did.
    pub(crate) last_opened: Option<String>,
    /// Whether they can open the record now.
    pub(crate) state: GrantState,
    /// What they may do, as in `list --shared-with-me`; null when it is closed.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) rights: Option<Rights>,
    /// The oldest version that they may open; null when it is closed.
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    pub(crate) from_version: Option<Version>,
    /// First burn height at which it is closed; null when it ends only by a revoke, and for a grant on
    /// all of the patient's records.
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    pub(crate) expiry: Option<BurnHeight>,
    /// When that is, estimated, RFC 3339 in UTC; null when `expiry` is.
    pub(crate) expires_at: Option<String>,
}

/// The content that was decrypted, and the entry that the access left in the log.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Opened<'a> {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// Number of the version that was opened.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) version: Version,
    /// The transaction of the access.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) txid: TxId,
    /// Index of its entry in the record's log, from 0.
    pub(crate) audit_index: u64,
    /// Principal of the organisation for which it was opened; null where it was opened by the profile's own grant.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) organisation: Option<&'a Principal>,
    /// Your own name for it; null when you gave none.
    pub(crate) organisation_name: Option<&'a str>,
    /// Length of the content in bytes.
    pub(crate) bytes: u64,
    /// Media type that its author gave, or that was recognised.
    pub(crate) media_type: &'a str,
    /// File name that its author gave; null when there was none.
    pub(crate) file_name: Option<&'a str>,
    /// The file that was written.
    pub(crate) output: &'a Path,
}

/// A version that could not be exported; a line each, among those that were. An error follows on a
/// line of its own. Where one version alone was asked for, only the error is printed.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct NotExported<'a> {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// Number of the version.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) version: Version,
    /// Always false.
    pub(crate) exported: bool,
    /// Why not, as a stable word: one of the [codes](#error-codes).
    pub(crate) code: &'a str,
    /// Why not, for people.
    pub(crate) message: &'a str,
    /// What to do next, for people; null where there is nothing to say.
    pub(crate) hint: Option<&'a str>,
}

/// A version that an earlier command had exported to the same folder. No access was made.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ExportedBefore<'a> {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// Number of the version.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) version: Version,
    /// Always true: the file is there.
    pub(crate) exported: bool,
    /// The file.
    pub(crate) output: &'a Path,
}

/// A version that was written to a file; a line each.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Exported<'a> {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// Number of the version that was exported.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) version: Version,
    /// Always true.
    pub(crate) exported: bool,
    /// The transaction of the access.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) txid: TxId,
    /// Index of its entry in the record's log, from 0.
    pub(crate) audit_index: u64,
    /// Length of the content in bytes.
    pub(crate) bytes: u64,
    /// Media type of the content.
    pub(crate) media_type: &'a str,
    /// The file that was written.
    pub(crate) output: &'a Path,
    /// The organisation for which it was opened; null for oneself.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) organisation: Option<&'a Principal>,
}

/// What the vaults deleted, and what stays. Where a vault did not erase, an error (exit code 6)
/// follows on a line of its own.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Erased<'a> {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// Principals whose access was ended with it.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub(crate) revoked: &'a [Principal],
    /// The versions, oldest first.
    pub(crate) versions: Vec<ErasedVersion>,
    /// What each vault did.
    pub(crate) vaults: Vec<ErasedAtVault<'a>>,
    /// Numbers of the links that gave it, which are destroyed with it.
    pub(crate) links_destroyed: Vec<u32>,
    /// Principals of vaults that left a receipt about the record and were not asked, because nobody
    /// knows their address. They may still have something of it.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub(crate) not_asked: &'a [StandardPrincipal],
    /// Who opened the record before: what they kept then stays with them.
    pub(crate) opened: Vec<OpenedBefore<'a>>,
    /// The record on this home's own ledger from which it was brought along, and which has its content still; null where
    /// there is none.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) own_ledger_copy: Option<RecordId>,
}

/// Somebody who opened a record before it was erased.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct OpenedBefore<'a> {
    /// Principal of who opened it.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) user: &'a Principal,
    /// Numbers of the versions that they opened.
    #[cfg_attr(test, schemars(with = "Vec<u64>"))]
    pub(crate) versions: Vec<&'a Version>,
}

/// A version of a record that was erased.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ErasedVersion {
    /// Its number, from 1.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) version: Version,
    /// What is left of it.
    pub(crate) remains: Remains,
}

/// What is left of a version.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Remains {
    /// The ciphertext, for good: whoever has its key can read it.
    CiphertextOnChain,
    /// The ciphertext goes; its keys stay wrapped on chain and open copies of it.
    WrapsOnChain,
    /// Nothing that anyone could decrypt.
    Nothing,
    /// Vaults that did not erase may still have the ciphertext, and what opens it.
    AtVaults,
    /// Another program made the version; it is left alone.
    Unknown,
}

impl From<erase::Remains> for Remains {
    fn from(remains: erase::Remains) -> Self {
        match remains {
            erase::Remains::CiphertextOnChain => Self::CiphertextOnChain,
            erase::Remains::WrapsOnChain => Self::WrapsOnChain,
            erase::Remains::Nothing => Self::Nothing,
            erase::Remains::AtVaults => Self::AtVaults,
            erase::Remains::Unknown => Self::Unknown,
        }
    }
}

/// What one vault did.
#[derive(Default, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ErasedAtVault<'a> {
    /// The vault's address, or `this folder's own vault`.
    pub(crate) vault: &'a str,
    /// Whether it erased.
    pub(crate) erased: bool,
    /// Hashes of the ciphertexts that it had and deleted, in hexadecimal; left out where it did not
    /// erase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) blobs: Option<Vec<String>>,
    /// Hashes of the record's ciphertexts that it has and keeps: nobody told it that they are this
    /// record's, or another record referred to them before; left out where it did not erase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kept: Option<Vec<String>>,
    /// How many shares it deleted; left out where it did not erase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) shares: Option<u64>,
    /// How many erasure salts it deleted; left out where it did not erase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) salts: Option<u64>,
    /// The vault's signed word for it; left out where it did not erase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) receipt: Option<VaultReceipt<'a>>,
    /// Why it did not erase, in words; left out where it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

/// What a document says.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Viewed<'a> {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// Number of the version, from 1.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) version: Version,
    /// What kind of document it is, in a stable word.
    pub(crate) kind: &'a str,
    /// What it calls itself; null for nothing.
    pub(crate) title: Option<&'a str>,
    /// Its date in ISO 8601, perhaps without day or month; null where it tells none.
    pub(crate) date: Option<&'a str>,
    /// Who wrote it, as it says; null where it tells nobody.
    pub(crate) author: Option<&'a str>,
    /// Whom it is about, as it says; null where it tells nobody.
    pub(crate) patient: Option<&'a str>,
    /// What it says, in lines of at most 80 characters.
    pub(crate) text: &'a str,
    /// Whether that is all of it.
    pub(crate) complete: bool,
}
