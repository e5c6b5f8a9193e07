//! Turns what the client says into what the port to a ledger says: receipts, and errors.

use mrms_app::ledger::{LedgerError, Receipt, Status};
use mrms_core::TxId;
use mrms_stacks::client::{ClientError, Inclusion, Outcome, SponsorClient};
use mrms_stacks::transaction::Transaction;

pub(super) fn sponsored(
    sponsor: Option<&SponsorClient>,
    transaction: &[u8],
) -> Result<Vec<u8>, LedgerError> {
    let sponsor = sponsor.ok_or(LedgerError::NoSponsor)?;
    let transaction = Transaction::decode(transaction)
        .map_err(|error| LedgerError::Rejected { reason: error.to_string() })?;
    Ok(sponsor.sponsor(&transaction).map_err(sponsor_error)?.encode())
}

pub(super) fn receipt(txid: TxId, inclusion: Inclusion) -> Receipt {
    Receipt {
        txid,
        status: match inclusion.outcome {
            Outcome::Success => Status::Success,
            Outcome::AbortedByResponse => Status::AbortedByResponse,
            Outcome::AbortedByPostCondition => Status::AbortedByPostCondition,
            Outcome::Skipped => Status::Skipped,
        },
        result: inclusion.result,
        block_height: inclusion.block_height,
        burn_height: inclusion.burn_height,
        time: inclusion.time,
    }
}

pub(super) fn sponsor_error(error: ClientError) -> LedgerError {
    let reason = error.to_string();
    match error {
        ClientError::Sponsor { code, message } => {
            LedgerError::SponsorRefused { code, reason: message }
        }
        ClientError::Url { .. } => LedgerError::Address { reason },
        ClientError::Answer { .. } => LedgerError::Answer { reason },
        _ => LedgerError::SponsorUnreachable { reason },
    }
}

pub(crate) fn ledger_error(error: ClientError) -> LedgerError {
    let reason = error.to_string();
    match error {
        ClientError::Rejected { .. } => LedgerError::Rejected { reason },
        ClientError::Url { .. } => LedgerError::Address { reason },
        ClientError::Call { cause } => LedgerError::Call { reason: cause },
        ClientError::NoHistory { .. } | ClientError::NoIndex { .. } => {
            LedgerError::NoHistory { reason }
        }
        ClientError::HistoryBegins { .. } => LedgerError::HistoryBegins { reason },
        ClientError::Answer { .. } => LedgerError::Answer { reason },
        _ => LedgerError::Unreachable { reason },
    }
}
