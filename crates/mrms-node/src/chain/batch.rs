//! Requests for one block, and how each requester gets its answer.
//!
//! This module only sorts requests and answers. `producer` makes the block, `block_writer` writes it.

use std::collections::HashMap;
use std::sync::mpsc::Sender;

use rusqlite::Connection;

use super::clock::BurnClock;
use super::error::{LedgerFailure, OperationError, Rejection, SubmitError};
use super::identifiers::{BlockHash, TxId};
use super::operation::Operation;
use super::producer::Chain;
use super::query_results::Included;
use super::saved_snapshot::{RevertError, SnapshotId};
use super::store;
use super::units::{BlockHeight, UnixTime};
use super::vm::IncomingTransaction;

pub(crate) type SubmitAnswer = Result<Included, SubmitError>;

/// Called with the answer, on the thread that writes blocks.
pub(crate) type SubmitReply = Box<dyn FnOnce(SubmitAnswer) + Send>;

/// Requests for one block.
pub(crate) type Requests = Vec<Request>;

/// What the block writer does, one job after the other.
pub(crate) enum WriterJob {
    /// Make a block.
    Block(Requests),
    /// Save a snapshot.
    SaveSnapshot { reply: Sender<Result<SnapshotId, LedgerFailure>> },
    /// Revert to a saved snapshot.
    Revert { snapshot: SnapshotId, reply: Sender<Result<(), RevertError>> },
}

/// One request for a block, and where its answer goes.
pub(crate) enum Request {
    /// Include a transaction.
    Submit { incoming: Box<IncomingTransaction>, reply: SubmitReply },
    /// Record an operator operation.
    Operate { operation: Operation, reply: Sender<Result<(), OperationError>> },
    /// Make the block even if there is nothing in it.
    Mine { reply: Sender<Result<(BlockHeight, BlockHash), OperationError>> },
}

/// What goes into the block, and where the answer to each request will be found.
pub(crate) struct Plan {
    pub(crate) operations: Vec<Operation>,
    pub(crate) incoming: Vec<IncomingTransaction>,
    pub(crate) routes: Vec<Route>,
}

impl Plan {
    /// Sorts a batch into transactions that the chain includes already, duplicates, and new ones.
    pub(crate) fn of(
        batch: &[Request],
        connection: &Connection,
        chain: &Chain,
        time: UnixTime,
    ) -> Result<Self, LedgerFailure> {
        let mut plan = Plan { operations: Vec::new(), incoming: Vec::new(), routes: Vec::new() };
        let mut seen: HashMap<TxId, usize> = HashMap::new();
        let mut clock = chain.burn_clock;
        for request in batch {
            plan.routes.push(match request {
                Request::Mine { .. } => Route::Block,
                Request::Operate { operation, .. } => {
                    if let Operation::Advance { burn_blocks } = operation {
                        let advanced = BurnClock {
                            advanced: clock.advanced.saturating_add(*burn_blocks),
                            ..clock
                        };
                        if !advanced.counts_at(time) {
                            plan.routes.push(Route::OutOfRange);
                            continue;
                        }
                        clock = advanced;
                    }
                    plan.operations.push(operation.clone());
                    Route::Operation(plan.operations.len() - 1)
                }
                Request::Submit { incoming, .. } => {
                    if let Some(place) = seen.get(&incoming.txid) {
                        Route::Transaction(*place)
                    } else if let Some(stored) = store::included(connection, &incoming.txid)? {
                        Route::Stored(Box::new(stored.included))
                    } else {
                        seen.insert(incoming.txid, plan.incoming.len());
                        plan.incoming.push(incoming.as_ref().clone());
                        Route::Transaction(plan.incoming.len() - 1)
                    }
                }
            });
        }
        Ok(plan)
    }
}

/// Where the answer to a request is found.
pub(crate) enum Route {
    /// At this position among the block's operations.
    Operation(usize),
    /// At this position among the block's transactions.
    Transaction(usize),
    /// The chain included the transaction before.
    Stored(Box<Included>),
    /// In the block itself.
    Block,
    /// Burn time would pass its last height; the operation is not in the block.
    OutOfRange,
}

/// The outcome of a block, and which part of it answers which request.
pub(crate) struct BatchAnswers {
    pub(crate) routes: Vec<Route>,
    pub(crate) operation_outcomes: Vec<Result<(), Rejection>>,
    pub(crate) transaction_outcomes: Vec<Result<u32, Rejection>>,
    pub(crate) included: Vec<Included>,
    /// The newest block after it.
    pub(crate) tip: Option<(BlockHeight, BlockHash)>,
}

impl BatchAnswers {
    pub(crate) fn send(self, batch: Vec<Request>) {
        for (request, route) in batch.into_iter().zip(&self.routes) {
            match request {
                Request::Submit { incoming, reply } => reply(self.submitted(incoming.txid, route)),
                // The requester may no longer be there. The block is durable all the same.
                Request::Operate { reply, .. } => {
                    let _ = reply.send(self.operated(route));
                }
                Request::Mine { reply } => {
                    let failure = LedgerFailure::VmBrokeOff;
                    let _ = reply.send(self.tip.ok_or(OperationError::Failed { failure }));
                }
            }
        }
    }

    fn submitted(&self, txid: TxId, route: &Route) -> SubmitAnswer {
        let lost = SubmitError::Failed { txid, failure: LedgerFailure::VmBrokeOff };
        match route {
            Route::Stored(included) => Ok(included.as_ref().clone()),
            Route::Transaction(place) => match self.transaction_outcomes.get(*place) {
                Some(Ok(position)) => self.included.get(*position as usize).cloned().ok_or(lost),
                Some(Err(rejection)) => {
                    Err(SubmitError::Rejected { txid, rejection: Box::new(rejection.clone()) })
                }
                None => Err(lost),
            },
            Route::Operation(_) | Route::Block | Route::OutOfRange => Err(lost),
        }
    }

    fn operated(&self, route: &Route) -> Result<(), OperationError> {
        match route {
            Route::Operation(place) => match self.operation_outcomes.get(*place) {
                Some(Ok(())) => Ok(()),
                _ => Err(OperationError::OutOfRange),
            },
            _ => Err(OperationError::OutOfRange),
        }
    }
}

/// Sums up the bytes of the transactions.
pub(crate) fn transaction_bytes(batch: &[Request]) -> usize {
    let bytes = |request: &Request| match request {
        Request::Submit { incoming, .. } => incoming.raw.len(),
        Request::Operate { .. } | Request::Mine { .. } => 0,
    };
    batch.iter().map(bytes).sum()
}

impl Request {
    pub(crate) fn fail(self, failure: LedgerFailure) {
        match self {
            Self::Submit { incoming, reply } => {
                reply(Err(SubmitError::Failed { txid: incoming.txid, failure }));
            }
            Self::Operate { reply, .. } => {
                let _ = reply.send(Err(OperationError::Failed { failure }));
            }
            Self::Mine { reply } => {
                let _ = reply.send(Err(OperationError::Failed { failure }));
            }
        }
    }
}
