//! What is inside the ciphertext of a version: a header, the original bytes, and padding.
//!
//! [`seal`] makes a payload (the ciphertext) and its [`ContentKey`]. [`ContentKey::open_to`] gives
//! back the original bytes, unchanged, after it has compared every field of the header with what
//! was asked for. Both stream: memory does not grow with the content. [`crate::envelope`] wraps the
//! key.

mod header;
mod padding;
mod peek;
mod sink;

use std::io::{self, Read, Write};

use aws_lc_rs::digest;
use rand_core::CryptoRng;

use crate::context::{ContentKey, ErasureSalt, PayloadDigest};
use crate::secret::FileKey;
use crate::stream::{self, StreamError, Workers};

pub use header::{ContentHeader, FileName, HeaderError, Label, MediaType, ParseTextError};
use sink::ContentSink;

/// Whether a version can be erased later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// Its keys come from words and chain alone.
    Permanent,
    /// Its keys need a salt too, which the vault keeps and can delete.
    Erasable,
}

/// Why content could not be sealed. What was written must be discarded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The content's length is not what its header says, for instance because it changed while it
    /// was read.
    #[error("the content has {found} bytes or more, its header says {expected}")]
    Length {
        /// What the header says, in bytes.
        expected: u64,
        /// What was read, in bytes.
        found: u64,
    },
    /// The content could not be read, or the payload not written.
    #[error(transparent)]
    Stream(StreamError),
}

/// Why a payload could not be opened. What was written must be discarded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The payload is not the one that the envelope names: other bytes, or another length.
    #[error("the ciphertext is not the one that this version was sealed as")]
    OtherPayload,
    /// What was decrypted is malformed, or belongs to another version.
    #[error(transparent)]
    Header(HeaderError),
    /// The payload could not be read or verified, or the content not written.
    #[error(transparent)]
    Stream(StreamError),
}

/// Seals content: reads exactly `header.length` bytes and writes the payload.
///
/// The file key, the nonce, and the salt of an erasable version are fresh. Memory stays under
/// 16 MiB. The payload has [`ContentHeader::payload_length`] bytes.
///
/// # Errors
///
/// [`SealError`]; the payload is then worthless.
pub fn seal<R: Read + Send, W: Write + Send>(
    header: &ContentHeader,
    retention: Retention,
    content: R,
    payload: W,
    workers: Workers,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<ContentKey, SealError> {
    let file_key = FileKey::generate(rng);
    let salt = match retention {
        Retention::Permanent => None,
        Retention::Erasable => Some(ErasureSalt::generate(rng)),
    };
    let head = header.to_bytes();
    let filled = (head.len() as u64).saturating_add(header.length);
    let mut content = Counted { inner: content, read: 0 };
    let mut payload = HashingWriter { inner: payload, hash: Hashing::new() };
    let plaintext = head
        .as_slice()
        .chain((&mut content).take(header.length))
        .chain(io::repeat(0).take(padding::padded_length(filled).saturating_sub(filled)));
    stream::seal(&file_key, plaintext, &mut payload, workers, rng).map_err(SealError::Stream)?;
    let expected = header.length;
    if content.read == expected {
        // There must be no further byte.
        let read = content.read(&mut [0]);
        read.map_err(|source| SealError::Stream(StreamError::Read { source }))?;
    }
    if content.read != expected {
        return Err(SealError::Length { expected, found: content.read });
    }
    let payload = payload.hash.finish();
    Ok(ContentKey { file_key, context: header.context.clone(), payload, salt })
}

impl ContentKey {
    /// Opens the payload: writes the original bytes to `content` and returns their header.
    ///
    /// Each byte that is written has been verified, but only `Ok` says that the whole is the
    /// version that was asked for, to its last byte: until then the output belongs in a temporary
    /// place, and on an error it must be discarded. Memory stays under 16 MiB.
    ///
    /// # Errors
    ///
    /// [`OpenError`].
    pub fn open_to<R: Read + Send, W: Write + Send>(
        &self,
        payload: R,
        content: W,
        workers: Workers,
    ) -> Result<ContentHeader, OpenError> {
        let expected = self.payload;
        // Reading one byte too many is enough to notice that there are more.
        let bounded = payload.take(expected.length().saturating_add(1));
        let mut payload = HashingReader { inner: bounded, hash: Hashing::new() };
        let mut sink = ContentSink::new(&self.context, expected.length(), content);
        let nonce = stream::read_nonce(&mut payload).map_err(OpenError::Stream)?;
        let opened = stream::open(&self.file_key, &nonce, &mut payload, &mut sink, workers);
        if let Some(error) = sink.take_error() {
            return Err(OpenError::Header(error));
        }
        opened.map_err(OpenError::Stream)?;
        if payload.hash.finish() != expected {
            return Err(OpenError::OtherPayload);
        }
        sink.finish().map_err(OpenError::Header)
    }
}

struct Hashing {
    context: digest::Context,
    length: u64,
}

impl Hashing {
    fn new() -> Self {
        Self { context: digest::Context::new(&digest::SHA256), length: 0 }
    }

    fn update(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
        self.length += bytes.len() as u64;
    }

    fn finish(self) -> PayloadDigest {
        PayloadDigest::from_parts(self.length, &self.context.finish())
    }
}

struct HashingWriter<W> {
    inner: W,
    hash: Hashing,
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.hash.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

struct HashingReader<R> {
    inner: R,
    hash: Hashing,
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(&buffer[..count]);
        Ok(count)
    }
}

struct Counted<R> {
    inner: R,
    read: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read += count as u64;
        Ok(count)
    }
}

#[cfg(test)]
mod tests;
