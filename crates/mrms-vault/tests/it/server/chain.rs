//! A chain that says what a test told it: records, their versions, grants and openings.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::SystemTime;

use mrms_contract::trail::Head;
use mrms_core::{
    Action, AuditEntry, BlockHeight, BurnHeight, ContentHash, Grant, Principal, RecordId, Rights,
    TxId, UnixTime, Version,
};
use mrms_vault::guardian::{
    ChainError, ChainTip, ChainView, EmergencyOpening, GrantsHeld, IncludedTransaction, Record,
    VersionOrigin,
};

const NOW: BurnHeight = BurnHeight::new(1_000);

/// The chain.
#[derive(Default)]
pub(crate) struct Chain(Mutex<State>);

#[derive(Default)]
struct State {
    records: BTreeMap<RecordId, Kept>,
    grants: BTreeMap<(RecordId, Principal), Grant>,
    transactions: BTreeMap<TxId, (RecordId, u64)>,
}

struct Kept {
    patient: Principal,
    versions: Vec<VersionOrigin>,
    entries: Vec<AuditEntry>,
}

impl Chain {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// A record of one version, whose ciphertext may lie with a vault.
    pub(crate) fn create(&self, record: RecordId, patient: &Principal, blob: Option<[u8; 32]>) {
        let origin = VersionOrigin {
            author: patient.clone(),
            content_hash: ContentHash::of(b"content"),
            ciphertext: blob,
        };
        let patient = patient.clone();
        let kept = Kept { patient, versions: vec![origin], entries: Vec::new() };
        assert!(self.lock().records.insert(record, kept).is_none());
    }

    pub(crate) fn grant(&self, record: RecordId, user: &Principal) {
        let rights = Some(Rights::READ);
        let from_version = Version::FIRST;
        let grant = Grant { rights, expiry: None, granted_at: NOW, from_version };
        self.lock().grants.insert((record, user.clone()), grant);
    }

    /// An opening of the first version: the entry's place, and its transaction.
    pub(crate) fn access(&self, record: RecordId, user: &Principal) -> (u64, TxId) {
        let mut state = self.lock();
        let number = state.transactions.len() as u64;
        let kept = state.records.get_mut(&record).unwrap();
        let index = kept.entries.len() as u64;
        kept.entries.push(AuditEntry {
            index,
            action: Action::Access,
            actor: user.clone(),
            subject: None,
            version: 1,
            expiry: None,
            detail: [0; 32],
            burn_height: NOW,
        });
        let mut txid = [0xEE; 32];
        txid[..8].copy_from_slice(&number.to_be_bytes());
        let txid = TxId::from_bytes(txid);
        state.transactions.insert(txid, (record, index));
        (index, txid)
    }
}

impl ChainView for Chain {
    fn tip(&self) -> Result<ChainTip, ChainError> {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let time = UnixTime::from_seconds(since.as_secs());
        Ok(ChainTip { block_height: BlockHeight::new(100), burn_height: NOW, time })
    }

    fn record(&self, record: RecordId) -> Result<Option<Record>, ChainError> {
        Ok(self.lock().records.get(&record).map(|kept| Record {
            patient: kept.patient.clone(),
            version: Version::new(kept.versions.len() as u64).unwrap(),
            readers: 0,
            audit_count: kept.entries.len() as u64,
            audit_head: Head::EMPTY,
        }))
    }

    fn version(
        &self,
        record: RecordId,
        version: Version,
    ) -> Result<Option<VersionOrigin>, ChainError> {
        let place = usize::try_from(version.number() - 1).unwrap();
        let state = self.lock();
        Ok(state.records.get(&record).and_then(|kept| kept.versions.get(place).cloned()))
    }

    fn entry(&self, record: RecordId, index: u64) -> Result<Option<AuditEntry>, ChainError> {
        let place = usize::try_from(index).unwrap();
        let state = self.lock();
        Ok(state.records.get(&record).and_then(|kept| kept.entries.get(place).cloned()))
    }

    fn grants(
        &self,
        record: RecordId,
        _: &Principal,
        user: &Principal,
    ) -> Result<GrantsHeld, ChainError> {
        let grant = self.lock().grants.get(&(record, user.clone())).copied();
        Ok(GrantsHeld { grant, standing: None })
    }

    fn emergency_opening(
        &self,
        _: RecordId,
        _: &Principal,
    ) -> Result<Option<EmergencyOpening>, ChainError> {
        Ok(None)
    }

    fn transaction(
        &self,
        txid: &TxId,
        record: RecordId,
    ) -> Result<Option<IncludedTransaction>, ChainError> {
        Ok(self.lock().transactions.get(txid).map(|(of, index)| {
            let entries = if *of == record { vec![*index] } else { Vec::new() };
            IncludedTransaction { block_height: BlockHeight::new(100), entries }
        }))
    }
}
