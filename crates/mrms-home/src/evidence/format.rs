//! Reads and writes a bundle as text: JSON with two spaces of indentation, fields in the order below,
//! hexadecimal in small letters, a line end. Each bundle has exactly one spelling, so every changed byte
//! is found, also one that leaves the meaning the same.

use mrms_app::audit::trail::TrailLine;
use mrms_core::{BurnHeight, ContractId, Principal, RecordId, StandardPrincipal, TxId};
use mrms_vault::protocol::VaultReceipt;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::EvidenceError;

/// The text of a bundle's first field, if its blocks are shown to be ancestors of its newest one.
pub(super) const FORMAT: &str = "mrms-evidence-2";
/// The same of a bundle in which they are not: of a network, of a ledger from before headers committed to all blocks
/// below, or made by a program of that time.
pub(super) const WITHOUT_ANCESTRY: &str = "mrms-evidence-1";
const FORMATS: &str = "mrms-evidence-";

/// Bytes, in hexadecimal.
#[derive(Clone, PartialEq, Eq)]
pub struct Hex(pub(crate) Vec<u8>);

impl Hex {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, as an array. Fails if their number is another.
    ///
    /// # Errors
    ///
    /// [`EvidenceError::Bytes`] with this `what`.
    pub fn array<const N: usize>(&self, what: &'static str) -> Result<[u8; N], EvidenceError> {
        self.0.as_slice().try_into().map_err(|_| EvidenceError::Bytes { what })
    }
}

impl std::fmt::Display for Hex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl std::fmt::Debug for Hex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        mrms_core::hexadecimal::decode(text).map(Self).map_err(serde::de::Error::custom)
    }
}

/// An evidence bundle: what happened to one record, with its proofs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// The format's name: `mrms-evidence-2`, or `mrms-evidence-1` where blocks are not shown to be ancestors.
    pub format: String,
    /// The record.
    pub record_id: RecordId,
    /// Who owned the record after the last entry.
    pub patient: Principal,
    /// The records contract.
    pub contract: ContractPart,
    /// The ledger that the record is on.
    pub ledger: LedgerPart,
    /// The log of the record.
    pub trail: TrailPart,
    /// The versions of the record.
    pub versions: Vec<VersionPart>,
    /// The grants on the record.
    pub grants: Vec<GrantPart>,
    /// The transactions about the record, in the order of the chain.
    pub transactions: Vec<TransactionPart>,
    /// The vault receipts about this record, by vault and number.
    pub vault_receipts: Vec<VaultReceipt>,
    /// What these receipts tell against the vaults that signed them. Left out where there is nothing, so that
    /// such a bundle is spelled as before there were flags.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flagged: Vec<FlagPart>,
}

/// What receipts tell against their vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlagPart {
    /// The vault's account.
    pub vault: StandardPrincipal,
    /// What it did.
    pub flag: Flag,
    /// The places of the receipts that convict it, from 0.
    pub receipts: Vec<usize>,
}

/// How a vault broke the rules, by its own signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flag {
    /// It released a share, and the trail has no access by that reader of that version at the entry named.
    ReleaseWithoutEntry,
    /// It released two shares against one entry.
    ReleasedTwice,
    /// It signed two different lines with one number.
    TwoLinesOfOneNumber,
}

impl std::fmt::Display for Flag {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::ReleaseWithoutEntry => "it released a share, and the trail has no such access",
            Self::ReleasedTwice => "it released two shares against one access",
            Self::TwoLinesOfOneNumber => "it signed two different lines of its log with one number",
        })
    }
}

/// The records contract, and how it was deployed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractPart {
    /// Its id.
    pub id: ContractId,
    /// SHA-256 of the source as it was deployed.
    pub source_sha256: Hex,
    /// The transaction that deployed it; `None` without proofs.
    pub deployed: Option<TransactionPart>,
}

/// The ledger that the record is on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LedgerPart {
    /// An embedded ledger, whose blocks are proved.
    Embedded(Box<EmbeddedPart>),
    /// A ledger elsewhere, which gives no proofs.
    Network(NetworkPart),
}

/// An embedded ledger, as far as a bundle needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmbeddedPart {
    /// The chain id.
    pub chain_id: u32,
    /// Hash of block 0: the ledger's name.
    pub genesis: Hex,
    /// The public key that signs its blocks, SEC 1, compressed.
    pub node_key: Hex,
    /// Block 0, which names the ledger.
    pub block_0: BlockZeroPart,
    /// The newest block that the bundle knows of.
    pub as_of: AsOfPart,
    /// That every other block in the bundle is an ancestor of that one, by height. Left out in format 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ancestors: Option<Vec<AncestorPart>>,
}

/// The proof that a block is an ancestor of the newest one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AncestorPart {
    /// Height of the block. Its header is elsewhere in the bundle.
    pub block_height: u32,
    /// The path from its hash to the root over all blocks, in the newest block's header.
    pub path: Vec<Hex>,
}

/// A network, as far as a bundle needs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkPart {
    /// The chain id.
    pub chain_id: u32,
    /// Its block height when the trail was read, as the network's node said.
    pub block_height: u64,
    /// Burn height at that block.
    pub burn_height: BurnHeight,
}

/// Block 0 of an embedded ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockZeroPart {
    /// The block header, encoded.
    pub header: Hex,
    /// The node's signature on the header.
    pub signature: Hex,
    /// The operator's commands that block 0 records, encoded.
    pub operations: Vec<Hex>,
}

/// The newest block that the bundle knows of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AsOfPart {
    /// Height of the block.
    pub block_height: u32,
    /// Burn height of the block.
    pub burn_height: u32,
    /// RFC 3339, UTC.
    pub time: String,
    /// Hash of the block.
    pub hash: Hex,
    /// The block header, encoded.
    pub header: Hex,
    /// The node's signature on the header.
    pub signature: Hex,
}

/// The log of the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrailPart {
    /// How many entries the log has.
    pub entries: u64,
    /// Head of the log after the last entry.
    pub head: Hex,
    /// How many of the lines are refusals.
    pub refusals: u64,
    /// The lines, as `mrms audit --json` writes them.
    pub lines: Vec<TrailLine>,
}

/// A version of the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionPart {
    /// Number of the version, from 1.
    pub version: u64,
    /// Who added it.
    pub author: Principal,
    /// The entry that added it.
    pub index: u64,
    /// SHA-256 of the content envelope.
    pub content_hash: Hex,
    /// What the envelope says; `None` if no transaction of the bundle has it, or another program made it.
    pub payload: Option<PayloadPart>,
}

/// The ciphertext of a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PayloadPart {
    /// `chain`, `vault`, or `vault-erasable`.
    pub storage: String,
    /// Length of the ciphertext in bytes.
    pub bytes: u64,
    /// SHA-256 of the ciphertext.
    pub sha256: Hex,
}

/// A grant on the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantPart {
    /// Who may open the record.
    pub user: Principal,
    /// 1 read, 2 amend, 4 emergency, 8 history, added up.
    pub rights: u8,
    /// Burn height at which the grant is closed; `None` if it holds until it is revoked.
    pub expiry: Option<BurnHeight>,
    /// The entry that made it.
    pub index: u64,
    /// The entry that revoked or replaced it.
    pub ended_by: Option<u64>,
}

/// A transaction, what it did, and the proof of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransactionPart {
    /// Its id.
    pub txid: TxId,
    /// Who signed it.
    pub sender: StandardPrincipal,
    /// The function that it called; the contract's name if it deployed one.
    pub calls: String,
    /// `success`, `abort_by_response` or `abort_by_post_condition`.
    pub status: String,
    /// Height of the block.
    pub block_height: u32,
    /// Hash of its block.
    pub block_hash: Hex,
    /// The block header, encoded.
    pub header: Hex,
    /// The node's signature on the header.
    pub signature: Hex,
    /// Its place in the block, from 0.
    pub position: u32,
    /// The transaction, encoded.
    pub transaction: Hex,
    /// The path from the transaction to the block's transaction root.
    pub transaction_path: Vec<Hex>,
    /// The receipt, encoded.
    pub receipt: Hex,
    /// The path from the receipt to the block's receipt root.
    pub receipt_path: Vec<Hex>,
}

/// Whether a text is a bundle, of any version, and not a trail.
pub fn is_bundle(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Beginning {
        format: String,
    }
    let beginning: Result<Beginning, _> = serde_json::from_str(text);
    beginning.is_ok_and(|beginning| beginning.format.starts_with(FORMATS))
}

impl Bundle {
    /// Whether the bundle shows that its blocks are on one chain: each is an ancestor of the newest.
    #[must_use]
    pub fn shows_one_chain(&self) -> bool {
        matches!(&self.ledger, LedgerPart::Embedded(ledger) if ledger.ancestors.is_some())
    }

    /// The bundle as text, in its one spelling.
    pub fn to_text(&self) -> String {
        // It has text keys and plain fields, so serializing never fails.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Reads a bundle.
    ///
    /// # Errors
    ///
    /// [`EvidenceError::Unreadable`], or [`EvidenceError::Spelling`] for a text that says the same
    /// in another way.
    pub fn parse(text: &str) -> Result<Self, EvidenceError> {
        let unreadable = |reason: String| EvidenceError::Unreadable { reason };
        let bundle: Self =
            serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?;
        if ![FORMAT, WITHOUT_ANCESTRY].contains(&bundle.format.as_str()) {
            return Err(unreadable(format!("its format is not {FORMAT} or {WITHOUT_ANCESTRY}")));
        }
        if bundle.to_text() == text { Ok(bundle) } else { Err(EvidenceError::Spelling) }
    }
}
