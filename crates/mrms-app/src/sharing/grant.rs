//! Shares a record: grants access, and gives the reader the keys.
//!
//! Sealed sharing, the default: leaves shares of the keys with the vaults first, then sends the
//! grant to the contract. A vault never releases a share without a grant. Direct sharing: sends the
//! grant and the wrapped keys to the contract in one operation. The profile remembers each grant. Follows `grant-record-access` and
//! `grant-record-rights`; [`revoke`](super::revoke) takes a grant back.

use mrms_contract::state::Record;
use mrms_contract::{Call, ContractError, call, read};
use mrms_core::{BurnHeight, Grant, Principal, RecordId, Rights, TxId, Version, grant};
use mrms_crypto::Fingerprint;
use mrms_crypto::context::ContentKey;
use mrms_crypto::envelope::Storage;
use rand_core::CryptoRng;

use crate::access::open::{OpenRecordError, Unlocked};
use crate::ledger::{LedgerError, Receipt};
use crate::profile::ProfileError;
pub use crate::profile::granted::Sharing;
use crate::profile::granted::{Granted as RememberedGrant, GrantedTerms};
use crate::profile::remembered::KnownPair;
use crate::sending::outcome::{Outcome, SendError, first};
use crate::session::vaults::TooFewVaults;
use crate::session::vaults::VaultFailures;
use crate::session::{Actor, AskError, Sending, Session};
use crate::sharing::own::{ClosedVersion, OwnVersions};
use crate::sharing::recipients::{ChangedKey, RecipientError};
use crate::sharing::sealed::SharesFor;

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
    /// The contract is of a release whose delegates have no powers.
    #[error("the contract is of release {release}, whose delegates have no powers")]
    FormerContract {
        /// Its release.
        release: String,
    },
    /// A delegate has to open what they share first, and that can't be signed for later.
    #[error(
        "a delegate opens record {record} before they share it, which cannot be signed for later"
    )]
    NotByDelegate {
        /// The record.
        record: RecordId,
    },
    /// A key on chain is for good, and only the patient may put it there.
    #[error("a delegate shares through vaults alone")]
    DirectByDelegate,
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

impl ShareError {
    /// Whether the ledger would not take a transaction: it may take others.
    #[must_use]
    pub const fn is_of_one_transaction(&self) -> bool {
        let (Self::Send(SendError::Ledger(error)) | Self::Send(SendError::Kept(error))) = self
        else {
            return false;
        };
        matches!(error, LedgerError::Rejected { .. })
    }

    /// What the contract refused, before or after it was asked; `None` for any other error.
    #[must_use]
    pub const fn refusal(&self) -> Option<ContractError> {
        match self {
            Self::Refused(refusal) | Self::Send(SendError::Refused { refusal, .. }) => {
                Some(*refusal)
            }
            _ => None,
        }
    }
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
    /// The grant that was live before, and that this one replaced.
    pub before: Option<Grant>,
    /// Their key, if this profile sees it for the first time.
    pub first_seen: Option<Fingerprint>,
    /// The oldest version that the contract opens to them now.
    pub from_version: Version,
    /// The oldest version whose key this person gives: a later one, where the ledger tells of an
    /// earlier grant that the profile does not remember.
    pub keys_from: Version,
    /// The latest version.
    pub latest: Version,
    /// Versions whose keys were shared with it.
    pub versions: Vec<Version>,
    /// Versions that should be open to them, and whose key this person can't find.
    pub left_out_versions: Vec<ClosedVersion>,
    /// Vaults that took no share, though enough others did.
    pub missing: VaultFailures,
}

/// A live grant that another one would replace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveGrant {
    /// What the ledger says that it allows.
    pub rights: Rights,
    /// Whether this profile remembers that it gave exactly these rights. A ledger elsewhere could
    /// invent them.
    pub is_remembered: bool,
}

/// What a grant opens, and what it replaces.
struct Reach {
    /// The record.
    record: Record,
    /// The live grant that it replaces.
    before: Option<Grant>,
    /// The oldest version that the contract will open.
    opens_from: Version,
    /// The oldest version whose key this person gives.
    keys_from: Version,
}

impl Session<'_> {
    /// The live grant of a user on one's own record, if there is one: its rights can be kept.
    ///
    /// # Errors
    ///
    /// [`ShareError`].
    pub fn live_grant(
        &self,
        actor: &Actor,
        id: RecordId,
        user: &Principal,
    ) -> Result<Option<LiveGrant>, ShareError> {
        let now = self.ledger.tip().map_err(AskError::from)?.burn_height;
        let own = self.ask(&read::grant(id, user))?;
        let live = own.filter(|own| grant::is_live(own.expiry, now)).and_then(|own| own.rights);
        let Some(rights) = live else { return Ok(None) };
        let memory = self.profile.granted(&actor.keyring.record_root()?)?;
        let remembered = memory.of(self.contract, id, user).and_then(|known| known.rights());
        Ok(Some(LiveGrant { rights, is_remembered: remembered == Some(rights) }))
    }

    /// Grants a user access to one's own record, or to one of a patient whose delegate one is, and shares the keys that it opens. Granting again
    /// replaces rights and expiry, and shares what was not shared yet. Versions whose key can't be
    /// found are left out and told: whoever may amend can add what nobody opens.
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
        let reach = self.reach(actor, id, user, terms)?;
        let pinned = self.profile.pinned()?;
        let recipient = self.recipient_of(Some(actor), user, changed_key)?;
        let first_seen = self.first_seen(actor, user, &pinned)?;
        let versions = match rights.may_read() || rights.may_declare_emergency() {
            true => {
                reach.record.version.up_to().filter(|version| *version >= reach.keys_from).collect()
            }
            false => Vec::new(),
        };
        let mut calls = vec![match rights {
            Rights::READ => call::grant_record_access(id, user, expiry),
            _ => call::grant_record_rights(id, user, rights, expiry),
        }];
        let patient = &reach.record.patient;
        let by_delegate = *patient != actor.principal();
        let OwnVersions { unlocked, closed } = match by_delegate {
            true if sharing == Sharing::Direct => return Err(ShareError::DirectByDelegate),
            true => self.opened_versions(actor, id, versions, rng)?,
            false => self.own_versions(actor, (id, &reach.record), versions, rng)?,
        };
        let unlocked = match sharing {
            Sharing::Sealed => unlocked,
            Sharing::Direct => self.not_on_chain(actor, user, unlocked, &recipient.to_string())?,
        };
        let targets = targets(id, &unlocked);
        let (mut missing, mut prepared) = (VaultFailures::new(), None);
        if !targets.is_empty() {
            match sharing {
                Sharing::Sealed => {
                    let said = self.said_for_reader(actor, (id, &reach.record), &unlocked, rng);
                    let mut names = self.names_for(actor, rights, said)?;
                    // What a delegate calls themselves is not what the patient is called.
                    if by_delegate {
                        names.patient = self.said_of_themselves(actor, patient)?;
                    }
                    let to = SharesFor { patient, reader: user, recipient: &recipient };
                    missing = self.deposit(actor, to, &targets, &names, rng)?;
                }
                Sharing::Direct => {
                    if let Some(one) = unlocked.iter().find(|one| one.storage == Storage::Erasable)
                    {
                        let version = one.version;
                        return Err(ShareError::ErasableDirect { record: id, version });
                    }
                    prepared = Some(self.envelope_calls(actor, user, &recipient, &targets, rng)?);
                }
            }
        }
        calls.extend(prepared.iter().flat_map(|prepared| prepared.calls.clone()));
        let terms = GrantedTerms {
            rights,
            expiry,
            from_version: reach.keys_from,
            sharing,
            recipient: recipient.to_string(),
        };
        let remembered = RememberedGrant::new(self.contract, id, user, terms);
        let sent = self.carry_out_remembered(actor, id, user, remembered, calls)?;
        sent.try_map(|receipts| {
            self.remember(prepared.map(|prepared| (user.clone(), prepared.pair)));
            Ok(Granted {
                txid: first(&receipts)?.txid,
                expiry,
                before: reach.before,
                first_seen,
                from_version: reach.opens_from,
                keys_from: reach.keys_from,
                latest: reach.record.version,
                versions: unlocked.iter().map(|one| one.version).collect(),
                left_out_versions: closed,
                missing,
            })
        })
    }

    /// Sends a grant, and remembers it before that: whatever interrupts the command, who may get keys
    /// is known. What was remembered before comes back where nothing can become of the grant.
    fn carry_out_remembered(
        &self,
        actor: &Actor,
        id: RecordId,
        user: &Principal,
        granted: RememberedGrant,
        calls: Vec<Call>,
    ) -> Result<Outcome<Vec<Receipt>>, ShareError> {
        let description = format!("grant access to record {id} to {user}");
        if self.sending == Sending::DryRun {
            return Ok(self.carry_out(actor, &description, calls)?);
        }
        let root = actor.keyring.record_root()?;
        let before = self.profile.change_granted(&root, |memory| memory.set(granted))?;
        let sent = self.carry_out(actor, &description, calls);
        if sent.is_err() && !self.may_become(&description)? {
            let before = before.of(self.contract, id, user).cloned();
            self.profile.change_granted(&root, |memory| {
                memory.put_back(self.contract, id, user, before);
            })?;
        }
        Ok(sent?)
    }

    /// Whether something of this name that was signed may still come: it waits, or a node refused it, which proves nothing.
    pub(super) fn may_become(&self, description: &str) -> Result<bool, ProfileError> {
        let unfinished = self.unfinished()?;
        Ok(unfinished.iter().any(|one| one.description == description)
            || self.perhaps_given()?.iter().any(|one| one.description == description))
    }

    /// What the grant will open, and what it replaces. Refuses what the contract would refuse.
    fn reach(
        &self,
        actor: &Actor,
        id: RecordId,
        user: &Principal,
        terms: GrantTerms,
    ) -> Result<Reach, ShareError> {
        let refused = |refusal| Err(ShareError::Refused(refusal));
        let Some(record) = self.ask(&read::record(id))? else {
            return refused(ContractError::RecordNotFound);
        };
        self.must_share(&actor.principal(), &record.patient, Some(terms.rights))?;
        if record.patient == *user {
            return refused(ContractError::SelfGrant);
        }
        let now = self.ledger.tip().map_err(AskError::from)?.burn_height;
        if !grant::is_live(terms.expiry, now) {
            return refused(ContractError::ExpiryInPast);
        }
        let (own, _) = self.grants(id, &record.patient, user)?;
        let before = own.filter(|own| own.rights.is_some() && grant::is_live(own.expiry, now));
        let latest = record.version;
        let opens_from = match before {
            _ if terms.rights.includes_history() => Version::FIRST,
            Some(live) => live.from_version,
            None => latest,
        };
        // A ledger could invent an older grant: only what this person gave before, or gives now, makes
        // older versions' keys leave.
        let memory = self.profile.granted(&actor.keyring.record_root()?)?;
        let known = memory.of(self.contract, id, user);
        let given = known.filter(|known| known.rights_at(now).is_some());
        let keys_from = match given {
            _ if terms.rights.includes_history() => Version::FIRST,
            Some(given) => given.from_version.max(opens_from).min(latest),
            None => latest,
        };
        Ok(Reach { record, before, opens_from, keys_from })
    }
}
