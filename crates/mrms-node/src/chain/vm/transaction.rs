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
use super::contract_cache::Metering;
use super::deploy::{analyse, is_published, runnable};
use super::limits::{Cancellation, Limits};
use super::machine::with_database;
use super::meter::Spent;
use super::outcome::{ErrorClass, Outcome, RunOutput, classify, encode, events};
use super::watch::{Hook, Interruption, Watch};
use super::{Machine, RunError, State, View, accounts, admission, post_conditions};
use crate::chain::error::{LedgerFailure, Rejection};
use crate::chain::identifiers::ContractId;
use crate::chain::incoming::IncomingTransaction;
use crate::chain::receipt::{Cost, Status};
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
        self.is_running = true;
        let ran = match &incoming.transaction.payload {
            Payload::Transfer { .. } => self.transfer(state, view, incoming),
            Payload::Call { contract, function, arguments } => {
                self.call(state, view, incoming, contract, function, arguments)
            }
            Payload::Deploy { name, source, version } => {
                self.deploy(state, view, incoming, name, source, *version)
            }
        };
        self.is_running = matches!(ran, Err(RunError::Failed(LedgerFailure::VmBrokeOff)));
        ran
    }

    /// Runs a transaction under the limits of new blocks, to tell whether one would take it.
    pub(crate) fn try_out(
        &mut self,
        state: &mut State<'_>,
        view: &View<'_>,
        incoming: &IncomingTransaction,
    ) -> Result<(), RunError> {
        let limits = std::mem::replace(&mut self.limits, Limits::NewBlocks);
        let tried = self.run(state, view, incoming);
        self.limits = limits;
        tried.map(drop)
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
        let cancellation = Cancellation::default();
        let watch = Watch::begin(&cancellation);
        self.include(state, view, &watch, incoming, |database, hook| {
            let free = LimitedCostTracker::new_free();
            in_environment(chain_id, database, free, hook, |environment| {
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
        let chain_id = self.chain_id;
        let tracker = match loaded.metering {
            Metering::Free => LimitedCostTracker::new_free(),
            Metering::Metered => self.meter.begin(chain_id, self.limits.allowance())?,
        };
        let cancellation = self.cancellation.clone();
        let watch = Watch::begin(&cancellation);
        self.include(state, view, &watch, incoming, |database, hook| {
            let call = Call {
                sender: incoming.origin(),
                sponsor: incoming.sponsor(),
                contract: &loaded,
                function,
                arguments,
                callable: Callable::Public,
            };
            call.run(chain_id, database, tracker, hook)
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
        let chain_id = self.chain_id;
        let tracker = match self.contracts.metering(source) {
            Metering::Free => LimitedCostTracker::new_free(),
            Metering::Metered => {
                let longest = self.limits.longest_source();
                if source.len() > longest {
                    return Err(Rejection::SourceTooLong { longest }.into());
                }
                self.meter.begin_analysis(chain_id, self.limits.allowance())?
            }
        };
        let (mut tracker, analysed) =
            analyse(state, contract.as_vm(), source, runnable(version), tracker);
        self.meter.end_analysis(&mut tracker);
        let cancellation = self.cancellation.clone();
        let watch = Watch::begin(&cancellation);
        if let Some(failure) = state.take_failure() {
            return Err(RunError::Failed(failure));
        }
        match analysed {
            Ok(analysed) => self.include(state, view, &watch, incoming, |database, hook| {
                analysed.publish(chain_id, database, tracker, hook, incoming.sponsor())
            }),
            Err(class) => {
                let spent = self.end_run(tracker);
                let cost = spent.map(|spent| spent.cost.into());
                match class {
                    ErrorClass::Refuse(error) => Err(with_cost(error, cost)),
                    ErrorClass::Abort(note) => {
                        with_database(state, view, |database| charge(database, view, incoming))?;
                        Outcome::aborted(note, cost)
                    }
                }
            }
        }
    }

    /// Takes fee and nonces, runs the payload, and keeps or undoes its changes.
    fn include<'w>(
        &mut self,
        state: &mut State<'_>,
        view: &View<'_>,
        watch: &'w Watch<'w>,
        incoming: &IncomingTransaction,
        run: impl for<'d> FnOnce(
            clarity::vm::database::ClarityDatabase<'d>,
            &'d mut Hook<'w>,
        ) -> Result<RunResult<'d>, RunError>,
    ) -> Result<Outcome, RunError> {
        let mut hook = Hook(watch);
        let mut database = view.database(state);
        database.begin();
        charge(&mut database, view, incoming)?;
        database.begin();
        let RunResult { mut database, tracker, output } = run(database, &mut hook)?;
        let spent = self.end_run(tracker);
        let outcome = match refused(watch, spent.as_ref()) {
            Some(rejection) => Err(rejection.into()),
            None => self.outcome(incoming, output, spent.map(|spent| spent.cost.into())),
        };
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

    /// Takes a tracker back, and counts the steps of its run.
    pub(super) fn end_run(&mut self, tracker: LimitedCostTracker) -> Option<Spent> {
        let spent = self.meter.end(tracker)?;
        self.steps = self.steps.saturating_add(spent.steps);
        Some(spent)
    }

    fn outcome(
        &self,
        incoming: &IncomingTransaction,
        output: Result<RunOutput, clarity::vm::errors::Error>,
        cost: Option<Cost>,
    ) -> Result<Outcome, RunError> {
        let output = match output {
            Ok(output) => output,
            Err(error) => {
                return match classify(&error) {
                    ErrorClass::Abort(note) => Outcome::aborted(note, cost),
                    ErrorClass::Refuse(error) => Err(with_cost(error, cost)),
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

/// Why a run is not included, however it ended: it was broken off, or it wrote more often than allowed.
fn refused(watch: &Watch<'_>, spent: Option<&Spent>) -> Option<Rejection> {
    match watch.interrupted() {
        Some(Interruption::TookTooLong) => Some(Rejection::TookTooLong),
        Some(Interruption::Signalled) => Some(Rejection::Stopped),
        None => {
            let spent = spent.filter(|spent| spent.writes_too_often)?;
            Some(Rejection::ExceedsBlockLimit { cost: Some(spent.cost.clone().into()) })
        }
    }
}

/// Adds the cost to an error that says only that it was too much.
fn with_cost(error: RunError, cost: Option<Cost>) -> RunError {
    match error {
        RunError::Rejected(Rejection::ExceedsBlockLimit { cost: None }) => {
            Rejection::ExceedsBlockLimit { cost }.into()
        }
        other => other,
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::chain::identifiers::Principal;
    use crate::chain::store;
    use crate::chain::units::{BurnHeight, MicroStx};
    use crate::chain::wire::{
        AnchorMode, Authorization, PostConditionMode, SigningKey, SpendingCondition, Transaction,
        TransactionVersion, Witness,
    };
    use crate::chain::{Allocation, DEFAULT_CHAIN_ID, Ledger, Settings};

    const FOLDS: &str = "
(define-constant L (list u1 u2 u3 u4 u5 u6 u7 u8 u9 u10 u11 u12 u13 u14 u15 u16 u17))
(define-private (a (n uint) (s uint)) (+ s n))
(define-private (b (n uint) (s uint)) (fold a L s))
(define-private (c (n uint) (s uint)) (fold b L s))
(define-public (all) (ok (fold c L u0)))";

    fn signed(key: &SigningKey, nonce: u64, payload: Payload) -> Vec<u8> {
        let origin =
            SpendingCondition { signer: [0; 20], nonce, fee: 10_000, witness: Witness::unsigned() };
        let mut transaction = Transaction {
            version: TransactionVersion::Testnet,
            chain_id: DEFAULT_CHAIN_ID,
            authorization: Authorization::Standard { origin },
            anchor_mode: AnchorMode::Any,
            post_condition_mode: PostConditionMode::Allow,
            post_conditions: Vec::new(),
            payload,
        };
        transaction.sign_as_origin(key).unwrap();
        transaction.encode()
    }

    /// A chain that was made under wider limits than today's can still be executed again.
    #[test]
    fn limits_of_new_blocks_are_narrower_than_those_of_chains_that_exist() {
        let key = SigningKey::from_bytes([7; 32]).unwrap();
        let account: Principal = key.account().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings {
            foreign_time: std::time::Duration::from_secs(30),
            allocations: vec![Allocation {
                account: account.clone(),
                amount: MicroStx::new(1_000_000),
            }],
            ..Settings::default()
        };
        let ledger = Ledger::open(folder.path(), settings).unwrap();
        let (name, source) = ("folds".to_owned(), FOLDS.to_owned());
        ledger.submit(&signed(&key, 0, Payload::Deploy { name, source, version: None })).unwrap();
        let call = Payload::Call {
            contract: ContractId::parse(&format!("{account}.folds")).unwrap(),
            function: "all".to_owned(),
            arguments: Vec::new(),
        };
        let call = IncomingTransaction::check(&signed(&key, 1, call), DEFAULT_CHAIN_ID).unwrap();
        let file = store::open_read_only(folder.path()).unwrap();
        let view = View::new(&file, BurnHeight::new(1), [0; 20]);
        let tip = store::tip(&file).unwrap().unwrap();
        let run = |limits| {
            let mut state = State::new(&file, tip.header.height.get() + 1, tip.hash);
            let mut machine = Machine::new(&file, DEFAULT_CHAIN_ID).unwrap();
            machine.limit_to(limits, Cancellation::default());
            machine.run(&mut state, &view, &call)
        };
        let done = run(Limits::Network).unwrap();
        assert_eq!(done.status, Status::Success);
        let Err(RunError::Rejected(Rejection::ExceedsBlockLimit { cost: Some(cost) })) =
            run(Limits::NewBlocks)
        else {
            panic!("not refused")
        };
        assert!(cost.runtime < done.cost.unwrap().runtime);
    }
}
