//! Key envelopes and pair headers: what opens with which key, and what does not.

use proptest::prelude::*;
use rand::{SeedableRng, rngs::StdRng};
use zeroize::Zeroizing;

use super::*;
use mrms_core::{RecordId, Version};

fn pair() -> Pair {
    Pair {
        patient: "ST000000000000000000002AMW42H".parse().unwrap(),
        reader: "ST000000000000000000002AMW42H.clinic".parse().unwrap(),
        epoch: Epoch::new(1),
    }
}

fn others() -> [Pair; 3] {
    let (patient, reader) = (pair().patient, pair().reader);
    [
        Pair { epoch: Epoch::new(2), ..pair() },
        Pair { reader: patient, ..pair() },
        Pair { patient: reader, ..pair() },
    ]
}

fn root() -> RecordRoot {
    RecordRoot::new(Zeroizing::new([1; 32]))
}

fn envelopes() -> [KeyEnvelope; 2] {
    let wrap = RecordWrap::from_bytes([3; 32]);
    let (epoch, record, version) = (Epoch::new(u64::MAX), RecordId::new(5), Version::FIRST);
    let header = PairHeader::from_bytes([2; PairHeader::LENGTH]);
    [
        KeyEnvelope::Full { epoch, header, wrap },
        KeyEnvelope::ByReference { epoch, record, version, wrap },
    ]
}

#[test]
fn a_secret_is_of_one_pair_one_epoch_and_one_root() {
    let secret = PairSecret::derive(&root(), &pair());
    for other in others() {
        assert_ne!(PairSecret::derive(&root(), &other).expose(), secret.expose());
    }
    let elsewhere = PairSecret::derive(&RecordRoot::new(Zeroizing::new([2; 32])), &pair());
    assert_ne!(elsewhere.expose(), secret.expose());
    assert_eq!(PairSecret::derive(&root(), &pair()).expose(), secret.expose());
    assert_eq!(format!("{secret:?}"), "PairSecret(..)");
}

#[test]
fn a_header_opens_for_its_reader_and_its_pair_only() {
    let mut rng = StdRng::seed_from_u64(1);
    let reader = HybridIdentity::generate(&mut rng);
    let secret = PairSecret::derive(&root(), &pair());
    let header = PairHeader::seal(&secret, &pair(), reader.recipient(), &mut rng);
    let stranger = HybridIdentity::generate(&mut rng);
    assert_eq!(header.open(&pair(), &stranger).unwrap_err(), PairHeaderError);
    for other in others() {
        assert_eq!(header.open(&other, &reader).unwrap_err(), PairHeaderError);
    }
    assert_eq!(header.open(&pair(), &reader).unwrap().expose(), secret.expose());
}

#[test]
fn bytes_that_are_no_key_envelope_are_refused_by_name() {
    assert_eq!(KeyEnvelope::parse(b"").unwrap_err(), KeyEnvelopeError::NotAnEnvelope);
    assert_eq!(KeyEnvelope::parse(b"MRMS").unwrap_err(), KeyEnvelopeError::NotAnEnvelope);
    for envelope in envelopes() {
        let good = envelope.to_bytes();
        let change = |at: usize, byte: u8| {
            let mut bytes = good.clone();
            bytes[at] = byte;
            KeyEnvelope::parse(&bytes)
        };
        assert_eq!(change(4, 0), Err(KeyEnvelopeError::UnknownFormat { format: 0 }));
        assert_eq!(change(5, 3), Err(KeyEnvelopeError::UnknownKind { kind: 3 }));
        for length in 4..good.len() {
            assert_eq!(KeyEnvelope::parse(&good[..length]), Err(KeyEnvelopeError::Length));
        }
        let longer = [&good[..], &[0]].concat();
        assert_eq!(KeyEnvelope::parse(&longer), Err(KeyEnvelopeError::Length));
    }
    let mut bytes = envelopes()[1].to_bytes();
    bytes[30..38].fill(0);
    assert_eq!(KeyEnvelope::parse(&bytes), Err(KeyEnvelopeError::NoVersion));
}

#[test]
fn key_envelopes_survive_encoding_and_fit_the_contract() {
    let lengths = envelopes().map(|envelope| {
        let bytes = envelope.to_bytes();
        assert_eq!(KeyEnvelope::parse(&bytes), Ok(envelope));
        bytes.len()
    });
    assert_eq!(lengths, [1_198, 70]);
}

proptest! {
    #[test]
    fn whatever_parses_is_its_own_encoding(
        bytes in proptest::collection::vec(any::<u8>(), 0..100),
        kind in 0u8..4,
    ) {
        let _ = KeyEnvelope::parse(&bytes);
        let bytes = [b"MRMK\x01", &[kind][..], &bytes].concat();
        if let Ok(parsed) = KeyEnvelope::parse(&bytes) {
            prop_assert_eq!(parsed.to_bytes(), bytes);
        }
    }
}
