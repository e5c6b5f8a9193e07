//! Finds a version's key: with the patient's or the author's own keys, as it was shared on chain, or
//! from the vaults.
//!
//! A way that does not lead to the key is no reason to leave out the next one.

use mrms_contract::read;
use mrms_core::Principal;
use mrms_crypto::context::{ContentKey, ErasureSalt};
use mrms_crypto::envelope::{ContentEnvelope, FileKeyWrap, Storage, UnlockError, WrapKind};
use mrms_crypto::sharing::{Epoch, KeyEnvelope, Pair};
use mrms_crypto::{HybridIdentity, VersionContext};
use mrms_vault::protocol::{RefusalReason, SaltRequest};
use rand_core::CryptoRng;

use crate::access::holder::OpensBy;
use crate::access::open::{Against, OpenRecordError};
use crate::session::vaults::{MemberError, TooFewVaults};
use crate::session::{Actor, Session};

impl Session<'_> {
    /// Finds the version's key. Asks vaults for shares only against an entry. The first of `patients` is the record's present one,
    /// and any of them may have shared it; `context` has the one of when the version was written.
    pub(super) fn content_key(
        &self,
        actor: &Actor,
        envelope: &ContentEnvelope,
        (context, patients): (&VersionContext, &[Principal]),
        against: Option<Against<'_>>,
        rng: &mut dyn CryptoRng,
    ) -> Result<ContentKey, OpenRecordError> {
        let by = against.as_ref().map_or(OpensBy::Oneself, |against| against.by);
        let me = actor.principal();
        let mut no_salt = None;
        // Who opens for an organisation has no part of their own in it, whatever they are to the record.
        let is_party = matches!(by, OpensBy::Oneself)
            && (me == context.patient || me == context.author || patients.first() == Some(&me));
        let to_recipient = |wrap: &FileKeyWrap| wrap.kind() == WrapKind::Recipient;
        if !is_party
            && envelope.storage() != Storage::Erasable
            && envelope.wraps().iter().any(to_recipient)
            // A record that is offered to this person, or to their organisation, has its key wrapped to them. A wrap that does
            // not fit is no reason to leave out the other ways.
            && let Ok(Some(key)) = unlock_offered(by, actor, envelope, context)
        {
            return Ok(key);
        }
        if is_party {
            match self.own_key(actor, envelope, context, rng) {
                Ok(Some(key)) => {
                    // What a reader says to the patient goes with a release, which the author of a version does not need. A vault
                    // that has nothing for them takes no word either.
                    if let Some(against) = against
                        && !patients.contains(&me)
                        && !against.opening.note.is_empty()
                    {
                        let _ =
                            self.released_key(actor, envelope, (context, patients), against, rng);
                    }
                    return Ok(key);
                }
                Ok(None) => {}
                // Somebody may have shared it with them besides.
                Err(error @ OpenRecordError::NoSalt { .. }) => no_salt = Some(error),
                Err(error) => return Err(error),
            }
        }
        let found = match (self.shared_key(by, actor, envelope, (context, patients)), against) {
            (Err(on_chain), Some(against)) if opens_nothing(&on_chain) => {
                let released =
                    self.released_key(actor, envelope, (context, patients), against, rng);
                match released {
                    // They have nothing for this reader: what lies on chain is what is wrong.
                    Err(OpenRecordError::Vaults(refused)) if have_no_share(&refused) => {
                        match on_chain {
                            OpenRecordError::NoKey { .. } => Err(refused.into()),
                            on_chain => Err(on_chain),
                        }
                    }
                    released => released,
                }
            }
            (shared, _) => shared,
        };
        found.map_err(|error| no_salt.unwrap_or(error))
    }

    /// The key by the actor's own wraps; `None` when there are none. The salt of an erasable version
    /// comes from the first vault whose salt opens it.
    fn own_key(
        &self,
        actor: &Actor,
        envelope: &ContentEnvelope,
        context: &VersionContext,
        rng: &mut dyn CryptoRng,
    ) -> Result<Option<ContentKey>, OpenRecordError> {
        if envelope.storage() != Storage::Erasable {
            return unlock_own(actor, envelope, context, None);
        }
        let mut failures = Vec::new();
        for member in self.vaults.members() {
            let message = SaltRequest { record_id: context.record, version: context.version };
            let asked = self.send_to_vault(actor, member, message, rng, |vault, signed| {
                vault.release_salt(signed)
            });
            match asked {
                Ok((release, _)) => {
                    let salt = ErasureSalt::from_bytes(release.salt.0);
                    if let Some(key) = unlock_own(actor, envelope, context, Some(&salt))? {
                        return Ok(Some(key));
                    }
                    failures.push(MemberError::Salt { name: member.name().to_owned() });
                }
                Err(error) => failures.push(error),
            }
        }
        Err(no_salt_with(context, failures))
    }

    /// The key as it was shared on chain.
    fn shared_key(
        &self,
        by: OpensBy<'_>,
        actor: &Actor,
        envelope: &ContentEnvelope,
        (context, patients): (&VersionContext, &[Principal]),
    ) -> Result<ContentKey, OpenRecordError> {
        let me = &by.holder(actor);
        let keys = by.keys(actor)?;
        let (record, version) = (context.record, context.version);
        let missing = || OpenRecordError::NoKey { record, version };
        let bytes = self.ask(&read::key_envelope(record, version, me))?.ok_or_else(missing)?;
        let shared = KeyEnvelope::parse(&bytes)?;
        let header = match &shared {
            KeyEnvelope::Full { header, .. } => header.clone(),
            KeyEnvelope::ByReference { record, version, epoch, .. } => {
                let bytes = self.ask(&read::key_envelope(*record, *version, me))?;
                match KeyEnvelope::parse(&bytes.ok_or_else(missing)?)? {
                    KeyEnvelope::Full { header, epoch: found, .. } if found == *epoch => header,
                    _ => return Err(missing()),
                }
            }
        };
        // Whoever was the patient when it was shared.
        let pair_of = |patient: &Principal| Pair {
            patient: patient.clone(),
            reader: me.clone(),
            epoch: Epoch::new(shared.epoch().number()),
        };
        let opened = patients.iter().map(pair_of).find_map(|pair| {
            let opens = |identity: &HybridIdentity| header.open(&pair, identity).ok();
            let secret = keys.as_slice().iter().find_map(opens)?;
            Some((pair, secret))
        });
        let (pair, secret) = opened.ok_or(OpenRecordError::OtherIdentity)?;
        let key = shared.wrap().open(&secret, &pair, envelope, context, None);
        key.map_err(|error| match error {
            UnlockError::NoWrap | UnlockError::Commitment => {
                OpenRecordError::OtherKey { record, version }
            }
            error => OpenRecordError::Unlock(error),
        })
    }
}

/// The key by the actor's root or an identity of theirs, or those of whom they succeeded; `None` when no wrap is for them, or the
/// salt is another one.
fn unlock_own(
    actor: &Actor,
    envelope: &ContentEnvelope,
    context: &VersionContext,
    salt: Option<&ErasureSalt>,
) -> Result<Option<ContentKey>, OpenRecordError> {
    match envelope.unlock_with_root(context, &actor.keyring.record_root()?, salt) {
        Err(UnlockError::NoWrap) => {}
        result => return result.map(Some).map_err(OpenRecordError::Unlock),
    }
    for root in actor.keyring.inherited_roots() {
        match envelope.unlock_with_root(context, root, salt) {
            Err(UnlockError::NoWrap) => {}
            result => return result.map(Some).map_err(OpenRecordError::Unlock),
        }
    }
    unlock_with(&actor.patient_identities()?, envelope, context, salt)
}

/// The key by one of these identities; `None` as for [`unlock_own`].
fn unlock_with(
    identities: &[HybridIdentity],
    envelope: &ContentEnvelope,
    context: &VersionContext,
    salt: Option<&ErasureSalt>,
) -> Result<Option<ContentKey>, OpenRecordError> {
    for identity in identities {
        match envelope.unlock_with_identity(context, identity, salt) {
            Err(UnlockError::NoWrap) => {}
            result => return result.map(Some).map_err(OpenRecordError::Unlock),
        }
    }
    Ok(None)
}

/// The key of a record that is offered to who opens it.
fn unlock_offered(
    by: OpensBy<'_>,
    actor: &Actor,
    envelope: &ContentEnvelope,
    context: &VersionContext,
) -> Result<Option<ContentKey>, OpenRecordError> {
    match by {
        OpensBy::Oneself => unlock_own(actor, envelope, context, None),
        OpensBy::Organisation(organisation) => {
            unlock_with(organisation.identities(), envelope, context, None)
        }
    }
}

/// Whether nothing on chain opens the version: no key was put there, or one that does not fit. A
/// patient's amendment that another author's overtook leaves its key on the other version.
pub(super) const fn opens_nothing(on_chain: &OpenRecordError) -> bool {
    matches!(
        on_chain,
        OpenRecordError::NoKey { .. }
            | OpenRecordError::KeyEnvelope(_)
            | OpenRecordError::OtherIdentity
            | OpenRecordError::OtherKey { .. }
            | OpenRecordError::Unlock(_)
    )
}

fn have_no_share(refused: &TooFewVaults) -> bool {
    refused.failures.iter().all(|failure| failure.reason() == Some(RefusalReason::NoShare))
}

/// Why an erasable version of one's own has no salt. Where a vault says more of it than that it has none, such as that the
/// record was erased, that is the cause.
fn no_salt_with(context: &VersionContext, failures: Vec<MemberError>) -> OpenRecordError {
    let lacks = |failure: &MemberError| {
        matches!(failure, MemberError::Salt { .. })
            || failure.reason() == Some(RefusalReason::NoShare)
    };
    let says_more = |failure: &MemberError| failure.reason().is_some() && !lacks(failure);
    if !failures.iter().any(lacks) || failures.iter().any(says_more) {
        return TooFewVaults { done: 0, needed: 1, failures }.into();
    }
    let names = |is_without: bool| {
        let of = failures.iter().filter(|failure| lacks(failure) == is_without);
        of.filter_map(MemberError::vault_name).map(str::to_owned).collect()
    };
    OpenRecordError::NoSalt {
        record: context.record,
        version: context.version,
        without: names(true),
        unanswered: names(false),
    }
}
