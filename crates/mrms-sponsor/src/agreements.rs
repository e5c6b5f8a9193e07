//! [`Agreements`]: what the sponsor agreed to, by origin and nonce. The same request gets the same answer for two months.
//!
//! The newest agreements are in memory. The others are in a checkpoint: a file of sorted records that is searched on the
//! disk, and that says up to where it covers the journal. So neither memory nor the time to start grows with the journal.
//! A checkpoint can be deleted at any time: the journal has everything, and is then read again.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use mrms_core::{MicroStx, Nonce, StandardPrincipal, TxId};
use mrms_files::{Existing, Unfinished};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::books::{BooksError, wrong};
use crate::budget::Purse;
use crate::journal::{LinePlace, tail};

/// The checkpoint's file.
const FILE: &str = "agreements.checkpoint";
/// Its form. Another one is read anew from the journal.
const FORMAT: u32 = 1;
/// Agreements in memory that make a checkpoint worth while.
const MOST_RECENT: usize = 4096;
/// How long an agreement is remembered, in seconds.
const REMEMBERED: i64 = 62 * 86_400;
/// Bytes of a key: the origin's version and hash, its nonce.
const KEY: usize = 1 + 20 + 8;
/// Bytes of a record: the key, the request, the sponsor's nonce, the fee, the purse, the time.
const RECORD: usize = KEY + 32 + 8 + 8 + 1 + 8;
/// Bytes at the end of a checkpoint: the length of its description, and its SHA-256.
const END: u64 = 4 + 32;
/// Longest description.
const LONGEST_DESCRIPTION: u64 = 4096;

type Key = [u8; KEY];

/// A sponsorship that was agreed to. The same request gets the same answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Agreed {
    /// The transaction's id as its origin signed it.
    pub(crate) request: TxId,
    /// The sponsor's nonce.
    pub(crate) nonce: Nonce,
    /// The fee.
    pub(crate) fee: MicroStx,
    /// Which budget pays.
    pub(crate) purse: Purse,
    /// When it was agreed to.
    pub(crate) time: Timestamp,
}

/// What the sponsor agreed to.
#[derive(Debug)]
pub(crate) struct Agreements {
    folder: PathBuf,
    /// `None` for one that was returned.
    recent: BTreeMap<Key, Option<Agreed>>,
    older: Option<Sorted>,
}

/// The records of a checkpoint.
#[derive(Debug)]
struct Sorted {
    file: File,
    count: u64,
}

/// What a checkpoint says of itself.
#[derive(Debug, Serialize, Deserialize)]
struct Description {
    format: u32,
    /// It covers the journal up to here. From here on the journal is read: it is where the day began, since what was spent
    /// on a day is counted from the journal.
    covers: LinePlace,
    /// A hash of the journal before that place, in hexadecimal.
    tail: String,
    /// When that day ends, in seconds since 1970.
    day_ends: u64,
}

fn key(origin: &StandardPrincipal, nonce: Nonce) -> Key {
    let mut key = [0; KEY];
    key[0] = origin.version();
    key[1..21].copy_from_slice(origin.hash160());
    key[21..].copy_from_slice(&nonce.number().to_be_bytes());
    key
}

fn record(key: &Key, agreed: &Agreed) -> [u8; RECORD] {
    let mut record = [0; RECORD];
    let purse = match agreed.purse {
        Purse::Ordinary => 0,
        Purse::Urgent => 1,
        Purse::Emergency => 2,
    };
    record[..KEY].copy_from_slice(key);
    record[29..61].copy_from_slice(agreed.request.as_bytes());
    record[61..69].copy_from_slice(&agreed.nonce.number().to_be_bytes());
    record[69..77].copy_from_slice(&agreed.fee.number().to_be_bytes());
    record[77] = purse;
    record[78..].copy_from_slice(&agreed.time.as_second().to_be_bytes());
    record
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte))
}

fn agreed(record: &[u8; RECORD]) -> Agreed {
    let mut request = [0; 32];
    request.copy_from_slice(&record[29..61]);
    let mut time = [0; 8];
    time.copy_from_slice(&record[78..]);
    Agreed {
        request: TxId::from_bytes(request),
        nonce: Nonce::new(number(&record[61..69])),
        fee: MicroStx::new(number(&record[69..77])),
        purse: match record[77] {
            0 => Purse::Ordinary,
            1 => Purse::Urgent,
            _ => Purse::Emergency,
        },
        time: Timestamp::from_second(i64::from_be_bytes(time)).unwrap_or(Timestamp::MIN),
    }
}

impl Agreements {
    /// What the checkpoint in a folder has, and from where on the journal must be read. A checkpoint that is damaged, that
    /// does not fit to the journal, or that is of a later day counts as none.
    ///
    /// # Errors
    ///
    /// [`BooksError::Io`].
    pub(crate) fn load(
        folder: &Path,
        today_ends: u64,
    ) -> Result<(Self, Option<LinePlace>), BooksError> {
        let path = folder.join(FILE);
        let mut agreements =
            Self { folder: folder.to_owned(), recent: BTreeMap::new(), older: None };
        let found = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((agreements, None)),
            file => file.and_then(open_sorted).map_err(wrong(&path, "read"))?,
        };
        let fits = match &found {
            Some((_, described)) if described.day_ends <= today_ends => {
                let tail = tail(folder, &described.covers).map_err(wrong(&path, "read"))?;
                tail.is_some_and(|tail| hex::encode(tail) == described.tail)
            }
            _ => false,
        };
        match found {
            Some((sorted, described)) if fits => {
                agreements.older = Some(sorted);
                Ok((agreements, Some(described.covers)))
            }
            _ => {
                tracing::warn!(target: "mrms::sponsor", "the checkpoint does not fit to the journal, which is read again");
                Ok((agreements, None))
            }
        }
    }

    /// What was agreed to for a nonce of an origin.
    ///
    /// # Errors
    ///
    /// [`BooksError::Io`].
    pub(crate) fn get(
        &self,
        origin: &StandardPrincipal,
        nonce: Nonce,
    ) -> Result<Option<Agreed>, BooksError> {
        let key = key(origin, nonce);
        match (self.recent.get(&key), &self.older) {
            (Some(recent), _) => Ok(*recent),
            (None, None) => Ok(None),
            (None, Some(older)) => older.find(&key).map_err(wrong(&self.folder.join(FILE), "read")),
        }
    }

    /// Notes an agreement, or with `None` that it is void.
    pub(crate) fn set(&mut self, origin: &StandardPrincipal, nonce: Nonce, agreed: Option<Agreed>) {
        self.recent.insert(key(origin, nonce), agreed);
    }

    /// Whether there is enough in memory for a checkpoint.
    pub(crate) fn is_due(&self) -> bool {
        self.recent.len() >= MOST_RECENT
    }

    #[cfg(test)]
    pub(crate) fn in_memory(&self) -> usize {
        self.recent.len()
    }

    /// Writes everything into a new checkpoint, which covers the journal up to `covers`. What is older than two months is
    /// left out.
    ///
    /// # Errors
    ///
    /// [`BooksError::Io`]; the old checkpoint is still there then.
    pub(crate) fn checkpoint(
        &mut self,
        covers: LinePlace,
        day_ends: u64,
    ) -> Result<(), BooksError> {
        let path = self.folder.join(FILE);
        self.write(&path, covers, day_ends).map_err(wrong(&path, "write"))
    }

    fn write(&mut self, path: &Path, covers: LinePlace, day_ends: u64) -> io::Result<()> {
        let no_place = || io::Error::other("the journal has no line there");
        let tail = hex::encode(tail(&self.folder, &covers)?.ok_or_else(no_place)?);
        let oldest = i64::try_from(day_ends).unwrap_or(i64::MAX) - REMEMBERED;
        let mut file = Unfinished::beside(path)?;
        let mut writer = Hashing { inner: BufWriter::new(file.as_file_mut()), hash: Sha256::new() };
        let mut recent = self.recent.iter().peekable();
        let mut older = self.older.as_ref().map(Sorted::records).transpose()?;
        let mut next_older = older.as_mut().map(Records::next).transpose()?.flatten();
        loop {
            let older_key: Option<Key> =
                next_older.as_ref().and_then(|row| row[..KEY].try_into().ok());
            // Of two with one key, the recent one is true.
            let (key, value) = match (recent.peek(), older_key) {
                (Some((recent_key, _)), Some(older_key)) if older_key < **recent_key => {
                    (older_key, next_older.as_ref().map(agreed))
                }
                (Some((recent_key, value)), _) => (**recent_key, **value),
                (None, Some(older_key)) => (older_key, next_older.as_ref().map(agreed)),
                (None, None) => break,
            };
            if let Some(value) = value.filter(|value| value.time.as_second() >= oldest) {
                writer.write_all(&record(&key, &value))?;
            }
            if recent.peek().is_some_and(|(recent_key, _)| **recent_key == key) {
                recent.next();
            }
            if older_key == Some(key) {
                next_older = older.as_mut().map(Records::next).transpose()?.flatten();
            }
        }
        let described = Description { format: FORMAT, covers, tail, day_ends };
        let described = serde_json::to_vec(&described)?;
        writer.write_all(&described)?;
        writer.write_all(&u32::try_from(described.len()).unwrap_or(u32::MAX).to_be_bytes())?;
        let hash = writer.hash.clone().finalize();
        writer.inner.write_all(&hash)?;
        writer.inner.flush()?;
        drop(writer);
        file.finish(path, Existing::Replace)?;
        self.older = open_sorted(File::open(path)?)?.map(|(sorted, _)| sorted);
        self.recent.clear();
        Ok(())
    }
}

/// Opens a checkpoint; `None` if it is damaged or of another form.
fn open_sorted(file: File) -> io::Result<Option<(Sorted, Description)>> {
    let length = file.metadata()?.len();
    let Some(hashed) = length.checked_sub(32).filter(|hashed| *hashed >= 4) else {
        return Ok(None);
    };
    let mut reader = BufReader::new(&file);
    let mut hash = Sha256::new();
    io::copy(&mut reader.by_ref().take(hashed), &mut hash)?;
    let mut told = [0; 32];
    reader.read_exact(&mut told)?;
    if <[u8; 32]>::from(hash.finalize()) != told {
        return Ok(None);
    }
    let mut size = [0; 4];
    read_at(&file, length - END, &mut size)?;
    let size = u64::from(u32::from_be_bytes(size));
    let records = (length - END).checked_sub(size).filter(|_| size <= LONGEST_DESCRIPTION);
    let Some(records) = records.filter(|records| records % RECORD as u64 == 0) else {
        return Ok(None);
    };
    let mut described = vec![0; usize::try_from(size).unwrap_or_default()];
    read_at(&file, records, &mut described)?;
    let described = serde_json::from_slice::<Description>(&described).ok();
    let sorted = Sorted { file, count: records / RECORD as u64 };
    Ok(described
        .filter(|described| described.format == FORMAT)
        .map(|described| (sorted, described)))
}

fn read_at(mut file: &File, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(bytes)
}

impl Sorted {
    fn find(&self, key: &Key) -> io::Result<Option<Agreed>> {
        let (mut low, mut high) = (0, self.count);
        let mut row = [0; RECORD];
        while low < high {
            let middle = low + (high - low) / 2;
            read_at(&self.file, middle * RECORD as u64, &mut row)?;
            match row[..KEY].cmp(key) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Ok(Some(agreed(&row))),
            }
        }
        Ok(None)
    }

    fn records(&self) -> io::Result<Records<'_>> {
        (&self.file).seek(SeekFrom::Start(0))?;
        Ok(Records { reader: BufReader::new(&self.file), left: self.count })
    }
}

/// The records in their order.
struct Records<'a> {
    reader: BufReader<&'a File>,
    left: u64,
}

impl Records<'_> {
    fn next(&mut self) -> io::Result<Option<[u8; RECORD]>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let mut row = [0; RECORD];
        self.reader.read_exact(&mut row)?;
        Ok(Some(row))
    }
}

/// Hashes what is written.
struct Hashing<W> {
    inner: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests;
