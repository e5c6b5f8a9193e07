//! Leaves the keys of everything with the vaults, for those who read everything: standing readers, and delegates who may
//! see.
//!
//! The profile remembers who they are and how far their keys were left. So a run goes on where the last one ended, and one
//! with nothing to do asks nobody. Keys go to those alone whom this person let in, while the ledger says the same, and to
//! the recipient that the person saw.

use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::read;
use mrms_contract::state::Record;
use mrms_core::{BurnHeight, ContractId, Powers, Principal, RecordId, Rights, Version, grant};
use mrms_crypto::HybridRecipient;
use mrms_crypto::context::ContentKey;
use mrms_vault::protocol::{MOST_DEPOSITS, MOST_VERSIONS};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::access::open::Unlocked;
use crate::profile::granted::GrantedMemory;
use crate::profile::granted_all::{Allows, GrantedAll, ReadsAllBy};
use crate::profile::received::RecordName;
use crate::session::vaults::VaultFailures;
use crate::session::{Actor, AskError, Sending, Session};
use crate::sharing::grant::{ShareError, Target};
use crate::sharing::own::{ClosedVersion, OwnVersions};
use crate::sharing::readers::has_use_of_keys;
use crate::sharing::sealed::{PreparedDeposit, SharesFor};
use crate::sharing::unknown::WhyLeftOut;

/// The file's name, and the name under which it is sealed.
const NAME: &str = "left-keys.sealed";
/// After so many records whose keys could not be left, the run ends: the next one tries again.
const MOST_FAILURES: usize = 3;

/// How far keys were left, by contract and reader.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Left {
    contracts: BTreeMap<String, BTreeMap<Principal, LeftFor>>,
}

/// How far keys were left for one reader.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct LeftFor {
    /// The recipient that they were wrapped to.
    recipient: String,
    /// By what the reader read everything then, and how often each had begun anew.
    runs: Vec<(ReadsAllBy, u64)>,
    /// The newest version of each record of which the vaults have shares for them.
    records: BTreeMap<RecordId, Version>,
}

type LeftByReader = BTreeMap<Principal, LeftFor>;

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

impl Tended {
    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.left.is_empty() && self.waiting.is_empty() && self.failed.is_none() && self.to_do == 0
    }
}

/// What somebody lacks who reads everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingKeys {
    /// The keys of so many records, which the next run leaves.
    Records(usize),
    /// All keys, for this reason.
    LeftOut(WhyLeftOut),
}

/// A version that was just written.
pub(crate) struct NewVersion<'n> {
    pub(crate) record: RecordId,
    pub(crate) version: Version,
    pub(crate) key: &'n ContentKey,
    pub(crate) name: Option<RecordName>,
}

/// Somebody who reads everything, by this person's memory.
struct AllReader<'m> {
    user: Principal,
    by: Vec<&'m GrantedAll>,
}

impl AllReader<'_> {
    fn runs(&self) -> Vec<(ReadsAllBy, u64)> {
        self.by.iter().map(|one| (one.by, one.run)).collect()
    }

    fn knows(&self, recipient: &str) -> bool {
        self.by.iter().any(|one| one.recipient == recipient)
    }

    /// Whether what was left before is of use still: the reader had one thing all the time, and the same recipient.
    fn goes_on(&self, known: &LeftFor) -> bool {
        self.knows(&known.recipient) && known.runs.iter().any(|run| self.runs().contains(run))
    }

    /// Whether they read everything as a delegate: a revoke of a single record does not count then.
    fn is_delegate(&self) -> bool {
        self.by.iter().any(|one| one.by == ReadsAllBy::Delegation)
    }

    /// The rights by which they are told names.
    fn rights(&self) -> Rights {
        let by_name = |one: &&GrantedAll| match one.allows() {
            Some(Allows::Rights(rights)) => rights.may_read(),
            Some(Allows::Powers(_)) => true,
            None => false,
        };
        if self.by.iter().any(by_name) { Rights::READ } else { Rights::EMERGENCY }
    }
}

/// A reader whose keys are to be left now.
struct Job<'m> {
    reader: AllReader<'m>,
    recipient: HybridRecipient,
    /// The records that lack keys, each with the newest version that was left.
    lacking: BTreeMap<RecordId, Option<Version>>,
}

/// What a run has prepared, and how far it has come.
struct Run {
    group: Group,
    made: usize,
    failures: usize,
    done: usize,
}

/// Deposits that go out together, and what is noted once the vaults have them.
#[derive(Default)]
struct Group {
    deposits: Vec<(Principal, PreparedDeposit)>,
    noted: Vec<(Principal, RecordId, Version)>,
}

/// Whether this person shut a reader out of a record. A delegate sees it all the same.
fn is_shut_out(
    memory: &GrantedMemory,
    contract: &ContractId,
    id: RecordId,
    reader: &AllReader<'_>,
) -> bool {
    let known = memory.of(contract, id, &reader.user);
    known.is_some_and(|known| known.rights().is_none()) && !reader.is_delegate()
}

fn readers_in<'m>(
    memory: &'m GrantedMemory,
    session: &Session<'_>,
    now: BurnHeight,
) -> Vec<AllReader<'m>> {
    let mut readers: BTreeMap<Principal, Vec<&GrantedAll>> = BTreeMap::new();
    for one in memory.all_of(session.contract).filter(|one| one.reads_at(now)) {
        readers.entry(one.reader.clone()).or_default().push(one);
    }
    readers.into_iter().map(|(user, by)| AllReader { user, by }).collect()
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
        let mut jobs = Vec::new();
        for reader in readers_in(&memory, self, now) {
            let known = left.get(&reader.user).filter(|known| reader.goes_on(known));
            let lacking = lacking(known, records);
            if lacking.is_empty() {
                continue;
            }
            if let Some(job) = self.job(actor, reader, lacking, now, &mut tended)? {
                begin(&mut left, &job);
                jobs.push(job);
            }
        }
        if jobs.is_empty() {
            return Ok(tended);
        }
        let erased = self.erased_records()?;
        let all = jobs.iter().map(|job| job.lacking.len()).sum::<usize>();
        let mut run = Run { group: Group::default(), made: 0, failures: 0, done: 0 };
        for (id, record) in records {
            let wanted: Vec<&Job<'_>> =
                jobs.iter().filter(|job| job.lacking.contains_key(id)).collect();
            if wanted.is_empty() {
                continue;
            }
            if run.made >= limit || run.failures >= MOST_FAILURES {
                tended.to_do += wanted.len();
                continue;
            }
            // Nothing of what was erased is left to be read.
            if !erased.contains(id) {
                let prepared =
                    self.prepare_record(actor, (*id, record), &wanted, &memory, &mut tended, rng);
                match prepared {
                    Ok(prepared) => {
                        run.made += prepared.len();
                        run.group.deposits.extend(prepared);
                    }
                    Err(error) => {
                        run.failures += 1;
                        tended.to_do += wanted.len();
                        tended.failed = Some(error);
                        continue;
                    }
                }
            }
            run.group
                .noted
                .extend(wanted.iter().map(|job| (job.reader.user.clone(), *id, record.version)));
            if run.group.deposits.len() >= MOST_DEPOSITS {
                self.flush(actor, &mut run, &mut left, &mut tended, rng)?;
                progress(run.done, all);
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

    /// What there is to do for a reader who lacks something; `None` where the ledger says that they read nothing now, or
    /// they have no recipient that this person saw.
    fn job<'m>(
        &self,
        actor: &Actor,
        reader: AllReader<'m>,
        lacking: BTreeMap<RecordId, Option<Version>>,
        now: BurnHeight,
        tended: &mut Tended,
    ) -> Result<Option<Job<'m>>, ShareError> {
        if !self.reads_all_now(&actor.principal(), &reader, now)? {
            return Ok(None);
        }
        let why = match self.published_recipient(&reader.user) {
            Ok((recipient, _)) => {
                let is_known = reader.knows(&recipient.to_string());
                if is_known && self.is_on_card(actor, &reader.user, &recipient)? {
                    return Ok(Some(Job { reader, recipient, lacking }));
                }
                WhyLeftOut::KeyChanged
            }
            Err(error) if error.has_no_key() => WhyLeftOut::NoKey,
            Err(error) => return Err(error.into()),
        };
        tended.waiting.push((reader.user, why));
        Ok(None)
    }

    /// Whether the ledger says that one of the things by which this person let somebody read everything is in force.
    fn reads_all_now(
        &self,
        me: &Principal,
        reader: &AllReader<'_>,
        now: BurnHeight,
    ) -> Result<bool, AskError> {
        for one in &reader.by {
            let reads = match one.by {
                ReadsAllBy::Standing => {
                    self.ask(&read::standing_grant(me, &reader.user))?.is_some_and(|standing| {
                        standing.rights.is_some() && grant::is_live(standing.expiry, now)
                    })
                }
                ReadsAllBy::Delegation => {
                    let found = self.ask(&read::delegate(me, &reader.user))?;
                    let powers = found.and_then(|delegation| delegation.powers_at(now));
                    powers.is_some_and(|powers| powers.include(Powers::SEE))
                }
            };
            if reads {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Prepares the deposits of one record for those who lack some of its keys.
    fn prepare_record(
        &self,
        actor: &Actor,
        (id, record): (RecordId, &Record),
        jobs: &[&Job<'_>],
        memory: &GrantedMemory,
        tended: &mut Tended,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<(Principal, PreparedDeposit)>, ShareError> {
        let is_later = |had: Option<Version>, version: Version| had.is_none_or(|had| version > had);
        let is_lacking = |version: &Version| {
            jobs.iter().any(|job| job.lacking.get(&id).is_some_and(|had| is_later(*had, *version)))
        };
        let versions: Vec<_> = record.version.up_to().filter(is_lacking).collect();
        let OwnVersions { unlocked, closed } = self.own_versions(actor, id, versions, rng)?;
        tended.closed.extend(closed.into_iter().map(|closed| (id, closed)));
        let name = self.name_of_newest(&unlocked);
        let patient = actor.principal();
        let mut prepared = Vec::new();
        for job in jobs {
            let user = &job.reader.user;
            let had = job.lacking.get(&id).copied().flatten();
            if is_shut_out(memory, self.contract, id, &job.reader) {
                continue;
            }
            // Whoever wrote a version has its key.
            let is_new = |one: &&Unlocked| is_later(had, one.version) && one.stored.author != *user;
            let targets: Vec<_> = unlocked
                .iter()
                .filter(is_new)
                .map(|one| Target { record: id, version: one.version, key: one.key() })
                .collect();
            let names = self.names_for(actor, job.reader.rights(), name.clone())?;
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
        let mut made = 0;
        let patient = actor.principal();
        for reader in readers_in(&memory, self, now) {
            let known = left.get(&reader.user).filter(|known| reader.goes_on(known));
            let had = |one: &NewVersion<'_>| {
                known.and_then(|known| known.records.get(&one.record)).copied()
            };
            let is_next = |one: &&NewVersion<'_>| match had(one) {
                None => one.version == Version::FIRST,
                Some(had) => one.version == had.next(),
            };
            let next: Vec<_> = new.iter().filter(is_next).collect();
            if next.is_empty() {
                continue;
            }
            let Some(job) = self.job(actor, reader, BTreeMap::new(), now, &mut tended)? else {
                continue;
            };
            begin(&mut left, &job);
            let user = &job.reader.user;
            for one in next {
                if is_shut_out(&memory, self.contract, one.record, &job.reader) {
                    continue;
                }
                let target = Target { record: one.record, version: one.version, key: one.key };
                let names = self.names_for(actor, job.reader.rights(), one.name.clone())?;
                let to = SharesFor { patient: &patient, reader: user, recipient: &job.recipient };
                match self.deposit(actor, to, &[target], &names, rng) {
                    Ok(failures) => missing.extend(failures),
                    Err(_) => break,
                }
                made += 1;
                served.insert(user.clone());
                if let Some(left) = left.get_mut(user) {
                    left.records.insert(one.record, one.version);
                }
            }
        }
        if made > 0 {
            self.note_left(actor, &left, rng)?;
        }
        Ok(())
    }

    /// What those lack who read everything of these records of one's own, by this person's memory or by the ledger; nobody who
    /// lacks nothing.
    ///
    /// # Errors
    ///
    /// [`ShareError`].
    pub fn missing_keys(
        &self,
        actor: &Actor,
        records: &[(RecordId, Record)],
    ) -> Result<Vec<(Principal, MissingKeys)>, ShareError> {
        let memory = self.profile.granted(&actor.keyring.record_root()?)?;
        let (me, now) = (actor.principal(), self.height()?);
        let left = self.left_keys(actor)?;
        let (mut found, mut remembered) = (Vec::new(), BTreeSet::new());
        for reader in readers_in(&memory, self, now) {
            remembered.insert(reader.user.clone());
            let known = left.get(&reader.user).filter(|known| reader.goes_on(known));
            let lacking = lacking(known, records);
            let (user, count, mut tended) = (reader.user.clone(), lacking.len(), Tended::default());
            if count == 0 {
                continue;
            }
            let job = self.job(actor, reader, lacking, now, &mut tended)?;
            if job.is_some() {
                found.push((user, MissingKeys::Records(count)));
            }
            let waiting = tended.waiting.into_iter();
            found.extend(waiting.map(|(user, why)| (user, MissingKeys::LeftOut(why))));
        }
        for user in self.standing_users(&me)?.into_iter().filter(|one| !remembered.contains(one)) {
            let standing = self.ask(&read::standing_grant(&me, &user))?;
            let standing = standing.filter(|one| grant::is_live(one.expiry, now));
            let reads = standing.and_then(|one| one.rights).is_some_and(has_use_of_keys);
            let delegation = self.ask(&read::delegate(&me, &user))?;
            let powers = delegation.and_then(|delegation| delegation.powers_at(now));
            if reads || powers.is_some_and(|powers| powers.include(Powers::SEE)) {
                found.push((user, MissingKeys::LeftOut(WhyLeftOut::NotRemembered)));
            }
        }
        Ok(found)
    }

    /// Forgets how far keys were left: the next run leaves everything anew.
    pub(crate) fn forget_left(
        &self,
        actor: &Actor,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), ShareError> {
        self.note_left(actor, &LeftByReader::new(), rng)
    }

    /// How many of these records of one's own lack keys for somebody who reads everything, by reader. Asks nobody.
    ///
    /// # Errors
    ///
    /// [`ShareError`].
    pub fn lacking_keys(
        &self,
        actor: &Actor,
        records: &[(RecordId, Record)],
    ) -> Result<BTreeMap<Principal, usize>, ShareError> {
        let memory = self.profile.granted(&actor.keyring.record_root()?)?;
        let now = self.height()?;
        let left = self.left_keys(actor)?;
        let mut found = BTreeMap::new();
        for reader in readers_in(&memory, self, now) {
            let known = left.get(&reader.user).filter(|known| reader.goes_on(known));
            found.insert(reader.user.clone(), lacking(known, records).len());
        }
        Ok(found)
    }

    fn left_keys(&self, actor: &Actor) -> Result<LeftByReader, ShareError> {
        let root = actor.keyring.record_root()?;
        let left: Left = self.profile.load_sealed(&root, NAME)?;
        Ok(left.contracts.get(&self.contract.to_string()).cloned().unwrap_or_default())
    }

    fn note_left(
        &self,
        actor: &Actor,
        left: &LeftByReader,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), ShareError> {
        let root = actor.keyring.record_root()?;
        self.profile.change_sealed(&root, NAME, rng, |kept: &mut Left| {
            kept.contracts.insert(self.contract.to_string(), left.clone());
        })?;
        Ok(())
    }
}

/// The records of which a reader lacks keys, each with the newest version that was left for them.
fn lacking(
    known: Option<&LeftFor>,
    records: &[(RecordId, Record)],
) -> BTreeMap<RecordId, Option<Version>> {
    let lacking = records.iter().filter_map(|(id, record)| {
        let had = known.and_then(|known| known.records.get(id)).copied();
        had.is_none_or(|had| had < record.version).then_some((*id, had))
    });
    lacking.collect()
}

/// Goes on with what is noted of a reader, or begins anew where that is of no more use.
fn begin(left: &mut LeftByReader, job: &Job<'_>) {
    let known = left.entry(job.reader.user.clone()).or_default();
    if !job.reader.goes_on(known) || known.recipient != job.recipient.to_string() {
        *known = LeftFor { recipient: job.recipient.to_string(), ..LeftFor::default() };
    }
    known.runs = job.reader.runs();
}
