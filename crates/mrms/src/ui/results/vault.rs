//! What `vault` prints, and lines and receipts of a vault's log wherever they are printed.

use std::path::Path;

use mrms_core::{ContractId, MicroStx, Principal, RecordId, StandardPrincipal, TxId, Version};
use mrms_home::Names;
use mrms_vault::protocol;
use serde::Serialize;

/// Where the vault is served, once it is ready.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct ServedVault<'a> {
    /// Its address, such as `http://127.0.0.1:20444`.
    pub(crate) url: &'a str,
    /// Principal of the vault's account.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) vault: StandardPrincipal,
    /// The records contract whose log it follows, `ADDRESS.NAME`.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) contract: &'a ContractId,
}

/// Who the home's vault is, and what it keeps.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct VaultStatus<'a> {
    /// Principal of the vault's account.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) vault: StandardPrincipal,
    /// The records contract whose log it follows, `ADDRESS.NAME`.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) contract: &'a ContractId,
    /// How many lines its log has.
    pub(crate) log_count: u64,
    /// Head of its log: 64 hexadecimal digits.
    pub(crate) log_head: String,
    /// How many shares it keeps.
    pub(crate) shares: u64,
    /// How many erasure salts it keeps.
    pub(crate) salts: u64,
    /// For how many readers and authors it keeps something, counted for each record.
    pub(crate) readers: u64,
    /// Balance of its account in micro-STX, for anchoring its log.
    #[cfg_attr(test, schemars(with = "u64"))]
    pub(crate) balance: MicroStx,
    /// Where it is being served; null if it is not.
    pub(crate) served_at: Option<&'a str>,
    /// Why it releases and deletes nothing at the moment: a word of [sealed
    /// sharing](design/sealed-sharing.md#finality), or `unhealthy`; null if nothing is wrong.
    pub(crate) trouble: Option<String>,
    /// Whether lines are missing from its log that were anchored: an older state of it was put back.
    pub(crate) log_was_cut: bool,
}

/// The vault is whole.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CheckedVault {
    /// Always true: what does not hold is an error.
    pub(crate) intact: bool,
    /// How many lines its log has.
    pub(crate) log_count: u64,
    /// How many ciphertexts it has.
    pub(crate) blobs: usize,
}

/// A line of the vault's log; a line each, oldest first.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct LogLine<'a> {
    /// Place in the log, from 0.
    number: u64,
    /// The vault's clock, in seconds since 1970; never falls.
    time: u64,
    /// What the line is about: `deposit`, `salt` (left with the vault); `release`, `salt-release`
    /// (given out); `erase` (deleted because the patient asked); `forget` (shares deleted because a
    /// grant ended, or never came); `refusal` (of a signed message); `rejected` (messages with no
    /// known signer, or too many messages, counted).
    topic: &'static str,
    /// Why the vault refused or deleted: a word of [sealed sharing](design/sealed-sharing.md); null
    /// otherwise.
    reason: Option<&'static str>,
    /// The record, in decimal; null where the line is about none.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    record_id: Option<RecordId>,
    /// Number of the version; 0 where the line is about none or about several.
    version: u64,
    /// Principal of who asked; null for what the vault did by itself.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    actor: Option<&'a Principal>,
    /// This person's own name for them; null when they have none.
    actor_name: Option<&'a str>,
    /// Principal of the reader whose shares they are; null where the line is about no reader.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    reader: Option<&'a Principal>,
    /// This person's own name for them; null when they have none.
    reader_name: Option<&'a str>,
    /// The entry of the record's log that the message named; null where it named none.
    audit_index: Option<u64>,
    /// The transaction that the message named; null where it named none.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    txid: Option<TxId>,
    /// What was asked, as the message's topic; empty for what the vault did by itself.
    of: &'a str,
    /// How many shares were left or deleted, or how many messages were counted.
    count: u64,
    /// Digest of the signed message, in hexadecimal; zeros for what the vault did by itself.
    request: String,
    /// The reader's words, sealed to the patient as an age file, in hexadecimal; empty where there
    /// are none.
    note: String,
}

impl<'a> From<&'a protocol::LogLine> for LogLine<'a> {
    fn from(line: &'a protocol::LogLine) -> Self {
        let protocol::LogLine {
            number,
            time,
            topic,
            reason,
            record_id,
            version,
            actor,
            reader,
            audit_index,
            txid,
            of,
            count,
            request,
            note,
        } = line;
        Self {
            number: *number,
            time: *time,
            topic: topic.as_str(),
            reason: reason.map(|reason| reason.as_str()),
            record_id: *record_id,
            version: *version,
            actor: actor.as_ref(),
            actor_name: None,
            reader: reader.as_ref(),
            reader_name: None,
            audit_index: *audit_index,
            txid: *txid,
            of,
            count: *count,
            request: request.to_string(),
            note: hex::encode(note),
        }
    }
}

impl<'a> LogLine<'a> {
    /// The line with the names of these people.
    pub(crate) fn of(line: &'a protocol::LogLine, names: &'a Names) -> Self {
        let name_of = |who: Option<&'a Principal>| who.and_then(|who| names.name_of(who));
        let line = Self::from(line);
        let (actor_name, reader_name) = (name_of(line.actor), name_of(line.reader));
        Self { actor_name, reader_name, ..line }
    }
}

/// A vault's signed word that a line stands in its log.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct VaultReceipt<'a> {
    /// Principal of the vault's account.
    #[cfg_attr(test, schemars(with = "String"))]
    vault: StandardPrincipal,
    /// The records contract whose log it follows, `ADDRESS.NAME`.
    #[cfg_attr(test, schemars(with = "String"))]
    contract: &'a ContractId,
    /// The line, with the fields of [`vault log`](#vault-log).
    #[cfg_attr(test, schemars(extend("elsewhere" = true)))]
    line: LogLine<'a>,
    /// Head of the log before the line: 64 hexadecimal digits.
    before: String,
    /// The vault's signature (SIP-018) over vault, contract, number and the head after the line, in
    /// hexadecimal.
    signature: String,
}

impl<'a> From<&'a protocol::VaultReceipt> for VaultReceipt<'a> {
    fn from(receipt: &'a protocol::VaultReceipt) -> Self {
        let protocol::VaultReceipt { vault, contract, line, before, signature } = receipt;
        Self {
            vault: *vault,
            contract,
            line: line.into(),
            before: before.to_string(),
            signature: signature.to_string(),
        }
    }
}

/// Head and count of the log are on chain.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Anchored<'a> {
    /// The transaction; null when they were on chain already.
    pub(crate) txid: Option<&'a str>,
    /// How many lines are anchored.
    pub(crate) log_count: u64,
}

/// The copy of the vault that was made.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct CopiedVault<'a> {
    /// The folder that was made.
    pub(crate) output: &'a Path,
    /// Whether the epoch keys are in the copy.
    pub(crate) epoch_keys: bool,
}

/// The vault that was put back.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct RestoredVault<'a> {
    /// The vault's folder.
    pub(crate) restored: &'a Path,
}

/// Something that a vault lacked; a line each. Where something could not be done, an error (exit
/// code 6) follows on a line of its own.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct SyncStep<'a> {
    /// The record, in decimal; null for what concerns a vault as a whole.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) record_id: Option<RecordId>,
    /// The vault's address; null for what all of them get.
    pub(crate) vault: Option<&'a str>,
    /// What the vault lacked.
    pub(crate) piece: Piece,
    /// Number of the version; null where `piece` is not of one version.
    #[cfg_attr(test, schemars(with = "Option<u64>"))]
    pub(crate) version: Option<Version>,
    /// Principal of the reader whose shares they are; null where `piece` is not `key`.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) user: Option<&'a Principal>,
    /// This person's own name for them; null when they have none.
    pub(crate) user_name: Option<&'a str>,
    /// Whether the vault has it now.
    pub(crate) done: bool,
    /// Why it does not, in words; null where it has.
    pub(crate) reason: Option<String>,
}

/// What a vault may lack.
#[derive(Clone, Copy, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub(crate) enum Piece {
    /// The vault did not answer, so nobody knows.
    Answer,
    /// Ciphertext of a version.
    Ciphertext,
    /// Erasure salt of a version.
    Salt,
    /// Shares for a reader.
    Key,
}

/// The vault that is accepted at an address from now on.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct TrustedVault<'a> {
    /// The vault's address.
    pub(crate) vault: &'a str,
    /// Principal of its account.
    #[cfg_attr(test, schemars(with = "String"))]
    pub(crate) account: StandardPrincipal,
    /// Account of the vault that was accepted there before; null when there was none.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(crate) before: Option<StandardPrincipal>,
}
