//! `mrms vault run`: serves this home's vault over HTTP, until SIGTERM or SIGINT.
//!
//! The vault follows the ledger of the settings, or the node that serves this home's own ledger. It
//! watches grants and, if asked to, anchors its log periodically.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use clap::Args;
use mrms_core::ContractId;
use mrms_stacks::keys::SigningKey;
use mrms_store::{BlobStore, FileStore, ObjectBlobStore, UploadLimits, Uploads};
use mrms_vault::guardian::Guardian;
use mrms_vault::protocol::VaultCard;
use mrms_vault::server::{Backing, PeriodicTask, ServeError, Server, VaultSettings};
use rand_core::Rng;

use crate::config::Settings;
use crate::environment::bucket_variables;
use crate::serving::{self, HostArgs, LogArgs};
use crate::ui::failure::{Exit, Failure, chain};
use crate::ui::output::Output;
use crate::ui::results::vault as results;
use mrms_home::anchor::anchor_log;
use mrms_home::clock::rng;
use mrms_home::ledger::HomeLedger;
use mrms_home::ledger::remote::Limits;
use mrms_home::vault::own::VaultFolder;
use mrms_home::{Announcement, Service};

/// An upload to a bucket is removed when it has not grown for this long.
const IDLE: Duration = Duration::from_secs(86_400);
/// Seconds between two rounds of the watcher, by default.
const WATCH_EVERY: i64 = 30;

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    terms: VaultTerms,
    #[command(flatten)]
    log: LogArgs,
}

/// The options of a served vault.
#[derive(Debug, Args)]
pub(crate) struct VaultTerms {
    /// Listen on this address and port; port 0 takes a free one. Without it: vault_listen under [serve]
    /// of mrms.toml, else 127.0.0.1:20444.
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Allow an address that other machines can reach; there is no TLS, so put a reverse proxy with
    /// TLS in front. Without it: only loopback is allowed.
    #[arg(long)]
    expose: bool,
    #[command(flatten)]
    hosts: HostArgs,
    /// Release a share, and delete anything, only when this many Bitcoin blocks, of about ten minutes,
    /// lie on top of what that rests on. Without it: 0 on the embedded ledger, where a block is final,
    /// and 2 on a network, where 1 to 5 are possible.
    #[arg(long, value_name = "BLOCKS")]
    confirmations: Option<u64>,
    /// Keep ciphertext in this bucket: s3://BUCKET/PREFIX, gs:// or az://. The service's own variables
    /// have the credentials (AWS_*, GOOGLE_*, AZURE_*). Without it: in the folder vault of the home.
    #[arg(long, value_name = "URL")]
    blobs: Option<String>,
    /// Look for grants that ended this often, in seconds, and delete their key slots.
    #[arg(long, value_name = "SECONDS", default_value_t = WATCH_EVERY, value_parser = 1..=86_400)]
    watch_every: i64,
    /// Write the head and length of the vault log into the contract this often, in seconds, if the log
    /// has grown. The vault's account pays the fee, or the sponsor; on this home's own ledger it gets
    /// what it needs. Without it: never; mrms vault anchor does it once.
    #[arg(long, value_name = "SECONDS", value_parser = 1..=31_536_000)]
    anchor_every: Option<i64>,
}

impl VaultTerms {
    /// The defaults of `mrms vault run`, with this address.
    pub(crate) const fn on(
        listen: Option<SocketAddr>,
        hosts: HostArgs,
        anchor_every: Option<i64>,
    ) -> Self {
        let watch_every = WATCH_EVERY;
        Self {
            listen,
            expose: false,
            hosts,
            confirmations: None,
            blobs: None,
            watch_every,
            anchor_every,
        }
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

/// The vault of this home, open but not yet listening.
pub(crate) struct Prepared {
    backing: Backing,
    face: VaultSettings,
}

impl Prepared {
    /// Opens the vault, which asks the ledger which grants have ended meanwhile. Blocks.
    pub(crate) fn open(terms: &VaultTerms, settings: &Settings) -> Result<Self, Failure> {
        let contract = settings.home.contract()?;
        let home_ledger = settings.home.ledger()?;
        if home_ledger.over_http().is_none() {
            return Err(Failure::new(
                Exit::Failed,
                "no-node",
                "no node serves this home's ledger, which a served vault needs",
            )
            .hint("run mrms node run in this home first, and leave it running"));
        }
        // A reader names the transaction that opened, and the vault looks at it.
        if let Some(ledger) = home_ledger.over_http()
            && let Some(hint) = ledger.limits()?.and_then(without_index)
        {
            let message = format!(
                "a vault asks for transactions by their id, and {} keeps no index of them",
                ledger.url()
            );
            return Err(Failure::new(Exit::Failed, "cannot-follow", message).hint(hint));
        }
        let ledger = home_ledger.shared();
        let folder = VaultFolder::on(settings.home.folder(), ledger.network(), &contract);
        let key = folder.key()?;
        let opening = folder
            .opening(Arc::clone(&ledger), &contract)
            .confirmations(terms.confirmations)
            .for_long();
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
                home_ledger,
                contract.clone(),
                key,
                duration(every),
            ));
        }
        let uploads = Arc::new(uploads);
        let backing = Backing { guardian: Arc::clone(&guardian), blobs, uploads, periodic_tasks };
        let mut face = VaultSettings::default();
        let listen = terms.listen.or(settings.serving.vault_listen);
        face.listen = listen.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 20_444)));
        face.watch_every = duration(terms.watch_every);
        face.reach = serving::reach(terms.expose);
        face.gate = terms.hosts.gate(settings);
        face.published = Some(serving::invitation(settings));
        Ok(Self { backing, face })
    }

    /// Listens on the address. From now on commands of this home find the vault there.
    pub(crate) async fn bind(self, settings: &Settings) -> Result<ServedVault, Failure> {
        let card = self.backing.guardian.card();
        let server = Server::bind(self.backing, self.face).await.map_err(serve_failure)?;
        let url = format!("http://{}", server.address());
        tracing::info!(target: "mrms::vault", %url, vault = %card.vault, "serving the vault");
        let announcement = settings.home.folder().announce(Service::Vault, &url)?;
        Ok(ServedVault { server, url, card, announcement })
    }
}

/// The vault of this home, listening.
pub(crate) struct ServedVault {
    server: Server,
    url: String,
    card: VaultCard,
    announcement: Announcement,
}

impl ServedVault {
    /// Its address, account and contract, for scripts.
    pub(crate) fn told(&self) -> results::ServedVault<'_> {
        results::ServedVault {
            url: &self.url,
            vault: self.card.vault,
            contract: &self.card.contract,
        }
    }

    /// Its account and address, for people.
    pub(crate) fn words(&self) -> String {
        format!("vault {} is at {}", self.card.vault, self.url)
    }

    /// Serves until `stop` is ready. Does not serve if the address could not be printed (`told`).
    pub(crate) async fn run(
        self,
        told: Result<(), Failure>,
        stop: impl Future<Output = ()>,
    ) -> Result<(), Failure> {
        let served = match told {
            Ok(()) => self.server.run(stop).await.map_err(serve_failure),
            Err(failure) => Err(failure),
        };
        let withdrawn = self.announcement.withdraw().map_err(Failure::from);
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

/// Removes what broken uploads left in the bucket.
fn sweeping(bucket: ObjectBlobStore) -> PeriodicTask {
    let run = move || {
        let swept = bucket.sweep(SystemTime::now(), IDLE).map_err(|error| chain(&error))?;
        Ok((swept > 0).then(|| format!("{swept} broken uploads removed from the bucket")))
    };
    PeriodicTask { name: "sweep-bucket", every: IDLE, run: Box::new(run) }
}

fn anchoring(
    guardian: &Arc<Guardian>,
    ledger: HomeLedger,
    contract: ContractId,
    key: SigningKey,
    every: Duration,
) -> PeriodicTask {
    let guardian = Arc::clone(guardian);
    let run = move || {
        let anchored = anchor_log(guardian.anchor(), &ledger, &contract, &key);
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
            .hint("mrms vault status shows its state"),
    }
}

/// What to do where the ledger can't be asked for a transaction by its id.
const fn without_index(limits: Limits) -> Option<&'static str> {
    match limits {
        Limits::None | Limits::NoHistory => None,
        Limits::NoIndex => Some(
            "set txindex = true under [node] in the node's configuration, or name a hosted API as the ledger",
        ),
        Limits::BeforeEpoch3 | Limits::Nothing => {
            Some("name a hosted API as the ledger, or a node of a network in epoch 3")
        }
    }
}
