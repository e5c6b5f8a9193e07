//! Checks against the state before a transaction runs, in the order of a Stacks node: nonces, funds, payload.
//!
//! What needs no state was checked before ([`IncomingTransaction::check`]).

use clarity::vm::Value;
use clarity::vm::analysis::AnalysisDatabase;
use clarity::vm::database::ClarityDatabase;
use clarity::vm::errors::Error;
use clarity::vm::types::PrincipalData;

use super::contract_cache::Loaded;
use super::{EPOCH, RunError, State, accounts};
use crate::chain::error::{Rejection, Signer};
use crate::chain::identifiers::ContractId;
use crate::chain::incoming::IncomingTransaction;
use crate::chain::units::MicroStx;
use crate::chain::wire::{Payload, SpendingCondition};

impl IncomingTransaction {
    pub(super) fn origin(&self) -> PrincipalData {
        self.transaction.authorization.origin().account().as_vm().clone()
    }

    pub(super) fn sponsor(&self) -> Option<PrincipalData> {
        self.transaction.authorization.sponsor().map(|sponsor| sponsor.account().as_vm().clone())
    }

    /// The id of the contract that a deploy publishes.
    pub(super) fn deployed(&self, name: &str) -> Result<ContractId, RunError> {
        let text = format!("{}.{name}", self.transaction.authorization.origin().account());
        ContractId::parse(&text).map_err(|error| {
            RunError::Rejected(Rejection::Unrunnable { message: error.to_string() })
        })
    }

    /// Checks nonces and funds, and the rules for transfers. `database` must have a layer open.
    pub(super) fn check_accounts(
        &self,
        database: &mut ClarityDatabase<'_>,
    ) -> Result<(), RunError> {
        let authorization = &self.transaction.authorization;
        check_nonce(database, authorization.origin(), Signer::Origin)?;
        if let Some(sponsor) = authorization.sponsor() {
            check_nonce(database, sponsor, Signer::Sponsor)?;
        }
        let fee = u128::from(self.fee());
        let payer = authorization.payer().account();
        let origin = authorization.origin().account();
        if let Payload::Transfer { recipient, amount, .. } = &self.transaction.payload {
            if *recipient == origin {
                return Err(Rejection::TransferRecipientIsSender { account: origin }.into());
            }
            if *amount == 0 {
                return Err(Rejection::TransferAmountIsZero.into());
            }
            if !self.transaction.post_conditions.is_empty() {
                return Err(Rejection::TransferWithPostConditions.into());
            }
            let amount = u128::from(*amount);
            if payer == origin {
                return check_funds(database, origin.as_vm(), amount + fee);
            }
            check_funds(database, origin.as_vm(), amount)?;
        }
        check_funds(database, payer.as_vm(), fee)
    }
}

fn check_nonce(
    database: &mut ClarityDatabase<'_>,
    condition: &SpendingCondition,
    signer: Signer,
) -> Result<(), RunError> {
    let principal = condition.account();
    let expected = database.get_account_nonce(principal.as_vm())?;
    if condition.nonce == expected {
        return Ok(());
    }
    Err(Rejection::BadNonce { expected, actual: condition.nonce, principal, signer }.into())
}

fn check_funds(
    database: &mut ClarityDatabase<'_>,
    account: &PrincipalData,
    needed: u128,
) -> Result<(), RunError> {
    let there = accounts::balance(database, account)?;
    if needed <= there {
        return Ok(());
    }
    Err(Rejection::NotEnoughFunds { expected: MicroStx::new(needed), actual: MicroStx::new(there) }
        .into())
}

/// Checks that `arguments` fit the public function, traits included.
pub(super) fn check_arguments(
    state: &mut State<'_>,
    contract: &ContractId,
    loaded: &Loaded,
    function: &str,
    arguments: &[Value],
) -> Result<(), Rejection> {
    let Some(function_type) = loaded.public.get(function) else {
        return Err(Rejection::NoSuchPublicFunction {
            contract: contract.clone(),
            function: function.to_owned(),
        });
    };
    AnalysisDatabase::new(state)
        .execute(|database| {
            function_type.check_args_by_allowing_trait_cast(
                database,
                arguments,
                EPOCH,
                loaded.version,
            )
        })
        .map(|_| ())
        .map_err(|error: clarity::vm::analysis::CheckError| Rejection::BadFunctionArgument {
            message: error.err.to_string(),
        })
}

impl From<Rejection> for RunError {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<Error> for RunError {
    /// Only for errors of the node's own calls to the VM; `outcome::classify` handles those of contracts.
    fn from(error: Error) -> Self {
        Self::Rejected(Rejection::Unrunnable { message: error.to_string() })
    }
}
