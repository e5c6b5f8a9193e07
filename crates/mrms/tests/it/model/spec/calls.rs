//! What each public function does: the model's reading of the comment above it.
//!
//! The errors of a function are tried in the order in which its comment lists them.

use mrms_contract::ContractError;
use mrms_contract::trail::Head;
use mrms_core::{Action, Principal, RecordId};

use super::rules::{ADD, Door, EMERGENCY, HISTORY, SHARE, may_give};
use super::{
    Anchor, Event, Grant, InForce, Model, Opening, Record, Reply, Said, StandingGrant, Written,
    sha256,
};
use crate::model::call::{Call, OneGrant, who};

pub(super) type Answer = Result<Reply, ContractError>;

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
            Call::Create { record, content } => {
                let patient = self.own_line(me)?;
                self.create(me, patient, record, content, Action::Create)
            }
            Call::CreateFor { patient, record, content } => {
                let patient = self.first(&patient);
                self.must_have(&patient, me, ADD)?;
                self.create(me, patient, record, content, Action::CreateFor)
            }
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
            Call::AccessFor { record, version, organisation } => {
                self.open_for(me, record, version, organisation)
            }
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
            Call::SetDelegate { delegate, powers, expiry } => {
                self.set_delegate(me, delegate, powers, expiry)
            }
            Call::RemoveDelegate { delegate } => self.remove_delegate(me, delegate),
            Call::EndDelegation { delegate } => self.end_delegation(me, delegate),
            Call::NameContact { contact, powers, wait } => {
                self.name_contact(me, contact, powers, wait)
            }
            Call::Ask { patient } => self.ask(me, &patient),
            Call::Refuse { patient, contact } => self.refuse(me, &patient, contact),
            Call::AcceptDelegation { patient } => self.accept_delegation(me, &patient),
            Call::SetMember { member, expiry } => self.set_member(me, member, expiry),
            Call::RemoveMember { member } => self.remove_member(me, member),
            Call::OfferSuccession { successor } => self.offer_succession(me, successor),
            Call::AcceptSuccession { patient } => self.accept_succession(me, &patient),
            Call::Transfer { record, new_patient } => self.transfer(me, record, new_patient),
            Call::Accept { record } => self.accept(me, record),
            Call::PublishKey { recipient } => self.publish_key(me, recipient),
            Call::PutEnvelope { record, version, user, envelope } => {
                self.put_envelope(me, record, version, user, envelope)
            }
            Call::Anchor { head, count } => self.anchor(me, head, count),
        }
    }

    pub(super) fn record(&self, id: RecordId) -> Result<&Record, ContractError> {
        self.records.get(&id).ok_or(ContractError::RecordNotFound)
    }

    fn record_mut(&mut self, id: RecordId) -> &mut Record {
        self.records.get_mut(&id).unwrap()
    }

    pub(super) fn future(&self, expiry: Option<u128>) -> Result<(), ContractError> {
        if self.is_open(expiry) { Ok(()) } else { Err(ContractError::ExpiryInPast) }
    }

    fn create(
        &mut self,
        me: &Principal,
        patient: Principal,
        id: RecordId,
        content: Vec<u8>,
        action: Action,
    ) -> Answer {
        not_empty(&content, ContractError::EmptyContent)?;
        if is_bound(id) && id.number() >> 48 != bound_prefix(me) {
            return Err(ContractError::ForeignId);
        }
        if self.records.contains_key(&id) {
            return Err(ContractError::RecordExists);
        }
        let record = Record {
            patient: patient.clone(),
            versions: Vec::new(),
            grants: Default::default(),
            openings: Default::default(),
            offered: None,
            readers: Vec::new(),
            envelopes: Default::default(),
            log: Vec::new(),
            head: Head::EMPTY,
        };
        self.records.insert(id, record);
        self.patients.entry(patient).or_default().records.push(id);
        Ok(self.write(me, id, content, action))
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
        let patient = Some(record.patient.clone()).filter(|_| action == Action::CreateFor);
        let said = Said { action, subject: patient.as_ref(), version, expiry: None, detail: hash };
        Reply::Written { version, hash, logged: self.log_on_record(id, me, &said) }
    }

    fn open(&mut self, me: &Principal, id: RecordId, version: u64) -> Answer {
        let door = self.may_read(self.record(id)?, me, version)?;
        self.hand_out(me, id, version, door, None)
    }

    /// A member opens by what their organisation was granted.
    fn open_for(
        &mut self,
        me: &Principal,
        id: RecordId,
        version: u64,
        organisation: Principal,
    ) -> Answer {
        let record = self.record(id)?;
        if !self.is_member(&organisation, me) {
            return Err(ContractError::NotMember);
        }
        if organisation == record.patient {
            return Err(ContractError::NoAccess);
        }
        let door = self.may_read_by_grant(record, &organisation, version)?;
        self.hand_out(me, id, version, door, Some(&organisation))
    }

    fn hand_out(
        &mut self,
        me: &Principal,
        id: RecordId,
        version: u64,
        door: Door,
        organisation: Option<&Principal>,
    ) -> Answer {
        let record = self.record(id)?;
        let written = record.version(version).ok_or(ContractError::VersionNotFound)?.clone();
        let detail = written.hash();
        let action = match door {
            Door::Open => Action::Access,
            Door::EmergencyOnly => Action::EmergencyRead,
        };
        let said = Said { action, subject: organisation, version, expiry: None, detail };
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
        let record = self.record(id)?;
        let (powers, by) = self.authority(&record.patient, me)?;
        let rights = u8::try_from(rights).unwrap();
        if !may_give(powers, rights) {
            return Err(ContractError::NoPower);
        }
        if self.first(&user) == record.patient {
            return Err(ContractError::SelfGrant);
        }
        self.future(expiry)?;
        let live = record
            .grants
            .get(&user)
            .filter(|own| own.rights > 0 && self.is_open(own.expiry) && self.is_kept(&own.by));
        let entry = record.log.len() as u64;
        let from_version = match live {
            _ if rights & HISTORY != 0 => 1,
            Some(live) => live.from_version,
            None => record.latest(),
        };
        let granted_at = self.now;
        let record = self.record_mut(id);
        let grant = Grant { rights, expiry, granted_at, from_version, entry, by };
        record.grants.insert(user.clone(), grant);
        once(&mut record.readers, &user);
        once(&mut self.users.entry(user.clone()).or_default().records, &id);
        let detail = bits_detail(rights);
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
        let record = self.record(id)?;
        self.must_have(&record.patient, me, SHARE)?;
        let mark = Grant {
            rights: 0,
            expiry: None,
            granted_at: self.now,
            from_version: 0,
            entry: record.log.len() as u64,
            by: None,
        };
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
        let patient = self.first(&patient);
        let (powers, by) = self.authority(&patient, me)?;
        if self.first(&user) == patient {
            return Err(ContractError::SelfGrant);
        }
        let rights = valid(rights)?;
        if !may_give(powers, rights) {
            return Err(ContractError::NoPower);
        }
        self.future(expiry)?;
        let (granted_at, entry) = (self.now, self.patient(&patient).log.len() as u64);
        let grant = StandingGrant { rights, expiry, granted_at, entry, by };
        self.standing.insert((patient.clone(), user.clone()), grant);
        self.join_team(&patient, &user);
        let said = Said {
            action: Action::StandingGrant,
            subject: Some(&user),
            version: 0,
            expiry,
            detail: bits_detail(rights),
        };
        self.log_on_patient(&patient, me, &said);
        Ok(Reply::True)
    }

    fn revoke_standing(&mut self, me: &Principal, patient: Principal, user: Principal) -> Answer {
        let patient = self.first(&patient);
        self.must_have(&patient, me, SHARE)?;
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
        if *me == record.patient && self.is_over(me) {
            return Err(ContractError::Succeeded);
        }
        let InForce { grant, standing } = self.effective_grant(record, me)?;
        if grant.rights & EMERGENCY == 0 {
            return Err(ContractError::NoEmergencyRight);
        }
        let (until, opened_at, version) = (self.now + EMERGENCY_BLOCKS, self.now, record.latest());
        let opening = Opening { until, opened_at, reason, entry: grant.entry, standing };
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

    fn transfer(&mut self, me: &Principal, id: RecordId, new_patient: Principal) -> Answer {
        let record = self.record(id)?;
        if !self.is_patient(&record.patient, me) {
            return Err(ContractError::NotPatient);
        }
        let (withdraws, version) = (new_patient == *me, record.latest());
        if withdraws && record.offered.is_none() {
            return Err(ContractError::NoOffer);
        }
        let offer = (new_patient.clone(), me.clone());
        self.record_mut(id).offered = if withdraws { None } else { Some(offer) };
        self.log_on_record(id, me, &plain(Action::TransferOffer, Some(&new_patient), version));
        Ok(Reply::True)
    }

    fn accept(&mut self, me: &Principal, id: RecordId) -> Answer {
        let record = self.record(id)?;
        let (to, by) = record.offered.as_ref().ok_or(ContractError::NoOffer)?;
        if !self.is_patient(&record.patient, by) {
            return Err(ContractError::NoOffer);
        }
        if to != me {
            return Err(ContractError::NotOffered);
        }
        let patient = self.own_line(me)?;
        let (former, version) = (record.patient.clone(), record.latest());
        let record = self.record_mut(id);
        record.offered = None;
        record.patient = patient.clone();
        self.patients.entry(patient).or_default().records.push(id);
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
            && self.is_patient(&record.patient, &user)
            && self.first(me) != record.patient
            && (!stands || self.effective_grant(record, me).is_ok());
        if self.must_have(&record.patient, me, SHARE).is_err() && !author_for_patient {
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
    pub(super) fn join_team(&mut self, patient: &Principal, user: &Principal) {
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

/// 31 zero bytes, then the rights or powers.
pub(super) fn bits_detail(bits: u8) -> [u8; 32] {
    let mut detail = [0; 32];
    detail[31] = bits;
    detail
}

fn once<T: PartialEq + Clone>(list: &mut Vec<T>, item: &T) {
    if !list.contains(item) {
        list.push(item.clone());
    }
}

/// An entry without expiry and detail.
pub(super) fn plain(action: Action, subject: Option<&Principal>, version: u64) -> Said<'_> {
    Said { action, subject, version, expiry: None, detail: [0; 32] }
}
