//! What `audit`, `verify` and `evidence` print.

use std::path::Path;

use mrms_app::audit::{fhir, reconcile, trail};
use mrms_core::{
    Action, BurnHeight, ContractId, Principal, RecordId, StandardPrincipal, TxId, Version,
};
use mrms_home::{Names, evidence};
use serde::Serialize;

use super::vault::LogLine;

/// An entry of a record's log, or an attempt that the contract refused; a line each, oldest first.
/// `mrms verify FILE` checks what was saved of it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct TrailLine<'a> {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    record_id: RecordId,
    /// Position in the record's log, from 0; null for what was refused.
    index: Option<u64>,
    /// What was done or attempted, in the [contract's word](../clarity/README.md).
    action: &'a str,
    /// Principal of who did it.
    #[cfg_attr(test, schemars(with = "String"))]
    actor: &'a Principal,
    /// This person's own name for them; null when they have none, and while names are locked. Nothing proves a name:
    /// `mrms verify` passes over it.
    actor_name: Option<&'a str>,
    /// Principal of whom it concerned: the user of a grant, for example; null when it concerned
    /// nobody else.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    subject: Option<&'a Principal>,
    /// This person's own name for them, as `actor_name`.
    subject_name: Option<&'a str>,
    /// Number of the version, or of the oldest one that a grant opens; 0 in an entry about none; null
    /// when a refused call named none.
    version: Option<u64>,
    /// The expiry that was set, a burn height; null when none was.
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    expiry: Option<BurnHeight>,
    /// Burn height at which it happened.
    #[cfg_attr(test, schemars(with = "u64"))]
    burn_height: BurnHeight,
    /// Time of the block, RFC 3339 in UTC; null when the ledger no longer tells.
    time: Option<&'a str>,
    /// The transaction; null when the ledger no longer tells.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    txid: Option<TxId>,
    /// Whether it was done.
    outcome: ActionOutcome,
    /// Why the contract refused it, as a stable word; left out for what was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// The entry's 32 bytes of [detail](design/audit.md#an-entry), in hexadecimal; left out for what
    /// was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    /// Head of the log after this entry, in hexadecimal; left out for what was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    head: Option<&'a str>,
}

/// Whether an action was done.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
enum ActionOutcome {
    /// It was done.
    Ok,
    /// The contract refused it.
    Denied,
}

impl<'a> TrailLine<'a> {
    /// A line with the names of these people.
    pub(crate) fn of(line: &'a trail::TrailLine, names: &'a Names) -> Self {
        let trail::TrailLine {
            record_id,
            index,
            action,
            actor,
            subject,
            version,
            expiry,
            burn_height,
            time,
            txid,
            outcome,
            reason,
            detail,
            head,
        } = line;
        Self {
            record_id: *record_id,
            index: *index,
            action,
            actor,
            actor_name: names.name_of(actor),
            subject: subject.as_ref(),
            subject_name: subject.as_ref().and_then(|subject| names.name_of(subject)),
            version: *version,
            expiry: *expiry,
            burn_height: *burn_height,
            time: time.as_deref(),
            txid: *txid,
            outcome: match outcome {
                trail::ActionOutcome::Ok => ActionOutcome::Ok,
                trail::ActionOutcome::Denied => ActionOutcome::Denied,
            },
            reason: reason.as_deref(),
            detail: detail.as_deref(),
            head: head.as_deref(),
        }
    }
}

/// A [FHIR R4 AuditEvent](design/fhir.md); a line each.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub(crate) struct AuditEvent<'a>(
    #[cfg_attr(test, schemars(with = "serde_json::Value"))] pub(crate) &'a fhir::AuditEvent,
);

/// The record's log beside the logs of the vaults; a line for each record. After a grave difference
/// an error (exit code 5) follows on a line of its own.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Reconciled<'a> {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// The entries `access` and `emergency-read`, in order.
    pub(crate) openings: Vec<Opening<'a>>,
    /// The entries `emergency`, in order, and the reasons that came.
    pub(crate) emergencies: Vec<Emergency<'a>>,
    /// The vaults that could be asked.
    pub(crate) vaults: Vec<VaultAccount<'a>>,
    /// What does not fit.
    pub(crate) differences: Vec<Difference>,
}

/// An entry that opened the record, and how the reader got the key.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Opening<'a> {
    /// Position in the record's log, from 0.
    pub(crate) index: u64,
    /// What was done, in the contract's word.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) action: Action,
    /// Principal of who did it.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) actor: &'a Principal,
    /// This person's own name for them; null when they have none.
    pub(crate) actor_name: Option<&'a str>,
    /// Principal of the organisation for which they opened it, as a member of it; null where they did for themselves.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) organisation: Option<&'a Principal>,
    /// This person's own name for it; null when they have none.
    pub(crate) organisation_name: Option<&'a str>,
    /// Number of the version.
    pub(crate) version: u64,
    /// How the reader got the key.
    pub(crate) key: KeySource,
    /// Names of the vaults that released a share.
    pub(crate) vaults: &'a [String],
    /// The reason of an emergency, shown to the patient; `(sealed to the patient)` for others; null
    /// where none was given.
    pub(crate) reason: Option<&'a str>,
    /// What the reader said that it was for, for the patient: a code of HL7's PurposeOfUse such as `TREAT`; null where
    /// none was given, and for others.
    pub(crate) purpose: Option<&'static str>,
}

/// An entry that declared an emergency, and what came of its reason.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Emergency<'a> {
    /// Position in the record's log, from 0.
    index: u64,
    /// Principal of who declared it.
    #[cfg_attr(test, schemars(with = "String"))]
    actor: &'a Principal,
    /// This person's own name for them; null when they have none.
    actor_name: Option<&'a str>,
    /// Burn height at which it ends by itself; null where the entry has none.
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    until: Option<BurnHeight>,
    /// What came of its reason.
    reason_state: ReasonState,
    /// The words of the reason, for the patient; null for others, and where it did not come.
    reason: Option<&'a str>,
}

/// What came of the reason of an emergency.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
enum ReasonState {
    /// A vault has the reason that was declared, and it was read.
    Given,
    /// A vault has it, sealed to the patient.
    Sealed,
    /// A vault has it, and it does not open with the patient's keys.
    Unreadable,
    /// No vault that was asked has it.
    Missing,
}

impl<'a> Emergency<'a> {
    /// What was declared, with the names of these people.
    pub(crate) fn of(declared: &'a reconcile::Declared, names: &'a Names) -> Self {
        let reconcile::Declared { entry, reason } = declared;
        let (reason_state, reason) = match reason {
            reconcile::GivenReason::Words(words) => (ReasonState::Given, Some(words.as_str())),
            reconcile::GivenReason::Sealed => (ReasonState::Sealed, None),
            reconcile::GivenReason::Unreadable => (ReasonState::Unreadable, None),
            reconcile::GivenReason::Missing => (ReasonState::Missing, None),
        };
        let (index, actor, until) = (entry.index, &entry.actor, entry.expiry);
        let actor_name = names.name_of(actor);
        Self { index, actor, actor_name, until, reason_state, reason }
    }
}

/// How a reader got a record's key.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub(crate) enum KeySource {
    /// The reader is the patient or the version's author.
    Own,
    /// It came with the record, which was sent to the reader.
    Sent,
    /// From the chain (direct sharing).
    Chain,
    /// From vaults, which released their shares.
    Vault,
    /// The reader is a link of this person's own, which needs no vault.
    Link,
    /// No vault released a share.
    None,
}

/// What one vault's log says of a record.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct VaultAccount<'a> {
    /// The vault's address, or `this folder's own vault`.
    pub(crate) name: &'a str,
    /// Principal of the vault's account.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) vault: StandardPrincipal,
    /// How many lines its whole log has.
    pub(crate) count: u64,
    /// Head of its whole log: 64 hexadecimal digits.
    pub(crate) head: String,
    /// How many lines the log had when it was last anchored on chain; null when it never was.
    pub(crate) anchored_count: Option<u64>,
    /// Its lines about this record, with the fields of [`vault log`](#vault-log).
    #[cfg_attr(test, schemars(extend("elsewhere" = true)))]
    pub(crate) lines: Vec<LogLine<'a>>,
}

/// Something that does not fit.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Difference {
    /// Whether somebody broke the rules or altered a log.
    pub(crate) grave: bool,
    /// What it is, in words.
    pub(crate) difference: String,
}

/// The record holds: log and ciphertext are as on chain.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct VerifiedRecord {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// Always true: what does not hold is an error.
    pub(crate) intact: bool,
    /// How many versions it has.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) versions: Version,
    /// Length of all ciphertext in bytes, without what was erased.
    pub(crate) ciphertext_bytes: u64,
    /// Numbers of the versions whose ciphertext was erased at the patient's word.
    #[cfg_attr(test, schemars(with = "Vec<u64>"))]
    pub(crate) erased_versions: Vec<Version>,
    /// How many entries its log has.
    pub(crate) entries: u64,
    /// Head of the log after the last entry: 64 hexadecimal digits.
    pub(crate) head: String,
}

/// The trail that `audit --json` printed holds. Of a file with the trails of several records, a line for each.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct VerifiedTrail<'a> {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// Always true: what does not hold is an error.
    pub(crate) intact: bool,
    /// How many entries it has.
    pub(crate) entries: u64,
    /// How many refused attempts stand beside them.
    pub(crate) denied: u64,
    /// Head that the entries give: 64 hexadecimal digits.
    pub(crate) head: &'a str,
    /// Whether the head was compared, with `--head` or with this home's ledger.
    pub(crate) head_compared: bool,
    /// How many entries this home's ledger has since; null when the record is not known there.
    pub(crate) newer_on_ledger: Option<usize>,
}

/// What an evidence bundle holds.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Evidence<'a> {
    /// The record, in decimal.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) record_id: RecordId,
    /// Whether the ledger's blocks prove the entries: so for a ledger of this program, not for a
    /// network, nor for a bundle whose blocks are not shown to be on one chain. Where they do not, `verify` ends
    /// with an error (exit code 7) on a line of its own.
    pub(crate) proven: bool,
    /// How many entries the record's log has.
    pub(crate) entries: u64,
    /// How many refused attempts stand beside them.
    pub(crate) denied: u64,
    /// Head of the log after the last entry: 64 hexadecimal digits.
    pub(crate) head: String,
    /// How many versions the record has.
    pub(crate) versions: usize,
    /// How many transactions are in the bundle.
    pub(crate) transactions: usize,
    /// The records contract, `ADDRESS.NAME`.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) contract_id: &'a ContractId,
    /// SHA-256 of the contract's source as it was deployed, in hexadecimal.
    pub(crate) source_sha256: String,
    /// Whether that source is the one in this program.
    pub(crate) source_matches: bool,
    /// Hash of the ledger's block 0, which names the ledger, in hexadecimal; null when not proven.
    pub(crate) genesis: Option<String>,
    /// Public key that signs the ledger's blocks (SEC 1, compressed), in hexadecimal; null when not
    /// proven.
    pub(crate) node_key: Option<String>,
    /// Height of the newest block that the bundle knows; null when not proven.
    pub(crate) as_of_block: Option<u32>,
    /// Time of that block, RFC 3339 in UTC; null when not proven.
    pub(crate) as_of_time: Option<&'a str>,
    /// How many vault receipts are in the bundle.
    pub(crate) vault_receipts: usize,
    /// What these receipts tell against the vaults that signed them.
    pub(crate) flagged: Vec<Flagged>,
}

/// A vault that broke the rules, by its own signature.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Flagged {
    /// Principal of the vault's account.
    #[cfg_attr(test, schemars(with = "String"))]
    vault: StandardPrincipal,
    /// What it did.
    flag: VaultFault,
    /// The places of the receipts in the bundle that convict it, from 0.
    receipts: Vec<usize>,
}

/// How a vault broke the rules.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
enum VaultFault {
    /// It released a share, and the log has no such access.
    ReleaseWithoutEntry,
    /// It released two shares against one access.
    ReleasedTwice,
    /// It signed two different lines of its log with one number.
    TwoLinesOfOneNumber,
}

impl From<&evidence::FlagPart> for Flagged {
    fn from(part: &evidence::FlagPart) -> Self {
        let flag = match part.flag {
            evidence::Flag::ReleaseWithoutEntry => VaultFault::ReleaseWithoutEntry,
            evidence::Flag::ReleasedTwice => VaultFault::ReleasedTwice,
            evidence::Flag::TwoLinesOfOneNumber => VaultFault::TwoLinesOfOneNumber,
        };
        Self { vault: part.vault, flag, receipts: part.receipts.clone() }
    }
}

/// The bundle that was written.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct WrittenEvidence<'a> {
    #[serde(flatten)]
    pub(crate) evidence: Evidence<'a>,
    /// The file that was written.
    pub(crate) output: &'a Path,
    /// Length of the file in bytes.
    pub(crate) bytes: usize,
}

/// The bundle is whole: nothing in it was altered. Where it has no proofs, an error (exit code 7) follows on a
/// line of its own.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct VerifiedEvidence<'a> {
    #[serde(flatten)]
    pub(crate) evidence: Evidence<'a>,
    /// Always true: what does not hold is an error.
    pub(crate) intact: bool,
    /// Whether the head was compared with `--head`.
    pub(crate) head_compared: bool,
    /// Whether block 0 was compared, with `--genesis` or with this home's ledger.
    pub(crate) genesis_compared: bool,
    /// Whether its blocks are shown to be on one chain, so that none of them was dropped: by the bundle itself, or by the
    /// ledger that is known here. Without that, an error (exit code 7) follows.
    pub(crate) one_chain: bool,
    /// Whether its blocks were compared with this home's ledger. If they differ, that is an error.
    pub(crate) ledger_compared: bool,
    /// What the bundle does not prove, in words.
    pub(crate) not_proven: &'a [String],
}

/// What `report disclosures` wrote.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct MadeReport<'a> {
    /// The file.
    pub(crate) file: &'a str,
    /// `statutory` or `full`.
    pub(crate) extent: &'static str,
    /// `pdf`, `csv`, `ndjson` or `fhir`.
    pub(crate) format: &'static str,
    /// Its beginning, RFC 3339; null where it has everything.
    pub(crate) from: Option<&'a str>,
    /// Number of its lines.
    pub(crate) lines: usize,
    /// Openings by others than the patient, in that time.
    pub(crate) openings: u64,
    /// Recipients of whom the patient has no name.
    pub(crate) without_name: usize,
    /// Recipients whose postal address is not known.
    pub(crate) without_address: usize,
    /// Openings that came without a purpose.
    pub(crate) without_purpose: u64,
    /// Keys on chain: what is opened with them leaves no entry.
    pub(crate) keys_on_chain: u64,
    /// Vaults that could not be asked.
    pub(crate) vaults_not_asked: &'a [String],
    /// Where a vault's log does not fit the chain's, in words.
    pub(crate) differences: &'a [String],
}
