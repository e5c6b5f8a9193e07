//! Envelopes that are malformed, altered or moved to another record, and wraps that open.

use proptest::prelude::*;
use rand::{SeedableRng, rngs::StdRng};
use zeroize::Zeroizing;

use super::*;
use mrms_core::{Principal, RecordId, Version};

fn context() -> VersionContext {
    let patient: Principal = "ST000000000000000000002AMW42H".parse().unwrap();
    VersionContext {
        record: RecordId::new(1),
        version: Version::FIRST,
        author: patient.clone(),
        patient,
    }
}

fn root(byte: u8) -> RecordRoot {
    RecordRoot::new(Zeroizing::new([byte; 32]))
}

fn payload() -> Vec<u8> {
    vec![9; 300]
}

fn key(salt: Option<ErasureSalt>) -> ContentKey {
    ContentKey {
        file_key: FileKey::new(Zeroizing::new([3; 16])),
        context: context(),
        payload: PayloadDigest::of(&payload()),
        salt,
    }
}

fn root_wrap(holder: Holder, key: &ContentKey) -> FileKeyWrap {
    FileKeyWrap::under_root(holder, &root(1), key)
}

fn inline() -> ContentEnvelope {
    let key = key(None);
    ContentEnvelope::inline(&key, payload(), vec![root_wrap(Holder::Patient, &key)]).unwrap()
}

fn full() -> ContentEnvelope {
    let key = key(Some(ErasureSalt::from_bytes([4; 32])));
    let mut rng = StdRng::seed_from_u64(1);
    let identity = HybridIdentity::generate(&mut rng);
    let sealed = |holder, rng: &mut StdRng| {
        FileKeyWrap::to_recipient(holder, identity.recipient(), &key, rng)
    };
    let wraps = vec![
        sealed(Holder::Author, &mut rng),
        root_wrap(Holder::Author, &key),
        sealed(Holder::Patient, &mut rng),
        root_wrap(Holder::Patient, &key),
    ];
    ContentEnvelope::reference(&key, wraps).unwrap()
}

#[test]
fn parts_that_do_not_belong_together_make_no_envelope() {
    let key = key(None);
    let wrap = || root_wrap(Holder::Patient, &key);
    let none = ContentEnvelope::inline(&key, payload(), vec![]);
    assert_eq!(none.unwrap_err(), EnvelopeError::Wraps);
    let twice = ContentEnvelope::reference(&key, vec![wrap(), wrap()]);
    assert_eq!(twice.unwrap_err(), EnvelopeError::Wraps);
    let other = ContentEnvelope::inline(&key, vec![8; 300], vec![wrap()]);
    assert_eq!(other.unwrap_err(), EnvelopeError::OtherPayload);
    let erasable = self::key(Some(ErasureSalt::from_bytes([4; 32])));
    let inline = ContentEnvelope::inline(&erasable, payload(), vec![wrap()]);
    assert_eq!(inline.unwrap_err(), EnvelopeError::ErasableInline);
}

#[test]
fn bytes_of_other_formats_are_refused_by_name() {
    let good = inline().to_bytes();
    let change = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        ContentEnvelope::parse(&bytes).unwrap_err()
    };
    assert_eq!(ContentEnvelope::parse(b"").unwrap_err(), EnvelopeError::NotAnEnvelope);
    assert_eq!(ContentEnvelope::parse(b"PDF-").unwrap_err(), EnvelopeError::NotAnEnvelope);
    assert_eq!(change(0, b'm'), EnvelopeError::NotAnEnvelope);
    assert_eq!(change(4, 2), EnvelopeError::UnknownFormat { format: 2 });
    assert_eq!(change(5, 4), EnvelopeError::UnknownCode { field: "storage", code: 4 });
    assert_eq!(change(6, 0), EnvelopeError::Wraps);
    assert_eq!(change(6, 5), EnvelopeError::Wraps);
    assert_eq!(change(7, 3), EnvelopeError::UnknownCode { field: "holder", code: 3 });
    assert_eq!(change(8, 0), EnvelopeError::UnknownCode { field: "kind of wrap", code: 0 });
}

#[test]
fn wraps_out_of_order_are_refused() {
    let key = key(None);
    let wraps = vec![root_wrap(Holder::Patient, &key), root_wrap(Holder::Author, &key)];
    let bytes = ContentEnvelope::reference(&key, wraps).unwrap().to_bytes();
    let mut swapped = bytes.clone();
    swapped[7..41].copy_from_slice(&bytes[41..75]);
    swapped[41..75].copy_from_slice(&bytes[7..41]);
    assert_eq!(ContentEnvelope::parse(&swapped).unwrap_err(), EnvelopeError::Wraps);
    let mut doubled = bytes.clone();
    doubled[41..75].copy_from_slice(&bytes[7..41]);
    assert_eq!(ContentEnvelope::parse(&doubled).unwrap_err(), EnvelopeError::Wraps);
}

#[test]
fn a_cut_or_longer_reference_is_refused() {
    let bytes = full().to_bytes();
    for length in 0..bytes.len() {
        assert!(ContentEnvelope::parse(&bytes[..length]).is_err(), "{length}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(ContentEnvelope::parse(&longer).unwrap_err(), EnvelopeError::Length);
}

#[test]
fn an_inline_payload_shorter_than_any_is_refused() {
    let bytes = inline().to_bytes();
    let head = bytes.len() - payload().len();
    for length in 0..=32 {
        let error = ContentEnvelope::parse(&bytes[..head + length]).unwrap_err();
        assert_eq!(error, EnvelopeError::Length);
    }
    assert!(ContentEnvelope::parse(&bytes[..head + 33]).is_ok());
}

#[test]
fn a_wrap_of_another_key_fails_the_commitment() {
    let (right, mut wrong) = (key(None), key(None));
    wrong.file_key = FileKey::new(Zeroizing::new([5; 16]));
    let envelope =
        ContentEnvelope::reference(&right, vec![root_wrap(Holder::Patient, &wrong)]).unwrap();
    let result = envelope.unlock_with_root(&context(), &root(1), None);
    assert_eq!(result.unwrap_err(), UnlockError::Commitment);
}

#[test]
fn an_envelope_prints_what_it_is_and_no_key() {
    let printed = format!("{:?}", inline());
    let start = "ContentEnvelope { storage: Inline, wraps: [FileKeyWrap { holder: Patient, kind: \
                 Root, .. }], payload: PayloadDigest { length: 300,";
    assert!(printed.starts_with(start), "{printed}");
}

#[test]
fn envelopes_survive_encoding_and_have_the_length_foretold() {
    for envelope in [inline(), full()] {
        let bytes = envelope.to_bytes();
        assert!(ContentEnvelope::parse(&bytes).unwrap() == envelope);
        let kinds: Vec<_> = envelope.wraps().iter().map(FileKeyWrap::kind).collect();
        let payload = envelope.payload_digest().length();
        let length = ContentEnvelope::encoded_length(envelope.storage(), payload, &kinds);
        assert_eq!(bytes.len() as u64, length);
        assert_eq!(envelope.content_hash(), ContentHash::of(&bytes));
    }
    let owner = ContentEnvelope::encoded_length(Storage::Reference, 0, &[WrapKind::Root]);
    assert_eq!(owner, 113);
}

proptest! {
    #[test]
    fn whatever_parses_is_its_own_encoding(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        at: proptest::sample::Index,
        byte: u8,
    ) {
        let _ = ContentEnvelope::parse(&bytes);
        let _ = ContentEnvelope::parse(&[b"MRMS\x01", &bytes[..]].concat());
        for known in [inline(), full()] {
            let mut changed = known.to_bytes();
            let at = at.index(changed.len());
            changed[at] = byte;
            if let Ok(parsed) = ContentEnvelope::parse(&changed) {
                prop_assert_eq!(parsed.to_bytes(), changed);
            }
        }
    }
}
