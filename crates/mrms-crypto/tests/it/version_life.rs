//! The life of a version: sealed, put into an envelope, shared, opened, and what must not open.

use mrms_core::{Principal, RecordId, StandardPrincipal, UnixTime, Version};
use mrms_crypto::content::{ContentHeader, MediaType, OpenError, Retention, seal};
use mrms_crypto::envelope::{ContentEnvelope, FileKeyWrap, Holder, Storage, UnlockError, WrapKind};
use mrms_crypto::sharing::{Epoch, KeyEnvelope, Pair, PairHeader, PairSecret, RecordWrap};
use mrms_crypto::{
    ErasureSalt, HybridIdentity, IdentityIndex, Keyring, RecordRoot, VersionContext, Words, Workers,
};
use rand::{SeedableRng, rngs::StdRng};

pub(crate) struct Person {
    pub(crate) principal: Principal,
    pub(crate) root: RecordRoot,
    pub(crate) identity: HybridIdentity,
}

pub(crate) fn person(seed: u8) -> Person {
    let mut rng = StdRng::seed_from_u64(seed.into());
    let keyring = Keyring::from_words(&Words::generate(&mut rng));
    Person {
        principal: StandardPrincipal::new(26, [seed; 20]).unwrap().into(),
        root: keyring.record_root().unwrap(),
        identity: keyring.identity(IdentityIndex::FIRST).unwrap(),
    }
}

pub(crate) fn context(patient: &Person, author: &Person) -> VersionContext {
    VersionContext {
        record: RecordId::new(123),
        version: Version::FIRST,
        patient: patient.principal.clone(),
        author: author.principal.clone(),
    }
}

fn header(context: VersionContext, content: &[u8]) -> ContentHeader {
    ContentHeader {
        context,
        time: UnixTime::from_seconds(1_700_000_000),
        length: content.len() as u64,
        media_type: MediaType::octet_stream(),
        file_name: Some("scan.dcm".parse().unwrap()),
        label: None,
    }
}

/// What one version leaves behind: its envelope's bytes, its payload, its salt if it has one.
pub(crate) struct Stored {
    envelope: Vec<u8>,
    pub(crate) payload: Vec<u8>,
    pub(crate) salt: Option<ErasureSalt>,
}

impl Stored {
    pub(crate) fn envelope(&self) -> ContentEnvelope {
        ContentEnvelope::parse(&self.envelope).unwrap()
    }
}

pub(crate) fn store(patient: &Person, author: &Person, storage: Storage, content: &[u8]) -> Stored {
    let mut rng = StdRng::seed_from_u64(99);
    let header = header(context(patient, author), content);
    let retention = match storage {
        Storage::Erasable => Retention::Erasable,
        _ => Retention::Permanent,
    };
    let mut payload = Vec::new();
    let key =
        seal(&header, retention, content, &mut payload, Workers::available(), &mut rng).unwrap();
    assert_eq!(payload.len() as u64, header.payload_length());
    let (wraps, kinds) = if patient.principal == author.principal {
        (vec![FileKeyWrap::under_root(Holder::Patient, &patient.root, &key)], vec![WrapKind::Root])
    } else {
        let recipient = patient.identity.recipient();
        let wraps = vec![
            FileKeyWrap::under_root(Holder::Author, &author.root, &key),
            FileKeyWrap::to_recipient(Holder::Patient, recipient, &key, &mut rng),
        ];
        (wraps, vec![WrapKind::Recipient, WrapKind::Root])
    };
    let envelope = match storage {
        Storage::Inline => ContentEnvelope::inline(&key, payload.clone(), wraps),
        _ => ContentEnvelope::reference(&key, wraps),
    };
    let envelope = envelope.unwrap().to_bytes();
    let length = ContentEnvelope::encoded_length(storage, header.payload_length(), &kinds);
    assert_eq!(envelope.len() as u64, length);
    Stored {
        envelope,
        payload,
        salt: key.erasure_salt().map(|s| ErasureSalt::from_bytes(*s.expose_bytes())),
    }
}

pub(crate) const STORAGES: [Storage; 3] = [Storage::Inline, Storage::Reference, Storage::Erasable];

#[test]
fn a_stranger_opens_nothing() {
    let (patient, stranger) = (person(1), person(2));
    for storage in STORAGES {
        let stored = store(&patient, &patient, storage, b"blood pressure 120/80");
        let (envelope, context) = (stored.envelope(), context(&patient, &patient));
        let salt = stored.salt.as_ref();
        let with_root = envelope.unlock_with_root(&context, &stranger.root, salt);
        assert_eq!(with_root.unwrap_err(), UnlockError::NoWrap);
        let with_identity = envelope.unlock_with_identity(&context, &stranger.identity, salt);
        assert_eq!(with_identity.unwrap_err(), UnlockError::NoWrap);
    }
}

#[test]
fn an_envelope_moved_to_another_record_version_or_patient_opens_for_nobody() {
    let (patient, provider) = (person(1), person(2));
    let stored = store(&patient, &provider, Storage::Inline, b"note");
    let right = context(&patient, &provider);
    let moved = [
        VersionContext { record: RecordId::new(124), ..right.clone() },
        VersionContext { version: Version::FIRST.next(), ..right.clone() },
        VersionContext { patient: provider.principal.clone(), ..right.clone() },
    ];
    for context in moved {
        let envelope = stored.envelope();
        assert!(envelope.unlock_with_root(&context, &provider.root, None).is_err());
        assert!(envelope.unlock_with_identity(&context, &patient.identity, None).is_err());
    }
}

#[test]
fn content_whose_header_names_another_author_is_refused() {
    let (patient, provider) = (person(1), person(2));
    let stored = store(&patient, &provider, Storage::Inline, b"note");
    // The patient's wrap does not know the author; the header inside does.
    let claimed = context(&patient, &patient);
    let envelope = stored.envelope();
    let key = envelope.unlock_with_identity(&claimed, &patient.identity, None).unwrap();
    let result = key.open_to(&stored.payload[..], std::io::sink(), Workers::ONE);
    assert!(matches!(result, Err(OpenError::Header(_))), "{result:?}");
}

#[test]
fn an_erasable_version_without_its_salt_opens_for_nobody() {
    let (patient, provider) = (person(1), person(2));
    let stored = store(&patient, &provider, Storage::Erasable, b"note");
    let (envelope, context) = (stored.envelope(), context(&patient, &provider));
    let needed = envelope.unlock_with_root(&context, &provider.root, None).unwrap_err();
    assert_eq!(needed, UnlockError::SaltNeeded);
    let other = ErasureSalt::from_bytes([1; 32]);
    for salt in [None, Some(&other)] {
        assert!(envelope.unlock_with_root(&context, &provider.root, salt).is_err());
        assert!(envelope.unlock_with_identity(&context, &patient.identity, salt).is_err());
    }
}

#[test]
fn an_altered_exchanged_or_cut_payload_is_refused() {
    let patient = person(1);
    let content = vec![7; 300_000];
    let stored = store(&patient, &patient, Storage::Reference, &content);
    let other = store(&patient, &patient, Storage::Reference, &content[1..]);
    let context = context(&patient, &patient);
    let key = stored.envelope().unlock_with_root(&context, &patient.root, None).unwrap();
    let open = |payload: &[u8]| {
        key.open_to(payload, std::io::sink(), Workers::available()).map(|_| ()).unwrap_err()
    };
    let longer = [&stored.payload[..], &[0]].concat();
    let mut altered = stored.payload.clone();
    altered[70_000] ^= 1;
    let cut = &stored.payload[..stored.payload.len() - 1];
    for payload in [&longer[..], &altered, cut, &other.payload, &[], &stored.payload[..16]] {
        let error = open(payload);
        assert!(matches!(error, OpenError::Stream(_) | OpenError::OtherPayload), "{error:?}");
    }
}

#[test]
fn every_byte_of_an_envelope_counts() {
    let patient = person(1);
    let stored = store(&patient, &patient, Storage::Reference, b"note");
    let context = context(&patient, &patient);
    for position in 0..stored.envelope.len() {
        for bit in [1, 0x80] {
            let mut altered = stored.envelope.clone();
            altered[position] ^= bit;
            let Ok(envelope) = ContentEnvelope::parse(&altered) else { continue };
            let Ok(key) = envelope.unlock_with_root(&context, &patient.root, None) else {
                continue;
            };
            let result = key.open_to(&stored.payload[..], std::io::sink(), Workers::ONE);
            assert!(result.is_err(), "byte {position}");
        }
    }
}

#[test]
fn a_revoked_reader_cannot_open_what_is_wrapped_in_the_next_epoch() {
    let (patient, reader) = (person(1), person(2));
    let stored = store(&patient, &patient, Storage::Inline, b"note");
    let context = context(&patient, &patient);
    let envelope = stored.envelope();
    let key = envelope.unlock_with_root(&context, &patient.root, None).unwrap();
    let pair = |epoch| Pair {
        patient: patient.principal.clone(),
        reader: reader.principal.clone(),
        epoch: Epoch::new(epoch),
    };
    let old = PairSecret::derive(&patient.root, &pair(1));
    let new = PairSecret::derive(&patient.root, &pair(2));
    let wrap = RecordWrap::seal(&new, &pair(2), &key);
    for pair in [pair(1), pair(2)] {
        let result = wrap.open(&old, &pair, &envelope, &context, None);
        assert_eq!(result.unwrap_err(), UnlockError::NoWrap);
    }
}

#[test]
fn a_version_comes_back_to_its_author_and_its_patient() {
    let (patient, provider) = (person(1), person(2));
    for storage in STORAGES {
        for length in [0, 1, 700, 20_000] {
            let content: Vec<u8> = (0..length).map(|index| index as u8).collect();
            let stored = store(&patient, &provider, storage, &content);
            let (envelope, context) = (stored.envelope(), context(&patient, &provider));
            assert_eq!(envelope.storage(), storage);
            let salt = stored.salt.as_ref();
            let keys = [
                envelope.unlock_with_root(&context, &provider.root, salt).unwrap(),
                envelope.unlock_with_identity(&context, &patient.identity, salt).unwrap(),
            ];
            for key in keys {
                let payload = envelope.payload().unwrap_or(&stored.payload);
                let mut out = Vec::new();
                let read = key.open_to(payload, &mut out, Workers::available()).unwrap();
                assert!(out == content);
                assert_eq!(read, header(context.clone(), &content));
            }
        }
    }
}

#[test]
fn a_reader_opens_what_was_shared_directly() {
    let (patient, reader) = (person(1), person(2));
    for storage in STORAGES {
        let stored = store(&patient, &patient, storage, b"blood pressure 120/80");
        let (envelope, context) = (stored.envelope(), context(&patient, &patient));
        let salt = stored.salt.as_ref();
        let key = envelope.unlock_with_root(&context, &patient.root, salt).unwrap();
        let pair = Pair {
            patient: patient.principal.clone(),
            reader: reader.principal.clone(),
            epoch: Epoch::new(7),
        };
        let secret = PairSecret::derive(&patient.root, &pair);
        let mut rng = StdRng::seed_from_u64(8);
        let published = KeyEnvelope::Full {
            epoch: pair.epoch,
            header: PairHeader::seal(&secret, &pair, reader.identity.recipient(), &mut rng),
            wrap: RecordWrap::seal(&secret, &pair, &key),
        };
        let bytes = published.to_bytes();

        let KeyEnvelope::Full { epoch, header, wrap } = KeyEnvelope::parse(&bytes).unwrap() else {
            panic!("a full envelope was written");
        };
        let pair = Pair { epoch, ..pair };
        let secret = header.open(&pair, &reader.identity).unwrap();
        let key = wrap.open(&secret, &pair, &envelope, &context, salt).unwrap();
        let mut out = Vec::new();
        key.open_to(&stored.payload[..], &mut out, Workers::ONE).unwrap();
        assert_eq!(out, b"blood pressure 120/80");
    }
}
