//! Runs one transaction: checks it against the state, takes fee and nonces, runs the payload, checks
//! post-conditions.
//!
//! Changes are made in two database layers. The outer layer has fee and nonces, and is kept whenever the
//! block includes the transaction. The inner layer has the payload's changes, and is kept only when the
//! payload succeeded.

use clarity::vm::Value;
use clarity::vm::costs::LimitedCostTracker;
use clarity::vm::types::BuffData;

use super::call::{Call, Callable, RunResult, in_environment};
use super::deploy::{analyse, is_published, runnable};
use super::machine::with_database;
use super::outcome::{ErrorClass, Outcome, RunOutput, classify, encode, events};
use super::{
    IncomingTransaction, Machine, RunError, State, View, accounts, admission, post_conditions,
};
use crate::chain::error::{LedgerFailure, Rejection};
use crate::chain::identifiers::ContractId;
use crate::chain::receipt::Status;
use crate::chain::wire::{ClarityVersionByte, Payload};

impl Machine {
    /// Checks and runs a transaction in the block under construction. On an error `state` is unchanged. On
    /// [`RunError::Failed`] the caller must discard the whole block.
    pub(crate) fn run(
        &mut self,
        state: &mut State<'_>,
        view: &View<'_>,
        incoming: &IncomingTransaction,
    ) -> Result<Outcome, RunError> {
        with_database(state, view, |database| incoming.check_accounts(database))?;
        match &incoming.transaction.payload {
            Payload::Transfer { .. } => self.transfer(state, view, incoming),
            Payload::Call { contract, function, arguments } => {
                self.call(state, view, incoming, contract, function, arguments)
            }
            Payload::Deploy { name, source, version } => {
                self.deploy(state, view, incoming, name, source, *version)
            }
        }
    }

    fn transfer(
        &mut self,
        state: &mut State<'_>,
        view: &View<'_>,
        incoming: &IncomingTransaction,
    ) -> Result<Outcome, RunError> {
        let Payload::Transfer { recipient, amount, memo } = &incoming.transaction.payload else {
            return Err(RunError::Failed(LedgerFailure::VmBrokeOff));
        };
        let (chain_id, origin) = (self.chain_id, incoming.origin());
        let memo = BuffData { data: memo.to_vec() };
        self.include(state, view, incoming, |database| {
            in_environment(chain_id, database, LimitedCostTracker::new_free(), |environment| {
                let (value, assets, events) = environment.stx_transfer(
                    &origin,
                    recipient.as_vm(),
                    u128::from(*amount),
                    &memo,
                )?;
                Ok(RunOutput { value, assets, events })
            })
        })
    }

    fn call(
        &mut self,
        state: &mut State<'_>,
        view: &View<'_>,
        incoming: &IncomingTransaction,
        contract: &ContractId,
        function: &str,
        arguments: &[Vec<u8>],
    ) -> Result<Outcome, RunError> {
        let Some(loaded) = self.load(state, view, contract.as_vm())? else {
            return Err(Rejection::NoSuchContract { contract: contract.clone() }.into());
        };
        let arguments =
            arguments.iter().map(|bytes| decode(bytes)).collect::<Result<Vec<_>, _>>()?;
        let checked = admission::check_arguments(state, contract, &loaded, function, &arguments);
        if let Some(failure) = state.take_failure() {
            return Err(RunError::Failed(failure));
        }
        checked?;
        let tracker = self.tracker(state, view, loaded.metering)?;
        let chain_id = self.chain_id;
        self.include(state, view, incoming, |database| {
            let call = Call {
                sender: incoming.origin(),
                sponsor: incoming.sponsor(),
                contract: &loaded,
                function,
                arguments,
                callable: Callable::Public,
            };
            call.run(chain_id, database, tracker)
        })
    }

    fn deploy(
        &mut self,
        state: &mut State<'_>,
        view: &View<'_>,
        incoming: &IncomingTransaction,
        name: &str,
        source: &str,
        version: Option<ClarityVersionByte>,
    ) -> Result<Outcome, RunError> {
        let contract = incoming.deployed(name)?;
        if is_published(state, view, contract.as_vm())? {
            return Err(Rejection::ContractAlreadyExists { contract }.into());
        }
        let metering = self.contracts.metering(source);
        let tracker = self.tracker(state, view, metering)?;
        let (tracker, analysed) =
            analyse(state, contract.as_vm(), source, runnable(version), tracker);
        if let Some(failure) = state.take_failure() {
            return Err(RunError::Failed(failure));
        }
        match analysed {
            Ok(analysed) => {
                let chain_id = self.chain_id;
                self.include(state, view, incoming, |database| {
                    analysed.publish(chain_id, database, tracker, incoming.sponsor())
                })
            }
            Err(class) => {
                let cost = self.put_back(tracker).map(Into::into);
                match class {
                    ErrorClass::Refuse(error) => Err(error),
                    ErrorClass::Abort(note) => {
                        with_database(state, view, |database| charge(database, view, incoming))?;
                        Outcome::aborted(note, cost)
                    }
                }
            }
        }
    }

    /// Takes fee and nonces, runs the payload, and keeps or undoes its changes.
    fn include<'s>(
        &mut self,
        state: &'s mut State<'_>,
        view: &'s View<'_>,
        incoming: &IncomingTransaction,
        run: impl for<'d> FnOnce(
            clarity::vm::database::ClarityDatabase<'d>,
        ) -> Result<RunResult<'d>, RunError>,
    ) -> Result<Outcome, RunError> {
        let mut database = view.database(state);
        database.begin();
        charge(&mut database, view, incoming)?;
        database.begin();
        let RunResult { mut database, tracker, output } = run(database)?;
        let cost = self.put_back(tracker).map(Into::into);
        let outcome = self.outcome(incoming, output, cost);
        match &outcome {
            Ok(done) if done.status == Status::Success => database.commit()?,
            Ok(_) => database.roll_back()?,
            Err(_) => {}
        }
        if outcome.is_ok() {
            database.commit()?;
        }
        drop(database);
        match state.take_failure() {
            Some(failure) => Err(RunError::Failed(failure)),
            None => outcome,
        }
    }

    fn outcome(
        &self,
        incoming: &IncomingTransaction,
        output: Result<RunOutput, clarity::vm::errors::Error>,
        cost: Option<crate::chain::receipt::Cost>,
    ) -> Result<Outcome, RunError> {
        let output = match output {
            Ok(output) => output,
            Err(error) => {
                return match classify(&error) {
                    ErrorClass::Abort(note) => Outcome::aborted(note, cost),
                    ErrorClass::Refuse(error) => Err(error),
                };
            }
        };
        let result = encode(&output.value)?;
        let violation = match &incoming.transaction.payload {
            // Post-conditions do not apply to a transfer: its payload says what it moves (SIP-005).
            Payload::Transfer { .. } => None,
            Payload::Call { .. } | Payload::Deploy { .. } => post_conditions::violation(
                &incoming.transaction.post_conditions,
                incoming.transaction.post_condition_mode,
                &incoming.origin(),
                &output.assets,
            )?,
        };
        if let Some(note) = violation {
            let status = Status::AbortByPostCondition;
            return Ok(Outcome { status, result, events: Vec::new(), cost, note: Some(note) });
        }
        match &output.value {
            Value::Response(response) if !response.committed => {
                let note = Some(format!("the contract answered {}", output.value));
                Ok(Outcome {
                    status: Status::AbortByResponse,
                    result,
                    events: Vec::new(),
                    cost,
                    note,
                })
            }
            _ => {
                let events = events(&output.events)?;
                Ok(Outcome { status: Status::Success, result, events, cost, note: None })
            }
        }
    }
}

/// Takes the fee and marks the nonces as used.
fn charge(
    database: &mut clarity::vm::database::ClarityDatabase<'_>,
    view: &View<'_>,
    incoming: &IncomingTransaction,
) -> Result<(), RunError> {
    let authorization = &incoming.transaction.authorization;
    let payer = authorization.payer().account();
    accounts::pay_fee(database, payer.as_vm(), &view.node_account(), u128::from(incoming.fee()))?;
    let origin = authorization.origin();
    accounts::use_nonce(database, origin.account().as_vm(), origin.nonce)?;
    if let Some(sponsor) = authorization.sponsor() {
        accounts::use_nonce(database, sponsor.account().as_vm(), sponsor.nonce)?;
    }
    Ok(())
}

/// Decodes an argument. The transaction's codec has checked it already.
fn decode(bytes: &[u8]) -> Result<Value, RunError> {
    Value::deserialize_read(&mut &bytes[..], None, false).map_err(|error| {
        RunError::Rejected(Rejection::BadFunctionArgument { message: error.to_string() })
    })
}
