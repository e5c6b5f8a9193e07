//! [`VaultReceipt`]: a vault's signed statement that a line is in its log.

use mrms_core::{ChainId, ContractId, StandardPrincipal};
use mrms_stacks::clarity::{EncodeError, Value};
use mrms_stacks::keys::{RecoverableSignature, SignatureError, SigningKey};
use mrms_stacks::structured::StructuredData;
use serde::{Deserialize, Serialize};

use super::{Hex, LogHead, LogLine, ascii, domain, tuple};

/// A vault's signed statement that this line is in its log, after everything that `before` commits to. Two receipts with
/// the same number and different lines or heads prove that the vault altered its log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaultReceipt {
    /// The vault.
    pub vault: StandardPrincipal,
    /// The contract whose log it follows.
    pub contract: ContractId,
    /// The line.
    pub line: LogLine,
    /// The log's head before it.
    pub before: LogHead,
    /// The vault's signature (SIP-018) over vault, contract, number, and the head after the line.
    pub signature: Hex<65>,
}

/// Why a receipt is invalid.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// The line has no serialization.
    #[error("the receipt's line cannot be encoded")]
    Encode(#[from] EncodeError),
    /// The vault did not sign it.
    #[error("the vault did not sign this receipt")]
    Signature(#[from] SignatureError),
}

impl VaultReceipt {
    /// Signs a line that is durable.
    ///
    /// # Errors
    ///
    /// [`EncodeError`] for a line that is longer than Clarity allows.
    pub fn sign(
        line: LogLine,
        before: LogHead,
        vault: StandardPrincipal,
        contract: ContractId,
        chain: ChainId,
        key: &SigningKey,
    ) -> Result<Self, EncodeError> {
        let unsigned = Self { vault, contract, line, before, signature: Hex([0; 65]) };
        let signature = Hex(unsigned.data(chain)?.sign(key).to_rsv());
        Ok(Self { signature, ..unsigned })
    }

    /// The log's head after the line.
    ///
    /// # Errors
    ///
    /// [`EncodeError`].
    pub fn head(&self) -> Result<LogHead, EncodeError> {
        Ok(self.before.after(&self.line.hash()?))
    }

    /// Checks that the vault signed it.
    ///
    /// # Errors
    ///
    /// [`ReceiptError`].
    pub fn verify(&self, chain: ChainId) -> Result<(), ReceiptError> {
        let signature = RecoverableSignature::from_rsv(self.signature.0);
        self.data(chain)?.verify(&signature, &self.vault)?;
        Ok(())
    }

    fn data(&self, chain: ChainId) -> Result<StructuredData, EncodeError> {
        // The head commits to the line and to the head before it.
        let Self { vault, contract, line, before: _, signature: _ } = self;
        let signed = tuple([
            ("topic", ascii("receipt")),
            ("vault", Value::principal(*vault)),
            ("contract", ascii(contract)),
            ("number", Value::uint(line.number)),
            ("head", Value::buffer(self.head()?.0.0)),
        ]);
        StructuredData::new(&domain(chain), &signed)
    }
}
