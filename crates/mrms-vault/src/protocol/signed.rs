//! [`Signed`]: a message with its signer, vault, contract and time, and the signature over all of them.

use mrms_core::{ChainId, ContractId, StandardPrincipal, UnixTime};
use mrms_stacks::clarity::{EncodeError, Value};
use mrms_stacks::keys::{RecoverableSignature, SignatureError, SigningKey};
use mrms_stacks::structured::StructuredData;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use super::{Hex, ascii, domain, tuple};

/// 16 random bytes that make each message unique.
pub type Nonce = Hex<16>;

impl Nonce {
    /// A fresh nonce.
    pub fn generate(rng: &mut (impl CryptoRng + ?Sized)) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }
}

/// What a vault can be asked.
pub trait Message {
    /// The word that names this kind of message.
    const TOPIC: &'static str;

    /// Its own fields, with names that no [`Header`] has.
    fn fields(&self) -> Vec<(&'static str, Value)>;
}

/// For which vault and contract a message is, and when it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The vault's account.
    pub vault: StandardPrincipal,
    /// The records contract.
    pub contract: ContractId,
    /// When it was made, by its sender's clock: seconds since 1970.
    pub time: u64,
    /// Makes the message unique.
    pub nonce: Nonce,
}

impl Header {
    /// When it was made.
    #[must_use]
    pub const fn sent_at(&self) -> UnixTime {
        UnixTime::from_seconds(self.time)
    }
}

/// A signed message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed<M> {
    /// For which vault, and when.
    pub header: Header,
    /// What is asked.
    pub message: M,
    /// Who asks.
    pub signer: StandardPrincipal,
    /// R, S and recovery id, as wallets give them.
    pub signature: Hex<65>,
}

/// Why a signed message is invalid.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignedError {
    /// It is longer or deeper than Clarity allows.
    #[error("the message cannot be encoded")]
    Encode(#[from] EncodeError),
    /// Its signer did not sign this message for this chain.
    #[error("the signature does not hold")]
    Signature(#[from] SignatureError),
}

impl<M: Message> Signed<M> {
    /// Signs a message.
    ///
    /// # Errors
    ///
    /// [`SignedError::Encode`].
    pub fn sign(
        message: M,
        header: Header,
        chain: ChainId,
        signer: StandardPrincipal,
        key: &SigningKey,
    ) -> Result<Self, SignedError> {
        Ok(Self::sign_told(message, header, chain, signer, key)?.0)
    }

    /// The same, with the digest of what was signed: a long message need not be encoded for it again.
    ///
    /// # Errors
    ///
    /// [`SignedError::Encode`].
    pub fn sign_told(
        message: M,
        header: Header,
        chain: ChainId,
        signer: StandardPrincipal,
        key: &SigningKey,
    ) -> Result<(Self, [u8; 32]), SignedError> {
        let data = bind(&message, &header, chain)?;
        let signature = Hex(data.sign(key).to_rsv());
        Ok((Self { header, message, signer, signature }, *data.digest()))
    }

    /// SHA-256 of what is signed. It names this message in a vault's log.
    ///
    /// # Errors
    ///
    /// [`SignedError::Encode`].
    pub fn digest(&self, chain: ChainId) -> Result<[u8; 32], SignedError> {
        Ok(*bind(&self.message, &self.header, chain)?.digest())
    }

    /// Checks that the signer signed exactly this, for this chain. Returns its digest.
    ///
    /// # Errors
    ///
    /// [`SignedError`].
    pub fn verify(&self, chain: ChainId) -> Result<[u8; 32], SignedError> {
        let data = bind(&self.message, &self.header, chain)?;
        data.verify(&RecoverableSignature::from_rsv(self.signature.0), &self.signer)?;
        Ok(*data.digest())
    }
}

fn bind<M: Message>(
    message: &M,
    header: &Header,
    chain: ChainId,
) -> Result<StructuredData, EncodeError> {
    let Header { vault, contract, time, nonce } = header;
    let mut fields = message.fields();
    fields.extend([
        ("topic", ascii(M::TOPIC)),
        ("vault", Value::principal(*vault)),
        ("contract", ascii(contract)),
        ("time", Value::uint(*time)),
        ("nonce", Value::buffer(nonce.0)),
    ]);
    StructuredData::new(&domain(chain), &tuple(fields))
}
