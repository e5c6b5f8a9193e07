//! A vault as its clients see it, wherever it runs: in this process or behind HTTP.

use crate::protocol::{
    Deposit, Erased, Erasure, LogPage, LogRequest, Receipt, Refusal, Release, ReleaseRequest,
    SaltDeposit, SaltRelease, SaltRequest, Signed, VaultCard,
};

/// Why a vault did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// It would not.
    #[error("the vault refuses: {0}")]
    Refused(Refusal),
    /// It is not the vault's judgement but a bound of its HTTP face that stands against it: too large,
    /// too many, not there.
    #[error("the vault declines: {message}")]
    Declined {
        /// The stable word for it, as in `docs/vault-openapi.json`.
        code: String,
        /// Its sentence.
        message: String,
    },
    /// It can't be reached. Where a message was on its way, it may have arrived.
    #[error("the vault cannot be reached: {reason}")]
    Unreachable {
        /// What the transport said.
        reason: String,
    },
    /// Its answer can't be understood, or is not what was asked for.
    #[error("the vault's answer cannot be understood: {reason}")]
    Answer {
        /// What is wrong with it.
        reason: String,
    },
}

/// A vault. Every answer comes after the line about it is durable.
pub trait Vault: Send + Sync {
    /// What it says of itself.
    ///
    /// # Errors
    ///
    /// [`VaultError`].
    fn card(&self) -> Result<VaultCard, VaultError>;

    /// Leaves shares for a reader. Doing it again does no harm.
    ///
    /// # Errors
    ///
    /// [`VaultError`].
    fn deposit(&self, deposit: &Signed<Deposit>) -> Result<Receipt, VaultError>;

    /// Leaves the erasure salt of a version. Doing it again does no harm.
    ///
    /// # Errors
    ///
    /// [`VaultError`].
    fn deposit_salt(&self, salt: &Signed<SaltDeposit>) -> Result<Receipt, VaultError>;

    /// Asks for a share. Never to be sent twice: the entry that it names is used once.
    ///
    /// # Errors
    ///
    /// [`VaultError`].
    fn release(&self, request: &Signed<ReleaseRequest>) -> Result<Release, VaultError>;

    /// Asks for the erasure salt of a version of one's own.
    ///
    /// # Errors
    ///
    /// [`VaultError`].
    fn release_salt(&self, request: &Signed<SaltRequest>) -> Result<SaltRelease, VaultError>;

    /// Deletes everything of a record. Doing it again does no harm.
    ///
    /// # Errors
    ///
    /// [`VaultError`].
    fn erase(&self, erasure: &Signed<Erasure>) -> Result<Erased, VaultError>;

    /// Reads the log.
    ///
    /// # Errors
    ///
    /// [`VaultError`].
    fn log(&self, request: &Signed<LogRequest>) -> Result<LogPage, VaultError>;
}

impl<T: Vault + ?Sized> Vault for std::sync::Arc<T> {
    fn card(&self) -> Result<VaultCard, VaultError> {
        (**self).card()
    }

    fn deposit(&self, deposit: &Signed<Deposit>) -> Result<Receipt, VaultError> {
        (**self).deposit(deposit)
    }

    fn deposit_salt(&self, salt: &Signed<SaltDeposit>) -> Result<Receipt, VaultError> {
        (**self).deposit_salt(salt)
    }

    fn release(&self, request: &Signed<ReleaseRequest>) -> Result<Release, VaultError> {
        (**self).release(request)
    }

    fn release_salt(&self, request: &Signed<SaltRequest>) -> Result<SaltRelease, VaultError> {
        (**self).release_salt(request)
    }

    fn erase(&self, erasure: &Signed<Erasure>) -> Result<Erased, VaultError> {
        (**self).erase(erasure)
    }

    fn log(&self, request: &Signed<LogRequest>) -> Result<LogPage, VaultError> {
        (**self).log(request)
    }
}
