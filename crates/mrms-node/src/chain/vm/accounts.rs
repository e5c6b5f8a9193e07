//! Balances and nonces, as the VM keeps them.

use clarity::vm::database::ClarityDatabase;
use clarity::vm::errors::InterpreterResult;
use clarity::vm::types::PrincipalData;

/// STX that `account` can spend, in micro-STX.
pub(super) fn balance(
    database: &mut ClarityDatabase<'_>,
    account: &PrincipalData,
) -> InterpreterResult<u128> {
    database.get_stx_balance_snapshot(account)?.get_available_balance()
}

/// Adds to `account` what was taken elsewhere, or what [`mint`] has counted.
pub(super) fn credit(
    database: &mut ClarityDatabase<'_>,
    account: &PrincipalData,
    amount: u128,
) -> InterpreterResult<()> {
    let mut snapshot = database.get_stx_balance_snapshot(account)?;
    snapshot.credit(amount)?;
    snapshot.save()
}

/// Creates STX for `account`; the supply that contracts can read grows with it.
pub(super) fn mint(
    database: &mut ClarityDatabase<'_>,
    account: &PrincipalData,
    amount: u128,
) -> InterpreterResult<()> {
    database.increment_ustx_liquid_supply(amount)?;
    credit(database, account, amount)
}

/// Moves a fee from `payer` to `node`. The payer's balance was checked before.
pub(super) fn pay_fee(
    database: &mut ClarityDatabase<'_>,
    payer: &PrincipalData,
    node: &PrincipalData,
    fee: u128,
) -> InterpreterResult<()> {
    let mut snapshot = database.get_stx_balance_snapshot(payer)?;
    snapshot.debit(fee)?;
    snapshot.save()?;
    credit(database, node, fee)
}

/// Marks one more transaction of `account`.
pub(super) fn use_nonce(
    database: &mut ClarityDatabase<'_>,
    account: &PrincipalData,
    nonce: u64,
) -> InterpreterResult<()> {
    database.set_account_nonce(account, nonce.saturating_add(1))
}
