//! Sealed sharing: leaves shares of keys, and erasure salts, with the vaults.
//!
//! Each deposit has an epoch, a pair secret and release secrets of its own: nothing has to be
//! remembered for the next one, and what is released of one tells nothing about another. The vaults
//! decide who may have a share; they ask the chain.

use mrms_core::{Principal, RecordId, Version};
use mrms_crypto::HybridRecipient;
use mrms_crypto::context::ContentKey;
use mrms_crypto::sharing::sealed::{DepositId, ReleaseSecret, SealedShare, SealedWrap, Sealing};
use mrms_crypto::sharing::{Epoch, Pair, PairHeader, PairSecret};
use mrms_vault::VaultError;
use mrms_vault::protocol::{
    Deposit, DepositedVersion, Deposits, Hex, MOST_DEPOSITS, MOST_VERSIONS, ReaderNote,
    SaltDeposit, Signed, Split,
};
use rand_core::CryptoRng;

use crate::profile::received::GivenNames;
use crate::session::vaults::{Member, MemberError, TooFewVaults, VaultFailures};
use crate::session::{Actor, Sending, Session};
use crate::sharing::given_names::seal_names;
use crate::sharing::grant::{ShareError, Target};

/// Whom shares are left for.
#[derive(Clone, Copy)]
pub(crate) struct SharesFor<'s> {
    /// Whose record it is. A delegate leaves shares in their place.
    pub(crate) patient: &'s Principal,
    /// Who may read.
    pub(crate) reader: &'s Principal,
    /// The reader's recipient.
    pub(crate) recipient: &'s HybridRecipient,
}

/// What is left for one reader of one record, before it is sent.
pub(crate) struct PreparedDeposit {
    record: RecordId,
    reader: Principal,
    /// One for each vault, in their order.
    for_vaults: Vec<Deposit>,
    /// The names that go with it, sealed to the reader.
    names: Option<Vec<u8>>,
}

/// A message to each vault, in their order, that was not handed over yet; or why there is none.
pub(super) struct SignedGroup {
    messages: Vec<Result<SignedDeposits, MemberError>>,
}

/// A message, with its digest.
type SignedDeposits = (Signed<Deposits>, [u8; 32]);

impl Session<'_> {
    /// Leaves the keys of these versions of one record with the vaults, for a reader, and the names beside them.
    pub(crate) fn deposit(
        &self,
        actor: &Actor,
        to: SharesFor<'_>,
        targets: &[Target<'_>],
        names: &GivenNames,
        rng: &mut dyn CryptoRng,
    ) -> Result<VaultFailures, ShareError> {
        let mut missing = VaultFailures::new();
        if self.sending == Sending::DryRun {
            return Ok(missing);
        }
        let sealed_names = seal_names(names, to.recipient, rng);
        let record = targets.first().map(|target| target.record);
        for targets in targets.chunks(MOST_VERSIONS) {
            let deposits = self.sealed_for(actor, to, targets, rng)?;
            let deposits = self.vaults.members().iter().zip(deposits);
            let failures = self.with_enough_vaults(deposits, |member, deposit| {
                let (receipt, digest) =
                    self.send_to_vault(actor, member, deposit, rng, |vault, signed| {
                        vault.deposit(signed)
                    })?;
                self.check_receipt(member, &receipt, digest)?;
                if let (Some(sealed), Some(record)) = (&sealed_names, record) {
                    self.leave_names(actor, member, (record, to.reader), sealed, rng);
                }
                Ok(())
            })?;
            missing.extend(failures);
        }
        Ok(missing)
    }

    /// Makes the deposits of some versions of one record, for one reader, without sending them.
    pub(crate) fn prepare_deposit(
        &self,
        actor: &Actor,
        to: SharesFor<'_>,
        targets: &[Target<'_>],
        names: &GivenNames,
        rng: &mut dyn CryptoRng,
    ) -> Result<Option<PreparedDeposit>, ShareError> {
        let Some(record) = targets.first().map(|target| target.record) else { return Ok(None) };
        let for_vaults = self.sealed_for(actor, to, targets, rng)?;
        let names = seal_names(names, to.recipient, rng);
        Ok(Some(PreparedDeposit { record, reader: to.reader.clone(), for_vaults, names }))
    }

    /// Leaves deposits with the vaults, many in one message: all of them or none. A vault of earlier software gets them one by
    /// one.
    pub(crate) fn deposit_together(
        &self,
        actor: &Actor,
        prepared: &[PreparedDeposit],
        rng: &mut dyn CryptoRng,
    ) -> Result<VaultFailures, ShareError> {
        let mut missing = VaultFailures::new();
        for group in prepared.chunks(MOST_DEPOSITS) {
            let answers = self.hand_over(self.sign_group(actor, group, rng));
            missing.extend(self.settle_group(actor, group, answers, rng)?);
        }
        Ok(missing)
    }

    /// Signs one message to each vault with these deposits, at most [`MOST_DEPOSITS`]. A dry run signs none.
    pub(super) fn sign_group(
        &self,
        actor: &Actor,
        group: &[PreparedDeposit],
        rng: &mut dyn CryptoRng,
    ) -> SignedGroup {
        let members = match self.sending {
            Sending::DryRun => &[],
            Sending::Send | Sending::SignOnly(_) => self.vaults.members(),
        };
        let members = members.iter().enumerate();
        let messages = members.map(|(place, one)| self.sign_for(actor, one, place, group, rng));
        SignedGroup { messages: messages.collect() }
    }

    fn sign_for(
        &self,
        actor: &Actor,
        member: &Member,
        place: usize,
        group: &[PreparedDeposit],
        rng: &mut dyn CryptoRng,
    ) -> Result<SignedDeposits, MemberError> {
        let chain = self.ledger.network().chain_id;
        let mut all = Deposits { deposits: Vec::new(), notes: Vec::new() };
        for one in group {
            let Some(deposit) = one.for_vaults.get(place) else { continue };
            all.deposits.push(deposit.clone());
            if let Some(note) = &one.names {
                let (record_id, reader) = (one.record, one.reader.clone());
                let note = ReaderNote { record_id, reader, note: note.clone() };
                let header = self.message_header(member, rng)?;
                all.notes.push(Signed::sign(note, header, chain, actor.principal, &actor.key)?);
            }
        }
        let header = self.message_header(member, rng)?;
        Ok(Signed::sign_told(all, header, chain, actor.principal, &actor.key)?)
    }

    /// Hands signed messages over to the vaults, and checks and keeps their receipts. Needs no secret and no randomness, so
    /// that the next deposits can be prepared meanwhile.
    pub(super) fn hand_over(&self, group: SignedGroup) -> Vec<Result<(), MemberError>> {
        let messages = self.vaults.members().iter().zip(group.messages);
        messages.map(|(member, signed)| self.hand_over_to(member, &signed?)).collect()
    }

    fn hand_over_to(
        &self,
        member: &Member,
        (all, digest): &SignedDeposits,
    ) -> Result<(), MemberError> {
        let answer = member.vault().deposit_all(all);
        let name = || member.name().to_owned();
        let receipts = answer.map_err(|source| MemberError::Vault { name: name(), source })?;
        if receipts.len() != all.message.deposits.len() {
            return Err(MemberError::Receipt { name: name() });
        }
        self.check_receipts(member, &receipts, *digest)
    }

    /// Says whether enough vaults took a group, after it was handed over.
    pub(super) fn settle_group(
        &self,
        actor: &Actor,
        group: &[PreparedDeposit],
        answers: Vec<Result<(), MemberError>>,
        rng: &mut dyn CryptoRng,
    ) -> Result<VaultFailures, ShareError> {
        if self.sending == Sending::DryRun {
            return Ok(VaultFailures::new());
        }
        let members = self.vaults.members().iter().zip(answers.into_iter().enumerate());
        Ok(self.with_enough_vaults(members, |one, (place, answer)| match answer {
            Err(MemberError::Vault { source: VaultError::Declined { .. }, .. }) => {
                self.leave_singly(actor, one, place, group, rng)
            }
            left => left,
        })?)
    }

    fn leave_singly(
        &self,
        actor: &Actor,
        member: &Member,
        place: usize,
        group: &[PreparedDeposit],
        rng: &mut dyn CryptoRng,
    ) -> Result<(), MemberError> {
        for one in group {
            let Some(deposit) = one.for_vaults.get(place).cloned() else { continue };
            let (receipt, digest) =
                self.send_to_vault(actor, member, deposit, rng, |vault, signed| {
                    vault.deposit(signed)
                })?;
            self.check_receipt(member, &receipt, digest)?;
            if let Some(sealed) = &one.names {
                self.leave_names(actor, member, (one.record, &one.reader), sealed, rng);
            }
        }
        Ok(())
    }

    /// Makes one deposit for each vault, in their order.
    fn sealed_for(
        &self,
        actor: &Actor,
        SharesFor { patient, reader, recipient }: SharesFor<'_>,
        targets: &[Target<'_>],
        rng: &mut dyn CryptoRng,
    ) -> Result<Vec<Deposit>, ShareError> {
        let threshold = self.vaults.threshold();
        let epoch = Epoch::generate(rng);
        let pair = Pair { patient: patient.clone(), reader: reader.clone(), epoch };
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

    /// Leaves the erasure salt of a version that is about to be written with every vault.
    pub(crate) fn deposit_salt(
        &self,
        actor: &Actor,
        key: &ContentKey,
        rng: &mut dyn CryptoRng,
    ) -> Result<VaultFailures, TooFewVaults> {
        let Some(salt) = key.erasure_salt() else { return Ok(VaultFailures::new()) };
        if self.sending == Sending::DryRun {
            return Ok(VaultFailures::new());
        }
        let context = key.context();
        let of = (context.record, context.version);
        let members = self.vaults.members().iter().map(|member| (member, ()));
        self.with_enough_vaults(members, |member, ()| {
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
            self.send_to_vault(actor, member, message, rng, |vault, signed| {
                vault.deposit_salt(signed)
            })?;
        self.check_receipt(member, &receipt, digest)
    }
}
