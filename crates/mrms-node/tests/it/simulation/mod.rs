//! A simulation that breaks things: a ledger lives through random work, and its files, its process and its peers fail in
//! ways that the seed decides.
//!
//! What must hold: a transaction that was acknowledged is there, with the very outcome that was acknowledged; or the
//! ledger names the loss (it does not open, a read fails, the check finds it). It never gives a wrong answer in silence.
//!
//! `cargo test` runs a fixed set of seeds, `./test.sh` half a minute of them, and `tests/simulation.sh [SEED [SECONDS]]` goes
//! on for longer with others.
//! What the disk does is simulated between runs, on copies of the files: SQLite has no place for a disk of one's own that
//! safe Rust can fill. What the system does (kills, a full disk, failing syncs) happens to a real process.

mod faults;
mod peers;
mod processes;
mod random;
mod world;

use std::time::{Duration, Instant};

use self::random::Random;

/// The seeds of every run of the tests.
const SEEDS: [u64; 3] = [1, 2, 3];

/// How long to go on, and from which seed, if somebody asked for a long simulation.
fn asked_for() -> Option<(u64, Duration)> {
    let number = |name| std::env::var(name).ok().map(|text| text.parse().unwrap());
    let seconds = number("MRMS_SIMULATION_SECONDS")?;
    Some((number("MRMS_SIMULATION_SEED").unwrap_or(1), Duration::from_secs(seconds)))
}

/// Runs a simulation with each seed of the set, or with one seed after the other for as long as somebody asked for.
fn with_seeds(what: &str, run: impl Fn(Random)) {
    let one = |seed| {
        // Printed when the test fails.
        println!("{what}: seed {seed}");
        run(Random::new(seed));
    };
    match asked_for() {
        None => SEEDS.into_iter().for_each(one),
        Some((first, time)) => {
            let began = Instant::now();
            for seed in first.. {
                one(seed);
                if began.elapsed() >= time {
                    break;
                }
            }
        }
    }
}
