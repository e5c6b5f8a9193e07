//! Files go back and forth between this crate and the `age` crate (X25519 and passphrases; it has
//! no hybrid keys).

use std::io::{Read, Write};

use age::secrecy::{ExposeSecret, SecretString};
use mrms_crypto::age_file::{
    Encoding, EncryptedFile, Identity, Passphrase, Protection, Recipients, Unlock, WorkFactor,
    encrypt,
};
use mrms_crypto::{Words, Workers, keystore};
use rand::{SeedableRng, rngs::StdRng};

const LENGTHS: [usize; 5] = [0, 1, 65_536, 65_537, 400_000];

fn content(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index / 3) as u8).collect()
}

fn ours(protection: &Protection<'_>, encoding: Encoding, content: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut rng = StdRng::seed_from_u64(content.len() as u64);
    encrypt(protection, encoding, content, &mut file, Workers::available(), &mut rng).unwrap();
    file
}

fn opened(file: &[u8], unlock: &Unlock<'_>) -> Vec<u8> {
    let mut content = Vec::new();
    let file = EncryptedFile::read(file).unwrap();
    file.decrypt(unlock, &mut content, Workers::available()).unwrap();
    content
}

fn theirs(encryptor: age::Encryptor, content: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut writer = encryptor.wrap_output(&mut file).unwrap();
    writer.write_all(content).unwrap();
    writer.finish().unwrap();
    file
}

#[test]
fn files_for_x25519_recipients_open_on_both_sides() {
    let identity = age::x25519::Identity::generate();
    let recipient = identity.to_public();
    let mine = [Identity::parse(identity.to_string().expose_secret()).unwrap()];
    assert_eq!(mine[0].recipient().to_string(), recipient.to_string());
    let recipients = Recipients::new(vec![mine[0].recipient()]).unwrap();
    for length in LENGTHS {
        let content = content(length);
        let to: [&dyn age::Recipient; 1] = [&recipient];
        let file = theirs(age::Encryptor::with_recipients(to.into_iter()).unwrap(), &content);
        assert!(opened(&file, &Unlock::Identities(&mine)) == content);

        let file = ours(&Protection::Recipients(&recipients), Encoding::Binary, &content);
        assert!(age::decrypt(&identity, &file).unwrap() == content);
    }
}

#[test]
fn files_under_a_passphrase_open_on_both_sides() {
    let secret = SecretString::from("correct horse".to_owned());
    let mine = Passphrase::new("correct horse".to_owned().into()).unwrap();
    let content = content(100_000);
    let mut recipient = age::scrypt::Recipient::new(secret.clone());
    recipient.set_work_factor(10);
    let to: [&dyn age::Recipient; 1] = [&recipient];
    let file = theirs(age::Encryptor::with_recipients(to.into_iter()).unwrap(), &content);
    assert!(opened(&file, &Unlock::Passphrase(&mine)) == content);

    let protection = Protection::Passphrase(&mine, WorkFactor::new(10).unwrap());
    let file = ours(&protection, Encoding::Binary, &content);
    let mut read = Vec::new();
    let identity = age::scrypt::Identity::new(secret);
    let identities: [&dyn age::Identity; 1] = [&identity];
    let decryptor = age::Decryptor::new(&file[..]).unwrap();
    decryptor.decrypt(identities.into_iter()).unwrap().read_to_end(&mut read).unwrap();
    assert!(read == content);
}

#[test]
fn the_age_crate_shows_the_words_of_a_keystore() {
    let mut rng = StdRng::seed_from_u64(1);
    let words = Words::generate(&mut rng);
    let mine = Passphrase::new("correct horse".to_owned().into()).unwrap();
    let file = keystore::seal(&words, &mine, WorkFactor::new(10).unwrap(), &mut rng);
    let identity = age::scrypt::Identity::new(SecretString::from("correct horse".to_owned()));
    let shown = age::decrypt(&identity, &file).unwrap();
    assert_eq!(shown, format!("{}\n", *words.to_phrase()).into_bytes());
}
