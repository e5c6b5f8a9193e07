//! From the VM's words to a receipt's: results, events, costs, and what each of the VM's errors means for
//! the transaction.

use clarity::vm::Value;
use clarity::vm::analysis::CheckErrors;
use clarity::vm::contexts::AssetMap;
use clarity::vm::costs::ExecutionCost;
use clarity::vm::errors::Error;
use clarity::vm::events::{FTEventType, NFTEventType, STXEventType, StacksTransactionEvent};
use clarity::vm::types::PrincipalData;

use super::Refusal;
use crate::chain::error::{LedgerFailure, Rejection};
use crate::chain::identifiers::{ContractId, Principal, unspellable_version};
use crate::chain::receipt::{Cost, Event, Status};
use crate::chain::units::MicroStx;

/// What came of a transaction's payload.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: Status,
    /// Consensus bytes of the answer.
    pub(crate) result: Vec<u8>,
    pub(crate) events: Vec<Event>,
    pub(crate) cost: Option<Cost>,
    /// Why it failed, for people. Not part of the receipt.
    pub(crate) note: Option<String>,
}

/// What a run of the VM gave before anybody has judged it.
pub(super) struct Answer {
    pub(super) value: Value,
    pub(super) assets: AssetMap,
    pub(super) events: Vec<StacksTransactionEvent>,
}

/// What an error of the VM means.
pub(super) enum Verdict {
    /// The transaction is included, without effect.
    Abort(String),
    /// The transaction is not included.
    Refuse(Refusal),
}

impl From<ExecutionCost> for Cost {
    fn from(cost: ExecutionCost) -> Self {
        Self {
            write_length: cost.write_length,
            write_count: cost.write_count,
            read_length: cost.read_length,
            read_count: cost.read_count,
            runtime: cost.runtime,
        }
    }
}

/// Judges an error as the Stacks node does: errors that a contract can bring about are the contract's; going
/// over the limits, and what the VM itself holds for impossible, keeps the transaction out of the block.
pub(super) fn judge(error: &Error) -> Verdict {
    match error {
        Error::Runtime(..) | Error::ShortReturn(_) => Verdict::Abort(error.to_string()),
        Error::Unchecked(check) => judge_check(check),
        Error::Interpreter(_) | Error::Wasm(_) => {
            Verdict::Refuse(Refusal::Rejected(Rejection::Unrunnable { message: error.to_string() }))
        }
    }
}

/// The same for an error of the type checker, or one that the type checker should have caught.
pub(super) fn judge_check(error: &CheckErrors) -> Verdict {
    match error {
        CheckErrors::CostOverflow
        | CheckErrors::CostBalanceExceeded(..)
        | CheckErrors::MemoryBalanceExceeded(..)
        | CheckErrors::CostComputationFailed(_) => {
            let cost = match error {
                CheckErrors::CostBalanceExceeded(cost, _) => Some(cost.clone().into()),
                _ => None,
            };
            Verdict::Refuse(Refusal::Rejected(Rejection::ExceedsBlockLimit { cost }))
        }
        check if check.rejectable() => {
            Verdict::Refuse(Refusal::Rejected(Rejection::Unrunnable { message: check.to_string() }))
        }
        check => Verdict::Abort(check.to_string()),
    }
}

impl Outcome {
    /// An included transaction that the VM could not bring to an answer.
    pub(super) fn aborted(note: String, cost: Option<Cost>) -> Result<Self, Refusal> {
        Ok(Self {
            status: Status::AbortByResponse,
            result: encode(&Value::err_none())?,
            events: Vec::new(),
            cost,
            note: Some(note),
        })
    }
}

/// Consensus bytes of a value that the VM made.
pub(super) fn encode(value: &Value) -> Result<Vec<u8>, Refusal> {
    if let Some(version) = unspellable_version(value) {
        return Err(unspellable(version));
    }
    value.serialize_to_vec().map_err(|error| {
        Refusal::Rejected(Rejection::Unrunnable {
            message: format!("result has no encoding: {error:?}"),
        })
    })
}

/// A contract can make such an address out of bytes. Nobody could read what it tells of it.
fn unspellable(version: u8) -> Refusal {
    let message = format!("address version {version} does not exist");
    Refusal::Rejected(Rejection::Unrunnable { message })
}

fn holder(principal: &PrincipalData) -> Result<Principal, Refusal> {
    match unspellable_version(&Value::Principal(principal.clone())) {
        Some(version) => Err(unspellable(version)),
        None => Ok(Principal::from_vm(principal.clone())),
    }
}

/// The VM's events as this ledger tells them.
pub(super) fn events(events: &[StacksTransactionEvent]) -> Result<Vec<Event>, Refusal> {
    events.iter().map(event).collect()
}

fn event(event: &StacksTransactionEvent) -> Result<Event, Refusal> {
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
        // Made by stacking and mining only, of which there is none.
        StacksTransactionEvent::STXEvent(
            STXEventType::STXMintEvent(_) | STXEventType::STXLockEvent(_),
        ) => {
            return Err(Refusal::Failed(LedgerFailure::VmBrokeOff));
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
