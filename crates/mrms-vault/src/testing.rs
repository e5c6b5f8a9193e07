//! [`FakeChain`]: a chain in memory, for tests and benches of everything that asks a [`ChainView`].
//!
//! It keeps the contract's rules for grants and openings, as `mrms-core` has them, and does what a test tells it: it
//! goes back, stands still, fails, or changes while somebody waits for its answer. Behind the feature `testing`, which
//! is never on in what is shipped.
#![allow(clippy::unwrap_used)] // Only tests call this: a wrong record is a wrong test.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use mrms_contract::trail::Head;
use mrms_core::grant::{effective, is_live};
use mrms_core::{
    Action, AuditEntry, BlockHeight, BurnHeight, ContentHash, Grant, Powers, Principal, RecordId,
    Rights, StandingGrant, TxId, UnixTime, Version,
};
use sha2::{Digest, Sha256};

use crate::guardian::{
    AnchoredLog, ChainBlock, ChainError, ChainTip, ChainView, Clock, DeclaredUnder, Delegation,
    Descent, EmergencyOpening, GrantsHeld, IncludedTransaction, Record, VersionOrigin,
};

/// The sealed reason of every emergency that is declared here.
pub const EMERGENCY_NOTE: &[u8] = b"a reason, sealed to the patient";

/// How the chain fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It does not.
    None,
    /// It can't be reached.
    Unreachable,
    /// It answers nonsense.
    Nonsense,
}

#[derive(Clone, Debug)]
struct RecordState {
    patient: Principal,
    versions: Vec<VersionOrigin>,
    entries: Vec<AuditEntry>,
}

/// What a block left, as far as a vault asks about blocks before the tip.
#[derive(Clone, Debug)]
struct Past {
    burn: u64,
    records: BTreeMap<RecordId, (Principal, Vec<VersionOrigin>)>,
    grants: BTreeMap<(RecordId, Principal), Grant>,
    standing: BTreeMap<(Principal, Principal), StandingGrant>,
    delegates: BTreeMap<(Principal, Principal), Delegation>,
}

/// The state of the chain. A test may change its public fields at will.
#[derive(Clone, Debug)]
pub struct ChainState {
    past: Option<BTreeMap<u64, Past>>,
    /// The first height of each branch that the chain has gone over to.
    branches: Vec<u64>,
    records: BTreeMap<RecordId, RecordState>,
    grants: BTreeMap<(RecordId, Principal), Grant>,
    standing: BTreeMap<(Principal, Principal), StandingGrant>,
    delegates: BTreeMap<(Principal, Principal), Delegation>,
    members: BTreeMap<(Principal, Principal), Option<BurnHeight>>,
    openings: BTreeMap<(RecordId, Principal), EmergencyOpening>,
    transactions: BTreeMap<TxId, (RecordId, IncludedTransaction)>,
    /// Height of the newest block. Every transaction makes one.
    pub block: u64,
    /// The burn height of the newest block.
    pub burn: u64,
    /// How far the burn height now is above that of the newest block, for example since the node's clock is ahead.
    pub burn_ahead: u64,
    /// What was anchored of the vault's log.
    pub anchored: Option<AnchoredLog>,
    /// Time of the newest block, in seconds since 1970. Not used by a chain that follows a clock.
    pub time: u64,
    /// What the chain shows when it is asked whether one block lies above another.
    pub descent: Descent,
    /// How questions fail.
    pub trouble: Trouble,
}

/// An entry of a record's log, with the transaction that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the log.
    pub index: u64,
    /// The transaction.
    pub txid: TxId,
}

impl ChainState {
    fn now(&self) -> BurnHeight {
        BurnHeight::new(self.burn)
    }

    /// Remembers what each block left from now on. Without it the chain answers for every block as for the newest.
    pub fn remember_blocks(&mut self) {
        self.past = Some(BTreeMap::new());
    }

    /// Makes an empty block.
    pub fn mine(&mut self) {
        self.keep_past();
        self.block += 1;
    }

    /// Makes an empty block on the next Bitcoin block.
    pub fn mine_on_bitcoin(&mut self) {
        self.mine();
        self.burn += 1;
    }

    /// Makes the blocks from this height on others than they were.
    pub fn fork_from(&mut self, height: u64) {
        self.branches.push(height);
    }

    /// Goes back to the blocks that there were before the last [`Self::fork_from`].
    pub fn join_again(&mut self) {
        self.branches.pop();
    }

    /// Remembers what the newest block left, before something changes.
    fn keep_past(&mut self) {
        let Some(past) = &mut self.past else { return };
        let records = self
            .records
            .iter()
            .map(|(id, kept)| (*id, (kept.patient.clone(), kept.versions.clone())));
        past.entry(self.block).or_insert_with(|| Past {
            burn: self.burn,
            records: records.collect(),
            grants: self.grants.clone(),
            standing: self.standing.clone(),
            delegates: self.delegates.clone(),
        });
    }

    /// What the block at this height left; `None` if it is as now.
    fn past(&self, height: BlockHeight) -> Option<&Past> {
        let past = self.past.as_ref()?;
        past.range(height.number()..self.block).next().map(|(_, past)| past)
    }

    fn block_at(&self, height: u64) -> Option<ChainBlock> {
        if height > self.block {
            return None;
        }
        let mut id = [0; 32];
        id[..8].copy_from_slice(&height.to_be_bytes());
        let branch = self.branches.iter().rposition(|first| *first <= height);
        id[8] = branch.map_or(0, |branch| u8::try_from(branch + 1).unwrap());
        let height = BlockHeight::new(height);
        let burn = self.past(height).map_or(self.burn, |past| past.burn);
        Some(ChainBlock { height, id, burn_height: BurnHeight::new(burn) })
    }

    fn record(&mut self, record: RecordId) -> &mut RecordState {
        self.records.get_mut(&record).unwrap()
    }

    fn patient(&self, record: RecordId) -> Principal {
        self.records[&record].patient.clone()
    }

    /// Adds an entry to a record's log in a block of its own, whatever the contract's rules say.
    pub fn enter(
        &mut self,
        record: RecordId,
        action: Action,
        actor: impl Into<Principal>,
        version: u64,
    ) -> Entry {
        self.keep_past();
        self.block += 1;
        let (burn_height, block) = (self.now(), self.block);
        let entries = &mut self.record(record).entries;
        let index = entries.len() as u64;
        entries.push(AuditEntry {
            index,
            action,
            actor: actor.into(),
            subject: None,
            version,
            expiry: None,
            detail: [0; 32],
            burn_height,
        });
        let mut txid = [0; 32];
        txid[..8].copy_from_slice(&block.to_be_bytes());
        let txid = TxId::from_bytes(txid);
        let block_height = BlockHeight::new(block);
        let made = IncludedTransaction { block_height, entries: vec![index] };
        self.transactions.insert(txid, (record, made));
        Entry { index, txid }
    }

    /// Makes a record of one version without ciphertext.
    pub fn create(&mut self, record: RecordId, patient: impl Into<Principal>) -> Entry {
        self.create_with(record, patient, None)
    }

    /// Makes a record of one version, which refers to this ciphertext.
    pub fn create_with(
        &mut self,
        record: RecordId,
        patient: impl Into<Principal>,
        ciphertext: Option<[u8; 32]>,
    ) -> Entry {
        let patient = patient.into();
        let (versions, entries) = (Vec::new(), Vec::new());
        self.keep_past();
        let state = RecordState { patient: patient.clone(), versions, entries };
        assert!(self.records.insert(record, state).is_none(), "the record is there already");
        self.write(record, patient, ciphertext)
    }

    /// Adds a version to a record.
    pub fn write(
        &mut self,
        record: RecordId,
        author: impl Into<Principal>,
        ciphertext: Option<[u8; 32]>,
    ) -> Entry {
        let author = author.into();
        let content_hash = ContentHash::of(b"content");
        self.keep_past();
        let burn_height = self.now();
        let versions = &mut self.record(record).versions;
        versions.push(VersionOrigin {
            author: author.clone(),
            content_hash,
            ciphertext,
            burn_height,
        });
        let count = versions.len() as u64;
        let action = if count == 1 { Action::Create } else { Action::Amend };
        self.enter(record, action, author, count)
    }

    /// Number of a record's newest version.
    #[must_use]
    pub fn latest(&self, record: RecordId) -> u64 {
        self.records[&record].versions.len() as u64
    }

    /// Makes a record another patient's.
    pub fn give_to(&mut self, record: RecordId, patient: impl Into<Principal>) {
        self.keep_past();
        self.record(record).patient = patient.into();
        self.block += 1;
    }

    /// Grants access to a record.
    pub fn grant(
        &mut self,
        record: RecordId,
        user: impl Into<Principal>,
        rights: Rights,
        expiry: Option<u64>,
    ) {
        let latest = Version::new(self.latest(record)).unwrap();
        let now = self.now();
        let key = (record, user.into());
        let kept = self.grants.get(&key).filter(|old| old.rights.is_some());
        let kept = kept.filter(|old| is_live(old.expiry, now)).map(|old| old.from_version);
        let from_version =
            if rights.includes_history() { Version::FIRST } else { kept.unwrap_or(latest) };
        let expiry = expiry.map(BurnHeight::new);
        let rights = Some(rights);
        self.keep_past();
        let entry = Some(self.records[&record].entries.len() as u64);
        self.grants.insert(key, Grant { rights, expiry, granted_at: now, from_version, entry });
        self.enter(record, Action::Grant, self.patient(record), from_version.number());
    }

    /// Revokes a grant. Does nothing if there is none.
    pub fn revoke(&mut self, record: RecordId, user: impl Into<Principal>) {
        let now = self.now();
        self.keep_past();
        let grant = self.grants.get_mut(&(record, user.into()));
        // The contract refuses to revoke twice.
        if let Some(grant) = grant.filter(|grant| grant.rights.is_some()) {
            *grant = Grant { rights: None, expiry: Some(now), ..*grant };
            let latest = self.latest(record);
            self.enter(record, Action::Revoke, self.patient(record), latest);
        }
    }

    /// Grants access to all records of a patient.
    pub fn grant_all(
        &mut self,
        patient: impl Into<Principal>,
        user: impl Into<Principal>,
        rights: Rights,
    ) {
        let granted_at = self.now();
        self.keep_past();
        let entry = Some(self.block);
        let grant = StandingGrant { rights: Some(rights), expiry: None, granted_at, entry };
        self.standing.insert((patient.into(), user.into()), grant);
        self.block += 1;
    }

    fn held(&self, record: RecordId, patient: &Principal, user: &Principal) -> GrantsHeld {
        GrantsHeld {
            grant: self.grants.get(&(record, user.clone())).copied(),
            standing: self.standing.get(&(patient.clone(), user.clone())).copied(),
            delegation: self.delegates.get(&(patient.clone(), user.clone())).copied(),
        }
    }

    /// Declares an emergency, with [`EMERGENCY_NOTE`] as its reason. It lasts 144 burn blocks.
    pub fn declare_emergency(&mut self, record: RecordId, user: impl Into<Principal>) -> Entry {
        let (now, user) = (self.now(), user.into());
        let reason = Sha256::digest(EMERGENCY_NOTE).into();
        let held = self.held(record, &self.patient(record), &user);
        let opening = EmergencyOpening {
            until: now.plus(144),
            opened_at: now,
            reason,
            under: in_force(&held, now),
        };
        self.openings.insert((record, user.clone()), opening);
        let latest = self.latest(record);
        self.enter(record, Action::Emergency, user, latest)
    }

    /// `access-record-version`: makes an entry if the contract's rules allow it.
    pub fn access(
        &mut self,
        record: RecordId,
        user: impl Into<Principal>,
        number: u64,
    ) -> Option<Entry> {
        let (now, user) = (self.now(), user.into());
        if number == 0 || number > self.latest(record) {
            return None;
        }
        let patient = self.patient(record);
        if patient == user {
            return Some(self.enter(record, Action::Access, user, number));
        }
        let held = self.held(record, &patient, &user);
        let powers = held.delegation.and_then(|delegation| delegation.powers_at(now));
        if powers.is_some_and(|powers| powers.include(Powers::SEE)) {
            return Some(self.enter(record, Action::Access, user, number));
        }
        let (rights, from) =
            effective(record, held.grant.as_ref(), held.standing.as_ref(), now).ok()?;
        if number < from.number() {
            return None;
        }
        if rights.may_read() {
            return Some(self.enter(record, Action::Access, user, number));
        }
        let opening = self.openings.get(&(record, user.clone())).copied()?;
        let open = now < opening.until && opening.under == in_force(&held, now);
        open.then(|| self.enter(record, Action::EmergencyRead, user, number))
    }

    /// `access-for`: makes an entry of a member for an organisation, whatever either may do.
    pub fn enter_for(
        &mut self,
        record: RecordId,
        member: impl Into<Principal>,
        organisation: impl Into<Principal>,
        number: u64,
    ) -> Entry {
        let entered = self.enter(record, Action::Access, member, number);
        let entry = self.record(record).entries.last_mut().unwrap();
        entry.subject = Some(organisation.into());
        entered
    }

    /// Makes somebody a member of an organisation until a height, or ends it there.
    pub fn set_member(
        &mut self,
        organisation: impl Into<Principal>,
        member: impl Into<Principal>,
        until: Option<u64>,
    ) {
        self.members.insert((organisation.into(), member.into()), until.map(BurnHeight::new));
        self.block += 1;
    }

    /// Makes somebody a delegate of a patient until a height, or ends it there.
    pub fn set_delegate(
        &mut self,
        patient: impl Into<Principal>,
        delegate: impl Into<Principal>,
        powers: Powers,
        until: Option<u64>,
    ) {
        self.keep_past();
        let key = (patient.into(), delegate.into());
        let term = self.delegates.get(&key).map_or(1, |before| before.term);
        let expiry = until.map(BurnHeight::new);
        self.delegates.insert(key, Delegation { powers, expiry, term, ended: 0 });
        self.block += 1;
    }
}

/// The grant in force, by its entry.
fn in_force(held: &GrantsHeld, now: BurnHeight) -> Option<DeclaredUnder> {
    let own = held.grant.filter(|own| own.rights.is_some() && is_live(own.expiry, now));
    match own {
        Some(own) => own.entry.map(DeclaredUnder::Own),
        None => held.standing?.entry.map(DeclaredUnder::Standing),
    }
}

type Meanwhile = Box<dyn FnOnce() + Send>;

/// A chain in memory.
pub struct FakeChain {
    asked: AtomicU64,
    state: Mutex<ChainState>,
    meanwhile: Mutex<Option<Meanwhile>>,
    clock: Option<Box<dyn Clock>>,
}

impl FakeChain {
    /// A chain of 100 blocks, at burn height 1,000, whose newest block is of this time.
    #[must_use]
    pub fn at(time: UnixTime) -> Self {
        let state = ChainState {
            past: None,
            branches: Vec::new(),
            burn_ahead: 0,
            anchored: None,
            records: BTreeMap::new(),
            grants: BTreeMap::new(),
            standing: BTreeMap::new(),
            delegates: BTreeMap::new(),
            members: BTreeMap::new(),
            openings: BTreeMap::new(),
            transactions: BTreeMap::new(),
            block: 100,
            burn: 1_000,
            time: time.seconds(),
            descent: Descent::NotShown,
            trouble: Trouble::None,
        };
        let (state, meanwhile) = (Mutex::new(state), Mutex::new(None));
        Self { asked: AtomicU64::new(0), state, meanwhile, clock: None }
    }

    /// The same, with a newest block that is always of the time of now.
    #[must_use]
    pub fn following(clock: impl Clock + 'static) -> Self {
        Self { clock: Some(Box::new(clock)), ..Self::at(UnixTime::from_seconds(0)) }
    }

    /// The state, to look at and to change.
    pub fn lock(&self) -> MutexGuard<'_, ChainState> {
        self.state.lock().unwrap()
    }

    /// Calls `happens` once, after the next answer about grants was made and before it is given.
    pub fn meanwhile(&self, happens: impl FnOnce() + Send + 'static) {
        *self.meanwhile.lock().unwrap() = Some(Box::new(happens));
    }

    /// How many questions it was asked so far.
    #[must_use]
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }

    fn ask(&self) -> Result<MutexGuard<'_, ChainState>, ChainError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let state = self.lock();
        let message = "scripted".to_owned();
        match state.trouble {
            Trouble::None => Ok(state),
            Trouble::Unreachable => Err(ChainError::Unreachable { message }),
            Trouble::Nonsense => Err(ChainError::Answer { message }),
        }
    }
}

impl std::fmt::Debug for FakeChain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakeChain").field("state", &self.state).finish_non_exhaustive()
    }
}

impl ChainView for FakeChain {
    fn tip(&self) -> Result<ChainTip, ChainError> {
        let state = self.ask()?;
        let time = UnixTime::from_seconds(state.time);
        Ok(ChainTip {
            block_height: BlockHeight::new(state.block),
            burn_height: state.now().plus(state.burn_ahead),
            time: self.clock.as_ref().map_or(time, |clock| clock.now()),
        })
    }

    fn block(&self, height: BlockHeight) -> Result<Option<ChainBlock>, ChainError> {
        Ok(self.ask()?.block_at(height.number()))
    }

    fn descent(&self, _: &ChainBlock, _: &ChainBlock) -> Result<Descent, ChainError> {
        Ok(self.ask()?.descent)
    }

    fn record_at(
        &self,
        record: RecordId,
        block: &ChainBlock,
    ) -> Result<Option<Record>, ChainError> {
        let now = self.record(record)?;
        let state = self.ask()?;
        let Some(past) = state.past(block.height) else { return Ok(now) };
        let Some((patient, versions)) = past.records.get(&record) else { return Ok(None) };
        let version = Version::new(versions.len() as u64).unwrap();
        Ok(now.map(|now| Record { patient: patient.clone(), version, ..now }))
    }

    fn version_at(
        &self,
        record: RecordId,
        version: Version,
        block: &ChainBlock,
    ) -> Result<Option<VersionOrigin>, ChainError> {
        let now = self.version(record, version)?;
        let state = self.ask()?;
        let Some(past) = state.past(block.height) else { return Ok(now) };
        let place = usize::try_from(version.number() - 1).unwrap();
        Ok(past.records.get(&record).and_then(|(_, versions)| versions.get(place).cloned()))
    }

    fn grants_at(
        &self,
        record: RecordId,
        patient: &Principal,
        user: &Principal,
        block: &ChainBlock,
    ) -> Result<GrantsHeld, ChainError> {
        let state = self.ask()?;
        let Some(past) = state.past(block.height) else {
            return Ok(state.held(record, patient, user));
        };
        Ok(GrantsHeld {
            grant: past.grants.get(&(record, user.clone())).copied(),
            standing: past.standing.get(&(patient.clone(), user.clone())).copied(),
            delegation: past.delegates.get(&(patient.clone(), user.clone())).copied(),
        })
    }

    fn has_records(&self, patient: &Principal) -> Result<bool, ChainError> {
        Ok(self.ask()?.records.values().any(|kept| kept.patient == *patient))
    }

    fn anchored_log(&self, _: &Principal) -> Result<Option<AnchoredLog>, ChainError> {
        Ok(self.ask()?.anchored)
    }

    fn record(&self, record: RecordId) -> Result<Option<Record>, ChainError> {
        Ok(self.ask()?.records.get(&record).map(|kept| Record {
            patient: kept.patient.clone(),
            version: Version::new(kept.versions.len() as u64).unwrap(),
            readers: 0,
            audit_count: kept.entries.len() as u64,
            audit_head: Head::EMPTY,
        }))
    }

    fn version(
        &self,
        record: RecordId,
        version: Version,
    ) -> Result<Option<VersionOrigin>, ChainError> {
        let place = usize::try_from(version.number() - 1).unwrap();
        let state = self.ask()?;
        Ok(state.records.get(&record).and_then(|kept| kept.versions.get(place).cloned()))
    }

    fn entry(&self, record: RecordId, index: u64) -> Result<Option<AuditEntry>, ChainError> {
        let place = usize::try_from(index).unwrap();
        let state = self.ask()?;
        Ok(state.records.get(&record).and_then(|kept| kept.entries.get(place).cloned()))
    }

    fn grants(
        &self,
        record: RecordId,
        patient: &Principal,
        user: &Principal,
    ) -> Result<GrantsHeld, ChainError> {
        let held = self.ask()?.held(record, patient, user);
        let happens = self.meanwhile.lock().unwrap().take();
        if let Some(happens) = happens {
            happens();
        }
        Ok(held)
    }

    /// One question, however many records it is about.
    fn records(&self, records: &[RecordId]) -> Result<Vec<Option<Record>>, ChainError> {
        let asked = self.asked();
        let found = records.iter().map(|record| self.record(*record)).collect();
        self.asked.store(asked + 1, Ordering::Relaxed);
        found
    }

    /// One question, however many grants it is about.
    fn grants_of(
        &self,
        wanted: &[(RecordId, &Principal, &Principal)],
    ) -> Result<Vec<GrantsHeld>, ChainError> {
        let asked = self.asked();
        let each = wanted.iter();
        let found =
            each.map(|(record, patient, user)| self.grants(*record, patient, user)).collect();
        self.asked.store(asked + 1, Ordering::Relaxed);
        found
    }

    fn delegated_powers(
        &self,
        patient: &Principal,
        user: &Principal,
        now: BurnHeight,
    ) -> Result<Option<Powers>, ChainError> {
        let state = self.ask()?;
        let found = state.delegates.get(&(patient.clone(), user.clone()));
        Ok(found.and_then(|delegation| delegation.powers_at(now)))
    }

    fn is_member(
        &self,
        organisation: &Principal,
        member: &Principal,
        now: BurnHeight,
    ) -> Result<bool, ChainError> {
        let state = self.ask()?;
        let found = state.members.get(&(organisation.clone(), member.clone()));
        Ok(found.is_some_and(|until| is_live(*until, now)))
    }

    fn emergency_opening(
        &self,
        record: RecordId,
        user: &Principal,
    ) -> Result<Option<EmergencyOpening>, ChainError> {
        Ok(self.ask()?.openings.get(&(record, user.clone())).copied())
    }

    fn transaction(
        &self,
        txid: &TxId,
        record: RecordId,
    ) -> Result<Option<IncludedTransaction>, ChainError> {
        let state = self.ask()?;
        Ok(state.transactions.get(txid).map(|(of, made)| {
            let entries = if *of == record { made.entries.clone() } else { Vec::new() };
            IncludedTransaction { entries, ..*made }
        }))
    }
}
