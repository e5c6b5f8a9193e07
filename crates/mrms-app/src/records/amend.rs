//! Adds the next version to a record.
//!
//! Follows `amend-record-version`. When the patient adds a version, its readers by name get the key
//! as they got the one before: from the vaults, or on chain.

use std::io::Read;

use mrms_contract::{ContractError, call, read};
use mrms_core::{Principal, RecordId, Version};
use mrms_crypto::VersionContext;
use mrms_crypto::content::Retention;
use mrms_crypto::envelope::{ContentEnvelope, Storage};
use rand_core::CryptoRng;

use crate::records::write::{Added, Placement, Source, WriteError};
use crate::sending::outcome::Outcome;
use crate::session::vaults::VaultFailures;
use crate::session::{Actor, Session};
use crate::sharing::grant::{Prepared, ShareError, Target};
use crate::sharing::readers::has_use_of_keys;
use crate::sharing::recipients::{ChangedKey, RecipientError};

impl Session<'_> {
    /// Adds the next version to a record; it is erasable when the latest one is. When the patient
    /// adds it, the readers by name get its key.
    ///
    /// # Errors
    ///
    /// [`WriteError`]; then the record is as it was.
    pub fn amend<R: Read + Send>(
        &self,
        actor: &Actor,
        id: RecordId,
        source: Source<R>,
        inline_limit: usize,
        rng: &mut dyn CryptoRng,
    ) -> Result<Outcome<Added>, WriteError> {
        let record = self
            .ask(&read::record(id))?
            .ok_or(WriteError::Refused(ContractError::RecordNotFound))?;
        let version = record.version.next();
        let context = VersionContext {
            record: id,
            version,
            patient: record.patient.clone(),
            author: actor.principal(),
        };
        let placement = Placement { inline_limit, retention: self.retention(id, record.version)? };
        let sealed = self.seal(actor, context, source, placement, rng)?;
        let mut missing = self.deposit_salt(actor, &sealed.key, rng)?;
        let mut calls = vec![call::amend_record_version(id, version, sealed.envelope.to_bytes())];
        let (mut shared_with, mut pairs) = (Vec::new(), Vec::new());
        if actor.principal() == record.patient {
            for reader in self.readers_of(id, &record)? {
                if !reader.now.as_ref().is_ok_and(|(rights, _)| has_use_of_keys(*rights)) {
                    continue;
                }
                let target = Target { record: id, version, key: &sealed.key };
                match self.share_next(actor, &reader.user, record.version, target, rng) {
                    Ok(Next::Sealed(failures)) => missing.extend(failures),
                    Ok(Next::Direct(prepared)) => {
                        calls.extend(prepared.calls);
                        pairs.push((reader.user.clone(), prepared.pair));
                    }
                    // A reader whose key is gone or has changed gets no key; `mrms show` names
                    // them. The new version does not wait for them.
                    Err(ShareError::Recipient(
                        RecipientError::NotPublished { .. }
                        | RecipientError::OtherNetwork { .. }
                        | RecipientError::IsContract { .. }
                        | RecipientError::Malformed { .. }
                        | RecipientError::Changed { .. },
                    )) => continue,
                    Err(error) => return Err(WriteError::Share(Box::new(error))),
                }
                shared_with.push(reader.user);
            }
        }
        let added = self.add(actor, &format!("amend record {id}"), &sealed, calls)?;
        Ok(added.map(|added| {
            self.remember(pairs);
            Added { shared_with, missing, ..added }
        }))
    }

    /// Gives a reader the next version's key as they got the latest one's.
    fn share_next(
        &self,
        actor: &Actor,
        reader: &Principal,
        latest: Version,
        next: Target<'_>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Next, ShareError> {
        if self.shared_header(next.record, latest, reader)?.is_some() {
            let refuse = ChangedKey::Refuse;
            return Ok(Next::Direct(self.envelope_calls(actor, reader, &[next], refuse, rng)?));
        }
        let recipient = self.recipient_of(reader, ChangedKey::Refuse)?;
        Ok(Next::Sealed(self.deposit(actor, reader, &recipient, &[next], rng)?))
    }

    /// Whether a version can be erased, by its envelope.
    fn retention(&self, id: RecordId, version: Version) -> Result<Retention, WriteError> {
        let stored = self
            .ask(&read::record_version(id, version))?
            .ok_or(WriteError::Refused(ContractError::VersionNotFound))?;
        let envelope = ContentEnvelope::parse(&stored.encrypted_content)?;
        Ok(match envelope.storage() {
            Storage::Erasable => Retention::Erasable,
            Storage::Inline | Storage::Reference => Retention::Permanent,
        })
    }
}

/// How a reader gets the next version's key.
enum Next {
    /// From the vaults, except from those that took no share.
    Sealed(VaultFailures),
    /// From the chain, by these calls.
    Direct(Prepared),
}
