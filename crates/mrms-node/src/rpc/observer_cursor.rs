//! How far an observer has come: which blocks it has taken. Kept on disk, one small file for each observer.
//!
//! Besides the newest block, the cursor has older ones, the further back the fewer, so that after a revert it is found where
//! the observer's blocks and the chain part. A block that an observer gets a second time is the same block.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::observers::ObserverUrl;
use crate::chain::BlockHash;
use crate::hexadecimal;

/// How many of the newest blocks are all kept.
const DENSE: usize = 64;

/// The blocks that an observer has taken, the newest last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    taken: Vec<(u32, BlockHash)>,
}

impl Cursor {
    /// The height of the next block for the observer.
    pub(super) fn next(&self) -> u32 {
        self.newest().map_or(1, |(height, _)| height.saturating_add(1))
    }

    pub(super) fn newest(&self) -> Option<(u32, BlockHash)> {
        self.taken.last().copied()
    }

    /// The observer took a block.
    pub(super) fn taken(&mut self, height: u32, hash: BlockHash) {
        self.taken.push((height, hash));
        if self.taken.len() > 2 * DENSE {
            // Of those beyond the newest, every second one stays, each time they are thinned out.
            let dense = self.taken.split_off(self.taken.len() - DENSE);
            let sparse = self.taken.iter().copied().step_by(2);
            self.taken = sparse.chain(dense).collect();
        }
    }

    /// The newest block is not on the chain.
    pub(super) fn step_back(&mut self) {
        self.taken.pop();
    }
}

#[derive(Serialize, Deserialize)]
struct CursorJson {
    observer: String,
    genesis: String,
    taken: Vec<(u32, String)>,
}

/// The file of an observer's cursor; a cursor in memory has none.
pub(super) struct CursorFile {
    path: Option<PathBuf>,
    observer: String,
    genesis: String,
}

impl CursorFile {
    pub(super) fn new(folder: Option<&Path>, observer: &ObserverUrl, genesis: BlockHash) -> Self {
        let observer = observer.to_string();
        let name = hexadecimal::encode(&Sha256::digest(&observer)[..8]);
        let path = folder.map(|folder| folder.join(format!("{name}.json")));
        Self { path, observer, genesis: hexadecimal::encode(genesis.as_bytes()) }
    }

    /// The cursor. A file of another ledger, or one that can't be read, counts as none: then the observer gets all blocks.
    pub(super) fn load(&self) -> Cursor {
        let read = || {
            let json: CursorJson =
                serde_json::from_slice(&fs::read(self.path.as_ref()?).ok()?).ok()?;
            if json.observer != self.observer || json.genesis != self.genesis {
                return None;
            }
            let block =
                |(height, hash): (u32, String)| Some((height, BlockHash::parse(&hash).ok()?));
            let taken = json.taken.into_iter().map(block).collect::<Option<Vec<_>>>()?;
            Some(Cursor { taken })
        };
        read().unwrap_or_default()
    }

    pub(super) fn save(&self, cursor: &Cursor) -> io::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        if let Some(folder) = path.parent() {
            mrms_files::make_private_folder(folder)?;
        }
        let json = CursorJson {
            observer: self.observer.clone(),
            genesis: self.genesis.clone(),
            taken: cursor.taken.iter().map(|(height, hash)| (*height, hash.to_string())).collect(),
        };
        mrms_files::write_whole(path, &serde_json::to_vec(&json)?)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn hash(height: u32) -> BlockHash {
        BlockHash::parse(&format!("0x{height:064x}")).unwrap()
    }

    #[test]
    fn cursor_stays_small_and_reaches_far_back() {
        let mut cursor = Cursor::default();
        assert_eq!(cursor.next(), 1);
        for height in 1..=100_000 {
            cursor.taken(height, hash(height));
        }
        assert_eq!(cursor.next(), 100_001);
        assert!(cursor.taken.len() <= 2 * DENSE, "{}", cursor.taken.len());
        assert!(cursor.taken.is_sorted());
        assert_eq!(cursor.taken[0], (1, hash(1)));
        cursor.step_back();
        assert_eq!(cursor.next(), 100_000);
    }

    #[test]
    fn cursor_of_another_ledger_or_a_damaged_one_counts_as_none() {
        let folder = std::env::temp_dir().join(format!("mrms-cursor-{}", std::process::id()));
        let observer: ObserverUrl = "http://127.0.0.1:3700".parse().unwrap();
        let file = CursorFile::new(Some(&folder), &observer, hash(7));
        let mut cursor = Cursor::default();
        cursor.taken(1, hash(1));
        file.save(&cursor).unwrap();
        assert_eq!(file.load(), cursor);
        let elsewhere = CursorFile::new(Some(&folder), &observer, hash(8));
        assert_eq!(elsewhere.load(), Cursor::default());
        fs::write(file.path.as_ref().unwrap(), b"{").unwrap();
        assert_eq!(file.load(), Cursor::default());
        fs::remove_dir_all(&folder).unwrap();
    }
}
