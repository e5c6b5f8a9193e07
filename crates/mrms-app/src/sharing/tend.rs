//! Leaves the keys of everything with the vaults, for those who read everything: standing readers, and delegates who may
//! see.
//!
//! The profile remembers who they are and how far their keys were left ([`all_readers`](super::all_readers)). So a run goes
//! on where the last one ended, and one with nothing to do asks about contacts alone.

use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::state::{Record, StoredVersion};
use mrms_core::{Principal, RecordId, Version};
use mrms_crypto::context::ContentKey;
use mrms_vault::protocol::{MOST_DEPOSITS, MOST_VERSIONS};
use rand_core::CryptoRng;

use crate::access::open::Unlocked;
use crate::profile::received::{PersonName, RecordName};
use crate::session::vaults::VaultFailures;
use crate::session::{Actor, AskError, Sending, Session};
use crate::sharing::all_readers::{Job, LeftByReader, begin, is_shut_out, lacking};
use crate::sharing::given_names::given;
use crate::sharing::grant::{ShareError, Target};
use crate::sharing::own::{ClosedVersion, OwnVersions};
use crate::sharing::sealed::{PreparedDeposit, SharesFor};
use crate::sharing::unknown::WhyLeftOut;

/// After so many records whose keys could not be left, the run ends: the next one tries again.
const MOST_FAILURES: usize = 3;

/// Versions of one record that are read together with other records. One is up to 64 KiB long.
const MOST_AHEAD: usize = 4;

/// What a run did.
#[derive(Debug, Default)]
pub struct Tended {
    /// For whom keys were left, and of how many records.
    pub left: BTreeMap<Principal, usize>,
    /// Who reads everything and gets no keys, and why.
    pub waiting: Vec<(Principal, WhyLeftOut)>,
    /// Versions whose key can't be found.
    pub closed: Vec<(RecordId, ClosedVersion)>,
    /// How many deposits are still to be made.
    pub to_do: usize,
    /// Vaults that took no share, though enough others did.
    pub missing: VaultFailures,
    /// Why some of it could not be done; it is tried again the next time.
    pub failed: Option<ShareError>,
}

/// A version that was just written.
pub(crate) struct NewVersion<'n> {
    pub(crate) record: RecordId,
    pub(crate) version: Version,
    pub(crate) key: &'n ContentKey,
    pub(crate) name: Option<RecordName>,
}

/// What a run has prepared, and how far it has come.
struct Run {
    group: Group,
    made: usize,
    failures: usize,
    done: usize,
}

/// What holds for a whole run: whom this person shut out of which record, and what they call themselves.
struct RunTerms<'r> {
    ended: BTreeSet<(RecordId, &'r Principal)>,
    called: Option<&'r PersonName>,
}

/// Versions that were read; none for one that is not there.
type ReadVersions = Vec<(Version, Option<StoredVersion>)>;

/// A record, and for whom its keys are wanted.
struct Wanted<'w, 'm> {
    id: RecordId,
    record: &'w Record,
    jobs: Vec<&'w Job<'m>>,
}

impl<'w, 'm> Wanted<'w, 'm> {
    fn of((id, record): (RecordId, &'w Record), jobs: &'w [Job<'m>]) -> Self {
        let jobs = jobs.iter().filter(|job| job.lacking.contains_key(&id)).collect();
        Self { id, record, jobs }
    }

    /// The versions that somebody lacks.
    fn versions(&self) -> Vec<Version> {
        let had = self.jobs.iter().filter_map(|job| job.lacking.get(&self.id));
        // No version is earlier than any.
        let from = had.min().copied().flatten();
        self.record.version.up_to().filter(|version| is_later(from, *version)).collect()
    }
}

fn is_later(had: Option<Version>, version: Version) -> bool {
    had.is_none_or(|had| version > had)
}

/// Deposits that go out together, and what is noted once the vaults have them.
#[derive(Default)]
struct Group {
    deposits: Vec<(Principal, PreparedDeposit)>,
    noted: Vec<(Principal, RecordId, Version)>,
}

impl Session<'_> {
    /// Leaves what those who read everything lack of these records of one's own: at most `limit` deposits. Tells `progress`
    /// how many of how many are made. Sends no transaction.
    ///
    /// # Errors
    ///
    /// [`ShareError`] where nothing could be looked up. What vaults did not take is in the answer, and is tried again.
    pub fn tend(
        &self,
        actor: &Actor,
        records: &[(RecordId, Record)],
        limit: usize,
        progress: &mut dyn FnMut(usize, usize),
        rng: &mut dyn CryptoRng,
    ) -> Result<Tended, ShareError> {
        let mut tended = Tended::default();
        if self.sending != Sending::Send {
            return Ok(tended);
        }
        let root = actor.keyring.record_root()?;
        let memory = self.profile.granted(&root)?;
        if memory.all_of(self.contract).all(|one| one.allows().is_none()) {
            return Ok(tended);
        }
        let now = self.height()?;
        let mut left = self.left_keys(actor)?;
        let mut to_do = Vec::new();
        for reader in self.readers_in(&actor.principal(), &memory, now)? {
            let known = left.get(&reader.user).filter(|known| reader.goes_on(known));
            let lacking = lacking(known, records);
            if !lacking.is_empty() {
                to_do.push((reader, lacking));
            }
        }
        let jobs = self.jobs(actor, to_do, now, &mut tended)?;
        if jobs.is_empty() {
            return Ok(tended);
        }
        jobs.iter().for_each(|job| begin(&mut left, job));
        let (erased, called) = (self.erased_records()?, self.called(actor)?);
        let terms = RunTerms { ended: memory.ended(self.contract), called: called.as_ref() };
        let all = jobs.iter().map(|job| job.lacking.len()).sum::<usize>();
        let mut run = Run { group: Group::default(), made: 0, failures: 0, done: 0 };
        let all_wanted: Vec<_> = records
            .iter()
            .map(|(id, record)| Wanted::of((*id, record), &jobs))
            .filter(|wanted| !wanted.jobs.is_empty())
            .collect();
        for some in all_wanted.chunks(MOST_DEPOSITS) {
            let mut ahead = match run.made >= limit || run.failures >= MOST_FAILURES {
                true => BTreeMap::new(),
                // What can't be read together is told of each.
                false => self.read_ahead(some, &erased).unwrap_or_default(),
            };
            for wanted in some {
                let count = wanted.jobs.len();
                if run.made >= limit || run.failures >= MOST_FAILURES {
                    tended.to_do += count;
                    continue;
                }
                // Nothing of what was erased is left to be read.
                if !erased.contains(&wanted.id) {
                    let read = ahead.remove(&wanted.id);
                    match self.prepare_record(actor, (wanted, read), &terms, &mut tended, rng) {
                        Ok(prepared) => {
                            run.made += prepared.len();
                            run.group.deposits.extend(prepared);
                        }
                        Err(error) => {
                            run.failures += 1;
                            tended.to_do += count;
                            tended.failed = Some(error);
                            continue;
                        }
                    }
                }
                let version = wanted.record.version;
                let noted = wanted.jobs.iter();
                run.group
                    .noted
                    .extend(noted.map(|job| (job.reader.user.clone(), wanted.id, version)));
                if run.group.deposits.len() >= MOST_DEPOSITS {
                    self.flush(actor, &mut run, &mut left, &mut tended, rng)?;
                    progress(run.done, all);
                }
            }
        }
        self.flush(actor, &mut run, &mut left, &mut tended, rng)?;
        progress(run.done, all);
        Ok(tended)
    }

    /// Leaves what was prepared, and notes how far keys were left.
    fn flush(
        &self,
        actor: &Actor,
        run: &mut Run,
        left: &mut LeftByReader,
        tended: &mut Tended,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), ShareError> {
        let Group { deposits, noted } = std::mem::take(&mut run.group);
        if noted.is_empty() {
            return Ok(());
        }
        let (users, prepared): (Vec<_>, Vec<_>) = deposits.into_iter().unzip();
        match self.deposit_together(actor, &prepared, rng) {
            Ok(failures) => {
                tended.missing.extend(failures);
                for user in users {
                    *tended.left.entry(user).or_default() += 1;
                }
                run.done += noted.len();
                for (user, id, version) in noted {
                    if let Some(left) = left.get_mut(&user) {
                        left.records.insert(id, version);
                    }
                }
                self.note_left(actor, left, rng)
            }
            Err(error) => {
                // One vault that is away is away for all.
                run.failures = MOST_FAILURES;
                tended.to_do += noted.len();
                tended.failed = Some(error);
                Ok(())
            }
        }
    }

    /// Reads what the next records lack, all of it together.
    fn read_ahead(
        &self,
        records: &[Wanted<'_, '_>],
        erased: &BTreeSet<RecordId>,
    ) -> Result<BTreeMap<RecordId, ReadVersions>, AskError> {
        let mut places = Vec::new();
        for wanted in records.iter().filter(|wanted| !erased.contains(&wanted.id)) {
            let versions = wanted.versions();
            if versions.len() <= MOST_AHEAD {
                places.extend(versions.into_iter().map(|version| (wanted.id, version)));
            }
        }
        let mut ahead: BTreeMap<_, ReadVersions> = BTreeMap::new();
        for ((id, version), stored) in places.iter().zip(self.versions_at(&places)?) {
            ahead.entry(*id).or_default().push((*version, stored));
        }
        Ok(ahead)
    }

    /// Prepares the deposits of one record for those who lack some of its keys. Reads its versions, if that was not done.
    fn prepare_record(
        &self,
        actor: &Actor,
        (wanted, read): (&Wanted<'_, '_>, Option<ReadVersions>),
        RunTerms { ended, called }: &RunTerms<'_>,
        tended: &mut Tended,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<(Principal, PreparedDeposit)>, ShareError> {
        let Wanted { id, record, jobs } = wanted;
        let (id, of) = (*id, (*id, *record));
        let OwnVersions { unlocked, closed } = match read {
            Some(read) => self.unlocked_of(actor, of, read, rng)?,
            None => self.own_versions(actor, of, wanted.versions(), rng)?,
        };
        tended.closed.extend(closed.into_iter().map(|closed| (id, closed)));
        let name = self.name_for_reader(actor, (id, record), &unlocked, rng);
        let patient = actor.principal();
        let mut prepared = Vec::new();
        for job in jobs {
            let user = &job.reader.user;
            let had = job.lacking.get(&id).copied().flatten();
            if is_shut_out(ended, id, &job.reader) {
                continue;
            }
            // Its author, too: who wrote it for an organisation is not who opens it there.
            let is_new = |one: &&Unlocked| is_later(had, one.version);
            let targets: Vec<_> = unlocked
                .iter()
                .filter(is_new)
                .map(|one| Target { record: id, version: one.version, key: one.key() })
                .collect();
            let names = given((*called).cloned(), job.reader.rights(), name.clone());
            let to = SharesFor { patient: &patient, reader: user, recipient: &job.recipient };
            if targets.len() > MOST_VERSIONS {
                // They take several deposits, and one message has one for each record and reader.
                tended.missing.extend(self.deposit(actor, to, &targets, &names, rng)?);
                continue;
            }
            let one = self.prepare_deposit(actor, to, &targets, &names, rng)?;
            prepared.extend(one.map(|one| (user.clone(), one)));
        }
        Ok(prepared)
    }

    /// Leaves the keys of versions that were just written for those who read everything and lack nothing else. What can't be
    /// done now is done by the next run. Returns who got them.
    pub(crate) fn leave_new(
        &self,
        actor: &Actor,
        new: &[NewVersion<'_>],
        missing: &mut VaultFailures,
        rng: &mut dyn CryptoRng,
    ) -> BTreeSet<Principal> {
        let mut served = BTreeSet::new();
        if self.sending == Sending::Send && !new.is_empty() {
            // The versions are on record, whatever becomes of their keys here.
            let _ = self.try_leave_new(actor, new, &mut served, missing, rng);
        }
        served
    }

    fn try_leave_new(
        &self,
        actor: &Actor,
        new: &[NewVersion<'_>],
        served: &mut BTreeSet<Principal>,
        missing: &mut VaultFailures,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), ShareError> {
        let memory = self.profile.granted(&actor.keyring.record_root()?)?;
        if memory.all_of(self.contract).all(|one| one.allows().is_none()) {
            return Ok(());
        }
        let now = self.height()?;
        let mut left = self.left_keys(actor)?;
        let mut tended = Tended::default();
        let patient = actor.principal();
        let called = self.called(actor)?;
        let mut group = Group::default();
        let (mut readers, mut next_of) = (Vec::new(), BTreeMap::new());
        for reader in self.readers_in(&patient, &memory, now)? {
            let known = left.get(&reader.user).filter(|known| reader.goes_on(known));
            let had = |one: &NewVersion<'_>| {
                known.and_then(|known| known.records.get(&one.record)).copied()
            };
            let is_next = |one: &&NewVersion<'_>| match had(one) {
                None => one.version == Version::FIRST,
                Some(had) => one.version == had.next(),
            };
            let next: Vec<_> = new.iter().filter(is_next).collect();
            if !next.is_empty() {
                next_of.insert(reader.user.clone(), next);
                readers.push((reader, BTreeMap::new()));
            }
        }
        let ended = memory.ended(self.contract);
        for job in self.jobs(actor, readers, now, &mut tended)? {
            begin(&mut left, &job);
            let user = &job.reader.user;
            for one in next_of.remove(user).unwrap_or_default() {
                if is_shut_out(&ended, one.record, &job.reader) {
                    continue;
                }
                let target = Target { record: one.record, version: one.version, key: one.key };
                let names = given(called.clone(), job.reader.rights(), one.name.clone());
                let to = SharesFor { patient: &patient, reader: user, recipient: &job.recipient };
                let prepared = self.prepare_deposit(actor, to, &[target], &names, rng)?;
                group.deposits.extend(prepared.map(|prepared| (user.clone(), prepared)));
                group.noted.push((user.clone(), one.record, one.version));
            }
        }
        let Group { deposits, noted } = group;
        if deposits.is_empty() {
            return Ok(());
        }
        // All readers' deposits go in as few messages as they fit into: a signature, a request and a commit for each.
        let prepared: Vec<_> = deposits.into_iter().map(|(_, prepared)| prepared).collect();
        missing.extend(self.deposit_together(actor, &prepared, rng)?);
        for (user, record, version) in noted {
            if let Some(left) = left.get_mut(&user) {
                left.records.insert(record, version);
            }
            served.insert(user);
        }
        self.note_left(actor, &left, rng)?;
        Ok(())
    }
}
