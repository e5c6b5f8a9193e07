//! Who reads all of this person's records, later ones too: those with standing access, and delegates who may see. A contact
//! does once they are a delegate.
//!
//! Part of the same memory as the grants on single records ([`granted`](super::granted)): one tag and one number are over
//! both. Nobody gets keys of everything because a ledger says so.

use mrms_core::{BurnHeight, ContractId, Powers, Principal, Rights, grant};
use serde::{Deserialize, Serialize};

use super::granted::GrantedMemory;

/// By what somebody reads everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReadsAllBy {
    /// Access to all records.
    Standing,
    /// A delegation with the power to see.
    Delegation,
    /// Being a contact, for as long as that made them a delegate who may see.
    Contact,
    /// None of one's own: being a member of the organisation. Kept here so that it can be ended whatever a ledger shows.
    Membership,
    /// None yet: everything was offered to them. Kept for the same reason.
    Offer,
}

impl ReadsAllBy {
    /// All that ends with it: who became a delegate as a contact gets no more keys either.
    pub(crate) const fn ended_with(self) -> &'static [Self] {
        match self {
            Self::Standing => &[Self::Standing],
            Self::Delegation => &[Self::Delegation, Self::Contact],
            Self::Contact => &[Self::Contact],
            Self::Membership => &[Self::Membership],
            Self::Offer => &[Self::Offer],
        }
    }

    /// Whether it is about who reads one's own records.
    #[must_use]
    pub const fn is_of_records(self) -> bool {
        matches!(self, Self::Standing | Self::Delegation | Self::Contact)
    }
}

/// What this person last decided about somebody who reads everything by one of the two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrantedAll {
    /// The contract that has the records.
    contract: String,
    /// The reader.
    pub reader: Principal,
    /// By what.
    pub by: ReadsAllBy,
    /// The bits of the rights, or of the powers; none after this person ended it.
    bits: Option<u8>,
    /// First height at which it is closed; `None` holds until ended.
    pub expiry: Option<BurnHeight>,
    /// The text of the recipient to which keys are wrapped.
    pub recipient: String,
    /// How often it was begun anew: shares that were left before are of no more use then.
    pub run: u64,
    /// Whether this person wants it ended, and no block is known to have the end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_ending: bool,
}

/// The terms under which somebody reads everything, as they are remembered.
#[derive(Clone, Debug)]
pub(crate) struct AllTerms {
    pub(crate) allows: Allows,
    pub(crate) expiry: Option<BurnHeight>,
    pub(crate) recipient: String,
    /// Whether it was in force before: then what was left stays of use.
    pub(crate) goes_on: bool,
}

/// What somebody who reads everything may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allows {
    /// By standing access.
    Rights(Rights),
    /// As a delegate.
    Powers(Powers),
    /// As a delegate, after they were a contact.
    AsContact(Powers),
    /// What the organisation was granted, as a member.
    AsMember,
    /// To take over everything.
    Succession,
}

impl Allows {
    const fn by(self) -> ReadsAllBy {
        match self {
            Self::Rights(_) => ReadsAllBy::Standing,
            Self::Powers(_) => ReadsAllBy::Delegation,
            Self::AsContact(_) => ReadsAllBy::Contact,
            Self::AsMember => ReadsAllBy::Membership,
            Self::Succession => ReadsAllBy::Offer,
        }
    }

    const fn bits(self) -> u8 {
        match self {
            Self::Rights(rights) => rights.bits(),
            Self::Powers(powers) | Self::AsContact(powers) => powers.bits(),
            Self::AsMember | Self::Succession => 1,
        }
    }
}

impl GrantedAll {
    /// What they may do; `None` when this person ended it.
    #[must_use]
    pub fn allows(&self) -> Option<Allows> {
        match self.by {
            ReadsAllBy::Standing => Rights::from_bits(self.bits?).map(Allows::Rights),
            ReadsAllBy::Delegation => Powers::from_bits(self.bits?).map(Allows::Powers),
            ReadsAllBy::Contact => Powers::from_bits(self.bits?).map(Allows::AsContact),
            ReadsAllBy::Membership => self.bits.map(|_| Allows::AsMember),
            ReadsAllBy::Offer => self.bits.map(|_| Allows::Succession),
        }
    }

    /// The contract that has the records.
    pub(crate) fn contract(&self) -> &str {
        &self.contract
    }

    /// Whether this person gave it, and no block is known to have an end of it.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.allows().is_some() || self.is_ending
    }

    /// Whether this person wants it ended, and no block is known to have the end.
    #[must_use]
    pub const fn is_ending(&self) -> bool {
        self.is_ending
    }

    /// Whether they have a use of keys at `now`, as far as this person decided.
    #[must_use]
    pub fn reads_at(&self, now: BurnHeight) -> bool {
        let reads = match self.allows() {
            Some(Allows::Rights(rights)) => rights.may_read() || rights.may_declare_emergency(),
            Some(Allows::Powers(powers) | Allows::AsContact(powers)) => powers.include(Powers::SEE),
            Some(Allows::AsMember | Allows::Succession) | None => false,
        };
        reads && grant::is_live(self.expiry, now)
    }
}

impl GrantedMemory {
    /// Everybody about whom something is remembered for all records, of any contract.
    pub(crate) fn of_all(&self) -> &[GrantedAll] {
        &self.all
    }

    /// Everybody about whom something is remembered for all records of a contract.
    pub fn all_of(&self, contract: &ContractId) -> impl Iterator<Item = &GrantedAll> {
        let contract = contract.to_string();
        self.all.iter().filter(move |one| one.contract == contract)
    }

    /// What is remembered of one of them.
    #[must_use]
    pub fn all_by(
        &self,
        contract: &ContractId,
        reader: &Principal,
        by: ReadsAllBy,
    ) -> Option<&GrantedAll> {
        self.all_of(contract).find(|one| one.reader == *reader && one.by == by)
    }

    /// Remembers that somebody reads everything, in place of what was remembered.
    pub(crate) fn set_all(&mut self, contract: &ContractId, reader: &Principal, terms: AllTerms) {
        let AllTerms { allows, expiry, recipient, goes_on } = terms;
        let by = allows.by();
        let before = self.all_by(contract, reader, by);
        let run = before.map_or(0, |before| before.run);
        let is_same = before.is_some_and(|before| goes_on && before.allows().is_some());
        let run = if is_same { run } else { run.saturating_add(1) };
        let contract = contract.to_string();
        let one = GrantedAll {
            contract,
            reader: reader.clone(),
            by,
            bits: Some(allows.bits()),
            expiry,
            recipient,
            run,
            is_ending: false,
        };
        self.put_all(one);
    }

    fn put_all(&mut self, new: GrantedAll) {
        let is_it = |one: &GrantedAll| {
            one.contract == new.contract && one.reader == new.reader && one.by == new.by
        };
        match self.all.iter_mut().find(|one| is_it(one)) {
            Some(known) => *known = new,
            None => self.all.push(new),
        }
    }

    /// Remembers what another profile of the same patient remembered, where nothing is remembered of that reader by the same.
    pub(crate) fn take_over_all(&mut self, one: GrantedAll) {
        let is_it = |known: &GrantedAll| {
            known.contract == one.contract && known.reader == one.reader && known.by == one.by
        };
        if !self.all.iter().any(is_it) {
            self.all.push(one);
        }
    }

    /// Puts back what was remembered before.
    pub(crate) fn put_back_all(
        &mut self,
        contract: &ContractId,
        reader: &Principal,
        by: ReadsAllBy,
        before: Option<GrantedAll>,
    ) {
        match before {
            Some(before) => self.put_all(before),
            None => {
                let contract = contract.to_string();
                self.all.retain(|one| {
                    one.contract != contract || one.reader != *reader || one.by != by
                });
            }
        }
    }

    /// Remembers that this person wants it ended: no key goes to them any more, and the end is still to be sent.
    pub(crate) fn want_end_of_all(
        &mut self,
        contract: &ContractId,
        reader: &Principal,
        by: ReadsAllBy,
    ) {
        self.end_of_all_as(contract, reader, by, true);
    }

    /// Remembers that it has ended.
    pub(crate) fn end_of_all(&mut self, contract: &ContractId, reader: &Principal, by: ReadsAllBy) {
        self.end_of_all_as(contract, reader, by, false);
    }

    fn end_of_all_as(
        &mut self,
        contract: &ContractId,
        reader: &Principal,
        by: ReadsAllBy,
        is_ending: bool,
    ) {
        let contract = contract.to_string();
        let theirs = |one: &&mut GrantedAll| {
            one.contract == contract && one.reader == *reader && one.by == by
        };
        for known in self.all.iter_mut().filter(theirs) {
            (known.bits, known.is_ending) = (None, is_ending);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contract() -> ContractId {
        "ST000000000000000000002AMW42H.medical-records-management".parse().unwrap()
    }

    fn reader() -> Principal {
        "ST000000000000000000002AMW42H".parse().unwrap()
    }

    fn terms(allows: Allows, goes_on: bool) -> AllTerms {
        AllTerms { allows, expiry: None, recipient: "age1pq1".to_owned(), goes_on }
    }

    fn known(memory: &GrantedMemory, by: ReadsAllBy) -> &GrantedAll {
        memory.all_by(&contract(), &reader(), by).unwrap()
    }

    #[test]
    fn what_began_anew_is_told_from_what_was_renewed() {
        let mut memory = GrantedMemory::default();
        let see = Allows::Powers(Powers::SEE);
        let by = ReadsAllBy::Delegation;
        memory.set_all(&contract(), &reader(), terms(see, false));
        memory.set_all(&contract(), &reader(), terms(Allows::Powers(Powers::ALL), true));
        assert_eq!((known(&memory, by).run, known(&memory, by).recipient.as_str()), (1, "age1pq1"));
        memory.end_of_all(&contract(), &reader(), by);
        assert_eq!(known(&memory, by).allows(), None);
        // Whatever the ledger says of before: this person had ended it.
        memory.set_all(&contract(), &reader(), terms(see, true));
        assert_eq!(known(&memory, by).run, 2);
        memory.set_all(&contract(), &reader(), terms(see, false));
        assert_eq!(known(&memory, by).run, 3);
    }

    #[test]
    fn who_may_not_see_has_no_use_of_keys_and_neither_has_who_was_ended() {
        let mut memory = GrantedMemory::default();
        let now = BurnHeight::new(10);
        for (allows, by, expected) in [
            (Allows::Powers(Powers::SEE), ReadsAllBy::Delegation, true),
            (Allows::Powers(Powers::ADD), ReadsAllBy::Delegation, false),
            (Allows::Rights(Rights::EMERGENCY), ReadsAllBy::Standing, true),
        ] {
            memory.set_all(&contract(), &reader(), terms(allows, false));
            assert_eq!(known(&memory, by).reads_at(now), expected, "{allows:?}");
        }
        memory.end_of_all(&contract(), &reader(), ReadsAllBy::Standing);
        assert!(!known(&memory, ReadsAllBy::Standing).reads_at(now));
        let expiry = Some(now);
        let over = AllTerms { expiry, ..terms(Allows::Powers(Powers::SEE), false) };
        memory.set_all(&contract(), &reader(), over);
        assert!(!known(&memory, ReadsAllBy::Delegation).reads_at(now));
    }
}
