//! How long the portal's pages take with many records and a long log: wall time at the 95th percentile and processor time
//! of each page, made in this process.
//!
//!     cargo bench -p mrms --bench portal_pages
//!
//! `MRMS_BENCH_RECORDS` (10,000 when left out) and `MRMS_BENCH_ENTRIES` (100,000) make it smaller. `MRMS_BENCH_YEARS` names a
//! folder that the example `years_of_records` of `mrms-home` made, whose home is used: then the memory is that of serving
//! alone. The first number of each page is the first time after something changed, the others are the times after that.

use std::error::Error;
use std::io::{Cursor, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mrms_app::Actor;
use mrms_app::records::write::{Placement, Source};
use mrms_app::session::Sending;
use mrms_app::sharing::grant::{GrantTerms, Sharing};
use mrms_app::sharing::recipients::ChangedKey;
use mrms_contract::{call, ids};
use mrms_core::{MicroStx, RecordId, Rights};
use mrms_crypto::age_file::{Passphrase, WorkFactor};
use mrms_crypto::content::Retention;
use mrms_crypto::{IdentityIndex, Words};
use mrms_home::clock::rng;
use mrms_home::viewing::Viewers;
use mrms_home::{
    Face, FaceError, Home, HomeFolder, HomeSettings, Notice, ProfileName, Progress, RemoteSettings,
    Task, VaultSettings,
};
use mrms_http::{Gate, Listener, Reach};
use mrms_portal::{LinkHosts, Links, Portal, PortalSettings, ToldBy};
use mrms_stacks::client::PlainHttp;
use mrms_stacks::transaction::Terms;
use rand_core::Rng as _;
use zeroize::Zeroizing;

type Failure = Box<dyn Error + Send + Sync>;

const PASSPHRASE: &str = "vier Ziegen lesen langsam Zeitung";
/// Transactions that go out together.
const TOGETHER: usize = 20;
/// How often each page is asked for.
const ASKED: usize = 60;

/// Somebody at work, who is asked nothing.
struct Bench(Zeroizing<String>);

struct Quiet;

impl Progress for Quiet {
    fn advance(&mut self, _: u64) {}
}

impl Face for Bench {
    fn notice(&self, _: &Notice<'_>) {}

    fn agrees_to_pay(&self, _: MicroStx, _: &str) -> bool {
        true
    }

    fn passphrase(&self, _: &ProfileName) -> Result<Passphrase, FaceError> {
        Err("nobody is asked".into())
    }

    fn unlocked_words(&self) -> Option<Words> {
        Words::parse(&self.0).ok()
    }

    fn unlocks_quietly(&self) -> bool {
        true
    }

    fn progress(&self, _: Task, _: u64) -> Box<dyn Progress> {
        Box::new(Quiet)
    }
}

fn settings(profile: ProfileName) -> HomeSettings {
    HomeSettings {
        profile,
        ledger: None,
        remote: RemoteSettings {
            fee_ceiling: MicroStx::new(u64::MAX),
            wait: Duration::from_secs(60),
            plain_http: PlainHttp::LoopbackOnly,
            witnesses: Vec::new(),
            api_key: None,
            sponsor: None,
            sponsor_voucher: None,
        },
        vaults: VaultSettings {
            urls: Vec::new(),
            threshold: 1,
            plain_http: PlainHttp::LoopbackOnly,
        },
        contract: None,
        lock_wait: Duration::from_secs(30),
        sending: Sending::Send,
    }
}

fn profile(folder: &HomeFolder, name: &str) -> Result<(Home, Actor), Failure> {
    let words = Words::generate(&mut rng());
    let name: ProfileName = name.parse().map_err(|_| "no name of a profile")?;
    let face = Arc::new(Bench(words.to_phrase()));
    let home = Home::new(folder.clone(), settings(name), face);
    let passphrase = Passphrase::new(Zeroizing::new(PASSPHRASE.to_owned())).ok_or("empty")?;
    let work = WorkFactor::new(10).ok_or("no such work")?;
    let made = home.make_profile(&words, IdentityIndex::FIRST, &passphrase, work)?;
    Ok((home, made.actor))
}

fn number(variable: &str, usual: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Makes the records of a patient, every tenth of them shared with a clinic, which opens them again and again.
fn fill(folder: &HomeFolder, records: usize, entries: usize) -> Result<(), Failure> {
    let (home, patient) = profile(folder, "default")?;
    let (other, clinic) = profile(folder, "clinic")?;
    let began = Instant::now();
    let mut shared: Vec<RecordId> = Vec::new();
    {
        let open = home.open()?;
        let session = open.session();
        let user = clinic.principal();
        open.fund(&patient)?;
        for at in 0..records {
            let mut rng = rng();
            let id = ids::bound_to(&patient.principal(), rng.next_u64()).ok_or("no id")?;
            let text = format!("Result number {at}\n");
            let source = Source {
                length: text.len() as u64,
                content: Cursor::new(text.into_bytes()),
                file_name: format!("result-{at}.txt").parse().ok(),
                media_type: None,
                label: None,
            };
            let placement = Placement { inline_limit: 4096, retention: Retention::Permanent };
            session
                .create(&patient, id, source, placement, &mut rng)?
                .done()
                .ok_or("nothing was written")?;
            if at % 10 == 0 {
                let terms = GrantTerms {
                    rights: Rights::READ,
                    expiry: None,
                    sharing: Sharing::Sealed,
                    changed_key: ChangedKey::Refuse,
                };
                session
                    .grant(&patient, id, &user, terms, &mut rng)?
                    .done()
                    .ok_or("nothing was granted")?;
                shared.push(id);
            }
        }
    }
    println!("{records} records in {:.0} s", began.elapsed().as_secs_f64());
    let began = Instant::now();
    let open = other.open()?;
    let session = open.session();
    open.fund(&clinic)?;
    let mut made = 0;
    while made < entries {
        let count = TOGETHER.min(entries - made);
        let first = session.ledger.account(&clinic.principal)?.nonce;
        let network = session.ledger.network();
        let mut signed = Vec::with_capacity(count);
        for (place, at) in (0..).zip(made..made + count) {
            let unsigned =
                session.transaction(call::access_medical_record(shared[at % shared.len()]));
            let fee = session.ledger.fee(&unsigned)?;
            let terms = Terms { network, nonce: first.plus(place), fee };
            signed.push(unsigned.sign(&clinic.key, terms)?);
        }
        session.send_signed("bench", &signed)?;
        made += count;
        if made % 2_000 == 0 {
            open.fund(&clinic)?;
        }
    }
    println!("{entries} entries in {:.0} s", began.elapsed().as_secs_f64());
    Ok(())
}

/// A browser: its cookies, and one request after the other.
struct Browser {
    address: SocketAddr,
    cookie: String,
}

impl Browser {
    fn ask(&mut self, method: &str, path: &str, form: &str) -> Result<String, Failure> {
        let mut stream = TcpStream::connect(self.address)?;
        let Self { address, cookie } = self;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nCookie: {cookie}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{form}",
            form.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        for line in answer.lines().take_while(|line| !line.is_empty()) {
            if let Some(set) = line.strip_prefix("set-cookie: ") {
                self.cookie = set.split(';').next().unwrap_or_default().to_owned();
            }
        }
        let status = answer.split(' ').nth(1).unwrap_or_default().to_owned();
        match status.as_str() {
            "200" | "303" => Ok(answer),
            _ => Err(format!("{method} {path}: {status}").into()),
        }
    }
}

/// Processor time of this process so far: its own and the system's for it.
fn processor_time() -> Result<Duration, Failure> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split(' ').collect();
    let ticks: u64 = fields.get(12).ok_or("stat")?.parse::<u64>()? + fields[13].parse::<u64>()?;
    // Hundredths of a second on every Linux that there is.
    Ok(Duration::from_millis(ticks * 10))
}

fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or_default();
    line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
}

fn measure(browser: &mut Browser, path: &str) -> Result<f64, Failure> {
    let began = Instant::now();
    let bytes = browser.ask("GET", path, "")?.len();
    let first = began.elapsed();
    let used = processor_time()?;
    let mut took = Vec::with_capacity(ASKED);
    for _ in 0..ASKED {
        let began = Instant::now();
        browser.ask("GET", path, "")?;
        took.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    let used = processor_time()?.saturating_sub(used).as_secs_f64() * 1_000.0 / ASKED as f64;
    took.sort_by(f64::total_cmp);
    let p95 = took[(ASKED * 95).div_ceil(100) - 1];
    println!(
        "{path:<24} first {:>7.0} ms   median {:>6.1} ms   95th percentile {p95:>6.1} ms   processor {used:>6.1} ms   {:>4} KiB",
        first.as_secs_f64() * 1_000.0,
        took[ASKED / 2],
        bytes / 1024,
    );
    Ok(p95)
}

fn main() -> Result<(), Failure> {
    // `cargo test` runs benches as well, to see that they start.
    let is_bench = std::env::args().any(|one| one == "--bench");
    let usual = if is_bench { (10_000, 100_000) } else { (3, 10) };
    let records = number("MRMS_BENCH_RECORDS", usual.0);
    let entries = number("MRMS_BENCH_ENTRIES", usual.1);
    let root = tempfile::tempdir()?;
    let years = std::env::var_os("MRMS_BENCH_YEARS").map(PathBuf::from);
    let (folder, profile, passphrase) = match &years {
        Some(years) => {
            let passphrase = std::fs::read_to_string(years.join("passphrase"))?;
            (HomeFolder::new(years.join("home")), "patient", passphrase.trim().to_owned())
        }
        None => {
            let folder = HomeFolder::new(root.path().join("home"));
            fill(&folder, records, entries)?;
            (folder, "default", PASSPHRASE.to_owned())
        }
    };
    let form = format!("profile={profile}&minutes=60&passphrase={}", passphrase.replace(' ', "+"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = Listener::bind("127.0.0.1:0".parse()?, Reach::Loopback).await?;
        let listener = listener.behind(Gate::default());
        let address = listener.address();
        let portal = Portal::new(
            folder.clone(),
            settings(ProfileName::standard()),
            PortalSettings {
                inline_limit: 4096,
                overriding: Vec::new(),
                work_factor: WorkFactor::default(),
                // No page that is measured shows a document.
                viewers: Viewers::of(Path::new("/bin/false")),
                link_hosts: LinkHosts::default(),
                told_by: ToldBy::default(),
            },
            address.port(),
        );
        let link = Links::of(&folder).make("")?;
        tokio::spawn(listener.serve(mrms_portal::router(portal), std::future::pending()));
        tokio::task::spawn_blocking(move || pages(address, &link, &form)).await?
    })
}

/// Unlocks with a form, and asks for each page.
fn pages(address: SocketAddr, link: &str, form: &str) -> Result<(), Failure> {
    let mut browser = Browser { address, cookie: String::new() };
    let secret = link.split("k=").nth(1).ok_or("no secret")?;
    browser.ask("POST", "/enter", &format!("code={secret}"))?;
    let page = browser.ask("GET", "/unlock", "")?;
    let token =
        page.split("name=\"token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    let token = token.ok_or("no token")?.to_owned();
    browser.ask("POST", "/unlock", &format!("token={token}&{form}"))?;
    println!("memory before the first page: {}", memory());
    let mut slowest: f64 = 0.0;
    let list = browser.ask("GET", "/records", "")?;
    let record = list.split("href=\"/records/").skip(1);
    let record = record.filter_map(|rest| rest.split('"').next()).find(|one| *one != "add");
    let record = format!("/records/{}", record.ok_or("no record")?);
    for path in [
        "/",
        "/records",
        "/records?q=777",
        "/records?page=100",
        &record,
        "/people",
        "/who",
        "/who?kind=refused",
        "/settings",
    ] {
        slowest = slowest.max(measure(&mut browser, path)?);
    }
    println!("memory after all pages: {}", memory());
    println!("slowest 95th percentile: {slowest:.1} ms (the target is 100 ms)");
    Ok(())
}
