//! Brings the vaults up to date: gives each what it lacks of a person's records, because it was
//! offline when they were written, or replaces another vault.
//!
//! Brings nothing back that was erased: when one vault says that a record was erased, no vault gets
//! anything of it.

use std::collections::{BTreeMap, BTreeSet};

use mrms_contract::read;
use mrms_contract::state::Record;
use mrms_core::{Principal, RecordId, Rights, Version};
use mrms_crypto::envelope::{ContentEnvelope, Storage};
use mrms_crypto::keyring::NoKeyError;
use mrms_crypto::{ErasureSalt, HybridRecipient, RecordRoot, VersionContext};
use mrms_store::{BlobId, StoreError};
use mrms_vault::protocol::{Hex, RefusalReason, SaltRequest, Topic};
use rand_core::CryptoRng;

use crate::access::open::blob_id;
use crate::profile::ProfileError;
use crate::profile::granted::{Granted, GrantedMemory, Sharing};
use crate::records::shared::{SharedBounds, SharedError};
use crate::session::ciphertexts::CiphertextOf;
use crate::session::vaults::MemberError;
use crate::session::vaults::VaultFailures;
use crate::session::{Actor, AskError, Session};
use crate::sharing::grant::{ShareError, targets};
use crate::sharing::own::WhyClosed;
use crate::sharing::readers::has_use_of_keys;
use crate::sharing::recipients::ChangedKey;
use crate::sharing::sealed::SharesFor;
use crate::sharing::unknown::{Remembered, WhyLeftOut};

/// The ciphertext of each vault of a session, by the vault's place among them.
pub trait Replicas {
    /// Whether that vault keeps a blob as the ciphertext of this version.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it does not tell.
    fn has(&self, place: usize, id: &BlobId, of: CiphertextOf) -> Result<bool, StoreError>;

    /// Brings that vault a blob in the name of an actor: from wherever else it is, or only by telling for which version it
    /// is, if the vault has the bytes.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; [`StoreError::Missing`] when it is nowhere else.
    fn bring(
        &self,
        place: usize,
        actor: &Actor,
        id: &BlobId,
        of: CiphertextOf,
    ) -> Result<(), StoreError>;

    /// Every vault has the blob: forgets the copy that was kept for a vault that lacked it.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    fn settle(&self, id: &BlobId) -> Result<(), StoreError>;
}

/// Whether readers get new shares as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReaderKeys {
    /// They keep theirs.
    Leave,
    /// Every reader by name gets new shares with all vaults, in place of the old ones.
    Renew,
}

/// Something that a vault should get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Its answer, before anything else.
    Answer,
    /// A version's ciphertext.
    Ciphertext(Version),
    /// A version's erasure salt.
    Salt(Version),
    /// A reader's shares of the versions that they may open.
    Key(Principal),
}

/// Why a vault did not get it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotDone {
    /// The vault refused, could not be reached, or is not the one that it should be.
    #[error(transparent)]
    Vault(#[from] MemberError),
    /// The ciphertext could not be read or sent.
    #[error(transparent)]
    Ciphertext(#[from] StoreError),
    /// No vault that answered gives the salt.
    #[error("no vault that answered has the erasure salt")]
    NoSalt,
    /// The salt that the vault gives opens nothing. It is given to no other vault.
    #[error("it gives an erasure salt that does not open this version")]
    WrongSalt,
    /// The reader's shares could not be made or left.
    #[error(transparent)]
    Key(Box<ShareError>),
    /// The ledger names the reader; this profile did not grant to them, or to another key.
    #[error("{0}")]
    LeftOut(WhyLeftOut),
}

/// One step: what was done, or could not be done.
#[derive(Debug)]
pub struct Step {
    /// The record; `None` for what concerns a vault as a whole.
    pub record: Option<RecordId>,
    /// The vault's name; `None` for what all of them get.
    pub vault: Option<String>,
    /// What it should get.
    pub piece: Piece,
    /// Whether it has it now.
    pub outcome: Result<(), NotDone>,
}

/// What was compared.
#[derive(Debug, Default)]
pub struct Replicated {
    /// Versions whose ciphertext is with the vaults.
    pub versions: u64,
    /// Records that a vault says were erased.
    pub erased: BTreeSet<RecordId>,
    /// Whether others shared more than was looked at.
    pub passed_over: bool,
    /// Versions of the person's own records whose key no reader got, since it can't be found.
    pub left_out_versions: BTreeMap<(RecordId, Version), WhyClosed>,
}

/// Why records and vaults could not be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReplicateError {
    /// What others shared could not be listed.
    #[error(transparent)]
    Shared(#[from] SharedError),
    /// The contract could not be asked.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The profile's memory could not be read.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The keyring has no key.
    #[error(transparent)]
    NoKey(#[from] NoKeyError),
}

/// A version whose ciphertext the vaults keep.
struct VaultVersion {
    record: RecordId,
    version: Version,
    blob: BlobId,
    /// What opens with the salt, if the version is erasable and the actor's own: only who wrote a version can leave its
    /// salt, and can tell the right one from a wrong one.
    salted: Option<Salted>,
}

/// An erasable version, as its author can open it.
struct Salted {
    envelope: ContentEnvelope,
    context: VersionContext,
    root: RecordRoot,
}

impl Salted {
    /// Whether this salt is the version's: only with it the author's wrap opens.
    fn fits(&self, salt: &Hex<32>) -> bool {
        let salt = ErasureSalt::from_bytes(salt.0);
        self.envelope.unlock_with_root(&self.context, &self.root, Some(&salt)).is_ok()
    }
}

impl VaultVersion {
    const fn of(&self) -> CiphertextOf {
        CiphertextOf { record: self.record, version: self.version }
    }
}

/// What became of a version.
#[derive(PartialEq, Eq)]
enum VersionState {
    Kept,
    Erased,
}

/// One run: the vaults that answer, by their places, and where each step is reported.
struct Run<'r> {
    actor: &'r Actor,
    replicas: &'r dyn Replicas,
    answering: Vec<usize>,
    report: &'r mut dyn FnMut(Step),
}

impl Session<'_> {
    /// Gives each vault the ciphertext and erasure salts that it lacks of the actor's own records,
    /// and of the versions that the actor added to others' records and can still open. With
    /// [`ReaderKeys::Renew`], also gives it shares for those readers of the actor's records whom the
    /// profile remembers. Reports each step as it is done.
    ///
    /// # Errors
    ///
    /// [`ReplicateError`]; what was done until then stays. What a vault did not take is reported,
    /// and is no error.
    pub fn replicate(
        &self,
        actor: &Actor,
        replicas: &dyn Replicas,
        keys: ReaderKeys,
        rng: &mut dyn CryptoRng,
        report: &mut dyn FnMut(Step),
    ) -> Result<Replicated, ReplicateError> {
        let me = actor.principal();
        let own = self.records_of(&me)?;
        let answering = self.answering(report);
        let mut run = Run { actor, replicas, answering, report };
        let mut done = Replicated::default();
        let shared = self.shared_with(&me, SharedBounds::USUAL)?;
        done.passed_over = shared.older_entries > 0 || !shared.cut_short.is_empty();
        let live = shared.records.into_iter().filter(|shared| shared.now.is_ok());
        let others = live.map(|shared| (shared.id, shared.record));
        for (id, record) in own.iter().cloned().chain(others) {
            for kept in self.versions_with_vaults(actor, id, &record)? {
                done.versions += 1;
                if self.replicate_version(&kept, &mut run, rng)? == VersionState::Erased {
                    done.erased.insert(id);
                    break;
                }
            }
        }
        if keys == ReaderKeys::Renew {
            let erased = done.erased.clone();
            for (id, record) in own.iter().filter(|(id, _)| !erased.contains(id)) {
                self.renew_keys(*id, record, &mut run, &mut done.left_out_versions, rng)?;
            }
            self.renew_keys_of_all(&own, &mut run, rng);
        }
        Ok(done)
    }

    /// The places of the vaults that answer, and are who they should be.
    fn answering(&self, report: &mut dyn FnMut(Step)) -> Vec<usize> {
        let mut answering = Vec::new();
        for (place, member) in self.vaults.members().iter().enumerate() {
            match self.vault_card(member) {
                Ok(_) => answering.push(place),
                Err(error) => report(Step {
                    record: None,
                    vault: Some(member.name().to_owned()),
                    piece: Piece::Answer,
                    outcome: Err(error.into()),
                }),
            }
        }
        answering
    }

    /// The versions of a record whose ciphertext the vaults keep: of the actor's records all, of
    /// others' the actor's own.
    fn versions_with_vaults(
        &self,
        actor: &Actor,
        id: RecordId,
        record: &Record,
    ) -> Result<Vec<VaultVersion>, ReplicateError> {
        let me = actor.principal();
        let mut kept = Vec::new();
        for version in record.version.up_to() {
            let Some(stored) = self.ask(&read::record_version(id, version))? else { continue };
            if record.patient != me && stored.author != me {
                continue;
            }
            // Vaults keep nothing of what other software wrote.
            let Ok(envelope) = ContentEnvelope::parse(&stored.encrypted_content) else { continue };
            if envelope.storage() == Storage::Inline {
                continue;
            }
            let blob = blob_id(&envelope);
            let mut salted = None;
            if envelope.storage() == Storage::Erasable && stored.author == me {
                let (patient, author) = (record.patient.clone(), stored.author);
                let context = VersionContext { record: id, version, patient, author };
                let root = actor.keyring.record_root()?;
                salted = Some(Salted { envelope, context, root });
            }
            kept.push(VaultVersion { record: id, version, blob, salted });
        }
        Ok(kept)
    }

    fn replicate_version(
        &self,
        kept: &VaultVersion,
        run: &mut Run<'_>,
        rng: &mut dyn CryptoRng,
    ) -> Result<VersionState, ReplicateError> {
        let ciphertext = || Piece::Ciphertext(kept.version);
        let (mut having, mut lacking) = (0, Vec::new());
        for place in run.answering.clone() {
            match run.replicas.has(place, &kept.blob, kept.of()) {
                Ok(true) => having += 1,
                Ok(false) => lacking.push(place),
                Err(error) => self.report(kept, place, ciphertext(), Err(error.into()), run),
            }
        }
        if lacking.is_empty() && kept.salted.is_none() {
            self.settle(kept, having, run);
            return Ok(VersionState::Kept);
        }
        let receipts = self.profile.receipts(kept.record)?;
        if receipts.iter().any(|receipt| receipt.line.topic == Topic::Erase) {
            return Ok(VersionState::Erased);
        }
        // A vault that lacks a ciphertext may have erased it for the patient. Asked for a salt, it
        // says so.
        let is_salted = kept.salted.is_some();
        let asked = if is_salted { run.answering.clone() } else { lacking.clone() };
        let (mut salt, mut without_salt) = (None, Vec::new());
        for place in asked {
            let Some(member) = self.vaults.members().get(place) else { continue };
            let request = SaltRequest { record_id: kept.record, version: kept.version };
            let answer = self.send_to_vault(run.actor, member, request, rng, |vault, one| {
                vault.release_salt(one)
            });
            match answer {
                Ok((release, _)) => match &kept.salted {
                    Some(salted) if salted.fits(&release.salt) => salt = Some(release.salt),
                    Some(_) => {
                        let wrong = Err(NotDone::WrongSalt);
                        self.report(kept, place, Piece::Salt(kept.version), wrong, run);
                    }
                    None => {}
                },
                Err(error) => match error.reason() {
                    Some(RefusalReason::RecordErased) => return Ok(VersionState::Erased),
                    Some(RefusalReason::NoShare) => without_salt.push(place),
                    _ => {
                        // It may have erased the record.
                        lacking.retain(|other| *other != place);
                        let piece =
                            if is_salted { Piece::Salt(kept.version) } else { ciphertext() };
                        self.report(kept, place, piece, Err(error.into()), run);
                    }
                },
            }
        }
        for place in lacking {
            let brought = run.replicas.bring(place, run.actor, &kept.blob, kept.of());
            having += usize::from(brought.is_ok());
            self.report(kept, place, ciphertext(), brought.map_err(NotDone::from), run);
        }
        self.settle(kept, having, run);
        if is_salted {
            for place in without_salt {
                let left = self.leave_salt(kept, place, salt, run.actor, rng);
                self.report(kept, place, Piece::Salt(kept.version), left, run);
            }
        }
        Ok(VersionState::Kept)
    }

    /// Forgets the copy of a ciphertext that every vault has. A copy that can't be removed does no
    /// harm.
    fn settle(&self, kept: &VaultVersion, having: usize, run: &Run<'_>) {
        if having == self.vaults.members().len() {
            let _ = run.replicas.settle(&kept.blob);
        }
    }

    fn leave_salt(
        &self,
        kept: &VaultVersion,
        place: usize,
        salt: Option<Hex<32>>,
        actor: &Actor,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), NotDone> {
        let (Some(salt), Some(member)) = (salt, self.vaults.members().get(place)) else {
            return Err(NotDone::NoSalt);
        };
        Ok(self.deposit_salt_with(actor, member, (kept.record, kept.version), salt, rng)?)
    }

    fn report(
        &self,
        kept: &VaultVersion,
        place: usize,
        piece: Piece,
        outcome: Result<(), NotDone>,
        run: &mut Run<'_>,
    ) {
        let vault = self.vaults.members().get(place).map(|member| member.name().to_owned());
        (run.report)(Step { record: Some(kept.record), vault, piece, outcome });
    }

    /// Leaves everything anew for those who read everything.
    fn renew_keys_of_all(
        &self,
        own: &[(RecordId, Record)],
        run: &mut Run<'_>,
        rng: &mut dyn CryptoRng,
    ) {
        let tended = self
            .forget_left(run.actor, rng)
            .and_then(|()| self.tend(run.actor, own, usize::MAX, &mut |_, _| {}, rng));
        let mut tell = |user: Principal, outcome| {
            let (record, vault, piece) = (None, None, Piece::Key(user));
            (run.report)(Step { record, vault, piece, outcome });
        };
        let me = run.actor.principal();
        match tended {
            Ok(tended) => {
                tended.left.into_keys().for_each(|user| tell(user, Ok(())));
                for (user, why) in tended.waiting {
                    tell(user, Err(NotDone::LeftOut(why)));
                }
                for error in tended.missing {
                    tell(me.clone(), Err(NotDone::Vault(error)));
                }
                if let Some(error) = tended.failed {
                    tell(me, Err(NotDone::Key(Box::new(error))));
                }
            }
            Err(error) => tell(me, Err(NotDone::Key(Box::new(error)))),
        }
    }

    /// Leaves new shares for everybody who may open a record by name, and whom this person remembers.
    fn renew_keys(
        &self,
        id: RecordId,
        record: &Record,
        run: &mut Run<'_>,
        left_out: &mut BTreeMap<(RecordId, Version), WhyClosed>,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), ReplicateError> {
        let memory = self.profile.granted(&run.actor.keyring.record_root()?)?;
        for reader in self.readers_of(id, record)? {
            let Ok((rights, from)) = reader.now else { continue };
            if !has_use_of_keys(rights) {
                continue;
            }
            let mut closed = |version, why| {
                left_out.insert((id, version), why);
            };
            let to = (&reader.user, from);
            let renewed = self.renew_key(run.actor, (id, record), to, &memory, &mut closed, rng);
            let outcomes = match renewed {
                // Who was told to be no reader needs nothing.
                Ok(Renewed::HasAll | Renewed::LeftOut(WhyLeftOut::Ended)) => continue,
                Ok(Renewed::LeftOut(why)) => vec![Err(NotDone::LeftOut(why))],
                Ok(Renewed::Left(missing)) => {
                    let refusals = missing.into_iter().map(|error| Err(NotDone::Vault(error)));
                    std::iter::once(Ok(())).chain(refusals).collect()
                }
                Err(error) => vec![Err(NotDone::Key(Box::new(error)))],
            };
            for outcome in outcomes {
                let piece = Piece::Key(reader.user.clone());
                (run.report)(Step { record: Some(id), vault: None, piece, outcome });
            }
        }
        Ok(())
    }

    /// Leaves a reader new shares, if this person remembers that they granted to them. Tells `closed`
    /// of versions whose key can't be found.
    fn renew_key(
        &self,
        actor: &Actor,
        (id, record): (RecordId, &Record),
        (reader, opens_from): (&Principal, Version),
        memory: &GrantedMemory,
        closed: &mut dyn FnMut(Version, WhyClosed),
        rng: &mut dyn CryptoRng,
    ) -> Result<Renewed, ShareError> {
        let now = self.ledger.tip().map_err(AskError::from)?.burn_height;
        let known = match self.remembered(memory, id, reader, now) {
            Remembered::Granted(known) => known,
            Remembered::Left(why) => return Ok(Renewed::LeftOut(why)),
        };
        let recipient = self.recipient_of(Some(actor), reader, ChangedKey::Refuse)?;
        if recipient.to_string() != known.recipient {
            return Ok(Renewed::LeftOut(WhyLeftOut::KeyChanged));
        }
        self.leave_as_granted(actor, (id, record), (known, &recipient, opens_from), closed, rng)
    }

    /// Leaves a reader new shares for this recipient of theirs, of every version that the remembered grant opens.
    pub(super) fn leave_as_granted(
        &self,
        actor: &Actor,
        (id, record): (RecordId, &Record),
        (known, recipient, opens_from): (&Granted, &HybridRecipient, Version),
        closed: &mut dyn FnMut(Version, WhyClosed),
        rng: &mut dyn CryptoRng,
    ) -> Result<Renewed, ShareError> {
        let reader = &known.reader;
        let from = known.from_version.max(opens_from);
        let versions = record.version.up_to().filter(|version| *version >= from).collect();
        let own = self.own_versions(actor, (id, record), versions, rng)?;
        own.closed.iter().for_each(|one| closed(one.version, one.why));
        let mut unlocked = own.unlocked;
        if known.sharing == Sharing::Direct {
            unlocked = self.not_on_chain(actor, reader, unlocked, &recipient.to_string())?;
        }
        if unlocked.is_empty() {
            return Ok(Renewed::HasAll);
        }
        let rights = known.rights().unwrap_or(Rights::READ);
        let said = self.said_for_reader(actor, (id, record), &unlocked, rng);
        let names = self.names_for(actor, rights, said)?;
        let targets = targets(id, &unlocked);
        let patient = actor.principal();
        let to = SharesFor { patient: &patient, reader, recipient };
        let left = self.deposit(actor, to, &targets, &names, rng)?;
        Ok(Renewed::Left(left))
    }
}

/// What became of a reader's shares.
pub(super) enum Renewed {
    /// The reader has on chain every key that this person can find.
    HasAll,
    /// The vaults have new shares, except for those that took none.
    Left(VaultFailures),
    /// The reader gets none.
    LeftOut(WhyLeftOut),
}
