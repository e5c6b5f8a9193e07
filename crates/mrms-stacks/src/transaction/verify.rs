//! Whether a transaction is signed by the accounts that it names (SIP-005 "Transaction Signing and
//! Verifying").
//!
//! Each signature gives its key; the keys must hash to the signer. Says nothing about nonces,
//! balances or the contract: that is a node's.

use super::auth::{AuthField, Authorization, KeyEncoding, MultiSigMode};
use super::auth::{SingleSigMode, SpendingCondition, Witness};
use super::{EncodedBody, Transaction};
use crate::hash::{hash160, sha256, sha512_256};
use crate::keys::{PublicKey, RecoverableSignature, SignatureError};

/// Which of a transaction's signers is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signer {
    /// Whose transaction it is.
    Origin,
    /// Who pays for it.
    Sponsor,
}

impl std::fmt::Display for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Origin => "origin",
            Self::Sponsor => "sponsor",
        })
    }
}

/// Why a transaction is not signed as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// A signature is missing or malformed.
    #[error("the {signer}'s signature can't be used")]
    Signature {
        /// Whose.
        signer: Signer,
        /// What is wrong with it.
        #[source]
        problem: SignatureError,
    },
    /// The keys that signed are not the account's: other keys, or something was changed since.
    #[error("the {signer} didn't sign this: the keys that did belong to another account")]
    OtherKeys {
        /// Whose signature it should be.
        signer: Signer,
    },
    /// Not the number of signatures that the condition wants.
    #[error("the {signer} needs {required} signatures, {found} are there")]
    Count {
        /// Whose.
        signer: Signer,
        /// How many are needed.
        required: u16,
        /// How many there are.
        found: usize,
    },
}

impl Transaction {
    /// Checks every signature: the origin's, and the sponsor's where there is one.
    ///
    /// # Errors
    ///
    /// [`VerifyError`] when one is missing, malformed, has a high S, or is another account's.
    pub fn verify(&self) -> Result<(), VerifyError> {
        let after_origin = self.origin_hash()?;
        if let Some(sponsor) = self.authorization().sponsor() {
            verify_condition(sponsor, Signer::Sponsor, after_origin)?;
        }
        Ok(())
    }

    /// Checks the origin's signatures: what a sponsor wants to know before it pays.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify), for the origin.
    pub fn verify_origin(&self) -> Result<(), VerifyError> {
        self.origin_hash().map(drop)
    }

    /// Checks the origin's signatures and gives the hash from which a sponsor continues.
    pub(super) fn origin_hash(&self) -> Result<[u8; 32], VerifyError> {
        let origin = self.authorization().origin();
        let initial = initial_hash(&self.body, self.authorization());
        verify_condition(origin, Signer::Origin, initial)
    }
}

/// The hash that signing begins with: the id of the transaction with the origin's condition
/// cleared and the sentinel for a sponsor.
pub(super) fn initial_hash(body: &EncodedBody, authorization: &Authorization) -> [u8; 32] {
    let cleared = match authorization {
        Authorization::Standard(origin) => Authorization::Standard(origin.cleared()),
        Authorization::Sponsored { origin, .. } => Authorization::Sponsored {
            origin: origin.cleared(),
            sponsor: SpendingCondition::SENTINEL,
        },
    };
    sha512_256(&[&body.with(&cleared)])
}

/// The digest that a key signs: the hash so far, the signer's role, the fee and the nonce.
pub(super) fn digest_to_sign(
    hash: &[u8; 32],
    signer: Signer,
    condition: &SpendingCondition,
) -> [u8; 32] {
    // An origin signs as in a standard transaction even when a sponsor pays.
    let role = match signer {
        Signer::Origin => Authorization::STANDARD,
        Signer::Sponsor => Authorization::SPONSORED,
    };
    let (fee, nonce) = (condition.fee.number(), condition.nonce.number());
    sha512_256(&[hash, &[role], &fee.to_be_bytes(), &nonce.to_be_bytes()])
}

/// The hash from which the next signer continues.
fn hash_after(
    signed: &[u8; 32],
    encoding: KeyEncoding,
    signature: &RecoverableSignature,
) -> [u8; 32] {
    sha512_256(&[signed, &[encoding.to_byte()], signature.as_bytes()])
}

fn verify_condition(
    condition: &SpendingCondition,
    signer: Signer,
    initial: [u8; 32],
) -> Result<[u8; 32], VerifyError> {
    let recover = |hash: &[u8; 32], signature: &RecoverableSignature| {
        let digest = digest_to_sign(hash, signer, condition);
        match signature.recover(&digest) {
            Ok(key) => Ok((digest, key)),
            Err(problem) => Err(VerifyError::Signature { signer, problem }),
        }
    };
    let (hash, account) = match &condition.witness {
        Witness::SingleSig { mode, encoding, signature } => {
            let (digest, key) = recover(&initial, signature)?;
            (hash_after(&digest, *encoding, signature), hash_of_key(*mode, &key, *encoding))
        }
        Witness::MultiSig { mode, fields, required } => {
            let mut hash = initial;
            let mut keys = Vec::with_capacity(fields.len());
            let mut found = 0;
            for field in fields {
                match field {
                    AuthField::Key(key, encoding) => keys.push((*key, *encoding)),
                    AuthField::Signature(signature, encoding) => {
                        let (digest, key) = recover(&hash, signature)?;
                        keys.push((key, *encoding));
                        found += 1;
                        if mode.is_sequential() {
                            hash = hash_after(&digest, *encoding, signature);
                        }
                    }
                }
            }
            let needed = usize::from(*required);
            let enough = if mode.is_sequential() { found == needed } else { found >= needed };
            if !enough {
                return Err(VerifyError::Count { signer, required: *required, found });
            }
            (hash, hash_of_script(*mode, &keys, *required))
        }
    };
    if account == condition.signer { Ok(hash) } else { Err(VerifyError::OtherKeys { signer }) }
}

fn key_bytes(key: &PublicKey, encoding: KeyEncoding) -> Vec<u8> {
    match encoding {
        KeyEncoding::Compressed => key.to_compressed().to_vec(),
        KeyEncoding::Uncompressed => key.to_uncompressed().to_vec(),
    }
}

fn hash_of_key(mode: SingleSigMode, key: &PublicKey, encoding: KeyEncoding) -> [u8; 20] {
    let hash = hash160(&key_bytes(key, encoding));
    match mode {
        SingleSigMode::P2pkh => hash,
        SingleSigMode::P2wpkh => hash160(&witness_program(&hash)),
    }
}

/// The hash of the script `required <keys> count OP_CHECKMULTISIG` (BIP-11, BIP-16), or of its
/// witness program (BIP-141).
pub(super) fn hash_of_script(
    mode: MultiSigMode,
    keys: &[(PublicKey, KeyEncoding)],
    required: u16,
) -> [u8; 20] {
    let mut script = Vec::new();
    push_number(&mut script, usize::from(required));
    for (key, encoding) in keys {
        let bytes = key_bytes(key, *encoding);
        // 33 or 65 bytes: the length is its own opcode.
        script.push(bytes.len() as u8);
        script.extend_from_slice(&bytes);
    }
    push_number(&mut script, keys.len());
    script.push(OP_CHECKMULTISIG);
    if mode.has_witness_program() {
        hash160(&witness_program(&sha256(&script)))
    } else {
        hash160(&script)
    }
}

const OP_0: u8 = 0x00;
const OP_1: u8 = 0x51;
const OP_CHECKMULTISIG: u8 = 0xae;

/// A number in a script: an opcode up to 16, beyond that its bytes, little-endian with a sign bit.
fn push_number(script: &mut Vec<u8>, number: usize) {
    match number {
        0 => script.push(OP_0),
        1..=16 => script.push(OP_1 - 1 + number as u8),
        _ => {
            let mut bytes: Vec<u8> = number.to_le_bytes().to_vec();
            while bytes.last() == Some(&0) {
                bytes.pop();
            }
            if bytes.last().is_some_and(|last| last & 0x80 != 0) {
                bytes.push(0);
            }
            script.push(bytes.len() as u8);
            script.extend_from_slice(&bytes);
        }
    }
}

/// Version 0 and the hash that it commits to.
fn witness_program(hash: &[u8]) -> Vec<u8> {
    let mut program = vec![OP_0, hash.len() as u8];
    program.extend_from_slice(hash);
    program
}

#[cfg(test)]
mod tests {
    use mrms_core::{MicroStx, Nonce};

    use super::*;
    use crate::clarity::ClarityName;
    use crate::keys::SigningKey;
    use crate::network::Network;

    const MODES: [MultiSigMode; 4] = [
        MultiSigMode::P2sh,
        MultiSigMode::P2wsh,
        MultiSigMode::P2shUnordered,
        MultiSigMode::P2wshUnordered,
    ];

    fn key(byte: u8) -> SigningKey {
        SigningKey::from_bytes(&[byte; 32]).unwrap()
    }

    /// A call by an account of three keys, two of which are needed, with no fields yet.
    fn unsigned(mode: MultiSigMode, encoding: KeyEncoding) -> Transaction {
        let contract = "ST000000000000000000002AMW42H.c".parse().unwrap();
        let call = Transaction::contract_call(contract, ClarityName::literal("f"), vec![]);
        let (nonce, fee) = (Nonce::new(1), MicroStx::new(300));
        let terms = crate::transaction::Terms { network: Network::TESTNET, nonce, fee };
        let mut transaction = call.sign(&key(9), terms).unwrap();
        let keys = [1, 2, 3].map(|byte| (key(byte).public_key(), encoding));
        transaction.authorization = Authorization::Standard(SpendingCondition {
            signer: hash_of_script(mode, &keys, 2),
            nonce,
            fee,
            witness: Witness::MultiSig { mode, fields: vec![], required: 2 },
        });
        transaction
    }

    /// The fields when the keys in `signing` sign, in the order given by their places.
    fn sign(transaction: &mut Transaction, encoding: KeyEncoding, signing: &[u8]) {
        let mut hash = initial_hash(&transaction.body, &transaction.authorization);
        let Authorization::Standard(origin) = &mut transaction.authorization else { return };
        let digest = |hash: &[u8; 32], origin: &SpendingCondition| {
            digest_to_sign(hash, Signer::Origin, origin)
        };
        for byte in [1, 2, 3] {
            let digest = digest(&hash, origin);
            let Witness::MultiSig { mode, fields, .. } = &mut origin.witness else { return };
            if signing.contains(&byte) {
                let signature = key(byte).sign_digest(&digest);
                if mode.is_sequential() {
                    hash = hash_after(&digest, encoding, &signature);
                }
                fields.push(AuthField::Signature(signature, encoding));
            } else {
                fields.push(AuthField::Key(key(byte).public_key(), encoding));
            }
        }
    }

    fn verified(mode: MultiSigMode, signing: &[u8]) -> Result<(), VerifyError> {
        let mut transaction = unsigned(mode, KeyEncoding::Compressed);
        sign(&mut transaction, KeyEncoding::Compressed, signing);
        let again = Transaction::decode(&transaction.encode()).unwrap();
        assert_eq!(again, transaction);
        transaction.verify()
    }

    #[test]
    fn too_few_signatures_are_refused() {
        for mode in MODES {
            let too_few = |found| VerifyError::Count { signer: Signer::Origin, required: 2, found };
            assert_eq!(verified(mode, &[]), Err(too_few(0)));
            assert_eq!(verified(mode, &[2]), Err(too_few(1)));
        }
    }

    #[test]
    fn one_signature_more_is_refused_only_where_keys_sign_in_turn() {
        for mode in MODES {
            let refused = VerifyError::Count { signer: Signer::Origin, required: 2, found: 3 };
            let expected = if mode.is_sequential() { Err(refused) } else { Ok(()) };
            assert_eq!(verified(mode, &[1, 2, 3]), expected, "{mode:?}");
        }
    }

    #[test]
    fn keys_in_another_order_are_another_account() {
        for mode in MODES {
            let mut transaction = unsigned(mode, KeyEncoding::Compressed);
            sign(&mut transaction, KeyEncoding::Compressed, &[1, 3]);
            let Authorization::Standard(origin) = &mut transaction.authorization else { return };
            let Witness::MultiSig { fields, .. } = &mut origin.witness else { return };
            fields.swap(0, 2);
            let refused = VerifyError::OtherKeys { signer: Signer::Origin };
            assert_eq!(transaction.verify(), Err(refused), "{mode:?}");
        }
    }

    #[test]
    fn uncompressed_keys_are_refused_in_a_witness_program_and_serve_in_a_script() {
        for mode in MODES {
            let mut transaction = unsigned(mode, KeyEncoding::Uncompressed);
            sign(&mut transaction, KeyEncoding::Uncompressed, &[1, 2]);
            let read = Transaction::decode(&transaction.encode());
            if mode.has_witness_program() {
                assert_eq!(read, Err(crate::DecodeError::PublicKey { at: 47 }));
            } else {
                assert_eq!(read.unwrap().verify(), Ok(()));
            }
        }
    }

    #[test]
    fn any_two_of_three_keys_suffice() {
        for mode in MODES {
            for signing in [[1, 2], [1, 3], [2, 3]] {
                assert_eq!(verified(mode, &signing), Ok(()), "{mode:?}");
            }
        }
    }
}
