//! Release shares and sealed wraps: what each is bound to, and what too few shares give.

use mrms_core::{RecordId, Version};
use proptest::prelude::*;
use rand::{SeedableRng, rngs::StdRng};

use super::*;
use crate::keyring::RecordRoot;
use crate::sharing::Epoch;

fn rng() -> StdRng {
    StdRng::seed_from_u64(7)
}

fn pair() -> Pair {
    Pair {
        patient: "ST000000000000000000002AMW42H".parse().unwrap(),
        reader: "ST000000000000000000002AMW42H.clinic".parse().unwrap(),
        epoch: Epoch::new(1),
    }
}

fn context() -> VersionContext {
    let patient = pair().patient;
    VersionContext {
        record: RecordId::new(5),
        version: Version::FIRST,
        author: patient.clone(),
        patient,
    }
}

fn secret() -> PairSecret {
    PairSecret::derive(&RecordRoot::new(Zeroizing::new([1; 32])), &pair())
}

fn split(needed: u8, count: u8) -> Threshold {
    Threshold::new(needed, count).unwrap()
}

fn sealing<'a>(pair: &'a Pair, context: &'a VersionContext) -> Sealing<'a> {
    let (payload, deposit) = (PayloadDigest::of(b"payload"), DepositId::from_bytes([3; 16]));
    Sealing { pair, context, payload, deposit, threshold: split(2, 3) }
}

/// Everything that a share is bound to, changed one at a time.
fn others<'a>(
    sealing: &Sealing<'a>,
    pairs: &'a [Pair],
    contexts: &'a [VersionContext],
) -> Vec<Sealing<'a>> {
    let pairs = pairs.iter().map(|pair| Sealing { pair, ..sealing.clone() });
    let contexts = contexts.iter().map(|context| Sealing { context, ..sealing.clone() });
    let rest = [
        Sealing { payload: PayloadDigest::of(b"other"), ..sealing.clone() },
        Sealing { deposit: DepositId::from_bytes([4; 16]), ..sealing.clone() },
        Sealing { threshold: split(1, 3), ..sealing.clone() },
        Sealing { threshold: split(2, 2), ..sealing.clone() },
    ];
    pairs.chain(contexts).chain(rest).collect()
}

#[test]
fn a_split_has_at_least_one_share_and_needs_no_more_than_there_are() {
    for (needed, count) in [(0, 1), (0, 0), (2, 1), (1, 17), (17, 17)] {
        assert_eq!(Threshold::new(needed, count), None, "{needed} of {count}");
    }
    assert!(Threshold::new(16, 16).is_some());
}

#[test]
fn a_sealed_share_opens_for_what_it_is_bound_to_alone() {
    let (pair, context, secret) = (pair(), context(), secret());
    let sealing = sealing(&pair, &context);
    let release = ReleaseSecret::generate(&mut rng());
    let share = &release.split(sealing.threshold, &mut rng())[1];
    let sealed = SealedShare::seal(share, &secret, &sealing);
    let pairs = [Pair { epoch: Epoch::new(2), ..pair.clone() }];
    let contexts = [
        VersionContext { record: RecordId::new(6), ..context.clone() },
        VersionContext { version: Version::FIRST.next(), ..context.clone() },
        VersionContext { patient: pair.reader.clone(), ..context.clone() },
    ];
    for other in others(&sealing, &pairs, &contexts) {
        assert_eq!(sealed.open(2, &secret, &other).unwrap_err(), SealedShareError);
    }
    assert_eq!(sealed.open(1, &secret, &sealing).unwrap_err(), SealedShareError, "another place");
    let stranger = PairSecret::derive(&RecordRoot::new(Zeroizing::new([2; 32])), &pair);
    assert_eq!(sealed.open(2, &stranger, &sealing).unwrap_err(), SealedShareError);
    let opened = sealed.open(2, &secret, &sealing).unwrap();
    assert_eq!((opened.place, &opened.value), (share.place, &share.value));
}

#[test]
fn too_few_shares_are_refused_and_the_same_share_twice_is_one() {
    let release = ReleaseSecret::generate(&mut rng());
    let threshold = split(2, 3);
    let shares = release.split(threshold, &mut rng());
    let error = TooFewShares { given: 1, needed: 2 };
    assert_eq!(ReleaseSecret::join(threshold, &shares[..1]).unwrap_err(), error);
    let same =
        [&shares[0], &shares[0]].map(|share| ReleaseShare { place: 1, value: share.value.clone() });
    assert_eq!(ReleaseSecret::join(threshold, &same).unwrap_err(), error);
    assert_eq!(ReleaseSecret::join(threshold, &shares[1..]).unwrap().expose(), release.expose());
}

#[test]
fn secrets_print_nothing_of_themselves() {
    let release = ReleaseSecret::generate(&mut rng());
    let share = &release.split(split(1, 1), &mut rng())[0];
    assert_eq!(format!("{release:?} {share:?}"), "ReleaseSecret(..) ReleaseShare(1, ..)");
}

proptest! {
    #[test]
    fn any_threshold_of_the_shares_gives_the_secret_and_fewer_do_not(
        count in 1u8..=16,
        needed in 1u8..=16,
        seed: u64,
    ) {
        prop_assume!(needed <= count);
        let mut rng = StdRng::seed_from_u64(seed);
        let threshold = split(needed, count);
        let release = ReleaseSecret::generate(&mut rng);
        let mut shares = release.split(threshold, &mut rng);
        prop_assert_eq!(shares.len(), usize::from(count));
        let turn = usize::try_from(seed % u64::from(count)).unwrap();
        shares.rotate_left(turn);
        shares.truncate(usize::from(needed));
        let joined = ReleaseSecret::join(threshold, &shares).unwrap();
        prop_assert_eq!(joined.expose(), release.expose());
        shares.pop();
        prop_assert!(ReleaseSecret::join(threshold, &shares).is_err());
        // Whoever takes the threshold for a lower one gets another secret, not this one.
        if let Some(lower) = Threshold::new(needed - 1, count) {
            let joined = ReleaseSecret::join(lower, &shares).unwrap();
            prop_assert_ne!(joined.expose(), release.expose());
        }
    }
}
