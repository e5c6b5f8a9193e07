//! Creates several records as one operation: all are sealed, signed with consecutive nonces, kept in the outbox with one
//! write, and sent together, so that the ledger puts them into as few blocks as they fit in.
//!
//! One that can't be made stops none of the others. After a crash the outbox has all that were signed, as it has one.

use std::io::Read;

use mrms_contract::{ContractError, call, ids, read};
use mrms_core::{Principal, RecordId, Version};
use mrms_crypto::VersionContext;
use rand_core::CryptoRng;

use crate::records::write::{Added, Placement, Sealed, Source, WriteError};
use crate::sending::outcome::{Outcome, check};
use crate::session::vaults::VaultFailures;
use crate::session::{Actor, Session};

/// How many records one operation makes at most.
pub const AT_ONCE: usize = 64;

/// A record that is ready to be sent.
struct Ready {
    /// Its place among those that were asked for.
    place: usize,
    sealed: Sealed,
    missing: VaultFailures,
}

impl Session<'_> {
    /// Creates records with their first versions; the actor becomes their patient. Answers for each in the order given.
    ///
    /// # Errors
    ///
    /// [`WriteError`] when none was made because the ledger can't be used, or did not take them. What was kept is sent later:
    /// ask for each record whether it is there.
    pub fn create_several<R: Read + Send>(
        &self,
        actor: &Actor,
        wanted: Vec<(RecordId, Source<R>)>,
        placement: Placement,
        rng: &mut dyn CryptoRng,
    ) -> Result<Outcome<Vec<Result<Added, WriteError>>>, WriteError> {
        let me = actor.principal();
        let reads: Vec<_> = wanted.iter().map(|(id, _)| read::record(*id)).collect();
        let taken = self.ask_all(&reads)?;
        let mut answers: Vec<Option<Result<Added, WriteError>>> = Vec::new();
        let mut ready = Vec::new();
        for (place, ((id, source), taken)) in wanted.into_iter().zip(taken).enumerate() {
            let refused = match taken {
                Some(_) => Some(ContractError::RecordExists),
                None if ids::is_foreign(id, &me) => Some(ContractError::ForeignId),
                None => None,
            };
            let made = match refused {
                Some(refusal) => Err(WriteError::Refused(refusal)),
                None => self.ready(actor, (id, &me), source, placement, rng),
            };
            answers.push(match made {
                Ok((sealed, missing)) => {
                    ready.push(Ready { place, sealed, missing });
                    None
                }
                Err(error) => Some(Err(error)),
            });
        }
        let described = match ready.as_slice() {
            [] => return Ok(Outcome::Done(answers.into_iter().flatten().collect())),
            [one] => format!("create record {}", one.sealed.key.context().record),
            several => format!("create {} records", several.len()),
        };
        let sealed: Vec<_> = ready.iter().map(|one| &one.sealed).collect();
        self.begin_drafts(actor, &sealed, rng)?;
        let calls = ready.iter().map(|one| {
            let id = one.sealed.key.context().record;
            self.transaction(call::create_medical_record(id, one.sealed.envelope.to_bytes()))
        });
        let sent = self.send(actor, &described, calls.collect())?;
        Ok(sent.map(|receipts| {
            let written: Vec<_> = ready
                .iter()
                .zip(&receipts)
                .map(|(one, receipt)| check(receipt).and_then(|()| one.sealed.added(receipt)))
                .collect();
            let made = written.iter().flatten().map(|added| (added.record, added.version));
            // Without this the next list looks at whose versions these are.
            let _ = self.note_versions(actor, made.collect::<Vec<_>>(), rng);
            let new = ready.iter().zip(&written).filter_map(|(one, added)| {
                let Added { record, version, .. } = added.as_ref().ok()?;
                Some(one.sealed.new_version(*record, *version))
            });
            // Vaults that took no share of theirs get it from the next run.
            let new: Vec<_> = new.collect();
            let _ = self.leave_new(actor, &new, &mut VaultFailures::new(), rng);
            drop(new);
            for (one, added) in ready.into_iter().zip(written) {
                let added = added.map(|added| Added { missing: one.missing, ..added });
                answers[one.place] = Some(added.map_err(WriteError::from));
            }
            // A ledger gives a receipt for each that it took.
            answers.into_iter().flatten().collect()
        }))
    }

    /// Seals the first version of a record, and leaves its erasure salt with the vaults.
    pub(super) fn ready<R: Read + Send>(
        &self,
        actor: &Actor,
        (record, patient): (RecordId, &Principal),
        source: Source<R>,
        placement: Placement,
        rng: &mut dyn CryptoRng,
    ) -> Result<(Sealed, VaultFailures), WriteError> {
        let (patient, author) = (patient.clone(), actor.principal());
        let context = VersionContext { record, version: Version::FIRST, patient, author };
        let sealed = self.seal(actor, context, source, placement, rng)?;
        let missing = self.deposit_salt(actor, &sealed.key, rng)?;
        Ok((sealed, missing))
    }
}

#[cfg(test)]
mod tests;
