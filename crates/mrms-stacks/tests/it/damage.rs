//! Bytes that nobody meant: refused, and never a panic. What is accepted is written unchanged.

use mrms_stacks::clarity::Value;
use mrms_stacks::transaction::Transaction;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::strategies;

/// Changes, cuts or lengthens bytes.
fn damaged(bytes: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let blows = vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
    let cut = prop::option::of(any::<prop::sample::Index>());
    (bytes, blows, cut, vec(any::<u8>(), 0..3)).prop_map(|(mut bytes, blows, cut, more)| {
        for (at, byte) in blows {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        bytes.extend(more);
        bytes
    })
}

fn value_is_refused_or_exact(bytes: &[u8]) -> Result<(), TestCaseError> {
    if let Ok(value) = Value::decode(bytes) {
        prop_assert_eq!(value.encode().unwrap(), bytes);
        let _ = (value.to_string(), value.to_json());
    }
    Ok(())
}

fn transaction_is_refused_or_exact(bytes: &[u8]) -> Result<(), TestCaseError> {
    if let Ok(transaction) = Transaction::decode(bytes) {
        prop_assert_eq!(transaction.encode(), bytes);
        let _ = (transaction.verify(), transaction.origin(), transaction.payer());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn random_bytes_are_no_value(bytes in vec(any::<u8>(), 0..200)) {
        value_is_refused_or_exact(&bytes)?;
    }

    // Small bytes are kinds, lengths and counts more often than random ones are.
    #[test]
    fn small_bytes_are_refused_or_exact(bytes in vec(0u8..16, 0..200)) {
        value_is_refused_or_exact(&bytes)?;
        transaction_is_refused_or_exact(&bytes)?;
    }

    #[test]
    fn random_bytes_are_no_transaction(bytes in vec(any::<u8>(), 0..400)) {
        transaction_is_refused_or_exact(&bytes)?;
    }
}

proptest! {
    #[test]
    fn damaged_values_are_refused_or_exact(
        bytes in damaged(strategies::value().prop_map(|value| value.encode().unwrap())),
    ) {
        value_is_refused_or_exact(&bytes)?;
    }

    #[test]
    fn damaged_transactions_are_refused_or_exact(
        bytes in damaged(strategies::transaction().prop_map(|transaction| transaction.encode())),
    ) {
        transaction_is_refused_or_exact(&bytes)?;
    }
}

#[test]
fn every_cut_of_every_transaction_is_refused() {
    let cases: crate::cases::Cases =
        serde_json::from_str(include_str!("fixtures/stacks-cases.json")).unwrap();
    for case in &cases.transactions {
        let bytes = mrms_core::hexadecimal::decode(&case.hex).unwrap();
        for length in 0..bytes.len() {
            assert!(Transaction::decode(&bytes[..length]).is_err());
        }
        let longer = [&bytes[..], &[0]].concat();
        assert!(Transaction::decode(&longer).is_err());
    }
}
