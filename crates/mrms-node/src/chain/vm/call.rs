//! Calls a function of a published contract.
//!
//! The contract comes parsed from `contract_cache`. When the VM loads a contract itself, it also charges for
//! loading, counts memory, checks who may call what, cleans the arguments and detects recursion. All of that
//! is done here.

use clarity::vm::Value;
use clarity::vm::contexts::{Environment, OwnedEnvironment};
use clarity::vm::costs::cost_functions::ClarityCostFunction;
use clarity::vm::costs::{CostTracker as _, LimitedCostTracker, runtime_cost};
use clarity::vm::database::ClarityDatabase;
use clarity::vm::errors::{CheckErrors, Error, InterpreterResult};
use clarity::vm::types::{PrincipalData, TypeSignature};

use super::contract_cache::Loaded;
use super::outcome::RunOutput;
use super::watch::Hook;
use super::{EPOCH, RunError};
use crate::chain::error::LedgerFailure;

/// Which functions may be called.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Callable {
    /// Public and read-only functions.
    Public,
    /// Read-only functions.
    ReadOnly,
}

/// A function call that is ready to run.
pub(super) struct Call<'a> {
    pub(super) sender: PrincipalData,
    pub(super) sponsor: Option<PrincipalData>,
    pub(super) contract: &'a Loaded,
    pub(super) function: &'a str,
    pub(super) arguments: Vec<Value>,
    pub(super) callable: Callable,
}

/// The result of a run, and the database and the cost tracker that the run used.
pub(super) struct RunResult<'d> {
    pub(super) database: ClarityDatabase<'d>,
    pub(super) tracker: LimitedCostTracker,
    pub(super) output: Result<RunOutput, Error>,
}

/// Runs `work` in a VM environment under a watch, and takes database and tracker back out of it.
pub(super) fn in_environment<'d>(
    chain_id: u32,
    database: ClarityDatabase<'d>,
    tracker: LimitedCostTracker,
    hook: &'d mut Hook<'_>,
    work: impl FnOnce(&mut OwnedEnvironment<'d>) -> Result<RunOutput, Error>,
) -> Result<RunResult<'d>, RunError> {
    let is_counted = matches!(tracker, LimitedCostTracker::Limited(_));
    let mut environment =
        OwnedEnvironment::new_cost_limited(false, chain_id, database, tracker, EPOCH);
    if is_counted {
        environment.add_eval_hook(hook);
    }
    let output = work(&mut environment);
    // None when the VM left a layer open. Then its database cannot be trusted any more.
    let (database, tracker) =
        environment.destruct().ok_or(RunError::Failed(LedgerFailure::VmBrokeOff))?;
    Ok(RunResult { database, tracker, output })
}

impl Call<'_> {
    /// Runs the call. Its changes stay in the database's open layer.
    pub(super) fn run<'d>(
        self,
        chain_id: u32,
        database: ClarityDatabase<'d>,
        tracker: LimitedCostTracker,
        hook: &'d mut Hook<'_>,
    ) -> Result<RunResult<'d>, RunError> {
        in_environment(chain_id, database, tracker, hook, |environment| {
            let (value, assets, events) = environment.execute_in_env::<_, _, Error>(
                self.sender.clone(),
                self.sponsor.clone(),
                None,
                |env| self.invoke(env),
            )?;
            Ok(RunOutput { value, assets, events })
        })
    }

    fn invoke(&self, env: &mut Environment<'_, '_>) -> InterpreterResult<Value> {
        runtime_cost(ClarityCostFunction::LoadContract, env, self.contract.size)?;
        env.add_memory(self.contract.size)?;
        let result = self.apply(env);
        env.drop_memory(self.contract.size)?;
        result
    }

    fn apply(&self, env: &mut Environment<'_, '_>) -> InterpreterResult<Value> {
        let contract = &self.contract.context;
        let function = contract
            .lookup_function(self.function)
            .ok_or_else(|| CheckErrors::UndefinedFunction(self.function.to_owned()))?;
        let place = || (contract.contract_identifier.to_string(), self.function.to_owned());
        if !function.is_public() {
            let (contract, function) = place();
            return Err(CheckErrors::NoSuchPublicFunction(contract, function).into());
        }
        if self.callable == Callable::ReadOnly && !function.is_read_only() {
            let (contract, function) = place();
            return Err(CheckErrors::PublicFunctionNotReadOnly(contract, function).into());
        }
        let arguments = self
            .arguments
            .iter()
            .map(|value| clean(env, value))
            .collect::<InterpreterResult<Vec<_>>>()?;
        let identifier = function.get_identifier();
        if env.call_stack.contains(&identifier) {
            return Err(CheckErrors::CircularReference(vec![identifier.to_string()]).into());
        }
        env.call_stack.insert(&identifier, true);
        let result =
            env.execute_function_as_transaction(&function, &arguments, Some(contract), false);
        env.call_stack.remove(&identifier, true)?;
        result
    }
}

/// Removes from a value everything that its type does not contain.
fn clean(env: &Environment<'_, '_>, value: &Value) -> InterpreterResult<Value> {
    let expected = TypeSignature::type_of(value)?;
    match Value::sanitize_value(env.epoch(), &expected, value.clone()) {
        Some((value, _)) => Ok(value),
        None => Err(CheckErrors::TypeValueError(expected, value.clone()).into()),
    }
}
