//! How fast payloads are sealed and opened, in memory, beside the `age` crate in the same run.
//!
//! `cargo bench -p mrms-crypto` prints MiB/s of content, the best of five runs each. As a test
//! (`cargo test --benches`) it only sees that everything works, on 1 MiB.

#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use mrms_core::{Principal, RecordId, StandardPrincipal, UnixTime, Version};
use mrms_crypto::age_file::{
    Encoding, EncryptedFile, Identity, Protection, Recipients, Unlock, encrypt,
};
use mrms_crypto::content::{ContentHeader, MediaType, Retention, seal};
use mrms_crypto::{HybridIdentity, VersionContext, Workers};
use rand::{SeedableRng, rngs::StdRng};

const MIB: usize = 1024 * 1024;

/// The shortest of several runs, each into a fresh place.
fn best<T>(runs: usize, mut run: impl FnMut() -> (Duration, T)) -> (Duration, T) {
    let mut best = run();
    for _ in 1..runs {
        let next = run();
        if next.0 < best.0 {
            best = next;
        }
    }
    best
}

/// Times a run that fills a buffer; the memory is there before the clock starts.
fn timed(capacity: usize, fill: impl FnOnce(&mut Vec<u8>)) -> (Duration, Vec<u8>) {
    let mut buffer = vec![1; capacity];
    buffer.clear();
    let start = Instant::now();
    fill(&mut buffer);
    (start.elapsed(), buffer)
}

fn header(length: usize) -> ContentHeader {
    let patient: Principal = StandardPrincipal::new(26, [1; 20]).unwrap().into();
    let (record, version, author) = (RecordId::new(1), Version::FIRST, patient.clone());
    ContentHeader {
        context: VersionContext { record, version, patient, author },
        time: UnixTime::from_seconds(0),
        length: length as u64,
        media_type: MediaType::octet_stream(),
        file_name: None,
        label: None,
    }
}

fn main() {
    let measured = std::env::args().any(|argument| argument == "--bench");
    let (length, runs) = if measured { (64 * MIB, 5) } else { (MIB, 1) };
    let content: Vec<u8> = (0..length).map(|index| (index / 5) as u8).collect();
    let capacity = length + length / 8;
    let speed = |what: &str, time: Duration| {
        println!("{what:<42} {:>7.0} MiB/s", (length / MIB) as f64 / time.as_secs_f64());
    };
    let mut rng = StdRng::seed_from_u64(1);
    let hybrid = [Identity::from(HybridIdentity::generate(&mut rng))];
    let recipients = Recipients::new(vec![hybrid[0].recipient()]).unwrap();
    let protection = Protection::Recipients(&recipients);

    for workers in [Workers::ONE, Workers::available()] {
        let count = workers.count();
        let (time, file) = best(runs, || {
            timed(capacity, |out| {
                let encoding = Encoding::Binary;
                encrypt(&protection, encoding, &content[..], out, workers, &mut rng).unwrap();
            })
        });
        speed(&format!("age file, encrypt, {count} workers"), time);
        let (time, opened) = best(runs, || {
            timed(capacity, |out| {
                let file = EncryptedFile::read(&file[..]).unwrap();
                file.decrypt(&Unlock::Identities(&hybrid), out, workers).unwrap();
            })
        });
        speed(&format!("age file, decrypt, {count} workers"), time);
        assert!(opened == content);

        let header = header(length);
        let (time, (key, payload)) = best(runs, || {
            let mut key = None;
            let (time, payload) = timed(capacity, |out| {
                let kept = Retention::Permanent;
                key = Some(seal(&header, kept, &content[..], out, workers, &mut rng).unwrap());
            });
            (time, (key.unwrap(), payload))
        });
        speed(&format!("version with SHA-256, seal, {count} workers"), time);
        let (time, opened) = best(runs, || {
            timed(capacity, |out| {
                key.open_to(&payload[..], out, workers).unwrap();
            })
        });
        speed(&format!("version with SHA-256, open, {count} workers"), time);
        assert!(opened == content);
    }

    let identity = age::x25519::Identity::generate();
    let recipient = identity.to_public();
    let (time, file) = best(runs, || {
        timed(capacity, |out| {
            let to: [&dyn age::Recipient; 1] = [&recipient];
            let encryptor = age::Encryptor::with_recipients(to.into_iter()).unwrap();
            let mut writer = encryptor.wrap_output(out).unwrap();
            writer.write_all(&content).unwrap();
            writer.finish().unwrap();
        })
    });
    speed("age crate, encrypt", time);
    let (time, opened) = best(runs, || {
        timed(capacity, |out| {
            let decryptor = age::Decryptor::new(&file[..]).unwrap();
            let identities: [&dyn age::Identity; 1] = [&identity];
            decryptor.decrypt(identities.into_iter()).unwrap().read_to_end(out).unwrap();
        })
    });
    speed("age crate, decrypt", time);
    assert!(opened == content);
}
