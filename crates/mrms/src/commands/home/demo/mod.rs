//! `mrms demo`: runs each step of a record's life in a temporary folder, and checks it.
//!
//! The steps are real: three people with their own words, the embedded ledger with the records
//! contract, files on disk. A step that does not hold ends the demonstration with an error and a
//! non-zero exit code.

use std::fs;
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use mrms_app::access::open::OpenRecordError;
use mrms_app::audit::reconcile::KeySource;
use mrms_app::audit::trail;
use mrms_app::ledger::Ledger;
use mrms_app::profile::ProfileFolder;
use mrms_app::records::write::{Placement, Source};
use mrms_app::sending::outcome::SendError;
use mrms_app::session::Sending;
use mrms_app::session::vaults::Vaults;
use mrms_app::sharing::grant::{GrantTerms, Sharing};
use mrms_app::sharing::recipients::ChangedKey;
use mrms_app::{Actor, Session};
use mrms_contract::{CONTENT_MAX, ContractError};
use mrms_core::{BurnHeight, ContractId, RecordId, Rights};
use mrms_crypto::content::Retention;
use mrms_crypto::{IdentityIndex, Words};
use mrms_stacks::network::Network;
use mrms_store::FileStore;
use sha2::{Digest, Sha256};

use crate::commands::record::create::place_words;
use crate::config::Settings;
use crate::ui::failure::{Exit, Failure};
use crate::ui::outcome::always_done;
use crate::ui::output::Output;
use crate::ui::reasons::cannot;
use crate::ui::results::home::{DemoStep, EndedDemo};
use crate::ui::times;
use mrms_home::clock::rng;
use mrms_home::folder::HomeFolder;
use mrms_home::keys::actor_of;
use mrms_home::ledger::embedded::EmbeddedLedger;
use mrms_home::ledger::on_disk;
use mrms_home::setup::deploy_contract;
use mrms_home::vault::bringing::{Follows, OwnCiphertext};
use mrms_home::vault::configured::own_vault_here;
use mrms_home::vault::own::{OwnVault, VaultFolder};
use mrms_node::chain::FsckStart;

#[derive(Debug, Args)]
#[command(
    after_help = "A patient, a provider and a stranger act. Each line says what was done and \
    what came of it. Your own home is not touched; the temporary folder is deleted at the end."
)]
pub(crate) struct DemoArgs {
    /// File to put on record. Without it: a built-in FHIR sample, a laboratory result of an
    /// invented patient.
    file: Option<PathBuf>,
}

/// A laboratory result of an invented patient, as a FHIR R4 Bundle.
const SAMPLE: &str = include_str!("sample-bundle.json");

/// The record that the demonstration creates.
const RECORD: RecordId = RecordId::new(123);

pub(crate) fn run(args: &DemoArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let began = Instant::now();
    let folder = tempfile::Builder::new()
        .prefix("mrms-demo-")
        .tempdir()
        .map_err(|error| cannot("make a folder in", &std::env::temp_dir(), &error))?;
    let original = match &args.file {
        Some(path) => path.clone(),
        None => {
            let path = folder.path().join("sample-bundle.json");
            fs::write(&path, SAMPLE).map_err(|error| cannot("write", &path, &error))?;
            path
        }
    };
    let length = fs::metadata(&original).map_err(|error| cannot("read", &original, &error))?.len();
    if length == 0 {
        return Err(Failure::new(
            Exit::Usage,
            "empty-content",
            format!("{} is empty", original.display()),
        )
        .hint("there is nothing to put on record: name another file"));
    }
    let ledger =
        EmbeddedLedger::begin(&folder.path().join("ledger"), settings.home.settings().lock_wait)?;
    let blobs = FileStore::open_folder(&folder.path().join("vault"))?;
    let patient = Person::new("patient", folder.path())?;
    let contract = ContractId {
        deployer: patient.actor.principal,
        name: mrms_contract::NAME.parse().map_err(Failure::usage)?,
    };
    let own_vault = OwnVault::new(
        VaultFolder::on(&HomeFolder::new(folder.path().to_owned()), Network::EMBEDDED, &contract),
        Arc::new(ledger.clone()),
        contract.clone(),
        blobs.clone(),
        settings.home.settings().lock_wait,
    );
    let own_vault = Arc::new(own_vault);
    let vaults = own_vault_here(&own_vault);
    let follows = Follows { contract: contract.clone(), chain: Network::EMBEDDED.chain_id };
    let ciphertext = OwnCiphertext::new(blobs, own_vault, follows);
    let stage = Stage {
        provider: Person::new("provider", folder.path())?,
        stranger: Person::new("stranger", folder.path())?,
        patient,
        ledger,
        ciphertext,
        vaults,
        contract,
        original,
        length,
        inline_limit: settings.inline_limit.min(CONTENT_MAX),
        folder: folder.path().to_owned(),
        output,
    };
    stage.play()?;
    let seconds = began.elapsed().as_secs_f64();
    output.result(
        &EndedDemo { held: true, seconds },
        &format!("\nEverything held, in {seconds:.1} s."),
    )
}

struct Person {
    actor: Actor,
    profile: ProfileFolder,
}

impl Person {
    fn new(name: &str, folder: &Path) -> Result<Self, Failure> {
        let actor =
            actor_of(&Words::generate(&mut rng()), IdentityIndex::FIRST, Network::EMBEDDED)?;
        let path = folder.join("profiles").join(name);
        mrms_files::make_private_folder(&path).map_err(|error| cannot("make", &path, &error))?;
        Ok(Self { actor, profile: ProfileFolder::new(&path) })
    }
}

struct Stage {
    patient: Person,
    provider: Person,
    stranger: Person,
    ledger: EmbeddedLedger,
    ciphertext: OwnCiphertext,
    vaults: Vaults,
    contract: ContractId,
    original: PathBuf,
    length: u64,
    inline_limit: usize,
    folder: PathBuf,
    output: Output,
}

impl Stage {
    fn play(&self) -> Result<(), Failure> {
        self.people()?;
        self.deploy()?;
        self.create()?;
        self.refused("the stranger asks for it", &self.stranger, ContractError::NoAccess)?;
        let expiry = self.grant("the patient grants the provider 30 days", 4_320)?;
        self.opens("the provider opens it")?;
        self.amend()?;
        let later = self.grant("the patient grants again, for 60 days", 8_640)?;
        self.require(later > expiry, "the new expiry is later")?;
        self.pass(later)?;
        self.refused("the provider asks again", &self.provider, ContractError::GrantExpired)?;
        self.grant("the patient grants once more, for 30 days", 4_320)?;
        self.opens("the provider opens it")?;
        self.revoke()?;
        self.refused("the provider asks again", &self.provider, ContractError::GrantRevoked)?;
        self.audit()?;
        self.reconcile()?;
        self.re_execute()
    }

    fn session<'a>(&'a self, person: &'a Person) -> Session<'a> {
        Session {
            ledger: &self.ledger,
            contract: &self.contract,
            blobs: &self.ciphertext,
            vaults: &self.vaults,
            profile: &person.profile,
            sending: Sending::Send,
            begins: &[],
        }
    }

    fn say(&self, step: &str, what: &str) -> Result<(), Failure> {
        self.output.result(&DemoStep { step, result: what }, &format!("{step:<42} {what}"))
    }

    fn require(&self, held: bool, what: &str) -> Result<(), Failure> {
        if held {
            return Ok(());
        }
        Err(Failure::new(Exit::Failed, "demo", format!("this should hold and does not: {what}")))
    }

    fn people(&self) -> Result<(), Failure> {
        for person in [&self.patient, &self.provider, &self.stranger] {
            self.ledger.fund(&person.actor.principal)?;
        }
        self.say(
            "three people, 24 words each",
            &format!("patient   {}", self.patient.actor.principal),
        )?;
        self.say("", &format!("provider  {}", self.provider.actor.principal))?;
        self.say("", &format!("stranger  {}", self.stranger.actor.principal))
    }

    fn deploy(&self) -> Result<(), Failure> {
        deploy_contract(&self.session(&self.patient), &self.patient.actor, &self.contract)?;
        let on_chain = self.ledger.deployed(&self.contract)?;
        let same = on_chain.is_some_and(|found| found.source == mrms_contract::SOURCE);
        self.require(same, "the source on chain is the one in this binary")?;
        self.say(
            "the contract is deployed and verified",
            &format!(
                "{} bytes of Clarity, source equal byte for byte",
                mrms_contract::SOURCE.len()
            ),
        )?;
        for person in [&self.patient, &self.provider, &self.stranger] {
            always_done(self.session(person).publish_recipient(&person.actor)?)?;
        }
        self.say("everybody publishes an encryption key", "ML-KEM-768 with X25519")
    }

    fn source(&self) -> Result<Source<fs::File>, Failure> {
        let content = fs::File::open(&self.original)
            .map_err(|error| cannot("read", &self.original, &error))?;
        let name = self.original.file_name().map(|name| name.to_string_lossy());
        Ok(Source {
            content,
            length: self.length,
            file_name: name.and_then(|name| name.parse().ok()),
            media_type: None,
            label: None,
        })
    }

    fn create(&self) -> Result<(), Failure> {
        let session = self.session(&self.patient);
        let source = self.source()?;
        let placement =
            Placement { inline_limit: self.inline_limit, retention: Retention::Permanent };
        let added = session.create(&self.patient.actor, RECORD, source, placement, &mut rng())?;
        let added = always_done(added)?;
        self.say(
            "the patient creates record 123",
            &format!(
                "{} bytes sealed, ciphertext {}, block {}",
                self.length,
                place_words(added.storage),
                added.block_height
            ),
        )
    }

    fn grant(&self, step: &str, blocks: u64) -> Result<BurnHeight, Failure> {
        let session = self.session(&self.patient);
        let clock = self.ledger.tip()?.clock();
        let expiry = clock.height.plus(blocks);
        let terms = GrantTerms {
            rights: Rights::READ,
            expiry: Some(expiry),
            sharing: Sharing::Sealed,
            changed_key: ChangedKey::Refuse,
        };
        let user = self.provider.actor.principal();
        let granted = session.grant(&self.patient.actor, RECORD, &user, terms, &mut rng())?;
        always_done(granted)?;
        self.say(
            step,
            &format!("until burn block {expiry}, about {}", times::local(clock.time_of(expiry))),
        )?;
        Ok(expiry)
    }

    fn opens(&self, step: &str) -> Result<(), Failure> {
        let session = self.session(&self.provider);
        let access = session.access(&self.provider.actor, RECORD, None, &mut rng())?;
        let access = always_done(access)?;
        let mut file = tempfile::tempfile_in(&self.folder)
            .map_err(|error| cannot("write in", &self.folder, &error))?;
        let header = session.decrypt(&access.unlocked, &mut file)?;
        let read = |error| cannot("read", &self.folder, &error);
        session.finish(&access)?;
        file.seek(SeekFrom::Start(0)).map_err(read)?;
        let opened = hash(&mut file).map_err(read)?;
        let mut original = fs::File::open(&self.original)
            .map_err(|error| cannot("read", &self.original, &error))?;
        let same = opened == hash(&mut original).map_err(read)?;
        self.require(same, "what was decrypted is the original, byte for byte")?;
        self.say(
            step,
            &format!(
                "version {}, {} bytes of {}, byte for byte the original; log entry {}",
                access.unlocked.version, header.length, header.media_type, access.audit_index
            ),
        )
    }

    fn refused(&self, step: &str, who: &Person, expected: ContractError) -> Result<(), Failure> {
        match self.session(who).access(&who.actor, RECORD, None, &mut rng()) {
            Err(OpenRecordError::Send(SendError::Refused { refusal, .. }))
                if refusal == expected =>
            {
                self.say(step, &format!("refused: {refusal} (u{})", refusal.code()))
            }
            Err(error) => Err(error.into()),
            Ok(_) => self.require(false, &format!("the contract refuses with {expected}")),
        }
    }

    fn amend(&self) -> Result<(), Failure> {
        let session = self.session(&self.patient);
        let source = self.source()?;
        let added =
            session.amend(&self.patient.actor, RECORD, source, self.inline_limit, &mut rng())?;
        let added = always_done(added)?;
        self.require(added.version.number() == 2, "the amendment is version 2")?;
        let first = session.check_version(RECORD, mrms_core::Version::FIRST)?;
        self.say(
            "the patient amends it",
            &format!(
                "version {}; version 1 stays, hash {:.12}…",
                added.version,
                first.content_hash.to_string()
            ),
        )
    }

    fn pass(&self, expiry: BurnHeight) -> Result<(), Failure> {
        let now = self.ledger.tip()?.burn_height;
        let blocks = expiry.since(now);
        self.ledger.advance(blocks)?;
        self.say(
            "time passes",
            &format!(
                "{blocks} burn blocks: now {}, the grant's expiry",
                self.ledger.tip()?.burn_height
            ),
        )
    }

    fn revoke(&self) -> Result<(), Failure> {
        let session = self.session(&self.patient);
        let user = self.provider.actor.principal();
        let revoked = always_done(session.revoke(&self.patient.actor, RECORD, &user)?)?;
        self.say(
            "the patient revokes",
            &format!("the provider had opened {} version(s)", revoked.opened.len()),
        )
    }

    fn audit(&self) -> Result<(), Failure> {
        let session = self.session(&self.patient);
        let trail = session.trail(RECORD)?;
        let denied = trail.lines.iter().filter(|line| line.outcome == trail::ActionOutcome::Denied);
        self.say(
            "the log is read and verified",
            &format!(
                "{} entries give the contract's head {:.12}…; {} refusals beside them",
                trail.record.audit_count,
                trail.record.audit_head.to_string(),
                denied.count()
            ),
        )?;
        let mut exported = String::new();
        for line in &trail.lines {
            let text = serde_json::to_string(line)
                .map_err(|error| Failure::new(Exit::Failed, "demo", error))?;
            exported.push_str(&text);
            exported.push('\n');
        }
        trail::check_exported(&exported)?;
        let altered = alter(&exported)?;
        match trail::check_exported(&altered) {
            Err(error) => self.say("one byte of the exported log is changed", &error.to_string()),
            Ok(_) => self.require(false, "an altered trail is found out"),
        }
    }

    fn reconcile(&self) -> Result<(), Failure> {
        let session = self.session(&self.patient);
        let reconciled = session.reconcile(&self.patient.actor, RECORD, &mut rng())?;
        let released = reconciled
            .openings
            .iter()
            .filter(|(_, source)| matches!(source, KeySource::Released(_)))
            .count();
        let all = released > 0 && released == reconciled.openings.len();
        self.require(all, "the vault released a key for each entry that opened the record")?;
        self.require(reconciled.differences.is_empty(), "the logs of vault and contract agree")?;
        self.say(
            "the vault's log beside the contract's",
            &format!("{released} entries, {released} releases: nothing differs"),
        )
    }

    fn re_execute(&self) -> Result<(), Failure> {
        let checked = on_disk::fsck(&self.folder.join("ledger"), FsckStart::Genesis)?;
        self.say(
            "the whole chain is executed anew",
            &format!(
                "{} blocks, {} transactions: every root and receipt as stored",
                u64::from(checked.height.get()) + 1,
                checked.transactions
            ),
        )
    }
}

/// Changes one digit of the burn height in the line of the first access that the log has.
fn alter(exported: &str) -> Result<String, Failure> {
    let missing = || Failure::new(Exit::Failed, "demo", "the trail has no access to alter");
    let is_access =
        |line: &&str| line.contains("\"action\":\"access\"") && line.contains("\"outcome\":\"ok\"");
    let line = exported.lines().find(is_access).ok_or_else(missing)?;
    let (before, height) = line.split_once("\"burn_height\":").ok_or_else(missing)?;
    let digit = if height.starts_with('9') { "8" } else { "9" };
    let altered = format!("{before}\"burn_height\":{digit}{}", height.get(1..).unwrap_or_default());
    Ok(exported.replace(line, &altered))
}

fn hash(file: &mut fs::File) -> std::io::Result<[u8; 32]> {
    let mut hasher = Sha256::new();
    std::io::copy(file, &mut hasher)?;
    Ok(hasher.finalize().into())
}
