//! Authorization of a transaction: its signers, their nonces and fees (SIP-005, "Transaction Authorization").
//!
//! This module checks the form only; `signature` checks the signatures.

use super::{ByteReader, ByteWriter, Multisig, MultisigMode, WireError};
use crate::chain::identifiers::{Principal, TESTNET_MULTI_SIG, TESTNET_SINGLE_SIG};

const STANDARD: u8 = 0x04;
const SPONSORED: u8 = 0x05;
const P2PKH: u8 = 0x00;
const P2WPKH: u8 = 0x02;

/// In which form the signer's public key is hashed into its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyEncoding {
    /// 33 bytes.
    Compressed,
    /// 65 bytes.
    Uncompressed,
}

impl KeyEncoding {
    pub(crate) fn byte(self) -> u8 {
        match self {
            Self::Compressed => 0,
            Self::Uncompressed => 1,
        }
    }
}

/// One signer's spending condition: account, nonce, fee, signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpendingCondition {
    /// HASH160 of the signer's public key, or of the script that several keys make.
    pub signer: [u8; 20],
    /// The account's nonce; its first transaction has 0.
    pub nonce: u64,
    /// Fee in micro-STX. In a sponsored transaction only the sponsor's fee counts.
    pub fee: u64,
    /// The keys and signatures.
    pub witness: Witness,
}

/// The signatures of an account of one key or of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Witness {
    /// One key's signature (P2PKH).
    Single {
        /// In which form the public key is hashed.
        key_encoding: KeyEncoding,
        /// Recovery id (0 to 3), r, s.
        signature: [u8; 65],
    },
    /// Several keys' signatures.
    Multi(Multisig),
}

impl Witness {
    /// The witness of one compressed key that has not signed yet.
    #[must_use]
    pub const fn unsigned() -> Self {
        Self::Single { key_encoding: KeyEncoding::Compressed, signature: [0; 65] }
    }
}

impl SpendingCondition {
    /// The account that signs, written for this ledger's network: `ST…`, or `SN…` for an account of several
    /// keys.
    #[must_use]
    pub fn account(&self) -> Principal {
        let version = match self.witness {
            Witness::Single { .. } => TESTNET_SINGLE_SIG,
            Witness::Multi(_) => TESTNET_MULTI_SIG,
        };
        Principal::standard(version, self.signer)
    }

    /// The placeholder that stands for the sponsor while the origin signs.
    pub(crate) fn sponsor_sentinel() -> Self {
        Self { signer: [0; 20], nonce: 0, fee: 0, witness: Witness::unsigned() }
    }

    pub(crate) fn cleared(&self) -> Self {
        let Self { signer, nonce: _, fee: _, witness } = self;
        let witness = match witness {
            Witness::Single { key_encoding, signature: _ } => {
                Witness::Single { key_encoding: *key_encoding, signature: [0; 65] }
            }
            Witness::Multi(multisig) => Witness::Multi(multisig.cleared()),
        };
        Self { signer: *signer, nonce: 0, fee: 0, witness }
    }

    fn decode(reader: &mut ByteReader<'_>) -> Result<Self, WireError> {
        let mode = reader.u8("hash mode")?;
        let signer = reader.array("signer")?;
        let nonce = reader.u64("nonce")?;
        let fee = reader.u64("fee")?;
        let witness = match (mode, MultisigMode::of_byte(mode)) {
            (P2PKH, _) => Witness::Single {
                key_encoding: match reader.u8("key encoding")? {
                    0 => KeyEncoding::Compressed,
                    1 => KeyEncoding::Uncompressed,
                    byte => return Err(WireError::UnknownByte { field: "key encoding", byte }),
                },
                signature: reader.array("signature")?,
            },
            (_, Some(mode)) => Witness::Multi(Multisig::decode(reader, mode)?),
            (P2WPKH, None) => {
                return Err(WireError::Unsupported { what: "single-signature P2WPKH-P2SH" });
            }
            (byte, None) => return Err(WireError::UnknownByte { field: "hash mode", byte }),
        };
        Ok(Self { signer, nonce, fee, witness })
    }

    fn encode(&self, writer: &mut ByteWriter) {
        let Self { signer, nonce, fee, witness } = self;
        let mode = match witness {
            Witness::Single { .. } => P2PKH,
            Witness::Multi(multisig) => multisig.mode.byte(),
        };
        writer.u8(mode).raw(signer).u64(*nonce).u64(*fee);
        match witness {
            Witness::Single { key_encoding, signature } => {
                writer.u8(key_encoding.byte()).raw(signature);
            }
            Witness::Multi(multisig) => multisig.encode(writer),
        }
    }
}

/// The origin alone, or the origin and a sponsor who pays the fee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// The origin signs and pays.
    Standard {
        /// The origin.
        origin: SpendingCondition,
    },
    /// The origin signs; the sponsor signs over the origin's signature and pays.
    Sponsored {
        /// The origin.
        origin: SpendingCondition,
        /// The sponsor.
        sponsor: SpendingCondition,
    },
}

impl Authorization {
    /// The signer for whom the transaction acts.
    #[must_use]
    pub fn origin(&self) -> &SpendingCondition {
        match self {
            Self::Standard { origin } | Self::Sponsored { origin, .. } => origin,
        }
    }

    /// The sponsor, in a sponsored transaction.
    #[must_use]
    pub fn sponsor(&self) -> Option<&SpendingCondition> {
        match self {
            Self::Standard { .. } => None,
            Self::Sponsored { sponsor, .. } => Some(sponsor),
        }
    }

    /// The signer who pays the fee.
    #[must_use]
    pub fn payer(&self) -> &SpendingCondition {
        self.sponsor().unwrap_or(self.origin())
    }

    /// The authorization as it is before anybody has signed.
    pub(crate) fn unsigned(&self) -> Self {
        let origin = self.origin().cleared();
        match self {
            Self::Standard { .. } => Self::Standard { origin },
            Self::Sponsored { .. } => {
                Self::Sponsored { origin, sponsor: SpendingCondition::sponsor_sentinel() }
            }
        }
    }

    pub(crate) fn decode(reader: &mut ByteReader<'_>) -> Result<Self, WireError> {
        match reader.u8("authorization")? {
            STANDARD => Ok(Self::Standard { origin: SpendingCondition::decode(reader)? }),
            SPONSORED => Ok(Self::Sponsored {
                origin: SpendingCondition::decode(reader)?,
                sponsor: SpendingCondition::decode(reader)?,
            }),
            byte => Err(WireError::UnknownByte { field: "authorization", byte }),
        }
    }

    pub(crate) fn encode(&self, writer: &mut ByteWriter) {
        match self {
            Self::Standard { origin } => {
                writer.u8(STANDARD);
                origin.encode(writer);
            }
            Self::Sponsored { origin, sponsor } => {
                writer.u8(SPONSORED);
                origin.encode(writer);
                sponsor.encode(writer);
            }
        }
    }
}
