//! [`HttpVault`]: sends messages to a vault over HTTP, as `docs/vault-openapi.json` describes.

use mrms_stacks::client::{Answer, ClientError, ClientSettings, Repeat, Transport};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::protocol::{
    Deposit, Deposits, Erased, Erasure, Fault, LogPage, LogRequest, MemberNotesRequest, ReaderNote,
    ReaderNoteKept, ReaderNotes, ReaderNotesRequest, RecordLines, RecordLinesRequest, Refusal,
    RefusalReason, Release, ReleaseRequest, SaltDeposit, SaltRelease, SaltRequest, Signed,
    UploadAnswer, UploadRequest, VaultCard, VaultReceipt,
};
use crate::{Vault, VaultError};

/// A vault at an address.
///
/// After [`VaultError::Unreachable`] a message may have been carried out. If doing it again does no harm, the caller signs
/// a new message and sends that: a vault accepts no message twice.
#[derive(Debug)]
pub struct HttpVault {
    pub(super) transport: Transport,
}

impl HttpVault {
    /// The vault at this address, such as `https://vault.example.org`. Asks nothing yet.
    ///
    /// # Errors
    ///
    /// [`ClientError::Url`].
    pub fn new(url: &str, settings: ClientSettings) -> Result<Self, ClientError> {
        Ok(Self { transport: Transport::new(url, settings)? })
    }

    /// The address.
    #[must_use]
    pub fn url(&self) -> &str {
        self.transport.url()
    }

    fn send<T: DeserializeOwned>(
        &self,
        path: &str,
        message: &impl Serialize,
        repeat: Repeat,
    ) -> Result<T, VaultError> {
        match read(&self.transport.post_json(path, message, repeat).map_err(fault)?) {
            // The message had a fresh nonce, so the replay is our own second try: the first arrived, and its answer was
            // lost.
            Err(VaultError::Refused(Refusal {
                reason: RefusalReason::RequestReplayed, ..
            })) if repeat == Repeat::WhenUnanswered => {
                let reason = "the message arrived, and its answer was lost".to_owned();
                Err(VaultError::Unreachable { reason })
            }
            answered => answered,
        }
    }
}

impl Vault for HttpVault {
    fn card(&self) -> Result<VaultCard, VaultError> {
        read(&self.transport.get("/v1/vault").map_err(fault)?)
    }

    fn deposit(&self, deposit: &Signed<Deposit>) -> Result<VaultReceipt, VaultError> {
        self.send("/v1/deposits", deposit, Repeat::WhenUnanswered)
    }

    fn deposit_all(&self, deposits: &Signed<Deposits>) -> Result<Vec<VaultReceipt>, VaultError> {
        self.send("/v1/deposit-batches", deposits, Repeat::WhenUnanswered)
    }

    fn deposit_salt(&self, salt: &Signed<SaltDeposit>) -> Result<VaultReceipt, VaultError> {
        self.send("/v1/salts", salt, Repeat::WhenUnanswered)
    }

    fn release(&self, request: &Signed<ReleaseRequest>) -> Result<Release, VaultError> {
        self.send("/v1/releases", request, Repeat::Never)
    }

    fn release_salt(&self, request: &Signed<SaltRequest>) -> Result<SaltRelease, VaultError> {
        self.send("/v1/salt-releases", request, Repeat::Never)
    }

    fn leave_reader_note(&self, note: &Signed<ReaderNote>) -> Result<ReaderNoteKept, VaultError> {
        self.send("/v1/reader-notes", note, Repeat::WhenUnanswered)
    }

    fn reader_notes(
        &self,
        request: &Signed<ReaderNotesRequest>,
    ) -> Result<ReaderNotes, VaultError> {
        self.send("/v1/reader-note-releases", request, Repeat::Never)
    }

    fn member_notes(
        &self,
        request: &Signed<MemberNotesRequest>,
    ) -> Result<ReaderNotes, VaultError> {
        self.send("/v1/member-note-releases", request, Repeat::Never)
    }

    fn announce(&self, upload: &Signed<UploadRequest>) -> Result<UploadAnswer, VaultError> {
        self.send("/v1/uploads", upload, Repeat::WhenUnanswered)
    }

    fn erase(&self, erasure: &Signed<Erasure>) -> Result<Erased, VaultError> {
        self.send("/v1/erasures", erasure, Repeat::WhenUnanswered)
    }

    fn log(&self, request: &Signed<LogRequest>) -> Result<LogPage, VaultError> {
        self.send("/v1/log", request, Repeat::Never)
    }

    fn record_lines(
        &self,
        request: &Signed<RecordLinesRequest>,
    ) -> Result<RecordLines, VaultError> {
        self.send("/v1/record-lines", request, Repeat::Never)
    }
}

/// The content of an answer, or the refusal that it has.
fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, VaultError> {
    if answer.is_success() {
        return answer.json().map_err(fault);
    }
    Err(refusal(answer))
}

/// The refusal that an answer has, with the vault's reason if it gives one.
pub(super) fn refusal(answer: &Answer) -> VaultError {
    let Ok(Fault { error, receipt }) = serde_json::from_slice(&answer.body) else {
        return fault(answer.unexpected());
    };
    match RefusalReason::ALL.iter().find(|reason| reason.as_str() == error.code) {
        Some(reason) => VaultError::Refused(Refusal { reason: *reason, receipt }),
        None => VaultError::Declined { code: error.code, message: error.message },
    }
}

pub(super) fn fault(error: ClientError) -> VaultError {
    let reason = error.to_string();
    match error {
        ClientError::Transport { .. } => VaultError::Unreachable { reason },
        _ => VaultError::Answer { reason },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn vault_beyond_this_machine_is_reached_over_tls_only() {
        let far = HttpVault::new("http://vault.example.org", ClientSettings::default());
        assert!(matches!(far, Err(ClientError::Url { .. })));
        assert!(HttpVault::new("http://127.0.0.1:20444", ClientSettings::default()).is_ok());
    }
}
