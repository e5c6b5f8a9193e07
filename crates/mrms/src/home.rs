//! The home folder: where profiles, ledger and vault are on this machine.
//!
//! ```text
//! mrms.toml            settings
//! contract             the id of the records contract on the embedded ledger
//! contract-CHAIN       the same on another chain, by its id
//! node.json            where `mrms node run` serves the embedded ledger, while it does
//! node.sock            where that node listens to the owner of this folder
//! profile              the name of the profile in use
//! ledger/              the embedded ledger
//! vault.json           where `mrms vault run` serves the vault, while it does
//! vault/               ciphertext beyond the inline limit, by its hash
//! vault/guardian*/     key shares, their epoch keys, and the vault's log, for each contract
//! outgoing/            ciphertext on its way to vaults elsewhere
//! profiles/NAME/       keystore.age, profile.json, what mrms_app::profile keeps, and the books of
//!                      `mrms sponsor`
//! .backup/             copies of the ledger and of what the vault guards, while a backup is made
//! ```

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use mrms_app::profile::ProfileFolder;
use mrms_core::{ContractId, Principal, StandardPrincipal};
use mrms_stacks::network::Network;
use serde::{Deserialize, Serialize};

use crate::failure::{Exit, Failure};

/// Name of a profile: 1 to 32 small letters, digits and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ProfileName(String);

impl ProfileName {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProfileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ProfileName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let edges = !text.starts_with('-') && !text.ends_with('-');
        if (1..=32).contains(&text.len()) && edges && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err("a profile's name is 1 to 32 small letters, digits and -".to_owned())
        }
    }
}

/// What a profile tells without being unlocked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ProfileCard {
    /// The account.
    pub(crate) principal: StandardPrincipal,
    /// The recipient that others wrap keys to.
    pub(crate) recipient: String,
    /// Number of the identity that the recipient belongs to.
    pub(crate) identity: u16,
}

/// Where a process serves the ledger, or the vault, of its home folder.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ServerCard {
    /// Its address.
    pub(crate) url: String,
    /// Its process.
    pub(crate) pid: u32,
}

/// What a home folder can be served by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// `mrms node run`: its ledger.
    Node,
    /// `mrms vault run`: its vault.
    Vault,
}

fn contract_file(network: Network) -> String {
    if network == Network::EMBEDDED {
        "contract".to_owned()
    } else {
        format!("contract-{}", network.chain_id)
    }
}

/// The home folder.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    root: PathBuf,
}

impl Home {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn ledger(&self) -> PathBuf {
        self.root.join("ledger")
    }

    pub(crate) fn vault(&self) -> PathBuf {
        self.root.join("vault")
    }

    /// Ciphertext on its way to vaults elsewhere.
    pub(crate) fn outgoing(&self) -> PathBuf {
        self.root.join("outgoing")
    }

    /// Where a backup keeps its copy of the ledger until it is written.
    pub(crate) fn backup_work(&self) -> PathBuf {
        self.root.join(".backup")
    }

    /// Whether what lies at this path, from the home folder, belongs into a backup.
    ///
    /// The ledger and what the vault guards are copied apart, each at one moment. What tells where a
    /// server runs now, and ciphertext that is not whole yet, are of no use elsewhere.
    pub(crate) fn is_backed_up(path: &str) -> bool {
        let is_guarded = path.starts_with("vault/guardian");
        let passing = ["ledger", "node.json", "vault.json", "vault/incoming", "vault/uploads"];
        !is_guarded && !passing.contains(&path)
    }

    /// The folder of keys that a vault erases in their time, from the home folder: a copy of them
    /// would undo that.
    pub(crate) const EPOCH_KEYS: &str = "vault/guardian/epochs";

    pub(crate) fn settings_file(&self) -> PathBuf {
        self.root.join("mrms.toml")
    }

    fn profile_path(&self, name: &ProfileName) -> PathBuf {
        self.root.join("profiles").join(name.as_str())
    }

    pub(crate) fn profile(&self, name: &ProfileName) -> ProfileFolder {
        ProfileFolder::new(&self.profile_path(name))
    }

    pub(crate) fn keystore(&self, name: &ProfileName) -> PathBuf {
        self.profile_path(name).join("keystore.age")
    }

    /// Makes the home folder and the profile's, for their owner alone.
    pub(crate) fn make(&self, name: &ProfileName) -> Result<(), Failure> {
        let path = self.profile_path(name);
        mrms_files::make_private_folder(&path).map_err(|error| cannot("make", &path, &error))
    }

    pub(crate) fn profiles(&self) -> Result<Vec<ProfileName>, Failure> {
        let folder = self.root.join("profiles");
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(|error| cannot("read", &folder, &error))?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|error| cannot("read", &folder, &error))?;
            let name = entry.file_name().to_str().and_then(|name| name.parse().ok());
            // A folder without a card is a profile whose making was interrupted.
            names.extend(name.filter(|name| self.card_path(name).exists()));
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Whether one of the profiles here has this account's key, on whichever network.
    pub(crate) fn has_profile_of(&self, user: &Principal) -> Result<bool, Failure> {
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

    pub(crate) fn has_profile(&self, name: &ProfileName) -> bool {
        self.card_path(name).exists()
    }

    pub(crate) fn card(&self, name: &ProfileName) -> Result<ProfileCard, Failure> {
        let path = self.card_path(name);
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if self.profiles()?.is_empty() {
                    return Err(self.is_missing());
                }
                return Err(Failure::new(
                    Exit::NotFound,
                    "no-profile",
                    format!("there is no profile {name} in {}", self.root.display()),
                )
                .hint(format!(
                    "mrms --profile {name} init makes it; mrms profile list shows those there are"
                )));
            }
            bytes => bytes.map_err(|error| cannot("read", &path, &error))?,
        };
        serde_json::from_slice(&bytes).map_err(|error| {
            Failure::new(
                Exit::Integrity,
                "profile-damaged",
                format!("{} is damaged: {error}", path.display()),
            )
            .hint("mrms key recover makes the profile anew from its 24 words")
        })
    }

    /// That there is no home folder yet.
    pub(crate) fn is_missing(&self) -> Failure {
        let message = format!("there is no MRMS home in {}", self.root.display());
        Failure::new(Exit::NotFound, "no-home", message)
            .hint("mrms init makes one; MRMS_HOME or --home names another folder")
    }

    pub(crate) fn write_card(&self, name: &ProfileName, card: &ProfileCard) -> Result<(), Failure> {
        let path = self.card_path(name);
        let text = serde_json::to_string_pretty(card).unwrap_or_default() + "\n";
        mrms_files::write_whole(&path, text.as_bytes())
            .map_err(|error| cannot("write", &path, &error))
    }

    /// The profile that `mrms profile use` chose, or the first that was made.
    pub(crate) fn profile_in_use(&self) -> Result<Option<ProfileName>, Failure> {
        self.read_line("profile")
    }

    pub(crate) fn use_profile(&self, name: &ProfileName) -> Result<(), Failure> {
        self.write_line("profile", name)
    }

    /// The records contract on the embedded ledger.
    pub(crate) fn contract(&self) -> Result<Option<ContractId>, Failure> {
        self.contract_on(Network::EMBEDDED)
    }

    /// The records contract on a network, as far as this home knows.
    pub(crate) fn contract_on(&self, network: Network) -> Result<Option<ContractId>, Failure> {
        self.read_line(&contract_file(network))
    }

    pub(crate) fn use_contract(
        &self,
        network: Network,
        contract: &ContractId,
    ) -> Result<(), Failure> {
        self.write_line(&contract_file(network), contract)
    }

    /// Where a node of this home listens to its owner.
    pub(crate) fn node_socket(&self) -> PathBuf {
        self.root.join("node.sock")
    }

    fn card_of(&self, service: Service) -> PathBuf {
        self.root.join(match service {
            Service::Node => "node.json",
            Service::Vault => "vault.json",
        })
    }

    /// Where a node of this home may be serving its ledger. It may also have been killed.
    pub(crate) fn node(&self) -> Option<ServerCard> {
        self.announced(Service::Node)
    }

    /// Where a living process serves this home's vault.
    pub(crate) fn vault_server(&self) -> Option<ServerCard> {
        self.announced(Service::Vault).filter(|card| is_alive(card.pid))
    }

    fn announced(&self, service: Service) -> Option<ServerCard> {
        serde_json::from_slice(&fs::read(self.card_of(service)).ok()?).ok()
    }

    /// Says where this process serves, to other commands of this home.
    pub(crate) fn announce(&self, service: Service, url: &str) -> Result<(), Failure> {
        let path = self.card_of(service);
        let card = ServerCard { url: url.to_owned(), pid: std::process::id() };
        let text = serde_json::to_string(&card).unwrap_or_default() + "\n";
        mrms_files::write_whole(&path, text.as_bytes())
            .map_err(|error| cannot("write", &path, &error))
    }

    /// Takes that back.
    pub(crate) fn withdraw(&self, service: Service) -> Result<(), Failure> {
        let path = self.card_of(service);
        mrms_files::remove(&path).map_err(|error| cannot("remove", &path, &error))
    }

    fn read_line<T: FromStr<Err: fmt::Display>>(&self, file: &str) -> Result<Option<T>, Failure> {
        let path = self.root.join(file);
        match fs::read_to_string(&path) {
            Ok(text) => text.trim().parse().map(Some).map_err(|error| {
                Failure::new(
                    Exit::Integrity,
                    "home-damaged",
                    format!("{} is damaged: {error}", path.display()),
                )
                .hint("restore the file from a backup of the home folder")
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(cannot("read", &path, &error)),
        }
    }

    fn write_line(&self, file: &str, value: &dyn fmt::Display) -> Result<(), Failure> {
        let path = self.root.join(file);
        mrms_files::write_whole(&path, format!("{value}\n").as_bytes())
            .map_err(|error| cannot("write", &path, &error))
    }
}

/// Whether there is a process of this number.
#[cfg(unix)]
fn is_alive(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| match rustix::process::test_kill_process(pid) {
        Ok(()) => true,
        Err(error) => error == rustix::io::Errno::PERM,
    })
}

#[cfg(not(unix))]
fn is_alive(_: u32) -> bool {
    true
}

/// A file that can't be read or written, in words.
pub(crate) fn cannot(verb: &str, path: &Path, error: &io::Error) -> Failure {
    let failure =
        |exit, code| Failure::new(exit, code, format!("cannot {verb} {}: {error}", path.display()));
    match error.kind() {
        io::ErrorKind::NotFound => {
            failure(Exit::NotFound, "file-not-found").hint("check the name and the folder")
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            failure(Exit::Failed, "no-permission")
                .hint("check who owns the file and its folder; MRMS_HOME names another home folder")
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            failure(Exit::Failed, "disk-full")
                .hint("make room and repeat the command: nothing was lost")
        }
        io::ErrorKind::AlreadyExists => failure(Exit::Failed, "file-exists")
            .hint("name another, or move the one that is there away"),
        io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory => failure(Exit::Failed, "file")
            .hint("a file stands where a folder should be, or the other way round"),
        _ => failure(Exit::Failed, "file").hint("mrms doctor checks the home folder"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profile_names_stay_inside_their_folder() {
        for name in ["", ".", "..", "a/b", "A", "-a", "a-", "ä", &"a".repeat(33)] {
            assert!(name.parse::<ProfileName>().is_err(), "{name:?}");
        }
        assert!("dr-ada-2".parse::<ProfileName>().is_ok());
    }
}
