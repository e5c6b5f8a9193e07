//! A vault's view of the chain: answers the guardian's questions from a ledger.

use std::sync::{Arc, Mutex, PoisonError};

use mrms_app::ledger::{self, Block, Ledger, LedgerError, Status, Tip};
use mrms_contract::state::{Opened, Record, StoredVersion};
use mrms_contract::{AnswerError, Read, read, split_result};
use mrms_core::{
    AuditEntry, BlockHeight, BurnHeight, ContractId, Principal, RecordId, TxId, UnixTime, Version,
};
use mrms_crypto::envelope::ContentEnvelope;
use mrms_stacks::clarity::Value;
use mrms_stacks::network::Network;
use mrms_stacks::transaction::ContractCall;
use mrms_vault::guardian::{
    AnchoredLog, ChainBlock, ChainError, ChainTip, ChainView, Descent, EmergencyOpening,
    GrantsHeld, IncludedTransaction, VersionOrigin,
};

use crate::clock::now;
use crate::error::chain;

/// A ledger and the contract on it.
pub(crate) struct LedgerView {
    ledger: Arc<dyn Ledger>,
    contract: ContractId,
    moved: Mutex<Option<Moved>>,
}

/// The tip when it last changed, and when that was seen: seconds that no setting of the clock changes.
#[derive(Clone, Copy)]
struct Moved {
    tip: (BlockHeight, BurnHeight),
    at: u64,
}

impl LedgerView {
    pub(crate) fn new(ledger: Arc<dyn Ledger>, contract: ContractId) -> Self {
        Self { ledger, contract, moved: Mutex::new(None) }
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
        let opens =
            matches!(call.function.as_str(), "access-medical-record" | "access-record-version");
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
        Ok(GrantsHeld {
            grant: self.ask_at(block, &read::grant(record, user))?,
            standing: self.ask_at(block, &read::standing_grant(patient, user))?,
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
        Ok(GrantsHeld {
            grant: self.ask(&read::grant(record, user))?,
            standing: self.ask(&read::standing_grant(patient, user))?,
        })
    }

    fn emergency_opening(
        &self,
        record: RecordId,
        user: &Principal,
    ) -> Result<Option<EmergencyOpening>, ChainError> {
        let opening = self.ask(&read::emergency_opening(record, user))?;
        Ok(opening.map(|opening| EmergencyOpening {
            until: opening.until,
            opened_at: opening.opened_at,
            reason: opening.reason,
        }))
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
        | LedgerError::NoHistory { .. } => ChainError::Answer { message },
        _ => ChainError::Unreachable { message },
    }
}

fn misunderstood(error: AnswerError) -> ChainError {
    ChainError::Answer { message: error.to_string() }
}
