//! [`ChainView`]: what a vault asks the chain, a port.
//!
//! The vault believes no client about grants and entries: it asks its own view, each time. This crate does not know
//! which node answers, or how. An answer holds at the tip of the chain when it was asked.

use mrms_core::{
    AuditEntry, BlockHeight, BurnHeight, ContentHash, Grant, Powers, Principal, RecordId,
    StandingGrant, TxId, UnixTime, Version,
};

pub use mrms_contract::state::{Delegation, Record};

/// The newest block that the view knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainTip {
    /// Its height.
    pub block_height: BlockHeight,
    /// The burn height with which the contract would check a grant now.
    pub burn_height: BurnHeight,
    /// When the view was last known to be current: on a network the time of the newest block. A ledger in the same process
    /// makes blocks only when asked, and gives the current time.
    pub time: UnixTime,
}

/// A block of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainBlock {
    /// Its height.
    pub height: BlockHeight,
    /// What tells it from every other block, those of the same height on another branch included.
    pub id: [u8; 32],
    /// The burn height that it was made at.
    pub burn_height: BurnHeight,
}

/// What the chain shows about two of its blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Descent {
    /// The newer one was made on top of the older one: what its node signed proves it.
    Shown,
    /// It was not: the newer one has another block in the place of the older one.
    Denied,
    /// The chain gives no such proof. A Stacks network never does.
    NotShown,
}

/// How many lines of a vault's log the chain knows, and what commits to them (`get-vault-log`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnchoredLog {
    /// What commits to the lines.
    pub head: [u8; 32],
    /// Their number.
    pub count: u64,
}

/// A version's author, hash, ciphertext and height.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionOrigin {
    /// The author.
    pub author: Principal,
    /// SHA-256 of the content, as the contract computed it.
    pub content_hash: ContentHash,
    /// SHA-256 of the ciphertext that the content refers to, if it is kept off the chain.
    pub ciphertext: Option<[u8; 32]>,
    /// When it was written. Of two versions that refer to one ciphertext, the earlier one is the original.
    pub burn_height: BurnHeight,
}

/// What lets a user open one record, live or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GrantsHeld {
    /// The record's own (`get-grant`).
    pub grant: Option<Grant>,
    /// The patient's for all records (`get-standing-grant`).
    pub standing: Option<StandingGrant>,
    /// What they may do for the patient, as a delegate (`get-delegate`).
    pub delegation: Option<Delegation>,
}

/// The grant by which an emergency was declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeclaredUnder {
    /// The record's own, with this entry in the record's log.
    Own(u64),
    /// The standing one of the record's patient, with this entry in the patient's log.
    Standing(u64),
}

/// A user's latest emergency opening of a record (`get-emergency-opening`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmergencyOpening {
    /// First height at which it is closed: its end is exclusive.
    pub until: BurnHeight,
    /// Height at which it was declared.
    pub opened_at: BurnHeight,
    /// SHA-256 of the reason.
    pub reason: [u8; 32],
    /// The grant by which it was declared, where the contract tells it.
    pub under: Option<DeclaredUnder>,
}

/// A transaction that is on the chain and succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncludedTransaction {
    /// The height of its block.
    pub block_height: BlockHeight,
    /// Indices of the entries that it added to the log of the record in question. Only entries that the records contract
    /// itself printed.
    pub entries: Vec<u64>,
}

/// Why the chain could not be asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// The node can't be reached, or did not answer in time.
    #[error("the chain cannot be reached: {message}")]
    Unreachable {
        /// What the client of the node said.
        message: String,
    },
    /// The node answered with something that is no answer to the question.
    #[error("the chain's answer cannot be understood: {message}")]
    Answer {
        /// What is wrong with it.
        message: String,
    },
}

/// The chain as one vault sees it: read-only questions about one records contract.
///
/// `None` means that the chain says there is no such thing, never that it could not be asked. Every function fails with a
/// [`ChainError`]; the vault then releases nothing.
pub trait ChainView: Send + Sync {
    /// The newest block.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn tip(&self) -> Result<ChainTip, ChainError>;

    /// The block at a height, as this chain has it now.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn block(&self, height: BlockHeight) -> Result<Option<ChainBlock>, ChainError>;

    /// Whether the chain shows that `newer` was made on top of `older`, which is not above it.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn descent(&self, older: &ChainBlock, newer: &ChainBlock) -> Result<Descent, ChainError>;

    /// A record.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn record(&self, record: RecordId) -> Result<Option<Record>, ChainError>;

    /// A record as `block` left it.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn record_at(&self, record: RecordId, block: &ChainBlock)
    -> Result<Option<Record>, ChainError>;

    /// A version as `block` left it.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn version_at(
        &self,
        record: RecordId,
        version: Version,
        block: &ChainBlock,
    ) -> Result<Option<VersionOrigin>, ChainError>;

    /// The grants of `user` as `block` left them.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn grants_at(
        &self,
        record: RecordId,
        patient: &Principal,
        user: &Principal,
        block: &ChainBlock,
    ) -> Result<GrantsHeld, ChainError>;

    /// Whether a patient ever made a record.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn has_records(&self, patient: &Principal) -> Result<bool, ChainError>;

    /// What was last anchored of a vault's log.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn anchored_log(&self, vault: &Principal) -> Result<Option<AnchoredLog>, ChainError>;

    /// A version's author and hash.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn version(
        &self,
        record: RecordId,
        version: Version,
    ) -> Result<Option<VersionOrigin>, ChainError>;

    /// The entry at `index` of a record's log.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn entry(&self, record: RecordId, index: u64) -> Result<Option<AuditEntry>, ChainError>;

    /// The grants of `user` on `record` of `patient`, live or not.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn grants(
        &self,
        record: RecordId,
        patient: &Principal,
        user: &Principal,
    ) -> Result<GrantsHeld, ChainError>;

    /// These records, as [`record`](Self::record) answers for each. A chain that answers many questions in less time than one
    /// by one does so here.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn records(&self, records: &[RecordId]) -> Result<Vec<Option<Record>>, ChainError> {
        records.iter().map(|record| self.record(*record)).collect()
    }

    /// The grants that [`grants`](Self::grants) answers, for each record, its patient and a user.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn grants_of(
        &self,
        asked: &[(RecordId, &Principal, &Principal)],
    ) -> Result<Vec<GrantsHeld>, ChainError> {
        asked.iter().map(|(record, patient, user)| self.grants(*record, patient, user)).collect()
    }

    /// What `user` may do for `patient` as a delegate of theirs now.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn delegated_powers(
        &self,
        patient: &Principal,
        user: &Principal,
        now: BurnHeight,
    ) -> Result<Option<Powers>, ChainError>;

    /// Whether `member` may open for `organisation` now.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn is_member(
        &self,
        organisation: &Principal,
        member: &Principal,
        now: BurnHeight,
    ) -> Result<bool, ChainError>;

    /// The latest emergency opening of `record` by `user`; none that was declared by another patient's standing grant.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn emergency_opening(
        &self,
        record: RecordId,
        user: &Principal,
    ) -> Result<Option<EmergencyOpening>, ChainError>;

    /// A transaction, with what it added to the log of `record`; `None` if it is not on the chain, or failed there.
    ///
    /// # Errors
    ///
    /// See the trait.
    fn transaction(
        &self,
        txid: &TxId,
        record: RecordId,
    ) -> Result<Option<IncludedTransaction>, ChainError>;
}

impl<T: ChainView + ?Sized> ChainView for std::sync::Arc<T> {
    fn tip(&self) -> Result<ChainTip, ChainError> {
        (**self).tip()
    }

    fn block(&self, height: BlockHeight) -> Result<Option<ChainBlock>, ChainError> {
        (**self).block(height)
    }

    fn descent(&self, older: &ChainBlock, newer: &ChainBlock) -> Result<Descent, ChainError> {
        (**self).descent(older, newer)
    }

    fn record(&self, record: RecordId) -> Result<Option<Record>, ChainError> {
        (**self).record(record)
    }

    fn record_at(
        &self,
        record: RecordId,
        block: &ChainBlock,
    ) -> Result<Option<Record>, ChainError> {
        (**self).record_at(record, block)
    }

    fn version_at(
        &self,
        record: RecordId,
        version: Version,
        block: &ChainBlock,
    ) -> Result<Option<VersionOrigin>, ChainError> {
        (**self).version_at(record, version, block)
    }

    fn grants_at(
        &self,
        record: RecordId,
        patient: &Principal,
        user: &Principal,
        block: &ChainBlock,
    ) -> Result<GrantsHeld, ChainError> {
        (**self).grants_at(record, patient, user, block)
    }

    fn has_records(&self, patient: &Principal) -> Result<bool, ChainError> {
        (**self).has_records(patient)
    }

    fn anchored_log(&self, vault: &Principal) -> Result<Option<AnchoredLog>, ChainError> {
        (**self).anchored_log(vault)
    }

    fn version(
        &self,
        record: RecordId,
        version: Version,
    ) -> Result<Option<VersionOrigin>, ChainError> {
        (**self).version(record, version)
    }

    fn entry(&self, record: RecordId, index: u64) -> Result<Option<AuditEntry>, ChainError> {
        (**self).entry(record, index)
    }

    fn grants(
        &self,
        record: RecordId,
        patient: &Principal,
        user: &Principal,
    ) -> Result<GrantsHeld, ChainError> {
        (**self).grants(record, patient, user)
    }

    fn records(&self, records: &[RecordId]) -> Result<Vec<Option<Record>>, ChainError> {
        (**self).records(records)
    }

    fn grants_of(
        &self,
        asked: &[(RecordId, &Principal, &Principal)],
    ) -> Result<Vec<GrantsHeld>, ChainError> {
        (**self).grants_of(asked)
    }

    fn delegated_powers(
        &self,
        patient: &Principal,
        user: &Principal,
        now: BurnHeight,
    ) -> Result<Option<Powers>, ChainError> {
        (**self).delegated_powers(patient, user, now)
    }

    fn is_member(
        &self,
        organisation: &Principal,
        member: &Principal,
        now: BurnHeight,
    ) -> Result<bool, ChainError> {
        (**self).is_member(organisation, member, now)
    }

    fn emergency_opening(
        &self,
        record: RecordId,
        user: &Principal,
    ) -> Result<Option<EmergencyOpening>, ChainError> {
        (**self).emergency_opening(record, user)
    }

    fn transaction(
        &self,
        txid: &TxId,
        record: RecordId,
    ) -> Result<Option<IncludedTransaction>, ChainError> {
        (**self).transaction(txid, record)
    }
}
