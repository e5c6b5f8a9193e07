//! Everything a command works with, opened in the right order: the passphrase is asked for before
//! the ledger is locked, and what an earlier command left unfinished is finished first.

use std::sync::Arc;

use mrms_app::ledger::{Ledger, LedgerError, Receipt};
use mrms_app::profile::ProfileFolder;
use mrms_app::sending::outcome::{Ending, Resumed};
use mrms_app::session::vaults::Vaults;
use mrms_app::session::{Sending, SignOnly};
use mrms_app::{Actor, Session};
use mrms_core::{ContractId, Principal, StandardPrincipal, TxId};
use mrms_crypto::age_file::Passphrase as AgePassphrase;
use mrms_crypto::{IdentityIndex, Keyring, Words, keystore};
use mrms_stacks::keys::SigningKey;
use mrms_stacks::network::{Network, TransactionVersion};
use mrms_store::{BlobStore, DiscardingStore, FileStore};

use crate::agent;
use crate::config::Settings;
use crate::embedded::EmbeddedLedger;
use crate::failure::{Exit, Failure, chain};
use crate::home::cannot;
use crate::output::Output;
use crate::own_node::{OwnLedger, OwnNode};
use crate::own_vault::{OwnVault, VaultFolder};
use crate::passphrase::Passphrase;
use crate::remote::RemoteLedger;
use crate::vaults::{self, Copies};

/// The open home folder: ledger, vaults, contract and profile.
pub(crate) struct Workplace {
    pub(crate) ledger: HomeLedger,
    blobs: Box<dyn BlobStore>,
    copies: Option<Copies>,
    vaults: Vaults,
    own_vault: Option<Arc<OwnVault>>,
    contract: ContractId,
    profile: ProfileFolder,
    sending: Sending,
}

/// What became of a transaction.
pub(crate) enum Standing {
    /// Nobody has it.
    Unknown,
    /// It waits for a block.
    Pending,
    /// The ledger had it and forgot it, for this reason.
    Dropped { reason: String },
    /// It stands in a block.
    Included(Box<Receipt>),
}

impl Standing {
    /// In one word, for scripts.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Pending => "pending",
            Self::Dropped { .. } => "dropped",
            Self::Included(_) => "included",
        }
    }

    /// For people.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Unknown => "nobody has it".to_owned(),
            Self::Pending => "pending: it waits for a block".to_owned(),
            Self::Dropped { reason } => format!("the network dropped it: {reason}"),
            Self::Included(_) => "it stands in a block".to_owned(),
        }
    }
}

/// The ledger that a home folder works with.
#[derive(Clone)]
pub(crate) enum HomeLedger {
    /// In this process.
    Embedded(EmbeddedLedger),
    /// Behind the node that serves this home's own ledger.
    Served(RemoteLedger, OwnNode),
    /// Behind HTTP: a network.
    Remote(RemoteLedger),
}

impl HomeLedger {
    pub(crate) fn port(&self) -> &dyn Ledger {
        match self {
            Self::Embedded(ledger) => ledger,
            Self::Served(ledger, _) | Self::Remote(ledger) => ledger,
        }
    }

    /// The same for those who keep it.
    pub(crate) fn shared(&self) -> Arc<dyn Ledger> {
        match self.clone() {
            Self::Embedded(ledger) => Arc::new(ledger),
            Self::Remote(ledger) | Self::Served(ledger, _) => Arc::new(ledger),
        }
    }

    /// What became of a transaction.
    pub(crate) fn standing(&self, txid: &TxId) -> Result<Standing, LedgerError> {
        let included = |receipt| Standing::Included(Box::new(receipt));
        match self {
            Self::Embedded(ledger) => Ok(ledger.receipt(txid)?.map_or(Standing::Unknown, included)),
            Self::Served(ledger, _) | Self::Remote(ledger) => ledger.standing(txid),
        }
    }

    /// The ledger of the settings, or the home's own.
    pub(crate) fn of(settings: &Settings) -> Result<Self, Failure> {
        match settings.connection()? {
            Some(remote) => Ok(Self::Remote(remote.clone())),
            None => Self::own(settings),
        }
    }

    /// The home's own ledger; where a node serves it, that node.
    fn own(settings: &Settings) -> Result<Self, Failure> {
        Ok(match OwnLedger::open(settings)? {
            OwnLedger::Here(ledger) => Self::Embedded(ledger),
            OwnLedger::Served(node) => {
                let ledger = RemoteLedger::connect(&node.url, settings.remote.clone())?;
                Self::Served(ledger, node)
            }
        })
    }
}

/// Where keys and ciphertext are left.
struct Keeping {
    vaults: Vaults,
    /// The home's own vault, where it is used in this process.
    own_vault: Option<Arc<OwnVault>>,
    /// The home's own ciphertext.
    files: FileStore,
    /// The ciphertext of the vaults in the settings.
    copies: Option<Copies>,
}

impl Keeping {
    fn of(
        settings: &Settings,
        ledger: &HomeLedger,
        contract: &ContractId,
    ) -> Result<Self, Failure> {
        let home = &settings.home;
        if !settings.vaults.urls.is_empty() {
            let files = FileStore::open_folder(&home.outgoing())?;
            let chain = ledger.port().network().chain_id;
            let (vaults, copies) = vaults::configured(&settings.vaults, &files, contract, chain)?;
            return Ok(Self { vaults, own_vault: None, files, copies: Some(copies) });
        }
        let files = FileStore::open_folder(&home.vault())?;
        if let Some(card) = home.vault_server() {
            let served = vaults::at(&card.url, settings.vaults.plain_http)?;
            let vaults = vaults::alone(Box::new(served));
            return Ok(Self { vaults, own_vault: None, files, copies: None });
        }
        let own_vault = Arc::new(OwnVault::new(
            VaultFolder::on(&home.vault(), ledger.port().network(), contract),
            ledger.shared(),
            contract.clone(),
            files.clone(),
            settings.lock_wait,
        ));
        let vaults = vaults::own_alone(&own_vault);
        Ok(Self { vaults, own_vault: Some(own_vault), files, copies: None })
    }
}

impl Workplace {
    /// Opens it, and finishes what earlier commands of this profile began.
    pub(crate) fn open(settings: &Settings, output: Output) -> Result<Self, Failure> {
        let contract = settings.contract_known()?.ok_or_else(|| settings.no_contract())?;
        Self::open_for(settings, contract, output)
    }

    /// The same before the contract is there: while a home folder is made.
    pub(crate) fn open_for(
        settings: &Settings,
        contract: ContractId,
        output: Output,
    ) -> Result<Self, Failure> {
        let ledger = HomeLedger::of(settings)?;
        let Keeping { vaults, own_vault, files, copies } =
            Keeping::of(settings, &ledger, &contract)?;
        let place = Self {
            ledger,
            vaults,
            own_vault,
            blobs: match (settings.sending, &copies) {
                (Sending::DryRun, _) => Box::new(DiscardingStore),
                (_, Some(copies)) => Box::new(copies.clone()),
                (_, None) => Box::new(files),
            },
            copies,
            contract,
            profile: settings.home.profile(&settings.profile),
            sending: settings.sending,
        };
        place.must_reach_sponsor(settings)?;
        place.take_up(output);
        Ok(place)
    }

    /// Finishes what earlier commands began. Where that can't be done now, this command may still
    /// do what it is for: reading, say, from a disk that is full.
    fn take_up(&self, output: Output) {
        let resumed = match self.session().resume() {
            Ok(resumed) => resumed,
            Err(error) => {
                let reason = Failure::from(error).message;
                return output.note(&format!(
                    "what an interrupted command had begun cannot be finished now: {reason}"
                ));
            }
        };
        for Resumed { description, ending } in resumed {
            output.note(&match ending {
                Ending::Finished => {
                    format!("finished what an interrupted command had begun: {description}")
                }
                Ending::Waiting { txid } => {
                    format!("still waiting for a block: {description} (transaction {txid})")
                }
                Ending::RolledBack { reason } => {
                    format!("an interrupted command was rolled back: {description} ({reason})")
                }
            });
        }
    }

    /// A sponsor completes transactions on a ledger that it reaches, too.
    fn must_reach_sponsor(&self, settings: &Settings) -> Result<(), Failure> {
        match (&self.ledger, &settings.remote.sponsor) {
            (HomeLedger::Embedded(_), Some(_)) => Err(Failure::usage(
                "a sponsor cannot reach a ledger that this command alone has open",
            )
            .hint("serve it with mrms node run, or leave out --sponsor, MRMS_SPONSOR_URL and [ledger] sponsor: on the embedded ledger nobody's money is spent")),
            _ => Ok(()),
        }
    }

    /// From now on transactions are signed on these terms, and not sent. A dry run stays one.
    pub(crate) fn sign_only(&mut self, terms: SignOnly) {
        if self.sending == Sending::Send {
            self.sending = Sending::SignOnly(terms);
        }
    }

    pub(crate) fn session(&self) -> Session<'_> {
        Session {
            ledger: self.ledger.port(),
            contract: &self.contract,
            blobs: &*self.blobs,
            vaults: &self.vaults,
            profile: &self.profile,
            sending: self.sending,
        }
    }

    /// Somebody elsewhere can reach the vaults that keys are left with.
    pub(crate) fn must_be_reached_by(
        &self,
        user: &Principal,
        settings: &Settings,
    ) -> Result<(), Failure> {
        let is_alone = self.own_vault.is_some() && settings.ledger.is_some();
        if !is_alone || settings.home.has_profile_of(user)? {
            return Ok(());
        }
        Err(Failure::new(
            Exit::Failed,
            "no-vault",
            format!("{user} could not reach this folder's own vault to get the key"),
        )
        .hint("name vaults that both of you can reach under [vault] in mrms.toml, or share directly: --direct"))
    }

    /// The home's own vault deletes what was revoked or has expired. Where that can't be done now,
    /// it is done when the vault is next opened.
    pub(crate) fn watch_own_vault(&self, output: Output) {
        let Some(vault) = &self.own_vault else { return };
        if let Err(error) = vault.watch() {
            output.note(&format!("this folder's own vault did not look at it yet: {error}"));
        }
    }

    pub(crate) fn contract(&self) -> &ContractId {
        &self.contract
    }

    /// The ciphertext of the vaults in the settings, where there are any.
    pub(crate) fn copies(&self) -> Option<&Copies> {
        self.copies.as_ref()
    }

    /// Says which vaults have no copy of a ciphertext, where the others are enough.
    pub(crate) fn note_missed(&self, output: Output) {
        for (name, error) in self.copies.iter().flat_map(Copies::missed) {
            output.note(&format!(
                "{name} has no copy, the others are enough: {}; mrms vault sync brings it one",
                chain(&error)
            ));
        }
    }

    pub(crate) fn blobs(&self) -> &dyn BlobStore {
        &*self.blobs
    }

    /// The account can pay: on the embedded ledger, its faucet sees to that. Ciphertext is left
    /// with vaults in its name.
    pub(crate) fn fund(&self, actor: &Actor) -> Result<(), Failure> {
        if let Some(copies) = &self.copies {
            copies.act_as(actor);
        }
        match (self.session().sending, &self.ledger) {
            (Sending::Send, HomeLedger::Embedded(ledger)) => Ok(ledger.fund(&actor.principal)?),
            (Sending::Send, HomeLedger::Served(ledger, node)) => {
                node.fund(ledger, &actor.principal)
            }
            _ => Ok(()),
        }
    }
}

impl Settings {
    /// The ledger at the address of the settings, reached once; none where the embedded one is
    /// used.
    pub(crate) fn connection(&self) -> Result<Option<&RemoteLedger>, Failure> {
        let Some(url) = &self.ledger else { return Ok(None) };
        if let Some(connected) = self.connected.get() {
            return Ok(Some(connected));
        }
        let ledger = RemoteLedger::connect(url, self.remote.clone())?;
        Ok(Some(self.connected.get_or_init(|| ledger)))
    }

    /// Which network transactions are for.
    pub(crate) fn network(&self) -> Result<Network, Failure> {
        Ok(self.connection()?.map_or(Network::EMBEDDED, Ledger::network))
    }

    /// The records contract: named by the settings, or known to the home for this network.
    pub(crate) fn contract_known(&self) -> Result<Option<ContractId>, Failure> {
        let known = self.home.contract_on(self.network()?)?;
        // An embedded ledger that is not there yet is not made for a setting.
        let is_there = known.is_some() || self.ledger.is_some();
        Ok(self.contract.clone().filter(|_| is_there).or(known))
    }

    pub(crate) fn no_contract(&self) -> Failure {
        if self.ledger.is_none() {
            return self.home.is_missing();
        }
        Failure::new(Exit::NotFound, "no-contract", "no records contract is known on this network")
            .hint("name it with MRMS_CONTRACT, or deploy it: mrms contract deploy")
    }

    /// The profile's account on the network in use.
    pub(crate) fn account(&self) -> Result<StandardPrincipal, Failure> {
        let card = self.home.card(&self.profile)?;
        Ok(on_network(card.principal, self.network()?))
    }

    /// That the command is for the embedded ledger only.
    pub(crate) fn must_be_embedded(&self, command: &str) -> Result<(), Failure> {
        match &self.ledger {
            None => Ok(()),
            Some(url) => Err(Failure::usage(format!(
                "mrms {command} is for the embedded ledger, not for {url}"
            ))
            .hint("leave out --ledger, MRMS_LEDGER_URL and [ledger] url")),
        }
    }
}

/// The same key's account on a network.
fn on_network(account: StandardPrincipal, network: Network) -> StandardPrincipal {
    let version = match network.version {
        TransactionVersion::Mainnet => StandardPrincipal::MAINNET_SINGLE_SIG,
        TransactionVersion::Testnet => StandardPrincipal::TESTNET_SINGLE_SIG,
    };
    StandardPrincipal::new(version, *account.hash160()).unwrap_or(account)
}

impl Settings {
    /// The home folder is there, with its ledger.
    pub(crate) fn require_home(&self) -> Result<(), Failure> {
        self.home.contract()?.map(drop).ok_or_else(|| self.home.is_missing())
    }
}

impl Settings {
    /// The profile's keys: from the key agent, or by its passphrase.
    pub(crate) fn unlock(&self) -> Result<Actor, Failure> {
        self.unlock_on(self.network()?)
    }

    /// The same for a network that is not asked.
    pub(crate) fn unlock_on(&self, network: Network) -> Result<Actor, Failure> {
        let card = self.home.card(&self.profile)?;
        let words = match agent::words(self) {
            Some(words) => words,
            None => self.words_by_passphrase()?,
        };
        let actor = actor_of(&words, IdentityIndex::new(card.identity), network)?;
        if actor.principal == on_network(card.principal, network) {
            return Ok(actor);
        }
        Err(Failure::new(
            Exit::Integrity,
            "profile-damaged",
            format!(
                "the keystore of profile {} holds other words than its card says",
                self.profile
            ),
        )
        .hint("restore the profile's folder from a backup, or make it anew with mrms key recover"))
    }

    /// The keys, when that takes no question: an agent, or a passphrase file.
    pub(crate) fn unlock_quietly(&self) -> Result<Option<Actor>, Failure> {
        let quiet = !self.passphrase.is_prompt() || agent::is_running(self);
        if quiet { self.unlock().map(Some) } else { Ok(None) }
    }

    /// The 24 words, by passphrase alone: an agent does not give them to a screen.
    pub(crate) fn words_by_passphrase(&self) -> Result<Words, Failure> {
        let path = self.home.keystore(&self.profile);
        self.home.card(&self.profile)?;
        let file = std::fs::read(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Failure::new(
                Exit::NotFound,
                "keystore-missing",
                format!("{} is gone", path.display()),
            )
            .hint("restore it from a backup, or make the profile anew from its 24 words: mrms key recover"),
            _ => cannot("read", &path, &error),
        })?;
        let passphrase = self.passphrase.ask(&format!("profile {}", self.profile))?;
        keystore::open(&file, &age_passphrase(&passphrase)?).map_err(|error| match error {
            keystore::KeystoreError::WrongPassphrase => {
                Failure::new(Exit::NotAllowed, "wrong-passphrase", "wrong passphrase").hint(
                    "without the passphrase, the 24 words make the profile anew: mrms key recover",
                )
            }
            other => Failure::new(
                Exit::Integrity,
                "keystore-damaged",
                format!("{}: {}", path.display(), chain(&other)),
            )
            .hint("the 24 words make the profile anew: mrms key recover"),
        })
    }
}

/// A passphrase in the form that age files take.
pub(crate) fn age_passphrase(passphrase: &Passphrase) -> Result<AgePassphrase, Failure> {
    AgePassphrase::new(passphrase.reveal().to_owned().into()).ok_or_else(|| {
        Failure::new(Exit::Failed, "no-passphrase", "the passphrase is empty")
            .hint("give one of some length: it protects the 24 words")
    })
}

/// Who signs and decrypts with these words, with their account on a network.
pub(crate) fn actor_of(
    words: &Words,
    identity: IdentityIndex,
    network: Network,
) -> Result<Actor, Failure> {
    let no_key = |error: &dyn std::error::Error| {
        Failure::new(Exit::Failed, "no-key", chain(error)).hint("other words must be used")
    };
    let keyring = Keyring::from_words(words);
    let secret = keyring.stacks_secret_key().map_err(|error| no_key(&error))?;
    let key = SigningKey::from_bytes(secret.expose_bytes()).map_err(|error| no_key(&error))?;
    Ok(Actor { principal: key.address(network.version), key, keyring, identity })
}

/// The system's source of randomness.
pub(crate) fn rng() -> impl rand_core::CryptoRng + Send {
    rand_core::UnwrapErr(rand::rngs::SysRng)
}
