//! What each public function does: the model's reading of the comment above it.
//!
//! The errors of a function are tried in the order in which its comment lists them.

use mrms_contract::ContractError;
use mrms_contract::trail::Head;
use mrms_core::{Action, Principal, RecordId};

use super::rules::{Door, EMERGENCY, HISTORY};
use super::{
    Anchor, Event, Grant, Model, Opening, Record, Reply, Said, StandingGrant, Written, sha256,
};
use crate::model::call::{Call, OneGrant, who};

type Answer = Result<Reply, ContractError>;

/// How long an emergency opening lasts, in burn blocks.
const EMERGENCY_BLOCKS: u64 = 144;
const READ: u128 = 1;

impl Model {
    /// Lets `caller` make a call: what it answers and prints. A refusal changes nothing.
    pub(crate) fn call(
        &mut self,
        caller: &Principal,
        call: &Call,
    ) -> Result<(Reply, Vec<Event>), ContractError> {
        let mut next = self.clone();
        let reply = next.perform(caller, call.clone())?;
        let events = std::mem::take(&mut next.events);
        *self = next;
        Ok((reply, events))
    }

    fn perform(&mut self, me: &Principal, call: Call) -> Answer {
        match call {
            Call::Create { record, content } => self.create(me, record, content),
            Call::Amend { record, content } => self.amend(me, record, content),
            Call::AmendVersion { record, version, content } => {
                if version != self.record(record)?.latest() + 1 {
                    return Err(ContractError::VersionTaken);
                }
                self.amend(me, record, content)
            }
            Call::Access { record } => {
                let latest = self.record(record)?.latest();
                self.open(me, record, latest)
            }
            Call::AccessVersion { record, version } => self.open(me, record, version),
            Call::Grant { record, user, expiry } => self.grant(me, record, user, READ, expiry),
            Call::GrantRights { record, user, rights, expiry } => {
                valid(rights)?;
                self.grant(me, record, user, rights, expiry)
            }
            Call::GrantMany { grants } => self.grant_many(me, grants),
            Call::Revoke { record, user } => self.revoke(me, record, user),
            Call::GrantStanding { patient, user, rights, expiry } => {
                self.grant_standing(me, patient, user, rights, expiry)
            }
            Call::RevokeStanding { patient, user } => self.revoke_standing(me, patient, user),
            Call::Emergency { record, reason } => self.emergency(me, record, reason),
            Call::SetDelegate { delegate, expiry } => self.set_delegate(me, delegate, expiry),
            Call::RemoveDelegate { delegate } => self.remove_delegate(me, delegate),
            Call::Transfer { record, new_patient } => self.transfer(me, record, new_patient),
            Call::Accept { record } => self.accept(me, record),
            Call::PublishKey { recipient } => self.publish_key(me, recipient),
            Call::PutEnvelope { record, version, user, envelope } => {
                self.put_envelope(me, record, version, user, envelope)
            }
            Call::Anchor { head, count } => self.anchor(me, head, count),
        }
    }

    fn record(&self, id: RecordId) -> Result<&Record, ContractError> {
        self.records.get(&id).ok_or(ContractError::RecordNotFound)
    }

    /// A record that the caller may act on as its patient or a delegate.
    fn record_of(&self, me: &Principal, id: RecordId) -> Result<&Record, ContractError> {
        let record = self.record(id)?;
        if self.acts_for(&record.patient, me) { Ok(record) } else { Err(ContractError::NotPatient) }
    }

    fn record_mut(&mut self, id: RecordId) -> &mut Record {
        self.records.get_mut(&id).unwrap()
    }

    fn future(&self, expiry: Option<u128>) -> Result<(), ContractError> {
        if self.is_open(expiry) { Ok(()) } else { Err(ContractError::ExpiryInPast) }
    }

    fn create(&mut self, me: &Principal, id: RecordId, content: Vec<u8>) -> Answer {
        not_empty(&content, ContractError::EmptyContent)?;
        if is_bound(id) && id.number() >> 48 != bound_prefix(me) {
            return Err(ContractError::ForeignId);
        }
        if self.records.contains_key(&id) {
            return Err(ContractError::RecordExists);
        }
        let record = Record {
            patient: me.clone(),
            versions: Vec::new(),
            grants: Default::default(),
            openings: Default::default(),
            offered_to: None,
            readers: Vec::new(),
            envelopes: Default::default(),
            log: Vec::new(),
            head: Head::EMPTY,
        };
        self.records.insert(id, record);
        self.patients.entry(me.clone()).or_default().records.push(id);
        Ok(self.write(me, id, content, Action::Create))
    }

    fn amend(&mut self, me: &Principal, id: RecordId, content: Vec<u8>) -> Answer {
        let record = self.record(id)?;
        not_empty(&content, ContractError::EmptyContent)?;
        self.may_amend(record, me)?;
        Ok(self.write(me, id, content, Action::Amend))
    }

    fn write(&mut self, me: &Principal, id: RecordId, content: Vec<u8>, action: Action) -> Reply {
        let (hash, burn_height) = (sha256(&content), self.now);
        let record = self.record_mut(id);
        record.versions.push(Written { author: me.clone(), content, burn_height });
        let version = record.latest();
        let said = Said { action, subject: None, version, expiry: None, detail: hash };
        Reply::Written { version, hash, logged: self.log_on_record(id, me, &said) }
    }

    fn open(&mut self, me: &Principal, id: RecordId, version: u64) -> Answer {
        let record = self.record(id)?;
        let door = self.may_read(record, me, version)?;
        let written = record.version(version).ok_or(ContractError::VersionNotFound)?.clone();
        let detail = written.hash();
        let action = match door {
            Door::Open => Action::Access,
            Door::EmergencyOnly => Action::EmergencyRead,
        };
        let said = Said { action, subject: None, version, expiry: None, detail };
        Ok(Reply::Opened { version, written, logged: self.log_on_record(id, me, &said) })
    }

    fn grant(
        &mut self,
        me: &Principal,
        id: RecordId,
        user: Principal,
        rights: u128,
        expiry: Option<u128>,
    ) -> Answer {
        let record = self.record_of(me, id)?;
        if user == record.patient {
            return Err(ContractError::SelfGrant);
        }
        self.future(expiry)?;
        let rights = u8::try_from(rights).unwrap();
        let live =
            record.grants.get(&user).filter(|own| own.rights > 0 && self.is_open(own.expiry));
        let from_version = match live {
            _ if rights & HISTORY != 0 => 1,
            Some(live) => live.from_version,
            None => record.latest(),
        };
        let granted_at = self.now;
        let record = self.record_mut(id);
        let grant = Grant { rights, expiry, granted_at, from_version };
        record.grants.insert(user.clone(), grant);
        once(&mut record.readers, &user);
        once(&mut self.users.entry(user.clone()).or_default().records, &id);
        let detail = rights_detail(rights);
        let said = Said {
            action: Action::Grant,
            subject: Some(&user),
            version: from_version,
            expiry,
            detail,
        };
        self.log_on_record(id, me, &said);
        Ok(Reply::True)
    }

    fn grant_many(&mut self, me: &Principal, grants: Vec<OneGrant>) -> Answer {
        for (record, user, expiry) in grants {
            self.grant(me, record, user, READ, expiry)?;
        }
        Ok(Reply::True)
    }

    fn revoke(&mut self, me: &Principal, id: RecordId, user: Principal) -> Answer {
        let record = self.record_of(me, id)?;
        let mark = Grant { rights: 0, expiry: None, granted_at: self.now, from_version: 0 };
        let grant = match record.grants.get(&user) {
            Some(own) if own.rights > 0 => own.clone(),
            None if self.standing_grant(&record.patient, &user).is_ok() => mark,
            _ => return Err(ContractError::NoSuchGrant),
        };
        let (now, version) = (self.now, record.latest());
        let revoked = Grant { rights: 0, expiry: Some(now.into()), ..grant };
        self.record_mut(id).grants.insert(user.clone(), revoked);
        self.log_on_record(id, me, &plain(Action::Revoke, Some(&user), version));
        Ok(Reply::True)
    }

    fn grant_standing(
        &mut self,
        me: &Principal,
        patient: Principal,
        user: Principal,
        rights: u128,
        expiry: Option<u128>,
    ) -> Answer {
        if !self.acts_for(&patient, me) {
            return Err(ContractError::NotPatient);
        }
        if user == patient {
            return Err(ContractError::SelfGrant);
        }
        let rights = valid(rights)?;
        self.future(expiry)?;
        let granted_at = self.now;
        let grant = StandingGrant { rights, expiry, granted_at };
        self.standing.insert((patient.clone(), user.clone()), grant);
        self.join_team(&patient, &user);
        let said = Said {
            action: Action::StandingGrant,
            subject: Some(&user),
            version: 0,
            expiry,
            detail: rights_detail(rights),
        };
        self.log_on_patient(&patient, me, &said);
        Ok(Reply::True)
    }

    fn revoke_standing(&mut self, me: &Principal, patient: Principal, user: Principal) -> Answer {
        if !self.acts_for(&patient, me) {
            return Err(ContractError::NotPatient);
        }
        let now = self.now;
        match self.standing.get_mut(&(patient.clone(), user.clone())) {
            Some(grant) if grant.rights > 0 => {
                grant.rights = 0;
                grant.expiry = Some(now.into());
            }
            _ => return Err(ContractError::NoSuchGrant),
        }
        self.log_on_patient(&patient, me, &plain(Action::StandingRevoke, Some(&user), 0));
        Ok(Reply::True)
    }

    fn emergency(&mut self, me: &Principal, id: RecordId, reason: Vec<u8>) -> Answer {
        let record = self.record(id)?;
        let detail: [u8; 32] = reason.clone().try_into().map_err(|_| ContractError::NoReason)?;
        if detail == [0; 32] {
            return Err(ContractError::NoReason);
        }
        let grant = self.effective_grant(record, me)?;
        if grant.rights & EMERGENCY == 0 {
            return Err(ContractError::NoEmergencyRight);
        }
        let (until, opened_at, version) = (self.now + EMERGENCY_BLOCKS, self.now, record.latest());
        let opening = Opening { until, opened_at, reason };
        self.record_mut(id).openings.insert(me.clone(), opening);
        let said = Said {
            action: Action::Emergency,
            subject: None,
            version,
            expiry: Some(until.into()),
            detail,
        };
        Ok(Reply::Emergency { until, logged: self.log_on_record(id, me, &said) })
    }

    fn set_delegate(
        &mut self,
        me: &Principal,
        delegate: Principal,
        expiry: Option<u128>,
    ) -> Answer {
        if delegate == *me {
            return Err(ContractError::SelfDelegate);
        }
        self.future(expiry)?;
        self.delegates.insert((me.clone(), delegate.clone()), expiry);
        self.join_team(me, &delegate);
        let said = Said { expiry, ..plain(Action::DelegateSet, Some(&delegate), 0) };
        self.log_on_patient(me, me, &said);
        Ok(Reply::True)
    }

    fn remove_delegate(&mut self, me: &Principal, delegate: Principal) -> Answer {
        if !self.is_delegate(me, &delegate) {
            return Err(ContractError::NoSuchDelegate);
        }
        self.delegates.insert((me.clone(), delegate.clone()), Some(self.now.into()));
        self.log_on_patient(me, me, &plain(Action::DelegateRemove, Some(&delegate), 0));
        Ok(Reply::True)
    }

    fn transfer(&mut self, me: &Principal, id: RecordId, new_patient: Principal) -> Answer {
        let record = self.record(id)?;
        if record.patient != *me {
            return Err(ContractError::NotPatient);
        }
        let (withdraws, version) = (new_patient == *me, record.latest());
        if withdraws && record.offered_to.is_none() {
            return Err(ContractError::NoOffer);
        }
        self.record_mut(id).offered_to = if withdraws { None } else { Some(new_patient.clone()) };
        self.log_on_record(id, me, &plain(Action::TransferOffer, Some(&new_patient), version));
        Ok(Reply::True)
    }

    fn accept(&mut self, me: &Principal, id: RecordId) -> Answer {
        let record = self.record(id)?;
        let offered_to = record.offered_to.as_ref().ok_or(ContractError::NoOffer)?;
        if offered_to != me {
            return Err(ContractError::NotOffered);
        }
        let (former, version) = (record.patient.clone(), record.latest());
        let record = self.record_mut(id);
        record.offered_to = None;
        record.patient = me.clone();
        self.patients.entry(me.clone()).or_default().records.push(id);
        self.log_on_record(id, me, &plain(Action::TransferAccept, Some(&former), version));
        Ok(Reply::True)
    }

    fn publish_key(&mut self, me: &Principal, recipient: Vec<u8>) -> Answer {
        not_empty(&recipient, ContractError::EmptyKey)?;
        let generation = self.keys.get(me).map_or(0, |(_, generation)| *generation) + 1;
        self.keys.insert(me.clone(), (recipient.clone(), generation));
        let (owner, burn_height) = (me.clone(), self.now);
        self.events.push(Event::Key { owner, recipient, generation, burn_height });
        Ok(Reply::Generation(generation))
    }

    fn put_envelope(
        &mut self,
        me: &Principal,
        id: RecordId,
        version: u64,
        user: Principal,
        envelope: Vec<u8>,
    ) -> Answer {
        let record = self.record(id)?;
        let written = record.version(version).ok_or(ContractError::VersionNotFound)?;
        let stands = record.envelopes.contains_key(&(version, user.clone()));
        let author_for_patient = written.author == *me
            && user == record.patient
            && (!stands || self.effective_grant(record, me).is_ok());
        if !self.acts_for(&record.patient, me) && !author_for_patient {
            return Err(ContractError::NotPatient);
        }
        not_empty(&envelope, ContractError::EmptyEnvelope)?;
        if self.may_read(record, &user, version).is_err() {
            return Err(ContractError::UserCannotRead);
        }
        let detail = sha256(&envelope);
        self.record_mut(id).envelopes.insert((version, user.clone()), envelope);
        let said = Said { detail, ..plain(Action::Envelope, Some(&user), version) };
        self.log_on_record(id, me, &said);
        Ok(Reply::True)
    }

    fn anchor(&mut self, me: &Principal, head: Vec<u8>, count: u128) -> Answer {
        if let Some(previous) = self.vaults.get(me) {
            if count < previous.count {
                return Err(ContractError::CountFell);
            }
            if count == previous.count && head != previous.head {
                return Err(ContractError::HeadChanged);
            }
        }
        let anchor = Anchor { head, count, burn_height: self.now };
        self.events.push(Event::Vault(me.clone(), anchor.fields()));
        self.vaults.insert(me.clone(), anchor);
        Ok(Reply::True)
    }

    /// Users who ever had standing access or were delegates, once each, seen from both sides.
    fn join_team(&mut self, patient: &Principal, user: &Principal) {
        once(&mut self.patients.entry(patient.clone()).or_default().team, user);
        once(&mut self.users.entry(user.clone()).or_default().patients, patient);
    }
}

/// Ids that begin with `MR` are bound to their maker.
fn is_bound(id: RecordId) -> bool {
    id.number() >> 112 == 0x4d52
}

/// What the ids that are bound to somebody have before their last 48 bits.
fn bound_prefix(maker: &Principal) -> u128 {
    let hash = sha256(&who(maker.clone()).encode().unwrap());
    let first = hash[..8].iter().fold(0, |number, byte| number << 8 | u128::from(*byte));
    0x4d52 << 64 | first
}

fn not_empty(bytes: &[u8], refusal: ContractError) -> Result<(), ContractError> {
    if bytes.is_empty() { Err(refusal) } else { Ok(()) }
}

/// Rights are 1 to 15, and not history alone.
fn valid(rights: u128) -> Result<u8, ContractError> {
    match u8::try_from(rights) {
        Ok(rights @ 1..=15) if rights != HISTORY => Ok(rights),
        _ => Err(ContractError::InvalidRights),
    }
}

/// 31 zero bytes, then the rights.
fn rights_detail(rights: u8) -> [u8; 32] {
    let mut detail = [0; 32];
    detail[31] = rights;
    detail
}

fn once<T: PartialEq + Clone>(list: &mut Vec<T>, item: &T) {
    if !list.contains(item) {
        list.push(item.clone());
    }
}

/// An entry without expiry and detail.
fn plain(action: Action, subject: Option<&Principal>, version: u64) -> Said<'_> {
    Said { action, subject, version, expiry: None, detail: [0; 32] }
}
