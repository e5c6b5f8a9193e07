//! Shares a record: grants access, and gives the reader the keys.
//!
//! Sealed sharing, the default: leaves shares of the keys with the vaults first, then sends the
//! grant to the contract. A vault never releases a share without a grant. Direct sharing: sends the
//! grant and the wrapped keys to the contract in one operation. Follows `grant-record-access` and
//! `grant-record-rights`; [`revoke`](super::revoke) takes a grant back.

use mrms_contract::{Call, ContractError, call, read};
use mrms_core::{BurnHeight, Principal, RecordId, Rights, TxId, Version, grant};
use mrms_crypto::context::ContentKey;
use mrms_crypto::envelope::Storage;
use rand_core::CryptoRng;

use crate::access::open::{OpenRecordError, Unlocked};
use crate::profile::ProfileError;
use crate::profile::remembered::KnownPair;
use crate::sending::outcome::{Outcome, SendError, first};
use crate::session::vaults::TooFewVaults;
use crate::session::vaults::VaultFailures;
use crate::session::{Actor, AskError, Session};
use crate::sharing::recipients::{ChangedKey, RecipientError};

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
    /// A version's key could not be unlocked.
    #[error(transparent)]
    Open(#[from] OpenRecordError),
    /// An erasable version's key would be on chain for good.
    #[error("version {version} of record {record} is erasable: its key cannot go on chain")]
    ErasableDirect {
        /// The record.
        record: RecordId,
        /// The version.
        version: Version,
    },
    /// Too few vaults took their shares.
    #[error(transparent)]
    Vaults(#[from] TooFewVaults),
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

/// Versions of one record as targets.
pub(crate) fn targets(record: RecordId, unlocked: &[Unlocked]) -> Vec<Target<'_>> {
    unlocked.iter().map(|one| Target { record, version: one.version, key: one.key() }).collect()
}

/// Calls that share keys, and what to remember once they stand in a block.
pub(crate) struct Prepared {
    pub(crate) calls: Vec<Call>,
    pub(crate) pair: KnownPair,
}

/// How a reader gets the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// From the vaults, against an entry in the log each time.
    Sealed,
    /// From the chain, at any time.
    Direct,
}

/// The terms of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GrantTerms {
    /// What it allows.
    pub rights: Rights,
    /// First height at which it is closed; `None` holds until revoked.
    pub expiry: Option<BurnHeight>,
    /// How the user gets the keys.
    pub sharing: Sharing,
    /// What to do when the user's key is not the one seen before.
    pub changed_key: ChangedKey,
}

/// A grant that stands in a block.
#[derive(Debug)]
pub struct Granted {
    /// The transaction of the grant.
    pub txid: TxId,
    /// First height at which it is closed.
    pub expiry: Option<BurnHeight>,
    /// Versions whose keys were shared with it.
    pub versions: Vec<Version>,
    /// Vaults that took no share, though enough others did.
    pub missing: VaultFailures,
}

impl Session<'_> {
    /// Grants a user access to one's own record and shares the keys that it opens. Granting again
    /// replaces rights and expiry, and shares what was not shared yet.
    ///
    /// # Errors
    ///
    /// [`ShareError`]; then nothing was shared, unless the ledger failed in between:
    /// [`Session::resume`] then goes on with the operation.
    pub fn grant(
        &self,
        actor: &Actor,
        id: RecordId,
        user: &Principal,
        terms: GrantTerms,
        rng: &mut dyn CryptoRng,
    ) -> Result<Outcome<Granted>, ShareError> {
        let GrantTerms { rights, expiry, sharing, changed_key } = terms;
        let from = self.oldest_to_share(actor, id, user, terms)?;
        let versions = match from {
            Some((from, latest)) => latest.up_to().filter(|version| *version >= from).collect(),
            None => Vec::new(),
        };
        let mut calls = vec![match rights {
            Rights::READ => call::grant_record_access(id, user, expiry),
            _ => call::grant_record_rights(id, user, rights, expiry),
        }];
        let unlocked = self.own_versions(actor, id, versions, rng)?;
        let unlocked = match sharing {
            Sharing::Sealed => unlocked,
            Sharing::Direct => self.not_on_chain(actor, user, unlocked, changed_key)?,
        };
        let targets = targets(id, &unlocked);
        let (mut missing, mut prepared) = (VaultFailures::new(), None);
        if !targets.is_empty() {
            match sharing {
                Sharing::Sealed => {
                    let recipient = self.recipient_of(user, changed_key)?;
                    missing = self.deposit(actor, user, &recipient, &targets, rng)?;
                }
                Sharing::Direct => {
                    if let Some(one) = unlocked.iter().find(|one| one.storage == Storage::Erasable)
                    {
                        let version = one.version;
                        return Err(ShareError::ErasableDirect { record: id, version });
                    }
                    prepared =
                        Some(self.envelope_calls(actor, user, &targets, changed_key, rng)?);
                }
            }
        }
        calls.extend(prepared.iter().flat_map(|prepared| prepared.calls.clone()));
        let sent =
            self.carry_out(actor, &format!("grant access to record {id} to {user}"), calls)?;
        sent.try_map(|receipts| {
            self.remember(prepared.map(|prepared| (user.clone(), prepared.pair)));
            Ok(Granted {
                txid: first(&receipts)?.txid,
                expiry,
                versions: unlocked.iter().map(|one| one.version).collect(),
                missing,
            })
        })
    }

    /// The oldest version that the grant will open, and the latest; `None` when it opens nothing.
    /// Refuses what the contract would refuse.
    fn oldest_to_share(
        &self,
        actor: &Actor,
        id: RecordId,
        user: &Principal,
        terms: GrantTerms,
    ) -> Result<Option<(Version, Version)>, ShareError> {
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
        if !grant::is_live(terms.expiry, now) {
            return refused(ContractError::ExpiryInPast);
        }
        if !terms.rights.may_read() && !terms.rights.may_declare_emergency() {
            return Ok(None);
        }
        let (own, _) = self.grants(id, &record.patient, user)?;
        let live = own.filter(|own| own.rights.is_some() && grant::is_live(own.expiry, now));
        let from = match live {
            _ if terms.rights.includes_history() => Version::FIRST,
            Some(live) => live.from_version,
            None => record.version,
        };
        Ok(Some((from, record.version)))
    }

    /// Unlocks versions of one's own record.
    pub(crate) fn own_versions(
        &self,
        actor: &Actor,
        id: RecordId,
        versions: Vec<Version>,
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<Unlocked>, ShareError> {
        let own = |version| Ok(self.own_version(actor, id, version, rng)?);
        versions.into_iter().map(own).collect()
    }
}
