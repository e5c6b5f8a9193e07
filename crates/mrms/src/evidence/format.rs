//! How a bundle is written: JSON, two spaces of indentation, fields in this order, hexadecimal in
//! small letters, a line end. One bundle has one spelling, so that a byte that was changed shows
//! even where it says the same.

use mrms_app::trail::TrailLine;
use mrms_core::{BurnHeight, ContractId, Principal, RecordId, StandardPrincipal, TxId};
use mrms_vault::protocol::VaultReceipt;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::EvidenceError;

/// What a bundle's first field says.
pub(crate) const FORMAT: &str = "mrms-evidence-1";
const FORMATS: &str = "mrms-evidence-";

/// Bytes, in hexadecimal.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Hex(pub(crate) Vec<u8>);

impl Hex {
    pub(crate) fn array<const N: usize>(
        &self,
        what: &'static str,
    ) -> Result<[u8; N], EvidenceError> {
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
        hex::decode(text).map(Self).map_err(serde::de::Error::custom)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bundle {
    pub(crate) format: String,
    pub(crate) record_id: RecordId,
    /// Who owned the record after the last entry.
    pub(crate) patient: Principal,
    pub(crate) contract: ContractPart,
    pub(crate) ledger: LedgerPart,
    pub(crate) trail: TrailPart,
    pub(crate) versions: Vec<VersionPart>,
    pub(crate) grants: Vec<GrantPart>,
    /// In the order of the chain.
    pub(crate) transactions: Vec<TransactionPart>,
    /// What vaults signed about this record, by vault and number.
    pub(crate) vault_receipts: Vec<VaultReceipt>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContractPart {
    pub(crate) id: ContractId,
    /// SHA-256 of the source as it was deployed.
    pub(crate) source_sha256: Hex,
    /// The transaction that deployed it; none without proofs.
    pub(crate) deployed: Option<TransactionPart>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LedgerPart {
    /// A ledger of this program: its blocks are proved.
    Embedded(Box<EmbeddedPart>),
    /// A ledger elsewhere, which gives no proofs.
    Network(NetworkPart),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmbeddedPart {
    pub(crate) chain_id: u32,
    /// Hash of block 0: the ledger's name.
    pub(crate) genesis: Hex,
    /// The public key that signs its blocks, SEC 1, compressed.
    pub(crate) node_key: Hex,
    pub(crate) block_0: BlockZeroPart,
    pub(crate) as_of: AsOfPart,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NetworkPart {
    pub(crate) chain_id: u32,
    /// Where its chain stood when the trail was read, by its own word.
    pub(crate) block_height: u64,
    pub(crate) burn_height: BurnHeight,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlockZeroPart {
    pub(crate) header: Hex,
    pub(crate) signature: Hex,
    pub(crate) operations: Vec<Hex>,
}

/// The newest block that the bundle knows of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AsOfPart {
    pub(crate) block_height: u32,
    pub(crate) burn_height: u32,
    /// RFC 3339, UTC.
    pub(crate) time: String,
    pub(crate) hash: Hex,
    pub(crate) header: Hex,
    pub(crate) signature: Hex,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrailPart {
    /// How many entries, and the head after the last.
    pub(crate) entries: u64,
    pub(crate) head: Hex,
    /// How many refusals stand among the lines.
    pub(crate) refusals: u64,
    /// As `mrms audit --json` writes them.
    pub(crate) lines: Vec<TrailLine>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct VersionPart {
    pub(crate) version: u64,
    pub(crate) author: Principal,
    /// The entry that added it.
    pub(crate) index: u64,
    /// SHA-256 of the content envelope.
    pub(crate) content_hash: Hex,
    /// What the envelope says; none where it is not in a transaction of the bundle, or is none of
    /// this program's.
    pub(crate) payload: Option<PayloadPart>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PayloadPart {
    /// `chain`, `vault`, or `vault-erasable`.
    pub(crate) storage: String,
    pub(crate) bytes: u64,
    pub(crate) sha256: Hex,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantPart {
    pub(crate) user: Principal,
    /// 1 read, 2 amend, 4 emergency, 8 history, added up.
    pub(crate) rights: u8,
    pub(crate) expiry: Option<BurnHeight>,
    /// The entry that made it.
    pub(crate) index: u64,
    /// The entry that revoked or replaced it.
    pub(crate) ended_by: Option<u64>,
}

/// A transaction, what it did, and why that can be believed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TransactionPart {
    pub(crate) txid: TxId,
    pub(crate) sender: StandardPrincipal,
    /// The function that it called; the contract's name where it deployed one.
    pub(crate) calls: String,
    /// `success`, `abort_by_response` or `abort_by_post_condition`.
    pub(crate) status: String,
    pub(crate) block_height: u32,
    pub(crate) block_hash: Hex,
    pub(crate) header: Hex,
    pub(crate) signature: Hex,
    pub(crate) position: u32,
    pub(crate) transaction: Hex,
    pub(crate) transaction_path: Vec<Hex>,
    pub(crate) receipt: Hex,
    pub(crate) receipt_path: Vec<Hex>,
}

/// Whether a text is a bundle of some version, rather than a trail.
pub(crate) fn is_bundle(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Beginning {
        format: String,
    }
    let beginning: Result<Beginning, _> = serde_json::from_str(text);
    beginning.is_ok_and(|beginning| beginning.format.starts_with(FORMATS))
}

impl Bundle {
    /// The bundle's one spelling.
    pub(crate) fn to_text(&self) -> String {
        // Text keys and plain fields: nothing here can fail to serialize.
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Reads a bundle.
    ///
    /// # Errors
    ///
    /// [`EvidenceError::Unreadable`], or [`EvidenceError::Spelling`] for a text that says the same
    /// in another way.
    pub(crate) fn parse(text: &str) -> Result<Self, EvidenceError> {
        let unreadable = |reason: String| EvidenceError::Unreadable { reason };
        let bundle: Self =
            serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?;
        if bundle.format != FORMAT {
            return Err(unreadable(format!("its format is not {FORMAT}")));
        }
        if bundle.to_text() == text { Ok(bundle) } else { Err(EvidenceError::Spelling) }
    }
}
