//! Sending: signed once, kept, handed over, waited for, and taken up again after whatever went
//! wrong, so that nothing is lost and nothing is done twice.
//!
//! What is signed waits in the profile's [`Outbox`](crate::outbox::Outbox) first. Only the same
//! bytes are ever sent again; a nonce admits one of them.

use std::cell::Cell;

use mrms_contract::Call;
use mrms_core::{MicroStx, Nonce};
use mrms_stacks::transaction::{Payload, Terms, Transaction, Unsigned};

use crate::ledger::{LedgerError, Payer, Receipt};
use crate::outbox::{Entry, Operation, Turn, completed};
use crate::profile::ProfileError;
use crate::session::{
    Actor, Aside, Begun, Ending, Plan, Planned, Resumed, SendError, Sending, Session, check,
};

impl Session<'_> {
    /// Signs calls of the contract with consecutive nonces, keeps them, sends them, waits until
    /// each stands in a block, and forgets them. Interrupted anywhere, [`Session::resume`] takes
    /// it up again with the same signed bytes, so that nothing is done twice.
    ///
    /// # Errors
    ///
    /// [`SendError`]: of the first call that was refused or failed.
    pub fn carry_out(
        &self,
        actor: &Actor,
        description: &str,
        calls: Vec<Call>,
    ) -> Result<Vec<Receipt>, SendError> {
        let unsigned = calls.into_iter().map(|call| self.transaction(call)).collect();
        let receipts = self.send(actor, description, unsigned)?;
        for receipt in &receipts {
            check(receipt)?;
        }
        Ok(receipts)
    }

    /// The same for any transactions; what each returned is for the caller to judge.
    ///
    /// # Errors
    ///
    /// [`SendError`], but never a refusal by a contract.
    pub fn send(
        &self,
        actor: &Actor,
        description: &str,
        unsigned: Vec<Unsigned>,
    ) -> Result<Vec<Receipt>, SendError> {
        match self.sending {
            Sending::Rehearse => {
                return Err(SendError::Rehearsed(Box::new(self.rehearse(actor, &unsigned)?)));
            }
            Sending::SetAside(aside) => {
                aside.keep(self.sign_aside(actor, unsigned, aside)?);
                return Err(SendError::SetAside);
            }
            Sending::Send => {}
        }
        let fees = unsigned.iter().map(|one| self.fee(one)).collect::<Result<Vec<_>, _>>()?;
        if self.ledger.payer() == Payer::Sender {
            let total = fees.iter().fold(0_u64, |sum, fee| sum.saturating_add(fee.number()));
            self.ledger.agree(MicroStx::new(total))?;
        }
        let turn = self.profile.outbox().turn()?;
        let first = self.next_nonce(actor)?;
        let signed = self.sign(actor, first, unsigned.into_iter().zip(fees))?;
        self.dispatch(turn, description, &signed)
    }

    /// The same for transactions that are signed already, by whomever.
    ///
    /// # Errors
    ///
    /// [`SendError`], but never a refusal by a contract.
    pub fn send_signed(
        &self,
        description: &str,
        signed: &[Transaction],
    ) -> Result<Vec<Receipt>, SendError> {
        self.dispatch(self.profile.outbox().turn()?, description, signed)
    }

    /// Keeps, completes and sends; the turn passes on when the ledger has everything.
    fn dispatch(
        &self,
        turn: Turn,
        description: &str,
        signed: &[Transaction],
    ) -> Result<Vec<Receipt>, SendError> {
        let operation = Operation {
            description: description.to_owned(),
            genesis: self.ledger.genesis(),
            transactions: signed.iter().map(|one| hex::encode(one.encode())).collect(),
        };
        let mut entry = self.profile.outbox().begin(&turn, operation)?;
        let turn = Cell::new(Some(turn));
        let outcome = self.complete(&mut entry, signed).and_then(|bytes| {
            let receipts = self.ledger.submit(&bytes, &|| drop(turn.take()))?;
            self.keep_openings(&bytes, &receipts)?;
            Ok(receipts)
        });
        match &outcome {
            Err(error) if !is_final(error) => forget_void(&mut entry, error)?,
            _ => entry.end()?,
        }
        outcome
    }

    /// The bytes to send: where a sponsor pays, as it has completed them.
    fn complete(
        &self,
        entry: &mut Entry,
        transactions: &[Transaction],
    ) -> Result<Vec<Vec<u8>>, SendError> {
        let mut complete = Vec::with_capacity(transactions.len());
        for transaction in transactions {
            let mut bytes = transaction.encode();
            if transaction.awaits_sponsor() {
                bytes = self.ledger.sponsor(&bytes)?;
                entry.keep_sponsored(hex::encode(&bytes))?;
            }
            complete.push(bytes);
        }
        Ok(complete)
    }

    fn rehearse(&self, actor: &Actor, unsigned: &[Unsigned]) -> Result<Plan, SendError> {
        let plan = |transaction: &Unsigned| {
            let what = match transaction.payload() {
                Payload::ContractCall(call) => call.function.to_string(),
                Payload::SmartContract(contract) => format!("deploy {}", contract.name),
                Payload::TokenTransfer { .. } => "transfer".to_owned(),
            };
            Ok(Planned { what, fee: self.fee(transaction)? })
        };
        let transactions = unsigned.iter().map(plan).collect::<Result<_, SendError>>()?;
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
        Ok(Plan { transactions, result })
    }

    fn sign_aside(
        &self,
        actor: &Actor,
        unsigned: Vec<Unsigned>,
        aside: &Aside,
    ) -> Result<Vec<Transaction>, SendError> {
        let first = match aside.nonce {
            Some(nonce) => nonce,
            None => self.next_nonce(actor)?,
        };
        let mut priced = Vec::with_capacity(unsigned.len());
        for transaction in unsigned {
            let fee = match aside.fee {
                Some(fee) => fee,
                None => self.fee(&transaction)?,
            };
            priced.push((transaction, fee));
        }
        self.sign(actor, first, priced)
    }

    /// What the actor pays for a transaction: nothing where a sponsor does.
    fn fee(&self, transaction: &Unsigned) -> Result<MicroStx, SendError> {
        match self.ledger.payer() {
            Payer::Sender => Ok(self.ledger.fee(transaction)?),
            Payer::Sponsor => Ok(MicroStx::new(0)),
        }
    }

    fn sign(
        &self,
        actor: &Actor,
        first: Nonce,
        priced: impl IntoIterator<Item = (Unsigned, MicroStx)>,
    ) -> Result<Vec<Transaction>, SendError> {
        let network = self.ledger.network();
        let mut signed = Vec::new();
        for (position, (transaction, fee)) in (0..).zip(priced) {
            let nonce = first.plus(position);
            signed.push(match self.ledger.payer() {
                Payer::Sender => transaction.sign(&actor.key, Terms { network, nonce, fee })?,
                Payer::Sponsor => transaction.sign_for_sponsor(&actor.key, network, nonce)?,
            });
        }
        Ok(signed)
    }

    /// After the nonces of what was begun and could not be handed over yet: it keeps its place.
    fn next_nonce(&self, actor: &Actor) -> Result<Nonce, SendError> {
        // The outbox first: what leaves it meanwhile is counted by the ledger.
        let begun = self.begun()?;
        let mut next = self.ledger.account(&actor.principal)?.nonce;
        for transaction in begun.iter().flat_map(|begun| begun.transactions.iter().flatten()) {
            if transaction.origin() == actor.principal {
                next = next.max(transaction.authorization().origin().nonce.plus(1));
            }
        }
        Ok(next)
    }

    /// The operations that were begun on this ledger and did not end, oldest first.
    ///
    /// # Errors
    ///
    /// [`ProfileError`].
    pub fn begun(&self) -> Result<Vec<Begun>, ProfileError> {
        let found = self.profile.outbox().operations()?;
        let begun = found.into_iter().filter_map(|(operation, sponsored)| {
            let transactions = decoded(&completed(&operation, &sponsored));
            let is_here = self.is_here(&operation, transactions.as_deref());
            is_here.then_some(Begun { description: operation.description, transactions })
        });
        Ok(begun.collect())
    }

    /// Whether an operation is for this ledger: chain ids are not told apart by name alone, since
    /// anybody can begin a chain with any of them. One that can't be read is nobody's.
    fn is_here(&self, operation: &Operation, transactions: Option<&[Transaction]>) -> bool {
        let network = self.ledger.network();
        transactions.is_none_or(|all| {
            operation.genesis == self.ledger.genesis()
                && all.iter().all(|transaction| transaction.network() == network)
        })
    }

    /// Takes up what earlier commands of this profile began and did not end. Nothing is signed
    /// anew: the ledger either has the transactions, or gets the same bytes again. What a command
    /// is carrying out at this moment is left to it.
    ///
    /// # Errors
    ///
    /// [`SendError`] when the ledger can't be used now; the operations stay for the next time.
    pub fn resume(&self) -> Result<Vec<Resumed>, SendError> {
        let outbox = self.profile.outbox();
        if outbox.is_empty()? {
            return Ok(Vec::new());
        }
        let Some(turn) = outbox.try_turn()? else { return Ok(Vec::new()) };
        let interrupted = outbox.interrupted(&turn)?;
        drop(turn);
        let mut resumed = Vec::new();
        for mut entry in interrupted {
            let transactions = decoded(&entry.transactions());
            if !self.is_here(&entry.operation, transactions.as_deref()) {
                continue;
            }
            let description = entry.operation.description.clone();
            let taken_up = transactions.map(|all| {
                let bytes = self.complete(&mut entry, &all)?;
                let receipts = self.ledger.take_up(&bytes)?;
                self.keep_openings(&bytes, &receipts)?;
                Ok(receipts)
            });
            let ending = match taken_up {
                Some(Ok(receipts)) => match receipts.iter().try_for_each(check) {
                    Ok(()) => Ending::Finished,
                    Err(error) => Ending::RolledBack { reason: error.to_string() },
                },
                Some(Err(SendError::Ledger(LedgerError::Pending { txid }))) => {
                    resumed.push(Resumed { description, ending: Ending::Waiting { txid } });
                    continue;
                }
                Some(Err(error)) if is_final(&error) => {
                    Ending::RolledBack { reason: error.to_string() }
                }
                Some(Err(error)) => {
                    forget_void(&mut entry, &error)?;
                    return Err(error);
                }
                None => Ending::RolledBack { reason: "its file is damaged".to_owned() },
            };
            entry.end()?;
            resumed.push(Resumed { description, ending });
        }
        Ok(resumed)
    }
}

/// Forgets what a sponsor has signed, where that is void: the next command asks it again.
fn forget_void(entry: &mut Entry, error: &SendError) -> Result<(), ProfileError> {
    match error {
        SendError::Ledger(LedgerError::SponsorshipVoid { .. }) => entry.forget_sponsored(),
        _ => Ok(()),
    }
}

/// Whether an operation need not be kept: it will never stand in a block.
fn is_final(error: &SendError) -> bool {
    matches!(error, SendError::Ledger(error) if error.is_final())
}

fn decoded(transactions: &[String]) -> Option<Vec<Transaction>> {
    let decode =
        |text: &String| Transaction::decode(&mrms_core::hexadecimal::decode(text).ok()?).ok();
    transactions.iter().map(decode).collect()
}
