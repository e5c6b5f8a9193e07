//! The home folder: where profiles, settings, ledger and vault lie on this machine.
//!
//! ```text
//! mrms.toml            settings
//! format               the number of this layout, by which a home of a later program is known
//! joined.json          the invitation that this home took, and whether a newer one was heard of
//! invitation           the invitation that node and vault show to everybody
//! invitation-serial    the serial of the invitation that was made last
//! vouchers.txt         the vouchers that the sponsor takes, where `mrms clinic setup` made the list
//! units/               units for systemd that it wrote
//! contract             the id of the records contract on the embedded ledger
//! contract-CHAIN       the same on the chain with this id
//! node.json            the address of `mrms node run`, while it runs
//! node.sock            the socket on which that node listens to the owner of this folder
//! profile              the name of the profile in use
//! ledger/              the embedded ledger
//! ledger.mark          its newest block, by which an older copy of the folder `ledger` is noticed
//! ledger-elsewhere     the address of the ledger that the profiles were made for, where it is not that one
//! ledgers-seen/        refusals that were read from ledgers elsewhere, so that audits read only newer ones
//! vaults               the folders below `vault/` that have a vault of this home's own
//! vault.json           the address of `mrms vault run`, while it runs
//! vault/               ciphertext above the inline limit, in files named by their hash
//! vault/guardian*/     shares, key slots (folder `epochs`) and the vault log, for each contract
//! index.sqlite         what `mrms index` keeps of another node's blocks
//! index.json           its address, while it runs
//! links/               the links that this home hosts, and where `mrms link serve` answered last
//! observers/           how far the programs are that the node tells of blocks
//! outgoing/            ciphertext on its way to vaults elsewhere
//! recovery/            a one-time key, and what trustees answered to it, until the account is back
//! profiles/NAME/       keystore.age, profile.json, what mrms_app::profile keeps, and the books of
//!                      `mrms sponsor`
//! .node.lock           locked while a node serves, so that its card counts; .vault.lock for the vault, .index.lock for the index
//! .agent/              the key agent's socket, where the system has no better place for it
//! .backup/             copies of the ledger and of the vault, while a backup is made
//! ```

mod profile_name;
mod services;
#[cfg(test)]
mod tests;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use mrms_app::profile::ProfileFolder;
use mrms_core::{ContractId, Principal, StandardPrincipal};
use mrms_node::chain;
use mrms_stacks::network::Network;
use serde::{Deserialize, Serialize};

pub use profile_name::ProfileName;
pub(crate) use services::is_of_the_pages;
pub use services::{Announcement, ServerCard, Service};

use crate::error::{HomeError, file_error};

/// The profile card: what everybody who can read the folder learns of a profile without its passphrase.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ProfileCard {
    /// The account.
    pub principal: StandardPrincipal,
    /// The recipient to which others encrypt.
    pub recipient: String,
    /// Number of the identity that the recipient belongs to.
    pub identity: u16,
}

/// The file beside the folder of a ledger that has its mark, too.
pub(crate) fn mark_beside(ledger: &Path) -> PathBuf {
    ledger.with_extension("mark")
}

fn contract_file(network: Network) -> String {
    if network == Network::EMBEDDED {
        "contract".to_owned()
    } else {
        format!("contract-{}", network.chain_id)
    }
}

/// The home folder. To make this value reads and writes no file.
#[derive(Clone, Debug)]
pub struct HomeFolder {
    root: PathBuf,
}

impl HomeFolder {
    /// The folder of the vault's key slots, relative to the home folder. A copy of them would undo their
    /// erasure.
    pub const EPOCH_KEYS: &str = "vault/guardian/epochs";

    /// The folder of what the home remembers of its sets of backups, relative to the home folder.
    pub const BACKUPS: &str = "backups";

    /// The folder of the key agent's socket, relative to the home folder, where no better place is to be had.
    pub const AGENT: &str = ".agent";
    /// The folder in which it is kept how far the node's observers are.
    #[must_use]
    pub fn observers(&self) -> PathBuf {
        self.root.join(Self::OBSERVERS)
    }

    /// The folder of what was read from ledgers elsewhere, relative to the home folder.
    const SEEN: &str = "ledgers-seen";
    /// The folder of a recovery that was begun, relative to the home folder. No backup has its secrets.
    const RECOVERY: &str = "recovery";
    /// The folder of the observers' cursors, relative to the home folder.
    const OBSERVERS: &str = "observers";

    /// The home in this folder, which need not exist yet.
    #[must_use]
    pub const fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// The folder itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of the embedded ledger.
    #[must_use]
    pub fn ledger(&self) -> PathBuf {
        self.root.join("ledger")
    }

    /// The file in which an index of another node's blocks is kept. It can be made again, so that no backup has it.
    #[must_use]
    pub fn index(&self) -> PathBuf {
        self.root.join("index.sqlite")
    }

    /// The folder of the vault and of ciphertext.
    #[must_use]
    pub fn vault(&self) -> PathBuf {
        self.root.join("vault")
    }

    /// The folder of ciphertext on its way to vaults elsewhere.
    #[must_use]
    pub fn outgoing(&self) -> PathBuf {
        self.root.join("outgoing")
    }

    /// The folder of a one-time key and of what trustees answered to it.
    #[must_use]
    pub fn recovery(&self) -> PathBuf {
        self.root.join(Self::RECOVERY)
    }

    /// The folder of what was read from ledgers elsewhere and need not be read again.
    #[must_use]
    pub fn seen_of_ledgers(&self) -> PathBuf {
        self.root.join(Self::SEEN)
    }

    /// The folder of the links that this home hosts.
    #[must_use]
    pub fn links(&self) -> PathBuf {
        self.root.join("links")
    }

    /// The folder for a backup's copies of ledger and vault, until the backup is written.
    #[must_use]
    pub fn backup_work(&self) -> PathBuf {
        self.root.join(".backup")
    }

    /// Whether a backup copies the file or folder at this path, relative to the home folder.
    ///
    /// A backup copies the ledger, what was noted of it, and the vault's database separately, each as it was at
    /// one point in time. It leaves out what is of no use elsewhere: addresses of running servers, incomplete
    /// uploads, a recovery that is under way, and an index, which its node tells again.
    #[must_use]
    pub fn is_backed_up(path: &str) -> bool {
        let is_guarded = path.starts_with("vault/guardian");
        let is_of_ledger = path == "ledger.mark"
            || (path.starts_with("profiles/") && path.ends_with(ProfileFolder::ACTS));
        let passing = [
            "ledger",
            "node.json",
            "vault.json",
            "portal.json",
            "index.json",
            "vault/incoming",
            "vault/uploads",
            Self::AGENT,
            Self::BACKUPS,
            Self::RECOVERY,
        ];
        let is_seen = path.starts_with(Self::SEEN) || path.starts_with(Self::OBSERVERS);
        // With what SQLite keeps beside it.
        let is_index = path.starts_with("index.sqlite");
        !is_seen && !is_guarded && !is_of_ledger && !is_index && !passing.contains(&path)
    }

    /// The settings file.
    #[must_use]
    pub fn settings_file(&self) -> PathBuf {
        self.root.join("mrms.toml")
    }

    fn profile_path(&self, name: &ProfileName) -> PathBuf {
        self.root.join("profiles").join(name.as_str())
    }

    /// The folder of what a profile keeps.
    #[must_use]
    pub fn profile(&self, name: &ProfileName) -> ProfileFolder {
        ProfileFolder::new(&self.profile_path(name))
    }

    /// The keystore: the file with a profile's words, encrypted under its passphrase.
    #[must_use]
    pub fn keystore(&self, name: &ProfileName) -> PathBuf {
        self.profile_path(name).join("keystore.age")
    }

    /// Makes the home folder and the profile's folder, readable for their owner only.
    ///
    /// # Errors
    ///
    /// [`HomeError::Newer`], [`HomeError::File`].
    pub fn make(&self, name: &ProfileName) -> Result<(), HomeError> {
        let path = self.profile_path(name);
        mrms_files::make_private_folder(&path).map_err(file_error("make", &path))?;
        self.note_format()
    }

    /// The names of the profiles, sorted. A profile without a card is not complete and left out.
    ///
    /// # Errors
    ///
    /// [`HomeError::File`].
    pub fn profiles(&self) -> Result<Vec<ProfileName>, HomeError> {
        let folder = self.root.join("profiles");
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(file_error("read", &folder))?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(file_error("read", &folder))?;
            let name = entry.file_name().to_str().and_then(|name| name.parse().ok());
            names.extend(name.filter(|name| self.has_profile(name)));
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Whether one of the profiles here has this account's key, on any network.
    ///
    /// # Errors
    ///
    /// [`HomeError::File`], [`HomeError::CardDamaged`].
    pub fn has_profile_of(&self, user: &Principal) -> Result<bool, HomeError> {
        let Principal::Standard(user) = user else { return Ok(false) };
        for name in self.profiles()? {
            if self.card(&name)?.principal.hash160() == user.hash160() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn card_path(&self, name: &ProfileName) -> PathBuf {
        self.profile_path(name).join("profile.json")
    }

    /// Whether there is a profile of this name. The card is written last, so a profile without a card is
    /// not complete.
    #[must_use]
    pub fn has_profile(&self, name: &ProfileName) -> bool {
        self.card_path(name).exists()
    }

    /// The card of a profile.
    ///
    /// # Errors
    ///
    /// [`HomeError::NoHome`] where there is no profile at all, [`HomeError::NoProfile`] where there
    /// are others, [`HomeError::CardDamaged`], [`HomeError::File`].
    pub fn card(&self, name: &ProfileName) -> Result<ProfileCard, HomeError> {
        let path = self.card_path(name);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if self.profiles()?.is_empty() {
                    return Err(self.is_missing());
                }
                return Err(HomeError::NoProfile { name: name.clone(), root: self.root.clone() });
            }
            bytes => bytes.map_err(file_error("read", &path))?,
        };
        serde_json::from_slice(&bytes)
            .map_err(|error| HomeError::CardDamaged { path, reason: error.to_string() })
    }

    /// The error for a home without what a command needs: it is not there yet, or serves others only, or
    /// its people work on a ledger elsewhere.
    #[must_use]
    pub fn is_missing(&self) -> HomeError {
        let root = self.root.clone();
        // What can't be read here is not what is missing.
        if let Ok(Some(url)) = self.read_line("ledger-elsewhere") {
            return HomeError::LedgerElsewhere { root, url };
        }
        if let Err(missing @ HomeError::ContractMissing { .. }) = self.must_know_its_contract() {
            return missing;
        }
        match self.serves().first().copied() {
            Some(what) if self.profiles().is_ok_and(|names| names.is_empty()) => {
                HomeError::NoProfiles { root, what }
            }
            _ => HomeError::NoHome { root },
        }
    }

    /// What is here for others: a vault, a ledger, a link host, an index.
    #[must_use]
    pub fn serves(&self) -> Vec<&'static str> {
        let hosts_links = self.links().join("url").exists();
        // A link host that opened the home for an entry made the folder of a vault, and no vault in it.
        let has_vault =
            self.vault().is_dir() && (self.root.join("vaults").exists() || !hosts_links);
        let all = [
            ("a vault", has_vault),
            ("a ledger", self.ledger().is_dir()),
            ("a link host", hosts_links),
            ("an index", self.index().exists()),
        ];
        all.into_iter().filter_map(|(what, is_here)| is_here.then_some(what)).collect()
    }

    /// Fails if a ledger in this folder would be a new one in place of another: the home had a ledger, which
    /// is gone, or its profiles were made for a ledger elsewhere.
    ///
    /// # Errors
    ///
    /// [`HomeError::LedgerMissing`], [`HomeError::LedgerElsewhere`], [`HomeError::Damaged`],
    /// [`HomeError::File`].
    pub fn must_keep_its_ledger(&self) -> Result<(), HomeError> {
        if chain::has_ledger(&self.ledger()) {
            return Ok(());
        }
        let missing =
            HomeError::LedgerMissing { folder: self.ledger(), newest: self.newest_block() };
        if self.contract()?.is_some() {
            return Err(missing);
        }
        match self.read_line("ledger-elsewhere")? {
            Some(url) => Err(HomeError::LedgerElsewhere { root: self.root.clone(), url }),
            None if self.mark().exists() || !self.profiles()?.is_empty() => Err(missing),
            None => Ok(()),
        }
    }

    /// The file with the mark of the newest block, outside of the ledger's folder.
    fn mark(&self) -> PathBuf {
        mark_beside(&self.ledger())
    }

    /// Height of the newest block that this home's ledger has made, as far as its mark tells.
    fn newest_block(&self) -> Option<chain::BlockHeight> {
        Some(chain::read_mark(&self.mark()).ok()??.height)
    }

    /// Fails if records are on the ledger here, and the file that names their contract is gone. Another contract
    /// would be a second one beside theirs.
    ///
    /// # Errors
    ///
    /// [`HomeError::ContractMissing`], [`HomeError::Damaged`], [`HomeError::File`], [`HomeError::CardDamaged`].
    pub fn must_know_its_contract(&self) -> Result<(), HomeError> {
        let profiles = self.profiles()?;
        let had_one = chain::has_ledger(&self.ledger()) && !profiles.is_empty();
        let works_elsewhere = self.read_line::<String>("ledger-elsewhere")?.is_some();
        if !had_one || works_elsewhere || self.contract()?.is_some() {
            return Ok(());
        }
        let path = self.root.join(contract_file(Network::EMBEDDED));
        let cards: Result<Vec<_>, _> = profiles.iter().map(|name| self.card(name)).collect();
        let accounts = cards?.iter().map(|card| card.principal).collect();
        Err(HomeError::ContractMissing { path, accounts })
    }

    /// Remembers that the profiles of this home work on the ledger at an address, and not on one of its own.
    ///
    /// # Errors
    ///
    /// [`HomeError::File`], [`HomeError::Damaged`].
    pub fn works_elsewhere(&self, url: &str) -> Result<(), HomeError> {
        match self.contract()? {
            Some(_) => Ok(()),
            None => self.write_line("ledger-elsewhere", &url),
        }
    }

    /// Writes a profile's card, which completes the profile.
    ///
    /// # Errors
    ///
    /// [`HomeError::File`].
    pub fn write_card(&self, name: &ProfileName, card: &ProfileCard) -> Result<(), HomeError> {
        let path = self.card_path(name);
        let text = serde_json::to_string_pretty(card).unwrap_or_default() + "\n";
        mrms_files::write_whole(&path, text.as_bytes()).map_err(file_error("write", &path))
    }

    /// The profile that acts unless another is named: the one that was chosen, or the first one made.
    ///
    /// # Errors
    ///
    /// [`HomeError::Damaged`], [`HomeError::File`].
    pub fn profile_in_use(&self) -> Result<Option<ProfileName>, HomeError> {
        self.read_line("profile")
    }

    /// Chooses the profile that acts unless another is named.
    ///
    /// # Errors
    ///
    /// [`HomeError::File`].
    pub fn use_profile(&self, name: &ProfileName) -> Result<(), HomeError> {
        self.write_line("profile", name)
    }

    /// The records contract on the embedded ledger.
    ///
    /// # Errors
    ///
    /// [`HomeError::Damaged`], [`HomeError::File`].
    pub fn contract(&self) -> Result<Option<ContractId>, HomeError> {
        self.contract_on(Network::EMBEDDED)
    }

    /// The records contract on a network; `None` if this home knows none.
    ///
    /// # Errors
    ///
    /// [`HomeError::Damaged`], [`HomeError::File`].
    pub fn contract_on(&self, network: Network) -> Result<Option<ContractId>, HomeError> {
        self.read_line(&contract_file(network))
    }

    /// Remembers the records contract on a network.
    ///
    /// # Errors
    ///
    /// [`HomeError::File`].
    pub fn use_contract(&self, network: Network, contract: &ContractId) -> Result<(), HomeError> {
        self.write_line(&contract_file(network), contract)
    }

    /// The socket on which a node of this home listens to its owner.
    #[must_use]
    pub fn node_socket(&self) -> PathBuf {
        self.root.join("node.sock")
    }

    pub(crate) fn read_line<T: FromStr<Err: fmt::Display>>(
        &self,
        file: &str,
    ) -> Result<Option<T>, HomeError> {
        let path = self.root.join(file);
        match fs::read_to_string(&path) {
            Ok(text) => match text.trim().parse() {
                Ok(value) => Ok(Some(value)),
                Err(error) => Err(HomeError::Damaged { path, reason: error.to_string() }),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(file_error("read", &path)(error)),
        }
    }

    pub(crate) fn write_line(&self, file: &str, value: &dyn fmt::Display) -> Result<(), HomeError> {
        let path = self.root.join(file);
        mrms_files::write_whole(&path, format!("{value}\n").as_bytes())
            .map_err(file_error("write", &path))
    }
}
