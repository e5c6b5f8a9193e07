//! `mrms vault run`: this home's vault behind HTTP, until SIGTERM or SIGINT.
//!
//! It follows the ledger of the settings, or the node that serves this home's own. Watching grants
//! and anchoring the log are done without being asked.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use clap::Args;
use mrms_app::ledger::Ledger;
use mrms_core::ContractId;
use mrms_stacks::keys::SigningKey;
use mrms_store::{BlobStore, FileStore, ObjectBlobStore, UploadLimits, Uploads};
use mrms_vault::guardian::Guardian;
use mrms_vault::protocol::VaultCard;
use mrms_vault::server::{Backing, PeriodicTask, ServeError, Server, VaultSettings};
use rand_core::Rng;

use crate::commands::service::serving::{self, LogArgs};
use crate::config::{Settings, bucket_variables};
use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::output::Output;
use crate::ui::results::vault as results;
use mrms_home::clock::rng;
use mrms_home::ledger::HomeLedger;
use mrms_home::vault::anchor::anchor_log;
use mrms_home::vault::own::VaultFolder;
use mrms_home::{HomeFolder, Service};

/// How long an upload to a bucket may have stood still before it is removed.
const IDLE: Duration = Duration::from_secs(86_400);
/// Seconds between two rounds of the watcher, unless told otherwise.
const WATCH_EVERY: i64 = 30;

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    terms: VaultTerms,
    #[command(flatten)]
    log: LogArgs,
}

/// How the vault is served.
#[derive(Debug, Args)]
pub(crate) struct VaultTerms {
    /// Address and port; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:20444")]
    listen: SocketAddr,
    /// Allow an address that other machines can reach. Encryption on the way is a reverse proxy's
    /// work.
    #[arg(long)]
    expose: bool,
    /// How many blocks must lie on top of an access before a share is released. On the embedded
    /// ledger, a block is final.
    #[arg(long, value_name = "BLOCKS", default_value_t = 0)]
    confirmations: u64,
    /// Keep ciphertext in this bucket in place of the home folder: s3://BUCKET/PREFIX, gs:// or az://.
    /// Credentials come from the variables of that service (AWS_*, GOOGLE_*, AZURE_*).
    #[arg(long, value_name = "URL")]
    blobs: Option<String>,
    /// How often the watcher looks for what was revoked or has expired.
    #[arg(long, value_name = "SECONDS", default_value_t = WATCH_EVERY, value_parser = 1..=86_400)]
    watch_every: i64,
    /// How often head and count of the log are anchored on chain. Each costs the vault's account a
    /// fee. Never when left out; mrms vault anchor does it once.
    #[arg(long, value_name = "SECONDS", value_parser = 1..=31_536_000)]
    anchor_every: Option<i64>,
}

impl VaultTerms {
    /// On an address of this machine, with what `mrms vault run` does unless told otherwise.
    pub(crate) const fn on(listen: SocketAddr, anchor_every: Option<i64>) -> Self {
        let watch_every = WATCH_EVERY;
        Self { listen, expose: false, confirmations: 0, blobs: None, watch_every, anchor_every }
    }
}

fn duration(seconds: i64) -> Duration {
    Duration::from_secs(seconds.unsigned_abs())
}

pub(crate) fn run(args: RunArgs, settings: &Settings, output: Output) -> Result<(), Failure> {
    let prepared = Prepared::open(&args.terms, settings)?;
    args.log.begin();
    serving::run(async |stop| {
        let vault = prepared.bind(settings).await?;
        let told = output.result(&vault.told(), &format!("{}; Ctrl-C stops it", vault.words()));
        vault.run(told, stop).await
    })
}

/// The vault of this home before it has an address.
pub(crate) struct Prepared {
    backing: Backing,
    face: VaultSettings,
}

impl Prepared {
    /// Opens the vault, which asks the ledger what has ended meanwhile. May block.
    pub(crate) fn open(terms: &VaultTerms, settings: &Settings) -> Result<Self, Failure> {
        let contract = settings.home.contract()?;
        let ledger = match settings.home.ledger()? {
            HomeLedger::Remote(ledger) | HomeLedger::Served(ledger, _) => {
                Arc::new(ledger) as Arc<dyn Ledger>
            }
            HomeLedger::Embedded(_) => {
                return Err(Failure::new(
                    Exit::Failed,
                    "no-node",
                    "the vault would keep this home's ledger from everybody else",
                )
                .hint("run mrms node run in this home first, and leave it running"));
            }
        };
        let folder = VaultFolder::on(&settings.home.folder().vault(), ledger.network(), &contract);
        let key = folder.key()?;
        let opening =
            folder.opening(Arc::clone(&ledger), &contract).confirmations(terms.confirmations);
        let guardian = Arc::new(opening.open(settings.home.settings().lock_wait)?);
        let uploads = Uploads::open_folder(
            &settings.home.folder().vault().join("uploads"),
            UploadLimits::default(),
        )?;
        let mut periodic_tasks = Vec::new();
        let blobs: Arc<dyn BlobStore> = match &terms.blobs {
            None => Arc::new(FileStore::open_folder(&settings.home.folder().vault())?),
            Some(_) if !settings.home.folder().profiles()?.is_empty() => {
                return Err(Failure::usage("commands of this home keep ciphertext in its folder")
                    .hint("run a vault with a bucket in a home folder of its own"));
            }
            Some(url) => {
                let bucket = bucket(url)?;
                periodic_tasks.push(sweeping(bucket.clone()));
                Arc::new(bucket)
            }
        };
        if let Some(every) = terms.anchor_every {
            periodic_tasks.push(anchoring(
                &guardian,
                ledger,
                contract.clone(),
                key,
                duration(every),
            ));
        }
        let uploads = Arc::new(uploads);
        let backing = Backing { guardian: Arc::clone(&guardian), blobs, uploads, periodic_tasks };
        let mut face = VaultSettings::default();
        face.listen = terms.listen;
        face.watch_every = duration(terms.watch_every);
        face.reach = serving::reach(terms.expose);
        Ok(Self { backing, face })
    }

    /// Takes the address, which commands of this home find from now on.
    pub(crate) async fn bind(self, settings: &Settings) -> Result<ServedVault, Failure> {
        let card = self.backing.guardian.card();
        let server = Server::bind(self.backing, self.face).await.map_err(serve_failure)?;
        let url = format!("http://{}", server.address());
        tracing::info!(%url, vault = %card.vault, "serving the vault");
        settings.home.folder().announce(Service::Vault, &url)?;
        Ok(ServedVault { server, url, card, home: settings.home.folder().clone() })
    }
}

/// The vault of this home behind its address.
pub(crate) struct ServedVault {
    server: Server,
    url: String,
    card: VaultCard,
    home: HomeFolder,
}

impl ServedVault {
    /// Where and who it is.
    pub(crate) fn told(&self) -> results::ServedVault<'_> {
        results::ServedVault {
            url: &self.url,
            vault: self.card.vault,
            contract: &self.card.contract,
        }
    }

    /// The same in words.
    pub(crate) fn words(&self) -> String {
        format!("vault {} is at {}", self.card.vault, self.url)
    }

    /// Serves until `stop` is ready; not at all where nobody could be told of it.
    pub(crate) async fn run(
        self,
        told: Result<(), Failure>,
        stop: impl Future<Output = ()>,
    ) -> Result<(), Failure> {
        let served = match told {
            Ok(()) => self.server.run(stop).await.map_err(serve_failure),
            Err(failure) => Err(failure),
        };
        let withdrawn = self.home.withdraw(Service::Vault).map_err(Failure::from);
        withdrawn.and(served)
    }
}

fn bucket(url: &str) -> Result<ObjectBlobStore, Failure> {
    let mut process = [0; 16];
    rng().fill_bytes(&mut process);
    ObjectBlobStore::connect(url, bucket_variables(), process).map_err(|error| {
        Failure::new(Exit::Usage, "bucket", chain(&error))
            .hint("give it like s3://BUCKET/PREFIX, with the credentials in AWS_* variables")
    })
}

/// Removes what uploads to the bucket left that were broken off.
fn sweeping(bucket: ObjectBlobStore) -> PeriodicTask {
    let run = move || {
        let swept = bucket.sweep(SystemTime::now(), IDLE).map_err(|error| chain(&error))?;
        Ok((swept > 0).then(|| format!("{swept} broken uploads removed from the bucket")))
    };
    PeriodicTask { name: "sweep-bucket", every: IDLE, run: Box::new(run) }
}

fn anchoring(
    guardian: &Arc<Guardian>,
    ledger: Arc<dyn Ledger>,
    contract: ContractId,
    key: SigningKey,
    every: Duration,
) -> PeriodicTask {
    let guardian = Arc::clone(guardian);
    let run = move || {
        let anchored = anchor_log(&guardian, &*ledger, &contract, &key);
        anchored
            .map(|txid| txid.map(|txid| format!("anchored by transaction {txid}")))
            .map_err(|error| chain(&error))
    };
    PeriodicTask { name: "anchor", every, run: Box::new(run) }
}

fn serve_failure(error: ServeError) -> Failure {
    let message = chain(&error);
    match error {
        ServeError::Listen(error) => serving::listen_failure("mrms vault run", &error),
        _ => Failure::new(Exit::Unreachable, "vault", message)
            .hint("mrms vault status tells how it stands"),
    }
}
