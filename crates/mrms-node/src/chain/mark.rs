//! The mark: a note of the newest block, in a small file outside of the database. By it the ledger notices
//! that blocks are missing which it had acknowledged: a log of the database that was lost, or an older file
//! in the place of a newer one.
//!
//! A mark is written after its block is durable, so it is never ahead of the ledger. It is written over in
//! place, in two places by turns, each with a check sum: one of them is whole whatever happens. The system
//! gets each mark at once, so it survives the end of the process. The disk gets it at every [`BLOCKS_A_SYNC`]th
//! block and otherwise when the system writes back, within about half a minute: a block costs no second sync.
//! After a loss of power the mark may name an earlier block, which only notices less.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::error::{LedgerFailure, OpenError};
use super::gap::{Fate, Gap, Mark, NotedMark};
use super::identifiers::BlockHash;
use super::operation::Operation;
use super::store;
use super::units::BlockHeight;

/// The mark's file beside the database.
const FILE: &str = "node.mark";
/// Bytes of one of the two places in the file: a line of text with spaces at its end.
const PLACE: usize = 512;
/// Hexadecimal digits of the check sum, which a space follows.
const CHECK_DIGITS: usize = 32;
/// How many blocks may be made before the mark is synced.
const BLOCKS_A_SYNC: u32 = 64;

/// A place of the file, as text. A reader leaves out fields that it does not know.
#[derive(Serialize, Deserialize)]
struct PlaceText {
    /// Counts the marks that were written. The higher one counts.
    number: u64,
    genesis: String,
    height: u32,
    hash: String,
}

/// Path of the mark's file beside the database.
pub(crate) fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Reads a mark; none when there is no such file.
///
/// # Errors
/// [`OpenError::MarkDamaged`] when the file has no whole mark, [`OpenError::File`] when it cannot be read.
pub fn read_mark(path: &Path) -> Result<Option<Mark>, OpenError> {
    Ok(read_newest(path)?.map(|(_, mark)| mark))
}

fn read_newest(path: &Path) -> Result<Option<(u64, Mark)>, OpenError> {
    let bytes = match std::fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes.map_err(|source| OpenError::File { path: path.to_owned(), source })?,
    };
    let whole = bytes.chunks(PLACE).take(2).filter_map(parse);
    match whole.max_by_key(|(number, _)| *number) {
        Some(newest) => Ok(Some(newest)),
        None => Err(OpenError::MarkDamaged { path: path.to_owned() }),
    }
}

fn parse(place: &[u8]) -> Option<(u64, Mark)> {
    let text = std::str::from_utf8(place).ok()?.trim_end();
    let (check, json) = text.split_at_checked(CHECK_DIGITS)?;
    let json = json.strip_prefix(' ')?;
    if check != check_sum(json) {
        return None;
    }
    let PlaceText { number, genesis, height, hash } = serde_json::from_str(json).ok()?;
    let (genesis, hash) = (BlockHash::parse(&genesis).ok()?, BlockHash::parse(&hash).ok()?);
    Some((number, Mark { genesis, height: BlockHeight::new(height), hash }))
}

fn encode(number: u64, mark: &Mark) -> Vec<u8> {
    let Mark { genesis, height, hash } = mark;
    let text = PlaceText {
        number,
        genesis: genesis.to_string(),
        height: height.get(),
        hash: hash.to_string(),
    };
    // Numbers and texts: nothing here can fail to serialize.
    let json = serde_json::to_string(&text).unwrap_or_default();
    let mut bytes = format!("{} {json}", check_sum(&json)).into_bytes();
    bytes.resize(PLACE - 1, b' ');
    bytes.push(b'\n');
    bytes
}

fn check_sum(json: &str) -> String {
    hex::encode(&Sha256::digest(json)[..CHECK_DIGITS / 2])
}

/// Writes a mark to a new file, or over what is there, durably.
pub(crate) fn write_mark(path: &Path, mark: &Mark) -> Result<(), OpenError> {
    let bytes = [encode(0, mark), encode(1, mark)].concat();
    mrms_files::write_whole(path, &bytes)
        .map_err(|source| OpenError::File { path: path.to_owned(), source })
}

/// The files that a ledger keeps its mark in, while it is open.
pub(crate) struct Marks {
    genesis: BlockHash,
    noted: Option<Mark>,
    files: Vec<MarkFile>,
    unsynced: u32,
}

struct MarkFile {
    file: File,
    number: u64,
}

impl Marks {
    /// Opens the files for a ledger whose newest block is `tip`, and makes those that are not there.
    pub(crate) fn open(paths: &[PathBuf], tip: Mark) -> Result<Self, OpenError> {
        let mut files = Vec::new();
        let mut are_equal = true;
        for path in paths {
            let (number, mark) = match read_newest(path)? {
                Some(newest) => newest,
                None => {
                    write_mark(path, &tip)?;
                    (1, tip)
                }
            };
            are_equal &= mark == tip;
            let opened = std::fs::OpenOptions::new().write(true).open(path);
            let file = opened.map_err(|source| OpenError::File { path: path.clone(), source })?;
            files.push(MarkFile { file, number });
        }
        let noted = are_equal.then_some(tip);
        let mut marks = Self { genesis: tip.genesis, noted, files, unsynced: 0 };
        marks.note(tip.height, tip.hash);
        Ok(marks)
    }

    /// Hash of block 0 of the ledger whose marks these are.
    pub(crate) fn genesis(&self) -> BlockHash {
        self.genesis
    }

    /// Notes the newest block. The caller has made it durable.
    ///
    /// A file that can't be written is left as it is: what it says is on the chain, and only less of it.
    pub(crate) fn note(&mut self, height: BlockHeight, hash: BlockHash) {
        let mark = Mark { genesis: self.genesis, height, hash };
        if self.noted == Some(mark) {
            return;
        }
        self.noted = Some(mark);
        self.files.retain_mut(|file| file.put(&mark).is_ok());
        self.unsynced += 1;
        if self.unsynced >= BLOCKS_A_SYNC {
            self.sync();
        }
    }

    /// Makes the mark durable.
    pub(crate) fn sync(&mut self) {
        self.files.retain(|file| file.file.sync_data().is_ok());
        self.unsynced = 0;
    }
}

impl MarkFile {
    fn put(&mut self, mark: &Mark) -> io::Result<()> {
        self.number += 1;
        let place = (self.number % 2) * PLACE as u64;
        self.file.seek(SeekFrom::Start(place))?;
        self.file.write_all(&encode(self.number, mark))
    }
}

/// What the chain behind `connection` has of a block that it once acknowledged.
pub(crate) fn fate(connection: &Connection, mark: &Mark) -> Result<Fate, LedgerFailure> {
    let genesis = store::stored_block_at(connection, BlockHeight::new(0))?;
    if genesis.is_none_or(|block| block.hash != mark.genesis) {
        return Ok(Fate::Missing);
    }
    let there = store::stored_block_at(connection, mark.height)?;
    if there.is_some_and(|block| block.hash == mark.hash) {
        return Ok(Fate::OnChain);
    }
    for (at, operation) in store::dropping_operations(connection)? {
        let (Operation::Revert { height, hash } | Operation::Loss { height, hash }) = operation
        else {
            continue;
        };
        let is_it = height == mark.height && hash == mark.hash;
        let was_above = at <= mark.height && mark.height <= height;
        if is_it || was_above {
            return Ok(Fate::OnRecord);
        }
    }
    Ok(Fate::Missing)
}

/// The newest of these blocks that the chain lacks without a word.
fn newest_missing(
    connection: &Connection,
    noted: &[NotedMark],
) -> Result<Option<NotedMark>, LedgerFailure> {
    let mut newest: Option<&NotedMark> = None;
    for one in noted {
        let is_newer = newest.is_none_or(|newest| one.mark.height > newest.mark.height);
        if is_newer && fate(connection, &one.mark)? == Fate::Missing {
            newest = Some(one);
        }
    }
    Ok(newest.cloned())
}

/// All of these blocks that the chain lacks without a word, each once, those at the greatest heights first.
pub(crate) fn all_missing(
    connection: &Connection,
    noted: &[NotedMark],
) -> Result<Vec<Mark>, LedgerFailure> {
    let mut missing = Vec::new();
    for NotedMark { mark, .. } in noted {
        if !missing.contains(mark) && fate(connection, mark)? == Fate::Missing {
            missing.push(*mark);
        }
    }
    missing.sort_by_key(|mark| std::cmp::Reverse(mark.height));
    Ok(missing)
}

/// The marks in these files, those that there are.
pub(crate) fn read_all(paths: &[PathBuf]) -> Result<Vec<NotedMark>, OpenError> {
    let mut noted = Vec::new();
    for path in paths {
        if let Some(mark) = read_mark(path)? {
            noted.push(NotedMark { mark, noted: format!("{} names it", path.display()) });
        }
    }
    Ok(noted)
}

/// What a ledger lacks of these blocks: fails unless all are there, or a block of the chain says why not.
pub(crate) fn must_have(
    connection: &Connection,
    folder: &Path,
    has_log: bool,
    noted: &[NotedMark],
) -> Result<(), OpenError> {
    let Some(missing) = newest_missing(connection, noted)? else { return Ok(()) };
    let genesis = store::stored_block_at(connection, BlockHeight::new(0))?.map(|block| block.hash);
    let ends = store::tip(connection)?.map(|tip| tip.header.height);
    let is_other = genesis.is_some_and(|genesis| genesis != missing.mark.genesis);
    let (folder, missing) = (folder.to_owned(), Some(missing));
    let gap = Gap { folder, ends, missing, is_other, has_log };
    Err(OpenError::Behind { gap: Box::new(gap) })
}

/// Whether the ledger in `folder` has these blocks, and the one of its own mark. Reads only, and needs no lock.
///
/// The caller must have read the marks before this is called, since a block is noted after it is made.
///
/// # Errors
/// [`OpenError::Behind`] with the newest block that is missing; else [`OpenError`].
pub fn must_have_blocks(folder: &Path, noted: &[NotedMark]) -> Result<(), OpenError> {
    let mut all = read_all(&[path(folder)])?;
    all.extend_from_slice(noted);
    let has_log = store::has_log(folder);
    let connection = store::open_existing(folder)?;
    if store::is_empty(&connection)? {
        let newest = all.into_iter().max_by_key(|one| one.mark.height.get());
        return Err(nothing_there(folder, has_log, newest));
    }
    connection.execute_batch("BEGIN").map_err(LedgerFailure::from)?;
    must_have(&connection, folder, has_log, &all)
}

/// The error for a file without any block, where a ledger had been begun.
pub(crate) fn nothing_there(folder: &Path, has_log: bool, missing: Option<NotedMark>) -> OpenError {
    let folder = folder.to_owned();
    let gap = Gap { folder, ends: None, missing, is_other: false, has_log };
    OpenError::Behind { gap: Box::new(gap) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn mark(height: u32) -> Mark {
        let hash = BlockHash::new([height as u8; 32]);
        Mark { genesis: BlockHash::new([9; 32]), height: BlockHeight::new(height), hash }
    }

    #[test]
    fn newest_mark_is_read_and_half_a_write_leaves_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mark");
        assert_eq!(read_mark(&path).unwrap(), None);
        let mut marks = Marks::open(std::slice::from_ref(&path), mark(3)).unwrap();
        assert_eq!(read_mark(&path).unwrap(), Some(mark(3)));
        for height in 4..9 {
            marks.note(BlockHeight::new(height), mark(height).hash);
            assert_eq!(read_mark(&path).unwrap(), Some(mark(height)));
        }
        // A lower one counts as well when it is the newer one, as after a revert.
        marks.note(BlockHeight::new(5), mark(5).hash);
        assert_eq!(read_mark(&path).unwrap(), Some(mark(5)));
        let whole = std::fs::read(&path).unwrap();
        let newest = whole.chunks(PLACE).position(|place| parse(place).unwrap().1 == mark(5));
        let mut torn = whole.clone();
        torn[newest.unwrap() * PLACE + 100] ^= 1;
        std::fs::write(&path, &torn).unwrap();
        assert_eq!(read_mark(&path).unwrap(), Some(mark(8)));
        for damaged in [&b""[..], b"x", &[0; 2 * PLACE], &whole[..40]] {
            std::fs::write(&path, damaged).unwrap();
            assert!(matches!(read_mark(&path), Err(OpenError::MarkDamaged { .. })));
        }
    }

    #[test]
    fn field_that_a_later_program_adds_is_left_out() {
        let text = String::from_utf8(encode(7, &mark(2))).unwrap();
        let json = text[CHECK_DIGITS + 1..].trim_end().replacen('{', "{\"history\":\"ab\",", 1);
        let later = format!("{} {json}\n", check_sum(&json));
        assert_eq!(parse(later.as_bytes()), Some((7, mark(2))));
    }
}
