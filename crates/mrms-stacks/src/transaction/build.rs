//! Building and signing: the origin's part, and the sponsor's.
//!
//! Only single keys sign here; multisig transactions are read and checked, not made.

use mrms_core::{ContractId, ContractName, MicroStx, Nonce, Principal};

use super::auth::{Authorization, KeyEncoding, SingleSigMode, SpendingCondition, Witness};
use super::payload::{ClarityVersion, ContractCall, ContractSource, Memo, Payload, SmartContract};
use super::post_condition::{PostCondition, PostConditionMode};
use super::verify::{Signer, VerifyError, digest_to_sign, initial_hash};
use super::{AnchorMode, Content, EncodedBody, MAX_LENGTH, Transaction, fee_floor};
use crate::clarity::{ClarityName, EncodeError, Value};
use crate::hash::hash160;
use crate::keys::{RecoverableSignature, SigningKey};
use crate::network::Network;

/// Why a transaction can't be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A value, or a list of something, is longer or deeper than the chain allows.
    #[error("the transaction has a part that the chain doesn't take")]
    Part(#[from] EncodeError),
    /// The whole is too long.
    #[error("the transaction has {length} bytes, at most {MAX_LENGTH} are allowed")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
}

/// Why a transaction can't be sponsored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SponsorError {
    /// Its origin pays for it.
    #[error("the transaction has no place for a sponsor: its origin pays")]
    NotSponsored,
    /// Its origin didn't sign it.
    #[error("the transaction is not its origin's")]
    Origin(#[from] VerifyError),
}

/// On which network, in which place and at what price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The network.
    pub network: Network,
    /// The account's next nonce.
    pub nonce: Nonce,
    /// What it pays.
    pub fee: MicroStx,
}

/// What to do, before anyone has signed. No movement of assets is allowed unless a post-condition
/// or the [`mode`](Self::mode) says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsigned {
    payload: Payload,
    mode: PostConditionMode,
    post_conditions: Vec<PostCondition>,
}

impl Transaction {
    /// To call a contract's public function.
    #[must_use]
    pub const fn contract_call(
        contract: ContractId,
        function: ClarityName,
        arguments: Vec<Value>,
    ) -> Unsigned {
        Unsigned::new(Payload::ContractCall(ContractCall { contract, function, arguments }))
    }

    /// To send STX. The origin's sending is the whole point, so it needs no post-condition.
    #[must_use]
    pub fn token_transfer(
        recipient: impl Into<Principal>,
        amount: MicroStx,
        memo: Memo,
    ) -> Unsigned {
        Unsigned::new(Payload::TokenTransfer { recipient: recipient.into(), amount, memo })
    }

    /// To deploy a contract under the origin's account, as the version named or, without one, as
    /// the node's epoch has it.
    #[must_use]
    pub const fn deploy(
        name: ContractName,
        source: ContractSource,
        clarity_version: Option<ClarityVersion>,
    ) -> Unsigned {
        Unsigned::new(Payload::SmartContract(SmartContract { name, source, clarity_version }))
    }

    /// What it does, without who signed it and who pays: to sign it anew.
    #[must_use]
    pub fn unsigned(&self) -> Unsigned {
        Unsigned {
            payload: self.payload().clone(),
            mode: self.post_condition_mode(),
            post_conditions: self.post_conditions().to_vec(),
        }
    }

    /// Signs as the sponsor and pays `fee`, after checking that the origin signed. A sponsor who
    /// signed before is replaced, so that a fee can be raised.
    ///
    /// # Errors
    ///
    /// [`SponsorError`] when the origin pays for itself, or its signatures don't hold.
    pub fn sponsor(
        mut self,
        key: &SigningKey,
        nonce: Nonce,
        fee: MicroStx,
    ) -> Result<Self, SponsorError> {
        let hash = self.origin_hash()?;
        let Authorization::Sponsored { sponsor, .. } = &mut self.authorization else {
            return Err(SponsorError::NotSponsored);
        };
        *sponsor = signed(key, Signer::Sponsor, nonce, fee, &hash);
        Ok(self)
    }
}

impl Unsigned {
    const fn new(payload: Payload) -> Self {
        Self { payload, mode: PostConditionMode::Deny, post_conditions: Vec::new() }
    }

    /// What happens to movements that no post-condition names; denied unless this says otherwise.
    #[must_use]
    pub const fn mode(mut self, mode: PostConditionMode) -> Self {
        self.mode = mode;
        self
    }

    /// Adds a post-condition.
    #[must_use]
    pub fn post_condition(mut self, condition: PostCondition) -> Self {
        self.post_conditions.push(condition);
        self
    }

    /// What it does.
    #[must_use]
    pub const fn payload(&self) -> &Payload {
        &self.payload
    }

    /// The least fee that nodes accept when the origin pays: one micro-STX per byte. Exact, since
    /// key, nonce, fee and signature are of fixed length.
    ///
    /// # Errors
    ///
    /// As [`sign`](Self::sign).
    pub fn minimum_fee(&self) -> Result<MicroStx, BuildError> {
        self.floor(&Authorization::Standard(SpendingCondition::SENTINEL))
    }

    /// The least fee that nodes accept when a sponsor with one key pays.
    ///
    /// # Errors
    ///
    /// As [`sign`](Self::sign).
    pub fn minimum_sponsored_fee(&self) -> Result<MicroStx, BuildError> {
        let (origin, sponsor) = (SpendingCondition::SENTINEL, SpendingCondition::SENTINEL);
        self.floor(&Authorization::Sponsored { origin, sponsor })
    }

    fn floor(&self, authorization: &Authorization) -> Result<MicroStx, BuildError> {
        let body = self.clone().content(Network::EMBEDDED).encode()?;
        check_length(&body, authorization).map(fee_floor)
    }

    /// Signs it for the account behind `key`, which pays.
    ///
    /// # Errors
    ///
    /// [`BuildError`] when it is longer, or a value in it deeper, than the chain allows.
    pub fn sign(self, key: &SigningKey, terms: Terms) -> Result<Transaction, BuildError> {
        let Terms { network, nonce, fee } = terms;
        self.sign_origin(key, network, nonce, fee, Authorization::Standard)
    }

    /// Signs it for the account behind `key` and leaves the fee to a sponsor, who completes it
    /// with [`Transaction::sponsor`].
    ///
    /// # Errors
    ///
    /// As [`sign`](Self::sign).
    pub fn sign_for_sponsor(
        self,
        key: &SigningKey,
        network: Network,
        nonce: Nonce,
    ) -> Result<Transaction, BuildError> {
        self.sign_origin(key, network, nonce, MicroStx::new(0), |origin| Authorization::Sponsored {
            origin,
            sponsor: SpendingCondition::SENTINEL,
        })
    }

    fn sign_origin(
        self,
        key: &SigningKey,
        network: Network,
        nonce: Nonce,
        fee: MicroStx,
        authorize: fn(SpendingCondition) -> Authorization,
    ) -> Result<Transaction, BuildError> {
        let content = self.content(network);
        let body = content.encode()?;
        let unsigned = authorize(unsigned(key, nonce, fee));
        check_length(&body, &unsigned)?;
        let hash = initial_hash(&body, &unsigned);
        let authorization = authorize(signed(key, Signer::Origin, nonce, fee, &hash));
        Ok(Transaction { authorization, content, body })
    }

    fn content(self, network: Network) -> Content {
        Content {
            network,
            anchor_mode: AnchorMode::Any,
            post_condition_mode: self.mode,
            post_conditions: self.post_conditions,
            payload: self.payload,
        }
    }
}

fn check_length(body: &EncodedBody, authorization: &Authorization) -> Result<usize, BuildError> {
    let length = body.with(authorization).len();
    if length > MAX_LENGTH { Err(BuildError::TooLong { length }) } else { Ok(length) }
}

fn unsigned(key: &SigningKey, nonce: Nonce, fee: MicroStx) -> SpendingCondition {
    condition(key, nonce, fee, RecoverableSignature::MISSING)
}

fn signed(
    key: &SigningKey,
    signer: Signer,
    nonce: Nonce,
    fee: MicroStx,
    hash: &[u8; 32],
) -> SpendingCondition {
    let digest = digest_to_sign(hash, signer, &unsigned(key, nonce, fee));
    condition(key, nonce, fee, key.sign_digest(&digest))
}

fn condition(
    key: &SigningKey,
    nonce: Nonce,
    fee: MicroStx,
    signature: RecoverableSignature,
) -> SpendingCondition {
    SpendingCondition {
        signer: hash160(&key.public_key().to_compressed()),
        nonce,
        fee,
        witness: Witness::SingleSig {
            mode: SingleSigMode::P2pkh,
            encoding: KeyEncoding::Compressed,
            signature,
        },
    }
}
