//! Takes the decrypted chunks of a version: checks the header and the padding, and passes the
//! content on, as the bytes come.

use std::io::{self, Write};
use std::mem;

use zeroize::Zeroizing;

use super::header::{ContentHeader, HeaderError, PREFIX_LENGTH};
use crate::context::VersionContext;

enum State {
    Prefix,
    Fields { length: usize },
    Content { header: Box<ContentHeader>, left: u64 },
    Failed(Option<HeaderError>),
}

/// A writer for the plaintext of one version.
pub(super) struct ContentSink<'a, W> {
    asked: &'a VersionContext,
    /// What the payload's length must be: it determines the padding.
    payload_length: u64,
    content: W,
    gathered: Zeroizing<Vec<u8>>,
    state: State,
}

impl<'a, W: Write> ContentSink<'a, W> {
    pub(super) fn new(asked: &'a VersionContext, payload_length: u64, content: W) -> Self {
        let gathered = Zeroizing::new(Vec::with_capacity(PREFIX_LENGTH));
        Self { asked, payload_length, content, gathered, state: State::Prefix }
    }

    /// What was found to be wrong, when a write failed because of it.
    pub(super) fn take_error(&mut self) -> Option<HeaderError> {
        match &mut self.state {
            State::Failed(error) => error.take(),
            _ => None,
        }
    }

    /// The header, when all of the content was written.
    pub(super) fn finish(self) -> Result<ContentHeader, HeaderError> {
        match self.state {
            State::Content { header, left: 0 } => Ok(*header),
            State::Failed(Some(error)) => Err(error),
            _ => Err(HeaderError::Length),
        }
    }

    /// The header, as soon as it was checked.
    pub(super) fn into_header(self) -> Option<ContentHeader> {
        match self.state {
            State::Content { header, .. } => Some(*header),
            _ => None,
        }
    }

    /// Takes bytes until `count` are gathered.
    fn gather<'b>(&mut self, bytes: &'b [u8], count: usize) -> (&'b [u8], Option<Gathered>) {
        let missing = count.saturating_sub(self.gathered.len()).min(bytes.len());
        let (taken, rest) = bytes.split_at(missing);
        self.gathered.extend_from_slice(taken);
        let full = self.gathered.len() == count;
        (rest, full.then(|| mem::take(&mut self.gathered)))
    }

    fn take<'b>(&mut self, bytes: &'b [u8]) -> Result<&'b [u8], Stop> {
        match &mut self.state {
            State::Prefix => {
                let (rest, prefix) = self.gather(bytes, PREFIX_LENGTH);
                if let Some(prefix) = prefix {
                    let prefix = prefix.first_chunk().ok_or(HeaderError::Length)?;
                    let length = ContentHeader::fields_length(*prefix)?;
                    self.gathered.reserve_exact(length);
                    self.state = State::Fields { length };
                }
                Ok(rest)
            }
            State::Fields { length } => {
                let length = *length;
                let (rest, fields) = self.gather(bytes, length);
                if let Some(fields) = fields {
                    let header = Box::new(ContentHeader::from_fields(&fields)?);
                    header.check(self.asked)?;
                    if header.payload_length() != self.payload_length {
                        return Err(HeaderError::Length.into());
                    }
                    self.state = State::Content { left: header.length, header };
                }
                Ok(rest)
            }
            State::Content { left: 0, .. } => {
                if bytes.iter().any(|byte| *byte != 0) {
                    return Err(HeaderError::Length.into());
                }
                Ok(&[])
            }
            State::Content { left, .. } => {
                let count =
                    usize::try_from(*left).map_or(bytes.len(), |left| left.min(bytes.len()));
                let (content, rest) = bytes.split_at(count);
                *left -= count as u64;
                self.content.write_all(content)?;
                Ok(rest)
            }
            State::Failed(_) => Err(Stop::Io(io::ErrorKind::InvalidData.into())),
        }
    }
}

type Gathered = Zeroizing<Vec<u8>>;

enum Stop {
    Header(HeaderError),
    Io(io::Error),
}

impl From<HeaderError> for Stop {
    fn from(error: HeaderError) -> Self {
        Self::Header(error)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl<W: Write> Write for ContentSink<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut left = bytes;
        while !left.is_empty() {
            left = self.take(left).map_err(|stop| match stop {
                Stop::Io(error) => error,
                Stop::Header(error) => {
                    self.state = State::Failed(Some(error));
                    io::ErrorKind::InvalidData.into()
                }
            })?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.content.flush()
    }
}
