//! What became of a call, read from the contract's own state: for a node that keeps no index of transactions.
//!
//! The block that has the transaction is found by its account's nonce. What a call of the records contract did is in the
//! state that this block left and the one before it did not: an entry of the record's log, a version, a key. From that
//! comes the value that the contract returned, exactly. A call that left nothing was refused, and why is asked of the
//! contract itself, on the state before the block. Transactions for other contracts leave nothing that could be read so,
//! and are not signed at all.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use mrms_app::ledger::LedgerError;
use mrms_contract::{AnswerError, Read, functions, read};
use mrms_core::{Action, AuditEntry, Principal, RecordId, TxId, Version};
use mrms_stacks::clarity::{ClarityName, Value};
use mrms_stacks::client::{Inclusion, NonceBlock, Outcome, TransactionState};
use mrms_stacks::transaction::{ContractCall, Payload, Transaction};
use sha2::{Digest as _, Sha256};

use super::added::Added;
use super::{RemoteLedger, ledger_error};

/// The transactions that this process has sent.
#[derive(Debug, Default)]
pub(super) struct Sent {
    transactions: Mutex<HashMap<TxId, Transaction>>,
}

impl Sent {
    pub(super) fn transaction(&self, txid: &TxId) -> Option<Transaction> {
        self.transactions.lock().unwrap_or_else(PoisonError::into_inner).get(txid).cloned()
    }

    pub(super) fn remember(&self, transaction: Transaction) {
        let mut all = self.transactions.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(transaction.txid(), transaction);
    }
}

/// A call in the block that has it.
pub(super) struct Executed<'a> {
    ledger: &'a RemoteLedger,
    call: &'a ContractCall,
    pub(super) sender: Principal,
    block: &'a NonceBlock,
    /// How many transactions of the same account are before it in the block.
    pub(super) earlier: usize,
}

impl RemoteLedger {
    /// Refuses what this node could not tell the end of.
    pub(super) fn must_be_told(&self, payload: &Payload) -> Result<(), LedgerError> {
        let cannot = |what: String| {
            let why = match self.is_before_epoch_3() {
                Ok(true) => {
                    "is in an epoch before 3, where no index knows of transactions; name a hosted API"
                }
                _ => {
                    "keeps no index of transactions; set txindex in its configuration, or name a hosted API"
                }
            };
            LedgerError::CannotFollow { what, reason: format!("{} {why}", self.url()) }
        };
        let call = match payload {
            Payload::TokenTransfer { .. } | Payload::SmartContract(_) => return Ok(()),
            Payload::ContractCall(call) => call,
        };
        let function = call.function.as_str();
        // The result of each function of the contract can be read from its state.
        if functions::does(function).is_none() {
            return Err(cannot(format!("a call of {function}")));
        }
        let deployed = self.client.contract(&call.contract).map_err(ledger_error)?;
        let release = deployed.and_then(|deployed| {
            mrms_contract::release_of(&Sha256::digest(deployed.source).into())
        });
        match release {
            Some(_) => Ok(()),
            None => {
                Err(cannot(format!("a call of another contract than MRMS's, {}", call.contract)))
            }
        }
    }

    /// What became of a transaction of this process. That of another can't be told.
    pub(super) fn state_in_blocks(
        &self,
        txid: &TxId,
    ) -> Result<Option<TransactionState>, LedgerError> {
        if let Some(known) = self.known.inclusion(txid) {
            return Ok(Some(TransactionState::Included(Box::new(known))));
        }
        let waits = || -> Result<_, LedgerError> {
            let waits = self.client.is_unconfirmed(txid).map_err(ledger_error)?;
            Ok(waits.then_some(TransactionState::Pending))
        };
        let Some(transaction) = self.sent.transaction(txid) else {
            return match waits()? {
                Some(state) => Ok(Some(state)),
                None => Err(LedgerError::NoHistory {
                    reason: format!(
                        "{} keeps no index of transactions, and can't be asked for {txid}",
                        self.url()
                    ),
                }),
            };
        };
        let (origin, nonce) = (transaction.origin(), transaction.authorization().origin().nonce);
        let found = self.client.block_with_nonce(&origin, nonce, &transaction);
        let Some(block) = found.map_err(ledger_error)? else { return waits() };
        if !block.has_transaction {
            return Ok(None);
        }
        let result = match transaction.payload() {
            // A transfer that does not succeed gets into no block.
            Payload::TokenTransfer { .. } => Value::ok(Value::Bool(true)),
            Payload::SmartContract(contract) => {
                let id = mrms_core::ContractId { deployer: origin, name: contract.name.clone() };
                match self.client.contract(&id).map_err(ledger_error)? {
                    Some(_) => Value::ok(Value::Bool(true)),
                    None => Value::err(Value::None),
                }
            }
            Payload::ContractCall(call) => {
                let earlier = nonce.number().saturating_sub(block.before.number());
                let executed = Executed {
                    ledger: self,
                    call,
                    sender: origin.into(),
                    block: &block,
                    earlier: usize::try_from(earlier).unwrap_or(usize::MAX),
                };
                executed.result()?
            }
        };
        let inclusion = Inclusion {
            outcome: match result {
                Value::Err(_) => Outcome::AbortedByResponse,
                _ => Outcome::Success,
            },
            result,
            block_height: block.height,
            burn_height: block.burn_height,
            time: block.time,
        };
        self.known.remember(*txid, inclusion.clone());
        Ok(Some(TransactionState::Included(Box::new(inclusion))))
    }
}

fn misread(error: AnswerError) -> LedgerError {
    LedgerError::Answer { reason: error.to_string() }
}

pub(super) fn unexpected(what: &str) -> LedgerError {
    LedgerError::Answer { reason: format!("the state of the contract has {what}") }
}

impl Executed<'_> {
    fn ask<T>(&self, block: &[u8; 32], read: &Read<T>) -> Result<T, LedgerError> {
        let (contract, arguments) = (&self.call.contract, &read.arguments);
        let answer = self.ledger.client.call_read_only_at(
            Some(block),
            contract,
            read.function,
            arguments,
            &self.sender,
        );
        read.decode(&answer.map_err(ledger_error)?).map_err(misread)
    }

    pub(super) fn after<T>(&self, read: &Read<T>) -> Result<T, LedgerError> {
        self.ask(&self.block.id, read)
    }

    pub(super) fn before<T>(&self, read: &Read<T>) -> Result<T, LedgerError> {
        self.ask(&self.block.parent_id, read)
    }

    fn argument(&self, place: usize) -> Result<&Value, LedgerError> {
        let argument = self.call.arguments.get(place);
        argument.ok_or_else(|| unexpected("a call with too few arguments"))
    }

    pub(super) fn uint(&self, place: usize) -> Result<u128, LedgerError> {
        self.argument(place)?.read().uint().map_err(|error| misread(error.into()))
    }

    pub(super) fn principal(&self, place: usize) -> Result<Principal, LedgerError> {
        let principal = self.argument(place)?.read().principal().cloned();
        principal.map_err(|error| misread(error.into()))
    }

    fn buffer(&self, place: usize) -> Result<&[u8], LedgerError> {
        match self.argument(place)? {
            Value::Buffer(bytes) => Ok(bytes),
            _ => Err(unexpected("a call with another argument than bytes")),
        }
    }

    /// What the call returned.
    fn result(&self) -> Result<Value, LedgerError> {
        match self.success()? {
            Some(value) => Ok(Value::ok(value)),
            None => self.refusal(),
        }
    }

    /// What it returned within `(ok …)`; `None` when it left nothing.
    fn success(&self) -> Result<Option<Value>, LedgerError> {
        let done = |is_done: bool| Ok(is_done.then_some(Value::Bool(true)));
        match self.call.function.as_str() {
            "create-medical-record" => self.written(Action::Create, 0, 1),
            "create-record-for" => self.written(Action::CreateFor, 1, 2),
            "amend-medical-record" => self.written(Action::Amend, 0, 1),
            "amend-record-version" => self.written(Action::Amend, 0, 2),
            "access-medical-record" | "access-record-version" | "access-for" => self.opened(),
            "grant-record-access" | "grant-record-rights" => {
                let user = self.principal(1)?;
                done(self.entry_for(Action::Grant, Some(&user))?.is_some())
            }
            "grant-many" => done(self.granted_many()?),
            "revoke-record-access" => {
                let user = self.principal(1)?;
                done(self.entry_for(Action::Revoke, Some(&user))?.is_some())
            }
            "transfer-patient" => {
                let to = self.principal(1)?;
                done(self.entry_for(Action::TransferOffer, Some(&to))?.is_some())
            }
            "accept-patient" => done(self.entry_for(Action::TransferAccept, None)?.is_some()),
            "put-key-envelope" => {
                let (user, detail) = (self.principal(2)?, Sha256::digest(self.buffer(3)?));
                let found = self.entry(RecordId::new(self.uint(0)?), |entry| {
                    entry.action == Action::Envelope
                        && entry.subject.as_ref() == Some(&user)
                        && entry.detail[..] == detail[..]
                })?;
                done(found.is_some())
            }
            "emergency-access" => {
                let reason = self.buffer(1)?;
                let found = self.entry(RecordId::new(self.uint(0)?), |entry| {
                    entry.action == Action::Emergency && entry.detail[..] == *reason
                })?;
                let Some(Added { entry, head }) = found else { return Ok(None) };
                let until =
                    entry.expiry.ok_or_else(|| unexpected("an emergency without an end"))?;
                tuple([
                    ("until", Value::uint(until.number())),
                    ("audit-index", Value::uint(entry.index)),
                    ("audit-head", Value::buffer(*head.as_bytes())),
                ])
            }
            "grant-standing-access" => {
                let read = read::standing_grant(&self.principal(0)?, &self.principal(1)?);
                let now = self.after(&read)?;
                let is_so = now.as_ref().is_some_and(|grant| {
                    let rights = grant.rights.map_or(0, |rights| u128::from(rights.bits()));
                    let expiry = grant.expiry.map(|expiry| Value::uint(expiry.number()));
                    self.call.arguments.get(2) == Some(&Value::UInt(rights))
                        && self.call.arguments.get(3) == Some(&Value::optional(expiry))
                });
                done(is_so)
            }
            "revoke-standing-access" => {
                let read = read::standing_grant(&self.principal(0)?, &self.principal(1)?);
                let (before, after) = (self.before(&read)?, self.after(&read)?);
                done(
                    before.is_some_and(|grant| grant.rights.is_some())
                        && after.is_some_and(|grant| grant.rights.is_none()),
                )
            }
            "set-delegate" => done(self.of_own_log(Action::DelegateSet)?.is_some()),
            "remove-delegate" => done(self.of_own_log(Action::DelegateRemove)?.is_some()),
            "end-delegation" => done(self.of_own_log(Action::DelegateEnd)?.is_some()),
            "name-contact" => done(self.of_own_log(Action::ContactName)?.is_some()),
            "set-member" => done(self.of_own_log(Action::MemberSet)?.is_some()),
            "remove-member" => done(self.of_own_log(Action::MemberRemove)?.is_some()),
            "offer-succession" => done(self.of_own_log(Action::SuccessionOffer)?.is_some()),
            "refuse-delegation" => {
                let contact = self.principal(1)?;
                done(self.of_patients_log(Action::ContactRefuse, Some(&contact))?.is_some())
            }
            "accept-delegation" => {
                done(self.of_patients_log(Action::ContactAccept, None)?.is_some())
            }
            "accept-succession" => {
                done(self.of_patients_log(Action::SuccessionAccept, None)?.is_some())
            }
            "ask-for-delegation" => {
                let Some(asked) = self.of_patients_log(Action::ContactAsk, None)? else {
                    return Ok(None);
                };
                let ready =
                    asked.expiry.ok_or_else(|| unexpected("a contact who asked without a wait"))?;
                Ok(Some(Value::uint(ready.number())))
            }
            "publish-encryption-key" => {
                let published = self.after(&read::encryption_key(&self.sender))?;
                let recipient = self.buffer(0)?;
                let published = published.filter(|key| key.recipient == recipient);
                Ok(published.map(|key| Value::uint(key.generation)))
            }
            "anchor-vault-log" => {
                let anchor = self.after(&read::vault_log(&self.sender))?;
                let (head, count) = (self.buffer(0)?, self.uint(1)?);
                done(anchor.is_some_and(|anchor| {
                    anchor.head[..] == *head && u128::from(anchor.count) == count
                }))
            }
            _ => Err(unexpected("nothing that tells of this function")),
        }
    }

    /// What `create` and `amend` return.
    fn written(
        &self,
        action: Action,
        record: usize,
        content: usize,
    ) -> Result<Option<Value>, LedgerError> {
        let hash: [u8; 32] = Sha256::digest(self.buffer(content)?).into();
        let found = self.entry(RecordId::new(self.uint(record)?), |entry| {
            entry.action == action && entry.detail == hash
        })?;
        let Some(Added { entry, head }) = found else { return Ok(None) };
        tuple([
            ("version", Value::uint(entry.version)),
            ("content-hash", Value::buffer(hash)),
            ("audit-index", Value::uint(entry.index)),
            ("audit-head", Value::buffer(*head.as_bytes())),
        ])
    }

    /// What an access returns.
    fn opened(&self) -> Result<Option<Value>, LedgerError> {
        let id = RecordId::new(self.uint(0)?);
        let version = match self.call.arguments.get(1) {
            Some(_) => Some(self.uint(1)?),
            None => None,
        };
        // The organisation for which a member opens.
        let holder = match self.call.arguments.get(2) {
            Some(_) => Some(self.principal(2)?),
            None => None,
        };
        let found = self.entry(id, |entry| {
            entry.is_opening()
                && entry.subject == holder
                && version.is_none_or(|version| u128::from(entry.version) == version)
        })?;
        let Some(Added { entry, head }) = found else { return Ok(None) };
        let version =
            Version::new(entry.version).ok_or_else(|| unexpected("an access of no version"))?;
        let stored = self.after(&read::record_version(id, version))?;
        let stored =
            stored.ok_or_else(|| unexpected("an access of a version that is not there"))?;
        tuple([
            ("version", Value::uint(entry.version)),
            ("author", Value::Principal(stored.author)),
            ("encrypted-content", Value::Buffer(stored.encrypted_content)),
            ("content-hash", Value::buffer(*stored.content_hash.as_bytes())),
            ("burn-height", Value::uint(stored.burn_height.number())),
            ("audit-index", Value::uint(entry.index)),
            ("audit-head", Value::buffer(*head.as_bytes())),
        ])
    }

    fn granted_many(&self) -> Result<bool, LedgerError> {
        let Value::List(grants) = self.argument(0)? else {
            return Err(unexpected("a call of grant-many without a list"));
        };
        for grant in grants {
            let grant = grant.read();
            let id = grant.field("record-id").and_then(|id| id.uint());
            let user = grant.field("user").and_then(|user| user.principal().cloned());
            let id = RecordId::new(id.map_err(|error| misread(error.into()))?);
            let user = user.map_err(|error| misread(error.into()))?;
            let is_it = |entry: &AuditEntry| {
                entry.action == Action::Grant && entry.subject.as_ref() == Some(&user)
            };
            if self.entry(id, is_it)?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Why the contract refused: asked on the state before the block, where the call changes nothing. Where that is not told
    /// either, an error without a reason.
    fn refusal(&self) -> Result<Value, LedgerError> {
        let ContractCall { contract, function, arguments } = self.call;
        let before = Some(&self.block.parent_id);
        let asked = self.ledger.client.call_read_only_at(
            before,
            contract,
            function.as_str(),
            arguments,
            &self.sender,
        );
        Ok(match asked {
            Ok(refused @ Value::Err(_)) => refused,
            _ => Value::err(Value::None),
        })
    }
}

fn tuple<const N: usize>(fields: [(&'static str, Value); N]) -> Result<Option<Value>, LedgerError> {
    let named = fields.map(|(name, value)| (name.parse::<ClarityName>(), value));
    let mut tuple = Vec::with_capacity(N);
    for (name, value) in named {
        let name = name.map_err(|error| LedgerError::Answer { reason: error.to_string() })?;
        tuple.push((name, value));
    }
    let value = Value::tuple(tuple);
    value.map(Some).map_err(|error| LedgerError::Answer { reason: error.to_string() })
}
