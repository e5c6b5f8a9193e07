//! Makes the home of somebody with years of records, in this process: `benches/years-of-records.sh` measures commands in it.
//!
//! ```text
//! cargo run --release -p mrms-home --example years_of_records -- FOLDER RECORDS ENTRIES PEOPLE
//! ```
//!
//! The home has a profile `patient` with records, people who may open two records of ten each, and openings until the logs
//! have that many entries together, spread over as many days as there are records. One opening in fifty is refused. Sealing,
//! signing and the contract are the real ones; readers get no keys, since nothing that is measured needs them.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mrms_app::records::several::AT_ONCE;
use mrms_app::records::write::{Placement, Source};
use mrms_app::session::Sending;
use mrms_app::{Actor, Session};
use mrms_contract::{Call, call, ids};
use mrms_core::{MicroStx, Nonce, RecordId};
use mrms_crypto::age_file::{Passphrase, WorkFactor};
use mrms_crypto::content::Retention;
use mrms_crypto::{IdentityIndex, Words};
use mrms_home::clock::rng;
use mrms_home::keys::actor_of;
use mrms_home::ledger::HomeLedger;
use mrms_home::{
    Face, FaceError, Home, HomeFolder, HomeSettings, Notice, ProfileName, Progress, RemoteSettings,
    Task, VaultSettings,
};
use mrms_people::people::Person;
use mrms_stacks::client::PlainHttp;
use mrms_stacks::transaction::Terms;
use rand_core::Rng as _;

const PASSPHRASE: &str = "three owls above the mill";
/// How many transactions go to the ledger together.
const SENT_AT_ONCE: usize = 500;
/// Of so many openings one is refused.
const REFUSED: usize = 50;
/// Blocks of Bitcoin in a day.
const DAY: u64 = 144;

type Failure = Box<dyn Error>;

fn passphrase() -> Option<Passphrase> {
    Passphrase::new(PASSPHRASE.to_owned().into())
}

/// Nobody is there; the passphrase is known.
struct Nobody;

impl Face for Nobody {
    fn notice(&self, _: &Notice<'_>) {}

    fn agrees_to_pay(&self, _: MicroStx, _: &str) -> bool {
        true
    }

    fn passphrase(&self, _: &ProfileName) -> Result<Passphrase, FaceError> {
        passphrase().ok_or_else(|| "it is empty".into())
    }

    fn unlocked_words(&self) -> Option<Words> {
        None
    }

    fn unlocks_quietly(&self) -> bool {
        true
    }

    fn progress(&self, _: Task, _: u64) -> Box<dyn Progress> {
        Box::new(Unshown)
    }
}

struct Unshown;

impl Progress for Unshown {
    fn advance(&mut self, _: u64) {}
}

/// An account that signs, and its next nonce.
struct Account {
    actor: Actor,
    nonce: Nonce,
}

impl Account {
    /// Signs calls with its next nonces.
    fn sign(&mut self, session: &Session<'_>, calls: Vec<Call>) -> Result<Vec<Vec<u8>>, Failure> {
        let mut signed = Vec::with_capacity(calls.len());
        for call in calls {
            let unsigned = session.transaction(call);
            let fee = unsigned.minimum_fee()?;
            let terms = Terms { network: session.ledger.network(), nonce: self.nonce, fee };
            signed.push(unsigned.sign(&self.actor.key, terms)?.encode());
            self.nonce = self.nonce.plus(1);
        }
        Ok(signed)
    }
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let mut next = |what: &str| arguments.next().ok_or_else(|| format!("{what} is missing"));
    let folder = PathBuf::from(next("FOLDER")?);
    let (records, entries, people): (usize, usize, usize) =
        (next("RECORDS")?.parse()?, next("ENTRIES")?.parse()?, next("PEOPLE")?.parse()?);
    if !(1..=records).contains(&people) {
        return Err("there are at least as many records as people".into());
    }
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("passphrase"), PASSPHRASE)?;
    let home = home_in(&folder.join("home"))?;
    let words = Words::generate(&mut rng());
    let passphrase = passphrase().ok_or("it is empty")?;
    let work = WorkFactor::new(10).unwrap_or_default();
    let made = home.make_profile(&words, IdentityIndex::FIRST, &passphrase, work)?;
    let open = home.open()?;
    let session = open.session();
    let HomeLedger::Embedded(ledger) = open.ledger() else { return Err("it is served".into()) };

    let patient = &made.actor;
    let began = Instant::now();
    let ids = create(&session, patient, records, &|| Ok(open.fund(patient)?))?;
    let rate = records as f64 / began.elapsed().as_secs_f64();
    println!("{records} records, {rate:.0} a second");

    let began = Instant::now();
    let mut readers = Vec::with_capacity(people);
    for _ in 0..people {
        let actor =
            actor_of(&Words::generate(&mut rng()), IdentityIndex::FIRST, session.ledger.network())?;
        ledger.fund(&actor.principal)?;
        readers.push(Account { actor, nonce: Nonce::new(0) });
    }
    name(&session, patient, &readers)?;
    let nonce = session.ledger.account(&patient.principal)?.nonce;
    let mut own = Account { actor: made.actor, nonce };
    let mut granted = 0_usize;
    let numbered: Vec<_> = ids.iter().enumerate().collect();
    for some in numbered.chunks(SENT_AT_ONCE) {
        let readers_of = |number: usize| [number % people, (number / people + number + 1) % people];
        let grants: Vec<_> = some
            .iter()
            .flat_map(|(number, id)| readers_of(*number).map(|reader| (**id, reader)))
            .map(|(id, reader)| {
                call::grant_record_access(id, &readers[reader].actor.principal(), None)
            })
            .collect();
        granted += grants.len();
        let signed = own.sign(&session, grants)?;
        ledger.fund(&own.actor.principal)?;
        session.ledger.submit(&signed, &|| ())?;
    }
    let left = entries.saturating_sub(records + granted);
    let rounds = left.div_ceil(SENT_AT_ONCE).max(1);
    let days = (records / rounds).max(1) as u64;
    for round in 0..rounds {
        let count = SENT_AT_ONCE.min(left.saturating_sub(round * SENT_AT_ONCE));
        let reader = round % people;
        // The records whose first reader this is.
        let may_open: Vec<_> = (reader..records).step_by(people).collect();
        let calls = (0..count).map(|place| {
            let number = may_open[(round / people * SENT_AT_ONCE + place) % may_open.len()];
            let is_refused = place % REFUSED == 0;
            let number = if is_refused { (number + 7) % records } else { number };
            call::access_medical_record(ids[number])
        });
        let calls = calls.collect();
        let account = &mut readers[reader];
        let signed = account.sign(&session, calls)?;
        ledger.fund(&account.actor.principal)?;
        session.ledger.submit(&signed, &|| ())?;
        ledger.advance(days * DAY)?;
    }
    let rate = (entries.saturating_sub(records)) as f64 / began.elapsed().as_secs_f64();
    println!(
        "{granted} grants to {people} people, about {entries} entries, {rate:.0} transactions a second"
    );
    Ok(())
}

fn home_in(root: &Path) -> Result<Home, Failure> {
    let settings = HomeSettings {
        profile: "patient".parse()?,
        ledger: None,
        remote: RemoteSettings {
            fee_ceiling: MicroStx::new(1_000_000),
            wait: Duration::from_secs(600),
            reach: None,
            plain_http: PlainHttp::LoopbackOnly,
            api_key: None,
            witnesses: Vec::new(),
            ending: false,
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
    };
    Ok(Home::new(HomeFolder::new(root.to_owned()), settings, Arc::new(Nobody)))
}

/// Puts small documents on record, as `mrms create` does with a folder.
fn create(
    session: &Session<'_>,
    patient: &Actor,
    records: usize,
    fund: &dyn Fn() -> Result<(), Failure>,
) -> Result<Vec<RecordId>, Failure> {
    let placement = Placement { inline_limit: 16 * 1024, retention: Retention::Permanent };
    let mut ids = Vec::with_capacity(records);
    while ids.len() < records {
        fund()?;
        let mut wanted = Vec::new();
        for number in ids.len()..records.min(ids.len() + AT_ONCE) {
            let id = ids::bound_to(&patient.principal(), rng().next_u64()).ok_or("no id")?;
            let content = format!("Result {number}: 4.1 mmol/l, within range.\n").into_bytes();
            let (length, content) = (content.len() as u64, std::io::Cursor::new(content));
            let file_name = Some(format!("result-{number}.txt").parse()?);
            wanted.push((id, Source { content, length, file_name, media_type: None, label: None }));
        }
        ids.extend(wanted.iter().map(|(id, _)| *id));
        let made = session.create_several(patient, wanted, placement, &mut rng())?;
        for one in made.done().unwrap_or_default() {
            one?;
        }
    }
    Ok(ids)
}

/// Gives the readers names in the patient's book.
fn name(session: &Session<'_>, patient: &Actor, readers: &[Account]) -> Result<(), Failure> {
    let root = patient.keyring.record_root()?;
    let mut named = Vec::with_capacity(readers.len());
    for (number, reader) in readers.iter().enumerate() {
        let own_name = Some(mrms_people::FieldText::new(&format!("Practice {number}"))?);
        named.push(Person { principal: reader.actor.principal(), own_name, card: None, added: 0 });
    }
    session.profile.change_people(&root, &mut rng(), |people| {
        named.into_iter().for_each(|person| people.set(person));
    })?;
    Ok(())
}
