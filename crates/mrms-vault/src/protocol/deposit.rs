//! Deposits: the messages with which a patient leaves shares, one for each version and reader, and erasure salts.

use mrms_core::{Principal, RecordId, Version};
use mrms_stacks::clarity::Value;
use serde::{Deserialize, Serialize};

use super::signed::Message;
use super::{Hex, tuple};

/// Most versions in one deposit. More versions take several deposits.
pub const MOST_VERSIONS: usize = 256;

/// How a release secret was split: any `threshold` of its `count` shares restore it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// Number of shares that restore it: 1 to `count`.
    pub threshold: u8,
    /// Number of all shares: 1 to 16, one for each vault.
    pub count: u8,
    /// Number of this vault's share: 1 to `count`.
    pub place: u8,
}

impl Split {
    /// Most vaults over which a secret can be split.
    pub const MOST: u8 = 16;

    /// Whether 1 ≤ threshold ≤ count ≤ [`Split::MOST`] and 1 ≤ place ≤ count.
    #[must_use]
    pub const fn is_sound(self) -> bool {
        1 <= self.threshold
            && self.threshold <= self.count
            && self.count <= Self::MOST
            && 1 <= self.place
            && self.place <= self.count
    }
}

/// One version for one reader. Without the reader's key and enough other shares, nothing of it can be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DepositedVersion {
    /// The version.
    pub version: Version,
    /// The version's file key under pair secret and release secret.
    pub wrap: Hex<32>,
    /// This vault's share of the release secret, sealed under the pair secret.
    pub share: Hex<48>,
}

/// Topic `deposit`: keep these shares for one reader of one record. Signed by the record's patient. A later deposit for
/// the same record, version and reader replaces this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deposit {
    /// The record.
    pub record_id: RecordId,
    /// Who will read them.
    pub reader: Principal,
    /// The epoch of the pair of patient and reader.
    pub epoch: u64,
    /// 16 random bytes of this deposit, the same at every vault. Every share and wrap is bound to them.
    pub deposit_id: Hex<16>,
    /// How each release secret was split, and the number of this vault's share.
    pub split: Split,
    /// The pair secret, sealed to the reader.
    pub pair_header: Hex<1152>,
    /// The versions, at least one and at most [`MOST_VERSIONS`], each once, in ascending order.
    pub versions: Vec<DepositedVersion>,
}

impl Message for Deposit {
    const TOPIC: &'static str = "deposit";

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let version_value = |DepositedVersion { version, wrap, share }: &DepositedVersion| {
            tuple([
                ("version", Value::uint(version.number())),
                ("wrap", Value::buffer(wrap.0)),
                ("share", Value::buffer(share.0)),
            ])
        };
        let Self { record_id, reader, epoch, deposit_id, split, pair_header, versions } = self;
        let Split { threshold, count, place } = *split;
        vec![
            ("record-id", Value::uint(record_id.number())),
            ("reader", Value::principal(reader.clone())),
            ("epoch", Value::uint(*epoch)),
            ("deposit-id", Value::buffer(deposit_id.0)),
            ("threshold", Value::uint(threshold)),
            ("count", Value::uint(count)),
            ("place", Value::uint(place)),
            ("pair-header", Value::buffer(pair_header.0)),
            ("versions", Value::List(versions.iter().map(version_value).collect())),
        ]
    }
}

impl Deposit {
    /// Whether split and versions are valid.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let ascending = self.versions.windows(2).all(|pair| pair[0].version < pair[1].version);
        self.split.is_sound() && ascending && (1..=MOST_VERSIONS).contains(&self.versions.len())
    }
}

/// Topic `salt`: keep the erasure salt of an erasable version. The version's author signs it before the version is on the
/// chain; the vault gives it out only if the chain names the signer as the author.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaltDeposit {
    /// The record.
    pub record_id: RecordId,
    /// The version.
    pub version: Version,
    /// The salt, without which no wrap of the version opens.
    pub salt: Hex<32>,
}

impl std::fmt::Debug for SaltDeposit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SaltDeposit")
            .field("record_id", &self.record_id)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl Message for SaltDeposit {
    const TOPIC: &'static str = "salt";

    fn fields(&self) -> Vec<(&'static str, Value)> {
        let Self { record_id, version, salt } = self;
        vec![
            ("record-id", Value::uint(record_id.number())),
            ("version", Value::uint(version.number())),
            ("salt", Value::buffer(salt.0)),
        ]
    }
}
