//! A file that is hashed while it is written, and made durable at the end.
//!
//! Small writes are gathered, so that whoever writes need not care. A large file is synced bit by bit
//! on a thread beside, while it is hashed, so that little is left to be waited for at the end. Knows
//! nothing of names and folders.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use sha2::{Digest as _, Sha256};

use crate::BlobId;

/// Bytes that are gathered before they are written.
const GATHERED: usize = 1 << 20;
/// Bytes after which the disk is told to begin.
const SYNCED: u64 = 32 << 20;

/// A file being appended to, and the hash of all that is in it.
#[derive(Debug)]
pub(crate) struct HashedFile {
    file: File,
    hasher: Sha256,
    /// Appended, not yet in the file.
    gathered: Vec<u8>,
    length: u64,
    syncing: Syncing,
}

/// Who syncs beside, where the file is large enough, and up to where they were told to.
#[derive(Debug, Default)]
struct Syncing {
    beside: Option<(SyncSender<()>, JoinHandle<()>)>,
    asked: u64,
}

impl Syncing {
    /// Has what is in the file synced, unless that is being done already. What goes wrong here goes
    /// wrong again at the end, where it is told.
    fn ask(&mut self, file: &File, length: u64) -> io::Result<()> {
        self.asked = length;
        if self.beside.is_none() {
            let file = file.try_clone()?;
            let (sender, asked) = sync_channel(1);
            let sync = move || asked.iter().for_each(|()| drop(file.sync_data()));
            let thread = thread::Builder::new().name("blob-sync".to_owned()).spawn(sync)?;
            self.beside = Some((sender, thread));
        }
        if let Some((sender, _)) = &self.beside {
            // Full: the request before this one is yet to be begun, and will do for both.
            let _ = sender.try_send(());
        }
        Ok(())
    }

    /// Waits until nothing is being synced beside any more.
    fn end(&mut self) {
        if let Some((sender, thread)) = self.beside.take() {
            drop(sender);
            let _ = thread.join();
        }
    }
}

impl HashedFile {
    /// An empty file.
    pub(crate) fn new(file: File) -> Self {
        Self {
            file,
            hasher: Sha256::new(),
            gathered: Vec::new(),
            length: 0,
            syncing: Syncing::default(),
        }
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
        let syncing = Syncing { asked: length, ..Syncing::default() };
        Ok(Self { file, hasher, gathered: Vec::new(), length, syncing })
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
            self.file.write_all(bytes)?;
        } else {
            self.gathered.extend_from_slice(bytes);
        }
        if self.length - self.syncing.asked >= SYNCED {
            self.syncing.ask(&self.file, self.length)?;
        }
        Ok(())
    }

    /// Puts what was gathered into the file.
    fn write_out(&mut self) -> io::Result<()> {
        self.file.write_all(&self.gathered)?;
        self.gathered.clear();
        Ok(())
    }

    /// Puts it down for a while: everything is in the file, and no thread is left.
    pub(crate) fn pause(&mut self) -> io::Result<()> {
        self.write_out()?;
        self.gathered = Vec::new();
        self.syncing.end();
        Ok(())
    }

    /// Makes the file durable and gives its hash.
    pub(crate) fn finish(mut self) -> io::Result<BlobId> {
        self.write_out()?;
        self.syncing.end();
        self.file.sync_all()?;
        Ok(BlobId::from_bytes(self.hasher.finalize().into()))
    }
}
