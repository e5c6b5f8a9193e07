//! Gets a version's key from the vaults, against an entry in the log.
//!
//! Each vault asks the chain for itself whether it may release its share. The client asks one vault
//! after the other until it has enough shares, and keeps each in the profile, so that an
//! interruption costs no second entry.

use mrms_core::{RecordId, Version};
use mrms_crypto::VersionContext;
use mrms_crypto::context::{ContentKey, ErasureSalt};
use mrms_crypto::envelope::ContentEnvelope;
use mrms_crypto::sharing::sealed::{
    DepositId, ReleaseSecret, SealedShare, SealedWrap, Sealing, Threshold,
};
use mrms_crypto::sharing::{Epoch, Pair, PairHeader};
use mrms_vault::protocol::{Release, ReleaseRequest, SaltRequest};
use rand_core::CryptoRng;

use crate::access::open::{OpenRecordError, pair_secret};
use crate::profile::remembered::Opening;
use crate::session::vaults::{Member, MemberError, TooFewVaults};
use crate::session::{Actor, Session};

/// The name of a vault, and what it released.
type Given = (String, Release);

impl Session<'_> {
    /// Gets the version's key from the vaults, against the entry of `opening`, and keeps there what
    /// they release.
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
            self.send_to_vault(actor, member, request, rng, |vault, signed| vault.release(signed))?;
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
        let secret = pair_secret(actor, &header, &pair)?;
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

    /// Gets the erasure salt of a version of one's own, from the first vault that has it.
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
            match self.send_to_vault(actor, member, message, rng, |vault, signed| {
                vault.release_salt(signed)
            }) {
                Ok((release, _)) => return Ok(ErasureSalt::from_bytes(release.salt.0)),
                Err(error) => failures.push(error),
            }
        }
        Err(TooFewVaults { done: 0, needed: 1, failures })
    }
}

/// As many releases of one deposit as its threshold needs; `None` when there are fewer.
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
