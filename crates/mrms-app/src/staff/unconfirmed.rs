//! What a profile did with its staff, and no block is known to have.
//!
//! Reads the profile's memory beside what the ledger shows; asks the ledger nothing.

use std::collections::BTreeMap;

use mrms_core::{Principal, grant};

use crate::profile::granted_all::{GrantedAll, ReadsAllBy};
use crate::session::{Actor, AskError, Session};
use crate::staff::administer::StaffError;
use crate::staff::members::Staff;

/// What is not confirmed of a membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unconfirmed {
    /// The organisation named them, and the ledger shows nothing of it.
    Naming,
    /// The organisation ended it, and the ledger does not show the end.
    Ending,
}

impl Session<'_> {
    /// What this profile did with memberships and the ledger does not show. `staff` is what it shows.
    ///
    /// # Errors
    ///
    /// [`StaffError`].
    pub fn unconfirmed_staff(
        &self,
        actor: &Actor,
        staff: &Staff,
    ) -> Result<BTreeMap<Principal, Unconfirmed>, StaffError> {
        let now = self.ledger.tip().map_err(AskError::from)?.burn_height;
        let memory = self.profile.granted(&actor.keyring.record_root()?)?;
        let memberships =
            memory.all_of(self.contract).filter(|one| one.by == ReadsAllBy::Membership);
        let found = memberships.filter_map(|one| {
            let shown = staff.members.iter().find(|member| member.principal == one.reader);
            let shown = shown.map(|member| member.membership.is_live(now));
            let would_hold = grant::is_live(one.expiry, now);
            Some((one.reader.clone(), unconfirmed(one, shown, would_hold)?))
        });
        Ok(found.collect())
    }
}

/// `shown` says whether the ledger shows the membership as live, `None` where it shows none; `would_hold` whether what is
/// remembered holds at this time.
fn unconfirmed(one: &GrantedAll, shown: Option<bool>, would_hold: bool) -> Option<Unconfirmed> {
    match (one.is_ending(), shown) {
        (true, Some(true) | None) => Some(Unconfirmed::Ending),
        // Another program of this person may have ended what the ledger shows as ended.
        (false, None) if one.allows().is_some() && would_hold => Some(Unconfirmed::Naming),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use mrms_core::ContractId;

    use super::*;
    use crate::profile::granted::GrantedMemory;
    use crate::profile::granted_all::{AllTerms, Allows};

    #[test]
    fn what_the_ledger_does_not_show_yet_is_told_and_what_it_shows_is_not() {
        let member: Principal = "ST000000000000000000002AMW42H".parse().unwrap();
        let contract: ContractId = format!("{member}.records").parse().unwrap();
        let by = ReadsAllBy::Membership;
        let mut memory = GrantedMemory::default();
        let told = |memory: &GrantedMemory, shown, would_hold| {
            unconfirmed(memory.all_by(&contract, &member, by).unwrap(), shown, would_hold)
        };
        let terms = AllTerms {
            allows: Allows::AsMember,
            expiry: None,
            recipient: String::new(),
            goes_on: false,
        };
        memory.set_all(&contract, &member, terms);
        assert_eq!(told(&memory, Some(true), true), None);
        assert_eq!(told(&memory, Some(false), true), None, "ended by another program");
        assert_eq!(told(&memory, None, true), Some(Unconfirmed::Naming));
        assert_eq!(told(&memory, None, false), None, "its time is over");
        memory.want_end_of_all(&contract, &member, by);
        assert_eq!(told(&memory, Some(true), true), Some(Unconfirmed::Ending));
        assert_eq!(told(&memory, None, false), Some(Unconfirmed::Ending));
        assert_eq!(told(&memory, Some(false), true), None, "a block has the end");
        memory.end_of_all(&contract, &member, by);
        assert_eq!(told(&memory, Some(true), true), None);
    }
}
