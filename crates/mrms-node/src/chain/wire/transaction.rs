//! A whole transaction: version, chain id, authorization, post-conditions, payload (SIP-005, "Transaction
//! Encoding").

use super::{
    Authorization, ByteReader, ByteWriter, MAX_TRANSACTION_BYTES, Payload, PostCondition,
    PostConditionMode, SpendingCondition, WireError, Witness, sha512_256,
};
use crate::chain::identifiers::{MAINNET_MULTI_SIG, MAINNET_SINGLE_SIG, Principal, TxId};

/// The kind of network that a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransactionVersion {
    /// `0x00`.
    Mainnet,
    /// `0x80`: every other network, this ledger included.
    Testnet,
}

impl TransactionVersion {
    fn decode(reader: &mut ByteReader<'_>) -> Result<Self, WireError> {
        match reader.u8("version")? {
            0x00 => Ok(Self::Mainnet),
            0x80 => Ok(Self::Testnet),
            byte => Err(WireError::UnknownByte { field: "version", byte }),
        }
    }

    /// The account of a signer, as this kind of network writes it.
    pub(crate) fn account(self, signer: &SpendingCondition) -> Principal {
        match (self, &signer.witness) {
            (Self::Testnet, _) => signer.account(),
            (Self::Mainnet, Witness::Single { .. }) => {
                Principal::standard(MAINNET_SINGLE_SIG, signer.signer)
            }
            (Self::Mainnet, Witness::Multi(_)) => {
                Principal::standard(MAINNET_MULTI_SIG, signer.signer)
            }
        }
    }
}

/// Who signs a transaction whose payload this ledger does not run, such as a miner's.
pub(crate) struct Signers {
    pub(crate) version: TransactionVersion,
    pub(crate) authorization: Authorization,
}

impl Signers {
    /// Decodes the beginning of a transaction.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = ByteReader::new(bytes);
        let version = TransactionVersion::decode(&mut reader)?;
        reader.u32("chain id")?;
        Ok(Self { version, authorization: Authorization::decode(&mut reader)? })
    }
}

/// The kind of block that may include a transaction. No longer used, but every transaction still contains it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnchorMode {
    /// `1`: an anchored block.
    OnChain,
    /// `3`: any block. Today's clients write this.
    Any,
}

/// A decoded transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// The kind of network.
    pub version: TransactionVersion,
    /// The network. Signatures cover it, so they are valid on this network only.
    pub chain_id: u32,
    /// Who signs and who pays.
    pub authorization: Authorization,
    /// The kind of block asked for. This ledger ignores it.
    pub anchor_mode: AnchorMode,
    /// What happens to assets that no post-condition names.
    pub post_condition_mode: PostConditionMode,
    /// What the transaction may move.
    pub post_conditions: Vec<PostCondition>,
    /// What the transaction does.
    pub payload: Payload,
}

impl Transaction {
    /// Decodes exactly one transaction. Does not check signatures.
    ///
    /// # Errors
    /// [`WireError`] for everything that is not the canonical encoding of a transaction that this ledger can
    /// run.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        if bytes.len() > MAX_TRANSACTION_BYTES {
            return Err(WireError::TooLong { length: bytes.len() });
        }
        let mut reader = ByteReader::new(bytes);
        let version = TransactionVersion::decode(&mut reader)?;
        let chain_id = reader.u32("chain id")?;
        let authorization = Authorization::decode(&mut reader)?;
        let anchor_mode = match reader.u8("anchor mode")? {
            1 => AnchorMode::OnChain,
            2 => return Err(WireError::Unsupported { what: "anchor mode off-chain-only" }),
            3 => AnchorMode::Any,
            byte => return Err(WireError::UnknownByte { field: "anchor mode", byte }),
        };
        let post_condition_mode = PostConditionMode::decode(&mut reader)?;
        let count = reader.u32("post-condition count")?;
        let mut post_conditions = Vec::new();
        for _ in 0..count {
            post_conditions.push(PostCondition::decode(&mut reader)?);
        }
        let payload = Payload::decode(&mut reader)?;
        reader.finish()?;
        Ok(Self {
            version,
            chain_id,
            authorization,
            anchor_mode,
            post_condition_mode,
            post_conditions,
            payload,
        })
    }

    /// Encodes the transaction canonically.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Without `..`, so that a new field does not compile until it is encoded and therefore signed.
        let Self {
            version,
            chain_id,
            authorization,
            anchor_mode,
            post_condition_mode,
            post_conditions,
            payload,
        } = self;
        let mut writer = ByteWriter::new();
        writer
            .u8(match version {
                TransactionVersion::Mainnet => 0x00,
                TransactionVersion::Testnet => 0x80,
            })
            .u32(*chain_id);
        authorization.encode(&mut writer);
        writer.u8(match anchor_mode {
            AnchorMode::OnChain => 1,
            AnchorMode::Any => 3,
        });
        writer.u8(post_condition_mode.byte());
        writer.u32(u32::try_from(post_conditions.len()).unwrap_or(u32::MAX));
        for condition in post_conditions {
            condition.encode(&mut writer);
        }
        payload.encode(&mut writer);
        writer.into_bytes()
    }

    /// The account that signs it, as its network writes it.
    pub(crate) fn origin(&self) -> Principal {
        self.version.account(self.authorization.origin())
    }

    /// The account that pays for it, if another one does.
    pub(crate) fn sponsor(&self) -> Option<Principal> {
        self.authorization.sponsor().map(|sponsor| self.version.account(sponsor))
    }

    /// The transaction's id: SHA-512/256 of its bytes.
    #[must_use]
    pub fn txid(&self) -> TxId {
        TxId::new(sha512_256(&[&self.encode()]))
    }
}
