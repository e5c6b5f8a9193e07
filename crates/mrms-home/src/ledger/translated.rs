//! Values and errors of the embedded chain as those of the port, and back: as bytes or text, so that the client's codec and the
//! node's stay separate.

use mrms_app::ledger::{Block, LedgerError, Receipt, Status};
use mrms_core::{BlockHeight, BurnHeight, ContractId, Principal, TxId, UnixTime};
use mrms_node::chain;
use mrms_stacks::clarity::Value;

use super::lineage::SeenBlock;

/// A block as proofs name it.
pub(super) fn seen(block: &Block) -> Result<SeenBlock, LedgerError> {
    let height = u32::try_from(block.height.number()).map_err(answer)?;
    Ok(SeenBlock { height, hash: block.id })
}

pub(super) fn receipt(included: &chain::Included) -> Result<Receipt, LedgerError> {
    Ok(Receipt {
        txid: core_txid(&included.txid)?,
        status: match included.receipt.status {
            chain::Status::Success => Status::Success,
            chain::Status::AbortByResponse => Status::AbortedByResponse,
            chain::Status::AbortByPostCondition => Status::AbortedByPostCondition,
        },
        result: decode(&included.receipt.result)?,
        block_height: BlockHeight::new(u64::from(included.height.get())),
        burn_height: BurnHeight::new(u64::from(included.burn_height.get())),
        time: UnixTime::from_seconds(included.time.get()),
    })
}

pub(super) fn encode(arguments: &[Value]) -> Result<Vec<Vec<u8>>, LedgerError> {
    arguments.iter().map(Value::encode).collect::<Result<_, _>>().map_err(answer)
}

pub(super) fn decode(bytes: &[u8]) -> Result<Value, LedgerError> {
    Value::decode(bytes).map_err(answer)
}

pub(super) fn core_txid(txid: &chain::TxId) -> Result<TxId, LedgerError> {
    txid.to_string().parse().map_err(answer)
}

pub(super) fn node_principal(principal: &Principal) -> Result<chain::Principal, LedgerError> {
    chain::Principal::parse(&principal.to_string()).map_err(answer)
}

pub(super) fn node_contract(contract: &ContractId) -> Result<chain::ContractId, LedgerError> {
    chain::ContractId::parse(&contract.to_string()).map_err(answer)
}

pub(super) fn answer(error: impl std::fmt::Display) -> LedgerError {
    LedgerError::Answer { reason: error.to_string() }
}

pub(super) fn storage(error: impl std::error::Error) -> LedgerError {
    LedgerError::Storage { reason: crate::error::chain(&error) }
}

pub(super) fn operation(error: chain::OperationError) -> LedgerError {
    match error {
        chain::OperationError::Failed { failure } => failed(failure),
        other => LedgerError::Call { reason: crate::error::chain(&other) },
    }
}

pub(super) fn call(error: chain::ReadError) -> LedgerError {
    match error {
        chain::ReadError::Failed { failure } => failed(failure),
        other => LedgerError::Call { reason: crate::error::chain(&other) },
    }
}

pub(super) fn failed(failure: chain::LedgerFailure) -> LedgerError {
    match failure {
        chain::LedgerFailure::Damaged { what } => LedgerError::Damaged { reason: what.to_owned() },
        other => storage(other),
    }
}

pub(super) fn submit_error(error: chain::SubmitError) -> LedgerError {
    match error {
        chain::SubmitError::Failed { failure, .. } => failed(failure),
        other => LedgerError::Rejected { reason: crate::error::chain(&other) },
    }
}

pub(super) fn open_error(error: chain::OpenError) -> LedgerError {
    match &error {
        chain::OpenError::InUse { pid, .. } => LedgerError::Busy { pid: pid.to_string() },
        chain::OpenError::ChainId { .. } | chain::OpenError::NodeKey { .. } => {
            LedgerError::Damaged { reason: crate::error::chain(&error) }
        }
        chain::OpenError::Behind { gap } => LedgerError::Behind { reason: gap.to_string() },
        chain::OpenError::MarkDamaged { .. } => LedgerError::Behind {
            reason: format!("{error}: nobody can tell whether blocks are missing"),
        },
        chain::OpenError::Failed { failure } => failed(failure.clone()),
        chain::OpenError::Format { .. } => LedgerError::Newer { reason: error.to_string() },
        _ => LedgerError::Storage { reason: crate::error::chain(&error) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_of_a_newer_format_is_no_failing_disk() {
        let error = open_error(chain::OpenError::Format { found: 9, supported: 3 });
        assert!(matches!(error, LedgerError::Newer { .. }), "{error:?}");
        let said = "the ledger cannot be read: ledger has format 9, this program reads 3";
        assert_eq!(error.to_string(), said);
    }
}
