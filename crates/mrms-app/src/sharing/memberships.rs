//! What a profile remembers of the memberships that it gave.

use mrms_contract::ids;
use mrms_core::Principal;

use crate::ledger::Ledger;
use crate::profile::granted::GrantedMemory;
use crate::profile::granted_all::ReadsAllBy;
use crate::session::Session;

/// What a profile remembers of something that it gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remembered {
    /// Nothing, or that it has ended.
    Nothing,
    /// That it was given.
    Given,
    /// That it is to end; no block is known to have the end.
    Ending,
}

impl Remembered {
    pub(crate) fn stands(self) -> bool {
        self != Self::Nothing
    }

    /// Whether an end is sent, where the ledger shows it as open or not, or does not show it.
    pub(crate) fn must_end(self, is_open: Option<bool>, ledger: &dyn Ledger) -> bool {
        match (self, is_open) {
            (_, Some(true)) | (Self::Given, _) | (Self::Ending, None) => true,
            (Self::Ending, Some(false)) => !ledger.shows_ends_truly(),
            (Self::Nothing, _) => false,
        }
    }
}

impl Session<'_> {
    /// What a memory tells of a membership in this organisation, and of the grant of its staff record.
    pub(crate) fn member_in(
        &self,
        memory: &GrantedMemory,
        organisation: &Principal,
        member: &Principal,
    ) -> (Remembered, Remembered) {
        let is_live = self.may_be_live();
        let record = ids::staff_record(organisation)
            .and_then(|id| memory.of(self.contract, id, member))
            .filter(|one| one.stands() && is_live(one.expiry))
            .map_or(Remembered::Nothing, |one| match one.rights() {
                Some(_) => Remembered::Given,
                None => Remembered::Ending,
            });
        let membership = match memory.all_by(self.contract, member, ReadsAllBy::Membership) {
            Some(one) if !one.stands() || !is_live(one.expiry) => Remembered::Nothing,
            Some(one) if one.is_ending() => Remembered::Ending,
            Some(_) => Remembered::Given,
            // Earlier programs remembered the staff record alone.
            None => record,
        };
        (membership, record)
    }
}
