//! A home that is not open yet: its folder, its settings, and the face that asked for it.
//!
//! It does what needs no lock: it tells which network, contract and account are in use, and unlocks
//! keys. [`Home::open`](crate::open) opens the rest.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use mrms_app::ledger::{Ledger, LedgerError};
use mrms_core::{ContractId, StandardPrincipal};
use mrms_stacks::network::{Network, TransactionVersion};

use crate::error::HomeError;
use crate::face::{Face, Notice};
use crate::folder::{HomeFolder, ProfileCard, ProfileName};
use crate::joining::kept::Kept;
use crate::ledger::HomeLedger;
use crate::ledger::embedded::EmbeddedLedger;
use crate::ledger::known::KnownLedgers;
use crate::ledger::remote::RemoteLedger;
use crate::ledger::served::OwnLedger;
use crate::settings::{HomeSettings, RemoteSettings, VaultSettings};

/// So long a ledger that could not be reached counts as away: what asks for it next waits no second time.
const AWAY: Duration = Duration::from_secs(2);

/// A home that is not open yet.
pub struct Home {
    folder: HomeFolder,
    settings: HomeSettings,
    face: Arc<dyn Face>,
    /// The ledger of the settings, after it was reached for the first time.
    connected: OnceLock<RemoteLedger>,
    /// When it could not be reached last, and why.
    away: Mutex<Option<(Instant, String)>>,
}

impl std::fmt::Debug for Home {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Home")
            .field("folder", &self.folder)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Home {
    /// The home in this folder, with these settings, for this face. Nothing is read or reached yet.
    #[must_use]
    pub fn new(folder: HomeFolder, settings: HomeSettings, face: Arc<dyn Face>) -> Self {
        Self { folder, settings, face, connected: OnceLock::new(), away: Mutex::new(None) }
    }

    /// The same home as it works with its own ledger and its own vault, whomever it has joined.
    #[must_use]
    pub fn on_own_ledger(&self) -> Self {
        let vaults =
            VaultSettings { urls: Vec::new(), threshold: 1, ..self.settings.vaults.clone() };
        let remote =
            RemoteSettings { sponsor: None, sponsor_voucher: None, ..self.settings.remote.clone() };
        let settings =
            HomeSettings { ledger: None, contract: None, vaults, remote, ..self.settings.clone() };
        Self::new(self.folder.clone(), settings, Arc::clone(&self.face))
    }

    /// The home folder.
    #[must_use]
    pub const fn folder(&self) -> &HomeFolder {
        &self.folder
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &HomeSettings {
        &self.settings
    }

    /// The face that opened the home.
    #[must_use]
    pub fn face(&self) -> &Arc<dyn Face> {
        &self.face
    }

    /// The profile that acts.
    #[must_use]
    pub const fn profile(&self) -> &ProfileName {
        &self.settings.profile
    }

    /// The profile card, which needs no passphrase.
    ///
    /// # Errors
    ///
    /// As [`HomeFolder::card`].
    pub fn card(&self) -> Result<ProfileCard, HomeError> {
        self.folder.card(self.profile())
    }

    /// The ledger at the address of the settings, reached once; `None` if the home's own ledger is
    /// used. One that could not be reached a moment ago is not tried again.
    ///
    /// # Errors
    ///
    /// [`HomeError::Ledger`].
    pub fn connection(&self) -> Result<Option<&RemoteLedger>, HomeError> {
        let Some(url) = &self.settings.ledger else { return Ok(None) };
        if let Some(connected) = self.connected.get() {
            return Ok(Some(connected));
        }
        let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever waited here may find it reached.
        if let Some(connected) = self.connected.get() {
            return Ok(Some(connected));
        }
        if let Some((since, reason)) = &*away
            && since.elapsed() < AWAY
        {
            return Err(LedgerError::Unreachable { reason: reason.clone() }.into());
        }
        let ledger = self.connect(url).inspect_err(|error| {
            if let HomeError::Ledger(LedgerError::Unreachable { reason }) = error {
                *away = Some((Instant::now(), reason.clone()));
            }
        })?;
        Ok(Some(self.connected.get_or_init(|| ledger)))
    }

    /// Forgets which ledger that of the settings was: another one is there for good.
    ///
    /// # Errors
    ///
    /// [`HomeError`].
    pub fn forget_ledger(&self) -> Result<(), HomeError> {
        let profile = self.folder.profile(&self.settings.profile);
        let urls = self.settings.ledger.iter().chain(&self.settings.remote.witnesses);
        Ok(KnownLedgers::forget(urls, self.settings.contract.as_ref(), &profile)?)
    }

    /// Reaches the ledger at an address, with the settings of this home and the voucher of this profile.
    fn connect(&self, url: &str) -> Result<RemoteLedger, HomeError> {
        let settings =
            RemoteSettings { sponsor_voucher: self.voucher()?, ..self.settings.remote.clone() };
        let profile = self.folder.profile(&self.settings.profile);
        let known = KnownLedgers::of(&profile, self.settings.contract.as_ref());
        let ledger = RemoteLedger::connect(url, settings, &known, Arc::clone(&self.face))?;
        Ok(ledger.remembering(&self.folder.seen_of_ledgers()))
    }

    /// The home's own ledger: opened in this process, or served by a node.
    ///
    /// # Errors
    ///
    /// [`HomeError::Ledger`], also when blocks are missing that this home has noted; [`HomeError::LedgerMissing`],
    /// [`HomeError::LedgerElsewhere`].
    pub fn own_ledger(&self) -> Result<OwnLedger, HomeError> {
        self.folder.must_keep_its_ledger()?;
        let tell = |pid: &str| self.face.notice(&Notice::WaitingForHome { pid });
        let ledger = OwnLedger::open(&self.folder, self.settings.lock_wait, &tell)?;
        // A node that serves it has looked when it began.
        if let OwnLedger::Here(ledger) = &ledger {
            self.folder.must_have_its_blocks(ledger)?;
        }
        Ok(ledger)
    }

    /// Begins the home's own ledger, if the home never had one.
    ///
    /// # Errors
    ///
    /// As [`Self::own_ledger`].
    pub(crate) fn begin_own_ledger(&self) -> Result<(), HomeError> {
        self.folder.must_keep_its_ledger()?;
        if self.folder.contract()?.is_none() {
            EmbeddedLedger::begin(&self.folder.ledger(), self.settings.lock_wait)?;
        }
        Ok(())
    }

    /// The ledger of the settings, or the home's own.
    ///
    /// # Errors
    ///
    /// [`HomeError::Ledger`].
    pub fn ledger(&self) -> Result<HomeLedger, HomeError> {
        if let Some(remote) = self.connection()? {
            return Ok(HomeLedger::Remote(remote.clone()));
        }
        Ok(match self.own_ledger()? {
            OwnLedger::Here(ledger) => HomeLedger::Embedded(ledger),
            OwnLedger::Served(node) => HomeLedger::Served(self.connect(node.url())?, node),
        })
    }

    /// The network that transactions are for. While the node of whom this home joined is away, it is the one that their
    /// invitation names: keys, names and words need no node.
    ///
    /// # Errors
    ///
    /// [`HomeError::Ledger`] when the ledger of the settings can't be reached.
    pub fn network(&self) -> Result<Network, HomeError> {
        match self.connection() {
            Err(error @ HomeError::Ledger(LedgerError::Unreachable { .. })) => {
                self.joined_network().ok_or(error)
            }
            connection => Ok(connection?.map_or(Network::EMBEDDED, Ledger::network)),
        }
    }

    /// The network that the invitation names, if it is the invitation that brought the node of the settings.
    fn joined_network(&self) -> Option<Network> {
        let taken = Kept::load(&self.folder).ok().flatten()?.taken().ok()?;
        let invitation = taken.document();
        let is_of_it = self.settings.ledger.as_deref() == Some(invitation.node.as_str());
        is_of_it.then(|| Network::of(invitation.chain_id))
    }

    /// The records contract: the one of the settings, or the one that the home knows on this
    /// network.
    ///
    /// # Errors
    ///
    /// [`HomeError::Ledger`], [`HomeError::Damaged`], [`HomeError::File`].
    pub fn contract_known(&self) -> Result<Option<ContractId>, HomeError> {
        let known = self.folder.contract_on(self.network()?)?;
        // On the embedded ledger a setting alone is not enough: opening would make a new ledger.
        let is_there = known.is_some() || self.settings.ledger.is_some();
        Ok(self.settings.contract.clone().filter(|_| is_there).or(known))
    }

    /// The records contract. It must be known.
    ///
    /// # Errors
    ///
    /// [`HomeError::NoContract`] on a network, [`HomeError::NoHome`] on the embedded ledger; else as
    /// [`Self::contract_known`].
    pub fn contract(&self) -> Result<ContractId, HomeError> {
        self.contract_known()?.ok_or_else(|| match self.settings.ledger {
            Some(_) => HomeError::NoContract,
            None => self.folder.is_missing(),
        })
    }

    /// The records contract on a network, without asking a ledger. It must be known.
    ///
    /// # Errors
    ///
    /// [`HomeError::NoContract`], [`HomeError::Damaged`], [`HomeError::File`].
    pub fn contract_on(&self, network: Network) -> Result<ContractId, HomeError> {
        let known = self.folder.contract_on(network)?;
        self.settings.contract.clone().or(known).ok_or(HomeError::NoContract)
    }

    /// The profile's account on the network in use.
    ///
    /// # Errors
    ///
    /// As [`Self::card`] and [`Self::network`].
    pub fn account(&self) -> Result<StandardPrincipal, HomeError> {
        let card = self.card()?;
        Ok(on_network(card.principal, self.network()?))
    }

    /// The same on a network that is perhaps not in use yet.
    ///
    /// # Errors
    ///
    /// As [`Self::card`].
    pub fn account_on(&self, network: Network) -> Result<StandardPrincipal, HomeError> {
        Ok(on_network(self.card()?.principal, network))
    }

    /// Fails if there is no home folder with its own ledger.
    ///
    /// # Errors
    ///
    /// [`HomeError::NoHome`], [`HomeError::Damaged`], [`HomeError::File`].
    pub fn require(&self) -> Result<(), HomeError> {
        self.folder.contract()?.map(drop).ok_or_else(|| self.folder.is_missing())
    }
}

/// The same key's account on a network.
pub(crate) fn on_network(account: StandardPrincipal, network: Network) -> StandardPrincipal {
    let version = match network.version {
        TransactionVersion::Mainnet => StandardPrincipal::MAINNET_SINGLE_SIG,
        TransactionVersion::Testnet => StandardPrincipal::TESTNET_SINGLE_SIG,
    };
    StandardPrincipal::new(version, *account.hash160()).unwrap_or(account)
}
