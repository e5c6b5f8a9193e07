//! Error answers of the RPC, with the status and the body that a Stacks node uses for the same error.
//!
//! A refused transaction is answered with a reason and data (`MemPoolRejection` in stacks-core), every other
//! error with a line of text, which is put into the hosted API's JSON where it belongs to that API
//! ([`super::hosted_refusal`]). Internal causes go to the log, not to the client.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use mrms_http::{BodyError, BrokeOff, Busy};
use serde_json::{Value as JsonValue, json};

use crate::chain::{LedgerFailure, OperationError, ReadError, Rejection, Signer, TxId};

/// Why a request gets an error answer.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The request is wrong.
    Request { message: String },
    /// What was asked for does not exist.
    Absent { message: String },
    /// A transaction is refused.
    Transaction { txid: TxId, reason: Reason },
    /// The body is too long.
    TooLong { limit: usize },
    /// The client took too long to send the body.
    TooSlow,
    /// Too many requests at once.
    Busy,
    /// The ledger failed.
    Ledger { failure: LedgerFailure },
    /// The node can't go on as it is: for whoever watches it.
    Unwell { message: String },
    /// An index can't take what its node tells, as things stand.
    Conflict { message: String },
    /// The node behind an index does not answer.
    NoNode { message: String },
    /// The code that handles the request panicked.
    BrokeOff,
}

/// Why a transaction is refused, in a Stacks node's format: a name and data.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    pub(super) name: &'static str,
    pub(super) data: Option<JsonValue>,
    fault: Fault,
}

/// Whether the transaction or the node is at fault. This decides the HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Transaction,
    Node,
}

impl Refusal {
    pub(crate) fn request(message: impl Into<String>) -> Self {
        Self::Request { message: message.into() }
    }

    pub(crate) fn unwell(message: impl Into<String>) -> Self {
        Self::Unwell { message: message.into() }
    }

    pub(crate) fn absent(message: impl Into<String>) -> Self {
        Self::Absent { message: message.into() }
    }
}

impl Reason {
    fn bare(name: &'static str) -> Self {
        Self { name, data: None, fault: Fault::Transaction }
    }

    fn with(name: &'static str, data: JsonValue) -> Self {
        Self { name, data: Some(data), fault: Fault::Transaction }
    }

    /// A waiting transaction has the same nonce and pays at least as much.
    pub(super) fn conflicting_nonce() -> Self {
        Self::bare("ConflictingNonceInMempool")
    }

    /// The nonce is too far ahead for the mempool.
    pub(super) fn too_much_chaining(last: u64, nonce: u64, account: &str, signer: Signer) -> Self {
        let mut data = nonce_data(last, nonce, account, signer);
        data["message"] = json!("Nonce would exceed chaining limit in mempool");
        Self::with("TooMuchChaining", data)
    }

    /// The mempool is full.
    pub(super) fn no_room() -> Self {
        let data = json!({"message": "too many transactions wait for earlier nonces"});
        Self { name: "ServerFailureOther", data: Some(data), fault: Fault::Node }
    }

    /// The ledger failed. The client can send the same transaction again.
    pub(super) fn failure(failure: &LedgerFailure) -> Self {
        let message = match failure {
            LedgerFailure::Full => "no space left for the ledger",
            LedgerFailure::Closed => "the ledger is closed",
            _ => "the ledger failed",
        };
        let data = json!({ "message": message });
        Self { name: "ServerFailureDatabase", data: Some(data), fault: Fault::Node }
    }

    fn body(&self, txid: &TxId) -> JsonValue {
        let mut body = json!({
            "error": "transaction rejected",
            "reason": self.name,
            "txid": hex::encode(txid.as_bytes()),
        });
        if let Some(data) = &self.data {
            body["reason_data"] = data.clone();
        }
        body
    }
}

fn nonce_data(expected: u64, actual: u64, account: &str, signer: Signer) -> JsonValue {
    json!({
        "expected": expected,
        "actual": actual,
        "principal": account,
        "is_origin": signer == Signer::Origin,
    })
}

impl From<OperationError> for Refusal {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::Failed { failure } => Self::Ledger { failure },
            other => Self::request(other.to_string()),
        }
    }
}

impl From<&Rejection> for Reason {
    fn from(rejection: &Rejection) -> Self {
        let message = |name| Self::with(name, json!({"message": rejection.to_string()}));
        match rejection {
            Rejection::BadTransactionVersion => Self::bare("BadTransactionVersion"),
            // A Stacks node checks the chain id together with the signature, and gives the same reason for
            // both.
            Rejection::BadChainId { .. } => message("SignatureValidation"),
            Rejection::SignatureValidation(_) => message("SignatureValidation"),
            Rejection::BadAddressVersion { .. } => Self::bare("BadAddressVersionByte"),
            Rejection::FeeTooLow { expected, actual } => {
                Self::with("FeeTooLow", json!({"expected": expected, "actual": actual}))
            }
            Rejection::BadNonce { expected, actual, principal, signer } => {
                let data = nonce_data(*expected, *actual, &principal.to_string(), *signer);
                Self::with("BadNonce", data)
            }
            Rejection::NotEnoughFunds { expected, actual } => Self::with(
                "NotEnoughFunds",
                json!({
                    "expected": format!("{:#034x}", expected.get()),
                    "actual": format!("{:#034x}", actual.get()),
                }),
            ),
            Rejection::TransferRecipientIsSender { account } => Self::with(
                "TransferRecipientCannotEqualSender",
                json!({"recipient": account.to_string()}),
            ),
            Rejection::TransferAmountIsZero => Self::bare("TransferAmountMustBePositive"),
            Rejection::NoSuchContract { .. } => Self::bare("NoSuchContract"),
            Rejection::NoSuchPublicFunction { .. } => Self::bare("NoSuchPublicFunction"),
            Rejection::BadFunctionArgument { message } => {
                Self::with("BadFunctionArgument", json!({ "message": message }))
            }
            Rejection::ContractAlreadyExists { contract } => Self::with(
                "ContractAlreadyExists",
                json!({"contract_identifier": contract.to_string()}),
            ),
            // A Stacks network finds these only while it makes a block, or has no reason of its own for them.
            Rejection::TransferWithPostConditions
            | Rejection::ExceedsBlockLimit { .. }
            | Rejection::TookTooLong
            | Rejection::SourceTooLong { .. }
            | Rejection::Unrunnable { .. } => message("ServerFailureOther"),
            // What a Stacks node says of a transaction that it found problematic.
            Rejection::RefusedBefore { .. } | Rejection::BackOff { .. } => {
                message("TemporarilyBlacklisted")
            }
            Rejection::Stopped => Self::failure(&LedgerFailure::Closed),
        }
    }
}

impl From<LedgerFailure> for Refusal {
    fn from(failure: LedgerFailure) -> Self {
        match failure {
            // That is no fault: the node is about to stop.
            LedgerFailure::Closed => Self::unwell(failure.to_string()),
            failure => Self::Ledger { failure },
        }
    }
}

impl From<BodyError> for Refusal {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLong { limit } => Self::TooLong { limit },
            BodyError::TooSlow => Self::TooSlow,
            BodyError::NoRoom => Self::Busy,
        }
    }
}

impl From<Busy> for Refusal {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

impl From<BrokeOff> for Refusal {
    fn from(_: BrokeOff) -> Self {
        Self::BrokeOff
    }
}

impl From<ReadError> for Refusal {
    /// For requests in which a missing contract or member means "not found".
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Failed { failure } => failure.into(),
            ReadError::NoSuchContract { .. } | ReadError::NoSuchMember { .. } => {
                Self::absent(error.to_string())
            }
            ReadError::Interrupted => LedgerFailure::Closed.into(),
            other => Self::request(other.to_string()),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let text = |status: StatusCode, message: String| (status, message).into_response();
        match self {
            Self::Request { message } => text(StatusCode::BAD_REQUEST, message),
            Self::Absent { message } => text(StatusCode::NOT_FOUND, message),
            Self::Transaction { txid, reason } => {
                let status = match reason.fault {
                    Fault::Transaction => StatusCode::BAD_REQUEST,
                    Fault::Node => StatusCode::SERVICE_UNAVAILABLE,
                };
                (status, Json(reason.body(&txid))).into_response()
            }
            Self::TooLong { limit } => {
                text(StatusCode::PAYLOAD_TOO_LARGE, format!("the body is over {limit} bytes"))
            }
            Self::TooSlow => text(
                StatusCode::REQUEST_TIMEOUT,
                "the request's body did not arrive in time".to_owned(),
            ),
            Self::Busy => {
                text(StatusCode::SERVICE_UNAVAILABLE, "the node is busy, try again".to_owned())
            }
            Self::Unwell { message } => text(StatusCode::SERVICE_UNAVAILABLE, message),
            Self::Conflict { message } => text(StatusCode::CONFLICT, message),
            Self::NoNode { message } => text(StatusCode::BAD_GATEWAY, message),
            Self::Ledger { failure } => {
                tracing::error!(target: "mrms::node", %failure, "the ledger failed");
                text(StatusCode::INTERNAL_SERVER_ERROR, "the ledger failed".to_owned())
            }
            Self::BrokeOff => {
                tracing::error!(target: "mrms::node", "a request broke off");
                text(StatusCode::INTERNAL_SERVER_ERROR, "the request broke off".to_owned())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::chain::{MicroStx, Principal};

    #[test]
    fn funds_are_written_as_sixteen_bytes_of_hexadecimal() {
        let rejection = Rejection::NotEnoughFunds {
            expected: MicroStx::new(500_180),
            actual: MicroStx::new(0),
        };
        let data = Reason::from(&rejection).data.unwrap();
        assert_eq!(data["expected"], "0x0000000000000000000000000007a1d4");
        assert_eq!(data["actual"], "0x00000000000000000000000000000000");
    }

    #[test]
    fn wrong_nonce_of_a_sponsor_names_the_sponsor() {
        let principal = Principal::parse("ST000000000000000000002AMW42H").unwrap();
        let rejection =
            Rejection::BadNonce { expected: 4, actual: 2, principal, signer: Signer::Sponsor };
        let body = Reason::from(&rejection).body(&TxId::new([7; 32]));
        let expected = json!({
            "error": "transaction rejected",
            "reason": "BadNonce",
            "reason_data": {
                "expected": 4,
                "actual": 2,
                "principal": "ST000000000000000000002AMW42H",
                "is_origin": false,
            },
            "txid": "07".repeat(32),
        });
        assert_eq!(body, expected);
    }
}
