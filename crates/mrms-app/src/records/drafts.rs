//! Versions that a command has begun and whose end no command has told the person yet.
//!
//! What is repeated after an interruption is done once: a repeated command finds what the interrupted one had begun, asks the
//! ledger whether that is there, by the hash of what was signed, and tells it in place of doing it again. Once an end was told,
//! the same command makes another version. Drafts are a part of the list of files ([`batch`](super::batch)).

use mrms_contract::read;
use mrms_core::{ContentHash, RecordId, TxId, Version};
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use super::batch::{Batch, BatchFile};
use super::write::{Sealed, WriteError};
pub use crate::profile::begun::{AtWork, Begins, Intent, Purpose};
use crate::profile::sealed_lines::Lasts;
use crate::profile::{ProfileError, as_hex};
use crate::session::{Actor, Sending, Session};

/// A version that was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Draft {
    pub(super) intent: Intent,
    pub(super) record: RecordId,
    pub(super) version: Version,
    /// What is signed has this content.
    #[serde(with = "as_hex")]
    content_hash: Vec<u8>,
    /// The command, by the name of its lock.
    by: String,
}

impl Draft {
    /// What was sealed, if its command wants to find it again.
    fn of(begins: &[Begins], sealed: &Sealed) -> Option<Self> {
        let context = sealed.key.context();
        let begins = begins.iter().find(|begins| begins.record == context.record)?;
        let Begins { intent, by, .. } = begins.clone();
        let content_hash = ContentHash::of(&sealed.envelope.to_bytes()).as_bytes().to_vec();
        let (record, version) = (context.record, context.version);
        Some(Self { intent, record, version, content_hash, by })
    }

    /// A draft as tests keep one.
    #[cfg(test)]
    pub(super) fn in_test(intent: Intent, record: RecordId, content_hash: ContentHash) -> Self {
        let (content_hash, by) = (content_hash.as_bytes().to_vec(), "nobody".to_owned());
        Self { intent, record, version: Version::FIRST, content_hash, by }
    }
}

/// What became of what an interrupted command had begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupted {
    /// There is none, or nothing came of it.
    No,
    /// It is on record.
    OnRecord(RecordId, Version),
    /// It was sent, and waits for a block.
    OnItsWay(TxId),
}

impl Session<'_> {
    /// Begins work that is found again if it is interrupted; `None` where nothing is sent.
    ///
    /// # Errors
    ///
    /// [`ProfileError::Io`].
    pub fn at_work(&self, rng: &mut dyn CryptoRng) -> Result<Option<AtWork>, ProfileError> {
        let sends = self.sending == Sending::Send;
        sends.then(|| self.profile.begin_work(rng)).transpose()
    }

    /// Remembers what was sealed and is about to be signed, as far as the command wants to find it again.
    pub(super) fn begin_drafts(
        &self,
        actor: &Actor,
        sealed: &[&Sealed],
        rng: &mut dyn CryptoRng,
    ) -> Result<(), WriteError> {
        let drafts = sealed.iter().filter_map(|sealed| Draft::of(self.begins, sealed));
        self.keep_drafts(actor, drafts.collect(), rng)
    }

    /// Remembers what is about to be signed.
    pub(super) fn keep_drafts(
        &self,
        actor: &Actor,
        begun: Vec<Draft>,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), WriteError> {
        if begun.is_empty() || self.sending != Sending::Send {
            return Ok(());
        }
        self.note_in_batch(actor, Batch { begun, ..Batch::default() }, Lasts::Durably, rng)
    }

    /// Remembers that the person was told of these versions: the same command makes others from now on. Files that a later
    /// `create` is to know as this record are told with them.
    ///
    /// # Errors
    ///
    /// [`WriteError`]; then the same command says once more that they are on record.
    pub fn note_told(
        &self,
        actor: &Actor,
        told: Vec<(RecordId, Version)>,
        files: Vec<(BatchFile, RecordId)>,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), WriteError> {
        if self.sending != Sending::Send {
            return Ok(());
        }
        if told.is_empty() && files.is_empty() {
            return Ok(());
        }
        let told = Batch { told, files, ..Batch::default() };
        self.note_in_batch(actor, told, Lasts::UntilPowerFails, rng)
    }

    /// The same of records that were found on record already: mostly their end was told before, and nothing is written.
    ///
    /// # Errors
    ///
    /// [`WriteError`].
    pub fn note_found(
        &self,
        actor: &Actor,
        mut found: Vec<(RecordId, Version)>,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), WriteError> {
        if found.is_empty() {
            return Ok(());
        }
        let begun = self.batch(actor)?.begun;
        found.retain(|one| begun.iter().any(|draft| (draft.record, draft.version) == *one));
        self.note_told(actor, found, Vec::new(), rng)
    }

    /// What became of what interrupted commands had begun, for each of these that a command is about to make. What was erased
    /// since is nothing.
    ///
    /// # Errors
    ///
    /// [`WriteError`].
    pub fn interrupted_writes(
        &self,
        actor: &Actor,
        wanted: &[Intent],
    ) -> Result<Vec<Interrupted>, WriteError> {
        let mut found = vec![Interrupted::No; wanted.len()];
        let mut left = self.batch(actor)?.begun;
        left.retain(|draft| wanted.contains(&draft.intent) && !self.profile.is_at_work(&draft.by));
        if left.is_empty() {
            return Ok(found);
        }
        // Whoever was at work until just now has told its end before.
        let now = self.batch(actor)?.begun;
        left.retain(|draft| now.contains(draft));
        // The outbox first: what leaves it meanwhile is on the ledger.
        let waiting = self.contents_on_their_way(actor)?;
        let reads: Vec<_> =
            left.iter().map(|draft| read::record_version(draft.record, draft.version)).collect();
        let (erased, stored) = (self.erased_records()?, self.ask_all(&reads)?);
        for (draft, stored) in left.into_iter().zip(stored) {
            let became = match stored {
                Some(_) if erased.contains(&draft.record) => continue,
                Some(stored) if stored.content_hash.as_bytes()[..] == draft.content_hash => {
                    match self.offer_on_its_way(actor, &draft)? {
                        Some(txid) => Interrupted::OnItsWay(txid),
                        None => Interrupted::OnRecord(draft.record, draft.version),
                    }
                }
                Some(_) => continue,
                None => match waiting.get(draft.content_hash.as_slice()) {
                    Some(txid) => Interrupted::OnItsWay(*txid),
                    None => continue,
                },
            };
            // One intent may be there several times, where a command names a file twice: each is told once.
            let free =
                |place: &usize| wanted[*place] == draft.intent && found[*place] == Interrupted::No;
            if let Some(place) = (0..wanted.len()).find(free) {
                found[place] = became;
            }
        }
        Ok(found)
    }

    /// The transaction that is still to offer what was sent to somebody.
    fn offer_on_its_way(&self, actor: &Actor, draft: &Draft) -> Result<Option<TxId>, WriteError> {
        match draft.intent.purpose {
            Purpose::Send(_) => Ok(self.call_on_its_way(actor, draft.record)?),
            Purpose::Create | Purpose::CreateFor(_) | Purpose::Amend(_) => Ok(None),
        }
    }
}
