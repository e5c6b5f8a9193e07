//! The successor's part: looks at what was handed over, keeps the keys, and becomes the patient.
//!
//! The keys and the memory are kept before the contract is asked. So whatever is interrupted, the successor either is not the
//! patient yet and accepts again, or is, and has the keys.

use mrms_contract::{ContractError, call, read};
use mrms_core::{Principal, RecordId};
use mrms_crypto::InheritedKeys;
use mrms_people::{HandOver, People, SignedDocument};
use rand_core::CryptoRng;

use crate::people::known::Place;
use crate::profile::granted_all::ReadsAllBy;
use crate::profile::received::PersonName;
use crate::sending::SENT_TOGETHER;
use crate::sending::outcome::{Outcome, check, first};
use crate::session::{Actor, Sending, Session};
use crate::succession::holders::{Held, Holder};
use crate::succession::memory::Memory;
use crate::succession::{HandOverError, HandedOver, kept};

/// Something that was handed over, looked at and not kept yet.
#[derive(Debug)]
pub struct Taking {
    /// The document. Its signature holds, and it is for this account.
    pub document: SignedDocument<HandOver>,
    /// Who handed over.
    pub from: Principal,
    /// Whether this account is the patient in their place already.
    pub is_accepted: bool,
    keys: InheritedKeys,
    memory: Memory,
}

impl Taking {
    /// What the former patient called themselves.
    #[must_use]
    pub const fn called(&self) -> Option<&PersonName> {
        self.memory.called.as_ref()
    }

    /// Whom the former patient knows.
    #[must_use]
    pub const fn people(&self) -> &People {
        &self.memory.people
    }
}

/// What became of ending something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Whose it was.
    pub who: Principal,
    /// The record, where it was about one.
    pub record: Option<RecordId>,
    /// Why it did not end; `None` where it did, or had already.
    pub refused: Option<ContractError>,
}

/// What accepting is called in the outbox.
#[must_use]
pub fn accepting(from: &Principal) -> String {
    format!("take over from {from}")
}

impl Session<'_> {
    /// Looks at what somebody handed over.
    ///
    /// # Errors
    ///
    /// [`HandOverError`].
    pub fn look_at_hand_over(&self, actor: &Actor, bytes: &[u8]) -> Result<Taking, HandOverError> {
        let document = SignedDocument::<HandOver>::from_bytes(bytes)?;
        self.must_be_here(document.document())?;
        let (from, to) = {
            let said = document.document();
            (Principal::from(said.patient), Principal::from(said.successor))
        };
        let me = actor.principal();
        if to != me {
            return Err(HandOverError::ForAnother { successor: to });
        }
        let opened = kept::opened(actor, &document.document().sealed);
        let (keys, memory) = opened.ok_or(HandOverError::NotSealedToYou)?;
        let is_accepted = match self.handed_over(&from)? {
            // A later one of the line has what was handed to them, and this account as well.
            Some(_) if self.is_of_line(&me, &from)? => true,
            Some(HandedOver { to, since }) => return Err(HandOverError::AnotherWon { to, since }),
            None => false,
        };
        if !is_accepted {
            match self.offered_to(&from)? {
                Some(pending) if pending == me => self.must_be_new(&me)?,
                Some(to) => return Err(HandOverError::OfferedToAnother { to }),
                None => return Err(HandOverError::Refused(ContractError::NoOffer)),
            }
        }
        Ok(Taking { document, from, is_accepted, keys, memory })
    }

    fn must_be_here(&self, said: &HandOver) -> Result<(), HandOverError> {
        let elsewhere = |theirs, ours| Err(HandOverError::Elsewhere { theirs, ours });
        let chain = self.ledger.network().chain_id;
        if said.chain_id != chain {
            return elsewhere(Place::Chain(said.chain_id), Place::Chain(chain));
        }
        if let Some(genesis) = self.genesis()
            && genesis != said.genesis
        {
            return elsewhere(Place::Ledger(said.genesis), Place::Ledger(genesis));
        }
        if said.contract != *self.contract {
            return elsewhere(
                Place::Contract(said.contract.clone()),
                Place::Contract(self.contract.clone()),
            );
        }
        Ok(())
    }

    /// Whether two accounts are in one line of succession.
    fn is_of_line(&self, one: &Principal, other: &Principal) -> Result<bool, HandOverError> {
        Ok(self.ask(&read::line(one))?.root == self.ask(&read::line(other))?.root)
    }

    /// Keeps what was handed over, becomes the patient, and ends what the person does not want to go on. Gives the actor the
    /// keys. Doing it again does what was left undone. A dry run keeps nothing.
    ///
    /// # Errors
    ///
    /// [`HandOverError`].
    pub fn take_over(
        &self,
        actor: &mut Actor,
        taking: Taking,
        ending: &[Holder],
        rng: &mut dyn CryptoRng,
    ) -> Result<Outcome<Vec<Ended>>, HandOverError> {
        let Taking { document, from, is_accepted, keys, memory } = taking;
        let me = actor.principal();
        if self.sending != Sending::DryRun {
            self.profile.keep_hand_over(&document)?;
            memory.keep(self.profile, &actor.keyring.record_root()?, rng)?;
            self.forget_grants(actor, ending)?;
        }
        actor.keyring.inherit(keys);
        let mut steps = Vec::new();
        if !is_accepted {
            steps.push((None, call::accept_succession(&from)));
        }
        for holder in ending {
            let ends = holder.ends(&me);
            steps.extend(ends.into_iter().map(|(id, call)| (Some((holder.who.clone(), id)), call)));
        }
        let mut ended = Vec::new();
        for steps in steps.chunks(SENT_TOGETHER) {
            let unsigned = steps.iter().map(|(_, call)| self.transaction(call.clone())).collect();
            let receipts = match self.send(actor, &accepting(&from), unsigned)? {
                Outcome::Done(receipts) => receipts,
                Outcome::Planned(plan) => return Ok(Outcome::Planned(plan)),
                Outcome::Signed(signed) => return Ok(Outcome::Signed(signed)),
            };
            if let Some((None, _)) = steps.first() {
                check(first(&receipts)?)?;
            }
            for ((of, _), receipt) in steps.iter().zip(&receipts) {
                let Some((who, record)) = of.clone() else { continue };
                let refused = ContractError::in_result(&receipt.result).filter(|refusal| {
                    // It ended by itself meanwhile.
                    !matches!(
                        refusal,
                        ContractError::NoSuchGrant
                            | ContractError::NoSuchDelegate
                            | ContractError::NoSuchContact
                    )
                });
                ended.push(Ended { who, record, refused });
            }
        }
        // What can't be noted now is noted when the home is opened the next time.
        let _ = self.note_formers(&me);
        Ok(Outcome::Done(ended))
    }

    /// Remembers that all of this ends, so that no key goes to its holders any more, whatever a ledger says.
    fn forget_grants(&self, actor: &Actor, ending: &[Holder]) -> Result<(), HandOverError> {
        let root = actor.keyring.record_root()?;
        self.profile.change_granted(&root, |memory| {
            for holder in ending {
                let records = holder.records();
                records.for_each(|id| memory.end(self.contract, id, &holder.who));
                for held in &holder.held {
                    let by: &[ReadsAllBy] = match held {
                        Held::Records { .. } => &[],
                        Held::AllRecords { .. } => &[ReadsAllBy::Standing],
                        Held::Delegate { .. } => &[ReadsAllBy::Delegation, ReadsAllBy::Contact],
                        Held::Contact { .. } => &[ReadsAllBy::Contact],
                    };
                    by.iter().for_each(|by| memory.end_of_all(self.contract, &holder.who, *by));
                }
            }
        })?;
        Ok(())
    }
}
