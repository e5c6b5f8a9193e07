//! What must hold of every decoder, whatever the bytes: it ends, it does not panic, and what it reads it writes
//! as the same bytes.
//!
//! Each function takes the bytes of one trial and panics when its property does not hold; it tells whether the
//! bytes were read. Knows no fuzzer: `fuzz_targets` hands these to libFuzzer, `crates/mrms/tests/it/decoders.rs`
//! runs them over altered samples.

use mrms_crypto::age_file::EncryptedFile;
use mrms_crypto::envelope::ContentEnvelope;
use mrms_crypto::sharing::KeyEnvelope;
use mrms_node::chain;
use mrms_stacks::abi::Interface;
use mrms_stacks::clarity::Value;
use mrms_stacks::transaction::Transaction;

/// A Clarity value, as the client reads it.
pub fn clarity_value(bytes: &[u8]) -> bool {
    let Ok(value) = Value::decode(bytes) else { return false };
    assert!(value.encode().is_ok_and(|again| again == bytes), "{value:?} is written otherwise");
    true
}

/// A transaction, as the client reads it.
pub fn client_transaction(bytes: &[u8]) -> bool {
    let Ok(transaction) = Transaction::decode(bytes) else { return false };
    assert_eq!(transaction.encode(), bytes);
    true
}

/// A transaction, as the node reads it. The client reads what the node does, as the same bytes and under the
/// same name.
pub fn node_transaction(bytes: &[u8]) -> bool {
    let Ok(transaction) = chain::wire::Transaction::decode(bytes) else { return false };
    assert_eq!(transaction.encode(), bytes);
    // Signatures are judged, whatever they are.
    let _ = transaction.verify_signatures();
    match Transaction::decode(bytes) {
        Ok(read) => assert_eq!(read.txid().to_string(), transaction.txid().to_string()),
        Err(error) => panic!("the node reads it, the client does not: {error}"),
    }
    true
}

/// A contract's interface, in a node's JSON.
pub fn interface(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|json| Interface::parse(json).is_ok())
}

/// A record's content, as it lies on the ledger.
pub fn content_envelope(bytes: &[u8]) -> bool {
    let Ok(envelope) = ContentEnvelope::parse(bytes) else { return false };
    assert_eq!(envelope.to_bytes(), bytes);
    true
}

/// A reader's key for a version, as it lies on the ledger.
pub fn key_envelope(bytes: &[u8]) -> bool {
    let Ok(envelope) = KeyEnvelope::parse(bytes) else { return false };
    assert_eq!(envelope.to_bytes(), bytes);
    true
}

/// The header of an age file, binary or armored.
pub fn age_file(bytes: &[u8]) -> bool {
    EncryptedFile::read(bytes).is_ok()
}

/// An exported ledger.
pub fn ledger_history(bytes: &[u8]) -> bool {
    chain::inspect(bytes).is_ok()
}
