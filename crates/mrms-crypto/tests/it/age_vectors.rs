//! The C2SP CCTV vectors for age: each file gives the result that it names, and the content that
//! is released, also before an error, has the hash that it names.
//!
//! They come from the npm package `cctv-age` under `tests/clients`, or from a folder of vectors
//! that `MRMS_CCTV` names.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use mrms_crypto::Workers;
use mrms_crypto::age_file::{
    DecryptError, EncryptedFile, HeaderFault, Identity, Passphrase, SealedFor, Unlock,
};
use mrms_crypto::stream::StreamError;

/// Fewer would mean that the package was read wrongly.
const LEAST_VECTORS: usize = 130;

type Vectors = BTreeMap<String, Vec<u8>>;

struct Vector {
    expect: String,
    payload: Option<String>,
    identities: Vec<Identity>,
    passphrases: Vec<Passphrase>,
    armored: bool,
    file: Vec<u8>,
}

impl Vector {
    fn parse(bytes: &[u8]) -> Self {
        let split = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap();
        let mut file = bytes[split + 2..].to_vec();
        let head = std::str::from_utf8(&bytes[..split]).unwrap();
        let (mut expect, mut payload, mut armored) = (String::new(), None, false);
        let (mut identities, mut passphrases) = (Vec::new(), Vec::new());
        for (key, value) in head.lines().map(|line| line.split_once(": ").unwrap()) {
            match key {
                "expect" => value.clone_into(&mut expect),
                "payload" => payload = Some(value.to_owned()),
                "identity" => identities.push(Identity::parse(value).unwrap()),
                "passphrase" => passphrases.push(Passphrase::new(value.to_owned().into()).unwrap()),
                "armored" => armored = value == "yes",
                "compressed" => file = miniz_oxide::inflate::decompress_to_vec_zlib(&file).unwrap(),
                "file key" | "comment" => {}
                other => panic!("unknown key {other:?} in a vector"),
            }
        }
        Self { expect, payload, identities, passphrases, armored, file }
    }

    /// What happens, in the words of the vectors, and what is released.
    fn run(&self, workers: Workers) -> (&'static str, Vec<u8>) {
        let mut released = Vec::new();
        let result = EncryptedFile::read(self.file.as_slice()).and_then(|file| {
            let unlock = match &self.passphrases[..] {
                [] => Unlock::Identities(&self.identities),
                [passphrase] => Unlock::Passphrase(passphrase),
                _ => panic!("a vector with several passphrases"),
            };
            file.decrypt(&unlock, &mut released, workers)
        });
        let outcome = match result {
            Ok(length) => {
                assert_eq!(length, released.len() as u64);
                "success"
            }
            Err(DecryptError::NotAgeFile) if self.armored && !self.file.starts_with(b"-") => {
                "armor failure"
            }
            Err(
                DecryptError::NotAgeFile
                | DecryptError::UnsupportedVersion
                | DecryptError::Header { .. },
            ) => "header failure",
            Err(DecryptError::Armor { .. }) => "armor failure",
            Err(
                DecryptError::NoMatch
                | DecryptError::WrongPassphrase
                | DecryptError::IdentityNeeded
                | DecryptError::PassphraseNeeded,
            ) => "no match",
            Err(DecryptError::HeaderAltered) => "HMAC failure",
            Err(DecryptError::Stream(
                StreamError::Altered { .. }
                | StreamError::NoChunk
                | StreamError::CutShort
                | StreamError::Extended,
            )) => "payload failure",
            Err(error) => panic!("unexpected: {error:?}"),
        };
        (outcome, released)
    }
}

/// The vectors; none when they are not there and nobody insists.
fn vectors() -> Option<Vectors> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/clients/node_modules/cctv-age/index.js");
    let vectors = match std::env::var_os("MRMS_CCTV") {
        Some(folder) => from_folder(&PathBuf::from(folder)),
        None if package.exists() => from_package(&std::fs::read_to_string(package).unwrap()),
        None if std::env::var_os("MRMS_REQUIRE_CLIENTS").is_none() => {
            eprintln!("skipped: npm install in tests/clients, or MRMS_CCTV, brings the vectors");
            return None;
        }
        None => panic!("the age vectors are required and not there: npm install in tests/clients"),
    };
    assert!(vectors.len() >= LEAST_VECTORS, "only {} vectors", vectors.len());
    Some(vectors)
}

fn from_folder(folder: &Path) -> Vectors {
    let files = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    files
        .map(|file| {
            let name = file.file_name().into_string().unwrap();
            (name, std::fs::read(file.path()).unwrap())
        })
        .collect()
}

/// The package is a module in which each vector is a base64 literal below its file's name.
fn from_package(module: &str) -> Vectors {
    let lines: Vec<&str> = module.lines().collect();
    lines
        .windows(2)
        .filter_map(|pair| {
            let name = pair[0].strip_prefix("// ../testdata/")?;
            let literal = pair[1].split('"').nth(1)?;
            Some((name.to_owned(), STANDARD.decode(literal).unwrap()))
        })
        .collect()
}

#[test]
fn every_vector_gives_the_result_that_it_names() {
    let Some(vectors) = vectors() else { return };
    let mut wrong = Vec::new();
    for (name, bytes) in &vectors {
        let vector = Vector::parse(bytes);
        for workers in [Workers::ONE, Workers::available()] {
            let (outcome, released) = vector.run(workers);
            if outcome != vector.expect {
                wrong.push(format!("{name}: {outcome}, expected {}", vector.expect));
            }
            let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &released);
            let released_something = outcome == "success" || outcome == "payload failure";
            if released_something && vector.payload != Some(hex::encode(hash)) {
                wrong.push(format!("{name}: other content"));
            }
            if !released_something {
                assert!(released.is_empty(), "{name} released content");
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} are wrong: {wrong:#?}", wrong.len(), vectors.len());
}

#[test]
fn a_mixed_file_opens_and_is_known_as_mixed() {
    let Some(vectors) = vectors() else { return };
    let vector = Vector::parse(&vectors["hybrid_and_x25519"]);
    assert_eq!(EncryptedFile::read(&vector.file[..]).unwrap().sealed_for(), SealedFor::Mixed);
}

#[test]
fn shares_of_low_order_are_refused_as_such() {
    let Some(vectors) = vectors() else { return };
    for name in ["hybrid_low_order", "hybrid_identity", "x25519_low_order", "x25519_identity"] {
        let vector = Vector::parse(&vectors[name]);
        let error = EncryptedFile::read(&vector.file[..]).unwrap_err();
        let low_order = DecryptError::Header { fault: HeaderFault::LowOrder };
        assert_eq!(format!("{error:?}"), format!("{low_order:?}"), "{name}");
    }
}
