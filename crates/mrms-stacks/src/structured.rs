//! Signed structured messages (SIP-018): a Clarity value that an account signs for one
//! application on one chain, without a transaction.

use mrms_core::{ChainId, StandardPrincipal};

use crate::clarity::{AsciiString, ClarityName, EncodeError, Value};
use crate::hash::sha256;
use crate::keys::{PublicKey, RecoverableSignature, SignatureError, SigningKey};
use crate::network::TransactionVersion;

/// What every message begins with: the letters SIP018.
const PREFIX: &[u8; 6] = b"SIP018";

/// For which application and chain a message is signed; elsewhere the signature says nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Domain {
    /// The application's name.
    pub name: AsciiString,
    /// The version of its messages.
    pub version: AsciiString,
    /// The chain.
    pub chain_id: ChainId,
}

impl Domain {
    /// The domain as the tuple that is hashed.
    fn to_value(&self) -> Value {
        let fields = [
            (ClarityName::literal("name"), Value::StringAscii(self.name.clone())),
            (ClarityName::literal("version"), Value::StringAscii(self.version.clone())),
            (ClarityName::literal("chain-id"), Value::uint(self.chain_id.number())),
        ];
        Value::tuple(fields).unwrap_or_else(|_| unreachable!("three different names"))
    }
}

/// A message bound to its domain, ready to be signed or checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StructuredData {
    digest: [u8; 32],
}

impl StructuredData {
    /// Binds a message to its domain.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] when the message, or a text of the domain, is longer or deeper than Clarity
    /// allows.
    pub fn new(domain: &Domain, message: &Value) -> Result<Self, EncodeError> {
        let mut bytes = PREFIX.to_vec();
        bytes.extend_from_slice(&sha256(&domain.to_value().encode()?));
        bytes.extend_from_slice(&sha256(&message.encode()?));
        Ok(Self { digest: sha256(&bytes) })
    }

    /// What is signed: SHA-256 over `SIP018`, the domain's hash and the message's.
    #[must_use]
    pub const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// Signs it. Wallets and contracts want [`RecoverableSignature::to_rsv`].
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> RecoverableSignature {
        key.sign_digest(&self.digest)
    }

    /// Checks that the account's single key signed it, and gives the key.
    ///
    /// # Errors
    ///
    /// [`SignatureError`] when the signature is missing or malformed, has a high S, or gives
    /// another account; an account of several keys never matches.
    pub fn verify(
        &self,
        signature: &RecoverableSignature,
        signer: &StandardPrincipal,
    ) -> Result<PublicKey, SignatureError> {
        let key = signature.recover(&self.digest)?;
        let accounts = [TransactionVersion::Mainnet, TransactionVersion::Testnet];
        let accounts = accounts.map(|version| key.address(version));
        if accounts.contains(signer) {
            return Ok(key);
        }
        // Named as the network of the expected signer would, so that the two can be compared.
        let [mainnet, testnet] = accounts;
        let found = if signer.version() == mainnet.version() { mainnet } else { testnet };
        Err(SignatureError::OtherSigner { expected: *signer, found })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(name: &str, chain_id: ChainId, content: Value) -> StructuredData {
        let (name, version) = (name.parse().unwrap(), "1.0.0".parse().unwrap());
        StructuredData::new(&Domain { name, version, chain_id }, &content).unwrap()
    }

    #[test]
    fn a_signature_holds_for_no_other_message_domain_or_chain() {
        let key = SigningKey::from_bytes(&[1; 32]).unwrap();
        let account = key.address(TransactionVersion::Testnet);
        let signed = message("mrms", ChainId::EMBEDDED, Value::uint(1u8));
        let signature = signed.sign(&key);
        assert_eq!(signed.verify(&signature, &account), Ok(key.public_key()));
        for other in [
            message("mrms", ChainId::EMBEDDED, Value::uint(2u8)),
            message("other", ChainId::EMBEDDED, Value::uint(1u8)),
            message("mrms", ChainId::TESTNET, Value::uint(1u8)),
        ] {
            let refused = other.verify(&signature, &account);
            assert!(matches!(refused, Err(SignatureError::OtherSigner { expected, .. })
                if expected == account));
        }
    }

    #[test]
    fn another_account_did_not_sign() {
        let [key, other] = [1, 2].map(|byte| SigningKey::from_bytes(&[byte; 32]).unwrap());
        let data = message("mrms", ChainId::EMBEDDED, Value::None);
        for version in [TransactionVersion::Mainnet, TransactionVersion::Testnet] {
            let (expected, found) = (other.address(version), key.address(version));
            let refused = data.verify(&data.sign(&key), &expected);
            assert_eq!(refused, Err(SignatureError::OtherSigner { expected, found }));
        }
        // The same hash as a script's account: no key alone controls that.
        let script = TransactionVersion::Testnet
            .script_account(*key.address(TransactionVersion::Testnet).hash160());
        assert!(data.verify(&data.sign(&key), &script).is_err());
        assert_eq!(
            data.verify(&RecoverableSignature::MISSING, &script),
            Err(SignatureError::Missing)
        );
    }

    #[test]
    fn a_message_deeper_than_clarity_allows_is_refused() {
        let deep = (0..40).fold(Value::None, |inner, _| Value::some(inner));
        let (name, version) = ("mrms".parse().unwrap(), "1".parse().unwrap());
        let domain = Domain { name, version, chain_id: ChainId::EMBEDDED };
        assert!(matches!(StructuredData::new(&domain, &deep), Err(EncodeError::TooDeep { .. })));
    }
}
