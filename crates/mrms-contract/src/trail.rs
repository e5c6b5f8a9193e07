//! The hash chain over an audit trail: what one 32-byte head commits to.
//!
//! `head' = sha256(head ‖ sha256(entry))` from 32 zero bytes, where `entry` is the Clarity
//! consensus serialization (SIP-005) of the tuple that the contract prints. Pure: checks an
//! exported trail without a ledger.

use std::fmt;

use mrms_core::{AuditEntry, Principal, RecordId};
use mrms_stacks::clarity::{AsciiString, ClarityName, EncodeError, Value};
use sha2::{Digest, Sha256};

use crate::decode::{expiry_value, principal_value, record_value};

/// A head of an audit trail: commits to every entry up to it, and to their order.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Head([u8; 32]);

impl Head {
    /// The head of a trail without entries.
    pub const EMPTY: Self = Self([0; 32]);

    /// A head that was read from somewhere.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The head after one more entry of this trail.
    ///
    /// # Errors
    ///
    /// [`TrailError::Entry`] when the entry can't be serialized; every entry of the contract can.
    pub fn after<'t>(
        self,
        of: impl Into<TrailOf<'t>>,
        entry: &AuditEntry,
    ) -> Result<Self, TrailError> {
        let bytes = printed(of.into(), entry)?;
        let hash = Sha256::digest(bytes);
        Ok(Self(Sha256::new().chain_update(self.0).chain_update(hash).finalize().into()))
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Head({self})")
    }
}

/// Whose trail it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrailOf<'t> {
    /// A record's.
    Record(RecordId),
    /// That of what concerns a patient as a whole, by the first principal of the patient's line.
    Patient(&'t Principal),
}

impl From<RecordId> for TrailOf<'_> {
    fn from(record: RecordId) -> Self {
        Self::Record(record)
    }
}

impl<'t> From<&'t Principal> for TrailOf<'t> {
    fn from(patient: &'t Principal) -> Self {
        Self::Patient(patient)
    }
}

/// What is wrong with a trail.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrailError {
    /// An entry is missing, or stands twice.
    #[error("entry {expected} of the trail is missing: {found} stands in its place")]
    OutOfOrder {
        /// The index that should come next.
        expected: u64,
        /// The index that does.
        found: u64,
    },
    /// An entry, or the head beside it, is not what was committed to.
    #[error("entry {index} of the trail was altered: it does not give the head beside it")]
    Altered {
        /// Index of the first entry that does not fit.
        index: u64,
    },
    /// Every entry fits the one before, but the last head is not the one on chain.
    #[error("the trail ends in head {found}, not in {expected}: it was cut, extended or rewritten")]
    WrongHead {
        /// The head that the chain has.
        expected: Head,
        /// The head that the entries give.
        found: Head,
    },
    /// An entry has no serialization.
    #[error("entry {index} of the trail cannot be serialized")]
    Entry {
        /// Index of the entry.
        index: u64,
    },
}

/// Checks a whole trail against the head on chain, and each entry against the head stated beside
/// it. An entry without a stated head is covered by the next one that has one.
///
/// # Errors
///
/// The first thing that does not hold, naming the entry.
pub fn verify<'a, 't>(
    of: impl Into<TrailOf<'t>>,
    entries: impl IntoIterator<Item = (&'a AuditEntry, Option<Head>)>,
    expected: Head,
) -> Result<u64, TrailError> {
    let of = of.into();
    let mut head = Head::EMPTY;
    let mut count = 0;
    for (entry, stated) in entries {
        if entry.index != count {
            return Err(TrailError::OutOfOrder { expected: count, found: entry.index });
        }
        head = head.after(of, entry)?;
        if stated.is_some_and(|stated| stated != head) {
            return Err(TrailError::Altered { index: entry.index });
        }
        count += 1;
    }
    if head == expected { Ok(count) } else { Err(TrailError::WrongHead { expected, found: head }) }
}

/// The bytes of the tuple that the contract printed for this entry.
fn printed(of: TrailOf<'_>, entry: &AuditEntry) -> Result<Vec<u8>, TrailError> {
    let AuditEntry { index, action, actor, subject, version, expiry, detail, burn_height } = entry;
    let failed = || TrailError::Entry { index: *index };
    let text =
        |text: &str| text.parse::<AsciiString>().map(Value::StringAscii).map_err(|_| failed());
    let (topic, whose) = match of {
        TrailOf::Record(record) => ("record-audit", ("record-id", record_value(record))),
        TrailOf::Patient(patient) => ("patient-audit", ("patient", principal_value(patient))),
    };
    let fields = [
        ("topic", text(topic)?),
        whose,
        ("index", Value::uint(*index)),
        ("action", text(action.as_str())?),
        ("actor", principal_value(actor)),
        ("subject", Value::optional(subject.as_ref().map(principal_value))),
        ("version", Value::uint(*version)),
        ("expiry", expiry_value(*expiry)),
        ("detail", Value::buffer(*detail)),
        ("burn-height", Value::uint(burn_height.number())),
    ];
    let tuple = Value::tuple(fields.map(|(name, value)| (ClarityName::literal(name), value)))
        .map_err(|_| failed())?;
    tuple.encode().map_err(|_: EncodeError| failed())
}

#[cfg(test)]
mod tests {
    use super::*;
    use mrms_core::{Action, BurnHeight, Principal};

    const RECORD: RecordId = RecordId::new(123);
    /// The head that the contract gave on the Clarinet simnet for the three entries below.
    const HEAD: [u8; 32] = [
        0xf8, 0x16, 0x99, 0x24, 0xfa, 0xde, 0xb1, 0xb2, 0x08, 0xda, 0x49, 0x79, 0x00, 0xd4, 0x5d,
        0xe8, 0x74, 0x12, 0x0f, 0xa6, 0x5f, 0x38, 0xf3, 0xaf, 0xcf, 0x70, 0x25, 0x4d, 0xd5, 0x5e,
        0x64, 0xbf,
    ];

    fn entries() -> Vec<AuditEntry> {
        let patient: Principal = "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5".parse().unwrap();
        let provider: Principal = "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG".parse().unwrap();
        let content = Sha256::digest([1, 2]).into();
        let mut rights = [0; 32];
        rights[31] = 9;
        let entry =
            |index, action, actor: &Principal, subject: Option<&Principal>, detail| AuditEntry {
                index,
                action,
                actor: actor.clone(),
                subject: subject.cloned(),
                version: 1,
                expiry: subject.map(|_| BurnHeight::new(50_000)),
                detail,
                burn_height: BurnHeight::new(1),
            };
        vec![
            entry(0, Action::Create, &patient, None, content),
            entry(1, Action::Grant, &patient, Some(&provider), rights),
            entry(2, Action::Access, &provider, None, content),
        ]
    }

    fn with_heads(entries: &[AuditEntry]) -> Vec<Head> {
        let mut head = Head::EMPTY;
        let after = |entry| {
            head = head.after(RECORD, entry).unwrap();
            head
        };
        entries.iter().map(after).collect()
    }

    fn check(entries: &[AuditEntry], heads: &[Head]) -> Result<u64, TrailError> {
        let pairs = entries.iter().zip(heads.iter().copied().map(Some));
        verify(RECORD, pairs, Head::from_bytes(HEAD))
    }

    #[test]
    fn an_altered_entry_is_named() {
        let (mut entries, heads) = (entries(), with_heads(&entries()));
        entries[1].expiry = Some(BurnHeight::new(50_001));
        assert_eq!(check(&entries, &heads), Err(TrailError::Altered { index: 1 }));
    }

    #[test]
    fn a_dropped_swapped_or_doubled_entry_is_named() {
        let (entries, heads) = (entries(), with_heads(&entries()));
        for order in [[0, 2, 1], [1, 0, 2], [0, 0, 1]] {
            let shuffled: Vec<_> = order.iter().map(|i| entries[*i].clone()).collect();
            assert!(matches!(check(&shuffled, &heads), Err(TrailError::OutOfOrder { .. })));
        }
    }

    #[test]
    fn a_trail_rewritten_with_its_heads_does_not_end_in_the_chain_head() {
        let mut entries = entries();
        entries[2].actor = entries[0].actor.clone();
        let heads = with_heads(&entries);
        assert!(matches!(check(&entries, &heads), Err(TrailError::WrongHead { .. })));
        assert!(matches!(check(&entries[..2], &heads), Err(TrailError::WrongHead { .. })));
    }

    #[test]
    fn the_head_is_the_one_that_the_contract_gives() {
        assert_eq!(check(&entries(), &with_heads(&entries())), Ok(3));
    }
}
