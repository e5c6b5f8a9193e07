//! Running one transaction: admission against the state, fee and nonces, payload, post-conditions.
//!
//! Two layers of changes: the outer has fee and nonces and stays whenever the transaction is included, the
//! inner has what the payload did and stays only when it succeeded.

use clarity::vm::Value;
use clarity::vm::costs::LimitedCostTracker;
use clarity::vm::types::BuffData;

use super::call::{Call, Ran, Reach, in_environment};
use super::deploy::{analyse, is_published, runnable};
use super::machine::with_database;
use super::outcome::{Answer, Outcome, Verdict, encode, events, judge};
use super::{Incoming, Machine, Refusal, State, View, accounts, admission, post_conditions};
use crate::chain::error::{LedgerFailure, Rejection};
use crate::chain::identifiers::ContractId;
use crate::chain::receipt::Status;
use crate::chain::wire::{ClarityVersionByte, Payload};

impl Machine {
    /// Checks and runs a transaction in the block under construction. When it is refused, `state` is as it
    /// was; a refusal with [`Refusal::Failed`] means that the block itself must be given up.
    pub(crate) fn run(
        &mut self,
        state: &mut State<'_>,
        view: &View<'_>,
        incoming: &Incoming,
    ) -> Result<Outcome, Refusal> {
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
        incoming: &Incoming,
    ) -> Result<Outcome, Refusal> {
        let Payload::Transfer { recipient, amount, memo } = &incoming.transaction.payload else {
            return Err(Refusal::Failed(LedgerFailure::VmBrokeOff));
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
                Ok(Answer { value, assets, events })
            })
        })
    }

    fn call(
        &mut self,
        state: &mut State<'_>,
        view: &View<'_>,
        incoming: &Incoming,
        contract: &ContractId,
        function: &str,
        arguments: &[Vec<u8>],
    ) -> Result<Outcome, Refusal> {
        let Some(loaded) = self.load(state, view, contract.as_vm())? else {
            return Err(Rejection::NoSuchContract { contract: contract.clone() }.into());
        };
        let arguments =
            arguments.iter().map(|bytes| decode(bytes)).collect::<Result<Vec<_>, _>>()?;
        let checked = admission::check_arguments(state, contract, &loaded, function, &arguments);
        if let Some(failure) = state.take_fault() {
            return Err(Refusal::Failed(failure));
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
                reach: Reach::Public,
            };
            call.run(chain_id, database, tracker)
        })
    }

    fn deploy(
        &mut self,
        state: &mut State<'_>,
        view: &View<'_>,
        incoming: &Incoming,
        name: &str,
        source: &str,
        version: Option<ClarityVersionByte>,
    ) -> Result<Outcome, Refusal> {
        let contract = incoming.deployed(name)?;
        if is_published(state, view, contract.as_vm())? {
            return Err(Rejection::ContractAlreadyExists { contract }.into());
        }
        let metering = self.contracts.metering(source);
        let tracker = self.tracker(state, view, metering)?;
        let (tracker, analysed) =
            analyse(state, contract.as_vm(), source, runnable(version), tracker);
        if let Some(failure) = state.take_fault() {
            return Err(Refusal::Failed(failure));
        }
        match analysed {
            Ok(analysed) => {
                let chain_id = self.chain_id;
                self.include(state, view, incoming, |database| {
                    analysed.publish(chain_id, database, tracker, incoming.sponsor())
                })
            }
            Err(verdict) => {
                let cost = self.put_back(tracker).map(Into::into);
                match verdict {
                    Verdict::Refuse(refusal) => Err(refusal),
                    Verdict::Abort(note) => {
                        with_database(state, view, |database| charge(database, view, incoming))?;
                        Outcome::aborted(note, cost)
                    }
                }
            }
        }
    }

    /// Charges, runs, judges, and keeps or undoes what was run.
    fn include<'s>(
        &mut self,
        state: &'s mut State<'_>,
        view: &'s View<'_>,
        incoming: &Incoming,
        run: impl for<'d> FnOnce(clarity::vm::database::ClarityDatabase<'d>) -> Result<Ran<'d>, Refusal>,
    ) -> Result<Outcome, Refusal> {
        let mut database = view.database(state);
        database.begin();
        charge(&mut database, view, incoming)?;
        database.begin();
        let Ran { mut database, tracker, answer } = run(database)?;
        let cost = self.put_back(tracker).map(Into::into);
        let judged = self.judge(incoming, answer, cost);
        match &judged {
            Ok(outcome) if outcome.status == Status::Success => database.commit()?,
            Ok(_) => database.roll_back()?,
            Err(_) => {}
        }
        if judged.is_ok() {
            database.commit()?;
        }
        drop(database);
        match state.take_fault() {
            Some(failure) => Err(Refusal::Failed(failure)),
            None => judged,
        }
    }

    fn judge(
        &self,
        incoming: &Incoming,
        answer: Result<Answer, clarity::vm::errors::Error>,
        cost: Option<crate::chain::receipt::Cost>,
    ) -> Result<Outcome, Refusal> {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                return match judge(&error) {
                    Verdict::Abort(note) => Outcome::aborted(note, cost),
                    Verdict::Refuse(refusal) => Err(refusal),
                };
            }
        };
        let result = encode(&answer.value)?;
        let broken = match &incoming.transaction.payload {
            // A transfer says itself what it moves; conditions and mode do not concern it (SIP-005).
            Payload::Transfer { .. } => None,
            Payload::Call { .. } | Payload::Deploy { .. } => post_conditions::broken(
                &incoming.transaction.post_conditions,
                incoming.transaction.post_condition_mode,
                &incoming.origin(),
                &answer.assets,
            )?,
        };
        if let Some(note) = broken {
            let status = Status::AbortByPostCondition;
            return Ok(Outcome { status, result, events: Vec::new(), cost, note: Some(note) });
        }
        match &answer.value {
            Value::Response(response) if !response.committed => {
                let note = Some(format!("the contract answered {}", answer.value));
                Ok(Outcome {
                    status: Status::AbortByResponse,
                    result,
                    events: Vec::new(),
                    cost,
                    note,
                })
            }
            _ => {
                let events = events(&answer.events)?;
                Ok(Outcome { status: Status::Success, result, events, cost, note: None })
            }
        }
    }
}

/// Takes the fee and uses the nonces up.
fn charge(
    database: &mut clarity::vm::database::ClarityDatabase<'_>,
    view: &View<'_>,
    incoming: &Incoming,
) -> Result<(), Refusal> {
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

/// Bytes that the codec has found to be a canonical value.
fn decode(bytes: &[u8]) -> Result<Value, Refusal> {
    Value::deserialize_read(&mut &bytes[..], None, false).map_err(|error| {
        Refusal::Rejected(Rejection::BadFunctionArgument { message: error.to_string() })
    })
}
