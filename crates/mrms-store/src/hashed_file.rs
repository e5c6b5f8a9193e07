//! [`HashedFile`]: a file that is hashed while it is written, and synced at the end.
//!
//! Small writes are buffered. A large file is synced from time to time by another thread while it is written, so that
//! the sync at the end is short. Knows nothing of names and folders.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use sha2::{Digest as _, Sha256};

use crate::BlobId;

/// Bytes that are buffered before they are written.
const BUFFER: usize = 1 << 20;
/// Bytes after which a sync is started.
const SYNC_EVERY: u64 = 32 << 20;

/// A file that is appended to, and the hash of its bytes.
#[derive(Debug)]
pub(crate) struct HashedFile {
    file: File,
    hasher: Sha256,
    /// Appended and not yet written.
    buffer: Vec<u8>,
    length: u64,
    syncing: Syncing,
}

/// The thread that syncs, once the file is large enough, and the length at which it was last asked.
#[derive(Debug, Default)]
struct Syncing {
    thread: Option<(SyncSender<()>, JoinHandle<()>)>,
    asked: u64,
}

impl Syncing {
    /// Asks the thread to sync the file, unless it is about to. Errors of its syncs are ignored: the sync at the end
    /// reports them.
    fn ask(&mut self, file: &File, length: u64) -> io::Result<()> {
        self.asked = length;
        if self.thread.is_none() {
            let file = file.try_clone()?;
            let (sender, asked) = sync_channel(1);
            let sync = move || asked.iter().for_each(|()| drop(file.sync_data()));
            let thread = thread::Builder::new().name("blob-sync".to_owned()).spawn(sync)?;
            self.thread = Some((sender, thread));
        }
        if let Some((sender, _)) = &self.thread {
            // Full: the previous request has not begun and serves both.
            let _ = sender.try_send(());
        }
        Ok(())
    }

    /// Waits for the running sync and ends the thread.
    fn end(&mut self) {
        if let Some((sender, thread)) = self.thread.take() {
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
            buffer: Vec::new(),
            length: 0,
            syncing: Syncing::default(),
        }
    }

    /// A file that has bytes already. Reads and hashes them; further bytes are appended.
    pub(crate) fn resume(mut file: File) -> io::Result<Self> {
        let mut hasher = Sha256::new();
        let mut length = 0;
        let mut chunk = vec![0; BUFFER];
        loop {
            let read = match file.read(&mut chunk) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            hasher.update(&chunk[..read]);
            length += read as u64;
        }
        let syncing = Syncing { asked: length, ..Syncing::default() };
        Ok(Self { file, hasher, buffer: Vec::new(), length, syncing })
    }

    /// Number of bytes so far, including buffered ones.
    pub(crate) const fn length(&self) -> u64 {
        self.length
    }

    pub(crate) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
        if self.buffer.len() + bytes.len() > BUFFER {
            self.write_out()?;
        }
        if bytes.len() >= BUFFER {
            self.file.write_all(bytes)?;
        } else {
            self.buffer.extend_from_slice(bytes);
        }
        if self.length - self.syncing.asked >= SYNC_EVERY {
            self.syncing.ask(&self.file, self.length)?;
        }
        Ok(())
    }

    /// Writes the buffered bytes to the file.
    fn write_out(&mut self) -> io::Result<()> {
        self.file.write_all(&self.buffer)?;
        self.buffer.clear();
        Ok(())
    }

    /// Writes everything to the file and ends the thread, while nobody appends.
    pub(crate) fn pause(&mut self) -> io::Result<()> {
        self.write_out()?;
        self.buffer = Vec::new();
        self.syncing.end();
        Ok(())
    }

    /// Syncs the file and returns its hash.
    pub(crate) fn finish(mut self) -> io::Result<BlobId> {
        self.write_out()?;
        self.syncing.end();
        self.file.sync_all()?;
        Ok(BlobId::from_bytes(self.hasher.finalize().into()))
    }
}
