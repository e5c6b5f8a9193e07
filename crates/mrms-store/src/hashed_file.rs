//! A file that is hashed while it is written, and made durable at the end.
//!
//! Small writes are gathered, so that whoever writes need not care. Knows nothing of names and
//! folders.

use std::fs::File;
use std::io::{self, Read as _, Write as _};

use sha2::{Digest as _, Sha256};

use crate::BlobId;

/// Bytes that are gathered before they are written.
const GATHERED: usize = 1 << 20;

/// A file being appended to, and the hash of all that is in it.
#[derive(Debug)]
pub(crate) struct HashedFile {
    file: File,
    hasher: Sha256,
    /// Appended, not yet in the file.
    gathered: Vec<u8>,
    length: u64,
}

impl HashedFile {
    /// An empty file.
    pub(crate) fn new(file: File) -> Self {
        Self { file, hasher: Sha256::new(), gathered: Vec::new(), length: 0 }
    }

    /// A file that has bytes already, which are read again; it stands at its end afterwards.
    pub(crate) fn resume(mut file: File) -> io::Result<Self> {
        let mut hasher = Sha256::new();
        let mut length = 0;
        let mut buffer = vec![0; GATHERED];
        loop {
            let read = match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            hasher.update(&buffer[..read]);
            length += read as u64;
        }
        Ok(Self { file, hasher, gathered: Vec::new(), length })
    }

    /// Bytes so far, those included that are not yet in the file.
    pub(crate) const fn length(&self) -> u64 {
        self.length
    }

    pub(crate) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
        if self.gathered.len() + bytes.len() > GATHERED {
            self.write_out()?;
        }
        if bytes.len() >= GATHERED {
            return self.file.write_all(bytes);
        }
        self.gathered.extend_from_slice(bytes);
        Ok(())
    }

    /// Puts what was gathered into the file.
    pub(crate) fn write_out(&mut self) -> io::Result<()> {
        self.file.write_all(&self.gathered)?;
        self.gathered.clear();
        Ok(())
    }

    /// Makes the file durable and gives its hash.
    pub(crate) fn finish(mut self) -> io::Result<BlobId> {
        self.write_out()?;
        self.file.sync_all()?;
        Ok(BlobId::from_bytes(self.hasher.finalize().into()))
    }
}
