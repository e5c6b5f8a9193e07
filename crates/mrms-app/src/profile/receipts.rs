//! The receipts that vaults signed for this profile: `receipts.jsonl`, a line each, to which lines are only ever added.
//!
//! There is one for each deposit, so that the file grows with records and readers. Which records were erased, which most
//! commands ask, and for which a salt was left, is kept beside it in `erasable.json` with how far the receipts were read for
//! it: only what came since is read. That file is derived. Where it is missing, can't be read, or is not of these receipts, all of them are read again.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Seek as _, SeekFrom};

use mrms_core::RecordId;
use mrms_vault::protocol::{Topic, VaultReceipt};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{ProfileError, ProfileFolder, io_error, to_json};

const NAME: &str = "receipts.jsonl";
const ERASABLE: &str = "erasable.json";
/// After so many bytes that had to be read again, it is noted that they were read.
const NOTED_AFTER: usize = 128 * 1024;
/// Bytes at the beginning of a receipt in which its topic and its record stand.
const HEAD: usize = 512;
/// Bytes before the place up to which receipts were read, by which they are known again.
const KNOWN_BY: u64 = 512;

/// The file: what the receipts up to a place say of records that can be erased.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ErasableUntil {
    /// Bytes of `receipts.jsonl` that were read.
    until: u64,
    /// SHA-256 of the last of them, in hexadecimal.
    last: String,
    /// The records that were erased.
    erased: BTreeSet<RecordId>,
    /// The records for which a salt was left, without which a version of them does not open.
    salted: BTreeSet<RecordId>,
}

impl ProfileFolder {
    /// Keeps receipts that a vault signed, with one write.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`].
    pub fn keep_receipts(&self, receipts: &[VaultReceipt]) -> Result<(), ProfileError> {
        let path = self.path().join(NAME);
        let mut lines = Vec::new();
        for receipt in receipts {
            lines.extend(serde_json::to_vec(receipt).unwrap_or_default());
            lines.push(b'\n');
        }
        mrms_files::append(&path, &lines).map_err(io_error(&path, "write"))
    }

    /// The receipts about a record. Skips a line that was cut short when a process was killed.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`].
    pub fn receipts(&self, record: RecordId) -> Result<Vec<VaultReceipt>, ProfileError> {
        let path = self.path().join(NAME);
        let text = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            text => text.map_err(io_error(&path, "read"))?,
        };
        let mut receipts = receipts_with(&text, "record_id", &record);
        receipts.retain(|receipt| receipt.line.record_id == Some(record));
        Ok(receipts)
    }

    /// How long the list of receipts is, in bytes. It only grows: while it is as long as it was, nothing came.
    #[must_use]
    pub fn receipts_length(&self) -> u64 {
        fs::metadata(self.path().join(NAME)).map_or(0, |found| found.len())
    }

    /// The records that were erased, by the receipts that this profile keeps.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`].
    pub fn erased_by_receipts(&self) -> Result<BTreeSet<RecordId>, ProfileError> {
        Ok(self.erasable()?.erased)
    }

    /// Whether this profile left a salt for a record, without which a version of it does not open.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`].
    pub(crate) fn left_a_salt(&self, record: RecordId) -> Result<bool, ProfileError> {
        Ok(self.erasable()?.salted.contains(&record))
    }

    fn erasable(&self) -> Result<ErasableUntil, ProfileError> {
        let path = self.path().join(NAME);
        let mut file = match File::open(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Ok(ErasableUntil::default());
            }
            file => file.map_err(io_error(&path, "read"))?,
        };
        let mut known = self.erasable_until().unwrap_or_default();
        let new = read_on(&mut file, &mut known).map_err(io_error(&path, "read"))?;
        known.erased.extend(records_with(&new, Topic::Erase));
        known.salted.extend(records_with(&new, Topic::Salt));
        // A line that is not whole is read again.
        let whole = new.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        if whole >= NOTED_AFTER {
            let until = known.until + whole as u64;
            if let Ok(Some(last)) = last_before(&mut file, until) {
                known = ErasableUntil { until, last, ..known };
                // Without it the next command reads the same again.
                let _ = mrms_files::write_whole(&self.path().join(ERASABLE), &to_json(&known));
            }
        }
        Ok(known)
    }

    /// What was found in the receipts before; `None` where that is not known.
    fn erasable_until(&self) -> Option<ErasableUntil> {
        serde_json::from_slice(&fs::read(self.path().join(ERASABLE)).ok()?).ok()
    }
}

/// What came after what was read before; all of it, where these are other receipts.
fn read_on(file: &mut File, known: &mut ErasableUntil) -> io::Result<Vec<u8>> {
    if last_before(file, known.until)?.as_ref() != Some(&known.last) {
        *known = ErasableUntil::default();
    }
    file.seek(SeekFrom::Start(known.until))?;
    let mut new = Vec::new();
    file.read_to_end(&mut new)?;
    Ok(new)
}

/// SHA-256 of the last bytes before a place; `None` where the file is not that long.
fn last_before(file: &mut File, place: u64) -> io::Result<Option<String>> {
    let from = place.saturating_sub(KNOWN_BY);
    file.seek(SeekFrom::Start(from))?;
    let mut last = Vec::new();
    Read::by_ref(file).take(place - from).read_to_end(&mut last)?;
    let is_there = last.len() as u64 == place - from;
    Ok(is_there.then(|| hex::encode(Sha256::digest(&last))))
}

/// The records of the receipts of a topic.
fn records_with(lines: &[u8], topic: Topic) -> impl Iterator<Item = RecordId> {
    let about = receipts_with(lines, "topic", &topic);
    let about = about.into_iter().filter(move |receipt| receipt.line.topic == topic);
    about.filter_map(|receipt| receipt.line.record_id)
}

/// The receipts whose line may have this value in this field. Most are passed over unread: they are written in one form, in
/// which the field and the value are a text.
fn receipts_with(lines: &[u8], field: &str, value: &impl Serialize) -> Vec<VaultReceipt> {
    // A name and a number as text: nothing here can fail to serialize.
    let value = serde_json::to_string(value).unwrap_or_default();
    let wanted = format!("\"{field}\":{value}");
    let text = String::from_utf8_lossy(lines);
    let is_meant = |line: &&str| line.get(..HEAD).unwrap_or(line).contains(&wanted);
    let lines = text.lines().filter(is_meant);
    lines.filter_map(|line| serde_json::from_str(line).ok()).collect()
}

#[cfg(test)]
mod tests {
    use mrms_core::StandardPrincipal;
    use mrms_vault::protocol::{Hex, LogHead, LogLine};

    use super::*;

    fn receipt(number: u64, topic: Topic, record: u128) -> VaultReceipt {
        let vault = StandardPrincipal::new(26, [9; 20]).unwrap();
        let line = LogLine {
            number,
            time: 1,
            topic,
            reason: None,
            record_id: Some(RecordId::new(record)),
            version: 1,
            actor: None,
            reader: None,
            audit_index: None,
            txid: None,
            of: String::new(),
            count: 1,
            request: Hex([0; 32]),
            note: Vec::new(),
        };
        VaultReceipt {
            vault,
            contract: format!("{vault}.medical-records-management").parse().unwrap(),
            line,
            before: LogHead::EMPTY,
            signature: Hex([0; 65]),
        }
    }

    fn erased(profile: &ProfileFolder) -> Vec<u128> {
        profile.erased_by_receipts().unwrap().into_iter().map(RecordId::number).collect()
    }

    /// So many receipts of deposits that it is noted that they were read.
    fn many(first: u64) -> Vec<VaultReceipt> {
        let count = NOTED_AFTER as u64 / 400;
        (first..first + count).map(|number| receipt(number, Topic::Deposit, 5)).collect()
    }

    #[test]
    fn erased_records_are_found_by_what_came_since_the_receipts_were_read() {
        let folder = tempfile::tempdir().unwrap();
        let profile = ProfileFolder::new(folder.path());
        assert!(erased(&profile).is_empty());
        profile
            .keep_receipts(&[receipt(0, Topic::Erase, 1), receipt(1, Topic::Deposit, 2)])
            .unwrap();
        assert_eq!(erased(&profile), [1]);
        assert!(!folder.path().join(ERASABLE).exists(), "a few lines are read again");
        profile.keep_receipts(&many(2)).unwrap();
        assert_eq!(erased(&profile), [1]);
        let noted = fs::read(folder.path().join(ERASABLE)).unwrap();
        profile.keep_receipts(&[receipt(9_000, Topic::Erase, 3)]).unwrap();
        assert_eq!(erased(&profile), [1, 3]);
        assert_eq!(
            fs::read(folder.path().join(ERASABLE)).unwrap(),
            noted,
            "it is not written each time"
        );
        profile.keep_receipts(&many(9_001)).unwrap();
        assert_eq!(erased(&profile), [1, 3]);
        assert_ne!(fs::read(folder.path().join(ERASABLE)).unwrap(), noted);
        // A line that is cut short is read when it is whole.
        let path = folder.path().join(NAME);
        let line = serde_json::to_vec(&receipt(9_999, Topic::Erase, 4)).unwrap();
        let before = fs::read(&path).unwrap();
        fs::write(&path, [&before[..], &line[..40]].concat()).unwrap();
        assert_eq!(erased(&profile), [1, 3]);
        fs::write(&path, [&before[..], &line[..], b"\n"].concat()).unwrap();
        assert_eq!(erased(&profile), [1, 3, 4]);
    }

    #[test]
    fn salts_that_were_left_are_found_before_and_after_it_was_noted() {
        let folder = tempfile::tempdir().unwrap();
        let profile = ProfileFolder::new(folder.path());
        let has = |record| profile.left_a_salt(RecordId::new(record)).unwrap();
        assert!(!has(1));
        profile
            .keep_receipts(&[receipt(0, Topic::Salt, 1), receipt(1, Topic::SaltRelease, 2)])
            .unwrap();
        assert!(has(1) && !has(2));
        profile.keep_receipts(&many(2)).unwrap();
        assert!(has(1) && folder.path().join(ERASABLE).exists());
        profile.keep_receipts(&[receipt(9_000, Topic::Salt, 3)]).unwrap();
        assert!(has(1) && has(3) && !has(5), "deposits are none");
    }

    #[test]
    fn what_was_noted_counts_for_the_same_receipts_alone() {
        let folder = tempfile::tempdir().unwrap();
        let profile = ProfileFolder::new(folder.path());
        let (path, noted) = (folder.path().join(NAME), folder.path().join(ERASABLE));
        profile.keep_receipts(&many(0)).unwrap();
        profile.keep_receipts(&[receipt(7_000, Topic::Erase, 7)]).unwrap();
        assert_eq!(erased(&profile), [7]);
        assert!(noted.exists());
        // Those of another day were put back: fewer, or others.
        fs::remove_file(&path).unwrap();
        profile.keep_receipts(&[receipt(0, Topic::Erase, 8)]).unwrap();
        assert_eq!(erased(&profile), [8]);
        profile.keep_receipts(&many(1)).unwrap();
        profile.keep_receipts(&many(5_000)).unwrap();
        assert_eq!(erased(&profile), [8]);
        for damaged in [&b"{"[..], b"{\"until\":3,\"last\":\"\",\"erased\":[\"9\"],\"salted\":[]}"]
        {
            fs::write(&noted, damaged).unwrap();
            assert_eq!(erased(&profile), [8]);
        }
        fs::remove_file(&path).unwrap();
        assert!(erased(&profile).is_empty());
    }
}
