//! age files: what is refused, and files of other tools.

use proptest::prelude::*;
use rand::{SeedableRng, rngs::StdRng};

use super::*;
use crate::hybrid::HybridIdentity;
use crate::x25519::X25519Identity;

fn rng() -> StdRng {
    StdRng::seed_from_u64(1)
}

fn x25519() -> Identity {
    // The example of the age specification's own test files.
    let text = "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0";
    X25519Identity::parse(text).unwrap().into()
}

fn hybrid() -> Identity {
    HybridIdentity::generate(&mut rng()).into()
}

fn passphrase(text: &str) -> Passphrase {
    Passphrase::new(text.to_owned().into()).unwrap()
}

fn sealed(to: &[&Identity], encoding: Encoding, content: &[u8]) -> Vec<u8> {
    let recipients = Recipients::new(to.iter().map(|one| one.recipient()).collect()).unwrap();
    let mut file = Vec::new();
    let protection = Protection::Recipients(&recipients);
    encrypt(&protection, encoding, content, &mut file, Workers::available(), &mut rng()).unwrap();
    file
}

fn open(file: &[u8], unlock: &Unlock<'_>) -> Result<Vec<u8>, DecryptError> {
    let mut content = Vec::new();
    EncryptedFile::read(file)?.decrypt(unlock, &mut content, Workers::available())?;
    Ok(content)
}

#[test]
fn recipients_that_cannot_protect_a_file_are_refused() {
    assert_eq!(Recipients::new(vec![]), Err(RecipientsError::None));
    let mixed = vec![hybrid().recipient(), x25519().recipient()];
    assert_eq!(Recipients::new(mixed), Err(RecipientsError::Mixed));
}

#[test]
fn a_key_file_names_its_bad_line_and_not_what_it_says() {
    let text = "# created: 2024\n\n  AGE-SECRET-KEY-1SECRET\n";
    let error = parse_identities(text).unwrap_err();
    assert_eq!(error.line, 3);
    assert!(!format!("{error} {error:?}").contains("1SECRET"));
    assert!(matches!(parse_recipients("age1x").unwrap_err(), KeyFileError { line: 1, .. }));
}

#[test]
fn a_file_opened_with_the_wrong_kind_of_key_says_what_it_needs() {
    let secret = passphrase("correct horse");
    let file = sealed(&[&hybrid()], Encoding::Binary, b"text");
    let error = open(&file, &Unlock::Passphrase(&secret)).unwrap_err();
    assert!(matches!(error, DecryptError::IdentityNeeded));
    let error = open(&file, &Unlock::Identities(&[x25519()])).unwrap_err();
    assert!(matches!(error, DecryptError::NoMatch));
    let mut file = Vec::new();
    let protection = Protection::Passphrase(&secret, WorkFactor::new(10).unwrap());
    encrypt(&protection, Encoding::Armored, &b"text"[..], &mut file, Workers::ONE, &mut rng())
        .unwrap();
    let error = open(&file, &Unlock::Identities(&[hybrid()])).unwrap_err();
    assert!(matches!(error, DecryptError::PassphraseNeeded));
    let error = open(&file, &Unlock::Passphrase(&passphrase("correct h0rse"))).unwrap_err();
    assert!(matches!(error, DecryptError::WrongPassphrase));
    assert_eq!(open(&file, &Unlock::Passphrase(&secret)).unwrap(), b"text");
}

#[test]
fn what_is_no_age_file_is_told_from_a_later_version() {
    let read = |bytes: &[u8]| EncryptedFile::read(bytes).map(|_| ()).unwrap_err();
    for bytes in [&b""[..], b"hello", b"%PDF-1.7", b"age", b"age-encryption.com/v1\n", &[0xff; 99]]
    {
        assert!(matches!(read(bytes), DecryptError::NotAgeFile), "{bytes:?}");
    }
    assert!(matches!(read(b"age-encryption.org/v2\nx"), DecryptError::UnsupportedVersion));
    let cut = DecryptError::Header { fault: HeaderFault::NoEnd };
    assert_eq!(format!("{:?}", read(b"age-encryption.org/v1")), format!("{cut:?}"));
}

#[test]
fn a_header_without_an_end_is_given_up() {
    let endless = b"age-encryption.org/v1\n".chain(io::repeat(b'-'));
    let error = EncryptedFile::read(endless).map(|_| ()).unwrap_err();
    let no_end = DecryptError::Header { fault: HeaderFault::NoEnd };
    assert_eq!(format!("{error:?}"), format!("{no_end:?}"));
    let spaces = EncryptedFile::read(io::repeat(b' ')).map(|_| ()).unwrap_err();
    assert!(matches!(spaces, DecryptError::Armor { .. }), "{spaces:?}");
    let lines = EncryptedFile::read(io::repeat(b'\n')).map(|_| ()).unwrap_err();
    assert!(matches!(lines, DecryptError::Armor { .. }), "{lines:?}");
}

#[test]
fn an_error_of_the_reader_comes_through_as_one() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("broken"))
        }
    }
    let error = EncryptedFile::read(Broken).map(|_| ()).unwrap_err();
    assert!(matches!(error, DecryptError::Stream(StreamError::Read { .. })), "{error:?}");
}

#[test]
fn nothing_prints_a_key() {
    let printed = format!("{:?} {:?} {:?}", hybrid(), x25519(), passphrase("secret"));
    let expected = "Hybrid(HybridIdentity(..)) X25519(X25519Identity(..)) Passphrase(..)";
    assert_eq!(printed, expected);
    let file = sealed(&[&hybrid()], Encoding::Binary, b"text");
    let file = EncryptedFile::read(&file[..]).unwrap();
    assert_eq!(format!("{file:?}"), "EncryptedFile { sealed_for: Hybrid, .. }");
}

#[test]
fn files_open_for_each_of_their_recipients() {
    let other: Identity = HybridIdentity::generate(&mut StdRng::seed_from_u64(2)).into();
    for encoding in [Encoding::Binary, Encoding::Armored] {
        for length in [0, 1, 47, 48, 49, 70_000] {
            let content = vec![5; length];
            let file = sealed(&[&hybrid(), &other], encoding, &content);
            for identity in
                [hybrid(), HybridIdentity::generate(&mut StdRng::seed_from_u64(2)).into()]
            {
                let unlock = [x25519(), identity];
                assert!(open(&file, &Unlock::Identities(&unlock)).unwrap() == content);
            }
            if encoding == Encoding::Armored {
                let text = std::str::from_utf8(&file).unwrap();
                assert!(text.lines().all(|line| line.len() <= 64) && text.ends_with("-----\n"));
            }
        }
    }
    let file = sealed(&[&x25519()], Encoding::Binary, b"text");
    assert_eq!(EncryptedFile::read(&file[..]).unwrap().sealed_for(), SealedFor::X25519);
    assert_eq!(open(&file, &Unlock::Identities(&[x25519()])).unwrap(), b"text");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn an_altered_file_never_opens_to_something_else(
        at: proptest::sample::Index,
        byte: u8,
        encoding in prop_oneof![Just(Encoding::Binary), Just(Encoding::Armored)],
    ) {
        let mut file = sealed(&[&x25519()], encoding, b"text");
        let at = at.index(file.len());
        file[at] = byte;
        if let Ok(content) = open(&file, &Unlock::Identities(&[x25519()])) {
            prop_assert_eq!(content, b"text");
        }
    }

    #[test]
    fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = EncryptedFile::read(&bytes[..]);
        let _ = EncryptedFile::read(&[b"age-encryption.org/v1\n-> ", &bytes[..]].concat()[..]);
        let armored = [b"-----BEGIN AGE ENCRYPTED FILE-----\n", &bytes[..]].concat();
        let _ = EncryptedFile::read(&armored[..]);
    }
}
