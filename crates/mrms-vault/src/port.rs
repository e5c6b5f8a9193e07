//! [`Vault`]: a vault as its clients see it, a port. It may run in this process or behind HTTP.

use std::path::PathBuf;

use mrms_core::visible;

use crate::protocol::{
    Deposit, Deposits, Erased, Erasure, LogPage, LogRequest, MemberNotesRequest, ReaderNote,
    ReaderNoteKept, ReaderNotes, ReaderNotesRequest, RecordLines, RecordLinesRequest, Refusal,
    Release, ReleaseRequest, SaltDeposit, SaltRelease, SaltRequest, Signed, UploadAnswer,
    UploadRequest, VaultCard, VaultReceipt,
};

/// Why a vault did not do what the client asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// It refused.
    #[error("the vault refuses: {0}")]
    Refused(Refusal),
    /// Its HTTP server declined, before the vault decided: too large, too many, not found.
    #[error("the vault declines: {}", visible::line(message))]
    Declined {
        /// The stable code, as in `docs/vault-openapi.json`.
        code: String,
        /// Its sentence.
        message: String,
    },
    /// It can't be reached. A message that was sent may have arrived.
    #[error("the vault cannot be reached: {}", visible::line(reason))]
    Unreachable {
        /// What the transport said.
        reason: String,
    },
    /// It is the home's own, and its folder is away.
    #[error("the vault of this home is gone: there is none in {}", folder.display())]
    Missing {
        /// Where it was.
        folder: PathBuf,
    },
    /// Its answer can't be understood, or answers something else.
    #[error("the vault's answer cannot be understood: {}", visible::line(reason))]
    Answer {
        /// What is wrong with it.
        reason: String,
    },
}

/// A vault. It answers after the line about the message is durable.
pub trait Vault: Send + Sync {
    /// What it says about itself.
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
    fn deposit(&self, deposit: &Signed<Deposit>) -> Result<VaultReceipt, VaultError>;

    /// Leaves several deposits at once, all or none. Answers with a receipt for each, in their order.
    ///
    /// # Errors
    ///
    /// [`VaultError`]. A vault of earlier software declines: then they are left one by one.
    fn deposit_all(&self, deposits: &Signed<Deposits>) -> Result<Vec<VaultReceipt>, VaultError> {
        let _ = deposits;
        let message = "this vault takes one deposit at a time".to_owned();
        Err(VaultError::Declined { code: "no-route".to_owned(), message })
    }

    /// Leaves the erasure salt of a version. Doing it again does no harm.
    ///
    /// # Errors
    ///
    /// [`VaultError`].
    fn deposit_salt(&self, salt: &Signed<SaltDeposit>) -> Result<VaultReceipt, VaultError>;

    /// Asks for a share. Never send the same request twice: the entry that it names is used once.
    ///
    /// # Errors
    ///
    /// [`VaultError`].
    fn release(&self, request: &Signed<ReleaseRequest>) -> Result<Release, VaultError>;

    /// Asks for the erasure salt of a version, as its author or patient.
    ///
    /// # Errors
    ///
    /// [`VaultError`].
    fn release_salt(&self, request: &Signed<SaltRequest>) -> Result<SaltRelease, VaultError>;

    /// Leaves a note for a reader, beside their shares. Doing it again does no harm.
    ///
    /// # Errors
    ///
    /// [`VaultError`]. A vault of earlier software declines.
    fn leave_reader_note(&self, note: &Signed<ReaderNote>) -> Result<ReaderNoteKept, VaultError>;

    /// Asks for the notes that were left for the signer.
    ///
    /// # Errors
    ///
    /// [`VaultError`]. A vault of earlier software declines.
    fn reader_notes(&self, request: &Signed<ReaderNotesRequest>)
    -> Result<ReaderNotes, VaultError>;

    /// Asks for the notes that were left for an organisation that the signer is a member of.
    ///
    /// # Errors
    ///
    /// [`VaultError`]. A vault of earlier software declines.
    fn member_notes(&self, request: &Signed<MemberNotesRequest>)
    -> Result<ReaderNotes, VaultError>;

    /// Announces the ciphertext of a version. The vault answers how much of it it has, and where it takes the rest.
    ///
    /// # Errors
    ///
    /// [`VaultError`].
    fn announce(&self, upload: &Signed<UploadRequest>) -> Result<UploadAnswer, VaultError>;

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

    /// Reads the lines about some records alone.
    ///
    /// # Errors
    ///
    /// [`VaultError`]. A vault of earlier software declines.
    fn record_lines(&self, request: &Signed<RecordLinesRequest>)
    -> Result<RecordLines, VaultError>;
}

impl<T: Vault + ?Sized> Vault for std::sync::Arc<T> {
    fn card(&self) -> Result<VaultCard, VaultError> {
        (**self).card()
    }

    fn deposit(&self, deposit: &Signed<Deposit>) -> Result<VaultReceipt, VaultError> {
        (**self).deposit(deposit)
    }

    fn deposit_all(&self, deposits: &Signed<Deposits>) -> Result<Vec<VaultReceipt>, VaultError> {
        (**self).deposit_all(deposits)
    }

    fn deposit_salt(&self, salt: &Signed<SaltDeposit>) -> Result<VaultReceipt, VaultError> {
        (**self).deposit_salt(salt)
    }

    fn release(&self, request: &Signed<ReleaseRequest>) -> Result<Release, VaultError> {
        (**self).release(request)
    }

    fn release_salt(&self, request: &Signed<SaltRequest>) -> Result<SaltRelease, VaultError> {
        (**self).release_salt(request)
    }

    fn leave_reader_note(&self, note: &Signed<ReaderNote>) -> Result<ReaderNoteKept, VaultError> {
        (**self).leave_reader_note(note)
    }

    fn reader_notes(
        &self,
        request: &Signed<ReaderNotesRequest>,
    ) -> Result<ReaderNotes, VaultError> {
        (**self).reader_notes(request)
    }

    fn member_notes(
        &self,
        request: &Signed<MemberNotesRequest>,
    ) -> Result<ReaderNotes, VaultError> {
        (**self).member_notes(request)
    }

    fn announce(&self, upload: &Signed<UploadRequest>) -> Result<UploadAnswer, VaultError> {
        (**self).announce(upload)
    }

    fn erase(&self, erasure: &Signed<Erasure>) -> Result<Erased, VaultError> {
        (**self).erase(erasure)
    }

    fn log(&self, request: &Signed<LogRequest>) -> Result<LogPage, VaultError> {
        (**self).log(request)
    }

    fn record_lines(
        &self,
        request: &Signed<RecordLinesRequest>,
    ) -> Result<RecordLines, VaultError> {
        (**self).record_lines(request)
    }
}
