//! Content that was altered, cut or sealed by a dishonest author, and content that comes back.

use proptest::prelude::*;
use rand::{SeedableRng, rngs::StdRng};

use super::*;
use crate::context::VersionContext;
use mrms_core::{Principal, RecordId, UnixTime, Version};

fn header(length: u64) -> ContentHeader {
    let patient: Principal = "ST000000000000000000002AMW42H".parse().unwrap();
    let context = VersionContext {
        record: RecordId::new(1),
        version: Version::FIRST,
        author: patient.clone(),
        patient,
    };
    ContentHeader {
        context,
        time: UnixTime::from_seconds(1),
        length,
        media_type: MediaType::octet_stream(),
        file_name: None,
        label: None,
    }
}

fn sealed(header: &ContentHeader, content: &[u8]) -> Result<(ContentKey, Vec<u8>), SealError> {
    let mut payload = Vec::new();
    let mut rng = StdRng::seed_from_u64(1);
    let key =
        seal(header, Retention::Permanent, content, &mut payload, Workers::available(), &mut rng)?;
    Ok((key, payload))
}

/// Seals any plaintext, as a dishonest author could.
fn forged(plaintext: &[u8]) -> (ContentKey, Vec<u8>) {
    let mut rng = StdRng::seed_from_u64(2);
    let file_key = FileKey::generate(&mut rng);
    let mut payload = Vec::new();
    stream::seal(&file_key, plaintext, &mut payload, Workers::ONE, &mut rng).unwrap();
    let digest = PayloadDigest::of(&payload);
    (ContentKey { file_key, context: header(0).context, payload: digest, salt: None }, payload)
}

fn open(key: &ContentKey, payload: &[u8]) -> Result<(ContentHeader, Vec<u8>), OpenError> {
    let mut content = Vec::new();
    let header = key.open_to(payload, &mut content, Workers::available())?;
    Ok((header, content))
}

#[test]
fn content_of_another_length_than_its_header_says_is_not_sealed() {
    for (length, content) in [(3, &b"ab"[..]), (1, b"ab"), (0, b"a"), (100_000, b"ab")] {
        let error = sealed(&header(length), content).unwrap_err();
        assert!(matches!(error, SealError::Length { expected, .. } if expected == length));
    }
}

#[test]
fn a_payload_that_the_envelope_does_not_name_is_refused() {
    let (key, payload) = sealed(&header(2), b"ab").unwrap();
    let other = ContentKey {
        payload: PayloadDigest::new(payload.len() as u64, [0; 32]),
        file_key: FileKey::new(zeroize::Zeroizing::new(*key.file_key.expose())),
        context: key.context.clone(),
        salt: None,
    };
    assert!(matches!(open(&other, &payload), Err(OpenError::OtherPayload)));
}

#[test]
fn plaintexts_that_no_honest_author_writes_are_refused() {
    let good = header(2).to_bytes();
    let padded = |bytes: &[u8], length: usize| {
        let mut plaintext = bytes.to_vec();
        plaintext.resize(length, 0);
        plaintext
    };
    let content = [&good[..], b"ab"].concat();
    let mut smuggling = padded(&content, 256);
    smuggling[255] = 1;
    let mut unknown = padded(&content, 256);
    unknown[0] = 9;
    for plaintext in [
        Vec::new(),
        padded(&good[..2], 2),
        padded(&good[..10], 10),
        padded(&content[..good.len() + 1], good.len() + 1),
        padded(&content, good.len() + 2),
        padded(&content, 255),
        padded(&content, 257),
        padded(&content, 512),
        smuggling,
        unknown,
    ] {
        let (key, payload) = forged(&plaintext);
        let error = open(&key, &payload).unwrap_err();
        assert!(matches!(error, OpenError::Header(_)), "{error:?}");
    }
    let (key, payload) = forged(&padded(&content, 256));
    assert_eq!(open(&key, &payload).unwrap().1, b"ab");
}

#[test]
fn an_error_of_the_writer_is_told_from_a_bad_header() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (key, payload) = sealed(&header(2), b"ab").unwrap();
    let error = key.open_to(&payload[..], Full, Workers::ONE).unwrap_err();
    assert!(matches!(error, OpenError::Stream(StreamError::Write { .. })), "{error:?}");
}

#[test]
fn a_header_alone_is_refused_like_the_whole() {
    let (key, mut payload) = sealed(&header(100_000), &[1; 100_000]).unwrap();
    assert_eq!(key.open_header(&payload[..]).unwrap(), header(100_000));
    // What comes after the first chunk is not looked at.
    *payload.last_mut().unwrap() ^= 1;
    assert_eq!(key.open_header(&payload[..]).unwrap(), header(100_000));
    payload[20] ^= 1;
    assert!(matches!(key.open_header(&payload[..]), Err(OpenError::Stream(_))));
    assert!(matches!(key.open_header(&b""[..]), Err(OpenError::Stream(_))));
    let (key, payload) = forged(&[1, 0, 0]);
    assert!(matches!(key.open_header(&payload[..]), Err(OpenError::Header(_))));
    let (empty, payload) = sealed(&header(0), b"").unwrap();
    assert_eq!(empty.open_header(&payload[..]).unwrap(), header(0));
}

#[test]
fn contents_of_like_length_make_payloads_of_the_same_length() {
    let length = |length| header(length).payload_length();
    assert_eq!(length(0), length(100));
    assert_eq!(length(0), 16 + 256 + 16);
    assert_ne!(length(100), length(1_000));
    assert_eq!(header(u64::MAX).payload_length(), u64::MAX);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn content_comes_back_untouched(length in 0usize..300_000, byte: u8) {
        let content: Vec<u8> = (0..length).map(|index| byte.wrapping_add(index as u8)).collect();
        let header = header(length as u64);
        let (key, payload) = sealed(&header, &content).unwrap();
        prop_assert_eq!(payload.len() as u64, header.payload_length());
        let (read, opened) = open(&key, &payload).unwrap();
        prop_assert_eq!(read, header);
        prop_assert!(opened == content);
    }
}
