//! Checks before a transaction runs, in the order of a Stacks node: form, network, signatures, fee; then,
//! against the state, nonces, funds and payload.
//!
//! The first four need no state and run on the submitter's own thread ([`IncomingTransaction::check`]).

use clarity::vm::Value;
use clarity::vm::analysis::AnalysisDatabase;
use clarity::vm::database::ClarityDatabase;
use clarity::vm::errors::Error;
use clarity::vm::types::PrincipalData;

use super::contract_cache::Loaded;
use super::{EPOCH, RunError, State, accounts};
use crate::chain::error::{Rejection, Signer, SubmitError};
use crate::chain::identifiers::{
    ContractId, Principal, TESTNET_MULTI_SIG, TESTNET_SINGLE_SIG, TxId,
};
use crate::chain::units::MicroStx;
use crate::chain::wire::{Payload, SpendingCondition, Transaction, TransactionVersion, sha512_256};

/// Minimum fee, in micro-STX per byte of the transaction.
const FEE_FLOOR_PER_BYTE: u64 = 1;

/// A transaction that has passed the checks of form, network, signatures and fee.
#[derive(Clone, Debug)]
pub(crate) struct IncomingTransaction {
    pub(crate) txid: TxId,
    pub(crate) raw: Vec<u8>,
    pub(crate) transaction: Transaction,
}

impl IncomingTransaction {
    /// Runs all checks that need no state.
    pub(crate) fn check(raw: &[u8], chain_id: u32) -> Result<Self, SubmitError> {
        let transaction =
            Transaction::decode(raw).map_err(|source| SubmitError::Undecodable { source })?;
        let incoming = Self { txid: TxId::new(sha512_256(&[raw])), raw: raw.to_vec(), transaction };
        match incoming.check_without_state(chain_id) {
            Ok(()) => Ok(incoming),
            Err(rejection) => {
                Err(SubmitError::Rejected { txid: incoming.txid, rejection: Box::new(rejection) })
            }
        }
    }

    fn check_without_state(&self, chain_id: u32) -> Result<(), Rejection> {
        if self.transaction.version != TransactionVersion::Testnet {
            return Err(Rejection::BadTransactionVersion);
        }
        if self.transaction.chain_id != chain_id {
            return Err(Rejection::BadChainId {
                expected: chain_id,
                actual: self.transaction.chain_id,
            });
        }
        if let Payload::Transfer { recipient, .. } = &self.transaction.payload
            && ![TESTNET_SINGLE_SIG, TESTNET_MULTI_SIG].contains(&recipient.address_version())
        {
            return Err(Rejection::BadAddressVersion { principal: recipient.clone() });
        }
        self.transaction.verify_signatures().map_err(Rejection::SignatureValidation)?;
        let floor = self.raw.len() as u64 * FEE_FLOOR_PER_BYTE;
        let fee = self.fee();
        if fee < floor {
            Err(Rejection::FeeTooLow { expected: floor, actual: fee })
        } else {
            Ok(())
        }
    }

    /// The fee that the payer pays, in micro-STX.
    pub(crate) fn fee(&self) -> u64 {
        self.transaction.authorization.payer().fee
    }

    /// The accounts behind it: the origin, and the payer when that is another one.
    pub(crate) fn accounts(&self) -> Vec<Principal> {
        let authorization = &self.transaction.authorization;
        let signers = [Some(authorization.origin()), authorization.sponsor()];
        signers.into_iter().flatten().map(SpendingCondition::account).collect()
    }

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
