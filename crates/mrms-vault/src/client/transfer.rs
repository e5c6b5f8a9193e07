//! Ciphertext to and from a vault, over connections that break.
//!
//! Both directions go in parts, each of them once; after a fault the vault is asked, or the bytes at
//! hand tell, where to go on. A transfer is given up when several tries in a row bring nothing.

use std::io::{self, Read};
use std::thread;

use mrms_stacks::client::{Answer, ClientError};
use mrms_store::{BlobId, BlobStore, StoreError};

use super::http::{HttpVault, fault, refusal};
use crate::VaultError;

/// Bytes of one request: a broken connection costs at most a part, a stalled one ends in time.
const PART: u64 = 32 << 20;
/// Tries in a row that bring nothing before a transfer is given up.
const TRIES: u32 = 5;

/// Counts tries that brought nothing, and pauses between them.
pub(super) struct Patience<'a> {
    vault: &'a HttpVault,
    left: u32,
}

impl<'a> Patience<'a> {
    pub(super) fn new(vault: &'a HttpVault) -> Self {
        Self { vault, left: TRIES }
    }

    fn progressed(&mut self) {
        self.left = TRIES;
    }

    /// Gives the error back when there were enough of them.
    pub(super) fn spend<E>(&mut self, error: E) -> Result<(), E> {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 {
            return Err(error);
        }
        let doubled = 1 << (TRIES - self.left - 1);
        thread::sleep(self.vault.transport.pause().saturating_mul(doubled));
        Ok(())
    }
}

/// Why an upload ended early.
pub(super) enum UploadFailure {
    /// The vault's side.
    Vault(VaultError),
    /// Our copy could not be read.
    Source(StoreError),
}

impl From<VaultError> for UploadFailure {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

/// Sends what the vault lacks of a blob, from `offset` on, until it says that it is kept.
pub(super) fn upload(
    vault: &HttpVault,
    source: &dyn BlobStore,
    id: &BlobId,
    upload: &str,
    mut offset: u64,
) -> Result<(), UploadFailure> {
    let path = format!("/v1/uploads/{upload}");
    let mut patience = Patience::new(vault);
    loop {
        let part = source.open_range(id, offset..offset.saturating_add(PART));
        let mut part = part.map_err(UploadFailure::Source)?;
        let length = part.length();
        let answered = vault.transport.append(&path, offset, &mut part.reader, length);
        match answered {
            Ok(answer) if answer.status == 201 => return Ok(()),
            Ok(answer) if answer.is_success() => match told_offset(&answer) {
                Some(further) if further > offset => {
                    patience.progressed();
                    offset = further;
                }
                _ => patience.spend(fault(answer.wrong("the upload does not advance")))?,
            },
            Ok(answer) => offset = after_refusal(&mut patience, &answer, offset)?,
            Err(error) => {
                patience.spend(fault(error))?;
                match vault.transport.head(&path) {
                    Ok(answer) if answer.is_success() => {
                        let further = told_offset(&answer).unwrap_or(offset);
                        if further > offset {
                            patience.progressed();
                        }
                        offset = further;
                    }
                    // Perhaps the last answer was lost, and the blob is kept.
                    Ok(answer) if answer.status == 404 && is_kept(vault, id) => return Ok(()),
                    Ok(answer) => return Err(refusal(&answer).into()),
                    Err(error) => patience.spend(fault(error))?,
                }
            }
        }
    }
}

/// Where to go on after an answer that was no success.
fn after_refusal(
    patience: &mut Patience<'_>,
    answer: &Answer,
    offset: u64,
) -> Result<u64, UploadFailure> {
    match (answer.status, told_offset(answer)) {
        // The vault has more or less than we knew.
        (409, Some(told)) => {
            if told > offset {
                patience.progressed();
            } else {
                patience.spend(refusal(answer))?;
            }
            Ok(told)
        }
        // In hand elsewhere, too many at once, or a fault that may pass.
        (408 | 409 | 429 | 500 | 502 | 503 | 504, _) => {
            patience.spend(refusal(answer))?;
            Ok(offset)
        }
        _ => Err(refusal(answer).into()),
    }
}

fn told_offset(answer: &Answer) -> Option<u64> {
    answer.header("upload-offset")?.parse().ok()
}

fn is_kept(vault: &HttpVault, id: &BlobId) -> bool {
    vault.transport.head(&format!("/v1/blobs/{id}")).is_ok_and(|answer| answer.is_success())
}

/// How many bytes a blob has, by the vault's word; none when it is not there.
pub(super) fn length(vault: &HttpVault, id: &BlobId) -> Result<Option<u64>, VaultError> {
    let answer = vault.transport.head(&format!("/v1/blobs/{id}")).map_err(fault)?;
    match answer.status {
        404 => Ok(None),
        _ if answer.is_success() => {
            let length = answer.header("content-length").and_then(|text| text.parse().ok());
            length.map(Some).ok_or_else(|| fault(answer.wrong("no length of the ciphertext")))
        }
        _ => Err(refusal(&answer)),
    }
}

/// The bytes of a blob from one place to another, asked for again where a connection broke.
pub(super) struct Reader {
    pub(super) vault: std::sync::Arc<HttpVault>,
    pub(super) path: String,
    pub(super) at: u64,
    pub(super) end: u64,
    /// What is being read, and how many bytes it has yet to give.
    pub(super) part: Option<(mrms_stacks::client::Download, u64)>,
}

impl Reader {
    fn ask(&self) -> Result<(mrms_stacks::client::Download, u64), VaultError> {
        let length = (self.end - self.at).min(PART);
        let download = self.vault.transport.part(&self.path, self.at, length).map_err(fault)?;
        let wrong = |reason: &str| {
            let (url, reason) = (self.path.clone(), reason.to_owned());
            fault(ClientError::Answer { url, reason })
        };
        match download.status {
            206 => {}
            // The whole, from a server that knows no ranges, serves as well at the beginning.
            200 if self.at == 0 => {}
            408 | 429 | 500.. => {
                let reason = format!("{}: status {}", self.path, download.status);
                return Err(VaultError::Unreachable { reason });
            }
            _ => return Err(wrong(&format!("status {}", download.status))),
        }
        let begins = format!("bytes {}-", self.at);
        let is_there = download.content_range.as_ref().is_none_or(|told| told.starts_with(&begins));
        if is_there { Ok((download, length)) } else { Err(wrong("another part came")) }
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let vault = std::sync::Arc::clone(&self.vault);
        let mut patience = Patience::new(&vault);
        while self.at < self.end && !buffer.is_empty() {
            let (mut download, left) = match self.part.take() {
                Some(part) => part,
                None => match self.ask() {
                    Ok(part) => part,
                    Err(error @ VaultError::Unreachable { .. }) => {
                        patience.spend(error).map_err(io::Error::other)?;
                        continue;
                    }
                    Err(error) => return Err(io::Error::other(error)),
                },
            };
            let most = usize::try_from(left).unwrap_or(buffer.len()).min(buffer.len());
            match download.read(&mut buffer[..most]) {
                Ok(0) => patience.spend(io::Error::from(io::ErrorKind::UnexpectedEof))?,
                Ok(read) => {
                    self.at += read as u64;
                    let left = left - read as u64;
                    self.part = (left > 0).then_some((download, left));
                    return Ok(read);
                }
                Err(error) => patience.spend(error)?,
            }
        }
        Ok(0)
    }
}
