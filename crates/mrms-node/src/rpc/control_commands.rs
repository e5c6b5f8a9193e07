//! Executes the commands of the control socket, after checking the sender's rights.

use super::node::Node;
use crate::chain::{
    LedgerFailure, MicroStx, OperationError, Principal, RevertError, SnapshotId, Tip,
};
use crate::control::{Command, Done, RefusalCode, Reply, Rights};

/// Why a command was refused.
struct Refused {
    code: RefusalCode,
    message: String,
}

/// Parses a line, executes the command in it, and returns the reply.
pub(super) fn perform(line: &[u8], node: &Node, rights: Rights) -> Reply {
    let done = serde_json::from_slice::<Command>(line)
        .map_err(|error| bad_request(error.to_string()))
        .and_then(|command| execute(command, node, rights));
    match done {
        Ok(done) => Reply::Done(done),
        Err(Refused { code, message }) => {
            tracing::warn!(target: "mrms::node", ?code, reason = message, "command refused");
            Reply::Refused { code, message }
        }
    }
}

fn execute(command: Command, node: &Node, rights: Rights) -> Result<Done, Refused> {
    if rights == Rights::Funds && !matches!(command, Command::Faucet { .. }) {
        let message = "this node was started without --admin".to_owned();
        return Err(Refused { code: RefusalCode::NotAdmin, message });
    }
    tracing::info!(target: "mrms::node", ?command, "command");
    let mut done = Done::default();
    match command {
        Command::Faucet { account, amount } => {
            let account = Principal::parse(&account).map_err(|e| bad_request(e.to_string()))?;
            let amount = amount.parse().map(MicroStx::new);
            let amount = amount.map_err(|_| bad_request("amount is no number".to_owned()))?;
            node.ledger.faucet(&account, amount)?;
        }
        Command::Advance { burn_blocks } => node.ledger.advance(burn_blocks)?,
        Command::Mine {} => done.transactions = Some(node.mine()?.transactions as u64),
        Command::Mining { mode } => node.set_mining(mode.into()),
        Command::Snapshot {} => done.snapshot = Some(node.ledger.save_snapshot()?.to_string()),
        Command::Revert { snapshot } => {
            let text = format!("`{snapshot}` names no snapshot");
            let snapshot = SnapshotId::parse(&snapshot).ok_or_else(|| bad_request(text))?;
            let before = tip(node)?.height.get();
            node.ledger.revert(&snapshot)?;
            node.note_revert(tip(node)?.height);
            done.dropped_blocks = Some(before.saturating_sub(snapshot.height().get()));
        }
    }
    let tip = tip(node)?;
    node.note_height(tip.height);
    Ok(Done { block_height: tip.height.get(), burn_height: tip.burn_height_now.get(), ..done })
}

fn tip(node: &Node) -> Result<Tip, LedgerFailure> {
    node.ledger.read(|snapshot| snapshot.tip())
}

fn bad_request(message: String) -> Refused {
    Refused { code: RefusalCode::BadRequest, message }
}

impl From<LedgerFailure> for Refused {
    fn from(failure: LedgerFailure) -> Self {
        Self { code: RefusalCode::LedgerFailed, message: failure.to_string() }
    }
}

impl From<OperationError> for Refused {
    fn from(error: OperationError) -> Self {
        match error {
            OperationError::Failed { failure } => failure.into(),
            other => Self { code: RefusalCode::OutOfRange, message: other.to_string() },
        }
    }
}

impl From<RevertError> for Refused {
    fn from(error: RevertError) -> Self {
        match error {
            RevertError::Failed { failure } => failure.into(),
            other => Self { code: RefusalCode::NoSuchSnapshot, message: other.to_string() },
        }
    }
}
