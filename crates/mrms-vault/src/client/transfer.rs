//! Uploads and downloads of ciphertext over connections that break.
//!
//! Both are done in parts. After a fault, an upload asks the vault where to continue, and a download continues after
//! the bytes that it has. A transfer fails when several tries in a row bring no progress ([`RetryPolicy`]).

use std::io::{self, Read};
use std::thread;

use mrms_core::{RecordId, Version};
use mrms_stacks::client::{Answer, ClientError};
use mrms_store::{BlobId, BlobStore, StoreError};

use super::http::{HttpVault, fault, refusal};
use crate::VaultError;

/// Bytes in one request, so that a broken connection costs at most this much.
const PART: u64 = 32 << 20;
/// Tries in a row without progress before a transfer fails.
const TRIES: u32 = 5;

/// Counts tries without progress, and pauses between them, twice as long each time.
pub(super) struct RetryPolicy<'a> {
    vault: &'a HttpVault,
    left: u32,
}

impl<'a> RetryPolicy<'a> {
    pub(super) fn new(vault: &'a HttpVault) -> Self {
        Self { vault, left: TRIES }
    }

    fn progressed(&mut self) {
        self.left = TRIES;
    }

    /// Counts a failure and pauses. Returns the error if there were too many in a row.
    pub(super) fn failed<E>(&mut self, error: E) -> Result<(), E> {
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
    /// The vault failed or refused.
    Vault(VaultError),
    /// The local copy could not be read.
    Source(StoreError),
}

impl From<VaultError> for UploadFailure {
    fn from(error: VaultError) -> Self {
        Self::Vault(error)
    }
}

/// Sends the bytes of a blob from `offset` on, until the vault says that it keeps the blob.
pub(super) fn upload(
    vault: &HttpVault,
    source: &dyn BlobStore,
    id: &BlobId,
    upload: &str,
    mut offset: u64,
) -> Result<(), UploadFailure> {
    let path = format!("/v1/uploads/{upload}");
    let mut retries = RetryPolicy::new(vault);
    loop {
        let part = source.open_range(id, offset..offset.saturating_add(PART));
        let mut part = part.map_err(UploadFailure::Source)?;
        let length = part.length();
        let answered = vault.transport.append(&path, offset, &mut part.reader, length);
        match answered {
            Ok(answer) if answer.status == 201 => return Ok(()),
            Ok(answer) if answer.is_success() => match told_offset(&answer) {
                Some(further) if further > offset => {
                    retries.progressed();
                    offset = further;
                }
                _ => retries.failed(fault(answer.wrong("the upload does not advance")))?,
            },
            Ok(answer) => offset = after_refusal(&mut retries, &answer, offset)?,
            Err(error) => {
                retries.failed(fault(error))?;
                match vault.transport.head(&path) {
                    Ok(answer) if answer.is_success() => {
                        let further = told_offset(&answer).unwrap_or(offset);
                        if further > offset {
                            retries.progressed();
                        }
                        offset = further;
                    }
                    // The last answer may have been lost after the vault kept the blob.
                    Ok(answer) if answer.status == 404 && is_kept(vault, id) => return Ok(()),
                    Ok(answer) => return Err(refusal(&answer).into()),
                    Err(error) => retries.failed(fault(error))?,
                }
            }
        }
    }
}

/// Offset at which to continue after a refusal.
fn after_refusal(
    retries: &mut RetryPolicy<'_>,
    answer: &Answer,
    offset: u64,
) -> Result<u64, UploadFailure> {
    match (answer.status, told_offset(answer)) {
        // The vault has more or fewer bytes than we thought.
        (409, Some(told)) => {
            if told > offset {
                retries.progressed();
            } else {
                retries.failed(refusal(answer))?;
            }
            Ok(told)
        }
        // Locked by another request, too many requests, or a fault that may pass.
        (408 | 409 | 429 | 500 | 502 | 503 | 504, _) => {
            retries.failed(refusal(answer))?;
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

/// Whether the vault has a blob as the ciphertext of a version.
pub(super) fn is_of(
    vault: &HttpVault,
    id: &BlobId,
    record: RecordId,
    version: Version,
) -> Result<bool, VaultError> {
    let path = format!("/v1/blobs/{id}?record_id={record}&version={}", version.number());
    let answer = vault.transport.head(&path).map_err(fault)?;
    match answer.status {
        404 => Ok(false),
        _ if answer.is_success() => Ok(true),
        _ => Err(refusal(&answer)),
    }
}

/// Length of a blob, as the vault says; `None` if it does not have it.
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

/// Downloads a range of a blob. Asks again for the rest when a connection breaks.
pub(super) struct BlobReader {
    pub(super) vault: std::sync::Arc<HttpVault>,
    pub(super) path: String,
    pub(super) at: u64,
    pub(super) end: u64,
    /// The part that is being read, and how many bytes of it are left.
    pub(super) part: Option<(mrms_stacks::client::Download, u64)>,
}

impl BlobReader {
    fn ask(&self) -> Result<(mrms_stacks::client::Download, u64), VaultError> {
        let length = (self.end - self.at).min(PART);
        let download = self.vault.transport.part(&self.path, self.at, length).map_err(fault)?;
        let wrong = |reason: &str| {
            let (url, reason) = (self.path.clone(), reason.to_owned());
            fault(ClientError::Answer { url, reason })
        };
        match download.status {
            206 => {}
            // A server without ranges sends the whole blob, which serves as well from the beginning.
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

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let vault = std::sync::Arc::clone(&self.vault);
        let mut retries = RetryPolicy::new(&vault);
        while self.at < self.end && !buffer.is_empty() {
            let (mut download, left) = match self.part.take() {
                Some(part) => part,
                None => match self.ask() {
                    Ok(part) => part,
                    Err(error @ VaultError::Unreachable { .. }) => {
                        retries.failed(error).map_err(io::Error::other)?;
                        continue;
                    }
                    Err(error) => return Err(io::Error::other(error)),
                },
            };
            let most = usize::try_from(left).unwrap_or(buffer.len()).min(buffer.len());
            match download.read(&mut buffer[..most]) {
                Ok(0) => retries.failed(io::Error::from(io::ErrorKind::UnexpectedEof))?,
                Ok(read) => {
                    self.at += read as u64;
                    let left = left - read as u64;
                    self.part = (left > 0).then_some((download, left));
                    return Ok(read);
                }
                Err(error) => retries.failed(error)?,
            }
        }
        Ok(0)
    }
}
