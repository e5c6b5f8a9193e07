//! Stacks transactions (SIP-005): built and signed, read, checked and sponsored.
//!
//! [`Unsigned`] says what to do; signing it gives a [`Transaction`], which never changes again.
//!
//! ```
//! use mrms_core::{ContractId, Nonce};
//! use mrms_stacks::clarity::{ClarityName, Value};
//! use mrms_stacks::keys::SigningKey;
//! use mrms_stacks::network::Network;
//! use mrms_stacks::transaction::{Terms, Transaction};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let contract: ContractId = "ST000000000000000000002AMW42H.records".parse()?;
//! let function = ClarityName::literal("access-medical-record");
//! let call = Transaction::contract_call(contract, function, vec![Value::uint(123u8)]);
//! let fee = call.minimum_fee()?;
//! let key = SigningKey::from_bytes(&[1; 32])?;
//! let terms = Terms { network: Network::EMBEDDED, nonce: Nonce::new(0), fee };
//! let transaction = call.sign(&key, terms)?;
//!
//! let sent = transaction.encode();
//! let received = Transaction::decode(&sent)?;
//! received.verify()?;
//! assert_eq!(received.txid(), transaction.txid());
//! # Ok(())
//! # }
//! ```

mod auth;
mod build;
mod payload;
mod post_condition;
mod verify;

use mrms_core::{ChainId, MicroStx, StandardPrincipal, TxId};

pub use auth::{
    AuthField, Authorization, KeyEncoding, MultiSigMode, SingleSigMode, SpendingCondition, Witness,
};
pub use build::{BuildError, SponsorError, Terms, Unsigned};
pub use payload::{
    ClarityVersion, ContractCall, ContractSource, Memo, MemoError, Payload, SmartContract,
};
pub use post_condition::{
    AssetId, AssetOwner, Comparison, PostCondition, PostConditionMode, PoxActions, TokenMovement,
};
pub use verify::{Signer, VerifyError};

use crate::clarity::EncodeError;
use crate::hash::sha512_256;
use crate::keys::RecoverableSignature;
use crate::network::{Network, TransactionVersion};
use crate::wire::{DecodeError, Reader, Writer};

/// Most bytes of a transaction: a block has no room for more.
pub const MAX_LENGTH: usize = 2 * 1024 * 1024;
/// Most post-conditions that are read: what a transaction has room for.
const MAX_POST_CONDITIONS: usize = 65_535;

/// Where miners may put a transaction. Without effect since microblocks ended (SIP-021); kept
/// because it is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AnchorMode {
    /// 1: in an anchored block.
    OnChainOnly,
    /// 2: in a microblock.
    OffChainOnly,
    /// 3: in either. What this crate builds.
    Any,
}

/// A transaction, signed or partly signed.
///
/// Comes from [`Unsigned`] or from bytes, and encodes to the bytes that it came from. Being one
/// says nothing of its signatures: [`verify`](Self::verify) does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    authorization: Authorization,
    content: Content,
    body: EncodedBody,
}

/// Everything but the authorization.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Content {
    network: Network,
    anchor_mode: AnchorMode,
    post_condition_mode: PostConditionMode,
    post_conditions: Vec<PostCondition>,
    payload: Payload,
}

impl Transaction {
    /// The transaction that these bytes are, to the last.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] for anything that doesn't encode back to the same bytes, for what only
    /// miners send, and beyond [`MAX_LENGTH`].
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let (length, limit) = (bytes.len(), MAX_LENGTH);
        if length > limit {
            return Err(DecodeError::TooLong { what: "a transaction", at: 0, length, limit });
        }
        let mut reader = Reader::new(bytes);
        let version = TransactionVersion::decode(&mut reader)?;
        let network = Network { version, chain_id: ChainId::new(reader.u32()?) };
        let head_end = reader.at();
        let authorization = Authorization::decode(&mut reader)?;
        let tail_start = reader.at();
        let content = Content::decode_tail(&mut reader, network)?;
        reader.end()?;
        let body = EncodedBody {
            head: bytes.get(..head_end).unwrap_or_default().to_vec(),
            tail: bytes.get(tail_start..).unwrap_or_default().to_vec(),
        };
        Ok(Self { authorization, content, body })
    }

    /// The bytes to send.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.body.with(&self.authorization)
    }

    /// SHA-512/256 of the bytes. It changes with every signature.
    #[must_use]
    pub fn txid(&self) -> TxId {
        TxId::from_bytes(sha512_256(&[&self.encode()]))
    }

    /// The network that it is for.
    #[must_use]
    pub const fn network(&self) -> Network {
        self.content.network
    }

    /// What it does.
    #[must_use]
    pub const fn payload(&self) -> &Payload {
        &self.content.payload
    }

    /// What it may move.
    #[must_use]
    pub fn post_conditions(&self) -> &[PostCondition] {
        &self.content.post_conditions
    }

    /// What happens to movements that no post-condition names.
    #[must_use]
    pub const fn post_condition_mode(&self) -> PostConditionMode {
        self.content.post_condition_mode
    }

    /// Where miners may put it.
    #[must_use]
    pub const fn anchor_mode(&self) -> AnchorMode {
        self.content.anchor_mode
    }

    /// Who signs and pays.
    #[must_use]
    pub const fn authorization(&self) -> &Authorization {
        &self.authorization
    }

    /// Whose transaction it says it is. Only [`verify`](Self::verify) makes that sure.
    #[must_use]
    pub fn origin(&self) -> StandardPrincipal {
        self.authorization.origin().account(self.content.network.version)
    }

    /// Who it says pays the fee: the sponsor, or the origin where there is none. Without meaning
    /// while a sponsor is yet to sign.
    #[must_use]
    pub fn payer(&self) -> StandardPrincipal {
        self.authorization.payer().account(self.content.network.version)
    }

    /// Whether its origin leaves the fee to a sponsor who has not signed yet.
    #[must_use]
    pub fn awaits_sponsor(&self) -> bool {
        self.authorization.sponsor().is_some_and(|sponsor| {
            let unsigned = RecoverableSignature::MISSING;
            matches!(&sponsor.witness, Witness::SingleSig { signature, .. } if *signature == unsigned)
        })
    }

    /// It, with nothing in the sponsor's place, where it has one.
    #[must_use]
    pub fn without_sponsor(&self) -> Self {
        let mut bare = self.clone();
        if let Authorization::Sponsored { sponsor, .. } = &mut bare.authorization {
            *sponsor = SpendingCondition::SENTINEL;
        }
        bare
    }

    /// Whether it is `other` with nothing but a sponsor's part changed.
    #[must_use]
    pub fn is_sponsored_form_of(&self, other: &Self) -> bool {
        let ours = &self.authorization;
        let theirs = &other.authorization;
        let both_sponsored = ours.sponsor().is_some() && theirs.sponsor().is_some();
        both_sponsored && ours.origin() == theirs.origin() && self.body == other.body
    }

    /// The fee that the payer pays.
    #[must_use]
    pub const fn fee(&self) -> MicroStx {
        self.authorization.payer().fee
    }

    /// The least fee that nodes accept: one micro-STX per byte.
    #[must_use]
    pub fn minimum_fee(&self) -> MicroStx {
        fee_floor(self.encode().len())
    }
}

const fn fee_floor(bytes: usize) -> MicroStx {
    MicroStx::new(bytes as u64)
}

impl Content {
    fn encode(&self) -> Result<EncodedBody, EncodeError> {
        let Self { network, anchor_mode, post_condition_mode, post_conditions, payload } = self;
        let mut head = vec![network.version.to_byte()];
        head.extend_from_slice(&network.chain_id.number().to_be_bytes());
        let mut tail = vec![anchor_mode.to_byte(), post_condition_mode.to_byte()];
        let (what, length, limit) =
            ("a list of post-conditions", post_conditions.len(), MAX_POST_CONDITIONS);
        if length > limit {
            return Err(EncodeError::TooLong { what, length, limit });
        }
        tail.length(length);
        for condition in post_conditions {
            condition.encode(&mut tail)?;
        }
        payload.encode(&mut tail)?;
        Ok(EncodedBody { head, tail })
    }

    fn decode_tail(reader: &mut Reader<'_>, network: Network) -> Result<Self, DecodeError> {
        let anchor_mode = AnchorMode::decode(reader)?;
        let post_condition_mode = PostConditionMode::decode(reader)?;
        let length = reader.length("a list of post-conditions", MAX_POST_CONDITIONS)?;
        let mut post_conditions = reader.room_for(length);
        for _ in 0..length {
            post_conditions.push(PostCondition::decode(reader)?);
        }
        let payload = Payload::decode(reader)?;
        Ok(Self { network, anchor_mode, post_condition_mode, post_conditions, payload })
    }
}

impl AnchorMode {
    const fn to_byte(self) -> u8 {
        match self {
            Self::OnChainOnly => 0x01,
            Self::OffChainOnly => 0x02,
            Self::Any => 0x03,
        }
    }

    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = reader.at();
        match reader.u8()? {
            0x01 => Ok(Self::OnChainOnly),
            0x02 => Ok(Self::OffChainOnly),
            0x03 => Ok(Self::Any),
            byte => Err(DecodeError::Unknown { what: "an anchor mode", at, byte }),
        }
    }
}

/// The bytes before and after the authorization, which is the only part that signing changes.
#[derive(Clone, PartialEq, Eq)]
struct EncodedBody {
    head: Vec<u8>,
    tail: Vec<u8>,
}

impl EncodedBody {
    fn with(&self, authorization: &Authorization) -> Vec<u8> {
        let mut bytes = self.head.clone();
        authorization.encode(&mut bytes);
        bytes.extend_from_slice(&self.tail);
        bytes
    }
}

impl std::fmt::Debug for EncodedBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.head.len() + self.tail.len())
    }
}
