//! Erases a record: ends everybody's access, has the vaults delete what they keep of it, and tells
//! what stays.
//!
//! The chain keeps its transactions. What can't be deleted is told for each version.

use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::{ContractError, call, read};
use mrms_core::{Action, Principal, RecordId, StandardPrincipal, Version};
use mrms_crypto::envelope::{ContentEnvelope, Storage};
use mrms_vault::protocol::{Erased, Erasure, Hex, UploadRequest};
use rand_core::CryptoRng;

use crate::profile::ProfileError;
use crate::sending::outcome::{Outcome, SendError, refusal_in};
use crate::session::vaults::{Member, MemberError};
use crate::session::{Actor, AskError, Sending, Session};

/// Why a record could not be erased.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EraseError {
    /// There is no such record, or it is somebody else's.
    #[error("{0}")]
    Refused(ContractError),
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// Somebody's access could not be ended.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The profile's memory could not be read or written.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The keyring has no key.
    #[error(transparent)]
    NoKey(#[from] mrms_crypto::keyring::NoKeyError),
}

/// What is left of a version once every vault has deleted what it had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remains {
    /// The ciphertext is on chain, for good. Whoever has its key, or the patient's words, can read
    /// it.
    CiphertextOnChain,
    /// Only copies of the ciphertext that others made can be decrypted: its keys are wrapped on
    /// chain, for the patient and for readers who got them directly.
    WrapsOnChain,
    /// Nothing: without the salt no wrap opens, not even with the words and a copy.
    Nothing,
    /// Vaults that were not reached, or that kept it, may have the ciphertext and what it is opened with.
    AtVaults,
    /// It was not written by this software, and was left alone.
    Unknown,
}

/// What the vaults did, and which of them were asked.
struct AskedToErase {
    vaults: Vec<(String, Result<Erased, MemberError>)>,
    asked: BTreeSet<StandardPrincipal>,
}

impl Erasing {
    /// What is left of a version after what the vaults did.
    fn remains(&self, one: &ErasableVersion) -> Remains {
        let Some((blob, _)) = one.ciphertext else { return one.remains };
        let is_kept = |erased: &Erased| erased.kept.contains(&blob);
        let is_kept =
            self.vaults.iter().filter_map(|(_, erased)| erased.as_ref().ok()).any(is_kept);
        match one.remains {
            Remains::Nothing | Remains::WrapsOnChain if self.unfinished() > 0 => Remains::AtVaults,
            // Without the salt no copy of it opens, wherever it is.
            Remains::WrapsOnChain if is_kept => Remains::AtVaults,
            remains => remains,
        }
    }
}

/// A version of one's own record, as an erasure finds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErasableVersion {
    /// The version.
    pub version: Version,
    /// What is left of it once every vault has deleted what it had.
    pub remains: Remains,
    /// Hash and length of its ciphertext, if that is with the vaults.
    pub ciphertext: Option<(Hex<32>, u64)>,
}

/// What an erasure did.
#[derive(Debug)]
pub struct Erasing {
    /// What is left of each version.
    pub versions: Vec<(Version, Remains)>,
    /// Whose access was ended with it.
    pub revoked: Vec<Principal>,
    /// Who opened which versions while they could: what they kept then, they may have.
    pub opened: BTreeMap<Principal, BTreeSet<Version>>,
    /// What each vault deleted, with its receipt, or why it did not; by the vault's name.
    pub vaults: Vec<(String, Result<Erased, MemberError>)>,
    /// Vaults that left a receipt about the record and were not asked, because nobody knows where they are.
    pub not_asked: Vec<StandardPrincipal>,
}

impl Erasing {
    /// How many vaults may still have something of the record.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        self.vaults.iter().filter(|(_, erased)| erased.is_err()).count() + self.not_asked.len()
    }
}

impl Session<'_> {
    /// Ends everybody's access to one's own record, then has every vault delete its ciphertext,
    /// salts and shares. Since access is ended on chain, even a vault that is restored from an old
    /// backup releases nothing. Asks the session's vaults and the `former` ones, which the settings name no longer. Repeat it
    /// to ask the vaults that could not be reached.
    ///
    /// # Errors
    ///
    /// [`EraseError`]; then nothing was deleted.
    pub fn erase(
        &self,
        actor: &Actor,
        id: RecordId,
        former: &[Member],
        rng: &mut dyn CryptoRng,
    ) -> Result<Outcome<Erasing>, EraseError> {
        let versions = self.erasable(actor, id)?;
        let opened = self.opened_by_others(actor, id)?;
        let receipts = self.profile.receipts(id)?;
        let known: BTreeSet<_> = receipts.iter().map(|receipt| receipt.vault).collect();
        self.revoke_all(actor, id)?.try_map(|revoked| {
            self.note_unerased(id, true)?;
            let erasing = self.have_vaults_erase(actor, id, &versions, former, rng);
            let not_asked = known.difference(&erasing.asked).copied().collect();
            let vaults = erasing.vaults;
            let mut told = Erasing { versions: Vec::new(), revoked, opened, vaults, not_asked };
            told.versions = versions.iter().map(|one| (one.version, told.remains(one))).collect();
            self.note_unerased(id, told.unfinished() > 0)?;
            Ok(told)
        })
    }

    /// Notes whether vaults still have something of a record. That it can't be written, or that the notes can't be read, keeps
    /// nothing from being erased.
    fn note_unerased(&self, id: RecordId, is_unerased: bool) -> Result<(), ProfileError> {
        match self.profile.note_unerased(id, is_unerased) {
            Err(ProfileError::Damaged { .. }) => Ok(()),
            Err(error) if error.is_unwritable() => Ok(()),
            noted => noted,
        }
    }

    /// Has every vault erase. A former vault that moved to another address is asked there: what does not answer at the old
    /// one is no failure then.
    fn have_vaults_erase(
        &self,
        actor: &Actor,
        id: RecordId,
        versions: &[ErasableVersion],
        former: &[Member],
        rng: &mut dyn CryptoRng,
    ) -> AskedToErase {
        let (mut vaults, mut asked) = (Vec::new(), BTreeSet::new());
        for member in self.vaults.members().iter().chain(former) {
            let erased = self.have_vault_erase(actor, member, id, versions, rng);
            let account = self.remembered_account(member);
            if erased.is_ok() {
                asked.extend(account);
            }
            vaults.push((member.name().to_owned(), account, erased));
        }
        let done = asked.clone();
        // Those that could not be reached are told by their names.
        asked.extend(vaults.iter().filter_map(|(_, account, _)| *account));
        vaults.retain(|(_, account, erased)| {
            erased.is_ok() || !account.is_some_and(|account| done.contains(&account))
        });
        let vaults = vaults.into_iter().map(|(name, _, erased)| (name, erased)).collect();
        AskedToErase { vaults, asked }
    }

    /// Who other than the actor opened which versions of a record, by its log.
    fn opened_by_others(
        &self,
        actor: &Actor,
        id: RecordId,
    ) -> Result<BTreeMap<Principal, BTreeSet<Version>>, EraseError> {
        let record = self.ask(&read::record(id))?;
        let record = record.ok_or(EraseError::Refused(ContractError::RecordNotFound))?;
        let mut opened: BTreeMap<Principal, BTreeSet<Version>> = BTreeMap::new();
        for entry in self.ask_list(record.audit_count, |index| read::audit_entry(id, index))? {
            let is_opening = matches!(entry.action, Action::Access | Action::EmergencyRead);
            if is_opening && entry.actor != actor.principal() {
                opened.entry(entry.actor).or_default().extend(Version::new(entry.version));
            }
        }
        Ok(opened)
    }

    /// Has one vault erase. What it keeps because nobody has told it for which version it is, it is told, and asked once
    /// more.
    fn have_vault_erase(
        &self,
        actor: &Actor,
        member: &Member,
        id: RecordId,
        versions: &[ErasableVersion],
        rng: &mut dyn CryptoRng,
    ) -> Result<Erased, MemberError> {
        let erased = self.ask_to_erase(actor, member, id, versions, rng)?;
        let kept = |one: &&ErasableVersion| {
            one.ciphertext.is_some_and(|(blob, _)| erased.kept.contains(&blob))
        };
        let mut told = false;
        for one in versions.iter().filter(kept) {
            let Some((sha256, length)) = one.ciphertext else { continue };
            let upload = UploadRequest { sha256, length, record_id: id, version: one.version };
            let announced = self
                .send_to_vault(actor, member, upload, rng, |vault, signed| vault.announce(signed));
            told |= announced.is_ok();
        }
        if !told {
            return Ok(erased);
        }
        let again = self.ask_to_erase(actor, member, id, versions, rng)?;
        let blobs = erased.blobs.into_iter().chain(again.blobs).collect();
        let (shares, salts) = (erased.shares + again.shares, erased.salts + again.salts);
        Ok(Erased { shares, salts, blobs, ..again })
    }

    fn ask_to_erase(
        &self,
        actor: &Actor,
        member: &Member,
        id: RecordId,
        versions: &[ErasableVersion],
        rng: &mut dyn CryptoRng,
    ) -> Result<Erased, MemberError> {
        let blobs = versions.iter().filter_map(|one| Some(one.ciphertext?.0)).collect();
        let erasure = Erasure { record_id: id, blobs };
        let (erased, digest) =
            self.send_to_vault(actor, member, erasure, rng, |vault, signed| vault.erase(signed))?;
        self.check_receipt(member, &erased.receipt, digest)?;
        Ok(erased)
    }

    /// Revokes every grant by name that is in force, and those that this person gave and the ledger does not show. A dry run
    /// ends here, even when there is no grant to revoke: it does not ask the vaults.
    fn revoke_all(
        &self,
        actor: &Actor,
        id: RecordId,
    ) -> Result<Outcome<Vec<Principal>>, EraseError> {
        let record = self.ask(&read::record(id))?;
        let record = record.ok_or(EraseError::Refused(ContractError::RecordNotFound))?;
        let root = actor.keyring.record_root()?;
        let readers = self.readers_of(id, &record)?;
        let live = readers.into_iter().filter(|reader| reader.now.is_ok());
        let mut users: Vec<_> = live.map(|reader| reader.user).collect();
        let shown = users.len();
        // Where it can't be read, what ends is what the ledger shows: faces tell so.
        let given = match self.profile.granted(&root) {
            Err(ProfileError::Damaged { .. } | ProfileError::Earlier { .. }) => Vec::new(),
            given => given?.standing_on(self.contract, id),
        };
        let may_be_live = self.may_be_live();
        for one in given.iter().filter(|one| may_be_live(one.expiry)) {
            if !users.contains(&one.reader) && !self.shows_end_of(id, &one.reader)? {
                users.push(one.reader.clone());
            }
        }
        if self.sending != Sending::DryRun {
            self.want_ends(&root, |memory| {
                given.iter().for_each(|one| memory.end(self.contract, id, &one.reader));
                users.iter().for_each(|user| memory.want_end(self.contract, id, user));
            });
        }
        if users.is_empty() && self.sending == Sending::Send {
            return Ok(Outcome::Done(users));
        }
        let calls = users.iter().map(|user| call::revoke_record_access(id, user));
        let unsigned = calls.map(|call| self.transaction(call)).collect();
        let sent = self.send(actor, &format!("end all access to record {id}"), unsigned)?;
        sent.try_map(|receipts| {
            let mut ended = Vec::new();
            for (place, (user, receipt)) in users.iter().zip(&receipts).enumerate() {
                match refusal_in(receipt)? {
                    None => ended.push(user.clone()),
                    // It was only remembered.
                    Some(ContractError::NoSuchGrant) if place >= shown => {}
                    Some(refusal) => {
                        return Err(SendError::Refused { refusal, txid: receipt.txid }.into());
                    }
                }
                self.note_ended(actor, user, &[id], &[]);
            }
            Ok(ended)
        })
    }

    /// Whether the ledger says that somebody had a grant which has ended, and not only that there is none.
    fn shows_end_of(&self, id: RecordId, user: &Principal) -> Result<bool, AskError> {
        let grant = self.ask(&read::grant(id, user))?;
        Ok(grant.is_some_and(|grant| grant.rights.is_none()))
    }

    /// What would be left of each version of one's own record, and the ciphertext that would go.
    ///
    /// # Errors
    ///
    /// [`EraseError`].
    pub fn erasable(
        &self,
        actor: &Actor,
        id: RecordId,
    ) -> Result<Vec<ErasableVersion>, EraseError> {
        let refused = |refusal| EraseError::Refused(refusal);
        let record =
            self.ask(&read::record(id))?.ok_or_else(|| refused(ContractError::RecordNotFound))?;
        if record.patient != actor.principal() {
            return Err(refused(self.why_not_patient(&actor.principal(), &record.patient)));
        }
        let mut versions = Vec::new();
        for version in record.version.up_to() {
            let Some(stored) = self.ask(&read::record_version(id, version))? else { continue };
            let (remains, ciphertext) = match ContentEnvelope::parse(&stored.encrypted_content) {
                Ok(envelope) => {
                    let digest = envelope.payload_digest();
                    let ciphertext = Some((Hex(*digest.sha256()), digest.length()));
                    match envelope.storage() {
                        Storage::Inline => (Remains::CiphertextOnChain, None),
                        Storage::Reference => (Remains::WrapsOnChain, ciphertext),
                        Storage::Erasable => (Remains::Nothing, ciphertext),
                    }
                }
                Err(_) => (Remains::Unknown, None),
            };
            versions.push(ErasableVersion { version, remains, ciphertext });
        }
        Ok(versions)
    }
}
