//! Gets a version's key from the vaults, against an entry in the log.
//!
//! Each vault asks the chain for itself whether it may release its share. The client asks one vault
//! after the other until it has enough shares, and keeps each in the profile, so that an
//! interruption costs no second entry.
//!
//! A share is checked when it comes. It carries the tag of a cipher under the pair secret, which no
//! vault has, over its place, its deposit and its threshold. So a vault can't alter it; and with a
//! pair header of its own making it stands alone, since shares are joined with those of the same
//! header only. What the shares of one deposit give is checked against the commitment on chain. A
//! vault whose answer is of no use is named, and the next one is asked.

use std::collections::BTreeSet;

use mrms_core::Principal;
use mrms_crypto::context::{ContentKey, ErasureSalt};
use mrms_crypto::envelope::{ContentEnvelope, Storage};
use mrms_crypto::sharing::sealed::{
    DepositId, ReleaseSecret, ReleaseShare, SealedShare, SealedWrap, Sealing, Threshold,
};
use mrms_crypto::sharing::{Epoch, Pair, PairHeader, PairSecret};
use mrms_crypto::{HybridIdentity, VersionContext};
use mrms_vault::protocol::{Hex, Release, ReleaseRequest};
use rand_core::CryptoRng;

use crate::access::open::{Against, OpenRecordError};
use crate::profile::remembered::Opening;
use crate::session::vaults::{Member, MemberError, TooFewVaults, VaultFailures};
use crate::session::{Actor, Session};

/// The name of a vault, and what it released.
type Given = (String, Release);

impl Session<'_> {
    /// Gets the version's key from the vaults, against the entry of the opening, and keeps there
    /// what they release.
    pub(super) fn released_key(
        &self,
        actor: &Actor,
        envelope: &ContentEnvelope,
        (context, patients): (&VersionContext, &[Principal]),
        against: Against<'_>,
        rng: &mut dyn CryptoRng,
    ) -> Result<ContentKey, OpenRecordError> {
        let Against { opening, wrong_answers, by } = against;
        let (reader, keys) = (by.holder(actor), by.keys(actor)?);
        let identities = keys.as_slice();
        let fitting = Fitting { identities, reader, patients, envelope, context };
        opening.releases.retain(|(_, release)| fitting.open(release).is_ok());
        let (mut failures, mut of_other_identity) = (VaultFailures::new(), 0);
        let mut members = self.vaults.members().iter();
        loop {
            if let Some((key, of_no_use)) = fitting.key(&opening.releases) {
                failures.retain(MemberError::is_wrong_answer);
                failures.extend(of_no_use);
                *wrong_answers = failures;
                return Ok(key);
            }
            let has_given =
                |member: &&Member| opening.releases.iter().any(|(name, _)| name == member.name());
            let Some(member) = members.find(|member| !has_given(member)) else { break };
            match self.ask_release(actor, member, opening, rng) {
                Ok(release) => match fitting.open(&release) {
                    Ok(_) => {
                        opening.releases.push((member.name().to_owned(), release));
                        self.profile.keep_opening(opening)?;
                    }
                    Err(unfit) => {
                        of_other_identity += usize::from(unfit == Unfit::Header);
                        failures.push(MemberError::Share { name: member.name().to_owned() });
                    }
                },
                Err(error) => failures.push(error),
            }
        }
        // Only if no vault had one for these identities: otherwise the vault with the other header is wrong.
        let fits_none = opening.releases.is_empty();
        if fits_none && of_other_identity > 0 && of_other_identity == failures.len() {
            return Err(OpenRecordError::OtherIdentity);
        }
        let kept = opening.releases.len();
        let refused = self.too_few(&fitting, &mut opening.releases, failures);
        if opening.releases.len() < kept {
            self.profile.keep_opening(opening)?;
        }
        Err(refused.into())
    }

    fn ask_release(
        &self,
        actor: &Actor,
        member: &Member,
        opening: &Opening,
        rng: &mut dyn CryptoRng,
    ) -> Result<Release, MemberError> {
        let request = ReleaseRequest {
            record_id: opening.record,
            version: opening.version,
            audit_index: opening.audit_index,
            txid: opening.txid,
            note: opening.note.clone(),
        };
        let (release, digest) =
            self.send_to_vault(actor, member, request, rng, |vault, signed| vault.release(signed))?;
        self.check_receipt(member, &release.receipt, digest)?;
        Ok(release)
    }

    /// Says what each vault lacked when no key came of all releases. Drops those that were enough
    /// and gave none, so that they are not kept for the next time.
    fn too_few(
        &self,
        fitting: &Fitting<'_>,
        releases: &mut Vec<Given>,
        mut failures: VaultFailures,
    ) -> TooFewVaults {
        let mut useless = BTreeSet::new();
        for group in deposits(releases).iter().filter(|group| is_enough(group)) {
            for (name, release) in group {
                useless.insert(name.clone());
                let name = name.clone();
                let is_erasable = fitting.envelope.storage() == Storage::Erasable;
                failures.push(match release.salt {
                    None if is_erasable => MemberError::NoSalt { name },
                    _ => MemberError::Useless { name },
                });
            }
        }
        releases.retain(|(name, _)| !useless.contains(name));
        let groups = deposits(releases);
        let largest = groups.iter().max_by_key(|group| group.len());
        let needed = largest
            .and_then(|group| group.first())
            .map_or(self.vaults.threshold().needed(), |(_, first)| first.split.threshold);
        let done = largest.map_or(0, Vec::len);
        let alone = groups.iter().filter(|group| group.len() == done).count() == 1;
        for group in
            groups.iter().filter(|group| groups.len() > 1 && (!alone || group.len() < done))
        {
            let names = group.iter().map(|(name, _)| name.clone());
            failures.extend(names.map(|name| MemberError::OtherDeposit { name }));
        }
        TooFewVaults { done, needed, failures }
    }
}

/// Why a release is of no use by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unfit {
    /// Its pair header is for none of the reader's identities.
    Header,
    /// Its share is not one of its pair secret, deposit and place.
    Share,
}

/// What releases must fit: the reader's identities, and the version.
struct Fitting<'f> {
    identities: &'f [HybridIdentity],
    reader: Principal,
    /// Whoever may have been the patient when the shares were left.
    patients: &'f [Principal],
    envelope: &'f ContentEnvelope,
    context: &'f VersionContext,
}

impl Fitting<'_> {
    /// The pair of patient and reader for which a release was made, and its secret.
    fn pair(&self, release: &Release) -> Option<(Pair, PairSecret)> {
        let header = PairHeader::from_bytes(release.pair_header.0);
        self.patients.iter().find_map(|patient| {
            let (patient, reader) = (patient.clone(), self.reader.clone());
            let pair = Pair { patient, reader, epoch: Epoch::new(release.epoch) };
            let opened = self.identities.iter().find_map(|one| header.open(&pair, one).ok());
            opened.map(|secret| (pair, secret))
        })
    }

    fn sealing<'s>(&'s self, pair: &'s Pair, release: &Release) -> Option<Sealing<'s>> {
        let threshold = Threshold::new(release.split.threshold, release.split.count)?;
        let deposit = DepositId::from_bytes(release.deposit_id.0);
        let payload = self.envelope.payload_digest();
        Some(Sealing { pair, context: self.context, payload, deposit, threshold })
    }

    /// Opens the share of a release. Only who knows the pair secret can have made one that opens.
    fn open(&self, release: &Release) -> Result<(PairSecret, ReleaseShare), Unfit> {
        let (pair, secret) = self.pair(release).ok_or(Unfit::Header)?;
        let sealing = self.sealing(&pair, release).ok_or(Unfit::Share)?;
        let share = SealedShare::from_bytes(release.share.0);
        match share.open(release.split.place, &secret, &sealing) {
            Ok(share) => Ok((secret, share)),
            Err(_) => Err(Unfit::Share),
        }
    }

    /// The key that the shares of one deposit give, if there are enough and they give one. Also
    /// names the vaults whose part was of no use.
    fn key(&self, releases: &[Given]) -> Option<(ContentKey, VaultFailures)> {
        let salts: BTreeSet<_> = releases.iter().filter_map(|(_, release)| release.salt).collect();
        deposits(releases).iter().filter(|group| is_enough(group)).find_map(|group| {
            let (key, wrap, salt) = self.join(group, &salts)?;
            let of_no_use = releases.iter().filter_map(|(name, release)| {
                let name = || name.clone();
                let is_of_it = group.first().is_some_and(|(_, first)| is_same(first, release));
                if !is_of_it {
                    return Some(MemberError::OtherDeposit { name: name() });
                }
                if release.wrap != wrap {
                    return Some(MemberError::Share { name: name() });
                }
                let is_wrong = salt.is_some() && release.salt.is_some() && release.salt != salt;
                is_wrong.then(|| MemberError::Salt { name: name() })
            });
            Some((key, of_no_use.collect()))
        })
    }

    /// Joins the shares of one deposit. Tries each wrap and salt that came: one bad vault may have
    /// given either.
    fn join(
        &self,
        group: &[&Given],
        salts: &BTreeSet<Hex<32>>,
    ) -> Option<(ContentKey, Hex<32>, Option<Hex<32>>)> {
        let (_, first) = group.first()?;
        let (pair, _) = self.pair(first)?;
        let sealing = self.sealing(&pair, first)?;
        let opened = group.iter().filter_map(|(_, release)| self.open(release).ok());
        let (mut secrets, mut shares): (Vec<_>, Vec<_>) = opened.unzip();
        shares.sort_by_key(ReleaseShare::place);
        shares.dedup_by_key(|share| share.place());
        let secret = secrets.pop()?;
        let release = ReleaseSecret::join(sealing.threshold, &shares).ok()?;
        let salts: Vec<_> = match self.envelope.storage() {
            Storage::Erasable => salts.iter().copied().map(Some).collect(),
            Storage::Inline | Storage::Reference => vec![None],
        };
        group.iter().find_map(|(_, given)| {
            salts.iter().find_map(|salt| {
                let bytes = salt.map(|salt| ErasureSalt::from_bytes(salt.0));
                let wrap = SealedWrap::from_bytes(given.wrap.0);
                let key =
                    wrap.open(&secret, &release, &sealing, self.envelope, bytes.as_ref()).ok()?;
                Some((key, given.wrap, *salt))
            })
        })
    }
}

/// Whether two releases are of one deposit. With another pair header it is another one, whatever its
/// id says: anybody can make a header, and only the patient's opens the patient's shares.
fn is_same(one: &Release, other: &Release) -> bool {
    (one.deposit_id, one.epoch) == (other.deposit_id, other.epoch)
        && one.pair_header == other.pair_header
        && (one.split.threshold, one.split.count) == (other.split.threshold, other.split.count)
}

/// The releases of each deposit, in the order in which they came.
fn deposits(releases: &[Given]) -> Vec<Vec<&Given>> {
    let mut groups: Vec<Vec<&Given>> = Vec::new();
    for given in releases {
        let of_it = |group: &&mut Vec<&Given>| {
            group.first().is_some_and(|(_, first)| is_same(first, &given.1))
        };
        match groups.iter_mut().find(of_it) {
            Some(group) => group.push(given),
            None => groups.push(vec![given]),
        }
    }
    groups
}

/// Whether the shares of one deposit are as many as its threshold says, each of another place.
fn is_enough(group: &[&Given]) -> bool {
    let places: BTreeSet<_> = group.iter().map(|(_, release)| release.split.place).collect();
    group.first().is_some_and(|(_, first)| places.len() >= usize::from(first.split.threshold))
}
