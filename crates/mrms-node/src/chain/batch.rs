//! Requests for one block, and how each requester gets its answer.
//!
//! This module only sorts requests and answers. `producer` makes the block, `block_writer` writes it.

use std::collections::HashMap;
use std::sync::mpsc::Sender;

use rusqlite::Connection;

use super::clock::BurnClock;
use super::error::{LedgerFailure, OperationError, Rejection, SubmitError};
use super::identifiers::{BlockHash, Principal, TxId};
use super::incoming::IncomingTransaction;
use super::operation::Operation;
use super::producer::{Chain, Fate, Wanted};
use super::query_results::Included;
use super::saved_snapshot::{RevertError, SnapshotId};
use super::store;
use super::units::{BlockHeight, UnixTime};

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
    pub(crate) wanted: Wanted,
    pub(crate) routes: Vec<Route>,
}

impl Plan {
    /// Sorts a batch into transactions that the chain includes already, duplicates, and new ones. From the request
    /// `may_wait_from` on, transactions may be left for a later block.
    pub(crate) fn of(
        batch: &[Request],
        may_wait_from: usize,
        connection: &Connection,
        chain: &Chain,
        time: UnixTime,
    ) -> Result<Self, LedgerFailure> {
        let mut plan = Plan { wanted: Wanted::default(), routes: Vec::new() };
        let mut seen: HashMap<TxId, usize> = HashMap::new();
        let mut clock = chain.burn_clock;
        for (position, request) in batch.iter().enumerate() {
            if position == may_wait_from {
                plan.wanted.may_wait_from = Some(plan.wanted.transactions.len());
            }
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
                    plan.wanted.operations.push(operation.clone());
                    Route::Operation(plan.wanted.operations.len() - 1)
                }
                Request::Submit { incoming, .. } => {
                    if let Some(place) = seen.get(&incoming.txid) {
                        Route::Transaction(*place)
                    } else if let Some(stored) = store::included(connection, &incoming.txid)? {
                        Route::Stored(Box::new(stored.included))
                    } else {
                        seen.insert(incoming.txid, plan.wanted.transactions.len());
                        plan.wanted.transactions.push(incoming.as_ref().clone());
                        Route::Transaction(plan.wanted.transactions.len() - 1)
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
    pub(crate) fates: Vec<Fate>,
    pub(crate) included: Vec<Included>,
    /// The newest block after it.
    pub(crate) tip: Option<(BlockHeight, BlockHash)>,
}

impl BatchAnswers {
    /// Sends the answers. Returns the requests that were postponed.
    #[must_use]
    pub(crate) fn send(self, batch: Vec<Request>) -> Requests {
        let mut postponed = Vec::new();
        for (request, route) in batch.into_iter().zip(&self.routes) {
            match request {
                Request::Submit { .. } if self.fate(route) == Some(&Fate::Postponed) => {
                    postponed.push(request);
                }
                // It asked for a block with all that came before it.
                Request::Mine { .. } if !postponed.is_empty() => postponed.push(request),
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
        postponed
    }

    fn fate(&self, route: &Route) -> Option<&Fate> {
        match route {
            Route::Transaction(place) => self.fates.get(*place),
            Route::Operation(_) | Route::Stored(_) | Route::Block | Route::OutOfRange => None,
        }
    }

    /// The transactions that were rejected, and how many steps each had run, from a position of the batch on.
    pub(crate) fn rejected<'a>(
        &'a self,
        batch: &'a [Request],
        from: usize,
    ) -> impl Iterator<Item = (&'a IncomingTransaction, &'a Rejection, u64)> {
        batch.iter().zip(&self.routes).skip(from).filter_map(|(request, route)| {
            match (request, self.fate(route)) {
                (Request::Submit { incoming, .. }, Some(Fate::Rejected { rejection, steps })) => {
                    Some((incoming.as_ref(), rejection, *steps))
                }
                _ => None,
            }
        })
    }

    fn submitted(&self, txid: TxId, route: &Route) -> SubmitAnswer {
        let lost = SubmitError::Failed { txid, failure: LedgerFailure::VmBrokeOff };
        match route {
            Route::Stored(included) => Ok(included.as_ref().clone()),
            Route::Transaction(place) => match self.fates.get(*place) {
                Some(Fate::Included(position)) => {
                    self.included.get(*position as usize).cloned().ok_or(lost)
                }
                Some(Fate::Rejected { rejection: Rejection::Stopped, .. }) => {
                    Err(SubmitError::Failed { txid, failure: LedgerFailure::Closed })
                }
                Some(Fate::Rejected { rejection, .. }) => {
                    Err(SubmitError::Rejected { txid, rejection: Box::new(rejection.clone()) })
                }
                Some(Fate::Postponed) | None => Err(lost),
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
    batch.iter().map(Request::bytes).sum()
}

impl Request {
    /// Bytes of its transaction.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Submit { incoming, .. } => incoming.raw.len(),
            Self::Operate { .. } | Self::Mine { .. } => 0,
        }
    }

    /// The accounts that signed its transaction.
    pub(crate) fn accounts(&self) -> Vec<Principal> {
        match self {
            Self::Submit { incoming, .. } => incoming.accounts(),
            Self::Operate { .. } | Self::Mine { .. } => Vec::new(),
        }
    }

    /// Answers that its transaction is rejected.
    pub(crate) fn reject(self, rejection: Rejection) {
        match self {
            Self::Submit { incoming, reply } => {
                let (txid, rejection) = (incoming.txid, Box::new(rejection));
                reply(Err(SubmitError::Rejected { txid, rejection }));
            }
            Self::Operate { .. } | Self::Mine { .. } => {}
        }
    }

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
