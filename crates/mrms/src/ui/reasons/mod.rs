//! Turns every error of the libraries into a [`Failure`]: it chooses the exit code, the stable code, and
//! the hint what to do next.

mod home;
mod joining;
mod ledger;
mod links;
mod logs;
mod opening;
mod people;
pub(crate) mod profile;
mod received;
mod records;
mod report;
mod staff;
mod succession;
mod vaults;
mod writing;

pub(crate) use home::{
    cannot, decryption_failure, encryption_failure, not_decrypted, not_written, target_failure,
    vault_copy_failure,
};
pub(crate) use ledger::refusal_failure;
#[cfg(test)]
pub(crate) use vaults::refused_by_vault;
