//! Files that commands have put on record, by where they lay and what was in them.
//!
//! A command can be repeated, after an interruption, with other files, or when a folder has new ones: a file that is on record
//! already is not put there again. The profile keeps the newest of them in a list that is sealed under the person's own key,
//! `batch.sealed`, with what was begun of them ([`drafts`](super::drafts)); the newest few stand in `batch.lines` beside it, so that one more file costs what it adds. A file may be on record more than once, for several patients or since somebody wanted it.

use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::read;
use mrms_core::{Principal, RecordId, TxId, Version};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use super::drafts::{Draft, Purpose};
pub use crate::profile::begun::{BatchFile, Said};
use crate::profile::sealed_lines::Lasts;
use crate::records::write::WriteError;
use crate::session::{Actor, Session};

/// The file's name, and the name under which it is sealed.
const NAME: &str = "batch.sealed";

/// The file with the lines, and the name under which each is sealed.
const LINES: &str = "batch.lines";

/// Files that the list has at most.
const MOST: usize = 10_000;
/// Versions that were begun and not told that it has at most: those of a few commands.
const MOST_BEGUN: usize = 256;
/// Files of a command that go into a line; more are written into the list at once.
const MOST_IN_LINE: usize = 16;
/// When the lines have so many bytes, they are taken into the list.
const MOST_LINES: u64 = 32 * 1024;

/// The list: files with the ids that were chosen for them, what was said of these, and what was begun; or what a line adds to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Batch {
    pub(super) contract: String,
    pub(super) genesis: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) files: Vec<(BatchFile, RecordId)>,
    /// Of which nothing was said is not here.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) said: BTreeMap<RecordId, Said>,
    /// Versions whose end no command has told, the newest last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) begun: Vec<Draft>,
    /// Versions whose end was told; in a line alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) told: Vec<(RecordId, Version)>,
}

impl Batch {
    /// Takes in what a command chose and told. What was chosen elsewhere than on this ledger counts for nothing.
    fn take(&mut self, chosen: Self) {
        let Self { contract, genesis, mut files, mut said, begun, told } = chosen;
        if self.contract != contract || self.genesis != genesis {
            *self = Self { contract, genesis, ..Self::default() };
        }
        for Draft { intent, record, .. } in &begun {
            let is_create = matches!(intent.purpose, Purpose::Create | Purpose::CreateFor(_));
            if !is_create || intent.file.is_of_a_pipe() {
                continue;
            }
            files.push((intent.file.clone(), *record));
            if !intent.said.is_nothing() {
                said.insert(*record, intent.said.clone());
            }
        }
        self.files.retain(|known| !files.contains(known));
        self.files.extend(files);
        self.said.extend(said);
        let oldest = self.files.len().saturating_sub(MOST);
        for (_, id) in self.files.drain(..oldest) {
            self.said.remove(&id);
        }
        let begun: Vec<_> = begun.into_iter().filter(|one| !self.begun.contains(one)).collect();
        self.begun.extend(begun);
        self.begun.retain(|draft| !told.contains(&(draft.record, draft.version)));
        let oldest = self.begun.len().saturating_sub(MOST_BEGUN);
        self.begun.drain(..oldest);
    }

    fn has_said(&self, id: RecordId, said: &Said) -> bool {
        self.said.get(&id).map_or_else(|| said.is_nothing(), |one| one == said)
    }

    /// How many things a line with this has.
    fn things(&self) -> usize {
        self.files.len() + self.begun.len() + self.told.len()
    }
}

/// What an earlier command made of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BegunFile {
    /// Nothing that is on record now.
    New,
    /// It is on record.
    OnRecord(RecordId),
    /// It was sent, and waits for a block.
    OnItsWay(TxId),
}

impl Session<'_> {
    /// What earlier commands made of these files for a patient, in the order given. What was erased is new again.
    ///
    /// # Errors
    ///
    /// [`WriteError`].
    pub fn begun_in_batch(
        &self,
        actor: &Actor,
        patient: &Principal,
        files: &[BatchFile],
    ) -> Result<Vec<BegunFile>, WriteError> {
        let batch = self.batch(actor)?;
        let asked: BTreeSet<&BatchFile> = files.iter().collect();
        let known: Vec<_> = batch.files.iter().filter(|(file, _)| asked.contains(file)).collect();
        self.begun_of(actor, patient, files, known)
    }

    /// The same of one file, where only a command counts that said the same of it.
    ///
    /// # Errors
    ///
    /// [`WriteError`].
    pub fn begun_as_said(
        &self,
        actor: &Actor,
        patient: &Principal,
        file: &BatchFile,
        said: &Said,
    ) -> Result<BegunFile, WriteError> {
        let batch = self.batch(actor)?;
        let is_it = |(one, id): &&(BatchFile, RecordId)| one == file && batch.has_said(*id, said);
        let known: Vec<_> = batch.files.iter().filter(is_it).collect();
        let begun = self.begun_of(actor, patient, std::slice::from_ref(file), known)?;
        Ok(begun.first().copied().unwrap_or(BegunFile::New))
    }

    /// The list, if it is of this ledger.
    pub(super) fn batch(&self, actor: &Actor) -> Result<Batch, WriteError> {
        let root = actor.keyring.record_root()?;
        let lines: Vec<Batch> = self.profile.sealed_lines(&root, LINES)?;
        let mut batch: Batch = self.profile.load_sealed(&root, NAME)?;
        lines.into_iter().for_each(|line| batch.take(line));
        let is_here =
            batch.contract == self.contract.to_string() && batch.genesis == self.ledger.genesis();
        Ok(if is_here { batch } else { Batch::default() })
    }

    fn begun_of(
        &self,
        actor: &Actor,
        patient: &Principal,
        files: &[BatchFile],
        known: Vec<&(BatchFile, RecordId)>,
    ) -> Result<Vec<BegunFile>, WriteError> {
        if known.is_empty() {
            return Ok(vec![BegunFile::New; files.len()]);
        }
        // The outbox first: what leaves it meanwhile is on the ledger.
        let waiting = self.records_on_their_way(actor)?;
        let reads: Vec<_> = known.iter().map(|(_, id)| read::record(*id)).collect();
        let (erased, records) = (self.erased_records()?, self.ask_all(&reads)?);
        let mut begun: BTreeMap<&BatchFile, BegunFile> = BTreeMap::new();
        // Of a file the newest that is on record counts, else the newest that will be.
        for ((file, id), record) in known.into_iter().zip(records) {
            let found = match record {
                Some(record) if record.patient == *patient && !erased.contains(id) => {
                    BegunFile::OnRecord(*id)
                }
                Some(_) => continue,
                None => match waiting.get(id) {
                    Some(txid) => BegunFile::OnItsWay(*txid),
                    None => continue,
                },
            };
            let is_worse = matches!(found, BegunFile::OnItsWay(_));
            match begun.get(file) {
                Some(BegunFile::OnRecord(_)) if is_worse => {}
                _ => drop(begun.insert(file, found)),
            }
        }
        Ok(files.iter().map(|file| begun.get(file).copied().unwrap_or(BegunFile::New)).collect())
    }

    /// Adds what a command chose or told to the list.
    pub(super) fn note_in_batch(
        &self,
        actor: &Actor,
        chosen: Batch,
        lasts: Lasts,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), WriteError> {
        let root = actor.keyring.record_root()?;
        let (contract, genesis) = (self.contract.to_string(), self.ledger.genesis());
        let is_short = chosen.things() <= MOST_IN_LINE;
        let chosen = Batch { contract, genesis, ..chosen };
        // Nobody else takes the lines in meanwhile: what is lost here, a later command would put on record once more.
        let lock = self.profile.lock_sealed(NAME)?;
        if is_short
            && self.profile.append_sealed_line(&root, LINES, &chosen, lasts, rng)? < MOST_LINES
        {
            return Ok(());
        }
        let lines: Vec<Batch> = self.profile.sealed_lines(&root, LINES)?;
        self.profile.change_locked(&lock, &root, NAME, rng, |batch: &mut Batch| {
            lines.into_iter().for_each(|line| batch.take(line));
            batch.take(chosen);
        })?;
        self.profile.remove_sealed_lines(LINES)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use mrms_core::ContentHash;

    use super::super::drafts::Intent;
    use super::*;
    use crate::session::Sending;
    use crate::testing::{Fakes, actor};

    fn begin(fakes: &Fakes, me: &Actor, files: Vec<(BatchFile, RecordId)>, rng: &mut StdRng) {
        let draft = |(file, record)| {
            let intent = Intent::new(file, Said::default(), Purpose::Create);
            Draft::in_test(intent, record, ContentHash::of(b"any"))
        };
        let begun = files.into_iter().map(draft).collect();
        fakes.session(Sending::Send).keep_drafts(me, begun, rng).unwrap();
    }

    fn file(number: usize) -> BatchFile {
        BatchFile { path: format!("/files/{number}"), sha256: format!("{number:064x}") }
    }

    fn listed(fakes: &Fakes, me: &Actor) -> Vec<(BatchFile, RecordId)> {
        let root = me.keyring.record_root().unwrap();
        let profile = fakes.session(Sending::Send).profile;
        let mut batch: Batch = profile.load_sealed(&root, NAME).unwrap();
        let lines: Vec<Batch> = profile.sealed_lines(&root, LINES).unwrap();
        lines.into_iter().for_each(|line| batch.take(line));
        batch.files
    }

    #[test]
    fn one_more_file_costs_a_line_and_nothing_is_lost_when_the_lines_are_taken_in() {
        let mut rng = StdRng::seed_from_u64(4);
        let me = actor(&mut rng);
        let fakes = Fakes::new(me.principal).unwrap();
        let session = fakes.session(Sending::Send);
        let folder = session.profile.path().to_owned();
        let length = |name: &str| std::fs::metadata(folder.join(name)).map_or(0, |it| it.len());
        let many: Vec<_> = (0..1_000).map(|at| (file(at), RecordId::new(at as u128))).collect();
        begin(&fakes, &me, many.clone(), &mut rng);
        let (whole, mut expected) = (length(NAME), many);
        assert!(whole > 0 && length(LINES) == 0);
        begin(&fakes, &me, vec![(file(1_000), RecordId::new(5))], &mut rng);
        expected.push((file(1_000), RecordId::new(5)));
        assert!(length(NAME) == whole && length(LINES) < 1_500, "the list is not written anew");
        assert_eq!(listed(&fakes, &me), expected);
        // The same choice again is the newest one, once.
        begin(&fakes, &me, vec![(file(7), RecordId::new(7))], &mut rng);
        let known = expected.remove(7);
        expected.push(known);
        assert_eq!(listed(&fakes, &me), expected);
        for at in 2_000..2_200 {
            begin(&fakes, &me, vec![(file(at), RecordId::new(1))], &mut rng);
            expected.push((file(at), RecordId::new(1)));
            assert!(length(LINES) < MOST_LINES);
        }
        assert!(length(NAME) > whole, "the lines were taken in");
        assert_eq!(listed(&fakes, &me), expected);
    }
}
