//! Lets what ends somebody's access go before everything that waits for a block.
//!
//! It takes the first waiting nonce, with a higher fee. Whose place it took is taken back, and told so, unless it was
//! faster; then the operation is sent at the next place, which was signed with the first. Nothing that it displaced is ever
//! signed again: after a revoke nothing comes that was signed before it. Where a sponsor pays, everything keeps its place.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::iter;
use std::thread;
use std::time::Duration;

use mrms_contract::functions::{Does, OFFERS, does_by};
use mrms_core::{MicroStx, Nonce, Principal, StandardPrincipal};
use mrms_stacks::clarity::Value;
use mrms_stacks::transaction::{ContractCall, Payload, Terms, Transaction, Unsigned};

use super::first_kept::{Displaced, GoesFirst};
use super::first_places::{Place, Queue, Standing, Stands, Waits};
use super::nonces::{Nonces, ToldOnce};
use super::send::decoded;
use crate::ledger::act::Act;
use crate::ledger::{GoingFirst, LedgerError, Payer, Receipt};
use crate::sending::outbox::{ASKING, ClaimedOperation, Operation, SigningLock, completed};
use crate::sending::outcome::SendError;
use crate::sending::replace::{nothing, outbidding};
use crate::session::{Actor, Session};

/// How often it is looked whether others have given way.
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// An operation with its transactions.
pub(super) type Claimed = (ClaimedOperation, Vec<Transaction>);

/// What a waiting operation is to one that goes first.
struct Other {
    description: String,
    transactions: Vec<Transaction>,
    waits: Waits,
    /// It ends access itself, or can't be displaced for another reason.
    keeps_its_place: bool,
}

/// One place of an operation, with what stands there and the fee of each.
type PricedStanding = (Standing, Vec<(Unsigned, MicroStx)>);

/// An operation that goes first, as it would be sent.
pub(super) struct Priced {
    /// Its places in the order in which they are tried, with what stands there and its fee.
    standings: Vec<PricedStanding>,
    /// What the first of them takes the place of.
    pub(super) displaces: Vec<String>,
    /// What it waits behind.
    behind: Vec<String>,
    /// What its first place costs, and the most that any of them does.
    pub(super) fee: MicroStx,
    most: MicroStx,
}

impl Priced {
    /// What its first place pays, each transaction with what it is.
    pub(super) fn planned(&self) -> impl Iterator<Item = (&Unsigned, MicroStx, bool)> {
        self.standings.iter().take(1).flat_map(|(standing, priced)| {
            let own = standing.places.iter().map(|place| place.stands != Stands::Nothing);
            priced.iter().zip(own).map(|((unsigned, fee), own)| (unsigned, *fee, own))
        })
    }
}

impl Session<'_> {
    /// Whether what this account signs ends access and nothing else.
    pub(super) fn ends_access<'a>(
        &self,
        signer: &StandardPrincipal,
        mut payloads: impl Iterator<Item = &'a Payload>,
    ) -> bool {
        let signer = Principal::from(*signer);
        payloads.all(|payload| match payload {
            Payload::ContractCall(call) => {
                let does = does_by(&signer, call.function.as_str(), &call.arguments);
                call.contract == *self.contract && does == Some(Does::Ends)
            }
            Payload::SmartContract(_) | Payload::TokenTransfer { .. } => false,
        })
    }

    /// The same of what is not signed yet.
    pub(super) fn will_end_access(&self, actor: &Actor, unsigned: &[Unsigned]) -> bool {
        self.ends_access(&actor.principal, unsigned.iter().map(Unsigned::payload))
    }

    /// The same of what was signed.
    pub(super) fn are_ends(&self, signed: &[Transaction]) -> bool {
        signed.iter().all(|one| self.ends_access(&one.origin(), iter::once(one.payload())))
    }

    /// Whether this goes before everything that waits.
    pub(super) fn goes_first(&self, actor: &Actor, unsigned: &[Unsigned]) -> bool {
        self.ledger.payer() == Payer::Sender
            && !unsigned.is_empty()
            && self.will_end_access(actor, unsigned)
    }

    /// Sends an operation that goes first; `None` where nothing waits whose place it could take, and nothing was done.
    pub(super) fn send_first(
        &self,
        actor: &Actor,
        description: &str,
        unsigned: &[Unsigned],
        once: &ToldOnce,
    ) -> Result<Option<Vec<Receipt>>, SendError> {
        let outbox = self.profile.outbox();
        if outbox.is_empty()? {
            return Ok(None);
        }
        let lock = outbox.lock_signing()?;
        // It takes nobody's place where the ledger does not tell which places there are, and needs none where lower ones are
        // free.
        let Some((told, nonces)) = self.told_for_end(actor, once)? else { return Ok(None) };
        if nonces.are_missing() {
            return Ok(None);
        }
        let claimed = self.claim_with_way(actor, &lock)?;
        let own = |(_, all): &Claimed| all.iter().all(|one| one.origin() == actor.principal);
        let mut claimed: Vec<_> = claimed.into_iter().filter(own).collect();
        let other =
            |(entry, all): &Claimed| self.other(actor, unsigned, &entry.operation, all.clone());
        let others: Vec<_> = claimed.iter().map(other).collect();
        let priced = self.priced_first(actor, unsigned, &others, &nonces)?;
        // What can't be paid, as the ledger tells it, takes nobody's place either: it goes behind, and the ledger decides.
        let priced = priced.filter(|priced| priced.most <= told.balance);
        let Some(priced) = priced else { return Ok(None) };
        let most = priced.most;
        let taken = priced.standings.first().map(|(first, _)| &first.displaces);
        let acts = taken.into_iter().flatten().map(|number| Act::of(&others[*number].transactions));
        let acts: Vec<Act> = acts.collect();
        self.ledger.going_first(&GoingFirst {
            what: description,
            displaces: &priced.displaces,
            acts: &acts,
            behind: &priced.behind,
            fee: priced.fee,
            most,
        });
        let count = priced.standings.first().map_or(0, |(_, priced)| priced.len());
        self.ledger.agree(most, count)?;
        let displaces = priced.standings.first().map(|(first, _)| first.displaces.clone());
        let mut versions = self.sign_standings(actor, priced.standings)?.into_iter();
        let (Some(displaces), Some(transactions)) = (displaces, versions.next()) else {
            return Ok(None);
        };
        let mut displaced = Vec::new();
        // From the last on, so that the numbers before it stay.
        for number in displaces.into_iter().rev() {
            displaced.push((claimed.remove(number).0, others[number].waits.gives_back));
        }
        displaced.reverse();
        let operation = Operation {
            description: description.to_owned(),
            genesis: self.ledger.genesis(),
            transactions,
            replaced: Vec::new(),
            first: Some(GoesFirst {
                own: unsigned.len(),
                later: versions.collect(),
                displaced: displaced
                    .iter()
                    .flat_map(|(entry, gives)| taken_back(entry, *gives))
                    .collect(),
            }),
        };
        // It is kept before they are removed, so that a crash loses none. What can't be kept goes behind all of it.
        let entry = match outbox.begin(&lock, operation) {
            Err(error) if error.is_unwritable() => return Ok(None),
            entry => entry?,
        };
        for (entry, _) in displaced {
            entry.end()?;
        }
        let receipts = self.carry_first(entry, &mut claimed, &Cell::new(Some(lock)))?;
        Ok(Some(receipts.into_iter().take(unsigned.len()).collect()))
    }

    /// Claims what waits. Whoever waits for a block of something else just now is asked to give way, and gets a moment for it.
    fn claim_with_way(&self, actor: &Actor, lock: &SigningLock) -> Result<Vec<Claimed>, SendError> {
        let outbox = self.profile.outbox();
        let mut claimed = self.claim(outbox.interrupted(lock)?);
        let mut left = ASKING.as_millis() / ASK_AGAIN.as_millis();
        let mut asking = None;
        while left > 0 && self.is_held(actor, &claimed)? {
            left -= 1;
            if asking.is_none() {
                asking = match outbox.ask_for_way() {
                    // On a full disk nobody can be asked.
                    Err(error) if error.is_unwritable() => break,
                    asked => Some(asked?),
                };
            }
            thread::sleep(ASK_AGAIN);
            claimed.extend(self.claim(outbox.interrupted(lock)?));
        }
        drop(asking);
        claimed.sort_by_key(|(_, all)| all.first().map(nonce));
        Ok(claimed)
    }

    /// Whether another command carries something of this account out that could be displaced.
    fn is_held(&self, actor: &Actor, claimed: &[Claimed]) -> Result<bool, SendError> {
        for (operation, sponsored) in self.profile.outbox().operations()? {
            let Some(all) = decoded(&completed(&operation, &sponsored)) else { continue };
            let is_own = all.iter().all(|one| one.origin() == actor.principal);
            let is_claimed = claimed.iter().any(|(entry, _)| entry.operation == operation);
            if is_own
                && !is_claimed
                && self.is_here(&operation, Some(&all))
                && !self.keeps_its_place(&operation, &all)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What would be sent of an operation that goes first, for a dry run.
    pub(super) fn plan_first(
        &self,
        actor: &Actor,
        unsigned: &[Unsigned],
    ) -> Result<Option<Priced>, SendError> {
        if !self.goes_first(actor, unsigned) {
            return Ok(None);
        }
        let told = self.told_for_end(actor, &ToldOnce::default())?;
        let Some((_, nonces)) = told else { return Ok(None) };
        if nonces.are_missing() {
            return Ok(None);
        }
        let mut others = Vec::new();
        for (operation, sponsored) in self.profile.outbox().operations()? {
            let Some(all) = decoded(&completed(&operation, &sponsored)) else { continue };
            let own = all.iter().all(|one| one.origin() == actor.principal);
            if own && self.is_here(&operation, Some(&all)) {
                others.push(self.other(actor, unsigned, &operation, all));
            }
        }
        self.priced_first(actor, unsigned, &others, &nonces)
    }

    fn other(
        &self,
        actor: &Actor,
        unsigned: &[Unsigned],
        operation: &Operation,
        transactions: Vec<Transaction>,
    ) -> Other {
        let first = transactions.first().map_or(0, nonce);
        let waits = Waits {
            nonces: first..first.saturating_add(transactions.len() as u64),
            fees: fees_at(&transactions, &operation.replaced),
            gives_back: gives_back(actor, unsigned, &transactions),
        };
        let keeps_its_place = self.keeps_its_place(operation, &transactions);
        Other { description: operation.description.clone(), transactions, waits, keeps_its_place }
    }

    /// Whether nothing displaces an operation: it ends access itself, waits for a sponsor, who may send it in a form that nobody
    /// here knows yet, or is not one behind the other.
    pub(super) fn keeps_its_place(
        &self,
        operation: &Operation,
        transactions: &[Transaction],
    ) -> bool {
        operation.first.as_ref().is_some_and(|first| first.own > 0)
            || transactions.iter().any(Transaction::awaits_sponsor)
            || transactions.windows(2).any(|two| nonce(&two[0]) + 1 != nonce(&two[1]))
            || self.are_ends(transactions)
    }

    /// Where an operation goes that goes first, and what that costs; `None` where it takes nobody's place.
    fn priced_first(
        &self,
        actor: &Actor,
        unsigned: &[Unsigned],
        others: &[Other],
        nonces: &Nonces,
    ) -> Result<Option<Priced>, SendError> {
        let mut queue = Queue { next: nonces.next(), ..Queue::default() };
        // In the order of `others`; what keeps its place has no nonces there.
        for other in others {
            let mut waits = other.waits.clone();
            if other.keeps_its_place {
                queue.kept.extend(other.transactions.iter().map(nonce));
                waits.nonces = 0..0;
                waits.gives_back = false;
            }
            queue.waiting.push(waits);
        }
        let standings = queue.standings(unsigned.len());
        if standings.first().is_none_or(|first| first.displaces.is_empty()) {
            return Ok(None);
        }
        let names = |numbers: &BTreeSet<usize>| -> Vec<String> {
            numbers.iter().map(|number| others[*number].description.clone()).collect()
        };
        let displaces = names(&standings[0].displaces);
        let first = standings[0].places[0].nonce;
        // Of another command, perhaps: what is in the outbox and nobody's place was taken of.
        let behind = self.unfinished()?.into_iter().filter(|one| {
            let nonces = one.transactions.iter().flatten();
            nonces.clone().any(|one| one.origin() == actor.principal && nonce(one) < first)
        });
        let behind = behind.map(|one| one.description).collect();
        let standings = self.price(actor, unsigned, standings)?;
        let sums: Vec<u64> = standings
            .iter()
            .map(|(_, priced)| {
                priced.iter().fold(0, |sum, (_, fee)| fee.number().saturating_add(sum))
            })
            .collect();
        let fee = MicroStx::new(sums.first().copied().unwrap_or(0));
        let most = MicroStx::new(sums.iter().copied().max().unwrap_or(0));
        Ok(Some(Priced { standings, displaces, behind, fee, most }))
    }

    /// What stands at each place, and its fee: more than whatever was offered there before.
    fn price(
        &self,
        actor: &Actor,
        unsigned: &[Unsigned],
        standings: Vec<Standing>,
    ) -> Result<Vec<PricedStanding>, SendError> {
        let filler = nothing(actor)?;
        // Together, so that a fee that is not told is told to the person once. Nothing in a place is a part of the end.
        let mut asked = unsigned.to_vec();
        if standings.iter().any(|one| one.places.len() > unsigned.len()) {
            asked.push(filler.clone());
        }
        let mut usual = self.ledger.fees_of_ends(&asked)?;
        let of_filler = usual.drain(unsigned.len()..).next().unwrap_or(MicroStx::new(0));
        let ceiling = self.ledger.fee_ceiling();
        let mut offered: BTreeMap<u64, (Stands, MicroStx)> = BTreeMap::new();
        let mut all = Vec::new();
        'standings: for standing in standings {
            let mut priced = Vec::new();
            for Place { nonce, stands, outbids } in &standing.places {
                let (what, usual) = match stands {
                    Stands::Own(number) => (&unsigned[*number], usual[*number]),
                    Stands::Nothing => (&filler, of_filler),
                };
                let before = offered.get(nonce).copied();
                let fee = match before {
                    Some((same, fee)) if same == *stands => fee,
                    _ => {
                        let more = |fee| outbidding(fee, 16);
                        let before = before.map(|(_, fee)| more(fee)).unwrap_or(MicroStx::new(0));
                        usual.max(before).max(outbids.map_or(usual, |fee| outbidding(fee, 4)))
                    }
                };
                let fee = match ceiling.filter(|ceiling| fee > *ceiling) {
                    None => fee,
                    // A little more than before is enough.
                    Some(ceiling)
                        if outbids.is_some_and(|outbid| outbid < ceiling) && before.is_none() =>
                    {
                        ceiling
                    }
                    Some(ceiling) if all.is_empty() => {
                        return Err(LedgerError::FeeAboveCeiling { fee, ceiling }.into());
                    }
                    Some(_) => break 'standings,
                };
                offered.insert(*nonce, (*stands, fee));
                priced.push((what.clone(), fee));
            }
            all.push((standing, priced));
        }
        Ok(all)
    }

    fn sign_standings(
        &self,
        actor: &Actor,
        standings: Vec<PricedStanding>,
    ) -> Result<Vec<Vec<String>>, SendError> {
        let network = self.ledger.network();
        let mut versions = Vec::new();
        for (standing, priced) in standings {
            let mut signed = Vec::new();
            for (place, (unsigned, fee)) in standing.places.iter().zip(priced) {
                let terms = Terms { network, nonce: Nonce::new(place.nonce), fee };
                signed.push(hex::encode(unsigned.sign(&actor.key, terms)?.encode()));
            }
            versions.push(signed);
        }
        Ok(versions)
    }
}

/// An operation as it is kept beside the one that took its place, and those whose places it had taken itself.
pub(super) fn taken_back(entry: &ClaimedOperation, gives_back: bool) -> Vec<Displaced> {
    let before = entry.operation.first.iter().flat_map(|first| first.displaced.clone());
    let itself = Displaced {
        description: entry.operation.description.clone(),
        transactions: entry.transactions(),
        replaced: entry.operation.replaced.clone(),
        gives_back,
    };
    before.chain([itself]).collect()
}

pub(super) fn nonce(transaction: &Transaction) -> u64 {
    transaction.authorization().origin().nonce.number()
}

/// The highest fee that was offered at each nonce of an operation.
fn fees_at(transactions: &[Transaction], replaced: &[String]) -> Vec<MicroStx> {
    let replaced = decoded(replaced).unwrap_or_default();
    let highest = |one: &Transaction| {
        let same = replaced.iter().filter(|other| nonce(other) == nonce(one));
        same.map(Transaction::fee).fold(one.fee(), MicroStx::max)
    };
    transactions.iter().map(highest).collect()
}

/// Whether transactions name somebody whose access is to end, in a call that does not end it itself.
pub(super) fn gives_back(actor: &Actor, ends: &[Unsigned], transactions: &[Transaction]) -> bool {
    names_those(actor, ends, transactions.iter().map(Transaction::payload))
}

/// The same of what transactions do.
pub(super) fn names_those<'p>(
    actor: &Actor,
    ends: &[Unsigned],
    payloads: impl Iterator<Item = &'p Payload>,
) -> bool {
    let signer = actor.principal();
    let offers = |call: &ContractCall| call.function.as_str() == OFFERS;
    let payloads: Vec<&ContractCall> = payloads.filter_map(call).collect();
    let me = Value::principal(signer.clone()).encode().unwrap_or_default();
    let calls: Vec<&ContractCall> = ends.iter().filter_map(|one| call(one.payload())).collect();
    // Taking an offer back names nobody, and means whoever is offered everything.
    let is_back = |one: &ContractCall| {
        does_by(&signer, one.function.as_str(), &one.arguments) == Some(Does::Ends)
    };
    if calls.iter().any(|one| offers(one))
        && payloads.iter().any(|one| offers(one) && !is_back(one))
    {
        return true;
    }
    let arguments = calls.into_iter().flat_map(|call| &call.arguments);
    let people: Vec<Vec<u8>> = arguments
        .filter(|argument| argument.read().principal().is_ok())
        .filter_map(|argument| argument.encode().ok())
        .filter(|principal| *principal != me)
        .collect();
    let named = payloads.into_iter().flat_map(|call| &call.arguments);
    named.filter_map(|argument| argument.encode().ok()).any(|argument| {
        people.iter().any(|who| argument.windows(who.len()).any(|part| part == who.as_slice()))
    })
}

pub(super) fn call(payload: &Payload) -> Option<&ContractCall> {
    match payload {
        Payload::ContractCall(call) => Some(call),
        Payload::SmartContract(_) | Payload::TokenTransfer { .. } => None,
    }
}
