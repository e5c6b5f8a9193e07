//! How records, principals and heights are stored in columns.

use mrms_core::{BurnHeight, Principal, RecordId};
use mrms_stacks::clarity::Value;

/// A record as it is stored: 16 bytes, big-endian.
pub(crate) fn record_bytes(record: RecordId) -> [u8; 16] {
    record.number().to_be_bytes()
}

/// A principal as it is stored: its consensus serialization.
pub(crate) fn principal_bytes(principal: &Principal) -> Vec<u8> {
    principal.to_consensus_bytes()
}

pub(super) fn read_principal(bytes: &[u8]) -> Option<Principal> {
    match Value::decode(bytes).ok()? {
        Value::Principal(principal) => Some(principal),
        _ => None,
    }
}

/// A burn height as it is stored. No chain reaches the largest number.
pub(super) fn stored_height(height: BurnHeight) -> i64 {
    i64::try_from(height.number()).unwrap_or(i64::MAX)
}
