//! How fast a blob is stored and fetched, beside a plain file on the same disk.
//!
//! Both are written from memory and synced, then read after the system was asked to forget them.
//! `MRMS_BENCH_MEBIBYTES` (default 1024) is the blob's size, `MRMS_BENCH_FOLDER` picks the disk. Prints
//! MiB/s of the medians of three rounds, and the most memory that the process took.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::time::Instant;

use mrms_store::{BlobId, BlobStore, FileStore};
use rustix::fs::{Advice, fadvise};

type Failure = Box<dyn std::error::Error + Send + Sync>;

const PIECE: usize = 1 << 20;
const ROUNDS: usize = 3;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A mebibyte that does not compress, different for each number.
fn piece(number: u64) -> Vec<u8> {
    let mut state = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::with_capacity(PIECE);
    while bytes.len() < PIECE {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes
}

/// Asks the system to forget what it has of a synced file.
fn forget(path: &Path) -> Result<(), Failure> {
    Ok(fadvise(&File::open(path)?, 0, None, Advice::DontNeed)?)
}

fn write_all(to: &mut dyn Write, pieces: &[Vec<u8>], mebibytes: u64) -> Result<(), Failure> {
    for number in 0..mebibytes {
        to.write_all(&pieces[number as usize % pieces.len()])?;
    }
    Ok(())
}

fn read_all(from: &mut dyn Read) -> Result<u64, Failure> {
    let mut buffer = vec![0; PIECE];
    let mut length = 0;
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(length),
            read => length += read as u64,
        }
    }
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn peak_mebibytes() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

fn main() -> Result<(), Failure> {
    // `cargo test` runs benches too, unoptimized: a little shows that it works.
    let measuring = std::env::args().any(|argument| argument == "--bench");
    let mebibytes = if measuring { setting("MRMS_BENCH_MEBIBYTES", 1_024).max(1) } else { 2 };
    let parent = std::env::var_os("MRMS_BENCH_FOLDER").map_or_else(std::env::temp_dir, Into::into);
    let folder = tempfile::tempdir_in(parent)?;
    let store = FileStore::open_folder(&folder.path().join("store"))?;
    let raw = folder.path().join("raw");
    let pieces: Vec<Vec<u8>> = (0..16).map(piece).collect();
    let [mut raw_write, mut raw_read, mut write, mut read] = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let mut file = File::create(&raw)?;
        write_all(&mut file, &pieces, mebibytes)?;
        file.sync_all()?;
        raw_write.push(began.elapsed().as_secs_f64());
        forget(&raw)?;
        let began = Instant::now();
        read_all(&mut File::open(&raw)?)?;
        raw_read.push(began.elapsed().as_secs_f64());
        fs::remove_file(&raw)?;

        let began = Instant::now();
        let mut writer = store.writer()?;
        write_all(&mut writer, &pieces, mebibytes)?;
        let (id, _) = writer.commit()?;
        write.push(began.elapsed().as_secs_f64());
        forget(&path_of(&folder.path().join("store"), &id))?;
        let began = Instant::now();
        let length = read_all(&mut store.open(&id)?.0)?;
        read.push(began.elapsed().as_secs_f64());
        assert_eq!(length, mebibytes << 20);
        store.delete(&id)?;
    }
    let speed = |seconds: Vec<f64>| mebibytes as f64 / median(seconds);
    let (raw_write, write) = (speed(raw_write), speed(write));
    let (raw_read, read) = (speed(raw_read), speed(read));
    println!("{mebibytes} MiB, median of {ROUNDS}");
    println!(
        "write and sync: plain file {raw_write:.0} MiB/s, store {write:.0} MiB/s ({:.0} %)",
        100.0 * write / raw_write
    );
    println!(
        "read:           plain file {raw_read:.0} MiB/s, store {read:.0} MiB/s ({:.0} %)",
        100.0 * read / raw_read
    );
    println!("peak memory: {:.0} MiB, of which the sample is 16", peak_mebibytes());
    Ok(())
}

fn path_of(store: &Path, id: &BlobId) -> std::path::PathBuf {
    let name = id.to_string();
    store.join(&name[..2]).join(name)
}
