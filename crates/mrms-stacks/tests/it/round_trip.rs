//! What is written is read back the same, and only that.

use mrms_stacks::clarity::Value;
use mrms_stacks::transaction::Transaction;
use proptest::prelude::*;

use crate::strategies;

proptest! {
    #[test]
    fn every_value_is_its_own_bytes(value in strategies::value()) {
        let bytes = value.encode().unwrap();
        prop_assert_eq!(Value::decode(&bytes), Ok(value));
    }

    #[test]
    fn every_value_has_a_literal_and_json(value in strategies::value()) {
        prop_assert!(!value.to_string().is_empty());
        let _ = value.to_json();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_transaction_is_its_own_bytes_and_verifies(transaction in strategies::transaction()) {
        let bytes = transaction.encode();
        let read = Transaction::decode(&bytes);
        prop_assert_eq!(read.as_ref(), Ok(&transaction));
        prop_assert_eq!(transaction.verify(), Ok(()));
        prop_assert_eq!(transaction.minimum_fee().number(), bytes.len() as u64);
    }

    #[test]
    fn the_fee_floor_is_known_before_signing(
        unsigned in strategies::unsigned(),
        key in strategies::key(),
        network in strategies::network(),
    ) {
        let floor = unsigned.minimum_sponsored_fee().unwrap();
        let nonce = mrms_core::Nonce::new(1);
        let half = unsigned.clone().sign_for_sponsor(&key, network, nonce).unwrap();
        prop_assert_eq!(half.minimum_fee(), floor);

        let fee = unsigned.minimum_fee().unwrap();
        let terms = mrms_stacks::transaction::Terms { network, nonce, fee };
        prop_assert_eq!(unsigned.sign(&key, terms).unwrap().minimum_fee(), fee);
    }
}
