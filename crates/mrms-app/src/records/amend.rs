//! Adds the next version to a record.
//!
//! Follows `amend-record-version`. When the patient adds a version, those get the key whom the ledger
//! lets open the record *and* whom the patient's own profile remembers, as the latest grant says: from
//! the vaults, or on chain. A ledger that invents a reader gets them nothing.

use std::collections::BTreeSet;
use std::io::Read;

use mrms_contract::{ContractError, call, read};
use mrms_core::{BurnHeight, ContentHash, Principal, RecordId, Rights, Version};
use mrms_crypto::VersionContext;
use mrms_crypto::content::Retention;
use mrms_crypto::envelope::{ContentEnvelope, Storage};
use rand_core::CryptoRng;

use crate::ledger::LedgerError;
use crate::profile::granted::{GrantedMemory, Sharing};
use crate::profile::received::{PersonName, RecordSaid};
use crate::records::write::{Added, LeftOut, Placement, Source, WriteError};
use crate::sending::outcome::{Outcome, SendError};
use crate::session::{Actor, AskError, Sending, Session};
use crate::sharing::given_names::given;
use crate::sharing::grant::{Prepared, ShareError, Target};
use crate::sharing::readers::has_use_of_keys;
use crate::sharing::sealed::{PreparedDeposit, SharesFor};
use crate::sharing::tend::LeftNew;
use crate::sharing::unknown::{Remembered, WhyLeftOut};

impl Session<'_> {
    /// Adds the next version to a record; it is erasable when the latest
    /// one that can be read is. When the patient
    /// adds it, the readers by name whom the profile
    /// remembers get its key.
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
        self.must_be_patient(actor, id, &record.patient)?;
        let version = record.version.next();
        if self.sending == Sending::Send
            && let Some(txid) = self.version_on_its_way(actor, id, version)?
        {
            // Another one would be refused behind it, for a fee.
            return Err(SendError::Kept(LedgerError::Pending { txid }).into());
        }
        let context = VersionContext {
            record: id,
            version,
            patient: record.patient.clone(),
            author: actor.principal(),
        };
        let placement = Placement { inline_limit, retention: self.retention(id, record.version)? };
        let pinned = self.profile.pinned()?;
        let sealed = self.seal(actor, context, source, placement, rng)?;
        let first_seen = match actor.principal() == record.patient {
            true => None,
            false => self.first_seen(actor, &record.patient, &pinned)?,
        };
        let mut missing = self.deposit_salt(actor, &sealed.key, rng)?;
        let mut calls = vec![call::amend_record_version(id, version, sealed.envelope.to_bytes())];
        let (mut shared_with, mut left_out, mut pairs) = (Vec::new(), Vec::new(), Vec::new());
        let mut deposits = Vec::new();
        // Read once, and before anything is sent: where it is damaged, nothing is.
        let memory = match actor.principal() == record.patient {
            true => Some(self.profile.granted(&actor.keyring.record_root()?)?),
            false => None,
        };
        let readers = match &memory {
            Some(_) => self.readers_of(id, &record)?,
            None => Vec::new(),
        };
        // Most records were granted to nobody by name. Whoever reads everything gets the key below.
        if let Some(memory) = memory.as_ref().filter(|_| !readers.is_empty()) {
            let now = self.ledger.tip().map_err(AskError::from)?.burn_height;
            let everywhere: BTreeSet<Principal> = memory
                .all_of(self.contract)
                .filter(|one| one.reads_at(now))
                .map(|one| one.reader.clone())
                .collect();
            // A link gives sealed files of its own, and reads no version by itself.
            let links = self.profile.links(&actor.keyring.record_root()?)?;
            let called = self.called(actor)?;
            for reader in readers {
                if links.iter().any(|link| link.principal == reader.user) {
                    continue;
                }
                if !reader.now.as_ref().is_ok_and(|(rights, _)| has_use_of_keys(*rights)) {
                    continue;
                }
                let target = Target { record: id, version, key: &sealed.key };
                let user = reader.user;
                let next =
                    NextVersion { target, said: sealed.said.clone(), called: called.clone(), now };
                match self
                    .share_next(actor, memory, &user, next, rng)
                    .map_err(|error| WriteError::Share(Box::new(error)))?
                {
                    Next::Sealed(prepared) => deposits.extend(prepared),
                    Next::Direct(prepared) => {
                        calls.extend(prepared.calls);
                        pairs.push((user.clone(), prepared.pair));
                    }
                    // They read everything, and get their keys below.
                    Next::Nothing(WhyLeftOut::NotRemembered) if everywhere.contains(&user) => {
                        continue;
                    }
                    // The new version does not wait for them.
                    Next::Nothing(why) => {
                        left_out.push(LeftOut { user, why });
                        continue;
                    }
                }
                shared_with.push(user);
            }
        }
        // In as few messages as they fit into.
        let failures = self.deposit_together(actor, &deposits, rng);
        missing.extend(failures.map_err(|error| WriteError::Share(Box::new(error)))?);
        let description = format!("amend record {id}");
        let added = self.add(actor, &description, &sealed, calls, rng);
        let added = added.map_err(|error| match error {
            WriteError::Send(error) => self.or_succeeded(&actor.principal(), id, error).into(),
            error => error,
        })?;
        if let (Some(memory), Outcome::Done(added)) = (&memory, &added) {
            let new = sealed.new_version(id, added.version);
            let LeftNew { served, waiting } =
                self.leave_new_by(actor, memory, &[new], &mut missing, rng);
            let is_new = |one: &(Principal, WhyLeftOut)| {
                !shared_with.contains(&one.0) && !left_out.iter().any(|known| known.user == one.0)
            };
            let waiting: Vec<_> = waiting.into_iter().filter(is_new).collect();
            left_out.extend(waiting.into_iter().map(|(user, why)| LeftOut { user, why }));
            shared_with.extend(
                served.into_iter().filter(|one| !shared_with.contains(one)).collect::<Vec<_>>(),
            );
        }
        Ok(added.map(|added| {
            self.remember(pairs);
            Added { shared_with, first_seen, left_out, missing, ..added }
        }))
    }

    /// Gives a reader the next version's key, if this person remembers that they granted to them: as
    /// they did it last, and to the key to which they did it.
    fn share_next(
        &self,
        actor: &Actor,
        memory: &GrantedMemory,
        reader: &Principal,
        next: NextVersion<'_>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Next, ShareError> {
        let NextVersion { target, said, called, now } = next;
        let known = match self.remembered(memory, target.record, reader, now) {
            Remembered::Granted(known) => known,
            Remembered::Left(why) => return Ok(Next::Nothing(why)),
        };
        let recipient = match self.published_recipient(reader) {
            Ok((recipient, _)) => recipient,
            Err(error) if error.has_no_key() => {
                return Ok(Next::Nothing(WhyLeftOut::NoKey));
            }
            Err(error) => return Err(error.into()),
        };
        let is_on_card = self.is_on_card(actor, reader, &recipient)?;
        if recipient.to_string() != known.recipient || !is_on_card {
            return Ok(Next::Nothing(WhyLeftOut::KeyChanged));
        }
        Ok(match known.sharing {
            Sharing::Direct => {
                Next::Direct(self.envelope_calls(actor, reader, &recipient, &[target], rng)?)
            }
            Sharing::Sealed => {
                let rights = known.rights().unwrap_or(Rights::READ);
                let names = given(called, rights, said);
                let patient = actor.principal();
                let to = SharesFor { patient: &patient, reader, recipient: &recipient };
                Next::Sealed(self.prepare_deposit(actor, to, &[target], &names, rng)?)
            }
        })
    }

    /// Whether a record's next version can be erased: as the newest version can whose envelope can be
    /// read. Whoever may amend can put other bytes onto a record; they don't close it to new versions.
    pub(crate) fn retention(&self, id: RecordId, latest: Version) -> Result<Retention, WriteError> {
        // A ledger that shows the envelope of another record can't make this one permanent.
        let mut is_erasable = self.profile.left_a_salt(id)?;
        let versions: Vec<_> = latest.up_to().collect();
        for version in versions.into_iter().rev() {
            let stored = self
                .ask(&read::record_version(id, version))?
                .ok_or(WriteError::Refused(ContractError::VersionNotFound))?;
            // Neither can one that shows another content than was put on record.
            if ContentHash::of(&stored.encrypted_content) != stored.content_hash {
                return Err(WriteError::OtherContent { record: id, version });
            }
            if let Ok(envelope) = ContentEnvelope::parse(&stored.encrypted_content) {
                is_erasable |= envelope.storage() == Storage::Erasable;
                break;
            }
        }
        Ok(if is_erasable { Retention::Erasable } else { Retention::Permanent })
    }
}

/// A record's next version, as readers are told of it.
struct NextVersion<'n> {
    target: Target<'n>,
    said: RecordSaid,
    /// What the patient calls themselves.
    called: Option<PersonName>,
    now: BurnHeight,
}

/// How a reader gets the next version's key.
enum Next {
    /// From the vaults, which are still to be given this.
    Sealed(Option<PreparedDeposit>),
    /// From the chain, by these calls.
    Direct(Prepared),
    /// Not at all.
    Nothing(WhyLeftOut),
}
