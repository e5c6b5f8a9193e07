//! Reads that change nothing: accounts, contracts, maps, variables, read-only calls and simulated
//! transactions.

use std::rc::Rc;

use clarity::vm::Value;
use clarity::vm::analysis::ContractAnalysis;
use clarity::vm::costs::LimitedCostTracker;
use clarity::vm::database::ClarityDatabase;

use super::call::{Call, Callable, RunResult};
use super::contract_cache::{Loaded, Metering};
use super::deploy::{analyse, runnable};
use super::limits::Allowance;
use super::machine::with_database;
use super::outcome::{ErrorClass, classify, encode, events};
use super::watch::{Hook, Interruption, Watch};
use super::{EPOCH, Machine, RunError, State, View, accounts};
use crate::chain::error::{LedgerFailure, ReadError, Rejection};
use crate::chain::identifiers::{ContractId, Principal, unspellable_version};
use crate::chain::receipt::{Cost, Event, Status};
use crate::chain::units::MicroStx;
use crate::chain::wire::ClarityVersionByte;

/// An account's balance and nonce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// STX that the account can spend.
    pub balance: MicroStx,
    /// Nonce of the account's next transaction.
    pub nonce: u64,
}

/// What a transaction's payload would do and cost now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulation {
    /// How it would end. A simulation does not check post-conditions.
    pub status: Status,
    /// What the contract would return, in Clarity's consensus encoding.
    pub result: Vec<u8>,
    /// Its events.
    pub events: Vec<Event>,
    /// Its cost on the network, whether or not this ledger meters the contract.
    pub cost: Cost,
    /// Why it would fail, as a message for people.
    pub note: Option<String>,
}

impl Machine {
    pub(crate) fn account(
        state: &mut State<'_>,
        view: &View<'_>,
        account: &Principal,
    ) -> Result<Account, ReadError> {
        ask(state, view, |database| {
            Ok(Account {
                balance: MicroStx::new(accounts::balance(database, account.as_vm())?),
                nonce: database.get_account_nonce(account.as_vm())?,
            })
        })
    }

    /// How much STX exists.
    pub(crate) fn supply(state: &mut State<'_>, view: &View<'_>) -> Result<MicroStx, ReadError> {
        ask(state, view, |database| Ok(MicroStx::new(database.get_total_liquid_ustx()?)))
    }

    pub(crate) fn call_read_only(
        &mut self,
        state: &mut State<'_>,
        view: &View<'_>,
        contract: &ContractId,
        function: &str,
        arguments: &[Vec<u8>],
        sender: &Principal,
    ) -> Result<Vec<u8>, ReadError> {
        let loaded = self.published(state, view, contract)?;
        let Some(asked) = loaded.context.lookup_function(function) else {
            return Err(no_member(contract, "function", function));
        };
        if asked.is_public() && !asked.is_read_only() {
            let (contract, function) = (contract.clone(), function.to_owned());
            return Err(ReadError::NotReadOnly { contract, function });
        }
        let tracker = match loaded.metering {
            Metering::Free => LimitedCostTracker::new_free(),
            Metering::Metered => self.read_only_tracker()?,
        };
        let call = Call {
            sender: sender.as_vm().clone(),
            sponsor: None,
            contract: &loaded,
            function,
            arguments: values(arguments)?,
            callable: Callable::ReadOnly,
        };
        self.answer(state, view, call, tracker)
    }

    /// Calls a public function, as long as it writes nothing. Always metered, even for a pinned source: the costs tell
    /// whether it wrote.
    pub(crate) fn call_public(
        &mut self,
        state: &mut State<'_>,
        view: &View<'_>,
        contract: &ContractId,
        function: &str,
        arguments: &[Vec<u8>],
        sender: &Principal,
    ) -> Result<Vec<u8>, ReadError> {
        let loaded = self.published(state, view, contract)?;
        let tracker = self.read_only_tracker()?;
        let call = Call {
            sender: sender.as_vm().clone(),
            sponsor: None,
            contract: &loaded,
            function,
            arguments: values(arguments)?,
            callable: Callable::Public,
        };
        self.answer(state, view, call, tracker)
    }

    fn read_only_tracker(&mut self) -> Result<LimitedCostTracker, ReadError> {
        self.meter.begin(self.chain_id, &Allowance::READ_ONLY).map_err(unread)
    }

    /// Runs a call that must not write, and undoes it.
    fn answer(
        &mut self,
        state: &mut State<'_>,
        view: &View<'_>,
        call: Call<'_>,
        tracker: LimitedCostTracker,
    ) -> Result<Vec<u8>, ReadError> {
        let (contract, function) = (call.contract.id(), call.function.to_owned());
        let cancellation = self.cancellation.clone();
        let watch = Watch::begin(&cancellation);
        let mut hook = Hook(&watch);
        let mut database = view.database(state);
        database.begin();
        let RunResult { database, tracker, output } =
            call.run(self.chain_id, database, tracker, &mut hook).map_err(unread)?;
        drop(database);
        let spent = self.end_run(tracker);
        if let Some(failure) = state.take_failure() {
            return Err(failure.into());
        }
        unbroken(&watch)?;
        if spent.is_some_and(|spent| spent.cost.write_count > 0) {
            return Err(ReadError::NotReadOnly { contract, function });
        }
        match output {
            Ok(output) => encode(&output.value).map_err(unread),
            Err(error) => Err(match classify(&error) {
                ErrorClass::Abort(message) => ReadError::Stopped { message },
                ErrorClass::Refuse(error) => unread(error),
            }),
        }
    }

    /// Runs a call as a transaction would and undoes it. Always metered, even for a pinned source.
    pub(crate) fn simulate_call(
        &mut self,
        state: &mut State<'_>,
        view: &View<'_>,
        contract: &ContractId,
        function: &str,
        arguments: &[Vec<u8>],
        sender: &Principal,
    ) -> Result<Simulation, ReadError> {
        let loaded = self.published(state, view, contract)?;
        if !loaded.public.contains_key(function) {
            return Err(no_member(contract, "public function", function));
        }
        let allowance = self.limits.allowance();
        let tracker = self.meter.begin(self.chain_id, allowance).map_err(unread)?;
        let call = Call {
            sender: sender.as_vm().clone(),
            sponsor: None,
            contract: &loaded,
            function,
            arguments: values(arguments)?,
            callable: Callable::Public,
        };
        let cancellation = self.cancellation.clone();
        let watch = Watch::begin(&cancellation);
        let mut hook = Hook(&watch);
        let mut database = view.database(state);
        database.begin();
        let ran = call.run(self.chain_id, database, tracker, &mut hook).map_err(unread)?;
        self.simulated(&watch, ran)
    }

    /// Publishes a contract as a transaction of its deployer would and undoes it. Always metered.
    pub(crate) fn simulate_deploy(
        &mut self,
        state: &mut State<'_>,
        view: &View<'_>,
        contract: &ContractId,
        source: &str,
        version: Option<ClarityVersionByte>,
    ) -> Result<Simulation, ReadError> {
        let allowance = self.limits.allowance();
        let tracker = self.meter.begin_analysis(self.chain_id, allowance).map_err(unread)?;
        let cancellation = self.cancellation.clone();
        let watch = Watch::begin(&cancellation);
        let (mut tracker, analysed) =
            analyse(state, contract.as_vm(), source, runnable(version), tracker);
        self.meter.end_analysis(&mut tracker);
        let analysed = match analysed {
            Ok(analysed) => analysed,
            Err(class) => {
                let spent = self.end_run(tracker);
                let cost = spent.map(|spent| spent.cost.into()).unwrap_or_default();
                return match class {
                    ErrorClass::Abort(note) => failed(note, cost),
                    ErrorClass::Refuse(error) => Err(unread(error)),
                };
            }
        };
        let mut hook = Hook(&watch);
        let mut database = view.database(state);
        database.begin();
        let ran =
            analysed.publish(self.chain_id, database, tracker, &mut hook, None).map_err(unread)?;
        self.simulated(&watch, ran)
    }

    fn simulated(
        &mut self,
        watch: &Watch<'_>,
        ran: RunResult<'_>,
    ) -> Result<Simulation, ReadError> {
        let RunResult { output, tracker, .. } = ran;
        let spent = self.end_run(tracker);
        unbroken(watch)?;
        if spent.as_ref().is_some_and(|spent| spent.writes_too_often) {
            return Err(ReadError::TooCostly);
        }
        let cost = spent.map(|spent| spent.cost.into()).unwrap_or_default();
        let output = match output {
            Ok(output) => output,
            Err(error) => {
                return match classify(&error) {
                    ErrorClass::Abort(note) => failed(note, cost),
                    ErrorClass::Refuse(error) => Err(unread(error)),
                };
            }
        };
        let result = encode(&output.value).map_err(unread)?;
        Ok(match &output.value {
            Value::Response(response) if !response.committed => Simulation {
                status: Status::AbortByResponse,
                result,
                events: Vec::new(),
                cost,
                note: Some(format!("the contract answered {}", output.value)),
            },
            _ => Simulation {
                status: Status::Success,
                result,
                events: events(&output.events).map_err(unread)?,
                cost,
                note: None,
            },
        })
    }

    /// Reads a map's entry as an optional value; `none` when the key is not there.
    pub(crate) fn map_entry(
        &mut self,
        state: &mut State<'_>,
        view: &View<'_>,
        contract: &ContractId,
        map: &str,
        key: &[u8],
    ) -> Result<Vec<u8>, ReadError> {
        let contracts = &mut self.contracts;
        let shape =
            ask(state, view, |database| Ok(contracts.shape(database, contract.as_vm(), map)))?;
        let Some(shape) = shape else {
            self.published(state, view, contract)?;
            return Err(no_member(contract, "map", map));
        };
        let key = Value::try_deserialize_bytes_exact(&key.to_vec(), &shape.key_type, true)
            .map_err(|error| ReadError::BadValue { field: "key", message: error.to_string() })?;
        // The VM stores entries in consensus encoding: a written one as `some`, a deleted one as `none`.
        let key = ClarityDatabase::make_key_for_data_map_entry(contract.as_vm(), map, &key)
            .map_err(|error| unread(error.into()))?;
        match state.encoded(&key)? {
            None => encode(&Value::none()).map_err(unread),
            Some(stored) => Ok(stored),
        }
    }

    pub(crate) fn data_variable(
        &mut self,
        state: &mut State<'_>,
        view: &View<'_>,
        contract: &ContractId,
        variable: &str,
    ) -> Result<Vec<u8>, ReadError> {
        let loaded = self.published(state, view, contract)?;
        let Some(shape) = loaded.context.meta_data_var.get(variable) else {
            return Err(no_member(contract, "variable", variable));
        };
        let value = ask(state, view, |database| {
            Ok(database.lookup_variable(contract.as_vm(), variable, shape, &EPOCH)?)
        })?;
        encode(&value).map_err(unread)
    }

    pub(crate) fn constant(
        &mut self,
        state: &mut State<'_>,
        view: &View<'_>,
        contract: &ContractId,
        constant: &str,
    ) -> Result<Vec<u8>, ReadError> {
        let loaded = self.published(state, view, contract)?;
        match loaded.context.lookup_variable(constant) {
            Some(value) => encode(value).map_err(unread),
            None => Err(no_member(contract, "constant", constant)),
        }
    }

    /// Reads a contract's interface, as the JSON of the Stacks node's `/v2/contracts/interface`.
    pub(crate) fn interface(
        state: &mut State<'_>,
        view: &View<'_>,
        contract: &ContractId,
    ) -> Result<String, ReadError> {
        let analysis: Option<ContractAnalysis> =
            ask(state, view, |database| Ok(database.load_contract_analysis(contract.as_vm())?))?;
        let analysis =
            analysis.ok_or_else(|| ReadError::NoSuchContract { contract: contract.clone() })?;
        let damaged = ReadError::Failed {
            failure: LedgerFailure::Damaged { what: "a contract's interface" },
        };
        let interface = analysis.contract_interface.ok_or_else(|| damaged.clone())?;
        serde_json::to_string(&interface).map_err(|_| damaged)
    }

    /// Reads a contract's source text.
    pub(crate) fn source(
        state: &mut State<'_>,
        view: &View<'_>,
        contract: &ContractId,
    ) -> Result<String, ReadError> {
        let source = ask(state, view, |database| Ok(database.get_contract_src(contract.as_vm())))?;
        source.ok_or_else(|| ReadError::NoSuchContract { contract: contract.clone() })
    }

    fn published(
        &mut self,
        state: &mut State<'_>,
        view: &View<'_>,
        contract: &ContractId,
    ) -> Result<Rc<Loaded>, ReadError> {
        self.load(state, view, contract.as_vm())
            .map_err(unread)?
            .ok_or_else(|| ReadError::NoSuchContract { contract: contract.clone() })
    }
}

fn ask<T>(
    state: &mut State<'_>,
    view: &View<'_>,
    question: impl FnOnce(&mut ClarityDatabase<'_>) -> Result<T, RunError>,
) -> Result<T, ReadError> {
    with_database(state, view, question).map_err(unread)
}

/// Fails when the watch broke the run off: its result is none then.
fn unbroken(watch: &Watch<'_>) -> Result<(), ReadError> {
    match watch.interrupted() {
        None => Ok(()),
        Some(Interruption::TookTooLong) => Err(ReadError::TookTooLong),
        Some(Interruption::Signalled) => Err(ReadError::Interrupted),
    }
}

fn failed(note: String, cost: Cost) -> Result<Simulation, ReadError> {
    let result = encode(&Value::err_none()).map_err(unread)?;
    Ok(Simulation {
        status: Status::AbortByResponse,
        result,
        events: Vec::new(),
        cost,
        note: Some(note),
    })
}

fn no_member(contract: &ContractId, kind: &'static str, name: &str) -> ReadError {
    ReadError::NoSuchMember { contract: contract.clone(), kind, name: name.to_owned() }
}

fn values(arguments: &[Vec<u8>]) -> Result<Vec<Value>, ReadError> {
    let decode = |bytes: &Vec<u8>| {
        let mut rest = bytes.as_slice();
        let value = Value::deserialize_read(&mut rest, None, false).map_err(|error| {
            ReadError::BadValue { field: "argument", message: error.to_string() }
        })?;
        if let Some(version) = unspellable_version(&value) {
            let message = format!("address version {version} does not exist");
            return Err(ReadError::BadValue { field: "argument", message });
        }
        if rest.is_empty() {
            return Ok(value);
        }
        Err(ReadError::BadValue { field: "argument", message: "bytes follow the value".to_owned() })
    };
    arguments.iter().map(decode).collect()
}

fn unread(error: RunError) -> ReadError {
    match error {
        RunError::Failed(failure) => ReadError::Failed { failure },
        RunError::Rejected(Rejection::ExceedsBlockLimit { .. }) => ReadError::TooCostly,
        RunError::Rejected(Rejection::TookTooLong) => ReadError::TookTooLong,
        RunError::Rejected(Rejection::Stopped) => ReadError::Interrupted,
        RunError::Rejected(other) => ReadError::Stopped { message: other.to_string() },
    }
}
