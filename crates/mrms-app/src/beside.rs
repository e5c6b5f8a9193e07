//! What leads somebody to one's records beside access itself: a membership of one's staff, the offer to become one's successor,
//! and being a contact. Whoever stops somebody means these as well.

use mrms_contract::state::{Contact, Membership};
use mrms_contract::{ContractError, read};
use mrms_core::{Principal, grant};

use crate::contacts::ContactError;
use crate::sending::outcome::Outcome;
use crate::session::{Actor, AskError, Session};
use crate::sharing::not_shown::What;
use crate::sharing::of_all::WhatTheyGranted;
use crate::staff::administer::StaffError;
use crate::succession::HandOverError;

/// What somebody has, by the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// They open for one's organisation.
    pub membership: Option<Membership>,
    /// They may become one's successor.
    pub offer: bool,
    /// They may become one's delegate without being asked again.
    pub contact: Option<Contact>,
}

impl Beside {
    /// Whether there is nothing.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.membership.is_none() && !self.offer && self.contact.is_none()
    }

    /// What there is, in the order in which it is ended.
    pub fn what(&self) -> impl Iterator<Item = What> + use<> {
        let there = [
            (self.offer, What::Offer),
            (self.membership.is_some(), What::Membership),
            (self.contact.is_some(), What::Contact),
        ];
        there.into_iter().filter(|(is_there, _)| *is_there).map(|(_, what)| what)
    }
}

/// Why one of them did not end.
#[derive(Debug, thiserror::Error)]
pub enum EndBesideError {
    /// The membership.
    #[error(transparent)]
    Membership(#[from] StaffError),
    /// The offer.
    #[error(transparent)]
    Offer(#[from] HandOverError),
    /// The contact.
    #[error(transparent)]
    Contact(#[from] ContactError),
}

impl Session<'_> {
    /// What somebody has beside access, that could become access: nothing where everything was handed over.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn beside(&self, actor: &Actor, user: &Principal) -> Result<Beside, AskError> {
        let (me, now) = (actor.principal(), self.ledger.tip()?.burn_height);
        let membership = self.ask(&read::member(&me, user))?;
        let beside = Beside {
            membership: membership.filter(|membership| membership.is_live(now)),
            offer: self.offered_to(&me)?.as_ref() == Some(user),
            contact: self.ask(&read::contact(&me, user))?,
        };
        let is_nothing = !beside.is_empty() && self.is_handed_over(&me)?;
        Ok(if is_nothing { Beside::default() } else { beside })
    }

    /// What somebody has that is of no single record: by the ledger, and by what this person remembers. What the ledger does not
    /// answer is left to the memory, and what can't be read to the ledger.
    pub fn of_no_record(&self, actor: &Actor, user: &Principal) -> Vec<What> {
        let me = actor.principal();
        let mut what = Vec::new();
        let now = self.ledger.tip().map(|tip| tip.burn_height);
        if let (Ok(Some(all)), Ok(now)) = (self.ask(&read::standing_grant(&me, user)), &now)
            && all.rights.is_some()
            && grant::is_live(all.expiry, *now)
        {
            what.push(What::AllRecords);
        }
        let acts = self.live_delegates(&me).unwrap_or_default();
        what.extend(acts.iter().any(|one| one.user == *user).then_some(What::Delegation));
        what.extend(self.beside(actor, user).iter().flat_map(Beside::what));
        let given = self.given_unasked(actor, user).unwrap_or_default();
        for one in given.into_iter().filter(|one| one.record().is_none()) {
            // Whoever may come to act is not said to act.
            let comes_to_act = one == What::Delegation && what.contains(&What::Contact);
            if !what.contains(&one) && !comes_to_act {
                what.push(one);
            }
        }
        what
    }

    /// Ends each of them. What fails keeps nothing else from ending. What was ended, and how: who was a contact may be a delegate
    /// by now, and that ends in its place.
    pub fn end_beside(
        &self,
        actor: &Actor,
        user: &Principal,
        beside: &Beside,
    ) -> Vec<(What, Result<Outcome<()>, EndBesideError>)> {
        let mut ended = Vec::new();
        // The offer first: whoever takes it has everything for good.
        if beside.offer {
            let withdrawn = self.withdraw_succession(actor);
            ended.push((What::Offer, withdrawn.map(|done| done.map(drop)).map_err(Into::into)));
        }
        if beside.membership.is_some() {
            let removed = self.end_membership(actor, user);
            ended.push((What::Membership, removed.map(|done| done.map(drop)).map_err(Into::into)));
        }
        if beside.contact.is_some() {
            let refused = self.refuse_contact(actor, user);
            let is_gone = matches!(
                refused,
                Err(ContactError::NoContact { .. } | ContactError::ActsAlready { .. })
            );
            if refused.is_err() {
                // Whatever the node shows, and also where it proves nothing.
                match self.end_delegate(actor, user, WhatTheyGranted::Stays) {
                    Err(error) if error.refusal() == Some(ContractError::NoSuchDelegate) => {}
                    gone => {
                        let gone = gone.map(|done| done.map(drop));
                        let gone = gone.map_err(ContactError::from).map_err(Into::into);
                        ended.push((What::Delegation, gone));
                    }
                }
            }
            if !is_gone {
                let refused = refused.map(|done| done.map(drop));
                ended.push((What::Contact, refused.map_err(Into::into)));
            }
        }
        ended
    }
}
