//! Translates what the VM returns into the parts of a receipt: results, events, costs. Decides what each
//! error of the VM means for the transaction.

use clarity::vm::Value;
use clarity::vm::analysis::CheckErrors;
use clarity::vm::contexts::AssetMap;
use clarity::vm::costs::ExecutionCost;
use clarity::vm::errors::Error;
use clarity::vm::events::{FTEventType, NFTEventType, STXEventType, StacksTransactionEvent};
use clarity::vm::types::PrincipalData;

use super::RunError;
use crate::chain::error::{LedgerFailure, Rejection};
use crate::chain::identifiers::{ContractId, Principal, unspellable_version};
use crate::chain::receipt::{Cost, Event, Status};
use crate::chain::units::MicroStx;

/// The outcome of a transaction's payload.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: Status,
    /// What the contract returned, in consensus encoding.
    pub(crate) result: Vec<u8>,
    pub(crate) events: Vec<Event>,
    pub(crate) cost: Option<Cost>,
    /// Why it failed, as a message for people. Not part of the receipt.
    pub(crate) note: Option<String>,
}

/// What a run of the VM returned. Post-conditions are not checked yet.
pub(super) struct RunOutput {
    pub(super) value: Value,
    pub(super) assets: AssetMap,
    pub(super) events: Vec<StacksTransactionEvent>,
}

/// What an error of the VM means for the transaction.
pub(super) enum ErrorClass {
    /// The block includes the transaction, without its changes.
    Abort(String),
    /// The block does not include the transaction.
    Refuse(RunError),
}

impl From<ExecutionCost> for Cost {
    fn from(cost: ExecutionCost) -> Self {
        let ExecutionCost { write_length, write_count, read_length, read_count, runtime } = cost;
        Self { write_length, write_count, read_length, read_count, runtime }
    }
}

/// Classifies an error as the Stacks node does. An error that a contract can cause aborts the transaction. A
/// transaction that exceeds the limits, or in which the VM finds something impossible, is not included.
pub(super) fn classify(error: &Error) -> ErrorClass {
    match error {
        Error::Runtime(..) | Error::ShortReturn(_) => ErrorClass::Abort(error.to_string()),
        Error::Unchecked(check) => classify_check(check),
        Error::Interpreter(_) | Error::Wasm(_) => {
            ErrorClass::Refuse(RunError::Rejected(Rejection::Unrunnable {
                message: error.to_string(),
            }))
        }
    }
}

/// Like [`classify`], for an error of the type checker or one that the type checker should have caught.
pub(super) fn classify_check(error: &CheckErrors) -> ErrorClass {
    match error {
        CheckErrors::CostOverflow
        | CheckErrors::CostBalanceExceeded(..)
        | CheckErrors::MemoryBalanceExceeded(..)
        | CheckErrors::CostComputationFailed(_) => {
            // Whoever has the meter knows the cost.
            ErrorClass::Refuse(RunError::Rejected(Rejection::ExceedsBlockLimit { cost: None }))
        }
        check if check.rejectable() => {
            ErrorClass::Refuse(RunError::Rejected(Rejection::Unrunnable {
                message: check.to_string(),
            }))
        }
        check => ErrorClass::Abort(check.to_string()),
    }
}

impl Outcome {
    /// The outcome of an included transaction that the VM stopped.
    pub(super) fn aborted(note: String, cost: Option<Cost>) -> Result<Self, RunError> {
        Ok(Self {
            status: Status::AbortByResponse,
            result: encode(&Value::err_none())?,
            events: Vec::new(),
            cost,
            note: Some(note),
        })
    }
}

/// Encodes a value of the VM in consensus encoding.
pub(super) fn encode(value: &Value) -> Result<Vec<u8>, RunError> {
    if let Some(version) = unspellable_version(value) {
        return Err(unspellable(version));
    }
    value.serialize_to_vec().map_err(|error| {
        RunError::Rejected(Rejection::Unrunnable {
            message: format!("result has no encoding: {error:?}"),
        })
    })
}

/// A contract can make such an address out of bytes. No client could read a result or an event that contains
/// it.
fn unspellable(version: u8) -> RunError {
    let message = format!("address version {version} does not exist");
    RunError::Rejected(Rejection::Unrunnable { message })
}

fn holder(principal: &PrincipalData) -> Result<Principal, RunError> {
    match unspellable_version(&Value::Principal(principal.clone())) {
        Some(version) => Err(unspellable(version)),
        None => Ok(Principal::from_vm(principal.clone())),
    }
}

/// Translates the VM's events.
pub(super) fn events(events: &[StacksTransactionEvent]) -> Result<Vec<Event>, RunError> {
    events.iter().map(event).collect()
}

fn event(event: &StacksTransactionEvent) -> Result<Event, RunError> {
    Ok(match event {
        StacksTransactionEvent::SmartContractEvent(print) => Event::Print {
            contract: ContractId::from_vm(print.key.0.clone()),
            value: encode(&print.value)?,
        },
        StacksTransactionEvent::STXEvent(STXEventType::STXTransferEvent(moved)) => {
            Event::StxTransfer {
                sender: holder(&moved.sender)?,
                recipient: holder(&moved.recipient)?,
                amount: MicroStx::new(moved.amount),
                memo: moved.memo.data.clone(),
            }
        }
        StacksTransactionEvent::STXEvent(STXEventType::STXBurnEvent(burn)) => {
            Event::StxBurn { sender: holder(&burn.sender)?, amount: MicroStx::new(burn.amount) }
        }
        // Only stacking and mining make these, and this ledger has neither.
        StacksTransactionEvent::STXEvent(
            STXEventType::STXMintEvent(_) | STXEventType::STXLockEvent(_),
        ) => {
            return Err(RunError::Failed(LedgerFailure::VmBrokeOff));
        }
        StacksTransactionEvent::FTEvent(fungible) => match fungible {
            FTEventType::FTTransferEvent(moved) => Event::Fungible {
                asset: moved.asset_identifier.to_string(),
                sender: Some(holder(&moved.sender)?),
                recipient: Some(holder(&moved.recipient)?),
                amount: moved.amount,
            },
            FTEventType::FTMintEvent(mint) => Event::Fungible {
                asset: mint.asset_identifier.to_string(),
                sender: None,
                recipient: Some(holder(&mint.recipient)?),
                amount: mint.amount,
            },
            FTEventType::FTBurnEvent(burn) => Event::Fungible {
                asset: burn.asset_identifier.to_string(),
                sender: Some(holder(&burn.sender)?),
                recipient: None,
                amount: burn.amount,
            },
        },
        StacksTransactionEvent::NFTEvent(token) => match token {
            NFTEventType::NFTTransferEvent(moved) => Event::NonFungible {
                asset: moved.asset_identifier.to_string(),
                sender: Some(holder(&moved.sender)?),
                recipient: Some(holder(&moved.recipient)?),
                token: encode(&moved.value)?,
            },
            NFTEventType::NFTMintEvent(mint) => Event::NonFungible {
                asset: mint.asset_identifier.to_string(),
                sender: None,
                recipient: Some(holder(&mint.recipient)?),
                token: encode(&mint.value)?,
            },
            NFTEventType::NFTBurnEvent(burn) => Event::NonFungible {
                asset: burn.asset_identifier.to_string(),
                sender: Some(holder(&burn.sender)?),
                recipient: None,
                token: encode(&burn.value)?,
            },
        },
    })
}
