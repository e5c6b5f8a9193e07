//! Which Stacks network a transaction is for (SIP-005, "Version number" and "Chain ID").

use mrms_core::{ChainId, StandardPrincipal};

use crate::wire::{DecodeError, Reader};

/// The transaction's version byte, which also decides how addresses begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransactionVersion {
    /// 0x00; addresses begin with `SP` and `SM`.
    Mainnet,
    /// 0x80: testnets and the embedded ledger; addresses begin with `ST` and `SN`.
    Testnet,
}

impl TransactionVersion {
    /// The byte on the wire.
    #[must_use]
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::Mainnet => 0x00,
            Self::Testnet => 0x80,
        }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = reader.at();
        match reader.u8()? {
            0x00 => Ok(Self::Mainnet),
            0x80 => Ok(Self::Testnet),
            byte => Err(DecodeError::Unknown { what: "a transaction version", at, byte }),
        }
    }

    /// The account with this hash of one public key.
    pub(crate) fn single_sig_account(self, hash160: [u8; 20]) -> StandardPrincipal {
        account(
            match self {
                Self::Mainnet => StandardPrincipal::MAINNET_SINGLE_SIG,
                Self::Testnet => StandardPrincipal::TESTNET_SINGLE_SIG,
            },
            hash160,
        )
    }

    /// The account with this hash of a script: several keys, or a wrapped witness key.
    pub(crate) fn script_account(self, hash160: [u8; 20]) -> StandardPrincipal {
        account(
            match self {
                Self::Mainnet => MAINNET_SCRIPT,
                Self::Testnet => TESTNET_SCRIPT,
            },
            hash160,
        )
    }
}

/// Address versions of accounts behind a script (`SM…`, `SN…`).
const MAINNET_SCRIPT: u8 = 20;
const TESTNET_SCRIPT: u8 = 21;

fn account(version: u8, hash160: [u8; 20]) -> StandardPrincipal {
    StandardPrincipal::new(version, hash160)
        .unwrap_or_else(|| unreachable!("the four address versions are below 32"))
}

/// A network: the chain id that keeps transactions from being replayed elsewhere, and the version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Network {
    /// The chain's id.
    pub chain_id: ChainId,
    /// The version byte of its transactions.
    pub version: TransactionVersion,
}

impl Network {
    /// Stacks mainnet.
    pub const MAINNET: Self = Self::of(ChainId::MAINNET);
    /// Stacks testnet.
    pub const TESTNET: Self = Self::of(ChainId::TESTNET);
    /// The embedded ledger.
    pub const EMBEDDED: Self = Self::of(ChainId::EMBEDDED);

    /// The network with this chain id: mainnet's version for mainnet's id, else the testnets'.
    #[must_use]
    pub const fn of(chain_id: ChainId) -> Self {
        let version = if chain_id.number() == ChainId::MAINNET.number() {
            TransactionVersion::Mainnet
        } else {
            TransactionVersion::Testnet
        };
        Self { chain_id, version }
    }
}
