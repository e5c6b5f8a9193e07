//! Calling a function of a published contract.
//!
//! The contract comes parsed from the cache, so what the VM does around a call when it loads one itself is
//! done here: the charge for loading, memory, who may call what, cleaning of arguments, recursion.

use clarity::vm::Value;
use clarity::vm::contexts::{Environment, OwnedEnvironment};
use clarity::vm::costs::cost_functions::ClarityCostFunction;
use clarity::vm::costs::{CostTracker as _, LimitedCostTracker, runtime_cost};
use clarity::vm::database::ClarityDatabase;
use clarity::vm::errors::{CheckErrors, Error, InterpreterResult};
use clarity::vm::types::{PrincipalData, TypeSignature};

use super::contract_cache::Loaded;
use super::outcome::Answer;
use super::{EPOCH, Refusal};
use crate::chain::error::LedgerFailure;

/// Which functions a caller may reach.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// Those that may write, and those that only read.
    Public,
    /// Those that only read.
    ReadOnly,
}

/// Who calls what.
pub(super) struct Call<'a> {
    pub(super) sender: PrincipalData,
    pub(super) sponsor: Option<PrincipalData>,
    pub(super) contract: &'a Loaded,
    pub(super) function: &'a str,
    pub(super) arguments: Vec<Value>,
    pub(super) reach: Reach,
}

/// A run, with the database and the tracker that it borrowed.
pub(super) struct Ran<'d> {
    pub(super) database: ClarityDatabase<'d>,
    pub(super) tracker: LimitedCostTracker,
    pub(super) answer: Result<Answer, Error>,
}

/// Runs `work` in an environment of the VM and takes database and tracker back out of it.
pub(super) fn in_environment<'d>(
    chain_id: u32,
    database: ClarityDatabase<'d>,
    tracker: LimitedCostTracker,
    work: impl FnOnce(&mut OwnedEnvironment<'d>) -> Result<Answer, Error>,
) -> Result<Ran<'d>, Refusal> {
    let mut environment =
        OwnedEnvironment::new_cost_limited(false, chain_id, database, tracker, EPOCH);
    let answer = work(&mut environment);
    // None when the VM left a layer open: its database can't be trusted any more.
    let (database, tracker) =
        environment.destruct().ok_or(Refusal::Failed(LedgerFailure::VmBrokeOff))?;
    Ok(Ran { database, tracker, answer })
}

impl Call<'_> {
    /// Runs the call; its changes are left in the database's open layer.
    pub(super) fn run<'d>(
        self,
        chain_id: u32,
        database: ClarityDatabase<'d>,
        tracker: LimitedCostTracker,
    ) -> Result<Ran<'d>, Refusal> {
        in_environment(chain_id, database, tracker, |environment| {
            let (value, assets, events) = environment.execute_in_env::<_, _, Error>(
                self.sender.clone(),
                self.sponsor.clone(),
                None,
                |env| self.invoke(env),
            )?;
            Ok(Answer { value, assets, events })
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
        if self.reach == Reach::ReadOnly && !function.is_read_only() {
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

/// The value without what its type does not speak of.
fn clean(env: &Environment<'_, '_>, value: &Value) -> InterpreterResult<Value> {
    let expected = TypeSignature::type_of(value)?;
    match Value::sanitize_value(env.epoch(), &expected, value.clone()) {
        Some((value, _)) => Ok(value),
        None => Err(CheckErrors::TypeValueError(expected, value.clone()).into()),
    }
}
