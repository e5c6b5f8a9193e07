//! What a profile remembers of its own transactions: in which block each stands. By it a ledger that has lost that
//! block is noticed, whoever keeps the ledger.

use std::fs;
use std::io;
use std::time::Duration;

use mrms_core::{BlockHeight, ChainId, Nonce, TxId};
use mrms_files::FileLock;
use serde::{Deserialize, Serialize};

use super::{ProfileError, ProfileFolder, as_hex, io_error};

/// How many acts are kept of each ledger: enough to say what was lost with the newest blocks.
const KEPT: usize = 8;
/// Bytes of the file from which on the older acts are taken out of it.
const LONG: u64 = 64 * 1024;
/// How long to wait for another command of the profile that writes the same file.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// A transaction of this profile that stands in a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// Hash of the first block of its ledger.
    pub genesis: String,
    /// The chain that it was signed for: a node may have told another one. Not noted by earlier programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<ChainId>,
    /// Height of the block.
    pub block_height: BlockHeight,
    /// What tells the block from every other one, in hexadecimal.
    #[serde(with = "as_hex")]
    pub block_id: Vec<u8>,
    /// The transaction.
    pub txid: TxId,
    /// What it did, in words for the person who started it.
    pub what: String,
    /// The highest nonce of what was sent with it; not noted by earlier programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<Nonce>,
}

impl ProfileFolder {
    /// The file, relative to the profile's folder.
    pub const ACTS: &str = "acts.jsonl";
    const LOCK: &str = ".acts.lock";

    /// Remembers an act, durably.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`].
    pub fn remember_act(&self, act: &Act) -> Result<(), ProfileError> {
        let path = self.path().join(Self::ACTS);
        let lock = FileLock::take(&self.path().join(Self::LOCK), LONGEST_WAIT);
        let _lock = lock.map_err(|_| ProfileError::Busy)?;
        let length = fs::metadata(&path).ok().map(|metadata| metadata.len());
        let written = if length.is_some_and(|length| length <= LONG) {
            mrms_files::append(&path, line(act).as_bytes())
        } else {
            let mut acts = newest_of_each(self.all_acts()?);
            acts.push(act.clone());
            let lines: Vec<String> = acts.iter().map(line).collect();
            mrms_files::write_whole(&path, lines.concat().as_bytes())
        };
        written.map_err(io_error(&path, "write"))
    }

    /// The newest acts on a ledger, the newest last.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`].
    pub fn acts_on(&self, genesis: &str) -> Result<Vec<Act>, ProfileError> {
        let mut acts = newest_of_each(self.all_acts()?);
        acts.retain(|act| act.genesis == genesis);
        Ok(acts)
    }

    /// Every act in the file. Leaves out lines that can't be read: one that a kill cut short.
    fn all_acts(&self) -> Result<Vec<Act>, ProfileError> {
        let path = self.path().join(Self::ACTS);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            bytes => bytes.map_err(io_error(&path, "read"))?,
        };
        let lines = bytes.split(|byte| *byte == b'\n');
        Ok(lines.filter_map(|line| serde_json::from_slice(line).ok()).collect())
    }
}

fn line(act: &Act) -> String {
    // Texts and numbers: nothing here can fail to serialize.
    serde_json::to_string(act).unwrap_or_default() + "\n"
}

/// The newest acts on each ledger, in their order.
fn newest_of_each(acts: Vec<Act>) -> Vec<Act> {
    let mut kept: Vec<Act> = Vec::new();
    for act in acts.into_iter().rev() {
        if kept.iter().filter(|one| one.genesis == act.genesis).count() < KEPT {
            kept.push(act);
        }
    }
    kept.reverse();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(genesis: &str, height: u64) -> Act {
        Act {
            genesis: genesis.to_owned(),
            chain: Some(ChainId::EMBEDDED),
            block_height: BlockHeight::new(height),
            block_id: vec![height as u8; 32],
            txid: "ab".repeat(32).parse().unwrap(),
            what: "create a record".to_owned(),
            nonce: Some(Nonce::new(height)),
        }
    }

    #[test]
    fn newest_acts_of_each_ledger_are_kept_and_a_cut_line_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let profile = ProfileFolder::new(folder.path());
        assert_eq!(profile.acts_on("one").unwrap(), []);
        profile.remember_act(&act("other", 7)).unwrap();
        for height in 0..600 {
            profile.remember_act(&act("one", height)).unwrap();
        }
        let path = folder.path().join(ProfileFolder::ACTS);
        assert!(fs::metadata(&path).unwrap().len() < LONG + 1_000);
        mrms_files::append(&path, b"{\"genesis\":\"one\",\"blo").unwrap();
        profile.remember_act(&act("one", 600)).unwrap();
        let heights: Vec<u64> =
            profile.acts_on("one").unwrap().iter().map(|act| act.block_height.number()).collect();
        assert_eq!(heights, (593..=600).collect::<Vec<_>>());
        assert_eq!(profile.acts_on("other").unwrap(), [act("other", 7)]);
        assert_eq!(profile.acts_on("third").unwrap(), []);
    }
}
