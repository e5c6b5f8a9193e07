//! How far keys were left for those who read everything: what [`tend`](super::tend) goes by.
//!
//! `left-keys.sealed` has all of it. What was left since stands in `left-keys.lines`, a line for each message to the vaults, so
//! that a new version costs what it adds and not what is there. When the lines are long, they are taken into the first file.
//! Both are sealed under the person's own key. A line that is lost, or that does not go on from what is known, costs a deposit
//! that is made again.

use std::collections::{BTreeMap, BTreeSet};

use mrms_core::{Principal, RecordId, Version};
use mrms_crypto::RecordRoot;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::profile::ProfileError;
use crate::profile::granted_all::ReadsAllBy;
use crate::profile::sealed_lines::Lasts;
use crate::session::{Actor, Session};
use crate::sharing::grant::ShareError;

/// The file's name, and the name under which it is sealed.
const NAME: &str = "left-keys.sealed";
/// The file with the lines, and the name under which each is sealed.
const LINES: &str = "left-keys.lines";
/// When the lines have so many bytes, they are taken into the file.
const MOST_LINES: u64 = 256 * 1024;

/// How far keys were left, by contract.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Left {
    contracts: BTreeMap<String, LeftHere>,
}

/// How far keys were left, as the file has it: each record once, whoever reads it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct LeftHere {
    records: Vec<RecordId>,
    readers: BTreeMap<Principal, LeftByPlace>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct LeftByPlace {
    recipient: String,
    runs: Vec<(ReadsAllBy, u64)>,
    /// The newest version of each record of the list of records, in its order.
    versions: Vec<Option<Version>>,
}

/// A line: what was left with one message to the vaults.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LeftNow {
    contract: String,
    readers: Vec<Reader>,
    /// By the reader's place above: of which record, from which version to which.
    versions: Vec<(usize, RecordId, Version, Version)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Reader {
    user: Principal,
    recipient: String,
    runs: Vec<(ReadsAllBy, u64)>,
}

impl LeftNow {
    /// A reader of whom something is noted next: by what they read everything, and the recipient that keys were wrapped to.
    pub(super) fn reader(
        &mut self,
        user: Principal,
        recipient: &str,
        runs: Vec<(ReadsAllBy, u64)>,
    ) {
        self.readers.push(Reader { user, recipient: digest_of(recipient), runs });
    }

    /// Versions of a record that were left for the last reader.
    pub(super) fn versions(&mut self, record: RecordId, first: Version, last: Version) {
        let place = self.readers.len().saturating_sub(1);
        self.versions.push((place, record, first, last));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }
}

/// How far keys were left for one reader.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct LeftFor {
    /// SHA-256 of the text of the recipient that they were wrapped to, in hexadecimal.
    recipient: String,
    /// By what the reader read everything then, and how often each had begun anew.
    pub(super) runs: Vec<(ReadsAllBy, u64)>,
    /// The newest version of each record of which the vaults have shares for them.
    pub(super) records: BTreeMap<RecordId, Version>,
}

impl LeftFor {
    /// Whether keys were wrapped to this recipient.
    pub(super) fn is_for(&self, recipient: &str) -> bool {
        self.recipient == digest_of(recipient)
    }

    /// Goes on with what a line says, or begins anew where what was left before is of no more use.
    fn go_on(&mut self, reader: &Reader) {
        let goes_on = self.recipient == reader.recipient
            && self.runs.iter().any(|run| reader.runs.contains(run));
        if !goes_on {
            *self = Self { recipient: reader.recipient.clone(), ..Self::default() };
        }
        self.runs.clone_from(&reader.runs);
    }

    /// Versions that were left are noted where nothing lacks before them.
    fn note(&mut self, record: RecordId, first: Version, last: Version) {
        let next = self.records.get(&record).map_or(Version::FIRST, |had| had.next());
        if first <= next && next <= last {
            self.records.insert(record, last);
        }
    }
}

pub(super) type LeftByReader = BTreeMap<Principal, LeftFor>;

/// What stands for a recipient: its text has two thousand characters. Files of earlier programs have the text.
fn digest_of(recipient: &str) -> String {
    match recipient.len() {
        0 | 64 => recipient.to_owned(),
        _ => hex::encode(Sha256::digest(recipient)),
    }
}

impl LeftHere {
    fn of(left: &LeftByReader) -> Self {
        let all = left.values().flat_map(|known| known.records.keys().copied());
        let records: Vec<_> = all.collect::<BTreeSet<_>>().into_iter().collect();
        let by_place = |known: &LeftFor| LeftByPlace {
            recipient: known.recipient.clone(),
            runs: known.runs.clone(),
            versions: records.iter().map(|id| known.records.get(id).copied()).collect(),
        };
        let readers = left.iter().map(|(user, known)| (user.clone(), by_place(known))).collect();
        Self { records, readers }
    }

    fn by_reader(self) -> LeftByReader {
        let Self { records, readers } = self;
        let known = |LeftByPlace { recipient, runs, versions }| {
            let left = records.iter().zip(versions);
            let records = left.filter_map(|(id, version)| Some((*id, version?))).collect();
            LeftFor { recipient: digest_of(&recipient), runs, records }
        };
        readers.into_iter().map(|(user, one)| (user, known(one))).collect()
    }
}

/// What a file and the lines after it say together.
fn replayed(left: &mut LeftByReader, lines: impl Iterator<Item = LeftNow>) {
    for LeftNow { readers, versions, .. } in lines {
        for reader in &readers {
            left.entry(reader.user.clone()).or_default().go_on(reader);
        }
        for (place, record, first, last) in versions {
            if let Some(known) = readers.get(place).and_then(|one| left.get_mut(&one.user)) {
                known.note(record, first, last);
            }
        }
    }
}

impl Session<'_> {
    pub(super) fn left_keys(&self, actor: &Actor) -> Result<LeftByReader, ShareError> {
        let root = actor.keyring.record_root()?;
        // First, so that what is taken into the file meanwhile is read twice and not missed.
        let lines: Vec<LeftNow> = self.profile.sealed_lines(&root, LINES)?;
        let kept: Left = self.profile.load_sealed(&root, NAME)?;
        let contract = self.contract.to_string();
        let here = kept.contracts.into_iter().find(|(name, _)| *name == contract);
        let mut left = here.map(|(_, here)| here.by_reader()).unwrap_or_default();
        replayed(&mut left, lines.into_iter().filter(|line| line.contract == contract));
        Ok(left)
    }

    /// Notes what was left with a message to the vaults.
    pub(super) fn note_left(
        &self,
        actor: &Actor,
        now: LeftNow,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), ShareError> {
        if now.is_empty() {
            return Ok(());
        }
        let root = actor.keyring.record_root()?;
        let now = LeftNow { contract: self.contract.to_string(), ..now };
        if self.profile.append_sealed_line(&root, LINES, &now, Lasts::Durably, rng)? >= MOST_LINES {
            self.take_in_lines(&root, rng)?;
        }
        Ok(())
    }

    /// Takes the lines into the file. What another command appends at this moment may be lost, and is left again.
    fn take_in_lines(&self, root: &RecordRoot, rng: &mut dyn CryptoRng) -> Result<(), ShareError> {
        self.profile.change_sealed(root, NAME, rng, |kept: &mut Left| {
            let lines: Vec<LeftNow> = self.profile.sealed_lines(root, LINES)?;
            let names: BTreeSet<_> = lines.iter().map(|line| line.contract.clone()).collect();
            for name in names {
                let mut left =
                    kept.contracts.remove(&name).map(LeftHere::by_reader).unwrap_or_default();
                replayed(&mut left, lines.iter().filter(|line| line.contract == name).cloned());
                kept.contracts.insert(name, LeftHere::of(&left));
            }
            Ok::<_, ProfileError>(())
        })??;
        Ok(self.profile.remove_sealed_lines(LINES)?)
    }

    /// Forgets how far keys were left: the next run leaves everything anew.
    pub(crate) fn forget_left(
        &self,
        actor: &Actor,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), ShareError> {
        let root = actor.keyring.record_root()?;
        self.take_in_lines(&root, rng)?;
        self.profile.change_sealed(&root, NAME, rng, |kept: &mut Left| {
            kept.contracts.insert(self.contract.to_string(), LeftHere::default());
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
