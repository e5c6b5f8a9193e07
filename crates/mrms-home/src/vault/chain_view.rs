//! A vault's view of the chain: answers the guardian's questions from a ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use mrms_app::ledger::{self, Block, Ledger, LedgerError, Status, Tip};
use mrms_contract::functions::{Does, does};
use mrms_contract::state::{Delegation, Opened, Record, StoredVersion};
use mrms_contract::{AnswerError, Read, read, split_result};
use mrms_core::{
    AuditEntry, BlockHeight, BurnHeight, ContractId, Powers, Principal, RecordId, StandingGrant,
    TxId, UnixTime, Version,
};
use mrms_crypto::envelope::ContentEnvelope;
use mrms_stacks::clarity::Value;
use mrms_stacks::network::Network;
use mrms_stacks::transaction::ContractCall;
use mrms_vault::guardian::{
    AnchoredLog, ChainBlock, ChainError, ChainTip, ChainView, DeclaredUnder, Descent,
    EmergencyOpening, GrantsHeld, IncludedTransaction, VersionOrigin,
};

use crate::clock::now;
use crate::error::chain;

/// A ledger and the contract on it.
pub(crate) struct LedgerView {
    ledger: Arc<dyn Ledger>,
    contract: ContractId,
    moved: Mutex<Option<Moved>>,
    /// The contract's interface, once it told it: a deployed contract never changes.
    interface: OnceLock<u64>,
}

/// How many questions go to the ledger at once.
const ASKED_AT_ONCE: usize = 256;

/// What somebody has of all records of a patient.
type Between = (Option<StandingGrant>, Option<Delegation>);

/// The first interface with members and successions.
const WITH_SUCCESSIONS: u64 = 2;

/// The tip when it last changed, and when that was seen: seconds that no setting of the clock changes.
#[derive(Clone, Copy)]
struct Moved {
    tip: (BlockHeight, BurnHeight),
    at: u64,
}

impl LedgerView {
    pub(crate) fn new(ledger: Arc<dyn Ledger>, contract: ContractId) -> Self {
        Self { ledger, contract, moved: Mutex::new(None), interface: OnceLock::new() }
    }

    /// The time at which this tip was current. An embedded ledger makes no block while nobody sends a
    /// transaction, so it is up to date whenever it answers. A network makes blocks all the time: a node
    /// whose tip does not change has lost its connection, so only the change of the tip counts.
    fn current_at(&self, tip: &Tip) -> UnixTime {
        if self.ledger.network() == Network::EMBEDDED {
            return tip.time;
        }
        let heights = (tip.block_height, tip.burn_height);
        let steady = mrms_files::seconds_since_boot();
        let mut moved = self.moved.lock().unwrap_or_else(PoisonError::into_inner);
        let at = match &*moved {
            Some(moved) if moved.tip == heights => moved.at,
            _ => moved.insert(Moved { tip: heights, at: steady }).at,
        };
        UnixTime::from_seconds(now().seconds().saturating_sub(steady.saturating_sub(at)))
    }

    fn ask<T>(&self, read: &Read<T>) -> Result<T, ChainError> {
        let answer = self
            .ledger
            .call_read_only(&self.contract, read.function, &read.arguments)
            .map_err(unanswered)?;
        read.decode(&answer).map_err(misunderstood)
    }

    /// Whether the contract knows members and successions.
    fn has_successions(&self) -> Result<bool, ChainError> {
        let interface = match self.interface.get() {
            Some(interface) => *interface,
            None => {
                let interface = self.ask(&read::contract_version())?.interface;
                *self.interface.get_or_init(|| interface)
            }
        };
        Ok(interface >= WITH_SUCCESSIONS)
    }

    /// Whether `user` was this patient, and handed everything over. Grants that they had by name before that are no reason
    /// to release anything: the contract can't find them all, and the new patient may not know of them.
    fn was_patient(
        &self,
        patient: &Principal,
        user: &Principal,
        at: Option<&ChainBlock>,
    ) -> Result<bool, ChainError> {
        if user == patient || !self.has_successions()? {
            return Ok(false);
        }
        let read = read::line(user);
        let line = match at {
            Some(block) => self.ask_at(block, &read)?,
            None => self.ask(&read)?,
        };
        Ok(line.patient != *user && line.patient == *patient)
    }

    /// Asks many things of one kind.
    fn ask_all<T>(&self, reads: &[Read<T>]) -> Result<Vec<T>, ChainError> {
        let mut found = Vec::with_capacity(reads.len());
        for reads in reads.chunks(ASKED_AT_ONCE) {
            let calls: Vec<(&str, &[Value])> =
                reads.iter().map(|read| (read.function, read.arguments.as_slice())).collect();
            let answers = self.ledger.call_read_only_all(&self.contract, &calls);
            for (read, answer) in reads.iter().zip(&answers.map_err(unanswered)?) {
                found.push(read.decode(answer).map_err(misunderstood)?);
            }
        }
        Ok(found)
    }

    /// The standing grants and delegations between these patients and users. Neither, where the user was the patient, and
    /// handed everything over ([`was_patient`](Self::was_patient)): `None`.
    fn between<'p>(
        &self,
        pairs: BTreeSet<(&'p Principal, &'p Principal)>,
    ) -> Result<BTreeMap<(&'p Principal, &'p Principal), Option<Between>>, ChainError> {
        let mut former = BTreeSet::new();
        if self.has_successions()? {
            let others: Vec<_> = pairs.iter().filter(|(patient, user)| patient != user).collect();
            let reads: Vec<_> = others.iter().map(|(_, user)| read::line(user)).collect();
            for (pair, line) in others.into_iter().zip(self.ask_all(&reads)?) {
                if line.patient != *pair.1 && line.patient == *pair.0 {
                    former.insert(*pair);
                }
            }
        }
        let asked: Vec<_> = pairs.iter().filter(|pair| !former.contains(*pair)).copied().collect();
        let standing: Vec<_> =
            asked.iter().map(|(patient, user)| read::standing_grant(patient, user)).collect();
        let delegations: Vec<_> =
            asked.iter().map(|(patient, user)| read::delegate(patient, user)).collect();
        let found = self.ask_all(&standing)?.into_iter().zip(self.ask_all(&delegations)?);
        let mut between: BTreeMap<_, _> = former.into_iter().map(|pair| (pair, None)).collect();
        between.extend(asked.into_iter().zip(found.map(Some)));
        Ok(between)
    }

    /// Asks about the state that a block left.
    fn ask_at<T>(&self, block: &ChainBlock, read: &Read<T>) -> Result<T, ChainError> {
        let ChainBlock { height, id, burn_height } = *block;
        let block = Block { height, id, burn_height };
        let answer = self
            .ledger
            .call_read_only_at(&block, &self.contract, read.function, &read.arguments)
            .map_err(unanswered)?;
        read.decode(&answer).map_err(misunderstood)
    }

    /// The entry that a call of the contract made in the log of `record`, if the call opens a record.
    fn entry_of(&self, call: &ContractCall, result: &Value, record: RecordId) -> Option<u64> {
        let opens = does(call.function.as_str()) == Some(Does::Opens);
        let of = call.arguments.first()?.read().uint().ok()?;
        if call.contract != self.contract || !opens || of != record.number() {
            return None;
        }
        let opened = Opened::read(&split_result(result).ok()?.ok()?).ok()?;
        Some(opened.audit_index)
    }
}

impl ChainView for LedgerView {
    fn tip(&self) -> Result<ChainTip, ChainError> {
        let tip = self.ledger.tip().map_err(unanswered)?;
        Ok(ChainTip {
            block_height: tip.block_height,
            burn_height: tip.burn_height,
            time: self.current_at(&tip),
        })
    }

    fn block(&self, height: BlockHeight) -> Result<Option<ChainBlock>, ChainError> {
        let found = self.ledger.block(height).map_err(unanswered)?;
        Ok(found.map(|Block { height, id, burn_height }| ChainBlock { height, id, burn_height }))
    }

    fn descent(&self, older: &ChainBlock, newer: &ChainBlock) -> Result<Descent, ChainError> {
        let block = |block: &ChainBlock| {
            let ChainBlock { height, id, burn_height } = *block;
            Block { height, id, burn_height }
        };
        let shown = self.ledger.descent(&block(older), &block(newer)).map_err(unanswered)?;
        Ok(match shown {
            ledger::Descent::Shown => Descent::Shown,
            ledger::Descent::Denied => Descent::Denied,
            ledger::Descent::NotShown => Descent::NotShown,
        })
    }

    fn record(&self, record: RecordId) -> Result<Option<Record>, ChainError> {
        self.ask(&read::record(record))
    }

    fn record_at(
        &self,
        record: RecordId,
        block: &ChainBlock,
    ) -> Result<Option<Record>, ChainError> {
        self.ask_at(block, &read::record(record))
    }

    fn version_at(
        &self,
        record: RecordId,
        version: Version,
        block: &ChainBlock,
    ) -> Result<Option<VersionOrigin>, ChainError> {
        Ok(self.ask_at(block, &read::record_version(record, version))?.map(origin))
    }

    fn grants_at(
        &self,
        record: RecordId,
        patient: &Principal,
        user: &Principal,
        block: &ChainBlock,
    ) -> Result<GrantsHeld, ChainError> {
        if self.was_patient(patient, user, Some(block))? {
            return Ok(GrantsHeld::default());
        }
        Ok(GrantsHeld {
            grant: self.ask_at(block, &read::grant(record, user))?,
            standing: self.ask_at(block, &read::standing_grant(patient, user))?,
            delegation: self.ask_at(block, &read::delegate(patient, user))?,
        })
    }

    fn has_records(&self, patient: &Principal) -> Result<bool, ChainError> {
        Ok(self.ask(&read::patient_counts(patient))?.records > 0)
    }

    fn anchored_log(&self, vault: &Principal) -> Result<Option<AnchoredLog>, ChainError> {
        let anchor = self.ask(&read::vault_log(vault))?;
        Ok(anchor.map(|anchor| AnchoredLog { head: anchor.head, count: anchor.count }))
    }

    fn version(
        &self,
        record: RecordId,
        version: Version,
    ) -> Result<Option<VersionOrigin>, ChainError> {
        Ok(self.ask(&read::record_version(record, version))?.map(origin))
    }

    fn entry(&self, record: RecordId, index: u64) -> Result<Option<AuditEntry>, ChainError> {
        self.ask(&read::audit_entry(record, index))
    }

    fn grants(
        &self,
        record: RecordId,
        patient: &Principal,
        user: &Principal,
    ) -> Result<GrantsHeld, ChainError> {
        if self.was_patient(patient, user, None)? {
            return Ok(GrantsHeld::default());
        }
        Ok(GrantsHeld {
            grant: self.ask(&read::grant(record, user))?,
            standing: self.ask(&read::standing_grant(patient, user))?,
            delegation: self.ask(&read::delegate(patient, user))?,
        })
    }

    fn records(&self, records: &[RecordId]) -> Result<Vec<Option<Record>>, ChainError> {
        let distinct: BTreeSet<RecordId> = records.iter().copied().collect();
        let reads: Vec<_> = distinct.iter().map(|record| read::record(*record)).collect();
        let found: BTreeMap<_, _> = distinct.into_iter().zip(self.ask_all(&reads)?).collect();
        Ok(records.iter().map(|record| found.get(record).cloned().flatten()).collect())
    }

    fn grants_of(
        &self,
        asked: &[(RecordId, &Principal, &Principal)],
    ) -> Result<Vec<GrantsHeld>, ChainError> {
        // Of many records of one patient or of many readers of one record, most is the same.
        let pairs = asked.iter().map(|(_, patient, user)| (*patient, *user)).collect();
        let between = self.between(pairs)?;
        let of = |patient: &Principal, user: &Principal| {
            between.get(&(patient, user)).copied().flatten()
        };
        let reads: Vec<_> = asked
            .iter()
            .filter(|(_, patient, user)| of(patient, user).is_some())
            .map(|(record, _, user)| read::grant(*record, user))
            .collect();
        let mut grants = self.ask_all(&reads)?.into_iter();
        let held = asked.iter().map(|(_, patient, user)| match of(patient, user) {
            None => GrantsHeld::default(),
            Some((standing, delegation)) => {
                GrantsHeld { grant: grants.next().flatten(), standing, delegation }
            }
        });
        Ok(held.collect())
    }

    fn delegated_powers(
        &self,
        patient: &Principal,
        user: &Principal,
        now: BurnHeight,
    ) -> Result<Option<Powers>, ChainError> {
        let delegation = self.ask(&read::delegate(patient, user))?;
        let powers = delegation.and_then(|delegation| delegation.powers_at(now));
        // Who was the patient is not their own delegate.
        Ok(if powers.is_some() && self.was_patient(patient, user, None)? { None } else { powers })
    }

    fn is_member(
        &self,
        organisation: &Principal,
        member: &Principal,
        now: BurnHeight,
    ) -> Result<bool, ChainError> {
        if !self.has_successions()? {
            return Ok(false);
        }
        let membership = self.ask(&read::member(organisation, member))?;
        Ok(membership.is_some_and(|membership| membership.is_live(now)))
    }

    fn emergency_opening(
        &self,
        record: RecordId,
        user: &Principal,
    ) -> Result<Option<EmergencyOpening>, ChainError> {
        let Some(opening) = self.ask(&read::emergency_opening(record, user))? else {
            return Ok(None);
        };
        let under = match opening.under {
            None => None,
            Some(under) => Some(match under.standing {
                None => DeclaredUnder::Own(under.entry),
                Some(of) => {
                    // Another patient's standing grant, from before the record was given away, counts no more.
                    let patient = self.record(record)?.map(|record| record.patient);
                    if patient != Some(self.ask(&read::line(&of))?.patient) {
                        return Ok(None);
                    }
                    DeclaredUnder::Standing(under.entry)
                }
            }),
        };
        let (until, opened_at, reason) = (opening.until, opening.opened_at, opening.reason);
        Ok(Some(EmergencyOpening { until, opened_at, reason, under }))
    }

    fn transaction(
        &self,
        txid: &TxId,
        record: RecordId,
    ) -> Result<Option<IncludedTransaction>, ChainError> {
        let included = self.ledger.included(txid).map_err(unanswered)?;
        Ok(included.filter(|call| call.receipt.status == Status::Success).map(|included| {
            let entry = included
                .call
                .as_ref()
                .and_then(|call| self.entry_of(call, &included.receipt.result, record));
            IncludedTransaction {
                block_height: included.receipt.block_height,
                entries: entry.into_iter().collect(),
            }
        }))
    }
}

fn origin(stored: StoredVersion) -> VersionOrigin {
    let envelope = ContentEnvelope::parse(&stored.encrypted_content).ok();
    let off_chain = envelope.filter(|envelope| envelope.payload().is_none());
    VersionOrigin {
        author: stored.author,
        content_hash: stored.content_hash,
        ciphertext: off_chain.map(|envelope| *envelope.payload_digest().sha256()),
        burn_height: stored.burn_height,
    }
}

fn unanswered(error: LedgerError) -> ChainError {
    let message = chain(&error);
    match error {
        LedgerError::Answer { .. }
        | LedgerError::Damaged { .. }
        | LedgerError::Call { .. }
        | LedgerError::NoHistory { .. }
        | LedgerError::HistoryBegins { .. } => ChainError::Answer { message },
        _ => ChainError::Unreachable { message },
    }
}

fn misunderstood(error: AnswerError) -> ChainError {
    ChainError::Answer { message: error.to_string() }
}
