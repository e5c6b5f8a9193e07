//! Sharing on chain, and taking it back.
//!
//! Direct sharing: the grant and the wrapped keys go to the contract in one operation. A pair
//! secret is set up once for each reader; when the reader's key has changed, a new epoch begins,
//! so that whoever has the old key learns nothing of what is shared from then on. A revoke needs
//! no new epoch: every version has a key of its own, and later ones are not wrapped for them.

use mrms_contract::{Call, ContractError, call, read};
use mrms_core::{BurnHeight, Principal, RecordId, Rights, TxId, Version, grant};
use mrms_crypto::context::ContentKey;
use mrms_crypto::sharing::{
    Epoch, KeyEnvelope, Pair as SecretPair, PairHeader, PairSecret, RecordWrap,
};
use rand_core::CryptoRng;

use crate::open::OpenRecordError;
use crate::profile::{Pair, ProfileError};
use crate::recipients::{ChangedKey, RecipientError};
use crate::session::{Actor, AskError, SendError, Session, first};

/// Why a record could not be shared, or sharing not be ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShareError {
    /// The contract refuses, as can be seen before anything is sent.
    #[error("{0}")]
    Refused(ContractError),
    /// The reader has no key that could be used.
    #[error(transparent)]
    Recipient(#[from] RecipientError),
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The ledger or the contract refused.
    #[error(transparent)]
    Send(#[from] SendError),
    /// A version's key could not be had.
    #[error(transparent)]
    Open(#[from] OpenRecordError),
    /// The keyring has no key.
    #[error(transparent)]
    NoKey(#[from] mrms_crypto::keyring::NoKeyError),
    /// The profile's memory could not be read or written.
    #[error(transparent)]
    Profile(#[from] ProfileError),
}

/// A version whose key is to be wrapped.
pub(crate) struct Target<'k> {
    pub(crate) record: RecordId,
    pub(crate) version: Version,
    pub(crate) key: &'k ContentKey,
}

/// Calls that share keys, and what to remember once they stand in a block.
pub(crate) struct Prepared {
    pub(crate) calls: Vec<Call>,
    pub(crate) pair: Pair,
}

/// What a grant is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrantTerms {
    /// What it allows.
    pub rights: Rights,
    /// First height at which it is closed; `None` holds until revoked.
    pub expiry: Option<BurnHeight>,
    /// What to do when the user's key is not the one seen before.
    pub changed_key: ChangedKey,
}

/// A grant that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// The transaction of the grant.
    pub txid: TxId,
    /// First height at which it is closed.
    pub expiry: Option<BurnHeight>,
    /// Versions whose keys were shared with it.
    pub versions: Vec<Version>,
}

/// A grant that was taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// The transaction.
    pub txid: TxId,
    /// Versions that the user opened while they could.
    pub opened: Vec<Version>,
    /// Versions whose key is on chain for them: they could open these without an entry.
    pub exposed: Vec<Version>,
}

impl Session<'_> {
    /// Grants a user access to one's own record and shares the keys that it opens. Granting again
    /// replaces rights and expiry, and shares what was not shared yet.
    ///
    /// # Errors
    ///
    /// [`ShareError`]; then nothing was shared, unless the ledger failed in between: the operation
    /// is then taken up again by [`Session::resume`].
    pub fn grant_direct(
        &self,
        actor: &Actor,
        id: RecordId,
        user: &Principal,
        terms: GrantTerms,
        rng: &mut dyn CryptoRng,
    ) -> Result<Granted, ShareError> {
        let GrantTerms { rights, expiry, changed_key } = terms;
        let refused = |refusal| Err(ShareError::Refused(refusal));
        let Some(record) = self.ask(&read::record(id))? else {
            return refused(ContractError::RecordNotFound);
        };
        if record.patient != actor.principal() {
            return refused(ContractError::NotPatient);
        }
        if record.patient == *user {
            return refused(ContractError::SelfGrant);
        }
        let now = self.ledger.tip().map_err(AskError::from)?.burn_height;
        if !grant::is_live(expiry, now) {
            return refused(ContractError::ExpiryInPast);
        }
        let (own, _) = self.grants(id, &record.patient, user)?;
        let live = own.filter(|own| own.rights.is_some() && grant::is_live(own.expiry, now));
        let from = match live {
            _ if rights.includes_history() => Version::FIRST,
            Some(live) => live.from_version,
            None => record.version,
        };
        let mut unlocked = Vec::new();
        if rights.may_read() {
            let recipient = self.recipient_of(user, changed_key)?.to_string();
            let key_changed =
                self.profile.pairs()?.get(user).is_some_and(|pair| pair.recipient != recipient);
            for version in record.version.up_to().filter(|version| *version >= from) {
                if key_changed || self.shared_header(id, version, user)?.is_none() {
                    unlocked.push(self.own_version(actor, id, version)?);
                }
            }
        }
        let mut calls = vec![match rights {
            Rights::READ => call::grant_record_access(id, user, expiry),
            _ => call::grant_record_rights(id, user, rights, expiry),
        }];
        let targets: Vec<_> = unlocked
            .iter()
            .map(|one| Target { record: id, version: one.version, key: one.key() })
            .collect();
        let prepared = match targets.is_empty() {
            true => None,
            false => Some(self.envelope_calls(actor, user, &targets, changed_key, rng)?),
        };
        calls.extend(prepared.iter().flat_map(|prepared| prepared.calls.clone()));
        let receipts =
            self.carry_out(actor, &format!("grant access to record {id} to {user}"), calls)?;
        self.remember(prepared.map(|prepared| (user.clone(), prepared.pair)));
        Ok(Granted {
            txid: first(&receipts)?.txid,
            expiry,
            versions: unlocked.iter().map(|one| one.version).collect(),
        })
    }

    /// The calls that share these versions' keys with a reader.
    pub(crate) fn envelope_calls(
        &self,
        actor: &Actor,
        reader: &Principal,
        targets: &[Target<'_>],
        changed: ChangedKey,
        rng: &mut dyn CryptoRng,
    ) -> Result<Prepared, ShareError> {
        let reader_key = self.recipient_of(reader, changed)?;
        let text = reader_key.to_string();
        let mut known = self.known_pair(reader, &text)?;
        let epoch = match &known {
            Some(pair) => Epoch::new(pair.epoch),
            None => Epoch::generate(rng),
        };
        let pair = SecretPair { patient: actor.principal(), reader: reader.clone(), epoch };
        let secret = PairSecret::derive(&actor.keyring.record_root()?, &pair);
        let mut calls = Vec::new();
        for target in targets {
            let wrap = RecordWrap::seal(&secret, &pair, target.key);
            let (record, version) = (target.record, target.version);
            let holds_header = |pair: &Pair| (pair.record, pair.version) == (record, version);
            let envelope = match &known {
                Some(pair) if !holds_header(pair) => KeyEnvelope::ByReference {
                    epoch,
                    record: pair.record,
                    version: pair.version,
                    wrap,
                },
                _ => {
                    let epoch_number = epoch.number();
                    let recipient = text.clone();
                    known = Some(Pair { epoch: epoch_number, record, version, recipient });
                    let header = PairHeader::seal(&secret, &pair, &reader_key, rng);
                    KeyEnvelope::Full { epoch, header, wrap }
                }
            };
            calls.push(call::put_key_envelope(record, version, reader, envelope.to_bytes()));
        }
        let pair = known.ok_or(ShareError::Refused(ContractError::EmptyEnvelope))?;
        Ok(Prepared { calls, pair })
    }

    /// Remembers where pair secrets lie. What was shared stands on the chain already: that this
    /// fails costs a little space there the next time, and is no reason to say that sharing did.
    pub(crate) fn remember(&self, fresh: impl IntoIterator<Item = (Principal, Pair)>) {
        let remember = || -> Result<(), ProfileError> {
            let mut pairs = self.profile.pairs()?;
            let before = pairs.clone();
            pairs.extend(fresh);
            if pairs == before { Ok(()) } else { self.profile.remember_pairs(&pairs) }
        };
        let _ = remember();
    }

    /// The pair secret that is set up for a reader, when its header is on chain and was sealed to
    /// the key that the reader has now.
    fn known_pair(&self, reader: &Principal, recipient: &str) -> Result<Option<Pair>, ShareError> {
        let Some(pair) = self.profile.pairs()?.remove(reader) else { return Ok(None) };
        if pair.recipient != recipient {
            return Ok(None);
        }
        let header = self.shared_header(pair.record, pair.version, reader)?;
        Ok(header.filter(|header| *header == pair.epoch).map(|_| pair))
    }

    /// The epoch of the key envelope that a reader has for this version, when the pair header that
    /// it needs is there as well.
    fn shared_header(
        &self,
        id: RecordId,
        version: Version,
        reader: &Principal,
    ) -> Result<Option<u64>, AskError> {
        let envelope_at = |record, version| -> Result<Option<KeyEnvelope>, AskError> {
            let bytes = self.ask(&read::key_envelope(record, version, reader))?;
            Ok(bytes.and_then(|bytes| KeyEnvelope::parse(&bytes).ok()))
        };
        let found = match envelope_at(id, version)? {
            Some(KeyEnvelope::ByReference { epoch, record, version, .. }) => {
                let full = envelope_at(record, version)?;
                full.filter(|full| full.epoch() == epoch)
            }
            found => found,
        };
        Ok(match found {
            Some(KeyEnvelope::Full { epoch, .. }) => Some(epoch.number()),
            _ => None,
        })
    }

    /// Ends a user's access to one's own record. Later versions are not wrapped for them.
    ///
    /// # Errors
    ///
    /// [`ShareError`].
    pub fn revoke(
        &self,
        actor: &Actor,
        id: RecordId,
        user: &Principal,
    ) -> Result<Revoked, ShareError> {
        let Some(record) = self.ask(&read::record(id))? else {
            return Err(ShareError::Refused(ContractError::RecordNotFound));
        };
        let call = call::revoke_record_access(id, user);
        let receipts =
            self.carry_out(actor, &format!("revoke {user}'s access to record {id}"), vec![call])?;
        let mut exposed = Vec::new();
        for version in record.version.up_to() {
            if self.ask(&read::key_envelope(id, version, user))?.is_some() {
                exposed.push(version);
            }
        }
        Ok(Revoked {
            txid: first(&receipts)?.txid,
            opened: self.opened_by(id, record.audit_count, user)?,
            exposed,
        })
    }

    /// The versions that a user has opened so far, by the record's log.
    fn opened_by(
        &self,
        id: RecordId,
        entries: u64,
        user: &Principal,
    ) -> Result<Vec<Version>, AskError> {
        use mrms_core::Action;
        let mut opened = std::collections::BTreeSet::new();
        for index in 0..entries {
            let Some(entry) = self.ask(&read::audit_entry(id, index))? else { continue };
            let read = matches!(entry.action, Action::Access | Action::EmergencyRead);
            if read && entry.actor == *user {
                opened.extend(Version::new(entry.version));
            }
        }
        Ok(opened.into_iter().collect())
    }
}
