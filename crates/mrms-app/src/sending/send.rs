//! Signs transactions, keeps them, sends them, waits for their blocks, and resumes after whatever
//! went wrong, so that nothing is lost and nothing is done twice.
//!
//! What is signed goes to the profile's [`Outbox`](crate::sending::outbox::Outbox) first. Only the
//! same bytes are ever sent again, and a nonce admits one transaction.

use std::cell::Cell;
use std::collections::BTreeMap;

use mrms_contract::Call;
use mrms_core::{MicroStx, Nonce, TxId};
use mrms_stacks::clarity::Value;
use mrms_stacks::transaction::{Payload, Terms, Transaction, Unsigned};

use crate::ledger::{LedgerError, Payer, Receipt, Rivals};
use crate::profile::ProfileError;
use crate::profile::acts::Act;
use crate::sending::first::nonce;
use crate::sending::first_run::rivals;
use crate::sending::nonces::ToldOnce;
use crate::sending::outbox::{ClaimedOperation, Operation, SigningLock, completed};
use crate::sending::outcome::{
    Ending, Outcome, Plan, PlannedTransaction, Resumed, SendError, UnfinishedOperation, check,
};
use crate::session::{Actor, Sending, Session, SignOnly};

/// For whose transaction a sponsor is asked.
#[derive(Clone, Copy)]
enum Asking {
    /// The present command's.
    Now,
    /// One of an earlier command, while the present one waits.
    Again,
}

/// The id of no block.
pub(super) const NOBODYS_BLOCK: [u8; 32] = [0; 32];

/// Whether a transaction has something end at a height.
fn sets_an_end(payload: &Payload) -> bool {
    let is_end =
        |value: &Value| matches!(value, Value::Some(inner) if matches!(**inner, Value::UInt(_)));
    matches!(payload, Payload::ContractCall(call) if call.arguments.iter().any(is_end))
}

impl Session<'_> {
    /// Signs calls of the contract with consecutive nonces, keeps them, sends them, waits until
    /// each stands in a block, and forgets them. After an interruption [`Session::resume`] sends
    /// the same signed bytes again, so that nothing is done twice.
    ///
    /// # Errors
    ///
    /// [`SendError`]: of the first call that was refused or failed.
    pub fn carry_out(
        &self,
        actor: &Actor,
        description: &str,
        calls: Vec<Call>,
    ) -> Result<Outcome<Vec<Receipt>>, SendError> {
        let unsigned = calls.into_iter().map(|call| self.transaction(call)).collect();
        self.send(actor, description, unsigned)?.try_map(|receipts| {
            receipts.iter().try_for_each(check)?;
            Ok(receipts)
        })
    }

    /// The same for any transactions. The caller looks at what each returned.
    ///
    /// # Errors
    ///
    /// [`SendError`], but never a refusal by a contract.
    pub fn send(
        &self,
        actor: &Actor,
        description: &str,
        unsigned: Vec<Unsigned>,
    ) -> Result<Outcome<Vec<Receipt>>, SendError> {
        if unsigned.iter().any(|one| sets_an_end(one.payload())) {
            self.ledger.must_show_time()?;
        }
        self.must_be_known_chain(self.will_end_access(actor, &unsigned))?;
        match self.sending {
            Sending::DryRun => Ok(Outcome::Planned(self.plan(actor, &unsigned)?)),
            Sending::SignOnly(terms) => {
                Ok(Outcome::Signed(self.sign_only(actor, unsigned, terms)?))
            }
            Sending::Send => Ok(Outcome::Done(self.sign_and_send(actor, description, unsigned)?)),
        }
    }

    fn sign_and_send(
        &self,
        actor: &Actor,
        description: &str,
        unsigned: Vec<Unsigned>,
    ) -> Result<Vec<Receipt>, SendError> {
        let payloads: Vec<_> = unsigned.iter().map(Unsigned::payload).collect();
        let followed = self.ledger.must_follow(&payloads);
        let ends = self.will_end_access(actor, &unsigned);
        match followed {
            // It ends all the same: another connection tells that it did.
            Err(LedgerError::CannotFollow { .. }) if ends => {}
            followed => followed?,
        }
        let ended: Vec<_> = match ends {
            true => unsigned.iter().map(|one| one.payload().clone()).collect(),
            false => Vec::new(),
        };
        let receipts = self.sign_and_send_now(actor, description, unsigned, ends)?;
        if ends {
            // What can't be filled now stays told as perhaps given.
            let _ = self.fill_behind_end(actor, &ended);
        }
        Ok(receipts)
    }

    fn sign_and_send_now(
        &self,
        actor: &Actor,
        description: &str,
        unsigned: Vec<Unsigned>,
        ends: bool,
    ) -> Result<Vec<Receipt>, SendError> {
        let once = ToldOnce::default();
        if ends
            && let Some(already) = all(self.ended_already_by(actor, &unsigned, &once)?)
            && let Some(txid) = already.last().copied()
        {
            // A second one would be refused behind the first, for a fee.
            return Err(SendError::Kept(LedgerError::Pending { txid }));
        }
        if self.goes_first(actor, &unsigned)
            && let Some(receipts) = self.send_first(actor, description, &unsigned, &once)?
        {
            return Ok(receipts);
        }
        let fees = self.fees(actor, &unsigned)?;
        if self.ledger.payer() == Payer::Sender {
            let total = fees.iter().fold(0_u64, |sum, fee| sum.saturating_add(fee.number()));
            self.ledger.agree(MicroStx::new(total), fees.len())?;
        }
        let lock = self.profile.outbox().lock_signing()?;
        let nonces = match ends {
            true => self.next_nonces_of_end(actor, &once)?,
            false => self.next_nonces(actor)?,
        };
        let priced: Vec<_> = unsigned.into_iter().zip(fees).collect();
        let signed = self.sign(actor, nonces.take(priced.len()), priced.iter().cloned())?;
        match self.keep(&lock, description, &signed)? {
            Some(entry) => self.carry(entry, &signed, &Cell::new(Some(lock))),
            None => self.send_unkept(actor, lock, priced, &nonces),
        }
    }

    /// The same for transactions that somebody has signed already.
    ///
    /// # Errors
    ///
    /// [`SendError`], but never a refusal by a contract.
    pub fn send_signed(
        &self,
        description: &str,
        signed: &[Transaction],
    ) -> Result<Vec<Receipt>, SendError> {
        let payloads: Vec<_> = signed.iter().map(Transaction::payload).collect();
        self.must_be_known_chain(self.are_ends(signed))?;
        self.ledger.must_follow(&payloads)?;
        let lock = self.profile.outbox().lock_signing()?;
        match self.keep(&lock, description, signed)? {
            Some(entry) => self.carry(entry, signed, &Cell::new(Some(lock))),
            // The ledger knows the same bytes again.
            None => self.submit_unkept(lock, signed),
        }
    }

    /// Keeps transactions before they are sent; `None` where nothing can be kept, and they end access: that does not wait for room
    /// on a disk.
    fn keep(
        &self,
        lock: &SigningLock,
        description: &str,
        signed: &[Transaction],
    ) -> Result<Option<ClaimedOperation>, SendError> {
        let operation = Operation {
            description: description.to_owned(),
            genesis: self.ledger.genesis(),
            transactions: signed.iter().map(|one| hex::encode(one.encode())).collect(),
            replaced: Vec::new(),
            first: None,
        };
        match self.profile.outbox().begin(lock, operation) {
            Err(error) if error.is_unwritable() && self.are_ends(signed) => Ok(None),
            entry => Ok(Some(entry?)),
        }
    }

    /// Has a sponsor complete what the outbox has, and sends it. Releases the lock when the ledger has all of it.
    pub(super) fn carry(
        &self,
        mut entry: ClaimedOperation,
        signed: &[Transaction],
        lock: &Cell<Option<SigningLock>>,
    ) -> Result<Vec<Receipt>, SendError> {
        if entry.operation.first.is_some() {
            return self.carry_first(entry, &mut Vec::new(), lock);
        }
        let outcome = self.complete(&mut entry, signed, Asking::Now).and_then(|bytes| {
            let rivals = rivals(&entry.operation);
            let keeps = self.keeps_its_place(&entry.operation, signed);
            let give_way = || !keeps && self.profile.outbox().is_asked_for_way();
            let rivals = Rivals { transactions: &rivals, own: 0, give_way: &give_way };
            let submitted = self.ledger.submit_over(&bytes, &rivals, &|| drop(lock.take()));
            let receipts = self.or_of_replaced(&entry.operation, submitted)?;
            self.keep_openings(&bytes, &receipts).map_err(unnoted)?;
            self.remember_act(&entry.operation.description, signed, &receipts).map_err(unnoted)?;
            Ok(receipts)
        });
        match &outcome {
            Err(error) if !is_final(error) => forget_void(&mut entry, error)?,
            _ => {
                if outcome.is_err() {
                    self.keep_refused(&entry.operation).map_err(unnoted)?;
                }
                let receipts = outcome.as_deref().unwrap_or_default();
                let written = self.keep_unsettled(&entry, receipts).and_then(|()| entry.end());
                // A refusal is told as one, whatever stays of what was refused.
                return outcome.and_then(|receipts| written.map(|()| receipts).map_err(unnoted));
            }
        }
        outcome.map_err(|error| match error {
            SendError::Ledger(error) => SendError::Kept(error),
            error => error,
        })
    }

    /// The receipts of an operation; or, where the ledger refused its transactions because the ones that they replaced
    /// came first, the receipts of those.
    fn or_of_replaced(
        &self,
        operation: &Operation,
        submitted: Result<Vec<Receipt>, LedgerError>,
    ) -> Result<Vec<Receipt>, LedgerError> {
        let refused = match submitted {
            Err(error) if error.is_final() && !operation.replaced.is_empty() => error,
            submitted => return submitted,
        };
        let all = operation.transactions.iter().chain(&operation.replaced);
        let Some(all) = decoded(&all.cloned().collect::<Vec<_>>()) else { return Err(refused) };
        let mut receipts: BTreeMap<u64, Receipt> = BTreeMap::new();
        for transaction in all {
            if let Some(receipt) = self.ledger.receipt(&transaction.txid())? {
                receipts.insert(transaction.authorization().origin().nonce.number(), receipt);
            }
        }
        match receipts.len() == operation.transactions.len() {
            true => Ok(receipts.into_values().collect()),
            false => Err(refused),
        }
    }

    /// Remembers in which block the last of these transactions stands, before the outbox forgets them. A ledger
    /// that does not tell is not remembered.
    pub(super) fn remember_act(
        &self,
        what: &str,
        transactions: &[Transaction],
        receipts: &[Receipt],
    ) -> Result<(), ProfileError> {
        let newest = receipts.iter().max_by_key(|receipt| receipt.block_height);
        let (Some(receipt), Some(genesis)) = (newest, self.ledger.genesis()) else {
            return Ok(());
        };
        // What was sent stands in a block, whatever this question's answer is.
        let block = self.ledger.block(receipt.block_height).ok().flatten();
        let block_id = match block {
            // A fork came between the receipt and this block: the next command must look for what was sent.
            _ if !self.stands_still(receipt) => NOBODYS_BLOCK,
            Some(block) => block.id,
            None => return Ok(()),
        };
        self.profile.remember_act(&Act {
            genesis,
            chain: Some(self.ledger.network().chain_id),
            block_height: receipt.block_height,
            block_id: block_id.to_vec(),
            txid: receipt.txid,
            what: what.to_owned(),
            nonce: transactions.iter().take(receipts.len()).map(nonce).max().map(Nonce::new),
        })
    }

    /// The bytes to send. Where a sponsor pays, it completes them.
    fn complete(
        &self,
        entry: &mut ClaimedOperation,
        transactions: &[Transaction],
        asking: Asking,
    ) -> Result<Vec<Vec<u8>>, SendError> {
        let mut complete = Vec::with_capacity(transactions.len());
        for transaction in transactions {
            let mut bytes = transaction.encode();
            if transaction.awaits_sponsor() {
                bytes = match asking {
                    Asking::Now => self.ledger.sponsor(&bytes)?,
                    Asking::Again => self.ledger.sponsor_at_a_glance(&bytes)?,
                };
                entry.keep_sponsored(hex::encode(&bytes))?;
            }
            complete.push(bytes);
        }
        Ok(complete)
    }

    fn plan(&self, actor: &Actor, unsigned: &[Unsigned]) -> Result<Plan, SendError> {
        let what = |transaction: &Unsigned| match transaction.payload() {
            Payload::ContractCall(call) => call.function.to_string(),
            Payload::SmartContract(contract) => format!("deploy {}", contract.name),
            Payload::TokenTransfer { .. } => "transfer".to_owned(),
        };
        let plan = |(transaction, fee)| PlannedTransaction { what: what(transaction), fee };
        let first = self.plan_first(actor, unsigned)?;
        let transactions = match &first {
            Some(first) => first
                .planned()
                .map(|(transaction, fee, is_own)| PlannedTransaction {
                    what: if is_own {
                        what(transaction)
                    } else {
                        "nothing, in the place of what waits".to_owned()
                    },
                    fee,
                })
                .collect(),
            None => unsigned.iter().zip(self.fees(actor, unsigned)?).map(plan).collect(),
        };
        let result = match unsigned.first().map(Unsigned::payload) {
            Some(Payload::ContractCall(call)) => {
                let (contract, function) = (&call.contract, call.function.as_str());
                let sender = &actor.principal;
                match self.ledger.simulate(contract, sender, function, &call.arguments) {
                    Err(LedgerError::CannotTry) => None,
                    tried => Some(tried?.0),
                }
            }
            _ => None,
        };
        let takes_back = first.map(|first| first.displaces).unwrap_or_default();
        Ok(Plan { transactions, result, fee_ceiling: self.ledger.fee_ceiling(), takes_back })
    }

    fn sign_only(
        &self,
        actor: &Actor,
        unsigned: Vec<Unsigned>,
        terms: SignOnly,
    ) -> Result<Vec<Transaction>, SendError> {
        let nonces = match terms.nonce {
            Some(first) => (0..).map(|more| first.plus(more)).take(unsigned.len()).collect(),
            None => self.next_nonces(actor)?.take(unsigned.len()),
        };
        let fees = match terms.fee {
            Some(fee) => vec![fee; unsigned.len()],
            None => self.fees(actor, &unsigned)?,
        };
        self.sign(actor, nonces, unsigned.into_iter().zip(fees))
    }

    /// What the actor pays for each transaction of an operation: nothing where a sponsor pays.
    fn fees(&self, actor: &Actor, unsigned: &[Unsigned]) -> Result<Vec<MicroStx>, LedgerError> {
        match self.ledger.payer() {
            Payer::Sender => self.fees_of_own(actor, unsigned),
            Payer::Sponsor => Ok(vec![MicroStx::new(0); unsigned.len()]),
        }
    }

    /// The same where the actor pays, whatever the settings say of a sponsor.
    pub(super) fn fees_of_own(
        &self,
        actor: &Actor,
        unsigned: &[Unsigned],
    ) -> Result<Vec<MicroStx>, LedgerError> {
        match self.will_end_access(actor, unsigned) {
            true => self.ledger.fees_of_ends(unsigned),
            false => unsigned.iter().map(|one| self.ledger.fee(one)).collect(),
        }
    }

    pub(super) fn sign(
        &self,
        actor: &Actor,
        nonces: Vec<Nonce>,
        priced: impl IntoIterator<Item = (Unsigned, MicroStx)>,
    ) -> Result<Vec<Transaction>, SendError> {
        let network = self.ledger.network();
        let mut signed = Vec::new();
        for (nonce, (transaction, fee)) in nonces.into_iter().zip(priced) {
            signed.push(match self.ledger.payer() {
                Payer::Sender => transaction.sign(&actor.key, Terms { network, nonce, fee })?,
                Payer::Sponsor => transaction.sign_for_sponsor(&actor.key, network, nonce)?,
            });
        }
        Ok(signed)
    }

    /// The operations that were started on this ledger and not ended, oldest first.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn unfinished(&self) -> Result<Vec<UnfinishedOperation>, ProfileError> {
        let found = self.profile.outbox().operations()?;
        let unfinished = found.into_iter().filter_map(|(operation, sponsored)| {
            let transactions = decoded(&completed(&operation, &sponsored));
            let is_here = self.is_here(&operation, transactions.as_deref());
            is_here
                .then_some(UnfinishedOperation { description: operation.description, transactions })
        });
        Ok(unfinished.collect())
    }

    /// Whether an operation is for this ledger. The chain id alone does not tell, since anybody can
    /// start a chain with any id. An operation that can't be read counts as this ledger's.
    pub(super) fn is_here(
        &self,
        operation: &Operation,
        transactions: Option<&[Transaction]>,
    ) -> bool {
        let network = self.ledger.network();
        transactions.is_none_or(|all| {
            operation.genesis == self.ledger.genesis()
                && all.iter().all(|transaction| transaction.network() == network)
        })
    }

    /// Resumes what earlier commands of this profile started and did not end. Signs nothing anew:
    /// the ledger either has the transactions, or gets the same bytes again. Leaves alone what
    /// another command is carrying out now. Also deletes what is kept of openings that are too old to
    /// go on.
    ///
    /// # Errors
    ///
    /// [`SendError`] when the ledger can't be used now; the operations stay for the next time.
    pub fn resume(&self) -> Result<Vec<Resumed>, SendError> {
        // Without a ledger nobody knows how old they are; the next command looks again.
        let _ = self.forget_old_openings();
        let outbox = self.profile.outbox();
        if outbox.is_empty()? {
            return Ok(Vec::new());
        }
        let Some(lock) = outbox.try_lock_signing()? else { return Ok(Vec::new()) };
        let interrupted = outbox.interrupted(&lock)?;
        drop(lock);
        let (first, interrupted): (Vec<_>, Vec<_>) =
            interrupted.into_iter().partition(|entry| entry.operation.first.is_some());
        let mut resumed = Vec::new();
        let mut interrupted = interrupted;
        if !first.is_empty() {
            let (readable, damaged): (Vec<_>, Vec<_>) =
                interrupted.into_iter().partition(|entry| decoded(&entry.transactions()).is_some());
            let mut others = self.claim(readable);
            for entry in first {
                let transactions = decoded(&entry.transactions());
                if self.is_here(&entry.operation, transactions.as_deref()) {
                    resumed.extend(self.resume_first(entry, &mut others)?);
                }
            }
            interrupted = others.into_iter().map(|(entry, _)| entry).chain(damaged).collect();
        }
        for mut entry in interrupted {
            let transactions = decoded(&entry.transactions());
            if !self.is_here(&entry.operation, transactions.as_deref()) {
                continue;
            }
            let description = entry.operation.description.clone();
            let txids = transactions.iter().flatten().map(Transaction::txid).collect();
            let taken_up = transactions.map(|all| {
                let bytes = self.complete(&mut entry, &all, Asking::Again)?;
                let rivals = rivals(&entry.operation);
                let rivals = Rivals { transactions: &rivals, ..Rivals::NONE };
                let submitted = self.ledger.resubmit_over(&bytes, &rivals);
                let receipts = self.or_of_replaced(&entry.operation, submitted)?;
                self.keep_openings(&bytes, &receipts)?;
                self.remember_act(&description, &all, &receipts)?;
                Ok(receipts)
            });
            let ending = match taken_up {
                Some(Ok(receipts)) => {
                    self.keep_unsettled(&entry, &receipts)?;
                    match receipts.iter().try_for_each(check) {
                        Ok(()) => Ending::Finished,
                        Err(error) => Ending::RolledBack { reason: error.to_string() },
                    }
                }
                Some(Err(SendError::Ledger(LedgerError::Pending { txid }))) => {
                    resumed.push(Resumed { description, txids, ending: Ending::Pending { txid } });
                    continue;
                }
                Some(Err(error)) if is_final(&error) => {
                    self.keep_refused(&entry.operation)?;
                    Ending::RolledBack { reason: error.to_string() }
                }
                Some(Err(error)) => {
                    forget_void(&mut entry, &error)?;
                    return Err(error);
                }
                None => Ending::RolledBack { reason: "its file is damaged".to_owned() },
            };
            entry.end()?;
            resumed.push(Resumed { description, txids, ending });
        }
        Ok(resumed)
    }
}

/// What each of them has; `None` where one has nothing.
fn all(each: Vec<Option<TxId>>) -> Option<Vec<TxId>> {
    each.into_iter().collect()
}

/// Forgets a sponsor's signature that is void, so that the next command asks the sponsor again.
fn forget_void(entry: &mut ClaimedOperation, error: &SendError) -> Result<(), ProfileError> {
    match error {
        SendError::Ledger(LedgerError::SponsorshipVoid { .. }) => entry.forget_sponsored(),
        _ => Ok(()),
    }
}

/// What could not be written down of something that the ledger has.
pub(super) fn unnoted(error: impl Into<SendError>) -> SendError {
    match error.into() {
        SendError::Profile(error) => SendError::Unnoted(error),
        error => error,
    }
}

/// Whether an operation will surely never stand in a block, and need not be kept.
pub(super) fn is_final(error: &SendError) -> bool {
    matches!(error, SendError::Ledger(error) if error.is_final())
}

pub(super) fn decoded(transactions: &[String]) -> Option<Vec<Transaction>> {
    let decode =
        |text: &String| Transaction::decode(&mrms_core::hexadecimal::decode(text).ok()?).ok();
    transactions.iter().map(decode).collect()
}
