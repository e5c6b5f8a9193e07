//! Leaves the keys of everything with the vaults, for those who read everything: standing readers, and delegates who may
//! see.
//!
//! The profile remembers who they are ([`all_readers`](super::all_readers)) and how far their keys were left
//! ([`left_keys`](super::left_keys)). So a run goes on where the last one ended, and one with nothing to do asks about contacts
//! alone.

use std::collections::{BTreeMap, BTreeSet};
use std::thread::{Scope, ScopedJoinHandle};

use mrms_contract::state::{Record, StoredVersion};
use mrms_core::{Principal, RecordId, Version};
use mrms_crypto::context::ContentKey;
use mrms_vault::protocol::{MOST_DEPOSITS, MOST_VERSIONS};
use rand_core::CryptoRng;

use crate::access::open::Unlocked;
use crate::profile::granted::GrantedMemory;
use crate::profile::received::{PersonName, RecordSaid};
use crate::session::vaults::{MemberError, VaultFailures};
use crate::session::{Actor, AskError, Sending, Session};
use crate::sharing::all_readers::{Job, is_shut_out, lacking};
use crate::sharing::given_names::given;
use crate::sharing::grant::{ShareError, Target};
use crate::sharing::left_keys::LeftNow;
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

/// Who read everything when a version was written.
#[derive(Debug, Default)]
pub(crate) struct LeftNew {
    /// Who got its key.
    pub(crate) served: BTreeSet<Principal>,
    /// Who gets no keys, and why.
    pub(crate) waiting: Vec<(Principal, WhyLeftOut)>,
}

/// A version that was just written.
pub(crate) struct NewVersion<'n> {
    pub(crate) record: RecordId,
    pub(crate) version: Version,
    pub(crate) key: &'n ContentKey,
    pub(crate) said: RecordSaid,
}

/// What a run has prepared, and how far it has come.
struct Run {
    group: Group,
    made: usize,
    failures: usize,
    /// Whether too few vaults answer.
    is_away: bool,
    done: usize,
}

/// What holds for a whole run: whom this person shut out of which record, and what they call themselves.
struct RunTerms<'r> {
    ended: BTreeSet<(RecordId, &'r Principal)>,
    called: Option<&'r PersonName>,
}

/// Versions that were read; none for one that is not there.
type ReadVersions = Vec<(Version, Option<StoredVersion>)>;

/// A record, and for whom its keys are wanted: each with their place in the list of jobs.
struct Wanted<'w, 'm> {
    id: RecordId,
    record: &'w Record,
    jobs: Vec<(usize, &'w Job<'m>)>,
}

impl<'w, 'm> Wanted<'w, 'm> {
    fn of((id, record): (RecordId, &'w Record), jobs: &'w [Job<'m>]) -> Self {
        let jobs = jobs.iter().enumerate().filter(|(_, job)| job.lacking.contains_key(&id));
        Self { id, record, jobs: jobs.collect() }
    }

    /// The versions that somebody lacks.
    fn versions(&self) -> Vec<Version> {
        let had = self.jobs.iter().filter_map(|(_, job)| job.lacking.get(&self.id));
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
    noted: Vec<Noted>,
}

/// A group that the vaults are working on.
struct UnderWay<'scope> {
    users: Vec<Principal>,
    prepared: Vec<PreparedDeposit>,
    noted: Vec<Noted>,
    answers: ScopedJoinHandle<'scope, Vec<Vec<Result<(), MemberError>>>>,
}

/// Versions of a record that a reader then has the keys of.
struct Noted {
    /// The reader's place in the list of jobs.
    job: usize,
    record: RecordId,
    first: Version,
    last: Version,
}

/// What is noted once the vaults have it.
fn left_now(jobs: &[Job<'_>], mut noted: Vec<Noted>) -> LeftNow {
    noted.sort_by_key(|one| one.job);
    let mut now = LeftNow::default();
    let mut before = None;
    for Noted { job, record, first, last } in noted {
        let Some(Job { reader, recipient, .. }) = jobs.get(job) else { continue };
        if before.replace(job) != Some(job) {
            now.reader(reader.user.clone(), &recipient.to_string(), reader.runs());
        }
        now.versions(record, first, last);
    }
    now
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
        if memory.all_of(self.contract).all(|one| one.allows().is_none() || !one.by.is_of_records())
        {
            return Ok(tended);
        }
        let now = self.height()?;
        let left = self.left_keys(actor)?;
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
        let (erased, called) = (self.erased_records()?, self.called(actor)?);
        let terms = RunTerms { ended: memory.ended(self.contract), called: called.as_ref() };
        let all = jobs.iter().map(|job| job.lacking.len()).sum::<usize>();
        let all_wanted: Vec<_> = records
            .iter()
            .map(|(id, record)| Wanted::of((*id, record), &jobs))
            .filter(|wanted| !wanted.jobs.is_empty())
            .collect();
        let group = Group::default();
        let mut run = Run { group, made: 0, failures: 0, is_away: false, done: 0 };
        std::thread::scope(|scope| {
            let mut under_way = None;
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
                    let (record, last) = (wanted.id, wanted.record.version);
                    run.group.noted.extend(wanted.jobs.iter().map(|(job, of)| {
                        let had = of.lacking.get(&record).copied().flatten();
                        let first = had.map_or(Version::FIRST, Version::next);
                        Noted { job: *job, record, first, last }
                    }));
                    if run.group.deposits.len() >= MOST_DEPOSITS {
                        // The vaults work on one group while the next is prepared.
                        self.take_answers(
                            actor,
                            under_way.take(),
                            &mut run,
                            &jobs,
                            &mut tended,
                            rng,
                        )?;
                        progress(run.done, all);
                        under_way = self.send_group(scope, actor, &mut run, &mut tended, rng);
                    }
                }
            }
            self.take_answers(actor, under_way, &mut run, &jobs, &mut tended, rng)?;
            let last = self.send_group(scope, actor, &mut run, &mut tended, rng);
            self.take_answers(actor, last, &mut run, &jobs, &mut tended, rng)
        })?;
        progress(run.done, all);
        Ok(tended)
    }

    /// Hands over what was prepared, in a thread of its own.
    fn send_group<'scope, 's: 'scope>(
        &'s self,
        scope: &'scope Scope<'scope, '_>,
        actor: &Actor,
        run: &mut Run,
        tended: &mut Tended,
        rng: &mut dyn CryptoRng,
    ) -> Option<UnderWay<'scope>> {
        let group = std::mem::take(&mut run.group);
        if group.noted.is_empty() {
            return None;
        }
        if run.is_away {
            tended.to_do += group.noted.len();
            return None;
        }
        let Group { deposits, noted } = group;
        let (users, prepared): (Vec<_>, Vec<_>) = deposits.into_iter().unzip();
        let groups = prepared.chunks(MOST_DEPOSITS);
        let signed: Vec<_> = groups.map(|some| self.sign_group(actor, some, rng)).collect();
        let answers =
            scope.spawn(move || signed.into_iter().map(|some| self.hand_over(some)).collect());
        Some(UnderWay { users, prepared, noted, answers })
    }

    /// Waits for the vaults' answers, and notes how far keys were left.
    fn take_answers(
        &self,
        actor: &Actor,
        under_way: Option<UnderWay<'_>>,
        run: &mut Run,
        jobs: &[Job<'_>],
        tended: &mut Tended,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), ShareError> {
        let Some(UnderWay { users, prepared, noted, answers }) = under_way else { return Ok(()) };
        let answers = answers.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        let groups = prepared.chunks(MOST_DEPOSITS).zip(answers);
        let settled = groups.map(|(some, answers)| self.settle_group(actor, some, answers, rng));
        match settled.collect::<Result<Vec<_>, _>>() {
            Ok(failures) => {
                tended.missing.extend(failures.into_iter().flatten());
                for user in users {
                    *tended.left.entry(user).or_default() += 1;
                }
                run.done += noted.len();
                self.note_left(actor, left_now(jobs, noted), rng)
            }
            Err(error) => {
                // One vault that is away is away for all.
                (run.failures, run.is_away) = (MOST_FAILURES, true);
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
        let said = self.said_for_reader(actor, (id, record), &unlocked, rng);
        let patient = actor.principal();
        let mut prepared = Vec::new();
        for (_, job) in jobs {
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
            let names = given((*called).cloned(), job.reader.rights(), said.clone());
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

    /// Leaves the keys of versions that were just written for those who read everything. What can't be done now, and what they
    /// lack besides, is done by the next run. Returns who got them, and who gets none. Reads nothing of what was left before.
    pub(crate) fn leave_new(
        &self,
        actor: &Actor,
        new: &[NewVersion<'_>],
        missing: &mut VaultFailures,
        rng: &mut dyn CryptoRng,
    ) -> LeftNew {
        let root = actor.keyring.record_root().ok();
        let memory = root.filter(|_| !new.is_empty()).map(|root| self.profile.granted(&root));
        match memory {
            Some(Ok(memory)) => self.leave_new_by(actor, &memory, new, missing, rng),
            // The versions are on record, whatever becomes of their keys here.
            Some(Err(_)) | None => LeftNew::default(),
        }
    }

    /// The same, where what this person remembers was read already.
    pub(crate) fn leave_new_by(
        &self,
        actor: &Actor,
        memory: &GrantedMemory,
        new: &[NewVersion<'_>],
        missing: &mut VaultFailures,
        rng: &mut dyn CryptoRng,
    ) -> LeftNew {
        let mut left = LeftNew::default();
        if self.sending == Sending::Send && !new.is_empty() {
            let _ = self.try_leave_new(actor, memory, new, (&mut left, missing), rng);
        }
        left
    }

    fn try_leave_new(
        &self,
        actor: &Actor,
        memory: &GrantedMemory,
        new: &[NewVersion<'_>],
        (left, missing): (&mut LeftNew, &mut VaultFailures),
        rng: &mut dyn CryptoRng,
    ) -> Result<(), ShareError> {
        if memory.all_of(self.contract).all(|one| one.allows().is_none() || !one.by.is_of_records())
        {
            return Ok(());
        }
        let now = self.height()?;
        let mut tended = Tended::default();
        let patient = actor.principal();
        let called = self.called(actor)?;
        let readers = self.readers_in(&patient, memory, now)?;
        let readers = readers.into_iter().map(|reader| (reader, BTreeMap::new())).collect();
        let jobs = self.jobs(actor, readers, now, &mut tended)?;
        left.waiting = tended.waiting;
        let ended = memory.ended(self.contract);
        let (mut deposits, mut noted) = (Vec::new(), Vec::new());
        for (place, job) in jobs.iter().enumerate() {
            let user = &job.reader.user;
            for one in new.iter().filter(|one| !is_shut_out(&ended, one.record, &job.reader)) {
                let target = Target { record: one.record, version: one.version, key: one.key };
                let names = given(called.clone(), job.reader.rights(), one.said.clone());
                let to = SharesFor { patient: &patient, reader: user, recipient: &job.recipient };
                deposits.extend(self.prepare_deposit(actor, to, &[target], &names, rng)?);
                let (record, version) = (one.record, one.version);
                noted.push(Noted { job: place, record, first: version, last: version });
            }
        }
        if deposits.is_empty() {
            return Ok(());
        }
        // All readers' deposits go in as few messages as they fit into: a signature, a request and a commit for each.
        missing.extend(self.deposit_together(actor, &deposits, rng)?);
        left.served
            .extend(noted.iter().filter_map(|one| Some(jobs.get(one.job)?.reader.user.clone())));
        self.note_left(actor, left_now(&jobs, noted), rng)
    }
}
