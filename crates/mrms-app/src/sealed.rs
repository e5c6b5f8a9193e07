//! Sealed sharing: leaving shares with the vaults, and getting them against an entry in the log.
//!
//! Each deposit has an epoch, a pair secret and release secrets of its own: nothing has to be
//! remembered for the next, and what was released of one says nothing of another. Who may have a
//! share is the vaults' question; they ask the chain.

use mrms_core::{Principal, RecordId, Version};
use mrms_crypto::context::{ContentKey, ErasureSalt};
use mrms_crypto::envelope::ContentEnvelope;
use mrms_crypto::sharing::sealed::{
    DepositId, ReleaseSecret, SealedShare, SealedWrap, Sealing, Threshold,
};
use mrms_crypto::sharing::{Epoch, Pair, PairHeader, PairSecret};
use mrms_crypto::{HybridRecipient, VersionContext};
use mrms_vault::protocol::{
    Deposit, DepositedVersion, Hex, MOST_VERSIONS, Release, ReleaseRequest, SaltDeposit,
    SaltRequest, Split,
};
use rand_core::CryptoRng;

use crate::open::OpenRecordError;
use crate::opening::Opening;
use crate::session::{Actor, Sending, Session};
use crate::share::{ShareError, Target};
use crate::vaults::{Member, MemberError, TooFewVaults};

/// Vaults that took no share, though enough others did: by name, and why.
pub type Missing = Vec<MemberError>;

/// A release that was asked for and given, with whom it came from.
type Given = (String, Release);

impl Session<'_> {
    /// Leaves the keys of these versions of one record with the vaults, for a reader.
    pub(crate) fn deposit(
        &self,
        actor: &Actor,
        reader: &Principal,
        recipient: &HybridRecipient,
        targets: &[Target<'_>],
        rng: &mut dyn CryptoRng,
    ) -> Result<Missing, ShareError> {
        let mut missing = Missing::new();
        if matches!(self.sending, Sending::Rehearse) {
            return Ok(missing);
        }
        for targets in targets.chunks(MOST_VERSIONS) {
            let deposits = self.sealed_for(actor, reader, recipient, targets, rng)?;
            let deposits = self.vaults.members().iter().zip(deposits);
            let failures = self.each(deposits, |member, deposit| {
                let (receipt, digest) =
                    self.tell(actor, member, deposit, rng, |vault, signed| vault.deposit(signed))?;
                self.check_receipt(member, &receipt, digest)
            })?;
            missing.extend(failures);
        }
        Ok(missing)
    }

    /// Does something with every vault, which enough of them must do.
    fn each<'m, T>(
        &self,
        members: impl IntoIterator<Item = (&'m Member, T)>,
        mut one: impl FnMut(&'m Member, T) -> Result<(), MemberError>,
    ) -> Result<Vec<MemberError>, TooFewVaults> {
        let (mut done, mut failures) = (0, Vec::new());
        for (member, what) in members {
            match one(member, what) {
                Ok(()) => done += 1,
                Err(error) => failures.push(error),
            }
        }
        let needed = self.vaults.threshold().needed();
        if done < usize::from(needed) {
            return Err(TooFewVaults { done, needed, failures });
        }
        Ok(failures)
    }

    /// One deposit for each vault, in their order.
    fn sealed_for(
        &self,
        actor: &Actor,
        reader: &Principal,
        recipient: &HybridRecipient,
        targets: &[Target<'_>],
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<Deposit>, ShareError> {
        let threshold = self.vaults.threshold();
        let epoch = Epoch::generate(rng);
        let pair = Pair { patient: actor.principal(), reader: reader.clone(), epoch };
        let secret = PairSecret::derive(&actor.keyring.record_root()?, &pair);
        let header = PairHeader::seal(&secret, &pair, recipient, rng);
        let deposit = DepositId::generate(rng);
        let deposit_for = |place, record_id| Deposit {
            record_id,
            reader: reader.clone(),
            epoch: epoch.number(),
            deposit_id: Hex(*deposit.as_bytes()),
            split: Split { threshold: threshold.needed(), count: threshold.count(), place },
            pair_header: Hex(*header.as_bytes()),
            versions: Vec::with_capacity(targets.len()),
        };
        let Some(record) = targets.first().map(|target| target.record) else {
            return Ok(Vec::new());
        };
        let mut deposits: Vec<Deposit> =
            (1..=threshold.count()).map(|place| deposit_for(place, record)).collect();
        for target in targets {
            let (context, payload) = (target.key.context(), *target.key.payload());
            let sealing = Sealing { pair: &pair, context, payload, deposit, threshold };
            let release = ReleaseSecret::generate(rng);
            let wrap = SealedWrap::seal(&secret, &release, &sealing, target.key);
            for (deposit, share) in deposits.iter_mut().zip(release.split(threshold, rng)) {
                let share = SealedShare::seal(&share, &secret, &sealing);
                deposit.versions.push(DepositedVersion {
                    version: target.version,
                    wrap: Hex(*wrap.as_bytes()),
                    share: Hex(*share.as_bytes()),
                });
            }
        }
        Ok(deposits)
    }

    /// Gets the version's key from the vaults, against the entry of `opening`. What arrives is kept
    /// there, so that an interruption costs no second entry.
    pub(crate) fn released_key(
        &self,
        actor: &Actor,
        envelope: &ContentEnvelope,
        context: &VersionContext,
        opening: &mut Opening,
        note: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<ContentKey, OpenRecordError> {
        let mut failures = Vec::new();
        for member in self.vaults.members() {
            if enough(&opening.releases).is_some() {
                break;
            }
            if opening.releases.iter().any(|(name, _)| name == member.name()) {
                continue;
            }
            match self.ask_release(actor, member, opening, note, rng) {
                Ok(release) => {
                    opening.releases.push((member.name().to_owned(), release));
                    self.profile.keep_opening(opening)?;
                }
                Err(error) => failures.push(error),
            }
        }
        let Some(releases) = enough(&opening.releases) else {
            let needed = self.vaults.threshold().needed();
            return Err(TooFewVaults { done: opening.releases.len(), needed, failures }.into());
        };
        self.join(actor, envelope, context, &releases)
    }

    fn ask_release(
        &self,
        actor: &Actor,
        member: &Member,
        opening: &Opening,
        note: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Result<Release, MemberError> {
        let request = ReleaseRequest {
            record_id: opening.record,
            version: opening.version,
            audit_index: opening.audit_index,
            txid: opening.txid,
            note: note.to_vec(),
        };
        let (release, digest) =
            self.tell(actor, member, request, rng, |vault, signed| vault.release(signed))?;
        self.check_receipt(member, &release.receipt, digest)?;
        Ok(release)
    }

    fn join(
        &self,
        actor: &Actor,
        envelope: &ContentEnvelope,
        context: &VersionContext,
        releases: &[&Release],
    ) -> Result<ContentKey, OpenRecordError> {
        let unusable = || OpenRecordError::Release { record: context.record };
        let first = releases.first().ok_or_else(unusable)?;
        let pair = Pair {
            patient: context.patient.clone(),
            reader: actor.principal(),
            epoch: Epoch::new(first.epoch),
        };
        let header = PairHeader::from_bytes(first.pair_header.0);
        let secret = actor
            .identities()?
            .iter()
            .find_map(|identity| header.open(&pair, identity).ok())
            .ok_or(OpenRecordError::OtherIdentity)?;
        let threshold =
            Threshold::new(first.split.threshold, first.split.count).ok_or_else(unusable)?;
        let sealing = Sealing {
            pair: &pair,
            context,
            payload: envelope.payload_digest(),
            deposit: DepositId::from_bytes(first.deposit_id.0),
            threshold,
        };
        let shares: Vec<_> = releases
            .iter()
            .filter_map(|release| {
                let share = SealedShare::from_bytes(release.share.0);
                share.open(release.split.place, &secret, &sealing).ok()
            })
            .collect();
        let release = ReleaseSecret::join(threshold, &shares).map_err(|_| unusable())?;
        let salt = releases.iter().find_map(|release| release.salt);
        let salt = salt.map(|salt| ErasureSalt::from_bytes(salt.0));
        SealedWrap::from_bytes(first.wrap.0)
            .open(&secret, &release, &sealing, envelope, salt.as_ref())
            .map_err(OpenRecordError::Unlock)
    }

    /// Leaves the erasure salt of a version that is about to be written with every vault.
    pub(crate) fn deposit_salt(
        &self,
        actor: &Actor,
        key: &ContentKey,
        rng: &mut dyn CryptoRng,
    ) -> Result<Missing, TooFewVaults> {
        let Some(salt) = key.erasure_salt() else { return Ok(Missing::new()) };
        if matches!(self.sending, Sending::Rehearse) {
            return Ok(Missing::new());
        }
        let context = key.context();
        let of = (context.record, context.version);
        let members = self.vaults.members().iter().map(|member| (member, ()));
        self.each(members, |member, ()| {
            self.deposit_salt_with(actor, member, of, Hex(*salt.expose_bytes()), rng)
        })
    }

    /// Leaves an erasure salt with one vault.
    pub(crate) fn deposit_salt_with(
        &self,
        actor: &Actor,
        member: &Member,
        (record_id, version): (RecordId, Version),
        salt: Hex<32>,
        rng: &mut dyn CryptoRng,
    ) -> Result<(), MemberError> {
        let message = SaltDeposit { record_id, version, salt };
        let (receipt, digest) =
            self.tell(actor, member, message, rng, |vault, signed| vault.deposit_salt(signed))?;
        self.check_receipt(member, &receipt, digest)
    }

    /// The erasure salt of a version of one's own, from the first vault that has it.
    pub(crate) fn own_salt(
        &self,
        actor: &Actor,
        record_id: RecordId,
        version: Version,
        rng: &mut dyn CryptoRng,
    ) -> Result<ErasureSalt, TooFewVaults> {
        let mut failures = Vec::new();
        for member in self.vaults.members() {
            let message = SaltRequest { record_id, version };
            match self.tell(actor, member, message, rng, |vault, signed| vault.release_salt(signed))
            {
                Ok((release, _)) => return Ok(ErasureSalt::from_bytes(release.salt.0)),
                Err(error) => failures.push(error),
            }
        }
        Err(TooFewVaults { done: 0, needed: 1, failures })
    }
}

/// Releases of one deposit that are as many as it needs.
fn enough(releases: &[Given]) -> Option<Vec<&Release>> {
    releases.iter().find_map(|(_, first)| {
        let same: Vec<_> = releases
            .iter()
            .map(|(_, release)| release)
            .filter(|other| {
                (other.deposit_id, other.epoch) == (first.deposit_id, first.epoch)
                    && other.wrap == first.wrap
                    && other.split.threshold == first.split.threshold
            })
            .collect();
        (same.len() >= usize::from(first.split.threshold)).then_some(same)
    })
}
