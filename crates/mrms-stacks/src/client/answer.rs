//! Parts of answers that several calls share: hexadecimal, values, ids.

use mrms_core::TxId;
use serde::Deserialize;

use super::ClientError;
use super::transport::Answer;
use crate::clarity::Value;
use crate::transaction::Transaction;

/// Something serialized, with or without `0x` before it.
#[derive(Deserialize)]
pub(super) struct Hex {
    pub(super) hex: String,
}

impl Answer {
    pub(super) fn bytes(&self, text: &str) -> Result<Vec<u8>, ClientError> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        mrms_core::hexadecimal::decode(digits).map_err(|error| self.wrong(error))
    }

    pub(super) fn value(&self, text: &str) -> Result<Value, ClientError> {
        Value::decode(&self.bytes(text)?).map_err(|error| self.wrong(error))
    }

    /// The transaction that was asked for, and no other.
    pub(super) fn transaction(&self, text: &str, txid: &TxId) -> Result<Transaction, ClientError> {
        let transaction = Transaction::decode(&self.bytes(text)?);
        let transaction = transaction.map_err(|error| self.wrong(error))?;
        if transaction.txid() == *txid {
            Ok(transaction)
        } else {
            Err(self.wrong("it is another transaction"))
        }
    }

    pub(super) fn parsed<T>(&self, text: &str) -> Result<T, ClientError>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        text.parse().map_err(|error| self.wrong(error))
    }
}
