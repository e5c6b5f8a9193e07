//! Questions about the state that change nothing: accounts, contracts, maps, variables, read-only calls and
//! trial runs.

use std::rc::Rc;

use clarity::vm::Value;
use clarity::vm::analysis::ContractAnalysis;
use clarity::vm::costs::LimitedCostTracker;
use clarity::vm::database::ClarityDatabase;

use super::call::{Call, Ran, Reach};
use super::contract_cache::{Loaded, Metering};
use super::deploy::{analyse, runnable};
use super::machine::{new_tracker, with_database};
use super::outcome::{Verdict, encode, events, judge};
use super::view::READ_ONLY_LIMIT;
use super::{EPOCH, Machine, Refusal, State, View, accounts};
use crate::chain::error::{LedgerFailure, ReadError, Rejection};
use crate::chain::identifiers::{ContractId, Principal, unspellable_version};
use crate::chain::receipt::{Cost, Event, Status};
use crate::chain::units::MicroStx;
use crate::chain::wire::ClarityVersionByte;

/// What an account has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// STX that it can spend.
    pub balance: MicroStx,
    /// Nonce of its next transaction.
    pub nonce: u64,
}

/// What a transaction's payload would do and cost if it came now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulation {
    /// How it would end. Post-conditions are not part of a trial run.
    pub status: Status,
    /// What the contract would answer, in Clarity's consensus encoding.
    pub result: Vec<u8>,
    /// What it would make known.
    pub events: Vec<Event>,
    /// What it would cost on the network, whether or not this ledger meters the contract.
    pub cost: Cost,
    /// Why it would fail, for people.
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

    /// STX in existence.
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
            Metering::Metered => {
                new_tracker(state, view, self.chain_id, READ_ONLY_LIMIT).map_err(unread)?
            }
        };
        let call = Call {
            sender: sender.as_vm().clone(),
            sponsor: None,
            contract: &loaded,
            function,
            arguments: values(arguments)?,
            reach: Reach::ReadOnly,
        };
        let mut database = view.database(state);
        database.begin();
        let Ran { database, answer, .. } =
            call.run(self.chain_id, database, tracker).map_err(unread)?;
        drop(database);
        if let Some(failure) = state.take_fault() {
            return Err(failure.into());
        }
        match answer {
            Ok(answer) => encode(&answer.value).map_err(unread),
            Err(error) => Err(match judge(&error) {
                Verdict::Abort(message) => ReadError::Stopped { message },
                Verdict::Refuse(refusal) => unread(refusal),
            }),
        }
    }

    /// Runs a call as a transaction would, metered whatever the contract, and undoes it.
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
        let tracker = self.tracker(state, view, Metering::Metered).map_err(unread)?;
        let call = Call {
            sender: sender.as_vm().clone(),
            sponsor: None,
            contract: &loaded,
            function,
            arguments: values(arguments)?,
            reach: Reach::Public,
        };
        let mut database = view.database(state);
        database.begin();
        let ran = call.run(self.chain_id, database, tracker).map_err(unread)?;
        self.simulated(ran)
    }

    /// Publishes as a transaction of the contract's deployer would, metered, and undoes it.
    pub(crate) fn simulate_deploy(
        &mut self,
        state: &mut State<'_>,
        view: &View<'_>,
        contract: &ContractId,
        source: &str,
        version: Option<ClarityVersionByte>,
    ) -> Result<Simulation, ReadError> {
        let tracker = self.tracker(state, view, Metering::Metered).map_err(unread)?;
        let (tracker, analysed) =
            analyse(state, contract.as_vm(), source, runnable(version), tracker);
        let analysed = match analysed {
            Ok(analysed) => analysed,
            Err(verdict) => {
                let cost = self.put_back(tracker).map(Cost::from).unwrap_or_default();
                return match verdict {
                    Verdict::Abort(note) => failed(note, cost),
                    Verdict::Refuse(refusal) => Err(unread(refusal)),
                };
            }
        };
        let mut database = view.database(state);
        database.begin();
        let ran = analysed.publish(self.chain_id, database, tracker, None).map_err(unread)?;
        self.simulated(ran)
    }

    fn simulated(&mut self, ran: Ran<'_>) -> Result<Simulation, ReadError> {
        let Ran { answer, tracker, .. } = ran;
        let cost = self.put_back(tracker).map(Cost::from).unwrap_or_default();
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                return match judge(&error) {
                    Verdict::Abort(note) => failed(note, cost),
                    Verdict::Refuse(refusal) => Err(unread(refusal)),
                };
            }
        };
        let result = encode(&answer.value).map_err(unread)?;
        Ok(match &answer.value {
            Value::Response(response) if !response.committed => Simulation {
                status: Status::AbortByResponse,
                result,
                events: Vec::new(),
                cost,
                note: Some(format!("the contract answered {}", answer.value)),
            },
            _ => Simulation {
                status: Status::Success,
                result,
                events: events(&answer.events).map_err(unread)?,
                cost,
                note: None,
            },
        })
    }

    /// A map's entry as an optional value; none, when the key is not there.
    pub(crate) fn map_entry(
        &mut self,
        state: &mut State<'_>,
        view: &View<'_>,
        contract: &ContractId,
        map: &str,
        key: &[u8],
    ) -> Result<Vec<u8>, ReadError> {
        let loaded = self.published(state, view, contract)?;
        let Some(shape) = loaded.context.meta_data_map.get(map) else {
            return Err(no_member(contract, "map", map));
        };
        let key = Value::try_deserialize_bytes_exact(&key.to_vec(), &shape.key_type, true)
            .map_err(|error| ReadError::BadValue { field: "key", message: error.to_string() })?;
        // The VM stores the answer as it is encoded: what was written is `some`, what was deleted `none`.
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

    /// The contract's interface, as the JSON of the Stacks node's `/v2/contracts/interface`.
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

    /// The contract's source text.
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
    question: impl FnOnce(&mut ClarityDatabase<'_>) -> Result<T, Refusal>,
) -> Result<T, ReadError> {
    with_database(state, view, question).map_err(unread)
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

fn unread(refusal: Refusal) -> ReadError {
    match refusal {
        Refusal::Failed(failure) => ReadError::Failed { failure },
        Refusal::Rejected(Rejection::ExceedsBlockLimit { .. }) => ReadError::TooCostly,
        Refusal::Rejected(other) => ReadError::Stopped { message: other.to_string() },
    }
}
