//! Offers of everything that a patient's log shows, and which of them this profile's program made.
//!
//! Whoever has a patient's words can offer everything in their name; that an offer was taken back takes the words from nobody.
//! So an offer that this program did not make stays told until everything was handed over, or until the person says that it was
//! them. What this program offered, and what the person said, is in `offers.json`: all of it is on the ledger anyway. A profile
//! without that file (of an earlier program, or made again from the words) can't tell the offers of before that were taken back
//! from its own, and counts them as known; one that stands then does not count so.

use std::collections::BTreeSet;

use mrms_core::{Action, AuditEntry, BurnHeight, Principal};
use serde::{Deserialize, Serialize};

use crate::profile::granted_all::ReadsAllBy;
use crate::profile::{ProfileError, ProfileFolder};
use crate::session::{Actor, AskError, Sending, Session};

/// The file's name.
const NAME: &str = "offers.json";

/// An entry of the log that offers everything, or takes an offer back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferEntry {
    /// Index of the entry.
    pub entry: u64,
    /// Who made it: the patient at that time.
    pub by: Principal,
    /// To whom; the patient themselves takes back what was offered.
    pub to: Principal,
    /// When.
    pub at: BurnHeight,
}

impl OfferEntry {
    /// The same of an entry of the log; `None` of any other.
    pub(crate) fn of(entry: AuditEntry) -> Option<Self> {
        if entry.action != Action::SuccessionOffer {
            return None;
        }
        let AuditEntry { index, actor, subject, burn_height, .. } = entry;
        Some(Self { entry: index, by: actor, to: subject?, at: burn_height })
    }

    fn takes_back(&self) -> bool {
        self.by == self.to
    }
}

/// An offer, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastOffer {
    /// Index of its entry.
    pub entry: u64,
    /// To whom.
    pub to: Principal,
    /// When it was made.
    pub at: BurnHeight,
    /// What ended it; `None` where it stands, or was accepted.
    pub end: Option<OfferEnd>,
}

/// What ended an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OfferEnd {
    /// The patient's account took it back then.
    TakenBack(BurnHeight),
    /// It was followed by one to somebody else then.
    Replaced(BurnHeight),
}

/// The offers of this patient in a log, the oldest first.
pub(crate) fn offers_of(me: &Principal, log: &[OfferEntry]) -> Vec<PastOffer> {
    let of_me: Vec<_> = log.iter().filter(|one| one.by == *me).collect();
    let next = of_me.iter().skip(1).map(Some).chain([None]);
    let offers = of_me.iter().zip(next).filter(|(one, _)| !one.takes_back());
    let past = offers.map(|(one, next)| PastOffer {
        entry: one.entry,
        to: one.to.clone(),
        at: one.at,
        end: next.map(|next| match next.takes_back() {
            true => OfferEnd::TakenBack(next.at),
            false => OfferEnd::Replaced(next.at),
        }),
    });
    past.collect()
}

/// The file: what this program knows of offers on one ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct KnownOffers {
    contract: String,
    genesis: Option<String>,
    /// To whom this program offered everything.
    made: BTreeSet<Principal>,
    /// Entries that need not be told: the person said that it was them, or they are older than this file.
    settled: BTreeSet<u64>,
    /// Whether the person said that who is the patient now is they.
    is_own_successor: bool,
}

impl KnownOffers {
    /// Whether this program made this offer, or the person said that they did.
    fn has(&self, offer: &PastOffer) -> bool {
        self.made.contains(&offer.to) || self.settled.contains(&offer.entry)
    }
}

impl ProfileFolder {
    /// To whom a program of this profile offered everything: the person's own new accounts.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn offered_everything_to(&self) -> Result<BTreeSet<Principal>, ProfileError> {
        Ok(self.load::<KnownOffers>(NAME)?.made)
    }
}

impl Session<'_> {
    /// What is known of offers on this ledger; `None` where nothing was noted, or it can't be read.
    fn known_offers(&self) -> Option<KnownOffers> {
        let (contract, genesis) = (self.contract.to_string(), self.ledger.genesis());
        let known: KnownOffers = self.profile.load(NAME).ok()?;
        ((&known.contract, &known.genesis) == (&contract, &genesis)).then_some(known)
    }

    fn change_known_offers(&self, change: impl FnOnce(&mut KnownOffers)) {
        if self.sending != Sending::Send {
            return;
        }
        let (contract, genesis) = (self.contract.to_string(), self.ledger.genesis());
        let mut known = self.known_offers().unwrap_or_default();
        (known.contract, known.genesis) = (contract, genesis);
        change(&mut known);
        // What can't be noted is told once more than it need be.
        let _ = self.profile.save(NAME, &known);
    }

    /// Offers by this patient's account that were not made here and have ended, of all that its log has. Where nothing was noted
    /// before, those of before count as known from now on.
    pub(crate) fn foreign_offers(
        &self,
        offers: Vec<PastOffer>,
        stands: Option<&Principal>,
    ) -> Vec<PastOffer> {
        let is_over = |one: &PastOffer| one.end.is_some() || stands.is_none();
        let Some(known) = self.known_offers() else {
            let settled = offers.iter().filter(|one| is_over(one)).map(|one| one.entry).collect();
            self.change_known_offers(|known| known.settled = settled);
            return Vec::new();
        };
        offers.into_iter().filter(|one| is_over(one) && !known.has(one)).collect()
    }

    /// Whether who is the patient now in this account's place is so by an offer of this program's, or the person said so.
    pub(crate) fn is_own_successor(&self, successor: &Principal) -> bool {
        self.known_offers()
            .is_some_and(|known| known.is_own_successor || known.made.contains(successor))
    }

    /// Notes that this program is about to offer everything.
    pub(crate) fn note_offer_made(&self, me: &Principal, to: &Principal) -> Result<(), AskError> {
        self.past_offers(me)?;
        self.change_known_offers(|known| {
            known.made.insert(to.clone());
        });
        Ok(())
    }

    /// Notes the offers that the profile remembers from before this was noted.
    pub fn note_remembered_offers(&self, actor: &Actor) {
        let Ok(root) = actor.keyring.record_root() else { return };
        let memory = self.profile.granted(&root).unwrap_or_default();
        let offers = memory.all_of(self.contract).filter(|one| one.by == ReadsAllBy::Offer);
        let to: BTreeSet<_> = offers.map(|one| one.reader.clone()).collect();
        let known = self.known_offers().unwrap_or_default().made;
        if !to.is_subset(&known) {
            let _ = self.past_offers(&actor.principal());
            self.change_known_offers(|known| known.made.extend(to));
        }
    }

    /// The offers of everything that this account ever made, by whatever program, the oldest first.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn past_offers(&self, me: &Principal) -> Result<Vec<PastOffer>, AskError> {
        let counts = self.ask(&mrms_contract::read::patient_counts(me))?;
        let offers = self.offers_in_log(me, counts.audit_count)?;
        let stands = match offers.last() {
            Some(last) if last.end.is_none() => self.offered_to(me)?,
            _ => None,
        };
        // What is there before anything is noted.
        self.foreign_offers(offers.clone(), stands.as_ref());
        Ok(offers)
    }

    /// Whether this program made an offer, or the person said that they did.
    #[must_use]
    pub fn is_own_offer(&self, offer: &PastOffer) -> bool {
        self.known_offers().is_some_and(|known| known.has(offer))
    }

    /// The person says that it was they who offered, and who took over: nothing of it is told any more.
    ///
    /// # Errors
    ///
    /// [`AskError`].
    pub fn offers_were_mine(&self, me: &Principal) -> Result<(), AskError> {
        let offers = self.past_offers(me)?;
        let is_handed_over = self.is_handed_over(me)?;
        self.change_known_offers(|known| {
            known.settled.extend(offers.iter().map(|one| one.entry));
            known.is_own_successor |= is_handed_over;
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offer_was_taken_back_by_the_next_entry_of_the_patient_or_followed_by_another() {
        let [me, first, second]: [Principal; 3] = [
            "ST000000000000000000002AMW42H".parse().unwrap(),
            "ST1J1XKQ76RV2250SQVS6P8NWHCC26CS8F4Q49G6Z".parse().unwrap(),
            "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM".parse().unwrap(),
        ];
        let entry = |entry: u64, by: &Principal, to: &Principal| OfferEntry {
            entry,
            by: by.clone(),
            to: to.clone(),
            at: BurnHeight::new(100 + entry),
        };
        let log = [
            entry(0, &second, &me),
            entry(2, &me, &first),
            entry(5, &me, &second),
            entry(6, &me, &me),
            entry(9, &me, &first),
        ];
        let found = offers_of(&me, &log);
        let told: Vec<_> = found.iter().map(|one| (one.entry, &one.to, one.end.clone())).collect();
        assert_eq!(
            told,
            [
                (2, &first, Some(OfferEnd::Replaced(BurnHeight::new(105)))),
                (5, &second, Some(OfferEnd::TakenBack(BurnHeight::new(106)))),
                (9, &first, None),
            ]
        );
    }
}
