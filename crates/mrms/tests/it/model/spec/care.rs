//! What the public functions do that are about who acts for whom: delegates, contacts, members and successors.

use mrms_contract::ContractError;
use mrms_core::{Action, Principal};

use super::calls::{Answer, bits_detail, plain};
use super::rules::SHARE;
use super::{Contact, Delegation, Model, Reply, Said};

/// The longest that a contact has to wait, in burn blocks.
const LONGEST_WAIT: u128 = 52_560;

impl Model {
    pub(super) fn set_delegate(
        &mut self,
        me: &Principal,
        delegate: Principal,
        powers: u128,
        expiry: Option<u128>,
    ) -> Answer {
        let patient = self.own_line(me)?;
        if self.first(&delegate) == patient {
            return Err(ContractError::SelfDelegate);
        }
        let powers = valid(powers)?;
        self.future(expiry)?;
        self.appoint(me, &patient, delegate, powers, expiry, Action::DelegateSet)
    }

    fn appoint(
        &mut self,
        me: &Principal,
        patient: &Principal,
        delegate: Principal,
        powers: u8,
        expiry: Option<u128>,
        action: Action,
    ) -> Answer {
        let renewed = self.is_delegate(patient, &delegate);
        let key = (patient.clone(), delegate.clone());
        let (term, ended) =
            self.delegates.get(&key).map_or((0, 0), |before| (before.term, before.ended));
        let term = term + u64::from(!renewed);
        self.delegates.insert(key, Delegation { powers, expiry, term, ended });
        self.join_team(patient, &delegate);
        let detail = bits_detail(powers);
        let said = Said { expiry, detail, ..plain(action, Some(&delegate), 0) };
        self.log_on_patient(patient, me, &said);
        Ok(Reply::True)
    }

    pub(super) fn remove_delegate(&mut self, me: &Principal, delegate: Principal) -> Answer {
        let patient = self.own_line(me)?;
        if !self.is_delegate(&patient, &delegate) {
            return Err(ContractError::NoSuchDelegate);
        }
        self.close_delegation(&patient, &delegate, Close::Keep);
        self.log_on_patient(&patient, me, &plain(Action::DelegateRemove, Some(&delegate), 0));
        Ok(Reply::True)
    }

    pub(super) fn end_delegation(&mut self, me: &Principal, delegate: Principal) -> Answer {
        let patient = self.own_line(me)?;
        match self.delegates.get(&(patient.clone(), delegate.clone())) {
            Some(found) if found.ended < found.term => {}
            _ => return Err(ContractError::NoSuchDelegate),
        }
        self.close_delegation(&patient, &delegate, Close::End);
        self.log_on_patient(&patient, me, &plain(Action::DelegateEnd, Some(&delegate), 0));
        Ok(Reply::True)
    }

    fn close_delegation(&mut self, patient: &Principal, delegate: &Principal, granted: Close) {
        let now = self.now;
        if let Some(found) = self.delegates.get_mut(&(patient.clone(), delegate.clone())) {
            found.expiry = Some(now.into());
            if granted == Close::End {
                found.ended = found.term;
            }
        }
    }

    pub(super) fn name_contact(
        &mut self,
        me: &Principal,
        contact: Principal,
        powers: u128,
        wait: u128,
    ) -> Answer {
        let patient = self.own_line(me)?;
        if self.first(&contact) == patient {
            return Err(ContractError::SelfDelegate);
        }
        let powers = valid(powers)?;
        let wait = match u64::try_from(wait) {
            Ok(blocks @ 1..) if wait <= LONGEST_WAIT => blocks,
            _ => return Err(ContractError::InvalidWait),
        };
        let key = (patient.clone(), contact.clone());
        self.contacts.insert(key, Contact { powers, wait, ready_at: None });
        let (expiry, detail) = (Some((self.now + wait).into()), bits_detail(powers));
        let said = Said { expiry, detail, ..plain(Action::ContactName, Some(&contact), 0) };
        self.log_on_patient(&patient, me, &said);
        Ok(Reply::True)
    }

    pub(super) fn ask(&mut self, me: &Principal, patient: &Principal) -> Answer {
        let (patient, now) = (self.first(patient), self.now);
        let named = self.contacts.get_mut(&(patient.clone(), me.clone()));
        let named = named.ok_or(ContractError::NoSuchContact)?;
        if named.ready_at.is_some() {
            return Err(ContractError::AskedAlready);
        }
        let ready_at = now + named.wait;
        named.ready_at = Some(ready_at);
        let (expiry, detail) = (Some(ready_at.into()), bits_detail(named.powers));
        let said = Said { expiry, detail, ..plain(Action::ContactAsk, Some(me), 0) };
        self.log_on_patient(&patient, me, &said);
        Ok(Reply::ReadyAt(ready_at))
    }

    pub(super) fn refuse(
        &mut self,
        me: &Principal,
        patient: &Principal,
        contact: Principal,
    ) -> Answer {
        let patient = self.first(patient);
        self.must_have(&patient, me, SHARE)?;
        self.contacts
            .remove(&(patient.clone(), contact.clone()))
            .ok_or(ContractError::NoSuchContact)?;
        self.log_on_patient(&patient, me, &plain(Action::ContactRefuse, Some(&contact), 0));
        Ok(Reply::True)
    }

    pub(super) fn accept_delegation(&mut self, me: &Principal, patient: &Principal) -> Answer {
        let patient = self.first(patient);
        let key = (patient.clone(), me.clone());
        let named = self.contacts.get(&key).ok_or(ContractError::NoSuchContact)?;
        if named.ready_at.is_none_or(|ready_at| self.now < ready_at) {
            return Err(ContractError::TooEarly);
        }
        let powers = named.powers;
        self.contacts.remove(&key);
        self.appoint(me, &patient, me.clone(), powers, None, Action::ContactAccept)
    }

    pub(super) fn set_member(
        &mut self,
        me: &Principal,
        member: Principal,
        expiry: Option<u128>,
    ) -> Answer {
        let log = self.own_line(me)?;
        if member == *me {
            return Err(ContractError::SelfMember);
        }
        self.future(expiry)?;
        self.members.insert((me.clone(), member.clone()), expiry);
        let said = Said { expiry, ..plain(Action::MemberSet, Some(&member), 0) };
        self.log_on_patient(&log, me, &said);
        Ok(Reply::True)
    }

    pub(super) fn remove_member(&mut self, me: &Principal, member: Principal) -> Answer {
        let log = self.own_line(me)?;
        if !self.is_member(me, &member) {
            return Err(ContractError::NoSuchMember);
        }
        self.members.insert((me.clone(), member.clone()), Some(self.now.into()));
        self.log_on_patient(&log, me, &plain(Action::MemberRemove, Some(&member), 0));
        Ok(Reply::True)
    }

    pub(super) fn offer_succession(&mut self, me: &Principal, successor: Principal) -> Answer {
        let patient = self.own_line(me)?;
        if successor == *me {
            self.successions.remove(&patient).ok_or(ContractError::NoOffer)?;
        } else {
            self.successions.insert(patient.clone(), successor.clone());
        }
        self.log_on_patient(&patient, me, &plain(Action::SuccessionOffer, Some(&successor), 0));
        Ok(Reply::True)
    }

    pub(super) fn accept_succession(&mut self, me: &Principal, patient: &Principal) -> Answer {
        let patient = self.first(patient);
        let successor = self.successions.get(&patient).ok_or(ContractError::NoOffer)?;
        if successor != me {
            return Err(ContractError::NotOffered);
        }
        if self.patients.contains_key(me) || self.first(me) != *me {
            return Err(ContractError::NotNew);
        }
        let (former, now) = (self.latest(&patient), self.now);
        self.successions.remove(&patient);
        // What the successor was given before has no effect any more.
        let key = (patient.clone(), me.clone());
        if let Some(grant) = self.standing.get_mut(&key) {
            grant.rights = 0;
            grant.expiry = Some(now.into());
        }
        self.close_delegation(&patient, me, Close::Keep);
        self.contacts.remove(&key);
        self.lines.entry(patient.clone()).or_default().push(me.clone());
        self.log_on_patient(&patient, me, &plain(Action::SuccessionAccept, Some(&former), 0));
        Ok(Reply::True)
    }
}

/// What becomes of what a delegate granted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Close {
    Keep,
    End,
}

/// Powers are 1 to 7.
fn valid(powers: u128) -> Result<u8, ContractError> {
    match u8::try_from(powers) {
        Ok(powers @ 1..=7) => Ok(powers),
        _ => Err(ContractError::InvalidPowers),
    }
}
