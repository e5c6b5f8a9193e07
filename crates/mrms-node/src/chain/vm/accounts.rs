//! Balances and nonces of accounts, in the VM's database.

use clarity::vm::database::ClarityDatabase;
use clarity::vm::errors::InterpreterResult;
use clarity::vm::types::PrincipalData;

/// Returns the STX that `account` can spend, in micro-STX.
pub(super) fn balance(
    database: &mut ClarityDatabase<'_>,
    account: &PrincipalData,
) -> InterpreterResult<u128> {
    database.get_stx_balance_snapshot(account)?.get_available_balance()
}

/// Adds STX to `account`. The caller takes them from another account, or adds them to the supply as [`mint`]
/// does.
pub(super) fn credit(
    database: &mut ClarityDatabase<'_>,
    account: &PrincipalData,
    amount: u128,
) -> InterpreterResult<()> {
    let mut snapshot = database.get_stx_balance_snapshot(account)?;
    snapshot.credit(amount)?;
    snapshot.save()
}

/// Creates STX for `account`, and adds them to the supply that contracts can read.
pub(super) fn mint(
    database: &mut ClarityDatabase<'_>,
    account: &PrincipalData,
    amount: u128,
) -> InterpreterResult<()> {
    database.increment_ustx_liquid_supply(amount)?;
    credit(database, account, amount)
}

/// Moves a fee from `payer` to `node`. The caller has checked the payer's balance.
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

/// Marks `nonce` as used: the next transaction of `account` must have the nonce after it.
pub(super) fn use_nonce(
    database: &mut ClarityDatabase<'_>,
    account: &PrincipalData,
    nonce: u64,
) -> InterpreterResult<()> {
    database.set_account_nonce(account, nonce.saturating_add(1))
}
