//! Sealed sharing as a whole: what vaults have, what a reader has, and what only both together
//! open.

use mrms_core::{RecordId, Version};
use mrms_crypto::content::OpenError;
use mrms_crypto::context::ContentKey;
use mrms_crypto::envelope::UnlockError;
use mrms_crypto::sharing::sealed::{
    DepositId, ReleaseSecret, SealedShare, SealedWrap, Sealing, Threshold,
};
use mrms_crypto::sharing::{Epoch, Pair, PairHeader, PairSecret};
use mrms_crypto::{ErasureSalt, HybridIdentity, VersionContext, Workers};
use rand::{SeedableRng, rngs::StdRng};

use super::version_life::{Person, STORAGES, Stored, context, person, store};

/// What lies with the vaults for one version and reader.
struct Deposited {
    pair: Pair,
    context: VersionContext,
    header: PairHeader,
    deposit: DepositId,
    threshold: Threshold,
    wrap: SealedWrap,
    shares: Vec<SealedShare>,
}

fn deposit(patient: &Person, reader: &Person, stored: &Stored, threshold: Threshold) -> Deposited {
    let mut rng = StdRng::seed_from_u64(5);
    let context = context(patient, patient);
    let salt = stored.salt.as_ref();
    let envelope = stored.envelope();
    let key = envelope.unlock_with_root(&context, &patient.root, salt).unwrap();
    let pair = Pair {
        patient: patient.principal.clone(),
        reader: reader.principal.clone(),
        epoch: Epoch::new(1),
    };
    let secret = PairSecret::derive(&patient.root, &pair);
    let header = PairHeader::seal(&secret, &pair, reader.identity.recipient(), &mut rng);
    let release = ReleaseSecret::generate(&mut rng);
    let deposit = DepositId::generate(&mut rng);
    let payload = *key.payload();
    let sealing = Sealing { pair: &pair, context: &context, payload, deposit, threshold };
    let shares = release.split(threshold, &mut rng);
    let shares = shares.iter().map(|share| SealedShare::seal(share, &secret, &sealing)).collect();
    let wrap = SealedWrap::seal(&secret, &release, &sealing, &key);
    Deposited { pair, context, header, deposit, threshold, wrap, shares }
}

#[derive(Debug, PartialEq)]
enum Refused {
    Header,
    Share,
    TooFew,
    Wrap(UnlockError),
}

impl Deposited {
    /// What somebody with this identity makes of the shares at these places.
    fn open(
        &self,
        stored: &Stored,
        identity: &HybridIdentity,
        places: &[u8],
        salt: Option<&ErasureSalt>,
    ) -> Result<ContentKey, Refused> {
        let envelope = stored.envelope();
        let sealing = Sealing {
            pair: &self.pair,
            context: &self.context,
            payload: envelope.payload_digest(),
            deposit: self.deposit,
            threshold: self.threshold,
        };
        let secret = self.header.open(&self.pair, identity).map_err(|_| Refused::Header)?;
        let shares: Result<Vec<_>, _> = places
            .iter()
            .map(|place| self.shares[usize::from(*place) - 1].open(*place, &secret, &sealing))
            .collect();
        let release = ReleaseSecret::join(self.threshold, &shares.map_err(|_| Refused::Share)?)
            .map_err(|_| Refused::TooFew)?;
        self.wrap.open(&secret, &release, &sealing, &envelope, salt).map_err(Refused::Wrap)
    }
}

#[test]
fn all_vaults_together_open_nothing_without_the_readers_key() {
    let (patient, reader, operator) = (person(1), person(2), person(3));
    for storage in STORAGES {
        let stored = store(&patient, &patient, storage, b"note");
        let deposited = deposit(&patient, &reader, &stored, Threshold::new(2, 3).unwrap());
        let salt = stored.salt.as_ref();
        for identity in [&operator.identity, &patient.identity] {
            let opened = deposited.open(&stored, identity, &[1, 2, 3], salt);
            assert_eq!(opened.unwrap_err(), Refused::Header);
        }
    }
}

#[test]
fn a_reader_opens_with_enough_shares_and_not_with_fewer() {
    let (patient, reader) = (person(1), person(2));
    let splits = [(1, 1), (2, 3), (3, 5)].map(|(t, n)| Threshold::new(t, n).unwrap());
    for (storage, threshold) in STORAGES.into_iter().zip(splits) {
        let stored = store(&patient, &patient, storage, b"note");
        let deposited = deposit(&patient, &reader, &stored, threshold);
        let salt = stored.salt.as_ref();
        let places: Vec<u8> = (1..=threshold.count()).rev().collect();
        let (enough, fewer) =
            (usize::from(threshold.needed()), usize::from(threshold.needed()) - 1);
        let opened = deposited.open(&stored, &reader.identity, &places[..fewer], salt);
        assert_eq!(opened.unwrap_err(), Refused::TooFew);
        let key = deposited.open(&stored, &reader.identity, &places[..enough], salt).unwrap();
        let mut content = Vec::new();
        let opened: Result<_, OpenError> =
            key.open_to(&stored.payload[..], &mut content, Workers::ONE);
        opened.unwrap();
        assert_eq!(content, b"note");
    }
}

#[test]
fn an_erasable_version_does_not_open_once_its_salt_is_gone() {
    let (patient, reader) = (person(1), person(2));
    let stored = store(&patient, &patient, mrms_crypto::envelope::Storage::Erasable, b"note");
    let deposited = deposit(&patient, &reader, &stored, Threshold::new(1, 1).unwrap());
    let opened = deposited.open(&stored, &reader.identity, &[1], None);
    assert_eq!(opened.unwrap_err(), Refused::Wrap(UnlockError::SaltNeeded));
}

#[test]
fn what_was_left_for_one_version_opens_no_other() {
    let (patient, reader) = (person(1), person(2));
    let stored = store(&patient, &patient, STORAGES[0], b"note");
    let right = deposit(&patient, &reader, &stored, Threshold::new(1, 1).unwrap());
    let contexts = [
        VersionContext { record: RecordId::new(124), ..right.context.clone() },
        VersionContext { version: Version::FIRST.next(), ..right.context.clone() },
    ];
    for context in contexts {
        let moved = Deposited { context, ..deposit(&patient, &reader, &stored, right.threshold) };
        let opened = moved.open(&stored, &reader.identity, &[1], None);
        assert_eq!(opened.unwrap_err(), Refused::Share);
    }
    let other_deposit = Deposited { deposit: DepositId::from_bytes([9; 16]), ..right };
    let opened = other_deposit.open(&stored, &reader.identity, &[1], None);
    assert_eq!(opened.unwrap_err(), Refused::Share);
}
