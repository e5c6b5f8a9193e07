//! Opens only the header of a version: as much of the payload as that takes, one chunk.

use std::io::{self, Read, Write};

use super::sink::ContentSink;
use super::{ContentHeader, OpenError};
use crate::context::ContentKey;
use crate::stream::{self, StreamError, Workers};

impl ContentKey {
    /// Opens the payload as far as its header, which is checked against the version asked for.
    ///
    /// Neither reads nor verifies what follows: enough to show a version's name, but it does not
    /// vouch for the content.
    ///
    /// # Errors
    ///
    /// [`OpenError`].
    pub fn open_header<R: Read + Send>(&self, mut payload: R) -> Result<ContentHeader, OpenError> {
        let mut sink = ContentSink::new(self.context(), self.payload().length(), Stop);
        let nonce = stream::read_nonce(&mut payload).map_err(OpenError::Stream)?;
        let opened = stream::open(&self.file_key, &nonce, payload, &mut sink, Workers::ONE);
        if let Some(error) = sink.take_error() {
            return Err(OpenError::Header(error));
        }
        match (sink.into_header(), opened) {
            (Some(header), Ok(_) | Err(StreamError::Write { .. })) => Ok(header),
            (_, Err(error)) => Err(OpenError::Stream(error)),
            (None, Ok(_)) => Err(OpenError::Header(super::HeaderError::Length)),
        }
    }
}

/// A writer that refuses everything.
struct Stop;

impl Write for Stop {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WriteZero.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
