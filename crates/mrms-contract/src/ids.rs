//! Record ids that are bound to their maker: nobody else can take one, whoever saw it on its way.
//!
//! The contract checks it (`ERR_FOREIGN_ID`). Such an id has the 16 bits of `MR`, the first 64 bits of the
//! SHA-256 of its maker's principal (in consensus bytes), and 48 bits of free choice.

use mrms_core::{Principal, RecordId};
use mrms_stacks::clarity::Value;
use sha2::{Digest, Sha256};

/// The first 16 bits of the bound ids. Every other id is whoever's comes first.
pub const MARK: u16 = u16::from_be_bytes(*b"MR");

/// How many ids are bound to each maker: 2 to the power of 48.
pub const CHOICES: u64 = 1 << 48;

/// The choice of the id under which an organisation keeps the keys that its members hold: `staff1` in ASCII.
const STAFF: u64 = u64::from_be_bytes(*b"\0\0staff1");

/// The id of an organisation's staff record, which has the keys that its members hold. Nobody else can make a record with
/// this id. `None` as for [`bound_to`].
#[must_use]
pub fn staff_record(organisation: &Principal) -> Option<RecordId> {
    bound_to(organisation, STAFF)
}

/// One of the ids that are bound to `maker`: the choice counts modulo [`CHOICES`]. `None` when the principal has
/// no consensus bytes, which every principal of a network has.
#[must_use]
pub fn bound_to(maker: &Principal, choice: u64) -> Option<RecordId> {
    let bytes = Value::Principal(maker.clone()).encode().ok()?;
    let hash = Sha256::digest(bytes);
    let prefix = u64::from_be_bytes(*hash.first_chunk()?);
    let choice = u128::from(choice % CHOICES);
    Some(RecordId::new(u128::from(MARK) << 112 | u128::from(prefix) << 48 | choice))
}

/// Whether an id is bound to somebody.
#[must_use]
pub fn is_bound(id: RecordId) -> bool {
    id.number() >> 112 == u128::from(MARK)
}

/// Whether an id is bound to `maker`: nobody else can have made a record with it.
#[must_use]
pub fn is_of_maker(id: RecordId, maker: &Principal) -> bool {
    bound_to(maker, 0).is_some_and(|own| own.number() >> 48 == id.number() >> 48)
}

/// Whether an id is bound to somebody else than `maker`: the contract lets them not create it.
#[must_use]
pub fn is_foreign(id: RecordId, maker: &Principal) -> bool {
    is_bound(id) && !is_of_maker(id, maker)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_names_its_maker_and_the_choice() {
        let maker: Principal = "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5".parse().unwrap();
        let other: Principal = "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG".parse().unwrap();
        let [first, second] = [7, CHOICES + 7].map(|choice| bound_to(&maker, choice).unwrap());
        assert_eq!(first, second);
        assert!(!is_foreign(first, &maker) && is_foreign(first, &other));
        assert!(is_of_maker(first, &maker) && !is_of_maker(first, &other) && is_bound(first));
        let staff = staff_record(&maker).unwrap();
        assert!(
            STAFF < CHOICES && is_foreign(staff, &other) && Some(staff) != staff_record(&other)
        );
        for free in [0, u128::MAX, (u128::from(MARK) << 112) - 1, u128::from(MARK + 1) << 112] {
            let free = RecordId::new(free);
            assert!(!is_foreign(free, &other) && !is_of_maker(free, &other), "{free}");
        }
        // Computed with Python, from the principal's consensus bytes.
        assert_eq!(first.number(), 102780640117037188812029302205069656071);
    }
}
