//! Ciphertext to a vault and back over loopback, with the memory that the vault takes for it.
//!
//! The vault is a process of its own: this program, started again. The client is the program's own,
//! with its staging store on the same disk; the upload alone is timed, from there to the vault's
//! answer that all is kept and synced. A plain file is written and synced, and read, for comparison.
//! `MRMS_BENCH_MEBIBYTES` (default 1024) is the size, `MRMS_BENCH_FOLDER` picks the disk.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use mrms_core::{ChainId, ContractId, RecordId, UnixTime, Version};
use mrms_stacks::client::ClientSettings;
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::TransactionVersion;
use mrms_store::{BlobPromise, BlobStore as _, FileStore, UploadLimits, Uploads};
use mrms_vault::client::{HttpVault, RemoteBlobStore};
use mrms_vault::guardian::{Guardian, GuardianSettings};
use mrms_vault::protocol::{Header, Hex, Nonce, Signed, UploadRequest};
use mrms_vault::server::{Backing, Server, VaultSettings};
use mrms_vault::testing::FakeChain;
use rand::SeedableRng as _;
use rand::rngs::{StdRng, SysRng};
use rustix::fs::{Advice, fadvise};

const CHAIN: ChainId = ChainId::EMBEDDED;
const SERVE: &str = "MRMS_BENCH_SERVE";
const PIECE: usize = 1 << 20;

fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32]).unwrap()
}

fn contract() -> ContractId {
    format!("{}.records", key(248).address(TransactionVersion::Testnet)).parse().unwrap()
}

fn now() -> UnixTime {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    UnixTime::from_seconds(since.as_secs())
}

fn rng() -> StdRng {
    StdRng::try_from_rng(&mut SysRng).unwrap()
}

/// The vault's process.
fn serve(folder: &Path) {
    let vault = key(250);
    let account = vault.address(TransactionVersion::Testnet);
    let settings = GuardianSettings::new(account, contract(), CHAIN);
    let chain = Arc::new(FakeChain::following(now));
    let guardian = folder.join("guardian");
    let guardian =
        Guardian::open(&guardian, vault, chain as _, Arc::new(now), Box::new(rng()), settings);
    let blobs = Arc::new(FileStore::open_folder(folder).unwrap());
    let limits = UploadLimits { reserve_bytes: 0, ..UploadLimits::default() };
    let uploads = Arc::new(Uploads::open_folder(&folder.join("uploads"), limits).unwrap());
    let guardian = Arc::new(guardian.unwrap());
    let backing = Backing { guardian, blobs, uploads, periodic_tasks: Vec::new() };
    let mut settings = VaultSettings::default();
    settings.listen.set_port(0);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let server = Server::bind(backing, settings).await.unwrap();
        println!("serving {}", server.address());
        // Until it is killed.
        server.run(std::future::pending()).await.unwrap();
    });
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The most memory that a process took, in MiB.
fn peak_mebibytes(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
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

fn read_all(from: &mut dyn Read) -> u64 {
    let mut buffer = vec![0; PIECE];
    let mut length = 0;
    loop {
        match from.read(&mut buffer).unwrap() {
            0 => return length,
            read => length += read as u64,
        }
    }
}

fn main() {
    if let Some(folder) = std::env::var_os(SERVE) {
        return serve(Path::new(&folder));
    }
    // `cargo test` runs benches too, unoptimized: a little shows that it works.
    let measuring = std::env::args().any(|argument| argument == "--bench");
    let mebibytes = if measuring { setting("MRMS_BENCH_MEBIBYTES", 1_024).max(1) } else { 2 };
    let parent = std::env::var_os("MRMS_BENCH_FOLDER").map_or_else(std::env::temp_dir, Into::into);
    let folder = tempfile::tempdir_in(parent).unwrap();
    let pieces: Vec<Vec<u8>> = (0..16).map(piece).collect();
    let speed = |began: Instant| mebibytes as f64 / began.elapsed().as_secs_f64();

    let raw = folder.path().join("raw");
    let began = Instant::now();
    let mut file = File::create(&raw).unwrap();
    (0..mebibytes).for_each(|n| file.write_all(&pieces[n as usize % 16]).unwrap());
    file.sync_all().unwrap();
    let raw_write = speed(began);
    fadvise(&file, 0, None, Advice::DontNeed).unwrap();
    let began = Instant::now();
    read_all(&mut File::open(&raw).unwrap());
    let raw_read = speed(began);
    fs::remove_file(&raw).unwrap();

    let vault_folder = folder.path().join("vault");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .env(SERVE, &vault_folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut told).unwrap();
    let address = told.trim().strip_prefix("serving ").unwrap().to_owned();
    let settings =
        ClientSettings { timeout: Duration::from_secs(120), ..ClientSettings::default() };
    let vault = Arc::new(HttpVault::new(&format!("http://{address}"), settings).unwrap());
    let staging = Arc::new(FileStore::open_folder(&folder.path().join("staging")).unwrap());
    let authorise = |BlobPromise { id, length }| {
        let (record_id, version) = (RecordId::new(1), Version::FIRST);
        let sha256 = Hex(*id.as_bytes());
        let request = UploadRequest { sha256, length, record_id, version };
        let (vault, nonce) =
            (key(250).address(TransactionVersion::Testnet), Nonce::generate(&mut rng()));
        let header = Header { vault, contract: contract(), time: now().seconds(), nonce };
        let signer = key(1).address(TransactionVersion::Testnet);
        Signed::sign(request, header, CHAIN, signer, &key(1))
    };
    let remote = RemoteBlobStore::new(vault, Arc::clone(&staging) as _);
    let remote = remote.bringing(Arc::new(authorise));

    let mut writer = staging.writer().unwrap();
    (0..mebibytes).for_each(|n| writer.write_all(&pieces[n as usize % 16]).unwrap());
    let (id, _) = writer.commit().unwrap();
    let idle = peak_mebibytes(child.id());
    let began = Instant::now();
    remote.send(&id).unwrap();
    let up = speed(began);
    let name = id.to_string();
    let kept = File::open(vault_folder.join(&name[..2]).join(&name)).unwrap();
    fadvise(&kept, 0, None, Advice::DontNeed).unwrap();
    let began = Instant::now();
    assert_eq!(read_all(&mut remote.open(&id).unwrap().0), mebibytes << 20);
    let down = speed(began);
    let peak = peak_mebibytes(child.id());
    child.kill().unwrap();
    child.wait().unwrap();

    println!("{mebibytes} MiB");
    println!(
        "up:   plain file with sync {raw_write:.0} MiB/s, through the vault {up:.0} MiB/s ({:.0} %)",
        100.0 * up / raw_write
    );
    println!(
        "down: plain file {raw_read:.0} MiB/s, through the vault {down:.0} MiB/s ({:.0} %)",
        100.0 * down / raw_read
    );
    println!("the vault's memory: {idle:.0} MiB before, {peak:.0} MiB at the most");
}
