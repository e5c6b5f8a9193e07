//! Every decoder over altered bytes: whatever they are, it ends without a panic, and what it reads it writes as
//! the same bytes.
//!
//! The properties are those of the fuzz targets (`fuzz/src/lib.rs`). Here they run over real samples, made by a
//! patient who shares a record, altered at random from a seed that is printed. `MRMS_FUZZ_ROUNDS` is how many
//! trials each decoder gets, `MRMS_FUZZ_SEED` the seed, and `MRMS_FUZZ_CORPUS` a folder into which the samples are
//! written for cargo-fuzz.

use std::fs;
use std::time::Instant;

use mrms_node::chain::{self, Ledger, Page, Settings};
use mrms_stacks::clarity::Value;
use mrms_stacks::transaction::{Payload, Transaction};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::support::{Home, NOTE};

// The same text is a library elsewhere, where its functions are reached from outside.
#[allow(unreachable_pub)]
#[path = "../../../../fuzz/src/lib.rs"]
mod targets;

const ROUNDS: usize = 2_000;

/// Tells whether it has read the bytes.
type Target = fn(&[u8]) -> bool;

/// Bytes of each kind, as the program makes them.
#[derive(Default)]
struct Samples {
    values: Vec<Vec<u8>>,
    transactions: Vec<Vec<u8>>,
    interfaces: Vec<Vec<u8>>,
    content_envelopes: Vec<Vec<u8>>,
    key_envelopes: Vec<Vec<u8>>,
    age_files: Vec<Vec<u8>>,
    histories: Vec<Vec<u8>>,
}

impl Samples {
    fn new() -> Self {
        let home = Home::with(&["patient", "clinic"]);
        let id = home.create("note.txt", NOTE);
        home.grant_directly(&id, "clinic", &["--for", "30d", "--amend", "--history"]);
        home.assert_opens("clinic", &id, NOTE);
        home.file("big.bin", vec![7; 60_000]);
        home.json("patient", &["amend", &id, "big.bin"]).ok();
        home.json("patient", &["node", "advance", "3"]).ok();
        home.json("patient", &["encrypt", "-r", &recipient(&home), "-o", "binary", "note.txt"])
            .ok();
        home.json(
            "patient",
            &["encrypt", "-a", "-r", &recipient(&home), "-o", "armored", "note.txt"],
        )
        .ok();
        let keystore = home.profile_folder("patient").join("keystore.age");
        let mut samples = Self {
            age_files: vec![home.read("binary"), home.read("armored"), fs::read(keystore).unwrap()],
            transactions: foreign_transactions(),
            ..Self::default()
        };
        samples.take_from(&home);
        samples
    }

    fn take_from(&mut self, home: &Home) {
        let folder = home.root().join("ledger");
        let mut history = Vec::new();
        chain::export(&folder, &mut history).unwrap();
        self.histories.push(history);
        let ledger = Ledger::open(&folder, Settings::default()).unwrap();
        let contract = fs::read_to_string(home.root().join("contract")).unwrap();
        let contract = chain::ContractId::parse(contract.trim()).unwrap();
        let read = ledger.read(move |snapshot| {
            let page = Page::oldest(100);
            let interface = snapshot.contract_interface(&contract)?;
            let events = snapshot.contract_events(&contract, page)?;
            let all = snapshot.contract_transactions(&contract, chain::Outcomes::All, page)?;
            Ok::<_, chain::ReadError>((interface, events, all))
        });
        let (interface, events, transactions) = read.unwrap();
        self.interfaces.push(interface.into_bytes());
        for event in events {
            self.values.push(event.value);
        }
        for stored in transactions {
            self.values.push(stored.included.receipt.result.clone());
            let transaction = Transaction::decode(&stored.raw).unwrap();
            if let Payload::ContractCall(call) = transaction.payload() {
                for argument in &call.arguments {
                    self.values.push(argument.encode().unwrap());
                    self.take_envelopes(argument);
                }
            }
            if stored.raw.len() < 10_000 {
                self.transactions.push(stored.raw);
            }
        }
    }

    fn take_envelopes(&mut self, value: &Value) {
        match value {
            Value::Buffer(bytes) => match bytes.get(..4) {
                Some(b"MRMK") => self.key_envelopes.push(bytes.clone()),
                Some(b"MRMS") => self.content_envelopes.push(bytes.clone()),
                _ => {}
            },
            Value::List(values) => values.iter().for_each(|value| self.take_envelopes(value)),
            Value::Tuple(tuple) => tuple.iter().for_each(|(_, value)| self.take_envelopes(value)),
            _ => {}
        }
    }

    fn of_targets(&self) -> [(&'static str, Target, &[Vec<u8>]); 8] {
        [
            ("clarity_value", targets::clarity_value, &self.values),
            ("client_transaction", targets::client_transaction, &self.transactions),
            ("node_transaction", targets::node_transaction, &self.transactions),
            ("interface", targets::interface, &self.interfaces),
            ("content_envelope", targets::content_envelope, &self.content_envelopes),
            ("key_envelope", targets::key_envelope, &self.key_envelopes),
            ("age_file", targets::age_file, &self.age_files),
            ("ledger_history", targets::ledger_history, &self.histories),
        ]
    }
}

fn recipient(home: &Home) -> String {
    let shown = home.json("patient", &["key", "show"]).ok().object();
    crate::support::text(&shown, "recipient").to_owned()
}

/// Transactions that the Stacks JavaScript library made: of one key and of several, of every payload.
fn foreign_transactions() -> Vec<Vec<u8>> {
    let one = include_str!("../../../mrms-node/tests/fixtures/stacks-js.json");
    let several = include_str!("../../../mrms-node/tests/fixtures/stacks-js-multisig.json");
    let mut all = Vec::new();
    for (text, list) in [(one, "transactions"), (several, "cases")] {
        let json: serde_json::Value = serde_json::from_str(text).unwrap();
        for case in json[list].as_array().unwrap() {
            let bytes = mrms_core::hexadecimal::decode(case["hex"].as_str().unwrap()).unwrap();
            // The node refuses these two on purpose.
            if chain::wire::Transaction::decode(&bytes).is_ok() {
                all.push(bytes);
            }
        }
    }
    all
}

/// The sample with some of its bytes changed, in ways in which lengths, counts and tags go wrong.
fn altered(sample: &[u8], other: &[u8], rng: &mut StdRng) -> Vec<u8> {
    let mut bytes = sample.to_vec();
    // Beyond the first kilobytes, samples are mostly content that nobody parses.
    let reach = |bytes: &Vec<u8>, rng: &mut StdRng| {
        let end = if rng.random_bool(0.7) { bytes.len().min(512) } else { bytes.len() };
        rng.random_range(0..=end)
    };
    for _ in 0..rng.random_range(1..=4) {
        let place = reach(&bytes, rng);
        match rng.random_range(0..9) {
            0 => bytes.truncate(place),
            1 if place < bytes.len() => bytes[place] ^= 1 << rng.random_range(0..8),
            2 if place < bytes.len() => {
                bytes[place] = [0, 1, 0x7f, 0x80, 0xff, b'"', b'{', b'\n'][rng.random_range(0..8)];
            }
            3 => bytes.insert(place, rng.random()),
            4 if place + 4 <= bytes.len() => {
                let number: u32 =
                    [0, 1, 255, 65_536, 0x7fff_ffff, u32::MAX][rng.random_range(0..6)];
                bytes[place..place + 4].copy_from_slice(&number.to_be_bytes());
            }
            5 if place < bytes.len() => drop(bytes.remove(place)),
            6 => {
                let from = rng.random_range(0..=other.len());
                let to = rng.random_range(from..=other.len().min(from + 64));
                bytes.splice(place..place, other[from..to].iter().copied());
            }
            7 => {
                let end = (place + rng.random_range(0..64)).min(bytes.len());
                let part = bytes[place..end].to_vec();
                bytes.splice(place..place, part);
            }
            _ => bytes.extend((0..rng.random_range(0..8)).map(|_| rng.random::<u8>())),
        }
    }
    bytes
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn no_bytes_make_a_decoder_panic_or_write_something_else() {
    let samples = Samples::new();
    let rounds = setting("MRMS_FUZZ_ROUNDS", ROUNDS as u64);
    let seed = setting("MRMS_FUZZ_SEED", 1);
    println!("MRMS_FUZZ_SEED={seed}");
    if let Some(folder) = std::env::var_os("MRMS_FUZZ_CORPUS") {
        for (name, _, samples) in samples.of_targets() {
            let folder = std::path::Path::new(&folder).join(name);
            fs::create_dir_all(&folder).unwrap();
            for (number, sample) in samples.iter().enumerate() {
                fs::write(folder.join(format!("sample-{number}")), sample).unwrap();
            }
        }
    }
    for (name, target, samples) in samples.of_targets() {
        assert!(!samples.is_empty(), "{name} has no sample");
        for sample in samples {
            assert!(target(sample), "{name} does not read what the program made");
        }
        let began = Instant::now();
        let mut read = 0;
        for round in 0..rounds {
            // Each trial by a seed of its own, so that one that fails is found again at once.
            let mut rng = StdRng::seed_from_u64(seed.wrapping_mul(1 << 40).wrapping_add(round));
            let sample = &samples[rng.random_range(0..samples.len())];
            let other = &samples[rng.random_range(0..samples.len())];
            let bytes = altered(sample, other, &mut rng);
            match std::panic::catch_unwind(|| target(&bytes)) {
                Ok(was_read) => read += u64::from(was_read),
                Err(_) => panic!("{name}, trial {round}: {}", hex::encode(&bytes)),
            }
        }
        println!("{name}: {rounds} trials in {:.1?}, {read} were read", began.elapsed());
        // A decoder that reads nothing would prove nothing; a history has a digest, which no change survives.
        if name != "ledger_history" && rounds >= ROUNDS as u64 {
            assert!(read > 0, "{name} read no trial");
        }
    }
}
