//! Byte for byte what Stacks' own JavaScript library makes.
//!
//! The few cases in `fixtures/stacks-cases.json` always; the file named by `MRMS_STACKS_CASES`
//! beside them, which must be there when `MRMS_REQUIRE_CLIENTS` is set.

use mrms_stacks::clarity::Value;
use mrms_stacks::keys::{PublicKey, RecoverableSignature};
use mrms_stacks::network::TransactionVersion;
use mrms_stacks::structured::{Domain, StructuredData};
use mrms_stacks::transaction::{Terms, Transaction};

use crate::cases::{Cases, TransactionCase, bytes, key, signature, value};

/// One compressed key: the only origin that this crate builds.
const BUILT: &str = "p2pkh";

fn each_file(check: fn(&Cases)) {
    check(&serde_json::from_str(include_str!("fixtures/stacks-cases.json")).unwrap());
    match std::env::var("MRMS_STACKS_CASES") {
        Ok(path) => check(&serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()),
        Err(_) if std::env::var_os("MRMS_REQUIRE_CLIENTS").is_some() => {
            panic!("MRMS_STACKS_CASES names no file: write one with tests/clients/stacks-cases.mjs")
        }
        Err(_) => println!("only the fixture's cases: MRMS_STACKS_CASES names no file"),
    }
}

#[test]
fn values_have_the_librarys_bytes_both_ways() {
    each_file(|cases| {
        for case in &cases.values {
            let ours = value(&case.value);
            assert_eq!(ours.to_hex().unwrap(), format!("0x{}", case.hex), "{ours}");
            assert_eq!(Value::from_hex(&case.hex).unwrap(), ours);
        }
    });
}

#[test]
fn keys_have_the_librarys_addresses_and_signatures() {
    each_file(|cases| {
        for case in &cases.keys {
            let (key, digest) = (key(&case.secret), bytes(&case.digest));
            let public =
                PublicKey::from_sec1(&mrms_core::hexadecimal::decode(&case.public).unwrap())
                    .unwrap();
            assert_eq!(key.public_key(), public);
            assert_eq!(key.address(TransactionVersion::Mainnet), case.mainnet);
            assert_eq!(key.address(TransactionVersion::Testnet), case.testnet);
            assert_eq!(key.sign_digest(&digest), signature(&case.signature));
            assert_eq!(signature(&case.signature).recover(&digest), Ok(public));
        }
    });
}

#[test]
fn keys_from_words_have_the_wallets_addresses() {
    each_file(|cases| {
        for case in &cases.words {
            let key = key(&case.secret);
            assert_eq!(key.address(TransactionVersion::Mainnet), case.mainnet);
            assert_eq!(key.address(TransactionVersion::Testnet), case.testnet);
        }
    });
}

#[test]
fn structured_messages_have_the_librarys_digests_and_signatures() {
    each_file(|cases| {
        for case in &cases.structured {
            let domain = Domain {
                name: case.domain.name.parse().unwrap(),
                version: case.domain.version.parse().unwrap(),
                chain_id: case.domain.chain_id,
            };
            let message = StructuredData::new(&domain, &value(&case.message)).unwrap();
            assert_eq!(*message.digest(), bytes(&case.digest));
            let theirs = RecoverableSignature::from_rsv(bytes(&case.signature_rsv));
            assert_eq!(message.sign(&key(&case.secret)), theirs);
            assert!(message.verify(&theirs, &case.address).is_ok());
        }
    });
}

#[test]
fn every_transaction_is_read_verified_and_written_unchanged() {
    each_file(|cases| {
        for case in &cases.transactions {
            for hex in case.signed_by_origin.iter().chain([&case.hex]) {
                let bytes = mrms_core::hexadecimal::decode(hex).unwrap();
                let transaction = Transaction::decode(&bytes).unwrap();
                assert_eq!(transaction.encode(), bytes);
                assert_eq!(transaction.verify_origin(), Ok(()), "{}", case.origin.kind);
                assert_eq!(transaction.origin(), case.origin.address);
                assert_eq!(transaction.network(), case.network());
            }
            let transaction =
                Transaction::decode(&mrms_core::hexadecimal::decode(&case.hex).unwrap()).unwrap();
            let payer = case.sponsor.as_ref().unwrap_or(&case.origin);
            assert_eq!(transaction.txid(), case.txid);
            assert_eq!(transaction.verify(), Ok(()), "{}", case.origin.kind);
            assert_eq!(transaction.payer(), payer.address);
            assert_eq!(transaction.fee(), payer.fee());
            assert_eq!(transaction.authorization().origin().nonce, case.origin.nonce());
        }
    });
}

#[test]
fn transactions_built_here_have_the_librarys_bytes() {
    each_file(|cases| {
        let built = |case: &&TransactionCase| case.origin.kind == BUILT;
        for case in cases.transactions.iter().filter(built) {
            let (unsigned, network) = (case.unsigned(), case.network());
            let (key, nonce, fee) = (case.origin.key(), case.origin.nonce(), case.origin.fee());
            let transaction = match &case.sponsor {
                None => unsigned.sign(&key, Terms { network, nonce, fee }).unwrap(),
                Some(sponsor) => unsigned
                    .sign_for_sponsor(&key, network, nonce)
                    .unwrap()
                    .sponsor(&sponsor.key(), sponsor.nonce(), sponsor.fee())
                    .unwrap(),
            };
            assert_eq!(hex::encode(transaction.encode()), case.hex);
            assert_eq!(transaction.txid(), case.txid);
        }
    });
}

#[test]
fn a_transaction_that_the_library_signed_is_sponsored_here_as_there() {
    each_file(|cases| {
        let mut met = 0;
        for case in &cases.transactions {
            let (Some(half), Some(sponsor)) = (&case.signed_by_origin, &case.sponsor) else {
                continue;
            };
            let half = Transaction::decode(&mrms_core::hexadecimal::decode(half).unwrap()).unwrap();
            let (nonce, fee) = (sponsor.nonce(), sponsor.fee());
            let sponsored = half.sponsor(&sponsor.key(), nonce, fee).unwrap();
            assert_eq!(hex::encode(sponsored.encode()), case.hex, "{}", case.origin.kind);
            met += 1;
        }
        assert!(met > 0, "no sponsored transaction among the cases");
    });
}
